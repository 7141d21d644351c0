//! How spans are named and tagged.

use std::collections::{BTreeSet, HashSet};

use super::*;

#[test]
fn opentelemetry_and_brave_have_their_habits() {
    let spans_of = |style: &str| {
        let system = small(style, HTTP, &format!("{style}\n{BACK}"));
        run(&system, 14, 10_000, healthy)
    };
    let keys = |span: &Span| {
        span.tags
            .iter()
            .map(|(key, _)| key.to_string())
            .collect::<Vec<_>>()
    };
    let first = |spans: &[Span], service, kind| of(spans, service, kind).next().cloned().unwrap();

    let spans = spans_of("");
    let (front, client, back) = (
        first(&spans, "front", Kind::Server),
        first(&spans, "front", Kind::Client),
        first(&spans, "back", Kind::Server),
    );
    assert_eq!(front.name.as_deref(), Some("GET /front/{id}"));
    assert_eq!(tag(&front, "http.route"), Some("/front/{id}"));
    assert_eq!(client.name.as_deref(), Some("POST"));
    assert_eq!(tag(&client, "server.address"), Some("back"));
    assert_eq!(tag(&client, "server.port"), Some("81"));
    assert_eq!(tag(&back, "k8s.pod.name"), Some("back-1"));
    assert_eq!(tag(&back, "service.version"), Some("1"));
    assert_eq!(tag(&back, "http.response.status_code"), Some("200"));
    assert_eq!(front.trace_id.to_string().len(), 32);
    let local = front.local_endpoint.as_ref().unwrap();
    assert_eq!(local.ipv4().map(|ip| &**ip), Some("10.1.0.1"));
    assert!(spans.iter().all(|s| !s.shared));
    let ids: HashSet<_> = spans.iter().map(|s| s.id).collect();
    assert_eq!(ids.len(), spans.len());

    let spans = spans_of("spans = 'brave'");
    let (front, back) = (
        first(&spans, "front", Kind::Server),
        first(&spans, "back", Kind::Server),
    );
    let path = tag(&front, "http.path").unwrap();
    let number = path.strip_prefix("/front/").unwrap();
    assert!(number.parse::<u32>().is_ok(), "{path}");
    assert_eq!(
        keys(&back),
        [
            "http.method",
            "http.path",
            "k8s.pod.name",
            "service.version"
        ]
    );
    assert!(back.shared && !front.shared);
    assert_eq!(front.trace_id.to_string().len(), 16);
    let client = of(&spans, "front", Kind::Client)
        .find(|s| s.id == back.id)
        .unwrap();
    assert_eq!(
        (client.parent_id, client.trace_id),
        (back.parent_id, back.trace_id)
    );
    assert_eq!(
        back.remote_endpoint
            .as_ref()
            .unwrap()
            .ipv4()
            .map(|ip| &**ip),
        Some("10.1.0.1")
    );
}

#[test]
fn databases_brokers_and_remote_procedures_are_tagged() {
    let tags = |spans: &[Span], kind| -> BTreeSet<String> {
        let span = of(spans, "front", kind).next().unwrap();
        span.tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    };
    let all = |system: &Arc<System>| run(system, 15, 20_000, healthy);
    let holds = |tags: BTreeSet<String>, wanted: &[&str]| {
        for wanted in wanted {
            assert!(tags.contains(*wanted), "{wanted} in {tags:?}");
        }
    };
    let database =
        "is = 'database'\nsystem = 'derby'\n[[component.operation]]\nname = 'SELECT users'";
    let system = small("", "operation = 'SELECT users'", database);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Client),
        &[
            "db.system=derby",
            "db.operation=SELECT",
            "server.address=back",
        ],
    );
    assert!(
        spans
            .iter()
            .all(|s| s.local_service().is_some_and(|name| &**name == "front"))
    );

    let remote = "[[component.operation]]\nname = 'shop.Back/Ask'";
    let system = small("", "operation = 'shop.Back/Ask'", remote);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Client),
        &[
            "rpc.system=grpc",
            "rpc.service=shop.Back",
            "rpc.method=Ask",
            "rpc.grpc.status_code=0",
        ],
    );
    let refused = run(&system, 15, 20_000, but("back", ready("back", 0)));
    holds(
        tags(&refused, Kind::Client),
        &["rpc.grpc.status_code=14", "error=connection refused"],
    );

    let broker = "is = 'broker'\nsystem = 'kafka'\n[[component.operation]]\nname = 'sold'\n\
                  [[component]]\nname = 'mail'\nimage = 'mail:1'\n\
                  [[component.operation]]\nname = 'process sold'\nconsumes = 'back/sold'";
    let system = small("", "operation = 'sold'", broker);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Producer),
        &["messaging.system=kafka", "messaging.destination.name=sold"],
    );
    let consumer = of(&spans, "mail", Kind::Consumer).next().unwrap();
    assert_eq!(consumer.remote_service().map(|name| &**name), Some("back"));
    assert_eq!(consumer.name.as_deref(), Some("process sold"));
    // Without the broker the producer fails, and nobody consumes.
    let spans = run(&system, 15, 20_000, but("back", ready("back", 0)));
    assert!(of(&spans, "front", Kind::Producer).all(failed));
    assert_eq!(of(&spans, "mail", Kind::Consumer).count(), 0);
}
