//! Scaling: sets the number of components of a type through the scale subresource.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v1::{Scale, ScaleSpec};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};
use tokio::time::timeout;

use crate::model::intent::{Accepted, Autoscaler, Found, ScalePreview, Seen};
use crate::model::key::TypeKey;
use crate::model::text::{self, Text};

use super::failure::{Attempt, READING, plural};
use super::{EffectError, WRITER, identity, known_version};

/// How often a scale and its object are read to get both of one version: while pods come and go, the
/// controller writes in between.
const READS: usize = 5;

/// What setting the number would mean: reads the scale and who else sets it. Changes nothing.
///
/// # Errors
/// [`EffectError`] when the scale cannot be read; autoscalers that cannot be read are
/// [`Autoscaler::Unknown`] instead.
pub(super) async fn preview(
    client: &Client,
    target: &TypeKey,
) -> Result<ScalePreview, EffectError> {
    let attempt = Attempt {
        target,
        verb: "read the scale of",
        rights: &format!("get on {}/scale", plural(target)),
        writes: false,
    };
    let scales = Scales::of(client, target)?;
    let reading = async {
        let mut reads = 0;
        loop {
            let scale = attempt.done(scales.get(&target.name));
            let (scale, object) = futures::join!(scale, scales.object(&target.name));
            let scale = scale?;
            let version = scale.metadata.resource_version.as_ref();
            let is_same = |object: &ObjectMeta| object.resource_version.as_ref() == version;
            reads += 1;
            match object {
                Some(object) if is_same(&object) => return Ok((scale, Some(object))),
                Some(_) if reads < READS => {}
                _ => return Ok((scale, None)),
            }
        }
    };
    let (read, autoscaler) = futures::join!(reading, autoscaler(client, target));
    let (scale, object) = read?;
    let version = scale.metadata.resource_version.as_deref();
    Ok(ScalePreview {
        // The server leaves out a zero.
        replicas_now: number(&scale),
        replicas_existing: count(scale.status.as_ref().map(|status| status.replicas)),
        identity: identity(&scale.metadata),
        resource_version: text::name(version.unwrap_or_default()),
        // The scale of the built-in kinds does not say; the object does, where it may be read.
        generation: object.and_then(|object| object.generation),
        autoscaler,
    })
}

