//! Paths of requests as keys: what differs from request to request becomes `{id}`, and what may be secret
//! goes.

use std::borrow::Cow;

/// Longest key, in characters: far more than a route that people write.
pub(super) const LIMIT: usize = 200;

/// Stands for a part of a path that differs from request to request.
const ID: &str = "{id}";

/// The path of an address or of a path with a query, its variable parts as `{id}`. Never empty.
pub(super) fn templated(raw: &str) -> String {
    let mut key = String::new();
    for (at, part) in of(raw).split('/').enumerate() {
        if at > 0 {
            key.push('/');
        }
        // Parameters of a part, such as a session's id.
        let part = part.split(';').next().unwrap_or_default();
        key.push_str(if is_variable(part) { ID } else { part });
        if key.len() > LIMIT * 4 {
            break;
        }
    }
    if key.is_empty() {
        key.push('/');
    }
    bounded(key)
}

/// A route that a framework gave, as it is but for what follows it.
pub(super) fn route(raw: &str) -> String {
    let mut end = raw.find('#').unwrap_or(raw.len());
    // A question mark may also say that a parameter is optional.
    if let Some((before, after)) = raw.split_once('?')
        && after.contains(['=', '&'])
    {
        end = end.min(before.len());
    }
    bounded(raw.get(..end).unwrap_or(raw).to_owned())
}

/// At most [`LIMIT`] characters, with an ellipsis where something is missing.
pub(super) fn bounded(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(LIMIT) {
        let last = text.get(..cut).and_then(|kept| kept.chars().next_back());
        text.truncate(cut - last.map_or(0, char::len_utf8));
        text.push('…');
    }
    text
}

/// The path alone, without scheme, host, query and fragment.
pub(super) fn of(raw: &str) -> &str {
    let raw = raw.split(['?', '#']).next().unwrap_or_default();
    match raw.split_once("://") {
        Some((_, rest)) => rest
            .find('/')
            .and_then(|at| rest.get(at..))
            .unwrap_or_default(),
        None => raw,
    }
}

/// Whether a part of a path is not the path's own: numbers, ids, tokens, addresses, free text.
fn is_variable(part: &str) -> bool {
    let all = |of: fn(u8) -> bool| part.bytes().all(of);
    let has_digit = part.bytes().any(|b| b.is_ascii_digit());
    let numbers = || all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b','));
    let hex = || part.len() >= 8 && all(|b| b.is_ascii_hexdigit() || b == b'-');
    let token = || part.len() >= 20 && !part.starts_with(['{', ':', '<', '*']);
    has_digit && (numbers() || hex() || token())
        || part.len() >= 16 && all(|b| b.is_ascii_hexdigit())
        || part.len() > 64
        || Cow::from(part).contains('%')
        || part.find('@').is_some_and(|at| at > 0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/orders", "/orders")]
    #[case("/orders/17", "/orders/{id}")]
    #[case("/orders/17/items/4", "/orders/{id}/items/{id}")]
    #[case("/v1/orders", "/v1/orders")]
    #[case("/orders/0f8fad5b-d9cb-469f-a165-70867728950e", "/orders/{id}")]
    #[case("/blobs/deadbeef", "/blobs/deadbeef")]
    #[case("/blobs/deadbee7", "/blobs/{id}")]
    #[case("/blobs/deadbeefdeadbeef", "/blobs/{id}")]
    #[case("/days/2026-11-23", "/days/{id}")]
    #[case("/tokens/eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "/tokens/{id}")]
    #[case("/internationalisation-of-things", "/internationalisation-of-things")]
    #[case("/users/jane@example.org", "/users/{id}")]
    #[case("/@types/node", "/@types/node")]
    #[case("/search/two%20words", "/search/{id}")]
    #[case("/orders?token=s3cret", "/orders")]
    #[case("/orders#part", "/orders")]
    #[case("/cart;jsessionid=4711/items", "/cart/items")]
    #[case("http://shop.example:8080/orders/17?x=1", "/orders/{id}")]
    #[case("https://user:pass@shop.example", "/")]
    #[case("", "/")]
    #[case("?secret", "/")]
    #[case("/orders/{id}", "/orders/{id}")]
    #[case(
        "/orders/{a_parameter_with_a_long_name_2}",
        "/orders/{a_parameter_with_a_long_name_2}"
    )]
    #[case("*", "*")]
    fn what_differs_from_request_to_request_goes(#[case] raw: &str, #[case] key: &str) {
        assert_eq!(templated(raw), key);
        assert_eq!(templated(key), key, "a second time changes nothing");
    }

    #[rstest]
    #[case("/orders/{id}", "/orders/{id}")]
    #[case("/orders/:id?", "/orders/:id?")]
    #[case("/orders/2?page=1", "/orders/2")]
    #[case("/orders/#x", "/orders/")]
    fn a_route_stays(#[case] raw: &str, #[case] key: &str) {
        assert_eq!(route(raw), key);
    }

    #[test]
    fn keys_are_bounded() {
        for raw in [
            "/ä".repeat(5_000),
            "/a".repeat(5_000),
            format!("/{}", "z".repeat(9_000)),
        ] {
            let key = templated(&raw);
            assert!(key.chars().count() <= LIMIT, "{key}");
        }
        assert_eq!(bounded("x".repeat(LIMIT)), "x".repeat(LIMIT));
        assert_eq!(
            bounded("x".repeat(LIMIT + 1)),
            format!("{}…", "x".repeat(LIMIT - 1))
        );
    }
}
