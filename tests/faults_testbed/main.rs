//! The Kubernetes source under faults of the real server and of the way to it: what is said, what stays, and
//! that all is right again soon after.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test faults_testbed -- --ignored`.

mod connection;
#[path = "../proxy/mod.rs"]
mod proxy;
#[path = "../real/mod.rs"]
mod real;
#[path = "../watching/mod.rs"]
mod watching;
