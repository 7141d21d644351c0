//! Traces as a sample: what becomes of them, how few of them are asked for, and what is said of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use portolan::model::observation::{Observation, Span};
use serde_json::json as value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::running::{DEPENDENCIES, Running, SERVICES, answer, json, quick, server_with};

const TRACES: &str = "/api/v2/traces";

/// A trace of one call, that took so many µs.
fn trace(id: usize, us: u64) -> serde_json::Value {
    // A window ends a little before now.
    let now = Timestamp::now().as_microsecond() - 10_000_000;
    let span = |kind: &str, service: &str, shared: bool| {
        value!({
            "traceId": format!("{id:016x}"), "id": format!("{id:016x}"), "kind": kind,
            "name": "get /items/{id}", "timestamp": now, "duration": us, "shared": shared,
            "localEndpoint": {"serviceName": service},
            "tags": {"http.method": "GET", "http.path": "/items/77?token=geheim"},
        })
    };
    value!([span("CLIENT", "shop", false), span("SERVER", "stock", true)])
}

#[tokio::test]
async fn traces_become_operations_with_their_users() {
    let server = server_with(json("[]")).await;
    let traces: Vec<_> = (1..=3).map(|n| trace(n, n as u64 * 1_000)).collect();
    answer(&server, TRACES, json(value!(traces).to_string())).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    for _ in 0..2 {
        // The second answer tells the same traces, and each counts once.
        let uses = running.uses().await;
        assert_eq!((uses.traces, uses.is_sample), (3, false));
        let [stock] = uses.uses.as_slice() else {
            panic!("{uses:?}");
        };
        assert_eq!(stock.caller.as_deref(), Some("shop"));
        assert_eq!(
            (&*stock.callee, &*stock.operation),
            ("stock", "GET /items/{id}")
        );
        assert_eq!(
            (stock.tally.calls, stock.tally.latency.max_us()),
            (3, Some(3_000))
        );
    }
    running.status("traces", "live").await;
    running.stop().await;
}

/// More than is asked for is a part; answers that are too large are asked for in smaller ones.
#[tokio::test]
async fn large_answers_are_asked_for_in_smaller_parts() {
    let server = server_with(json("[]")).await;
    let asked = Arc::new(AtomicUsize::new(usize::MAX));
    let seen = Arc::clone(&asked);
    let some = move |request: &Request| {
        let limit = request.url.query_pairs().find(|(key, _)| key == "limit");
        let limit: usize = limit.expect("a limit").1.parse().expect("a number");
        seen.fetch_min(limit, Ordering::Relaxed);
        if limit > 20 {
            return json(vec![b' '; 9 * 1024 * 1024]);
        }
        let traces: Vec<_> = (1..=limit).map(|n| trace(n, 1_000)).collect();
        json(value!(traces).to_string())
    };
    Mock::given(method("GET"))
        .and(path(TRACES))
        .respond_with(some)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let uses = running.uses().await;
    assert!(uses.is_sample, "{uses:?}");
    assert!(asked.load(Ordering::Relaxed) <= 20);
    running.stop().await;
}

/// What the links say does not hang on the traces.
#[tokio::test]
async fn a_server_without_traces_is_no_server_without_links() {
    let server = server_with(json(r#"[{"parent":"a","child":"b","callCount":1}]"#)).await;
    answer(
        &server,
        TRACES,
        ResponseTemplate::new(500).set_body_string("no"),
    )
    .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    assert_eq!(running.links(Span::Recent).await.links.len(), 1);
    running.status("dependencies", "live").await;
    assert!(running.failed("traces").await.contains("500"));
    running.stop().await;
}

/// The server's clock is wrong, and those who report spans have the right one.
#[tokio::test]
async fn spans_whose_time_is_right_are_found_behind_a_clock_that_is_wrong() {
    let server = MockServer::start().await;
    let offset = SignedDuration::from_hours(2);
    let dated = move |body: &str| {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&(Timestamp::now() + offset))
            .expect("a date");
        json(body).insert_header("date", &*date)
    };
    let links = move |request: &Request| {
        let end = request.url.query_pairs().find(|(key, _)| key == "endTs");
        let end: i64 = end.expect("an end").1.parse().expect("a number");
        let off = Timestamp::now().as_millisecond() - end;
        let is_now = off.abs() < 60_000;
        dated(if is_now {
            r#"[{"parent":"a","child":"b","callCount":4}]"#
        } else {
            "[]"
        })
    };
    Mock::given(path(SERVICES))
        .respond_with(move |_: &Request| dated("[]"))
        .mount(&server)
        .await;
    Mock::given(path(DEPENDENCIES))
        .respond_with(links)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let found = running
        .next("links", |said| match said {
            Observation::Links(links) if links.span == Span::Recent => Some(links.clone()),
            _ => None,
        })
        .await;
    assert_eq!(found.links.len(), 1);
    let off = found.ends.duration_since(Timestamp::now()).abs();
    assert!(off < SignedDuration::from_secs(30), "{off:?}");
    running.stop().await;
}
