//! The real binary in a real terminal on real servers: what kubectl does is on screen, and how soon.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test terminal_testbed -- --ignored --nocapture`. Times are
//! printed from the line of kubectl's own watch where one says the same, else from the command's return.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do; what was measured is printed"
)]

mod pty;
mod soup;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use pty::Pty;
use serde_json::json;
use soup::Soup;
use soup::strict::Foreign;

/// How long the cluster may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

fn kubectl(arguments: &[&str], input: &str) {
    let mut child = Command::new("kubectl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "kubectl {arguments:?}");
}

/// A namespace that goes with the test.
struct Ground {
    namespace: String,
}

impl Ground {
    fn new(name: &str) -> Self {
        let namespace = format!("portolan-tty-{name}-{}", std::process::id());
        kubectl(&["create", "namespace", &namespace], "");
        Self { namespace }
    }

    fn kubectl(&self, arguments: &[&str]) -> Instant {
        kubectl(&[&["-n", &self.namespace], arguments].concat(), "");
        Instant::now()
    }

    fn kubectl_with(&self, arguments: &[&str], input: &str) {
        kubectl(&[&["-n", &self.namespace], arguments].concat(), input);
    }

    fn deploy(&self, name: &str, replicas: u32, behaviour: &str) -> Instant {
        let manifest = format!(
            r#"{{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {{"name": "{name}"}},
            "spec": {{"replicas": {replicas}, "selector": {{"matchLabels": {{"app": "{name}"}}}},
            "template": {{"metadata": {{"labels": {{"app": "{name}", "portolan.test/behaviour": "{behaviour}"}}}},
            "spec": {{"containers": [{{"name": "main", "image": "example/{name}:1"}}]}}}}}}}}"#
        );
        kubectl(&["-n", &self.namespace, "apply", "-f", "-"], &manifest);
        Instant::now()
    }

    /// The names of the pods, as kubectl lists them.
    fn pods(&self) -> Vec<String> {
        let output = Command::new("kubectl")
            .args(["-n", &self.namespace, "get", "pods", "-o", "name"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter_map(|l| l.strip_prefix("pod/"))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = Command::new("kubectl")
            .args(["delete", "namespace", &self.namespace])
            .args(["--ignore-not-found", "--wait=false"])
            .stdout(Stdio::null())
            .status();
    }
}

/// Lines, and when each came.
type Lines = (Mutex<Vec<(Instant, String)>>, Condvar);

/// kubectl's own watch, with the time of each of its lines.
struct Watch {
    child: Child,
    lines: Arc<Lines>,
}

impl Watch {
    fn of(ground: &Ground, kind: &str) -> Self {
        let mut child = Command::new("kubectl")
            .args(["-n", &ground.namespace, "get", kind, "-w"])
            .args(["--output-watch-events", "--no-headers"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines: Arc<Lines> = Arc::default();
        let told = lines.clone();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                told.0.lock().unwrap().push((Instant::now(), line));
                told.1.notify_all();
            }
        });
        Self { child, lines }
    }

    /// When the first line came in which all of these words stand.
    fn first(&self, words: &[&str]) -> Instant {
        let begun = Instant::now();
        let mut lines = self.lines.0.lock().unwrap();
        loop {
            let fits = |line: &str| words.iter().all(|w| line.contains(w));
            if let Some((at, _)) = lines.iter().find(|(_, line)| fits(line)) {
                return *at;
            }
            let left = PATIENCE.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "kubectl never said {words:?}: {lines:?}");
            lines = self.lines.1.wait_timeout(lines, left).unwrap().0;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn portolan(ground: &Ground) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(["-n", &ground.namespace]);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command.env_remove("NO_COLOR");
    Pty::start(command, 45, 160)
}

/// Waits until one line of the screen has all of these words; returns when that was.
fn line(pty: &Pty, words: &[&str]) -> Instant {
    let what = words.join(" … ");
    pty.wait(&what, PATIENCE, |screen| {
        screen
            .lines()
            .any(|line| words.iter().all(|w| line.contains(w)))
    });
    Instant::now()
}

/// Prints how long after `since` something was on screen; before it counts as at once.
fn report(what: &str, since: &str, from: Instant, seen: Instant) {
    let text = match seen.checked_duration_since(from) {
        Some(later) => format!("{} ms after", later.as_millis()),
        None => format!("{} ms before", from.duration_since(seen).as_millis()),
    };
    println!("measured: {what} on screen {text} {since}");
}

const WATCH: &str = "kubectl's own watch line";
const RETURN: &str = "the command's return";

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn what_kubectl_does_is_on_screen() {
    let ground = Ground::new("all");
    let made = ground.deploy("web", 2, "none");
    let begun = Instant::now();
    let mut pty = portolan(&ground);
    line(&pty, &["web", "2/2"]);
    report(
        "the first tree",
        "the program's start",
        begun,
        Instant::now(),
    );
    report("a new Deployment", RETURN, made, Instant::now());

    let deployments = Watch::of(&ground, "deployments");
    deployments.first(&["web", "2/2"]);
    ground.kubectl(&["scale", "deployment/web", "--replicas=4"]);
    let seen = line(&pty, &["▸ web ", "4/4"]);
    report(
        "kubectl scale",
        WATCH,
        deployments.first(&["web", "4/4"]),
        seen,
    );
    // Also in the log, where by now it may stand above the tail's few lines.
    pty.send("ve");
    line(&pty, &["model", "web", "scaled from 2 to 4"]);
    pty.send("vt");
    line(&pty, &["▸ web ", "4/4"]);

    let pods = Watch::of(&ground, "pods");
    let victim = ground.pods().into_iter().next().unwrap();
    pods.first(&[&victim]);
    ground.kubectl(&["delete", "pod", &victim, "--wait=false"]);
    let seen = line(&pty, &[&victim, "pod is gone"]);
    report("delete pod", WATCH, pods.first(&["DELETED", &victim]), seen);
    line(&pty, &["▸ web ", "4/4"]);

    let returned = ground.kubectl(&["rollout", "restart", "deployment/web"]);
    let seen = line(&pty, &["web", "rollout"]);
    report("rollout restart", RETURN, returned, seen);
    line(&pty, &["▸ web ", "4/4"]);

    let services = Watch::of(&ground, "services");
    let returned = ground.kubectl(&["create", "service", "clusterip", "extra", "--tcp=80:80"]);
    let seen = line(&pty, &["service extra 80"]);
    report("a new Service", RETURN, returned, seen);
    report("a new Service", WATCH, services.first(&["extra"]), seen);

    ground.deploy("bad", 1, "crashloop");
    let seen = line(&pty, &["▸ bad", "CrashLoopBackOff"]);
    report(
        "a crashing pod",
        WATCH,
        pods.first(&["bad", "CrashLoopBackOff"]),
        seen,
    );
    // Problems first.
    let screen = pty.screen();
    let at = |name: &str| screen.lines().position(|l| l.contains(name));
    assert!(at("▸ bad") < at("▸ web "), "{screen}");
    line(&pty, &["1 type bad"]);

    let namespace = ground.namespace.clone();
    kubectl(&["delete", "namespace", &namespace, "--wait=false"], "");
    let returned = Instant::now();
    let seen = line(&pty, &["being deleted"]);
    report("delete ns, its beginning", RETURN, returned, seen);
    kubectl(
        &[
            "wait",
            "--for=delete",
            &format!("namespace/{namespace}"),
            "--timeout=60s",
        ],
        "",
    );
    let returned = Instant::now();
    let seen = line(&pty, &["namespace is gone"]);
    report(
        "delete ns, its end",
        "the return of kubectl wait",
        returned,
        seen,
    );
    let screen = pty.screen();
    assert!(
        !screen.contains("▸ web ") && !screen.contains("▸ bad"),
        "{screen}"
    );

    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(pty.is_given_back());
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn a_number_is_changed_from_the_screen_and_taken_back() {
    let ground = Ground::new("scale");
    ground.deploy("web", 1, "none");
    let mut pty = portolan(&ground);
    line(&pty, &["▸ web ", "1/1"]);
    pty.send(":tree web\r");
    line(&pty, &["│>", "▸ web "]);
    pty.send("+");
    pty.wait_for("writing is locked: :write unlocks it");
    pty.send(":write\r");
    pty.wait_for("WRITE");
    pty.send("+");
    pty.wait_for("now 1 → then 2");
    pty.send("\r");
    pty.wait_for("enter writes 2 to web");
    let begun = Instant::now();
    pty.send("\r");
    line(&pty, &["scaling from 1 to 2 accepted"]);
    report(
        "the server's answer to a write",
        "the confirming key",
        begun,
        Instant::now(),
    );
    line(&pty, &["▸ web ", "2/2"]);
    line(&pty, &["scaled to 2, all ready (was 1)"]);
    report(
        "the end of a write",
        "the confirming key",
        begun,
        Instant::now(),
    );
    pty.send("u");
    pty.wait_for("now 2 → then 1");
    pty.send("\r");
    pty.wait_for("enter writes 1 to web");
    pty.send("\r");
    line(&pty, &["scaled to 1, all ready (was 2)"]);
    line(&pty, &["▸ web ", "1/1"]);
    pty.send("\u{3}");
    assert_eq!(pty.end().exit_code(), 0);
}

#[test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
fn what_a_real_server_takes_reaches_the_terminal_as_text() {
    let ground = Ground::new("soup");
    let mut soup = Soup::new(9);
    // As long as the server lets a text be.
    let mut text = || {
        let text = format!("soup {}", soup.text());
        text.chars().take(200).collect::<String>()
    };
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loose",
        "annotations": {"example.org/said": text()}},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "main", "image": "example/main:1",
        "env": [{"name": "SAID", "value": text()}]}]}});
    ground.kubectl_with(&["apply", "-f", "-"], &pod.to_string());
    let status = json!({"status": {"reason": text(), "message": text(), "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text()}]}});
    ground.kubectl(&[
        "patch",
        "pod",
        "loose",
        "--subresource=status",
        "-p",
        &status.to_string(),
    ]);
    for n in 0..20 {
        let event = json!({"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": format!("said-{n}"), "namespace": ground.namespace},
            "involvedObject": {"kind": "Pod", "name": "loose", "namespace": ground.namespace},
            "reason": "Said", "message": text(), "type": "Warning",
            "firstTimestamp": "2026-03-01T13:03:12Z", "lastTimestamp": "2026-03-01T13:03:12Z"});
        ground.kubectl_with(&["create", "-f", "-"], &event.to_string());
    }
    let mut pty = portolan(&ground);
    line(&pty, &["loose", "soup"]);
    for keys in ["vt*", "G", "\r"] {
        pty.send(keys);
    }
    pty.send("\u{3}ve");
    line(&pty, &["Said", "soup"]);
    pty.send("g");
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
    assert_eq!(Foreign::of(&pty.bytes(), false), [] as [String; 0]);
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["-n", &ground.namespace, "model", "--format", "json"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout.clone())
            .unwrap()
            .contains("soup")
    );
    assert_eq!(Foreign::of_text(&output.stdout), [] as [String; 0]);
}
