//! The Kubernetes source and the effectors against a real API server, with kubectl as the judge.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test kubernetes_testbed -- --ignored`. Each test has
//! a namespace of its own; nothing else in the cluster is touched.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use kube::Client;
use portolan::effectors::{self, EffectError};
use portolan::model::Model;
use portolan::model::element::Component;
use portolan::model::intent::{
    Accepted, Autoscaler, Difference, Intent, Operation, Order, Preview, ScalePreview, Stage,
};
use portolan::model::key::TypeKey;
use portolan::model::observation::{Fact, Happening, Kind, NamespaceChoice, Observation, Scope};
use portolan::model::source::SourceState;
use portolan::model::text::Text;
use portolan::sources::kubernetes::{Kubernetes, Session, Settings};
use portolan::sources::{Control, Outlet, Source};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long the cluster may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

async fn kubectl(arguments: &[&str], input: Option<&Value>) -> String {
    let mut child = Command::new("kubectl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl is in PATH");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.map(Value::to_string).unwrap_or_default();
    stdin
        .write_all(input.as_bytes())
        .await
        .expect("kubectl reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("kubectl ends");
    assert!(output.status.success(), "kubectl {arguments:?} failed");
    String::from_utf8(output.stdout).expect("text")
}

/// A namespace that is deleted with the test.
struct Ground {
    namespace: String,
}

impl Ground {
    async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("portolan-test-{}-{count}", std::process::id());
        kubectl(&["create", "namespace", &namespace], None).await;
        Self { namespace }
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        let own = ["-n", &self.namespace];
        kubectl(&[&own, arguments].concat(), None).await
    }

    async fn deploy(&self, name: &str, replicas: u32) {
        let labels = json!({"app": name});
        let container = json!({
            "name": "main", "image": "example/main:1",
            "env": [{"name": "BACKEND_ADDR", "value": "backend:8080"}]
        });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
            }
        });
        kubectl(&["apply", "-f", "-"], Some(&deployment)).await;
    }

    /// The pods' names as kubectl lists them.
    async fn pods(&self) -> BTreeSet<String> {
        let list = self.kubectl(&["get", "pods", "-o", "name"]).await;
        list.lines()
            .map(|line| line.trim_start_matches("pod/").to_owned())
            .collect()
    }

    fn target(&self, name: &str) -> TypeKey {
        TypeKey::new(&self.namespace, "Deployment", name)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // Whether it works or not, the test is over.
        let _ = std::process::Command::new("kubectl")
            .args(["delete", "namespace", &self.namespace, "--wait=false"])
            .args(["--ignore-not-found"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// The source at work and what it said.
struct Watching {
    receiver: mpsc::Receiver<Vec<Observation>>,
    namespaces: watch::Sender<NamespaceChoice>,
    _retry: watch::Sender<u64>,
    stop: CancellationToken,
    facts: BTreeMap<(Scope, String), Arc<Fact>>,
    happenings: Vec<Happening>,
    lines: BTreeMap<(Text, Option<Text>), SourceState>,
    skew_ms: Option<i64>,
    gone: usize,
    model: Model,
}

impl Watching {
    fn start(session: &Session, choice: NamespaceChoice) -> Self {
        let (outlet, receiver) = Outlet::new();
        let namespaces = watch::Sender::new(choice);
        let retry = watch::Sender::new(0);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: namespaces.subscribe(),
            retry: retry.subscribe(),
            stop: stop.clone(),
        };
        let settings = Settings {
            session: session.clone(),
        };
        let source: Box<dyn Source> = Box::new(Kubernetes::new(settings));
        tokio::spawn(source.run(outlet, control));
        Self {
            receiver,
            namespaces,
            _retry: retry,
            stop,
            facts: BTreeMap::new(),
            happenings: Vec::new(),
            lines: BTreeMap::new(),
            skew_ms: None,
            gone: 0,
            model: Model::new("testbed", Vec::new()),
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

    /// Waits until what is observed says that this was done; nothing else tells.
    async fn until_done(&mut self, sent: &Intent) {
        let what = format!("{:?} is done", sent.operation);
        let converges = |w: &Self| {
            let mut intent = sent.clone();
            let moved = intent.verify(w.model.sight(&intent), 0);
            moved && intent.stage == Stage::Converged
        };
        self.until(&what, converges).await;
    }

    fn take(&mut self, observation: Observation) {
        let now = jiff::Timestamp::now();
        self.model.apply(vec![observation.clone()], now);
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
                self.skew_ms = status.skew_ms.or(self.skew_ms);
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
        let facts = self
            .facts
            .iter()
            .filter(|((scope, _), _)| scope.kind == kind);
        facts
            .map(|(_, fact)| fact.meta().name.to_string())
            .collect()
    }

    fn running_pods(&self) -> usize {
        let pods = self.facts.values().filter_map(|fact| match &**fact {
            Fact::Pod(pod) => Some(pod),
            _ => None,
        });
        pods.filter(|pod| pod.ready == Some(true)).count()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn scale_preview(client: &Client, target: &TypeKey) -> Result<ScalePreview, EffectError> {
    let operation = Operation::Scale {
        before: 0,
        wanted: 0,
    };
    match effectors::preview(client, target, &operation).await? {
        Preview::Scale(preview) => Ok(preview),
        other => panic!("of something else: {other:?}"),
    }
}

fn session() -> Session {
    Session::open(None, None).expect("KUBECONFIG names the testbed")
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_is_seen_is_what_kubectl_lists() {
    let ground = Ground::new().await;
    ground.deploy("web", 3).await;
    ground
        .kubectl(&["expose", "deployment", "web", "--port=80"])
        .await;
    let mut watching = Watching::start(&session(), NamespaceChoice::one(&ground.namespace));
    watching
        .until("three ready pods, their Service and its endpoints", |w| {
            w.all_live() && w.running_pods() == 3 && !w.names(Kind::EndpointSlice).is_empty()
        })
        .await;
    assert_eq!(watching.names(Kind::Pod), ground.pods().await);
    assert_eq!(watching.names(Kind::Deployment), ["web".to_owned()].into());
    assert!(watching.names(Kind::Service).contains("web"));
    assert!(watching.names(Kind::Namespace).contains(&ground.namespace));
    assert!(!watching.names(Kind::Node).is_empty());
    watching
        .until("an event", |w| {
            w.happenings.iter().any(|h| &*h.kind == "Pod")
        })
        .await;
    assert!(
        watching.skew_ms.is_some_and(|skew| skew.abs() < 5000),
        "{:?}",
        watching.skew_ms
    );
    for fact in watching.facts.values() {
        assert!(
            fact.meta().version > 0 && !fact.meta().uid.is_empty(),
            "{fact:?}"
        );
        if let Fact::Pod(pod) = &**fact {
            assert_eq!(pod.mentions.len(), 1);
            assert_eq!(
                pod.meta.owner.as_ref().map(|owner| &*owner.kind),
                Some("ReplicaSet")
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn scaling_changes_the_number_and_a_stale_preview_changes_nothing() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("a ready pod", |w| w.running_pods() == 1)
        .await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let first = scale_preview(&client, &target).await.expect("a preview");
    assert_eq!(
        (first.replicas_now, &first.autoscaler),
        (1, &Autoscaler::None)
    );
    let to = |wanted| Order::Scale {
        wanted,
        preview: first.clone(),
    };
    let accepted = effectors::send(&client, &target, &to(3)).await;
    let accepted = accepted.expect("it is accepted");
    assert!(
        accepted
            .generation
            .is_some_and(|generation| generation >= 2)
    );
    watching
        .until("three ready pods", |w| w.running_pods() == 3)
        .await;
    let wanted = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.replicas}",
    ];
    assert_eq!(ground.kubectl(&wanted).await, "3");
    let late = effectors::send(&client, &target, &to(9)).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    assert_eq!(ground.kubectl(&wanted).await, "3");
    let gone = scale_preview(&client, &ground.target("nothing")).await;
    assert!(
        matches!(gone, Err(EffectError::NotFound { .. })),
        "{gone:?}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_autoscaler_is_found() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-hpa", "namespace": ground.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 7
        }
    });
    kubectl(&["apply", "-f", "-"], Some(&autoscaler)).await;
    let client = session().client().await.expect("a client");
    let preview = scale_preview(&client, &ground.target("web"))
        .await
        .expect("a preview");
    let Autoscaler::Found { name, min, max, .. } = preview.autoscaler else {
        panic!("not found: {preview:?}")
    };
    assert_eq!((&*name, min, max), ("web-hpa", 2, 7));
}

/// Previews an operation, and gives what a person would confirm.
async fn order(client: &Client, target: &TypeKey, operation: &Operation) -> Order {
    let preview = effectors::preview(client, target, operation).await;
    let preview = preview.expect("a preview");
    let at = jiff::Timestamp::now();
    let order = operation.confirmed(&preview, at);
    order.expect("a preview of the operation")
}

/// Sends what was confirmed, and gives the intent that has to be verified.
async fn sent(client: &Client, target: &TypeKey, operation: Operation, order: Order) -> Intent {
    let accepted = effectors::send(client, target, &order).await;
    let Accepted { generation } = accepted.expect("it is accepted");
    let mut intent = Intent::new(1, target.clone(), operation);
    intent.order = Some(order);
    intent.stage = Stage::Accepted { generation };
    intent
}

fn components<'a>(watching: &'a Watching, target: &TypeKey) -> Vec<&'a Component> {
    watching.model.components_of(target)
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_restart_replaces_each_pod_and_a_stale_preview_none() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.running_pods() == 2)
        .await;
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let before = ground.pods().await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let operation = Operation::Restart;
    let first = order(&client, &target, &operation).await;
    let intent = sent(&client, &target, operation, first.clone()).await;
    watching.until_done(&intent).await;
    // `rollout status` would wait; asked so, it only says whether there is anything to wait for.
    let status = ["rollout", "status", "deployment/web", "--watch=false"];
    let status = ground.kubectl(&status).await;
    assert!(status.contains("successfully rolled out"), "{status}");
    watching
        .until("the old pods are gone", |w| {
            components(w, &target)
                .iter()
                .all(|c| !before.contains(&*c.name))
        })
        .await;
    assert!(before.is_disjoint(&ground.pods().await));
    let late = effectors::send(&client, &target, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_rollback_puts_the_whole_template_back_and_can_be_undone() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.running_pods() == 2)
        .await;
    let template = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.template}",
    ];
    let good = ground.kubectl(&template).await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let none = effectors::preview(&client, &target, &Operation::Rollback { to: None }).await;
    let none = none.expect_err("there is only one revision").to_string();
    assert!(none.starts_with("there is no revision before 1"), "{none}");
    // A rollout that never ends: another image, another variable, and pods that crash.
    let bad = r#"{"spec":{"template":{
        "metadata":{"labels":{"portolan.test/behaviour":"imagepull"},"annotations":{"note":"bad"}},
        "spec":{"containers":[{"name":"main","image":"example/main:2","env":[{"name":"MODE","value":"x"}]}]}
    }}}"#;
    ground
        .kubectl(&["patch", "deployment", "web", "-p", bad])
        .await;
    let key = |image: &'static str| {
        let target = target.clone();
        move |w: &Watching| {
            let ty = w.model.component_type(&target);
            ty.is_some_and(|t| {
                t.images == [image.into()]
                    && t.observed_generation >= t.generation
                    && t.updated >= Some(1)
            })
        }
    };
    watching
        .until("the bad rollout began", key("example/main:2"))
        .await;
    let operation = Operation::Rollback { to: None };
    let first = order(&client, &target, &operation).await;
    let Order::Rollback { preview } = &first else {
        panic!("{first:?}")
    };
    assert_eq!((preview.from.number, preview.to.number), (2, 1));
    assert_eq!(preview.from.images, ["example/main:2".into()]);
    assert_eq!(preview.to.images, ["example/main:1".into()]);
    assert_eq!(preview.difference, Difference::Images);
    let undone = first.undone().expect("it can be undone");
    let intent = sent(&client, &target, operation, first.clone()).await;
    watching.until_done(&intent).await;
    assert_eq!(ground.kubectl(&template).await, good);
    let revision = |w: &Watching| {
        let ty = w.model.component_type(&target);
        ty.and_then(|t| t.revision.as_deref().map(str::to_owned))
    };
    assert_eq!(revision(&watching).as_deref(), Some("3"));
    let late = effectors::send(&client, &target, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    // The way back leads to the revision of before, which has kept its number.
    assert_eq!(undone, Operation::Rollback { to: Some(2) });
    let back = order(&client, &target, &undone).await;
    let intent = sent(&client, &target, undone, back).await;
    watching
        .until("the bad image is wanted again", key("example/main:2"))
        .await;
    let mut intent = intent;
    intent.verify(watching.model.sight(&intent), 0);
    assert_ne!(intent.stage, Stage::Converged, "its pods never start");
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_deletion_is_of_one_pod_by_its_uid() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.all_live() && w.running_pods() == 2)
        .await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let all = components(&watching, &target);
    let pod = all.first().expect("a pod");
    let operation = Operation::Delete {
        pod: pod.name.clone(),
        uid: pod.uid.clone(),
    };
    let name = pod.name.to_string();
    let wrong = Operation::Delete {
        pod: pod.name.clone(),
        uid: "another".into(),
    };
    let first = order(&client, &target, &operation).await;
    let Order::Delete { preview } = &first else {
        panic!("{first:?}")
    };
    let owner = preview.controller.as_ref().expect("an owner");
    assert_eq!((&*owner.0, preview.grace_s), ("ReplicaSet", 30));
    // Both the look and the server hold on to the uid.
    let error = effectors::preview(&client, &target, &wrong).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    let mut preview = preview.clone();
    preview.uid = "another".into();
    let error = effectors::send(&client, &target, &Order::Delete { preview }).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    assert!(ground.pods().await.contains(&name));
    let intent = sent(&client, &target, operation, first).await;
    watching.until_done(&intent).await;
    assert!(!ground.pods().await.contains(&name));
    watching
        .until("another one is there", |w| w.running_pods() == 2)
        .await;
}

