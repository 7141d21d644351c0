//! What `portolan model` prints of a small system, literally.

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::sync::Arc;

use portolan::model::Model;
use portolan::model::declared::digest;
use portolan::model::export::{Options, json, tree};
use portolan::model::key::TypeKey;
use portolan::model::observation::{
    ContainerFact, ContainerState, Endpoint, EndpointSliceFact, Fact, Kind, Labels, Link, Links,
    Mention, Meta, NamespaceChoice, NodeFact, Observation, OwnerRef, PodFact, Reading, Readings,
    ServiceFact, ServicePort, Span, Subject, Termination,
};
use portolan::model::property::{Property, Unit, Value};
use portolan::model::rules;
use portolan::model::source::{SourceKey, SourceState, SourceStatus};
use portolan::model::usage::{Instance, Served, Tally, Uses};
use world::small::meta;
use world::{everywhere, now, seen, workload};

fn owned(mut meta: Meta, kind: &str, name: &str) -> Meta {
    meta.owner = Some(OwnerRef {
        kind: kind.into(),
        name: name.into(),
        uid: format!("{}-{name}", meta.namespace).into(),
    });
    meta
}

fn pod(namespace: &str, name: &str, set: &str, state: ContainerState) -> Fact {
    let ready = matches!(state, ContainerState::Running { .. });
    let mut meta = owned(meta(namespace, name), "ReplicaSet", set);
    meta.labels = [("app".into(), "cart".into())].into();
    Fact::Pod(Box::new(PodFact {
        meta,
        node: Some("n0".into()),
        phase: "Running".into(),
        ready: Some(ready),
        containers: vec![ContainerFact {
            name: "app".into(),
            image: "shop/cart:1".into(),
            ready,
            started: ready,
            restarts: u32::from(!ready) * 7,
            last: (!ready).then(|| Termination {
                reason: "OOMKilled".into(),
                exit_code: 137,
                ..Termination::default()
            }),
            state,
            ..ContainerFact::default()
        }]
        .into(),
        ..PodFact::default()
    }))
}

fn shop() -> Model {
    let mut cart = workload(Kind::Deployment, meta("shop", "cart"));
    cart.meta.labels = [("app".into(), "cart".into())].into();
    let mut web = workload(Kind::Deployment, meta("web", "front"));
    web.desired = Some(0);
    web.ready = 0;
    web.current = 0;
    web.mentions = vec![Mention {
        host: digest("cart.shop"),
        place: "CART_ADDR".into(),
    }];
    let set = owned(meta("shop", "cart-1"), "Deployment", "cart");
    let selector: Labels = [("app".into(), "cart".into())].into();
    let facts = [
        Fact::Workload(Box::new(cart)),
        Fact::Workload(Box::new(web)),
        Fact::Workload(Box::new(workload(Kind::ReplicaSet, set))),
        pod(
            "shop",
            "cart-1-a",
            "cart-1",
            ContainerState::Running { since: None },
        ),
        pod(
            "shop",
            "cart-1-b",
            "cart-1",
            ContainerState::Waiting {
                reason: "CrashLoopBackOff".into(),
                message: Some("back-off 40s".into()),
            },
        ),
        Fact::Node(NodeFact {
            meta: meta("", "n0"),
            ready: Some(true),
            ..NodeFact::default()
        }),
        Fact::Service(ServiceFact {
            meta: meta("shop", "cart"),
            service_type: "ClusterIP".into(),
            selector,
            ports: vec![ServicePort {
                port: 80,
                protocol: "TCP".into(),
                ..ServicePort::default()
            }],
            ..ServiceFact::default()
        }),
        Fact::Service(ServiceFact {
            meta: meta("shop", "bank"),
            service_type: "ExternalName".into(),
            external_name: Some("bank.example".into()),
            ..ServiceFact::default()
        }),
        Fact::EndpointSlice(EndpointSliceFact {
            meta: meta("shop", "cart-x"),
            service: "cart".into(),
            endpoints: vec![Endpoint {
                pod: Some("shop-cart-1-a".into()),
                ready: true,
            }],
        }),
    ];
    let mut batch: Vec<Observation> = facts
        .into_iter()
        .map(|fact| seen(&everywhere(fact.key().kind), &Arc::new(fact)))
        .collect();
    let link = |caller: &str, callee: &str, calls| Link {
        caller: caller.into(),
        callee: callee.into(),
        calls,
        errors: calls / 10,
    };
    batch.push(Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: vec![link("front", "cart", 120), link("cart", "bank", 60)],
    }));
    batch.push(Observation::Status(SourceStatus {
        key: SourceKey {
            source: "kubernetes".into(),
            part: "nodes".into(),
            namespace: None,
        },
        state: Some(SourceState::Forbidden {
            what: "ask for list on nodes".into(),
        }),
        at: now(),
        address: None,
        interval_ms: None,
        skew_ms: Some(3),
    }));
    let mut model = Model::new("test", Vec::new());
    model.apply(batch, now());
    model
}

