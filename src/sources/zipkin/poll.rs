//! The loop: which question is due, what its answer means for the status lines, and when to ask again.
//!
//! Questions are asked one after the other, never at once: the in-memory store answers them one at a
//! time anyway, and takes in no spans meanwhile.

mod rates;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::debug;

use super::api::{self, Decoded};
use super::client::Client;
use super::daily::Judge;
use super::failure::Failure;
use super::hints::Heard;
use super::own::OwnLinks;
use super::settings::Settings;
use super::tally::Tallies;
use super::traces;
use super::turn::{Line, Turn};
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

/// Most traces asked for at once, and most bytes read of them: a sample, so that the server is not kept from
/// its work. 1,000 traces were 3 MB.
const TRACE_LIMIT: usize = 200;
const TRACE_BYTES: usize = 8 * 1024 * 1024;

/// What is said of a server that counts links by the day.
const DAILY: &str = "its links are daily aggregates, which give no rates: rates and errors are counted from sampled traces, and are no data while these are not enough";

/// What is said while that is not sure.
const DOUBTFUL: &str = "its counts contradict its traces, so rates are no data: two windows later it is clear whether it counts whole days";

/// For how long what spans say of who is who is kept without being said again, in µs.
const HINTS_US: i64 = 3_600_000_000;

/// Asks until nobody listens any more.
pub(super) async fn run(settings: Settings, outlet: Outlet, retry: watch::Receiver<u64>) {
    let Err(Closed) = Poll::new(settings, outlet).run(retry).await;
    debug!("nobody listens to the tracing source");
}

/// What is asked, in the order in which it is asked: the cheap one first, for it tells the server's clock;
/// then structure, then rates, then the operations behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Services,
    Long,
    Recent,
    Traces,
}

/// All questions, in that order.
const QUESTIONS: [Question; 4] = [
    Question::Services,
    Question::Long,
    Question::Recent,
    Question::Traces,
];

/// The lines of the Sources view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Dependencies,
    Services,
    Traces,
}

/// All lines.
const PARTS: [Part; 3] = [Part::Dependencies, Part::Services, Part::Traces];

struct Poll {
    settings: Settings,
    outlet: Outlet,
    /// Absent where none can be made; then that is the failure of every question.
    client: Result<Client, Failure>,
    services: Turn,
    long: Turn,
    recent: Turn,
    traces: Turn,
    dependencies_line: Line,
    services_line: Line,
    traces_line: Line,
    /// What the traces of the window told.
    tallies: Tallies,
    /// What their spans said of who is who.
    heard: Heard,
    /// How many traces are asked for at once.
    limit: usize,
    /// The end of the last window, in ms by the server's clock, of which not all traces were told.
    gap: Option<i64>,
    /// Whether the server counts links by the day, and our own count of them.
    judge: Judge,
    own: OwnLinks,
    /// Links of the first answer, while the second one is awaited.
    seen: u64,
}

impl Poll {
    fn new(settings: Settings, outlet: Outlet) -> Self {
        let tallies = Tallies::new(settings.usage_ms);
        let judge = Judge::new(settings.recent_ms, settings.long_ms);
        Self {
            client: Client::new(&settings),
            settings,
            outlet,
            services: Turn::new(),
            long: Turn::new(),
            recent: Turn::new(),
            traces: Turn::new(),
            dependencies_line: Line::default(),
            services_line: Line::default(),
            traces_line: Line::default(),
            tallies,
            heard: Heard::default(),
            limit: TRACE_LIMIT,
            gap: None,
            judge,
            own: OwnLinks::default(),
            seen: 0,
        }
    }

