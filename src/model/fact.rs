//! Facts: what an object is, lean, in the model's own words, already made harmless by [`super::text`].

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parameter::Parameter;
use super::policy::NetworkPolicyFact;
use super::text::Text;

pub use super::labels::Labels;

/// What kind of object a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// `v1/Namespace`.
    Namespace,
    /// `v1/Node`.
    Node,
    /// `v1/Pod`.
    Pod,
    /// `apps/v1/Deployment`.
    Deployment,
    /// `apps/v1/StatefulSet`.
    StatefulSet,
    /// `apps/v1/DaemonSet`.
    DaemonSet,
    /// `apps/v1/ReplicaSet`.
    ReplicaSet,
    /// `batch/v1/Job`.
    Job,
    /// `batch/v1/CronJob`.
    CronJob,
    /// `v1/Service`.
    Service,
    /// `discovery.k8s.io/v1/EndpointSlice`.
    EndpointSlice,
    /// `networking.k8s.io/v1/Ingress`.
    Ingress,
    /// `v1/ConfigMap`: of its values only which hosts they name.
    ConfigMap,
    /// `networking.k8s.io/v1/NetworkPolicy`.
    NetworkPolicy,
    /// `autoscaling/v2/HorizontalPodAutoscaler`.
    HorizontalPodAutoscaler,
    /// `gateway.networking.k8s.io/v1/HTTPRoute`.
    HttpRoute,
    /// `gateway.networking.k8s.io/v1/GRPCRoute`.
    GrpcRoute,
    /// `v1/Event`: happenings, never swept.
    Event,
}

impl Kind {
    /// Kinds that belong to no namespace.
    pub const CLUSTER_WIDE: [Self; 2] = [Self::Namespace, Self::Node];

    /// Kinds that belong to one and that every server has.
    pub const NAMESPACED: [Self; 14] = [
        Self::Pod,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::CronJob,
        Self::Service,
        Self::EndpointSlice,
        Self::Ingress,
        Self::ConfigMap,
        Self::NetworkPolicy,
        Self::HorizontalPodAutoscaler,
        Self::Event,
    ];

    /// Kinds that belong to one and that a server has only where somebody installed them: that it has them not is
    /// nobody's trouble.
    pub const OPTIONAL: [Self; 2] = [Self::HttpRoute, Self::GrpcRoute];

    /// All kinds that are watched.
    pub fn watched() -> impl Iterator<Item = Self> {
        let kinds = Self::CLUSTER_WIDE.into_iter().chain(Self::NAMESPACED);
        kinds.chain(Self::OPTIONAL)
    }

    /// Whether a server may well do without it.
    #[must_use]
    pub fn is_optional(self) -> bool {
        Self::OPTIONAL.contains(&self)
    }

    /// Kubernetes' own name of the kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::Ingress => "Ingress",
            Self::ConfigMap => "ConfigMap",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::HttpRoute => "HTTPRoute",
            Self::GrpcRoute => "GRPCRoute",
            Self::Event => "Event",
        }
    }

    /// The plural as the API and kubectl write it.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Namespace => "namespaces",
            Self::Node => "nodes",
            Self::Pod => "pods",
            Self::Deployment => "deployments",
            Self::StatefulSet => "statefulsets",
            Self::DaemonSet => "daemonsets",
            Self::ReplicaSet => "replicasets",
            Self::Job => "jobs",
            Self::CronJob => "cronjobs",
            Self::Service => "services",
            Self::EndpointSlice => "endpointslices",
            Self::Ingress => "ingresses",
            Self::ConfigMap => "configmaps",
            Self::NetworkPolicy => "networkpolicies",
            Self::HorizontalPodAutoscaler => "horizontalpodautoscalers",
            Self::HttpRoute => "httproutes",
            Self::GrpcRoute => "grpcroutes",
            Self::Event => "events",
        }
    }
}

/// A reference to a controller (or, where none controls, to the first owner).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerRef {
    /// The owner's kind, with its group when that is not a built-in one (`Rollout.argoproj.io`).
    pub kind: Text,
    /// The owner's name.
    pub name: Text,
    /// The owner's uid.
    pub uid: Text,
}

