//! Which column each node stands in.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::{greedy_feedback_arc_set, tarjan_scc};
use petgraph::graph::DiGraph;
use petgraph::visit::EdgeRef;

use super::{End, Sketch, at, put};

/// The column of every node, anew: callers before callees as far as no cycle forbids it, ways in first, stores last.
pub(super) fn assign(sketch: &Sketch<'_>) -> Vec<i32> {
    let pairs = forward(sketch);
    let order = topological(sketch.len(), &pairs);
    let mut columns = longest(sketch.len(), &pairs, &order);
    pull(sketch, &pairs, &order, &mut columns);
    let last = columns.iter().copied().max().unwrap_or(0);
    let calls: BTreeSet<usize> = pairs.iter().map(|(from, _)| *from).collect();
    for node in 0..sketch.len() {
        if sketch.node(node).end == End::Last && !calls.contains(&node) {
            // Beside its callers' column, never in it.
            let callers = pairs.iter().filter(|(_, to)| *to == node);
            let after = callers.map(|(from, _)| at(&columns, *from) + 1).max();
            put(&mut columns, node, last.max(after.unwrap_or(0)));
        }
    }
    spread_unlinked(sketch, &mut columns);
    columns
}

/// Old nodes keep their columns; new ones go right of their callers, else left of whom they call.
pub(super) fn keep(sketch: &Sketch<'_>) -> Vec<i32> {
    let fresh = assign(sketch);
    let mut columns: BTreeMap<usize, i32> = BTreeMap::new();
    for node in 0..sketch.len() {
        if let Some(place) = sketch.before(node) {
            columns.insert(node, place.column);
        }
    }
    let last = columns.values().copied().max().unwrap_or(0);
    let first = columns.values().copied().min().unwrap_or(0);
    let mut new: Vec<usize> = (0..sketch.len())
        .filter(|n| !columns.contains_key(n))
        .collect();
    new.sort_by_key(|n| (at(&fresh, *n), *n));
    let (mut callers, mut callees) = (BTreeMap::new(), BTreeMap::new());
    for (from, to, _) in &sketch.edges {
        callers.entry(*to).or_insert_with(Vec::new).push(*from);
        callees.entry(*from).or_insert_with(Vec::new).push(*to);
    }
    for node in new {
        let known = |of: &BTreeMap<usize, Vec<usize>>| {
            let others = of.get(&node).into_iter().flatten();
            others
                .filter_map(|n| columns.get(n).copied())
                .collect::<Vec<i32>>()
        };
        let after = known(&callers).into_iter().max().map(|c| c + 1);
        let before = known(&callees).into_iter().min().map(|c| c - 1);
        let column = match (after, before) {
            (Some(after), None) if sketch.node(node).end == End::Last => after.max(last),
            // A way in does not widen the picture to the left while there is a column of ways in.
            (None, Some(before)) if sketch.node(node).end == End::First => before.min(first),
            (Some(after), _) => after,
            (None, Some(before)) => before,
            (None, None) => first + at(&fresh, node),
        };
        columns.insert(node, column);
    }
    (0..sketch.len())
        .map(|n| columns.get(&n).copied().unwrap_or(0))
        .collect()
}

