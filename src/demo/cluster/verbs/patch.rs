//! Applying patches: RFC 6902, RFC 7386, and Kubernetes' strategic merge patch.
//! <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>

use serde_json::{Map, Value};

use super::super::json;
use super::super::kind::Kind;
use super::super::refusal::Refusal;
use super::Patch;

/// An object with a patch applied.
pub(super) fn apply(kind: Kind, object: &Value, patch: &Patch) -> Result<Value, Refusal> {
    let mut patched = object.clone();
    match patch {
        Patch::Merge(change) => {
            only_objects(change)?;
            json_patch::merge(&mut patched, change);
        }
        Patch::Strategic(change) => {
            only_objects(change)?;
            merge(kind, &mut patched, change);
        }
        Patch::Operations(operations) => {
            let operations: json_patch::Patch = serde_json::from_value(operations.clone())
                .map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))?;
            json_patch::patch(&mut patched, &operations).map_err(|error| {
                let why = "the server rejected our request due to an error in our request";
                Refusal::new(422, "Invalid", format!("{why}: {error}"))
            })?;
        }
    }
    if patched.is_object() {
        Ok(patched)
    } else {
        Err(Refusal::bad_request("the patched object is no object"))
    }
}

fn only_objects(change: &Value) -> Result<(), Refusal> {
    if change.is_object() {
        return Ok(());
    }
    let message = format!("the patch must be a JSON object, but is {change}");
    Err(Refusal::bad_request(message))
}

/// A directive's name and the list that it is about: `$setElementOrder/containers`.
fn directive<'a>(name: &'a str, verb: &str) -> Option<&'a str> {
    name.strip_prefix(verb)?.strip_prefix('/')
}

/// A strategic merge of a map.
fn merge(kind: Kind, into: &mut Value, change: &Value) {
    let Some(change) = change.as_object() else {
        *into = change.clone();
        return;
    };
    match change.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *into = Value::Object(without_directives(change));
            return;
        }
        Some("delete") => {
            *into = Value::Object(Map::new());
            return;
        }
        _ => {}
    }
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(map) = into else { return };
    if let Some(kept) = change.get("$retainKeys").and_then(Value::as_array) {
        map.retain(|name, _| kept.iter().any(|k| k == name));
    }
    for (name, value) in change {
        if let Some(list) = directive(name, "$deleteFromPrimitiveList") {
            if let Some(Value::Array(from)) = map.get_mut(list) {
                from.retain(|one| !value.as_array().is_some_and(|gone| gone.contains(one)));
            }
        } else if name.starts_with('$') {
            // `$patch` is done, an order comes last.
        } else if value.is_null() {
            map.remove(name);
        } else if let Value::Array(changes) = value {
            let list = map.entry(name.as_str()).or_insert(Value::Null);
            merge_list(kind, name, list, changes);
        } else if value.is_object() {
            merge(kind, map.entry(name.as_str()).or_insert(Value::Null), value);
        } else {
            map.insert(name.clone(), value.clone());
        }
    }
    for (name, wanted) in change {
        let list =
            directive(name, "$setElementOrder").and_then(|name| Some((name, map.get_mut(name)?)));
        if let (Some((name, Value::Array(list))), Value::Array(wanted)) = (list, wanted) {
            order(merge_key(kind, name, list), list, wanted);
        }
    }
}

/// A strategic merge of a list: by its key where it has one, as a whole where it has none.
fn merge_list(kind: Kind, name: &str, into: &mut Value, changes: &[Value]) {
    let replaces = |one: &Value| json::text(one, "/$patch") == "replace";
    let plain = || {
        changes
            .iter()
            .filter(|one| !replaces(one))
            .cloned()
            .collect()
    };
    if !into.is_array() {
        *into = Value::Array(Vec::new());
    }
    let Value::Array(list) = into else { return };
    if changes.iter().any(replaces) {
        *list = plain();
        return;
    }
    if name == "finalizers" {
        for one in changes
            .iter()
            .filter(|one| !list.contains(one))
            .cloned()
            .collect::<Vec<_>>()
        {
            list.push(one);
        }
        return;
    }
    let Some(key) = merge_key(kind, name, changes) else {
        *list = plain();
        return;
    };
    for change in changes {
        let id = change.get(key);
        if json::text(change, "/$patch") == "delete" {
            list.retain(|one| one.get(key) != id);
        } else if let Some(one) = list.iter_mut().find(|one| one.get(key) == id) {
            merge(kind, one, change);
        } else {
            let mut one = Value::Null;
            merge(kind, &mut one, change);
            list.push(one);
        }
    }
}

