//! Traces: spans in Zipkin's second format, the tree that they make, and the calls that follow from them.
//!
//! Pure: no clock, no input or output, no cluster. The tracing source reads what a server recorded with it,
//! and the demo's tracing server is made of it.

pub mod call;
pub mod calls;
pub mod decode;
pub mod endpoint;
mod exception;
mod hop;
pub mod id;
mod key;
pub mod linker;
mod noise;
pub mod operation;
mod path;
mod piece;
mod record;
pub mod refusal;
mod secret;
pub mod span;
mod statement;
mod tree;
pub mod waterfall;
