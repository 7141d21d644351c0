//! The Events view: the log, newest at the bottom, followed until a person moves up. Also the tail below
//! other views.
//!
//! While it is followed it shows the log as it is. While it is paused nothing on screen moves: the log
//! takes a repeated line away from its old place, so a paused view keeps what it had and only adds.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::sources;
use crate::model::key::ElementKey;
use crate::model::log::{Entry, Log, Past, Severity};
use crate::model::observation::NamespaceChoice;
use crate::model::source::{SourceState, SourceStatus};
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::{Answer, Ctx, View};

/// From this width on there is room for blanks between columns and for namespaces.
const WIDE: usize = 100;
/// From this height on a cut line under the cursor is shown whole, in the last lines.
const WHOLE_FROM: usize = 8;
/// Most lines of it.
const WHOLE_LINES: usize = 3;
/// A paused view keeps at most this many times what the log keeps.
const HELD_LIMIT: usize = 2;

/// What the kept lines hang on, besides the log.
#[derive(Clone, Debug, PartialEq)]
struct Sight {
    context: String,
    filter: String,
    choice: NamespaceChoice,
    only_broken: bool,
    merging: bool,
    zone: TimeZone,
    today: Date,
}

impl Sight {
    fn of(ctx: &Ctx<'_>, merging: bool) -> Self {
        Self {
            context: ctx.model.context().to_string(),
            filter: ctx.filter.source().to_owned(),
            choice: ctx.choice.clone(),
            only_broken: ctx.only_broken,
            merging,
            zone: ctx.zone.clone(),
            today: ctx.now.to_zoned(ctx.zone.clone()).date(),
        }
    }
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// An entry, by its place among the kept ones, and how many others it stands for.
    Entry { at: usize, others: u32 },
    /// Where what came before the start ends, or where a day begins.
    Divider(String),
}

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
            let all = ctx.log.entries();
            self.entries = all.filter(|e| passes(e, ctx)).cloned().collect();
        }
        self.told = revision;
        self.rows = if self.merging {
            merged(&self.entries)
        } else {
            let all = (0..self.entries.len()).map(|at| Row::Entry { at, others: 0 });
            all.collect()
        };
        if !self.tail {
            self.divide(&sight);
        }
        self.sight = Some(sight);
        let at = if self.following { None } else { self.at() };
        self.put(at.unwrap_or(usize::MAX));
    }

    /// Puts dividers between the rows.
    fn divide(&mut self, sight: &Sight) {
        let mut divided = Vec::with_capacity(self.rows.len() + 2);
        let mut midnight = None;
        let mut old = false;
        for row in self.rows.drain(..) {
            if let Row::Entry { at, .. } = &row
                && let Some(entry) = self.entries.get(*at)
            {
                let is_old = entry.past == Some(Past::BeforeStart);
                if old && !is_old {
                    divided.push(Row::Divider("above: before the start".to_owned()));
                }
                old = is_old;
                // The time of day says nothing of the day.
                if midnight.is_none_or(|m| entry.at >= m) {
                    let (date, next) = day(entry.at, &sight.zone);
                    if date != sight.today || midnight.is_some() {
                        divided.push(Row::Divider(date.strftime("%a %Y-%m-%d").to_string()));
                    }
                    midnight = Some(next);
                }
            }
            divided.push(row);
        }
        if old {
            let text = "above: before the start; what happens from now on appears below";
            divided.push(Row::Divider(text.to_owned()));
        }
        self.rows = divided;
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
            all => Some(format!(
                "{} of {}",
                sources::number(passing as u64),
                lines(all)
            )),
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

/// The entries that came after a revision of the log, in the log's order.
fn newer(log: &Log, revision: u64) -> impl Iterator<Item = &Entry> {
    log.entries().filter(move |e| e.id > revision)
}

fn passes(entry: &Entry, ctx: &Ctx<'_>) -> bool {
    in_choice(entry, ctx)
        && (!ctx.only_broken || entry.severity == Severity::Warning)
        && (ctx.filter.is_empty()
            || ctx
                .filter
                .passes_text(&format!("{} {}", entry.name, entry.text)))
}

fn in_choice(entry: &Entry, ctx: &Ctx<'_>) -> bool {
    let namespace = entry.namespace.as_ref();
    namespace.is_none_or(|namespace| ctx.choice.covers(namespace))
}

/// One row for all entries about one element within a minute that matter equally: the latest of them.
fn merged(entries: &[Entry]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut found = HashMap::new();
    for (at, entry) in entries.iter().enumerate().rev() {
        let minute = entry.at.as_second().div_euclid(60);
        let alike = (
            &entry.subject,
            &entry.name,
            minute,
            entry.severity,
            entry.past,
        );
        let row = *found.entry(alike).or_insert(rows.len());
        match rows.get_mut(row) {
            Some(Row::Entry { others, .. }) => *others += 1,
            _ => rows.push(Row::Entry { at, others: 0 }),
        }
    }
    rows.reverse();
    rows
}

/// The day of a time, and when the next one begins.
fn day(at: Timestamp, zone: &TimeZone) -> (Date, Timestamp) {
    let date = at.to_zoned(zone.clone()).date();
    let next = date
        .tomorrow()
        .ok()
        .and_then(|d| d.to_zoned(zone.clone()).ok());
    (date, next.map_or(Timestamp::MAX, |z| z.timestamp()))
}

/// The widths of the columns.
struct Columns {
    width: usize,
    wide: bool,
    name: usize,
}

/// The texts of one entry.
struct Cells {
    name: String,
    /// With its namespace.
    full_name: String,
    text: String,
    count: String,
}

impl Columns {
    /// Names get what the longest of them needs, within bounds.
    fn new(width: u16, longest: usize) -> Self {
        let width = usize::from(width);
        let wide = width >= WIDE;
        let most = if wide { width / 4 } else { width * 3 / 10 };
        Self {
            width,
            wide,
            name: longest.max(16).min(most),
        }
    }

    /// Cells before the text.
    fn before(&self) -> usize {
        if self.wide {
            // ">13:58:40  !  trace  NAME  "
            23 + self.name
        } else {
            // ">13:58:40 ! trace NAME "
            19 + self.name
        }
    }

    /// Cells of the text, beside the count.
    fn text(&self, cells: &Cells) -> usize {
        let count = match format::width(&cells.count) {
            0 => 0,
            count => count + 1,
        };
        self.width.saturating_sub(self.before() + count)
    }

    fn cells(&self, entry: &Entry, others: u32, tail: bool, ctx: &Ctx<'_>) -> Cells {
        let full_name = full_name(entry);
        let mark = match entry.past {
            Some(Past::WhileDisconnected) if self.wide => "(while disconnected) ",
            Some(Past::WhileDisconnected) => "(disconnected) ",
            // In the view a divider says it.
            Some(Past::BeforeStart) if tail && self.wide => "(before start) ",
            Some(Past::BeforeStart) if tail => "(before) ",
            _ => "",
        };
        let count = match (others, entry.count) {
            (0, 0 | 1) => String::new(),
            (0, n) => format!("{}{n}", ctx.theme.glyphs.times),
            (others, _) => format!("+{others}"),
        };
        Cells {
            name: if self.wide && several(ctx.choice) {
                full_name.clone()
            } else {
                entry.name.to_string()
            },
            full_name,
            text: format!("{mark}{}", entry.text),
            count,
        }
    }

    fn line(&self, entry: &Entry, others: u32, tail: bool, ctx: &Ctx<'_>) -> Line<'static> {
        let theme = ctx.theme;
        let e = theme.glyphs.ellipsis;
        let cells = self.cells(entry, others, tail, ctx);
        let old = entry.past == Some(Past::BeforeStart);
        let style = |style: Style| if old { theme.dim() } else { style };
        let gap = if self.wide { "  " } else { " " };
        let severity = style(theme.severity(entry.severity));
        let name = match entry.subject {
            Some(_) => theme.accent(),
            None => theme.text(),
        };
        let mut spans = vec![
            Span::styled(
                format!(" {}{gap}", format::clock(entry.at, ctx.zone)),
                theme.dim(),
            ),
            Span::styled(format!("{}{gap}", entry.severity.sign()), severity),
            Span::styled(
                format!("{}{gap}", format::fit(entry.origin.word(), 5, e)),
                theme.dim(),
            ),
            Span::styled(format::fit(&cells.name, self.name, e), style(name)),
            Span::raw(gap),
            Span::styled(format::fit(&cells.text, self.text(&cells), e), severity),
        ];
        if !cells.count.is_empty() {
            spans.push(Span::styled(
                format!(" {}", cells.count),
                style(theme.text()),
            ));
        }
        Line::from(spans)
    }
}

/// Whether names need their namespace to tell them apart.
fn several(choice: &NamespaceChoice) -> bool {
    !matches!(choice, NamespaceChoice::Only(names) if names.len() == 1)
}

fn full_name(entry: &Entry) -> String {
    match &entry.namespace {
        Some(namespace) if *namespace != entry.name => format!("{namespace}/{}", entry.name),
        _ => entry.name.to_string(),
    }
}

fn lines(n: usize) -> String {
    match n {
        1 => "1 line".to_owned(),
        n => format!("{} lines", sources::number(n as u64)),
    }
}

/// Why no line is there: what is said instead, sentence by sentence.
fn empty(ctx: &Ctx<'_>) -> Vec<String> {
    let total = ctx.log.entries().len();
    let chosen = ctx.log.entries().filter(|e| in_choice(e, ctx)).count();
    let mut said = Vec::new();
    if total > 0 && chosen == 0 {
        let others = lines(total);
        said.push(format!(
            "nothing has happened in {} yet; {others} of other namespaces are not shown",
            ctx.choice
        ));
    } else if total > 0 && !ctx.filter.is_empty() {
        said.push(format!(
            "no line passes the filter {}; esc clears it",
            ctx.filter.source()
        ));
        if ctx.only_broken {
            said.push("only warnings are asked for".to_owned());
        }
    } else if total > 0 {
        said.push(format!("no warning among {}", lines(chosen)));
    }
    for status in event_sources(ctx) {
        said.extend(trouble(status, ctx));
    }
    let loading = event_sources(ctx).any(|s| s.state.as_ref().is_some_and(SourceState::is_loading));
    if total == 0 && !loading {
        said.insert(
            0,
            "no events yet: what happens from now on appears here".to_owned(),
        );
    }
    said
}

/// What tells of the cluster's events: their own watch, and the session below it.
fn event_sources<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a SourceStatus> {
    ctx.model.sources().values().filter(|status| {
        &*status.key.source == "kubernetes" && matches!(&*status.key.part, "session" | "events")
    })
}

fn trouble(status: &SourceStatus, ctx: &Ctx<'_>) -> Option<String> {
    let place = match &status.key.namespace {
        Some(namespace) => format!("{} in {namespace}", status.key.part),
        None => status.key.part.to_string(),
    };
    match status.state.as_ref()? {
        SourceState::Loading { seen } => Some(format!(
            "Kubernetes {place}: {}",
            sources::loading(*seen, ctx.theme)
        )),
        SourceState::Forbidden { what: why }
        | SourceState::Failed { cause: why }
        | SourceState::Stale { cause: why, .. }
        | SourceState::Off { hint: why } => {
            let word = status.state.as_ref().map_or("", SourceState::word);
            Some(format!("Kubernetes {place} {word}: {why}"))
        }
        SourceState::Live => None,
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
        let count = |n: u64, word: &str| format!("{} {word}", sources::number(n));
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

/// The cursor's sign in the first cell.
pub(in crate::ui) fn mark(line: Line<'static>) -> Line<'static> {
    let mut first = true;
    let mut line = line;
    for span in &mut line.spans {
        if first && let Some(rest) = span.content.strip_prefix(' ') {
            span.content = format!(">{rest}").into();
        }
        first = false;
    }
    line
}

/// Draws lines from the top of an area; what does not fit is cut.
pub(in crate::ui) fn paint(area: Rect, buf: &mut Buffer, lines: Vec<Line<'static>>) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let style = line.style;
        line.render(row, buf);
        buf.set_style(row.intersection(buf.area), style);
    }
}

/// A text in lines of `cells` cells, broken at blanks where there are some; at most `most` lines, the
/// last one cut with an ellipsis.
pub(in crate::ui) fn wrap(text: &str, cells: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && cells > 0 && lines.len() < most {
        if format::width(rest) <= cells || lines.len() + 1 == most {
            lines.push(format::fit(rest, cells, ellipsis).trim_end().to_owned());
            break;
        }
        let mut used = 0;
        let mut end = 0;
        let mut blank = None;
        for (at, c) in rest.char_indices() {
            used += format::width(c.encode_utf8(&mut [0; 4]));
            if c == ' ' {
                blank = Some(at);
            }
            if used > cells {
                break;
            }
            end = at + c.len_utf8();
        }
        let end = blank.filter(|at| *at > 0).unwrap_or(end);
        // A character wider than the line cannot be shown at all.
        let Some((line, next)) = rest.split_at_checked(end).filter(|(l, _)| !l.is_empty()) else {
            break;
        };
        lines.push(line.trim_end().to_owned());
        rest = next.trim_start();
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::model::Model;
    use crate::model::apply::Applied;
    use crate::model::observation::{
        Fact, Happening, Kind, Meta, Observation, Scope, WorkloadFact,
    };
    use crate::model::source::SourceKey;
    use crate::ui::filter::Filter;
    use crate::ui::theme::Theme;

    const START: &str = "2025-07-29T13:58:00Z";

    fn time(seconds: i64) -> Timestamp {
        let start: Timestamp = START.parse().unwrap();
        start + jiff::SignedDuration::from_secs(seconds)
    }

    /// Everything that a view is drawn from.
    struct Bed {
        model: Model,
        log: Log,
        choice: NamespaceChoice,
        filter: Filter,
        only_broken: bool,
        theme: Theme,
        zone: TimeZone,
        now: Timestamp,
    }

    impl Bed {
        fn new() -> Self {
            Self {
                model: Model::new("prod-eu", Vec::new()),
                log: Log::new(1000, time(0)),
                choice: NamespaceChoice::one("shop"),
                filter: Filter::default(),
                only_broken: false,
                theme: Theme::new(false, false),
                zone: TimeZone::UTC,
                now: time(400),
            }
        }

        fn ctx(&self) -> Ctx<'_> {
            Ctx {
                model: &self.model,
                log: &self.log,
                choice: &self.choice,
                filter: &self.filter,
                only_broken: self.only_broken,
                now: self.now,
                zone: &self.zone,
                theme: &self.theme,
                stage: None,
            }
        }

        fn apply(&mut self, at: i64, batch: Vec<Observation>) {
            let applied: Applied = self.model.apply(batch, time(at));
            self.log.absorb(&applied, &self.model);
        }

        fn event(
            &mut self,
            at: i64,
            uid: &str,
            count: u32,
            object: (&str, &str, &str),
            text: (&str, &str),
        ) {
            let (namespace, kind, name) = object;
            let happening = Happening {
                uid: uid.into(),
                count,
                warning: matches!(
                    text.0,
                    "BackOff" | "FailedScheduling" | "Unhealthy" | "NodeNotReady"
                ),
                reason: text.0.into(),
                message: text.1.into(),
                kind: kind.into(),
                namespace: namespace.into(),
                name: name.into(),
                object_uid: name.into(),
                at: time(at),
            };
            self.apply(at, vec![Observation::Happening(happening)]);
        }

        fn status(&mut self, part: &str, namespace: Option<&str>, state: SourceState) {
            let status = SourceStatus {
                key: SourceKey {
                    source: "kubernetes".into(),
                    part: part.into(),
                    namespace: namespace.map(Into::into),
                },
                state: Some(state),
                at: time(0),
                address: None,
                interval_ms: None,
                skew_ms: None,
            };
            self.apply(0, vec![Observation::Status(status)]);
        }

        /// A Deployment as one list after another tells of it.
        fn list(&mut self, at: i64, epoch: u64, name: &str, replicas: u32, image: &str) {
            let scope = Scope {
                source: "kubernetes".into(),
                kind: Kind::Deployment,
                namespace: Some("shop".into()),
            };
            let fact = deployment(name, replicas, image, epoch);
            self.apply(
                at,
                vec![
                    Observation::Begin {
                        scope: scope.clone(),
                        epoch,
                    },
                    Observation::Seen {
                        scope: scope.clone(),
                        fact: fact.into(),
                    },
                    Observation::End { scope, epoch },
                ],
            );
        }

        /// Four old lines, and what the first minutes bring.
        fn busy() -> Self {
            let mut bed = Self::new();
            let pod = ("shop", "Pod", "payment-5d8f7c9b6d-9kqxz");
            bed.list(0, 1, "payment", 3, "registry/payment:1.8.1");
            bed.event(
                -3_700,
                "e1",
                1,
                ("shop", "Pod", "cart-6c4d5f8b9-hhv7m"),
                (
                    "Pulled",
                    "Successfully pulled image \"registry/cart:2.0.0\" in 1.2s",
                ),
            );
            bed.event(
                -320,
                "e2",
                1,
                ("shop", "Deployment", "payment"),
                (
                    "ScalingReplicaSet",
                    "Scaled up replica set payment-5d8f7c9b6d to 3",
                ),
            );
            bed.event(-100, "e3", 11, pod, ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
            bed.list(40, 2, "payment", 3, "registry/payment:1.8.2");
            bed.event(
                65,
                "e4",
                2,
                ("", "Node", "node-3"),
                ("NodeNotReady", "Node node-3 status is now: NodeNotReady"),
            );
            let scale = deployment("payment", 4, "registry/payment:1.8.2", 9);
            let scope = Scope {
                source: "kubernetes".into(),
                kind: Kind::Deployment,
                namespace: Some("shop".into()),
            };
            bed.apply(
                110,
                vec![Observation::Seen {
                    scope,
                    fact: scale.into(),
                }],
            );
            bed.event(118, "e5", 1, ("shop", "Pod", "payment-5d8f7c9b6d-x2x2x"), ("FailedScheduling", "0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 3 node(s) didn't match Pod's node affinity/selector, 3 Insufficient memory. preemption: 0/7 nodes are available: 4 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."));
            bed.event(
                120,
                "e6",
                1,
                ("infra", "Deployment", "ingress"),
                ("ScalingReplicaSet", "Scaled up replica set ingress-1 to 2"),
            );
            bed.log.note(
                time(200),
                Severity::Info,
                None,
                "writing is unlocked for 15 min",
            );
            bed.event(311, "e3", 14, pod, ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
            bed
        }
    }

    fn deployment(name: &str, replicas: u32, image: &str, version: u64) -> Fact {
        Fact::Workload(Box::new(WorkloadFact {
            kind: Kind::Deployment,
            meta: Meta {
                namespace: "shop".into(),
                name: name.into(),
                uid: name.into(),
                version,
                ..Meta::default()
            },
            generation: Some(1),
            observed_generation: Some(1),
            desired: Some(replicas),
            current: 3,
            ready: 3,
            updated: Some(3),
            failed: 0,
            suspended: false,
            schedule: None,
            images: vec![image.into()],
            troubles: Vec::new(),
            complete: false,
            mentions: Vec::new(),
        }))
    }

    /// The title in the first line, the rows below, without the blanks at their ends.
    fn picture(view: &mut EventsView, bed: &Bed, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let ctx = bed.ctx();
        let title = view.title(&ctx);
        view.draw(area, &mut buf, &ctx, true);
        let mut text = format!("[{title}]");
        for y in 0..height {
            let row: String = (0..width).map(|x| buf[(x, y)].symbol()).collect();
            text.push_str(&format!("\n|{}", row.trim_end()));
        }
        text
    }

    #[test]
    fn wide() {
        assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 158, 16), @r#"
        [shop · following · 8 lines · 3 folded]
        | 12:56:20  i  k8s    cart-6c4d5f8b9-hhv7m      Pulled: Successfully pulled image "registry/cart:2.0.0" in 1.2s
        | 13:52:40  i  k8s    payment                   ScalingReplicaSet: Scaled up replica set payment-5d8f7c9b6d to 3
        |── above: before the start ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        | 13:58:40  ~  model  payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
        | 13:59:05  !  k8s    node-3                    NodeNotReady: Node node-3 status is now: NodeNotReady                                                        ×2
        | 13:59:50  i  model  payment                   scaled from 3 to 4
        | 13:59:58  !  k8s    payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: },…
        | 14:01:20  i  self   portolan                  writing is unlocked for 15 min
        |>14:03:11  !  k8s    payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)            ×14
        |
        |
        |
        |
        |
        |
        |
        "#);
    }

    #[test]
    fn all_namespaces() {
        let mut bed = Bed::busy();
        bed.choice = NamespaceChoice::All;
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 158, 30), @r#"
        [all namespaces · following · 9 lines · 3 folded]
        | 12:56:20  i  k8s    shop/cart-6c4d5f8b9-hhv7m      Pulled: Successfully pulled image "registry/cart:2.0.0" in 1.2s
        | 13:52:40  i  k8s    shop/payment                   ScalingReplicaSet: Scaled up replica set payment-5d8f7c9b6d to 3
        |── above: before the start ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        | 13:58:40  ~  model  shop/payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
        | 13:59:05  !  k8s    node-3                         NodeNotReady: Node node-3 status is now: NodeNotReady                                                   ×2
        | 13:59:50  i  model  shop/payment                   scaled from 3 to 4
        | 13:59:58  !  k8s    shop/payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachabl…
        | 14:00:00  i  k8s    infra/ingress                  ScalingReplicaSet: Scaled up replica set ingress-1 to 2
        | 14:01:20  i  self   portolan                       writing is unlocked for 15 min
        |>14:03:11  !  k8s    shop/payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)       ×14
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        |
        "#);
    }

    #[test]
    fn narrow() {
        assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 80, 14), @r#"
        [shop · following · 8 lines · 3 folded]
        | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
        | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
        |── above: before the start ─────────────────────────────────────────────────────
        | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
        | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
        | 13:59:50 i model payment                  scaled from 3 to 4
        | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
        | 14:01:20 i self  portolan                 writing is unlocked for 15 min
        |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
        |
        |
        |
        |
        |
        "#);
        assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 60, 9), @"
        [shop · following · 8 lines · 3 folded]
        | 12:56:20 i k8s   cart-6c4d5f8b9-hh… Pulled: Successfully p…
        | 13:52:40 i k8s   payment            ScalingReplicaSet: Sca…
        |── above: before the start ─────────────────────────────────
        | 13:58:40 ~ model payment            (disconnected) image r…
        | 13:59:05 ! k8s   node-3             NodeNotReady: Node … ×2
        | 13:59:50 i model payment            scaled from 3 to 4
        | 13:59:58 ! k8s   payment-5d8f7c9b6… FailedScheduling: 0/7 …
        | 14:01:20 i self  portolan           writing is unlocked fo…
        |>14:03:11 ! k8s   payment-5d8f7c9b6… BackOff: Back-off … ×14
        ");
    }

    #[test]
    fn tail() {
        assert_snapshot!(picture(&mut EventsView::tail(), &Bed::busy(), 158, 6), @"
        [following · 3 folded]
        | 13:58:40  ~  model  payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
        | 13:59:05  !  k8s    node-3                    NodeNotReady: Node node-3 status is now: NodeNotReady                                                        ×2
        | 13:59:50  i  model  payment                   scaled from 3 to 4
        | 13:59:58  !  k8s    payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: },…
        | 14:01:20  i  self   portolan                  writing is unlocked for 15 min
        |>14:03:11  !  k8s    payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)            ×14
        ");
        let mut bed = Bed::busy();
        bed.theme = Theme::new(false, true);
        assert_snapshot!(picture(&mut EventsView::tail(), &bed, 80, 4), @"
        [following - 3 folded]
        | 13:59:50 i model payment                  scaled from 3 to 4
        | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai~
        | 14:01:20 i self  portolan                 writing is unlocked for 15 min
        |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai~ x14
        ");
        let mut bed = Bed::new();
        bed.event(
            -320,
            "e2",
            1,
            ("shop", "Deployment", "payment"),
            (
                "ScalingReplicaSet",
                "Scaled up replica set payment-5d8f7c9b6d to 3",
            ),
        );
        assert_snapshot!(picture(&mut EventsView::tail(), &bed, 80, 4), @"
        [following]
        |>13:52:40 i k8s   payment          (before) ScalingReplicaSet: Scaled up replic…
        |
        |
        |
        ");
    }

    #[test]
    fn only_old_lines() {
        let mut bed = Bed::new();
        bed.event(
            -86_400,
            "e1",
            1,
            ("shop", "Pod", "cart-1"),
            ("Killing", "Stopping container cart"),
        );
        bed.event(
            -320,
            "e2",
            3,
            ("shop", "Deployment", "payment"),
            (
                "ScalingReplicaSet",
                "Scaled up replica set payment-5d8f7c9b6d to 3",
            ),
        );
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 80, 7), @"
        [shop · following · 2 lines]
        |── Mon 2025-07-28 ──────────────────────────────────────────────────────────────
        | 13:58:00 i k8s   cart-1           Killing: Stopping container cart
        |── Tue 2025-07-29 ──────────────────────────────────────────────────────────────
        |>13:52:40 i k8s   payment          ScalingReplicaSet: Scaled up replica set … ×3
        |── above: before the start; what happens from now on appears below ─────────────
        |
        |
        ");
    }

    #[test]
    fn paused_shows_the_whole_text_and_counts_what_is_new() {
        let mut bed = Bed::busy();
        let mut view = EventsView::new();
        picture(&mut view, &bed, 80, 14);
        assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
        assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
        let before = picture(&mut view, &bed, 80, 14);
        assert_snapshot!(before, @r#"
        [shop · paused · 8 lines · 3 folded]
        | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
        | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
        |── above: before the start ─────────────────────────────────────────────────────
        | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
        | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
        | 13:59:50 i model payment                  scaled from 3 to 4
        |>13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
        | 14:01:20 i self  portolan                 writing is unlocked for 15 min
        | 14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
        |
        |── k8s · shop/payment-5d8f7c9b6d-x2x2x ─────────────────────────────────────────
        | FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint
        | {node.kubernetes.io/unreachable: }, 3 node(s) didn't match Pod's node
        | affinity/selector, 3 Insufficient memory. preemption: 0/7 nodes are available…
        "#);
        bed.event(350, "e3", 15, ("shop", "Pod", "payment-5d8f7c9b6d-9kqxz"), ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
        bed.event(
            351,
            "e5",
            2,
            ("shop", "Pod", "payment-5d8f7c9b6d-x2x2x"),
            (
                "FailedScheduling",
                "0/7 nodes are available: 7 Insufficient memory.",
            ),
        );
        let after = picture(&mut view, &bed, 80, 14);
        assert!(
            after.starts_with("[shop · paused, 2 new below · "),
            "{after}"
        );
        // Nothing moved, though both lines are other ones in the log now.
        let rows = |text: &str| text.lines().skip(1).take(9).collect::<Vec<_>>().join("\n");
        assert_eq!(rows(&before), rows(&after));
        view.act(Verb::Bottom, &bed.ctx());
        assert!(view.is_following());
        assert_snapshot!(picture(&mut view, &bed, 80, 14), @r#"
        [shop · following · 8 lines · 5 folded]
        | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
        | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
        |── above: before the start ─────────────────────────────────────────────────────
        | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
        | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
        | 13:59:50 i model payment                  scaled from 3 to 4
        | 14:01:20 i self  portolan                 writing is unlocked for 15 min
        | 14:03:50 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×15
        |>14:03:51 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are a… ×2
        |
        |
        |
        |
        |
        "#);
    }

    #[test]
    fn moves_end_where_lines_end() {
        let bed = Bed::busy();
        let mut view = EventsView::new();
        picture(&mut view, &bed, 60, 5);
        let at = |view: &EventsView| view.cursor.as_ref().map(|c| c.at);
        view.act(Verb::Top, &bed.ctx());
        assert_eq!(at(&view), Some(time(-3_700)));
        view.act(Verb::Up, &bed.ctx());
        assert_eq!(at(&view), Some(time(-3_700)));
        view.act(Verb::PageDown, &bed.ctx());
        view.act(Verb::PageUp, &bed.ctx());
        assert_eq!(at(&view), Some(time(-3_700)));
        // The last line, and on to what comes.
        for _ in 0..9 {
            assert!(!view.is_following());
            view.act(Verb::Down, &bed.ctx());
            picture(&mut view, &bed, 60, 5);
            if at(&view) == Some(time(311)) {
                break;
            }
        }
        assert!(!view.is_following());
        view.act(Verb::Down, &bed.ctx());
        assert!(view.is_following());
        view.act(Verb::Follow, &bed.ctx());
        assert!(!view.is_following());
    }

    #[test]
    fn merged_lines() {
        let mut bed = Bed::new();
        for (at, uid, reason) in [
            (1, "a", "Scheduled"),
            (2, "b", "Pulling"),
            (4, "c", "Created"),
            (5, "d", "Started"),
            (9, "e", "Unhealthy"),
        ] {
            bed.event(
                at,
                uid,
                1,
                ("shop", "Pod", "cart-1"),
                (reason, "said the kubelet"),
            );
        }
        bed.event(
            61,
            "f",
            3,
            ("shop", "Pod", "cart-1"),
            ("Unhealthy", "Readiness probe failed"),
        );
        let mut view = EventsView::new();
        view.act(Verb::FoldRepeats, &bed.ctx());
        assert_snapshot!(picture(&mut view, &bed, 80, 5), @"
        [shop · following · 6 lines · one line per element and minute]
        | 13:58:05 i k8s   cart-1           Started: said the kubelet                  +3
        | 13:58:09 ! k8s   cart-1           Unhealthy: said the kubelet
        |>13:59:01 ! k8s   cart-1           Unhealthy: Readiness probe failed          ×3
        |
        |
        ");
    }

    #[test]
    fn filtered() {
        let mut bed = Bed::busy();
        bed.filter = Filter::parse("payment !Scaling").unwrap();
        bed.only_broken = true;
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 80, 8), @"
        [shop · following · 2 of 8 lines · warnings only · filter payment !Scaling · 3 folded]
        | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
        |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
        |
        |
        |
        |
        |
        |
        ");
        bed.filter = Filter::parse("nothing-like-that").unwrap();
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 4), @"
        [shop · following · 0 of 8 lines · warnings only · filter nothing-like-that · 3 folded]
        | no line passes the filter nothing-like-that; esc clears it
        | only warnings are asked for
        |
        |
        ");
        bed.filter = Filter::default();
        bed.choice = NamespaceChoice::one("other");
        bed.log = Log::new(10, time(0));
        bed.event(1, "x", 1, ("shop", "Pod", "cart-1"), ("Pulled", "pulled"));
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 4), @"
        [other · following · warnings only]
        | nothing has happened in other yet; 1 line of other
        | namespaces are not shown
        |
        |
        ");
    }

    #[test]
    fn empty_views_say_why() {
        let mut bed = Bed::new();
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 3), @"
        [shop · following]
        | no events yet: what happens from now on appears here
        |
        |
        ");
        bed.status("events", Some("shop"), SourceState::Loading { seen: 3200 });
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 3), @"
        [shop · following]
        | Kubernetes events in shop: loading 3,200 …
        |
        |
        ");
        let what = "the user dev may not list events here; ask for the verbs list and watch";
        bed.status(
            "events",
            Some("shop"),
            SourceState::Forbidden { what: what.into() },
        );
        assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 5), @"
        [shop · following · k8s events forbidden]
        | no events yet: what happens from now on appears here
        | Kubernetes events in shop forbidden: the user dev may not
        | list events here; ask for the verbs list and watch
        |
        |
        ");
    }

    #[test]
    fn enter_goes_to_the_element() {
        let mut bed = Bed::busy();
        let mut view = EventsView::new();
        assert_eq!(
            view.act(Verb::Enter, &bed.ctx()),
            Answer::Say("this line is about nothing that is in the model any more".to_owned())
        );
        let key = ElementKey::Type(crate::model::key::TypeKey::new(
            "shop",
            "Deployment",
            "payment",
        ));
        view.select(&key, &bed.ctx());
        assert_eq!(view.selected().as_ref(), Some(&key));
        assert!(!view.is_following());
        assert_eq!(
            view.act(Verb::Enter, &bed.ctx()),
            Answer::Show { view: "tree", key }
        );
        bed.log = Log::new(10, time(0));
        let mut view = EventsView::new();
        assert_eq!(view.act(Verb::Enter, &bed.ctx()), Answer::Ignored);
        assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
    }

    #[test]
    fn texts_are_wrapped_at_blanks() {
        assert_eq!(wrap("one two three", 8, 9, "…"), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 9, "…"), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 5, 2, "…"), ["one", "two …"]);
        assert_eq!(wrap("abcdefgh", 3, 9, "…"), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 1, 9, "…"), Vec::<String>::new());
        assert_eq!(wrap("a", 0, 9, "…"), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_size_and_no_order_of_keys_panics(
            sizes in proptest::collection::vec((1u16..170, 1u16..40), 1..4),
            verbs in proptest::collection::vec(0usize..10, 0..30),
            tail: bool, ascii: bool, full: bool,
        ) {
            let mut bed = if full { Bed::busy() } else { Bed::new() };
            bed.theme = Theme::new(true, ascii);
            let mut view = if tail { EventsView::tail() } else { EventsView::new() };
            let all = [
                Verb::Up, Verb::Down, Verb::PageUp, Verb::PageDown, Verb::Top, Verb::Bottom,
                Verb::Follow, Verb::FoldRepeats, Verb::Enter, Verb::Up,
            ];
            for (width, height) in sizes {
                picture(&mut view, &bed, width, height);
                for verb in &verbs {
                    view.act(all[*verb], &bed.ctx());
                    bed.event(400, "e3", u32::try_from(*verb).unwrap() + 20, ("shop", "Pod", "p"), ("BackOff", "again"));
                }
                picture(&mut view, &bed, width, height);
            }
        }
    }
}
