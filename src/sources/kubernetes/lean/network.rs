//! How pods are reached: Services, EndpointSlices, Ingresses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Metadata, Reference};

/// `v1/Service`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Service {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<ServiceSpec>,
}

/// How a Service is reached and what it leads to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct ServiceSpec {
    #[serde(rename = "type")]
    pub(in super::super) kind: Option<String>,
    #[serde(rename = "clusterIP")]
    pub(in super::super) cluster_ip: Option<String>,
    pub(in super::super) external_name: Option<String>,
    pub(in super::super) selector: Option<BTreeMap<String, Option<String>>>,
    pub(in super::super) ports: Option<Vec<ServicePort>>,
}

/// A Service's port.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct ServicePort {
    pub(in super::super) name: Option<String>,
    pub(in super::super) port: Option<i64>,
    pub(in super::super) target_port: Option<Port>,
    pub(in super::super) protocol: Option<String>,
}

/// A port by number or by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(in super::super) enum Port {
    /// Its number.
    Number(i64),
    /// Its name in the pod.
    Name(String),
}

/// `discovery.k8s.io/v1/EndpointSlice`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct EndpointSlice {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) endpoints: Option<Vec<Endpoint>>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Endpoint {
    pub(in super::super) conditions: Option<EndpointConditions>,
    pub(in super::super) target_ref: Option<Reference>,
}

/// Whether an endpoint gets traffic.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct EndpointConditions {
    pub(in super::super) ready: Option<bool>,
}

/// `networking.k8s.io/v1/Ingress`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Ingress {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<IngressSpec>,
}

/// Where an Ingress leads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct IngressSpec {
    pub(in super::super) default_backend: Option<Backend>,
    pub(in super::super) rules: Option<Vec<Rule>>,
}

/// One host's rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Rule {
    pub(in super::super) host: Option<String>,
    pub(in super::super) http: Option<Http>,
}

/// A rule's paths.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Http {
    pub(in super::super) paths: Option<Vec<HttpPath>>,
}

/// One path.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct HttpPath {
    pub(in super::super) backend: Option<Backend>,
}

/// A Service, or something else that is not read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Backend {
    pub(in super::super) service: Option<BackendService>,
}

/// A Service by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct BackendService {
    pub(in super::super) name: Option<String>,
}
