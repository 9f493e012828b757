//! The keys that edit a line of text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// Lets an editing key change a line of at most `longest` bytes; others are left alone.
pub fn edit_field(input: &mut Input, key: &KeyEvent, longest: usize) {
    if let Some(request) = edit(key)
        && (!matches!(request, InputRequest::InsertChar(_)) || input.value().len() < longest)
    {
        input.handle(request);
    }
}

/// Puts pasted text into a line of at most `longest` bytes.
pub fn paste_into(input: &mut Input, text: &str, longest: usize) {
    for c in text.trim().chars().filter(|c| !c.is_control()).take(longest) {
        edit_field(input, &KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE), longest);
    }
}

/// The editing request of a key.
fn edit(key: &KeyEvent) -> Option<InputRequest> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char('b') if ctrl => InputRequest::GoToPrevChar,
        KeyCode::Char('f') if ctrl => InputRequest::GoToNextChar,
        KeyCode::Char('h') if ctrl => InputRequest::DeletePrevChar,
        KeyCode::Char('d') if ctrl => InputRequest::DeleteNextChar,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
        KeyCode::Char(c) if !ctrl && !alt => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}
