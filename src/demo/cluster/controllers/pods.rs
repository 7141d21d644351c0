//! What all controllers of pods do: read their pods, make new ones from a template, end some.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object, Phase};
use super::super::selector::Selector;
use super::super::{Cluster, json};

impl Cluster {
    /// The pods that an object controls, sorted by name.
    pub(super) fn pods_of(&self, owner: &Object) -> Vec<Arc<Object>> {
        let owned = self.store.owned_by(&owner.uid);
        owned
            .filter(|one| one.key.kind == Kind::Pod)
            .cloned()
            .collect()
    }

    /// Makes an object that another one controls.
    pub(super) fn make_owned(
        &mut self,
        owner: &Key,
        uid: &str,
        kind: Kind,
        mut object: Value,
    ) -> Arc<Object> {
        json::set(
            &mut object,
            "/metadata/ownerReferences",
            reference(owner, uid),
        );
        json::set(&mut object, "/metadata/namespace", &*owner.namespace);
        let object = self.admitted(kind, &owner.namespace, object);
        let key = Key::new(
            kind,
            &owner.namespace,
            json::text(&object, "/metadata/name"),
        );
        self.write(key, object)
    }

    /// Lets an object control what it selects and nothing controls, and lets go of what it does not select
    /// any more.
    pub(super) fn claim(&mut self, owner: &Arc<Object>, kind: Kind, selector: &Value) {
        let loose = self.relations.loose(kind, &owner.key.namespace);
        let loose = loose.filter_map(|key| self.store.get(key));
        let selector = Selector::of(selector);
        let fits = |one: &Object| selector.picks(&one.labels);
        let adopted: Vec<Arc<Object>> = loose
            .filter(|one| !one.deleting && fits(one))
            .cloned()
            .collect();
        let owned = self
            .store
            .owned_by(&owner.uid)
            .filter(|one| one.key.kind == kind);
        let released: Vec<Arc<Object>> = owned.filter(|one| !fits(one)).cloned().collect();
        for object in adopted {
            let mut value = object.value();
            json::set(
                &mut value,
                "/metadata/ownerReferences",
                reference(&owner.key, &owner.uid),
            );
            self.write(object.key.clone(), value);
        }
        for object in released {
            let mut value = object.value();
            json::take(&mut value, "/metadata/ownerReferences");
            self.write(object.key.clone(), value);
        }
    }

    /// Ends a pod for its controller, and says so.
    pub(super) fn end_owned(&mut self, by: &'static str, about: &About, pod: &Arc<Object>) {
        self.end(pod, None);
        let message = format!("Deleted pod: {}", pod.key.name);
        self.say(Voice::Controller(by), about, "SuccessfulDelete", &message);
    }
}

/// The reference to the object that controls another one.
fn reference(owner: &Key, uid: &str) -> Value {
    json!([{
        "apiVersion": owner.kind.api_version(), "kind": owner.kind.names().kind,
        "name": &*owner.name, "uid": uid, "controller": true, "blockOwnerDeletion": true,
    }])
}

/// A pod out of a template: its labels, annotations and spec.
pub(super) fn from_template(template: &Value) -> Value {
    let mut pod = json!({"metadata": {}, "spec": json::at(template, "/spec")});
    for part in [
        "/metadata/labels",
        "/metadata/annotations",
        "/metadata/finalizers",
    ] {
        let given = json::at(template, part);
        if !given.is_null() {
            json::set(&mut pod, part, given.clone());
        }
    }
    pod
}

/// Whether a pod still counts as one that runs or will.
pub(super) fn is_active(pod: &Object) -> bool {
    !pod.deleting && !pod.pod.as_ref().is_some_and(|facts| facts.phase.over())
}

/// Whether a pod is ready.
pub(super) fn is_ready(pod: &Object) -> bool {
    pod.pod
        .as_ref()
        .is_some_and(|facts| facts.ready_since.is_some())
}

/// When a pod that is ready counts as available.
pub(super) fn available_from(pod: &Object, min_ready: Duration) -> Option<Timestamp> {
    Some(pod.pod.as_ref()?.ready_since? + min_ready)
}

/// `spec.minReadySeconds` of a workload.
pub(super) fn min_ready(workload: &Value) -> Duration {
    let seconds = json::number(workload, "/spec/minReadySeconds").unwrap_or_default();
    Duration::from_secs(seconds.try_into().unwrap_or_default())
}

/// Which of two pods is missed less: one without a node, then by phase, readiness, cost, how many of
/// their like are on its node, and youth.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset>
pub(super) fn sort_by_loss(pods: &mut [Arc<Object>]) {
    let mut on_node: std::collections::BTreeMap<Arc<str>, usize> =
        std::collections::BTreeMap::new();
    for node in pods.iter().filter_map(|pod| pod.node.clone()) {
        *on_node.entry(node).or_default() += 1;
    }
    pods.sort_by_cached_key(|pod| {
        let facts = pod.pod.as_ref();
        let like = pod
            .node
            .as_ref()
            .and_then(|node| on_node.get(node))
            .copied();
        let ready = facts.and_then(|facts| facts.ready_since);
        (
            pod.node.is_some(),
            facts.is_some_and(|facts| facts.phase != Phase::Pending),
            ready.is_some(),
            std::cmp::Reverse(like.unwrap_or_default()),
            std::cmp::Reverse(ready),
            std::cmp::Reverse(pod.created),
            pod.key.clone(),
        )
    });
}

/// An amount that is a number or a share of a whole: `1`, `"25%"`.
pub(super) fn share(value: &Value, of: i64, up: bool) -> i64 {
    let Some(text) = value.as_str() else {
        return value.as_i64().unwrap_or_default();
    };
    let percent: i64 = text.trim_end_matches('%').parse().unwrap_or_default();
    let hundredths = percent.saturating_mul(of);
    if up {
        hundredths.saturating_add(99) / 100
    } else {
        hundredths / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up_for_more_and_down_for_less() {
        for (value, of, up, expected) in [
            (json!("25%"), 3, true, 1),
            (json!("25%"), 3, false, 0),
            (json!("25%"), 4, true, 1),
            (json!(2), 3, true, 2),
            (json!(null), 3, true, 0),
        ] {
            assert_eq!(share(&value, of, up), expected, "{value} of {of}");
        }
    }
}
