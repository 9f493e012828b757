//! Reasons for a pause out of old journals, whose lines have a sentence alone, and out of lines of trainers of other
//! programs. Nothing else decides by a sentence: what this program writes today says the reason beside it.

use crate::domain::rule::Rule;
use crate::link::{NonFinite, NonFiniteValue, PauseReason, Player, Quantity};

/// The reason that a sentence tells of, of a pause after `step` completed steps.
pub fn parse(sentence: &str, step: u64) -> PauseReason {
    let rule = sentence.strip_prefix("the health rule ").and_then(|rest| rest.strip_suffix(" asks for it"));
    if let Some(rule) = rule.and_then(|name| Rule::ALL.into_iter().find(|rule| rule.to_string() == name)) {
        return PauseReason::Health(rule);
    }
    match sentence.strip_prefix(&format!("step {}: ", step.saturating_add(1))) {
        Some(refused) => PauseReason::NonFinite(number(refused)),
        None => PauseReason::Other(sentence.to_owned()),
    }
}

/// The number that the sentence of a refused step begins with.
fn number(text: &str) -> Option<NonFinite> {
    let what = text.split(';').next()?;
    let begins = |number: &NonFinite| number.to_string() == what;
    [Player::Generator, Player::Critic]
        .into_iter()
        .flat_map(|player| Quantity::ALL.map(|quantity| (player, quantity)))
        .flat_map(|(player, quantity)| {
            [NonFiniteValue::NotANumber, NonFiniteValue::Infinite].map(|value| NonFinite { player, quantity, value })
        })
        .find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_sentences_say_what_the_reason_was() {
        let old = "step 41: the generator's gradient is infinite; no weight has been touched by it. Change the \
                   objective, the constraint or a learning rate, then resume to try the step again";
        let (player, quantity, value) = (Player::Generator, Quantity::Gradient, NonFiniteValue::Infinite);
        let reason = PauseReason::NonFinite(Some(NonFinite { player, quantity, value }));
        assert_eq!(parse(old, 40), reason);
        assert_eq!(reason.sentence(40).as_deref(), Some(old));
        // Another step's number is none of this pause.
        assert_eq!(parse(old, 41), PauseReason::Other(old.to_owned()));
        assert_eq!(parse("step 41: infinite", 40), PauseReason::NonFinite(None));
        for rule in Rule::ALL {
            assert_eq!(parse(&format!("the health rule {rule} asks for it"), 7), PauseReason::Health(rule));
        }
        assert_eq!(parse("the disk is full", 7), PauseReason::Other("the disk is full".to_owned()));
    }
}
