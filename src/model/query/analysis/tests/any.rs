//! Any small network, against computations that are too slow or too simple for anything else.

use proptest::prelude::*;

use super::{called, declared, network};
use crate::model::query::analysis::{Evidence, Most};
use crate::model::query::network::{Declaration, Flow, Network, Role};

/// What flows along a link; nothing at 0.
fn flow(kind: u8, calls: u64) -> Option<Flow> {
    match kind {
        0..=3 => None,
        4 => Some(declared(Declaration::Allowed)),
        5 => Some(declared(Declaration::Declared)),
        6 => Some(called(0)),
        7 => Some(Flow {
            recent: None,
            ..called(0)
        }),
        _ => Some(called(calls)),
    }
}

fn any_network(most: usize) -> impl Strategy<Value = Network> {
    (1..=most).prop_flat_map(|count| {
        let links = prop::collection::vec((0u8..12, 1u64..5), count * count);
        let entries = prop::collection::vec(0u8..4, count);
        (links, entries).prop_map(move |(links, entries)| {
            let links = links
                .into_iter()
                .enumerate()
                .filter_map(|(at, (kind, calls))| {
                    let (from, to) = (at / count, at % count);
                    flow(kind, calls)
                        .filter(|_| from != to)
                        .map(|flow| (from, to, flow))
                });
            let mut network = network(count, links);
            for (node, entry) in network.nodes.iter_mut().zip(entries) {
                node.role = if entry == 0 { Role::Entry } else { Role::Inner };
                node.own = (entry == 1).then(|| called(1));
            }
            network
        })
    })
}

/// A network in another order of its links.
fn shuffled(network: &Network, by: &[usize]) -> Network {
    let mut network = network.clone();
    for (at, other) in by.iter().enumerate() {
        let len = network.links.len();
        if at < len {
            network.links.swap(at, other % len);
        }
    }
    network
}

/// By pair of nodes: the fewest links along needs that are as sure as `least`; 0 only for a node itself.
fn distances(network: &Network, least: Evidence, without: Option<usize>) -> Vec<Vec<usize>> {
    const FAR: usize = usize::MAX / 4;
    let count = network.nodes.len();
    let mut far = vec![vec![FAR; count]; count];
    for link in &network.links {
        let gone = Some(link.from) == without || Some(link.to) == without;
        if link.flow.evidence().is_some_and(|by| by >= least) && !gone {
            far[link.from][link.to] = 1;
        }
    }
    for (at, row) in far.iter_mut().enumerate() {
        row[at] = 0;
    }
    for over in 0..count {
        for from in 0..count {
            for to in 0..count {
                far[from][to] = far[from][to].min(far[from][over] + far[over][to]);
            }
        }
    }
    for hops in far.iter_mut().flatten().filter(|hops| **hops >= FAR) {
        *hops = usize::MAX;
    }
    far
}

/// The shares of all nodes by Gauss's way: of who leads to `stopped` by calls; 0 for the rest.
fn solved(network: &Network, stopped: usize) -> Vec<f64> {
    let count = network.nodes.len();
    let mut calls = vec![vec![0.0_f64; count]; count];
    for link in &network.links {
        let few = u32::try_from(link.flow.calls()).expect("few calls");
        calls[link.from][link.to] = f64::from(few);
    }
    let far = distances(network, Evidence::Called, None);
    let leads = |at: usize| far[at][stopped] != usize::MAX && at != stopped;
    // Rows: share(v) - Σ p(v, w) share(w) = p(v, stopped).
    let mut rows: Vec<Vec<f64>> = (0..count)
        .map(|at| {
            let mut row = vec![0.0; count + 1];
            row[at] = 1.0;
            if leads(at) {
                let total: f64 = calls[at].iter().sum();
                row[count] = calls[at][stopped] / total;
                for to in (0..count).filter(|to| leads(*to)) {
                    row[to] -= calls[at][to] / total;
                }
            }
            row
        })
        .collect();
    for at in 0..count {
        let pivot = (at..count)
            .max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))
            .expect("a row");
        rows.swap(at, pivot);
        let head = rows[at].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            let factor = row[at] / head[at];
            for (cell, above) in row.iter_mut().zip(&head).filter(|_| other != at) {
                *cell -= factor * above;
            }
        }
    }
    (0..count)
        .map(|at| rows[at][count] / rows[at][at])
        .collect()
}

