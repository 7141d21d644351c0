//! Whether the Kubernetes objects fit together.

use rstest::rstest;
use serde_json::Value;

use super::*;

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("")
}

fn key(object: &Value) -> String {
    let part = |pointer| text(object, pointer).to_owned();
    format!(
        "{}/{}/{}",
        part("/kind"),
        part("/metadata/namespace"),
        part("/metadata/name")
    )
}

fn amount(pod: &Value, what: &str, read: fn(&str) -> Option<u64>) -> u64 {
    let pointer = format!("/containers/0/resources/requests/{what}");
    read(text(pod, &pointer)).expect("an amount")
}

#[rstest]
#[case::as_the_file_says(None)]
#[case::fewer(Some(1))]
#[case::thousands(Some(3_000))]
fn the_objects_are_well_formed(#[case] pods: Option<usize>) {
    let system = shipped();
    let objects = manifests(&system, pods);
    let keys: HashSet<String> = objects.iter().map(key).collect();
    assert_eq!(keys.len(), objects.len(), "each once");
    let order = [
        "Namespace",
        "Node",
        "Service",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "CronJob",
        "ConfigMap",
        "Ingress",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
    ];
    let kinds: BTreeSet<&str> = objects.iter().map(|o| text(o, "/kind")).collect();
    assert_eq!(kinds, BTreeSet::from(order));
    let stage = |o: &Value| match text(o, "/kind") {
        "Namespace" => 0,
        "Node" => 1,
        "Service" | "ConfigMap" => 2,
        "Ingress" => 4,
        "HorizontalPodAutoscaler" => 5,
        "NetworkPolicy" => 6,
        _ => 3,
    };
    assert!(objects.iter().map(stage).is_sorted());

    let (mut cpu, mut memory) = (0, 0);
    let (mut room_cpu, mut room_memory, mut nodes) = (0, 0, 0);
    let mut templates: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in &objects {
        let name = text(object, "/metadata/name");
        assert!(!name.is_empty() && name.len() <= 63, "{object}");
        let namespace = text(object, "/metadata/namespace");
        if !namespace.is_empty() {
            assert!(
                keys.contains(&format!("Namespace//{namespace}")),
                "{namespace}"
            );
        }
        if text(object, "/kind") == "Node" {
            nodes += 1;
            room_cpu += quantity::cpu(text(object, "/status/allocatable/cpu")).unwrap();
            room_memory += quantity::memory(text(object, "/status/allocatable/memory")).unwrap();
            assert_eq!(text(object, "/status/allocatable/pods"), "110");
            assert!(!text(object, "/metadata/labels/topology.kubernetes.io~1zone").is_empty());
        }
        if let Some(template) = object.pointer("/spec/template") {
            let labels = template.pointer("/metadata/labels").unwrap();
            for (label, value) in object
                .pointer("/spec/selector/matchLabels")
                .unwrap()
                .as_object()
                .unwrap()
            {
                assert_eq!(labels.get(label), Some(value), "{}", key(object));
            }
            for label in ["app", "app.kubernetes.io/name", "app.kubernetes.io/part-of"] {
                assert!(labels.get(label).is_some(), "{label} of {}", key(object));
            }
            let pod = &template["spec"];
            let count = object["spec"]["replicas"].as_u64();
            let count = count.unwrap_or(nodes);
            cpu += count * amount(pod, "cpu", quantity::cpu);
            memory += count * amount(pod, "memory", quantity::memory);
            templates
                .entry(namespace.to_owned())
                .or_default()
                .push(template.clone());
        }
    }
    assert!(cpu <= room_cpu, "{cpu}m of {room_cpu}m");
    assert!(memory <= room_memory, "{memory} of {room_memory} MiB");

    for service in objects.iter().filter(|o| text(o, "/kind") == "Service") {
        let Some(selector) = service.pointer("/spec/selector").and_then(Value::as_object) else {
            assert_eq!(text(service, "/spec/type"), "ExternalName");
            continue;
        };
        let fits = |t: &&Value| {
            selector
                .iter()
                .all(|(label, value)| t["metadata"]["labels"].get(label) == Some(value))
        };
        let inside = &templates[text(service, "/metadata/namespace")];
        let found: Vec<&Value> = inside.iter().filter(fits).collect();
        assert_eq!(found.len(), 1, "{}", key(service));
        let port = text(found[0], "/spec/containers/0/ports/0/name");
        assert_eq!(text(service, "/spec/ports/0/targetPort"), port);
    }
    for ingress in objects.iter().filter(|o| text(o, "/kind") == "Ingress") {
        let paths = ingress
            .pointer("/spec/rules/0/http/paths")
            .unwrap()
            .as_array()
            .unwrap();
        assert!(!paths.is_empty());
        for path in paths {
            let service = text(path, "/backend/service/name");
            let namespace = text(ingress, "/metadata/namespace");
            assert!(
                keys.contains(&format!("Service/{namespace}/{service}")),
                "{path}"
            );
        }
    }
    for scaler in objects
        .iter()
        .filter(|o| text(o, "/kind") == "HorizontalPodAutoscaler")
    {
        let at = |pointer| text(scaler, pointer);
        let target = format!(
            "{}/{}/{}",
            at("/spec/scaleTargetRef/kind"),
            at("/metadata/namespace"),
            at("/spec/scaleTargetRef/name")
        );
        assert!(keys.contains(&target), "{target}");
    }
}

