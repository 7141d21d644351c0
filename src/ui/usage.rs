//! Interfaces and their usage in words: what is provided and required, operation by operation.

use jiff::Timestamp;

use crate::model::element::Counts;
use crate::model::example::{EXAMPLE_LIMIT, Example as Sampled};
use crate::model::interfaces::{Operation, OperationUse, Sample};
use crate::model::key::ElementKey;
use crate::model::usage::{Tally, Thrown};
use crate::ui::detail::name;
use crate::ui::overlay::examples::Example;
use crate::ui::{Ctx, format};

/// Most callers named behind one operation.
const CALLERS: usize = 3;

/// What an operation is called; where it was not recorded, or nobody answers, that is said.
#[must_use]
pub fn title(operation: &Operation<'_>) -> String {
    if operation.name.is_empty() {
        "(not recorded)".to_owned()
    } else if operation.is_unanswered() {
        format!("{} (unanswered)", operation.name)
    } else {
        operation.name.to_string()
    }
}

/// Who uses an operation, without figures where it is one only: `by checkout`.
#[must_use]
pub fn by(operation: &Operation<'_>, ctx: &Ctx<'_>) -> String {
    match operation.uses.as_slice() {
        [used] => format!("by {}", caller(used, ctx)),
        _ => format!("by {}", callers(operation, ctx)),
    }
}

/// Calls that failed at the callers, while no span of the callee tells of them; empty where there are none.
/// Beside an operation that looks well, those of the same callers may be its own: who is not answered may
/// know no more than the method.
#[must_use]
pub fn unanswered(operation: &Operation<'_>, ctx: &Ctx<'_>) -> String {
    let interfaces = ctx.model.interfaces();
    if operation.is_unanswered() {
        return "failed at the callers, no span here".to_owned();
    }
    if operation.unanswered() > 0 {
        return format!("{} unanswered", operation.unanswered());
    }
    let others = interfaces.provided(operation.callee).into_iter();
    let others: u64 = others
        .filter(|other| other.is_unanswered() && other.protocol == operation.protocol)
        .flat_map(|other| other.uses)
        .filter(|used| operation.uses.iter().any(|own| own.caller == used.caller))
        .map(|used| used.tally.unanswered)
        .sum();
    match others {
        0 => String::new(),
        n => format!("{n} more unanswered"),
    }
}

/// How often, how well and how fast: `12.4/s 1.1 % p50 8ms p95 22ms`. Of a part of all traces it is no rate,
/// so the number of calls stands there, of all that were looked at.
#[must_use]
pub fn figures(tally: &Tally, ctx: &Ctx<'_>) -> String {
    let mut parts = vec![often(tally.calls, ctx)];
    if tally.errors > 0 {
        parts.push(format!("{} % errors", percent(tally.errors, tally.calls)));
    }
    if tally.unflagged > 0 {
        parts.push(format!(
            "{} % HTTP 5xx (not flagged)",
            percent(tally.unflagged, tally.calls)
        ));
    }
    if tally.latency.count() > 0 {
        parts.push(format!("p50 {}", format::took(tally.latency.at(0.5))));
        parts.push(format!("p95 {}", format::took(tally.latency.at(0.95))));
    }
    parts.join(" ")
}

/// `12.4/s`, or `31 calls` of a sample.
pub(in crate::ui) fn often(calls: u64, ctx: &Ctx<'_>) -> String {
    match ctx.model.interfaces().sample() {
        Some(sample) if !sample.is_part => {
            let counts = counts(calls, 0, sample.window_ms);
            format!("{}/s", format::rate(Some(counts)))
        }
        _ if calls == 1 => "1 call".to_owned(),
        _ => format!("{calls} calls"),
    }
}

/// In percent of calls, written as everywhere.
fn percent(errors: u64, calls: u64) -> String {
    format::errors(Some(counts(calls, errors, 0)))
}

/// Counts as rates and percentages are made of; when the window ended makes no difference to these.
pub(in crate::ui) const fn counts(calls: u64, errors: u64, window_ms: u64) -> Counts {
    Counts {
        calls,
        errors,
        window_ms,
        ends: Timestamp::UNIX_EPOCH,
    }
}

/// Who uses an operation, and how often: `checkout 12.3/s, admin 0.1/s`.
#[must_use]
pub fn callers(operation: &Operation<'_>, ctx: &Ctx<'_>) -> String {
    let said =
        |used: &&OperationUse| format!("{} {}", caller(used, ctx), often(used.tally.calls, ctx));
    let mut parts: Vec<String> = operation.uses.iter().take(CALLERS).map(said).collect();
    if operation.uses.len() > CALLERS {
        parts.push(format!("+{} more", operation.uses.len() - CALLERS));
    }
    parts.join(", ")
}

