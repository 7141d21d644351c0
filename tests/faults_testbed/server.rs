//! The API server: stopped, killed, started again, without its past. Each test has servers of its own.

use std::time::Duration;

use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};

use crate::judge::{Narrator, agrees_soon};
use crate::meant;
use crate::proxy::http::{Fault, HttpProxy};
use crate::real::bed::Bed;
use crate::real::deployment;
use crate::watching::{LINES, Watching};

const API: &str = "kube-apiserver";

/// The question without what servers of long ago do not know.
fn plain(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter(|pair| {
        !pair.starts_with("sendInitialEvents") && !pair.starts_with("resourceVersionMatch")
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    })
}

/// Two Deployments and two Services, ready.
async fn shop(bed: &Bed) {
    for object in [
        deployment("default", "web", 3),
        deployment("default", "old", 2),
        service("web"),
        service("lost"),
    ] {
        bed.kubectl(&["apply", "-f", "-"], Some(&object)).await;
    }
    for name in ["deployment/web", "deployment/old"] {
        bed.kubectl(&["rollout", "status", name], None).await;
    }
}

/// What somebody does while nobody watches.
async fn change(bed: &Bed) {
    bed.kubectl(&["scale", "deployment/web", "--replicas=5"], None)
        .await;
    bed.kubectl(&["delete", "deployment", "old", "--wait=false"], None)
        .await;
    let new = deployment("default", "new", 2);
    bed.kubectl(&["apply", "-f", "-"], Some(&new)).await;
}

async fn pod_of(bed: &Bed, app: &str) -> String {
    let selector = format!("app={app}");
    let first = ["-o", "jsonpath={.items[0].metadata.name}"];
    let arguments = [&["get", "pods", "-l", &selector], &first[..]].concat();
    bed.kubectl(&arguments, None).await
}

fn refused(state: &SourceState) -> bool {
    matches!(state, SourceState::Stale { cause, .. } if cause.starts_with("cannot reach https://127.0.0.1:"))
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_that_was_away_is_caught_up_with() {
    let bed = Bed::start();
    shop(&bed).await;
    let mut watching = Watching::start(&bed.session(), NamespaceChoice::All);
    watching.until("all of it", Watching::all_live).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    let narrator = Narrator::start(&bed.session(), NamespaceChoice::All).await;
    let gone = watching.gone;
    let known = watching.facts.len();

    bed.server("stop", API, &[]).await;
    watching
        .until("all of it is stale", Watching::all_stale)
        .await;
    bed.erase("services/specs/default/lost").await;
    bed.erase(&format!("pods/default/{}", pod_of_facts(&watching, "web-")))
        .await;
    // However long it takes: what was known stays, and never looks new.
    watching.look(Duration::from_secs(6)).await;
    assert!(
        watching.lines.values().all(refused),
        "{:#?}",
        watching.lines
    );
    assert_eq!((watching.facts.len(), watching.gone), (known, gone));

    bed.server("start", API, &[]).await;
    change(&bed).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    told_once(&narrator).await;
    let past = narrator.told("model past ");
    assert!(
        past.contains(&"lost: Service is gone".to_owned()),
        "{past:#?}"
    );
    let mut once = past.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), past.len(), "told once: {past:#?}");
}

fn pod_of_facts(watching: &Watching, start: &str) -> String {
    let pods = watching.names(portolan::model::observation::Kind::Pod);
    pods.into_iter()
        .find(|name| name.starts_with(start))
        .expect("it has a pod")
}

