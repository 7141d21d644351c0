//! What runs a component: kind, image, resources.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

/// An amount of processor and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor, in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
}

/// What Kubernetes keeps running.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which kind.
    pub kind: WorkloadKind,
    /// How many pods are wanted; counts for nothing in a `DaemonSet` and a `CronJob`.
    pub replicas: usize,
    /// The image with its tag.
    pub image: Arc<str>,
    /// Labels besides those that every workload has.
    pub labels: BTreeMap<String, String>,
    /// Variables besides the addresses of what it calls.
    pub env: BTreeMap<String, String>,
    /// What a pod asks for.
    pub requests: Resources,
    /// What a pod may take.
    pub limits: Resources,
    /// From the container's start to readiness.
    pub start: Duration,
    /// The bounds of a `HorizontalPodAutoscaler`, where there is one.
    pub autoscale: Option<Autoscale>,
    /// Whether the addresses of what it calls stand in a `ConfigMap` instead of its template.
    pub config_map: bool,
    /// The components that a `NetworkPolicy` lets in; none where there is no policy.
    pub allows: Vec<Arc<str>>,
    /// When a `CronJob` runs.
    pub schedule: Option<String>,
}

impl Workload {
    /// The version: the image's tag.
    #[must_use]
    pub fn version(&self) -> &str {
        self.image.rsplit_once(':').map_or("", |(_, tag)| tag)
    }
}

/// The kinds of workload that a system may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the kinds of Kubernetes, by their names there")]
pub enum WorkloadKind {
    #[default]
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
}

impl WorkloadKind {
    /// The kind's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::CronJob => "CronJob",
        }
    }
}

/// The bounds of a `HorizontalPodAutoscaler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscale {
    /// Fewest replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// The processor use that it aims at, in percent of the request.
    pub cpu: u32,
}
