//! Small generated systems, as the streams of observations that watches of them would send.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is taken modulo the length"
)]

mod declared;
pub mod small;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use portolan::model::Model;
use portolan::model::declared::digest;
use portolan::model::graph::Relation;
use portolan::model::observation::{
    ContainerFact, ContainerState, Endpoint, EndpointSliceFact, Fact, FactKey, Hint, IngressFact,
    Kind, Labels, Link, Links, Mention, Meta, NamespaceFact, NodeFact, Observation, OwnerRef,
    PodFact, Reading, Readings, Role, Says, Scope, ServiceFact, Span, Subject, Termination,
    WorkloadFact,
};
use portolan::model::property::{Property, Unit, Value};
use portolan::model::text::Text;
use proptest::prelude::*;

/// How the top of an application looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Deployment, ReplicaSet, pods.
    Deployment,
    /// A custom resource that nobody watches owns a StatefulSet, which owns pods.
    Custom,
    /// CronJob, Job, pods.
    CronJob,
    /// Pods that nobody owns.
    Bare,
    /// Pods that name an owner that nobody watches.
    Unknown,
}

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stays,
    Deleted,
    Recreated,
}

#[derive(Clone, Debug)]
pub struct PodPlan {
    pub look: u8,
    pub node: Option<u8>,
    pub relabelled: bool,
    pub fate: Fate,
}

#[derive(Clone, Debug)]
pub struct App {
    pub namespace: u8,
    pub name: u8,
    pub shape: Shape,
    pub pods: Vec<PodPlan>,
    /// None: no Service; 0: by selector; 1: by slices only; 2: an `ExternalName`; 3: both.
    pub service: Option<u8>,
    pub mentions: Option<u8>,
    pub ingress: bool,
    pub fate: Fate,
}

#[derive(Clone, Debug)]
pub struct World {
    pub apps: Vec<App>,
    /// Readiness of `n0` and `n1` at the end; a missing one is never seen.
    pub nodes: Vec<Option<bool>>,
    pub namespaces_seen: bool,
    pub links: Vec<(u8, u8, u8)>,
}

/// Every version of one object in order; `None` is its deletion.
pub type History = Vec<Option<Arc<Fact>>>;

const NAMESPACES: [&str; 3] = ["a", "b", "c"];

pub fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Stays),
        1 => Just(Fate::Deleted),
        1 => Just(Fate::Recreated)
    ]
}

fn pod_plan() -> impl Strategy<Value = PodPlan> {
    (0u8..6, prop::option::of(0u8..3), any::<bool>(), fate()).prop_map(
        |(look, node, relabelled, fate)| PodPlan {
            look,
            node,
            relabelled,
            fate,
        },
    )
}

fn app() -> impl Strategy<Value = App> {
    let shape = prop_oneof![
        Just(Shape::Deployment),
        Just(Shape::Custom),
        Just(Shape::CronJob),
        Just(Shape::Bare),
        Just(Shape::Unknown)
    ];
    let rest = (
        prop::option::of(0u8..4),
        prop::option::of(0u8..4),
        any::<bool>(),
        fate(),
    );
    let pods = prop::collection::vec(pod_plan(), 0..4);
    (0u8..3, 0u8..4, shape, pods, rest).prop_map(|(namespace, name, shape, pods, rest)| App {
        namespace,
        name,
        shape,
        pods,
        service: rest.0,
        mentions: rest.1,
        ingress: rest.2,
        fate: rest.3,
    })
}

pub fn world() -> impl Strategy<Value = World> {
    let nodes = prop::collection::vec(prop::option::of(any::<bool>()), 0..3);
    let links = prop::collection::vec((0u8..6, 0u8..6, 0u8..9), 0..5);
    (
        prop::collection::vec(app(), 0..6),
        nodes,
        any::<bool>(),
        links,
    )
        .prop_map(|(apps, nodes, namespaces_seen, links)| World {
            apps,
            nodes,
            namespaces_seen,
            links,
        })
}

