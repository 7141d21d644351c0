//! The Events view: the log, newest at the bottom, followed until a person moves up. Also the tail below
//! other views.
//!
//! While it is followed it shows the log as it is. While it is paused nothing on screen moves: the log
//! takes a repeated line away from its old place, so a paused view keeps what it had and only adds.

mod cells;
mod empty;
mod rows;

use std::collections::HashMap;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::lines::{mark, number, paint, wrap};
use crate::model::key::ElementKey;
use crate::model::log::{Entry, Past};
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::{Answer, Ask, Ctx, View};
use cells::{Columns, WIDE, several};
use empty::{empty, event_sources, lines};
use rows::{Row, Sight, divided, in_choice, newer, passes, rows};

/// From this height on a cut line under the cursor is shown whole, in the last lines.
const WHOLE_FROM: usize = 8;
/// Most lines of it.
const WHOLE_LINES: usize = 3;
/// A paused view keeps at most this many times what the log keeps.
const HELD_LIMIT: usize = 2;

/// The log as a list.
#[derive(Clone, Debug)]
pub struct EventsView {
    /// Under another view: no dividers, no whole texts.
    tail: bool,
    following: bool,
    merging: bool,
    entries: Vec<Entry>,
    rows: Vec<Row>,
    sight: Option<Sight>,
    /// The log's revision that the entries are of.
    told: u64,
    /// The log's revision when following was paused: what is later is new.
    held: u64,
    /// The entry under the cursor, as it was when the cursor came to it.
    cursor: Option<Entry>,
    /// The cursor's row on screen: it stays there whatever comes.
    line: usize,
    /// Rows on screen.
    page: usize,
}

impl Default for EventsView {
    fn default() -> Self {
        Self::new()
    }
}

