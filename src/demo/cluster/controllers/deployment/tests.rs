use std::time::Duration;

use serde_json::json;

use super::super::super::kind::Kind;
use super::super::super::testing::{cluster, deployment, key};
use super::super::super::verbs::Patch;
use super::super::super::{Cluster, json};

fn web(replicas: u64) -> Cluster {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", replicas));
    cluster.pass_until(20, "all ready", |c| c.ready("web") as u64 == replicas);
    cluster.pass(2);
    cluster
}

fn image(cluster: &mut Cluster, image: &str) {
    let change =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}});
    let web = key(Kind::Deployment, "web");
    cluster
        .patch(&web, &Patch::Strategic(change))
        .expect("it can be patched");
}

/// Whether `kubectl rollout status` would say that it is done.
fn is_done(cluster: &Cluster) -> bool {
    let web = key(Kind::Deployment, "web");
    let number = |path| cluster.number(&web, path);
    let wanted = number("/spec/replicas");
    number("/status/observedGeneration") >= number("/metadata/generation")
        && number("/status/updatedReplicas") == wanted
        && number("/status/replicas") == wanted
        && number("/status/availableReplicas") == wanted
}

fn images(cluster: &Cluster) -> Vec<String> {
    let pods = cluster.pods("web").into_iter().filter(|pod| !pod.deleting);
    let mut images: Vec<String> = pods
        .map(|pod| json::text(&pod.value(), "/spec/containers/0/image").to_owned())
        .collect();
    images.dedup();
    images
}

fn condition(cluster: &Cluster, kind: &str) -> (String, String) {
    let value = cluster.value(&key(Kind::Deployment, "web"));
    let condition =
        super::super::super::conditions::get(&value["status"], kind).expect("it says so");
    let text = |path| json::text(condition, path).to_owned();
    (text("/status"), text("/reason"))
}

fn set_numbers(cluster: &Cluster) -> Vec<(i64, String)> {
    let sets = cluster.store.list(Kind::ReplicaSet, None);
    let mut sets: Vec<(i64, String)> = sets
        .map(|set| {
            let value = set.value();
            let revision = "/metadata/annotations/deployment.kubernetes.io~1revision";
            (
                json::number(&value, "/spec/replicas").expect("a number"),
                json::text(&value, revision).to_owned(),
            )
        })
        .collect();
    sets.sort_by(|a, b| a.1.cmp(&b.1));
    sets
}

#[test]
fn its_status_says_what_a_real_one_says() {
    let cluster = web(3);
    let mut value = cluster.value(&key(Kind::Deployment, "web"));
    assert_eq!(
        condition(&cluster, "Available").1,
        "MinimumReplicasAvailable"
    );
    assert_eq!(
        condition(&cluster, "Progressing").1,
        "NewReplicaSetAvailable"
    );
    json::take(&mut value, "/status/conditions");
    // As a real control plane 1.36.3 wrote it.
    let expected = json!({
        "availableReplicas": 3, "observedGeneration": 1, "readyReplicas": 3, "replicas": 3,
        "terminatingReplicas": 0, "updatedReplicas": 3
    });
    assert_eq!(value["status"], expected);
    let set = cluster
        .store
        .list(Kind::ReplicaSet, None)
        .next()
        .expect("a set")
        .value();
    let expected = json!({
        "availableReplicas": 3, "fullyLabeledReplicas": 3, "observedGeneration": 1,
        "readyReplicas": 3, "replicas": 3, "terminatingReplicas": 0
    });
    assert_eq!(set["status"], expected);
    let annotations = json!({
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4", "deployment.kubernetes.io/revision": "1"
    });
    assert_eq!(set["metadata"]["annotations"], annotations);
}

#[test]
fn a_rollout_keeps_enough_and_not_too_many() {
    for replicas in [1, 3, 4, 10] {
        let mut cluster = web(replicas);
        image(&mut cluster, "registry.test/web:2");
        let (least, most) = (replicas - replicas / 4, replicas + replicas.div_ceil(4));
        let end = cluster.now() + Duration::from_secs(120);
        while !is_done(&cluster) {
            assert!(
                cluster.now() < end,
                "{replicas} are not rolled out after two minutes"
            );
            cluster.advance(cluster.now() + Duration::from_millis(100));
            let there = cluster
                .pods("web")
                .iter()
                .filter(|pod| !pod.deleting)
                .count() as u64;
            let ready = cluster.ready("web") as u64;
            assert!(
                ready >= least && there <= most,
                "{ready} ready of {there}, of {replicas}"
            );
        }
        assert_eq!(images(&cluster), ["registry.test/web:2"]);
        assert_eq!(
            set_numbers(&cluster),
            [
                (0, "1".to_owned()),
                (replicas.cast_signed(), "2".to_owned())
            ]
        );
        cluster.pass(5);
        assert_eq!(cluster.pods("web").len() as u64, replicas);
        assert_eq!(
            condition(&cluster, "Progressing").1,
            "NewReplicaSetAvailable"
        );
    }
}

#[test]
fn a_rollback_goes_back_to_the_old_set_with_a_new_revision() {
    let mut cluster = web(3);
    image(&mut cluster, "registry.test/web:2");
    cluster.pass_until(60, "rolled out", is_done);
    image(&mut cluster, "registry.test/web:1");
    cluster.pass_until(60, "rolled back", is_done);
    assert_eq!(
        set_numbers(&cluster),
        [(0, "2".to_owned()), (3, "3".to_owned())]
    );
    assert_eq!(images(&cluster), ["registry.test/web:1"]);
    let web = cluster.value(&key(Kind::Deployment, "web"));
    let revision = "/metadata/annotations/deployment.kubernetes.io~1revision";
    assert_eq!(json::text(&web, revision), "3");
}

