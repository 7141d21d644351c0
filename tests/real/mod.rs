//! The real API server of the test bed: kubectl as the judge, namespaces that go with their tests, and who
//! may what.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "several suites share it, and each uses its part"
)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

pub mod bed;
pub mod truth;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use portolan::model::key::TypeKey;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs kubectl with a manifest on its standard input; returns what it prints.
pub async fn kubectl(arguments: &[&str], input: Option<&Value>) -> String {
    kubectl_as(None, arguments, input).await
}

/// The same by another kubeconfig than that of the environment.
pub async fn kubectl_as(
    kubeconfig: Option<&Path>,
    arguments: &[&str],
    input: Option<&Value>,
) -> String {
    let mut command = Command::new("kubectl");
    if let Some(path) = kubeconfig {
        command.env("KUBECONFIG", path);
    }
    let mut child = command
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

    /// A Deployment, whose pods exist when this returns: whoever lists them then finds them all.
    pub async fn deploy(&self, name: &str, replicas: u32) {
        let deployment = deployment(&self.namespace, name, replicas);
        kubectl(&["apply", "-f", "-"], Some(&deployment)).await;
        let there = format!("--for=jsonpath={{.status.replicas}}={replicas}");
        let name = format!("deployment/{name}");
        self.kubectl(&["wait", &there, &name, "--timeout=60s"])
            .await;
    }

    /// The pods' names as kubectl lists them.
    pub async fn pods(&self) -> BTreeSet<String> {
        let list = self.kubectl(&["get", "pods", "-o", "name"]).await;
        list.lines()
            .map(|line| line.trim_start_matches("pod/").to_owned())
            .collect()
    }

    /// The administrator's session by way of another address of the server.
    pub async fn through(&self, server: &str) -> Session {
        let mut config = config().await;
        config["clusters"][0]["cluster"]["server"] = json!(server);
        Session::parse(&config.to_string()).expect("it is well-formed")
    }

    pub fn target(&self, name: &str) -> TypeKey {
        TypeKey::new(&self.namespace, "Deployment", name)
    }
}

/// A Deployment of one container that names a host.
pub fn deployment(namespace: &str, name: &str, replicas: u32) -> Value {
    let labels = json!({"app": name});
    let container = json!({
        "name": "main", "image": "example/main:1",
        "env": [{"name": "BACKEND_ADDR", "value": "backend:8080"}]
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        }
    })
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

/// The session of the test bed's administrator.
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
    let mut config = config().await;
    config["users"][0]["user"] = json!({"token": token.trim()});
    let path = directory.path().join("limited");
    std::fs::write(&path, config.to_string()).expect("a file");
    path
}

/// The administrator's kubeconfig, with all that it needs inside.
pub async fn config() -> Value {
    let view = [
        "config",
        "view",
        "--raw",
        "--minify",
        "--flatten",
        "-o",
        "json",
    ];
    serde_json::from_str(&kubectl(&view, None).await).expect("JSON")
}
