//! What the cluster declares beside the workloads' own settings, and where that differs from what is observed.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use portolan::model::Model;
use portolan::model::declared::digest;
use portolan::model::element::Element;
use portolan::model::graph::Sort as Sorts;
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{
    ConfigMapFact, Expression, Fact, IngressFact, Kind, Labels, Link, Links, Mention,
    NamespaceChoice, NamespaceFact, NetworkPolicyFact, Observation, Operator, Peer, PodFact,
    Selector, ServiceFact, Span, Way,
};
use portolan::model::parameter::{Origin, Parameter};
use portolan::model::policy::GROUP;
use portolan::model::query::difference::Difference;
use portolan::model::query::links::Side;
use portolan::model::usage::{Sort, Tally, Use, Uses};
use portolan::ui::filter::Filter;
use world::small::{app, list, meta, tell};
use world::{everywhere, now, workload};

/// A bare pod, which is a type of its own.
fn pod(namespace: &str, name: &str) -> Fact {
    let mut pod = PodFact {
        meta: meta(namespace, name),
        phase: "Running".into(),
        ..PodFact::default()
    };
    pod.meta.labels = app(name.split('-').next().unwrap_or(name));
    Fact::Pod(Box::new(pod))
}

fn named(name: &str) -> Selector {
    Selector {
        labels: app(name),
        expressions: Vec::new(),
    }
}

fn policy(name: &str, pods: Selector, callers: Vec<Peer>, callees: Vec<Peer>) -> Fact {
    Fact::NetworkPolicy(Box::new(NetworkPolicyFact {
        meta: meta("s", name),
        pods,
        callers,
        callees,
        ..NetworkPolicyFact::default()
    }))
}

fn near(pods: Selector) -> Vec<Peer> {
    vec![Peer {
        namespaces: None,
        pods,
    }]
}

/// `caller ~> callee by policies`.
fn allowed(model: &Model) -> Vec<String> {
    let links = model.graph().links();
    let declared = links.filter_map(|(_, element)| match &**element {
        Element::Declared(d) if !d.allowed.is_empty() => {
            let by = d.allowed.join(", ");
            Some(format!("{} ~> {} by {by}", d.caller, d.callee))
        }
        _ => None,
    });
    declared.collect()
}

#[test]
fn a_policy_allows_in_the_direction_of_the_connection() {
    let mut model = Model::new("test", Vec::new());
    let pods = ["web", "api", "db"].map(|name| pod("s", name));
    tell(&mut model, pods.to_vec());
    tell(
        &mut model,
        vec![
            policy("in", named("db"), near(named("api")), Vec::new()),
            policy("out", named("web"), Vec::new(), near(named("api"))),
            policy("itself", named("db"), near(named("db")), Vec::new()),
        ],
    );
    let first = [
        "s/Pod/api ~> s/Pod/db by in",
        "s/Pod/web ~> s/Pod/api by out",
    ];
    assert_eq!(allowed(&model), first);
    // The same permission by another policy, then without the first.
    tell(
        &mut model,
        vec![policy("again", named("api"), Vec::new(), near(named("db")))],
    );
    assert_eq!(
        allowed(&model).first().map(String::as_str),
        Some("s/Pod/api ~> s/Pod/db by again, in")
    );
    let scope = everywhere(Kind::NetworkPolicy);
    let key = policy("in", named("db"), Vec::new(), Vec::new()).key();
    model.apply(vec![Observation::Gone { scope, key }], now());
    assert_eq!(
        allowed(&model).first().map(String::as_str),
        Some("s/Pod/api ~> s/Pod/db by again")
    );
    // Who comes later is meant too, and who goes is not.
    tell(&mut model, vec![pod("s", "api-2")]);
    assert!(allowed(&model).contains(&"s/Pod/web ~> s/Pod/api-2 by out".to_owned()));
    let gone = Observation::Gone {
        scope: everywhere(Kind::Pod),
        key: pod("s", "web").key(),
    };
    model.apply(vec![gone], now());
    assert!(!allowed(&model).iter().any(|link| link.contains("web")));
}

