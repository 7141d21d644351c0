//! What only the simulation can show: a history that is forgotten, time that passes at will, ten thousand
//! objects. The rest is in the suite that the real API server answers too (`tests/cluster_conformance`).

use axum::body::Body;
use axum::http::Method;
use futures::StreamExt;
use futures::stream::BoxStream;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::demo::cluster::Cluster;
use crate::demo::cluster::kind::Kind;

use super::Shared;
use super::testing::{SHOP, ask, get, service, shared, start};

/// The events of a watch.
async fn watch(shared: &Shared, query: &str) -> BoxStream<'static, Value> {
    let path = format!("{SHOP}/services?watch=1&{query}");
    let answer = ask(shared, Method::GET, &path, Vec::new()).await;
    assert_eq!(answer.status(), 200);
    events(answer.into_body())
}

fn events(body: Body) -> BoxStream<'static, Value> {
    let chunks = body.into_data_stream();
    // Events are written whole.
    let lines = chunks.flat_map(|chunk| {
        let chunk = chunk.expect("a chunk");
        let text = String::from_utf8(chunk.to_vec()).expect("text");
        let each: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        futures::stream::iter(each)
    });
    lines.boxed()
}

#[tokio::test]
async fn what_is_forgotten_is_gone_for_watches_and_lists() {
    let shared = shared();
    for name in ["a", "b", "c"] {
        service(&shared, name);
    }
    let then = shared.with(|cluster| cluster.store().revision());
    let mut slow = watch(&shared, &format!("resourceVersion={then}")).await;
    let (_, page) = get(&shared, &format!("{SHOP}/services?limit=1")).await;
    let token = page["metadata"]["continue"]
        .as_str()
        .expect("there is more")
        .to_owned();
    service(&shared, "d");
    shared.with(Cluster::compact);
    let mut late = watch(&shared, &format!("resourceVersion={then}")).await;
    for watcher in [&mut slow, &mut late] {
        let event = watcher.next().await.expect("it is told");
        assert_eq!(event["type"], "ERROR");
        let status = &event["object"];
        assert_eq!(
            (&status["kind"], &status["code"], &status["reason"]),
            (&json!("Status"), &json!(410), &json!("Expired"))
        );
        assert_eq!(watcher.next().await, None);
    }
    for query in [
        format!("limit=1&continue={token}"),
        format!("resourceVersion={then}&resourceVersionMatch=Exact"),
    ] {
        let (code, status) = get(&shared, &format!("{SHOP}/services?{query}")).await;
        assert_eq!(
            (code, &status["reason"]),
            (410, &json!("Expired")),
            "{query}"
        );
    }
    // Not older than that is what is there now.
    let (code, _) = get(&shared, &format!("{SHOP}/services?resourceVersion={then}")).await;
    assert_eq!(code, 200);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_tells_where_it_is_and_once_more_at_its_end() {
    let shared = shared();
    let mut bookmarks = watch(&shared, "allowWatchBookmarks=true&timeoutSeconds=130").await;
    let mut silent = watch(&shared, "timeoutSeconds=130").await;
    // Something of which this watch tells nothing.
    let object = json!({"metadata": {"name": "other"}});
    shared
        .with(|cluster| cluster.create(Kind::Namespace, "", object))
        .expect("it is valid");
    let revision = shared.with(|cluster| cluster.store().revision());
    let begun = tokio::time::Instant::now();
    let mut told = Vec::new();
    while let Some(event) = bookmarks.next().await {
        assert_eq!(event["type"], "BOOKMARK");
        assert_eq!(
            event["object"]["metadata"],
            json!({"resourceVersion": revision.to_string()})
        );
        told.push(begun.elapsed().as_secs());
    }
    assert!(
        told.windows(2).all(|pair| pair[1] - pair[0] <= 60),
        "{told:?}"
    );
    assert_eq!(told.last(), Some(&130));
    assert_eq!(silent.next().await, None);
}

#[tokio::test]
async fn a_slow_reader_gets_everything_in_order() {
    let shared = shared();
    let mut watcher = watch(&shared, "").await;
    let count = 2_000;
    for number in 0..count {
        service(&shared, &format!("s{number:04}"));
    }
    for number in 0..count {
        let event = watcher.next().await.expect("it goes on");
        assert_eq!(event["object"]["metadata"]["name"], format!("s{number:04}"));
    }
}

#[tokio::test]
async fn ten_thousand_come_in_pieces_that_make_a_list() {
    let shared = shared();
    let count = 10_000;
    for number in 0..count {
        service(&shared, &format!("s{number}"));
    }
    let answer = ask(
        &shared,
        Method::GET,
        &format!("{SHOP}/services"),
        Vec::new(),
    )
    .await;
    let chunks: Vec<_> = answer.into_body().into_data_stream().collect().await;
    assert!(chunks.len() > 1);
    let whole: Vec<u8> = chunks
        .into_iter()
        .flat_map(|chunk| chunk.expect("a chunk"))
        .collect();
    let list: Value = serde_json::from_slice(&whole).expect("JSON");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(count));
}

