//! The Kubernetes source under faults of the real server and of the way to it: what is said, what stays, and
//! that all is right again soon after.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test faults_testbed -- --ignored`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do, and say how long it took"
)]

mod answers;
mod busy;
mod connection;
mod judge;
mod meant;
mod pages;
#[path = "../proxy/mod.rs"]
mod proxy;
#[path = "../real/mod.rs"]
mod real;
mod refused;
mod server;
#[path = "../watching/mod.rs"]
mod watching;