struct Writer {
    histories: BTreeMap<FactKey, History>,
    version: u64,
}

impl Writer {
    fn meta(&mut self, namespace: &str, name: &str, uid: &str) -> Meta {
        self.version += 1;
        Meta {
            namespace: namespace.into(),
            name: name.into(),
            uid: uid.into(),
            version: self.version,
            ..Meta::default()
        }
    }

    fn push(&mut self, fact: Fact) {
        self.histories
            .entry(fact.key())
            .or_default()
            .push(Some(Arc::new(fact)));
    }

    fn delete(&mut self, key: &FactKey) {
        if let Some(history) = self.histories.get_mut(key) {
            history.push(None);
        }
    }
}

fn owner(kind: &str, name: &str, uid: &str) -> OwnerRef {
    OwnerRef {
        kind: kind.into(),
        name: name.into(),
        uid: uid.into(),
    }
}

fn labels(app: &str) -> Labels {
    [("app".into(), app.into())].into()
}

pub fn workload(kind: Kind, meta: Meta) -> WorkloadFact {
    WorkloadFact {
        kind,
        meta,
        generation: Some(1),
        observed_generation: Some(1),
        desired: (kind != Kind::CronJob).then_some(2),
        current: 2,
        ready: 1,
        updated: None,
        failed: 0,
        suspended: false,
        schedule: None,
        images: vec!["img:1".into()],
        troubles: Vec::new(),
        complete: false,
        mentions: Vec::new(),
        parameters: std::sync::Arc::default(),
    }
}

fn look(pod: &mut PodFact, look: u8) {
    let mut container = ContainerFact {
        name: "main".into(),
        image: "img:1".into(),
        role: Role::Main,
        ..ContainerFact::default()
    };
    pod.phase = "Running".into();
    match look {
        0 | 1 => {
            container.ready = true;
            container.state = ContainerState::Running { since: None };
            pod.ready = Some(true);
        }
        2 => {
            container.restarts = 3;
            container.state = ContainerState::Waiting {
                reason: "CrashLoopBackOff".into(),
                message: None,
            };
            pod.ready = Some(false);
        }
        3 => pod.phase = "Pending".into(),
        4 => {
            pod.phase = "Succeeded".into();
            container.state = ContainerState::Terminated(Termination {
                reason: "Completed".into(),
                ..Termination::default()
            });
        }
        _ => {
            pod.phase = "Failed".into();
            pod.reason = Some("Evicted".into());
        }
    }
    pod.containers = vec![container].into();
}

impl World {
    /// The histories of all objects.
    pub fn histories(&self) -> BTreeMap<FactKey, History> {
        let mut writer = Writer {
            histories: BTreeMap::new(),
            version: 0,
        };
        if self.namespaces_seen {
            for namespace in NAMESPACES {
                let meta = writer.meta("", namespace, &format!("ns-{namespace}"));
                writer.push(Fact::Namespace(NamespaceFact {
                    meta,
                    terminating: false,
                }));
            }
        }
        for (index, ready) in self.nodes.iter().enumerate() {
            for ready in [Some(true), *ready] {
                let name = format!("n{index}");
                let meta = writer.meta("", &name, &name);
                writer.push(Fact::Node(NodeFact {
                    meta,
                    ready,
                    ..NodeFact::default()
                }));
            }
        }
        let mut taken = BTreeSet::new();
        for app in &self.apps {
            if taken.insert((app.namespace, app.name)) {
                write_app(&mut writer, app);
            }
        }
        writer.histories
    }

