//! What is made, read, replaced and deleted, and what is refused.

use http::Method;
use serde_json::json;

use super::ground::deployment;
use super::{Ground, Target};

pub async fn what_is_missing_is_not_found(target: &Target) {
    let ground = Ground::new(target).await;
    let pod = target.get(&ground.core("pods/nothing")).await;
    assert_eq!(
        pod.refusal(),
        (404, "NotFound", "pods \"nothing\" not found")
    );
    assert_eq!(
        pod.body["details"],
        json!({"name": "nothing", "kind": "pods"})
    );
    let expected = (404, "NotFound", "deployments.apps \"nothing\" not found");
    let details = json!({"name": "nothing", "group": "apps", "kind": "deployments"});
    let path = ground.deployment("nothing");
    for answer in [
        target.get(&path).await,
        target.get(&format!("{path}/scale")).await,
        target.delete(&path).await,
        target.patch(&path, "merge", &json!({})).await,
        target.patch(&path, "strategic-merge", &json!({})).await,
        target
            .send(Method::PUT, &path, &deployment("nothing", 1, &json!({})))
            .await,
    ] {
        assert_eq!(answer.refusal(), expected);
        assert_eq!(answer.body["details"], details);
    }
    let log = target.get(&ground.core("pods/nothing/log")).await;
    assert_eq!(log.refusal().2, "pods \"nothing\" not found");
    let nowhere = "/api/v1/namespaces/nowhere";
    let refused = target.get(nowhere).await;
    assert_eq!(
        refused.refusal(),
        (404, "NotFound", "namespaces \"nowhere\" not found")
    );
    // One may ask what there is in a namespace that is not there.
    assert_eq!(
        target.get(&format!("{nowhere}/pods")).await.names(),
        Vec::<String>::new()
    );
    let service = json!({"metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}});
    let made = target.post(&format!("{nowhere}/services"), &service).await;
    assert_eq!(
        made.refusal(),
        (404, "NotFound", "namespaces \"nowhere\" not found")
    );
    for path in ["/api/v1/foos", "/apis/apps/v1/foos", "/apis/apps/v2"] {
        let refused = target.get(path).await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            (404, "NotFound"),
            "{path}"
        );
    }
}

pub async fn what_is_there_is_not_made_again(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.service("web", json!({})).await;
    assert_eq!((made.status, &*made.media), (201, "application/json"));
    let metadata = &made.body["metadata"];
    assert_eq!(
        (&made.body["kind"], &made.body["apiVersion"]),
        (&json!("Service"), &json!("v1"))
    );
    assert_eq!(metadata["namespace"], *ground.namespace);
    for field in ["uid", "resourceVersion", "creationTimestamp"] {
        assert!(
            metadata[field]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{field}"
        );
    }
    let again = ground.service("web", json!({})).await;
    assert_eq!(
        again.refusal(),
        (409, "AlreadyExists", "services \"web\" already exists")
    );
    let own = json!({"metadata": {"name": ground.namespace}});
    let twice = target.post("/api/v1/namespaces", &own).await;
    assert_eq!(twice.refusal().1, "AlreadyExists");
    let read = target.get(&ground.core("services/web")).await.ok();
    assert_eq!(read, made.body);
}

pub async fn a_stale_version_is_a_conflict(target: &Target) {
    let ground = Ground::new(target).await;
    let old = ground.deploy("web", 0, &json!({})).await;
    let path = ground.deployment("web");
    target
        .patch(&path, "merge", &json!({"metadata": {"labels": {"x": "y"}}}))
        .await
        .ok();
    let message = "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; \
                   please apply your changes to the latest version and try again";
    let put = target.send(Method::PUT, &path, &old).await;
    assert_eq!(put.refusal(), (409, "Conflict", message));
    let version = &old["metadata"]["resourceVersion"];
    let patch = json!({"metadata": {"resourceVersion": version, "labels": {"x": "z"}}});
    let patched = target.patch(&path, "merge", &patch).await;
    assert_eq!(patched.refusal(), (409, "Conflict", message));
    let scale = json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale",
        "metadata": {"name": "web", "namespace": ground.namespace, "resourceVersion": version},
        "spec": {"replicas": 1}
    });
    let scaled = target
        .send(Method::PUT, &format!("{path}/scale"), &scale)
        .await;
    assert_eq!(scaled.refusal(), (409, "Conflict", message));
    let options = json!({
        "kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}
    });
    let deleted = target.send(Method::DELETE, &path, &options).await;
    assert_eq!(
        (deleted.refusal().0, deleted.refusal().1),
        (409, "Conflict")
    );
    // What names no version is put in place of whatever is there.
    let mut any = old;
    any["metadata"]
        .as_object_mut()
        .expect("metadata")
        .remove("resourceVersion");
    let put = target.send(Method::PUT, &path, &any).await.ok();
    assert_eq!(put["metadata"]["labels"], json!({"app": "web"}));
}

