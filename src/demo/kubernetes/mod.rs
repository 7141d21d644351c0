//! The simulated cluster's protocol: what an API server says over HTTP, as far as Portolan and kubectl
//! ask. It translates and keeps nothing of its own; what happens, happens in [`crate::demo::cluster`].
//!
//! Plain HTTP without credentials, so it is to be bound to loopback only.
//!
//! It knowingly differs from a real API server:
//! - The kinds are those of [`crate::demo::cluster::kind`]; all else is answered with 404, and what
//!   nobody could simulate (exec, attach, port-forward, proxy) with 501, always as a `Status` in words.
//! - Answers are JSON, never protobuf, YAML or CBOR; of protobuf only the few objects are read that kubectl
//!   sends in no other way. No server-side apply, dry runs, evictions, `fieldValidation`
//!   or schemas of objects (so no `kubectl explain`).
//! - A status is read through `…/status` and never written.
//! - Of several things that are wrong with an object only the first is told, without `causes`.
//! - Continue tokens can be read by people; columns have no descriptions.

mod accept;
mod access;
mod answer;
mod delete;
mod discovery;
mod failure;
mod fields;
mod handle;
mod labels;
mod list;
mod logs;
mod metrics;
mod openapi;
mod options;
mod protobuf;
mod query;
mod route;
mod table;
mod watch;
mod write;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use handle::Shared;

/// The API of a cluster.
pub fn router(cluster: Shared) -> axum::Router {
    axum::Router::new()
        .fallback(answer::answer)
        .with_state(cluster)
}
