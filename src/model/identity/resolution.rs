//! What a raw name turned out to be.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rule::{Rule, Settler};
use crate::model::key::TypeKey;
use crate::model::text::Text;

/// What a raw name turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Resolution {
    /// One component type.
    Matched {
        /// Which.
        to: TypeKey,
        /// By which rule.
        rule: Rule,
        /// What told it apart from others that the rule fits too.
        settled: Option<Settler>,
    },
    /// Several component types have the name by the same rule.
    Ambiguous {
        /// Those, sorted; one where the others are not looked at.
        candidates: Vec<TypeKey>,
        /// By which rule.
        rule: Rule,
        /// Whether it is known to be all of them, rather than one of them: what is counted under one name
        /// cannot be split.
        are_all: bool,
    },
    /// Outside of the cluster, with evidence.
    External {
        /// Why we think so.
        evidence: Text,
    },
    /// Nothing has the name.
    Unresolved,
}

impl Resolution {
    /// One type by a rule.
    #[must_use]
    pub const fn matched(to: TypeKey, rule: Rule) -> Self {
        Self::Matched {
            to,
            rule,
            settled: None,
        }
    }

    /// What so many candidates of a rule come to; nothing without any.
    pub(super) fn of(keys: &BTreeSet<TypeKey>, rule: Rule, are_all: bool) -> Option<Self> {
        let mut candidates: Vec<TypeKey> = keys.iter().cloned().collect();
        match candidates.len() {
            0 => None,
            1 => Some(Self::matched(candidates.pop()?, rule)),
            _ => Some(Self::Ambiguous {
                candidates,
                rule,
                are_all,
            }),
        }
    }

    /// The types that it may be.
    pub(super) fn into_candidates(self) -> Vec<TypeKey> {
        match self {
            Self::Matched { to, .. } => vec![to],
            Self::Ambiguous { candidates, .. } => candidates,
            Self::External { .. } | Self::Unresolved => Vec::new(),
        }
    }
}

/// One raw name of a component type, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The raw name.
    pub name: Text,
    /// By which rule.
    pub rule: Rule,
    /// What told the type apart from others that the rule fits too.
    pub settled: Option<Settler>,
}
