//! The text of one row: made for visible rows only, because ages and rates move without the structure.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::rows::{Row, RowId, container_health};
use super::{links, operations};
use crate::model::element::{
    Component, ComponentType, Counts, Declared, Element, Health, Ingress, Service,
};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::model::text::Text;
use crate::ui::Ctx;
use crate::ui::format::{self, NONE};

/// Which columns there are, and how wide.
pub(super) struct Columns {
    name: usize,
    ready: usize,
    /// 0 where there is no room for it, like the next one.
    rate: usize,
    latency: usize,
    age: bool,
    wide: bool,
    rest: usize,
}

const READY: usize = 7;
const RATE: usize = 7;
const ERRORS: usize = 6;
const LATENCY: usize = 7;
const RESTARTS: usize = 5;
const AGE: usize = 6;
const KIND: usize = 13;
const NODE: usize = 16;
/// Cells of a type's indent and fold symbol, which the tree widget draws.
const INDENT: usize = 2;

/// From this width on there is room for kind and node.
const WIDE: usize = 100;

impl Columns {
    /// Whether kind and node would be shown, if they were asked for.
    pub(super) const fn has_room_for_more(width: u16) -> bool {
        width as usize >= WIDE
    }

    /// Columns for a width in cells; WHY keeps its place, AGE goes first, then the rate.
    /// `longest` is what the longest name takes, indent and all. Latencies stand where any are known.
    pub(super) fn new(width: u16, wide: bool, latency: bool, longest: usize) -> Self {
        let width = usize::from(width);
        let age = width >= 90;
        let wide = wide && width >= WIDE;
        let rate = if width >= 64 { RATE } else { 0 };
        let latency = if latency && width >= 64 { LATENCY } else { 0 };
        let fixed = READY
            + rate
            + ERRORS
            + latency
            + RESTARTS
            + if age { AGE } else { 0 }
            + if wide { KIND + NODE } else { 0 };
        let free = width.saturating_sub(fixed);
        // Names get what they need, up to half of what is left, less where there is little: WHY needs the rest.
        let least = if width >= 74 { 24 } else { 18 };
        let most = if age { free / 2 } else { free * 2 / 5 };
        let name = (longest + 1).clamp(least, most.max(least)).min(free);
        Self {
            name,
            ready: READY,
            rate,
            latency,
            age,
            wide,
            rest: free.saturating_sub(name + 2),
        }
    }

    pub(super) fn header(&self, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut text = format::fit("NAME", self.name, e);
        text.push_str(&format::right("READY", self.ready, e));
        text.push_str(&format::right("REQ/s", self.rate, e));
        text.push_str(&format::right("ERR%", ERRORS, e));
        text.push_str(&format::right("P95", self.latency, e));
        text.push_str(&format::right("RST", RESTARTS, e));
        if self.age {
            text.push_str(&format::right("AGE", AGE, e));
        }
        if self.wide {
            text.push_str("  ");
            text.push_str(&format::fit("KIND", KIND - 2, e));
            text.push_str("  ");
            text.push_str(&format::fit("NODE", NODE - 2, e));
        }
        text.push_str("  WHY");
        Line::from(Span::styled(text, ctx.theme.dim()))
    }

