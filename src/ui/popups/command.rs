//! The command line: every action of the dashboard by its name, and every key of the config that can change while the
//! run goes on.

use std::collections::VecDeque;

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::{explain, prompt};
use crate::domain::action::Action;
use crate::ui::actions::{self, view_keys};
use crate::ui::state::app::{App, Popup};
use crate::ui::state::chart_filter;
use crate::ui::update::Effect;

mod complete;
mod draw;
mod plan;

pub use draw::draw;
use plan::Plan;
pub use plan::{for_run, of_runs};

/// The most characters of a command.
const LONGEST: usize = 200;
/// The number of commands that are remembered.
const REMEMBERED: usize = 100;

/// The command that is being typed.
#[derive(Clone, Debug, Default)]
pub struct Line {
    input: Input,
    /// The text typed before completions took its place, and which one has.
    completing: Option<(String, usize)>,
    /// The remembered command, counted from the newest, and what was typed before.
    remembered: Option<(usize, String)>,
    /// Whether it has been given as it stands, and refused.
    refused: bool,
}

/// The commands that were given, the newest first.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<String>);

impl History {
    fn push(&mut self, line: &str) {
        if self.0.front().is_none_or(|newest| newest != line) {
            self.0.push_front(line.to_owned());
            self.0.truncate(REMEMBERED);
        }
    }
}

impl Line {
    /// The typed text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Takes an editing key.
    pub fn key(&mut self, key: &KeyEvent) {
        prompt::edit_field(&mut self.input, key, LONGEST);
        self.edited();
    }

    /// Takes pasted text: its first line.
    pub fn paste(&mut self, text: &str) {
        prompt::paste_into(&mut self.input, text.trim().lines().next().unwrap_or_default(), LONGEST);
        self.edited();
    }

    fn edited(&mut self) {
        (self.completing, self.remembered, self.refused) = (None, None, false);
    }

    fn put(&mut self, text: String) {
        self.input = Input::new(text);
        self.refused = false;
    }

    /// The text for which completions are looked for: that typed before any was taken.
    fn asked(&self) -> &str {
        self.completing.as_ref().map_or(self.text(), |(typed, _)| typed)
    }

    /// Completes as much of the last word as is sure; if nothing is, takes the next of those that it may become.
    fn complete(&mut self, app: &App) {
        let typed = self.asked().to_owned();
        let (start, all) = complete::candidates(app, &typed);
        let (head, word) = typed.split_at(start);
        let sure = complete::common(&all);
        if let [only] = all.as_slice() {
            self.put(format!("{head}{}{}", only.text, if only.goes_on { " " } else { "" }));
            self.completing = None;
        } else if self.completing.is_none() && sure.len() > word.len() && sure.starts_with(word) {
            self.put(format!("{head}{sure}"));
        } else if !all.is_empty() {
            let next = self.completing.as_ref().map_or(0, |(_, at)| (at + 1) % all.len());
            self.put(format!("{head}{}", all[next].text));
            self.completing = Some((typed, next));
        }
    }

    /// Goes to an older (1) or a newer (-1) of the remembered commands; beyond the newest back to what was typed.
    fn remember(&mut self, history: &History, by: isize) {
        let draft = self.remembered.take().map_or((None, self.text().to_owned()), |(at, draft)| (Some(at), draft));
        let (now, draft) = draft;
        let next = match (now, by) {
            (None, 1) => Some(0),
            (Some(at), _) => at.checked_add_signed(by),
            _ => None,
        };
        let next = next.map(|at| at.min(history.0.len().saturating_sub(1)));
        self.completing = None;
        match next.and_then(|at| Some((at, history.0.get(at)?.clone()))) {
            Some((at, text)) => {
                self.put(text);
                self.remembered = Some((at, draft));
            }
            None => self.put(draft),
        }
    }
}

/// Does what an action does to the command line.
pub fn press(app: &mut App, action: Action, effects: &mut Vec<Effect>) {
    let Some(Popup::Command(mut line)) = app.popup.take() else { return };
    match action {
        Action::Close => return,
        Action::Accept => match plan::plan(app, line.text()) {
            Ok(plan) => {
                if !line.text().trim().is_empty() {
                    app.commands.push(line.text().trim());
                }
                return perform(app, plan, effects);
            }
            Err(_) => line.refused = true,
        },
        Action::Complete => line.complete(app),
        Action::EarlierLine => line.remember(&app.commands, 1),
        Action::LaterLine => line.remember(&app.commands, -1),
        _ => {}
    }
    app.popup = Some(Popup::Command(line));
}

fn perform(app: &mut App, plan: Plan, effects: &mut Vec<Effect>) {
    match plan {
        Plan::Nothing => {}
        Plan::Act(action) => actions::act(app, action, effects),
        Plan::Send(commands) => commands.into_iter().for_each(|command| crate::ui::update::send(app, command, effects)),
        Plan::Open(page) => view_keys::open(app, page),
        Plan::Goto(step) => view_keys::goto(app, step),
        Plan::Filter(text) if chart_filter::is_meant(app) => {
            view_keys::open(app, crate::ui::pages::Page::Losses);
            chart_filter::set(app, text);
        }
        Plan::Filter(text) => {
            view_keys::open(app, crate::ui::pages::Page::Log);
            app.log.set_filter(text);
        }
        Plan::Explain(entry) => explain::open(app, *entry),
        Plan::Theme(theme) => effects.push(Effect::Theme(theme)),
    }
}
