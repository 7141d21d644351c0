//! What a container's configuration sets, by name and origin: variables, whole ConfigMaps and Secrets, and
//! what is mounted. Values stay here.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::parameter::{Origin, PARAMETER_LIMIT, Parameter};
use crate::model::text::{self, Text};

use super::super::lean::{Container, EnvFrom, Files, PodSpec, Variable, Volume, VolumeMount};
use super::pod::all;
use super::some_name;

/// The certificate that every pod gets beside its token says nothing about the pod.
const OF_ALL: &str = "kube-root-ca.crt";

/// The parameters of a pod's or a template's containers, sorted, at most [`PARAMETER_LIMIT`].
pub(super) fn of(spec: &PodSpec) -> Arc<[Parameter]> {
    let mut found = BTreeSet::new();
    for container in all(spec) {
        let name = some_name(container.name.as_ref()).unwrap_or_default();
        let set = |(parameter, origin)| Parameter {
            container: name.clone(),
            name: parameter,
            origin,
        };
        found.extend(of_container(container, spec).into_iter().map(set));
    }
    found.into_iter().take(PARAMETER_LIMIT).collect()
}

fn of_container(container: &Container, spec: &PodSpec) -> Vec<(Text, Origin)> {
    let variables = container.env.iter().flatten().filter_map(variable);
    let whole = container.env_from.iter().flatten().filter_map(whole);
    let mut found: Vec<_> = variables.chain(whole).collect();
    for mount in container.volume_mounts.iter().flatten() {
        let volumes = spec.volumes.iter().flatten();
        for volume in volumes.filter(|v| v.name.is_some() && v.name == mount.name) {
            mounted(volume, mount, &mut found);
        }
    }
    found
}

fn variable(variable: &Variable) -> Option<(Text, Origin)> {
    let name = some_name(variable.name.as_ref())?;
    let Some(from) = &variable.value_from else {
        return Some((name, Origin::Literal));
    };
    let origin = if let Some(of) = &from.config_map_key_ref {
        Origin::ConfigMap {
            name: some_name(of.name.as_ref())?,
            key: some_name(of.key.as_ref()),
        }
    } else if let Some(of) = &from.secret_key_ref {
        Origin::Secret {
            name: some_name(of.name.as_ref())?,
            key: some_name(of.key.as_ref()),
        }
    } else {
        let field = from.field_ref.as_ref().and_then(|f| f.field_path.as_ref());
        let resource = from.resource.as_ref().and_then(|r| r.resource.as_ref());
        Origin::Field {
            path: some_name(field.or(resource))?,
        }
    };
    Some((name, origin))
}

/// A whole ConfigMap or Secret as variables: `PREFIX_*`.
fn whole(from: &EnvFrom) -> Option<(Text, Origin)> {
    let prefix = from.prefix.as_deref().unwrap_or("");
    let name = text::name(&format!("{prefix}*"));
    let origin = match (&from.config_map_ref, &from.secret_ref) {
        (Some(of), _) => Origin::ConfigMap {
            name: some_name(of.name.as_ref())?,
            key: None,
        },
        (None, Some(of)) => Origin::Secret {
            name: some_name(of.name.as_ref())?,
            key: None,
        },
        (None, None) => return None,
    };
    Some((name, origin))
}

fn mounted(volume: &Volume, mount: &VolumeMount, found: &mut Vec<(Text, Origin)>) {
    let Some(path) = some_name(mount.mount_path.as_ref()) else {
        return;
    };
    let sources = volume.projected.iter().flat_map(|p| &p.sources).flatten();
    let config_maps = sources.clone().filter_map(|s| s.config_map.as_ref());
    let secrets = sources.filter_map(|s| s.secret.as_ref());
    for files in volume.config_map.iter().chain(config_maps) {
        let keys = keys(files, mount);
        if let Some(name) = some_name(files.name.as_ref()).filter(|name| &**name != OF_ALL) {
            let of = |key| Origin::ConfigMap {
                name: name.clone(),
                key,
            };
            found.extend(keys.into_iter().map(|key| (path.clone(), of(key))));
        }
    }
    for files in volume.secret.iter().chain(secrets) {
        let keys = keys(files, mount);
        if let Some(name) = some_name(files.secret_name.as_ref().or(files.name.as_ref())) {
            let of = |key| Origin::Secret {
                name: name.clone(),
                key,
            };
            found.extend(keys.into_iter().map(|key| (path.clone(), of(key))));
        }
    }
}

