//! The system that the demo runs: what it consists of, who calls whom, and how much is asked of it.
//!
//! A file describes it (`assets/demo/mrubis.toml` is the shipped one, and documents the format). What is
//! here is checked: every call leads to an operation that exists, and no operation calls itself for ever.
//! No clock, no input or output, no randomness here.

mod calls;
mod check;
mod component;
mod file;
mod manifests;
mod place;
mod quantity;
mod tenants;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use manifests::manifests;
pub use place::SystemError;

/// The text of the shipped system: the mRUBiS auction shop.
pub const SHIPPED: &str = include_str!("../../../assets/demo/mrubis.toml");

/// Where [`SHIPPED`] comes from, for errors.
pub const SHIPPED_PATH: &str = "assets/demo/mrubis.toml";

/// A microservice system.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// Its name: the label `app.kubernetes.io/part-of` of what says no other.
    pub name: Arc<str>,
    /// Its namespaces; the first is its own, which `--scale-to` repeats.
    pub namespaces: Vec<Arc<str>>,
    /// The machines it runs on.
    pub nodes: Nodes,
    /// Everything that can be called or calls, in the file's order. Names are unique.
    pub components: Vec<Component>,
    /// Ways in from outside of the cluster.
    pub ingresses: Vec<Ingress>,
    /// The requests that come from outside and from components that make load.
    pub requests: Vec<Request>,
    /// How much of the rates is asked when.
    pub rhythm: Rhythm,
    /// What goes wrong by itself, by its time.
    pub scenario: Vec<Incident>,
}

impl System {
    /// The shipped system.
    ///
    /// # Errors
    /// [`SystemError`] if the file in the program were wrong, which a test rules out.
    pub fn shipped() -> Result<Self, SystemError> {
        Self::parse(Path::new(SHIPPED_PATH), SHIPPED)
    }

    /// Understands the text of a file; `path` is only for the error.
    ///
    /// # Errors
    /// [`SystemError`]: one line with the file, the line, and what to do.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SystemError> {
        check::system(path, text)
    }

    /// The namespace that is the system's own.
    #[must_use]
    pub fn home(&self) -> &str {
        self.namespaces.first().map_or("", |name| name)
    }

    /// The component of a name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|c| &*c.name == name)
    }

    /// The component and the operation at an address.
    #[must_use]
    pub fn operation(&self, at: Address) -> Option<(&Component, &Operation)> {
        let component = self.components.get(at.component)?;
        Some((component, component.operations.get(at.operation)?))
    }

    /// The names of the machines: the prefix and a number from 1.
    #[must_use]
    pub fn node_names(&self) -> Vec<String> {
        (1..=self.nodes.count)
            .map(|number| self.nodes.name(number))
            .collect()
    }
}

/// The machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes {
    /// What their names begin with.
    pub prefix: Arc<str>,
    /// How many.
    pub count: usize,
    /// The zones, which they take in turn.
    pub zones: Vec<Arc<str>>,
    /// What one has for pods.
    pub each: Resources,
}

impl Nodes {
    /// The name of a machine by its number, from 1.
    #[must_use]
    pub fn name(&self, number: usize) -> String {
        format!("{}{number}", self.prefix)
    }
}

/// An amount of processor and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor, in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
}

/// A part of the system that calls or is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name: of its workload, of its Service, and in its spans.
    pub name: Arc<str>,
    /// Where it is.
    pub namespace: Arc<str>,
    /// What it is to those that call it.
    pub role: Role,
    /// What runs it; nothing for what is outside of the cluster.
    pub workload: Option<Workload>,
    /// The port at which it is called; nothing for what is not called.
    pub port: Option<u16>,
    /// The scheme of the addresses in the environment of its callers.
    pub scheme: Arc<str>,
    /// Requests per second that one instance carries.
    pub capacity: f64,
    /// What it does.
    pub operations: Vec<Operation>,
}

/// What a component is to those that call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Makes spans of its own.
    Service(SpanStyle),
    /// Makes none: its callers' spans name it, with `db.system`.
    Database(Arc<str>),
    /// Makes none: producers and consumers name it, with `messaging.system`.
    Broker(Arc<str>),
    /// Outside of the cluster at this host: only its callers' spans know it.
    External(Arc<str>),
}

/// Whose habits the spans of a service have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanStyle {
    /// OpenTelemetry: every span has its own id.
    #[default]
    OpenTelemetry,
    /// Brave: the server's span has the id of the client's, and says that it is shared.
    Brave,
}

