//! From lines to what stands in each cell of a window: which way strokes leave it, and whose they are.

use std::collections::BTreeMap;

use super::Scene;
use crate::ui::graph::{Cells, Edge, Line, Point};

/// Which of its four neighbours a cell is joined with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a cell has four sides")]
pub struct Joins {
    /// To the left.
    pub left: bool,
    /// To the right.
    pub right: bool,
    /// Upwards.
    pub up: bool,
    /// Downwards.
    pub down: bool,
}

impl Joins {
    const fn is_steep(self) -> bool {
        (self.up || self.down) && !self.left && !self.right
    }

    const fn and(self, other: Self) -> Self {
        Self {
            left: self.left || other.left,
            right: self.right || other.right,
            up: self.up || other.up,
            down: self.down || other.down,
        }
    }
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// Where it leads.
    pub joins: Joins,
    /// The edge that matters most of those that share it.
    pub edge: usize,
    /// How much it matters.
    pub weight: u8,
}

/// The strokes within a window of a scene. Of two callers' lines that cross, the steep one is on top, unbroken, so
/// that no crossing looks like a fork; of one caller's edges the one that matters most counts.
pub fn strokes(
    scene: &Scene,
    edges: &[Edge],
    window: Cells,
    weight: &dyn Fn(usize) -> u8,
) -> BTreeMap<Point, Stroke> {
    let mut cells: BTreeMap<Point, Vec<(usize, Stroke)>> = BTreeMap::new();
    for line in &scene.lines {
        let Some(edge) = edges.get(line.edge) else {
            continue;
        };
        // What is out of sight is not asked for: a picture has thousands of lines, a screen a few.
        let mut known = None;
        each_cell(line, window, &mut |point, joins| {
            let weight = *known.get_or_insert_with(|| weight(line.edge));
            let all = cells.entry(point).or_default();
            let stroke = Stroke {
                joins,
                edge: line.edge,
                weight,
            };
            match all.iter_mut().find(|(source, _)| *source == edge.from) {
                Some((_, known)) => {
                    let joins = known.joins.and(joins);
                    if weight > known.weight {
                        *known = stroke;
                    }
                    known.joins = joins;
                }
                None => all.push((edge.from, stroke)),
            }
        });
    }
    let top = |strokes: Vec<(usize, Stroke)>| {
        let steep = strokes.iter().find(|(_, s)| s.joins.is_steep());
        steep.or_else(|| strokes.first()).map(|(_, s)| *s)
    };
    cells
        .into_iter()
        .filter_map(|(point, all)| Some((point, top(all)?)))
        .collect()
}

/// Tells every cell of a line within a window, with where the line leads from there.
fn each_cell(line: &Line, window: Cells, tell: &mut dyn FnMut(Point, Joins)) {
    let count = line.points.len();
    if let [only] = line.points.as_slice() {
        let joins = Joins {
            left: true,
            right: true,
            ..Joins::default()
        };
        if holds(window, *only) {
            tell(*only, joins);
        }
        return;
    }
    for (index, (a, b)) in line
        .points
        .iter()
        .zip(line.points.iter().skip(1))
        .enumerate()
    {
        let (first, last) = (index == 0, index + 2 == count);
        if a.y == b.y {
            if !(window.y..window.y + window.height).contains(&a.y) {
                continue;
            }
            let (low, high) = (a.x.min(b.x), a.x.max(b.x));
            // At its two ends a line also leads to the box.
            let open = |x: usize| (x == a.x && first) || (x == b.x && last);
            for x in low.max(window.x)..=high.min((window.x + window.width).saturating_sub(1)) {
                let joins = Joins {
                    left: x > low || open(x),
                    right: x < high || open(x),
                    ..Joins::default()
                };
                let point = Point { x, y: a.y };
                if holds(window, point) {
                    tell(point, joins);
                }
            }
        } else if (window.x..window.x + window.width).contains(&a.x) {
            let (low, high) = (a.y.min(b.y), a.y.max(b.y));
            for y in low.max(window.y)..=high.min((window.y + window.height).saturating_sub(1)) {
                let joins = Joins {
                    up: y > low,
                    down: y < high,
                    ..Joins::default()
                };
                let point = Point { x: a.x, y };
                if holds(window, point) {
                    tell(point, joins);
                }
            }
        }
    }
}

fn holds(window: Cells, point: Point) -> bool {
    (window.x..window.x + window.width).contains(&point.x)
        && (window.y..window.y + window.height).contains(&point.y)
}
