//! The views. A new one is one file here and one line in [`all`].

mod age;
mod calls;
pub mod events;
pub(super) mod graph;
pub(in crate::ui) mod lines;
mod matrix;
mod nested;
pub mod sources;
mod tree;
pub(super) mod whole;

pub use whole::least_rate;

use super::View;

/// All views, in the order of the help. The first one is where a person starts.
#[must_use]
pub fn all() -> Vec<Box<dyn View>> {
    vec![
        Box::new(tree::TreeView::default()),
        Box::new(graph::GraphView::default()),
        Box::new(whole::WholeView::default()),
        Box::new(events::EventsView::new()),
        Box::new(matrix::MatrixView::default()),
        Box::new(calls::CallsView::default()),
        Box::new(sources::SourcesView::default()),
    ]
}
