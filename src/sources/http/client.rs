//! A client within bounds: of time, of redirects, and of what is read of an answer.

use std::time::Duration;

use reqwest::header::HeaderName;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Response, Url};

use super::failure::quote;
use crate::model::text::Text;

/// How long a connection may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Redirects followed for one question; a slash added and a scheme raised are two.
const REDIRECT_LIMIT: usize = 4;

/// An HTTP client for one server; `timeout` is for a whole answer.
///
/// # Errors
/// When no TLS can be set up for a server that needs it.
pub(in crate::sources) fn client(url: &Url, timeout: Duration) -> reqwest::Result<reqwest::Client> {
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
    quote(to.as_str())
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
pub(in crate::sources) fn header(answer: &Response, name: HeaderName) -> Option<&str> {
    answer.headers().get(name)?.to_str().ok()
}

/// At most `limit` bytes of an answer's body, and whether that is all of it.
///
/// # Errors
/// When the connection breaks, or time runs out.
pub(in crate::sources) async fn body(
    mut answer: Response,
    limit: usize,
) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > limit {
            let rest = limit - body.len();
            body.extend(chunk.iter().take(rest));
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
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
