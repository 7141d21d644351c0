//! The kubelets: what becomes of a pod that is bound to a node.
//!
//! A pod's run is kept here and is what is so; the pod's status in the store tells of it. A step does what
//! is due in a run ([`life`]) and then writes the status once ([`status`]).

pub(super) mod affliction;
mod behaviour;
mod life;
mod machine;
mod run;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Cluster;
use super::agenda::Step;
use super::object::Object;
use affliction::Affliction;
use machine::Machine;
use run::{Move, Run, WHOLE};

/// What all kubelets know together.
#[derive(Debug, Default)]
pub(super) struct Kubelets {
    /// The pods on nodes, by uid.
    runs: BTreeMap<Arc<str>, Run>,
    /// The nodes, by name.
    machines: BTreeMap<Arc<str>, Machine>,
    /// The ranges of pod addresses that are given to nodes.
    ranges: u32,
    /// Images that nobody has.
    missing: BTreeSet<String>,
    /// What pods suffer from, by uid.
    afflictions: BTreeMap<Arc<str>, Affliction>,
}

impl Cluster {
    /// A pod was bound to a node, or is on its way out.
    pub(super) fn notice(&mut self, pod: &Arc<Object>) {
        let Some(node) = pod.node.clone() else { return };
        let uid = Arc::clone(&pod.uid);
        if !self.kubelets.runs.contains_key(&uid) {
            let mut run = Run::of(pod, node);
            run.plan(self.now + self.between(20, 120), WHOLE, Move::Admit);
            self.kubelets.runs.insert(Arc::clone(&uid), run);
        }
        if pod.deleting {
            self.begin_to_end(&uid, pod);
        }
        self.wake(&uid);
    }

    /// A pod is gone.
    pub(super) fn bury(&mut self, uid: &str) {
        self.kubelets.afflictions.remove(uid);
        let Some(run) = self.kubelets.runs.remove(uid) else {
            return;
        };
        if let (Some(address), Some(machine)) =
            (run.address, self.kubelets.machines.get_mut(&run.node))
        {
            machine.free(address);
        }
    }

    /// Puts a run's next move on the agenda.
    fn wake(&mut self, uid: &Arc<str>) {
        if let Some(at) = self.kubelets.runs.get(uid).and_then(Run::next) {
            self.agenda
                .add(at.max(self.now), Step::Pod(Arc::clone(uid)));
        }
    }

    /// Does what is due for a pod.
    pub(super) fn live(&mut self, uid: &Arc<str>) {
        let Some(mut run) = self.kubelets.runs.remove(uid) else {
            return;
        };
        // Nothing is heard of a lost node; it goes on when it is back.
        let lost = self
            .kubelets
            .machines
            .get(&run.node)
            .is_some_and(Machine::is_lost);
        if lost {
            self.kubelets.runs.insert(Arc::clone(uid), run);
            return;
        }
        let mut moved = false;
        while let Some((of, what)) = run.take_due(self.now) {
            moved = true;
            if what == Move::Gone {
                let key = run.key.clone();
                self.kubelets.runs.insert(Arc::clone(uid), run);
                self.erase(&key);
                return;
            }
            self.make_move(&mut run, of, what);
        }
        if moved && run.admitted {
            self.tell(&run);
        }
        self.kubelets.runs.insert(Arc::clone(uid), run);
        if moved {
            self.wake(uid);
        }
    }

    /// A length of time by chance, in milliseconds.
    fn between(&mut self, least: u64, most: u64) -> std::time::Duration {
        std::time::Duration::from_millis(self.random.u64(least..=most))
    }
}
