//! Single points of failure: what everybody behind it hangs on.

use petgraph::algo::articulation_points::articulation_points;
use petgraph::algo::dominators::{self, Dominators};
use petgraph::graph::{NodeIndex, UnGraph};

use super::ways::{Evidence, Ways};
use super::words::{self, Names};
use crate::model::Model;
use crate::model::element::Element;
use crate::model::key::ElementKey;
use crate::model::query::network::{Network, Node, Part, Role};

/// How many replicas an element has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// How many are wanted; `None` where no number is.
    pub desired: Option<u32>,
    /// How many are ready.
    pub ready: u32,
}

impl Replicas {
    /// Whether the loss of one pod is the loss of all.
    #[must_use]
    pub fn is_single(self) -> bool {
        self.desired.unwrap_or(self.ready) == 1
    }
}

/// A node whose loss cuts others off, or parts what is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinglePoint {
    /// The node.
    pub node: usize,
    /// How many others no entry leads to any more without it.
    pub cuts: usize,
    /// How many lead to it, directly or through others.
    pub callers: usize,
    /// Whether nothing else links some of its neighbours with the others, whoever calls whom.
    pub parts: bool,
}

/// All single points of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinglePoints {
    /// The points: those that cut off most first, then those that only part, those that most lead to first.
    pub points: Vec<SinglePoint>,
    /// The nodes by which calls come in, sorted.
    pub entries: Vec<usize>,
    /// Whether no way in is known, so that those whom nobody calls were taken instead.
    pub is_guessed: bool,
    /// Nodes that no entry leads to; nothing is said of who cuts them off.
    pub unreached: Vec<usize>,
    /// By node: the nearest one that every way from the entries to it goes through.
    gates: Vec<Option<usize>>,
}

impl SinglePoints {
    /// The nearest node that every way from the entries to this one goes through.
    #[must_use]
    pub fn gate(&self, node: usize) -> Option<usize> {
        self.gates.get(node).copied().flatten()
    }

    /// The nodes that no entry leads to any more without this one, sorted.
    #[must_use]
    pub fn cut_by(&self, node: usize) -> Vec<usize> {
        // What is behind a gate stands behind it in every walk, but not in the order of the nodes.
        let behind = |mut at: usize| {
            while let Some(gate) = self.gate(at) {
                if gate == node {
                    return true;
                }
                at = gate;
            }
            false
        };
        (0..self.gates.len()).filter(|at| behind(*at)).collect()
    }

    /// A point in one sentence; `replicas` as [`Model::replicas`] knows them.
    #[must_use]
    pub fn sentence(
        &self,
        network: &Network,
        point: &SinglePoint,
        replicas: Option<Replicas>,
    ) -> String {
        let names = Names::of(network);
        let name = names.get(point.node);
        let replicas = replicas.map_or_else(String::new, |r| format!("; {}", words(r)));
        let callers = match point.callers {
            0 => String::new(),
            1 => "; 1 other leads to it".to_owned(),
            n => format!("; {n} others lead to it"),
        };
        if point.cuts == 0 {
            return format!(
                "nothing but {name} links its neighbours with each other{callers}{replicas}"
            );
        }
        let cut = names.list(&self.cut_by(point.node));
        let others = match point.cuts {
            1 => "1 other is".to_owned(),
            n => format!("{n} others are"),
        };
        let from = if self.is_guessed {
            "from where calls begin"
        } else {
            "from any entry"
        };
        format!("without {name} {others} not reached {from}: {cut}{callers}{replicas}")
    }

    /// How many points there are, and what that hangs on, in one sentence.
    #[must_use]
    pub fn summary(&self, network: &Network) -> String {
        let names = Names::of(network);
        let cutting = self.points.iter().filter(|p| p.cuts > 0).count();
        let from = match (self.entries.as_slice(), self.is_guessed) {
            ([], _) => "no entry is known, and everybody is called".to_owned(),
            (entries, false) => format!("seen from {}", names.list(entries)),
            (entries, true) => format!(
                "no way in is known, so it is seen from those whom nobody calls: {}",
                names.list(entries)
            ),
        };
        let unreached = match self.unreached.len() {
            0 => String::new(),
            n => format!("; no entry leads to {}", words::count(n, "other")),
        };
        let points = match cutting {
            0 => "no loss of a single one cuts others off".to_owned(),
            1 => "the loss of 1 cuts others off".to_owned(),
            n => format!("the loss of each of {n} cuts others off"),
        };
        format!(
            "{points}, as far as {}; {from}{unreached}{}",
            network.knowledge(),
            network.left_out()
        )
    }
}

