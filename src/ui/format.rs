//! Numbers, ages and texts in few cells. No data is `-`, never 0.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::text::Span;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::element::{Counts, Reason};
use crate::model::property::{Unit, Value};

/// No data.
pub const NONE: &str = "-";

/// Calls per second: `0`, `0.05`, `3.1`, `312`, `4.1k`.
#[must_use]
pub fn rate(counts: Option<Counts>) -> String {
    let Some(counts) = counts else {
        return NONE.to_owned();
    };
    per_second(counts.rate())
}

/// Something per second: `0`, `0.05`, `3.1`, `312`, `4.1k`.
#[must_use]
pub fn per_second(rate: f64) -> String {
    if rate <= 0.0 {
        "0".to_owned()
    } else if rate < 0.095 {
        format!("{rate:.2}")
    } else if rate < 99.95 {
        format!("{rate:.1}")
    } else if rate < 9_999.5 {
        format!("{rate:.0}")
    } else {
        format!("{:.1}k", rate / 1000.0)
    }
}

/// Errors in percent of calls: `0.0`, `1.1`, `100`.
#[must_use]
pub fn errors(counts: Option<Counts>) -> String {
    match counts.and_then(|c| c.error_percent()) {
        None => NONE.to_owned(),
        Some(percent) if percent >= 99.95 => "100".to_owned(),
        Some(percent) => format!("{percent:.1}"),
    }
}

/// An age as kubectl writes it, in one unit: `45s`, `11m`, `4h`, `21d`.
#[must_use]
pub fn age(since: Option<Timestamp>, now: Timestamp) -> String {
    let Some(since) = since else {
        return NONE.to_owned();
    };
    seconds(now.as_second().saturating_sub(since.as_second()).max(0))
}

/// A name in so many cells. Where it is too long its last part stays, because that is what tells pods
/// of one owner apart: `checkoutserv…-z7vfv`.
#[must_use]
pub fn name(name: &str, cells: usize, ellipsis: &str) -> String {
    const LONGEST_TAIL: usize = 11;
    let (head, tail) = name
        .rfind('-')
        .and_then(|at| name.split_at_checked(at))
        .unwrap_or((name, ""));
    let tail_cells = width(tail);
    let cut = width(name) > cells
        && !tail.contains(' ')
        && (2..=LONGEST_TAIL).contains(&tail_cells)
        && cells >= 2 * tail_cells + width(ellipsis);
    if !cut {
        return fit(name, cells, ellipsis);
    }
    // What is longer than its place is cut with the ellipsis, so the head is never whole.
    let room = cells - tail_cells;
    if width(head) <= room {
        return fit(name, cells, ellipsis);
    }
    format!("{}{tail}", fit(head, room, ellipsis))
}

/// A text in so many cells, cut in the middle: what many have in common stands at the beginning, and what
/// tells them apart at the end. `GET /basicquery…/items/{id}`.
#[must_use]
pub fn middle(text: &str, cells: usize, ellipsis: &str) -> String {
    let cut = width(ellipsis);
    if width(text) <= cells || cells <= cut + 2 {
        return fit(text, cells, ellipsis);
    }
    let tail_room = (cells - cut) / 2;
    let mut tail = text;
    while width(tail) > tail_room {
        let mut rest = tail.chars();
        rest.next();
        tail = rest.as_str();
    }
    let head = fit(text, cells - width(tail), ellipsis);
    format!("{head}{tail}")
}

/// A number of seconds in one unit: `45s`, `11m`, `4h`, `21d`, `3y`.
#[must_use]
pub fn seconds(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 2 * 365 * DAY => format!("{}d", s / DAY),
        s => format!("{}y", s / (365 * DAY)),
    }
}

