//! The call tree: an element, and whom it calls or who calls it, level by level.
//!
//! This file answers verbs; [`rows`] decides which rows there are, [`cells`] what they say.

mod cells;
mod rows;
mod said;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use self::cells::Columns;
use self::rows::{Folds, Mark, Row, RowId, Tree};
use crate::model::element::{Declared, Element};
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::links::{Neighbour, Side};
use crate::model::source::SourceState;
use crate::ui::action::Verb;
use crate::ui::views::lines;
use crate::ui::views::nested::{self, Nested};
use crate::ui::{Answer, Ctx, View, detail, usage};

/// Cells before the rows: the cursor and the state's sign.
const GUTTER: u16 = 3;

/// What the cached rows hang on.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    root: ElementKey,
    side: Side,
    revision: u64,
    filter: String,
    choice: NamespaceChoice,
    only_broken: bool,
    folds: u64,
}

/// The call tree's cursor and caches.
#[derive(Debug)]
pub struct CallsView {
    root: Option<ElementKey>,
    /// The root was chosen by a person, so no better one takes its place.
    chosen: bool,
    side: Side,
    folds: Folds,
    tree: Tree,
    /// Cells that the longest name of all rows takes.
    longest: usize,
    stamp: Option<Stamp>,
    selected: Option<RowId>,
    /// Where the cursor was: it stays there when its row goes.
    at: usize,
    offset: usize,
    height: usize,
}

impl Default for CallsView {
    fn default() -> Self {
        Self {
            root: None,
            chosen: false,
            side: Side::Callees,
            folds: Folds::default(),
            tree: Tree::default(),
            longest: 0,
            stamp: None,
            selected: None,
            at: 0,
            offset: 0,
            height: 0,
        }
    }
}

impl CallsView {
    /// Chooses a root where a person has not.
    fn settle(&mut self, ctx: &Ctx<'_>) {
        let mut sources = ctx.model.sources().values();
        let loading = sources.any(|s| s.state.as_ref().is_some_and(SourceState::is_loading));
        if self.root.is_some() && (self.chosen || !loading) {
            return;
        }
        let root = first(ctx);
        if root.is_some() && self.root != root {
            self.root = root;
            self.start();
        }
    }

    /// Puts the cursor on the root, with everything else folded.
    fn start(&mut self) {
        self.folds.clear();
        self.selected = None;
        self.at = 0;
        self.offset = 0;
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.settle(ctx);
        let Some(root) = self.root.clone().filter(|key| ctx.model.get(key).is_some()) else {
            self.tree = Tree::default();
            self.stamp = None;
            return;
        };
        let filtering = ctx.only_broken || !ctx.filter.is_empty();
        let stamp = Stamp {
            root,
            side: self.side,
            // What passes may hang on counts, which move without the structure.
            revision: if filtering {
                ctx.model.telemetry_revision()
            } else {
                ctx.model.revision()
            },
            filter: ctx.filter.source().to_owned(),
            choice: ctx.choice.clone(),
            only_broken: ctx.only_broken,
            folds: self.folds.revision,
        };
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        self.tree = Tree::of(ctx, &stamp.root, self.side, &self.folds);
        self.stamp = Some(stamp);
        let names = self.tree.rows.iter().map(|row| cells::name_cells(row, ctx));
        self.longest = names.max().unwrap_or(0);
        let found = self
            .selected
            .as_ref()
            .and_then(|id| self.tree.rows.iter().position(|r| r.id == *id));
        match found {
            Some(at) => self.at = at,
            None => self.put(self.at),
        }
    }

    fn row(&self) -> Option<&Row> {
        self.tree.rows.get(self.at)
    }

    fn put(&mut self, at: usize) {
        self.at = at.min(self.tree.rows.len().saturating_sub(1));
        self.selected = self.row().map(|r| r.id.clone());
    }

    fn move_by(&mut self, by: isize) -> Answer {
        self.put(self.at.saturating_add_signed(by));
        Answer::Done
    }