/// The field by which the elements of a list are told apart; none of a list that is replaced as a whole.
fn merge_key(kind: Kind, list: &str, elements: &[Value]) -> Option<&'static str> {
    match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "resourceClaims"
        | "schedulingGates" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "volumeDevices" => Some("devicePath"),
        "ports" if kind == Kind::EndpointSlice => None,
        "ports"
            if elements
                .iter()
                .any(|one| one.get("containerPort").is_some()) =>
        {
            Some("containerPort")
        }
        "ports" => Some("port"),
        "conditions" if matches!(kind, Kind::HorizontalPodAutoscaler) => None,
        "conditions" | "addresses" => Some("type"),
        "ownerReferences" => Some("uid"),
        "hostAliases" | "podIPs" | "hostIPs" => Some("ip"),
        "topologySpreadConstraints" => Some("topologyKey"),
        _ => None,
    }
}

/// Puts the elements that are named into their order; others come after them as they were.
fn order(key: Option<&str>, list: &mut [Value], wanted: &[Value]) {
    let id = |one: &Value| key.map_or_else(|| Some(one.clone()), |key| one.get(key).cloned());
    let wanted: Vec<Option<Value>> = wanted.iter().map(id).collect();
    list.sort_by_key(|one| {
        let id = id(one);
        wanted.iter().position(|w| *w == id).unwrap_or(wanted.len())
    });
}

fn without_directives(change: &Map<String, Value>) -> Map<String, Value> {
    let plain = change.iter().filter(|(name, _)| !name.starts_with('$'));
    plain
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(containers: &Value) -> Value {
        json!({"spec": {"containers": containers}})
    }

    #[test]
    fn lists_with_keys_are_merged_and_others_replaced() {
        let object = template(&json!([
            {"name": "a", "image": "a:1", "args": ["x"], "env": [{"name": "E", "value": "1"}],
             "ports": [{"containerPort": 80, "name": "http"}]},
            {"name": "b", "image": "b:1"},
        ]));
        let change = template(&json!([
            {"name": "a", "args": ["y"], "env": [{"name": "F", "value": "2"}],
             "ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 81}]},
            {"name": "c", "image": "c:1"},
            {"name": "b", "$patch": "delete"},
        ]));
        let patched = apply(Kind::Pod, &object, &Patch::Strategic(change)).expect("it fits");
        let expected = template(&json!([
            {"name": "a", "image": "a:1", "args": ["y"],
             "env": [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}],
             "ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 81}]},
            {"name": "c", "image": "c:1"},
        ]));
        assert_eq!(patched, expected);
    }

    #[test]
    fn directives_are_followed_and_leave_nothing_behind() {
        let object = json!({
            "metadata": {"finalizers": ["a", "b"], "labels": {"x": "1", "y": "2"}},
            "spec": {
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
                "tolerations": [{"key": "k"}],
                "containers": [{"name": "a"}, {"name": "b"}],
                "nodeSelector": {"zone": "a"}
            }
        });
        let change = json!({
            "metadata": {
                "$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"],
                "labels": {"x": null, "z": "3"}
            },
            "spec": {
                "strategy": {"$retainKeys": ["type"], "type": "Recreate"},
                "tolerations": [{"key": "l"}],
                "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
                "containers": [{"name": "c"}],
                "nodeSelector": {"$patch": "replace", "disk": "fast"}
            }
        });
        let patched = apply(Kind::Deployment, &object, &Patch::Strategic(change));
        let expected = json!({
            "metadata": {"finalizers": ["b", "c"], "labels": {"y": "2", "z": "3"}},
            "spec": {
                "strategy": {"type": "Recreate"},
                "tolerations": [{"key": "l"}],
                "containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
                "nodeSelector": {"disk": "fast"}
            }
        });
        assert_eq!(patched, Ok(expected));
    }

    #[test]
    fn a_merge_patch_replaces_lists_and_removes_nulls() {
        let object = json!({"a": [1, 2], "b": {"c": 1, "d": 2}});
        let change = json!({"a": [3], "b": {"c": null}});
        let patched = apply(Kind::Pod, &object, &Patch::Merge(change));
        assert_eq!(patched, Ok(json!({"a": [3], "b": {"d": 2}})));
    }

    #[test]
    fn operations_are_done_together_or_not_at_all() {
        let object = json!({"spec": {"replicas": 1}});
        let patch = |operations| apply(Kind::Deployment, &object, &Patch::Operations(operations));
        let fine = json!([
            {"op": "test", "path": "/spec/replicas", "value": 1},
            {"op": "replace", "path": "/spec/replicas", "value": 2}
        ]);
        assert_eq!(patch(fine), Ok(json!({"spec": {"replicas": 2}})));
        for (wrong, code) in [
            (
                json!([{"op": "test", "path": "/spec/replicas", "value": 7}]),
                422,
            ),
            (
                json!([{"op": "replace", "path": "/nope/x", "value": 7}]),
                422,
            ),
            (json!({"a": 1}), 400),
        ] {
            assert_eq!(
                patch(wrong.clone()).map_err(|r| r.code),
                Err(code),
                "{wrong}"
            );
        }
        let patch = Patch::Strategic(json!([1]));
        assert_eq!(
            apply(Kind::Pod, &object, &patch).map_err(|r| r.code),
            Err(400)
        );
    }
}
