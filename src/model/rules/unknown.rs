//! A component in state UNKNOWN: CompArch's crash.

use super::Finding;
use crate::model::Model;
use crate::model::element::ComponentState;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let components = model.components().filter(|c| choice.covers(&c.namespace));
    let unknown = components.filter(|c| c.state == ComponentState::Unknown);
    let found = unknown.map(|c| Finding {
        rule: "unknownComponent",
        subject: ElementKey::component(&c.uid),
        text: format!("{}/{} is UNKNOWN", c.namespace, c.name),
        evidence: c.reason.iter().map(ToString::to_string).collect(),
    });
    found.collect()
}
