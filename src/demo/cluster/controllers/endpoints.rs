//! EndpointSlices: where the pods of a Service are, and which of them take calls.
//! <https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json};

/// How many endpoints one slice holds.
const OF_A_SLICE: usize = 100;
const OWN: &str = "endpointslice-controller.k8s.io";

impl Cluster {
    /// Brings a Service's slices up to date.
    pub(super) fn reconcile_service(&mut self, key: &Key) {
        let Some(service) = self.store.get(key).cloned() else {
            return;
        };
        let value = service.value();
        let selects = json::at(&value, "/spec/selector")
            .as_object()
            .is_some_and(|s| !s.is_empty());
        if service.deleting || !selects || json::text(&value, "/spec/type") == "ExternalName" {
            return;
        }
        let pods = self
            .relations
            .selected_by(key)
            .filter_map(|pod| self.store.get(pod));
        let ports: Vec<&Value> = json::items(&value, "/spec/ports").collect();
        let mut wanted: BTreeMap<Vec<Option<i64>>, Wanted> = BTreeMap::new();
        for pod in pods.filter(|pod| takes_part(pod)) {
            let numbers = resolve(&ports, pod);
            let group = wanted.entry(numbers);
            let group = group.or_insert_with_key(|numbers| Wanted::of(told(&ports, numbers)));
            group
                .endpoints
                .insert(Arc::clone(&pod.uid), self.endpoint(pod));
        }
        let owned = self.store.owned_by(&service.uid);
        let slices: Vec<Arc<Object>> = owned
            .filter(|one| one.key.kind == Kind::EndpointSlice)
            .cloned()
            .collect();
        let mut spare = Vec::new();
        for slice in slices {
            let old = slice.value();
            let fits = |group: &&mut Wanted| {
                !group.endpoints.is_empty() && group.ports == *json::at(&old, "/ports")
            };
            match wanted.values_mut().find(fits) {
                Some(group) => {
                    let endpoints = group.keep(&old);
                    group.slices.push((slice, old, endpoints));
                }
                None => spare.push((slice, old)),
            }
        }
        let mut written = false;
        for mut group in wanted.into_values() {
            group.fill();
            for (slice, old, endpoints) in group.slices {
                written = true;
                self.write_slice(&service, Some((&slice, old)), &group.ports, endpoints);
            }
            let rest: Vec<Value> = group.endpoints.into_values().collect();
            for endpoints in rest.chunks(OF_A_SLICE) {
                written = true;
                let reused = spare.pop();
                let reused = reused.as_ref().map(|(slice, old)| (slice, old.clone()));
                self.write_slice(&service, reused, &group.ports, endpoints.to_vec());
            }
        }
        if !written {
            // One that is empty says that there is none, unlike none.
            let reused = spare.pop();
            let reused = reused.as_ref().map(|(slice, old)| (slice, old.clone()));
            self.write_slice(&service, reused, &Value::Null, Vec::new());
        }
        for (slice, _) in spare {
            self.end(&slice, None);
        }
    }

    fn endpoint(&self, pod: &Arc<Object>) -> Value {
        let facts = pod.pod.as_ref();
        let ready = facts.is_some_and(|facts| facts.ready_since.is_some());
        let address = facts
            .and_then(|facts| facts.address)
            .map(|address| address.to_string());
        let mut endpoint = json!({
            "addresses": [address.unwrap_or_default()],
            "conditions": {
                "ready": ready && !pod.deleting, "serving": ready, "terminating": pod.deleting
            },
            "nodeName": pod.node.as_deref(),
            "targetRef": {
                "kind": "Pod", "namespace": &*pod.key.namespace, "name": &*pod.key.name,
                "uid": &*pod.uid
            },
        });
        let room = pod
            .node
            .as_deref()
            .and_then(|node| self.relations.room(node));
        if let Some(zone) = room.and_then(|room| room.labels.get("topology.kubernetes.io/zone")) {
            json::set(&mut endpoint, "/zone", zone.as_str());
        }
        endpoint
    }

