//! The cells of what workloads stand on and are reached by.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::cluster::json::{at, items, number, text};

use super::age;
use super::workload::{or_none, pairs, selector};

/// Longest list of addresses that is shown.
const ADDRESSES: usize = 3;

fn name(object: &Value) -> Value {
    json!(text(object, "/metadata/name"))
}

fn age(object: &Value, now: Timestamp) -> Value {
    json!(age::since(object, "/metadata/creationTimestamp", now))
}

fn or<'a>(text: &'a str, none: &'a str) -> &'a str {
    if text.is_empty() { none } else { text }
}

pub(super) fn namespace(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        json!(text(object, "/status/phase")),
        age(object, now),
    ]
}

pub(super) fn node(object: &Value, now: Timestamp) -> Vec<Value> {
    let ready = items(object, "/status/conditions").find(|one| text(one, "/type") == "Ready");
    let mut status = match ready.map(|one| text(one, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if at(object, "/spec/unschedulable") == true {
        status.push_str(",SchedulingDisabled");
    }
    let labels = at(object, "/metadata/labels").as_object();
    let roles: BTreeSet<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                None if key == "kubernetes.io/role" => value.as_str(),
                role => role,
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    let roles: Vec<&str> = roles.into_iter().collect();
    let address = |kind| {
        let found = items(object, "/status/addresses").find(|one| text(one, "/type") == kind);
        found.map_or("<none>", |one| text(one, "/address"))
    };
    let info = |field| text(object, &format!("/status/nodeInfo/{field}")).to_owned();
    let mut kernel = or(&info("kernelVersion"), "<unknown>").to_owned();
    let architecture = info("architecture");
    if !architecture.is_empty() {
        kernel.push_str(&format!(" ({architecture})"));
    }
    vec![
        name(object),
        json!(status),
        json!(or(&roles.join(","), "<none>")),
        age(object, now),
        json!(info("kubeletVersion")),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        json!(or(&info("osImage"), "<unknown>")),
        json!(kernel),
        json!(or(&info("containerRuntimeVersion"), "<unknown>")),
    ]
}

pub(super) fn service(object: &Value, now: Timestamp) -> Vec<Value> {
    let ports: Vec<String> = items(object, "/spec/ports")
        .map(|port| {
            let number_of = |path| number(port, path).unwrap_or_default();
            let protocol = text(port, "/protocol");
            match number_of("/nodePort") {
                0 => format!("{}/{protocol}", number_of("/port")),
                node => format!("{}:{node}/{protocol}", number_of("/port")),
            }
        })
        .collect();
    vec![
        name(object),
        json!(text(object, "/spec/type")),
        json!(or(text(object, "/spec/clusterIPs/0"), "<none>")),
        json!(external(object)),
        json!(or(&ports.join(","), "<none>")),
        age(object, now),
        json!(pairs(object, "/spec/selector")),
    ]
}

/// Under which addresses a service is reached from outside.
fn external(service: &Value) -> String {
    let balanced = balancers(service);
    let own = items(service, "/spec/externalIPs").filter_map(Value::as_str);
    match text(service, "/spec/type") {
        "ExternalName" => text(service, "/spec/externalName").to_owned(),
        "LoadBalancer" => {
            let all: Vec<&str> = balanced.iter().map(String::as_str).chain(own).collect();
            or(&all.join(","), "<pending>").to_owned()
        }
        "ClusterIP" | "NodePort" => {
            let own: Vec<&str> = own.collect();
            or(&own.join(","), "<none>").to_owned()
        }
        _ => "<unknown>".to_owned(),
    }
}

/// The addresses of the load balancers in front of something.
fn balancers(object: &Value) -> BTreeSet<String> {
    items(object, "/status/loadBalancer/ingress")
        .map(|one| or(text(one, "/ip"), text(one, "/hostname")).to_owned())
        .filter(|address| !address.is_empty())
        .collect()
}

pub(super) fn endpoint_slice(object: &Value, now: Timestamp) -> Vec<Value> {
    let ports = items(object, "/ports").map(|port| match number(port, "/port") {
        Some(number) => number.to_string(),
        None => or(text(port, "/name"), "*").to_owned(),
    });
    let endpoints = items(object, "/endpoints")
        .flat_map(|one| items(one, "/addresses"))
        .map(|address| address.as_str().unwrap_or_default().to_owned());
    vec![
        name(object),
        json!(text(object, "/addressType")),
        json!(some(ports)),
        json!(some(endpoints)),
        age(object, now),
    ]
}

/// The first few, and how many more there are.
fn some(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let shown: Vec<&str> = all.iter().take(ADDRESSES).map(String::as_str).collect();
    let shown = shown.join(",");
    match all.len() {
        0 => "<unset>".to_owned(),
        1..=ADDRESSES => shown,
        many => format!("{shown} + {} more...", many - ADDRESSES),
    }
}

pub(super) fn config_map(object: &Value, now: Timestamp) -> Vec<Value> {
    let keys = |path: &str| at(object, path).as_object().map_or(0, serde_json::Map::len);
    vec![
        name(object),
        json!(keys("/data") + keys("/binaryData")),
        age(object, now),
    ]
}

pub(super) fn network_policy(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        json!(or_none(&selector(object, "/spec/podSelector"))),
        age(object, now),
    ]
}

pub(super) fn ingress(object: &Value, now: Timestamp) -> Vec<Value> {
    let rules = items(object, "/spec/rules").count();
    let hosts: Vec<&str> = items(object, "/spec/rules")
        .map(|rule| text(rule, "/host"))
        .filter(|host| !host.is_empty())
        .collect();
    let shown: Vec<&str> = hosts.iter().take(ADDRESSES).copied().collect();
    let shown = shown.join(",");
    let hosts = match hosts.len() {
        0 => "*".to_owned(),
        1..=ADDRESSES => shown,
        _ => format!("{shown} + {} more...", rules - ADDRESSES),
    };
    let addresses: Vec<String> = balancers(object).into_iter().collect();
    let ports = if items(object, "/spec/tls").next().is_some() {
        "80, 443"
    } else {
        "80"
    };
    vec![
        name(object),
        json!(or(text(object, "/spec/ingressClassName"), "<none>")),
        json!(hosts),
        json!(addresses.join(",")),
        json!(ports),
        age(object, now),
    ]
}

pub(super) fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    let either = |one: &str, other: &str| {
        let path = if at(object, one).is_null() {
            other
        } else {
            one
        };
        age::since(object, path, now)
    };
    let first = either("/firstTimestamp", "/eventTime");
    let last = match at(object, "/series/lastObservedTime") {
        Value::Null if at(object, "/lastTimestamp").is_null() => first.clone(),
        Value::Null => age::since(object, "/lastTimestamp", now),
        _ => age::since(object, "/series/lastObservedTime", now),
    };
    let count = number(object, "/series/count").or_else(|| number(object, "/count"));
    let kind = text(object, "/involvedObject/kind").to_lowercase();
    let target = match text(object, "/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let component = or(
        text(object, "/source/component"),
        text(object, "/reportingComponent"),
    );
    let source = match or(
        text(object, "/source/host"),
        text(object, "/reportingInstance"),
    ) {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    };
    vec![
        json!(last),
        json!(text(object, "/type")),
        json!(text(object, "/reason")),
        json!(target),
        json!(text(object, "/involvedObject/fieldPath")),
        json!(source),
        json!(text(object, "/message").trim()),
        json!(first),
        json!(count.filter(|count| *count > 0).unwrap_or(1)),
        name(object),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T10:05:00Z".parse().expect("a time")
    }

    #[test]
    fn a_service_says_where_it_is_reached() {
        let service_of = |spec: Value| service(&json!({"spec": spec}), now());
        let port = json!([{"port": 80, "protocol": "TCP"}, {"port": 8, "nodePort": 30008, "protocol": "UDP"}]);
        let cells =
            service_of(json!({"type": "LoadBalancer", "clusterIPs": ["10.0.0.1"], "ports": port}));
        assert_eq!(
            cells[1..5],
            [
                "LoadBalancer",
                "10.0.0.1",
                "<pending>",
                "80/TCP,8:30008/UDP"
            ]
        );
        let cells = service_of(json!({"type": "ExternalName", "externalName": "x.example"}));
        assert_eq!(
            cells[1..5],
            ["ExternalName", "<none>", "x.example", "<none>"]
        );
    }

    #[test]
    fn a_node_says_how_it_is_and_what_for() {
        let object = json!({
            "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/control-plane": ""}},
            "spec": {"unschedulable": true},
            "status": {
                "conditions": [{"type": "Ready", "status": "Unknown"}],
                "nodeInfo": {"kernelVersion": "6.1", "architecture": "amd64"}
            }
        });
        let cells = node(&object, now());
        assert_eq!(
            cells[1..3],
            ["NotReady,SchedulingDisabled", "control-plane"]
        );
        assert_eq!(cells[8], "6.1 (amd64)");
    }

    #[test]
    fn many_addresses_are_counted() {
        let of = |count: usize| some((0..count).map(|n| n.to_string()));
        assert_eq!(
            (of(0), of(3), of(5)),
            ("<unset>".into(), "0,1,2".into(), "0,1,2 + 2 more...".into())
        );
    }

    #[test]
    fn an_event_is_as_old_as_its_last_time() {
        let object = json!({
            "involvedObject": {"kind": "Pod", "name": "a"}, "type": "Warning", "reason": "BackOff",
            "message": "Back-off\n", "count": 3, "source": {"component": "kubelet", "host": "n"},
            "firstTimestamp": "2026-11-23T10:00:00Z", "lastTimestamp": "2026-11-23T10:04:00Z"
        });
        let cells = event(&object, now());
        let expected = json!([
            "60s",
            "Warning",
            "BackOff",
            "pod/a",
            "",
            "kubelet, n",
            "Back-off",
            "5m",
            3,
            ""
        ]);
        assert_eq!(json!(cells), expected);
    }
}
