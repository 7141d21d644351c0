//! Something is needed, and nothing STARTED provides it: CompArch's required interface without a STARTED
//! provider, and its component type that should have an instance and has none.

use super::{Finding, started};
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::links::{Neighbour, Side};

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let types = model.types().filter(|t| {
        choice.covers(&t.key.namespace)
            && model.knows_components(&t.key.namespace)
            && started(model, &t.key) == 0
    });
    let types = types.map(|t| (ElementKey::Type(t.key.clone()), "has no STARTED component"));
    let services = model
        .services()
        .filter(|s| choice.covers(&s.namespace) && s.is_empty());
    let services = services.map(|s| {
        let key = ElementKey::service(&s.namespace, &s.name);
        (key, "has nothing behind it")
    });
    let found = types.chain(services).filter_map(|(subject, lack)| {
        let evidence = callers(model, &subject);
        (!evidence.is_empty()).then(|| Finding {
            rule: "unservedNeed",
            text: format!("{subject} {lack}, and is needed"),
            subject,
            evidence,
        })
    });
    found.collect()
}

/// Who needs it now: by calls of the short window, or by configuration.
fn callers(model: &Model, callee: &ElementKey) -> Vec<String> {
    let neighbours = model.neighbours(callee, Side::Callers);
    let needs = neighbours.iter().filter(|n| n.key != callee);
    let configured = |n: &Neighbour<'_>| n.declared.is_some_and(|d| !d.is_only_allowed());
    let said = needs.filter_map(|n| match (n.recent_calls(), configured(n)) {
        (0, false) => None,
        (0, true) => Some(format!("{} is configured to call it", n.key)),
        (_, _) => Some(format!("{} calls it", n.key)),
    });
    said.collect()
}
