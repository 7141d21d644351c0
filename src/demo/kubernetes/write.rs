//! Objects that are made, read and changed: how they are sent, and what is answered.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::demo::cluster::json::text;
use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::{Key, Object};
use crate::demo::cluster::refusal::Refusal;
use crate::demo::cluster::verbs::Patch;

use super::accept::Form;
use super::failure::Failure;
use super::handle::Shared;
use super::protobuf;
use super::query::Query;
use super::table;

/// A request's body and what is said about it.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    /// Its media type.
    pub(super) media: &'a str,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
    /// The parameters beside it.
    pub(super) query: &'a Query,
}

impl Sent<'_> {
    fn media(&self) -> &str {
        let media = self.media.split(';').next().unwrap_or_default();
        media.trim()
    }

    /// The object that was sent in place of one of a kind.
    pub(super) fn object(&self, kind: &str, api_version: &str) -> Result<Value, Failure> {
        let value: Value = match self.media() {
            "" | "application/json" => serde_json::from_slice(self.bytes).map_err(|error| {
                Failure::bad_request(format!(
                    "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {error}"
                ))
            })?,
            protobuf::MEDIA => protobuf::read(self.bytes).ok_or_else(|| {
                Failure::new(
                    415,
                    "UnsupportedMediaType",
                    "the demo does not serve this as protobuf; write it to a file with --dry-run=client -o yaml, then apply that",
                )
            })?,
            _ => {
                return Err(Failure::new(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json",
                ));
            }
        };
        if !value.is_object() {
            let message = format!("the object provided is unrecognized (must be of type {kind})");
            return Err(Failure::bad_request(message));
        }
        // What an object does not say about itself, its address says.
        let (own, version) = (text(&value, "/kind"), text(&value, "/apiVersion"));
        let is = |said: &str, meant: &str| said.is_empty() || meant.is_empty() || said == meant;
        if !is(own, kind) || !is(version, api_version) {
            return Err(Failure::bad_request(format!(
                "{own} in version \"{version}\" cannot be handled as a {kind}"
            )));
        }
        Ok(value)
    }

    /// Refuses to only pretend.
    pub(super) fn wet(&self) -> Result<(), Failure> {
        match self.query.text("dryRun") {
            None => Ok(()),
            Some(_) => Err(Failure::bad_request(
                "the demo does not serve dry runs; leave out --dry-run=server",
            )),
        }
    }
}

/// An object's own words must not say another place than its address.
fn check_place(value: &Value, namespace: &str, name: Option<&str>) -> Result<(), Failure> {
    let own = text(value, "/metadata/namespace");
    if !own.is_empty() && own != namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let own = text(value, "/metadata/name");
    match name {
        Some(name) if !own.is_empty() && own != name => Err(Failure::bad_request(format!(
            "the name of the object ({own}) does not match the name on the URL ({name})"
        ))),
        _ => Ok(()),
    }
}

/// Answers with one object.
pub(super) fn one(shared: &Shared, object: &Object, form: Form) -> Result<Response, Failure> {
    let kind = object.key.kind;
    match form {
        Form::Whole => {
            let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
            Ok((json, object.json().to_string()).into_response())
        }
        Form::Table(include) => {
            let now = shared.with(|cluster| cluster.now());
            let metadata = json!({"resourceVersion": object.revision.to_string()});
            let row = table::row(kind, object.value(), now, include);
            Ok(axum::Json(table::table(Some(kind), metadata, vec![row])).into_response())
        }
        Form::Partial => Ok(axum::Json(table::partial(object.value())).into_response()),
        Form::PartialList => Err(Failure::new(
            406,
            "NotAcceptable",
            format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
                kind.names().kind
            ),
        )),
    }
}

/// POST to a collection.
pub(super) fn create(
    shared: &Shared,
    kind: Kind,
    namespace: &str,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    sent.wet()?;
    let value = sent.object(kind.names().kind, &kind.api_version())?;
    check_place(&value, namespace, None)?;
    let made = shared.with(|cluster| cluster.create(kind, namespace, value))?;
    let answer = one(shared, &made, form)?;
    Ok((StatusCode::CREATED, answer).into_response())
}

/// PUT of an object.
pub(super) fn replace(
    shared: &Shared,
    key: &Key,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    sent.wet()?;
    let value = sent.object(key.kind.names().kind, &key.kind.api_version())?;
    check_place(&value, &key.namespace, Some(&*key.name))?;
    let made = shared.with(|cluster| cluster.replace(key, value))?;
    one(shared, &made, form)
}

/// PATCH of an object.
pub(super) fn patch(
    shared: &Shared,
    key: &Key,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    sent.wet()?;
    let patch = read_patch(sent)?;
    let made = shared.with(|cluster| cluster.patch(key, &patch))?;
    one(shared, &made, form)
}

fn read_patch(sent: &Sent<'_>) -> Result<Patch, Failure> {
    let media = sent.media();
    let make = match media {
        "application/merge-patch+json" => Patch::Merge,
        "application/strategic-merge-patch+json" => Patch::Strategic,
        "application/json-patch+json" => Patch::Operations,
        "application/apply-patch+yaml" => {
            return Err(unsupported(
                "the demo does not serve server-side apply; leave out --server-side",
            ));
        }
        _ => return Err(unsupported("415: Unsupported Media Type")),
    };
    let value: Value = serde_json::from_slice(sent.bytes)
        .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))?;
    let is_list = media == "application/json-patch+json";
    if is_list != value.is_array() || (!is_list && !value.is_object()) {
        let wanted = if is_list {
            "a list of operations"
        } else {
            "an object"
        };
        let message = format!("error decoding patch: it must be {wanted}");
        return Err(Failure::bad_request(message));
    }
    Ok(make(value))
}

fn unsupported(message: &str) -> Failure {
    Failure::new(415, "UnsupportedMediaType", message).with(json!({}))
}

/// PUT or PATCH of an object's number; gives the `Scale`.
pub(super) fn scale(
    shared: &Shared,
    key: &Key,
    sent: &Sent<'_>,
    patches: bool,
) -> Result<Value, Failure> {
    sent.wet()?;
    if patches {
        let patch = read_patch(sent)?;
        return Ok(shared.with(|cluster| cluster.patch_scale(key, &patch))?);
    }
    let value = sent.object("Scale", "autoscaling/v1")?;
    check_place(&value, &key.namespace, Some(&*key.name))?;
    Ok(shared.with(|cluster| cluster.replace_scale(key, &value))?)
}

/// GET of an object.
pub(super) fn read(shared: &Shared, key: &Key) -> Result<Arc<Object>, Failure> {
    shared
        .with(|cluster| cluster.store().get(key).cloned())
        .ok_or_else(|| Refusal::not_found(key.kind, &key.name).into())
}
