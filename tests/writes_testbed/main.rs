//! Writes under faults: between the effectors and the real API server stands a proxy that cuts, keeps silent
//! and answers otherwise. What the server's objects say is the truth; the last word about each write has to
//! agree with it, and the server must not see any write twice.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test writes_testbed -- --ignored`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod fault;
#[path = "../proxy/mod.rs"]
mod proxy;
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../real/mod.rs"]
mod real;
mod screen;
mod trial;
#[path = "../watching/mod.rs"]
mod watching;
