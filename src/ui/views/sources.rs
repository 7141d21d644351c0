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
/// From this width on there is room for the age of the last report.
const ROOMY: usize = 70;
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
    /// Where any part is of one namespace.
    namespace: Option<usize>,
    state: usize,
    /// Where there is room for it.
    last: Option<usize>,
    every: Option<usize>,
    width: usize,
}

impl Columns {
    fn new(width: u16, groups: &[Group<'_>], ctx: &Ctx<'_>) -> Self {
        let width = usize::from(width);
        let head = Cells::head();
        let mut columns = Self {
            part: format::width(&head.part),
            namespace: None,
            state: format::width(&head.state),
            last: (width >= ROOMY).then_some(format::width(&head.last)),
            every: (width >= WIDE).then_some(format::width(&head.every)),
            width,
        };
        let least = format::width(&head.namespace);
        for group in groups {
            for status in &group.parts {
                let cells = Cells::of(status, group, ctx);
                columns.part = columns.part.max(format::width(&cells.part)).min(24);
                columns.state = columns.state.max(format::width(&cells.state));
                if status.key.namespace.is_some() {
                    let wanted = format::width(&cells.namespace).min(width / 6).max(least);
                    columns.namespace = columns.namespace.max(Some(wanted));
                }
            }
        }
        columns
    }

    /// Cells before the last column: the cursor, the sign, the indent, and two blanks after each column.
    fn before(&self) -> usize {
        let column = |width: Option<usize>| width.map_or(0, |w| w + 2);
        5 + self.part
            + 2
            + column(self.namespace)
            + self.state
            + 2
            + column(self.last)
            + column(self.every)
    }

    fn line(
        &self,
        sign: char,
        cells: &Cells,
        style: ratatui::style::Style,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut names = format!("  {}  ", format::fit(&cells.part, self.part, e));
        if let Some(namespace) = self.namespace {
            names.push_str(&format::fit(&cells.namespace, namespace, e));
            names.push_str("  ");
        }
        let mut rest = "  ".to_owned();
        for (width, cell) in [(self.last, &cells.last), (self.every, &cells.every)] {
            if let Some(width) = width {
                rest.push_str(&format::right(cell, width, e));
                rest.push_str("  ");
            }
        }
        let why = self.width.saturating_sub(self.before());
        Line::from(vec![
            Span::styled(format!(" {sign} "), style),
            Span::raw(names),
            Span::styled(format::fit(&cells.state, self.state, e), style),
            Span::raw(rest),
            Span::styled(format::fit(&cells.why, why, e).trim_end().to_owned(), style),
        ])
    }
}

fn source_line(group: &Group<'_>, width: usize, ctx: &Ctx<'_>) -> Line<'static> {
    let style = ctx.theme.health(group.health());
    let name = group.name.to_string();
    let e = ctx.theme.glyphs.ellipsis;
    let summary = group.summary();
    let address = group.address().map_or("", |a| &**a);
    // The summary matters more than the address.
    let room = width.saturating_sub(3 + format::width(&name) + 4 + format::width(&summary));
    let address = match room {
        0..8 => String::new(),
        _ if address.is_empty() => String::new(),
        room => {
            let cells = room.min(format::width(address));
            format!("  {}", format::fit(address, cells, e))
        }
    };
    let before = 3 + format::width(&name) + format::width(&address) + 2;
    let summary = format::fit(&summary, width.saturating_sub(before), e);
    let summary = summary.trim_end();
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
            if status.interval_ms.is_some() {
                head.push_str(&format!(" {dot} every {}", interval(status)));
            }
            let at = format::clock(status.at, ctx.zone);
            head.push_str(&format!(" {dot} reported {at}"));
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::model::log::Log;
    use crate::model::observation::{NamespaceChoice, Observation};
    use crate::ui::filter::Filter;

    fn time(seconds: i64) -> Timestamp {
        let start: Timestamp = "2025-07-29T13:58:00Z".parse().unwrap();
        start + jiff::SignedDuration::from_secs(seconds)
    }

