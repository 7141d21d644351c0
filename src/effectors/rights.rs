//! Whether this user may do an operation at all: asked before it is previewed, so that nobody decides about
//! what the server would refuse.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::timeout;

use super::EffectError;
use super::failure::{READING, plural};
use crate::model::intent::Operation;
use crate::model::key::TypeKey;

/// Refuses what the server would refuse. Where the server does not say, it is left to the attempt itself.
///
/// # Errors
/// [`EffectError::Forbidden`], with the rights that it takes.
pub(super) async fn may(
    client: &Client,
    target: &TypeKey,
    operation: &Operation,
) -> Result<(), EffectError> {
    let (asked, verb) = asked(target, operation);
    let (namespace, name) = (asked.namespace.clone(), asked.name.clone());
    let what = format!("{} {}", verb, shown(target, operation));
    let rights = format!(
        "get, {} on {}{} in {}",
        asked.verb.as_deref().unwrap_or_default(),
        asked.resource.as_deref().unwrap_or_default(),
        asked
            .subresource
            .as_deref()
            .map_or_else(String::new, |sub| format!("/{sub}")),
        namespace.as_deref().unwrap_or_default()
    );
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(asked),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let params = PostParams::default();
    let answer = timeout(READING, api.create(&params, &review)).await;
    let status = answer
        .ok()
        .and_then(Result::ok)
        .and_then(|review| review.status);
    match status {
        Some(status) if !status.allowed && status.evaluation_error.is_none() => {
            tracing::info!(?name, ?namespace, %rights, "not allowed");
            Err(EffectError::Forbidden {
                what: what.into(),
                rights: rights.into(),
            })
        }
        _ => Ok(()),
    }
}

/// `Deployment shop/cart`, `Pod shop/cart-1`.
fn shown(target: &TypeKey, operation: &Operation) -> String {
    let namespace = &target.namespace;
    match operation {
        Operation::Delete { pod, .. } => format!("Pod {namespace}/{pod}"),
        _ => format!("{} {namespace}/{}", target.short_kind(), target.name),
    }
}

/// What the writing of an operation takes, and its word for people.
fn asked(target: &TypeKey, operation: &Operation) -> (ResourceAttributes, &'static str) {
    let attributes = |verb: &str, name: &str| ResourceAttributes {
        namespace: Some(target.namespace.to_string()),
        name: Some(name.to_owned()),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let of_apps = |verb: &str, subresource: Option<&str>| ResourceAttributes {
        group: Some("apps".to_owned()),
        resource: Some(plural(target)),
        subresource: subresource.map(ToOwned::to_owned),
        ..attributes(verb, &target.name)
    };
    match operation {
        Operation::Scale { .. } => (of_apps("update", Some("scale")), "scale"),
        Operation::Restart => (of_apps("patch", None), "restart"),
        Operation::Rollback { .. } => (of_apps("patch", None), "roll back"),
        Operation::Delete { pod, .. } => {
            let pods = ResourceAttributes {
                resource: Some("pods".to_owned()),
                ..attributes("delete", pod)
            };
            (pods, "delete")
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{failure, server};
    use super::*;

    fn reviewed(status: &Value) -> (u16, Value) {
        let answer = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "metadata": {}, "spec": {}, "status": status,
        });
        (201, answer)
    }

    fn scale() -> Operation {
        Operation::Scale {
            before: 1,
            wanted: 2,
        }
    }

    #[rstest]
    #[case(
        scale(),
        "not allowed to scale Deployment shop/cart; ask for get, update on deployments/scale in shop"
    )]
    #[case(
        Operation::Restart,
        "not allowed to restart Deployment shop/cart; ask for get, patch on deployments in shop"
    )]
    #[case(
        Operation::Rollback { to: None },
        "not allowed to roll back Deployment shop/cart; ask for get, patch on deployments in shop"
    )]
    #[case(
        Operation::Delete { pod: "cart-1".into(), uid: "7".into() },
        "not allowed to delete Pod shop/cart-1; ask for get, delete on pods in shop"
    )]
    #[tokio::test]
    async fn what_is_refused_is_told_with_the_rights_that_it_takes(
        #[case] operation: Operation,
        #[case] line: &str,
    ) {
        let (client, sent) = server(|_, _| reviewed(&json!({"allowed": false})));
        let target = TypeKey::new("shop", "Deployment", "cart");
        let refused = may(&client, &target, &operation).await;
        assert_eq!(refused.expect_err("it is refused").to_string(), line);
        let sent = sent.lock().expect("whole");
        assert_eq!(sent[0]["spec"]["resourceAttributes"]["namespace"], "shop");
    }

    #[rstest]
    #[case(reviewed(&json!({"allowed": true})))]
    #[case(reviewed(&json!({"allowed": false, "evaluationError": "no answer"})))]
    #[case(failure(404, "not found"))]
    #[case(failure(403, "forbidden"))]
    #[tokio::test]
    async fn what_is_allowed_or_not_known_goes_on(#[case] answer: (u16, Value)) {
        let (client, _) = server(move |_, _| answer.clone());
        let target = TypeKey::new("shop", "Deployment", "cart");
        assert_eq!(may(&client, &target, &scale()).await, Ok(()));
    }
}
