//! Credential plugins whose credential the real server takes, for a while.

use std::fs;

use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use serde_json::json;

use crate::real::Ground;
use crate::user::{User, account, answering, pki, token};
use crate::watching::Watching;

fn state(watching: &Watching, part: &str) -> Option<SourceState> {
    let mut lines = watching.lines.iter();
    lines
        .find(|((own, _), _)| &**own == part)
        .map(|(_, state)| state.clone())
}

fn is_live(watching: &Watching, part: &str) -> bool {
    state(watching, part) == Some(SourceState::Live)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_token_that_ends_is_got_again_before_it_does() {
    let ground = Ground::new().await;
    account(&ground).await;
    let mut user = User::of_plugin("").await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    let runs = user.path("runs");
    let script = format!(
        "echo run >>{}; token=$(cat {}); end=$(date -u -d '+4 sec' +%FT%TZ); {}",
        runs.display(),
        user.path("token").display(),
        answering(r#"{"token":"$token","expirationTimestamp":"$end"}"#)
    );
    user.set_plugin(&script);
    let session = user.session();
    let count = || fs::read_to_string(&runs).map_or(0, |runs| runs.lines().count());
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("pods are live", |w| {
            is_live(w, "pods") && is_live(w, "session")
        })
        .await;
    assert_eq!(count(), 1, "one credential is enough for all that asks");
    // The server is asked every few seconds, so something is observed meanwhile.
    while count() < 3 {
        session.client().await.expect("a client, at any time");
        tokio::task::yield_now().await;
    }
    ground.deploy("web", 1).await;
    watching.until("the pod", |w| w.ready_pods() == 1).await;
    assert!(is_live(&watching, "session"), "{:?}", watching.lines);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_refused_token_is_got_again_at_once() {
    let ground = Ground::new().await;
    account(&ground).await;
    let mut user = User::of_plugin("").await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    let script = format!(
        "cd {}; if [ -e ran ]; then token=$(cat token); else token=not-one; fi; echo >ran; {}",
        user.folder.path().display(),
        answering(r#"{"token":"$token"}"#)
    );
    user.set_plugin(&script);
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    let both = |w: &Watching| is_live(w, "pods") && is_live(w, "session");
    watching.until("both are live", both).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_certificate_of_a_plugin_is_taken() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    let pem = |name: &str| fs::read_to_string(pki(name)).expect("of the testbed");
    let answer = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": pem("admin.crt"), "clientKeyData": pem("admin.key")},
    });
    let mut user = User::of_plugin("").await;
    fs::write(user.path("answer"), answer.to_string()).expect("a file");
    let script = format!("cat {}", user.path("answer").display());
    user.set_plugin(&script);
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    watching
        .until("all of it", |w| w.all_live() && w.ready_pods() == 1)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_is_waited_for_is_said_and_a_failure_ends_with_retry() {
    let ground = Ground::new().await;
    account(&ground).await;
    let mut user = User::of_plugin("").await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    // Waits for a file, as for somebody in a browser; fails once.
    let script = format!(
        "cd {}; while [ ! -e go ]; do sleep 0.1; done; if [ -e good ]; then token=$(cat token); {}; else echo 'not signed in' >&2; exit 1; fi",
        user.folder.path().display(),
        answering(r#"{"token":"$token"}"#)
    );
    user.set_plugin(&script);
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    let said = |w: &Watching, text: &str| {
        let state = state(w, "session");
        state.is_some_and(|s| s.trouble().is_some_and(|cause| cause.contains(text)))
    };
    let waits = |w: &Watching| matches!(state(w, "session"), Some(SourceState::Waiting { what }) if what.starts_with("the credential plugin sh"));
    watching.until("it waits", waits).await;
    let mut told = watching.said.iter();
    let trouble = told.find(|(_, state)| state.is_trouble());
    assert_eq!(trouble, None, "waiting is no fault");
    fs::write(user.path("go"), "").expect("a file");
    let fails = "failed (exit status: 1): not signed in; sign in with kubectl, then retry";
    watching.until("it failed", |w| said(w, fails)).await;
    fs::write(user.path("good"), "").expect("a file");
    watching.retry.send_modify(|count| *count += 1);
    watching.until("pods", |w| is_live(w, "pods")).await;
    watching.until("all", |w| is_live(w, "session")).await;
}
