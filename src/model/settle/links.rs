//! Calls and declared links: derived from what is known of their ends, and compared with what is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use petgraph::Direction;

use crate::model::Model;
use crate::model::apply::Recorder;
use crate::model::change::Cause;
use crate::model::declared;
use crate::model::element::{Counts, Declared, Element, Service};
use crate::model::graph::{Relation, Sort};
use crate::model::identity::Directory;
use crate::model::interfaces::{Joining, Origin, STEP};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::FactKey;
use crate::model::text::Text;
use crate::model::trend::Point;

impl Model {
    /// Makes the declared links of one caller anew.
    pub(in crate::model) fn settle_declared(
        &mut self,
        caller: &ElementKey,
        cause: Cause,
        out: &mut Recorder<'_>,
    ) {
        let wanted = match caller {
            ElementKey::Type(key) => {
                let mut links = self.mentioned_by(key, caller);
                self.allow(key, caller, &mut links);
                links
            }
            ElementKey::Ingress { namespace, .. } => self.routed_by(caller, namespace),
            _ => BTreeMap::new(),
        };
        let old = self
            .graph
            .links_of(caller, Relation::Declares, Direction::Outgoing);
        let mut old: Vec<ElementKey> = old.map(|link| link.key()).collect();
        old.sort();
        for key in old.iter().filter(|key| !wanted.contains_key(key)) {
            self.record(key, None, cause, out);
        }
        for (key, link) in wanted {
            let element = Element::Declared(Box::new(link));
            self.record(&key, Some(element), cause, out);
        }
    }

    /// The links that a type's configuration declares.
    fn mentioned_by(&self, key: &TypeKey, caller: &ElementKey) -> BTreeMap<ElementKey, Declared> {
        let mentions = self.index.mentions.get(key).into_iter().flatten();
        let named = mentions.filter_map(|mention| {
            let service = self.index.named(&key.namespace, mention.host)?;
            Some((self.service_element(service)?, &mention.place))
        });
        declared::links(caller, named)
    }

    /// Adds what policies allow a type by name.
    fn allow(
        &self,
        key: &TypeKey,
        caller: &ElementKey,
        links: &mut BTreeMap<ElementKey, Declared>,
    ) {
        for (callee, policy) in self.index.granted.get(key).into_iter().flatten() {
            let callee = ElementKey::Type(callee.clone());
            let link = ElementKey::declared(caller.clone(), callee.clone());
            let link = links.entry(link).or_insert_with(|| Declared {
                caller: caller.clone(),
                callee,
                places: Vec::new(),
                allowed: Vec::new(),
            });
            link.allowed.push(policy.name.clone());
        }
        for link in links.values_mut() {
            link.allowed.sort();
            link.allowed.dedup();
        }
    }

    /// The links that an Ingress's or a route's rules declare.
    fn routed_by(&self, caller: &ElementKey, namespace: &Text) -> BTreeMap<ElementKey, Declared> {
        let Some(Element::Ingress(ingress)) = self.get(caller) else {
            return BTreeMap::new();
        };
        let rule: Text = "rule".into();
        let named = ingress.backends.iter().filter_map(|backend| {
            let (namespace, name) = match backend.split_once('/') {
                Some((other, name)) => (other.into(), name.into()),
                None => (namespace.clone(), backend.clone()),
            };
            let key = ElementKey::service(&namespace, &name);
            match self.get(&key)? {
                Element::Service(service) => Some((&**service, &rule)),
                _ => None,
            }
        });
        declared::links(caller, named)
    }

    fn service_element(&self, key: &FactKey) -> Option<&Service> {
        match self.get(&ElementKey::service(&key.namespace, &key.name))? {
            Element::Service(service) => Some(service),
            _ => None,
        }
    }

    pub(in crate::model) fn settle_calls(&mut self, cause: Cause, out: &mut Recorder<'_>) {
        if self.telemetry.is_empty() {
            return;
        }
        self.telemetry.remember(out.now());
        self.wanted = Arc::new(self.wants());
        let is_there = |key: &TypeKey| self.index.members.contains_key(key);
        let join = |directory: &Directory<'_>| self.telemetry.join(directory, is_there);
        let joined = self.with_directory(join);
        let links = self.graph.links().map(|(key, _)| key);
        let calls = links.filter(|key| matches!(key, ElementKey::Call { .. }));
        let stale: Vec<ElementKey> = calls
            .filter(|key| !joined.calls.contains_key(key))
            .cloned()
            .collect();
        for key in &stale {
            self.record(key, None, cause, out);
        }
        for (key, external) in &joined.externals {
            let element = Element::External(external.clone());
            self.record(key, Some(element), cause, out);
        }
        for (key, call) in joined.calls {
            let element = Element::Call(Box::new(call));
            // The same calls that the log tells as new connectors.
            if cause == Cause::Telemetry && self.graph.get(&key).is_none() {
                Arc::make_mut(&mut self.trends).arrive(&key, out.now());
            }
            self.record(&key, Some(element), cause, out);
        }
        let externals = self.graph.of(Sort::Externals).map(|e| e.key());
        let gone: Vec<ElementKey> = externals
            .filter(|key| !joined.externals.contains_key(key))
            .collect();
        for key in &gone {
            self.record(key, None, cause, out);
        }
        self.join_interfaces(joined.origin);
        self.known = Arc::new(joined.known);
        self.sum_calls();
        self.settle_trends();
    }

    /// Begins to join interfaces where they follow from something else than those that are there.
    fn join_interfaces(&mut self, origin: Origin) {
        if self.interfaces.is_of(&origin) {
            self.joining = None;
        } else if !self.joining.as_ref().is_some_and(|j| j.is_of(&origin)) {
            self.joining = Some(Box::new(Joining::new(origin)));
        }
    }

    /// Takes the next bounded step of what [`Self::take_in`] left; says whether there are more.
    pub fn proceed(&mut self) -> bool {
        let Some(joining) = &mut self.joining else {
            return false;
        };
        if let Some(interfaces) = joining.step(STEP) {
            self.joining = None;
            self.interfaces = Arc::new(interfaces);
            // Usage is no element, and yet it may be on screen.
            self.telemetry_revision += 1;
            self.settle_trends();
        }
        self.is_joining()
    }

    /// Whether [`Self::proceed`] has something to do.
    #[must_use]
    pub const fn is_joining(&self) -> bool {
        self.joining.is_some()
    }

    /// Puts what the short window says into the trends of calls and of who is called.
    fn settle_trends(&mut self) {
        let mut trends = std::mem::take(&mut self.trends);
        let to = Arc::make_mut(&mut trends);
        let mut inbound: HashMap<&ElementKey, Counts> = HashMap::new();
        for (key, element) in self.graph.links() {
            let Element::Call(call) = &**element else {
                continue;
            };
            let Some(counts) = call.recent else {
                continue;
            };
            let p95 = self.interfaces.p95_us(key);
            to.put(key, counts.ends, Point::new(counts, p95));
            let sum = inbound.entry(&call.callee).or_insert(Counts {
                calls: 0,
                errors: 0,
                ..counts
            });
            *sum = sum.plus(counts);
        }
        for (callee, counts) in inbound {
            let tally = self.interfaces.inbound(callee);
            let p95 = tally.and_then(|tally| tally.latency.at(0.95));
            to.put(callee, counts.ends, Point::new(counts, p95));
        }
        if let Some(recent) = self.telemetry.recent() {
            to.keep(recent.ends, |key| self.graph.get(key).is_some());
        }
        self.trends = trends;
        self.has_lost_calls = self.counts_too_little();
    }
}
