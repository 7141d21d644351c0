//! Whatever things are called: each text is read back by a strict reader of its language, and says the same.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use jiff::Timestamp;
use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::model::key::TypeKey;
use crate::model::observation::Way;
use crate::model::query::network::{Link, Role};

/// A link as it was read back: its ends, its words, and how it looks.
type Drawn = (usize, usize, String, Look);

/// What was read back: the label of each node with its group's, and all links.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    nodes: BTreeMap<usize, (String, Option<String>)>,
    links: Vec<Drawn>,
}

/// What should be read back.
fn wanted(network: &Network, options: &Options) -> Picture {
    let names = names(network);
    let nodes = network.nodes.iter().enumerate().map(|(at, node)| {
        let alone = matches!(node.part, Part::Group(_));
        let group = node.group.as_ref().filter(|_| !alone).map(group_name);
        (at, (node_lines(node, names.get(at)).join("\n"), group))
    });
    let links = lines(network).into_iter().map(|line| {
        let words = link_words(line.flow, options.telemetry);
        (line.from, line.to, words, Look::of(line.flow))
    });
    Picture {
        nodes: nodes.collect(),
        links: links.collect(),
    }
}

fn rest(chars: &mut Peekable<Chars<'_>>, until: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    while let Some(c) = chars.next_if(|c| !until(*c)) {
        out.push(c);
    }
    out
}

/// The tokens of DOT: words, quoted texts as Graphviz shows them, and signs.
fn tokens(text: &str) -> Vec<(bool, String)> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '"' => {
                let mut raw = String::new();
                loop {
                    match chars.next().expect("a quoted text ends") {
                        '"' => break,
                        '\\' => match chars.next().expect("an escape has a letter") {
                            'n' => raw.push('\n'),
                            c @ ('"' | '\\') => raw.push(c),
                            other => panic!("escape {other:?}"),
                        },
                        '\n' => panic!("a line ends within quotes"),
                        c => raw.push(c),
                    }
                }
                assert!(!raw.replace("&amp;", "").contains('&'), "an entity: {raw}");
                tokens.push((true, raw.replace("&amp;", "&")));
            }
            '-' => {
                assert_eq!(chars.next(), Some('>'));
                tokens.push((false, "->".to_owned()));
            }
            '{' | '}' | '[' | ']' | ';' | '=' | ',' => tokens.push((false, c.to_string())),
            c if c.is_ascii_alphanumeric() => {
                let word = rest(&mut chars, |c| !(c.is_ascii_alphanumeric() || c == '_'));
                tokens.push((false, format!("{c}{word}")));
            }
            other => panic!("sign {other:?}"),
        }
    }
    tokens
}

/// `n12`.
fn place(word: &str) -> Option<usize> {
    word.strip_prefix('n')?.parse().ok()
}

fn read_dot(text: &str) -> Picture {
    let tokens = tokens(text);
    let head: Vec<&str> = tokens.iter().take(3).map(|(_, t)| t.as_str()).collect();
    assert_eq!(head, ["digraph", "portolan", "{"]);
    let mut picture = Picture::default();
    // Its name comes within it.
    let mut group: Option<String> = None;
    let mut statement: Vec<(bool, String)> = Vec::new();
    let mut depth = 1;
    for token in tokens.into_iter().skip(3) {
        match (token.0, token.1.as_str()) {
            (false, "{") => {
                let [(_, word), _] = statement.as_slice() else {
                    panic!("{statement:?}")
                };
                assert_eq!(word, "subgraph");
                statement.clear();
                group = Some(String::new());
                depth += 1;
            }
            (false, "}") => {
                assert!(statement.is_empty());
                group = None;
                depth -= 1;
            }
            (false, ";") => {
                said(&std::mem::take(&mut statement), &mut group, &mut picture);
            }
            _ => statement.push(token),
        }
    }
    assert_eq!(depth, 0);
    picture
}

