//! Patches of three kinds, and of the number.

use http::Method;
use serde_json::json;

use super::{Ground, Target};

pub async fn three_ways_to_patch(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.deploy("web", 0, &json!({})).await;
    let path = ground.deployment("web");
    let generation = |object: &serde_json::Value| object["metadata"]["generation"].as_i64();
    assert_eq!(generation(&made), Some(1));
    let patch = json!({"metadata": {"labels": {"app": null, "x": "y"}}});
    let merged = target.patch(&path, "merge", &patch).await.ok();
    assert_eq!(merged["metadata"]["labels"], json!({"x": "y"}));
    assert_eq!(
        generation(&merged),
        Some(1),
        "what is wanted has not changed"
    );
    let patch = json!({"metadata": {"annotations": {"a": "b"}}});
    let merged = target.patch(&path, "merge", &patch).await.ok();
    assert_eq!(
        generation(&merged),
        Some(2),
        "annotations of a Deployment are part of it"
    );
    // Of a list that has keys only what is named changes.
    let patch = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "example/main:2", "env": [{"name": "MORE", "value": "1"}]}
    ]}}}});
    let merged = target.patch(&path, "strategic-merge", &patch).await.ok();
    let container = &merged["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "example/main:2");
    assert_eq!(container["ports"][0]["containerPort"], 8080);
    let names = |list: &serde_json::Value| -> Vec<String> {
        let all = list.as_array().into_iter().flatten();
        let mut names: Vec<_> = all
            .map(|one| one["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&container["env"]), ["BACKEND_ADDR", "MORE"]);
    assert_eq!(generation(&merged), Some(3));
    let remove = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "main", "env": [{"name": "MORE", "$patch": "delete"}]}
    ]}}}});
    let merged = target.patch(&path, "strategic-merge", &remove).await.ok();
    assert_eq!(
        names(&merged["spec"]["template"]["spec"]["containers"][0]["env"]),
        ["BACKEND_ADDR"]
    );
    // A plain merge takes a list as a whole.
    let patch = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "main", "image": "example/main:3"}
    ]}}}});
    let merged = target.patch(&path, "merge", &patch).await.ok();
    let container = &merged["spec"]["template"]["spec"]["containers"][0];
    assert!(container.get("env").is_none(), "{container}");
    let operations = json!([
        {"op": "test", "path": "/metadata/labels/x", "value": "y"},
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "example/main:4"},
        {"op": "add", "path": "/metadata/labels/example.com~1z", "value": "1"},
        {"op": "remove", "path": "/metadata/annotations/a"}
    ]);
    let done = target.patch(&path, "json", &operations).await.ok();
    assert_eq!(
        done["spec"]["template"]["spec"]["containers"][0]["image"],
        "example/main:4"
    );
    assert_eq!(
        done["metadata"]["labels"],
        json!({"x": "y", "example.com/z": "1"})
    );
    // Nothing changes, so no version is made.
    let again = target
        .patch(&path, "merge", &json!({"metadata": {"labels": {"x": "y"}}}))
        .await
        .ok();
    assert_eq!(
        again["metadata"]["generation"],
        done["metadata"]["generation"]
    );
}

pub async fn bad_patches_are_refused(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 0, &json!({})).await;
    let path = ground.deployment("web");
    let ask = async |media: &str, body: &str| {
        target
            .ask(Method::PATCH, &path, "application/json", media, body.into())
            .await
    };
    for (media, body, expected) in [
        ("application/json", "{}", (415, "UnsupportedMediaType")),
        ("application/merge-patch+json", "{", (400, "BadRequest")),
        ("application/json-patch+json", "{}", (400, "BadRequest")),
        (
            "application/json-patch+json",
            r#"[{"op": "remove", "path": "/spec/nothing"}]"#,
            (422, "Invalid"),
        ),
        (
            "application/json-patch+json",
            r#"[{"op": "test", "path": "/spec/replicas", "value": 9}]"#,
            (422, "Invalid"),
        ),
        (
            "application/merge-patch+json",
            r#"{"spec": {"selector": {"matchLabels": {"app": "other"}}}}"#,
            (422, "Invalid"),
        ),
        (
            "application/merge-patch+json",
            r#"{"spec": {"replicas": -1}}"#,
            (422, "Invalid"),
        ),
    ] {
        let refused = ask(media, body).await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            expected,
            "{media} {body}"
        );
    }
    let now = target.get(&path).await.ok();
    assert_eq!(now["metadata"]["generation"], 1, "nothing was changed");
}

pub async fn the_scale_is_read_and_written(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.deploy("web", 1, &json!({})).await;
    ground.ready("web", 1).await;
    let path = format!("{}/scale", ground.deployment("web"));
    let scale = target.get(&path).await.ok();
    assert_eq!(
        (&scale["kind"], &scale["apiVersion"]),
        (&json!("Scale"), &json!("autoscaling/v1"))
    );
    assert_eq!(scale["metadata"]["uid"], made["metadata"]["uid"]);
    assert_eq!(scale["spec"], json!({"replicas": 1}));
    assert_eq!(
        scale["status"],
        json!({"replicas": 1, "selector": "app=web"})
    );
    let mut more = scale.clone();
    more["spec"]["replicas"] = json!(2);
    let written = target.send(Method::PUT, &path, &more).await.ok();
    assert_eq!(written["spec"]["replicas"], 2);
    assert_ne!(
        written["metadata"]["resourceVersion"],
        scale["metadata"]["resourceVersion"]
    );
    let deployment = target.get(&ground.deployment("web")).await.ok();
    assert_eq!(deployment["spec"]["replicas"], 2);
    let written = target
        .patch(&path, "merge", &json!({"spec": {"replicas": 0}}))
        .await
        .ok();
    assert_eq!(
        written["spec"]
            .get("replicas")
            .and_then(serde_json::Value::as_i64)
            .unwrap_or_default(),
        0
    );
    ground.ready("web", 0).await;
    let refused = target
        .patch(&path, "merge", &json!({"spec": {"replicas": -1}}))
        .await;
    assert_eq!((refused.refusal().0, refused.refusal().1), (422, "Invalid"));
    let none = target.get(&ground.core("services/web/scale")).await;
    assert_eq!((none.refusal().0, none.refusal().1), (404, "NotFound"));
}
