//! The effectors: what they send is what the server does, and what the source observes of it.

use kube::Client;
use portolan::effectors::{self, EffectError};
use portolan::model::element::Component;
use portolan::model::intent::{
    Accepted, Autoscaler, Difference, Intent, Operation, Order, Preview, ScalePreview, Stage,
};
use portolan::model::key::TypeKey;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::kubernetes::Session;
use serde_json::json;

use crate::ground::{Ground, Watching, kubectl, limited, session};

async fn scale_preview(client: &Client, target: &TypeKey) -> Result<ScalePreview, EffectError> {
    let operation = Operation::Scale {
        before: 0,
        wanted: 0,
    };
    match effectors::preview(client, target, &operation).await? {
        Preview::Scale(preview) => Ok(preview),
        other => panic!("of something else: {other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn scaling_changes_the_number_and_a_stale_preview_changes_nothing() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("a ready pod", |w| w.running_pods() == 1)
        .await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let first = scale_preview(&client, &target).await.expect("a preview");
    assert_eq!(
        (first.replicas_now, &first.autoscaler),
        (1, &Autoscaler::None)
    );
    let to = |wanted| Order::Scale {
        wanted,
        preview: first.clone(),
    };
    let accepted = effectors::send(&client, &target, &to(3)).await;
    let accepted = accepted.expect("it is accepted");
    assert!(
        accepted
            .generation
            .is_some_and(|generation| generation >= 2)
    );
    watching
        .until("three ready pods", |w| w.running_pods() == 3)
        .await;
    let wanted = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.replicas}",
    ];
    assert_eq!(ground.kubectl(&wanted).await, "3");
    let late = effectors::send(&client, &target, &to(9)).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    assert_eq!(ground.kubectl(&wanted).await, "3");
    let gone = scale_preview(&client, &ground.target("nothing")).await;
    assert!(
        matches!(gone, Err(EffectError::NotFound { .. })),
        "{gone:?}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_autoscaler_is_found() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-hpa", "namespace": ground.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 7
        }
    });
    kubectl(&["apply", "-f", "-"], Some(&autoscaler)).await;
    let client = session().client().await.expect("a client");
    let preview = scale_preview(&client, &ground.target("web"))
        .await
        .expect("a preview");
    let Autoscaler::Found { name, min, max, .. } = preview.autoscaler else {
        panic!("not found: {preview:?}")
    };
    assert_eq!((&*name, min, max), ("web-hpa", 2, 7));
}

/// Previews an operation, and gives what a person would confirm.
async fn order(client: &Client, target: &TypeKey, operation: &Operation) -> Order {
    let preview = effectors::preview(client, target, operation).await;
    let preview = preview.expect("a preview");
    let at = jiff::Timestamp::now();
    let order = operation.confirmed(&preview, at);
    order.expect("a preview of the operation")
}

/// Sends what was confirmed, and gives the intent that has to be verified.
async fn sent(client: &Client, target: &TypeKey, operation: Operation, order: Order) -> Intent {
    let accepted = effectors::send(client, target, &order).await;
    let Accepted { generation } = accepted.expect("it is accepted");
    let mut intent = Intent::new(1, target.clone(), operation);
    intent.order = Some(order);
    intent.stage = Stage::Accepted { generation };
    intent
}

