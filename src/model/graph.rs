//! The graph: the only mutable petgraph, and its index.
//!
//! A `NodeIndex` never leaves this file, because a stable graph reuses freed ones. Writing is for
//! [`super::apply`] alone; everybody else reads.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::stable_graph::{EdgeIndex, NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

use super::element::Element;
use super::key::{ElementKey, TypeKey};
use super::text::Text;

/// How two elements are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// A type, Service or Ingress is in a tenant.
    In,
    /// A component is an instance of a type.
    InstanceOf,
    /// A component runs on a machine.
    On,
    /// A Service leads to a type.
    LeadsTo,
    /// Calls were observed.
    Calls,
    /// Configuration names the other.
    Declares,
}

#[derive(Clone, Debug)]
struct Edge {
    relation: Relation,
    /// The link's own element, for calls and declared links.
    element: Option<Arc<Element>>,
}

/// A sort of element. Keys are ordered by their sort first, so the elements of one are found without looking
/// at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Tenants, by name.
    Tenants,
    /// Component types, by namespace, kind and name.
    Types,
    /// Components, by uid.
    Components,
    /// Services, by namespace and name.
    Services,
    /// Ingresses, by namespace and name.
    Ingresses,
    /// Machines, by name.
    Nodes,
    /// What telemetry names and the cluster has not, by name.
    Externals,
}

impl Sort {
    /// The first key that there could be.
    fn first(self) -> ElementKey {
        let none = Text::from("");
        match self {
            Self::Tenants => ElementKey::tenant(&none),
            Self::Types => ElementKey::Type(TypeKey::new("", "", "")),
            Self::Components => ElementKey::component(&none),
            Self::Services => ElementKey::service(&none, &none),
            Self::Ingresses => ElementKey::ingress(&none, &none),
            Self::Nodes => ElementKey::node(&none),
            Self::Externals => ElementKey::External { name: none },
        }
    }

    /// What comes after it in the order of the keys.
    const fn next(self) -> Option<Self> {
        match self {
            Self::Tenants => Some(Self::Types),
            Self::Types => Some(Self::Components),
            Self::Components => Some(Self::Services),
            Self::Services => Some(Self::Ingresses),
            Self::Ingresses => Some(Self::Nodes),
            Self::Nodes => Some(Self::Externals),
            Self::Externals => None,
        }
    }
}

/// All elements and their relations.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    inner: StableDiGraph<Arc<Element>, Edge>,
    nodes: BTreeMap<ElementKey, NodeIndex>,
    links: BTreeMap<ElementKey, EdgeIndex>,
}

impl Graph {
    /// The element of a key, links included.
    #[must_use]
    pub fn get(&self, key: &ElementKey) -> Option<&Arc<Element>> {
        match self.nodes.get(key) {
            Some(node) => self.inner.node_weight(*node),
            None => self
                .links
                .get(key)
                .and_then(|edge| self.inner.edge_weight(*edge)?.element.as_ref()),
        }
    }

    /// All elements in the order of their keys, links last.
    pub fn elements(&self) -> impl Iterator<Item = (&ElementKey, &Arc<Element>)> {
        let nodes = self
            .nodes
            .iter()
            .filter_map(|(key, node)| Some((key, self.inner.node_weight(*node)?)));
        nodes.chain(self.links())
    }

    /// The elements of one sort in the order of their keys.
    pub fn of(&self, sort: Sort) -> impl Iterator<Item = &Arc<Element>> {
        let end = sort
            .next()
            .map_or(Bound::Unbounded, |next| Bound::Excluded(next.first()));
        self.nodes
            .range((Bound::Included(sort.first()), end))
            .filter_map(|(_, node)| self.inner.node_weight(*node))
    }

    /// Calls and declared links in the order of their keys.
    pub fn links(&self) -> impl Iterator<Item = (&ElementKey, &Arc<Element>)> {
        self.links
            .iter()
            .filter_map(|(key, edge)| Some((key, self.inner.edge_weight(*edge)?.element.as_ref()?)))
    }