    /// The line of a row, without the indent and symbol that the tree widget draws before it.
    pub(super) fn line(&self, row: &Row, ctx: &Ctx<'_>) -> Line<'static> {
        let cells = match &row.id {
            RowId::Element(key) => match ctx.model.get(key) {
                Some(Element::Tenant(e)) => tenant(&e.name, e.terminating, e.created, ctx),
                Some(Element::Type(e)) => component_type(e, ctx),
                Some(Element::Component(e)) => component(e, ctx),
                Some(Element::Service(e)) => service(e, ctx),
                Some(Element::Ingress(e)) => Cells {
                    name: way_name(e),
                    why: format!("{} leads to {}", e.hosts.join(", "), e.backends.join(", "))
                        .trim_start()
                        .to_owned(),
                    age: format::age(e.created, ctx.now),
                    dim: true,
                    ..Cells::default()
                },
                _ => Cells::default(),
            },
            RowId::Container { uid, name } => container(uid, name, ctx),
            RowId::Operation(operation) => {
                let room = self.rest + self.unused();
                let cells = operations::cells(operation, self.latency == 0, room, ctx);
                return self.operation(row, &cells, ctx);
            }
            RowId::Link(row) => links::cells(row, ctx),
            RowId::Autoscaler { namespace, name } => autoscaler(namespace, name, ctx),
            RowId::Operations(_) => Cells::default(),
        };
        self.spans(row, &cells, ctx)
    }

    /// Cells of the columns behind the figures that an operation has nothing for.
    const fn unused(&self) -> usize {
        match (self.wide, self.age) {
            // What stands behind them keeps its place.
            (true, _) => 0,
            (false, true) => RESTARTS + AGE,
            (false, false) => RESTARTS,
        }
    }

    /// The line of an operation: its name has the room of the columns before its figures, and what there is
    /// to say of it that of those behind.
    fn operation(&self, row: &Row, cells: &Cells, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let indent = usize::from(row.depth) * INDENT + INDENT;
        let name = (self.name + before_figures(self.rate)).saturating_sub(indent);
        let mut spans = vec![
            Span::styled(format::middle(&cells.name, name, e), cells.style),
            Span::raw(" "),
            Span::styled(format::right(&cells.errors, ERRORS, e), cells.error_style),
            Span::raw(format::right(&cells.latency, self.latency, e)),
        ];
        if self.wide {
            let before = RESTARTS + if self.age { AGE } else { 0 };
            let kind = format::fit(&cells.kind, KIND + NODE, e);
            let text = format!("{}  {kind}", " ".repeat(before));
            spans.push(Span::styled(
                format::fit(&text, before + KIND + NODE, e),
                ctx.theme.dim(),
            ));
        }
        let why = format::fit(&cells.why, self.rest + self.unused(), e);
        spans.push(Span::raw("  "));
        spans.push(Span::styled(why.trim_end().to_owned(), cells.why_style));
        Line::from(spans)
    }

    fn spans(&self, row: &Row, cells: &Cells, ctx: &Ctx<'_>) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let indent = usize::from(row.depth) * INDENT + INDENT;
        let plain = if cells.dim {
            ctx.theme.dim()
        } else {
            cells.style
        };
        let mut spans = vec![
            Span::styled(
                format::name(&cells.name, self.name.saturating_sub(indent), e),
                if row.depth == 0 {
                    ctx.theme.heading()
                } else {
                    plain
                },
            ),
            Span::styled(
                format::right(&cells.ready, self.ready, e),
                if cells.staged {
                    ctx.theme.warning()
                } else {
                    plain
                },
            ),
            Span::styled(format::right(&cells.rate, self.rate, e), plain),
            Span::styled(format::right(&cells.errors, ERRORS, e), cells.error_style),
            Span::styled(format::right(&cells.latency, self.latency, e), plain),
            Span::styled(format::right(&cells.restarts, RESTARTS, e), plain),
        ];
        if self.age {
            spans.push(Span::styled(
                format::right(&cells.age, AGE, e),
                ctx.theme.dim(),
            ));
        }
        if self.wide {
            let text = format!(
                "  {}  {}",
                format::fit(&cells.kind, KIND - 2, e),
                format::fit(&cells.node, NODE - 2, e)
            );
            spans.push(Span::styled(text, ctx.theme.dim()));
        }
        let why = format::fit(&cells.why, self.rest, e);
        spans.push(Span::raw("  "));
        spans.push(Span::styled(why.trim_end().to_owned(), cells.why_style));
        Line::from(spans)
    }
}

/// `ingress web`, `httproute web`.
fn way_name(e: &Ingress) -> String {
    format!("{} {}", e.way.kind().name().to_lowercase(), e.name)
}

/// Cells of the columns before the figures that an operation has nothing for, but one.
const fn before_figures(rate: usize) -> usize {
    READY + rate - 1
}

/// Cells that a row's name needs of its column, indent and symbol included.
pub(super) fn name_cells(row: &Row, ctx: &Ctx<'_>) -> usize {
    let name = match &row.id {
        RowId::Element(key) => match ctx.model.get(key) {
            Some(Element::Type(e)) => type_name(e),
            Some(Element::Service(e)) => service_name(e, ctx),
            Some(Element::Ingress(e)) => way_name(e),
            Some(e) => e.name().to_string(),
            None => String::new(),
        },
        RowId::Container { name, .. } => name.to_string(),
        RowId::Operation(row) => operations::name(row, ctx),
        RowId::Link(row) => links::name(row, ctx),
        RowId::Autoscaler { name, .. } => autoscaler_name(name),
        RowId::Operations(_) => String::new(),
    };
    let beyond = match &row.id {
        RowId::Operation(_) => before_figures(RATE),
        _ => 0,
    };
    let cells = format::width(&name) + usize::from(row.depth) * INDENT + INDENT;
    cells.saturating_sub(beyond)
}

/// The texts of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) ready: String,
    pub(super) rate: String,
    pub(super) errors: String,
    pub(super) latency: String,
    pub(super) restarts: String,
    pub(super) age: String,
    pub(super) kind: String,
    pub(super) node: String,
    pub(super) why: String,
    pub(super) staged: bool,
    pub(super) dim: bool,
    pub(super) style: Style,
    pub(super) error_style: Style,
    pub(super) why_style: Style,
}