impl EventsView {
    /// The view.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tail: false,
            following: true,
            merging: false,
            entries: Vec::new(),
            rows: Vec::new(),
            sight: None,
            told: 0,
            held: 0,
            cursor: None,
            line: 0,
            page: 0,
        }
    }

    /// The few lines under another view.
    #[must_use]
    pub const fn tail() -> Self {
        let mut view = Self::new();
        view.tail = true;
        view
    }

    /// Whether it follows the end of the log.
    #[must_use]
    pub const fn is_following(&self) -> bool {
        self.following
    }

    fn sync(&mut self, ctx: &Ctx<'_>) {
        let revision = ctx.log.revision();
        let sight = Sight::of(ctx, self.merging);
        let same = self.sight.as_ref() == Some(&sight);
        if same && revision == self.told {
            return;
        }
        let limit = (ctx.log.entries().len() + 1) * HELD_LIMIT;
        let add = same && !self.following && revision > self.told && self.entries.len() < limit;
        if add {
            for entry in newer(ctx.log, self.told).filter(|e| passes(e, ctx)) {
                let at = self.entries.partition_point(|e| e.at <= entry.at);
                self.entries.insert(at, entry.clone());
            }
        } else {
            // Only what is new is asked whether it passes.
            let told = if same && revision > self.told {
                self.told
            } else {
                0
            };
            let old = std::mem::take(&mut self.entries);
            let mut old: HashMap<u64, Entry> = old.into_iter().map(|e| (e.id, e)).collect();
            let all = ctx.log.entries();
            self.entries = all
                .filter_map(|e| match e.id {
                    id if id <= told => old.remove(&id),
                    _ => passes(e, ctx).then(|| e.clone()),
                })
                .collect();
        }
        self.told = revision;
        self.rows = rows(&self.entries, &sight);
        if !self.tail {
            self.rows = divided(std::mem::take(&mut self.rows), &self.entries, &sight);
        }
        self.sight = Some(sight);
        let at = if self.following { None } else { self.at() };
        self.put(at.unwrap_or(usize::MAX));
    }

    fn entry(&self, row: usize) -> Option<&Entry> {
        match self.rows.get(row)? {
            Row::Entry { at, .. } => self.entries.get(*at),
            Row::Divider(_) => None,
        }
    }

    /// The row of the cursor's entry, or of the last one before it.
    fn at(&self) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        let last = |fits: &dyn Fn(&Entry) -> bool| {
            (0..self.rows.len())
                .rev()
                .find(|row| self.entry(*row).is_some_and(fits))
        };
        last(&|e| e.id == cursor.id)
            .or_else(|| last(&|e| e.at <= cursor.at))
            .or_else(|| (0..self.rows.len()).find(|row| self.entry(*row).is_some()))
    }

    /// Puts the cursor on the last entry at or above a row, or the first one below.
    fn put(&mut self, row: usize) {
        let end = row.saturating_add(1).min(self.rows.len());
        let found = (0..end)
            .rev()
            .chain(end..self.rows.len())
            .find_map(|row| self.entry(row));
        self.cursor = found.cloned();
    }

    fn pause(&mut self) {
        if self.following {
            self.following = false;
            self.held = self.told;
        }
    }

    fn follow(&mut self, ctx: &Ctx<'_>) {
        self.following = true;
        // What was kept while paused is made anew from the log.
        self.sight = None;
        self.sync(ctx);
    }

    fn up(&mut self, by: usize) {
        let Some(at) = self.at() else { return };
        self.pause();
        let to = at.saturating_sub(by);
        let first = (0..at).find(|row| self.entry(*row).is_some());
        let to = (0..=to).rev().find(|row| self.entry(*row).is_some());
        match to.or(first) {
            Some(row) => {
                self.line = self.line.saturating_sub(at - row);
                self.put(row);
                if Some(row) == first {
                    // A divider above the first entry is seen too.
                    self.line = row;
                }
            }
            None => self.line = at,
        }
    }

    fn down(&mut self, by: usize, ctx: &Ctx<'_>) {
        let Some(at) = self.at() else { return };
        let below = |row: &usize| self.entry(*row).is_some();
        let far = at.saturating_add(by).min(self.rows.len());
        let to = (far..self.rows.len())
            .find(below)
            .or_else(|| (at + 1..self.rows.len()).rev().find(below));
        match to {
            Some(row) => {
                self.line += row - at;
                self.put(row);
            }
            // Down from the last line is on to what comes.
            None => self.follow(ctx),
        }
    }

    /// Puts the cursor on what was told last before a time, and says how long before.
    fn at_time(&mut self, time: Timestamp, ctx: &Ctx<'_>) -> Answer {
        self.sync(ctx);
        let clock = format::clock(time, ctx.zone);
        let before = |row: &usize| self.entry(*row).is_some_and(|e| e.at <= time);
        let Some(row) = (0..self.rows.len()).rev().find(before) else {
            return Answer::Say(format!("the log has nothing from {clock} or before"));
        };
        self.pause();
        self.line = self.page / 2;
        self.put(row);
        let told = self.cursor.as_ref().map_or(time, |entry| entry.at);
        let seconds = time.as_second() - told.as_second();
        let ago = match seconds {
            0 => "of that second".to_owned(),
            seconds => format!("of {} before", format::seconds(seconds)),
        };
        Answer::Say(format!(
            "the log at {clock}: the line under the cursor is {ago}"
        ))
    }

    fn is_fresh(&self, ctx: &Ctx<'_>) -> bool {
        self.told == ctx.log.revision()
            && self.sight.as_ref() == Some(&Sight::of(ctx, self.merging))
    }

    /// How many lines there are: `12 lines`, or `3 of 12 lines` where something is left out.
    fn amount(&self, ctx: &Ctx<'_>) -> Option<String> {
        let passing = if self.is_fresh(ctx) {
            self.entries.len()
        } else {
            ctx.log.entries().filter(|e| passes(e, ctx)).count()
        };
        let all = ctx.log.entries().filter(|e| in_choice(e, ctx)).count();
        match all {
            0 => None,
            _ if ctx.filter.is_empty() && !ctx.only_broken => Some(lines(passing)),
            all => Some(format!("{} of {}", number(passing as u64), lines(all))),
        }
    }

    /// How many lines came below the cursor since following was paused.
    fn new_below(&self, ctx: &Ctx<'_>) -> usize {
        let seen = self.cursor.as_ref().map_or(0, |c| c.id).max(self.held);
        if self.is_fresh(ctx) {
            return self.entries.iter().filter(|e| e.id > seen).count();
        }
        newer(ctx.log, seen).filter(|e| passes(e, ctx)).count()
    }

    /// The whole text of the cursor's entry, where the list shows only a part.
    fn whole(&self, columns: &Columns, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
        let (Some(entry), false) = (&self.cursor, self.tail || self.following) else {
            return Vec::new();
        };
        let others = self.at().and_then(|row| match self.rows.get(row) {
            Some(Row::Entry { others, .. }) => Some(*others),
            _ => None,
        });
        let cells = columns.cells(entry, others.unwrap_or(0), self.tail, ctx);
        if format::width(&cells.text) <= columns.text(&cells)
            && format::width(&cells.name) <= columns.name
        {
            return Vec::new();
        }
        let theme = ctx.theme;
        let mut head = format!("{0}{0} {1}", theme.glyphs.horizontal, entry.origin.word());
        let dot = theme.glyphs.dot;
        head.push_str(&format!(" {dot} {}", cells.full_name));
        if entry.count > 1 {
            head.push_str(&format!(" {dot} {} times", entry.count));
        }
        match entry.past {
            Some(Past::BeforeStart) => head.push_str(&format!(" {dot} before the start")),
            Some(Past::WhileDisconnected) => {
                head.push_str(&format!(" {dot} at some time while disconnected"));
            }
            None => {}
        }
        head.push(' ');
        let width = columns.width;
        let rest = width.saturating_sub(format::width(&head));
        head.push_str(&theme.glyphs.horizontal.repeat(rest));
        let room = width.saturating_sub(2);
        let mut lines = vec![Line::styled(head, theme.dim())];
        for text in wrap(&entry.text, room, WHOLE_LINES, theme.glyphs.ellipsis) {
            let style = theme.severity(entry.severity);
            lines.push(Line::styled(format!(" {text}"), style));
        }
        lines
    }

    fn draw_row(&self, row: usize, columns: &Columns, ctx: &Ctx<'_>) -> Line<'static> {
        match self.rows.get(row) {
            Some(Row::Entry { at, others }) => match self.entries.get(*at) {
                Some(entry) => columns.line(entry, *others, self.tail, ctx),
                None => Line::default(),
            },
            Some(Row::Divider(text)) => {
                let rule = ctx.theme.glyphs.horizontal;
                let mut line = format!("{rule}{rule} {text} ");
                let rest = columns.width.saturating_sub(format::width(&line));
                line.push_str(&rule.repeat(rest));
                Line::styled(line, ctx.theme.dim())
            }
            None => Line::default(),
        }
    }
}

