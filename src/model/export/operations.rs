//! Operations in the export: what is asked of whom, by whom, and how it went.

use serde::Serialize;

use super::json::{EndRow, end};
use super::touches;
use crate::model::Model;
use crate::model::interfaces::OperationUse;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;
use crate::model::usage::{Protocol, Sort, Thrown};

/// Operations, and of what they are a sample.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operations<'a> {
    /// The window's length in ms.
    window_ms: u64,
    /// How many traces were looked at.
    traces: u64,
    /// Whether there were more, so that the counts give no rates.
    is_part: bool,
    /// Calls that are left out: checks of health, scrapes, records of proxies.
    hidden: u64,
    /// Every use that was seen: by callee, operation and caller.
    uses: Vec<UseRow<'a>>,
}

/// How one caller uses one operation. Durations are in µs; percentiles are exact to 1 %.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UseRow<'a> {
    /// `null` where nobody said who called.
    caller: Option<EndRow<'a>>,
    callee: EndRow<'a>,
    callee_is: Sort,
    /// `null` where the call itself was not recorded.
    protocol: Option<Protocol>,
    operation: &'a Text,
    calls: u64,
    errors: u64,
    /// Answered with a status of 500 or more, without the tag that Zipkin counts.
    unflagged: u64,
    min_us: Option<u64>,
    max_us: Option<u64>,
    total_us: u64,
    p50_us: Option<u64>,
    p95_us: Option<u64>,
    exceptions: &'a [Thrown],
    /// A trace in which a call took longest.
    slowest: Option<&'a Text>,
    /// A trace in which a call failed.
    failed: Option<&'a Text>,
}

/// The operations that touch a choice of namespaces; `None` where no source sampled anything.
pub(super) fn operations<'a>(model: &'a Model, choice: &NamespaceChoice) -> Option<Operations<'a>> {
    let interfaces = model.interfaces();
    let sample = interfaces.sample()?;
    let uses = interfaces.uses().filter(|used| {
        let caller = used.caller.as_ref().unwrap_or(&used.callee);
        touches(choice, caller, &used.callee)
    });
    Some(Operations {
        window_ms: sample.window_ms,
        traces: sample.traces,
        is_part: sample.is_part,
        hidden: sample.hidden,
        uses: uses.map(row).collect(),
    })
}

fn row(used: &OperationUse) -> UseRow<'_> {
    let OperationUse { tally, .. } = used;
    UseRow {
        caller: used.caller.as_ref().map(end),
        callee: end(&used.callee),
        callee_is: used.sort,
        protocol: used.protocol,
        operation: &used.operation,
        calls: tally.calls,
        errors: tally.errors,
        unflagged: tally.unflagged,
        min_us: tally.latency.min_us(),
        max_us: tally.latency.max_us(),
        total_us: tally.latency.total_us,
        p50_us: tally.latency.at(0.5),
        p95_us: tally.latency.at(0.95),
        exceptions: &tally.exceptions,
        slowest: tally.slowest.first().map(|call| &call.trace),
        failed: tally.failed.first().map(|call| &call.trace),
    }
}
