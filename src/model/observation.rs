//! The vocabulary that sources speak: facts, scopes, happenings, telemetry. No judgement lives here.
//!
//! A source says what it saw and from which *scope* (source, kind, one or all namespaces). The model
//! decides what follows. Facts are lean: they hold what the model needs, in the model's own words,
//! already made harmless by [`super::text`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::TypeKey;
use super::property::Property;
use super::source::SourceStatus;
use super::text::{self, Text};
use super::usage::Uses;

pub use super::fact::{
    Amounts, AutoscalerFact, ConfigMapFact, ContainerFact, ContainerState, Endpoint,
    EndpointSliceFact, Fact, FactKey, IngressFact, Kind, Labels, Mention, Meta, NamespaceFact,
    NodeFact, Own, OwnName, OwnerRef, PodFact, Role, ServiceFact, ServicePort, Termination,
    Trouble, Way, WorkloadFact,
};
pub use super::policy::{NetworkPolicyFact, Peer};
pub use super::selector::{Expression, Operator, Selector};

/// Which namespaces are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NamespaceChoice {
    /// All of them.
    All,
    /// These, at least one.
    Only(BTreeSet<Text>),
}

impl NamespaceChoice {
    /// One namespace.
    #[must_use]
    pub fn one(name: &str) -> Self {
        Self::Only([text::name(name)].into())
    }

    /// Whether a namespace is chosen.
    #[must_use]
    pub fn covers(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(namespace),
        }
    }
}

impl fmt::Display for NamespaceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all namespaces"),
            Self::Only(names) => {
                for (index, name) in names.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{name}")?;
                }
                Ok(())
            }
        }
    }
}

/// What one watch covers: the unit of resync and of claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// The source that watches.
    pub source: Text,
    /// The kind that is watched.
    pub kind: Kind,
    /// One namespace, or all of them (and the only value for kinds without namespaces).
    pub namespace: Option<Text>,
}

/// A Kubernetes Event: something that happened, not something that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// The Event's uid.
    pub uid: Text,
    /// How often it happened so far.
    pub count: u32,
    /// `Normal` is false.
    pub warning: bool,
    /// E.g. `BackOff`, `ScalingReplicaSet`.
    pub reason: Text,
    /// The message.
    pub message: Text,
    /// The object's kind.
    pub kind: Text,
    /// The object's namespace.
    pub namespace: Text,
    /// The object's name.
    pub name: Text,
    /// The object's uid.
    pub object_uid: Text,
    /// When it happened last.
    pub at: Timestamp,
}

/// Which of the two windows a tracing source asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Span {
    /// A short window: rates.
    Recent,
    /// A long one: structure.
    Long,
}

/// Calls between two raw names within a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The caller's raw name.
    pub caller: Text,
    /// The callee's raw name.
    pub callee: Text,
    /// Calls, errors included.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
}

/// What a tracing source counted, whole, for one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The source.
    pub source: Text,
    /// Which window.
    pub span: Span,
    /// The window's length in ms.
    pub window_ms: u64,
    /// The window's end by the server's clock.
    pub ends: Timestamp,
    /// Every link; what is not listed was not called in the window.
    pub links: Vec<Link>,
}

/// Most hints that are kept of one name: more tell nothing new.
pub const HINTS_PER_NAME: usize = 16;

/// Something besides the name that spans say of a service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hint {
    /// The service's raw name.
    pub name: Text,
    /// What is said.
    pub says: Says,
    /// The newest moment of which it was said, by the reporter's clock: addresses are given to others
    /// later. `None` where no span said when.
    pub at: Option<Timestamp>,
}

/// What spans say of where a service runs, or what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Says {
    /// It runs in this pod.
    Pod {
        /// The pod's namespace, where that is said.
        namespace: Option<Text>,
        /// The pod's name.
        name: Text,
    },
    /// It runs in the pod of this uid.
    PodUid {
        /// The pod's uid.
        uid: Text,
    },
    /// It is run by this workload.
    Workload {
        /// The workload's namespace.
        namespace: Text,
        /// The workload's kind.
        kind: Kind,
        /// The workload's name.
        name: Text,
    },
    /// It runs in this namespace of the cluster.
    Namespace {
        /// The namespace.
        name: Text,
    },
    /// It belongs to this group: OpenTelemetry's `service.namespace`, which need not be a namespace.
    Group {
        /// The group.
        name: Text,
    },
    /// Its own spans come from this address.
    Address {
        /// The address.
        ip: Text,
    },
    /// Others call it at this address, behind which there may be a proxy.
    Peer {
        /// The address.
        ip: Text,
    },
    /// Nobody names it, so its name is its address; and this service calls it. Tracing servers leave such a
    /// call out of what they count.
    CalledBy {
        /// The caller's raw name.
        caller: Text,
    },
    /// Its callers say that it is a database.
    Database {
        /// Which: `postgresql`.
        system: Text,
    },
    /// Its callers say that it is a broker of messages.
    Broker {
        /// Which: `kafka`.
        system: Text,
    },
}