/// All paths from one to another that meet none twice: their links, and the calls of the least called one.
fn all_paths(network: &Network, from: usize, to: usize) -> Vec<(usize, u64, Vec<usize>)> {
    let mut found = Vec::new();
    let mut open = vec![(vec![from], u64::MAX)];
    while let Some((path, calls)) = open.pop() {
        let at = *path.last().expect("a path has a start");
        if at == to {
            found.push((path.len() - 1, calls, path));
            continue;
        }
        for link in network.links.iter().filter(|l| l.from == at) {
            if link.flow.evidence().is_some() && !path.contains(&link.to) {
                let mut longer = path.clone();
                longer.push(link.to);
                open.push((longer, calls.min(link.flow.calls())));
            }
        }
    }
    found.sort_by_key(|(hops, calls, path)| (*hops, u64::MAX - calls, path.clone()));
    found
}

/// How many parts hang together, whoever calls whom.
fn parts(network: &Network, without: Option<usize>) -> usize {
    let mut home: Vec<usize> = (0..network.nodes.len()).collect();
    for _ in 0..network.nodes.len() {
        for link in &network.links {
            let gone = Some(link.from) == without || Some(link.to) == without;
            if link.flow.evidence().is_some() && !gone {
                let least = home[link.from].min(home[link.to]);
                home[link.from] = least;
                home[link.to] = least;
            }
        }
    }
    home.iter()
        .enumerate()
        .filter(|(at, home)| at == *home)
        .count()
}