/// One statement of DOT.
fn said(statement: &[(bool, String)], group: &mut Option<String>, picture: &mut Picture) {
    let words: Vec<&str> = statement.iter().map(|(_, t)| t.as_str()).collect();
    let attribute = |name: &str| {
        let at = words.windows(2).position(|w| w == [name, "="])?;
        words.get(at + 2).map(ToString::to_string)
    };
    match words.as_slice() {
        ["label", "=", label] => {
            if let Some(group) = group {
                (*label).clone_into(group);
            }
        }
        [from, "->", to, ..] => {
            let ends = place(from).zip(place(to)).expect("ends");
            let look = match (attribute("style").as_deref(), attribute("penwidth")) {
                (Some("dashed"), _) => Look::Declared,
                (_, Some(_)) => Look::Failing,
                _ => Look::Observed,
            };
            let words = attribute("label").unwrap_or_default();
            picture.links.push((ends.0, ends.1, words, look));
        }
        [node, "[", ..] if place(node).is_some() => {
            let at = place(node).expect("a node");
            let label = attribute("label").expect("a label");
            let group = group.clone();
            assert!(picture.nodes.insert(at, (label, group)).is_none());
        }
        _ => {}
    }
}

/// A label of Mermaid as it is shown.
fn decoded(label: &str) -> String {
    let lines = label.split("<br/>").map(|line| {
        let code = Regex::new("#([0-9]+);").expect("a pattern");
        let plain = code.replace_all(line, "");
        let bad = plain
            .chars()
            .find(|c| "\"`<>&#;|[]{}()\\*_$@^=+'".contains(*c));
        assert_eq!(bad, None, "{label}");
        code.replace_all(line, |found: &regex::Captures<'_>| {
            let number = found.get(1).and_then(|n| n.as_str().parse().ok());
            number
                .and_then(char::from_u32)
                .expect("a character")
                .to_string()
        })
        .into_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn read_mermaid(text: &str) -> Picture {
    let pattern = |of: &str| Regex::new(of).expect("a pattern");
    let node = pattern(r#"^ +n(\d+)[\[({]+"([^"]*)"[\])}]+$"#);
    let link = pattern(r#"^  n(\d+) (-->|-\.->|==>)(?:\|"([^"]*)"\|)? n(\d+)$"#);
    let start = pattern(r#"^  subgraph g\d+\["([^"]*)"\]$"#);
    let other = pattern(
        r"^(flowchart LR|  accTitle: [^\n]*|  linkStyle [\d,]+ \S+|  class(Def)? \S+ [^\n]+)$",
    );
    let mut picture = Picture::default();
    let mut group = None;
    let whole = |found: &regex::Captures<'_>, at: usize| {
        found.get(at).map_or("", |m| m.as_str()).to_owned()
    };
    let number = |raw: String| raw.parse::<usize>().expect("a number");
    for line in text.lines() {
        if let Some(found) = node.captures(line) {
            let label = decoded(&whole(&found, 2));
            let at = number(whole(&found, 1));
            assert!(picture.nodes.insert(at, (label, group.clone())).is_none());
        } else if let Some(found) = link.captures(line) {
            let look = match whole(&found, 2).as_str() {
                "-->" => Look::Observed,
                "==>" => Look::Failing,
                _ => Look::Declared,
            };
            let ends = (number(whole(&found, 1)), number(whole(&found, 4)));
            let words = decoded(&whole(&found, 3));
            picture.links.push((ends.0, ends.1, words, look));
        } else if let Some(found) = start.captures(line) {
            group = Some(decoded(&whole(&found, 1)));
        } else if line == "  end" {
            group = None;
        } else {
            assert!(other.is_match(line), "{line:?}");
        }
    }
    picture
}

/// Names as nobody should give them.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[a-z]{1,8}",
        1 => Just("end".to_owned()),
        1 => Just("\\".to_owned()),
        1 => Just("\"];\n}\n//".to_owned()),
        1 => Just("n0 --> n1".to_owned()),
        1 => Just("👩‍💻 été 日本\u{202e}".to_owned()),
        1 => Just("\\N \\G &lt;b&gt; #35; %%{init}".to_owned()),
        1 => Just("x".repeat(1_000)),
        3 => r#"[\\"'`\n\r\t{}\[\]()<>|;#&$%*_=+~^@!?:/.,\-\x1b ]{0,12}"#,
        3 => "\\PC{0,12}",
        1 => any::<String>(),
    ]
}

fn part() -> impl Strategy<Value = (Part, Option<Group>)> {
    (
        name(),
        name(),
        0u8..6,
        prop::option::of(name()),
        any::<bool>(),
    )
        .prop_map(|(namespace, name, sort, application, grouped)| {
            let (namespace, name) = (text::Text::from(namespace), text::Text::from(name));
            let ty = ElementKey::Type(TypeKey::new(&namespace, "Rollout.argoproj.io", &name));
            let group = Group {
                namespace: namespace.clone(),
                application: application.map(Into::into),
            };
            let part = match sort {
                0 => Part::Element(ElementKey::service(&namespace, &name)),
                1 => Part::Element(ElementKey::way(&namespace, &name, Way::HttpRoute)),
                2 => Part::Element(ElementKey::External { name }),
                3 => Part::Group(group.clone()),
                4 => Part::Rest(ty),
                _ => Part::Element(ty),
            };
            (part, grouped.then_some(group))
        })
}

fn flow() -> impl Strategy<Value = Flow> {
    let counts = prop::option::of((0u64..100_000, 0u64..100_000));
    let p95 = prop::option::of(0u64..100_000_000);
    (counts, p95, any::<bool>(), 1usize..4, 0usize..3).prop_map(
        |(counts, p95_us, observed, links, failing)| Flow {
            recent: counts.map(|(calls, errors)| Counts {
                calls,
                errors: errors.min(calls),
                window_ms: 60_000,
                ends: Timestamp::UNIX_EPOCH,
            }),
            p95_us,
            observed,
            declared: if observed {
                Declaration::Nowhere
            } else {
                Declaration::Allowed
            },
            links,
            failing: if observed { failing.min(links) } else { 0 },
            ..Flow::default()
        },
    )
}

fn any_network() -> impl Strategy<Value = Network> {
    const HEALTH: [Health; 5] = [
        Health::Ok,
        Health::Stopped,
        Health::Changing,
        Health::Unknown,
        Health::Broken,
    ];
    const ROLES: [Role; 3] = [Role::Entry, Role::Inner, Role::Store];
    let node = (part(), 0usize..5, 0usize..3, prop::option::of(flow()));
    let nodes = prop::collection::vec(node, 0..8);
    let links = prop::collection::btree_map((0usize..8, 0usize..8), flow(), 0..12);
    (nodes, links).prop_map(|(nodes, links)| {
        let nodes: Vec<Node> = nodes
            .into_iter()
            .map(|((part, group), health, role, own)| Node {
                members: vec![ElementKey::tenant(&"t".into())],
                health: HEALTH[health],
                role: ROLES[role],
                part,
                group,
                own,
            })
            .collect();
        let there = |at: usize| at < nodes.len();
        let links = links.into_iter();
        let links = links.filter(|((from, to), _)| from != to && there(*from) && there(*to));
        Network {
            links: links
                .map(|((from, to), flow)| Link { from, to, flow })
                .collect(),
            nodes,
            hidden: Hidden::default(),
        }
    })
}

/// As one language cannot do without: a line of two words is no other line.
fn harmless(text: &str) {
    for line in text.lines() {
        let bad = line.chars().find(|c| text::is_hostile(*c));
        assert_eq!(bad, None, "{line:?}");
    }
}

proptest! {
    /// Every node once, in its group and with its words; every link once, from its caller to its callee, with its look.
    #[test]
    fn dot_says_what_the_network_is(network in any_network(), title in name(), telemetry in any::<bool>()) {
        let options = Options { title, telemetry };
        let text = dot::text(&network, &options);
        harmless(&text);
        prop_assert_eq!(read_dot(&text), wanted(&network, &options));
    }

    #[test]
    fn mermaid_says_what_the_network_is(network in any_network(), title in name(), telemetry in any::<bool>()) {
        let options = Options { title, telemetry };
        let text = mermaid::text(&network, &options);
        harmless(&text);
        prop_assert_eq!(read_mermaid(&text), wanted(&network, &options));
    }

    #[test]
    fn lines_are_bounded(network in any_network()) {
        for (label, group) in wanted(&network, &Options::default()).nodes.into_values() {
            let lines = label.lines().chain(group.as_deref());
            for line in lines {
                prop_assert!(line.chars().count() <= LINE_LIMIT, "{}", line);
            }
        }
    }
}

fn service(name: &str) -> Node {
    let key = ElementKey::Type(TypeKey::new("shop", "Deployment", name));
    Node {
        part: Part::Element(key.clone()),
        role: Role::Inner,
        group: None,
        health: Health::Ok,
        members: vec![key],
        own: None,
    }
}

fn small() -> Network {
    let counts = |calls, errors| {
        Some(Counts {
            calls,
            errors,
            window_ms: 60_000,
            ends: Timestamp::UNIX_EPOCH,
        })
    };
    let called = |recent| Flow {
        recent,
        observed: true,
        links: 1,
        ..Flow::default()
    };
    let mut nodes = vec![
        service("cart"),
        service("db"),
        service("mailer"),
        service("web"),
    ];
    nodes[0].own = Some(called(counts(6, 0)));
    nodes[1].role = Role::Store;
    nodes[2].health = Health::Broken;
    nodes[3].role = Role::Entry;
    let failing = Flow {
        failing: 1,
        p95_us: Some(910_000),
        ..called(counts(600, 60))
    };
    let declared = Flow {
        declared: Declaration::Declared,
        links: 1,
        ..Flow::default()
    };
    let link = |from, to, flow| Link { from, to, flow };
    Network {
        nodes,
        links: vec![
            link(0, 1, called(counts(744, 0))),
            link(0, 2, failing),
            link(3, 0, called(None)),
            link(3, 2, declared),
        ],
        hidden: Hidden {
            elements: 6,
            shown: 4,
            unlinked: 2,
            ..Hidden::default()
        },
    }
}

fn options(telemetry: bool) -> Options {
    Options {
        title: "prod: shop".to_owned(),
        telemetry,
    }
}

#[test]
fn a_small_one_in_dot() {
    insta::assert_snapshot!(dot::text(&small(), &options(true)));
}

#[test]
fn a_small_one_in_mermaid() {
    insta::assert_snapshot!(mermaid::text(&small(), &options(true)));
}

#[test]
fn rates_are_said_only_where_they_are_asked_for() {
    for text in [
        dot::text(&small(), &options(false)),
        mermaid::text(&small(), &options(false)),
    ] {
        assert!(!text.contains("/s") && !text.contains('%'), "{text}");
        assert!(text.contains("! failing"), "{text}");
    }
}

#[test]
fn what_mermaid_refuses_is_told_before_it_does() {
    let mut network = small();
    let text = mermaid::text(&network, &options(false));
    assert_eq!(mermaid::too_much(&network, &text), None);
    let first = network.links[0].clone();
    network.links = vec![first; mermaid::EDGE_LIMIT];
    let why = mermaid::too_much(&network, &text).expect("one more with the self call");
    assert!(why.contains("501") && why.contains("--focus"), "{why}");
}

/// Where groups are drawn, and only there, the ranks of Graphviz are those of all: it loses links otherwise.
#[test]
fn groups_of_dot_are_ranked_together() {
    let mut network = small();
    let says_so = |network: &Network| dot::text(network, &options(false)).contains("newrank=true");
    assert!(!says_so(&network));
    network.nodes[0].group = Some(Group {
        namespace: "shop".into(),
        application: None,
    });
    assert!(says_so(&network));
}
