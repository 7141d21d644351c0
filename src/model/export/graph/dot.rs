//! The network as DOT, the language of Graphviz.

use super::{Look, Options, by_group, group_name, headline, lines, link_words, names, node_lines};
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::model::query::network::{Network, Node, Part, Role};

/// What is red in a drawing: broken or failing.
const BAD: &str = "#c0392b";
/// What is on its way.
const CHANGING: &str = "#b7791f";
/// What nobody knows.
const UNKNOWN: &str = "#8e44ad";
/// What is only declared, or stopped.
const FAINT: &str = "#7f8c8d";

/// The network as a directed graph in DOT.
#[must_use]
pub fn text(network: &Network, options: &Options) -> String {
    let title = quoted(&[headline(network, options)]);
    let mut out = String::from("digraph portolan {\n");
    out.push_str("  rankdir=LR;\n");
    out.push_str(&format!("  label={title};\n  labelloc=t;\n"));
    out.push_str("  node [shape=box, fontname=\"sans-serif\"];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=10];\n");
    let names = names(network);
    let groups = by_group(network);
    if groups.keys().any(Option::is_some) {
        // Ranking group by group, Graphviz loses links that go back and forth between them.
        out.push_str("  newrank=true;\n");
    }
    for (number, (group, members)) in groups.into_iter().enumerate() {
        let indent = if let Some(group) = group {
            let label = quoted(&[group_name(group)]);
            out.push_str(&format!("  subgraph cluster_{number} {{\n"));
            out.push_str(&format!("    label={label};\n    style=rounded;\n"));
            "    "
        } else {
            "  "
        };
        for at in members {
            if let Some(node) = network.nodes.get(at) {
                out.push_str(&format!("{indent}n{at} [{}];\n", look(node, names.get(at))));
            }
        }
        if group.is_some() {
            out.push_str("  }\n");
        }
    }
    for line in lines(network) {
        let words = link_words(line.flow, options.telemetry);
        let mut attributes = Vec::new();
        if !words.is_empty() {
            attributes.push(format!("label={}", quoted(&[words])));
        }
        match Look::of(line.flow) {
            Look::Observed => {}
            Look::Declared => attributes.push(format!(
                "style=dashed, color=\"{FAINT}\", fontcolor=\"{FAINT}\""
            )),
            Look::Failing => {
                attributes.push(format!("color=\"{BAD}\", fontcolor=\"{BAD}\", penwidth=2"));
            }
        }
        let attributes = match attributes.as_slice() {
            [] => String::new(),
            some => format!(" [{}]", some.join(", ")),
        };
        out.push_str(&format!("  n{} -> n{}{attributes};\n", line.from, line.to));
    }
    out.push_str("}\n");
    out
}

/// The attributes of a node.
fn look(node: &Node, name: &str) -> String {
    let mut attributes = vec![format!("label={}", quoted(&node_lines(node, name)))];
    match (&node.part, node.role) {
        (Part::Group(_) | Part::Rest(_), _) => attributes.push("shape=folder".to_owned()),
        (Part::Element(ElementKey::Ingress { .. }), _) => attributes.push("shape=cds".to_owned()),
        (_, Role::Store) => attributes.push("shape=cylinder".to_owned()),
        _ => {}
    }
    let mut styles = Vec::new();
    if node.role == Role::Entry {
        styles.push("bold");
    }
    if matches!(node.part, Part::Element(ElementKey::External { .. })) {
        styles.push("dotted");
    }
    if !styles.is_empty() {
        attributes.push(format!("style=\"{}\"", styles.join(",")));
    }
    let colour = match node.health {
        Health::Ok => None,
        Health::Stopped => Some(FAINT),
        Health::Changing => Some(CHANGING),
        Health::Unknown => Some(UNKNOWN),
        Health::Broken => Some(BAD),
    };
    if let Some(colour) = colour {
        attributes.push(format!("color=\"{colour}\", fontcolor=\"{colour}\""));
    }
    attributes.join(", ")
}

/// Lines as one quoted label. Graphviz reads escape sequences and HTML's entities in labels, also in names.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push_str("\\n");
        }
        for c in line.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}
