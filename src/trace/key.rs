//! Operations by the tags and names of spans: OpenTelemetry's words, old and new, Brave's and Micrometer's.

use std::sync::Arc;

use super::operation::{Operation, Protocol, UNNAMED};
use super::path;
use super::piece::Piece;
use super::record::Record;
use super::secret;
use super::span::Kind;
use super::statement;

/// With what the name of a span begins that is a request's.
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY",
];
/// Where messages go, or come from.
const DESTINATIONS: [&str; 10] = [
    "messaging.destination.template",
    "messaging.destination.name",
    "messaging.destination",
    "message_bus.destination",
    "kafka.topic",
    "rabbit.queue",
    "rabbit.exchange",
    "jms.queue",
    "jms.topic",
    "messaging.rabbitmq.destination.routing_key",
];
/// Paths and addresses as they were asked for.
const PATHS: [&str; 5] = [
    "url.path",
    "http.path",
    "http.target",
    "http.url",
    "url.full",
];
/// What a database is asked to do, in a word.
const VERBS: [&str; 4] = [
    "db.operation.name",
    "db.operation",
    "mongodb.command",
    "redis.command",
];
/// What a database is asked to do, in full.
const STATEMENTS: [&str; 7] = [
    "db.query.text",
    "db.statement",
    "sql.query",
    "jdbc.query",
    "jdbc.query[0]",
    "cassandra.query",
    "cql.query",
];

/// Whether a tag holds what a database is asked to do, in full.
pub(super) fn is_statement(tag: &str) -> bool {
    STATEMENTS.contains(&tag)
}

/// What was asked for: by the called side where that says anything, else by the calling side.
pub(super) fn operation(record: &Record<'_>) -> Operation {
    record.sides().find_map(of).unwrap_or_else(|| Operation {
        protocol: Protocol::Span,
        name: Arc::from(UNNAMED),
    })
}

/// Whether a side says that a database was asked.
pub(super) fn asks_database(piece: &Piece<'_>) -> bool {
    piece
        .any(&["db.system.name", "db.system", "db.type"])
        .is_some()
        || piece.any(&VERBS).is_some()
        || piece.any(&STATEMENTS).is_some()
}

fn of(piece: &Piece<'_>) -> Option<Operation> {
    let is_message = matches!(piece.kind, Some(Kind::Producer | Kind::Consumer));
    let message = || named(Protocol::Message, destination(piece));
    // What a producer or consumer moves is a message, by whatever means it is moved.
    let first = is_message.then(message).flatten();
    first
        .or_else(|| named(Protocol::Rpc, procedure(piece)))
        .or_else(|| named(Protocol::Http, request(piece)))
        .or_else(message)
        .or_else(|| named(Protocol::Database, query(piece)))
        .or_else(|| rest(piece))
}

fn named(protocol: Protocol, name: Option<String>) -> Option<Operation> {
    let name = path::bounded(secret::hidden(&name?).into_owned());
    let name = Arc::from(name);
    Some(Operation { protocol, name })
}

/// Service and method of a remote procedure call.
fn procedure(piece: &Piece<'_>) -> Option<String> {
    let method = piece.tag("rpc.method")?;
    match piece.tag("rpc.service") {
        Some(service) => Some(format!("{service}/{method}")),
        // The newer convention has both in one.
        None => method.contains('/').then(|| method.to_owned()),
    }
}

/// Method and path of a request over HTTP.
fn request(piece: &Piece<'_>) -> Option<String> {
    let with_method = |path: String| match method(piece) {
        Some(method) => format!("{method} {path}"),
        None => path,
    };
    let route = piece
        .tag("http.route")
        // Micrometer's name, which is no path where no route was found.
        .or_else(|| piece.tag("uri").filter(|uri| uri.starts_with('/')));
    if let Some(route) = route {
        return Some(with_method(path::route(route)));
    }
    if let Some((method, rest)) = verb_and_rest(piece) {
        if rest.starts_with('/') {
            return Some(format!("{method} {}", path::templated(rest)));
        }
        // Brave's names for what has no route: a path would be as many as there are mistyped ones.
        if rest == "not_found" || rest == "redirected" {
            return Some(format!("{method} {rest}"));
        }
    }
    if let Some(template) = piece.tag("url.template") {
        return Some(with_method(path::route(template)));
    }
    let path = piece.any(&PATHS)?;
    Some(with_method(path::templated(path)))
}