/// A kubeconfig of a user who may read pods in one namespace and nothing else.
async fn limited(ground: &Ground, directory: &tempfile::TempDir) -> PathBuf {
    ground
        .kubectl(&["create", "serviceaccount", "limited"])
        .await;
    let rights = ["--verb=get,list,watch", "--resource=pods"];
    ground
        .kubectl(&[&["create", "role", "limited"], &rights[..]].concat())
        .await;
    let subject = format!("--serviceaccount={}:limited", ground.namespace);
    let binding = [
        "create",
        "rolebinding",
        "limited",
        "--role=limited",
        &subject,
    ];
    ground.kubectl(&binding).await;
    let token = ground.kubectl(&["create", "token", "limited"]).await;
    let view = [
        "config",
        "view",
        "--raw",
        "--minify",
        "--flatten",
        "-o",
        "json",
    ];
    let mut config: Value = serde_json::from_str(&kubectl(&view, None).await).expect("JSON");
    config["users"][0]["user"] = json!({"token": token.trim()});
    let path = directory.path().join("limited");
    std::fs::write(&path, config.to_string()).expect("a file");
    path
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_limited_user_sees_what_is_allowed_and_is_told_about_the_rest() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods and refusals for the rest", |w| {
            let refused = w
                .lines
                .values()
                .filter(|s| matches!(s, SourceState::Forbidden { .. }));
            w.running_pods() == 2 && refused.count() == 12
        })
        .await;
    let key = ("deployments".into(), Some(Text::from(&*ground.namespace)));
    let Some(SourceState::Forbidden { what }) = watching.lines.get(&key) else {
        panic!("deployments are refused")
    };
    assert!(
        what.ends_with("ask for get, list, watch on deployments"),
        "{what}"
    );
    let client = session.client().await.expect("a client");
    let preview = scale_preview(&client, &ground.target("web")).await;
    assert!(
        matches!(preview, Err(EffectError::Forbidden { .. })),
        "{preview:?}"
    );
    // Pods may be read, so a deletion is previewed; it is refused when it is sent.
    let pod = ground.pods().await.pop_first().expect("a pod");
    let uid = ["get", "pod", &pod, "-o", "jsonpath={.metadata.uid}"];
    let delete = Operation::Delete {
        uid: ground.kubectl(&uid).await.into(),
        pod: pod.as_str().into(),
    };
    let target = ground.target("web");
    let delete = order(&client, &target, &delete).await;
    let refused = effectors::send(&client, &target, &delete).await;
    let refused = refused.expect_err("it is refused").to_string();
    assert!(
        refused.ends_with("ask for get, delete on pods"),
        "{refused}"
    );
    for operation in [Operation::Restart, Operation::Rollback { to: None }] {
        let refused = effectors::preview(&client, &target, &operation).await;
        let refused = refused.expect_err("it is refused").to_string();
        assert!(refused.ends_with("ask for get on deployments"), "{refused}");
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn refused_credentials_are_told_as_such() {
    let ground = Ground::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["users"][0]["user"]["token"] = json!("not-a-token");
    std::fs::write(&path, config.to_string()).expect("a file");
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    let refused = |state: &SourceState| matches!(state, SourceState::Failed { cause } if cause.contains("(401)"));
    watching
        .until("refusals", |w| {
            w.lines.len() == 14 && w.lines.values().all(refused)
        })
        .await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_deleted_namespace_takes_its_pods_with_it() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let mut watching = Watching::start(&session(), NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.all_live() && w.running_pods() == 2)
        .await;
    kubectl(
        &["delete", "namespace", &ground.namespace, "--wait=false"],
        None,
    )
    .await;
    watching
        .until("nothing left", |w| {
            let names = |kind| w.names(kind);
            names(Kind::Pod).is_empty()
                && names(Kind::Deployment).is_empty()
                && names(Kind::ReplicaSet).is_empty()
                && !names(Kind::Namespace).contains(&ground.namespace)
        })
        .await;
    assert!(watching.gone >= 4, "told as deletions, not as a sweep");
    assert!(watching.all_live());
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn switching_leaves_what_the_last_choice_covers() {
    let (one, other) = (Ground::new().await, Ground::new().await);
    one.deploy("web", 2).await;
    other.deploy("api", 3).await;
    let mut watching = Watching::start(&session(), NamespaceChoice::one(&one.namespace));
    for _ in 0..10 {
        for choice in [
            NamespaceChoice::one(&other.namespace),
            NamespaceChoice::All,
            NamespaceChoice::one(&one.namespace),
        ] {
            watching.namespaces.send_replace(choice);
            tokio::task::yield_now().await;
        }
    }
    let expected = |w: &Watching| {
        let line = ("pods".into(), Some(Text::from(&*one.namespace)));
        w.lines.get(&line) == Some(&SourceState::Live) && w.lines.len() == 14 && w.all_live()
    };
    watching.until("the last choice", expected).await;
    watching
        .until("two ready pods", |w| w.running_pods() == 2)
        .await;
    assert_eq!(watching.names(Kind::Pod), one.pods().await);
    watching.namespaces.send_replace(NamespaceChoice::All);
    watching
        .until("all namespaces", |w| {
            w.all_live()
                && w.names(Kind::Deployment)
                    .is_superset(&["web".into(), "api".into()].into())
        })
        .await;
    assert!(watching.names(Kind::Pod).is_superset(&other.pods().await));
}
