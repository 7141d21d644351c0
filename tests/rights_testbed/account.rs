//! Accounts of the real server that may what a test gives them, and what goes with the test.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::path::PathBuf;
use std::process::Stdio;

use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::real::{Ground, config, kubectl};

/// An account in the ground's namespace, with what it may everywhere.
pub struct Account {
    name: String,
    namespace: String,
    /// Names of what is not in the namespace.
    outside: String,
    folder: TempDir,
}

impl Account {
    /// One that may nothing yet.
    pub async fn new(ground: &Ground, name: &str) -> Self {
        ground.kubectl(&["create", "serviceaccount", name]).await;
        Self {
            name: name.to_owned(),
            namespace: ground.namespace.clone(),
            outside: format!("{}-{name}", ground.namespace),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    async fn grant(&self, kind: &str, name: &str, rules: &Value, namespace: Option<&str>) {
        let group = "rbac.authorization.k8s.io";
        let metadata = |name: &str| match namespace {
            Some(namespace) => json!({"name": name, "namespace": namespace}),
            None => json!({"name": name}),
        };
        let version = format!("{group}/v1");
        let role = json!({
            "apiVersion": version, "kind": kind, "metadata": metadata(name), "rules": rules,
        });
        let subject =
            json!({"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace});
        let binding = json!({
            "apiVersion": version, "kind": format!("{kind}Binding"), "metadata": metadata(name),
            "roleRef": {"apiGroup": group, "kind": kind, "name": name}, "subjects": [subject],
        });
        let both = json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]});
        kubectl(&["apply", "-f", "-"], Some(&both)).await;
    }

    /// May this everywhere.
    pub async fn everywhere(&self, rules: &Value) {
        self.grant("ClusterRole", &self.outside, rules, None).await;
    }

    /// May this in the ground's namespace.
    pub async fn here(&self, role: &str, rules: &Value) {
        let namespace = Some(&*self.namespace);
        self.grant("Role", role, rules, namespace).await;
    }

    /// May this in another ground's namespace.
    pub async fn within(&self, ground: &Ground, role: &str, rules: &Value) {
        let namespace = Some(&*ground.namespace);
        self.grant("Role", role, rules, namespace).await;
    }

    /// A kubeconfig with a token of it.
    pub async fn kubeconfig(&self) -> PathBuf {
        let token = ["create", "token", &self.name, "-n", &self.namespace];
        let token = kubectl(&token, None).await;
        let mut config = config().await;
        config["users"][0]["user"] = json!({"token": token.trim()});
        config["contexts"][0]["context"]["namespace"] = json!(self.namespace);
        let path = self.folder.path().join("kubeconfig");
        std::fs::write(&path, config.to_string()).expect("a file");
        path
    }

    pub async fn session(&self) -> Session {
        Session::open(Some(self.kubeconfig().await), None).expect("it is well-formed")
    }

    /// Whether the server would let it.
    pub async fn may(&self, verb: &str, resource: &str) -> bool {
        let account = format!("system:serviceaccount:{}:{}", self.namespace, self.name);
        let question = ["auth", "can-i", verb, resource, "--as", &account];
        let output = tokio::process::Command::new("kubectl")
            .args(question)
            .args(["-n", &self.namespace])
            .output();
        let output = output.await.expect("kubectl is in PATH");
        output.stdout.starts_with(b"yes")
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        for kind in ["clusterrolebinding", "clusterrole"] {
            // Whether it works or not, the test is over.
            let _ = std::process::Command::new("kubectl")
                .args(["delete", kind, &self.outside, "--ignore-not-found"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}
