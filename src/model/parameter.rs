//! Parameters: what the configuration of a container sets, by name and origin.
//!
//! CompArch's parameter types and parameters. Values may be secret, so none is ever kept: what is known of a
//! parameter is that it is set, and by what.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Most parameters kept of one pod or template.
pub const PARAMETER_LIMIT: usize = 256;

/// One setting of a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The container's name.
    pub container: Text,
    /// The variable's name; the prefix and `*` where a whole ConfigMap or Secret is taken over; the path where
    /// it is mounted.
    pub name: Text,
    /// What sets it.
    pub origin: Origin,
}

/// What sets a parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Origin {
    /// The manifest itself. The value is not kept.
    Literal,
    /// A ConfigMap of the same namespace.
    ConfigMap {
        /// Its name.
        name: Text,
        /// The key; `None` for all of it.
        key: Option<Text>,
    },
    /// A Secret of the same namespace. Its values are never asked for.
    Secret {
        /// Its name.
        name: Text,
        /// The key; `None` for all of it.
        key: Option<Text>,
    },
    /// A field of the pod or a resource of its container (`status.podIP`, `limits.cpu`).
    Field {
        /// Which.
        path: Text,
    },
}

impl fmt::Display for Origin {
    /// `ConfigMap shop-config, key CART_ADDR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name, key) = match self {
            Self::Literal => return f.write_str("set in the manifest"),
            Self::Field { path } => return write!(f, "field {path}"),
            Self::ConfigMap { name, key } => ("ConfigMap", name, key),
            Self::Secret { name, key } => ("Secret", name, key),
        };
        match key {
            Some(key) => write!(f, "{kind} {name}, key {key}"),
            None => write!(f, "{kind} {name}"),
        }
    }
}
