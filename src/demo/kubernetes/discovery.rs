//! What the server says that it has: groups, resources, verbs, short names. Only what is served is said.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::demo::cluster::json::set;
use crate::demo::cluster::kind::Kind;

use super::failure::Failure;
use super::route::{METRICS, REVIEWS};

/// The media type of the discovery in one piece.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// The version of Kubernetes that is simulated.
pub(super) const VERSION: &str = "v1.36.3";

/// What can be done with most objects.
const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// A group in its one version.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) resources: Vec<Resource>,
}

/// A resource of a group.
pub(super) struct Resource {
    pub(super) plural: &'static str,
    singular: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespaced: bool,
    pub(super) verbs: Vec<&'static str>,
    short: &'static [&'static str],
    categories: &'static [&'static str],
    parts: Vec<Part>,
}

/// A part of a resource's objects.
struct Part {
    name: &'static str,
    /// Group, version and kind where they are not the resource's.
    of: Option<(&'static str, &'static str)>,
    kind: &'static str,
    verbs: &'static [&'static str],
}

/// The verbs that a kind knows.
pub(super) fn verbs(kind: Kind) -> Vec<&'static str> {
    let all = VERBS.into_iter();
    // Nobody shall delete all namespaces by one slip.
    all.filter(|verb| kind != Kind::Namespace || *verb != "deletecollection")
        .collect()
}

/// The parts that a kind's objects have, with their verbs.
pub(super) fn parts(kind: Kind) -> Vec<(&'static str, &'static [&'static str])> {
    let own = own_parts(kind).into_iter();
    own.map(|part| (part.name, part.verbs)).collect()
}

fn own_parts(kind: Kind) -> Vec<Part> {
    let names = kind.names();
    let mut parts = Vec::new();
    if kind == Kind::Pod {
        parts.push(Part {
            name: "log",
            of: None,
            kind: names.kind,
            verbs: &["get"],
        });
    }
    if names.scales {
        parts.push(Part {
            name: "scale",
            of: Some(("autoscaling", "v1")),
            kind: "Scale",
            verbs: &["get", "patch", "update"],
        });
    }
    if !matches!(
        kind,
        Kind::EndpointSlice | Kind::ConfigMap | Kind::NetworkPolicy | Kind::Event
    ) {
        parts.push(Part {
            name: "status",
            of: None,
            kind: names.kind,
            verbs: &["get"],
        });
    }
    parts
}

/// All groups, in the order in which names are looked up.
pub(super) fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut add = |name, version, resource| match groups.iter_mut().find(|group| group.name == name)
    {
        Some(group) => group.resources.push(resource),
        None => groups.push(Group {
            name,
            version,
            resources: vec![resource],
        }),
    };
    for kind in Kind::ALL {
        let names = kind.names();
        let resource = Resource {
            plural: names.plural,
            singular: names.singular,
            kind: names.kind,
            namespaced: names.namespaced,
            verbs: verbs(kind),
            short: names.short,
            categories: names.categories,
            parts: own_parts(kind),
        };
        add(names.group, names.version, resource);
    }
    let simple = |plural, singular, kind, namespaced, verbs: &[&'static str]| Resource {
        plural,
        singular,
        kind,
        namespaced,
        verbs: verbs.to_vec(),
        short: &[],
        categories: &[],
        parts: Vec::new(),
    };
    let kinds = [
        ("selfsubjectaccessreview", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreview", "SelfSubjectRulesReview"),
        ("selfsubjectreview", "SelfSubjectReview"),
    ];
    for ((group, plural), (singular, kind)) in REVIEWS.into_iter().zip(kinds) {
        let resource = simple(plural, singular, kind, false, &["create"]);
        add(group, "v1", resource);
    }
    // Last, so that "pods" are the pods.
    let (group, version) = METRICS;
    let read = &["get", "list"];
    add(
        group,
        version,
        simple("nodes", "", "NodeMetrics", false, read),
    );
    add(group, version, simple("pods", "", "PodMetrics", true, read));
    for group in &mut groups {
        group.resources.sort_by_key(|resource| resource.plural);
    }
    groups
}

/// `/api`.
pub(super) fn core_versions(aggregated: bool) -> Response {
    if aggregated {
        return all_of(|group| group.name.is_empty());
    }
    let versions = json!({
        "kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [],
    });
    axum::Json(versions).into_response()
}

/// `/apis`.
pub(super) fn list_groups(aggregated: bool) -> Response {
    if aggregated {
        return all_of(|group| !group.name.is_empty());
    }
    let groups = groups();
    let named = groups.iter().filter(|group| !group.name.is_empty());
    let groups: Vec<Value> = named.map(described).collect();
    let list = json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups});
    axum::Json(list).into_response()
}

