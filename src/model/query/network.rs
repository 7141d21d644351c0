//! The network of who calls whom, as every picture, table and export of it needs it: chosen elements and groups,
//! links among them summed, and a count of whatever is left out. Nothing is left out without being counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;

use crate::model::Model;
use crate::model::element::{Call, ComponentType, Counts, Declared, Element, Health};
use crate::model::graph::Relation;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::links::Side;
use crate::model::text::Text;
use crate::model::trend::{Silence, Trend};
use crate::model::usage::Sort;

/// The label by which workloads of one application know each other.
const PART_OF: &str = "app.kubernetes.io/part-of";

/// By what elements are gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Grouping {
    /// Not at all.
    #[default]
    None,
    /// By application (`app.kubernetes.io/part-of`) within a namespace; those without one by namespace.
    Application,
    /// By namespace.
    Namespace,
}

/// A group of elements.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Its namespace.
    pub namespace: Text,
    /// Its application, where it is one.
    pub application: Option<Text>,
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// One element.
    Element(ElementKey),
    /// All of a group, as one.
    Group(Group),
    /// The least busy healthy ones of those that only this element calls, as one.
    Rest(ElementKey),
}

/// Where in a system an element stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Calls come in from outside here: a way in, or what one leads to.
    Entry,
    /// Neither.
    #[default]
    Inner,
    /// A database or a broker, which calls nobody.
    Store,
}

/// How a link is declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Declaration {
    /// Nowhere.
    #[default]
    Nowhere,
    /// Only a NetworkPolicy allows it.
    Allowed,
    /// Configuration names it.
    Declared,
}

/// All that flows along a link; of groups, along all the links together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// Counts of the short window; `None` where no short window was received or nothing was observed.
    pub recent: Option<Counts>,
    /// Counts of the long window.
    pub long: Option<Counts>,
    /// The duration in µs that 95 % of sampled calls did not exceed; of several links the greatest.
    pub p95_us: Option<u64>,
    /// Whether it was observed, within any window.
    pub observed: bool,
    /// How it is declared.
    pub declared: Declaration,
    /// How many links of elements it is.
    pub links: usize,
    /// How many of these fail so often that somebody should look.
    pub failing: usize,
    /// When the last of them was seen for the first time, by our wall clock; `None` where all were there when we came.
    pub arrived: Option<Timestamp>,
    /// For how long none of them was used; `None` while one is, and where nothing was observed.
    pub silence: Option<Silence>,
}

impl Flow {
    /// Calls per second over the short window; 0 where there are none, and where nothing is known.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.recent.map_or(0.0, |counts| counts.rate())
    }

    /// Calls of the short window, for sorting.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.recent.map_or(0, |counts| counts.calls)
    }

    fn add(&mut self, other: &Self) {
        let sum = |a: Option<Counts>, b: Option<Counts>| match (a, b) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
        self.recent = sum(self.recent, other.recent);
        self.long = sum(self.long, other.long);
        self.p95_us = self.p95_us.max(other.p95_us);
        self.silence = match (self.observed, other.observed) {
            (true, true) => self.silence.zip(other.silence).map(|(a, b)| a.min(b)),
            (true, false) => self.silence,
            (false, _) => other.silence,
        };
        self.arrived = self.arrived.max(other.arrived);
        self.observed |= other.observed;
        self.declared = self.declared.max(other.declared);
        self.links += other.links;
        self.failing += other.failing;
    }
}

/// A node of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it stands for.
    pub part: Part,
    /// Where in the system it stands; of a group the first one's.
    pub role: Role,
    /// The group that it belongs to, where elements are grouped.
    pub group: Option<Group>,
    /// The worst of what it stands for.
    pub health: Health,
    /// The elements that it stands for, sorted.
    pub members: Vec<ElementKey>,
    /// Calls to itself, or within it.
    pub own: Option<Flow>,
}

/// A directed link between two different nodes; one at most for each direction of each pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The caller's place among the nodes.
    pub from: usize,
    /// The callee's place among the nodes.
    pub to: usize,
    /// What flows.
    pub flow: Flow,
}

