//! Why nobody answered: one line for the Sources view, with what to do about it.
//!
//! Whatever a server sent is cleaned before it enters such a line.

use std::error::Error;
use std::time::Duration;

use crate::model::text::{self, Text};

/// Longest piece of an answer that a line repeats, in characters.
const QUOTE_LIMIT: usize = 120;

/// Why a question has no answer, whoever was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sources) enum NoAnswer {
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
    /// No HTTP client can be made, as when there are no certificates to check the server's with.
    #[error("cannot ask at all: {0}; https needs the system's CA certificates")]
    Setup(Text),
}

impl NoAnswer {
    /// Whether no question at all would be answered now.
    pub(in crate::sources) const fn is_everywhere(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::NoTls | Self::Setup(_))
    }

    /// That no client can be made, and why.
    pub(in crate::sources) fn setup(error: &dyn Error) -> Self {
        Self::Setup(quote(&error.to_string()))
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
}
