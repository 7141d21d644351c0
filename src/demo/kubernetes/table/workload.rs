//! The cells of workloads.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::cluster::json::{at, items, number, text};

use super::age;

fn name(object: &Value) -> Value {
    json!(text(object, "/metadata/name"))
}

fn age(object: &Value, now: Timestamp) -> Value {
    json!(age::since(object, "/metadata/creationTimestamp", now))
}

fn count(object: &Value, path: &str) -> i64 {
    number(object, path).unwrap_or_default()
}

/// Names and images of the containers of a pod template.
fn containers(object: &Value, template: &str) -> [Value; 2] {
    let path = format!("{template}/spec/containers");
    let joined = |field| {
        let each: Vec<_> = items(object, &path).map(|one| text(one, field)).collect();
        json!(each.join(","))
    };
    [joined("/name"), joined("/image")]
}

/// `k=v,k=v`, sorted; `<none>` for none.
pub(super) fn pairs(object: &Value, path: &str) -> String {
    let pairs = at(object, path).as_object().into_iter().flatten();
    let each: Vec<_> = pairs
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    or_none(&each.join(","))
}

pub(super) fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>" } else { text }.to_owned()
}

/// A label selector as one writes it; empty when it selects all.
pub(super) fn selector(object: &Value, path: &str) -> String {
    let labels = at(object, &format!("{path}/matchLabels"));
    let mut parts: Vec<(String, String)> = labels
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            (key.clone(), format!("{key}={value}"))
        })
        .collect();
    for one in items(object, &format!("{path}/matchExpressions")) {
        let key = text(one, "/key");
        let mut values: Vec<_> = items(one, "/values").filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        let said = match text(one, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        parts.push((key.to_owned(), said));
    }
    parts.sort();
    let said: Vec<_> = parts.into_iter().map(|(_, said)| said).collect();
    said.join(",")
}

pub(super) fn deployment(object: &Value, now: Timestamp) -> Vec<Value> {
    let ready = count(object, "/status/readyReplicas");
    let [names, images] = containers(object, "/spec/template");
    vec![
        name(object),
        json!(format!("{ready}/{}", count(object, "/spec/replicas"))),
        json!(count(object, "/status/updatedReplicas")),
        json!(count(object, "/status/availableReplicas")),
        age(object, now),
        names,
        images,
        json!(selector(object, "/spec/selector")),
    ]
}

pub(super) fn replica_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, "/spec/template");
    vec![
        name(object),
        json!(count(object, "/spec/replicas")),
        json!(count(object, "/status/replicas")),
        json!(count(object, "/status/readyReplicas")),
        age(object, now),
        names,
        images,
        json!(or_none(&selector(object, "/spec/selector"))),
    ]
}

pub(super) fn stateful_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let ready = count(object, "/status/readyReplicas");
    let [names, images] = containers(object, "/spec/template");
    let ready = format!("{ready}/{}", count(object, "/spec/replicas"));
    vec![name(object), json!(ready), age(object, now), names, images]
}

pub(super) fn daemon_set(object: &Value, now: Timestamp) -> Vec<Value> {
    let [names, images] = containers(object, "/spec/template");
    vec![
        name(object),
        json!(count(object, "/status/desiredNumberScheduled")),
        json!(count(object, "/status/currentNumberScheduled")),
        json!(count(object, "/status/numberReady")),
        json!(count(object, "/status/updatedNumberScheduled")),
        json!(count(object, "/status/numberAvailable")),
        json!(pairs(object, "/spec/template/spec/nodeSelector")),
        age(object, now),
        names,
        images,
        json!(or_none(&selector(object, "/spec/selector"))),
    ]
}

pub(super) fn cron_job(object: &Value, now: Timestamp) -> Vec<Value> {
    let last = "/status/lastScheduleTime";
    let last = age::time(object, last).map(|at| age::short(age::seconds(at, now)));
    let suspended = match at(object, "/spec/suspend").as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let [names, images] = containers(object, "/spec/jobTemplate/spec/template");
    vec![
        name(object),
        json!(text(object, "/spec/schedule")),
        json!(or_none(text(object, "/spec/timeZone"))),
        json!(suspended),
        json!(items(object, "/status/active").count()),
        json!(last.unwrap_or_else(|| "<none>".to_owned())),
        age(object, now),
        names,
        images,
        json!(or_none(&selector(
            object,
            "/spec/jobTemplate/spec/selector"
        ))),
    ]
}

