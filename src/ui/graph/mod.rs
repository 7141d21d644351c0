//! Where the boxes and lines of a picture of a graph go, in cells. Pure: it draws nothing, knows no
//! model and no clock, and the same input gives the same scene in any order of nodes and edges.

pub mod focus;
pub mod layered;

/// A directed edge between two different nodes, by their places in the input. At most one for each pair and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// A rectangle of cells. Unlike a screen's it may be taller than the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Left edge.
    pub x: usize,
    /// Top edge.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

/// A cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
}

/// An edge as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which edge.
    pub edge: usize,
    /// Corners from the first cell beside the source to the last one beside the target.
    pub points: Vec<Point>,
    /// One row of cells on the line that belongs to its label.
    pub label: Option<Cells>,
}