    /// What tracing sources say, in any order among everything else.
    pub fn telemetry(&self) -> Vec<Vec<Observation>> {
        const RAW: [&str; 6] = ["app0", "App1", "app2.b", "b/app3", "bank", "app1.c"];
        let links = |span: Span, keep: fn(&(u8, u8, u8)) -> bool| {
            let links = self
                .links
                .iter()
                .filter(|l| keep(l))
                .map(|(from, to, n)| Link {
                    caller: RAW[usize::from(*from) % RAW.len()].into(),
                    callee: RAW[usize::from(*to) % RAW.len()].into(),
                    calls: u64::from(*n),
                    errors: u64::from(n / 3),
                })
                .collect();
            Observation::Links(Links {
                source: "zipkin".into(),
                span,
                window_ms: 60_000,
                ends: now(),
                links,
            })
        };
        if self.links.is_empty() {
            return Self::measured();
        }
        let names = Observation::Names {
            source: "zipkin".into(),
            names: vec!["app0".into(), "lonely".into()],
        };
        let hints = |keep: fn(&(u8, u8, u8)) -> bool| {
            let links = self.links.iter().filter(|l| keep(l));
            let hints = links.map(|(from, to, n)| Hint {
                name: RAW[usize::from(*from) % RAW.len()].into(),
                says: says(*to, *n),
                at: None,
            });
            Observation::Hints {
                source: "zipkin".into(),
                hints: hints.collect(),
            }
        };
        vec![
            vec![hints(|_| true), hints(|l| l.2 % 2 == 0)],
            vec![links(Span::Long, |_| true)],
            vec![
                links(Span::Recent, |_| false),
                links(Span::Recent, |l| l.2 > 3),
            ],
            vec![names],
        ]
        .into_iter()
        .chain(Self::measured())
        .collect()
    }

    /// What sources measured of pods, containers, types, Services and machines that are there, come, go, or
    /// never were.
    fn measured() -> Vec<Vec<Observation>> {
        let part = |source: &str, part: &str, name: &str, number: f64| {
            let mut readings = Vec::new();
            for namespace in NAMESPACES {
                for app in 0..4 {
                    for subject in subjects(namespace, app) {
                        let property = property(source, name, number);
                        readings.push(Reading { subject, property });
                    }
                }
            }
            Observation::Readings(Box::new(Readings {
                source: source.into(),
                part: part.into(),
                readings,
            }))
        };
        let unread = |source: &str, part: &str| Observation::Unread {
            source: source.into(),
            part: part.into(),
        };
        vec![
            vec![
                part("metrics.k8s.io", "a", "cpu", 1.0),
                part("metrics.k8s.io", "a", "cpu", 2.0),
            ],
            vec![
                part("sensor", "x", "cpu", 3.0),
                part("sensor", "x", "queue", 4.0),
            ],
            vec![part("sensor", "y", "queue", 5.0), unread("sensor", "y")],
        ]
    }
}

fn property(source: &str, name: &str, number: f64) -> Property {
    Property {
        name: name.into(),
        description: None,
        value: Value::Number(number),
        unit: Unit::None,
        at: now(),
        window_ms: None,
        source: source.into(),
    }
}

fn subjects(namespace: &str, app: u8) -> [Subject; 5] {
    let (namespace, name): (Text, Text) = (namespace.into(), format!("app{app}").into());
    let pod: Text = format!("{namespace}-{name}-pod0").into();
    [
        Subject::Pod {
            namespace: namespace.clone(),
            name: pod.clone(),
        },
        Subject::Container {
            namespace: namespace.clone(),
            pod,
            name: "main".into(),
        },
        Subject::Type {
            key: portolan::model::key::TypeKey::new(&namespace, "Deployment", &name),
        },
        Subject::Service { namespace, name },
        Subject::Node {
            name: format!("n{app}").into(),
        },
    ]
}

/// Something that spans may say, true or not.
fn says(what: u8, n: u8) -> Says {
    let namespace: Text = NAMESPACES[usize::from(n) % NAMESPACES.len()].into();
    let name: Text = format!("app{}", n % 4).into();
    match what % 6 {
        0 => Says::Namespace { name: namespace },
        1 => Says::Workload {
            namespace,
            kind: Kind::Deployment,
            name,
        },
        2 => Says::Address {
            ip: address(n).into(),
        },
        3 => Says::Peer {
            ip: address(n).into(),
        },
        4 => Says::Group { name: namespace },
        _ => Says::PodUid {
            uid: format!("{namespace}-{name}-pod0").into(),
        },
    }
}

