//! Objects that are deleted, one by one or a collection at once.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::demo::cluster::json::{set, text};
use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Key;
use crate::demo::cluster::verbs::DeleteOptions;

use super::accept::Form;
use super::failure::Failure;
use super::handle::Shared;
use super::list;
use super::options::Options;
use super::write::{Sent, one};

/// DELETE of an object.
pub(super) fn object(
    shared: &Shared,
    key: &Key,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    let options = delete_options(sent)?;
    let (left, stays) = shared.with(|cluster| {
        let left = cluster.delete(key, &options)?;
        let stays = cluster
            .store()
            .get(key)
            .is_some_and(|now| now.uid == left.uid);
        Ok::<_, Failure>((left, stays))
    })?;
    // Of these the server gives the object in any case.
    let gives = matches!(key.kind, Kind::Pod | Kind::Service | Kind::Namespace);
    if stays || gives {
        return one(shared, &left, form);
    }
    let names = key.kind.names();
    let mut details = json!({"name": *key.name, "kind": names.plural, "uid": *left.uid});
    if !names.group.is_empty() {
        set(&mut details, "/group", names.group);
    }
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details,
    });
    Ok(axum::Json(status).into_response())
}

/// DELETE of a collection: of all that is meant, now.
pub(super) fn collection(
    shared: &Shared,
    kind: Kind,
    namespace: &str,
    sent: &Sent<'_>,
) -> Result<Response, Failure> {
    let delete = delete_options(sent)?;
    let options = Options::of(kind, sent.query)?;
    let page = list::page(shared, kind, Some(namespace), &options)?;
    shared.with(|cluster| {
        for object in &page.objects {
            match cluster.delete(&object.key, &delete) {
                // Somebody else was quicker, or its owner took it along.
                Err(refusal) if refusal.code != 404 => return Err(Failure::from(refusal)),
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(list::whole(kind, page))
}

fn delete_options(sent: &Sent<'_>) -> Result<DeleteOptions, Failure> {
    sent.wet()?;
    let body = if sent.bytes.is_empty() {
        json!({})
    } else {
        // Of any version.
        sent.object("DeleteOptions", "")?
    };
    let policy = match text(&body, "/propagationPolicy") {
        "" => sent.query.text("propagationPolicy").unwrap_or_default(),
        policy => policy,
    };
    if !matches!(policy, "" | "Foreground" | "Background" | "Orphan") {
        let why = format!(
            "Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
        );
        let field = "propagationPolicy";
        return Err(Failure::option(
            "DeleteOptions",
            field,
            "FieldValueNotSupported",
            &why,
        ));
    }
    if body.pointer("/dryRun/0").is_some() {
        return Err(Failure::bad_request(
            "the demo does not serve dry runs; leave out --dry-run=server",
        ));
    }
    let grace = match body.pointer("/gracePeriodSeconds").and_then(Value::as_i64) {
        Some(seconds) => Some(seconds),
        None => sent.query.number("gracePeriodSeconds")?,
    };
    let precondition = |field: &str| match text(&body, &format!("/preconditions/{field}")) {
        "" => None,
        wanted => Some(wanted.to_owned()),
    };
    Ok(DeleteOptions {
        grace_seconds: grace.map(|seconds| u64::try_from(seconds).unwrap_or_default()),
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        orphan: policy == "Orphan"
            || body.pointer("/orphanDependents").and_then(Value::as_bool) == Some(true),
    })
}
