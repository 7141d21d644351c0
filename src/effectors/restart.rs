//! Restart: marks the pod template with a time, as `kubectl rollout restart` does, so that the controller
//! replaces every pod by one of the same template.

use jiff::{Timestamp, Unit};
use kube::Client;
use serde_json::{Value, json};

use super::{EffectError, rollout};
use crate::model::intent::{Accepted, Operation, RestartPreview};
use crate::model::key::TypeKey;

/// The mark, the same as kubectl's: whoever reads it knows it.
pub(super) const MARK: &str = "kubectl.kubernetes.io/restartedAt";

/// What a restart would mean. Changes nothing.
///
/// # Errors
/// [`EffectError`] when the object cannot be read, or does not roll out.
pub(super) async fn preview(
    client: &Client,
    target: &TypeKey,
) -> Result<RestartPreview, EffectError> {
    let api = rollout::api(client, target, &Operation::Restart)?;
    let object = rollout::read(&api, target).await?;
    Ok(RestartPreview {
        rollout: rollout::rollout(&object, target),
        images: rollout::images(&object.spec.template),
    })
}

/// Marks the template, once, provided that the object is as it was previewed.
///
/// # Errors
/// [`EffectError`]; all variants but [`EffectError::Unknown`] mean that nothing was changed.
pub(super) async fn send(
    client: &Client,
    target: &TypeKey,
    at: Timestamp,
    preview: &RestartPreview,
) -> Result<Accepted, EffectError> {
    let api = rollout::api(client, target, &Operation::Restart)?;
    // kubectl writes whole seconds; two restarts within one are one.
    let at = at.round(Unit::Second).unwrap_or(at).to_string();
    let template = json!({"metadata": {"annotations": {MARK: at}}});
    rollout::change(
        &api,
        target,
        "restart",
        &preview.rollout,
        Value::Null,
        template,
    )
    .await
}
