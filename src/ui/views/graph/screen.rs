//! How the screen is shared: notice, header, picture, what is not drawn, what is selected.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::plan::{LABELS, Plan};
use super::words;
use crate::ui::graph::Cells;
use crate::ui::{Ctx, format};

/// How the rows of the view are shared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub(super) notice: u16,
    pub(super) header: u16,
    pub(super) also: u16,
    pub(super) info: u16,
}

impl Rows {
    pub(super) fn new(ctx: &Ctx<'_>, height: u16, also: bool) -> Self {
        Self {
            notice: u16::from(super::info::has_notice(ctx) && height >= 6),
            header: u16::from(height >= 5),
            also: u16::from(also && height >= 4),
            info: match height {
                0..3 => 0,
                3..9 => 1,
                9..20 => 2,
                _ => 4,
            },
        }
    }

    pub(super) const fn chart(self, height: u16) -> u16 {
        height.saturating_sub(self.notice + self.header + self.also + self.info)
    }
}

/// The names of the columns, over them.
pub(super) fn header(plan: &Plan, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let columns: BTreeSet<i16> = plan.chart.stops.iter().map(|s| s.column).collect();
    for column in columns {
        let cells = plan.chart.stops.iter().enumerate().find_map(|(index, s)| {
            let cells = plan.scene.cells(index)?;
            (s.column == column).then_some(cells)
        });
        let Some(cells) = cells else { continue };
        let count: usize = plan
            .chart
            .in_column(column)
            .map(|s| s.hidden.len().max(1))
            .sum();
        let text = match column {
            0 => "selected".to_owned(),
            -1 => format!("callers {count}"),
            1 => format!("callees {count}"),
            c => format!("{} hops: {count}", c.unsigned_abs()),
        };
        let (Ok(x), Ok(width)) = (u16::try_from(cells.x), u16::try_from(cells.width)) else {
            continue;
        };
        let ellipsis = ctx.theme.glyphs.ellipsis;
        let text = format::fit(&format!(" {text}"), usize::from(width), ellipsis);
        put_line(buf, area, x, &text, ctx.theme.heading());
    }
    // Shortened labels leave their units to the header.
    for cells in units(plan) {
        if let Ok(x) = u16::try_from(cells.x + (cells.width - LABELS[1]) / 2) {
            put_line(buf, area, x, "  /s    %", ctx.theme.dim());
        }
    }
}

/// What is hidden above and below, at the right end of the header.
pub(super) fn rest(
    plan: &Plan,
    area: Rect,
    buf: &mut Buffer,
    ctx: &Ctx<'_>,
    scroll: usize,
    height: usize,
) {
    let below = plan.scene.height.saturating_sub(scroll + height);
    if scroll == 0 && below == 0 {
        return;
    }
    let [up, down] = if words::is_ascii(ctx.theme) {
        ["^", "v"]
    } else {
        ["↑", "↓"]
    };
    let text = format!(" {up}{scroll} {down}{below}");
    let x = usize::from(area.width).saturating_sub(format::width(&text));
    if let Ok(x) = u16::try_from(x) {
        put_line(buf, area, x, &text, ctx.theme.warning());
    }
}

/// One label of each column of shortened labels.
fn units(plan: &Plan) -> Vec<Cells> {
    let lines = plan.scene.lines.iter();
    let counted = lines.filter(|l| {
        let link = plan.chart.links.get(l.edge);
        link.is_some_and(|link| !link.only_declared())
    });
    let labels = counted.filter_map(|l| l.label);
    let labels = labels.filter(|l| plan.scene.short && l.width >= LABELS[1]);
    let mut labels: Vec<Cells> = labels.collect();
    labels.sort_by_key(|l| (l.x, l.y));
    labels.dedup_by_key(|l| l.x);
    labels
}

fn put_line(buf: &mut Buffer, area: Rect, x: u16, text: &str, style: Style) {
    if x < area.width && area.height > 0 {
        let room = usize::from(area.width - x);
        buf.set_stringn(area.x + x, area.y, text, room, style);
    }
}

/// Sentences on so many lines; what does not fit ends in an ellipsis.
pub(in crate::ui::views) fn put_text(
    buf: &mut Buffer,
    area: Rect,
    said: &[String],
    style: Style,
    ctx: &Ctx<'_>,
) {
    let ellipsis = ctx.theme.glyphs.ellipsis;
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let lines = shared(said, width, height);
    let cut = lines.len() > height;
    let rows = (0..area.height).zip(&lines);
    for (y, line) in rows {
        let last = cut && y + 1 == area.height;
        let line = if last {
            format!("{line} {ellipsis}")
        } else {
            line.clone()
        };
        let line = format::fit(&line, width, ellipsis);
        let row = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        put_line(buf, row, 0, &line, style);
    }
}

/// The lines of sentences: one of each at least, for the beginning of each says more than the whole of the first;
/// the first ones have those that are left. The last line of a sentence may be longer than there is room for.
fn shared(said: &[String], width: usize, height: usize) -> Vec<String> {
    let mut spare = height.saturating_sub(said.len());
    let mut lines = Vec::new();
    for sentence in said {
        let mut own = wrap(sentence, width);
        let more = spare.min(own.len().saturating_sub(1));
        spare -= more;
        let rest: String = own.drain(more..).collect();
        lines.append(&mut own);
        lines.push(rest);
    }
    lines
}

/// A sentence in lines of so many cells at most, words permitting.
pub(in crate::ui::views) fn wrap(sentence: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in sentence.split(' ') {
        let wide = format::width(&line) + 1 + format::width(word);
        if !line.is_empty() && wide > width {
            lines.push(std::mem::take(&mut line));
            line.push(' ');
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_has_a_line_and_the_first_ones_have_those_that_are_left() {
        let said = ["one two three four".to_owned(), "five six seven".to_owned()];
        let lines = |height| shared(&said, 10, height);
        assert_eq!(lines(2), said);
        assert_eq!(lines(3), ["one two", " three four", "five six seven"]);
        assert_eq!(
            lines(9),
            ["one two", " three", " four", "five six", " seven"]
        );
        assert_eq!(lines(0), said);
        assert!(shared(&[], 10, 3).is_empty());
    }
}
