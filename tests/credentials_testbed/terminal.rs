//! The screen while a plugin is at work: its own, and left at once with all that the plugin started.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use portable_pty::CommandBuilder;

use crate::pty::{PATIENCE, Pty};
use crate::user::{PLANTED, User};

fn start(user: &User) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
    command.args(["-n", "default", "--kubeconfig"]);
    command.arg(user.file());
    command.arg("--log-file");
    command.arg(user.path("log"));
    command.env("PORTOLAN_LOG", "trace");
    command.env("TERM", "xterm-256color");
    Pty::start(command, 30, 120)
}

/// The processes of a session that live.
fn alive(session: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let stats = processes.filter_map(|p| fs::read_to_string(p.path().join("stat")).ok());
    let of_it = |stat: &String| {
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        fields.get(4) == Some(&session) && fields.get(1) != Some(&"Z")
    };
    stats.filter(of_it).count()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::yield_now();
    }
}

/// Writes to all that a terminal could be, asks, ignores signals, has a child, and hangs.
fn rude(user: &User) -> String {
    format!(
        "trap '' TERM INT HUP TTOU TTIN; cd {}
         for _ in 1 2 3; do printf '\\033[2J\\033[HRUDE {PLANTED}\\n' >/dev/tty; printf '\\033[2J\\033[HRUDE {PLANTED}\\n' >&2; done
         stty echo sane </dev/tty
         read answer </dev/tty; read answer
         (trap '' TERM INT HUP; sleep 600) &
         echo $$ >pid.new; mv pid.new pid; sleep 600; sleep 600",
        user.folder.path().display()
    )
}

async fn at_work() -> (User, Pty, String) {
    let mut user = User::of_plugin("").await;
    let script = rude(&user);
    user.set_plugin(&script);
    let pty = start(&user);
    let pid = user.path("pid");
    until("the plugin runs", || pid.exists());
    let session = fs::read_to_string(&pid).expect("it runs");
    let session = session.trim().to_owned();
    until("with its child", || alive(&session) >= 3);
    (user, pty, session)
}

fn clean(pty: &Pty, log: &Path) {
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(
        !bytes.contains("RUDE") && !bytes.contains(PLANTED),
        "{bytes}"
    );
    let log = fs::read_to_string(log).expect("a log");
    assert!(!log.contains("RUDE") && !log.contains(PLANTED), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn quitting_while_a_plugin_hangs_ends_it_too() {
    let (user, mut pty, session) = at_work().await;
    pty.send("vs");
    pty.wait_for("the credential plugin sh (at most 60 s");
    pty.send(":q\r");
    let status = pty.end();
    assert!(status.success(), "{status:?}");
    assert!(pty.is_given_back());
    until("the plugin is gone", || alive(&session) == 0);
    clean(&pty, &user.path("log"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn being_ended_while_a_plugin_hangs_ends_it_too() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let (user, mut pty, session) = at_work().await;
        pty.wait_for("default");
        let sent = std::process::Command::new("kill")
            .args([signal, &pty.pid().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
        pty.end();
        until("the plugin is gone", || alive(&session) == 0);
        clean(&pty, &user.path("log"));
    }
}
