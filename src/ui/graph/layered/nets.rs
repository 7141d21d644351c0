//! Nets: all edges of one caller to the right, or all to the left, as one line that forks.

use std::collections::BTreeMap;

use super::{Sketch, signed};

/// A side of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A box, by node.
    Node,
    /// A row of a column that a net passes.
    Pass { net: usize },
}

/// One thing that has rows in a column. The first items are the nodes, in their order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) who: Who,
    pub(super) column: i32,
    /// The group whose rows it keeps to.
    pub(super) group: Option<u32>,
    pub(super) y: i32,
    pub(super) height: i32,
}

/// Where one edge of a net ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// The edge's place in the input.
    pub(super) edge: usize,
    pub(super) node: usize,
    /// The row on which it arrives.
    pub(super) row: i32,
}

/// All edges of a caller to one side. Those to its own column leave on the right, too.
#[derive(Clone, Debug)]
pub(super) struct Net {
    pub(super) source: usize,
    pub(super) side: Side,
    /// The row on which it leaves the caller.
    pub(super) row: i32,
    pub(super) targets: Vec<Target>,
    /// Items on which it passes, by column.
    pub(super) passes: BTreeMap<i32, usize>,
}

/// The ends of a net within one channel; channel `c` lies to the right of column `c`.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) net: usize,
    /// Rows on which it touches the column to the left.
    pub(super) left: Vec<i32>,
    /// Rows on which it touches the column to the right.
    pub(super) right: Vec<i32>,
}

/// All items and nets.
#[derive(Debug)]
pub(super) struct Nets {
    pub(super) items: Vec<Item>,
    pub(super) all: Vec<Net>,
    /// Items of each column; from the top, once they are sorted.
    pub(super) columns: BTreeMap<i32, Vec<usize>>,
}

impl Nets {
    pub(super) fn new(sketch: &Sketch<'_>, columns: &[i32]) -> Self {
        let column = |node: usize| super::at(columns, node);
        let mut items: Vec<Item> = (0..sketch.len())
            .map(|n| Item {
                who: Who::Node,
                column: column(n),
                group: sketch.node(n).group,
                y: 0,
                height: signed(sketch.node(n).height.max(1)),
            })
            .collect();
        let mut nets: BTreeMap<(usize, Side), Net> = BTreeMap::new();
        for (from, to, edge) in &sketch.edges {
            let side = if column(*to) < column(*from) {
                Side::Left
            } else {
                Side::Right
            };
            let net = nets.entry((*from, side)).or_insert_with(|| Net {
                source: *from,
                side,
                row: 0,
                targets: Vec::new(),
                passes: BTreeMap::new(),
            });
            net.targets.push(Target {
                edge: *edge,
                node: *to,
                row: 0,
            });
        }
        let mut nets: Vec<Net> = nets.into_values().collect();
        for (index, net) in nets.iter_mut().enumerate() {
            let own = column(net.source);
            let reached = net.targets.iter().map(|t| column(t.node));
            let passed = match net.side {
                Side::Right => own + 1..reached.max().unwrap_or(own),
                Side::Left => reached.min().unwrap_or(own) + 1..own,
            };
            for column in passed {
                net.passes.insert(column, items.len());
                items.push(Item {
                    who: Who::Pass { net: index },
                    column,
                    group: sketch.node(net.source).group,
                    y: 0,
                    height: 1,
                });
            }
        }
        let mut found = Self {
            items,
            all: nets,
            columns: BTreeMap::new(),
        };
        for (index, item) in found.items.iter().enumerate() {
            found.columns.entry(item.column).or_default().push(index);
        }
        found.make_tall();
        found
    }

    /// Makes every box as tall as the lines on its busier side.
    fn make_tall(&mut self) {
        let mut ends: BTreeMap<(usize, Side), i32> = BTreeMap::new();
        for net in &self.all {
            *ends.entry((net.source, net.side)).or_default() += 1;
            for target in &net.targets {
                let side = self.arrives(net, target.node);
                *ends.entry((target.node, side)).or_default() += 1;
            }
        }
        for ((node, _), count) in ends {
            if let Some(item) = self.items.get_mut(node) {
                item.height = item.height.max(count);
            }
        }
    }

    /// On which side of a target a net arrives.
    pub(super) fn arrives(&self, net: &Net, target: usize) -> Side {
        match net.side {
            Side::Right if self.column(target) > self.column(net.source) => Side::Left,
            _ => Side::Right,
        }
    }

    pub(super) fn item(&self, index: usize) -> Item {
        self.items.get(index).copied().unwrap_or(Item {
            who: Who::Node,
            column: 0,
            group: None,
            y: 0,
            height: 1,
        })
    }

    pub(super) fn column(&self, item: usize) -> i32 {
        self.items.get(item).map_or(0, |i| i.column)
    }

    /// Items that are linked across each channel: (left, right), by channel.
    pub(super) fn across(&self) -> BTreeMap<i32, Vec<(usize, usize)>> {
        let mut found: BTreeMap<i32, Vec<(usize, usize)>> = BTreeMap::new();
        for net in &self.all {
            let mut link = |near: usize, far: usize| {
                let (a, b) = (self.column(near), self.column(far));
                let pair = if a < b { (near, far) } else { (far, near) };
                found.entry(a.min(b)).or_default().push(pair);
            };
            let mut near = net.source;
            for pass in outwards(net) {
                link(near, pass);
                near = pass;
            }
            for target in &net.targets {
                let column = self.column(target.node);
                let own = self.column(net.source);
                if column == own {
                    continue;
                }
                let beside = if column > own { column - 1 } else { column + 1 };
                let near = net.passes.get(&beside).copied().unwrap_or(net.source);
                link(near, target.node);
            }
        }
        found
    }

    /// The row of a net beside a column that it leaves or passes.
    pub(super) fn row(&self, net: &Net, column: i32) -> i32 {
        match net.passes.get(&column) {
            Some(pass) => self.item(*pass).y,
            None => net.row,
        }
    }

    /// The pieces of all nets, by channel.
    pub(super) fn pieces(&self) -> BTreeMap<i32, Vec<Piece>> {
        let mut found: BTreeMap<i32, BTreeMap<usize, Piece>> = BTreeMap::new();
        for (index, net) in self.all.iter().enumerate() {
            let mut end = |channel: i32, side: Side, row: i32| {
                let pieces = found.entry(channel).or_default();
                let piece = pieces.entry(index).or_default();
                piece.net = index;
                match side {
                    Side::Left => piece.left.push(row),
                    Side::Right => piece.right.push(row),
                }
            };
            let own = self.column(net.source);
            match net.side {
                Side::Right => end(own, Side::Left, net.row),
                Side::Left => end(own - 1, Side::Right, net.row),
            }
            for (column, pass) in &net.passes {
                let row = self.item(*pass).y;
                end(*column, Side::Left, row);
                end(*column - 1, Side::Right, row);
            }
            for target in &net.targets {
                let column = self.column(target.node);
                match self.arrives(net, target.node) {
                    Side::Left => end(column - 1, Side::Right, target.row),
                    Side::Right => end(column, Side::Left, target.row),
                }
            }
        }
        found
            .into_iter()
            .map(|(channel, pieces)| (channel, pieces.into_values().collect()))
            .collect()
    }
}

/// The passes of a net, from its caller on.
fn outwards(net: &Net) -> Vec<usize> {
    let mut passes: Vec<usize> = net.passes.values().copied().collect();
    if net.side == Side::Left {
        passes.reverse();
    }
    passes
}
