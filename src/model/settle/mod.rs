//! Makes marked elements anew from the facts.

mod configuration;
mod links;
mod names;
mod service;
mod types;

use super::Model;
use super::apply::Recorder;
use super::change::Cause;
use super::element::{Component, Element, Health, Ingress, Machine, Reason, Tenant};
use super::graph::Relation;
use super::key::{ElementKey, TypeKey};
use super::lifecycle::{self, MachineSays};
use super::mark::{Dirty, mark};
use super::observation::{Fact, FactKey, Kind, Labels, NodeFact, PodFact, Way};
use super::text::Text;

pub(super) use service::selects;

impl Model {
    /// Makes everything that is marked anew.
    pub(super) fn settle(&mut self, mut dirty: Dirty, out: &mut Recorder<'_>) {
        self.settle_owners(&mut dirty);
        for (name, cause) in std::mem::take(&mut dirty.tenants) {
            self.settle_tenant(&name, cause, out);
        }
        let nodes = std::mem::take(&mut dirty.nodes);
        for (name, cause) in &nodes {
            self.settle_node(name, *cause, out);
        }
        let pods = std::mem::take(&mut dirty.pods);
        for (key, cause) in &pods {
            self.settle_pod(key, *cause, &mut dirty, out);
        }
        for (key, cause) in std::mem::take(&mut dirty.types) {
            self.settle_type(&key, cause, &mut dirty, out);
        }
        for key in pods.keys() {
            if let Some(of) = self.index.top.get(key).cloned() {
                let component = ElementKey::component(&key.name);
                let of = [ElementKey::Type(of)];
                self.graph.relate(&component, Relation::InstanceOf, &of);
            }
        }
        for (key, cause) in std::mem::take(&mut dirty.services) {
            self.settle_service(&key, cause, &mut dirty, out);
        }
        for (key, cause) in std::mem::take(&mut dirty.ingresses) {
            self.settle_ingress(&key, cause, &mut dirty, out);
        }
        for (key, cause) in std::mem::take(&mut dirty.policies) {
            self.settle_policy(&key, cause, &mut dirty);
        }
        for (caller, cause) in std::mem::take(&mut dirty.declared) {
            self.settle_declared(&caller, cause, out);
        }
        if let Some(cause) = dirty.join {
            self.settle_calls(cause, out);
        }
    }

    pub(super) fn settle_tenant(&mut self, name: &Text, cause: Cause, out: &mut Recorder<'_>) {
        let fact = self.facts.get(&FactKey {
            kind: Kind::Namespace,
            namespace: "".into(),
            name: name.clone(),
        });
        let tenant = match fact.map(|f| &**f) {
            Some(Fact::Namespace(f)) => Some(Tenant {
                name: name.clone(),
                terminating: f.terminating || f.meta.deleting.is_some(),
                created: f.meta.created,
                labels: f.meta.labels.clone(),
            }),
            _ => self.index.inside.contains_key(name).then(|| Tenant {
                name: name.clone(),
                ..Tenant::default()
            }),
        };
        let element = tenant.map(Element::Tenant);
        self.record(&ElementKey::tenant(name), element, cause, out);
    }

    pub(super) fn settle_node(&mut self, name: &Text, cause: Cause, out: &mut Recorder<'_>) {
        let machine = match self.node_fact(name) {
            Some(fact) => Some(machine(fact)),
            None => self.index.on.contains_key(name).then(|| Machine {
                name: name.clone(),
                ..Machine::default()
            }),
        };
        let element = machine.map(Element::Node);
        self.record(&ElementKey::node(name), element, cause, out);
    }