    fn unfold(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(row) = self.row().cloned() else {
            return Answer::Ignored;
        };
        match row.mark {
            // There it is unfolded, or can be.
            Mark::Above | Mark::Below | Mark::Circle => {
                let name = detail::name(&row.id.key, ctx);
                return match self.tree.place(&row.id.key) {
                    Some(at) => {
                        self.put(at);
                        Answer::Say(format!("{name} stands here already"))
                    }
                    None => Answer::Ignored,
                };
            }
            Mark::Deep => {
                let name = detail::name(&row.id.key, ctx);
                return Answer::Say(format!(
                    "{} levels are shown: v c, or :calls {name}, goes on from here",
                    rows::LEVELS
                ));
            }
            Mark::None => {}
        }
        if row.children && !row.open {
            self.folds.set(&row.id.key, true);
            self.refresh(ctx);
        } else if row.children {
            return self.move_by(1);
        }
        Answer::Done
    }

    fn fold(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(row) = self.row().cloned() else {
            return Answer::Ignored;
        };
        if row.open {
            self.folds.set(&row.id.key, false);
            self.refresh(ctx);
            return Answer::Done;
        }
        let mut above = self.tree.rows.iter().take(self.at);
        if let Some(parent) = above.rposition(|r| r.depth < row.depth) {
            self.put(parent);
        }
        Answer::Done
    }

    /// Unfolds everything, or folds all but the root.
    fn fold_all(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(root) = self.root.clone() else {
            return Answer::Ignored;
        };
        let can = |row: &Row| row.children && !row.open;
        if self.tree.rows.iter().any(can) {
            for key in Tree::leading_on(ctx, &root, self.side) {
                self.folds.set(&key, true);
            }
        } else {
            self.folds.clear();
        }
        self.refresh(ctx);
        Answer::Done
    }

    fn flip(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(root) = self.root.clone() else {
            return Answer::Ignored;
        };
        self.side = match self.side {
            Side::Callees => Side::Callers,
            Side::Callers => Side::Callees,
        };
        self.start();
        self.refresh(ctx);
        let name = detail::name(&root, ctx);
        Answer::Say(match self.side {
            Side::Callees => format!("whom {name} calls"),
            Side::Callers => format!("who calls {name}"),
        })
    }

    /// The traces of the link that the row stands for.
    fn operations(&self, ctx: &Ctx<'_>) -> Answer {
        let Some((caller, callee)) = self.row().and_then(|row| cells::ends(row, self.side)) else {
            return Answer::Say("the traces of a call are on its row, below this one".to_owned());
        };
        let of = format!(
            "{} {} {}",
            detail::name(caller, ctx),
            ctx.theme.glyphs.arrow,
            detail::name(callee, ctx)
        );
        let examples = usage::examples_between(ctx, caller, callee, "");
        Answer::Examples { of, examples }
    }

    fn scroll(&mut self, height: usize) {
        self.height = height;
        let last = self.tree.rows.len().saturating_sub(height.max(1));
        self.offset = self.offset.min(last);
        if self.at < self.offset {
            self.offset = self.at;
        } else if self.at >= self.offset + height.max(1) {
            self.offset = self.at + 1 - height.max(1);
        }
    }

    fn draw_rows(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, columns: &Columns) {
        let inner = Rect {
            x: area.x + GUTTER.min(area.width),
            width: area.width.saturating_sub(GUTTER),
            ..area
        };
        let nested = |row: &Row| Nested {
            depth: columns.depth(row),
            children: row.children,
            open: row.open,
        };
        let text = |row: &Row| columns.line(row, self.side, ctx);
        nested::draw(
            &self.tree.rows,
            self.offset,
            inner,
            buf,
            ctx.theme,
            nested,
            text,
        );
    }

    fn draw_signs(&self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let rows = self.tree.rows.iter().enumerate().skip(self.offset);
        for (y, (index, row)) in (area.y..area.bottom()).zip(rows) {
            let line = Rect {
                y,
                height: 1,
                ..area
            };
            let (sign, style) = cells::sign(row, ctx);
            let here = index == self.at;
            let mark = if here { ">" } else { " " };
            let gutter = Rect {
                width: GUTTER,
                ..line
            };
            let signs = vec![Span::raw(mark), Span::styled(sign.to_string(), style)];
            Line::from(signs).render(gutter, buf);
            if here {
                buf.set_style(line, ctx.theme.cursor(focused));
            }
        }
    }
}

