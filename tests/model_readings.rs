//! What sources measured: whose it is, whatever comes first, and what it comes to together.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::sync::Arc;

use jiff::Timestamp;
use portolan::model::Model;
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{
    Amounts, ContainerFact, ContainerState, Fact, Kind, Meta, Observation, OwnerRef, PodFact,
    Reading, Readings, Role, Scope, Subject,
};
use portolan::model::property::{Property, Unit, Value};
use portolan::model::query::resources::{CPU, MEMORY, METRICS, totals};
use portolan::model::text::Text;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn scope() -> Scope {
    Scope {
        source: "kubernetes".into(),
        kind: Kind::Pod,
        namespace: None,
    }
}

fn container(role: Role, cpu: (u64, u64), memory: (u64, u64)) -> ContainerFact {
    let some = |number: u64| (number > 0).then_some(number);
    ContainerFact {
        name: "main".into(),
        role,
        ready: true,
        state: ContainerState::Running { since: None },
        requests: Amounts {
            cpu_millis: some(cpu.0),
            memory: some(memory.0),
        },
        limits: Amounts {
            cpu_millis: some(cpu.1),
            memory: some(memory.1),
        },
        ..ContainerFact::default()
    }
}

fn seen(name: &str, uid: &str, created: i64, containers: Vec<ContainerFact>) -> Observation {
    let pod = PodFact {
        meta: Meta {
            namespace: "shop".into(),
            name: name.into(),
            uid: uid.into(),
            created: Some(at(created)),
            owner: Some(OwnerRef {
                kind: "StatefulSet".into(),
                name: "cart".into(),
                uid: "cart".into(),
            }),
            ..Meta::default()
        },
        phase: "Running".into(),
        ready: Some(true),
        containers: containers.into(),
        ..PodFact::default()
    };
    Observation::Seen {
        scope: scope(),
        fact: Arc::new(Fact::Pod(Box::new(pod))),
    }
}

fn measured(pods: &[(&str, f64, f64, i64)]) -> Observation {
    let readings = pods.iter().flat_map(|(name, cpu, memory, second)| {
        [(CPU, *cpu, Unit::Cores), (MEMORY, *memory, Unit::Bytes)].map(|(what, number, unit)| {
            Reading {
                subject: Subject::Pod {
                    namespace: "shop".into(),
                    name: (*name).into(),
                },
                property: Property {
                    name: what.into(),
                    description: None,
                    value: Value::Number(number),
                    unit,
                    at: at(*second),
                    window_ms: (what == CPU).then_some(15_000),
                    source: METRICS.into(),
                },
            }
        })
    });
    Observation::Readings(Box::new(Readings {
        source: METRICS.into(),
        part: "shop".into(),
        readings: readings.collect(),
    }))
}

fn numbers(model: &Model, uid: &str) -> Vec<f64> {
    let key = ElementKey::component(&uid.into());
    let all = model.properties(&key).iter();
    all.filter_map(|p| match p.value {
        Value::Number(number) => Some(number),
        _ => None,
    })
    .collect()
}

#[test]
fn readings_wait_for_whom_they_are_about_and_change_nothing_of_the_structure() {
    let mut model = Model::new("test", Vec::new());
    let applied = model.apply(vec![measured(&[("cart-0", 0.1, 50.0, 20)])], at(20));
    assert_eq!(applied.changes, vec![]);
    assert_eq!(numbers(&model, "u1"), [0.0; 0]);
    model.apply(
        vec![seen("cart-0", "u1", 0, vec![ContainerFact::default()])],
        at(21),
    );
    assert_eq!(numbers(&model, "u1"), [0.1, 50.0]);
    let revisions = (model.revision(), model.telemetry_revision());
    let applied = model.apply(vec![measured(&[("cart-0", 0.2, 60.0, 35)])], at(36));
    assert_eq!(applied.changes, vec![]);
    assert_eq!(revisions, (model.revision(), model.telemetry_revision()));
    assert_eq!(numbers(&model, "u1"), [0.2, 60.0]);
    let (source, part): (Text, Text) = (METRICS.into(), "shop".into());
    assert!(model.measures_resources());
    assert_eq!(model.readings(&source, &part).unwrap().len(), 2);
    model.apply(vec![Observation::Unread { source, part }], at(40));
    assert_eq!(numbers(&model, "u1"), [0.0; 0]);
    assert!(!model.measures_resources());
}

#[test]
fn a_pod_of_the_same_name_does_not_inherit_what_was_measured_before_it() {
    let mut model = Model::new("test", Vec::new());
    let first = seen("cart-0", "u1", 0, vec![ContainerFact::default()]);
    let second = seen("cart-0", "u2", 30, vec![ContainerFact::default()]);
    model.apply(vec![first, measured(&[("cart-0", 0.1, 50.0, 20)])], at(20));
    model.apply(vec![second], at(30));
    assert_eq!(numbers(&model, "u1"), [0.1, 50.0]);
    assert_eq!(numbers(&model, "u2"), [0.0; 0]);
    model.apply(vec![measured(&[("cart-0", 0.3, 70.0, 45)])], at(45));
    assert_eq!(numbers(&model, "u2"), [0.3, 70.0]);
}

#[test]
fn a_type_is_the_sum_of_its_measured_components() {
    let mut model = Model::new("test", Vec::new());
    let pod = |name: &str, limit: u64| {
        let containers = vec![container(Role::Main, (100, limit), (1000, 2000))];
        seen(name, name, 0, containers)
    };
    model.apply(
        vec![
            pod("cart-0", 500),
            pod("cart-1", 500),
            pod("cart-2", 500),
            measured(&[("cart-0", 0.1, 50.0, 20), ("cart-1", 0.3, 60.0, 18)]),
        ],
        at(21),
    );
    let key = TypeKey::new("shop", "StatefulSet", "cart");
    let all = model.resources_of_type(&key);
    assert_eq!((all.measured, all.all), (2, 3));
    assert!((all.cpu.used.unwrap() - 0.4).abs() < 1e-9);
    assert_eq!(all.cpu.range, Some((0.1, 0.3)));
    assert_eq!(all.cpu.requested, Some(0.2));
    assert_eq!(all.cpu.limit, Some(1.0));
    assert_eq!(all.memory.used, Some(110.0));
    assert_eq!(all.memory.limit, Some(4000.0));
    assert_eq!(all.at, Some(at(18)));
    assert_eq!(all.window_ms, Some(15_000));
    // One that may use as much as there is takes the limit from all of them.
    model.apply(vec![pod("cart-1", 0)], at(22));
    assert_eq!(model.resources_of_type(&key).cpu.limit, None);
}

#[test]
fn sidecars_count_and_init_containers_do_not() {
    let containers = [
        container(Role::Init, (5000, 5000), (9, 9)),
        container(Role::Sidecar, (50, 100), (10, 20)),
        container(Role::Main, (100, 200), (0, 40)),
    ];
    let (requests, limits) = totals(&containers);
    assert_eq!(
        (requests.cpu_millis, requests.memory),
        (Some(150), Some(10))
    );
    assert_eq!((limits.cpu_millis, limits.memory), (Some(300), Some(60)));
    assert_eq!(totals(&[]), (Amounts::default(), Amounts::default()));
    let [_, sidecar, _] = containers;
    let unbounded = container(Role::Main, (1, 0), (1, 0));
    assert_eq!(totals(&[sidecar, unbounded]).1, Amounts::default());
}
