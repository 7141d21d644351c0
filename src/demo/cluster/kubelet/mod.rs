//! The kubelets: what becomes of a pod that is bound to a node.
//!
//! A pod's run is kept here and is what is so; the pod's status in the store tells of it. A step does what
//! is due in a run ([`life`]) and then writes the status once ([`status`]).

pub(super) mod affliction;
mod behaviour;
mod failing;
mod life;
mod machine;
mod run;
mod status;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Cluster;
use super::agenda::Step;
use super::object::Object;
use affliction::Affliction;
use machine::Machine;
use run::{Container, End, Move, Run, State, WHOLE};

/// What all kubelets know together.
#[derive(Debug, Default)]
pub(super) struct Kubelets {
    /// The pods on nodes, by uid.
    runs: HashMap<Arc<str>, Run>,
    /// The nodes, by name.
    machines: BTreeMap<Arc<str>, Machine>,
    /// The ranges of pod addresses that are given to nodes.
    ranges: u32,
    /// Images that nobody has.
    missing: BTreeSet<String>,
    /// What pods suffer from, by uid.
    afflictions: HashMap<Arc<str>, Affliction>,
}

/// One run of a container.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub(super) at: Timestamp,
    /// When and with what exit code it ended, if it did.
    pub(super) ended: Option<(Timestamp, i32)>,
    /// The number of the run.
    pub(super) round: u32,
    pub(super) image: Arc<str>,
    /// Whether it is there to do one piece of work and end.
    pub(super) brief: bool,
}

/// What is known of a container's runs.
pub(super) enum Past {
    Known(Started),
    /// There was none yet, for this reason.
    Waits(&'static str),
    /// There was none before.
    None,
}

impl Kubelets {
    /// The last run of a container that started, or the one before it.
    pub(super) fn past(&self, uid: &str, container: &str, previous: bool) -> Past {
        let Some(run) = self.runs.get(uid) else {
            return Past::Waits("ContainerCreating");
        };
        let Some(one) = run.containers.iter().find(|one| *one.name == *container) else {
            return Past::None;
        };
        let brief = one.init || run.of_job;
        let ended = |end: &End| {
            Past::Known(Started {
                at: end.started,
                ended: Some((end.finished, end.code)),
                round: end.round,
                image: Arc::clone(&one.image),
                brief,
            })
        };
        match (&one.state, &one.last) {
            // While it waits, what ended last is both the present and the past.
            (State::Waiting(..), Some(last)) => ended(last),
            (_, Some(last)) if previous => ended(last),
            (_, None) if previous => Past::None,
            (State::Waiting(reason, _), None) => Past::Waits(reason),
            (State::Ended(end), _) => ended(end),
            (State::Running(at), _) => Past::Known(Started {
                at: *at,
                ended: None,
                round: one.restarts,
                image: Arc::clone(&one.image),
                brief,
            }),
        }
    }

    /// The containers of a pod that ran at a time; nothing where none did.
    pub(super) fn running(&self, uid: &str, at: Timestamp) -> Option<Vec<&Arc<str>>> {
        let run = self.runs.get(uid)?;
        let ran = |one: &&Container| matches!(one.state, State::Running(since) if since <= at);
        let names: Vec<&Arc<str>> = run
            .containers
            .iter()
            .filter(ran)
            .map(|one| &one.name)
            .collect();
        (!names.is_empty()).then_some(names)
    }
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

    /// A node is heard of again: its pods go on, and what they are is told again.
    pub(super) fn resume(&mut self, pods: &[Arc<Object>]) {
        for pod in pods {
            let wait = self.between(300, 1500);
            let now = self.now;
            if let Some(run) = self.kubelets.runs.get_mut(&pod.uid) {
                run.plan(now + wait, WHOLE, Move::Report);
            }
            self.wake(&pod.uid);
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
