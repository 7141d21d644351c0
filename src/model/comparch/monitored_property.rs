//! A monitored property: something that was measured on an element, or is known of it.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// One property of one element. Everything in it is text, as in CompArch; `kind` and `unit` say how to read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonitoredProperty {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name: `node`, `restarts`, `invocationCount`.
    pub name: Text,
    /// What the value is: `string`, `integer`, `number`, `boolean` or `time` (RFC 3339).
    #[serde(rename = "type")]
    pub kind: Text,
    /// In what the value is; `none` for what has no unit.
    pub unit: Text,
    /// What it means.
    pub description: Option<Text>,
    /// The value.
    pub value: Text,
    /// Other elements that it is about. The only reference that has no other direction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related_architectural_elements: Vec<Uid>,
}

impl MonitoredProperty {
    pub(super) fn object(&self) -> Object<'_> {
        self.element
            .object(Class::MonitoredProperty, "monitoredProperties")
            .text("name", &self.name)
            .text("type", &self.kind)
            .text("unit", &self.unit)
            .some("description", self.description.as_deref())
            .text("value", &self.value)
            .many(
                "relatedArchitecturalElements",
                &self.related_architectural_elements,
            )
    }
}
