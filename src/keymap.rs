//! Key and context → action, and keys as people read them.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::action::{Action, Context, Key, TABLE};

/// The action of a key event in `context`, if it has one.
///
/// Releases have none. A capital whose own key is free means its small letter, so that Caps Lock does no harm.
pub fn lookup(context: Context, event: &KeyEvent) -> Option<Action> {
    let key = pressed(event)?;
    bound(context, key).or_else(|| match key.code {
        KeyCode::Char(c) if c.is_uppercase() && !matches!(context, Context::Prompt | Context::Filter) => {
            bound(context, Key { code: KeyCode::Char(c.to_ascii_lowercase()), ..key })
        }
        _ => None,
    })
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

fn bound(context: Context, key: Key) -> Option<Action> {
    TABLE.iter().find(|row| row.contexts.contains(&context) && row.keys.contains(&key)).map(|row| row.action)
}

/// The keys of an action, as people read them, e.g. `Space p`.
pub fn keys(action: Action) -> String {
    action.entry().keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// The first key of an action.
pub fn first_key(action: Action) -> String {
    action.entry().keys.first().map(Key::to_string).unwrap_or_default()
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other:?}"),
        }
    }
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
                    assert_eq!(lookup(context, &event(key.code, modifiers)), Some(row.action), "{key} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn shift_and_capitals() {
        let look = |c, modifiers| lookup(Context::Main, &event(KeyCode::Char(c), modifiers));
        assert_eq!(look('S', KeyModifiers::SHIFT), Some(Action::Steps));
        assert_eq!(look('S', KeyModifiers::NONE), Some(Action::Steps));
        assert_eq!(look('s', KeyModifiers::SHIFT), Some(Action::Steps));
        assert_eq!(look('s', KeyModifiers::NONE), Some(Action::Step));
        assert_eq!(look('Q', KeyModifiers::SHIFT), Some(Action::Quit));
        assert_eq!(look('?', KeyModifiers::SHIFT), Some(Action::Help));
        assert_eq!(look('C', KeyModifiers::CONTROL | KeyModifiers::SHIFT), Some(Action::Interrupt));
        assert_eq!(look('q', KeyModifiers::ALT), None);
    }

    #[test]
    fn releases_mean_nothing_and_repeats_count() {
        let mut key = event(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(lookup(Context::Main, &key), None);
        key.kind = KeyEventKind::Repeat;
        assert_eq!(lookup(Context::Main, &key), Some(Action::Quit));
    }

    #[test]
    fn keys_read_well() {
        assert_eq!(keys(Action::Pause), "Space p");
        assert_eq!(keys(Action::Interrupt), "Ctrl-C");
        assert_eq!(keys(Action::PreviousField), "Shift-Tab Up");
        assert_eq!(keys(Action::Close), "Esc Ctrl-G");
    }
}
