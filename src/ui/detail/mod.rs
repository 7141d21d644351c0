//! The detail pane: everything that is known about one element, and what is not known said as such.

mod component;
mod component_type;
mod links;
mod operations;
mod others;
mod parameters;
mod properties;
mod resources;
mod trend;
mod versions;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Ctx;
use super::format::{self, NONE};
use crate::model::element::{Element, Health, Outside, Reason};
use crate::model::key::ElementKey;
use crate::model::observation::{Labels, NamespaceChoice, Way};
use crate::model::text::Text;

/// Width of the field names.
const FIELD: usize = 11;
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
            let one = NamespaceChoice::Only([e.name.clone()].into());
            let totals = ctx.model.totals(&one);
            out.field("types", &format!("{}, {} bad", totals.types, totals.bad));
            let pods = if ctx.model.knows_components(&e.name) {
                format!("{} of {} ready", totals.ready, totals.pods)
            } else {
                NO_PODS.to_owned()
            };
            out.field("pods", &pods);
            for lost in ctx.model.lost_autoscalers(&one) {
                let text = format!("{}: its target {} is not there", lost.name, lost.words());
                out.field("autoscaler", &text);
            }
            out.labels(&e.labels);
        }
        Some(Element::Node(e)) => out.machine(e),
        Some(Element::Ingress(e)) => {
            let kind = e.way.kind().name();
            out.title(&format!("{kind} {}/{}", e.namespace, e.name));
            if !e.gateways.is_empty() {
                out.field("gateways", &e.gateways.join(", "));
            }
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

/// An image's tag with its colon, or its digest's beginning; its last name where it has neither.
fn tag(image: &str) -> &str {
    if let Some(at) = image.find('@') {
        return image.get(at..at + 20).unwrap_or(image);
    }
    let last = image.rfind('/').map_or(0, |at| at + 1);
    let name = image.get(last..).unwrap_or(image);
    let at = name.rfind(':').unwrap_or(0);
    name.get(at..).unwrap_or(name)
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
        self.styled(name, value, Style::new());
    }

    fn styled(&mut self, name: &str, value: &str, style: ratatui::style::Style) {
        let mut name = format::fit(name, FIELD, self.ctx.theme.glyphs.ellipsis);
        if !name.ends_with(' ') {
            name.push(' ');
        }
        self.lines.push(Line::from(vec![
            Span::styled(name, self.ctx.theme.dim()),
            Span::styled(value.to_owned(), style),
        ]));
    }

    /// Why it is not well; images that the pane shows by their whole name stand there by their tag.
    fn why(&mut self, health: Health, reason: Option<&Reason>, images: &[Text]) {
        if reason.is_some() {
            let mut said = format::reason(reason);
            for image in images.iter().filter(|image| !image.is_empty()) {
                said = said.replace(&**image, tag(image));
            }
            let text = format!("{} {}", health.sign(), said.trim_end());
            self.styled("why", text.trim_start(), self.ctx.theme.health(health));
        }
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
        (ElementKey::Ingress { way, .. }, _) => match way {
            Way::Ingress => " (ingress)",
            Way::HttpRoute | Way::GrpcRoute => " (route)",
        },
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
