//! Deletion of a pod, which ends as gently as the pod itself says.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, Client};

use super::EffectError;
use super::failure::Attempt;
use crate::model::intent::{Accepted, DeletePreview, Found};
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

/// Whether the pod is gone or ends.
///
/// # Errors
/// [`EffectError`] when it cannot be read.
pub(super) async fn look(
    client: &Client,
    namespace: &str,
    previewed: &DeletePreview,
) -> Result<Found, EffectError> {
    let arrived = Found::Arrived { generation: None };
    match preview(client, namespace, &previewed.pod, &previewed.uid).await {
        Ok(now) if now.terminating && !previewed.terminating => Ok(arrived),
        Ok(_) => Ok(Found::Unchanged),
        // It is gone, whether another one has its name or none.
        Err(EffectError::NotFound { .. }) => Ok(arrived),
        Err(error) => Err(error),
    }
}

/// Another pod has the name: the one that is meant is gone.
fn other(key: &TypeKey) -> EffectError {
    EffectError::NotFound {
        target: format!("the selected Pod {}/{}", key.namespace, key.name).into(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{failure, server};
    use super::*;

    fn pod(spec: &Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "cart-5d-x", "namespace": "shop", "uid": "uid-x",
                "finalizers": ["example.com/drain"],
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"},
                    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-5d", "uid": "u", "controller": true}
                ]
            },
            "spec": spec
        })
    }

    fn seen() -> DeletePreview {
        DeletePreview {
            pod: "cart-5d-x".into(),
            uid: "uid-x".into(),
            grace_s: 30,
            controller: None,
            terminating: false,
            finalizers: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_preview_tells_how_it_ends_and_who_makes_another_one() {
        for (spec, grace_s) in [
            (
                json!({"containers": [], "terminationGracePeriodSeconds": 5}),
                5,
            ),
            (json!({"containers": []}), 30),
        ] {
            let (client, sent) = server(move |_, _| (200, pod(&spec)));
            let preview = preview(&client, "shop", "cart-5d-x", "uid-x").await;
            let expected = DeletePreview {
                grace_s,
                controller: Some(("ReplicaSet".into(), "cart-5d".into())),
                finalizers: vec!["example.com/drain".into()],
                ..seen()
            };
            assert_eq!(preview, Ok(expected));
            assert!(sent.lock().expect("whole").is_empty(), "nothing is written");
        }
    }

    #[tokio::test]
    async fn another_pod_of_the_name_is_not_meant() {
        let (client, _) = server(|_, _| (200, pod(&json!({"containers": []}))));
        let error = preview(&client, "shop", "cart-5d-x", "uid-of-before").await;
        assert_eq!(
            error.expect_err("it is refused").to_string(),
            "the selected Pod shop/cart-5d-x does not exist (any more); nothing was changed"
        );
    }

    #[tokio::test]
    async fn what_is_sent_insists_on_the_uid_and_leaves_the_grace_to_the_pod() {
        let (client, sent) = server(|method, path| match (method, path) {
            ("DELETE", "/api/v1/namespaces/shop/pods/cart-5d-x") => {
                (200, pod(&json!({"containers": []})))
            }
            _ => failure(404, path),
        });
        let accepted = send(&client, "shop", &seen()).await;
        assert_eq!(accepted, Ok(Accepted { generation: None }));
        let sent = sent.lock().expect("whole");
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0]["preconditions"], json!({"uid": "uid-x"}));
        assert_eq!(sent[0].get("gracePeriodSeconds"), None);
    }

    #[rstest]
    #[case(
        403,
        "not allowed to delete Pod shop/cart-5d-x; ask for get, delete on pods"
    )]
    #[case(
        404,
        "Pod shop/cart-5d-x does not exist (any more); nothing was changed"
    )]
    #[case(
        409,
        "the selected Pod shop/cart-5d-x does not exist (any more); nothing was changed"
    )]
    #[case(
        504,
        "no answer came (the server answered 504); repeat it only when it is known whether Pod shop/cart-5d-x was changed"
    )]
    #[tokio::test]
    async fn each_refusal_says_what_to_do(#[case] code: u16, #[case] line: &str) {
        let (client, sent) = server(move |_, _| failure(code, "said"));
        let error = send(&client, "shop", &seen()).await;
        assert_eq!(error.expect_err("it fails").to_string(), line);
        assert_eq!(
            sent.lock().expect("whole").len(),
            1,
            "nothing is sent twice"
        );
    }
}
