//! The export as JSON. The names of the fields are a promise: `assets/model-schema.md` lists them, and a
//! change that is not an addition counts [`SCHEMA_VERSION`] up.

use jiff::Timestamp;
use serde::Serialize;

use super::findings::{self, FindingRow};
use super::operations::{Operations, operations};
use super::parameters::{self, ParameterRow};
use super::properties::{PropertyRow, properties};
use super::versions::{self, VersionRow};
use super::{Options, is_about, touches};
use crate::model::Model;
use crate::model::element::{
    Autoscaler, Call, Component, ComponentState, ComponentType, Counts, Declared, Element,
    External, Health, Ingress, Machine, Outside, Reason, Scalability, Service, Tenant,
};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::{
    Amounts, ContainerFact, ContainerState, Labels, NamespaceChoice, Role, ServicePort,
};
use crate::model::rating::Rating;
use crate::model::source::SourceStatus;
use crate::model::text::Text;
use crate::model::usage::Sort;

/// The version of the schema that [`Export`] follows.
pub const SCHEMA_VERSION: u32 = 2;

/// The whole export. Every list is sorted: by namespace, kind and name, or by key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Export<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The Kubernetes context.
    pub context: &'a Text,
    /// Whether all namespaces were chosen.
    pub all_namespaces: bool,
    /// The chosen namespaces; empty when all are.
    pub namespaces: Vec<&'a Text>,
    /// Namespaces that hold something or are known to exist.
    pub tenants: Vec<TenantRow<'a>>,
    /// Component types: topmost owners of pods.
    pub types: Vec<TypeRow<'a>>,
    /// Pods.
    pub pods: Vec<PodRow<'a>>,
    /// Services.
    pub services: Vec<ServiceRow<'a>>,
    /// Ingresses.
    pub ingresses: Vec<IngressRow<'a>>,
    /// Machines.
    pub nodes: Vec<NodeRow<'a>>,
    /// Names that telemetry knows and the cluster does not.
    pub externals: Vec<ExternalRow<'a>>,
    /// Observed calls.
    pub calls: Vec<CallRow<'a>>,
    /// Operations and their use, from a sample of traces. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<Operations<'a>>,
    /// What was measured, and is not too old. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<PropertyRow<'a>>>,
    /// Links that configuration declares, used or not.
    pub declared: Vec<DeclaredRow<'a>>,
    /// What is not as it should be, by the rules. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<FindingRow>>,
    /// What each source says about itself.
    pub sources: Vec<SourceRow<'a>>,
}

/// A namespace.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantRow<'a> {
    name: &'a Text,
    terminating: bool,
    created: Option<Timestamp>,
    labels: &'a Labels,
}

/// A component type.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeRow<'a> {
    namespace: &'a Text,
    kind: &'a Text,
    name: &'a Text,
    /// Whether its own object was seen, and not only pods or workloads that name it.
    declared: bool,
    desired: Option<u32>,
    /// As `kubectl get` counts for the kind.
    ready: u32,
    /// Pods that exist; `null` while they are not known.
    components: Option<u32>,
    /// Those of the newest template.
    updated: Option<u32>,
    state: ComponentState,
    health: Health,
    reason: Option<&'a Reason>,
    /// `null` while the pods are not known.
    restarts: Option<u32>,
    images: &'a [Text],
    revision: Option<&'a Text>,
    generation: Option<i64>,
    observed_generation: Option<i64>,
    schedule: Option<&'a Text>,
    scalable: bool,
    /// Why it cannot be scaled.
    not_scalable_because: Option<&'a Text>,
    /// How much depends on it, by its annotation.
    criticality: Option<f64>,
    /// How probably it works, by its annotation.
    reliability: Option<f64>,
    /// Services that lead to it.
    services: Vec<&'a Text>,
    /// Who sets its number by itself.
    autoscalers: &'a [Autoscaler],
    /// What its configuration sets, without values.
    parameters: Vec<ParameterRow<'a>>,
    /// Its versions, while there is more than one. Only with telemetry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<VersionRow>,
    created: Option<Timestamp>,
    labels: &'a Labels,
}

/// Kind and name of a topmost owner, which is in the pod's namespace.
#[derive(Debug, Serialize)]
pub struct OwnerRow<'a> {
    kind: &'a Text,
    name: &'a Text,
}

