//! Lists in pages whose next page is forgotten (410) before it is asked for.

use std::time::Duration;

use http::Request;
use portolan::model::observation::{Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;
use tokio::sync::watch;

use crate::judge::agrees_soon;
use crate::meant::{pods, streams};
use crate::proxy::http::{Fault, HttpProxy};
use crate::real::bed::Bed;
use crate::real::{Ground, deployment, session};
use crate::watching::Watching;

/// Asks for the next page.
fn continues(request: &Request<()>) -> bool {
    let query = request.uri().query().unwrap_or("");
    pods(request) && query.contains("continue=")
}

/// Asks for the first page.
fn begins(request: &Request<()>) -> bool {
    let query = request.uri().query().unwrap_or("");
    pods(request) && query.contains("limit=500") && !query.contains("continue=")
}

/// So few objects that a small list has several pages.
fn small(path: &str) -> String {
    path.replace("limit=500", "limit=2")
}

/// How often something was asked that has this in its path or query.
fn asked(proxy: &HttpProxy, parts: &[&str]) -> usize {
    let seen = proxy.seen();
    let meant = |path: &&String| parts.iter().all(|part| path.contains(part));
    seen.iter().map(|(_, path)| path).filter(meant).count()
}

/// The states of the pods' line, in words, without repetitions.
fn words(watching: &Watching) -> Vec<&'static str> {
    let said = watching.said.iter().filter(|(part, _)| &**part == "pods");
    let mut words: Vec<&str> = said.map(|(_, state)| state.word()).collect();
    words.dedup();
    words
}

/// The real 410: the page is asked for while the server forgets what it is the rest of.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_page_that_was_forgotten_is_answered_with_a_new_list() {
    let bed = Bed::start();
    // No streams, and pages straight from etcd, as servers of some years ago.
    let old = "--feature-gates=WatchList=false,ListFromCacheSnapshot=false";
    bed.server("restart", "kube-apiserver", &[old]).await;
    let web = deployment("default", "web", 5);
    bed.kubectl(&["apply", "-f", "-"], Some(&web)).await;
    bed.kubectl(&["rollout", "status", "deployment/web"], None)
        .await;
    let behind = bed.session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    let release = watch::Sender::new(false);
    proxy.fail(1, Fault::Held(release.subscribe()), continues);
    proxy.fail(usize::MAX, Fault::Reworded(small), begins);
    let session = Session::parse(&proxy.kubeconfig("default")).expect("well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::All);
    let halfway = |w: &Watching| w.names(Kind::Pod).len() == 2;
    watching.until("the first page", halfway).await;
    while asked(&proxy, &["/pods?", "continue="]) == 0 {
        watching.look(Duration::from_millis(20)).await;
    }
    let listed = watching.names(Kind::Pod);
    let ghost = listed.first().expect("a pod of the first page");
    bed.kubectl(&["delete", "pod", ghost], None).await;
    bed.kubectl(&["scale", "deployment/web", "--replicas=7"], None)
        .await;
    bed.kubectl(&["rollout", "status", "deployment/web"], None)
        .await;
    bed.compact().await;
    release.send_replace(true);
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    assert!(!watching.names(Kind::Pod).contains(ghost));
    let answered = proxy.answered();
    let gone = answered.iter().filter(|(_, _, status)| *status == 410);
    let gone: Vec<&String> = gone.map(|(_, path, _)| path).collect();
    assert_eq!(gone.len(), 1, "{answered:#?}");
    // A page and the 410; then all of it, in two.
    assert_eq!(asked(&proxy, &["/pods?&limit=500"]), 4, "{answered:#?}");
    // It was never shown, so there is nothing to alarm anybody about.
    assert_eq!(words(&watching), ["loading", "live"]);
    assert_eq!(
        watching.gone, 0,
        "nothing is called deleted that was not known"
    );
}

/// A server that forgets every place at once: no page ever follows, and no list is ever complete.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_page_that_is_always_forgotten_is_told_once_and_is_no_busy_loop() {
    let ground = Ground::new().await;
    ground.deploy("web", 5).await;
    let behind = session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    let session = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
    let choice = NamespaceChoice::one(&ground.namespace);
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let no_streams = Fault::status(422, "Invalid", "sendInitialEvents is forbidden");
    proxy.fail(usize::MAX, no_streams, streams);
    let expired = Fault::status(410, "Expired", "The provided continue parameter is too old");
    proxy.fail(usize::MAX, expired, continues);
    proxy.fail(usize::MAX, Fault::Reworded(small), begins);
    let mut watching = Watching::start(&session, choice);
    let told = |w: &Watching| {
        let trouble = w.line("pods").and_then(SourceState::trouble);
        trouble.is_some_and(|cause| cause.contains("listing again"))
    };
    watching.until("it is told", told).await;
    let before = asked(&proxy, &["/pods?", "continue="]);
    watching.look(Duration::from_secs(8)).await;
    let asked = asked(&proxy, &["/pods?", "continue="]) - before;
    assert!((1..=20).contains(&asked), "{asked} questions in 8 s");
    assert_eq!(
        words(&watching),
        ["loading", "failed"],
        "never live, and said once"
    );
    proxy.heal();
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
}
