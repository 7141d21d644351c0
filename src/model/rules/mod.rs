//! Findings: what of the observed world is not as it should be, by CompArch's own checks as far as they make
//! sense on Kubernetes. One rule, one file. Pure and read-only: a finding changes nothing, and no rule guesses;
//! where a namespace's pods are not known, nothing is said of their number.

mod exceptions;
mod forbidden;
mod minimum;
mod ratings;
mod unknown;
mod unserved;
mod untargeted;

use serde::Serialize;

use super::Model;
use super::element::ComponentState;
use super::key::{ElementKey, TypeKey};
use super::observation::NamespaceChoice;

pub use self::exceptions::THRESHOLD;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule's name, for scripts.
    pub rule: &'static str,
    /// The element that it is about.
    pub subject: ElementKey,
    /// What is wrong, as a sentence without a full stop.
    pub text: String,
    /// What it is seen by, each a phrase. May be empty.
    pub evidence: Vec<String>,
}

/// Everything that the rules find now, rule by rule, each in the order of the model.
#[must_use]
pub fn findings(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let rules = [
        unknown::find,
        unserved::find,
        exceptions::find,
        minimum::find,
        untargeted::find,
        forbidden::find,
        ratings::find,
    ];
    rules.iter().flat_map(|find| find(model, choice)).collect()
}

/// How many components of a type are STARTED.
fn started(model: &Model, key: &TypeKey) -> usize {
    let components = model.components_of(key).into_iter();
    components
        .filter(|c| c.state == ComponentState::Started)
        .count()
}
