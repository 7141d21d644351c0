//! Why requests fail, and how spans say so.

use std::sync::Arc;

use super::words::Words;
use crate::demo::system::{Protocol, SpanStyle};
use crate::trace::span::Span;

/// Why something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody listens.
    Refused,
    /// It took longer than the caller waits.
    Timeout,
    /// It answered with an error.
    Answer,
}

impl Failure {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Refused => ("connection refused", "connection_refused"),
            Self::Timeout => ("timeout", "timeout"),
            Self::Answer => ("500", "500"),
        }
    }

    const fn grpc_status(self) -> &'static str {
        match self {
            Self::Refused => "14",
            Self::Timeout => "4",
            Self::Answer => "13",
        }
    }
}

impl Words {
    /// Says in a span how it went.
    pub(super) fn outcome(
        &self,
        span: &mut Span,
        style: SpanStyle,
        protocol: &Protocol,
        failure: Option<Failure>,
    ) {
        let (words, tags) = (self, &mut span.tags);
        let status = match failure {
            None => Some("200"),
            Some(Failure::Answer) => Some("500"),
            Some(Failure::Refused | Failure::Timeout) => None,
        };
        match (protocol, status, style) {
            (Protocol::Http { .. }, Some(status), SpanStyle::OpenTelemetry) => {
                tags.put(Arc::clone(&words.otel_http_status), status);
            }
            // Brave tags the status only where it is no success.
            (Protocol::Http { .. }, Some("500"), SpanStyle::Brave) => {
                tags.put(Arc::clone(&words.brave_http_status), "500");
            }
            (Protocol::Grpc { .. }, ..) => {
                let status = failure.map_or("0", Failure::grpc_status);
                tags.put(Arc::clone(&words.grpc_status), status);
            }
            _ => {}
        }
        let Some(failure) = failure else {
            return;
        };
        let (said, kind) = failure.words();
        tags.put(Arc::clone(&words.error), said);
        if style == SpanStyle::OpenTelemetry {
            tags.put(
                Arc::clone(&words.otel_status),
                Arc::clone(&words.otel_failed),
            );
            tags.put(Arc::clone(&words.error_type), kind);
        }
    }
}
