//! NetworkPolicies and autoscalers.

use crate::model::observation::{
    AutoscalerFact, Expression, Fact, NetworkPolicyFact, Operator, Peer, Selector,
};
use crate::model::permission::{Allowance, Other, Ports};
use crate::model::text;

use super::super::lean::{
    HorizontalPodAutoscaler, LabelSelector, NetworkPolicy, PeerSelector, PolicyPort, PolicySpec,
    Port,
};
use super::{Observe, Observed, count, kind_of, labels, meta, some_name};

impl Observe for NetworkPolicy {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref();
        let incoming = spec.and_then(|s| s.ingress.as_deref()).unwrap_or_default();
        let outgoing = spec.and_then(|s| s.egress.as_deref()).unwrap_or_default();
        let fact = NetworkPolicyFact {
            meta: meta(&self.metadata)?,
            pods: spec
                .and_then(|s| s.pod_selector.as_ref())
                .map(selector)
                .unwrap_or_default(),
            callers: peers(incoming.iter().flat_map(|rule| &rule.from)),
            callees: peers(outgoing.iter().flat_map(|rule| &rule.to)),
            incoming: speaks_of(spec, "Ingress", true).then(|| {
                let rules = incoming.iter();
                let each = rules.map(|rule| allowance(rule.from.as_deref(), rule.ports.as_deref()));
                each.collect()
            }),
            outgoing: speaks_of(spec, "Egress", !outgoing.is_empty()).then(|| {
                let rules = outgoing.iter();
                let each = rules.map(|rule| allowance(rule.to.as_deref(), rule.ports.as_deref()));
                each.collect()
            }),
        };
        Some(Observed::Fact(Fact::NetworkPolicy(Box::new(fact))))
    }
}

/// Whether a policy says something of a direction; `otherwise` where it does not list its directions.
fn speaks_of(spec: Option<&PolicySpec>, direction: &str, otherwise: bool) -> bool {
    match spec.and_then(|s| s.policy_types.as_deref()) {
        Some(types) if !types.is_empty() => types.iter().flatten().any(|own| own == direction),
        _ => otherwise,
    }
}

fn allowance(peers: Option<&[PeerSelector]>, ports: Option<&[PolicyPort]>) -> Allowance {
    let others = peers.unwrap_or_default().iter().map(|peer| {
        let (pods, namespaces) = (&peer.pod_selector, &peer.namespace_selector);
        if pods.is_none() && namespaces.is_none() {
            return Other::Addresses;
        }
        Other::Pods {
            namespaces: namespaces.as_ref().map(selector),
            pods: pods.as_ref().map(selector).unwrap_or_default(),
        }
    });
    let ports = ports.unwrap_or_default().iter().map(|port| {
        let number = |number: i64| u16::try_from(number).ok();
        let first = match &port.port {
            Some(Port::Number(first)) => number(*first),
            _ => None,
        };
        Ports {
            protocol: some_name(port.protocol.as_ref()).unwrap_or_else(|| "TCP".into()),
            range: first.map(|first| (first, port.end_port.and_then(number).unwrap_or(first))),
        }
    });
    Allowance {
        others: others.collect(),
        ports: ports.collect(),
    }
}

/// Those that name pods. One without a selector of pods is a whole namespace or a block of addresses.
fn peers<'a>(raw: impl Iterator<Item = &'a Vec<PeerSelector>>) -> Vec<Peer> {
    let named = raw.flatten().filter_map(|peer| {
        let pods = selector(peer.pod_selector.as_ref()?);
        (!pods.is_empty()).then(|| Peer {
            namespaces: peer.namespace_selector.as_ref().map(selector),
            pods,
        })
    });
    named.collect()
}

fn selector(raw: &LabelSelector) -> Selector {
    let expressions = raw.match_expressions.iter().flatten();
    Selector {
        labels: raw.match_labels.as_ref().map(labels).unwrap_or_default(),
        expressions: expressions
            .map(|raw| Expression {
                key: some_name(raw.key.as_ref()).unwrap_or_default(),
                operator: match raw.operator.as_deref() {
                    Some("In") => Operator::In,
                    Some("NotIn") => Operator::NotIn,
                    Some("Exists") => Operator::Exists,
                    Some("DoesNotExist") => Operator::DoesNotExist,
                    _ => Operator::Other,
                },
                values: raw
                    .values
                    .iter()
                    .flatten()
                    .map(|value| text::name(value.as_deref().unwrap_or("")))
                    .collect(),
            })
            .collect(),
    }
}

