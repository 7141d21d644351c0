//! Whether an object is a valid one of its kind: the rules of an API server that people run into.

use serde_json::{Value, json};

use super::super::json;
use super::super::kind::Kind;
use super::super::refusal::Fault;
use super::super::selector;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
     '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex \
     used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
     characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', \
     regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const POD_CHANGES: &str = "pod updates may not change fields other than \
     `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
     `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` \
     (allow it to be set to 1 if it was previously negative)";

/// What is wrong with an object, its defaults filled in; `old` is the one in whose place it comes.
pub(super) fn faults(kind: Kind, object: &Value, old: Option<&Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    name(kind, object, &mut faults);
    labels(object, "/metadata/labels", &mut faults);
    match kind {
        Kind::Pod => pod_spec(object, "/spec", &mut faults),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
            replicas(object, "/spec/replicas", &mut faults);
            workload(object, &mut faults);
            only_always(object, &mut faults);
        }
        Kind::Job => {
            for count in ["parallelism", "completions", "backoffLimit"] {
                replicas(object, &format!("/spec/{count}"), &mut faults);
            }
            pod_spec(object, "/spec/template/spec", &mut faults);
            never_always(object, "/spec/template/spec/restartPolicy", &mut faults);
        }
        Kind::CronJob => {
            if json::text(object, "/spec/schedule").is_empty() {
                faults.push(Fault::required("spec.schedule"));
            }
            let template = "/spec/jobTemplate/spec/template/spec";
            pod_spec(object, template, &mut faults);
            never_always(object, &format!("{template}/restartPolicy"), &mut faults);
        }
        Kind::Service => service(object, &mut faults),
        Kind::HorizontalPodAutoscaler => autoscaler(object, &mut faults),
        Kind::Namespace
        | Kind::Node
        | Kind::EndpointSlice
        | Kind::Ingress
        | Kind::ConfigMap
        | Kind::NetworkPolicy
        | Kind::Event => {}
    }
    if let Some(old) = old {
        unchanged(kind, object, old, &mut faults);
    }
    faults
}

/// The fields that stay as they were made.
fn unchanged(kind: Kind, object: &Value, old: &Value, faults: &mut Vec<Fault>) {
    let fixed: &[&str] = match kind {
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {
            &["/spec/selector"]
        }
        Kind::Job => &["/spec/selector", "/spec/template", "/spec/completions"],
        _ => &[],
    };
    for path in fixed {
        let value = json::at(object, path);
        if value != json::at(old, path) {
            faults.push(Fault::invalid(dotted(path), value, "field is immutable"));
        }
    }
    if kind == Kind::Pod {
        let (new, old) = (fixed_of_pod(object), fixed_of_pod(old));
        let count = |pod: &Value| json::items(pod, "/containers").count();
        if count(&new) != count(&old) {
            let why = "pod updates may not add or remove containers";
            faults.push(Fault::forbidden("spec.containers", why));
        } else if new != old {
            faults.push(Fault::forbidden("spec", POD_CHANGES));
        }
    }
}

/// The part of a pod's spec that cannot be changed.
fn fixed_of_pod(pod: &Value) -> Value {
    let mut spec = json::at(pod, "/spec").clone();
    for list in ["/containers", "/initContainers"] {
        for container in json::items_mut(&mut spec, list) {
            json::take(container, "/image");
        }
    }
    for field in [
        "/activeDeadlineSeconds",
        "/tolerations",
        "/terminationGracePeriodSeconds",
    ] {
        json::take(&mut spec, field);
    }
    spec
}

fn name(kind: Kind, object: &Value, faults: &mut Vec<Fault>) {
    let name = json::text(object, "/metadata/name");
    if name.is_empty() {
        let required = Fault::required("metadata.name");
        faults.push(required.saying("name or generateName is required"));
        return;
    }
    let (valid, rule) = match kind {
        Kind::Namespace | Kind::Service => (is_label(name), LABEL),
        _ => (
            name.len() <= 253 && name.split('.').all(is_label_of_any_length),
            SUBDOMAIN,
        ),
    };
    if !valid {
        faults.push(Fault::invalid("metadata.name", &json!(name), rule));
    }
}

