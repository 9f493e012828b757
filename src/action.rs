//! Every command a person can give with a key: its name, doc, group, default keys and where it holds. Written once,
//! here; the keymap, the help screen and the footer are read back from this table.

use crossterm::event::KeyCode;

/// Where the keyboard's attention is.
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
    /// The text that the log page filters by.
    Filter,
    /// Text to read: the help, a notice.
    Reading,
    /// A question that wants yes or no.
    Question,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Pause,
    Step,
    Steps,
    Save,
    Checkpoints,
    Back,
    Objective,
    Constraint,
    Clip,
    NudgeDown,
    NudgeUp,
    Rates,
    CriticSteps,
    Page,
    NextPage,
    PreviousPage,
    CriticView,
    Earlier,
    Later,
    First,
    Latest,
    ZoomIn,
    ZoomOut,
    ZoomAll,
    PanBack,
    PanForward,
    Chart,
    Scale,
    Smooth,
    Axes,
    Filter,
    Kinds,
    Freeze,
    EventsUp,
    EventsDown,
    Up,
    Down,
    PageUp,
    PageDown,
    Help,
    Redraw,
    Suspend,
    Quit,
    Interrupt,
    Detach,
    Accept,
    Close,
    NextField,
    PreviousField,
    Head,
    GeneratorLoss,
    Yes,
    No,
    StopRun,
}

/// Headings of the help screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Run,
    Settings,
    View,
    Program,
    Popups,
}

impl Group {
    /// Every group, in the order of the help screen.
    pub const ALL: [Group; 5] = [Group::Run, Group::Settings, Group::View, Group::Program, Group::Popups];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Run => "Run",
            Group::Settings => "Settings",
            Group::View => "View",
            Group::Program => "Program",
            Group::Popups => "Popups",
        }
    }
}

/// A key with or without Ctrl. Upper-case letters are characters of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub action: Action,
    /// One or two words, for the footer.
    pub name: &'static str,
    /// One line, for the help.
    pub doc: &'static str,
    pub group: Group,
    /// Its keys; the first is the one to show first.
    pub keys: &'static [Key],
    /// Where the keys hold.
    pub contexts: &'static [Context],
    /// Its place in the footer: smaller stays longer when the screen is narrow; `None` is not in the footer.
    pub footer: Option<u8>,
}

/// By how much `[` divides and `]` multiplies the constraint's number.
pub const NUDGE_FACTOR: f64 = 1.25;

const fn ch(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: false }
}

const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true }
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const MAIN: &[Context] = &[Context::Main];
const EVERYWHERE: &[Context] = &[
    Context::Main,
    Context::Objectives,
    Context::Constraints,
    Context::Checkpoints,
    Context::Prompt,
    Context::Filter,
    Context::Reading,
    Context::Question,
];
const SCROLLING: &[Context] =
    &[Context::Main, Context::Objectives, Context::Constraints, Context::Checkpoints, Context::Reading];
const LISTS: &[Context] = &[Context::Objectives, Context::Constraints, Context::Checkpoints, Context::Reading];
const POPUPS: &[Context] = &[
    Context::Objectives,
    Context::Constraints,
    Context::Checkpoints,
    Context::Prompt,
    Context::Filter,
    Context::Reading,
    Context::Question,
];

const fn entry(
    action: Action,
    name: &'static str,
    doc: &'static str,
    group: Group,
    keys: &'static [Key],
    contexts: &'static [Context],
    footer: Option<u8>,
) -> Entry {
    Entry { action, name, doc, group, keys, contexts, footer }
}

