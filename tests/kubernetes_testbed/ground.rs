//! The ground that tests stand on: a namespace of their own, the source at work in it, and who may what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use portolan::model::key::TypeKey;
use portolan::model::observation::{Fact, Kind, NamespaceChoice, Observation, Scope};
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

pub async fn kubectl(arguments: &[&str], input: Option<&Value>) -> String {
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
pub struct Ground {
    pub namespace: String,
}

impl Ground {
    pub async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("portolan-test-{}-{count}", std::process::id());
        kubectl(&["create", "namespace", &namespace], None).await;
        Self { namespace }
    }

    pub async fn kubectl(&self, arguments: &[&str]) -> String {
        let own = ["-n", &self.namespace];
        kubectl(&[&own, arguments].concat(), None).await
    }

    pub async fn deploy(&self, name: &str, replicas: u32) {
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
    pub async fn pods(&self) -> BTreeSet<String> {
        let list = self.kubectl(&["get", "pods", "-o", "name"]).await;
        list.lines()
            .map(|line| line.trim_start_matches("pod/").to_owned())
            .collect()
    }

    pub fn target(&self, name: &str) -> TypeKey {
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
pub struct Watching {
    pub receiver: mpsc::Receiver<Vec<Observation>>,
    pub namespaces: watch::Sender<NamespaceChoice>,
    _retry: watch::Sender<u64>,
    stop: CancellationToken,
    pub facts: BTreeMap<(Scope, String), Arc<Fact>>,
    pub lines: BTreeMap<(Text, Option<Text>), SourceState>,
}

impl Watching {
    pub fn start(session: &Session, choice: NamespaceChoice) -> Self {
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
            lines: BTreeMap::new(),
        }
    }

    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
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

    pub fn take(&mut self, observation: Observation) {
        match observation {
            Observation::Seen { scope, fact } => {
                let key = (scope, fact.key().name.to_string());
                self.facts.insert(key, fact);
            }
            Observation::Gone { scope, key } => {
                self.facts.remove(&(scope, key.name.to_string()));
            }
            Observation::Leave { scope } => self.facts.retain(|(own, _), _| *own != scope),
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

    pub fn all_live(&self) -> bool {
        self.lines.len() >= 14 && self.lines.values().all(|state| *state == SourceState::Live)
    }

    pub fn names(&self, kind: Kind) -> BTreeSet<String> {
        let facts = self
            .facts
            .iter()
            .filter(|((scope, _), _)| scope.kind == kind);
        facts
            .map(|(_, fact)| fact.meta().name.to_string())
            .collect()
    }

    pub fn running_pods(&self) -> usize {
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

pub fn session() -> Session {
    Session::open(None, None).expect("KUBECONFIG names the testbed")
}

/// A kubeconfig of a user who may read pods in one namespace and nothing else.
pub async fn limited(ground: &Ground, directory: &tempfile::TempDir) -> PathBuf {
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
