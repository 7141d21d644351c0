//! Every answer that its status lines must tell apart.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use portolan::model::observation::{NamespaceChoice, Observation, Span};
use portolan::model::source::{SourceState, SourceStatus};
use portolan::model::text::NAME_LIMIT;
use portolan::sources::zipkin::Zipkin;
use portolan::sources::{CHANNEL_LIMIT, Control, Outlet, Source};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::running::{
    DEPENDENCIES, InTurn, PATIENCE, Running, SERVICES, answer, cause, complaint_about, json, link,
    quick, server_with,
};

#[tokio::test]
async fn without_a_server_it_is_off_and_says_how_to_switch_it_on() {
    let mut running = Running::start(None);
    let status = running.status("dependencies", "off").await;
    assert_eq!(
        status.state,
        Some(SourceState::Off {
            hint: "no tracing server: start with --zipkin http://host:9411".into()
        })
    );
    assert!(!running.task.is_finished());
    running.stop().await;
}

#[tokio::test]
async fn both_windows_and_the_names_are_told_and_the_lines_turn_live() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json(r#"["cart","web"]"#)).await;
    for (lookback, body) in [
        (
            "60000",
            r#"[{"parent":"web","child":"cart","callCount":6,"errorCount":2},{"parent":"web","child":"web","callCount":1}]"#,
        ),
        (
            "86400000",
            r#"[{"parent":"web","child":"cart","callCount":900},{"parent":"cart","child":"db","callCount":5}]"#,
        ),
    ] {
        Mock::given(path(DEPENDENCIES))
            .and(query_param("lookback", lookback))
            .respond_with(json(body))
            .mount(&server)
            .await;
    }
    let mut running = Running::start(Some(quick(&server.uri())));

    let loading = running.status("dependencies", "loading").await;
    assert_eq!(loading.address.as_deref(), Some(&*server.uri()));
    assert_eq!(loading.interval_ms, Some(20));
    assert_eq!(&*loading.key.source, "zipkin");
    assert_eq!(loading.key.namespace, None);
    assert_eq!(running.names().await, ["cart", "web"]);
    let services = running.status("services", "live").await;
    assert_eq!(services.interval_ms, Some(50));

    // Structure first.
    let long = running.links(Span::Long).await;
    assert_eq!(long.window_ms, 86_400_000);
    assert_eq!(
        long.links,
        [link("cart", "db", 5, 0), link("web", "cart", 900, 0)]
    );
    let recent = running.links(Span::Recent).await;
    assert_eq!((&*recent.source, recent.window_ms), ("zipkin", 60_000));
    assert_eq!(
        recent.links,
        [link("web", "cart", 6, 2), link("web", "web", 1, 0)]
    );

    let live = running.status("dependencies", "live").await;
    let skew = live.skew_ms.expect("the server sends a date");
    assert!(skew.abs() < 5_000, "{skew}");
    let next = running.status("dependencies", "live").await;
    assert!(next.at > live.at, "a live line is refreshed");
    running.stop().await;
}

