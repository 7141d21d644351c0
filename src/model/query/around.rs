//! The part of the network around what somebody names: callers and callees, so many hops each way.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::model::Model;
use crate::model::element::Element;
use crate::model::identity::normal;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::network::{Grouping, Network, Wish};

/// The network around a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    /// The network: what is named, its callers and callees, and all links among them.
    pub network: Network,
    /// What is named.
    pub named: BTreeSet<ElementKey>,
}

impl Network {
    /// The elements from which one of `from` is reached over at most so many links, and those that it reaches.
    #[must_use]
    pub fn within(&self, from: &BTreeSet<usize>, hops: usize) -> BTreeSet<usize> {
        let callers: Vec<(usize, usize)> = self.links.iter().map(|l| (l.to, l.from)).collect();
        let callees: Vec<(usize, usize)> = self.links.iter().map(|l| (l.from, l.to)).collect();
        let mut all = from.clone();
        for mut steps in [callers, callees] {
            steps.sort_unstable();
            let mut edge: Vec<usize> = from.iter().copied().collect();
            let mut seen = from.clone();
            for _ in 0..hops {
                let mut next = Vec::new();
                for at in edge {
                    let start = steps.partition_point(|(here, _)| *here < at);
                    let here = steps.iter().skip(start).take_while(|(here, _)| *here == at);
                    next.extend(here.map(|(_, there)| *there).filter(|n| seen.insert(*n)));
                }
                if next.is_empty() {
                    break;
                }
                edge = next;
            }
            all.append(&mut seen);
        }
        all
    }
}

impl Model {
    /// The network around what is called so: a component type, a Service, a pod, a way in, or a name in traces;
    /// alone, as `namespace/name` or as `namespace/Kind/name`. What `wish` says of unlinked elements does not count.
    ///
    /// # Errors
    /// A line that says why there is none, and which names are near.
    pub fn network_around(
        &self,
        wish: &Wish<'_>,
        asked: &str,
        hops: usize,
    ) -> Result<Around, String> {
        let whole = self.network(&Wish {
            grouping: Grouping::None,
            fan_out: None,
            unlinked: true,
            ..*wish
        });
        let meant = self.meant(asked);
        let named: BTreeSet<usize> = meant
            .iter()
            .flat_map(|key| self.shown_as(&whole, key))
            .collect();
        if named.is_empty() {
            return Err(if meant.is_empty() {
                self.nothing_called(asked)
            } else {
                format!("{asked} is in no picture: nobody calls it, and it calls nobody")
            });
        }
        let keys = |places: &BTreeSet<usize>| -> BTreeSet<ElementKey> {
            let nodes = places.iter().filter_map(|at| whole.nodes.get(*at));
            nodes
                .flat_map(|node| node.members.iter().cloned())
                .collect()
        };
        let around = keys(&whole.within(&named, hops));
        let network = self.network(&Wish {
            passes: &|key| around.contains(key) && (wish.passes)(key),
            unlinked: true,
            ..*wish
        });
        let named = keys(&named);
        Ok(Around { network, named })
    }

    /// The network of just these elements, wherever they are. Others of the chosen namespaces count as filtered out.
    #[must_use]
    pub fn network_among(&self, choice: &NamespaceChoice, among: &BTreeSet<ElementKey>) -> Network {
        let (collapsed, unfolded) = (BTreeSet::new(), BTreeSet::new());
        let elsewhere = RefCell::new(BTreeSet::new());
        let mut network = self.network(&Wish {
            choice: &NamespaceChoice::All,
            passes: &|key| {
                let passes = among.contains(key);
                if !passes && key.namespace().is_some_and(|n| !choice.covers(n)) {
                    elsewhere.borrow_mut().insert(key.clone());
                }
                passes
            },
            grouping: Grouping::None,
            collapsed: &collapsed,
            least_rate: None,
            only_failing: false,
            unlinked: true,
            fan_out: None,
            unfolded: &unfolded,
        });
        // What nobody asked about is not missed.
        let elsewhere = elsewhere.into_inner();
        let bad = |key: &&ElementKey| self.get(key).is_some_and(|e| e.health().is_bad());
        let hidden = &mut network.hidden;
        hidden.elements = hidden.elements.saturating_sub(elsewhere.len());
        hidden.filtered = hidden.filtered.saturating_sub(elsewhere.len());
        hidden.broken = hidden
            .broken
            .saturating_sub(elsewhere.iter().filter(bad).count());
        network
    }

    /// The elements that a person may mean by a name.
    fn meant(&self, asked: &str) -> BTreeSet<ElementKey> {
        let asked = asked.trim();
        let called = self.called(asked);
        if !called.is_empty() {
            return called.into_iter().collect();
        }
        let name = normal(asked);
        let is_so = |key: &ElementKey| {
            key.to_string().eq_ignore_ascii_case(asked)
                || match key {
                    ElementKey::External { name: raw } => normal(raw) == name,
                    ElementKey::Ingress {
                        namespace,
                        name: own,
                        ..
                    } => **own == *asked || format!("{namespace}/{own}") == asked,
                    _ => false,
                }
        };
        let elements = self.graph.elements();
        let mut meant: BTreeSet<ElementKey> = elements
            .map(|(key, _)| key)
            .filter(|key| key.ends().is_none() && is_so(key))
            .cloned()
            .collect();
        for (_, element) in self.graph.links() {
            let Element::Call(call) = &**element else {
                continue;
            };
            for (caller, callee) in &call.names {
                let ends = [(caller, &call.caller), (callee, &call.callee)];
                let so = ends.into_iter().filter(|(raw, _)| normal(raw) == name);
                meant.extend(so.map(|(_, key)| key.clone()));
            }
        }
        meant
    }

    /// The nodes of a network that an element is, or that stand for it.
    fn shown_as(&self, network: &Network, key: &ElementKey) -> Vec<usize> {
        if let Some(at) = network.place_of(key) {
            return vec![at];
        }
        let types = match self.get(key) {
            Some(Element::Component(pod)) => vec![pod.of.clone()],
            Some(Element::Service(service)) => service.leads_to.clone(),
            _ => Vec::new(),
        };
        let types = types.into_iter().map(ElementKey::Type);
        types.filter_map(|key| network.place_of(&key)).collect()
    }
}
