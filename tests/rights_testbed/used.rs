//! The rights that are used, read off the requests on their way to the real server.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use http::Method;
use portolan::effectors::{self, EffectError};
use portolan::model::intent::{Operation, Order};
use portolan::model::key::TypeKey;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::kubernetes::Session;
use serde_json::json;

use crate::proxy::http::{Fault, HttpProxy};
use crate::real::{Ground, kubectl, session};
use crate::rules::{Rights, right};
use crate::watching::Watching;

/// What a request needs; nothing for what everybody may.
fn needed(method: &Method, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parts = path.trim_matches('/').split('/');
    let group = match parts.next()? {
        "api" => "",
        "apis" => parts.next()?,
        _ => return None,
    };
    parts.next()?;
    let mut rest: Vec<&str> = parts.collect();
    if let ["namespaces", _, _, ..] = *rest {
        rest.drain(..2);
    }
    let (resource, is_one) = match *rest {
        [kind] => (kind.to_owned(), false),
        [kind, _] => (kind.to_owned(), true),
        [kind, _, sub] => (format!("{kind}/{sub}"), true),
        _ => panic!("a path of another form: {path}"),
    };
    let verb = match *method {
        Method::GET if query.contains("watch=true") => "watch",
        Method::GET if is_one => "get",
        Method::GET => "list",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::POST => "create",
        Method::DELETE => "delete",
        ref other => panic!("{other}"),
    };
    Some(right(verb, group, &resource))
}

fn of(proxy: &HttpProxy) -> Rights {
    let seen = proxy.seen();
    seen.iter()
        .filter_map(|(method, path)| needed(method, path))
        .collect()
}

/// What the source uses on a server that streams lists, and on one that does not.
pub async fn by_watching(ground: &Ground) -> Rights {
    let behind = session().client().await.expect("a client");
    let mut rights = Rights::new();
    for streams in [true, false] {
        let proxy = HttpProxy::start(behind.clone()).await;
        if !streams {
            let fault = Fault::status(422, "Invalid", "sendInitialEvents is forbidden");
            proxy.fail(usize::MAX, fault, |request| {
                let query = request.uri().query().unwrap_or_default();
                query.contains("sendInitialEvents=true")
            });
        }
        let session = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
        let mut watching = Watching::start(&session, NamespaceChoice::All);
        watching.until("all is live", Watching::all_live).await;
        rights.extend(of(&proxy));
    }
    rights
}

/// What all operations use, each on each kind that it is for.
pub async fn by_operations(ground: &Ground) -> Rights {
    ground.deploy("web", 1).await;
    let labels = json!({"app": "one"});
    let template = json!({
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "example/main:1"}]},
    });
    let kinds = ["StatefulSet", "DaemonSet", "ReplicaSet"];
    let items = kinds.map(|kind| {
        json!({
            "apiVersion": "apps/v1", "kind": kind,
            "metadata": {"name": "one", "namespace": ground.namespace},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        })
    });
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    kubectl(&["apply", "-f", "-"], Some(&list)).await;
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let behind = session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    let session = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
    let one = |kind: &str| TypeKey::new(&ground.namespace, kind, "one");
    let scale = Operation::Scale {
        before: 1,
        wanted: 2,
    };
    let pod = ground.pods().await;
    let pod = pod
        .iter()
        .find(|pod| pod.starts_with("web"))
        .expect("a pod");
    let uid = ["get", "pod", pod, "-o", "jsonpath={.metadata.uid}"];
    let delete = Operation::Delete {
        uid: ground.kubectl(&uid).await.into(),
        pod: pod.as_str().into(),
    };
    for (target, operation) in [
        (ground.target("web"), scale.clone()),
        (one("StatefulSet"), scale.clone()),
        (one("ReplicaSet"), scale),
        (ground.target("web"), delete),
        (ground.target("web"), Operation::Restart),
        (one("StatefulSet"), Operation::Restart),
        (one("DaemonSet"), Operation::Restart),
        (ground.target("web"), Operation::Rollback { to: None }),
    ] {
        done(&session, &target, &operation).await;
    }
    of(&proxy)
}

/// Previews and sends, again where the controller or somebody else was in between.
async fn done(session: &Session, target: &TypeKey, operation: &Operation) {
    let client = session.client().await.expect("a client");
    let attempt = async || -> Result<(), EffectError> {
        let preview = effectors::preview(&client, target, operation).await?;
        let order: Order = operation
            .confirmed(&preview, jiff::Timestamp::now())
            .expect("of the operation");
        effectors::send(&client, target, &order).await.map(|_| ())
    };
    loop {
        match attempt().await {
            Ok(()) => return,
            Err(EffectError::Refused { .. } | EffectError::Conflict { .. }) => {
                tokio::task::yield_now().await;
            }
            Err(other) => panic!("{operation:?} of {target:?}: {other}"),
        }
    }
}
