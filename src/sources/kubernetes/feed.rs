//! Lists one collection and watches it: what the server says about it, in order, with its failures.
//!
//! An own loop, because kube's `watcher` does not tell when a broken watch is back, and a watch of
//! which nothing is known must not count as live. Pauses between attempts are the reader's business.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::core::params::{ListParams, WatchParams};
use kube::core::{Request, WatchEvent};
use tokio::time::{Instant, sleep, timeout};

use crate::model::observation::Scope;
use crate::sources::BATCH_LIMIT;

use super::lean::{Lean, List};
use super::session::{Connection, Session};
use super::trouble::{Class, Trouble};

/// How long a watch lasts before the server ends it; short, so that a dead connection is noticed.
pub(super) const WATCH_SECONDS: u32 = 60;
/// How much longer than that we wait for the end.
const MARGIN: Duration = Duration::from_secs(5);
/// Objects in one page of a list.
const PAGE: u32 = 500;
/// How long the answer to a watch may take to begin, and a streamed list may stand still.
const PROGRESS: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });
/// How long one page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(60);
/// Watches that end sooner than this were not meant to; the next one waits as long.
const SHORTEST: Duration = Duration::from_secs(1);

/// What the server said.
#[derive(Debug)]
pub(super) enum Step<K> {
    /// A list begins.
    Begin,
    /// An object of the list.
    Listed(K),
    /// The list is complete and the watch has begun or is about to.
    Complete,
    /// The watch goes on after a break.
    Connected,
    /// An object was made or changed.
    Applied(K),
    /// An object was deleted.
    Deleted(K),
    /// Something failed; the next call tries again.
    Failed(Trouble),
}

type Stream<K> = BoxStream<'static, Vec<kube::Result<WatchEvent<K>>>>;

enum Phase<K> {
    /// Nothing is known.
    Start,
    /// The list is being read in pages, and this is the next one.
    Page { token: Option<String> },
    /// The watch is to be opened after this version.
    Resume { version: String },
    /// The watch is open; without a version it is still listing.
    Open {
        stream: Stream<K>,
        version: Option<String>,
        since: Instant,
    },
}

/// One collection's list and watch.
pub(super) struct Feed<K> {
    session: Session,
    connection: Connection,
    scope: Scope,
    phase: Phase<K>,
}

impl<K: Lean> Feed<K> {
    pub(super) fn new(session: &Session, connection: Connection, scope: &Scope) -> Self {
        Self {
            session: session.clone(),
            connection,
            scope: scope.clone(),
            phase: Phase::Start,
        }
    }

    /// Whether a list is yet to be completed.
    pub(super) fn is_listing(&self) -> bool {
        matches!(
            self.phase,
            Phase::Start | Phase::Page { .. } | Phase::Open { version: None, .. }
        )
    }

    /// Which client it asks through.
    pub(super) fn generation(&self) -> u64 {
        self.connection.generation
    }

    /// Goes on with another client from where it is.
    pub(super) fn reconnect(&mut self, connection: Connection) {
        self.connection = connection;
    }

    /// What the server says next: a page, or what has come in; possibly nothing. Fails only as the
    /// last step. Not to be dropped half way unless the feed is.
    pub(super) async fn next(&mut self) -> Vec<Step<K>> {
        match std::mem::replace(&mut self.phase, Phase::Start) {
            Phase::Start if self.session.streams_lists() => self.stream().await,
            Phase::Start => self.page(None).await,
            Phase::Page { token } => self.page(token).await,
            Phase::Resume { version } => self.resume(version).await,
            Phase::Open {
                stream,
                version,
                since,
            } => self.read(stream, version, since).await,
        }
    }

    fn request(&self) -> Request {
        Request::new(K::path(self.scope.namespace.as_deref()))
    }

    fn trouble(&self, error: &kube::Error) -> Trouble {
        Trouble::request(error, &self.session, Some(&self.scope))
    }

    /// Opens a watch.
    async fn open(&mut self, params: &WatchParams, version: &str) -> Result<Stream<K>, Trouble> {
        let request = self
            .request()
            .watch(params, version)
            .map_err(|error| self.trouble(&kube::Error::BuildRequest(error)))?;
        let opening = self.connection.client.request_events::<K>(request);
        match timeout(PROGRESS, opening).await {
            Ok(Ok(stream)) => Ok(stream.ready_chunks(BATCH_LIMIT).boxed()),
            Ok(Err(error)) => Err(self.trouble(&error)),
            Err(_) => Err(Trouble::silent(&self.session, PROGRESS)),
        }
    }

    /// Asks for the list as a stream.
    async fn stream(&mut self) -> Vec<Step<K>> {
        let params = WatchParams {
            send_initial_events: true,
            timeout: Some(WATCH_SECONDS),
            ..WatchParams::default()
        };
        // No version: the list is to be as new as the moment it was asked for.
        match self.open(&params, "").await {
            Ok(stream) => {
                self.phase = Phase::Open {
                    stream,
                    version: None,
                    since: Instant::now(),
                };
                vec![Step::Begin]
            }
            Err(trouble) if trouble.class == Class::Refused => {
                self.session.use_pages();
                Vec::new()
            }
            Err(trouble) => vec![Step::Failed(trouble)],
        }
    }

