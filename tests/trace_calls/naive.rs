//! A second reckoning of the calls of a trace: no tables, no merging of parts, only looking again and again
//! through all spans. It knows no more tags than the plans use.

use portolan::model::usage::Use;
use portolan::trace::call::Call;
use portolan::trace::id::TraceId;
use portolan::trace::span::{Kind, Span};

/// What is told of a call, in texts.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one answer, as the call itself gives them"
)]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub trace: TraceId,
    pub caller: Option<String>,
    pub callee: String,
    pub operation: Option<String>,
    pub sort: String,
    pub timestamp: i64,
    pub duration: Option<u64>,
    pub failed: bool,
    pub is_5xx: bool,
    /// Whether nobody but the caller tells of it, and that it failed.
    pub is_unanswered: bool,
    pub thrown: Option<String>,
    pub is_noise: bool,
}

/// Caller, callee, operation.
pub type Place = (Option<String>, String, String);

impl Told {
    pub fn of(call: &Call) -> Self {
        Self {
            trace: call.trace,
            caller: call.caller.as_deref().map(str::to_owned),
            callee: call.callee.to_string(),
            operation: call.operation.as_ref().map(|o| o.name.to_string()),
            sort: format!("{:?}", call.sort),
            timestamp: call.timestamp,
            duration: call.duration,
            failed: call.failed,
            is_5xx: call.is_5xx,
            is_unanswered: call.is_unanswered,
            thrown: call.exception.as_ref().map(|e| e.kind.to_string()),
            is_noise: call.noise.is_some(),
        }
    }

    pub fn place(&self) -> Place {
        let operation = self.operation.clone().unwrap_or_default();
        (self.caller.clone(), self.callee.clone(), operation)
    }

    pub fn place_of(used: &Use) -> Place {
        let caller = used.caller.as_deref().map(str::to_owned);
        (caller, used.callee.to_string(), used.operation.to_string())
    }
}

/// The span that caused another one: what it cannot name is below the root.
fn above<'a>(spans: &'a [Span], span: &Span) -> Option<&'a Span> {
    let root = spans.iter().find(|s| s.parent_id.is_none() && !s.shared);
    if root.is_some_and(|root| root == span) {
        return None;
    }
    let with = |id, shared: bool| {
        let found = spans
            .iter()
            .filter(move |s| s.id == id && s.shared == shared);
        found.collect::<Vec<_>>()
    };
    if span.shared {
        return with(span.id, false).first().copied().or(root);
    }
    let parent = span.parent_id?;
    let near = with(parent, true)
        .into_iter()
        .find(|s| s.local_service() == span.local_service());
    near.or_else(|| with(parent, false).first().copied())
        .or(root)
}

/// The nearest span above that has a kind.
fn side_above<'a>(spans: &'a [Span], span: &Span) -> Option<&'a Span> {
    let mut at = above(spans, span)?;
    while at.kind.is_none() {
        at = above(spans, at)?;
    }
    Some(at)
}

fn tag<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    span.tags.get(key).map(|value| &**value)
}

fn has_failed(span: &Span) -> bool {
    tag(span, "error").is_some()
}

fn operation(span: &Span) -> String {
    let method = tag(span, "http.request.method").or(tag(span, "http.method"));
    let method = method.unwrap_or_default().to_uppercase();
    if let Some(topic) = tag(span, "kafka.topic").or(tag(span, "messaging.destination.name")) {
        topic.to_owned()
    } else if let Some(route) = tag(span, "http.route") {
        format!("{method} {route}")
    } else if let Some(path) = tag(span, "http.path") {
        let path = path.split('?').next().unwrap_or_default();
        let part = |part: &str| match part.parse::<u64>() {
            Ok(_) => "{id}".to_owned(),
            Err(_) => part.to_owned(),
        };
        let parts: Vec<String> = path.split('/').map(part).collect();
        format!("{method} {}", parts.join("/"))
    } else if let Some(statement) = tag(span, "db.statement") {
        let verb = statement.split(' ').next().unwrap_or_default();
        verb.to_uppercase()
    } else {
        let name = span.name.as_deref().unwrap_or_default();
        name.replace("get /", "GET /")
    }
}

