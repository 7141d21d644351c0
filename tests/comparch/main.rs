//! The CompArch model: that it is one, that it says what Portolan's model says, and how its file reads.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod file;
mod metamodel;
#[path = "../world/mod.rs"]
#[expect(dead_code, reason = "these tests need only a little of it")]
mod world;

mod golden;
mod invariants;
mod rules;
mod slips;
