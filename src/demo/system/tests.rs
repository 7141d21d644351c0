//! What the shipped system has, and what other files are told.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rstest::rstest;
use serde_json::Value;

use super::*;

/// The eighteen components of mRUBiS, and whom they call (its connectors, by the interface that is required;
/// `*` is any).
const MRUBIS: [(&str, &[(&str, &str)]); 18] = [
    ("usermanagementservice", &FRONT),
    ("itemmanagementservice", &FRONT),
    ("reputationservice", &FRONT),
    (
        "bidandbuyservice",
        &[
            FRONT[0],
            FRONT[1],
            FRONT[2],
            FRONT[3],
            ("inventoryservice", "/inventoryItemService/"),
        ],
    ),
    ("authenticationservice", &[FRONT[1]]),
    ("inventoryservice", &[FRONT[2], FRONT[3]]),
    ("persistenceservice", &[]),
    ("queryservice", &[("lastsecondsales-filter", "/filter")]),
    ("lastsecondsales-filter", &[("pastsales-filter", "/filter")]),
    ("pastsales-filter", &[("buynow-filter", "/filter")]),
    ("buynow-filter", &[("availability-filter", "/filter")]),
    ("availability-filter", &[("region-filter", "/filter")]),
    ("region-filter", &[("sellerreputation-filter", "/filter")]),
    ("sellerreputation-filter", &[("comment-filter", "/filter")]),
    ("comment-filter", &[("category-filter", "/filter")]),
    ("category-filter", &[("recommendation-filter", "/filter")]),
    (
        "recommendation-filter",
        &[("futuresales-filter", "/filter")],
    ),
    ("futuresales-filter", &[]),
];

/// What the services in front require.
const FRONT: [(&str, &str); 4] = [
    ("authenticationservice", "/authenticationservice/"),
    ("queryservice", "/basicqueryservice/"),
    ("queryservice", "/queryservice/"),
    ("persistenceservice", "/persistenceservice/"),
];

fn shipped() -> System {
    System::shipped().unwrap_or_else(|error| panic!("{error}"))
}

/// The routes that a component calls, with who has them.
fn called(system: &System, component: &Component) -> BTreeSet<(String, String)> {
    let calls = component.operations.iter().flat_map(|o| &o.calls);
    calls
        .filter_map(|call| system.operation(call.to))
        .map(|(callee, operation)| (callee.name.to_string(), operation.name.to_string()))
        .collect()
}

#[test]
fn the_shipped_system_is_mrubis() {
    let system = shipped();
    let mut edges = 0;
    for (name, callees) in MRUBIS {
        let component = system.component(name).expect(name);
        let called = called(&system, component);
        for (callee, interface) in callees {
            let found = |(to, route): &(String, String)| to == callee && route.contains(interface);
            assert!(called.iter().any(found), "{name} -> {callee} {interface}");
            edges += 1;
        }
        // And no component of mRUBiS calls another one besides, but for the circle.
        for (to, route) in called {
            let within = MRUBIS.iter().any(|(name, _)| **name == to);
            let known = callees
                .iter()
                .any(|(callee, i)| *callee == to && route.contains(i));
            let circle = (name, to.as_str()) == ("availability-filter", "inventoryservice");
            assert!(!within || known || circle, "{name} -> {to} {route}");
        }
    }
    // 20 between services, 10 of the pipe.
    assert_eq!(edges, 30);
}

#[test]
fn the_shipped_system_has_what_a_chart_has_to_cope_with() {
    let system = shipped();
    let name = |at: usize| &*system.components[at].name;
    let mut edges = Vec::new();
    for component in &system.components {
        for call in component.operations.iter().flat_map(|o| &o.calls) {
            edges.push((&*component.name, name(call.to.component)));
        }
    }
    assert!(
        edges.contains(&("tracing-demo", "tracing-demo")),
        "a self call"
    );
    let mut circle = petgraph::graph::DiGraph::<(), ()>::new();
    let places: BTreeMap<&str, _> = system
        .components
        .iter()
        .map(|c| (&*c.name, circle.add_node(())))
        .collect();
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        circle.add_edge(places[from], places[to], ());
    }
    assert!(petgraph::algo::is_cyclic_directed(&circle), "a circle");
    let has = |test: fn(&Role) -> bool| {
        edges
            .iter()
            .any(|(_, to)| system.component(to).is_some_and(|c| test(&c.role)))
    };
    assert!(has(|role| matches!(role, Role::Database(_))));
    assert!(has(|role| matches!(role, Role::Broker(_))));
    assert!(has(|role| matches!(role, Role::External(_))));
    let consumers: BTreeSet<usize> = system
        .components
        .iter()
        .flat_map(|c| &c.operations)
        .flat_map(|o| o.consumers.iter().map(|to| to.component))
        .collect();
    let consumers: Vec<&str> = consumers.into_iter().map(name).collect();
    assert_eq!(consumers, ["reputationservice", "notificationservice"]);
    let styles: HashSet<bool> = system
        .components
        .iter()
        .map(|c| c.role == Role::Service(SpanStyle::Brave))
        .collect();
    assert_eq!(styles.len(), 2, "both habits of spans");
    let faults: HashSet<&str> = system.scenario.iter().map(|i| i.fault.word()).collect();
    assert_eq!(faults.len(), FaultKind::ALL.len());
    for component in &system.components {
        let asked = |at: usize| {
            system.requests.iter().any(|r| r.to.component == at)
                || edges.iter().any(|(_, to)| *to == name(at))
        };
        let at = system
            .components
            .iter()
            .position(|c| c.name == component.name)
            .unwrap();
        let works = component.operations.iter().any(|o| o.consumers.is_empty());
        let consumes = consumers.contains(&&*component.name);
        assert!(
            !works || asked(at) || consumes,
            "{} is never asked",
            component.name
        );
    }
}

