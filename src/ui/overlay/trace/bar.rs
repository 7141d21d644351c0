//! A span on the time axis, in cells.

use crate::ui::theme::Theme;

/// Parts of a cell that are told apart.
const PARTS: u128 = 8;

/// A bar of exactly `cells` cells for what began `offset` µs after the axis' begin and took so long, on an
/// axis of `total` µs. What is shorter than a cell is drawn all the same.
pub(super) fn bar(
    offset: u64,
    duration: Option<u64>,
    total: u64,
    cells: usize,
    theme: &Theme,
) -> String {
    let width = cells as u128 * PARTS;
    let total = u128::from(total.max(1));
    let offset = u128::from(offset);
    let begin = (offset * width / total).min(width.saturating_sub(1));
    let end = (offset + u128::from(duration.unwrap_or(0))) * width;
    let end = end.div_ceil(total).clamp(begin + 1, width.max(begin + 1));
    let cell = |at: usize| {
        let left = at as u128 * PARTS;
        let from = begin.clamp(left, left + PARTS) - left;
        let to = end.clamp(left, left + PARTS) - left;
        piece(from, to, theme)
    };
    (0..cells).map(cell).collect()
}

/// The cell that is covered from one of its parts to another. There are characters that begin at the left
/// and end anywhere; of those that end at the right, there are two.
fn piece(from: u128, to: u128, theme: &Theme) -> &'static str {
    let parts = theme.glyphs.parts;
    let covered = |upto: u128| {
        let at = usize::try_from(upto).unwrap_or(0).saturating_sub(1);
        parts.get(at).copied().unwrap_or(" ")
    };
    match (from, to) {
        (from, to) if to <= from => " ",
        (0, to) => covered(to),
        (from, PARTS) if from <= PARTS / 2 => theme.glyphs.right_part[0],
        (_, PARTS) => theme.glyphs.right_part[1],
        (from, to) if from + to <= PARTS => covered(1),
        _ => theme.glyphs.right_part[1],
    }
}

/// A time in µs, in at most seven cells: `840µs`, `1.24ms`, `12.4ms`, `124ms`, `1.240s`, `41.0s`, `3m12s`.
pub(super) fn time(us: u64, theme: &Theme) -> String {
    // Tenths, hundredths and so on are cut: a span has not taken longer than it did.
    let part = |unit: u64, digits: usize| {
        let step = unit / 10_u64.pow(u32::try_from(digits).unwrap_or(0));
        format!("{}.{:0digits$}", us / unit, us % unit / step)
    };
    match us {
        0..1_000 => format!("{us}{}", theme.glyphs.micros),
        1_000..10_000 => format!("{}ms", part(1_000, 2)),
        10_000..100_000 => format!("{}ms", part(1_000, 1)),
        100_000..1_000_000 => format!("{}ms", us / 1_000),
        1_000_000..10_000_000 => format!("{}s", part(1_000_000, 3)),
        10_000_000..100_000_000 => format!("{}s", part(1_000_000, 1)),
        _ => {
            let seconds = us / 1_000_000;
            match seconds / 60 {
                minutes @ 0..=999 => format!("{minutes}m{:02}s", seconds % 60),
                minutes => format!("{}h", minutes / 60),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::format;

    fn drawn(offset: u64, duration: u64) -> String {
        bar(offset, Some(duration), 800, 10, &Theme::new(false, false))
    }

    #[test]
    fn bars_begin_and_end_within_a_cell() {
        assert_eq!(drawn(0, 800), "██████████");
        assert_eq!(drawn(0, 120), "█▌        ");
        assert_eq!(drawn(40, 120), "▐█        ");
        assert_eq!(drawn(70, 90), "▕█        ");
        assert_eq!(drawn(80, 1), " ▏        ");
        assert_eq!(drawn(150, 0), " ▕        ");
        assert_eq!(drawn(800, 0), "         ▕");
        let ascii = Theme::new(false, true);
        assert_eq!(bar(40, Some(190), 800, 10, &ascii), "-==       ");
        assert_eq!(bar(0, None, 0, 3, &ascii), "-  ");
    }

    #[test]
    fn times_keep_the_digits_that_tell_spans_apart() {
        let theme = Theme::new(false, false);
        for (us, text) in [
            (0, "0µs"),
            (999, "999µs"),
            (1_249, "1.24ms"),
            (99_960, "99.9ms"),
            (124_000, "124ms"),
            (1_240_900, "1.240s"),
            (41_000_000, "41.0s"),
            (192_000_000, "3m12s"),
            (7_200_000_000, "120m00s"),
        ] {
            assert_eq!(time(us, &theme), text);
        }
    }

    proptest! {
        #[test]
        fn every_span_is_seen_where_it_is(offset: u64, duration: u64, total: u64, cells in 0_usize..200, ascii: bool) {
            let theme = Theme::new(false, ascii);
            let drawn = bar(offset, Some(duration), total, cells, &theme);
            prop_assert_eq!(format::width(&drawn), cells);
            prop_assert!(cells == 0 || !drawn.trim().is_empty(), "{:?}", drawn);
            // In one piece.
            prop_assert!(!drawn.trim().contains(' '));
            prop_assert!(format::width(&time(duration, &theme)) <= 20);
        }
    }
}
