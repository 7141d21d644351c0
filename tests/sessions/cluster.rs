//! A cluster of plain values, and what a watch of it would say.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portolan::model::declared::digest;
use portolan::model::example::Example;
use portolan::model::observation::{
    ContainerFact, ContainerState, Endpoint, EndpointSliceFact, Fact, FactKey, Happening,
    IngressFact, Kind, Labels, Link, Links, Mention, Meta, NamespaceChoice, NamespaceFact,
    NodeFact, Observation, OwnerRef, PodFact, Scope, ServiceFact, ServicePort, Span, Termination,
    WorkloadFact,
};
use portolan::model::source::{SourceKey, SourceState, SourceStatus};
use portolan::model::text::{self, Text};
use portolan::model::usage::{Protocol, Sort, Tally, Thrown, Use, Uses};
use portolan::trace::id::SpanId;

const NAMESPACED: [Kind; 10] = [
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
];
const CLUSTER_WIDE: [Kind; 2] = [Kind::Namespace, Kind::Node];

/// When every session begins: 13:03:12 UTC.
pub fn start() -> Timestamp {
    "2026-03-01T13:03:12Z".parse().unwrap_or_default()
}

/// A while before the session began.
pub fn ago(seconds: i64) -> Option<Timestamp> {
    start().checked_sub(SignedDuration::from_secs(seconds)).ok()
}

/// What there is, and what was told of it.
#[derive(Default)]
pub struct Cluster {
    facts: BTreeMap<FactKey, Fact>,
    told: BTreeMap<FactKey, Fact>,
    version: u64,
    epoch: u64,
}

impl Cluster {
    pub fn put(&mut self, fact: Fact) {
        self.facts.insert(fact.key(), fact);
    }

    pub fn meta(&mut self, namespace: &str, name: &str, age: i64) -> Meta {
        self.version += 1;
        Meta {
            namespace: text::name(namespace),
            name: text::name(name),
            uid: text::name(&format!("{namespace}-{name}-{}", self.version)),
            version: self.version,
            created: ago(age),
            ..Meta::default()
        }
    }

    pub fn namespace(&mut self, name: &str) {
        let meta = self.meta("", name, 86_400 * 12);
        self.put(Fact::Namespace(NamespaceFact {
            meta,
            terminating: false,
        }));
    }

    pub fn node(&mut self, name: &str) {
        let meta = self.meta("", name, 86_400 * 90);
        self.put(Fact::Node(NodeFact {
            meta,
            ready: Some(true),
            zone: Some("zone-a".into()),
            ..NodeFact::default()
        }));
    }

    /// A Deployment with a `ReplicaSet` and ready pods.
    pub fn deploy(&mut self, namespace: &str, name: &str, replicas: u32) {
        self.deploy_calling(namespace, name, replicas, &[]);
    }

    /// The same, whose environment names other Services.
    pub fn deploy_calling(&mut self, namespace: &str, name: &str, replicas: u32, calls: &[&str]) {
        let meta = self.meta(namespace, name, 86_400 * 2);
        let top = owner("Deployment", &meta);
        let mut fact = workload(Kind::Deployment, meta, replicas);
        fact.mentions = calls
            .iter()
            .map(|callee| Mention {
                host: digest(callee),
                place: text::name(&format!("{}_ADDR", callee.to_uppercase())),
            })
            .collect();
        self.put(Fact::Workload(Box::new(fact)));
        let mut meta = self.meta(namespace, &format!("{name}-5d8f"), 86_400 * 2);
        meta.owner = Some(top);
        let set = owner("ReplicaSet", &meta);
        self.put(Fact::Workload(Box::new(workload(
            Kind::ReplicaSet,
            meta,
            replicas,
        ))));
        for index in 0..replicas {
            self.pod(namespace, &format!("{name}-5d8f-{index}"), name, &set);
        }
    }

