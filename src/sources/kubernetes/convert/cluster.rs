//! Namespaces, machines, and happenings.

use jiff::Timestamp;

use crate::model::observation::{Fact, Happening, NamespaceFact, NodeFact};
use crate::model::text;

use super::super::lean::{Event, Namespace, Node};
use super::{Observe, Observed, condition, count, meta, some_message, some_name, truth};

impl Observe for Namespace {
    fn observe(&self) -> Option<Observed> {
        let phase = self.status.as_ref().and_then(|s| s.phase.as_deref());
        let meta = meta(&self.metadata)?;
        Some(Observed::Fact(Fact::Namespace(NamespaceFact {
            terminating: phase == Some("Terminating") || meta.deleting.is_some(),
            meta,
        })))
    }
}

/// Conditions of a machine that tell of trouble when they are true.
const PRESSURES: [&str; 4] = [
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
    "NetworkUnavailable",
];

impl Observe for Node {
    fn observe(&self) -> Option<Observed> {
        let conditions = self.status.as_ref().and_then(|s| s.conditions.as_ref());
        let ready = condition(conditions, "Ready");
        let meta = meta(&self.metadata)?;
        let zone = [
            "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/zone",
        ]
        .into_iter()
        .find_map(|label| meta.labels.get(label).cloned());
        Some(Observed::Fact(Fact::Node(NodeFact {
            ready: ready.and_then(truth),
            ready_since: ready.and_then(|c| c.last_transition_time.0),
            message: ready
                .filter(|c| truth(c) != Some(true))
                .and_then(|c| some_message(c.message.as_ref())),
            pressures: PRESSURES
                .into_iter()
                .filter(|kind| condition(conditions, kind).and_then(truth) == Some(true))
                .map(Into::into)
                .collect(),
            unschedulable: self
                .spec
                .as_ref()
                .and_then(|s| s.unschedulable)
                .unwrap_or(false),
            zone,
            meta,
        })))
    }
}

impl Observe for Event {
    fn observe(&self) -> Option<Observed> {
        let series = self.series.as_ref();
        let about = self.involved_object.clone().unwrap_or_default();
        let uid = text::name(self.metadata.uid.as_deref()?);
        let name = |raw: Option<&String>| some_name(raw).unwrap_or_default();
        Some(Observed::Happening(Happening {
            uid,
            // Where nobody counts, it happened once.
            count: count(self.count.or_else(|| series.and_then(|s| s.count))).max(1),
            warning: self.kind.as_deref() == Some("Warning"),
            reason: name(self.reason.as_ref()),
            message: some_message(self.message.as_ref()).unwrap_or_default(),
            kind: name(about.kind.as_ref()),
            namespace: name(
                about
                    .namespace
                    .as_ref()
                    .or(self.metadata.namespace.as_ref()),
            ),
            name: name(about.name.as_ref()),
            object_uid: name(about.uid.as_ref()),
            at: last_time(self),
        }))
    }
}

/// When it happened last: recorders old and new write different fields.
fn last_time(event: &Event) -> Timestamp {
    let series = event.series.as_ref();
    event
        .last_timestamp
        .0
        .or_else(|| series.and_then(|s| s.last_observed_time.0))
        .or(event.time.0)
        .or(event.first_timestamp.0)
        .or(event.metadata.creation_timestamp.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{fact, observe};
    use super::*;

    fn node(object: Value) -> NodeFact {
        match fact::<Node>(object) {
            Fact::Node(node) => node,
            other => panic!("no machine: {other:?}"),
        }
    }

    #[test]
    fn a_namespace_terminates_by_phase_or_by_deletion() {
        for (status, deleted, expected) in [
            (json!({"phase": "Active"}), Value::Null, false),
            (json!({"phase": "Terminating"}), Value::Null, true),
            (Value::Null, json!("2026-01-01T00:00:00Z"), true),
            (json!({"phase": null}), Value::Null, false),
        ] {
            let object =
                json!({"metadata": {"name": "a", "deletionTimestamp": deleted}, "status": status});
            assert!(
                matches!(fact::<Namespace>(object), Fact::Namespace(n) if n.terminating == expected)
            );
        }
    }

    #[test]
    fn a_machine_says_what_presses_it() {
        let node = node(json!({
            "metadata": {"name": "n", "labels": {"failure-domain.beta.kubernetes.io/zone": "z1"}},
            "spec": {"unschedulable": true},
            "status": {"conditions": [
                {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."},
                {"type": "DiskPressure", "status": "True"},
                {"type": "MemoryPressure", "status": "False"},
                {"type": "NetworkUnavailable", "status": "True"}
            ]}
        }));
        assert_eq!((node.ready, node.unschedulable), (None, true));
        assert_eq!(
            node.message.as_deref(),
            Some("Kubelet stopped posting node status.")
        );
        assert_eq!(
            node.pressures,
            ["DiskPressure".into(), "NetworkUnavailable".into()]
        );
        assert_eq!(node.zone.as_deref(), Some("z1"));
    }

    #[test]
    fn a_ready_machine_has_no_message() {
        let conditions = json!([{"type": "Ready", "status": "True", "message": "kubelet is posting ready status"}]);
        let node = node(json!({"metadata": {"name": "n"}, "status": {"conditions": conditions}}));
        assert_eq!(
            (node.ready, node.message, node.unschedulable),
            (Some(true), None, false)
        );
    }

    #[test]
    fn an_event_is_dated_by_the_first_field_that_is_there() {
        let at = |second: u8| format!("2026-01-01T00:00:0{second}Z");
        let fields = json!({
            "lastTimestamp": at(5),
            "series": {"lastObservedTime": "2026-01-01T00:00:04.000000Z", "count": 9},
            "eventTime": at(3),
            "firstTimestamp": at(2),
            "metadata": {"uid": "e", "namespace": "shop", "creationTimestamp": at(1)}
        });
        let Value::Object(mut fields) = fields else {
            panic!("an object")
        };
        let seen = |fields: &serde_json::Map<String, Value>| match observe::<Event>(Value::Object(
            fields.clone(),
        )) {
            Some(Observed::Happening(happening)) => happening,
            other => panic!("no happening: {other:?}"),
        };
        for (dropped, second) in [
            ("lastTimestamp", 5),
            ("series", 4),
            ("eventTime", 3),
            ("firstTimestamp", 2),
            ("reason", 1),
        ] {
            let happening = seen(&fields);
            assert_eq!(happening.at, at(second).parse().expect("a time"));
            assert_eq!(happening.count, if second >= 4 { 9 } else { 1 });
            fields.insert(dropped.to_owned(), Value::Null);
        }
    }

    #[test]
    fn an_event_is_about_an_object() {
        let Some(Observed::Happening(happening)) = observe::<Event>(json!({
            "metadata": {"uid": "e", "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "name": "p", "uid": "u"},
            "type": "Warning", "reason": "BackOff", "message": "Back-off\n\u{1b}]0;x\u{7}restarting", "count": 3
        })) else {
            panic!("a happening")
        };
        assert!(happening.warning);
        assert_eq!(
            (&*happening.kind, &*happening.namespace, &*happening.name),
            ("Pod", "shop", "p")
        );
        assert_eq!(&*happening.message, "Back-off restarting");
        assert_eq!(happening.count, 3);
        assert_eq!(observe::<Event>(json!({})), None);
    }
}
