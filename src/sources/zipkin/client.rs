//! One question over HTTP: bounded in time, size and redirects, and one look at the server's clock.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, LOCATION};
use reqwest::{StatusCode, Url};

use super::api;
use super::clock::{self, Clock, Sample};
use super::failure::Failure;
use super::settings::{Credentials, Settings};
use crate::model::text::Text;
use crate::sources::http::{self, NoAnswer, header};

/// Most of an answer that is read, after decompression. 1,383 links were 77 KB, so this is some
/// 500,000 links: no server that works sends it.
const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// Most of a failed answer that is read, for its first words.
const COMPLAINT_LIMIT: usize = 4 * 1024;
/// Asks the tracing server.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    credentials: Option<Credentials>,
    timeout: Duration,
    /// Where the API is, or is expected.
    api: String,
    /// Where else it may be, until one of the two has answered.
    other: Option<String>,
    clock: Clock,
}

impl Client {
    /// A client for the server of the settings.
    ///
    /// # Errors
    /// [`NoAnswer::Setup`] when no TLS can be set up for a server that needs it.
    pub(super) fn new(settings: &Settings) -> Result<Self, Failure> {
        let url = Url::parse(&settings.url).map_err(|error| NoAnswer::setup(&error))?;
        let http = http::client(&url, settings.timeout)
            .map_err(|error| NoAnswer::transport(error, settings.timeout))?;
        let (api, other) = api::bases(&settings.url);
        Ok(Self {
            http,
            credentials: settings.credentials.clone(),
            timeout: settings.timeout,
            api,
            other,
            clock: Clock::default(),
        })
    }

    /// What is known about the server's clock.
    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The body of the answer to a question (a path below the API's base, with its query). Until the API
    /// was found, the other place where it may be is tried as well.
    ///
    /// # Errors
    /// Every [`Failure`] but those of decoding.
    pub(super) async fn ask(&mut self, question: &str) -> Result<Vec<u8>, Failure> {
        self.ask_within(question, BODY_LIMIT).await
    }

    /// The same with another limit of the body, in bytes after decompression.
    ///
    /// # Errors
    /// As for [`Self::ask`]; [`Failure::TooLarge`] beyond that limit.
    pub(super) async fn ask_within(
        &mut self,
        question: &str,
        limit: usize,
    ) -> Result<Vec<u8>, Failure> {
        let first = self.get(&self.api.clone(), question, limit).await;
        match (first, self.other.clone()) {
            (Ok(body), _) => {
                self.other = None;
                Ok(body)
            }
            (Err(failure), Some(other)) if failure.is_wrong_place() => {
                match self.get(&other, question, limit).await {
                    Ok(body) => {
                        self.api = other;
                        self.other = None;
                        Ok(body)
                    }
                    // The address that was given is the one to complain about, unless the API is at the
                    // other one and has a complaint of its own.
                    Err(second) if second.is_wrong_place() => Err(failure),
                    Err(second) => Err(second),
                }
            }
            (Err(failure), _) => Err(failure),
        }
    }

    async fn get(&mut self, api: &str, question: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut request = self.http.get(format!("{api}{question}"));
        if let Some(Credentials { user, password }) = &self.credentials {
            request = request.basic_auth(user, password.as_ref());
        }
        // The names may be cached for five minutes, says the server; a cache on the way would hide new ones.
        let request = request.header(CACHE_CONTROL, "no-cache");
        let lost = |error| NoAnswer::transport(error, self.timeout);
        let asked = clock::now_ms();
        let answer = request.send().await.map_err(lost)?;
        let answered = clock::now_ms();
        let status = answer.status();
        if status.is_success() {
            // Not from failures: those may come from a proxy, which has a clock of its own.
            if let Some(date) = clock::date_ms(header(&answer, DATE), header(&answer, AGE)) {
                self.clock.learn(Sample {
                    asked,
                    answered,
                    date,
                });
            }
        }
        let html = header(&answer, CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
        match status {
            _ if status.is_redirection() => {
                let to = http::destination(answer.url(), header(&answer, LOCATION));
                Err(NoAnswer::Elsewhere(to).into())
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Failure::Refused(status.as_u16()))
            }
            StatusCode::NOT_FOUND => Err(Failure::NotFound(Text::from(api))),
            _ if !status.is_success() => {
                let (complaint, _) = http::body(answer, COMPLAINT_LIMIT)
                    .await
                    .unwrap_or_default();
                Err(Failure::status(status, &complaint))
            }
            _ if html => Err(Failure::Html(Text::from(api))),
            _ => match http::body(answer, limit).await.map_err(lost)? {
                (body, _) if http::looks_like_html(&body) => Err(Failure::Html(Text::from(api))),
                (body, true) => Ok(body),
                (_, false) => Err(Failure::TooLarge(limit)),
            },
        }
    }
}
