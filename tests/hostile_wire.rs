//! Servers that are hostile: every text of theirs, from the wire through the real binary to the terminal,
//! standard output and the log file.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod pty;
mod soup;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

use portable_pty::CommandBuilder;
use pty::Pty;
use pty::program::{home, portolan};
use serde_json::{Value, json};
use soup::Soup;
use soup::strict::Foreign;
use tempfile::TempDir;

/// What every text begins with, so that it is known when it has come.
const SIGN: &str = "soup";

/// From this seed on, some of the server's answers are no answers.
const BROKEN: u64 = 5;

/// A server of both sorts, whose texts follow from the seed.
fn server(seed: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, Soup::new(seed), seed >= BROKEN));
        }
    });
    port
}

/// Ends when the other side goes, which is what an error of writing is.
fn answer(mut stream: TcpStream, mut soup: Soup, broken: bool) -> Option<()> {
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    lines.read_line(&mut request).ok()?;
    let mut line = String::new();
    while lines.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1)?.to_owned();
    let kind = path.split('?').next()?.rsplit('/').next()?.to_owned();
    if path.starts_with("/api/v2/") {
        let links: Vec<Value> = (0..8)
            .map(|_| {
                let (parent, child) = (text(&mut soup), text(&mut soup));
                json!({"parent": parent, "child": child, "callCount": 9, "errorCount": 2})
            })
            .collect();
        return whole(&mut stream, "200 OK", json!(links).to_string().as_bytes());
    }
    match kind.as_str() {
        // A refusal in the server's own words.
        "nodes" => {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                "reason": text(&mut soup), "message": text(&mut soup), "code": 403});
            return whole(&mut stream, "403 Forbidden", status.to_string().as_bytes());
        }
        // No text at all.
        "cronjobs" if broken => {
            return whole(&mut stream, "200 OK", b"{\"kind\":\"\xff\xfe\x1b[2J\x9b31m");
        }
        "jobs" if broken => {
            let words = format!("<html>{}", text(&mut soup));
            return whole(&mut stream, "500 Oh\u{85}no", words.as_bytes());
        }
        _ => {}
    }
    let mut items: Vec<Value> = Vec::new();
    for n in 0..12 {
        items.extend(object(&kind, n, &mut soup));
    }
    if !path.contains("watch=") {
        let list = json!({"kind": "List", "apiVersion": "v1",
            "metadata": {"resourceVersion": "1"}, "items": items});
        return whole(&mut stream, "200 OK", list.to_string().as_bytes());
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    if path.contains("sendInitialEvents=true") {
        for item in items {
            let event = json!({"type": "ADDED", "object": item});
            stream.write_all(format!("{event}\n").as_bytes()).ok()?;
        }
    }
    let end = json!({"type": "BOOKMARK", "object": {"kind": "Pod", "apiVersion": "v1", "metadata":
        {"resourceVersion": "9", "annotations": {"k8s.io/initial-events-end": "true"}}}});
    stream.write_all(format!("{end}\n").as_bytes()).ok()?;
    // Nothing else happens, and the watch stays open.
    lines.read_line(&mut line).ok()?;
    Some(())
}

fn whole(stream: &mut TcpStream, status: &str, body: &[u8]) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()
}

fn text(soup: &mut Soup) -> String {
    format!("{SIGN}{}", soup.text())
}

