//! Kubeconfigs that cannot be used: one line that says which and what to do, and the exit. None of it needs
//! a server.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::user::PLANTED;

fn portolan(folder: &Path, variable: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .arg("model")
        .args(arguments)
        .args(["--log-file", "log"])
        .current_dir(folder)
        .env("KUBECONFIG", variable)
        .env("PORTOLAN_LOG", "trace")
        .env("HOME", folder)
        .env_remove("KUBERNETES_SERVICE_HOST")
        .stdin(Stdio::null())
        .output()
        .expect("portolan runs")
}

/// One line on standard error; nothing planted anywhere.
fn line(folder: &Path, output: &Output) -> String {
    let told = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert!(
        !told.contains(PLANTED) && !log.contains(PLANTED),
        "{told}\n{log}"
    );
    told
}

const GOOD: &str = "current-context: x\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n";

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    write("empty", "");
    write(
        "malformed",
        &format!("users:\n- name: u\n  user: {{token: {PLANTED}, password: [{PLANTED}]}}\n"),
    );
    write("text", &format!("{PLANTED}\n"));
    write(
        "nowhere",
        "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n",
    );
    write("current", "contexts: [{name: x, context: {cluster: c}}]\n");
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.expect("a pipe").success());
    write(
        "nobody",
        "current-context: gone\ncontexts: [{name: x, context: {cluster: c}}]\n",
    );
    let large = format!(
        "{GOOD}users: [{{name: u, user: {{token: {PLANTED}}}}}]\n#{}\n",
        "x".repeat(20_000_000)
    );
    write("large", &large);
    let layer = |n: u32| {
        let below = vec![format!("*a{}", n - 1); 9].join(",");
        format!("a{n}: &a{n} [{below}]\n")
    };
    let bomb: Vec<String> = (1..30).map(layer).collect();
    let bomb = bomb.concat();
    write("bomb", &format!("a0: &a0 [{PLANTED}]\n{bomb}{GOOD}"));
    let deep = format!(
        "extensions: {}{}\n{GOOD}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    write("deep", &deep);
    for (variable, holds) in [
        ("gone", "no kubeconfig found (looked at: gone)"),
        ("folder", "it is a directory"),
        ("malformed", "malformed at line 3"),
        ("text", "malformed"),
        ("empty", "no context at all; fill it, or give another"),
        ("/dev/null", "no context at all"),
        ("/dev/zero", "it is a device"),
        ("nowhere", "names the cluster \"c\", which has no server"),
        (
            "current",
            "no current context; choose one with --context (it has: x)",
        ),
        (
            "pipe",
            "cannot read the kubeconfig pipe: it is a pipe into which nobody writes",
        ),
        ("nobody", "no context \"gone\"; it has: x"),
        ("large", "it has more than 16 MB"),
        ("bomb", "malformed"),
        ("deep", "malformed"),
        ("nowhere:malformed", "cannot read the kubeconfig malformed"),
    ] {
        let output = portolan(folder.path(), variable, &[]);
        let told = line(folder.path(), &output);
        assert!(told.contains(holds), "{variable}: {told}");
    }
    write("good", GOOD);
    let output = portolan(folder.path(), "good", &["--context", "other"]);
    let told = line(folder.path(), &output);
    assert!(told.contains("no context \"other\"; it has: x"), "{told}");
    let output = portolan(folder.path(), "good", &["--kubeconfig", "away"]);
    let told = line(folder.path(), &output);
    assert!(told.contains("there is no kubeconfig away"), "{told}");
}

#[test]
fn a_large_kubeconfig_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let user = |n: u32| format!("- {{name: u{n}, user: {{token: {PLANTED}}}}}\n");
    let users: Vec<String> = (0..20_000).map(user).collect();
    let users = users.concat();
    let certificate = "QUJD".repeat(2_000_000);
    let text = format!(
        "{GOOD}users:\n{users}- {{name: big, user: {{client-certificate-data: {certificate}}}}}\n"
    );
    fs::write(folder.path().join("large"), text).expect("a file");
    let output = portolan(folder.path(), "large", &["--timeout", "60"]);
    // Nobody listens there.
    let told = line(folder.path(), &output);
    assert!(told.contains("connection refused"), "{told}");
}
