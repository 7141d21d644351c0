//! The network of who calls whom, in the languages of other programs that draw.
//!
//! Each of them draws as it likes; what is handed over is whole: every node and every link, and how many there
//! are that are not among them. The same network is the same text, whatever came when.

pub mod dot;
pub mod mermaid;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::element::{Counts, Health};
use crate::model::key::ElementKey;
use crate::model::query::analysis::Names;
use crate::model::query::network::{Declaration, Flow, Group, Hidden, Network, Node, Part};
use crate::model::text;

/// Longest line of a label, in characters: a name that Kubernetes allows, with its namespace, is cut only where
/// nobody would read it to its end.
pub const LINE_LIMIT: usize = 120;

/// What a drawing says besides the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What the drawing is of.
    pub title: String,
    /// Also rates, errors and durations, which change by the second.
    pub telemetry: bool,
}

/// How a link looks: its colour and its dashes say what its words say, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// Calls were observed.
    Observed,
    /// Only declared.
    Declared,
    /// So many calls fail that somebody should look.
    Failing,
}

impl Look {
    fn of(flow: &Flow) -> Self {
        if flow.failing > 0 {
            Self::Failing
        } else if flow.observed {
            Self::Observed
        } else {
            Self::Declared
        }
    }
}

/// A link between two nodes, or of one with itself.
struct Line<'a> {
    from: usize,
    to: usize,
    flow: &'a Flow,
}

/// All links in the order of their ends, those of nodes with themselves among them.
fn lines(network: &Network) -> Vec<Line<'_>> {
    let between = network.links.iter().map(|link| Line {
        from: link.from,
        to: link.to,
        flow: &link.flow,
    });
    let own = (0..).zip(&network.nodes);
    let own = own.filter_map(|(at, node)| {
        let flow = node.own.as_ref()?;
        Some(Line {
            from: at,
            to: at,
            flow,
        })
    });
    let mut lines: Vec<Line<'_>> = between.chain(own).collect();
    lines.sort_by_key(|line| (line.from, line.to));
    lines
}

/// The nodes by their groups; those without one, and groups that are one node, stand alone.
fn by_group(network: &Network) -> BTreeMap<Option<&Group>, Vec<usize>> {
    let mut groups: BTreeMap<Option<&Group>, Vec<usize>> = BTreeMap::new();
    for (at, node) in network.nodes.iter().enumerate() {
        let group = match &node.part {
            Part::Group(_) => None,
            _ => node.group.as_ref(),
        };
        groups.entry(group).or_default().push(at);
    }
    groups
}

/// What a group is called.
fn group_name(group: &Group) -> String {
    let name = match &group.application {
        Some(application) => format!("{}/{application}", group.namespace),
        None => group.namespace.to_string(),
    };
    bounded(&name)
}

/// The lines in a node's box: its sign and its name; what it is; how it is, where that is not well.
fn node_lines(node: &Node, name: &str) -> Vec<String> {
    let sign = match node.health {
        Health::Ok => String::new(),
        bad => format!("{} ", bad.sign()),
    };
    let mut lines = vec![bounded(&format!("{sign}{name}"))];
    match &node.part {
        Part::Element(ElementKey::Type(key)) => {
            lines.push(bounded(&format!(
                "{} in {}",
                key.short_kind(),
                key.namespace
            )));
        }
        Part::Element(ElementKey::Service { namespace, .. }) => {
            lines.push(bounded(&format!("Service in {namespace}")));
        }
        Part::Element(ElementKey::Ingress { namespace, way, .. }) => {
            lines.push(bounded(&format!("{} in {namespace}", way.kind().name())));
        }
        Part::Element(ElementKey::External { .. }) => lines.push("outside".to_owned()),
        Part::Element(_) => {}
        Part::Group(_) | Part::Rest(_) => {
            let count = node.members.len();
            lines.push(format!("{count} element{}", plural(count)));
        }
    }
    if node.health != Health::Ok {
        lines.push(node.health.word().to_owned());
    }
    lines
}

/// What is said along a link; empty where there is nothing to say. Whether what is declared is used cannot be told
/// from the network alone, so nothing is claimed.
fn link_words(flow: &Flow, telemetry: bool) -> String {
    let mut words = Vec::new();
    if flow.failing > 0 {
        words.push(match flow.links {
            1 => "! failing".to_owned(),
            all => format!("! {} of {all} failing", flow.failing),
        });
    }
    if !flow.observed {
        words.push(
            match flow.declared {
                Declaration::Allowed => "allowed",
                Declaration::Declared | Declaration::Nowhere => "declared",
            }
            .to_owned(),
        );
    } else if telemetry {
        words.push(traffic(flow.recent));
        words.extend(flow.p95_us.map(|us| format!("p95 {}", took(us))));
    }
    words.join(", ")
}

