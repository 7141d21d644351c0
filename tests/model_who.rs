//! Who is who: the usual ways in which the names of traces and of workloads differ.

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::sync::Arc;

use portolan::model::Model;
use portolan::model::identity::{Resolution, Rule, Settler};
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{
    Fact, Hint, Kind, Labels, Link, Links, Meta, NamespaceChoice, Observation, Own, OwnName,
    OwnerRef, PodFact, Says, ServiceFact, Span,
};
use portolan::model::query::links::Side;
use portolan::model::query::why::Verdict;
use world::{begin, end, everywhere, inside, now, seen, workload};

fn meta(namespace: &str, name: &str, labels: &[(&str, &str)]) -> Meta {
    Meta {
        namespace: namespace.into(),
        name: name.into(),
        uid: format!("{namespace}-{name}").into(),
        labels: texts(labels),
        ..Meta::default()
    }
}

fn texts(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect()
}

/// A workload and its one pod.
struct Type {
    kind: Kind,
    namespace: &'static str,
    name: &'static str,
    labels: &'static [(&'static str, &'static str)],
    annotations: &'static [(&'static str, &'static str)],
    own: &'static [(Own, &'static str)],
    ip: &'static str,
}

const fn ty(namespace: &'static str, name: &'static str, ip: &'static str) -> Type {
    Type {
        kind: Kind::Deployment,
        namespace,
        name,
        labels: &[],
        annotations: &[],
        own: &[],
        ip,
    }
}

/// A shop, a bank and what both stand on, named as different people name things.
const SYSTEM: &[Type] = &[
    ty("shop", "cart", "10.0.0.1"),
    ty("shop", "order-service", "10.0.0.2"),
    Type {
        labels: &[
            ("app.kubernetes.io/instance", "shop-prod"),
            ("app.kubernetes.io/name", "catalogue"),
        ],
        ..ty("shop", "shop-prod-catalogue", "10.0.0.3")
    },
    Type {
        labels: &[
            ("app.kubernetes.io/instance", "shop-prod"),
            ("app.kubernetes.io/name", "reviews"),
        ],
        ..ty("shop", "shop-prod-reviews", "10.0.0.4")
    },
    Type {
        annotations: &[("resource.opentelemetry.io/service.name", "Payments API")],
        ..ty("shop", "pay", "10.0.0.5")
    },
    Type {
        own: &[(Own::Service, "recommender")],
        ..ty("shop", "ml-worker", "10.0.0.6")
    },
    Type {
        own: &[(Own::Application, "shipping-quotes")],
        ..ty("shop", "quotes-v2", "10.0.0.7")
    },
    Type {
        labels: &[("app", "mailer")],
        ..ty("shop", "notification-deployment", "10.0.0.8")
    },
    ty("shop", "web-frontend", "10.0.0.9"),
    Type {
        kind: Kind::StatefulSet,
        ..ty("shop", "search", "10.0.0.10")
    },
    Type {
        kind: Kind::CronJob,
        ..ty("shop", "nightly-report", "10.0.0.11")
    },
    ty("shop", "api", "10.0.0.12"),
    ty("bank", "api", "10.0.1.1"),
    ty("bank", "ledger", "10.0.1.2"),
    Type {
        annotations: &[("resource.opentelemetry.io/service.namespace", "core")],
        ..ty("bank", "accounts", "10.0.1.3")
    },
    Type {
        annotations: &[("resource.opentelemetry.io/service.namespace", "edge")],
        ..ty("shop", "accounts", "10.0.0.13")
    },
    Type {
        labels: &[("service.istio.io/canonical-name", "fraud")],
        ..ty("bank", "fraud-v3", "10.0.1.4")
    },
    ty("bank", "statements", "10.0.1.5"),
    ty("bank", "worker", "10.0.1.6"),
    ty("shop", "worker", "10.0.0.14"),
    // Both are in the network of one machine.
    Type {
        kind: Kind::DaemonSet,
        ..ty("kube-system", "node-agent", "192.168.0.1")
    },
    Type {
        kind: Kind::DaemonSet,
        ..ty("kube-system", "log-shipper", "192.168.0.1")
    },
    ty("data", "postgres", "10.0.2.1"),
    ty("data", "kafka", "10.0.2.2"),
];

