//! The lines of a saved model, as far as they are read. A file may come from anybody: each text is cleaned as if
//! a server had said it.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::model::element::{
    Component, ComponentState, ComponentType, Counts, External, Health, Ingress, Outside, Reason,
    Scalability, Service, Tenant,
};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::labels::Labels;
use crate::model::observation::Way;
use crate::model::rating::Ratings;
use crate::model::text::{self, Text};
use crate::model::usage::Sort;

/// Most calls of one link that are believed: sums of all links stay within their numbers.
const CALLS_LIMIT: u64 = 1 << 40;

/// A name, cleaned.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(Text);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|raw| Self(text::name(&raw)))
    }
}

impl From<Name> for Text {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub(super) context: Name,
    pub(super) all_namespaces: bool,
    pub(super) namespaces: Vec<Name>,
    pub(super) tenants: Vec<TenantRow>,
    pub(super) types: Vec<TypeRow>,
    pub(super) pods: Vec<PodRow>,
    pub(super) services: Vec<ServiceRow>,
    pub(super) ingresses: Vec<IngressRow>,
    pub(super) externals: Vec<ExternalRow>,
    pub(super) calls: Vec<CallRow>,
    pub(super) declared: Vec<DeclaredRow>,
}

#[derive(Deserialize)]
pub(super) struct TenantRow {
    name: Name,
    terminating: bool,
    created: Option<Timestamp>,
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Self {
        Self {
            name: row.name.into(),
            terminating: row.terminating,
            created: row.created,
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
struct ReasonRow {
    word: Name,
    detail: Option<String>,
}

impl From<ReasonRow> for Reason {
    fn from(row: ReasonRow) -> Self {
        Self {
            word: row.word.into(),
            detail: row.detail.map(|detail| text::message(&detail)),
        }
    }
}

/// A type as a list of them names it.
#[derive(Deserialize)]
pub(super) struct KeyRow {
    namespace: Name,
    kind: Name,
    name: Name,
}

impl From<KeyRow> for TypeKey {
    fn from(row: KeyRow) -> Self {
        Self {
            namespace: row.namespace.into(),
            kind: row.kind.into(),
            name: row.name.into(),
        }
    }
}

type Pairs = std::collections::BTreeMap<String, String>;

fn labels(pairs: Pairs) -> Labels {
    pairs
        .into_iter()
        .map(|(key, value)| (text::name(&key), text::name(&value)))
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypeRow {
    #[serde(flatten)]
    key: KeyRow,
    declared: bool,
    desired: Option<u32>,
    ready: u32,
    components: Option<u32>,
    updated: Option<u32>,
    state: ComponentState,
    health: Health,
    reason: Option<ReasonRow>,
    restarts: Option<u32>,
    created: Option<Timestamp>,
    #[serde(default)]
    labels: Pairs,
}

impl From<TypeRow> for ComponentType {
    fn from(row: TypeRow) -> Self {
        Self {
            key: row.key.into(),
            declared: row.declared,
            state: row.state,
            health: row.health,
            reason: row.reason.map(Into::into),
            desired: row.desired,
            ready: row.ready,
            components: row.components.unwrap_or_default(),
            current: None,
            updated: row.updated,
            restarts: row.restarts.unwrap_or_default(),
            revision: None,
            generation: None,
            observed_generation: None,
            created: row.created,
            images: Vec::new(),
            labels: labels(row.labels),
            schedule: None,
            scalability: Scalability::Fixed {
                why: "it was read from a file".into(),
            },
            autoscalers: Vec::new(),
            parameters: [].into(),
            ratings: Ratings::default(),
            complaint: None,
        }
    }
}

#[derive(Deserialize)]
struct OwnerRow {
    kind: Name,
    name: Name,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PodRow {
    namespace: Name,
    name: Name,
    uid: Name,
    node: Option<Name>,
    owner: OwnerRow,
    ready: u32,
    total: u32,
    status: Name,
    state: ComponentState,
    health: Health,
    reason: Option<ReasonRow>,
    restarts: u32,
    created: Option<Timestamp>,
    ready_since: Option<Timestamp>,
}

impl From<PodRow> for Component {
    fn from(row: PodRow) -> Self {
        let namespace = Text::from(row.namespace);
        Self {
            uid: row.uid.into(),
            name: row.name.into(),
            of: TypeKey {
                namespace: namespace.clone(),
                kind: row.owner.kind.into(),
                name: row.owner.name.into(),
            },
            namespace,
            owner: None,
            state: row.state,
            health: row.health,
            reason: row.reason.map(Into::into),
            status: row.status.into(),
            ready: row.ready,
            total: row.total,
            restarts: row.restarts,
            node: row.node.map(Into::into),
            ip: None,
            created: row.created,
            ready_since: row.ready_since,
            containers: [].into(),
            parameters: [].into(),
            labels: Labels::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceRow {
    namespace: Name,
    name: Name,
    #[serde(rename = "type")]
    service_type: Name,
    external_name: Option<Name>,
    ready_endpoints: Option<u32>,
    endpoints: Option<u32>,
    leads_to: Vec<KeyRow>,
    health: Health,
    reason: Option<ReasonRow>,
}

impl From<ServiceRow> for Service {
    fn from(row: ServiceRow) -> Self {
        Self {
            namespace: row.namespace.into(),
            name: row.name.into(),
            service_type: row.service_type.into(),
            external_name: row.external_name.map(Into::into),
            ready_endpoints: row.ready_endpoints,
            endpoints: row.endpoints.unwrap_or_default(),
            leads_to: row.leads_to.into_iter().map(Into::into).collect(),
            health: row.health,
            reason: row.reason.map(Into::into),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct IngressRow {
    namespace: Name,
    name: Name,
    /// As the kinds of [`Way`]; an Ingress where it is not said, as before there were others.
    #[serde(default)]
    kind: Way,
    #[serde(default)]
    hosts: Vec<Name>,
    #[serde(default)]
    backends: Vec<Name>,
}

impl From<IngressRow> for Ingress {
    fn from(row: IngressRow) -> Self {
        Self {
            namespace: row.namespace.into(),
            name: row.name.into(),
            way: row.kind,
            hosts: row.hosts.into_iter().map(Into::into).collect(),
            backends: row.backends.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ExternalRow {
    name: Name,
    is: Is,
    evidence: Option<Name>,
    #[serde(default)]
    candidates: Vec<KeyRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Is {
    External,
    Unresolved,
    Ambiguous,
}

impl From<ExternalRow> for External {
    fn from(row: ExternalRow) -> Self {
        let outside = match row.is {
            Is::External => Outside::External {
                evidence: row.evidence.unwrap_or_default().into(),
            },
            Is::Unresolved => Outside::Unresolved,
            Is::Ambiguous => Outside::Ambiguous {
                candidates: row.candidates.into_iter().map(Into::into).collect(),
            },
        };
        Self {
            name: row.name.into(),
            outside,
        }
    }
}

/// One end of a link: only what may call or be called.
#[derive(Deserialize)]
#[serde(tag = "element", rename_all = "camelCase")]
pub(super) enum EndRow {
    Type(KeyRow),
    Service {
        namespace: Name,
        name: Name,
    },
    Ingress {
        namespace: Name,
        name: Name,
        #[serde(default)]
        way: Way,
    },
    External {
        name: Name,
    },
}

impl From<EndRow> for ElementKey {
    fn from(row: EndRow) -> Self {
        match row {
            EndRow::Type(key) => Self::Type(key.into()),
            EndRow::Service { namespace, name } => Self::Service {
                namespace: namespace.into(),
                name: name.into(),
            },
            EndRow::Ingress {
                namespace,
                name,
                way,
            } => Self::Ingress {
                namespace: namespace.into(),
                name: name.into(),
                way,
            },
            EndRow::External { name } => Self::External { name: name.into() },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallRow {
    pub(super) caller: EndRow,
    pub(super) callee: EndRow,
    #[serde(default)]
    pub(super) callee_is: Sort,
    pub(super) names: Vec<(Name, Name)>,
    #[serde(default)]
    pub(super) recent: Option<CountsRow>,
    #[serde(default)]
    pub(super) long: Option<CountsRow>,
    #[serde(default)]
    pub(super) p95_us: Option<u64>,
}

impl CallRow {
    pub(super) const fn is_counted(&self) -> bool {
        self.recent.is_some() || self.long.is_some()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountsRow {
    calls: u64,
    errors: u64,
    window_ms: u64,
    ends: Timestamp,
}

impl From<CountsRow> for Counts {
    fn from(row: CountsRow) -> Self {
        let calls = row.calls.min(CALLS_LIMIT);
        Self {
            calls,
            errors: row.errors.min(calls),
            window_ms: row.window_ms,
            ends: row.ends,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeclaredRow {
    pub(super) caller: EndRow,
    pub(super) callee: EndRow,
    pub(super) places: Vec<PlaceRow>,
    #[serde(default)]
    pub(super) allowed_by: Vec<Name>,
}

#[derive(Deserialize)]
pub(super) struct PlaceRow {
    place: Name,
    service: Name,
}

impl From<PlaceRow> for (Text, Text) {
    fn from(row: PlaceRow) -> Self {
        (row.place.into(), row.service.into())
    }
}
