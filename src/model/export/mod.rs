//! The model as text for scripts and people. Pure: what is printed follows from the model alone.
//!
//! An export leaves out what changes by the second (counts, times of sources) unless it is asked for,
//! so two exports of an unchanged system are the same, byte for byte.

pub mod json;
pub mod tree;

use super::observation::NamespaceChoice;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Only these namespaces; machines and names outside of the cluster belong to none and are always there.
    pub namespaces: NamespaceChoice,
    /// Also counts of calls and the sources' times, which change by the second.
    pub telemetry: bool,
}