#[tokio::test(start_paused = true)]
async fn a_log_is_followed_until_its_pod_is_gone() {
    let shared = shared();
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "x"}]}});
    shared
        .with(|cluster| cluster.create(Kind::Pod, "shop", pod))
        .expect("it is valid");
    let pass = |seconds| {
        shared.with(|cluster| cluster.advance(cluster.now() + SignedDuration::from_secs(seconds)));
    };
    pass(60);
    let path = format!("{SHOP}/pods/a/log");
    let (_, before) = get(&shared, &path).await;
    let answer = ask(
        &shared,
        Method::GET,
        &format!("{path}?follow=true&tailLines=1"),
        Vec::new(),
    )
    .await;
    let mut told = answer.into_body().into_data_stream();
    let mut text = String::new();
    let first = told.next().await.expect("a line").expect("a chunk");
    assert_eq!(
        first.split(|byte| *byte == b'\n').count(),
        2,
        "only the last"
    );
    // What it writes from now on comes as it is written, each line once.
    while text.lines().count() < 20 {
        pass(10);
        let chunk = told.next().await.expect("it goes on").expect("a chunk");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    let (_, whole) = get(&shared, &path).await;
    let (before, whole) = (
        before.as_str().expect("text"),
        whole.as_str().expect("text"),
    );
    assert_eq!(format!("{before}{text}"), whole);
    let answer = ask(
        &shared,
        Method::DELETE,
        &format!("{SHOP}/pods/a?gracePeriodSeconds=0"),
        Vec::new(),
    )
    .await;
    assert_eq!(answer.status(), 200);
    pass(1);
    assert!(told.next().await.is_none());
}

#[tokio::test]
async fn the_date_is_the_clusters() {
    let shared = shared();
    let later = start() + SignedDuration::from_hours(30);
    shared.with(|cluster| cluster.advance(later));
    let answer = ask(&shared, Method::GET, "/version", Vec::new()).await;
    assert_eq!(answer.headers()["date"], "Tue, 24 Nov 2026 16:00:00 GMT");
}

#[tokio::test]
async fn what_is_not_served_is_said_in_words() {
    let shared = shared();
    service(&shared, "a");
    for (method, path, code, what) in [
        (Method::GET, "/api/v1/secrets", 404, "/api/v1/secrets"),
        (
            Method::GET,
            "/apis/example.com",
            404,
            "the API group example.com",
        ),
        (Method::GET, "/apis/apps/v2", 404, "the API group apps/v2"),
        (
            Method::POST,
            "/api/v1/namespaces/shop/pods/a/exec",
            501,
            "exec of pods",
        ),
        (
            Method::POST,
            "/api/v1/namespaces/shop/pods/a/eviction",
            404,
            "eviction of pods",
        ),
        (
            Method::GET,
            "/api/v1/namespaces/shop/services/a/proxy/x",
            501,
            "proxy of services",
        ),
        (Method::GET, "/metrics", 404, "/metrics"),
    ] {
        let answer = ask(&shared, method, path, Vec::new()).await;
        assert_eq!(answer.status(), code, "{path}");
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .expect("a body");
        let status: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(
            (&status["kind"], &status["status"]),
            (&json!("Status"), &json!("Failure"))
        );
        let message = status["message"].as_str().expect("a message");
        assert!(
            message.starts_with(&format!("the demo does not serve {what}")),
            "{message}"
        );
    }
    for (method, path) in [
        (Method::PUT, "/api/v1/namespaces/shop/services/a/status"),
        (
            Method::DELETE,
            "/api/v1/namespaces/shop/services/a?dryRun=All",
        ),
    ] {
        let answer = ask(&shared, method, path, b"{}".to_vec()).await;
        assert!(answer.status().is_client_error(), "{path}");
    }
    assert_eq!(
        get(&shared, &format!("{SHOP}/services/a")).await.0,
        200,
        "it is still there"
    );
}

#[tokio::test]
async fn bodies_are_bounded() {
    let shared = shared();
    let answer = ask(
        &shared,
        Method::POST,
        &format!("{SHOP}/services"),
        vec![b' '; 4 << 20],
    )
    .await;
    assert_eq!(answer.status(), 413);
}