/// What every object has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Namespace; empty for kinds without one.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// Uid.
    pub uid: Text,
    /// The resource version as a number: comparable within one server, 0 where it is not a number.
    pub version: u64,
    /// Creation.
    pub created: Option<Timestamp>,
    /// Since when it is being deleted.
    pub deleting: Option<Timestamp>,
    /// Its controller.
    pub owner: Option<OwnerRef>,
    /// Labels.
    pub labels: Labels,
    /// Only the annotations that the model reads (revision, ratings, `resource.opentelemetry.io/*`).
    pub annotations: Labels,
    /// What its containers' environment says of their own name; empty for kinds without containers.
    pub own_names: Vec<OwnName>,
}

/// What a container is told to call itself, or the group that it belongs to.
///
/// Of all values of the environment only these enter the model: they are names by definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnName {
    /// What is named.
    pub what: Own,
    /// The name.
    pub name: Text,
    /// The variable that says so.
    pub place: Text,
}

/// What an own name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Own {
    /// OpenTelemetry's `service.name`, as its variables say.
    Service,
    /// OpenTelemetry's `service.namespace`.
    Namespace,
    /// The name that a framework or another tracer is told (`SPRING_APPLICATION_NAME`).
    Application,
}

/// One fact about one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact {
    /// A namespace.
    Namespace(NamespaceFact),
    /// A machine.
    Node(NodeFact),
    /// A pod.
    Pod(Box<PodFact>),
    /// A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob.
    Workload(Box<WorkloadFact>),
    /// A Service.
    Service(ServiceFact),
    /// An EndpointSlice.
    EndpointSlice(EndpointSliceFact),
    /// An Ingress or a route.
    Ingress(IngressFact),
    /// A ConfigMap.
    ConfigMap(ConfigMapFact),
    /// A NetworkPolicy.
    NetworkPolicy(Box<NetworkPolicyFact>),
    /// A HorizontalPodAutoscaler.
    Autoscaler(AutoscalerFact),
}

impl Fact {
    /// What every object has.
    #[must_use]
    pub const fn meta(&self) -> &Meta {
        match self {
            Self::Namespace(f) => &f.meta,
            Self::Node(f) => &f.meta,
            Self::Pod(f) => &f.meta,
            Self::Workload(f) => &f.meta,
            Self::Service(f) => &f.meta,
            Self::EndpointSlice(f) => &f.meta,
            Self::Ingress(f) => &f.meta,
            Self::ConfigMap(f) => &f.meta,
            Self::NetworkPolicy(f) => &f.meta,
            Self::Autoscaler(f) => &f.meta,
        }
    }

    /// What the fact is stored and deleted by.
    #[must_use]
    pub fn key(&self) -> FactKey {
        let meta = self.meta();
        let (kind, name) = match self {
            Self::Namespace(_) => (Kind::Namespace, &meta.name),
            Self::Node(_) => (Kind::Node, &meta.name),
            // A re-created pod of the same name is another component.
            Self::Pod(_) => (Kind::Pod, &meta.uid),
            Self::Workload(f) => (f.kind, &meta.name),
            Self::Service(_) => (Kind::Service, &meta.name),
            Self::EndpointSlice(_) => (Kind::EndpointSlice, &meta.name),
            Self::Ingress(f) => (f.way.kind(), &meta.name),
            Self::ConfigMap(_) => (Kind::ConfigMap, &meta.name),
            Self::NetworkPolicy(_) => (Kind::NetworkPolicy, &meta.name),
            Self::Autoscaler(_) => (Kind::HorizontalPodAutoscaler, &meta.name),
        };
        FactKey {
            kind,
            namespace: meta.namespace.clone(),
            name: name.clone(),
        }
    }
}

