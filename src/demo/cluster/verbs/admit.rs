//! What an API server does with an object on its way in: metadata of its own, names, addresses, and what
//! is not the sender's to say.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::super::json::{self, fill};
use super::super::kind::Kind;
use super::super::object::Key;
use super::super::refusal::{Fault, Refusal};
use super::super::{Cluster, naming};
use super::defaults;

/// The metadata that only the server writes.
const OWN: [&str; 6] = [
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/deletionTimestamp",
    "/metadata/deletionGracePeriodSeconds",
    "/metadata/generation",
    "/metadata/selfLink",
];
/// The node ports that are given. <https://kubernetes.io/docs/concepts/services-networking/service/>
const NODE_PORTS: std::ops::Range<u16> = 30000..32768;

impl Cluster {
    /// Whether a namespace takes new objects.
    pub(super) fn welcome(&self, kind: Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
        if !kind.names().namespaced {
            return Ok(());
        }
        let home = Key::new(Kind::Namespace, "", namespace);
        if self.found(&home)?.deleting {
            let why = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            return Err(Refusal::forbidden(kind, name, &why));
        }
        Ok(())
    }

    /// A new object with all that the server adds.
    pub(in super::super) fn admitted(
        &mut self,
        kind: Kind,
        namespace: &str,
        mut object: Value,
    ) -> Value {
        for path in OWN {
            json::take(&mut object, path);
        }
        self.name(kind, namespace, &mut object);
        let uid = naming::uid(&mut self.random);
        json::set(&mut object, "/metadata/uid", uid);
        json::set(
            &mut object,
            "/metadata/creationTimestamp",
            json::seconds(self.now),
        );
        if has_generation(kind) {
            json::set(&mut object, "/metadata/generation", 1);
        }
        defaults::fill_in(kind, &mut object);
        match kind {
            Kind::Service => self.address(&mut object),
            Kind::Node => fill(&mut object, "/spec", json!({})),
            _ => {}
        }
        if let Some(status) = first_status(kind, &object) {
            json::set(&mut object, "/status", status);
        }
        object
    }

    /// Ends a generated name.
    fn name(&mut self, kind: Kind, namespace: &str, object: &mut Value) {
        let given = json::text(object, "/metadata/generateName");
        if !json::text(object, "/metadata/name").is_empty() || given.is_empty() {
            return;
        }
        // The end must fit in, too.
        let given: String = given.chars().take(58).collect();
        loop {
            let name = format!("{given}{}", naming::suffix(&mut self.random, 5));
            if self.store.get(&Key::new(kind, namespace, &name)).is_none() {
                json::set(object, "/metadata/name", name);
                return;
            }
        }
    }

    /// Gives a Service its addresses and ports.
    pub(super) fn address(&mut self, service: &mut Value) {
        if json::text(service, "/spec/type") == "ExternalName" {
            return;
        }
        if json::text(service, "/spec/clusterIP").is_empty() {
            let address = loop {
                let [high, low] = self.random.u16(256..65280).to_be_bytes();
                let address = Ipv4Addr::new(10, 96, high, low);
                if self.relations.is_free(address) {
                    break address;
                }
            };
            json::set(service, "/spec/clusterIP", address.to_string());
        }
        let address = json::text(service, "/spec/clusterIP").to_owned();
        json::set(service, "/spec/clusterIPs", json!([address]));
        if matches!(
            json::text(service, "/spec/type"),
            "NodePort" | "LoadBalancer"
        ) {
            for port in json::items_mut(service, "/spec/ports") {
                // Thousands of ports for a few Services: two may meet, and nothing listens there.
                fill(port, "/nodePort", self.random.u16(NODE_PORTS));
            }
        }
    }
}

