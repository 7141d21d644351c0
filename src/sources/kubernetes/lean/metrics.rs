//! `metrics.k8s.io`: what pods use, as a metrics server tells it.

use serde::Deserialize;

use super::pod::Quantities;
use super::{Metadata, Moment};

/// `metrics.k8s.io/v1beta1`, `PodMetrics`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct PodMetrics {
    pub(in super::super) metadata: Metadata,
    /// The end of the window.
    pub(in super::super) timestamp: Moment,
    /// Over how long the processor's use is an average: `15s`, `1m2.5s`.
    pub(in super::super) window: Option<String>,
    pub(in super::super) containers: Option<Vec<ContainerMetrics>>,
}

/// What one container uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ContainerMetrics {
    pub(in super::super) name: Option<String>,
    pub(in super::super) usage: Option<Quantities>,
}