#[tokio::test]
async fn an_empty_answer_is_live() {
    let server = server_with(json("[]")).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    assert_eq!(running.links(Span::Recent).await.links, []);
    running.status("dependencies", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn windows_end_by_the_servers_clock() {
    let offset = jiff::SignedDuration::from_hours(2);
    let server = MockServer::start().await;
    let dated = move |_: &Request| {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&(Timestamp::now() + offset))
            .expect("a date");
        json("[]").insert_header("date", &*date)
    };
    Mock::given(method("GET"))
        .respond_with(dated)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    // The very first window already: the names, asked for before, have told the clock.
    let ends = running.links(Span::Long).await.ends;
    let expected = Timestamp::now() + offset - jiff::SignedDuration::from_secs(3);
    let off = ends.duration_since(expected).abs();
    assert!(off < jiff::SignedDuration::from_secs(20), "{off:?}");
    let skew = running
        .status("dependencies", "live")
        .await
        .skew_ms
        .expect("a skew");
    assert!((skew - 7_200_000).abs() < 20_000, "{skew}");
    running.stop().await;

    let requests = server.received_requests().await.expect("recorded");
    let asked = requests
        .iter()
        .find(|request| request.url.path() == DEPENDENCIES)
        .expect("asked");
    let end = asked
        .url
        .query_pairs()
        .find(|(name, _)| name == "endTs")
        .expect("endTs");
    assert_eq!(end.1, ends.as_millisecond().to_string());
}

#[tokio::test]
async fn pages_for_people_are_told_from_the_api() {
    let line = complaint_about(
        ResponseTemplate::new(200).set_body_raw("<!doctype html><title>x", "text/html"),
    )
    .await;
    assert!(
        line.contains("answered HTML: is this a Zipkin server?"),
        "{line}"
    );
    assert!(line.contains("/api/v2"), "{line}");
    // Not every server says that it sends HTML.
    let line = complaint_about(json(" \n<html>")).await;
    assert!(line.contains("answered HTML"), "{line}");
}

#[tokio::test]
async fn useless_answers_say_what_was_received() {
    for (template, says) in [
        (
            ResponseTemplate::new(500).set_body_string("boom\u{1b}[2J"),
            "answered 500 Internal Server Error: boom;",
        ),
        (
            ResponseTemplate::new(400).set_body_string("endTs <= 0"),
            "answered 400 Bad Request: endTs <= 0;",
        ),
        (ResponseTemplate::new(404), "answered 404"),
        (ResponseTemplate::new(204), "ends early, after 0 bytes"),
        (
            json(r#"[{"parent":"a","child":"b","callCou"#),
            "ends early, after 35 bytes",
        ),
        (
            json(r#"[{"parent":"a","child":"b","callCount":"many"}]"#),
            "another shape",
        ),
        (json(r#"{"links":[]}"#), "another shape"),
        (json("OK"), "not JSON"),
        (
            ResponseTemplate::new(302)
                .insert_header("location", "http://login.invalid/?token=secret"),
            "redirect to http://login.invalid/, which",
        ),
    ] {
        let line = complaint_about(template).await;
        assert!(line.contains(says), "{line}");
        assert!(
            !line.contains("secret") && !line.contains('\u{1b}'),
            "{line}"
        );
    }
}

#[tokio::test]
async fn too_much_is_not_read() {
    let mut body = vec![b' '; 33 * 1024 * 1024];
    body.extend_from_slice(b"[]");
    let line = complaint_about(json(body)).await;
    assert!(line.contains("more than 32 MB"), "{line}");
}

#[tokio::test]
async fn nobody_there_is_told_for_both_parts_at_once() {
    // A port that was free a moment ago; a mock server's would stay open, for these are pooled.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", free.local_addr().expect("bound"));
    drop(free);
    let mut running = Running::start(Some(quick(&address)));
    let line = running.failed("dependencies").await;
    assert!(
        line.contains("cannot connect: ") && line.contains("refused"),
        "{line}"
    );
    assert!(running.failed("services").await.contains("cannot connect"));
    running.stop().await;
}

#[tokio::test]
async fn tls_where_none_is_spoken_is_told() {
    let server = server_with(json("[]")).await;
    let address = server.uri().replace("http://", "https://");
    let mut running = Running::start(Some(quick(&address)));
    let line = running.failed("dependencies").await;
    assert!(line.contains("try http:// instead of https://"), "{line}");
    running.stop().await;
}

#[tokio::test]
async fn a_slow_server_is_told_and_stopping_does_not_wait_for_it() {
    let server = server_with(json("[]").set_delay(Duration::from_secs(600))).await;
    let mut settings = quick(&server.uri());
    settings.timeout = Duration::from_millis(300);
    let mut running = Running::start(Some(settings));
    let line = running.failed("dependencies").await;
    assert!(line.contains("no answer within 0.3 s"), "{line}");
    running.stop().await;

    let mut running = Running::start(Some(quick(&server.uri())));
    running.status("services", "live").await;
    let begun = Instant::now();
    running.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_slow_long_window_does_not_take_the_short_one_along() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    Mock::given(path(DEPENDENCIES))
        .and(query_param("lookback", "86400000"))
        .respond_with(json("[]").set_delay(Duration::from_secs(600)))
        .mount(&server)
        .await;
    answer(
        &server,
        DEPENDENCIES,
        json(r#"[{"parent":"a","child":"b","callCount":1}]"#),
    )
    .await;
    let mut settings = quick(&server.uri());
    settings.timeout = Duration::from_millis(300);
    settings.long_interval = Duration::from_secs(600);
    let mut running = Running::start(Some(settings));
    for _ in 0..3 {
        assert_eq!(running.links(Span::Recent).await.links.len(), 1);
    }
    let line = cause(&running.status("dependencies", "stale").await);
    assert!(
        line.starts_with("the long window: no answer within"),
        "{line}"
    );
    running.stop().await;
}

/// Mounts answers in turn for the window of 24 hours.
async fn answer_long(server: &MockServer, templates: Vec<ResponseTemplate>) {
    Mock::given(path(DEPENDENCIES))
        .and(query_param("lookback", "86400000"))
        .respond_with(InTurn::new(templates))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_long_window_that_is_too_much_is_not_asked_for_again_and_again() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    answer_long(&server, vec![ResponseTemplate::new(500)]).await;
    answer(&server, DEPENDENCIES, json("[]")).await;
    let mut settings = quick(&server.uri());
    settings.interval = Duration::from_millis(200);
    settings.long_interval = Duration::from_secs(600);
    let mut running = Running::start(Some(settings));
    // Longer than the first pause after an ordinary failure.
    for _ in 0..10 {
        running.links(Span::Recent).await;
    }
    running.stop().await;
    let requests = server.received_requests().await.expect("recorded");
    let long = requests.iter().filter(|request| {
        let query = request.url.query().unwrap_or_default();
        query.ends_with("lookback=86400000")
    });
    assert_eq!(long.count(), 1);
}

#[tokio::test]
async fn the_long_window_follows_at_once_when_the_server_is_back() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    answer_long(&server, vec![ResponseTemplate::new(503), json("[]")]).await;
    Mock::given(path(DEPENDENCIES))
        .respond_with(InTurn::new(vec![ResponseTemplate::new(503), json("[]")]))
        .mount(&server)
        .await;
    let mut settings = quick(&server.uri());
    settings.long_interval = Duration::from_secs(600);
    let mut running = Running::start(Some(settings));
    running.links(Span::Long).await;
    running.status("dependencies", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn after_a_failure_it_is_stale_and_then_live_again() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    Mock::given(path(DEPENDENCIES))
        .respond_with(InTurn::new(vec![
            json("[]"),
            json("[]"),
            ResponseTemplate::new(500),
            ResponseTemplate::new(503),
            json("[]"),
        ]))
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let live = running.status("dependencies", "live").await;
    let stale = running.status("dependencies", "stale").await;
    assert!(cause(&stale).contains("answered 500"), "{stale:?}");
    let Some(SourceState::Stale { since, .. }) = stale.state else {
        panic!("not stale");
    };
    // As old as the last answer, not as the failure.
    assert!(live.at <= since && since < stale.at, "{since} {stale:?}");
    running.status("dependencies", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn a_failure_that_lasts_keeps_its_beginning() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    Mock::given(path(DEPENDENCIES))
        .respond_with(InTurn::new(vec![
            json("[]"),
            json("[]"),
            ResponseTemplate::new(500),
        ]))
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let first = running.status("dependencies", "stale").await;
    running.retry();
    let second = running.status("dependencies", "stale").await;
    assert!(second.at > first.at);
    let since = |status: &SourceStatus| match status.state {
        Some(SourceState::Stale { since, .. }) => since,
        _ => panic!("not stale"),
    };
    assert_eq!(since(&first), since(&second));
    running.stop().await;
}

#[tokio::test]
async fn a_retry_ends_the_pause() {
    let server = server_with(ResponseTemplate::new(500)).await;
    let mut settings = quick(&server.uri());
    settings.interval = Duration::from_secs(600);
    settings.long_interval = Duration::from_secs(600);
    let mut running = Running::start(Some(settings));
    running.failed("dependencies").await;
    running.failed("dependencies").await;
    // Left alone, six rounds would take 1 + 2 + 5 + 5 + 5 + 5 s.
    let begun = Instant::now();
    for _ in 0..6 {
        running.retry();
        running.status("services", "live").await;
        running.failed("dependencies").await;
        running.failed("dependencies").await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    running.stop().await;
}

#[tokio::test]
async fn it_ends_when_nobody_listens() {
    let server = server_with(json("[]")).await;
    let Running {
        heard,
        task,
        stop,
        retry,
        ..
    } = Running::start(Some(quick(&server.uri())));
    drop(heard);
    tokio::time::timeout(PATIENCE, task)
        .await
        .expect("ends")
        .expect("no panic");
    assert!(!stop.is_cancelled() && *retry.borrow() == 0);
}

#[tokio::test]
async fn it_goes_on_when_nobody_can_retry_any_more() {
    let server = server_with(json("[]")).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    drop(std::mem::replace(&mut running.retry, watch::channel(0).0));
    for _ in 0..5 {
        running.links(Span::Recent).await;
    }
    let asked = server.received_requests().await.expect("recorded").len();
    assert!(asked < 200, "{asked} questions: it does not pause");
    running.stop().await;
}

#[tokio::test]
async fn names_from_outside_are_made_harmless() {
    let long = "x".repeat(10_000);
    let links = format!(
        r#"[{{"parent":"a\u001b]0;title\u0007\u202eb","child":"{long}","callCount":1}},{{"parent":"","child":"b","callCount":1}}]"#
    );
    let server = MockServer::start().await;
    answer(
        &server,
        SERVICES,
        json(format!(r#"["\u001b[31mred","{long}","\u0000"]"#)),
    )
    .await;
    answer(&server, DEPENDENCIES, json(links)).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let names = running.names().await;
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], "red");
    assert_eq!(names[1].chars().count(), NAME_LIMIT);
    let links = running.links(Span::Recent).await.links;
    assert_eq!(links.len(), 1);
    assert_eq!(&*links[0].caller, "ab");
    assert_eq!(links[0].callee.chars().count(), NAME_LIMIT);
    running.stop().await;
}

#[tokio::test]
async fn credentials_are_sent_and_not_shown() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Basic dXNlcjpwQHNz"))
        .respond_with(json("[]"))
        .mount(&server)
        .await;
    let with = server.uri().replace("http://", "http://user:p%40ss@");
    let mut running = Running::start(Some(quick(&with)));
    let live = running.status("dependencies", "live").await;
    assert_eq!(live.address.as_deref(), Some(&*server.uri()));
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_refuses_is_forbidden() {
    let server = server_with(ResponseTemplate::new(401)).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let line = cause(&running.status("dependencies", "forbidden").await);
    assert!(line.contains("answered 401: give credentials"), "{line}");
    running.stop().await;
}

#[tokio::test]
async fn the_api_is_found_below_the_user_interface_and_remembered() {
    let server = MockServer::start().await;
    answer(&server, "/zipkin/api/v2/services", json("[]")).await;
    answer(&server, "/zipkin/api/v2/dependencies", json("[]")).await;
    Mock::given(path(SERVICES))
        .respond_with(ResponseTemplate::new(404))
        .expect(1)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    for _ in 0..3 {
        running.names().await;
    }
    running.status("dependencies", "live").await;
    running.stop().await;
    server.verify().await;
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed() {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    answer(&server, "/moved", json("[]")).await;
    answer(
        &server,
        DEPENDENCIES,
        ResponseTemplate::new(307).insert_header("location", "/moved"),
    )
    .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    running.status("dependencies", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn it_stops_while_it_waits_for_a_busy_loop() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = server_with(json("[]")).await;
    let (outlet, _unread) = Outlet::new();
    for _ in 0..CHANNEL_LIMIT {
        let names = Observation::Names {
            source: "test".into(),
            names: Vec::new(),
        };
        outlet.send(vec![names]).await.expect("room");
    }
    let stop = CancellationToken::new();
    let control = Control {
        namespaces: watch::channel(NamespaceChoice::All).1,
        retry: watch::channel(0).1,
        stop: stop.clone(),
    };
    let task = tokio::spawn(Box::new(Zipkin::new(Some(quick(&server.uri())))).run(outlet, control));
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    stop.cancel();
    tokio::time::timeout(PATIENCE, task)
        .await
        .expect("stops")
        .expect("no panic");
}
