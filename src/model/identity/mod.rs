//! Who is who: which component type a raw telemetry name belongs to, with the rule that says so.
//!
//! Rules in order: the person's mapping; the tags of spans; the address that spans come from; the names
//! that containers are told, OpenTelemetry's naming order, other names, the names of Services; and what is
//! only likely ([`Rule`] has them all). The strongest rule that has a candidate decides. Where it has
//! several, what spans say of namespace, group and address tells them apart; weaker names never do, for
//! they say nothing about which of two that have the name alike is meant. What is left is ambiguous, and
//! shown as that.

mod directory;
mod evidence;
mod likeness;
mod names;
mod resolution;
mod rule;
mod spelling;

pub use directory::Directory;
pub use evidence::{Cluster, Places, Told};
pub(in crate::model) use evidence::{is_wanted, wants};
pub use likeness::Likeness;
pub use names::{DAPR, Names, names_of};
pub use resolution::{Known, Resolution};
pub use rule::{Rule, Settler};
pub(in crate::model) use spelling::normal;

/// Whether a raw name is what a library puts where nobody named the service.
pub(in crate::model) fn is_default(raw: &str) -> bool {
    spelling::is_default(&normal(raw))
}

#[cfg(test)]
mod tests;
