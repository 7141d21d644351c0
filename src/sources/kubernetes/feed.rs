//! Lists one collection and watches it: what the server says about it, in order, with its failures.
//!
//! An own loop, because kube's `watcher` does not tell when a broken watch is back, and a watch of
//! which nothing is known must not count as live. Pauses between attempts are the reader's business.

use std::marker::PhantomData;
use std::time::Duration;

use kube::core::WatchEvent;
use kube::core::params::WatchParams;
use tokio::time::{Instant, sleep, sleep_until};

use crate::model::observation::Scope;

use super::answer::{Broken, Lines};
use super::asking::{Asking, fields};
use super::lean::Lean;
use super::reach::{Reach, Turn};
use super::session::{Connection, Session};
use super::trouble::{Class, Trouble};

/// How long a watch lasts before the server ends it; short, so that a dead connection is noticed.
pub(super) const WATCH_SECONDS: u32 = 60;
/// How much longer than that we wait for the end.
const MARGIN: Duration = Duration::from_secs(5);
/// Objects in one page of a list.
const PAGE: u32 = 500;
/// How long a streamed list may stand still. Servers that know nothing of it send what there is and stop.
const STILL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 10 });
/// Watches that end sooner than this were not meant to; the next one waits as long.
const SHORTEST: Duration = Duration::from_secs(1);
/// So many of them in a row are no watching.
const TOO_OFTEN: u32 = 3;

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
    /// What follows happened while nobody watched, or does so no more.
    Behind(bool),
    /// Something failed; the next call tries again.
    Failed(Trouble),
}

/// A watch that is open.
struct Open {
    lines: Lines,
    /// How far it has come; without one it is still listing.
    version: Option<String>,
    since: Instant,
    /// Whether it has come to something: it was not closed at once, or something came.
    proven: bool,
}

enum Phase {
    /// Nothing is known.
    Start,
    /// The list is being read in pages, and this is the next one.
    Page { token: Option<String> },
    /// The watch is to be opened after this version.
    Resume { version: String },
    /// The watch is open.
    Open(Open),
}

/// What an open watch came to.
enum Came {
    Lines(Vec<u8>),
    End,
    Broken(Broken),
    Lost(Trouble),
    Silent,
    Proven,
}

/// One collection's list and watch.
pub(super) struct Feed<K> {
    asking: Asking<K>,
    phase: Phase,
    /// Objects in one page.
    page: u32,
    /// Watches in a row that were closed at once.
    short: u32,
    /// Something failed since the last watch or list was accepted.
    failed: bool,
    /// What is up to this version happened while nobody watched.
    behind: Option<u64>,
}

impl<K: Lean> Feed<K> {
    pub(super) fn new(
        session: &Session,
        connection: Connection,
        reach: &Reach,
        scope: &Scope,
    ) -> Self {
        Self {
            asking: Asking {
                session: session.clone(),
                connection,
                reach: reach.clone(),
                scope: scope.clone(),
                kind: PhantomData,
            },
            phase: Phase::Start,
            page: PAGE,
            short: 0,
            failed: false,
            behind: None,
        }
    }

    /// Whether a list is yet to be completed.
    pub(super) fn is_listing(&self) -> bool {
        matches!(
            self.phase,
            Phase::Start | Phase::Page { .. } | Phase::Open(Open { version: None, .. })
        )
    }

    /// Who asks.
    pub(super) const fn asking(&self) -> &Asking<K> {
        &self.asking
    }

    /// Which client it asks through.
    pub(super) fn generation(&self) -> u64 {
        self.asking.connection.generation
    }

    /// Goes on with another client from where it is.
    pub(super) fn reconnect(&mut self, connection: Connection) {
        self.asking.connection = connection;
    }

    /// What the server says next: a page, or what has come in; possibly nothing. Fails only as the
    /// last step. Not to be dropped half way unless the feed is.
    pub(super) async fn next(&mut self) -> Vec<Step<K>> {
        if !matches!(self.phase, Phase::Open(_))
            && let Some(newer) = self.asking.session.newer(self.generation())
        {
            self.reconnect(newer);
        }
        let steps = match std::mem::replace(&mut self.phase, Phase::Start) {
            Phase::Start if self.asking.session.streams_lists() => self.stream().await,
            Phase::Start => self.page(None).await,
            Phase::Page { token } => self.page(token).await,
            Phase::Resume { version } => self.resume(version).await,
            Phase::Open(open) => self.read(open).await,
        };
        match steps.last() {
            Some(Step::Failed(_)) => self.failed = true,
            Some(Step::Complete | Step::Connected) => self.failed = false,
            _ => {}
        }
        steps
    }

