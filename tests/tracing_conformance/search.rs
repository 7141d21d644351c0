//! The search for traces.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{LENGTH, Scope, Target, call};

/// The ids of the traces in an answer.
fn ids(traces: &Value) -> Vec<String> {
    let traces = traces.as_array().expect("a list of traces").iter();
    traces
        .map(|trace| trace[0]["traceId"].as_str().expect("an id").to_owned())
        .collect()
}

pub async fn parameters_narrow_the_search(target: &Target) {
    let scope = Scope::new();
    let [web, app, db] = ["web", "app", "db"].map(|name| scope.name(name));
    let [first, second] = [scope.next_trace(), scope.next_trace()];
    let mut spans = call(&scope, &first, "web", "app", 1_000).to_vec();
    spans[1]["tags"] = json!({"http.method": "GET", "error": "boom", "a=b": "c"});
    spans[1]["annotations"] = json!([{"timestamp": scope.at(1_001), "value": "Ready"}]);
    spans.push(json!({
        "traceId": second, "id": "1", "kind": "CLIENT", "name": "SELECT", "timestamp": scope.at(2_000),
        "duration": 500, "localEndpoint": {"serviceName": app}, "remoteEndpoint": {"serviceName": db},
        "tags": {"http.method": "POST"},
    }));
    target.report(&scope, &spans).await;
    let (one, two, both, none) = (
        [first.as_str()],
        [second.as_str()],
        [second.as_str(), &first],
        [],
    );
    let cases: [(String, &[&str]); 40] = [
        (String::new(), &both),
        ("limit=1".into(), &two),
        (format!("serviceName={app}"), &both),
        (format!("serviceName={web}"), &one),
        (format!("serviceName={}", web.to_uppercase()), &one),
        (format!("serviceName={db}"), &none),
        ("serviceName=".into(), &both),
        (format!("remoteServiceName={db}"), &two),
        (
            format!("remoteServiceName={}&serviceName={app}", db.to_uppercase()),
            &two,
        ),
        (format!("remoteServiceName={db}&serviceName={web}"), &none),
        ("spanName=get".into(), &one),
        ("spanName=Select".into(), &two),
        ("spanName=all".into(), &both),
        ("spanName=".into(), &both),
        (format!("spanName=get&serviceName={app}"), &none),
        (format!("spanName=get%20/&serviceName={app}"), &one),
        ("annotationQuery=error".into(), &one),
        ("annotationQuery=".into(), &both),
        ("annotationQuery=http.method".into(), &both),
        ("annotationQuery=http.method=POST".into(), &two),
        ("annotationQuery=http.method=post".into(), &none),
        ("annotationQuery=http.method=".into(), &both),
        ("annotationQuery=%20http.method%20=%20GET%20".into(), &one),
        ("annotationQuery=Ready".into(), &one),
        ("annotationQuery=ready".into(), &none),
        ("annotationQuery=Ready%20and%20error=boom".into(), &one),
        (
            "annotationQuery=Ready%20and%20http.method=POST".into(),
            &none,
        ),
        (
            "annotationQuery=http.method=GET%20and%20http.method=POST".into(),
            &two,
        ),
        (
            "annotationQuery=http.method=GET%20and%20http.method".into(),
            &one,
        ),
        ("annotationQuery=a=b=c".into(), &none),
        (format!("annotationQuery=error&serviceName={web}"), &none),
        ("minDuration=500".into(), &both),
        ("minDuration=501".into(), &one),
        ("minDuration=500&maxDuration=999".into(), &two),
        ("minDuration=1500&maxDuration=2000".into(), &one),
        (format!("minDuration=1500&serviceName={app}"), &none),
        (format!("minDuration=1000&serviceName={app}"), &one),
        // Not one span is that long and fits the name; but together the two of the trace do.
        ("spanName=get%20/&minDuration=2000".into(), &one),
        ("minDuration=2001".into(), &none),
        ("minDuration=&maxDuration=&endTs=&lookback=".into(), &none),
    ];
    for (parameters, expected) in cases {
        let window = scope.window();
        let narrowed = if parameters.contains("endTs") {
            format!("/api/v2/traces?{parameters}&serviceName={web}")
        } else {
            format!("/api/v2/traces?{window}&{parameters}")
        };
        assert_eq!(ids(&target.json(&narrowed).await), expected, "{parameters}");
    }
    // A trace is where its root is, wherever its other spans are.
    for (from, to, expected) in [
        (0, 1_000, &one[..]),
        (1_001, 1_999, &none),
        (1_000, 2_000, &both),
        (2_000, 3_000, &two),
    ] {
        let found = target
            .json(&format!("/api/v2/traces?{}", scope.between(from, to)))
            .await;
        assert_eq!(ids(&found), expected, "from {from} to {to} ms");
    }
}

