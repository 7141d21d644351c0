//! The graph, as focus: callers, the selected element, callees, some hops each way.
//!
//! The picture is planned anew only when the model, the place or the wish changes, and what was shown
//! keeps its place then. This file answers verbs; [`plan`] decides what is shown, `ui::graph` where.

mod around;
mod chart;
mod info;
mod paint;
mod plan;
mod screen;
#[cfg(test)]
mod tests;
mod verbs;
mod walk;
pub(super) mod words;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) use self::chart::passes;
pub(super) use self::info::{empty, grouped};
pub(super) use self::screen::{put_text, wrap};

use self::chart::Spot;
use self::paint::{Canvas, Cursor};
use self::plan::{Basis, Plan};
use self::screen::Rows;
use self::walk::Row;
use super::super::{Answer, Ctx, View};
use super::age;
use crate::model::element::Element;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::links::Side;
use crate::model::query::network::Network;
use crate::ui::action::Verb;
use crate::ui::format;

/// Boxes that a page is.
const PAGE: isize = 10;
/// Most hops each way.
const MOST_HOPS: i16 = 3;

/// Everything that a plan hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    basis: Basis,
    context: crate::model::text::Text,
    revision: u64,
    telemetry: u64,
    filter: String,
    choice: NamespaceChoice,
    stage: Option<(ElementKey, u32)>,
}

/// The Graph view.
#[derive(Debug)]
pub struct GraphView {
    focus: Option<ElementKey>,
    /// The focus was not chosen by a person, so a better one may still take its place.
    chosen: bool,
    hops: i16,
    cursor: Option<Spot>,
    row: Row,
    unfolded: BTreeSet<i16>,
    scroll: usize,
    /// Cells for the whole view at the last drawing; a screen's usual size before the first.
    size: (u16, u16),
    plan: Option<(Stamp, Plan)>,
    places: BTreeMap<Spot, (i16, u32)>,
}

impl Default for GraphView {
    fn default() -> Self {
        Self {
            focus: None,
            chosen: false,
            hops: 1,
            cursor: None,
            row: Row::default(),
            unfolded: BTreeSet::new(),
            scroll: 0,
            size: (80, 14),
            plan: None,
            places: BTreeMap::new(),
        }
    }
}

impl GraphView {
    /// Chooses a focus where a person has not: the first unhealthy type, else the busiest.
    fn settle(&mut self, ctx: &Ctx<'_>) {
        let loading = || {
            let mut states = ctx
                .model
                .sources()
                .values()
                .filter_map(|s| s.state.as_ref());
            states.any(crate::model::source::SourceState::is_loading)
        };
        if self.focus.is_some() && (self.chosen || !loading()) {
            return;
        }
        if let Some(first) = first(ctx)
            && self.focus.as_ref() != Some(&first)
        {
            self.focus_on(first);
            self.chosen = false;
        }
    }

    fn focus_on(&mut self, key: ElementKey) {
        self.cursor = Some(Spot::Element(key.clone()));
        self.focus = Some(key);
        self.chosen = true;
        self.unfolded.clear();
        self.places.clear();
        self.scroll = 0;
        self.plan = None;
    }

    /// The focus, while it is there.
    fn present<'a>(&'a self, ctx: &Ctx<'_>) -> Option<&'a ElementKey> {
        self.focus
            .as_ref()
            .filter(|key| ctx.model.get(key).is_some())
    }