    fn write_slice(
        &mut self,
        service: &Arc<Object>,
        old: Option<(&Arc<Object>, Value)>,
        ports: &Value,
        endpoints: Vec<Value>,
    ) {
        let endpoints = if endpoints.is_empty() {
            Value::Null
        } else {
            Value::Array(endpoints)
        };
        if let Some((slice, mut value)) = old {
            if *json::at(&value, "/endpoints") != endpoints || json::at(&value, "/ports") != ports {
                json::set(&mut value, "/endpoints", endpoints);
                json::set(&mut value, "/ports", ports.clone());
                let generation = json::number(&value, "/metadata/generation").unwrap_or_default();
                json::set(&mut value, "/metadata/generation", generation + 1);
                self.write(slice.key.clone(), value);
            }
            return;
        }
        let mut slice = json!({
            "metadata": {
                "generateName": format!("{}-", service.key.name),
                "labels": {
                    "endpointslice.kubernetes.io/managed-by": OWN,
                    "kubernetes.io/service-name": &*service.key.name,
                },
            },
            "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
        });
        if json::text(&service.value(), "/spec/clusterIP") == "None" {
            let label = "/metadata/labels/service.kubernetes.io~1headless";
            json::set(&mut slice, label, "");
        }
        self.make_owned(&service.key, &service.uid, Kind::EndpointSlice, slice);
    }
}

/// The endpoints of pods that resolve a Service's ports alike.
struct Wanted {
    ports: Value,
    /// Those that are in no slice yet, by the pod's uid.
    endpoints: BTreeMap<Arc<str>, Value>,
    /// The slices that stay, with their endpoints.
    slices: Vec<(Arc<Object>, Value, Vec<Value>)>,
}

impl Wanted {
    fn of(ports: Value) -> Self {
        Self {
            ports,
            endpoints: BTreeMap::new(),
            slices: Vec::new(),
        }
    }

    /// What stays in a slice, in its place: watchers read the whole slice at each change.
    fn keep(&mut self, slice: &Value) -> Vec<Value> {
        json::items(slice, "/endpoints")
            .filter_map(|one| self.endpoints.remove(json::text(one, "/targetRef/uid")))
            .collect()
    }

    /// Puts new endpoints where there is room.
    fn fill(&mut self) {
        for (_, _, endpoints) in &mut self.slices {
            while endpoints.len() < OF_A_SLICE {
                let Some((_, endpoint)) = self.endpoints.pop_first() else {
                    return;
                };
                endpoints.push(endpoint);
            }
        }
    }
}

/// Whether a pod has an endpoint at all.
fn takes_part(pod: &Object) -> bool {
    let facts = pod.pod.as_ref();
    facts.is_some_and(|facts| facts.address.is_some() && !facts.phase.over())
}

/// The numbers of a Service's ports on a pod.
fn resolve(ports: &[&Value], pod: &Object) -> Vec<Option<i64>> {
    let numbers = ports.iter().map(|port| {
        let target = json::at(port, "/targetPort");
        match target.as_str() {
            None => target.as_i64().or_else(|| json::number(port, "/port")),
            Some(name) => {
                let mut named = pod.pod.as_ref()?.ports.iter();
                named
                    .find(|(own, _)| **own == *name)
                    .map(|(_, number)| i64::from(*number))
            }
        }
    });
    numbers.collect()
}

/// The ports of a slice: those that have numbers.
fn told(ports: &[&Value], numbers: &[Option<i64>]) -> Value {
    let told = ports.iter().zip(numbers).filter_map(|(port, number)| {
        let (name, protocol) = (json::text(port, "/name"), json::text(port, "/protocol"));
        number.map(|number| json!({"name": name, "port": number, "protocol": protocol}))
    });
    let told: Vec<Value> = told.collect();
    if told.is_empty() {
        Value::Null
    } else {
        Value::Array(told)
    }
}