fn components<'a>(watching: &'a Watching, target: &TypeKey) -> Vec<&'a Component> {
    watching.model.components_of(target)
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_restart_replaces_each_pod_and_a_stale_preview_none() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.running_pods() == 2)
        .await;
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let before = ground.pods().await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let operation = Operation::Restart;
    let first = order(&client, &target, &operation).await;
    let intent = sent(&client, &target, operation, first.clone()).await;
    watching.until_done(&intent).await;
    // `rollout status` would wait; asked so, it only says whether there is anything to wait for.
    let status = ["rollout", "status", "deployment/web", "--watch=false"];
    let status = ground.kubectl(&status).await;
    assert!(status.contains("successfully rolled out"), "{status}");
    watching
        .until("the old pods are gone", |w| {
            components(w, &target)
                .iter()
                .all(|c| !before.contains(&*c.name))
        })
        .await;
    assert!(before.is_disjoint(&ground.pods().await));
    let late = effectors::send(&client, &target, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_rollback_puts_the_whole_template_back_and_can_be_undone() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.running_pods() == 2)
        .await;
    let template = [
        "get",
        "deployment",
        "web",
        "-o",
        "jsonpath={.spec.template}",
    ];
    let good = ground.kubectl(&template).await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let none = effectors::preview(&client, &target, &Operation::Rollback { to: None }).await;
    let none = none.expect_err("there is only one revision").to_string();
    assert!(none.starts_with("there is no revision before 1"), "{none}");
    // A rollout that never ends: another image, another variable, and pods that crash.
    let bad = r#"{"spec":{"template":{
        "metadata":{"labels":{"portolan.test/behaviour":"imagepull"},"annotations":{"note":"bad"}},
        "spec":{"containers":[{"name":"main","image":"example/main:2","env":[{"name":"MODE","value":"x"}]}]}
    }}}"#;
    ground
        .kubectl(&["patch", "deployment", "web", "-p", bad])
        .await;
    let key = |image: &'static str| {
        let target = target.clone();
        move |w: &Watching| {
            let ty = w.model.component_type(&target);
            ty.is_some_and(|t| {
                t.images == [image.into()]
                    && t.observed_generation >= t.generation
                    && t.updated >= Some(1)
            })
        }
    };
    watching
        .until("the bad rollout began", key("example/main:2"))
        .await;
    let operation = Operation::Rollback { to: None };
    let first = order(&client, &target, &operation).await;
    let Order::Rollback { preview } = &first else {
        panic!("{first:?}")
    };
    assert_eq!((preview.from.number, preview.to.number), (2, 1));
    assert_eq!(preview.from.images, ["example/main:2".into()]);
    assert_eq!(preview.to.images, ["example/main:1".into()]);
    assert_eq!(preview.difference, Difference::Images);
    let undone = first.undone().expect("it can be undone");
    let intent = sent(&client, &target, operation, first.clone()).await;
    watching.until_done(&intent).await;
    assert_eq!(ground.kubectl(&template).await, good);
    let revision = |w: &Watching| {
        let ty = w.model.component_type(&target);
        ty.and_then(|t| t.revision.as_deref().map(str::to_owned))
    };
    assert_eq!(revision(&watching).as_deref(), Some("3"));
    let late = effectors::send(&client, &target, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    // The way back leads to the revision of before, which has kept its number.
    assert_eq!(undone, Operation::Rollback { to: Some(2) });
    let back = order(&client, &target, &undone).await;
    let intent = sent(&client, &target, undone, back).await;
    watching
        .until("the bad image is wanted again", key("example/main:2"))
        .await;
    let mut intent = intent;
    intent.verify(watching.model.sight(&intent), 0);
    assert_ne!(intent.stage, Stage::Converged, "its pods never start");
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_deletion_is_of_one_pod_by_its_uid() {
    let ground = Ground::new().await;
    ground.deploy("web", 2).await;
    let session = session();
    let mut watching = Watching::start(&session, NamespaceChoice::one(&ground.namespace));
    watching
        .until("two ready pods", |w| w.all_live() && w.running_pods() == 2)
        .await;
    let client = session.client().await.expect("a client");
    let target = ground.target("web");
    let all = components(&watching, &target);
    let pod = all.first().expect("a pod");
    let operation = Operation::Delete {
        pod: pod.name.clone(),
        uid: pod.uid.clone(),
    };
    let name = pod.name.to_string();
    let wrong = Operation::Delete {
        pod: pod.name.clone(),
        uid: "another".into(),
    };
    let first = order(&client, &target, &operation).await;
    let Order::Delete { preview } = &first else {
        panic!("{first:?}")
    };
    let owner = preview.controller.as_ref().expect("an owner");
    assert_eq!((&*owner.0, preview.grace_s), ("ReplicaSet", 30));
    // Both the look and the server hold on to the uid.
    let error = effectors::preview(&client, &target, &wrong).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    let mut preview = preview.clone();
    preview.uid = "another".into();
    let error = effectors::send(&client, &target, &Order::Delete { preview }).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    assert!(ground.pods().await.contains(&name));
    let intent = sent(&client, &target, operation, first).await;
    watching.until_done(&intent).await;
    assert!(!ground.pods().await.contains(&name));
    watching
        .until("another one is there", |w| w.running_pods() == 2)
        .await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_limited_user_is_told_which_rights_it_takes() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let client = session.client().await.expect("a client");
    let preview = scale_preview(&client, &ground.target("web")).await;
    assert!(
        matches!(preview, Err(EffectError::Forbidden { .. })),
        "{preview:?}"
    );
    // Pods may be read, so a deletion is previewed; it is refused when it is sent.
    let pod = ground.pods().await.pop_first().expect("a pod");
    let uid = ["get", "pod", &pod, "-o", "jsonpath={.metadata.uid}"];
    let delete = Operation::Delete {
        uid: ground.kubectl(&uid).await.into(),
        pod: pod.as_str().into(),
    };
    let target = ground.target("web");
    let delete = order(&client, &target, &delete).await;
    let refused = effectors::send(&client, &target, &delete).await;
    let refused = refused.expect_err("it is refused").to_string();
    assert!(
        refused.ends_with("ask for get, delete on pods"),
        "{refused}"
    );
    for operation in [Operation::Restart, Operation::Rollback { to: None }] {
        let refused = effectors::preview(&client, &target, &operation).await;
        let refused = refused.expect_err("it is refused").to_string();
        assert!(refused.ends_with("ask for get on deployments"), "{refused}");
    }
}
