//! A drawing that is to be laid out beside the loop that answers keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Budget, Drawing, Memory, Node, Scene, layout};
use crate::ui::graph::Edge;

/// What is to be laid out, on its own. Two of the same number are the same.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its number, by which the answer finds its way back.
    pub id: u64,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
    /// Cells for a label before each target.
    pub label: usize,
    /// Rows that there are: where it does not fit with blank rows between its boxes, it goes without.
    pub rows: usize,
    /// What the scene before left.
    pub memory: Option<Memory>,
    dropped: Arc<AtomicBool>,
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Task {}

impl Task {
    /// A task of a number.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self {
            id,
            nodes: Vec::new(),
            edges: Vec::new(),
            label: 0,
            rows: 0,
            memory: None,
            dropped: Arc::default(),
        }
    }

    /// Nobody waits for it any more.
    pub fn drop_it(&self) {
        self.dropped.store(true, Ordering::Relaxed);
    }

    /// Does it; `None` where nobody waits for it any more.
    #[must_use]
    pub fn run(&self) -> Option<Scene> {
        let dropped = || self.dropped.load(Ordering::Relaxed);
        let budget = Budget {
            steps: Budget::STEPS,
            is_cancelled: &dropped,
        };
        let drawing = |gap| Drawing {
            nodes: &self.nodes,
            edges: &self.edges,
            label: self.label,
            gap,
            memory: self.memory.as_ref(),
        };
        let roomy = layout(&drawing(1), budget)?;
        if roomy.kept || roomy.height <= self.rows {
            return Some(roomy);
        }
        let tight = layout(&drawing(0), budget)?;
        // What must be scrolled anyway is easier to read with blank rows.
        Some(if tight.height <= self.rows {
            tight
        } else {
            roomy
        })
    }
}
