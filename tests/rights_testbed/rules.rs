//! The manifests of `assets/rbac`, and single rights as they are granted in them.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeSet;

use serde_json::Value;

pub const VIEW: &str = include_str!("../../assets/rbac/view.yaml");
pub const OPERATE: &str = include_str!("../../assets/rbac/operate.yaml");
pub const NAMESPACE: &str = include_str!("../../assets/rbac/namespace.yaml");

/// One right: `list pods`, `update deployments.apps/scale`.
pub type Rights = BTreeSet<String>;

pub fn right(verb: &str, group: &str, resource: &str) -> String {
    let (kind, sub) = resource.split_once('/').unwrap_or((resource, ""));
    let group = if group.is_empty() {
        String::new()
    } else {
        format!(".{group}")
    };
    let sub = if sub.is_empty() {
        String::new()
    } else {
        format!("/{sub}")
    };
    format!("{verb} {kind}{group}{sub}")
}

pub fn documents(manifest: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(manifest).expect("well-formed")
}

/// The role of a manifest: its rules as they stand.
pub fn rules(manifest: &str, role: &str) -> Value {
    let documents = documents(manifest);
    let is_it = |document: &&Value| {
        let kind = document["kind"].as_str().unwrap_or_default();
        kind.ends_with("Role") && document["metadata"]["name"] == role
    };
    let found = documents.iter().find(is_it).expect("the role is there");
    found["rules"].clone()
}

fn words(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// What rules grant.
pub fn granted(rules: &Value) -> Rights {
    let mut rights = Rights::new();
    for rule in rules.as_array().expect("rules") {
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                rights.extend(words(&rule["verbs"]).map(|verb| right(verb, group, resource)));
            }
        }
    }
    rights
}

/// Rules without some resources.
pub fn without(rules: &Value, lacking: &[&str]) -> Value {
    let mut rules = rules.clone();
    let all = rules.as_array_mut().expect("rules");
    for rule in &mut *all {
        let resources = rule["resources"].as_array_mut().expect("resources");
        resources.retain(|r| !lacking.contains(&r.as_str().unwrap_or_default()));
    }
    all.retain(|rule| rule["resources"].as_array().is_some_and(|r| !r.is_empty()));
    rules
}
