//! The conditions in an object's status.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json;

/// A condition of a status.
pub(super) fn get<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    json::items(status, "/conditions").find(|one| json::text(one, "/type") == kind)
}

/// Sets a condition; the time of its transition stays while it holds or does not hold as before.
pub(super) fn set(
    status: &mut Value,
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let said = if holds { "True" } else { "False" };
    let before = get(status, kind).filter(|one| json::text(one, "/status") == said);
    let since = before.map(|one| json::text(one, "/lastTransitionTime").to_owned());
    let mut condition = json!({
        "type": kind, "status": said,
        "lastTransitionTime": since.unwrap_or_else(|| json::seconds(now)),
    });
    if !reason.is_empty() {
        json::set(&mut condition, "/reason", reason);
    }
    if !message.is_empty() {
        json::set(&mut condition, "/message", message);
    }
    put(status, condition);
}

/// Puts a condition in the place of the one of its type, or at the end.
pub(super) fn put(status: &mut Value, condition: Value) {
    if json::at(status, "/conditions").is_null() {
        json::set(status, "/conditions", json!([]));
    }
    let Some(list) = status
        .pointer_mut("/conditions")
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    let kind = json::text(&condition, "/type").to_owned();
    match list.iter_mut().find(|one| json::text(one, "/type") == kind) {
        Some(place) => *place = condition,
        None => list.push(condition),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_until_it_changes() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut status = json!({});
        set(&mut status, "Ready", false, "Why", "because", at(1));
        set(&mut status, "Other", true, "", "", at(1));
        set(&mut status, "Ready", false, "Else", "", at(2));
        let since =
            |status: &Value| json::text(&status["conditions"][0], "/lastTransitionTime").to_owned();
        assert_eq!(since(&status), "1970-01-01T00:00:01Z");
        assert_eq!(
            get(&status, "Ready").map(|c| &c["reason"]),
            Some(&json!("Else"))
        );
        set(&mut status, "Ready", true, "", "", at(3));
        assert_eq!(since(&status), "1970-01-01T00:00:03Z");
        assert_eq!(json::items(&status, "/conditions").count(), 2);
    }
}
