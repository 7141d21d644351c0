//! Trends: the last hour of a component type's inbound calls, and of each call, minute by minute.
//!
//! The one thing in the model that is no function of the facts as they are: a memory of what was derived
//! from them. It is bounded, sixty points for each element that is there, and nothing else hangs on it.
//!
//! A point is what the short window said that ended last in its minute, by the server's clock. So with a
//! window of a minute the points are consecutive minutes; a minute in which nobody counted has no point,
//! which is not zero.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::element::{Counts, FAILING_PERCENT};
use super::key::ElementKey;

/// How many minutes are kept.
pub const MINUTES: usize = 60;

/// How many minutes in a row must be calm until what failed has ended.
const CALM: usize = 3;

/// What one minute's last window said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    calls: u32,
    errors: u32,
    window_ms: u32,
    p95_us: Option<u32>,
}

impl Point {
    /// A point of counts, and of the duration in µs that 95 % of the sampled calls did not exceed.
    #[must_use]
    pub fn new(counts: Counts, p95_us: Option<u64>) -> Self {
        let short = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            calls: short(counts.calls),
            errors: short(counts.errors),
            window_ms: short(counts.window_ms),
            p95_us: p95_us.map(short),
        }
    }

    /// The counts again; their window ended in the minute that begins at `minute`.
    fn counts(self, minute: Timestamp) -> Counts {
        Counts {
            calls: self.calls.into(),
            errors: self.errors.into(),
            window_ms: self.window_ms.into(),
            ends: minute,
        }
    }

    /// Whether anything was called.
    #[must_use]
    pub const fn has_calls(self) -> bool {
        self.calls > 0
    }

    /// Calls of its minute: a longer window's part of it, as the windows of neighbouring minutes overlap.
    fn calls_of_minute(self) -> u64 {
        let calls = u64::from(self.calls);
        calls * 60_000 / u64::from(self.window_ms.max(60_000))
    }

    /// Calls per second over the window.
    #[must_use]
    pub fn rate(self) -> f64 {
        self.counts(Timestamp::UNIX_EPOCH).rate()
    }

    /// Errors in percent of calls; `None` without calls.
    #[must_use]
    pub fn error_percent(self) -> Option<f64> {
        self.counts(Timestamp::UNIX_EPOCH).error_percent()
    }

    /// The duration in µs that 95 % of the sampled calls did not exceed, over the sample's window.
    #[must_use]
    pub fn p95_us(self) -> Option<u64> {
        self.p95_us.map(Into::into)
    }

    /// Whether so many of the calls failed that somebody should look.
    #[must_use]
    pub fn is_failing(self) -> bool {
        self.counts(Timestamp::UNIX_EPOCH).are_failing()
    }

    /// Whether so few failed that it is over: calls of which about as many fail as are an alarm would begin
    /// and end to fail all the time.
    fn is_calm(self) -> bool {
        self.error_percent()
            .is_none_or(|percent| percent < FAILING_PERCENT / 2.0)
    }
}

/// The last hour of one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trend {
    /// The minute of the last point, counted from the epoch.
    newest: i64,
    /// Oldest first, without gaps between minutes; at most [`MINUTES`].
    points: VecDeque<Option<Point>>,
    /// The end of the window since which calls fail.
    failing: Option<Timestamp>,
    /// When it came, by our wall clock.
    arrived: Option<Timestamp>,
}

/// For how long nothing was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silence {
    /// Minutes without a call, by the tracing server's clock; at least 1.
    pub minutes: usize,
    /// Whether it is longer than that: nothing earlier is known.
    pub or_longer: bool,
}

impl Trend {
    /// Puts a point of the window that ended at `ends`. One of a minute that is too old is dropped; one of the
    /// same minute takes the place of the one before.
    fn put(&mut self, ends: Timestamp, point: Point) {
        let minute = ends.as_second().div_euclid(60);
        if self.points.is_empty() {
            self.newest = minute - 1;
        }
        let ahead = minute.saturating_sub(self.newest);
        if ahead > 0 {
            let limit = i64::try_from(MINUTES).unwrap_or(i64::MAX);
            for _ in 0..ahead.min(limit) {
                self.points.push_back(None);
            }
            while self.points.len() > MINUTES {
                self.points.pop_front();
            }
            // What is left of the time before is a gap, which tells nothing at the beginning.
            while self.points.len() > 1 && self.points.front() == Some(&None) {
                self.points.pop_front();
            }
            self.newest = minute;
        }
        let back = usize::try_from(self.newest.saturating_sub(minute)).unwrap_or(usize::MAX);
        let place = self
            .points
            .len()
            .checked_sub(1)
            .and_then(|last| last.checked_sub(back));
        if let Some(slot) = place.and_then(|at| self.points.get_mut(at)) {
            *slot = Some(point);
        }
        let last = || self.points.iter().rev().take(CALM);
        if point.is_failing() {
            self.failing.get_or_insert(ends);
        } else if last().all(|point| point.is_none_or(Point::is_calm)) {
            self.failing = None;
        }
    }

