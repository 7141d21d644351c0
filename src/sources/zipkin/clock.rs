//! How far the server's clock is from ours, from the `Date` header of its answers.
//!
//! The header has whole seconds, so one answer only bounds the offset: the server read its clock between
//! our question and our receipt, and its clock showed that second or less than a second more. Bounds of
//! successive answers are intersected, which soon leaves far less than a second.

use jiff::Timestamp;

/// Spans arrive late: a window ends this long before the server's now, in ms.
///
/// Our choice. Brave's reporter sends once a second by default, so its spans have arrived by then;
/// OpenTelemetry's batch processor sends every five seconds, so of its newest spans some are counted only
/// with the next question. Waiting for those as well would make every rate older.
pub(super) const LATE_MS: i64 = 3_000;

/// One answer's evidence about the clocks, in ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Our clock when the question left.
    pub(super) asked: i64,
    /// Our clock when the answer's head was there.
    pub(super) answered: i64,
    /// The `Date` header.
    pub(super) date: i64,
}

/// What is known about the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    /// Least and greatest possible offset (server minus ours) in ms.
    bounds: Option<(i64, i64)>,
}

impl Clock {
    /// Takes one more answer into account. Evidence that contradicts all before it means that one of the
    /// clocks was set, so it then stands alone.
    pub(super) fn learn(&mut self, sample: Sample) {
        let low = sample.date.saturating_sub(sample.answered);
        let high = sample.date.saturating_add(999).saturating_sub(sample.asked);
        if low > high {
            // Our own clock was set back between question and answer.
            return;
        }
        self.bounds = match self.bounds {
            Some((l, h)) if l.max(low) <= h.min(high) => Some((l.max(low), h.min(high))),
            _ => Some((low, high)),
        };
    }

    /// The server's clock minus ours in ms: the middle of what is possible.
    pub(super) fn skew_ms(self) -> Option<i64> {
        self.bounds.map(|(low, high)| low + (high - low) / 2)
    }

    /// The end of a window by the server's clock, in ms since the epoch, when ours shows `now`.
    /// At least 1, as the server refuses less.
    pub(super) fn window_end(self, now: i64) -> i64 {
        now.saturating_add(self.skew_ms().unwrap_or(0))
            .saturating_sub(LATE_MS)
            .max(1)
    }
}

/// The `Date` header in ms since the epoch; `None` where a cache on the way answered (`Age`), for then it
/// tells when the cache asked.
pub(super) fn date_ms(date: Option<&str>, age: Option<&str>) -> Option<i64> {
    if age.is_some_and(|age| age.trim() != "0") {
        return None;
    }
    let zoned = jiff::fmt::rfc2822::parse(date?).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// Our wall clock in ms since the epoch.
pub(super) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn learnt(samples: &[(i64, i64, i64)]) -> Clock {
        let mut clock = Clock::default();
        for &(asked, answered, date) in samples {
            clock.learn(Sample {
                asked,
                answered,
                date,
            });
        }
        clock
    }

    #[rstest]
    #[case::nothing(&[], None)]
    #[case::one_answer_leaves_a_second(&[(10_500, 10_500, 10_000)], Some(-1))]
    #[case::a_slow_answer_leaves_more(&[(10_000, 12_000, 11_000)], Some(499))]
    #[case::two_answers_narrow(&[(10_000, 10_000, 10_000), (11_990, 11_990, 11_000)], Some(4))]
    #[case::ahead(&[(10_000, 10_000, 10_000 + 2 * HOUR)], Some(2 * HOUR + 499))]
    #[case::a_step_starts_anew(&[(10_000, 10_000, 10_000), (20_000, 20_000, 20_000 + HOUR)], Some(HOUR + 499))]
    #[case::time_that_runs_backwards_is_ignored(&[(20_000, 10_000, 10_000)], None)]
    fn skew_is_the_middle_of_what_is_possible(
        #[case] samples: &[(i64, i64, i64)],
        #[case] skew: Option<i64>,
    ) {
        assert_eq!(learnt(samples).skew_ms(), skew);
    }

    #[rstest]
    #[case::no_evidence(&[], 100_000, 97_000)]
    #[case::server_ahead(&[(0, 0, HOUR)], 100_000, 97_499 + HOUR)]
    #[case::never_below_one(&[], 10, 1)]
    fn windows_end_by_the_servers_clock(
        #[case] samples: &[(i64, i64, i64)],
        #[case] now: i64,
        #[case] end: i64,
    ) {
        assert_eq!(learnt(samples).window_end(now), end);
    }

    #[rstest]
    #[case(Some("Thu, 01 Jan 1970 00:00:02 GMT"), None, Some(2_000))]
    #[case(Some("Thu, 01 Jan 1970 00:00:02 GMT"), Some("0"), Some(2_000))]
    #[case(Some("Thu, 01 Jan 1970 00:00:02 GMT"), Some("280"), None)]
    #[case(Some("yesterday"), None, None)]
    #[case(None, None, None)]
    fn dates_are_read_unless_a_cache_answered(
        #[case] date: Option<&str>,
        #[case] age: Option<&str>,
        #[case] ms: Option<i64>,
    ) {
        assert_eq!(date_ms(date, age), ms);
    }
}
