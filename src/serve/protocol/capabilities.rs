//! The commands that a run obeys, as its hello says.

use serde_json::{Map, Value};

use super::{Hello, Request};
use crate::domain::ControlInfo;
use crate::link::Settings;

/// The commands and the keys that a run knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    /// The name of the trainer.
    program: String,
    commands: Vec<String>,
    /// The keys that it can set; none: all that there are.
    keys: Option<Vec<String>>,
    /// The controls that it has declared.
    pub controls: Vec<ControlInfo>,
}

impl Capabilities {
    /// The offers of this hello.
    pub fn of(hello: &Hello) -> Capabilities {
        let Hello { program, commands, keys, controls, .. } = hello.clone();
        Capabilities { program, commands, keys, controls }
    }

    /// The offers of the present gantop.
    pub fn all() -> Capabilities {
        Capabilities {
            program: super::PROGRAM.to_owned(),
            commands: Request::NAMES.map(str::to_owned).into(),
            keys: None,
            controls: Vec::new(),
        }
    }

    /// The same without this command.
    pub fn without(mut self, request: &str) -> Capabilities {
        self.commands.retain(|known| known != request);
        self
    }

    /// Whether it obeys the command of this name.
    pub fn obeys(&self, request: &str) -> bool {
        self.commands.iter().any(|known| known == request)
    }

    /// Whether it can set this key.
    pub fn sets(&self, key: &str) -> bool {
        self.obeys("set") && self.knows_key(key)
    }

    /// Whether it says which keys it has: one that does not has all of gantop's, as gantop's own trainer.
    pub fn names_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// The control of this name.
    pub fn control(&self, name: &str) -> Option<&ControlInfo> {
        self.controls.iter().find(|control| control.name == name).filter(|_| self.obeys("set"))
    }

    fn knows(&self, key: &str) -> bool {
        self.control(key).is_some() || self.knows_key(key)
    }

    fn knows_key(&self, key: &str) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.iter().any(|known| known == key))
    }

    /// That it does not know `what`, for a person.
    pub fn unknown(&self, what: &str) -> String {
        format!("{} does not know {what}", self.program)
    }

    /// The order as the run can obey it, where these settings are in force: keys that it does not know and that are set
    /// to what they are already are left out.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn request(&self, request: Request, now: Option<&Settings>) -> Result<Request, String> {
        match request {
            request if !self.obeys(request.name()) => Err(self.unknown(&format!("`{}`", request.name()))),
            Request::Set(keys) => self.known(keys, now).map(Request::Set),
            request => Ok(request),
        }
    }

    fn known(&self, keys: Map<String, Value>, now: Option<&Settings>) -> Result<Map<String, Value>, String> {
        let now = now.and_then(|settings| serde_json::to_value(settings.keys()).ok()).unwrap_or_default();
        let (known, others): (Map<_, _>, Map<_, _>) = keys.into_iter().partition(|(key, _)| self.knows(key));
        let changes = |(key, value): &(&String, &Value)| known.is_empty() || now.get(key.as_str()) != Some(*value);
        let names: Vec<String> = others.iter().filter(changes).map(|(key, _)| format!("`{key}`")).collect();
        if names.is_empty() {
            return Ok(known);
        }
        let keys = self.keys.iter().flatten().map(String::as_str);
        let allowed: Vec<&str> = keys.chain(self.controls.iter().map(|control| control.name.as_str())).collect();
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        Err(format!("{}; it can set {allowed}", self.unknown(&names.join(" and "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Constraint;
    use crate::domain::{ControlValues, ObjectiveChoice};
    use crate::serve::protocol::VERSION;

    #[test]
    fn only_what_a_run_knows_is_asked_of_it() {
        let hello = Hello {
            version: VERSION,
            program: "toy 1".to_owned(),
            run: "a".to_owned(),
            commands: vec!["pause".to_owned(), "set".to_owned()],
            keys: Some(vec!["constraint.clip".to_owned()]),
            controls: vec![ControlInfo { name: "noise".to_owned(), ..ControlInfo::default() }],
        };
        let capabilities = Capabilities::of(&hello);
        let constraint = Constraint::Clip { clip: 0.1 };
        let objective = ObjectiveChoice::default();
        let now = Settings {
            objective,
            constraint,
            generator_lr: 0.1,
            critic_lr: 0.1,
            generator_beta1: None,
            critic_beta1: None,
            generator_beta2: None,
            critic_beta2: None,
            ema: None,
            critic_steps: 1,
            steps: None,
            controls: ControlValues::new(),
            ramps: Vec::new(),
        };
        let request = |text: &str| capabilities.request(serde_json::from_str(text).unwrap(), Some(&now));
        assert_eq!(request("\"pause\""), Ok(Request::Pause));
        assert_eq!(request("\"save\"").unwrap_err(), "toy 1 does not know `save`");
        let set = request(r#"{"set":{"constraint.kind":"clip","constraint.clip":0.2}}"#).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"{"set":{"constraint.clip":0.2}}"#);
        for text in [r#"{"set":{"constraint.kind":"none"}}"#, r#"{"set":{"constraint.kind":"clip"}}"#] {
            let why = request(text).unwrap_err();
            assert_eq!(why, "toy 1 does not know `constraint.kind`; it can set constraint.clip, noise");
        }
        let set = request(r#"{"set":{"noise":0.5}}"#).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"{"set":{"noise":0.5}}"#);
        assert!(
            capabilities.sets("constraint.clip")
                && !capabilities.sets("critic.steps")
                && Capabilities::all().sets("critic.steps")
        );
        assert!(!Capabilities::all().without("set").sets("critic.steps"));
    }
}
