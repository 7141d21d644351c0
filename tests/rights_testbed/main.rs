//! What one may: users of whom each lacks something, and the manifests of `assets/rbac`, on the real API server.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test rights_testbed -- --ignored`.

mod account;
mod lacks;
mod manifest;
#[path = "../proxy/mod.rs"]
mod proxy;
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../real/mod.rs"]
mod real;
mod rules;
mod several;
mod used;
#[path = "../watching/mod.rs"]
mod watching;
