use super::*;

#[test]
fn a_pod_that_is_well_says_all_that_a_real_one_says() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.pass(10);
    let value = cluster.value(&pod);
    let kinds: Vec<&str> = json::items(&value, "/status/conditions")
        .map(|one| json::text(one, "/type"))
        .collect();
    let mut sorted = kinds.clone();
    sorted.sort_unstable();
    let expected = [
        "ContainersReady",
        "Initialized",
        "PodReadyToStartContainers",
        "PodScheduled",
        "Ready",
    ];
    assert_eq!(sorted, expected);
    assert!(json::items(&value, "/status/conditions").all(|one| one["status"] == "True"));
    let mut container = value["status"]["containerStatuses"][0].clone();
    let id = json::take(&mut container, "/containerID").expect("it has one");
    assert!(
        id.as_str()
            .is_some_and(|id| id.len() == "containerd://".len() + 64)
    );
    let image = json::take(&mut container, "/imageID").expect("it has one");
    assert!(
        image
            .as_str()
            .is_some_and(|image| image.starts_with("registry.test/web@sha256:"))
    );
    let started = json::take(&mut container, "/state/running/startedAt").expect("it runs");
    assert!(seconds_between(&value["metadata"]["creationTimestamp"], &started) <= 4);
    let expected = json!({
        "name": "web", "image": "registry.test/web:1", "ready": true, "started": true,
        "restartCount": 0, "lastState": {}, "state": {"running": {}}
    });
    assert_eq!(container, expected);
    assert_eq!(value["status"]["qosClass"], "Burstable");
    let told = cluster.told("web");
    let reasons: Vec<&str> = told.iter().map(|(reason, ..)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
    );
}

#[test]
fn an_image_is_pulled_once_a_node() {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 3));
    cluster.pass(10);
    let first: Vec<Key> = cluster
        .pods("web")
        .iter()
        .map(|pod| pod.key.clone())
        .collect();
    cluster.merge(
        &key(Kind::Deployment, "web"),
        json!({"spec": {"replicas": 6}}),
    );
    cluster.pass(10);
    for pod in cluster.pods("web") {
        let told = cluster.told(&pod.key.name);
        let pulled = told.iter().any(|(reason, ..)| reason == "Pulling");
        assert_eq!(pulled, first.contains(&pod.key), "{told:#?}");
    }
}

#[test]
fn pods_behave_as_their_label_says() {
    let (mut cluster, pod) = lone("notready", |_| ());
    cluster.pass(60);
    assert_eq!(
        (phase(&cluster, &pod), ready(&cluster, &pod).0.as_str()),
        (Phase::Running, "False")
    );
    assert!(count(&cluster, "Unhealthy") > 3);

    let (mut cluster, pod) = lone("slow", |_| ());
    cluster.pass(15);
    assert!(is(&cluster, &pod, "waiting", "ContainerCreating"));
    cluster.pass(15);
    assert_eq!(ready(&cluster, &pod).0, "True");

    let slow = |pod: &mut Value| {
        pod["metadata"]["annotations"] = json!({"portolan.test/duration": "45s"});
    };
    let (mut cluster, pod) = lone("slow", slow);
    cluster.pass(40);
    assert!(is(&cluster, &pod, "waiting", "ContainerCreating"));

    let (mut cluster, pod) = lone("completed", |pod| {
        pod["spec"]["restartPolicy"] = json!("Never");
    });
    cluster.pass(15);
    assert_eq!(phase(&cluster, &pod), Phase::Succeeded);
    assert!(is(&cluster, &pod, "terminated", "Completed"));
    let (mut cluster, pod) = lone("completed", |_| ());
    cluster.pass(60);
    assert_eq!(
        (phase(&cluster, &pod), ready(&cluster, &pod).0.as_str()),
        (Phase::Running, "True")
    );

    let (mut cluster, pod) = lone("crashloop", |pod| {
        pod["spec"]["restartPolicy"] = json!("Never");
    });
    cluster.pass(15);
    assert_eq!(phase(&cluster, &pod), Phase::Failed);
}

#[test]
fn init_containers_run_in_order_before_the_others() {
    let init = |pod: &mut Value| {
        pod["spec"]["initContainers"] =
            json!([{"name": "one", "image": "one:1"}, {"name": "two", "image": "two:1"}]);
    };
    let (mut cluster, pod) = lone("", init);
    let from = cluster.store.revision();
    cluster.pass(20);
    assert_eq!(ready(&cluster, &pod).0, "True");
    let mut seen: Vec<String> = Vec::new();
    for change in cluster.store.since(from).expect("it is known") {
        let value = change.object.value();
        let states = ["/status/initContainerStatuses", "/status/containerStatuses"]
            .iter()
            .flat_map(|path| json::items(&value, path))
            .filter_map(|one| one["state"].as_object()?.keys().next().cloned());
        let states = states.collect::<Vec<String>>().join(" ");
        if change.object.key == pod && seen.last() != Some(&states) {
            seen.push(states);
        }
    }
    let expected = [
        "",
        "waiting waiting waiting",
        "running waiting waiting",
        "terminated waiting waiting",
        "terminated running waiting",
        "terminated terminated waiting",
        "terminated terminated running",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn readiness_takes_the_delay_that_the_probe_names() {
    let (mut cluster, pod) = lone("", |pod| {
        pod["spec"]["containers"][0]["readinessProbe"] =
            json!({"httpGet": {"path": "/", "port": 8080}, "initialDelaySeconds": 20});
    });
    cluster.pass(20);
    assert_eq!(
        (
            state(&cluster, &pod).0.as_str(),
            ready(&cluster, &pod).0.as_str()
        ),
        ("running", "False")
    );
    cluster.pass(5);
    assert_eq!(ready(&cluster, &pod).0, "True");
}

#[test]
fn a_deleted_pod_is_terminating_for_a_moment() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.pass(10);
    let gone = cluster
        .delete(&pod, &DeleteOptions::default())
        .expect("it is there");
    assert!(gone.deleting);
    let value = gone.value();
    assert_eq!(value["metadata"]["deletionGracePeriodSeconds"], 30);
    let end = &value["metadata"]["deletionTimestamp"];
    assert_eq!(seconds_between(&json!(cluster.now().to_string()), end), 30);
    cluster.advance(cluster.now() + Duration::from_millis(500));
    assert!(cluster.store.get(&pod).is_some());
    cluster.pass(2);
    assert!(cluster.store.get(&pod).is_none());
    assert_eq!(count(&cluster, "Killing"), 1);
}
