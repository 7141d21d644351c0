//! Where in a file something is wrong, in one line.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;

/// Why a system's file is not used: one line with its name, its place, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {why}")]
pub struct SystemError {
    file: String,
    /// `:7`, or nothing.
    place: String,
    why: String,
}

/// A file, to say where in it something is wrong.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Places<'a> {
    pub(super) const fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text }
    }

    /// The error at a value.
    pub(super) fn at<T>(self, value: &Spanned<T>, why: impl Into<String>) -> SystemError {
        self.error(Some(value.span()), why.into())
    }

    /// The error of the reader, in one line.
    pub(super) fn unread(self, error: &toml::de::Error) -> SystemError {
        let why: Vec<&str> = error.message().split_whitespace().collect();
        self.error(error.span(), why.join(" "))
    }

    /// The error of the file as a whole.
    pub(super) fn whole(self, why: impl Into<String>) -> SystemError {
        self.error(None, why.into())
    }

    fn error(self, at: Option<Range<usize>>, why: String) -> SystemError {
        let line = |at: Range<usize>| {
            let before = self.text.bytes().take(at.start);
            before.filter(|byte| *byte == b'\n').count() + 1
        };
        SystemError {
            file: self.path.display().to_string(),
            place: at.map(|at| format!(":{}", line(at))).unwrap_or_default(),
            why,
        }
    }
}
