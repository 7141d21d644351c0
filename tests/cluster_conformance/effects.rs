//! The effectors: what they send is what the server does, and what the source observes of it.

use std::collections::BTreeSet;

use kube::Client;
use portolan::effectors::{self, EffectError};
use portolan::model::element::Component;
use portolan::model::intent::{
    Accepted, Autoscaler, Difference, Intent, Operation, Order, Preview, ScalePreview, Stage,
};
use portolan::model::key::TypeKey;
use serde_json::{Value, json};

use super::ground::BEHAVIOUR;
use super::watching::Watching;
use super::{Ground, Target};

pub fn of(ground: &Ground, name: &str) -> TypeKey {
    TypeKey::new(&ground.namespace, "Deployment", name)
}

async fn pods(ground: &Ground) -> BTreeSet<String> {
    let pods = ground.target.get(&ground.core("pods")).await.names();
    pods.into_iter().collect()
}

/// A part of the Deployment `web`.
async fn part(ground: &Ground, path: &str) -> Value {
    let deployment = ground.target.get(&ground.deployment("web")).await.ok();
    deployment.pointer(path).cloned().unwrap_or_default()
}

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

/// The same, previewed first; anew where the controller wrote in between, as a person would.
async fn confirmed(client: &Client, target: &TypeKey, operation: Operation) -> (Order, Intent) {
    for _ in 0..10 {
        let order = order(client, target, &operation).await;
        match effectors::send(client, target, &order).await {
            Ok(Accepted { generation }) => {
                let mut intent = Intent::new(1, target.clone(), operation);
                intent.order = Some(order.clone());
                intent.stage = Stage::Accepted { generation };
                return (order, intent);
            }
            Err(EffectError::Conflict { .. }) => {}
            Err(error) => panic!("it is accepted: {error:?}"),
        }
    }
    panic!("somebody writes {target} without end");
}

fn components<'a>(watching: &'a Watching, target: &TypeKey) -> Vec<&'a Component> {
    watching.model.components_of(target)
}

pub async fn scaling_changes_the_number_and_a_stale_preview_changes_nothing(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 1, &json!({})).await;
    let mut watching = ground.watch();
    watching.until("a ready pod", |w| w.ready_pods() == 1).await;
    // Its controller writes what it sees of them, and each write makes a preview stale.
    ground.ready("web", 1).await;
    let client = &target.client;
    let web = of(&ground, "web");
    let first = scale_preview(client, &web).await.expect("a preview");
    assert_eq!(
        (first.replicas_now, &first.autoscaler),
        (1, &Autoscaler::None)
    );
    let to = |wanted| Order::Scale {
        wanted,
        preview: first.clone(),
    };
    let accepted = effectors::send(client, &web, &to(3)).await;
    let accepted = accepted.expect("it is accepted");
    assert!(
        accepted
            .generation
            .is_some_and(|generation| generation >= 2)
    );
    watching
        .until("three ready pods", |w| w.ready_pods() == 3)
        .await;
    let wanted = "/spec/replicas";
    assert_eq!(part(&ground, wanted).await, 3);
    let late = effectors::send(client, &web, &to(9)).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    assert_eq!(part(&ground, wanted).await, 3);
    let gone = scale_preview(client, &of(&ground, "nothing")).await;
    assert!(
        matches!(gone, Err(EffectError::NotFound { .. })),
        "{gone:?}"
    );
}

pub async fn an_autoscaler_is_found(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let autoscaler = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web-hpa", "namespace": ground.namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 7
        }
    });
    let path = ground.of("autoscaling/v2", "horizontalpodautoscalers");
    target.post(&path, &autoscaler).await.ok();
    let client = &target.client;
    let preview = scale_preview(client, &of(&ground, "web"))
        .await
        .expect("a preview");
    let Autoscaler::Found { name, min, max, .. } = preview.autoscaler else {
        panic!("not found: {preview:?}")
    };
    assert_eq!((&*name, min, max), ("web-hpa", 2, 7));
}