    /// Reads one page of the list.
    async fn page(&mut self, token: Option<String>) -> Vec<Step<K>> {
        let first = token.is_none();
        let params = ListParams {
            limit: Some(PAGE),
            continue_token: token,
            ..ListParams::default()
        };
        let list = match self.list(&params).await {
            Ok(list) => list,
            Err(trouble) => return vec![Step::Failed(trouble)],
        };
        let mut steps = Vec::new();
        if first {
            steps.push(Step::Begin);
        }
        steps.extend(list.items.into_iter().flatten().map(Step::Listed));
        let metadata = list.metadata.unwrap_or_default();
        let version = metadata.resource_version.unwrap_or_default();
        let token = metadata.next.filter(|token| !token.is_empty());
        self.phase = if token.is_some() {
            Phase::Page { token }
        } else {
            steps.push(Step::Complete);
            Phase::Resume { version }
        };
        steps
    }

    async fn list(&mut self, params: &ListParams) -> Result<List<K>, Trouble> {
        let request = self
            .request()
            .list(params)
            .map_err(|error| self.trouble(&kube::Error::BuildRequest(error)))?;
        // Read as text and parsed here, because kube's own reading logs a whole list that it cannot
        // parse, with all values of all environments.
        let asking = self.connection.client.request_text(request);
        let answer = match timeout(PAGE_LIMIT, asking).await {
            Ok(answer) => answer.map_err(|error| self.trouble(&error))?,
            Err(_) => return Err(Trouble::silent(&self.session, PAGE_LIMIT)),
        };
        serde_json::from_str(&answer).map_err(|error| Trouble::unreadable(&error))
    }

    /// Opens the watch after a version.
    async fn resume(&mut self, version: String) -> Vec<Step<K>> {
        let params = WatchParams {
            timeout: Some(WATCH_SECONDS),
            ..WatchParams::default()
        };
        match self.open(&params, &version).await {
            Ok(stream) => {
                self.phase = Phase::Open {
                    stream,
                    version: Some(version),
                    since: Instant::now(),
                };
                vec![Step::Connected]
            }
            Err(trouble) => {
                // A version that the server does not take will not become better.
                if !matches!(trouble.class, Class::Gone | Class::Refused) {
                    self.phase = Phase::Resume { version };
                }
                vec![Step::Failed(trouble)]
            }
        }
    }

    /// Reads what has come in on the open watch.
    async fn read(
        &mut self,
        mut stream: Stream<K>,
        version: Option<String>,
        since: Instant,
    ) -> Vec<Step<K>> {
        let patience = match version {
            None => PROGRESS,
            Some(_) => Duration::from_secs(WATCH_SECONDS.into()) + MARGIN,
        };
        match (timeout(patience, stream.next()).await, version) {
            (Ok(Some(chunk)), version) => self.take(chunk, stream, version, since),
            (_, Some(version)) => {
                // The server's regular end, or a connection that died.
                if since.elapsed() < SHORTEST {
                    sleep(SHORTEST).await;
                }
                self.phase = Phase::Resume { version };
                Vec::new()
            }
            (Ok(None), None) if since.elapsed() < Duration::from_secs(WATCH_SECONDS.into()) => {
                let line = format!("{} cut the connection", self.session.server());
                vec![Step::Failed(Trouble {
                    class: Class::Passing,
                    line: line.into(),
                })]
            }
            (_, None) => {
                // A server that takes the question and never says that the list has ended.
                self.session.use_pages();
                Vec::new()
            }
        }
    }

    fn take(
        &mut self,
        chunk: Vec<kube::Result<WatchEvent<K>>>,
        stream: Stream<K>,
        mut version: Option<String>,
        since: Instant,
    ) -> Vec<Step<K>> {
        let mut steps = Vec::with_capacity(chunk.len());
        let mut failed = None;
        for event in chunk {
            match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    if version.is_some() {
                        forward(&mut version, &object);
                        steps.push(Step::Applied(object));
                    } else {
                        steps.push(Step::Listed(object));
                    }
                }
                Ok(WatchEvent::Deleted(object)) => {
                    if version.is_some() {
                        forward(&mut version, &object);
                    }
                    steps.push(Step::Deleted(object));
                }
                Ok(WatchEvent::Bookmark(mark)) => {
                    let at = mark.metadata.resource_version;
                    let ends = mark
                        .metadata
                        .annotations
                        .contains_key("k8s.io/initial-events-end");
                    if version.is_some() {
                        version = Some(at);
                    } else if ends {
                        steps.push(Step::Complete);
                        version = Some(at);
                    }
                }
                Ok(WatchEvent::Error(status)) => {
                    failed = Some(Trouble::status(&status, &self.session, Some(&self.scope)));
                }
                Err(error) => failed = Some(self.trouble(&error)),
            }
            if failed.is_some() {
                break;
            }
        }
        self.phase = match (&failed, version) {
            (None, version) => Phase::Open {
                stream,
                version,
                since,
            },
            (Some(trouble), Some(version)) if trouble.class != Class::Gone => {
                Phase::Resume { version }
            }
            _ => Phase::Start,
        };
        steps.extend(failed.map(Step::Failed));
        steps
    }
}

/// The watch has come as far as this object.
fn forward<K: Lean>(version: &mut Option<String>, object: &K) {
    if let Some(at) = &object.metadata().resource_version {
        *version = Some(at.clone());
    }
}
