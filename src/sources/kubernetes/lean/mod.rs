//! The objects of the API with the fields that the model needs, and no others.
//!
//! Whole objects cost three times as much to read, most of it for managed fields and probes. Every
//! field may be missing or null here: what a server leaves out must not stop a list. No judgement and
//! no cleaning happens here; that is [`super::convert`].

mod cluster;
mod config_map;
mod metrics;
mod network;
mod pod;
mod policy;
mod quantity;
mod references;
mod route;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::identity;
use crate::model::observation::Kind;
use crate::model::rating;

pub(super) use cluster::{Event, Namespace, Node};
pub(super) use config_map::ConfigMap;
pub(super) use metrics::PodMetrics;
pub(super) use network::{EndpointSlice, Ingress, Port, Service};
pub(super) use pod::{
    Container, Pod, PodSpec, Quantities, State, Status as ContainerStatus, Terminated, Variable,
};
pub(super) use policy::{
    HorizontalPodAutoscaler, LabelSelector, NetworkPolicy, PeerSelector, PolicyPort, PolicySpec,
};
pub(super) use quantity::Quantity;
pub(super) use references::{EnvFrom, Files, Volume, VolumeMount};
pub(super) use route::{GrpcRoute, HttpRoute, RouteSpec};
pub(super) use workload::{
    Condition, CronJob, DaemonSet, Deployment, Job, ReplicaSet, StatefulSet, Template,
};

/// A kind that can be listed and watched.
pub(super) trait Lean: DeserializeOwned + Clone + fmt::Debug + Send + 'static {
    /// Its kind.
    const KIND: Kind;
    /// The API's path up to its version: `/api/v1`, `/apis/apps/v1`.
    const API: &'static str;
    /// Which of its objects are asked for, by fields; all where it is empty.
    const FIELDS: &'static str = "";

    /// What every object has.
    fn metadata(&self) -> &Metadata;

    /// The path of its collection.
    fn path(namespace: Option<&str>) -> String {
        let plural = Self::KIND.plural();
        match namespace {
            Some(namespace) => format!("{}/namespaces/{}/{plural}", Self::API, segment(namespace)),
            None => format!("{}/{plural}", Self::API),
        }
    }
}

/// A name as one segment of a path, whatever a person typed.
pub(super) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte.into()),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Says for each type what it is in the API.
macro_rules! lean {
    ($($name:ident: $api:literal $(without $fields:literal)?),* $(,)?) => {
        $(impl Lean for $name {
            const KIND: Kind = Kind::$name;
            const API: &'static str = $api;
            $(const FIELDS: &'static str = $fields;)?

            fn metadata(&self) -> &Metadata {
                &self.metadata
            }
        })*
    };
}

lean! {
    Namespace: "/api/v1",
    Node: "/api/v1",
    Pod: "/api/v1",
    Service: "/api/v1",
    Event: "/api/v1",
    Deployment: "/apis/apps/v1",
    StatefulSet: "/apis/apps/v1",
    DaemonSet: "/apis/apps/v1",
    ReplicaSet: "/apis/apps/v1",
    Job: "/apis/batch/v1",
    CronJob: "/apis/batch/v1",
    EndpointSlice: "/apis/discovery.k8s.io/v1",
    Ingress: "/apis/networking.k8s.io/v1",
    // What is in every namespace, put there by whom runs the cluster, says nothing of its own.
    ConfigMap: "/api/v1" without "metadata.name!=kube-root-ca.crt,metadata.name!=openshift-service-ca.crt,metadata.name!=istio-ca-root-cert",
    NetworkPolicy: "/apis/networking.k8s.io/v1",
    HorizontalPodAutoscaler: "/apis/autoscaling/v2",
    HttpRoute: "/apis/gateway.networking.k8s.io/v1",
    GrpcRoute: "/apis/gateway.networking.k8s.io/v1",
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct List<K> {
    #[serde(default)]
    pub(super) metadata: Option<ListMetadata>,
    // Without `default` the derive asks for `K: Default`, with it a null would be an error.
    #[serde(default = "none")]
    pub(super) items: Option<Vec<K>>,
}

fn none<K>() -> Option<Vec<K>> {
    None
}

/// Where a list stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListMetadata {
    pub(super) resource_version: Option<String>,
    #[serde(rename = "continue")]
    pub(super) next: Option<String>,
}

/// Metadata without managed fields and without most annotations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
    pub(super) creation_timestamp: Moment,
    pub(super) deletion_timestamp: Moment,
    pub(super) generation: Option<i64>,
    pub(super) labels: Option<BTreeMap<String, Option<String>>>,
    pub(super) annotations: Option<Annotations>,
    pub(super) owner_references: Option<Vec<Owner>>,
}

/// An owner.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Owner {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) uid: Option<String>,
    pub(super) controller: Option<bool>,
}

/// A reference to another object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) kind: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) uid: Option<String>,
}

/// A time; what is no time counts as missing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moment(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Option::<String>::deserialize(deserializer)?;
        Ok(Self(raw.and_then(|raw| raw.parse().ok())))
    }
}

/// The annotations that the model reads; the values of the others (some are whole objects) are
/// skipped and never held.
#[derive(Clone, Debug, Default)]
pub(super) struct Annotations(pub(super) BTreeMap<String, String>);

/// Whether the model reads an annotation.
fn is_read(annotation: &str) -> bool {
    [
        "deployment.kubernetes.io/revision",
        identity::DAPR,
        rating::CRITICALITY,
        rating::RELIABILITY,
    ]
    .contains(&annotation)
        || annotation.starts_with("resource.opentelemetry.io/")
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Chosen;

        impl<'de> Visitor<'de> for Chosen {
            type Value = Annotations;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("annotations")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Annotations, A::Error> {
                let mut kept = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    if is_read(&key) {
                        if let Some(value) = map.next_value::<Option<String>>()? {
                            kept.insert(key, value);
                        }
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Annotations(kept))
            }
        }

        deserializer.deserialize_map(Chosen)
    }
}
