use super::*;

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
