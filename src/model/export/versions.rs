//! Versions of a component type in the JSON, while there is more than one.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::Model;
use crate::model::key::TypeKey;
use crate::model::query::versions::Version;
use crate::model::text::Text;

/// One version, with what it served of the sampled calls: `null` where none is known to be its.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionRow {
    name: Text,
    /// The ReplicaSet or the revision; `null` where none of its pods is left.
    made_by: Option<Text>,
    components: u32,
    ready: u32,
    since: Option<Timestamp>,
    calls: Option<u64>,
    errors: Option<u64>,
    p50_us: Option<u64>,
    p95_us: Option<u64>,
}

/// The versions of a type, the oldest first; none where there is only one.
pub(super) fn rows(model: &Model, of: &TypeKey) -> Vec<VersionRow> {
    let versions = model.versions(of);
    if versions.len() < 2 {
        return Vec::new();
    }
    versions.into_iter().map(row).collect()
}

fn row(version: Version) -> VersionRow {
    let tally = version.tally.as_ref();
    let at = |part| tally.and_then(|tally| tally.latency.at(part));
    VersionRow {
        calls: tally.map(|tally| tally.calls),
        errors: tally.map(|tally| tally.errors),
        p50_us: at(0.5),
        p95_us: at(0.95),
        name: version.name,
        made_by: version.made_by,
        components: version.components,
        ready: version.ready,
        since: version.since,
    }
}
