//! The order of rows and columns: callers before callees, whoever calls each other together.
//!
//! It hangs on who is linked with whom, never on rates, so that it stays while numbers change; and not on the
//! order in which nodes and links are given.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{greedy_feedback_arc_set, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// One that has a row and a column.
#[derive(Clone, Debug)]
pub(super) struct Item<K, G> {
    /// What tells it apart from all others.
    pub(super) key: K,
    /// Those of one group stand together, where any has one.
    pub(super) group: Option<G>,
    /// Whether it stands last where it calls nobody: a database, a broker.
    pub(super) is_store: bool,
}

/// An order, and the cycles that no order can undo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Indices of the items, callers before callees.
    pub(super) places: Vec<usize>,
    /// The cycle that each item is part of, by its index. One that only calls itself is in none.
    pub(super) cycles: Vec<Option<usize>>,
}

impl Order {
    /// How many cycles there are: sets of items each of which reaches all others.
    pub(super) fn count(&self) -> usize {
        self.cycles
            .iter()
            .flatten()
            .max()
            .map_or(0, |last| last + 1)
    }
}

/// Links by their ends, none from an item to itself.
type Links = BTreeSet<(usize, usize)>;

/// Puts items in order: by how many calls they are away from those that nobody calls, then by key.
///
/// Links are pairs of indices, caller first; those that name no item, or the same twice, say nothing.
pub(super) fn partition<K: Ord, G: Ord>(items: &[Item<K, G>], links: &[(usize, usize)]) -> Order {
    let mut sorted: Vec<(usize, &Item<K, G>)> = items.iter().enumerate().collect();
    sorted.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
    let mut rank = vec![0; items.len()];
    for (at, (index, _)) in sorted.iter().enumerate() {
        if let Some(rank) = rank.get_mut(*index) {
            *rank = at;
        }
    }
    let links: Links = links
        .iter()
        .filter_map(|(from, to)| Some((*rank.get(*from)?, *rank.get(*to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    let stores: Vec<bool> = sorted.iter().map(|(_, item)| item.is_store).collect();
    let groups: Vec<Option<&G>> = sorted.iter().map(|(_, item)| item.group.as_ref()).collect();
    let ranks = if groups.iter().any(Option::is_some) {
        grouped(&groups, &links, &stores)
    } else {
        layered(items.len(), &links, &stores)
    };
    let index = |rank: usize| sorted.get(rank).map(|(index, _)| *index);
    let mut cycles = vec![None; items.len()];
    let mut circles = components(items.len(), &links);
    circles.retain(|circle| circle.len() > 1);
    circles.sort();
    for (number, circle) in circles.iter().enumerate() {
        for at in circle.iter().filter_map(|rank| index(*rank)) {
            if let Some(cycle) = cycles.get_mut(at) {
                *cycle = Some(number);
            }
        }
    }
    Order {
        places: ranks.into_iter().filter_map(index).collect(),
        cycles,
    }
}

/// Group by group, each in its own order.
fn grouped<G: Ord>(groups: &[Option<&G>], links: &Links, stores: &[bool]) -> Vec<usize> {
    let mut members: BTreeMap<Option<&G>, Vec<usize>> = BTreeMap::new();
    for (node, group) in groups.iter().enumerate() {
        members.entry(*group).or_default().push(node);
    }
    let number: BTreeMap<Option<&G>, usize> = members.keys().copied().zip(0..).collect();
    let group_of = |node: &usize| groups.get(*node).and_then(|g| number.get(g).copied());
    let between: Links = links
        .iter()
        .filter_map(|(from, to)| Some((group_of(from)?, group_of(to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    let members: Vec<Vec<usize>> = members.into_values().collect();
    layered(members.len(), &between, &[])
        .into_iter()
        .filter_map(|group| members.get(group))
        .flat_map(|members| within(members, links, stores))
        .collect()
}

/// Some of the nodes, in the order that the links among them give.
fn within(members: &[usize], links: &Links, stores: &[bool]) -> Vec<usize> {
    let own = among(members, links);
    let stores: Vec<bool> = members
        .iter()
        .map(|node| stores.get(*node).is_some_and(|is| *is))
        .collect();
    named(members, layered(members.len(), &own, &stores))
}

/// The links among some of the nodes, by their places among these.
fn among(members: &[usize], links: &Links) -> Links {
    let place: BTreeMap<usize, usize> = members.iter().copied().zip(0..).collect();
    let mut own = Links::new();
    for node in members {
        for (from, to) in links.range((*node, 0)..=(*node, usize::MAX)) {
            own.extend(place.get(from).copied().zip(place.get(to).copied()));
        }
    }
    own
}

fn named(members: &[usize], places: Vec<usize>) -> Vec<usize> {
    let node = |place: usize| members.get(place).copied();
    places.into_iter().filter_map(node).collect()
}

/// Nodes by the longest way to them, those of a cycle beside each other.
fn layered(count: usize, links: &Links, stores: &[bool]) -> Vec<usize> {
    let parts = components(count, links);
    let mut part_of = vec![0; count];
    for (number, part) in parts.iter().enumerate() {
        for node in part {
            if let Some(of) = part_of.get_mut(*node) {
                *of = number;
            }
        }
    }
    let mut layers = vec![0_usize; parts.len()];
    // Callers come before callees here, so a layer is known before it is asked for.
    for (number, part) in parts.iter().enumerate() {
        let next = layers.get(number).map_or(0, |layer| layer + 1);
        for to in part.iter().flat_map(|node| callees(links, *node)) {
            let to = part_of.get(to).copied().filter(|to| *to != number);
            if let Some(layer) = to.and_then(|to| layers.get_mut(to)) {
                *layer = next.max(*layer);
            }
        }
    }
    let is_last = |part: &[usize]| match part {
        [node] => stores.get(*node).is_some_and(|is| *is) && callees(links, *node).next().is_none(),
        _ => false,
    };
    let mut ordered: Vec<(usize, Vec<usize>)> = layers
        .into_iter()
        .zip(parts)
        .map(|(layer, part)| {
            let layer = if is_last(&part) { usize::MAX } else { layer };
            (layer, part)
        })
        .collect();
    ordered.sort();
    let parts = ordered.into_iter().map(|(_, part)| part);
    parts.flat_map(|part| unwound(part, links)).collect()
}

/// The nodes of a cycle, with few links that lead back.
fn unwound(part: Vec<usize>, links: &Links) -> Vec<usize> {
    if part.len() < 2 {
        return part;
    }
    let mut own = among(&part, links);
    let graph = graph(part.len(), &own);
    for back in greedy_feedback_arc_set(&graph) {
        own.remove(&(back.source().index(), back.target().index()));
    }
    if components(part.len(), &own).len() < part.len() {
        // Not expected of what is left; the order of keys is one too.
        return part;
    }
    named(&part, layered(part.len(), &own, &[]))
}

fn callees(links: &Links, node: usize) -> impl Iterator<Item = usize> {
    let own = links.range((node, 0)..=(node, usize::MAX));
    own.map(|(_, to)| *to)
}

/// Strongly connected parts, each sorted, callers before callees.
fn components(count: usize, links: &Links) -> Vec<Vec<usize>> {
    let parts = kosaraju_scc(&graph(count, links)).into_iter().rev();
    parts
        .map(|part| {
            let mut part: Vec<usize> = part.into_iter().map(NodeIndex::index).collect();
            part.sort_unstable();
            part
        })
        .collect()
}

/// Nodes and links as the algorithms know them.
pub(super) fn graph(count: usize, links: &Links) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(count, links.len());
    (0..count).for_each(|_| {
        graph.add_node(());
    });
    for (from, to) in links {
        graph.add_edge(NodeIndex::new(*from), NodeIndex::new(*to), ());
    }
    graph
}
