//! What stands on screen while a write goes wrong: the real binary in a terminal, with the proxy between it
//! and the real API server.

use portable_pty::CommandBuilder;
use serde_json::json;

use crate::proxy::http::{Fault, HttpProxy};
use crate::pty::Pty;
use crate::real::{Ground, kubectl, session};
use crate::trial::{PATIENCE, writes};

/// The program on a Deployment `web` of two pods, unlocked, its cursor there.
struct Screen {
    ground: Ground,
    proxy: HttpProxy,
    pty: Pty,
    _home: tempfile::TempDir,
}

impl Screen {
    async fn open() -> Self {
        let ground = Ground::new().await;
        ground.deploy("web", 2).await;
        let status = ["rollout", "status", "deployment/web"];
        ground.kubectl(&status).await;
        let behind = session().client().await.expect("a client");
        let proxy = HttpProxy::start(behind).await;
        let home = tempfile::tempdir().expect("a directory");
        let config = home.path().join("config");
        std::fs::write(&config, proxy.kubeconfig(&ground.namespace)).expect("a file");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
        command.args(["-n", &ground.namespace]);
        command.env("KUBECONFIG", &config);
        command.env("XDG_STATE_HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env_remove("ZIPKIN_URL");
        let mut pty = Pty::start(command, 45, 200);
        // While lists are on their way, the pods may stand below their ReplicaSet for a moment: a cursor on that
        // would be left on nothing.
        pty.wait_for("k8s live");
        line(&pty, &["web", "2/2"]);
        pty.send(":tree web\r");
        line(&pty, &["│>", "▸ web "]);
        pty.send(":write\r");
        pty.wait_for("WRITE");
        Self {
            ground,
            proxy,
            pty,
            _home: home,
        }
    }

    /// Stages one more, and waits for the preview.
    fn previews(&mut self, does: &str) {
        self.pty.send("+");
        self.pty.wait_for(" previews, ");
        self.pty.send("\r");
        self.pty.wait_for(does);
    }

    fn writes(&self) -> usize {
        self.proxy.writes()
    }

    /// Ends it; nothing that was on its way is left.
    fn quit(mut self) {
        self.pty.send("\u{3}");
        assert_eq!(self.pty.end().exit_code(), 0);
        let bytes = self.pty.bytes();
        let said = String::from_utf8_lossy(&bytes);
        assert!(!said.contains("outcome is unknown"), "{said}");
    }
}

/// Waits until one line of the screen has all of these words.
fn line(pty: &Pty, words: &[&str]) {
    let what = words.join(" … ");
    pty.wait(&what, PATIENCE, |screen| {
        let mut lines = screen.lines();
        lines.any(|line| words.iter().all(|w| line.contains(w)))
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_answer_that_was_lost_is_unknown_then_found_then_done() {
    let mut screen = Screen::open().await;
    screen.previews("enter writes 3 to web");
    screen.proxy.fail(1, Fault::CutAfter, writes);
    screen.pty.send("\r");
    line(
        &screen.pty,
        &["nobody knows yet whether it arrived: no answer came"],
    );
    line(&screen.pty, &["web", "scaling to 3 arrived"]);
    line(&screen.pty, &["web", "scaled to 3, all ready (was 2)"]);
    assert!(!screen.pty.screen().contains("not scaled"));
    assert_eq!(screen.writes(), 1);
    screen.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_never_arrived_is_never_done_and_can_be_repeated() {
    let mut screen = Screen::open().await;
    screen.previews("enter writes 3 to web");
    screen.proxy.fail(1, Fault::CutBefore, writes);
    screen.pty.send("\r");
    line(
        &screen.pty,
        &["nobody knows yet whether it arrived: no answer came"],
    );
    line(&screen.pty, &["scaling to 3 has not arrived so far"]);
    let shown = screen.pty.screen();
    assert!(!shown.contains("scaled to 3"), "{shown}");
    assert_eq!(screen.writes(), 1, "it is for a person to repeat it");
    screen.previews("enter writes 3 to web");
    screen.pty.send("\r");
    line(&screen.pty, &["web", "scaled to 3, all ready (was 2)"]);
    assert_eq!(screen.writes(), 2);
    screen.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_somebody_changed_in_between_is_previewed_anew() {
    let mut screen = Screen::open().await;
    screen.previews("enter writes 3 to web");
    let other = ["scale", "deployment/web", "--replicas=4"];
    screen.ground.kubectl(&other).await;
    screen.pty.send("\r");
    screen.pty.wait_for("not done: Deployment");
    screen.pty.wait_for("has changed since the preview");
    assert_eq!(screen.writes(), 1, "it is not sent again by itself");
    // Its controller writes, too, while there is something to do: then it is previewed once more.
    let mut confirmed = 1;
    loop {
        screen.pty.send("\r");
        screen.pty.wait_for("now 4 → then 3");
        screen.pty.wait_for("enter writes 3 to web");
        screen.pty.send("\r");
        confirmed += 1;
        let mut is_refused = false;
        screen.pty.wait("an answer", PATIENCE, |shown| {
            is_refused = shown.contains("not done: Deployment");
            is_refused || shown.contains("scaling from 4 to 3 accepted")
        });
        if !is_refused {
            break;
        }
    }
    line(&screen.pty, &["web", "scaled to 3, all ready (was 4)"]);
    assert_eq!(screen.writes(), confirmed);
    screen.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_autoscaler_is_announced_and_what_it_turns_back_is_told() {
    let mut screen = Screen::open().await;
    // Without any metrics it still keeps to its bounds.
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-load", "namespace": screen.ground.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 4, "maxReplicas": 6
        }
    });
    kubectl(&["apply", "-f", "-"], Some(&autoscaler)).await;
    line(&screen.pty, &["web", "4/4"]);
    screen.pty.send(":scale 3\r");
    screen.pty.wait_for("then 3");
    screen.pty.send("\r");
    screen.pty.wait_for("autoscaler web-load keeps 4 to 6");
    screen.pty.wait_for("it will turn this back");
    screen.pty.wait_for("enter writes");
    screen.pty.send("\r");
    line(&screen.pty, &["scaling from 4 to 3 accepted"]);
    line(
        &screen.pty,
        &["scaled to 3, and turned to 4 by somebody else"],
    );
    assert_eq!(screen.writes(), 1);
    screen.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_second_person_is_told_of() {
    let mut screen = Screen::open().await;
    screen.previews("enter writes 3 to web");
    screen.pty.send("\r");
    line(&screen.pty, &["scaling from 2 to 3 accepted"]);
    let other = ["scale", "deployment/web", "--replicas=5"];
    screen.ground.kubectl(&other).await;
    line(
        &screen.pty,
        &["scaled to 3, and turned to 5 by somebody else"],
    );
    assert_eq!(screen.writes(), 1);
    screen.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn who_quits_while_a_write_is_on_its_way_is_told_what_is_not_known() {
    let mut screen = Screen::open().await;
    screen.previews("enter writes 3 to web");
    screen.proxy.fail(1, Fault::SilentBefore, writes);
    screen.pty.send("\r");
    line(
        &screen.pty,
        &["scaling to 3 is sent: an answer is waited for, up to 30 s"],
    );
    screen.pty.send(":q\r");
    screen
        .pty
        .wait_for("a write is still being verified: once more quits anyway");
    screen.pty.send(":q\r");
    assert_eq!(screen.pty.end().exit_code(), 0);
    assert!(screen.pty.is_given_back());
    let left = screen.pty.screen();
    let left: String = left.split_whitespace().collect::<Vec<_>>().join(" ");
    let namespace = &screen.ground.namespace;
    let says = format!(
        "scaling to 3 of Deployment {namespace}/web was on its way, and its outcome is unknown: kubectl get deployment web -n {namespace} -o yaml tells"
    );
    let squeezed = |text: &str| text.replace(' ', "");
    assert!(squeezed(&left).contains(&squeezed(&says)), "{left}");
    assert_eq!(screen.writes(), 1);
}
