//! The Sources view: what each sensor is doing, trouble first, with what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::events::{mark, paint, wrap};
use crate::model::Model;
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::format::{self, NONE};
use crate::ui::theme::Theme;
use crate::ui::{Answer, Ctx, View};

/// A clock that differs by less is as good as ours.
const SKEW_LIMIT_MS: i64 = 2_000;
/// From this height on the whole text of the row under the cursor is shown.
const WHOLE_FROM: usize = 8;
/// Most lines of it.
const WHOLE_LINES: usize = 4;
/// From this width on there is room for the interval.
const WIDE: usize = 100;
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

/// The parts of one source, trouble first.
struct Group<'a> {
    name: &'a Text,
    parts: Vec<&'a SourceStatus>,
}

/// All sources, those in trouble first.
fn groups(model: &Model) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for status in model.sources().values() {
        match groups.last_mut().filter(|g| *g.name == status.key.source) {
            Some(group) => group.parts.push(status),
            None => groups.push(Group {
                name: &status.key.source,
                parts: vec![status],
            }),
        }
    }
    for group in &mut groups {
        // The order within one rank stays that of the keys.
        group.parts.sort_by_key(|s| rank(s));
    }
    groups.sort_by_key(|g| !g.parts.iter().any(|s| is_trouble(s)));
    groups
}

/// Where a state stands: trouble first.
fn rank(status: &SourceStatus) -> u8 {
    match status.state {
        Some(SourceState::Failed { .. }) => 0,
        Some(SourceState::Forbidden { .. }) => 1,
        Some(SourceState::Stale { .. }) => 2,
        Some(SourceState::Loading { .. }) => 3,
        Some(SourceState::Live) => 4,
        Some(SourceState::Off { .. }) | None => 5,
    }
}

fn is_trouble(status: &SourceStatus) -> bool {
    status.state.as_ref().is_some_and(SourceState::is_trouble)
}

fn health(status: &SourceStatus) -> Health {
    match status.state {
        Some(SourceState::Failed { .. } | SourceState::Forbidden { .. }) => Health::Broken,
        Some(SourceState::Stale { .. }) => Health::Unknown,
        Some(SourceState::Loading { .. }) => Health::Changing,
        Some(SourceState::Live) => Health::Ok,
        Some(SourceState::Off { .. }) | None => Health::Stopped,
    }
}

impl Group<'_> {
    fn health(&self) -> Health {
        let worst = self.parts.first();
        worst.map_or(Health::Ok, |s| health(s))
    }

    /// Where it asks, as most of its parts say.
    fn address(&self) -> Option<&Text> {
        self.parts.iter().find_map(|s| s.address.as_ref())
    }

    /// `1 forbidden, 12 of 13 live`, and what its clock says.
    fn summary(&self) -> String {
        let all = self.parts.len();
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for status in &self.parts {
            let word = status.state.as_ref().map_or("off", SourceState::word);
            match counts.last_mut().filter(|(last, _)| *last == word) {
                Some((_, n)) => *n += 1,
                None => counts.push((word, 1)),
            }
        }
        let said: Vec<String> = counts
            .iter()
            .map(|(word, n)| match (*word, *n) {
                (word, 1) if all == 1 => word.to_owned(),
                (word, n) if n == all => format!("all {n} {word}"),
                ("live", n) => format!("{n} of {all} live"),
                (word, n) => format!("{n} {word}"),
            })
            .collect();
        let mut said = said.join(", ");
        if let Some(skew) = self.parts.iter().find_map(|s| skew(s)) {
            said.push_str(", ");
            said.push_str(&skew);
        }
        said
    }
}

/// What is to be said of a server's clock.
fn skew(status: &SourceStatus) -> Option<String> {
    let ms = status
        .skew_ms
        .filter(|ms| ms.unsigned_abs() > SKEW_LIMIT_MS.unsigned_abs())?;
    let way = if ms > 0 { "ahead of" } else { "behind" };
    let tenths = ms.unsigned_abs() / 100;
    let much = if tenths < 1200 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format::seconds(i64::try_from(tenths / 10).unwrap_or(i64::MAX))
    };
    Some(format!("clock {much} {way} ours"))
}

/// A number with commas: `3,200`.
pub(in crate::ui) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How far a first answer has come: `loading 3,200 …`.
pub(in crate::ui) fn loading(seen: u64, theme: &Theme) -> String {
    match seen {
        0 => format!("loading {}", theme.glyphs.ellipsis),
        seen => format!("loading {} {}", number(seen), theme.glyphs.ellipsis),
    }
}

/// The texts of a part's row.
struct Cells {
    part: String,
    namespace: String,
    state: String,
    last: String,
    every: String,
    why: String,
}

impl Cells {
    fn head() -> Self {
        Self {
            part: "PART".to_owned(),
            namespace: "NAMESPACE".to_owned(),
            state: "STATE".to_owned(),
            last: "LAST".to_owned(),
            every: "EVERY".to_owned(),
            why: "WHY".to_owned(),
        }
    }

