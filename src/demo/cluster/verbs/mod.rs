//! The API's verbs: what may be asked of the cluster from outside, with the rules of an API server.

mod admit;
mod check;
mod defaults;
mod delete;
mod logs;
mod patch;
mod scale;
#[cfg(test)]
mod tests;
mod usage;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::kind::Kind;
use super::object::{Key, Object};
use super::refusal::Refusal;
use super::{Cluster, json};

/// What a write from outside is told that comes too late.
const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

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
        let object = admit::received(kind, namespace, object)?;
        self.welcome(kind, namespace, json::text(&object, "/metadata/name"))?;
        let object = self.admitted(kind, namespace, object);
        let name = json::text(&object, "/metadata/name").to_owned();
        let key = Key::new(kind, namespace, &name);
        if self.store.get(&key).is_some() {
            return Err(Refusal::exists(kind, &name));
        }
        let faults = check::faults(kind, &object, None);
        if !faults.is_empty() {
            return Err(Refusal::faulty(kind, &name, faults));
        }
        Ok(self.write(key, object))
    }

    /// Puts another version in an object's place; one that carries a `resourceVersion` only in the place
    /// of that version. The status stays as it is.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, was changed in between, or would not be valid.
    pub fn replace(&mut self, key: &Key, object: Value) -> Result<Arc<Object>, Refusal> {
        let object = admit::received(key.kind, &key.namespace, object)?;
        let old = self.found(key)?;
        self.update(&old, object)
    }

    /// Changes parts of an object; a patch that names a `resourceVersion` only that version.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, was changed in between, cannot be patched so, or would not be valid.
    pub fn patch(&mut self, key: &Key, patch: &Patch) -> Result<Arc<Object>, Refusal> {
        let old = self.found(key)?;
        let object = patch::apply(key.kind, &old.value(), patch)?;
        let object = admit::received(key.kind, &key.namespace, object)?;
        self.update(&old, object)
    }

    /// Another version of an object from outside.
    fn update(&mut self, old: &Arc<Object>, mut object: Value) -> Result<Arc<Object>, Refusal> {
        let key = &old.key;
        let name = json::text(&object, "/metadata/name");
        if name != &*key.name {
            let message = format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                key.name
            );
            return Err(Refusal::bad_request(message));
        }
        let version = json::text(&object, "/metadata/resourceVersion");
        if !version.is_empty() && version != old.revision.to_string() {
            return Err(Refusal::conflict(key.kind, &key.name, MODIFIED));
        }
        let before = old.value();
        let mut faults = admit::keep(key.kind, &mut object, &before);
        defaults::fill_in(key.kind, &mut object);
        faults.extend(check::faults(key.kind, &object, Some(&before)));
        if !faults.is_empty() {
            return Err(Refusal::faulty(key.kind, &key.name, faults));
        }
        if key.kind == Kind::Service {
            self.address(&mut object);
        }
        let held = json::items(&object, "/metadata/finalizers")
            .next()
            .is_some();
        let after = self.write(key.clone(), object);
        if old.deleting && !held && !matches!(key.kind, Kind::Pod | Kind::Namespace) {
            self.erase(key);
        }
        Ok(after)
    }

    pub(super) fn found(&self, key: &Key) -> Result<Arc<Object>, Refusal> {
        let object = self.store.get(key).cloned();
        object.ok_or_else(|| Refusal::not_found(key.kind, &key.name))
    }
}
