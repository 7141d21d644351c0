//! The order: the same for the same system, and against the calls only where there is a cycle.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::has_path_connecting;
use petgraph::graph::NodeIndex;
use proptest::prelude::*;

use super::super::order::{Item, Order, graph, partition};

type Links = Vec<(usize, usize)>;

fn items(count: usize, groups: &[Option<u8>], stores: &[bool]) -> Vec<Item<usize, u8>> {
    (0..count)
        .map(|key| Item {
            key,
            group: groups.get(key).copied().flatten(),
            is_store: stores.get(key).is_some_and(|is| *is),
        })
        .collect()
}

fn plain(count: usize, links: &Links) -> Order {
    partition(&items(count, &[], &[]), links)
}

/// Where each stands.
fn places(order: &Order) -> BTreeMap<usize, usize> {
    order.places.iter().copied().zip(0..).collect()
}

fn any_links(most: usize) -> impl Strategy<Value = (usize, Links)> {
    (1..most).prop_flat_map(|count| {
        let link = (0..count, 0..count);
        (Just(count), prop::collection::vec(link, 0..count * 3))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_lead_back_only_within_cycles(
        (count, links) in any_links(30),
        stores in prop::collection::vec(any::<bool>(), 0..30),
    ) {
        let order = partition(&items(count, &[], &stores), &links);
        let at = places(&order);
        prop_assert_eq!(at.len(), count, "everybody has one place");
        let own: BTreeSet<(usize, usize)> = links.iter().copied().filter(|(a, b)| a != b).collect();
        let known = graph(count, &own);
        let reaches = |a: usize, b: usize| {
            has_path_connecting(&known, NodeIndex::new(a), NodeIndex::new(b), None)
        };
        for (from, to) in &own {
            let back = at[from] > at[to];
            let circle = order.cycles[*from].is_some() && order.cycles[*from] == order.cycles[*to];
            prop_assert_eq!(circle, reaches(*to, *from), "{}-{} is in a cycle", from, to);
            prop_assert!(!back || circle, "{}-{} leads back", from, to);
        }
        // Whoever is in one cycle stands beside the others of it.
        for cycle in 0..order.count() {
            let mut rows: Vec<usize> =
                (0..count).filter(|n| order.cycles[*n] == Some(cycle)).map(|n| at[&n]).collect();
            rows.sort_unstable();
            prop_assert!(rows.len() > 1);
            prop_assert_eq!(rows[rows.len() - 1] - rows[0] + 1, rows.len());
        }
    }

    #[test]
    fn neither_the_order_of_nodes_nor_that_of_links_matters(
        ((count, links), seed) in (any_links(20), any::<u64>()),
        groups in prop::collection::vec(prop::option::of(0u8..3), 0..20),
    ) {
        let items = items(count, &groups, &[]);
        let order = partition(&items, &links);
        prop_assert_eq!(&order, &partition(&items, &links), "asked twice, the same");
        let mut moved: Vec<usize> = (0..count).collect();
        moved.sort_by_key(|n| (*n as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let place: BTreeMap<usize, usize> = moved.iter().copied().zip(0..).collect();
        let shuffled: Vec<Item<usize, u8>> = moved.iter().map(|n| items[*n].clone()).collect();
        let mut turned: Links = links.iter().map(|(a, b)| (place[a], place[b])).collect();
        turned.reverse();
        let other = partition(&shuffled, &turned);
        let names = |order: &Order, items: &[Item<usize, u8>]| -> Vec<(usize, Option<usize>)> {
            order.places.iter().map(|at| (items[*at].key, order.cycles[*at])).collect()
        };
        prop_assert_eq!(names(&order, &items), names(&other, &shuffled));
    }

    #[test]
    fn groups_stand_together_and_follow_their_calls(
        (count, links) in any_links(20),
        groups in prop::collection::vec(prop::option::of(0u8..3), 20),
    ) {
        let items = items(count, &groups, &[]);
        let order = partition(&items, &links);
        let mut seen: Vec<Option<u8>> = order.places.iter().map(|at| items[*at].group).collect();
        prop_assert_eq!(seen.len(), count);
        seen.dedup();
        let different: BTreeSet<Option<u8>> = seen.iter().copied().collect();
        prop_assert_eq!(seen.len(), different.len(), "each group once: {:?}", seen);
    }
}

#[test]
fn callers_come_before_callees_and_stores_last() {
    // 3 calls 0 calls 2, 3 calls 1: 1 is a store, and nobody stands behind it.
    let links = vec![(3, 0), (0, 2), (3, 1)];
    assert_eq!(plain(4, &links).places, [3, 0, 1, 2]);
    let stores = [false, true, false, false];
    let order = partition(&items(4, &[], &stores), &links);
    assert_eq!(order.places, [3, 0, 2, 1]);
    // Who calls somebody is no store, whatever it is taken for.
    let links = vec![(3, 0), (0, 2), (3, 1), (1, 0)];
    let order = partition(&items(4, &[], &stores), &links);
    assert_eq!(order.places, [3, 1, 0, 2]);
}

#[test]
fn a_cycle_has_few_links_that_lead_back() {
    // A ring of five has one at least.
    let links: Links = (0..5).map(|n| (n, (n + 1) % 5)).collect();
    let order = plain(5, &links);
    let at = places(&order);
    let back = links.iter().filter(|(a, b)| at[a] > at[b]).count();
    assert_eq!((order.count(), back), (1, 1));
    assert_eq!(
        plain(3, &vec![(1, 1), (9, 0)]).count(),
        0,
        "itself, and nobody"
    );
}

#[test]
fn a_long_chain_and_a_dense_part_are_no_burden() {
    let chain: Links = (0..3_000).map(|n| (n + 1, n)).collect();
    let order = plain(3_001, &chain);
    assert_eq!(order.places.first(), Some(&3_000));
    let dense: Links = (0..60).flat_map(|a| (0..60).map(move |b| (a, b))).collect();
    assert_eq!(plain(60, &dense).count(), 1);
}
