//! The table in cells: names, heads, marks, and the lines of the cross-hair to them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::cell::{self, Mark};
use super::frame::Frame;
use super::table::{Line, Table};
use crate::model::element::Health;
use crate::model::query::network::Flow;
use crate::ui::views::age::Age;
use crate::ui::{Ctx, format};

/// What is drawn, and where one is in it.
pub(super) struct Picture<'a> {
    pub(super) table: &'a Table,
    pub(super) frame: Frame,
    /// The first row and column in sight.
    pub(super) first: (usize, usize),
    /// The row and the column of the cross-hair, where it has them.
    pub(super) cross: (Option<usize>, Option<usize>),
    pub(super) focused: bool,
}

impl Picture<'_> {
    /// Draws heads and rows into the view's area.
    pub(super) fn paint(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        for column in self.columns() {
            self.head(column, area, buf, ctx);
        }
        for row in self.rows() {
            self.row(row, area, buf, ctx);
        }
    }

    fn rows(&self) -> std::ops::Range<usize> {
        let end = (self.first.0 + self.frame.rows).min(self.table.len());
        self.first.0..end
    }

    fn columns(&self) -> std::ops::Range<usize> {
        let end = (self.first.1 + self.frame.columns).min(self.table.len());
        self.first.1..end
    }

    /// Where a column's glyph stands.
    fn x(&self, column: usize) -> usize {
        self.frame.x(column.saturating_sub(self.first.1))
    }

    fn head(&self, column: usize, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let Some(line) = self.table.lines.get(column) else {
            return;
        };
        let style = self.named(line, self.cross.1 == Some(column), ctx);
        let (names, numbers) = self.frame.heads;
        let x = self.x(column);
        let top = self.frame.notice;
        let letters = across(&line.name, names, ctx.theme.glyphs.ellipsis);
        let first = top + names.saturating_sub(letters.len());
        for (letter, y) in letters.iter().zip(first..) {
            put(buf, area, (x, y), letter, style);
        }
        let number = (column + 1).to_string();
        if numbers == 1 {
            // The last digit stands over the glyph.
            let x = (x + 1).saturating_sub(number.len());
            put(buf, area, (x, top + names), &number, style);
            return;
        }
        let first = top + names + numbers.saturating_sub(number.len());
        for (digit, y) in number.chars().zip(first..top + names + numbers) {
            put(buf, area, (x, y), digit.encode_utf8(&mut [0; 4]), style);
        }
    }

    fn row(&self, row: usize, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let Some(line) = self.table.lines.get(row) else {
            return;
        };
        let y = self.frame.top() + row.saturating_sub(self.first.0);
        let is_here = self.cross.0 == Some(row);
        let ellipsis = ctx.theme.glyphs.ellipsis;
        let number = (row + 1).to_string();
        let label = format!(
            "{}{} {}",
            line.health.sign(),
            format::right(&number, self.frame.digits, ellipsis),
            format::name(&line.name, self.frame.name, ellipsis)
        );
        put(buf, area, (0, y), &label, self.named(line, is_here, ctx));
        self.beyond(row, y, area, buf, ctx);
        for column in self.columns() {
            self.cell(row, column, y, area, buf, ctx);
        }
    }

    /// Signs at both ends of a row for what is out of sight there.
    fn beyond(&self, row: usize, y: usize, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let seen = self.columns();
        let before = (self.frame.left().saturating_sub(1), "<");
        let after = (
            self.frame.left() + self.frame.columns * self.frame.pitch,
            ">",
        );
        for ((x, sign), is_before) in [(before, true), (after, false)] {
            let beyond = |column: usize| {
                if is_before {
                    column < seen.start
                } else {
                    column >= seen.end
                }
            };
            let mut flows = self.table.row(row).filter(|(column, _)| beyond(*column));
            let Some((_, first)) = flows.next() else {
                continue;
            };
            let fails = first.failing > 0 || flows.any(|(_, flow)| flow.failing > 0);
            let (sign, style) = if fails {
                (cell::FAILS, ctx.theme.health(Health::Broken))
            } else {
                (sign, ctx.theme.accent())
            };
            put(buf, area, (x, y), sign, style);
        }
    }

    fn cell(
        &self,
        row: usize,
        column: usize,
        y: usize,
        area: Rect,
        buf: &mut Buffer,
        ctx: &Ctx<'_>,
    ) {
        let x = self.x(column);
        let (on_row, on_column) = (self.cross.0 == Some(row), self.cross.1 == Some(column));
        let (on_row, on_column) = (
            on_row && self.cross.1.is_none_or(|end| column < end),
            on_column && self.cross.0.is_none_or(|end| row < end),
        );
        let is_target = self.cross == (Some(row), Some(column));
        let glyphs = &ctx.theme.glyphs;
        let flow = self.table.flows.get(&(row, column));
        let mark = flow.and_then(|flow| Some((flow, Mark::of(flow)?)));
        if on_row {
            // The line goes on through the gaps, and stops at what is in its way.
            let from = x.saturating_sub(usize::from(self.frame.pitch > 2));
            let line = glyphs.horizontal.repeat(self.frame.pitch);
            put(buf, area, (from, y), &line, ctx.theme.dim());
        } else if on_column {
            put(buf, area, (x, y), glyphs.vertical, ctx.theme.dim());
        }
        let cursor = if is_target {
            ctx.theme.cursor(self.focused)
        } else {
            Style::new()
        };
        let (glyph, style) = match mark {
            Some((flow, mark)) => self.marked(row, column, flow, mark, ctx),
            None if row == column => {
                let [own, in_cycle] = cell::OWN;
                let cycle = self.table.lines.get(row).and_then(|l| l.cycle);
                let glyph = if cycle.is_some() { in_cycle } else { own };
                (glyph, ctx.theme.dim())
            }
            None if is_target => (" ", Style::new()),
            None => return,
        };
        put(buf, area, (x, y), glyph, style.patch(cursor));
        if let Some((flow, _)) = mark
            && flow.failing > 0
            && self.frame.pitch > 1
        {
            let style = ctx.theme.health(Health::Broken);
            put(buf, area, (x + 1, y), cell::FAILS, style);
        }
    }

    /// The glyph of what flows; where there is no room for a sign beside it, failing takes its place.
    fn marked(
        &self,
        row: usize,
        column: usize,
        flow: &Flow,
        mark: Mark,
        ctx: &Ctx<'_>,
    ) -> (&'static str, Style) {
        let mut style = mark.style(ctx.theme);
        let mut glyph = mark.glyph(ctx.theme);
        if Age::of(flow, ctx.now).is_new() {
            style = ctx.theme.accent().add_modifier(Modifier::BOLD);
        }
        if flow.failing > 0 {
            style = ctx.theme.health(Health::Broken);
            if self.frame.pitch == 1 {
                glyph = cell::FAILS;
            }
        }
        if self.table.leads_back(row, column) {
            style = style.add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        }
        (glyph, style)
    }

    fn named(&self, line: &Line, is_here: bool, ctx: &Ctx<'_>) -> Style {
        let style = ctx.theme.health(line.health);
        if is_here {
            style.patch(ctx.theme.cursor(self.focused))
        } else {
            style
        }
    }
}

