//! A tracing server as Zipkin 3.6.1 is one when it keeps its spans in memory.
//!
//! Spans enter by [`store::Store::accept`] or over HTTP; links, names and traces are answered from the
//! store. All but [`http`] is pure: no clock, no I/O; times enter as values.

pub mod http;
mod metrics;
pub mod query;
pub mod store;
