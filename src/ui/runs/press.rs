//! What keys do to the list of runs.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use tui_input::Input;

use super::list::{Asked, Popup, RunList};
use super::{Left, compare, draw, ends};
use crate::domain::action::{Action, Context, TABLE};
use crate::domain::{format, keymap};
use crate::run::removal::Contents;
use crate::run::row::{Column, Kind, Row};
use crate::system::output::one_line;
use crate::terminal::{Event, Mouse, MouseAct};
use crate::ui::charts::beside::MOST_RUNS;
use crate::ui::draw::pen::{Text, wrap};
use crate::ui::draw::theme::Role;
use crate::ui::popups::prompt;
use crate::ui::popups::reader::Line;

/// The most bytes of a filter.
const LONGEST: usize = 64;

/// Something for the loop to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Leave(Left),
    /// Forget what is on the screen.
    Clear,
    /// Give the terminal back to the shell until the process goes on.
    Suspend,
    /// Look what is in these directories, for [`ask`].
    Ask(Vec<PathBuf>),
    /// Remove these runs, then [`removed`].
    Remove(Vec<PathBuf>),
}

/// Takes in what the terminal or the system says.
pub fn take(list: &mut RunList, event: Event) -> Vec<Effect> {
    if let Some(left) = ends(&event) {
        return vec![Effect::Leave(left)];
    }
    match event {
        Event::Key(key) => return pressed(list, &key).into_iter().collect(),
        Event::Mouse(mouse) => return clicked(list, mouse).into_iter().collect(),
        Event::Paste(text) => {
            if matches!(list.popup, Some(Popup::Filter(_))) {
                prompt::paste_into(&mut list.filter, &text, LONGEST);
                list.settle();
            }
        }
        Event::Redraw => {
            list.dirty = true;
            return vec![Effect::Clear];
        }
        // Nothing is trained here.
        Event::Save | Event::HangUp | Event::Terminate | Event::Interrupt => {}
    }
    Vec::new()
}

fn pressed(list: &mut RunList, key: &KeyEvent) -> Option<Effect> {
    keymap::pressed(key)?;
    list.dirty |= list.status.take().is_some();
    let context = list.context();
    let Some(action) = list.keymap.lookup(context, key) else {
        if context == Context::Filter {
            prompt::edit_field(&mut list.filter, key, LONGEST);
            list.settle();
        }
        return None;
    };
    list.dirty = true;
    match action {
        Action::Redraw => return Some(Effect::Clear),
        Action::Suspend => return Some(Effect::Suspend),
        Action::Interrupt => return Some(Effect::Leave(Left::Quit)),
        _ => {}
    }
    match context {
        Context::Filter => filtering(list, action),
        Context::Reading => reading(list, action),
        Context::Question => return answer(list, action),
        _ => return act(list, action),
    }
    None
}

/// Does what an action asks of the list itself.
fn act(list: &mut RunList, action: Action) -> Option<Effect> {
    let page = draw::rows_in_sight(list.size).max(1);
    let (place, last) = (list.place(), list.shown().len().saturating_sub(1));
    match action {
        Action::Quit => return Some(Effect::Leave(Left::Quit)),
        Action::Up => list.put(place.checked_sub(1).unwrap_or(last)),
        Action::Down => list.put(if place >= last { 0 } else { place + 1 }),
        Action::PageUp => list.put(place.saturating_sub(page)),
        Action::PageDown => list.put(place.saturating_add(page)),
        Action::Open => return open(list),
        Action::View => match list.current().map(shows) {
            Some(Ok(row)) => return Some(Effect::Leave(Left::View(vec![row.dir.clone()]))),
            Some(Err(why)) => list.say(why, true),
            None => {}
        },
        Action::Tick if list.tick() => list.put(place.saturating_add(1)),
        Action::Tick => list.say("this is not a run", true),
        Action::TickAll => list.tick_all(),
        Action::Compare => match compared(list) {
            Ok(runs) => return Some(Effect::Leave(Left::View(runs))),
            Err(why) => list.say(why, true),
        },
        Action::Differences => match compared(list) {
            Ok(_) => list.tell("side by side", compare::lines(list, compare::room(list.size.width))),
            Err(why) => list.say(why, true),
        },
        Action::Remove => return wants_removed(list),
        Action::SortBefore => sort(list, -1),
        Action::SortNext => sort(list, 1),
        Action::Turn => {
            list.reversed = !list.reversed;
            list.settle();
        }
        Action::Filter => list.popup = Some(Popup::Filter(list.filter.value().to_owned())),
        Action::Close => {
            let filtered = !list.filter.value().is_empty();
            if filtered {
                list.filter = Input::default();
            } else if !list.untick() {
                let quit = list.key(Action::Quit);
                list.say(format!("{quit} quits"), false);
            }
            list.settle();
        }
        Action::Help => list.tell("help", help(list)),
        _ => {}
    }
    None
}

