//! The text of one namespace's row, in columns.

use ratatui::text::{Line, Span};

use super::Row;
use super::names::Known;
use crate::model::element::Health;
use crate::ui::Ctx;
use crate::ui::format::{self, NONE};

/// The widths of the columns.
pub(super) struct Columns {
    name: usize,
    width: usize,
}

const TYPES: usize = 7;

const READY: usize = 9;

const BAD: usize = 6;

impl Columns {
    pub(super) fn new(width: usize, rows: &[Row]) -> Self {
        let name = |row: &Row| row.name().map_or(0, |name| format::width(name));
        let longest = rows.iter().map(name).max().unwrap_or(0).max(14);
        let note = 20;
        let most = width
            .saturating_sub(3 + TYPES + READY + BAD + 2 + note)
            .max(14);
        Self {
            name: longest.min(most),
            width,
        }
    }

    pub(super) fn numbers(types: &str, ready: &str, bad: &str, e: &str) -> (String, String) {
        let plain = format!(
            "{}{}",
            format::right(types, TYPES, e),
            format::right(ready, READY, e)
        );
        (plain, format::right(bad, BAD, e))
    }

    pub(super) fn head(&self, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let (numbers, bad) = Self::numbers("TYPES", "READY", "BAD", e);
        Line::raw(format!(
            "   {}{numbers}{bad}",
            format::fit("NAMESPACE", self.name, e)
        ))
    }

    pub(super) fn line(
        &self,
        sign: char,
        name: &str,
        known: Option<&Known>,
        note: &str,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut spans = vec![Span::raw(format!(
            " {sign} {}",
            format::fit(name, self.name, e)
        ))];
        let mut used = 3 + self.name;
        // What is not listed has no numbers: its note stands where they would.
        if let Some(known) = known {
            let (numbers, bad) = Self::numbers(
                &known.types.map_or(NONE.to_owned(), |n| n.to_string()),
                &known
                    .pods
                    .map_or(NONE.to_owned(), |(ready, all)| format!("{ready}/{all}")),
                &known.bad.map_or(NONE.to_owned(), |n| n.to_string()),
                e,
            );
            let health = match known.bad {
                Some(1..) => Health::Broken,
                _ => Health::Ok,
            };
            spans.push(Span::raw(numbers));
            spans.push(Span::styled(bad, ctx.theme.health(health)));
            used += TYPES + READY + BAD;
        }
        let note = format::fit(note, self.width.saturating_sub(used + 2), e);
        let note = note.trim_end();
        spans.push(Span::styled(format!("  {note}"), ctx.theme.dim()));
        Line::from(spans)
    }
}
