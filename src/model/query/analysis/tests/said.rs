//! What the sentences say.

use super::{called, declared, key, network, node};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::query::analysis::{Most, Names, Replicas};
use crate::model::query::network::{Declaration, Flow, Group, Hidden, Link, Network, Part, Role};

/// A shop: whom its nodes call, with calls of the short window; `None` where that is only declared.
fn shop() -> Network {
    named(&[
        ("admin", "payment", None),
        ("batch", "payment", Some(0)),
        ("checkout", "payment", Some(40)),
        ("frontend", "cart", Some(60)),
        ("frontend", "checkout", Some(40)),
        ("payment", "bank", Some(40)),
        ("payment", "ledger", Some(40)),
        ("web", "frontend", None),
    ])
}

fn named(links: &[(&str, &str, Option<u64>)]) -> Network {
    let mut names: Vec<&str> = links.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
    names.sort_unstable();
    names.dedup();
    let at = |name: &str| names.binary_search(&name).expect("a node");
    let mut network = network(0, []);
    network.nodes = names.iter().map(|name| node(name)).collect();
    for (from, to, calls) in links {
        network.links.push(Link {
            from: at(from),
            to: at(to),
            flow: calls.map_or_else(|| declared(Declaration::Declared), called),
        });
    }
    for name in ["frontend", "web"] {
        if let Ok(at) = names.binary_search(&name) {
            network.nodes[at].role = Role::Entry;
        }
    }
    network
}

fn place(network: &Network, name: &str) -> usize {
    network.place_of(&key(name)).expect("a node")
}

fn impact(network: &Network, name: &str) -> String {
    network.impact(place(network, name)).sentence
}

#[test]
fn a_blast_radius_names_the_nearest_with_their_shares() {
    let shop = shop();
    assert_eq!(
        impact(&shop, "payment"),
        "stopping payment touches 5 of 8 others: checkout (all of its calls), batch (called earlier, not within \
         60 s), admin (only declared), frontend (40 % of its calls) and web (a way in); calls from outside reach \
         it by frontend and web"
    );
    assert_eq!(
        impact(&shop, "frontend"),
        "stopping frontend touches 1 of 8 others: web (a way in); calls from outside come in by it, and reach it \
         by web"
    );
    assert_eq!(
        impact(&shop, "admin"),
        "stopping admin touches none of 8 others: nobody calls it, as far as calls within 24 h and configuration \
         tell"
    );
}

#[test]
fn shares_multiply_along_a_way_and_add_up_over_several() {
    let network = named(&[
        ("a", "b", Some(50)),
        ("a", "c", Some(25)),
        ("a", "z", Some(25)),
        ("b", "s", Some(1)),
        ("b", "z", Some(3)),
        ("c", "s", Some(2)),
        ("c", "z", Some(2)),
    ]);
    let impact = network.impact(place(&network, "s"));
    let share = |name| impact.of(place(&network, name)).and_then(|t| t.share);
    assert_eq!(share("b"), Some(0.25));
    assert_eq!(share("c"), Some(0.5));
    assert_eq!(share("a"), Some(0.5 * 0.25 + 0.25 * 0.5));
}

#[test]
fn a_share_over_somebody_of_whom_nothing_is_known_is_a_lower_bound() {
    let network = named(&[
        ("a", "b", Some(60)),
        ("a", "s", Some(30)),
        ("a", "z", Some(10)),
        ("b", "s", None),
    ]);
    assert_eq!(
        impact(&network, "s"),
        "stopping s touches 2 of 3 others: a (at least 30 % of its calls) and b (only declared)"
    );
}

#[test]
fn what_is_only_allowed_needs_nobody() {
    let mut network = named(&[("a", "s", None)]);
    network.links[0].flow = declared(Declaration::Allowed);
    assert_eq!(
        impact(&network, "s"),
        "stopping s touches none of 1 other: nobody calls it, as far as configuration alone tells (no calls were \
         seen)"
    );
}

