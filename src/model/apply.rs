//! `apply(observations) -> changes`: the only mutator of the model; idempotent, tolerant of order.
//!
//! Observations change facts; changed facts mark elements; marked elements are made anew from the
//! facts, and those that differ are changes. Nothing is carried from one application to the next but
//! facts and indexes, so any order that ends in the same facts ends in the same model.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Model;
use super::change::{Cause, Change};
use super::declared::{self, Declarations};
use super::element::{Component, Element, Health, Ingress, Machine, Reason, Service, Tenant};
use super::facts::FactChange;
use super::graph::Relation;
use super::identity::{self, Directory};
use super::key::{ElementKey, TypeKey};
use super::lifecycle::{self, MachineSays};
use super::observation::{
    Fact, FactKey, Happening, Kind, Labels, NodeFact, Observation, OwnerRef, PodFact, WorkloadFact,
};
use super::text::Text;
use super::workload::Parts;

/// Deepest chain of owners that is followed; longer ones are broken or a loop.
const OWNER_DEPTH: usize = 8;

/// What a batch of observations did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Changes of elements, in the order in which they must be applied.
    pub changes: Vec<Change>,
    /// Things that happened, as they came.
    pub happenings: Vec<Happening>,
}

/// Where facts are found by what they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Workloads by uid.
    workloads: HashMap<Text, FactKey>,
    /// Pods and workloads by the uid of their controller.
    owned: HashMap<Text, BTreeSet<FactKey>>,
    /// Facts that are in a namespace, pods, workloads, Services and Ingresses.
    inside: HashMap<Text, BTreeSet<FactKey>>,
    /// Uids of pods by machine.
    on: HashMap<Text, BTreeSet<Text>>,
    /// Slices by Service.
    slices: HashMap<(Text, Text), BTreeSet<FactKey>>,
    /// Slices by the uid of a pod that they list.
    behind: HashMap<Text, BTreeSet<FactKey>>,
    /// The topmost owner of pods and workloads.
    top: HashMap<FactKey, TypeKey>,
    /// Pods (by name and uid) and workloads of a type.
    members: HashMap<TypeKey, Members>,
    /// The names that a type goes by.
    names: HashMap<TypeKey, identity::Names>,
    /// The hosts that a type's configuration names.
    mentions: HashMap<TypeKey, BTreeSet<super::observation::Mention>>,
}

impl Index {
    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        fn sets<K, V>(map: &HashMap<K, BTreeSet<V>>) -> usize {
            map.values().map(|set| 1 + set.len()).sum()
        }
        let members = self
            .members
            .values()
            .map(|m| 1 + m.pods.len() + m.workloads.len());
        self.workloads.len()
            + sets(&self.owned)
            + sets(&self.inside)
            + sets(&self.on)
            + sets(&self.slices)
            + sets(&self.behind)
            + sets(&self.mentions)
            + self.top.len()
            + members.sum::<usize>()
            + self.names.len()
    }

    /// The topmost owner of a workload, by the workload's uid.
    pub(super) fn owner_of(&self, uid: &Text) -> Option<&TypeKey> {
        self.top.get(self.workloads.get(uid)?)
    }
}

#[derive(Clone, Debug, Default)]
struct Members {
    pods: BTreeSet<FactKey>,
    workloads: BTreeSet<FactKey>,
}

/// Elements that must be made anew, with the weakest right to announce it.
#[derive(Debug, Default)]
struct Dirty {
    tenants: BTreeMap<Text, Cause>,
    nodes: BTreeMap<Text, Cause>,
    owners: BTreeMap<FactKey, Cause>,
    pods: BTreeMap<FactKey, Cause>,
    types: BTreeMap<TypeKey, Cause>,
    services: BTreeMap<FactKey, Cause>,
    ingresses: BTreeMap<FactKey, Cause>,
    join: Option<Cause>,
    declared: Option<Cause>,
}

fn mark<K: Ord>(map: &mut BTreeMap<K, Cause>, key: K, cause: Cause) {
    map.entry(key)
        .and_modify(|c| *c = cause.min(*c))
        .or_insert(cause);
}

fn mark_one(slot: &mut Option<Cause>, cause: Cause) {
    *slot = Some(slot.map_or(cause, |c| c.min(cause)));
}

