//! The objects of one component in one tenant: its Service, its workload with the pods' template, its
//! ConfigMap, autoscaler and NetworkPolicy.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::demo::cluster::json::set;

use super::manifests::resources;
use super::tenants::Tenant;
use super::{Component, Operation, Origin, Protocol, Role, System, Workload, WorkloadKind};

/// A component in one of the tenants.
pub(super) struct Installation<'a> {
    pub(super) system: &'a System,
    pub(super) component: &'a Component,
    pub(super) tenant: &'a Tenant,
    /// The tenant's number, from 1.
    pub(super) number: usize,
}

impl Installation<'_> {
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

    pub(super) fn service(&self) -> Option<Value> {
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

    pub(super) fn workload(&self, workload: &Workload, replicas: usize) -> Value {
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
        if let Some(name) = self.config_map_name(workload) {
            put("envFrom", json!([{ "configMapRef": { "name": name } }]));
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

    /// The variables of its template: what the file says, and the addresses where no `ConfigMap` has them.
    fn environment(&self, workload: &Workload) -> BTreeMap<String, String> {
        let mut env = if workload.config_map {
            BTreeMap::new()
        } else {
            self.addresses()
        };
        env.extend(workload.env.clone());
        env
    }

    fn config_map_name(&self, workload: &Workload) -> Option<String> {
        let name = || format!("{}-config", self.component.name);
        workload.config_map.then(name)
    }

    pub(super) fn config_map(&self, workload: &Workload) -> Option<Value> {
        let name = self.config_map_name(workload)?;
        let mut metadata = self.metadata(&self.labels());
        set(&mut metadata, "/name", name);
        Some(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": self.addresses(),
        }))
    }

    /// Who may call it.
    pub(super) fn policy(&self, workload: &Workload) -> Option<Value> {
        if workload.allows.is_empty() {
            return None;
        }
        let components = self.system.components.iter();
        let peers: Vec<Value> = components
            .filter(|other| workload.allows.contains(&other.name))
            .map(|other| {
                let mut peer = json!({ "podSelector": { "matchLabels": { "app": &*other.name } } });
                if other.namespace != self.component.namespace {
                    let name = json!({ "kubernetes.io/metadata.name": &*other.namespace });
                    let name = json!({ "matchLabels": name });
                    set(&mut peer, "/namespaceSelector", name);
                }
                peer
            })
            .collect();
        Some(json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": self.metadata(&self.labels()),
            "spec": {
                "podSelector": { "matchLabels": self.selector() },
                "ingress": [{ "from": peers }],
            },
        }))
    }

    /// The addresses of all that it calls, by the variable that has them.
    fn addresses(&self) -> BTreeMap<String, String> {
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

    pub(super) fn autoscaler(&self, workload: &Workload) -> Option<Value> {
        let bounds = workload.autoscale?;
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
                "minReplicas": bounds.min,
                "maxReplicas": bounds.max,
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