impl Observe for HorizontalPodAutoscaler {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref()?;
        let target = spec.scale_target_ref.as_ref()?;
        Some(Observed::Fact(Fact::Autoscaler(AutoscalerFact {
            meta: meta(&self.metadata)?,
            kind: kind_of(target)?,
            target: some_name(target.name.as_ref())?,
            // The API defines 1 for a missing number.
            min: spec.min_replicas.map_or(1, |n| count(Some(n))),
            max: count(spec.max_replicas),
        })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{fact, observe};
    use super::*;

    fn policy(spec: &Value) -> NetworkPolicyFact {
        let object = json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": spec});
        match fact::<NetworkPolicy>(object) {
            Fact::NetworkPolicy(policy) => *policy,
            other => panic!("no policy: {other:?}"),
        }
    }

    #[test]
    fn only_peers_that_name_pods_are_kept() {
        let named = json!({"podSelector": {"matchLabels": {"app": "web"}}});
        for (peers, kept) in [
            (json!([named]), 1),
            (json!([{"podSelector": {}}]), 0),
            (
                json!([{"podSelector": {}, "namespaceSelector": {"matchLabels": {"a": "b"}}}]),
                0,
            ),
            (json!([{"namespaceSelector": {}}]), 0),
            (json!([{"ipBlock": {"cidr": "10.0.0.0/8"}}]), 0),
            (
                json!([{"podSelector": {"matchLabels": {"app": "web"}}, "namespaceSelector": {}}]),
                1,
            ),
            (
                json!([{"podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}]),
                1,
            ),
            (json!(null), 0),
        ] {
            let found = policy(&json!({
                "podSelector": {"matchLabels": {"app": "cart"}},
                "ingress": [{"from": peers}], "egress": [{"to": peers}, {}]
            }));
            assert_eq!(
                (found.callers.len(), found.callees.len()),
                (kept, kept),
                "{peers}"
            );
            assert!(!found.pods.is_empty());
        }
        let bare = policy(&Value::Null);
        assert!(bare.pods.is_empty() && bare.callers.is_empty());
    }

    #[test]
    fn rules_are_read_for_the_directions_that_a_policy_speaks_of() {
        let web = json!({"podSelector": {"matchLabels": {"app": "web"}}});
        for (spec, incoming, outgoing) in [
            (json!({}), Some(0), None),
            (json!({"policyTypes": ["Egress"]}), None, Some(0)),
            (
                json!({"policyTypes": ["Ingress", "Egress"], "egress": [{}]}),
                Some(0),
                Some(1),
            ),
            (
                json!({"ingress": [{"from": [web]}, {}], "egress": [{}]}),
                Some(2),
                Some(1),
            ),
        ] {
            let found = policy(&spec);
            let count = |rules: &Option<Vec<Allowance>>| rules.as_ref().map(Vec::len);
            assert_eq!(
                (count(&found.incoming), count(&found.outgoing)),
                (incoming, outgoing),
                "{spec}"
            );
        }
        let ports = json!([{"port": 80}, {"protocol": "UDP", "port": 53, "endPort": 55}, {"port": "http"}, {}]);
        let peers = json!([web, {"namespaceSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]);
        let found = policy(&json!({"ingress": [{"from": peers, "ports": ports}]}));
        let rules = found.incoming.unwrap_or_default();
        let [rule] = rules.as_slice() else {
            panic!("one rule: {rules:?}")
        };
        let ports: Vec<_> = rule.ports.iter().map(|p| (&*p.protocol, p.range)).collect();
        let read = [
            ("TCP", Some((80, 80))),
            ("UDP", Some((53, 55))),
            ("TCP", None),
            ("TCP", None),
        ];
        assert_eq!(ports, read);
        let [
            Other::Pods {
                namespaces: None,
                pods,
            },
            Other::Pods {
                namespaces: Some(all),
                pods: any,
            },
            Other::Addresses,
        ] = rule.others.as_slice()
        else {
            panic!("three peers: {rule:?}")
        };
        assert!(!pods.is_empty() && all.is_empty() && any.is_empty());
    }

    #[test]
    fn operators_are_read_and_unknown_ones_fit_nothing() {
        let expressions: Vec<Value> = ["In", "NotIn", "Exists", "DoesNotExist", "Gt"]
            .iter()
            .map(|operator| json!({"key": "app", "operator": operator, "values": ["a", null]}))
            .collect();
        let found = policy(&json!({"podSelector": {"matchExpressions": expressions}}));
        let operators: Vec<Operator> = found.pods.expressions.iter().map(|e| e.operator).collect();
        let all = [
            Operator::In,
            Operator::NotIn,
            Operator::Exists,
            Operator::DoesNotExist,
            Operator::Other,
        ];
        assert_eq!(operators, all);
    }

    #[test]
    fn an_autoscaler_names_its_target_and_its_bounds() {
        let of = |spec: Value| {
            observe::<HorizontalPodAutoscaler>(json!({"metadata": {"name": "h"}, "spec": spec}))
        };
        let target =
            |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind, "name": "cart"});
        for (api, kind, min, found) in [
            ("apps/v1", "Deployment", json!(2), ("Deployment", 2)),
            (
                "argoproj.io/v1alpha1",
                "Rollout",
                json!(null),
                ("Rollout.argoproj.io", 1),
            ),
        ] {
            let said = of(
                json!({"scaleTargetRef": target(api, kind), "minReplicas": min, "maxReplicas": 10}),
            );
            let Some(Observed::Fact(Fact::Autoscaler(scaler))) = said else {
                panic!("no autoscaler: {said:?}")
            };
            assert_eq!((&*scaler.kind, scaler.min), found);
            assert_eq!((&*scaler.target, scaler.max), ("cart", 10));
        }
        assert_eq!(of(Value::Null), None);
        assert_eq!(of(json!({"scaleTargetRef": {"kind": "Deployment"}})), None);
    }
}
