//! What was thrown, by the tags of a call's sides and by what OpenTelemetry says in annotations.

use std::sync::Arc;

use serde::Deserialize;

use super::call::Exception;
use super::path;
use super::piece::Piece;
use super::record::Record;
use super::secret;

/// Longest annotation that is looked into, in bytes: stack traces are long, and of no use here.
const ANNOTATION_LIMIT: usize = 64 * 1024;
/// Longest message, in characters.
const MESSAGE_LIMIT: usize = 500;
/// What an exception is called whose type nobody says.
const NO_TYPE: &str = "error";

/// An exception as OpenTelemetry's exporters write it into an annotation.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "exception.type")]
    kind: Option<String>,
    #[serde(rename = "exception.message")]
    message: Option<String>,
}

/// What the first side says that says anything.
pub(super) fn of(record: &Record<'_>) -> Option<Exception> {
    record.sides().find_map(of_piece)
}

/// What one side says.
pub(super) fn of_piece(piece: &Piece<'_>) -> Option<Exception> {
    let event = piece.annotations().find_map(|said| event(&said.value));
    let (event_kind, event_message) = event.unwrap_or_default();
    // Before it is parted: `password: x` would be a type and its message.
    let error = piece.tag("error").map(secret::hidden);
    let error = error.as_deref().filter(|value| is_told(value));
    let kind = piece
        .tag("exception.type")
        .map(ToOwned::to_owned)
        .or(event_kind)
        .or_else(|| {
            let micrometer = piece.tag("exception").filter(|value| *value != "none");
            let kind = piece.any(&["error.type", "error.kind", "error.class"]);
            kind.or(micrometer).map(ToOwned::to_owned)
        });
    let message = piece
        .tag("exception.message")
        .map(ToOwned::to_owned)
        .or(event_message)
        .or_else(|| {
            let said = piece.any(&["error.message", "otel.status_description"]);
            said.map(ToOwned::to_owned)
        });
    let (kind, message) = match (kind, message, error) {
        (None, None, None) => return None,
        (None, message, Some(error)) => {
            let (kind, said) = split(error);
            (kind.to_owned(), message.unwrap_or_else(|| said.to_owned()))
        }
        (None, Some(message), None) => (NO_TYPE.to_owned(), message),
        (Some(kind), message, error) => {
            let said = message.or_else(|| error.map(ToOwned::to_owned));
            let said = said.filter(|said| *said != kind);
            (kind, said.unwrap_or_default())
        }
    };
    Some(Exception {
        kind: Arc::from(path::bounded(secret::hidden(&kind).into_owned())),
        message: {
            let message = secret::hidden(&message);
            Arc::from(message.chars().take(MESSAGE_LIMIT).collect::<String>())
        },
    })
}

/// Whether the tag `error` says more than that there was one.
fn is_told(value: &str) -> bool {
    !["", "true", "false", "1"].contains(&value)
}

/// Type and message of what Brave puts into the tag `error`: a type, a status, a message, or both.
fn split(error: &str) -> (&str, &str) {
    let is_type = |text: &str| {
        let named = |c: char| c.is_alphanumeric() || "._$:-".contains(c);
        !text.is_empty() && text.chars().all(named)
    };
    match error.split_once(": ") {
        Some((kind, message)) if is_type(kind) => (kind, message.trim()),
        _ if is_type(error) => (error, ""),
        _ => (NO_TYPE, error),
    }
}

/// Type and message in an annotation such as `"exception":{"exception.type":"…","exception.message":"…"}`.
fn event(value: &str) -> Option<(Option<String>, Option<String>)> {
    let bare = |c: char| c.is_whitespace() || c == '"' || c == ':';
    let rest = value.trim_start_matches(bare).strip_prefix("exception")?;
    let rest = rest.trim_start_matches(bare);
    if !rest.starts_with('{') || rest.len() > ANNOTATION_LIMIT {
        return None;
    }
    let event: Event = serde_json::from_str(rest).ok()?;
    let told = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (kind, message) = (told(event.kind), told(event.message));
    (kind.is_some() || message.is_some()).then_some((kind, message))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::trace::id::{SpanId, TraceId};
    use crate::trace::span::{Annotation, Span};

    #[rstest]
    #[case::type_and_message(&["exception.type=IoError", "exception.message=no disk"], "", Some(("IoError", "no disk")))]
    #[case::otel_type(&["error.type=TimeoutError", "error=deadline"], "", Some(("TimeoutError", "deadline")))]
    #[case::the_same_twice(&["error.type=500", "error=500"], "", Some(("500", "")))]
    #[case::brave_message(&["error=connection refused"], "", Some(("error", "connection refused")))]
    #[case::brave_type(&["error=java.io.IOException"], "", Some(("java.io.IOException", "")))]
    #[case::brave_both(&["error=IllegalStateException: no cart"], "", Some(("IllegalStateException", "no cart")))]
    #[case::brave_status(&["error=503"], "", Some(("503", "")))]
    #[case::only_that_there_was_one(&["error=true"], "", None)]
    #[case::an_empty_word(&["error="], "", None)]
    #[case::micrometer(&["exception=NullPointerException"], "", Some(("NullPointerException", "")))]
    #[case::micrometers_none(&["exception=none"], "", None)]
    #[case::a_description(&["error=", "otel.status_description=no stock"], "", Some(("error", "no stock")))]
    #[case::an_event(&["error="], r#""exception":{"exception.type":"KeyError","exception.message":"'id'","exception.stacktrace":"x"}"#, Some(("KeyError", "'id'")))]
    #[case::an_event_bare(&[], r#"exception: {"exception.type":"KeyError"}"#, Some(("KeyError", "")))]
    #[case::an_event_without_words(&[], "exception", None)]
    #[case::another_event(&[], r#"{"cache":"miss"}"#, None)]
    #[case::a_secret(&["error=dial postgres://u:EXCPW@db:5432 refused token=EXCTOKEN"], "", Some(("error", "dial postgres://…@db:5432 refused token=…")))]
    #[case::a_secret_after_its_name(&["error=password: EXCPW"], "", Some(("password", "…")))]
    #[case::a_secret_event(&[], r#""exception":{"exception.type":"E token=EXCTOKEN","exception.message":"Bearer EXCTOKEN"}"#, Some(("E token=…", "Bearer …")))]
    #[case::a_broken_event(&[], r#""exception":{"exception.type":"#, None)]
    fn exceptions_are_read(
        #[case] tags: &[&str],
        #[case] annotation: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let mut span = Span::new(TraceId::new(0, 1), SpanId::new(1));
        span.tags = tags
            .iter()
            .map(|tag| tag.split_once('=').unwrap())
            .collect();
        span.annotations.push(Annotation {
            timestamp: 1,
            value: annotation.into(),
        });
        let spans = [&span];
        let pieces = Piece::merged(&spans);
        let record = Record {
            called: pieces.first(),
            ..Record::default()
        };
        let read = of(&record).map(|thrown| (thrown.kind.to_string(), thrown.message.to_string()));
        let expected = expected.map(|(kind, message)| (kind.to_owned(), message.to_owned()));
        assert_eq!(read, expected);
    }
}
