//! What a cell says: how often, whether it fails, or why nothing is known to flow.

use ratatui::style::Style;

use crate::model::query::network::{Declaration, Flow};
use crate::ui::theme::Theme;

/// Calls per second below which a rate has its glyph; the last glyph is for all above.
const BELOW: [(f64, &str); 4] = [(0.1, "<0.1"), (1.0, "<1"), (10.0, "<10"), (100.0, "<100")];
/// What the last rate glyph means.
const ABOVE: &str = "100+";
/// The bars that stand for rates, of the theme's eight.
const BARS: [usize; 5] = [0, 2, 4, 6, 7];

/// A sign where calls fail.
pub(super) const FAILS: &str = "!";
/// An element's own cell, where it does not call itself: in no cycle, and in one.
pub(super) const OWN: [&str; 2] = ["\\", "o"];

/// What flows, as a cell has room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Calls, by their rate.
    Rate(usize),
    /// Calls, but none within the short window.
    Silent,
    /// Calls, and no short window that tells how many.
    Unknown,
    /// Only configuration says so.
    Declared,
    /// Only a NetworkPolicy allows it.
    Allowed,
}

impl Mark {
    /// The mark of what flows; `None` where nothing is known to.
    pub(super) fn of(flow: &Flow) -> Option<Self> {
        match (flow.observed, flow.recent, flow.declared) {
            (true, None, _) => Some(Self::Unknown),
            (true, Some(counts), _) if counts.calls == 0 => Some(Self::Silent),
            (true, Some(counts), _) => {
                let rate = counts.rate();
                let level = BELOW.iter().take_while(|(below, _)| rate >= *below).count();
                Some(Self::Rate(level))
            }
            (false, _, Declaration::Declared) => Some(Self::Declared),
            (false, _, Declaration::Allowed) => Some(Self::Allowed),
            (false, _, Declaration::Nowhere) => None,
        }
    }

    /// Its one character.
    pub(super) fn glyph(self, theme: &Theme) -> &'static str {
        let is_plain = theme.glyphs.ellipsis.is_ascii();
        match self {
            Self::Rate(level) => {
                let bar = BARS.get(level).or(BARS.last()).copied().unwrap_or_default();
                theme.glyphs.bars.get(bar).copied().unwrap_or(FAILS)
            }
            Self::Silent => "0",
            Self::Unknown => "?",
            Self::Declared if is_plain => ".",
            Self::Declared => theme.glyphs.dot,
            Self::Allowed => "'",
        }
    }

    /// What it means, in as few words as the legend has room for.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rate(level) => BELOW.get(level).map_or(ABOVE, |(_, word)| word),
            Self::Silent => "silent",
            Self::Unknown => "no rate",
            Self::Declared => "declared",
            Self::Allowed => "allowed",
        }
    }

    /// What was seen to flow stands out before what only may.
    pub(super) fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Rate(_) | Self::Unknown => theme.text(),
            Self::Silent | Self::Declared | Self::Allowed => theme.dim(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::element::Counts;

    fn calls(calls: u64) -> Flow {
        Flow {
            observed: true,
            recent: Some(Counts {
                calls,
                errors: 0,
                window_ms: 60_000,
                ends: Timestamp::UNIX_EPOCH,
            }),
            ..Flow::default()
        }
    }

    #[test]
    fn each_order_of_magnitude_has_a_glyph_and_no_data_is_not_zero() {
        let glyphs = |theme: Theme| -> Vec<&str> {
            let told = [0, 1, 6, 60, 600, 6_000].map(calls);
            let unknown = Flow {
                recent: None,
                ..calls(0)
            };
            let declared = [Declaration::Declared, Declaration::Allowed].map(|declared| Flow {
                declared,
                ..Flow::default()
            });
            let all = told.into_iter().chain([unknown]).chain(declared);
            all.filter_map(|flow| Some(Mark::of(&flow)?.glyph(&theme)))
                .collect()
        };
        assert_eq!(
            glyphs(Theme::new(true, false)),
            ["0", "▁", "▃", "▅", "▇", "█", "?", "·", "'"]
        );
        let plain = glyphs(Theme::new(true, true));
        assert_eq!(plain, ["0", "_", ":", "+", "#", "@", "?", ".", "'"]);
        assert_eq!(Mark::of(&Flow::default()), None);
    }
}
