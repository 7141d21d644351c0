//! A test bed of the test's own, whose servers may be stopped and killed. It ends with the test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::ByteString;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};

use super::kubectl_as;

/// The servers.
pub struct Bed {
    name: String,
    pub kubeconfig: PathBuf,
    run: PathBuf,
}

fn script(name: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testbed")
        .join(name);
    let mut command = Command::new(path);
    command.stdin(Stdio::null());
    command
}

impl Bed {
    /// Starts one; takes some seconds, and more while much else goes on.
    pub fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("faults-{}-{count}", std::process::id());
        let mut up = script("up");
        up.args(["--name", &name, "--no-zipkin", "--nodes", "1"]);
        let output = up
            .stderr(Stdio::inherit())
            .output()
            .expect("the script runs");
        // Its end is due from here on, also if what follows fails.
        let mut bed = Self {
            name,
            kubeconfig: PathBuf::new(),
            run: PathBuf::new(),
        };
        assert!(output.status.success(), "the test bed does not start");
        let exports = String::from_utf8(output.stdout).expect("text");
        let export = |name: &str| {
            let start = format!("export {name}=");
            let line = exports.lines().find_map(|line| line.strip_prefix(&start));
            PathBuf::from(line.expect("it is exported"))
        };
        bed.kubeconfig = export("KUBECONFIG");
        bed.run = export("PORTOLAN_TESTBED");
        bed
    }

    /// `testbed/server WHAT SERVER -- OPTION…`, until it is done.
    pub async fn server(&self, what: &str, server: &str, options: &[&str]) {
        let mut command = script("server");
        command.args([what, server, "--name", &self.name, "--"]);
        command.args(options);
        let ended = tokio::process::Command::from(command).status().await;
        assert!(ended.expect("the script runs").success(), "{what} {server}");
    }

    pub async fn kubectl(&self, arguments: &[&str], input: Option<&Value>) -> String {
        kubectl_as(Some(&self.kubeconfig), arguments, input).await
    }

    pub fn session(&self) -> Session {
        Session::open(Some(self.kubeconfig.clone()), None).expect("it is well-formed")
    }

    pub fn address(&self) -> std::net::SocketAddr {
        let session = self.session();
        let address = session.server().trim_start_matches("https://").parse();
        address.expect("an address")
    }

    /// Asks etcd itself, past the API server.
    pub async fn etcd(&self, path: &str, question: &Value) -> Value {
        let line = std::fs::read_to_string(self.run.join("commands/etcd")).expect("it is recorded");
        let mut words = line.split_whitespace();
        words.find(|word| *word == "--listen-client-urls");
        let url = format!("{}/v3/kv/{path}", words.next().expect("a URL"));
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let answer = client
            .post(url)
            .json(question)
            .send()
            .await
            .expect("it answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Deletes an object behind everybody's back.
    pub async fn erase(&self, key: &str) {
        let key = ByteString(format!("/registry/{key}").into());
        let answer = self.etcd("deleterange", &json!({"key": key})).await;
        assert_eq!(answer.get("deleted"), Some(&json!("1")), "{answer}");
    }

    /// Makes etcd forget everything but what is now.
    pub async fn compact(&self) {
        let key = ByteString("/registry".into());
        let answer = self.etcd("range", &json!({"key": key})).await;
        let revision = answer.pointer("/header/revision").expect("a revision");
        let question = json!({"revision": revision, "physical": true});
        self.etcd("compaction", &question).await;
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Whether it works or not, the test is over.
        let _ = script("down")
            .args(["--name", &self.name])
            .stderr(Stdio::null())
            .status();
    }
}
