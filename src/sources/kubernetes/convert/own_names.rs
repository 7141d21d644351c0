//! What containers are told to call themselves: the values of a few variables whose values are names.
//!
//! No other value of the environment leaves this room. Sidecars and init containers are not asked: their
//! names are those of proxies and agents, not of the component.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::observation::{Own, OwnName};
use crate::model::text;

use super::super::lean::{Container, Metadata, PodSpec, Variable};
use super::pod::expanded;

/// OpenTelemetry's own variable for `service.name`.
const SERVICE: &str = "OTEL_SERVICE_NAME";
/// OpenTelemetry's list of attributes, of which two are read.
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Variables by which frameworks and other tracers are told the name of the application.
const APPLICATION: [&str; 5] = [
    "SPRING_APPLICATION_NAME",
    "ZIPKIN_SERVICE_NAME",
    "JAEGER_SERVICE_NAME",
    "DD_SERVICE",
    "ELASTIC_APM_SERVICE_NAME",
];
/// Most own names kept of one pod or template.
const LIMIT: usize = 16;

/// The own names that a pod's containers are told.
pub(super) fn of_pod<'a>(spec: &'a PodSpec, pod: &'a Metadata) -> Vec<OwnName> {
    own_names(spec, &|path| match path {
        "metadata.name" => pod.name.as_deref(),
        "metadata.namespace" => pod.namespace.as_deref(),
        _ => label(path, pod),
    })
}

/// The own names that a template's containers are told; a pod's name is not known here.
pub(super) fn of_template<'a>(
    spec: &'a PodSpec,
    template: Option<&'a Metadata>,
    owner: &'a Metadata,
) -> Vec<OwnName> {
    own_names(spec, &|path| match path {
        "metadata.namespace" => owner.namespace.as_deref(),
        _ => label(path, template?),
    })
}

/// The value of `metadata.labels['x']`; of annotations only those that are read at all.
fn label<'a>(path: &str, metadata: &'a Metadata) -> Option<&'a str> {
    let key = |field: &str| {
        let rest = path.strip_prefix(field)?.strip_prefix('[')?;
        Some(rest.strip_suffix(']')?.trim_matches(['\'', '"']))
    };
    if let Some(key) = key("metadata.labels") {
        return metadata.labels.as_ref()?.get(key)?.as_deref();
    }
    let key = key("metadata.annotations")?;
    metadata
        .annotations
        .as_ref()?
        .0
        .get(key)
        .map(String::as_str)
}

fn own_names<'a>(spec: &'a PodSpec, field: &dyn Fn(&str) -> Option<&'a str>) -> Vec<OwnName> {
    let mut found = BTreeSet::new();
    for container in spec.containers.iter().flatten() {
        of_container(container, field, &mut found);
    }
    found.into_iter().take(LIMIT).collect()
}

/// The kubelet lets the last of several variables of one name win.
fn of_container<'a>(
    container: &'a Container,
    field: &dyn Fn(&str) -> Option<&'a str>,
    found: &mut BTreeSet<OwnName>,
) {
    let variables = container.env.as_deref().unwrap_or_default();
    // Most containers say nothing of themselves: their values need not be looked at.
    if !variables
        .iter()
        .any(|v| v.name.as_deref().is_some_and(is_own))
    {
        return;
    }
    let mut values: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
    for variable in variables {
        let Some(name) = variable.name.as_deref() else {
            continue;
        };
        match value(variable, &values, field) {
            Some(value) => values.insert(name, value),
            None => values.remove(name),
        };
    }
    for (place, value) in values.iter().filter(|(name, _)| is_own(name)) {
        match *place {
            SERVICE => keep(Own::Service, value, place, found),
            ATTRIBUTES => attributes(value, place, found),
            _ => keep(Own::Application, value, place, found),
        }
    }
}

fn is_own(variable: &str) -> bool {
    variable == SERVICE || variable == ATTRIBUTES || APPLICATION.contains(&variable)
}

fn value<'v>(
    variable: &'v Variable,
    before: &BTreeMap<&str, Cow<'_, str>>,
    field: &dyn Fn(&str) -> Option<&'v str>,
) -> Option<Cow<'v, str>> {
    if let Some(value) = &variable.value {
        return Some(expanded(value, before));
    }
    let from = variable.value_from.as_ref()?.field_ref.as_ref()?;
    field(from.field_path.as_deref()?).map(Cow::Borrowed)
}

/// `service.name=cart,service.namespace=shop,…`, with values as a baggage header has them.
fn attributes(list: &str, place: &str, found: &mut BTreeSet<OwnName>) {
    for (key, value) in list.split(',').filter_map(|pair| pair.split_once('=')) {
        let what = match key.trim() {
            "service.name" => Own::Service,
            "service.namespace" => Own::Namespace,
            _ => continue,
        };
        keep(what, &decoded(value.trim()), place, found);
    }
}

