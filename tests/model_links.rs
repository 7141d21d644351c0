//! Who calls whom: what follows from counts, names and configuration.

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::sync::Arc;

use portolan::model::Model;
use portolan::model::change::Cause;
use portolan::model::declared::digest;
use portolan::model::element::{Call, Counts, Element, Outside};
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{
    Fact, IngressFact, Kind, Labels, Link, Links, Mention, Observation, PodFact, ServiceFact, Span,
};
use portolan::model::query::links::Side;
use world::small::{app, meta, tell};
use world::{everywhere, now, seen, workload};

fn deployment(namespace: &str, name: &str, mentions: &[&str]) -> Fact {
    let mut fact = workload(Kind::Deployment, meta(namespace, name));
    fact.mentions = mentions
        .iter()
        .map(|host| Mention {
            host: digest(host),
            place: "PEER_ADDR".into(),
        })
        .collect();
    Fact::Workload(Box::new(fact))
}

fn service(namespace: &str, name: &str, external: Option<&str>) -> Fact {
    Fact::Service(ServiceFact {
        meta: meta(namespace, name),
        external_name: external.map(Into::into),
        selector: selector(name, external),
        ..ServiceFact::default()
    })
}

fn selector(name: &str, external: Option<&str>) -> Labels {
    match external {
        Some(_) => Labels::new(),
        None => app(name),
    }
}

fn links(span: Span, rows: &[(&str, &str, u64, u64)]) -> Observation {
    Observation::Links(Links {
        source: "zipkin".into(),
        span,
        window_ms: 60_000,
        ends: now(),
        links: rows
            .iter()
            .map(|(caller, callee, calls, errors)| Link {
                caller: (*caller).into(),
                callee: (*callee).into(),
                calls: *calls,
                errors: *errors,
            })
            .collect(),
    })
}

fn type_key(namespace: &str, name: &str) -> ElementKey {
    ElementKey::Type(TypeKey::new(namespace, "Deployment", name))
}

fn call<'a>(model: &'a Model, caller: &ElementKey, callee: &ElementKey) -> Option<&'a Call> {
    match model.get(&ElementKey::call(caller.clone(), callee.clone()))? {
        Element::Call(call) => Some(call),
        _ => None,
    }
}

#[test]
fn no_data_is_not_zero_and_silence_is() {
    let mut model = Model::new("test", Vec::new());
    tell(
        &mut model,
        vec![deployment("s", "a", &[]), deployment("s", "b", &[])],
    );
    let (a, b) = (type_key("s", "a"), type_key("s", "b"));
    assert_eq!(model.traffic(&b, Side::Callers), None);
    model.apply(vec![links(Span::Long, &[("a", "b", 10, 1)])], now());
    let seen = call(&model, &a, &b).expect("the long window has it");
    assert_eq!((seen.recent, seen.long.map(|c| c.calls)), (None, Some(10)));
    assert_eq!(
        model.traffic(&b, Side::Callers),
        None,
        "no short window yet"
    );
    let applied = model.apply(vec![links(Span::Recent, &[])], now());
    assert!(applied.changes.iter().all(|c| c.cause == Cause::Baseline));
    let traffic = model.traffic(&b, Side::Callers);
    assert_eq!(traffic.map(|c: Counts| c.calls), Some(0), "silent is zero");
    assert_eq!(
        model.traffic(&a, Side::Callers),
        None,
        "nobody was ever seen calling it"
    );
    let applied = model.apply(vec![links(Span::Recent, &[("a", "b", 6, 9)])], now());
    assert!(applied.changes.iter().all(|c| c.cause == Cause::Telemetry));
    let traffic = model.traffic(&b, Side::Callers).expect("counts");
    assert_eq!(
        (traffic.calls, traffic.errors),
        (6, 6),
        "no more errors than calls"
    );
    assert!((traffic.rate() - 0.1).abs() < 1e-9);
}

#[test]
fn names_are_matched_whenever_either_side_comes() {
    let rows = [
        ("front", "cart.s", 3, 0),
        ("cart", "bank", 2, 0),
        ("x", "dup", 1, 0),
    ];
    let facts = || {
        vec![
            deployment("s", "front", &[]),
            deployment("s", "cart", &[]),
            deployment("s", "dup", &[]),
            deployment("t", "dup", &[]),
            service("s", "bank", Some("bank.example")),
        ]
    };
    let mut first = Model::new("test", Vec::new());
    first.apply(vec![links(Span::Recent, &rows)], now());
    tell(&mut first, facts());
    let mut last = Model::new("test", Vec::new());
    tell(&mut last, facts());
    last.apply(vec![links(Span::Recent, &rows)], now());
    assert_eq!(world::canonical(&first), world::canonical(&last));

    let front = type_key("s", "front");
    assert!(call(&last, &front, &type_key("s", "cart")).is_some());
    let outside = |name: &str| match last.get(&ElementKey::External { name: name.into() }) {
        Some(Element::External(e)) => e.outside.clone(),
        other => panic!("{name}: {other:?}"),
    };
    let bank = ElementKey::service(&"s".into(), &"bank".into());
    assert!(call(&last, &type_key("s", "cart"), &bank).is_some());
    let twin = ElementKey::External {
        name: "bank".into(),
    };
    assert!(last.get(&twin).is_none(), "the Service is who is called");
    assert_eq!(outside("x"), Outside::Unresolved);
    assert!(matches!(outside("dup"), Outside::Ambiguous { candidates } if candidates.len() == 2));
}