/// A duration in µs, in at most six cells: `0.8ms`, `22ms`, `1.2s`, `41s`, `3m`.
#[must_use]
pub fn took(us: Option<u64>) -> String {
    let Some(us) = us else {
        return NONE.to_owned();
    };
    let whole = |unit: u64| (us + unit / 2) / unit;
    // Tenths where they say something.
    let tenths = |unit: u64| {
        let tenths = (us + unit / 20) / (unit / 10);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match us {
        0..9_950 => format!("{}ms", tenths(1_000)),
        9_950..999_500 => format!("{}ms", whole(1_000)),
        999_500..9_950_000 => format!("{}s", tenths(1_000_000)),
        9_950_000..120_000_000 => format!("{}s", whole(1_000_000)),
        _ => format!("{}m", us / 60_000_000),
    }
}

/// A window: `60 s`, `10 min`, `24 h`.
#[must_use]
pub fn window(ms: u64) -> String {
    match ms / 1000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    }
}

/// Cores of a processor: `0.004`, `0.12`, `2.5`, `16`.
#[must_use]
pub fn cores(cores: f64) -> String {
    let text = match cores {
        n if n < 0.0095 => format!("{n:.3}"),
        n if n < 9.995 => format!("{n:.2}"),
        n => format!("{n:.1}"),
    };
    trimmed(&text)
}

/// Bytes, in the units that Kubernetes writes: `180 MiB`, `1.5 GiB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    let mut number = bytes;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if number < 1023.5 {
            break;
        }
        number /= 1024.0;
        unit = larger;
    }
    let text = if number < 9.95 && unit != "B" {
        trimmed(&format!("{number:.1}"))
    } else {
        format!("{number:.0}")
    };
    format!("{text} {unit}")
}

/// A number of any size with the digits that say something: `0.0031`, `12.5`, `1204`, `3.1e9`.
#[must_use]
pub fn number(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        format!("{number:.2e}")
    } else if size < 0.1 {
        trimmed(&format!("{number:.5}"))
    } else if size < 100.0 {
        trimmed(&format!("{number:.2}"))
    } else if size < 10_000.0 {
        trimmed(&format!("{number:.1}"))
    } else {
        format!("{number:.0}")
    }
}

/// A measured value in its unit: `3 count`, `0.5/s`, `64 MiB`, `true`.
#[must_use]
pub fn value(value: &Value, unit: &Unit) -> String {
    let amount = match value {
        Value::Flag(flag) => return flag.to_string(),
        Value::Text(text) => return text.to_string(),
        Value::Number(amount) => *amount,
    };
    match unit {
        Unit::Bytes if amount >= 0.0 => bytes(amount),
        Unit::PerSecond => format!("{}/s", number(amount)),
        Unit::None => number(amount),
        unit => format!("{} {unit}", number(amount)),
    }
}

/// Without the zeros at its end that say nothing.
fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// The time of day, `13:58:40`.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The minute of the day, `13:58`.
#[must_use]
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// A reason in one line: `CrashLoopBackOff exit 137`.
#[must_use]
pub fn reason(reason: Option<&Reason>) -> String {
    match reason {
        None => String::new(),
        Some(Reason { word, detail: None }) => word.to_string(),
        Some(Reason {
            word,
            detail: Some(detail),
        }) => format!("{word} {detail}"),
    }
}

/// The width of a text in cells.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in exactly `cells` cells: cut with an ellipsis, or filled with blanks on the right.
#[must_use]
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let wide = text.width();
    if wide <= cells {
        let mut fitted = text.to_owned();
        fitted.extend(std::iter::repeat_n(' ', cells - wide));
        return fitted;
    }
    let room = cells.saturating_sub(ellipsis.width());
    let mut fitted = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > room {
            break;
        }
        fitted.push(c);
        used += w;
    }
    if cells >= ellipsis.width() {
        fitted.push_str(ellipsis);
        used += ellipsis.width();
    }
    fitted.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    fitted
}

/// `text` in exactly `cells` cells, to the right.
#[must_use]
pub fn right(text: &str, cells: usize, ellipsis: &str) -> String {
    let wide = text.width();
    if wide >= cells {
        return fit(text, cells, ellipsis);
    }
    let mut filled: String = " ".repeat(cells - wide);
    filled.push_str(text);
    filled
}

