//! The connection: cut.

use http::Method;
use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;

use crate::proxy::http::{Fault, HttpProxy};
use crate::proxy::wire::{Wire, WireProxy};
use crate::real::{Ground, session};
use crate::watching::Watching;

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_list_that_is_cut_is_read_again() {
    let ground = Ground::new().await;
    ground.deploy("web", 3).await;
    let behind = session().client().await.expect("a client");
    let proxy = HttpProxy::start(behind).await;
    proxy.fail(2, Fault::CutWithin(2000), |request| {
        request.method() == Method::GET && request.uri().path().ends_with("/pods")
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
    let server = session().server().to_string();
    let address = server.trim_start_matches("https://").parse();
    let wire = WireProxy::start(address.expect("an address")).await;
    let through = ground.through(&format!("https://{}", wire.address)).await;
    let mut watching = Watching::start(&through, NamespaceChoice::one(&ground.namespace));
    watching.until("the pod", |w| w.ready_pods() == 1).await;
    wire.set(Wire::Cut);
    let stale = |w: &Watching| {
        let all = w.lines.values();
        all.filter(|state| matches!(state, SourceState::Stale { .. }))
            .count()
            == w.lines.len()
    };
    watching.until("all of it is stale", stale).await;
    wire.set(Wire::Whole);
    ground.deploy("web", 2).await;
    watching
        .until("the other pod", |w| w.all_live() && w.ready_pods() == 2)
        .await;
}
