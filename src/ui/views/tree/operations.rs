//! The rows of operations: whose they are, and what they say.

use ratatui::style::Style;

use super::cells::Cells;
use crate::model::Model;
use crate::model::element::Health;
use crate::model::interfaces::Operation;
use crate::model::key::ElementKey;
use crate::model::text::Text;
use crate::model::usage::Protocol;
use crate::ui::{Ctx, format, usage};

/// Which operation, and whose row it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OperationRow {
    pub(super) of: ElementKey,
    pub(super) callee: ElementKey,
    pub(super) is_required: bool,
    pub(super) protocol: Option<Protocol>,
    pub(super) name: Text,
}

impl OperationRow {
    /// What is known of it now; `None` where it was not seen any more.
    pub(super) fn operation<'a>(&self, model: &'a Model) -> Option<Operation<'a>> {
        let caller = self.is_required.then_some(&self.of);
        let which = (self.protocol, &self.name);
        model.interfaces().operation(&self.callee, which, caller)
    }
}

/// Whether so many of its sampled calls fail that somebody should look.
pub(super) fn is_failing(operation: &Operation<'_>) -> bool {
    let tally = &operation.tally;
    usage::counts(tally.calls, tally.errors + tally.unflagged, 0).are_failing()
}

pub(super) fn name(row: &OperationRow, ctx: &Ctx<'_>) -> String {
    match row.operation(ctx.model) {
        Some(operation) if row.is_required => usage::required(&operation, ctx),
        Some(operation) => usage::title(&operation),
        None => row.name.to_string(),
    }
}

/// Cells from which on the count stands before the callers.
const COUNTS_FIRST: usize = 40;

/// An operation's figures are a sample's: they stand beside the rates of types, and not in their column.
/// `room` is what there is for WHY.
pub(super) fn cells(
    row: &OperationRow,
    without_latency: bool,
    room: usize,
    ctx: &Ctx<'_>,
) -> Cells {
    let name = name(row, ctx);
    let Some(operation) = row.operation(ctx.model) else {
        return Cells {
            name,
            ..Cells::default()
        };
    };
    let tally = &operation.tally;
    let failing = is_failing(&operation);
    let kind = if row.is_required {
        "requires"
    } else {
        "provides"
    };
    Cells {
        name,
        errors: format::errors(Some(usage::counts(tally.calls, tally.errors, 0))),
        latency: format::took(tally.latency.at(0.95)),
        kind: kind.to_owned(),
        why: why(row, &operation, without_latency, room, ctx),
        error_style: if failing {
            ctx.theme.health(Health::Broken)
        } else {
            Style::new()
        },
        why_style: ctx.theme.dim(),
        ..Cells::default()
    }
}

fn why(
    row: &OperationRow,
    operation: &Operation<'_>,
    without_latency: bool,
    room: usize,
    ctx: &Ctx<'_>,
) -> String {
    let tally = &operation.tally;
    let unanswered = usage::unanswered(operation, ctx);
    let count = format!("sampled {}", usage::often(tally.calls, ctx));
    let mut callers = String::new();
    if !row.is_required {
        if operation.uses.len() > 1 {
            let dot = ctx.theme.glyphs.dot;
            callers.push_str(&format!("{} callers {dot} ", operation.uses.len()));
        }
        callers.push_str(&usage::by(operation, ctx));
    }
    let p95 = if without_latency && tally.latency.count() > 0 {
        format!("p95 {}", format::took(tally.latency.at(0.95)))
    } else {
        String::new()
    };
    let unflagged = match tally.unflagged {
        0 => String::new(),
        n => format!("{n} HTTP 5xx (not flagged)"),
    };
    let thrown = tally.exceptions.first();
    let thrown = thrown.map_or_else(String::new, |thrown| usage::thrown(thrown, ctx));
    // Where the end is cut, it is what one knows from elsewhere.
    let parts = if room >= COUNTS_FIRST {
        [count, p95, unflagged, unanswered, callers, thrown]
    } else if operation.is_unanswered() {
        [callers, unanswered, unflagged, count, p95, thrown]
    } else {
        [unanswered, callers, unflagged, count, p95, thrown]
    };
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}
