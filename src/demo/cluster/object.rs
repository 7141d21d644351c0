//! One version of one object, as it is stored and sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::json;
use super::kind::Kind;

/// Which object. Sorted as lists are: by kind, namespace, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty where the kind has none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Key {
    /// A key of a kind; `namespace` is empty where the kind has none.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// One version of an object; it never changes. Ten thousand pods are held as their text, which is a fifth
/// of the parsed form, and what is often asked for stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Which one.
    pub key: Key,
    /// Its identity; another object of the same name has another one.
    pub uid: Arc<str>,
    /// The store's revision that made this version: its `resourceVersion`.
    pub revision: u64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The uid of the owner that controls it.
    pub controller: Option<Arc<str>>,
    /// The node that a pod is bound to.
    pub node: Option<Arc<str>>,
    /// The whole object as JSON.
    json: Arc<str>,
}

impl Object {
    /// A version of an object, `resourceVersion`, `kind` and `apiVersion` set.
    pub(super) fn new(key: Key, revision: u64, mut value: Value) -> Self {
        json::set(
            &mut value,
            "/metadata/resourceVersion",
            revision.to_string(),
        );
        json::set(&mut value, "/kind", key.kind.names().kind);
        json::set(&mut value, "/apiVersion", key.kind.api_version());
        let labels = json::at(&value, "/metadata/labels").as_object();
        let labels = labels.into_iter().flatten();
        let controller = json::items(&value, "/metadata/ownerReferences")
            .find(|owner| json::at(owner, "/controller") == true)
            .map(|owner| json::text(owner, "/uid").into());
        Self {
            uid: json::text(&value, "/metadata/uid").into(),
            revision,
            labels: labels
                .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
                .collect(),
            controller,
            node: json::at(&value, "/spec/nodeName").as_str().map(Arc::from),
            json: value.to_string().into(),
            key,
        }
    }

    /// The object as it is sent.
    #[must_use]
    pub fn json(&self) -> &Arc<str> {
        &self.json
    }

    /// The object, to be looked into or changed.
    #[must_use]
    pub fn value(&self) -> Value {
        // What was written by `new` can be read.
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}
