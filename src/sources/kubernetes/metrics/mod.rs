//! What pods use, asked of `metrics.k8s.io` now and then, where the server has it.
//!
//! Beside the watches rather than a source of its own: it goes the same way to the same server, so it waits
//! with the others while that is out of reach, and its credentials are theirs. Many clusters have no metrics
//! server. That is no trouble, and one that is not ready is none either.

mod asking;
mod readings;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::model::observation::{NamespaceChoice, Observation};
use crate::model::query::resources::METRICS;
use crate::model::source::SourceState;
use crate::model::text::{self, Text};
use crate::sources::{Closed, Control, Outlet};

use super::line::Line;
use super::pause::{Pause, SLOW};
use super::reach::Reach;
use super::session::Session;
use super::trouble::{Class, Trouble};
use asking::{Answer, ask};

/// The name of its line.
pub(super) const PART: &str = "metrics";
/// How often it is asked: metrics servers measure every 15 s by default.
const INTERVAL: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 15_000 });
/// How often it is asked whether there is a metrics server now.
const RARELY: Duration = Duration::from_secs(300);
/// For how long what was measured last is shown, with its age, while nothing newer comes.
const KEPT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 120 });
/// How long what cannot reach the server waits for what the session's line finds out.
const VERDICT: Duration = Duration::from_millis(300);

/// Asks, and says what it is told.
pub(super) struct Metrics {
    session: Session,
    reach: Reach,
    outlet: Outlet,
    namespaces: watch::Receiver<NamespaceChoice>,
    renewals: watch::Receiver<u64>,
    pause: Pause,
    line: Line,
    /// What is shown, by namespace; all of them are the empty name.
    shown: BTreeSet<Text>,
    /// When all of it was answered last, by our clocks.
    answered: Option<(Instant, Timestamp)>,
}

/// What is to come before it is asked again.
enum Next {
    /// So much time, or a person who asks.
    Wait(Duration),
    /// The server's return.
    Back,
    /// Another credential.
    Renewed,
    /// Nothing.
    Now,
}

impl Metrics {
    pub(super) fn new(session: Session, reach: Reach, outlet: Outlet, control: &Control) -> Self {
        Self {
            line: Line::new(PART, None, session.server()).every(INTERVAL),
            renewals: session.renewals(),
            session,
            reach,
            outlet,
            namespaces: control.namespaces.clone(),
            pause: Pause::new(control.retry.clone()),
            shown: BTreeSet::new(),
            answered: None,
        }
    }

    /// Asks until nobody listens.
    pub(super) async fn run(mut self) -> Result<(), Closed> {
        let first = self.line.count(0);
        self.outlet.send(first.into_iter().collect()).await?;
        loop {
            let wanted = namespaces(&self.namespaces.borrow_and_update());
            // From here on: what comes while it is asked is news too.
            self.renewals.mark_unchanged();
            let asking = ask(&self.session, &self.reach, &wanted);
            let answer = tokio::select! {
                answer = asking => answer,
                () = changed(&mut self.namespaces) => {
                    self.leave().await?;
                    continue;
                }
            };
            let mut said = self.forget(|part| !wanted.contains(part));
            let next = match answer {
                Ok(answer) => self.take(answer, &mut said),
                Err(trouble) => self.fail(trouble, &mut said).await,
            };
            let is_old = |(at, _): (Instant, Timestamp)| at.elapsed() >= KEPT;
            if !self.line.is_current() && self.answered.is_none_or(is_old) {
                said.extend(self.forget(|_| true));
            }
            self.outlet.send(said).await?;
            self.wait(next).await?;
        }
    }

