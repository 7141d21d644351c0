//! What the network means for somebody who stops, changes or loses a part of it: who is touched, what is cut off,
//! who calls in circles, and how one leads to the other. Each answer has a sentence that screens and commands share.
//!
//! All of it is of the network as it is given: what is filtered out there does not count here, and the sentences
//! say so. A link counts where it was seen or configuration names it; what a NetworkPolicy only allows is no need,
//! and does not count. Everything is the same for the same network, and bounded in steps.

mod cycles;
mod impact;
mod paths;
mod single;
#[cfg(test)]
mod tests;
mod ways;
pub mod words;

pub use cycles::{Cycle, Cycles};
pub use impact::{Impact, Touched};
pub use paths::{Most, Path, Paths};
pub use single::{Replicas, SinglePoint, SinglePoints};
pub use ways::Evidence;
pub use words::Names;
