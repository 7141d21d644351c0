//! How workloads live: what controllers, the scheduler and kubelets make of what is asked for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ground::BEHAVIOUR;
use super::{Ground, Target};

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

fn owner(object: &Value) -> Value {
    let owners = object["metadata"]["ownerReferences"]
        .as_array()
        .expect("owners");
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0]["controller"], true);
    json!([owners[0]["kind"], owners[0]["name"], owners[0]["uid"]])
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let all = object["status"]["conditions"].as_array();
    let mut all = all.into_iter().flatten();
    all.find(|one| one["type"] == kind).unwrap_or(&Value::Null)
}

fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready")["status"] == "True"
        && pod["metadata"].get("deletionTimestamp").is_none()
}

/// Waits until there are events with these reasons about objects of a kind.
async fn events(ground: &Ground, kind: &str, reasons: &[&str]) {
    let path = ground.core(&format!(
        "events?fieldSelector=involvedObject.kind%3D{kind}"
    ));
    let has_all = |events: &[Value]| {
        let told: BTreeSet<&str> = events
            .iter()
            .filter_map(|event| event["reason"].as_str())
            .collect();
        reasons.iter().all(|reason| told.contains(reason))
    };
    let what = format!("{reasons:?} of {kind}");
    let found = ground.target.until(&what, &path, has_all).await;
    for event in found {
        let about = &event["involvedObject"];
        assert_eq!(
            (&about["kind"], &about["namespace"]),
            (&json!(kind), &json!(ground.namespace))
        );
        assert!(["Normal", "Warning"].contains(&event["type"].as_str().expect("a type")));
        for text in [&event["message"], &about["name"], &about["uid"]] {
            assert!(
                text.as_str().is_some_and(|text| !text.is_empty()),
                "{event}"
            );
        }
        let told = ["firstTimestamp", "lastTimestamp", "eventTime"];
        assert!(told.iter().any(|time| event[time].is_string()), "{event}");
    }
}

pub async fn a_deployment_becomes_ready(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.deploy("web", 2, &json!({})).await;
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made["spec"]["strategy"]["type"], "RollingUpdate");
    let deployment = ground.ready("web", 2).await;
    assert_eq!(condition(&deployment, "Available")["status"], "True");
    assert_eq!(condition(&deployment, "Progressing")["status"], "True");
    assert_eq!(
        condition(&deployment, "Progressing")["reason"],
        "NewReplicaSetAvailable"
    );
    let revision = "deployment.kubernetes.io/revision";
    assert_eq!(deployment["metadata"]["annotations"][revision], "1");
    let sets = target.get(&ground.of("apps/v1", "replicasets")).await.ok();
    let sets = sets["items"].as_array().expect("a list");
    assert_eq!(sets.len(), 1);
    let set = &sets[0];
    assert_eq!(
        owner(set),
        json!(["Deployment", "web", made["metadata"]["uid"]])
    );
    let hash = set["metadata"]["labels"]["pod-template-hash"]
        .as_str()
        .expect("a hash");
    assert_eq!(name(set), format!("web-{hash}"));
    assert_eq!(set["metadata"]["annotations"][revision], "1");
    assert_eq!(
        set["spec"]["selector"]["matchLabels"],
        json!({"app": "web", "pod-template-hash": hash})
    );
    assert_eq!(set["status"]["readyReplicas"], 2);
    let pods = target.get(&ground.core("pods")).await.ok();
    let pods = pods["items"].as_array().expect("a list");
    assert_eq!(pods.len(), 2);
    for pod in pods {
        assert_eq!(
            owner(pod),
            json!(["ReplicaSet", name(set), set["metadata"]["uid"]])
        );
        assert!(name(pod).starts_with(&format!("{}-", name(set))), "{pod}");
        assert_eq!(pod["metadata"]["generateName"], format!("{}-", name(set)));
        assert_eq!(pod["metadata"]["labels"]["pod-template-hash"], hash);
        assert_eq!(pod["status"]["phase"], "Running");
        for kind in ["PodScheduled", "Initialized", "ContainersReady", "Ready"] {
            assert_eq!(condition(pod, kind)["status"], "True", "{kind}");
        }
        let status = &pod["status"]["containerStatuses"][0];
        assert_eq!(
            (&status["name"], &status["ready"], &status["restartCount"]),
            (&json!("main"), &json!(true), &json!(0))
        );
        assert!(status["state"]["running"]["startedAt"].is_string());
        for text in [
            &pod["spec"]["nodeName"],
            &pod["status"]["podIP"],
            &pod["status"]["hostIP"],
            &pod["status"]["startTime"],
        ] {
            assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{pod}");
        }
        assert_eq!(pod["spec"]["restartPolicy"], "Always");
    }
    events(&ground, "Deployment", &["ScalingReplicaSet"]).await;
    events(&ground, "ReplicaSet", &["SuccessfulCreate"]).await;
    events(&ground, "Pod", &["Scheduled"]).await;
}

