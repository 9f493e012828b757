//! Where the keyboard's attention can be.

/// The place of the keyboard's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The dashboard itself.
    Main,
    /// The list of objectives.
    Objectives,
    /// The list of constraints.
    Constraints,
    /// The list of checkpoints.
    Checkpoints,
    /// A field that text is typed into.
    Prompt,
    /// The text that the log page or the help is filtered by.
    Filter,
    /// The line that commands are typed into.
    Command,
    /// Text to read: the help, a notice.
    Reading,
    /// A question that wants yes or no.
    Question,
    /// The list of runs.
    Runs,
}

impl Context {
    /// Every context, the dashboard first and the list of runs last; between them what opens over the dashboard.
    pub const ALL: &'static [Context] = &[
        Context::Main,
        Context::Objectives,
        Context::Constraints,
        Context::Checkpoints,
        Context::Prompt,
        Context::Filter,
        Context::Command,
        Context::Reading,
        Context::Question,
        Context::Runs,
    ];

    /// Its name in a config.
    pub fn name(self) -> &'static str {
        match self {
            Context::Main => "dashboard",
            Context::Objectives => "objectives",
            Context::Constraints => "constraints",
            Context::Checkpoints => "checkpoints",
            Context::Prompt => "prompt",
            Context::Filter => "filter",
            Context::Command => "command",
            Context::Reading => "reading",
            Context::Question => "question",
            Context::Runs => "runs",
        }
    }

    /// Whether text is typed there, so that a plain character stands for itself.
    pub fn is_typed_in(self) -> bool {
        matches!(self, Context::Prompt | Context::Filter | Context::Command)
    }
}