/// What is left out, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Elements that there are, shown or not.
    pub elements: usize,
    /// Elements that are shown, alone or within a group.
    pub shown: usize,
    /// Elements that the expression leaves out.
    pub filtered: usize,
    /// Broken ones among these.
    pub broken: usize,
    /// Healthy elements without any link that is shown.
    pub unlinked: usize,
    /// Links that there are among elements that pass the expression.
    pub links: usize,
    /// Links below the least rate that was asked for.
    pub slow: usize,
    /// Links that do not fail, where only failing ones were asked for.
    pub fine: usize,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// The namespaces.
    pub choice: &'a NamespaceChoice,
    /// Which elements pass.
    pub passes: &'a dyn Fn(&ElementKey) -> bool,
    /// By what they are gathered.
    pub grouping: Grouping,
    /// Groups that are shown as one node.
    pub collapsed: &'a BTreeSet<Group>,
    /// Calls per second over the short window that a link needs to be shown; failing ones always are.
    pub least_rate: Option<f64>,
    /// Only links that fail, and what is broken.
    pub only_failing: bool,
    /// Also healthy elements without links.
    pub unlinked: bool,
    /// From how many leaves of one caller on the rest of them is one node; `None` for never.
    pub fan_out: Option<usize>,
    /// Callers whose leaves are all shown nevertheless.
    pub unfolded: &'a BTreeSet<ElementKey>,
}

/// The network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Nodes, in the order of what they stand for.
    pub nodes: Vec<Node>,
    /// Links, in the order of their ends.
    pub links: Vec<Link>,
    /// What is left out.
    pub hidden: Hidden,
}

impl Network {
    /// The node that stands for a part.
    #[must_use]
    pub fn place(&self, part: &Part) -> Option<usize> {
        self.nodes.binary_search_by(|n| n.part.cmp(part)).ok()
    }

    /// The same with some of its nodes only, and the links among them. What is left out counts as filtered out.
    #[must_use]
    pub fn only(&self, nodes: &BTreeSet<usize>) -> Self {
        let places: BTreeMap<usize, usize> = nodes
            .iter()
            .filter(|at| **at < self.nodes.len())
            .enumerate()
            .map(|(place, at)| (*at, place))
            .collect();
        let links = self.links.iter().filter_map(|link| {
            let (from, to) = (*places.get(&link.from)?, *places.get(&link.to)?);
            let flow = link.flow.clone();
            Some(Link { from, to, flow })
        });
        let mut hidden = self.hidden;
        let left_out = (0..).zip(&self.nodes);
        for (_, node) in left_out.filter(|(at, _)| !places.contains_key(at)) {
            let members = node.members.len();
            hidden.shown = hidden.shown.saturating_sub(members);
            hidden.filtered += members;
            // Of a group only its worst is known here.
            hidden.broken += usize::from(node.health.is_bad());
        }
        Self {
            nodes: places
                .keys()
                .filter_map(|at| self.nodes.get(*at).cloned())
                .collect(),
            links: links.collect(),
            hidden,
        }
    }

    /// Elements within nodes that stand for several, and how many such nodes there are.
    #[must_use]
    pub fn gathered(&self) -> (usize, usize) {
        let nodes = self.nodes.iter();
        let several = nodes.filter(|n| !matches!(n.part, Part::Element(_)));
        several.fold((0, 0), |(all, count), node| {
            (all + node.members.len(), count + 1)
        })
    }

    /// The node that an element is, or is within.
    #[must_use]
    pub fn place_of(&self, key: &ElementKey) -> Option<usize> {
        self.place(&Part::Element(key.clone())).or_else(|| {
            let mut nodes = self.nodes.iter();
            nodes.position(|n| n.members.binary_search(key).is_ok())
        })
    }
}

impl Model {
    /// The network of who calls whom.
    #[must_use]
    pub fn network(&self, wish: &Wish<'_>) -> Network {
        let mut hidden = Hidden::default();
        let mut shown = self.passing(wish, &mut hidden);
        let mut flows = self.flows(&shown);
        hidden.links = flows.len();
        flows.retain(|_, flow| {
            let fails = flow.failing > 0;
            if wish.only_failing && !fails {
                hidden.fine += 1;
                return false;
            }
            let slow = wish.least_rate.is_some_and(|least| flow.rate() < least);
            if slow && !fails {
                hidden.slow += 1;
                return false;
            }
            true
        });
        let linked: BTreeSet<&ElementKey> =
            flows.keys().flat_map(|(from, to)| [from, to]).collect();
        shown.retain(|key, element| {
            let stays = wish.unlinked || linked.contains(key) || element.health().is_bad();
            hidden.unlinked += usize::from(!stays);
            stays
        });
        hidden.shown = shown.len();
        let parts = Self::parts(wish, &shown, &flows);
        let mut nodes = nodes(self, wish, &shown, &parts);
        let links = links(&mut nodes, &parts, flows);
        Network {
            nodes,
            links,
            hidden,
        }
    }

