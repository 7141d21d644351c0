//! A component type's own judgement: what its object and its components say together.

use jiff::Timestamp;

use super::element::{
    Autoscaler, Component, ComponentState, ComponentType, Health, Reason, Scalability,
};
use super::key::TypeKey;
use super::lifecycle::count;
use super::observation::{Kind, WorkloadFact};
use super::rating::Ratings;
use super::text::Text;

/// Everything that a component type is made from.
pub(super) struct Parts<'a> {
    pub(super) key: &'a TypeKey,
    /// Its own object.
    pub(super) own: Option<&'a WorkloadFact>,
    /// Workloads directly below a top owner whose own object is not watched.
    pub(super) below: Vec<&'a WorkloadFact>,
    /// Its components, in the order of their names.
    pub(super) components: &'a [&'a Component],
    /// What its annotations say, or its first pod's where its own object does not.
    pub(super) ratings: Ratings,
    /// Who sets its number.
    pub(super) autoscalers: Vec<Autoscaler>,
}

impl Parts<'_> {
    /// The component type.
    pub(super) fn build(&self) -> ComponentType {
        let desired = self.desired();
        let ready = self.ready();
        let updated = self
            .own
            .filter(|w| w.kind != Kind::Job && w.kind != Kind::CronJob)
            .and_then(|w| w.updated);
        let (health, reason) = self.verdict(desired, ready);
        ComponentType {
            key: self.key.clone(),
            declared: self.own.is_some(),
            state: self.state(desired, ready),
            health,
            reason,
            desired,
            ready,
            components: count(self.components.len()),
            current: self.own.map(|w| w.current),
            updated,
            restarts: self
                .components
                .iter()
                .map(|c| c.restarts)
                .fold(0, u32::saturating_add),
            revision: self
                .own
                .and_then(|w| w.meta.annotations.get("deployment.kubernetes.io/revision"))
                .cloned(),
            generation: self.own.and_then(|w| w.generation),
            observed_generation: self.own.and_then(|w| w.observed_generation),
            created: self.created(),
            images: self.images(),
            labels: self
                .own
                .map(|w| w.meta.labels.clone())
                .or_else(|| self.components.first().map(|c| c.labels.clone()))
                .unwrap_or_default(),
            schedule: self.own.and_then(|w| w.schedule.clone()),
            scalability: scalability(self.key),
            autoscalers: self.autoscalers.clone(),
            parameters: self
                .own
                .map(|w| w.parameters.clone())
                .or_else(|| self.newest().map(|c| c.parameters.clone()))
                .unwrap_or_default(),
            ratings: self.ratings.clone(),
            complaint: self
                .own
                .and_then(|w| w.troubles.first())
                .map(|t| Reason::with(&t.reason, t.message.clone())),
        }
    }

    /// When it was made; a bare pod is its own type.
    fn created(&self) -> Option<Timestamp> {
        match self.own {
            Some(own) => own.meta.created,
            None if &*self.key.kind == "Pod" => {
                let pods = self.components.iter();
                pods.filter_map(|c| c.created).min()
            }
            None => None,
        }
    }

    fn newest(&self) -> Option<&Component> {
        let of = |c: &&&Component| (c.created, c.uid.clone());
        self.components.iter().max_by_key(of).copied()
    }

    fn desired(&self) -> Option<u32> {
        match self.own {
            Some(own) => own.desired,
            None if self.below.is_empty() => None,
            None => self
                .below
                .iter()
                .map(|w| w.desired)
                .try_fold(0, |sum: u32, wanted| Some(sum.saturating_add(wanted?))),
        }
    }

    /// Ready ones as kubectl's list of the kind shows them; where no list of kubectl's has the kind, ready components.
    fn ready(&self) -> u32 {
        match self.own {
            Some(own) if own.kind != Kind::CronJob => own.ready,
            _ => self.ready_components(),
        }
    }

    fn ready_components(&self) -> u32 {
        count(
            self.components
                .iter()
                .filter(|c| c.state == ComponentState::Started)
                .count(),
        )
    }

    fn images(&self) -> Vec<Text> {
        if let Some(own) = self.own
            && !own.images.is_empty()
        {
            return own.images.clone();
        }
        let mut images: Vec<Text> = self
            .components
            .iter()
            .flat_map(|c| c.containers.iter().map(|c| c.image.clone()))
            .collect();
        images.sort();
        images.dedup();
        images
    }

    fn state(&self, desired: Option<u32>, ready: u32) -> ComponentState {
        if self.own.is_some_and(|w| w.complete) {
            return ComponentState::Undeployed;
        }
        // Of runs, only the last one tells how the next will fare.
        let last = self.newest_component().filter(|_| self.is_job());
        let any = |state| match last {
            Some(last) if state == ComponentState::Unknown => last.state == state,
            _ => self.components.iter().any(|c| c.state == state),
        };
        if any(ComponentState::Started) || (ready > 0 && !self.is_job()) {
            ComponentState::Started
        } else if any(ComponentState::Unknown) {
            ComponentState::Unknown
        } else if any(ComponentState::Deployed)
            || (desired.is_some_and(|d| d > 0) && !self.is_job())
        {
            ComponentState::Deployed
        } else {
            ComponentState::Undeployed
        }
    }

    fn is_job(&self) -> bool {
        self.own
            .is_some_and(|w| matches!(w.kind, Kind::Job | Kind::CronJob))
    }

    fn verdict(&self, desired: Option<u32>, ready: u32) -> (Health, Option<Reason>) {
        let is_complete = desired.is_some_and(|desired| ready >= desired);
        if let Some(trouble) = self.own.and_then(|w| w.troubles.first()) {
            // A pod's own reason says more than "the deadline was exceeded".
            let reason = self
                .worst_component(is_complete)
                .filter(|c| c.health == Health::Broken)
                .and_then(|c| c.reason.clone())
                .unwrap_or_else(|| Reason::with(&trouble.reason, trouble.message.clone()));
            return (Health::Broken, Some(reason));
        }
        if let Some(own) = self.own {
            if own.meta.deleting.is_some() {
                return (Health::Changing, Some(Reason::word("Terminating")));
            }
            if let Some(verdict) = self.job_verdict(own) {
                return verdict;
            }
        }
        if let Some(worst) = self.worst_component(is_complete)
            && worst.health.is_bad()
        {
            return (worst.health, worst.reason.clone());
        }
        if desired == Some(0) {
            return if self.running() == 0 {
                let zero = if self.own.is_some_and(|w| w.kind == Kind::DaemonSet) {
                    "no node wants it"
                } else {
                    "scaled to 0"
                };
                (Health::Stopped, Some(Reason::word(zero)))
            } else {
                (Health::Changing, Some(Reason::word("scaling to 0")))
            };
        }
        if let Some(own) = self.own
            && let Some(mut rollout) = rollout(own)
        {
            if own.suspended {
                let detail = rollout.detail.as_deref().unwrap_or_default();
                rollout.detail = Some(format!("{detail}, paused").into());
            }
            return (Health::Changing, Some(rollout));
        }
        if let Some(worst) = self.worst_component(is_complete)
            && worst.health != Health::Ok
            && !self.components.iter().any(|c| c.health == Health::Ok)
        {
            return (worst.health, worst.reason.clone());
        }
        match desired {
            Some(desired) if ready < desired => {
                // Of pods that nobody sees nobody knows that they start.
                let word = if self.components.is_empty() {
                    "not ready"
                } else {
                    "starting"
                };
                let reason = Reason::with(word, format!("{ready} of {desired} ready"));
                (Health::Changing, Some(reason))
            }
            Some(desired) if count(self.running()) > desired => {
                let more = count(self.running()) - desired;
                let reason = Reason::with("stopping", format!("{more} to go"));
                (Health::Changing, Some(reason))
            }
            _ if self.own.is_some_and(|w| w.suspended) => {
                // A paused Deployment serves; it only does not roll out.
                (Health::Ok, Some(Reason::word("paused")))
            }
            _ => (Health::Ok, None),
        }
    }

    /// Components that are there to stay or to go, not those that have finished.
    fn running(&self) -> usize {
        self.components
            .iter()
            .filter(|c| c.state != ComponentState::Undeployed)
            .count()
    }

    fn job_verdict(&self, own: &WorkloadFact) -> Option<(Health, Option<Reason>)> {
        match own.kind {
            Kind::CronJob if own.suspended => {
                Some((Health::Stopped, Some(Reason::word("suspended"))))
            }
            Kind::CronJob => {
                // An old failed run is history once a newer one succeeded.
                let bad = self.newest_component().filter(|c| c.health.is_bad());
                Some(bad.map_or((Health::Ok, None), |c| (c.health, c.reason.clone())))
            }
            Kind::Job if own.complete => Some((Health::Stopped, Some(Reason::word("Completed")))),
            Kind::Job if own.suspended => Some((Health::Stopped, Some(Reason::word("suspended")))),
            Kind::Job => {
                // A failed try is history once another one runs; the Job itself says when it gives up.
                if let Some(bad) = self.newest_component().filter(|c| c.health.is_bad()) {
                    return Some((bad.health, bad.reason.clone()));
                }
                let wanted = own.desired.unwrap_or(1);
                let mut detail = format!("{} of {wanted} done", own.ready);
                if own.failed > 0 {
                    detail.push_str(&format!(", {} failed", own.failed));
                }
                Some((Health::Changing, Some(Reason::with("running", detail))))
            }
            _ => None,
        }
    }

    /// The first of the unhealthiest; components come sorted, so the choice is the same every time.
    ///
    /// What the platform has ended (evicted, preempted) was replaced where somebody replaces pods, and
    /// says nothing about the type then. Nor does a pod that is on its way out where all that are wanted
    /// are ready: on a lost machine it may stay so for hours.
    fn worst_component(&self, is_complete: bool) -> Option<&Component> {
        let replaced = self.own.is_some()
            || !self.below.is_empty()
            || self
                .components
                .iter()
                .any(|c| c.state != ComponentState::Undeployed);
        self.components
            .iter()
            .rev()
            .copied()
            .filter(|c| !replaced || c.state != ComponentState::Undeployed)
            .filter(|c| !is_complete || &*c.status != "Terminating")
            .max_by_key(|c| c.health)
    }

    fn newest_component(&self) -> Option<&Component> {
        self.components.iter().copied().max_by_key(|c| c.created)
    }
}

/// A rollout that is under way, for kinds that roll.
fn rollout(own: &WorkloadFact) -> Option<Reason> {
    if own.kind == Kind::ReplicaSet {
        return None;
    }
    let desired = own.desired?;
    let updated = own.updated?;
    // Scaling alone leaves none of an older template: then it is no rollout.
    (own.current > updated).then(|| Reason::with("rollout", format!("{updated} of {desired}")))
}

fn scalability(key: &TypeKey) -> Scalability {
    let why = match &*key.kind {
        "Deployment" | "StatefulSet" | "ReplicaSet" => return Scalability::Scalable,
        "DaemonSet" => {
            "a DaemonSet runs one pod on each node that fits: change its node selector instead"
        }
        "Job" => "a Job runs to completion: its number is fixed when it is made",
        "CronJob" => "a CronJob makes Jobs by its schedule: suspend it or change the schedule",
        "Pod" => "a bare pod has no controller that could make another one",
        "Node" => "a static pod belongs to its node's kubelet",
        _ => {
            let why = format!(
                "{} is a kind of an operator: change its own object, the operator sets the number",
                key.short_kind()
            );
            return Scalability::Fixed { why: why.into() };
        }
    };
    Scalability::Fixed { why: why.into() }
}
