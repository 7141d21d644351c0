//! Questions about oneself: who one is, and what one may do. In the demo one may do all that is served.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::demo::cluster::json::{at, set, text};
use crate::demo::cluster::kind::Kind;

use super::discovery;
use super::failure::Failure;
use super::route::{METRICS, REVIEWS};
use super::write::Sent;

/// Who one is.
const USER: &str = "demo";

/// Answers a question by its plural.
pub(super) fn answer(review: &str, sent: &Sent<'_>) -> Result<Response, Failure> {
    let (kind, group) = match review {
        "selfsubjectaccessreviews" => ("SelfSubjectAccessReview", "authorization.k8s.io"),
        "selfsubjectrulesreviews" => ("SelfSubjectRulesReview", "authorization.k8s.io"),
        _ => ("SelfSubjectReview", "authentication.k8s.io"),
    };
    let version = format!("{group}/v1");
    let mut asked = sent.object(kind, &version)?;
    let status = match kind {
        "SelfSubjectAccessReview" => access(&asked)?,
        "SelfSubjectRulesReview" => rules(),
        _ => json!({"userInfo": {"username": USER, "groups": ["system:authenticated"]}}),
    };
    set(&mut asked, "/status", status);
    set(&mut asked, "/kind", kind);
    set(&mut asked, "/apiVersion", version);
    if at(&asked, "/metadata").is_null() {
        set(&mut asked, "/metadata", json!({}));
    }
    Ok((StatusCode::CREATED, axum::Json(asked)).into_response())
}

fn access(asked: &Value) -> Result<Value, Failure> {
    let resource = at(asked, "/spec/resourceAttributes");
    let other = at(asked, "/spec/nonResourceAttributes");
    if resource.is_null() == other.is_null() {
        return Err(Failure::new(
            422,
            "Invalid",
            "SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes: \
             Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ));
    }
    if resource.is_null() {
        let allowed = matches!(text(other, "/verb"), "get" | "*");
        return Ok(json!({"allowed": allowed}));
    }
    let field = |name: &str| text(resource, &format!("/{name}"));
    let (group, plural, part) = (field("group"), field("resource"), field("subresource"));
    if may(group, plural, part, field("verb")) {
        return Ok(json!({"allowed": true}));
    }
    let what = match part {
        "" => plural.to_owned(),
        part => format!("{plural}/{part}"),
    };
    let reason = format!("the demo does not serve this verb on {what}");
    Ok(json!({"allowed": false, "reason": reason}))
}

/// Whether that is served.
fn may(group: &str, plural: &str, part: &str, verb: &str) -> bool {
    let knows = |verbs: &[&str]| verb == "*" || verbs.contains(&verb);
    if plural == "*" {
        return true;
    }
    if (group == METRICS.0 || group == "*") && matches!(plural, "pods" | "nodes") && part.is_empty()
    {
        return knows(&["get", "list"]);
    }
    if REVIEWS.contains(&(group, plural)) {
        return knows(&["create"]);
    }
    let of = |kind: &Kind| {
        let names = kind.names();
        names.plural == plural && (group == names.group || group == "*")
    };
    let Some(kind) = Kind::ALL.into_iter().find(of) else {
        return false;
    };
    match part {
        "" => knows(&discovery::verbs(kind)),
        part => discovery::parts(kind)
            .iter()
            .any(|(own, verbs)| *own == part && knows(verbs)),
    }
}

/// What one may do, kind by kind.
fn rules() -> Value {
    let kinds = Kind::ALL.into_iter().map(|kind| {
        let names = kind.names();
        json!({
            "verbs": discovery::verbs(kind), "apiGroups": [names.group], "resources": [names.plural],
        })
    });
    let parts = Kind::ALL.into_iter().flat_map(|kind| {
        let names = kind.names();
        discovery::parts(kind)
            .into_iter()
            .map(move |(part, verbs)| {
                let resource = format!("{}/{part}", names.plural);
                json!({"verbs": verbs, "apiGroups": [names.group], "resources": [resource]})
            })
    });
    let metrics = json!({
        "verbs": ["get", "list"], "apiGroups": [METRICS.0], "resources": ["nodes", "pods"],
    });
    let rules: Vec<Value> = kinds.chain(parts).chain([metrics]).collect();
    json!({
        "resourceRules": rules,
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}],
        "incomplete": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_allowed_and_nothing_else() {
        for (group, plural, part, verb, expected) in [
            ("", "pods", "", "list", true),
            ("", "pods", "log", "get", true),
            ("", "pods", "exec", "create", false),
            ("apps", "deployments", "", "patch", true),
            ("apps", "deployments", "scale", "update", true),
            ("", "deployments", "", "get", false),
            ("", "namespaces", "", "deletecollection", false),
            ("", "secrets", "", "get", false),
            ("*", "*", "", "*", true),
            ("metrics.k8s.io", "pods", "", "list", true),
            ("metrics.k8s.io", "pods", "", "delete", false),
        ] {
            assert_eq!(
                may(group, plural, part, verb),
                expected,
                "{verb} {plural}/{part}"
            );
        }
    }
}
