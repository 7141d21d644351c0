//! Sums over each namespace, kept as elements come and go: a screen asks for them with every frame, and a
//! large system is not to be counted through for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Model;
use super::element::{Counts, Element, Health};
use super::key::{ElementKey, TypeKey};
use super::observation::NamespaceChoice;
use super::text::Text;

/// Sums over the chosen namespaces, for the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Component types.
    pub types: u32,
    /// Of those, broken or unknown.
    pub bad: u32,
    /// Types that are well, and calls to them fail.
    pub failing: u32,
    /// Services that somebody needs, and no pod is behind them: [`Model::is_missed`].
    pub missed: u32,
    /// Pods that are not finished.
    pub pods: u32,
    /// Of those, ready.
    pub ready: u32,
}

impl Totals {
    /// What one element counts for, with its namespace.
    fn of(element: &Element) -> Option<(&Text, Self)> {
        match element {
            Element::Type(e) => {
                let totals = Self {
                    types: 1,
                    bad: u32::from(e.health.is_bad()),
                    ..Self::default()
                };
                Some((&e.key.namespace, totals))
            }
            Element::Component(e) if e.health != Health::Stopped => {
                // Of a pod on a lost machine nobody knows what it is.
                let is_known = e.health != Health::Unknown;
                let totals = Self {
                    pods: 1,
                    ready: u32::from(e.total > 0 && e.ready == e.total && is_known),
                    ..Self::default()
                };
                Some((&e.namespace, totals))
            }
            _ => None,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            types: self.types + other.types,
            bad: self.bad + other.bad,
            failing: self.failing + other.failing,
            missed: self.missed + other.missed,
            pods: self.pods + other.pods,
            ready: self.ready + other.ready,
        }
    }

    /// Without what was counted in before.
    fn minus(self, other: Self) -> Self {
        Self {
            types: self.types - other.types,
            bad: self.bad - other.bad,
            failing: self.failing - other.failing,
            missed: self.missed - other.missed,
            pods: self.pods - other.pods,
            ready: self.ready - other.ready,
        }
    }
}

/// The sums of all namespaces.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    inside: BTreeMap<Text, Totals>,
    /// Types to which calls fail.
    failing: BTreeSet<TypeKey>,
    /// Services without pods, by namespace and name.
    empty: BTreeSet<(Text, Text)>,
}

impl Sums {
    /// Counts an element that was replaced, came or went.
    pub(super) fn replace(&mut self, before: Option<&Element>, after: Option<&Element>) {
        for (element, is_after) in [(before, false), (after, true)] {
            if let Some(Element::Service(service)) = element {
                let key = (service.namespace.clone(), service.name.clone());
                if is_after && service.is_empty() {
                    self.empty.insert(key);
                } else {
                    self.empty.remove(&key);
                }
            }
        }
        if let Some((namespace, totals)) = after.and_then(Totals::of) {
            let sum = self.inside.entry(namespace.clone()).or_default();
            *sum = sum.plus(totals);
        }
        if let Some((namespace, totals)) = before.and_then(Totals::of)
            && let Some(sum) = self.inside.get_mut(namespace)
        {
            *sum = sum.minus(totals);
            if *sum == Totals::default() {
                self.inside.remove(namespace);
            }
        }
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        self.inside.len() + self.failing.len() + self.empty.len()
    }
}

impl Model {
    /// Sums over the chosen namespaces.
    #[must_use]
    pub fn totals(&self, choice: &NamespaceChoice) -> Totals {
        let inside = self.sums.inside.iter();
        let covered = inside.filter(|(namespace, _)| choice.covers(namespace));
        let sum = covered.fold(Totals::default(), |sum, (_, totals)| sum.plus(*totals));
        let failing = self.sums.failing.iter();
        let well = failing.filter(|key| {
            choice.covers(&key.namespace)
                && self
                    .component_type(key)
                    .is_some_and(|ty| !ty.health.is_bad())
        });
        let empty = self.sums.empty.iter();
        let missed = empty.filter(|(namespace, name)| {
            choice.covers(namespace) && self.is_called(&ElementKey::service(namespace, name))
        });
        Totals {
            failing: u32::try_from(well.count()).unwrap_or(u32::MAX),
            missed: u32::try_from(missed.count()).unwrap_or(u32::MAX),
            ..sum
        }
    }

    /// Finds out anew to which types calls fail.
    pub(super) fn sum_calls(&mut self) {
        let mut called: HashMap<&TypeKey, Counts> = HashMap::new();
        for (_, element) in self.graph.links() {
            let Element::Call(call) = &**element else {
                continue;
            };
            if let (ElementKey::Type(callee), Some(counts)) = (&call.callee, call.recent) {
                called
                    .entry(callee)
                    .and_modify(|sum| *sum = sum.plus(counts))
                    .or_insert(counts);
            }
        }
        let failing = called.iter().filter(|(_, counts)| counts.are_failing());
        self.sums.failing = failing.map(|(key, _)| (*key).clone()).collect();
    }
}
