use std::time::Duration;

use serde_json::{Value, json};

use super::super::kind::Kind;
use super::super::object::{Key, Phase};
use super::super::testing::{cluster, deployment, key, seconds_between, template};
use super::super::verbs::DeleteOptions;
use super::super::{Affliction, Cluster, conditions, json};

/// A cluster with one pod, `web`, that is not controlled.
fn lone(behaviour: &str, change: impl FnOnce(&mut Value)) -> (Cluster, Key) {
    let mut cluster = cluster();
    let mut pod = template("web");
    pod["metadata"]["name"] = json!("web");
    pod["metadata"]["labels"]["portolan.test/behaviour"] = json!(behaviour);
    change(&mut pod);
    cluster.make(Kind::Pod, pod);
    (cluster, key(Kind::Pod, "web"))
}

/// The state of the first container: its name, its reason.
fn state(cluster: &Cluster, pod: &Key) -> (String, String) {
    let value = cluster.value(pod);
    let state = json::at(&value, "/status/containerStatuses/0/state")
        .as_object()
        .cloned();
    let (name, state) = state
        .and_then(|state| state.into_iter().next())
        .unwrap_or_default();
    (name, json::text(&state, "/reason").to_owned())
}

fn is(cluster: &Cluster, pod: &Key, name: &str, reason: &str) -> bool {
    state(cluster, pod) == (name.to_owned(), reason.to_owned())
}

fn phase(cluster: &Cluster, pod: &Key) -> Phase {
    cluster
        .store
        .get(pod)
        .and_then(|pod| pod.pod.clone())
        .expect("a pod")
        .phase
}

fn ready(cluster: &Cluster, pod: &Key) -> (String, String) {
    let value = cluster.value(pod);
    let condition = conditions::get(&value["status"], "Ready").expect("it says so");
    (
        json::text(condition, "/status").to_owned(),
        json::text(condition, "/message").to_owned(),
    )
}

fn count(cluster: &Cluster, reason: &str) -> i64 {
    let told = cluster.told("web").into_iter();
    told.filter(|(said, ..)| said == reason)
        .map(|(_, count, _)| count)
        .sum()
}

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
fn a_crash_loop_waits_twice_as_long_each_time() {
    let (mut cluster, pod) = lone("crashloop", |_| ());
    let mut waits = Vec::new();
    let last = "/status/containerStatuses/0/lastState/terminated";
    for round in 1..=8 {
        let restarted = |c: &Cluster| {
            c.number(&pod, "/status/containerStatuses/0/restartCount") == round
                && state(c, &pod).0 == "running"
        };
        cluster.pass_until(400, "restarted", restarted);
        let value = cluster.value(&pod);
        let ended = json::at(&value, last);
        assert_eq!(
            (&ended["exitCode"], &ended["reason"]),
            (&json!(1), &json!("Error"))
        );
        let started = json::at(
            &value,
            "/status/containerStatuses/0/state/running/startedAt",
        );
        waits.push(seconds_between(&ended["finishedAt"], started));
        let ran = seconds_between(&ended["startedAt"], &ended["finishedAt"]);
        assert!(
            (1..=3).contains(&ran),
            "it runs for two seconds or so, not {ran}"
        );
    }
    assert!(waits[0] <= 1, "the first time at once: {waits:?}");
    assert_eq!(waits[1..], [10, 20, 40, 80, 160, 300, 300]);
}

#[test]
fn a_crash_is_seen_on_its_way() {
    let (mut cluster, pod) = lone("oom", |_| ());
    cluster.pass_until(20, "killed", |c| is(c, &pod, "terminated", "OOMKilled"));
    assert_eq!(phase(&cluster, &pod), Phase::Running);
    assert_eq!(
        ready(&cluster, &pod).1,
        "containers with unready status: [web]"
    );
    cluster.pass_until(20, "waiting", |c| {
        is(c, &pod, "waiting", "CrashLoopBackOff")
    });
    let value = cluster.value(&pod);
    let status = &value["status"]["containerStatuses"][0];
    let uid = json::text(&value, "/metadata/uid");
    let message = format!("back-off 10s restarting failed container=web pod=web_shop({uid})");
    assert_eq!(status["state"]["waiting"]["message"], message);
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 137);
    assert_eq!(status["restartCount"], 1);
    cluster.pass(300);
    assert!(
        count(&cluster, "BackOff") > 10,
        "it is told again and again"
    );
    let kinds = cluster
        .told("web")
        .iter()
        .filter(|(reason, ..)| reason == "BackOff")
        .count();
    assert_eq!(kinds, 1, "as one event");
}

