//! A tenant: for whom components run. Of Kubernetes, a namespace.

use serde::{Deserialize, Serialize};

use super::component::Component;
use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use crate::model::text::Text;

/// A tenant with its components.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name.
    pub name: Text,
    /// Its components.
    pub components: Vec<Component>,
}

impl Tenant {
    pub(super) fn object(&self) -> Object<'_> {
        self.element
            .object(Class::Tenant, "tenants")
            .text("name", &self.name)
            .holding(self.components.iter().map(Component::object))
    }
}
