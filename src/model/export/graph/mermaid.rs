//! The network as a Mermaid flowchart, which wikis and code hosts draw in their pages.

use super::{Look, Options, by_group, group_name, headline, lines, link_words, names, node_lines};
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::model::query::network::{Network, Node, Part, Role};

/// Links from which on Mermaid refuses to draw, unless the page that shows it allows more (`maxEdges`).
pub const EDGE_LIMIT: usize = 500;
/// Characters from which on Mermaid refuses to draw, unless the page that shows it allows more (`maxTextSize`).
pub const TEXT_LIMIT: usize = 50_000;

/// The classes of nodes that are not well.
const CLASSES: [(Health, &str); 4] = [
    (
        Health::Stopped,
        "stroke:#7f8c8d,color:#7f8c8d,stroke-dasharray:4 2",
    ),
    (Health::Changing, "stroke:#b7791f,color:#b7791f"),
    (Health::Unknown, "stroke:#8e44ad,color:#8e44ad"),
    (
        Health::Broken,
        "stroke:#c0392b,color:#c0392b,stroke-width:2px",
    ),
];

/// The network as a flowchart.
#[must_use]
pub fn text(network: &Network, options: &Options) -> String {
    let mut out = String::from("flowchart LR\n");
    // No comment, which may not hold everything, and no title in front matter, which is YAML.
    out.push_str(&format!(
        "  accTitle: {}\n",
        plain(&headline(network, options))
    ));
    let names = names(network);
    for (number, (group, members)) in by_group(network).into_iter().enumerate() {
        let indent = if let Some(group) = group {
            let label = quoted(&[group_name(group)]);
            out.push_str(&format!("  subgraph g{number}[{label}]\n"));
            "    "
        } else {
            "  "
        };
        for at in members {
            if let Some(node) = network.nodes.get(at) {
                let (open, close) = shape(node);
                let label = quoted(&node_lines(node, names.get(at)));
                out.push_str(&format!("{indent}n{at}{open}{label}{close}\n"));
            }
        }
        if group.is_some() {
            out.push_str("  end\n");
        }
    }
    let lines = lines(network);
    let mut failing = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let arrow = match Look::of(line.flow) {
            Look::Observed => "-->",
            Look::Declared => "-.->",
            Look::Failing => {
                failing.push(number.to_string());
                "==>"
            }
        };
        let words = link_words(line.flow, options.telemetry);
        let label = if words.is_empty() {
            String::new()
        } else {
            format!("|{}|", quoted(&[words]))
        };
        out.push_str(&format!("  n{} {arrow}{label} n{}\n", line.from, line.to));
    }
    if !failing.is_empty() {
        let failing = failing.join(",");
        out.push_str(&format!(
            "  linkStyle {failing} stroke:#c0392b,color:#c0392b\n"
        ));
    }
    for (health, look) in CLASSES {
        let so = network.nodes.iter().enumerate();
        let so = so.filter(|(_, node)| node.health == health);
        let so: Vec<String> = so.map(|(at, _)| format!("n{at}")).collect();
        if !so.is_empty() {
            let word = health.word();
            out.push_str(&format!("  classDef {word} {look}\n"));
            out.push_str(&format!("  class {} {word}\n", so.join(",")));
        }
    }
    out
}

/// Why a page may refuse to draw it, and what to do; `None` where it will not.
#[must_use]
pub fn too_much(network: &Network, text: &str) -> Option<String> {
    let links = lines(network).len();
    let (count, what) = if links > EDGE_LIMIT {
        (links, format!("{EDGE_LIMIT} links (maxEdges)"))
    } else if text.len() > TEXT_LIMIT {
        (text.len(), format!("{TEXT_LIMIT} characters (maxTextSize)"))
    } else {
        return None;
    };
    Some(format!(
        "it has {count}, and Mermaid draws at most {what} unless the page allows more: narrow it with --focus or -n, \
         or take --format dot or svg"
    ))
}

/// What stands around a node's label.
const fn shape(node: &Node) -> (&'static str, &'static str) {
    match (&node.part, node.role) {
        (Part::Group(_) | Part::Rest(_), _) => ("[[", "]]"),
        (_, Role::Store) => ("[(", ")]"),
        (Part::Element(ElementKey::External { .. }), _) => ("{{", "}}"),
        (_, Role::Entry) => ("([", "])"),
        _ => ("[", "]"),
    }
}

/// Lines as one quoted label. Whatever means something to Mermaid, to Markdown or to HTML is written as the number
/// of its character, so it is easier to say what is not.
fn quoted(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| coded(line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn coded(line: &str) -> String {
    let mut out = String::new();
    for c in line.chars() {
        if c.is_alphanumeric() || " .,-/:!~?%…·".contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
    out
}

/// A line outside of quotes, where no character can be written by its number.
fn plain(line: &str) -> String {
    let is_plain = |c: &char| c.is_alphanumeric() || " .,-/:()".contains(*c);
    line.chars().filter(is_plain).collect()
}
