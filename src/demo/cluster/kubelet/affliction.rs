//! What can be done to a pod from outside, as faults do.

use std::sync::Arc;
use std::time::Duration;

use super::super::Cluster;
use super::run::{Move, State};

/// What a pod suffers from. It ends with its pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Affliction {
    /// Its first container ends so long after each start.
    Crash {
        /// How it ends; 137 is being killed.
        exit_code: i32,
        /// `Error`, `OOMKilled`.
        reason: String,
        /// Since its start, or since the affliction where it runs already.
        after: Duration,
    },
    /// Its readiness probe fails.
    Unready {
        /// What the probe says: `HTTP probe failed with statuscode: 503`.
        message: String,
    },
}

impl Cluster {
    /// Lets a pod suffer, by its uid, until it is cured or gone. Whether there is such a pod on a node.
    pub fn afflict(&mut self, uid: &str, affliction: Affliction) -> bool {
        let Some(run) = self.kubelets.runs.get_mut(uid) else {
            return false;
        };
        let culprit = run.culprit();
        let runs = run.containers.get(culprit);
        let runs = runs.is_some_and(|one| matches!(one.state, State::Running(_)));
        run.drop_plans(|of, what| of == culprit && matches!(what, Move::Fail | Move::Probe));
        if runs {
            match &affliction {
                Affliction::Crash { after, .. } => run.plan(self.now + *after, culprit, Move::Fail),
                Affliction::Unready { .. } => run.plan(self.now, culprit, Move::Probe),
            }
        }
        let uid: Arc<str> = Arc::clone(&run.uid);
        self.kubelets
            .afflictions
            .insert(Arc::clone(&uid), affliction);
        self.wake(&uid);
        true
    }

    /// Ends what a pod suffers from: it does not crash again, its next probe succeeds.
    pub fn cure(&mut self, uid: &str) {
        self.kubelets.afflictions.remove(uid);
    }

    /// From now on nobody has this image.
    pub fn image_missing(&mut self, image: &str) {
        self.kubelets.missing.insert(image.to_owned());
    }

    /// It is there again.
    pub fn image_found(&mut self, image: &str) {
        self.kubelets.missing.remove(image);
    }
}
