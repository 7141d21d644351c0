//! What the picture of a whole system shows: the network as it was laid out, with the numbers of now.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::element::{Element, Health};
use crate::model::key::ElementKey;
use crate::model::query::analysis::Most;
use crate::model::query::network::{Group, Grouping, Network, Node, Part, Role, Wish};
use crate::ui::filter::Filter;
use crate::ui::graph::Edge;
use crate::ui::graph::layered::{self, End, Place, Scene, Task};
use crate::ui::views::graph::passes;
use crate::ui::{Ctx, format};

use super::words;

/// How much is said of each box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zoom {
    /// Names.
    Names,
    /// And states.
    #[default]
    States,
    /// And rates, errors and durations, also on lines.
    Rates,
    /// And components.
    Components,
}

impl Zoom {
    /// The next one; after the last the first.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Names => Self::States,
            Self::States => Self::Rates,
            Self::Rates => Self::Components,
            Self::Components => Self::Names,
        }
    }

    /// What a person reads.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::States => "states",
            Self::Rates => "rates",
            Self::Components => "components",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) zoom: Zoom,
    pub(super) grouping: Grouping,
    pub(super) collapsed: BTreeSet<Group>,
    pub(super) unfolded: BTreeSet<ElementKey>,
    pub(super) least_rate: Option<f64>,
    /// The expression whose elements are left out; one that was read before.
    pub(super) hide: String,
    pub(super) unlinked: bool,
    /// Only what lies on the ways from one to the other.
    pub(super) path: Option<(ElementKey, ElementKey)>,
    /// Whether it is for a file, which has room: nothing is folded, and no name is cut.
    pub(super) paper: bool,
}

/// From so many leaves of one caller on the least busy ones are one box.
const FAN_OUT: usize = 12;
/// Ways between two that are shown.
const WAYS: Most = Most { paths: 8, hops: 12 };

/// The network that is asked for, and what is to be said of it.
pub(super) fn network(ctx: &Ctx<'_>, settings: &Settings) -> (Network, Option<String>) {
    let hide = Filter::parse(&settings.hide).unwrap_or_default();
    let passes = |key: &ElementKey| {
        let hidden = !hide.is_empty()
            && match ctx.model.get(key) {
                Some(Element::Type(e)) => hide.passes_type(ctx.model, e),
                Some(e) => hide.passes_other(ctx.model, key, &e.name()),
                None => false,
            };
        passes(ctx, key) && !hidden
    };
    let network = ctx.model.network(&Wish {
        choice: ctx.choice,
        passes: &passes,
        grouping: settings.grouping,
        collapsed: &settings.collapsed,
        least_rate: settings.least_rate,
        only_failing: ctx.only_broken,
        unlinked: settings.unlinked,
        fan_out: (!settings.paper).then_some(FAN_OUT),
        unfolded: &settings.unfolded,
    });
    let Some((from, to)) = &settings.path else {
        return (network, None);
    };
    let ends = network.place_of(from).zip(network.place_of(to));
    let Some((from, to)) = ends else {
        let sentence = "one of both ends is not shown: it is hidden, filtered out or gone";
        return (network.only(&BTreeSet::new()), Some(sentence.to_owned()));
    };
    let paths = network.paths(from, to, WAYS);
    let mut nodes: BTreeSet<usize> = paths.paths.iter().flat_map(|p| p.nodes.clone()).collect();
    nodes.extend([from, to]);
    (network.only(&nodes), Some(paths.sentence))
}

/// Numbers for nodes and groups that stay theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks {
    parts: BTreeMap<Part, u32>,
    groups: BTreeMap<Group, u32>,
}

impl Ranks {
    fn part(&mut self, part: &Part) -> u32 {
        let next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        *self.parts.entry(part.clone()).or_insert(next)
    }

    fn group(&mut self, group: &Group) -> u32 {
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        *self.groups.entry(group.clone()).or_insert(next)
    }

    /// The group of a number.
    pub(super) fn name(&self, rank: u32) -> Option<&Group> {
        self.groups
            .iter()
            .find(|(_, r)| **r == rank)
            .map(|(g, _)| g)
    }
}

