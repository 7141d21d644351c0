//! What a source is doing: a visible value of its own, so that missing data is never taken for "nothing".

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// Identifies one line of the Sources view: a source and what part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceKey {
    /// The source: `kubernetes`, `zipkin`.
    pub source: Text,
    /// Its part: `session`, a plural (`pods`), a path (`dependencies`).
    pub part: Text,
    /// The namespace that the part covers; `None` for all.
    pub namespace: Option<Text>,
}

/// How a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum SourceState {
    /// The first answer is under way.
    Loading {
        /// Objects so far.
        seen: u64,
    },
    /// Nothing can be asked yet: something else comes first, such as a person's signing in.
    Waiting {
        /// What is waited for, with how long that may take.
        what: Text,
    },
    /// What is shown is current.
    Live,
    /// What is shown is current, and tells less than it would elsewhere.
    Limited {
        /// What it does not tell, and what stands in its place.
        what: Text,
    },
    /// What is shown was true once; the source is trying again.
    Stale {
        /// Since when.
        since: Timestamp,
        /// Why, in one line.
        cause: Text,
    },
    /// The server refuses; the source tries again now and then.
    Forbidden {
        /// What is lacking and what to do.
        what: Text,
    },
    /// The server does not have the kind; the source tries again now and then.
    Absent {
        /// What is lacking and why that may be.
        what: Text,
    },
    /// Nothing was ever received.
    Failed {
        /// Why, in one line, with what to do.
        cause: Text,
    },
    /// Not configured or switched off.
    Off {
        /// How to switch it on.
        hint: Text,
    },
}

impl SourceState {
    /// Whether the first answer is still awaited.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. } | Self::Waiting { .. })
    }

    /// What a person should look at, and what to do about it; `None` where nothing is wrong.
    #[must_use]
    pub const fn trouble(&self) -> Option<&Text> {
        match self {
            Self::Stale { cause, .. } | Self::Failed { cause } => Some(cause),
            Self::Forbidden { what } | Self::Absent { what } => Some(what),
            Self::Loading { .. }
            | Self::Waiting { .. }
            | Self::Live
            | Self::Limited { .. }
            | Self::Off { .. } => None,
        }
    }

    /// Why it is not simply live: its trouble, what it does not tell, what is waited for, or how to switch it on.
    #[must_use]
    pub const fn why(&self) -> Option<&Text> {
        match self {
            Self::Off { hint } => Some(hint),
            Self::Waiting { what } | Self::Limited { what } => Some(what),
            _ => self.trouble(),
        }
    }

    /// Whether a person should look at it.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        self.trouble().is_some()
    }

    /// One word for lists and exports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Loading { .. } => "loading",
            Self::Waiting { .. } => "waiting",
            Self::Live => "live",
            Self::Limited { .. } => "limited",
            Self::Stale { .. } => "stale",
            Self::Forbidden { .. } => "forbidden",
            Self::Absent { .. } => "absent",
            Self::Failed { .. } => "failed",
            Self::Off { .. } => "off",
        }
    }
}

/// A source's report about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Who.
    pub key: SourceKey,
    /// How; `None` takes the line away (a namespace that is not watched any more).
    pub state: Option<SourceState>,
    /// When this was so, by our wall clock.
    pub at: Timestamp,
    /// Where it asks: a URL without credentials.
    pub address: Option<Text>,
    /// How often it asks, in ms; `None` for watches.
    pub interval_ms: Option<u64>,
    /// The server's clock minus ours in ms, where the server said.
    pub skew_ms: Option<i64>,
}

impl SourceStatus {
    /// What comes before anything can be asked, while it is waited for.
    #[must_use]
    pub const fn waits_for(&self) -> Option<&Text> {
        match &self.state {
            Some(SourceState::Waiting { what }) => Some(what),
            _ => None,
        }
    }

    /// The state, where it is one of trouble, and what is wrong.
    #[must_use]
    pub fn trouble(&self) -> Option<(&SourceState, &Text)> {
        let state = self.state.as_ref()?;
        Some((state, state.trouble()?))
    }
}
