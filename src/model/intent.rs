//! What somebody wants done, and how far it has come.
//!
//! An intent is data: the app stages it, an effector previews and sends it, and from then on only the
//! model's own changes say what became of it. Nothing here writes.

use serde::{Deserialize, Serialize};

use super::element::ComponentType;
use super::key::TypeKey;
use super::text::Text;

/// What sets the number besides people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Autoscaler {
    /// Nothing that we know of.
    None,
    /// A `HorizontalPodAutoscaler` targets it.
    Found {
        /// Its name.
        name: Text,
        /// Fewest replicas it allows.
        min: u32,
        /// Most replicas it allows.
        max: u32,
        /// What it wants now, where it has decided.
        desired: Option<u32>,
    },
    /// It could not be read.
    Unknown {
        /// Why.
        why: Text,
    },
}

/// How it is now, read on demand before anything is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalePreview {
    /// `spec.replicas` of the scale subresource.
    pub replicas_now: u32,
    /// The version that the write will carry, so that a change in between is a conflict.
    pub resource_version: Text,
    /// What would turn it back.
    pub autoscaler: Autoscaler,
}

/// How far an intent has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Stage {
    /// A number was chosen.
    Staged,
    /// The preview is being read.
    Previewing,
    /// The preview stands and waits for confirmation.
    Previewed {
        /// It.
        preview: ScalePreview,
    },
    /// It is being written.
    Sending,
    /// The server took it. What comes now is seen in the model.
    Accepted {
        /// The workload's generation after the write, where the server said.
        generation: Option<i64>,
    },
    /// The wanted number is there and ready.
    Converged,
    /// It was not done.
    Failed {
        /// Why, with what to do.
        why: Text,
    },
    /// It was sent, and no answer came: reading will show.
    OutcomeUnknown {
        /// What happened.
        why: Text,
    },
    /// Somebody or something set another number since.
    Superseded {
        /// The number that it has now.
        by: u32,
    },
}

impl Stage {
    /// Whether the model is still to say what became of it.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(
            self,
            Self::Sending | Self::Accepted { .. } | Self::OutcomeUnknown { .. }
        )
    }
}

/// A wish to have another number of components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Counted up within the process.
    pub id: u64,
    /// Of which type.
    pub target: TypeKey,
    /// The number before: what undo goes back to.
    pub before: u32,
    /// The number wanted.
    pub wanted: u32,
    /// How far it is.
    pub stage: Stage,
}

impl Intent {
    /// Compares with what the model sees now, and moves on; says whether the stage changed.
    ///
    /// Converged means: the server wants our number, its controller has seen that generation, and just
    /// that many are there and ready.
    pub fn verify(&mut self, seen: &ComponentType) -> bool {
        let generation = match &self.stage {
            Stage::Accepted { generation } => *generation,
            Stage::OutcomeUnknown { .. } => None,
            _ => return false,
        };
        let is_known = generation
            .zip(seen.generation)
            .is_none_or(|(wanted, seen)| seen >= wanted);
        if !is_known {
            return false;
        }
        let next = match seen.desired {
            Some(desired) if desired != self.wanted => {
                // Until the watch brings our own write, the old number is no news.
                if desired == self.before && generation.is_none() {
                    return false;
                }
                Stage::Superseded { by: desired }
            }
            Some(_) => {
                let observed = seen
                    .generation
                    .zip(seen.observed_generation)
                    .is_none_or(|(is, observed)| observed >= is);
                if !(observed && seen.ready == self.wanted && seen.components == self.wanted) {
                    if matches!(self.stage, Stage::OutcomeUnknown { .. }) {
                        self.stage = Stage::Accepted { generation: None };
                        return true;
                    }
                    return false;
                }
                Stage::Converged
            }
            None => return false,
        };
        self.stage = next;
        true
    }
}