fn key(ty: &Type) -> TypeKey {
    TypeKey::new(ty.namespace, ty.kind.name(), ty.name)
}

fn listed(kind: Kind, facts: Vec<Fact>) -> Vec<Observation> {
    let scope = everywhere(kind);
    let seen = facts.into_iter().map(|fact| seen(&scope, &Arc::new(fact)));
    let mut list = vec![begin(&scope, 1)];
    list.extend(seen);
    list.push(end(&scope, 1));
    list
}

fn facts() -> Vec<Observation> {
    let mut batch = Vec::new();
    for kind in [
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::CronJob,
    ] {
        let of = SYSTEM.iter().filter(|ty| ty.kind == kind);
        let facts = of.map(|ty| {
            let mut meta = meta(ty.namespace, ty.name, ty.labels);
            meta.annotations = texts(ty.annotations);
            let own = ty.own.iter().map(|(what, name)| OwnName {
                what: *what,
                name: (*name).into(),
                place: "OTEL_SERVICE_NAME".into(),
            });
            meta.own_names = own.collect();
            Fact::Workload(Box::new(workload(kind, meta)))
        });
        batch.extend(listed(kind, facts.collect()));
    }
    let pods = SYSTEM.iter().map(|ty| {
        let name = format!("{}-7d9f-x1", ty.name);
        let mut pod = PodFact {
            meta: meta(ty.namespace, &name, ty.labels),
            ip: Some(ty.ip.into()),
            phase: "Running".into(),
            ..PodFact::default()
        };
        pod.meta.labels = [("of".into(), ty.name.into())].into();
        pod.meta.created = Some(now());
        pod.meta.owner = Some(OwnerRef {
            kind: ty.kind.name().into(),
            name: ty.name.into(),
            uid: format!("{}-{}", ty.namespace, ty.name).into(),
        });
        Fact::Pod(Box::new(pod))
    });
    batch.extend(listed(Kind::Pod, pods.collect()));
    let service = |namespace: &str, name: &str, of: &str, ip: &str| {
        Fact::Service(ServiceFact {
            meta: meta(namespace, name, &[]),
            cluster_ip: Some(ip.into()),
            selector: texts(&[("of", of)]),
            ..ServiceFact::default()
        })
    };
    let mut bank = meta("shop", "acquirer", &[]);
    bank.uid = "acquirer".into();
    batch.extend(listed(
        Kind::Service,
        vec![
            service("bank", "books", "ledger", "10.96.0.1"),
            service("data", "orders-db", "postgres", "10.96.0.2"),
            service("shop", "worker-api", "worker", "10.96.0.3"),
            Fact::Service(ServiceFact {
                meta: bank,
                external_name: Some("acquirer.example".into()),
                ..ServiceFact::default()
            }),
        ],
    ));
    batch
}

fn hint(name: &str, says: Says) -> Hint {
    Hint {
        name: name.into(),
        says,
        at: Some(now()),
    }
}

fn pod(namespace: &str, of: &str) -> Says {
    Says::Pod {
        namespace: Some(namespace.into()),
        name: format!("{of}-7d9f-x1").into(),
    }
}

fn at(ip: &str) -> Says {
    Says::Address { ip: ip.into() }
}

fn called_at(ip: &str) -> Says {
    Says::Peer { ip: ip.into() }
}

fn within(namespace: &str) -> Says {
    Says::Namespace {
        name: namespace.into(),
    }
}

fn group(name: &str) -> Says {
    Says::Group { name: name.into() }
}

