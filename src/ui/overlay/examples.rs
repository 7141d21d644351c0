//! Which trace of an operation to look at: the slowest, the last that failed, the last of an exception.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::border_set;
use crate::model::text::Text;
use crate::trace::id::SpanId;
use crate::ui::action::Verb;
use crate::ui::views::lines;
use crate::ui::{Ctx, format};

/// One trace that can be looked at, and the call in it that one comes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its id.
    pub trace: Text,
    /// The span of the call, where it is known.
    pub span: Option<SpanId>,
    /// Of what it is an example: `slow`, `failed`, `slow, failed`, `thrown`.
    pub sort: String,
    /// How long the call took, in µs.
    pub took_us: Option<u64>,
    /// When the call began, in ms since the epoch; 0 where nobody says.
    pub at_ms: i64,
    /// Who called.
    pub caller: String,
    /// What was asked for, where the choice is of several operations.
    pub operation: String,
    /// What was thrown.
    pub about: String,
}

impl Example {
    /// Of what it is an example, in one line: `POST /charge, slow, by checkout`.
    #[must_use]
    pub fn words(&self) -> String {
        let by = match &*self.caller {
            "" => String::new(),
            caller => format!("by {caller}"),
        };
        let parts = [&self.operation, &self.sort, &by, &self.about];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// An open choice.
#[derive(Debug)]
pub struct Examples {
    of: String,
    rows: Vec<Example>,
    at: usize,
    top: usize,
    height: usize,
}

/// Cells of the columns that do not grow.
const SORT: usize = 12;
const TOOK: usize = 7;
const AGO: usize = 6;
/// Most cells for who called, of all.
const CALLER: usize = 24;
/// From this width on there is room for ids.
const IDS: usize = 110;

impl Examples {
    /// A choice of these, which are examples of something.
    #[must_use]
    pub const fn new(of: String, rows: Vec<Example>) -> Self {
        Self {
            of,
            rows,
            at: 0,
            top: 0,
            height: 0,
        }
    }

    /// Answers a verb, with what was chosen by it, and of what it is an example.
    pub fn act(&mut self, verb: Verb) -> Option<(Example, String)> {
        let last = self.rows.len().saturating_sub(1);
        let page = self.height.max(2) - 1;
        self.at = match verb {
            Verb::Up => self.at.saturating_sub(1),
            Verb::Down => self.at + 1,
            Verb::PageUp => self.at.saturating_sub(page),
            Verb::PageDown => self.at + page,
            Verb::Top => 0,
            Verb::Bottom => last,
            _ => self.at,
        }
        .min(last);
        let chosen = || {
            let example = self.rows.get(self.at)?;
            Some((example.clone(), format!("{}: {}", self.of, example.words())))
        };
        (verb == Verb::Accept).then(chosen).flatten()
    }

    /// Draws the choice over the whole body.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let area = area.intersection(buf.area);
        Clear.render(area, buf);
        let dot = theme.glyphs.dot;
        let block = Block::bordered()
            .border_set(border_set(theme))
            .border_style(theme.border(true))
            .title(format!(" Traces of {} {dot} esc closes ", self.of));
        let inside = block.inner(area);
        block.render(area, buf);
        let columns = Columns::new(usize::from(inside.width), &self.rows);
        lines::paint(inside, buf, vec![columns.header(ctx)]);
        let body = Rect {
            y: inside.y + 1,
            height: inside.height.saturating_sub(1),
            ..inside
        };
        self.height = usize::from(body.height);
        self.top = self.top.min(self.at);
        self.top = self.top.max((self.at + 1).saturating_sub(self.height));
        let rows = self.rows.iter().enumerate().skip(self.top);
        let row = |(at, example): (usize, &Example)| {
            let line = columns.line(example, at == self.at, ctx);
            if at == self.at {
                line.style(theme.cursor(true))
            } else {
                line
            }
        };
        if body.height > 0 {
            lines::paint(body, buf, rows.map(row).collect());
        }
    }
}

/// Cells of the columns, for a width.
struct Columns {
    caller: usize,
    about: usize,
    /// 0 where there is no room for it.
    id: usize,
}

impl Columns {
    fn new(width: usize, rows: &[Example]) -> Self {
        let free = width.saturating_sub(2 + SORT + TOOK + AGO + 2);
        let longest = |text: fn(&Example) -> &str| {
            let all = rows.iter().map(|row| format::width(text(row)));
            all.max().unwrap_or(0)
        };
        let id = if width >= IDS {
            longest(|row| &row.trace) + 2
        } else {
            0
        };
        let free = free.saturating_sub(id);
        // What was asked for tells rows apart, where there is more than one.
        let has_operations = rows.iter().any(|row| !row.operation.is_empty());
        let most = if has_operations {
            free / 3
        } else {
            free * 2 / 3
        };
        let caller = (longest(|row| &row.caller).max(6) + 2).min(most.min(CALLER));
        Self {
            caller,
            about: free.saturating_sub(caller),
            id,
        }
    }

    fn header(&self, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let text = [
            "  ".to_owned(),
            format::fit("WHICH", SORT, e),
            format::right("TOOK", TOOK, e),
            format::right("AGO", AGO, e),
            "  ".to_owned(),
            format::fit("CALLER", self.caller, e),
            format::fit("WHAT", self.about, e),
            format::fit("TRACE", self.id, e),
        ];
        Line::from(Span::styled(text.concat(), ctx.theme.dim()))
    }

    fn line(&self, example: &Example, is_here: bool, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let at = Timestamp::from_millisecond(example.at_ms).ok();
        let ago = format::age(at.filter(|_| example.at_ms > 0), ctx.now);
        let dot = format!(" {} ", ctx.theme.glyphs.dot);
        let about = [&*example.operation, &*example.about];
        let about = about.into_iter().filter(|part| !part.is_empty());
        let about = about.collect::<Vec<_>>().join(&dot);
        // One cell stays free between columns.
        let column = |text: &str, cells: usize| match cells {
            0 => String::new(),
            _ => format!("{} ", format::fit(text, cells - 1, e)),
        };
        Line::from(vec![
            Span::raw(if is_here { "> " } else { "  " }),
            Span::raw(format::fit(&example.sort, SORT, e)),
            Span::raw(format::right(&format::took(example.took_us), TOOK, e)),
            Span::styled(format::right(&ago, AGO, e), ctx.theme.dim()),
            Span::raw("  "),
            Span::raw(column(&example.caller, self.caller)),
            Span::raw(column(&about, self.about)),
            Span::styled(format::fit(&example.trace, self.id, e), ctx.theme.dim()),
        ])
    }
}
