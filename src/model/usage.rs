//! How interfaces are used: per caller, callee and operation, what a sample of traces counted.
//!
//! The sample is a part of all traces, so these numbers stand beside the counts of [`super::element::Call`]
//! and are never added to them. Latencies are kept as a sketch that can be merged: percentiles of several
//! callers together are as exact as those of one.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};

use super::example::{self, Example};
use super::text::Text;

pub use crate::trace::call::Sort;
pub use crate::trace::operation::Protocol;

/// Largest relative error of a percentile: 1 %.
const ACCURACY: f64 = 0.01;
/// Most bins of one sketch; more would need latencies from 1 µs to years in one operation.
const BINS: u32 = 2_048;

/// How one operation of a callee was used by one caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The caller's raw name; `None` where nobody said who called.
    pub caller: Option<Text>,
    /// The callee's raw name.
    pub callee: Text,
    /// What the callee is.
    pub sort: Sort,
    /// How it is called; `None` where the call itself was not recorded.
    pub protocol: Option<Protocol>,
    /// The operation's name; empty where the call itself was not recorded.
    pub operation: Text,
    /// What was counted.
    pub tally: Tally,
}

/// What a sample of traces counted for an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Calls, errors included.
    pub calls: u64,
    /// Calls with a span that has the tag `error`.
    pub errors: u64,
    /// Calls answered with an HTTP status of 500 or more that are not among the errors: Zipkin does not
    /// count them.
    pub unflagged: u64,
    /// How long calls took.
    pub latency: Latency,
    /// What was thrown, most often first.
    pub exceptions: Vec<Thrown>,
    /// Errors of which nothing tells but the calling side: no span of the called one, and no status from it.
    #[serde(default)]
    pub unanswered: u64,
    /// Calls that took longest, the longest first.
    #[serde(default)]
    pub slowest: Vec<Example>,
    /// Calls that failed last, flagged or by their status, the newest first.
    #[serde(default)]
    pub failed: Vec<Example>,
}

/// One sort of exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thrown {
    /// Its type.
    pub kind: Text,
    /// What it said last. May be empty.
    pub message: Text,
    /// How often.
    pub times: u64,
    /// The newest trace in which it was thrown.
    pub trace: Text,
    /// The time of that trace's newest span, in ms since the epoch by who reported it.
    #[serde(default)]
    pub trace_ms: i64,
}

/// Durations of calls, in µs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// All of them together, in µs.
    pub total_us: u64,
    sketch: DDSketch,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            total_us: 0,
            sketch: DDSketch::new(Config::new(ACCURACY, BINS, 1.0)),
        }
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency")
            .field("total_us", &self.total_us)
            .field("count", &self.count())
            .field("max_us", &self.max_us())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Latency {
    /// Two are the same when everything that can be asked of them is.
    fn eq(&self, other: &Self) -> bool {
        let told = |l: &Self| {
            (
                l.total_us,
                l.count(),
                l.min_us(),
                l.max_us(),
                l.at(0.5),
                l.at(0.95),
            )
        };
        told(self) == told(other)
    }
}

impl Latency {
    /// Adds one call.
    pub fn add(&mut self, us: u64) {
        self.total_us = self.total_us.saturating_add(us);
        #[expect(clippy::cast_precision_loss, reason = "a sketch is exact to a percent")]
        self.sketch.add(us as f64);
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.total_us = self.total_us.saturating_add(other.total_us);
        // Both have the one configuration, so this cannot fail.
        let _ = self.sketch.merge(&other.sketch);
    }

    /// How many calls said how long they took.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::try_from(self.sketch.count()).unwrap_or(u64::MAX)
    }

    /// The shortest, in µs.
    #[must_use]
    pub fn min_us(&self) -> Option<u64> {
        self.sketch.min().map(micros)
    }

    /// The longest, in µs.
    #[must_use]
    pub fn max_us(&self) -> Option<u64> {
        self.sketch.max().map(micros)
    }

    /// The duration in µs that a part of the calls (0.95: 95 %) does not exceed, within 1 %: that of the
    /// nearest rank, so of two calls the longer one.
    #[must_use]
    pub fn at(&self, part: f64) -> Option<u64> {
        let (least, most) = (self.sketch.min()?, self.sketch.max()?);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rank of so many makes no difference"
        )]
        let count = self.sketch.count() as f64;
        // The sketch rounds ranks from 0 to `count - 1` down.
        let rank = (part * count).ceil() - 0.5;
        let share = (rank / (count - 1.0).max(1.0)).clamp(0.0, 1.0);
        let estimate = self.sketch.quantile(share).ok().flatten()?;
        Some(micros(estimate.clamp(least, most)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "durations are positive, and far from the limits"
)]
fn micros(us: f64) -> u64 {
    us.round().max(0.0) as u64
}