impl Model {
    /// Applies a batch. `now` is our wall clock, for the changes' time.
    pub fn apply(&mut self, batch: Vec<Observation>, now: Timestamp) -> Applied {
        let mut applied = Applied::default();
        let mut dirty = Dirty::default();
        for observation in batch {
            self.observe(observation, &mut dirty, &mut applied.happenings);
        }
        let mut out = Recorder {
            now,
            changes: &mut applied.changes,
        };
        self.settle(dirty, &mut out);
        if !applied.changes.is_empty() {
            self.telemetry_revision += 1;
            if applied.changes.iter().any(|c| c.cause != Cause::Telemetry) {
                self.revision += 1;
            }
        }
        applied
    }

    fn observe(
        &mut self,
        observation: Observation,
        dirty: &mut Dirty,
        happenings: &mut Vec<Happening>,
    ) {
        match observation {
            Observation::Begin { scope, epoch } => self.facts.begin(&scope, epoch),
            Observation::End { scope, epoch } => {
                for change in self.facts.end(&scope, epoch) {
                    self.note(&change, dirty);
                }
            }
            Observation::Seen { scope, fact } => {
                if let Some(change) = self.facts.seen(&scope, fact) {
                    self.note(&change, dirty);
                }
            }
            Observation::Gone { scope, key } => {
                if let Some(change) = self.facts.gone(&scope, &key) {
                    self.note(&change, dirty);
                }
            }
            Observation::Adopt { from, to } => self.facts.adopt(&from, &to),
            Observation::Leave { scope } => {
                for change in self.facts.leave(&scope) {
                    self.note(&change, dirty);
                }
            }
            Observation::Happening(happening) => happenings.push(happening),
            Observation::Links(links) => {
                let first = self.telemetry.count(links);
                let cause = if first {
                    Cause::Baseline
                } else {
                    Cause::Telemetry
                };
                mark_one(&mut dirty.join, cause);
            }
            Observation::Names { source, names } => {
                if self.telemetry.hear(source, names) {
                    mark_one(&mut dirty.join, Cause::Telemetry);
                }
            }
            Observation::Status(status) => {
                let key = status.key.clone();
                if status.state.is_some() {
                    self.sources.insert(key, status);
                } else {
                    self.sources.remove(&key);
                }
                self.status_revision += 1;
            }
        }
    }

