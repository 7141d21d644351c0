//! The source: what is seen is what there is, and what may not be seen is said.

use portolan::model::observation::{Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::model::text::Text;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};

use crate::real::{Ground, limited, session};
use crate::watching::{LINES, Watching};

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_limited_user_sees_what_is_allowed_and_is_told_about_the_rest() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods and refusals for the rest", |w| {
            let refused = w
                .lines
                .values()
                .filter(|s| matches!(s, SourceState::Forbidden { .. }));
            // All but the session's own line and the pods'.
            w.ready_pods() == 2 && refused.count() == LINES - 2
        })
        .await;
    let key = ("deployments".into(), Some(Text::from(&*ground.namespace)));
    let Some(SourceState::Forbidden { what }) = watching.lines.get(&key) else {
        panic!("deployments are refused")
    };
    assert!(
        what.ends_with("ask for get, list, watch on deployments"),
        "{what}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn refused_credentials_are_told_as_such() {
    let ground = Ground::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let text = std::fs::read_to_string(&path).expect("a file");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["users"][0]["user"]["token"] = json!("not-a-token");
    std::fs::write(&path, config.to_string()).expect("a file");
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    let refused = |state: &SourceState| matches!(state, SourceState::Failed { cause } if cause.contains("(401)"));
    watching
        .until("refusals", |w| {
            w.lines.len() == LINES && w.lines.values().all(refused)
        })
        .await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn switching_leaves_what_the_last_choice_covers() {
    let (one, other) = (Ground::new().await, Ground::new().await);
    one.deploy("web", 2).await;
    other.deploy("api", 3).await;
    let mut watching = Watching::start(&session(), NamespaceChoice::one(&one.namespace));
    for _ in 0..10 {
        for choice in [
            NamespaceChoice::one(&other.namespace),
            NamespaceChoice::All,
            NamespaceChoice::one(&one.namespace),
        ] {
            watching.namespaces.send_replace(choice);
            tokio::task::yield_now().await;
        }
    }
    let expected = |w: &Watching| {
        let line = ("pods".into(), Some(Text::from(&*one.namespace)));
        w.lines.get(&line) == Some(&SourceState::Live) && w.lines.len() == LINES && w.all_live()
    };
    watching.until("the last choice", expected).await;
    watching
        .until("two ready pods", |w| w.ready_pods() == 2)
        .await;
    assert_eq!(watching.names(Kind::Pod), one.pods().await);
    watching.namespaces.send_replace(NamespaceChoice::All);
    watching
        .until("all namespaces", |w| {
            w.all_live()
                && w.names(Kind::Deployment)
                    .is_superset(&["web".into(), "api".into()].into())
        })
        .await;
    assert!(watching.names(Kind::Pod).is_superset(&other.pods().await));
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_cluster_without_a_metrics_server_is_calm_about_it() {
    let ground = Ground::new().await;
    let mut watching = Watching::start(&session(), NamespaceChoice::one(&ground.namespace));
    watching
        .until("that there is none", |w| {
            let told = "no metrics server";
            matches!(&w.metrics, Some(SourceState::Off { hint }) if hint.contains(told))
        })
        .await;
    watching.until("all else live", Watching::all_live).await;
    assert!(!watching.model.measures_resources());
}
