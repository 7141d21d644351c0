//! One reading over HTTP, bounded in time, size and redirects.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{ACCEPT, LOCATION};

use super::failure::Failure;
use crate::model::text::Text;
use crate::sources::http::{self, NoAnswer};

/// Most of an answer that is read, in bytes after decompression.
pub(super) const BODY_LIMIT: usize = 1_000_000;
/// Most of a failed answer that is read, for its first words, in bytes.
const COMPLAINT_LIMIT: usize = 4 * 1024;
/// What is understood. A server that has only something else answers with that.
const UNDERSTOOD: &str = "text/plain;version=0.0.4, application/openmetrics-text;q=0.5, */*;q=0.1";

/// Reads one endpoint; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    timeout: Duration,
}

impl Client {
    /// A client for the endpoint at `url`; `timeout` is for a whole answer.
    ///
    /// # Errors
    /// Where there is no TLS for a server that needs it.
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, Failure> {
        let url = Url::parse(url).map_err(|error| NoAnswer::setup(&error))?;
        let http = http::client(&url, timeout);
        let http = http.map_err(|error| NoAnswer::transport(error, timeout))?;
        Ok(Self { http, url, timeout })
    }

    /// Where it reads, without a query, which may hold a token.
    pub(super) fn address(url: &str) -> Text {
        let address = Url::parse(url).map(|mut url| {
            url.set_query(None);
            url.set_fragment(None);
            crate::model::text::message(url.as_str())
        });
        address.unwrap_or_else(|_| "".into())
    }

    /// What the endpoint answers now.
    ///
    /// # Errors
    /// Every [`Failure`] but those of understanding.
    pub(super) async fn read(&self) -> Result<Vec<u8>, Failure> {
        let lost = |error| Failure::from(NoAnswer::transport(error, self.timeout));
        let request = self.http.get(self.url.clone()).header(ACCEPT, UNDERSTOOD);
        let answer = request.send().await.map_err(lost)?;
        let status = answer.status();
        if status.is_redirection() {
            let location = http::header(&answer, LOCATION);
            let to = http::destination(answer.url(), location);
            return Err(NoAnswer::Elsewhere(to).into());
        }
        if !status.is_success() {
            let (complaint, _) = http::body(answer, COMPLAINT_LIMIT).await.map_err(lost)?;
            return Err(Failure::status(status, &complaint));
        }
        match http::body(answer, BODY_LIMIT).await.map_err(lost)? {
            (body, true) => Ok(body),
            (_, false) => Err(Failure::TooLarge(BODY_LIMIT / 1_000)),
        }
    }
}
