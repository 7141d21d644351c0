//! The Kubernetes objects of a system, as somebody would apply them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::tenants::{self, PODS_PER_NODE, Tenant};
use super::{
    Component, Ingress, Operation, Origin, Protocol, Resources, Role, System, Workload,
    WorkloadKind,
};

/// The objects of a system, in the order in which they are to be created: namespaces, machines, Services,
/// workloads, Ingresses, autoscalers.
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
    for (number, tenant) in plan.tenants.iter().enumerate() {
        for (place, component) in system.components.iter().enumerate() {
            let at_home = *component.namespace == *system.home();
            if number > 0 && !at_home {
                continue;
            }
            let copy = Copy {
                system,
                component,
                tenant,
                number: number + 1,
            };
            objects.extend(copy.service());
            if let Some(kept) = &component.workload {
                let replicas = tenant.replicas.get(place).copied().unwrap_or(0);
                workloads.push(copy.workload(kept, replicas));
                autoscalers.extend(copy.autoscaler(kept, replicas));
            }
        }
        for (place, one) in system.ingresses.iter().enumerate() {
            if number == 0 || *one.namespace == *system.home() {
                ingresses.push(ingress(system, place, one, tenant, number + 1));
            }
        }
    }
    objects.extend(workloads.into_iter().chain(ingresses).chain(autoscalers));
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

fn resources(amount: Resources) -> Value {
    json!({
        "cpu": format!("{}m", amount.cpu_millis),
        "memory": format!("{}Mi", amount.memory_mib),
    })
}

/// A component in one of the tenants.
struct Copy<'a> {
    system: &'a System,
    component: &'a Component,
    tenant: &'a Tenant,
    /// The tenant's number, from 1.
    number: usize,
}

