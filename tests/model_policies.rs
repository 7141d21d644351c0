//! What goes against what the cluster declares: calls that no policy allows, autoscalers without a target, Services
//! that nothing is behind.

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use jiff::SignedDuration;
use portolan::model::Model;
use portolan::model::element::Call;
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{
    AutoscalerFact, Fact, Kind, Link, Links, NamespaceChoice, NetworkPolicyFact, Observation,
    PodFact, Selector, ServiceFact, ServicePort, Span,
};
use portolan::model::permission::{Allowance, Direction, Other, Ports};
use portolan::model::query::difference::Difference;
use portolan::model::query::links::Side;
use portolan::model::rules::findings;
use portolan::ui::filter::Filter;
use world::small::{app, list, meta};
use world::{now, workload};

/// A bare pod, which is a type of its own.
fn pod(name: &str) -> PodFact {
    let mut pod = PodFact {
        meta: meta("s", name),
        phase: "Running".into(),
        ..PodFact::default()
    };
    pod.meta.labels = app(name);
    pod
}

fn db_service(target: &str) -> Fact {
    Fact::Service(ServiceFact {
        meta: meta("s", "db"),
        selector: app("db"),
        ports: vec![ServicePort {
            name: None,
            port: 80,
            target: Some(target.into()),
            protocol: "TCP".into(),
        }],
        ..ServiceFact::default()
    })
}

fn named(name: &str) -> Selector {
    Selector {
        labels: app(name),
        expressions: Vec::new(),
    }
}

fn from(name: &str, port: Option<u16>) -> Allowance {
    Allowance {
        others: vec![Other::Pods {
            namespaces: None,
            pods: named(name),
        }],
        ports: port
            .map(|port| Ports {
                protocol: "TCP".into(),
                range: Some((port, port)),
            })
            .into_iter()
            .collect(),
    }
}

/// A policy about `db`, made a day ago.
fn policy(rules: Vec<Allowance>) -> NetworkPolicyFact {
    let mut policy = NetworkPolicyFact {
        meta: meta("s", "db"),
        pods: named("db"),
        incoming: Some(rules),
        ..NetworkPolicyFact::default()
    };
    policy.meta.created = now().checked_sub(SignedDuration::from_hours(24)).ok();
    policy
}

/// `web` calls `db`, with these policies and pods.
fn calling(policies: Vec<NetworkPolicyFact>, more: Vec<PodFact>) -> Model {
    let mut model = Model::new("test", Vec::new());
    let pods = [pod("web"), pod("db")].into_iter().chain(more);
    list(
        &mut model,
        Kind::Pod,
        pods.map(|pod| Fact::Pod(Box::new(pod))).collect(),
    );
    list(&mut model, Kind::Service, vec![db_service("5432")]);
    let policies = policies
        .into_iter()
        .map(|p| Fact::NetworkPolicy(Box::new(p)));
    list(&mut model, Kind::NetworkPolicy, policies.collect());
    model.apply(vec![counted(3)], now());
    model
}

fn counted(calls: u64) -> Observation {
    Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: vec![Link {
            caller: "web".into(),
            callee: "db".into(),
            calls,
            errors: 0,
        }],
    })
}

fn call(model: &Model) -> Option<Call> {
    let web = ElementKey::Type(TypeKey::new("s", "Pod", "web"));
    model.calls(&web, Side::Callees).next().cloned()
}

fn refused(model: &Model) -> Vec<(Direction, Vec<String>, bool)> {
    let call = call(model);
    let refusals = call.map(|call| model.refusals(&call)).unwrap_or_default();
    let told = refusals.into_iter().map(|r| {
        let names = r.policies.iter().map(ToString::to_string).collect();
        (r.direction, names, r.at_other_ports)
    });
    told.collect()
}

#[test]
fn a_call_that_no_policy_allows_is_a_finding() {
    let model = calling(vec![policy(vec![from("api", None)])], vec![]);
    assert_eq!(
        refused(&model),
        [(Direction::In, vec!["db".to_owned()], false)]
    );
    for name in ["web", "db"] {
        let key = ElementKey::Type(TypeKey::new("s", "Pod", name));
        assert!(model.differs(&key, Difference::Forbidden), "{name}");
    }
    let found = findings(&model, &NamespaceChoice::All);
    let found: Vec<_> = found.iter().filter(|f| f.rule == "forbiddenCall").collect();
    let [found] = found.as_slice() else {
        panic!("one finding: {found:?}")
    };
    assert_eq!(
        found.text,
        "s/Pod/web calls s/Pod/db, and no policy allows it"
    );
    assert_eq!(
        found.evidence[0],
        "NetworkPolicy db of who is called does not allow it"
    );
    assert!(
        found.evidence[1].contains("may not enforce policies"),
        "{found:?}"
    );
    assert_eq!(findings(&model, &NamespaceChoice::one("t")), []);
}

