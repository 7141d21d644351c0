//! Whether the server's links are counted when they are asked for, or by a job that adds up whole days.
//!
//! Zipkin with Elasticsearch or Cassandra behind it answers for a window with all days that it touches, as
//! a batch job has counted them, mostly once a day. A day's calls must not be shown as a minute's. There is
//! no question that tells such a server, so it is told by what it says. Two things are asked of a case:
//!
//! 1. The short window's answer has stayed the same, to the last call, for twice its length and four
//!    answers: two windows that have no moment in common tell the same. An idle server does that, and so
//!    does one whose callers are as regular as a clock, so it is not enough. And
//! 2. one of these, which cannot be so where links are counted at once:
//!    - the long window, ten times longer or more, tells the same, asked for when the short one had moved on
//!      by its whole length, and there are calls in it: it would hold those of both short windows;
//!    - three times in a row the traces of the very same window contradict: our own count of them is at
//!      least ten calls and twice of what the server says, or, where all traces of the window are known, the
//!      server says ten calls more than twice our count;
//!    - there are more traces than are asked for at once, a hundred of them new, and still no count moves.
//!
//! All traces of the window known, and the counts agree: that clears a server, whatever else it does. So
//! does an answer that changes twice within two windows, as no job would make it; a store that starts anew
//! in memory does that with its first calls.

use crate::model::observation::Link;

/// How much longer the long window is at least, so that it tells something.
const LONGER: u64 = 10;
/// Answers of the short window that are the same.
const ANSWERS: u32 = 4;
/// Calls by which counts differ at least.
const CALLS: u64 = 10;
/// How many times our own count a count is that one contradiction is enough to doubt.
const GROSS: u64 = 10;
/// Contradictions, and agreements, in a row.
const TIMES: u32 = 3;
/// New traces while no count moves.
const MANY: usize = 100;

/// What was said, and what follows from it.
#[derive(Debug)]
pub(super) struct Judge {
    recent_ms: i64,
    is_far_apart: bool,
    short: Option<Said>,
    /// The end of the window whose answer was another than before.
    changed: Option<i64>,
    long: Option<(i64, Vec<Link>)>,
    /// How often in a row the traces contradicted, since the short answer is the same.
    against: u32,
    /// How often in a row they agreed.
    agreed: u32,
    /// New traces since the short answer is the same.
    new: usize,
    /// Whether all traces of the short window were known the last time.
    is_whole: bool,
    /// Our count of them.
    own: u64,
    /// The server's count then.
    told: u64,
    is_daily: bool,
}

/// An answer for the short window that came again and again.
#[derive(Debug)]
struct Said {
    links: Vec<Link>,
    /// The ends of the first and the last window that it was given for, in ms since the epoch.
    ends: (i64, i64),
    times: u32,
}

/// What the traces of the short window tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampled {
    /// Our own count of calls.
    pub(super) calls: u64,
    /// Whether these are all traces of the window.
    pub(super) is_whole: bool,
    /// Traces that were not known before.
    pub(super) new: usize,
}

impl Judge {
    /// Nothing is known yet of a server that is asked for windows of these lengths in ms.
    pub(super) fn new(recent_ms: u64, long_ms: u64) -> Self {
        Self {
            recent_ms: i64::try_from(recent_ms).unwrap_or(i64::MAX),
            is_far_apart: long_ms >= recent_ms.saturating_mul(LONGER),
            short: None,
            changed: None,
            long: None,
            against: 0,
            agreed: 0,
            new: 0,
            is_whole: false,
            own: 0,
            told: 0,
            is_daily: false,
        }
    }

    /// Whether links are counted by the day.
    pub(super) const fn is_daily(&self) -> bool {
        self.is_daily
    }

    /// Whether there is enough against the last answer that it should not be shown as rates, and not enough
    /// to say why: two contradictions in a row, and no count that moved between them; or one, where it is a
    /// gross one, or the long window tells the same as the short one.
    pub(super) fn is_doubtful(&self) -> bool {
        let is_the_same = || {
            let (short, long) = (self.short.as_ref(), self.long.as_ref());
            let both = short.zip(long);
            both.is_some_and(|(said, (_, long))| self.is_far_apart && said.links == *long)
        };
        // As a day's calls are beside those of a minute; where none are left, it may have been a burst.
        let least = self.own.saturating_add(CALLS).saturating_mul(GROSS);
        let is_gross = self.is_whole && self.own > 0 && self.told >= least;
        let enough = if is_gross || is_the_same() { 1 } else { 2 };
        !self.is_daily && self.agreed == 0 && self.against >= enough
    }

    /// Takes in the answer for the short window that ends at `end`, in ms since the epoch.
    pub(super) fn short(&mut self, end: i64, links: &[Link]) {
        match &mut self.short {
            Some(said) if said.links == links => {
                said.ends.1 = end;
                said.times = said.times.saturating_add(1);
            }
            known => {
                *known = Some(Said {
                    links: links.to_vec(),
                    ends: (end, end),
                    times: 1,
                });
                let before = self.changed.replace(end);
                let soon = before.is_some_and(|at| end - at < self.recent_ms.saturating_mul(2));
                if soon {
                    self.is_daily = false;
                }
                (self.against, self.new) = (0, 0);
            }
        }
        let is_idle = links.is_empty() && self.own == 0;
        if is_idle && self.long.as_ref().is_some_and(|(_, long)| long.is_empty()) {
            self.is_daily = false;
        }
        self.judge();
    }

    /// Takes in the answer for the long window that ends at `end`.
    pub(super) fn long(&mut self, end: i64, links: &[Link]) {
        self.long = Some((end, links.to_vec()));
        self.judge();
    }

    /// Takes in what the traces of the short window tell.
    pub(super) fn sampled(&mut self, sampled: Sampled) {
        let Sampled {
            calls,
            is_whole,
            new,
        } = sampled;
        let Some(said) = &self.short else {
            return;
        };
        let told = said.links.iter().map(|link| link.calls);
        let told: u64 = told.fold(0, u64::saturating_add);
        let is_less = calls >= CALLS && told.saturating_mul(2) <= calls;
        let is_more = is_whole && told >= calls.saturating_mul(2).saturating_add(CALLS);
        self.new += new;
        (self.own, self.told, self.is_whole) = (calls, told, is_whole);
        if is_less || is_more {
            self.against += 1;
            self.agreed = 0;
        } else if is_whole {
            self.against = 0;
            // That nothing was called, nobody doubts: it clears nobody either.
            self.agreed += u32::from(calls > 0);
        }
        if self.agreed >= TIMES {
            self.is_daily = false;
        }
        self.judge();
    }

    fn judge(&mut self) {
        let Some(said) = &self.short else {
            return;
        };
        let (first, last) = said.ends;
        let stays = said.times >= ANSWERS && last - first >= self.recent_ms.saturating_mul(2);
        if self.is_daily || !stays || self.agreed > 0 {
            return;
        }
        let is_the_same = self.is_far_apart
            && !said.links.is_empty()
            && self
                .long
                .as_ref()
                .is_some_and(|(end, long)| *long == said.links && *end - first >= self.recent_ms);
        let is_contradicted = self.against >= TIMES;
        let is_deaf = !self.is_whole && self.new >= MANY && !said.links.is_empty();
        self.is_daily = is_the_same || is_contradicted || is_deaf;
    }
}

#[cfg(test)]
mod tests;
