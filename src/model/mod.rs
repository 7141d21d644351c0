//! The architecture model: what a running system is made of, and who calls whom.
//!
//! Pure: no I/O, no clock, no async; time enters as a value. Sources speak [`observation`]s, [`apply`]
//! turns them into [`element`]s of the [`graph`] and tells what it did as [`change`]s. Everybody else
//! asks through [`query`].

pub mod apply;
pub mod change;
pub mod comparch;
pub mod declared;
pub mod element;
pub mod example;
pub mod export;
pub mod fact;
mod facts;
pub mod graph;
pub mod identity;
pub mod import;
mod index;
pub mod intent;
pub mod interfaces;
pub mod key;
pub mod labels;
pub mod lifecycle;
pub mod log;
mod mark;
pub mod observation;
pub mod parameter;
pub mod permission;
pub mod policy;
pub mod property;
pub mod query;
pub mod rating;
mod readings;
pub mod rules;
pub mod selector;
mod settle;
pub mod source;
mod sums;
mod telemetry;
mod tell;
pub mod text;
pub mod trend;
pub mod usage;
mod workload;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use self::graph::Graph;
use self::interfaces::{Interfaces, Joining};
use self::key::{ElementKey, TypeKey};
use self::observation::Kind;
use self::source::{SourceKey, SourceStatus};
use self::text::Text;
use self::trend::{Trend, Trends};

pub use self::sums::Totals;

/// The model of one Kubernetes context.
#[derive(Clone, Debug, Default)]
pub struct Model {
    context: Text,
    mapping: Vec<(Text, TypeKey)>,
    facts: facts::Facts,
    index: index::Index,
    graph: Graph,
    sums: sums::Sums,
    telemetry: telemetry::Telemetry,
    interfaces: Arc<Interfaces>,
    /// Those that will take their place.
    joining: Option<Box<Joining>>,
    trends: Arc<Trends>,
    /// Whether the long window counts far less than the last hour did.
    has_lost_calls: bool,
    /// The raw names of each type, as they were joined.
    known: Arc<BTreeMap<TypeKey, Vec<identity::Known>>>,
    /// What telemetry asks of pods: names, uids and addresses.
    wanted: Arc<HashSet<Text>>,
    /// What was measured, on whom.
    readings: Arc<readings::Table>,
    sources: BTreeMap<SourceKey, SourceStatus>,
    seq: u64,
    revision: u64,
    telemetry_revision: u64,
    status_revision: u64,
}

impl Model {
    /// An empty model of a context; `mapping` is the person's own list of telemetry names.
    #[must_use]
    pub fn new(context: &str, mapping: Vec<(Text, TypeKey)>) -> Self {
        Self {
            context: text::name(context),
            mapping,
            ..Self::default()
        }
    }

    /// The context.
    #[must_use]
    pub const fn context(&self) -> &Text {
        &self.context
    }

    /// The graph, for reading.
    #[must_use]
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Moves with every change that is not only counts of telemetry: what caches of structure hang on.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Moves with every change at all.
    #[must_use]
    pub const fn telemetry_revision(&self) -> u64 {
        self.telemetry_revision
    }

    /// Moves with every report of a source about itself.
    #[must_use]
    pub const fn status_revision(&self) -> u64 {
        self.status_revision
    }

    /// What the sources say about themselves, by source, part and namespace.
    #[must_use]
    pub const fn sources(&self) -> &BTreeMap<SourceKey, SourceStatus> {
        &self.sources
    }

    /// Interfaces and their usage, as traces tell.
    #[must_use]
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// The last hour of calls to a component type (or whatever else is called), or of one call by its key;
    /// `None` where nobody counted yet.
    #[must_use]
    pub fn trend(&self, key: &ElementKey) -> Option<&Trend> {
        self.trends.get(key)
    }

    /// Whether a first list of the kind is complete for the namespace.
    #[must_use]
    pub fn is_complete(&self, kind: Kind, namespace: &str) -> bool {
        self.facts.is_complete(kind, namespace)
    }

    /// Whether the components of a namespace are known: those that were seen, or that there are none. Where
    /// pods may not be listed, numbers about them are no data.
    #[must_use]
    pub fn knows_components(&self, namespace: &str) -> bool {
        let is_seen = || {
            self.totals(&observation::NamespaceChoice::one(namespace))
                .pods
                > 0
        };
        self.is_complete(Kind::Pod, namespace) || is_seen()
    }

    /// How many entries all internal tables have together: what tests of growth look at.
    #[doc(hidden)]
    #[must_use]
    pub fn footprint(&self) -> usize {
        self.facts.footprint()
            + self.index.footprint()
            + self.graph.footprint()
            + self.sums.footprint()
            + self.telemetry.footprint()
            + self.interfaces.footprint()
            + self.trends.footprint(|key| self.graph.get(key).is_some())
            + self.known.values().map(Vec::len).sum::<usize>()
            + self.wanted.len()
            + self.readings.footprint()
            + self.sources.len()
    }
}