#[test]
fn who_is_known_stays_known_while_a_tracing_server_begins_anew() {
    let mut model = Model::new("test", Vec::new());
    tell(
        &mut model,
        vec![deployment("s", "front", &[]), deployment("s", "cart", &[])],
    );
    let front = TypeKey::new("s", "Deployment", "front");
    let names = |model: &Model| {
        let known = model.known_as(&front).iter();
        known
            .map(|known| known.name.to_string())
            .collect::<Vec<_>>()
    };
    let later = |minutes: i64| now() + jiff::SignedDuration::from_mins(minutes);
    let rows = [("Front", "cart", 3, 0)];
    model.apply(
        vec![links(Span::Recent, &rows), links(Span::Long, &rows)],
        now(),
    );
    assert_eq!(names(&model), ["Front"]);
    // Its store is empty: it knows no name and no call.
    let heard = |names: &[&str]| Observation::Names {
        source: "zipkin".into(),
        names: names.iter().map(|name| (*name).into()).collect(),
    };
    let empty = || vec![heard(&[]), links(Span::Recent, &[]), links(Span::Long, &[])];
    model.apply(empty(), later(1));
    assert_eq!(names(&model), ["Front"]);
    assert!(
        model
            .why("Front", &portolan::model::observation::NamespaceChoice::All)
            .text()
            .contains("is not named any more")
    );
    model.apply(vec![heard(&["cart"])], later(40));
    assert_eq!(names(&model), ["Front"], "others come back first");
    // What the name was known by is gone.
    let mut other = Model::clone(&model);
    let scope = everywhere(Kind::Deployment);
    other.apply(
        vec![world::begin(&scope, 1), world::end(&scope, 1)],
        later(41),
    );
    assert_eq!(names(&other), Vec::<String>::new());
    // Nobody has said it for an hour.
    model.apply(vec![heard(&[])], later(61));
    assert_eq!(names(&model), Vec::<String>::new());
}

#[test]
fn what_is_re_keyed_is_not_news() {
    let mut model = Model::new("test", Vec::new());
    let rows = [("front", "cart", 3, 0)];
    model.apply(vec![links(Span::Recent, &rows)], now());
    let external = ElementKey::External {
        name: "front".into(),
    };
    assert!(model.get(&external).is_some());
    let scope = everywhere(Kind::Deployment);
    // Complete, so that what comes now is announced as happening now.
    model.apply(vec![world::begin(&scope, 1), world::end(&scope, 1)], now());
    let fact = Arc::new(deployment("s", "front", &[]));
    let applied = model.apply(vec![seen(&scope, &fact)], now());
    let links = applied.changes.iter().filter(|c| c.key.ends().is_some());
    assert!(links.clone().count() >= 2, "the call moved to the type");
    assert!(links.into_iter().all(|c| c.cause == Cause::Scope));
    assert!(model.get(&external).is_none());
}

#[test]
fn configuration_declares_links_to_what_a_service_leads_to() {
    let mut model = Model::new("test", Vec::new());
    let mut pod = PodFact {
        meta: meta("s", "cart-1"),
        phase: "Running".into(),
        ..PodFact::default()
    };
    pod.meta.labels = selector("cart", None);
    let ingress = Fact::Ingress(IngressFact {
        meta: meta("s", "in"),
        hosts: Vec::new(),
        backends: vec!["front".into(), "cart".into()],
        ..IngressFact::default()
    });
    tell(
        &mut model,
        vec![
            deployment("s", "front", &["cart", "nowhere"]),
            deployment("t", "other", &["cart.s.svc.cluster.local", "front.s"]),
            // The bare name is looked for in the own namespace only.
            deployment("t", "third", &["cart"]),
            service("s", "cart", None),
            service("s", "front", None),
            Fact::Pod(Box::new(pod)),
            ingress,
        ],
    );
    let declared: Vec<String> = model
        .graph()
        .links()
        .filter(|(_, e)| matches!(&***e, Element::Declared(_)))
        .map(|(key, _)| key.to_string())
        .collect();
    assert_eq!(
        declared,
        [
            "s/Deployment/front ~> s/Pod/cart-1",
            "t/Deployment/other ~> s/Pod/cart-1",
            "t/Deployment/other ~> s/Service/front",
            "s/Ingress/in ~> s/Pod/cart-1",
            "s/Ingress/in ~> s/Service/front",
        ]
    );
}

#[test]
fn a_service_is_as_well_as_its_endpoints() {
    use portolan::model::element::Health;
    use portolan::model::observation::{Endpoint, EndpointSliceFact};
    let slice = |ready: &[bool]| {
        Fact::EndpointSlice(EndpointSliceFact {
            meta: meta("s", "cart-x"),
            service: "cart".into(),
            endpoints: ready
                .iter()
                .map(|ready| Endpoint {
                    pod: None,
                    ready: *ready,
                })
                .collect(),
        })
    };
    for (facts, health, ready) in [
        (vec![], Health::Ok, None),
        (vec![slice(&[])], Health::Stopped, Some(0)),
        (vec![slice(&[false, false])], Health::Broken, Some(0)),
        (vec![slice(&[false, true])], Health::Ok, Some(1)),
    ] {
        let mut model = Model::new("test", Vec::new());
        tell(&mut model, vec![service("s", "cart", None)]);
        tell(&mut model, facts);
        let service = model.services().next().expect("the Service");
        assert_eq!((service.health, service.ready_endpoints), (health, ready));
    }
}
