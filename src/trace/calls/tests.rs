use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::trace::call::Exception;
use crate::trace::endpoint::Endpoint;
use crate::trace::id::{SpanId, TraceId};

/// `id parent kind service remote tags…`: dashes for what is not there, `@` before an address. Each begins 10 µs after the one
/// before, and takes as long as its tag `us` says.
fn spans(lines: &[&str]) -> Vec<Span> {
    let side = |word: &str| match word.strip_prefix('@') {
        Some(ip) => Some(Arc::new(Endpoint::default().at(ip))),
        None => (word != "-").then(|| Arc::new(Endpoint::named(word))),
    };
    let span = |(at, line): (usize, &&str)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut span = Span::new(TraceId::new(0, 7), SpanId::parse(words[0]).unwrap());
        span.parent_id = (words[1] != "-").then(|| SpanId::parse(words[1]).unwrap());
        span.kind = match words[2] {
            "client" => Some(Kind::Client),
            "server" | "shared" => Some(Kind::Server),
            "producer" => Some(Kind::Producer),
            "consumer" => Some(Kind::Consumer),
            _ => None,
        };
        span.shared = words[2] == "shared";
        (span.local_endpoint, span.remote_endpoint) = (side(words[3]), side(words[4]));
        span.timestamp = 10 * (i64::try_from(at).unwrap() + 1);
        for (key, value) in words.iter().skip(5).map(|tag| tag.split_once('=').unwrap()) {
            match key {
                "us" => span.duration = value.parse().unwrap(),
                _ => span.tags.put(key, value),
            }
        }
        span.normalised()
    };
    lines.iter().enumerate().map(span).collect()
}

fn calls(lines: &[&str]) -> Vec<Call> {
    let spans = spans(lines);
    calls_of(&spans.iter().collect::<Vec<_>>())
}

fn only(lines: &[&str]) -> Call {
    let mut calls = calls(lines);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    calls.remove(0)
}

#[test]
fn a_call_is_told_whole() {
    let call = only(&[
        "1 - client web - us=900 http.method=GET",
        "2 1 server app - us=700 http.method=GET http.route=/orders/{id} http.status_code=503 error=Oops",
    ]);
    let expected = Call {
        trace: TraceId::new(0, 7),
        span: Some(SpanId::new(2)),
        caller: Some("web".into()),
        callee: "app".into(),
        is_by_address: false,
        sort: Sort::Service,
        operation: Some(Operation {
            protocol: Protocol::Http,
            name: "GET /orders/{id}".into(),
        }),
        timestamp: 20,
        duration: Some(700),
        failed: true,
        is_unanswered: false,
        is_5xx: true,
        exception: Some(Exception {
            kind: "Oops".into(),
            message: "".into(),
        }),
        instance: None,
        noise: None,
    };
    assert_eq!(call, expected);
}

#[test]
fn what_nobody_names_is_called_by_its_address() {
    let call = only(&["1 - client web @10.0.0.7 us=900 db.system=mysql db.statement=SELECT"]);
    assert_eq!((&*call.callee, call.is_by_address), ("10.0.0.7", true));
    assert_eq!(call.sort, Sort::Database);
    // A server says who it is, whatever the caller knows.
    let named = only(&["1 - client web @10.0.0.7 us=9", "2 1 server app - us=7"]);
    assert_eq!((&*named.callee, named.is_by_address), ("app", false));
}

#[test]
fn who_served_is_the_called_side_that_recorded_it() {
    let served = |server: &str| {
        let call = only(&[
            "1 - client web - us=900 http.method=GET service.version=7 k8s.pod.name=web-1",
            server,
        ]);
        call.instance
    };
    let told = served("2 1 server app - us=700 service.version=1.2 k8s.pod.name=app-1");
    let expected = Instance {
        version: Some("1.2".into()),
        pod: Some("app-1".into()),
        address: None,
    };
    assert_eq!(told, Some(expected));
    assert_eq!(served("2 1 server app - us=700"), None);
    // The caller says who it is itself, which is not who served.
    let unheard = only(&["1 - client web app us=900 service.version=7"]);
    assert_eq!(unheard.instance, None);
}

#[test]
fn what_the_called_side_does_not_say_the_calling_side_does() {
    for kind in ["server", "shared"] {
        let id = if kind == "shared" { "1" } else { "2" };
        let client = "1 - client web - us=900 http.path=/orders/17 http.method=GET \
                      http.status_code=500 error.type=Timeout";
        let server = format!("{id} 1 {kind} app -");
        let call = only(&[client, &server]);
        assert_eq!(
            (call.duration, call.is_5xx, call.failed),
            (Some(900), true, false)
        );
        assert_eq!(call.operation.unwrap().name, "GET /orders/{id}".into());
        assert_eq!(call.exception.unwrap().kind, "Timeout".into());
    }
}

