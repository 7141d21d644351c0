//! The demo: a small simulated cluster and tracing server, so that nobody needs a cluster to look around.
//!
//! This room names neither model, ui, app, sources nor effectors: they reach it over the real protocols.

pub mod system;
