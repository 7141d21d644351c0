//! Whom a write concerns: which controllers look at what after it, and when.
//!
//! It decides nothing about objects; it only puts looks on the agenda.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Cluster;
use super::agenda::Step;
use super::kind::Kind;
use super::object::{Key, Object};
use super::store::Change;

/// From a change of what is wanted to the look of its controller: a controller is told by a watch and
/// has a queue.
const SOON: Duration = Duration::from_millis(15);
/// From a change of what is controlled to the look of what controls it; changes meanwhile are seen in one
/// look, or a thousand pods would be counted a thousand times.
const GATHER: Duration = Duration::from_millis(100);
/// What every other look that is due adds to that: controllers have few hands.
const EACH: Duration = Duration::from_micros(500);
const LONGEST: Duration = Duration::from_secs(1);

impl Cluster {
    /// Lets the last write be felt, if there was one after a revision; by the object's own controller only if
    /// it is not its.
    pub(super) fn ripple(&mut self, after: u64, own: bool) {
        let latest = self.store.latest().filter(|c| c.revision() > after);
        let Some(change) = latest.cloned() else {
            return;
        };
        let services = self.relations.note(&change);
        for service in services {
            self.touch(service, self.gather());
        }
        let object = &change.object;
        if object.key.kind == Kind::Service {
            let pods = self.store.list(Kind::Pod, Some(&object.key.namespace));
            self.relations.note_service(&change, pods);
        }
        self.touch_owner(&change);
        self.offer(&change);
        if change.deleted {
            self.mourn(object);
        }
        match object.key.kind {
            Kind::Pod => self.ripple_of_pod(&change),
            Kind::Node => self.ripple_of_node(&change),
            Kind::Ingress
            | Kind::EndpointSlice
            | Kind::ConfigMap
            | Kind::NetworkPolicy
            | Kind::Event => {}
            _ if change.deleted || !own => {}
            _ => self.touch(object.key.clone(), SOON),
        }
    }

    /// Asks for a look at an object.
    pub(super) fn touch(&mut self, key: Key, after: Duration) {
        self.agenda.look(self.now, after, key);
    }

    /// Asks for a look at an object when it is time.
    pub(super) fn touch_at(&mut self, key: Key, at: Timestamp) {
        self.touch(key, at.duration_since(self.now).unsigned_abs());
    }

    /// How long changes are gathered before they are looked at, as busy as it is.
    fn gather(&self) -> Duration {
        let others = u32::try_from(self.agenda.busy()).unwrap_or(u32::MAX);
        (GATHER + EACH.saturating_mul(others)).min(LONGEST)
    }

    /// What controls an object hears of it, if it matters; an orphan is collected.
    fn touch_owner(&mut self, change: &Change) {
        let owner = change.object.controller.clone();
        let before = change.before.as_ref();
        let was = before.and_then(|before| before.controller.clone());
        let moved = was != owner;
        if let Some(owner) = owner {
            match self.relations.home(&owner).cloned() {
                Some(home) if moved || matters_to(home.kind, change) => {
                    self.touch(home, self.gather());
                }
                Some(_) => {}
                None if change.deleted => {}
                None => self.agenda.add(self.now + GATHER, Step::Collect(owner)),
            }
        }
        if let Some(was) = was.filter(|_| moved)
            && let Some(home) = self.relations.home(&was).cloned()
        {
            self.touch(home, self.gather());
        }
    }

    /// What nothing controls any more, or has other labels now, may be adopted.
    fn offer(&mut self, change: &Change) {
        let object = &change.object;
        let by = match object.key.kind {
            Kind::Pod => Kind::ReplicaSet,
            Kind::ReplicaSet => Kind::Deployment,
            _ => return,
        };
        let before = change.before.as_ref();
        let news = before
            .is_none_or(|before| before.controller.is_some() || before.labels != object.labels);
        if change.deleted || object.controller.is_some() || !news {
            return;
        }
        let candidates = self.store.list(by, Some(&object.key.namespace));
        let candidates: Vec<Key> = candidates.map(|one| one.key.clone()).collect();
        for candidate in candidates {
            self.touch(candidate, SOON);
        }
    }

    /// What an object leaves behind.
    fn mourn(&mut self, gone: &Arc<Object>) {
        if self.store.owned_by(&gone.uid).next().is_some() {
            let uid = Arc::clone(&gone.uid);
            self.agenda.add(self.now + GATHER, Step::Collect(uid));
        }
        let home = Key::new(Kind::Namespace, "", &gone.key.namespace);
        if self.store.get(&home).is_some_and(|home| home.deleting) {
            self.touch(home, self.gather());
        }
    }

    fn ripple_of_pod(&mut self, change: &Change) {
        let pod = &change.object;
        if change.deleted {
            self.bury(&pod.uid);
        }
        let makes_room = pod.node.is_some() && (change.deleted || is_over(pod));
        if pod.node.is_none() && !change.deleted || makes_room {
            self.want_schedule();
        }
        let before = change.before.as_ref();
        let bound = pod.node.is_some() && before.is_none_or(|before| before.node.is_none());
        let leaving = pod.deleting && before.is_some_and(|before| !before.deleting);
        if !change.deleted && (bound || leaving) {
            self.notice(pod);
        }
    }

    fn ripple_of_node(&mut self, change: &Change) {
        let node = &change.object;
        self.want_schedule();
        let before = change.before.as_ref();
        if before.is_none() {
            self.meet_node(&node.key.name);
        }
        let news = change.deleted || before.is_none_or(|before| before.labels != node.labels);
        if news {
            let sets: Vec<Key> = self
                .store
                .list(Kind::DaemonSet, None)
                .map(|set| set.key.clone())
                .collect();
            for set in sets {
                self.touch(set, SOON);
            }
            self.touch(node.key.clone(), SOON);
        }
    }

    fn want_schedule(&mut self) {
        if self.relations.waiting().next().is_some() {
            self.agenda.add(self.now + SOON, Step::Schedule);
        }
    }
}

/// Whether a change of what is controlled is of interest to what controls it.
fn matters_to(owner: Kind, change: &Change) -> bool {
    let object = &change.object;
    let Some(before) = change.before.as_ref().filter(|_| !change.deleted) else {
        return true;
    };
    match object.key.kind {
        // A Service writes its slices itself.
        Kind::EndpointSlice => false,
        // A Job counts restarts, too; the others count pods.
        Kind::Pod if owner != Kind::Job => {
            let ready = |pod: &Object| pod.pod.as_ref().and_then(|facts| facts.ready_since);
            ready(before) != ready(object)
                || is_over(before) != is_over(object)
                || before.deleting != object.deleting
                || before.labels != object.labels
        }
        _ => true,
    }
}

fn is_over(pod: &Object) -> bool {
    pod.pod.as_ref().is_some_and(|facts| facts.phase.over())
}