/// `a single replica`, `3 replicas, 1 ready`.
fn words(replicas: Replicas) -> String {
    let (ready, wanted) = (replicas.ready, replicas.desired.unwrap_or(replicas.ready));
    match (wanted, ready) {
        (0, _) => "stopped: no replica is wanted".to_owned(),
        (1, 1) => "it has a single replica".to_owned(),
        (1, _) => format!("it has a single replica, and {ready} ready"),
        (_, 1) => format!("only 1 of its {wanted} replicas is ready"),
        (_, _) => format!("{ready} of its {wanted} replicas are ready"),
    }
}

impl Network {
    /// Nodes whose loss cuts others from every entry, and those that alone link their neighbours.
    ///
    /// Entries are ways in and what they lead to, and what is outside and calls without being called. Where none of
    /// these is known, those are taken whom nobody calls. A node cuts another one off where every way from the
    /// entries to that goes through it (it dominates it); links that are only declared count as ways, so that
    /// what is declared and not in use may hide a point.
    #[must_use]
    pub fn single_points(&self) -> SinglePoints {
        let ways = Ways::of(self);
        let (entries, is_guessed) = self.entries(&ways);
        let tree = tree(&ways, &entries);
        let root = NodeIndex::new(ways.len());
        let gates: Vec<Option<usize>> = (0..ways.len())
            .map(|at| tree.immediate_dominator(NodeIndex::new(at)))
            .map(|gate| gate.filter(|gate| *gate != root).map(NodeIndex::index))
            .collect();
        let cuts = cuts(&gates);
        let mut links = UnGraph::<(), ()>::new_undirected();
        for _ in 0..ways.len() {
            links.add_node(());
        }
        for from in 0..ways.len() {
            for step in ways.callees(from) {
                links.update_edge(NodeIndex::new(from), NodeIndex::new(step.to), ());
            }
        }
        let parting = articulation_points(&links);
        let mut points = Vec::new();
        for node in 0..ways.len() {
            let (cuts, parts) = (
                cuts.get(node).copied().unwrap_or(0),
                parting.contains(&NodeIndex::new(node)),
            );
            if cuts == 0 && !parts {
                continue;
            }
            let callers = ways.leading_to(&[node], Evidence::Declared);
            points.push(SinglePoint {
                node,
                cuts,
                callers: callers.iter().flatten().count().saturating_sub(1),
                parts,
            });
        }
        points.sort_by_key(|p| (usize::MAX - p.cuts, usize::MAX - p.callers, p.node));
        let reached = ways.reached_from(&entries, Evidence::Declared);
        let unreached = reached
            .iter()
            .enumerate()
            .filter(|(_, hops)| hops.is_none());
        SinglePoints {
            points,
            unreached: unreached.map(|(at, _)| at).collect(),
            entries,
            is_guessed,
            gates,
        }
    }

    fn entries(&self, ways: &Ways) -> (Vec<usize>, bool) {
        let calls = |at: usize| !ways.callees(at).is_empty();
        let is_called = |at: usize| !ways.callers(at).is_empty();
        let is_outside = |n: &Node| matches!(n.part, Part::Element(ElementKey::External { .. }));
        let nodes = self.nodes.iter().enumerate();
        let known = nodes.filter(|(at, n)| {
            n.role == Role::Entry || (is_outside(n) && calls(*at) && !is_called(*at))
        });
        let known: Vec<usize> = known.map(|(at, _)| at).collect();
        if !known.is_empty() {
            return (known, false);
        }
        let first = (0..ways.len()).filter(|at| calls(*at) && !is_called(*at));
        (first.collect(), true)
    }
}

/// The dominators of everything, seen from a root that calls all entries.
fn tree(ways: &Ways, entries: &[usize]) -> Dominators<NodeIndex> {
    let mut graph = ways.graph(|_, _| true);
    let root = graph.add_node(());
    for entry in entries {
        graph.add_edge(root, NodeIndex::new(*entry), ());
    }
    dominators::simple_fast(&graph, root)
}

/// How many are behind each gate: every node counts for its gate, that gate's gate, and so on.
fn cuts(gates: &[Option<usize>]) -> Vec<usize> {
    let mut cuts = vec![0; gates.len()];
    for gate in gates {
        let mut gate = *gate;
        while let Some(at) = gate {
            if let Some(count) = cuts.get_mut(at) {
                *count += 1;
            }
            gate = gates.get(at).copied().flatten();
        }
    }
    cuts
}

impl Model {
    /// How many replicas a node of the network has; `None` of groups, and of what is no component type.
    #[must_use]
    pub fn replicas(&self, node: &Node) -> Option<Replicas> {
        let Part::Element(key) = &node.part else {
            return None;
        };
        match self.get(key)? {
            Element::Type(ty) => Some(Replicas {
                desired: ty.desired,
                ready: ty.ready,
            }),
            _ => None,
        }
    }
}