    async fn run(
        mut self,
        mut retry: watch::Receiver<u64>,
    ) -> Result<std::convert::Infallible, Closed> {
        let statuses = PARTS.map(|part| self.status(part)).to_vec();
        self.outlet.send(statuses).await?;
        loop {
            self.round().await?;
            self.forget().await?;
            let due = QUESTIONS.map(|question| self.turn(question).due);
            let due = due.into_iter().min().unwrap_or_else(Instant::now);
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = asked_to_retry(&mut retry) => {
                    let now = Instant::now();
                    for question in QUESTIONS {
                        self.turn(question).due = now;
                    }
                }
            }
        }
    }

    /// Asks what is due.
    async fn round(&mut self) -> Result<(), Closed> {
        for question in QUESTIONS {
            if self.turn(question).due > Instant::now() {
                continue;
            }
            match self.ask(question).await {
                Ok(mut said) => {
                    self.succeeded(question);
                    said.push(self.status(question.part()));
                    self.outlet.send(said).await?;
                }
                Err(failure) if failure.is_everywhere() => {
                    // Nothing else will be answered either, and each try could take seconds.
                    for other in QUESTIONS {
                        self.failed(other, failure.clone());
                    }
                    let statuses = PARTS.map(|part| self.status(part)).to_vec();
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
        let source = || Text::from(NAME);
        let uncounted = |span| Observation::Uncounted {
            source: source(),
            span,
        };
        let Settings {
            recent_ms,
            long_ms,
            usage_ms,
            ..
        } = self.settings;
        let unsampled = Observation::Unsampled { source: source() };
        for (question, lost, kept_ms) in [
            (
                Question::Recent,
                uncounted(Span::Recent),
                recent_ms.saturating_mul(KEPT_WINDOWS),
            ),
            (
                Question::Long,
                uncounted(Span::Long),
                long_ms.saturating_mul(KEPT_WINDOWS),
            ),
            // Of that window a part is as old as itself anyway.
            (Question::Traces, unsampled, usage_ms),
        ] {
            let kept = Duration::from_millis(kept_ms);
            let turn = self.turn(question);
            if turn.failure.is_some() && turn.shown.is_some_and(|at| at.elapsed() >= kept) {
                turn.shown = None;
                self.outlet.send(vec![lost]).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, question: Question) -> Result<Vec<Observation>, Failure> {
        let client = self.client.as_mut().map_err(|failure| failure.clone())?;
        let (span, window_ms) = match question {
            Question::Services => {
                let body = client.ask(api::SERVICES).await?;
                let names = decoded(body, api::decode_names).await?;
                return Ok(vec![Observation::Names {
                    source: Text::from(NAME),
                    names: told(names, question),
                }]);
            }
            Question::Long => (Span::Long, self.settings.long_ms),
            Question::Recent => (Span::Recent, self.settings.recent_ms),
            Question::Traces => return self.sample().await,
        };
        let mut end = client.clock().window_end(clock::now_ms());
        let body = client.ask(&api::dependencies(end, window_ms)).await?;
        let mut links = told(decoded(body, api::decode_links).await?, question);
        let skew = client.clock().skew_ms().unwrap_or(0).unsigned_abs();
        if links.is_empty() && skew > window_ms / 2 {
            // Spans have the time of those who report them, and these need not be as wrong as the server is.
            let ours = clock::Clock::default().window_end(clock::now_ms());
            let body = client.ask(&api::dependencies(ours, window_ms)).await?;
            let found = told(decoded(body, api::decode_links).await?, question);
            if !found.is_empty() {
                (end, links) = (ours, found);
            }
        }
        self.seen = u64::try_from(links.len()).unwrap_or(u64::MAX);
        let was_daily = self.judge.is_daily();
        match span {
            Span::Recent => self.judge.short(end, &links),
            Span::Long => self.judge.long(end, &links),
        }
        let is_daily = self.judge.is_daily();
        if is_daily != was_daily {
            // What the long window shows is made otherwise from now on.
            self.long.due = Instant::now();
        }
        match span {
            Span::Recent if is_daily => return Ok(self.without_rates(!was_daily)),
            Span::Recent if self.judge.is_doubtful() => return Ok(self.without_rates(true)),
            Span::Long if is_daily => self.complete(end, &mut links),
            _ => {}
        }
        Ok(vec![Observation::Links(Links {
            source: Text::from(NAME),
            span,
            window_ms,
            // Out of range only where the server's clock is; then ours is no worse.
            ends: Timestamp::from_millisecond(end).unwrap_or_else(|_| Timestamp::now()),
            links,
        })])
    }

    /// Asks for the newest traces. The first time those of the whole window; then those since the last
    /// answer and of the short window before it, so that spans that came late are counted.
    async fn sample(&mut self) -> Result<Vec<Observation>, Failure> {
        let client = self.client.as_mut().map_err(|failure| failure.clone())?;
        let since = self.traces.shown.map(|at| at.elapsed().as_millis());
        let since = since.and_then(|ms| u64::try_from(ms).ok());
        let lookback = since.map_or(u64::MAX, |ms| ms.saturating_add(self.settings.recent_ms));
        let lookback = lookback.min(self.settings.usage_ms);
        let end = client.clock().window_end(clock::now_ms());
        let body = loop {
            let question = api::traces(end, lookback, self.limit);
            match client.ask_within(&question, TRACE_BYTES).await {
                // These are large: fewer of them.
                Err(Failure::TooLarge(_)) if self.limit > 1 => {
                    self.limit = (self.limit / 4).max(1);
                    self.gap = Some(end);
                }
                answer => break answer?,
            }
        };
        let length = body.len();
        let traces = tokio::task::spawn_blocking(move || traces::decode(&body))
            .await
            .map_err(|error| Failure::internal(&error))?
            .map_err(|error| Failure::json(&error, length))?;
        let is_cut = traces.len() >= self.limit;
        if is_cut {
            self.gap = Some(end);
        }
        let from = if is_cut { rates::oldest(&traces) } else { None };
        let from = from
            .unwrap_or_else(|| end.saturating_sub_unsigned(lookback))
            .min(end);
        if length < TRACE_BYTES / 8 {
            self.limit = (self.limit * 2).min(TRACE_LIMIT);
        }
        let rates = self.judge(&traces, from, end);
        self.tallies.take(&traces);
        let window = i64::try_from(self.settings.usage_ms).unwrap_or(i64::MAX);
        let is_part = self.gap.is_some_and(|gap| gap > end.saturating_sub(window));
        let ends = Timestamp::from_millisecond(end).unwrap_or_else(|_| Timestamp::now());
        let uses = self.tallies.uses(Text::from(NAME), ends, is_part);
        traces
            .iter()
            .flatten()
            .for_each(|span| self.heard.hear(span));
        self.heard
            .forget(end.saturating_mul(1_000).saturating_sub(HINTS_US));
        let hints = Observation::Hints {
            source: Text::from(NAME),
            hints: self.heard.hints(),
        };
        let mut said = vec![Observation::Uses(Box::new(uses)), hints];
        said.extend(rates);
        Ok(said)
    }

    fn succeeded(&mut self, question: Question) {
        let now = Instant::now();
        let due = now + self.interval(question);
        let turn = self.turn(question);
        let recovered = turn.failures > 0;
        turn.succeed(due);
        // The server is back, so the long window need not wait for its turn.
        if recovered && question == Question::Recent && self.long.failures > 0 {
            self.long.due = now;
        }
    }

    fn failed(&mut self, question: Question, failure: Failure) {
        let strained = matches!(question, Question::Long | Question::Traces) && failure.is_strain();
        let long_interval = self.interval(Question::Long);
        // A long window that is too much for the server is not asked for every few seconds: that would
        // keep it from its work, the short window included.
        let least = if strained {
            long_interval
        } else {
            Duration::ZERO
        };
        self.turn(question).fail(failure, least);
    }

    /// The line's status by what is known now; logs it when it is another than before.
    fn status(&mut self, part: Part) -> Observation {
        let now = Timestamp::now();
        let turns: &[&Turn] = match part {
            Part::Dependencies => &[&self.long, &self.recent],
            Part::Services => &[&self.services],
            Part::Traces => &[&self.traces],
        };
        let state = match turns.iter().find_map(|turn| turn.failure.as_ref()) {
            None if turns.iter().all(|turn| turn.is_well()) => {
                if part == Part::Dependencies && self.judge.is_daily() {
                    SourceState::Limited { what: DAILY.into() }
                } else if part == Part::Dependencies && self.judge.is_doubtful() {
                    SourceState::Limited {
                        what: DOUBTFUL.into(),
                    }
                } else {
                    SourceState::Live
                }
            }
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
                        Part::Traces => &self.traces_line,
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
            Part::Traces => Question::Traces,
        });
        let line = match part {
            Part::Dependencies => &mut self.dependencies_line,
            Part::Services => &mut self.services_line,
            Part::Traces => &mut self.traces_line,
        };
        line.follow(part.name(), &state, now);
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
            Question::Traces => &mut self.traces,
        }
    }

    fn interval(&self, question: Question) -> Duration {
        let wanted = match question {
            Question::Recent => self.settings.interval,
            Question::Traces => self.settings.traces_interval,
            Question::Services | Question::Long => self.settings.long_interval,
        };
        wanted.clamp(PAUSES.0, PAUSES.1)
    }
}

impl Question {
    const fn part(self) -> Part {
        match self {
            Self::Services => Part::Services,
            Self::Long | Self::Recent => Part::Dependencies,
            Self::Traces => Part::Traces,
        }
    }
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Dependencies => "dependencies",
            Self::Services => "services",
            Self::Traces => "traces",
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
        .unwrap_or_else(|error| Err(Failure::internal(&error)))
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

/// Ends when a person wants a new try; never, when nobody can want one any more.
async fn asked_to_retry(retry: &mut watch::Receiver<u64>) {
    if retry.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