    /// A workload of another kind, with pods of its own.
    pub fn workload(&mut self, kind: Kind, namespace: &str, name: &str, pods: u32) {
        let meta = self.meta(namespace, name, 86_400);
        let top = owner(kind.name(), &meta);
        let mut fact = workload(kind, meta, pods);
        if kind == Kind::CronJob {
            fact.desired = None;
            fact.schedule = Some("*/5 * * * *".into());
        }
        self.put(Fact::Workload(Box::new(fact)));
        for index in 0..pods {
            self.pod(namespace, &format!("{name}-{index}"), name, &top);
        }
    }

    pub fn pod(&mut self, namespace: &str, name: &str, app: &str, owner: &OwnerRef) {
        let mut meta = self.meta(namespace, name, 7_200);
        meta.owner = Some(owner.clone());
        meta.labels = labels(app);
        self.put(Fact::Pod(Box::new(PodFact {
            meta,
            node: Some("node-1".into()),
            phase: "Running".into(),
            ip: Some("10.0.0.7".into()),
            ready: Some(true),
            ready_since: ago(7_190),
            containers: vec![ContainerFact {
                name: "main".into(),
                image: text::name(&format!("registry.example/{app}:1.8.2")),
                ready: true,
                started: true,
                state: ContainerState::Running { since: ago(7_195) },
                ..ContainerFact::default()
            }]
            .into(),
            ..PodFact::default()
        })));
    }

    /// A Service in front of the pods of an app, with its endpoints.
    pub fn service(&mut self, namespace: &str, name: &str, port: u16) {
        let meta = self.meta(namespace, name, 86_400 * 2);
        self.put(Fact::Service(ServiceFact {
            meta,
            service_type: "ClusterIP".into(),
            cluster_ip: Some("10.96.0.9".into()),
            selector: labels(name),
            ports: vec![ServicePort {
                name: Some("http".into()),
                port,
                target: Some("8080".into()),
                protocol: "TCP".into(),
            }],
            ..ServiceFact::default()
        }));
        self.endpoints(namespace, name);
    }

    /// Writes the endpoints of a Service as its controller would.
    pub fn endpoints(&mut self, namespace: &str, name: &str) {
        let endpoints = self
            .pods(namespace, name)
            .map(|p| Endpoint {
                pod: Some(p.meta.uid.clone()),
                ready: p.ready == Some(true),
            })
            .collect();
        let meta = self.meta(namespace, &format!("{name}-x7k2"), 86_400);
        self.put(Fact::EndpointSlice(EndpointSliceFact {
            meta,
            service: text::name(name),
            endpoints,
        }));
    }

    pub fn ingress(&mut self, namespace: &str, name: &str, backend: &str) {
        let meta = self.meta(namespace, name, 86_400);
        self.put(Fact::Ingress(IngressFact {
            meta,
            hosts: vec!["shop.example".into()],
            backends: vec![text::name(backend)],
            ..IngressFact::default()
        }));
    }