/// An object as it was sent, if it is one of this kind and namespace.
pub(super) fn received(kind: Kind, namespace: &str, mut object: Value) -> Result<Value, Refusal> {
    let names = kind.names();
    if !object.is_object() {
        let message = format!("a {} must be a JSON object", names.kind);
        return Err(Refusal::bad_request(message));
    }
    for part in ["/metadata", "/spec"] {
        if !matches!(json::at(&object, part), Value::Null | Value::Object(_)) {
            let message = format!("{}{part} must be a JSON object", names.kind);
            return Err(Refusal::bad_request(message));
        }
    }
    let (said_kind, said_version) = (
        json::text(&object, "/kind"),
        json::text(&object, "/apiVersion"),
    );
    let version = kind.api_version();
    if !said_kind.is_empty() && said_kind != names.kind {
        let message = format!(
            "{said_kind} in version \"{said_version}\" cannot be handled as a {}",
            names.kind
        );
        return Err(Refusal::bad_request(message));
    }
    if !said_version.is_empty() && said_version != version {
        let message = format!(
            "the API version in the data ({said_version}) does not match the expected API version \
             ({version})"
        );
        return Err(Refusal::bad_request(message));
    }
    let said = json::text(&object, "/metadata/namespace");
    if !said.is_empty() && said != namespace {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if names.namespaced {
        json::set(&mut object, "/metadata/namespace", namespace);
    }
    json::take(&mut object, "/metadata/managedFields");
    Ok(object)
}

/// Puts back what a new version from outside cannot change, and counts the generation. Tells what it
/// tried to change all the same.
pub(super) fn keep(kind: Kind, object: &mut Value, before: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    let uid = json::at(object, "/metadata/uid");
    if !uid.is_null() && uid != "" && uid != json::at(before, "/metadata/uid") {
        faults.push(Fault::invalid("metadata.uid", uid, "field is immutable"));
    }
    for path in OWN {
        let own = json::at(before, path).clone();
        if own.is_null() {
            json::take(object, path);
        } else {
            json::set(object, path, own);
        }
    }
    if has_status(kind) {
        json::set(object, "/status", json::at(before, "/status").clone());
    }
    if kind == Kind::Service && json::text(object, "/spec/clusterIP").is_empty() {
        for path in ["/spec/clusterIP", "/spec/clusterIPs"] {
            json::set(object, path, json::at(before, path).clone());
        }
    }
    defaults::fill_in(kind, object);
    let generation = json::number(before, "/metadata/generation").unwrap_or_default();
    let differs = |path| json::at(object, path) != json::at(before, path);
    // A Deployment's annotations belong to what is wanted of it.
    let is_other = differs("/spec") || kind == Kind::Deployment && differs("/metadata/annotations");
    if has_generation(kind) && is_other {
        json::set(object, "/metadata/generation", generation + 1);
    }
    faults
}

/// The kinds whose status is not the sender's.
const fn has_status(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Event | Kind::EndpointSlice | Kind::ConfigMap | Kind::NetworkPolicy
    )
}

/// The kinds that count the changes of what is wanted.
const fn has_generation(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Namespace
            | Kind::Node
            | Kind::Service
            | Kind::HorizontalPodAutoscaler
            | Kind::ConfigMap
            | Kind::Event
    )
}

/// The status that a new object has; none where it is left as it came.
fn first_status(kind: Kind, object: &Value) -> Option<Value> {
    Some(match kind {
        Kind::Namespace => json!({"phase": "Active"}),
        Kind::Pod => json!({"phase": "Pending", "qosClass": quality(object)}),
        Kind::Service | Kind::Ingress => json!({"loadBalancer": {}}),
        Kind::ReplicaSet => json!({"replicas": 0}),
        Kind::StatefulSet => json!({"availableReplicas": 0, "replicas": 0}),
        Kind::DaemonSet => json!({
            "currentNumberScheduled": 0, "desiredNumberScheduled": 0,
            "numberMisscheduled": 0, "numberReady": 0
        }),
        Kind::HorizontalPodAutoscaler => json!({"currentMetrics": null, "desiredReplicas": 0}),
        Kind::Deployment | Kind::Job | Kind::CronJob => json!({}),
        Kind::Node | Kind::Event | Kind::EndpointSlice | Kind::ConfigMap | Kind::NetworkPolicy => {
            return None;
        }
    })
}

/// A pod's quality of service, by what its containers ask for and may have.
/// <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>
fn quality(pod: &Value) -> &'static str {
    let containers = || json::items(pod, "/spec/containers");
    let resources =
        |container, part: &str| json::at(container, &format!("/resources/{part}")).clone();
    let any = containers().any(|c| {
        ["requests", "limits"].iter().any(|part| {
            let part = resources(c, part);
            part.as_object().is_some_and(|part| !part.is_empty())
        })
    });
    let all = containers().all(|c| {
        let (requests, limits) = (resources(c, "requests"), resources(c, "limits"));
        ["cpu", "memory"].iter().all(|name| {
            let limit = limits.get(name);
            limit.is_some()
                && requests
                    .get(name)
                    .is_none_or(|request| Some(request) == limit)
        })
    });
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
