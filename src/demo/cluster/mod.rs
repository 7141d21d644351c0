//! The simulated cluster: what an API server keeps, and the controllers, scheduler and kubelets that make
//! it live. Pure: it has no clock, [`Cluster::advance`] tells it what time it is.
//!
//! Requests come in as the API's verbs ([`Cluster::create`] and its neighbours) and are answered at once;
//! what follows from them happens as time advances: every write touches what it concerns ([`ripple`]),
//! which puts steps on the [`agenda`]; a step looks at what is there and does what is missing.

mod agenda;
mod conditions;
mod controllers;
mod events;
pub mod json;
pub mod kind;
mod kubelet;
mod naming;
pub mod object;
mod quantity;
pub mod refusal;
mod relations;
mod ripple;
mod selector;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod verbs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use agenda::{Agenda, Step};
use controllers::Advice;
use events::Journal;
use kubelet::Kubelets;
use object::{Key, Object};
use relations::Relations;
use store::Store;

pub use kubelet::affliction::Affliction;

/// How often changes are forgotten, as an API server has its etcd do: what is told of what was is between
/// one and two times as long.
const COMPACTION: Duration = Duration::from_secs(300);

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    store: Store,
    /// The revision at the last compaction.
    compacted_at: u64,
    now: Timestamp,
    random: fastrand::Rng,
    agenda: Agenda,
    relations: Relations,
    journal: Journal,
    kubelets: Kubelets,
    /// How busy workloads are, by namespace and name.
    loads: BTreeMap<(String, String), f64>,
    /// What autoscalers thought of late, by their uid.
    advice: BTreeMap<Arc<str>, Advice>,
}

impl Cluster {
    /// An empty cluster in which it is `now`; the same seed and the same requests at the same times make
    /// the same history.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let mut agenda = Agenda::default();
        agenda.add(now + COMPACTION, Step::Compact);
        Self {
            store: Store::default(),
            compacted_at: 0,
            now,
            random: fastrand::Rng::with_seed(seed),
            agenda,
            relations: Relations::default(),
            journal: Journal::default(),
            kubelets: Kubelets::default(),
            loads: BTreeMap::new(),
            advice: BTreeMap::new(),
        }
    }

    /// What is there, and what has changed.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Forgets what has changed up to now, as etcd does from time to time: watches and pages of lists that
    /// are further behind are told that they expired.
    pub fn compact(&mut self) {
        self.store.compact(self.store.revision());
    }

    /// Forgets what had changed by the last time, and comes again.
    fn compact_in_turn(&mut self) {
        self.store.compact(self.compacted_at);
        self.compacted_at = self.store.revision();
        self.agenda.add(self.now + COMPACTION, Step::Compact);
    }

    /// What time it is in there.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass, with everything that falls due on the way, in its order. A time that has been is
    /// no time to go to: nothing happens.
    pub fn advance(&mut self, to: Timestamp) {
        if to <= self.now {
            return;
        }
        while let Some((at, step)) = self.agenda.next_by(to) {
            self.now = self.now.max(at);
            self.take(step);
        }
        self.now = to;
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Reconcile(key) => self.reconcile(&key),
            Step::Collect(uid) => self.collect(&uid),
            Step::Schedule => self.schedule(),
            Step::Pod(uid) => self.live(&uid),
            Step::Silence(node, losses) => self.fall_silent(&node, losses),
            Step::Evict(node, losses) => self.evict(&node, losses),
            Step::Forget => self.forget_events(),
            Step::Compact => self.compact_in_turn(),
        }
    }

    /// Writes an object, and touches what that concerns.
    fn write(&mut self, key: Key, value: Value) -> Arc<Object> {
        let before = self.store.revision();
        let object = self.store.put(key, value);
        self.ripple(before, true);
        object
    }

    /// Writes what a controller notes in its object: the same, but that it need not look at that again.
    fn note(&mut self, key: Key, value: Value) {
        let before = self.store.revision();
        self.store.put(key, value);
        self.ripple(before, false);
    }

    /// Writes the status of an object; its controller need not look at that again.
    fn report(&mut self, key: &Key, status: &Value) {
        let before = self.store.revision();
        self.store.put_status(key, status);
        self.ripple(before, false);
    }

    /// Takes an object away, and touches what that concerns.
    fn erase(&mut self, key: &Key) {
        let before = self.store.revision();
        self.store.remove(key);
        self.ripple(before, true);
    }
}
