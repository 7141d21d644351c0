//! What stands in columns: boxes, and the places where a line passes a column between its ends.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Cells, Edge, Line, Point};
use super::columns::{Fit, Spread};
use super::lanes::Lanes;
use super::{Effort, Node, Scene};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Node(usize),
    Pass,
}

/// One thing that has rows in a column.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) who: Who,
    pub(super) column: i16,
    /// Its place among the items of its column.
    pub(super) order: usize,
    pub(super) y: usize,
    pub(super) height: usize,
}

/// A side of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// Where a wire touches an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) item: usize,
    pub(super) side: Side,
    pub(super) row: usize,
}

/// The part of an edge within one channel; channel `c` lies to the right of column `c`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wire {
    pub(super) edge: usize,
    pub(super) channel: i16,
    pub(super) a: End,
    pub(super) b: End,
}

impl Wire {
    pub(super) fn is_straight(&self) -> bool {
        self.a.side != self.b.side && self.a.row == self.b.row
    }
}

/// A key of an edge that does not depend on the order of the input.
pub(super) type EdgeKey = ((i16, u32), (i16, u32), usize);

/// All items and wires of a picture.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) all: Vec<Item>,
    /// Items of a column, from the top.
    pub(super) columns: BTreeMap<i16, Vec<usize>>,
    pub(super) wires: Vec<Wire>,
    pub(super) keys: Vec<EdgeKey>,
}

