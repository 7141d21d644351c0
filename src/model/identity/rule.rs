//! The rules by which a name is matched, and what may settle an ambiguity of one of them.

use serde::{Deserialize, Serialize};

/// The rule by which a name was matched, strongest first.
///
/// A name that OpenTelemetry's own variable gives comes before OpenTelemetry's naming order: the variable
/// is what the library puts into each span, the order only what labels make likely. Names for other
/// libraries come after those of Services: a configuration file in the image may overrule them. The
/// address that others call comes last but one: a proxy may be behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// The person said so.
    Mapping,
    /// Tags of its spans name the pod or the workload.
    SpanTags,
    /// Its spans come from the address of a pod.
    SpanAddress,
    /// Its containers are told this `service.name` by OpenTelemetry's variables.
    OwnName,
    /// The one name that OpenTelemetry's naming order gives the workload
    /// (annotation, `app.kubernetes.io/instance`, `app.kubernetes.io/name`, the owner's name).
    OtelName,
    /// Another of those names.
    OtherName,
    /// The name of a Service that leads to it.
    ServiceName,
    /// Its containers are told this name by the variable of a framework or of another tracer.
    Environment,
    /// The name of one of its pods.
    PodName,
    /// Others call it at the address of a pod or a Service, or the name is such an address.
    PeerAddress,
    /// One of its names, spelt alike: without dashes, without `-service`, with its namespace in front or behind,
    /// with the end of a pod that is gone; or what it is in its system.
    SimilarName,
}

impl Rule {
    /// How sure the rule is, as a ratio between 0 and 1; our own estimate, not measured.
    #[must_use]
    pub const fn confidence(self) -> f32 {
        match self {
            Self::Mapping => 1.0,
            Self::SpanTags => 0.98,
            Self::SpanAddress => 0.95,
            Self::OwnName => 0.93,
            Self::OtelName => 0.9,
            Self::OtherName => 0.8,
            Self::ServiceName | Self::PodName => 0.7,
            Self::Environment | Self::PeerAddress => 0.65,
            Self::SimilarName => 0.5,
        }
    }

    /// The rule in words, after "matched by".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Mapping => "your mapping",
            Self::SpanTags => "the tags of its spans",
            Self::SpanAddress => "the address that its spans come from",
            Self::OwnName => "the name that its containers are told for OpenTelemetry",
            Self::OtelName => "its OpenTelemetry name",
            Self::OtherName => "a label or the owner's name",
            Self::ServiceName => "the name of a Service that leads to it",
            Self::Environment => "the name that its containers are told",
            Self::PodName => "the name of one of its pods",
            Self::PeerAddress => "the address that others call it at",
            Self::SimilarName => "a similar name",
        }
    }

    /// Whether it is a likelihood that a person should look at.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::SimilarName | Self::PeerAddress)
    }
}

/// What told several candidates of one rule apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Settler {
    /// A namespace in the tags of its spans.
    Namespace,
    /// OpenTelemetry's `service.namespace` in the tags of its spans.
    Group,
    /// The address that its spans come from, which several types share.
    OwnAddress,
    /// The address that others call it at.
    PeerAddress,
}

impl Settler {
    /// It in words, after "told apart by".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Namespace => "the namespace in the tags of its spans",
            Self::Group => "service.namespace in the tags of its spans",
            Self::OwnAddress => "the address that its spans come from",
            Self::PeerAddress => "the address that others call it at",
        }
    }
}