/// What was thrown: `TimeoutException ×3: no answer in 2 s`.
#[must_use]
pub fn thrown(thrown: &Thrown, ctx: &Ctx<'_>) -> String {
    let times = match thrown.times {
        1 => String::new(),
        n => format!(" {}{n}", ctx.theme.glyphs.times),
    };
    let message = match &*thrown.message {
        "" => String::new(),
        message => format!(": {message}"),
    };
    format!("{}{times}{message}", thrown.kind)
}

/// What an operation is called as seen by whom it is required: with who provides it.
#[must_use]
pub fn required(operation: &Operation<'_>, ctx: &Ctx<'_>) -> String {
    let arrow = ctx.theme.glyphs.arrow;
    format!(
        "{arrow} {}: {}",
        name(operation.callee, ctx),
        title(operation)
    )
}

/// The traces that are worth a look of all that one element calls of another; `ends` is said before each.
#[must_use]
pub fn examples_between(
    ctx: &Ctx<'_>,
    from: &ElementKey,
    to: &ElementKey,
    ends: &str,
) -> Vec<Example> {
    let mut found = Vec::new();
    for operation in ctx.model.interfaces().between(from, to) {
        let title = title(&operation);
        found.extend(
            examples(&operation, ctx)
                .into_iter()
                .map(|example| Example {
                    operation: format!("{ends}{title}"),
                    ..example
                }),
        );
    }
    found
}

/// The calls of an operation that are worth a look, each trace once: the slowest, then those that failed
/// last, then what was thrown besides.
#[must_use]
pub fn examples(operation: &Operation<'_>, ctx: &Ctx<'_>) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut slow: Vec<(&Sampled, String)> = Vec::new();
    let mut failed: Vec<(&Sampled, String)> = Vec::new();
    for used in &operation.uses {
        let who = caller(used, ctx);
        slow.extend(used.tally.slowest.iter().map(|call| (call, who.clone())));
        failed.extend(used.tally.failed.iter().map(|call| (call, who.clone())));
    }
    slow.sort_by_key(|(call, _)| std::cmp::Reverse(call.took_us));
    failed.sort_by_key(|(call, _)| std::cmp::Reverse(call.at_ms));
    let sorts = [("slow", slow), ("failed", failed)];
    for (sort, calls) in sorts {
        for (call, caller) in calls.into_iter().take(EXAMPLE_LIMIT) {
            add(&mut found, sort, call, caller);
        }
    }
    for used in &operation.uses {
        for thrown in &used.tally.exceptions {
            let call = Sampled {
                trace: thrown.trace.clone(),
                span: None,
                at_ms: thrown.trace_ms,
                took_us: None,
                thrown: Some(thrown.kind.clone()),
            };
            add(&mut found, "thrown", &call, caller(used, ctx));
            if let Some(known) = found.iter_mut().find(|e| e.trace == thrown.trace) {
                known.about = match &*thrown.message {
                    "" => thrown.kind.to_string(),
                    message => format!("{}: {message}", thrown.kind),
                };
            }
        }
    }
    found
}

/// Adds a call to what is to be looked at; of a trace that is there, it is said what else it is.
fn add(found: &mut Vec<Example>, sort: &str, call: &Sampled, caller: String) {
    let is_it = |known: &&mut Example| known.trace == call.trace;
    match found.iter_mut().find(is_it) {
        Some(known) if sort == "thrown" || known.span != call.span => {}
        Some(known) => {
            if !known.sort.ends_with(sort) {
                known.sort.push_str(&format!(", {sort}"));
            }
        }
        None => found.push(Example {
            trace: call.trace.clone(),
            span: call.span,
            sort: sort.to_owned(),
            took_us: call.took_us,
            at_ms: call.at_ms,
            caller,
            operation: String::new(),
            about: call.thrown.as_deref().unwrap_or_default().to_owned(),
        }),
    }
}

/// Who used an operation, in a word or two.
fn caller(used: &OperationUse, ctx: &Ctx<'_>) -> String {
    match &used.caller {
        Some(caller) if *caller == used.callee => "itself".to_owned(),
        Some(caller) => name(caller, ctx),
        None => "nobody named".to_owned(),
    }
}

/// Of what the figures are: how many traces, of which window, and what was left out.
#[must_use]
pub fn basis(sample: &Sample) -> String {
    let traces = match sample.traces {
        1 => "1 trace".to_owned(),
        n => format!("{n} traces"),
    };
    let window = format::window(sample.window_ms);
    let mut text = if sample.is_part {
        format!("{traces} of the last {window}; there were more, so these are no rates")
    } else {
        format!("all {traces} of the last {window}")
    };
    if sample.hidden > 0 {
        text.push_str(&format!("; {} checks and scrapes hidden", sample.hidden));
    }
    text
}