/// The sign of a row's state and its style.
pub(super) fn sign(row: &Row, ctx: &Ctx<'_>) -> (char, Style) {
    let health = match &row.id {
        RowId::Element(key) => match ctx.model.get(key) {
            // Its pods are well, and its callers are not served.
            Some(Element::Type(e)) if !e.health.is_bad() && is_failing(key, ctx) => Health::Broken,
            Some(Element::Service(e)) if ctx.model.is_missed(e) => Health::Broken,
            element => element.map_or(Health::Ok, Element::health),
        },
        RowId::Container { uid, name } => find_container(uid, name, ctx)
            .map_or(Health::Ok, |c| container_health(&c.state, c.ready).0),
        RowId::Operation(row) => row
            .operation(ctx.model)
            .filter(|o| operations::is_failing(o))
            .map_or(Health::Ok, |_| Health::Broken),
        RowId::Autoscaler { .. } => Health::Broken,
        RowId::Link(_) | RowId::Operations(_) => Health::Ok,
    };
    (health.sign(), ctx.theme.health(health))
}

/// Whether so many of the calls to it fail that somebody should look.
fn is_failing(key: &ElementKey, ctx: &Ctx<'_>) -> bool {
    let traffic = ctx.model.traffic(key, Side::Callers);
    traffic.is_some_and(Counts::are_failing)
}

fn tenant(
    name: &Text,
    terminating: bool,
    created: Option<jiff::Timestamp>,
    ctx: &Ctx<'_>,
) -> Cells {
    let one = crate::model::observation::NamespaceChoice::Only([name.clone()].into());
    let totals = ctx.model.totals(&one);
    let why = match (terminating, totals.bad) {
        (true, _) => "namespace is being deleted".to_owned(),
        (false, 0) if totals.missed > 0 => "a needed service is empty".to_owned(),
        (false, 0) => String::new(),
        (false, 1) => "1 type is bad".to_owned(),
        (false, n) => format!("{n} types are bad"),
    };
    Cells {
        name: name.to_string(),
        ready: if ctx.model.knows_components(name) {
            format!("{}/{}", totals.ready, totals.pods)
        } else {
            NONE.to_owned()
        },
        age: format::age(created, ctx.now),
        why,
        why_style: ctx.theme.dim(),
        ..Cells::default()
    }
}