/// What a fact is stored and deleted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FactKey {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for kinds without one.
    pub namespace: Text,
    /// The name; for pods the uid.
    pub name: Text,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceFact {
    /// Name, labels, age.
    pub meta: Meta,
    /// `Terminating` rather than `Active`.
    pub terminating: bool,
}

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFact {
    /// Name, labels, age.
    pub meta: Meta,
    /// The Ready condition: true, false, or unknown (the kubelet stopped reporting).
    pub ready: Option<bool>,
    /// Since when the Ready condition has its value.
    pub ready_since: Option<Timestamp>,
    /// The message of a Ready condition that is not true.
    pub message: Option<Text>,
    /// `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`, where true.
    pub pressures: Vec<Text>,
    /// Cordoned.
    pub unschedulable: bool,
    /// Label `topology.kubernetes.io/zone`.
    pub zone: Option<Text>,
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodFact {
    /// Name, labels, owner, age.
    pub meta: Meta,
    /// The machine it is bound to.
    pub node: Option<Text>,
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: Text,
    /// `status.reason`, e.g. `Evicted` or `NodeLost`.
    pub reason: Option<Text>,
    /// `status.message`.
    pub message: Option<Text>,
    /// The pod's address.
    pub ip: Option<Text>,
    /// Whether it is on its machine's network, which policies do not rule.
    #[serde(default)]
    pub host_network: bool,
    /// The Ready condition.
    pub ready: Option<bool>,
    /// When the Ready condition last changed.
    pub ready_since: Option<Timestamp>,
    /// Why it is not scheduled (`Unschedulable`, `SchedulingGated`) and the scheduler's message.
    pub unscheduled: Option<(Text, Text)>,
    /// Containers in the order of the spec; sidecars (restartable init containers) are marked.
    pub containers: Arc<[ContainerFact]>,
    /// The hosts that its environment and arguments name.
    pub mentions: Vec<Mention>,
    /// What its containers' configuration sets, sorted, without values.
    pub parameters: Arc<[Parameter]>,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// An ordinary container.
    #[default]
    Main,
    /// Runs to completion before the main ones.
    Init,
    /// An init container with `restartPolicy: Always`; counts in readiness as kubectl counts it.
    Sidecar,
}

/// One container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerFact {
    /// Its name.
    pub name: Text,
    /// The image as the spec names it.
    pub image: Text,
    /// What it is for.
    pub role: Role,
    /// The readiness probe's verdict.
    pub ready: bool,
    /// Whether the startup probe passed.
    pub started: bool,
    /// How often it was restarted.
    pub restarts: u32,
    /// What it does now.
    pub state: ContainerState,
    /// How it ended last time.
    pub last: Option<Termination>,
    /// What is set aside for it.
    pub requests: Amounts,
    /// The most that it may use.
    pub limits: Amounts,
}

/// How much of a machine: `None` where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// Thousandths of a processor's core.
    pub cpu_millis: Option<u64>,
    /// Bytes of memory.
    pub memory: Option<u64>,
}

/// What a container does now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum ContainerState {
    /// The kubelet has not said anything yet.
    #[default]
    Unreported,
    /// Not running yet, or not running again.
    Waiting {
        /// E.g. `ContainerCreating`, `CrashLoopBackOff`, `ImagePullBackOff`.
        reason: Text,
        /// The kubelet's message.
        message: Option<Text>,
    },
    /// Running.
    Running {
        /// Since when.
        since: Option<Timestamp>,
    },
    /// Ended.
    Terminated(Termination),
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Termination {
    /// E.g. `Completed`, `Error`, `OOMKilled`; empty where the kubelet gave none.
    pub reason: Text,
    /// The exit code.
    pub exit_code: i32,
    /// The signal that ended it, 0 for none.
    pub signal: i32,
    /// When.
    pub finished: Option<Timestamp>,
}

