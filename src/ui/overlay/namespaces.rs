//! The namespace switcher: type to find, mark several, pick; where listing is forbidden, pick as typed.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use crate::model::Model;
use crate::model::element::Health;
use crate::model::observation::{Kind, NamespaceChoice};
use crate::model::source::SourceState;
use crate::model::text::{self, Text};
use crate::ui::Ctx;
use crate::ui::action::Verb;
use crate::ui::format::{self, NONE};
use crate::ui::views::events::{mark, paint, wrap};
use crate::ui::views::sources;

/// Widest box.
const WIDTH: u16 = 76;
/// Longest DNS label, which is what a namespace's name is.
const LABEL_LIMIT: usize = 63;
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

/// What is known of a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    /// Types, where workloads were listed.
    types: Option<u32>,
    /// Ready and unfinished pods, where pods were listed.
    pods: Option<(u32, u32)>,
    /// Of the types, broken or unknown ones.
    bad: Option<u32>,
    terminating: bool,
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
        if !typed.is_control() && typed != ' ' && self.typed.chars().count() < LABEL_LIMIT {
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
        if is_label(&self.typed) && !names.iter().any(|n| **n == *self.typed) {
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
        let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
        let set = border::Set {
            top_left,
            top_right,
            bottom_left,
            bottom_right,
            vertical_left: glyphs.vertical,
            vertical_right: glyphs.vertical,
            horizontal_top: glyphs.horizontal,
            horizontal_bottom: glyphs.horizontal,
        };
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
            .border_set(set)
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
                format!("namespaces: {}", sources::loading(*seen, ctx.theme))
            }
            Some(SourceState::Forbidden { what: why }) => {
                format!("a name can be typed: listing namespaces is forbidden. {why}")
            }
            Some(SourceState::Failed { cause: why } | SourceState::Off { hint: why }) => {
                format!("a name can be typed: namespaces are not listed. {why}")
            }
            Some(SourceState::Stale { cause: why, .. }) => {
                format!("this list may be old: {why}")
            }
            Some(SourceState::Live) | None => return Vec::new(),
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

/// The widths of the columns.
struct Columns {
    name: usize,
    width: usize,
}

const TYPES: usize = 7;
const READY: usize = 9;
const BAD: usize = 6;

impl Columns {
    fn new(width: usize, rows: &[Row]) -> Self {
        let name = |row: &Row| row.name().map_or(0, |name| format::width(name));
        let longest = rows.iter().map(name).max().unwrap_or(0).max(14);
        let note = 20;
        let most = width
            .saturating_sub(3 + TYPES + READY + BAD + 2 + note)
            .max(14);
        Self {
            name: longest.min(most),
            width,
        }
    }

    fn numbers(types: &str, ready: &str, bad: &str, e: &str) -> (String, String) {
        let plain = format!(
            "{}{}",
            format::right(types, TYPES, e),
            format::right(ready, READY, e)
        );
        (plain, format::right(bad, BAD, e))
    }

    fn head(&self, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let (numbers, bad) = Self::numbers("TYPES", "READY", "BAD", e);
        Line::raw(format!(
            "   {}{numbers}{bad}",
            format::fit("NAMESPACE", self.name, e)
        ))
    }

    fn line(
        &self,
        sign: char,
        name: &str,
        known: Option<&Known>,
        note: &str,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut spans = vec![Span::raw(format!(
            " {sign} {}",
            format::fit(name, self.name, e)
        ))];
        let mut used = 3 + self.name;
        // What is not listed has no numbers: its note stands where they would.
        if let Some(known) = known {
            let (numbers, bad) = Self::numbers(
                &known.types.map_or(NONE.to_owned(), |n| n.to_string()),
                &known
                    .pods
                    .map_or(NONE.to_owned(), |(ready, all)| format!("{ready}/{all}")),
                &known.bad.map_or(NONE.to_owned(), |n| n.to_string()),
                e,
            );
            let health = match known.bad {
                Some(1..) => Health::Broken,
                _ => Health::Ok,
            };
            spans.push(Span::raw(numbers));
            spans.push(Span::styled(bad, ctx.theme.health(health)));
            used += TYPES + READY + BAD;
        }
        let note = format::fit(note, self.width.saturating_sub(used + 2), e);
        let note = note.trim_end();
        spans.push(Span::styled(format!("  {note}"), ctx.theme.dim()));
        Line::from(spans)
    }
}

/// What the model knows of each namespace that it has.
fn known(model: &Model) -> BTreeMap<Text, Known> {
    let mut known: BTreeMap<Text, Known> = model
        .tenants()
        .map(|tenant| {
            // What was not listed is not known, which is not zero.
            let listed = |kind| model.is_complete(kind, &tenant.name);
            let new = Known {
                types: listed(Kind::Deployment).then_some(0),
                pods: listed(Kind::Pod).then_some((0, 0)),
                bad: listed(Kind::Deployment).then_some(0),
                terminating: tenant.terminating,
            };
            (tenant.name.clone(), new)
        })
        .collect();
    for element in model.types() {
        if let Some(known) = known.get_mut(&element.key.namespace) {
            known.types = known.types.map(|n| n + 1);
            let bad = u32::from(element.health.is_bad());
            known.bad = known.bad.map(|n| n + bad);
        }
    }
    for component in model.components() {
        if component.health != Health::Stopped
            && let Some(known) = known.get_mut(&component.namespace)
        {
            let ready = component.total > 0 && component.ready == component.total;
            known.pods = known.pods.map(|(n, all)| (n + u32::from(ready), all + 1));
        }
    }
    known
}

/// How well a name fits what is typed, best is 0: the same, its beginning, a part of it, its letters in order.
fn fit(name: &str, typed: &str) -> Option<u8> {
    if name == typed {
        return Some(0);
    }
    if name.starts_with(typed) {
        return Some(1);
    }
    if name.contains(typed) {
        return Some(2);
    }
    let mut rest = name.chars();
    typed
        .chars()
        .all(|letter| rest.any(|c| c == letter))
        .then_some(3)
}

/// Whether a text can be the name of a namespace: a DNS label.
fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= LABEL_LIMIT
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::model::log::Log;
    use crate::model::observation::{
        ContainerFact, ContainerState, Fact, Meta, NamespaceFact, Observation, OwnerRef, PodFact,
        Scope, WorkloadFact,
    };
    use crate::model::source::{SourceKey, SourceStatus};
    use crate::ui::filter::Filter;
    use crate::ui::theme::Theme;

    fn meta(namespace: &str, name: &str) -> Meta {
        Meta {
            namespace: namespace.into(),
            name: name.into(),
            uid: format!("{namespace}/{name}").into(),
            version: 1,
            ..Meta::default()
        }
    }

    /// A list of everything of a kind, in all namespaces or one.
    fn list(kind: Kind, namespace: Option<&str>, facts: Vec<Fact>) -> Vec<Observation> {
        let scope = Scope {
            source: "kubernetes".into(),
            kind,
            namespace: namespace.map(Into::into),
        };
        let mut batch = vec![Observation::Begin {
            scope: scope.clone(),
            epoch: 1,
        }];
        for fact in facts {
            batch.push(Observation::Seen {
                scope: scope.clone(),
                fact: fact.into(),
            });
        }
        batch.push(Observation::End { scope, epoch: 1 });
        batch
    }

    fn namespace(name: &str, terminating: bool) -> Fact {
        Fact::Namespace(NamespaceFact {
            meta: meta("", name),
            terminating,
        })
    }

    fn deployment(namespace: &str, name: &str, trouble: bool) -> Fact {
        let trouble = crate::model::observation::Trouble {
            reason: if trouble {
                "ProgressDeadlineExceeded".into()
            } else {
                "".into()
            },
            message: "no progress".into(),
        };
        Fact::Workload(Box::new(WorkloadFact {
            kind: Kind::Deployment,
            meta: meta(namespace, name),
            generation: Some(1),
            observed_generation: Some(1),
            desired: Some(1),
            current: 1,
            ready: 1,
            updated: Some(1),
            failed: 0,
            suspended: false,
            schedule: None,
            images: vec!["registry/x:1".into()],
            troubles: if trouble.reason.is_empty() {
                Vec::new()
            } else {
                vec![trouble]
            },
            complete: false,
            mentions: Vec::new(),
        }))
    }

    fn pod(namespace: &str, name: &str, of: &str, ready: bool) -> Fact {
        let mut meta = meta(namespace, name);
        meta.owner = Some(OwnerRef {
            kind: "Deployment".into(),
            name: of.into(),
            uid: format!("{namespace}/{of}").into(),
        });
        Fact::Pod(Box::new(PodFact {
            meta,
            phase: "Running".into(),
            ready: Some(ready),
            containers: vec![ContainerFact {
                name: "main".into(),
                ready,
                started: true,
                state: ContainerState::Running { since: None },
                ..ContainerFact::default()
            }],
            ..PodFact::default()
        }))
    }

    /// Seven namespaces; only two of them are watched.
    fn model() -> Model {
        let mut model = Model::new("prod-eu", Vec::new());
        let names = [
            "default",
            "infra",
            "kube-system",
            "shop",
            "shop-canary",
            "shop-test",
        ];
        let mut facts: Vec<Fact> = names.iter().map(|name| namespace(name, false)).collect();
        facts.push(namespace("old", true));
        let mut batch = list(Kind::Namespace, None, facts);
        batch.extend(list(
            Kind::Deployment,
            Some("shop"),
            vec![
                deployment("shop", "cart", false),
                deployment("shop", "payment", true),
            ],
        ));
        batch.extend(list(Kind::Deployment, Some("infra"), Vec::new()));
        batch.extend(list(Kind::Pod, Some("infra"), Vec::new()));
        batch.extend(list(
            Kind::Pod,
            Some("shop"),
            vec![
                pod("shop", "cart-1", "cart", true),
                pod("shop", "payment-1", "payment", true),
                pod("shop", "payment-2", "payment", false),
            ],
        ));
        model.apply(batch, Timestamp::UNIX_EPOCH);
        model
    }

    fn say(model: &mut Model, state: SourceState) {
        let status = SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: "namespaces".into(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::UNIX_EPOCH,
            address: None,
            interval_ms: None,
            skew_ms: None,
        };
        model.apply(vec![Observation::Status(status)], Timestamp::UNIX_EPOCH);
    }

    fn open(model: &Model) -> NamespaceSwitcher {
        let recent = ["shop".into(), "infra".into()];
        NamespaceSwitcher::new(model, &NamespaceChoice::one("shop"), &recent)
    }

    fn typed(switcher: &mut NamespaceSwitcher, text: &str) {
        text.chars().for_each(|c| switcher.input(c));
    }

    fn picture(
        switcher: &mut NamespaceSwitcher,
        model: &Model,
        width: u16,
        height: u16,
        ascii: bool,
    ) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::filled(area, ratatui::buffer::Cell::new("."));
        let log = Log::new(10, Timestamp::UNIX_EPOCH);
        let ctx = Ctx {
            model,
            log: &log,
            choice: &NamespaceChoice::one("shop"),
            filter: &Filter::default(),
            only_broken: false,
            now: Timestamp::UNIX_EPOCH,
            zone: &TimeZone::UTC,
            theme: &Theme::new(false, ascii),
            stage: None,
        };
        switcher.draw(area, &mut buf, &ctx);
        let rows =
            (0..height).map(|y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>());
        rows.map(|row| row.trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn opened() {
        let model = model();
        assert_snapshot!(picture(&mut open(&model), &model, 90, 16, false), @"
        ..........................................................................................
        ..........................................................................................
        .......┌ Namespaces · 7 ──────────────────────────────────────────────────────────┐.......
        .......│ find                                                                     │.......
        .......│   NAMESPACE       TYPES    READY   BAD                                   │.......
        .......│   all namespaces                                                         │.......
        .......│>* shop                2      2/3     1  recent                           │.......
        .......│   infra               0      0/0     0  recent                           │.......
        .......│   default             -        -     -                                   │.......
        .......│   kube-system         -        -     -                                   │.......
        .......│   old                 -        -     -  is being deleted                 │.......
        .......│   shop-canary         -        -     -                                   │.......
        .......│   shop-test           -        -     -                                   │.......
        .......└──────────────────────────────────────────────────────────────────────────┘.......
        ..........................................................................................
        ..........................................................................................
        ");
        assert_snapshot!(picture(&mut open(&model), &model, 60, 16, true), @"
        ............................................................
        ............................................................
        + Namespaces - 7 ------------------------------------------+
        | find                                                     |
        |   NAMESPACE       TYPES    READY   BAD                   |
        |   all namespaces                                         |
        |>* shop                2      2/3     1  recent           |
        |   infra               0      0/0     0  recent           |
        |   default             -        -     -                   |
        |   kube-system         -        -     -                   |
        |   old                 -        -     -  is being deleted |
        |   shop-canary         -        -     -                   |
        |   shop-test           -        -     -                   |
        +----------------------------------------------------------+
        ............................................................
        ............................................................
        ");
        assert_snapshot!(picture(&mut open(&model), &model, 60, 7, false), @"
        ┌ Namespaces · 7 ──────────────────────────────────────────┐
        │ find                                                     │
        │   NAMESPACE       TYPES    READY   BAD                   │
        │   all namespaces                                         │
        │>* shop                2      2/3     1  recent           │
        │   infra               0      0/0     0  recent           │
        └──────────────────────────────────────────────────────────┘
        ");
    }

    #[test]
    fn marked_and_typed() {
        let model = model();
        let mut switcher = open(&model);
        typed(&mut switcher, "can");
        assert_eq!(switcher.act(Verb::Mark), SwitcherAnswer::Stay);
        assert_eq!(switcher.typed(), "");
        typed(&mut switcher, "sh");
        assert_eq!(switcher.act(Verb::Mark), SwitcherAnswer::Stay);
        typed(&mut switcher, "shop2");
        assert_snapshot!(picture(&mut switcher, &model, 80, 8, false), @"
        ................................................................................
        ..┌ Namespaces · 2 marked: shop,shop-canary ─────────────────────────────────┐..
        ..│ find shop2                                                               │..
        ..│   NAMESPACE       TYPES    READY   BAD                                   │..
        ..│>  shop2           (typed; not listed)                                    │..
        ..│                                                                          │..
        ..└──────────────────────────────────────────────────────────────────────────┘..
        ................................................................................
        ");
        switcher.act(Verb::Mark);
        assert_snapshot!(picture(&mut switcher, &model, 80, 16, false), @"
        ................................................................................
        ..┌ Namespaces · 3 marked: shop,shop-canary,shop2 ───────────────────────────┐..
        ..│ find                                                                     │..
        ..│   NAMESPACE       TYPES    READY   BAD                                   │..
        ..│   all namespaces                                                         │..
        ..│ x shop                2      2/3     1  recent                           │..
        ..│   infra               0      0/0     0  recent                           │..
        ..│   default             -        -     -                                   │..
        ..│   kube-system         -        -     -                                   │..
        ..│   old                 -        -     -  is being deleted                 │..
        ..│ x shop-canary         -        -     -                                   │..
        ..│   shop-test           -        -     -                                   │..
        ..│>x shop2           (not listed)                                           │..
        ..└──────────────────────────────────────────────────────────────────────────┘..
        ................................................................................
        ................................................................................
        ");
        let names = ["shop", "shop-canary", "shop2"].map(Into::into).into();
        assert_eq!(
            switcher.act(Verb::Accept),
            SwitcherAnswer::Pick(NamespaceChoice::Only(names))
        );
    }

    #[test]
    fn listing_is_forbidden() {
        let mut model = Model::new("prod-eu", Vec::new());
        let what = "the user dev may not list namespaces: bind a clusterrole with get, list and watch on namespaces";
        say(&mut model, SourceState::Forbidden { what: what.into() });
        let mut switcher = open(&model);
        assert_snapshot!(picture(&mut switcher, &model, 60, 16, false), @"
        ............................................................
        ............................................................
        ............................................................
        ┌ Namespaces ──────────────────────────────────────────────┐
        │ find                                                     │
        │   NAMESPACE       TYPES    READY   BAD                   │
        │   all namespaces                                         │
        │>* shop            (not listed)                           │
        │   infra           (not listed)                           │
        │ a name can be typed: listing namespaces is forbidden.    │
        │ the user dev may not list namespaces: bind a clusterrole │
        │ with get, list and watch on namespaces                   │
        └──────────────────────────────────────────────────────────┘
        ............................................................
        ............................................................
        ............................................................
        ");
        typed(&mut switcher, "shop2");
        assert_snapshot!(picture(&mut switcher, &model, 60, 16, false), @"
        ............................................................
        ............................................................
        ............................................................
        ┌ Namespaces ──────────────────────────────────────────────┐
        │ find shop2                                               │
        │   NAMESPACE       TYPES    READY   BAD                   │
        │>  shop2           (typed; not listed)                    │
        │                                                          │
        │                                                          │
        │ a name can be typed: listing namespaces is forbidden.    │
        │ the user dev may not list namespaces: bind a clusterrole │
        │ with get, list and watch on namespaces                   │
        └──────────────────────────────────────────────────────────┘
        ............................................................
        ............................................................
        ............................................................
        ");
        assert_eq!(
            switcher.act(Verb::Accept),
            SwitcherAnswer::Pick(NamespaceChoice::one("shop2"))
        );
        typed(&mut switcher, "_");
        assert_snapshot!(picture(&mut switcher, &model, 60, 12, false), @"
        ............................................................
        ┌ Namespaces ──────────────────────────────────────────────┐
        │ find shop2_                                              │
        │   NAMESPACE       TYPES    READY   BAD                   │
        │ no namespace is like shop2_, and none can be named so:   │
        │ use a-z, 0-9 and -                                       │
        │                                                          │
        │ a name can be typed: listing namespaces is forbidden.    │
        │ the user dev may not list namespaces: bind a clusterrole │
        │ with get, list and watch on namespaces                   │
        └──────────────────────────────────────────────────────────┘
        ............................................................
        ");
        assert_eq!(switcher.act(Verb::Accept), SwitcherAnswer::Stay);
        switcher.erase();
        assert_eq!(switcher.typed(), "shop2");
    }

    #[test]
    fn names_may_still_come() {
        let mut model = Model::new("prod-eu", Vec::new());
        say(&mut model, SourceState::Loading { seen: 1200 });
        let mut switcher = NamespaceSwitcher::new(&model, &NamespaceChoice::All, &[]);
        assert_snapshot!(picture(&mut switcher, &model, 60, 8, false), @"
        ┌ Namespaces ──────────────────────────────────────────────┐
        │ find                                                     │
        │   NAMESPACE       TYPES    READY   BAD                   │
        │>* all namespaces                                         │
        │                                                          │
        │ namespaces: loading 1,200 …                              │
        └──────────────────────────────────────────────────────────┘
        ............................................................
        ");
    }

    #[test]
    fn the_best_fit_is_first() {
        let model = model();
        let mut switcher = open(&model);
        let names = |s: &NamespaceSwitcher| -> Vec<String> {
            let name = |r: &Row| match r {
                Row::All => "*".to_owned(),
                Row::Named(n) => n.to_string(),
                Row::Typed(n) => format!("+{n}"),
            };
            s.rows.iter().map(name).collect()
        };
        assert_eq!(
            names(&switcher),
            [
                "*",
                "shop",
                "infra",
                "default",
                "kube-system",
                "old",
                "shop-canary",
                "shop-test"
            ]
        );
        typed(&mut switcher, "st");
        assert_eq!(names(&switcher), ["kube-system", "shop-test", "+st"]);
        switcher.erase();
        switcher.erase();
        typed(&mut switcher, "al");
        assert_eq!(names(&switcher), ["*", "default", "+al"]);
    }

    #[test]
    fn what_is_chosen_already_changes_nothing() {
        let model = model();
        let mut switcher = open(&model);
        assert_eq!(switcher.act(Verb::Accept), SwitcherAnswer::Close);
        switcher.act(Verb::Top);
        assert_eq!(
            switcher.act(Verb::Accept),
            SwitcherAnswer::Pick(NamespaceChoice::All)
        );
    }

    #[test]
    fn the_cursor_stays_on_its_row_while_names_come() {
        let mut model = Model::new("prod-eu", Vec::new());
        let mut switcher = NamespaceSwitcher::new(&model, &NamespaceChoice::one("shop"), &[]);
        assert_eq!(switcher.at, 1);
        let facts = vec![namespace("apple", false), namespace("shop", false)];
        model.apply(list(Kind::Namespace, None, facts), Timestamp::UNIX_EPOCH);
        switcher.refresh(&model);
        assert_eq!(switcher.at, 2);
    }

    #[test]
    fn labels() {
        for good in ["a", "shop-2", "0"] {
            assert!(is_label(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a_b", "A", "a.b", &"a".repeat(64)] {
            assert!(!is_label(bad), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn no_size_and_no_typing_panics(
            width in 1u16..170, height in 1u16..40, text in "[a-zé_ -]{0,70}",
            verbs in proptest::collection::vec(0usize..8, 0..12), full: bool,
        ) {
            let model = if full { model() } else { Model::new("x", Vec::new()) };
            let all = [
                Verb::Up, Verb::Down, Verb::PageUp, Verb::PageDown,
                Verb::Mark, Verb::Bottom, Verb::Complete, Verb::Accept,
            ];
            let mut switcher = open(&model);
            picture(&mut switcher, &model, width, height, false);
            typed(&mut switcher, &text);
            for verb in verbs {
                switcher.act(all[verb]);
                picture(&mut switcher, &model, width, height, true);
                switcher.erase();
            }
        }
    }
}