/// A pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodRow<'a> {
    namespace: &'a Text,
    name: &'a Text,
    uid: &'a Text,
    node: Option<&'a Text>,
    /// The topmost owner: the component type.
    owner: OwnerRow<'a>,
    /// The name of the controller that directly owns it.
    controller: Option<&'a Text>,
    /// Ready containers of those that count, as kubectl counts.
    ready: u32,
    total: u32,
    /// kubectl's STATUS.
    status: &'a Text,
    state: ComponentState,
    health: Health,
    reason: Option<&'a Reason>,
    restarts: u32,
    ip: Option<&'a Text>,
    created: Option<Timestamp>,
    ready_since: Option<Timestamp>,
    containers: Vec<ContainerRow<'a>>,
    labels: &'a Labels,
}

/// A container of a pod.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRow<'a> {
    name: &'a Text,
    image: &'a Text,
    /// `main`, `init` or `sidecar`.
    role: Role,
    ready: bool,
    restarts: u32,
    /// `unreported`, `waiting`, `running` or `terminated`.
    state: &'static str,
    /// Why it waits or how it ended.
    reason: Option<&'a Text>,
    /// Where it has ended.
    exit_code: Option<i32>,
    /// What is set aside for it, and the most that it may use.
    requests: Amounts,
    limits: Amounts,
}

/// A Service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRow<'a> {
    namespace: &'a Text,
    name: &'a Text,
    #[serde(rename = "type")]
    service_type: &'a Text,
    cluster_ip: Option<&'a Text>,
    external_name: Option<&'a Text>,
    selector: &'a Labels,
    ports: &'a [ServicePort],
    /// `null` while nothing is known of its endpoints.
    ready_endpoints: Option<u32>,
    endpoints: Option<u32>,
    leads_to: &'a [TypeKey],
    health: Health,
    reason: Option<&'a Reason>,
}

/// An Ingress or a route of a Gateway.
#[derive(Debug, Serialize)]
pub struct IngressRow<'a> {
    namespace: &'a Text,
    name: &'a Text,
    /// `Ingress`, `HTTPRoute` or `GRPCRoute`.
    kind: &'static str,
    /// The Gateways that a route belongs to.
    gateways: &'a [Text],
    hosts: &'a [Text],
    backends: &'a [Text],
}

/// A machine.
#[derive(Debug, Serialize)]
pub struct NodeRow<'a> {
    name: &'a Text,
    /// Whether its own object was seen, and not only pods that name it.
    declared: bool,
    ready: Option<bool>,
    pressures: &'a [Text],
    unschedulable: bool,
    zone: Option<&'a Text>,
    health: Health,
    reason: Option<&'a Reason>,
}

/// A name outside of the cluster.
#[derive(Debug, Serialize)]
pub struct ExternalRow<'a> {
    name: &'a Text,
    /// `external`, `unresolved` or `ambiguous`.
    is: &'static str,
    /// Of `external`: why we think so.
    evidence: Option<&'a Text>,
    /// Of `ambiguous`: what it may be.
    candidates: &'a [TypeKey],
}

/// One end of a link: as text, and taken apart.
#[derive(Debug, Serialize)]
pub struct EndRow<'a> {
    /// `namespace/Kind/name`, `external/name`.
    key: String,
    #[serde(flatten)]
    parts: &'a ElementKey,
}

/// Observed calls.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRow<'a> {
    caller: EndRow<'a>,
    callee: EndRow<'a>,
    /// What the callers take the callee for, as a sample of traces tells.
    callee_is: Sort,
    /// The raw names behind it: caller, callee.
    names: &'a [(Text, Text)],
    /// Counts of the short window. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    recent: Option<Counts>,
    /// Counts of the long window. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    long: Option<Counts>,
    /// The duration in µs that 95 % of sampled calls did not exceed. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_us: Option<u64>,
}

/// A declared link.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredRow<'a> {
    caller: EndRow<'a>,
    callee: EndRow<'a>,
    places: Vec<PlaceRow<'a>>,
    /// NetworkPolicies that allow it by naming both ends.
    allowed_by: &'a [Text],
    /// Whether it was called within the long window; `null` where that cannot be known.
    observed: Option<bool>,
}

/// Where a link is declared, and which Service it names.
#[derive(Debug, Serialize)]
pub struct PlaceRow<'a> {
    place: &'a Text,
    service: &'a Text,
}

/// What a source says about one of its parts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRow<'a> {
    source: &'a Text,
    part: &'a Text,
    /// `null` for all.
    namespace: Option<&'a Text>,
    /// `loading`, `live`, `stale`, `forbidden`, `failed` or `off`.
    state: &'static str,
    /// What is wrong and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a Text>,
    address: Option<&'a Text>,
    /// When this was said. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    /// The server's clock minus ours in ms. Only with telemetry.
    #[serde(skip_serializing_if = "Option::is_none")]
    skew_ms: Option<i64>,
}

