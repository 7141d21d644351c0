//! A component type: from its own object, its components, and workloads below it.

use std::collections::BTreeSet;

use crate::model::Model;
use crate::model::apply::Recorder;
use crate::model::change::Cause;
use crate::model::element::{Component, Element};
use crate::model::graph::Relation;
use crate::model::identity;
use crate::model::index::own_type;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::mark::{Dirty, mark, mark_one};
use crate::model::observation::{Kind, Labels, PodFact, WorkloadFact};
use crate::model::rating::Ratings;
use crate::model::workload::Parts;

impl Model {
    pub(in crate::model) fn settle_type(
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
            self.index.mention(key, None);
            self.index.read(key, BTreeSet::new());
            if existed {
                mark_one(&mut dirty.join, Cause::Scope);
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
        // An operator may tell pods what the template does not say.
        let own_names = pods
            .iter()
            .flat_map(|p| &p.meta.own_names)
            .chain(workloads.iter().flat_map(|w| &w.meta.own_names))
            .cloned()
            .collect();
        let names = identity::names_of(key, &labels, &annotations, own_names);
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
        // The object itself speaks before its pods.
        let annotations: Vec<&Labels> = annotations.into_iter().rev().collect();
        let autoscalers = self.autoscalers(key, &workloads);
        let parts = Parts {
            key,
            own,
            below,
            components: &components,
            ratings: Ratings::of(&annotations),
            autoscalers,
        };
        let built = parts.build();
        let reads = self.read_values(&built, &mut mentions);
        self.index.read(key, reads);
        if self.index.names.get(key) != Some(&names) {
            self.index.names.insert(key.clone(), names);
            mark_one(&mut dirty.join, Cause::Scope);
        }
        if self.index.mentions.get(key) != Some(&mentions) {
            self.index.mention(key, Some(mentions));
            mark(&mut dirty.declared, element_key.clone(), cause);
        }
        let element = Element::Type(Box::new(built));
        self.record(&element_key, Some(element), cause, out);
        let tenant = ElementKey::tenant(&key.namespace);
        self.graph.relate(&element_key, Relation::In, &[tenant]);
    }
}
