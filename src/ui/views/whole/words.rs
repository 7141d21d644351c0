//! The words of the whole picture: in boxes, on lines, in the title and below.

use std::collections::BTreeMap;

use super::picture::Picture;
use crate::model::element::{Counts, Element};
use crate::model::key::ElementKey;
use crate::model::query::analysis::words::Names;
use crate::model::query::links::Side;
use crate::model::query::network::{
    Declaration, Flow, Group, Grouping, Hidden, Network, Node, Part,
};
use crate::ui::views::age::Age;
use crate::ui::views::graph::words as focus;
use crate::ui::{Ctx, format};

/// Widest box.
pub(super) const WIDEST: usize = 34;
/// Widest box on paper: for the longest name that there is, with its namespace, in the widest characters.
pub(super) const WIDEST_ON_PAPER: usize = 1_024;
/// Cells of a line's label: `12.4/s  1.1%!`.
pub(super) const LABEL: usize = 13;

/// What the boxes are called: with the namespace where others have the same name and no frame tells them apart.
pub(super) fn labels(ctx: &Ctx<'_>, network: &Network) -> Vec<String> {
    let plain = network.nodes.iter().map(|node| name(ctx, &node.part));
    let mut labels: Vec<String> = plain.collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for label in &labels {
        *counts.entry(label.clone()).or_default() += 1;
    }
    for (label, node) in labels.iter_mut().zip(&network.nodes) {
        let group = node.group.as_ref();
        let is_told = group.is_some_and(|group| group.application.is_none());
        if let Part::Element(key) = &node.part
            && let Some(namespace) = key.namespace()
            && ctx.choice.covers(namespace)
            && !is_told
            && counts.get(label).is_some_and(|count| *count > 1)
        {
            *label = format!("{namespace}/{label}");
        }
    }
    labels
}

/// Sign and name of a box, with what it is besides.
pub(super) fn left(ctx: &Ctx<'_>, node: &Node, label: &str) -> String {
    let own = match (&node.part, &node.own) {
        (Part::Element(_), Some(_)) if focus::is_ascii(ctx.theme) => " (self)",
        (Part::Element(_), Some(_)) => " ↻",
        _ => "",
    };
    format!("{} {label}{own}", node.health.sign())
}

/// What a part is called.
pub(super) fn name(ctx: &Ctx<'_>, part: &Part) -> String {
    match part {
        Part::Element(key) => {
            let kind = focus::kind(key);
            let blank = if kind.is_empty() { "" } else { " " };
            format!("{}{blank}{kind}", focus::name(ctx, key))
        }
        Part::Group(group) => {
            let closed = ctx.theme.glyphs.closed;
            match &group.application {
                Some(application) => format!("{closed}{application}"),
                None => format!("{closed}{}", group.namespace),
            }
        }
        Part::Rest(_) => "more".to_owned(),
    }
}

/// What stands in the border of a group's frame.
pub(super) fn frame(group: &Group) -> String {
    match &group.application {
        Some(application) => format!(" {application} "),
        None => format!(" {} ", group.namespace),
    }
}

/// What stands at the right end of a box.
pub(super) fn state(ctx: &Ctx<'_>, node: &Node) -> String {
    match &node.part {
        Part::Element(key) => {
            let [_, short] = focus::state(ctx, key);
            short
        }
        Part::Group(_) => node.members.len().to_string(),
        Part::Rest(_) => format!("+{}", node.members.len()),
    }
}

/// What flows into a node from other ones that are shown: `12.4/s 1.1% 22ms`.
pub(super) fn inbound(ctx: &Ctx<'_>, network: &Network, at: usize) -> String {
    let node = network.nodes.get(at).map(|n| &n.part);
    let counts = if let Some(Part::Element(key)) = node {
        ctx.model.traffic(key, Side::Callers)
    } else {
        let flows = network.links.iter().filter(|l| l.to == at);
        flows.filter_map(|l| l.flow.recent).reduce(Counts::plus)
    };
    let p95 = match node {
        Some(Part::Element(key)) => {
            let latency = ctx
                .model
                .interfaces()
                .inbound(key)
                .map(|tally| &tally.latency);
            latency.and_then(|l| l.at(0.95))
        }
        _ => None,
    };
    match counts {
        None => format::NONE.to_owned(),
        Some(c) if c.calls == 0 => "0/s".to_owned(),
        counts => {
            let fails = if counts.is_some_and(Counts::are_failing) {
                "!"
            } else {
                ""
            };
            let p95 = p95.map_or(String::new(), |us| format!(" {}", format::took(Some(us))));
            format!(
                "{}/s {}%{fails}{p95}",
                format::rate(counts),
                format::errors(counts)
            )
        }
    }
}

