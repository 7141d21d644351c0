//! What is said around the picture: above it, below it, and where there is none.

use super::chart::{Link, Spot, Stop};
use super::plan::Plan;
use super::words;
use crate::model::element::{Call, Counts, Declared, Element, Health, Outside};
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::model::source::SourceState;
use crate::ui::trend::{self, Figure};
use crate::ui::views::age::Age;
use crate::ui::{Ctx, format, usage};

/// What is said first of declared links only; the longest that fits is said.
const NO_TRACES: [&str; 3] = [
    "no trace source: links below are declared by the cluster (environment, arguments, Ingress); add one with --zipkin URL",
    "no trace source: declared links only; add one with --zipkin URL",
    "declared links only; for calls add --zipkin URL",
];

/// What is said first where links cannot be told; the longest that fits is said.
const NO_NAMES: [&str; 3] = [
    "Services are not listed, so links and calls that go by their names are missing below; v s says why",
    "Services are not listed: links are missing; v s says why",
    "no Services: links are missing",
];

/// Operations that are said of one link, at most.
const OPERATIONS: usize = 3;

/// Names that a fold says it hides, at most.
const NAMES: usize = 12;

/// Whether there is something to be said before all else.
pub(super) fn has_notice(ctx: &Ctx<'_>) -> bool {
    !ctx.model.has_telemetry() || ctx.lacks(Kind::Service)
}

/// That links cannot be told, or that there is no trace source; in at most so many cells where possible.
pub(super) fn notice(ctx: &Ctx<'_>, cells: usize) -> String {
    let said = if ctx.lacks(Kind::Service) {
        NO_NAMES
    } else {
        NO_TRACES
    };
    let [.., shortest] = said;
    let fits = said.iter().find(|text| format::width(text) <= cells);
    (*fits.unwrap_or(&shortest)).to_owned()
}

/// The sentences about what is selected, the most important one first.
pub(super) fn about(ctx: &Ctx<'_>, plan: &Plan, at: usize) -> Vec<String> {
    let Some(stop) = plan.chart.stops.get(at) else {
        return Vec::new();
    };
    let mut said = Vec::new();
    match &stop.spot {
        Spot::Fold(column) => said.push(hidden(ctx, stop, *column)),
        Spot::Element(key) => said.push(identity(ctx, key)),
    }
    if let Some(own) = &stop.own {
        let text = format!(
            "calls itself {}",
            counted(ctx, Age::Used, own.recent, own.long)
        );
        said.push(text);
    }
    let mut links: Vec<(&Link, usize)> = plan.chart.links_of(at).collect();
    // The link to the focus is what a person looks for.
    links.sort_by_key(|(link, other)| {
        let column = plan.chart.stops.get(*other).map_or(0, |s| s.column);
        (column.unsigned_abs(), link.from, link.to)
    });
    // The focus' own links all stand in the picture, with their numbers.
    if stop.column != 0 {
        said.extend(links.iter().map(|(link, _)| connection(ctx, plan, link)));
    } else if let Spot::Element(key) = &stop.spot {
        said.extend(traffic(ctx, key));
    }
    if stop.column == 0 && stop.own.is_none() && links.is_empty() {
        // The box says the rest.
        return vec![nobody(ctx, stop)];
    }
    said
}

