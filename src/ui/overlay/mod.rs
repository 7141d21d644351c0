//! What stands over a view until it is answered or closed. A stack, so that illegal mixtures do not fit.

pub mod namespaces;
pub mod prompt;