    /// Keeps the indexes, and marks what a changed fact touches.
    fn note(&mut self, change: &FactChange, dirty: &mut Dirty) {
        let cause = change.cause;
        let Some(fact) = change.after.as_ref().or(change.before.as_ref()) else {
            return;
        };
        let key = fact.key();
        let there = change.after.is_some();
        let namespace = fact.meta().namespace.clone();
        if !namespace.is_empty() {
            put(&mut self.index.inside, namespace.clone(), &key, there);
            mark(&mut dirty.tenants, namespace.clone(), cause);
        }
        match &**fact {
            Fact::Namespace(f) => mark(&mut dirty.tenants, f.meta.name.clone(), cause),
            Fact::Node(f) => {
                mark(&mut dirty.nodes, f.meta.name.clone(), cause);
                if readiness(change.before.as_deref()) == readiness(change.after.as_deref()) {
                    return;
                }
                for uid in self.index.on.get(&f.meta.name).into_iter().flatten() {
                    let key = self.pod_key(uid);
                    dirty.pods.extend(key.map(|key| (key, cause)));
                }
            }
            Fact::Pod(_) => {
                self.reown(change, &key);
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    if let Some(Fact::Pod(pod)) = fact.as_deref()
                        && let Some(node) = &pod.node
                    {
                        put(&mut self.index.on, node.clone(), &pod.meta.uid, there);
                        mark(&mut dirty.nodes, node.clone(), cause);
                    }
                }
                mark(&mut dirty.owners, key.clone(), cause);
                mark(&mut dirty.pods, key, cause);
            }
            Fact::Workload(f) => {
                self.reown(change, &key);
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    if let Some(fact) = fact {
                        let uid = fact.meta().uid.clone();
                        if there {
                            self.index.workloads.insert(uid, key.clone());
                        } else if self.index.workloads.get(&uid) == Some(&key) {
                            self.index.workloads.remove(&uid);
                        }
                    }
                }
                let owner = |f: &Option<Arc<Fact>>| f.as_ref().map(|f| f.meta().owner.clone());
                let same_uid = change.before.as_ref().map(|f| &f.meta().uid)
                    == change.after.as_ref().map(|f| &f.meta().uid);
                if owner(&change.before) != owner(&change.after) || !same_uid {
                    for fact in [&change.before, &change.after].into_iter().flatten() {
                        self.mark_owned(&fact.meta().uid, cause, dirty, OWNER_DEPTH);
                    }
                }
                if let Some(top) = self.index.top.get(&key) {
                    mark(&mut dirty.types, top.clone(), cause);
                }
                if f.meta.owner.is_none() {
                    mark(&mut dirty.types, own_type(f), cause);
                }
                mark(&mut dirty.owners, key, cause);
            }
            Fact::Service(_) => {
                mark(&mut dirty.services, key, cause);
            }
            Fact::EndpointSlice(_) => {
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    if let Some(Fact::EndpointSlice(slice)) = fact.as_deref() {
                        let of = (slice.meta.namespace.clone(), slice.service.clone());
                        put(&mut self.index.slices, of, &key, there);
                        for pod in slice.endpoints.iter().filter_map(|e| e.pod.as_ref()) {
                            put(&mut self.index.behind, pod.clone(), &key, there);
                        }
                        let service = FactKey {
                            kind: Kind::Service,
                            namespace: slice.meta.namespace.clone(),
                            name: slice.service.clone(),
                        };
                        mark(&mut dirty.services, service, cause);
                    }
                }
            }
            Fact::Ingress(_) => {
                mark(&mut dirty.ingresses, key, cause);
                mark_one(&mut dirty.declared, cause);
            }
        }
    }

    fn pod_key(&self, uid: &Text) -> Option<FactKey> {
        // Pods are few per machine, and their namespace is part of the key: ask the elements.
        match self.graph.get(&ElementKey::component(uid)).map(|e| &**e) {
            Some(Element::Component(c)) => Some(FactKey {
                kind: Kind::Pod,
                namespace: c.namespace.clone(),
                name: uid.clone(),
            }),
            _ => None,
        }
    }

    fn reown(&mut self, change: &FactChange, key: &FactKey) {
        for (fact, there) in [(&change.before, false), (&change.after, true)] {
            if let Some(owner) = fact.as_ref().and_then(|f| f.meta().owner.as_ref()) {
                put(&mut self.index.owned, owner.uid.clone(), key, there);
            }
        }
    }

    /// Marks everything below an owner whose place changed.
    fn mark_owned(&self, uid: &Text, cause: Cause, dirty: &mut Dirty, depth: usize) {
        if depth == 0 {
            return;
        }
        for key in self.index.owned.get(uid).into_iter().flatten() {
            mark(&mut dirty.owners, key.clone(), cause);
            if key.kind == Kind::Pod {
                mark(&mut dirty.pods, key.clone(), cause);
            } else if let Some(fact) = self.facts.get(key) {
                self.mark_owned(&fact.meta().uid, cause, dirty, depth - 1);
            }
        }
    }

    /// Makes everything that is marked anew.
    fn settle(&mut self, mut dirty: Dirty, out: &mut Recorder<'_>) {
        self.settle_owners(&mut dirty);
        for (name, cause) in std::mem::take(&mut dirty.tenants) {
            self.settle_tenant(&name, cause, out);
        }
        let nodes = std::mem::take(&mut dirty.nodes);
        for (name, cause) in &nodes {
            self.settle_node(name, *cause, out);
        }
        let pods = std::mem::take(&mut dirty.pods);
        for (key, cause) in &pods {
            self.settle_pod(key, *cause, &mut dirty, out);
        }
        for (key, cause) in std::mem::take(&mut dirty.types) {
            self.settle_type(&key, cause, &mut dirty, out);
        }
        for key in pods.keys() {
            if let Some(of) = self.index.top.get(key).cloned() {
                let component = ElementKey::component(&key.name);
                let of = [ElementKey::Type(of)];
                self.graph.relate(&component, Relation::InstanceOf, &of);
            }
        }
        for (key, cause) in std::mem::take(&mut dirty.services) {
            self.settle_service(&key, cause, &mut dirty, out);
        }
        for (key, cause) in std::mem::take(&mut dirty.ingresses) {
            self.settle_ingress(&key, cause, out);
        }
        if let Some(cause) = dirty.declared {
            self.settle_declared(cause, out);
        }
        if let Some(cause) = dirty.join {
            self.settle_calls(cause, out);
        }
    }

    fn settle_owners(&mut self, dirty: &mut Dirty) {
        for (key, cause) in std::mem::take(&mut dirty.owners) {
            let new = self.facts.get(&key).map(|fact| self.topmost(fact));
            let old = self.index.top.get(&key).cloned();
            if let Some(new) = &new {
                let members = self.index.members.entry(new.clone()).or_default();
                members.set(key.kind).insert(key.clone());
                self.index.top.insert(key.clone(), new.clone());
                mark(&mut dirty.types, new.clone(), cause);
            } else {
                self.index.top.remove(&key);
            }
            if let Some(old) = old
                && new.as_ref() != Some(&old)
            {
                if let Some(members) = self.index.members.get_mut(&old) {
                    members.set(key.kind).remove(&key);
                    if members.pods.is_empty() && members.workloads.is_empty() {
                        self.index.members.remove(&old);
                    }
                }
                mark(&mut dirty.types, old, cause);
            }
        }
    }

    /// The topmost owner, whatever its kind; as far up as facts reach.
    fn topmost(&self, fact: &Fact) -> TypeKey {
        let meta = fact.meta();
        let mut key = match fact {
            Fact::Workload(w) => own_type(w),
            _ => TypeKey {
                namespace: meta.namespace.clone(),
                kind: "Pod".into(),
                name: meta.name.clone(),
            },
        };
        let mut owner: Option<&OwnerRef> = meta.owner.as_ref();
        for _ in 0..OWNER_DEPTH {
            let Some(above) = owner else { break };
            key = TypeKey {
                namespace: meta.namespace.clone(),
                kind: above.kind.clone(),
                name: above.name.clone(),
            };
            owner = self
                .index
                .workloads
                .get(&above.uid)
                .and_then(|key| self.facts.get(key))
                .and_then(|fact| fact.meta().owner.as_ref());
        }
        key
    }

    fn settle_tenant(&mut self, name: &Text, cause: Cause, out: &mut Recorder<'_>) {
        let fact = self.facts.get(&FactKey {
            kind: Kind::Namespace,
            namespace: "".into(),
            name: name.clone(),
        });
        let tenant = match fact.map(|f| &**f) {
            Some(Fact::Namespace(f)) => Some(Tenant {
                name: name.clone(),
                terminating: f.terminating || f.meta.deleting.is_some(),
                created: f.meta.created,
                labels: f.meta.labels.clone(),
            }),
            _ => self.index.inside.contains_key(name).then(|| Tenant {
                name: name.clone(),
                ..Tenant::default()
            }),
        };
        let element = tenant.map(Element::Tenant);
        self.record(&ElementKey::tenant(name), element, cause, out);
    }

    fn settle_node(&mut self, name: &Text, cause: Cause, out: &mut Recorder<'_>) {
        let machine = match self.node_fact(name) {
            Some(fact) => Some(machine(fact)),
            None => self.index.on.contains_key(name).then(|| Machine {
                name: name.clone(),
                ..Machine::default()
            }),
        };
        let element = machine.map(Element::Node);
        self.record(&ElementKey::node(name), element, cause, out);
    }

    fn node_fact(&self, name: &Text) -> Option<&NodeFact> {
        let key = FactKey {
            kind: Kind::Node,
            namespace: "".into(),
            name: name.clone(),
        };
        match &**self.facts.get(&key)? {
            Fact::Node(fact) => Some(fact),
            _ => None,
        }
    }

    fn pod_fact(&self, key: &FactKey) -> Option<&PodFact> {
        match &**self.facts.get(key)? {
            Fact::Pod(fact) => Some(fact),
            _ => None,
        }
    }

    fn workload_fact(&self, key: &FactKey) -> Option<&WorkloadFact> {
        match &**self.facts.get(key)? {
            Fact::Workload(fact) => Some(fact),
            _ => None,
        }
    }

    fn settle_pod(
        &mut self,
        key: &FactKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element_key = ElementKey::component(&key.name);
        let component = self
            .pod_fact(key)
            .zip(self.index.top.get(key))
            .map(|(pod, top)| self.component(pod, top));
        let before = self.graph.get(&element_key).cloned();
        let old = match before.as_deref() {
            Some(Element::Component(c)) => Some(c),
            _ => None,
        };
        let moved =
            old.map(|c| (&c.labels, &c.of)) != component.as_ref().map(|c| (&c.labels, &c.of));
        if moved {
            let labels: Vec<&Labels> = old
                .map(|c| &c.labels)
                .into_iter()
                .chain(component.as_ref().map(|c| &c.labels))
                .collect();
            self.mark_services(key, &labels, cause, dirty);
        }
        for of in old
            .map(|c| c.of.clone())
            .into_iter()
            .chain(component.as_ref().map(|c| c.of.clone()))
        {
            mark(&mut dirty.types, of, cause);
        }
        let node = component.as_ref().and_then(|c| c.node.clone());
        let element = component.map(|c| Element::Component(Box::new(c)));
        self.record(&element_key, element, cause, out);
        let nodes: Vec<ElementKey> = node.iter().map(ElementKey::node).collect();
        self.graph.relate(&element_key, Relation::On, &nodes);
    }

    fn component(&self, pod: &PodFact, top: &TypeKey) -> Component {
        let node = pod.node.as_ref().and_then(|node| self.node_fact(node));
        let says = match node.map(|node| node.ready) {
            None | Some(Some(true)) => MachineSays::Nothing,
            Some(Some(false)) => MachineSays::NotReady,
            Some(None) => MachineSays::Lost,
        };
        let judgement = lifecycle::judge(pod, says);
        Component {
            uid: pod.meta.uid.clone(),
            namespace: pod.meta.namespace.clone(),
            name: pod.meta.name.clone(),
            of: top.clone(),
            owner: pod.meta.owner.as_ref().map(|o| o.name.clone()),
            state: judgement.state,
            health: judgement.health,
            reason: judgement.reason,
            status: judgement.status,
            ready: judgement.ready,
            total: judgement.total,
            restarts: judgement.restarts,
            node: pod.node.clone(),
            ip: pod.ip.clone(),
            created: pod.meta.created,
            ready_since: pod.ready_since,
            containers: pod.containers.clone(),
            labels: pod.meta.labels.clone(),
        }
    }

    /// Marks the Services that a pod is behind, by slices or with one of these labels.
    fn mark_services(&self, pod: &FactKey, labels: &[&Labels], cause: Cause, dirty: &mut Dirty) {
        for slice in self.index.behind.get(&pod.name).into_iter().flatten() {
            if let Some(Fact::EndpointSlice(slice)) = self.facts.get(slice).map(|f| &**f) {
                let service = FactKey {
                    kind: Kind::Service,
                    namespace: slice.meta.namespace.clone(),
                    name: slice.service.clone(),
                };
                mark(&mut dirty.services, service, cause);
            }
        }
        for key in self.inside(&pod.namespace, Kind::Service) {
            if let Some(Fact::Service(service)) = self.facts.get(key).map(|f| &**f)
                && labels.iter().any(|l| selects(&service.selector, l))
            {
                mark(&mut dirty.services, key.clone(), cause);
            }
        }
    }

    /// The facts of one kind in a namespace.
    fn inside<'a>(&'a self, namespace: &Text, kind: Kind) -> impl Iterator<Item = &'a FactKey> {
        let first = FactKey {
            kind,
            namespace: namespace.clone(),
            name: "".into(),
        };
        let all = self.index.inside.get(namespace).into_iter();
        all.flat_map(move |set| set.range(&first..))
            .take_while(move |key| key.kind == kind)
    }

    fn settle_type(
        &mut self,
        key: &TypeKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element_key = ElementKey::Type(key.clone());
        let existed = self.graph.get(&element_key).is_some();
        let Some(members) = self.index.members.get(key) else {
            self.index.names.remove(key);
            self.index.mentions.remove(key);
            if existed {
                mark_one(&mut dirty.join, Cause::Scope);
                mark_one(&mut dirty.declared, cause);
            }
            self.record(&element_key, None, cause, out);
            return;
        };
        let pods: Vec<&PodFact> = members
            .pods
            .iter()
            .filter_map(|k| self.pod_fact(k))
            .collect();
        let mut components: Vec<&Component> = members
            .pods
            .iter()
            .filter_map(|k| self.graph.get(&ElementKey::component(&k.name)))
            .filter_map(|e| match &**e {
                Element::Component(c) => Some(&**c),
                _ => None,
            })
            .collect();
        components.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
        let workloads: Vec<&WorkloadFact> = members
            .workloads
            .iter()
            .filter_map(|k| self.workload_fact(k))
            .collect();
        let own = workloads
            .iter()
            .copied()
            .find(|w| w.meta.owner.is_none() && own_type(w) == *key);
        let below: Vec<&WorkloadFact> = workloads
            .iter()
            .copied()
            .filter(|w| {
                w.meta
                    .owner
                    .as_ref()
                    .is_some_and(|o| o.kind == key.kind && o.name == key.name)
            })
            .collect();
        let labels: Vec<&Labels> = pods
            .first()
            .map(|p| &p.meta.labels)
            .into_iter()
            .chain(own.map(|w| &w.meta.labels))
            .collect();
        let annotations: Vec<&Labels> = pods
            .first()
            .map(|p| &p.meta.annotations)
            .into_iter()
            .chain(own.map(|w| &w.meta.annotations))
            .collect();
        let names = identity::names_of(key, &labels, &annotations);
        // The template speaks for the pods; where it is not seen, they speak for themselves.
        let mut mentions: BTreeSet<_> = workloads
            .iter()
            .filter(|w| w.kind != Kind::ReplicaSet || w.meta.owner.is_none())
            .flat_map(|w| w.mentions.iter().cloned())
            .collect();
        if mentions.is_empty() {
            mentions = pods
                .iter()
                .flat_map(|p| p.mentions.iter().cloned())
                .collect();
        }
        let parts = Parts {
            key,
            own,
            below,
            components: &components,
        };
        let built = parts.build();
        if self.index.names.get(key) != Some(&names) {
            self.index.names.insert(key.clone(), names);
            mark_one(&mut dirty.join, Cause::Scope);
        }
        if self.index.mentions.get(key) != Some(&mentions) {
            self.index.mentions.insert(key.clone(), mentions);
            mark_one(&mut dirty.declared, cause);
        }
        let element = Element::Type(Box::new(built));
        self.record(&element_key, Some(element), cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
    }

    fn settle_service(
        &mut self,
        key: &FactKey,
        cause: Cause,
        dirty: &mut Dirty,
        out: &mut Recorder<'_>,
    ) {
        let element_key = ElementKey::service(&key.namespace, &key.name);
        let before = self.graph.get(&element_key).cloned();
        let before = match before.as_deref() {
            Some(Element::Service(s)) => Some(&**s),
            _ => None,
        };
        let service = self.service(key);
        let names = |s: Option<&Service>| s.map(|s| (s.leads_to.clone(), s.external_name.clone()));
        if names(before) != names(service.as_ref()) {
            mark_one(&mut dirty.join, Cause::Scope);
            mark_one(&mut dirty.declared, cause);
        }
        let targets: Vec<ElementKey> = service
            .iter()
            .flat_map(|s| s.leads_to.iter().cloned().map(ElementKey::Type))
            .collect();
        let element = service.map(|s| Element::Service(Box::new(s)));
        self.record(&element_key, element, cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
        self.graph.relate(&element_key, Relation::LeadsTo, &targets);
    }

    fn service(&self, key: &FactKey) -> Option<Service> {
        let Fact::Service(fact) = &**self.facts.get(key)? else {
            return None;
        };
        let mut leads_to: BTreeSet<TypeKey> = BTreeSet::new();
        if !fact.selector.is_empty() {
            for pod_key in self.inside(&key.namespace, Kind::Pod) {
                if let Some(pod) = self.pod_fact(pod_key)
                    && selects(&fact.selector, &pod.meta.labels)
                {
                    leads_to.extend(self.index.top.get(pod_key).cloned());
                }
            }
        }
        let (mut ready, mut endpoints) = (0, 0);
        let of = (key.namespace.clone(), key.name.clone());
        let slices = self.index.slices.get(&of);
        for slice in slices.into_iter().flatten() {
            if let Some(Fact::EndpointSlice(slice)) = self.facts.get(slice).map(|f| &**f) {
                for endpoint in &slice.endpoints {
                    endpoints += 1;
                    ready += u32::from(endpoint.ready);
                    let pod = endpoint.pod.as_ref().map(|uid| FactKey {
                        kind: Kind::Pod,
                        namespace: key.namespace.clone(),
                        name: uid.clone(),
                    });
                    leads_to.extend(pod.and_then(|pod| self.index.top.get(&pod).cloned()));
                }
            }
        }
        let ready_endpoints = slices.map(|_| ready);
        let (health, reason) = service_health(fact, ready_endpoints, endpoints);
        Some(Service {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            service_type: fact.service_type.clone(),
            cluster_ip: fact.cluster_ip.clone(),
            external_name: fact.external_name.clone(),
            selector: fact.selector.clone(),
            ports: fact.ports.clone(),
            ready_endpoints,
            endpoints,
            leads_to: leads_to.into_iter().collect(),
            health,
            reason,
            created: fact.meta.created,
        })
    }

    fn settle_ingress(&mut self, key: &FactKey, cause: Cause, out: &mut Recorder<'_>) {
        let element = match self.facts.get(key).map(|f| &**f) {
            Some(Fact::Ingress(fact)) => Some(Element::Ingress(Ingress {
                namespace: key.namespace.clone(),
                name: key.name.clone(),
                hosts: fact.hosts.clone(),
                backends: fact.backends.clone(),
                created: fact.meta.created,
            })),
            _ => None,
        };
        let element_key = ElementKey::ingress(&key.namespace, &key.name);
        self.record(&element_key, element, cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
    }

    fn settle_declared(&mut self, cause: Cause, out: &mut Recorder<'_>) {
        let elements: Vec<Arc<Element>> = self.graph.elements().map(|(_, e)| e.clone()).collect();
        let mut services = Vec::new();
        let mut ingresses = Vec::new();
        for element in &elements {
            match &**element {
                Element::Service(s) => services.push(&**s),
                Element::Ingress(i) => ingresses.push(i),
                _ => {}
            }
        }
        let wanted = declared::links(&Declarations {
            services,
            ingresses,
            mentions: &self.index.mentions,
        });
        let old: Vec<ElementKey> = self
            .graph
            .links()
            .filter(|(_, e)| matches!(&***e, Element::Declared(_)))
            .map(|(key, _)| key.clone())
            .collect();
        for key in old.iter().filter(|k| !wanted.contains_key(k)) {
            self.record(key, None, cause, out);
        }
        for (key, link) in wanted {
            let element = Element::Declared(Box::new(link));
            self.record(&key, Some(element), cause, out);
        }
    }

    fn settle_calls(&mut self, cause: Cause, out: &mut Recorder<'_>) {
        if self.telemetry.is_empty() {
            return;
        }
        let elements: Vec<Arc<Element>> = self.graph.elements().map(|(_, e)| e.clone()).collect();
        let services = elements.iter().filter_map(|e| match &**e {
            Element::Service(s) => Some(&**s),
            _ => None,
        });
        let directory = Directory::new(&self.mapping, self.index.names.iter(), services);
        let joined = self
            .telemetry
            .join(&directory, |key| self.index.members.contains_key(key));
        let stale: Vec<ElementKey> = elements
            .iter()
            .filter(|e| matches!(&***e, Element::Call(_)))
            .map(|e| e.key())
            .filter(|key| !joined.calls.contains_key(key))
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
            self.record(&key, Some(element), cause, out);
        }
        let gone: Vec<ElementKey> = elements
            .iter()
            .filter(|e| matches!(&***e, Element::External(_)))
            .map(|e| e.key())
            .filter(|key| !joined.externals.contains_key(key))
            .collect();
        for key in &gone {
            self.record(key, None, cause, out);
        }
    }

    /// Puts or takes an element and writes down what changed; nothing if nothing did.
    fn record(
        &mut self,
        key: &ElementKey,
        element: Option<Element>,
        cause: Cause,
        out: &mut Recorder<'_>,
    ) {
        let Some(element) = element else {
            for (key, before) in self.graph.take(key) {
                self.seq += 1;
                out.push(self.seq, key, Some(before), None, cause);
            }
            return;
        };
        if self.graph.get(key).is_some_and(|old| **old == element) {
            return;
        }
        let relation = match &element {
            Element::Call(_) => Some(Relation::Calls),
            Element::Declared(_) => Some(Relation::Declares),
            _ => None,
        };
        let after = Arc::new(element);
        let before = match relation {
            Some(relation) => match self.graph.put_link(key, relation, after.clone()) {
                Ok(before) => before,
                // An end is not there: the link appears when it does.
                Err(_) => return,
            },
            None => self.graph.put(key, after.clone()),
        };
        self.seq += 1;
        out.push(self.seq, key.clone(), before, Some(after), cause);
    }
}

/// Collects changes with their time.
struct Recorder<'a> {
    now: Timestamp,
    changes: &'a mut Vec<Change>,
}

