//! From the API's objects to the model's vocabulary: pure, total, and the only place where text from
//! the cluster enters. Nothing is judged here; what a fact means is the model's business.

mod cluster;
mod config_map;
mod network;
mod own_names;
mod parameters;
mod pod;
mod policy;
mod route;
mod sharing;
mod workload;

use std::collections::BTreeMap;

use crate::model::observation::{Fact, Happening, Labels, Meta, OwnerRef};
use crate::model::text::{self, Text};

use super::lean::{Condition, Lean, Metadata, Owner};

pub(super) use sharing::Sharing;

/// What an object says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Observed {
    /// It is so.
    Fact(Fact),
    /// It happened.
    Happening(Happening),
}

/// Objects that can be turned into the model's words.
pub(super) trait Observe: Lean {
    /// What the object says; `None` for an object that cannot be identified.
    fn observe(&self) -> Option<Observed>;
}

/// What every object has.
fn meta(raw: &Metadata) -> Option<Meta> {
    Some(Meta {
        namespace: raw.namespace.as_deref().map(text::name).unwrap_or_default(),
        name: text::name(raw.name.as_deref()?),
        uid: raw.uid.as_deref().map(text::name).unwrap_or_default(),
        version: version(raw),
        created: raw.creation_timestamp.0,
        deleting: raw.deletion_timestamp.0,
        owner: raw.owner_references.as_deref().and_then(owner),
        labels: raw.labels.as_ref().map(labels).unwrap_or_default(),
        annotations: raw
            .annotations
            .iter()
            .flat_map(|a| &a.0)
            .map(pair)
            .collect(),
        own_names: Vec::new(),
    })
}

/// Resource versions compare as numbers, which Kubernetes promises since 1.35; 0 where one is not.
fn version(raw: &Metadata) -> u64 {
    raw.resource_version
        .as_deref()
        .and_then(|version| version.parse().ok())
        .unwrap_or(0)
}

fn labels(raw: &BTreeMap<String, Option<String>>) -> Labels {
    raw.iter()
        .map(|(key, value)| (text::name(key), text::name(value.as_deref().unwrap_or(""))))
        .collect()
}

fn pair((key, value): (&String, &String)) -> (Text, Text) {
    (text::name(key), text::name(value))
}

/// The owner that controls; where none does, the first.
fn owner(owners: &[Owner]) -> Option<OwnerRef> {
    let owner = owners
        .iter()
        .find(|owner| owner.controller == Some(true))
        .or_else(|| owners.first())?;
    Some(OwnerRef {
        kind: kind_of(owner)?,
        name: text::name(owner.name.as_deref()?),
        uid: text::name(owner.uid.as_deref().unwrap_or("")),
    })
}

/// The kind of what is referred to, with its group when that is not a built-in one.
fn kind_of(reference: &Owner) -> Option<Text> {
    let kind = reference.kind.as_deref()?;
    let group = reference
        .api_version
        .as_deref()
        .and_then(|version| version.split_once('/'))
        .map_or("", |(group, _)| group);
    Some(match group {
        "" | "apps" | "batch" => text::name(kind),
        group => text::name(&format!("{kind}.{group}")),
    })
}

/// A text that is there and not empty.
fn some_name(raw: Option<&String>) -> Option<Text> {
    raw.filter(|raw| !raw.is_empty()).map(|raw| text::name(raw))
}

/// A message that is there and not empty.
fn some_message(raw: Option<&String>) -> Option<Text> {
    raw.filter(|raw| !raw.is_empty())
        .map(|raw| text::message(raw))
}

/// A count; what does not fit (or is negative) is cut.
fn count(raw: Option<i64>) -> u32 {
    let raw = raw.unwrap_or(0).max(0);
    u32::try_from(raw).unwrap_or(u32::MAX)
}

/// A code; what does not fit is 0.
fn code(raw: Option<i64>) -> i32 {
    i32::try_from(raw.unwrap_or(0)).unwrap_or(0)
}

