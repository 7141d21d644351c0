//! What the tests of this room share: a cluster, and asking it.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::demo::cluster::Cluster;
use crate::demo::cluster::kind::Kind;

use super::{Shared, router};

/// The namespace of the tests.
pub(super) const SHOP: &str = "/api/v1/namespaces/shop";

/// When the tests begin.
pub(super) fn start() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().expect("a time")
}

/// A cluster with a node and the namespace `shop`.
pub(super) fn shared() -> Shared {
    let mut cluster = Cluster::new(1, start());
    for (kind, name) in [(Kind::Node, "node-0"), (Kind::Namespace, "shop")] {
        let object = json!({"metadata": {"name": name}});
        cluster.create(kind, "", object).expect("it is valid");
    }
    Shared::new(cluster)
}

/// Makes a Service in `shop`.
pub(super) fn service(shared: &Shared, name: &str) {
    let service = json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
    let made = shared.with(|cluster| cluster.create(Kind::Service, "shop", service));
    made.expect("it is valid");
}

/// Asks for something.
pub(super) async fn ask(shared: &Shared, method: Method, path: &str, body: Vec<u8>) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body)).expect("a request");
    let answer = router(shared.clone()).oneshot(request).await;
    answer.expect("it cannot fail")
}

/// Asks for something to be read: code and body.
pub(super) async fn get(shared: &Shared, path: &str) -> (u16, Value) {
    let answer = ask(shared, Method::GET, path, Vec::new()).await;
    let code = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX)
        .await
        .expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    let value = serde_json::from_slice(&body).unwrap_or(Value::String(text));
    (code, value)
}