impl Recorder<'_> {
    fn push(
        &mut self,
        seq: u64,
        key: ElementKey,
        before: Option<Arc<Element>>,
        after: Option<Arc<Element>>,
        cause: Cause,
    ) {
        self.changes.push(Change {
            seq,
            at: self.now,
            key,
            before,
            after,
            cause,
        });
    }
}

impl Members {
    fn set(&mut self, kind: Kind) -> &mut BTreeSet<FactKey> {
        if kind == Kind::Pod {
            &mut self.pods
        } else {
            &mut self.workloads
        }
    }
}

/// What a machine's Ready condition says, as far as pods on it care: one that nobody tells of is not lost.
fn readiness(fact: Option<&Fact>) -> Option<bool> {
    match fact {
        Some(Fact::Node(node)) => node.ready,
        _ => Some(true),
    }
}

/// The type that a workload is when nobody owns it.
fn own_type(workload: &WorkloadFact) -> TypeKey {
    TypeKey {
        namespace: workload.meta.namespace.clone(),
        kind: workload.kind.name().into(),
        name: workload.meta.name.clone(),
    }
}

/// Puts a member into a set by key, or takes it out; empty sets do not stay.
fn put<K, V>(map: &mut HashMap<K, BTreeSet<V>>, key: K, member: &V, there: bool)
where
    K: std::hash::Hash + Eq,
    V: Ord + Clone,
{
    if there {
        map.entry(key).or_default().insert(member.clone());
    } else if let Some(set) = map.get_mut(&key) {
        set.remove(member);
        if set.is_empty() {
            map.remove(&key);
        }
    }
}