fn is_5xx(span: &Span) -> bool {
    let status = tag(span, "http.status_code").or(tag(span, "http.response.status_code"));
    status.is_some_and(|status| status.starts_with('5'))
}

fn thrown(span: &Span) -> Option<String> {
    let error = tag(span, "error").filter(|error| !error.is_empty())?;
    error.split(':').next().map(str::to_owned)
}

/// The calls that a trace tells; its spans each once.
pub fn calls(spans: &[Span]) -> Vec<Told> {
    spans.iter().flat_map(|span| told(spans, span)).collect()
}

fn told(spans: &[Span], span: &Span) -> Vec<Told> {
    let name = |service: Option<&std::sync::Arc<str>>| service.map(ToString::to_string);
    let (own, other) = (name(span.local_service()), name(span.remote_service()));
    let remote = span.remote_endpoint.as_ref();
    let address = remote.and_then(|r| r.ipv4().map(ToString::to_string));
    let near = side_above(spans, span);
    let near_name = near.and_then(|near| name(near.local_service()));
    let is_leaf = !spans
        .iter()
        .any(|s| above(spans, s).is_some_and(|above| above == span));
    let split = near.is_some_and(|near| {
        near.kind == Some(Kind::Client) && span.parent_id == Some(near.id) && has_failed(near)
    });
    let (caller, callee, sort) = match span.kind {
        Some(Kind::Producer) => (own.clone(), other, "Broker"),
        Some(Kind::Consumer) => (other, own.clone(), "Service"),
        Some(Kind::Server) => (near_name.clone().or(other), own.clone(), "Service"),
        Some(Kind::Client) if is_leaf => (own.clone(), other.or(address), "Database"),
        None if other.is_some() => (own.clone(), other, "Database"),
        _ => return Vec::new(),
    };
    let is_message = matches!(span.kind, Some(Kind::Producer | Kind::Consumer));
    let is_client = matches!(span.kind, Some(Kind::Client) | None);
    let mut found = Vec::new();
    if let (true, Some(near), Some(own)) = (is_client, &near_name, &own)
        && near != own
    {
        found.push(Told {
            trace: span.trace_id,
            caller: Some(near.clone()),
            callee: own.clone(),
            operation: None,
            sort: "Service".to_owned(),
            timestamp: 0,
            duration: None,
            failed: false,
            is_5xx: false,
            is_unanswered: false,
            thrown: None,
            is_noise: false,
        });
    }
    // The other side of a request.
    let calls = |near: &&Span| matches!(near.kind, Some(Kind::Client | Kind::Producer));
    let calling = near
        .filter(calls)
        .filter(|_| span.kind == Some(Kind::Server));
    let sides = || std::iter::once(span).chain(calling);
    let lasted = sides().map(|side| side.duration).find(|us| *us > 0);
    let is_told = span
        .tags
        .iter()
        .any(|(key, _)| key.ends_with("status_code"));
    let is_unanswered =
        span.kind == Some(Kind::Client) && sort == "Service" && has_failed(span) && !is_told;
    found.extend(callee.map(|callee| Told {
        trace: span.trace_id,
        caller,
        callee,
        operation: Some(operation(span)),
        sort: sort.to_owned(),
        timestamp: span.timestamp,
        duration: lasted.map(|us| u64::try_from(us).expect("positive")),
        failed: has_failed(span) || split && !is_message,
        is_unanswered,
        is_5xx: sides().any(is_5xx),
        thrown: sides().find_map(thrown),
        is_noise: ["GET /health", "GET /metrics"].contains(&operation(span).as_str()),
    }));
    found
}