/// The components of a node, a line each.
pub(super) fn components(ctx: &Ctx<'_>, node: &Node) -> Vec<String> {
    let Part::Element(ElementKey::Type(key)) = &node.part else {
        return Vec::new();
    };
    let components = ctx.model.components_of(key);
    let line = |c: &&crate::model::element::Component| format!("{} {}", c.health.sign(), c.name);
    components.iter().map(line).collect()
}

/// The label of a line: `12.4/s  1.1%!`, `0/s 12m`.
pub(super) fn label(flow: &Flow, ctx: &Ctx<'_>) -> String {
    if !flow.observed {
        return unused(flow).to_owned();
    }
    let rate = format::rate(flow.recent);
    match flow.recent.map(|c| c.calls) {
        None => format!("{rate:>4}"),
        Some(0) => match Age::of(flow, ctx.now) {
            Age::Silent(silence) => format!("{rate:>4}/s {:>4}m", silence.minutes),
            _ => format!("{rate:>4}/s"),
        },
        Some(_) => {
            let fails = if flow.failing > 0 { "!" } else { "" };
            format!("{rate:>4}/s {:>4}%{fails}", format::errors(flow.recent))
        }
    }
}

const fn unused(flow: &Flow) -> &'static str {
    match flow.declared {
        Declaration::Allowed => "allowed",
        _ => "declared",
    }
}

/// One link in a sentence: `checkout calls payment: 12.4/s, 1.1 % errors, p95 22 ms, over 60 s; declared`.
pub(super) fn link(
    ctx: &Ctx<'_>,
    network: &Network,
    from: usize,
    to: usize,
    flow: &Flow,
) -> String {
    let names = Names::of(network);
    let arrow = ctx.theme.glyphs.arrow;
    let mut said = format!("{} {arrow} {}", names.get(from), names.get(to));
    if flow.links > 1 {
        said.push_str(&format!(" ({} links)", flow.links));
    }
    let dot = ctx.theme.glyphs.dot;
    if !flow.observed {
        return format!("{said} {dot} {}, not seen to be used", unused(flow));
    }
    let age = Age::of(flow, ctx.now);
    match flow.recent {
        None => said.push_str(&format!(" {dot} no rate yet")),
        Some(counts) if counts.calls == 0 => {
            let window = format::window(counts.window_ms);
            let silent = age.words();
            let silent = silent.unwrap_or_else(|| format!("silent for {window}"));
            said.push_str(&format!(" {dot} {silent}"));
        }
        recent @ Some(counts) => {
            let window = format::window(counts.window_ms);
            let (rate, errors) = (format::rate(recent), format::errors(recent));
            said.push_str(&format!(" {dot} {rate}/s, {errors} % errors over {window}"));
        }
    }
    if let Some(us) = flow.p95_us {
        said.push_str(&format!(", p95 {}", format::took(Some(us))));
    }
    if flow.failing > 0 {
        said.push_str(&format!(" {dot} fails"));
    }
    if let Some(new) = age.words().filter(|_| age.is_new()) {
        said.push_str(&format!(" {dot} {new}"));
    }
    said.push_str(&match flow.declared {
        Declaration::Nowhere => format!(" {dot} not declared"),
        Declaration::Allowed => format!(" {dot} only allowed by a NetworkPolicy"),
        Declaration::Declared => String::new(),
    });
    said
}

