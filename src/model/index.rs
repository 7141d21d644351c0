//! Where facts are found by what they name, and who is the topmost owner of whom.

use std::collections::{BTreeSet, HashMap};

use super::Model;
use super::change::Cause;
use super::declared;
use super::element::Element;
use super::facts::FactChange;
use super::identity;
use super::key::{ElementKey, TypeKey};
use super::mark::{Dirty, mark, mark_one};
use super::observation::{Fact, FactKey, Kind, Mention, NodeFact, OwnerRef, PodFact, WorkloadFact};
use super::text::Text;

/// Deepest chain of owners that is followed; longer ones are broken or a loop.
pub(super) const OWNER_DEPTH: usize = 8;

/// Namespace, key and value of a label.
pub(super) type Label = (Text, Text, Text);

/// A label of something in a namespace.
pub(super) fn label(namespace: &Text, (key, value): (&Text, &Text)) -> Label {
    (namespace.clone(), key.clone(), value.clone())
}

/// Where facts are found by what they name.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Workloads by uid.
    pub(super) workloads: HashMap<Text, FactKey>,
    /// Pods and workloads by the uid of their controller.
    pub(super) owned: HashMap<Text, BTreeSet<FactKey>>,
    /// Facts that are in a namespace, pods, workloads, Services and Ingresses.
    pub(super) inside: HashMap<Text, BTreeSet<FactKey>>,
    /// Uids of pods by machine.
    pub(super) on: HashMap<Text, BTreeSet<Text>>,
    /// Slices by Service.
    pub(super) slices: HashMap<(Text, Text), Vec<FactKey>>,
    /// Pods by each of their labels.
    pub(super) labelled: HashMap<Label, BTreeSet<FactKey>>,
    /// Services by the first label that they select by.
    pub(super) selecting: HashMap<Label, BTreeSet<FactKey>>,
    /// Slices by the uid of a pod that they list.
    pub(super) behind: HashMap<Text, Vec<FactKey>>,
    /// The topmost owner of pods and workloads.
    pub(super) top: HashMap<FactKey, TypeKey>,
    /// Pods (by name and uid) and workloads of a type.
    pub(super) members: HashMap<TypeKey, Members>,
    /// The names that a type goes by.
    pub(super) names: HashMap<TypeKey, identity::Names>,
    /// The hosts that a type's configuration names.
    pub(super) mentions: HashMap<TypeKey, BTreeSet<Mention>>,
    /// The types whose configuration names a host, by the host's digest.
    pub(super) mentioned: HashMap<u64, BTreeSet<TypeKey>>,
    /// Services by the digest of their bare name, for callers of their own namespace.
    pub(super) bare: HashMap<(Text, u64), FactKey>,
    /// Services by the digests of their names with a namespace.
    pub(super) hosts: HashMap<u64, FactKey>,
    /// The ConfigMaps that a type's configuration takes values from, by name.
    pub(super) reads: HashMap<TypeKey, BTreeSet<Text>>,
    /// The types that take values from a ConfigMap, by namespace and name.
    pub(super) read_by: HashMap<(Text, Text), BTreeSet<TypeKey>>,
    /// Autoscalers by what they name as their target.
    pub(super) scaled: HashMap<TypeKey, BTreeSet<FactKey>>,
    /// NetworkPolicies by namespace.
    pub(super) policies: HashMap<Text, BTreeSet<FactKey>>,
    /// NetworkPolicies that speak of other namespaces.
    pub(super) far_policies: BTreeSet<FactKey>,
    /// The pairs of caller and callee that a policy names.
    pub(super) pairs: HashMap<FactKey, BTreeSet<(TypeKey, TypeKey)>>,
    /// The same by caller: whom it may call, and by which policy.
    pub(super) granted: HashMap<TypeKey, BTreeSet<(TypeKey, FactKey)>>,
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
            + self.slices.values().map(|few| 1 + few.len()).sum::<usize>()
            + self.behind.values().map(|few| 1 + few.len()).sum::<usize>()
            + sets(&self.labelled)
            + sets(&self.selecting)
            + sets(&self.mentions)
            + sets(&self.mentioned)
            + sets(&self.reads)
            + sets(&self.read_by)
            + sets(&self.scaled)
            + sets(&self.policies)
            + self.far_policies.len()
            + sets(&self.pairs)
            + sets(&self.granted)
            + self.bare.len()
            + self.hosts.len()
            + self.top.len()
            + members.sum::<usize>()
            + self.names.len()
    }

    /// Replaces what a type's configuration names.
    pub(super) fn mention(&mut self, key: &TypeKey, mentions: Option<BTreeSet<Mention>>) {
        let hosts = |mentions: &BTreeSet<Mention>| -> BTreeSet<u64> {
            mentions.iter().map(|mention| mention.host).collect()
        };
        for host in self.mentions.remove(key).iter().flat_map(hosts) {
            put(&mut self.mentioned, host, key, false);
        }
        if let Some(mentions) = mentions {
            for host in hosts(&mentions) {
                put(&mut self.mentioned, host, key, true);
            }
            self.mentions.insert(key.clone(), mentions);
        }
    }

    /// Keeps or forgets by which names a Service is called.
    pub(super) fn address(&mut self, key: &FactKey, there: bool) {
        let addresses = declared::addresses(&key.namespace, &key.name);
        let bare = (key.namespace.clone(), addresses.bare);
        if there {
            self.bare.insert(bare, key.clone());
        } else {
            self.bare.remove(&bare);
        }
        for host in addresses.hosts {
            if there {
                self.hosts.insert(host, key.clone());
            } else {
                self.hosts.remove(&host);
            }
        }
    }

    /// The types whose configuration names a Service.
    pub(super) fn mentioning(&self, service: &FactKey) -> impl Iterator<Item = &TypeKey> {
        let addresses = declared::addresses(&service.namespace, &service.name);
        let near = self.mentioned.get(&addresses.bare).into_iter().flatten();
        let near = near.filter(|ty| ty.namespace == service.namespace);
        let far = addresses.hosts.into_iter();
        near.chain(far.flat_map(|host| self.mentioned.get(&host).into_iter().flatten()))
    }

    /// The Service that a host is, as seen from a namespace: the nearer one first.
    pub(super) fn named(&self, namespace: &Text, host: u64) -> Option<&FactKey> {
        let bare = self.bare.get(&(namespace.clone(), host));
        bare.or_else(|| self.hosts.get(&host))
    }

    /// The topmost owner of a workload, by the workload's uid.
    pub(super) fn owner_of(&self, uid: &Text) -> Option<&TypeKey> {
        self.top.get(self.workloads.get(uid)?)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) pods: BTreeSet<FactKey>,
    pub(super) workloads: BTreeSet<FactKey>,
}

