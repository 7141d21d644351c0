//! A saved model read back gives the same network, and what is around a name is what one would walk to.

#![expect(
    clippy::expect_used,
    reason = "a test fails by a panic, in its helpers too"
)]

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::collections::BTreeSet;

use portolan::model::Model;
use portolan::model::element::Counts;
use portolan::model::export::{Options, json};
use portolan::model::import::{self, Unreadable};
use portolan::model::key::ElementKey;
use portolan::model::observation::{Link, Links, NamespaceChoice, Observation, Span};
use portolan::model::query::network::{Flow, Group, Grouping, Network, Part, Wish};
use portolan::model::usage::{Protocol, Sort, Tally, Use, Uses};
use proptest::prelude::*;
use world::{KINDS, World, everywhere, list, now, told, world};

/// Everything, gathered so.
fn drawn(model: &Model, grouping: Grouping, unlinked: bool) -> Network {
    let none = (BTreeSet::new(), BTreeSet::new());
    model.network(&wish(grouping, unlinked, &none))
}

/// No group is one node, and no caller's leaves are.
type Nobody = (BTreeSet<Group>, BTreeSet<ElementKey>);

fn wish(grouping: Grouping, unlinked: bool, none: &Nobody) -> Wish<'_> {
    Wish {
        choice: &NamespaceChoice::All,
        passes: &|_| true,
        grouping,
        collapsed: &none.0,
        least_rate: None,
        only_failing: false,
        unlinked,
        fan_out: None,
        unfolded: &none.1,
    }
}

/// All that a world says, and what a sample of its calls tells of durations and of who is a database.
fn model_of(world: &World) -> Model {
    let histories = world.histories();
    let lists = KINDS
        .into_iter()
        .flat_map(|kind| list(&histories, &everywhere(kind), 1));
    let said: Vec<Observation> = lists
        .chain(world.telemetry().into_iter().flatten())
        .collect();
    let links = said.iter().filter_map(|o| match o {
        Observation::Links(links) => Some(links),
        _ => None,
    });
    let links: Vec<&Link> = links.flat_map(|links| &links.links).collect();
    let uses = links.iter().map(|link| {
        let mut tally = Tally {
            calls: 1,
            ..Tally::default()
        };
        tally.latency.add(1_000 * (link.calls + 1));
        let is_store = link.callee.len() % 2 == 0;
        Use {
            caller: Some(link.caller.clone()),
            callee: link.callee.clone(),
            sort: if is_store {
                Sort::Database
            } else {
                Sort::Service
            },
            protocol: Some(Protocol::Http),
            operation: "GET /".into(),
            tally,
        }
    });
    let uses = Observation::Uses(Box::new(Uses {
        source: "zipkin".into(),
        window_ms: 60_000,
        ends: now(),
        traces: 1,
        is_sample: false,
        hidden: 0,
        uses: uses.collect(),
        served: Vec::new(),
    }));
    let said: Vec<Observation> = said.into_iter().chain([uses]).collect();
    told(&said, usize::MAX)
}

fn saved(model: &Model, telemetry: bool) -> Vec<u8> {
    let options = Options {
        namespaces: NamespaceChoice::All,
        telemetry,
    };
    let text = json::text(model, &options).expect("text");
    text.into_bytes()
}

/// A network as it would be if nobody had counted.
fn uncounted(mut network: Network) -> Network {
    let forget = |flow: &mut Flow| {
        flow.recent = None;
        flow.long = None;
        flow.p95_us = None;
        flow.failing = 0;
        flow.silence = None;
    };
    for node in &mut network.nodes {
        node.own.iter_mut().for_each(forget);
    }
    network.links.iter_mut().for_each(|l| forget(&mut l.flow));
    network
}

