//! One line of the Sources view: how one part of the source is, said once per change.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::observation::Observation;
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::{self, Text};

/// How often at most a growing count is told.
const COUNTING: Duration = Duration::from_millis(200);

/// A status that remembers what it said last.
#[derive(Debug)]
pub(super) struct Line {
    key: SourceKey,
    address: Text,
    skew_ms: Option<i64>,
    interval_ms: Option<u64>,
    said: Option<SourceState>,
    counted: Option<Instant>,
    /// What is said now is told to the log by somebody else.
    told: bool,
    /// What the log was warned of last, while it lasts.
    warned: Option<SourceState>,
}

impl Line {
    pub(super) fn new(part: &str, namespace: Option<Text>, address: Text) -> Self {
        Self {
            key: key(part, namespace),
            address,
            skew_ms: None,
            interval_ms: None,
            said: None,
            counted: None,
            told: false,
            warned: None,
        }
    }

    /// Where it asks from now on.
    pub(super) fn at(&mut self, address: Text) {
        self.address = address;
    }

    /// Of a part that asks now and then instead of watching.
    pub(super) fn every(self, interval: Duration) -> Self {
        Self {
            interval_ms: u64::try_from(interval.as_millis()).ok(),
            ..self
        }
    }

    /// Takes a state, and says it even if it is the one before: it is true of a later moment.
    pub(super) fn again(&mut self, state: SourceState) -> Observation {
        let said = self.set(state.clone());
        said.unwrap_or_else(|| self.say(state))
    }

    /// Takes another state; says so if it is one.
    pub(super) fn set(&mut self, state: SourceState) -> Option<Observation> {
        if self.said.as_ref() == Some(&state) {
            return None;
        }
        let word = state.word();
        if self.said.as_ref().map(SourceState::word) != Some(word) {
            self.log(&state);
        }
        self.said = Some(state.clone());
        Some(self.say(state))
    }

    /// Objects that came so far, told now and then.
    pub(super) fn count(&mut self, seen: u64) -> Option<Observation> {
        if self.counted.is_some_and(|at| at.elapsed() < COUNTING) {
            return None;
        }
        self.counted = Some(Instant::now());
        self.set(SourceState::Loading { seen })
    }

    /// A failure: stale where something is shown, which was true at `last`; failed where nothing is. A
    /// failure that follows another makes nothing younger.
    pub(super) fn broken(
        &mut self,
        cause: Text,
        shown: bool,
        last: Timestamp,
    ) -> Option<Observation> {
        let since = match &self.said {
            Some(SourceState::Stale { since, .. }) => *since,
            _ => last,
        };
        self.set(if shown {
            SourceState::Stale { since, cause }
        } else {
            SourceState::Failed { cause }
        })
    }

    /// A failure of the session, which its own line tells the log.
    pub(super) fn broken_with_session(
        &mut self,
        cause: Text,
        shown: bool,
        last: Timestamp,
    ) -> Option<Observation> {
        self.told = true;
        let said = self.broken(cause, shown, last);
        self.told = false;
        said
    }

    /// What is waited for before anything can be asked; where something is shown, it was true at `last`.
    pub(super) fn waits(
        &mut self,
        what: Text,
        shown: bool,
        last: Timestamp,
    ) -> Option<Observation> {
        if shown {
            self.broken(text::message(&format!("waiting for {what}")), shown, last)
        } else {
            self.set(SourceState::Waiting { what })
        }
    }

    /// The server's clock minus ours; said with the next change, or at once when it moved much.
    pub(super) fn skew(&mut self, skew_ms: Option<i64>) -> Option<Observation> {
        let moved = match (self.skew_ms, skew_ms) {
            (Some(old), Some(new)) => (new - old).abs() >= 1000,
            (old, new) => old.is_none() && new.is_some(),
        };
        if !moved {
            return None;
        }
        self.skew_ms = skew_ms;
        self.said.clone().map(|state| self.say(state))
    }

    /// Whether the server refuses it or has no such thing.
    pub(super) fn is_refused(&self) -> bool {
        matches!(
            self.said,
            Some(
                SourceState::Forbidden { .. }
                    | SourceState::Absent { .. }
                    | SourceState::Off { .. }
            )
        )
    }

    /// Whether what is shown is current.
    pub(super) fn is_current(&self) -> bool {
        let said = self.said.as_ref();
        said.is_some_and(|state| matches!(state, SourceState::Live | SourceState::Limited { .. }))
    }

    fn say(&self, state: SourceState) -> Observation {
        Observation::Status(SourceStatus {
            key: self.key.clone(),
            state: Some(state),
            at: Timestamp::now(),
            address: Some(self.address.clone()),
            interval_ms: self.interval_ms,
            skew_ms: self.skew_ms,
        })
    }

    fn log(&mut self, state: &SourceState) {
        let part = &self.key.part;
        let namespace = self.key.namespace.as_deref().unwrap_or("*");
        let word = state.word();
        match state {
            SourceState::Live | SourceState::Limited { .. } => self.warned = None,
            // A failure that goes on after another attempt is no news.
            state if self.warned.as_ref() == Some(state) => return,
            state if state.is_trouble() && !self.told => self.warned = Some(state.clone()),
            _ => {}
        }
        if self.told {
            tracing::debug!(%part, %namespace, "{word}, as the session is");
        } else if let Some(cause) = state.trouble() {
            tracing::warn!(%part, %namespace, %cause, "{word}");
        } else {
            tracing::info!(%part, %namespace, "{word}");
        }
    }
}

/// Takes a line away.
pub(super) fn gone(part: &str, namespace: Option<Text>) -> Observation {
    Observation::Status(SourceStatus {
        key: key(part, namespace),
        state: None,
        at: Timestamp::now(),
        address: None,
        interval_ms: None,
        skew_ms: None,
    })
}

fn key(part: &str, namespace: Option<Text>) -> SourceKey {
    SourceKey {
        source: super::NAME.into(),
        part: part.into(),
        namespace,
    }
}