impl Members {
    pub(super) fn set(&mut self, kind: Kind) -> &mut BTreeSet<FactKey> {
        if kind == Kind::Pod {
            &mut self.pods
        } else {
            &mut self.workloads
        }
    }
}

impl Model {
    pub(super) fn reown(&mut self, change: &FactChange, key: &FactKey) {
        for (fact, there) in [(&change.before, false), (&change.after, true)] {
            if let Some(owner) = fact.as_ref().and_then(|f| f.meta().owner.as_ref()) {
                put(&mut self.index.owned, owner.uid.clone(), key, there);
            }
        }
    }

    pub(super) fn settle_owners(&mut self, dirty: &mut Dirty) {
        for (key, cause) in std::mem::take(&mut dirty.owners) {
            let new = self.facts.get(&key).map(|fact| self.topmost(fact));
            let old = self.index.top.get(&key).cloned();
            if old != new && key.kind != Kind::Pod && self.telemetry.hints().next().is_some() {
                // Spans may name it.
                mark_one(&mut dirty.join, Cause::Scope);
            }
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
    pub(super) fn topmost(&self, fact: &Fact) -> TypeKey {
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

    pub(super) fn pod_key(&self, uid: &Text) -> Option<FactKey> {
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

    pub(super) fn node_fact(&self, name: &Text) -> Option<&NodeFact> {
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

    pub(super) fn pod_fact(&self, key: &FactKey) -> Option<&PodFact> {
        match &**self.facts.get(key)? {
            Fact::Pod(fact) => Some(fact),
            _ => None,
        }
    }

    pub(super) fn workload_fact(&self, key: &FactKey) -> Option<&WorkloadFact> {
        match &**self.facts.get(key)? {
            Fact::Workload(fact) => Some(fact),
            _ => None,
        }
    }
}

/// The type that a workload is when nobody owns it.
pub(super) fn own_type(workload: &WorkloadFact) -> TypeKey {
    TypeKey {
        namespace: workload.meta.namespace.clone(),
        kind: workload.kind.name().into(),
        name: workload.meta.name.clone(),
    }
}

/// Puts a member into a set by key, or takes it out; empty sets do not stay.
pub(super) fn put<K, V>(map: &mut HashMap<K, BTreeSet<V>>, key: K, member: &V, there: bool)
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

/// The same for a list that nearly always has one member: a set of its own would take ten times as much.
pub(super) fn put_few<K, V>(map: &mut HashMap<K, Vec<V>>, key: K, member: &V, there: bool)
where
    K: std::hash::Hash + Eq,
    V: PartialEq + Clone,
{
    if there {
        let few = map.entry(key).or_default();
        if !few.contains(member) {
            few.reserve_exact(1);
            few.push(member.clone());
        }
    } else if let Some(few) = map.get_mut(&key) {
        few.retain(|own| own != member);
        if few.is_empty() {
            map.remove(&key);
        }
    }
}
