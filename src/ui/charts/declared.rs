//! The charts of the metrics that a run declares besides gantop's own: a chart a group, two lines in each.

use ratatui::layout::Rect;

use super::chart_view::ChartId;
use crate::domain::{MetricId, MetricInfo, MetricTable};
use crate::ui::draw::pen::Pen;
use crate::ui::pages::losses::{Named, panel};
use crate::ui::state::app::App;

/// The most lines of a chart.
const LINES: usize = 2;

/// A chart of declared metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    pub name: &'a str,
    /// One or two.
    pub metrics: Vec<(MetricId, &'a MetricInfo)>,
}

/// The charts that a table's declared metrics make, in the order in which their groups first come.
pub fn groups(table: &MetricTable) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for (metric, info) in table.iter_declared() {
        let room = |group: &&mut Group| group.name == info.group && group.metrics.len() < LINES;
        match groups.iter_mut().find(room) {
            Some(group) => group.metrics.push((metric, info)),
            None => groups.push(Group { name: &info.group, metrics: vec![(metric, info)] }),
        }
    }
    groups
}

/// How many charts they are.
pub fn count(table: &MetricTable) -> u8 {
    u8::try_from(groups(table).len()).unwrap_or(u8::MAX)
}

/// Draws the panel of one of them.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, at: u8) {
    let Some(run) = &app.run.info else { return };
    let groups = groups(&run.metrics);
    let Some(group) = groups.get(usize::from(at)) else { return };
    let metrics: Vec<Named> = group.metrics.iter().map(|(metric, info)| (*metric, info.label.as_ref())).collect();
    let units: Vec<&str> = group.metrics.iter().map(|(_, info)| info.unit.as_ref()).collect();
    let unit = units.first().filter(|unit| !unit.is_empty() && units.iter().all(|other| other == *unit));
    let name = unit.map_or(group.name.to_owned(), |unit| format!("{}, {unit}", group.name));
    panel(app, pen, area, ChartId::Declared(at), &name, &metrics);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_chart_of_two_lines_at_most() {
        let of =
            |name: &'static str, group: &'static str| MetricInfo { group: group.into(), ..MetricInfo::named(name) };
        let declared = [of("a", "accuracy"), of("fid", "quality"), of("b", "accuracy"), of("c", "accuracy")];
        let table = MetricTable::declaring(declared).unwrap();
        let groups = groups(&table);
        let names = |group: &Group| group.metrics.iter().map(|(_, info)| info.name.to_string()).collect::<Vec<_>>();
        let found: Vec<_> = groups.iter().map(|group| (group.name, names(group).join(" "))).collect();
        let wanted = [("accuracy", "a b"), ("quality", "fid"), ("accuracy", "c")];
        assert_eq!(found, wanted.map(|(name, metrics)| (name, metrics.to_owned())));
        assert_eq!((count(&table), count(&MetricTable::own())), (3, 0));
    }
}
