//! The detail pane: everything that is known about one element, and what is not known said as such.

use std::collections::BTreeMap;

use ratatui::text::{Line, Span};

use super::Ctx;
use super::format::{self, NONE};
use super::usage;
use crate::model::element::{
    Component, ComponentType, Declared, Element, External, Health, Machine, Outside, Service,
};
use crate::model::key::ElementKey;
use crate::model::observation::{ContainerFact, ContainerState, Kind, Labels, Role};
use crate::model::query::links::{Neighbour, Side};

/// Width of the field names.
const FIELD: usize = 11;
/// Most neighbours listed on one side, before the rest is counted.
const NEIGHBOURS: usize = 12;
/// Most operations listed on one side, before the rest is counted.
const OPERATIONS: usize = 12;
/// What is said instead of numbers and links that pods tell.
const NO_PODS: &str = "no data: pods are not listed (:sources)";
/// Most of the log's last lines shown.
const NEWS: usize = 6;

/// The pane's lines for an element.
#[must_use]
pub fn lines(key: &ElementKey, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let mut out = Out {
        lines: Vec::new(),
        ctx,
    };
    match ctx.model.get(key) {
        Some(Element::Type(e)) => out.component_type(e),
        Some(Element::Component(e)) => out.component(e),
        Some(Element::Service(e)) => out.service(e),
        Some(Element::Tenant(e)) => {
            out.title(&format!("Namespace {}", e.name));
            if e.terminating {
                out.field("state", "being deleted");
            }
            out.field("age", &format::age(e.created, ctx.now));
            let one = crate::model::observation::NamespaceChoice::Only([e.name.clone()].into());
            let totals = ctx.model.totals(&one);
            out.field("types", &format!("{}, {} bad", totals.types, totals.bad));
            let pods = if ctx.model.knows_components(&e.name) {
                format!("{} of {} ready", totals.ready, totals.pods)
            } else {
                NO_PODS.to_owned()
            };
            out.field("pods", &pods);
            out.labels(&e.labels);
        }
        Some(Element::Node(e)) => out.machine(e),
        Some(Element::Ingress(e)) => {
            out.title(&format!("Ingress {}/{}", e.namespace, e.name));
            out.field("hosts", &or_none(&e.hosts.join(", ")));
            out.field("leads to", &or_none(&e.backends.join(", ")));
            out.neighbours(key);
        }
        Some(Element::External(e)) => out.external(e, key),
        Some(Element::Call(_) | Element::Declared(_)) | None => {
            out.lines.push(Line::from("it is gone"));
        }
    }
    out.news(key);
    out.lines
}

struct Out<'a> {
    lines: Vec<Line<'static>>,
    ctx: &'a Ctx<'a>,
}

fn or_none(text: &str) -> String {
    if text.is_empty() { NONE } else { text }.to_owned()
}

