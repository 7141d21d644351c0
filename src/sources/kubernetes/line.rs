//! One line of the Sources view: how one part of the source is, said once per change.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::observation::Observation;
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::Text;

/// How often at most a growing count is told.
const COUNTING: Duration = Duration::from_millis(200);

/// A status that remembers what it said last.
#[derive(Debug)]
pub(super) struct Line {
    key: SourceKey,
    address: Text,
    skew_ms: Option<i64>,
    said: Option<SourceState>,
    counted: Option<Instant>,
}

impl Line {
    pub(super) fn new(part: &str, namespace: Option<Text>, address: Text) -> Self {
        Self {
            key: key(part, namespace),
            address,
            skew_ms: None,
            said: None,
            counted: None,
        }
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
            Some(SourceState::Forbidden { .. } | SourceState::Absent { .. })
        )
    }

    /// Whether what is shown is current.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.said, Some(SourceState::Live))
    }

    fn say(&self, state: SourceState) -> Observation {
        Observation::Status(SourceStatus {
            key: self.key.clone(),
            state: Some(state),
            at: Timestamp::now(),
            address: Some(self.address.clone()),
            interval_ms: None,
            skew_ms: self.skew_ms,
        })
    }

    fn log(&self, state: &SourceState) {
        let part = &self.key.part;
        let namespace = self.key.namespace.as_deref().unwrap_or("*");
        let word = state.word();
        if let Some(cause) = state.trouble() {
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
