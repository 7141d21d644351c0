use super::*;

#[test]
fn what_is_made_gets_what_a_server_adds() {
    let mut cluster = cluster();
    let made = cluster.make(Kind::Deployment, deployment("web", 2)).value();
    let metadata = &made["metadata"];
    assert_eq!(metadata["generation"], 1);
    assert_eq!(metadata["creationTimestamp"], "2026-01-01T00:00:05Z");
    assert_eq!(metadata["namespace"], SHOP);
    assert_eq!(json::text(metadata, "/uid").len(), 36);
    assert_eq!(
        (&made["kind"], &made["apiVersion"]),
        (&json!("Deployment"), &json!("apps/v1"))
    );
    let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}});
    assert_eq!(made["spec"]["strategy"], rolling);
    let spec = &made["spec"]["template"]["spec"];
    assert_eq!(
        (&spec["restartPolicy"], &spec["dnsPolicy"]),
        (&json!("Always"), &json!("ClusterFirst"))
    );
    assert_eq!(spec["containers"][0]["imagePullPolicy"], "IfNotPresent");
}

#[test]
fn names_are_generated_from_their_beginning() {
    let mut cluster = cluster();
    let mut pod = template("web");
    pod["metadata"]["generateName"] = json!("web-");
    let names: Vec<String> = (0..20)
        .map(|_| cluster.make(Kind::Pod, pod.clone()).key.name.to_string())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| name.len() == 9 && name.starts_with("web-")),
        "{names:?}"
    );
    pod["metadata"] = json!({});
    let (code, message) = refused(cluster.create(Kind::Pod, SHOP, pod));
    let expected =
        "Pod \"\" is invalid: metadata.name: Required value: name or generateName is required";
    assert_eq!((code, message.as_str()), (422, expected));
}

#[test]
fn a_request_for_nothing_is_refused() {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 1));
    let web = || deployment("web", 1);
    let with = |path: &str, to: &str| {
        let mut object = web();
        json::set(&mut object, path, to);
        object
    };
    for (answer, code, message) in [
        (
            cluster.create(Kind::Deployment, SHOP, web()),
            409,
            "deployments.apps \"web\" already exists",
        ),
        (
            cluster.create(Kind::Deployment, "nope", web()),
            404,
            "namespaces \"nope\" not found",
        ),
        (
            cluster.create(Kind::Deployment, SHOP, with("/metadata/namespace", "other")),
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            cluster.create(Kind::Deployment, SHOP, with("/kind", "Pod")),
            400,
            "Pod in version \"\" cannot be handled as a Deployment",
        ),
        (
            cluster.create(Kind::Deployment, SHOP, json!([])),
            400,
            "a Deployment must be a JSON object",
        ),
        (
            cluster.replace(&key(Kind::Deployment, "nope"), web()),
            404,
            "deployments.apps \"nope\" not found",
        ),
        (
            cluster.replace(
                &key(Kind::Deployment, "web"),
                with("/metadata/name", "webx"),
            ),
            400,
            "the name of the object (webx) does not match the name on the URL (web)",
        ),
    ] {
        assert_eq!(refused(answer), (code, message.to_owned()));
    }
}

#[test]
fn a_version_that_is_not_the_last_is_a_conflict() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    cluster.make(Kind::Deployment, deployment("web", 1));
    let conflict = (
        409,
        "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please \
         apply your changes to the latest version and try again"
            .to_owned(),
    );
    let old = json!({"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 3}});
    assert_eq!(
        refused(cluster.patch(&web, &Patch::Merge(old.clone()))),
        conflict
    );
    assert_eq!(
        refused(cluster.patch_scale(&web, &Patch::Merge(old.clone()))),
        conflict
    );
    assert_eq!(refused(cluster.replace_scale(&web, &old)), conflict);
    let mut whole = deployment("web", 3);
    whole["metadata"]["resourceVersion"] = json!("1");
    assert_eq!(refused(cluster.replace(&web, whole.clone())), conflict);
    whole["metadata"]["resourceVersion"] =
        cluster.value(&web)["metadata"]["resourceVersion"].clone();
    cluster.replace(&web, whole).expect("the last version");
}

#[test]
fn the_generation_counts_what_is_wanted_and_nothing_else() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    cluster.make(Kind::Deployment, deployment("web", 1));
    cluster.pass(10);
    let before = cluster.value(&web);
    cluster.merge(&web, json!({"metadata": {"labels": {"x": "y"}}}));
    cluster.merge(
        &web,
        json!({"status": {"replicas": 77}, "metadata": {"generation": 99}}),
    );
    let after = cluster.value(&web);
    assert_eq!(after["metadata"]["generation"], 1);
    assert_eq!(after["status"], before["status"]);
    cluster.merge(&web, json!({"spec": {"replicas": 2}}));
    assert_eq!(cluster.value(&web)["metadata"]["generation"], 2);
    // A replace without what the server filled in is no change; a Deployment's annotations are part of what
    // is wanted.
    let mut again = deployment("web", 2);
    again["metadata"]["annotations"] = cluster.value(&web)["metadata"]["annotations"].clone();
    cluster.replace(&web, again).expect("it is valid");
    let replaced = cluster.value(&web);
    assert_eq!(replaced["metadata"]["generation"], 2);
    for own in ["uid", "creationTimestamp"] {
        assert_eq!(replaced["metadata"][own], before["metadata"][own]);
    }
}

