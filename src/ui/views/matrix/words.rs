//! The names of rows and columns, and the sentences about a pair: who calls whom, and what of it is known.

use super::cross::Cross;
use super::table::Table;
use crate::model::element::{Call, Declared, Element, Outside};
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::model::query::network::{Declaration, Flow, Group, Part};
use crate::model::source::SourceState;
use crate::ui::views::age::Age;
use crate::ui::views::lines;
use crate::ui::{Ctx, detail, format, usage};

/// Operations that are said of a pair, at most.
const OPERATIONS: usize = 3;
/// Those on the way between two that are named, at most.
const STEPS: usize = 6;

/// What a row is called: a name, and the kind where it is no Deployment.
pub(super) fn name(ctx: &Ctx<'_>, part: &Part, members: usize) -> String {
    match part {
        Part::Element(key) => {
            let kind = match ctx.model.get(key) {
                Some(Element::External(e)) => outside(&e.outside).to_owned(),
                _ => kind(key),
            };
            let gap = if kind.is_empty() { "" } else { " " };
            format!("{}{gap}{kind}", plain(ctx, key))
        }
        Part::Group(group) => format!("{} [{members}]", group_name(group)),
        Part::Rest(of) => format!("+{members} of {}", plain(ctx, of)),
    }
}

fn outside(outside: &Outside) -> &'static str {
    match outside {
        Outside::External { .. } => "ext",
        Outside::Unresolved => "unr",
        Outside::Ambiguous { .. } => "amb",
    }
}

fn group_name(group: &Group) -> String {
    match &group.application {
        Some(application) => format!("{}/{application}", group.namespace),
        None => group.namespace.to_string(),
    }
}

/// The name of an element, there or gone, with its namespace where that is not a chosen one.
fn plain(ctx: &Ctx<'_>, key: &ElementKey) -> String {
    let name = match (ctx.model.get(key), key) {
        (Some(element), _) => element.name().to_string(),
        (None, ElementKey::Type(key)) => key.name.to_string(),
        (
            None,
            ElementKey::Service { name, .. }
            | ElementKey::Ingress { name, .. }
            | ElementKey::External { name },
        ) => name.to_string(),
        (None, key) => key.to_string(),
    };
    match key.namespace() {
        Some(namespace) if !ctx.choice.covers(namespace) => format!("{namespace}/{name}"),
        _ => name,
    }
}

/// The kind in few letters; a Deployment's goes without saying.
pub(super) fn kind(key: &ElementKey) -> String {
    match key {
        ElementKey::Type(key) => match key.short_kind() {
            "Deployment" => String::new(),
            "StatefulSet" => "sts".to_owned(),
            "DaemonSet" => "ds".to_owned(),
            "ReplicaSet" => "rs".to_owned(),
            "CronJob" => "cj".to_owned(),
            other => other.to_lowercase(),
        },
        ElementKey::Service { .. } => "svc".to_owned(),
        ElementKey::Ingress { way, .. } if way.is_ingress() => "ing".to_owned(),
        ElementKey::Ingress { .. } => "route".to_owned(),
        _ => String::new(),
    }
}

/// A part in a sentence, in full.
fn full(ctx: &Ctx<'_>, table: &Table, part: &Part) -> String {
    let line = table.place(part).and_then(|at| table.lines.get(at));
    match part {
        Part::Element(key) if ctx.model.get(key).is_some() => {
            let name = detail::name(key, ctx);
            // Two of one name are told apart by their namespaces here too.
            let namespace = line.and_then(|l| l.name.split_once('/'));
            match namespace {
                Some((namespace, _)) if !name.contains('/') => format!("{namespace}/{name}"),
                _ => name,
            }
        }
        Part::Element(key) => plain(ctx, key),
        Part::Group(group) => group_name(group),
        Part::Rest(_) => line.map_or_else(String::new, |l| l.name.clone()),
    }
}

/// Everything that is known of one pair.
#[derive(Clone, Debug, Default)]
struct Known<'a> {
    flow: Flow,
    call: Option<&'a Call>,
    declared: Option<&'a Declared>,
}

/// What the model knows of a pair of elements, whether it is in the table or not; of groups, what the table sums.
fn known<'a>(ctx: &Ctx<'a>, table: &Table, from: &Part, to: &Part) -> Known<'a> {
    let (Part::Element(from), Part::Element(to)) = (from, to) else {
        let ends = table.place(from).zip(table.place(to));
        let flow = ends.and_then(|ends| table.flows.get(&ends));
        return Known {
            flow: flow.cloned().unwrap_or_default(),
            ..Known::default()
        };
    };
    let call = ctx
        .model
        .calls(from, Side::Callees)
        .find(|c| c.callee == *to);
    let mut declared = ctx.model.declared(from, Side::Callees);
    let declared = declared.find(|d| d.callee == *to);
    Known {
        flow: ctx.model.flow(from, to).unwrap_or_default(),
        call,
        declared,
    }
}

