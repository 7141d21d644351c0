//! What is known of tenants, components and component types, as properties of theirs.

use std::collections::BTreeSet;

use super::plan::{Plan, What};
use super::properties::{Kind, NONE, Properties, SCOPE, STAND_IN};
use crate::model::element::{Component, ComponentType, Outside, Service, Tenant};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::model::text::Text;

impl Properties {
    /// Of what statistics are a sample.
    pub(super) fn model(&mut self, plan: &Plan<'_>) {
        let Some(sample) = plan.model.interfaces().sample() else {
            return;
        };
        if !plan.telemetry {
            return;
        }
        let window = "performance statistics are of the traces of so long";
        self.count("sampleWindow", sample.window_ms, "ms", window);
        let traces = "performance statistics are of so many traces";
        self.count("sampleTraces", sample.traces, "traces", traces);
        let part = "whether there were more traces: then counts in statistics give no rates";
        let is_part = sample.is_part.to_string();
        self.add("sampleIsPart", Kind::Boolean, NONE, is_part, part);
        let hidden = "calls left out: checks of health, scrapes, records of proxies";
        self.count("hiddenCalls", sample.hidden, "calls", hidden);
        self.text(
            "timeUnit",
            "µs",
            "the unit of times in performance statistics",
        );
    }

    pub(super) fn tenant(&mut self, tenant: &Tenant) {
        self.time("creationTime", tenant.created, "");
        if tenant.terminating {
            self.add(
                "terminating",
                Kind::Boolean,
                NONE,
                "true",
                "it is being deleted",
            );
        }
    }

    pub(super) fn pod(&mut self, pod: &Component) {
        if let Some(node) = &pod.node {
            self.text("node", node, "the machine that it runs on");
        }
        if let Some(ip) = &pod.ip {
            self.text("ip", ip, "its address");
        }
        self.text("status", &pod.status, "as kubectl has it");
        self.reason(pod.reason.as_ref());
        let ready = u64::from(pod.ready);
        self.count("ready", ready, "containers", "containers that are ready");
        let total = u64::from(pod.total);
        self.count("total", total, "containers", "containers that count");
        let restarts = u64::from(pod.restarts);
        self.count("restarts", restarts, "restarts", "of its containers");
        self.time("creationTime", pod.created, "");
        self.time("readySince", pod.ready_since, "when readiness last changed");
        for container in pod.containers.iter() {
            let (name, image) = (&container.name, &container.image);
            let description = format!("of container {name}");
            self.about("image", name, Kind::String, NONE, image, &description);
        }
    }

    pub(super) fn stand_in(&mut self, what: &What<'_>) {
        let description = match what {
            What::Type(_) => "no pod: it stands for the instances that its type does not have now",
            What::Service(_) => "no pod: it stands for what the Service leads to",
            What::Outside(..) => "no pod: it stands for what is outside of the cluster",
        };
        self.add(STAND_IN, Kind::Boolean, NONE, "true", description);
    }

    pub(super) fn scope(&mut self) {
        let description = "statistics and exceptions here are those of all instances of the component type \
                           together: no instance's own were measured";
        self.text(SCOPE, "component type", description);
    }

    pub(super) fn component_type(&mut self, plan: &Plan<'_>, key: &ElementKey, what: &What<'_>) {
        match what {
            What::Type(e) => self.workload(plan, key, e),
            What::Service(e) => {
                self.text("kind", "Service", "no workload is behind it");
                self.text("namespace", &e.namespace, "");
                if let Some(host) = &e.external_name {
                    self.text("externalName", host, "the host that it stands for");
                }
                self.reason(e.reason.as_ref());
                self.service(e);
            }
            What::Outside(_, external) => {
                self.text("kind", "outside", "no workload of the cluster");
                if let Some(external) = external {
                    self.text("why", &why(&external.outside), "why it counts as outside");
                }
                let sort = plan.model.interfaces().sort(key);
                self.text("sort", word(sort), "what its callers take it for");
            }
        }
        if plan.telemetry {
            self.measured(plan.model, key);
        }
    }

    fn workload(&mut self, plan: &Plan<'_>, key: &ElementKey, e: &ComponentType) {
        self.text("kind", &e.key.kind, "the workload's kind");
        self.text("namespace", &e.key.namespace, "");
        let pods_are_known = plan.model.knows_components(&e.key.namespace);
        if let Some(desired) = e.desired {
            let description = "components that are wanted";
            self.count("desired", u64::from(desired), "components", description);
        }
        if pods_are_known || e.desired.is_some() {
            let description = "components that are ready, as kubectl counts for the kind";
            self.count("ready", u64::from(e.ready), "components", description);
        }
        if pods_are_known {
            let description = "of all containers of all its components";
            self.count("restarts", u64::from(e.restarts), "restarts", description);
        }
        self.reason(e.reason.as_ref());
        if let Some(revision) = &e.revision {
            self.text("revision", revision, "of its template");
        }
        if let Some(schedule) = &e.schedule {
            self.text("schedule", schedule, "when it runs");
        }
        self.time("creationTime", e.created, "");
        for image in &e.images {
            self.about("image", image, Kind::String, NONE, image, "of its template");
        }
        for service in plan.model.services_of(&e.key) {
            self.service(service);
        }
        // The graph keeps links in the order in which they came.
        let declared = plan.model.declared(key, Side::Callers);
        let ways_in = declared.filter_map(|declared| match &declared.caller {
            ElementKey::Ingress {
                namespace,
                name,
                way,
            } => Some((way.kind().name(), format!("{namespace}/{name}"))),
            _ => None,
        });
        for (kind, way_in) in ways_in.collect::<BTreeSet<(&str, String)>>() {
            let description = format!("{kind}: a way in that leads to it");
            self.about(
                "ingress",
                &way_in,
                Kind::String,
                NONE,
                &way_in,
                &description,
            );
        }
    }

    fn service(&mut self, e: &Service) {
        let description = format!("of Service {}", e.name);
        if let Some(ip) = &e.cluster_ip {
            self.about("clusterIP", &e.name, Kind::String, NONE, ip, &description);
        }
        let ports: Vec<String> = e.ports.iter().map(port).collect();
        if !ports.is_empty() {
            let ports = ports.join(", ");
            self.about("ports", &e.name, Kind::String, NONE, ports, &description);
        }
    }
}

fn why(outside: &Outside) -> Text {
    match outside {
        Outside::External { evidence } => evidence.clone(),
        Outside::Unresolved => "not in the chosen namespaces, or external".into(),
        Outside::Ambiguous { candidates } => {
            let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
            format!("it may be each of {}", names.join(", ")).into()
        }
    }
}

const fn word(sort: crate::model::usage::Sort) -> &'static str {
    match sort {
        crate::model::usage::Sort::Service => "service",
        crate::model::usage::Sort::Database => "database",
        crate::model::usage::Sort::Broker => "broker",
    }
}

fn port(port: &crate::model::observation::ServicePort) -> String {
    let name = port
        .name
        .as_ref()
        .map(|n| format!(" {n}"))
        .unwrap_or_default();
    format!("{}/{}{name}", port.port, port.protocol)
}
