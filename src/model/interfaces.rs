//! Interfaces and their usage, as element asks element: derived from what tracing sources sampled, like
//! calls are derived from what they counted.
//!
//! No element and no change: these numbers move with every answer of a tracing source, and what appears or
//! goes silent is told of the calls that they belong to.

mod joining;

use std::collections::HashMap;
use std::sync::Arc;

use super::key::ElementKey;
use super::text::Text;
use super::usage::{Instance, Protocol, Sort, Tally};

pub(super) use self::joining::{Joining, Origin, Place, STEP};

/// One operation of a callee as one caller uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationUse {
    /// Who calls; `None` where nobody said so: a user, a gateway that is not traced.
    pub caller: Option<ElementKey>,
    /// Who is called.
    pub callee: ElementKey,
    /// What the callee is, as its callers tell.
    pub sort: Sort,
    /// How it is called; `None` where the call itself was not recorded.
    pub protocol: Option<Protocol>,
    /// The operation's name; empty where the call itself was not recorded.
    pub operation: Text,
    /// What was counted.
    pub tally: Tally,
}

/// One operation of an interface, with all its usage on one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation<'a> {
    /// Who provides it.
    pub callee: &'a ElementKey,
    /// How it is called; `None` where the call itself was not recorded.
    pub protocol: Option<Protocol>,
    /// Its name; empty where the call itself was not recorded.
    pub name: &'a Text,
    /// All its usage together.
    pub tally: Tally,
    /// Who uses it how: busiest first.
    pub uses: Vec<&'a OperationUse>,
}

impl Operation<'_> {
    /// Calls that failed at the callers while no span of the callee, and no status, tells of them. Who is
    /// none of the components here is never heard of but by its callers, so nothing is said of it.
    #[must_use]
    pub const fn unanswered(&self) -> u64 {
        match self.callee {
            ElementKey::Type(_) => self.tally.unanswered,
            _ => 0,
        }
    }

    /// Whether all that is known of it are such calls.
    #[must_use]
    pub const fn is_unanswered(&self) -> bool {
        self.tally.calls > 0 && self.unanswered() == self.tally.calls
    }
}

/// What one instance of a callee served, whoever called.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceUse {
    /// How the instance is told from others.
    pub instance: Instance,
    /// What was counted.
    pub tally: Tally,
}

/// Of what the interfaces are a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The window's length in ms.
    pub window_ms: u64,
    /// How many traces were looked at.
    pub traces: u64,
    /// Whether there were more, which were not looked at.
    pub is_part: bool,
    /// Calls that are hidden: checks of health, scrapes, records of proxies.
    pub hidden: u64,
}

/// All uses.
#[derive(Clone, Debug, Default)]
pub struct Interfaces {
    uses: Vec<OperationUse>,
    by_callee: HashMap<ElementKey, Vec<usize>>,
    by_caller: HashMap<ElementKey, Vec<usize>>,
    inbound: HashMap<ElementKey, Tally>,
    /// By callee.
    served: HashMap<ElementKey, Vec<InstanceUse>>,
    /// By the key of the call: the duration in µs that 95 % of it did not exceed.
    paces: HashMap<ElementKey, u64>,
    /// What the callers of each callee take it for.
    sorts: HashMap<ElementKey, Sort>,
    sample: Option<Sample>,
    /// What they were joined of.
    origin: Arc<Origin>,
}

impl Interfaces {
    pub(super) fn is_of(&self, origin: &Origin) -> bool {
        *self.origin == *origin
    }

    /// What was saved of them: what callees are, and how long calls took in µs, by the call's key.
    pub(super) fn saved(
        sorts: impl Iterator<Item = (ElementKey, Sort)>,
        paces: impl Iterator<Item = (ElementKey, u64)>,
    ) -> Self {
        Self {
            sorts: sorts.collect(),
            paces: paces.collect(),
            ..Self::default()
        }
    }