proptest! {
    /// With telemetry all of it, without it all but the counts.
    #[test]
    fn a_network_read_back_is_the_same(world in world()) {
        let model = model_of(&world);
        let with = import::read(&saved(&model, true)).unwrap();
        let without = import::read(&saved(&model, false)).unwrap();
        prop_assert_eq!(&with.namespaces, &NamespaceChoice::All);
        prop_assert_eq!(with.model.context(), model.context());
        prop_assert!(!without.telemetry);
        for grouping in [Grouping::None, Grouping::Application, Grouping::Namespace] {
            for unlinked in [false, true] {
                let whole = drawn(&model, grouping, unlinked);
                let read = drawn(&with.model, grouping, unlinked);
                prop_assert_eq!(&read, &whole);
                // The same without failing links: a failing flow keeps nothing that is counted.
                let read = drawn(&without.model, grouping, unlinked);
                prop_assert_eq!(read, uncounted(whole));
            }
        }
        let counted = model.graph().links().any(|(_, e)| {
            let counts = match &**e {
                portolan::model::element::Element::Call(call) => call.recent.or(call.long),
                _ => None::<Counts>,
            };
            counts.is_some()
        });
        prop_assert_eq!(with.telemetry, counted);
        prop_assert_eq!(with.model.totals(&NamespaceChoice::All), model.totals(&NamespaceChoice::All));
    }

    /// Wherever a file is cut, and whatever stands in it instead: a line, never a panic; and cut is called cut.
    #[test]
    fn a_file_that_is_not_whole_is_told(world in world(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = saved(&model_of(&world), true);
        // The last byte is the line's end.
        let at = at.index(whole.len() - 2) + 1;
        let cut = whole.get(..at).unwrap();
        prop_assert!(matches!(import::read(cut), Err(Unreadable::Cut { .. })), "{:?}", import::read(cut).err());
        let mut changed = whole.clone();
        changed[at] = byte;
        if let Err(why) = import::read(&changed) {
            let line = why.to_string();
            prop_assert!(line.contains("portolan") || line.contains("Portolan"), "{}", line);
        }
    }

    /// Callers and callees by walking one link at a time, and all links among them.
    #[test]
    fn around_a_name_is_what_one_walks_to(world in world(), hops in 0usize..4, pick in any::<prop::sample::Index>()) {
        let model = model_of(&world);
        let whole = drawn(&model, Grouping::None, true);
        prop_assume!(!whole.nodes.is_empty());
        let Part::Element(key) = whole.nodes[pick.index(whole.nodes.len())].part.clone() else {
            unreachable!("nothing is gathered");
        };
        let none = (BTreeSet::new(), BTreeSet::new());
        let wish = wish(Grouping::None, false, &none);
        let asked = key.to_string();
        let around = model.network_around(&wish, &asked, hops).unwrap();
        let mut near: BTreeSet<ElementKey> = around.named.clone();
        prop_assert!(near.contains(&key), "{} is not in {:?}", key, near);
        for forward in [true, false] {
            let mut reached = around.named.clone();
            for _ in 0..hops {
                for link in &whole.links {
                    let (from, to) = if forward { (link.from, link.to) } else { (link.to, link.from) };
                    let (from, to) = (&whole.nodes[from].members[0], &whole.nodes[to].members[0]);
                    if reached.contains(from) && !near.contains(to) {
                        near.insert(to.clone());
                    }
                }
                reached.extend(near.iter().filter(|k| {
                    whole.links.iter().any(|l| {
                        let (a, b) = if forward { (l.from, l.to) } else { (l.to, l.from) };
                        whole.nodes[b].members[0] == **k && reached.contains(&whole.nodes[a].members[0])
                    })
                }).cloned().collect::<Vec<_>>());
            }
        }
        let shown: BTreeSet<ElementKey> = around.network.nodes.iter().flat_map(|n| n.members.clone()).collect();
        prop_assert_eq!(&shown, &near);
        let among = whole.links.iter().filter(|l| {
            near.contains(&whole.nodes[l.from].members[0]) && near.contains(&whole.nodes[l.to].members[0])
        });
        prop_assert_eq!(around.network.links.len(), among.count());
    }
}

#[test]
fn what_is_no_model_says_what_it_is_and_what_to_do() {
    for (text, says) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{\"schemaVersion\": 2, ", "ends in the middle (line 1)"),
        (
            "apiVersion: v1\nkind: List\n",
            "is no JSON (line 1, column 1)",
        ),
        ("{} {}", "is no JSON"),
        ("[]", "is no model"),
        ("\"text\"", "is no model"),
        ("{\"architectures\": []}", "is no model"),
        ("{\"schemaVersion\": \"2\"}", "is no model"),
        ("{\"schemaVersion\": 0}", "is no model"),
        (
            "{\"schemaVersion\": 99}",
            "newer Portolan (schema 99; this one reads up to 2)",
        ),
        ("{\"schemaVersion\": 2}", "missing field `context`"),
    ] {
        let line = import::read(text.as_bytes()).unwrap_err().to_string();
        assert!(line.contains(says), "{text}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn names_of_a_file_are_cleaned_and_its_numbers_are_bounded() {
    let mut model = Model::new("test", Vec::new());
    let links = Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: vec![Link {
            caller: "web".into(),
            callee: "bank".into(),
            calls: 7,
            errors: 1,
        }],
    };
    model.apply(vec![Observation::Links(links)], now());
    let text = String::from_utf8(saved(&model, true)).unwrap();
    let text = text
        .replace("bank", "ba\\u001b[2J\\u202enk")
        .replace("\"calls\": 7", "\"calls\": 18446744073709551615");
    let read = import::read(text.as_bytes()).unwrap();
    let network = drawn(&read.model, Grouping::None, true);
    let names: Vec<String> = network
        .nodes
        .iter()
        .map(|n| n.members[0].to_string())
        .collect();
    assert_eq!(names, ["external/bank", "external/web"]);
    let flow = &network.links[0].flow;
    assert!(flow.calls() < u64::MAX / 1_000_000, "{flow:?}");
}

#[test]
fn a_name_that_nobody_has_is_told_with_those_that_are_near() {
    let mut model = Model::new("test", Vec::new());
    let fact = world::workload(
        portolan::model::observation::Kind::Deployment,
        portolan::model::observation::Meta {
            namespace: "shop".into(),
            name: "checkout".into(),
            uid: "u".into(),
            ..portolan::model::observation::Meta::default()
        },
    );
    let fact = portolan::model::observation::Fact::Workload(Box::new(fact));
    let scope = everywhere(fact.key().kind);
    let seen = world::seen(&scope, &std::sync::Arc::new(fact));
    model.apply(vec![seen], now());
    let none = (BTreeSet::new(), BTreeSet::new());
    let wish = wish(Grouping::None, false, &none);
    let why = model.network_around(&wish, "chekout", 1).unwrap_err();
    assert_eq!(
        why,
        "nothing here is called chekout; the nearest names are checkout"
    );
    // Alone, it is a picture all the same.
    let around = model.network_around(&wish, "Checkout", 1).unwrap();
    assert_eq!(around.network.nodes.len(), 1);
}
