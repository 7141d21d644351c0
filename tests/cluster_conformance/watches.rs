//! Watches: what they begin with, what they tell, where they go on and how they end.

use serde_json::{Value, json};

use super::{Ground, Target};

fn version(object: &Value) -> u64 {
    let text = object["metadata"]["resourceVersion"].as_str();
    text.and_then(|text| text.parse().ok()).expect("a version")
}

pub async fn a_watch_begins_with_what_is_there(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.service("a", json!({})).await.ok();
    let services = ground.core("services");
    for query in ["watch=1", "watch=true&resourceVersion=0"] {
        let mut lines = target.lines(&format!("{services}?{query}")).await;
        let (what, name, object) = lines.event().await;
        assert_eq!((&*what, &*name), ("ADDED", "a"));
        assert_eq!(version(&object), version(&made));
        assert_eq!(
            (&object["kind"], &object["apiVersion"]),
            (&json!("Service"), &json!("v1"))
        );
    }
    let mut lines = target.lines(&format!("{services}?watch=1")).await;
    assert_eq!(lines.event().await.0, "ADDED");
    let patch = json!({"metadata": {"labels": {"x": "y"}}});
    let changed = target
        .patch(&format!("{services}/a"), "merge", &patch)
        .await
        .ok();
    let (what, _, object) = lines.event().await;
    assert_eq!((&*what, object), ("MODIFIED", changed.clone()));
    target.delete(&format!("{services}/a")).await.ok();
    let (what, _, object) = lines.event().await;
    assert_eq!(
        (&*what, &object["metadata"]["labels"]),
        ("DELETED", &json!({"x": "y"}))
    );
    assert!(
        version(&object) > version(&changed),
        "a deletion is a version of its own"
    );
}

pub async fn a_streamed_list_tells_its_end(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    let query =
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let ends = |object: &Value| {
        assert_eq!(
            (&object["kind"], &object["apiVersion"]),
            (&json!("Service"), &json!("v1"))
        );
        object["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true"
    };
    let mut lines = target.lines(&format!("{services}?{query}")).await;
    let (what, _, object) = lines.event().await;
    assert!(what == "BOOKMARK" && ends(&object));
    ground.service("b", json!({})).await.ok();
    let made = ground.service("a", json!({})).await.ok();
    for name in ["b", "a"] {
        let (what, own, _) = lines.event().await;
        assert_eq!((&*what, &*own), ("ADDED", name));
    }
    // The same with something to be listed.
    let mut lines = target.lines(&format!("{services}?{query}")).await;
    for name in ["a", "b"] {
        let (what, own, _) = lines.event().await;
        assert_eq!((&*what, &*own), ("ADDED", name));
    }
    let (what, _, object) = lines.event().await;
    assert!(what == "BOOKMARK" && ends(&object));
    assert!(version(&object) >= version(&made));
}

pub async fn a_watch_goes_on_where_it_was(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    ground.service("a", json!({})).await.ok();
    let then = version(&target.get(&services).await.ok());
    ground.service("b", json!({})).await.ok();
    target.delete(&format!("{services}/a")).await.ok();
    let mut lines = target
        .lines(&format!("{services}?watch=1&resourceVersion={then}"))
        .await;
    let (what, name, object) = lines.event().await;
    assert_eq!((&*what, &*name), ("ADDED", "b"));
    let (what, name, last) = lines.event().await;
    assert_eq!((&*what, &*name), ("DELETED", "a"));
    // Each event's version is a place to go on from.
    let mut lines = target
        .lines(&format!(
            "{services}?watch=1&resourceVersion={}",
            version(&object)
        ))
        .await;
    assert_eq!(lines.event().await.0, "DELETED");
    let mut lines = target
        .lines(&format!(
            "{services}?watch=1&resourceVersion={}",
            version(&last)
        ))
        .await;
    ground.service("c", json!({})).await.ok();
    assert_eq!(lines.event().await.1, "c");
}

pub async fn what_is_not_meant_any_more_is_told_as_deleted(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    ground.service("a", json!({"app": "web"})).await.ok();
    let then = version(&target.get(&services).await.ok());
    let path = format!("{services}?watch=1&resourceVersion={then}&labelSelector=app%3Dweb");
    let mut lines = target.lines(&path).await;
    let relabel = async |name: &str, app: &str| {
        let patch = json!({"metadata": {"labels": {"app": app}}});
        target
            .patch(&format!("{services}/{name}"), "merge", &patch)
            .await
            .ok()
    };
    ground.service("b", json!({"app": "other"})).await.ok();
    let changed = relabel("a", "other").await;
    let (what, name, object) = lines.event().await;
    assert_eq!((&*what, &*name), ("DELETED", "a"));
    assert_eq!(
        object["metadata"]["labels"],
        json!({"app": "web"}),
        "as it was when it was meant"
    );
    assert_eq!(version(&object), version(&changed), "but as of now");
    relabel("b", "web").await;
    let (what, name, _) = lines.event().await;
    assert_eq!((&*what, &*name), ("ADDED", "b"));
    let one = format!("{services}?watch=1&fieldSelector=metadata.name%3Da");
    let mut lines = target.lines(&one).await;
    assert_eq!(lines.event().await.1, "a");
    relabel("b", "x").await;
    relabel("a", "x").await;
    let (what, name, _) = lines.event().await;
    assert_eq!((&*what, &*name), ("MODIFIED", "a"));
}

pub async fn a_watch_ends_when_its_time_is_over(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    ground.service("a", json!({})).await.ok();
    let mut lines = target
        .lines(&format!("{services}?watch=1&timeoutSeconds=1"))
        .await;
    assert_eq!(lines.event().await.0, "ADDED");
    assert_eq!(lines.next().await, None);
    let ahead = format!("{services}?watch=1&timeoutSeconds=1&resourceVersion=999999999");
    assert_eq!(
        target.lines(&ahead).await.next().await,
        None,
        "what has not been is waited for"
    );
}

pub async fn rows_and_metadata_are_watched_too(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    ground.service("a", json!({})).await.ok();
    let query =
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let path = format!("{services}?{query}");
    let meta = |what: &str| format!("application/json;as={what};v=v1;g=meta.k8s.io");
    let mut lines = target.lines_as(&path, &meta("Table")).await;
    let (_, _, first) = lines.event().await;
    assert_eq!(
        (&first["kind"], &first["rows"][0]["cells"][0]),
        (&json!("Table"), &json!("a"))
    );
    assert_eq!(first["columnDefinitions"][0]["name"], "Name");
    let (what, _, end) = lines.event().await;
    assert_eq!(
        (&*what, &end["columnDefinitions"]),
        ("BOOKMARK", &Value::Null),
        "told once"
    );
    let annotations = &end["rows"][0]["object"]["metadata"]["annotations"];
    assert_eq!(annotations, &json!({"k8s.io/initial-events-end": "true"}));
    target.delete(&format!("{services}/a")).await.ok();
    let (what, _, row) = lines.event().await;
    assert_eq!(
        (&*what, &row["rows"][0]["cells"][0]),
        ("DELETED", &json!("a"))
    );
    assert_eq!(row["columnDefinitions"], Value::Null);
    ground.service("b", json!({})).await.ok();
    let mut lines = target.lines_as(&path, &meta("PartialObjectMetadata")).await;
    let (what, name, partial) = lines.event().await;
    assert_eq!((&*what, &*name), ("ADDED", "b"));
    assert_eq!(partial["kind"], "PartialObjectMetadata");
    assert!(partial.get("spec").is_none());
}
