//! What restart and rollback share: reading an object that has a pod template, and changing the
//! template, which sets a rollout going.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::{ApiResource, Object, Patch, PatchParams};
use kube::{Api, Client};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::failure::{Attempt, plural};
use super::{EffectError, WRITER, identity, known_version};
use crate::model::intent::{Accepted, Found, Operation, Rollout, Seen, Strategy};
use crate::model::key::TypeKey;
use crate::model::text::{self, Text};

/// An object with a pod template, of any kind that has one.
pub(super) type Templated = Object<Spec, Status>;

/// What is read of it. The template stays as the server wrote it: what we do not know of must survive.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    replicas: Option<i32>,
    #[serde(default)]
    pub(super) paused: bool,
    #[serde(default)]
    pub(super) template: Value,
    #[serde(default)]
    pub(super) selector: LabelSelector,
    /// A Deployment's.
    strategy: Option<Update>,
    /// A StatefulSet's, a DaemonSet's.
    update_strategy: Option<Update>,
    progress_deadline_seconds: Option<i32>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    r#type: Option<String>,
    rolling_update: Option<Rolling>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Rolling {
    partition: Option<i32>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) observed_generation: Option<i64>,
    desired_number_scheduled: Option<i32>,
}

/// The interface of a kind with a rollout.
pub(super) fn api(
    client: &Client,
    target: &TypeKey,
    operation: &Operation,
) -> Result<Api<Templated>, EffectError> {
    let refused = |why: String| EffectError::Invalid { why: why.into() };
    if let Some(why) = operation.why_not(target) {
        return Err(refused(why));
    }
    let resource = match &*target.kind {
        "Deployment" => ApiResource::erase::<Deployment>(&()),
        "StatefulSet" => ApiResource::erase::<StatefulSet>(&()),
        "DaemonSet" => ApiResource::erase::<DaemonSet>(&()),
        other => return Err(refused(format!("a {other} has no rollout"))),
    };
    let client = client.clone();
    Ok(Api::namespaced_with(client, &target.namespace, &resource))
}

/// Reads the object.
pub(super) async fn read(api: &Api<Templated>, target: &TypeKey) -> Result<Templated, EffectError> {
    let attempt = Attempt {
        target,
        verb: "read",
        rights: &format!("get on {}", plural(target)),
        writes: false,
    };
    attempt.done(api.get(&target.name)).await
}

/// Reads the object before its template is changed.
pub(super) async fn ready(
    api: &Api<Templated>,
    target: &TypeKey,
) -> Result<Templated, EffectError> {
    let object = read(api, target).await?;
    if object.spec.paused {
        return Err(EffectError::Invalid {
            why: format!(
                "{} is paused, and would not roll out; kubectl rollout resume deployment/{0} first",
                target.name
            )
            .into(),
        });
    }
    Ok(object)
}

/// What changing its template would set going.
pub(super) fn rollout(object: &Templated, target: &TypeKey) -> Rollout {
    let spec = &object.spec;
    let update = spec.strategy.as_ref().or(spec.update_strategy.as_ref());
    let is = |word: &str| update.and_then(|u| u.r#type.as_deref()) == Some(word);
    let strategy = match &*target.kind {
        _ if is("OnDelete") => Strategy::OnDelete,
        _ if is("Recreate") => Strategy::Recreate,
        "Deployment" => Strategy::Rolling,
        _ => Strategy::OneByOne,
    };
    let partition = update.and_then(|u| u.rolling_update.as_ref()?.partition);
    let scheduled = object.status.as_ref();
    let desired = match &*target.kind {
        "DaemonSet" => scheduled.and_then(|s| s.desired_number_scheduled),
        // The API defines 1 for a missing number.
        _ => Some(spec.replicas.unwrap_or(1)),
    };
    let version = object.metadata.resource_version.as_deref();
    Rollout {
        desired: count(desired),
        identity: identity(&object.metadata),
        resource_version: text::name(version.unwrap_or_default()),
        generation: object.metadata.generation,
        strategy,
        kept: count(partition).min(count(desired)),
        // The largest number stands for no deadline at all.
        deadline_s: spec
            .progress_deadline_seconds
            .filter(|s| *s != i32::MAX)
            .and_then(|s| u64::try_from(s).ok()),
    }
}

/// Changes the object, once, provided that it is as it was previewed: the server compares the version,
/// and answers 409 when it is another one.
pub(super) async fn change(
    api: &Api<Templated>,
    target: &TypeKey,
    verb: &'static str,
    previewed: &Rollout,
    annotations: Value,
    template: Value,
) -> Result<Accepted, EffectError> {
    let attempt = Attempt {
        target,
        verb,
        rights: &format!("get, patch on {}", plural(target)),
        writes: true,
    };
    let version = known_version(&previewed.resource_version)?;
    let mut patch = json!({
        "metadata": {"resourceVersion": version},
        "spec": {"template": template}
    });
    if let (Some(metadata), false) = (patch.get_mut("metadata"), annotations.is_null()) {
        metadata["annotations"] = annotations;
    }
    let params = PatchParams {
        field_manager: Some(WRITER.to_owned()),
        ..PatchParams::default()
    };
    let object = attempt
        .done(api.patch(&target.name, &params, &Patch::Strategic(patch)))
        .await?;
    Ok(Accepted {
        generation: object.metadata.generation,
    })
}

/// How the object is now, compared with what was previewed; what makes its template ours, the caller knows.
pub(super) async fn look(
    api: &Api<Templated>,
    target: &TypeKey,
    previewed: &Rollout,
    is_ours: impl Fn(&Value) -> bool,
) -> Result<Found, EffectError> {
    let object = read(api, target).await?;
    let now = rollout(&object, target);
    let seen = |rollout: &Rollout| Seen {
        identity: rollout.identity.clone(),
        version: rollout.resource_version.clone(),
        generation: rollout.generation,
    };
    let has_ours = is_ours(&object.spec.template);
    Ok(Found::compare(
        &seen(previewed),
        &seen(&now),
        has_ours,
        "changed",
    ))
}

/// The images of a template, those of init containers first, as the Kubernetes source reads them.
pub(super) fn images(template: &Value) -> Vec<Text> {
    let of = |containers: &str| {
        let list = template.pointer(containers).and_then(Value::as_array);
        let images = list
            .into_iter()
            .flatten()
            .filter_map(|c| c.get("image")?.as_str());
        images.map(text::name).collect::<Vec<_>>()
    };
    [of("/spec/initContainers"), of("/spec/containers")].concat()
}

fn count(raw: Option<i32>) -> u32 {
    u32::try_from(raw.unwrap_or(0)).unwrap_or(0)
}
