//! The `scale` subresource: the number of a workload, and nothing else of it.

use serde_json::{Value, json};

use super::super::object::{Key, Object};
use super::super::refusal::{Fault, Refusal};
use super::super::{Cluster, json, selector};
use super::{MODIFIED, Patch, patch};

impl Cluster {
    /// The `autoscaling/v1` Scale of an object.
    ///
    /// # Errors
    /// [`Refusal`]: it is not there, or its kind has no number.
    pub fn scale(&self, key: &Key) -> Result<Value, Refusal> {
        if !key.kind.names().scales {
            let message = "the server could not find the requested resource";
            return Err(Refusal::new(404, "NotFound", message));
        }
        let object = self.found(key)?;
        Ok(scale_of(&object))
    }

    /// Sets the number by a Scale; one that carries a `resourceVersion` only of that version. Gives the
    /// Scale after it.
    ///
    /// # Errors
    /// [`Refusal`]: as [`Cluster::replace`].
    pub fn replace_scale(&mut self, key: &Key, scale: &Value) -> Result<Value, Refusal> {
        let before = self.scale(key)?;
        let version = json::at(scale, "/metadata/resourceVersion");
        let old = json::at(&before, "/metadata/resourceVersion");
        if !version.is_null() && version != "" && version != old {
            return Err(Refusal::conflict(key.kind, &key.name, MODIFIED));
        }
        let wanted = json::at(scale, "/spec/replicas");
        let number = match wanted {
            Value::Null => 0,
            given => given.as_i64().ok_or_else(|| {
                Refusal::bad_request(format!(
                    "spec.replicas must be a whole number, but is {given}"
                ))
            })?,
        };
        if number < 0 {
            let why = "must be greater than or equal to 0";
            let fault = Fault::invalid("spec.replicas", wanted, why);
            let message = format!(
                "Scale.autoscaling \"{}\" is invalid: {}: {}",
                key.name, fault.field, fault.message
            );
            let mut refusal = Refusal::new(422, "Invalid", message);
            refusal.faults.push(fault);
            return Err(refusal);
        }
        let old = self.found(key)?;
        let mut object = old.value();
        if json::number(&object, "/spec/replicas") != Some(number) {
            json::set(&mut object, "/spec/replicas", number);
            let generation = json::number(&object, "/metadata/generation").unwrap_or_default();
            json::set(&mut object, "/metadata/generation", generation + 1);
        }
        Ok(scale_of(&self.write(key.clone(), object)))
    }

    /// Sets the number by a patch of the Scale. Gives the Scale after it.
    ///
    /// # Errors
    /// [`Refusal`]: as [`Cluster::patch`].
    pub fn patch_scale(&mut self, key: &Key, patch: &Patch) -> Result<Value, Refusal> {
        let scale = self.scale(key)?;
        let scale = patch::apply(key.kind, &scale, patch)?;
        self.replace_scale(key, &scale)
    }
}

fn scale_of(object: &Object) -> Value {
    let value = object.value();
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": &*object.key.name, "namespace": &*object.key.namespace, "uid": &*object.uid,
            "resourceVersion": object.revision.to_string(),
            "creationTimestamp": json::text(&value, "/metadata/creationTimestamp"),
        },
        "spec": {},
        "status": {"replicas": json::number(&value, "/status/replicas").unwrap_or_default()},
    });
    // A real server leaves zeros out of the spec.
    if let Some(number) = json::number(&value, "/spec/replicas").filter(|number| *number != 0) {
        json::set(&mut scale, "/spec/replicas", number);
    }
    let selector = json::at(&value, "/spec/selector");
    if !selector.is_null() {
        json::set(&mut scale, "/status/selector", selector::text(selector));
    }
    scale
}
