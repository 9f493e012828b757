//! Every command a person can give: its name, doc, group, argument, default keys and where they hold. Written once,
//! here; the keymap, the command line, the help screen, the footer, the man page and the README's table are read back
//! from this table.

use crossterm::event::KeyCode;

mod context;
mod key;

pub use context::Context;
pub use key::{Key, WRITTEN};

/// The effect of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Pause,
    Step,
    Steps,
    Save,
    Checkpoints,
    Back,
    Undo,
    Evaluate,
    Objective,
    Constraint,
    Clip,
    NudgeDown,
    NudgeUp,
    Rates,
    CriticSteps,
    Controls,
    Page,
    NextPage,
    PreviousPage,
    CriticView,
    Raw,
    Beside,
    Noise,
    Alone,
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
    Pin,
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
    Command,
    Explain,
    Set,
    Goto,
    Theme,
    Redraw,
    Suspend,
    Quit,
    Interrupt,
    Detach,
    Runs,
    Accept,
    Close,
    NextField,
    PreviousField,
    ValueUp,
    ValueDown,
    Complete,
    EarlierLine,
    LaterLine,
    Head,
    GeneratorLoss,
    Brings,
    Yes,
    No,
    StopRun,
    Open,
    View,
    Tick,
    TickAll,
    Compare,
    Differences,
    Remove,
    SortBefore,
    SortNext,
    Turn,
}

/// Headings of the help screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Run,
    Settings,
    View,
    Program,
    Popups,
    Runs,
}

impl Group {
    /// Every group, in the order of the help screen.
    pub const ALL: [Group; 6] = [Group::Run, Group::Settings, Group::View, Group::Program, Group::Popups, Group::Runs];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Run => "Run",
            Group::Settings => "Settings",
            Group::View => "View",
            Group::Program => "Program",
            Group::Popups => "Popups",
            Group::Runs => "Run list",
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub action: Action,
    /// One or two words, for the footer.
    pub name: &'static str,
    /// Its name where it is typed, on the command line and in a config: lower case and hyphens.
    pub long: &'static str,
    /// The arguments that may or must stand behind it on the command line.
    pub argument: Option<Argument>,
    /// One line, for the help.
    pub doc: &'static str,
    pub group: Group,
    /// Its usual keys; the first is the one to show first.
    pub keys: &'static [Key],
    /// The context in which the keys hold.
    pub contexts: &'static [Context],
    /// Its place in the footer: smaller stays longer when the screen is narrow; `None` is not in the footer.
    pub footer: Option<u8>,
}

/// The arguments of an action on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// As help shows it, e.g. `KEY VALUE`.
    pub name: &'static str,
    /// Whether nothing is done without it. Else the action asks, or does what its key does.
    pub required: bool,
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
const EVERYWHERE: &[Context] = Context::ALL;
const SCROLLING: &[Context] =
    &[Context::Main, Context::Objectives, Context::Constraints, Context::Checkpoints, Context::Reading, Context::Runs];
const LISTS: &[Context] = SCROLLING.split_at(1).1;
/// All but the dashboard, which is the first.
const CLOSING: &[Context] = Context::ALL.split_at(1).1;
/// Without the list of runs too, which is the last.
const POPUPS: &[Context] = CLOSING.split_at(CLOSING.len() - 1).0;
const LINE: &[Context] = &[Context::Command];
const RUNS: &[Context] = &[Context::Runs];

const fn entry(
    action: Action,
    name: &'static str,
    doc: &'static str,
    group: Group,
    keys: &'static [Key],
    contexts: &'static [Context],
    footer: Option<u8>,
) -> Entry {
    Entry { action, name, long: name, argument: None, doc, group, keys, contexts, footer }
}

impl Entry {
    /// The row with another long name than its short one.
    const fn called(mut self, long: &'static str) -> Entry {
        self.long = long;
        self
    }

    /// The row of an action that may have an argument.
    const fn taking(mut self, name: &'static str) -> Entry {
        self.argument = Some(Argument { name, required: false });
        self
    }

    /// The row of an action that must have an argument.
    const fn needing(mut self, name: &'static str) -> Entry {
        self.argument = Some(Argument { name, required: true });
        self
    }

    /// Whether it can be typed on the command line: it holds on the dashboard itself.
    pub fn is_command(&self) -> bool {
        self.contexts.contains(&Context::Main)
    }

