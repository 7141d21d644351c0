//! Steps of the cursor from box to box.

use super::chart::Spot;
use super::plan::Plan;
use crate::ui::graph::Cells;

/// Where the cursor came from, so that crossing the tall box in the middle keeps the height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(pub(super) usize);

/// The box at the other end of a link to the left (-1) or right (1): in the nearest column, at the nearest height.
pub(super) fn along(plan: &Plan, at: usize, way: i16, row: Row) -> Option<usize> {
    let column = plan.chart.stops.get(at)?.column;
    let own = plan.scene.cells(at)?;
    // The middle is as tall as everything: there the height is the one that the cursor came at.
    let middle = row.0.clamp(own.y, own.y + own.height.saturating_sub(1));
    plan.chart
        .links_of(at)
        .filter_map(|(_, other)| {
            let there = plan.chart.stops.get(other)?.column;
            let ahead = i32::from(there - column) * i32::from(way);
            let cells = plan.scene.cells(other)?;
            (ahead > 0).then(|| ((ahead, away(cells, middle), cells.y), other))
        })
        .min()
        .map(|(_, other)| other)
}

fn away(cells: Cells, row: usize) -> usize {
    let last = cells.y + cells.height.saturating_sub(1);
    cells.y.saturating_sub(row) + row.saturating_sub(last)
}

/// The boxes of the column of a box, from the top.
pub(super) fn column(plan: &Plan, at: usize) -> Vec<usize> {
    let Some(column) = plan.chart.stops.get(at).map(|s| s.column) else {
        return Vec::new();
    };
    let mut found: Vec<(usize, usize)> = plan
        .chart
        .stops
        .iter()
        .enumerate()
        .filter(|(_, stop)| stop.column == column)
        .filter_map(|(index, _)| Some((plan.scene.cells(index)?.y, index)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, index)| index).collect()
}

/// The box that the cursor stands on; where it went, the focus.
pub(super) fn stop(plan: &Plan, cursor: Option<&Spot>) -> Option<usize> {
    let seen = |at: &usize| plan.scene.cells(*at).is_some();
    let there = cursor
        .and_then(|spot| plan.chart.position(spot))
        .filter(seen);
    there.or_else(|| plan.chart.stops.iter().position(|s| s.column == 0))
}
