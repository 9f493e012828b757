//! The screen of the list of runs: the list, below it what is known of the run under the cursor or of the ticked ones,
//! the footer, and what lies over them.

use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};

use super::compare::{self, cut};
use super::list::{Asked, Popup, Reading, RunList};
use crate::domain::action::{Action, Context};
use crate::domain::format;
use crate::glossary::Panel;
use crate::run::journal::timestamp;
use crate::run::list::State;
use crate::run::row::{Column, Kind, Row};
use crate::ui::draw::pen::{Pen, Text, width, wrap};
use crate::ui::draw::theme::Role;
use crate::ui::draw::view::too_small;
use crate::ui::pages::layout;
use crate::ui::popups::explain::draw_lines;
use crate::ui::popups::{centred, typed};

/// Columns before the first cell: the cursor and the tick.
const MARKS: u16 = 4;
/// Columns go in this order where there is too little room.
const LEAST_WANTED: [Column; 6] =
    [Column::Name, Column::Figure(2), Column::Figure(1), Column::Objective, Column::Figure(0), Column::Age];
/// The most columns of a directory and of another cell of words.
const MOST: (usize, usize) = (48, 16);
/// The keys of a config that say most of a run, in the order of their worth.
const TELLING: [&str; 10] = [
    "data.kind",
    "objective.kind",
    "constraint.kind",
    "constraint.clip",
    "constraint.lambda",
    "optimizer.critic.lr",
    "optimizer.generator.lr",
    "critic.steps",
    "batch_size",
    "seed",
];

/// The parts of the screen.
struct Parts {
    list: Rect,
    below: Rect,
    footer: Rect,
}

fn parts(screen: Rect) -> Parts {
    let footer = Rect { y: screen.bottom().saturating_sub(1), height: 1, ..screen };
    let body = Rect { height: screen.height.saturating_sub(1), ..screen };
    let below = (body.height / 3).clamp(5, 14);
    let (list, below) = layout::split_rows(body, body.height.saturating_sub(below));
    Parts { list, below, footer }
}

/// The rows of runs that a screen of this size shows.
pub fn rows_in_sight(size: Size) -> usize {
    // The rule and the headings.
    usize::from(parts(Rect::new(0, 0, size.width, size.height)).list.height).saturating_sub(2)
}

/// The place in the list of what stands there on the screen.
pub fn place_at(list: &RunList, x: u16, y: u16) -> Option<usize> {
    let area = parts(Rect::new(0, 0, list.size.width, list.size.height)).list;
    let row = usize::from(y.checked_sub(area.y + 2)?);
    let place = list.scroll + row;
    (area.contains(Position { x, y }) && place < list.shown().len()).then_some(place)
}

/// Draws the whole screen.
pub fn draw(list: &RunList, frame: &mut Frame) {
    let screen = frame.area();
    let pen = &mut Pen::new(frame.buffer_mut(), list.glyphs, list.palette);
    if layout::frame(screen).is_none() {
        return too_small(pen, screen);
    }
    let parts = parts(screen);
    table(list, pen, parts.list);
    below(list, pen, parts.below);
    footer(list, pen, parts.footer);
    let body = Rect { height: screen.height - 1, ..screen };
    match &list.popup {
        None | Some(Popup::Filter(_)) => {}
        Some(Popup::Text(text)) => {
            let inner = pen.framed(text_area(list, text, body), &text.title);
            draw_lines(pen, inner, &text.lines, &text.reader);
        }
        Some(Popup::Remove(asked)) => question(list, asked, pen, body),
    }
}

fn text_area(list: &RunList, text: &Reading, body: Rect) -> Rect {
    let widest = text.lines.iter().map(|line| line.text.iter().map(|(_, piece)| width(piece)).sum::<usize>());
    let columns = widest.max().unwrap_or(0).max(30).min(compare::room(list.size.width).into()) as u16;
    centred(body, columns + 4, u16::try_from(text.lines.len() + 2).unwrap_or(u16::MAX))
}