fn component_type(e: &ComponentType, ctx: &Ctx<'_>) -> Cells {
    let key = ElementKey::Type(e.key.clone());
    let traffic = ctx.model.traffic(&key, Side::Callers);
    let latency = ctx.model.interfaces().inbound(&key);
    let style = ctx.theme.health(e.health);
    let kind = e.key.short_kind();
    let name = type_name(e);
    let staged = ctx
        .stage
        .filter(|(staged, _)| **staged == key)
        .map(|(_, n)| n);
    let mut why = format::reason(e.reason.as_ref());
    if why.is_empty() {
        why = ctx
            .model
            .components_of(&e.key)
            .into_iter()
            .find_map(|c| restarted(c, ctx))
            .unwrap_or_default();
    }
    let failing = traffic.is_some_and(Counts::are_failing);
    if why.is_empty() && failing {
        why.push_str("calls to it fail");
    }
    if ctx.only_broken {
        let callers = called_by(&key, ctx);
        if !callers.is_empty() {
            why.push_str(&format!(" {} {callers}", ctx.theme.glyphs.dot));
        }
    }
    Cells {
        name,
        ready: match staged {
            Some(wanted) => format!(
                "{}{}{wanted}",
                e.desired.unwrap_or(0),
                ctx.theme.glyphs.arrow
            ),
            None => ready(e),
        },
        rate: format::rate(traffic),
        errors: format::errors(traffic),
        latency: format::took(latency.and_then(|tally| tally.latency.at(0.95))),
        restarts: if ctx.model.knows_components(&e.key.namespace) {
            e.restarts.to_string()
        } else {
            NONE.to_owned()
        },
        age: format::age(e.created, ctx.now),
        kind: kind.to_owned(),
        why,
        staged: staged.is_some(),
        style: if e.health == Health::Stopped {
            style
        } else {
            Style::new()
        },
        error_style: if failing {
            ctx.theme.health(Health::Broken)
        } else {
            Style::new()
        },
        why_style: style,
        ..Cells::default()
    }
}

/// Who was seen to call an element, and who else is only declared to; nothing where nobody is known to.
fn called_by(key: &ElementKey, ctx: &Ctx<'_>) -> String {
    let callers = ctx.model.neighbours(key, Side::Callers);
    let (calling, declaring): (Vec<_>, Vec<_>) = callers.iter().partition(|n| n.call.is_some());
    let words = [("called by", calling), ("declared by", declaring)].map(|(how, who)| {
        // A permission is no need.
        let who = who
            .into_iter()
            .filter(|n| n.call.is_some() || !n.declared.is_some_and(Declared::is_only_allowed));
        let names = who.filter_map(|n| ctx.model.get(n.key));
        let names: Vec<String> = names.map(|e| e.name().to_string()).collect();
        (!names.is_empty()).then(|| format!("{how} {}", names.join(", ")))
    });
    let words: Vec<String> = words.into_iter().flatten().collect();
    words.join(", ")
}

/// A type's name, with its kind where that is not a Deployment.
fn type_name(e: &ComponentType) -> String {
    match e.key.short_kind() {
        "Deployment" => e.key.name.to_string(),
        kind => format!("{} ({})", e.key.name, short(kind)),
    }
}

/// Ready and wanted; during a rollout old, new and wanted: `1>2/2`.
fn ready(e: &ComponentType) -> String {
    let rollout = e.reason.as_ref().is_some_and(|r| &*r.word == "rollout");
    match (e.desired, e.updated) {
        (Some(desired), Some(updated)) if rollout => {
            let old = e.components.saturating_sub(updated);
            format!("{old}>{updated}/{desired}")
        }
        (Some(desired), _) => format!("{}/{desired}", e.ready),
        // No number is wanted: a CronJob, bare pods. What has finished does not count.
        (None, _) if e.health == Health::Stopped || e.ready == 0 => NONE.to_owned(),
        (None, _) => format!("{}/{}", e.ready, e.components),
    }
}

fn component(e: &Component, ctx: &Ctx<'_>) -> Cells {
    let style = ctx.theme.health(e.health);
    Cells {
        name: e.name.to_string(),
        ready: format!("{}/{}", e.ready, e.total),
        rate: NONE.to_owned(),
        errors: NONE.to_owned(),
        restarts: e.restarts.to_string(),
        age: format::age(e.created, ctx.now),
        kind: "Pod".to_owned(),
        node: e.node.as_deref().unwrap_or(NONE).to_owned(),
        why: match &e.reason {
            Some(reason) => format::reason(Some(reason)),
            None => restarted(e, ctx).unwrap_or_default(),
        },
        style: if e.health == Health::Stopped {
            style
        } else {
            Style::new()
        },
        why_style: style,
        ..Cells::default()
    }
}

/// Seconds for which a restart stays worth a word: between two rounds of a crash loop everything looks
/// well, and the kubelet waits up to five minutes before the next one.
const FRESH_RESTART: i64 = 600;

