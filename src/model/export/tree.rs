//! The export as an indented tree for people: tenant, component type, component, and the containers
//! that are not fine; then Services that lead nowhere, and who calls whom. Plain text without colour.

use std::collections::BTreeMap;

use super::{Options, touches};
use crate::model::Model;
use crate::model::element::{
    Call, Component, ComponentType, Counts, Declared, Element, Health, Reason, Service,
};
use crate::model::key::ElementKey;
use crate::model::observation::{ContainerFact, ContainerState, Role};
use crate::model::text::Text;

/// One line of the tree.
struct Row {
    sign: char,
    depth: usize,
    name: String,
    kind: String,
    ready: String,
    restarts: String,
    why: String,
}

/// The tree, each line ended.
#[must_use]
pub fn text(model: &Model, options: &Options) -> String {
    let mut out = format!("{}: {}\n", model.context(), options.namespaces);
    let rows = rows(model, options);
    let width =
        |cell: fn(&Row) -> usize, least: usize| rows.iter().map(cell).max().unwrap_or(0).max(least);
    let name = width(|r| r.depth * 2 + r.name.chars().count(), 4);
    let kind = width(|r| r.kind.chars().count(), 4);
    let ready = width(|r| r.ready.chars().count(), 5);
    let restarts = width(|r| r.restarts.chars().count(), 3);
    let mut line = |sign: char, cells: [&str; 5]| {
        let [n, k, r, count, why] = cells;
        let line = format!("{sign} {n:name$}  {k:kind$}  {r:>ready$}  {count:>restarts$}  {why}");
        out.push_str(line.trim_end());
        out.push('\n');
    };
    line(' ', ["NAME", "KIND", "READY", "RST", "WHY"]);
    for row in &rows {
        let indented = format!("{}{}", "  ".repeat(row.depth), row.name);
        line(
            row.sign,
            [&indented, &row.kind, &row.ready, &row.restarts, &row.why],
        );
    }
    out.push_str(&stray_services(model, options));
    out.push_str(&links(model, options));
    out
}

/// What is not known.
const NO_DATA: &str = "-";

fn rows(model: &Model, options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for tenant in model.tenants() {
        if !options.namespaces.covers(&tenant.name) {
            continue;
        }
        let totals = model.totals(&crate::model::observation::NamespaceChoice::one(
            &tenant.name,
        ));
        rows.push(Row {
            sign: if tenant.terminating { '~' } else { ' ' },
            depth: 0,
            name: tenant.name.to_string(),
            kind: "Namespace".to_owned(),
            ready: if model.knows_components(&tenant.name) {
                format!("{}/{}", totals.ready, totals.pods)
            } else {
                NO_DATA.to_owned()
            },
            restarts: String::new(),
            why: if tenant.terminating {
                "Terminating".to_owned()
            } else {
                String::new()
            },
        });
        for e in model.types().filter(|t| t.key.namespace == tenant.name) {
            let components = model.components_of(&e.key);
            let mut row = component_type(e, &components);
            if !model.knows_components(&tenant.name) {
                NO_DATA.clone_into(&mut row.restarts);
                if e.desired.is_none() {
                    NO_DATA.clone_into(&mut row.ready);
                }
            }
            rows.push(row);
            for component in components {
                rows.push(pod(component));
                let containers = component.containers.iter();
                rows.extend(containers.filter(|c| !is_fine(c)).map(container));
            }
        }
    }
    rows
}

fn component_type(e: &ComponentType, components: &[&Component]) -> Row {
    // Where no number is wanted, those count that have not finished.
    let there = || {
        let there = components.iter().filter(|c| c.health != Health::Stopped);
        there.count().to_string()
    };
    let wanted = e.desired.map_or_else(there, |desired| desired.to_string());
    let ready = format!("{}/{wanted}", e.ready);
    Row {
        sign: e.health.sign(),
        depth: 1,
        name: e.key.name.to_string(),
        kind: e.key.short_kind().to_owned(),
        ready,
        restarts: e.restarts.to_string(),
        why: why(e.reason.as_ref()),
    }
}

fn pod(e: &Component) -> Row {
    Row {
        sign: e.health.sign(),
        depth: 2,
        name: e.name.to_string(),
        kind: String::new(),
        ready: format!("{}/{}", e.ready, e.total),
        restarts: e.restarts.to_string(),
        why: why(e.reason.as_ref()),
    }
}

/// Running and ready, or an init container that has done its part.
fn is_fine(e: &ContainerFact) -> bool {
    match &e.state {
        ContainerState::Running { .. } => e.ready || e.role == Role::Init,
        ContainerState::Terminated(end) => end.exit_code == 0,
        ContainerState::Unreported => true,
        ContainerState::Waiting { .. } => false,
    }
}