/// A small system with a hole for a mistake.
fn small(hole: &str, call: &str) -> String {
    format!(
        "name = 'shop'\nnamespaces = ['shop']\n\
         [nodes]\nprefix = 'n'\ncount = 1\nzones = []\ncpu = '1'\nmemory = '1Gi'\n\
         [traffic]\nday = '1m'\nnight = 0.5\n\
         [[component]]\nname = 'cart'\nimage = 'shop/cart:1'\nport = 80\n{hole}\n\
         [[component.operation]]\nname = 'GET /cart'\ncalls = [{call}]\n\
         [[component.operation]]\nname = 'GET /stock'\n"
    )
}

#[test]
fn a_small_system_is_understood() {
    let text = small("", "{ to = 'cart', operation = 'GET /stock' }");
    let system = System::parse(Path::new("s.toml"), &text).unwrap();
    let call = &system.components[0].operations[0].calls[0];
    assert_eq!(
        call.to,
        Address {
            component: 0,
            operation: 1
        }
    );
    assert_eq!((call.times, call.timeout), (1, Duration::from_secs(5)));
}

#[rstest]
#[case::unknown_field("colour = 'red'", "", 16, "unknown field `colour`")]
#[case::wrong_type("replicas = 'two'", "", 16, "invalid type")]
#[case::too_many("replicas = 100000", "", 16, "give a number from 0 to 1000")]
#[case::negative("replicas = -1", "", 16, "give a number from 0 to 1000")]
#[case::no_namespace("namespace = 'bank'", "", 16, "add it to namespaces")]
#[case::processor("cpu = 'fast'", "", 16, "write it like 250m or 2")]
#[case::memory("memory = '128'", "", 16, "write it like 128Mi or 2Gi")]
#[case::start("start = 'soon'", "", 16, "write it like 20s or 10m")]
#[case::limit("cpu-limit = '50m'", "", 13, "raise the limit")]
#[case::capacity("capacity = 0", "", 16, "give a number from 0.1 to")]
#[case::label("labels = { a = 'ä' }", "", 16, "no value of a label")]
#[case::variable("env = { 'A-B' = '1' }", "", 16, "use A-Z, 0-9 and _")]
#[case::host("host = 'x.org'", "", 16, "only what is = \"external\"")]
#[case::system("system = 'derby'", "", 16, "only a database or a broker")]
#[case::database("is = 'database'", "", 13, "needs system = ")]
#[case::daemon("kind = 'DaemonSet'\nreplicas = 2", "", 17, "take them away")]
#[case::kind("kind = 'Job'", "", 16, "unknown variant `Job`")]
#[case::cron_job("kind = 'CronJob'", "", 13, "needs schedule = ")]
#[case::called_cron_job("kind = 'CronJob'\nschedule = '* * * * *'", "", 13, "nobody can call")]
#[case::schedule("schedule = '* * * * *'", "", 16, "only a CronJob")]
#[case::autoscale(
    "autoscale = { min = 3, max = 2, cpu = 50 }",
    "",
    16,
    "1 <= min <= max"
)]
#[case::port("port = 80", "", 16, "duplicate key")]
#[case::callee(
    "",
    "{ to = 'stock', operation = 'GET /stock' }",
    19,
    "no component stock"
)]
#[case::operation(
    "",
    "{ to = 'cart', operation = 'GET /x' }",
    19,
    "it has GET /cart, GET /stock"
)]
#[case::probability(
    "",
    "{ to = 'cart', operation = 'GET /stock', probability = 2 }",
    19,
    "give a number from 0 to 1"
)]
#[case::times(
    "",
    "{ to = 'cart', operation = 'GET /stock', times = 0 }",
    19,
    "give a number from 1"
)]
#[case::for_ever(
    "",
    "{ to = 'cart', operation = 'GET /cart' }",
    18,
    "calls itself for ever"
)]
#[case::too_large(
    "",
    "{ to = 'cart', operation = 'GET /stock', times = 600 }",
    18,
    "call less often"
)]
#[case::odd_name(
    "[[component.operation]]\nname = 'look'",
    "",
    17,
    "write it like \"GET /path\""
)]
#[case::twice(
    "[[component.operation]]\nname = 'GET /cart'",
    "",
    19,
    "cart has GET /cart twice"
)]
#[case::consumes(
    "[[component.operation]]\nname = 'x'\nconsumes = 'kafka/y'",
    "",
    18,
    "an operation of a broker"
)]
#[case::load(
    "[[component.load]]\nto = 'cart'\noperation = 'GET /cart'\nrate = -1",
    "",
    19,
    "rate is -1"
)]
fn mistakes_are_one_line_with_their_place(
    #[case] hole: &str,
    #[case] call: &str,
    #[case] line: usize,
    #[case] says: &str,
) {
    assert_refused(&small(hole, call), line, says);
}

