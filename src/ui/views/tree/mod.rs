//! The Tree: tenant, component types, components, containers; problems first, every unhealthy row says why.

mod cells;
mod links;
mod operations;
mod rows;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::model::key::ElementKey;
use crate::model::observation::{Kind, NamespaceChoice};
use crate::model::source::SourceState;
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::views::lines;
use crate::ui::views::nested::{self, Nested};
use crate::ui::{Answer, Ctx, View, detail, usage};
use rows::{Folds, Order, Row, RowId, Wanted};

/// Cells before the tree: the cursor and the state's sign.
const GUTTER: u16 = 3;

/// What the cached rows hang on.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    revision: u64,
    filter: String,
    choice: NamespaceChoice,
    only_broken: bool,
    order: Order,
    folds: u64,
}

/// The tree's cursor and caches.
#[derive(Debug, Default)]
pub struct TreeView {
    rows: Vec<Row>,
    /// Cells that the longest name of all rows takes.
    longest: usize,
    stamp: Option<Stamp>,
    folds: Folds,
    order: Order,
    wide: bool,
    selected: Option<RowId>,
    /// Where the cursor was: it stays there when its row goes.
    at: usize,
    offset: usize,
    height: usize,
    /// Cells of the rows, when they were drawn last.
    width: u16,
}

