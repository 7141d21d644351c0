//! No credential on standard output, standard error or in the log, whatever goes wrong with it.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::user::{PLANTED, User, answering};

/// How long the program looks, in seconds: all of these fail at once.
const TIMEOUT: &str = "3";

fn model(kubeconfig: &Path, log: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args([
            "model",
            "-n",
            "default",
            "--timeout",
            TIMEOUT,
            "--format",
            "json",
        ])
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .arg("--log-file")
        .arg(log)
        .env("PORTOLAN_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .expect("portolan runs")
}

fn plugin(script: &str) -> Value {
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", script],
        "env": [{"name": "SECRET", "value": PLANTED}],
        "provideClusterInfo": true,
    }})
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_credential_is_in_no_word_and_no_log() {
    let token = answering(&format!(r#"{{"token":"{PLANTED}"}}"#));
    let expired = answering(&format!(
        r#"{{"token":"{PLANTED}","expirationTimestamp":"2020-01-01T00:00:00Z"}}"#
    ));
    let fails = |says: &str| format!("{token}; printf '{says}' >&2; exit 1");
    let cases = [
        ("refused", plugin(&token)),
        ("expired", plugin(&expired)),
        ("garbage", plugin(&format!("echo '<html>{PLANTED}'"))),
        ("huge", plugin(&format!("yes {PLANTED} | head -c 3000000"))),
        (
            "said",
            plugin(&fails(&format!("token {PLANTED} is not\\n"))),
        ),
        (
            "coloured",
            plugin(&fails(&format!(
                "\\033[31mtoken=\\033[1m{PLANTED}\\033[0m\\n"
            ))),
        ),
        ("environment", plugin("echo cannot use $SECRET >&2; exit 1")),
        (
            "certificate",
            plugin(&answering(&format!(
                r#"{{"clientCertificateData":"{PLANTED}","clientKeyData":"{PLANTED}"}}"#
            ))),
        ),
        (
            "line",
            plugin(&answering(&format!(r#"{{"token":"a\\n{PLANTED}"}}"#))),
        ),
        ("token", json!({"token": PLANTED})),
        ("unsendable", json!({"token": format!("{PLANTED}\nx")})),
        ("file", json!({"tokenFile": "token"})),
        ("password", json!({"username": "jane", "password": PLANTED})),
        (
            "provider",
            json!({"auth-provider": {"name": "oidc", "config": {"id-token": PLANTED}}}),
        ),
        (
            "old",
            json!({"auth-provider": {"name": "gcp", "config": {"access-token": PLANTED}}}),
        ),
        (
            "key",
            json!({"client-certificate-data": PLANTED, "client-key-data": PLANTED}),
        ),
    ];
    for (name, credentials) in cases {
        let user = User::new(&credentials).await;
        fs::write(user.path("token"), PLANTED).expect("a file");
        let log = user.path("log");
        let output = model(&user.file(), &log);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let logged = fs::read_to_string(&log).expect("a log");
        assert!(logged.contains("launch"), "{name}: the log is written");
        assert_ne!(output.status.code(), Some(0), "{name}: {told}");
        for (place, text) in [
            ("standard output", &*String::from_utf8_lossy(&output.stdout)),
            ("standard error", &*told),
            ("the log", &*logged),
        ] {
            assert!(!text.contains(PLANTED), "{name}: it is in {place}:\n{text}");
            assert!(
                !text.contains('\u{1b}'),
                "{name}: an escape is in {place}:\n{text}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_plugin_that_fails_is_told_once() {
    let user = User::new(&plugin("echo 'come back tomorrow' >&2; exit 1")).await;
    let log = user.path("log");
    let output = model(&user.file(), &log);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.matches("come back tomorrow").count(), 1, "{told}");
    let logged = fs::read_to_string(&log).expect("a log");
    assert_eq!(logged.matches("come back tomorrow").count(), 1, "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_plugin_that_takes_long_is_named_when_time_runs_out() {
    let user = User::new(&plugin("sleep 20")).await;
    let output = model(&user.file(), &user.path("log"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let awaited = "still waiting for the credential plugin sh (at most 60 s";
    assert!(told.contains(awaited), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_came_of_a_plugin_is_told_after_time_ran_out() {
    let user = User::new(&plugin("sleep 4; echo 'come back tomorrow' >&2; exit 1")).await;
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["events", "--timeout", "1", "--for", "8", "--kubeconfig"])
        .arg(user.file())
        .stdin(Stdio::null())
        .output()
        .expect("portolan runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let awaited = "still waiting for the credential plugin sh (at most 60 s";
    assert!(told.contains(awaited), "{told}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let cause = "the credential plugin sh failed (exit status: 1): come back tomorrow";
    assert_eq!(printed.matches(cause).count(), 1, "{printed}\n{told}");
    assert!(!printed.contains("waiting"), "{printed}");
}