pub async fn a_deployment_follows_its_number(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 1, &json!({})).await;
    ground.ready("web", 1).await;
    let scale = format!("{}/scale", ground.deployment("web"));
    for replicas in [3, 1, 0] {
        let patch = json!({"spec": {"replicas": replicas}});
        target.patch(&scale, "merge", &patch).await.ok();
        ground.ready("web", replicas).await;
    }
    events(
        &ground,
        "ReplicaSet",
        &["SuccessfulCreate", "SuccessfulDelete"],
    )
    .await;
    assert_eq!(
        target
            .get(&ground.of("apps/v1", "replicasets"))
            .await
            .names()
            .len(),
        1
    );
}

pub async fn a_restart_makes_new_pods(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    ground.ready("web", 2).await;
    let before: BTreeSet<String> = target
        .get(&ground.core("pods"))
        .await
        .names()
        .into_iter()
        .collect();
    // What `kubectl rollout restart` sends.
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {
        "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"
    }}}}});
    target
        .patch(&ground.deployment("web"), "strategic-merge", &patch)
        .await
        .ok();
    let deployment = ground.ready("web", 2).await;
    let after: BTreeSet<String> = target
        .get(&ground.core("pods"))
        .await
        .names()
        .into_iter()
        .collect();
    assert!(before.is_disjoint(&after), "{before:?} {after:?}");
    let revision = "deployment.kubernetes.io/revision";
    assert_eq!(deployment["metadata"]["annotations"][revision], "2");
    let sets = target.get(&ground.of("apps/v1", "replicasets")).await.ok();
    let mut sets: Vec<(String, i64)> = sets["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|set| {
            let revision = set["metadata"]["annotations"][revision]
                .as_str()
                .expect("a revision");
            (
                revision.to_owned(),
                set["spec"]["replicas"].as_i64().expect("a number"),
            )
        })
        .collect();
    sets.sort();
    assert_eq!(sets, [("1".to_owned(), 0), ("2".to_owned(), 2)]);
}