    /// How many elements there are, links included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() + self.links.len()
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        self.inner.node_count() + self.inner.edge_count() + self.nodes.len() + self.links.len()
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The elements that `key` points to by `relation`.
    pub fn targets<'a>(
        &'a self,
        key: &ElementKey,
        relation: Relation,
    ) -> impl Iterator<Item = &'a Arc<Element>> {
        self.neighbours(key, relation, Direction::Outgoing)
    }

    /// The elements that point to `key` by `relation`.
    pub fn origins<'a>(
        &'a self,
        key: &ElementKey,
        relation: Relation,
    ) -> impl Iterator<Item = &'a Arc<Element>> {
        self.neighbours(key, relation, Direction::Incoming)
    }

    /// The link elements (calls or declared links) that leave or reach `key`.
    pub fn links_of<'a>(
        &'a self,
        key: &ElementKey,
        relation: Relation,
        direction: Direction,
    ) -> impl Iterator<Item = &'a Arc<Element>> {
        self.edges(key, relation, direction)
            .filter_map(|(edge, _)| edge.element.as_ref())
    }

    fn neighbours<'a>(
        &'a self,
        key: &ElementKey,
        relation: Relation,
        direction: Direction,
    ) -> impl Iterator<Item = &'a Arc<Element>> {
        self.edges(key, relation, direction)
            .filter_map(|(_, other)| self.inner.node_weight(other))
    }

    fn edges<'a>(
        &'a self,
        key: &ElementKey,
        relation: Relation,
        direction: Direction,
    ) -> impl Iterator<Item = (&'a Edge, NodeIndex)> {
        self.nodes
            .get(key)
            .into_iter()
            .flat_map(move |node| self.inner.edges_directed(*node, direction))
            .filter(move |edge| edge.weight().relation == relation)
            .map(move |edge| {
                let other = match direction {
                    Direction::Outgoing => edge.target(),
                    Direction::Incoming => edge.source(),
                };
                (edge.weight(), other)
            })
    }

    /// Puts an element that is no link, and returns what it replaces.
    pub(super) fn put(&mut self, key: &ElementKey, element: Arc<Element>) -> Option<Arc<Element>> {
        if let Some(slot) = self
            .nodes
            .get(key)
            .and_then(|node| self.inner.node_weight_mut(*node))
        {
            return Some(std::mem::replace(slot, element));
        }
        let node = self.inner.add_node(element);
        self.nodes.insert(key.clone(), node);
        None
    }

    /// Puts a link between two elements that are there, and returns what it replaces.
    /// `Err` gives the element back when an end is missing.
    pub(super) fn put_link(
        &mut self,
        key: &ElementKey,
        relation: Relation,
        element: Arc<Element>,
    ) -> Result<Option<Arc<Element>>, Arc<Element>> {
        if let Some(edge) = self
            .links
            .get(key)
            .and_then(|edge| self.inner.edge_weight_mut(*edge))
        {
            return Ok(edge.element.replace(element));
        }
        let ends = key
            .ends()
            .and_then(|(from, to)| Some((*self.nodes.get(from)?, *self.nodes.get(to)?)));
        let Some((from, to)) = ends else {
            return Err(element);
        };
        let edge = Edge {
            relation,
            element: Some(element),
        };
        let edge = self.inner.add_edge(from, to, edge);
        self.links.insert(key.clone(), edge);
        Ok(None)
    }

    /// Takes an element away, its links first; returns all that went, in that order.
    pub(super) fn take(&mut self, key: &ElementKey) -> Vec<(ElementKey, Arc<Element>)> {
        let mut gone = Vec::new();
        if let Some(edge) = self.links.remove(key) {
            gone.extend(
                self.inner
                    .remove_edge(edge)
                    .and_then(|e| e.element)
                    .map(|e| (key.clone(), e)),
            );
            return gone;
        }
        let Some(node) = self.nodes.remove(key) else {
            return gone;
        };
        let mut links: Vec<ElementKey> = [Direction::Outgoing, Direction::Incoming]
            .into_iter()
            .flat_map(|d| self.inner.edges_directed(node, d))
            .filter_map(|e| Some(e.weight().element.as_ref()?.key()))
            .collect();
        links.sort();
        links.dedup();
        for link in links {
            gone.extend(self.take(&link));
        }
        if let Some(slot) = self.inner.remove_node(node) {
            gone.push((key.clone(), slot));
        }
        gone
    }

    /// Makes `targets` exactly what `key` points to by `relation`; targets that are not there are left out.
    pub(super) fn relate(&mut self, key: &ElementKey, relation: Relation, targets: &[ElementKey]) {
        let Some(node) = self.nodes.get(key).copied() else {
            return;
        };
        let wanted: Vec<NodeIndex> = targets
            .iter()
            .filter_map(|t| self.nodes.get(t).copied())
            .collect();
        let mut kept = Vec::new();
        let mut stale = Vec::new();
        for edge in self.inner.edges_directed(node, Direction::Outgoing) {
            if edge.weight().relation != relation {
                continue;
            }
            if wanted.contains(&edge.target()) {
                kept.push(edge.target());
            } else {
                stale.push(edge.id());
            }
        }
        for edge in stale {
            self.inner.remove_edge(edge);
        }
        for target in wanted {
            if !kept.contains(&target) {
                let edge = Edge {
                    relation,
                    element: None,
                };
                self.inner.add_edge(node, target, edge);
                kept.push(target);
            }
        }
    }
}