#[test]
fn of_what_is_allowed_or_not_known_nothing_is_said() {
    let allowing = |rules| refused(&calling(vec![policy(rules)], vec![]));
    assert_eq!(allowing(vec![from("web", None)]), []);
    assert_eq!(allowing(vec![from("web", Some(5432))]), []);
    let at_other = [(Direction::In, vec!["db".to_owned()], true)];
    assert_eq!(
        allowing(vec![from("web", Some(80))]),
        at_other,
        "the pod's port counts"
    );
    assert_eq!(
        refused(&calling(vec![], vec![])),
        [],
        "no policy selects it"
    );

    let mut young = policy(vec![]);
    young.meta.created = Some(now());
    assert_eq!(
        refused(&calling(vec![young], vec![])),
        [],
        "it came within the window"
    );
    let mut outgoing = policy(vec![]);
    outgoing.pods = named("web");
    outgoing.outgoing = outgoing.incoming.take();
    let out = [(Direction::Out, vec!["db".to_owned()], false)];
    assert_eq!(refused(&calling(vec![outgoing], vec![])), out);

    let mut on_host = pod("web");
    on_host.host_network = true;
    assert_eq!(refused(&calling(vec![policy(vec![])], vec![on_host])), []);

    let mut quiet = calling(vec![policy(vec![])], vec![]);
    quiet.apply(vec![counted(0)], now());
    assert_eq!(refused(&quiet), [], "nobody called lately");
    let mut unlisted = calling(vec![], vec![]);
    let scope = world::everywhere(Kind::NetworkPolicy);
    let one = std::sync::Arc::new(Fact::NetworkPolicy(Box::new(policy(vec![]))));
    unlisted.apply(
        vec![
            Observation::Leave {
                scope: scope.clone(),
            },
            world::seen(&scope, &one),
        ],
        now(),
    );
    assert_eq!(
        refused(&unlisted),
        [],
        "there may be another policy that allows it"
    );
}

#[test]
fn an_autoscaler_whose_target_is_not_there_is_found() {
    let mut model = Model::new("test", Vec::new());
    let scaler = |name: &str, kind: &str, target: &str| {
        Fact::Autoscaler(AutoscalerFact {
            meta: meta("s", name),
            kind: kind.into(),
            target: target.into(),
            min: 1,
            max: 3,
        })
    };
    let scalers = vec![
        scaler("a", "Deployment", "cart"),
        scaler("b", "Deployment", "gone"),
        scaler("c", "Rollout.argoproj.io", "nobody-knows"),
    ];
    list(&mut model, Kind::HorizontalPodAutoscaler, scalers);
    assert_eq!(
        model.lost_autoscalers(&NamespaceChoice::All),
        [],
        "nothing is listed"
    );
    let cart = workload(Kind::Deployment, meta("s", "cart"));
    list(
        &mut model,
        Kind::Deployment,
        vec![Fact::Workload(Box::new(cart))],
    );
    let found = findings(&model, &NamespaceChoice::one("s"));
    let found: Vec<_> = found
        .iter()
        .filter(|f| f.rule == "autoscalerTarget")
        .collect();
    let [found] = found.as_slice() else {
        panic!("one finding: {found:?}")
    };
    assert_eq!(
        found.text,
        "HorizontalPodAutoscaler s/b has no target: Deployment gone is not there"
    );
    assert_eq!(model.lost_autoscalers(&NamespaceChoice::one("t")), []);
}

#[test]
fn a_service_without_any_endpoint_slice_is_empty_once_slices_are_listed() {
    let mut model = Model::new("test", Vec::new());
    let service = Fact::Service(ServiceFact {
        meta: meta("s", "manual"),
        ..ServiceFact::default()
    });
    list(&mut model, Kind::Service, vec![service]);
    let key = ElementKey::service(&"s".into(), &"manual".into());
    let passes = |model: &Model| {
        let filter = Filter::parse("service:empty").unwrap_or_default();
        filter.passes_other(model, &key, "manual")
    };
    assert!(!passes(&model), "slices are not listed: nobody knows");
    list(&mut model, Kind::EndpointSlice, Vec::new());
    assert!(passes(&model));
}
