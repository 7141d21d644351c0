//! Namespaces on their way out: all that is in them goes first.

use std::sync::Arc;

use super::super::Cluster;
use super::super::kind::Kind;
use super::super::object::{Key, Object};

impl Cluster {
    /// Ends what is in a namespace that is to go, and then itself.
    pub(super) fn reconcile_namespace(&mut self, key: &Key) {
        let Some(namespace) = self.store.get(key).cloned() else {
            return;
        };
        if !namespace.deleting {
            return;
        }
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.names().namespaced);
        let within: Vec<Arc<Object>> = kinds
            .flat_map(|kind| self.store.list(kind, Some(&key.name)))
            .cloned()
            .collect();
        if within.is_empty() {
            self.erase(key);
        }
        for object in within {
            // What an owner took with it may be gone by now.
            if !object.deleting && self.store.get(&object.key).is_some() {
                self.end(&object, None);
            }
        }
    }
}
