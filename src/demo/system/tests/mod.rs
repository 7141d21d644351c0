//! What the shipped system has.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;

mod mistakes;
mod objects;

/// The eighteen components of mRUBiS, and whom they call: its connectors, by the interface that is
/// required.
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