fn address(n: u8) -> String {
    format!("10.0.0.{}", n % 8)
}

fn write_app(writer: &mut Writer, app: &App) {
    let namespace = NAMESPACES[usize::from(app.namespace) % NAMESPACES.len()];
    let name = format!("app{}", app.name);
    let uid = |what: &str| format!("{namespace}-{name}-{what}");
    let mentions: Vec<Mention> = app
        .mentions
        .map(|other| Mention {
            host: digest(&format!("app{other}")),
            place: "PEER_ADDR".into(),
        })
        .into_iter()
        .collect();
    let generations = match app.fate {
        Fate::Recreated => 2,
        _ => 1,
    };
    let mut pod_owner = None;
    for generation in 0..generations {
        let top = uid(&format!("top{generation}"));
        let mid = uid(&format!("mid{generation}"));
        let last = generation + 1 == generations;
        let deleted = !last || app.fate == Fate::Deleted;
        let mut made = Vec::new();
        match app.shape {
            Shape::Deployment => {
                let meta = writer.meta(namespace, &name, &top);
                let mut fact = workload(Kind::Deployment, meta);
                fact.mentions.clone_from(&mentions);
                fact.parameters = declared::parameters(&name).into();
                made.push(fact);
                let mut meta = writer.meta(namespace, &format!("{name}-rs{generation}"), &mid);
                meta.owner = Some(owner("Deployment", &name, &top));
                made.push(workload(Kind::ReplicaSet, meta));
                pod_owner = Some(owner("ReplicaSet", &format!("{name}-rs{generation}"), &mid));
            }
            Shape::Custom => {
                let mut meta = writer.meta(namespace, &format!("{name}-set"), &mid);
                meta.owner = Some(owner("Queue.example.org", &name, &top));
                made.push(workload(Kind::StatefulSet, meta));
                pod_owner = Some(owner("StatefulSet", &format!("{name}-set"), &mid));
            }
            Shape::CronJob => {
                let meta = writer.meta(namespace, &name, &top);
                made.push(workload(Kind::CronJob, meta));
                let mut meta = writer.meta(namespace, &format!("{name}-job{generation}"), &mid);
                meta.owner = Some(owner("CronJob", &name, &top));
                made.push(workload(Kind::Job, meta));
                pod_owner = Some(owner("Job", &format!("{name}-job{generation}"), &mid));
            }
            Shape::Bare => {}
            Shape::Unknown => pod_owner = Some(owner("Rollout.example.org", &name, &top)),
        }
        for fact in made {
            let fact = Fact::Workload(Box::new(fact));
            let key = fact.key();
            writer.push(fact);
            if deleted {
                writer.delete(&key);
            }
        }
    }
    let mut uids = Vec::new();
    for (index, plan) in app.pods.iter().enumerate() {
        let pod_uid = uid(&format!("pod{index}"));
        uids.push((pod_uid.clone(), plan.fate));
        write_pod(
            writer,
            (namespace, &name, &pod_uid),
            plan,
            pod_owner.as_ref(),
            &mentions,
        );
    }
    write_service(writer, app, (namespace, &name), &uids);
    declared::write(writer, app, (namespace, &name));
    if app.ingress {
        let meta = writer.meta(namespace, &name, &uid("ingress"));
        writer.push(Fact::Ingress(IngressFact {
            meta,
            hosts: vec!["shop.example".into()],
            backends: vec![name.as_str().into()],
            ..IngressFact::default()
        }));
    }
}

