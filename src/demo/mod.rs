//! A system in the box: a small simulated cluster and its tracing back end, speaking the real protocols
//! on loopback.
//!
//! It is a stand-in for the world outside, so it names nothing of what looks at that world: neither the
//! model nor the ui, the sources or the effectors. They meet it as they meet a real cluster, over HTTP.
//!
//! The simulation itself ([`cluster`], and what runs in it) is pure: time enters as a value, chance as a
//! seed, so the same seed and the same requests give the same history.

pub mod cluster;
mod date;
pub mod faults;
pub mod kubernetes;
pub mod life;
pub mod presence;
pub mod running;
pub mod system;
pub mod tracing;
pub mod traffic;
