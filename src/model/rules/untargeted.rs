//! An autoscaler whose target is not there: nothing is scaled, and only an event would say so.

use super::Finding;
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let found = model.lost_autoscalers(choice).into_iter();
    let found = found.map(|lost| Finding {
        rule: "autoscalerTarget",
        subject: ElementKey::tenant(&lost.namespace),
        text: format!(
            "HorizontalPodAutoscaler {}/{} has no target: {} is not there",
            lost.namespace,
            lost.name,
            lost.words()
        ),
        evidence: vec![format!(
            "it would keep it at {} to {} components",
            lost.min, lost.max
        )],
    });
    found.collect()
}
