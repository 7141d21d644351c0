//! Label selectors as objects carry them: `matchLabels` with `matchExpressions`, or a Service's plain map.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json;

/// A `LabelSelector`, read once to be asked often.
pub(super) struct Selector<'a> {
    pairs: BTreeMap<String, String>,
    selector: &'a Value,
}

impl<'a> Selector<'a> {
    /// The selector of an object.
    pub(super) fn of(selector: &'a Value) -> Self {
        let pairs = pairs(json::at(selector, "/matchLabels"));
        Self { pairs, selector }
    }

    /// Whether it picks these labels; an empty one picks all.
    pub(super) fn picks(&self, labels: &BTreeMap<String, String>) -> bool {
        let has = |(key, value)| labels.get(key) == Some(value);
        self.pairs.iter().all(has)
            && json::items(self.selector, "/matchExpressions").all(|one| fits(one, labels))
    }
}

/// Whether a `LabelSelector` picks these labels; an empty one picks all.
pub(super) fn picks(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    Selector::of(selector).picks(labels)
}

/// A map of labels.
pub(super) fn pairs(map: &Value) -> BTreeMap<String, String> {
    let entries = map.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A selector as text, as the `scale` subresource tells it.
pub(super) fn text(selector: &Value) -> String {
    let mut terms: Vec<String> = pairs(json::at(selector, "/matchLabels"))
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    for expression in json::items(selector, "/matchExpressions") {
        let key = json::text(expression, "/key");
        let values: Vec<&str> = values(expression).collect();
        let values = values.join(",");
        terms.push(match json::text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

fn fits(expression: &Value, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(json::text(expression, "/key"));
    let listed = || value.is_some_and(|value| values(expression).any(|v| v == value));
    match json::text(expression, "/operator") {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

fn values(expression: &Value) -> impl Iterator<Item = &str> {
    json::items(expression, "/values").filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_picks_by_all_of_its_terms() {
        let labels = pairs(&json!({"app": "cart", "tier": "back"}));
        for (selector, expected) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "cart"}}), true),
            (
                json!({"matchLabels": {"app": "cart", "tier": "front"}}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["back"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "zone", "operator": "Exists"}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}),
                true,
            ),
        ] {
            assert_eq!(picks(&selector, &labels), expected, "{selector}");
        }
    }

    #[test]
    fn a_selector_is_written_as_kubectl_reads_it() {
        let selector = json!({
            "matchLabels": {"app": "cart"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"},
            ]
        });
        assert_eq!(text(&selector), "app=cart,tier in (a,b),!old");
    }
}
