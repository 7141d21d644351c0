//! Spans as they are reported: a list in JSON.
//!
//! As strict and as lenient as Zipkin's reader: fields that it does not know are ignored, a number may be
//! written as text and a text as a number, and what follows the list is not read. The texts of numbers with
//! a point are written anew (`1.50` becomes `1.5`).

use std::sync::Arc;

use serde_json::error::Category;
use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::id::{SpanId, TraceId};
use super::refusal::Refusal;
use super::span::{Annotation, Kind, Span, Tags};

type Fields = Map<String, Value>;

/// The spans in a body, in their normal form. An empty body has none.
///
/// # Errors
/// A [`Refusal`] when the body is no list of spans, or a span is not as it must be. Then none of them counts.
pub fn spans(body: &[u8]) -> Result<Vec<Span>, Refusal> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    check_format(body)?;
    let reading = |cause: String| Refusal::new(format!("{cause} reading List<Span> from json"));
    list(body).map_err(reading)
}

/// Zipkin guesses from the first bytes. Blanks before the list are no list to it; a line end is, as what
/// begins with 10 may be protobuf, and the guess is not heeded further.
fn check_format(body: &[u8]) -> Result<(), Refusal> {
    let is_list = match body {
        [b'[' | 11 | 12, ..] => true,
        [10, second, ..] => *second != 0,
        _ => false,
    };
    if !is_list {
        return Err(Refusal::new("Expected a JSON_V2 encoded list\n"));
    }
    // `binaryAnnotations` is a field of the first version, and of nothing else.
    let first_version = b"yAnnotations\"";
    if body
        .windows(first_version.len())
        .any(|part| part == first_version)
    {
        return Err(Refusal::new(
            "Expected a JSON_V2 encoded list, but received: JSON_V1\n",
        ));
    }
    Ok(())
}

fn list(body: &[u8]) -> Result<Vec<Span>, String> {
    let text = String::from_utf8_lossy(body);
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    match values.next() {
        Some(Ok(Value::Array(spans))) => spans
            .iter()
            .enumerate()
            .map(|(at, value)| span(value, &format!("$[{at}]")))
            .collect(),
        Some(Err(error)) if error.classify() != Category::Eof => Err(malformed()),
        Some(Ok(_)) => Err(malformed()),
        Some(Err(_)) | None => Err("End of input".to_owned()),
    }
}

fn malformed() -> String {
    "Malformed".to_owned()
}

fn span(value: &Value, path: &str) -> Result<Span, String> {
    let fields = value.as_object().ok_or_else(malformed)?;
    let why = |refusal: Refusal| refusal.to_string();
    // These two are read even where they are null.
    let id_text = |key: &str| {
        let value = fields.get(key);
        value
            .map(|value| text(value, &format!("{path}.{key}")))
            .transpose()
    };
    let trace_id = id_text("traceId")?.map(|id| TraceId::parse(&id).map_err(why));
    let id = id_text("id")?.map(|id| SpanId::parse(&id).map_err(why));
    let (trace_id, id) = match (trace_id.transpose()?, id.transpose()?) {
        (Some(trace_id), Some(id)) => (trace_id, id),
        (None, None) => return Err("Missing : traceId id".to_owned()),
        (None, Some(_)) => return Err("Missing : traceId".to_owned()),
        (Some(_), None) => return Err("Missing : id".to_owned()),
    };
    let field = |key: &str| known(fields, key).map(|value| (value, format!("{path}.{key}")));
    let mut span = Span::new(trace_id, id);
    if let Some((value, path)) = field("parentId") {
        span.parent_id = SpanId::parse_parent(&text(value, &path)?).map_err(why)?;
    }
    if let Some((value, path)) = field("kind") {
        span.kind = Some(kind(&text(value, &path)?)?);
    }
    if let Some((value, path)) = field("name") {
        span.name = Some(text(value, &path)?.into());
    }
    for (key, time) in [
        ("timestamp", &mut span.timestamp),
        ("duration", &mut span.duration),
    ] {
        if let Some((value, path)) = field(key) {
            *time = long(value, &path)?;
        }
    }
    for (key, side) in [
        ("localEndpoint", &mut span.local_endpoint),
        ("remoteEndpoint", &mut span.remote_endpoint),
    ] {
        if let Some((value, path)) = field(key) {
            *side = Some(Arc::new(endpoint(value, &path)?));
        }
    }
    if let Some((value, path)) = field("annotations") {
        span.annotations = annotations(value, &path)?;
    }
    if let Some((value, path)) = field("tags") {
        span.tags = tags(value, &path)?;
    }
    for (key, flag) in [("debug", &mut span.debug), ("shared", &mut span.shared)] {
        if let Some((value, path)) = field(key) {
            *flag = value
                .as_bool()
                .ok_or_else(|| unexpected("a boolean", value, &path))?;
        }
    }
    Ok(span.normalised())
}

