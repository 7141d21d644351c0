//! The semantics in a table, and any few policies against a second reckoning that follows the API's own words.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use proptest::prelude::*;

use super::*;
use crate::model::observation::Meta;
use crate::model::selector::Expression;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter().map(|(k, v)| (Text::from(*k), Text::from(*v)));
    pairs.collect()
}

fn named(value: &str) -> Selector {
    Selector {
        labels: labels(&[("app", value)]),
        expressions: Vec::new(),
    }
}

fn rule(others: &[Other], ports: &[Ports]) -> Allowance {
    Allowance {
        others: others.to_vec(),
        ports: ports.to_vec(),
    }
}

fn near(value: &str) -> Other {
    Other::Pods {
        namespaces: None,
        pods: named(value),
    }
}

fn far(namespaces: Selector, pods: Selector) -> Other {
    Other::Pods {
        namespaces: Some(namespaces),
        pods,
    }
}

fn tcp(range: Option<(u16, u16)>) -> Ports {
    Ports {
        protocol: "TCP".into(),
        range,
    }
}

/// A policy about `db` in namespace `s`, of its way in.
fn policy(name: &str, rules: &[Allowance]) -> NetworkPolicyFact {
    NetworkPolicyFact {
        meta: Meta {
            namespace: "s".into(),
            name: name.into(),
            ..Meta::default()
        },
        pods: named("db"),
        incoming: Some(rules.to_vec()),
        ..NetworkPolicyFact::default()
    }
}

/// What keeps `web` of a namespace from calling `db` in `s` at TCP 8080.
fn refused(policies: &[NetworkPolicyFact], from: &str, is_readable: bool) -> Option<Refusal> {
    let (db, web, team) = (
        labels(&[("app", "db")]),
        labels(&[("app", "web")]),
        labels(&[(NAME_LABEL, from), ("team", "red")]),
    );
    let (own, from) = (Text::from("s"), Text::from(from));
    let end = |namespace, labels| End {
        namespace,
        namespace_labels: is_readable.then_some(&team),
        labels,
    };
    let port = Port {
        protocol: "TCP".into(),
        number: Some(8080),
    };
    let subject = (end(&own, &db), Direction::In);
    refuses(
        policies.iter(),
        |_| true,
        subject,
        end(&from, &web),
        Some(&[port]),
    )
}

