//! A server whose links are counted by the day, by a job: it is told, and its counts become no rates.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use portolan::model::observation::{Observation, Span};
use portolan::model::source::SourceState;
use serde_json::json as value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::running::{DEPENDENCIES, Running, SERVICES, answer, json, quick};

/// Calls of a day.
const DAY: u64 = 46_800;

/// Twelve calls, all through the last seconds.
fn traces() -> ResponseTemplate {
    let now = Timestamp::now().as_microsecond();
    let trace = |n: i64| {
        // One every half second, at the same times whenever it is asked for.
        let at = (now / 500_000 - n) * 500_000;
        value!([{
            "traceId": format!("{at:016x}"), "id": format!("{at:016x}"), "kind": "CLIENT",
            "name": "get", "timestamp": at, "duration": 1_000,
            "localEndpoint": {"serviceName": "shop"},
            "remoteEndpoint": {"serviceName": if n % 2 == 0 { "stock" } else { "mail" }},
            "tags": if n % 4 == 0 { value!({"error": "500"}) } else { value!({}) },
        }])
    };
    json(value!((0..120).map(trace).collect::<Vec<_>>()).to_string())
}

/// A server with a day's count of one link in both windows, and with moving counts once it is told to.
async fn batch(moves: Arc<AtomicBool>) -> MockServer {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    let asked = AtomicU64::new(0);
    let links = move |_: &Request| {
        let n = asked.fetch_add(1, Ordering::Relaxed);
        let calls = if moves.load(Ordering::Relaxed) {
            n
        } else {
            DAY
        };
        json(value!([{"parent": "shop", "child": "stock", "callCount": calls}]).to_string())
    };
    Mock::given(path(DEPENDENCIES))
        .respond_with(links)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v2/traces"))
        .respond_with(|_: &Request| traces())
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_days_calls_are_no_rates_and_the_traces_stand_in_their_place() {
    let moves = Arc::new(AtomicBool::new(false));
    let server = batch(Arc::clone(&moves)).await;
    let mut settings = quick(&server.uri());
    settings.recent_ms = 1_000;
    let mut running = Running::start(Some(settings));
    // At first it is only doubted.
    let what = loop {
        let status = running.status("dependencies", "limited").await;
        let Some(SourceState::Limited { what }) = status.state else {
            panic!("{status:?}");
        };
        if !what.contains("contradict") {
            break what;
        }
    };
    assert!(what.contains("daily aggregates"), "{what}");
    assert!(what.contains("sampled traces"), "{what}");
    // From now on no day's count is told as a rate.
    for _ in 0..5 {
        let recent = running.links(Span::Recent).await;
        assert_eq!(recent.window_ms, 1_000);
        let calls: u64 = recent.links.iter().map(|link| link.calls).sum();
        assert!((1..=3).contains(&calls), "{recent:?}");
    }
    // The structure has the day's count, and what only traces tell.
    let mut long = running.links(Span::Long).await;
    while long.links.len() < 2 {
        long = running.links(Span::Long).await;
    }
    let count = |callee: &str| {
        let found = long.links.iter().find(|link| &*link.callee == callee);
        found.map(|link| link.calls)
    };
    assert_eq!(count("stock"), Some(DAY));
    assert!(count("mail").is_some_and(|calls| calls > 0 && calls < 100));
    // Another server takes its place, which counts at once.
    moves.store(true, Ordering::Relaxed);
    running.status("dependencies", "live").await;
    let recent = running.links(Span::Recent).await;
    assert_eq!(recent.links.len(), 1, "{recent:?}");
    running.stop().await;
}

#[tokio::test]
async fn without_traces_its_rates_are_no_data() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    let links = format!(r#"[{{"parent":"a","child":"b","callCount":{DAY}}}]"#);
    answer(&server, DEPENDENCIES, json(links)).await;
    answer(&server, "/api/v2/traces", ResponseTemplate::new(500)).await;
    let mut settings = quick(&server.uri());
    settings.recent_ms = 500;
    let mut running = Running::start(Some(settings));
    running
        .next("no rates", |said| match said {
            Observation::Uncounted { span, .. } if *span == Span::Recent => Some(()),
            _ => None,
        })
        .await;
    running.status("dependencies", "limited").await;
    running.stop().await;
}
