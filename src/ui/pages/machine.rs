//! The line on the machine: the GPU, this process, and what the dashboard itself costs.

use ratatui::layout::Rect;

use crate::domain::format;
use crate::glossary::Panel;
use crate::system::machine::{Gpu, Sample};
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::App;

/// The line: the machine's load and the dashboard's own cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub machine: Sample,
    /// Bytes of frames to the terminal.
    pub bytes_per_second: f64,
    pub frames_per_second: f64,
}

impl Load {
    /// Whether this says something else than what is shown. What the telling itself costs does not count, or a screen
    /// at rest would tell of it for ever.
    pub fn is_news(&self, shown: &Load) -> bool {
        let said = |load| [gpu(load), process(load)].concat();
        said(self) != said(shown)
            || (self.bytes_per_second - shown.bytes_per_second).abs() >= 1024.0
            || (self.frames_per_second - shown.frames_per_second).abs() >= 1.5
    }
}

/// Draws the line.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let Some(load) = app.machine.as_ref().filter(|_| !area.is_empty()) else { return };
    // What matters least goes first where there is too little room.
    let mut groups = [gpu(load), process(load), cost(app, load)].concat();
    let width = |groups: &[Group], pen: &Pen| groups.iter().map(|group| pen.width(&group.text) + 2).sum::<u16>();
    while width(&groups, pen) > area.width {
        let Some(last) = groups.iter().enumerate().max_by_key(|(_, group)| group.rank).map(|(i, _)| i) else { return };
        groups.remove(last);
    }
    let mut text: Text = Vec::new();
    for group in groups {
        text.push((Role::Plain, if text.is_empty() { " " } else { "  " }.into()));
        text.extend(group.text);
    }
    pen.spot(area, Target::Term(Panel::Machine.into()));
    pen.text(area.x, area.y, area.width, &text);
}

/// A part of the line that stands or goes as a whole.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    text: Text,
    /// Smaller stays longer.
    rank: u8,
}

fn group(rank: u8, name: &str, value: String) -> Group {
    Group { text: vec![(Role::Dim, name.into()), (Role::Plain, value)], rank }
}

fn gpu(load: &Load) -> Vec<Group> {
    let Some(Gpu { index, busy, memory, temperature, power }) = &load.machine.gpu else { return Vec::new() };
    let name = format!("gpu {index} ");
    let parts = [
        busy.map(|share| group(0, &name, format!("{:.0} %", share * 100.0))),
        memory.map(|(used, all)| {
            group(2, "memory ", format!("{} of {}", format::bytes(used as f64), format::bytes(all as f64)))
        }),
        temperature.map(|degrees| group(5, "", format!("{degrees} °C"))),
        power.map(|watts| group(4, "", format!("{watts:.0} W"))),
    ];
    parts.into_iter().flatten().collect()
}

fn process(load: &Load) -> Vec<Group> {
    let parts = [
        load.machine.cpu.map(|cores| group(1, "cpu ", format!("{:.0} %", cores * 100.0))),
        load.machine.memory.map(|bytes| group(3, "process ", format::bytes(bytes as f64))),
    ];
    parts.into_iter().flatten().collect()
}

fn cost(app: &App, load: &Load) -> Vec<Group> {
    let mut groups = vec![
        group(6, "screen ", format!("{}/s", format::bytes(load.bytes_per_second))),
        group(7, "", format!("{:.0} frames/s", load.frames_per_second)),
    ];
    if app.merged > 0 {
        groups
            .push(Group { text: vec![(Role::Warn, format!("{} records merged", format::count(app.merged)))], rank: 1 });
    }
    groups
}
