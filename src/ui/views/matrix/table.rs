//! The table: who has a row and a column, in which order, and what flows between them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::astar;
use petgraph::graph::{DiGraph, NodeIndex};

use super::order::{self, Item};
use super::words;
use crate::model::element::{Element, Health};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::model::query::network::{
    Declaration, Flow, Grouping, Hidden, Network, Part, Role, Wish,
};
use crate::ui::Ctx;

/// One that has a row and a column.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) part: Part,
    /// As it is called among these; no two are called the same.
    pub(super) name: String,
    pub(super) health: Health,
    /// The cycle that it is part of.
    pub(super) cycle: Option<usize>,
    members: Vec<ElementKey>,
}

/// Everything that is drawn from; places are those of rows and columns alike.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) lines: Vec<Line>,
    /// What flows from row to column; on the diagonal, to itself or within a group.
    pub(super) flows: BTreeMap<(usize, usize), Flow>,
    pub(super) cycles: usize,
    pub(super) hidden: Hidden,
    places: BTreeMap<Part, usize>,
    /// What orders, and makes ways and cycles.
    links: BTreeSet<(usize, usize)>,
    graph: DiGraph<(), ()>,
}

/// What is asked of the model: everything that the person wants to see, in one place.
fn network(ctx: &Ctx<'_>) -> Network {
    let hiding = ctx.filter.hiding();
    let sides = [Side::Callers, Side::Callees];
    // One is understood by whom it is linked with: a row alone says nothing.
    let passes = |key: &ElementKey| {
        let mut near = sides
            .iter()
            .flat_map(|side| ctx.model.neighbours(key, *side));
        ctx.filter.picks(ctx.model, key)
            || hiding.picks(ctx.model, key) && near.any(|n| ctx.filter.picks(ctx.model, n.key))
    };
    let none = BTreeSet::new();
    let nobody = BTreeSet::new();
    ctx.model.network(&Wish {
        choice: ctx.choice,
        passes: &passes,
        grouping: Grouping::None,
        collapsed: &none,
        least_rate: None,
        only_failing: ctx.only_broken,
        unlinked: false,
        fan_out: None,
        unfolded: &nobody,
    })
}

impl Table {
    /// The table of what the person wants to see.
    pub(super) fn new(ctx: &Ctx<'_>) -> Self {
        Self::of(ctx, network(ctx))
    }

