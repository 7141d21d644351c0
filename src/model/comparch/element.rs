//! What every element of the architecture has.

use serde::{Deserialize, Serialize};

use super::monitored_property::MonitoredProperty;
use super::object::{Class, Object};
use super::uid::Uid;

/// The part that all elements share: CompArch's abstract `ArchitecturalElement`, embedded in each of them.
///
/// What contains an element is not written in it: the Rust values contain each other, and so do the elements
/// of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchitecturalElement {
    /// Its uid.
    pub uid: Uid,
    /// How much depends on it, from 0 to 1. CompArch's default 0.0 also stands where nobody says.
    pub criticality: f64,
    /// What is measured or known of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monitored_properties: Vec<MonitoredProperty>,
    /// Impacts of issues on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issue_impacts: Vec<Uid>,
    /// Strategies' input parameters that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategy_inputs: Vec<Uid>,
    /// Concerned elements of working data that name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub working_data_elements: Vec<Uid>,
}

impl ArchitecturalElement {
    /// An element of which nothing is known but its uid.
    #[must_use]
    pub fn new(uid: Uid) -> Self {
        Self {
            uid,
            ..Self::default()
        }
    }

    /// The beginning of an element's description: what all have.
    pub(super) fn object(&self, class: Class, feature: &'static str) -> Object<'_> {
        let properties = self.monitored_properties.iter();
        Object::new(class, feature, &self.uid)
            .double("criticality", self.criticality)
            .many("issueImpacts", &self.issue_impacts)
            .many("strategyInputs", &self.strategy_inputs)
            .many("workingDataElements", &self.working_data_elements)
            .holding(properties.map(MonitoredProperty::object))
    }
}

/// Whatever is an architectural element.
pub trait Architectural {
    /// The part that all share.
    fn element(&self) -> &ArchitecturalElement;

    /// Its uid.
    fn uid(&self) -> &Uid {
        &self.element().uid
    }

    /// Its first property of a name.
    fn property(&self, name: &str) -> Option<&MonitoredProperty> {
        let mut properties = self.element().monitored_properties.iter();
        properties.find(|property| &*property.name == name)
    }
}

macro_rules! architectural {
    ($($class:ty => $($part:ident).+),+ $(,)?) => {$(
        impl Architectural for $class {
            fn element(&self) -> &ArchitecturalElement {
                &self.$($part).+
            }
        }
    )+};
}

architectural! {
    super::architecture::Architecture => element,
    super::component_type::ComponentType => element,
    super::component_type::ParameterType => element,
    super::interface_type::InterfaceType => element,
    super::interface_type::MethodSpecification => element,
    super::tenant::Tenant => element,
    super::component::Component => element,
    super::component::Parameter => element,
    super::interface::RequiredInterface => interface.element,
    super::interface::ProvidedInterface => interface.element,
    super::connector::Connector => element,
    super::exception::Exception => element,
    super::performance_stats::PerformanceStats => element,
    MonitoredProperty => element,
}