#[test]
fn what_is_hidden_is_said() {
    let mut shop = shop();
    shop.hidden = Hidden {
        filtered: 12,
        slow: 1,
        ..Hidden::default()
    };
    assert!(
        impact(&shop, "payment")
            .ends_with("; not counted are 12 elements and 1 link that are hidden")
    );
    let paths = shop.paths(place(&shop, "bank"), place(&shop, "web"), Most::default());
    assert_eq!(
        paths.sentence,
        "no path leads from bank to web, as far as calls within 24 h and configuration tell; web leads to bank in \
         4 links; not counted are 12 elements and 1 link that are hidden"
    );
}

#[test]
fn a_group_counts_as_one() {
    let mut shop = shop();
    shop.nodes[0].members.push(key("other"));
    assert!(
        impact(&shop, "payment")
            .starts_with("stopping payment touches 5 of 8 others, a group being one: ")
    );
}

#[test]
fn many_are_counted() {
    let callers: Vec<String> = (0..30).map(|n| format!("c{n:02}")).collect();
    let links: Vec<_> = callers.iter().map(|c| (c.as_str(), "s", Some(1))).collect();
    let sentence = impact(&named(&links), "s");
    assert!(
        sentence.starts_with("stopping s touches 30 of 30 others: c00 (all of its calls), c01")
    );
    assert!(
        sentence.ends_with("c04 (all of its calls) and 25 more"),
        "{sentence}"
    );
}

#[test]
fn a_single_point_says_what_it_cuts_off_and_how_many_replicas_it_has() {
    let shop = shop();
    let points = shop.single_points();
    let one = |desired, ready| Some(Replicas { desired, ready });
    let said = |name: &str, replicas| {
        let at = place(&shop, name);
        let point = points
            .points
            .iter()
            .find(|p| p.node == at)
            .expect("a point");
        points.sentence(&shop, point, replicas)
    };
    assert_eq!(
        said("payment", one(Some(1), 1)),
        "without payment 2 others are not reached from any entry: bank and ledger; 5 others lead to it; it has a \
         single replica"
    );
    assert_eq!(
        said("checkout", one(Some(3), 1)),
        "without checkout 3 others are not reached from any entry: bank, ledger and payment; 2 others lead to it; \
         only 1 of its 3 replicas is ready"
    );
    assert_eq!(
        points.summary(&shop),
        "the loss of each of 3 cuts others off, as far as calls within 24 h and configuration tell; seen from \
         frontend and web; no entry leads to 2 others"
    );
}

#[test]
fn without_a_way_in_those_whom_nobody_calls_stand_for_it() {
    let network = named(&[("a", "b", Some(1)), ("b", "c", Some(1))]);
    let points = network.single_points();
    assert!(points.is_guessed);
    assert_eq!(
        points.summary(&network),
        "the loss of each of 2 cuts others off, as far as calls within 24 h and configuration tell; no way in is \
         known, so it is seen from those whom nobody calls: a"
    );
}

#[test]
fn what_links_two_sides_is_a_point_though_it_cuts_nobody_off() {
    let mut network = named(&[("frontend", "queue", Some(1)), ("worker", "queue", Some(1))]);
    let at = place(&network, "worker");
    network.nodes[at].role = Role::Entry;
    let points = network.single_points();
    let [point] = points.points.as_slice() else {
        panic!("{points:?}")
    };
    assert_eq!(
        points.sentence(&network, point, None),
        "nothing but queue links its neighbours with each other; 2 others lead to it"
    );
}

