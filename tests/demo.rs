//! `portolan demo` as a person starts it: the real binary, with no cluster anywhere.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod pty;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use portable_pty::CommandBuilder;
use pty::Pty;
use serde_json::Value;

/// The binary in a world of its own: no home, no kubeconfig; its files go to `home`.
fn portolan(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", home)
        .stdin(Stdio::null());
    command
}

/// A demo that serves.
struct Served {
    child: Child,
    exports: BTreeMap<String, String>,
}

impl Served {
    fn start(home: &Path, more: &[&str]) -> Self {
        let mut child = portolan(home, &[&["demo", "--serve", "--calm"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let exports = lines.take(2).map(|line| {
            let line = line.expect("a line");
            let line = line.strip_prefix("export ").expect("an export");
            let (name, value) = line.split_once('=').expect("a value");
            (name.to_owned(), value.trim_matches('\'').to_owned())
        });
        let exports = exports.collect();
        Self { child, exports }
    }

    fn kubeconfig(&self) -> PathBuf {
        PathBuf::from(self.exports.get("KUBECONFIG").expect("it is told"))
    }

    /// The address of the cluster's API: `127.0.0.1:40001`.
    fn api(&self) -> String {
        let text = fs::read_to_string(self.kubeconfig()).expect("it is there");
        let server = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("server: http://"));
        server.expect("a server").to_owned()
    }

    fn zipkin(&self) -> String {
        let url = self.exports.get("ZIPKIN_URL").expect("it is told");
        url.strip_prefix("http://").expect("a URL").to_owned()
    }

    fn portolan(&self, home: &Path, args: &[&str]) -> Output {
        let output = portolan(home, args)
            .env("KUBECONFIG", self.kubeconfig())
            .env("ZIPKIN_URL", format!("http://{}", self.zipkin()))
            .output();
        output.expect("it runs")
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Of a test that failed half-way, nothing stays behind; what has ended is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer's body.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// The addresses at which a process listens, by the kernel's own list.
fn listening(pid: u32) -> Vec<String> {
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("it runs")
        .flatten()
        .filter_map(|fd| fs::read_link(fd.path()).ok())
        .filter_map(|link| {
            let link = link.to_string_lossy().into_owned();
            let inode = link.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(local), Some(state), Some(inode)) =
                (fields.get(1), fields.get(3), fields.get(9))
            else {
                continue;
            };
            // 0A listens; 07 is a UDP socket that is bound.
            if matches!(*state, "0A" | "07") && sockets.iter().any(|own| own == inode) {
                found.push(format!("{table} {local}"));
            }
        }
    }
    found
}

#[test]
fn it_serves_on_loopback_only_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a folder");
    let mut demo = Served::start(home.path(), &[]);
    let listening = listening(demo.child.id());
    assert_eq!(listening.len(), 2, "{listening:?}");
    // 127.0.0.1 as the kernel writes it.
    assert!(
        listening.iter().all(|at| at.starts_with("tcp 0100007F:")),
        "{listening:?}"
    );
    let folder = demo.kubeconfig().parent().expect("a folder").to_owned();
    assert!(folder.starts_with(home.path()));
    let (api, zipkin) = (demo.api(), demo.zipkin());
    assert!(get(&api, "/version").contains("gitVersion"));
    assert!(get(&zipkin, "/health").contains("UP"));
    demo.signal("-INT");
    assert_eq!(demo.child.wait().expect("it ends").code(), Some(0));
    assert!(!folder.exists());
    for address in [api, zipkin] {
        assert!(
            TcpStream::connect(&address).is_err(),
            "{address} is still there"
        );
    }
}

#[test]
fn two_stand_side_by_side_and_portolan_works_on_each() {
    let home = tempfile::tempdir().expect("a folder");
    let one = Served::start(home.path(), &[]);
    let other = Served::start(home.path(), &["--seed", "7"]);
    assert_ne!((one.api(), one.zipkin()), (other.api(), other.zipkin()));
    let pods = |demo: &Served| {
        let output = demo.portolan(home.path(), &["model", "--format", "json", "--telemetry"]);
        assert!(output.status.success(), "{output:?}");
        let model: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let calls = model.get("calls").and_then(Value::as_array).map(Vec::len);
        assert!(calls.is_some_and(|calls| calls > 20), "{calls:?} calls");
        let components = model.get("pods").and_then(Value::as_array);
        let names = components
            .into_iter()
            .flatten()
            .filter_map(|c| c.get("name")?.as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, again, second) = (pods(&one), pods(&one), pods(&other));
    assert!(first.len() > 18, "{first:?}");
    assert_eq!(first, again);
    assert_ne!(first, second, "another seed, other names");
}

#[test]
fn the_architecture_is_a_comparch_file_with_every_pod() {
    let home = tempfile::tempdir().expect("a folder");
    let demo = Served::start(home.path(), &[]);
    let printed = |format: &str| {
        let output = demo.portolan(
            home.path(),
            &["model", "-A", "--telemetry", "--format", format],
        );
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let file = printed("comparch");
    let document = roxmltree::Document::parse(&file).expect("XML");
    let tag = |node: &roxmltree::Node<'_, '_>, tag| node.tag_name().name() == tag;
    let count = |name| {
        document
            .descendants()
            .filter(|node| tag(node, name))
            .count()
    };
    assert!(count("performanceStats") > 0 && count("connector") > 0);
    let components = document
        .descendants()
        .filter(|node| tag(node, "components"));
    let is_pod = |node: &roxmltree::Node<'_, '_>| {
        !node
            .children()
            .any(|child| child.attribute("name") == Some("standIn"))
    };
    let names = components
        .filter(is_pod)
        .filter_map(|node| node.attribute("name"));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    let model: Value = serde_json::from_str(&printed("json")).expect("JSON");
    let pods = model.get("pods").and_then(Value::as_array);
    let pods = pods.into_iter().flatten();
    let mut pods: Vec<&str> = pods.filter_map(|pod| pod.get("name")?.as_str()).collect();
    // A CronJob may have run between the two.
    names.retain(|name| !name.contains("backup"));
    pods.retain(|name| !name.contains("backup"));
    names.sort();
    pods.sort_unstable();
    assert_eq!(names, pods);
    let whole: Value = serde_json::from_str(&printed("comparch-json")).expect("JSON");
    let tenants = whole.get("tenants").and_then(Value::as_array).map(Vec::len);
    assert_eq!(tenants, Some(count("tenants")));
}

#[test]
fn why_answers_without_a_screen() {
    let home = tempfile::tempdir().expect("a folder");
    let demo = Served::start(home.path(), &[]);
    let asked = |args: &[&str]| {
        let output = demo.portolan(home.path(), &[&["why"], args].concat());
        let text = String::from_utf8(output.stdout.clone()).expect("text");
        (output.status.code(), text, output)
    };
    let (code, text, output) = asked(&["queryservice"]);
    assert_eq!(code, Some(0), "{output:?}");
    assert!(text.contains("queryservice, a name in traces"), "{text}");
    assert!(text.contains("by the tags of its spans (0.98)"), "{text}");
    let (code, text, output) = asked(&["queryservice", "--format", "json"]);
    assert_eq!(code, Some(0), "{output:?}");
    let why: Value = serde_json::from_str(&text).expect("JSON");
    let first = why.get("answers").and_then(|answers| answers.get(0));
    let verdict = first.and_then(|answer| answer.get("verdict")?.as_str());
    assert_eq!(verdict, Some("matched"), "{text}");
    let (code, text, output) = asked(&["querservice"]);
    assert_eq!((code, text.as_str()), (Some(1), ""), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("nothing here is called querservice"),
        "{told}"
    );
    assert!(
        told.contains("the nearest names are queryservice"),
        "{told}"
    );
}

#[test]
fn the_same_seed_gives_the_same_names() {
    let home = tempfile::tempdir().expect("a folder");
    let (one, other) = (
        Served::start(home.path(), &[]),
        Served::start(home.path(), &[]),
    );
    let names = |demo: &Served| {
        let list = get(&demo.api(), "/api/v1/namespaces/mrubis/pods");
        let (_, body) = list.split_once("\r\n\r\n").expect("a body");
        let from = body.find('{').expect("an object");
        let to = body.rfind('}').expect("an object");
        let list: Value = serde_json::from_str(body.get(from..=to).expect("text")).expect("JSON");
        let items = list.get("items").and_then(Value::as_array).cloned();
        let names = items.into_iter().flatten();
        names
            .filter_map(|pod| Some(pod.pointer("/metadata/name")?.as_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    let names = (names(&one), names(&other));
    assert!(names.0.len() > 18);
    assert_eq!(names.0, names.1);
}

#[test]
fn what_is_said_wrong_is_said_to_be_wrong() {
    let home = tempfile::tempdir().expect("a folder");
    let bad = home.path().join("bad.toml");
    fs::write(&bad, "name = 'x'\nnamespases = ['y']\n").expect("a file");
    let bad = bad.display().to_string();
    for (args, says) in [
        (&["demo", "--context", "x"][..], "brings its own cluster"),
        (
            &["demo", "--serve", "--system", "/no/such/file"],
            "cannot be read",
        ),
        (&["demo", "--serve", "--system", &bad], "bad.toml:2"),
        (&["demo", "--scale-to", "0"], "1.."),
        (&["demo", "--speed", "0"], "1.."),
        (&["demo", "--seed", "x"], "--seed"),
    ] {
        let output = portolan(home.path(), args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let line = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(line.contains(says) && line.lines().count() == 1, "{line}");
    }
    // Without a terminal there is no screen, and it says what there is.
    let output = portolan(home.path(), &["demo"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(line.contains("there is no terminal"), "{line}");
}

#[test]
fn the_screen_is_alive_at_once_and_gives_the_terminal_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
    command.env_clear();
    command.arg("demo");
    command.env("HOME", home.path());
    command.env("TMPDIR", home.path());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    let mut pty = Pty::start(command, 45, 160);
    pty.wait_for("demo : mrubis");
    pty.wait_for("WRITE");
    pty.wait_for("queryservice");
    // Calls are counted, and things can be made to go wrong.
    pty.wait("a rate", pty::PATIENCE, |screen| {
        let row = screen.lines().find(|line| line.contains("▸ queryservice"));
        row.is_some_and(|row| {
            row.split_whitespace()
                .any(|word| word.parse::<f64>().is_ok())
        })
    });
    pty.send(":fault crash pastsales-filter\r");
    pty.wait("a crash", pty::PATIENCE, |screen| {
        screen
            .lines()
            .any(|line| line.contains("pastsales-filter") && line.contains('!'))
    });
    pty.send("\u{3}");
    assert!(pty.end().success());
    assert!(pty.is_given_back());
    assert_eq!(
        fs::read_dir(home.path())
            .expect("a folder")
            .flatten()
            .filter(|entry| {
                entry
                    .file_name()
                    .to_string_lossy()
                    .starts_with("portolan-demo")
            })
            .count(),
        0
    );
}