#[test]
fn who_ran_for_long_is_restarted_at_once_again() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.pass(10);
    let uid = cluster.store.get(&pod).expect("a pod").uid.clone();
    let crash = |after| Affliction::Crash {
        exit_code: 2,
        reason: "Error".to_owned(),
        after,
    };
    assert!(cluster.afflict(&uid, crash(Duration::from_secs(5))));
    cluster.pass_until(60, "waiting", |c| {
        is(c, &pod, "waiting", "CrashLoopBackOff")
    });
    cluster.afflict(&uid, crash(Duration::from_secs(700)));
    cluster.pass_until(760, "ended again", |c| is(c, &pod, "terminated", "Error"));
    cluster.pass(2);
    assert_eq!(state(&cluster, &pod).0, "running");
}

#[test]
fn a_crash_that_is_cured_does_not_come_back() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.pass(10);
    let uid = cluster.store.get(&pod).expect("a pod").uid.clone();
    let after = Duration::from_secs(5);
    cluster.afflict(
        &uid,
        Affliction::Crash {
            exit_code: 2,
            reason: "Error".to_owned(),
            after,
        },
    );
    cluster.pass_until(60, "waiting", |c| {
        is(c, &pod, "waiting", "CrashLoopBackOff")
    });
    cluster.cure(&uid);
    cluster.pass(60);
    let restarts = |c: &Cluster| c.number(&pod, "/status/containerStatuses/0/restartCount");
    assert_eq!(
        (state(&cluster, &pod).0.as_str(), restarts(&cluster)),
        ("running", 2)
    );
    cluster.pass(600);
    assert_eq!(restarts(&cluster), 2);
}

#[test]
fn an_affliction_ends_with_its_pod() {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 1));
    cluster.pass(10);
    let pod = cluster.pods("web")[0].clone();
    let message = "HTTP probe failed with statuscode: 500".to_owned();
    assert!(cluster.afflict(&pod.uid, Affliction::Unready { message }));
    cluster.pass_until(2, "not ready", |c| c.ready("web") == 0);
    cluster
        .delete(&pod.key, &DeleteOptions::default())
        .expect("it is there");
    cluster.pass(30);
    assert_eq!(cluster.ready("web"), 1);
    assert!(!cluster.afflict(
        &pod.uid,
        Affliction::Unready {
            message: String::new()
        }
    ));
}

#[test]
fn an_unready_pod_says_why_until_it_is_cured() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.pass(10);
    let uid = cluster.store.get(&pod).expect("a pod").uid.clone();
    let message = "HTTP probe failed with statuscode: 500".to_owned();
    cluster.afflict(&uid, Affliction::Unready { message });
    cluster.pass(35);
    assert_eq!(ready(&cluster, &pod).0, "False");
    assert_eq!(phase(&cluster, &pod), Phase::Running);
    let said = cluster
        .told("web")
        .into_iter()
        .find(|(reason, ..)| reason == "Unhealthy");
    let text = "Readiness probe failed: HTTP probe failed with statuscode: 500";
    assert_eq!(said, Some(("Unhealthy".to_owned(), 4, text.to_owned())));
    cluster.cure(&uid);
    cluster.pass(11);
    assert_eq!(ready(&cluster, &pod).0, "True");
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
fn the_named_container_misbehaves_and_the_others_do_not() {
    let two = |pod: &mut Value| {
        pod["metadata"]["annotations"] = json!({"portolan.test/container": "side"});
        let side = json!({"name": "side", "image": "side:1"});
        pod["spec"]["containers"]
            .as_array_mut()
            .expect("a list")
            .push(side);
    };
    let (mut cluster, pod) = lone("crashloop", two);
    cluster.pass(60);
    let value = cluster.value(&pod);
    let restarts =
        |number: usize| value["status"]["containerStatuses"][number]["restartCount"].as_i64();
    assert_eq!(restarts(0), Some(0));
    assert!(restarts(1) > Some(1));
    assert_eq!(value["status"]["containerStatuses"][0]["ready"], true);
}

#[test]
fn an_image_that_is_missing_is_looked_for_again_and_again() {
    let (mut cluster, pod) = lone("", |_| ());
    cluster.image_missing("registry.test/web:1");
    cluster.pass_until(10, "failed", |c| is(c, &pod, "waiting", "ErrImagePull"));
    cluster.pass_until(10, "waiting", |c| {
        is(c, &pod, "waiting", "ImagePullBackOff")
    });
    assert_eq!(phase(&cluster, &pod), Phase::Pending);
    cluster.pass_until(15, "failed again", |c| {
        is(c, &pod, "waiting", "ErrImagePull")
    });
    cluster.image_found("registry.test/web:1");
    cluster.pass(60);
    assert_eq!(ready(&cluster, &pod).0, "True");
    assert!(count(&cluster, "Failed") >= 4);
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
