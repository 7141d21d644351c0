//! A connector: from a required interface, which contains it, to a provided one of the same type.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// A connector. Its source is the required interface that contains it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connector {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name.
    pub name: Option<Text>,
    /// The provided interface.
    pub target: Uid,
}

impl Connector {
    pub(super) fn object(&self) -> Object<'_> {
        self.element
            .object(Class::Connector, "connector")
            .some("name", self.name.as_deref())
            .one("target", &self.target)
    }
}
