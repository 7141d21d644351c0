//! The namespace switcher: type to find, mark several, pick; where listing is forbidden, pick as typed.

mod cells;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::border_set;
use crate::model::Model;
use crate::model::observation::NamespaceChoice;
use crate::model::source::SourceState;
use crate::model::text::{self, Text};
use crate::ui::Ctx;
use crate::ui::action::Verb;
use crate::ui::views::lines::{loading, mark, paint, wrap};
use cells::Columns;
use names::{Known, fit, known};

/// Widest box.
const WIDTH: u16 = 76;
/// Most lines that say why no names are known.
const WHY_LINES: usize = 3;

/// What the switcher answers to a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitcherAnswer {
    /// It stays open.
    Stay,
    /// It closes, and nothing changes.
    Close,
    /// It closes, and these are chosen.
    Pick(NamespaceChoice),
}

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    All,
    Named(Text),
    /// As typed; nothing of that name is listed.
    Typed(Text),
}

impl Row {
    const fn name(&self) -> Option<&Text> {
        match self {
            Self::All => None,
            Self::Named(name) | Self::Typed(name) => Some(name),
        }
    }
}

/// The namespace switcher.
#[derive(Clone, Debug)]
pub struct NamespaceSwitcher {
    current: NamespaceChoice,
    recent: Vec<Text>,
    listed: BTreeMap<Text, Known>,
    marked: BTreeSet<Text>,
    typed: String,
    rows: Vec<Row>,
    at: usize,
    offset: usize,
    page: usize,
    /// The most rows that there were.
    tallest: usize,
}

impl NamespaceSwitcher {
    /// An open switcher, with the cursor on what is chosen; `recent` is the latest first.
    #[must_use]
    pub fn new(model: &Model, choice: &NamespaceChoice, recent: &[Text]) -> Self {
        let mut switcher = Self {
            current: choice.clone(),
            recent: recent.to_vec(),
            listed: BTreeMap::new(),
            marked: BTreeSet::new(),
            typed: String::new(),
            rows: Vec::new(),
            at: 0,
            offset: 0,
            page: 1,
            tallest: 0,
        };
        switcher.refresh(model);
        let chosen = switcher
            .rows
            .iter()
            .position(|row| switcher.is_current(row));
        switcher.at = chosen.unwrap_or(0);
        switcher
    }

    /// Takes in what the model knows now; the cursor stays on its row.
    pub fn refresh(&mut self, model: &Model) {
        self.listed = known(model);
        let under = self.rows.get(self.at).cloned();
        self.arrange();
        let found = under.and_then(|under| {
            let same = |row: &Row| row.name() == under.name();
            self.rows.iter().position(same)
        });
        self.at = found
            .unwrap_or(self.at)
            .min(self.rows.len().saturating_sub(1));
    }

    /// Types a character.
    pub fn input(&mut self, typed: char) {
        let typed = typed.to_ascii_lowercase();
        if !text::is_hostile(typed)
            && typed != ' '
            && self.typed.chars().count() < text::LABEL_LIMIT
        {
            self.typed.push(typed);
            self.arrange();
            self.at = 0;
        }
    }

    /// Takes the last typed character back.
    pub fn erase(&mut self) {
        self.typed.pop();
        self.arrange();
        self.at = 0;
    }

    /// The text that was typed.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Answers a verb.
    pub fn act(&mut self, verb: Verb) -> SwitcherAnswer {
        let last = self.rows.len().saturating_sub(1);
        let page = self.page.max(2) - 1;
        self.at = match verb {
            Verb::Up => self.at.saturating_sub(1),
            Verb::Down => (self.at + 1).min(last),
            Verb::PageUp => self.at.saturating_sub(page),
            Verb::PageDown => (self.at + page).min(last),
            Verb::Top => 0,
            Verb::Bottom => last,
            Verb::Mark => {
                self.mark();
                self.at
            }
            Verb::Complete => {
                self.complete();
                self.at
            }
            Verb::Accept | Verb::Enter => return self.pick(),
            _ => self.at,
        };
        SwitcherAnswer::Stay
    }

    fn mark(&mut self) {
        match self.rows.get(self.at).cloned() {
            Some(Row::Named(name) | Row::Typed(name)) => {
                if !self.marked.remove(&name) {
                    self.marked.insert(name.clone());
                }
                if !self.typed.is_empty() {
                    // The next one is typed from its beginning.
                    self.typed.clear();
                    self.arrange();
                    let found = self.rows.iter().position(|row| row.name() == Some(&name));
                    self.at = found.unwrap_or(0);
                }
            }
            Some(Row::All) => self.marked.clear(),
            None => {}
        }
    }

