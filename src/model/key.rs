//! Names of elements that outlive the process: made of facts, never of indices.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fact::Way;
use super::text::Text;

/// Identifies a component type: the topmost owner of a pod, whatever its kind.
///
/// A model is of one Kubernetes context, so the context is the model's (and the export's), not each key's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TypeKey {
    /// The tenant's name; empty for owners without one (a `Node` that owns its static pods keeps the pod's).
    pub namespace: Text,
    /// Kubernetes' kind; kinds outside the built-in groups carry their group as kubectl writes it: `Rollout.argoproj.io`.
    pub kind: Text,
    /// The owner's name.
    pub name: Text,
}

impl TypeKey {
    /// A key of its three parts.
    #[must_use]
    pub fn new(namespace: &str, kind: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// The kind without its group, as shown: `Rollout` of `Rollout.argoproj.io`.
    #[must_use]
    pub fn short_kind(&self) -> &str {
        self.kind.split('.').next().unwrap_or(&self.kind)
    }
}

impl fmt::Display for TypeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.kind, self.name)
    }
}

/// Identifies an element outside the process: in exports, the journal, the log and undo.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "element", rename_all = "camelCase")]
pub enum ElementKey {
    /// A namespace.
    Tenant {
        /// Its name.
        name: Text,
    },
    /// A workload.
    Type(TypeKey),
    /// A pod, by uid: a re-created pod of the same name is another component.
    Component {
        /// The pod's uid.
        uid: Text,
    },
    /// A Service.
    Service {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        name: Text,
    },
    /// An Ingress or a route: a way in from outside.
    Ingress {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        name: Text,
        /// By which kind of object.
        #[serde(default, skip_serializing_if = "Way::is_ingress")]
        way: Way,
    },
    /// A machine.
    Node {
        /// Its name.
        name: Text,
    },
    /// A name that telemetry knows and the cluster does not.
    External {
        /// The raw name.
        name: Text,
    },
    /// Observed calls from one element to another.
    Call {
        /// Who calls.
        caller: Box<ElementKey>,
        /// Who is called.
        callee: Box<ElementKey>,
    },
    /// A link that the cluster declares, whether or not anybody uses it.
    Declared {
        /// Whose configuration names the other.
        caller: Box<ElementKey>,
        /// Who is named.
        callee: Box<ElementKey>,
    },
}

impl ElementKey {
    /// The key of a tenant.
    #[must_use]
    pub fn tenant(name: &Text) -> Self {
        Self::Tenant { name: name.clone() }
    }

    /// The key of a component.
    #[must_use]
    pub fn component(uid: &Text) -> Self {
        Self::Component { uid: uid.clone() }
    }

    /// The key of a Service.
    #[must_use]
    pub fn service(namespace: &Text, name: &Text) -> Self {
        Self::Service {
            namespace: namespace.clone(),
            name: name.clone(),
        }
    }

    /// The key of an Ingress.
    #[must_use]
    pub fn ingress(namespace: &Text, name: &Text) -> Self {
        Self::Ingress {
            namespace: namespace.clone(),
            name: name.clone(),
            way: Way::Ingress,
        }
    }

    /// The key of a way in.
    #[must_use]
    pub fn way(namespace: &Text, name: &Text, way: Way) -> Self {
        Self::Ingress {
            namespace: namespace.clone(),
            name: name.clone(),
            way,
        }
    }

    /// The key of a machine.
    #[must_use]
    pub fn node(name: &Text) -> Self {
        Self::Node { name: name.clone() }
    }

    /// The key of observed calls.
    #[must_use]
    pub fn call(caller: Self, callee: Self) -> Self {
        Self::Call {
            caller: Box::new(caller),
            callee: Box::new(callee),
        }
    }

    /// The key of a declared link.
    #[must_use]
    pub fn declared(caller: Self, callee: Self) -> Self {
        Self::Declared {
            caller: Box::new(caller),
            callee: Box::new(callee),
        }
    }

    /// Both ends, for the keys of links.
    #[must_use]
    pub fn ends(&self) -> Option<(&Self, &Self)> {
        match self {
            Self::Call { caller, callee } | Self::Declared { caller, callee } => {
                Some((caller, callee))
            }
            _ => None,
        }
    }

    /// The namespace that the key itself names; a component's is known only to the model.
    #[must_use]
    pub fn namespace(&self) -> Option<&Text> {
        match self {
            Self::Tenant { name } => Some(name),
            Self::Type(key) => Some(&key.namespace),
            Self::Service { namespace, .. } | Self::Ingress { namespace, .. } => Some(namespace),
            _ => None,
        }
    }
}

impl fmt::Display for ElementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant { name } => write!(f, "tenant/{name}"),
            Self::Type(key) => write!(f, "{key}"),
            Self::Component { uid } => write!(f, "pod/{uid}"),
            Self::Service { namespace, name } => write!(f, "{namespace}/Service/{name}"),
            Self::Ingress {
                namespace,
                name,
                way,
            } => write!(f, "{namespace}/{}/{name}", way.kind().name()),
            Self::Node { name } => write!(f, "node/{name}"),
            Self::External { name } => write!(f, "external/{name}"),
            Self::Call { caller, callee } => write!(f, "{caller} -> {callee}"),
            Self::Declared { caller, callee } => write!(f, "{caller} ~> {callee}"),
        }
    }
}