pub async fn a_restart_replaces_each_pod_and_a_stale_preview_none(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let mut watching = ground.watch();
    watching
        .until("two ready pods", |w| w.ready_pods() == 2)
        .await;
    ground.ready("web", 2).await;
    let before = pods(&ground).await;
    let client = &target.client;
    let web = of(&ground, "web");
    let operation = Operation::Restart;
    let first = order(client, &web, &operation).await;
    let intent = sent(client, &web, operation, first.clone()).await;
    watching.until_done(&intent).await;
    let status = part(&ground, "/status").await;
    assert_eq!(
        (&status["updatedReplicas"], &status["availableReplicas"]),
        (&json!(2), &json!(2))
    );
    watching
        .until("the old pods are gone", |w| {
            components(w, &web)
                .iter()
                .all(|c| !before.contains(&*c.name))
        })
        .await;
    assert!(before.is_disjoint(&pods(&ground).await));
    let late = effectors::send(client, &web, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
}

pub async fn a_rollback_puts_the_whole_template_back_and_can_be_undone(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let mut watching = ground.watch();
    watching
        .until("two ready pods", |w| w.ready_pods() == 2)
        .await;
    let template = "/spec/template";
    let good = part(&ground, template).await;
    let client = &target.client;
    let web = of(&ground, "web");
    let none = effectors::preview(client, &web, &Operation::Rollback { to: None }).await;
    let none = none.expect_err("there is only one revision").to_string();
    assert!(none.starts_with("there is no revision before 1"), "{none}");
    // A rollout that never ends: another image, another variable, and pods that crash.
    let bad = json!({"spec": {"template": {
        "metadata": {"labels": {BEHAVIOUR: "imagepull"}, "annotations": {"note": "bad"}},
        "spec": {"containers": [{
            "name": "main", "image": "example/main:2", "env": [{"name": "MODE", "value": "x"}]
        }]}
    }}});
    let path = ground.deployment("web");
    target.patch(&path, "strategic-merge", &bad).await.ok();
    let key = |image: &'static str| {
        let web = web.clone();
        move |w: &Watching| {
            let ty = w.model.component_type(&web);
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
    let (first, intent) = confirmed(client, &web, operation).await;
    let Order::Rollback { preview } = &first else {
        panic!("{first:?}")
    };
    assert_eq!((preview.from.number, preview.to.number), (2, 1));
    assert_eq!(preview.from.images, ["example/main:2".into()]);
    assert_eq!(preview.to.images, ["example/main:1".into()]);
    assert_eq!(preview.difference, Difference::Images);
    let undone = first.undone().expect("it can be undone");
    watching.until_done(&intent).await;
    assert_eq!(part(&ground, template).await, good);
    let revision = |w: &Watching| {
        let ty = w.model.component_type(&web);
        ty.and_then(|t| t.revision.as_deref().map(str::to_owned))
    };
    assert_eq!(revision(&watching).as_deref(), Some("3"));
    let late = effectors::send(client, &web, &first).await;
    assert!(
        matches!(late, Err(EffectError::Conflict { .. })),
        "{late:?}"
    );
    // The way back leads to the revision of before, which has kept its number.
    assert_eq!(undone, Operation::Rollback { to: Some(2) });
    let (_, intent) = confirmed(client, &web, undone).await;
    watching
        .until("the bad image is wanted again", key("example/main:2"))
        .await;
    let mut intent = intent;
    intent.verify(watching.model.sight(&intent), 0);
    assert_ne!(intent.stage, Stage::Converged, "its pods never start");
}

pub async fn a_deletion_is_of_one_pod_by_its_uid(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let mut watching = ground.watch();
    watching
        .until("two ready pods", |w| w.all_live() && w.ready_pods() == 2)
        .await;
    let client = &target.client;
    let web = of(&ground, "web");
    let all = components(&watching, &web);
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
    let first = order(client, &web, &operation).await;
    let Order::Delete { preview } = &first else {
        panic!("{first:?}")
    };
    let owner = preview.controller.as_ref().expect("an owner");
    assert_eq!((&*owner.0, preview.grace_s), ("ReplicaSet", 30));
    // Both the look and the server hold on to the uid.
    let error = effectors::preview(client, &web, &wrong).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    let mut preview = preview.clone();
    preview.uid = "another".into();
    let error = effectors::send(client, &web, &Order::Delete { preview }).await;
    assert!(matches!(error, Err(EffectError::NotFound { .. })));
    assert!(pods(&ground).await.contains(&name));
    let intent = sent(client, &web, operation, first).await;
    watching.until_done(&intent).await;
    assert!(!pods(&ground).await.contains(&name));
    watching
        .until("another one is there", |w| w.ready_pods() == 2)
        .await;
}
