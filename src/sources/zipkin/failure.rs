//! Why an answer is of no use: one line for the Sources view, with what to do about it.
//!
//! Whatever a server sent is cleaned before it enters such a line.

use std::error::Error;
use std::time::Duration;

use crate::model::text::{self, Text};

/// Longest piece of an answer that a line repeats, in characters.
const QUOTE_LIMIT: usize = 120;

/// What went wrong with one question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sources) enum Failure {
    /// No connection: name, address, port, or the certificate is wrong, or nothing runs there.
    #[error("cannot connect: {0}; check the address, and that the server runs")]
    Unreachable(Text),
    /// Asked by TLS where plain HTTP is spoken.
    #[error("cannot connect: the server does not speak TLS there; try http:// instead of https://")]
    NoTls,
    /// No complete answer in time.
    #[error("no answer within {} s: the server is busy or hangs", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The connection ended in the middle.
    #[error("the connection broke during the answer: {0}; if it stays so, see the server's log")]
    Broken(Text),
    /// A redirect that is not followed.
    #[error(
        "answered with a redirect to {0}, which is not followed: give the address that it leads to"
    )]
    Elsewhere(Text),
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
    /// No HTTP client can be made, as when there are no certificates to check the server's with.
    #[error("cannot ask at all: {0}; https needs the system's CA certificates")]
    Setup(Text),
    /// A fault of ours.
    #[error("the answer could not be used: {0}; this is a defect, please report it")]
    Internal(Text),
}

impl Failure {
    /// Whether no question at all would be answered now.
    pub(super) const fn is_everywhere(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::NoTls | Self::Setup(_))
    }

    /// Whether the API may live below another path.
    pub(super) const fn is_wrong_place(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Html(_))
    }

    /// Whether the question may have been too much for the server: it took too long, or the server gave up
    /// (the in-memory store with a full heap answers 500 after seconds).
    pub(super) const fn is_strain(&self) -> bool {
        matches!(self, Self::TimedOut(_) | Self::Status { theirs: true, .. })
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

    /// What the HTTP client reports. Its address is left out, since the status line shows ours.
    pub(in crate::sources) fn transport(error: reqwest::Error, timeout: Duration) -> Self {
        let error = error.without_url();
        if error.is_connect() && speaks_no_tls(&error) {
            Self::NoTls
        } else if error.is_connect() {
            Self::Unreachable(root_cause(&error))
        } else if error.is_timeout() {
            Self::TimedOut(timeout)
        } else if error.is_builder() {
            Self::Setup(root_cause(&error))
        } else {
            Self::Broken(root_cause(&error))
        }
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

/// Whether a body is a page for people: it begins with a tag, which JSON never does.
pub(in crate::sources) fn looks_like_html(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Whether the other side answered a TLS greeting with something else.
fn speaks_no_tls(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(at) = cause {
        if matches!(at.downcast_ref(), Some(rustls::Error::InvalidMessage(_))) {
            return true;
        }
        // What an I/O error wraps is not its source, but the source of its source.
        let wrapped = at.downcast_ref().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => at.source(),
        };
    }
    false
}

/// The innermost cause: the outer ones only say that a request failed.
fn root_cause(error: &dyn Error) -> Text {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    quote(&cause.to_string())
}

/// The beginning of what others wrote.
pub(in crate::sources) fn quote(raw: &str) -> Text {
    text::clean(raw.trim(), QUOTE_LIMIT)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"<!doctype html>".as_slice(), true)]
    #[case(b"\xef\xbb\xbf \n<html>".as_slice(), true)]
    #[case(b"[]".as_slice(), false)]
    #[case(b"".as_slice(), false)]
    fn pages_are_told_by_their_first_character(#[case] body: &[u8], #[case] html: bool) {
        assert_eq!(looks_like_html(body), html);
    }

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