impl Tally {
    /// Adds all of another one.
    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.unflagged += other.unflagged;
        self.unanswered += other.unanswered;
        self.latency.merge(&other.latency);
        for call in &other.slowest {
            example::keep_slow(&mut self.slowest, call);
        }
        for call in &other.failed {
            example::keep_new(&mut self.failed, call);
        }
        for thrown in &other.exceptions {
            match self.exceptions.iter_mut().find(|t| t.kind == thrown.kind) {
                Some(known) => {
                    let times = known.times + thrown.times;
                    if thrown.trace_ms > known.trace_ms {
                        known.clone_from(thrown);
                    }
                    known.times = times;
                }
                None => self.exceptions.push(thrown.clone()),
            }
        }
        self.exceptions
            .sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.kind.cmp(&b.kind)));
    }
}

/// How an instance of a service is told from its others, as its own spans say. At least one of them is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// OpenTelemetry's `service.version`.
    pub version: Option<Text>,
    /// The pod's name: `k8s.pod.name`.
    pub pod: Option<Text>,
    /// Its own address.
    pub address: Option<Text>,
}

/// What one instance of a service served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// The service's raw name.
    pub callee: Text,
    /// Which one.
    pub instance: Instance,
    /// What was counted.
    pub tally: Tally,
}

/// What a sample of traces told, whole, for one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uses {
    /// The source.
    pub source: Text,
    /// The window's length in ms.
    pub window_ms: u64,
    /// The window's end by the server's clock.
    pub ends: Timestamp,
    /// How many traces were looked at.
    pub traces: u64,
    /// Whether there were more, which were not looked at.
    pub is_sample: bool,
    /// Calls that are hidden: checks of health, scrapes, records of proxies.
    pub hidden: u64,
    /// Every use; what is not listed was not seen.
    pub uses: Vec<Use>,
    /// What each instance served that said which one it is. A part of the uses: calls that the called side did
    /// not record are not among them.
    pub served: Vec<Served>,
}

impl Uses {
    /// All raw names in it, as often as they occur.
    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        let callees = self.uses.iter().map(|used| &used.callee);
        let callers = self.uses.iter().filter_map(|used| used.caller.as_ref());
        callees.chain(callers)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The nearest rank, of few calls as of many.
        #[test]
        fn a_part_of_the_calls_does_not_exceed_it(mut us in prop::collection::vec(1_u64..10_000_000, 1..60)) {
            let mut latency = Latency::default();
            for us in &us {
                latency.add(*us);
            }
            us.sort_unstable();
            for percent in [50, 95, 100] {
                let rank = (us.len() * percent).div_ceil(100);
                let exact = us[rank - 1];
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let found = latency.at(percent as f64 / 100.0).unwrap();
                prop_assert!(found.abs_diff(exact) * 100 <= exact + 100, "{percent}: {found}, not {exact}");
            }
        }
    }

    fn failed(trace: &str, at: i64) -> Tally {
        Tally {
            failed: vec![Example {
                trace: trace.into(),
                span: None,
                at_ms: at,
                took_us: None,
                thrown: None,
            }],
            exceptions: vec![Thrown {
                kind: "IoError".into(),
                message: trace.into(),
                times: 1,
                trace: trace.into(),
                trace_ms: at,
            }],
            ..Tally::default()
        }
    }

    #[test]
    fn of_traces_that_failed_the_newest_stays_whichever_comes_first() {
        for order in [["old", "new"], ["new", "old"]] {
            let mut sum = Tally::default();
            for trace in order {
                sum.merge(&failed(trace, if trace == "new" { 2 } else { 1 }));
            }
            let failed: Vec<&str> = sum.failed.iter().map(|call| &*call.trace).collect();
            assert_eq!(failed, ["new", "old"]);
            let thrown = sum.exceptions.first().unwrap();
            assert_eq!((&*thrown.trace, &*thrown.message), ("new", "new"));
            assert_eq!(thrown.times, 2);
        }
    }
}
