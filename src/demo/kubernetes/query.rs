//! What stands behind the question mark, read as a real API server reads it.

use axum::http::Uri;

use super::failure::Failure;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The parameters of an address.
    pub(super) fn of(uri: &Uri) -> Result<Self, Failure> {
        axum::extract::Query::try_from_uri(uri)
            .map(|axum::extract::Query(pairs)| Self(pairs))
            .map_err(|error| Failure::bad_request(format!("the query cannot be read: {error}")))
    }

    /// The first value of a name; nothing when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(own, _)| own == name);
        named
            .next()
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a name is there and not set to false.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)
            .map(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Failure> {
        let parse = |value: &str| {
            value.parse().map_err(|_| {
                Failure::bad_request(format!(
                    "strconv.ParseInt: parsing \"{value}\": invalid syntax"
                ))
            })
        };
        self.text(name).map(parse).transpose()
    }
}
