//! Pods and what pod templates share with them.

use serde::Deserialize;

use super::references::{EnvFrom, ValueFrom, Volume, VolumeMount};
use super::{Condition, Metadata, Moment, Quantity};

/// `v1/Pod`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Pod {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<PodSpec>,
    pub(in super::super) status: Option<PodStatus>,
}

/// A pod's specification, its own or a template's.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct PodSpec {
    pub(in super::super) node_name: Option<String>,
    pub(in super::super) host_network: Option<bool>,
    pub(in super::super) containers: Option<Vec<Container>>,
    pub(in super::super) init_containers: Option<Vec<Container>>,
    pub(in super::super) volumes: Option<Vec<Volume>>,
}

// Not derived: what it refers to is no matter for a log.
impl std::fmt::Debug for PodSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PodSpec")
            .field("node_name", &self.node_name)
            .finish_non_exhaustive()
    }
}

/// A container as it is wanted.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Container {
    pub(in super::super) name: Option<String>,
    pub(in super::super) image: Option<String>,
    pub(in super::super) restart_policy: Option<String>,
    pub(in super::super) command: Option<Vec<Option<String>>>,
    pub(in super::super) args: Option<Vec<Option<String>>>,
    pub(in super::super) env: Option<Vec<Variable>>,
    pub(in super::super) env_from: Option<Vec<EnvFrom>>,
    pub(in super::super) volume_mounts: Option<Vec<VolumeMount>>,
    pub(in super::super) resources: Option<Resources>,
}

/// What a container may use of its machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Resources {
    pub(in super::super) requests: Option<Quantities>,
    pub(in super::super) limits: Option<Quantities>,
}

/// Amounts in Kubernetes' notation, of what is read here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Quantities {
    pub(in super::super) cpu: Option<Quantity>,
    pub(in super::super) memory: Option<Quantity>,
}

// Not derived: a log must never show the values of the environment or of arguments.
impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container")
            .field("name", &self.name)
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

/// A variable of the environment.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Variable {
    pub(in super::super) name: Option<String>,
    pub(in super::super) value: Option<String>,
    pub(in super::super) value_from: Option<ValueFrom>,
}

/// What the kubelet says about a pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct PodStatus {
    pub(in super::super) phase: Option<String>,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) message: Option<String>,
    #[serde(rename = "podIP")]
    pub(in super::super) pod_ip: Option<String>,
    pub(in super::super) conditions: Option<Vec<Condition>>,
    pub(in super::super) container_statuses: Option<Vec<Status>>,
    pub(in super::super) init_container_statuses: Option<Vec<Status>>,
}

/// What the kubelet says about a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Status {
    pub(in super::super) name: Option<String>,
    pub(in super::super) ready: Option<bool>,
    pub(in super::super) started: Option<bool>,
    pub(in super::super) restart_count: Option<i64>,
    pub(in super::super) state: Option<State>,
    pub(in super::super) last_state: Option<State>,
}

/// One of three, or none where the kubelet has not said anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct State {
    pub(in super::super) waiting: Option<Waiting>,
    pub(in super::super) running: Option<Running>,
    pub(in super::super) terminated: Option<Terminated>,
}

/// Waiting.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Waiting {
    pub(in super::super) reason: Option<String>,
    pub(in super::super) message: Option<String>,
}

/// Running.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Running {
    pub(in super::super) started_at: Moment,
}

/// Ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Terminated {
    pub(in super::super) reason: Option<String>,
    pub(in super::super) exit_code: Option<i64>,
    pub(in super::super) signal: Option<i64>,
    pub(in super::super) finished_at: Moment,
}
