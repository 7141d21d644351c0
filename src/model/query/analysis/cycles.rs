//! Who calls in circles.

use std::collections::VecDeque;

use super::ways::{Evidence, Ways};
use super::words::{self, Names};
use crate::model::query::network::Network;

/// Elements that all lead to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// All of them, sorted.
    pub members: Vec<usize>,
    /// One of the shortest circles among them, from its least member on; the last one calls the first.
    /// Of links that were seen, where such a circle there is.
    pub example: Vec<usize>,
    /// How sure the example is, by its weakest link.
    pub by: Evidence,
    /// Those of them that call each other directly, the lesser one first.
    pub pairs: Vec<(usize, usize)>,
}

/// All circles of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycles {
    /// Circles of several, in the order of their least members.
    pub cycles: Vec<Cycle>,
    /// Nodes with calls to themselves (of groups, within them), sorted.
    pub own: Vec<usize>,
}

impl Network {
    /// Who calls in circles: each largest set of nodes that all lead to each other.
    #[must_use]
    pub fn cycles(&self) -> Cycles {
        let ways = Ways::of(self);
        let rings = ways.rings(|_, _| true);
        let mut home = vec![usize::MAX; ways.len()];
        for (ring, members) in rings.iter().enumerate() {
            for at in members {
                if let Some(home) = home.get_mut(*at) {
                    *home = ring;
                }
            }
        }
        let mut cycles: Vec<Cycle> = rings
            .into_iter()
            .filter(|members| members.len() > 1)
            .filter_map(|members| {
                let ring = Ring {
                    ways: &ways,
                    members: &members,
                    home: &home,
                };
                let (example, by) = ring.example()?;
                let pairs = ring.pairs();
                Some(Cycle {
                    members,
                    example,
                    by,
                    pairs,
                })
            })
            .collect();
        cycles.sort_by(|a, b| a.members.cmp(&b.members));
        let nodes = self.nodes.iter().enumerate();
        let own = nodes.filter(|(_, n)| n.own.as_ref().is_some_and(|own| own.evidence().is_some()));
        Cycles {
            cycles,
            own: own.map(|(at, _)| at).collect(),
        }
    }
}

/// One set of nodes that lead to each other, while it is looked at.
struct Ring<'a> {
    ways: &'a Ways,
    members: &'a [usize],
    /// By node: which set it is of.
    home: &'a [usize],
}

impl Ring<'_> {
    fn is_inside(&self, at: usize) -> bool {
        let home = |at: usize| self.home.get(at);
        self.members
            .first()
            .is_some_and(|first| home(*first) == home(at))
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for from in self.members {
            let later = self.ways.callees(*from).iter().filter(|s| s.to > *from);
            let back = |to: usize| self.ways.callees(to).iter().any(|s| s.to == *from);
            pairs.extend(later.filter(|s| back(s.to)).map(|s| (*from, s.to)));
        }
        pairs
    }

    /// A shortest circle of links that were seen; where there is none, of all links.
    fn example(&self) -> Option<(Vec<usize>, Evidence)> {
        Evidence::ALL
            .into_iter()
            .find_map(|least| Some((self.shortest(least)?, least)))
    }

    fn shortest(&self, least: Evidence) -> Option<Vec<usize>> {
        let mut best: Option<Vec<usize>> = None;
        let mut came = vec![usize::MAX; self.home.len()];
        for start in self.members {
            let most = best.as_ref().map_or(usize::MAX, Vec::len);
            // No circle of several is shorter.
            if most == 2 {
                break;
            }
            if let Some(circle) = self.back_to(*start, least, most, &mut came) {
                best = Some(circle);
            }
        }
        best
    }

    /// A shortest circle through a node, of fewer than `most` links and only of nodes from it on: those before it
    /// were looked at. `came` is room for where each node was come to from.
    fn back_to(
        &self,
        start: usize,
        least: Evidence,
        most: usize,
        came: &mut [usize],
    ) -> Option<Vec<usize>> {
        came.fill(usize::MAX);
        let mut queue = VecDeque::from([(start, 1)]);
        while let Some((at, links)) = queue.pop_front() {
            if links >= most {
                return None;
            }
            for step in self.ways.callees(at).iter().filter(|s| s.by >= least) {
                if step.to == start {
                    let mut circle = vec![at];
                    let mut at = at;
                    while at != start {
                        at = came.get(at).copied()?;
                        circle.push(at);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                let new = step.to > start && self.is_inside(step.to);
                if let Some(from @ &mut usize::MAX) = came.get_mut(step.to).filter(|_| new) {
                    *from = at;
                    queue.push_back((step.to, links + 1));
                }
            }
        }
        None
    }
}

impl Cycle {
    /// It in one sentence.
    #[must_use]
    pub fn sentence(&self, network: &Network) -> String {
        let names = Names::of(network);
        let doubt = match self.by {
            Evidence::Declared => "; some of these links are only declared".to_owned(),
            Evidence::Seen => format!("; some of these links were not called {}", network.lately()),
            Evidence::Called => String::new(),
        };
        if let (&[a, b], 2) = (self.example.as_slice(), self.members.len()) {
            let (a, b) = (names.get(a), names.get(b));
            return format!("{a} and {b} call each other{doubt}");
        }
        let circle = self.example.iter().chain(self.example.first()).copied();
        let pairs = match self.pairs.len() {
            0 => String::new(),
            1 => "; 1 pair of them calls each other directly".to_owned(),
            n => format!("; {n} pairs of them call each other directly"),
        };
        let circle = names.way(circle);
        if self.members.len() == self.example.len() {
            return format!(
                "{} call in a circle: {circle}{doubt}",
                names.list(&self.members)
            );
        }
        format!(
            "{} all lead to each other; a shortest circle: {circle}{doubt}{pairs}",
            names.list(&self.members)
        )
    }
}

impl Cycles {
    /// All of it in one sentence.
    #[must_use]
    pub fn summary(&self, network: &Network) -> String {
        let names = Names::of(network);
        let own = match self.own.as_slice() {
            [] => String::new(),
            [one] => format!("; {} calls itself", names.get(*one)),
            some => format!("; {} call themselves", names.list(some)),
        };
        let left_out = network.left_out();
        let among: usize = self.cycles.iter().map(|c| c.members.len()).sum();
        let circles = match self.cycles.len() {
            0 => format!(
                "nobody calls in a circle, as far as {}",
                network.knowledge()
            ),
            n => format!("{} of calls among {among}", words::count(n, "circle")),
        };
        format!("{circles}{own}{left_out}")
    }
}