fn identity(ctx: &Ctx<'_>, key: &ElementKey) -> String {
    let dot = ctx.theme.glyphs.dot;
    let mut parts = vec![words::name(ctx, key)];
    match ctx.model.get(key) {
        Some(Element::Type(e)) => {
            let ready = match e.desired {
                Some(desired) => format!("{}/{desired} ready", e.ready),
                None => format!("{} ready", e.ready),
            };
            parts.push(ready);
        }
        Some(Element::Service(e)) if e.external_name.is_some() => {
            let host = e.external_name.as_deref().unwrap_or_default();
            parts.push(format!("external: leads outside, to {host}"));
        }
        Some(Element::Service(e)) if e.leads_to.is_empty() => {
            parts.push("leads to no pods".to_owned());
        }
        Some(Element::Ingress(e)) if !e.hosts.is_empty() => {
            let hosts: Vec<&str> = e.hosts.iter().map(|h| &**h).collect();
            parts.push(format!("a way in: {}", hosts.join(", ")));
        }
        Some(Element::External(e)) => parts.push(outside(ctx, &e.outside)),
        _ => {}
    }
    if let Some(element) = ctx.model.get(key) {
        let why = format::reason(element.reason());
        let health = element.health();
        match (health, why.as_str()) {
            (Health::Ok, "") => {}
            (_, "") => parts.push(health.word().to_owned()),
            (Health::Ok, why) => parts.push(why.to_owned()),
            (_, why) => parts.push(format!("{}: {why}", health.word())),
        }
    }
    let kind = words::long_kind(key);
    if !kind.is_empty() {
        let namespace = key.namespace().map(|n| format!(" in {n}"));
        parts.push(format!("{kind}{}", namespace.unwrap_or_default()));
    }
    parts.join(&format!(" {dot} "))
}

fn outside(ctx: &Ctx<'_>, outside: &Outside) -> String {
    match outside {
        Outside::External { evidence } => format!("external: {evidence}"),
        Outside::Unresolved => format!(
            "unresolved: no component type in {} has this name; it is elsewhere or external",
            ctx.choice
        ),
        Outside::Ambiguous { candidates } => {
            let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
            format!("ambiguous: may be {}", names.join(" or "))
        }
    }
}

/// All calls of the focus together, in both directions.
fn traffic(ctx: &Ctx<'_>, key: &ElementKey) -> Option<String> {
    let parts = [("in", Side::Callers), ("out", Side::Callees)].into_iter();
    let parts = parts.filter_map(|(word, side)| {
        let counts = ctx.model.traffic(key, side)?;
        Some(format!(
            "{word} {}",
            counted(ctx, Age::Used, Some(counts), None)
        ))
    });
    let parts: Vec<String> = parts.collect();
    let dot = format!(" {} ", ctx.theme.glyphs.dot);
    (!parts.is_empty()).then(|| parts.join(&dot))
}