/// The width of spans in cells.
#[must_use]
pub fn spans_width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|s| s.content.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_in_the_middle_keeps_its_end() {
        let text = "GET /basicqueryservice/items/{id}";
        assert_eq!(middle(text, 21, "…"), "GET /basic…items/{id}");
        assert_eq!(middle(text, 33, "…"), text);
        assert_eq!(middle("a", 3, "…"), "a  ");
        for cells in 0..40 {
            assert_eq!(
                width(&middle("日本語の長い名前 a long name", cells, "…")),
                cells
            );
        }
    }

    #[test]
    fn fit_measures_cells_not_characters() {
        assert_eq!(fit("abc", 5, "…"), "abc  ");
        assert_eq!(fit("abcdef", 4, "…"), "abc…");
        assert_eq!(fit("日本語", 4, "…"), "日… ");
        assert_eq!(fit("abc", 0, "…"), "");
        assert_eq!(right("7", 3, "…"), "  7");
    }

    #[test]
    fn durations_fit_their_column_and_keep_the_digits_that_say_something() {
        for (us, text) in [
            (0, "0.0ms"),
            (840, "0.8ms"),
            (9_940, "9.9ms"),
            (9_999, "10ms"),
            (22_400, "22ms"),
            (999_400, "999ms"),
            (999_999, "1.0s"),
            (1_240_000, "1.2s"),
            (41_000_000, "41s"),
            (200_000_000, "3m"),
        ] {
            assert_eq!(took(Some(us)), text);
        }
        assert_eq!(took(None), "-");
    }

    #[test]
    fn no_data_is_not_zero() {
        assert_eq!(rate(None), "-");
        let counts = Counts {
            calls: 0,
            errors: 0,
            window_ms: 60_000,
            ends: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(rate(Some(counts)), "0");
        assert_eq!(errors(Some(counts)), "-");
        let counts = Counts {
            calls: 744,
            errors: 8,
            ..counts
        };
        assert_eq!(rate(Some(counts)), "12.4");
        assert_eq!(errors(Some(counts)), "1.1");
    }

    #[test]
    fn amounts_keep_the_digits_that_say_something() {
        const KIB: f64 = 1024.0;
        for (number, text) in [
            (0.0, "0"),
            (0.0042, "0.004"),
            (0.12, "0.12"),
            (0.5, "0.5"),
            (16.0, "16"),
        ] {
            assert_eq!(cores(number), text);
        }
        for (number, text) in [
            (0.0, "0 B"),
            (1023.0, "1023 B"),
            (1.5 * KIB, "1.5 KiB"),
            (180.4 * KIB * KIB, "180 MiB"),
            (1023.9 * KIB * KIB, "1 GiB"),
            (2.0 * KIB * KIB * KIB, "2 GiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        for (n, text) in [
            (0.0, "0"),
            (0.003_14, "0.00314"),
            (-12.5, "-12.5"),
            (1204.0, "1204"),
            (3.1e9, "3.10e9"),
            (1e-9, "1.00e-9"),
        ] {
            assert_eq!(number(n), text);
        }
        assert_eq!(value(&Value::Number(0.5), &Unit::PerSecond), "0.5/s");
        assert_eq!(value(&Value::Number(3.0), &Unit::Count), "3 count");
        assert_eq!(value(&Value::Number(KIB), &Unit::Bytes), "1 KiB");
        assert_eq!(value(&Value::Flag(true), &Unit::None), "true");
    }

    #[test]
    fn a_long_name_keeps_its_last_part() {
        let pod = "checkoutservice-8458467c66-z7vfv";
        assert_eq!(name(pod, 32, "…"), pod);
        assert_eq!(name(pod, 24, "…"), "checkoutservice-8…-z7vfv");
        assert_eq!(name("opensearch-coordinator-0", 12, "…"), "opensearc…-0");
        for cells in 0..40 {
            assert_eq!(width(&name(pod, cells, "…")), cells);
        }
        // No room for both, nothing to keep, or no name at all.
        assert_eq!(name(pod, 8, "…"), "checkou…");
        assert_eq!(name("productcatalogservice", 8, "…"), "product…");
        assert_eq!(name("service a-b 80", 8, "…"), "service…");
    }

    #[test]
    fn ages_have_one_unit() {
        assert_eq!(seconds(119), "119s");
        assert_eq!(seconds(121), "2m");
        assert_eq!(seconds(86_400 * 3), "3d");
    }
}
