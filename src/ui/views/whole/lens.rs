//! What stands out on demand: whom it touches when the selected one stops, what everything hangs on, who calls in circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Model;
use crate::model::query::network::Network;
use crate::ui::action::Verb;

/// What is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// Nothing.
    #[default]
    None,
    /// Whom it touches when the selected one stops.
    Impact,
    /// What everything hangs on.
    Points,
    /// Who calls in circles.
    Cycles,
}

impl Sort {
    /// What a verb looks for.
    pub(super) const fn of(verb: Verb) -> Self {
        match verb {
            Verb::Impact => Self::Impact,
            Verb::Points => Self::Points,
            Verb::Cycles => Self::Cycles,
            _ => Self::None,
        }
    }
}

/// What was found in a network.
#[derive(Clone, Debug, Default)]
pub(super) struct Lens {
    sort: Sort,
    /// What stands at the right end of a box that was found.
    texts: BTreeMap<usize, String>,
    nodes: BTreeSet<usize>,
    edges: BTreeSet<usize>,
    /// All of it in sentences, the one about the selected box first.
    pub(super) said: Vec<String>,
}

impl Lens {
    /// Looks at a network, with the cursor on one of its nodes.
    pub(super) fn new(sort: Sort, model: &Model, network: &Network, at: Option<usize>) -> Self {
        let mut lens = Self {
            sort,
            ..Self::default()
        };
        match (sort, at) {
            (Sort::None, _) => {}
            (Sort::Impact, None) => lens.said.push("select a box first".to_owned()),
            (Sort::Impact, Some(at)) => {
                let impact = network.impact(at);
                lens.nodes.insert(at);
                for touched in &impact.touched {
                    lens.nodes.insert(touched.node);
                    if let Some(share) = touched.share {
                        lens.texts
                            .insert(touched.node, format!("{:.0} %", share * 100.0));
                    }
                }
                lens.said.push(impact.sentence);
                lens.links(network);
            }
            (Sort::Points, at) => {
                let points = network.single_points();
                for point in points.points.iter().filter(|p| p.cuts > 0) {
                    lens.nodes.insert(point.node);
                    lens.texts
                        .insert(point.node, format!("cuts {}", point.cuts));
                }
                if let Some(own) = points.points.iter().find(|p| Some(p.node) == at) {
                    let replicas = network.nodes.get(own.node).and_then(|n| model.replicas(n));
                    lens.said.push(points.sentence(network, own, replicas));
                }
                lens.said.push(points.summary(network));
            }
            (Sort::Cycles, at) => {
                let cycles = network.cycles();
                for (index, cycle) in cycles.cycles.iter().enumerate() {
                    lens.nodes.extend(&cycle.members);
                    for member in &cycle.members {
                        lens.texts.insert(*member, format!("circle {}", index + 1));
                    }
                    if at.is_some_and(|at| cycle.members.contains(&at)) {
                        lens.said.push(cycle.sentence(network));
                    }
                    let within = network.links.iter().enumerate().filter(|(_, l)| {
                        cycle.members.contains(&l.from) && cycle.members.contains(&l.to)
                    });
                    lens.edges.extend(within.map(|(edge, _)| edge));
                }
                lens.nodes.extend(&cycles.own);
                lens.said.push(cycles.summary(network));
            }
        }
        lens
    }

    fn links(&mut self, network: &Network) {
        let nodes = &self.nodes;
        let within = network.links.iter().enumerate();
        let within = within.filter(|(_, l)| nodes.contains(&l.from) && nodes.contains(&l.to));
        self.edges = within.map(|(edge, _)| edge).collect();
    }

    pub(super) fn has_edge(&self, edge: usize) -> bool {
        self.edges.contains(&edge)
    }

    /// Whether a box was found; `None` where nothing is looked for.
    pub(super) fn has_node(&self, node: usize) -> Option<bool> {
        (self.sort != Sort::None).then(|| self.nodes.contains(&node))
    }

    /// What stands at the right end of a box.
    pub(super) fn text(&self, node: usize) -> Option<String> {
        self.texts.get(&node).cloned()
    }
}
