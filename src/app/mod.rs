//! The app: messages in, effects out. The only place that knows all the others.
//!
//! `update` is synchronous and total, and free of clock and await: every message carries its time. What
//! must wait for the world is an [`effect::Effect`] that the [`runtime`] carries out.

pub mod actions;
mod draw;
pub mod effect;
pub mod headless;
pub mod host;
mod incoming;
pub mod msg;
mod outcome;
pub mod runtime;
mod saving;
pub mod state;
mod troubles;
pub mod tty;
mod update;
mod writing;

pub use runtime::run;
