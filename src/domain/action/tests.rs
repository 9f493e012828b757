//! Every action can be reached, is named and explained.

use super::*;

#[test]
fn every_action_has_a_row_a_name_and_a_doc_and_can_be_reached() {
    for (i, row) in TABLE.iter().enumerate() {
        assert_eq!(row.action as usize, i, "{} stands in the wrong place", row.name);
        assert_eq!(row.action.entry().name, row.name);
        assert!(!row.name.is_empty() && !row.doc.is_empty() && !row.contexts.is_empty());
        assert!(row.doc.chars().count() <= 56, "{}: the doc does not fit the help", row.name);
        assert!(Group::ALL.contains(&row.group));
        // Without a key it has to be typed, and then there is something to say behind it.
        let typed = row.is_command() && row.argument.is_some_and(|argument| argument.required);
        assert!(!row.keys.is_empty() || typed, "{} cannot be reached", row.name);
    }
    // No variant without a row: the last one has the last row.
    assert_eq!(Action::Turn as usize, TABLE.len() - 1);
}

#[test]
fn every_long_name_is_one_word_and_of_one_action() {
    for row in &TABLE {
        assert!(row.long.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.long);
        assert_eq!(TABLE.iter().filter(|other| other.long == row.long).count(), 1, "{}", row.long);
    }
}

#[test]
fn the_nudge_factor_is_the_documented_one() {
    for action in [Action::NudgeDown, Action::NudgeUp] {
        assert!(action.entry().doc.contains(&NUDGE_FACTOR.to_string()));
    }
}
