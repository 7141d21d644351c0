//! What ConfigMaps and autoscalers say of a component type.

use std::collections::BTreeSet;

use crate::model::Model;
use crate::model::declared::MENTION_LIMIT;
use crate::model::element::{Autoscaler, ComponentType};
use crate::model::facts::FactChange;
use crate::model::index::{Index, own_type, put};
use crate::model::key::TypeKey;
use crate::model::mark::{Dirty, mark};
use crate::model::observation::{ConfigMapFact, Fact, FactKey, Kind, Mention, WorkloadFact};
use crate::model::parameter::Origin;
use crate::model::text::{self, Text};

/// Most mentions kept of one type, those of all its ConfigMaps together.
const TYPE_LIMIT: usize = 4 * MENTION_LIMIT;

impl Index {
    /// Replaces the ConfigMaps that a type takes values from.
    pub(in crate::model) fn read(&mut self, key: &TypeKey, names: BTreeSet<Text>) {
        if self
            .reads
            .get(key)
            .map_or(names.is_empty(), |old| *old == names)
        {
            return;
        }
        for name in self.reads.remove(key).into_iter().flatten() {
            put(&mut self.read_by, (key.namespace.clone(), name), key, false);
        }
        for name in &names {
            let of = (key.namespace.clone(), name.clone());
            put(&mut self.read_by, of, key, true);
        }
        if !names.is_empty() {
            self.reads.insert(key.clone(), names);
        }
    }
}

impl Model {
    /// Marks the types that take values from a ConfigMap which names other hosts now. Many ConfigMaps change by
    /// the second and name nobody.
    pub(in crate::model) fn note_config_map(
        &self,
        change: &FactChange,
        key: &FactKey,
        dirty: &mut Dirty,
    ) {
        let mentions = |fact: Option<&Fact>| match fact {
            Some(Fact::ConfigMap(map)) => map.mentions.clone(),
            _ => Vec::new(),
        };
        if mentions(change.before.as_deref()) == mentions(change.after.as_deref()) {
            return;
        }
        let of = (key.namespace.clone(), key.name.clone());
        for ty in self.index.read_by.get(&of).into_iter().flatten() {
            mark(&mut dirty.types, ty.clone(), change.cause);
        }
    }

    /// Keeps who scales what, and marks the targets.
    pub(in crate::model) fn note_autoscaler(
        &mut self,
        change: &FactChange,
        key: &FactKey,
        dirty: &mut Dirty,
    ) {
        for (fact, there) in [(&change.before, false), (&change.after, true)] {
            let Some(Fact::Autoscaler(scaler)) = fact.as_deref() else {
                continue;
            };
            let target = TypeKey {
                namespace: key.namespace.clone(),
                kind: scaler.kind.clone(),
                name: scaler.target.clone(),
            };
            let mut kinds = Kind::NAMESPACED.into_iter();
            let workload = kinds.find(|kind| kind.name() == &*target.kind);
            let workload = workload.map(|kind| FactKey {
                kind,
                namespace: target.namespace.clone(),
                name: target.name.clone(),
            });
            let top = workload.and_then(|key| self.index.top.get(&key));
            let shown = top.cloned().unwrap_or_else(|| target.clone());
            mark(&mut dirty.types, shown, change.cause);
            put(&mut self.index.scaled, target, key, there);
        }
    }

    /// Who scales a type, or a workload that it is made of.
    pub(super) fn autoscalers(
        &self,
        key: &TypeKey,
        workloads: &[&WorkloadFact],
    ) -> Vec<Autoscaler> {
        let own = workloads.iter().map(|workload| own_type(workload));
        let targets: BTreeSet<TypeKey> = own.chain([key.clone()]).collect();
        let scalers = targets.iter().filter_map(|key| self.index.scaled.get(key));
        let mut found: Vec<Autoscaler> = scalers
            .flatten()
            .filter_map(|scaler| match &**self.facts.get(scaler)? {
                Fact::Autoscaler(scaler) => Some(Autoscaler {
                    name: scaler.meta.name.clone(),
                    min: scaler.min,
                    max: scaler.max,
                }),
                _ => None,
            })
            .collect();
        found.sort();
        found
    }

    /// Adds what the ConfigMaps that a type takes values from mention; says which they are.
    pub(super) fn read_values(
        &self,
        of: &ComponentType,
        mentions: &mut BTreeSet<Mention>,
    ) -> BTreeSet<Text> {
        let mut names = BTreeSet::new();
        for parameter in of.parameters.iter() {
            let Origin::ConfigMap { name, key } = &parameter.origin else {
                continue;
            };
            names.insert(name.clone());
            let fact = self.facts.get(&FactKey {
                kind: Kind::ConfigMap,
                namespace: of.key.namespace.clone(),
                name: name.clone(),
            });
            if let Some(Fact::ConfigMap(map)) = fact.map(|f| &**f) {
                let said = said(map, key.as_ref());
                mentions.extend(said.take(TYPE_LIMIT.saturating_sub(mentions.len())));
            }
        }
        names
    }
}

/// What a ConfigMap's key mentions, or all its keys.
fn said<'a>(map: &'a ConfigMapFact, key: Option<&'a Text>) -> impl Iterator<Item = Mention> + 'a {
    let wanted = map
        .mentions
        .iter()
        .filter(move |mention| key.is_none_or(|key| *key == mention.place));
    wanted.map(|mention| Mention {
        host: mention.host,
        place: text::name(&format!(
            "ConfigMap {}, key {}",
            map.meta.name, mention.place
        )),
    })
}
