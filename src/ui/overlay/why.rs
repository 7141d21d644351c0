//! The page that answers "why?": who a name is, by which rule, and why something is not known.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::why::{self, Why};
use crate::ui::Ctx;
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::views::lines;

/// Most lines of one reason.
const WRAPPED: usize = 12;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A name.
    Name(String),
    /// The element that was selected.
    Element(ElementKey),
}

impl Asked {
    /// The answer as of now.
    #[must_use]
    pub fn answer(&self, model: &Model, choice: &NamespaceChoice) -> Why {
        match self {
            Self::Name(name) => model.why(name, choice),
            Self::Element(key) => model.why_of(key, choice),
        }
    }
}

/// An open page.
#[derive(Clone, Debug)]
pub struct WhyPage {
    asked: Asked,
    offset: u16,
    /// The answer, and the revisions of the model that it is of.
    known: Option<((u64, u64), Why)>,
}

impl WhyPage {
    /// A page for what was asked.
    #[must_use]
    pub const fn new(asked: Asked) -> Self {
        Self {
            asked,
            offset: 0,
            known: None,
        }
    }

    /// Moves the page by lines.
    pub fn scroll(&mut self, by: i16) {
        self.offset = self.offset.saturating_add_signed(by);
    }

    /// Draws the page over the whole body.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let theme = ctx.theme;
        let revisions = (ctx.model.telemetry_revision(), ctx.model.status_revision());
        if self.known.as_ref().is_none_or(|(of, _)| *of != revisions) {
            let answer = self.asked.answer(ctx.model, ctx.choice);
            self.known = Some((revisions, answer));
        }
        let room = usize::from(area.width.saturating_sub(4));
        let known = self.known.as_ref().map(|(_, why)| why);
        let lines: Vec<Line<'static>> = known
            .into_iter()
            .flat_map(Why::lines)
            .flat_map(|line| styled(&line, room, theme))
            .collect();
        super::scrolled("Why", lines, &mut self.offset, area, buf, theme);
    }
}

/// One line of the answer as lines of the screen.
fn styled(line: &why::Line, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let (text, first, style): (&str, &str, Style) = match line {
        why::Line::Title(text) => (text, " ", theme.heading()),
        why::Line::Reason(text) => (text, "  ", Style::new()),
        why::Line::Todo(text) => (text, "    do: ", theme.accent()),
        why::Line::Configuration(text) => (text, "        ", theme.key()),
        why::Line::Blank => return vec![Line::default()],
    };
    let indent = format::width(first);
    let wrapped = lines::wrap(
        text,
        room.saturating_sub(indent),
        WRAPPED,
        theme.glyphs.ellipsis,
    );
    let each = wrapped.into_iter().enumerate().map(|(index, text)| {
        let before = if index == 0 {
            first.to_owned()
        } else {
            " ".repeat(indent)
        };
        Line::from(vec![Span::raw(before), Span::styled(text, style)])
    });
    each.collect()
}
