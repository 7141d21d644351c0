//! Why an answer is of no use: one line for the Sources view, with what to do about it.
//!
//! Whatever a server sent is cleaned before it enters such a line.

use crate::model::text::Text;
use crate::sources::http::{NoAnswer, looks_like_html, quote};

/// What went wrong with one question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// No answer: as it is said of any server.
    #[error("{0}")]
    Asking(#[from] NoAnswer),
    /// 401 or 403.
    #[error(
        "answered {0}: give credentials as in http://user:password@host, or ask who runs the server"
    )]
    Refused(u16),
    /// 404.
    #[error("answered 404 (not found): is this a Zipkin server? the API is expected under {0}")]
    NotFound(Text),
    /// A page for people.
    #[error("answered HTML: is this a Zipkin server? the API is expected under {0}")]
    Html(Text),
    /// Another status that is not a success.
    #[error("answered {status}{quote}; see the tracing server's log")]
    Status {
        /// Whether the fault is the server's (5xx).
        theirs: bool,
        /// Code and reason.
        status: Text,
        /// `": "` and the first words of the body; empty where it has none.
        quote: Text,
    },
    /// More than we are ready to read.
    #[error("answered more than {} MB, which is not read: ask for a shorter window", .0 / (1024 * 1024))]
    TooLarge(usize),
    /// The JSON stops in the middle.
    #[error("the answer ends early, after {0} bytes: is something on the way cutting it off?")]
    Truncated(usize),
    /// Not JSON.
    #[error("answered what is not JSON ({0}): is this a Zipkin server?")]
    NotJson(Text),
    /// JSON, but not what the API promises.
    #[error("answered JSON of another shape ({0}): is this a Zipkin server with the API v2?")]
    Shape(Text),
    /// A fault of ours.
    #[error("the answer could not be used: {0}; this is a defect, please report it")]
    Internal(Text),
}

impl Failure {
    /// Whether no question at all would be answered now.
    pub(super) const fn is_everywhere(&self) -> bool {
        matches!(self, Self::Asking(no_answer) if no_answer.is_everywhere())
    }

    /// Whether the API may live below another path.
    pub(super) const fn is_wrong_place(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Html(_))
    }

    /// Whether the question may have been too much for the server: it took too long, or the server gave up
    /// (the in-memory store with a full heap answers 500 after seconds).
    pub(super) const fn is_strain(&self) -> bool {
        matches!(
            self,
            Self::Asking(NoAnswer::TimedOut(_)) | Self::Status { theirs: true, .. }
        )
    }

    /// A failed status, with the first words of a body that is no HTML.
    pub(super) fn status(status: reqwest::StatusCode, body: &[u8]) -> Self {
        let said = quote(&String::from_utf8_lossy(body));
        let quote = if said.is_empty() || looks_like_html(body) {
            Text::from("")
        } else {
            Text::from(format!(": {said}"))
        };
        Self::Status {
            theirs: status.is_server_error(),
            status: Text::from(status.to_string()),
            quote,
        }
    }

    /// That work of ours broke off.
    pub(super) fn internal(error: &tokio::task::JoinError) -> Self {
        Self::Internal(quote(&error.to_string()))
    }

    /// What the decoder of a body of `length` bytes reports.
    pub(super) fn json(error: &serde_json::Error, length: usize) -> Self {
        match error.classify() {
            serde_json::error::Category::Eof => Self::Truncated(length),
            serde_json::error::Category::Data => Self::Shape(quote(&error.to_string())),
            _ => Self::NotJson(quote(&error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(400, b"endTs <= 0\n".as_slice(), "answered 400 Bad Request: endTs <= 0; see the tracing server's log")]
    #[case(500, b"".as_slice(), "answered 500 Internal Server Error; see the tracing server's log")]
    #[case(502, b"<html>bad".as_slice(), "answered 502 Bad Gateway; see the tracing server's log")]
    #[case(500, b"a\x1b[31mb\nc".as_slice(), "answered 500 Internal Server Error: ab c; see the tracing server's log")]
    fn statuses_quote_what_was_said(#[case] code: u16, #[case] body: &[u8], #[case] line: &str) {
        let failure = Failure::status(StatusCode::from_u16(code).unwrap(), body);
        assert_eq!(failure.to_string(), line);
    }

    #[test]
    fn lines_are_bounded() {
        let failure = Failure::status(StatusCode::INTERNAL_SERVER_ERROR, &[b'x'; 10_000]);
        assert!(failure.to_string().len() < 300);
    }
}