/// The condition of a type.
fn condition<'a>(conditions: Option<&'a Vec<Condition>>, kind: &str) -> Option<&'a Condition> {
    conditions?
        .iter()
        .find(|condition| condition.kind.as_deref() == Some(kind))
}

/// A condition's status; `None` for `Unknown`.
fn truth(condition: &Condition) -> Option<bool> {
    match condition.status.as_deref() {
        Some("True") => Some(true),
        Some("False") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sources::kubernetes::lean::{Namespace, Pod};

    pub(super) fn observe<K: Observe>(object: Value) -> Option<Observed> {
        serde_json::from_value::<K>(object)
            .expect("the object can be read")
            .observe()
    }

    pub(super) fn fact<K: Observe>(object: Value) -> Fact {
        match observe::<K>(object) {
            Some(Observed::Fact(fact)) => fact,
            other => panic!("no fact: {other:?}"),
        }
    }

    #[test]
    fn metadata_keeps_what_the_model_reads_and_nothing_else() {
        let fact = fact::<Pod>(json!({"metadata": {
            "name": "a", "namespace": "shop", "uid": "u", "resourceVersion": "42",
            "creationTimestamp": "2026-01-02T03:04:05Z", "deletionTimestamp": null,
            "labels": {"app": "a", "odd": null},
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "deployment.kubernetes.io/revision": "3",
                "portolan.dev/criticality": "0.8",
                "portolan.dev/owner": "nobody reads this",
                "resource.opentelemetry.io/service.name": "A"
            },
            "managedFields": [{"manager": "x", "fieldsV1": {"f:metadata": {}}}]
        }}));
        let meta = fact.meta();
        assert_eq!(
            (&*meta.name, &*meta.namespace, meta.version),
            ("a", "shop", 42)
        );
        assert!(meta.created.is_some() && meta.deleting.is_none());
        assert_eq!(meta.labels.len(), 2);
        let kept: Vec<&str> = meta.annotations.keys().map(|key| &**key).collect();
        assert_eq!(
            kept,
            [
                "deployment.kubernetes.io/revision",
                "portolan.dev/criticality",
                "resource.opentelemetry.io/service.name"
            ]
        );
    }

    #[test]
    fn the_controller_owns_and_foreign_kinds_carry_their_group() {
        let owner = |api: &str, kind: &str, controller: Option<bool>| json!({"apiVersion": api, "kind": kind, "name": kind, "uid": "u", "controller": controller});
        for (owners, kind) in [
            (
                json!([owner("apps/v1", "ReplicaSet", Some(true))]),
                Some("ReplicaSet"),
            ),
            (json!([owner("batch/v1", "Job", None)]), Some("Job")),
            (json!([owner("v1", "Node", Some(true))]), Some("Node")),
            (
                json!([
                    owner("x.io/v1", "Watcher", None),
                    owner("argoproj.io/v1alpha1", "Rollout", Some(true))
                ]),
                Some("Rollout.argoproj.io"),
            ),
            (
                json!([
                    owner("x.io/v1", "Watcher", Some(false)),
                    owner("v1", "Pod", None)
                ]),
                Some("Watcher.x.io"),
            ),
            (json!([]), None),
            (Value::Null, None),
            (json!([{"name": "without kind"}]), None),
        ] {
            let fact = fact::<Pod>(json!({"metadata": {"name": "a", "ownerReferences": owners}}));
            let found = fact.meta().owner.as_ref().map(|owner| &*owner.kind);
            assert_eq!(found, kind);
        }
    }

    #[test]
    fn what_cannot_be_identified_says_nothing_and_odd_values_are_survived() {
        assert_eq!(observe::<Namespace>(json!({})), None);
        let fact = fact::<Namespace>(json!({
            "metadata": {"name": "a\u{1b}[31m\u{202e}b", "resourceVersion": "abc", "creationTimestamp": "yesterday"},
            "status": null
        }));
        assert_eq!(&*fact.meta().name, "ab");
        assert_eq!(fact.meta().version, 0);
        assert_eq!(fact.meta().created, None);
    }
}
