//! Links as they are walked: from both ends, without mere permissions.

use std::collections::VecDeque;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::query::network::{Declaration, Flow, Network};

/// How sure it is that a link is used; of a way, its weakest link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Configuration names it, and no call was seen.
    Declared,
    /// Calls were seen, and none within the short window (or no short window was received).
    Seen,
    /// It is called within the short window.
    Called,
}

impl Evidence {
    /// All, the surest first.
    pub(super) const ALL: [Self; 3] = [Self::Called, Self::Seen, Self::Declared];
}

impl Flow {
    /// How sure it is that the link is used; `None` where it is only allowed.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        if self.calls() > 0 {
            Some(Evidence::Called)
        } else if self.observed {
            Some(Evidence::Seen)
        } else {
            (self.declared == Declaration::Declared).then_some(Evidence::Declared)
        }
    }
}

/// A link from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The node at the other end.
    pub(super) to: usize,
    /// Calls of the short window.
    pub(super) calls: u64,
    /// How sure it is.
    pub(super) by: Evidence,
}

fn look(side: &[Vec<Step>], at: usize) -> &[Step] {
    let steps = side.get(at).map_or(&[][..], Vec::as_slice);
    #[cfg(test)]
    super::tests::LOOKED.set(super::tests::LOOKED.get() + 1 + steps.len());
    steps
}

/// All links from both ends, in the order of the other end.
pub(super) struct Ways {
    callees: Vec<Vec<Step>>,
    callers: Vec<Vec<Step>>,
}

impl Ways {
    pub(super) fn of(network: &Network) -> Self {
        let count = network.nodes.len();
        let mut ways = Self {
            callees: vec![Vec::new(); count],
            callers: vec![Vec::new(); count],
        };
        for link in &network.links {
            let Some(by) = link.flow.evidence() else {
                continue;
            };
            let step = |to| Step {
                to,
                calls: link.flow.calls(),
                by,
            };
            if link.from == link.to || link.from.max(link.to) >= count {
                continue;
            }
            if let Some(steps) = ways.callees.get_mut(link.from) {
                steps.push(step(link.to));
            }
            if let Some(steps) = ways.callers.get_mut(link.to) {
                steps.push(step(link.from));
            }
        }
        for steps in ways.callees.iter_mut().chain(&mut ways.callers) {
            steps.sort_unstable_by_key(|step| step.to);
        }
        ways
    }

    /// How many nodes there are.
    pub(super) const fn len(&self) -> usize {
        self.callees.len()
    }

    /// Whom a node calls.
    pub(super) fn callees(&self, at: usize) -> &[Step] {
        look(&self.callees, at)
    }

    /// Who calls a node.
    pub(super) fn callers(&self, at: usize) -> &[Step] {
        look(&self.callers, at)
    }

    /// Hops to every node that leads to one of these, itself included (with 0), along links that are as sure
    /// as `least`; `None` for the rest.
    pub(super) fn leading_to(&self, ends: &[usize], least: Evidence) -> Vec<Option<usize>> {
        self.walk(ends, |at| self.callers(at), least)
    }

    /// Hops to every node that these lead to, themselves included (with 0).
    pub(super) fn reached_from(&self, starts: &[usize], least: Evidence) -> Vec<Option<usize>> {
        self.walk(starts, |at| self.callees(at), least)
    }

    fn walk<'a>(
        &self,
        starts: &[usize],
        next: impl Fn(usize) -> &'a [Step],
        least: Evidence,
    ) -> Vec<Option<usize>> {
        let mut hops = vec![None; self.len()];
        let mut queue = VecDeque::new();
        for start in starts {
            if let Some(hop @ None) = hops.get_mut(*start) {
                *hop = Some(0);
                queue.push_back((*start, 0));
            }
        }
        while let Some((at, far)) = queue.pop_front() {
            for step in next(at).iter().filter(|step| step.by >= least) {
                if let Some(hop @ None) = hops.get_mut(step.to) {
                    *hop = Some(far + 1);
                    queue.push_back((step.to, far + 1));
                }
            }
        }
        hops
    }

    /// The links that pass, as petgraph's algorithms take them; a node's index is its place.
    pub(super) fn graph(&self, passes: impl Fn(usize, &Step) -> bool) -> DiGraph<(), ()> {
        let mut graph = DiGraph::new();
        for _ in 0..self.len() {
            graph.add_node(());
        }
        for from in 0..self.len() {
            for step in self.callees(from).iter().filter(|step| passes(from, step)) {
                graph.add_edge(NodeIndex::new(from), NodeIndex::new(step.to), ());
            }
        }
        graph
    }

    /// Groups of nodes that lead to each other, each sorted; a group that leads to another one stands after it.
    pub(super) fn rings(&self, passes: impl Fn(usize, &Step) -> bool) -> Vec<Vec<usize>> {
        let groups = petgraph::algo::kosaraju_scc(&self.graph(passes));
        let groups = groups.into_iter().map(|group| {
            let mut group: Vec<usize> = group.into_iter().map(NodeIndex::index).collect();
            group.sort_unstable();
            group
        });
        groups.collect()
    }
}