/// Pairs of different nodes with an edge, some of them turned so that no cycle is left.
fn forward(sketch: &Sketch<'_>) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = sketch.edges.iter().map(|(a, b, _)| (*a, *b)).collect();
    pairs.dedup();
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    let nodes: Vec<_> = (0..sketch.len()).map(|_| graph.add_node(())).collect();
    for (from, to) in &pairs {
        if let (Some(from), Some(to)) = (nodes.get(*from), nodes.get(*to)) {
            graph.add_edge(*from, *to, ());
        }
    }
    let mut component = vec![0; sketch.len()];
    let mut sizes = Vec::new();
    for (index, members) in tarjan_scc(&graph).iter().enumerate() {
        sizes.push(members.len());
        for member in members {
            put(&mut component, member.index(), index);
        }
    }
    // Only within a cycle is anything turned, whatever the heuristic would do to the rest.
    let inside = |from: usize, to: usize| at(&component, from) == at(&component, to);
    graph.retain_edges(|graph, edge| {
        let ends = graph.edge_endpoints(edge);
        ends.is_some_and(|(from, to)| inside(from.index(), to.index()))
    });
    let mut back: BTreeSet<(usize, usize)> = greedy_feedback_arc_set(&graph)
        .map(|edge| (edge.source().index(), edge.target().index()))
        .collect();
    // A way in is left of what it calls, also within a cycle.
    for (from, to) in &pairs {
        if inside(*from, *to)
            && sketch.node(*to).end == End::First
            && sketch.node(*from).end != End::First
        {
            back.insert((*from, *to));
            back.remove(&(*to, *from));
        }
    }
    let mut turned: Vec<(usize, usize)> = pairs
        .into_iter()
        .map(|(from, to)| {
            if back.contains(&(from, to)) {
                (to, from)
            } else {
                (from, to)
            }
        })
        .collect();
    turned.sort_unstable();
    turned.dedup();
    turned
}

/// Callers before callees; what is still in a cycle (ways in may make one) follows in the order of the nodes.
fn topological(nodes: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut waiting = vec![0_usize; nodes];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (from, to) in pairs {
        let waits = at(&waiting, *to) + 1;
        put(&mut waiting, *to, waits);
        if let Some(next) = next.get_mut(*from) {
            next.push(*to);
        }
    }
    let mut ready: BTreeSet<usize> = (0..nodes).filter(|n| at(&waiting, *n) == 0).collect();
    let mut left: BTreeSet<usize> = (0..nodes).collect();
    let mut order = Vec::with_capacity(nodes);
    while let Some(node) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&node);
        order.push(node);
        for to in next.get(node).into_iter().flatten() {
            let waits = at(&waiting, *to).saturating_sub(1);
            put(&mut waiting, *to, waits);
            if waits == 0 && left.contains(to) {
                ready.insert(*to);
            }
        }
    }
    order
}

/// The length of the longest way to each node.
fn longest(nodes: usize, pairs: &[(usize, usize)], order: &[usize]) -> Vec<i32> {
    let mut columns = vec![0; nodes];
    let mut place = vec![0; nodes];
    for (index, node) in order.iter().enumerate() {
        put(&mut place, *node, index);
    }
    let mut sorted: Vec<&(usize, usize)> = pairs.iter().collect();
    sorted.sort_by_key(|(from, _)| at(&place, *from));
    for (from, to) in sorted {
        if at(&place, *from) < at(&place, *to) {
            let column = at(&columns, *to).max(at(&columns, *from) + 1);
            put(&mut columns, *to, column);
        }
    }
    columns
}

/// Brings what nobody calls beside whom it calls, unless it is a way in.
fn pull(sketch: &Sketch<'_>, pairs: &[(usize, usize)], order: &[usize], columns: &mut [i32]) {
    let called: BTreeSet<usize> = pairs.iter().map(|(_, to)| *to).collect();
    let mut nearest: BTreeMap<usize, i32> = BTreeMap::new();
    for (from, to) in pairs {
        let column = at(columns, *to);
        let least = nearest.entry(*from).or_insert(column);
        *least = (*least).min(column);
    }
    for node in order {
        if called.contains(node) || sketch.node(*node).end == End::First {
            continue;
        }
        if let Some(least) = nearest.get(node) {
            put(columns, *node, (least - 1).max(0));
        }
    }
}

/// Shares the nodes without any edge among the columns, so that they make no tower.
fn spread_unlinked(sketch: &Sketch<'_>, columns: &mut [i32]) {
    let linked: BTreeSet<usize> = sketch.edges.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
    let wide = columns.iter().copied().max().unwrap_or(0).max(3) + 1;
    let unlinked = (0..sketch.len()).filter(|n| !linked.contains(n));
    for (node, column) in unlinked.zip((0..wide).cycle()) {
        put(columns, node, column);
    }
}