impl TreeView {
    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let stamp = Stamp {
            revision: if matches!(self.order, Order::Rate | Order::Problems)
                || ctx.only_broken
                || self.folds.shows_any_operations()
                || ctx.filter.source().contains(['<', '>'])
                || ctx.filter.links().next().is_some()
            {
                // These read counts, which move without the structure.
                ctx.model.telemetry_revision()
            } else {
                ctx.model.revision()
            },
            filter: ctx.filter.source().to_owned(),
            choice: ctx.choice.clone(),
            only_broken: ctx.only_broken,
            order: self.order,
            folds: self.folds.revision,
        };
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        self.rows = Wanted::of(ctx, self.order, &self.folds).rows();
        self.stamp = Some(stamp);
        self.longest = self
            .rows
            .iter()
            .map(|row| cells::name_cells(row, ctx))
            .max()
            .unwrap_or(0);
        let found = self
            .selected
            .as_ref()
            .and_then(|id| self.rows.iter().position(|r| r.id == *id));
        match found {
            Some(at) => self.at = at,
            None => self.put(self.at),
        }
    }

    fn put(&mut self, at: usize) {
        self.at = at.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.at).map(|r| r.id.clone());
    }

    fn move_by(&mut self, by: isize) -> Answer {
        self.put(self.at.saturating_add_signed(by));
        Answer::Done
    }

    fn fold(&mut self, open: bool, ctx: &Ctx<'_>) -> Answer {
        let Some(row) = self.rows.get(self.at).cloned() else {
            return Answer::Ignored;
        };
        let is_shut = open && !self.folds.is_open(&row.id);
        if row.children && (row.open != open || is_shut) {
            self.folds.set(&row.id, open);
            if let (false, RowId::Element(key)) = (open, &row.id) {
                self.folds.set(&RowId::Operations(key.clone()), false);
            }
            self.refresh(ctx);
        } else if open {
            if row.children {
                return self.move_by(1);
            }
        } else if let Some(parent) = self
            .rows
            .iter()
            .take(self.at)
            .rposition(|r| r.depth < row.depth)
        {
            self.put(parent);
        }
        Answer::Done
    }

    /// Unfolds everything below the cursor's tenant level, or folds it again.
    fn fold_all(&mut self, ctx: &Ctx<'_>) -> Answer {
        let is_type = |r: &&Row| matches!(r.id, RowId::Element(ElementKey::Type(_)));
        let open = self
            .rows
            .iter()
            .filter(is_type)
            .any(|r| r.children && !self.folds.is_open(&r.id));
        let ids: Vec<RowId> = self
            .rows
            .iter()
            .filter(is_type)
            .map(|r| r.id.clone())
            .collect();
        for id in &ids {
            self.folds.set(id, open);
            if let (false, RowId::Element(key)) = (open, id) {
                self.folds.set(&RowId::Operations(key.clone()), false);
            }
        }
        self.refresh(ctx);
        Answer::Done
    }

    /// Shows the operations of the type under the cursor below it, or folds them again.
    fn show_operations(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(of) = self.selected().and_then(|key| match &key {
            ElementKey::Type(_) => Some(key),
            _ => ctx.model.type_of(&key).map(ElementKey::Type),
        }) else {
            return Answer::Say("only component types have operations".to_owned());
        };
        let fold = RowId::Operations(of.clone());
        let interfaces = ctx.model.interfaces();
        let open = !self.folds.shows_operations(&of);
        let name = detail::name(&of, ctx);
        if open && interfaces.sample().is_none() {
            return Answer::Say(format!(
                "the operations of {name} are no data: no traces were sampled (:sources)"
            ));
        }
        let many = interfaces.provided(&of).len() + interfaces.required(&of).len();
        if open && many == 0 {
            return Answer::Say(format!(
                "no call to {name} or by it is in the traces that were sampled"
            ));
        }
        self.folds.set(&fold, open);
        let row = RowId::Element(of.clone());
        if !open || self.selected.as_ref() != Some(&row) {
            self.select(&of, ctx);
        }
        self.refresh(ctx);
        let shown = |r: &Row| matches!(&r.id, RowId::Operation(o) if o.of == of);
        if open && !self.rows.iter().any(shown) {
            return Answer::Say(format!(
                "no call to {name} or by it fails: ctrl-z shows all"
            ));
        }
        Answer::Done
    }

    /// Into what is selected: an element's page, or the traces of an operation.
    fn enter(&self, ctx: &Ctx<'_>) -> Answer {
        let Some(RowId::Operation(row)) = &self.selected else {
            return Answer::Detail;
        };
        match row.operation(ctx.model) {
            Some(operation) => Answer::Examples {
                of: format!(
                    "{}: {}",
                    detail::name(operation.callee, ctx),
                    usage::title(&operation)
                ),
                examples: usage::examples(&operation, ctx),
            },
            None => Answer::Say("it was not called lately".to_owned()),
        }
    }

    fn scroll(&mut self, height: usize) {
        self.height = height;
        let last = self.rows.len().saturating_sub(height.max(1));
        self.offset = self.offset.min(last);
        if self.at < self.offset {
            self.offset = self.at;
        } else if self.at >= self.offset + height.max(1) {
            self.offset = self.at + 1 - height.max(1);
        }
    }

    fn draw_rows(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, layout: &cells::Columns) {
        let inner = Rect {
            x: area.x + GUTTER.min(area.width),
            width: area.width.saturating_sub(GUTTER),
            ..area
        };
        let nested = |row: &Row| Nested {
            depth: row.depth,
            children: row.children,
            open: row.open,
        };
        let text = |row: &Row| layout.line(row, ctx);
        nested::draw(&self.rows, self.offset, inner, buf, ctx.theme, nested, text);
    }

    fn empty(ctx: &Ctx<'_>) -> String {
        let pods = ctx.model.sources().values().filter(|s| {
            &*s.key.source == "kubernetes" && matches!(&*s.key.part, "pods" | "session")
        });
        let mut sources = ctx.model.sources().values();
        if let Some(what) = sources.find_map(|s| s.waits_for()) {
            return format!("waiting for {what}");
        }
        for status in pods {
            match &status.state {
                Some(SourceState::Loading { seen }) => {
                    return format!(
                        "loading {} {seen} {}",
                        status.key.part, ctx.theme.glyphs.ellipsis
                    );
                }
                Some(SourceState::Failed { cause }) => {
                    return format!(
                        "{}: {cause}; trying again, ctrl-r asks now",
                        status.key.part
                    );
                }
                Some(SourceState::Forbidden { what } | SourceState::Absent { what }) => {
                    return format!("{}: {what}", status.key.part);
                }
                _ => {}
            }
        }
        if !ctx.has_listed(Kind::Pod) {
            format!("connecting {}", ctx.theme.glyphs.ellipsis)
        } else if ctx.only_broken {
            "nothing is broken: ctrl-z shows everything".to_owned()
        } else if ctx.filter.is_empty() {
            format!("nothing runs in {}: n chooses other namespaces", ctx.choice)
        } else {
            let why_not = links::unknowable(ctx).unwrap_or_default();
            format!(
                "nothing passes the filter /{}: esc clears it{why_not}",
                ctx.filter.source()
            )
        }
    }
}