    /// What flows from one element to another; `None` where nothing is known to.
    #[must_use]
    pub fn flow(&self, from: &ElementKey, to: &ElementKey) -> Option<Flow> {
        let mut flow = Flow::default();
        for key in [
            ElementKey::call(from.clone(), to.clone()),
            ElementKey::declared(from.clone(), to.clone()),
        ] {
            if let Some(element) = self.graph.get(&key) {
                self.fill(&mut flow, &key, element);
            }
        }
        (flow.links > 0).then_some(flow)
    }

    /// Everything that may call or be called, and passes.
    fn passing(&self, wish: &Wish<'_>, hidden: &mut Hidden) -> BTreeMap<ElementKey, &Element> {
        let mut found = BTreeMap::new();
        for (key, element) in self.graph.elements() {
            let belongs = match &**element {
                Element::Type(_) | Element::Ingress(_) => true,
                // Those with somebody behind them are told by whom they lead to.
                Element::Service(_) | Element::External(_) => self.has_links(key),
                _ => false,
            };
            let chosen = key.namespace().is_none_or(|ns| wish.choice.covers(ns));
            if !belongs || !chosen {
                continue;
            }
            hidden.elements += 1;
            if (wish.passes)(key) {
                found.insert(key.clone(), &**element);
            } else {
                hidden.filtered += 1;
                hidden.broken += usize::from(element.health().is_bad());
            }
        }
        found
    }

    fn has_links(&self, key: &ElementKey) -> bool {
        [Side::Callers, Side::Callees].into_iter().any(|side| {
            self.calls(key, side).next().is_some() || self.declared(key, side).next().is_some()
        })
    }

    /// All links among elements, those of an element with itself included.
    fn flows(
        &self,
        among: &BTreeMap<ElementKey, &Element>,
    ) -> BTreeMap<(ElementKey, ElementKey), Flow> {
        let mut flows: BTreeMap<(ElementKey, ElementKey), Flow> = BTreeMap::new();
        // Hashed once instead of compared with each link.
        let among: HashSet<&ElementKey> = among.keys().collect();
        for (key, element) in self.graph.links() {
            let Some((from, to)) = key.ends() else {
                continue;
            };
            if !among.contains(from) || !among.contains(to) {
                continue;
            }
            let flow = flows.entry((from.clone(), to.clone())).or_default();
            self.fill(flow, key, element);
        }
        flows
    }

    /// Adds what a call or a declared link says of the link that they are.
    fn fill(&self, flow: &mut Flow, key: &ElementKey, element: &Element) {
        match element {
            Element::Call(call) => self.count(flow, key, call),
            Element::Declared(declared) => flow.declared = declaration(declared),
            _ => return,
        }
        flow.links = 1;
    }

    fn count(&self, flow: &mut Flow, key: &ElementKey, call: &Call) {
        flow.observed = true;
        flow.recent = call.recent;
        flow.long = call.long;
        flow.p95_us = self.interfaces().p95_us(key);
        flow.failing = usize::from(call.recent.is_some_and(Counts::are_failing));
        let trend = self.trend(key);
        flow.arrived = trend.and_then(Trend::arrived);
        // Where there is no memory, as in a model that was read from a file, the window alone says so.
        let window = || {
            let counts = call.recent.filter(|counts| counts.calls == 0)?;
            let minutes = usize::try_from(counts.window_ms / 60_000).ok()?.max(1);
            Some(Silence {
                minutes,
                or_longer: true,
            })
        };
        flow.silence = match trend {
            Some(trend) => trend.silence(),
            None => window(),
        };
    }

    /// Which node each element belongs to.
    fn parts(
        wish: &Wish<'_>,
        shown: &BTreeMap<ElementKey, &Element>,
        flows: &BTreeMap<(ElementKey, ElementKey), Flow>,
    ) -> BTreeMap<ElementKey, Part> {
        let mut parts: BTreeMap<ElementKey, Part> = BTreeMap::new();
        for (key, element) in shown {
            let collapsed =
                group(wish.grouping, key, element).filter(|g| wish.collapsed.contains(g));
            let part = collapsed.map_or_else(|| Part::Element(key.clone()), Part::Group);
            parts.insert(key.clone(), part);
        }
        let Some(most) = wish.fan_out else {
            return parts;
        };
        for (caller, mut leaves) in leaves(shown, flows, &parts) {
            if leaves.len() <= most.max(1) || wish.unfolded.contains(&caller) {
                continue;
            }
            leaves.sort();
            for (.., key) in leaves.split_off(most.max(1) - 1) {
                parts.insert(key, Part::Rest(caller.clone()));
            }
        }
        parts
    }