#[test]
fn what_policies_allow_and_what_nobody_knows() {
    let team = |value: &str| Selector {
        labels: labels(&[("team", value)]),
        expressions: Vec::new(),
    };
    let by_name = |value: &str| Selector {
        labels: labels(&[(NAME_LABEL, value)]),
        expressions: Vec::new(),
    };
    let strange = Selector {
        labels: Labels::default(),
        expressions: vec![Expression {
            key: "app".into(),
            operator: Operator::Other,
            values: Vec::new(),
        }],
    };
    let anybody = Selector::default();
    let cases: Vec<(&str, Vec<Allowance>, bool)> = vec![
        ("nobody at all", vec![], true),
        ("everybody", vec![rule(&[], &[])], false),
        ("another", vec![rule(&[near("api")], &[])], true),
        ("it", vec![rule(&[near("api"), near("web")], &[])], false),
        (
            "it, by a second rule",
            vec![rule(&[near("api")], &[]), rule(&[near("web")], &[])],
            false,
        ),
        (
            "it at its port",
            vec![rule(&[near("web")], &[tcp(Some((8080, 8080)))])],
            false,
        ),
        (
            "it at a range",
            vec![rule(&[near("web")], &[tcp(Some((8000, 9000)))])],
            false,
        ),
        (
            "it at another port",
            vec![rule(&[near("web")], &[tcp(Some((5432, 5432)))])],
            true,
        ),
        (
            "it at a named port",
            vec![rule(&[near("web")], &[tcp(None)])],
            false,
        ),
        ("addresses", vec![rule(&[Other::Addresses], &[])], false),
        (
            "its namespace's team",
            vec![rule(&[far(team("red"), anybody.clone())], &[])],
            false,
        ),
        (
            "another team",
            vec![rule(&[far(team("blue"), anybody.clone())], &[])],
            true,
        ),
        (
            "its team, others of it",
            vec![rule(&[far(team("red"), named("api"))], &[])],
            true,
        ),
        (
            "its namespace by name",
            vec![rule(&[far(by_name("s"), anybody.clone())], &[])],
            false,
        ),
        (
            "who has a strange label",
            vec![rule(&[far(anybody, strange.clone())], &[])],
            false,
        ),
    ];
    for (allows, rules, is_refused) in cases {
        let found = refused(&[policy("p", &rules)], "s", true);
        assert_eq!(found.is_some(), is_refused, "a policy that allows {allows}");
    }
    // A namespace that may not be read has a name, and labels that nobody knows.
    for (namespaces, is_refused) in [
        (team("blue"), false),
        (by_name("s"), false),
        (by_name("t"), true),
    ] {
        let rules = [rule(&[far(namespaces, Selector::default())], &[])];
        assert_eq!(
            refused(&[policy("p", &rules)], "s", false).is_some(),
            is_refused
        );
    }
    // One without a selector of namespaces means its own.
    assert!(refused(&[policy("p", &[rule(&[near("web")], &[])])], "t", true).is_some());
    // Whom a strange selector selects is not known: it may allow, and is held against nobody.
    let mut unsure = policy("unsure", &[rule(&[near("web")], &[])]);
    unsure.pods = strange;
    assert!(refused(&[policy("none", &[]), unsure.clone()], "s", true).is_none());
    unsure.incoming = Some(Vec::new());
    assert!(refused(&[unsure], "s", true).is_none());
}

#[test]
fn a_refusal_names_every_policy_that_selects_the_pod() {
    let mut other = policy("about-web", &[]);
    other.pods = named("web");
    let mut outgoing = policy("outgoing", &[]);
    outgoing.outgoing = outgoing.incoming.take();
    let at_port = rule(&[near("web")], &[tcp(Some((1, 1)))]);
    let policies = [policy("z", &[]), other, outgoing, policy("a", &[at_port])];
    let found = refused(&policies, "s", true).expect("nothing allows it");
    assert_eq!(found.policies, ["a", "z"].map(Text::from));
    assert!(found.at_other_ports);
    assert_eq!(
        refused(&[], "s", true),
        None,
        "where no policy selects, all is allowed"
    );
}

/// A world of two namespaces (`0` has the label `team=red`) and pods `app=0..3`.
#[derive(Clone, Debug)]
struct Plan {
    namespace: u8,
    /// About the pods of this app; 3 for all.
    about: u8,
    incoming: Option<Vec<Rule>>,
    outgoing: Option<Vec<Rule>>,
}

/// Peers (namespace selector: 0 own, 1 all, 2 red, 3 not red; app, 3 for all), and ports.
type Rule = (Vec<(u8, u8)>, Vec<(bool, u16, u16)>);

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let rule = || {
        (
            prop::collection::vec((0u8..4, 0u8..4), 0..3),
            prop::collection::vec((any::<bool>(), 1u16..4, 0u16..2), 0..2),
        )
    };
    let rules = move || prop::option::of(prop::collection::vec(rule(), 0..3));
    let plan =
        (0u8..2, 0u8..4, rules(), rules()).prop_map(|(namespace, about, incoming, outgoing)| {
            Plan {
                namespace,
                about,
                incoming,
                outgoing,
            }
        });
    prop::collection::vec(plan, 0..5)
}

fn protocol(is_tcp: bool) -> Text {
    if is_tcp { "TCP" } else { "UDP" }.into()
}

fn app(app: u8) -> Selector {
    if app == 3 {
        Selector::default()
    } else {
        named(&app.to_string())
    }
}