    /// Asks for the list as a stream.
    async fn stream(&mut self) -> Vec<Step<K>> {
        let params = WatchParams {
            send_initial_events: true,
            timeout: Some(WATCH_SECONDS),
            field_selector: fields::<K>(),
            ..WatchParams::default()
        };
        // No version: the list is to be as new as the moment it was asked for.
        match self.asking.open(&params, "").await {
            Ok(lines) => {
                self.phase = Phase::Open(Open {
                    lines,
                    version: None,
                    since: Instant::now(),
                    proven: true,
                });
                vec![Step::Begin]
            }
            Err(trouble) if trouble.class == Class::Refused => {
                self.asking.session.use_pages();
                Vec::new()
            }
            Err(trouble) => vec![Step::Failed(trouble)],
        }
    }

    /// Reads one page of the list.
    async fn page(&mut self, token: Option<String>) -> Vec<Step<K>> {
        let first = token.is_none();
        let list = match self.asking.list(self.page, token).await {
            Ok(list) => list,
            Err(trouble) => {
                if trouble.class == Class::Unreadable {
                    // Perhaps the objects are only large.
                    self.page = (self.page / 10).max(1);
                }
                return vec![Step::Failed(trouble)];
            }
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

    /// Opens the watch after a version.
    async fn resume(&mut self, version: String) -> Vec<Step<K>> {
        let params = WatchParams {
            timeout: Some(WATCH_SECONDS),
            field_selector: fields::<K>(),
            ..WatchParams::default()
        };
        let missed = if self.failed {
            self.asking.missed(&version).await
        } else {
            Ok(None)
        };
        let opened = match missed {
            Ok(missed) => self
                .asking
                .open(&params, &version)
                .await
                .map(|open| (missed, open)),
            Err(trouble) => Err(trouble),
        };
        match opened {
            Ok((missed, lines)) => {
                let proven = self.short == 0;
                self.phase = Phase::Open(Open {
                    lines,
                    version: Some(version),
                    since: Instant::now(),
                    proven,
                });
                let mut steps = Vec::new();
                if missed.is_some() {
                    self.behind = missed;
                    steps.push(Step::Behind(true));
                }
                if proven {
                    steps.push(Step::Connected);
                }
                steps
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
    async fn read(&mut self, mut open: Open) -> Vec<Step<K>> {
        let patience = match open.version {
            None => STILL,
            Some(_) => Duration::from_secs(WATCH_SECONDS.into()) + MARGIN,
        };
        let came = tokio::select! {
            biased;
            next = open.lines.next() => match next {
                Ok(Some(lines)) => Came::Lines(lines),
                Ok(None) => Came::End,
                Err(broken) => Came::Broken(broken),
            },
            why = self.asking.reach.is_lost() => Came::Lost(Trouble::turned(Turn::Lost(why))),
            () = sleep_until(open.since + SHORTEST), if !open.proven => Came::Proven,
            () = sleep(patience) => Came::Silent,
        };
        match came {
            Came::Lines(lines) => {
                self.asking.reach.heard();
                let mut steps = self.prove(&mut open);
                steps.extend(self.take(&lines, open));
                steps
            }
            Came::Proven => {
                let steps = self.prove(&mut open);
                self.phase = Phase::Open(open);
                steps
            }
            Came::Broken(broken @ Broken::TooLong(_)) => {
                // The same line would come again; a list may not have it any more.
                let trouble = Trouble::broken(&broken, &self.asking.session);
                self.start_over(vec![Step::Failed(trouble)])
            }
            ended => match open.version {
                Some(version) => self.ended(ended, version, open.since).await,
                None => self.broke_off(ended, open.since),
            },
        }
    }

    /// A watch that was in doubt is one.
    fn prove(&mut self, open: &mut Open) -> Vec<Step<K>> {
        self.short = 0;
        if std::mem::replace(&mut open.proven, true) {
            Vec::new()
        } else {
            vec![Step::Connected]
        }
    }

    /// The end of a watch: the server's regular one, or a connection that died.
    async fn ended(&mut self, came: Came, version: String, since: Instant) -> Vec<Step<K>> {
        self.phase = Phase::Resume { version };
        match came {
            Came::Lost(trouble) => return vec![Step::Failed(trouble)],
            Came::Broken(_) | Came::Silent => self.asking.reach.doubt(),
            _ => {}
        }
        if since.elapsed() >= SHORTEST {
            self.short = 0;
            return Vec::new();
        }
        self.short += 1;
        if self.short >= TOO_OFTEN {
            let trouble = Trouble::closed(&self.asking.session, &self.asking.scope);
            return vec![Step::Failed(trouble)];
        }
        sleep(SHORTEST).await;
        Vec::new()
    }

    /// The end of a streamed list before its end.
    fn broke_off(&mut self, came: Came, since: Instant) -> Vec<Step<K>> {
        match came {
            Came::Lost(trouble) => vec![Step::Failed(trouble)],
            Came::End | Came::Broken(_)
                if since.elapsed() < Duration::from_secs(WATCH_SECONDS.into()) =>
            {
                let line = format!("{} cut the connection", self.asking.session.server());
                vec![Step::Failed(Trouble {
                    class: Class::Unreached,
                    line: line.into(),
                })]
            }
            _ => {
                // A server that takes the question and never says that the list has ended.
                self.asking.session.use_pages();
                Vec::new()
            }
        }
    }

    fn take(&mut self, lines: &[u8], mut open: Open) -> Vec<Step<K>> {
        let mut steps = Vec::new();
        let mut failed = None;
        for line in lines.split(|byte| *byte == b'\n') {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let event = match serde_json::from_slice(line) {
                Ok(WatchEvent::Error(status)) => {
                    failed = Some(Trouble::status(
                        &status,
                        &self.asking.session,
                        Some(&self.asking.scope),
                    ));
                    break;
                }
                Ok(event) => event,
                // The server tells again what it was cut short in.
                Err(error) if error.is_eof() => continue,
                Err(error) => {
                    failed = Some(self.asking.unreadable(line, &error));
                    break;
                }
            };
            self.event(event, &mut open.version, &mut steps);
        }
        self.phase = match (&failed, open.version) {
            (None, version) => Phase::Open(Open { version, ..open }),
            (Some(trouble), Some(version))
                if !matches!(trouble.class, Class::Gone | Class::Unreadable) =>
            {
                Phase::Resume { version }
            }
            _ => Phase::Start,
        };
        if matches!(self.phase, Phase::Start) && self.behind.take().is_some() {
            steps.push(Step::Behind(false));
        }
        steps.extend(failed.map(Step::Failed));
        steps
    }

    /// A list tells by itself what happened while nobody watched.
    fn start_over(&mut self, steps: Vec<Step<K>>) -> Vec<Step<K>> {
        let caught_up = self.behind.take().map(|_| Step::Behind(false));
        caught_up.into_iter().chain(steps).collect()
    }

    fn event(
        &mut self,
        event: WatchEvent<K>,
        version: &mut Option<String>,
        steps: &mut Vec<Step<K>>,
    ) {
        let listing = version.is_none();
        let (at, step) = match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) if listing => {
                (None, Some(Step::Listed(object)))
            }
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                (version_of(&object), Some(Step::Applied(object)))
            }
            WatchEvent::Deleted(object) => (
                version_of(&object).filter(|_| !listing),
                Some(Step::Deleted(object)),
            ),
            WatchEvent::Bookmark(mark) => {
                let annotations = &mark.metadata.annotations;
                let ends = annotations.contains_key("k8s.io/initial-events-end");
                let at = Some(mark.metadata.resource_version).filter(|_| ends || !listing);
                (at, (ends && listing).then_some(Step::Complete))
            }
            WatchEvent::Error(_) => return,
        };
        if let Some(at) = at {
            // An unreadable version is after everything: nothing is called old without reason.
            if let Some(behind) = self.behind
                && at.parse().map_or(true, |at: u64| at > behind)
            {
                self.behind = None;
                steps.push(Step::Behind(false));
            }
            *version = Some(at);
        }
        steps.extend(step);
    }
}

fn version_of<K: Lean>(object: &K) -> Option<String> {
    object.metadata().resource_version.clone()
}