    /// Plans the picture anew where something that it hangs on changed.
    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.settle(ctx);
        let Some(focus) = self.present(ctx).cloned() else {
            self.plan = None;
            return;
        };
        let (width, height) = self.size;
        let basis = |also| Basis {
            focus: focus.clone(),
            hops: self.hops,
            unfolded: self.unfolded.clone(),
            width: usize::from(width),
            height: usize::from(Rows::new(ctx, height, also).chart(height)),
        };
        let stamp = Stamp {
            basis: basis(false),
            context: ctx.model.context().clone(),
            revision: ctx.model.revision(),
            telemetry: ctx.model.telemetry_revision(),
            filter: ctx.filter.source().to_owned(),
            choice: ctx.choice.clone(),
            stage: ctx.stage.map(|(key, n)| (key.clone(), n)),
        };
        if self.plan.as_ref().is_some_and(|(old, _)| *old == stamp) {
            return;
        }
        // The line for what is not drawn is taken from the picture only where it is needed.
        let mut plan = plan::plan(ctx, &stamp.basis, &self.places);
        if !says_all(&plan) {
            plan = plan::plan(ctx, &basis(true), &self.places);
        }
        self.places = plan.places();
        self.plan = Some((stamp, plan));
    }

    fn planned(&self) -> Option<&Plan> {
        self.plan.as_ref().map(|(_, plan)| plan)
    }

    /// The box under the cursor.
    fn at(&self) -> Option<usize> {
        walk::stop(self.planned()?, self.cursor.as_ref())
    }

    /// Scrolls so that the box under the cursor is in sight.
    fn follow(&mut self, height: usize) {
        let Some(plan) = self.planned() else {
            return;
        };
        let most = plan.scene.height.saturating_sub(height);
        let cells = self.at().and_then(|at| {
            let middle = plan.chart.stops.get(at).is_some_and(|s| s.column == 0);
            plan.scene.cells(at).filter(|_| !middle)
        });
        let mut scroll = self.scroll;
        if let Some(cells) = cells {
            scroll = scroll.max((cells.y + cells.height).saturating_sub(height));
            scroll = scroll.min(cells.y);
        }
        self.scroll = scroll.min(most);
    }
}

/// Whether everything has a line and every column a place.
fn says_all(plan: &Plan) -> bool {
    plan.listed().is_empty() && plan.scene.left_out == (0, 0)
}

/// The first unhealthy type of the chosen namespaces, else the busiest.
fn first(ctx: &Ctx<'_>) -> Option<ElementKey> {
    let chosen = || {
        let types = ctx.model.types();
        types.filter(|t| ctx.choice.covers(&t.key.namespace))
    };
    let worst = chosen()
        .filter(|t| t.health.is_bad())
        .min_by_key(|t| (std::cmp::Reverse(t.health), t.key.clone()));
    let busiest = || {
        chosen().max_by_key(|t| {
            let key = ElementKey::Type(t.key.clone());
            let calls = |side| ctx.model.traffic(&key, side).map_or(0, |c| c.calls);
            let declared = |side| ctx.model.declared(&key, side).count();
            (
                calls(Side::Callers) + calls(Side::Callees),
                declared(Side::Callers) + declared(Side::Callees),
                std::cmp::Reverse(t.key.clone()),
            )
        })
    };
    worst
        .or_else(busiest)
        .map(|t| ElementKey::Type(t.key.clone()))
}