/// A network and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) network: Network,
    /// What each box is called.
    pub(super) labels: Vec<String>,
    pub(super) edges: Vec<Edge>,
    pub(super) sizes: Vec<layered::Node>,
    pub(super) scene: Scene,
}

impl Picture {
    /// Where each part stood, for the next one.
    fn places(&self) -> BTreeMap<&Part, Place> {
        let parts = self.network.nodes.iter().map(|n| &n.part);
        parts.zip(self.scene.places.iter().copied()).collect()
    }
}

/// The task that lays a network out.
pub(super) fn task(
    ctx: &Ctx<'_>,
    network: &Network,
    settings: &Settings,
    ranks: &mut Ranks,
    before: Option<&Picture>,
    (id, rows): (u64, usize),
) -> Task {
    let places = before.map(Picture::places).unwrap_or_default();
    let labels = words::labels(ctx, network);
    let nodes = network.nodes.iter().zip(&labels).map(|(node, label)| {
        let (width, height) = size(ctx, node, label, settings);
        layered::Node {
            rank: ranks.part(&node.part),
            width,
            height,
            end: match node.role {
                Role::Entry => End::First,
                Role::Inner => End::Free,
                Role::Store => End::Last,
            },
            group: match (&node.group, &node.part) {
                // A group that is one box needs no frame.
                (Some(_), Part::Group(_)) | (None, _) => None,
                (Some(group), _) => Some(ranks.group(group)),
            },
            before: places.get(&node.part).copied(),
        }
    });
    let edges = network.links.iter().map(|link| Edge {
        from: link.from,
        to: link.to,
    });
    let mut task = Task::new(id);
    task.nodes = nodes.collect();
    task.edges = edges.collect();
    if settings.zoom >= Zoom::Rates {
        task.label = words::LABEL;
    }
    task.rows = rows;
    task.memory = before.map(|p| p.scene.memory.clone());
    task
}

/// Components that are named in one box.
pub(super) const COMPONENTS: usize = 4;

fn size(ctx: &Ctx<'_>, node: &Node, label: &str, settings: &Settings) -> (usize, usize) {
    let zoom = settings.zoom;
    let widest = if settings.paper {
        words::WIDEST_ON_PAPER
    } else {
        words::WIDEST
    };
    let title = format::width(&words::left(ctx, node, label)) + 2;
    let state = match zoom {
        Zoom::Names => 0,
        // Numbers change in place: room for one digit more.
        _ => format::width(&words::state(ctx, node)).max(5) + 1,
    };
    let components = match zoom {
        Zoom::Components => words::components(ctx, node),
        _ => Vec::new(),
    };
    // Indented below the name, between the sides.
    let below = components
        .iter()
        .take(COMPONENTS)
        .map(|c| format::width(c) + 4);
    // A frame is as wide as its boxes, and its name stands in it.
    let frame = match &node.group {
        Some(group) if settings.paper => format::width(&words::frame(group)),
        _ => 0,
    };
    let width = (title + state)
        .max(below.max().unwrap_or(0))
        .max(frame)
        .clamp(6, widest);
    let height = match zoom {
        Zoom::Names | Zoom::States => 1,
        Zoom::Rates => 2,
        Zoom::Components => 2 + components.len().min(COMPONENTS + 1),
    };
    (width, height)
}

/// The worst of a network's parts, else the busiest: where a cursor begins.
pub(super) fn first(network: &Network) -> Option<&Part> {
    let mut calls: BTreeMap<usize, u64> = BTreeMap::new();
    for link in &network.links {
        *calls.entry(link.from).or_default() += link.flow.calls();
        *calls.entry(link.to).or_default() += link.flow.calls();
    }
    let nodes = network.nodes.iter().enumerate();
    let best = nodes.max_by_key(|(at, node)| {
        let bad = if node.health.is_bad() {
            node.health
        } else {
            Health::Ok
        };
        (
            bad,
            calls.get(at).copied().unwrap_or(0),
            std::cmp::Reverse(*at),
        )
    });
    best.map(|(_, node)| &node.part)
}
