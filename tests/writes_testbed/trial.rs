//! One write through the proxy, from its preview to the last word about it, as the app would do it.

use std::time::Duration;

use http::Request;
use kube::Client;
use portolan::effectors::{self, EffectError};
use portolan::model::intent::{Accepted, Intent, Operation, Order, Stage};
use portolan::model::key::TypeKey;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::kubernetes::Session;
use tokio::time::timeout;

use crate::proxy::http::{Fault, HttpProxy, changes};
use crate::real::{Ground, session};
use crate::watching::Watching;

/// Far longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A Deployment `web` of two pods on the real server, and the way to it.
pub struct Trial {
    pub ground: Ground,
    pub proxy: HttpProxy,
    pub client: Client,
    pub web: TypeKey,
    pub watching: Watching,
}

/// Whether a request changes something.
pub fn writes<B>(request: &Request<B>) -> bool {
    changes(request.method(), request.uri().path())
}

impl Trial {
    pub async fn new() -> Self {
        let ground = Ground::new().await;
        ground.deploy("web", 2).await;
        ground
            .kubectl(&["rollout", "status", "deployment/web"])
            .await;
        let behind = session().client().await.expect("a client");
        let proxy = HttpProxy::start(behind).await;
        let through = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
        let client = through.client().await.expect("a client");
        // What is observed comes another way: only the write is to fail.
        let mut watching = Watching::start(&session(), NamespaceChoice::one(&ground.namespace));
        watching
            .until("two pods", |w| w.all_live() && w.ready_pods() == 2)
            .await;
        Self {
            web: ground.target("web"),
            ground,
            proxy,
            client,
            watching,
        }
    }

    /// The operation of that name, on the Deployment or on one of its pods.
    pub async fn operation(&self, name: &str) -> Operation {
        match name {
            "scale" => Operation::Scale {
                before: 2,
                wanted: 3,
            },
            "restart" => Operation::Restart,
            "rollback" => {
                let image = ["set", "image", "deployment/web", "main=example/main:2"];
                self.ground.kubectl(&image).await;
                let status = ["rollout", "status", "deployment/web"];
                self.ground.kubectl(&status).await;
                timeout(PATIENCE, self.quiet())
                    .await
                    .expect("it comes to rest");
                Operation::Rollback { to: None }
            }
            "delete" => {
                let pod = self.ground.pods().await.pop_first().expect("a pod");
                let uid = self
                    .ground
                    .kubectl(&["get", "pod", &pod, "-o", "jsonpath={.metadata.uid}"])
                    .await;
                Operation::Delete {
                    pod: pod.into(),
                    uid: uid.into(),
                }
            }
            other => panic!("no operation {other}"),
        }
    }

    /// Waits until its controller has nothing more to write about a rollout: the old pods are gone.
    async fn quiet(&self) {
        loop {
            let ending = self.part("{.status.terminatingReplicas}").await;
            if self.ground.pods().await.len() == 2 && matches!(&*ending, "" | "0") {
                return;
            }
        }
    }

    /// What a person confirms.
    pub async fn order(&self, operation: &Operation) -> Order {
        let preview = effectors::preview(&self.client, &self.web, operation).await;
        let preview = preview.expect("a preview");
        let order = operation.confirmed(&preview, jiff::Timestamp::now());
        order.expect("a preview of the operation")
    }

    /// Confirms an order and sends it, once.
    pub async fn send(&self, operation: Operation, order: Order) -> Intent {
        let sending = effectors::send(&self.client, &self.web, &order);
        let answer = timeout(PATIENCE, sending).await;
        let answer = answer.expect("the effector has a limit of its own");
        let mut intent = Intent::new(1, self.web.clone(), operation);
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

    /// Looks once at what nobody answered for, if that is so; `now` is in seconds since it was sent.
    pub async fn look(&self, intent: &mut Intent, now: u64) -> Option<String> {
        if !intent.looks(now * 1_000) {
            return None;
        }
        let order = intent.order.clone().expect("it was sent");
        let found = effectors::look(&self.client, &self.web, &order).await;
        let found = found.map_err(|error| error.to_string().into());
        let sight = self.watching.model.sight(intent);
        intent.looked(found, sight, now * 1_000)
    }

    /// Waits until what is observed has the last word.
    pub async fn settle(&mut self, intent: &mut Intent) {
        let first = intent.clone();
        let is_over = |w: &Watching| {
            let mut intent = first.clone();
            intent.verify(w.model.sight(&intent), 0);
            // What was without a generation has one by now, and is compared once more.
            intent.verify(w.model.sight(&intent), 0);
            intent.is_over()
        };
        self.watching.until("the last word", is_over).await;
        intent.verify(self.watching.model.sight(intent), 0);
        intent.verify(self.watching.model.sight(intent), 0);
    }

    /// How often somebody tried to change something through the proxy.
    pub fn writes(&self) -> usize {
        self.proxy.writes()
    }

    /// Does this to the next request that changes something.
    pub fn fail_write(&self, fault: Fault) {
        self.proxy.fail(1, fault, writes);
    }

    /// Whether the write of an order is in the server, as the server's own object says.
    pub async fn is_done(&self, order: &Order) -> bool {
        match order {
            Order::Scale { wanted, .. } => {
                self.part("{.spec.replicas}").await == wanted.to_string()
            }
            Order::Restart { at, .. } => {
                let mark =
                    r"{.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}";
                let second = at.as_second();
                let mark = self.part(mark).await.parse::<jiff::Timestamp>();
                mark.is_ok_and(|mark| mark.as_second() == second)
            }
            Order::Rollback { .. } => {
                let image = "{.spec.template.spec.containers[0].image}";
                self.part(image).await == "example/main:1"
            }
            Order::Delete { preview } => {
                let all = [
                    "get",
                    "pods",
                    "-o",
                    "jsonpath={range .items[*]}{.metadata.uid} {.metadata.deletionTimestamp}{'\\n'}{end}",
                ];
                let all = self.ground.kubectl(&all).await;
                let own = all.lines().find(|line| line.starts_with(&*preview.uid));
                own.is_none_or(|line| !line.trim_end().ends_with(&*preview.uid))
            }
        }
    }

    async fn part(&self, path: &str) -> String {
        let output = format!("jsonpath={path}");
        self.ground
            .kubectl(&["get", "deployment", "web", "-o", &output])
            .await
    }
}
