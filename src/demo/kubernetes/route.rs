//! Which thing of the API a path means. Knows no verbs and no objects.

use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Key;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `/version`.
    Version,
    /// `/healthz` and its neighbours.
    Health,
    /// `/`, `/openapi/…`: what is there to be read, without the first slash.
    OpenApi(String),
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1`, `/apis/GROUP/VERSION`: group and version.
    Resources(String, String),
    /// All objects of a kind, in one namespace or in all.
    Collection {
        /// Of which kind.
        kind: Kind,
        /// Where.
        namespace: Option<String>,
    },
    /// One object.
    Object(Key),
    /// A part or an aspect of one object.
    Part {
        /// Of which object.
        key: Key,
        /// `scale`, `log`, …
        part: String,
    },
    /// `metrics.k8s.io`.
    Metrics {
        /// Pods or nodes.
        kind: Kind,
        /// Where; none for all.
        namespace: Option<String>,
        /// One of them.
        name: Option<String>,
    },
    /// A question about oneself, by its plural.
    Review(&'static str),
    /// Nothing that is served.
    Nothing,
}

/// Questions about oneself: group and plural.
pub(super) const REVIEWS: [(&str, &str); 3] = [
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
];

/// The group of what is used.
pub(super) const METRICS: (&str, &str) = ("metrics.k8s.io", "v1beta1");

/// What a path means.
pub(super) fn route(path: &str) -> Route {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match *parts.as_slice() {
        [] => Route::OpenApi(String::new()),
        ["version"] => Route::Version,
        ["healthz" | "livez" | "readyz", ..] => Route::Health,
        ["openapi", ..] => Route::OpenApi(parts.join("/")),
        ["api"] => Route::CoreVersions,
        ["api", version] => Route::Resources(String::new(), version.to_owned()),
        ["api", version, ref rest @ ..] => resource("", version, rest),
        ["apis"] => Route::Groups,
        ["apis", group] => Route::Group(group.to_owned()),
        ["apis", group, version] => Route::Resources(group.to_owned(), version.to_owned()),
        ["apis", group, version, ref rest @ ..] => resource(group, version, rest),
        _ => Route::Nothing,
    }
}

fn resource(group: &str, version: &str, rest: &[&str]) -> Route {
    // A namespace has parts of its own, which look like what is in it.
    let (namespace, rest) = match *rest {
        ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, ref inside @ ..] if !inside.is_empty() => {
            (Some(namespace), inside)
        }
        _ => (None, rest),
    };
    if (group, version) == METRICS {
        return metrics(namespace, rest);
    }
    if let [plural] = rest
        && let Some((_, review)) = REVIEWS.iter().find(|known| **known == (group, *plural))
        && version == "v1"
    {
        return Route::Review(review);
    }
    let [plural, rest @ ..] = rest else {
        return Route::Nothing;
    };
    let Some(kind) = Kind::of_plural(group, version, plural) else {
        return Route::Nothing;
    };
    let namespaced = kind.names().namespaced;
    if namespace.is_some() && !namespaced {
        return Route::Nothing;
    }
    let is_whole = namespace.is_some() == namespaced;
    let key = |name| Key::new(kind, namespace.unwrap_or_default(), name);
    match *rest {
        [] => Route::Collection {
            kind,
            namespace: namespace.map(str::to_owned),
        },
        [name] if is_whole => Route::Object(key(name)),
        [name, ref part @ ..] if is_whole => Route::Part {
            key: key(name),
            part: part.join("/"),
        },
        _ => Route::Nothing,
    }
}

fn metrics(namespace: Option<&str>, rest: &[&str]) -> Route {
    let (kind, name) = match *rest {
        ["pods"] => (Kind::Pod, None),
        ["pods", name] if namespace.is_some() => (Kind::Pod, Some(name)),
        ["nodes"] if namespace.is_none() => (Kind::Node, None),
        ["nodes", name] if namespace.is_none() => (Kind::Node, Some(name)),
        _ => return Route::Nothing,
    };
    Route::Metrics {
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(kind: Kind, namespace: Option<&str>) -> Route {
        let namespace = namespace.map(str::to_owned);
        Route::Collection { kind, namespace }
    }

    fn part(key: Key, part: &str) -> Route {
        let part = part.to_owned();
        Route::Part { key, part }
    }

    #[test]
    fn every_kind_has_its_collection_and_its_objects() {
        for kind in Kind::ALL {
            let names = kind.names();
            let api = if names.group.is_empty() {
                "/api/v1".to_owned()
            } else {
                format!("/apis/{}/{}", names.group, names.version)
            };
            let plural = names.plural;
            assert_eq!(route(&format!("{api}/{plural}")), collection(kind, None));
            let inside = format!("{api}/namespaces/shop/{plural}");
            if names.namespaced {
                assert_eq!(route(&inside), collection(kind, Some("shop")));
                let key = Key::new(kind, "shop", "a");
                assert_eq!(route(&format!("{inside}/a")), Route::Object(key.clone()));
                assert_eq!(route(&format!("{inside}/a/scale")), part(key, "scale"));
                assert_eq!(route(&format!("{api}/{plural}/a")), Route::Nothing);
            } else {
                assert_eq!(route(&inside), Route::Nothing);
                let key = Key::new(kind, "", "a");
                assert_eq!(route(&format!("{api}/{plural}/a")), Route::Object(key));
            }
        }
    }

    #[test]
    fn a_namespaces_own_parts_are_not_what_is_in_it() {
        let key = || Key::new(Kind::Namespace, "", "shop");
        assert_eq!(route("/api/v1/namespaces/shop"), Route::Object(key()));
        assert_eq!(
            route("/api/v1/namespaces/shop/status"),
            part(key(), "status")
        );
        let pods = route("/api/v1/namespaces/shop/pods/");
        assert_eq!(pods, collection(Kind::Pod, Some("shop")));
        assert_eq!(
            route("/api/v1/namespaces/shop/pods/a/proxy/x/y"),
            part(Key::new(Kind::Pod, "shop", "a"), "proxy/x/y")
        );
    }

    #[test]
    fn the_rest_is_found_too_and_what_is_not_served_is_nothing() {
        let metrics = |kind, namespace: Option<&str>, name: Option<&str>| Route::Metrics {
            kind,
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
        };
        for (path, expected) in [
            ("/version", Route::Version),
            ("/readyz/etcd", Route::Health),
            (
                "/openapi/v3/api/v1",
                Route::OpenApi("openapi/v3/api/v1".into()),
            ),
            ("/api", Route::CoreVersions),
            ("/apis/", Route::Groups),
            ("/apis/apps", Route::Group("apps".into())),
            (
                "/apis/apps/v1",
                Route::Resources("apps".into(), "v1".into()),
            ),
            (
                "/apis/metrics.k8s.io/v1beta1/nodes/n",
                metrics(Kind::Node, None, Some("n")),
            ),
            (
                "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods",
                metrics(Kind::Pod, Some("shop"), None),
            ),
            (
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                Route::Review("selfsubjectaccessreviews"),
            ),
            ("/api/v1/secrets", Route::Nothing),
            ("/apis/apps/v1beta1/deployments", Route::Nothing),
            ("/apis/metrics.k8s.io/v1beta1/deployments", Route::Nothing),
            ("/metrics", Route::Nothing),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
