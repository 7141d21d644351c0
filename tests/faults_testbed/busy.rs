//! A real server that answers one request at a time, while others ask much: real 429s, with Retry-After.

use std::time::Duration;

use kube::Client;
use portolan::model::observation::{Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use crate::judge::{Narrator, agrees_soon};
use crate::proxy::http::HttpProxy;
use crate::real::bed::Bed;
use crate::real::deployment;
use crate::watching::{LINES, Watching};

/// No queues either: what does not find its place is refused.
const NARROW: [&str; 4] = [
    "--enable-priority-and-fairness=false",
    "--max-requests-inflight=1",
    "--max-mutating-requests-inflight=1",
    // Streams have places of their own.
    "--feature-gates=WatchList=false",
];
/// How many ask all the time.
const OTHERS: usize = 4;
/// What this server asks for in its header.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Large objects keep the one place taken.
const LARGE: usize = 12;

/// A user who may read everything: administrators are never refused.
async fn reader(bed: &Bed) -> Session {
    bed.kubectl(&["create", "serviceaccount", "reader"], None)
        .await;
    let rules =
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "reader"}, "rules": rules,
    });
    bed.kubectl(&["create", "-f", "-"], Some(&role)).await;
    let binding = [
        "create",
        "clusterrolebinding",
        "reader",
        "--clusterrole=reader",
    ];
    let who = ["--serviceaccount=default:reader"];
    bed.kubectl(&[&binding[..], &who].concat(), None).await;
    let token = bed.kubectl(&["create", "token", "reader"], None).await;
    let view = ["config", "view", "--raw", "--flatten", "-o", "json"];
    let mut config: Value = serde_json::from_str(&bed.kubectl(&view, None).await).expect("JSON");
    let user = config.pointer_mut("/users/0/user").expect("a user");
    *user = json!({"token": token.trim()});
    Session::parse(&config.to_string()).expect("well-formed")
}

async fn large(bed: &Bed) {
    let object = |number: usize| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("large-{number}"), "namespace": "default"},
            "data": {"text": "x".repeat(900_000)},
        })
    };
    for number in 0..LARGE {
        bed.kubectl(&["create", "-f", "-"], Some(&object(number)))
            .await;
    }
}

/// Asks as fast as it can, for as long as this lives.
fn load(client: &Client) -> AbortOnDropHandle<()> {
    let client = client.clone();
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            let request = http::Request::get("/api/v1/namespaces/default/configmaps");
            let request = request.body(Vec::new()).expect("a request");
            // Refused or cut: the next one.
            let _ = client.request_text(request).await;
            tokio::task::yield_now().await;
        }
    }))
}

fn is_busy(state: &SourceState) -> bool {
    let trouble = state.trouble();
    trouble.is_some_and(|why| why.starts_with("the server is busy (429) and asks to wait "))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_that_is_really_busy_is_not_asked_more_than_it_wants() {
    let bed = Bed::start();
    let web = deployment("default", "web", 3);
    bed.kubectl(&["apply", "-f", "-"], Some(&web)).await;
    bed.kubectl(&["rollout", "status", "deployment/web"], None)
        .await;
    large(&bed).await;
    let reader = reader(&bed).await;
    let behind = reader.client().await.expect("a client");
    let proxy = HttpProxy::start(behind.clone()).await;
    let session = Session::parse(&proxy.kubeconfig("default")).expect("well-formed");
    let narrator = Narrator::start(&session, NamespaceChoice::All).await;
    let mut watching = Watching::start(&session, NamespaceChoice::All);
    watching.until("all of it", Watching::all_live).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    let known = watching.facts.len();

    let client = bed.session().client().await.expect("a client");
    let others: Vec<_> = (0..OTHERS).map(|_| load(&client)).collect();
    bed.server("restart", "kube-apiserver", &NARROW).await;
    watching
        .until("it is told", |w| w.lines.values().any(is_busy))
        .await;
    assert!(watching.facts.len() >= known, "what was known stays");
    bed.kubectl(&["scale", "deployment/web", "--replicas=5"], None)
        .await;
    // One that begins now has nothing to show meanwhile, and has a way of its own.
    let own = HttpProxy::start(behind).await;
    let session = Session::parse(&own.kubeconfig("default")).expect("well-formed");
    let mut late = Watching::start(&session, NamespaceChoice::All);
    late.until("it is told", |w| w.lines.values().any(is_busy))
        .await;
    late.look(Duration::from_secs(5)).await;
    let failed = |state: &SourceState| matches!(state, SourceState::Failed { .. });
    let busy = late.said.iter().filter(|(_, state)| is_busy(state));
    assert!(busy.clone().all(|(_, state)| failed(state)));
    let told = busy.map(|(part, _)| part);
    assert!(
        told.clone().count() < LINES + Kind::OPTIONAL.len(),
        "once for each kind: {:#?}",
        late.said
    );
    drop(others);
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    agrees_soon(&mut late, Some(&bed.kubeconfig), None).await;
    for (proxy, who) in [(&proxy, "who was there"), (&own, "who came late")] {
        let again = proxy.asked_after(429);
        assert!(
            !again.is_empty(),
            "{who} was refused: {:#?}",
            proxy.answered()
        );
        eprintln!("{who} was refused and asked again {} times", again.len());
    }
    let again = own.asked_after(429);
    // Whether the server is there is asked every few seconds, and where a connection broke: a refusal tells.
    let lists = again.iter().filter(|(path, _)| path != "/version");
    let early = lists.filter(|(_, wait)| *wait < RETRY_AFTER);
    assert_eq!(early.count(), 0, "{again:#?}");
    narrator.until("all of it answers again, after ").await;
    let told = narrator.told("self now portolan: kubernetes: ");
    // That it was gone for a moment, and that it is busy, may be two troubles or one.
    let ends = |words: &[String]| matches!(words, [_, end] if end.contains("answers again"));
    assert!(
        told.len() <= 4 && told.chunks(2).all(ends),
        "one word when it begins, one when it is over: {told:#?}"
    );
}
