//! Whole sessions of the app: messages in, screens and effects out. No terminal, no network, no clock.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do; what was measured is printed"
)]

mod cluster;
mod harness;
#[path = "../soup/mod.rs"]
mod soup;

mod calls;
mod deletions;
mod exporting;
mod finding;
mod hostile;
mod hosting;
mod ink;
mod interfaces;
mod keys;
mod living;
mod matrix;
mod resources;
mod restarts;
mod rollbacks;
mod scaling;
mod sensors;
mod sizes;
mod slices;
mod time;
mod trace_ways;
mod traces;
mod tree;
mod trends;
mod whole;
mod why;