    fn pods<'a>(&'a self, namespace: &'a str, app: &'a str) -> impl Iterator<Item = &'a PodFact> {
        self.facts.values().filter_map(move |fact| match fact {
            Fact::Pod(pod)
                if *pod.meta.namespace == *namespace
                    && pod.meta.labels.get("app").is_some_and(|a| **a == *app) =>
            {
                Some(&**pod)
            }
            _ => None,
        })
    }

    /// Changes the first pod of an app.
    pub fn change_pod(&mut self, namespace: &str, app: &str, change: impl FnOnce(&mut PodFact)) {
        let Some(mut pod) = self.pods(namespace, app).next().cloned() else {
            return;
        };
        self.version += 1;
        pod.meta.version = self.version;
        change(&mut pod);
        self.put(Fact::Pod(Box::new(pod)));
    }

    /// Changes every pod of an app.
    pub fn change_pods(&mut self, namespace: &str, app: &str, change: impl Fn(&mut PodFact)) {
        let pods: Vec<PodFact> = self.pods(namespace, app).cloned().collect();
        for mut pod in pods {
            self.version += 1;
            pod.meta.version = self.version;
            change(&mut pod);
            self.put(Fact::Pod(Box::new(pod)));
        }
    }

    /// The first pod of an app crashes, and its Deployment and Service notice.
    pub fn crash(&mut self, namespace: &str, app: &str) {
        self.change_pod(namespace, app, |pod| {
            pod.ready = Some(false);
            pod.ready_since = ago(600);
            if let Some(container) = Arc::make_mut(&mut pod.containers).first_mut() {
                container.ready = false;
                container.restarts = 7;
                container.state = ContainerState::Waiting {
                    reason: "CrashLoopBackOff".into(),
                    message: Some("back-off 40s restarting failed container".into()),
                };
                container.last = Some(Termination {
                    reason: "OOMKilled".into(),
                    exit_code: 137,
                    signal: 0,
                    finished: ago(30),
                });
            }
        });
        self.change_workload(namespace, app, |w| w.ready = w.ready.saturating_sub(1));
        self.endpoints(namespace, app);
    }

    /// Changes a Deployment.
    pub fn change_workload(
        &mut self,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut WorkloadFact),
    ) {
        let key = FactKey {
            kind: Kind::Deployment,
            namespace: text::name(namespace),
            name: text::name(name),
        };
        self.version += 1;
        if let Some(Fact::Workload(fact)) = self.facts.get_mut(&key) {
            fact.meta.version = self.version;
            change(fact);
        }
    }

    /// A Deployment is told another number; its controller has not looked yet.
    pub fn scale(&mut self, namespace: &str, name: &str, replicas: u32) {
        self.change_workload(namespace, name, |w| {
            w.desired = Some(replicas);
            w.generation = w.generation.map(|g| g + 1);
        });
    }

    /// A Deployment's template changes; its controller has not looked yet.
    pub fn roll_out(&mut self, namespace: &str, name: &str, image: &str) {
        self.change_workload(namespace, name, |w| {
            w.images = vec![text::name(image)];
            w.generation = w.generation.map(|g| g + 1);
        });
    }

    /// Its controller has looked, and has made so many new pods, none of which is ready.
    pub fn begin_rollout(&mut self, namespace: &str, name: &str, updated: u32) {
        self.change_workload(namespace, name, |w| {
            w.observed_generation = w.generation;
            w.updated = Some(updated);
            w.current = w.desired.unwrap_or(0) + updated;
        });
    }

    /// The controller has made or ended pods, and all are ready.
    pub fn settle(&mut self, namespace: &str, name: &str) {
        let mut wanted = 0;
        self.change_workload(namespace, name, |w| {
            wanted = w.desired.unwrap_or(0);
            w.observed_generation = w.generation;
            w.current = wanted;
            w.ready = wanted;
            w.updated = Some(wanted);
            w.troubles.clear();
        });
        let mut pods: Vec<PodFact> = self.pods(namespace, name).cloned().collect();
        let set = pods.first().and_then(|p| p.meta.owner.clone());
        while pods.len() > wanted as usize {
            if let Some(pod) = pods.pop() {
                self.remove(&Fact::Pod(Box::new(pod)).key());
            }
        }
        if let Some(set) = set {
            for index in pods.len()..wanted as usize {
                self.pod(namespace, &format!("{name}-5d8f-n{index}"), name, &set);
            }
        }
    }

    /// The uid of the first pod of an app.
    pub fn first_pod(&self, namespace: &str, app: &str) -> Text {
        let pod = self.pods(namespace, app).next();
        pod.map_or_else(Text::default, |p| p.meta.uid.clone())
    }

    pub fn remove(&mut self, key: &FactKey) {
        self.facts.remove(key);
    }

    /// All pods of an app go.
    pub fn remove_pods(&mut self, namespace: &str, app: &str) {
        let gone: Vec<FactKey> = self
            .pods(namespace, app)
            .map(|p| Fact::Pod(Box::new(p.clone())).key())
            .collect();
        for key in &gone {
            self.remove(key);
        }
    }

    /// A Deployment goes, with all that was below it; its Service stays.
    pub fn undeploy(&mut self, namespace: &str, name: &str) {
        let set = format!("{name}-5d8f");
        for (kind, name) in [(Kind::Deployment, name), (Kind::ReplicaSet, &set)] {
            self.remove(&FactKey {
                kind,
                namespace: text::name(namespace),
                name: text::name(name),
            });
        }
        self.remove_pods(namespace, name);
    }

    /// Everything of a namespace goes.
    pub fn remove_namespace(&mut self, namespace: &str) {
        self.facts.retain(|key, _| {
            *key.namespace != *namespace
                && !(key.kind == Kind::Namespace && *key.name == *namespace)
        });
    }

    /// The lists of a choice, and that they begin.
    pub fn begin(&mut self, choice: &NamespaceChoice) -> Vec<Observation> {
        self.epoch += 1;
        let epoch = self.epoch;
        let begin = |scope| Observation::Begin { scope, epoch };
        scopes(choice).into_iter().map(begin).collect()
    }

    /// Everything in those lists, and that they are complete.
    pub fn finish(&mut self, choice: &NamespaceChoice) -> Vec<Observation> {
        let mut said = Vec::new();
        for scope in scopes(choice) {
            for (key, fact) in self.facts.iter().filter(|(k, _)| covers(&scope, k)) {
                said.push(Observation::Seen {
                    scope: scope.clone(),
                    fact: Arc::new(fact.clone()),
                });
                self.told.insert(key.clone(), fact.clone());
            }
            said.push(Observation::End {
                epoch: self.epoch,
                scope: scope.clone(),
            });
            said.push(status(&scope, Some(SourceState::Live)));
        }
        said
    }

    /// What changed since it was told last, as watches would say it.
    pub fn news(&mut self, choice: &NamespaceChoice) -> Vec<Observation> {
        let mut said = Vec::new();
        for scope in scopes(choice) {
            for (key, fact) in self.facts.iter().filter(|(k, _)| covers(&scope, k)) {
                if self.told.get(key) != Some(fact) {
                    said.push(Observation::Seen {
                        scope: scope.clone(),
                        fact: Arc::new(fact.clone()),
                    });
                }
            }
            let gone = self
                .told
                .keys()
                .filter(|k| covers(&scope, k) && !self.facts.contains_key(k));
            said.extend(gone.map(|key| Observation::Gone {
                scope: scope.clone(),
                key: key.clone(),
            }));
        }
        self.told.clone_from(&self.facts);
        said
    }

    /// The way from one choice of namespaces to another.
    pub fn switch(&mut self, from: &NamespaceChoice, to: &NamespaceChoice) -> Vec<Observation> {
        let (old, new) = (scopes(from), scopes(to));
        let stop: Vec<&Scope> = old.iter().filter(|s| !new.contains(s)).collect();
        let start: Vec<&Scope> = new.iter().filter(|s| !old.contains(s)).collect();
        let mut said = Vec::new();
        for to in &start {
            for from in stop.iter().filter(|from| {
                from.kind == to.kind && (from.namespace.is_none() || to.namespace.is_none())
            }) {
                said.push(Observation::Adopt {
                    from: (*from).clone(),
                    to: (*to).clone(),
                });
            }
        }
        for scope in stop {
            said.push(Observation::Leave {
                scope: scope.clone(),
            });
            said.push(status(scope, None));
        }
        self.epoch += 1;
        said.extend(start.iter().map(|scope| Observation::Begin {
            scope: (*scope).clone(),
            epoch: self.epoch,
        }));
        said
    }
}

