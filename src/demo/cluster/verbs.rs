//! The API's verbs: what may be asked of the cluster from outside, with the rules of an API server.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::Cluster;
use super::kind::Kind;
use super::object::{Key, Object};
use super::refusal::Refusal;

/// A change of parts of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// RFC 7386: what is given replaces, null removes. `application/merge-patch+json`.
    Merge(Value),
    /// The same, with lists of the built-in kinds merged by their keys.
    /// `application/strategic-merge-patch+json`.
    Strategic(Value),
    /// RFC 6902: operations in order. `application/json-patch+json`.
    Operations(Value),
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds that a pod gets instead of its own; 0 is at once.
    pub grace_seconds: Option<u64>,
    /// Only this very object.
    pub uid: Option<String>,
    /// Only this version of it.
    pub resource_version: Option<String>,
    /// What its controller owns stays.
    pub orphan: bool,
}

/// A line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// What, without the line's end.
    pub text: String,
}

impl Cluster {
    /// Makes an object. A `generateName` gets its random end.
    ///
    /// # Errors
    /// [`Refusal`]: it exists, its namespace does not, or it is no valid object of its kind.
    pub fn create(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: Value,
    ) -> Result<Arc<Object>, Refusal> {
        let _ = (kind, namespace, object);
        Err(Refusal::new(501, "NotImplemented", "not yet"))
    }

    /// Puts another version in an object's place; one that carries a `resourceVersion` only in the place
    /// of that version. The status stays as it is.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, was changed in between, or would not be valid.
    pub fn replace(&mut self, key: &Key, object: Value) -> Result<Arc<Object>, Refusal> {
        let _ = object;
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// Changes parts of an object; a patch that names a `resourceVersion` only that version.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, was changed in between, cannot be patched so, or would not be valid.
    pub fn patch(&mut self, key: &Key, patch: &Patch) -> Result<Arc<Object>, Refusal> {
        let _ = patch;
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// Deletes an object and in time what it controls: a pod ends within its grace, a namespace with all
    /// that is in it. Gives the object as it is on its way out.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, or is not the one that was meant.
    pub fn delete(&mut self, key: &Key, options: &DeleteOptions) -> Result<Arc<Object>, Refusal> {
        let _ = options;
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// The `autoscaling/v1` Scale of an object.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, or its kind has no number.
    pub fn scale(&self, key: &Key) -> Result<Value, Refusal> {
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// Sets the number by a Scale; one that carries a `resourceVersion` only of that version. Gives the
    /// Scale after it.
    ///
    /// # Errors
    /// [`Refusal`]: as [`Cluster::replace`].
    pub fn replace_scale(&mut self, key: &Key, scale: &Value) -> Result<Value, Refusal> {
        let _ = scale;
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// Sets the number by a patch of the Scale. Gives the Scale after it.
    ///
    /// # Errors
    /// [`Refusal`]: as [`Cluster::patch`].
    pub fn patch_scale(&mut self, key: &Key, patch: &Patch) -> Result<Value, Refusal> {
        let _ = patch;
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// What a pod's container wrote up to now, oldest line first, or what the one before it wrote. The
    /// lines are made when they are asked for: the same question at the same time has the same answer, and
    /// a later one only adds lines.
    ///
    /// # Errors
    /// [`Refusal`]: no such pod or container, several containers and none named, not started yet, or no
    /// previous one.
    pub fn logs(
        &self,
        key: &Key,
        container: Option<&str>,
        previous: bool,
    ) -> Result<Vec<LogLine>, Refusal> {
        let _ = (container, previous);
        Err(Refusal::not_found(key.kind, &key.name))
    }

    /// What a pod's containers or a node use now, as an object of `metrics.k8s.io/v1beta1`; nothing while
    /// it was not measured yet.
    #[must_use]
    pub fn usage(&self, key: &Key) -> Option<Value> {
        let _ = key;
        None
    }
}
