//! A small shop as a file, literally.

use std::sync::Arc;

use portolan::model::Model;
use portolan::model::comparch::{project, project_structure};
use portolan::model::declared::digest;
use portolan::model::example::Example;
use portolan::model::export::comparch::xmi;
use portolan::model::observation::{
    ContainerFact, ContainerState, EndpointSliceFact, Fact, IngressFact, Kind, Labels, Link, Links,
    Mention, Meta, NamespaceChoice, Observation, OwnerRef, PodFact, ServiceFact, ServicePort, Span,
    WorkloadFact,
};
use portolan::model::parameter::{Origin, Parameter};
use portolan::model::usage::{Protocol, Sort, Tally, Thrown, Use, Uses};

use crate::file;
use crate::world::{KINDS, begin, end, everywhere, now, seen, small, workload};

fn meta(namespace: &str, name: &str) -> Meta {
    Meta {
        labels: small::app(name.split('-').next().unwrap_or(name)),
        ..small::meta(namespace, name)
    }
}

fn parameter(name: &str, origin: Origin) -> Parameter {
    Parameter {
        container: "server".into(),
        name: name.into(),
        origin,
    }
}

fn parameters() -> Arc<[Parameter]> {
    let secret = Origin::Secret {
        name: "shop".into(),
        key: Some("token".into()),
    };
    vec![
        parameter("LEVEL", Origin::Literal),
        parameter("TOKEN", secret),
    ]
    .into()
}

fn deployment(namespace: &str, name: &str, wanted: u32, ready: u32) -> WorkloadFact {
    WorkloadFact {
        desired: Some(wanted),
        current: wanted,
        ready,
        images: vec![format!("shop/{name}:1").into()],
        ..workload(Kind::Deployment, meta(namespace, name))
    }
}

/// A pod that its Deployment owns without a ReplicaSet between, which is enough here.
pub fn pod(namespace: &str, name: &str, of: &str, is_ready: bool) -> PodFact {
    let mut meta = meta(namespace, name);
    meta.owner = Some(OwnerRef {
        kind: "Deployment".into(),
        name: of.into(),
        uid: format!("{namespace}-{of}").into(),
    });
    let state = if is_ready {
        ContainerState::Running { since: None }
    } else {
        ContainerState::Waiting {
            reason: "CrashLoopBackOff".into(),
            message: None,
        }
    };
    PodFact {
        meta,
        node: Some("n0".into()),
        phase: "Running".into(),
        ready: Some(is_ready),
        containers: vec![ContainerFact {
            name: "server".into(),
            image: format!("shop/{of}:1").into(),
            ready: is_ready,
            started: is_ready,
            restarts: u32::from(!is_ready) * 7,
            state,
            ..ContainerFact::default()
        }]
        .into(),
        ..PodFact::default()
    }
}

fn service(namespace: &str, name: &str, port: u16) -> ServiceFact {
    let selector: Labels = [("app".into(), name.into())].into();
    ServiceFact {
        meta: meta(namespace, name),
        service_type: "ClusterIP".into(),
        cluster_ip: Some("10.0.0.1".into()),
        selector,
        ports: vec![ServicePort {
            name: Some("http".into()),
            port,
            protocol: "TCP".into(),
            ..ServicePort::default()
        }],
        ..ServiceFact::default()
    }
}

fn mentions(hosts: &[(&str, &str)]) -> Vec<Mention> {
    let mention = |(place, host): &(&str, &str)| Mention {
        host: digest(host),
        place: (*place).into(),
    };
    hosts.iter().map(mention).collect()
}

fn facts() -> Vec<Fact> {
    let mut cart = deployment("shop", "cart", 2, 1);
    cart.parameters = parameters();
    cart.meta.annotations = [
        ("portolan.dev/criticality".into(), "0.8".into()),
        ("portolan.dev/reliability".into(), "0.99".into()),
    ]
    .into();
    let mut front = deployment("web", "front", 1, 1);
    front.mentions = mentions(&[
        ("CART_URL", "cart.shop"),
        ("MAIL_URL", "mail.shop"),
        ("LOST_URL", "lost.shop"),
    ]);
    front.meta.annotations = [("portolan.dev/criticality".into(), "high".into())].into();
    let mail = deployment("shop", "mail", 0, 0);
    let mut first = pod("shop", "cart-a", "cart", false);
    first.parameters = parameters();
    let mut second = pod("shop", "cart-b", "cart", true);
    second.parameters = vec![parameter("LEVEL", Origin::Literal)].into();
    let ingress = IngressFact {
        meta: meta("web", "shop"),
        hosts: vec!["shop.example".into()],
        backends: vec!["front".into()],
        ..IngressFact::default()
    };
    let mut lost = service("shop", "lost", 80);
    lost.cluster_ip = None;
    vec![
        Fact::Workload(Box::new(cart)),
        Fact::Workload(Box::new(front)),
        Fact::Workload(Box::new(mail)),
        Fact::Pod(Box::new(first)),
        Fact::Pod(Box::new(second)),
        Fact::Pod(Box::new(pod("web", "front-a", "front", true))),
        Fact::Service(service("shop", "cart", 80)),
        Fact::Service(service("shop", "mail", 25)),
        Fact::Service(service("web", "front", 8080)),
        Fact::Service(lost),
        Fact::EndpointSlice(EndpointSliceFact {
            meta: meta("shop", "mail-x"),
            service: "mail".into(),
            endpoints: Vec::new(),
        }),
        Fact::Ingress(ingress),
    ]
}

pub fn example(trace: &str) -> Example {
    Example {
        trace: trace.into(),
        span: None,
        at_ms: 0,
        took_us: None,
        thrown: None,
    }
}