impl View for TreeView {
    fn name(&self) -> &'static str {
        "tree"
    }

    fn letter(&self) -> char {
        't'
    }

    fn about(&self) -> &'static str {
        "what the system is made of, problems first"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        let dot = ctx.theme.glyphs.dot;
        let types = self
            .rows
            .iter()
            .filter(|r| matches!(r.id, RowId::Element(ElementKey::Type(_))))
            .count();
        let all = ctx.model.totals(ctx.choice).types;
        let noun = if all == 1 { "type" } else { "types" };
        let many = if all == 0 && !ctx.has_listed(Kind::Pod) {
            // How many there are is not known yet.
            String::new()
        } else if types == all as usize || (ctx.filter.is_empty() && !ctx.only_broken) {
            format!("{all} {noun} {dot} ")
        } else {
            format!("{types} of {all} {noun} {dot} ")
        };
        let what = format!("{} {dot} {many}{}", ctx.choice, self.order.words());
        let recent = ctx.model.recent_window_ms();
        if let Some(sample) = ctx.model.interfaces().sample()
            && self.folds.shows_any_operations()
        {
            // Figures of two windows stand below each other: that comes first, so that it is not cut.
            let mut windows = format!(
                "operations and P95 over {}",
                format::window(sample.window_ms)
            );
            if let Some(ms) = recent {
                windows.push_str(&format!(", types over {}", format::window(ms)));
            }
            if ctx.is_sampled() {
                windows.push_str(", sampled");
            }
            return format!("{windows} {dot} {what}");
        }
        match recent {
            Some(ms) => {
                let rates = if ctx.is_sampled() {
                    "sampled"
                } else {
                    "inbound"
                };
                format!("{what} {dot} {rates} rates over {}", format::window(ms))
            }
            None => what,
        }
    }

    fn selected(&self) -> Option<ElementKey> {
        match self.selected.as_ref()? {
            RowId::Element(key) => Some(key.clone()),
            RowId::Container { uid, .. } => Some(ElementKey::component(uid)),
            RowId::Operation(row) => Some(row.of.clone()),
            RowId::Link(row) => Some(row.of.clone()),
            RowId::Autoscaler { namespace, .. } => Some(ElementKey::tenant(namespace)),
            RowId::Operations(of) => Some(of.clone()),
        }
    }

    fn part(&self) -> Option<String> {
        match self.selected.as_ref()? {
            RowId::Operation(row) if row.name.is_empty() => Some("(not recorded)".to_owned()),
            RowId::Operation(row) => Some(row.name.to_string()),
            _ => None,
        }
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        let id = RowId::Element(key.clone());
        // Unfold what is above it.
        if let Some(element) = ctx.model.get(key) {
            if let Some(namespace) = element.namespace() {
                let tenant = RowId::Element(ElementKey::tenant(namespace));
                self.folds.set(&tenant, true);
            }
            if let Some(of) = ctx.model.type_of(key) {
                let of = RowId::Element(ElementKey::Type(of));
                if of != id {
                    self.folds.set(&of, true);
                }
            }
        }
        self.refresh(ctx);
        if let Some(at) = self.rows.iter().position(|r| r.id == id) {
            self.put(at);
        }
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.refresh(ctx);
        let page = isize::try_from(self.height.max(2) - 1).unwrap_or(1);
        match verb {
            Verb::Up => self.move_by(-1),
            Verb::Down => self.move_by(1),
            Verb::PageUp => self.move_by(-page),
            Verb::PageDown => self.move_by(page),
            Verb::Top => {
                self.put(0);
                Answer::Done
            }
            Verb::Bottom => {
                self.put(usize::MAX);
                Answer::Done
            }
            Verb::Left => self.fold(false, ctx),
            Verb::Right => self.fold(true, ctx),
            Verb::FoldAll => self.fold_all(ctx),
            Verb::Enter => self.enter(ctx),
            Verb::Operations => self.show_operations(ctx),
            Verb::Sort => {
                self.order = self.order.next();
                self.refresh(ctx);
                Answer::Say(format!("sorted {}", self.order.words()))
            }
            Verb::Wide => {
                self.wide = !self.wide;
                if self.wide && !cells::Columns::has_room_for_more(self.width) {
                    Answer::Say(
                        "no room for more columns here: :toggle-detail makes some".to_owned(),
                    )
                } else {
                    Answer::Done
                }
            }
            _ => Answer::Ignored,
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        self.refresh(ctx);
        if area.height == 0 || area.width <= GUTTER {
            return;
        }
        if self.rows.is_empty() {
            let cells = usize::from(area.width);
            let text = lines::wrap(&Self::empty(ctx), cells, 6, ctx.theme.glyphs.ellipsis);
            lines::paint(area, buf, text.into_iter().map(Line::from).collect());
            return;
        }
        self.width = area.width - GUTTER;
        let latency = ctx.model.interfaces().sample().is_some();
        let layout = cells::Columns::new(self.width, self.wide, latency, self.longest);
        let head = Rect { height: 1, ..area };
        let inner = Rect {
            x: area.x + GUTTER,
            width: area.width - GUTTER,
            ..head
        };
        layout.header(ctx).render(inner, buf);
        let body = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        self.scroll(body.height as usize);
        self.draw_rows(body, buf, ctx, &layout);
        let rows = self.rows.iter().enumerate().skip(self.offset);
        for (y, (index, row)) in (body.y..body.bottom()).zip(rows) {
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            let (sign, style) = cells::sign(row, ctx);
            let here = index == self.at;
            let mark = if here { ">" } else { " " };
            Line::from(vec![Span::raw(mark), Span::styled(sign.to_string(), style)]).render(
                Rect {
                    width: GUTTER,
                    ..line
                },
                buf,
            );
            if here {
                buf.set_style(line, ctx.theme.cursor(focused));
            }
        }
    }
}