#[test]
fn a_caller_that_nobody_names_is_none() {
    let call = only(&["1 - server app -"]);
    assert_eq!((call.caller, &*call.callee), (None, "app"));
    let call = only(&["1 - consumer mail - kafka.topic=orders"]);
    assert_eq!((call.caller, &*call.callee), (None, "mail"));
    assert_eq!(call.operation.unwrap().name, "orders".into());
    assert_eq!(calls(&["1 - producer shop -"]), []);
}

#[test]
fn an_invented_call_has_no_operation() {
    let calls = calls(&[
        "1 - server web -",
        "2 1 client app db us=5 error=x db.system=mysql",
    ]);
    let [_, invented, own] = calls.as_slice() else {
        panic!("three calls: {calls:#?}");
    };
    assert_eq!(
        (invented.caller.as_deref(), &*invented.callee),
        (Some("web"), "app")
    );
    let told = (
        &invented.operation,
        invented.duration,
        &invented.exception,
        invented.timestamp,
    );
    assert_eq!(told, (&None, None, &None, 0));
    assert!(!invented.failed && invented.sort == Sort::Service);
    assert_eq!((own.sort, own.duration), (Sort::Database, Some(5)));
}

#[test]
fn the_longest_part_of_a_span_says_how_long_it_took() {
    for lines in [
        ["1 - server app web us=5", "1 - server app web us=50"],
        ["1 - server app web us=50", "1 - server app web us=5"],
    ] {
        assert_eq!(only(&lines).duration, Some(50));
    }
}

#[rstest]
#[case("http.status_code=500", true)]
#[case("http.response.status_code=599", true)]
#[case("http.status_code=499", false)]
#[case("http.status_code=wide", false)]
#[case("status=500", false)]
#[case("status=500 uri=/orders", true)]
#[case("otel.status_code=ERROR", false)]
fn a_status_of_500_or_more_is_told_on_either_side(#[case] tags: &str, #[case] expected: bool) {
    let call = only(&["1 - client web -", &format!("2 1 server app - {tags}")]);
    assert_eq!((call.is_5xx, call.failed), (expected, false));
    let call = only(&[&format!("1 - client web - {tags}"), "2 1 server app -"]);
    assert_eq!(call.is_5xx, expected);
}

#[rstest]
#[case("client", "db", "db.system=mysql", Sort::Database)]
#[case("client", "db", "db.system.name=mysql", Sort::Database)]
#[case("client", "db", "db.statement=x", Sort::Database)]
#[case("client", "mysql-orders", "", Sort::Database)]
#[case("client", "redis", "", Sort::Database)]
#[case("client", "redisearch", "", Sort::Service)]
#[case("client", "redis-admin", "http.method=GET http.path=/x", Sort::Service)]
#[case("client", "kafka", "messaging.system=kafka", Sort::Broker)]
#[case("producer", "kafka", "", Sort::Broker)]
#[case("producer", "redis", "db.system=redis", Sort::Broker)]
#[case("client", "bank", "http.method=GET", Sort::Service)]
#[case("-", "db", "db.system=mysql", Sort::Database)]
fn what_a_callee_is_tags_and_kinds_tell(
    #[case] kind: &str,
    #[case] remote: &str,
    #[case] tags: &str,
    #[case] sort: Sort,
) {
    assert_eq!(
        only(&[&format!("1 - {kind} app {remote} {tags}")]).sort,
        sort
    );
}

#[test]
fn what_reports_itself_is_a_service() {
    let lines = ["1 - client web redis", "2 1 server redis -"];
    assert_eq!(only(&lines).sort, Sort::Service);
    let lines = [
        "1 - producer shop -",
        "2 1 server mail - messaging.system=x",
    ];
    assert_eq!(only(&lines).sort, Sort::Service);
    let calls = calls(&[
        "1 - producer shop kafka",
        "2 1 consumer mail kafka messaging.system=kafka",
    ]);
    let sorts: Vec<Sort> = calls.iter().map(|call| call.sort).collect();
    assert_eq!(sorts, [Sort::Broker, Sort::Service]);
}

#[test]
fn no_spans_make_no_calls() {
    assert_eq!(calls_of(&[]), []);
}

#[rstest]
#[case::nobody_listens("error=refused", true)]
#[case::status("error=500 http.status_code=500", false)]
#[case::unknown_status("error=gone http.status_code=0", true)]
#[case::no_error("http.method=GET", false)]
#[case::grpc_unavailable("error=14 grpc.status_code=14", true)]
#[case::grpc_internal("error=13 grpc.status_code=13", false)]
#[case::database("error=READONLY db.system=redis", false)]
fn a_failed_call_of_which_the_called_side_says_nothing_is_unanswered(
    #[case] tags: &str,
    #[case] expected: bool,
) {
    let call = only(&[&format!("1 - client web app us=900 {tags}")]);
    assert_eq!(call.is_unanswered, expected);
    assert_eq!(call.span, Some(SpanId::new(1)));
}

#[test]
fn a_failed_call_that_the_called_side_recorded_is_answered() {
    let call = only(&[
        "1 - client web app us=900 error=timeout",
        "2 1 server app - us=700",
    ]);
    assert!(call.failed && !call.is_unanswered);
    assert_eq!(call.span, Some(SpanId::new(2)));
}
