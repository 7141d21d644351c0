//! What there is, as kubectl tells it, to be compared with what is seen.

use std::collections::BTreeSet;
use std::path::Path;

use portolan::model::observation::Kind;
use serde_json::Value;

use super::kubectl_as;

/// One line for each object: `pods shop/cart-1 UID ready`, `deployments shop/cart UID 3/3`.
pub type Truth = BTreeSet<String>;

/// Everything of all kinds that are facts, in all namespaces or one.
pub async fn truth(kubeconfig: Option<&Path>, namespace: Option<&str>) -> Truth {
    let kinds = Kind::CLUSTER_WIDE.into_iter().chain(Kind::NAMESPACED);
    let kinds: Vec<&str> = kinds
        .filter(|kind| *kind != Kind::Event)
        .map(Kind::plural)
        .collect();
    let kinds = kinds.join(",");
    let place = namespace.map_or_else(|| vec!["-A"], |namespace| vec!["-n", namespace]);
    let arguments = [
        &["get", &kinds, "-o", "json", "--show-managed-fields=false"],
        &place[..],
    ]
    .concat();
    let list = kubectl_as(kubeconfig, &arguments, None).await;
    let list: Value = serde_json::from_str(&list).expect("JSON");
    let items = list["items"].as_array().expect("a list");
    // What is in every namespace is not watched.
    let of_all = |object: &&Value| {
        object["kind"] == "ConfigMap" && object["metadata"]["name"] == "kube-root-ca.crt"
    };
    items.iter().filter(|o| !of_all(o)).map(line).collect()
}

fn line(object: &Value) -> String {
    let kind = object["kind"].as_str().expect("a kind");
    let all = Kind::CLUSTER_WIDE.into_iter().chain(Kind::NAMESPACED);
    let kind = all
        .into_iter()
        .find(|own| own.name() == kind)
        .expect("a kind that is watched");
    let text = |at: &str| {
        object
            .pointer(at)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let number = |at: &str| object.pointer(at).and_then(Value::as_u64);
    let state = match kind {
        Kind::Pod => {
            let conditions = object
                .pointer("/status/conditions")
                .and_then(Value::as_array);
            let ready = conditions
                .into_iter()
                .flatten()
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
            if ready { "ready" } else { "" }.to_owned()
        }
        Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet => {
            let ready = number("/status/readyReplicas").unwrap_or(0);
            format!("{ready}/{}", number("/spec/replicas").unwrap_or(0))
        }
        _ => String::new(),
    };
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    said(kind, &namespace, &name, &text("/metadata/uid"), &state)
}

/// An object in the words that are compared.
pub fn said(kind: Kind, namespace: &str, name: &str, uid: &str, state: &str) -> String {
    format!("{} {namespace}/{name} {uid} {state}", kind.plural())
}