#[test]
fn what_cannot_change_is_refused() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    cluster.make(Kind::Deployment, deployment("web", 1));
    let other = Patch::Merge(json!({"spec": {"selector": {"matchLabels": {"app": "other"}}}}));
    let message = "Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: \
         {\"app\":\"web\"}: `selector` does not match template `labels`, spec.selector: Invalid value: \
         {\"matchLabels\":{\"app\":\"other\"}}: field is immutable]";
    assert_eq!(
        refused(cluster.patch(&web, &other)),
        (422, message.to_owned())
    );
    let uid = Patch::Merge(json!({"metadata": {"uid": "1"}}));
    let message = "Deployment.apps \"web\" is invalid: metadata.uid: Invalid value: \"1\": field is immutable";
    assert_eq!(
        refused(cluster.patch(&web, &uid)),
        (422, message.to_owned())
    );
    cluster.pass(10);
    let pod = cluster.pods("web")[0].key.clone();
    let moved = Patch::Merge(json!({"spec": {"nodeName": "other"}}));
    let (code, message) = refused(cluster.patch(&pod, &moved));
    let expected = "spec: Forbidden: pod updates may not change fields other than";
    assert!(code == 422 && message.contains(expected), "{message}");
    let labels = json!({"metadata": {"labels": {"seen": "yes"}}});
    cluster.merge(&pod, labels);
    assert_eq!(cluster.value(&pod)["metadata"]["labels"]["seen"], "yes");
}

#[test]
fn a_status_names_the_fields_that_are_wrong() {
    let mut cluster = cluster();
    let mut wrong = deployment("m", 1);
    wrong["spec"]["template"]["metadata"]["labels"]["app"] = json!("c");
    let refusal = cluster
        .create(Kind::Deployment, SHOP, wrong)
        .expect_err("it does not match");
    let message = "Invalid value: {\"app\":\"c\"}: `selector` does not match template `labels`";
    let field = "spec.template.metadata.labels";
    // As a real API server 1.36.3 wrote it.
    let expected = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("Deployment.apps \"m\" is invalid: {field}: {message}"), "reason": "Invalid",
        "details": {"name": "m", "group": "apps", "kind": "Deployment", "causes": [
            {"reason": "FieldValueInvalid", "message": message, "field": field}
        ]},
        "code": 422
    });
    assert_eq!(refusal.status(), expected);
}

#[test]
fn a_scale_is_the_number_and_the_selector() {
    let mut cluster = cluster();
    let web = key(Kind::Deployment, "web");
    cluster.make(Kind::Deployment, deployment("web", 2));
    cluster.pass(10);
    let scale = cluster.scale(&web).expect("it has one");
    assert_eq!(scale["spec"], json!({"replicas": 2}));
    assert_eq!(
        scale["status"],
        json!({"replicas": 2, "selector": "app=web"})
    );
    assert_eq!(scale["metadata"].get("generation"), None);
    let negative = Patch::Merge(json!({"spec": {"replicas": -4}}));
    let message = "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -4: must be greater \
         than or equal to 0";
    assert_eq!(
        refused(cluster.patch_scale(&web, &negative)),
        (422, message.to_owned())
    );
    let none = Patch::Merge(json!({"spec": {"replicas": 0}}));
    let scale = cluster.patch_scale(&web, &none).expect("it scales");
    assert_eq!(scale["spec"], json!({}));
    cluster.make(Kind::Service, service("web"));
    assert_eq!(refused(cluster.scale(&key(Kind::Service, "web"))).0, 404);
}

#[test]
fn a_service_has_an_address_of_its_own_and_keeps_it() {
    let mut cluster = cluster();
    let mut seen: Vec<String> = (0..50)
        .map(|number| {
            let made = cluster
                .make(Kind::Service, service(&format!("s{number}")))
                .value();
            json::text(&made, "/spec/clusterIP").to_owned()
        })
        .collect();
    assert!(
        seen.iter().all(|address| address.starts_with("10.96.")),
        "{seen:?}"
    );
    let first = seen[0].clone();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 50);
    let replaced = cluster
        .replace(&key(Kind::Service, "s0"), service("s0"))
        .expect("it is valid");
    assert_eq!(json::text(&replaced.value(), "/spec/clusterIP"), first);
    let mut headless = service("headless");
    headless["spec"]["clusterIP"] = json!("None");
    let made = cluster.make(Kind::Service, headless).value();
    assert_eq!(made["spec"]["clusterIPs"], json!(["None"]));
}

#[test]
fn managed_fields_are_not_kept() {
    let mut cluster = cluster();
    let mut object = deployment("web", 1);
    object["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
    let made: Value = cluster.make(Kind::Deployment, object).value();
    assert_eq!(made["metadata"].get("managedFields"), None);
}
