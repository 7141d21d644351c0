//! Reports: what is taken in, in which form it comes back, and what is refused.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{Answer, Scope, Target, call};

async fn report(target: &Target, body: impl Into<reqwest::Body>) -> Answer {
    let request = target
        .request(Method::POST, "/api/v2/spans")
        .header(CONTENT_TYPE, "application/json");
    target.send(request.body(body)).await
}

pub async fn spans_come_back_in_zipkins_form(target: &Target) {
    let scope = Scope::new();
    let service = scope.name("shop");
    let [full, bare, odd, wide] = [(); 4].map(|()| scope.next_trace());
    let spans = [
        json!({
            "traceId": full, "id": "c", "parentId": "b", "kind": "SERVER", "name": "GET /Things",
            "timestamp": scope.at(0), "duration": 207_000,
            "localEndpoint": {"serviceName": service.to_uppercase(), "ipv4": "10.0.0.1", "port": 80},
            "remoteEndpoint": {"ipv6": "2001:DB8:0:0:0:0:0:C001", "serviceName": "Web", "ipv4": "::ffff:10.0.0.2"},
            "annotations": [
                {"timestamp": 6, "value": "Sent"}, {"timestamp": 5, "value": "b \"quoted\"\n"},
                {"timestamp": 5, "value": "a", "endpoint": {}}, {"timestamp": 6, "value": "Sent"},
            ],
            "tags": {"http.path": "/api\u{2028}", "Ä": "ö", "empty": ""},
            "debug": true, "shared": true, "unknown": {"deep": [1, null]},
        }),
        json!({
            "traceId": bare, "id": "a", "parentId": "a", "kind": null, "name": "", "timestamp": 0,
            "duration": -1, "localEndpoint": {"serviceName": ""}, "remoteEndpoint": {"port": 0, "ipv4": "db"},
            "annotations": [], "tags": {}, "debug": false, "shared": false,
        }),
        json!({
            "traceId": odd, "id": "0", "parentId": "0000", "kind": "CLIENT", "name": 7, "timestamp": "12",
            "duration": 3.0, "localEndpoint": {"ipv6": "1.2.3.4", "port": -1}, "shared": true,
            "remoteEndpoint": {"serviceName": null, "port": "8080", "ipv6": "2001:db8:1:0:2:3:4:5"},
            "tags": {"n": 1}, "annotations": [{"timestamp": "8", "value": 9}],
        }),
        json!({"traceId": format!("1{wide}"), "id": "1"}),
    ];
    target.report(&scope, &spans).await;
    for (id, expected) in [
        (
            &full,
            json!({
                "traceId": full, "id": "000000000000000c", "parentId": "000000000000000b", "kind": "SERVER",
                "name": "get /things", "timestamp": scope.at(0), "duration": 207_000,
                "localEndpoint": {"serviceName": service, "ipv4": "10.0.0.1", "port": 80},
                "remoteEndpoint": {"serviceName": "web", "ipv4": "10.0.0.2", "ipv6": "2001:db8::c001"},
                "annotations": [
                    {"timestamp": 5, "value": "a"}, {"timestamp": 5, "value": "b \"quoted\"\n"},
                    {"timestamp": 6, "value": "Sent"},
                ],
                "tags": {"http.path": "/api\u{2028}", "Ä": "ö", "empty": ""}, "debug": true, "shared": true,
            }),
        ),
        (&bare, json!({"traceId": bare, "id": "000000000000000a"})),
        (
            &odd,
            json!({
                "traceId": odd, "id": "0000000000000000", "kind": "CLIENT", "name": "7", "timestamp": 12,
                "duration": 3, "localEndpoint": {"ipv4": "1.2.3.4"},
                "remoteEndpoint": {"ipv6": "2001:db8:1::2:3:4:5", "port": 8080}, "tags": {"n": "1"},
                "annotations": [{"timestamp": 8, "value": "9"}],
            }),
        ),
        (
            &format!("1{wide}"),
            json!({"traceId": format!("0000000000000001{wide}"), "id": "0000000000000001"}),
        ),
    ] {
        let held = target.json(&format!("/api/v2/trace/{id}")).await;
        assert_eq!(held, json!([expected]));
    }
}

