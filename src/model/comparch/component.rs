//! A component and its parameters: an instance of a component type. Of Kubernetes, a pod.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::interface::{ProvidedInterface, RequiredInterface};
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::element::ComponentState;
use crate::model::text::Text;

/// An instance of a component type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its name.
    pub name: Option<Text>,
    /// Where it stands in its life cycle.
    pub state: ComponentState,
    /// What it is an instance of.
    #[serde(rename = "type")]
    pub of: Uid,
    /// What it is configured with.
    pub parameters: Vec<Parameter>,
    /// What it needs.
    pub required_interfaces: Vec<RequiredInterface>,
    /// What it offers: at least one.
    pub provided_interfaces: Vec<ProvidedInterface>,
}

impl Component {
    pub(super) fn object(&self) -> Object<'_> {
        let object = self.element.object(Class::Component, "components");
        let object = match self.state {
            // The metamodel's default, which is left out like every default.
            ComponentState::Undeployed => object,
            state => object.text("state", state.word()),
        };
        object
            .some("name", self.name.as_deref())
            .one("type", &self.of)
            .holding(self.parameters.iter().map(Parameter::object))
            .holding(
                self.required_interfaces
                    .iter()
                    .map(RequiredInterface::object),
            )
            .holding(
                self.provided_interfaces
                    .iter()
                    .map(ProvidedInterface::object),
            )
    }
}

/// A setting of a component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Never a value: where it is set, in brackets.
    pub value: Text,
    /// Its type.
    #[serde(rename = "type")]
    pub of: Uid,
}

impl Parameter {
    fn object(&self) -> Object<'_> {
        self.element
            .object(Class::Parameter, "parameters")
            .text("value", &self.value)
            .one("type", &self.of)
    }
}
