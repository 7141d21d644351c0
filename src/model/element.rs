//! What there is: the elements of the architecture model and their fields.
//!
//! CompArch's terms: a tenant (namespace) holds components (pods), each an instance of a component
//! type (workload). Elements are immutable values; a change replaces one whole element, which is what
//! makes a [`super::change::Change`] self-contained and invertible.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::{ElementKey, TypeKey};
use super::observation::{ContainerFact, Labels, ServicePort, Way};
use super::parameter::Parameter;
use super::rating::Ratings;
use super::text::Text;

/// CompArch's life cycle of a component.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum ComponentState {
    /// Wanted nowhere, finished, or removed by the platform.
    Undeployed,
    /// There, but not serving: scheduled, starting, or running without being ready.
    Deployed,
    /// Ready.
    Started,
    /// Crashing, or on a machine that does not answer.
    #[default]
    Unknown,
}

impl ComponentState {
    /// The word of the CompArch model.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Undeployed => "UNDEPLOYED",
            Self::Deployed => "DEPLOYED",
            Self::Started => "STARTED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The five states that the tree's one column shows, best first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    /// As it should be.
    #[default]
    Ok,
    /// Stopped on purpose: scaled to zero, completed, suspended.
    Stopped,
    /// On its way: starting, rolling out, terminating.
    Changing,
    /// Nobody knows.
    Unknown,
    /// Somebody should look at it.
    Broken,
}

impl Health {
    /// The sign of the state column, which needs no colour.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Ok => ' ',
            Self::Stopped => 'x',
            Self::Changing => '~',
            Self::Unknown => '?',
            Self::Broken => '!',
        }
    }

    /// The word used in filters and exports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stopped => "stopped",
            Self::Changing => "changing",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }

    /// Whether a person on call should look.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Unknown | Self::Broken)
    }
}

/// Why something is as it is: kubectl's word, and a sentence where there is more to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `CrashLoopBackOff`, `ImagePullBackOff`, `OOMKilled`, `Unschedulable`, `Terminating`, ….
    pub word: Text,
    /// `exit 137`, the scheduler's message, ….
    pub detail: Option<Text>,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{}: {detail}", self.word),
            None => f.write_str(&self.word),
        }
    }
}

impl Reason {
    /// A reason without more to say.
    #[must_use]
    pub fn word(word: &str) -> Self {
        Self {
            word: word.into(),
            detail: None,
        }
    }

    /// A reason with a sentence.
    #[must_use]
    pub fn with(word: &str, detail: impl Into<Text>) -> Self {
        Self {
            word: word.into(),
            detail: Some(detail.into()),
        }
    }
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its name.
    pub name: Text,
    /// Being deleted.
    pub terminating: bool,
    /// Creation, where namespaces may be read.
    pub created: Option<Timestamp>,
    /// Labels.
    pub labels: Labels,
}

/// Whether the number of a type's components can be set, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Scalability {
    /// It has a scale subresource that Portolan speaks.
    Scalable,
    /// It has none, and this is the sentence that says so.
    Fixed {
        /// Why, and what to do instead.
        why: Text,
    },
}

/// A HorizontalPodAutoscaler, as its target sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaler {
    /// Its name.
    pub name: Text,
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}

/// A workload: the topmost owner of its pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentType {
    /// Namespace, kind and name.
    pub key: TypeKey,
    /// Whether its own object was seen (and not only pods or workloads that name it as their owner).
    pub declared: bool,
    /// The worst of what its own object and its components say.
    pub state: ComponentState,
    /// The sign of the tree.
    pub health: Health,
    /// Why it is not [`Health::Ok`].
    pub reason: Option<Reason>,
    /// Wanted number; `None` where no number is wanted (bare pods, unknown owners without workloads).
    pub desired: Option<u32>,
    /// Ready ones, as `kubectl get` counts them for its kind.
    pub ready: u32,
    /// Existing components.
    pub components: u32,
    /// Existing ones that are not ending, as its controller counts them; `None` where its object is not seen.
    pub current: Option<u32>,
    /// Components of the newest template, while a rollout is under way.
    pub updated: Option<u32>,
    /// Restarts of all containers of all its components, together.
    pub restarts: u32,
    /// `deployment.kubernetes.io/revision`.
    pub revision: Option<Text>,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// `status.observedGeneration`.
    pub observed_generation: Option<i64>,
    /// Creation of its own object.
    pub created: Option<Timestamp>,
    /// Images of its template, or of its components where the template is not seen.
    pub images: Vec<Text>,
    /// Labels of its own object, or of its first component.
    pub labels: Labels,
    /// A CronJob's schedule.
    pub schedule: Option<Text>,
    /// Whether it can be scaled.
    pub scalability: Scalability,
    /// Who sets its number by itself, sorted.
    #[serde(default)]
    pub autoscalers: Vec<Autoscaler>,
    /// What its template's configuration sets, or its newest component's where the template is not seen.
    pub parameters: Arc<[Parameter]>,
    /// What people say of its criticality and reliability.
    pub ratings: Ratings,
    /// What its controller complains of (a progress deadline, pods that are refused), whatever the reason
    /// of its health is.
    pub complaint: Option<Reason>,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// The pod's uid.
    pub uid: Text,
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// What it is an instance of.
    pub of: TypeKey,
    /// The controller that directly owns it (a ReplicaSet's name tells old from new).
    pub owner: Option<Text>,
    /// Life cycle.
    pub state: ComponentState,
    /// The sign of the tree.
    pub health: Health,
    /// Why.
    pub reason: Option<Reason>,
    /// kubectl's STATUS word: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Completed`, ….
    pub status: Text,
    /// Ready containers, as kubectl counts them (sidecars included).
    pub ready: u32,
    /// Containers that count.
    pub total: u32,
    /// Restarts of those containers.
    pub restarts: u32,
    /// The machine.
    pub node: Option<Text>,
    /// Its address.
    pub ip: Option<Text>,
    /// Creation.
    pub created: Option<Timestamp>,
    /// Since when it is (not) ready.
    pub ready_since: Option<Timestamp>,
    /// Containers, in the order of the spec.
    pub containers: Arc<[ContainerFact]>,
    /// What its containers' configuration sets, without values.
    pub parameters: Arc<[Parameter]>,
    /// Labels.
    pub labels: Labels,
}