/// Opens the run under the cursor: its own dashboard where it goes on, else what is recorded.
fn open(list: &mut RunList) -> Option<Effect> {
    match list.current().map(shows)? {
        Ok(row) if row.goes_on() => Some(Effect::Leave(Left::Attach(row.dir.clone()))),
        Ok(row) => Some(Effect::Leave(Left::View(vec![row.dir.clone()]))),
        Err(why) => {
            list.say(why, true);
            None
        }
    }
}

/// The row, if there is something to be shown of it.
fn shows(row: &Row) -> Result<&Row, String> {
    match &row.kind {
        Kind::Wrong(why) => Err(why.clone()),
        _ => Ok(row),
    }
}

/// The ticked runs if they can be compared, or why they cannot.
fn compared(list: &RunList) -> Result<Vec<PathBuf>, String> {
    let ticked = list.ticked();
    match ticked.len() {
        0 | 1 => Err(format!("tick two runs or more with {}, to compare them", list.key(Action::Tick))),
        count if count > MOST_RUNS => Err(format!("{count} runs are ticked: {MOST_RUNS} at most can be told apart")),
        _ => Ok(ticked.iter().map(|row| row.dir.clone()).collect()),
    }
}

fn sort(list: &mut RunList, by: isize) {
    let here = Column::ALL.iter().position(|column| *column == list.sort).unwrap_or(0) as isize;
    list.sort = Column::ALL[(here + by).rem_euclid(Column::ALL.len() as isize) as usize];
    list.settle();
}

/// Asks whether to remove the ticked runs, or the one under the cursor.
fn wants_removed(list: &mut RunList) -> Option<Effect> {
    let ticked = list.ticked();
    let rows = if ticked.is_empty() { list.current().into_iter().collect() } else { ticked };
    let dirs: Vec<PathBuf> = rows.iter().map(|row| row.dir.clone()).collect();
    (!dirs.is_empty()).then_some(Effect::Ask(dirs))
}

/// Asks about what may be removed; says why where nothing may.
pub fn ask(list: &mut RunList, found: Vec<(PathBuf, Result<Contents, String>)>) {
    let mut asked = Asked { runs: Vec::new(), stay: Vec::new() };
    for (dir, found) in found {
        match found {
            Ok(contents) => asked.runs.push((dir, contents)),
            Err(why) => asked.stay.push(one_line(&why)),
        }
    }
    list.dirty = true;
    match (asked.runs.is_empty(), asked.stay.as_slice()) {
        (false, _) => list.popup = Some(Popup::Remove(asked)),
        (true, [only]) => list.say(only.clone(), true),
        (true, all) => {
            let lines = all.iter().flat_map(|why| told(list, why)).collect();
            list.tell("nothing is removed", lines);
        }
    }
}

fn answer(list: &mut RunList, action: Action) -> Option<Effect> {
    match action {
        Action::Yes => match list.popup.take() {
            Some(Popup::Remove(asked)) => {
                return Some(Effect::Remove(asked.runs.into_iter().map(|(dir, _)| dir).collect()));
            }
            other => list.popup = other,
        },
        // Enter is what a person presses without reading: it does no harm.
        Action::No | Action::Close | Action::Accept => list.popup = None,
        _ => {}
    }
    None
}