/// A host that configuration names, without the text that names it.
///
/// Values of the environment may be secrets, so only a digest of a host-like part is kept, and only
/// to be compared with the digests of the names of Services that exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mention {
    /// [`super::declared::digest`] of the host, lower-cased, without port.
    pub host: u64,
    /// Where it stands: the name of the variable, or `argument`.
    pub place: Text,
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadFact {
    /// Which of the workload kinds.
    pub kind: Kind,
    /// Name, labels, owner, age.
    pub meta: Meta,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// `status.observedGeneration`.
    pub observed_generation: Option<i64>,
    /// Wanted number: replicas, a DaemonSet's desired number, a Job's completions, a CronJob's none.
    pub desired: Option<u32>,
    /// Existing pods by the workload's own count; a CronJob's active Jobs.
    pub current: u32,
    /// Ready ones; a Job's succeeded ones.
    pub ready: u32,
    /// Those of the newest template.
    pub updated: Option<u32>,
    /// A Job's failed pods.
    pub failed: u32,
    /// A Deployment that is paused, a Job or CronJob that is suspended.
    pub suspended: bool,
    /// A CronJob's schedule.
    pub schedule: Option<Text>,
    /// Images of the pod template, in order.
    pub images: Vec<Text>,
    /// Conditions that tell of trouble or end: (type, reason, message), only those that are true in that sense.
    pub troubles: Vec<Trouble>,
    /// A Job that has completed.
    pub complete: bool,
    /// The hosts that the pod template's environment and arguments name.
    pub mentions: Vec<Mention>,
    /// What the pod template's configuration sets, sorted, without values.
    pub parameters: Arc<[Parameter]>,
}

/// A condition of a workload that tells of trouble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// E.g. `ProgressDeadlineExceeded`, `FailedCreate`, `BackoffLimitExceeded`.
    pub reason: Text,
    /// The controller's message.
    pub message: Text,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFact {
    /// Name, labels, age.
    pub meta: Meta,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub service_type: Text,
    /// Cluster address; `None` for headless Services.
    pub cluster_ip: Option<Text>,
    /// The host behind an `ExternalName`.
    pub external_name: Option<Text>,
    /// Labels of the pods that it leads to; empty means that somebody else keeps the endpoints.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// The port's name, where it has one.
    pub name: Option<Text>,
    /// The port that callers use.
    pub port: u16,
    /// The pods' port or its name.
    pub target: Option<Text>,
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: Text,
}

/// Part of a Service's endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSliceFact {
    /// Name, age.
    pub meta: Meta,
    /// The Service that it belongs to.
    pub service: Text,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Uid of the pod behind it.
    pub pod: Option<Text>,
    /// Whether it gets traffic (absent counts as ready, as the API says).
    pub ready: bool,
}

/// By which kind of object something leads in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Way {
    /// An Ingress.
    #[default]
    Ingress,
    /// A Gateway's HTTPRoute.
    #[serde(rename = "HTTPRoute")]
    HttpRoute,
    /// A Gateway's GRPCRoute.
    #[serde(rename = "GRPCRoute")]
    GrpcRoute,
}

impl Way {
    /// The kind of the object.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Ingress => Kind::Ingress,
            Self::HttpRoute => Kind::HttpRoute,
            Self::GrpcRoute => Kind::GrpcRoute,
        }
    }

    /// Whether it is an Ingress.
    #[must_use]
    pub fn is_ingress(&self) -> bool {
        *self == Self::Ingress
    }
}

/// An Ingress, or a route of a Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngressFact {
    /// Name, age.
    pub meta: Meta,
    /// Which of them.
    #[serde(default)]
    pub way: Way,
    /// The Gateways that a route belongs to.
    #[serde(default)]
    pub gateways: Vec<Text>,
    /// The hosts of its rules.
    pub hosts: Vec<Text>,
    /// The Services that its rules and default backend lead to; `namespace/name` where it is another namespace.
    pub backends: Vec<Text>,
}

/// A ConfigMap: its name, and the hosts that its values name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigMapFact {
    /// Name, age.
    pub meta: Meta,
    /// The hosts, with the key as the place. The values are not kept.
    pub mentions: Vec<Mention>,
}

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoscalerFact {
    /// Name, age.
    pub meta: Meta,
    /// The kind of what it scales, with its group when that is not a built-in one.
    pub kind: Text,
    /// Its name.
    pub target: Text,
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}
