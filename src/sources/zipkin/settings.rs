//! Where the tracing server is and how often it is asked.
//!
//! Credentials live here and go nowhere but into the `Authorization` header: not into addresses, not
//! into errors, not into debug output.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

/// How the tracing server is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The base URL: `http` or `https`, without credentials, query, fragment and trailing slash. It may
    /// have a path (`/zipkin`); the API is expected in `api/v2` below it.
    pub url: String,
    /// Length of the short window in ms, from which rates are derived. By default a minute: short enough
    /// to be "now", long enough that a service called once in ten seconds does not flicker.
    pub recent_ms: u64,
    /// Length of the long window in ms, from which structure is derived. By default 24 hours, the
    /// server's own default (`QUERY_LOOKBACK`).
    pub long_ms: u64,
    /// Length of the window in ms in which operations and their latencies are counted, from a sample of
    /// traces. By default five minutes: long enough for percentiles, and for what is called now and then.
    pub usage_ms: u64,
    /// Pause between two questions for traces. By default 15 s: they cost the server more than links do.
    pub traces_interval: Duration,
    /// Pause between two questions for the short window.
    pub interval: Duration,
    /// Pause between two questions for the long window, and for the names. The default is a minute, as
    /// the in-memory store takes in no spans while it answers: a second, for 24 hours with 244,000 spans.
    pub long_interval: Duration,
    /// How long one answer may take, from the first byte sent to the last one received. The default is
    /// 10 s; the server itself gives up after 11 s (`QUERY_TIMEOUT`).
    pub timeout: Duration,
    /// What the URL had before its `@`.
    pub(super) credentials: Option<Credentials>,
}

/// A user and a password, which debug output does not show.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Why a URL cannot be the tracing server's. The text never repeats the input, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not a URL at all.
    #[error("the tracing server's address is not a URL ({0}): give it as http://host:9411")]
    NotUrl(String),
    /// Neither `http` nor `https`, often because the scheme is missing.
    #[error(
        "the tracing server's address must begin with http:// or https://, as in http://host:9411"
    )]
    Scheme,
}

impl Settings {
    /// Settings for the server at `url`, with default windows and intervals.
    ///
    /// Takes what a browser's address line shows as well: query, fragment, trailing slashes and a
    /// trailing `/api/v2` are cut off. Credentials (`http://user:password@host`) are taken out of the
    /// address and sent as basic authentication.
    ///
    /// # Errors
    /// [`SettingsError`], one line that says what to give instead.
    pub fn new(url: &str) -> Result<Self, SettingsError> {
        let mut parsed =
            Url::parse(url.trim()).map_err(|error| SettingsError::NotUrl(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(SettingsError::Scheme);
        }
        let credentials = credentials(&parsed);
        // These fail only for URLs without a host, which http and https do not allow.
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        parsed.set_query(None);
        parsed.set_fragment(None);
        let url = parsed.as_str().trim_end_matches('/');
        let url = url.strip_suffix("/api/v2").unwrap_or(url);
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            recent_ms: 60_000,
            long_ms: 86_400_000,
            usage_ms: 300_000,
            traces_interval: Duration::from_secs(15),
            interval: Duration::from_secs(5),
            long_interval: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            credentials,
        })
    }
}

/// What stands before the `@`.
fn credentials(url: &Url) -> Option<Credentials> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    Some(Credentials {
        user: percent_decoded(url.username()),
        password: url.password().map(percent_decoded),
    })
}

/// `%40` to `@`; what is no such escape is kept.
fn percent_decoded(raw: &str) -> String {
    let mut bytes = raw.bytes();
    let mut out = Vec::with_capacity(raw.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(byte: Option<u8>) -> Option<u8> {
    let digit = char::from(byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://host:9411", "http://host:9411")]
    #[case(" http://host:9411/ ", "http://host:9411")]
    #[case("HTTPS://Host/zipkin/", "https://host/zipkin")]
    #[case("http://host/zipkin/api/v2/", "http://host/zipkin")]
    #[case("http://host:9411/zipkin/?lookback=15m#x", "http://host:9411/zipkin")]
    #[case("http://[::1]:9411", "http://[::1]:9411")]
    #[case("http://user:p%40ss@host:9411/zipkin", "http://host:9411/zipkin")]
    fn addresses_become_a_base(#[case] given: &str, #[case] base: &str) {
        assert_eq!(Settings::new(given).unwrap().url, base);
    }

    #[rstest]
    #[case("")]
    #[case("zipkin")]
    #[case("192.0.2.1:9411")]
    #[case("http://")]
    #[case("http://host:99999")]
    #[case("localhost:9411")]
    #[case("ftp://user:secret@host")]
    #[case("user:secret@host:9411")]
    fn other_addresses_give_one_line_that_says_what_to_give(#[case] given: &str) {
        let line = Settings::new(given).unwrap_err().to_string();
        assert!(line.contains("http://host:9411"), "{line}");
        assert!(!line.contains('\n'), "{line}");
        assert!(!line.contains("secret"), "{line}");
    }

    #[test]
    fn credentials_are_taken_out_and_not_shown() {
        let settings = Settings::new("https://us%65r:p%40s%zz@host/").unwrap();
        let credentials = settings.credentials.clone().unwrap();
        assert_eq!(credentials.user, "user");
        assert_eq!(credentials.password.as_deref(), Some("p@s%zz"));
        let shown = format!("{settings:?}");
        assert!(
            !shown.contains("p@s") && !shown.contains("p%40s") && !shown.contains("user"),
            "{shown}"
        );
    }
}
