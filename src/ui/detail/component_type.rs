//! A component type: what it is, how it stands, who it is known as.

use std::collections::BTreeMap;

use super::{NO_PODS, Out};
use crate::model::element::{ComponentType, Scalability};
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::model::rating::Rating;
use crate::ui::format::{self, NONE};

impl Out<'_> {
    pub(super) fn component_type(&mut self, e: &ComponentType) {
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
        self.why(e.health, e.reason.as_ref(), &e.images);
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
        for scaler in &e.autoscalers {
            let (name, min, max) = (&scaler.name, scaler.min, scaler.max);
            self.field("autoscaled", &format!("by {name} {min}..{max}"));
        }
        if let Scalability::Fixed { why } = &e.scalability {
            self.field("scaling", &format!("no: {why}"));
        }
        for (index, (annotation, rating)) in e.ratings.all().enumerate() {
            let text = match rating {
                Rating::Given { value } => format!("{annotation} {value}"),
                Rating::Unreadable { text } => {
                    format!("{annotation} is no number from 0 to 1: {text}")
                }
            };
            self.field(if index == 0 { "rated" } else { "" }, &text);
        }
        self.versions(e);
        self.type_resources(e);
        self.properties(&key);
        self.provides(&key, e);
        self.neighbours(&key);
        self.interfaces(&key);
        self.placement(e);
        self.parameters(e);
        self.labels(&e.labels);
    }

    pub(super) fn provides(&mut self, key: &ElementKey, e: &ComponentType) {
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
        self.trend(key);
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

    pub(super) fn placement(&mut self, e: &ComponentType) {
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
}
