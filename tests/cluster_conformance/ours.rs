//! The Kubernetes source and the scale effector on a cluster: what they see is what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portolan::effectors::{EffectError, scale};
use portolan::model::intent::Autoscaler;
use portolan::model::key::TypeKey;
use portolan::model::observation::{Fact, Happening, Kind, NamespaceChoice, Observation, Scope};
use portolan::model::source::SourceState;
use portolan::model::text::Text;
use portolan::sources::kubernetes::{Kubernetes, Session, Settings};
use portolan::sources::{Control, Outlet, Source};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Ground, PATIENCE, Target};

/// The source at work and what it said.
struct Watching {
    receiver: mpsc::Receiver<Vec<Observation>>,
    _namespaces: watch::Sender<NamespaceChoice>,
    _retry: watch::Sender<u64>,
    stop: CancellationToken,
    facts: BTreeMap<(Scope, String), Arc<Fact>>,
    happenings: Vec<Happening>,
    lines: BTreeMap<(Text, Option<Text>), SourceState>,
    gone: usize,
}

impl Watching {
    fn start(target: &Target, namespace: &str) -> Self {
        let (outlet, receiver) = Outlet::new();
        let namespaces = watch::Sender::new(NamespaceChoice::one(namespace));
        let retry = watch::Sender::new(0);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: namespaces.subscribe(),
            retry: retry.subscribe(),
            stop: stop.clone(),
        };
        let session = Session::with_client(
            target.client.clone(),
            "conformance",
            "the target",
            namespace,
        );
        let source: Box<dyn Source> = Box::new(Kubernetes::new(Settings { session }));
        tokio::spawn(source.run(outlet, control));
        Self {
            receiver,
            _namespaces: namespaces,
            _retry: retry,
            stop,
            facts: BTreeMap::new(),
            happenings: Vec::new(),
            lines: BTreeMap::new(),
            gone: 0,
        }
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let reading = async {
            while !holds(self) {
                for observation in self.receiver.recv().await.expect("the source goes on") {
                    self.take(observation);
                }
            }
        };
        let came = timeout(PATIENCE, reading).await.is_ok();
        assert!(came, "never came: {what}; lines: {:#?}", self.lines);
    }

    fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Seen { scope, fact } => {
                let key = (scope, fact.key().name.to_string());
                self.facts.insert(key, fact);
            }
            Observation::Gone { scope, key } => {
                self.gone += 1;
                self.facts.remove(&(scope, key.name.to_string()));
            }
            Observation::Leave { scope } => self.facts.retain(|(own, _), _| *own != scope),
            Observation::Happening(happening) => self.happenings.push(happening),
            Observation::Status(status) => {
                let key = (status.key.part, status.key.namespace);
                match status.state {
                    Some(state) => self.lines.insert(key, state),
                    None => self.lines.remove(&key),
                };
            }
            _ => {}
        }
    }

    fn all_live(&self) -> bool {
        self.lines.len() >= 14 && self.lines.values().all(|state| *state == SourceState::Live)
    }

    fn names(&self, kind: Kind) -> BTreeSet<String> {
        let all = self
            .facts
            .iter()
            .filter(|((scope, _), _)| scope.kind == kind);
        all.map(|(_, fact)| fact.meta().name.to_string()).collect()
    }

    fn ready_pods(&self) -> usize {
        let is_ready =
            |fact: &&Arc<Fact>| matches!(&***fact, Fact::Pod(pod) if pod.ready == Some(true));
        self.facts.values().filter(is_ready).count()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn target_of(ground: &Ground, name: &str) -> TypeKey {
    TypeKey::new(&ground.namespace, "Deployment", name)
}

pub async fn the_source_sees_what_is_there(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 3, json!({})).await;
    let service = json!({
        "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    });
    target.post(&ground.core("services"), &service).await.ok();
    let mut watching = Watching::start(target, &ground.namespace);
    watching
        .until("three ready pods, their Service and its endpoints", |w| {
            w.all_live() && w.ready_pods() == 3 && !w.names(Kind::EndpointSlice).is_empty()
        })
        .await;
    let pods: BTreeSet<String> = target
        .get(&ground.core("pods"))
        .await
        .names()
        .into_iter()
        .collect();
    assert_eq!(watching.names(Kind::Pod), pods);
    assert_eq!(watching.names(Kind::Deployment), ["web".to_owned()].into());
    assert!(watching.names(Kind::Service).contains("web"));
    assert!(watching.names(Kind::Namespace).contains(&ground.namespace));
    assert!(!watching.names(Kind::Node).is_empty());
    watching
        .until("an event", |w| {
            w.happenings.iter().any(|h| &*h.kind == "Pod")
        })
        .await;
    for fact in watching.facts.values() {
        assert!(
            fact.meta().version > 0 && !fact.meta().uid.is_empty(),
            "{fact:?}"
        );
        if let Fact::Pod(pod) = &**fact {
            assert_eq!(pod.mentions.len(), 1);
            let owner = pod.meta.owner.as_ref().map(|owner| &*owner.kind);
            assert_eq!(owner, Some("ReplicaSet"));
        }
    }
}

pub async fn scaling_changes_the_number_and_a_stale_preview_changes_nothing(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 1, json!({})).await;
    ground.ready("web", 1).await;
    let mut watching = Watching::start(target, &ground.namespace);
    watching.until("a ready pod", |w| w.ready_pods() == 1).await;
    let web = target_of(&ground, "web");
    let first = scale::preview(&target.client, &web)
        .await
        .expect("a preview");
    assert_eq!(
        (first.replicas_now, &first.autoscaler),
        (1, &Autoscaler::None)
    );
    let accepted = scale::send(&target.client, &web, 3, &first.resource_version).await;
    let accepted = accepted.expect("it is accepted");
    assert_eq!(accepted.replicas, 3);
    assert!(
        accepted
            .generation
            .is_some_and(|generation| generation >= 2)
    );
    watching
        .until("three ready pods", |w| w.ready_pods() == 3)
        .await;
    let wanted =
        async || target.get(&ground.deployment("web")).await.ok()["spec"]["replicas"].clone();
    assert_eq!(wanted().await, 3);
    let late = scale::send(&target.client, &web, 9, &first.resource_version).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    assert_eq!(wanted().await, 3);
    let gone = scale::preview(&target.client, &target_of(&ground, "nothing")).await;
    assert!(
        matches!(gone, Err(EffectError::NotFound { .. })),
        "{gone:?}"
    );
}

pub async fn an_autoscaler_is_found(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, json!({})).await;
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-hpa"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 7
        }
    });
    let path = ground.of("autoscaling/v2", "horizontalpodautoscalers");
    target.post(&path, &autoscaler).await.ok();
    let web = target_of(&ground, "web");
    let preview = scale::preview(&target.client, &web)
        .await
        .expect("a preview");
    let Autoscaler::Found { name, min, max, .. } = preview.autoscaler else {
        panic!("not found: {preview:?}")
    };
    assert_eq!((&*name, min, max), ("web-hpa", 2, 7));
}

pub async fn a_deleted_namespace_is_told_as_deletions(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, json!({})).await;
    let mut watching = Watching::start(target, &ground.namespace);
    watching
        .until("two ready pods", |w| w.all_live() && w.ready_pods() == 2)
        .await;
    let path = format!("/api/v1/namespaces/{}", ground.namespace);
    target.delete(&path).await.ok();
    watching
        .until("nothing left", |w| {
            let kinds = [Kind::Pod, Kind::Deployment, Kind::ReplicaSet];
            kinds.into_iter().all(|kind| w.names(kind).is_empty())
                && !w.names(Kind::Namespace).contains(&ground.namespace)
        })
        .await;
    assert!(watching.gone >= 4, "told as deletions, not as a sweep");
    assert!(watching.all_live());
}
