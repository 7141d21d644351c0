//! `metrics.k8s.io`: what nodes and pods use, as a metrics server tells it.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Key;

use super::failure::Failure;
use super::handle::Shared;
use super::options::Selector;
use super::query::Query;

/// Answers with what one object uses or all of a kind use.
pub(super) fn answer(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    name: Option<&str>,
    query: &Query,
) -> Result<Response, Failure> {
    let what = if kind == Kind::Pod { "pods" } else { "nodes" };
    if let Some(name) = name {
        let key = Key::new(kind, namespace.unwrap_or_default(), name);
        let usage = shared.with(|cluster| cluster.usage(&key));
        let usage = usage.ok_or_else(|| {
            let message = format!("{what}.metrics.k8s.io \"{name}\" not found");
            let details = json!({"name": name, "group": "metrics.k8s.io", "kind": what});
            Failure::new(404, "NotFound", message).with(details)
        })?;
        return Ok(axum::Json(usage).into_response());
    }
    let selector = Selector::of(kind, query)?;
    let items: Vec<Value> = shared.with(|cluster| {
        let all = cluster.store().list(kind, namespace);
        let meant = all.filter(|object| selector.select(object));
        meant
            .filter_map(|object| cluster.usage(&object.key))
            .collect()
    });
    let list = if kind == Kind::Pod {
        "PodMetricsList"
    } else {
        "NodeMetricsList"
    };
    let list = json!({
        "kind": list, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items,
    });
    Ok(axum::Json(list).into_response())
}