fn options(namespaces: NamespaceChoice, telemetry: bool) -> Options {
    Options {
        namespaces,
        telemetry,
    }
}

#[test]
fn the_tree_reads_like_kubectl_with_reasons() {
    let text = tree::text(&shop(), &options(NamespaceChoice::All, false));
    insta::assert_snapshot!(text);
}

#[test]
fn the_tree_with_telemetry_says_rates_and_their_window() {
    let text = tree::text(&shop(), &options(NamespaceChoice::one("shop"), true));
    assert!(text.starts_with("test: shop\n"), "{text}");
    assert!(!text.contains("\n  web "), "{text}");
    assert!(
        text.contains("  web/Deployment/front\n    > shop/Deployment/cart  2.0/s over 60 s, 10.0 % errors  declared by CART_ADDR\n"),
        "{text}"
    );
}

#[test]
fn the_json_keeps_its_promise() {
    let text = json::text(&shop(), &options(NamespaceChoice::All, false)).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn the_json_of_one_namespace_holds_it_and_its_links() {
    let model = shop();
    let options = options(NamespaceChoice::one("web"), true);
    let value = serde_json::to_value(json::export(&model, &options)).unwrap();
    assert_eq!(value["allNamespaces"], false);
    assert_eq!(value["namespaces"], serde_json::json!(["web"]));
    assert_eq!(value["pods"], serde_json::json!([]));
    assert_eq!(value["types"].as_array().map(Vec::len), Some(1));
    assert_eq!(value["calls"].as_array().map(Vec::len), Some(1));
    assert_eq!(value["calls"][0]["recent"]["calls"], 120);
    assert_eq!(value["calls"][0]["caller"]["key"], "web/Deployment/front");
    assert_eq!(value["sources"][0]["state"], "forbidden");
    assert_eq!(value["sources"][0]["skewMs"], 3);
}

#[test]
fn what_two_outside_names_do_with_each_other_belongs_to_no_namespace() {
    let mut model = shop();
    let link = |caller: &str, callee: &str| Link {
        caller: caller.into(),
        callee: callee.into(),
        calls: 7,
        errors: 0,
    };
    let links = Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: vec![link("elsewhere", "far-away"), link("elsewhere", "front")],
    };
    model.apply(vec![Observation::Links(links)], now());
    let names = |choice| {
        let options = options(choice, false);
        let value = serde_json::to_value(json::export(&model, &options)).unwrap();
        let rows = value["externals"].as_array().unwrap().clone();
        let names: Vec<String> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect();
        (names, tree::text(&model, &options).contains("far-away"))
    };
    let (web, shown) = names(NamespaceChoice::one("web"));
    assert!(web.contains(&"elsewhere".to_owned()), "{web:?}");
    assert!(!web.contains(&"far-away".to_owned()) && !shown, "{web:?}");
    let (all, shown) = names(NamespaceChoice::All);
    assert!(all.contains(&"far-away".to_owned()) && shown, "{all:?}");
}

#[test]
fn every_field_is_in_the_schema_page() {
    let schema = include_str!("../assets/model-schema.md");
    let model = shop();
    let value = serde_json::to_value(json::export(&model, &options(NamespaceChoice::All, true)));
    let mut missing = Vec::new();
    names(&value.unwrap(), &mut missing);
    missing.retain(|name| !schema.contains(&format!("`{name}`")));
    assert_eq!(missing, Vec::<String>::new());
}

/// The names of all fields but those of labels, which are the cluster's own.
fn names(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                into.push(name.clone());
                if !matches!(name.as_str(), "labels" | "selector") {
                    names(value, into);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|v| names(v, into)),
        _ => {}
    }
}