/// Names, what their spans say, and who they are: a type, `?` for one of several, `+` for several,
/// `external`, or `-` for nobody.
fn cases() -> Vec<(&'static str, Vec<Says>, &'static str)> {
    let none = Vec::new;
    vec![
        // Case, underscores, blanks, ports, schemes.
        ("cart", none(), "shop/Deployment/cart"),
        ("CART", none(), "shop/Deployment/cart"),
        ("Cart", none(), "shop/Deployment/cart"),
        ("cart:8080", none(), "shop/Deployment/cart"),
        ("http://cart:8080/items", none(), "shop/Deployment/cart"),
        ("grpc://cart", none(), "shop/Deployment/cart"),
        ("order-service", none(), "shop/Deployment/order-service"),
        ("order_service", none(), "shop/Deployment/order-service"),
        ("Order_Service", none(), "shop/Deployment/order-service"),
        ("Order Service", none(), "shop/Deployment/order-service"),
        ("OrderService", none(), "shop/Deployment/order-service"),
        ("orderservice", none(), "shop/Deployment/order-service"),
        ("order", none(), "shop/Deployment/order-service"),
        ("order-svc", none(), "shop/Deployment/order-service"),
        ("web_frontend", none(), "shop/Deployment/web-frontend"),
        ("WebFrontend", none(), "shop/Deployment/web-frontend"),
        (
            "webfrontend-service",
            none(),
            "shop/Deployment/web-frontend",
        ),
        ("ledger-service", none(), "bank/Deployment/ledger"),
        ("LedgerService", none(), "bank/Deployment/ledger"),
        ("statements-app", none(), "bank/Deployment/statements"),
        // Namespaces.
        ("shop/cart", none(), "shop/Deployment/cart"),
        ("cart.shop", none(), "shop/Deployment/cart"),
        ("shop.cart", none(), "shop/Deployment/cart"),
        ("cart.shop.svc", none(), "shop/Deployment/cart"),
        (
            "cart.shop.svc.cluster.local",
            none(),
            "shop/Deployment/cart",
        ),
        (
            "cart.shop.svc.cluster.local.:80",
            none(),
            "shop/Deployment/cart",
        ),
        ("cart-shop", none(), "shop/Deployment/cart"),
        ("shop-cart", none(), "shop/Deployment/cart"),
        ("ledger-bank", none(), "bank/Deployment/ledger"),
        ("bank/api", none(), "bank/Deployment/api"),
        ("api.shop", none(), "shop/Deployment/api"),
        ("api-bank", none(), "bank/Deployment/api"),
        ("Bank_API", none(), "bank/Deployment/api"),
        (
            "order_service.shop",
            none(),
            "shop/Deployment/order-service",
        ),
        (
            "search-7d9f-x1.search.shop.svc.cluster.local",
            none(),
            "shop/StatefulSet/search",
        ),
        ("cart.bank", none(), "-"),
        ("ledger.shop.svc", none(), "-"),
        // Labels, annotations, environment.
        ("catalogue", none(), "shop/Deployment/shop-prod-catalogue"),
        (
            "shop-prod-catalogue",
            none(),
            "shop/Deployment/shop-prod-catalogue",
        ),
        ("reviews", none(), "shop/Deployment/shop-prod-reviews"),
        ("shop-prod", none(), "?"),
        ("payments api", none(), "shop/Deployment/pay"),
        ("payments-api", none(), "shop/Deployment/pay"),
        ("pay", none(), "shop/Deployment/pay"),
        ("recommender", none(), "shop/Deployment/ml-worker"),
        ("shipping-quotes", none(), "shop/Deployment/quotes-v2"),
        ("mailer", none(), "shop/Deployment/notification-deployment"),
        (
            "notification",
            none(),
            "shop/Deployment/notification-deployment",
        ),
        ("fraud", none(), "bank/Deployment/fraud-v3"),
        ("fraud.bank", none(), "bank/Deployment/fraud-v3"),
        ("search", none(), "shop/StatefulSet/search"),
        ("nightly_report", none(), "shop/CronJob/nightly-report"),
        ("node-agent", none(), "kube-system/DaemonSet/node-agent"),
        // Services.
        ("books", none(), "bank/Deployment/ledger"),
        ("books.bank.svc", none(), "bank/Deployment/ledger"),
        ("orders-db", none(), "data/Deployment/postgres"),
        ("orders_db.data", none(), "data/Deployment/postgres"),
        ("acquirer", none(), "external"),
        ("acquirer.example", none(), "external"),
        // Pods and addresses as names.
        ("ledger-7d9f-x1", none(), "bank/Deployment/ledger"),
        ("10.0.1.2", none(), "bank/Deployment/ledger"),
        ("10.96.0.2:5432", none(), "data/Deployment/postgres"),
        ("10.9.9.9", none(), "-"),
        ("192.168.0.1", none(), "?"),
        // One name in two namespaces.
        ("api", none(), "?"),
        ("worker", none(), "?"),
        ("Accounts", none(), "?"),
        ("core/accounts", none(), "bank/Deployment/accounts"),
        ("accounts.edge", none(), "shop/Deployment/accounts"),
        ("api", vec![within("bank")], "bank/Deployment/api"),
        ("api", vec![pod("shop", "api")], "shop/Deployment/api"),
        ("api", vec![at("10.0.1.1")], "bank/Deployment/api"),
        ("api", vec![at("10.0.1.1"), at("10.0.0.12")], "+"),
        ("api", vec![pod("shop", "api"), pod("bank", "api")], "+"),
        ("api", vec![within("shop"), within("bank")], "+"),
        (
            "worker",
            vec![called_at("10.96.0.3")],
            "shop/Deployment/worker",
        ),
        (
            "worker",
            vec![called_at("10.0.1.6")],
            "bank/Deployment/worker",
        ),
        ("accounts", vec![group("core")], "bank/Deployment/accounts"),
        ("accounts", vec![group("edge"), group("core")], "+"),
        ("accounts", vec![group("else")], "?"),
        // Defaults of languages.
        ("unknown_service", none(), "-"),
        ("unknown_service:java", none(), "-"),
        (
            "unknown_service:java",
            vec![at("10.0.0.5")],
            "shop/Deployment/pay",
        ),
        (
            "unknown_service:node",
            vec![pod("bank", "fraud-v3")],
            "bank/Deployment/fraud-v3",
        ),
        ("unknown_service", vec![within("bank")], "-"),
        ("unknown_service", vec![at("10.0.0.1"), at("10.0.1.2")], "+"),
        // Spans know better than names.
        (
            "cart",
            vec![pod("bank", "ledger")],
            "bank/Deployment/ledger",
        ),
        (
            "something-else",
            vec![at("10.0.1.5")],
            "bank/Deployment/statements",
        ),
        (
            "node-agent",
            vec![at("192.168.0.1")],
            "kube-system/DaemonSet/node-agent",
        ),
        ("agent", vec![at("192.168.0.1")], "?"),
        ("cart", vec![at("10.9.9.9")], "shop/Deployment/cart"),
        (
            "orders",
            vec![called_at("10.96.0.2")],
            "data/Deployment/postgres",
        ),
        (
            "inventory",
            vec![Says::Database {
                system: "mysql".into(),
            }],
            "external",
        ),
        (
            "kafka",
            vec![Says::Broker {
                system: "kafka".into(),
            }],
            "data/Deployment/kafka",
        ),
        // Outside.
        ("api.stripe.com", none(), "-"),
        ("s3", none(), "-"),
        ("carts", none(), "-"),
        ("ca", none(), "-"),
    ]
}