/// The sentences about the pair of the cross-hair, the answer to "does A call B" first.
pub(super) fn about(ctx: &Ctx<'_>, table: &Table, cross: &Cross) -> Vec<String> {
    let Cross { caller, callee, .. } = cross;
    let (from, to) = (full(ctx, table, caller), full(ctx, table, callee));
    let here = known(ctx, table, caller, callee);
    let mut said = Vec::new();
    let unseen: Vec<String> = [(caller, &from), (callee, &to)]
        .into_iter()
        .take(if caller == callee { 1 } else { 2 })
        .filter_map(|(part, name)| absence(ctx, table, part, name))
        .collect();
    let dot = format!(" {} ", ctx.theme.glyphs.dot);
    let itself = "itself".to_owned();
    let object = if caller == callee { &itself } else { &to };
    let mut answer = sentence(ctx, &from, object, &here);
    for absent in unseen {
        answer.push_str(&dot);
        answer.push_str(&absent);
    }
    said.push(answer);
    let ends = table.place(caller).zip(table.place(callee));
    let ends = ends.filter(|(row, column)| row != column);
    let is_linked = here.flow.observed || here.flow.declared != Declaration::Nowhere;
    if let Some((row, column)) = ends {
        if is_linked {
            said.extend(circle(ctx, table, row, column));
        } else {
            said.extend(detour(ctx, table, row, column));
        }
        let back = known(ctx, table, callee, caller);
        if back.flow.observed || back.flow.declared != Declaration::Nowhere {
            said.push(format!("back: {}", sentence(ctx, &to, &from, &back)));
        }
    }
    said.extend(operations(ctx, caller, callee));
    said
}

