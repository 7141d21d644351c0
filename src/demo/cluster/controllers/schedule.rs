//! When a CronJob is due: the five fields of cron, in UTC.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax>

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A schedule: for each field which numbers it allows, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether both days and weekdays are restricted: then one of them is enough.
    either: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Schedule {
    /// Reads a schedule; nothing of what is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        let weekday_bits = field(weekdays, 0, 7, &WEEKDAYS)?;
        Some(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            // 7 is Sunday, too.
            weekdays: weekday_bits | weekday_bits >> 7 & 1,
            either: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }

    /// The first time after another one; nothing where there is none within four years.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let minute = SignedDuration::from_mins(1);
        let start = time.as_second().div_euclid(60) * 60;
        let mut next = Timestamp::from_second(start).ok()? + minute;
        let end = time + SignedDuration::from_hours(24 * 366 * 4);
        while next < end {
            let at = next.to_zoned(TimeZone::UTC);
            let has = |bits: u64, number: i8| bits >> number & 1 == 1;
            let day = has(self.days, at.day());
            let weekday = has(self.weekdays, at.weekday().to_sunday_zero_offset());
            let fits = if self.either {
                day || weekday
            } else {
                day && weekday
            };
            if !has(self.months, at.month()) || !fits {
                let left = i64::from(24 - at.hour()) * 60 - i64::from(at.minute());
                next += SignedDuration::from_mins(left);
            } else if !has(self.hours, at.hour()) {
                next += SignedDuration::from_mins(60 - i64::from(at.minute()));
            } else if has(self.minutes, at.minute()) {
                return Some(next);
            } else {
                next += minute;
            }
        }
        None
    }
}

/// The numbers that a field allows: `*`, `5`, `1-5`, `*/15`, `mon,wed`.
fn field(text: &str, least: u32, most: u32, names: &[&str]) -> Option<u64> {
    let number = |text: &str| -> Option<u32> {
        let lower = text.to_lowercase();
        let named = names.iter().position(|name| *name == lower);
        let number = match named {
            Some(place) => u32::try_from(place).ok()? + u32::from(least == 1),
            None => text.parse().ok()?,
        };
        (least..=most).contains(&number).then_some(number)
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (least, most),
            Some((from, to)) => (number(from)?, number(to)?),
            // `5/15` goes on to the end, `5` does not.
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        for number in (from..=to).step_by(step) {
            bits |= 1 << number;
        }
    }
    (bits != 0).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_found() {
        // 2026-01-01 is a Thursday.
        for (schedule, after, expected) in [
            ("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            (
                "*/15 * * * *",
                "2026-01-01T00:14:59Z",
                "2026-01-01T00:15:00Z",
            ),
            (
                "5/20 * * * *",
                "2026-01-01T00:46:00Z",
                "2026-01-01T01:05:00Z",
            ),
            (
                "30 4 1,15 * 5",
                "2026-01-01T05:00:00Z",
                "2026-01-02T04:30:00Z",
            ),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            (
                "0 9-17 * * mon-fri",
                "2026-01-02T17:00:00Z",
                "2026-01-05T09:00:00Z",
            ),
            (
                "0 0 29 feb *",
                "2026-01-01T00:00:00Z",
                "2028-02-29T00:00:00Z",
            ),
            ("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
        ] {
            let after: Timestamp = after.parse().expect("a time");
            let schedule = Schedule::read(schedule).expect(schedule);
            let next = schedule.after(after).map(|time| time.to_string());
            assert_eq!(next.as_deref(), Some(expected), "{schedule:?}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_none() {
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "*/0 * * * *",
            "x * * * *",
            "5-1 * * * *",
        ] {
            assert_eq!(Schedule::read(text), None, "{text}");
        }
        let never = Schedule::read("0 0 31 2 *").expect("it can be read");
        assert_eq!(never.after(Timestamp::UNIX_EPOCH), None);
    }
}
