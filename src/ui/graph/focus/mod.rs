//! One element in the middle, its callers to the left and its callees to the right, some hops each way.
//!
//! Columns run from left to right; column 0 holds the element that the picture is about, and it is as
//! tall as its neighbours together, so that every line to it is straight. Everything else goes through
//! channels between columns. Rules that hold for every scene: each edge among visible nodes is either
//! one line or listed; a line never enters a foreign box; two lines share a cell only where they cross.

mod columns;
mod items;
mod lanes;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use items::Items;

use super::{Cells, Edge, Line};

/// A node to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its column; exactly one node is in column 0.
    pub column: i16,
    /// The width that its text would like, in cells, borders included.
    pub width: usize,
    /// Its place in the previous scene of the column; those that had one keep their order.
    pub before: Option<u32>,
    /// The order of those that had none; differs within a column.
    pub rank: u32,
    /// Stands below the others whatever its rank.
    pub last: bool,
}

/// What there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Cells from left to right.
    pub width: usize,
    /// Cells from top to bottom; `None` where the picture may be scrolled.
    pub height: Option<usize>,
    /// Widths of an edge's label: wanted, and shortened.
    pub labels: [usize; 2],
}

/// Where everything goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// By node; `None` for those in columns that do not fit.
    pub boxes: Vec<Option<Cells>>,
    /// One for each drawn edge, in the order of edges.
    pub lines: Vec<Line>,
    /// Edges between visible nodes that no line was found for, in the order of edges.
    pub listed: Vec<usize>,
    /// Columns that do not fit, to the left and to the right.
    pub left_out: (usize, usize),
    /// Rows in use.
    pub height: usize,
    /// Whether boxes have a border above and below.
    pub bordered: bool,
    /// Whether the shortened labels are in use.
    pub short: bool,
    /// Whether it fits the height that was given.
    pub fits: bool,
}

impl Scene {
    /// The line of an edge.
    #[must_use]
    pub fn line(&self, edge: usize) -> Option<&Line> {
        self.lines.iter().find(|l| l.edge == edge)
    }

    /// The box of a node.
    #[must_use]
    pub fn cells(&self, node: usize) -> Option<Cells> {
        self.boxes.get(node).copied().flatten()
    }
}

/// How much is tried to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Effort {
    bordered: bool,
    /// Lines that pass a column between their ends.
    passing: bool,
    /// Lines between nodes of one column.
    beside: bool,
}

/// From the roomiest picture to the tightest.
const EFFORTS: [Effort; 4] = [
    Effort {
        bordered: true,
        passing: true,
        beside: true,
    },
    Effort {
        bordered: false,
        passing: true,
        beside: true,
    },
    Effort {
        bordered: false,
        passing: false,
        beside: true,
    },
    Effort {
        bordered: false,
        passing: false,
        beside: false,
    },
];

/// Places nodes and edges. Edges with an end that is not there, and those of a node with itself, are ignored.
#[must_use]
pub fn layout(nodes: &[Node], edges: &[Edge], room: Room) -> Scene {
    let fit = columns::fit(nodes, room);
    let mut last = None;
    for effort in EFFORTS {
        if room.height.is_none() && effort.bordered {
            continue;
        }
        let scene = attempt(nodes, edges, room, &fit, effort);
        let fits = room.height.is_none_or(|height| scene.height <= height);
        let scene = Scene { fits, ..scene };
        if fits {
            return scene;
        }
        last = Some(scene);
    }
    last.unwrap_or_default()
}

/// One picture; edges that no way is found for are listed, one after the other, until the rest works.
fn attempt(
    nodes: &[Node],
    edges: &[Edge],
    room: Room,
    fit: &columns::Fit,
    effort: Effort,
) -> Scene {
    let mut listed = BTreeSet::new();
    loop {
        let mut items = Items::new(nodes, edges, fit, effort, &mut listed);
        rows::place(&mut items, effort.bordered);
        let way = lanes::assign(&items).and_then(|lanes| {
            columns::spread(nodes, &items, &lanes, room, fit).map(|columns| (lanes, columns))
        });
        match way {
            Ok((lanes, columns)) => {
                return items.scene(nodes, edges, &lanes, &columns, fit, effort, &listed);
            }
            // Each turn lists one edge more, so this ends.
            Err(edge) => {
                if !listed.insert(edge) {
                    listed.extend(0..edges.len());
                }
            }
        }
    }
}
