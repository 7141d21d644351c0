//! A Service: its ports, its endpoints, and the component types behind it.

use std::collections::BTreeSet;

use crate::model::Model;
use crate::model::apply::Recorder;
use crate::model::change::Cause;
use crate::model::element::{Element, Health, Reason, Service};
use crate::model::graph::Relation;
use crate::model::index::label;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::mark::{Dirty, mark_one};
use crate::model::observation::{Fact, FactKey, Kind, Labels, ServiceFact};

impl Model {
    pub(in crate::model) fn settle_service(
        &mut self,
        key: &FactKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element_key = ElementKey::service(&key.namespace, &key.name);
        let before = self.graph.get(&element_key).cloned();
        let before = match before.as_deref() {
            Some(Element::Service(s)) => Some(&**s),
            _ => None,
        };
        let service = self.service(key);
        let names = |s: Option<&Service>| {
            s.map(|s| {
                let address = s.cluster_ip.clone();
                (s.leads_to.clone(), s.external_name.clone(), address)
            })
        };
        if names(before) != names(service.as_ref()) {
            mark_one(&mut dirty.join, Cause::Scope);
            self.index.address(key, service.is_some());
            self.mark_declaring(key, cause, dirty);
        }
        let targets: Vec<ElementKey> = service
            .iter()
            .flat_map(|s| s.leads_to.iter().cloned().map(ElementKey::Type))
            .collect();
        let element = service.map(|s| Element::Service(Box::new(s)));
        self.record(&element_key, element, cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
        self.graph.relate(&element_key, Relation::LeadsTo, &targets);
    }

    pub(in crate::model) fn service(&self, key: &FactKey) -> Option<Service> {
        let Fact::Service(fact) = &**self.facts.get(key)? else {
            return None;
        };
        let mut leads_to: BTreeSet<TypeKey> = BTreeSet::new();
        // The rarest label leaves the fewest pods to look at; one that no pod has leaves none.
        let labelled = fact.selector.iter().map(|pair| {
            let label = label(&key.namespace, pair);
            self.index.labelled.get(&label)
        });
        let fewest = labelled.min_by_key(|pods| pods.map_or(0, BTreeSet::len));
        for pod_key in fewest.flatten().into_iter().flatten() {
            if let Some(pod) = self.pod_fact(pod_key)
                && selects(&fact.selector, &pod.meta.labels)
            {
                leads_to.extend(self.index.top.get(pod_key).cloned());
            }
        }
        let (mut ready, mut endpoints) = (0, 0);
        let of = (key.namespace.clone(), key.name.clone());
        let slices = self.index.slices.get(&of);
        for slice in slices.into_iter().flatten() {
            if let Some(Fact::EndpointSlice(slice)) = self.facts.get(slice).map(|f| &**f) {
                for endpoint in &slice.endpoints {
                    endpoints += 1;
                    ready += u32::from(endpoint.ready);
                    let pod = endpoint.pod.as_ref().map(|uid| FactKey {
                        kind: Kind::Pod,
                        namespace: key.namespace.clone(),
                        name: uid.clone(),
                    });
                    leads_to.extend(pod.and_then(|pod| self.index.top.get(&pod).cloned()));
                }
            }
        }
        let ready_endpoints = slices.map(|_| ready);
        let (health, reason) = service_health(fact, ready_endpoints, endpoints);
        Some(Service {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            service_type: fact.service_type.clone(),
            cluster_ip: fact.cluster_ip.clone(),
            external_name: fact.external_name.clone(),
            selector: fact.selector.clone(),
            ports: fact.ports.clone(),
            ready_endpoints,
            endpoints,
            leads_to: leads_to.into_iter().collect(),
            health,
            reason,
            created: fact.meta.created,
        })
    }
}

/// Whether a Service's selector selects labels; an empty one selects nothing.
pub(in crate::model) fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(k, v)| labels.get(k) == Some(v))
}

pub(in crate::model) fn service_health(
    fact: &ServiceFact,
    ready: Option<u32>,
    endpoints: u32,
) -> (Health, Option<Reason>) {
    if fact.external_name.is_some() {
        return (Health::Ok, None);
    }
    match ready {
        Some(0) if endpoints > 0 => {
            let detail = format!("0 of {endpoints} endpoints ready");
            (Health::Broken, Some(Reason::with("NoEndpoints", detail)))
        }
        Some(0) => (
            Health::Stopped,
            Some(Reason::with("NoEndpoints", "no pod is behind it")),
        ),
        _ => (Health::Ok, None),
    }
}