#[test]
fn a_restart_by_annotation_replaces_every_pod() {
    let mut cluster = web(3);
    let before: Vec<_> = cluster
        .pods("web")
        .iter()
        .map(|pod| pod.uid.clone())
        .collect();
    let at = "kubectl.kubernetes.io/restartedAt";
    let change = json!({"spec": {"template": {"metadata": {"annotations": {at: "now"}}}}});
    cluster.merge(&key(Kind::Deployment, "web"), change);
    cluster.pass_until(60, "restarted", is_done);
    cluster.pass(5);
    let after = cluster.pods("web");
    assert_eq!(after.len(), 3);
    assert!(after.iter().all(|pod| !before.contains(&pod.uid)));
    let value = after[0].value();
    assert_eq!(value["metadata"]["annotations"], json!({at: "now"}));
}

#[test]
fn recreating_ends_all_before_it_starts_any() {
    let mut cluster = cluster();
    let mut object = deployment("web", 3);
    object["spec"]["strategy"] = json!({"type": "Recreate"});
    cluster.make(Kind::Deployment, object);
    cluster.pass_until(20, "all ready", |c| c.ready("web") == 3);
    image(&mut cluster, "registry.test/web:2");
    let end = cluster.now() + Duration::from_secs(60);
    while images(&cluster) != ["registry.test/web:2"] || !is_done(&cluster) {
        assert!(cluster.now() < end, "{:?}", images(&cluster));
        cluster.advance(cluster.now() + Duration::from_millis(50));
        assert!(images(&cluster).len() <= 1, "{:?}", images(&cluster));
        assert!(cluster.pods("web").len() <= 3);
    }
}

#[test]
fn it_is_scaled_up_and_down() {
    let mut cluster = web(3);
    let web = key(Kind::Deployment, "web");
    for number in [7, 2, 0, 1] {
        let scale = json!({"spec": {"replicas": number}});
        let after = cluster
            .patch_scale(&web, &Patch::Merge(scale))
            .expect("it scales");
        assert_eq!(
            json::number(&after, "/spec/replicas").unwrap_or_default(),
            number
        );
        cluster.pass_until(30, "scaled", |c| {
            i64::try_from(c.pods("web").len()) == Ok(number) && is_done(c)
        });
        assert_eq!(cluster.number(&web, "/status/readyReplicas"), number);
        assert_eq!(cluster.store.list(Kind::ReplicaSet, None).count(), 1);
    }
}

#[test]
fn a_rollout_that_cannot_go_on_says_so_and_leaves_the_rest_alone() {
    let mut cluster = web(4);
    cluster.image_missing("registry.test/web:bad");
    cluster.merge(
        &key(Kind::Deployment, "web"),
        json!({"spec": {"progressDeadlineSeconds": 60}}),
    );
    image(&mut cluster, "registry.test/web:bad");
    cluster.pass(50);
    assert_eq!(condition(&cluster, "Progressing").1, "ReplicaSetUpdated");
    cluster.pass(20);
    let exceeded = ("False".to_owned(), "ProgressDeadlineExceeded".to_owned());
    assert_eq!(condition(&cluster, "Progressing"), exceeded);
    assert_eq!(cluster.ready("web"), 3);
    image(&mut cluster, "registry.test/web:1");
    cluster.pass_until(30, "undone", is_done);
    assert_eq!(cluster.ready("web"), 4);
}

#[test]
fn old_sets_are_kept_up_to_the_limit() {
    let mut cluster = web(1);
    cluster.merge(
        &key(Kind::Deployment, "web"),
        json!({"spec": {"revisionHistoryLimit": 2}}),
    );
    for version in 2..7 {
        image(&mut cluster, &format!("registry.test/web:{version}"));
        cluster.pass_until(60, "rolled out", is_done);
        cluster.pass(1);
    }
    let revisions: Vec<String> = set_numbers(&cluster).into_iter().map(|(_, r)| r).collect();
    assert_eq!(revisions, ["4", "5", "6"]);
}

#[test]
fn scaling_in_the_midst_of_a_rollout_is_shared_out() {
    let mut cluster = web(10);
    cluster.image_missing("registry.test/web:bad");
    image(&mut cluster, "registry.test/web:bad");
    cluster.pass(20);
    let before: i64 = set_numbers(&cluster).iter().map(|(n, _)| n).sum();
    assert_eq!(before, 13);
    cluster.merge(
        &key(Kind::Deployment, "web"),
        json!({"spec": {"replicas": 20}}),
    );
    cluster.pass(20);
    let after = set_numbers(&cluster);
    assert_eq!(after.iter().map(|(n, _)| n).sum::<i64>(), 25, "{after:?}");
    assert!(cluster.ready("web") >= 15, "{after:?}");
}

#[test]
fn a_pod_without_its_label_is_replaced_and_comes_back_with_it() {
    let mut cluster = web(2);
    let pod = cluster.pods("web")[0].key.clone();
    cluster.merge(&pod, json!({"metadata": {"labels": {"app": "aside"}}}));
    cluster.pass_until(20, "replaced", |c| c.ready("web") == 2);
    assert_eq!(cluster.pods("aside").len(), 1);
    assert_eq!(
        cluster
            .store
            .get(&pod)
            .and_then(|pod| pod.controller.clone()),
        None
    );
    cluster.merge(&pod, json!({"metadata": {"labels": {"app": "web"}}}));
    cluster.pass(10);
    assert_eq!(cluster.pods("web").len(), 2, "one of three was too much");
    assert!(
        cluster
            .pods("web")
            .iter()
            .all(|pod| pod.controller.is_some())
    );
}