/// Gathers the export.
#[must_use]
pub fn export<'a>(model: &'a Model, options: &'a Options) -> Export<'a> {
    let choice = &options.namespaces;
    let covered = |namespace: &Text| choice.covers(namespace);
    let mut pods: Vec<&Component> = model
        .components()
        .filter(|c| covered(&c.namespace))
        .collect();
    pods.sort_by(|a, b| (&a.namespace, &a.name, &a.uid).cmp(&(&b.namespace, &b.name, &b.uid)));
    let elements = || model.graph().elements().map(|(_, e)| &**e);
    Export {
        schema_version: SCHEMA_VERSION,
        context: model.context(),
        all_namespaces: *choice == NamespaceChoice::All,
        namespaces: match choice {
            NamespaceChoice::All => Vec::new(),
            NamespaceChoice::Only(names) => names.iter().collect(),
        },
        tenants: model
            .tenants()
            .filter(|t| covered(&t.name))
            .map(tenant)
            .collect(),
        types: model
            .types()
            .filter(|t| covered(&t.key.namespace))
            .map(|e| component_type(model, e, options.telemetry))
            .collect(),
        pods: pods.into_iter().map(pod).collect(),
        services: model
            .services()
            .filter(|s| covered(&s.namespace))
            .map(service)
            .collect(),
        ingresses: model
            .ingresses()
            .filter(|i| covered(&i.namespace))
            .map(ingress)
            .collect(),
        nodes: model.machines().map(node).collect(),
        externals: elements()
            .filter_map(|e| match e {
                Element::External(found) if is_about(model, choice, &e.key()) => {
                    Some(external(found))
                }
                _ => None,
            })
            .collect(),
        calls: elements()
            .filter_map(|e| match e {
                Element::Call(e) if touches(choice, &e.caller, &e.callee) => {
                    Some(call(model, e, options.telemetry))
                }
                _ => None,
            })
            .collect(),
        operations: options
            .telemetry
            .then(|| operations(model, choice))
            .flatten(),
        properties: options
            .telemetry
            .then(|| properties(model, choice))
            .flatten(),
        declared: elements()
            .filter_map(|e| match e {
                Element::Declared(e) if touches(choice, &e.caller, &e.callee) => {
                    Some(declared(model, e))
                }
                _ => None,
            })
            .collect(),
        findings: options.telemetry.then(|| findings::rows(model, choice)),
        sources: model
            .sources()
            .values()
            .filter_map(|s| source(s, options.telemetry))
            .collect(),
    }
}

/// The export as indented JSON with a line end.
///
/// # Errors
/// None that a model can cause; the encoder's, should it have any.
pub fn text(model: &Model, options: &Options) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&export(model, options))?;
    text.push('\n');
    Ok(text)
}

fn tenant(e: &Tenant) -> TenantRow<'_> {
    TenantRow {
        name: &e.name,
        terminating: e.terminating,
        created: e.created,
        labels: &e.labels,
    }
}

fn component_type<'a>(model: &'a Model, e: &'a ComponentType, telemetry: bool) -> TypeRow<'a> {
    let not_scalable_because = match &e.scalability {
        Scalability::Scalable => None,
        Scalability::Fixed { why } => Some(why),
    };
    let known = |number: u32| model.knows_components(&e.key.namespace).then_some(number);
    TypeRow {
        namespace: &e.key.namespace,
        kind: &e.key.kind,
        name: &e.key.name,
        declared: e.declared,
        desired: e.desired,
        ready: e.ready,
        components: known(e.components),
        updated: e.updated,
        state: e.state,
        health: e.health,
        reason: e.reason.as_ref(),
        restarts: known(e.restarts),
        images: &e.images,
        revision: e.revision.as_ref(),
        generation: e.generation,
        observed_generation: e.observed_generation,
        schedule: e.schedule.as_ref(),
        scalable: not_scalable_because.is_none(),
        not_scalable_because,
        criticality: e.ratings.criticality.as_ref().and_then(Rating::value),
        reliability: e.ratings.reliability.as_ref().and_then(Rating::value),
        services: model.services_of(&e.key).iter().map(|s| &s.name).collect(),
        autoscalers: &e.autoscalers,
        parameters: parameters::rows(&e.parameters),
        versions: if telemetry {
            versions::rows(model, &e.key)
        } else {
            Vec::new()
        },
        created: e.created,
        labels: &e.labels,
    }
}