/// `12.4/s, 1.1 % errors`; without a window, that there is no data.
fn traffic(counts: Option<Counts>) -> String {
    let Some(counts) = counts else {
        return "no data".to_owned();
    };
    let rate = counts.rate();
    let mut words = match rate {
        rate if rate >= 99.95 => format!("{rate:.0}/s"),
        rate if rate >= 0.095 || counts.calls == 0 => format!("{rate:.1}/s"),
        rate if rate >= 0.005 => format!("{rate:.2}/s"),
        _ => "under 0.01/s".to_owned(),
    };
    if counts.errors > 0
        && let Some(percent) = counts.error_percent()
    {
        words.push_str(&format!(", {percent:.1} % errors"));
    }
    words
}

/// A duration in µs.
fn took(us: u64) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a duration is shown with three digits"
    )]
    let ms = us as f64 / 1000.0;
    match ms {
        ms if ms >= 9_950.0 => format!("{:.0} s", ms / 1000.0),
        ms if ms >= 999.5 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 9.95 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}

/// How much of everything is shown, and why the rest is not, in one line.
#[must_use]
pub fn shown(hidden: &Hidden) -> String {
    let Hidden {
        elements, shown, ..
    } = *hidden;
    let mut words = if shown == elements {
        format!("all {shown} element{}", plural(shown))
    } else {
        format!("{shown} of {elements} elements")
    };
    let lacks = [
        (hidden.filtered, "not asked for"),
        (hidden.unlinked, "without links"),
        (hidden.slow, "links below the least rate"),
        (hidden.fine, "links that do not fail"),
    ];
    for (count, why) in lacks.into_iter().filter(|(count, _)| *count > 0) {
        words.push_str(&format!(", {count} {why}"));
    }
    if hidden.broken > 0 {
        words.push_str(&format!(" (broken of these: {})", hidden.broken));
    }
    words
}

/// The same of a network, with how much of it is drawn as one with others.
#[must_use]
pub fn told(network: &Network) -> String {
    let words = shown(&network.hidden);
    match network.gathered() {
        (_, 0) => words,
        (all, 1) => format!("{words}; {all} of them drawn as one"),
        (all, boxes) => format!("{words}; {all} of them drawn as {boxes}"),
    }
}

/// The line over a drawing.
fn headline(network: &Network, options: &Options) -> String {
    let mut words = bounded(&options.title);
    if !words.is_empty() {
        words.push_str(": ");
    }
    words.push_str(&told(network));
    let links = lines(network).into_iter();
    let windows = links.filter_map(|line| Some(line.flow.recent?.window_ms));
    if let Some(ms) = windows.max().filter(|_| options.telemetry) {
        words.push_str(&format!(", rates over {} s", ms.div_ceil(1_000)));
    }
    words
}

/// Most characters of a drawing in sentences.
const WORDS_LIMIT: usize = 4_000;

/// Who calls whom in sentences, for those who do not see the drawing: bounded, and what is left out is counted.
#[must_use]
pub fn words(network: &Network) -> String {
    let names = names(network);
    let mut callees: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in lines(network) {
        let name = match line.to {
            to if to == line.from => "itself".to_owned(),
            to => bounded(names.get(to)),
        };
        let words = link_words(line.flow, false);
        let name = if words.is_empty() {
            name
        } else {
            format!("{name} ({words})")
        };
        callees.entry(line.from).or_default().push(name);
    }
    let mut out = told(network) + ".";
    let count = callees.len();
    for (said, (from, callees)) in callees.into_iter().enumerate() {
        let sentence = format!(
            " {} calls {}.",
            bounded(names.get(from)),
            callees.join(", ")
        );
        if out.chars().count() + sentence.chars().count() > WORDS_LIMIT {
            out.push_str(&format!(" And {} more that call.", count - said));
            break;
        }
        out.push_str(&sentence);
    }
    out
}

/// The names of all nodes, as short as tells them apart.
fn names(network: &Network) -> Names {
    Names::of(network)
}

/// A line of a label, harmless and cut.
fn bounded(line: &str) -> String {
    text::clean(line, LINE_LIMIT).to_string()
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
