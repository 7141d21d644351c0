//! The manifests: enough for all that is shown and done, and nothing beside it.

use std::collections::BTreeSet;

use portolan::effectors::{self, EffectError};
use portolan::model::intent::Operation;
use portolan::model::observation::{Kind, NamespaceChoice};
use serde_json::json;

use crate::account::Account;
use crate::real::{Ground, kubectl};
use crate::rules::{NAMESPACE, OPERATE, VIEW, documents, granted, right, rules, without};
use crate::used;
use crate::watching::{LINES, Watching};

#[test]
fn the_manifest_names_each_kind_that_is_watched_and_what_is_measured_and_no_other() {
    let watched: BTreeSet<String> = Kind::watched()
        .map(|kind| kind.plural().to_owned())
        .collect();
    let mut named = granted(&rules(VIEW, "portolan-view"));
    assert!(named.remove(&right("list", "metrics.k8s.io", "pods")));
    let named = named.iter().map(|right| {
        let kind = right.split(' ').nth(1).unwrap_or_default();
        kind.split('.').next().unwrap_or_default().to_owned()
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), watched);
}

#[test]
fn the_rules_for_one_namespace_are_the_same() {
    let view = rules(VIEW, "portolan-view");
    let here = without(&view, &["namespaces", "nodes"]);
    assert_eq!(granted(&rules(NAMESPACE, "portolan-view")), granted(&here));
    let operate = granted(&rules(OPERATE, "portolan-operate"));
    assert_eq!(granted(&rules(NAMESPACE, "portolan-operate")), operate);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_is_granted_is_what_is_used() {
    let ground = Ground::new().await;
    assert_eq!(
        used::by_watching(&ground).await,
        granted(&rules(VIEW, "portolan-view"))
    );
    let mut operate = granted(&rules(OPERATE, "portolan-operate"));
    // Whether one may do something may be asked by everybody who is signed in.
    operate.insert(right(
        "create",
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
    ));
    assert_eq!(used::by_operations(&ground).await, operate);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn with_the_first_role_everything_is_seen_and_nothing_can_be_done() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let account = Account::new(&ground, "portolan").await;
    account.everywhere(&rules(VIEW, "portolan-view")).await;
    let session = account.session().await;
    for choice in [
        NamespaceChoice::All,
        NamespaceChoice::one(&ground.namespace),
    ] {
        let mut watching = Watching::start(&session, choice);
        let all = |w: &Watching| w.all_live() && w.ready_pods() >= 2;
        watching.until("all is live", all).await;
        assert_eq!(watching.lines.len(), LINES);
    }
    for (verb, resource) in [
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", "configmaps"),
        ("update", "configmaps"),
        ("create", "pods/exec"),
        ("get", "pods/log"),
        ("update", "deployments/scale"),
        ("patch", "deployments"),
        ("delete", "pods"),
        ("create", "serviceaccounts/token"),
        ("*", "*"),
    ] {
        assert!(!account.may(verb, resource).await, "{verb} {resource}");
    }
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let scale = Operation::Scale {
        before: 2,
        wanted: 3,
    };
    let refused = effectors::preview(&client, &target, &scale).await;
    let refused = refused.expect_err("it is refused before anybody confirms it");
    assert_eq!(
        refused.to_string(),
        format!(
            "not allowed to scale Deployment {0}/web; ask for get, update on deployments/scale in {0}",
            ground.namespace
        )
    );
    account
        .here("operate", &rules(OPERATE, "portolan-operate"))
        .await;
    // The server takes a moment to know of a new role.
    let preview = loop {
        match effectors::preview(&client, &target, &scale).await {
            Err(EffectError::Forbidden { .. }) => tokio::task::yield_now().await,
            other => break other.expect("a preview"),
        }
    };
    let order = scale.confirmed(&preview, jiff::Timestamp::now());
    let sent = effectors::send(&client, &target, &order.expect("an order")).await;
    sent.expect("it is done");
    let path = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.replicas}",
    ];
    assert_eq!(ground.kubectl(&path).await, "3");
    assert!(!account.may("get", "secrets").await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn the_manifests_are_taken_by_the_server() {
    let ground = Ground::new().await;
    let mut all = documents(NAMESPACE);
    for document in &mut all {
        document["metadata"]["namespace"] = json!(ground.namespace);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": all});
    kubectl(&["apply", "-f", "-"], Some(&list)).await;
    let account = format!("system:serviceaccount:{}:portolan", ground.namespace);
    let may = ["auth", "can-i", "list", "pods", "--as", &account];
    assert_eq!(ground.kubectl(&may).await.trim(), "yes");
    // Names of the whole cluster are only tried.
    let whole: Vec<_> = [documents(VIEW), documents(OPERATE)].concat();
    let of_cluster = whole.into_iter().filter(|d| d["kind"] != "ServiceAccount");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": of_cluster.collect::<Vec<_>>()});
    kubectl(&["apply", "--dry-run=server", "-f", "-"], Some(&list)).await;
}