fn allowance((peers, ports): &Rule) -> Allowance {
    let team = |operator| Selector {
        labels: Labels::default(),
        expressions: vec![Expression {
            key: "team".into(),
            operator,
            values: vec!["red".into()],
        }],
    };
    let others = peers.iter().map(|(namespaces, of)| Other::Pods {
        namespaces: match namespaces {
            0 => None,
            1 => Some(Selector::default()),
            2 => Some(team(Operator::In)),
            _ => Some(team(Operator::NotIn)),
        },
        pods: app(*of),
    });
    let ports = ports.iter().map(|(is_tcp, first, more)| Ports {
        protocol: protocol(*is_tcp),
        range: Some((*first, first + more)),
    });
    Allowance {
        others: others.collect(),
        ports: ports.collect(),
    }
}

impl Plan {
    fn fact(&self, at: usize) -> NetworkPolicyFact {
        let rules = |rules: &Option<Vec<Rule>>| {
            let rules = rules.as_ref()?.iter();
            Some(rules.map(allowance).collect())
        };
        NetworkPolicyFact {
            meta: Meta {
                namespace: self.namespace.to_string().into(),
                name: at.to_string().into(),
                ..Meta::default()
            },
            pods: app(self.about),
            incoming: rules(&self.incoming),
            outgoing: rules(&self.outgoing),
            ..NetworkPolicyFact::default()
        }
    }
}

/// The API's words: isolated pods may do only what some rule of some policy allows.
fn allows(
    plans: &[Plan],
    subject: (u8, u8),
    other: (u8, u8),
    port: (bool, u16),
    rules: impl Fn(&Plan) -> Option<&Vec<Rule>>,
) -> bool {
    let mut is_isolated = false;
    for plan in plans {
        if plan.namespace != subject.0 || (plan.about != 3 && plan.about != subject.1) {
            continue;
        }
        let Some(rules) = rules(plan) else { continue };
        is_isolated = true;
        for (peers, ports) in rules {
            let mut who = peers.is_empty();
            for (namespaces, of) in peers {
                let is_in = match namespaces {
                    0 => other.0 == plan.namespace,
                    1 => true,
                    2 => other.0 == 0,
                    _ => other.0 == 1,
                };
                who |= is_in && (*of == 3 || *of == other.1);
            }
            let mut at = ports.is_empty();
            for (is_tcp, first, more) in ports {
                at |= *is_tcp == port.0 && port.1 >= *first && port.1 - first <= *more;
            }
            if who && at {
                return true;
            }
        }
    }
    !is_isolated
}

proptest! {
    #[test]
    fn any_policies_are_as_the_api_says(
        plans in plans(),
        from in (0u8..2, 0u8..3),
        to in (0u8..2, 0u8..3),
        port in (any::<bool>(), 1u16..5),
    ) {
        let facts: Vec<_> = plans.iter().enumerate().map(|(at, plan)| plan.fact(at)).collect();
        let names = [0u8, 1].map(|n| Text::from(n.to_string()));
        let teams = [labels(&[("team", "red")]), Labels::default()];
        let apps = [0u8, 1, 2].map(|n| labels(&[("app", &n.to_string())]));
        let end = |(namespace, app): (u8, u8)| End {
            namespace: &names[usize::from(namespace)],
            namespace_labels: Some(&teams[usize::from(namespace)]),
            labels: &apps[usize::from(app)],
        };
        let ports = [Port { protocol: protocol(port.0), number: Some(port.1) }];
        let refused = |subject, direction, other| {
            refuses(facts.iter(), |_| true, (end(subject), direction), end(other), Some(&ports))
        };
        let taken = allows(&plans, to, from, port, |plan| plan.incoming.as_ref());
        prop_assert_eq!(refused(to, Direction::In, from).is_none(), taken);
        let opened = allows(&plans, from, to, port, |plan| plan.outgoing.as_ref());
        prop_assert_eq!(refused(from, Direction::Out, to).is_none(), opened);
    }
}
