//! The demo: a simulated system that speaks the protocols of the real ones, on loopback.
//!
//! It must name neither model, ui, app, sources nor effectors: those meet it over the wire only.

pub mod system;
pub mod tracing;
pub mod traffic;
