//! What NetworkPolicies allow: the semantics of `networking.k8s.io/v1`, as far as they are known.
//!
//! A pod that no policy selects for a direction may do everything in it. One that some select may do what any of
//! these allows. Both directions must allow a connection: the way out of who opens it, the way in of who takes it.
//! What is not known (an operator that is new, labels of a namespace that may not be read, addresses, named
//! ports) is taken for allowed: that something is forbidden is said only where it is sure.

use serde::{Deserialize, Serialize};

use super::labels::Labels;
use super::policy::{NAME_LABEL, NetworkPolicyFact};
use super::selector::{Operator, Selector};
use super::text::Text;

/// One rule of a policy: who is at the other end, at which ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowance {
    /// Any of these; everybody where there is none.
    pub others: Vec<Other>,
    /// Any of these; all where there is none.
    pub ports: Vec<Ports>,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Other {
    /// Pods.
    Pods {
        /// In these namespaces; `None` for the policy's own.
        namespaces: Option<Selector>,
        /// Which of their pods.
        pods: Selector,
    },
    /// Addresses. Whether they stand for pods too is the network's own affair.
    Addresses,
}

/// Ports of one protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ports {
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: Text,
    /// First and last; `None` for all, and for a port that has only a name.
    pub range: Option<(u16, u16)>,
}

/// The way of a connection, as its subject sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Somebody calls the subject.
    In,
    /// The subject calls somebody.
    Out,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The pod's namespace.
    pub namespace: &'a Text,
    /// The labels of the namespace, where they are known.
    pub namespace_labels: Option<&'a Labels>,
    /// The pod's labels.
    pub labels: &'a Labels,
}

/// A port that a connection may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: Text,
    /// Its number, where it is known.
    pub number: Option<u16>,
}

/// What keeps a pod from a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The way in which it is kept from it.
    pub direction: Direction,
    /// The policies that select the pod, sorted: none of them allows it.
    pub policies: Vec<Text>,
    /// Whether one of them would allow it at other ports.
    pub at_other_ports: bool,
}

impl NetworkPolicyFact {
    /// The rules for a direction; `None` where it does not speak of that.
    fn rules(&self, direction: Direction) -> Option<&[Allowance]> {
        match direction {
            Direction::In => self.incoming.as_deref(),
            Direction::Out => self.outgoing.as_deref(),
        }
    }
}

/// What keeps `subject` from a connection with `other`, of all `policies` that there are in its namespace; `None`
/// where it is allowed or may be. `ports` are those that the connection may go to, `None` where nobody knows. A
/// policy that is not `old` enough to be held against it can only allow.
pub fn refuses<'a>(
    policies: impl Iterator<Item = &'a NetworkPolicyFact>,
    old: impl Fn(&NetworkPolicyFact) -> bool,
    (subject, direction): (End<'_>, Direction),
    other: End<'_>,
    ports: Option<&[Port]>,
) -> Option<Refusal> {
    let mut refusal = Refusal {
        direction,
        policies: Vec::new(),
        at_other_ports: false,
    };
    for policy in policies.filter(|p| p.meta.namespace == *subject.namespace) {
        let selected = fits(&policy.pods, subject.labels, true);
        let Some(rules) = policy.rules(direction).filter(|_| selected != Some(false)) else {
            continue;
        };
        for rule in rules.iter().filter(|rule| rule.may_mean(other, policy)) {
            if rule.may_be_at(ports) {
                return None;
            }
            refusal.at_other_ports = true;
        }
        if selected == Some(true) && old(policy) {
            refusal.policies.push(policy.meta.name.clone());
        }
    }
    refusal.policies.sort();
    (!refusal.policies.is_empty()).then_some(refusal)
}

impl Allowance {
    fn may_mean(&self, end: End<'_>, policy: &NetworkPolicyFact) -> bool {
        let means = |other: &Other| match other {
            Other::Addresses => true,
            Other::Pods { namespaces, pods } => {
                let is_there = match namespaces {
                    None => *end.namespace == policy.meta.namespace,
                    Some(namespaces) => may_be_in(namespaces, end),
                };
                is_there && fits(pods, end.labels, true) != Some(false)
            }
        };
        self.others.is_empty() || self.others.iter().any(means)
    }

    fn may_be_at(&self, ports: Option<&[Port]>) -> bool {
        let Some(ports) = ports.filter(|_| !self.ports.is_empty()) else {
            return true;
        };
        let mut pairs = self
            .ports
            .iter()
            .flat_map(|own| ports.iter().map(move |port| (own, port)));
        pairs.any(|(own, port)| {
            let is_within = match (own.range, port.number) {
                (Some((first, last)), Some(number)) => (first..=last).contains(&number),
                _ => true,
            };
            own.protocol == port.protocol && is_within
        })
    }
}

/// Whether namespaces of a selector may be that of an end: of one that may not be read its name is known.
fn may_be_in(namespaces: &Selector, end: End<'_>) -> bool {
    let fits = if let Some(labels) = end.namespace_labels {
        fits(namespaces, labels, true)
    } else {
        let name: Labels = [(NAME_LABEL.into(), end.namespace.clone())].into();
        fits(namespaces, &name, false)
    };
    fits != Some(false)
}

/// Whether labels fit a selector; `None` where that is not known. `are_all`: there are no other labels.
fn fits(selector: &Selector, labels: &Labels, are_all: bool) -> Option<bool> {
    let is_known = |key: &Text| are_all || labels.get(key).is_some();
    let plain = selector
        .labels
        .iter()
        .map(|(key, value)| is_known(key).then(|| labels.get(key) == Some(value)));
    let expressions = selector.expressions.iter().map(|expression| {
        let is_known = expression.operator != Operator::Other && is_known(&expression.key);
        is_known.then(|| expression.fits(labels.get(&expression.key)))
    });
    let mut all = Some(true);
    for one in plain.chain(expressions) {
        if one == Some(false) {
            return one;
        }
        all = all.and(one);
    }
    all
}

#[cfg(test)]
mod tests;
