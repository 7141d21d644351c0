//! Effectors: each turns an intent into requests to the outside world and reports what came of it.
//!
//! An effector decides nothing: what is sent was previewed and confirmed before. It sends once; an
//! outcome that is not known is for the sources to find out, never for a second attempt.

mod failure;
pub mod scale;

pub use failure::EffectError;