/// The keys that a mount shows: `None` for all of them.
fn keys(files: &Files, mount: &VolumeMount) -> Vec<Option<Text>> {
    let sub = mount.sub_path.as_ref().filter(|sub| !sub.is_empty());
    let Some(items) = &files.items else {
        // Without a list of its own each key is a file of its name.
        return vec![sub.and_then(|sub| some_name(Some(sub)))];
    };
    let shown = items
        .iter()
        .filter(|item| sub.is_none() || item.path.as_ref() == sub);
    shown
        .filter_map(|item| some_name(item.key.as_ref()))
        .map(Some)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of_json(spec: Value) -> Vec<String> {
        let spec: PodSpec = serde_json::from_value(spec).expect("a specification");
        of(&spec)
            .iter()
            .map(|p| format!("{} {}: {}", p.container, p.name, p.origin))
            .collect()
    }

    #[test]
    fn each_way_to_set_something_is_known_by_its_name_and_origin() {
        let env = |variable: Value| json!({"env": [variable]});
        let mount = |path: &str| json!([{"name": "v", "mountPath": path}]);
        for (container, volumes, expected) in [
            (
                env(json!({"name": "A", "value": "hunter2"})),
                json!(null),
                vec!["c A: set in the manifest"],
            ),
            (
                env(json!({"name": "A"})),
                json!(null),
                vec!["c A: set in the manifest"],
            ),
            (
                env(
                    json!({"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}),
                ),
                json!(null),
                vec!["c A: ConfigMap m, key k"],
            ),
            (
                env(json!({"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})),
                json!(null),
                vec!["c A: Secret s, key k"],
            ),
            (
                env(json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})),
                json!(null),
                vec!["c A: field status.podIP"],
            ),
            (
                env(
                    json!({"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}),
                ),
                json!(null),
                vec!["c A: field limits.cpu"],
            ),
            (
                env(json!({"name": "A", "valueFrom": {}})),
                json!(null),
                vec![],
            ),
            (
                env(json!({"name": null, "value": "x"})),
                json!(null),
                vec![],
            ),
            (
                json!({"envFrom": [
                    {"prefix": "P_", "configMapRef": {"name": "m"}},
                    {"secretRef": {"name": "s"}},
                    {"prefix": "X"}
                ]}),
                json!(null),
                vec!["c *: Secret s", "c P_*: ConfigMap m"],
            ),
            (
                json!({"volumeMounts": mount("/etc/x")}),
                json!([{"name": "v", "configMap": {"name": "m"}}, {"name": "w", "configMap": {"name": "other"}}]),
                vec!["c /etc/x: ConfigMap m"],
            ),
            (
                json!({"volumeMounts": mount("/etc/x")}),
                json!([{"name": "v", "configMap": {"name": "m", "items": [{"key": "a", "path": "b"}, {"path": "c"}]}}]),
                vec!["c /etc/x: ConfigMap m, key a"],
            ),
            (
                json!({"volumeMounts": [{"name": "v", "mountPath": "/x.conf", "subPath": "x.conf"}]}),
                json!([{"name": "v", "secret": {"secretName": "s"}}]),
                vec!["c /x.conf: Secret s, key x.conf"],
            ),
            (
                json!({"volumeMounts": mount("/all")}),
                json!([{"name": "v", "projected": {"sources": [
                    {"configMap": {"name": "m"}}, {"configMap": {"name": "kube-root-ca.crt"}},
                    {"secret": {"name": "s"}}, {"serviceAccountToken": {"path": "token"}}
                ]}}]),
                vec!["c /all: ConfigMap m", "c /all: Secret s"],
            ),
            (
                json!({"volumeMounts": mount("/data")}),
                json!([{"name": "v", "emptyDir": {}}]),
                vec![],
            ),
            (
                json!({"env": null, "envFrom": null, "volumeMounts": [{}]}),
                json!([{}, {"name": null, "configMap": {"name": "m"}}]),
                vec![],
            ),
        ] {
            let mut container = container;
            container["name"] = json!("c");
            let spec = json!({"containers": [container], "volumes": volumes});
            let found = of_json(spec.clone());
            assert_eq!(found, expected, "{spec}");
        }
    }

    #[test]
    fn parameters_are_sorted_bounded_and_without_values() {
        let env: Vec<Value> = (0..2 * PARAMETER_LIMIT)
            .rev()
            .map(|i| json!({"name": format!("V{i:04}"), "value": "hunter2"}))
            .collect();
        let found = of_json(json!({"containers": [{"name": "c", "env": env}]}));
        assert_eq!(found.len(), PARAMETER_LIMIT);
        assert!(found.is_sorted());
        assert!(!found.concat().contains("hunter2"));
    }
}
