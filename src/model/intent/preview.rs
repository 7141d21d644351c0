//! What is known before something is done: one type for each operation, filled by its effector.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::text::Text;

/// What is known before something is done. Whatever could make it something else than what was shown
/// (a version, a uid) is in here, and is sent along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "of")]
pub enum Preview {
    /// Of another number.
    Scale(ScalePreview),
    /// Of a restart.
    Restart(RestartPreview),
    /// Of a rollback.
    Rollback(Box<RollbackPreview>),
    /// Of a deletion.
    Delete(DeletePreview),
}

/// What is known before the number of components is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScalePreview {
    /// The number that is wanted now.
    pub replicas_now: u32,
    /// The number that exists now, as its controller counts.
    pub replicas_existing: u32,
    /// Which object it is.
    pub identity: Identity,
    /// What the server's object looked like; sending fails if it has changed since.
    pub resource_version: Text,
    /// `metadata.generation` at that version, where it could be read: a later one shows that something was
    /// changed.
    pub generation: Option<i64>,
    /// Who else sets the number.
    pub autoscaler: Autoscaler,
}

/// Which one of the objects that have had a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `metadata.uid`.
    pub uid: Text,
    /// `metadata.creationTimestamp`, for those who are not told the uid.
    pub created: Option<Timestamp>,
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

/// What a change of the template would set going.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// The number of components that is wanted.
    pub desired: u32,
    /// Which object it is.
    pub identity: Identity,
    /// What the server's object looked like; sending fails if it has changed since.
    pub resource_version: Text,
    /// `metadata.generation`: a later one shows that something was changed.
    pub generation: Option<i64>,
    /// How components are replaced.
    pub strategy: Strategy,
    /// Components that a partition keeps as they are.
    pub kept: u32,
    /// Seconds without progress after which its controller gives a rollout up, where it does.
    pub deadline_s: Option<u64>,
}

/// How a controller replaces components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// New ones are started before old ones stop.
    Rolling,
    /// One after another, each stopped before its successor starts.
    OneByOne,
    /// All are stopped before the first new one starts.
    Recreate,
    /// None is, unless somebody deletes it.
    OnDelete,
}

/// What is known before components are restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartPreview {
    /// What it would set going.
    pub rollout: Rollout,
    /// Images of the template, which stay: those of init containers first.
    pub images: Vec<Text>,
}

/// What is known before a rollout is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackPreview {
    /// What it would set going.
    pub rollout: Rollout,
    /// The revision now.
    pub from: Revision,
    /// The revision whose template is put back.
    pub to: Revision,
    /// In what the two differ.
    pub difference: Difference,
    /// Revisions that are kept, oldest first.
    pub kept: Vec<u64>,
}

/// In what two templates differ, as far as a person should know before choosing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    /// In images, and perhaps in more.
    Images,
    /// Only in the mark of a restart: going back there changes nothing about the program.
    Restart,
    /// In something else: the environment, resources, probes.
    Other,
}

/// One revision of a Deployment: a `ReplicaSet` that holds its template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// `deployment.kubernetes.io/revision`.
    pub number: u64,
    /// The `ReplicaSet`'s name.
    pub set: Text,
    /// The `ReplicaSet`'s uid.
    pub uid: Text,
    /// A digest of the template, so that no other one is put back than the one that was shown. The
    /// template itself may hold secrets, and does not enter the model.
    pub digest: u64,
    /// Images of the template: those of init containers first.
    pub images: Vec<Text>,
    /// When it was rolled out first.
    pub created: Option<Timestamp>,
}

/// What is known before a pod is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletePreview {
    /// Its name.
    pub pod: Text,
    /// Its uid; deleting fails if another one has the name by then.
    pub uid: Text,
    /// Seconds that it gets to end by itself.
    pub grace_s: u64,
    /// Kind and name of the controller that owns it.
    pub controller: Option<(Text, Text)>,
    /// Whether it is being deleted already.
    pub terminating: bool,
    /// Names that keep it until somebody takes them away.
    pub finalizers: Vec<Text>,
}
