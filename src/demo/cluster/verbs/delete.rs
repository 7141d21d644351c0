//! Deleting: at once, with grace, or all that is in a namespace.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::refusal::Refusal;
use super::super::{Cluster, json};
use super::DeleteOptions;

impl Cluster {
    /// Deletes an object and in time what it controls: a pod ends within its grace, a namespace with all
    /// that is in it. Gives the object as it is on its way out.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, or is not the one that was meant.
    pub fn delete(&mut self, key: &Key, options: &DeleteOptions) -> Result<Arc<Object>, Refusal> {
        let object = self.found(key)?;
        meant(&object, options)?;
        if options.orphan {
            self.set_free(&object);
        }
        Ok(self.end(&object, options.grace_seconds))
    }

    /// Lets an object go, as its kind goes.
    pub(in super::super) fn end(
        &mut self,
        object: &Arc<Object>,
        grace: Option<u64>,
    ) -> Arc<Object> {
        let mut value = object.value();
        let held = json::items(&value, "/metadata/finalizers").next().is_some();
        match object.key.kind {
            Kind::Pod => self.end_pod(object, value, grace, held),
            Kind::Namespace if object.deleting => Arc::clone(object),
            Kind::Namespace => {
                self.leave(&mut value);
                json::set(&mut value, "/status/phase", "Terminating");
                self.write(object.key.clone(), value)
            }
            _ if object.deleting => Arc::clone(object),
            _ if held => {
                self.leave(&mut value);
                json::set(&mut value, "/metadata/deletionGracePeriodSeconds", 0);
                self.write(object.key.clone(), value)
            }
            _ => {
                self.erase(&object.key);
                Arc::clone(object)
            }
        }
    }

    /// A pod goes when its kubelet has ended it; one that never had a kubelet, or is over, goes at once.
    fn end_pod(
        &mut self,
        object: &Arc<Object>,
        mut pod: Value,
        grace: Option<u64>,
        held: bool,
    ) -> Arc<Object> {
        let own = json::number(&pod, "/spec/terminationGracePeriodSeconds");
        let own = own.and_then(|own| u64::try_from(own).ok()).unwrap_or(30);
        let over = object.pod.as_ref().is_some_and(|facts| facts.phase.over());
        let grace = if object.node.is_none() || over {
            0
        } else {
            grace.unwrap_or(own)
        };
        if object.deleting {
            let before = json::number(&pod, "/metadata/deletionGracePeriodSeconds");
            if grace > 0 && before.is_some_and(|before| before <= grace.cast_signed()) {
                return Arc::clone(object);
            }
        }
        if grace == 0 && !held {
            self.erase(&object.key);
            return Arc::clone(object);
        }
        let by = self.now + Duration::from_secs(grace);
        json::set(&mut pod, "/metadata/deletionTimestamp", json::seconds(by));
        json::set(&mut pod, "/metadata/deletionGracePeriodSeconds", grace);
        self.write(object.key.clone(), pod)
    }

    fn leave(&self, object: &mut Value) {
        let now = json::seconds(self.now);
        json::set(object, "/metadata/deletionTimestamp", now);
    }

    /// What an owner controls is nobody's from now on.
    fn set_free(&mut self, owner: &Arc<Object>) {
        let owned: Vec<Arc<Object>> = self.store.owned_by(&owner.uid).cloned().collect();
        for object in owned {
            let mut value = object.value();
            let owners = value.pointer_mut("/metadata/ownerReferences");
            if let Some(owners) = owners.and_then(Value::as_array_mut) {
                owners.retain(|one| json::text(one, "/uid") != &*owner.uid);
            }
            if json::items(&value, "/metadata/ownerReferences")
                .next()
                .is_none()
            {
                json::take(&mut value, "/metadata/ownerReferences");
            }
            self.write(object.key.clone(), value);
        }
    }
}

/// Whether this is the object, and the version of it, that was to be deleted.
fn meant(object: &Object, options: &DeleteOptions) -> Result<(), Refusal> {
    let Key { kind, name, .. } = &object.key;
    if let Some(uid) = options.uid.as_deref().filter(|uid| **uid != *object.uid) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might \
             have been deleted and then recreated",
            object.uid
        );
        return Err(Refusal::another(*kind, name, &why));
    }
    let version = object.revision.to_string();
    if let Some(asked) = options
        .resource_version
        .as_ref()
        .filter(|asked| **asked != version)
    {
        let why = format!(
            "the ResourceVersion in the precondition ({asked}) does not match the ResourceVersion in \
             record ({version}). The object might have been modified"
        );
        return Err(Refusal::another(*kind, name, &why));
    }
    Ok(())
}
