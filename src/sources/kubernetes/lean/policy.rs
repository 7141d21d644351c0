//! What others decide about workloads: who may call them, and how many of them there are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Metadata, Owner, Port};

/// `networking.k8s.io/v1/NetworkPolicy`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NetworkPolicy {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<PolicySpec>,
}

/// Whom a policy is about, and what it allows them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct PolicySpec {
    pub(in super::super) pod_selector: Option<LabelSelector>,
    pub(in super::super) ingress: Option<Vec<Incoming>>,
    pub(in super::super) egress: Option<Vec<Outgoing>>,
    pub(in super::super) policy_types: Option<Vec<Option<String>>>,
}

/// Connections that are taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Incoming {
    pub(in super::super) from: Option<Vec<PeerSelector>>,
    pub(in super::super) ports: Option<Vec<PolicyPort>>,
}

/// Connections that are opened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Outgoing {
    pub(in super::super) to: Option<Vec<PeerSelector>>,
    pub(in super::super) ports: Option<Vec<PolicyPort>>,
}

/// The other end; where neither is there, it is a block of addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct PeerSelector {
    pub(in super::super) pod_selector: Option<LabelSelector>,
    pub(in super::super) namespace_selector: Option<LabelSelector>,
}

/// Ports of one protocol.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct PolicyPort {
    pub(in super::super) protocol: Option<String>,
    pub(in super::super) port: Option<Port>,
    pub(in super::super) end_port: Option<i64>,
}

/// Objects by their labels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct LabelSelector {
    pub(in super::super) match_labels: Option<BTreeMap<String, Option<String>>>,
    pub(in super::super) match_expressions: Option<Vec<Requirement>>,
}

/// One expression over a label.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Requirement {
    pub(in super::super) key: Option<String>,
    pub(in super::super) operator: Option<String>,
    pub(in super::super) values: Option<Vec<Option<String>>>,
}

/// `autoscaling/v2/HorizontalPodAutoscaler`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct HorizontalPodAutoscaler {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<ScalerSpec>,
}

/// What is scaled, and within which bounds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct ScalerSpec {
    pub(in super::super) scale_target_ref: Option<Owner>,
    pub(in super::super) min_replicas: Option<i64>,
    pub(in super::super) max_replicas: Option<i64>,
}
