//! ConfigMaps.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::Metadata;

/// `v1/ConfigMap`; what is binary is not read.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ConfigMap {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) data: Option<BTreeMap<String, Option<String>>>,
}

// Not derived: people put into ConfigMaps what belongs into Secrets.
impl fmt::Debug for ConfigMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigMap")
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