fn links(name: &str) -> Observation {
    Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Long,
        window_ms: 60_000,
        ends: now(),
        links: vec![Link {
            caller: name.into(),
            callee: name.into(),
            calls: 1,
            errors: 0,
        }],
    })
}

fn hints(name: &str, says: &[Says]) -> Observation {
    let hints = says.iter().map(|says| hint(name, says.clone()));
    Observation::Hints {
        source: "zipkin".into(),
        hints: hints.collect(),
    }
}

fn told(name: &str, says: &[Says]) -> Model {
    let mut model = Model::new("test", Vec::new());
    model.apply(facts(), now());
    model.apply(vec![links(name), hints(name, says)], now());
    model
}

fn word(resolution: &Resolution) -> String {
    match resolution {
        Resolution::Matched { to, .. } => to.to_string(),
        Resolution::Ambiguous { are_all: true, .. } => "+".to_owned(),
        Resolution::Ambiguous { .. } => "?".to_owned(),
        Resolution::External { .. } => "external".to_owned(),
        Resolution::Unresolved => "-".to_owned(),
    }
}

#[test]
fn names_that_differ_in_the_usual_ways_are_joined_rightly_or_not_at_all() {
    let cases = cases();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, says, who)| {
            let found = word(&told(name, says).resolution(name));
            (found != *who).then(|| format!("{name} {says:?}: {found} rather than {who}"))
        })
        .collect();
    assert!(cases.len() >= 60);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_answer_says_how_it_came_about_and_what_can_be_done() {
    for (name, says, who) in cases() {
        let model = told(name, &says);
        let why = model.why(name, &NamespaceChoice::All);
        let reasons = why.answers.first().expect("a name in traces is known");
        let verdict = match who {
            "?" | "+" => Verdict::Ambiguous,
            "-" => Verdict::Unresolved,
            "external" => Verdict::External,
            _ => Verdict::Matched,
        };
        assert_eq!(reasons.verdict, verdict, "{name}");
        let has_todo = reasons.points.iter().any(|point| point.todo.is_some());
        let must_do = matches!(verdict, Verdict::Ambiguous | Verdict::Unresolved);
        assert!(has_todo || !must_do, "{name}: {reasons:?}");
        if verdict == Verdict::Ambiguous {
            let lines = reasons.points.iter().flat_map(|point| &point.lines);
            assert_eq!(lines.count(), reasons.candidates.len(), "{name}");
        }
    }
}

