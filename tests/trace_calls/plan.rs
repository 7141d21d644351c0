//! Traces of services that report as services do: with ids of their own or shared ones, with spans that are
//! lost, local, of peers that do not report, and of messages.

use std::sync::Arc;

use portolan::trace::endpoint::Endpoint;
use portolan::trace::id::{SpanId, TraceId};
use portolan::trace::span::{Kind, Span};
use proptest::prelude::*;

/// The begin of the window in which the traces lie, in ms since the epoch.
pub const BEGIN_MS: i64 = 1_700_000_000_000;

const SERVICES: [&str; 5] = ["web", "app", "cart", "mail", "bank"];
const EXCEPTIONS: [&str; 4] = ["", "Timeout", "Refused: no stock", "503"];

/// One thing that happens in a trace.
#[derive(Clone, Debug)]
struct Step {
    /// Below which of the things before it.
    below: prop::sample::Index,
    what: What,
    service: usize,
    operation: u8,
    /// By what way the operation is told.
    style: u8,
    duration: (i64, i64),
    status: u16,
    /// Of the called and of the calling side: 0 for none, else an exception's number and one.
    errors: (usize, usize),
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Both sides, with ids of their own.
    Split,
    /// Both sides, with one id.
    Shared,
    /// The calling side was lost.
    Lost,
    /// The calling side of a peer that does not report.
    Database,
    /// The calling side of a peer that has no name.
    Nameless,
    /// The calling side says no kind.
    Kindless,
    /// Within one service.
    Local,
    /// To a broker, and from it.
    Message,
    /// A client of another service than the one above it.
    Stray,
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop::sample::select(vec![
        What::Split,
        What::Split,
        What::Shared,
        What::Shared,
        What::Lost,
        What::Database,
        What::Nameless,
        What::Kindless,
        What::Local,
        What::Message,
        What::Stray,
    ]);
    let status = prop::sample::select(vec![200_u16, 200, 404, 500, 503]);
    let error = prop::sample::select(vec![0_usize, 0, 0, 1, 2, 3, 4]);
    (
        any::<prop::sample::Index>(),
        what,
        0..SERVICES.len(),
        0_u8..3,
        0_u8..5,
        (0_i64..50_000, 0_i64..50_000),
        status,
        (error.clone(), error),
    )
        .prop_map(
            |(below, what, service, operation, style, duration, status, errors)| Step {
                below,
                what,
                service,
                operation,
                style,
                duration,
                status,
                errors,
            },
        )
}

/// Some traces, each with an id of its own, within the window.
pub fn traces() -> impl Strategy<Value = Vec<Vec<Span>>> {
    let trace = (0..SERVICES.len(), prop::collection::vec(step(), 0..14));
    prop::collection::vec(trace, 1..6).prop_map(|plans| {
        let number = |(at, (service, steps)): (usize, (usize, Vec<Step>))| {
            spans(u64::try_from(at + 1).expect("small"), service, &steps)
        };
        plans.into_iter().enumerate().map(number).collect()
    })
}

/// Where something may happen: a service within one of its spans.
#[derive(Clone, Copy)]
struct Place {
    service: &'static str,
    id: SpanId,
}

struct Making {
    trace: TraceId,
    next: u64,
    spans: Vec<Span>,
}

impl Making {
    fn id(&mut self) -> SpanId {
        self.next += 1;
        SpanId::new(self.next)
    }

    fn span(
        &mut self,
        id: SpanId,
        parent: Option<SpanId>,
        kind: Option<Kind>,
        of: &str,
    ) -> &mut Span {
        let mut span = Span::new(self.trace, id);
        (span.parent_id, span.kind) = (parent, kind);
        let at = i64::try_from(self.spans.len()).expect("small");
        span.timestamp = BEGIN_MS * 1_000 + at + 1;
        span.local_endpoint = Some(Arc::new(Endpoint::named(of)));
        self.spans.push(span);
        self.spans.last_mut().expect("just pushed")
    }
}

fn spans(number: u64, root: usize, steps: &[Step]) -> Vec<Span> {
    let mut making = Making {
        trace: TraceId::new(0, number),
        next: 0,
        spans: Vec::new(),
    };
    let id = making.id();
    let service = SERVICES[root];
    let span = making.span(id, None, Some(Kind::Server), service);
    span.name = Some("get /".into());
    span.duration = 70_000;
    let mut places = vec![Place { service, id }];
    for step in steps {
        let below = places[step.below.index(places.len())];
        places.extend(take(&mut making, below, step));
    }
    making.spans.into_iter().map(Span::normalised).collect()
}