impl Items {
    /// The items and wires of what is visible. Edges that the effort leaves out are added to `listed`.
    pub(super) fn new(
        nodes: &[Node],
        edges: &[Edge],
        fit: &Fit,
        effort: Effort,
        listed: &mut BTreeSet<usize>,
    ) -> Self {
        let mut items = Self {
            all: Vec::new(),
            columns: BTreeMap::new(),
            wires: Vec::new(),
            keys: Vec::new(),
        };
        let mut item_of: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, node) in nodes.iter().enumerate() {
            if fit.shows(node.column) {
                item_of.insert(index, items.add(Who::Node(index), node.column));
            }
        }
        let id = |n: usize| nodes.get(n).map_or((0, 0), |n| (n.column, n.rank));
        items.keys = edges
            .iter()
            .enumerate()
            .map(|(index, e)| (id(e.from), id(e.to), index))
            .collect();
        for (index, edge) in edges.iter().enumerate() {
            let ends = item_of.get(&edge.from).zip(item_of.get(&edge.to));
            let Some((&from, &to)) = ends.filter(|(from, to)| from != to) else {
                continue;
            };
            let (low, high) = if items.column(from) <= items.column(to) {
                (from, to)
            } else {
                (to, from)
            };
            let (from, to) = (items.column(low), items.column(high));
            let beside = from == to;
            let passing = i32::from(to) - i32::from(from) > 1;
            if (beside && !effort.beside) || (passing && !effort.passing) {
                listed.insert(index);
            }
            if listed.contains(&index) {
                continue;
            }
            if beside {
                // On the side away from the middle, where no label of the inner channel stands.
                let side = if from >= 0 { Side::Right } else { Side::Left };
                let channel = if from >= 0 { from } else { from - 1 };
                items.wire(index, channel, (low, side), (high, side));
                continue;
            }
            let mut at = low;
            for column in from..to {
                let next = if column + 1 == to {
                    high
                } else {
                    items.add(Who::Pass, column + 1)
                };
                items.wire(index, column, (at, Side::Right), (next, Side::Left));
                at = next;
            }
        }
        items.sort(nodes);
        items
    }

    fn add(&mut self, who: Who, column: i16) -> usize {
        let index = self.all.len();
        self.all.push(Item {
            who,
            column,
            order: 0,
            y: 0,
            height: 1,
        });
        self.columns.entry(column).or_default().push(index);
        index
    }

    fn wire(&mut self, edge: usize, channel: i16, a: (usize, Side), b: (usize, Side)) {
        let end = |(item, side)| End { item, side, row: 0 };
        self.wires.push(Wire {
            edge,
            channel,
            a: end(a),
            b: end(b),
        });
    }

    fn column(&self, item: usize) -> i16 {
        self.all.get(item).map_or(0, |i| i.column)
    }

    pub(super) fn order(&self, item: usize) -> usize {
        self.all.get(item).map_or(0, |i| i.order)
    }

    pub(super) fn key(&self, edge: usize) -> Option<&EdgeKey> {
        self.keys.get(edge)
    }

    /// Columns from the middle outwards.
    pub(super) fn outwards(&self) -> Vec<i16> {
        let mut columns: Vec<i16> = self.columns.keys().copied().collect();
        columns.sort_by_key(|c| (c.unsigned_abs(), *c < 0));
        columns
    }

    /// Orders each column: old nodes as they were, new ones near what they are linked to.
    fn sort(&mut self, nodes: &[Node]) {
        for column in self.outwards() {
            let members = self.columns.get(&column).cloned().unwrap_or_default();
            let mut keyed: Vec<_> = members
                .into_iter()
                .map(|item| (self.sort_key(item, column, nodes), item))
                .collect();
            keyed.sort();
            let sorted: Vec<usize> = keyed.into_iter().map(|(_, item)| item).collect();
            for (order, item) in sorted.iter().enumerate() {
                if let Some(item) = self.all.get_mut(*item) {
                    item.order = order;
                }
            }
            self.columns.insert(column, sorted);
        }
    }

    fn sort_key(
        &self,
        item: usize,
        column: i16,
        nodes: &[Node],
    ) -> (u8, u32, usize, u32, Option<EdgeKey>) {
        let near = self.near(item, column);
        if let Some(Who::Node(n)) = self.all.get(item).map(|i| i.who) {
            let node = nodes.get(n);
            let last = node.is_some_and(|n| n.last);
            let before = node.and_then(|n| n.before).unwrap_or(u32::MAX);
            let rank = node.map_or(0, |n| n.rank);
            return (u8::from(last), before, near, rank, None);
        }
        // Lines that pass go below the boxes, so that they move none.
        let wire = self.wires.iter().find(|w| w.b.item == item);
        let key = wire.and_then(|w| self.key(w.edge)).copied();
        // The place in the input tells apart only what is the same anyway.
        (2, u32::MAX, near, 0, key.map(|(a, b, _)| (a, b, 0)))
    }

    /// The mean place of what an item is linked to in the next column inwards.
    fn near(&self, item: usize, column: i16) -> usize {
        const STEPS: usize = 1024;
        if column == 0 {
            return 0;
        }
        let inner = column - column.signum();
        let (mut sum, mut count) = (0, 0);
        for wire in &self.wires {
            for (this, other) in [(wire.a, wire.b), (wire.b, wire.a)] {
                if this.item == item && self.column(other.item) == inner {
                    sum += self.order(other.item) * STEPS;
                    count += 1;
                }
            }
        }
        usize::checked_div(sum, count).unwrap_or(usize::MAX)
    }

    /// The scene of placed rows, lanes and columns.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call, at the end of one attempt"
    )]
    pub(super) fn scene(
        &self,
        nodes: &[Node],
        edges: &[Edge],
        lanes: &Lanes,
        columns: &Spread,
        fit: &Fit,
        effort: Effort,
        listed: &BTreeSet<usize>,
    ) -> Scene {
        let mut scene = Scene {
            boxes: vec![None; nodes.len()],
            listed: listed
                .iter()
                .copied()
                .filter(|e| *e < edges.len())
                .collect(),
            left_out: fit.left_out,
            bordered: effort.bordered,
            short: fit.short,
            ..Scene::default()
        };
        for item in &self.all {
            scene.height = scene.height.max(item.y + item.height);
            if let Who::Node(n) = item.who
                && let Some(slot) = scene.boxes.get_mut(n)
            {
                let (x, width) = columns.column(item.column);
                *slot = Some(Cells {
                    x,
                    y: item.y,
                    width,
                    height: item.height,
                });
            }
        }
        for (index, edge) in edges.iter().enumerate() {
            let wires = self
                .wires
                .iter()
                .enumerate()
                .filter(|(_, w)| w.edge == index);
            let mut points: Vec<Point> = Vec::new();
            let mut label = None;
            for (at, wire) in wires {
                points.extend(columns.points(wire, lanes.of(at)));
                let outer = outer_end(wire);
                let is_box = |end: End| {
                    self.all
                        .get(end.item)
                        .is_some_and(|i| matches!(i.who, Who::Node(_)))
                };
                // Inside, the outer half of a channel belongs to the lines that cross it.
                let beside = wire.a.side == wire.b.side;
                if beside && !columns.is_rim(wire.channel) {
                    continue;
                }
                if label.is_none() || is_box(outer) {
                    label = columns
                        .label(wire.channel, self.label_row(wire, edge))
                        .or(label);
                }
            }
            if points.is_empty() {
                continue;
            }
            points.dedup();
            let first = self
                .wires
                .iter()
                .find(|w| w.edge == index)
                .map(|w| w.a.item);
            let begins = first.and_then(|i| self.all.get(i)).map(|i| i.who);
            if begins != Some(Who::Node(edge.from)) {
                points.reverse();
            }
            scene.lines.push(Line {
                edge: index,
                points,
                label,
            });
        }
        scene
    }

    /// The row on which a wire's label may stand in the channel's outer half.
    fn label_row(&self, wire: &Wire, edge: &Edge) -> usize {
        if wire.a.side != wire.b.side {
            return outer_end(wire).row;
        }
        let begins = self.all.get(wire.a.item).map(|i| i.who);
        if begins == Some(Who::Node(edge.from)) {
            wire.a.row
        } else {
            wire.b.row
        }
    }
}

/// The end away from the middle.
fn outer_end(wire: &Wire) -> End {
    if wire.channel >= 0 { wire.b } else { wire.a }
}