pub(super) fn job(object: &Value, now: Timestamp) -> Vec<Value> {
    let done = count(object, "/status/succeeded");
    let parallel = count(object, "/spec/parallelism");
    let completions = match number(object, "/spec/completions") {
        Some(wanted) => format!("{done}/{wanted}"),
        None if parallel > 1 => format!("{done}/1 of {parallel}"),
        None => format!("{done}/1"),
    };
    let end = age::time(object, "/status/completionTime").unwrap_or(now);
    let duration =
        age::time(object, "/status/startTime").map(|start| age::short(age::seconds(start, end)));
    let [names, images] = containers(object, "/spec/template");
    vec![
        name(object),
        json!(job_status(object)),
        json!(completions),
        json!(duration.unwrap_or_default()),
        age(object, now),
        names,
        images,
        json!(or_none(&selector(object, "/spec/selector"))),
    ]
}

fn job_status(job: &Value) -> &'static str {
    let has = |wanted: &str| {
        items(job, "/status/conditions")
            .any(|own| text(own, "/type") == wanted && text(own, "/status") == "True")
    };
    if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if !at(job, "/metadata/deletionTimestamp").is_null() {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

pub(super) fn autoscaler(object: &Value, now: Timestamp) -> Vec<Value> {
    let target = "/spec/scaleTargetRef";
    let reference = format!(
        "{}/{}",
        text(object, &format!("{target}/kind")),
        text(object, &format!("{target}/name"))
    );
    let least = number(object, "/spec/minReplicas");
    vec![
        name(object),
        json!(reference),
        json!(targets(object)),
        json!(least.map_or_else(|| "<unset>".to_owned(), |least| least.to_string())),
        json!(count(object, "/spec/maxReplicas")),
        json!(count(object, "/status/currentReplicas")),
        age(object, now),
    ]
}

/// What an autoscaler measures and what it aims at, for the kinds of metrics that the demo has.
fn targets(object: &Value) -> String {
    const SHOWN: usize = 2;
    let metrics: Vec<_> = items(object, "/spec/metrics").collect();
    let each: Vec<_> = metrics
        .iter()
        .enumerate()
        .take(SHOWN)
        .map(|(index, metric)| {
            let current = at(object, &format!("/status/currentMetrics/{index}"));
            target(metric, current)
        })
        .collect();
    let said = each.join(", ");
    match metrics.len().saturating_sub(SHOWN) {
        0 => or_none(&said),
        more => format!("{said} + {more} more..."),
    }
}

fn target(metric: &Value, current: &Value) -> String {
    if text(metric, "/type") != "Resource" {
        return "<unknown type>".to_owned();
    }
    let resource = text(metric, "/resource/name");
    let unknown = || "<unknown>".to_owned();
    let aim = text(metric, "/resource/target/averageValue");
    if !aim.is_empty() {
        let now = match text(current, "/resource/current/averageValue") {
            "" => unknown(),
            value => value.to_owned(),
        };
        return format!("{resource}: {now}/{aim}");
    }
    let percent = |number: i64| format!("{number}%");
    let now = number(current, "/resource/current/averageUtilization");
    let aim = number(metric, "/resource/target/averageUtilization");
    format!(
        "{resource}: {}/{}",
        now.map_or_else(unknown, percent),
        aim.map_or_else(|| "<auto>".to_owned(), percent)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_as_one_types_them() {
        let object = json!({"s": {
            "matchLabels": {"b": "2", "a": "1"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["y", "x"]},
                {"key": "c", "operator": "DoesNotExist"}
            ]
        }});
        assert_eq!(selector(&object, "/s"), "a=1,b=2,!c,tier in (x,y)");
        assert_eq!(pairs(&object, "/s/matchLabels"), "a=1,b=2");
        assert_eq!(pairs(&object, "/nothing"), "<none>");
    }

    #[test]
    fn an_autoscaler_says_what_it_measures() {
        let cpu =
            |aim: Value| json!({"type": "Resource", "resource": {"name": "cpu", "target": aim}});
        let object = json!({
            "spec": {"metrics": [
                cpu(json!({"averageUtilization": 80})), cpu(json!({"averageValue": "1"})), cpu(json!({})),
            ]},
            "status": {"currentMetrics": [{"resource": {"current": {"averageUtilization": 12}}}]}
        });
        assert_eq!(
            targets(&object),
            "cpu: 12%/80%, cpu: <unknown>/1 + 1 more..."
        );
        assert_eq!(targets(&json!({})), "<none>");
    }
}
