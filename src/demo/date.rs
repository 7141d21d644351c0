//! The `Date` header: what time it is in the simulation, on every answer of its servers.

use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// Stamps an answer.
pub(super) fn stamp(headers: &mut HeaderMap, now: Timestamp) {
    // Every time that the simulation can reach has such a form.
    let date = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .ok();
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        headers.insert(DATE, date);
    }
}