fn labels(object: &Value, path: &str, faults: &mut Vec<Fault>) {
    for (key, value) in selector::pairs(json::at(object, path)) {
        let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
        let valid = value.len() <= 63
            && value.chars().all(word)
            && ends(value.chars().next())
            && ends(value.chars().last());
        if !valid || key.is_empty() {
            let why = "a valid label must be an empty string or consist of alphanumeric characters, '-', \
                 '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
                 'my_value',  or '12345', regex used for validation is \
                 '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
            faults.push(Fault::invalid(dotted(path), &json!(value), why));
        }
    }
}

fn replicas(object: &Value, path: &str, faults: &mut Vec<Fault>) {
    let value = json::at(object, path);
    if !value.is_null() && value.as_i64().is_none_or(|number| number < 0) {
        let why = "must be greater than or equal to 0";
        faults.push(Fault::invalid(dotted(path), value, why));
    }
}

fn workload(object: &Value, faults: &mut Vec<Fault>) {
    let wanted = json::at(object, "/spec/selector");
    let labels = json::at(object, "/spec/template/metadata/labels");
    let empty = wanted.as_object().is_none_or(serde_json::Map::is_empty);
    if empty {
        faults.push(Fault::required("spec.selector"));
    }
    if empty || !selector::picks(wanted, &selector::pairs(labels)) {
        let why = "`selector` does not match template `labels`";
        faults.push(Fault::invalid("spec.template.metadata.labels", labels, why));
    }
    self::labels(object, "/spec/template/metadata/labels", faults);
    pod_spec(object, "/spec/template/spec", faults);
}

fn only_always(object: &Value, faults: &mut Vec<Fault>) {
    let path = "/spec/template/spec/restartPolicy";
    let policy = json::at(object, path);
    if !policy.is_null() && policy != "Always" {
        faults.push(Fault::unsupported(dotted(path), policy, &["Always"]));
    }
}

fn never_always(object: &Value, path: &str, faults: &mut Vec<Fault>) {
    if !matches!(json::text(object, path), "Never" | "OnFailure") {
        let required = Fault::required(dotted(path));
        faults.push(required.saying("valid values: \"OnFailure\", \"Never\""));
    }
}

fn pod_spec(object: &Value, path: &str, faults: &mut Vec<Fault>) {
    let spec = json::at(object, path);
    let path = dotted(path);
    if json::items(spec, "/containers").next().is_none() {
        faults.push(Fault::required(format!("{path}.containers")));
    }
    for list in ["initContainers", "containers"] {
        let mut names: Vec<&str> = Vec::new();
        for (i, container) in json::items(spec, &format!("/{list}")).enumerate() {
            let place = format!("{path}.{list}[{i}]");
            let name = json::text(container, "/name");
            if name.is_empty() {
                faults.push(Fault::required(format!("{place}.name")));
            } else if !is_label(name) {
                faults.push(Fault::invalid(format!("{place}.name"), &json!(name), LABEL));
            } else if names.contains(&name) {
                let message = format!("Duplicate value: {name:?}");
                faults.push(Fault {
                    field: format!("{place}.name"),
                    reason: "FieldValueDuplicate",
                    message,
                });
            }
            names.push(name);
            if json::text(container, "/image").trim().is_empty() {
                faults.push(Fault::required(format!("{place}.image")));
            }
            for (j, port) in json::items(container, "/ports").enumerate() {
                let field = format!("{place}.ports[{j}].containerPort");
                self::port(json::at(port, "/containerPort"), field, faults);
            }
        }
    }
}

