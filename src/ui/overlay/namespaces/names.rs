//! The names of namespaces: what is known of each, and which ones fit.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::model::element::Health;
use crate::model::observation::Kind;
use crate::model::text::Text;

/// What is known of a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Types, where workloads were listed.
    pub(super) types: Option<u32>,
    /// Ready and unfinished pods, where pods were listed.
    pub(super) pods: Option<(u32, u32)>,
    /// Of the types, broken or unknown ones.
    pub(super) bad: Option<u32>,
    pub(super) terminating: bool,
}

/// What the model knows of each namespace that it has.
pub(super) fn known(model: &Model) -> BTreeMap<Text, Known> {
    let mut known: BTreeMap<Text, Known> = model
        .tenants()
        .map(|tenant| {
            // What was not listed is not known, which is not zero.
            let listed = |kind| model.is_complete(kind, &tenant.name);
            let new = Known {
                types: listed(Kind::Deployment).then_some(0),
                pods: listed(Kind::Pod).then_some((0, 0)),
                bad: listed(Kind::Deployment).then_some(0),
                terminating: tenant.terminating,
            };
            (tenant.name.clone(), new)
        })
        .collect();
    for element in model.types() {
        if let Some(known) = known.get_mut(&element.key.namespace) {
            known.types = known.types.map(|n| n + 1);
            let bad = u32::from(element.health.is_bad());
            known.bad = known.bad.map(|n| n + bad);
        }
    }
    for component in model.components() {
        if component.health != Health::Stopped
            && let Some(known) = known.get_mut(&component.namespace)
        {
            let ready = component.total > 0 && component.ready == component.total;
            known.pods = known.pods.map(|(n, all)| (n + u32::from(ready), all + 1));
        }
    }
    known
}

/// How well a name fits what is typed, best is 0: the same, its beginning, a part of it, its letters in order.
pub(super) fn fit(name: &str, typed: &str) -> Option<u8> {
    if name == typed {
        return Some(0);
    }
    if name.starts_with(typed) {
        return Some(1);
    }
    if name.contains(typed) {
        return Some(2);
    }
    let mut rest = name.chars();
    typed
        .chars()
        .all(|letter| rest.any(|c| c == letter))
        .then_some(3)
}
