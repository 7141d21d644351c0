//! What the server says about the form of objects: next to nothing, but where kubectl looks for it.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, json};

use super::discovery::{Group, VERSION, groups};
use super::failure::Failure;

/// `/openapi/v3` and below: only that objects can be patched and that the server takes
/// `fieldValidation`, so that kubectl does not want to validate by itself.
pub(super) fn answer(path: &str) -> Result<Response, Failure> {
    let groups = groups();
    let place = |group: &Group| match group.name {
        "" => format!("api/{}", group.version),
        name => format!("apis/{name}/{}", group.version),
    };
    if path.is_empty() || path == "openapi/v3" {
        let mut paths = Map::new();
        for group in &groups {
            let place = place(group);
            let url = format!("/openapi/v3/{place}?hash={}", env!("CARGO_PKG_VERSION"));
            paths.insert(place, json!({"serverRelativeURL": url}));
        }
        return Ok(axum::Json(json!({"paths": paths})).into_response());
    }
    if path == "openapi/v2" {
        // Of what this older form says nothing, kubectl checks nothing; that is what an empty message is.
        let kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        return Ok(([(CONTENT_TYPE, kind)], "").into_response());
    }
    let wanted = path.strip_prefix("openapi/v3/").unwrap_or_default();
    let group = groups
        .iter()
        .find(|group| place(group) == wanted)
        .ok_or_else(|| Failure::unserved(&format!("/{path}")))?;
    let mut paths = Map::new();
    for resource in &group.resources {
        if !resource.verbs.contains(&"patch") {
            continue;
        }
        let inside = if resource.namespaced {
            "namespaces/{namespace}/"
        } else {
            ""
        };
        let path = format!("/{wanted}/{inside}{}/{{name}}", resource.plural);
        let patch = json!({
            "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
            "responses": {},
            "x-kubernetes-group-version-kind":
                {"group": group.name, "version": group.version, "kind": resource.kind},
        });
        paths.insert(path, json!({"patch": patch}));
    }
    let document = json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": VERSION},
        "paths": paths, "components": {"schemas": {}},
    });
    Ok(axum::Json(document).into_response())
}