/// A Service: how others reach component types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub service_type: Text,
    /// Cluster address.
    pub cluster_ip: Option<Text>,
    /// The host behind an `ExternalName`.
    pub external_name: Option<Text>,
    /// Labels of the pods that it leads to.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Endpoints that get traffic; `None` while EndpointSlices were not seen for it.
    pub ready_endpoints: Option<u32>,
    /// Endpoints in all.
    pub endpoints: u32,
    /// The component types behind it, by selector or endpoints, sorted.
    pub leads_to: Vec<TypeKey>,
    /// The sign of the tree.
    pub health: Health,
    /// Why.
    pub reason: Option<Reason>,
    /// Creation.
    pub created: Option<Timestamp>,
}

impl Service {
    /// Whether it is known that nothing is behind it, here or outside: neither pods nor a type whose pods are
    /// on their way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_told = self.ready_endpoints == Some(0) && self.endpoints == 0;
        is_told && self.leads_to.is_empty() && self.external_name.is_none()
    }
}

/// An Ingress or a route of a Gateway: a way in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ingress {
    /// Namespace.
    pub namespace: Text,
    /// Name.
    pub name: Text,
    /// By which kind of object.
    #[serde(default)]
    pub way: Way,
    /// The Gateways that a route belongs to.
    #[serde(default)]
    pub gateways: Vec<Text>,
    /// Hosts of its rules.
    pub hosts: Vec<Text>,
    /// Services that it leads to; `namespace/name` where it is another namespace.
    pub backends: Vec<Text>,
    /// Creation.
    pub created: Option<Timestamp>,
}

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Its name.
    pub name: Text,
    /// Whether its own object was seen (and not only pods that name it).
    pub declared: bool,
    /// The Ready condition; `None` where it is unknown or was not seen.
    pub ready: Option<bool>,
    /// Conditions of pressure that are true.
    pub pressures: Vec<Text>,
    /// Cordoned.
    pub unschedulable: bool,
    /// Zone.
    pub zone: Option<Text>,
    /// The sign.
    pub health: Health,
    /// Why.
    pub reason: Option<Reason>,
    /// Creation.
    pub created: Option<Timestamp>,
}

/// Why a name that telemetry knows is no component type of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Outside {
    /// It is outside of the cluster, and this is why we think so.
    External {
        /// E.g. `Service shop/bank is an ExternalName of bank.example`.
        evidence: Text,
    },
    /// No component type has the name: it is not in the chosen namespaces, or external.
    Unresolved,
    /// Several component types have the name, and nothing tells them apart.
    Ambiguous {
        /// Those that it may be, sorted.
        candidates: Vec<TypeKey>,
    },
}

/// A name that telemetry knows and the cluster does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct External {
    /// The raw name.
    pub name: Text,
    /// Why it is here.
    pub outside: Outside,
}

/// Calls counted within a window that ended at a known moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Calls, errors included.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// The window's length in ms.
    pub window_ms: u64,
    /// The window's end, by the server's clock.
    pub ends: Timestamp,
}

/// Errors in percent of calls from which calls count as failing.
pub const FAILING_PERCENT: f64 = 5.0;
/// Fewest errors in a window from which calls count as failing: one or two of a dozen are chance.
pub const FAILING_ERRORS: u64 = 3;

