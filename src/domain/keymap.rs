//! Key and context → action, and an action's keys as people read them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::{Action, Context, Key, TABLE};

mod vim;

/// The keys and their actions in each context.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    /// A row for every action in every context where it holds, in the order of the table of actions.
    bindings: Vec<Binding>,
}

#[derive(Clone, Debug, PartialEq)]
struct Binding {
    context: Context,
    action: Action,
    keys: Vec<Key>,
}

/// A key that means two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    pub context: Context,
    pub key: Key,
    pub actions: [Action; 2],
}

impl Default for Keymap {
    /// The keys of the table of actions.
    fn default() -> Keymap {
        let row = |row: &'static crate::domain::action::Entry| {
            let binding = |&context| Binding { context, action: row.action, keys: row.keys.to_vec() };
            row.contexts.iter().map(binding)
        };
        Keymap { bindings: TABLE.iter().flat_map(row).collect() }
    }
}

impl Keymap {
    /// Keys that a person who is used to vi finds: h, j, k, l, 0 and $ on the dashboard, with the settings that they
    /// take the place of on others.
    pub fn vim() -> Keymap {
        let mut keymap = Keymap::default();
        for (context, action, keys) in vim::keys() {
            keymap.set(context, action, keys);
        }
        keymap
    }

    /// Gives an action these keys and no others, in a context where it holds.
    pub fn set(&mut self, context: Context, action: Action, keys: Vec<Key>) {
        if let Some(row) = self.bindings.iter_mut().find(|row| row.context == context && row.action == action) {
            row.keys = keys;
        }
    }

    /// The keys of an action in a context.
    pub fn of(&self, context: Context, action: Action) -> &[Key] {
        let row = self.bindings.iter().find(|row| row.context == context && row.action == action);
        row.map_or(&[], |row| &row.keys)
    }

    /// The action of a key event in `context`, if it has one.
    ///
    /// Releases have none. A capital whose own key is free means its small letter, so that Caps Lock does no harm; but
    /// it does not end anything.
    pub fn lookup(&self, context: Context, event: &KeyEvent) -> Option<Action> {
        let key = pressed(event)?;
        self.bound(context, key).or_else(|| match key.code {
            KeyCode::Char(c) if c.is_uppercase() && !context.is_typed_in() => self
                .bound(context, Key { code: KeyCode::Char(c.to_ascii_lowercase()), ..key })
                .filter(|action| *action != Action::Quit),
            _ => None,
        })
    }

    fn bound(&self, context: Context, key: Key) -> Option<Action> {
        self.bindings.iter().find(|row| row.context == context && row.keys.contains(&key)).map(|row| row.action)
    }