pub async fn the_window_ends_now_unless_told_otherwise(target: &Target) {
    let scope = Scope::new();
    let app = scope.name("app");
    let now = Timestamp::now().as_microsecond();
    let hour = 3_600_000_000;
    let span = |at: i64| {
        json!({
            "traceId": scope.next_trace(), "id": "1", "timestamp": at,
            "localEndpoint": {"serviceName": app},
        })
    };
    let spans = [
        span(now - 2 * hour),
        span(now - 25 * hour),
        span(now + 2 * hour),
    ];
    target.report(&scope, &spans).await;
    for (parameters, expected) in [
        (String::new(), vec![0]),
        ("lookback=3600000".to_owned(), vec![]),
        (format!("lookback={}", 30 * 3_600_000_i64), vec![0, 1]),
        (format!("endTs={}", now / 1_000 + 3 * 3_600_000), vec![2, 0]),
        // What is too great to be told in µs has no end.
        (format!("endTs={}", i64::MAX), vec![]),
    ] {
        let found = target
            .json(&format!("/api/v2/traces?serviceName={app}&{parameters}"))
            .await;
        let expected: Vec<&Value> = expected.iter().map(|at| &spans[*at]["traceId"]).collect();
        assert_eq!(json!(ids(&found)), json!(expected), "{parameters}");
    }
}

pub async fn traces_come_newest_first_and_whole(target: &Target) {
    let scope = Scope::new();
    let traces: Vec<String> = (0..12).map(|_| scope.next_trace()).collect();
    let mut spans = Vec::new();
    for (at, trace) in traces.iter().enumerate() {
        // The first three begin together.
        let at = 1_000 * i64::try_from(at.saturating_sub(2)).expect("small");
        spans.extend(call(&scope, trace, "web", "app", at));
    }
    // The first is the one that has gone on the longest.
    spans.push(json!({
        "traceId": traces[0], "id": "9", "parentId": "1", "timestamp": scope.at(LENGTH - 5),
    }));
    spans.reverse();
    target.report(&scope, &spans).await;
    let found = target
        .json(&format!("/api/v2/traces?{}&limit=100", scope.window()))
        .await;
    let mut expected: Vec<String> = traces.iter().skip(1).rev().cloned().collect();
    expected.insert(0, traces[0].clone());
    assert_eq!(ids(&found), expected);
    let sizes: Vec<usize> = found
        .as_array()
        .expect("traces")
        .iter()
        .map(|t| t.as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(sizes, [3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    let ten = target
        .json(&format!("/api/v2/traces?{}", scope.window()))
        .await;
    assert_eq!(ids(&ten), expected[..10]);
}

pub async fn many_traces_come_in_the_order_of_their_ids(target: &Target) {
    let scope = Scope::new();
    let [a, b, c] = [(); 3].map(|()| scope.next_trace());
    for trace in [&a, &b, &c] {
        target
            .report(&scope, &call(&scope, trace, "web", "app", 0))
            .await;
    }
    for (asked, expected) in [
        (format!("{b},{a}"), vec![&b, &a]),
        (
            format!("{c},{},{a},{b}", scope.next_trace()),
            vec![&c, &a, &b],
        ),
        (format!("{c},0000000000000001{c}"), vec![&c]),
    ] {
        let found = target
            .json(&format!("/api/v2/traceMany?traceIds={asked}"))
            .await;
        assert_eq!(json!(ids(&found)), json!(expected), "{asked}");
    }
}

pub async fn ids_that_differ_in_the_upper_half_are_two_traces(target: &Target) {
    let scope = Scope::new();
    let short = scope.next_trace();
    let [one, two] = [format!("1{short}"), format!("2{short}")].map(|id| format!("{id:0>32}"));
    let mut spans = Vec::new();
    for (at, trace) in [&one, &two, &short].into_iter().enumerate() {
        let at = i64::try_from(at).expect("small");
        let mut call = call(&scope, trace, "web", "app", 10 * at);
        call[0]["tags"] = json!({"at": at.to_string()});
        spans.extend(call);
    }
    target.report(&scope, &spans).await;
    for id in [&one, &two, &short] {
        let held = target.json(&format!("/api/v2/trace/{id}")).await;
        let of: Vec<&Value> = held
            .as_array()
            .expect("spans")
            .iter()
            .map(|s| &s["traceId"])
            .collect();
        assert_eq!(of, [id, id]);
    }
    let search = format!("/api/v2/traces?{}", scope.window());
    for (parameters, expected) in [
        ("", vec![&one, &two, &short]),
        // Those that share a lower half come together.
        ("&limit=1", vec![&one, &two, &short]),
        ("&annotationQuery=at=1", vec![&two]),
    ] {
        let found = target.json(&format!("{search}{parameters}")).await;
        assert_eq!(json!(ids(&found)), json!(expected), "{parameters}");
    }
    let many = target
        .json(&format!("/api/v2/traceMany?traceIds={two},{short}"))
        .await;
    assert_eq!(ids(&many), [two, short]);
}