#[test]
fn versions_are_there_with_telemetry_while_there_is_more_than_one() {
    let mut model = shop();
    let text = |model: &Model, telemetry: bool| {
        let namespaces = NamespaceChoice::All;
        let options = Options {
            namespaces,
            telemetry,
        };
        json::text(model, &options).unwrap()
    };
    assert!(!text(&model, true).contains("versions"));
    let mut tally = Tally {
        calls: 3,
        ..Tally::default()
    };
    tally.latency.add(7_000);
    let served = Served {
        callee: "cart".into(),
        instance: Instance {
            version: Some("0.9".into()),
            ..Instance::default()
        },
        tally,
    };
    model.apply(
        vec![Observation::Uses(Box::new(Uses {
            source: "zipkin".into(),
            window_ms: 60_000,
            ends: now(),
            traces: 3,
            is_sample: false,
            hidden: 0,
            uses: Vec::new(),
            served: vec![served],
        }))],
        now(),
    );
    assert!(!text(&model, false).contains("versions"));
    let all: serde_json::Value = serde_json::from_str(&text(&model, true)).unwrap();
    let types = all["types"].as_array().unwrap();
    let cart = types.iter().find(|t| t["name"] == "cart").unwrap();
    assert_eq!(
        cart["versions"][0],
        serde_json::json!({
            "name": "0.9", "madeBy": null, "components": 0, "ready": 0, "since": null, "calls": 3,
            "errors": 0, "p50Us": 7_000, "p95Us": 7_000,
        })
    );
    assert_eq!(cart["versions"][1]["calls"], serde_json::Value::Null);
}

#[test]
fn findings_are_there_with_telemetry() {
    let model = shop();
    let export = |telemetry: bool| {
        let options = options(NamespaceChoice::All, telemetry);
        serde_json::to_value(json::export(&model, &options)).unwrap()
    };
    assert_eq!(export(false)["findings"], serde_json::Value::Null);
    let findings = export(true)["findings"].clone();
    let expected = rules::findings(&model, &NamespaceChoice::All);
    assert!(!expected.is_empty());
    let texts: Vec<&str> = expected.iter().map(|finding| &*finding.text).collect();
    let rows = findings.as_array().unwrap();
    let told: Vec<&str> = rows
        .iter()
        .map(|row| row["text"].as_str().unwrap())
        .collect();
    assert_eq!(told, texts);
    assert_eq!(rows[0]["subject"]["key"], expected[0].subject.to_string());
}

#[test]
fn what_was_measured_is_there_only_with_telemetry() {
    let mut model = shop();
    let property = |name: &str, number: f64, unit: Unit| Property {
        name: name.into(),
        description: None,
        value: Value::Number(number),
        unit,
        at: now(),
        window_ms: Some(15_000),
        source: "metrics.k8s.io".into(),
    };
    let pod = Subject::Pod {
        namespace: "shop".into(),
        name: "cart-1-a".into(),
    };
    let cart = Subject::Type {
        key: TypeKey::new("shop", "Deployment", "cart"),
    };
    let gone = Subject::Node {
        name: "nowhere".into(),
    };
    let readings = [
        (cart, property("queue", 3.0, Unit::Count)),
        (pod, property("cpu", 0.25, Unit::Cores)),
        (gone, property("cpu", 1.0, Unit::Cores)),
    ];
    let readings = readings.map(|(subject, property)| Reading { subject, property });
    model.apply(
        vec![Observation::Readings(Box::new(Readings {
            source: "metrics.k8s.io".into(),
            part: "shop".into(),
            readings: readings.into(),
        }))],
        now(),
    );
    let text = |namespaces: NamespaceChoice, telemetry: bool| {
        let options = Options {
            namespaces,
            telemetry,
        };
        json::text(&model, &options).unwrap()
    };
    assert!(!text(NamespaceChoice::All, false).contains("properties"));
    let all: serde_json::Value = serde_json::from_str(&text(NamespaceChoice::All, true)).unwrap();
    assert_eq!(
        all["properties"],
        serde_json::json!([
            {
                "element": "pod", "namespace": "shop", "name": "cart-1-a", "property": "cpu",
                "description": null, "value": 0.25, "unit": "cores", "at": now(), "windowMs": 15_000,
                "source": "metrics.k8s.io",
            },
            {
                "element": "type", "namespace": "shop", "kind": "Deployment", "name": "cart",
                "property": "queue", "description": null, "value": 3.0, "unit": "count", "at": now(),
                "windowMs": 15_000, "source": "metrics.k8s.io",
            },
        ])
    );
    let web = text(NamespaceChoice::one("web"), true);
    assert!(web.contains("\"properties\": []"), "{web}");
}