#[test]
fn namespaces_are_meant_by_their_labels_or_by_their_name() {
    let mut model = Model::new("test", Vec::new());
    let by = |key: &str, value: &str| Selector {
        labels: Labels::default(),
        expressions: vec![Expression {
            key: key.into(),
            operator: Operator::In,
            values: vec![value.into()],
        }],
    };
    let far = |namespaces| {
        vec![Peer {
            namespaces: Some(namespaces),
            pods: named("api"),
        }]
    };
    let name = by("kubernetes.io/metadata.name", "t");
    tell(
        &mut model,
        vec![pod("s", "db"), pod("t", "api"), pod("u", "api")],
    );
    tell(
        &mut model,
        vec![
            policy("name", named("db"), far(name), Vec::new()),
            policy("team", named("db"), far(by("team", "x")), Vec::new()),
            policy("all", named("db"), Vec::new(), far(Selector::default())),
        ],
    );
    let before = [
        "s/Pod/db ~> t/Pod/api by all",
        "s/Pod/db ~> u/Pod/api by all",
        "t/Pod/api ~> s/Pod/db by name",
    ];
    assert_eq!(allowed(&model), before);
    let mut namespace = meta("", "u");
    namespace.labels = [("team".into(), "x".into())].into();
    let namespace = Fact::Namespace(NamespaceFact {
        meta: namespace,
        terminating: false,
    });
    tell(&mut model, vec![namespace]);
    assert!(allowed(&model).contains(&"u/Pod/api ~> s/Pod/db by team".to_owned()));
}

#[test]
fn what_names_nobody_makes_no_link() {
    let mut model = Model::new("test", Vec::new());
    tell(&mut model, vec![pod("s", "db"), pod("s", "api")]);
    tell(
        &mut model,
        vec![
            policy(
                "of-all",
                Selector::default(),
                near(named("api")),
                Vec::new(),
            ),
            policy("by-all", named("db"), near(Selector::default()), Vec::new()),
            policy("nobody", named("db"), near(named("nobody")), Vec::new()),
        ],
    );
    assert!(allowed(&model).is_empty());
    // As many as still are named, and one more.
    let many = |n: usize| (1..n).map(|i| pod("s", &format!("api-{i}"))).collect();
    tell(&mut model, many(GROUP));
    tell(
        &mut model,
        vec![policy("group", named("db"), near(named("api")), Vec::new())],
    );
    assert_eq!(allowed(&model).len(), GROUP);
    tell(&mut model, many(GROUP + 1));
    assert!(allowed(&model).is_empty());
}

fn deployment(name: &str, map: Option<(&str, Option<&str>)>) -> Fact {
    let mut fact = workload(Kind::Deployment, meta("s", name));
    fact.parameters = map
        .map(|(map, key)| Parameter {
            container: "main".into(),
            name: "A".into(),
            origin: Origin::ConfigMap {
                name: map.into(),
                key: key.map(Into::into),
            },
        })
        .into_iter()
        .collect();
    Fact::Workload(Box::new(fact))
}

fn config_map(name: &str, hosts: &[(&str, &str)]) -> Fact {
    Fact::ConfigMap(ConfigMapFact {
        meta: meta("s", name),
        mentions: hosts
            .iter()
            .map(|(key, host)| Mention {
                host: digest(host),
                place: (*key).into(),
            })
            .collect(),
    })
}

/// A Service in front of a Deployment's one pod.
fn served(name: &str) -> Vec<Fact> {
    let mut pod = PodFact {
        meta: meta("s", &format!("{name}-pod")),
        phase: "Running".into(),
        ..PodFact::default()
    };
    pod.meta.labels = app(name);
    pod.meta.owner = Some(portolan::model::observation::OwnerRef {
        kind: "Deployment".into(),
        name: name.into(),
        uid: format!("s-{name}").into(),
    });
    vec![
        Fact::Pod(Box::new(pod)),
        Fact::Service(ServiceFact {
            meta: meta("s", name),
            selector: app(name),
            ..ServiceFact::default()
        }),
    ]
}

fn places(model: &Model, caller: &ElementKey) -> Vec<String> {
    let declared = model.declared(caller, Side::Callees);
    let mut places: Vec<String> = declared
        .map(|d| format!("{} by {}", d.callee, d.words()))
        .collect();
    places.sort();
    places
}

fn ty(name: &str) -> ElementKey {
    ElementKey::Type(TypeKey::new("s", "Deployment", name))
}

