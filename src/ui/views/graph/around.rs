//! Who is around: neighbours of elements, and those that may get a box one hop further out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chart::fails;
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::query::links::{Neighbour, Side};

/// Asks the model once for each element and side.
pub(super) struct Around<'a> {
    model: &'a Model,
    known: HashMap<(ElementKey, Side), Vec<Neighbour<'a>>>,
}

impl<'a> Around<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self {
            model,
            known: HashMap::new(),
        }
    }

    pub(super) fn of(&mut self, key: &ElementKey, side: Side) -> &[Neighbour<'a>] {
        self.known
            .entry((key.clone(), side))
            .or_insert_with(|| self.model.neighbours(key, side))
    }

    /// How many different elements among `within` an element is linked to.
    pub(super) fn degree(
        &mut self,
        key: &ElementKey,
        within: impl Fn(&ElementKey) -> bool,
    ) -> usize {
        let mut others = BTreeSet::new();
        for side in [Side::Callers, Side::Callees] {
            let found = self.of(key, side).iter().map(|n| n.key);
            others.extend(found.filter(|k| *k != key && within(k)).cloned());
        }
        others.len()
    }
}

/// What is known of an element that may get a box.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    pub(super) calls: [u64; 2],
    pub(super) near: [bool; 2],
    pub(super) fails: bool,
}

impl Candidate {
    pub(super) fn total(&self) -> u64 {
        self.calls.iter().sum()
    }

    /// To the left or to the right: where it is near; where on both sides, where more is called.
    pub(super) fn side(&self) -> i16 {
        let [left, right] = self.calls;
        match self.near {
            [true, false] => -1,
            [true, true] if left > right => -1,
            _ => 1,
        }
    }
}

/// Elements one hop further out than what is placed.
pub(super) fn candidates(
    around: &mut Around<'_>,
    placed: &BTreeMap<ElementKey, i16>,
    settled: &BTreeSet<ElementKey>,
    hop: i16,
) -> BTreeMap<ElementKey, Candidate> {
    let mut found: BTreeMap<ElementKey, Candidate> = BTreeMap::new();
    for (place, (sign, side)) in [(-1, Side::Callers), (1, Side::Callees)]
        .into_iter()
        .enumerate()
    {
        for (key, _) in placed.iter().filter(|(_, c)| **c == sign * (hop - 1)) {
            for neighbour in around.of(key, side) {
                if settled.contains(neighbour.key) {
                    continue;
                }
                let candidate = found.entry(neighbour.key.clone()).or_default();
                if let Some(calls) = candidate.calls.get_mut(place) {
                    *calls += neighbour.recent_calls();
                }
                if let Some(near) = candidate.near.get_mut(place) {
                    *near = true;
                }
                candidate.fails |= fails(neighbour.call.and_then(|c| c.recent));
            }
        }
    }
    found
}