/// Every action, in the order of the help and the footer.
#[rustfmt::skip]
pub static TABLE: [Entry; 54] = [
    entry(Action::Pause, "pause", "pause training, or go on", Group::Run, &[ch(' '), ch('p')], MAIN, Some(2)),
    entry(Action::Step, "step", "do one step, then pause", Group::Run, &[ch('s')], MAIN, Some(4)),
    entry(Action::Steps, "steps", "do a number of steps that you type, then pause", Group::Run, &[ch('S')], MAIN, None),
    entry(Action::Save, "save", "keep the run's state in a checkpoint", Group::Run, &[ch('w')], MAIN, Some(6)),
    entry(Action::Checkpoints, "back", "choose a checkpoint to go back to", Group::Run, &[ch('b')], MAIN, Some(6)),
    entry(Action::Back, "back to last", "go back to the newest checkpoint but for an alert's", Group::Run, &[ch('U')], MAIN, None),
    entry(Action::Objective, "objective", "choose the objective, head and generator loss", Group::Settings, &[ch('o')], MAIN, Some(3)),
    entry(Action::Constraint, "constraint", "choose what keeps the critic Lipschitz, and its number", Group::Settings, &[ch('k')], MAIN, Some(3)),
    entry(Action::Clip, "clip", "type a clip range; none turns clipping off", Group::Settings, &[ch('c')], MAIN, Some(3)),
    entry(Action::NudgeDown, "nudge down", "divide the clip range, λ or γ by 1.25", Group::Settings, &[ch('[')], MAIN, Some(5)),
    entry(Action::NudgeUp, "nudge up", "multiply the clip range, λ or γ by 1.25", Group::Settings, &[ch(']')], MAIN, Some(5)),
    entry(Action::Rates, "rates", "type learning rates", Group::Settings, &[ch('l')], MAIN, Some(3)),
    entry(Action::CriticSteps, "updates", "type the critic updates a step", Group::Settings, &[ch('n')], MAIN, Some(4)),
    entry(Action::Page, "page", "open a page, in the order of the tabs", Group::View, &[ch('1'), ch('2'), ch('3'), ch('4'), ch('5'), ch('6')], MAIN, None),
    entry(Action::NextPage, "page", "open the next page", Group::View, &[key(KeyCode::Tab)], MAIN, Some(4)),
    entry(Action::PreviousPage, "page back", "open the previous page", Group::View, &[key(KeyCode::BackTab)], MAIN, None),
    entry(Action::CriticView, "view", "critic page, 2-D: learned, optimal, difference", Group::View, &[ch('v')], MAIN, Some(5)),
    entry(Action::Earlier, "earlier", "cursor to earlier steps; samples: an earlier snapshot", Group::View, &[key(KeyCode::Left)], MAIN, None),
    entry(Action::Later, "later", "cursor to later steps; samples: a later snapshot", Group::View, &[key(KeyCode::Right)], MAIN, None),
    entry(Action::First, "first", "cursor to the first step; samples: the first snapshot", Group::View, &[key(KeyCode::Home)], MAIN, None),
    entry(Action::Latest, "latest", "no cursor; samples and charts go along with the run", Group::View, &[key(KeyCode::End)], MAIN, None),
    entry(Action::ZoomIn, "zoom in", "charts show fewer steps, about the cursor or the latest", Group::View, &[ch('+')], MAIN, Some(6)),
    entry(Action::ZoomOut, "zoom out", "charts show more steps", Group::View, &[ch('-')], MAIN, Some(6)),
    entry(Action::ZoomAll, "whole run", "charts show the whole run", Group::View, &[ch('=')], MAIN, None),
    entry(Action::PanBack, "pan back", "charts show half a window earlier", Group::View, &[ch('<')], MAIN, None),
    entry(Action::PanForward, "pan on", "charts show half a window later", Group::View, &[ch('>')], MAIN, None),
    entry(Action::Chart, "chart", "choose the chart of the page that a scale is for", Group::View, &[ch('g')], MAIN, None),
    entry(Action::Scale, "scale", "chosen chart: linear, log, symlog", Group::View, &[ch('y')], MAIN, None),
    entry(Action::Smooth, "smooth", "charts: smoothing off, light, strong", Group::View, &[ch('m')], MAIN, None),
    entry(Action::Axes, "axes", "charts of both networks: one y axis, or one each", Group::View, &[ch('x')], MAIN, None),
    entry(Action::Filter, "filter", "log page: show what has a text in it", Group::View, &[ch('/')], MAIN, None),
    entry(Action::Kinds, "kinds", "log page: all, changes, states, refusals, alerts", Group::View, &[ch('t')], MAIN, None),
    entry(Action::Freeze, "freeze", "freeze the charts and samples; training goes on", Group::View, &[ch('f')], MAIN, Some(6)),
    entry(Action::EventsUp, "events up", "scroll the events, or the layers on the weights page", Group::View, &[key(KeyCode::Up)], MAIN, None),
    entry(Action::EventsDown, "events down", "the same, down", Group::View, &[key(KeyCode::Down)], MAIN, None),
    entry(Action::Up, "up", "scroll up, or choose the one above", Group::Popups, &[key(KeyCode::Up), ch('k')], LISTS, None),
    entry(Action::Down, "down", "scroll down, or choose the one below", Group::Popups, &[key(KeyCode::Down), ch('j')], LISTS, None),
    entry(Action::PageUp, "page up", "scroll up a page", Group::View, &[key(KeyCode::PageUp)], SCROLLING, None),
    entry(Action::PageDown, "page down", "scroll down a page", Group::View, &[key(KeyCode::PageDown)], SCROLLING, None),
    entry(Action::Help, "help", "these keys", Group::Program, &[ch('?'), key(KeyCode::F(1))], MAIN, Some(1)),
    entry(Action::Redraw, "redraw", "draw the whole screen again", Group::Program, &[ctrl('l')], EVERYWHERE, None),
    entry(Action::Suspend, "suspend", "back to the shell until fg; training stops meanwhile", Group::Program, &[ctrl('z')], EVERYWHERE, None),
    entry(Action::Quit, "quit", "stop the run and quit; asks while the run is under way", Group::Program, &[ch('q')], &[Context::Main, Context::Reading], Some(0)),
    entry(Action::Interrupt, "quit now", "quit; the second time without asking", Group::Program, &[ctrl('c')], EVERYWHERE, None),
    entry(Action::Detach, "detach", "leave; the run goes on, and attach comes back to it", Group::Program, &[ch('D')], &[Context::Main, Context::Question], None),
    entry(Action::Accept, "apply", "accept", Group::Popups, &[key(KeyCode::Enter)], POPUPS, None),
    entry(Action::Close, "close", "close without a change", Group::Popups, &[key(KeyCode::Esc), ctrl('g')], POPUPS, None),
    entry(Action::NextField, "next field", "go to the next field", Group::Popups, &[key(KeyCode::Tab), key(KeyCode::Down)], &[Context::Prompt], None),
    entry(Action::PreviousField, "previous field", "go to the previous field", Group::Popups, &[key(KeyCode::BackTab), key(KeyCode::Up)], &[Context::Prompt], None),
    entry(Action::Head, "head", "objective: the next head", Group::Popups, &[ch('h')], &[Context::Objectives], None),
    entry(Action::GeneratorLoss, "generator loss", "objective: the next generator loss", Group::Popups, &[ch('g')], &[Context::Objectives], None),
    entry(Action::Yes, "yes", "answer a question with yes", Group::Popups, &[ch('y')], &[Context::Question], None),
    entry(Action::No, "no", "answer a question with no", Group::Popups, &[ch('n')], &[Context::Question], None),
    entry(Action::StopRun, "stop the run", "attached: stop the run and leave", Group::Popups, &[ch('s')], &[Context::Question], None),
];

