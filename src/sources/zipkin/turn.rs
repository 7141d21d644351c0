//! How it stands with one question, and with one line of the Sources view.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{info, warn};

use super::failure::Failure;
use crate::model::source::SourceState;
use crate::sources::http::back_off;

/// How it stands with one question.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) due: Instant,
    /// Whether it was ever answered.
    pub(super) answered: bool,
    /// When what was answered last, and is shown, was asked for; `None` where nothing is shown.
    pub(super) shown: Option<Instant>,
    /// How often it failed since it was answered last.
    pub(super) failures: u32,
    /// Why it failed last; `None` after an answer.
    pub(super) failure: Option<Failure>,
}

impl Turn {
    /// One that is due at once.
    pub(super) fn new() -> Self {
        Self {
            due: Instant::now(),
            answered: false,
            shown: None,
            failures: 0,
            failure: None,
        }
    }

    /// It was answered, and is due again later.
    pub(super) fn succeed(&mut self, due: Instant) {
        *self = Self {
            due,
            answered: true,
            shown: Some(Instant::now()),
            failures: 0,
            failure: None,
        };
    }

    /// It failed once more, and is asked again after a pause that grows, but is at least so long.
    pub(super) fn fail(&mut self, failure: Failure, least: Duration) {
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + back_off(self.failures).max(least);
        self.failure = Some(failure);
    }

    /// Whether the last answer is there and of use.
    pub(super) const fn is_well(&self) -> bool {
        self.answered && self.failure.is_none()
    }
}

/// How it stands with one line.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// When all was well last.
    pub(super) heard: Option<Timestamp>,
    /// Since when something is wrong: what is shown is as old as the last answer.
    pub(super) since: Option<Timestamp>,
    /// The state that was logged last.
    logged: &'static str,
}

impl Line {
    /// Takes over a new state: since when it is wrong, and one line in the log where it is another one.
    pub(super) fn follow(&mut self, part: &str, state: &SourceState, now: Timestamp) {
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
            warn!(part, "zipkin {}: {why}", state.word());
        } else {
            info!(part, "zipkin {}", state.word());
        }
    }
}
