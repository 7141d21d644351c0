use rstest::rstest;

use super::*;
use crate::trace::calls::calls_of;
use crate::trace::endpoint::Endpoint;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::Span;

/// `id parent kind service name tags…`, dashes for what is not there.
fn span(line: &str) -> Span {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut span = Span::new(TraceId::new(0, 1), SpanId::parse(words[0]).unwrap());
    span.parent_id = (words[1] != "-").then(|| SpanId::parse(words[1]).unwrap());
    span.kind = Some(match words[2] {
        "client" => Kind::Client,
        "server" => Kind::Server,
        "consumer" => Kind::Consumer,
        other => panic!("no kind: {other}"),
    });
    span.local_endpoint = Some(std::sync::Arc::new(Endpoint::named(words[3])));
    span.name = Some(words[4].replace('_', " ").into());
    let tags = words.iter().skip(5).map(|tag| tag.split_once('=').unwrap());
    span.tags = tags
        .map(|(key, value)| (key, value.replace('_', " ")))
        .collect();
    span.timestamp = i64::try_from(u64::from_str_radix(words[0], 16).unwrap()).unwrap();
    span.normalised()
}

fn told(lines: &[&str]) -> Vec<String> {
    let spans: Vec<Span> = lines.iter().map(|line| span(line)).collect();
    let given: Vec<&Span> = spans.iter().collect();
    let calls = calls_of(&given).into_iter().map(|call| {
        let caller = call.caller.unwrap_or_else(|| "-".into());
        let operation = call
            .operation
            .map_or("-".into(), |operation| operation.name);
        let noise = call
            .noise
            .map_or(String::new(), |noise| format!(" {noise:?}"));
        format!("{caller} {} {operation}{noise}", call.callee)
    });
    calls.collect()
}

#[rstest]
#[case("get_/health", "", Some(Noise::HealthCheck))]
#[case("get", "http.path=/healthz", Some(Noise::HealthCheck))]
#[case("get", "http.path=/livez/ping?verbose=1", Some(Noise::HealthCheck))]
#[case("x", "url.path=/readyz/", Some(Noise::HealthCheck))]
#[case(
    "x",
    "http.url=http://app:8080/shop/actuator/health/liveness",
    Some(Noise::HealthCheck)
)]
#[case("x", "http.route=/actuator/health", Some(Noise::HealthCheck))]
#[case(
    "x",
    "http.path=/anything user_agent.original=kube-probe/1.36",
    Some(Noise::HealthCheck)
)]
#[case("x", "http.user_agent=kube-probe/1.36", Some(Noise::HealthCheck))]
#[case(
    "x",
    "rpc.service=grpc.health.v1.Health rpc.method=Check",
    Some(Noise::HealthCheck)
)]
#[case("grpc.health.v1.health/check", "", Some(Noise::HealthCheck))]
#[case("x", "http.target=/metrics", Some(Noise::Scrape))]
#[case("get_/actuator/prometheus", "", Some(Noise::Scrape))]
#[case(
    "x",
    "http.path=/x user_agent.original=Prometheus/3.5.0",
    Some(Noise::Scrape)
)]
#[case("x", "http.path=/health/records/17", None)]
#[case("x", "http.path=/metrics/of/orders", None)]
#[case("x", "http.path=/metrics http.method=POST", None)]
#[case("post_/health", "", None)]
#[case("x", "http.path=/prometheus-shop user_agent.original=curl/8", None)]
#[case("healthy", "", None)]
fn checks_and_scrapes_are_told_by_path_agent_or_service(
    #[case] name: &str,
    #[case] tags: &str,
    #[case] expected: Option<Noise>,
) {
    let spans = [span(&format!("1 - server app {name} {tags}"))];
    let given: Vec<&Span> = spans.iter().collect();
    let calls = calls_of(&given);
    assert_eq!(
        calls.iter().map(|call| call.noise).collect::<Vec<_>>(),
        [expected]
    );
}

#[test]
fn a_message_is_never_a_check() {
    assert_eq!(
        told(&["1 - consumer app get_/health"]),
        ["- app GET /health"]
    );
}

#[test]
fn a_proxys_record_stays_where_no_service_records() {
    let lines = [
        "1 - client web x component=proxy",
        "2 1 server app x component=proxy http.method=GET http.path=/orders/17",
    ];
    assert_eq!(told(&lines), ["web app GET /orders/{id}"]);
}

#[test]
fn a_call_that_sidecars_and_services_record_counts_once_by_the_services_words() {
    let lines = [
        "1 - client web get",
        "2 1 client web x component=proxy upstream_cluster=outbound|80||app",
        "3 2 server app x component=proxy http.method=GET http.url=http://app/orders/17",
        "4 3 server app x http.method=GET http.route=/orders/{order}",
    ];
    assert_eq!(
        told(&lines),
        [
            "web app GET /orders/{order}",
            "app app GET /orders/{order} Proxy"
        ]
    );
}

#[test]
fn a_proxy_of_another_name_is_hidden_where_calls_enter_it() {
    let lines = [
        "1 - client web get",
        "2 1 server edge x component=proxy http.method=GET http.url=http://app/orders/17",
        "3 2 client edge x component=proxy",
        "4 3 server app x http.method=GET http.route=/orders/{order}",
    ];
    assert_eq!(
        told(&lines),
        [
            "web edge GET /orders/{id} Proxy",
            "edge app GET /orders/{order}"
        ]
    );
}

#[test]
fn a_call_that_is_invented_for_a_proxy_is_hidden() {
    let lines = [
        "1 - server web get",
        "2 1 client web.shop x upstream_cluster=outbound|80||app",
        "3 2 server app x http.method=GET http.route=/orders",
    ];
    assert_eq!(
        told(&lines),
        ["- web get", "web.shop app GET /orders"],
        "a client with a server below it invents nothing"
    );
    let lines = [
        "1 - server web get",
        "2 1 client web.shop x component=proxy",
    ];
    assert_eq!(told(&lines), ["- web get", "web web.shop - Proxy"]);
}

#[test]
fn a_service_that_calls_itself_is_no_proxy() {
    let lines = [
        "1 - client app get",
        "2 1 server app get_/a",
        "3 2 server app get_/b",
    ];
    assert_eq!(told(&lines), ["app app GET /a", "app app GET /b"]);
}
