//! Pictures without a screen: what a view would show in so many cells, as text or as SVG.

pub mod sheet;
pub mod svg;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::sheet::Sheet;
use super::action::Verb;
use super::filter::Filter;
use super::theme::Theme;
use super::views::graph::GraphView;
use super::views::whole;
pub use super::views::whole::Order;
use super::{Ctx, View, format};
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::log::Log;
use crate::model::observation::NamespaceChoice;

/// Most hops each way of a picture around an element.
pub const MOST_HOPS: usize = 3;
/// Rows of the title, with the blank one under it.
pub(super) const TITLE: usize = 2;

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

/// The whole picture of who calls whom.
///
/// # Errors
/// Why there is none, in a sentence.
pub fn whole(subject: Subject<'_>, order: Order, theme: &Theme) -> Result<Sheet, String> {
    seen(subject, theme, |ctx| whole::sheet(ctx, order))
}

/// Draws into an empty picture under a title, which the drawing gives.
fn drawn(
    subject: Subject<'_>,
    paper: &Paper,
    draw: impl FnOnce(Rect, &mut Buffer, &Ctx<'_>) -> String,
) -> Buffer {
    let area = Rect::new(0, 0, paper.width, paper.height);
    let mut buf = Buffer::empty(area);
    let title = u16::try_from(TITLE).unwrap_or(u16::MAX);
    let below = Rect::new(0, title, area.width, area.height.saturating_sub(title));
    seen(subject, &paper.theme, |ctx| {
        let title = draw(below, &mut buf, ctx);
        put_headline(&mut buf, &headline(ctx, &title), ctx.theme);
    });
    paper.theme.plain(&mut buf);
    buf
}

/// Looks at a subject as nobody in particular does: without a filter, in UTC.
fn seen<T>(subject: Subject<'_>, theme: &Theme, look: impl FnOnce(&Ctx<'_>) -> T) -> T {
    let (filter, zone) = (Filter::default(), TimeZone::UTC);
    let log = Log::new(1, subject.now);
    look(&Ctx {
        model: subject.model,
        log: &log,
        choice: subject.choice,
        filter: &filter,
        only_broken: false,
        now: subject.now,
        zone: &zone,
        theme,
        stage: None,
    })
}

/// What a picture is of, and what a view says of it.
pub(super) fn headline(ctx: &Ctx<'_>, title: &str) -> String {
    let (context, dot) = (ctx.model.context(), ctx.theme.glyphs.dot);
    format!("{context} : {} {dot} {title}", ctx.choice)
}

/// Writes it in the first row.
pub(super) fn put_headline(buf: &mut Buffer, title: &str, theme: &Theme) {
    let area = buf.area;
    let title = format::fit(title, usize::from(area.width), theme.glyphs.ellipsis);
    if !area.is_empty() {
        buf.set_string(area.x, area.y, title, theme.heading());
    }
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