fn pod(e: &Component) -> PodRow<'_> {
    PodRow {
        namespace: &e.namespace,
        name: &e.name,
        uid: &e.uid,
        node: e.node.as_ref(),
        owner: OwnerRow {
            kind: &e.of.kind,
            name: &e.of.name,
        },
        controller: e.owner.as_ref(),
        ready: e.ready,
        total: e.total,
        status: &e.status,
        state: e.state,
        health: e.health,
        reason: e.reason.as_ref(),
        restarts: e.restarts,
        ip: e.ip.as_ref(),
        created: e.created,
        ready_since: e.ready_since,
        containers: e.containers.iter().map(container).collect(),
        labels: &e.labels,
    }
}

fn container(e: &ContainerFact) -> ContainerRow<'_> {
    let (state, reason, exit_code) = match &e.state {
        ContainerState::Unreported => ("unreported", None, None),
        ContainerState::Waiting { reason, .. } => ("waiting", Some(reason), None),
        ContainerState::Running { .. } => ("running", None, None),
        ContainerState::Terminated(end) => ("terminated", Some(&end.reason), Some(end.exit_code)),
    };
    ContainerRow {
        name: &e.name,
        image: &e.image,
        role: e.role,
        ready: e.ready,
        restarts: e.restarts,
        state,
        reason: reason.filter(|r| !r.is_empty()),
        exit_code,
        requests: e.requests,
        limits: e.limits,
    }
}

fn service(e: &Service) -> ServiceRow<'_> {
    ServiceRow {
        namespace: &e.namespace,
        name: &e.name,
        service_type: &e.service_type,
        cluster_ip: e.cluster_ip.as_ref(),
        external_name: e.external_name.as_ref(),
        selector: &e.selector,
        ports: &e.ports,
        ready_endpoints: e.ready_endpoints,
        endpoints: e.ready_endpoints.map(|_| e.endpoints),
        leads_to: &e.leads_to,
        health: e.health,
        reason: e.reason.as_ref(),
    }
}

fn ingress(e: &Ingress) -> IngressRow<'_> {
    IngressRow {
        namespace: &e.namespace,
        name: &e.name,
        kind: e.way.kind().name(),
        gateways: &e.gateways,
        hosts: &e.hosts,
        backends: &e.backends,
    }
}

fn node(e: &Machine) -> NodeRow<'_> {
    NodeRow {
        name: &e.name,
        declared: e.declared,
        ready: e.ready,
        pressures: &e.pressures,
        unschedulable: e.unschedulable,
        zone: e.zone.as_ref(),
        health: e.health,
        reason: e.reason.as_ref(),
    }
}

fn external(e: &External) -> ExternalRow<'_> {
    let (is, evidence, candidates) = match &e.outside {
        Outside::External { evidence } => ("external", Some(evidence), &[][..]),
        Outside::Unresolved => ("unresolved", None, &[][..]),
        Outside::Ambiguous { candidates } => ("ambiguous", None, candidates.as_slice()),
    };
    ExternalRow {
        name: &e.name,
        is,
        evidence,
        candidates,
    }
}

pub(super) fn end(key: &ElementKey) -> EndRow<'_> {
    EndRow {
        key: key.to_string(),
        parts: key,
    }
}

fn call<'a>(model: &Model, e: &'a Call, telemetry: bool) -> CallRow<'a> {
    let pace = || {
        let key = ElementKey::call(e.caller.clone(), e.callee.clone());
        model.interfaces().p95_us(&key)
    };
    CallRow {
        caller: end(&e.caller),
        callee: end(&e.callee),
        callee_is: model.interfaces().sort(&e.callee),
        names: &e.names,
        recent: e.recent.filter(|_| telemetry),
        long: e.long.filter(|_| telemetry),
        p95_us: telemetry.then(pace).flatten(),
    }
}

fn declared<'a>(model: &Model, e: &'a Declared) -> DeclaredRow<'a> {
    DeclaredRow {
        caller: end(&e.caller),
        callee: end(&e.callee),
        places: e
            .places
            .iter()
            .map(|(place, service)| PlaceRow { place, service })
            .collect(),
        allowed_by: &e.allowed,
        observed: model.is_observed(e),
    }
}

fn source(e: &SourceStatus, telemetry: bool) -> Option<SourceRow<'_>> {
    let state = e.state.as_ref()?;
    Some(SourceRow {
        source: &e.key.source,
        part: &e.key.part,
        namespace: e.key.namespace.as_ref(),
        state: state.word(),
        cause: state.why(),
        address: e.address.as_ref(),
        at: telemetry.then_some(e.at),
        skew_ms: e.skew_ms.filter(|_| telemetry),
    })
}