/// A name from top to bottom, in at most so many rows; marks without a width of their own stay with what they
/// stand on.
fn across(name: &str, rows: usize, ellipsis: &str) -> Vec<String> {
    let mut letters: Vec<String> = Vec::new();
    for c in name.chars() {
        let text = c.to_string();
        match letters.last_mut() {
            Some(last) if format::width(&text) == 0 => last.push(c),
            _ => letters.push(text),
        }
    }
    if letters.len() > rows {
        letters.truncate(rows);
        if let Some(last) = letters.last_mut() {
            ellipsis.clone_into(last);
        }
    }
    letters
}

/// A text at a place within an area; what is beyond it is cut.
pub(super) fn put(buf: &mut Buffer, area: Rect, (x, y): (usize, usize), text: &str, style: Style) {
    let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) else {
        return;
    };
    if x < area.width && y < area.height {
        let room = usize::from(area.width - x);
        buf.set_stringn(area.x + x, area.y + y, text, room, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_across_are_cut_by_letters_as_they_are_read() {
        assert_eq!(across("cart", 9, "…"), ["c", "a", "r", "t"]);
        assert_eq!(across("checkout", 4, "…"), ["c", "h", "e", "…"]);
        assert_eq!(across("e\u{301}t", 2, "…"), ["e\u{301}", "t"]);
        assert_eq!(across("cart", 0, "…"), Vec::<String>::new());
    }
}
