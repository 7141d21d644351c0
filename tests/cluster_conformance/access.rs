//! What the server says about itself, and about what one may do.

use std::collections::BTreeSet;

use jiff::Timestamp;
use portolan::demo::cluster::kind::Kind;
use serde_json::{Value, json};

use super::{Ground, Target};

fn texts(value: &Value) -> BTreeSet<&str> {
    let all = value.as_array().into_iter().flatten();
    all.map(|one| one.as_str().expect("text")).collect()
}

pub async fn what_is_served_is_discovered(target: &Target) {
    let new =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let core = target.get_as("/api", new).await.ok();
    let others = target.get_as("/apis", new).await.ok();
    let old_groups = target.get("/apis").await.ok();
    assert_eq!(target.get("/api").await.ok()["versions"], json!(["v1"]));
    let old_groups = old_groups["groups"].as_array().expect("groups");
    for kind in Kind::ALL {
        let names = kind.names();
        let list = if names.group.is_empty() {
            &core
        } else {
            &others
        };
        assert_eq!(list["kind"], "APIGroupDiscoveryList");
        let groups = list["items"].as_array().expect("groups");
        let name =
            |group: &&Value| group["metadata"]["name"].as_str().unwrap_or_default() == names.group;
        let group = groups.iter().find(name).expect("the group");
        let versions = group["versions"].as_array().expect("versions");
        let version = versions
            .iter()
            .find(|version| version["version"] == names.version);
        let all = version.expect("the version")["resources"]
            .as_array()
            .expect("resources");
        let found = all
            .iter()
            .find(|one| one["resource"] == names.plural)
            .expect("the resource");
        assert_eq!(found["responseKind"]["kind"], names.kind);
        assert_eq!(found["singularResource"], names.singular);
        assert_eq!(
            found["scope"],
            if names.namespaced {
                "Namespaced"
            } else {
                "Cluster"
            }
        );
        let short: BTreeSet<&str> = names.short.iter().copied().collect();
        let categories: BTreeSet<&str> = names.categories.iter().copied().collect();
        assert_eq!(
            (texts(&found["shortNames"]), texts(&found["categories"])),
            (short.clone(), categories),
            "{kind:?}"
        );
        let part = |wanted: &str| {
            let parts = found["subresources"].as_array();
            let mut parts = parts.into_iter().flatten();
            parts.find(|part| part["subresource"] == wanted).cloned()
        };
        let scale = part("scale");
        assert_eq!(scale.is_some(), names.scales, "{kind:?}");
        if let Some(scale) = scale {
            assert_eq!(
                scale["responseKind"],
                json!({"group": "autoscaling", "version": "v1", "kind": "Scale"})
            );
        }
        assert_eq!(part("log").is_some(), kind == Kind::Pod);
        // The same in the older form.
        let api = if names.group.is_empty() {
            "api"
        } else {
            "apis"
        };
        let list = target
            .get(&format!("/{api}/{}", kind.api_version()))
            .await
            .ok();
        let all = list["resources"].as_array().expect("resources");
        let old = all
            .iter()
            .find(|one| one["name"] == names.plural)
            .expect("the resource");
        assert_eq!(texts(&old["verbs"]), texts(&found["verbs"]), "{kind:?}");
        assert_eq!(texts(&old["shortNames"]), short);
        assert_eq!(old["namespaced"], names.namespaced);
        let mut verbs = BTreeSet::from([
            "create", "delete", "get", "list", "patch", "update", "watch",
        ]);
        if kind != Kind::Namespace {
            verbs.insert("deletecollection");
        }
        assert_eq!(texts(&old["verbs"]), verbs);
        assert!(
            names.group.is_empty() || old_groups.iter().any(|group| group["name"] == names.group)
        );
    }
    assert_eq!(
        target.get("/apis/apps").await.ok()["preferredVersion"]["version"],
        "v1"
    );
}

pub async fn the_version_and_the_date_are_told(target: &Target) {
    let answer = target.get("/version").await;
    let date = jiff::fmt::rfc2822::parse(&answer.date)
        .expect("a date")
        .timestamp();
    let ground = Ground::new(target).await;
    let made = ground.service("a", json!({})).await;
    let created = made.body["metadata"]["creationTimestamp"]
        .as_str()
        .expect("a time");
    let created: Timestamp = created.parse().expect("a time");
    // Both are the server's time, in whole seconds.
    let later = created.as_second() - date.as_second();
    assert!((0..60).contains(&later), "{date} {created}");
    let version = answer.ok();
    assert_eq!(version["gitVersion"], "v1.36.3");
    assert_eq!(
        (&version["major"], &version["minor"]),
        (&json!("1"), &json!("36"))
    );
    for path in ["/healthz", "/livez", "/readyz"] {
        assert_eq!(target.get_as(path, "*/*").await.body, "ok", "{path}");
    }
    let paths = target.get("/openapi/v3").await.ok();
    let url = paths["paths"]["apis/apps/v1"]["serverRelativeURL"]
        .as_str()
        .expect("an address");
    let document = target.get(url).await.ok();
    let patch =
        &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    let kind = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    assert_eq!(patch["x-kubernetes-group-version-kind"], kind);
}

pub async fn one_may_do_what_is_served(target: &Target) {
    let ask = async |attributes: Value| {
        let review = json!({
            "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": attributes,
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        target.post(path, &review).await
    };
    for (group, resource, part, verb) in [
        ("", "pods", "", "list"),
        ("", "pods", "log", "get"),
        ("apps", "deployments", "", "patch"),
        ("apps", "deployments", "scale", "update"),
        ("*", "*", "", "*"),
    ] {
        let attributes = json!({"resourceAttributes": {
            "namespace": "default", "verb": verb, "group": group, "resource": resource, "subresource": part,
        }});
        let answer = ask(attributes.clone()).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.body["kind"], "SelfSubjectAccessReview");
        assert_eq!(answer.body["status"]["allowed"], true, "{attributes}");
    }
    let other = ask(json!({"nonResourceAttributes": {"verb": "get", "path": "/version"}})).await;
    assert_eq!(other.ok()["status"]["allowed"], true);
    let nothing = ask(json!({})).await;
    assert_eq!((nothing.refusal().0, nothing.refusal().1), (422, "Invalid"));
    let rules = json!({"spec": {"namespace": "default"}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let rules = target.post(path, &rules).await.ok();
    assert!(
        rules["status"]["resourceRules"]
            .as_array()
            .is_some_and(|rules| !rules.is_empty())
    );
    let me = target
        .post(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            &json!({}),
        )
        .await
        .ok();
    assert!(
        me["status"]["userInfo"]["username"]
            .as_str()
            .is_some_and(|name| !name.is_empty())
    );
}
