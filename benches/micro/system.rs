//! A made-up system, as its first lists and its watches would tell of it.

use std::sync::Arc;

use jiff::Timestamp;
use portolan::model::Model;
use portolan::model::declared::digest;
use portolan::model::observation::{
    ContainerFact, ContainerState, Endpoint, EndpointSliceFact, Fact, Happening, Kind, Labels,
    Link, Links, Mention, Meta, NamespaceFact, NodeFact, Observation, OwnerRef, PodFact, Role,
    Scope, ServiceFact, ServicePort, Span, WorkloadFact,
};
use portolan::model::source::{SourceKey, SourceState, SourceStatus};
use portolan::model::text::{self, Text};

/// Observations in one batch, as the sources send them.
pub const BATCH: usize = 256;
const NAMESPACES: usize = 20;
const REPLICAS: usize = 10;

/// Its size: pods, in Deployments of ten, in twenty namespaces, with a Service for each and an Event for each pod.
#[derive(Clone, Copy, Debug)]
pub struct System {
    pub pods: usize,
}

pub fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

/// A text of its own, as each object brings it.
fn own(text: impl AsRef<str>) -> Text {
    text::name(text.as_ref())
}

fn scope(kind: Kind) -> Scope {
    Scope {
        source: "kubernetes".into(),
        kind,
        namespace: None,
    }
}

fn status(kind: Kind, state: SourceState) -> Observation {
    Observation::Status(SourceStatus {
        key: SourceKey {
            source: "kubernetes".into(),
            part: kind.plural().into(),
            namespace: None,
        },
        state: Some(state),
        at: now(),
        address: Some("https://127.0.0.1:6443".into()),
        interval_ms: None,
        skew_ms: None,
    })
}

impl System {
    fn deployments(self) -> usize {
        self.pods / REPLICAS
    }

    fn namespace(at: usize) -> Text {
        own(format!("load-{:02}", at % NAMESPACES))
    }

    fn labels(at: usize) -> Labels {
        [
            (own("app"), own(format!("app-{at}"))),
            (own("pod-template-hash"), own(format!("7d9f{at:06}"))),
        ]
        .into()
    }

    fn meta(at: usize, name: String, uid: String) -> Meta {
        Meta {
            namespace: Self::namespace(at),
            name: own(name),
            uid: own(uid),
            version: 1,
            created: Some(now()),
            labels: Self::labels(at),
            ..Meta::default()
        }
    }

    fn owner(kind: &str, name: &str, uid: &str) -> OwnerRef {
        OwnerRef {
            kind: own(kind),
            name: own(name),
            uid: own(uid),
        }
    }

    fn workload(kind: Kind, meta: Meta, mentions: Vec<Mention>) -> Fact {
        let pods = u32::try_from(REPLICAS).expect("few");
        Fact::Workload(Box::new(WorkloadFact {
            kind,
            meta,
            generation: Some(1),
            observed_generation: Some(1),
            desired: Some(pods),
            current: pods,
            ready: pods,
            updated: Some(pods),
            failed: 0,
            suspended: false,
            schedule: None,
            images: vec![own("registry.example/team/app:1.2.3")],
            troubles: Vec::new(),
            complete: false,
            mentions,
            parameters: std::sync::Arc::default(),
        }))
    }

    /// One pod; `restarts` makes versions of it differ.
    pub fn pod(at: usize, restarts: u32) -> Fact {
        let of = at / REPLICAS;
        let uid = format!("00000000-0000-4000-8000-{at:012}");
        let mut meta = Self::meta(of, format!("app-{of}-7d9f{of:06}-{at:05}"), uid);
        meta.version = u64::from(restarts) + 1;
        let owner = Self::owner("ReplicaSet", &format!("app-{of}-7d9f"), &format!("rs-{of}"));
        meta.owner = Some(owner);
        Fact::Pod(Box::new(PodFact {
            meta,
            node: Some(own(format!("node-{}", at % 40))),
            phase: own("Running"),
            ip: Some(own(format!("10.{}.{}.7", at / 250, at % 250))),
            ready: Some(true),
            ready_since: Some(now()),
            containers: vec![ContainerFact {
                name: own("main"),
                image: own("registry.example/team/app:1.2.3"),
                role: Role::Main,
                ready: true,
                started: true,
                restarts,
                state: ContainerState::Running { since: Some(now()) },
                ..ContainerFact::default()
            }]
            .into(),
            ..PodFact::default()
        }))
    }

