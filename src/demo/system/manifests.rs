//! The Kubernetes objects of a system, as somebody would apply them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::installation::Installation;
use super::tenants::{self, PODS_PER_NODE, Tenant};
use super::{Ingress, Origin, Protocol, Resources, System};

/// The objects of a system, in the order in which they are to be created: namespaces, machines, Services,
/// ConfigMaps, workloads, Ingresses, autoscalers, NetworkPolicies.
///
/// With `pods` the system is repeated in more namespaces until there are about that many pods, and machines
/// for them; only the first one's components have traffic. The readiness probe's initial delay is the
/// component's start-up time.
#[must_use]
pub fn manifests(system: &System, pods: Option<usize>) -> Vec<Value> {
    let plan = tenants::plan(system, pods);
    let mut objects = Vec::new();
    for name in &system.namespaces {
        objects.push(namespace(system, name));
    }
    for tenant in plan.tenants.iter().skip(1) {
        objects.push(namespace(system, &tenant.namespace));
    }
    objects.extend((1..=plan.nodes).map(|number| node(system, number)));
    let mut workloads = Vec::new();
    let mut ingresses = Vec::new();
    let mut autoscalers = Vec::new();
    let mut policies = Vec::new();
    for (number, tenant) in plan.tenants.iter().enumerate() {
        for (place, component) in system.components.iter().enumerate() {
            let at_home = *component.namespace == *system.home();
            if number > 0 && !at_home {
                continue;
            }
            let installed = Installation {
                system,
                component,
                tenant,
                number: number + 1,
            };
            objects.extend(installed.service());
            if let Some(kept) = &component.workload {
                let replicas = tenant.replicas.get(place).copied().unwrap_or(0);
                objects.extend(installed.config_map(kept));
                policies.extend(installed.policy(kept));
                workloads.push(installed.workload(kept, replicas));
                // Nobody asks anything of the other tenants: there is nothing to scale by.
                if number == 0 {
                    autoscalers.extend(installed.autoscaler(kept));
                }
            }
        }
        for (place, one) in system.ingresses.iter().enumerate() {
            if number == 0 || *one.namespace == *system.home() {
                ingresses.push(ingress(system, place, one, tenant, number + 1));
            }
        }
    }
    let last = ingresses.into_iter().chain(autoscalers).chain(policies);
    objects.extend(workloads.into_iter().chain(last));
    objects
}

fn namespace(system: &System, name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/metadata.name": name,
                "app.kubernetes.io/part-of": &*system.name,
            },
        },
    })
}

fn node(system: &System, number: usize) -> Value {
    let name = system.nodes.name(number);
    let mut labels = json!({
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    });
    let zones = system.nodes.zones.len().max(1);
    if let (Some(zone), Some(labels)) = (
        system.nodes.zones.get((number - 1) % zones),
        labels.as_object_mut(),
    ) {
        labels.insert("topology.kubernetes.io/zone".to_owned(), json!(&**zone));
    }
    let mut room = resources(system.nodes.each);
    if let Some(room) = room.as_object_mut() {
        room.insert("pods".to_owned(), json!(PODS_PER_NODE.to_string()));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": name, "labels": labels },
        "spec": {},
        "status": { "capacity": room, "allocatable": room },
    })
}

pub(super) fn resources(amount: Resources) -> Value {
    json!({
        "cpu": format!("{}m", amount.cpu_millis),
        "memory": format!("{}Mi", amount.memory_mib),
    })
}

fn ingress(
    system: &System,
    place: usize,
    ingress: &Ingress,
    tenant: &Tenant,
    number: usize,
) -> Value {
    let mut paths: BTreeMap<String, (&str, u16)> = BTreeMap::new();
    for request in &system.requests {
        if request.from != Origin::Ingress(place) {
            continue;
        }
        if let Some((component, operation)) = system.operation(request.to) {
            let path = match &operation.protocol {
                Protocol::Http { route, .. } => first_part(route),
                Protocol::Grpc { service, .. } => format!("/{service}"),
                _ => continue,
            };
            paths.insert(path, (&component.name, component.port.unwrap_or(80)));
        }
    }
    let paths: Vec<Value> = paths
        .into_iter()
        .map(|(path, (name, port))| {
            json!({
                "path": path,
                "pathType": "Prefix",
                "backend": { "service": { "name": name, "port": { "number": port } } },
            })
        })
        .collect();
    let (namespace, host) = match number {
        1 => (&ingress.namespace, ingress.host.to_string()),
        _ => (
            &tenant.namespace,
            format!("{}.{}", tenant.namespace, ingress.host),
        ),
    };
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": &*ingress.name,
            "namespace": &**namespace,
            "labels": { "app.kubernetes.io/part-of": &*system.name },
        },
        "spec": { "rules": [{ "host": host, "http": { "paths": paths } }] },
    })
}

/// The first part of a route: `/aboutme` of `/aboutme/{nickname}`.
fn first_part(route: &str) -> String {
    let part = route.trim_start_matches('/').split('/').next();
    format!(
        "/{}",
        part.filter(|part| !part.starts_with('{')).unwrap_or("")
    )
}