/// Says what has been removed, and what could not be.
pub fn removed(list: &mut RunList, removed: Vec<(PathBuf, Result<Contents, String>)>) {
    let (mut gone, mut bytes, mut troubles) = (Vec::new(), 0, Vec::new());
    for (dir, left) in removed {
        match left {
            Ok(contents) => {
                bytes += contents.bytes;
                if !contents.strange.is_empty() {
                    let names: Vec<_> = contents.strange.iter().map(|name| name.display().to_string()).collect();
                    let what =
                        format!("{} stays with what gantop has not written: {}", dir.display(), names.join(", "));
                    troubles.push(one_line(&what));
                }
                gone.push(dir);
            }
            Err(why) => troubles.push(one_line(&why)),
        }
    }
    let runs = if gone.len() == 1 { "a run".to_owned() } else { format!("{} runs", gone.len()) };
    let what = format!("removed {runs}, {}", format::bytes(bytes as f64));
    list.drop_rows(&gone);
    if troubles.is_empty() {
        return list.say(what, false);
    }
    let lines = [what].iter().chain(&troubles).flat_map(|text| told(list, text)).collect();
    list.tell("removed", lines);
}

/// A text in lines that fit the screen.
pub fn told(list: &RunList, text: &str) -> Vec<Line> {
    let lines = wrap(&list.glyphs.text(text), compare::room(list.size.width).into());
    lines.into_iter().map(|line| vec![(Role::Plain, line)].into()).collect()
}

fn filtering(list: &mut RunList, action: Action) {
    let Some(Popup::Filter(before)) = list.popup.take() else { return };
    match action {
        Action::Accept => {}
        Action::Close => list.filter = Input::new(before),
        _ => list.popup = Some(Popup::Filter(before)),
    }
    list.settle();
}

fn reading(list: &mut RunList, action: Action) {
    let rows = draw::rows_of_text(list);
    let Some(Popup::Text(text)) = &mut list.popup else { return };
    match action {
        Action::Up => text.reader.go(-1, &text.lines, rows),
        Action::Down => text.reader.go(1, &text.lines, rows),
        Action::PageUp => text.reader.go(-(rows as isize), &text.lines, rows),
        Action::PageDown => text.reader.go(rows as isize, &text.lines, rows),
        Action::Close | Action::Accept | Action::Quit => list.popup = None,
        _ => {}
    }
}

/// The keys of the list.
fn help(list: &RunList) -> Vec<Line> {
    let keys = |action| {
        let keys: Vec<String> = list.keymap.of(Context::Runs, action).iter().map(ToString::to_string).collect();
        keys.join(" ")
    };
    let rows = TABLE.iter().filter(|row| row.contexts.contains(&Context::Runs));
    // What is of the list alone comes first.
    let (own, others): (Vec<_>, Vec<_>) = rows.partition(|row| row.contexts.len() == 1);
    let line = |row: &&crate::domain::action::Entry| {
        let doc = doc(row.action).unwrap_or(row.doc);
        let text: Text = vec![(Role::First, format!("{:<12} ", keys(row.action))), (Role::Plain, doc.to_owned())];
        text.into()
    };
    let mut lines: Vec<Line> = own.iter().chain(&others).map(line).collect();
    lines.push(Line::default());
    for note in [
        "A live run cannot be removed, nor one of another program. Only what gantop has written is removed, \
         and a directory only if nothing else is in it; no link is followed.",
        "Figures are the last recorded ones. Runs of other programs are known by their files.",
    ] {
        lines.extend(told(list, note));
    }
    lines
}

/// The effect of an action here, where it has another one on the dashboard.
fn doc(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Filter => "show only the runs that have every word you type",
        Action::Close => "take the filter away, or the ticks",
        Action::Help => "these keys",
        Action::Up => "the run above",
        Action::Down => "the run below",
        Action::PageUp => "a page up",
        Action::PageDown => "a page down",
        Action::Quit | Action::Interrupt => "leave the list; live runs go on",
        Action::Suspend => "back to the shell until fg",
        _ => return None,
    })
}

/// Does what the mouse asks for: it chooses a run, and opens the one that is chosen.
fn clicked(list: &mut RunList, mouse: Mouse) -> Option<Effect> {
    let reads = matches!(list.popup, Some(Popup::Text(_)));
    match mouse.act {
        MouseAct::WheelUp if reads => reading(list, Action::Up),
        MouseAct::WheelDown if reads => reading(list, Action::Down),
        _ if list.popup.is_some() => return None,
        MouseAct::WheelUp => list.put(list.place().saturating_sub(1)),
        MouseAct::WheelDown => list.put(list.place().saturating_add(1)),
        MouseAct::Left => {
            let place = draw::place_at(list, mouse.x, mouse.y)?;
            if place == list.place() {
                return open(list);
            }
            list.put(place);
        }
        MouseAct::Right => return None,
    }
    list.dirty = true;
    None
}
