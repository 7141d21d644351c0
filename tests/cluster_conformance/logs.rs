//! Logs: which part of them, and following them.

use jiff::Timestamp;
use serde_json::json;

use super::{Ground, Target};

async fn pod(ground: &Ground) -> String {
    ground.deploy("web", 1, &json!({})).await;
    ground.ready("web", 1).await;
    let pods = ground.target.get(&ground.core("pods")).await.names();
    ground.core(&format!("pods/{}", pods[0]))
}

pub async fn a_log_is_cut_as_asked(target: &Target) {
    let ground = Ground::new(target).await;
    let pod = pod(&ground).await;
    // It has written something before one asks for it.
    let mut lines = target.lines(&format!("{pod}/log?follow=true")).await;
    for _ in 0..2 {
        assert!(lines.text().await.is_some_and(|line| !line.is_empty()));
    }
    let log = async |query: &str| {
        let answer = target.get_as(&format!("{pod}/log?{query}"), "*/*").await;
        assert_eq!(
            (answer.status, &*answer.media),
            (200, "text/plain"),
            "{query}"
        );
        answer.body.as_str().expect("text").to_owned()
    };
    assert!(log("").await.lines().count() >= 2);
    assert_eq!(log("tailLines=1&container=main").await.lines().count(), 1);
    assert_eq!(log("tailLines=0").await, "");
    assert_eq!(log("limitBytes=3").await.len(), 3);
    let stamped = log("tailLines=2&timestamps=true").await;
    for line in stamped.lines() {
        let (time, text) = line.split_once(' ').expect("a time and a text");
        assert!(
            time.parse::<Timestamp>().is_ok() && !text.is_empty(),
            "{line}"
        );
    }
    assert_eq!(log("sinceTime=2999-01-01T00:00:00Z").await, "");
    assert!(log("sinceSeconds=999999").await.lines().count() >= 2);
}

pub async fn bad_questions_about_logs_are_refused(target: &Target) {
    let ground = Ground::new(target).await;
    let pod = pod(&ground).await;
    let name = pod.rsplit('/').next().expect("a name");
    for (query, code, reason, message) in [
        (
            "container=foo",
            400,
            "BadRequest",
            format!("container foo is not valid for pod {name}"),
        ),
        (
            "tailLines=-1",
            422,
            "Invalid",
            format!(
                "PodLogOptions \"{name}\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"
            ),
        ),
        (
            "tailLines=x",
            400,
            "BadRequest",
            "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned(),
        ),
        (
            "limitBytes=0",
            422,
            "Invalid",
            format!(
                "PodLogOptions \"{name}\" is invalid: limitBytes: Invalid value: 0: must be greater than 0"
            ),
        ),
        (
            "sinceSeconds=0",
            422,
            "Invalid",
            format!(
                "PodLogOptions \"{name}\" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0"
            ),
        ),
        (
            "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
            422,
            "Invalid",
            format!(
                "PodLogOptions \"{name}\" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
            ),
        ),
    ] {
        let refused = target.get(&format!("{pod}/log?{query}")).await;
        assert_eq!(refused.refusal(), (code, reason, &*message), "{query}");
    }
    let time = target.get(&format!("{pod}/log?sinceTime=foo")).await;
    assert_eq!((time.refusal().0, time.refusal().1), (400, "BadRequest"));
}
