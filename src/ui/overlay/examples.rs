//! Which trace of an operation to look at: the slowest, the last that failed, the last of an exception.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::border_set;
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::views::lines;

/// One trace that can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its id.
    pub trace: Text,
    /// Of what it is an example.
    pub of: String,
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

    /// Answers a verb, with what was chosen by it.
    pub fn act(&mut self, verb: Verb) -> Option<Example> {
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
            let of = format!("{}: {}", self.of, example.of);
            let trace = example.trace.clone();
            Some(Example { trace, of })
        };
        (verb == Verb::Accept).then(chosen).flatten()
    }

    /// Draws the choice over the whole body.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        Clear.render(area, buf);
        let block = Block::bordered()
            .border_set(border_set(theme))
            .border_style(theme.border(true))
            .title(format!(
                " Traces of {} {} esc closes ",
                self.of, theme.glyphs.dot
            ));
        let inside = block.inner(area);
        block.render(area, buf);
        self.height = usize::from(inside.height);
        self.top = self.top.min(self.at);
        self.top = self.top.max((self.at + 1).saturating_sub(self.height));
        let cells = usize::from(inside.width);
        let e = theme.glyphs.ellipsis;
        let rows = self.rows.iter().enumerate().skip(self.top);
        let row = |(at, example): (usize, &Example)| {
            let mark = if at == self.at { ">" } else { " " };
            let id = cells.saturating_sub(40).min(34);
            let of = cells.saturating_sub(id + 3);
            let line = Line::from(vec![
                Span::raw(format!("{mark} {} ", format::fit(&example.of, of, e))),
                Span::styled(format::fit(&example.trace, id, e), theme.dim()),
            ]);
            if at == self.at {
                line.style(theme.cursor(true))
            } else {
                line
            }
        };
        lines::paint(inside, buf, rows.map(row).collect());
    }
}