impl Action {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // The rows stand in the order of the variants; a test says so.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_row_a_name_a_doc_and_a_key() {
        for (i, row) in TABLE.iter().enumerate() {
            assert_eq!(row.action as usize, i, "{} stands in the wrong place", row.name);
            assert_eq!(row.action.entry().name, row.name);
            assert!(!row.name.is_empty() && !row.doc.is_empty() && !row.keys.is_empty() && !row.contexts.is_empty());
            assert!(row.doc.chars().count() <= 56, "{}: the doc does not fit the help", row.name);
            assert!(Group::ALL.contains(&row.group));
        }
        // No variant without a row: the last one has the last row.
        assert_eq!(Action::StopRun as usize, TABLE.len() - 1);
    }

    #[test]
    fn the_nudge_factor_is_the_documented_one() {
        for action in [Action::NudgeDown, Action::NudgeUp] {
            assert!(action.entry().doc.contains(&NUDGE_FACTOR.to_string()));
        }
    }

    #[test]
    fn no_key_means_two_things() {
        for context in EVERYWHERE {
            let mut seen = Vec::new();
            for row in TABLE.iter().filter(|row| row.contexts.contains(context)) {
                for key in row.keys {
                    assert!(!seen.contains(key), "{key:?} is bound twice in {context:?}");
                    seen.push(*key);
                }
            }
        }
    }
}
