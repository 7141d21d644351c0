//! One scope's watch: turns what the server says into observations and a status, and goes on for ever.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::model::observation::{Observation, Scope};
use crate::model::source::SourceState;
use crate::sources::{BATCH_LIMIT, Closed, Outlet};

use super::convert::{Observe, Observed, Sharing};
use super::feed::{Feed, Step};
use super::line::Line;
use super::pause::{Pause, SLOW};
use super::reach::Reach;
use super::session::Session;
use super::trouble::{Class, Trouble};

/// How long a watch that cannot reach the server waits for what the session's line finds out.
const VERDICT: Duration = Duration::from_millis(300);

/// What is said of a kind that the server may well do without.
const NOT_SERVED: &str = "not served by this cluster (looked for again every minute)";

/// A watch of one scope.
pub(super) struct Watch {
    scope: Scope,
    session: Session,
    reach: Reach,
    renewals: watch::Receiver<u64>,
    outlet: Outlet,
    pause: Pause,
    /// Bounds how many lists are read at a time: they are what costs the server.
    gate: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    line: Line,
    epoch: u64,
    seen: u64,
    /// How far lists came that failed: only what is more is on the way to a whole one.
    reached: u64,
    /// A first list was complete, so something is shown.
    shown: bool,
    /// Failures that were met with a remedy since things last went well: each has one.
    met: HashSet<Class>,
    out: Vec<Observation>,
    sharing: Sharing,
}

impl Watch {
    pub(super) fn new(
        scope: Scope,
        session: Session,
        reach: Reach,
        outlet: Outlet,
        pause: Pause,
        gate: Arc<Semaphore>,
    ) -> Self {
        let line = Line::new(
            scope.kind.plural(),
            scope.namespace.clone(),
            session.server(),
        );
        Self {
            scope,
            renewals: session.renewals(),
            session,
            reach,
            outlet,
            pause,
            gate,
            permit: None,
            line,
            epoch: 0,
            seen: 0,
            reached: 0,
            shown: false,
            met: HashSet::new(),
            out: Vec::new(),
            sharing: Sharing::default(),
        }
    }

    /// Watches until nobody listens.
    pub(super) async fn run<K: Observe>(mut self) -> Result<(), Closed> {
        self.out.extend(self.line.count(0));
        self.flush().await?;
        let mut feed = self.connect::<K>().await?;
        loop {
            if feed.is_listing() && self.permit.is_none() {
                // The gate is never closed; if it were, lists would go unbounded, not missing.
                self.permit = Arc::clone(&self.gate).acquire_owned().await.ok();
            }
            let mut failed = None;
            for step in feed.next().await {
                if let Step::Failed(trouble) = step {
                    failed = Some(trouble);
                } else {
                    self.take(step);
                }
            }
            if !self.shown && failed.is_none() && self.seen > self.reached {
                self.out.extend(self.line.count(self.seen));
            }
            self.flush().await?;
            if let Some(trouble) = failed {
                self.fail(trouble, &mut feed).await?;
            }
        }
    }

    async fn connect<K: Observe>(&mut self) -> Result<Feed<K>, Closed> {
        loop {
            self.renewals.mark_unchanged();
            match self.session.connection().await {
                Ok(connection) => {
                    // That one is in use now: only the next is news.
                    self.renewals.mark_unchanged();
                    return Ok(Feed::new(
                        &self.session,
                        connection,
                        &self.reach,
                        &self.scope,
                    ));
                }
                Err(error) => {
                    self.say(&Trouble::session(&error));
                    self.flush().await?;
                    self.until_mended().await;
                }
            }
        }
    }

    /// Waits for people to mend the credentials: for a new one, or a while.
    async fn until_mended(&mut self) {
        tokio::select! {
            _ = self.pause.exactly(SLOW) => {}
            _ = self.renewals.changed() => {}
        }
    }

    /// Waits until the credentials may be accepted. A question that is refused while others are not passes;
    /// else somebody mends them, or the server takes them again, which the session's line finds out.
    async fn until_accepted(&mut self) {
        let mended = if self.reach.is_accepted() {
            let renewals = &mut self.renewals;
            let renewed = async {
                // The sender lives as long as the session.
                let _ = renewals.changed().await;
            };
            self.pause.longer(renewed).await
        } else {
            let reach = self.reach.clone();
            tokio::select! {
                () = self.until_mended() => {}
                () = reach.until_accepted(true) => {}
            }
            true
        };
        if mended {
            // The next attempt may be with what a person has just mended.
            self.met.remove(&Class::Unauthorized);
        }
    }

    fn take<K: Observe>(&mut self, step: Step<K>) {
        let scope = || self.scope.clone();
        match step {
            Step::Begin => {
                self.epoch += 1;
                self.seen = 0;
                self.out.push(Observation::Begin {
                    scope: scope(),
                    epoch: self.epoch,
                });
            }
            Step::Listed(object) => {
                self.seen += 1;
                self.see(&object);
            }
            Step::Applied(object) => self.see(&object),
            Step::Deleted(object) => {
                // A deleted Event did not un-happen.
                if let Some(Observed::Fact(fact)) = object.observe() {
                    self.out.push(Observation::Gone {
                        scope: scope(),
                        key: fact.key(),
                    });
                }
            }
            Step::Complete => {
                self.session.settle();
                self.out.push(Observation::End {
                    scope: scope(),
                    epoch: self.epoch,
                });
                self.shown = true;
                self.reached = 0;
                self.met.clear();
                self.accepted();
            }
            Step::Connected => self.accepted(),
            Step::Behind(behind) => self.out.push(Observation::Behind {
                scope: scope(),
                behind,
            }),
            Step::Failed(_) => {}
        }
    }

