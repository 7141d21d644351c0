//! An interface type and its methods: what can be provided and required.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// What can be provided and required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceType {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its full name: `shop/Deployment/cart:http`.
    pub fq_name: Text,
    /// Component types that require it.
    pub requiring_component_types: Vec<Uid>,
    /// Component types that provide it.
    pub providing_component_types: Vec<Uid>,
    /// Its methods.
    pub method_specifications: Vec<MethodSpecification>,
    /// Provided and required interfaces of this type.
    pub instances: Vec<Uid>,
}

impl InterfaceType {
    pub(super) fn object(&self) -> Object<'_> {
        let methods = self.method_specifications.iter();
        self.element
            .object(Class::InterfaceType, "interfaceTypes")
            .text("fqName", &self.fq_name)
            .many("requiringComponentTypes", &self.requiring_component_types)
            .many("providingComponentTypes", &self.providing_component_types)
            .many("instances", &self.instances)
            .holding(methods.map(MethodSpecification::object))
    }
}

/// One method of an interface type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodSpecification {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its signature: `http GET /orders/{id}`.
    pub signature: Text,
    /// Exceptions that it threw.
    pub exceptions: Vec<Uid>,
    /// How it performed.
    pub performance_stats: Vec<Uid>,
}

impl MethodSpecification {
    fn object(&self) -> Object<'_> {
        self.element
            .object(Class::MethodSpecification, "methodSpecifications")
            .text("signature", &self.signature)
            .many("exceptions", &self.exceptions)
            .many("performanceStats", &self.performance_stats)
    }
}