#[test]
fn who_is_called_by_address_only_is_called_all_the_same() {
    let mut model = Model::new("test", Vec::new());
    model.apply(facts(), now());
    let by = |name: &str| Says::CalledBy {
        caller: name.into(),
    };
    let hints = vec![
        hint("10.96.0.2:5432", by("cart")),
        hint("203.0.113.7:443", by("cart")),
    ];
    let source = || "zipkin".into();
    let names = vec!["cart".into()];
    let said = vec![
        Observation::Names {
            source: source(),
            names,
        },
        Observation::Hints {
            source: source(),
            hints,
        },
    ];
    model.apply(said, now());
    let cart = ElementKey::Type(TypeKey::new("shop", "Deployment", "cart"));
    let calls: Vec<(String, bool)> = model
        .calls(&cart, Side::Callees)
        // Nobody counted them, which is not zero.
        .map(|call| {
            (
                call.callee.to_string(),
                call.recent.is_none() && call.long.is_none(),
            )
        })
        .collect();
    let expected = ["data/Deployment/postgres", "external/203.0.113.7:443"];
    assert_eq!(calls.len(), 2, "{calls:?}");
    for callee in expected {
        assert!(calls.contains(&(callee.to_owned(), true)), "{calls:?}");
    }
}

#[test]
fn what_settles_is_said() {
    let model = told("accounts", &[group("core")]);
    match model.resolution("accounts") {
        Resolution::Matched { rule, settled, .. } => {
            assert_eq!((rule, settled), (Rule::OtelName, Some(Settler::Group)));
        }
        other => panic!("{other:?}"),
    }
    let key = TypeKey::new("bank", "Deployment", "accounts");
    let known = model.known_as(&key);
    assert_eq!(known.len(), 1);
    let text = model.why("accounts", &NamespaceChoice::All).text();
    assert!(
        text.contains("shop/Deployment/accounts has that name too"),
        "{text}"
    );
    assert!(text.contains("service.namespace"), "{text}");
}

