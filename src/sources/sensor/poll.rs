//! The loop of one sensor: when it reads, what becomes of that, and what its line says.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::client::Client;
use super::failure::Failure;
use super::reader::{Found, Moment, Reader};
use super::{NAME, Settings, Switches};
use crate::config::sensor::Sensor;
use crate::model::observation::{Observation, Readings};
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::{self, Text};
use crate::sources::http::back_off;
use crate::sources::{Closed, Control, Outlet};

/// How soon the second reading comes where the first one only begins: a rate needs two.
const SOON: Duration = Duration::from_secs(1);

/// One sensor at work.
pub(super) struct Poll {
    sensor: Arc<Sensor>,
    client: Result<Client, Failure>,
    reader: Reader,
    outlet: Outlet,
    off: watch::Receiver<std::collections::BTreeSet<Text>>,
    /// Held so that there is somebody to listen to.
    _switches: Switches,
    retry: watch::Receiver<u64>,
    /// For how long what was read is shown without anything newer.
    kept: Duration,
    due: Instant,
    /// How often it failed in a row.
    failures: u32,
    /// When what is shown was read; `None` where nothing is.
    shown: Option<Instant>,
    /// When it was answered last.
    answered: Option<Timestamp>,
    /// The state that was logged last.
    logged: &'static str,
}

/// What ended a wait.
enum Woken {
    Due,
    Switched,
    Old,
}

impl Poll {
    pub(super) fn new(
        sensor: Arc<Sensor>,
        settings: &Settings,
        outlet: Outlet,
        control: &Control,
    ) -> Self {
        Self {
            client: Client::new(&sensor.url, settings.timeout),
            reader: Reader::new(Arc::clone(&sensor)),
            kept: settings.kept.max(sensor.interval * 3),
            off: settings.switches.0.subscribe(),
            _switches: settings.switches(),
            retry: control.retry.clone(),
            outlet,
            due: Instant::now(),
            failures: 0,
            shown: None,
            answered: None,
            logged: "",
            sensor,
        }
    }

    /// Reads until nobody listens any more.
    pub(super) async fn run(mut self) {
        let Err(Closed) = self.work().await;
        debug!(sensor = %self.sensor.name, "nobody listens to the sensor");
    }

    async fn work(&mut self) -> Result<std::convert::Infallible, Closed> {
        let mut was_on = false;
        loop {
            let is_on = self.is_on();
            if !is_on {
                self.rest().await?;
            } else if !was_on {
                self.due = Instant::now();
                let loading = self.status(SourceState::Loading { seen: 0 });
                self.outlet.send(vec![loading]).await?;
            }
            was_on = is_on;
            if is_on && self.due <= Instant::now() {
                self.turn().await?;
                continue;
            }
            match self.wait(is_on).await {
                Woken::Due | Woken::Switched => {}
                Woken::Old => {
                    let said = self.lapse();
                    self.outlet.send(said).await?;
                }
            }
        }
    }

    fn is_on(&mut self) -> bool {
        !self.off.borrow_and_update().contains(&self.sensor.name)
    }

    /// It is off: what was read is taken back, and the line says how to switch it on.
    async fn rest(&mut self) -> Result<(), Closed> {
        self.failures = 0;
        self.answered = None;
        let mut said = self.lapse();
        let hint = format!(
            "switched off; :sensor {} on reads it again",
            self.sensor.name
        );
        said.push(self.status(SourceState::Off {
            hint: text::message(&hint),
        }));
        self.outlet.send(said).await
    }

    /// Reads once, unless it is switched off meanwhile; what is too old goes in the meantime.
    async fn turn(&mut self) -> Result<(), Closed> {
        let client = self.client.clone();
        let answer = async {
            match client {
                Ok(client) => client.read().await,
                Err(failure) => Err(failure),
            }
        };
        tokio::pin!(answer);
        let answer = loop {
            tokio::select! {
                answer = &mut answer => break answer,
                woken = self.wait_for(None) => match woken {
                    Woken::Old => {
                        let said = self.lapse();
                        self.outlet.send(said).await?;
                    }
                    // Others may have been switched.
                    _ if self.is_on() => {}
                    _ => return Ok(()),
                },
            }
        };
        let now = Moment {
            wall: Timestamp::now(),
            instant: Instant::now(),
        };
        let found = answer.and_then(|body| self.reader.read(&body, now));
        let said = match found {
            Ok(found) => self.succeed(found, now),
            Err(failure) => self.fail(&failure, now),
        };
        self.outlet.send(said).await
    }

