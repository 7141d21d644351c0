//! A tracing server as Zipkin 3.6.1 is one when it keeps its spans in memory.
//!
//! Spans enter by [`store::Store::accept`] or over HTTP; links, names and traces are answered from the
//! store. All but [`http`] is pure: no clock, no I/O; times enter as values.

pub mod decode;
pub mod endpoint;
pub mod http;
pub mod id;
pub mod linker;
mod metrics;
mod piece;
pub mod query;
pub mod refusal;
pub mod span;
pub mod store;
mod tree;