    /// Its form on the command line, e.g. `:clip C`; an argument that may be left out in brackets.
    pub fn usage(&self) -> String {
        match self.argument {
            None => format!(":{}", self.long),
            Some(Argument { name, required: true }) => format!(":{} {name}", self.long),
            Some(Argument { name, required: false }) => format!(":{} [{name}]", self.long),
        }
    }
}

/// Every action, in the order of the help and the footer.
#[rustfmt::skip]
pub static TABLE: [Entry; 84] = [
    entry(Action::Pause, "pause", "pause training, or go on", Group::Run, &[ch(' '), ch('p')], MAIN, Some(2)),
    entry(Action::Step, "step", "do one step, then pause", Group::Run, &[ch('s')], MAIN, Some(4)),
    entry(Action::Steps, "steps", "do so many steps, then pause; +10000: beyond the last", Group::Run, &[ch('S')], MAIN, None).taking("N"),
    entry(Action::Save, "save", "keep the run's state in a checkpoint", Group::Run, &[ch('w')], MAIN, Some(6)).called("checkpoint"),
    entry(Action::Checkpoints, "back", "choose a checkpoint to go back to", Group::Run, &[ch('b')], MAIN, Some(6)).called("checkpoints"),
    entry(Action::Back, "back to last", "go back to the newest checkpoint not made by an alert", Group::Run, &[ch('U')], MAIN, None).called("back"),
    entry(Action::Undo, "undo", "take the last change back, with the steps since; asks", Group::Run, &[ch('u')], MAIN, None),
    entry(Action::Evaluate, "evaluate", "measure how good the samples are, or cancel that", Group::Run, &[ch('E')], MAIN, None).taking("cancel"),
    entry(Action::Objective, "objective", "choose the objective, head and generator loss", Group::Settings, &[ch('o')], MAIN, Some(3)).taking("KIND"),
    entry(Action::Constraint, "constraint", "choose what keeps the critic Lipschitz, and its number", Group::Settings, &[ch('k')], MAIN, Some(3)).taking("KIND [NUMBER]"),
    entry(Action::Clip, "clip", "type a clip range; none turns clipping off", Group::Settings, &[ch('c')], MAIN, Some(3)).taking("C"),
    entry(Action::NudgeDown, "nudge down", "divide the clip range, λ or γ by 1.25", Group::Settings, &[ch('[')], MAIN, Some(5)).called("nudge-down"),
    entry(Action::NudgeUp, "nudge up", "multiply the clip range, λ or γ by 1.25", Group::Settings, &[ch(']')], MAIN, Some(5)).called("nudge-up"),
    entry(Action::Rates, "rates", "type learning rates", Group::Settings, &[ch('l')], MAIN, Some(3)).taking("CRITIC [GENERATOR]"),
    entry(Action::CriticSteps, "updates", "type the critic updates a step", Group::Settings, &[ch('n')], MAIN, Some(4)).taking("N"),
    entry(Action::Controls, "controls", "type values of what else the trainer lets change", Group::Settings, &[ch('a')], MAIN, Some(3)),
    entry(Action::Page, "page", "open a page, in the order of the tabs", Group::View, &[ch('1'), ch('2'), ch('3'), ch('4'), ch('5'), ch('6')], MAIN, None).taking("PAGE"),
    entry(Action::NextPage, "page", "open the next page", Group::View, &[key(KeyCode::Tab)], MAIN, Some(4)).called("next-page"),
    entry(Action::PreviousPage, "page back", "open the previous page", Group::View, &[key(KeyCode::BackTab)], MAIN, None).called("previous-page"),
    entry(Action::CriticView, "view", "critic page, 2-D: learned, optimal, difference", Group::View, &[ch('v')], MAIN, Some(5)).called("critic-view"),
    entry(Action::Raw, "raw", "samples: of the generator's average, or raw", Group::View, &[ch('e')], MAIN, Some(3)),
    entry(Action::Beside, "beside", "samples: beside histograms, real ones, classes, nothing", Group::View, &[ch('r')], MAIN, Some(3)),
    entry(Action::Noise, "noise", "samples: of the same noise every time, or of fresh", Group::View, &[ch('z')], MAIN, Some(3)),
    entry(Action::Alone, "alone", "samples: one image alone; up and down for others", Group::View, &[ch('i')], MAIN, Some(3)),
    entry(Action::Earlier, "earlier", "cursor to earlier steps; samples: an earlier snapshot", Group::View, &[key(KeyCode::Left)], MAIN, None),
    entry(Action::Later, "later", "cursor to later steps; samples: a later snapshot", Group::View, &[key(KeyCode::Right)], MAIN, None),
    entry(Action::First, "first", "cursor to the first step; samples: the first snapshot", Group::View, &[key(KeyCode::Home)], MAIN, None),
    entry(Action::Latest, "latest", "no cursor; charts and samples follow the run", Group::View, &[key(KeyCode::End)], MAIN, None),
    entry(Action::ZoomIn, "zoom in", "charts show fewer steps, about the cursor or the latest", Group::View, &[ch('+')], MAIN, Some(6)).called("zoom-in"),
    entry(Action::ZoomOut, "zoom out", "charts show more steps", Group::View, &[ch('-')], MAIN, Some(6)).called("zoom-out"),
    entry(Action::ZoomAll, "whole run", "charts show the whole run", Group::View, &[ch('=')], MAIN, None).called("whole-run"),
    entry(Action::PanBack, "pan back", "charts show half a window earlier", Group::View, &[ch('<')], MAIN, None).called("pan-back"),
    entry(Action::PanForward, "pan on", "charts show half a window later", Group::View, &[ch('>')], MAIN, None).called("pan-on"),
    entry(Action::Chart, "chart", "choose the chart of the page that a scale is for", Group::View, &[ch('g')], MAIN, None),
    entry(Action::Pin, "pin", "chosen declared chart: onto the overview, or off it", Group::View, &[ch('*')], MAIN, None),
    entry(Action::Scale, "scale", "chosen chart: what matters now, all, log, symlog", Group::View, &[ch('y')], MAIN, None),
    entry(Action::Smooth, "smooth", "charts: smoothing light, strong, off; one if chosen", Group::View, &[ch('m')], MAIN, None),
    entry(Action::Axes, "axes", "charts of both networks: one y axis, or one each", Group::View, &[ch('x')], MAIN, None),
    entry(Action::Filter, "filter", "log, help, metrics, runs: show what contains a text", Group::View, &[ch('/')], &[Context::Main, Context::Reading, Context::Runs], None).taking("TEXT"),
    entry(Action::Kinds, "kinds", "log page: all, changes, states, refusals, alerts", Group::View, &[ch('t')], MAIN, None),
    entry(Action::Freeze, "freeze", "freeze the charts and samples; training goes on", Group::View, &[ch('f')], MAIN, Some(6)),
    entry(Action::EventsUp, "events up", "scroll events, layers, classes; samples: another image", Group::View, &[key(KeyCode::Up)], MAIN, None).called("scroll-up"),
    entry(Action::EventsDown, "events down", "the same, down", Group::View, &[key(KeyCode::Down)], MAIN, None).called("scroll-down"),
    entry(Action::Up, "up", "scroll up, or choose the one above", Group::Popups, &[key(KeyCode::Up), ch('k')], LISTS, None),
    entry(Action::Down, "down", "scroll down, or choose the one below", Group::Popups, &[key(KeyCode::Down), ch('j')], LISTS, None),
    entry(Action::PageUp, "page up", "scroll up a page", Group::View, &[key(KeyCode::PageUp)], SCROLLING, None).called("page-up"),
    entry(Action::PageDown, "page down", "scroll down a page", Group::View, &[key(KeyCode::PageDown)], SCROLLING, None).called("page-down"),
    entry(Action::Help, "help", "what the page shows, and these keys", Group::Program, &[ch('?'), key(KeyCode::F(1))], &[Context::Main, Context::Runs], Some(1)),
    entry(Action::Command, "command", "type a command: any action or setting, by its name", Group::Program, &[ch(':')], MAIN, Some(4)),
    entry(Action::Explain, "explain", "what something means: a figure, a panel, a setting", Group::Program, &[], MAIN, None).needing("NAME"),
    entry(Action::Set, "set", "set a key of the config while the run goes on", Group::Settings, &[], MAIN, None).needing("KEY VALUE"),
    entry(Action::Goto, "goto", "cursor to a step; samples: the snapshot there", Group::View, &[], MAIN, None).needing("STEP"),
    entry(Action::Theme, "theme", "other colours", Group::Program, &[], MAIN, None).needing("THEME"),
    entry(Action::Redraw, "redraw", "draw the whole screen again", Group::Program, &[ctrl('l')], EVERYWHERE, None),
    entry(Action::Suspend, "suspend", "back to the shell until fg; training stops meanwhile", Group::Program, &[ctrl('z')], EVERYWHERE, None),
    entry(Action::Quit, "quit", "stop the run and quit; asks while the run is under way", Group::Program, &[ch('q')], &[Context::Main, Context::Reading, Context::Runs], Some(0)),
    entry(Action::Interrupt, "quit now", "quit; the second time without asking", Group::Program, &[ctrl('c')], EVERYWHERE, None).called("quit-now"),
    entry(Action::Detach, "detach", "ask, then leave; the run goes on, attach comes back", Group::Program, &[ch('D')], &[Context::Main, Context::Question], None),
    entry(Action::Runs, "runs", "leave for the list of runs; live runs go on", Group::Program, &[ch('L')], MAIN, None),
    entry(Action::Accept, "apply", "accept", Group::Popups, &[key(KeyCode::Enter)], POPUPS, None).called("accept"),
    entry(Action::Close, "close", "close without a change", Group::Popups, &[key(KeyCode::Esc), ctrl('g')], CLOSING, None),
    entry(Action::NextField, "next field", "go to the next field", Group::Popups, &[key(KeyCode::Tab)], &[Context::Prompt], None).called("next-field"),
    entry(Action::PreviousField, "previous field", "go to the previous field", Group::Popups, &[key(KeyCode::BackTab)], &[Context::Prompt], None).called("previous-field"),
    entry(Action::ValueUp, "more", "value: times 1.25, or one more", Group::Popups, &[key(KeyCode::Up)], &[Context::Prompt], None).called("value-up"),
    entry(Action::ValueDown, "less", "value: divided by 1.25, or one less", Group::Popups, &[key(KeyCode::Down)], &[Context::Prompt], None).called("value-down"),
    entry(Action::Complete, "complete", "command: complete the word, or take the next one", Group::Popups, &[key(KeyCode::Tab)], LINE, None),
    entry(Action::EarlierLine, "earlier line", "command: an earlier line", Group::Popups, &[key(KeyCode::Up)], LINE, None).called("earlier-line"),
    entry(Action::LaterLine, "later line", "command: a later line", Group::Popups, &[key(KeyCode::Down)], LINE, None).called("later-line"),
    entry(Action::Head, "head", "objective: the next head", Group::Popups, &[ch('h')], &[Context::Objectives], None),
    entry(Action::GeneratorLoss, "generator loss", "objective: the next generator loss", Group::Popups, &[ch('g')], &[Context::Objectives], None).called("generator-loss"),
    entry(Action::Brings, "bring along", "objective: bring along what its critic needs, or not", Group::Popups, &[ch('s')], &[Context::Objectives], None).called("bring-along"),
    entry(Action::Yes, "yes", "answer a question with yes", Group::Popups, &[ch('y')], &[Context::Question], None),
    entry(Action::No, "no", "answer a question with no", Group::Popups, &[ch('n')], &[Context::Question], None),
    entry(Action::StopRun, "stop the run", "attached: stop the run and leave", Group::Popups, &[ch('s')], &[Context::Question], None).called("stop-run"),
    entry(Action::Open, "open", "open the run: attach if it is live, else view", Group::Runs, &[key(KeyCode::Enter)], RUNS, None),
    entry(Action::View, "view", "view the run; nothing of it can be changed then", Group::Runs, &[ch('v')], RUNS, None).called("view-run"),
    entry(Action::Tick, "tick", "tick the run, for what is done with several", Group::Runs, &[ch(' ')], RUNS, None),
    entry(Action::TickAll, "tick all", "tick all runs in the list, or none", Group::Runs, &[ch('a')], RUNS, None).called("tick-all"),
    entry(Action::Compare, "compare", "lay the ticked runs over one another on the charts", Group::Runs, &[ch('c')], RUNS, None),
    entry(Action::Differences, "differences", "what differs between the ticked runs, side by side", Group::Runs, &[ch('d')], RUNS, None),
    entry(Action::Remove, "remove", "remove the ticked runs, or this one; asks", Group::Runs, &[ch('x'), key(KeyCode::Delete)], RUNS, None),
    entry(Action::SortBefore, "sort", "sort by the previous column", Group::Runs, &[key(KeyCode::Left), ch('<')], RUNS, None).called("sort-before"),
    entry(Action::SortNext, "sort", "sort by the next column", Group::Runs, &[key(KeyCode::Right), ch('>')], RUNS, None).called("sort-next"),
    entry(Action::Turn, "turn", "sort the other way round", Group::Runs, &[ch('r')], RUNS, None),
];

impl Action {
    /// Its row of the table.
    pub fn entry(self) -> &'static Entry {
        // The rows stand in the order of the variants; a test says so.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests;
