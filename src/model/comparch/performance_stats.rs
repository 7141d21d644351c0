//! How long a method took, and how often it was called.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;

/// Statistics of one method. Times are in µs: CompArch names no unit, and whole ms would lose most calls
/// inside a cluster and break sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceStats {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// The shortest call in µs; `None` where no call said how long it took.
    pub min_time: Option<u64>,
    /// The longest call in µs; `None` where no call said how long it took.
    pub max_time: Option<u64>,
    /// All calls together in µs.
    pub total_time: u64,
    /// How many calls there were, failed ones included.
    pub invocation_count: u64,
    /// The method.
    pub method: Uid,
}

impl PerformanceStats {
    pub(super) fn object(&self) -> Object<'_> {
        self.element
            .object(Class::PerformanceStats, "performanceStats")
            .long("minTime", self.min_time.unwrap_or_default())
            .long("maxTime", self.max_time.unwrap_or_default())
            .long("totalTime", self.total_time)
            .long("invocationCount", self.invocation_count)
            .one("method", &self.method)
    }
}
