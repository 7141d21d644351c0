//! NetworkPolicies: who may call whom, where a policy names both.
//!
//! A policy is a permission, not a dependency: the link says "allowed by", and its direction is that of the
//! connection, from who opens it to who takes it. Only what names somebody becomes a link. A policy for all pods
//! of its namespace, a peer that is a whole namespace or all, and a block of addresses name nobody; nor does a
//! selector that stands for more than [`GROUP`] types at once: that is a group, and links between all its members
//! would say less than the policy does. Selectors are about pods, so a type without pods has no such link.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Model;
use super::change::Cause;
use super::index::{label, put};
use super::key::{ElementKey, TypeKey};
use super::mark::{Dirty, mark};
use super::observation::{Fact, FactKey, Kind, Labels, Meta};
use super::permission::Allowance;
use super::selector::Selector;
use super::text::Text;

/// Most types that a selector may stand for and still name them.
pub const GROUP: usize = 8;
/// The label that the API server gives to each namespace: its name.
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A NetworkPolicy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkPolicyFact {
    /// Name, age.
    pub meta: Meta,
    /// The pods of its namespace that it is about.
    pub pods: Selector,
    /// Who may call them, as far as it names somebody.
    pub callers: Vec<Peer>,
    /// Whom they may call, as far as it names somebody.
    pub callees: Vec<Peer>,
    /// All its rules for who may call them; `None` where it does not speak of that.
    #[serde(default)]
    pub incoming: Option<Vec<Allowance>>,
    /// All its rules for whom they may call; `None` where it does not speak of that.
    #[serde(default)]
    pub outgoing: Option<Vec<Allowance>>,
}

/// Pods at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// In these namespaces; `None` for the policy's own.
    pub namespaces: Option<Selector>,
    /// Which of their pods.
    pub pods: Selector,
}

impl NetworkPolicyFact {
    fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.callers.iter().chain(&self.callees)
    }

    /// Whether it speaks of pods of other namespaces.
    pub(super) fn is_far(&self) -> bool {
        self.peers().any(|peer| peer.namespaces.is_some())
    }

    /// Whether pods with these labels may be meant, wherever they are.
    fn concerns(&self, labels: &Labels) -> bool {
        self.pods.fits(labels) || self.peers().any(|peer| peer.pods.fits(labels))
    }
}

impl Model {
    /// Marks the policies that may mean pods with one of these labels.
    pub(super) fn mark_policies(
        &self,
        namespace: &Text,
        labels: &[&Labels],
        cause: Cause,
        dirty: &mut Dirty,
    ) {
        let near = self.index.policies.get(namespace).into_iter().flatten();
        let far = self.index.far_policies.iter();
        for key in near.chain(far) {
            if let Some(Fact::NetworkPolicy(policy)) = self.facts.get(key).map(|f| &**f)
                && labels.iter().any(|labels| policy.concerns(labels))
            {
                mark(&mut dirty.policies, key.clone(), cause);
            }
        }
    }

    /// Marks the policies that ask for labels of namespaces.
    pub(super) fn mark_far_policies(&self, cause: Cause, dirty: &mut Dirty) {
        for key in &self.index.far_policies {
            mark(&mut dirty.policies, key.clone(), cause);
        }
    }

    /// Finds anew whom a policy names.
    pub(super) fn settle_policy(&mut self, key: &FactKey, cause: Cause, dirty: &mut Dirty) {
        let pairs = match self.facts.get(key).map(|f| &**f) {
            Some(Fact::NetworkPolicy(policy)) => self.allowed_by(policy),
            _ => BTreeSet::new(),
        };
        let old = self.index.pairs.remove(key).unwrap_or_default();
        for (pairs, others, there) in [(&old, &pairs, false), (&pairs, &old, true)] {
            for (caller, callee) in pairs.difference(others) {
                let granted = (callee.clone(), key.clone());
                put(&mut self.index.granted, caller.clone(), &granted, there);
                mark(&mut dirty.declared, ElementKey::Type(caller.clone()), cause);
            }
        }
        if !pairs.is_empty() {
            self.index.pairs.insert(key.clone(), pairs);
        }
    }

    /// The pairs of caller and callee that a policy names.
    fn allowed_by(&self, policy: &NetworkPolicyFact) -> BTreeSet<(TypeKey, TypeKey)> {
        let mut pairs = BTreeSet::new();
        let Some(subjects) = self.named_by(&policy.pods, std::iter::once(&policy.meta.namespace))
        else {
            return pairs;
        };
        for (peers, is_caller) in [(&policy.callers, true), (&policy.callees, false)] {
            for peer in peers
                .iter()
                .filter_map(|p| self.peer(p, &policy.meta.namespace))
            {
                for (subject, other) in subjects
                    .iter()
                    .flat_map(|s| peer.iter().map(move |p| (s, p)))
                    .filter(|(subject, other)| subject != other)
                {
                    pairs.insert(if is_caller {
                        (other.clone(), subject.clone())
                    } else {
                        (subject.clone(), other.clone())
                    });
                }
            }
        }
        pairs
    }

    fn peer(&self, peer: &Peer, own: &Text) -> Option<BTreeSet<TypeKey>> {
        match &peer.namespaces {
            None => self.named_by(&peer.pods, std::iter::once(own)),
            Some(namespaces) => {
                let all = self.index.inside.keys();
                let meant = all.filter(|name| namespaces.fits(&self.labels_of(name)));
                self.named_by(&peer.pods, meant)
            }
        }
    }

    /// The labels of a namespace; of one that is not seen its name is known.
    fn labels_of(&self, namespace: &Text) -> Labels {
        let key = FactKey {
            kind: Kind::Namespace,
            namespace: "".into(),
            name: namespace.clone(),
        };
        match self.facts.get(&key).map(|f| &**f) {
            Some(Fact::Namespace(fact)) => fact.meta.labels.clone(),
            _ => [(NAME_LABEL.into(), namespace.clone())].into(),
        }
    }

    /// The types of the pods that a selector means; `None` where it names nobody.
    fn named_by<'a>(
        &self,
        selector: &Selector,
        namespaces: impl Iterator<Item = &'a Text>,
    ) -> Option<BTreeSet<TypeKey>> {
        if selector.is_empty() {
            return None;
        }
        let mut found = BTreeSet::new();
        for namespace in namespaces {
            for key in self.candidates(selector, namespace) {
                if let Some(pod) = self.pod_fact(key)
                    && selector.fits(&pod.meta.labels)
                {
                    found.extend(self.index.top.get(key).cloned());
                    if found.len() > GROUP {
                        return None;
                    }
                }
            }
        }
        Some(found)
    }

    /// Pods among which those that are meant are: those with the rarest label that is asked for, else all.
    fn candidates(&self, selector: &Selector, namespace: &Text) -> impl Iterator<Item = &FactKey> {
        let labelled = selector
            .labels
            .iter()
            .map(|pair| self.index.labelled.get(&label(namespace, pair)));
        let all = || self.index.inside.get(namespace);
        let few = labelled.min_by_key(|pods| pods.map_or(0, BTreeSet::len));
        few.unwrap_or_else(all)
            .into_iter()
            .flatten()
            .filter(|key| key.kind == Kind::Pod)
    }
}
