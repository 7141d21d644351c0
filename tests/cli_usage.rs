//! The binary with bad input: the exit code, nothing on stdout, one line on stderr that says what to do.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;

/// The binary in a world of its own: no home, no kubeconfig, no configuration.
fn portolan(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portolan"));
    command
        .args(args)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null());
    command
}

fn one_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("portolan: "), "{text}");
    text
}

fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    one_line(output)
}

fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         clusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: u, user: {{token: t}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    )
}

#[rstest]
#[case(&["-A", "-n", "shop"], "exclude each other")]
#[case(&["-A", "model", "-n", "shop"], "exclude each other")]
#[case(&["--write", "model", "--read-only"], "exclude each other")]
#[case(&["model", "-n", "Not_A_Name"], "lower-case")]
#[case(&["model", "--format", "yaml"], "json")]
#[case(&["modell"], "--help")]
#[case(&["graph", "--size", "160"], "160x45")]
#[case(&["graph", "--size", "0x45"], "160x45")]
#[case(&["graph", "--size", "160x99999"], "160x45")]
#[case(&["graph", "--format", "dot", "--size", "160x45"], "text and svg")]
#[case(&["graph", "--format", "dot", "--hops", "2"], "--focus")]
#[case(&["graph", "--focus", "cart", "--group", "namespace"], "leave --group out")]
#[case(&["graph", "--focus", "cart", "--hops", "many"], "from 1 to 1000")]
#[case(&["graph", "--format", "png"], "mermaid")]
#[case(&["graph", "--group", "team"], "namespace")]
#[case(&["model", "--zipkin", "localhost:9411"], "http://host:9411")]
fn wrong_usage(#[case] args: &[&str], #[case] says: &str) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    fs::write(&config, kubeconfig("https://127.0.0.1:1")).unwrap();
    let output = portolan(home.path(), args)
        .env("KUBECONFIG", &config)
        .output()
        .unwrap();
    let line = refused(&output, 2);
    assert!(line.contains(says), "{line}");
}

#[test]
fn a_configuration_with_a_slip_is_wrong_usage_and_located() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    fs::write(&file, "\nzipkim = 'http://z:9411'\n").unwrap();
    let output = portolan(home.path(), &["model"])
        .env("PORTOLAN_CONFIG", &file)
        .output()
        .unwrap();
    let line = refused(&output, 2);
    assert!(line.contains("config.toml:2: "), "{line}");
    assert!(line.contains("zipkin"), "{line}");
}

#[test]
fn no_kubeconfig() {
    let home = tempfile::tempdir().unwrap();
    let line = refused(&portolan(home.path(), &["model"]).output().unwrap(), 1);
    assert!(line.contains(".kube/config"), "{line}");
    let args = ["model", "--kubeconfig", "/nowhere/k"];
    let line = refused(&portolan(home.path(), &args).output().unwrap(), 1);
    assert!(line.contains("/nowhere/k"), "{line}");
}

#[rstest]
#[case("users: [{name: u, user: {token: s3cret")]
#[case("just text with s3cret")]
#[case("")]
fn a_malformed_kubeconfig_is_not_quoted(#[case] text: &str) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    fs::write(&config, text).unwrap();
    let output = portolan(home.path(), &["model"])
        .env("KUBECONFIG", &config)
        .output()
        .unwrap();
    let line = refused(&output, 1);
    assert!(!line.contains("s3cret"), "{line}");
}

#[test]
fn an_unknown_context_names_those_that_exist() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    fs::write(&config, kubeconfig("https://127.0.0.1:1")).unwrap();
    let output = portolan(home.path(), &["events", "--context", "there"])
        .env("KUBECONFIG", &config)
        .output()
        .unwrap();
    let line = refused(&output, 1);
    assert!(line.contains("there") && line.contains("here"), "{line}");
}

#[test]
fn a_server_that_refuses_is_told_at_once() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    fs::write(&config, kubeconfig(&format!("http://{address}"))).unwrap();
    for command in [&["model"][..], &["events"], &["graph", "--format", "dot"]] {
        let output = portolan(home.path(), command)
            .env("KUBECONFIG", &config)
            .output()
            .unwrap();
        let line = refused(&output, 1);
        assert!(line.contains(&address.to_string()), "{line}");
    }
}

#[test]
fn a_server_that_is_silent_is_waited_for_as_long_as_was_said() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    // Accepts connections in its backlog and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    fs::write(&config, kubeconfig(&format!("http://{address}"))).unwrap();
    let begun = Instant::now();
    let output = portolan(home.path(), &["model", "--timeout", "2"])
        .env("KUBECONFIG", &config)
        .output()
        .unwrap();
    let line = refused(&output, 1);
    assert!(
        line.contains("after 2 s") && line.contains("--timeout"),
        "{line}"
    );
    let took = begun.elapsed();
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(6)).contains(&took),
        "{took:?}"
    );
}

#[test]
fn without_a_terminal_the_screen_says_what_works_without_one() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    fs::write(&config, kubeconfig("https://127.0.0.1:1")).unwrap();
    let output = portolan(home.path(), &[])
        .env("KUBECONFIG", &config)
        .output()
        .unwrap();
    let line = refused(&output, 1);
    assert!(line.contains("portolan model"), "{line}");
}

#[test]
fn help_and_version_go_to_stdout() {
    let home = tempfile::tempdir().unwrap();
    for (args, says) in [
        (&["--help"][..], "--read-only"),
        (&["model", "--help"], "Exit codes"),
        (&["graph", "--help"], "Exit codes"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let output = portolan(home.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn the_log_goes_to_a_file_and_its_failure_stops_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    fs::write(&config, kubeconfig("http://127.0.0.1:1")).unwrap();
    let file = home.path().join("deep/er/p.log");
    let named = file.display().to_string();
    let run = |log: &str| {
        portolan(home.path(), &["model", "--log-file", log])
            .env("KUBECONFIG", &config)
            .output()
            .unwrap()
    };
    refused(&run(&named), 1);
    let log = fs::read_to_string(&file).unwrap();
    assert!(log.contains("start") && log.contains("here"), "{log}");
    let output = run("/proc/no/such/place.log");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("no log is written"), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn what_is_told_back_does_nothing_in_a_terminal() {
    const BAD: &str = "x\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r";
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("k");
    let text = kubeconfig("https://127.0.0.1:1").replace("name: here", "name: \"a\\e[2J\"");
    fs::write(&config, text).unwrap();
    let missing = home.path().join(BAD);
    let path = missing.display().to_string();
    for args in [
        &[BAD][..],
        &["model", "--format", BAD],
        &["model", "-n", BAD],
        &["model", "--context", BAD],
        &["model", "--zipkin", BAD],
        &["model", "--kubeconfig", &path],
        &["demo", "--system", &path],
        &["graph", "--format", "dot", "--from", &path],
        &["graph", "--size", BAD],
        &["model"],
    ] {
        let output = portolan(home.path(), args)
            .env("KUBECONFIG", &config)
            .output()
            .unwrap();
        assert!(!output.status.success(), "{args:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        let hostile = told.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(hostile, None, "{args:?}: {told:?}");
        assert!(!told.contains('\u{202e}'), "{args:?}: {told:?}");
        assert!(told.starts_with("portolan: "), "{told}");
    }
}
