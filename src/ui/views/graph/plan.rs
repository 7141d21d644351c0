//! From the chart to a scene: how many boxes a column may have so that everything fits.

use std::collections::{BTreeMap, BTreeSet};

use super::around::Around;
use super::chart::{Chart, Spot, Stop, Wish, gather};
use super::words;
use crate::model::key::ElementKey;
use crate::ui::Ctx;
use crate::ui::graph::Edge;
use crate::ui::graph::focus::{Node, Room, Scene, layout};

/// Widths of labels: `12.4/s  1.1%!` and `12.4  1.1!`.
pub(super) const LABELS: [usize; 2] = [13, 10];

/// What decides the picture besides the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    pub(super) focus: ElementKey,
    pub(super) hops: i16,
    pub(super) unfolded: BTreeSet<i16>,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A chart with its scene.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) chart: Chart,
    pub(super) scene: Scene,
}

impl Plan {
    /// Where each box stood, for the next plan.
    pub(super) fn places(&self) -> BTreeMap<Spot, (i16, u32)> {
        let mut tops: Vec<(i16, usize, &Spot)> = Vec::new();
        for (index, stop) in self.chart.stops.iter().enumerate() {
            if let Some(cells) = self.scene.cells(index) {
                tops.push((stop.column, cells.y, &stop.spot));
            }
        }
        tops.sort();
        (0..)
            .zip(tops)
            .map(|(at, (column, _, spot))| (spot.clone(), (column, at)))
            .collect()
    }

    /// Links that have no line, and loops whose line has no room for a label.
    pub(super) fn listed(&self) -> Vec<usize> {
        let bare = self.scene.lines.iter().filter(|l| l.label.is_none());
        let mut all: Vec<usize> = self.scene.listed.clone();
        all.extend(bare.map(|l| l.edge));
        all.sort_unstable();
        all
    }
}

/// Plans the picture; boxes that were shown keep their order, and are folded last.
pub(super) fn plan(ctx: &Ctx<'_>, basis: &Basis, before: &BTreeMap<Spot, (i16, u32)>) -> Plan {
    let mut around = Around::new(ctx.model);
    let shown: BTreeSet<ElementKey> = before
        .keys()
        .filter_map(|spot| match spot {
            Spot::Element(key) => Some(key.clone()),
            Spot::Fold(_) => None,
        })
        .collect();
    let mut caps: BTreeMap<i16, usize> = basis.unfolded.iter().map(|c| (*c, usize::MAX)).collect();
    let mut room = Room {
        width: basis.width,
        height: Some(basis.height),
        labels: LABELS,
    };
    loop {
        let wish = Wish {
            focus: &basis.focus,
            hops: basis.hops,
            caps: &caps,
            cap: basis.height.max(2),
            shown: &shown,
        };
        let chart = gather(ctx, &mut around, &wish);
        let scene = scene(ctx, &chart, room, before);
        if scene.fits {
            return Plan { chart, scene };
        }
        // Every turn takes one row from one column, or gives up on the height.
        match tallest(&chart, &scene, basis) {
            Some((column, boxes)) if boxes > 1 => {
                caps.insert(column, boxes - 1);
            }
            _ => room.height = None,
        }
    }
}

/// The tallest column that is too tall and may be folded further, with its number of boxes.
fn tallest(chart: &Chart, scene: &Scene, basis: &Basis) -> Option<(i16, usize)> {
    let mut bottoms: BTreeMap<i16, usize> = BTreeMap::new();
    for (index, stop) in chart.stops.iter().enumerate() {
        if let Some(cells) = scene.cells(index) {
            let bottom = bottoms.entry(stop.column).or_default();
            *bottom = (*bottom).max(cells.y + cells.height);
        }
    }
    bottoms
        .into_iter()
        .filter(|(column, bottom)| {
            let foldable = *column != 0 && !basis.unfolded.contains(column);
            foldable && *bottom > basis.height && chart.in_column(*column).count() > 1
        })
        .max_by_key(|(column, bottom)| (*bottom, column.unsigned_abs(), *column))
        .map(|(column, _)| (column, chart.in_column(column).count()))
}

fn scene(ctx: &Ctx<'_>, chart: &Chart, room: Room, before: &BTreeMap<Spot, (i16, u32)>) -> Scene {
    let nodes: Vec<Node> = chart
        .stops
        .iter()
        .map(|stop| node(ctx, stop, before))
        .collect();
    let edges: Vec<Edge> = chart
        .links
        .iter()
        .map(|link| Edge {
            from: link.from,
            to: link.to,
        })
        .collect();
    layout(&nodes, &edges, room)
}

fn node(ctx: &Ctx<'_>, stop: &Stop, before: &BTreeMap<Spot, (i16, u32)>) -> Node {
    Node {
        column: stop.column,
        width: words::wanted_width(ctx, stop),
        before: before
            .get(&stop.spot)
            .filter(|(column, _)| *column == stop.column)
            .map(|(_, at)| *at),
        rank: stop.rank,
        last: matches!(stop.spot, Spot::Fold(_)),
    }
}