impl View for GraphView {
    fn name(&self) -> &'static str {
        "graph"
    }

    fn letter(&self) -> char {
        'g'
    }

    fn about(&self) -> &'static str {
        "who calls the selected element and whom it calls, some hops each way, with rates and errors"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        let Some(focus) = &self.focus else {
            return String::new();
        };
        let dot = format!(" {} ", ctx.theme.glyphs.dot);
        let mut parts = vec![words::name(ctx, focus)];
        if ctx.model.get(focus).is_none() {
            parts.push("gone".to_owned());
            return parts.join(&dot);
        }
        let s = if self.hops == 1 { "" } else { "s" };
        parts.push(format!("{} hop{s}", self.hops));
        if let Some(plan) = self.planned() {
            let hidden: usize = plan.chart.stops.iter().map(|s| s.hidden.len()).sum();
            for (count, word) in [(hidden, "folded"), (plan.chart.filtered, "filtered out")] {
                if count > 0 {
                    parts.push(format!("{count} {word}"));
                }
            }
        }
        match ctx.model.recent_window_ms() {
            Some(ms) if ctx.is_sampled() => {
                parts.push(format!("sampled rates over {}", format::window(ms)));
            }
            Some(ms) => parts.push(format!("rates over {}", format::window(ms))),
            None if ctx.model.has_telemetry() => parts.push("no rates yet".to_owned()),
            None => parts.push("declared links only".to_owned()),
        }
        parts.join(&dot)
    }

    fn selected(&self) -> Option<ElementKey> {
        let at = self.at()?;
        match &self.planned()?.chart.stops.get(at)?.spot {
            Spot::Element(key) => Some(key.clone()),
            Spot::Fold(_) => None,
        }
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        let key = match ctx.model.get(key) {
            Some(Element::Component(_) | Element::Service(_)) => match ctx.model.type_of(key) {
                Some(of) => ElementKey::Type(of),
                None => key.clone(),
            },
            Some(Element::Type(_) | Element::External(_) | Element::Ingress(_)) => key.clone(),
            // Of a link, the caller stands in the middle, with the callee in sight.
            Some(Element::Call(call)) => call.caller.clone(),
            Some(Element::Declared(declared)) => declared.caller.clone(),
            // Machines and tenants have no place in who calls whom.
            _ => return,
        };
        if self.focus.as_ref() == Some(&key) {
            self.cursor = Some(Spot::Element(key));
            self.chosen = true;
        } else {
            self.focus_on(key);
        }
        self.refresh(ctx);
    }

    fn centre(&self) -> Option<ElementKey> {
        self.focus.clone()
    }

    fn point(&mut self, key: &ElementKey, _ctx: &Ctx<'_>) {
        let spot = Spot::Element(key.clone());
        let seen = self.planned().and_then(|plan| plan.chart.position(&spot));
        if seen.is_some() {
            self.put(seen);
        }
    }

    /// What is folded for lack of room is there, too.
    fn network(&self, ctx: &Ctx<'_>) -> Option<Network> {
        let stops = &self.planned()?.chart.stops;
        let among = stops.iter().flat_map(|stop| match &stop.spot {
            Spot::Element(key) => std::slice::from_ref(key),
            Spot::Fold(_) => &stop.hidden,
        });
        Some(
            ctx.model
                .network_among(ctx.choice, &among.cloned().collect()),
        )
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.refresh(ctx);
        self.chosen |= self.focus.is_some();
        match verb {
            Verb::Up => self.step(-1),
            Verb::Down => self.step(1),
            Verb::PageUp => self.step(-PAGE),
            Verb::PageDown => self.step(PAGE),
            Verb::Top => self.step(isize::MIN + 1),
            Verb::Bottom => self.step(isize::MAX),
            Verb::Left => self.along(-1),
            Verb::Right => self.along(1),
            Verb::Enter => self.enter(ctx),
            Verb::Wider => self.hop(1, ctx),
            Verb::Narrower => self.hop(-1, ctx),
            Verb::FoldAll => self.fold_all(ctx),
            Verb::Operations => self.operations(ctx),
            _ => Answer::Ignored,
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        self.size = (area.width, area.height);
        self.refresh(ctx);
        let Some((_, plan)) = &self.plan else {
            let said = match &self.focus {
                Some(key) => info::gone(ctx, key),
                None => info::empty(ctx),
            };
            put_text(buf, area, &said, ctx.theme.text(), ctx);
            return;
        };
        let rows = Rows::new(ctx, area.height, !says_all(plan));
        let chart = rows.chart(area.height);
        self.follow(usize::from(chart));
        let mut y = area.y;
        let mut next = |height: u16| {
            let row = Rect { y, height, ..area };
            y += height;
            row
        };
        let (notice, header) = (next(rows.notice), next(rows.header));
        let (chart, also, info) = (next(chart), next(rows.also), next(rows.info));
        let said = [info::notice(ctx, usize::from(area.width))];
        put_text(buf, notice, &said, ctx.theme.warning(), ctx);

        let at = self.at();
        let Some((_, plan)) = &self.plan else {
            return;
        };
        screen::header(plan, header, buf, ctx);
        screen::rest(
            plan,
            header,
            buf,
            ctx,
            self.scroll,
            usize::from(chart.height),
        );
        let cursor = Cursor { stop: at, focused };
        let mut canvas = Canvas {
            buf,
            area: chart,
            scroll: self.scroll,
        };
        paint::paint(&mut canvas, plan, ctx, cursor);
        let width = usize::from(area.width);
        let listed = [info::also(ctx, plan, at, width)];
        put_text(buf, also, &listed, ctx.theme.accent(), ctx);
        let mut about = at.map(|at| info::about(ctx, plan, at)).unwrap_or_default();
        // Links that are only declared say so themselves.
        let ages = plan.chart.links.iter().map(|link| link.age(ctx));
        about.push(age::legend(ages, false, ctx));
        about.retain(|line| !line.is_empty());
        put_text(buf, info, &about, ctx.theme.text(), ctx);
    }
}
