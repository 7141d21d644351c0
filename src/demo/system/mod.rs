//! The system that the demo runs: what it consists of, who calls whom, and how much is asked of it.
//!
//! A file describes it (`assets/demo/mrubis.toml` is the shipped one, and documents the format). What is
//! here is checked: every call leads to an operation that exists, and no operation calls itself for ever.
//! No clock, no input or output, no randomness here.

mod calls;
mod check;
mod component;
mod file;
mod incident;
mod installation;
mod manifests;
mod operation;
mod place;
mod quantity;
mod tenants;
#[cfg(test)]
mod tests;
mod workload;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use incident::{FaultKind, Incident};
pub use manifests::manifests;
pub use operation::{Address, Call, Operation, Protocol};
pub use place::SystemError;
pub use workload::{Autoscale, Resources, Workload, WorkloadKind};

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