impl Copy<'_> {
    fn namespace(&self) -> &str {
        if *self.component.namespace == *self.system.home() {
            &self.tenant.namespace
        } else {
            &self.component.namespace
        }
    }

    /// The labels of a workload. The instance tells tenants apart, also to those who go by
    /// OpenTelemetry's order of names: only the first tenant's is the name in the spans.
    fn labels(&self) -> BTreeMap<String, String> {
        let name = self.component.name.to_string();
        let instance = match self.number {
            1 => name.clone(),
            number => format!("{name}-{number}"),
        };
        let mut labels = BTreeMap::from([
            ("app".to_owned(), name.clone()),
            ("app.kubernetes.io/name".to_owned(), name),
            ("app.kubernetes.io/instance".to_owned(), instance),
            (
                "app.kubernetes.io/part-of".to_owned(),
                self.system.name.to_string(),
            ),
        ]);
        if let Some(workload) = &self.component.workload {
            labels.extend(workload.labels.clone());
        }
        labels
    }

    fn metadata(&self, labels: &BTreeMap<String, String>) -> Value {
        json!({
            "name": &*self.component.name,
            "namespace": self.namespace(),
            "labels": labels,
        })
    }

    fn selector(&self) -> Value {
        json!({ "app": &*self.component.name })
    }

    fn service(&self) -> Option<Value> {
        let metadata = self.metadata(&self.labels());
        let port = self.component.port.map(|port| {
            json!({ "name": self.port_name(), "port": port, "targetPort": self.port_name(), "protocol": "TCP" })
        });
        let spec = match (&self.component.role, &self.component.workload) {
            (Role::External(host), _) => json!({ "type": "ExternalName", "externalName": &**host }),
            (_, Some(workload)) if workload.kind == WorkloadKind::StatefulSet => json!({
                "clusterIP": "None",
                "selector": self.selector(),
                "ports": [port?],
            }),
            _ => json!({
                "type": "ClusterIP",
                "selector": self.selector(),
                "ports": [port?],
            }),
        };
        Some(json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec }))
    }

    fn port_name(&self) -> &'static str {
        let grpc = |o: &Operation| matches!(o.protocol, Protocol::Grpc { .. });
        match self.component.role {
            Role::Database(_) => "db",
            Role::Broker(_) => "broker",
            _ if self.component.operations.iter().any(grpc) => "grpc",
            _ => "http",
        }
    }

    fn workload(&self, workload: &Workload, replicas: usize) -> Value {
        let mut labels = self.labels();
        labels.insert(
            "app.kubernetes.io/version".to_owned(),
            workload.version().to_owned(),
        );
        let metadata = self.metadata(&labels);
        let template = json!({ "metadata": { "labels": labels }, "spec": self.pod(workload) });
        let selector = json!({ "matchLabels": self.selector() });
        let (version, spec) = match workload.kind {
            WorkloadKind::Deployment => (
                "apps/v1",
                json!({ "replicas": replicas, "selector": selector, "template": template }),
            ),
            WorkloadKind::StatefulSet => (
                "apps/v1",
                json!({
                    "replicas": replicas,
                    "serviceName": &*self.component.name,
                    "selector": selector,
                    "template": template,
                }),
            ),
            WorkloadKind::DaemonSet => (
                "apps/v1",
                json!({ "selector": selector, "template": template }),
            ),
            WorkloadKind::CronJob => (
                "batch/v1",
                json!({
                    "schedule": workload.schedule,
                    "concurrencyPolicy": "Forbid",
                    "jobTemplate": { "spec": { "template": template } },
                }),
            ),
        };
        json!({
            "apiVersion": version,
            "kind": workload.kind.name(),
            "metadata": metadata,
            "spec": spec,
        })
    }

    fn pod(&self, workload: &Workload) -> Value {
        let mut container = Map::new();
        let mut put = |key: &str, value: Value| container.insert(key.to_owned(), value);
        put("name", json!(&*self.component.name));
        put("image", json!(&*workload.image));
        if let Some(port) = self.component.port {
            let name = self.port_name();
            put("ports", json!([{ "name": name, "containerPort": port }]));
        }
        let mut probe = match (&self.component.role, self.component.port) {
            (Role::Service(_), Some(_)) if self.port_name() == "http" => {
                json!({ "httpGet": { "path": "/health", "port": "http" } })
            }
            (_, Some(_)) => json!({ "tcpSocket": { "port": self.port_name() } }),
            (_, None) => json!({ "exec": { "command": ["true"] } }),
        };
        if let Some(probe) = probe.as_object_mut() {
            // Kubernetes counts in seconds; a component that starts faster is ready at once.
            let start = workload.start.as_secs();
            probe.insert("initialDelaySeconds".to_owned(), json!(start));
        }
        put(
            "resources",
            json!({
                "requests": resources(workload.requests),
                "limits": resources(workload.limits),
            }),
        );
        if workload.kind != WorkloadKind::CronJob {
            put("readinessProbe", probe);
        }
        let env = self.environment(workload);
        if !env.is_empty() {
            let env: Vec<Value> = env
                .into_iter()
                .map(|(name, value)| json!({ "name": name, "value": value }))
                .collect();
            put("env", json!(env));
        }
        let mut spec = json!({ "containers": [container] });
        if let (WorkloadKind::CronJob, Some(spec)) = (workload.kind, spec.as_object_mut()) {
            spec.insert("restartPolicy".to_owned(), json!("OnFailure"));
        }
        spec
    }

    /// The addresses of all that it calls, and what the file says.
    fn environment(&self, workload: &Workload) -> BTreeMap<String, String> {
        let mut env = BTreeMap::new();
        for callee in self.callees() {
            if *callee.name == *self.component.name {
                continue;
            }
            let host = if callee.namespace == self.component.namespace {
                callee.name.to_string()
            } else {
                format!("{}.{}", callee.name, callee.namespace)
            };
            let port = callee.port.map_or(String::new(), |port| format!(":{port}"));
            let mut name = variable(&callee.name);
            if env.contains_key(&name) {
                name = format!("{}_URL", upper(&callee.name));
            }
            env.insert(name, format!("{}://{host}{port}", callee.scheme));
        }
        env.extend(workload.env.clone());
        env
    }

    /// What it calls, consumes from, and sends load to; each once, in the file's order.
    fn callees(&self) -> impl Iterator<Item = &Component> {
        let mut places: Vec<usize> = Vec::new();
        for operation in &self.component.operations {
            places.extend(operation.calls.iter().map(|call| call.to.component));
            if let Protocol::Message { topic } = operation.protocol {
                places.push(topic.component);
            }
        }
        for request in &self.system.requests {
            if let Origin::Component(from) = request.from
                && let Some(from) = self.system.components.get(from)
                && from.name == self.component.name
            {
                places.push(request.to.component);
            }
        }
        places.sort_unstable();
        places.dedup();
        places
            .into_iter()
            .filter_map(|place| self.system.components.get(place))
    }

    fn autoscaler(&self, workload: &Workload, replicas: usize) -> Option<Value> {
        let bounds = workload.autoscale?;
        let replicas = u32::try_from(replicas).unwrap_or(u32::MAX);
        Some(json!({
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": self.metadata(&self.labels()),
            "spec": {
                "scaleTargetRef": {
                    "apiVersion": "apps/v1",
                    "kind": workload.kind.name(),
                    "name": &*self.component.name,
                },
                // A tenant that is larger than the first one is not to be scaled down to it.
                "minReplicas": if self.number == 1 { bounds.min } else { replicas.max(1) },
                "maxReplicas": bounds.max.max(replicas),
                "metrics": [{
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": { "type": "Utilization", "averageUtilization": bounds.cpu },
                    },
                }],
            },
        }))
    }
}

/// The variable for the address of a component: `PERSISTENCE_URL` of `persistenceservice`.
fn variable(name: &str) -> String {
    let upper = upper(name);
    let short = upper.trim_end_matches("SERVICE").trim_end_matches('_');
    format!("{}_URL", if short.is_empty() { &upper } else { short })
}

fn upper(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
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