/// `checkout calls payment · 12.4/s · 1.1 % errors over 60 s · p95 22ms · declared: PAYMENT_URL`.
fn sentence(ctx: &Ctx<'_>, from: &str, to: &str, known: &Known<'_>) -> String {
    let flow = &known.flow;
    if !flow.observed {
        return unobserved(ctx, from, to, known);
    }
    let window = flow.recent.map(|counts| {
        let ms = ctx.model.recent_window_ms().unwrap_or(counts.window_ms);
        format::window(ms)
    });
    let age = Age::of(flow, ctx.now);
    let mut parts = Vec::new();
    match (flow.recent, window) {
        (Some(counts), Some(window)) if counts.calls > 0 => {
            parts.push(format!("{from} calls {to}"));
            let sampled = if ctx.is_sampled() { " sampled" } else { "" };
            parts.push(format!("{}/s{sampled}", format::rate(flow.recent)));
            let fails = if flow.failing > 0 { ", failing" } else { "" };
            let errors = format::errors(flow.recent);
            parts.push(format!("{errors} % errors over {window}{fails}"));
        }
        (Some(_), Some(window)) => {
            let silent = age.words();
            let silent = silent.unwrap_or_else(|| format!("silent for {window}"));
            parts.push(format!("{from} calls {to}, but was {silent}"));
        }
        _ => parts.push(format!(
            "{from} calls {to} {} no rate yet",
            ctx.theme.glyphs.dot
        )),
    }
    if age.is_new() {
        parts.extend(age.words());
    }
    parts.extend(
        flow.p95_us
            .map(|us| format!("p95 {}", format::took(Some(us)))),
    );
    match (known.declared, known.call) {
        (Some(declared), _) => parts.push(declared.words()),
        (None, Some(call)) if ctx.model.is_declared(call) == Some(false) => {
            parts.push("not declared".to_owned());
        }
        _ => {}
    }
    if let Some(counts) = flow.long {
        // A day counts whole as soon as the window touches it.
        let days = if ctx.is_sampled() { "the days of " } else { "" };
        parts.push(format!(
            "{} calls with {} errors in {days}{}",
            lines::number(counts.calls),
            lines::number(counts.errors),
            format::window(counts.window_ms)
        ));
    }
    if flow.links > 1 {
        parts.push(format!("{} links together", flow.links));
    }
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// What is to be said where no call was seen: that nobody was seen to is not that nobody does.
fn unobserved(ctx: &Ctx<'_>, from: &str, to: &str, known: &Known<'_>) -> String {
    let dot = ctx.theme.glyphs.dot;
    match (known.declared, known.flow.declared) {
        (Some(declared), Declaration::Declared) => {
            let seen = match ctx.model.is_observed(declared) {
                Some(false) => {
                    let window = ctx.model.long_window_ms().unwrap_or_default();
                    format!("but was never seen to ({})", format::window(window))
                }
                _ => "but whether it does is not known".to_owned(),
            };
            format!(
                "{from} is configured to call {to}, {seen} {dot} {}",
                declared.words()
            )
        }
        (Some(declared), _) => format!(
            "{from} may call {to}, but nothing says that it does {dot} {}",
            declared.permission()
        ),
        (None, Declaration::Declared) => format!("{from} is configured to call {to}"),
        (None, Declaration::Allowed) => format!("{from} may call {to}"),
        (None, Declaration::Nowhere) if ctx.lacks(Kind::Service) => {
            format!("whether {from} calls {to} is no data: Services are not listed, v s says why")
        }
        (None, Declaration::Nowhere) => {
            let so_far = if is_loading(ctx) { " so far" } else { "" };
            let tells = if ctx.model.has_telemetry() {
                "traces and configuration tell"
            } else {
                "configuration tells: there are no traces"
            };
            format!("{from} does not call {to}, as far as {tells}{so_far}")
        }
    }
}

fn is_loading(ctx: &Ctx<'_>) -> bool {
    let mut sources = ctx.model.sources().values();
    sources.any(|s| s.state.as_ref().is_some_and(SourceState::is_loading))
}

/// Why something has no row; `None` where it has one.
fn absence(ctx: &Ctx<'_>, table: &Table, part: &Part, name: &str) -> Option<String> {
    if table.place(part).is_some() {
        return None;
    }
    let Part::Element(key) = part else {
        return Some("this group is not shown any more".to_owned());
    };
    let is_chosen = key.namespace().is_none_or(|ns| ctx.choice.covers(ns));
    Some(if ctx.model.get(key).is_none() {
        format!("{name} is gone")
    } else if !is_chosen {
        format!("{name} is not in the chosen namespaces")
    } else if !ctx.filter.is_empty() && !ctx.filter.picks(ctx.model, key) {
        format!("the filter leaves {name} out")
    } else if ctx.only_broken {
        format!("nothing of {name} fails, and only that is shown")
    } else {
        format!("{name} has no links, so it has no row")
    })
}

/// The cycle that a link is part of.
fn circle(ctx: &Ctx<'_>, table: &Table, row: usize, column: usize) -> Option<String> {
    if !table.in_cycle(row, column) {
        // Permissions, and what is declared where calls go the other way.
        let above = "above the diagonal, but no cycle: nothing was seen to go this way";
        return (row < column).then(|| above.to_owned());
    }
    let mut way = table.way(column, row)?;
    way.insert(0, row);
    let above = if table.leads_back(row, column) {
        ": above the diagonal, it closes the cycle"
    } else {
        ""
    };
    Some(format!("in a cycle: {}{above}", steps(ctx, table, &way)))
}

/// How one reaches another that it does not call.
fn detour(ctx: &Ctx<'_>, table: &Table, row: usize, column: usize) -> Option<String> {
    let way = table.way(row, column)?;
    Some(format!("but through others: {}", steps(ctx, table, &way)))
}

fn steps(ctx: &Ctx<'_>, table: &Table, way: &[usize]) -> String {
    let names: Vec<&str> = way
        .iter()
        .filter_map(|at| table.lines.get(*at).map(|l| l.name.as_str()))
        .collect();
    let arrow = format!(" {} ", ctx.theme.glyphs.arrow);
    match names.as_slice() {
        [first @ .., last] if names.len() > STEPS => format!(
            "{}{arrow}{}{arrow}{last}, {} steps",
            first.get(..STEPS - 2).unwrap_or_default().join(&arrow),
            ctx.theme.glyphs.ellipsis,
            names.len() - 1
        ),
        _ => names.join(&arrow),
    }
}

/// The busiest operations behind a pair.
fn operations(ctx: &Ctx<'_>, caller: &Part, callee: &Part) -> Option<String> {
    let (Part::Element(from), Part::Element(to)) = (caller, callee) else {
        return None;
    };
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
    (!said.is_empty()).then(|| format!("operations: {}", said.join(", ")))
}

/// `checkout → payment`, as the head of a list of its traces.
pub(super) fn ends(ctx: &Ctx<'_>, table: &Table, cross: &Cross) -> String {
    format!(
        "{} {} {}",
        full(ctx, table, &cross.caller),
        ctx.theme.glyphs.arrow,
        full(ctx, table, &cross.callee)
    )
}

/// Whether an element is there to be shown elsewhere.
pub(super) fn is_there(ctx: &Ctx<'_>, key: &ElementKey) -> bool {
    matches!(
        ctx.model.get(key),
        Some(Element::Type(_) | Element::Service(_) | Element::Ingress(_) | Element::External(_))
    )
}