    fn facts(self, kind: Kind) -> Vec<Fact> {
        let each = 0..self.deployments();
        match kind {
            Kind::Namespace => (0..NAMESPACES)
                .map(|at| {
                    let mut meta = Self::meta(at, format!("load-{at:02}"), format!("ns-{at}"));
                    meta.namespace = "".into();
                    Fact::Namespace(NamespaceFact {
                        meta,
                        terminating: false,
                    })
                })
                .collect(),
            Kind::Node => (0..40)
                .map(|at| {
                    let mut meta = Self::meta(at, format!("node-{at}"), format!("node-{at}"));
                    meta.namespace = "".into();
                    Fact::Node(NodeFact {
                        meta,
                        ready: Some(true),
                        ..NodeFact::default()
                    })
                })
                .collect(),
            Kind::Pod => (0..self.pods).map(|at| Self::pod(at, 0)).collect(),
            Kind::Deployment => each
                .map(|at| {
                    let meta = Self::meta(at, format!("app-{at}"), format!("deploy-{at}"));
                    // Each names its neighbour in its namespace.
                    let next = (at + NAMESPACES) % self.deployments();
                    let mention = Mention {
                        host: digest(&format!("app-{next}")),
                        place: own("BACKEND_ADDR"),
                    };
                    Self::workload(kind, meta, vec![mention])
                })
                .collect(),
            Kind::ReplicaSet => each
                .map(|at| {
                    let mut meta = Self::meta(at, format!("app-{at}-7d9f"), format!("rs-{at}"));
                    let owner = (format!("app-{at}"), format!("deploy-{at}"));
                    meta.owner = Some(Self::owner("Deployment", &owner.0, &owner.1));
                    Self::workload(kind, meta, Vec::new())
                })
                .collect(),
            Kind::Service => each
                .map(|at| {
                    Fact::Service(ServiceFact {
                        meta: Self::meta(at, format!("app-{at}"), format!("svc-{at}")),
                        service_type: own("ClusterIP"),
                        selector: [(own("app"), own(format!("app-{at}")))].into(),
                        ports: vec![ServicePort {
                            port: 80,
                            ..ServicePort::default()
                        }],
                        ..ServiceFact::default()
                    })
                })
                .collect(),
            Kind::EndpointSlice => each
                .map(|at| {
                    let pods = at * REPLICAS..(at + 1) * REPLICAS;
                    Fact::EndpointSlice(EndpointSliceFact {
                        meta: Self::meta(at, format!("app-{at}-x"), format!("slice-{at}")),
                        service: own(format!("app-{at}")),
                        endpoints: pods
                            .map(|pod| Endpoint {
                                pod: Some(own(format!("00000000-0000-4000-8000-{pod:012}"))),
                                ready: true,
                            })
                            .collect(),
                    })
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn events(self) -> impl Iterator<Item = Observation> {
        (0..self.pods).map(move |at| {
            let of = at / REPLICAS;
            // Lists come by name, not by time.
            let ago = jiff::SignedDuration::from_millis(
                i64::try_from((at * 7919) % self.pods).unwrap_or(0),
            );
            Observation::Happening(Happening {
                uid: own(format!("event-{at}")),
                count: 1,
                warning: at % 50 == 0,
                reason: own("Scheduled"),
                message: text::message(&format!("assigned load/app-{of} to node-{}", at % 40)),
                kind: own("Pod"),
                namespace: Self::namespace(of),
                name: own(format!("app-{of}-7d9f{of:06}-{at:05}")),
                object_uid: own(format!("00000000-0000-4000-8000-{at:012}")),
                at: now().checked_sub(ago).expect("a time"),
            })
        })
    }

    /// All first lists, in batches, four kinds at a time as the source reads them.
    pub fn lists(self) -> Vec<Vec<Observation>> {
        const KINDS: [Kind; 8] = [
            Kind::Namespace,
            Kind::Node,
            Kind::Pod,
            Kind::Deployment,
            Kind::ReplicaSet,
            Kind::Service,
            Kind::EndpointSlice,
            Kind::Event,
        ];
        let loading = KINDS.map(|kind| status(kind, SourceState::Loading { seen: 0 }));
        let mut batches = vec![loading.to_vec()];
        let mut streams: Vec<_> = KINDS
            .into_iter()
            .map(|kind| {
                let scope = scope(kind);
                let mut said = vec![Observation::Begin {
                    scope: scope.clone(),
                    epoch: 1,
                }];
                said.extend(self.facts(kind).into_iter().map(|fact| Observation::Seen {
                    scope: scope.clone(),
                    fact: Arc::new(fact),
                }));
                if kind == Kind::Event {
                    said.extend(self.events());
                }
                said.push(Observation::End { scope, epoch: 1 });
                said.push(status(kind, SourceState::Live));
                said.into_iter()
            })
            .collect();
        while !streams.is_empty() {
            for stream in streams.iter_mut().take(4) {
                batches.push(stream.take(BATCH).collect());
            }
            streams.retain(|stream| stream.len() > 0);
        }
        batches
    }

    /// A batch of news of its watches: pods that restarted.
    pub fn news(self, round: u32) -> Vec<Observation> {
        let first = (round as usize * BATCH * 31) % self.pods;
        (first..first + BATCH)
            .map(|at| Observation::Seen {
                scope: scope(Kind::Pod),
                fact: Arc::new(Self::pod(at % self.pods, round + 1)),
            })
            .collect()
    }

    /// What a tracing server counted between neighbours.
    pub fn links(self, round: u64) -> Observation {
        let links = (0..self.deployments()).map(|at| Link {
            caller: own(format!("app-{at}")),
            callee: own(format!("app-{}", (at + NAMESPACES) % self.deployments())),
            calls: 600 + round,
            errors: at as u64 % 7,
        });
        Observation::Links(Links {
            source: "zipkin".into(),
            span: Span::Recent,
            window_ms: 60_000,
            ends: now(),
            links: links.collect(),
        })
    }

    /// The model once its first lists are complete.
    pub fn model(self) -> Model {
        let mut model = Model::new("bench", Vec::new());
        for batch in self.lists() {
            model.apply(batch, now());
        }
        model.apply(vec![self.links(0)], now());
        model
    }
}
