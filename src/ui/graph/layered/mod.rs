//! A whole system in columns from left to right, in the style of Sugiyama, with what cells ask for.
//!
//! Every caller has one net of lines to the right and, against the flow, one to the left; a net forks but never
//! joins another one, so whoever follows a line backwards ends at one caller. Two nets share a cell only where
//! they cross. What was shown before keeps its cell: unless much is new, old boxes stay where they were and new
//! ones, and the lines that pass, take rows that are free.
//!
//! Work is counted in steps, so the same drawing always gives the same scene; the clock can only cancel.

mod bands;
mod columns;
mod crossings;
mod keep;
mod lanes;
mod nets;
mod ports;
mod rows;
mod scene;
pub mod strokes;
mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{Cells, Edge, Line};
pub use task::Task;

use bands::Bands;
use nets::Nets;

/// At which end of the picture a node belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Calls come in from outside here: as far left as may be.
    First,
    /// Where its neighbours are.
    #[default]
    Free,
    /// It keeps data and calls nobody: in the last column.
    Last,
}

/// A node to be placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Tells it apart from all others, and decides where nothing else does.
    pub rank: u32,
    /// Cells from left to right.
    pub width: usize,
    /// Rows that its text needs, at least 1; lines may make it taller.
    pub height: usize,
    /// At which end it belongs.
    pub end: End,
    /// The group whose frame it stands in.
    pub group: Option<u32>,
    /// Where it stood in the scene whose memory is given.
    pub before: Option<Place>,
}

/// Where a node stands. Rows and columns of cells count on from scene to scene and may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The column of boxes.
    pub column: i32,
    /// The top row.
    pub y: i32,
}

/// What a scene leaves to the next one, besides the places of its nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Left edge and width of each column of boxes.
    columns: BTreeMap<i32, (i32, i32)>,
    /// First row and the row after the last one of each group, frame excluded.
    bands: BTreeMap<Option<u32>, (i32, i32)>,
    /// On which row the lines of a node (by rank) pass a column: to the right of its own, or to the left.
    passes: BTreeMap<(u32, i32), i32>,
}

/// What is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// The nodes, with different ranks.
    pub nodes: &'a [Node],
    /// The edges; those with an end that is not there are ignored.
    pub edges: &'a [Edge],
    /// Cells for a label before each target; 0 for none.
    pub label: usize,
    /// Blank rows between boxes.
    pub gap: usize,
    /// What the scene before left; without it, everything is placed anew.
    pub memory: Option<&'a Memory>,
}

/// A group's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Which group.
    pub group: u32,
    /// Its border is the rim of these cells.
    pub cells: Cells,
}

/// Where everything goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// By node.
    pub boxes: Vec<Cells>,
    /// One for each edge between different nodes, in the order of edges.
    pub lines: Vec<Line>,
    /// Frames, in the order of groups.
    pub frames: Vec<Frame>,
    /// Cells from left to right.
    pub width: usize,
    /// Cells from top to bottom.
    pub height: usize,
    /// What is to be added to the cells of places (columns' edges and rows) to get the scene's.
    pub shift: (i32, i32),
    /// By node: where it stands, for the next scene.
    pub places: Vec<Place>,
    /// The rest of what the next scene is to be told.
    pub memory: Memory,
    /// Whether old nodes were kept where they were.
    pub kept: bool,
    /// Steps that were taken.
    pub steps: usize,
}

impl Scene {
    /// The line of an edge.
    #[must_use]
    pub fn line(&self, edge: usize) -> Option<&Line> {
        let at = self.lines.binary_search_by_key(&edge, |l| l.edge).ok()?;
        self.lines.get(at)
    }
}

/// How much work may be done.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    /// Steps: comparisons of two lines, each about ten nanoseconds of work. Crossings that are left when they are
    /// used up stay.
    pub steps: usize,
    /// Whether nobody waits for the scene any more.
    pub is_cancelled: &'a dyn Fn() -> bool,
}

impl Budget<'_> {
    /// Enough for 2,000 nodes.
    pub const STEPS: usize = 40_000_000;
}

/// Steps taken so far.
struct Meter<'a> {
    budget: Budget<'a>,
    taken: usize,
}

