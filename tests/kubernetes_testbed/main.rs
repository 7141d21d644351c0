//! The Kubernetes source and the effectors against a real API server, with kubectl as the judge: what takes
//! users and rights, which the simulated cluster has not. The rest is in `cluster_conformance`.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test kubernetes_testbed -- --ignored`. Each test has
//! a namespace of its own; nothing else in the cluster is touched.

#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

#[path = "../real/mod.rs"]
mod real;
mod sees;
#[path = "../watching/mod.rs"]
mod watching;
mod writes;