    /// The minutes from the first that is known to the last, oldest first; `None` where nobody counted.
    #[must_use]
    pub fn points(&self) -> impl ExactSizeIterator<Item = Option<Point>> {
        self.points.iter().copied()
    }

    /// How many minutes that are.
    #[must_use]
    pub fn minutes(&self) -> usize {
        self.points.len()
    }

    /// For how long nothing was called; `None` where something was in the last minute that is known. A minute in
    /// which nobody counted ends what is known.
    #[must_use]
    pub fn silence(&self) -> Option<Silence> {
        let silent = |point: &&Option<Point>| point.is_some_and(|point| !point.has_calls());
        let minutes = self.points.iter().rev().take_while(silent).count();
        let before = self.points.len().checked_sub(minutes + 1);
        let was_called = before.and_then(|at| self.points.get(at).copied().flatten());
        (minutes > 0).then_some(Silence {
            minutes,
            or_longer: was_called.is_none(),
        })
    }

    /// When it was seen for the first time, by our wall clock; `None` where it was there when we came.
    #[must_use]
    pub const fn arrived(&self) -> Option<Timestamp> {
        self.arrived
    }

    /// Since when the calls fail, by the server's clock: the end of the window that began it. `None` where the
    /// last minute was calm, or what failed before has ended.
    #[must_use]
    pub fn failing_since(&self) -> Option<Timestamp> {
        let last = self.points.back().copied().flatten()?;
        self.failing.filter(|_| !last.is_calm())
    }
}

/// The trends of all elements.
#[derive(Clone, Debug, Default)]
pub struct Trends(HashMap<ElementKey, Trend>);

impl Trends {
    /// The trend of one element; `None` where nobody counted yet.
    #[must_use]
    pub fn get(&self, key: &ElementKey) -> Option<&Trend> {
        self.0.get(key)
    }

    pub(super) fn put(&mut self, key: &ElementKey, ends: Timestamp, point: Point) {
        match self.0.get_mut(key) {
            Some(trend) => trend.put(ends, point),
            None => self.0.entry(key.clone()).or_default().put(ends, point),
        }
    }

    /// Notes that an element came.
    pub(super) fn arrive(&mut self, key: &ElementKey, now: Timestamp) {
        self.0.entry(key.clone()).or_default().arrived = Some(now);
    }

    /// All calls within the hour before the last point of any, each once.
    pub(super) fn calls_of_last_hour(&self) -> u64 {
        // Those of who is called are sums of those of calls, and stay when a call is not known any more.
        let called = self.0.iter();
        let called = called.filter(|(key, _)| !matches!(key, ElementKey::Call { .. }));
        let newest = self.0.values().map(|trend| trend.newest).max();
        let minutes = i64::try_from(MINUTES).unwrap_or(i64::MAX);
        let oldest = newest.unwrap_or_default().saturating_sub(minutes);
        let each = called.map(|(_, trend)| {
            let back = trend.points.iter().rev().zip(0_i64..);
            let fresh = back.take_while(|(_, back)| trend.newest.saturating_sub(*back) > oldest);
            let points = fresh.filter_map(|(point, _)| *point);
            points.map(Point::calls_of_minute).sum::<u64>()
        });
        each.sum()
    }

    /// Forgets those that are not there any more, an hour after their last minute: who looks at other namespaces
    /// for a while finds them as they were.
    pub(super) fn keep(&mut self, now: Timestamp, is_there: impl Fn(&ElementKey) -> bool) {
        let hour = i64::try_from(MINUTES).unwrap_or(i64::MAX);
        let begin = now.as_second().div_euclid(60).saturating_sub(hour);
        self.0
            .retain(|key, trend| is_there(key) || trend.newest > begin);
    }

