//! The text of one row: made for visible rows only, because rates move without the structure.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::rows::{self, Mark, Row};
use crate::model::element::{Call, Counts, Declared, Element, Health};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::ui::format::{self, NONE};
use crate::ui::views::age::Age;
use crate::ui::{Ctx, detail};

const RATE: usize = 7;
const ERRORS: usize = 6;
const LATENCY: usize = 7;
/// Cells of a level's indent, and of the fold symbol.
const INDENT: usize = 2;
/// Fewest cells that a name gets, however deep it stands.
const LEAST: usize = 12;

/// Which columns there are, and how wide.
pub(super) struct Columns {
    name: usize,
    latency: usize,
    rest: usize,
    /// Levels that are not indented, so that the deepest row on screen has room for its name.
    pub(super) base: u16,
}

impl Columns {
    /// Columns for a width in cells; `longest` is what the longest name takes, indent and all, and `deepest` the
    /// depth of the deepest row on screen. Latencies stand where any are known.
    pub(super) fn new(width: u16, latency: bool, longest: usize, deepest: u16) -> Self {
        let width = usize::from(width);
        let latency = if latency { LATENCY } else { 0 };
        let free = width.saturating_sub(RATE + ERRORS + latency);
        let most = if width >= 90 {
            free * 3 / 5
        } else {
            free * 2 / 3
        };
        let name = (longest + 1)
            .clamp(LEAST.min(free), most.max(LEAST))
            .min(free);
        let levels = name.saturating_sub(LEAST + INDENT) / INDENT;
        let levels = u16::try_from(levels).unwrap_or(u16::MAX);
        Self {
            name,
            latency,
            rest: free.saturating_sub(name + 2),
            base: if longest < name {
                0
            } else {
                deepest.saturating_sub(levels)
            },
        }
    }

    pub(super) fn header(&self, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let name = match self.base {
            0 => "NAME".to_owned(),
            base => format!("NAME (below level {base})"),
        };
        let mut text = format::fit(&name, self.name, e);
        text.push_str(&format::right("REQ/s", RATE, e));
        text.push_str(&format::right("ERR%", ERRORS, e));
        text.push_str(&format::right("P95", self.latency, e));
        text.push_str("  NOTE");
        Line::from(Span::styled(text, ctx.theme.dim()))
    }

    /// How far a row is indented.
    pub(super) fn depth(&self, row: &Row) -> u16 {
        row.depth.saturating_sub(self.base)
    }

    /// The line of a row, without the indent and symbol that the tree widget draws before it.
    pub(super) fn line(&self, row: &Row, side: Side, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let cells = Cells::of(row, side, ctx);
        let indent = usize::from(self.depth(row)) * INDENT + INDENT;
        let style = if cells.quiet {
            ctx.theme.dim()
        } else {
            Style::new()
        };
        let heading = if row.depth == 0 {
            ctx.theme.heading()
        } else {
            style
        };
        let name = name(row, self.name.saturating_sub(indent), ctx);
        let note = format::fit(&cells.note, self.rest, e);
        Line::from(vec![
            Span::styled(name, heading),
            Span::styled(format::right(&cells.rate, RATE, e), style),
            Span::styled(
                format::right(&cells.errors, ERRORS, e),
                if cells.fails {
                    ctx.theme.health(Health::Broken)
                } else {
                    style
                },
            ),
            Span::styled(format::right(&cells.latency, self.latency, e), style),
            Span::raw("  "),
            Span::styled(note.trim_end().to_owned(), cells.note_style),
        ])
    }
}

