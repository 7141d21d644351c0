//! Deployments: a ReplicaSet for each template that they had, and the way from one to the next.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/>

mod progress;
mod rollout;
mod sets;

use std::sync::Arc;

use serde_json::Value;

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json};
use sets::{Set, Sets};

const NAME: &str = "deployment-controller";
/// Which version of the template a ReplicaSet is, and which one a Deployment wants.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// A Deployment as its controller reads it.
struct Wanted {
    object: Arc<Object>,
    value: Value,
    /// How many pods.
    replicas: i64,
    /// How many more there may be meanwhile.
    surge: i64,
    /// How many fewer may be available meanwhile.
    unavailable: i64,
    recreate: bool,
    paused: bool,
}

impl Wanted {
    fn of(object: &Arc<Object>) -> Self {
        let value = object.value();
        let replicas = json::number(&value, "/spec/replicas").unwrap_or(1);
        let limit = |name, up| {
            let limit = json::at(&value, &format!("/spec/strategy/rollingUpdate/{name}"));
            super::pods::share(limit, replicas, up)
        };
        let recreate = json::text(&value, "/spec/strategy/type") == "Recreate";
        let (surge, mut unavailable) = (limit("maxSurge", true), limit("maxUnavailable", false));
        if surge == 0 && unavailable == 0 {
            // Or it could not move at all.
            unavailable = 1;
        }
        Self {
            object: Arc::clone(object),
            replicas,
            surge: if recreate { 0 } else { surge },
            unavailable: unavailable.min(replicas),
            recreate,
            paused: json::at(&value, "/spec/paused") == true,
            value,
        }
    }

    fn key(&self) -> &Key {
        &self.object.key
    }
}

impl Cluster {
    /// Moves a Deployment a step towards what is wanted, and says how far it is.
    pub(super) fn reconcile_deployment(&mut self, key: &Key) {
        let Some(object) = self.store.get(key).cloned() else {
            return;
        };
        let mut wanted = Wanted::of(&object);
        if !object.deleting {
            self.claim(
                &object,
                Kind::ReplicaSet,
                json::at(&wanted.value, "/spec/selector"),
            );
        }
        let mut sets = self.sets_of(&wanted);
        if !object.deleting {
            let scaled = sets.all().any(|set| set.was_scaled(wanted.replicas));
            if wanted.paused || scaled {
                self.scale_in_proportion(&wanted, &mut sets);
            } else {
                self.current_set(&mut wanted, &mut sets);
                if wanted.recreate {
                    self.recreate(&wanted, &mut sets);
                } else {
                    self.roll(&wanted, &mut sets);
                }
            }
            self.clean_up(&wanted, &mut sets);
        }
        self.tell_progress(&wanted, &sets);
    }

    /// Sets a ReplicaSet's number, and says so.
    fn resize(&mut self, wanted: &Wanted, set: &mut Set, to: i64) {
        let from = set.wanted();
        set.note_size(wanted, to);
        set.object = self.write(set.object.key.clone(), set.value.clone());
        self.say_scaled(wanted, set, from, to);
    }

    /// Says that a ReplicaSet's number was changed, if it was; a new one's was 0.
    fn say_scaled(&mut self, wanted: &Wanted, set: &Set, from: i64, to: i64) {
        if from == to {
            return;
        }
        let verb = if to > from { "up" } else { "down" };
        let message = format!(
            "Scaled {verb} replica set {} from {from} to {to}",
            set.object.key.name
        );
        let about = About::object(&wanted.object);
        self.say(
            Voice::Controller(NAME),
            &about,
            "ScalingReplicaSet",
            &message,
        );
    }

    /// Forgets the ReplicaSets of long ago.
    fn clean_up(&mut self, wanted: &Wanted, sets: &mut Sets) {
        let done = sets
            .current
            .as_ref()
            .is_some_and(|set| set.available() >= wanted.replicas)
            && sets
                .old
                .iter()
                .all(|set| set.wanted() == 0 && set.there() == 0);
        let limit = json::number(&wanted.value, "/spec/revisionHistoryLimit").unwrap_or(10);
        let limit = usize::try_from(limit).unwrap_or_default();
        if !done || sets.old.len() <= limit {
            return;
        }
        sets.old.sort_by_key(Set::revision);
        for set in sets.old.drain(..sets.old.len() - limit) {
            self.end(&set.object, None);
        }
    }
}

#[cfg(test)]
mod tests;
