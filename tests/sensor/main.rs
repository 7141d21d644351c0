//! Sensors at work on a server of the test's own: what they read, and what their lines say of what they
//! cannot read. Waits are for what is said, and never for a time.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod running;
#[path = "../source/mod.rs"]
mod source;

use std::time::Duration;

use portolan::model::property::Value;
use portolan::model::source::SourceState;
use rstest::rstest;
use wiremock::matchers::{header_regex, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::running::{Running, Served, answer, number, page, sensor, settings, text};

#[tokio::test]
async fn a_number_is_read_and_its_line_turns_live() {
    let server = MockServer::start().await;
    answer(&server, text("42\n")).await;
    let mut one = number("queue", &format!("{}/depth?token=secret", server.uri()));
    one.interval = Duration::from_secs(5);
    let mut running = Running::start(settings(vec![one]));
    let loading = running.status("queue", "loading").await;
    assert_eq!(&*loading.key.source, "sensor");
    assert_eq!(loading.interval_ms, Some(5_000));
    // A query may hold what is secret.
    let address = format!("{}/depth", server.uri());
    assert_eq!(loading.address.as_deref(), Some(&*address));
    let readings = running.readings("queue").await;
    let [reading] = readings.readings.as_slice() else {
        panic!("{readings:?}");
    };
    assert_eq!(reading.property.value, Value::Number(42.0));
    assert_eq!(&*reading.property.name, "depth");
    assert_eq!(reading.subject.to_string(), "shop/Deployment/cart");
    running.status("queue", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn a_counter_has_a_rate_soon_even_where_the_interval_is_long() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(header_regex("accept", "^text/plain"))
        .respond_with(text("# TYPE e_total counter\ne_total 1\n"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    answer(&server, text("# TYPE e_total counter\ne_total 6\n")).await;
    let mut one = page("errors", &server.uri(), "e_total");
    one.interval = Duration::from_secs(3_600);
    let mut running = Running::start(settings(vec![one]));
    let readings = running.readings("errors").await;
    let [reading] = readings.readings.as_slice() else {
        panic!("{readings:?}");
    };
    let window = reading.property.window_ms.expect("it is an average");
    let Value::Number(rate) = reading.property.value else {
        panic!("{reading:?}");
    };
    // Five more in that time.
    let seconds = Duration::from_millis(window).as_secs_f64();
    assert!((rate * seconds - 5.0).abs() < 1e-9, "{reading:?}");
    running.status("errors", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn a_line_is_live_only_once_the_rates_are_there_too() {
    let server = MockServer::start().await;
    let both = "# TYPE e_total counter\ne_total 1\nheap_bytes 2\n";
    answer(&server, text(both)).await;
    let rest = "format = 'prometheus'\nmetrics = ['e_total', 'heap_bytes']";
    let mut one = sensor("both", &server.uri(), rest);
    one.interval = Duration::from_secs(3_600);
    let mut running = Running::start(settings(vec![one]));
    let first = running.readings("both").await;
    assert_eq!(first.readings.len(), 1, "{first:?}");
    // And not live in between.
    let loading = running.next_status("both").await;
    assert_eq!(loading.state, Some(SourceState::Loading { seen: 1 }));
    let second = running.readings("both").await;
    assert_eq!(second.readings.len(), 2, "{second:?}");
    running.status("both", "live").await;
    running.stop().await;
}

#[rstest]
#[case::not_found(ResponseTemplate::new(404), "answered 404 (not found): check the path")]
#[case::refused(
    ResponseTemplate::new(401),
    "answered 401: a sensor has no credentials"
)]
#[case::broken(ResponseTemplate::new(500).set_body_string("oh\x1b[31m no"), "answered 500 Internal Server Error: oh no; see the log")]
#[case::html(text("<html>hello"), "answered \"<html>hello\", which is no number")]
#[case::empty(text(""), "answered nothing")]
#[case::too_large(text(&"1".repeat(1_000_001)), "answered more than 1000 kB")]
#[case::elsewhere(
    ResponseTemplate::new(302).insert_header("location", "http://user:secret@elsewhere.example/n?token=secret"),
    "answered with a redirect to http://elsewhere.example/n, which is not followed"
)]
#[case::silent(text("1").set_delay(Duration::from_secs(600)), "no answer within 0.2 s")]
#[tokio::test]
async fn what_cannot_be_read_is_one_line_with_what_to_do(
    #[case] template: ResponseTemplate,
    #[case] says: &str,
) {
    let server = MockServer::start().await;
    answer(&server, template).await;
    let mut settings = settings(vec![number("n", &server.uri())]);
    settings.timeout = Duration::from_millis(if says.contains("0.2 s") { 200 } else { 30_000 });
    let mut running = Running::start(settings);
    let line = running.trouble("n", "failed").await;
    assert!(line.contains(says), "{line}");
    assert!(!line.contains("secret") && !line.contains('\n'), "{line}");
    assert!(line.chars().count() < 300, "{line}");
    running.stop().await;
}

#[tokio::test]
async fn a_page_of_something_else_is_told_and_so_is_a_metric_that_is_not_there() {
    let server = MockServer::start().await;
    let served = Served::on(&server, text("{\"status\": \"up\"}")).await;
    let mut running = Running::start(settings(vec![page("p", &server.uri(), "heap_bytes")]));
    let line = running.trouble("p", "failed").await;
    assert!(line.contains("not the text format of Prometheus"), "{line}");
    served.now(text("heap_byte 1"));
    let missing = "there is no metric heap_bytes there: it has heap_byte; check its name";
    running.trouble_that("p", |line| line == missing).await;
    served.now(text("heap_bytes 1"));
    running.status("p", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn a_redirect_on_the_same_host_is_followed() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(301).insert_header("location", "/there");
    Mock::given(path("/here"))
        .respond_with(moved)
        .mount(&server)
        .await;
    Mock::given(path("/there"))
        .respond_with(text("3"))
        .mount(&server)
        .await;
    let mut running = Running::start(settings(vec![number(
        "n",
        &format!("{}/here", server.uri()),
    )]));
    running.status("n", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn what_was_read_stays_for_a_while_then_goes_and_comes_back() {
    let server = MockServer::start().await;
    let served = Served::on(&server, text("1")).await;
    let mut settings = settings(vec![number("n", &server.uri())]);
    settings.kept = Duration::from_millis(300);
    let mut running = Running::start(settings);
    running.readings("n").await;
    served.now(ResponseTemplate::new(503));
    let stale = running.trouble("n", "stale").await;
    assert!(
        stale.contains("503") && !stale.contains("no data"),
        "{stale}"
    );
    running.unread("n").await;
    running
        .trouble_that("n", |line| {
            line.ends_with("what it measures is no data until then")
        })
        .await;
    served.now(text("2"));
    running.retry();
    let readings = running.readings("n").await;
    assert_eq!(readings.readings[0].property.value, Value::Number(2.0));
    running.status("n", "live").await;
    running.stop().await;
}

#[tokio::test]
async fn a_rate_does_not_reach_back_over_what_was_no_data() {
    let server = MockServer::start().await;
    let counter = |n: u32| text(&format!("# TYPE e_total counter\ne_total {n}\n"));
    let served = Served::on(&server, counter(1)).await;
    let mut settings = settings(vec![page("p", &server.uri(), "e_total")]);
    settings.kept = Duration::from_millis(300);
    let mut running = Running::start(settings);
    running.status("p", "live").await;
    served.now(ResponseTemplate::new(503));
    running.unread("p").await;
    served.now(counter(1_000));
    // It begins anew, and what grew meanwhile is of no time that is known.
    running.status("p", "loading").await;
    let readings = running.readings("p").await;
    assert_eq!(readings.readings[0].property.value, Value::Number(0.0));
    running.stop().await;
}

#[tokio::test]
async fn a_metric_that_is_gone_takes_its_value_with_it_at_once() {
    let server = MockServer::start().await;
    let served = Served::on(&server, text("heap_bytes 1")).await;
    let mut running = Running::start(settings(vec![page("p", &server.uri(), "heap_bytes")]));
    running.readings("p").await;
    served.now(text("other 1"));
    // Far sooner than it would be too old.
    running.unread("p").await;
    running.trouble("p", "stale").await;
    running.stop().await;
}

#[tokio::test]
async fn one_that_is_switched_off_takes_back_what_it_read_and_comes_back() {
    let server = MockServer::start().await;
    let served = Served::on(&server, text("1")).await;
    let settings = settings(vec![number("n", &server.uri())]);
    let switches = settings.switches();
    let mut running = Running::start(settings);
    running.status("n", "live").await;
    switches.turn(&"n".into(), false);
    running.unread("n").await;
    let off = running.status("n", "off").await;
    assert_eq!(
        off.state,
        Some(SourceState::Off {
            hint: "switched off; :sensor n on reads it again".into()
        })
    );
    served.now(text("5"));
    switches.turn(&"n".into(), true);
    running.status("n", "loading").await;
    let readings = running.readings("n").await;
    assert_eq!(readings.readings[0].property.value, Value::Number(5.0));
    running.stop().await;
}

#[tokio::test]
async fn one_that_is_switched_off_while_it_asks_says_nothing_of_the_answer() {
    let server = MockServer::start().await;
    answer(&server, text("1").set_delay(Duration::from_secs(600))).await;
    let settings = settings(vec![number("n", &server.uri())]);
    let switches = settings.switches();
    let mut running = Running::start(settings);
    running.status("n", "loading").await;
    switches.turn(&"n".into(), false);
    // At once, and not when the time for an answer is over.
    running.status("n", "off").await;
    running.stop().await;
}

#[tokio::test]
async fn one_that_is_silent_does_not_hold_up_the_others_and_one_that_is_off_does_not_begin() {
    let server = MockServer::start().await;
    Mock::given(path("/silent"))
        .respond_with(text("1").set_delay(Duration::from_secs(600)))
        .mount(&server)
        .await;
    Mock::given(path("/well"))
        .respond_with(text("1"))
        .mount(&server)
        .await;
    let at = |name: &str| number(name, &format!("{}/{name}", server.uri()));
    let mut resting = at("resting");
    resting.on = false;
    let settings = settings(vec![at("silent"), at("well"), resting]);
    let switches = settings.switches();
    let mut running = Running::start(settings);
    running.status("resting", "off").await;
    // Neither a new try nor another one's switch wakes it.
    running.retry();
    switches.turn(&"other".into(), false);
    running.status("resting", "off").await;
    for _ in 0..3 {
        running.readings("well").await;
    }
    let asked = server.received_requests().await.expect("they are kept");
    assert!(asked.iter().all(|request| request.url.path() != "/resting"));
    running.stop().await;
}

#[tokio::test]
async fn where_nothing_listens_it_says_what_to_look_at() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let mut running = Running::start(settings(vec![sensor(
        "n",
        &format!("http://{address}/"),
        "format = 'number'\nproperty = 'depth'",
    )]));
    let line = running.trouble("n", "failed").await;
    assert!(line.starts_with("cannot connect: "), "{line}");
    assert!(
        line.contains("check the address, and that the server runs"),
        "{line}"
    );
    running.stop().await;
}