fn container(e: &ContainerFact) -> Row {
    let (sign, why) = match &e.state {
        ContainerState::Waiting { reason, .. } if reason.is_empty() => ('~', "waiting".to_owned()),
        ContainerState::Waiting { reason, message } => {
            let starting = matches!(&**reason, "ContainerCreating" | "PodInitializing");
            let message = message.as_ref().map(|m| format!(": {m}"));
            let why = format!("{reason}{}", message.unwrap_or_default());
            (if starting { '~' } else { '!' }, why)
        }
        ContainerState::Terminated(end) if end.reason.is_empty() => {
            ('!', format!("exit {}", end.exit_code))
        }
        ContainerState::Terminated(end) => ('!', format!("{}: exit {}", end.reason, end.exit_code)),
        ContainerState::Running { .. } | ContainerState::Unreported => {
            ('~', "not ready".to_owned())
        }
    };
    Row {
        sign,
        depth: 3,
        name: e.name.to_string(),
        kind: "container".to_owned(),
        ready: String::new(),
        restarts: e.restarts.to_string(),
        why,
    }
}

fn why(reason: Option<&Reason>) -> String {
    reason.map(ToString::to_string).unwrap_or_default()
}

fn stray_services(model: &Model, options: &Options) -> String {
    let stray: Vec<&Service> = model
        .services()
        .filter(|s| options.namespaces.covers(&s.namespace) && s.leads_to.is_empty())
        .collect();
    if stray.is_empty() {
        return String::new();
    }
    let mut out = "\nServices that lead to no component type\n".to_owned();
    for service in stray {
        let what = match &service.external_name {
            Some(host) => format!("ExternalName {host}"),
            None => why(service.reason.as_ref()),
        };
        let sign = match service.health {
            // Without a selector somebody else keeps the endpoints.
            Health::Ok => ' ',
            health => health.sign(),
        };
        let line = format!("{sign} {}/{}  {what}", service.namespace, service.name);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// What is known of the link from one element to another.
#[derive(Default)]
struct Link<'a> {
    call: Option<&'a Call>,
    declared: Option<&'a Declared>,
}

fn links(model: &Model, options: &Options) -> String {
    let mut callers: BTreeMap<&ElementKey, BTreeMap<&ElementKey, Link<'_>>> = BTreeMap::new();
    for (_, element) in model.graph().links() {
        match &**element {
            Element::Call(call) if touches(&options.namespaces, &call.caller, &call.callee) => {
                let link = callers.entry(&call.caller).or_default();
                link.entry(&call.callee).or_default().call = Some(call);
            }
            Element::Declared(declared)
                if touches(&options.namespaces, &declared.caller, &declared.callee) =>
            {
                let link = callers.entry(&declared.caller).or_default();
                link.entry(&declared.callee).or_default().declared = Some(declared);
            }
            _ => {}
        }
    }
    if callers.is_empty() {
        return String::new();
    }
    let mut out = "\nCalls (> observed, ~> only declared)\n".to_owned();
    for (caller, callees) in callers {
        out.push_str(&format!("  {caller}\n"));
        for (callee, link) in callees {
            let arrow = if link.call.is_some() { ">" } else { "~>" };
            let mut line = format!("    {arrow} {}", short(callee, caller.namespace()));
            if let Some(counts) = link.call.and_then(|c| c.recent.or(c.long))
                && options.telemetry
            {
                line.push_str(&rate(counts));
            }
            if let Some(declared) = link.declared {
                let mut places: Vec<&Text> = declared.places.iter().map(|(p, _)| p).collect();
                places.dedup();
                let places: Vec<&str> = places.iter().map(|p| &***p).collect();
                if !places.is_empty() {
                    line.push_str(&format!("  declared by {}", places.join(", ")));
                }
                if !declared.allowed.is_empty() {
                    line.push_str(&format!("  {}", declared.permission()));
                }
            }
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// The key, without the namespace where it is the caller's own.
fn short(key: &ElementKey, namespace: Option<&Text>) -> String {
    let text = key.to_string();
    let own = namespace.and_then(|n| text.strip_prefix(&**n)?.strip_prefix('/'));
    own.map(str::to_owned).unwrap_or(text)
}

fn rate(counts: Counts) -> String {
    let errors = counts
        .error_percent()
        .map(|percent| format!(", {percent:.1} % errors"));
    format!(
        "  {:.1}/s over {} s{}",
        counts.rate(),
        counts.window_ms / 1000,
        errors.unwrap_or_default()
    )
}
