//! What the server, or something in front of it, answers instead: refusals, garbage, too much, nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use portolan::model::observation::{Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;

use crate::judge::{Narrator, agrees_soon};
use crate::meant::{pods, streams};
use crate::proxy::http::{Fault, HttpProxy};
use crate::real::{Ground, session};
use crate::watching::Watching;

async fn behind_proxy() -> (Ground, HttpProxy, Session) {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let behind = session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    let session = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
    (ground, proxy, session)
}

/// A watch that follows a list.
fn pod_watch(request: &Request<()>) -> bool {
    let query = request.uri().query().unwrap_or("");
    pods(request) && query.contains("watch=true") && !streams(request)
}

fn well(body: &str) -> Fault {
    Fault::Answer {
        status: 200,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_owned(),
    }
}

/// Why a part has failed or is stale.
fn cause<'a>(watching: &'a Watching, part: &str) -> Option<&'a str> {
    match watching.line(part)? {
        SourceState::Failed { cause } | SourceState::Stale { cause, .. } => Some(cause),
        _ => None,
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_busy_server_is_given_the_time_that_it_asks_for() {
    const WAIT: u64 = 3;
    let (ground, proxy, session) = behind_proxy().await;
    let busy = Fault::Answer {
        status: 429,
        headers: vec![("retry-after", WAIT.to_string())],
        body: "Too many requests, please try again later.".to_owned(),
    };
    proxy.fail(1, busy, pods);
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    let told = format!("the server is busy (429) and asks to wait {WAIT} s");
    watching
        .until("it is told", |w| cause(w, "pods") == Some(&told))
        .await;
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
    let (seen, times) = (proxy.seen(), proxy.times());
    let asked = seen.iter().zip(&times);
    let asked: Vec<_> = asked
        .filter(|((_, path), _)| path.contains("/pods?"))
        .collect();
    let [(_, first), (_, second), ..] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert!(**second - **first >= Duration::from_secs(WAIT), "{asked:?}");
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_kind_that_the_server_lacks_is_told_and_the_rest_is_there() {
    let (ground, proxy, session) = behind_proxy().await;
    let is_meant = |request: &Request<()>| request.uri().path().ends_with("/ingresses");
    let lacks = Fault::status(
        404,
        "NotFound",
        "the server could not find the requested resource",
    );
    proxy.fail(usize::MAX, lacks, is_meant);
    let forbids = Fault::status(403, "Forbidden", "cronjobs is forbidden");
    proxy.fail(usize::MAX, forbids, |request| {
        request.uri().path().ends_with("/cronjobs")
    });
    let choice = NamespaceChoice::one(&ground.namespace);
    // The headless commands go on with the rest, without waiting for what cannot come.
    let narrator = Narrator::start(&session, choice.clone()).await;
    let mut watching = Watching::start(&session, choice);
    watching
        .until("all but two kinds", |w| {
            let live = w.lines.values().filter(|s| **s == SourceState::Live);
            live.count() == 12 && w.ready_pods() == 2
        })
        .await;
    let Some(SourceState::Absent { what }) = watching.line("ingresses") else {
        panic!("{:?}", watching.line("ingresses"))
    };
    assert!(
        what.starts_with("the server does not have ingresses"),
        "{what}"
    );
    let Some(SourceState::Forbidden { what }) = watching.line("cronjobs") else {
        panic!("{:?}", watching.line("cronjobs"))
    };
    assert!(
        what.ends_with("ask for get, list, watch on cronjobs"),
        "{what}"
    );
    assert_eq!(narrator.told("self now "), Vec::<String>::new());
    // A kind may be refused for ever; that must not hide that the server is lost, and back.
    proxy.heal();
    watching.retry.send_modify(|count| *count += 1);
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn garbage_is_told_in_one_line_and_got_over() {
    let (ground, proxy, session) = behind_proxy().await;
    let unreadable = "the server's answer cannot be read";
    let garbage = [
        (well("<html><body>Please sign in</body></html>"), unreadable),
        (
            well("{\"type\":\"ADDED\",\"object\":{\"metadata\":\"none\"}}\n"),
            unreadable,
        ),
        (well(""), "cut the connection"),
        (well(r#"{"type":"ADDED","obj"#), "cut the connection"),
        (
            Fault::Answer {
                status: 502,
                headers: Vec::new(),
                body: "<html>".repeat(1000),
            },
            "the server answered 502: not in the words of Kubernetes",
        ),
    ];
    for (fault, expected) in garbage {
        proxy.fail(2, fault, pods);
        let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
        watching
            .until(expected, |w| {
                cause(w, "pods").is_some_and(|said| said.contains(expected) && !said.contains('\n'))
            })
            .await;
        agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
        proxy.heal();
    }
}

/// The list comes in pages here, so that a watch follows it whose answer can be another.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_watch_may_answer_garbage_or_too_much_or_not_at_all() {
    const MB: usize = 1 << 20;
    let taken = Arc::new(AtomicUsize::new(0));
    let (ground, proxy, session) = behind_proxy().await;
    let no_streams = || Fault::status(422, "Invalid", "sendInitialEvents is forbidden");
    for (fault, times, expected) in [
        (
            well("<html>\n</html>\n"),
            2,
            "the server's answer cannot be read",
        ),
        (
            Fault::Flood(100 * MB, Arc::clone(&taken)),
            2,
            "more than 16 MB in one piece",
        ),
        (well(""), 6, "ends the watch of pods"),
    ] {
        proxy.fail(usize::MAX, no_streams(), streams);
        proxy.fail(times, fault, pod_watch);
        let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
        watching
            .until(expected, |w| {
                cause(w, "pods").is_some_and(|said| said.contains(expected))
            })
            .await;
        assert_eq!(watching.names(Kind::Pod), ground.pods().await, "it stays");
        agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
        proxy.heal();
    }
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken < 2 * 40 * MB, "{taken} bytes were taken");
}

/// A server, or something in front of it, that ends every watch as soon as it has begun.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_watch_that_is_closed_again_and_again_is_no_watch_and_no_busy_loop() {
    let (ground, proxy, session) = behind_proxy().await;
    let no_streams = Fault::status(422, "Invalid", "sendInitialEvents is forbidden");
    proxy.fail(usize::MAX, no_streams, streams);
    proxy.fail(usize::MAX, well(""), pod_watch);
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    let closed =
        |w: &Watching| cause(w, "pods").is_some_and(|said| said.contains("ends the watch"));
    watching.until("it is told", closed).await;
    let (before, said) = (proxy.seen().len(), watching.said.len());
    watching.look(Duration::from_secs(8)).await;
    let live = watching.said.iter().skip(said);
    let live = live.filter(|(part, state)| &**part == "pods" && *state == SourceState::Live);
    assert_eq!(live.count(), 0, "it is never called live meanwhile");
    let seen = proxy.seen();
    let asked = seen.iter().skip(before);
    let asked = asked.filter(|(_, path)| path.contains("/pods?")).count();
    assert!(asked <= 20, "{asked} questions in 8 s");
    proxy.heal();
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_namespace_that_is_deleted_and_made_again_is_seen_to_go_and_come() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&session(), choice.clone());
    let narrator = Narrator::start(&session(), choice).await;
    watching
        .until("two pods", |w| w.all_live() && w.ready_pods() == 2)
        .await;
    let tenant = |w: &Watching| w.model.tenants().any(|t| *t.name == *ground.namespace);
    crate::real::kubectl(&["delete", "namespace", &ground.namespace], None).await;
    watching.until("it is gone", |w| !tenant(w)).await;
    assert!(watching.all_live(), "{:#?}", watching.lines);
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
    crate::real::kubectl(&["create", "namespace", &ground.namespace], None).await;
    ground.deploy("web", 1).await;
    watching
        .until("it is there again", |w| tenant(w) && w.ready_pods() == 1)
        .await;
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
    let told = narrator.told(&format!("model now {}: ", ground.namespace));
    let mut expected = [
        "namespace is being deleted",
        "namespace is gone",
        "new namespace",
    ]
    .iter();
    let mut next = expected.next();
    for line in &told {
        if next.is_some_and(|next| next == line) {
            next = expected.next();
        }
    }
    assert_eq!(next, None, "{told:#?}");
    assert_eq!(narrator.told("self now "), Vec::<String>::new());
}