fn scopes(choice: &NamespaceChoice) -> Vec<Scope> {
    let namespaces: Vec<Option<Text>> = match choice {
        NamespaceChoice::All => vec![None],
        NamespaceChoice::Only(names) => names.iter().cloned().map(Some).collect(),
    };
    let scope = |kind, namespace: &Option<Text>| Scope {
        source: "kubernetes".into(),
        kind,
        namespace: namespace.clone(),
    };
    let mut scopes: Vec<Scope> = CLUSTER_WIDE.iter().map(|k| scope(*k, &None)).collect();
    for kind in NAMESPACED {
        scopes.extend(namespaces.iter().map(|n| scope(kind, n)));
    }
    scopes
}

fn covers(scope: &Scope, key: &FactKey) -> bool {
    key.kind == scope.kind && scope.namespace.as_ref().is_none_or(|n| *n == key.namespace)
}

/// What the Kubernetes source says about one of its watches.
pub fn status(scope: &Scope, state: Option<SourceState>) -> Observation {
    part(
        "kubernetes",
        scope.kind.plural(),
        scope.namespace.clone(),
        state,
    )
}

/// What a source says about a part of itself.
pub fn part(
    source: &str,
    part: &str,
    namespace: Option<Text>,
    state: Option<SourceState>,
) -> Observation {
    let tracing = source == "zipkin";
    Observation::Status(SourceStatus {
        key: SourceKey {
            source: source.into(),
            part: part.into(),
            namespace,
        },
        state,
        at: start(),
        address: Some(
            if tracing {
                "http://127.0.0.1:9411"
            } else {
                "https://127.0.0.1:6443"
            }
            .into(),
        ),
        interval_ms: tracing.then_some(5_000),
        skew_ms: None,
    })
}

