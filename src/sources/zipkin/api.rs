//! The tracing server's protocol: addresses of questions, and answers from bytes. No input or output here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::failure::Failure;
use crate::model::observation::Link;
use crate::model::text::{self, Text};
use crate::trace::id::TraceId;

/// Most links taken from one answer, those with the most calls.
pub(super) const LINK_LIMIT: usize = 20_000;
/// Most names taken from one answer, the first ones in order.
pub(super) const NAME_LIMIT: usize = 5_000;

/// What an answer held, and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded<T> {
    /// What is usable, in order of names, each once.
    pub(super) items: Vec<T>,
    /// How many had an empty name (or one that is empty without its control characters).
    pub(super) unnamed: usize,
    /// How many were beyond the limit.
    pub(super) beyond: usize,
}

/// The API's base below the settings' URL, and where else to look: the server has everything below its
/// user interface's path too, and a proxy may pass only that on.
pub(super) fn bases(url: &str) -> (String, Option<String>) {
    let other = (!url.ends_with("/zipkin")).then(|| format!("{url}/zipkin/api/v2"));
    (format!("{url}/api/v2"), other)
}

/// Path and query for the links of the `lookback` ms before `end` (ms since the epoch).
pub(super) fn dependencies(end: i64, lookback: u64) -> String {
    // The server refuses 0.
    format!("/dependencies?endTs={end}&lookback={}", lookback.max(1))
}

/// Path and query for the newest traces of the `lookback` ms before `end` (ms since the epoch).
pub(super) fn traces(end: i64, lookback: u64, limit: usize) -> String {
    format!(
        "/traces?endTs={end}&lookback={}&limit={}",
        lookback.max(1),
        limit.max(1)
    )
}

/// Path for all spans of a trace.
pub(super) fn trace(id: TraceId) -> String {
    format!("/trace/{id}")
}

/// Path for the names of the services that report.
pub(super) const SERVICES: &str = "/services";

/// One link as the server writes it; other fields are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    parent: Cow<'a, str>,
    #[serde(borrow)]
    child: Cow<'a, str>,
    /// Includes the errors.
    call_count: u64,
    /// Absent when there were none.
    error_count: Option<u64>,
}

/// A name that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The links in an answer. Links that have the same names once these are clean are added up.
///
/// # Errors
/// [`Failure::Truncated`], [`Failure::NotJson`], [`Failure::Shape`]: one row of a wrong type makes the
/// whole answer useless, since a part of it would look like the whole.
pub(super) fn decode_links(body: &[u8]) -> Result<Decoded<Link>, Failure> {
    let rows: Vec<Row<'_>> = parse(body)?;
    let mut merged: BTreeMap<(Text, Text), (u64, u64)> = BTreeMap::new();
    let mut unnamed = 0;
    for row in rows {
        let ends = (text::name(&row.parent), text::name(&row.child));
        if is_empty(&ends.0) || is_empty(&ends.1) {
            unnamed += 1;
            continue;
        }
        let (calls, errors) = merged.entry(ends).or_default();
        *calls = calls.saturating_add(row.call_count);
        *errors = errors.saturating_add(row.error_count.unwrap_or(0));
    }
    let mut items: Vec<Link> = merged
        .into_iter()
        .map(|(ends, (calls, errors))| Link {
            caller: ends.0,
            callee: ends.1,
            calls,
            errors: errors.min(calls),
        })
        .collect();
    let beyond = items.len().saturating_sub(LINK_LIMIT);
    if beyond > 0 {
        // The busiest ones are a choice that the next answer repeats; the server's order is not.
        items.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| names(a).cmp(&names(b))));
        items.truncate(LINK_LIMIT);
        items.sort_by(|a, b| names(a).cmp(&names(b)));
    }
    Ok(Decoded {
        items,
        unnamed,
        beyond,
    })
}

/// The names in an answer, each once.
///
/// # Errors
/// As for [`decode_links`].
pub(super) fn decode_names(body: &[u8]) -> Result<Decoded<Text>, Failure> {
    let raw: Vec<Name<'_>> = parse(body)?;
    let total = raw.len();
    let named: Vec<Text> = raw
        .into_iter()
        .map(|raw| text::name(&raw.0))
        .filter(|name| !is_empty(name))
        .collect();
    let unnamed = total - named.len();
    let mut items: Vec<Text> = named
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let beyond = items.len().saturating_sub(NAME_LIMIT);
    items.truncate(NAME_LIMIT);
    Ok(Decoded {
        items,
        unnamed,
        beyond,
    })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::json(&error, body.len()))
}

fn is_empty(name: &str) -> bool {
    name.trim().is_empty()
}

