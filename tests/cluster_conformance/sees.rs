//! The Kubernetes source: what it sees is what is there.

use std::collections::BTreeSet;

use portolan::model::observation::{Fact, Kind};
use serde_json::json;

use super::{Ground, Target};

pub async fn the_source_sees_what_is_there(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 3, &json!({})).await;
    let service = json!({
        "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    });
    target.post(&ground.core("services"), &service).await.ok();
    let mut watching = ground.watch();
    watching
        .until("three ready pods, their Service and its endpoints", |w| {
            w.all_live() && w.ready_pods() == 3 && !w.names(Kind::EndpointSlice).is_empty()
        })
        .await;
    let pods: BTreeSet<String> = target
        .get(&ground.core("pods"))
        .await
        .names()
        .into_iter()
        .collect();
    assert_eq!(watching.names(Kind::Pod), pods);
    assert_eq!(watching.names(Kind::Deployment), ["web".to_owned()].into());
    assert!(watching.names(Kind::Service).contains("web"));
    assert!(watching.names(Kind::Namespace).contains(&ground.namespace));
    assert!(!watching.names(Kind::Node).is_empty());
    watching
        .until("an event", |w| {
            w.happenings.iter().any(|h| &*h.kind == "Pod")
        })
        .await;
    // Elsewhere time flies.
    let skew = watching.skew_ms.filter(|_| target.stays);
    assert!(skew.is_none_or(|skew| skew.abs() < 5000), "{skew:?}");
    for fact in watching.facts.values() {
        assert!(
            fact.meta().version > 0 && !fact.meta().uid.is_empty(),
            "{fact:?}"
        );
        if let Fact::Pod(pod) = &**fact {
            assert_eq!(pod.mentions.len(), 1);
            let owner = pod.meta.owner.as_ref().map(|owner| &*owner.kind);
            assert_eq!(owner, Some("ReplicaSet"));
        }
    }
}

pub async fn a_deleted_namespace_is_told_as_deletions(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let mut watching = ground.watch();
    watching
        .until("two ready pods", |w| w.all_live() && w.ready_pods() == 2)
        .await;
    let path = format!("/api/v1/namespaces/{}", ground.namespace);
    target.delete(&path).await.ok();
    watching
        .until("nothing left", |w| {
            let kinds = [Kind::Pod, Kind::Deployment, Kind::ReplicaSet];
            kinds.into_iter().all(|kind| w.names(kind).is_empty())
                && !w.names(Kind::Namespace).contains(&ground.namespace)
        })
        .await;
    assert!(watching.gone >= 4, "told as deletions, not as a sweep");
    assert!(watching.all_live());
}
