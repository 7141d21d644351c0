//! Autoscalers whose target is not there.

use crate::model::Model;
use crate::model::key::TypeKey;
use crate::model::observation::{AutoscalerFact, Fact, Kind, NamespaceChoice};
use crate::model::text::Text;

/// An autoscaler whose target is known not to be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostAutoscaler {
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// The kind that it names.
    pub kind: Text,
    /// The name of what it would scale.
    pub target: Text,
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}

impl LostAutoscaler {
    /// `Deployment cart`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}", self.kind, self.target)
    }
}

impl Model {
    /// Autoscalers whose target is not there, sorted. Of kinds that are not listed nobody knows.
    #[must_use]
    pub fn lost_autoscalers(&self, choice: &NamespaceChoice) -> Vec<LostAutoscaler> {
        let scaled = self.index.scaled.iter();
        let lost =
            scaled.filter(|(target, _)| choice.covers(&target.namespace) && self.is_lost(target));
        let scalers = lost.flat_map(|(target, keys)| keys.iter().map(move |key| (target, key)));
        let mut found: Vec<LostAutoscaler> = scalers
            .filter_map(|(target, key)| match &**self.facts.get(key)? {
                Fact::Autoscaler(scaler) => Some(lost_one(target, scaler)),
                _ => None,
            })
            .collect();
        found.sort();
        found
    }

    /// Whether it is known that a workload is not there.
    fn is_lost(&self, target: &TypeKey) -> bool {
        let kinds = [Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet];
        let Some(kind) = kinds.into_iter().find(|kind| kind.name() == &*target.kind) else {
            return false;
        };
        let key = crate::model::observation::FactKey {
            kind,
            namespace: target.namespace.clone(),
            name: target.name.clone(),
        };
        self.is_complete(kind, &target.namespace) && self.facts.get(&key).is_none()
    }
}

fn lost_one(target: &TypeKey, scaler: &AutoscalerFact) -> LostAutoscaler {
    LostAutoscaler {
        namespace: target.namespace.clone(),
        name: scaler.meta.name.clone(),
        kind: target.kind.clone(),
        target: target.name.clone(),
        min: scaler.min,
        max: scaler.max,
    }
}
