//! What somebody wants done, and how far it has come.
//!
//! An intent is verified by what the sources observe, not by asking: a change is done when the
//! cluster says that it is.

mod look;
mod operation;
mod preview;
mod verify;

use serde::{Deserialize, Serialize};

use super::key::TypeKey;
use super::text::Text;

pub use look::{Found, Seen};
pub use operation::{Operation, Order};
pub use preview::{
    Autoscaler, DeletePreview, Difference, Identity, Preview, RestartPreview, Revision,
    RollbackPreview, Rollout, ScalePreview, Strategy,
};
pub use verify::Sight;

/// Seconds that an answer to a read is waited for.
pub const READING_S: u64 = 15;
/// Seconds that an answer to a write is waited for; the server itself gives up after a minute.
pub const WRITING_S: u64 = 30;

/// The server took the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The generation that the change made, where it is known.
    pub generation: Option<i64>,
}

/// How far an intent has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Stage {
    /// Said, and nothing done yet.
    Staged,
    /// The cluster is asked what it would mean.
    Previewing,
    /// It is known what it would mean; a person decides.
    Previewed {
        /// What is known.
        preview: Preview,
    },
    /// On its way.
    Sending,
    /// The server took it; the cluster works on it.
    Accepted {
        /// The generation that has to be observed.
        generation: Option<i64>,
    },
    /// The cluster does not come to its end with it. It may yet: this is told, and watching goes on.
    Stalled {
        /// The generation that has to be observed.
        generation: Option<i64>,
        /// How far it has come, and what is in the way.
        why: Text,
    },
    /// The cluster is as wanted.
    Converged,
    /// Not done.
    Failed {
        /// Why, with what to do.
        why: Text,
    },
    /// Sent, and no answer: what is observed will tell.
    OutcomeUnknown {
        /// Why.
        why: Text,
    },
    /// Somebody else did something else before or after it was done.
    Superseded {
        /// What, to be read before "by somebody else": `turned to 5`.
        by: Text,
    },
    /// Sent without an answer, and by now something else stands: whether ours was in between, nobody can
    /// tell any more.
    Overtaken {
        /// What, to be read before "by somebody else": `turned to 5`.
        by: Text,
    },
}

impl Stage {
    /// Whether what is observed is still to say what became of it.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(
            self,
            Self::Sending | Self::Accepted { .. } | Self::OutcomeUnknown { .. }
        )
    }
}

/// Something that somebody wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Counted up within the process.
    pub id: u64,
    /// Which type; for a component, the one that it is of.
    pub target: TypeKey,
    /// What.
    pub operation: Operation,
    /// What was confirmed of it; nothing before.
    pub order: Option<Order>,
    /// How far it has come.
    pub stage: Stage,
    progress: verify::Progress,
    looking: look::Looking,
}

impl Intent {
    /// An intent of which nothing is done yet.
    #[must_use]
    pub fn new(id: u64, target: TypeKey, operation: Operation) -> Self {
        Self {
            id,
            target,
            operation,
            order: None,
            stage: Stage::Staged,
            progress: verify::Progress::default(),
            looking: look::Looking::default(),
        }
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(
            self.stage,
            Stage::Converged
                | Stage::Failed { .. }
                | Stage::Superseded { .. }
                | Stage::Overtaken { .. }
        )
    }
}