impl Counts {
    /// Calls per second over the window.
    #[must_use]
    pub fn rate(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate is shown with three digits"
        )]
        let rate = self.calls as f64 * 1000.0 / self.window_ms.max(1) as f64;
        rate
    }

    /// Errors in percent of calls; `None` without calls.
    #[must_use]
    pub fn error_percent(&self) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a percentage is shown with three digits"
        )]
        (self.calls > 0).then(|| self.errors as f64 * 100.0 / self.calls as f64)
    }

    /// Whether so many of the calls fail that somebody should look.
    #[must_use]
    pub fn are_failing(self) -> bool {
        let percent = self.error_percent();
        self.errors >= FAILING_ERRORS && percent.is_some_and(|p| p >= FAILING_PERCENT)
    }

    /// Both counted together; windows of one source end together, so the later end stands for both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            errors: self.errors + other.errors,
            window_ms: self.window_ms.max(other.window_ms),
            ends: self.ends.max(other.ends),
        }
    }
}

/// Observed calls from one element to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Who calls: a component type or an external.
    pub caller: ElementKey,
    /// Who is called.
    pub callee: ElementKey,
    /// Counts of the short window; zero calls where only the long one knows the link;
    /// `None` until a short window was received.
    pub recent: Option<Counts>,
    /// Counts of the long window.
    pub long: Option<Counts>,
    /// The raw names behind it: (caller, callee), sorted.
    pub names: Vec<(Text, Text)>,
}

/// A link that the cluster declares: configuration names it, or a policy allows it by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declared {
    /// Whose configuration names the other: a component type or an Ingress.
    pub caller: ElementKey,
    /// The component type behind the named Service, or the Service where none is behind it.
    pub callee: ElementKey,
    /// Names of variables, `argument`, `rule`, keys of ConfigMaps; with the Service named. Sorted. Empty where it
    /// is only allowed.
    pub places: Vec<(Text, Text)>,
    /// The NetworkPolicies that allow it by naming both, sorted: permissions, which nobody needs to use.
    #[serde(default)]
    pub allowed: Vec<Text>,
}

/// One element of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Element {
    /// A namespace.
    Tenant(Tenant),
    /// A workload.
    Type(Box<ComponentType>),
    /// A pod.
    Component(Box<Component>),
    /// A Service.
    Service(Box<Service>),
    /// A way in.
    Ingress(Ingress),
    /// A machine.
    Node(Machine),
    /// A name outside of the cluster.
    External(External),
    /// Observed calls.
    Call(Box<Call>),
    /// A declared link.
    Declared(Box<Declared>),
}

impl Element {
    /// The element's key.
    #[must_use]
    pub fn key(&self) -> ElementKey {
        match self {
            Self::Tenant(e) => ElementKey::tenant(&e.name),
            Self::Type(e) => ElementKey::Type(e.key.clone()),
            Self::Component(e) => ElementKey::component(&e.uid),
            Self::Service(e) => ElementKey::service(&e.namespace, &e.name),
            Self::Ingress(e) => ElementKey::way(&e.namespace, &e.name, e.way),
            Self::Node(e) => ElementKey::node(&e.name),
            Self::External(e) => ElementKey::External {
                name: e.name.clone(),
            },
            Self::Call(e) => ElementKey::call(e.caller.clone(), e.callee.clone()),
            Self::Declared(e) => ElementKey::declared(e.caller.clone(), e.callee.clone()),
        }
    }

    /// The name that people call it by.
    #[must_use]
    pub fn name(&self) -> Text {
        match self {
            Self::Tenant(e) => e.name.clone(),
            Self::Type(e) => e.key.name.clone(),
            Self::Component(e) => e.name.clone(),
            Self::Service(e) => e.name.clone(),
            Self::Ingress(e) => e.name.clone(),
            Self::Node(e) => e.name.clone(),
            Self::External(e) => e.name.clone(),
            Self::Call(_) | Self::Declared(_) => self.key().to_string().into(),
        }
    }

    /// The namespace it belongs to; `None` for machines, externals and links.
    #[must_use]
    pub fn namespace(&self) -> Option<&Text> {
        match self {
            Self::Tenant(e) => Some(&e.name),
            Self::Type(e) => Some(&e.key.namespace),
            Self::Component(e) => Some(&e.namespace),
            Self::Service(e) => Some(&e.namespace),
            Self::Ingress(e) => Some(&e.namespace),
            _ => None,
        }
    }

    /// The sign of the state column.
    #[must_use]
    pub fn health(&self) -> Health {
        match self {
            Self::Type(e) => e.health,
            Self::Component(e) => e.health,
            Self::Service(e) => e.health,
            Self::Node(e) => e.health,
            Self::Tenant(e) if e.terminating => Health::Changing,
            _ => Health::Ok,
        }
    }

    /// Why the health is not ok.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Type(e) => e.reason.as_ref(),
            Self::Component(e) => e.reason.as_ref(),
            Self::Service(e) => e.reason.as_ref(),
            Self::Node(e) => e.reason.as_ref(),
            _ => None,
        }
    }
}
