//! Rates where the server has none: our own count of the sampled traces.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{KEPT_WINDOWS, Poll};
use crate::model::observation::{Link, Links, Observation, Span};
use crate::model::text::Text;
use crate::sources::zipkin::NAME;
use crate::sources::zipkin::daily::Sampled;
use crate::trace::span as trace;

/// Shortest window in ms over which our own count makes rates, where more traces than are asked for are in
/// the short one.
const LEAST_MS: i64 = 5_000;

impl Poll {
    /// What is said in place of a day's calls, which are no rates: nothing where our own count stands there.
    pub(super) fn without_rates(&self, is_new: bool) -> Vec<Observation> {
        let kept = Duration::from_millis(self.settings.recent_ms.saturating_mul(KEPT_WINDOWS));
        let has_own = self.traces.shown.is_some_and(|at| at.elapsed() < kept);
        if has_own && !is_new {
            return Vec::new();
        }
        vec![uncounted()]
    }

    /// Adds the links that the traces tell of and the last day's count does not.
    pub(super) fn complete(&self, end: i64, links: &mut Vec<Link>) {
        let window = i64::try_from(self.settings.usage_ms).unwrap_or(i64::MAX);
        let known: HashSet<(Text, Text)> = links.iter().map(ends).collect();
        let own = self.own.within(end.saturating_sub(window), end);
        links.extend(own.into_iter().filter(|link| !known.contains(&ends(link))));
    }

    /// Judges the server by the traces of an answer, all of which began at `from` or later, up to the end of
    /// the window; says the rates by our own count where the server has none.
    pub(super) fn judge(
        &mut self,
        traces: &[Vec<trace::Span>],
        from: i64,
        end: i64,
    ) -> Option<Observation> {
        let window = i64::try_from(self.settings.usage_ms).unwrap_or(i64::MAX);
        let new = self.own.take(traces);
        self.own.forget_before(end.saturating_sub(window));
        let recent = i64::try_from(self.settings.recent_ms).unwrap_or(i64::MAX);
        let short = self.own.within(end.saturating_sub(recent), end);
        let was_daily = self.judge.is_daily();
        self.judge.sampled(Sampled {
            calls: short.iter().map(|link| link.calls).sum(),
            is_whole: end.saturating_sub(from) >= recent,
            new,
        });
        let is_daily = self.judge.is_daily();
        if is_daily != was_daily {
            (self.long.due, self.recent.due) = (Instant::now(), Instant::now());
        }
        let covered = end.saturating_sub(from).min(recent);
        // Of less than that, what is counted hangs on when it was asked.
        let is_little = is_daily && covered < recent.min(LEAST_MS);
        if is_little || self.judge.is_doubtful() {
            return Some(uncounted());
        }
        if !is_daily {
            return None;
        }
        Some(Observation::Links(Links {
            source: Text::from(NAME),
            span: Span::Recent,
            window_ms: u64::try_from(covered).unwrap_or_default(),
            ends: Timestamp::from_millisecond(end).unwrap_or_else(|_| Timestamp::now()),
            links: self.own.within(end.saturating_sub(covered), end),
        }))
    }
}

/// When the oldest of these traces began, in ms since the epoch. The newest come first in an answer, so before that
/// some may be missing.
pub(super) fn oldest(traces: &[Vec<trace::Span>]) -> Option<i64> {
    let times = traces.iter().flatten().map(|span| span.timestamp / 1_000);
    times.filter(|at| *at > 0).min()
}

/// That the rates that were said are none.
fn uncounted() -> Observation {
    Observation::Uncounted {
        source: Text::from(NAME),
        span: Span::Recent,
    }
}

/// The names at both ends of a link.
fn ends(link: &Link) -> (Text, Text) {
    (link.caller.clone(), link.callee.clone())
}