fn described(group: &Group) -> Value {
    let version = json!({
        "groupVersion": format!("{}/{}", group.name, group.version), "version": group.version,
    });
    json!({"name": group.name, "versions": [version], "preferredVersion": version})
}

/// `/apis/GROUP`.
pub(super) fn group(name: &str) -> Result<Response, Failure> {
    let groups = groups();
    let found = groups
        .iter()
        .find(|group| group.name == name && !name.is_empty())
        .ok_or_else(|| Failure::unserved(&format!("the API group {name}")))?;
    let mut value = described(found);
    set(&mut value, "/kind", "APIGroup");
    set(&mut value, "/apiVersion", "v1");
    Ok(axum::Json(value).into_response())
}

/// `/api/v1`, `/apis/GROUP/VERSION`.
pub(super) fn resources(name: &str, version: &str) -> Result<Response, Failure> {
    let groups = groups();
    let found = groups
        .iter()
        .find(|group| group.name == name && group.version == version)
        .ok_or_else(|| {
            let group = format!("{name}/{version}");
            Failure::unserved(&format!("the API group {}", group.trim_start_matches('/')))
        })?;
    let resources: Vec<Value> = found.resources.iter().flat_map(listed).collect();
    let of = format!("{name}/{version}");
    let list = json!({
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": of.trim_start_matches('/'), "resources": resources,
    });
    Ok(axum::Json(list).into_response())
}

/// A resource and its parts, each as an entry of a list.
fn listed(resource: &Resource) -> Vec<Value> {
    let mut entry = Map::new();
    entry.insert("name".into(), resource.plural.into());
    entry.insert("singularName".into(), resource.singular.into());
    entry.insert("namespaced".into(), resource.namespaced.into());
    entry.insert("kind".into(), resource.kind.into());
    entry.insert("verbs".into(), json!(resource.verbs));
    if !resource.short.is_empty() {
        entry.insert("shortNames".into(), json!(resource.short));
    }
    if !resource.categories.is_empty() {
        entry.insert("categories".into(), json!(resource.categories));
    }
    let parts = resource.parts.iter().map(|part| {
        let mut entry = Map::new();
        let name = format!("{}/{}", resource.plural, part.name);
        entry.insert("name".into(), name.into());
        entry.insert("singularName".into(), "".into());
        entry.insert("namespaced".into(), resource.namespaced.into());
        if let Some((group, version)) = part.of {
            entry.insert("group".into(), group.into());
            entry.insert("version".into(), version.into());
        }
        entry.insert("kind".into(), part.kind.into());
        entry.insert("verbs".into(), json!(part.verbs));
        Value::Object(entry)
    });
    std::iter::once(Value::Object(entry)).chain(parts).collect()
}

/// All of some groups at once.
fn all_of(which: impl Fn(&Group) -> bool) -> Response {
    let groups = groups();
    let items: Vec<Value> = groups
        .iter()
        .filter(|group| which(group))
        .map(|group| {
            let resources: Vec<Value> = group.resources.iter().map(|r| at_once(group, r)).collect();
            let metadata = if group.name.is_empty() {
                json!({})
            } else {
                json!({"name": group.name})
            };
            json!({
                "metadata": metadata,
                "versions": [
                    {"version": group.version, "resources": resources, "freshness": "Current"}
                ],
            })
        })
        .collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {}, "items": items,
    });
    ([(CONTENT_TYPE, AGGREGATED)], list.to_string()).into_response()
}

fn at_once(group: &Group, resource: &Resource) -> Value {
    let kind = |(group, version): (&str, &str), kind: &str| json!({"group": group, "version": version, "kind": kind});
    let own = (group.name, group.version);
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind(own, resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    if !resource.short.is_empty() {
        set(&mut entry, "/shortNames", json!(resource.short));
    }
    if !resource.categories.is_empty() {
        set(&mut entry, "/categories", json!(resource.categories));
    }
    let parts: Vec<Value> = resource
        .parts
        .iter()
        .map(|part| {
            json!({
                "subresource": part.name,
                "responseKind": kind(part.of.unwrap_or(own), part.kind),
                "verbs": part.verbs,
            })
        })
        .collect();
    if !parts.is_empty() {
        set(&mut entry, "/subresources", parts);
    }
    entry
}

/// `/version`.
pub(super) fn version() -> Response {
    let version = json!({
        "major": "1", "minor": "36", "gitVersion": VERSION, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "",
        "platform": "portolan/demo",
    });
    axum::Json(version).into_response()
}