fn service(object: &Value, faults: &mut Vec<Fault>) {
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    let kind = json::at(object, "/spec/type");
    if !kind.as_str().is_some_and(|kind| kinds.contains(&kind)) {
        faults.push(Fault::unsupported("spec.type", kind, &kinds));
    }
    let ports: Vec<&Value> = json::items(object, "/spec/ports").collect();
    let headless = json::text(object, "/spec/clusterIP") == "None";
    if ports.is_empty() && !headless && kind != "ExternalName" {
        faults.push(Fault::required("spec.ports"));
    }
    if ports.len() > 1 {
        for (i, _) in ports
            .iter()
            .enumerate()
            .filter(|(_, p)| json::text(p, "/name").is_empty())
        {
            faults.push(Fault::required(format!("spec.ports[{i}].name")));
        }
    }
    for (i, port) in ports.iter().enumerate() {
        self::port(
            json::at(port, "/port"),
            format!("spec.ports[{i}].port"),
            faults,
        );
        let target = json::at(port, "/targetPort");
        if target.is_number() {
            self::port(target, format!("spec.ports[{i}].targetPort"), faults);
        }
    }
}

fn autoscaler(object: &Value, faults: &mut Vec<Fault>) {
    let least = json::number(object, "/spec/minReplicas").unwrap_or_default();
    match json::number(object, "/spec/maxReplicas") {
        Some(most) if most >= 1 && most >= least => {}
        Some(most) => {
            let why = "must be greater than or equal to `minReplicas`";
            faults.push(Fault::invalid("spec.maxReplicas", &json!(most), why));
        }
        None => faults.push(Fault::required("spec.maxReplicas")),
    }
    for field in ["kind", "name"] {
        if json::text(object, &format!("/spec/scaleTargetRef/{field}")).is_empty() {
            faults.push(Fault::required(format!("spec.scaleTargetRef.{field}")));
        }
    }
}

fn port(value: &Value, field: String, faults: &mut Vec<Fault>) {
    if !value
        .as_i64()
        .is_some_and(|number| (1..=65535).contains(&number))
    {
        let why = "must be between 1 and 65535, inclusive";
        faults.push(Fault::invalid(field, value, why));
    }
}

/// An RFC 1123 label.
fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_of_any_length(text)
}

fn is_label_of_any_length(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// `/spec/replicas` as people write it: `spec.replicas`.
fn dotted(path: &str) -> String {
    path.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, object: &Value) -> Vec<String> {
        let faults = faults(kind, object, None).into_iter();
        faults
            .map(|f| format!("{}: {}", f.field, f.message))
            .collect()
    }

    #[test]
    fn a_deployment_is_told_all_that_is_wrong_with_it() {
        let object = json!({
            "metadata": {"name": "m"},
            "spec": {"replicas": -1, "selector": {"matchLabels": {"a": "b"}}, "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "x"}]}
            }}
        });
        assert_eq!(
            said(Kind::Deployment, &object),
            [
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
                "spec.template.spec.containers[0].image: Required value",
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            ]
        );
        assert_eq!(
            said(
                Kind::Deployment,
                &json!({"metadata": {"name": "m"}, "spec": {}})
            ),
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
                "spec.template.spec.containers: Required value",
            ]
        );
    }

    #[test]
    fn names_are_of_their_kind() {
        let wrong = |kind, name: &str| {
            let object = json!({"metadata": {"name": name}});
            said(kind, &object)
                .iter()
                .any(|f| f.starts_with("metadata.name"))
        };
        for (kind, name, expected) in [
            (Kind::Ingress, "a.b-c", false),
            (Kind::Ingress, "Bad_Name", true),
            (Kind::Ingress, "", true),
            (Kind::Ingress, "a..b", true),
            (Kind::Namespace, "a.b", true),
            (Kind::Namespace, "-a", true),
            (Kind::Service, "1s", false),
        ] {
            assert_eq!(wrong(kind, name), expected, "{kind:?} {name:?}");
        }
    }

    #[test]
    fn a_service_needs_ports_that_can_be_told_apart() {
        let object = json!({"metadata": {"name": "s"}, "spec": {
            "type": "ClusterIP", "ports": [{"port": 80}, {"port": 99999, "targetPort": 99999}]
        }});
        assert_eq!(
            said(Kind::Service, &object),
            [
                "spec.ports[0].name: Required value",
                "spec.ports[1].name: Required value",
                "spec.ports[1].port: Invalid value: 99999: must be between 1 and 65535, inclusive",
                "spec.ports[1].targetPort: Invalid value: 99999: must be between 1 and 65535, inclusive",
            ]
        );
    }
}