fn names(link: &Link) -> (&str, &str) {
    (&link.caller, &link.callee)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn link(from: &str, to: &str, calls: u64, errors: u64) -> Link {
        Link {
            caller: from.into(),
            callee: to.into(),
            calls,
            errors,
        }
    }

    #[test]
    fn questions_have_their_addresses() {
        assert_eq!(
            bases("http://h"),
            (
                "http://h/api/v2".into(),
                Some("http://h/zipkin/api/v2".into())
            )
        );
        assert_eq!(
            bases("http://h/zipkin"),
            ("http://h/zipkin/api/v2".into(), None)
        );
        assert_eq!(
            dependencies(17, 60_000),
            "/dependencies?endTs=17&lookback=60000"
        );
        assert_eq!(dependencies(17, 0), "/dependencies?endTs=17&lookback=1");
    }

    #[rstest]
    #[case::none("[]", vec![], 0)]
    #[case::errors_absent(r#"[{"parent":"a","child":"b","callCount":3}]"#, vec![link("a", "b", 3, 0)], 0)]
    #[case::errors_null(r#"[{"parent":"a","child":"b","callCount":3,"errorCount":null}]"#, vec![link("a", "b", 3, 0)], 0)]
    #[case::errors_included(r#"[{"parent":"a","child":"b","callCount":3,"errorCount":2}]"#, vec![link("a", "b", 3, 2)], 0)]
    #[case::more_errors_than_calls(r#"[{"parent":"a","child":"b","callCount":3,"errorCount":9}]"#, vec![link("a", "b", 3, 3)], 0)]
    #[case::self_call(r#"[{"parent":"a","child":"a","callCount":1}]"#, vec![link("a", "a", 1, 0)], 0)]
    #[case::other_fields(r#"[{"parent":"a","child":"b","callCount":1,"new":{"x":[1]}}]"#, vec![link("a", "b", 1, 0)], 0)]
    #[case::in_order(r#"[{"parent":"b","child":"a","callCount":1},{"parent":"a","child":"b","callCount":1}]"#,
        vec![link("a", "b", 1, 0), link("b", "a", 1, 0)], 0)]
    #[case::duplicates(r#"[{"parent":"a","child":"b","callCount":1,"errorCount":1},{"parent":"\u001b[1ma","child":"b","callCount":2}]"#,
        vec![link("a", "b", 3, 1)], 0)]
    #[case::unnamed(r#"[{"parent":"","child":"b","callCount":1},{"parent":"a","child":"\u001b[2J ","callCount":1}]"#, vec![], 2)]
    #[case::huge(r#"[{"parent":"a","child":"b","callCount":18446744073709551615},{"parent":"a","child":"b","callCount":1}]"#,
        vec![link("a", "b", u64::MAX, 0)], 0)]
    fn links_are_decoded(#[case] body: &str, #[case] items: Vec<Link>, #[case] unnamed: usize) {
        assert_eq!(
            decode_links(body.as_bytes()).unwrap(),
            Decoded {
                items,
                unnamed,
                beyond: 0
            }
        );
    }

    #[rstest]
    #[case::nothing("", "ends early, after 0 bytes")]
    #[case::truncated(r#"[{"parent":"a","chi"#, "ends early, after 19 bytes")]
    #[case::plain_text("upstream gone", "is not JSON")]
    #[case::object(r#"{"error":"x"}"#, "another shape")]
    #[case::number_as_text(r#"[{"parent":"a","child":"b","callCount":"3"}]"#, "another shape")]
    #[case::negative(r#"[{"parent":"a","child":"b","callCount":-3}]"#, "another shape")]
    #[case::lacking(r#"[{"parent":"a","callCount":3}]"#, "another shape")]
    #[case::null_name(r#"[{"parent":null,"child":"b","callCount":3}]"#, "another shape")]
    #[case::names(r#"["a","b"]"#, "another shape")]
    #[case::trailing("[] []", "is not JSON")]
    fn other_bodies_are_refused(#[case] body: &str, #[case] line: &str) {
        let failure = decode_links(body.as_bytes()).unwrap_err().to_string();
        assert!(failure.contains(line), "{failure}");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert!(decode_links("[".repeat(1_000_000).as_bytes()).is_err());
        let deep = format!(
            r#"[{{"parent":"a","child":"b","callCount":1,"x":{}"#,
            "[".repeat(1_000_000)
        );
        assert!(decode_links(deep.as_bytes()).is_err());
    }

    #[test]
    fn beyond_the_limit_the_busiest_links_stay() {
        let rows: Vec<String> = (0..LINK_LIMIT + 10)
            .map(|i| format!(r#"{{"parent":"a","child":"b{i}","callCount":{i}}}"#))
            .collect();
        let decoded = decode_links(format!("[{}]", rows.join(",")).as_bytes()).unwrap();
        assert_eq!((decoded.items.len(), decoded.beyond), (LINK_LIMIT, 10));
        assert_eq!(decoded.items.iter().map(|link| link.calls).min(), Some(10));
    }

    #[test]
    fn names_are_clean_sorted_unique_and_bounded() {
        let long = "x".repeat(10_000);
        let body = format!(r#"["b","a","b","","\u001b]0;t\u0007a","{long}"]"#);
        let decoded = decode_names(body.as_bytes()).unwrap();
        assert_eq!(decoded.unnamed, 1);
        assert_eq!(decoded.items.len(), 3);
        assert_eq!(decoded.items[0..2], ["a".into(), "b".into()]);
        assert_eq!(decoded.items[2].chars().count(), text::NAME_LIMIT);
        let many: Vec<String> = (0..NAME_LIMIT + 3).map(|i| format!("\"s{i}\"")).collect();
        let decoded = decode_names(format!("[{}]", many.join(",")).as_bytes()).unwrap();
        assert_eq!((decoded.items.len(), decoded.beyond), (NAME_LIMIT, 3));
    }

    #[rstest]
    #[case(r#"{"a":1}"#)]
    #[case("[1]")]
    #[case("[null]")]
    #[case("[\"a")]
    fn other_names_are_refused(#[case] body: &str) {
        assert!(decode_names(body.as_bytes()).is_err());
    }
}