    /// Where in the system an element stands.
    fn role(&self, key: &ElementKey) -> Role {
        if matches!(key, ElementKey::Ingress { .. }) {
            return Role::Entry;
        }
        let mut callers =
            self.graph
                .links_of(key, Relation::Declares, petgraph::Direction::Incoming);
        if callers.any(|e| matches!(&**e, Element::Declared(d) if matches!(d.caller, ElementKey::Ingress { .. }))) {
            return Role::Entry;
        }
        let calls_nobody = self.calls(key, Side::Callees).next().is_none();
        if calls_nobody && !matches!(self.interfaces().sort(key), Sort::Service) {
            return Role::Store;
        }
        Role::Inner
    }
}

/// Callees that one caller only calls and that call nobody, by this caller; those to be kept first.
type Leaves = BTreeMap<ElementKey, Vec<(bool, u64, ElementKey)>>;

fn leaves(
    shown: &BTreeMap<ElementKey, &Element>,
    flows: &BTreeMap<(ElementKey, ElementKey), Flow>,
    parts: &BTreeMap<ElementKey, Part>,
) -> Leaves {
    let mut degrees: BTreeMap<&ElementKey, usize> = BTreeMap::new();
    for (from, to) in flows.keys() {
        for end in [from, to] {
            *degrees.entry(end).or_default() += 1;
        }
    }
    let mut leaves = Leaves::new();
    for ((from, to), flow) in flows {
        let alone = |key: &ElementKey| matches!(parts.get(key), Some(Part::Element(_)));
        if degrees.get(to) == Some(&1) && alone(from) && alone(to) {
            let bad = flow.failing > 0 || shown.get(to).is_some_and(|e| e.health().is_bad());
            let of = leaves.entry(from.clone()).or_default();
            of.push((!bad, u64::MAX - flow.calls(), to.clone()));
        }
    }
    leaves
}

fn declaration(declared: &Declared) -> Declaration {
    if declared.is_only_allowed() {
        Declaration::Allowed
    } else {
        Declaration::Declared
    }
}

/// The group of an element; what is outside has none.
fn group(grouping: Grouping, key: &ElementKey, element: &Element) -> Option<Group> {
    let application = |ty: &ComponentType| ty.labels.get(PART_OF).cloned();
    let namespace = key.namespace().cloned()?;
    match (grouping, element) {
        (Grouping::None, _) => None,
        (Grouping::Application, Element::Type(ty)) => Some(Group {
            namespace,
            application: application(ty),
        }),
        _ => Some(Group {
            namespace,
            application: None,
        }),
    }
}

fn nodes(
    model: &Model,
    wish: &Wish<'_>,
    shown: &BTreeMap<ElementKey, &Element>,
    parts: &BTreeMap<ElementKey, Part>,
) -> Vec<Node> {
    let mut nodes: BTreeMap<&Part, Node> = BTreeMap::new();
    for (key, part) in parts {
        let Some(element) = shown.get(key) else {
            continue;
        };
        let role = model.role(key);
        let node = nodes.entry(part).or_insert_with(|| Node {
            part: part.clone(),
            role,
            group: group(wish.grouping, key, element),
            health: Health::Ok,
            members: Vec::new(),
            own: None,
        });
        node.role = node.role.min(role);
        node.health = node.health.max(element.health());
        node.members.push(key.clone());
    }
    nodes.into_values().collect()
}

/// Sums links between nodes; those within a node are its own.
fn links(
    nodes: &mut [Node],
    parts: &BTreeMap<ElementKey, Part>,
    flows: BTreeMap<(ElementKey, ElementKey), Flow>,
) -> Vec<Link> {
    let mut sums: BTreeMap<(usize, usize), Flow> = BTreeMap::new();
    let place = |key: &ElementKey| {
        let part = parts.get(key)?;
        nodes.binary_search_by(|n| n.part.cmp(part)).ok()
    };
    for ((from, to), flow) in flows {
        if let Some(ends) = place(&from).zip(place(&to)) {
            sums.entry(ends).or_default().add(&flow);
        }
    }
    let mut links = Vec::with_capacity(sums.len());
    for ((from, to), flow) in sums {
        if from != to {
            links.push(Link { from, to, flow });
        } else if let Some(node) = nodes.get_mut(from) {
            node.own = Some(flow);
        }
    }
    links
}
