//! A provided interface that throws more exceptions than is tolerated.

use super::Finding;
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;

/// Most exceptions of one component type within the sampled window that are tolerated; CompArch's examples
/// have the same number.
pub const THRESHOLD: u64 = 5;

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let Some(sample) = model.interfaces().sample() else {
        return Vec::new();
    };
    let types = model.types().filter(|t| choice.covers(&t.key.namespace));
    let found = types.filter_map(|t| {
        let subject = ElementKey::Type(t.key.clone());
        let thrown = &model.interfaces().inbound(&subject)?.exceptions;
        let times: u64 = thrown.iter().map(|t| t.times).sum();
        (times > THRESHOLD).then(|| Finding {
            rule: "exceptions",
            text: format!(
                "{subject} threw {times} exceptions in the {} s that were sampled",
                sample.window_ms / 1_000
            ),
            subject,
            evidence: thrown
                .iter()
                .map(|t| format!("{} of {}, as in trace {}", t.times, t.kind, t.trace))
                .collect(),
        })
    });
    found.collect()
}