    /// The keys of an action in all its contexts, as people read them, e.g. `Space p`; how it is typed where it has
    /// none.
    pub fn keys(&self, action: Action) -> String {
        let mut keys: Vec<Key> = Vec::new();
        for key in self.bindings.iter().filter(|row| row.action == action).flat_map(|row| &row.keys) {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        match keys.is_empty() {
            true => format!(":{}", action.entry().long),
            false => keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// The first key of an action where it is at home; how it is typed where it has none.
    pub fn first(&self, action: Action) -> String {
        action.entry().contexts.first().map_or(String::new(), |&home| self.first_in(home, action))
    }

    /// The first key of an action in a context; how it is typed where it has none.
    pub fn first_in(&self, context: Context, action: Action) -> String {
        self.of(context, action).first().map_or_else(|| format!(":{}", action.entry().long), Key::to_string)
    }

    /// Every key that means two things in one context.
    pub fn clashes(&self) -> Vec<Clash> {
        let mut clashes = Vec::new();
        for (i, row) in self.bindings.iter().enumerate() {
            for other in self.bindings[i + 1..].iter().filter(|other| other.context == row.context) {
                let shared = row.keys.iter().filter(|key| other.keys.contains(key));
                let actions = [row.action, other.action];
                clashes.extend(shared.map(|key| Clash { context: row.context, key: *key, actions }));
            }
        }
        clashes
    }
}

/// The key of an event, in the table's terms: Shift is part of the character. `None` for releases and for chords with
/// Alt and the like, which mean nothing here.
pub fn pressed(event: &KeyEvent) -> Option<Key> {
    let foreign = KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
    if event.kind == KeyEventKind::Release || event.modifiers.intersects(foreign) {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) if shift => KeyCode::Char(c.to_ascii_uppercase()),
        KeyCode::Tab if shift => KeyCode::BackTab,
        code => code,
    };
    Some(Key { code, ctrl })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn every_key_of_the_table_reaches_its_action() {
        for row in &TABLE {
            for &context in row.contexts {
                for key in row.keys {
                    let modifiers = if key.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                    let found = Keymap::default().lookup(context, &event(key.code, modifiers));
                    assert_eq!(found, Some(row.action), "{key} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn no_key_means_two_things_and_text_can_be_typed() {
        for keymap in [Keymap::default(), Keymap::vim()] {
            assert_eq!(keymap.clashes(), []);
            let typed = keymap.bindings.iter().filter(|row| row.context.is_typed_in());
            assert!(typed.flat_map(|row| &row.keys).all(|key| !key.types()));
        }
        let mut keymap = Keymap::default();
        let q = Key { code: KeyCode::Char('q'), ctrl: false };
        keymap.set(Context::Main, Action::Pause, vec![q]);
        let actions = [Action::Pause, Action::Quit];
        assert_eq!(keymap.clashes(), [Clash { context: Context::Main, key: q, actions }]);
    }

    #[test]
    fn keys_like_those_of_vi_leave_no_action_without_a_key() {
        let (usual, vim) = (Keymap::default(), Keymap::vim());
        for (usual, vim) in usual.bindings.iter().zip(&vim.bindings) {
            assert_eq!(usual.keys.is_empty(), vim.keys.is_empty(), "{:?} in {:?}", vim.action, vim.context);
        }
        let press = |c| vim.lookup(Context::Main, &event(KeyCode::Char(c), KeyModifiers::NONE));
        assert_eq!([press('h'), press('l')], [Some(Action::Earlier), Some(Action::Later)]);
        assert_eq!([press('k'), press('K')], [Some(Action::EventsUp), Some(Action::Constraint)]);
    }

    #[test]
    fn shift_and_capitals() {
        let look = |c, modifiers| Keymap::default().lookup(Context::Main, &event(KeyCode::Char(c), modifiers));
        assert_eq!(look('S', KeyModifiers::SHIFT), Some(Action::Steps));
        assert_eq!(look('S', KeyModifiers::NONE), Some(Action::Steps));
        assert_eq!(look('s', KeyModifiers::SHIFT), Some(Action::Steps));
        assert_eq!(look('s', KeyModifiers::NONE), Some(Action::Step));
        assert_eq!(look('Q', KeyModifiers::SHIFT), None);
        assert_eq!(look('?', KeyModifiers::SHIFT), Some(Action::Help));
        assert_eq!(look('C', KeyModifiers::CONTROL | KeyModifiers::SHIFT), Some(Action::Interrupt));
        assert_eq!(look('q', KeyModifiers::ALT), None);
    }

    #[test]
    fn releases_mean_nothing_and_repeats_count() {
        let mut key = event(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(Keymap::default().lookup(Context::Main, &key), None);
        key.kind = KeyEventKind::Repeat;
        assert_eq!(Keymap::default().lookup(Context::Main, &key), Some(Action::Quit));
    }

    #[test]
    fn keys_read_well() {
        let mut keymap = Keymap::default();
        assert_eq!(keymap.keys(Action::Pause), "Space p");
        assert_eq!(keymap.keys(Action::Interrupt), "Ctrl-C");
        assert_eq!(keymap.keys(Action::PreviousField), "Shift-Tab");
        assert_eq!(keymap.keys(Action::Close), "Esc Ctrl-G");
        assert_eq!((keymap.first(Action::Close), keymap.first(Action::Set)), ("Esc".into(), ":set".into()));
        keymap.set(Context::Question, Action::Close, vec!["Ctrl-X".parse().unwrap()]);
        assert_eq!(keymap.keys(Action::Close), "Esc Ctrl-G Ctrl-X");
        assert_eq!(keymap.first_in(Context::Question, Action::Close), "Ctrl-X");
        keymap.set(Context::Main, Action::Pause, vec![]);
        assert_eq!(keymap.keys(Action::Pause), ":pause");
    }
}