impl View for EventsView {
    fn name(&self) -> &'static str {
        "events"
    }

    fn letter(&self) -> char {
        'e'
    }

    fn has_detail(&self) -> bool {
        false
    }

    fn about(&self) -> &'static str {
        "what happened: Kubernetes events, changes of the model and of the traces, what Portolan did"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        let count = |n: u64, word: &str| format!("{} {word}", number(n));
        let mut parts = Vec::new();
        if !self.tail {
            parts.push(ctx.choice.to_string());
        }
        parts.push(match self.new_below(ctx) {
            _ if self.following => "following".to_owned(),
            0 => "paused".to_owned(),
            n => format!("paused, {} below", count(n as u64, "new")),
        });
        if !self.tail {
            parts.extend(self.amount(ctx));
        }
        if ctx.only_broken {
            parts.push("warnings only".to_owned());
        }
        if !ctx.filter.is_empty() {
            parts.push(format!("filter {}", ctx.filter.source()));
        }
        if self.merging {
            parts.push("one line per element and minute".to_owned());
        }
        if ctx.log.folded() > 0 {
            parts.push(count(ctx.log.folded(), "folded"));
        }
        if ctx.log.dropped() > 0 {
            parts.push(count(ctx.log.dropped(), "dropped"));
        }
        for status in event_sources(ctx) {
            if let Some(state) = status.state.as_ref().filter(|s| s.is_trouble()) {
                parts.push(format!("k8s {} {}", status.key.part, state.word()));
                break;
            }
        }
        parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
    }

    fn selected(&self) -> Option<ElementKey> {
        self.cursor.as_ref()?.subject.clone()
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        self.sync(ctx);
        let about = |entry: &Entry| {
            entry.subject.as_ref().is_some_and(|subject| {
                subject == key
                    || matches!(key, ElementKey::Type(of) if ctx.model.type_of(subject).as_ref() == Some(of))
            })
        };
        let found = (0..self.rows.len())
            .rev()
            .find(|row| self.entry(*row).is_some_and(about));
        let last = (0..self.rows.len())
            .rev()
            .find(|row| self.entry(*row).is_some());
        if let Some(row) = found
            && found != last
        {
            self.pause();
            self.line = self.page / 2;
            self.put(row);
        }
    }

    fn ask(&mut self, ask: Ask, ctx: &Ctx<'_>) -> Answer {
        match ask {
            Ask::At(time) => self.at_time(time, ctx),
            _ => Answer::Ignored,
        }
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.sync(ctx);
        let page = self.page.max(2) - 1;
        match verb {
            Verb::Up => self.up(1),
            Verb::Down => self.down(1, ctx),
            Verb::PageUp => self.up(page),
            Verb::PageDown => self.down(page, ctx),
            Verb::Top => self.up(usize::MAX),
            Verb::Follow if self.following => self.pause(),
            Verb::Follow | Verb::Bottom => self.follow(ctx),
            Verb::FoldRepeats => {
                self.merging = !self.merging;
                self.sync(ctx);
            }
            Verb::Enter => {
                let Some(cursor) = &self.cursor else {
                    return Answer::Ignored;
                };
                let there = |key: &ElementKey| ctx.model.get(key).is_some();
                return match cursor.subject.clone().filter(there) {
                    Some(key) => Answer::Show { view: "tree", key },
                    None => Answer::Say(
                        "this line is about nothing that is in the model any more".to_owned(),
                    ),
                };
            }
            _ => return Answer::Ignored,
        }
        Answer::Done
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        self.sync(ctx);
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let height = usize::from(area.height);
        let mut lines = Vec::new();
        if self.rows.is_empty() {
            let room = usize::from(area.width).saturating_sub(2);
            for sentence in empty(ctx) {
                for text in wrap(&sentence, room, height, ctx.theme.glyphs.ellipsis) {
                    lines.push(Line::styled(format!(" {text}"), ctx.theme.text()));
                }
            }
            paint(area, buf, lines);
            return;
        }
        let wide = usize::from(area.width) >= WIDE;
        let columns = Columns::new(area.width, self.longest(wide, ctx));
        let whole = if height >= WHOLE_FROM {
            self.whole(&columns, ctx)
        } else {
            Vec::new()
        };
        self.page = height - whole.len();
        let at = self.at().unwrap_or(0);
        let last = self.rows.len().saturating_sub(self.page);
        self.line = self.line.min(self.page - 1);
        let top = if self.following {
            last
        } else {
            at.saturating_sub(self.line).min(last)
        };
        self.line = at.saturating_sub(top);
        let end = (top + self.page).min(self.rows.len());
        for row in top..end {
            let mut line = self.draw_row(row, &columns, ctx);
            if row == at && (focused || !self.tail) {
                line = mark(line).patch_style(ctx.theme.cursor(focused));
            }
            lines.push(line);
        }
        lines.resize(self.page, Line::default());
        lines.extend(whole);
        paint(area, buf, lines);
    }
}

impl EventsView {
    /// The width of the longest name on screen or near it, so that columns seldom move.
    fn longest(&self, wide: bool, ctx: &Ctx<'_>) -> usize {
        let full = wide && several(ctx.choice);
        let width = |e: &Entry| {
            let namespace = e.namespace.as_ref().filter(|n| full && **n != e.name);
            format::width(&e.name) + namespace.map_or(0, |n| format::width(n) + 1)
        };
        let near = self.page.max(16) * 4;
        let at = self.at().unwrap_or(0);
        (at.saturating_sub(near)..at + near)
            .filter_map(|row| self.entry(row))
            .map(width)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