/// Every watch of a choice is loading.
pub fn loading(choice: &NamespaceChoice, seen: u64) -> Vec<Observation> {
    scopes(choice)
        .iter()
        .map(|scope| status(scope, Some(SourceState::Loading { seen })))
        .collect()
}

pub fn owner(kind: &str, meta: &Meta) -> OwnerRef {
    OwnerRef {
        kind: kind.into(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
    }
}

pub fn labels(app: &str) -> Labels {
    [("app".into(), text::name(app))].into()
}

pub fn workload(kind: Kind, meta: Meta, replicas: u32) -> WorkloadFact {
    WorkloadFact {
        kind,
        images: vec![text::name(&format!("registry.example/{}:1.8.2", meta.name))],
        meta,
        generation: Some(1),
        observed_generation: Some(1),
        desired: Some(replicas),
        current: replicas,
        ready: replicas,
        updated: Some(replicas),
        failed: 0,
        suspended: false,
        schedule: None,
        troubles: Vec::new(),
        complete: false,
        mentions: Vec::new(),
        parameters: std::sync::Arc::default(),
    }
}

/// An Event about an object.
pub fn happening(kind: &str, name: &str, reason: &str, message: &str, seconds: i64) -> Observation {
    Observation::Happening(Happening {
        uid: text::name(&format!("{name}-{reason}-{seconds}")),
        count: 1,
        warning: reason == "BackOff",
        reason: text::name(reason),
        message: text::message(message),
        kind: text::name(kind),
        namespace: "shop".into(),
        name: text::name(name),
        object_uid: "".into(),
        at: ago(seconds).unwrap_or_default(),
    })
}

/// Traced calls: (caller, callee, calls, errors).
pub fn traced(links: &[(&str, &str, u64, u64)]) -> Vec<Observation> {
    let links: Vec<Link> = links
        .iter()
        .map(|(caller, callee, calls, errors)| Link {
            caller: text::name(caller),
            callee: text::name(callee),
            calls: *calls,
            errors: *errors,
        })
        .collect();
    let counted = |span, window_ms| {
        Observation::Links(Links {
            source: "zipkin".into(),
            span,
            window_ms,
            ends: start(),
            links: links.clone(),
        })
    };
    vec![
        part("zipkin", "dependencies", None, Some(SourceState::Live)),
        counted(Span::Long, 3_600_000),
        counted(Span::Recent, 60_000),
    ]
}

/// A small shop in which one pod crashes, and a second namespace.
pub fn shop() -> Cluster {
    let mut cluster = Cluster::default();
    for namespace in ["shop", "bank"] {
        cluster.namespace(namespace);
    }
    cluster.node("node-1");
    cluster.deploy_calling("shop", "frontend", 2, &["checkout", "cart"]);
    cluster.deploy_calling("shop", "checkout", 3, &["payment", "cart"]);
    cluster.deploy("shop", "payment", 3);
    cluster.deploy("shop", "cart", 2);
    for (name, port) in [
        ("frontend", 80),
        ("checkout", 8080),
        ("payment", 8080),
        ("cart", 6379),
    ] {
        cluster.service("shop", name, port);
    }
    cluster.workload(Kind::StatefulSet, "shop", "orders-db", 1);
    cluster.workload(Kind::DaemonSet, "shop", "log-agent", 1);
    cluster.workload(Kind::CronJob, "shop", "report", 0);
    cluster.ingress("shop", "front-door", "frontend");
    cluster.crash("shop", "payment");
    cluster.deploy("bank", "ledger", 2);
    cluster.service("bank", "ledger", 443);
    cluster
}

/// A last minute without a call, of a tracing server that answers.
pub fn untraced() -> Observation {
    Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: start(),
        links: Vec::new(),
    })
}

