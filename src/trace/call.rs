//! One call or message between two services, as the spans of a trace tell it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::{SpanId, TraceId};
use super::operation::Operation;

/// A call, or one half of a message's way (to the broker, or from it).
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own on how a call went"
)]
pub struct Call {
    /// The trace, for whoever wants to look at it.
    pub trace: TraceId,
    /// The span that tells of it, the called side's where that was recorded; `None` where none does.
    pub span: Option<SpanId>,
    /// The caller's name; `None` where nobody said who called (a user, a gateway that is not traced).
    pub caller: Option<Arc<str>>,
    /// The callee's name; its address where nobody names it.
    pub callee: Arc<str>,
    /// Whether that is an address: Zipkin's links leave such a call out.
    pub is_by_address: bool,
    /// What the callee is, as far as tags tell.
    pub sort: Sort,
    /// What was asked of it; `None` where the call itself was not recorded and follows from others only.
    pub operation: Option<Operation>,
    /// When it began, in µs since the epoch; 0 where that is not known.
    pub timestamp: i64,
    /// How long it took, in µs, by the called side where that was recorded; `None` where nobody says.
    pub duration: Option<u64>,
    /// Whether a span of it has the tag `error`, which is what Zipkin counts.
    pub failed: bool,
    /// Whether it failed and the called side says nothing of it: no span, and no status that it answered.
    pub is_unanswered: bool,
    /// Whether it was answered with an HTTP status of 500 or more.
    pub is_5xx: bool,
    /// What was thrown, where that was recorded.
    pub exception: Option<Exception>,
    /// Who served it; `None` where the called side did not record it, or does not say which one it is.
    pub instance: Option<Instance>,
    /// What it is, where it is no call that people ask about.
    pub noise: Option<Noise>,
}

/// Which instance of a service served a call, as its own span says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instance {
    /// The tag `service.version`.
    pub version: Option<Arc<str>>,
    /// The tag `k8s.pod.name`.
    pub pod: Option<Arc<str>>,
    /// The address of the span's local endpoint.
    pub address: Option<Arc<str>>,
}

/// What the called side is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// A service, or nothing else is known.
    #[default]
    Service,
    /// A database or a cache: `db.system` is set.
    Database,
    /// A message broker: `messaging.system` is set, or spans of producers and consumers name it.
    Broker,
}

/// What was thrown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exception {
    /// Its type: `exception.type`, `error.type`, or what stands for it.
    pub kind: Arc<str>,
    /// What it says: `exception.message`, or the value of the tag `error`. May be empty.
    pub message: Arc<str>,
}

/// Calls that are hidden, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Noise {
    /// A liveness, readiness or health check.
    HealthCheck,
    /// A scrape of metrics.
    Scrape,
    /// A proxy's own record of a call that the services record too.
    Proxy,
}
