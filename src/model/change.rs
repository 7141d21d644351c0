//! What one application did: self-contained, invertible, serialisable.
//!
//! A change carries the whole element before and after (shared with the graph, so this costs two
//! pointers). Journal, diff, event log and time travel are all made of changes and of
//! [`Change::fields`], never of the graph.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::element::Element;
use super::key::ElementKey;

/// Why the model changed. Ordered: where several reasons meet, the first one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The first list of a scope: how it was when we came. Announced nowhere.
    Baseline,
    /// A scope was left or taken over. Announced nowhere: nothing happened in the cluster.
    Scope,
    /// The counts of a tracing source.
    Telemetry,
    /// A later list: it happened at some time while we did not watch.
    WhileDisconnected,
    /// It happened now.
    Live,
}

/// One change of one element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Counted up by one for each change of this model.
    pub seq: u64,
    /// When it was applied, by our wall clock.
    pub at: Timestamp,
    /// Which element.
    pub key: ElementKey,
    /// The element before; `None` where it appeared.
    pub before: Option<Arc<Element>>,
    /// The element after; `None` where it disappeared.
    pub after: Option<Arc<Element>>,
    /// Why.
    pub cause: Cause,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name as in the export.
    pub field: String,
    /// Its value before, as JSON.
    pub before: serde_json::Value,
    /// Its value after, as JSON.
    pub after: serde_json::Value,
}

impl Change {
    /// The change that undoes this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            before: self.after.clone(),
            after: self.before.clone(),
            ..self.clone()
        }
    }

    /// The fields that differ, in the order of their names; empty for appearing and disappearing.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldChange> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else {
            return Vec::new();
        };
        let (before, after) = (object(before), object(after));
        after
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(value))
            .map(|(name, value)| FieldChange {
                field: name.clone(),
                before: before.get(name).cloned().unwrap_or_default(),
                after: value.clone(),
            })
            .collect()
    }
}

/// The element's fields, without the wrapper that names its variant.
fn object(element: &Element) -> serde_json::Map<String, serde_json::Value> {
    let Ok(serde_json::Value::Object(variant)) = serde_json::to_value(element) else {
        return serde_json::Map::new();
    };
    variant
        .into_iter()
        .find_map(|(_, fields)| match fields {
            serde_json::Value::Object(fields) => Some(fields),
            _ => None,
        })
        .unwrap_or_default()
}
