//! Lists: which objects, in which pages, and their text.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::{Map, Value, json};

use crate::demo::cluster::json::set;
use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Object;
use crate::demo::cluster::store::Store;

use super::accept::Form;
use super::failure::Failure;
use super::handle::Shared;
use super::options::{Match, Options, ahead};
use super::table;

/// Objects that are written at a time.
const CHUNK: usize = 64;

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    /// Its objects, sorted by namespace and name.
    pub(super) objects: Vec<Arc<Object>>,
    /// As of when.
    pub(super) revision: u64,
    /// Where the next page begins, if there is one.
    next: Option<String>,
    /// How many more there are, where that is known.
    remaining: Option<usize>,
}

impl Page {
    /// The page of what is meant.
    fn of(all: Vec<Arc<Object>>, revision: u64, options: &Options) -> Result<Self, Failure> {
        let after = options.token.as_deref().map(Place::parse).transpose()?;
        let mut found = all.into_iter().filter(|object| {
            let later = after.as_ref().is_none_or(|place| place.is_before(object));
            later && options.selector.select(object)
        });
        let Some(limit) = options.limit else {
            return Ok(Self {
                objects: found.collect(),
                revision,
                next: None,
                remaining: None,
            });
        };
        let objects: Vec<_> = found.by_ref().take(limit).collect();
        let rest = found.count();
        let next = objects
            .last()
            .filter(|_| rest > 0)
            .map(|last| Place::after(revision, last).to_string());
        Ok(Self {
            objects,
            revision,
            next,
            // With a selector a real server cannot know without looking at them all.
            remaining: (rest > 0 && options.selector.is_all()).then_some(rest),
        })
    }

    /// The list's own metadata.
    fn metadata(&self) -> Value {
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        if let (Some(next), Value::Object(map)) = (&self.next, &mut metadata) {
            map.insert("continue".into(), next.as_str().into());
            if let Some(remaining) = self.remaining {
                map.insert("remainingItemCount".into(), remaining.into());
            }
        }
        metadata
    }
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    revision: u64,
    namespace: String,
    name: String,
}

impl Place {
    fn after(revision: u64, object: &Object) -> Self {
        Self {
            revision,
            namespace: object.key.namespace.to_string(),
            name: object.key.name.to_string(),
        }
    }

    fn parse(token: &str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::bad_request(
                "invalid continue token: continue key is not valid: it is none of this server",
            )
        };
        let mut parts = token.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(revision), Some(namespace), Some(name), None) => Ok(Self {
                revision: revision.parse().map_err(|_| invalid())?,
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(invalid()),
        }
    }

    fn is_before(&self, object: &Object) -> bool {
        (self.namespace.as_str(), self.name.as_str()) < (&*object.key.namespace, &*object.key.name)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.revision, self.namespace, self.name)
    }
}

/// The objects of a kind as they are or were, before anything is selected: quick, as the cluster waits.
fn snapshot(
    store: &Store,
    kind: Kind,
    namespace: Option<&str>,
    options: &Options,
) -> Result<(Vec<Arc<Object>>, u64), Failure> {
    let current = store.revision();
    let place = options.token.as_deref().map(Place::parse).transpose()?;
    let at = match (place, options.version, options.matching) {
        (Some(place), ..) => place.revision,
        (None, Some(version), _) if version > current => return Err(ahead(version, current)),
        (None, Some(version), Some(Match::Exact)) => version,
        // What a limit has meant before one could say it.
        (None, Some(version), None) if version > 0 && options.limit.is_some() => version,
        _ => current,
    };
    if at == current {
        return Ok((store.list(kind, namespace).cloned().collect(), current));
    }
    let past = store.list_at(kind, namespace, at).map_err(|_| {
        Failure::expired(if options.token.is_some() {
            "The provided continue parameter is too old to display a consistent list result. \
             Start the list again without it."
        } else {
            "The resourceVersion for the provided list is too old."
        })
    })?;
    Ok((past, at))
}

/// One page of what is there.
pub(super) fn page(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    options: &Options,
) -> Result<Page, Failure> {
    let snapshot = shared.with(|cluster| snapshot(cluster.store(), kind, namespace, options));
    let (objects, revision) = snapshot?;
    Page::of(objects, revision, options)
}

/// Answers with a list.
pub(super) fn answer(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    options: &Options,
    form: Form,
) -> Result<Response, Failure> {
    let page = page(shared, kind, namespace, options)?;
    let metadata = page.metadata();
    match form {
        Form::Whole => Ok(whole(kind, page)),
        Form::Table(include) => {
            let now = shared.with(|cluster| cluster.now());
            let rows: Vec<Value> = page
                .objects
                .iter()
                .map(|object| table::row(kind, object.value(), now, include))
                .collect();
            Ok(axum::Json(table::table(Some(kind), metadata, rows)).into_response())
        }
        Form::PartialList => {
            let items: Vec<Value> = page
                .objects
                .iter()
                .map(|object| table::partial(object.value()))
                .collect();
            let mut list = json!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
            });
            set(&mut list, "/items", items);
            Ok(axum::Json(list).into_response())
        }
        Form::Partial => {
            let what = kind.names().kind;
            Err(Failure::new(
                406,
                "NotAcceptable",
                format!(
                    "you requested PartialObjectMetadata, but the requested object is a list ({what}List)"
                ),
            ))
        }
    }
}

/// The objects' texts one after the other; nothing is parsed.
pub(super) fn whole(kind: Kind, page: Page) -> Response {
    let mut head = Map::new();
    head.insert("kind".into(), format!("{}List", kind.names().kind).into());
    head.insert("apiVersion".into(), kind.api_version().into());
    head.insert("metadata".into(), page.metadata());
    let mut head = Value::Object(head).to_string();
    head.pop();
    head.push_str(",\"items\":[");
    let prefix = own_prefix(kind);
    let many = page.objects.len() > CHUNK;
    let mut objects = page.objects.into_iter().peekable();
    let mut first = Some(head);
    let chunks = std::iter::from_fn(move || {
        let opening = first.take();
        if opening.is_none() && objects.peek().is_none() {
            return None;
        }
        let mut chunk = opening.unwrap_or_default();
        for object in objects.by_ref().take(CHUNK) {
            let text = object.json();
            // Within a list the items do not say again what they are.
            match text.strip_prefix(&*prefix) {
                Some(rest) => {
                    chunk.push('{');
                    chunk.push_str(rest);
                }
                None => chunk.push_str(text),
            }
            chunk.push(',');
        }
        if objects.peek().is_none() {
            if chunk.ends_with(',') {
                chunk.pop();
            }
            chunk.push_str("]}");
        }
        Some(chunk)
    });
    let body = if many {
        Body::from_stream(stream::iter(chunks.map(Ok::<_, std::convert::Infallible>)))
    } else {
        Body::from(chunks.collect::<String>())
    };
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// How the text of an object of a kind begins.
fn own_prefix(kind: Kind) -> String {
    let names = kind.names();
    format!(
        "{{\"apiVersion\":\"{}\",\"kind\":\"{}\",",
        kind.api_version(),
        names.kind
    )
}
