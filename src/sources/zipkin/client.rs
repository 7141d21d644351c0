//! One question over HTTP: bounded in time, size and redirects, and one look at the server's clock.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, LOCATION};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, StatusCode, Url};

use super::api;
use super::clock::{self, Clock, Sample};
use super::failure::{self, Failure};
use super::settings::{Credentials, Settings};
use crate::model::text::Text;

/// Most of an answer that is read, after decompression. 1,383 links were 77 KB, so this is some
/// 500,000 links: no server that works sends it.
const BODY_LIMIT: usize = 32 * 1024 * 1024;
/// Most of a failed answer that is read, for its first words.
const COMPLAINT_LIMIT: usize = 4 * 1024;
/// How long a connection may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Redirects followed for one question; a slash added and a scheme raised are two.
const REDIRECT_LIMIT: usize = 4;

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
    /// [`Failure::Setup`] when no TLS can be set up for a server that needs it.
    pub(super) fn new(settings: &Settings) -> Result<Self, Failure> {
        let url = Url::parse(&settings.url)
            .map_err(|error| Failure::Setup(failure::quote(&error.to_string())))?;
        let http = http(&url, settings.timeout)
            .map_err(|error| Failure::transport(error, settings.timeout))?;
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
        let asked = clock::now_ms();
        let answer = request
            .send()
            .await
            .map_err(|error| Failure::transport(error, self.timeout))?;
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
            _ if status.is_redirection() => Err(Failure::Elsewhere(destination(
                answer.url(),
                header(&answer, LOCATION),
            ))),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Failure::Refused(status.as_u16()))
            }
            StatusCode::NOT_FOUND => Err(Failure::NotFound(Text::from(api))),
            _ if !status.is_success() => {
                let (complaint, _) = self.read(answer, COMPLAINT_LIMIT).await.unwrap_or_default();
                Err(Failure::status(status, &complaint))
            }
            _ if html => Err(Failure::Html(Text::from(api))),
            _ => match self.read(answer, limit).await? {
                (body, _) if failure::looks_like_html(&body) => Err(Failure::Html(Text::from(api))),
                (body, true) => Ok(body),
                (_, false) => Err(Failure::TooLarge(limit)),
            },
        }
    }

    /// At most `limit` bytes of the body, and whether that is all of it.
    async fn read(&self, mut answer: Response, limit: usize) -> Result<(Vec<u8>, bool), Failure> {
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(None) => return Ok((body, true)),
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                    let rest = limit - body.len();
                    body.extend(chunk.iter().take(rest));
                    return Ok((body, false));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return Err(Failure::transport(error, self.timeout)),
            }
        }
    }
}

/// An HTTP client for one server; `timeout` is for a whole answer.
///
/// # Errors
/// When no TLS can be set up for a server that needs it.
pub(in crate::sources) fn http(url: &Url, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    match builder(url, timeout).build() {
        // A machine without any certificates can still ask over plain HTTP.
        Err(_) if url.scheme() == "http" => builder(url, timeout).tls_certs_only([]).build(),
        built => built,
    }
}

fn builder(url: &Url, timeout: Duration) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("portolan/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        // The address could hold what the server should not pass on.
        .referer(false)
        .redirect(Policy::custom(follow));
    // The environment's proxy cannot reach our own loopback.
    if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    }
}

/// Follows a redirect on the same host, and never from TLS to plain text; others are answers.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let allowed = attempt
        .previous()
        .last()
        .is_some_and(|from| may_follow(from, attempt.url()));
    if allowed && attempt.previous().len() <= REDIRECT_LIMIT {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn may_follow(from: &Url, to: &Url) -> bool {
    from.host_str() == to.host_str() && (from.scheme() == to.scheme() || to.scheme() == "https")
}

/// Where a redirect leads, without what may be secret: a login page's address carries tokens.
pub(in crate::sources) fn destination(from: &Url, location: Option<&str>) -> Text {
    let Some(mut to) = location.and_then(|raw| from.join(raw).ok()) else {
        return Text::from("nowhere");
    };
    // These fail only for addresses without a host, which have no credentials either.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    to.set_query(None);
    to.set_fragment(None);
    failure::quote(to.as_str())
}

fn is_loopback(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A header of an answer, where it is a text.
pub(in crate::sources) fn header(
    answer: &Response,
    name: reqwest::header::HeaderName,
) -> Option<&str> {
    answer.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://a/x", "http://a/y", true)]
    #[case("http://a", "https://a", true)]
    #[case("http://a:80", "http://a:9411", true)]
    #[case("https://a", "http://a", false)]
    #[case("http://a", "http://b", false)]
    #[case("http://a", "http://a.b", false)]
    fn redirects_stay_on_the_host(#[case] from: &str, #[case] to: &str, #[case] follows: bool) {
        assert_eq!(
            may_follow(&from.parse().unwrap(), &to.parse().unwrap()),
            follows
        );
    }

    #[rstest]
    #[case(
        Some("https://u:p@login.example/sso?state=secret#x"),
        "https://login.example/sso"
    )]
    #[case(Some("/elsewhere"), "http://a/elsewhere")]
    #[case(Some("http://"), "nowhere")]
    #[case(None, "nowhere")]
    fn destinations_are_told_without_secrets(#[case] location: Option<&str>, #[case] told: &str) {
        assert_eq!(
            &*destination(&"http://a/api".parse().unwrap(), location),
            told
        );
    }

    #[rstest]
    #[case("http://localhost:9411", true)]
    #[case("http://127.0.0.3", true)]
    #[case("http://[::1]:1", true)]
    #[case("http://localhost.example", false)]
    #[case("http://192.0.2.1", false)]
    fn loopback_is_told(#[case] url: &str, #[case] loopback: bool) {
        assert_eq!(is_loopback(&url.parse().unwrap()), loopback);
    }
}