pub async fn bad_objects_are_refused(target: &Target) {
    let ground = Ground::new(target).await;
    let pods = ground.core("pods");
    let empty = target
        .post(&pods, &json!({"metadata": {"name": "x"}}))
        .await;
    let message = "Pod \"x\" is invalid: spec.containers: Required value";
    assert_eq!(empty.refusal(), (422, "Invalid", message));
    for (object, code) in [
        (
            json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "x"}}),
            400,
        ),
        (
            json!({"metadata": {"name": "x", "namespace": "other"}}),
            400,
        ),
    ] {
        let refused = target.post(&pods, &object).await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            (code, "BadRequest"),
            "{object}"
        );
    }
    for (media, body, expected) in [
        ("application/json", "{", (400, "BadRequest")),
        ("application/json", "", (400, "BadRequest")),
        ("text/plain", "{}", (415, "UnsupportedMediaType")),
    ] {
        let refused = target
            .ask(Method::POST, &pods, "application/json", media, body.into())
            .await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            expected,
            "{media} {body}"
        );
    }
    let deployments = ground.of("apps/v1", "deployments");
    let mut other = deployment("web", 1, &json!({}));
    other["spec"]["selector"]["matchLabels"] = json!({"app": "another"});
    let refused = target.post(&deployments, &other).await;
    let (code, reason, message) = refused.refusal();
    assert_eq!((code, reason), (422, "Invalid"));
    assert!(
        message.starts_with("Deployment.apps \"web\" is invalid: spec.template.metadata.labels"),
        "{message}"
    );
    let mut nameless = deployment("web", 1, &json!({}));
    nameless["metadata"] = json!({});
    let refused = target.post(&deployments, &nameless).await;
    assert_eq!((refused.refusal().0, refused.refusal().1), (422, "Invalid"));
    let refused = ground.service("No_Name", json!({})).await;
    assert_eq!((refused.refusal().0, refused.refusal().1), (422, "Invalid"));
    assert_eq!(target.get(&deployments).await.names(), Vec::<String>::new());
}

pub async fn methods_that_make_no_sense_are_not_allowed(target: &Target) {
    let ground = Ground::new(target).await;
    ground.service("web", json!({})).await.ok();
    let message = "the server does not allow this method on the requested resource";
    for (method, path) in [
        (Method::POST, ground.core("services/web")),
        (Method::PUT, ground.core("services")),
        (Method::PATCH, ground.core("services")),
        (Method::POST, "/api/v1/services".to_owned()),
        (Method::DELETE, "/api/v1/services".to_owned()),
        (Method::DELETE, "/api/v1/namespaces".to_owned()),
    ] {
        let refused = target.send(method.clone(), &path, &json!({})).await;
        assert_eq!(
            refused.refusal(),
            (405, "MethodNotAllowed", message),
            "{method} {path}"
        );
    }
}

pub async fn a_generated_name_is_finished(target: &Target) {
    let ground = Ground::new(target).await;
    let service = json!({"metadata": {"generateName": "web-"}, "spec": {"ports": [{"port": 80}]}});
    let made = target.post(&ground.core("services"), &service).await.ok();
    let name = made["metadata"]["name"].as_str().expect("a name");
    assert!(
        name.starts_with("web-") && name.len() == "web-".len() + 5,
        "{name}"
    );
}

pub async fn what_is_deleted_is_told(target: &Target) {
    let ground = Ground::new(target).await;
    let deployment = ground.deploy("web", 0, &json!({})).await;
    let told = target.delete(&ground.deployment("web")).await.ok();
    assert_eq!(
        (&told["kind"], &told["status"]),
        (&json!("Status"), &json!("Success"))
    );
    let uid = &deployment["metadata"]["uid"];
    let details = json!({"name": "web", "group": "apps", "kind": "deployments", "uid": uid});
    assert_eq!(told["details"], details);
    ground.service("one", json!({})).await.ok();
    ground.service("two", json!({"keep": "me"})).await.ok();
    let told = target.delete(&ground.core("services/one")).await.ok();
    assert_eq!(
        (&told["kind"], &told["metadata"]["name"]),
        (&json!("Service"), &json!("one"))
    );
    ground.service("three", json!({})).await.ok();
    let told = target
        .delete(&ground.core("services?labelSelector=!keep"))
        .await
        .ok();
    assert_eq!(
        (&told["kind"], super::names(&told)),
        (&json!("ServiceList"), vec!["three".to_owned()])
    );
    assert_eq!(target.get(&ground.core("services")).await.names(), ["two"]);
    let odd = target
        .delete(&ground.core("services/two?propagationPolicy=Foo"))
        .await;
    assert_eq!((odd.refusal().0, odd.refusal().1), (422, "Invalid"));
}
