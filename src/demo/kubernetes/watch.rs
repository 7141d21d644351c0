//! Watches: what changes, told from where the client is, as long as it wants to hear it.
//!
//! Nothing is kept for a watcher but its place: it reads the store's changes when its connection takes
//! more. One that reads too slowly falls out of the history and is told so (410), as by a real server.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::demo::cluster::json::set;
use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Object;
use crate::demo::cluster::store::{Change, Expired, Store};

use super::accept::Form;
use super::failure::Failure;
use super::handle::Shared;
use super::options::{Options, Selector};
use super::table;

/// How often a watch tells how far it has come, at least.
const BOOKMARKS: Duration = Duration::from_secs(50);
/// Changes that are read at a time, while the cluster waits.
const CHANGES: usize = 500;
/// Objects that are written at a time.
const CHUNK: usize = 64;

/// What happened to an object, as a watcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    /// `ADDED`, `MODIFIED`, `DELETED`.
    what: &'static str,
    object: Arc<Object>,
    /// The version to tell instead of the object's own.
    version: Option<u64>,
}

/// What a change means to those who see only some objects.
fn event(change: &Change, selector: &Selector) -> Option<Event> {
    let is = !change.deleted && selector.select(&change.object);
    let before = change
        .before
        .as_ref()
        .filter(|object| selector.select(object));
    let (what, object) = match (is, before) {
        (true, None) => ("ADDED", &change.object),
        (true, Some(_)) => ("MODIFIED", &change.object),
        (false, Some(_)) if change.deleted => ("DELETED", &change.object),
        // It is still there but is not meant any more: told as it was when it was.
        (false, Some(before)) => ("DELETED", before),
        (false, None) => return None,
    };
    let version = (object.revision != change.revision()).then(|| change.revision());
    let object = Arc::clone(object);
    Some(Event {
        what,
        object,
        version,
    })
}

/// The next changes of a kind after a revision, and the revision that they lead to.
fn changes(
    store: &Store,
    kind: Kind,
    namespace: Option<&str>,
    after: u64,
) -> Result<(Vec<Change>, u64), Expired> {
    let mut seen = after;
    let mut found = Vec::new();
    for change in store.since(after)? {
        if found.len() == CHANGES {
            return Ok((found, seen));
        }
        let key = &change.object.key;
        if key.kind == kind && namespace.is_none_or(|namespace| *key.namespace == *namespace) {
            found.push(change.clone());
        }
        seen = change.revision();
    }
    Ok((found, seen.max(store.revision())))
}

/// Turns events into the lines of the answer.
struct Writer {
    kind: Kind,
    form: Form,
    /// Rows need their columns only once.
    begun: bool,
}

impl Writer {
    fn write(&mut self, into: &mut String, event: &Event, now: Timestamp) {
        if self.form == Form::Whole && event.version.is_none() {
            line(into, event.what, event.object.json());
            return;
        }
        let mut value = event.object.value();
        if let Some(version) = event.version {
            set(&mut value, "/metadata/resourceVersion", version.to_string());
        }
        let value = self.formed(value, now);
        line(into, event.what, &value.to_string());
    }

    fn formed(&mut self, value: Value, now: Timestamp) -> Value {
        match self.form {
            Form::Whole => value,
            Form::Partial | Form::PartialList => table::partial(value),
            Form::Table(include) => {
                let version = value.pointer("/metadata/resourceVersion");
                let metadata = json!({"resourceVersion": version});
                let columns = (!self.begun).then_some(self.kind);
                self.begun = true;
                let row = table::row(self.kind, value, now, include);
                table::table(columns, metadata, vec![row])
            }
        }
    }

    fn bookmark(&mut self, into: &mut String, revision: u64, ends: bool, now: Timestamp) {
        let names = self.kind.names();
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if ends {
            set(
                &mut metadata,
                "/annotations/k8s.io~1initial-events-end",
                "true",
            );
        }
        let value = json!({
            "kind": names.kind, "apiVersion": self.kind.api_version(), "metadata": metadata,
        });
        let value = self.formed(value, now);
        line(into, "BOOKMARK", &value.to_string());
    }
}

fn line(into: &mut String, what: &str, object: &str) {
    into.push_str("{\"type\":\"");
    into.push_str(what);
    into.push_str("\",\"object\":");
    into.push_str(object);
    into.push_str("}\n");
}