/// `%20` and the like as the characters that they stand for.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |digit: Option<u8>| digit.and_then(|d| char::from(d).to_digit(16));
        let code = match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(code.unwrap_or(byte));
        if code.is_some() {
            rest = ahead;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn keep(what: Own, raw: &str, place: &str, found: &mut BTreeSet<OwnName>) {
    // What still refers to another variable is no name: that one's value is not known.
    if raw.contains("$(") {
        return;
    }
    let name = text::name(raw.trim());
    if !name.is_empty() {
        let place = text::name(place);
        found.insert(OwnName { what, name, place });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::lean::{Deployment, Pod};
    use super::super::tests::fact;
    use super::*;

    fn said(names: &[OwnName]) -> Vec<(Own, &str, &str)> {
        let each = names.iter().map(|n| (n.what, &*n.name, &*n.place));
        each.collect()
    }

    fn pod(spec: &Value) -> Vec<OwnName> {
        let object = json!({
            "metadata": {"name": "cart-1", "namespace": "shop", "labels": {"app": "cart"}},
            "spec": spec
        });
        fact::<Pod>(object).meta().own_names.clone()
    }

    fn env(env: &Value) -> Vec<OwnName> {
        pod(&json!({"containers": [{"name": "c", "env": env}]}))
    }

    #[test]
    fn names_are_kept_and_no_other_value() {
        let found = env(&json!([
            {"name": "DB_PASSWORD", "value": "hunter2"},
            {"name": "OTEL_SERVICE_NAME", "value": "Cart\u{1b}[31m"},
            {"name": "OTEL_RESOURCE_ATTRIBUTES",
             "value": "service.namespace=shop%20one, service.name=cart,api.token=hunter2"},
            {"name": "SPRING_APPLICATION_NAME", "value": "cart-app"},
            {"name": "OTEL_EXPORTER_OTLP_HEADERS", "value": "authorization=hunter2"}
        ]));
        assert_eq!(
            said(&found),
            [
                (Own::Service, "Cart", SERVICE),
                (Own::Service, "cart", ATTRIBUTES),
                (Own::Namespace, "shop one", ATTRIBUTES),
                (Own::Application, "cart-app", "SPRING_APPLICATION_NAME"),
            ]
        );
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn fields_and_variables_are_put_in_where_they_are_known() {
        let from = |path: &str| json!({"fieldRef": {"fieldPath": path}});
        let found = env(&json!([
            {"name": "APP", "valueFrom": from("metadata.labels['app']")},
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "OTEL_SERVICE_NAME", "value": "$(APP)-$(SECRET)"},
            {"name": "OTEL_RESOURCE_ATTRIBUTES", "value": "service.name=$(APP)"},
            {"name": "DD_SERVICE", "valueFrom": from("metadata.name")},
            {"name": "JAEGER_SERVICE_NAME", "valueFrom": from("spec.nodeName")}
        ]));
        assert_eq!(
            said(&found),
            [
                (Own::Service, "cart", ATTRIBUTES),
                (Own::Application, "cart-1", "DD_SERVICE"),
            ]
        );
    }

    #[test]
    fn the_last_of_one_name_holds_and_others_than_main_containers_are_not_asked() {
        let told = |name: &str| json!([{"name": SERVICE, "value": name}]);
        let found = pod(&json!({
            "initContainers": [{"name": "i", "restartPolicy": "Always", "env": told("proxy")}],
            "containers": [{"name": "c", "env": [
                {"name": SERVICE, "value": "old"}, {"name": SERVICE, "value": "new"}
            ]}]
        }));
        assert_eq!(said(&found), [(Own::Service, "new", SERVICE)]);
    }

    #[test]
    fn a_template_knows_its_labels_and_its_namespace() {
        let from = |path: &str| json!({"fieldRef": {"fieldPath": path}});
        let fact = fact::<Deployment>(json!({
            "metadata": {"name": "d", "namespace": "shop"},
            "spec": {"template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "cart"}},
                "spec": {"containers": [{"name": "c", "env": [
                    {"name": "NS", "valueFrom": from("metadata.namespace")},
                    {"name": SERVICE, "valueFrom": from("metadata.labels['app.kubernetes.io/name']")},
                    {"name": ATTRIBUTES, "value": "service.namespace=$(NS)"},
                    {"name": "DD_SERVICE", "valueFrom": from("metadata.name")}
                ]}]}
            }}
        }));
        assert_eq!(
            said(&fact.meta().own_names),
            [
                (Own::Service, "cart", SERVICE),
                (Own::Namespace, "shop", ATTRIBUTES),
            ]
        );
    }
}
