//! What can be done to a component type or a component, and what it is once a person has confirmed it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::preview::{DeletePreview, Preview, RestartPreview, RollbackPreview, ScalePreview};
use crate::model::key::TypeKey;
use crate::model::text::Text;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "does")]
pub enum Operation {
    /// Another number of components.
    Scale {
        /// The number when it was staged.
        before: u32,
        /// The number wanted.
        wanted: u32,
    },
    /// Each component is replaced by a new one of the same template.
    Restart,
    /// An earlier template is put back.
    Rollback {
        /// The revision to go back to; the one before the current where none is named.
        to: Option<u64>,
    },
    /// One component is deleted.
    Delete {
        /// Its name.
        pod: Text,
        /// Its uid: another one of the same name is not meant.
        uid: Text,
    },
}

impl Operation {
    /// Why this cannot be done to a component type of this kind, with what can be done instead;
    /// `None` where it can. Whether one can be scaled, the model knows.
    #[must_use]
    pub fn why_not(&self, target: &TypeKey) -> Option<String> {
        let kind = target.short_kind();
        match (self, &*target.kind) {
            (Self::Restart, "Deployment" | "StatefulSet" | "DaemonSet")
            | (Self::Rollback { .. }, "Deployment")
            | (Self::Scale { .. } | Self::Delete { .. }, _) => None,
            (Self::Restart, "ReplicaSet") => {
                Some("a ReplicaSet does not replace its pods: delete them instead".to_owned())
            }
            (Self::Restart, "Job" | "CronJob") => {
                Some(format!("a {kind} runs to completion: it has no rollout"))
            }
            (Self::Restart, "Pod") => {
                Some("a bare pod has no controller that could make another one".to_owned())
            }
            (Self::Restart, "Node") => {
                Some("a static pod belongs to its node's kubelet".to_owned())
            }
            (Self::Rollback { .. }, "StatefulSet" | "DaemonSet") => Some(format!(
                "only a Deployment's revisions are read here; kubectl rollout undo {}/{} does it",
                kind.to_lowercase(),
                target.name
            )),
            (Self::Rollback { .. }, _) => {
                Some(format!("a {kind} keeps no revisions to go back to"))
            }
            (Self::Restart, _) => Some(format!(
                "{kind} is a kind of an operator: restart it as its operator says"
            )),
        }
    }

    /// What is sent when the preview is confirmed; `None` when the preview is of something else.
    /// A restart is known by its time, `at`.
    #[must_use]
    pub fn confirmed(&self, preview: &Preview, at: Timestamp) -> Option<Order> {
        Some(match (self, preview.clone()) {
            (Self::Scale { wanted, .. }, Preview::Scale(preview)) => Order::Scale {
                wanted: *wanted,
                preview,
            },
            (Self::Restart, Preview::Restart(preview)) => Order::Restart { at, preview },
            (Self::Rollback { .. }, Preview::Rollback(preview)) => Order::Rollback { preview },
            (Self::Delete { .. }, Preview::Delete(preview)) => Order::Delete { preview },
            _ => return None,
        })
    }
}

/// An operation that was confirmed, with what was shown when it was: all that is needed to send it once
/// and to tell from what is observed whether it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "does")]
pub enum Order {
    /// Set the number.
    Scale {
        /// The number.
        wanted: u32,
        /// What was shown.
        preview: ScalePreview,
    },
    /// Replace every component.
    Restart {
        /// What the template is marked with.
        at: Timestamp,
        /// What was shown.
        preview: RestartPreview,
    },
    /// Put the template back.
    Rollback {
        /// What was shown.
        preview: Box<RollbackPreview>,
    },
    /// Delete the pod.
    Delete {
        /// What was shown.
        preview: DeletePreview,
    },
}

impl Order {
    /// The operation that takes this one back.
    ///
    /// # Errors
    /// Why nothing does.
    pub fn undone(&self) -> Result<Operation, &'static str> {
        match self {
            Self::Scale { wanted, preview } => Ok(Operation::Scale {
                before: *wanted,
                wanted: preview.replicas_now,
            }),
            Self::Rollback { preview } => Ok(Operation::Rollback {
                to: Some(preview.from.number),
            }),
            Self::Restart { .. } => Err("a restart cannot be undone: the pods of before are gone"),
            Self::Delete { .. } => Err("a deletion cannot be undone: the pod is gone"),
        }
    }

    /// Seconds without any progress after which it is told that it does not come to its end.
    pub(super) fn patience_s(&self) -> u64 {
        /// For what has no deadline of its own: what the API gives a Deployment by default.
        const USUAL: u64 = 600;
        /// The controller has the first word about its own deadline.
        const GRACE: u64 = 30;
        match self {
            Self::Scale { .. } => USUAL + GRACE,
            Self::Restart { preview, .. } => preview.rollout.deadline_s.unwrap_or(USUAL) + GRACE,
            Self::Rollback { preview } => preview.rollout.deadline_s.unwrap_or(USUAL) + GRACE,
            Self::Delete { preview } => preview.grace_s + GRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_says_what_it_cannot_do() {
        let restart = Operation::Restart;
        let rollback = Operation::Rollback { to: None };
        for (kind, restarts, rolls_back) in [
            ("Deployment", true, true),
            ("StatefulSet", true, false),
            ("DaemonSet", true, false),
            ("ReplicaSet", false, false),
            ("CronJob", false, false),
            ("Pod", false, false),
            ("Node", false, false),
            ("Rollout.argoproj.io", false, false),
        ] {
            let target = TypeKey::new("shop", kind, "cart");
            assert_eq!(restart.why_not(&target).is_none(), restarts, "{kind}");
            assert_eq!(rollback.why_not(&target).is_none(), rolls_back, "{kind}");
        }
        let db = TypeKey::new("shop", "StatefulSet", "db");
        let why = rollback.why_not(&db).unwrap_or_default();
        assert!(
            why.ends_with("kubectl rollout undo statefulset/db does it"),
            "{why}"
        );
    }
}