fn write_pod(
    writer: &mut Writer,
    (namespace, name, uid): (&str, &str, &str),
    plan: &PodPlan,
    owner: Option<&OwnerRef>,
    mentions: &[Mention],
) {
    let lives = match plan.fate {
        Fate::Recreated => 2,
        _ => 1,
    };
    for life in 0..lives {
        let mut pod = PodFact {
            meta: writer.meta(namespace, uid, uid),
            phase: "Pending".into(),
            mentions: mentions.to_vec(),
            parameters: declared::parameters(name).into(),
            ..PodFact::default()
        };
        pod.meta.owner = owner.cloned();
        pod.meta.labels = labels(name);
        let key = Fact::Pod(Box::new(pod.clone())).key();
        writer.push(Fact::Pod(Box::new(pod.clone())));
        writer.version += 1;
        pod.meta.version = writer.version;
        pod.node = plan.node.map(|n| format!("n{n}").into());
        let ip = uid.bytes().fold(plan.look, u8::wrapping_add);
        pod.ip = Some(address(ip).into());
        look(&mut pod, plan.look);
        writer.push(Fact::Pod(Box::new(pod.clone())));
        if plan.relabelled {
            writer.version += 1;
            pod.meta.version = writer.version;
            pod.meta.labels = labels("app0");
            writer.push(Fact::Pod(Box::new(pod)));
        }
        if plan.fate == Fate::Deleted || life + 1 < lives {
            writer.delete(&key);
        }
    }
}

fn write_service(
    writer: &mut Writer,
    app: &App,
    (namespace, name): (&str, &str),
    pods: &[(String, Fate)],
) {
    let Some(how) = app.service else { return };
    let mut service = ServiceFact {
        meta: writer.meta(namespace, name, &format!("{namespace}-{name}-service")),
        service_type: "ClusterIP".into(),
        ..ServiceFact::default()
    };
    if how == 0 || how == 3 {
        service.selector = labels(name);
    }
    if how == 2 {
        service.external_name = Some("first.example".into());
        writer.push(Fact::Service(service.clone()));
        writer.version += 1;
        service.meta.version = writer.version;
        service.external_name = Some("bank".into());
    }
    writer.push(Fact::Service(service));
    if how == 1 || how == 3 {
        for part in 0..2 {
            let slice = format!("{name}-{part}");
            let endpoints = pods
                .iter()
                .skip(part)
                .map(|(uid, fate)| Endpoint {
                    pod: Some(uid.as_str().into()),
                    ready: *fate == Fate::Stays,
                })
                .collect();
            let meta = writer.meta(namespace, &slice, &format!("{namespace}-{slice}"));
            writer.push(Fact::EndpointSlice(EndpointSliceFact {
                meta,
                service: name.into(),
                endpoints,
            }));
        }
    }
}

/// The scope of all namespaces.
pub fn everywhere(kind: Kind) -> Scope {
    Scope {
        source: "kubernetes".into(),
        kind,
        namespace: None,
    }
}

/// The scope of one namespace.
pub fn inside(kind: Kind, namespace: &str) -> Scope {
    Scope {
        namespace: Some(namespace.into()),
        ..everywhere(kind)
    }
}

/// All kinds that are facts.
pub const KINDS: [Kind; 16] = [
    Kind::Namespace,
    Kind::Node,
    Kind::Pod,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::CronJob,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::Ingress,
    Kind::ConfigMap,
    Kind::NetworkPolicy,
    Kind::HorizontalPodAutoscaler,
    Kind::HttpRoute,
];

pub fn covers(scope: &Scope, key: &FactKey) -> bool {
    key.kind == scope.kind && scope.namespace.as_ref().is_none_or(|n| *n == key.namespace)
}

pub fn begin(scope: &Scope, epoch: u64) -> Observation {
    Observation::Begin {
        scope: scope.clone(),
        epoch,
    }
}

pub fn end(scope: &Scope, epoch: u64) -> Observation {
    Observation::End {
        scope: scope.clone(),
        epoch,
    }
}

