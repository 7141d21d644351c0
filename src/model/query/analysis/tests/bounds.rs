//! Large and awkward networks: every answer ends, within so many steps.

use super::{LOOKED, called, network};
use crate::model::query::analysis::Most;
use crate::model::query::network::{Network, Role};

const NODES: usize = 2_000;
const LINKS: usize = 5_000;

/// What one look at everything costs: every node, and every link from both ends.
const ONCE: usize = NODES + 2 * LINKS;

/// Links from here to there, spread by a fixed rule.
fn tangled() -> Network {
    let mut seed: usize = 7;
    let mut next = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % NODES
    };
    let links: std::collections::BTreeSet<(usize, usize)> = (0..LINKS)
        .map(|_| (next(), next()))
        .filter(|(a, b)| a != b)
        .collect();
    network(
        NODES,
        links
            .into_iter()
            .map(|(a, b)| (a, b, called(1 + (a % 9) as u64))),
    )
}

fn chain() -> Network {
    network(NODES, (1..NODES).map(|at| (at - 1, at, called(9))))
}

fn ring() -> Network {
    network(
        NODES,
        (0..NODES).map(|at| (at, (at + 1) % NODES, called(9))),
    )
}

/// Every one calls its neighbours on both sides: all are in one circle, and shares settle slowly.
fn ladder() -> Network {
    let up = (1..NODES).map(|at| (at - 1, at, called(9)));
    let down = (1..NODES).map(|at| (at, at - 1, called(9)));
    network(NODES, up.chain(down))
}

/// One calls all others, and all others call one.
fn star() -> Network {
    let out = (2..NODES).map(|at| (0, at, called(9)));
    let back = (2..NODES).map(|at| (at, 1, called(9)));
    network(NODES, out.chain(back))
}

fn all() -> Vec<Network> {
    let mut all = vec![tangled(), chain(), ring(), ladder(), star()];
    for network in &mut all {
        network.nodes[0].role = Role::Entry;
    }
    all.extend([network(0, []), network(1, [])]);
    all
}

/// How many nodes and links of nodes were looked at meanwhile.
fn steps(question: impl FnOnce()) -> usize {
    let before = LOOKED.get();
    question();
    LOOKED.get() - before
}

#[test]
fn a_blast_radius_looks_at_so_much_and_no_more() {
    for network in all() {
        for at in [0, 1, NODES / 2, NODES - 1] {
            let took = steps(|| drop(network.impact(at)));
            // The rounds of circles are bounded, and end in the middle of none.
            assert!(
                took <= 2 * (super::super::impact::STEPS + 8 * ONCE),
                "{took}"
            );
        }
    }
}

#[test]
fn single_points_look_at_everything_once_for_each_of_them() {
    for network in all() {
        let mut points = 0;
        let took = steps(|| points = network.single_points().points.len());
        assert!(took <= (points + 8) * ONCE, "{took} for {points}");
    }
}

#[test]
fn circles_look_at_everything_once_for_each_member() {
    for network in all() {
        let took = steps(|| drop(network.cycles()));
        assert!(took <= (NODES + 8) * ONCE, "{took}");
    }
}

#[test]
fn paths_look_at_everything_once_for_each_turn_of_each_path() {
    let most = Most::default();
    for network in all() {
        let last = network.nodes.len().saturating_sub(1);
        for (from, to) in [(0, last), (last, 0), (0, 9), (0, 0), (last + 1, 0)] {
            let took = steps(|| drop(network.paths(from, to, most)));
            assert!(took <= ((most.paths + 1) * most.hops + 4) * ONCE, "{took}");
        }
    }
}

#[test]
fn what_did_not_settle_is_said_to_be_a_lower_bound() {
    let network = ladder();
    let impact = network.impact(0);
    let far = impact.of(NODES - 1).expect("it leads there");
    // Whoever walks for ever between the ends meets the first one some time.
    assert!(!far.is_exact);
    assert!(far.share.is_some_and(|share| share < 1.0));
    assert!(impact.sentence.contains("at least"), "{}", impact.sentence);
}
