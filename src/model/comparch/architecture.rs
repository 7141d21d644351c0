//! The architecture: the root that contains everything else.

use serde::{Deserialize, Serialize};

use super::annotations::Annotations;
use super::component_type::ComponentType;
use super::element::ArchitecturalElement;
use super::interface_type::InterfaceType;
use super::object::{Class, Object};
use super::tenant::Tenant;
use crate::model::text::Text;

/// The root of a CompArch model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Architecture {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name.
    pub name: Option<Text>,
    /// Component types.
    pub component_types: Vec<ComponentType>,
    /// Interface types.
    pub interface_types: Vec<InterfaceType>,
    /// Tenants, with their components.
    pub tenants: Vec<Tenant>,
    /// The working memory of an analysis.
    pub annotations: Option<Annotations>,
}

impl Architecture {
    /// The whole architecture as the metamodel sees it.
    #[must_use]
    pub fn object(&self) -> Object<'_> {
        self.element
            .object(Class::Architecture, "")
            .some("name", self.name.as_deref())
            .holding(self.component_types.iter().map(ComponentType::object))
            .holding(self.interface_types.iter().map(InterfaceType::object))
            .holding(self.tenants.iter().map(Tenant::object))
            .holding(self.annotations.iter().map(Annotations::object))
    }
}
