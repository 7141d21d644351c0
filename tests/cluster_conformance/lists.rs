//! Lists: their pages, versions, selectors and forms.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Ground, Target, names};

pub async fn pages_are_of_one_moment(target: &Target) {
    let ground = Ground::new(target).await;
    for name in ["a", "b", "c", "d", "e"] {
        ground.service(name, json!({})).await.ok();
    }
    let services = ground.core("services");
    let first = target.get(&format!("{services}?limit=2")).await.ok();
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    // What happens now does not show in the pages that follow.
    target.delete(&format!("{services}/d")).await.ok();
    ground.service("cc", json!({})).await.ok();
    let page = async |last: &Value| {
        let token = last["metadata"]["continue"]
            .as_str()
            .expect("there is more");
        let token = token.replace('/', "%2F").replace('=', "%3D");
        target
            .get(&format!("{services}?limit=2&continue={token}"))
            .await
            .ok()
    };
    let second = page(&first).await;
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["remainingItemCount"], 1);
    let third = page(&second).await;
    assert_eq!(names(&third), ["e"]);
    assert_eq!(
        third["metadata"]["continue"].as_str().unwrap_or_default(),
        ""
    );
    for page in [&second, &third] {
        assert_eq!(
            page["metadata"]["resourceVersion"],
            first["metadata"]["resourceVersion"]
        );
    }
    assert_eq!(
        target.get(&services).await.names(),
        ["a", "b", "c", "cc", "e"]
    );
    let selected = target
        .get(&format!("{services}?limit=2&labelSelector=!x"))
        .await
        .ok();
    assert_eq!(names(&selected), ["a", "b"]);
    assert!(selected["metadata"].get("remainingItemCount").is_none());
    let whole = target.get(&format!("{services}?limit=5")).await.ok();
    assert!(whole["metadata"].get("continue").is_none());
    let bad = target.get(&format!("{services}?continue=abc")).await;
    let (code, reason, message) = bad.refusal();
    assert_eq!((code, reason), (400, "BadRequest"));
    assert!(message.starts_with("invalid continue token"), "{message}");
}

