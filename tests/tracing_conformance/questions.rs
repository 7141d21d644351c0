//! Questions: their parameters, the names that are told, and what is not there.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Scope, Target, call};

pub async fn bad_questions_are_refused(target: &Target) {
    let missing = "Mandatory parameter/header/attribute is missing: ";
    let no_number = "Cannot set null to primitive type parameter: ";
    for (path, text) in [
        ("dependencies", format!("{missing}endTs").as_str()),
        ("dependencies?endTs=", &format!("{no_number}endTs")),
        ("dependencies?endTs=0", "endTs <= 0"),
        ("dependencies?endTs=-1", "endTs <= 0"),
        ("dependencies?endTs=now", "For input string: \"now\""),
        ("dependencies?endTs=%205", "For input string: \" 5\""),
        ("dependencies?endTs=5.0", "For input string: \"5.0\""),
        (
            "dependencies?endTs=9223372036854775808",
            "For input string: \"9223372036854775808\"",
        ),
        ("dependencies?endTs=1&lookback=0", "lookback <= 0"),
        ("dependencies?endTs=0&lookback=x", "For input string: \"x\""),
        ("spans", &format!("{missing}serviceName")),
        ("remoteServices", &format!("{missing}serviceName")),
        ("autocompleteValues", &format!("{missing}key")),
        ("autocompleteValues?key=", "key was empty"),
        ("traces?endTs=0", "endTs <= 0"),
        ("traces?lookback=-5", "lookback <= 0"),
        ("traces?limit=0", "limit <= 0"),
        ("traces?limit=", &format!("{no_number}limit")),
        (
            "traces?limit=2147483648",
            "For input string: \"2147483648\"",
        ),
        ("traces?minDuration=0", "minDuration <= 0"),
        (
            "traces?minDuration=5&maxDuration=4",
            "maxDuration < minDuration",
        ),
        (
            "traces?maxDuration=5",
            "maxDuration is only valid with minDuration",
        ),
        ("traces?maxDuration=5&limit=0&endTs=0", "endTs <= 0"),
        ("traces?minDuration=short", "For input string: \"short\""),
        (
            "trace/xyz",
            "xyz should be lower-hex encoded with no prefix",
        ),
        ("trace/0", "traceId is all zeros"),
        (
            "trace/123456789012345678901234567890123",
            "traceId.length > 32",
        ),
        ("traceMany", &format!("{missing}traceIds")),
        ("traceMany?traceIds=", "traceIds parameter is empty"),
        (
            "traceMany?traceIds=a",
            "Use /api/v2/trace/{traceId} endpoint to retrieve a single trace",
        ),
        ("traceMany?traceIds=a,0a", "redundant traceId: 0a"),
        ("traceMany?traceIds=a,", "traceId is empty"),
        (
            "traceMany?traceIds=a,B",
            "B should be lower-hex encoded with no prefix",
        ),
    ] {
        for base in ["/api/v2", "/zipkin/api/v2"] {
            let answer = target.get(&format!("{base}/{path}")).await;
            assert_eq!(
                (answer.status, answer.kind.as_str(), answer.body),
                (400, "text/*", Value::from(text)),
                "{base}/{path}"
            );
        }
    }
}

pub async fn what_is_not_known_is_empty_or_not_found(target: &Target) {
    let scope = Scope::new();
    let (service, trace) = (scope.name("nobody"), scope.next_trace());
    for path in [
        format!("spans?serviceName={service}").as_str(),
        "spans?serviceName=",
        &format!("remoteServices?serviceName={service}"),
        "remoteServices?serviceName=",
        &format!("traces?serviceName={service}"),
        &format!("dependencies?{}", scope.window()),
        // Only the first of two values counts, and an empty one counts as none.
        "dependencies?endTs=172800000&endTs=0&lookback=",
        &format!("traceMany?traceIds={trace},{}", scope.next_trace()),
        "autocompleteKeys",
        "autocompleteValues?key=http.method",
    ] {
        assert_eq!(
            target.json(&format!("/api/v2/{path}")).await,
            json!([]),
            "{path}"
        );
    }
    let answer = target.get(&format!("/api/v2/trace/%20{trace}")).await;
    let text = format!("{trace} not found");
    assert_eq!(
        (answer.status, answer.kind.as_str(), answer.body),
        (404, "text/*", Value::from(text))
    );
}