/// Sets the number, once, provided that the object is as it was previewed.
///
/// # Errors
/// [`EffectError`]; all variants but [`EffectError::Unknown`] mean that nothing was changed.
pub(super) async fn send(
    client: &Client,
    target: &TypeKey,
    replicas: u32,
    preview: &ScalePreview,
) -> Result<Accepted, EffectError> {
    let attempt = Attempt {
        target,
        verb: "scale",
        rights: &format!("get, update on {}/scale", plural(target)),
        writes: true,
    };
    let wanted = i32::try_from(replicas).map_err(|_| EffectError::Invalid {
        why: format!("{replicas} is more than Kubernetes can count").into(),
    })?;
    let version = known_version(&preview.resource_version)?;
    let scales = Scales::of(client, target)?;
    let scale = Scale {
        metadata: ObjectMeta {
            name: Some(target.name.to_string()),
            namespace: Some(target.namespace.to_string()),
            resource_version: Some(version.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(ScaleSpec {
            replicas: Some(wanted),
        }),
        status: None,
    };
    let scale = attempt.done(scales.replace(&target.name, &scale)).await?;
    let generation = match preview.generation {
        // What insists on a version makes the first generation after it; unless an admission plugin has made
        // another number of ours.
        Some(before) if number(&scale) == replicas => Some(before + 1),
        // It is done, whatever is answered to this.
        _ => scales.object(&target.name).await.and_then(|o| o.generation),
    };
    Ok(Accepted { generation })
}

/// How the number is now, compared with what was previewed and what was sent.
///
/// # Errors
/// [`EffectError`] when it cannot be read; [`EffectError::NotFound`] when it is gone.
pub(super) async fn look(
    client: &Client,
    target: &TypeKey,
    replicas: u32,
    previewed: &ScalePreview,
) -> Result<Found, EffectError> {
    let now = preview(client, target).await?;
    let seen = |preview: &ScalePreview| Seen {
        identity: preview.identity.clone(),
        version: preview.resource_version.clone(),
        generation: preview.generation,
    };
    let has_ours = now.replicas_now == replicas;
    let instead = if now.replicas_now == previewed.replicas_now {
        format!("left at {} or turned back to it", now.replicas_now)
    } else {
        format!("turned to {}", now.replicas_now)
    };
    Ok(Found::compare(
        &seen(previewed),
        &seen(&now),
        has_ours,
        &instead,
    ))
}

/// The scales of one kind in one namespace.
enum Scales {
    Deployment(Api<Deployment>),
    StatefulSet(Api<StatefulSet>),
    ReplicaSet(Api<ReplicaSet>),
}

/// Does the same with each kind's interface.
macro_rules! each {
    ($scales:expr, $api:ident => $does:expr) => {
        match $scales {
            Scales::Deployment($api) => $does,
            Scales::StatefulSet($api) => $does,
            Scales::ReplicaSet($api) => $does,
        }
    };
}

impl Scales {
    fn of(client: &Client, target: &TypeKey) -> Result<Self, EffectError> {
        let (client, namespace) = (client.clone(), &*target.namespace);
        Ok(match &*target.kind {
            "Deployment" => Self::Deployment(Api::namespaced(client, namespace)),
            "StatefulSet" => Self::StatefulSet(Api::namespaced(client, namespace)),
            "ReplicaSet" => Self::ReplicaSet(Api::namespaced(client, namespace)),
            other => {
                return Err(EffectError::Invalid {
                    why: format!("the number of a {other} cannot be set from here").into(),
                });
            }
        })
    }

    async fn get(&self, name: &str) -> kube::Result<Scale> {
        each!(self, api => api.get_scale(name).await)
    }

    async fn replace(&self, name: &str, scale: &Scale) -> kube::Result<Scale> {
        let params = PostParams {
            field_manager: Some(WRITER.to_owned()),
            ..PostParams::default()
        };
        each!(self, api => api.replace_scale(name, &params, scale).await)
    }

    /// The object's own metadata, where they can be had.
    async fn object(&self, name: &str) -> Option<ObjectMeta> {
        let reading =
            async { each!(self, api => api.get_metadata(name).await.map(|o| o.metadata)) };
        timeout(READING, reading).await.ok()?.ok()
    }
}

/// The autoscaler of a type.
async fn autoscaler(client: &Client, target: &TypeKey) -> Autoscaler {
    let api: Api<HorizontalPodAutoscaler> = Api::namespaced(client.clone(), &target.namespace);
    let params = ListParams::default();
    match timeout(READING, api.list(&params)).await {
        Ok(Ok(list)) => list
            .items
            .iter()
            .find_map(|autoscaler| found(autoscaler, target))
            .unwrap_or(Autoscaler::None),
        Ok(Err(kube::Error::Api(status))) if status.code == 403 => unknown(&format!(
            "may not list autoscalers in namespace {}; ask for list on horizontalpodautoscalers",
            target.namespace
        )),
        Ok(Err(kube::Error::Api(status))) => unknown(&format!(
            "the server answered {} when asked for autoscalers",
            status.code
        )),
        Ok(Err(_)) => unknown("autoscalers could not be read; preview again"),
        Err(_) => unknown("the server did not answer when asked for autoscalers; preview again"),
    }
}

fn unknown(why: &str) -> Autoscaler {
    Autoscaler::Unknown {
        why: text::message(why),
    }
}

fn found(autoscaler: &HorizontalPodAutoscaler, target: &TypeKey) -> Option<Autoscaler> {
    let spec = &autoscaler.spec;
    let aim = &spec.scale_target_ref;
    let group = aim.api_version.as_deref().unwrap_or("apps/v1");
    let is_it = aim.kind == *target.kind && aim.name == *target.name && group.starts_with("apps/");
    is_it.then(|| Autoscaler::Found {
        name: autoscaler
            .metadata
            .name
            .as_deref()
            .map_or_else(Text::default, text::name),
        // The API defines 1 for a missing bound.
        min: count(Some(spec.min_replicas.unwrap_or(1))),
        max: count(Some(spec.max_replicas)),
        desired: count(
            autoscaler
                .status
                .as_ref()
                .and_then(|status| status.desired_replicas.into()),
        ),
    })
}

fn number(scale: &Scale) -> u32 {
    count(scale.spec.as_ref().and_then(|spec| spec.replicas))
}

fn count(raw: Option<i32>) -> u32 {
    u32::try_from(raw.unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{failure, server};
    use super::*;
    use crate::model::intent::Identity;

    fn cart() -> TypeKey {
        TypeKey::new("shop", "Deployment", "cart")
    }

    fn scale(replicas: u32) -> Value {
        json!({
            "apiVersion": "autoscaling/v1", "kind": "Scale",
            "metadata": {"name": "cart", "namespace": "shop", "resourceVersion": "7"},
            "spec": {"replicas": replicas}, "status": {"replicas": 2}
        })
    }

    fn seen(version: &str) -> ScalePreview {
        ScalePreview {
            replicas_now: 2,
            replicas_existing: 2,
            identity: Identity::default(),
            resource_version: version.into(),
            generation: None,
            autoscaler: Autoscaler::None,
        }
    }

    fn autoscalers(items: &Value) -> Value {
        json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscalerList", "metadata": {}, "items": items})
    }

    #[tokio::test]
    async fn a_preview_tells_the_number_and_who_else_sets_it() {
        let of = |kind: &str, name: &str| {
            json!({
                "metadata": {"name": format!("{name}-hpa")},
                "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name}, "maxReplicas": 9},
                "status": {"desiredReplicas": 4, "currentReplicas": 4, "conditions": []}
            })
        };
        let list = autoscalers(&json!([
            of("StatefulSet", "cart"),
            of("Deployment", "other"),
            of("Deployment", "cart")
        ]));
        let (client, _) = server(move |_, path| {
            if path.ends_with("/scale") {
                (200, scale(3))
            } else {
                (200, list.clone())
            }
        });
        let preview = preview(&client, &cart()).await.expect("a preview");
        assert_eq!((preview.replicas_now, preview.replicas_existing), (3, 2));
        assert_eq!(&*preview.resource_version, "7");
        let found = Autoscaler::Found {
            name: "cart-hpa".into(),
            min: 1,
            max: 9,
            desired: 4,
        };
        assert_eq!(preview.autoscaler, found);
    }

    #[tokio::test]
    async fn autoscalers_that_may_not_be_read_do_not_stop_a_preview() {
        let (client, _) = server(|_, path| {
            if path.ends_with("/scale") {
                (200, scale(0))
            } else {
                failure(403, "no")
            }
        });
        let preview = preview(&client, &cart()).await.expect("a preview");
        assert_eq!(preview.replicas_now, 0);
        assert!(matches!(preview.autoscaler, Autoscaler::Unknown { why } if why.contains("shop")));
    }

    #[tokio::test]
    async fn what_is_sent_carries_the_previewed_version_once() {
        let (client, sent) = server(|method, path| match (method, path) {
            ("PUT", "/apis/apps/v1/namespaces/shop/deployments/cart/scale") => (200, scale(5)),
            ("GET", "/apis/apps/v1/namespaces/shop/deployments/cart") => (
                200,
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": "cart", "generation": 12}}),
            ),
            _ => failure(404, path),
        });
        let accepted = send(&client, &cart(), 5, &seen("7")).await;
        assert_eq!(
            accepted,
            Ok(Accepted {
                generation: Some(12)
            })
        );
        let sent = sent.lock().expect("whole");
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0]["metadata"]["resourceVersion"], "7");
        assert_eq!(sent[0]["spec"]["replicas"], 5);
    }

    #[rstest]
    #[case(
        403,
        "not allowed to scale Deployment shop/cart; ask for get, update on deployments/scale"
    )]
    #[case(
        409,
        "Deployment shop/cart has changed since the preview; look again and repeat"
    )]
    #[case(
        404,
        "Deployment shop/cart does not exist (any more); nothing was changed"
    )]
    #[case(422, "the server does not take it: said; nothing was changed")]
    #[case(
        429,
        "the server is busy (429); repeat in a moment; nothing was changed"
    )]
    #[case(
        401,
        "the server does not accept the credentials (401); sign in again, then repeat; nothing was changed"
    )]
    #[case(
        504,
        "no answer came (the server answered 504); repeat it only when it is known whether Deployment shop/cart was changed"
    )]
    #[tokio::test]
    async fn each_refusal_says_what_to_do(#[case] code: u16, #[case] line: &str) {
        let (client, sent) = server(move |_, _| failure(code, "sa\u{1b}[31mid"));
        let error = send(&client, &cart(), 5, &seen("7"))
            .await
            .expect_err("it fails");
        assert_eq!(error.to_string(), line);
        assert_eq!(
            sent.lock().expect("whole").len(),
            1,
            "nothing is sent twice"
        );
    }

    #[tokio::test]
    async fn what_cannot_be_scaled_is_not_sent() {
        let (client, sent) = server(|_, path| failure(404, path));
        for (kind, replicas, version) in [
            ("DaemonSet", 1, "7"),
            ("Rollout.argoproj.io", 1, "7"),
            ("Deployment", u32::MAX, "7"),
            ("Deployment", 1, ""),
        ] {
            let target = TypeKey::new("shop", kind, "x");
            let error = send(&client, &target, replicas, &seen(version)).await;
            assert!(matches!(error, Err(EffectError::Invalid { .. })), "{kind}");
        }
        assert!(sent.lock().expect("whole").is_empty());
    }

    #[tokio::test]
    async fn a_cut_connection_is_an_unknown_outcome_and_a_refused_one_is_not() {
        use tokio::io::AsyncReadExt;

        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = |port: u16| {
            let url = format!("http://127.0.0.1:{port}").parse().expect("a URL");
            let mut config = kube::Config::new(url);
            config.default_retry = false;
            Client::try_from(config).expect("a client")
        };
        let cutting = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut buffer = [0; 64];
            let read = stream.read(&mut buffer).await.expect("a request");
            assert!(read > 0);
        };
        let client = config(address.port());
        let target = cart();
        let preview = seen("7");
        let (cut, ()) = tokio::join!(send(&client, &target, 5, &preview), cutting);
        assert!(matches!(cut, Err(EffectError::Unknown { .. })), "{cut:?}");
        drop(listener);
        let refused = send(&config(address.port()), &target, 5, &seen("7")).await;
        assert!(
            matches!(refused, Err(EffectError::Unreachable { .. })),
            "{refused:?}"
        );
    }
}
