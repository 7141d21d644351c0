//! A user of the test bed, as a kubeconfig has it, and what stands in for its credential plugin.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::real::{Ground, config};

/// What no screen, no message and no log may hold.
pub const PLANTED: &str = "planted-s3cret-7";

/// A folder with a kubeconfig and what it names.
pub struct User {
    pub folder: TempDir,
    pub config: Value,
}

impl User {
    /// The server and context of the test bed's administrator, with other credentials.
    pub async fn new(credentials: &Value) -> Self {
        let mut config = config().await;
        config["users"][0]["user"] = credentials.clone();
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            config,
        }
    }

    /// One who gets the credential from a shell's script.
    pub async fn of_plugin(script: &str) -> Self {
        let mut user = Self::new(&Value::Null).await;
        user.set_plugin(script);
        user
    }

    pub fn set_plugin(&mut self, script: &str) {
        self.config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", script],
            "interactiveMode": "IfAvailable",
        }});
    }

    pub fn cluster(&mut self) -> &mut Value {
        &mut self.config["clusters"][0]["cluster"]
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the kubeconfig.
    pub fn file(&self) -> PathBuf {
        let path = self.path("kubeconfig");
        fs::write(&path, self.config.to_string()).expect("a file");
        path
    }

    pub fn session(&self) -> Session {
        Session::open(Some(self.file()), None).expect("it is well-formed")
    }
}

/// A shell's command that answers as a plugin does; `status` is JSON, in which the shell fills `$` in.
pub fn answering(status: &str) -> String {
    let status = status.replace('"', "\\\"");
    format!(
        r#"echo "{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{status}}}""#
    )
}

/// Makes an account in a namespace that may read its pods; `kubectl create token` gives it tokens.
pub async fn account(ground: &Ground) {
    ground
        .kubectl(&["create", "serviceaccount", "somebody"])
        .await;
    let rights = ["--verb=get,list,watch", "--resource=pods"];
    let role = ["create", "role", "somebody"];
    ground.kubectl(&[&role, &rights[..]].concat()).await;
    let subject = format!("--serviceaccount={}:somebody", ground.namespace);
    let binding = [
        "create",
        "rolebinding",
        "somebody",
        "--role=somebody",
        &subject,
    ];
    ground.kubectl(&binding).await;
}

pub async fn token(ground: &Ground) -> String {
    let token = ground.kubectl(&["create", "token", "somebody"]).await;
    token.trim().to_owned()
}

/// A file of the test bed's own authority.
pub fn pki(name: &str) -> PathBuf {
    let bed = env::var_os("PORTOLAN_TESTBED").expect("the testbed");
    Path::new(&bed).join("pki").join(name)
}