pub async fn what_is_no_list_of_spans_is_refused(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    let no_list = "Expected a JSON_V2 encoded list\n";
    let malformed = "Malformed reading List<Span> from json";
    // A good span before the bad one: none of them must count.
    let with = |fields: &str| format!(r#"[{{"traceId":"{trace}","id":"1"}},{{{fields}}}]"#);
    let ids = |fields: &str| with(&format!(r#""traceId":"{trace}","id":"2",{fields}"#));
    let reading = |cause: &str| format!("{cause} reading List<Span> from json");
    let bodies: Vec<(String, Option<String>)> = vec![
        ("{}".into(), Some(no_list.into())),
        (" []".into(), Some(no_list.into())),
        ("spans".into(), Some(no_list.into())),
        ("[1]".into(), Some(malformed.into())),
        ("[null]".into(), Some(malformed.into())),
        ("[[]]".into(), Some(malformed.into())),
        ("[{]".into(), Some(malformed.into())),
        ("[{}".into(), None),
        (
            r#"[{"traceId":"1","id":"1"},]"#.into(),
            Some(malformed.into()),
        ),
        (r#"[{"traceId":"1","id":"1""#.into(), None),
        (with(""), Some(reading("Missing : traceId id"))),
        (with(r#""id":"1""#), Some(reading("Missing : traceId"))),
        (with(r#""traceId":"1""#), Some(reading("Missing : id"))),
        (with(r#""traceId":null,"id":"1""#), None),
        (
            with(r#""traceId":"","id":"1""#),
            Some(reading("traceId is empty")),
        ),
        (
            with(r#""traceId":"00","id":"1""#),
            Some(reading("traceId is all zeros")),
        ),
        (
            with(r#""traceId":"0x1","id":"1""#),
            Some(reading("0x1 should be lower-hex encoded with no prefix")),
        ),
        (
            with(r#""traceId":"123456789012345678901234567890123","id":"1""#),
            Some(reading("traceId.length > 32")),
        ),
        (
            with(r#""traceId":"1","id":"A""#),
            Some(reading("A should be lower-hex encoded with no prefix")),
        ),
        (
            with(r#""traceId":"1","id":"12345678901234567""#),
            Some(reading("id.length > 16")),
        ),
        (
            with(r#""traceId":"1","id":"0000000000000000""#),
            Some(reading("id is all zeros")),
        ),
        (ids(r#""parentId":"""#), Some(reading("parentId is empty"))),
        (
            ids(r#""kind":"client""#),
            Some(reading("No enum constant zipkin2.Span.Kind.client")),
        ),
        (ids(r#""name":["a"]"#), None),
        (ids(r#""name":true"#), None),
        (
            ids(r#""timestamp":"soon""#),
            Some(reading(r#"For input string: "soon""#)),
        ),
        (ids(r#""timestamp":1.5"#), None),
        (ids(r#""timestamp":true"#), None),
        (ids(r#""duration":{}"#), None),
        (ids(r#""tags":[]"#), Some(malformed.into())),
        (
            ids(r#""tags":{"a":null}"#),
            Some(reading("No value at $[1].tags.a")),
        ),
        (ids(r#""tags":{"a":true}"#), None),
        (ids(r#""annotations":{}"#), Some(malformed.into())),
        (
            ids(r#""annotations":[{"timestamp":1,"value":"a"},{"timestamp":1}]"#),
            Some(reading(
                "Incomplete annotation at $[1].annotations[1].timestamp",
            )),
        ),
        (
            ids(r#""annotations":[{}]"#),
            Some(reading("Incomplete annotation at $[1].annotations[0].")),
        ),
        (ids(r#""localEndpoint":"a""#), Some(malformed.into())),
        (
            ids(r#""localEndpoint":{"port":65536}"#),
            Some(reading("invalid port 65536")),
        ),
        (ids(r#""localEndpoint":{"serviceName":{}}"#), None),
        (ids(r#""debug":"true""#), None),
        (ids(r#""shared":1"#), None),
        (
            ids(r#""binaryAnnotations":[]"#),
            Some("Expected a JSON_V2 encoded list, but received: JSON_V1\n".into()),
        ),
    ];
    for (body, text) in bodies {
        let answer = report(target, body.clone()).await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (400, "text/*"),
            "{body}"
        );
        match text {
            Some(text) => assert_eq!(answer.body, Value::from(text), "{body}"),
            None => assert_ne!(answer.body, Value::from(""), "{body}"),
        }
    }
    let held = target.get(&format!("/api/v2/trace/{trace}")).await;
    assert_eq!(held.status, 404);
}

pub async fn odd_but_good_reports_are_taken(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    for body in [
        String::new(),
        "[]".to_owned(),
        "[ ]".to_owned(),
        "[] and what follows".to_owned(),
        format!("\n[{{\"traceId\":\"{trace}\",\"id\":\"1\",\"timestamp\":9223372036854775808}}]\n"),
    ] {
        let answer = report(target, body.clone()).await;
        assert_eq!(
            (answer.status, answer.body),
            (202, Value::from("")),
            "{body}"
        );
    }
    // Whatever the type says, but for protobuf and thrift.
    let request = target.request(Method::POST, "/api/v2/spans");
    let request = request.header(CONTENT_TYPE, "text/plain").body("[]");
    assert_eq!(target.send(request).await.status, 202);
    target.report(&scope, &[]).await;
    let held = target.json(&format!("/api/v2/trace/{trace}")).await;
    assert_eq!(held[0]["timestamp"], json!(i64::MAX));
}

pub async fn reports_may_be_gzipped(target: &Target) {
    let scope = Scope::new();
    let trace = scope.next_trace();
    let spans = json!(call(&scope, &trace, "web", "app", 0)).to_string();
    let mut gzipped = GzEncoder::new(Vec::new(), Compression::default());
    gzipped.write_all(spans.as_bytes()).expect("memory");
    for (body, status, text) in [
        (gzipped.finish().expect("memory"), 202, ""),
        (b"no gzip".to_vec(), 400, "Cannot gunzip spans"),
        (Vec::new(), 202, ""),
    ] {
        let request = target
            .request(Method::POST, "/api/v2/spans")
            .header(CONTENT_ENCODING, "gzip");
        let answer = target.send(request.body(body)).await;
        assert_eq!((answer.status, answer.body), (status, Value::from(text)));
    }
    target.report(&scope, &[]).await;
    let held = target.json(&format!("/api/v2/trace/{trace}")).await;
    assert_eq!(held.as_array().map(Vec::len), Some(2), "{held}");
}

pub async fn reports_are_counted(target: &Target) {
    let scope = Scope::new();
    let count = async |what: &str| {
        let metrics = target.json("/metrics").await;
        metrics[format!("counter.zipkin_collector.{what}.http")]
            .as_f64()
            .expect("a count")
    };
    let [messages, bytes, spans, dropped] = [
        count("messages").await,
        count("bytes").await,
        count("spans").await,
        count("messages_dropped").await,
    ];
    let trace = scope.next_trace();
    target
        .report(&scope, &call(&scope, &trace, "web", "app", 0))
        .await;
    report(target, "{}").await;
    // Others may report meanwhile.
    assert!(count("messages").await >= messages + 2.0);
    assert!(count("bytes").await > bytes + 100.0);
    assert!(count("spans").await >= spans + 3.0);
    assert!(count("messages_dropped").await >= dropped + 1.0);
}
