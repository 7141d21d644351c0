//! What is said of each span of a trace: one line, and one for each thing that is odd about it.

use super::bar;
use crate::trace::span::Kind;
use crate::trace::waterfall::{Bar, Oddity, Waterfall};
use crate::ui::theme::Theme;

/// One line of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The span's place in the trace.
    pub(super) bar: usize,
    /// Which of its notes this is; `None` for the span itself.
    pub(super) note: Option<usize>,
}

/// Something to be said of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) text: String,
    /// Whether it is why it failed.
    pub(super) is_failure: bool,
}

/// All lines of a trace.
pub(super) fn rows(waterfall: &Waterfall, theme: &Theme) -> Vec<Row> {
    let bars = waterfall.bars.iter().enumerate();
    bars.flat_map(|(at, bar)| {
        let notes = 0..notes(bar, theme).len();
        let own = Row {
            bar: at,
            note: None,
        };
        std::iter::once(own).chain(notes.map(move |note| Row {
            bar: at,
            note: Some(note),
        }))
    })
    .collect()
}

/// What is to be said of a span beside its figures.
pub(super) fn notes(bar: &Bar, theme: &Theme) -> Vec<Note> {
    let mut notes = Vec::new();
    if bar.failed || bar.exception.is_some() {
        notes.push(Note {
            text: format!("! {}", failure(bar)),
            is_failure: true,
        });
    }
    notes.extend(bar.oddities.iter().filter_map(|oddity| {
        Some(Note {
            text: odd(*oddity, theme)?,
            is_failure: false,
        })
    }));
    notes
}

/// Why it failed, in one line.
pub(super) fn failure(bar: &Bar) -> String {
    match &bar.exception {
        Some(thrown) if thrown.message.is_empty() => {
            let is_status = thrown.kind.chars().all(|c| c.is_ascii_digit());
            let word = if is_status { "status " } else { "" };
            format!("{word}{}", thrown.kind)
        }
        Some(thrown) => format!("{}: {}", thrown.kind, thrown.message),
        None => "failed, and does not say why".to_owned(),
    }
}

/// What is odd, where that is not said by a sign.
fn odd(oddity: Oddity, theme: &Theme) -> Option<String> {
    Some(match oddity {
        Oddity::NoParent(id) => format!("its parent {id} was not received"),
        Oddity::NoCaller => "the calling side, whose id it shares, was not received".to_owned(),
        Oddity::Circle => "its parents go in a circle".to_owned(),
        Oddity::Early(us) => format!(
            "begins {} before its parent, by the clocks of both",
            bar::time(us, theme)
        ),
        Oddity::Shared => return None,
    })
}

/// A kind in one word; nothing for what happens inside one service.
pub(super) const fn kind(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Client) => "client",
        Some(Kind::Server) => "server",
        Some(Kind::Producer) => "producer",
        Some(Kind::Consumer) => "consumer",
        None => "",
    }
}

/// Whether a span shares its id with the one above it.
pub(super) fn is_shared(bar: &Bar) -> bool {
    bar.oddities.contains(&Oddity::Shared)
}

/// Cells of the columns, for a width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) label: usize,
    /// 0 where there is no room for it.
    pub(super) kind: usize,
    pub(super) time: usize,
    pub(super) bar: usize,
}

/// Cells before the label: the cursor, the sign, a blank.
pub(super) const GUTTER: usize = 3;

impl Columns {
    pub(super) fn new(width: usize) -> Self {
        let kind = match width {
            0..70 => 0,
            70..110 => 5,
            _ => 10,
        };
        let time = 8;
        let free = width.saturating_sub(GUTTER + kind + 2 * time + 1);
        let label = (free * 6 / 10).min(64);
        Self {
            label,
            kind,
            time,
            bar: free - label,
        }
    }

    /// The indent of a span; beyond what there is room for, a sign and the level.
    pub(super) fn indent(&self, depth: usize, theme: &Theme) -> String {
        let most = self.label / 6;
        if depth <= most {
            return "  ".repeat(depth);
        }
        let mark = format!("{}{depth} ", theme.glyphs.ellipsis);
        format!("{mark:>width$}", width = most * 2)
    }
}