    pub(super) fn settle_pod(
        &mut self,
        key: &FactKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element_key = ElementKey::component(&key.name);
        let component = self
            .pod_fact(key)
            .zip(self.index.top.get(key))
            .map(|(pod, top)| self.component(pod, top));
        let before = self.graph.get(&element_key).cloned();
        let old = match before.as_deref() {
            Some(Element::Component(c)) => Some(c),
            _ => None,
        };
        let moved =
            old.map(|c| (&c.labels, &c.of)) != component.as_ref().map(|c| (&c.labels, &c.of));
        if moved {
            let labels: Vec<&Labels> = old
                .map(|c| &c.labels)
                .into_iter()
                .chain(component.as_ref().map(|c| &c.labels))
                .collect();
            self.mark_services(key, &labels, cause, dirty);
            self.mark_policies(&key.namespace, &labels, cause, dirty);
        }
        for of in old
            .map(|c| c.of.clone())
            .into_iter()
            .chain(component.as_ref().map(|c| c.of.clone()))
        {
            mark(&mut dirty.types, of, cause);
        }
        self.mark_known(old.map(|c| &**c), component.as_ref(), Cause::Scope, dirty);
        let node = component.as_ref().and_then(|c| c.node.clone());
        let element = component.map(|c| Element::Component(Box::new(c)));
        self.record(&element_key, element, cause, out);
        let nodes: Vec<ElementKey> = node.iter().map(ElementKey::node).collect();
        self.graph.relate(&element_key, Relation::On, &nodes);
    }

    pub(super) fn component(&self, pod: &PodFact, top: &TypeKey) -> Component {
        let node = pod.node.as_ref().and_then(|node| self.node_fact(node));
        let says = match node.map(|node| node.ready) {
            None | Some(Some(true)) => MachineSays::Nothing,
            Some(Some(false)) => MachineSays::NotReady,
            Some(None) => MachineSays::Lost,
        };
        let judgement = lifecycle::judge(pod, says);
        Component {
            uid: pod.meta.uid.clone(),
            namespace: pod.meta.namespace.clone(),
            name: pod.meta.name.clone(),
            of: top.clone(),
            owner: pod.meta.owner.as_ref().map(|o| o.name.clone()),
            state: judgement.state,
            health: judgement.health,
            reason: judgement.reason,
            status: judgement.status,
            ready: judgement.ready,
            total: judgement.total,
            restarts: judgement.restarts,
            node: pod.node.clone(),
            ip: pod.ip.clone(),
            created: pod.meta.created,
            ready_since: pod.ready_since,
            containers: pod.containers.clone(),
            parameters: pod.parameters.clone(),
            labels: pod.meta.labels.clone(),
        }
    }

    pub(super) fn settle_ingress(
        &mut self,
        key: &FactKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element = match self.facts.get(key).map(|f| &**f) {
            Some(Fact::Ingress(fact)) => Some(Element::Ingress(Ingress {
                namespace: key.namespace.clone(),
                name: key.name.clone(),
                way: fact.way,
                gateways: fact.gateways.clone(),
                hosts: fact.hosts.clone(),
                backends: fact.backends.clone(),
                created: fact.meta.created,
            })),
            _ => None,
        };
        let way = match key.kind {
            Kind::HttpRoute => Way::HttpRoute,
            Kind::GrpcRoute => Way::GrpcRoute,
            _ => Way::Ingress,
        };
        let element_key = ElementKey::way(&key.namespace, &key.name, way);
        mark(&mut dirty.declared, element_key.clone(), cause);
        self.record(&element_key, element, cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
    }
}

pub(super) fn machine(fact: &NodeFact) -> Machine {
    let (health, reason) = match fact.ready {
        Some(true) if !fact.pressures.is_empty() => (
            Health::Broken,
            Some(Reason::word(&fact.pressures.join(", "))),
        ),
        Some(true) if fact.unschedulable => {
            (Health::Stopped, Some(Reason::word("SchedulingDisabled")))
        }
        Some(true) => (Health::Ok, None),
        Some(false) => (
            Health::Broken,
            Some(Reason {
                word: "NotReady".into(),
                detail: fact.message.clone(),
            }),
        ),
        None => (
            Health::Unknown,
            Some(Reason {
                word: "NotReady".into(),
                detail: fact
                    .message
                    .clone()
                    .or_else(|| Some("its kubelet does not report".into())),
            }),
        ),
    };
    Machine {
        name: fact.meta.name.clone(),
        declared: true,
        ready: fact.ready,
        pressures: fact.pressures.clone(),
        unschedulable: fact.unschedulable,
        zone: fact.zone.clone(),
        health,
        reason,
        created: fact.meta.created,
    }
}