#[rstest]
#[case::day("day = '1m'", "day = '1s'", "at least 10s")]
#[case::night("night = 0.5", "night = 1.5", "give a number from 0 to 1")]
#[case::name("name = 'shop'", "name = 'My Shop'", "use at most 52 of a-z")]
#[case::no_image("image = 'shop/cart:1'", "", "needs image = ")]
#[case::no_tag("shop/cart:1", "host:5000/cart", "has no tag")]
#[case::no_port("port = 80", "", "give it a port")]
#[case::unique(
    "[[component]]",
    "[[component]]\nname = 'cart'\nimage = 'c:1'\n[[component]]",
    "twice"
)]
#[case::namespaces("namespaces = ['shop']", "namespaces = ['a', 'a']", "a is there twice")]
#[case::nodes("count = 1", "count = 0", "give a number from 1 to 1000")]
#[case::missing("prefix = 'n'\n", "", "missing field `prefix`")]
fn mistakes_elsewhere(#[case] right: &str, #[case] wrong: &str, #[case] says: &str) {
    let text = small("", "");
    assert!(text.contains(right));
    let error = refusal(&text.replacen(right, wrong, 1));
    assert!(error.starts_with("s.toml:"), "{error}");
    assert!(error.contains(says), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[rstest]
#[case::target("fault = 'crash'\ntarget = 'till'", 3, "no component till")]
#[case::node("fault = 'node'\ntarget = 'n2'", 3, "the nodes are n1")]
#[case::word("fault = 'explode'\ntarget = 'cart'", 2, "unknown variant `explode`")]
#[case::nothing("fault = 'crash'\ntarget = 'bank'", 3, "choose another")]
#[case::ingress(
    "fault = 'slow'\ntarget = 'cart'\n[[ingress]]\nname = 'i'\nhost = 'h'",
    5,
    "leads nowhere"
)]
fn mistakes_at_the_end(#[case] incident: &str, #[case] below: usize, #[case] says: &str) {
    let bank = "[[component]]\nname = 'bank'\nis = 'external'\nhost = 'bank.org'";
    let text = small("", "");
    let text = text.trim_end();
    let scenario = text.lines().count() + 1;
    let text = format!("{text}\n[[scenario]]\nafter = '1s'\n{incident}\n{bank}");
    assert_refused(&text, scenario + below, says);
}

fn refusal(text: &str) -> String {
    System::parse(Path::new("s.toml"), text)
        .unwrap_err()
        .to_string()
}

fn assert_refused(text: &str, line: usize, says: &str) {
    let error = refusal(text);
    assert!(error.starts_with(&format!("s.toml:{line}: ")), "{error}");
    assert!(error.contains(says), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

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
        "Ingress",
        "HorizontalPodAutoscaler",
    ];
    let kinds: BTreeSet<&str> = objects.iter().map(|o| text(o, "/kind")).collect();
    assert_eq!(kinds, BTreeSet::from(order));
    let stage = |o: &Value| match text(o, "/kind") {
        "Namespace" => 0,
        "Node" => 1,
        "Service" => 2,
        "Ingress" => 4,
        "HorizontalPodAutoscaler" => 5,
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
        let hosts: Vec<&str> = env.iter().map(|v| text(v, "/value")).collect();
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
