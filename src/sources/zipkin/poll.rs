//! The loop: which question is due, what its answer means for the status lines, and when to ask again.
//!
//! Questions are asked one after the other, never at once: the in-memory store answers them one at a
//! time anyway, and takes in no spans meanwhile.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::api::{self, Decoded};
use super::client::Client;
use super::failure::Failure;
use super::settings::Settings;
use super::{NAME, clock, key};
use crate::model::observation::{Links, Observation, Span};
use crate::model::source::{SourceState, SourceStatus};
use crate::model::text::{self, Text};
use crate::sources::{Closed, Outlet};

/// Shortest and longest pause after an answer, whatever the settings say: no flood, and no overflow.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(86_400));

/// For how many times its length a window's counts are shown without a newer answer, with their age; after
/// that they are no data. So rates of a minute stay for two minutes.
const KEPT_WINDOWS: u64 = 2;

/// Asks until nobody listens any more.
pub(super) async fn run(settings: Settings, outlet: Outlet, retry: watch::Receiver<u64>) {
    let Err(Closed) = Poll::new(settings, outlet).run(retry).await;
    debug!("nobody listens to the tracing source");
}

/// What is asked, in the order in which it is asked: the cheap one first, for it tells the server's clock;
/// then structure, then rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Services,
    Long,
    Recent,
}

/// The lines of the Sources view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Dependencies,
    Services,
}

/// How it stands with one question.
#[derive(Debug)]
struct Turn {
    due: Instant,
    /// Whether it was ever answered.
    answered: bool,
    /// When what was answered last, and is shown, was asked for; `None` where nothing is shown.
    shown: Option<Instant>,
    /// How often it failed since it was answered last.
    failures: u32,
    /// Why it failed last; `None` after an answer.
    failure: Option<Failure>,
}

/// How it stands with one line.
#[derive(Debug, Default)]
struct Line {
    /// When all was well last.
    heard: Option<Timestamp>,
    /// Since when something is wrong: what is shown is as old as the last answer.
    since: Option<Timestamp>,
    /// The state that was logged last.
    logged: &'static str,
}

struct Poll {
    settings: Settings,
    outlet: Outlet,
    /// Absent where none can be made; then that is the failure of every question.
    client: Result<Client, Failure>,
    services: Turn,
    long: Turn,
    recent: Turn,
    dependencies_line: Line,
    services_line: Line,
    /// Links of the first answer, while the second one is awaited.
    seen: u64,
}

impl Poll {
    fn new(settings: Settings, outlet: Outlet) -> Self {
        let turn = || Turn {
            due: Instant::now(),
            answered: false,
            shown: None,
            failures: 0,
            failure: None,
        };
        Self {
            client: Client::new(&settings),
            settings,
            outlet,
            services: turn(),
            long: turn(),
            recent: turn(),
            dependencies_line: Line::default(),
            services_line: Line::default(),
            seen: 0,
        }
    }