/// The lines of the text that is open which are in sight.
pub fn rows_of_text(list: &RunList) -> usize {
    let Some(Popup::Text(text)) = &list.popup else { return 0 };
    let body = Rect::new(0, 0, list.size.width, list.size.height.saturating_sub(1));
    usize::from(text_area(list, text, body).height).saturating_sub(2)
}

/// A column as wide as it is drawn.
struct Wide {
    column: Column,
    columns: usize,
}

/// The columns that there is room for, and how wide each is.
fn columns(list: &RunList, rows: &[&Row], room: usize) -> Vec<Wide> {
    let wide = |column: Column| {
        let cells = rows.iter().map(|row| width(&row.cell(column, list.now)));
        let widest = cells.chain([width(&column.title())]).max().unwrap_or(0);
        let most = match column {
            Column::Directory => MOST.0,
            _ if column.is_figure() => usize::MAX,
            _ => MOST.1,
        };
        Wide { column, columns: widest.min(most) }
    };
    let mut all: Vec<Wide> = Column::ALL.map(wide).into_iter().collect();
    let taken = |all: &[Wide]| all.iter().map(|wide| wide.columns + 2).sum::<usize>();
    for column in LEAST_WANTED {
        if taken(&all) > room {
            all.retain(|wide| wide.column != column);
        }
    }
    let over = taken(&all).saturating_sub(room);
    if let Some(directory) = all.first_mut() {
        directory.columns = directory.columns.saturating_sub(over).max(12);
    }
    all
}

fn table(list: &RunList, pen: &mut Pen, area: Rect) {
    let rows = list.shown();
    let inner = pen.panel(area, Panel::Runs, &format!("runs in {}", list.parent), &legends(list, rows.len()));
    if inner.height == 0 {
        return;
    }
    let columns = columns(list, &rows, usize::from(inner.width.saturating_sub(MARKS)));
    let mut heading: Text = Vec::new();
    for Wide { column, columns } in &columns {
        let role = if *column == list.sort { Role::Strong } else { Role::Dim };
        heading.push((role, padded(&column.title(), *columns, column.is_figure())));
    }
    pen.text(inner.x + MARKS, inner.y, inner.width.saturating_sub(MARKS), &heading);
    let body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    if rows.is_empty() {
        let why = if list.count() == 0 { "there is no run here any more" } else { "nothing contains this" };
        return pen.note(body, why);
    }
    for (i, row) in rows.iter().enumerate().skip(list.scroll).take(body.height.into()) {
        let y = body.y + (i - list.scroll) as u16;
        let here = i == list.place();
        let tick = if list.is_ticked(row) { pen.glyphs.point() } else { " " };
        let marks: Text = vec![
            (Role::Strong, format!("{} ", if here { pen.glyphs.cursor() } else { " " })),
            (Role::Strong, tick.to_owned()),
        ];
        pen.text(inner.x, y, MARKS, &marks);
        let mut text: Text = Vec::new();
        for Wide { column, columns } in &columns {
            let role = match (here, *column, &row.kind) {
                (true, ..) => Role::Selected,
                (_, Column::State, kind) => role(kind),
                (_, _, Kind::Wrong(_)) => Role::Dim,
                _ => Role::Plain,
            };
            if let (Kind::Wrong(why), false) = (&row.kind, *column == Column::Directory) {
                text.push((if here { Role::Selected } else { Role::Dim }, why.clone()));
                break;
            }
            text.push((role, padded(&row.cell(*column, list.now), *columns, column.is_figure())));
        }
        pen.text(inner.x + MARKS, y, inner.width.saturating_sub(MARKS), &text);
    }
}

/// A cell with two blanks behind it: words to the left, figures to the right.
fn padded(text: &str, columns: usize, is_figure: bool) -> String {
    match is_figure && width(text) <= columns {
        true => format!("{}{text}  ", " ".repeat(columns - width(text))),
        false => format!("{}  ", cut(text, columns)),
    }
}

/// The look of a state.
fn role(kind: &Kind) -> Role {
    match kind {
        Kind::Own(State::Running) => Role::Good,
        Kind::Own(State::Failed) => Role::Bad,
        Kind::Own(State::Interrupted) => Role::Warn,
        Kind::Own(State::Finished | State::Stopped) => Role::Plain,
        Kind::Foreign(_) | Kind::Wrong(_) => Role::Dim,
    }
}