/// One word when it begins, one when it is over, whatever many parts fail.
async fn told_once(narrator: &Narrator) {
    narrator.until("all of it answers again, after ").await;
    let own = narrator.told("self now portolan: kubernetes: ");
    let [began, ended] = &own[..] else {
        panic!("{own:#?}")
    };
    assert!(began.starts_with("cannot reach "), "{began}");
    assert!(
        ended.starts_with("all of it answers again, after "),
        "{ended}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_killed_within_the_first_list_is_listed_again_though_it_streams_no_more() {
    let bed = Bed::start();
    shop(&bed).await;
    let behind = bed.session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    proxy.fail(1, Fault::StopsWithin(2000), meant::pods);
    let session = Session::parse(&proxy.kubeconfig("default")).expect("well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::All);
    watching
        .until("all but the pods", |w| {
            let live = w.lines.values().filter(|s| **s == SourceState::Live);
            live.count() == LINES - 1 && matches!(w.line("pods"), Some(SourceState::Loading { .. }))
        })
        .await;
    bed.server("kill", API, &[]).await;
    watching
        .until("nothing is live", |w| {
            let well = |state: &SourceState| {
                matches!(state, SourceState::Live | SourceState::Loading { .. })
            };
            !w.lines.values().any(well)
        })
        .await;
    // What was never listed is not stale: nothing of it may be shown as if it were all.
    let Some(SourceState::Failed { .. }) = watching.line("pods") else {
        panic!("{:?}", watching.line("pods"))
    };
    let before = proxy.seen().len();
    bed.server("start", API, &["--feature-gates=WatchList=false"])
        .await;
    change(&bed).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    let seen = proxy.seen();
    let after = seen.iter().skip(before).map(|(_, path)| path);
    let pages = after.filter(|path| path.contains("/pods?&limit=500"));
    assert!(pages.count() > 0, "{seen:#?}");
    ignored(&bed).await;
}

/// A server that has never heard of streamed lists does not refuse them: it sends what there is, and no word
/// that this is all. (One that has takes the plain question for the other.)
async fn ignored(bed: &Bed) {
    let behind = bed.session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    proxy.fail(usize::MAX, Fault::Reworded(plain), |request| {
        let query = request.uri().query().unwrap_or("");
        query.contains("sendInitialEvents")
    });
    let session = Session::parse(&proxy.kubeconfig("default")).expect("well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::All);
    watching.until("all of it", Watching::all_live).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    let seen = proxy.seen();
    let streamed = seen
        .iter()
        .filter(|(_, path)| path.contains("sendInitialEvents"));
    let streamed = streamed.count();
    assert!(
        streamed <= 4,
        "asked {streamed} times for what does not work: {seen:#?}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_that_forgot_the_past_is_listed_again() {
    let bed = Bed::start();
    shop(&bed).await;
    let behind = bed.session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    let session = Session::parse(&proxy.kubeconfig("default")).expect("well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::All);
    watching.until("all of it", Watching::all_live).await;
    let narrator = Narrator::start(&session, NamespaceChoice::All).await;
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;

    proxy.fail(usize::MAX, Fault::CutBefore, |_| true);
    bed.server("stop", API, &[]).await;
    watching
        .until("all of it is stale", Watching::all_stale)
        .await;
    bed.server("start", API, &[]).await;
    change(&bed).await;
    bed.kubectl(&["rollout", "status", "deployment/web"], None)
        .await;
    let pod = pod_of(&bed, "web").await;
    bed.kubectl(&["delete", "pod", &pod], None).await;
    // Etcd forgets, and a server that starts anew knows nothing older than that.
    bed.compact().await;
    bed.server("restart", API, &[]).await;
    let before = proxy.seen().len();
    proxy.heal();
    agrees_soon(&mut watching, Some(&bed.kubeconfig), None).await;
    let seen = proxy.seen();
    let pods: Vec<&String> = seen
        .iter()
        .skip(before)
        .map(|(_, path)| path)
        .filter(|path| path.contains("/pods?"))
        .collect();
    let resumed = pods
        .iter()
        .position(|path| path.contains("&resourceVersion="));
    let listed = pods
        .iter()
        .position(|path| path.contains("sendInitialEvents=true"));
    assert!(
        resumed < listed && resumed.is_some(),
        "410, then a list: {pods:#?}"
    );
    told_once(&narrator).await;
    let past = narrator.told("model past ");
    assert!(
        past.iter().any(|line| line.starts_with("old: ")),
        "{past:#?}"
    );
}