/// A restart that was not long ago, of a component that is well now.
fn restarted(e: &Component, ctx: &Ctx<'_>) -> Option<String> {
    let end = e
        .containers
        .iter()
        .filter(|c| c.restarts > 0)
        .find_map(|c| c.last.as_ref().filter(|l| l.exit_code != 0))?;
    let ago = ctx.now.as_second() - end.finished?.as_second();
    (ago < FRESH_RESTART).then(|| {
        let reason = if end.reason.is_empty() {
            "ended"
        } else {
            &*end.reason
        };
        let ago = format::seconds(ago.max(0));
        format!("{reason} exit {}, restarted {ago} ago", end.exit_code)
    })
}

/// A Service's name and ports: what callers use, and where it leads.
fn service_name(e: &Service, ctx: &Ctx<'_>) -> String {
    let ports: Vec<String> = e
        .ports
        .iter()
        .map(|p| match &p.target {
            Some(target) if **target != *p.port.to_string() => {
                format!("{}{}{target}", p.port, ctx.theme.glyphs.arrow)
            }
            _ => p.port.to_string(),
        })
        .collect();
    format!("service {} {}", e.name, ports.join(","))
}

fn service(e: &Service, ctx: &Ctx<'_>) -> Cells {
    let key = ElementKey::service(&e.namespace, &e.name);
    let is_missed = ctx.model.is_missed(e);
    let mut why = format::reason(e.reason.as_ref());
    let mut traffic = None;
    if let Some(host) = &e.external_name {
        // It stands for who is called there.
        traffic = ctx.model.traffic(&key, Side::Callers);
        why = format!("leads outside, to {host}");
    } else if why.is_empty() && ctx.model.has_none_ready(e) {
        "NoEndpoints: no EndpointSlice lists one".clone_into(&mut why);
    } else if is_missed {
        why = format!("no pods {} {}", ctx.theme.glyphs.dot, called_by(&key, ctx));
    }
    Cells {
        name: service_name(e, ctx),
        ready: match e.ready_endpoints {
            Some(ready) => format!("{ready}/{}", e.endpoints),
            None => NONE.to_owned(),
        },
        rate: traffic.map_or_else(String::new, |_| format::rate(traffic)),
        errors: traffic.map_or_else(String::new, |_| format::errors(traffic)),
        age: format::age(e.created, ctx.now),
        kind: e.service_type.to_string(),
        why,
        dim: e.health == Health::Ok,
        why_style: ctx
            .theme
            .health(if is_missed { Health::Broken } else { e.health }),
        ..Cells::default()
    }
}

fn autoscaler_name(name: &str) -> String {
    format!("autoscaler {name}")
}

/// An autoscaler that has nothing to scale.
fn autoscaler(namespace: &Text, name: &Text, ctx: &Ctx<'_>) -> Cells {
    let one = crate::model::observation::NamespaceChoice::Only([namespace.clone()].into());
    let lost = ctx.model.lost_autoscalers(&one);
    let lost = lost.iter().find(|lost| lost.name == *name);
    Cells {
        name: autoscaler_name(name),
        why: lost.map_or_else(String::new, |lost| {
            format!("its target {} is not there", lost.words())
        }),
        why_style: ctx.theme.health(Health::Broken),
        ..Cells::default()
    }
}

fn find_container<'a>(
    uid: &Text,
    name: &Text,
    ctx: &Ctx<'a>,
) -> Option<&'a crate::model::observation::ContainerFact> {
    match ctx.model.get(&ElementKey::component(uid))? {
        Element::Component(e) => e.containers.iter().find(|c| c.name == *name),
        _ => None,
    }
}

fn container(uid: &Text, name: &Text, ctx: &Ctx<'_>) -> Cells {
    let Some(e) = find_container(uid, name, ctx) else {
        return Cells::default();
    };
    let (health, mut why) = container_health(&e.state, e.ready);
    if health == Health::Ok {
        why = e.image.to_string();
    }
    Cells {
        name: e.name.to_string(),
        ready: u32::from(e.ready).to_string(),
        restarts: e.restarts.to_string(),
        why,
        dim: health == Health::Ok,
        why_style: if health == Health::Ok {
            ctx.theme.dim()
        } else {
            ctx.theme.health(health)
        },
        ..Cells::default()
    }
}

/// kubectl's short names, where people know them.
fn short(kind: &str) -> &str {
    match kind {
        "StatefulSet" => "sts",
        "DaemonSet" => "ds",
        "ReplicaSet" => "rs",
        "Job" => "job",
        "CronJob" => "cj",
        "Pod" => "pod",
        other => other,
    }
}
