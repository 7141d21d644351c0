//! Portolan charts a running microservice system in the terminal.
//!
//! Sources turn the outside world into observations; one task owns the model and applies them; each
//! application yields changes; the ui draws from the model and turns keys into actions; actions become
//! effects, and those that touch the cluster go through effectors. `ARCHITECTURE.md` has the picture.

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod effectors;
pub mod logging;
pub mod model;
pub mod sources;
pub mod trace;
pub mod ui;