#[test]
fn an_address_counts_only_while_its_pod_was_there() {
    let mut model = told("api", &[]);
    let early = jiff::Timestamp::from_second(-600).expect("ten minutes earlier");
    let old = Hint {
        at: Some(early),
        ..hint("api", at("10.0.1.1"))
    };
    let hints = vec![old];
    model.apply(
        vec![Observation::Hints {
            source: "zipkin".into(),
            hints,
        }],
        now(),
    );
    assert_eq!(word(&model.resolution("api")), "?");
}

#[test]
fn a_name_of_a_namespace_that_nobody_looks_at_is_nobody_here() {
    let mut model = Model::new("test", Vec::new());
    let scope = inside(Kind::Pod, "shop");
    let deployments = inside(Kind::Deployment, "shop");
    let fact = Fact::Workload(Box::new(workload(
        Kind::Deployment,
        meta("shop", "api", &[]),
    )));
    let batch = vec![
        begin(&scope, 1),
        end(&scope, 1),
        begin(&deployments, 1),
        seen(&deployments, &Arc::new(fact)),
        end(&deployments, 1),
        links("api"),
    ];
    model.apply(batch, now());
    assert_eq!(word(&model.resolution("api")), "shop/Deployment/api");
    model.apply(vec![hints("api", &[within("bank")])], now());
    assert_eq!(word(&model.resolution("api")), "-");
    let text = model.why("api", &NamespaceChoice::one("shop")).text();
    assert!(
        text.contains("runs in bank") && text.contains(":ns bank"),
        "{text}"
    );
    model.apply(vec![hints("api", &[within("bank"), within("shop")])], now());
    assert_eq!(word(&model.resolution("api")), "+");
    let text = model.why("api", &NamespaceChoice::one("shop")).text();
    assert!(
        text.contains("one in bank, which is not looked at"),
        "{text}"
    );
    // Once it is looked at, and has no such workload, the name is the one that is there.
    let bank = inside(Kind::Pod, "bank");
    model.apply(
        vec![
            hints("api", &[within("shop")]),
            begin(&bank, 1),
            end(&bank, 1),
        ],
        now(),
    );
    assert_eq!(word(&model.resolution("api")), "shop/Deployment/api");
}

#[test]
fn a_pod_that_comes_later_joins_what_was_said_before() {
    let mut model = Model::new("test", Vec::new());
    let name = "unknown_service:java";
    model.apply(vec![links(name), hints(name, &[at("10.0.0.1")])], now());
    assert_eq!(word(&model.resolution(name)), "-");
    let changes = model.apply(facts(), now()).changes;
    let key = TypeKey::new("shop", "Deployment", "cart");
    assert_eq!(model.known_as(&key).len(), 1, "{changes:?}");
}

#[test]
fn a_mapping_wins_over_everything_and_one_to_nothing_is_told() {
    let mapping = [("api", "ledger"), ("cart", "gone")]
        .map(|(name, to)| (name.into(), TypeKey::new("bank", "Deployment", to)));
    let mut model = Model::new("test", mapping.to_vec());
    model.apply(facts(), now());
    model.apply(vec![links("api"), hints("api", &[at("10.0.1.1")])], now());
    assert_eq!(word(&model.resolution("api")), "bank/Deployment/ledger");
    model.apply(vec![links("cart")], now());
    let text = model.why("cart", &NamespaceChoice::All).text();
    assert!(
        text.contains("bank/Deployment/gone, which is not there"),
        "{text}"
    );
}

#[test]
fn what_nobody_is_called_has_near_names() {
    let model = told("cart", &[]);
    let why = model.why("crat", &NamespaceChoice::All);
    assert!(!why.is_known());
    assert_eq!(why.nearest.first().map(|n| &**n), Some("cart"));
}

#[test]
fn every_type_of_the_system_is_found_by_its_own_name() {
    for ty in SYSTEM {
        let key = key(ty);
        let model = told("cart", &[]);
        let why = model.why(&key.to_string(), &NamespaceChoice::All);
        assert_eq!(
            why.answers.first().and_then(|r| r.is.as_deref()),
            Some(&*key.to_string())
        );
    }
}
