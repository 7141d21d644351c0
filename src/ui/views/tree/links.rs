//! Rows of single links, where a filter asks for them: which link it is, how it is declared, and why it is here.

use super::cells::Cells;
use crate::model::element::{Call, Declared, Element};
use crate::model::key::ElementKey;
use crate::model::query::difference::Difference;
use crate::ui::Ctx;
use crate::ui::{detail, format};

/// A link, as a row of one of its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LinkRow {
    /// The end whose row it is.
    pub(super) of: ElementKey,
    /// The link: a call or a declared link.
    pub(super) link: ElementKey,
}

/// `→ cart` below the caller, `front →` below the callee.
pub(super) fn name(row: &LinkRow, ctx: &Ctx<'_>) -> String {
    let arrow = ctx.theme.glyphs.arrow;
    match row.link.ends() {
        Some((caller, callee)) if *caller == row.of => {
            format!("{arrow} {}", detail::name(callee, ctx))
        }
        Some((caller, _)) => format!("{} {arrow}", detail::name(caller, ctx)),
        None => String::new(),
    }
}

pub(super) fn cells(row: &LinkRow, ctx: &Ctx<'_>) -> Cells {
    let mut cells = Cells {
        name: name(row, ctx),
        ..Cells::default()
    };
    match ctx.model.get(&row.link) {
        Some(Element::Declared(declared)) => cells.why = why(declared, ctx),
        Some(Element::Call(call)) => {
            cells.rate = format::rate(call.recent);
            cells.errors = format::errors(call.recent);
            cells.why = of_call(call, ctx);
        }
        _ => {}
    }
    cells
}

fn of_call(call: &Call, ctx: &Ctx<'_>) -> String {
    let refusals = ctx.model.refusals(call);
    let mut why: Vec<String> = refusals
        .iter()
        .map(|refusal| format!("not allowed: {}", refusal.words()))
        .collect();
    if ctx.model.is_declared(call) == Some(false) {
        why.push("called, not declared".to_owned());
    }
    why.join("; ")
}

fn why(declared: &Declared, ctx: &Ctx<'_>) -> String {
    let mut why = declared.words();
    if let (Some(false), Some(ms)) = (ctx.model.is_observed(declared), ctx.model.long_window_ms()) {
        // What one looks for first, for there may be little room.
        why = format!("never called ({}), {why}", format::window(ms));
    }
    if let Some(Element::Service(service)) = ctx.model.get(&declared.callee)
        && ctx.model.has_none_ready(service)
    {
        why = format!("no endpoint is ready, {why}");
    }
    why
}

/// Of how many declared links nobody knows whether they are used, where a filter asks for those that are not.
pub(super) fn unknowable(ctx: &Ctx<'_>) -> Option<String> {
    let asks = ctx.filter.links().any(|how| how == Difference::Unused);
    let links = ctx
        .model
        .graph()
        .links()
        .filter(|(_, link)| match &***link {
            Element::Declared(declared) => {
                !declared.is_only_allowed() && ctx.model.is_observed(declared).is_none()
            }
            _ => false,
        });
    let count = if asks { links.count() } else { 0 };
    (count > 0).then(|| {
        format!(
            "; of {count} declared links it is not known whether they are used, :why NAME says why"
        )
    })
}
