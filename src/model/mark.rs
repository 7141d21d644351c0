//! Which elements a changed fact touches, and with what right the consequences may be announced.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Model;
use super::change::Cause;
use super::facts::FactChange;
use super::index::{OWNER_DEPTH, label, own_type, put, put_few};
use super::key::{ElementKey, TypeKey};
use super::observation::{Fact, FactKey, Kind, Labels};
use super::settle::selects;
use super::text::Text;

/// Elements that must be made anew, with the weakest right to announce it.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) tenants: BTreeMap<Text, Cause>,
    pub(super) nodes: BTreeMap<Text, Cause>,
    pub(super) owners: BTreeMap<FactKey, Cause>,
    pub(super) pods: BTreeMap<FactKey, Cause>,
    pub(super) types: BTreeMap<TypeKey, Cause>,
    pub(super) services: BTreeMap<FactKey, Cause>,
    pub(super) ingresses: BTreeMap<FactKey, Cause>,
    pub(super) policies: BTreeMap<FactKey, Cause>,
    pub(super) join: Option<Cause>,
    /// Whose declared links are to be made anew.
    pub(super) declared: BTreeMap<ElementKey, Cause>,
}

pub(super) fn mark<K: Ord>(map: &mut BTreeMap<K, Cause>, key: K, cause: Cause) {
    map.entry(key)
        .and_modify(|c| *c = cause.min(*c))
        .or_insert(cause);
}

pub(super) fn mark_one(slot: &mut Option<Cause>, cause: Cause) {
    *slot = Some(slot.map_or(cause, |c| c.min(cause)));
}

impl Model {
    /// Keeps the indexes, and marks what a changed fact touches.
    pub(super) fn note(&mut self, change: &FactChange, dirty: &mut Dirty) {
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
            Fact::Namespace(f) => {
                mark(&mut dirty.tenants, f.meta.name.clone(), cause);
                if labels(change.before.as_deref()) != labels(change.after.as_deref()) {
                    self.mark_far_policies(cause, dirty);
                }
            }
            Fact::Node(f) => {
                mark(&mut dirty.nodes, f.meta.name.clone(), cause);
                if readiness(change.before.as_deref()) == readiness(change.after.as_deref()) {
                    return;
                }
                for uid in self.index.on.get(&f.meta.name).into_iter().flatten() {
                    if let Some(key) = self.pod_key(uid) {
                        mark(&mut dirty.pods, key, cause);
                    }
                }
            }
            Fact::Pod(_) => {
                self.reown(change, &key);
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    let Some(Fact::Pod(pod)) = fact.as_deref() else {
                        continue;
                    };
                    for pair in pod.meta.labels.iter() {
                        let label = label(&pod.meta.namespace, pair);
                        put(&mut self.index.labelled, label, &key, there);
                    }
                    if let Some(node) = &pod.node {
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
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    if let Some(Fact::Service(service)) = fact.as_deref()
                        && let Some(first) = service.selector.iter().next()
                    {
                        let label = label(&service.meta.namespace, first);
                        put(&mut self.index.selecting, label, &key, there);
                    }
                }
                mark(&mut dirty.services, key, cause);
            }
            Fact::EndpointSlice(_) => {
                for (fact, there) in [(&change.before, false), (&change.after, true)] {
                    if let Some(Fact::EndpointSlice(slice)) = fact.as_deref() {
                        let of = (slice.meta.namespace.clone(), slice.service.clone());
                        put_few(&mut self.index.slices, of, &key, there);
                        for pod in slice.endpoints.iter().filter_map(|e| e.pod.as_ref()) {
                            put_few(&mut self.index.behind, pod.clone(), &key, there);
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
            }
            Fact::ConfigMap(_) => self.note_config_map(change, &key, dirty),
            Fact::Autoscaler(_) => self.note_autoscaler(change, &key, dirty),
            Fact::NetworkPolicy(_) => {
                put(&mut self.index.policies, namespace, &key, there);
                let after = change.after.as_deref();
                if matches!(after, Some(Fact::NetworkPolicy(p)) if p.is_far()) {
                    self.index.far_policies.insert(key.clone());
                } else {
                    self.index.far_policies.remove(&key);
                }
                mark(&mut dirty.policies, key, cause);
            }
        }
    }

    /// Marks everything below an owner whose place changed.
    pub(super) fn mark_owned(&self, uid: &Text, cause: Cause, dirty: &mut Dirty, depth: usize) {
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

    /// Marks those whose configuration names a Service.
    pub(super) fn mark_declaring(&self, service: &FactKey, cause: Cause, dirty: &mut Dirty) {
        for ty in self.index.mentioning(service) {
            mark(&mut dirty.declared, ElementKey::Type(ty.clone()), cause);
        }
        for ingress in self.ingresses().filter(|i| {
            // Routes may lead to other namespaces.
            i.namespace == service.namespace || !i.way.is_ingress()
        }) {
            let caller = ElementKey::way(&ingress.namespace, &ingress.name, ingress.way);
            mark(&mut dirty.declared, caller, cause);
        }
    }

    /// Marks the Services that a pod is behind, by slices or with one of these labels.
    pub(super) fn mark_services(
        &self,
        pod: &FactKey,
        labels: &[&Labels],
        cause: Cause,
        dirty: &mut Dirty,
    ) {
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
        for labels in labels {
            let each = labels.iter().map(|pair| label(&pod.namespace, pair));
            let services = each.filter_map(|label| self.index.selecting.get(&label));
            for key in services.flatten() {
                if let Some(Fact::Service(service)) = self.facts.get(key).map(|f| &**f)
                    && selects(&service.selector, labels)
                {
                    mark(&mut dirty.services, key.clone(), cause);
                }
            }
        }
    }
}

fn labels(fact: Option<&Fact>) -> Option<&Labels> {
    fact.map(|fact| &fact.meta().labels)
}

/// What a machine's Ready condition says, as far as pods on it care: one that nobody tells of is not lost.
pub(super) fn readiness(fact: Option<&Fact>) -> Option<bool> {
    match fact {
        Some(Fact::Node(node)) => node.ready,
        _ => Some(true),
    }
}
