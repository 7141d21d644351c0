//! Users who lack something: what they may see is there, and what is lacking is said where it matters.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use portable_pty::CommandBuilder;
use portolan::model::observation::Kind;
use serde_json::Value;

use crate::account::Account;
use crate::pty::{PATIENCE, Pty};
use crate::real::Ground;
use crate::rules::{NAMESPACE, VIEW, rules, without};

/// Kinds that each server has.
const KINDS: usize = Kind::CLUSTER_WIDE.len() + Kind::NAMESPACED.len();

fn run(kubeconfig: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(arguments)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .stdin(Stdio::null())
        .output()
        .expect("portolan runs")
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The model as JSON, and what is said beside it.
pub fn model(kubeconfig: &Path, arguments: &[&str]) -> (Value, String) {
    let output = run(
        kubeconfig,
        &[&["model", "--format", "json"], arguments].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let model = serde_json::from_slice(&output.stdout).expect("JSON");
    (model, told(&output))
}

pub fn screen(kubeconfig: &Path, arguments: &[&str]) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(arguments);
    command.arg("--kubeconfig");
    command.arg(kubeconfig);
    command.env("TERM", "xterm-256color");
    Pty::start(command, 40, 150)
}

/// A ground with `web`, which calls `backend` by a Service's name, and who may see it by these rules.
async fn ground(everywhere: &Value) -> (Ground, Account) {
    let ground = Ground::new().await;
    for name in ["web", "backend"] {
        ground.deploy(name, 1).await;
    }
    let expose = ["expose", "deployment/backend", "--port=8080"];
    ground.kubectl(&expose).await;
    for name in ["web", "backend"] {
        let name = format!("deployment/{name}");
        ground.kubectl(&["rollout", "status", &name]).await;
    }
    let account = Account::new(&ground, "somebody").await;
    account.everywhere(everywhere).await;
    (ground, account)
}

/// Waits for a Deployment's own row: while lists are on their way, its pods may stand below their ReplicaSet.
fn is_there(pty: &Pty, name: &str) {
    let row = format!("▸ {name} ");
    pty.wait("its row", PATIENCE, |screen| screen.contains(&row));
}

/// The lines of what is left out.
pub fn left_out(told: &str) -> Vec<&str> {
    let lines = told.lines().filter_map(|l| l.strip_prefix("portolan: "));
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn who_may_see_one_namespace_sees_it_and_may_name_others() {
    let (ground, account) = ground(&Value::Array(Vec::new())).await;
    account
        .here("view", &rules(NAMESPACE, "portolan-view"))
        .await;
    let kubeconfig = account.kubeconfig().await;
    let (model, said) = model(&kubeconfig, &[]);
    assert_eq!(model["pods"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        model["declared"].as_array().map(Vec::len),
        Some(1),
        "{model}"
    );
    let said = left_out(&said);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("namespaces") && said[0].contains("only the chosen ones are known"));
    assert!(
        said[1].contains("nodes") && said[1].contains("no data"),
        "{said:?}"
    );

    let everywhere = run(&kubeconfig, &["model", "-A"]);
    assert_eq!(everywhere.status.code(), Some(1));
    let said = told(&everywhere);
    assert!(
        said.contains("may not list pods in all namespaces") && said.contains("-n"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");

    let mut pty = screen(&kubeconfig, &[]);
    pty.wait_for("2 kinds forbidden");
    pty.wait_for("2/2");
    pty.send("n");
    pty.wait_for("a name can be typed: listing namespaces is forbidden");
    pty.wait_for(&ground.namespace);
    pty.send("elsewhere");
    pty.wait_for("(typed; not listed)");
    pty.send("\r");
    pty.wait_for("may not list pods in namespace elsewhere");
    let mut pty = screen(&kubeconfig, &["-A"]);
    pty.wait_for("choose a namespace that you may see");
    pty.send(":q\r");
    pty.end();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn without_events_the_log_says_so() {
    let view = rules(VIEW, "portolan-view");
    let (_ground, account) = ground(&without(&view, &["events"])).await;
    let kubeconfig = account.kubeconfig().await;
    let (model, said) = model(&kubeconfig, &[]);
    assert_eq!(model["pods"].as_array().map(Vec::len), Some(2));
    let said = left_out(&said);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("missing from the log"), "{said:?}");
    let pty = screen(&kubeconfig, &[]);
    pty.wait_for("k8s events forbidden");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn without_nodes_where_a_pod_runs_is_still_known() {
    let view = rules(VIEW, "portolan-view");
    let (_ground, account) = ground(&without(&view, &["nodes"])).await;
    let kubeconfig = account.kubeconfig().await;
    let (model, said) = model(&kubeconfig, &[]);
    let pods = model["pods"].as_array().expect("pods");
    assert!(pods.iter().all(|pod| pod["node"].is_string()), "{pods:?}");
    let said = left_out(&said);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("the state of machines is no data"),
        "{said:?}"
    );
    let pty = screen(&kubeconfig, &[]);
    pty.wait_for("k8s nodes forbidden");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn without_pods_what_they_tell_is_no_data_and_not_zero() {
    let view = rules(VIEW, "portolan-view");
    let (_ground, account) = ground(&without(&view, &["pods", "endpointslices"])).await;
    let kubeconfig = account.kubeconfig().await;
    let (model, _) = model(&kubeconfig, &[]);
    let types = model["types"].as_array().expect("types");
    assert_eq!(types.len(), 2, "{model}");
    for seen in types {
        assert_eq!(seen["ready"], 1, "its own object says so");
        assert!(
            seen["restarts"].is_null() && seen["components"].is_null(),
            "{seen}"
        );
    }
    let services = model["services"].as_array().expect("services");
    assert!(
        services.iter().all(|s| s["endpoints"].is_null()),
        "{services:?}"
    );
    let mut pty = screen(&kubeconfig, &[]);
    pty.wait("it is listed", PATIENCE, |screen| {
        screen
            .lines()
            .any(|l| l.contains("backend") && l.contains("1/1"))
    });
    pty.send(":tree backend\r");
    pty.wait_for("1 ready, 1 wanted, no data: pods are not listed");
    pty.wait_for("provides   no data: pods are not listed");
    let said = pty.screen();
    for lie in ["0/0", "0 there", "no Service leads"] {
        assert!(!said.contains(lie), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn without_services_links_are_no_data_and_not_none() {
    let view = rules(VIEW, "portolan-view");
    let lacking = without(&view, &["services", "endpointslices"]);
    let (_ground, account) = ground(&lacking).await;
    let kubeconfig = account.kubeconfig().await;
    let (model, said) = model(&kubeconfig, &[]);
    assert_eq!(model["pods"].as_array().map(Vec::len), Some(2));
    let said = left_out(&said);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|line| line.contains("no data")), "{said:?}");
    let mut pty = screen(&kubeconfig, &[]);
    is_there(&pty, "web");
    pty.send(":graph web\r");
    pty.wait_for("who calls web, and whom it calls, is no data");
    pty.wait_for("Services are not listed: links are missing; v s says why");
    pty.wait_for("provides   no data: Services are not listed");
    pty.wait_for("callers    no data: Services are not listed");
    let said = pty.screen();
    for lie in ["calls nobody", "no Service leads", "none declared"] {
        assert!(!said.contains(lie), "{said}");
    }
    pty.send(">");
    pty.wait_for("whom web calls is no data: Services are not listed");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn who_may_not_scale_is_told_before_confirming() {
    let view = rules(VIEW, "portolan-view");
    let (ground, account) = ground(&view).await;
    let kubeconfig = account.kubeconfig().await;
    let mut pty = screen(&kubeconfig, &["--write"]);
    // While lists are on their way, pods may stand below their ReplicaSet: a cursor on that would be left on
    // nothing.
    pty.wait_for("k8s live");
    pty.send(":tree web\r");
    pty.wait("web is selected", PATIENCE, |screen| {
        screen
            .lines()
            .any(|line| line.contains("│>") && line.contains("▸ web"))
    });
    pty.send("+");
    pty.wait_for(" previews, ");
    pty.send("\r");
    let refused = format!("not allowed to scale Deployment {}/web", ground.namespace);
    pty.wait_for(&refused);
    // The box is narrow: its line is broken.
    pty.wait_for("for get, update on deployments/scale");
    pty.send("\r");
    pty.send("\u{1b}");
    let path = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.replicas}",
    ];
    assert_eq!(ground.kubectl(&path).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn who_may_nothing_is_told_what_to_ask_for() {
    let (_ground, account) = ground(&Value::Array(Vec::new())).await;
    let kubeconfig = account.kubeconfig().await;
    for arguments in [&["model"][..], &["events"]] {
        let output = run(&kubeconfig, arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = told(&output);
        assert!(
            said.contains(&format!(
                "nothing may be listed ({KINDS} kinds): may not list pods"
            )),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let mut pty = screen(&kubeconfig, &[]);
    pty.wait_for(&format!("{KINDS} kinds forbidden"));
    pty.wait_for("may not list pods in namespace");
    pty.send(":q\r");
    pty.end();
}