    fn accepted(&mut self) {
        self.permit = None;
        self.line.at(self.session.server());
        // That a watch was opened does not show yet that listing again has helped.
        self.met.retain(|class| *class == Class::Gone);
        self.out.extend(self.line.set(SourceState::Live));
    }

    /// Says what failed, does what can be done about it, and waits as long as it calls for.
    async fn fail<K: Observe>(
        &mut self,
        trouble: Trouble,
        feed: &mut Feed<K>,
    ) -> Result<(), Closed> {
        self.permit = None;
        self.reached = self.reached.max(self.seen);
        let first = self.met.insert(trouble.class);
        match trouble.class {
            // Listing again is the answer; only when it does not help is it a trouble.
            Class::Gone if first => Ok(()),
            Class::Unauthorized | Class::Nameless if first => {
                match self.session.renew(feed.generation()).await {
                    Ok(connection) => {
                        feed.reconnect(connection);
                        // That one is in use now: only the next is news.
                        self.renewals.mark_unchanged();
                        Ok(())
                    }
                    Err(error) => self.wait(Trouble::session(&error)).await,
                }
            }
            Class::Back => Ok(()),
            // A server that starts refuses before it has read its rules; ask once more before
            // everything is taken from the screen.
            Class::Forbidden | Class::Unknown if !(first && self.shown) => {
                let is_served = !self.scope.kind.is_optional()
                    || trouble.class == Class::Forbidden && feed.asking().is_served().await;
                self.refused(trouble, is_served).await
            }
            _ => self.wait(trouble).await,
        }
    }

    /// What is shown is as old as the server's last word, or as this failure.
    fn say(&mut self, trouble: &Trouble) {
        let since = match trouble.class {
            Class::Unreached => self.reach.last(),
            _ => Timestamp::now(),
        };
        let cause = trouble.line.clone();
        let said = match trouble.class {
            Class::NoClient => self.line.broken_with_session(cause, self.shown, since),
            _ => self.line.broken(cause, self.shown, since),
        };
        self.out.extend(said);
    }

    async fn wait(&mut self, mut trouble: Trouble) -> Result<(), Closed> {
        let back = self.reach.is_back();
        // The session's line is to be the first to say it, where it is not this watch's trouble alone.
        match trouble.class {
            Class::Unreached => {
                self.reach.doubt();
                let _ = timeout(VERDICT, self.reach.is_lost()).await;
            }
            // It was seen before, so rights are not what is lacking.
            Class::Nameless if !self.shown => return self.refused(trouble, true).await,
            Class::Unauthorized => {
                self.reach.doubt();
                let refused = self.reach.until_accepted(false);
                if timeout(VERDICT, refused).await.is_err() {
                    trouble = Trouble::alone(&self.session, &self.scope);
                }
            }
            _ => {}
        }
        self.say(&trouble);
        self.flush().await?;
        match trouble.class {
            Class::Unauthorized => self.until_accepted().await,
            Class::NoClient | Class::Nameless => {
                self.until_mended().await;
                self.met.remove(&Class::Unauthorized);
                self.met.remove(&Class::Nameless);
            }
            Class::Busy(Some(wait)) => {
                self.pause.exactly(wait.min(SLOW)).await;
            }
            _ => {
                // Another client may be for another address.
                let renewals = &mut self.renewals;
                let renewed = async {
                    // The sender lives as long as the session.
                    let _ = renewals.changed().await;
                };
                let either = futures::future::select(Box::pin(back), Box::pin(renewed));
                self.pause.longer(either.map(|_| ())).await;
            }
        }
        Ok(())
    }

    /// Nothing of a scope that may not be seen (any more), or is not there, is shown as if it were current.
    async fn refused(&mut self, trouble: Trouble, is_served: bool) -> Result<(), Closed> {
        if !self.line.is_refused() {
            self.out.push(Observation::Leave {
                scope: self.scope.clone(),
            });
        }
        self.shown = false;
        let what = trouble.line;
        let state = match trouble.class {
            _ if !is_served => SourceState::Off {
                hint: NOT_SERVED.into(),
            },
            Class::Unknown => SourceState::Absent { what },
            _ => SourceState::Forbidden { what },
        };
        self.out.extend(self.line.set(state));
        self.flush().await?;
        self.until_mended().await;
        self.met.remove(&Class::Nameless);
        Ok(())
    }

    fn see<K: Observe>(&mut self, object: &K) {
        let said = match object.observe() {
            Some(Observed::Fact(mut fact)) => {
                self.sharing.share(&mut fact);
                Observation::Seen {
                    scope: self.scope.clone(),
                    fact: Arc::new(fact),
                }
            }
            Some(Observed::Happening(happening)) => Observation::Happening(happening),
            // It cannot be identified.
            None => return,
        };
        self.out.push(said);
    }

    async fn flush(&mut self) -> Result<(), Closed> {
        let mut out = std::mem::take(&mut self.out);
        while out.len() > BATCH_LIMIT {
            let rest = out.split_off(BATCH_LIMIT);
            self.outlet.send(out).await?;
            out = rest;
        }
        self.outlet.send(out).await
    }
}
