//! The connection: cut, frozen, thawed, cut within an answer.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;

use crate::judge::{Narrator, agrees_soon};
use crate::meant;
use crate::proxy::http::{Fault, HttpProxy};
use crate::proxy::wire::{Wire, WireProxy};
use crate::real::{Ground, session};
use crate::watching::Watching;

/// A wire to the shared server, and the administrator's session by way of it.
async fn wired(ground: &Ground) -> (WireProxy, Session) {
    let server = session().server().to_string();
    let address = server.trim_start_matches("https://").parse();
    let wire = WireProxy::start(address.expect("an address")).await;
    let through = ground.through(&format!("https://{}", wire.address)).await;
    (wire, through)
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_list_that_is_cut_is_read_again() {
    let ground = Ground::new().await;
    ground.deploy("web", 3).await;
    let behind = session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    proxy.fail(2, Fault::CutWithin(2000), |request| {
        request.method() == Method::GET && meant::pods(request)
    });
    let session = Session::parse(&proxy.kubeconfig(&ground.namespace)).expect("well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("three pods", |w| w.all_live() && w.ready_pods() == 3)
        .await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_cut_connection_is_made_again() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    let (wire, through) = wired(&ground).await;
    let mut watching = Watching::start(&through, NamespaceChoice::one(&ground.namespace));
    // What was not listed yet would not be stale but failed.
    watching
        .until("the pod", |w| w.all_live() && w.ready_pods() == 1)
        .await;
    wire.set(Wire::Cut);
    watching
        .until("all of it is stale", Watching::all_stale)
        .await;
    ground.deploy("web", 2).await;
    wire.set(Wire::Whole);
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
}

/// Nothing passes and nothing is closed: only silence tells.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_frozen_connection_is_told_and_nothing_looks_newer_than_it_is() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let (wire, through) = wired(&ground).await;
    let mut watching = Watching::start(&through, choice.clone());
    watching
        .until("the pod", |w| w.all_live() && w.ready_pods() == 1)
        .await;
    let narrator = Narrator::start(&through, choice).await;
    agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
    for then in [Wire::Whole, Wire::Cut] {
        wire.set(Wire::Frozen);
        let frozen = Timestamp::now();
        watching
            .until("all of it is stale", Watching::all_stale)
            .await;
        eprintln!("told after {:#}", Timestamp::now() - frozen);
        for (part, state) in &watching.lines {
            let SourceState::Stale { since, cause } = state else {
                panic!("{part:?}: {state:?}")
            };
            // Not when it was found out: when it was known last. What was under way still came.
            let latest = frozen + Duration::from_secs(1);
            assert!(*since <= latest, "{part:?}: {since} is after {frozen}");
            // The first word is of an answer that did not come, later ones of connections that are not made.
            let silent = ["did not answer for ", "no answer in time"];
            assert!(silent.iter().any(|why| cause.contains(why)), "{cause}");
        }
        ground.deploy("web", 3).await;
        ground.deploy("api", 2).await;
        ground
            .kubectl(&["rollout", "status", "deployment/api"])
            .await;
        assert_eq!(watching.ready_pods(), 1, "nothing comes through");
        wire.set(then);
        wire.set(Wire::Whole);
        agrees_soon(&mut watching, None, Some(&ground.namespace)).await;
        ground
            .kubectl(&["delete", "deployment", "api", "--cascade=foreground"])
            .await;
        ground.deploy("web", 1).await;
        watching
            .until("one pod", |w| w.facts.len() > 1 && w.ready_pods() == 1)
            .await;
    }
    narrator.until("answers again").await;
    let own = narrator.told("self now portolan: kubernetes: ");
    let ends = own.iter().filter(|line| line.contains("answers again"));
    assert_eq!((own.len(), ends.count()), (4, 2), "{own:#?}");
    let past = narrator.told("model past ");
    assert!(
        past.iter().any(|line| line.starts_with("api: ")),
        "{past:#?}"
    );
    let now = narrator.told("model now ");
    let missed = now
        .iter()
        .filter(|line| line.contains("3 wanted") || line.contains("to 3"));
    assert_eq!(
        missed.count(),
        0,
        "it happened while disconnected: {now:#?}"
    );
}
