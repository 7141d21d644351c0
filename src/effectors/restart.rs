//! Restart: marks the pod template with a time, as `kubectl rollout restart` does, so that the controller
//! replaces every pod by one of the same template.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use kube::Client;
use serde_json::{Value, json};

use super::{EffectError, rollout};
use crate::model::intent::{Accepted, Found, Operation, RestartPreview};
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
    let object = rollout::ready(&api, target).await?;
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
    let template = json!({"metadata": {"annotations": {MARK: mark(at)}}});
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

/// Whether the template has our mark.
///
/// # Errors
/// [`EffectError`] when it cannot be read; [`EffectError::NotFound`] when it is gone.
pub(super) async fn look(
    client: &Client,
    target: &TypeKey,
    at: Timestamp,
    preview: &RestartPreview,
) -> Result<Found, EffectError> {
    let api = rollout::api(client, target, &Operation::Restart)?;
    let mark = mark(at);
    let has_mark = |template: &Value| {
        let annotations = template.pointer("/metadata/annotations");
        annotations.and_then(|all| all.get(MARK)?.as_str()) == Some(&*mark)
    };
    rollout::look(&api, target, &preview.rollout, has_mark).await
}

/// kubectl writes whole seconds; two restarts within one are one.
fn mark(at: Timestamp) -> String {
    let seconds = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Trunc);
    at.round(seconds).unwrap_or(at).to_string()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tests::{failure, server};
    use super::*;
    use crate::model::intent::{Identity, Strategy};

    fn target(kind: &str) -> TypeKey {
        TypeKey::new("shop", kind, "cart")
    }

    fn object(spec: &Value) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Any",
            "metadata": {"name": "cart", "namespace": "shop", "resourceVersion": "41", "generation": 6},
            "spec": spec, "status": {"desiredNumberScheduled": 5}
        })
    }

    fn template() -> Value {
        json!({"metadata": {"labels": {"app": "cart"}}, "spec": {
            "initContainers": [{"name": "i", "image": "init:1"}],
            "containers": [{"name": "c", "image": "cart:2"}]
        }})
    }

    fn seen(version: &str) -> RestartPreview {
        RestartPreview {
            rollout: crate::model::intent::Rollout {
                desired: 3,
                identity: Identity::default(),
                resource_version: version.into(),
                generation: Some(6),
                strategy: Strategy::Rolling,
                kept: 0,
                deadline_s: None,
            },
            images: Vec::new(),
        }
    }

    fn at() -> Timestamp {
        "2026-03-01T13:03:12.7Z".parse().expect("a time")
    }

    #[rstest]
    #[case::deployment(
        "Deployment",
        json!({"replicas": 3, "progressDeadlineSeconds": 90, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}}),
        (3, Strategy::Rolling, 0, Some(90))
    )]
    #[case::without_deadline(
        "Deployment",
        json!({"progressDeadlineSeconds": i32::MAX, "strategy": {"type": "Recreate"}}),
        (1, Strategy::Recreate, 0, None)
    )]
    #[case::partitioned(
        "StatefulSet",
        json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}),
        (3, Strategy::OneByOne, 2, None)
    )]
    #[case::on_each_node(
        "DaemonSet",
        json!({"updateStrategy": {"type": "OnDelete"}}),
        (5, Strategy::OnDelete, 0, None)
    )]
    #[tokio::test]
    async fn a_preview_tells_how_pods_will_be_replaced(
        #[case] kind: &str,
        #[case] mut spec: Value,
        #[case] told: (u32, Strategy, u32, Option<u64>),
    ) {
        spec["template"] = template();
        let (client, sent) = server(move |_, _| (200, object(&spec)));
        let preview = preview(&client, &target(kind)).await.expect("a preview");
        let rollout = preview.rollout;
        assert_eq!(
            (
                rollout.desired,
                rollout.strategy,
                rollout.kept,
                rollout.deadline_s
            ),
            told
        );
        assert_eq!(&*rollout.resource_version, "41");
        assert_eq!(rollout.generation, Some(6));
        assert_eq!(preview.images, ["init:1".into(), "cart:2".into()]);
        assert!(sent.lock().expect("whole").is_empty(), "nothing is written");
    }

    #[tokio::test]
    async fn what_is_paused_or_of_another_kind_is_not_restarted() {
        let (client, _) = server(|_, _| (200, object(&json!({"paused": true}))));
        let paused = preview(&client, &target("Deployment")).await;
        let paused = paused.expect_err("it is refused").to_string();
        assert!(
            paused.contains("kubectl rollout resume deployment/cart"),
            "{paused}"
        );
        for kind in ["ReplicaSet", "CronJob", "Pod", "Rollout.argoproj.io"] {
            let refused = preview(&client, &target(kind)).await;
            assert!(
                matches!(refused, Err(EffectError::Invalid { .. })),
                "{kind}"
            );
        }
    }

    #[rstest]
    #[case("Deployment", "deployments")]
    #[case("StatefulSet", "statefulsets")]
    #[case("DaemonSet", "daemonsets")]
    #[tokio::test]
    async fn the_mark_is_sent_once_with_the_previewed_version(
        #[case] kind: &str,
        #[case] plural: &'static str,
    ) {
        let (client, sent) = server(move |method, path| {
            if (method, path)
                == (
                    "PATCH",
                    &*format!("/apis/apps/v1/namespaces/shop/{plural}/cart"),
                )
            {
                let mut after = object(&json!({"template": template()}));
                after["metadata"]["generation"] = json!(7);
                (200, after)
            } else {
                failure(404, path)
            }
        });
        let accepted = send(&client, &target(kind), at(), &seen("41")).await;
        let generation = Some(7);
        assert_eq!(accepted, Ok(Accepted { generation }));
        let expected = json!({
            "metadata": {"resourceVersion": "41"},
            "spec": {"template": {"metadata": {"annotations": {
                "kubectl.kubernetes.io/restartedAt": "2026-03-01T13:03:12Z"
            }}}}
        });
        assert_eq!(*sent.lock().expect("whole"), [expected]);
    }

    #[rstest]
    #[case(
        403,
        "not allowed to restart Deployment shop/cart; ask for get, patch on deployments"
    )]
    #[case(
        409,
        "Deployment shop/cart has changed since the preview; look again and repeat"
    )]
    #[case(
        504,
        "no answer came (the server answered 504); repeat it only when it is known whether Deployment shop/cart was changed"
    )]
    #[tokio::test]
    async fn each_refusal_says_what_to_do(#[case] code: u16, #[case] line: &str) {
        let (client, sent) = server(move |_, _| failure(code, "said"));
        let error = send(&client, &target("Deployment"), at(), &seen("41")).await;
        assert_eq!(error.expect_err("it fails").to_string(), line);
        assert_eq!(
            sent.lock().expect("whole").len(),
            1,
            "nothing is sent twice"
        );
    }

    #[tokio::test]
    async fn without_a_version_nothing_is_sent() {
        let (client, sent) = server(|_, path| failure(404, path));
        let error = send(&client, &target("Deployment"), at(), &seen("")).await;
        assert!(matches!(error, Err(EffectError::Invalid { .. })));
        assert!(sent.lock().expect("whole").is_empty());
    }
}