pub async fn options_have_to_go_together(target: &Target) {
    let ground = Ground::new(target).await;
    let pods = ground.core("pods");
    let invalid = |field: &str, why: &str| {
        (
            422,
            "Invalid",
            format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {why}"),
        )
    };
    let matching = "resourceVersionMatch";
    for (query, (code, reason, message)) in [
        (
            "resourceVersionMatch=Exact",
            invalid(matching, "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"),
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            invalid(matching, "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
        ),
        (
            "resourceVersion=5&resourceVersionMatch=Foo",
            invalid(matching, "Unsupported value: \"Foo\": supported values: \"Exact\", \"NotOlderThan\", \"\""),
        ),
        (
            "watch=1&sendInitialEvents=true",
            invalid(matching, "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        ),
        (
            "watch=1&resourceVersionMatch=NotOlderThan",
            invalid(matching, "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"),
        ),
        (
            "sendInitialEvents=true",
            invalid("sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"),
        ),
        ("limit=x", (400, "BadRequest", "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned())),
        (
            "resourceVersion=abc",
            (400, "BadRequest", "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax".to_owned()),
        ),
    ] {
        let answer = target.get(&format!("{pods}?{query}")).await;
        assert_eq!(answer.refusal(), (code, reason, &*message), "{query}");
    }
    let watch = target
        .get(&format!("{pods}?watch=1&resourceVersion=abc"))
        .await;
    assert_eq!(watch.refusal().0, 500);
}

pub async fn versions_are_kept_to(target: &Target) {
    let ground = Ground::new(target).await;
    let services = ground.core("services");
    ground.service("a", json!({})).await.ok();
    let then = target.get(&services).await.ok();
    let then = then["metadata"]["resourceVersion"]
        .as_str()
        .expect("a version")
        .to_owned();
    ground.service("b", json!({})).await.ok();
    let at = async |query: &str| target.get(&format!("{services}?{query}")).await;
    let exact = at(&format!(
        "resourceVersion={then}&resourceVersionMatch=Exact"
    ))
    .await
    .ok();
    assert_eq!(
        (names(&exact), &exact["metadata"]["resourceVersion"]),
        (vec!["a".to_owned()], &json!(then))
    );
    let limited = at(&format!("resourceVersion={then}&limit=9")).await;
    assert_eq!(limited.names(), ["a"]);
    let later = at(&format!(
        "resourceVersion={then}&resourceVersionMatch=NotOlderThan"
    ))
    .await;
    assert_eq!(later.names(), ["a", "b"]);
    let ahead = at("resourceVersion=999999999").await;
    let (code, reason, message) = ahead.refusal();
    assert_eq!((code, reason), (504, "Timeout"));
    assert!(
        message.starts_with("Timeout: Too large resource version: 999999999, current: "),
        "{message}"
    );
    assert_eq!(
        ahead.body["details"]["causes"][0]["reason"],
        "ResourceVersionTooLarge"
    );
}

pub async fn labels_select(target: &Target) {
    let ground = Ground::new(target).await;
    ground
        .service("a", json!({"app": "web", "tier": "front"}))
        .await
        .ok();
    ground
        .service("b", json!({"app": "web", "tier": "back"}))
        .await
        .ok();
    ground.service("c", json!({"app": "api"})).await.ok();
    let selected = async |selector: &str| {
        target
            .get(&ground.core(&format!("services?labelSelector={selector}")))
            .await
    };
    for (selector, expected) in [
        ("app%3Dweb", vec!["a", "b"]),
        ("app%3D%3Dweb,tier!%3Dfront", vec!["b"]),
        ("app!%3Dweb", vec!["c"]),
        ("tier", vec!["a", "b"]),
        ("!tier", vec!["c"]),
        ("tier%20in%20(front,side)", vec!["a"]),
        ("tier%20notin%20(front)", vec!["b", "c"]),
        ("app%3D", vec![]),
    ] {
        assert_eq!(selected(selector).await.names(), expected, "{selector}");
    }
    for (selector, message) in [
        (
            "a%3D%3D%3Db",
            "unable to parse requirement: found '=', expected: identifier",
        ),
        (
            "a%20in%20b",
            "unable to parse requirement: found 'b' expected: '('",
        ),
        (
            "%3D",
            "found '=', expected: !, identifier, or 'end of string'",
        ),
    ] {
        let refused = selected(selector).await;
        assert_eq!(
            refused.refusal(),
            (400, "BadRequest", message),
            "{selector}"
        );
    }
    for selector in ["a%3Db%2Fc", "-a", "a%20b"] {
        let refused = selected(selector).await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            (400, "BadRequest"),
            "{selector}"
        );
    }
}

pub async fn fields_select(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    ground.ready("web", 2).await;
    let pods = target.get(&ground.core("pods")).await.ok();
    let one = &pods["items"][0];
    let (name, node) = (
        one["metadata"]["name"].as_str(),
        one["spec"]["nodeName"].as_str(),
    );
    let (name, node) = (name.expect("a name"), node.expect("a node"));
    let selected = async |selector: &str| {
        let selector = selector.replace('=', "%3D");
        target
            .get(&format!("/api/v1/pods?fieldSelector={selector}"))
            .await
    };
    let namespace = format!("metadata.namespace={}", ground.namespace);
    assert_eq!(
        selected(&format!("{namespace},metadata.name={name}"))
            .await
            .names(),
        [name]
    );
    let on_node: BTreeSet<String> = selected(&format!("{namespace},spec.nodeName={node}"))
        .await
        .names()
        .into_iter()
        .collect();
    assert!(on_node.contains(name));
    assert_eq!(
        selected(&format!("{namespace},status.phase=Running"))
            .await
            .names()
            .len(),
        2
    );
    assert_eq!(
        selected(&format!("{namespace},status.phase!=Running"))
            .await
            .names()
            .len(),
        0
    );
    let events = ground.core(&format!(
        "events?fieldSelector=involvedObject.kind%3DPod,involvedObject.name%3D{name},reason%3DScheduled,type%3DNormal"
    ));
    assert_eq!(target.get(&events).await.names().len(), 1);
    for (path, selector, message) in [
        (
            "/api/v1/pods",
            "spec.foo%3Db",
            "field label not supported: spec.foo",
        ),
        (
            "/api/v1/pods",
            "foo",
            "invalid selector: 'foo'; can't understand 'foo'",
        ),
        (
            "/api/v1/events",
            "foo%3Db",
            "field label not supported: foo",
        ),
        (
            "/apis/apps/v1/deployments",
            "status.phase%3Db",
            "\"status.phase\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
    ] {
        let refused = target
            .get(&format!("{path}?fieldSelector={selector}"))
            .await;
        assert_eq!(refused.refusal(), (400, "BadRequest", message));
    }
}

pub async fn lists_come_in_the_form_that_is_asked_for(target: &Target) {
    let ground = Ground::new(target).await;
    ground.service("a", json!({"app": "web"})).await.ok();
    let services = ground.core("services");
    let whole = target.get(&services).await.ok();
    assert_eq!(
        (&whole["kind"], &whole["apiVersion"]),
        (&json!("ServiceList"), &json!("v1"))
    );
    let item = &whole["items"][0];
    assert!(item.get("kind").is_none() && item.get("apiVersion").is_none());
    let meta = |what: &str| format!("application/json;as={what};v=v1;g=meta.k8s.io");
    let list = target
        .get_as(&services, &meta("PartialObjectMetadataList"))
        .await
        .ok();
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (
            &json!("PartialObjectMetadataList"),
            &json!("meta.k8s.io/v1")
        )
    );
    let partial = &list["items"][0];
    assert_eq!(partial["kind"], "PartialObjectMetadata");
    assert_eq!(partial["metadata"], item["metadata"]);
    assert!(partial.get("spec").is_none());
    let one = format!("{services}/a");
    let partial = target
        .get_as(&one, &meta("PartialObjectMetadata"))
        .await
        .ok();
    assert_eq!(partial["metadata"], item["metadata"]);
    for (path, form) in [
        (&services, "PartialObjectMetadata"),
        (&one, "PartialObjectMetadataList"),
    ] {
        let refused = target.get_as(path, &meta(form)).await;
        assert_eq!(
            (refused.refusal().0, refused.refusal().1),
            (406, "NotAcceptable")
        );
    }
    let refused = target.get_as(&services, "text/html").await;
    assert_eq!(
        (refused.refusal().0, refused.refusal().1),
        (406, "NotAcceptable")
    );
    let either = "application/vnd.kubernetes.protobuf;as=x,application/json";
    assert_eq!(
        target.get_as(&services, either).await.media,
        "application/json"
    );
}