/// Whom a reading is about, by the names that who measured it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Subject {
    /// A pod as a whole.
    Pod {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        name: Text,
    },
    /// One container of a pod.
    Container {
        /// The pod's namespace.
        namespace: Text,
        /// The pod's name.
        pod: Text,
        /// The container's name.
        name: Text,
    },
    /// A component type.
    Type {
        /// Which.
        key: TypeKey,
    },
    /// A Service.
    Service {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        name: Text,
    },
    /// A machine.
    Node {
        /// Its name.
        name: Text,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod { namespace, name } => write!(f, "{namespace}/Pod/{name}"),
            Self::Container {
                namespace,
                pod,
                name,
            } => write!(f, "{namespace}/Pod/{pod}/{name}"),
            Self::Type { key } => write!(f, "{key}"),
            Self::Service { namespace, name } => write!(f, "{namespace}/Service/{name}"),
            Self::Node { name } => write!(f, "Node/{name}"),
        }
    }
}

/// One measured property of somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Whose.
    pub subject: Subject,
    /// What was measured.
    pub property: Property,
}

/// What one part of a source measured last, whole: what is not listed is not known any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Readings {
    /// The source.
    pub source: Text,
    /// Its part, such as a namespace or a sensor's name.
    pub part: Text,
    /// The readings.
    pub readings: Vec<Reading>,
}

/// One thing that a source says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "say")]
pub enum Observation {
    /// A list of everything in the scope begins. Discards an unfinished one.
    Begin {
        /// The scope.
        scope: Scope,
        /// Counted up by the source for each attempt.
        epoch: u64,
    },
    /// The list is complete: what was not seen in it is gone. Ignored unless it ends the epoch that began last.
    End {
        /// The scope.
        scope: Scope,
        /// As in the begin.
        epoch: u64,
    },
    /// An object was seen.
    Seen {
        /// The scope.
        scope: Scope,
        /// The fact.
        fact: Arc<Fact>,
    },
    /// An object was deleted.
    Gone {
        /// The scope.
        scope: Scope,
        /// The fact's key.
        key: FactKey,
    },
    /// `to` takes over what `from` claims, as far as it covers it, until `to`'s first list has ended;
    /// so a narrower or wider watch starts with what is known instead of an empty screen.
    Adopt {
        /// The scope that ends.
        from: Scope,
        /// The scope that begins.
        to: Scope,
    },
    /// The scope is not watched any more. What nobody else claims is forgotten; that is not a deletion.
    Leave {
        /// The scope.
        scope: Scope,
    },
    /// From here on the scope catches up with what happened while nobody watched, or does so no more.
    Behind {
        /// The scope.
        scope: Scope,
        /// Whether it does.
        behind: bool,
    },
    /// Something happened.
    Happening(Happening),
    /// A tracing source counted.
    Links(Links),
    /// What a tracing source counted in a window is too old to be told any more: no data, which is not 0.
    Uncounted {
        /// The source.
        source: Text,
        /// Which window.
        span: Span,
    },
    /// How operations were used, by a sample of traces.
    Uses(Box<Uses>),
    /// What a tracing source sampled is too old to be told any more.
    Unsampled {
        /// The source.
        source: Text,
    },
    /// The names that a tracing source heard from.
    Names {
        /// The source.
        source: Text,
        /// Raw names.
        names: Vec<Text>,
    },
    /// What spans say of the services beside their names, whole; none takes away what was said before.
    Hints {
        /// The source.
        source: Text,
        /// The hints, at most [`HINTS_PER_NAME`] of each name.
        hints: Vec<Hint>,
    },
    /// What a source measured. In whatever order it comes, it is shown of whom it is about, once they are there.
    Readings(Box<Readings>),
    /// What one part of a source measured is too old to be told any more, or is not measured any more.
    Unread {
        /// The source.
        source: Text,
        /// Its part.
        part: Text,
    },
    /// A source's state changed.
    Status(SourceStatus),
}
