//! Services, machines, and what is outside.

use super::{Out, or_none};
use crate::model::element::{Element, External, Machine, Outside, Service};
use crate::model::key::ElementKey;
use crate::model::text::Text;
use crate::ui::format::{self, NONE};

impl Out<'_> {
    pub(super) fn service(&mut self, e: &Service) {
        self.title(&format!("Service {}/{}", e.namespace, e.name));
        self.field("type", &e.service_type);
        if let Some(host) = &e.external_name {
            self.field("outside", host);
        }
        self.why(e.health, e.reason.as_ref(), &[]);
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
        if e.external_name.is_none() {
            self.field("ready", &ready);
        }
        let types: Vec<String> = e
            .leads_to
            .iter()
            .map(|k| format!("{} {}", k.kind, k.name))
            .collect();
        self.field("leads to", &or_none(&types.join(", ")));
        let selector: Vec<String> = e.selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        self.field("selector", &or_none(&selector.join(",")));
        let key = ElementKey::service(&e.namespace, &e.name);
        self.properties(&key);
        if e.external_name.is_some() {
            self.trend(&key);
        }
        self.neighbours(&key);
        if e.external_name.is_some() {
            // Who is called there is nowhere else in the model.
            self.interfaces(&key);
        }
    }

    pub(super) fn machine(&mut self, e: &Machine) {
        self.title(&format!("Node {}", e.name));
        if !e.declared {
            self.field("known by", "pods that name it; nodes may not be read");
        }
        self.why(e.health, e.reason.as_ref(), &[]);
        self.field("zone", e.zone.as_deref().unwrap_or(NONE));
        if e.unschedulable {
            self.field("cordoned", "yes");
        }
        self.field("age", &format::age(e.created, self.ctx.now));
        let pods = self.ctx.model.components_on(&e.name);
        self.field("pods", &pods.len().to_string());
        self.properties(&ElementKey::node(&e.name));
    }

    pub(super) fn node(&self, node: &Text) -> String {
        match self.ctx.model.get(&ElementKey::node(node)) {
            Some(Element::Node(Machine {
                zone: Some(zone), ..
            })) => format!("{node} (zone {zone})"),
            _ => node.to_string(),
        }
    }

    pub(super) fn external(&mut self, e: &External, key: &ElementKey) {
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
        self.trend(key);
        self.neighbours(key);
        self.interfaces(key);
    }
}