#[test]
fn every_call_is_declared_by_an_address() {
    let system = shipped();
    let objects = manifests(&system, None);
    for component in system.components.iter().filter(|c| c.workload.is_some()) {
        let object = objects.iter().find(|o| {
            o.pointer("/spec/template").is_some() && text(o, "/metadata/name") == &*component.name
        });
        let Some(object) = object else { continue };
        let env = object.pointer("/spec/template/spec/containers/0/env");
        let env = env.and_then(Value::as_array).cloned().unwrap_or_default();
        let taken = text(
            object,
            "/spec/template/spec/containers/0/envFrom/0/configMapRef/name",
        );
        let map = objects
            .iter()
            .find(|o| text(o, "/kind") == "ConfigMap" && text(o, "/metadata/name") == taken);
        let data = map.and_then(|map| map["data"].as_object()).into_iter();
        let data = data
            .flat_map(serde_json::Map::values)
            .filter_map(Value::as_str);
        let hosts: Vec<&str> = env.iter().map(|v| text(v, "/value")).chain(data).collect();
        for (callee, _) in called(&system, component) {
            let host = format!("://{callee}:");
            let told = hosts.iter().any(|value| value.contains(&host));
            assert!(
                told || callee == *component.name,
                "{} -> {callee}",
                component.name
            );
        }
    }
    let value = |workload: &str, name: &str| {
        let at = |o: &&Value| {
            o.pointer("/spec/template").is_some() && text(o, "/metadata/name") == workload
        };
        let object = objects.iter().find(at).unwrap();
        let env = object
            .pointer("/spec/template/spec/containers/0/env")
            .unwrap()
            .as_array()
            .unwrap();
        let variable = env.iter().find(|v| text(v, "/name") == name).unwrap();
        text(variable, "/value").to_owned()
    };
    assert_eq!(
        value("usermanagementservice", "PERSISTENCE_URL"),
        "http://persistenceservice:8120"
    );
    assert_eq!(
        value("queryservice", "DERBYDB_URL"),
        "jdbc:derby://derbydb:1527"
    );
    assert_eq!(
        value("workloademulator", "BIDANDBUY_URL"),
        "http://bidandbuyservice.mrubis:8115"
    );
}

/// The pods that objects will make.
fn pods(objects: &[Value]) -> u64 {
    let count = |kind: &str| objects.iter().filter(|o| text(o, "/kind") == kind).count();
    let daemons = count("DaemonSet") * count("Node");
    let replicas = objects
        .iter()
        .filter_map(|o| o["spec"]["replicas"].as_u64());
    replicas.sum::<u64>() + u64::try_from(daemons).unwrap()
}

#[rstest]
#[case(100)]
#[case(500)]
#[case(2_000)]
#[case(10_000)]
fn a_system_is_repeated_until_it_has_its_pods(#[case] wanted: u64) {
    let system = shipped();
    let objects = manifests(&system, usize::try_from(wanted).ok());
    let made = pods(&objects);
    assert!(made.abs_diff(wanted) * 50 <= wanted, "{made} of {wanted}");
    let nodes = objects
        .iter()
        .filter(|o| text(o, "/kind") == "Node")
        .count();
    assert!(
        made <= 110 * u64::try_from(nodes).unwrap(),
        "{made} on {nodes}"
    );
    // The first is as the file says.
    let first = |objects: &[Value]| -> Vec<Value> {
        let inside = |o: &&Value| text(o, "/metadata/namespace") == "mrubis";
        objects.iter().filter(inside).cloned().collect()
    };
    assert_eq!(first(&objects), first(&manifests(&system, None)));
}
