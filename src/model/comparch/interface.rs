//! What components need and offer.

use serde::{Deserialize, Serialize};

use super::connector::Connector;
use super::element::ArchitecturalElement;
use super::exception::Exception;
use super::object::{Class, Object};
use super::performance_stats::PerformanceStats;
use super::uid::Uid;

/// The part that both sorts share: CompArch's abstract `Interface`, embedded in each of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its type.
    #[serde(rename = "type")]
    pub of: Uid,
}

/// What a component needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequiredInterface {
    /// What all interfaces have.
    #[serde(flatten)]
    pub interface: Interface,
    /// Where it is provided; `None` where nothing is there.
    pub connector: Option<Connector>,
}

impl RequiredInterface {
    pub(super) fn object(&self) -> Object<'_> {
        let element = &self.interface.element;
        element
            .object(Class::RequiredInterface, "requiredInterfaces")
            .one("type", &self.interface.of)
            .holding(self.connector.iter().map(Connector::object))
    }
}

/// What a component offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvidedInterface {
    /// What all interfaces have.
    #[serde(flatten)]
    pub interface: Interface,
    /// Connectors that lead here.
    pub connectors: Vec<Uid>,
    /// What was thrown.
    pub exceptions: Vec<Exception>,
    /// How its methods performed.
    pub performance_stats: Vec<PerformanceStats>,
}

impl ProvidedInterface {
    pub(super) fn object(&self) -> Object<'_> {
        let element = &self.interface.element;
        element
            .object(Class::ProvidedInterface, "providedInterfaces")
            .one("type", &self.interface.of)
            .many("connectors", &self.connectors)
            .holding(self.exceptions.iter().map(Exception::object))
            .holding(self.performance_stats.iter().map(PerformanceStats::object))
    }
}
