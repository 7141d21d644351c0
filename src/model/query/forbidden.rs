//! Observed calls that go against the NetworkPolicies that the cluster declares.
//!
//! A call is between component types, a policy speaks of pods: it is said to be forbidden only where it is for each
//! pod of the one and each of the other, as they are now. And only where all policies are known, and those that
//! forbid it are older than the window in which it was seen.

use jiff::{SignedDuration, Timestamp};

use crate::model::Model;
use crate::model::element::Call;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::labels::Labels;
use crate::model::observation::{Fact, FactKey, Kind, NetworkPolicyFact};
use crate::model::permission::{Direction, End, Port, Refusal, refuses};

/// Most different sets of labels of one type's pods that are looked at.
const VARIETY: usize = 32;

impl Model {
    /// What the cluster's policies have against a call of the short window, direction by direction; nothing where
    /// it is allowed, or where that cannot be known.
    #[must_use]
    pub fn refusals(&self, call: &Call) -> Vec<Refusal> {
        self.refused(call).unwrap_or_default()
    }

    fn refused(&self, call: &Call) -> Option<Vec<Refusal>> {
        let (ElementKey::Type(caller), ElementKey::Type(callee)) = (&call.caller, &call.callee)
        else {
            return None;
        };
        let counts = call.recent.filter(|counts| counts.calls > 0)?;
        if caller == callee || self.index.policies.is_empty() {
            return None;
        }
        let knows = |kind| {
            let mut ends = [caller, callee].into_iter();
            ends.all(|end| self.is_complete(kind, &end.namespace))
        };
        if !knows(Kind::NetworkPolicy) || !knows(Kind::Pod) {
            return None;
        }
        let window = i64::try_from(counts.window_ms).ok()?;
        let begin = counts
            .ends
            .checked_sub(SignedDuration::from_millis(window))
            .ok()?;
        let ports = self.ports_of(callee);
        let (from, to) = (self.looks(caller)?, self.looks(callee)?);
        let mut first = None;
        for caller in &from {
            for callee in &to {
                let found = self.between(*caller, *callee, begin, &ports);
                if found.is_empty() {
                    return None;
                }
                first.get_or_insert(found);
            }
        }
        first
    }

    /// What policies have against a connection of two pods.
    fn between(
        &self,
        caller: End<'_>,
        callee: End<'_>,
        begin: Timestamp,
        ports: &Option<Ports>,
    ) -> Vec<Refusal> {
        let is_old = |policy: &NetworkPolicyFact| policy.meta.created.is_none_or(|at| at < begin);
        let ways = [
            (
                caller,
                Direction::Out,
                callee,
                ports.as_ref().map(|p| &p.any),
            ),
            (
                callee,
                Direction::In,
                caller,
                ports.as_ref().map(|p| &p.own),
            ),
        ];
        let found =
            ways.into_iter()
                .filter_map(|(subject, direction, other, ports)| {
                    let keys = self.index.policies.get(subject.namespace);
                    let policies = keys.into_iter().flatten().filter_map(|key| {
                        match &**self.facts.get(key)? {
                            Fact::NetworkPolicy(policy) => Some(&**policy),
                            _ => None,
                        }
                    });
                    let ports = ports.map(Vec::as_slice);
                    refuses(policies, is_old, (subject, direction), other, ports)
                });
        found.collect()
    }

    /// The pods of a type as policies see them, each look once; `None` where there is none, where there are too
    /// many, and where one is on its machine's network, which policies do not rule.
    fn looks<'a>(&'a self, key: &'a TypeKey) -> Option<Vec<End<'a>>> {
        let namespace_labels = self.facts.get(&FactKey {
            kind: Kind::Namespace,
            namespace: "".into(),
            name: key.namespace.clone(),
        });
        let namespace_labels = namespace_labels.map(|fact| &fact.meta().labels);
        let mut looks: Vec<&Labels> = Vec::new();
        for pod in self.index.members.get(key)?.pods.iter() {
            let pod = self.pod_fact(pod)?;
            if pod.host_network {
                return None;
            }
            if !matches!(&*pod.phase, "Succeeded" | "Failed") && !looks.contains(&&pod.meta.labels)
            {
                looks.push(&pod.meta.labels);
            }
            if looks.len() > VARIETY {
                return None;
            }
        }
        let ends = looks.into_iter().map(|labels| End {
            namespace: &key.namespace,
            namespace_labels,
            labels,
        });
        let ends: Vec<End<'_>> = ends.collect();
        (!ends.is_empty()).then_some(ends)
    }

    /// The ports of a type's Services; `None` where no Service says any.
    fn ports_of(&self, key: &TypeKey) -> Option<Ports> {
        let mut ports = Ports::default();
        for port in self.services_of(key).into_iter().flat_map(|s| &s.ports) {
            let at = |number| Port {
                protocol: port.protocol.clone(),
                number,
            };
            let target = match &port.target {
                None => Some(port.port),
                Some(target) => target.parse().ok(),
            };
            ports.own.push(at(target));
            // Where a policy stands on the way out, the address of the Service may still be the other end.
            ports.any.extend([at(target), at(Some(port.port))]);
        }
        (!ports.own.is_empty()).then_some(ports)
    }
}

/// The ports that a type is called at.
#[derive(Default)]
struct Ports {
    /// Those of its pods.
    own: Vec<Port>,
    /// The same and those of its Services.
    any: Vec<Port>,
}

impl Refusal {
    /// Which policies, and of which end: `NetworkPolicy db, of who is called`.
    #[must_use]
    pub fn words(&self) -> String {
        let names = self.policies.join(", ");
        let end = match self.direction {
            Direction::In => "who is called",
            Direction::Out => "who calls",
        };
        let ports = if self.at_other_ports {
            ", except at ports that no Service of it has"
        } else {
            ""
        };
        format!("NetworkPolicy {names} of {end} does not allow it{ports}")
    }
}
