//! Keys that a person who is used to vi finds.

use crossterm::event::KeyCode;

use crate::domain::action::{Action, Context, Key};

/// The differences from the usual ones.
pub fn keys() -> Vec<(Context, Action, Vec<Key>)> {
    let ch = |c| Key { code: KeyCode::Char(c), ctrl: false };
    let ctrl = |c| Key { code: KeyCode::Char(c), ctrl: true };
    let key = |code| Key { code, ctrl: false };
    let main = |action, keys: &[Key]| (Context::Main, action, keys.to_vec());
    let mut all = vec![
        main(Action::Earlier, &[ch('h'), key(KeyCode::Left)]),
        main(Action::Later, &[ch('l'), key(KeyCode::Right)]),
        main(Action::EventsUp, &[ch('k'), key(KeyCode::Up)]),
        main(Action::EventsDown, &[ch('j'), key(KeyCode::Down)]),
        main(Action::First, &[ch('0'), key(KeyCode::Home)]),
        main(Action::Latest, &[ch('$'), ch('G'), key(KeyCode::End)]),
        // Their own letters are taken now.
        main(Action::Constraint, &[ch('K')]),
        main(Action::Rates, &[ch('r')]),
        main(Action::Beside, &[ch('R')]),
        (Context::Prompt, Action::NextField, vec![key(KeyCode::Tab), ctrl('n')]),
        (Context::Prompt, Action::PreviousField, vec![key(KeyCode::BackTab), ctrl('p')]),
        (Context::Command, Action::EarlierLine, vec![key(KeyCode::Up), ctrl('p')]),
        (Context::Command, Action::LaterLine, vec![key(KeyCode::Down), ctrl('n')]),
    ];
    let lists = [Context::Objectives, Context::Constraints, Context::Checkpoints, Context::Reading, Context::Runs];
    for context in [Context::Main].into_iter().chain(lists) {
        all.push((context, Action::PageUp, vec![ctrl('b'), ctrl('u'), key(KeyCode::PageUp)]));
        all.push((context, Action::PageDown, vec![ctrl('f'), ctrl('d'), key(KeyCode::PageDown)]));
    }
    all
}
