//! The file as it is written: its tables and fields by their names there. Checks nothing but shapes.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Autoscale, FaultKind, WorkloadKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Spanned<String>,
    pub(super) namespaces: Vec<Spanned<String>>,
    pub(super) nodes: Nodes,
    pub(super) traffic: Traffic,
    #[serde(default)]
    pub(super) component: Vec<Component>,
    #[serde(default)]
    pub(super) ingress: Vec<Ingress>,
    #[serde(default)]
    pub(super) scenario: Vec<Incident>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nodes {
    pub(super) prefix: Spanned<String>,
    pub(super) count: Spanned<i64>,
    pub(super) zones: Vec<Spanned<String>>,
    pub(super) cpu: Spanned<String>,
    pub(super) memory: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Traffic {
    pub(super) day: Spanned<String>,
    pub(super) night: Spanned<f64>,
}

/// What a component is; the file's word.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Is {
    #[default]
    Service,
    Database,
    Broker,
    External,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Spans {
    Otel,
    Brave,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Component {
    pub(super) name: Spanned<String>,
    pub(super) namespace: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) is: Is,
    pub(super) system: Option<Spanned<String>>,
    pub(super) host: Option<Spanned<String>>,
    pub(super) spans: Option<Spanned<Spans>>,
    pub(super) kind: Option<Spanned<WorkloadKind>>,
    pub(super) replicas: Option<Spanned<i64>>,
    pub(super) image: Option<Spanned<String>>,
    pub(super) port: Option<Spanned<u16>>,
    pub(super) scheme: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) labels: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) env: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) cpu: Option<Spanned<String>>,
    pub(super) memory: Option<Spanned<String>>,
    pub(super) cpu_limit: Option<Spanned<String>>,
    pub(super) memory_limit: Option<Spanned<String>>,
    pub(super) start: Option<Spanned<String>>,
    pub(super) capacity: Option<Spanned<f64>>,
    pub(super) autoscale: Option<Spanned<Autoscale>>,
    #[serde(default)]
    pub(super) config_map: bool,
    #[serde(default)]
    pub(super) allows: Vec<Spanned<String>>,
    pub(super) schedule: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) operation: Vec<Operation>,
    #[serde(default)]
    pub(super) load: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Operation {
    pub(super) name: Spanned<String>,
    pub(super) consumes: Option<Spanned<String>>,
    pub(super) median_ms: Option<Spanned<f64>>,
    pub(super) spread: Option<Spanned<f64>>,
    pub(super) errors: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) to: Spanned<String>,
    pub(super) operation: Spanned<String>,
    pub(super) times: Option<Spanned<i64>>,
    pub(super) probability: Option<Spanned<f64>>,
    pub(super) required: Option<Spanned<f64>>,
    pub(super) timeout: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ingress {
    pub(super) name: Spanned<String>,
    pub(super) host: Spanned<String>,
    #[serde(default)]
    pub(super) request: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) to: Spanned<String>,
    pub(super) operation: Spanned<String>,
    pub(super) rate: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incident {
    pub(super) after: Spanned<String>,
    pub(super) fault: Spanned<FaultKind>,
    pub(super) target: Spanned<String>,
}
