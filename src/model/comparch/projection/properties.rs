//! Monitored properties: what is known or measured of an element and has no other place in CompArch.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::names;
use super::plan::{Need, Plan, What};
use crate::model::Model;
use crate::model::comparch::element::ArchitecturalElement;
use crate::model::comparch::monitored_property::MonitoredProperty;
use crate::model::comparch::uid::Uid;
use crate::model::element::{Component, ComponentType, Counts, Outside, Reason, Service, Tenant};
use crate::model::key::ElementKey;
use crate::model::property::{Unit, Value};
use crate::model::query::links::Side;
use crate::model::text::Text;

/// The property of a component that is no pod.
pub const STAND_IN: &str = "standIn";
/// The property of a provided interface that carries what was measured of its whole component type.
pub const SCOPE: &str = "scope";

/// What a value is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Time,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
        }
    }
}

/// What has no unit.
const NONE: &str = "none";

/// The properties of one element.
pub(super) struct Properties {
    owner: Uid,
    pub(super) list: Vec<MonitoredProperty>,
}

impl Properties {
    pub(super) fn of(owner: &Uid) -> Self {
        Self {
            owner: owner.clone(),
            list: Vec::new(),
        }
    }

    /// A property of which the element has one.
    pub(super) fn add(
        &mut self,
        name: &str,
        kind: Kind,
        unit: &str,
        value: impl AsRef<str>,
        description: &str,
    ) {
        self.about(name, "", kind, unit, value, description);
    }

    /// A property of which the element may have several; `about` tells them apart.
    fn about(
        &mut self,
        name: &str,
        about: &str,
        kind: Kind,
        unit: &str,
        value: impl AsRef<str>,
        description: &str,
    ) {
        let mut uid = self.owner.within("property", [name, about]);
        // Two sources of one name may measure the same.
        let mut again = 1;
        while self.list.iter().any(|other| other.element.uid == uid) {
            again += 1;
            uid = self
                .owner
                .within("property", [name, about, &again.to_string()]);
        }
        self.list.push(MonitoredProperty {
            element: ArchitecturalElement::new(uid),
            name: name.into(),
            kind: kind.word().into(),
            unit: unit.into(),
            description: Some(description).filter(|d| !d.is_empty()).map(Into::into),
            value: value.as_ref().into(),
            related_architectural_elements: Vec::new(),
        });
    }

    /// Says of all properties from a place on which component type they are about.
    fn relate(&mut self, from: usize, to: &ElementKey) {
        let uid = names::component_type(to);
        for property in self.list.iter_mut().skip(from) {
            property.related_architectural_elements = vec![uid.clone()];
        }
    }

    pub(super) fn count(&mut self, name: &str, count: u64, unit: &str, description: &str) {
        self.add(name, Kind::Integer, unit, count.to_string(), description);
    }

    fn text(&mut self, name: &str, value: &str, description: &str) {
        self.add(name, Kind::String, NONE, value, description);
    }

    fn time(&mut self, name: &str, at: Option<Timestamp>, description: &str) {
        if let Some(at) = at {
            self.add(name, Kind::Time, NONE, at.to_string(), description);
        }
    }

    fn reason(&mut self, reason: Option<&Reason>) {
        if let Some(reason) = reason {
            self.text(
                "reason",
                &reason.to_string(),
                "why it is not as it should be",
            );
        }
    }

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
            ElementKey::Ingress { namespace, name } => Some(format!("{namespace}/{name}")),
            _ => None,
        });
        for way_in in ways_in.collect::<BTreeSet<String>>() {
            let description = "an Ingress that leads to it";
            self.about("ingress", &way_in, Kind::String, NONE, &way_in, description);
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

    /// Who calls, of statistics and exceptions.
    pub(super) fn caller(&mut self, caller: Option<&ElementKey>) {
        match caller {
            Some(caller) => {
                let name = caller.to_string();
                let before = self.list.len();
                self.text("caller", &name, "who calls");
                self.relate(before, caller);
            }
            None => self.text("caller", "unknown", "nobody said who calls"),
        }
    }

    /// Why a component type needs another one, and how often it calls.
    pub(super) fn need(&mut self, plan: &Plan<'_>, callee: &ElementKey, need: &Need<'_>) {
        let before = self.list.len();
        let about = callee.to_string();
        let is_observed = need.call.is_some() || need.is_sampled;
        let evidence = match (is_observed, need.declared.is_some()) {
            (true, true) => "observed, declared",
            (false, true) => "declared",
            (_, false) => "observed",
        };
        let description = format!("how the need of {about} is known");
        self.about(
            "evidence",
            &about,
            Kind::String,
            NONE,
            evidence,
            &description,
        );
        if let Some(declared) = need.declared {
            let mut places: Vec<&str> = declared.places.iter().map(|(p, _)| &**p).collect();
            places.dedup();
            let description = format!("where {about} is named");
            let places = places.join(", ");
            self.about(
                "declaredIn",
                &about,
                Kind::String,
                NONE,
                places,
                &description,
            );
        }
        if let Some(call) = need.call.filter(|_| plan.telemetry) {
            self.counted(&about, "", call.recent);
            self.counted(&about, "Long", call.long);
        }
        self.relate(before, callee);
    }

    /// Counts of one window; the long window's names end in `Long`.
    fn counted(&mut self, callee: &str, suffix: &str, counts: Option<Counts>) {
        let Some(counts) = counts else { return };
        let (ms, ends) = (counts.window_ms, counts.ends);
        let of = |what: &str| format!("{what} {callee} in the {ms} ms that ended {ends}");
        for (name, count, what) in [
            (
                "invocationCount",
                counts.calls,
                "calls, errors included, to",
            ),
            ("errorCount", counts.errors, "failed calls to"),
        ] {
            let (name, count) = (format!("{name}{suffix}"), count.to_string());
            self.about(&name, callee, Kind::Integer, "calls", count, &of(what));
        }
        let name = format!("invocationRate{suffix}");
        let rate = format!("{:.3}", counts.rate());
        self.about(&name, callee, Kind::Number, "1/s", rate, &of("calls to"));
    }

    /// What sources measured on an element.
    pub(super) fn measured(&mut self, model: &Model, key: &ElementKey) {
        for property in model.properties(key) {
            let (kind, value) = match &property.value {
                Value::Number(number) => (Kind::Number, number.to_string()),
                Value::Flag(flag) => (Kind::Boolean, flag.to_string()),
                Value::Text(text) => (Kind::String, text.to_string()),
            };
            let unit = match &property.unit {
                Unit::None => NONE.to_owned(),
                unit => unit.to_string(),
            };
            let meaning = property.description.as_deref().unwrap_or("measured");
            let description = format!("{meaning}; by {} at {}", property.source, property.at);
            let (name, source) = (&property.name, &property.source);
            self.about(name, source, kind, &unit, value, &description);
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