pub fn used(
    caller: Option<&str>,
    callee: &str,
    operation: &str,
    calls: &[u64],
    thrown: u64,
) -> Use {
    let mut tally = Tally {
        calls: u64::try_from(calls.len()).unwrap_or_default(),
        errors: thrown,
        ..Tally::default()
    };
    for us in calls {
        tally.latency.add(*us);
    }
    tally.slowest.push(example("00000000000000a1"));
    if thrown > 0 {
        tally.failed.push(example("00000000000000b2"));
        tally.exceptions.push(Thrown {
            kind: "TimeoutException".into(),
            message: "no answer in <2 s> & \"gave up\"".into(),
            times: thrown,
            trace: "00000000000000b2".into(),
            trace_ms: 0,
        });
    }
    Use {
        caller: caller.map(Into::into),
        callee: callee.into(),
        sort: if callee == "bank" {
            Sort::Database
        } else {
            Sort::Service
        },
        protocol: Some(Protocol::Http),
        operation: operation.into(),
        tally,
    }
}

/// Front calls cart, cart calls a bank outside; mail is scaled to 0 and a Service is lost, and front names both.
pub fn shop() -> Model {
    let mut batch: Vec<Observation> = Vec::new();
    for kind in KINDS {
        let scope = everywhere(kind);
        batch.push(begin(&scope, 1));
        let facts = facts().into_iter().filter(|fact| fact.key().kind == kind);
        batch.extend(facts.map(|fact| seen(&scope, &Arc::new(fact))));
        batch.push(end(&scope, 1));
    }
    batch.push(counted(120));
    batch.push(Observation::Uses(Box::new(Uses {
        is_sample: true,
        hidden: 2,
        ..small::sampled(vec![
            used(None, "front", "GET /", &[9_000], 0),
            used(Some("front"), "cart", "GET /cart/{id}", &[1_000, 3_000], 0),
            used(
                Some("front"),
                "cart",
                "POST /cart",
                &[20_000, 40_000, 40_000],
                1,
            ),
            used(Some("cart"), "bank", "POST /charge", &[700; 8], 6),
        ])
    })));
    let mut model = Model::new("test", Vec::new());
    model.apply(batch, now());
    model
}

fn counted(calls: u64) -> Observation {
    let link = |caller: &str, callee: &str, calls: u64| Link {
        caller: caller.into(),
        callee: callee.into(),
        calls,
        errors: calls / 10,
    };
    Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: vec![
            link("front", "cart", calls),
            link("cart", "bank", calls / 2),
        ],
    })
}

#[test]
fn a_small_shop_is_this_file() {
    let file = xmi(&project(&shop(), &NamespaceChoice::All));
    assert_eq!(file::read(&file).1, Vec::<String>::new());
    insta::assert_snapshot!(file);
}

#[test]
fn the_page_names_everything_in_the_file() {
    let page = include_str!("../../assets/comparch.md");
    let file = xmi(&project(&shop(), &NamespaceChoice::All));
    let (entries, _) = file::read(&file);
    let properties = entries.values().filter(|e| e.class == "MonitoredProperty");
    let names = properties.filter_map(|e| e.attributes.get("name").map(String::as_str));
    let classes = entries.values().map(|e| e.class);
    let mut missing: Vec<&str> = names.chain(classes).collect();
    missing.retain(|name| !page.contains(&format!("`{name}`")));
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn without_telemetry_nothing_moves_by_the_second() {
    let mut model = shop();
    let before = xmi(&project_structure(&model, &NamespaceChoice::All));
    assert!(!before.contains("performanceStats") && !before.contains("<exceptions"));
    assert!(before.contains("signature=\"http POST /cart\""));
    let whole = xmi(&project(&model, &NamespaceChoice::All));
    model.apply(vec![counted(240)], now());
    assert_eq!(
        xmi(&project_structure(&model, &NamespaceChoice::All)),
        before
    );
    assert_ne!(xmi(&project(&model, &NamespaceChoice::All)), whole);
}

#[test]
fn one_namespace_brings_what_it_calls_and_what_calls_it() {
    let architecture = project(&shop(), &NamespaceChoice::one("web"));
    let types: Vec<&str> = architecture
        .component_types
        .iter()
        .map(|t| &*t.name)
        .collect();
    // The bank has nothing to do with it.
    assert_eq!(types, ["cart", "front", "lost", "mail"]);
    let tenants: Vec<&str> = architecture.tenants.iter().map(|t| &*t.name).collect();
    assert_eq!(tenants, ["shop", "web"]);
}

#[test]
fn hostile_text_stays_text() {
    let mut model = shop();
    let evil = "x\u{1b}[31m\u{202e}\u{fffe}]]><!-- & ' \" </componentTypes>\n\t";
    let link = Link {
        caller: evil.into(),
        callee: "cart".into(),
        calls: 1,
        errors: 0,
    };
    let links = Links {
        source: evil.into(),
        span: Span::Recent,
        window_ms: 1,
        ends: now(),
        links: vec![link],
    };
    model.apply(vec![Observation::Links(links)], now());
    let text = xmi(&project(&model, &NamespaceChoice::All));
    let (entries, wrong) = file::read(&text);
    assert_eq!(wrong, Vec::<String>::new());
    let names = entries.values().filter_map(|e| e.attributes.get("name"));
    assert!(
        names
            .into_iter()
            .any(|n| n.contains("]]><!-- & ' \" </componentTypes>"))
    );
    // What is printed is the file: nothing in it needs to be escaped for a terminal.
    assert_eq!(portolan::model::text::escaped(&text), text);
}