#[test]
fn a_config_map_speaks_for_who_takes_its_keys() {
    let mut model = Model::new("test", Vec::new());
    let hosts = [("CART", "cart"), ("BANK", "bank")];
    tell(
        &mut model,
        vec![
            deployment("one", Some(("m", Some("CART")))),
            deployment("all", Some(("m", None))),
            deployment("none", Some(("other", None))),
            config_map("m", &hosts),
        ],
    );
    for name in ["cart", "bank"] {
        tell(&mut model, served(name));
    }
    let cart = "s/Deployment/cart by declared: ConfigMap m, key CART".to_owned();
    let bank = "s/Deployment/bank by declared: ConfigMap m, key BANK".to_owned();
    assert_eq!(places(&model, &ty("one")), std::slice::from_ref(&cart));
    assert_eq!(places(&model, &ty("all")), [bank.clone(), cart]);
    assert!(places(&model, &ty("none")).is_empty());
    tell(&mut model, vec![config_map("m", &[("BANK", "bank")])]);
    assert!(places(&model, &ty("one")).is_empty());
    assert_eq!(places(&model, &ty("all")), [bank]);
    let revision = model.revision();
    // One that changes and names the same hosts changes nothing.
    let mut same = config_map("m", &[("BANK", "bank")]);
    if let Fact::ConfigMap(map) = &mut same {
        map.meta.version = 99;
    }
    tell(&mut model, vec![same]);
    assert_eq!(model.revision(), revision);
}

#[test]
fn a_route_leads_to_services_here_and_elsewhere_and_is_no_ingress_of_its_name() {
    let mut model = Model::new("test", Vec::new());
    let way = |way, backend: &str| {
        Fact::Ingress(IngressFact {
            meta: meta("t", "web"),
            way,
            backends: vec![backend.into()],
            ..IngressFact::default()
        })
    };
    tell(
        &mut model,
        vec![way(Way::Ingress, "cart"), way(Way::HttpRoute, "s/cart")],
    );
    tell(&mut model, served("cart"));
    let route = ElementKey::way(&"t".into(), &"web".into(), Way::HttpRoute);
    assert_eq!(route.to_string(), "t/HTTPRoute/web");
    assert_eq!(
        places(&model, &route),
        ["s/Deployment/cart by declared: rule"]
    );
    let ingress = ElementKey::ingress(&"t".into(), &"web".into());
    assert!(model.get(&ingress).is_some() && places(&model, &ingress).is_empty());
    let json = serde_json::to_value([&ingress, &route]).expect("JSON");
    assert_eq!(json[0].get("way"), None, "an Ingress's key is as it was");
    assert_eq!(json[1]["way"], "HTTPRoute");
}

fn calls(span: Span, rows: &[(&str, &str)]) -> Observation {
    Observation::Links(Links {
        source: "zipkin".into(),
        span,
        window_ms: 86_400_000,
        ends: now(),
        links: rows
            .iter()
            .map(|(caller, callee)| Link {
                caller: (*caller).into(),
                callee: (*callee).into(),
                calls: 3,
                errors: 0,
            })
            .collect(),
    })
}

