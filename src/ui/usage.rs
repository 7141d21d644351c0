//! Interfaces and their usage in words: what is provided and required, operation by operation.

use jiff::Timestamp;

use crate::model::element::Counts;
use crate::model::interfaces::{Operation, OperationUse, Sample};
use crate::model::key::ElementKey;
use crate::model::text::Text;
use crate::model::usage::{Tally, Thrown};
use crate::ui::detail::name;
use crate::ui::overlay::examples::Example;
use crate::ui::{Ctx, format};

/// Most callers named behind one operation.
const CALLERS: usize = 3;

/// What an operation is called; where it was not recorded, that is said.
#[must_use]
pub fn title(operation: &Operation<'_>) -> String {
    if operation.name.is_empty() {
        "(not recorded)".to_owned()
    } else {
        operation.name.to_string()
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
    let said = |used: &&OperationUse| {
        let who = match &used.caller {
            Some(caller) if *caller == used.callee => "itself".to_owned(),
            Some(caller) => name(caller, ctx),
            None => "nobody named".to_owned(),
        };
        format!("{who} {}", often(used.tally.calls, ctx))
    };
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
        found.extend(examples(&operation).into_iter().map(|example| Example {
            of: format!("{ends}{title}: {}", example.of),
            ..example
        }));
    }
    found
}

/// The traces of an operation that are worth a look, each once.
#[must_use]
pub fn examples(operation: &Operation<'_>) -> Vec<Example> {
    let tally = &operation.tally;
    let mut examples: Vec<Example> = Vec::new();
    let mut add =
        |trace: &Text, of: String| match examples.iter_mut().find(|known| known.trace == *trace) {
            Some(known) => known.of.push_str(&format!("; {of}")),
            None => examples.push(Example {
                trace: trace.clone(),
                of,
            }),
        };
    if let Some(trace) = &tally.slowest {
        let took = format::took(tally.latency.max_us());
        add(trace, format!("slowest, {took}"));
    }
    if let Some(trace) = &tally.failed {
        add(trace, "last failed".to_owned());
    }
    for thrown in &tally.exceptions {
        let message = match &*thrown.message {
            "" => String::new(),
            message => format!(": {message}"),
        };
        add(&thrown.trace, format!("last {}{message}", thrown.kind));
    }
    examples
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