    /// What an element provides, as far as it was seen to be used: busiest first.
    #[must_use]
    pub fn provided(&self, callee: &ElementKey) -> Vec<Operation<'_>> {
        self.operations(self.by_callee.get(callee))
    }

    /// What an element requires of others: busiest first.
    #[must_use]
    pub fn required(&self, caller: &ElementKey) -> Vec<Operation<'_>> {
        self.operations(self.by_caller.get(caller))
    }

    /// What one asks of another: busiest first.
    #[must_use]
    pub fn between(&self, caller: &ElementKey, callee: &ElementKey) -> Vec<Operation<'_>> {
        let mut operations = self.required(caller);
        operations.retain(|operation| operation.callee == callee);
        operations
    }

    /// One operation of a callee, with all its usage; or with that of one caller only.
    #[must_use]
    pub fn operation(
        &self,
        callee: &ElementKey,
        (protocol, name): (Option<Protocol>, &Text),
        caller: Option<&ElementKey>,
    ) -> Option<Operation<'_>> {
        let places = self.by_callee.get(callee)?.iter().copied();
        let is_it = |at: &usize| {
            self.uses.get(*at).is_some_and(|used| {
                used.protocol == protocol
                    && used.operation == *name
                    && (caller.is_none() || used.caller.as_ref() == caller)
            })
        };
        let places: Vec<usize> = places.filter(is_it).collect();
        self.operations(Some(&places)).pop()
    }

    /// All calls to an element together; `None` where none was sampled.
    #[must_use]
    pub fn inbound(&self, callee: &ElementKey) -> Option<&Tally> {
        self.inbound.get(callee)
    }

    /// What the instances of an element served, where the called sides say which one they are.
    #[must_use]
    pub fn served(&self, callee: &ElementKey) -> &[InstanceUse] {
        self.served.get(callee).map_or(&[], Vec::as_slice)
    }

    /// The duration in µs that 95 % of a call's sampled calls did not exceed, by the call's key.
    #[must_use]
    pub fn p95_us(&self, call: &ElementKey) -> Option<u64> {
        self.paces.get(call).copied()
    }

    /// What an element's callers take it for.
    #[must_use]
    pub fn sort(&self, callee: &ElementKey) -> Sort {
        self.sorts.get(callee).copied().unwrap_or_default()
    }

    /// Of what this is a sample; `None` where no source sampled anything.
    #[must_use]
    pub const fn sample(&self) -> Option<&Sample> {
        self.sample.as_ref()
    }

    /// Every use, in order.
    pub fn uses(&self) -> impl Iterator<Item = &OperationUse> {
        self.uses.iter()
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        let served: usize = self.served.values().map(Vec::len).sum();
        self.uses.len() * 3 + self.inbound.len() + self.paces.len() + served
    }

    fn operations(&self, places: Option<&Vec<usize>>) -> Vec<Operation<'_>> {
        let mut found: Vec<Operation<'_>> = Vec::new();
        let uses = places.into_iter().flatten();
        for used in uses.filter_map(|at| self.uses.get(*at)) {
            let same = |o: &&mut Operation<'_>| {
                *o.callee == used.callee && o.protocol == used.protocol && *o.name == used.operation
            };
            // Uses stand in the order of callee, protocol and operation.
            match found.last_mut().filter(same) {
                Some(operation) => {
                    operation.tally.merge(&used.tally);
                    operation.uses.push(used);
                }
                None => found.push(Operation {
                    callee: &used.callee,
                    protocol: used.protocol,
                    name: &used.operation,
                    tally: used.tally.clone(),
                    uses: vec![used],
                }),
            }
        }
        for operation in &mut found {
            let calls = |used: &&OperationUse| std::cmp::Reverse(used.tally.calls);
            operation.uses.sort_by_key(calls);
        }
        found.sort_by_key(|operation| std::cmp::Reverse(operation.tally.calls));
        found
    }
}
