//! A simulated cluster whose time flies, a proxy in front of it, and what watches it.

use std::net::Ipv4Addr;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use portolan::demo::cluster::Cluster;
use portolan::demo::cluster::kind::Kind;
use portolan::demo::kubernetes::{Shared, router};
use portolan::effectors::{self, EffectError};
use portolan::model::element::ComponentType;
use portolan::model::intent::{Accepted, Found, Intent, Operation, Order, Stage};
use portolan::model::key::TypeKey;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::interval;

use crate::proxy::http::HttpProxy;
use crate::schedule::{Other, Schedule, What};
use crate::watching::Watching;

/// How often the cluster's clock moves, and how much faster than the world's.
const TICK: Duration = Duration::from_millis(5);
const FASTER: u32 = 40;
const NAMESPACE: &str = "shop";

pub struct World {
    proxy: HttpProxy,
    /// By way of the proxy, as the program; and not, as everybody else.
    client: Client,
    others: Client,
    watching: Watching,
}

impl World {
    pub async fn start(seed: u64) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut cluster = Cluster::new(seed, Timestamp::now());
        for number in 0..3 {
            let node = json!({"metadata": {"name": format!("node-{number}")}});
            cluster.create(Kind::Node, "", node).expect("a node");
        }
        let namespace = json!({"metadata": {"name": NAMESPACE}});
        cluster
            .create(Kind::Namespace, "", namespace)
            .expect("a namespace");
        let shared = Shared::new(cluster);
        let clock = shared.clone();
        tokio::spawn(async move {
            let mut ticks = interval(TICK);
            loop {
                ticks.tick().await;
                clock.with(|cluster| cluster.advance(cluster.now() + TICK * FASTER));
            }
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router(shared)).await });
        let url = format!("http://{address}").parse().expect("an address");
        let others = Client::try_from(kube::Config::new(url)).expect("a client");
        // What is observed comes by a way of its own, which is well.
        let quiet = HttpProxy::start(others.clone()).await;
        let session = |proxy: &HttpProxy| {
            Session::parse(&proxy.kubeconfig(NAMESPACE)).expect("it is well-formed")
        };
        let watching = Watching::start(&session(&quiet), NamespaceChoice::one(NAMESPACE));
        // It lives as long as the test.
        std::mem::forget(quiet);
        let proxy = HttpProxy::start(others.clone()).await;
        let client = session(&proxy).client().await.expect("a client");
        Self {
            proxy,
            client,
            others,
            watching,
        }
    }

    fn deployments(&self) -> Api<Deployment> {
        Api::namespaced(self.others.clone(), NAMESPACE)
    }

    async fn deploy(&self, name: &str) {
        let labels = json!({"app": name});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": 2, "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "main", "image": "example/main:1"}]}
                }
            }
        });
        let deployment = serde_json::from_value(deployment).expect("a Deployment");
        let all = self.deployments();
        let params = PostParams::default();
        all.create(&params, &deployment).await.expect("it is made");
    }

    async fn other(&self, name: &str, other: Other) {
        let all = self.deployments();
        let params = PatchParams::default();
        let change = |change: Value| async {
            let patch = Patch::Strategic(change);
            // It may be gone by now.
            let _ = self.deployments().patch(name, &params, &patch).await;
        };
        match other {
            Other::Nothing => {}
            Other::Scales(replicas) => change(json!({"spec": {"replicas": replicas}})).await,
            Other::ChangesTemplate => {
                let annotations = json!({"note": "by somebody else"});
                let template = json!({"metadata": {"annotations": annotations}});
                change(json!({"spec": {"template": template}})).await;
            }
            Other::Deletes | Other::MakesAnew => {
                let _ = all.delete(name, &DeleteParams::default()).await;
                while all.get_opt(name).await.expect("an answer").is_some() {}
                if other == Other::MakesAnew {
                    // Its age is in whole seconds; this is two of the cluster's.
                    tokio::time::sleep(Duration::from_millis(60)).await;
                    self.deploy(name).await;
                }
            }
        }
    }

    async fn operation(&self, name: &str, what: What) -> Operation {
        match what {
            What::Scale(wanted) => Operation::Scale { before: 2, wanted },
            What::Restart => Operation::Restart,
            What::Delete => {
                let pods: Api<Pod> = Api::namespaced(self.others.clone(), NAMESPACE);
                let own = ListParams::default().labels(&format!("app={name}"));
                let pods = pods.list(&own).await.expect("a list").items;
                let metadata = pods.into_iter().next().expect("a pod").metadata;
                Operation::Delete {
                    pod: metadata.name.unwrap_or_default().into(),
                    uid: metadata.uid.unwrap_or_default().into(),
                }
            }
        }
    }

    /// Plays one schedule on a Deployment of its own, and holds the last word against the truth.
    pub async fn play(&mut self, number: u64, schedule: &Schedule) {
        let name = format!("web-{number}");
        self.deploy(&name).await;
        let web = TypeKey::new(NAMESPACE, "Deployment", &name);
        let is_ready = |w: &Watching| {
            let ty = w.model.component_type(&web);
            ty.is_some_and(|ty| ty.ready == 2 && ty.observed_generation == ty.generation)
        };
        self.watching.until("two ready pods", is_ready).await;
        let operation = self.operation(&name, schedule.what).await;
        let preview = effectors::preview(&self.client, &web, &operation).await;
        let order = operation.confirmed(&preview.expect("a preview"), Timestamp::now());
        let order = order.expect("of the operation");
        self.other(&name, schedule.before).await;

        let from = (self.proxy.seen().len(), self.proxy.answered().len());
        self.proxy.heal();
        if let Some(fault) = &schedule.write {
            let fault = fault.clone();
            self.proxy.fail(1, fault, |r| *r.method() != Method::GET);
        }
        let mut intent = self.send(&web, operation, order.clone()).await;
        self.other(&name, schedule.after).await;
        if schedule.facts_first {
            self.see(&intent).await;
            intent.verify(self.watching.model.sight(&intent), 0);
        }
        self.proxy.heal();
        for fault in &schedule.looks {
            let fault = fault.clone();
            self.proxy.fail(1, fault, |r| *r.method() == Method::GET);
        }
        let mut unchanged = 0;
        for now in (0..).step_by(5) {
            let Some(found) = self.look(&web, &mut intent, &order, now).await else {
                break;
            };
            unchanged += usize::from(found);
            if unchanged == 3 {
                break;
            }
        }
        self.proxy.heal();
        self.settle(&mut intent).await;
        self.judge(&name, schedule, &intent, from).await;
        self.other(&name, Other::Deletes).await;
    }

    async fn send(&self, web: &TypeKey, operation: Operation, order: Order) -> Intent {
        let answer = effectors::send(&self.client, web, &order).await;
        let mut intent = Intent::new(1, web.clone(), operation);
        intent.order = Some(order);
        let stage = match answer {
            Ok(Accepted { generation }) => Stage::Accepted { generation },
            Err(error @ EffectError::Unknown { .. }) => Stage::OutcomeUnknown {
                why: error.to_string().into(),
            },
            Err(error) => Stage::Failed {
                why: error.to_string().into(),
            },
        };
        let sight = self.watching.model.sight(&intent);
        intent.answered(stage, sight, 0);
        intent
    }

    /// One look, where one is due: whether nothing had changed.
    async fn look(
        &self,
        web: &TypeKey,
        intent: &mut Intent,
        order: &Order,
        now: u64,
    ) -> Option<bool> {
        if !intent.looks(now * 1_000) {
            return None;
        }
        let found = effectors::look(&self.client, web, order).await;
        let is_unchanged = found == Ok(Found::Unchanged);
        let found = found.map_err(|error| error.to_string().into());
        let sight = self.watching.model.sight(intent);
        intent.looked(found, sight, now * 1_000);
        Some(is_unchanged)
    }

    /// Waits until what stands in the server now has been observed.
    async fn see(&mut self, intent: &Intent) {
        let object = self.deployments().get_opt(&intent.target.name).await;
        let object = object.expect("an answer").map(|o| o.metadata);
        let web = intent.target.clone();
        let is_seen = |w: &Watching| {
            let ty = w.model.component_type(&web);
            let made = |ty: &ComponentType| ty.created.map(Timestamp::as_second);
            match (&object, ty) {
                (Some(object), Some(ty)) => {
                    let created = object.creation_timestamp.as_ref();
                    ty.generation == object.generation
                        && made(ty) == created.map(|at| at.0.as_second())
                }
                (None, None) => true,
                _ => false,
            }
        };
        self.watching.until("how it is", is_seen).await;
    }

    /// Waits for the last word; what stays unknown has none.
    async fn settle(&mut self, intent: &mut Intent) {
        if matches!(intent.stage, Stage::OutcomeUnknown { .. }) {
            return;
        }
        self.see(intent).await;
        let sent = intent.clone();
        let verified = |w: &Watching| {
            let mut intent = sent.clone();
            for _ in 0..2 {
                intent.verify(w.model.sight(&intent), 0);
            }
            intent
        };
        self.watching
            .until("the last word", |w| verified(w).is_over())
            .await;
        *intent = verified(&self.watching);
    }

    async fn judge(&self, name: &str, schedule: &Schedule, intent: &Intent, from: (usize, usize)) {
        let what = format!("{name}: {schedule:?} ended as {:?}", intent.stage);
        let seen = self.proxy.seen();
        let sent = seen.iter().skip(from.0).filter(|(m, _)| *m != Method::GET);
        assert_eq!(sent.count(), 1, "{what}");
        let answered = self.proxy.answered();
        let mut answers = answered.iter().skip(from.1);
        let is_done = answers.any(|(m, _, code)| *m != Method::GET && (200..300).contains(code));
        let object = self.deployments().get_opt(name).await.expect("an answer");
        let replicas = object.and_then(|o| o.spec.replicas);
        // Somebody else may have wanted the same.
        let is_so = match schedule.what {
            What::Scale(wanted) => replicas == i32::try_from(wanted).ok(),
            What::Restart => false,
            What::Delete => {
                matches!(schedule.after, Other::Deletes | Other::MakesAnew)
                    || matches!(schedule.before, Other::Deletes | Other::MakesAnew)
                    || schedule.after != Other::Nothing
                    || schedule.before != Other::Nothing
            }
        };
        match &intent.stage {
            Stage::Converged => {
                assert!(is_done || is_so, "{what}: it was not done");
                if let What::Scale(wanted) = schedule.what {
                    assert_eq!(replicas, i32::try_from(wanted).ok(), "{what}");
                }
            }
            Stage::Superseded { .. } => assert!(is_done || is_so, "{what}: it was not done"),
            Stage::Failed { .. } => assert!(!is_done, "{what}: it was done"),
            Stage::OutcomeUnknown { .. } => assert!(!is_done, "{what}: it can be known"),
            Stage::Overtaken { .. } => {
                let by = (schedule.before, schedule.after);
                assert_ne!(by, (Other::Nothing, Other::Nothing), "{what}: by whom?");
            }
            other => panic!("{what}: no last word: {other:?}"),
        }
    }
}
