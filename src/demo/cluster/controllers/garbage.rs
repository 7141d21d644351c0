//! The garbage collector: what a gone owner controlled goes, too.

use std::sync::Arc;

use super::super::Cluster;
use super::super::object::Object;

impl Cluster {
    /// Ends what an owner controlled, if it is gone.
    pub(in super::super) fn collect(&mut self, owner: &str) {
        if self.relations.home(owner).is_some() {
            return;
        }
        let left: Vec<Arc<Object>> = self.store.owned_by(owner).cloned().collect();
        for object in left {
            if !object.deleting {
                self.end(&object, None);
            }
        }
    }
}