proptest! {
    #[test]
    fn who_is_touched_is_who_leads_there(network in any_network(8), at in 0usize..8) {
        let stopped = at % network.nodes.len();
        let impact = network.impact(stopped);
        let far = distances(&network, Evidence::Declared, None);
        for (from, far) in far.iter().enumerate() {
            let touched = impact.of(from);
            let leads = far[stopped] != usize::MAX && from != stopped;
            prop_assert_eq!(touched.is_some(), leads);
            let Some(touched) = touched else { continue };
            prop_assert_eq!(touched.hops, far[stopped]);
            let sure = Evidence::ALL.into_iter().find(|least| {
                distances(&network, *least, None)[from][stopped] != usize::MAX
            });
            prop_assert_eq!(Some(touched.by), sure);
        }
        let is_entry = |at: &usize| network.nodes[*at].role == Role::Entry;
        let entries: Vec<usize> = (0..network.nodes.len())
            .filter(|at| *at == stopped || impact.of(*at).is_some())
            .filter(is_entry)
            .collect();
        prop_assert_eq!(&impact.entries, &entries);
        let hops: Vec<usize> = impact.touched.iter().map(|t| t.hops).collect();
        prop_assert!(hops.is_sorted());
    }

    #[test]
    fn shares_are_those_of_the_equations(network in any_network(7), at in 0usize..7) {
        let stopped = at % network.nodes.len();
        let shares = solved(&network, stopped);
        let total = |at: usize| -> u64 {
            let own = network.links.iter().filter(|l| l.from == at);
            own.map(|l| l.flow.calls()).sum()
        };
        let leads = distances(&network, Evidence::Declared, None);
        let calls = distances(&network, Evidence::Called, Some(stopped));
        let impact = network.impact(stopped);
        for touched in &impact.touched {
            prop_assert_eq!(touched.share.is_some(), total(touched.node) > 0);
            let Some(share) = touched.share else { continue };
            let naive = shares[touched.node];
            prop_assert!(share <= naive + 1e-9, "{} of {}", share, naive);
            let unsure = (0..network.nodes.len()).any(|at| {
                let unknown = total(at) == 0 && leads[at][stopped] != usize::MAX && at != stopped;
                unknown && calls[touched.node][at] != usize::MAX
            });
            if unsure {
                prop_assert!(!touched.is_exact);
            }
            if touched.is_exact {
                prop_assert!((share - naive).abs() < 1e-4, "{} for {}", share, naive);
            }
        }
    }

    #[test]
    fn what_a_point_cuts_off_is_what_its_removal_does(network in any_network(8)) {
        let points = network.single_points();
        let before = distances(&network, Evidence::Declared, None);
        let entry_leads = |far: &[Vec<usize>], to: usize, without: Option<usize>| {
            let mut entries = points.entries.iter().filter(|e| Some(**e) != without);
            entries.any(|entry| far[*entry][to] != usize::MAX)
        };
        for at in 0..network.nodes.len() {
            let after = distances(&network, Evidence::Declared, Some(at));
            let others = (0..network.nodes.len()).filter(|to| *to != at);
            let lost: Vec<usize> = others
                .filter(|to| entry_leads(&before, *to, None) && !entry_leads(&after, *to, Some(at)))
                .collect();
            prop_assert_eq!(points.cut_by(at), lost.clone());
            let alone = parts(&network, Some(at)) - 1;
            let splits = alone > parts(&network, None);
            let point = points.points.iter().find(|p| p.node == at);
            prop_assert_eq!(point.is_some(), !lost.is_empty() || splits);
            if let Some(point) = point {
                prop_assert_eq!(point.cuts, lost.len());
                prop_assert_eq!(point.parts, splits);
                let leads = (0..network.nodes.len()).filter(|n| before[*n][at] != usize::MAX);
                prop_assert_eq!(point.callers, leads.count() - 1);
            }
        }
        let unreached = (0..network.nodes.len()).filter(|to| !entry_leads(&before, *to, None));
        prop_assert_eq!(points.unreached.clone(), unreached.collect::<Vec<_>>());
        if network.nodes.iter().any(|n| n.role == Role::Entry) {
            prop_assert!(!points.is_guessed);
        }
    }

    #[test]
    fn a_circle_is_who_all_lead_to_each_other(network in any_network(8)) {
        let cycles = network.cycles();
        let far = distances(&network, Evidence::Declared, None);
        let both = |a: usize, b: usize| far[a][b] != usize::MAX && far[b][a] != usize::MAX;
        for at in 0..network.nodes.len() {
            let ring: Vec<usize> = (0..network.nodes.len()).filter(|b| both(at, *b)).collect();
            let cycle = cycles.cycles.iter().find(|c| c.members.contains(&at));
            prop_assert_eq!(cycle.map(|c| c.members.clone()), (ring.len() > 1).then_some(ring));
        }
        for cycle in &cycles.cycles {
            let around = |least: Evidence| {
                let far = distances(&network, least, None);
                let links = network.links.iter().filter(|l| {
                    cycle.members.contains(&l.from) && l.flow.evidence().is_some_and(|by| by >= least)
                });
                links.filter_map(|l| far[l.to][l.from].checked_add(1)).min()
            };
            let shortest = Evidence::ALL.into_iter().find_map(|least| Some((around(least)?, least)));
            prop_assert_eq!(Some((cycle.example.len(), cycle.by)), shortest);
            let next = cycle.example.iter().cycle().skip(1);
            for (from, to) in cycle.example.iter().zip(next) {
                let mut links = network.links.iter();
                let sure = links.any(|l| {
                    (l.from, l.to) == (*from, *to) && l.flow.evidence().is_some_and(|by| by >= cycle.by)
                });
                prop_assert!(sure);
            }
            let mut once = cycle.example.clone();
            prop_assert_eq!(once.first(), once.iter().min());
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), cycle.example.len());
            for a in &cycle.members {
                for b in cycle.members.iter().filter(|b| a < b) {
                    let two_way = far[*a][*b] == 1 && far[*b][*a] == 1;
                    prop_assert_eq!(cycle.pairs.contains(&(*a, *b)), two_way);
                }
            }
        }
        let own = |at: &usize| network.nodes[*at].own.is_some();
        let own: Vec<usize> = (0..network.nodes.len()).filter(own).collect();
        prop_assert_eq!(cycles.own, own);
    }

    #[test]
    fn paths_are_the_first_of_all_paths(
        network in any_network(7), ends in (0usize..7, 0usize..7), paths in 1usize..9, hops in 1usize..8
    ) {
        let count = network.nodes.len();
        let (from, to) = (ends.0 % count, ends.1 % count);
        let found = network.paths(from, to, Most { paths, hops });
        let mut all = if from == to { Vec::new() } else { all_paths(&network, from, to) };
        all.retain(|(links, ..)| *links <= hops);
        prop_assert_eq!(found.are_more, all.len() > paths);
        let costs: Vec<(usize, u64)> = found.paths.iter().map(|p| (p.hops(), p.calls)).collect();
        let first = all.iter().take(paths).map(|(hops, calls, _)| (*hops, *calls));
        prop_assert_eq!(costs, first.collect::<Vec<_>>());
        for (at, path) in found.paths.iter().enumerate() {
            prop_assert!(all.iter().any(|(.., nodes)| *nodes == path.nodes));
            prop_assert!(found.paths.iter().skip(at + 1).all(|other| other.nodes != path.nodes));
        }
    }

    #[test]
    fn the_order_of_links_says_nothing(
        network in any_network(8), by in prop::collection::vec(any::<usize>(), 0..64), at in 0usize..8, to in 0usize..8
    ) {
        let other = shuffled(&network, &by);
        let (at, to) = (at % network.nodes.len(), to % network.nodes.len());
        prop_assert_eq!(network.impact(at), other.impact(at));
        prop_assert_eq!(network.single_points(), other.single_points());
        prop_assert_eq!(network.cycles(), other.cycles());
        prop_assert_eq!(network.paths(at, to, Most::default()), other.paths(at, to, Most::default()));
    }
}
