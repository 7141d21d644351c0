//! Calls that were observed, and that no NetworkPolicy allows.

use super::Finding;
use crate::model::Model;
use crate::model::element::Element;
use crate::model::export::touches;
use crate::model::observation::NamespaceChoice;

/// Why a call that is forbidden may have been made all the same.
const HOWEVER: &str = "it was made all the same: the cluster's network may not enforce policies, something else may \
                       allow it, or the pods were other ones then";

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let links = model.graph().links();
    let found = links.filter_map(|(key, element)| {
        let Element::Call(call) = &**element else {
            return None;
        };
        let refusals = if touches(choice, &call.caller, &call.callee) {
            model.refusals(call)
        } else {
            Vec::new()
        };
        (!refusals.is_empty()).then(|| Finding {
            rule: "forbiddenCall",
            subject: key.clone(),
            text: format!(
                "{} calls {}, and no policy allows it",
                call.caller, call.callee
            ),
            evidence: refusals
                .iter()
                .map(super::super::permission::Refusal::words)
                .chain([HOWEVER.to_owned()])
                .collect(),
        })
    });
    found.collect()
}