/// One link in a sentence.
fn connection(ctx: &Ctx<'_>, plan: &Plan, link: &Link) -> String {
    let mut parts = vec![ends(ctx, plan, link)];
    if let Some(call) = &link.call {
        let age = link.age(ctx);
        parts.push(counted(ctx, age, call.recent, call.long));
        parts.extend(hour(ctx, call));
    }
    parts.extend(operations(ctx, plan, link));
    if let Some(declared) = &link.declared {
        if !declared.is_only_allowed() {
            parts.push(format!("declared: {}", places(ctx, declared)));
        }
        if !declared.allowed.is_empty() {
            parts.push(declared.permission());
        }
        if ctx.model.is_observed(declared) == Some(false) {
            let window = ctx.model.long_window_ms().unwrap_or_default();
            parts.push(format!("never called ({})", format::window(window)));
        }
    } else if link.call.is_some() {
        parts.push("not declared".to_owned());
    }
    if let Some(call) = &link.call {
        let plain = |key: &ElementKey| ctx.model.get(key).map(Element::name);
        let (caller, callee) = (plain(&call.caller), plain(&call.callee));
        let other = call
            .names
            .iter()
            .filter(|(a, b)| Some(a) != caller.as_ref() || Some(b) != callee.as_ref());
        let arrow = ctx.theme.glyphs.arrow;
        let names: Vec<String> = other.map(|(a, b)| format!("{a} {arrow} {b}")).collect();
        if !names.is_empty() {
            parts.push(format!("traced as {}", names.join(", ")));
        }
    }
    let age = link.age(ctx);
    parts.extend(age.words().filter(|_| age.is_new()));
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// The last hour of a call: its errors, where there were any, else its rate.
fn hour(ctx: &Ctx<'_>, call: &Call) -> Option<String> {
    let key = ElementKey::call(call.caller.clone(), call.callee.clone());
    let known = ctx.model.trend(&key)?;
    let by = format!("by {} min", trend::minutes_each(known));
    if let Some(bars) = trend::bars(known, Figure::Errors, ctx.theme) {
        return Some(format!("errors {by} {bars}{}", trend::since(known, ctx)));
    }
    let bars = trend::bars(known, Figure::Rate, ctx.theme)?;
    Some(format!("rate {by} {bars}"))
}

/// The busiest operations behind a link.
fn operations(ctx: &Ctx<'_>, plan: &Plan, link: &Link) -> Option<String> {
    let key = |stop: usize| match plan.chart.stops.get(stop).map(|s| &s.spot) {
        Some(Spot::Element(key)) => Some(key),
        _ => None,
    };
    let (from, to) = (key(link.from)?, key(link.to)?);
    let operations = ctx.model.interfaces().between(from, to);
    let mut said: Vec<String> = operations
        .iter()
        .take(OPERATIONS)
        .map(|operation| {
            let figures = usage::figures(&operation.tally, ctx);
            format!("{} {figures}", usage::title(operation))
        })
        .collect();
    if operations.len() > OPERATIONS {
        said.push(format!("+{} more", operations.len() - OPERATIONS));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// `checkout → payment`.
fn ends(ctx: &Ctx<'_>, plan: &Plan, link: &Link) -> String {
    let name = |stop: usize| match plan.chart.stops.get(stop).map(|s| &s.spot) {
        Some(Spot::Element(key)) => words::name(ctx, key),
        Some(Spot::Fold(_)) => {
            let hidden = plan.chart.stops.get(stop).map_or(0, |s| s.hidden.len());
            format!("{hidden} more")
        }
        None => String::new(),
    };
    let arrow = ctx.theme.glyphs.arrow;
    format!("{} {arrow} {}", name(link.from), name(link.to))
}

fn counted(ctx: &Ctx<'_>, age: Age, recent: Option<Counts>, long: Option<Counts>) -> String {
    let mut text = match recent {
        None => "no rate yet".to_owned(),
        Some(counts) => {
            let window = ctx.model.recent_window_ms().unwrap_or(counts.window_ms);
            let window = format::window(window);
            if counts.calls == 0 {
                age.words()
                    .unwrap_or_else(|| format!("silent for {window}"))
            } else {
                let rate = format::rate(recent);
                let errors = format::errors(recent);
                format!("{rate}/s, {errors} % errors over {window}")
            }
        }
    };
    if let Some(counts) = long {
        let window = format::window(counts.window_ms);
        let (calls, errors) = (grouped(counts.calls), grouped(counts.errors));
        // A day counts whole as soon as the window touches it.
        let days = if ctx.is_sampled() { "the days of " } else { "" };
        text.push_str(&format!(
            ", {calls} calls with {errors} errors in {days}{window}"
        ));
    }
    text
}

/// `46,800`.
pub(in crate::ui::views) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `CART_ADDR → Service cart`.
fn places(ctx: &Ctx<'_>, declared: &Declared) -> String {
    let arrow = ctx.theme.glyphs.arrow;
    let places: Vec<String> = declared
        .places
        .iter()
        .map(|(place, service)| format!("{place} {arrow} Service {service}"))
        .collect();
    places.join(", ")
}

fn hidden(ctx: &Ctx<'_>, stop: &Stop, column: i16) -> String {
    let side = if column < 0 { "callers" } else { "callees" };
    let mut names: Vec<String> = stop
        .hidden
        .iter()
        .take(NAMES)
        .map(|key| words::name(ctx, key))
        .collect();
    if stop.hidden.len() > NAMES {
        names.push(ctx.theme.glyphs.ellipsis.to_owned());
    }
    let count = stop.hidden.len();
    let bad = match stop.hidden_bad {
        0 => String::new(),
        bad => format!(", {bad} of them broken or failing"),
    };
    let names = names.join(", ");
    format!("{count} {side} folded for room{bad} (enter shows them): {names}")
}

fn nobody(ctx: &Ctx<'_>, stop: &Stop) -> String {
    let Spot::Element(key) = &stop.spot else {
        return String::new();
    };
    let name = words::name(ctx, key);
    if ctx.lacks(Kind::Service) {
        return format!(
            "who calls {name}, and whom it calls, is no data: Services are not listed, v s says why"
        );
    }
    let known = match (ctx.model.has_telemetry(), ctx.model.recent_window_ms()) {
        (true, _) => "the traces and the cluster's configuration tell",
        (false, _) => "the cluster's configuration tells (no trace source)",
    };
    format!("nobody calls {name}, and it calls nobody, as far as {known}")
}

/// What the picture leaves out: links without a line, and columns without room.
pub(super) fn also(ctx: &Ctx<'_>, plan: &Plan, at: Option<usize>, cells: usize) -> String {
    let dot = format!(" {} ", ctx.theme.glyphs.dot);
    let mut parts: Vec<String> = Vec::new();
    let (left, right) = plan.scene.left_out;
    for (count, side) in [(left, "left"), (right, "right")] {
        match count {
            0 => {}
            1 => parts.push(format!("1 more column to the {side}")),
            _ => parts.push(format!("{count} more columns to the {side}")),
        }
    }
    let mut links: Vec<&Link> = plan
        .listed()
        .iter()
        .filter_map(|edge| plan.chart.links.get(*edge))
        .collect();
    // Those of the selected box first, then those that fail, then the busiest.
    links.sort_by_key(|link| {
        let here = at == Some(link.from) || at == Some(link.to);
        let calls = link.recent().map_or(0, |c| c.calls);
        (!here, !link.fails(), u64::MAX - calls, link.from, link.to)
    });
    let total = links.len();
    let mut text = parts.join(&dot);
    for (index, link) in links.into_iter().enumerate() {
        let lead = match (index, text.is_empty()) {
            (0, true) => "also: ",
            (0, false) => " · also: ",
            _ => &dot,
        };
        let lead = lead.replace('·', ctx.theme.glyphs.dot);
        let next = format!("{lead}{} {}", ends(ctx, plan, link), words::link(link));
        let rest = total - index - 1;
        let tail = if rest > 0 { 20 } else { 0 };
        if !text.is_empty() && format::width(&text) + format::width(&next) + tail > cells {
            let s = if rest == 0 { "" } else { "s" };
            text.push_str(&format!("{dot}+{} link{s} not drawn", rest + 1));
            break;
        }
        text.push_str(&next);
    }
    text
}

/// What stands where no picture can be.
pub(in crate::ui::views) fn empty(ctx: &Ctx<'_>) -> Vec<String> {
    let loading: Vec<String> = ctx
        .model
        .sources()
        .values()
        .filter_map(|s| match s.state.as_ref()? {
            SourceState::Loading { seen } => Some(format!("{} {seen}", s.key.part)),
            SourceState::Waiting { what } => Some(format!("waiting for {what}")),
            _ => None,
        })
        .collect();
    if loading.is_empty() && !ctx.model.sources().is_empty() {
        return vec![
            format!("nothing to chart: no component type in {}", ctx.choice),
            "choose other namespaces, or see what the sources say (:sources)".to_owned(),
        ];
    }
    let so_far = if loading.is_empty() {
        ctx.theme.glyphs.ellipsis.to_owned()
    } else {
        format!("{} {}", loading.join(", "), ctx.theme.glyphs.ellipsis)
    };
    vec![format!("reading the cluster: {so_far}")]
}

/// What stands where the focus was.
pub(super) fn gone(ctx: &Ctx<'_>, key: &ElementKey) -> Vec<String> {
    let name = words::name(ctx, key);
    let kind = words::long_kind(key);
    let was = match (kind, key.namespace()) {
        ("", _) => "no source names it any more".to_owned(),
        (kind, Some(namespace)) => {
            format!("{kind} {namespace}/{name} is not in the model any more")
        }
        (kind, None) => format!("{kind} {name} is not in the model any more"),
    };
    vec![
        format!("{name} is gone; {was}."),
        "It was deleted, renamed, or its namespace was left.".to_owned(),
        "Its picture returns when it does; enter goes to the first one that needs a look."
            .to_owned(),
    ]
}