    async fn run(
        mut self,
        mut retry: watch::Receiver<u64>,
    ) -> Result<std::convert::Infallible, Closed> {
        let statuses = vec![self.status(Part::Dependencies), self.status(Part::Services)];
        self.outlet.send(statuses).await?;
        loop {
            self.round().await?;
            self.forget().await?;
            let due = self.services.due.min(self.long.due).min(self.recent.due);
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = asked_to_retry(&mut retry) => {
                    let now = Instant::now();
                    for question in [Question::Services, Question::Long, Question::Recent] {
                        self.turn(question).due = now;
                    }
                }
            }
        }
    }

    /// Asks what is due.
    async fn round(&mut self) -> Result<(), Closed> {
        for question in [Question::Services, Question::Long, Question::Recent] {
            if self.turn(question).due > Instant::now() {
                continue;
            }
            match self.ask(question).await {
                Ok(observation) => {
                    self.succeeded(question);
                    let status = self.status(question.part());
                    self.outlet.send(vec![observation, status]).await?;
                }
                Err(failure) if failure.is_everywhere() => {
                    // Nothing else will be answered either, and each try could take seconds.
                    for other in [Question::Services, Question::Long, Question::Recent] {
                        self.failed(other, failure.clone());
                    }
                    let statuses =
                        vec![self.status(Part::Dependencies), self.status(Part::Services)];
                    return self.outlet.send(statuses).await;
                }
                Err(failure) => {
                    self.failed(question, failure);
                    let status = self.status(question.part());
                    self.outlet.send(vec![status]).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes back what nobody has confirmed for too long.
    async fn forget(&mut self) -> Result<(), Closed> {
        for (question, span, window_ms) in [
            (Question::Recent, Span::Recent, self.settings.recent_ms),
            (Question::Long, Span::Long, self.settings.long_ms),
        ] {
            let kept = Duration::from_millis(window_ms.saturating_mul(KEPT_WINDOWS));
            let turn = self.turn(question);
            if turn.failure.is_some() && turn.shown.is_some_and(|at| at.elapsed() >= kept) {
                turn.shown = None;
                let source = Text::from(NAME);
                let lost = Observation::Uncounted { source, span };
                self.outlet.send(vec![lost]).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, question: Question) -> Result<Observation, Failure> {
        let client = self.client.as_mut().map_err(|failure| failure.clone())?;
        let (span, window_ms) = match question {
            Question::Services => {
                let body = client.ask(api::SERVICES).await?;
                let names = decoded(body, api::decode_names).await?;
                return Ok(Observation::Names {
                    source: Text::from(NAME),
                    names: told(names, question),
                });
            }
            Question::Long => (Span::Long, self.settings.long_ms),
            Question::Recent => (Span::Recent, self.settings.recent_ms),
        };
        let end = client.clock().window_end(clock::now_ms());
        let body = client.ask(&api::dependencies(end, window_ms)).await?;
        let links = told(decoded(body, api::decode_links).await?, question);
        self.seen = u64::try_from(links.len()).unwrap_or(u64::MAX);
        Ok(Observation::Links(Links {
            source: Text::from(NAME),
            span,
            window_ms,
            // Out of range only where the server's clock is; then ours is no worse.
            ends: Timestamp::from_millisecond(end).unwrap_or_else(|_| Timestamp::now()),
            links,
        }))
    }

    fn succeeded(&mut self, question: Question) {
        let now = Instant::now();
        let due = now + self.interval(question);
        let turn = self.turn(question);
        let recovered = turn.failures > 0;
        *turn = Turn {
            due,
            answered: true,
            shown: Some(now),
            failures: 0,
            failure: None,
        };
        // The server is back, so the long window need not wait for its turn.
        if recovered && question == Question::Recent && self.long.failures > 0 {
            self.long.due = now;
        }
    }

    fn failed(&mut self, question: Question, failure: Failure) {
        let strained = question == Question::Long && failure.is_strain();
        let long_interval = self.interval(Question::Long);
        let turn = self.turn(question);
        turn.failures = turn.failures.saturating_add(1);
        let pause = back_off(turn.failures);
        // A long window that is too much for the server is not asked for every few seconds: that would
        // keep it from its work, the short window included.
        turn.due = Instant::now()
            + if strained {
                pause.max(long_interval)
            } else {
                pause
            };
        turn.failure = Some(failure);
    }

    /// The line's status by what is known now; logs it when it is another than before.
    fn status(&mut self, part: Part) -> Observation {
        let now = Timestamp::now();
        let turns: &[&Turn] = match part {
            Part::Dependencies => &[&self.long, &self.recent],
            Part::Services => &[&self.services],
        };
        let state = match turns.iter().find_map(|turn| turn.failure.as_ref()) {
            None if turns.iter().all(|turn| turn.is_well()) => SourceState::Live,
            None => SourceState::Loading { seen: self.seen },
            Some(refused @ Failure::Refused(_)) => SourceState::Forbidden {
                what: text::message(&refused.to_string()),
            },
            Some(failure) => {
                // Where the other window does have an answer, the line says which one has none.
                let which = match part {
                    Part::Dependencies if self.recent.is_well() => "the long window: ",
                    Part::Dependencies if self.long.is_well() => "the short window: ",
                    _ => "",
                };
                let lost = match part {
                    Part::Dependencies if self.recent.answered && self.recent.shown.is_none() => {
                        "; rates are no data until then"
                    }
                    _ => "",
                };
                let cause = text::message(&format!("{which}{failure}{lost}"));
                if turns.iter().any(|turn| turn.answered) {
                    let line = match part {
                        Part::Dependencies => &self.dependencies_line,
                        Part::Services => &self.services_line,
                    };
                    SourceState::Stale {
                        since: line.since.or(line.heard).unwrap_or(now),
                        cause,
                    }
                } else {
                    SourceState::Failed { cause }
                }
            }
        };
        let interval = self.interval(match part {
            Part::Dependencies => Question::Recent,
            Part::Services => Question::Services,
        });
        let line = match part {
            Part::Dependencies => &mut self.dependencies_line,
            Part::Services => &mut self.services_line,
        };
        line.follow(part, &state, now);
        Observation::Status(SourceStatus {
            key: key(part.name()),
            state: Some(state),
            at: now,
            address: Some(text::message(&self.settings.url)),
            interval_ms: Some(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)),
            skew_ms: self
                .client
                .as_ref()
                .ok()
                .and_then(|client| client.clock().skew_ms()),
        })
    }

    const fn turn(&mut self, question: Question) -> &mut Turn {
        match question {
            Question::Services => &mut self.services,
            Question::Long => &mut self.long,
            Question::Recent => &mut self.recent,
        }
    }

    fn interval(&self, question: Question) -> Duration {
        let wanted = match question {
            Question::Recent => self.settings.interval,
            Question::Services | Question::Long => self.settings.long_interval,
        };
        wanted.clamp(PAUSES.0, PAUSES.1)
    }
}

impl Turn {
    /// Whether the last answer is there and of use.
    const fn is_well(&self) -> bool {
        self.answered && self.failure.is_none()
    }
}

impl Line {
    /// Takes over a new state: since when it is wrong, and one line in the log where it is another one.
    fn follow(&mut self, part: Part, state: &SourceState, now: Timestamp) {
        if !state.is_trouble() {
            self.since = None;
            self.heard = Some(now);
        } else if self.since.is_none() {
            self.since = self.heard.or(Some(now));
        }
        if self.logged == state.word() {
            return;
        }
        self.logged = state.word();
        if let Some(why) = state.trouble() {
            warn!(part = part.name(), "zipkin {}: {why}", state.word());
        } else {
            info!(part = part.name(), "zipkin {}", state.word());
        }
    }
}

impl Question {
    const fn part(self) -> Part {
        match self {
            Self::Services => Part::Services,
            Self::Long | Self::Recent => Part::Dependencies,
        }
    }
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Dependencies => "dependencies",
            Self::Services => "services",
        }
    }
}

/// Decodes off the loop's threads: tens of megabytes take long enough to be felt.
async fn decoded<T: Send + 'static>(
    body: Vec<u8>,
    decode: fn(&[u8]) -> Result<Decoded<T>, Failure>,
) -> Result<Decoded<T>, Failure> {
    tokio::task::spawn_blocking(move || decode(&body))
        .await
        .unwrap_or_else(|error| Err(Failure::Internal(super::failure::quote(&error.to_string()))))
}

/// What was decoded; what was left out of it goes to the log.
fn told<T>(decoded: Decoded<T>, question: Question) -> Vec<T> {
    let Decoded {
        items,
        unnamed,
        beyond,
    } = decoded;
    if unnamed > 0 {
        debug!(
            unnamed,
            ?question,
            "zipkin: entries without a name are left out"
        );
    }
    if beyond > 0 {
        debug!(
            beyond,
            ?question,
            "zipkin: entries beyond the limit are left out"
        );
    }
    items
}

/// The pause after so many failures in a row: 1, 2, then always 5 s. Short, since a person may be waiting
/// for the server to come back, and one small question is no load.
const fn back_off(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 1,
        2 => 2,
        _ => 5,
    })
}

/// Ends when a person wants a new try; never, when nobody can want one any more.
async fn asked_to_retry(retry: &mut watch::Receiver<u64>) {
    if retry.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 1)]
    #[case(1, 1)]
    #[case(2, 2)]
    #[case(3, 5)]
    #[case(u32::MAX, 5)]
    fn pauses_grow_to_five_seconds(#[case] failures: u32, #[case] seconds: u64) {
        assert_eq!(back_off(failures), Duration::from_secs(seconds));
    }
}
