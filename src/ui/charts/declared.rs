//! The charts of the metrics that a run declares besides gantop's own: a chart a group, two lines in each.

use ratatui::layout::Rect;

use super::chart_view::ChartId;
use crate::domain::{MetricId, MetricTable};
use crate::ui::draw::pen::Pen;
use crate::ui::pages::losses::{Named, panel};
use crate::ui::state::app::App;

/// The most lines of a chart.
const LINES: usize = 2;

/// A chart of declared metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The chart: it keeps its number when more metrics come.
    pub chart: ChartId,
    pub name: String,
    /// One or two.
    pub metrics: Vec<MetricId>,
    /// Whether it belongs on the overview.
    pub front: bool,
}

/// The charts that a table's declared metrics make, in the order in which their groups first come.
pub fn groups(table: &MetricTable) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, (metric, info)) in table.iter_declared().enumerate() {
        let room = |group: &&mut Group| group.metrics.len() < LINES && group.name == info.group;
        match groups.iter_mut().find(room) {
            Some(group) => {
                group.metrics.push(metric);
                group.front |= info.front;
            }
            None => groups.push(Group {
                chart: ChartId::Declared(u16::try_from(at).unwrap_or(u16::MAX)),
                name: info.group.to_string(),
                metrics: vec![metric],
                front: info.front,
            }),
        }
    }
    groups
}

/// The same charts by what their names begin with, `loss/` and the like; those that belong on the overview first.
pub fn by_prefix(mut groups: Vec<Group>) -> Vec<Group> {
    let prefix = |group: &Group| group.name.split_once('/').map_or(String::new(), |(before, _)| before.to_owned());
    let mut order: Vec<String> = Vec::new();
    let mut place = |group: &Group| match group.front {
        true => 0,
        false => {
            let prefix = prefix(group);
            order.iter().position(|known| *known == prefix).unwrap_or_else(|| {
                order.push(prefix);
                order.len() - 1
            }) + 1
        }
    };
    groups.sort_by_cached_key(|group| place(group));
    groups
}

/// Draws the panel of one of them.
pub fn draw(app: &App, pen: &mut Pen, area: Rect, chart: ChartId) {
    let Some(run) = &app.run.info else { return };
    let Some(group) = app.charts.group(chart) else { return };
    let infos: Vec<_> = group.metrics.iter().filter_map(|metric| Some((*metric, run.metrics.get(*metric)?))).collect();
    let metrics: Vec<Named> = infos.iter().map(|(metric, info)| (*metric, info.label.as_ref())).collect();
    let mut units = infos.iter().map(|(_, info)| info.unit.as_ref());
    let unit = units.next().filter(|unit| !unit.is_empty() && units.all(|other| other == *unit));
    let name = unit.map_or(group.name.clone(), |unit| format!("{}, {unit}", group.name));
    panel(app, pen, area, chart, &name, &metrics);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MetricInfo;

    fn of(name: &'static str, group: &'static str) -> MetricInfo {
        MetricInfo { group: group.into(), ..MetricInfo::named(name) }
    }

    #[test]
    fn a_group_is_a_chart_of_two_lines_at_most() {
        let declared = [of("a", "accuracy"), of("fid", "quality"), of("b", "accuracy"), of("c", "accuracy")];
        let table = MetricTable::declaring(declared).unwrap();
        let name = |metric: &MetricId| table.get(*metric).unwrap().name.to_string();
        let names = |group: &Group| group.metrics.iter().map(name).collect::<Vec<_>>().join(" ");
        let found: Vec<_> =
            groups(&table).iter().map(|group| (group.name.clone(), names(group), group.chart)).collect();
        let wanted = [("accuracy", "a b", 0), ("quality", "fid", 1), ("accuracy", "c", 3)];
        assert_eq!(found, wanted.map(|(name, metrics, at)| (name.into(), metrics.into(), ChartId::Declared(at))));
        assert_eq!(groups(&MetricTable::own()), []);
    }

    #[test]
    fn charts_are_ordered_by_prefix_with_those_of_the_overview_first() {
        let front = MetricInfo { front: true, ..of("fid", "FID") };
        let table = MetricTable::foreign(&[
            of("1", "a/x"),
            of("2", "b/x"),
            front,
            of("3", "a/y"),
            of("4", "z"),
            of("5", "b/y"),
        ]);
        let names: Vec<String> = by_prefix(groups(&table)).into_iter().map(|group| group.name).collect();
        assert_eq!(names, ["FID", "a/x", "a/y", "b/x", "b/y", "z"]);
    }
}