/// Who is selected: name, state, why, kind.
pub(super) fn about(ctx: &Ctx<'_>, network: &Network, at: usize) -> String {
    let Some(node) = network.nodes.get(at) else {
        return String::new();
    };
    let dot = format!(" {} ", ctx.theme.glyphs.dot);
    let names = Names::of(network);
    let mut parts = vec![names.get(at).to_owned()];
    match &node.part {
        Part::Element(key) => {
            let state = state(ctx, node);
            if !state.is_empty() {
                parts.push(state);
            }
            if let Some(element) = ctx.model.get(key) {
                let why = format::reason(element.reason());
                match (element.health().is_bad(), why.as_str()) {
                    (false, "") => {}
                    (true, "") => parts.push(element.health().word().to_owned()),
                    (_, why) => parts.push(why.to_owned()),
                }
            }
            if let Some(Element::Ingress(way)) = ctx.model.get(key)
                && !way.hosts.is_empty()
            {
                parts.push(format!("a way in: {}", way.hosts.join(", ")));
            }
        }
        Part::Group(_) => parts.push(format!("{} inside, enter opens it", node.members.len())),
        Part::Rest(_) => {
            parts.push(format!(
                "{} that nobody else calls, enter shows them",
                node.members.len()
            ));
        }
    }
    let count = |of: fn(&crate::model::query::network::Link) -> usize| {
        network.links.iter().filter(|l| of(l) == at).count()
    };
    parts.push(format!(
        "{}, {}",
        many(count(|l| l.to), "caller"),
        many(count(|l| l.from), "callee")
    ));
    if let Some(own) = &node.own {
        let word = if matches!(node.part, Part::Element(_)) {
            "calls itself"
        } else {
            "calls within"
        };
        parts.push(format!("{word} {}", label(own, ctx).trim()));
    }
    parts.join(&dot)
}

/// How many boxes are out of sight, on which side: `←3 →5 ↓2`; `None` where all are in sight.
pub(super) fn beyond(
    ctx: &Ctx<'_>,
    picture: &Picture,
    scroll: (usize, usize),
    size: (usize, usize),
) -> Option<String> {
    let (right, bottom) = (scroll.0 + size.0, scroll.1 + size.1);
    let mut sides = [0_usize; 4];
    for cells in &picture.scene.boxes {
        let beyond = [
            cells.x < scroll.0,
            cells.x + cells.width > right,
            cells.y < scroll.1,
            cells.y + cells.height > bottom,
        ];
        // One that is beyond two sides is counted once.
        if let Some(count) = beyond
            .iter()
            .position(|is_so| *is_so)
            .and_then(|side| sides.get_mut(side))
        {
            *count += 1;
        }
    }
    let signs = if focus::is_ascii(ctx.theme) {
        ["<", ">", "^", "v"]
    } else {
        ["←", "→", "↑", "↓"]
    };
    let parts = signs.iter().zip(sides).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(sign, count)| format!("{sign}{count}"))
        .collect();
    (!parts.is_empty()).then(|| format!("out of sight {}", parts.join(" ")))
}

/// Why something is not in the picture, as far as that is known here.
pub(super) fn missing(ctx: &Ctx<'_>, part: &Part) -> String {
    let name = name(ctx, part);
    let is_gone = matches!(part, Part::Element(key) if ctx.model.get(key).is_none());
    if is_gone {
        format!("{name} is gone")
    } else {
        format!("{name} is not in the picture: it has no links (U shows such ones), or is hidden")
    }
}

/// `18 of 20 shown: 2 without links`.
pub(super) fn hidden(hidden: &Hidden) -> String {
    let mut why = Vec::new();
    let broken = match hidden.broken {
        0 => String::new(),
        n => format!(" ({n} broken)"),
    };
    for (count, word) in [
        (hidden.filtered, format!("filtered out{broken}")),
        (hidden.unlinked, "without links".to_owned()),
    ] {
        if count > 0 {
            why.push(format!("{} {word}", grouped(count)));
        }
    }
    let mut text = if hidden.shown == hidden.elements {
        format!("all {} shown", grouped(hidden.elements))
    } else {
        let (shown, all) = (grouped(hidden.shown), grouped(hidden.elements));
        format!("{shown} of {all} shown: {}", why.join(", "))
    };
    for (count, word) in [
        (hidden.slow, "below the least rate"),
        (hidden.fine, "do not fail"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} links {word}", grouped(count)));
        }
    }
    text
}

fn grouped(number: usize) -> String {
    crate::ui::views::graph::grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

/// `1 caller`, `2 callers`.
fn many(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {word}{s}")
}

/// How elements are gathered.
pub(super) const fn grouping(grouping: Grouping) -> Option<&'static str> {
    match grouping {
        Grouping::None => None,
        Grouping::Application => Some("by application"),
        Grouping::Namespace => Some("by namespace"),
    }
}
