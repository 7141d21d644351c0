//! Pictures without a screen: what a view would show in so many cells, as text or as SVG.

pub mod svg;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Verb;
use super::filter::Filter;
use super::theme::Theme;
use super::views::graph::GraphView;
use super::{Ctx, View, format};
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::log::Log;
use crate::model::observation::NamespaceChoice;

/// Most hops each way of a picture around an element.
pub const MOST_HOPS: usize = 3;
/// Rows of the title, with the line under it.
const TITLE: u16 = 2;

/// What a picture is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The model.
    pub model: &'a Model,
    /// The chosen namespaces.
    pub choice: &'a NamespaceChoice,
    /// When it is drawn.
    pub now: Timestamp,
}

/// How large a picture is, and in which characters.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Colours and glyphs.
    pub theme: Theme,
}

/// The picture around an element, so many hops each way, as the graph view shows it.
#[must_use]
pub fn around(subject: Subject<'_>, key: &ElementKey, hops: usize, paper: &Paper) -> Buffer {
    let mut view = GraphView::default();
    drawn(subject, paper, |area, buf, ctx| {
        // Drawn once for its size alone, which decides what is folded.
        view.select(key, ctx);
        view.draw(area, &mut Buffer::empty(area), ctx, false);
        for _ in 1..hops.min(MOST_HOPS) {
            view.act(Verb::Wider, ctx);
        }
        view.draw(area, buf, ctx, false);
        view.title(ctx)
    })
}

/// Draws into an empty picture under a title, which the drawing gives.
fn drawn(
    subject: Subject<'_>,
    paper: &Paper,
    draw: impl FnOnce(Rect, &mut Buffer, &Ctx<'_>) -> String,
) -> Buffer {
    let (filter, zone) = (Filter::default(), TimeZone::UTC);
    let log = Log::new(1, subject.now);
    let ctx = Ctx {
        model: subject.model,
        log: &log,
        choice: subject.choice,
        filter: &filter,
        only_broken: false,
        now: subject.now,
        zone: &zone,
        theme: &paper.theme,
        stage: None,
    };
    let whole = Rect::new(0, 0, paper.width, paper.height);
    let mut buf = Buffer::empty(whole);
    let below = Rect::new(0, TITLE, whole.width, whole.height.saturating_sub(TITLE));
    let title = draw(below, &mut buf, &ctx);
    let dot = paper.theme.glyphs.dot;
    let context = subject.model.context();
    let title = format!("{context} : {} {dot} {title}", subject.choice);
    let title = format::fit(
        &title,
        usize::from(paper.width),
        paper.theme.glyphs.ellipsis,
    );
    if !whole.is_empty() {
        buf.set_string(0, 0, title, paper.theme.heading());
    }
    paper.theme.plain(&mut buf);
    buf
}

/// Cells as lines of text, without blanks at their ends and empty lines at the end.
#[must_use]
pub fn text(buffer: &Buffer) -> String {
    let mut lines: Vec<String> = Vec::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut x = buffer.area.left();
        while let Some(cell) = buffer.cell((x, y)) {
            line.push_str(cell.symbol());
            // The cell after a wide character is its second half.
            let width = u16::try_from(format::width(cell.symbol())).unwrap_or(1);
            x += width.max(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