#[test]
fn circles_are_told_apart() {
    let mut network = named(&[
        ("a", "b", Some(1)),
        ("b", "a", Some(1)),
        ("c", "d", Some(1)),
        ("d", "e", Some(1)),
        ("e", "c", None),
        ("f", "g", Some(1)),
        ("g", "f", Some(1)),
        ("g", "h", Some(1)),
        ("h", "f", Some(1)),
    ]);
    network.nodes[0].own = Some(called(4));
    let cycles = network.cycles();
    let said: Vec<String> = cycles.cycles.iter().map(|c| c.sentence(&network)).collect();
    assert_eq!(
        said,
        [
            "a and b call each other",
            "c, d and e call in a circle: c > d > e > c; some of these links are only declared",
            "f, g and h all lead to each other; a shortest circle: f > g > f; 1 pair of them calls each other \
             directly",
        ]
    );
    assert_eq!(
        cycles.summary(&network),
        "3 circles of calls among 8; a calls itself"
    );
    let network = named(&[("a", "b", Some(1))]);
    assert_eq!(
        network.cycles().summary(&network),
        "nobody calls in a circle, as far as calls within 24 h and configuration tell"
    );
}

#[test]
fn paths_are_counted_and_the_first_is_named() {
    let network = named(&[
        ("a", "b", Some(9)),
        ("a", "c", Some(5)),
        ("b", "d", Some(2)),
        ("c", "d", Some(5)),
        ("d", "e", None),
    ]);
    let said = |from, to, paths| {
        let most = Most {
            paths,
            ..Most::default()
        };
        let (from, to) = (place(&network, from), place(&network, to));
        network.paths(from, to, most).sentence
    };
    assert_eq!(
        said("a", "d", 8),
        "2 paths lead from a to d (2 links); the first is a > c > d"
    );
    assert_eq!(
        said("a", "e", 1),
        "the shortest of the paths from a to e (3 links); it is a > c > d > e (only declared)"
    );
    assert_eq!(said("a", "b", 8), "a calls b directly, and in no other way");
    assert_eq!(
        said("d", "e", 8),
        "d calls e directly (only declared), and in no other way"
    );
    assert_eq!(said("a", "a", 8), "a is both ends: choose two");
    let short = Most { paths: 8, hops: 2 };
    let (from, to) = (place(&network, "a"), place(&network, "e"));
    assert_eq!(
        network.paths(from, to, short).sentence,
        "a leads to e only in 3 links; paths of up to 2 were asked for"
    );
}

#[test]
fn names_are_as_short_as_tells_them_apart() {
    let part = |namespace: &str, kind: &str, name: &str| {
        Part::Element(ElementKey::Type(TypeKey::new(namespace, kind, name)))
    };
    let mut network = network(0, []);
    for part in [
        part("shop", "Deployment", "cart"),
        part("test", "Deployment", "cart"),
        part("shop", "Deployment", "db"),
        part("shop", "StatefulSet", "db"),
        part("shop", "Deployment", "web"),
        Part::Group(Group {
            namespace: "shop".into(),
            application: None,
        }),
        Part::Group(Group {
            namespace: "shop".into(),
            application: Some("web".into()),
        }),
        Part::Rest(key("only")),
    ] {
        let mut node = node("x");
        node.part = part;
        network.nodes.push(node);
    }
    let names = Names::of(&network);
    let names: Vec<&str> = (0..8).map(|at| names.get(at)).collect();
    assert_eq!(
        names,
        [
            "shop/cart",
            "test/cart",
            "shop/Deployment/db",
            "shop/StatefulSet/db",
            "web",
            "namespace shop",
            "application web",
            "the rest that only calls",
        ]
    );
}

#[test]
fn a_share_is_rounded_to_neither_nothing_nor_all() {
    for (most, words) in [(999, "over 99 %"), (1, "under 1 %")] {
        let links = [("a", "s", Some(most)), ("a", "z", Some(1_000 - most))];
        let sentence = impact(&named(&links), "s");
        assert!(
            sentence.contains(&format!("a ({words} of its calls)")),
            "{sentence}"
        );
    }
    let observed = Flow {
        recent: None,
        ..called(3)
    };
    let mut network = named(&[("a", "s", None)]);
    network.links[0].flow = observed;
    assert!(impact(&network, "s").contains("a (called earlier, not lately)"));
}