    fn of(status: &SourceStatus, group: &Group<'_>, ctx: &Ctx<'_>) -> Self {
        let state = match &status.state {
            Some(SourceState::Loading { seen }) => loading(*seen, ctx.theme),
            Some(state) => state.word().to_owned(),
            None => NONE.to_owned(),
        };
        let polled = status.interval_ms.is_some();
        let why = why(status, ctx).unwrap_or_else(|| match &status.address {
            Some(address) if Some(address) != group.address() => address.to_string(),
            _ => String::new(),
        });
        Self {
            part: status.key.part.to_string(),
            namespace: status.key.namespace.as_deref().unwrap_or("all").to_owned(),
            state,
            last: if polled {
                format::age(Some(status.at), ctx.now)
            } else {
                NONE.to_owned()
            },
            every: interval(status),
            why,
        }
    }
}

fn interval(status: &SourceStatus) -> String {
    match status.interval_ms {
        None if matches!(status.state, Some(SourceState::Off { .. })) => NONE.to_owned(),
        None => "watch".to_owned(),
        Some(ms) if ms < 1000 => format!("{ms}ms"),
        Some(ms) => format::seconds(i64::try_from(ms / 1000).unwrap_or(i64::MAX)),
    }
}

/// Why a part is not simply live, and what to do.
fn why(status: &SourceStatus, ctx: &Ctx<'_>) -> Option<String> {
    match status.state.as_ref()? {
        SourceState::Stale { since, cause } => Some(format!(
            "since {} ({}): {cause}",
            format::clock(*since, ctx.zone),
            format::age(Some(*since), ctx.now)
        )),
        SourceState::Forbidden { what: why }
        | SourceState::Failed { cause: why }
        | SourceState::Off { hint: why } => Some(why.to_string()),
        SourceState::Loading { .. } | SourceState::Live => None,
    }
}

/// The widths of the columns: what their contents need.
struct Columns {
    part: usize,
    namespace: usize,
    state: usize,
    last: usize,
    every: Option<usize>,
    width: usize,
}

impl Columns {
    fn new(width: u16, groups: &[Group<'_>], ctx: &Ctx<'_>) -> Self {
        let width = usize::from(width);
        let head = Cells::head();
        let mut columns = Self {
            part: format::width(&head.part),
            namespace: format::width(&head.namespace),
            state: format::width(&head.state),
            last: format::width(&head.last),
            every: (width >= WIDE).then_some(format::width(&head.every)),
            width,
        };
        for group in groups {
            for status in &group.parts {
                let cells = Cells::of(status, group, ctx);
                columns.part = columns.part.max(format::width(&cells.part)).min(24);
                let namespace = format::width(&cells.namespace);
                columns.namespace = columns.namespace.max(namespace).min(width / 6).max(9);
                columns.state = columns.state.max(format::width(&cells.state));
                columns.last = columns.last.max(format::width(&cells.last));
            }
        }
        columns
    }

    fn before(&self) -> usize {
        // ">! " and two blanks after each column.
        let every = self.every.map_or(0, |w| w + 2);
        3 + self.part + 2 + self.namespace + 2 + self.state + 2 + self.last + 2 + every
    }

    fn line(
        &self,
        sign: char,
        cells: &Cells,
        style: ratatui::style::Style,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut rest = format!("  {}  ", format::right(&cells.last, self.last, e));
        if let Some(every) = self.every {
            rest.push_str(&format!("{}  ", format::right(&cells.every, every, e)));
        }
        let why = self.width.saturating_sub(self.before());
        Line::from(vec![
            Span::styled(format!(" {sign} "), style),
            Span::raw(format!(
                "{}  {}  ",
                format::fit(&cells.part, self.part, e),
                format::fit(&cells.namespace, self.namespace, e)
            )),
            Span::styled(format::fit(&cells.state, self.state, e), style),
            Span::raw(rest),
            Span::styled(format::fit(&cells.why, why, e).trim_end().to_owned(), style),
        ])
    }
}

fn source_line(group: &Group<'_>, width: usize, ctx: &Ctx<'_>) -> Line<'static> {
    let style = ctx.theme.health(group.health());
    let name = group.name.to_string();
    let summary = group.summary();
    let address = group.address().map_or("", |a| &**a);
    // The summary matters more than the address.
    let room = width.saturating_sub(3 + format::width(&name) + 4 + format::width(&summary));
    let address = match room {
        0..8 => String::new(),
        room => {
            let cells = room.min(format::width(address));
            format!(
                "  {}",
                format::fit(address, cells, ctx.theme.glyphs.ellipsis)
            )
        }
    };
    Line::from(vec![
        Span::styled(format!(" {} ", group.health().sign()), style),
        Span::styled(name, ctx.theme.heading()),
        Span::styled(address, ctx.theme.dim()),
        Span::styled(format!("  {summary}"), style),
    ])
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
            head.push_str(&format!(
                " {dot} reported {}",
                format::clock(status.at, ctx.zone)
            ));
            let mut text = match (why(status, ctx), &status.state) {
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
        let named: Vec<String> = bad
            .iter()
            .take(NAMED)
            .map(|s| {
                let word = s.state.as_ref().map_or("", SourceState::word);
                format!("{} {} {word}", s.key.source, place(&s.key))
            })
            .collect();
        match (bad.len(), loading) {
            (0, 0) => {
                let live = parts().filter(|s| s.state == Some(SourceState::Live));
                match live.count() {
                    n if n == all => format!("all {all} live"),
                    n => format!("{n} live, {} off", all - n),
                }
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
                            let cells = Cells::of(status, group, ctx);
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