/// Who calls whom in that shop, how often, and how many of the calls fail.
pub const SHOP_LINKS: [(&str, &str, u64, u64); 5] = [
    ("frontend", "checkout", 744, 1),
    ("frontend", "cart", 780, 0),
    ("checkout", "payment", 740, 90),
    ("checkout", "cart", 700, 0),
    ("payment", "card-network", 720, 80),
];

/// The calls of that shop.
pub fn shop_calls() -> Vec<Observation> {
    traced(&SHOP_LINKS)
}

/// Puts one more label on a pod.
pub fn label(pod: &mut PodFact, key: &str, value: &str) {
    let labels = pod.meta.labels.iter().map(|(k, v)| (k.clone(), v.clone()));
    let more = (text::name(key), text::name(value));
    pod.meta.labels = labels.chain([more]).collect();
}

/// A call half a minute ago, by its span in the made-up trace of an order.
pub fn example(trace: &str, callee: &str, us: u64) -> Example {
    let span = match callee {
        "payment" => 7,
        "cart" => 5,
        "checkout" => 1,
        _ => 0xff,
    };
    Example {
        trace: trace.into(),
        span: Some(SpanId::new(span)),
        at_ms: start().as_millisecond() - 30_000,
        took_us: Some(us),
        thrown: None,
    }
}

/// Uses that a sample of traces told: caller ("-" where nobody is named), callee, operation, calls, errors,
/// and how long each took, in µs.
pub fn used(uses: &[(&str, &str, &str, u64, u64, u64)], is_sample: bool) -> Observation {
    let uses = uses
        .iter()
        .map(|(caller, callee, operation, calls, errors, us)| {
            let mut tally = Tally {
                calls: *calls,
                errors: *errors,
                slowest: vec![example("00000000000000b2", callee, *us)],
                failed: (*errors > 0)
                    .then(|| example("00000000000000a1", callee, *us))
                    .into_iter()
                    .collect(),
                ..Tally::default()
            };
            (0..*calls).for_each(|_| tally.latency.add(*us));
            if *errors > 0 {
                tally.exceptions.push(Thrown {
                    kind: "TimeoutException".into(),
                    message: "no answer in 2 s".into(),
                    times: *errors,
                    trace: "00000000000000a1".into(),
                    trace_ms: 1,
                });
            }
            Use {
                caller: (*caller != "-").then(|| text::name(caller)),
                callee: text::name(callee),
                sort: Sort::Service,
                protocol: Some(Protocol::Http),
                operation: text::name(operation),
                tally,
            }
        });
    Observation::Uses(Box::new(Uses {
        source: "zipkin".into(),
        window_ms: 60_000,
        ends: start(),
        traces: 200,
        is_sample,
        hidden: 41,
        uses: uses.collect(),
        served: Vec::new(),
    }))
}

/// How that shop's operations are used.
pub fn shop_uses(is_sample: bool) -> Observation {
    used(
        &[
            ("-", "frontend", "GET /", 120, 0, 51_000),
            ("frontend", "checkout", "POST /orders", 62, 0, 38_000),
            ("frontend", "cart", "GET /cart/{id}", 65, 0, 4_000),
            ("checkout", "cart", "GET /cart/{id}", 50, 0, 5_000),
            ("checkout", "cart", "DELETE /cart/{id}", 12, 0, 3_000),
            ("checkout", "payment", "POST /charge", 62, 8, 22_000),
            ("payment", "card-network", "POST /v1/pay", 60, 7, 19_000),
        ],
        is_sample,
    )
}