/// The type that is called from outside at most and that calls most; where there is none, that calls most.
fn first(ctx: &Ctx<'_>) -> Option<ElementKey> {
    let types = ctx.model.types();
    let chosen = types.filter(|t| ctx.choice.covers(&t.key.namespace));
    let best = chosen.max_by_key(|t| {
        let key = ElementKey::Type(t.key.clone());
        let mut callees = ctx.model.neighbours(&key, Side::Callees);
        callees.retain(|n| *n.key != key);
        let calls: u64 = callees.iter().map(Neighbour::recent_calls).sum();
        let callers = ctx.model.neighbours(&key, Side::Callers);
        let is_called = callers.iter().any(|n| {
            let is_outside = matches!(
                n.key,
                ElementKey::Ingress { .. } | ElementKey::External { .. }
            );
            let is_allowed = n.call.is_none() && n.declared.is_some_and(Declared::is_only_allowed);
            *n.key != key && !is_outside && !is_allowed
        });
        let leads = !callees.is_empty();
        let name = std::cmp::Reverse(t.key.clone());
        (leads && !is_called, leads, calls, name)
    });
    best.map(|t| ElementKey::Type(t.key.clone()))
}

/// Says something in an area, wrapped.
fn say(text: &str, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let cells = usize::from(area.width);
    let text = lines::wrap(text, cells, 6, ctx.theme.glyphs.ellipsis);
    lines::paint(area, buf, text.into_iter().map(Line::from).collect());
}

impl View for CallsView {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn letter(&self) -> char {
        'c'
    }

    fn about(&self) -> &'static str {
        "whom an element calls, or who calls it, as a tree"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        said::title(self, ctx)
    }

    fn selected(&self) -> Option<ElementKey> {
        self.selected.as_ref().map(|id| id.key.clone())
    }

    fn anchor(&self) -> Option<ElementKey> {
        self.root.clone()
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        let key = match ctx.model.get(key) {
            Some(Element::Component(_) | Element::Service(_)) => ctx
                .model
                .type_of(key)
                .map_or_else(|| key.clone(), ElementKey::Type),
            Some(Element::Type(_) | Element::External(_) | Element::Ingress(_)) => key.clone(),
            Some(Element::Call(call)) => call.caller.clone(),
            Some(Element::Declared(declared)) => declared.caller.clone(),
            // Machines and tenants have no place in who calls whom.
            _ => return,
        };
        self.chosen = true;
        if self.root.as_ref() != Some(&key) {
            self.root = Some(key);
            self.start();
        }
        self.refresh(ctx);
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.refresh(ctx);
        self.chosen |= self.root.is_some();
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
            Verb::Left => self.fold(ctx),
            Verb::Right => self.unfold(ctx),
            Verb::FoldAll => self.fold_all(ctx),
            Verb::Flip => self.flip(ctx),
            Verb::Operations => self.operations(ctx),
            Verb::Enter => match self.selected() {
                Some(key) => Answer::Show { view: "graph", key },
                None => Answer::Ignored,
            },
            _ => Answer::Ignored,
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        self.refresh(ctx);
        if area.height == 0 || area.width <= GUTTER {
            return;
        }
        if self.tree.rows.is_empty() {
            let text = match &self.root {
                Some(root) => said::gone(ctx, root),
                None => said::rootless(ctx),
            };
            say(&text, area, buf, ctx);
            return;
        }
        let body = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        self.scroll(body.height as usize);
        let window = self
            .tree
            .rows
            .iter()
            .skip(self.offset)
            .take(body.height as usize);
        let deepest = window.map(|row| row.depth).max().unwrap_or(0);
        let latency = ctx.model.interfaces().sample().is_some();
        let columns = Columns::new(area.width - GUTTER, latency, self.longest, deepest);
        let head = Rect {
            x: area.x + GUTTER,
            width: area.width - GUTTER,
            height: 1,
            ..area
        };
        columns.header(ctx).render(head, buf);
        self.draw_rows(body, buf, ctx, &columns);
        self.draw_signs(body, buf, ctx, focused);
        if let Some(text) = said::alone(self, ctx) {
            let below = Rect {
                x: area.x + GUTTER,
                y: area.y + 3,
                width: area.width - GUTTER,
                height: area.height.saturating_sub(3),
            };
            say(&text, below, buf, ctx);
        }
    }
}
