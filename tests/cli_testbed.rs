//! The binary against a real API server, with kubectl as the judge.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test cli_testbed -- --ignored`. What is made is in
//! namespaces of its own, which go with the test; only the shop of `testbed/shop.yaml` stays.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long the cluster may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a comparison is tried while the system changes under it.
const TRIES: usize = 20;

fn kubectl(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("kubectl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl is in PATH");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("kubectl reads");
    drop(stdin);
    let output = child.wait_with_output().expect("kubectl ends");
    assert!(output.status.success(), "kubectl {arguments:?} failed");
    String::from_utf8(output.stdout).expect("text")
}

fn listed(kinds: &str) -> Vec<Value> {
    let text = kubectl(&["get", kinds, "-A", "-o", "json"], "");
    let mut list: Value = serde_json::from_str(&text).expect("JSON");
    match list["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn portolan(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn exported(arguments: &[&str]) -> (Output, Value) {
    let output = portolan(arguments).output().expect("portolan runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let model = serde_json::from_slice(&output.stdout).expect("JSON");
    (output, model)
}

/// Looks until the system held still meanwhile, by its versions.
fn settled<T>(versions: impl Fn() -> String, look: impl Fn() -> T) -> T {
    for _ in 0..TRIES {
        let before = versions();
        let seen = look();
        if versions() == before {
            return seen;
        }
    }
    panic!("the system did not hold still in {TRIES} tries");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The controller of an object, or its first owner.
fn owner(object: &Value) -> Option<&Value> {
    let owners = object["metadata"]["ownerReferences"].as_array()?;
    let controls = |o: &&Value| o["controller"] == true;
    owners.iter().find(controls).or_else(|| owners.first())
}

/// The test bed's own shop: every kind of workload, one of them crashing, in a bed that may be empty.
fn shop() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/testbed/shop.yaml");
    kubectl(&["apply", "-f", manifest], "");
    for workload in [
        "deployment/frontend",
        "deployment/cart",
        "statefulset/redis",
    ] {
        kubectl(
            &["rollout", "status", workload, "-n", "shop", "--timeout=60s"],
            "",
        );
    }
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn every_pod_is_as_kubectl_has_it() {
    const WORKLOADS: &str = "deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs";
    shop();
    let versions = || {
        let kinds = format!("pods,{WORKLOADS}");
        let columns = "custom-columns=U:.metadata.uid,V:.metadata.resourceVersion";
        kubectl(&["get", &kinds, "-A", "-o", columns], "")
    };
    let look = || {
        let table = kubectl(&["get", "pods", "-A", "--no-headers"], "");
        let pods = listed("pods");
        let workloads = listed(WORKLOADS);
        let (_, model) = exported(&["model", "-A", "--format", "json"]);
        (table, pods, workloads, model)
    };
    let (table, pods, workloads, model) = settled(versions, look);
    let by_uid: BTreeMap<&str, &Value> = workloads
        .iter()
        .filter_map(|w| Some((w["metadata"]["uid"].as_str()?, w)))
        .collect();
    let mut wanted = Vec::new();
    for pod in &pods {
        let mut top = (json!("Pod"), pod["metadata"]["name"].clone());
        let mut next = owner(pod);
        while let Some(above) = next {
            top = (above["kind"].clone(), above["name"].clone());
            next = above["uid"]
                .as_str()
                .and_then(|uid| by_uid.get(uid))
                .and_then(|w| owner(w));
        }
        wanted.push(format!(
            "{} {} on {} of {} {}",
            text(&pod["metadata"]["namespace"]),
            text(&pod["metadata"]["name"]),
            text(&pod["spec"]["nodeName"]),
            text(&top.0),
            text(&top.1),
        ));
    }
    wanted.sort();
    let rows = model["pods"].as_array().expect("pods");
    let mut shown: Vec<String> = rows
        .iter()
        .map(|pod| {
            format!(
                "{} {} on {} of {} {}",
                text(&pod["namespace"]),
                text(&pod["name"]),
                text(&pod["node"]),
                text(&pod["owner"]["kind"]),
                text(&pod["owner"]["name"]),
            )
        })
        .collect();
    shown.sort();
    assert!(!wanted.is_empty(), "the testbed has pods");
    assert_eq!(shown, wanted);

    // READY, STATUS and RESTARTS as kubectl itself prints them.
    let mut printed: Vec<String> = table
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().take(5).collect();
            words.join(" ")
        })
        .collect();
    printed.sort();
    let mut ours: Vec<String> = rows
        .iter()
        .map(|pod| {
            format!(
                "{} {} {}/{} {} {}",
                text(&pod["namespace"]),
                text(&pod["name"]),
                pod["ready"],
                pod["total"],
                text(&pod["status"]),
                pod["restarts"],
            )
        })
        .collect();
    ours.sort();
    assert_eq!(ours, printed);

    for workload in &workloads {
        if owner(workload).is_some() {
            continue;
        }
        let (kind, name) = (&workload["kind"], &workload["metadata"]["name"]);
        let namespace = &workload["metadata"]["namespace"];
        let row = model["types"].as_array().and_then(|types| {
            types
                .iter()
                .find(|t| t["kind"] == *kind && t["name"] == *name && t["namespace"] == *namespace)
        });
        let row = row.unwrap_or_else(|| panic!("{kind} {name} is not in the export"));
        if ["Deployment", "StatefulSet"].contains(&kind.as_str().unwrap_or_default()) {
            assert_eq!(row["desired"], workload["spec"]["replicas"], "{name}");
            let ready = workload["status"]["readyReplicas"].as_u64().unwrap_or(0);
            assert_eq!(row["ready"], ready, "{name}");
        }
    }
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn two_exports_of_an_unchanged_system_are_the_same() {
    let ground = Ground::new("same");
    ground.deploy(3);
    let arguments = ["model", "-n", &ground.namespace, "--format", "json"];
    let (first, model) = exported(&arguments);
    let (second, _) = exported(&arguments);
    assert_eq!(
        String::from_utf8_lossy(&first.stdout),
        String::from_utf8_lossy(&second.stdout)
    );
    assert_eq!(model["pods"].as_array().map(Vec::len), Some(3));
    assert_eq!(model["allNamespaces"], false);
    assert_eq!(model["types"][0]["ready"], 3);
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn the_picture_of_a_saved_model_is_that_of_the_cluster() {
    const ALL: [&str; 6] = [
        "graph",
        "-A",
        "--unlinked",
        "--group",
        "namespace",
        "--format",
    ];
    shop();
    let drawn = |more: &[&str]| {
        // A window without calls is in no file, and its length stands over the picture.
        let mut command = portolan(&[&ALL[..], more].concat());
        let output = command.env_remove("ZIPKIN_URL").output();
        let output = output.expect("portolan runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.json");
    let named = file.display().to_string();
    let versions = || {
        let columns = "custom-columns=U:.metadata.uid,V:.metadata.resourceVersion";
        kubectl(
            &["get", "pods,services,deployments", "-A", "-o", columns],
            "",
        )
    };
    for format in ["dot", "mermaid", "text", "svg"] {
        let (live, saved, model) = settled(versions, || {
            let live = drawn(&[format]);
            let (output, model) = exported(&["model", "-A", "--format", "json"]);
            fs::write(&file, &output.stdout).expect("a file");
            (live, drawn(&[format, "--from", &named]), model)
        });
        assert_eq!(saved, live);
        let types = model["types"].as_array().expect("types");
        assert!(!types.is_empty());
        for ty in types {
            let name = text(&ty["name"]);
            assert!(live.contains(&name), "{name} is not in {live}");
        }
    }
    let small = [&ALL[..], &["text", "--from", &named, "--size", "40x10"]].concat();
    let output = portolan(&small).output().expect("portolan runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("out of sight") && told.contains("--size"),
        "{told}"
    );
    let args = ["graph", "-n", "shop", "--focus", "crat", "--format", "dot"];
    let output = portolan(&args).output().expect("portolan runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(line.contains("the nearest names are cart"), "{line}");
    let args = ["graph", "-n", "shop", "--focus", "cart", "--size", "100x24"];
    let output = portolan(&args).output().expect("portolan runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let picture = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        picture.contains("cart") && picture.lines().count() <= 24,
        "{picture}"
    );
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn what_may_not_be_listed_is_said_and_the_rest_is_shown() {
    let ground = Ground::new("rights");
    ground.deploy(1);
    let namespace = &ground.namespace;
    kubectl(&["create", "serviceaccount", "reader", "-n", namespace], "");
    let role = [
        "create",
        "role",
        "reader",
        "-n",
        namespace,
        "--verb=get,list,watch",
        "--resource=pods,replicasets.apps,deployments.apps,statefulsets.apps,daemonsets.apps,jobs.batch,cronjobs.batch,endpointslices.discovery.k8s.io,ingresses.networking.k8s.io,events",
    ];
    kubectl(&role, "");
    let account = format!("--serviceaccount={namespace}:reader");
    let binding = [
        "create",
        "rolebinding",
        "reader",
        "-n",
        namespace,
        "--role=reader",
        &account,
    ];
    kubectl(&binding, "");
    let token = kubectl(&["create", "token", "reader", "-n", namespace], "");
    let view = kubectl(&["config", "view", "--raw", "--minify", "-o", "json"], "");
    let mut config: Value = serde_json::from_str(&view).expect("JSON");
    config["users"][0]["user"] = json!({"token": token.trim()});
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kubeconfig");
    fs::write(&file, config.to_string()).expect("written");
    let named = file.display().to_string();

    let (output, model) = exported(&[
        "model",
        "--kubeconfig",
        &named,
        "-n",
        namespace,
        "--format",
        "json",
    ]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Not routes of a Gateway: the server has none, which is no matter of rights.
    let lacking = [
        "namespaces",
        "nodes",
        "services",
        "configmaps",
        "networkpolicies",
        "horizontalpodautoscalers",
    ];
    for kind in lacking {
        let line = told
            .lines()
            .find(|l| l.starts_with(&format!("portolan: {kind}")));
        assert!(line.is_some_and(|l| l.contains("left out")), "{told}");
    }
    assert_eq!(told.lines().count(), lacking.len(), "{told}");
    assert_eq!(model["pods"].as_array().map(Vec::len), Some(1));
    let state = |part: &str| {
        let sources = model["sources"].as_array().expect("sources");
        let source = sources.iter().find(|s| s["part"] == part);
        source.map(|s| s["state"].clone()).unwrap_or_default()
    };
    assert_eq!(state("pods"), "live");
    assert_eq!(state("services"), "forbidden");

    // Everywhere, this account may list nothing at all.
    let output = portolan(&["model", "--kubeconfig", &named, "-A"]).output();
    let output = output.expect("portolan runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn events_are_followed_and_ctrl_c_ends_them() {
    let ground = Ground::new("events");
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let mut child = portolan(&["events", "-n", &ground.namespace, "--format", "json"])
        .arg("--log-file")
        .arg(&log)
        .stdout(Stdio::piped())
        .spawn()
        .expect("portolan runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    // Only what comes after the first lists is told as new: each kind says in the log when it is live.
    let until = Instant::now() + PATIENCE;
    let are_live = |text: String| {
        let kinds = ["pods", "deployments", "replicasets", "events"];
        kinds
            .iter()
            .all(|kind| text.contains(&format!(": live part={kind} ")))
    };
    while !fs::read_to_string(&log).is_ok_and(are_live) {
        assert!(Instant::now() < until, "the lists are not complete");
        std::thread::yield_now();
    }
    ground.deploy(2);
    let mut told = Vec::new();
    // The pipe stays open to the end: closing it would end the program by itself.
    for line in lines.by_ref() {
        let entry: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let (origin, name) = (text(&entry["origin"]), text(&entry["name"]));
        told.push(format!("{origin} {name}: {}", text(&entry["text"])));
        let both = told.iter().any(|t| t.starts_with("model web"))
            && told.iter().any(|t| t.starts_with("kubernetes web"));
        if both {
            break;
        }
    }
    kill(child.id());
    let code = child.wait().expect("it ends").code();
    drop(lines);
    assert_eq!(code, Some(130), "{told:#?}");
}

/// `SIGINT`, as ctrl-c sends it.
fn kill(process: u32) {
    let sent = Command::new("kill")
        .args(["-INT", &process.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn a_reader_that_goes_away_is_no_error() {
    let shell = format!(
        "{} model -A --format json | head -c 10 >{}; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_portolan"),
        Path::new("/dev/null").display(),
    );
    let output = Command::new("bash").args(["-c", &shell]).output();
    let output = output.expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "0");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// A namespace that is deleted with the test.
struct Ground {
    namespace: String,
}

impl Ground {
    fn new(what: &str) -> Self {
        let namespace = format!("portolan-cli-{what}-{}", std::process::id());
        kubectl(&["create", "namespace", &namespace], "");
        Self { namespace }
    }

    /// A Deployment `web`, waited for until it is ready and its Events have come.
    fn deploy(&self, replicas: u32) {
        let labels = json!({"app": "web"});
        let manifest = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": self.namespace},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "web", "image": "example.org/web:1"}]},
                },
            },
        });
        kubectl(&["apply", "-f", "-"], &manifest.to_string());
        let begun = Instant::now();
        let path = "jsonpath={.status.readyReplicas}";
        while kubectl(
            &["get", "deploy", "web", "-n", &self.namespace, "-o", path],
            "",
        ) != replicas.to_string()
        {
            assert!(begun.elapsed() < PATIENCE, "the Deployment gets ready");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let arguments = ["delete", "namespace", &self.namespace, "--wait=false"];
        let _ = Command::new("kubectl")
            .args(arguments)
            .stdout(Stdio::null())
            .status();
    }
}