/// One watch and its place.
struct Watcher {
    shared: Shared,
    moved: Receiver<u64>,
    kind: Kind,
    namespace: Option<String>,
    selector: Selector,
    writer: Writer,
    /// What was there when it began and is not told yet.
    initial: VecDeque<Arc<Object>>,
    /// That the end of it is to be told.
    tells_end: bool,
    revision: u64,
    bookmarks: bool,
    next_bookmark: Instant,
    end: Instant,
    ended: bool,
}

impl Watcher {
    /// The next lines; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if self.ended {
                return None;
            }
            let mut lines = String::new();
            if !self.initial.is_empty() || self.tells_end {
                self.begin(&mut lines);
                return Some(lines);
            }
            self.moved.mark_unchanged();
            let has_more = self.read(&mut lines);
            if !lines.is_empty() {
                return Some(lines);
            }
            if has_more {
                continue;
            }
            self.wait(&mut lines).await;
            if !lines.is_empty() {
                return Some(lines);
            }
        }
    }

    /// Tells of what was there.
    fn begin(&mut self, lines: &mut String) {
        let now = self.shared.with(|cluster| cluster.now());
        for _ in 0..CHUNK {
            let Some(object) = self.initial.pop_front() else {
                break;
            };
            let event = Event {
                what: "ADDED",
                object,
                version: None,
            };
            self.writer.write(lines, &event, now);
        }
        if self.initial.is_empty() && self.tells_end {
            self.tells_end = false;
            self.writer.bookmark(lines, self.revision, true, now);
        }
    }

    /// Reads what has happened; whether there is more to be read.
    fn read(&mut self, lines: &mut String) -> bool {
        let namespace = self.namespace.as_deref();
        let (found, moment) = self.shared.with(|cluster| {
            let found = changes(cluster.store(), self.kind, namespace, self.revision);
            (found, (cluster.now(), cluster.store().revision()))
        });
        let (now, current) = moment;
        match found {
            Ok((changes, revision)) => {
                self.revision = revision;
                for event in changes.iter().filter_map(|c| event(c, &self.selector)) {
                    self.writer.write(lines, &event, now);
                }
                revision < current
            }
            Err(expired) => {
                let message = format!(
                    "too old resource version: {} ({})",
                    self.revision, expired.oldest
                );
                line(
                    lines,
                    "ERROR",
                    &Failure::expired(message).status().to_string(),
                );
                self.ended = true;
                false
            }
        }
    }

    /// Waits until something happens or something is to be said in between.
    async fn wait(&mut self, lines: &mut String) {
        let pause = self.next_bookmark.min(self.end);
        tokio::select! {
            changed = self.moved.changed() => {
                // Nobody is left who could change anything.
                self.ended = changed.is_err();
                return;
            }
            () = sleep_until(pause) => {}
        }
        self.ended = Instant::now() >= self.end;
        self.next_bookmark = Instant::now() + BOOKMARKS;
        if self.bookmarks {
            let now = self.shared.with(|cluster| cluster.now());
            self.writer.bookmark(lines, self.revision, false, now);
        }
    }
}

/// Answers with a watch.
pub(super) fn answer(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    options: Options,
    form: Form,
) -> Response {
    let (initial, revision) = beginning(shared, kind, namespace, &options);
    let watcher = Watcher {
        moved: shared.revisions(),
        shared: shared.clone(),
        kind,
        namespace: namespace.map(str::to_owned),
        selector: options.selector,
        writer: Writer {
            kind,
            form,
            begun: false,
        },
        initial,
        tells_end: options.bookmarks && options.initial_events == Some(true),
        revision,
        bookmarks: options.bookmarks,
        next_bookmark: Instant::now() + BOOKMARKS,
        end: Instant::now() + options.lasting,
        ended: false,
    };
    let lines = stream::unfold(watcher, |mut watcher| async move {
        let lines = watcher.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(lines)), watcher))
    });
    let body = Body::from_stream(lines);
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// What there is to be told at first, and from which revision on the changes are.
fn beginning(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    options: &Options,
) -> (VecDeque<Arc<Object>>, u64) {
    let wants_all = options.initial_events == Some(true)
        || (options.initial_events.is_none() && options.version.unwrap_or_default() == 0);
    shared.with(|cluster| {
        let store = cluster.store();
        if wants_all {
            let all = store.list(kind, namespace);
            let meant = all.filter(|object| options.selector.select(object));
            (meant.cloned().collect(), store.revision())
        } else {
            let from = options.version.filter(|version| *version > 0);
            (VecDeque::new(), from.unwrap_or(store.revision()))
        }
    })
}