    fn succeed(&mut self, found: Found, now: Moment) -> Vec<Observation> {
        self.failures = 0;
        let is_first = self.answered.replace(now.wall).is_none();
        let begins = found.begun > 0 && (is_first || found.readings.is_empty());
        let pause = if begins {
            SOON.min(self.sensor.interval)
        } else {
            self.sensor.interval
        };
        self.due = now.instant + pause;
        let state = if begins {
            SourceState::Loading { seen: found.begun }
        } else if found.lacks.is_empty() {
            SourceState::Live
        } else {
            SourceState::Limited {
                what: text::message(&found.lacks.join("; ")),
            }
        };
        if found.readings.is_empty() {
            let mut said = self.forget();
            said.push(self.status(state));
            return said;
        }
        self.shown = Some(now.instant);
        let readings = Observation::Readings(Box::new(Readings {
            source: NAME.into(),
            part: self.sensor.name.clone(),
            readings: found.readings,
        }));
        vec![readings, self.status(state)]
    }

    fn fail(&mut self, failure: &Failure, now: Moment) -> Vec<Observation> {
        self.failures = self.failures.saturating_add(1);
        self.due = now.instant + back_off(self.failures);
        let is_old = self.shown.is_some_and(|at| at.elapsed() >= self.kept);
        let mut said = if is_old || failure.is_answer() {
            self.lapse()
        } else {
            Vec::new()
        };
        let gone = match (self.answered, self.shown) {
            (Some(_), None) => "; what it measures is no data until then",
            _ => "",
        };
        let cause = text::message(&format!("{failure}{gone}"));
        let state = match self.answered {
            Some(since) => SourceState::Stale { since, cause },
            None => SourceState::Failed { cause },
        };
        said.push(self.status(state));
        said
    }

    /// Takes back what is shown, and forgets what counters were: a rate over so long a gap, in which they may have
    /// begun anew, would not be one of now.
    fn lapse(&mut self) -> Vec<Observation> {
        self.reader.forget();
        self.forget()
    }

    /// Takes back what is shown.
    fn forget(&mut self) -> Vec<Observation> {
        let shown = self.shown.take().map(|_| Observation::Unread {
            source: NAME.into(),
            part: self.sensor.name.clone(),
        });
        shown.into_iter().collect()
    }

    async fn wait(&mut self, is_on: bool) -> Woken {
        let due = is_on.then_some(self.due);
        self.wait_for(due).await
    }

    /// Waits for that moment, for a switch, or for what is shown to be too old. Who wants a new try gets one.
    async fn wait_for(&mut self, due: Option<Instant>) -> Woken {
        let old = self.shown.map(|at| at + self.kept);
        tokio::select! {
            () = at(due) => Woken::Due,
            () = at(old) => Woken::Old,
            () = changed(&mut self.off) => Woken::Switched,
            () = changed(&mut self.retry), if due.is_some() => {
                self.due = Instant::now();
                Woken::Due
            }
        }
    }

    fn status(&mut self, state: SourceState) -> Observation {
        if self.logged != state.word() {
            self.logged = state.word();
            let name = &self.sensor.name;
            if let Some(why) = state.trouble() {
                warn!(sensor = %name, "{}: {why}", state.word());
            } else {
                info!(sensor = %name, "{}", state.word());
            }
        }
        let interval = self.sensor.interval.as_millis();
        Observation::Status(SourceStatus {
            key: SourceKey {
                source: NAME.into(),
                part: self.sensor.name.clone(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::now(),
            address: Some(Client::address(&self.sensor.url)),
            interval_ms: Some(u64::try_from(interval).unwrap_or(u64::MAX)),
            skew_ms: None,
        })
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Ends when a value changes; never, where nobody is left to change it.
async fn changed<T>(value: &mut watch::Receiver<T>) {
    if value.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
