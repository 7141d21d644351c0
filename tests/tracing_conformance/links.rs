//! Links: who calls whom, in which window.

use serde_json::{Value, json};

use super::{Scope, Target, call, link};

/// The stories that the linker's own tests read as well.
const STORIES: &str = include_str!("../../src/trace/stories.txt");

fn endpoint(scope: &Scope, name: &str) -> Value {
    match (name, name.strip_prefix('@')) {
        ("-", _) => Value::Null,
        (_, Some(ip)) => json!({"ipv4": ip}),
        (name, None) => json!({"serviceName": scope.name(name)}),
    }
}

fn span(scope: &Scope, trace: &str, words: &[&str], at: i64) -> Value {
    let text = |at: usize| Some(words[at]).filter(|word| *word != "-");
    let flag = |name: &str| words.iter().skip(5).any(|word| *word == name);
    let mut span = json!({
        "traceId": trace, "id": words[0], "parentId": text(1), "kind": text(2).map(str::to_uppercase),
        "timestamp": scope.at(at), "localEndpoint": endpoint(scope, words[3]),
        "remoteEndpoint": endpoint(scope, words[4]), "shared": flag("shared"),
    });
    if let Some(port) = words.iter().find_map(|word| word.strip_prefix("port=")) {
        span["localEndpoint"]["port"] = port.parse::<u16>().expect("a port").into();
    }
    if flag("error") {
        span["tags"] = json!({"error": ""});
    }
    span
}

pub async fn every_story_makes_its_links(target: &Target) {
    let mut told = 0;
    for story in STORIES.split("\n! ").skip(1) {
        let scope = Scope::new();
        let trace = scope.next_trace();
        let (title, lines) = story.split_once('\n').expect("a title and lines");
        let (mut spans, mut expected) = (Vec::new(), Vec::new());
        for line in lines.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match *words {
                ["=", from, to, calls, errors] => {
                    let count = |word: &str| word.parse().expect("a count");
                    let (from, to) = (scope.name(from), scope.name(to));
                    expected.push(link(from, to, count(calls), count(errors)));
                }
                [] | ["="] => {}
                _ => {
                    let at = i64::try_from(spans.len()).expect("small");
                    spans.push(span(&scope, &trace, &words, at));
                }
            }
        }
        expected.sort_by_key(|link| (link["parent"].to_string(), link["child"].to_string()));
        target.report(&scope, &spans).await;
        assert_eq!(target.links(&scope.window()).await, expected, "{title}");
        told += 1;
    }
    assert!(told > 40, "only {told} stories were read");
}

pub async fn a_trace_counts_whole_once_one_span_is_in_the_window(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    let mut spans = call(&scope, &trace, "web", "app", 1_000).to_vec();
    // A hop much later, of the same trace.
    spans.push(json!({
        "traceId": trace, "id": "3", "parentId": "2", "kind": "CLIENT", "timestamp": scope.at(5_000),
        "localEndpoint": {"serviceName": scope.name("app")},
        "remoteEndpoint": {"serviceName": scope.name("db")},
    }));
    target.report(&scope, &spans).await;
    let both = [
        link(scope.name("app"), scope.name("db"), 1, 0),
        link(scope.name("web"), scope.name("app"), 1, 0),
    ];
    let none: [Value; 0] = [];
    for (from, to, expected) in [
        (0, 999, &none[..]),
        (0, 1_000, &both),
        (1_002, 4_999, &none),
        (4_000, 5_000, &both),
        (5_000, 6_000, &both),
        (5_001, 6_000, &none),
    ] {
        let links = target.links(&scope.between(from, to)).await;
        assert_eq!(links, expected, "from {from} to {to} ms");
    }
}

pub async fn halves_of_a_trace_with_a_long_and_a_short_id_are_one(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    let [client, mut server] = call(&scope, &trace, "web", "app", 0);
    server["traceId"] = format!("463ac35c9f6413ad{trace}").into();
    target.report(&scope, &[client, server]).await;
    let expected = [link(scope.name("web"), scope.name("app"), 1, 0)];
    assert_eq!(target.links(&scope.window()).await, expected);
}

pub async fn a_span_that_comes_twice_counts_once(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    let spans = call(&scope, &trace, "web", "app", 0);
    target
        .report(&scope, &[spans.as_slice(), &spans].concat())
        .await;
    target.report(&scope, &spans).await;
    let expected = [link(scope.name("web"), scope.name("app"), 1, 0)];
    assert_eq!(target.links(&scope.window()).await, expected);
    let held = target.json(&format!("/api/v2/trace/{trace}")).await;
    assert_eq!(held.as_array().map(Vec::len), Some(2), "{held}");
}

pub async fn spans_without_a_time_are_at_the_epoch(target: &Target) {
    let scope = Scope::new();
    let (web, db) = (scope.name("web"), scope.name("db"));
    let span = json!({
        "traceId": scope.next_trace(), "id": "1", "kind": "CLIENT", "localEndpoint": {"serviceName": web},
        "remoteEndpoint": {"serviceName": db},
    });
    target.report(&scope, &[span]).await;
    for (window, expected) in [
        ("endTs=1000&lookback=999", vec![]),
        ("endTs=1000&lookback=1000", vec![link(&web, &db, 1, 0)]),
    ] {
        let mut links = target.links(window).await;
        links.retain(|link| link["parent"].as_str().is_some_and(|name| scope.has(name)));
        assert_eq!(links, expected, "{window}");
    }
}
