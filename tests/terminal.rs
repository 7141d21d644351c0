//! The real binary in a real terminal, with no server to be reached: needs nothing but itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do; what was measured is printed"
)]

mod pty;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pty::Pty;
use pty::program::{home, portolan};

#[test]
fn it_paints_at_once_and_says_what_is_wrong_and_what_to_do() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 30, 120);
    let first = pty.wait_for("here : shop");
    println!("measured: first paint after {first:?}");
    let told = pty.wait_for("failed");
    println!("measured: the failed server told after {told:?}");
    pty.wait_for("127.0.0.1");
    let screen = pty.screen();
    assert!(!screen.contains("nothing runs"), "{screen}");
    pty.send("vs");
    pty.wait_for("Sources");
    pty.wait("what to do", pty::PATIENCE, |s| {
        s.contains("refuse") || s.contains("reach") || s.contains("running")
    });
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(pty.is_given_back(), "{}", pty.screen());
}

#[test]
fn keys_lead_where_they_say() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 30, 120);
    pty.wait_for("here : shop");
    pty.send("?");
    pty.wait_for("Here, in tree");
    pty.close("Here, in tree");
    pty.send("ve");
    pty.wait_for("Events · shop");
    // A paste is no typing: its line end quits nothing.
    pty.send("\u{1b}[200~:q\r\u{1b}[201~");
    pty.wait_for("pasted text was dropped");
    pty.send("\u{3}");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(pty.is_given_back(), "{}", pty.screen());
}

#[test]
fn small_sizes_and_back() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    pty.resize(5, 20);
    pty.wait_for("too small");
    pty.resize(1, 1);
    pty.resize(24, 80);
    pty.wait_for("here : shop");
    pty.wait_for("help");
    pty.resize(45, 160);
    pty.wait_for("┌ Tree");
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
}

#[test]
fn ascii_is_all_that_a_poor_terminal_gets() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &["--ascii"]), 40, 130);
    pty.wait_for("+ Tree");
    for (keys, shown) in [
        ("?", "Here, in tree"),
        ("n", "Namespaces"),
        ("vg", "+ Graph"),
        ("ve", "+ Events - shop"),
        ("vs", "+ Sources"),
    ] {
        pty.send(keys);
        pty.wait_for(shown);
        pty.close(shown);
    }
    pty.send(":");
    pty.wait_for("tab: ");
    pty.send("q\r");
    pty.end();
    let other: Vec<u8> = pty
        .bytes()
        .into_iter()
        .filter(|b| !b.is_ascii())
        .take(20)
        .collect();
    assert_eq!(String::from_utf8_lossy(&other), "");
}

/// Parameters of sequences that set how text looks.
fn looks(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for part in text.split("\u{1b}[").skip(1) {
        if let Some(end) = part.find(|c: char| c.is_ascii_alphabetic())
            && part.get(end..=end) == Some("m")
        {
            let parameters = part.get(..end).unwrap_or_default();
            found.extend(parameters.split(';').map(str::to_owned));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn no_color_is_obeyed() {
    let home = home();
    for wanted in [true, false] {
        let mut command = portolan(&home, &[]);
        if !wanted {
            command.env("NO_COLOR", "1");
        }
        let mut pty = Pty::start(command, 30, 120);
        pty.wait_for("failed");
        pty.send("?");
        pty.wait_for("Here, in tree");
        pty.close("Here, in tree");
        pty.send(":q\r");
        pty.end();
        let colours: Vec<String> = looks(&pty.bytes())
            .into_iter()
            .filter(|p| {
                // 39, 49 and 59 take colours away.
                p.parse::<u8>()
                    .is_ok_and(|n| matches!(n, 30..=38 | 40..=48 | 58 | 90..=107))
            })
            .collect();
        assert_eq!(!colours.is_empty(), wanted, "{colours:?}");
    }
}

#[test]
fn without_a_terminal_it_says_so_in_one_line() {
    let home = home();
    let output = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .env_clear()
        .env("HOME", home.path())
        .env("KUBECONFIG", home.path().join("kubeconfig"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains("portolan model"), "{line}");
}

#[test]
fn a_dumb_terminal_is_not_written_on() {
    let home = home();
    let mut command = portolan(&home, &[]);
    command.env("TERM", "dumb");
    let mut pty = Pty::start(command, 24, 80);
    assert_eq!(pty.end().exit_code(), 1);
    let text = String::from_utf8(pty.bytes()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains("TERM"), "{text}");
}

/// An API server whose pods never stop changing, as fast as anybody reads; all other kinds are empty.
fn flood() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

/// Ends when the other side goes, which is what an error of writing is.
fn answer(mut stream: TcpStream) -> Option<()> {
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    lines.read_line(&mut request).ok()?;
    let mut line = String::new();
    while lines.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    if !request.contains("watch=") {
        let empty =
            r#"{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#;
        return stream.write_all(empty.as_bytes()).ok();
    }
    let end = r#"{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}"#;
    stream.write_all(format!("{end}\n").as_bytes()).ok()?;
    if !request.contains("/pods?") {
        // Nothing happens, and the watch stays open.
        lines.read_line(&mut line).ok()?;
        return Some(());
    }
    let mut version = 10u64;
    loop {
        let mut batch = String::new();
        for pod in 0..200 {
            version += 1;
            batch.push_str(&format!(
                r#"{{"type":"MODIFIED","object":{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"pod-{pod:03}","namespace":"shop","uid":"u{pod}","resourceVersion":"{version}"}},"spec":{{"containers":[{{"name":"main","image":"example/main:1"}}]}},"status":{{"phase":"Running","containerStatuses":[{{"name":"main","image":"i","imageID":"","ready":{},"restartCount":{},"state":{{"running":{{}}}}}}]}}}}}}"#,
                version.is_multiple_of(2),
                version / 400
            ));
            batch.push('\n');
        }
        stream.write_all(batch.as_bytes()).ok()?;
    }
}

#[test]
fn keys_are_answered_while_observations_never_stop() {
    let home = home();
    let file = home.path().join("kubeconfig");
    let text = fs::read_to_string(&file).unwrap();
    let at = text.find("https://").unwrap();
    let (before, after) = text.split_at(at);
    let (_, after) = after.split_once('"').unwrap();
    let text = format!("{before}http://127.0.0.1:{}\"{after}", flood());
    fs::write(&file, text).unwrap();
    let mut pty = Pty::start(portolan(&home, &[]), 45, 160);
    pty.wait_for("pod-000");
    let mut longest = Duration::ZERO;
    for _ in 0..10 {
        let begun = Instant::now();
        pty.send("?");
        pty.wait_for("Here, in tree");
        longest = longest.max(begun.elapsed());
        pty.close("Here, in tree");
    }
    // The flood is still on.
    let seen = pty.screen();
    pty.wait("changes", pty::PATIENCE, |screen| screen != seen);
    println!(
        "measured: a key's frame while pods never stop changing, at worst of ten, after {longest:?}"
    );
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
}