pub fn seen(scope: &Scope, fact: &Arc<Fact>) -> Observation {
    Observation::Seen {
        scope: scope.clone(),
        fact: fact.clone(),
    }
}

/// One watch: a list of how things were after `listed` versions, then the rest as it happens.
pub fn watch(
    histories: &BTreeMap<FactKey, History>,
    scope: &Scope,
    listed: usize,
) -> Vec<Observation> {
    let mine: Vec<(&FactKey, &History)> =
        histories.iter().filter(|(k, _)| covers(scope, k)).collect();
    let mut stream = vec![begin(scope, 1)];
    for (_, history) in &mine {
        if let Some(Some(fact)) = listed.checked_sub(1).and_then(|at| history.get(at)) {
            stream.push(seen(scope, fact));
        } else if listed > history.len()
            && let Some(Some(fact)) = history.last()
        {
            stream.push(seen(scope, fact));
        }
    }
    stream.push(end(scope, 1));
    for (key, history) in mine {
        for version in history.iter().skip(listed) {
            stream.push(match version {
                Some(fact) => seen(scope, fact),
                None => Observation::Gone {
                    scope: scope.clone(),
                    key: key.clone(),
                },
            });
        }
    }
    stream
}

/// A list of how things are in the end.
pub fn list(histories: &BTreeMap<FactKey, History>, scope: &Scope, epoch: u64) -> Vec<Observation> {
    let mut stream = vec![begin(scope, epoch)];
    stream.extend(
        histories
            .iter()
            .filter(|(k, _)| covers(scope, k))
            .filter_map(|(_, h)| Some(seen(scope, h.last()?.as_ref()?))),
    );
    stream.push(end(scope, epoch));
    stream
}

/// Merges streams: each pick takes the next observation of one of those that have one.
pub fn interleave(streams: Vec<Vec<Observation>>, picks: &[u16]) -> Vec<Observation> {
    let mut streams: Vec<_> = streams.into_iter().map(Vec::into_iter).collect();
    let mut merged = Vec::new();
    let mut picks = picks.iter().copied().cycle();
    while !streams.is_empty() {
        let at = usize::from(picks.next().unwrap_or(0)) % streams.len();
        match streams.get_mut(at).and_then(Iterator::next) {
            Some(observation) => merged.push(observation),
            None => drop(streams.remove(at)),
        }
    }
    merged
}

/// Everything that can be asked of a model's graph, as text.
pub fn canonical(model: &Model) -> Vec<String> {
    const RELATIONS: [Relation; 6] = [
        Relation::In,
        Relation::InstanceOf,
        Relation::On,
        Relation::LeadsTo,
        Relation::Calls,
        Relation::Declares,
    ];
    let graph = model.graph();
    let mut lines = Vec::new();
    for (key, element) in graph.elements() {
        lines.push(format!(
            "{key}: {}",
            serde_json::to_string(element).unwrap_or_default()
        ));
        let properties = model.properties(key);
        let container = model.container_properties(key, &"main".into());
        for property in properties.iter().chain(container) {
            let text = serde_json::to_string(property).unwrap_or_default();
            lines.push(format!("{key} has {text}"));
        }
        for relation in RELATIONS {
            let mut targets: Vec<String> = graph
                .targets(key, relation)
                .map(|e| e.key().to_string())
                .collect();
            targets.sort();
            if !targets.is_empty() {
                lines.push(format!("{key} {relation:?} {targets:?}"));
            }
        }
    }
    lines
}

/// A model that was told everything in batches of `size`.
pub fn told(observations: &[Observation], size: usize) -> Model {
    let mut model = Model::new("test", mapping());
    for batch in observations.chunks(size.max(1)) {
        model.apply(batch.to_vec(), now());
    }
    model
}

/// A person's mapping whose target may or may not exist.
pub fn mapping() -> Vec<(Text, portolan::model::key::TypeKey)> {
    let key = portolan::model::key::TypeKey::new("c", "Deployment", "app2");
    vec![("bank".into(), key)]
}
