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

/// An operation's figures are a sample's: they stand beside the rates of types, and not in their column.
pub(super) fn cells(row: &OperationRow, without_latency: bool, ctx: &Ctx<'_>) -> Cells {
    let name = name(row, ctx);
    let Some(operation) = row.operation(ctx.model) else {
        return Cells {
            name,
            ..Cells::default()
        };
    };
    let tally = &operation.tally;
    let p95 = format::took(tally.latency.at(0.95));
    let dot = format!(" {} ", ctx.theme.glyphs.dot);
    let mut why = vec![format!("sampled {}", usage::often(tally.calls, ctx))];
    if without_latency && tally.latency.count() > 0 {
        why.push(format!("p95 {p95}"));
    }
    if tally.unflagged > 0 {
        why.push(format!("{} HTTP 5xx (not flagged)", tally.unflagged));
    }
    if !row.is_required {
        let callers = operation.uses.len();
        if callers > 1 {
            why.push(format!("{callers} callers"));
        }
        why.push(format!("by {}", usage::callers(&operation, ctx)));
    }
    if let Some(thrown) = tally.exceptions.first() {
        why.push(usage::thrown(thrown, ctx));
    }
    let failing = is_failing(&operation);
    Cells {
        name,
        errors: format::errors(Some(usage::counts(tally.calls, tally.errors, 0))),
        latency: p95,
        kind: if row.is_required {
            "requires"
        } else {
            "provides"
        }
        .to_owned(),
        why: why.join(&dot),
        error_style: if failing {
            ctx.theme.health(Health::Broken)
        } else {
            Style::new()
        },
        why_style: ctx.theme.dim(),
        ..Cells::default()
    }
}
