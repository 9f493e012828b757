//! The popup over the dashboard.

use crate::run::checkpoints::Item;
use crate::ui::popups::checkpoints::Choice;
use crate::ui::popups::command::Line;
use crate::ui::popups::explain::Explained;
use crate::ui::popups::help::HelpView;
use crate::ui::popups::objectives::ObjectiveSelection;
use crate::ui::popups::prompt::Prompt;

/// The constraint popup.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConstraintChoice {
    /// The row of [`crate::config::Constraint::ALL`] under the cursor.
    pub cursor: usize,
}

/// The popup over the dashboard.
#[derive(Clone, Debug)]
pub enum Popup {
    Objectives(ObjectiveSelection),
    Constraints(ConstraintChoice),
    Prompt(Prompt),
    /// The log page's filter is typed; what it was before.
    Filter(String),
    /// A command is typed.
    Command(Line),
    /// The help.
    Help(HelpView),
    /// An entry of the glossary.
    Explain(Box<Explained>),
    /// Something that must be read, scrolled down by so many rows.
    Notice {
        title: String,
        text: String,
        scroll: usize,
    },
    /// The checkpoints to go back to.
    Checkpoints(Choice),
    /// Whether to go back to this checkpoint.
    Back(Box<Item>),
    /// Whether to take the last change back.
    Undo,
    /// Whether to stop the run and quit.
    Quit,
    /// Whether to leave while the run goes on.
    Leave,
}