/// The sign of a circle, which stands after the name.
fn circle(row: &Row, ctx: &Ctx<'_>) -> &'static str {
    match row.mark {
        Mark::Circle if ctx.theme.glyphs.ellipsis.is_ascii() => " (circle)",
        Mark::Circle => " ↻",
        _ => "",
    }
}

/// The name of a row in so many cells; where it is too long, the sign of a circle stays.
fn name(row: &Row, cells: usize, ctx: &Ctx<'_>) -> String {
    let e = ctx.theme.glyphs.ellipsis;
    let (name, circle) = (detail::name(&row.id.key, ctx), circle(row, ctx));
    let taken = format::width(circle);
    if format::width(&name) + taken <= cells || cells <= taken {
        return format::name(&format!("{name}{circle}"), cells, e);
    }
    format!("{}{circle}", format::name(&name, cells - taken, e))
}

/// Cells that a row's name takes, indent and symbol included.
pub(super) fn name_cells(row: &Row, ctx: &Ctx<'_>) -> usize {
    let name = format::width(&detail::name(&row.id.key, ctx)) + format::width(circle(row, ctx));
    name + usize::from(row.depth) * INDENT + INDENT
}

/// The caller and the callee of a row's link.
pub(super) fn ends(row: &Row, side: Side) -> Option<(&ElementKey, &ElementKey)> {
    let parent = row.id.parent.as_ref()?;
    Some(match side {
        Side::Callees => (parent, &row.id.key),
        Side::Callers => (&row.id.key, parent),
    })
}

/// The sign of a row's state and its style: that of the element, as the tree has it.
pub(super) fn sign(row: &Row, ctx: &Ctx<'_>) -> (char, Style) {
    let health = ctx
        .model
        .get(&row.id.key)
        .map_or(Health::Unknown, Element::health);
    let health = if !health.is_bad() && rows::is_bad(ctx.model, &row.id.key) {
        Health::Broken
    } else {
        health
    };
    (health.sign(), ctx.theme.health(health))
}

/// The texts of a row.
#[derive(Debug, Default)]
struct Cells {
    rate: String,
    errors: String,
    latency: String,
    note: String,
    note_style: Style,
    fails: bool,
    /// Nobody was seen to use it, or it is told elsewhere.
    quiet: bool,
}

impl Cells {
    fn of(row: &Row, side: Side, ctx: &Ctx<'_>) -> Self {
        let mut cells = match ends(row, side) {
            Some((caller, callee)) => Self::link(caller, callee, ctx),
            None => Self::root(&row.id.key, ctx),
        };
        let mut notes = Vec::new();
        match row.mark {
            Mark::Circle if row.id.parent.as_ref() == Some(&row.id.key) => {
                notes.push("calls itself".to_owned());
            }
            Mark::Circle => notes.push("circle".to_owned()),
            Mark::Above => notes.push("seen above".to_owned()),
            Mark::Below => notes.push("seen below".to_owned()),
            Mark::Deep => notes.push("v c goes on from here".to_owned()),
            Mark::None => {}
        }
        cells.quiet |= matches!(row.mark, Mark::Circle | Mark::Above | Mark::Below);
        notes.extend(Some(cells.note).filter(|note| !note.is_empty()));
        let element = ctx.model.get(&row.id.key);
        let reason = format::reason(element.and_then(Element::reason));
        notes.extend(Some(reason).filter(|reason| !reason.is_empty()));
        cells.note = notes.join(&format!(" {} ", ctx.theme.glyphs.dot));
        cells.note_style = match element.map(Element::health) {
            _ if cells.fails => ctx.theme.health(Health::Broken),
            Some(health) if health != Health::Ok => ctx.theme.health(health),
            _ => ctx.theme.dim(),
        };
        cells
    }

    /// Of the root: all calls to it.
    fn root(key: &ElementKey, ctx: &Ctx<'_>) -> Self {
        let traffic = ctx.model.traffic(key, Side::Callers);
        let latency = ctx.model.interfaces().inbound(key);
        Self {
            rate: format::rate(traffic),
            errors: format::errors(traffic),
            latency: format::took(latency.and_then(|tally| tally.latency.at(0.95))),
            note: match traffic {
                Some(_) => "all calls to it".to_owned(),
                None => String::new(),
            },
            fails: traffic.is_some_and(Counts::are_failing),
            ..Self::default()
        }
    }

    fn link(caller: &ElementKey, callee: &ElementKey, ctx: &Ctx<'_>) -> Self {
        let (call, declared) = rows::link(ctx.model, caller, callee);
        let counts = call.and_then(|call| call.recent);
        let key = ElementKey::call(caller.clone(), callee.clone());
        let fails = counts.is_some_and(Counts::are_failing);
        let flow = ctx.model.flow(caller, callee).unwrap_or_default();
        let age = Age::of(&flow, ctx.now);
        Self {
            rate: format::rate(counts),
            errors: format::errors(counts),
            latency: match call {
                Some(_) => format::took(ctx.model.interfaces().p95_us(&key)),
                None => NONE.to_owned(),
            },
            note: note(call, declared, fails, age),
            fails,
            quiet: call.is_none(),
            ..Self::default()
        }
    }
}

/// What there is to say of a link besides its figures.
fn note(call: Option<&Call>, declared: Option<&Declared>, fails: bool, age: Age) -> String {
    let is_silent = |call: &Call| call.recent.is_some_and(|counts| counts.calls == 0);
    let plain = match (call, declared) {
        (Some(_), _) if fails => "calls fail",
        (Some(call), _) if is_silent(call) => {
            return age.words().unwrap_or_else(|| "called earlier".to_owned());
        }
        (Some(_), _) => return age.words().unwrap_or_default(),
        (None, None) => "",
        (None, Some(declared)) if declared.is_only_allowed() => "only allowed",
        (None, Some(_)) => "only declared",
    };
    plain.to_owned()
}