/// Whether a Service's selector selects labels; an empty one selects nothing.
fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(k, v)| labels.get(k) == Some(v))
}

fn service_health(
    fact: &super::observation::ServiceFact,
    ready: Option<u32>,
    endpoints: u32,
) -> (Health, Option<Reason>) {
    if fact.external_name.is_some() {
        return (Health::Ok, None);
    }
    match ready {
        Some(0) if endpoints > 0 => {
            let detail = format!("0 of {endpoints} endpoints ready");
            (Health::Broken, Some(Reason::with("NoEndpoints", detail)))
        }
        Some(0) => (
            Health::Stopped,
            Some(Reason::with("NoEndpoints", "no pod is behind it")),
        ),
        _ => (Health::Ok, None),
    }
}

fn machine(fact: &NodeFact) -> Machine {
    let (health, reason) = match fact.ready {
        Some(true) if !fact.pressures.is_empty() => (
            Health::Broken,
            Some(Reason::word(&fact.pressures.join(", "))),
        ),
        Some(true) if fact.unschedulable => {
            (Health::Stopped, Some(Reason::word("SchedulingDisabled")))
        }
        Some(true) => (Health::Ok, None),
        Some(false) => (
            Health::Broken,
            Some(Reason {
                word: "NotReady".into(),
                detail: fact.message.clone(),
            }),
        ),
        None => (
            Health::Unknown,
            Some(Reason {
                word: "NotReady".into(),
                detail: fact
                    .message
                    .clone()
                    .or_else(|| Some("its kubelet does not report".into())),
            }),
        ),
    };
    Machine {
        name: fact.meta.name.clone(),
        declared: true,
        ready: fact.ready,
        pressures: fact.pressures.clone(),
        unschedulable: fact.unschedulable,
        zone: fact.zone.clone(),
        health,
        reason,
        created: fact.meta.created,
    }
}
