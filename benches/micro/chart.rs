//! Made-up systems to be drawn, for the benchmarks here and for `benches/layouts`, which takes this file too.

use std::collections::BTreeSet;

/// Cells of a box: a name of twenty characters on one row.
pub const WIDTH: usize = 20;
pub const HEIGHT: usize = 1;

/// A system as they are: some are called by many, most by few, three in a hundred of the further calls lead back.
/// About 1.75 calls a service, all of them reachable from the first one, none of a service with itself.
#[derive(Clone, Debug)]
pub struct Chart {
    pub size: usize,
    /// Sorted, each pair once.
    pub calls: Vec<(usize, usize)>,
}

impl Chart {
    /// The same size and seed make the same system.
    pub fn new(size: usize, seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let mut calls = BTreeSet::new();
        for callee in 1..size {
            // Who came first has more callees, as gateways have.
            let caller = chance.usize(0..callee).min(chance.usize(0..callee));
            calls.insert((caller, callee));
        }
        for _ in 0..size * 3 / 4 {
            let (one, other) = (chance.usize(0..size), chance.usize(0..size));
            let (first, last) = (one.min(other), one.max(other));
            let leads_back = chance.u32(0..100) < 3;
            match (first == last, leads_back) {
                (true, _) => {}
                (false, true) => drop(calls.insert((last, first))),
                (false, false) => drop(calls.insert((first, last))),
            }
        }
        let calls = calls.into_iter().collect();
        Self { size, calls }
    }

    /// The same with one service more, which calls another one or is called by it.
    pub fn with_leaf(&self, seed: u64, calls: bool) -> Self {
        let other = fastrand::Rng::with_seed(seed + 1).usize(0..self.size);
        let mut with = self.clone();
        with.size += 1;
        with.calls.push(if calls {
            (self.size, other)
        } else {
            (other, self.size)
        });
        with.calls.sort_unstable();
        with
    }
}