/// Which of the Deployments a filter lets through.
fn passing(model: &Model, filter: &str) -> Vec<String> {
    let filter = Filter::parse(filter).expect("a filter");
    let mut names: Vec<String> = model
        .types()
        .filter(|e| filter.passes_type(model, e))
        .map(|e| e.key.name.to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn the_difference_is_told_where_it_can_be_known() {
    let mut model = Model::new("test", Vec::new());
    for name in ["cart", "bank", "mail"] {
        tell(&mut model, vec![deployment(name, None)]);
        tell(&mut model, served(name));
    }
    tell(
        &mut model,
        vec![
            deployment("web", Some(("m", None))),
            config_map("m", &[("CART", "cart"), ("BANK", "bank")]),
        ],
    );
    // Without these lists nobody knows what is not declared.
    assert!(!model.differs(&ty("mail"), Difference::Undeclared));
    let services = ["cart", "bank", "mail"].map(served);
    let services = services.into_iter().filter_map(|mut facts| facts.pop());
    list(&mut model, Kind::Service, services.collect());
    let map = config_map("m", &[("CART", "cart"), ("BANK", "bank")]);
    list(&mut model, Kind::ConfigMap, vec![map]);
    assert!(
        passing(&model, "links:unused").is_empty(),
        "no traces, no claim"
    );
    let rows = [("web", "cart"), ("web", "mail")];
    model.apply(vec![calls(Span::Recent, &rows)], now());
    assert!(
        passing(&model, "links:unused").is_empty(),
        "not a long window"
    );
    model.apply(vec![calls(Span::Long, &rows)], now());
    assert_eq!(passing(&model, "links:unused"), ["bank", "web"]);
    assert_eq!(passing(&model, "links:undeclared"), ["mail", "web"]);
    assert_eq!(passing(&model, "!links:undeclared"), ["bank", "cart"]);
    let observed: Vec<Option<bool>> = model
        .declared(&ty("web"), Side::Callees)
        .map(|declared| model.is_observed(declared))
        .collect();
    assert!(observed.contains(&Some(true)) && observed.contains(&Some(false)));
    // Of two that no trace names nothing is said.
    tell(
        &mut model,
        vec![deployment("quiet", Some(("m", Some("BANK"))))],
    );
    assert!(!passing(&model, "links:unused").contains(&"quiet".to_owned()));
}

#[test]
fn what_traces_tell_by_another_link_is_not_said_to_be_unused() {
    let mut model = Model::new("test", Vec::new());
    for name in ["broker", "taker"] {
        tell(&mut model, served(name));
    }
    let outside = Fact::Service(ServiceFact {
        meta: meta("s", "bank"),
        external_name: Some("bank.example".into()),
        ..ServiceFact::default()
    });
    let hosts = [("BROKER", "broker"), ("BANK", "bank")];
    tell(
        &mut model,
        vec![
            outside.clone(),
            deployment("broker", None),
            deployment("taker", Some(("m", None))),
            config_map("m", &hosts),
        ],
    );
    let services = ["broker", "taker"].map(served);
    let services = services.into_iter().filter_map(|mut facts| facts.pop());
    list(
        &mut model,
        Kind::Service,
        services.chain([outside]).collect(),
    );
    list(&mut model, Kind::ConfigMap, vec![config_map("m", &hosts)]);
    let rows = [("broker", "taker"), ("taker", "bank.example")];
    for span in [Span::Recent, Span::Long] {
        model.apply(vec![calls(span, &rows)], now());
    }
    assert!(passing(&model, "links:unused").is_empty());
    assert!(passing(&model, "links:undeclared").is_empty());
}

fn outside(namespace: &str, name: &str, host: &str) -> Fact {
    Fact::Service(ServiceFact {
        meta: meta(namespace, name),
        external_name: Some(host.into()),
        ..ServiceFact::default()
    })
}

#[test]
fn a_service_that_leads_outside_and_the_name_in_traces_are_one() {
    for named in ["api.bank.example", "bank", "API.bank.example"] {
        let mut model = configured(&[("BANK", "bank")]);
        for span in [Span::Recent, Span::Long] {
            model.apply(vec![calls(span, &[("web", named)])], now());
        }
        let web = ty("web");
        let bank = ElementKey::service(&"s".into(), &"bank".into());
        let callees = model.neighbours(&web, Side::Callees);
        let callees = callees
            .iter()
            .map(|n| (n.key, n.call.is_some(), n.declared.is_some()));
        assert_eq!(
            callees.collect::<Vec<_>>(),
            [(&bank, true, true)],
            "{named}"
        );
        assert_eq!(model.graph().of(Sorts::Externals).count(), 0, "{named}");
        assert_eq!(
            model.is_observed(model.declared(&web, Side::Callees).next().expect("one")),
            Some(true)
        );
    }
}

#[test]
fn of_several_services_for_one_host_that_of_the_callers_namespace_is_meant() {
    let mut model = Model::new("test", Vec::new());
    let host = "bank.example";
    let pods = [pod("s", "web"), pod("t", "shop"), pod("u", "far")];
    tell(&mut model, pods.to_vec());
    tell(
        &mut model,
        vec![outside("s", "bank", host), outside("t", "bank", host)],
    );
    model.apply(
        vec![calls(Span::Recent, &[("web", host), ("shop", host)])],
        now(),
    );
    let callees = |model: &Model| {
        let links = model.graph().links();
        links.map(|(key, _)| key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        callees(&model),
        [
            "s/Pod/web -> s/Service/bank",
            "t/Pod/shop -> t/Service/bank"
        ]
    );
    assert_eq!(model.graph().of(Sorts::Externals).count(), 0);
    model.apply(vec![calls(Span::Recent, &[("far", host)])], now());
    assert_eq!(callees(&model), ["u/Pod/far -> external/bank.example"]);
    let why = why(&model, host);
    assert!(
        why.contains("Service s/bank is an ExternalName of bank.example, and Service t/bank is"),
        "{why}"
    );
}

/// A caller that is configured with several, all traced but `bank`, which leads outside.
fn configured(hosts: &[(&str, &str)]) -> Model {
    let mut model = Model::new("test", Vec::new());
    let outside = Fact::Service(ServiceFact {
        meta: meta("s", "bank"),
        external_name: Some("api.bank.example".into()),
        ..ServiceFact::default()
    });
    tell(
        &mut model,
        vec![
            outside,
            deployment("web", Some(("m", None))),
            config_map("m", hosts),
        ],
    );
    for (_, name) in hosts.iter().filter(|(_, name)| *name != "bank") {
        tell(&mut model, vec![deployment(name, None)]);
        tell(&mut model, served(name));
    }
    model
}

fn why(model: &Model, name: &str) -> String {
    model.why(name, &NamespaceChoice::All).text()
}

#[test]
fn why_says_of_links_what_the_difference_says() {
    let hosts = [("BANK", "bank"), ("CART", "cart"), ("RABBIT", "rabbit")];
    let mut model = configured(&hosts);
    for span in [Span::Recent, Span::Long] {
        model.apply(
            vec![calls(span, &[("rabbit", "web"), ("web", "bank")])],
            now(),
        );
    }
    model.apply(
        vec![calls(Span::Recent, &[("rabbit", "web"), ("web", "bank")])],
        now(),
    );
    let text = why(&model, "s/Deployment/web");
    assert!(!text.contains("s/bank"), "nothing is missing there: {text}");
    let bank = why(&model, "s/Service/bank");
    assert!(
        bank.contains("outside of the cluster.\n  Traces call it bank."),
        "{bank}"
    );
    assert!(!text.contains("no component type is behind"), "{text}");
    assert!(
        text.contains("s/web is declared to call s/rabbit (ConfigMap m, key RABBIT), and traces tell of the other way: s/rabbit calls s/web"),
        "{text}"
    );
    let never = |text: &str| text.matches("no call was traced").count();
    assert_eq!(never(&text), 1, "of cart only: {text}");
    let web = ty("web");
    let unused = model.declared(&web, Side::Callees);
    let unused = unused.filter(|declared| model.is_observed(declared) == Some(false));
    assert_eq!(unused.count(), 1);
}

/// Counts of a short window, which is what trends are made of.
fn minute(rows: &[(&str, &str)], each: u64, minute: i64) -> Observation {
    let mut said = calls(Span::Recent, rows);
    if let Observation::Links(links) = &mut said {
        links.window_ms = 60_000;
        links.ends = now() + jiff::SignedDuration::from_mins(minute);
        for link in &mut links.links {
            link.calls = each;
        }
    }
    said
}

#[test]
fn nothing_is_never_called_after_the_tracing_server_lost_its_store() {
    let hosts = [("CART", "cart"), ("MAIL", "mail")];
    let mut model = configured(&hosts);
    let rows = [("web", "cart"), ("edge", "mail"), ("web", "web")];
    model.apply(vec![minute(&rows, 1, 0), calls(Span::Long, &rows)], now());
    assert_eq!(passing(&model, "links:unused"), ["mail", "web"]);
    // More was called than the new store knows.
    model.apply(vec![minute(&rows, 90, 1), calls(Span::Long, &[])], now());
    model.apply(vec![minute(&[("web", "web")], 1, 2)], now());
    let web = ty("web");
    let observed = model.declared(&web, Side::Callees);
    let mut observed: Vec<_> = observed.map(|d| model.is_observed(d)).collect();
    observed.sort_unstable();
    // Of cart the last hour knows that it was called; of mail nobody can tell.
    assert_eq!(observed, [None, Some(true)]);
    assert!(passing(&model, "links:unused").is_empty());
    let text = why(&model, "s/Deployment/web");
    assert!(!text.contains("no call was traced"), "{text}");
    assert_eq!(text.matches("lost calls").count(), 1, "{text}");
    // An hour later the lost ones do not speak any more.
    let rows = [("web", "web"), ("edge", "cart"), ("edge", "mail")];
    model.apply(vec![minute(&rows, 1, 90), calls(Span::Long, &rows)], now());
    assert_eq!(passing(&model, "links:unused"), ["cart", "mail", "web"]);
}

#[test]
fn what_the_sample_knows_was_called() {
    let mut model = configured(&[("CART", "cart")]);
    let rows = [("web", "web"), ("edge", "cart")];
    model.apply(
        vec![calls(Span::Recent, &rows), calls(Span::Long, &rows)],
        now(),
    );
    assert_eq!(passing(&model, "links:unused"), ["cart", "web"]);
    let sampled = Use {
        caller: Some("web".into()),
        callee: "cart".into(),
        sort: Sort::Service,
        protocol: None,
        operation: "get".into(),
        tally: Tally {
            calls: 1,
            ..Tally::default()
        },
    };
    let uses = Uses {
        source: "zipkin".into(),
        window_ms: 60_000,
        ends: now(),
        traces: 1,
        is_sample: false,
        hidden: 0,
        uses: vec![sampled],
        served: Vec::new(),
    };
    model.apply(vec![Observation::Uses(Box::new(uses))], now());
    assert!(passing(&model, "links:unused").is_empty());
    assert!(!why(&model, "s/Deployment/web").contains("no call was traced"));
}
