//! The model as text for scripts and people. Pure: what is printed follows from the model alone.
//!
//! An export leaves out what changes by the second (counts, times of sources) unless it is asked for,
//! so two exports of an unchanged system are the same, byte for byte.

pub mod comparch;
mod findings;
pub mod graph;
pub mod json;
pub mod operations;
mod parameters;
pub mod properties;
pub mod tree;
mod versions;

use super::Model;
use super::key::ElementKey;
use super::observation::NamespaceChoice;
use super::query::links::Side;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only these namespaces; machines belong to none and are always there, names outside of the cluster
    /// where something in these namespaces calls them or is called by them.
    pub namespaces: NamespaceChoice,
    /// Also counts of calls and the sources' times, which change by the second.
    pub telemetry: bool,
}

/// Whether a link has an end in the chosen namespaces. What two names outside of them do with each other
/// is shown only where everything is.
pub(super) fn touches(choice: &NamespaceChoice, caller: &ElementKey, callee: &ElementKey) -> bool {
    let is_chosen = |key: &ElementKey| key.namespace().is_some_and(|n| choice.covers(n));
    *choice == NamespaceChoice::All || is_chosen(caller) || is_chosen(callee)
}

/// Whether a name outside of the cluster has to do with the chosen namespaces.
fn is_about(model: &Model, choice: &NamespaceChoice, key: &ElementKey) -> bool {
    *choice == NamespaceChoice::All
        || [Side::Callers, Side::Callees]
            .into_iter()
            .flat_map(|side| model.calls(key, side))
            .any(|call| touches(choice, &call.caller, &call.callee))
}