impl Meter<'_> {
    fn take(&mut self, steps: usize) {
        self.taken = self.taken.saturating_add(steps);
    }

    fn is_used_up(&self) -> bool {
        self.taken >= self.budget.steps
    }

    fn go_on(&self) -> Option<()> {
        (!(self.budget.is_cancelled)()).then_some(())
    }
}

/// A drawing in an order of its own, whatever the order of the input.
struct Sketch<'a> {
    drawing: &'a Drawing<'a>,
    /// Places of nodes in the input, by rank.
    nodes: Vec<usize>,
    /// Edges between different nodes: (from, to) among `nodes`, and the place in the input.
    edges: Vec<(usize, usize, usize)>,
}

impl<'a> Sketch<'a> {
    fn new(drawing: &'a Drawing<'a>) -> Self {
        let mut nodes: Vec<usize> = (0..drawing.nodes.len()).collect();
        nodes.sort_by_key(|n| drawing.nodes.get(*n).map(|n| n.rank));
        let mut turned = vec![0; nodes.len()];
        for (place, node) in nodes.iter().enumerate() {
            put(&mut turned, *node, place);
        }
        let edges = drawing.edges.iter().enumerate();
        let edges = edges.filter_map(|(index, edge)| {
            let (from, to) = (*turned.get(edge.from)?, *turned.get(edge.to)?);
            (from != to).then_some((from, to, index))
        });
        let mut edges: Vec<_> = edges.collect();
        edges.sort_unstable();
        Self {
            drawing,
            nodes,
            edges,
        }
    }

    fn len(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, at: usize) -> Node {
        let place = self.nodes.get(at);
        let node = place.and_then(|n| self.drawing.nodes.get(*n));
        node.copied().unwrap_or_default()
    }

    fn before(&self, at: usize) -> Option<Place> {
        self.drawing.memory.and(self.node(at).before)
    }

    /// Whether so much is as it was that old nodes can stay.
    fn is_much_as_before(&self) -> bool {
        let old = (0..self.len()).filter(|n| self.before(*n).is_some());
        let old = old.count();
        // From a quarter on that is new, a picture of its own reads better than an old one with additions.
        old > 0 && (self.len() - old) * 4 <= self.len()
    }
}

/// Places everything; `None` where it was cancelled.
#[must_use]
pub fn layout(drawing: &Drawing<'_>, budget: Budget<'_>) -> Option<Scene> {
    let mut meter = Meter { budget, taken: 0 };
    let sketch = Sketch::new(drawing);
    let kept = sketch.is_much_as_before();
    let columns = if kept {
        columns::keep(&sketch)
    } else {
        columns::assign(&sketch)
    };
    meter.go_on()?;
    let mut nets = Nets::new(&sketch, &columns);
    let bands: Bands = if kept {
        keep::place(&sketch, &mut nets, &mut meter)?
    } else {
        crossings::sort(&sketch, &mut nets, &mut meter)?;
        rows::place(&sketch, &mut nets, &mut meter)?
    };
    ports::place(&mut nets);
    meter.go_on()?;
    let lanes = lanes::assign(&mut nets, &bands, &mut meter)?;
    let mut scene = scene::build(&sketch, &nets, &lanes, &bands);
    scene.kept = kept;
    scene.steps = meter.taken;
    Some(scene)
}

/// An entry of a list; what is not there is nothing.
fn at<T: Copy + Default>(list: &[T], place: usize) -> T {
    list.get(place).copied().unwrap_or_default()
}

fn put<T>(list: &mut [T], place: usize, value: T) {
    if let Some(slot) = list.get_mut(place) {
        *slot = value;
    }
}

/// Cells as signed ones.
fn signed(cells: usize) -> i32 {
    i32::try_from(cells).unwrap_or(i32::MAX / 4)
}

/// Signed cells as cells; nothing is negative in a finished scene.
fn unsigned(cells: i32) -> usize {
    usize::try_from(cells).unwrap_or(0)
}

#[cfg(test)]
impl Budget<'_> {
    /// Enough, and nobody cancels.
    const fn plenty() -> Self {
        Self {
            steps: Self::STEPS,
            is_cancelled: &|| false,
        }
    }
}