/// A field that is there and not null.
fn known<'a>(fields: &'a Fields, key: &str) -> Option<&'a Value> {
    fields.get(key).filter(|value| !value.is_null())
}

fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "CLIENT" => Ok(Kind::Client),
        "SERVER" => Ok(Kind::Server),
        "PRODUCER" => Ok(Kind::Producer),
        "CONSUMER" => Ok(Kind::Consumer),
        _ => Err(format!("No enum constant zipkin2.Span.Kind.{text}")),
    }
}

fn endpoint(value: &Value, path: &str) -> Result<Endpoint, String> {
    let fields = value.as_object().ok_or_else(malformed)?;
    let field = |key: &str| known(fields, key).map(|value| (value, format!("{path}.{key}")));
    let mut endpoint = Endpoint::default();
    if let Some((value, path)) = field("serviceName") {
        endpoint.set_service_name(text(value, &path)?);
    }
    // Either may hold an address of the other family.
    for key in ["ipv4", "ipv6"] {
        if let Some((value, path)) = field(key) {
            endpoint.set_ip(&text(value, &path)?);
        }
    }
    if let Some((value, path)) = field("port") {
        let port = long(value, &path)?;
        if port > i64::from(u16::MAX) {
            return Err(format!("invalid port {port}"));
        }
        endpoint = endpoint.on_port(u16::try_from(port).unwrap_or_default());
    }
    Ok(endpoint)
}

fn annotations(value: &Value, path: &str) -> Result<Vec<Annotation>, String> {
    let values = value.as_array().ok_or_else(malformed)?;
    let annotation = |(at, value): (usize, &Value)| {
        let path = format!("{path}[{at}]");
        let fields = value.as_object().ok_or_else(malformed)?;
        let (Some(timestamp), Some(value)) = (fields.get("timestamp"), fields.get("value")) else {
            let last = fields.keys().next_back().map_or("", String::as_str);
            return Err(format!("Incomplete annotation at {path}.{last}"));
        };
        Ok(Annotation {
            timestamp: long(timestamp, &format!("{path}.timestamp"))?,
            value: text(value, &format!("{path}.value"))?.into(),
        })
    };
    values.iter().enumerate().map(annotation).collect()
}

fn tags(value: &Value, path: &str) -> Result<Tags, String> {
    let fields = value.as_object().ok_or_else(malformed)?;
    let tag = |(key, value): (&String, &Value)| {
        let path = format!("{path}.{key}");
        if value.is_null() {
            return Err(format!("No value at {path}"));
        }
        Ok((key.clone(), text(value, &path)?))
    };
    fields.iter().map(tag).collect()
}

/// A text, or the text of a number.
fn text(value: &Value, path: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(unexpected("a string", value, path)),
    }
}

/// A whole number, or a text that is one; what is too great is cut to the greatest.
fn long(value: &Value, path: &str) -> Result<i64, String> {
    let number = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err(unexpected("a long", value, path)),
    };
    if let Ok(whole) = number.parse() {
        return Ok(whole);
    }
    let float: f64 = number
        .parse()
        .map_err(|_| format!("For input string: \"{number}\""))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the next line sees whether anything was cut off"
    )]
    let whole = float as i64;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "the same loss as before"
    )]
    if whole as f64 == float {
        Ok(whole)
    } else {
        Err(format!("Expected a long but was {float} at path {path}"))
    }
}

fn unexpected(expected: &str, value: &Value, path: &str) -> String {
    let is = match value {
        Value::Null => "NULL",
        Value::Bool(_) => "BOOLEAN",
        Value::Number(_) => "NUMBER",
        Value::String(_) => "STRING",
        Value::Array(_) => "BEGIN_ARRAY",
        Value::Object(_) => "BEGIN_OBJECT",
    };
    format!("Expected {expected} but was {is} at path {path}")
}