/// The words of the rule on the list, at length and in short.
fn legends(list: &RunList, shown: usize) -> [Text; 2] {
    let count = match shown == list.count() {
        true => format!("{shown} in all"),
        false => format!("{shown} of {} with “{}”", list.count(), list.filter.value()),
    };
    let ticked = list.ticked().len();
    let order = format!("by {}{}", list.sort.title(), if list.reversed { ", reversed" } else { "" });
    let mut text: Text = vec![(Role::Plain, count.clone())];
    if list.live() > 0 {
        text.push((Role::Good, format!("  {} running", list.live())));
    }
    if ticked > 0 {
        text.push((Role::Strong, format!("  {ticked} ticked")));
    }
    let short = text.clone();
    text.push((Role::Plain, format!("  {order}")));
    [text, short]
}

/// Draws the facts about the run under the cursor, or the ticked ones side by side.
fn below(list: &RunList, pen: &mut Pen, area: Rect) {
    let ticked = list.ticked();
    if ticked.len() > 1 {
        let all = list.keymap.first_in(Context::Runs, Action::Differences);
        let legend: Text = vec![(Role::Strong, all), (Role::Dim, " all of it".to_owned())];
        let inner = pen.panel(area, Panel::RunsBeside, "ticked runs side by side", &[legend]);
        let lines = compare::table(list, &ticked, inner.width.saturating_sub(2));
        return written(pen, inner, &lines);
    }
    let Some(row) = list.current() else {
        pen.panel(area, Panel::Runs, "run", &[]);
        return;
    };
    let inner = pen.panel(area, Panel::Runs, &row.directory, &[]);
    let lines = known(list, row, inner.width.saturating_sub(2).into());
    written(pen, inner, &lines);
}

/// Writes as many lines as there is room for, and says how many there are beyond.
fn written(pen: &mut Pen, area: Rect, lines: &[Text]) {
    let rows = usize::from(area.height);
    let shown = if lines.len() > rows { rows.saturating_sub(1) } else { rows };
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().take(shown)) {
        pen.text(area.x + 1, y, area.width.saturating_sub(2), line);
    }
    let more = lines.len().saturating_sub(shown);
    if more > 0 && rows > 0 {
        pen.text(area.x + 1, area.bottom() - 1, area.width, &[(Role::Dim, format!("… {more} more"))]);
    }
}

/// The facts about a run, in lines.
fn known(list: &RunList, row: &Row, room: usize) -> Vec<Text> {
    let began = clock(row.started);
    let steps = row.steps.map_or("no steps".to_owned(), |steps| format!("{} steps", format::count(steps)));
    let open = list.keymap.first_in(Context::Runs, Action::Open);
    let mut lines: Vec<Text> = Vec::new();
    let told = |lines: &mut Vec<Text>, text: &str, role: Role| {
        lines.extend(wrap(&list.glyphs.text(text), room).into_iter().map(|line| vec![(role, line)]));
    };
    match &row.kind {
        Kind::Wrong(why) => told(&mut lines, why, Role::Plain),
        Kind::Foreign(files) => {
            told(&mut lines, &format!("{files}; last written {began}; {steps}"), Role::Plain);
            told(&mut lines, &format!("a run of another program: {open} shows it"), Role::Dim);
        }
        Kind::Own(state) => {
            let then = if row.goes_on() { "attaches to it" } else { "shows it" };
            told(&mut lines, &format!("{state}; began {began}; {steps}; {open} {then}"), Role::Plain);
            if let Some(why) = list.no_config(row) {
                told(&mut lines, why, Role::Bad);
            }
            if let Some(config) = list.config(row) {
                let of = |key: &&str| Some(format!("{key} {}", config.get(*key)?));
                let telling: Vec<String> = TELLING.iter().filter_map(of).collect();
                told(&mut lines, &telling.join(", "), Role::Dim);
            }
        }
    }
    lines
}

/// A time to the second, as `2026-11-28 12:00:00 UTC`.
fn clock(time: std::time::SystemTime) -> String {
    let text = timestamp(time);
    format!("{} UTC", text.get(..19).unwrap_or(&text).replace('T', " "))
}

