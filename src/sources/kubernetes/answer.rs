//! One answer of the server, read within bounds: whole, as lines that keep coming, or as a refusal.
//!
//! An own reader over the client's bytes, because kube's keeps whatever a line or a list grows to, and
//! drops the headers of a refusal.

use std::time::Duration;

use futures::FutureExt;
use http::HeaderMap;
use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;

/// Most bytes of one page, which has hundreds of objects.
const PAGE_LIMIT: usize = 64 << 20;
/// Most bytes of one line: an object takes up to 1.5 MB in etcd, and some more as JSON.
const LINE_LIMIT: usize = 16 << 20;
/// Most bytes of a refusal that are read.
const REFUSAL_LIMIT: usize = 64 << 10;
/// How much of what has come in already is handed on together.
const TOGETHER: usize = 256 << 10;

/// Why an answer ends before its end.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection.
    Cut(kube::Error),
    /// More than so many bytes in one piece.
    TooLong(usize),
}

/// Reads an answer to its end.
pub(super) async fn whole(mut body: Body) -> Result<Vec<u8>, Broken> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Broken::Cut)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if read.len() + data.len() > PAGE_LIMIT {
            return Err(Broken::TooLong(PAGE_LIMIT));
        }
        read.extend_from_slice(data);
    }
    Ok(read)
}

/// What a refusal says, however it says it.
pub(super) async fn status(code: u16, mut body: Body) -> Status {
    let mut read = Vec::new();
    while read.len() < REFUSAL_LIMIT
        && let Some(Ok(frame)) = body.frame().await
    {
        if let Some(data) = frame.data_ref() {
            read.extend_from_slice(data);
        }
    }
    let said = serde_json::from_slice::<Status>(&read).ok();
    let mut status = said.unwrap_or_else(|| {
        // A proxy's page is nothing to show.
        let why = "not in the words of Kubernetes; is it a proxy in between?";
        Status::failure(why, "")
    });
    status.code = code;
    status
}

/// How long a refusal asks to wait, in its header; a date is not understood.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?;
    let seconds = seconds.trim().parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs)
}

/// An answer that goes on for as long as there is something to say, a line for each.
#[derive(Debug)]
pub(super) struct Lines {
    body: Body,
    rest: Vec<u8>,
    /// Up to here the rest has no end of a line.
    searched: usize,
}

impl Lines {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            rest: Vec::new(),
            searched: 0,
        }
    }

    /// The next lines, as many as have come in together; `None` at the end. Only the last one of all may be
    /// cut. Nothing is lost when this is dropped half way.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        loop {
            match self.body.frame().await {
                None => {
                    self.searched = 0;
                    let rest = std::mem::take(&mut self.rest);
                    return Ok(Some(rest).filter(|rest| !rest.is_empty()));
                }
                Some(Err(error)) => return Err(Broken::Cut(error)),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.rest.extend_from_slice(data);
                    }
                }
            }
            // An end or a failure that follows at once shows at the next call.
            while self.rest.len() < TOGETHER
                && let Some(Some(Ok(frame))) = self.body.frame().now_or_never()
            {
                if let Some(data) = frame.data_ref() {
                    self.rest.extend_from_slice(data);
                }
            }
            let new = self.rest.get(self.searched..).unwrap_or_default();
            if let Some(end) = new.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(self.searched + end + 1);
                self.searched = rest.len();
                return Ok(Some(std::mem::replace(&mut self.rest, rest)));
            }
            self.searched = self.rest.len();
            if self.rest.len() > LINE_LIMIT {
                return Err(Broken::TooLong(LINE_LIMIT));
            }
        }
    }
}
