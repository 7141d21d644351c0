//! Who one is: credential plugins, token files, certificates and kubeconfigs of every bad kind, against the
//! real API server and on the real screen.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test credentials_testbed -- --ignored`.

mod certificates;
mod corrected;
mod kubeconfigs;
mod plugins;
#[path = "../proxy/mod.rs"]
mod proxy;
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../real/mod.rs"]
mod real;
mod secrets;
mod terminal;
mod tokens;
mod user;
#[path = "../watching/mod.rs"]
mod watching;
