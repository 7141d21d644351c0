//! What a Deployment's status says: its numbers, whether enough is available, and whether it gets on.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::super::{Cluster, conditions, json};
use super::Wanted;
use super::sets::{Set, Sets};

impl Cluster {
    /// Writes how far a Deployment is.
    pub(super) fn tell_progress(&mut self, wanted: &Wanted, sets: &Sets) {
        let old_status = json::at(&wanted.value, "/status").clone();
        let mut status = numbers(wanted, sets);
        let conditions = json::at(&old_status, "/conditions");
        if !conditions.is_null() {
            json::set(&mut status, "/conditions", conditions.clone());
        }
        let least = wanted.replicas - wanted.unavailable;
        let enough = sets.all().map(Set::available).sum::<i64>() >= least;
        let (reason, message) = if enough {
            (
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
            )
        } else {
            (
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        };
        self.tell_condition(&mut status, "Available", enough, reason, message);
        let wait = self.tell_progressing(wanted, sets, &old_status, &mut status);
        if status != old_status {
            self.report(wanted.key(), &status);
        }
        if let Some(wait) = wait {
            self.touch(wanted.key().clone(), wait);
        }
    }

    /// Says whether it gets on; gives when to look again.
    fn tell_progressing(
        &mut self,
        wanted: &Wanted,
        sets: &Sets,
        before: &Value,
        status: &mut Value,
    ) -> Option<Duration> {
        const KIND: &str = "Progressing";
        let paused = conditions::get(before, KIND)
            .is_some_and(|one| json::text(one, "/reason") == "DeploymentPaused");
        if wanted.paused {
            if !paused {
                self.tell_condition(
                    status,
                    KIND,
                    true,
                    "DeploymentPaused",
                    "Deployment is paused",
                );
            }
            return None;
        }
        if paused {
            self.tell_condition(
                status,
                KIND,
                true,
                "DeploymentResumed",
                "Deployment is resumed",
            );
        }
        let current = sets.current.as_ref()?;
        let name = &current.object.key.name;
        let number = |status: &Value, path| json::number(status, path).unwrap_or_default();
        let (updated, all) = (
            number(status, "/updatedReplicas"),
            number(status, "/replicas"),
        );
        let available = number(status, "/availableReplicas");
        let condition = conditions::get(before, KIND);
        let reason = condition
            .map(|one| json::text(one, "/reason"))
            .unwrap_or_default();
        let done =
            updated == wanted.replicas && all == wanted.replicas && available == wanted.replicas;
        if done {
            if reason != "NewReplicaSetAvailable" {
                let message = format!("ReplicaSet \"{name}\" has successfully progressed.");
                self.tell_condition(status, KIND, true, "NewReplicaSetAvailable", &message);
            }
            return None;
        }
        let old = |status: &Value| number(status, "/replicas") - number(status, "/updatedReplicas");
        let advanced = updated > number(before, "/updatedReplicas")
            || old(status) < old(before)
            || number(status, "/readyReplicas") > number(before, "/readyReplicas")
            || available > number(before, "/availableReplicas");
        let generation = json::number(&wanted.value, "/metadata/generation");
        let news = json::number(before, "/observedGeneration") != generation;
        if condition.is_none() {
            let message = format!("Created new replica set \"{name}\"");
            self.tell_condition(status, KIND, true, "NewReplicaSetCreated", &message);
        } else if advanced || news {
            let message = format!("ReplicaSet \"{name}\" is progressing.");
            self.tell_condition(status, KIND, true, "ReplicaSetUpdated", &message);
        }
        // Once it was done, what is missing again is no matter of progress.
        let condition = conditions::get(status, KIND)?;
        if json::text(condition, "/reason") == "NewReplicaSetAvailable" {
            return None;
        }
        let limit = json::number(&wanted.value, "/spec/progressDeadlineSeconds").unwrap_or(600);
        let since = json::time(condition, "/lastUpdateTime")?;
        let deadline = since + Duration::from_secs(limit.try_into().unwrap_or_default());
        if deadline > self.now {
            return Some(deadline.duration_since(self.now).unsigned_abs());
        }
        let message = format!("ReplicaSet \"{name}\" has timed out progressing.");
        if json::text(condition, "/reason") != "ProgressDeadlineExceeded" {
            self.tell_condition(status, KIND, false, "ProgressDeadlineExceeded", &message);
        }
        None
    }

    /// A Deployment's conditions carry the time of their last word, too.
    fn tell_condition(
        &self,
        status: &mut Value,
        kind: &str,
        holds: bool,
        reason: &str,
        message: &str,
    ) {
        let before = conditions::get(status, kind);
        let same = before.is_some_and(|one| json::text(one, "/reason") == reason);
        let always = kind == "Progressing" && reason == "ReplicaSetUpdated";
        let said = before.map(|one| json::text(one, "/lastUpdateTime").to_owned());
        let said = said.filter(|_| same && !always);
        conditions::set(status, kind, holds, reason, message, self.now);
        let Some(mut condition) = conditions::get(status, kind).cloned() else {
            return;
        };
        let said = said.unwrap_or_else(|| json::seconds(self.now));
        json::set(&mut condition, "/lastUpdateTime", said);
        conditions::put(status, condition);
    }
}

fn numbers(wanted: &Wanted, sets: &Sets) -> Value {
    let sum = |of: fn(&Set) -> i64| sets.all().map(of).sum::<i64>();
    let all: i64 = sum(Set::there);
    let available = sum(Set::available);
    let updated = sets.current.as_ref().map(Set::there).unwrap_or_default();
    let generation = json::at(&wanted.value, "/metadata/generation").clone();
    let mut status = json!({"observedGeneration": generation});
    for (field, number) in [
        ("/replicas", all),
        ("/updatedReplicas", updated),
        ("/readyReplicas", sum(Set::ready)),
        ("/availableReplicas", available),
        // All that there should be, not only all that there is.
        (
            "/unavailableReplicas",
            (sum(Set::wanted) - available).max(0),
        ),
    ] {
        json::count(&mut status, field, number);
    }
    json::set(&mut status, "/terminatingReplicas", sum(Set::leaving));
    let collisions = json::at(&wanted.value, "/status/collisionCount");
    if !collisions.is_null() {
        json::set(&mut status, "/collisionCount", collisions.clone());
    }
    status
}