/// What Kubernetes keeps running.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which kind.
    pub kind: WorkloadKind,
    /// How many pods are wanted; counts for nothing in a `DaemonSet` and a `CronJob`.
    pub replicas: usize,
    /// The image with its tag.
    pub image: Arc<str>,
    /// Labels besides those that every workload has.
    pub labels: BTreeMap<String, String>,
    /// Variables besides the addresses of what it calls.
    pub env: BTreeMap<String, String>,
    /// What a pod asks for.
    pub requests: Resources,
    /// What a pod may take.
    pub limits: Resources,
    /// From the container's start to readiness.
    pub start: Duration,
    /// The bounds of a `HorizontalPodAutoscaler`, where there is one.
    pub autoscale: Option<Autoscale>,
    /// When a `CronJob` runs.
    pub schedule: Option<String>,
}

impl Workload {
    /// The version: the image's tag.
    #[must_use]
    pub fn version(&self) -> &str {
        self.image.rsplit_once(':').map_or("", |(_, tag)| tag)
    }
}

/// The kinds of workload that a system may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[expect(missing_docs, reason = "the kinds of Kubernetes, by their names there")]
pub enum WorkloadKind {
    #[default]
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
}

impl WorkloadKind {
    /// The kind's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::CronJob => "CronJob",
        }
    }
}

/// The bounds of a `HorizontalPodAutoscaler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Autoscale {
    /// Fewest replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// The processor use that it aims at, in percent of the request.
    pub cpu: u32,
}

/// Something that a component does when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name, which says how it is asked ([`Protocol`]).
    pub name: Arc<str>,
    /// How it is asked.
    pub protocol: Protocol,
    /// The median of its own time, without what it waits for.
    pub median: Duration,
    /// The spread of its own time: the standard deviation of its logarithm.
    pub spread: f64,
    /// The share of requests that fail by themselves, between 0 and 1.
    pub errors: f64,
    /// What it calls, one after the other.
    pub calls: Vec<Call>,
    /// The topics (operations of a broker) that lead to it: filled for a broker's operation with its
    /// consumers.
    pub consumers: Vec<Address>,
}

/// How an operation is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `METHOD /route`.
    Http {
        /// The method.
        method: Arc<str>,
        /// The route.
        route: Arc<str>,
    },
    /// `package.Service/Method`.
    Grpc {
        /// The service with its package.
        service: Arc<str>,
        /// The method.
        method: Arc<str>,
    },
    /// A statement for a database.
    Statement,
    /// A topic of a broker.
    Topic,
    /// Messages of a topic.
    Message {
        /// The broker's topic.
        topic: Address,
    },
}

/// An operation of a component: the places of both in [`System::components`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The component's place.
    pub component: usize,
    /// The operation's place in the component.
    pub operation: usize,
}

/// A call that an operation makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub to: Address,
    /// How often in a row.
    pub times: u32,
    /// How likely it is made at all, between 0 and 1.
    pub probability: f64,
    /// How likely its failure is the caller's too, between 0 and 1.
    pub required: f64,
    /// How long the caller waits.
    pub timeout: Duration,
}

/// A way in from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is: in the namespace of what it leads to.
    pub namespace: Arc<str>,
    /// The host that it answers for.
    pub host: Arc<str>,
}

/// Requests of one sort that come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Who makes them.
    pub from: Origin,
    /// What they ask.
    pub to: Address,
    /// How many a second at the day's peak.
    pub rate: f64,
}

/// Who makes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// People outside, through the ingress at this place; they make no spans.
    Ingress(usize),
    /// The component at this place; its replicas share the rate.
    Component(usize),
}

/// The daily rhythm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// How long a day takes here.
    pub day: Duration,
    /// The share of the peak that is left at night, between 0 and 1.
    pub night: f64,
}

/// Something that goes wrong at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Since the demo's start.
    pub after: Duration,
    /// What goes wrong.
    pub fault: FaultKind,
    /// With which component, or for [`FaultKind::Node`] which node.
    pub target: Arc<str>,
}

/// What can go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// Its containers end soon after their start, again and again.
    Crash,
    /// It takes longer.
    Slow,
    /// It answers with errors.
    Errors,
    /// It is rolled out with an image that cannot be pulled.
    Image,
    /// Its Service leads nowhere.
    Endpoints,
    /// A node is lost.
    Node,
}

impl FaultKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Crash,
        Self::Slow,
        Self::Errors,
        Self::Image,
        Self::Endpoints,
        Self::Node,
    ];

    /// The word for it in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Slow => "slow",
            Self::Errors => "errors",
            Self::Image => "image",
            Self::Endpoints => "endpoints",
            Self::Node => "node",
        }
    }
}
