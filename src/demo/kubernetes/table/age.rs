//! How long ago, in at most two units, as kubectl's columns say it.

use jiff::Timestamp;
use serde_json::Value;

use crate::demo::cluster::json;

/// How long ago the time at a path was; `<unknown>` where there is none.
pub(super) fn since(object: &Value, path: &str, now: Timestamp) -> String {
    time(object, path).map_or_else(|| "<unknown>".to_owned(), |at| short(seconds(at, now)))
}

/// The time at a path.
pub(super) fn time(object: &Value, path: &str) -> Option<Timestamp> {
    json::text(object, path).parse().ok()
}

/// Whole seconds from one time to another; negative before.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

/// A duration: seconds up to two minutes, with seconds up to ten minutes, and so on up the units.
pub(super) fn short(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let two = |unit: i64, name: &str, smaller: i64, smaller_name: &str| {
        let (whole, rest) = (seconds / unit, seconds % unit / smaller);
        match rest {
            0 => format!("{whole}{name}"),
            rest => format!("{whole}{name}{rest}{smaller_name}"),
        }
    };
    match seconds {
        // Clocks differ; a little is as good as now.
        ..=-2 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(DAY, "d", HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(YEAR, "y", DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_at_most_two_units() {
        let (minute, hour, day) = (60, 3600, 86_400);
        for (seconds, expected) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (9 * minute + 59, "9m59s"),
            (10 * minute, "10m"),
            (3 * hour - 1, "179m"),
            (3 * hour, "3h"),
            (7 * hour + 59 * minute, "7h59m"),
            (8 * hour, "8h"),
            (48 * hour - 1, "47h"),
            (2 * day, "2d"),
            (7 * day + 23 * hour, "7d23h"),
            (8 * day, "8d"),
            (729 * day, "729d"),
            (731 * day, "2y1d"),
            (9 * 365 * day, "9y"),
        ] {
            assert_eq!(short(seconds), expected, "{seconds}");
        }
    }
}