fn object(kind: &str, n: usize, soup: &mut Soup) -> Option<Value> {
    let name = text(soup);
    let (label, value) = (text(soup), text(soup));
    let meta = json!({"name": name, "namespace": "shop", "uid": format!("{kind}-{n}"),
        "resourceVersion": "5", "labels": {"app": value, label: text(soup)},
        "annotations": {text(soup): text(soup)}});
    let object = match kind {
        "pods" => json!({"metadata": meta, "spec": {"nodeName": text(soup), "containers":
            [{"name": text(soup), "image": text(soup), "env": [{"name": text(soup), "value": text(soup)}]}]},
            "status": {"phase": text(soup), "reason": text(soup), "message": text(soup),
            "conditions": [{"type": "Ready", "status": "False", "reason": text(soup), "message": text(soup)}],
            "containerStatuses": [{"name": text(soup), "image": text(soup), "imageID": "", "ready": false,
            "restartCount": 3, "state": {"waiting": {"reason": text(soup), "message": text(soup)}}}]}}),
        "deployments" => json!({"metadata": meta, "spec": {"replicas": 2, "selector":
            {"matchLabels": {"app": text(soup)}}, "template": {"metadata": {"labels": {"app": text(soup)}},
            "spec": {"containers": [{"name": text(soup), "image": text(soup)}]}}},
            "status": {"conditions": [{"type": "Progressing", "status": "False",
            "reason": text(soup), "message": text(soup)}]}}),
        "services" => {
            json!({"metadata": meta, "spec": {"type": text(soup), "externalName": text(soup),
            "selector": {"app": text(soup)}, "ports": [{"name": text(soup), "port": 80, "protocol": text(soup)}]}})
        }
        "ingresses" => {
            json!({"metadata": meta, "spec": {"rules": [{"host": text(soup), "http": {"paths":
            [{"path": text(soup), "pathType": "Prefix", "backend": {"service": {"name": text(soup),
            "port": {"number": 80}}}}]}}]}})
        }
        "namespaces" => json!({"metadata": {"name": "shop", "uid": "ns", "resourceVersion": "5"}}),
        "events" => {
            json!({"metadata": meta, "involvedObject": {"kind": text(soup), "name": text(soup),
            "namespace": "shop"}, "reason": text(soup), "message": text(soup), "type": "Warning",
            "source": {"component": text(soup)}, "count": 3,
            "lastTimestamp": "2026-03-01T13:03:12Z"})
        }
        _ => return None,
    };
    Some(object)
}

/// A home whose servers are both this one.
fn hostile_home(seed: u64) -> (TempDir, String) {
    let home = home();
    let file = home.path().join("kubeconfig");
    let url = format!("http://127.0.0.1:{}", server(seed));
    let config = fs::read_to_string(&file).unwrap();
    let (before, after) = config.split_once("https://").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fs::write(&file, format!("{before}{url}\"{after}")).unwrap();
    (home, url)
}

fn run(home: &TempDir, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("KUBECONFIG", home.path().join("kubeconfig"))
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn standard_output_and_the_log_are_only_text() {
    for seed in [1, 2, BROKEN] {
        let (home, url) = hostile_home(seed);
        let log = home.path().join("log");
        let log_file = log.display().to_string();
        let usual = ["--zipkin", &url, "--log-file", &log_file];
        for command in [
            &["model", "--timeout", "5"][..],
            &["model", "--format", "json", "--timeout", "5"],
            &["events", "--timeout", "3", "--for", "1"],
            &["events", "--format", "json", "--timeout", "3", "--for", "1"],
        ] {
            let output = run(&home, &[command, &usual].concat());
            let (out, err) = (&output.stdout, &output.stderr);
            // Of a server that breaks, only what it said is told.
            let complete = seed < BROKEN;
            if complete {
                let told = String::from_utf8_lossy(err);
                assert!(output.status.success(), "{command:?}: {told}");
                assert!(String::from_utf8_lossy(out).contains(SIGN), "{command:?}");
            }
            for stream in [out, err] {
                std::str::from_utf8(stream).unwrap();
                let foreign = Foreign::of_text(stream);
                assert_eq!(foreign, [] as [String; 0], "{command:?} of {seed}");
            }
            if complete && command.contains(&"model") && command.contains(&"json") {
                serde_json::from_slice::<Value>(out).unwrap();
            }
        }
        let log = fs::read(&log).unwrap();
        assert_eq!(
            Foreign::of_text(&log),
            [] as [String; 0],
            "the log of {seed}"
        );
    }
}

#[test]
fn the_terminal_gets_no_sequence_but_ours() {
    for (seed, rows, cols) in [(5, 45, 160), (6, 24, 80), (7, 16, 60)] {
        let (home, url) = hostile_home(seed);
        let command: CommandBuilder = portolan(&home, &["--zipkin", &url]);
        let mut pty = Pty::start(command, rows, cols);
        pty.wait_for(SIGN);
        for keys in ["vt*", "j", "G", "ve", "g", "vg", "vs", "G", "vt", "?"] {
            pty.send(keys);
        }
        pty.wait_for("Here, in tree");
        pty.close("Here, in tree");
        pty.send(":q\r");
        assert_eq!(pty.end().exit_code(), 0);
        assert!(pty.is_given_back(), "{}", pty.screen());
        let foreign = Foreign::of(&pty.bytes(), false);
        assert_eq!(foreign, [] as [String; 0], "{seed}");
    }
}
