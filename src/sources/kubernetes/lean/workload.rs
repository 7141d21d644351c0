//! Workloads: what keeps pods.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Metadata, Moment, PodSpec};

/// A condition of any kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Condition {
    #[serde(rename = "type")]
    pub(in super::super) kind: Option<String>,
    pub(in super::super) status: Option<String>,
    pub(in super::super) reason: Option<String>,
    pub(in super::super) message: Option<String>,
    pub(in super::super) last_transition_time: Moment,
}

/// A pod template.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Template {
    pub(in super::super) metadata: Option<Metadata>,
    pub(in super::super) spec: Option<PodSpec>,
}

/// `apps/v1/Deployment`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Deployment {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<ReplicasSpec>,
    pub(in super::super) status: Option<ReplicasStatus>,
}

/// `apps/v1/StatefulSet`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct StatefulSet {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<ReplicasSpec>,
    pub(in super::super) status: Option<ReplicasStatus>,
}

/// `apps/v1/ReplicaSet`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ReplicaSet {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<ReplicasSpec>,
    pub(in super::super) status: Option<ReplicasStatus>,
}

/// What the three kinds with replicas want.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ReplicasSpec {
    pub(in super::super) replicas: Option<i64>,
    pub(in super::super) paused: Option<bool>,
    pub(in super::super) template: Option<Template>,
}

/// What the three kinds with replicas have.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct ReplicasStatus {
    pub(in super::super) observed_generation: Option<i64>,
    pub(in super::super) replicas: Option<i64>,
    pub(in super::super) ready_replicas: Option<i64>,
    pub(in super::super) updated_replicas: Option<i64>,
    pub(in super::super) conditions: Option<Vec<Condition>>,
}

/// `apps/v1/DaemonSet`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct DaemonSet {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<DaemonSpec>,
    pub(in super::super) status: Option<DaemonStatus>,
}

/// What a DaemonSet wants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct DaemonSpec {
    pub(in super::super) template: Option<Template>,
}

/// What a DaemonSet has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct DaemonStatus {
    pub(in super::super) observed_generation: Option<i64>,
    pub(in super::super) desired_number_scheduled: Option<i64>,
    pub(in super::super) current_number_scheduled: Option<i64>,
    pub(in super::super) number_ready: Option<i64>,
    pub(in super::super) updated_number_scheduled: Option<i64>,
}

/// `batch/v1/Job`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Job {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<JobSpec>,
    pub(in super::super) status: Option<JobStatus>,
}

/// What a Job wants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct JobSpec {
    pub(in super::super) completions: Option<i64>,
    pub(in super::super) parallelism: Option<i64>,
    pub(in super::super) suspend: Option<bool>,
    pub(in super::super) template: Option<Template>,
}

/// What became of a Job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct JobStatus {
    pub(in super::super) active: Option<i64>,
    pub(in super::super) succeeded: Option<i64>,
    pub(in super::super) failed: Option<i64>,
    pub(in super::super) conditions: Option<Vec<Condition>>,
}

/// `batch/v1/CronJob`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct CronJob {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<CronSpec>,
    pub(in super::super) status: Option<CronStatus>,
}

/// What a CronJob wants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct CronSpec {
    pub(in super::super) schedule: Option<String>,
    pub(in super::super) suspend: Option<bool>,
    pub(in super::super) job_template: Option<JobTemplate>,
}

/// The Jobs that a CronJob makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct JobTemplate {
    pub(in super::super) spec: Option<JobSpec>,
}

/// What a CronJob has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct CronStatus {
    pub(in super::super) active: Option<Vec<IgnoredAny>>,
}