pub async fn names_are_those_that_spans_tell(target: &Target) {
    let scope = Scope::new();
    let [web, app, db] = ["web", "app", "db"].map(|name| scope.name(name));
    let mut spans = call(&scope, &scope.next_trace(), "web", "app", 0);
    spans[1]["remoteEndpoint"] = json!({"serviceName": web});
    let query = json!({
        "traceId": scope.next_trace(), "id": "1", "kind": "CLIENT", "name": "SELECT",
        "localEndpoint": {"serviceName": app}, "remoteEndpoint": {"serviceName": db},
    });
    let nameless = json!({
        "traceId": scope.next_trace(), "id": "1", "localEndpoint": {"serviceName": app},
    });
    target
        .report(&scope, &[&spans[..], &[query, nameless]].concat())
        .await;
    let of_scope = |names: &Value| -> Vec<String> {
        let names = names.as_array().expect("a list").iter();
        let names = names.map(|name| name.as_str().expect("a name").to_owned());
        names.filter(|name| scope.has(name)).collect()
    };
    for base in ["/api/v2", "/zipkin/api/v2"] {
        // What only others name does not report itself.
        let services = target.json(&format!("{base}/services")).await;
        assert_eq!(of_scope(&services), [app.clone(), web.clone()]);
        for (question, expected) in [
            (
                format!("spans?serviceName={app}"),
                json!(["get /", "select"]),
            ),
            (
                format!("spans?serviceName={}", app.to_uppercase()),
                json!(["get /", "select"]),
            ),
            (format!("spans?serviceName={db}"), json!([])),
            (
                format!("remoteServices?serviceName={app}"),
                json!([db, web]),
            ),
            (format!("remoteServices?serviceName={web}"), json!([])),
        ] {
            assert_eq!(
                target.json(&format!("{base}/{question}")).await,
                expected,
                "{question}"
            );
        }
    }
}

pub async fn names_may_be_cached_once_there_are_some(target: &Target) {
    let scope = Scope::new();
    for (from, to) in [("a", "b"), ("c", "d")] {
        let trace = scope.next_trace();
        target
            .report(&scope, &call(&scope, &trace, from, to, 0))
            .await;
    }
    let spans = format!("/api/v2/spans?serviceName={}", scope.name("a"));
    for path in ["/api/v2/services", &spans, "/api/v2/autocompleteKeys"] {
        let cache = target.get(path).await.cache;
        assert_eq!(
            cache.as_deref(),
            Some("max-age=300, must-revalidate"),
            "{path}"
        );
    }
    let links = format!("/api/v2/dependencies?{}", scope.window());
    for path in [
        links.as_str(),
        "/api/v2/autocompleteValues?key=a",
        "/api/v2/traces?limit=1",
    ] {
        assert_eq!(target.get(path).await.cache, None, "{path}");
    }
}

pub async fn the_server_tells_about_itself(target: &Target) {
    let up = json!({"status": "UP"});
    for (path, cache, body) in [
        (
            "/health",
            None,
            json!({"status": "UP", "zipkin": {"status": "UP", "details": {"InMemoryStorage{}": up}}}),
        ),
        (
            "/info",
            None,
            json!({"zipkin": {"version": "3.6.1", "commit": "b2b0c98"}}),
        ),
        (
            "/zipkin/config.json",
            Some("max-age=600"),
            json!({
                "environment": "", "queryLimit": 10, "defaultLookback": 900_000, "searchEnabled": true,
                "logsUrl": null, "supportUrl": null, "archivePostUrl": null, "archiveUrl": null,
                "dependency": {"enabled": true, "lowErrorRate": 0.5, "highErrorRate": 0.75},
            }),
        ),
    ] {
        let expected = Answer {
            status: 200,
            kind: "application/json; charset=utf-8".to_owned(),
            cache: cache.map(ToOwned::to_owned),
            body,
        };
        assert_eq!(target.get(path).await, expected, "{path}");
    }
}

pub async fn other_paths_and_methods_are_not_found(target: &Target) {
    for (method, path) in [
        (Method::GET, "/config.json"),
        (Method::GET, "/api/v2"),
        (Method::GET, "/api/v2/services/"),
        (Method::GET, "/api/v2/trace/"),
        (Method::GET, "/api/v3/services"),
        (Method::PUT, "/api/v2/services"),
        (Method::DELETE, "/api/v2/spans"),
        (Method::HEAD, "/api/v2/services"),
        (Method::POST, "/api/v2/dependencies"),
        (Method::POST, "/health"),
    ] {
        let answer = target.send(target.request(method.clone(), path)).await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (404, "text/plain; charset=utf-8"),
            "{method} {path}"
        );
        let text = answer.body.as_str().expect("a text");
        assert!(
            method == Method::HEAD || text.starts_with("404 Not Found"),
            "{method} {path}: {text}"
        );
    }
}
