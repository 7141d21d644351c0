//! What somebody wants done, and how far it has come.
//!
//! An intent is verified by what the sources observe, not by asking: a change is done when the
//! cluster says that it is.

use serde::{Deserialize, Serialize};

use super::element::ComponentType;
use super::key::TypeKey;
use super::text::Text;

/// What is known before the number of components is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalePreview {
    /// The number that is wanted now.
    pub replicas_now: u32,
    /// The number that exists now, as its controller counts.
    pub replicas_existing: u32,
    /// What the server's object looked like; sending fails if it has changed since.
    pub resource_version: Text,
    /// Who else sets the number.
    pub autoscaler: Autoscaler,
}

/// Whether an autoscaler sets the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Autoscaler {
    /// None does.
    None,
    /// A `HorizontalPodAutoscaler` does, and will set it back.
    Found {
        /// Its name.
        name: Text,
        /// Its lower bound.
        min: u32,
        /// Its upper bound.
        max: u32,
        /// The number it wants now.
        desired: u32,
    },
    /// It could not be found out.
    Unknown {
        /// Why, in one line.
        why: Text,
    },
}

/// The server took the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The generation that the change made, where it is known.
    pub generation: Option<i64>,
    /// The number that is wanted now.
    pub replicas: u32,
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
        preview: ScalePreview,
    },
    /// On its way.
    Sending,
    /// The server took it; the cluster works on it.
    Accepted {
        /// The generation that has to be observed.
        generation: Option<i64>,
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
    /// Somebody else set another number before it was done.
    Superseded {
        /// That number.
        by: u32,
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

/// A wanted number of components.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Counted up within the process.
    pub id: u64,
    /// Which type.
    pub target: TypeKey,
    /// The number before.
    pub before: u32,
    /// The number wanted.
    pub wanted: u32,
    /// How far it has come.
    pub stage: Stage,
}

impl Intent {
    /// An intent of which nothing is done yet.
    #[must_use]
    pub const fn new(id: u64, target: TypeKey, before: u32, wanted: u32) -> Self {
        Self {
            id,
            target,
            before,
            wanted,
            stage: Stage::Staged,
        }
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(
            self.stage,
            Stage::Converged | Stage::Failed { .. } | Stage::Superseded { .. }
        )
    }

    /// Compares an accepted intent (or one of unknown outcome) with what is observed of its target,
    /// and says whether that moved it on. Other stages and other types change nothing.
    pub fn verify(&mut self, ty: &ComponentType) -> bool {
        let accepted = match self.stage {
            Stage::Accepted { generation } => generation,
            // Nobody but us is known to want this number, so it was us.
            Stage::OutcomeUnknown { .. } if ty.desired == Some(self.wanted) => ty.generation,
            _ => return false,
        };
        if ty.key != self.target {
            return false;
        }
        let stage = self.observed(accepted, ty);
        if stage == self.stage {
            return false;
        }
        self.stage = stage;
        true
    }

    fn observed(&self, accepted: Option<i64>, ty: &ComponentType) -> Stage {
        let waiting = Stage::Accepted {
            generation: accepted,
        };
        let Some(desired) = ty.desired else {
            return waiting;
        };
        if desired != self.wanted {
            // What is seen may be older than the change: its generation tells, or, where that is
            // not known, that nothing has moved.
            let is_newer = match (accepted, ty.generation) {
                (Some(accepted), Some(seen)) => seen >= accepted,
                _ => desired != self.before,
            };
            return if is_newer {
                Stage::Superseded { by: desired }
            } else {
                waiting
            };
        }
        let generation = accepted.or(ty.generation);
        let worked_on = match (ty.observed_generation, generation) {
            (Some(observed), Some(generation)) => observed >= generation,
            (None, Some(_)) => false,
            (_, None) => true,
        };
        if worked_on && ty.ready == self.wanted && ty.components == self.wanted {
            Stage::Converged
        } else {
            Stage::Accepted { generation }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::element::{ComponentState, Health, Scalability};

    fn ty(desired: u32, generations: (i64, i64), ready: u32, components: u32) -> ComponentType {
        ComponentType {
            key: TypeKey::new("shop", "Deployment", "cart"),
            declared: true,
            state: ComponentState::Started,
            health: Health::Ok,
            reason: None,
            desired: Some(desired),
            ready,
            components,
            updated: None,
            restarts: 0,
            revision: None,
            generation: Some(generations.0),
            observed_generation: Some(generations.1),
            created: None,
            images: Vec::new(),
            labels: crate::model::observation::Labels::new(),
            schedule: None,
            scalability: Scalability::Scalable,
        }
    }

    fn intent(stage: Stage) -> Intent {
        let target = TypeKey::new("shop", "Deployment", "cart");
        Intent {
            stage,
            ..Intent::new(1, target, 2, 5)
        }
    }

    fn accepted(generation: Option<i64>) -> Stage {
        Stage::Accepted { generation }
    }

    #[test]
    fn an_accepted_intent_converges_when_all_is_as_wanted() {
        let mut intent = intent(accepted(Some(7)));
        for older in [
            ty(2, (6, 6), 2, 2),
            ty(5, (7, 6), 2, 2),
            ty(5, (7, 7), 2, 5),
            ty(5, (7, 7), 5, 6),
        ] {
            assert!(!intent.verify(&older));
            assert_eq!(intent.stage, accepted(Some(7)));
        }
        assert!(intent.verify(&ty(5, (7, 7), 5, 5)));
        assert!(intent.is_over());
        assert!(
            !intent.verify(&ty(9, (8, 8), 9, 9)),
            "what is over stays so"
        );
    }

    #[test]
    fn another_number_after_the_change_supersedes_it() {
        for (generation, seen, superseded) in [
            (Some(7), ty(3, (8, 7), 2, 2), true),
            (Some(7), ty(2, (8, 8), 2, 2), true),
            (Some(7), ty(2, (6, 6), 2, 2), false),
            (None, ty(3, (8, 8), 2, 2), true),
            (None, ty(2, (6, 6), 2, 2), false),
        ] {
            let mut intent = intent(accepted(generation));
            assert_eq!(intent.verify(&seen), superseded, "{seen:?}");
        }
    }

    #[test]
    fn without_a_generation_the_first_sight_of_the_number_gives_it() {
        let mut intent = intent(accepted(None));
        assert!(intent.verify(&ty(5, (7, 6), 2, 2)));
        assert_eq!(intent.stage, accepted(Some(7)));
        assert!(intent.verify(&ty(2, (8, 8), 2, 2)));
        assert_eq!(intent.stage, Stage::Superseded { by: 2 });
    }

    #[test]
    fn an_unknown_outcome_is_resolved_by_what_is_seen() {
        let mut intent = intent(Stage::OutcomeUnknown { why: "cut".into() });
        assert!(!intent.verify(&ty(2, (6, 6), 2, 2)));
        assert!(intent.verify(&ty(5, (7, 6), 2, 2)));
        assert_eq!(intent.stage, accepted(Some(7)));
    }

    #[test]
    fn other_types_and_stages_change_nothing() {
        let done = ty(5, (7, 7), 5, 5);
        let mut staged = intent(Stage::Staged);
        assert!(!staged.verify(&done));
        let mut other = intent(accepted(Some(7)));
        other.target = TypeKey::new("shop", "Deployment", "other");
        assert!(!other.verify(&done));
    }

    #[test]
    fn nothing_wanted_converges_when_nothing_is_left() {
        let mut intent = intent(accepted(Some(7)));
        intent.wanted = 0;
        assert!(!intent.verify(&ty(0, (7, 7), 0, 1)));
        assert!(intent.verify(&ty(0, (7, 7), 0, 0)));
    }
}