impl Out<'_> {
    fn title(&mut self, text: &str) {
        let style = self.ctx.theme.heading();
        self.lines
            .push(Line::from(Span::styled(text.to_owned(), style)));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.styled(name, value, ratatui::style::Style::new());
    }

    fn styled(&mut self, name: &str, value: &str, style: ratatui::style::Style) {
        let name = format::fit(name, FIELD, self.ctx.theme.glyphs.ellipsis);
        self.lines.push(Line::from(vec![
            Span::styled(name, self.ctx.theme.dim()),
            Span::styled(value.to_owned(), style),
        ]));
    }

    fn why(&mut self, health: Health, reason: Option<&crate::model::element::Reason>) {
        if reason.is_some() {
            let text = format!("{} {}", health.sign(), format::reason(reason));
            self.styled("why", text.trim_start(), self.ctx.theme.health(health));
        }
    }

    fn component_type(&mut self, e: &ComponentType) {
        let key = ElementKey::Type(e.key.clone());
        self.title(&format!(
            "{} {}/{}",
            e.key.kind, e.key.namespace, e.key.name
        ));
        if !e.declared && !matches!(&*e.key.kind, "Pod") {
            self.field(
                "known by",
                "what names it as owner; its own object was not seen",
            );
        }
        for (index, image) in e.images.iter().enumerate() {
            self.field(if index == 0 { "image" } else { "" }, image);
        }
        for (index, known) in self.ctx.model.known_as(&e.key).iter().enumerate() {
            let (rule, sure) = (known.rule.words(), known.rule.confidence());
            let ask = if known.rule.is_weak() {
                ": ask :why"
            } else {
                ""
            };
            let text = format!("{}, by {rule} ({sure}){ask}", known.name);
            self.field(if index == 0 { "known as" } else { "" }, &text);
        }
        if let Some(revision) = &e.revision {
            self.field("revision", revision);
        }
        if let Some(schedule) = &e.schedule {
            self.field("schedule", schedule);
        }
        self.field("state", e.state.word());
        self.why(e.health, e.reason.as_ref());
        let wanted = e.desired.map_or_else(|| NONE.to_owned(), |d| d.to_string());
        let there = if self.ctx.model.knows_components(&e.key.namespace) {
            format!("{} there", e.components)
        } else {
            NO_PODS.to_owned()
        };
        let ready = e.ready;
        self.field("pods", &format!("{ready} ready, {wanted} wanted, {there}"));
        if e.restarts > 0 {
            self.field("restarts", &e.restarts.to_string());
        }
        self.field("age", &format::age(e.created, self.ctx.now));
        if let crate::model::element::Scalability::Fixed { why } = &e.scalability {
            self.field("scaling", &format!("no: {why}"));
        }
        self.provides(&key, e);
        self.neighbours(&key);
        self.interfaces(&key);
        self.placement(e);
        self.labels(&e.labels);
    }

    fn provides(&mut self, key: &ElementKey, e: &ComponentType) {
        let traffic = self.ctx.model.traffic(key, Side::Callers);
        if let Some(ms) = self.ctx.model.recent_window_ms() {
            let text = match traffic {
                Some(counts) => format!(
                    "{}/s, {} % errors, over {}",
                    format::rate(traffic),
                    format::errors(traffic),
                    format::window(counts.window_ms)
                ),
                None => format!(
                    "no data: no caller was traced ({} window)",
                    format::window(ms)
                ),
            };
            self.field("inbound", &text);
        }
        let services = self.ctx.model.services_of(&e.key);
        let is_known = self.ctx.model.knows_components(&e.key.namespace);
        if services.is_empty() && !is_known && !self.ctx.lacks(Kind::Service) {
            // What a Service leads to is told by its pods.
            self.field("provides", NO_PODS);
        } else if services.is_empty() && !self.ctx.lacks(Kind::Service) {
            self.field("provides", "no Service leads to it");
        } else if services.is_empty() {
            self.field("provides", "no data: Services are not listed (:sources)");
        }
        for (index, service) in services.iter().enumerate() {
            let ports: Vec<String> = service
                .ports
                .iter()
                .map(|p| {
                    let name = p.name.as_ref().map(|n| format!(" {n}")).unwrap_or_default();
                    format!("{}/{}{name}", p.port, p.protocol)
                })
                .collect();
            let text = format!("{} {}", service.name, ports.join(", "));
            self.field(if index == 0 { "provides" } else { "" }, &text);
        }
    }

    fn neighbours(&mut self, key: &ElementKey) {
        for (side, name) in [(Side::Callers, "callers"), (Side::Callees, "calls")] {
            let found = self.ctx.model.neighbours(key, side);
            if found.is_empty() {
                let text = if self.ctx.lacks(Kind::Service) {
                    "no data: Services are not listed (:sources)"
                } else if self.ctx.model.has_telemetry() {
                    "none seen, none declared"
                } else {
                    "none declared; no trace source (:sources)"
                };
                self.styled(name, text, self.ctx.theme.dim());
            }
            for (index, neighbour) in found.iter().take(NEIGHBOURS).enumerate() {
                let text = self.neighbour(key, neighbour);
                self.field(if index == 0 { name } else { "" }, &text);
            }
            if found.len() > NEIGHBOURS {
                self.field("", &format!("+{} more", found.len() - NEIGHBOURS));
            }
        }
    }

    fn neighbour(&self, key: &ElementKey, neighbour: &Neighbour<'_>) -> String {
        let mut text = if neighbour.key == key {
            "itself".to_owned()
        } else {
            name(neighbour.key, self.ctx)
        };
        if let Some(call) = neighbour.call {
            text.push_str(&format!(" {}/s", format::rate(call.recent)));
            if call.recent.is_some_and(|c| c.errors > 0) {
                text.push_str(&format!(" {} % errors", format::errors(call.recent)));
            }
        }
        match (neighbour.declared, neighbour.call) {
            (Some(declared), None) => text.push_str(&format!(" declared: {}", places(declared))),
            (Some(_), Some(_)) => text.push_str(" (declared too)"),
            _ => {}
        }
        text
    }

    /// Operation by operation: what is asked of it and by whom, and what it asks of others.
    fn interfaces(&mut self, key: &ElementKey) {
        let interfaces = self.ctx.model.interfaces();
        let Some(sample) = interfaces.sample() else {
            return;
        };
        let provided = interfaces.provided(key);
        let required = interfaces.required(key);
        if provided.is_empty() && required.is_empty() {
            return;
        }
        for (index, operation) in provided.iter().take(OPERATIONS).enumerate() {
            let text = format!(
                "{} {}",
                usage::title(operation),
                usage::figures(&operation.tally, self.ctx)
            );
            self.field(if index == 0 { "operations" } else { "" }, &text);
            let callers = format!("  by {}", usage::callers(operation, self.ctx));
            self.styled("", &callers, self.ctx.theme.dim());
            for thrown in &operation.tally.exceptions {
                let text = format!("  {}", usage::thrown(thrown, self.ctx));
                self.styled("", &text, self.ctx.theme.health(Health::Broken));
            }
        }
        self.more(provided.len());
        for (index, operation) in required.iter().take(OPERATIONS).enumerate() {
            let text = format!(
                "{}: {} {}",
                name(operation.callee, self.ctx),
                usage::title(operation),
                usage::figures(&operation.tally, self.ctx)
            );
            self.field(if index == 0 { "requires" } else { "" }, &text);
        }
        self.more(required.len());
        self.styled("sampled", &usage::basis(sample), self.ctx.theme.dim());
    }

    /// How many operations are not listed.
    fn more(&mut self, all: usize) {
        if all > OPERATIONS {
            self.field("", &format!("+{} more operations", all - OPERATIONS));
        }
    }

    fn placement(&mut self, e: &ComponentType) {
        let mut nodes: BTreeMap<String, u32> = BTreeMap::new();
        for component in self.ctx.model.components_of(&e.key) {
            if let Some(node) = &component.node {
                *nodes.entry(self.node(node)).or_default() += 1;
            }
        }
        let text: Vec<String> = nodes
            .into_iter()
            .map(|(node, n)| {
                if n == 1 {
                    node
                } else {
                    format!("{node} {}{n}", self.ctx.theme.glyphs.times)
                }
            })
            .collect();
        if !text.is_empty() {
            self.field("on", &text.join(", "));
        }
    }

    fn node(&self, node: &crate::model::text::Text) -> String {
        match self.ctx.model.get(&ElementKey::node(node)) {
            Some(Element::Node(Machine {
                zone: Some(zone), ..
            })) => format!("{node} (zone {zone})"),
            _ => node.to_string(),
        }
    }

    fn component(&mut self, e: &Component) {
        self.title(&format!("Pod {}/{}", e.namespace, e.name));
        self.field("of", &format!("{} {}", e.of.kind, e.of.name));
        self.field("status", &e.status);
        self.field("state", e.state.word());
        self.why(e.health, e.reason.as_ref());
        self.field("ready", &format!("{}/{} containers", e.ready, e.total));
        self.field("age", &format::age(e.created, self.ctx.now));
        let node = e
            .node
            .as_ref()
            .map_or_else(|| NONE.to_owned(), |n| self.node(n));
        self.field("on", &node);
        self.field("address", e.ip.as_deref().unwrap_or(NONE));
        for container in e.containers.iter() {
            self.container(container);
        }
        self.labels(&e.labels);
    }

    fn container(&mut self, c: &ContainerFact) {
        let role = match c.role {
            Role::Main => "",
            Role::Init => " (init)",
            Role::Sidecar => " (sidecar)",
        };
        self.styled(
            "container",
            &format!("{}{role}", c.name),
            self.ctx.theme.accent(),
        );
        self.field("  image", &c.image);
        let state = match &c.state {
            ContainerState::Unreported => "not reported yet".to_owned(),
            ContainerState::Waiting { reason, message } => {
                let message = message
                    .as_ref()
                    .map(|m| format!(": {m}"))
                    .unwrap_or_default();
                format!("waiting, {reason}{message}")
            }
            ContainerState::Running { since } => {
                let ready = if c.ready || c.role == Role::Init {
                    ""
                } else {
                    ", not ready"
                };
                format!("running for {}{ready}", format::age(*since, self.ctx.now))
            }
            ContainerState::Terminated(end) => {
                format!("ended, {} exit {}", end.reason, end.exit_code)
            }
        };
        self.field("  state", &state);
        if let Some(last) = &c.last {
            let ago = format::age(last.finished, self.ctx.now);
            let text = format!("{} exit {}, {ago} ago", last.reason, last.exit_code);
            self.field("  before", &text);
        }
        if c.restarts > 0 {
            self.field("  restarts", &c.restarts.to_string());
        }
    }

    fn service(&mut self, e: &Service) {
        self.title(&format!("Service {}/{}", e.namespace, e.name));
        self.field("type", &e.service_type);
        if let Some(host) = &e.external_name {
            self.field("outside", host);
        }
        self.why(e.health, e.reason.as_ref());
        self.field("address", e.cluster_ip.as_deref().unwrap_or(NONE));
        for port in &e.ports {
            let target = port
                .target
                .as_ref()
                .map(|t| format!(" to {t}"))
                .unwrap_or_default();
            let name = port
                .name
                .as_ref()
                .map(|n| format!(" ({n})"))
                .unwrap_or_default();
            self.field(
                "port",
                &format!("{}/{}{name}{target}", port.port, port.protocol),
            );
        }
        let ready = match e.ready_endpoints {
            Some(ready) => format!("{ready} of {} endpoints ready", e.endpoints),
            None => "no EndpointSlice was seen".to_owned(),
        };
        self.field("ready", &ready);
        let types: Vec<String> = e
            .leads_to
            .iter()
            .map(|k| format!("{} {}", k.kind, k.name))
            .collect();
        self.field("leads to", &or_none(&types.join(", ")));
        let selector: Vec<String> = e.selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        self.field("selector", &or_none(&selector.join(",")));
        self.neighbours(&ElementKey::service(&e.namespace, &e.name));
    }

    fn machine(&mut self, e: &Machine) {
        self.title(&format!("Node {}", e.name));
        if !e.declared {
            self.field("known by", "pods that name it; nodes may not be read");
        }
        self.why(e.health, e.reason.as_ref());
        self.field("zone", e.zone.as_deref().unwrap_or(NONE));
        if e.unschedulable {
            self.field("cordoned", "yes");
        }
        self.field("age", &format::age(e.created, self.ctx.now));
        let pods = self.ctx.model.components_on(&e.name);
        self.field("pods", &pods.len().to_string());
    }

    fn external(&mut self, e: &External, key: &ElementKey) {
        let (word, why) = match &e.outside {
            Outside::External { evidence } => ("External", evidence.to_string()),
            Outside::Unresolved => (
                "Unresolved",
                "no component type has this name: it is not in the chosen namespaces, or external"
                    .to_owned(),
            ),
            Outside::Ambiguous { candidates } => {
                let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
                ("Ambiguous", format!("may be {}", names.join(" or ")))
            }
        };
        self.title(&format!("{word} {}", e.name));
        self.field("why", &why);
        self.neighbours(key);
        self.interfaces(key);
    }

    fn labels(&mut self, labels: &Labels) {
        for (index, (key, value)) in labels.iter().enumerate() {
            let name = if index == 0 { "labels" } else { "" };
            self.styled(name, &format!("{key}={value}"), self.ctx.theme.dim());
        }
    }

    /// The last lines of the log about the element or its components.
    fn news(&mut self, key: &ElementKey) {
        let ctx = self.ctx;
        let components = match key {
            ElementKey::Type(of) => ctx.model.components_of(of),
            _ => Vec::new(),
        };
        let components: Vec<ElementKey> = components
            .iter()
            .map(|component| ElementKey::component(&component.uid))
            .collect();
        let subjects = std::iter::once(key).chain(&components);
        let last = ctx.log.about(subjects, NEWS);
        for (index, entry) in last.into_iter().enumerate() {
            let times = if entry.count > 1 {
                format!(" {}{}", ctx.theme.glyphs.times, entry.count)
            } else {
                String::new()
            };
            let at = format::clock(entry.at, ctx.zone);
            let text = format!("{at} {} {}{times}", entry.severity.sign(), entry.text);
            let name = if index == 0 { "events" } else { "" };
            self.styled(name, &text, ctx.theme.severity(entry.severity));
        }
    }
}

/// An element's name as others refer to it: with its namespace where that is not the only one shown.
#[must_use]
pub fn name(key: &ElementKey, ctx: &Ctx<'_>) -> String {
    let name = ctx
        .model
        .get(key)
        .map_or_else(|| key.to_string(), |e| e.name().to_string());
    let mark = match (key, ctx.model.get(key)) {
        (ElementKey::Ingress { .. }, _) => " (ingress)",
        (ElementKey::Service { .. }, _) => " (service)",
        (_, Some(Element::External(e))) => match e.outside {
            Outside::External { .. } => " (external)",
            Outside::Unresolved => " (unresolved)",
            Outside::Ambiguous { .. } => " (ambiguous)",
        },
        _ => "",
    };
    match key.namespace() {
        Some(namespace) if !ctx.choice.covers(namespace) => format!("{namespace}/{name}{mark}"),
        _ => format!("{name}{mark}"),
    }
}

/// Where a link is declared: `CART_ADDR, argument`.
fn places(declared: &Declared) -> String {
    let places: Vec<&str> = declared.places.iter().map(|(place, _)| &**place).collect();
    places.join(", ")
}