/// The method of a request, in capitals.
fn method(piece: &Piece<'_>) -> Option<String> {
    let tag = piece
        .any(&["http.request.method", "http.method"])
        .or_else(|| piece.tag("uri").and_then(|_| piece.tag("method")));
    let tag = match tag {
        Some("_OTHER") => piece.tag("http.request.method_original"),
        tag => tag,
    };
    let plain = |tag: &&str| {
        let letter = |b: u8| b.is_ascii_alphabetic() || b == b'-';
        tag.len() <= 20 && tag.bytes().all(letter)
    };
    tag.filter(plain)
        .map(str::to_ascii_uppercase)
        .or_else(|| verb_and_rest(piece).map(|(method, _)| method))
}

/// A span's name that begins with a method, or with `http` and a method: that, and what follows.
fn verb_and_rest<'a>(piece: &Piece<'a>) -> Option<(String, &'a str)> {
    let name = piece.name()?.trim();
    let split = |text: &'a str| text.split_once(' ').unwrap_or((text, ""));
    let (mut first, mut rest) = split(name);
    if first.eq_ignore_ascii_case("http") {
        (first, rest) = split(rest.trim_start());
    }
    let method = first.to_ascii_uppercase();
    METHODS
        .contains(&method.as_str())
        .then_some((method, rest.trim()))
}

/// Where a message goes.
fn destination(piece: &Piece<'_>) -> Option<String> {
    let is = |key: &str| piece.tag(key) == Some("true");
    let template = piece.tag("messaging.destination.template");
    if template.is_none()
        && (is("messaging.destination.temporary") || is("messaging.destination.anonymous"))
    {
        return Some("(temporary)".to_owned());
    }
    piece.any(&DESTINATIONS).map(ToOwned::to_owned)
}

/// The verb of what a database was asked; the rest of it may be secret.
fn query(piece: &Piece<'_>) -> Option<String> {
    piece
        .any(&VERBS)
        .and_then(statement::word)
        .or_else(|| piece.any(&STATEMENTS).and_then(statement::verb))
}

/// By the span's name, without what may be secret in it.
fn rest(piece: &Piece<'_>) -> Option<Operation> {
    let name = piece.name().map(|name| name.trim());
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = name
        && statement::is_statement(name)
    {
        return named(Protocol::Database, statement::word(name));
    }
    let protocol = if asks_database(piece) {
        Protocol::Database
    } else if piece
        .any(&["rpc.system", "rpc.system.name", "rpc.error_code"])
        .is_some()
    {
        Protocol::Rpc
    } else if piece
        .any(&["messaging.system", "messaging.operation"])
        .is_some()
    {
        Protocol::Message
    } else if let Some(method) = tagged_method(piece) {
        let rest = verb_and_rest(piece).filter(|(_, rest)| rest.is_empty());
        let is_bare = name.is_none() || rest.is_some();
        if is_bare {
            return named(Protocol::Http, Some(method));
        }
        Protocol::Http
    } else {
        Protocol::Span
    };
    named(protocol, name.map(without_queries))
}

fn tagged_method(piece: &Piece<'_>) -> Option<String> {
    piece.any(&["http.request.method", "http.method"])?;
    method(piece)
}

/// A name whose paths and addresses are keys, up to the first query.
fn without_queries(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        let is_path = word.starts_with('/') || word.contains("://");
        if is_path {
            words.push(path::templated(word));
        }
        // What follows may be the rest of the query.
        if let Some((before, after)) = word.split_once('?')
            && (is_path || after.contains('='))
        {
            if !is_path {
                words.push(before.to_owned());
            }
            break;
        }
        if !is_path {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests;
