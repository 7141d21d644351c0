//! A component type and the parameters that its instances have. Of Kubernetes, a workload.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// Something that can be instantiated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentType {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name.
    pub name: Text,
    /// How probably it works, from 0 to 1; `None` where nobody says.
    pub reliability: Option<f64>,
    /// Interface types that its instances require.
    pub required_interface_types: Vec<Uid>,
    /// Interface types that its instances provide: at least one.
    pub provided_interface_types: Vec<Uid>,
    /// What its instances are configured with.
    pub parameter_types: Vec<ParameterType>,
    /// Its instances.
    pub instances: Vec<Uid>,
}

impl ComponentType {
    pub(super) fn object(&self) -> Object<'_> {
        self.element
            .object(Class::ComponentType, "componentTypes")
            .text("name", &self.name)
            .double("reliability", self.reliability.unwrap_or_default())
            .many("requiredInterfaceTypes", &self.required_interface_types)
            .many("providedInterfaceTypes", &self.provided_interface_types)
            .many("instances", &self.instances)
            .holding(self.parameter_types.iter().map(ParameterType::object))
    }
}

/// A setting that a component type has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterType {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name, behind the container's: `server/CART_ADDR`.
    pub name: Text,
    /// What sets it: `literal`, `ConfigMap`, `Secret` or `field`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// Never a value: where it is set, in brackets.
    pub default_value: Text,
    /// Parameters of this type.
    pub instances: Vec<Uid>,
}

impl ParameterType {
    fn object(&self) -> Object<'_> {
        self.element
            .object(Class::ParameterType, "parameterTypes")
            .text("name", &self.name)
            .text("type", &self.kind)
            .text("defaultValue", &self.default_value)
            .many("instances", &self.instances)
    }
}
