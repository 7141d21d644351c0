use super::*;

#[test]
fn deleting_cascades_unless_it_is_to_leave_orphans() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    for orphan in [true, false] {
        cluster.make(Kind::Deployment, deployment("web", 2));
        cluster.make(Kind::Service, service("web"));
        cluster.pass(10);
        cluster
            .delete(
                &web,
                &DeleteOptions {
                    orphan,
                    ..DeleteOptions::default()
                },
            )
            .expect("there");
        assert!(cluster.store.get(&web).is_none());
        cluster
            .delete(&key(Kind::Service, "web"), &DeleteOptions::default())
            .expect("there");
        cluster.pass(10);
        let left = |kind| cluster.store.list(kind, Some(SHOP)).count();
        // What was left the first time is adopted the second time.
        let sets = usize::from(orphan);
        assert_eq!(
            (left(Kind::ReplicaSet), left(Kind::Pod)),
            (sets, sets * 2),
            "orphan: {orphan}"
        );
        assert_eq!(left(Kind::EndpointSlice), 0);
    }
}

#[test]
fn only_what_was_meant_is_deleted() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    let made = cluster.make(Kind::Deployment, deployment("web", 1));
    let uid = |uid: &str| DeleteOptions {
        uid: Some(uid.to_owned()),
        ..DeleteOptions::default()
    };
    let message = format!(
        "Operation cannot be fulfilled on Deployment.apps \"web\": the UID in the precondition (x) does not \
         match the UID in record ({}). The object might have been deleted and then recreated",
        made.uid
    );
    assert_eq!(refused(cluster.delete(&web, &uid("x"))), (409, message));
    let version = DeleteOptions {
        resource_version: Some("1".to_owned()),
        ..DeleteOptions::default()
    };
    assert_eq!(refused(cluster.delete(&web, &version)).0, 409);
    cluster
        .delete(&web, &uid(&made.uid))
        .expect("it is the one");
    assert_eq!(refused(cluster.delete(&web, &uid(&made.uid))).0, 404);
}

#[test]
fn a_pod_goes_at_once_when_no_grace_is_given_or_nobody_runs_it() {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 1));
    cluster.pass(10);
    let pod = cluster.pods("web")[0].key.clone();
    let now = DeleteOptions {
        grace_seconds: Some(0),
        ..DeleteOptions::default()
    };
    cluster.delete(&pod, &now).expect("it is there");
    assert!(cluster.store.get(&pod).is_none());
    let mut lone = template("lone");
    lone["metadata"]["name"] = json!("lone");
    lone["spec"]["nodeSelector"] = json!({"nowhere": "yes"});
    cluster.make(Kind::Pod, lone);
    cluster.pass(5);
    let lone = key(Kind::Pod, "lone");
    cluster
        .delete(&lone, &DeleteOptions::default())
        .expect("it is there");
    assert!(cluster.store.get(&lone).is_none());
}

#[test]
fn a_namespace_goes_with_all_that_is_in_it() {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 2));
    cluster.make(Kind::Service, service("web"));
    cluster.pass(10);
    let home = Key::new(Kind::Namespace, "", SHOP);
    cluster
        .delete(&home, &DeleteOptions::default())
        .expect("it is there");
    cluster.advance(cluster.now() + std::time::Duration::from_millis(300));
    assert_eq!(cluster.value(&home)["status"]["phase"], "Terminating");
    let late = refused(cluster.create(Kind::Deployment, SHOP, deployment("late", 1)));
    let message = "deployments.apps \"late\" is forbidden: unable to create new content in namespace shop \
         because it is being terminated";
    assert_eq!(late, (403, message.to_owned()));
    cluster.pass(20);
    assert!(cluster.store.get(&home).is_none());
    let left: Vec<Key> = Kind::ALL
        .into_iter()
        .flat_map(|kind| cluster.store.list(kind, Some(SHOP)))
        .map(|object| object.key.clone())
        .collect();
    assert_eq!(left, []);
}

#[test]
fn a_finalizer_holds_an_object_until_it_is_taken_off() {
    let mut cluster = cluster();
    let mut held = service("web");
    held["metadata"]["finalizers"] = json!(["example.test/hold"]);
    cluster.make(Kind::Service, held);
    let web = key(Kind::Service, "web");
    cluster
        .delete(&web, &DeleteOptions::default())
        .expect("it is there");
    let value = cluster.value(&web);
    assert!(value["metadata"]["deletionTimestamp"].is_string());
    cluster.merge(&web, json!({"metadata": {"finalizers": null}}));
    assert!(cluster.store.get(&web).is_none());
}

#[test]
fn events_are_forgotten_after_an_hour_unless_they_are_told_again() {
    let mut cluster = cluster();
    let mut pod = template("web");
    pod["metadata"]["name"] = json!("web");
    pod["metadata"]["labels"]["portolan.test/behaviour"] = json!("notready");
    cluster.make(Kind::Pod, pod);
    cluster.pass(30);
    let reasons = |cluster: &super::Cluster| -> Vec<String> {
        cluster
            .told("web")
            .into_iter()
            .map(|(reason, ..)| reason)
            .collect()
    };
    assert!(reasons(&cluster).contains(&"Started".to_owned()));
    cluster.pass(3700);
    assert_eq!(reasons(&cluster), ["Unhealthy"]);
}