pub async fn a_bad_image_stalls_and_is_undone(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let good = ground.ready("web", 2).await;
    let before = target.get(&ground.core("pods")).await.names();
    let path = ground.deployment("web");
    let patch = json!({"spec": {"template": {
        "metadata": {"labels": {BEHAVIOUR: "imagepull"}},
        "spec": {"containers": [{"name": "main", "image": "example/missing:1"}]}
    }}});
    target.patch(&path, "strategic-merge", &patch).await.ok();
    let waits = |pods: &[Value]| {
        pods.iter().any(|pod| {
            let reason = &pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"];
            reason == "ImagePullBackOff" || reason == "ErrImagePull"
        })
    };
    let pods = target
        .until(
            "an image that cannot be pulled",
            &ground.core("pods"),
            waits,
        )
        .await;
    // A quarter may be away, which of two is none: the old ones go on, and one new one tries.
    assert_eq!(pods.len(), 3);
    for name in &before {
        assert!(
            pods.iter()
                .any(|pod| super::life::name(pod) == name && is_ready(pod)),
            "{name}"
        );
    }
    let bad = pods
        .iter()
        .find(|pod| !before.contains(&name(pod).to_owned()))
        .expect("a new one");
    assert_eq!(bad["status"]["phase"], "Pending");
    let deployment = target.get(&path).await.ok();
    let status = &deployment["status"];
    assert_eq!(
        (&status["availableReplicas"], &status["updatedReplicas"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(status["unavailableReplicas"], 1);
    // What `kubectl rollout undo` sends.
    let undo = json!([
        {"op": "replace", "path": "/spec/template", "value": good["spec"]["template"]},
    ]);
    target.patch(&path, "json", &undo).await.ok();
    let deployment = ground.ready("web", 2).await;
    assert_eq!(
        deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        "3"
    );
    let after = target.get(&ground.core("pods")).await.names();
    assert_eq!(after, before, "those that were good were never gone");
}

pub async fn a_container_that_crashes_is_backed_off(target: &Target) {
    let ground = Ground::new(target).await;
    ground
        .deploy("web", 1, &json!({BEHAVIOUR: "crashloop"}))
        .await;
    let backs_off = |pods: &[Value]| {
        pods.iter().any(|pod| {
            let status = &pod["status"]["containerStatuses"][0];
            status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
                && status["restartCount"]
                    .as_i64()
                    .is_some_and(|count| count >= 1)
        })
    };
    let pods = target
        .until("a crash loop", &ground.core("pods"), backs_off)
        .await;
    let pod = &pods[0];
    let status = &pod["status"]["containerStatuses"][0];
    assert_eq!(pod["status"]["phase"], "Running");
    assert_eq!(status["ready"], false);
    let last = &status["lastState"]["terminated"];
    assert_eq!(
        (&last["reason"], &last["exitCode"]),
        (&json!("Error"), &json!(1))
    );
    assert!(last["finishedAt"].is_string() && last["startedAt"].is_string());
    assert_eq!(condition(pod, "Ready")["status"], "False");
    events(&ground, "Pod", &["BackOff"]).await;
    let deployment = target.get(&ground.deployment("web")).await.ok();
    assert_eq!(deployment["status"]["unavailableReplicas"], 1);
    assert_eq!(condition(&deployment, "Available")["status"], "False");
}

pub async fn a_deleted_pod_is_replaced(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 1, &json!({})).await;
    ground.ready("web", 1).await;
    let old = target.get(&ground.core("pods")).await.names().remove(0);
    let version = target.get(&ground.core("pods")).await.ok();
    let version = version["metadata"]["resourceVersion"]
        .as_str()
        .expect("a version")
        .to_owned();
    let told = target
        .delete(&ground.core(&format!("pods/{old}")))
        .await
        .ok();
    assert_eq!((&told["kind"], name(&told)), (&json!("Pod"), &*old));
    assert!(
        told["metadata"]["deletionTimestamp"].is_string(),
        "it is on its way out"
    );
    assert_eq!(told["metadata"]["deletionGracePeriodSeconds"], 30);
    let path =
        format!("pods?watch=1&resourceVersion={version}&fieldSelector=metadata.name%3D{old}");
    let mut lines = target.lines(&ground.core(&path)).await;
    let (what, _, leaving) = lines.event().await;
    assert_eq!(what, "MODIFIED");
    assert!(leaving["metadata"]["deletionTimestamp"].is_string());
    while lines.event().await.0 != "DELETED" {}
    let replaced = |pods: &[Value]| pods.iter().any(|pod| name(pod) != old && is_ready(pod));
    target
        .until("another one", &ground.core("pods"), replaced)
        .await;
    let now = target.get(&ground.core("pods")).await.names();
    assert!(now.len() == 1 && now[0] != old, "{now:?}");
    let at_once = format!("pods/{}?gracePeriodSeconds=0", now[0]);
    target.delete(&ground.core(&at_once)).await.ok();
    assert_eq!(
        target
            .get(&ground.core(&format!("pods/{}", now[0])))
            .await
            .status,
        404
    );
}

pub async fn a_deleted_deployment_takes_its_pods_along(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    ground.ready("web", 2).await;
    target.delete(&ground.deployment("web")).await.ok();
    for path in [ground.of("apps/v1", "replicasets"), ground.core("pods")] {
        target
            .until("nothing left", &path, <[Value]>::is_empty)
            .await;
    }
}

pub async fn a_deleted_namespace_takes_all_along(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    ground.service("web", json!({})).await.ok();
    ground.ready("web", 2).await;
    let path = format!("/api/v1/namespaces/{}", ground.namespace);
    let told = target.delete(&path).await.ok();
    assert_eq!(told["status"]["phase"], "Terminating");
    assert!(told["metadata"]["deletionTimestamp"].is_string());
    let late = ground.service("late", json!({})).await;
    assert_eq!((late.refusal().0, late.refusal().1), (403, "Forbidden"));
    let all = format!(
        "/api/v1/namespaces?fieldSelector=metadata.name%3D{}",
        ground.namespace
    );
    target.until("its end", &all, <[Value]>::is_empty).await;
    for path in [
        ground.of("apps/v1", "deployments"),
        ground.of("apps/v1", "replicasets"),
        ground.core("pods"),
        ground.core("services"),
        ground.core("events"),
    ] {
        assert_eq!(
            target.get(&path).await.names(),
            Vec::<String>::new(),
            "{path}"
        );
    }
}

pub async fn endpoints_follow_the_ready_pods(target: &Target) {
    let ground = Ground::new(target).await;
    let service = json!({
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    });
    let service = target.post(&ground.core("services"), &service).await.ok();
    assert!(
        service["spec"]["clusterIP"]
            .as_str()
            .is_some_and(|ip| ip.contains('.'))
    );
    ground.deploy("web", 2, &json!({})).await;
    ground.ready("web", 2).await;
    let slices = ground.of(
        "discovery.k8s.io/v1",
        "endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb",
    );
    let ready = |slices: &[Value]| -> BTreeSet<String> {
        let all = slices
            .iter()
            .flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
        all.filter(|one| one["conditions"]["ready"] == true)
            .map(|one| one["addresses"][0].as_str().expect("an address").to_owned())
            .collect()
    };
    let found = target
        .until("two endpoints", &slices, |found| ready(found).len() == 2)
        .await;
    let pods = target.get(&ground.core("pods")).await.ok();
    let pods = pods["items"].as_array().expect("a list").clone();
    let addresses: BTreeSet<String> = pods
        .iter()
        .map(|pod| {
            pod["status"]["podIP"]
                .as_str()
                .expect("an address")
                .to_owned()
        })
        .collect();
    assert_eq!(ready(&found), addresses);
    let slice = &found[0];
    assert_eq!(
        owner(slice),
        json!(["Service", "web", service["metadata"]["uid"]])
    );
    let port = &slice["ports"][0];
    assert_eq!(
        (&port["name"], &port["port"], &port["protocol"]),
        (&json!("http"), &json!(8080), &json!("TCP"))
    );
    let endpoint = &slice["endpoints"][0];
    assert_eq!(endpoint["targetRef"]["kind"], "Pod");
    assert!(
        pods.iter()
            .any(|pod| endpoint["targetRef"]["name"] == name(pod))
    );
    let scale = format!("{}/scale", ground.deployment("web"));
    target
        .patch(&scale, "merge", &json!({"spec": {"replicas": 0}}))
        .await
        .ok();
    target
        .until("no endpoint", &slices, |found| ready(found).is_empty())
        .await;
}
