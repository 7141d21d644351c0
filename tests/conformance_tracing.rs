//! The simulated tracing server against the suite that the real one passes as well
//! (`tests/tracing_testbed.rs`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use portolan::demo::tracing::http::{Clock, router};
use portolan::demo::tracing::store::Store;
use reqwest::Method;
use serde_json::{Value, json};

#[macro_use]
mod tracing_conformance;

use tracing_conformance::{
    Scope, Target, call, calls, links, questions, reports, search, soup, waterfalls,
};

/// A simulated server on a port of its own, until the test ends.
async fn simulated(store: Store, clock: Clock) -> Target {
    let router = router(Arc::new(Mutex::new(store)), clock);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Target::new(&url)
}

macro_rules! against_the_simulated_server {
    ($($module:ident::$case:ident,)*) => {$(
        #[tokio::test]
        async fn $case() {
            let target = simulated(Store::default(), Arc::new(Timestamp::now)).await;
            $module::$case(&target).await;
        }
    )*};
}
for_each_case!(against_the_simulated_server);

#[tokio::test]
async fn two_servers_with_the_same_spans_answer_the_same() {
    let a = simulated(Store::default(), Arc::new(Timestamp::now)).await;
    let b = simulated(Store::default(), Arc::new(Timestamp::now)).await;
    for seed in 0..4 {
        soup::both_answer_the_same(&a, &b, seed).await;
    }
}

#[tokio::test]
async fn the_clock_is_the_simulations() {
    let now: Timestamp = "2001-02-03T04:05:06.7Z".parse().expect("a time");
    let target = simulated(Store::default(), Arc::new(move || now)).await;
    let answer = target
        .request(Method::GET, "/health")
        .send()
        .await
        .expect("an answer");
    let date = answer.headers()["date"].to_str().expect("a text");
    assert_eq!(date, "Sat, 03 Feb 2001 04:05:06 GMT");

    let scope = Scope::new();
    let span = |id: &str, at: i64| json!({"traceId": id, "id": "1", "timestamp": at});
    let spans = [
        span("a", now.as_microsecond()),
        span("b", now.as_microsecond() + 1_000_000),
    ];
    target.report(&scope, &spans).await;
    let found = target.json("/api/v2/traces").await;
    assert_eq!(
        found,
        json!([[{
            "traceId": "000000000000000a", "id": "0000000000000001", "timestamp": now.as_microsecond(),
        }]])
    );
}

#[tokio::test]
async fn the_oldest_traces_go_whole_when_there_are_too_many_spans() {
    let target = simulated(Store::new(10), Arc::new(Timestamp::now)).await;
    let scope = Scope::new();
    let traces: Vec<String> = (0..5).map(|_| scope.next_trace()).collect();
    for (at, trace) in traces.iter().enumerate() {
        // Each report brings its mark as well, which has no time and therefore goes first.
        let service = format!("s{at}");
        let at = 1_000 * i64::try_from(at).expect("small");
        target
            .report(&scope, &call(&scope, trace, &service, "app", at))
            .await;
    }
    let held = async |trace: &str| target.get(&format!("/api/v2/trace/{trace}")).await.status;
    for (trace, status) in traces.iter().zip([404, 200, 200, 200, 200]) {
        assert_eq!(held(trace).await, status, "{trace}");
    }
    let services = target.json("/api/v2/services").await;
    let expected = ["app", "s1", "s2", "s3", "s4"].map(|name| scope.name(name));
    assert_eq!(services, json!(expected));
}

#[tokio::test]
async fn what_the_demo_does_not_do_it_says() {
    let target = simulated(Store::default(), Arc::new(Timestamp::now)).await;
    for path in ["/", "/zipkin", "/zipkin/"] {
        let answer = target.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer
                .body
                .as_str()
                .is_some_and(|text| text.contains("Zipkin's own page is not served"))
        );
    }
    let answer = target.get("/api/v1/services").await;
    let text = answer.body.as_str().unwrap_or_default();
    assert!(
        text.contains("the demo does not serve GET /api/v1/services"),
        "{text}"
    );

    let protobuf = target
        .request(Method::POST, "/api/v2/spans")
        .header("content-type", "application/x-protobuf")
        .body(b"\n\x02\n\x00".to_vec());
    let answer = target.send(protobuf).await;
    assert_eq!(answer.status, 415);
    assert!(
        answer
            .body
            .as_str()
            .is_some_and(|text| text.contains("send application/json"))
    );
}

#[tokio::test]
async fn too_large_a_report_is_refused() {
    let target = simulated(Store::default(), Arc::new(Timestamp::now)).await;
    let large = " ".repeat(10 * 1024 * 1024 + 1);
    let mut gzipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzipped, large.as_bytes()).expect("memory");
    let gzipped = gzipped.finish().expect("memory");
    let post = || target.request(Method::POST, "/api/v2/spans");
    for request in [
        post().body(large),
        post().header("content-encoding", "gzip").body(gzipped),
    ] {
        let answer = target.send(request).await;
        assert_eq!(
            (answer.status, answer.body),
            (413, Value::from("413 Request Entity Too Large"))
        );
    }
}