    /// Trends of what is there; those of what was go with time.
    pub(super) fn footprint(&self, is_there: impl Fn(&ElementKey) -> bool) -> usize {
        self.0.keys().filter(|key| is_there(key)).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(calls: u64, errors: u64) -> Point {
        let counts = Counts {
            calls,
            errors,
            window_ms: 60_000,
            ends: Timestamp::UNIX_EPOCH,
        };
        Point::new(counts, None)
    }

    fn second(at: i64) -> Timestamp {
        Timestamp::from_second(at).unwrap()
    }

    #[test]
    fn the_last_window_of_a_minute_stands_for_it() {
        let mut trend = Trend::default();
        trend.put(second(600), point(1, 0));
        trend.put(second(659), point(2, 0));
        trend.put(second(725), point(3, 0));
        let calls: Vec<_> = trend.points().map(|p| p.map(|p| p.calls)).collect();
        assert_eq!(calls, [Some(2), None, Some(3)]);
    }

    #[test]
    fn failing_has_a_beginning() {
        let mut trend = Trend::default();
        for (minute, errors) in [(0, 50), (1, 0), (2, 50), (4, 60)] {
            trend.put(second(minute * 60), point(100, errors));
        }
        assert_eq!(
            trend.failing_since(),
            Some(second(0)),
            "a minute without is not its end"
        );
        trend.put(second(300), point(100, 0));
        assert_eq!(trend.failing_since(), None);
        trend.put(second(360), point(100, 4));
        assert_eq!(trend.failing_since(), Some(second(0)), "it goes on");
        for minute in 7..10 {
            trend.put(second(minute * 60), point(100, 1));
        }
        trend.put(second(600), point(100, 10));
        assert_eq!(
            trend.failing_since(),
            Some(second(600)),
            "it is another one"
        );
    }

    #[test]
    fn silence_has_a_length_as_far_as_is_known() {
        let mut trend = Trend::default();
        let silence = |trend: &Trend| trend.silence().map(|s| (s.minutes, s.or_longer));
        assert_eq!(silence(&trend), None, "nobody counted");
        trend.put(second(0), point(0, 0));
        assert_eq!(silence(&trend), Some((1, true)));
        trend.put(second(60), point(3, 0));
        assert_eq!(silence(&trend), None);
        trend.put(second(120), point(0, 0));
        trend.put(second(180), point(0, 0));
        assert_eq!(silence(&trend), Some((2, false)));
        // Of the minute between nobody knows.
        trend.put(second(300), point(0, 0));
        assert_eq!(silence(&trend), Some((1, true)));
    }

    #[test]
    fn what_is_not_there_any_more_is_forgotten_after_an_hour() {
        let key = ElementKey::tenant(&"shop".into());
        let mut trends = Trends::default();
        trends.put(&key, second(0), point(1, 0));
        trends.keep(second(59 * 60), |_| false);
        assert!(trends.get(&key).is_some());
        trends.keep(second(60 * 60), |_| true);
        assert!(trends.get(&key).is_some(), "it is there");
        trends.keep(second(60 * 60), |_| false);
        assert!(trends.get(&key).is_none());
    }

    #[test]
    fn after_a_long_silence_it_begins_anew() {
        let mut trend = Trend::default();
        trend.put(second(0), point(1, 0));
        trend.put(second(1_000_000), point(2, 0));
        let calls: Vec<_> = trend.points().map(|p| p.map(|p| p.calls)).collect();
        assert_eq!(calls, [Some(2)]);
    }

    proptest! {
        /// Whatever the order in which windows end, every minute of the last hour holds what came last for
        /// it, and nothing older is held.
        #[test]
        fn it_holds_the_last_hour(ends in prop::collection::vec((0_i64..20_000, 1_u64..1_000), 1..200)) {
            let mut trend = Trend::default();
            let mut newest = i64::MIN;
            let mut naive: HashMap<i64, u64> = HashMap::new();
            for (at, calls) in &ends {
                let minute = at / 60;
                trend.put(second(*at), point(*calls, 0));
                newest = newest.max(minute);
                naive.insert(minute, *calls);
            }
            prop_assert!(trend.minutes() <= MINUTES);
            let first = newest - i64::try_from(trend.minutes()).unwrap() + 1;
            for (at, point) in trend.points().enumerate() {
                let minute = first + i64::try_from(at).unwrap();
                if let Some(point) = point {
                    prop_assert_eq!(Some(&u64::from(point.calls)), naive.get(&minute));
                }
            }
            prop_assert!(trend.points().last().flatten().is_some());
        }
    }
}
