//! The Sources view: what each sensor is doing, trouble first, with what to do about it.

mod cells;
mod groups;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::lines::{mark, number, paint, wrap};
use crate::model::key::ElementKey;
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::{Answer, Ctx, View};
use cells::{Cells, Columns, interval, source_line, why};
use groups::{Group, groups, health, is_trouble, skew};

/// From this height on the whole text of the row under the cursor is shown.
const WHOLE_FROM: usize = 8;
/// Most lines of it.
const WHOLE_LINES: usize = 4;
/// Parts that the title names before it only counts.
const NAMED: usize = 3;

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RowKey {
    /// A source as a whole.
    Source(Text),
    /// One of its parts.
    Part(SourceKey),
}

/// The Sources view.
#[derive(Clone, Debug, Default)]
pub struct SourcesView {
    cursor: Option<RowKey>,
    /// Where the cursor was: it stays there when its row goes.
    at: usize,
    offset: usize,
    page: usize,
}

/// Everything there is to say about a row.
fn whole(key: &RowKey, groups: &[Group<'_>], ctx: &Ctx<'_>) -> Option<(String, String)> {
    let dot = ctx.theme.glyphs.dot;
    match key {
        RowKey::Source(name) => {
            let group = groups.iter().find(|g| g.name == name)?;
            let address = group.address().map_or("no address", |a| &**a);
            Some((format!("{name} {dot} {address}"), group.summary()))
        }
        RowKey::Part(key) => {
            let status = ctx.model.sources().get(key)?;
            let mut head = format!("{} {}", key.source, place(key));
            if let Some(address) = &status.address {
                head.push_str(&format!(" {dot} {address}"));
            }
            if status.interval_ms.is_some() {
                head.push_str(&format!(" {dot} every {}", interval(status)));
            }
            let at = format::clock(status.at, ctx.zone);
            head.push_str(&format!(" {dot} reported {at}"));
            let mut text = match (why(status, ctx), &status.state) {
                (Some(why), Some(state)) if state.is_trouble() => {
                    format!("{}: {why}; ctrl-r asks now", state.word())
                }
                (Some(why), Some(state)) => format!("{}: {why}", state.word()),
                (_, Some(SourceState::Loading { seen })) => format!(
                    "loading: the first answer is under way, {} objects so far",
                    number(*seen)
                ),
                _ => "live: what is shown is current".to_owned(),
            };
            if let Some(skew) = skew(status) {
                text.push_str(&format!("; {skew}"));
            }
            Some((head, text))
        }
    }
}

/// A part with its namespace.
fn place(key: &SourceKey) -> String {
    match &key.namespace {
        Some(namespace) => format!("{} in {namespace}", key.part),
        None => key.part.to_string(),
    }
}

impl SourcesView {
    /// Finds the cursor among the rows, or puts it where the first trouble is.
    fn place(&mut self, rows: &[RowKey], groups: &[Group<'_>]) {
        let found = self
            .cursor
            .as_ref()
            .and_then(|key| rows.iter().position(|row| row == key));
        self.at = match (found, &self.cursor) {
            (Some(at), _) => at,
            (None, Some(_)) => self.at,
            (None, None) => {
                let trouble = groups.first().and_then(|g| g.parts.first());
                usize::from(trouble.is_some_and(|s| is_trouble(s)))
            }
        }
        .min(rows.len().saturating_sub(1));
        // Without a move the cursor stays on the first trouble, whatever that is.
        if self.cursor.is_some() {
            self.cursor = rows.get(self.at).cloned();
        }
    }

    fn move_to(&mut self, at: usize, rows: &[RowKey]) -> Answer {
        self.at = at.min(rows.len().saturating_sub(1));
        self.cursor = rows.get(self.at).cloned();
        Answer::Done
    }
}

fn rows(groups: &[Group<'_>]) -> Vec<RowKey> {
    let mut rows = Vec::new();
    for group in groups {
        rows.push(RowKey::Source(group.name.clone()));
        rows.extend(group.parts.iter().map(|s| RowKey::Part(s.key.clone())));
    }
    rows
}

impl View for SourcesView {
    fn name(&self) -> &'static str {
        "sources"
    }

    fn letter(&self) -> char {
        's'
    }

    fn has_detail(&self) -> bool {
        false
    }

    fn about(&self) -> &'static str {
        "where the data comes from, what each source is doing, and what to do where one fails"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        let all = ctx.model.sources().len();
        if all == 0 {
            return "nothing has reported yet".to_owned();
        }
        let groups = groups(ctx.model);
        let parts = || groups.iter().flat_map(|g| g.parts.iter());
        let bad: Vec<&&SourceStatus> = parts().filter(|s| is_trouble(s)).collect();
        let loading = parts()
            .filter(|s| s.state.as_ref().is_some_and(SourceState::is_loading))
            .count();
        let mut named: Vec<String> = Vec::new();
        let mut source = None;
        for status in bad.iter().take(NAMED) {
            let word = status.state.as_ref().map_or("", SourceState::word);
            let mut name = format!("{} {word}", place(&status.key));
            // A source is named once, before its parts.
            if source.replace(&status.key.source) != Some(&status.key.source) {
                name = format!("{} {name}", status.key.source);
            }
            named.push(name);
        }
        match (bad.len(), loading) {
            (0, 0) => {
                let live = parts().filter(|s| s.state == Some(SourceState::Live));
                let is_limited =
                    |s: &&&SourceStatus| s.state.as_ref().is_some_and(|s| s.word() == "limited");
                let (live, limited) = (live.count(), parts().filter(is_limited).count());
                let mut said = vec![format!("{live} live")];
                match (limited, all - live - limited) {
                    (0, 0) => return format!("all {all} live"),
                    (0, off) => said.push(format!("{off} off")),
                    (limited, 0) => said.push(format!("{limited} limited")),
                    (limited, off) => said.push(format!("{limited} limited, {off} off")),
                }
                said.join(", ")
            }
            (0, n) => format!("{n} of {all} loading"),
            (n, _) if n <= NAMED => named.join(", "),
            (n, _) => format!("{n} of {all} in trouble: {}, and more", named.join(", ")),
        }
    }

    fn selected(&self) -> Option<ElementKey> {
        None
    }

    fn select(&mut self, _key: &ElementKey, _ctx: &Ctx<'_>) {}

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        let groups = groups(ctx.model);
        let rows = rows(&groups);
        self.place(&rows, &groups);
        let page = self.page.max(2) - 1;
        match verb {
            Verb::Up => self.move_to(self.at.saturating_sub(1), &rows),
            Verb::Down => self.move_to(self.at + 1, &rows),
            Verb::PageUp => self.move_to(self.at.saturating_sub(page), &rows),
            Verb::PageDown => self.move_to(self.at + page, &rows),
            Verb::Top => self.move_to(0, &rows),
            Verb::Bottom => self.move_to(usize::MAX, &rows),
            // Where the screen is too low for the whole text, this still says it.
            Verb::Enter => match rows.get(self.at).and_then(|key| whole(key, &groups, ctx)) {
                Some((_, text)) => Answer::Say(text),
                None => Answer::Ignored,
            },
            _ => Answer::Ignored,
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let groups = groups(ctx.model);
        let rows = rows(&groups);
        self.place(&rows, &groups);
        let e = ctx.theme.glyphs.ellipsis;
        if rows.is_empty() {
            let text = "no source has reported yet: the first connection is being made";
            let lines = wrap(text, width.saturating_sub(2), height, e);
            let lines = lines.iter().map(|l| Line::raw(format!(" {l}"))).collect();
            paint(area, buf, lines);
            return;
        }
        let mut below: Vec<Line<'static>> = Vec::new();
        if height >= WHOLE_FROM
            && let Some((head, text)) = rows.get(self.at).and_then(|key| whole(key, &groups, ctx))
        {
            let rule = ctx.theme.glyphs.horizontal;
            let head = format::fit(&format!("{rule}{rule} {head} "), width, e);
            let blanks = format::width(&head) - format::width(head.trim_end());
            let mut head = head.trim_end().to_owned();
            if blanks > 0 {
                head.push(' ');
                head.push_str(&rule.repeat(blanks - 1));
            }
            below.push(Line::styled(head, ctx.theme.dim()));
            for line in wrap(&text, width.saturating_sub(2), WHOLE_LINES, e) {
                below.push(Line::raw(format!(" {line}")));
            }
        }
        let columns = Columns::new(area.width, &groups, ctx);
        let mut lines = Vec::new();
        if height > 2 {
            let head = columns.line(' ', &Cells::head(), ctx.theme.dim(), ctx);
            lines.push(head.patch_style(ctx.theme.dim()));
        }
        self.page = height.saturating_sub(lines.len() + below.len()).max(1);
        self.offset = self
            .offset
            .min(rows.len().saturating_sub(self.page))
            .min(self.at)
            .max((self.at + 1).saturating_sub(self.page));
        let shown = rows.iter().enumerate().skip(self.offset).take(self.page);
        // One dead server is one cause, and its parts say it once.
        let mut above = String::new();
        for (index, key) in shown {
            let line = match key {
                RowKey::Source(name) => match groups.iter().find(|g| g.name == name) {
                    Some(group) => source_line(group, width, ctx),
                    None => Line::default(),
                },
                RowKey::Part(key) => {
                    let group = groups.iter().find(|g| *g.name == key.source);
                    match (group, ctx.model.sources().get(key)) {
                        (Some(group), Some(status)) => {
                            let style = ctx.theme.health(health(status));
                            let mut cells = Cells::of(status, group, ctx);
                            if !above.is_empty() && cells.why == above {
                                "as above".clone_into(&mut cells.why);
                            } else {
                                above.clone_from(&cells.why);
                            }
                            columns.line(health(status).sign(), &cells, style, ctx)
                        }
                        _ => Line::default(),
                    }
                }
            };
            lines.push(if index == self.at {
                mark(line).patch_style(ctx.theme.cursor(focused))
            } else {
                line
            });
        }
        lines.resize(height.saturating_sub(below.len()), Line::default());
        lines.extend(below);
        paint(area, buf, lines);
    }
}

#[cfg(test)]
mod tests;