    fn take(&mut self, answer: Answer, said: &mut Vec<Observation>) -> Next {
        self.line.at(self.session.server());
        let (state, next) = match answer {
            Answer::Measured { readings, lacks } => {
                let told: BTreeSet<Text> = readings.iter().map(|r| r.part.clone()).collect();
                said.extend(self.forget(|part| !told.contains(part)));
                let readings = readings.into_iter().map(Box::new);
                said.extend(readings.map(Observation::Readings));
                self.shown = told;
                self.answered = Some((Instant::now(), Timestamp::now()));
                let state = lacks.map_or(SourceState::Live, |what| SourceState::Limited { what });
                (state, Next::Wait(INTERVAL))
            }
            Answer::NotServed => {
                said.extend(self.forget(|_| true));
                let hint = "the cluster has no metrics server (metrics.k8s.io), so what pods use is no data; \
                            once one is installed, ctrl-r asks for it";
                (SourceState::Off { hint: hint.into() }, Next::Wait(RARELY))
            }
            Answer::NotReady(why) => {
                let hint = text::message(&format!(
                    "the metrics server is not ready ({why}), so what pods use is no data for now; asking \
                     every {} s",
                    INTERVAL.as_secs()
                ));
                (SourceState::Off { hint }, Next::Wait(INTERVAL))
            }
            Answer::Forbidden(what) => {
                said.extend(self.forget(|_| true));
                (SourceState::Forbidden { what }, Next::Wait(SLOW))
            }
        };
        said.push(self.line.again(state));
        next
    }

    /// What failed is the way to the server, which the session's line is to be the first to tell, or passes.
    async fn fail(&mut self, trouble: Trouble, said: &mut Vec<Observation>) -> Next {
        let next = match trouble.class {
            Class::Back => return Next::Now,
            Class::Unreached => {
                self.reach.doubt();
                let _ = timeout(VERDICT, self.reach.is_lost()).await;
                Next::Back
            }
            Class::NoClient | Class::Unauthorized | Class::Nameless => {
                self.reach.doubt();
                Next::Renewed
            }
            Class::Busy(Some(wait)) => Next::Wait(wait.clamp(INTERVAL, SLOW)),
            _ => Next::Wait(INTERVAL),
        };
        let since = self.answered.map_or_else(Timestamp::now, |(_, at)| at);
        let cause = trouble.line;
        let shown = !self.shown.is_empty();
        said.extend(match next {
            // Their cause is the session's, and is told there.
            Next::Back | Next::Renewed => self.line.broken_with_session(cause, shown, since),
            _ => self.line.broken(cause, shown, since),
        });
        next
    }

    /// Takes back what is shown of some namespaces.
    fn forget(&mut self, which: impl Fn(&Text) -> bool) -> Vec<Observation> {
        let gone: Vec<Text> = self.shown.iter().filter(|p| which(p)).cloned().collect();
        self.shown.retain(|part| !which(part));
        let unread = |part| Observation::Unread {
            source: METRICS.into(),
            part,
        };
        gone.into_iter().map(unread).collect()
    }

    /// The choice has changed: what is not chosen any more is taken back before anything is asked.
    async fn leave(&mut self) -> Result<(), Closed> {
        let wanted = namespaces(&self.namespaces.borrow());
        // What covers the new choice stays until that has its own.
        let covers = |part: &Text| part.is_empty() || wanted.contains("");
        let said = self.forget(|part| !wanted.contains(part) && !covers(part));
        self.outlet.send(said).await
    }

    async fn wait(&mut self, next: Next) -> Result<(), Closed> {
        // What is shown is to go in time, whatever is waited for.
        let old = self.answered.filter(|_| !self.shown.is_empty());
        let old = old.map(|(at, _)| at + KEPT);
        let is_old = async {
            match old.filter(|_| !self.line.is_current()) {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let back = self.reach.is_back();
        let pause = &mut self.pause;
        let renewals = &mut self.renewals;
        let waited = async {
            match next {
                Next::Now => {}
                Next::Wait(wait) => {
                    pause.exactly(wait).await;
                }
                Next::Back => {
                    pause.longer(back).await;
                }
                Next::Renewed => tokio::select! {
                    _ = pause.exactly(SLOW) => {}
                    // The sender lives as long as the session.
                    _ = renewals.changed() => {}
                },
            }
        };
        tokio::select! {
            () = waited => Ok(()),
            () = is_old => Ok(()),
            () = changed(&mut self.namespaces) => self.leave().await,
        }
    }
}

/// Waits for another choice, for ever where nobody can choose any more.
async fn changed(namespaces: &mut watch::Receiver<NamespaceChoice>) {
    if namespaces.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// What is asked for: each namespace, or the empty name for all of them.
fn namespaces(choice: &NamespaceChoice) -> BTreeSet<Text> {
    match choice {
        NamespaceChoice::All => [Text::from("")].into(),
        NamespaceChoice::Only(names) => names.clone(),
    }
}