/// Writes the spans of one step; says where more may happen.
fn take(making: &mut Making, below: Place, step: &Step) -> Option<Place> {
    let service = SERVICES[step.service];
    let own = making.id();
    let (parent, named) = (Some(below.id), |name: &str| {
        Some(Arc::new(Endpoint::named(name)))
    });
    let calling = |span: &mut Span| {
        span.duration = step.duration.1;
        throw(span, step.errors.1);
    };
    match step.what {
        What::Split | What::Shared => {
            let client = making.span(own, parent, Some(Kind::Client), below.service);
            client.name = Some("get".into());
            client.remote_endpoint = named("balancer");
            calling(client);
            let shares = matches!(step.what, What::Shared);
            let (id, parent) = if shares {
                (own, parent)
            } else {
                (making.id(), Some(own))
            };
            let server = making.span(id, parent, Some(Kind::Server), service);
            server.shared = shares;
            serve(server, step);
            Some(Place { service, id })
        }
        What::Lost => {
            let (id, lost) = (making.id(), Some(own));
            serve(making.span(id, lost, Some(Kind::Server), service), step);
            Some(Place { service, id })
        }
        What::Database | What::Nameless | What::Kindless | What::Stray => {
            let by = if matches!(step.what, What::Stray) {
                service
            } else {
                below.service
            };
            let kind = (!matches!(step.what, What::Kindless)).then_some(Kind::Client);
            let span = making.span(own, parent, kind, by);
            span.remote_endpoint = match step.what {
                What::Nameless => Some(Arc::new(Endpoint::default().at("10.0.0.7"))),
                _ => named("store"),
            };
            span.name = Some("query".into());
            span.tags.put("db.system", "mysql");
            let verb = ["SELECT", "insert", "Update"][usize::from(step.operation)];
            span.tags.put(
                "db.statement",
                format!("{verb} x where y = {}", step.duration.0),
            );
            calling(span);
            None
        }
        What::Local => {
            let span = making.span(own, parent, None, below.service);
            span.name = Some("render".into());
            Some(Place {
                service: below.service,
                id: own,
            })
        }
        What::Message => {
            let topic = format!("orders.{}", step.operation);
            let sent = making.span(own, parent, Some(Kind::Producer), below.service);
            sent.remote_endpoint = named("kafka").filter(|_| step.style.is_multiple_of(2));
            sent.tags.put("kafka.topic", topic.as_str());
            calling(sent);
            let id = making.id();
            let taken = making.span(id, Some(own), Some(Kind::Consumer), service);
            taken.remote_endpoint = named("kafka").filter(|_| step.style.is_multiple_of(3));
            taken.tags.put("messaging.destination.name", topic.as_str());
            taken.duration = step.duration.0;
            throw(taken, step.errors.0);
            Some(Place { service, id })
        }
    }
}

/// The called side of a request.
fn serve(span: &mut Span, step: &Step) {
    span.duration = step.duration.0;
    throw(span, step.errors.0);
    let operation = step.operation;
    match step.style {
        0 => {
            span.tags.put("http.request.method", "GET");
            span.tags
                .put("http.route", format!("/things-{operation}/{{thing}}"));
        }
        1 => {
            span.tags.put("http.method", "post");
            span.tags.put(
                "http.path",
                format!("/things-{operation}/{}?a=b", step.duration.0),
            );
        }
        2 => span.name = Some(format!("Get /things-{operation}").into()),
        3 => {
            span.tags.put("http.method", "GET");
            let path = ["/health", "/metrics", "/things"][usize::from(operation)];
            span.tags.put("http.path", path);
        }
        _ => span.name = Some(format!("handle-{operation}").into()),
    }
    if step.status != 200 {
        let key = ["http.status_code", "http.response.status_code"][usize::from(operation) % 2];
        span.tags.put(key, step.status.to_string());
    }
}

fn throw(span: &mut Span, error: usize) {
    if let Some(said) = error.checked_sub(1) {
        span.tags.put("error", EXCEPTIONS[said]);
    }
}

/// Another order, the same for the same seed.
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for at in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let other = usize::try_from(state >> 33).expect("31 bits") % (at + 1);
        items.swap(at, other);
    }
}