fn footer(list: &RunList, pen: &mut Pen, area: Rect) {
    let mut x = area.x;
    if let Some(status) = &list.status {
        let role = if status.bad { Role::Bad } else { Role::Strong };
        x += pen.text(x, area.y, area.width, &[(role, format!(" {}  ", status.text))]);
    }
    if matches!(list.popup, Some(Popup::Filter(_))) {
        x += pen.text(x, area.y, area.right() - x, &[(Role::Dim, " show only ")]);
        let room = 30.min(area.right() - x);
        typed(&list.filter, true, "_", pen, Rect::new(x, area.y, room, 1));
        x += room;
    }
    let ticked = list.ticked().len();
    let actions: &[Action] = match list.context() {
        Context::Filter => &[Action::Accept, Action::Close],
        Context::Reading => &[Action::Down, Action::Up, Action::Close],
        Context::Question => &[Action::Yes, Action::No],
        _ if ticked > 1 => &[
            Action::Compare,
            Action::Differences,
            Action::Tick,
            Action::Remove,
            Action::Quit,
            Action::Help,
            Action::Open,
            Action::Filter,
            Action::SortNext,
            Action::Turn,
        ],
        _ => &[
            Action::Open,
            Action::Quit,
            Action::Help,
            Action::Tick,
            Action::Filter,
            Action::SortNext,
            Action::Turn,
            Action::View,
            Action::Remove,
            Action::TickAll,
        ],
    };
    let mut text = Text::new();
    for action in actions {
        let hint: Text =
            vec![(Role::Strong, format!(" {}", list.key(*action))), (Role::Dim, format!(" {} ", action.entry().name))];
        // The least important come last.
        if pen.width(&text) + pen.width(&hint) > area.right() - x {
            break;
        }
        text.extend(hint);
    }
    pen.text(x, area.y, area.right() - x, &text);
}

/// The most runs that a question names.
const NAMED: usize = 6;

fn question(list: &RunList, asked: &Asked, pen: &mut Pen, body: Rect) {
    let name = |dir: &std::path::PathBuf| list.row(dir).map_or(String::new(), |row| row.directory.clone());
    let mut lines: Vec<Text> = Vec::new();
    let count = asked.runs.len();
    let (bytes, strange) = asked
        .runs
        .iter()
        .fold((0, 0), |(bytes, strange), (_, contents)| (bytes + contents.bytes, strange + contents.strange.len()));
    let what = if count == 1 { "this run".to_owned() } else { format!("these {count} runs") };
    lines.push(vec![(Role::Strong, format!("Remove {what} for good, {}?", format::bytes(bytes as f64)))]);
    for (dir, contents) in asked.runs.iter().take(NAMED) {
        let files = format!("  {} files, {}", contents.files, format::bytes(contents.bytes as f64));
        lines.push(vec![(Role::Plain, format!("  {}", name(dir))), (Role::Dim, files)]);
    }
    if count > NAMED {
        lines.push(vec![(Role::Dim, format!("  and {} more", count - NAMED))]);
    }
    if strange > 0 {
        let text = format!("{strange} files or folders that gantop has not written stay");
        lines.push(vec![(Role::Warn, text)]);
    }
    let room = usize::from(compare::room(list.size.width)).min(86);
    for why in asked.stay.iter().take(NAMED) {
        let text = wrap(&list.glyphs.text(why), room);
        lines.extend(text.into_iter().map(|line| vec![(Role::Warn, line)]));
    }
    let keys = |action| list.keymap.first_in(Context::Question, action);
    lines.push(vec![
        (Role::Strong, keys(Action::Yes)),
        (Role::Dim, " remove   ".into()),
        (Role::Strong, format!("{} {} {}", keys(Action::No), keys(Action::Close), keys(Action::Accept))),
        (Role::Dim, " keep".into()),
    ]);
    let inner = pen.framed(centred(body, room as u16 + 4, lines.len() as u16 + 2), "remove");
    for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
        pen.text(inner.x, y, inner.width, line);
    }
}
