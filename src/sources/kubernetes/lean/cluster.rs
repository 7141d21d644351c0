//! Namespaces, machines, and what happened.

use serde::Deserialize;

use super::{Condition, Metadata, Moment, Reference};

/// `v1/Namespace`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Namespace {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) status: Option<NamespaceStatus>,
}

/// A namespace's phase.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NamespaceStatus {
    pub(in super::super) phase: Option<String>,
}

/// `v1/Node`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Node {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<NodeSpec>,
    pub(in super::super) status: Option<NodeStatus>,
}

/// What is wanted of a machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NodeSpec {
    pub(in super::super) unschedulable: Option<bool>,
}

/// How a machine is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NodeStatus {
    pub(in super::super) conditions: Option<Vec<Condition>>,
}

/// `v1/Event`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Event {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) involved_object: Option<Reference>,
    #[serde(rename = "type")]
    pub(in super::super) kind: Option<String>,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) message: Option<String>,
    pub(in super::super) count: Option<i64>,
    pub(in super::super) series: Option<Series>,
    pub(in super::super) first_timestamp: Moment,
    pub(in super::super) last_timestamp: Moment,
    #[serde(rename = "eventTime")]
    pub(in super::super) time: Moment,
}

/// An Event that goes on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Series {
    pub(in super::super) count: Option<i64>,
    pub(in super::super) last_observed_time: Moment,
}