    /// The table of a network. Callees stand above their callers, so that calls stand below the diagonal and
    /// those that close a cycle above it.
    fn of(ctx: &Ctx<'_>, network: Network) -> Self {
        let items: Vec<Item<&Part, _>> = network
            .nodes
            .iter()
            .map(|node| Item {
                key: &node.part,
                group: node.group.as_ref(),
                is_store: node.role == Role::Store,
            })
            .collect();
        let flows = network.links.iter().map(|l| ((l.from, l.to), &l.flow));
        let order = order::partition(&items, &binding(&flows.collect()));
        let cycles = order.count();
        let mut place = vec![0; network.nodes.len()];
        for (at, node) in order.places.iter().rev().enumerate() {
            if let Some(place) = place.get_mut(*node) {
                *place = at;
            }
        }
        let at = |node: usize| place.get(node).copied();
        let mut flows = BTreeMap::new();
        for (node, own) in network.nodes.iter().zip(0..) {
            flows.extend(
                at(own)
                    .zip(node.own.clone())
                    .map(|(at, flow)| ((at, at), flow)),
            );
        }
        for link in network.links {
            flows.extend(at(link.from).zip(at(link.to)).map(|ends| (ends, link.flow)));
        }
        let mut lines: Vec<Line> = Vec::with_capacity(network.nodes.len());
        let mut nodes: Vec<Option<_>> = network.nodes.into_iter().map(Some).collect();
        for index in order.places.iter().rev() {
            let Some(node) = nodes.get_mut(*index).and_then(Option::take) else {
                continue;
            };
            lines.push(Line {
                name: words::name(ctx, &node.part, node.members.len()),
                health: node.health,
                cycle: order.cycles.get(*index).copied().flatten(),
                part: node.part,
                members: node.members,
            });
        }
        tell_apart(&mut lines);
        let links = binding(&flows.iter().map(|(ends, flow)| (*ends, flow)).collect());
        let links: BTreeSet<(usize, usize)> = links.into_iter().collect();
        Self {
            graph: order::graph(lines.len(), &links),
            links,
            places: lines.iter().map(|l| l.part.clone()).zip(0..).collect(),
            lines,
            flows,
            cycles,
            hidden: network.hidden,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where a part stands.
    pub(super) fn place(&self, part: &Part) -> Option<usize> {
        self.places.get(part).copied()
    }

    /// What stands for an element: itself, or a group that it is in.
    pub(super) fn part_of(&self, key: &ElementKey) -> Part {
        let own = Part::Element(key.clone());
        if self.places.contains_key(&own) {
            return own;
        }
        let mut lines = self.lines.iter();
        let within = lines.find(|l| l.members.binary_search(key).is_ok());
        within.map_or(own, |line| line.part.clone())
    }

    /// What a row calls, by column.
    pub(super) fn row(&self, row: usize) -> impl DoubleEndedIterator<Item = (usize, &Flow)> {
        let cells = self.flows.range((row, 0)..=(row, usize::MAX));
        cells.map(|((_, column), flow)| (*column, flow))
    }

    /// Whether a call goes against the order, which it does only to close a cycle.
    pub(super) fn leads_back(&self, row: usize, column: usize) -> bool {
        row < column && self.in_cycle(row, column)
    }

    /// Whether a call is part of a cycle.
    pub(super) fn in_cycle(&self, row: usize, column: usize) -> bool {
        let cycle = |at: usize| self.lines.get(at).and_then(|l| l.cycle);
        self.links.contains(&(row, column)) && cycle(row).is_some() && cycle(row) == cycle(column)
    }

    /// The shortest way along links from one to another, both included.
    pub(super) fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        if from >= self.len() || to >= self.len() {
            return None;
        }
        let to = NodeIndex::new(to);
        let found = astar(
            &self.graph,
            NodeIndex::new(from),
            |at| at == to,
            |_| 1,
            |_| 0,
        );
        let (_, nodes) = found?;
        Some(nodes.into_iter().map(NodeIndex::index).collect())
    }

    /// The cell that is looked at first: what fails most, else what is busiest; in one row, where one is given.
    pub(super) fn foremost(&self, row: Option<usize>) -> Option<(usize, usize)> {
        let rows = row.map_or((0, usize::MAX), |row| (row, row));
        let cells = self.flows.range((rows.0, 0)..=(rows.1, usize::MAX));
        let best = cells.max_by_key(|(at, flow)| {
            let seen = (flow.failing, flow.calls(), flow.observed, flow.declared);
            (seen, std::cmp::Reverse(**at))
        });
        best.map(|(at, _)| *at)
    }
}

/// The links that one depends by: no permissions, and nothing that is declared against what is observed (who
/// takes messages is configured with the broker, which calls it).
fn binding(flows: &BTreeMap<(usize, usize), &Flow>) -> Vec<(usize, usize)> {
    let is_observed = |ends: &(usize, usize)| flows.get(ends).is_some_and(|flow| flow.observed);
    let binds = |(from, to): &(usize, usize)| {
        let declared = flows.get(&(*from, *to)).map(|flow| flow.declared);
        let is_declared = declared == Some(Declaration::Declared) && !is_observed(&(*to, *from));
        from != to && (is_observed(&(*from, *to)) || is_declared)
    };
    flows.keys().filter(|ends| binds(ends)).copied().collect()
}

/// Names that occur twice get their namespace.
fn tell_apart(lines: &mut [Line]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.iter() {
        *times.entry(line.name.clone()).or_default() += 1;
    }
    for line in lines {
        let Part::Element(key) = &line.part else {
            continue;
        };
        if times.get(&line.name).is_some_and(|n| *n > 1)
            && let Some(namespace) = key.namespace()
        {
            let kind = words::kind(key);
            let kind = if kind.is_empty() {
                String::new()
            } else {
                format!(" {kind}")
            };
            let name = line.name.rsplit('/').next().unwrap_or_default();
            line.name = format!("{namespace}/{name}{kind}");
        }
    }
}

/// What has a row for an element: its type for a component or a Service; nothing for machines and namespaces.
pub(super) fn standing_for(ctx: &Ctx<'_>, key: &ElementKey) -> Option<ElementKey> {
    match ctx.model.get(key) {
        Some(Element::Component(_) | Element::Service(_)) => {
            let of = ctx.model.type_of(key).map(ElementKey::Type);
            Some(of.unwrap_or_else(|| key.clone()))
        }
        Some(Element::Type(_) | Element::External(_) | Element::Ingress(_)) | None => {
            Some(key.clone())
        }
        Some(_) => None,
    }
}