    /// Takes the name under the cursor over into the prompt.
    fn complete(&mut self) {
        if let Some(name) = self.rows.get(self.at).and_then(Row::name).cloned() {
            name.as_ref().clone_into(&mut self.typed);
            self.arrange();
            self.at = 0;
        }
    }

    fn pick(&self) -> SwitcherAnswer {
        let choice = if self.marked.is_empty() {
            match self.rows.get(self.at) {
                Some(Row::All) => NamespaceChoice::All,
                Some(Row::Named(name) | Row::Typed(name)) => {
                    NamespaceChoice::Only([name.clone()].into())
                }
                None => return SwitcherAnswer::Stay,
            }
        } else {
            NamespaceChoice::Only(self.marked.clone())
        };
        if choice == self.current {
            SwitcherAnswer::Close
        } else {
            SwitcherAnswer::Pick(choice)
        }
    }

    fn is_current(&self, row: &Row) -> bool {
        match (&self.current, row.name()) {
            (NamespaceChoice::All, None) => true,
            (NamespaceChoice::Only(names), Some(name)) => names.contains(name),
            _ => false,
        }
    }

    /// Names in their order: recent ones, then the rest, and what is chosen or marked without being listed.
    fn names(&self) -> Vec<Text> {
        let mut names: Vec<Text> = Vec::new();
        let chosen = match &self.current {
            NamespaceChoice::All => None,
            NamespaceChoice::Only(names) => Some(names.iter()),
        };
        let rest: BTreeSet<&Text> = self
            .listed
            .keys()
            .chain(&self.marked)
            .chain(chosen.into_iter().flatten())
            .collect();
        for name in self.recent.iter().chain(rest) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The rows that fit what is typed, best first.
    fn arrange(&mut self) {
        let names = self.names();
        if self.typed.is_empty() {
            let named = names.into_iter().map(Row::Named);
            self.rows = std::iter::once(Row::All).chain(named).collect();
            return;
        }
        let mut found: Vec<(u8, Row)> = Vec::new();
        if let Some(fit) = fit("all namespaces", &self.typed).filter(|fit| *fit <= 1) {
            // A namespace of that name comes first.
            found.push((fit + 1, Row::All));
        }
        for name in &names {
            found.extend(fit(name, &self.typed).map(|fit| (fit, Row::Named(name.clone()))));
        }
        // The order within one degree stays that of the names.
        found.sort_by_key(|(fit, _)| *fit);
        self.rows = found.into_iter().map(|(_, row)| row).collect();
        if text::is_label(&self.typed) && !names.iter().any(|n| **n == *self.typed) {
            self.rows.push(Row::Typed(text::name(&self.typed)));
        }
    }

    /// Draws itself in the middle of the screen.
    pub fn draw(&mut self, screen: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let screen = screen.intersection(buf.area);
        let width = screen.width.min(WIDTH);
        let inner_width = usize::from(width.saturating_sub(2));
        let why = Self::why(inner_width, ctx);
        // Two borders, the prompt, the heading. Typing does not make it smaller: a box that moves is hard to read.
        self.tallest = self.tallest.max(self.rows.len()).max(2);
        let wanted = self.tallest + why.len() + 4;
        let height = u16::try_from(wanted).unwrap_or(u16::MAX);
        let height = height.min(screen.height);
        let area = Rect {
            x: screen.x + (screen.width - width) / 2,
            y: screen.y + (screen.height - height) / 2,
            width,
            height,
        };
        if area.is_empty() {
            return;
        }
        Clear.render(area, buf);
        let inner = if area.width < 3 || area.height < 5 {
            area
        } else {
            let block = self.block(ctx);
            let inner = block.inner(area);
            block.render(area, buf);
            inner
        };
        let mut lines = vec![self.prompt(ctx)];
        let room = usize::from(inner.height);
        let columns = Columns::new(usize::from(inner.width), &self.rows);
        if room > 2 {
            lines.push(columns.head(ctx).patch_style(ctx.theme.dim()));
        }
        let free = room.saturating_sub(lines.len());
        let why: Vec<_> = why.into_iter().take(free.saturating_sub(2)).collect();
        self.page = (free - why.len()).max(1);
        self.offset = self
            .offset
            .min(self.rows.len().saturating_sub(self.page))
            .min(self.at)
            .max((self.at + 1).saturating_sub(self.page));
        if self.rows.is_empty() {
            let room = inner_width.saturating_sub(2);
            for text in wrap(&self.nothing(), room, self.page, ctx.theme.glyphs.ellipsis) {
                lines.push(Line::raw(format!(" {text}")));
            }
        }
        let rows = self.rows.iter().enumerate();
        for (index, row) in rows.skip(self.offset).take(self.page) {
            let line = self.row(row, &columns, ctx);
            lines.push(if index == self.at {
                mark(line).patch_style(ctx.theme.cursor(true))
            } else {
                line
            });
        }
        lines.resize(room.saturating_sub(why.len()), Line::default());
        lines.extend(why);
        paint(inner, buf, lines);
    }

    fn block(&self, ctx: &Ctx<'_>) -> Block<'static> {
        let glyphs = ctx.theme.glyphs;
        let title = if self.marked.is_empty() && self.listed.is_empty() {
            " Namespaces ".to_owned()
        } else if self.marked.is_empty() {
            format!(" Namespaces {} {} ", glyphs.dot, self.listed.len())
        } else {
            let marked = NamespaceChoice::Only(self.marked.clone());
            let count = self.marked.len();
            format!(" Namespaces {} {count} marked: {marked} ", glyphs.dot)
        };
        Block::bordered()
            .border_set(border_set(ctx.theme))
            .border_style(ctx.theme.border(true))
            .title(Span::styled(title, ctx.theme.heading()))
    }

    fn prompt(&self, ctx: &Ctx<'_>) -> Line<'static> {
        Line::from(vec![
            Span::styled(" find ", ctx.theme.dim()),
            Span::raw(self.typed.clone()),
            Span::styled(" ", ctx.theme.cursor(true)),
        ])
    }

    fn row(&self, row: &Row, columns: &Columns, ctx: &Ctx<'_>) -> Line<'static> {
        let name = match row {
            Row::All => "all namespaces".to_owned(),
            Row::Named(name) | Row::Typed(name) => name.to_string(),
        };
        let sign = match row.name() {
            Some(name) if self.marked.contains(name) => 'x',
            _ if self.is_current(row) => '*',
            _ => ' ',
        };
        let known = row.name().and_then(|name| self.listed.get(name));
        let note = match (row, known) {
            (Row::Typed(_), _) => "(typed; not listed)".to_owned(),
            (Row::Named(_), None) => "(not listed)".to_owned(),
            (Row::Named(_), Some(known)) if known.terminating => "is being deleted".to_owned(),
            (Row::Named(name), Some(_)) if self.recent.contains(name) => "recent".to_owned(),
            _ => String::new(),
        };
        columns.line(sign, &name, known, &note, ctx)
    }

    /// Why names may be missing: the list of namespaces is not there, or not yet.
    fn why(width: usize, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
        let status = ctx.model.sources().values().find(|status| {
            &*status.key.source == "kubernetes" && &*status.key.part == "namespaces"
        });
        let said = match status.and_then(|s| s.state.as_ref()) {
            Some(SourceState::Loading { seen }) => {
                format!("namespaces: {}", loading(*seen, ctx.theme))
            }
            Some(SourceState::Waiting { what }) => format!("namespaces: waiting for {what}"),
            Some(SourceState::Forbidden { what: why }) => {
                format!("a name can be typed: listing namespaces is forbidden. {why}")
            }
            Some(
                SourceState::Absent { what: why }
                | SourceState::Failed { cause: why }
                | SourceState::Off { hint: why },
            ) => {
                format!("a name can be typed: namespaces are not listed. {why}")
            }
            Some(SourceState::Stale { cause: why, .. }) => {
                format!("this list may be old: {why}")
            }
            Some(SourceState::Live | SourceState::Limited { .. }) | None => return Vec::new(),
        };
        let e = ctx.theme.glyphs.ellipsis;
        wrap(&said, width.saturating_sub(2), WHY_LINES, e)
            .into_iter()
            .map(|line| Line::styled(format!(" {line}"), ctx.theme.warning()))
            .collect()
    }

    /// What stands where no row does: only what cannot be a name leaves none.
    fn nothing(&self) -> String {
        format!(
            "no namespace is like {0}, and none can be named so: use a-z, 0-9 and -",
            self.typed
        )
    }
}

#[cfg(test)]
mod tests;
