//! Deletion of a pod, which ends as gently as the pod itself says.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, Client};

use super::EffectError;
use super::failure::Attempt;
use crate::model::intent::{Accepted, DeletePreview};
use crate::model::key::TypeKey;
use crate::model::text;

/// Seconds that the API gives a pod to end when the pod does not say.
const GRACE_S: u64 = 30;

/// What deleting a pod would mean. Changes nothing.
///
/// # Errors
/// [`EffectError`] when the pod cannot be read, or when another one has its name by now.
pub(super) async fn preview(
    client: &Client,
    namespace: &str,
    pod: &str,
    uid: &str,
) -> Result<DeletePreview, EffectError> {
    let key = TypeKey::new(namespace, "Pod", pod);
    let attempt = Attempt {
        target: &key,
        verb: "read",
        rights: "get on pods",
        writes: false,
    };
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let found = attempt.done(api.get(pod)).await?;
    let metadata = found.metadata;
    if metadata.uid.as_deref() != Some(uid) {
        return Err(other(&key));
    }
    let owners = metadata.owner_references.unwrap_or_default();
    let controller = owners.iter().find(|o| o.controller == Some(true));
    let grace = found.spec.and_then(|s| s.termination_grace_period_seconds);
    let finalizers = metadata.finalizers.unwrap_or_default();
    Ok(DeletePreview {
        pod: pod.into(),
        uid: uid.into(),
        grace_s: grace.map_or(GRACE_S, |s| u64::try_from(s).unwrap_or(0)),
        controller: controller.map(|o| (text::name(&o.kind), text::name(&o.name))),
        terminating: metadata.deletion_timestamp.is_some(),
        finalizers: finalizers.iter().map(|f| text::name(f)).collect(),
    })
}

/// Deletes the pod, once, provided that it is the one that was previewed.
///
/// # Errors
/// [`EffectError`]; all variants but [`EffectError::Unknown`] mean that nothing was changed.
pub(super) async fn send(
    client: &Client,
    namespace: &str,
    preview: &DeletePreview,
) -> Result<Accepted, EffectError> {
    let key = TypeKey::new(namespace, "Pod", &preview.pod);
    let attempt = Attempt {
        target: &key,
        verb: "delete",
        rights: "get, delete on pods",
        writes: true,
    };
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = DeleteParams::default().preconditions(Preconditions {
        uid: Some(preview.uid.to_string()),
        resource_version: None,
    });
    match attempt.done(api.delete(&preview.pod, &params)).await {
        // A pod has no generation that tells: its uid does.
        Ok(_) => Ok(Accepted { generation: None }),
        Err(EffectError::Conflict { .. }) => Err(other(&key)),
        Err(error) => Err(error),
    }
}

/// Another pod has the name: the one that is meant is gone.
fn other(key: &TypeKey) -> EffectError {
    EffectError::NotFound {
        target: format!("the selected Pod {}/{}", key.namespace, key.name).into(),
    }
}