    fn kubernetes(part: &str, namespace: Option<&str>, state: SourceState) -> SourceStatus {
        SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: part.into(),
                namespace: namespace.map(Into::into),
            },
            state: Some(state),
            at: time(1),
            address: Some("https://10.96.0.1:6443".into()),
            interval_ms: None,
            skew_ms: Some(300),
        }
    }

    fn zipkin(part: &str, state: SourceState) -> SourceStatus {
        let every = if part == "services" { 60_000 } else { 15_000 };
        SourceStatus {
            key: SourceKey {
                source: "zipkin".into(),
                part: part.into(),
                namespace: None,
            },
            state: Some(state),
            at: time(308),
            address: Some("http://zipkin.tracing:9411".into()),
            interval_ms: Some(every),
            skew_ms: None,
        }
    }

    const KINDS: [&str; 10] = [
        "session",
        "nodes",
        "pods",
        "deployments",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "services",
        "endpointslices",
        "ingresses",
    ];

    fn model(statuses: Vec<SourceStatus>) -> Model {
        let mut model = Model::new("prod-eu", Vec::new());
        let batch = statuses.into_iter().map(Observation::Status).collect();
        model.apply(batch, time(312));
        model
    }

    fn troubled() -> Model {
        let mut statuses: Vec<SourceStatus> = KINDS
            .iter()
            .map(|kind| kubernetes(kind, (*kind == "pods").then_some("shop"), SourceState::Live))
            .collect();
        statuses.push(kubernetes("events", Some("shop"), SourceState::Forbidden {
            what: "the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clusterrole view; asked again every 5 min".into(),
        }));
        statuses.push(kubernetes(
            "jobs",
            Some("shop"),
            SourceState::Stale {
                since: time(-360),
                cause: "connection reset by peer; trying again in 5 s".into(),
            },
        ));
        statuses.push(kubernetes(
            "cronjobs",
            Some("shop"),
            SourceState::Loading { seen: 3200 },
        ));
        let mut slow = zipkin("dependencies", SourceState::Live);
        slow.skew_ms = Some(3_240);
        statuses.push(slow);
        statuses.push(zipkin(
            "services",
            SourceState::Failed {
                cause: "HTTP 404: is this the address of a Zipkin server? It ends before /api"
                    .into(),
            },
        ));
        statuses.push(SourceStatus {
            key: SourceKey {
                source: "metrics".into(),
                part: "pods".into(),
                namespace: None,
            },
            state: Some(SourceState::Off {
                hint: "switch it on with metrics = true in the configuration".into(),
            }),
            at: time(0),
            address: None,
            interval_ms: None,
            skew_ms: None,
        });
        model(statuses)
    }

    fn picture(
        view: &mut SourcesView,
        model: &Model,
        width: u16,
        height: u16,
        keys: &[Verb],
    ) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        let log = Log::new(10, time(0));
        let ctx = Ctx {
            model,
            log: &log,
            choice: &NamespaceChoice::one("shop"),
            filter: &Filter::default(),
            only_broken: false,
            now: time(312),
            zone: &TimeZone::UTC,
            theme: &Theme::new(false, false),
            stage: None,
        };
        for key in keys {
            view.act(*key, &ctx);
        }
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
    fn trouble_stands_first() {
        assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 158, 26, &[]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            LAST  EVERY  WHY
        | ! kubernetes  https://10.96.0.1:6443  1 forbidden, 1 stale, 1 loading, 10 of 13 live
        |>!   events          shop       forbidden           -  watch  the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clust…
        | ?   jobs            shop       stale               -  watch  since 13:52:00 (11m): connection reset by peer; trying again in 5 s
        | ~   cronjobs        shop       loading 3,200 …     -  watch
        |     daemonsets      all        live                -  watch
        |     deployments     all        live                -  watch
        |     endpointslices  all        live                -  watch
        |     ingresses       all        live                -  watch
        |     nodes           all        live                -  watch
        |     pods            shop       live                -  watch
        |     replicasets     all        live                -  watch
        |     services        all        live                -  watch
        |     session         all        live                -  watch
        |     statefulsets    all        live                -  watch
        | ! zipkin  http://zipkin.tracing:9411  1 failed, 1 of 2 live, clock 3.2 s ahead of ours
        | !   services        all        failed             4s    60s  HTTP 404: is this the address of a Zipkin server? It ends before /api
        |     dependencies    all        live               4s    15s
        | x metrics  off
        | x   pods            all        off                 -      -  switch it on with metrics = true in the configuration
        |
        |
        |
        |
        |── kubernetes events in shop · https://10.96.0.1:6443 · reported 13:58:01 ────────────────────────────────────────────────────────────────────────────────────
        | forbidden: the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clusterrole view; asked again every 5 min
        ");
        assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 80, 14, &[]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            LAST  WHY
        | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
        |>!   events          shop       forbidden           -  the user dev may not lis…
        | ?   jobs            shop       stale               -  since 13:52:00 (11m): co…
        | ~   cronjobs        shop       loading 3,200 …     -
        |     daemonsets      all        live                -
        |     deployments     all        live                -
        |     endpointslices  all        live                -
        |     ingresses       all        live                -
        |     nodes           all        live                -
        |     pods            shop       live                -
        |── kubernetes events in shop · https://10.96.0.1:6443 · reported 13:58:01 ──────
        | forbidden: the user dev may not list or watch events in shop: bind a role with
        | these verbs, e.g. the clusterrole view; asked again every 5 min
        ");
        assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 60, 9, &[]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            WHY
        | ! kubernetes  1 forbidden, 1 stale, 1 loading, 10 of 13 li…
        |>!   events          shop       forbidden        the user d…
        | ?   jobs            shop       stale            since 13:5…
        | ~   cronjobs        shop       loading 3,200 …
        |── kubernetes events in shop · https://10.96.0.1:6443 · rep…
        | forbidden: the user dev may not list or watch events in
        | shop: bind a role with these verbs, e.g. the clusterrole
        | view; asked again every 5 min
        ");
    }

    #[test]
    fn every_row_can_be_read_whole() {
        let mut view = SourcesView::default();
        assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Down]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            LAST  WHY
        | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
        | !   events          shop       forbidden           -  the user dev may not lis…
        |>?   jobs            shop       stale               -  since 13:52:00 (11m): co…
        | ~   cronjobs        shop       loading 3,200 …     -
        |     daemonsets      all        live                -
        |     deployments     all        live                -
        |     endpointslices  all        live                -
        |     ingresses       all        live                -
        |     nodes           all        live                -
        |── kubernetes jobs in shop · https://10.96.0.1:6443 · reported 13:58:01 ────────
        | stale: since 13:52:00 (11m): connection reset by peer; trying again in 5 s
        ");
        assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Down, Verb::Down]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            LAST  WHY
        | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
        | !   events          shop       forbidden           -  the user dev may not lis…
        | ?   jobs            shop       stale               -  since 13:52:00 (11m): co…
        | ~   cronjobs        shop       loading 3,200 …     -
        |>    daemonsets      all        live                -
        |     deployments     all        live                -
        |     endpointslices  all        live                -
        |     ingresses       all        live                -
        |     nodes           all        live                -
        |── kubernetes daemonsets · https://10.96.0.1:6443 · reported 13:58:01 ──────────
        | live: what is shown is current
        ");
        assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Bottom]), @"
        [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
        |     PART            NAMESPACE  STATE            LAST  WHY
        |     replicasets     all        live                -
        |     services        all        live                -
        |     session         all        live                -
        |     statefulsets    all        live                -
        | ! zipkin  http://zipkin.trac…  1 failed, 1 of 2 live, clock 3.2 s ahead of ours
        | !   services        all        failed             4s  HTTP 404: is this the ad…
        |     dependencies    all        live               4s
        | x metrics  off
        |>x   pods            all        off                 -  switch it on with metric…
        |── metrics pods · reported 13:58:00 ────────────────────────────────────────────
        | off: switch it on with metrics = true in the configuration
        ");
    }

    #[test]
    fn all_is_well() {
        let statuses = KINDS.map(|kind| kubernetes(kind, None, SourceState::Live));
        assert_snapshot!(picture(&mut SourcesView::default(), &model(statuses.into()), 80, 14, &[]), @"
        [all 10 live]
        |     PART            STATE  LAST  WHY
        |>  kubernetes  https://10.96.0.1:6443  all 10 live
        |     daemonsets      live      -
        |     deployments     live      -
        |     endpointslices  live      -
        |     ingresses       live      -
        |     nodes           live      -
        |     pods            live      -
        |     replicasets     live      -
        |     services        live      -
        |     session         live      -
        |     statefulsets    live      -
        |── kubernetes · https://10.96.0.1:6443 ─────────────────────────────────────────
        | all 10 live
        ");
    }

    #[test]
    fn nothing_yet() {
        assert_snapshot!(picture(&mut SourcesView::default(), &model(Vec::new()), 60, 3, &[]), @"
        [nothing has reported yet]
        | no source has reported yet: the first connection is being
        | made
        |
        ");
        let one = kubernetes("session", None, SourceState::Loading { seen: 0 });
        assert_snapshot!(picture(&mut SourcesView::default(), &model(vec![one]), 60, 4, &[]), @"
        [1 of 1 loading]
        |     PART     STATE      WHY
        |>~ kubernetes  https://10.96.0.1:6443  loading
        | ~   session  loading …
        |
        ");
    }

    #[test]
    fn the_cursor_follows_its_row_and_starts_at_trouble() {
        let mut view = SourcesView::default();
        picture(&mut view, &troubled(), 80, 14, &[Verb::Down]);
        let key = view.cursor.clone();
        assert!(
            matches!(&key, Some(RowKey::Part(k)) if &*k.part == "jobs"),
            "{key:?}"
        );
        let mut later = troubled();
        later.apply(
            vec![Observation::Status(kubernetes(
                "nodes",
                None,
                SourceState::Failed { cause: "no".into() },
            ))],
            time(313),
        );
        picture(&mut view, &later, 80, 14, &[]);
        assert_eq!(view.cursor, key);
        assert_eq!(view.selected(), None);
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(3200), "3,200");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    #[test]
    fn a_clock_is_named_when_it_is_off() {
        let mut status = zipkin("services", SourceState::Live);
        for (ms, said) in [
            (None, None),
            (Some(2_000), None),
            (Some(-2_100), Some("clock 2.1 s behind ours")),
            (Some(3_600_000), Some("clock 60m ahead of ours")),
            (Some(i64::MIN), Some("clock 292471208y behind ours")),
        ] {
            status.skew_ms = ms;
            assert_eq!(skew(&status).as_deref(), said);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_size_panics(width in 1u16..170, height in 1u16..40, downs in 0usize..30, full: bool) {
            let model = if full { troubled() } else { model(Vec::new()) };
            let keys = vec![Verb::Down; downs];
            picture(&mut SourcesView::default(), &model, width, height, &keys);
        }
    }
}
