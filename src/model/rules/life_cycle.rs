//! A step from one state to another that CompArch's life cycle does not have.
//!
//! Judged on what was seen to happen: between two lists anything may have happened, and between two
//! observations of a watch a step may have been too short to be told.

use super::Finding;
use crate::model::change::{Cause, Change};
use crate::model::element::{Component, ComponentState, Element};

pub(super) fn find(change: &Change) -> Option<Finding> {
    fn component(element: Option<&Element>) -> Option<&Component> {
        match element? {
            Element::Component(e) => Some(e),
            _ => None,
        }
    }
    let before = component(change.before.as_deref())?;
    let after = component(change.after.as_deref())?;
    let (from, to) = (before.state, after.state);
    if change.cause != Cause::Live || from == to || is_legal(from, to) {
        return None;
    }
    Some(Finding {
        rule: "lifeCycle",
        subject: change.key.clone(),
        text: format!(
            "{}/{} went from {} to {}",
            after.namespace,
            after.name,
            from.word(),
            to.word()
        ),
        evidence: after.reason.iter().map(ToString::to_string).collect(),
    })
}

/// Deploy, start, stop, and undeploy of what is stopped or crashed.
const fn is_legal(from: ComponentState, to: ComponentState) -> bool {
    use ComponentState::{Deployed, Started, Undeployed, Unknown};
    matches!(
        (from, to),
        (Undeployed | Started, Deployed) | (Deployed, Started | Undeployed) | (Unknown, Undeployed)
    )
}
