//! One request's way through the system, and the spans that it leaves.

use std::sync::Arc;
use std::time::Duration;

use super::chance::{Chance, micros};
use super::failure::Failure;
use super::load::{Load, queueing};
use super::words::{Sort, Words};
use super::{Live, number};
use crate::demo::system::{
    Address, Call, Component, Operation, Origin, Protocol, Request, Role, SpanStyle, System,
};
use crate::trace::endpoint::Endpoint;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::{Kind, Span};

/// The network between two pods, one way, in µs.
const NETWORK: (i64, i64) = (150, 600);
/// Until a refused connection is known, in µs.
const REFUSAL: (i64, i64) = (400, 1_500);
/// Until a consumer has a message, in µs.
const DELIVERY: (i64, i64) = (1_000, 20_000);

/// How long one that makes load waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// How something went: when it ended, and what failed.
type Outcome = (i64, Option<Failure>);

/// Who does something: the instance, and the span that records it.
#[derive(Clone, Copy)]
struct Here<'a> {
    style: SpanStyle,
    live: &'a Live,
    /// The place of the instance.
    instance: usize,
    span: Option<SpanId>,
}

/// What a caller hands on.
struct Caller<'a> {
    span: SpanId,
    parent: Option<SpanId>,
    /// Its address.
    endpoint: Option<&'a Arc<Endpoint>>,
}

pub(super) struct Walk<'a> {
    system: &'a System,
    words: &'a Words,
    lives: &'a [Live],
    loads: &'a mut [Load],
    chance: Chance,
    spans: &'a mut Vec<Span>,
    trace: TraceId,
    /// When the request came in: the load is counted then, since requests overlap.
    start: i64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        system: &'a System,
        words: &'a Words,
        lives: &'a [Live],
        loads: &'a mut [Load],
        chance: Chance,
        spans: &'a mut Vec<Span>,
    ) -> Self {
        Self {
            system,
            words,
            lives,
            loads,
            chance,
            spans,
            trace: TraceId::new(0, 1),
            start: 0,
        }
    }

    /// Follows a request from where it comes in.
    pub(super) fn request(&mut self, at: i64, request: &Request) {
        self.start = at;
        let first = match request.from {
            Origin::Ingress(_) => request.to.component,
            Origin::Component(from) => from,
        };
        let style = self.system.components.get(first).map(|c| &c.role);
        let high = match style {
            // Brave's ids have 64 bits unless it is told otherwise.
            Some(Role::Service(SpanStyle::Brave)) => 0,
            _ => self.chance.id(),
        };
        self.trace = TraceId::new(high, self.chance.id());
        match request.from {
            Origin::Ingress(_) => {
                self.serve(at, request.to, None);
            }
            Origin::Component(from) => {
                if let Some(here) = self.somebody(from, None) {
                    let call = Call {
                        to: request.to,
                        times: 1,
                        probability: 1.0,
                        required: 1.0,
                        timeout: PATIENCE,
                    };
                    self.call(at, here, &call);
                }
            }
        }
    }

    /// An instance of a service, if one is ready.
    fn somebody(&mut self, component: usize, span: Option<SpanId>) -> Option<Here<'a>> {
        let live = self.lives.get(component)?;
        let Role::Service(style) = self.system.components.get(component)?.role else {
            return None;
        };
        let instance = self.chance.place(live.endpoints.len());
        live.endpoints.get(instance)?;
        Some(Here {
            style,
            live,
            instance,
            span,
        })
    }

    /// How long an operation itself takes now, in µs, and whether it fails by itself.
    fn work(&mut self, component: &Component, operation: &Operation, at: usize) -> (i64, bool) {
        let health = self.lives.get(at).map(|live| &live.health);
        let slow = health.map_or(1.0, |h| h.slow_factor.max(0.0));
        let rate = match self.loads.get_mut(at) {
            Some(load) => load.count(self.start),
            None => 0.0,
        };
        let instances = match component.role {
            Role::External(_) => 1.0,
            _ => number(health.map_or(1, |h| h.instances.len().max(1))),
        };
        let usage = rate * slow / (instances * component.capacity);
        let seconds = self.chance.time(operation.median, operation.spread);
        let faults = health.map_or(0.0, |h| h.error_share);
        let fails = self.chance.happens(operation.errors + faults);
        (micros(seconds * slow * queueing(usage)).max(1), fails)
    }

    /// A service does something: its server's span, or its consumer's.
    fn serve(&mut self, at: i64, to: Address, caller: Option<&Caller<'_>>) -> Option<Outcome> {
        let (component, operation) = self.system.operation(to)?;
        let said = self.words.of(to)?;
        let consumes = matches!(operation.protocol, Protocol::Message { .. });
        let here = self.somebody(to.component, None)?;
        // Brave's servers join the caller's span; what comes through a broker does not.
        let joined = caller.filter(|_| here.style == SpanStyle::Brave && !consumes);
        let id = joined.map_or_else(|| SpanId::new(self.chance.id()), |caller| caller.span);
        let here = Here {
            span: Some(id),
            ..here
        };
        let (end, failed) = self.steps(at, component, operation, to.component, here);

        let mut span = self.span(at, end, id, &said.server, here);
        span.shared = joined.is_some();
        span.parent_id = match joined {
            Some(caller) => caller.parent,
            None => caller.map(|caller| caller.span),
        };
        if consumes {
            span.kind = Some(Kind::Consumer);
            if let Protocol::Message { topic } = operation.protocol {
                span.remote_endpoint = self.words.remotes.get(topic.component).cloned();
            }
        } else {
            span.kind = Some(Kind::Server);
            if let (SpanStyle::Brave, Some(endpoint)) =
                (here.style, caller.and_then(|c| c.endpoint))
            {
                // A server knows the address of its caller, not its name.
                let ip = endpoint.ipv4().map_or("", |ip| ip);
                span.remote_endpoint = Some(Arc::new(Endpoint::default().at(ip)));
            }
        }
        self.path(&mut span, here.style, &said.paths);
        let failure = failed.then_some(Failure::Answer);
        self.words
            .outcome(&mut span, here.style, &operation.protocol, failure);
        self.spans.push(span);
        Some((end, failure))
    }

    /// An operation's own time, with its calls in between.
    fn steps(
        &mut self,
        at: i64,
        component: &'a Component,
        operation: &'a Operation,
        place: usize,
        here: Here<'a>,
    ) -> (i64, bool) {
        let (own, fails) = self.work(component, operation, place);
        let parts = operation.calls.len() + 1;
        // Where it fails by itself: before one of its calls, or at the end.
        let breaks = self.chance.place(parts);
        let part = own / i64::try_from(parts).unwrap_or(1);
        let mut now = at;
        for (number, call) in operation.calls.iter().enumerate() {
            now += part;
            if fails && number == breaks {
                return (now, true);
            }
            if !self.chance.happens(call.probability) {
                continue;
            }
            for _ in 0..call.times {
                let (end, failure) = self.call(now, here, call);
                now = end;
                if failure.is_some() && self.chance.happens(call.required) {
                    return (now + 1, true);
                }
            }
        }
        (now + part.max(1), fails)
    }

    /// A service calls: its client's span, or its producer's, and what becomes of it.
    fn call(&mut self, at: i64, here: Here<'a>, call: &Call) -> Outcome {
        let Some((component, operation)) = self.system.operation(call.to) else {
            return (at, None);
        };
        let Some(said) = self.words.of(call.to) else {
            return (at, None);
        };
        let caller = Caller {
            span: SpanId::new(self.chance.id()),
            parent: here.span,
            endpoint: here.live.endpoints.get(here.instance),
        };
        let [there, back] = [(); 2].map(|()| self.chance.between(NETWORK.0, NETWORK.1));
        let ready = self.lives.get(call.to.component);
        let ready = ready.is_some_and(|live| !live.endpoints.is_empty());
        let answer = match component.role {
            Role::Service(_) => self.serve(at + there, call.to, Some(&caller)),
            Role::External(_) => Some(self.ask(at + there, component, operation, call.to)),
            Role::Database(_) | Role::Broker(_) if ready => {
                Some(self.ask(at + there, component, operation, call.to))
            }
            Role::Database(_) | Role::Broker(_) => None,
        };
        let latest = at + micros(call.timeout.as_secs_f64());
        let (end, failure) = match answer {
            None => (
                at + self.chance.between(REFUSAL.0, REFUSAL.1),
                Some(Failure::Refused),
            ),
            Some((end, _)) if end + back > latest => (latest, Some(Failure::Timeout)),
            Some((end, failure)) => (end + back, failure),
        };
        let mut span = self.span(at, end, caller.span, said.client(here.style), here);
        span.parent_id = here.span;
        span.kind = Some(match component.role {
            Role::Broker(_) => Kind::Producer,
            _ => Kind::Client,
        });
        span.remote_endpoint = self.words.remotes.get(call.to.component).cloned();
        self.path(&mut span, here.style, &said.paths);
        self.words
            .outcome(&mut span, here.style, &operation.protocol, failure);
        self.spans.push(span);
        if failure.is_none() {
            for consumer in &operation.consumers {
                let delivered = end + self.chance.between(DELIVERY.0, DELIVERY.1);
                // Without a consumer the message waits, and is not followed.
                self.serve(delivered, *consumer, Some(&caller));
            }
        }
        (end, failure)
    }

    /// What makes no spans of its own does something.
    fn ask(&mut self, at: i64, to: &Component, operation: &Operation, place: Address) -> Outcome {
        let (own, fails) = self.work(to, operation, place.component);
        (at + own, fails.then_some(Failure::Answer))
    }

    /// A span of an instance, with its sort's words.
    fn span(&self, at: i64, end: i64, id: SpanId, sort: &Sort, here: Here<'_>) -> Span {
        let mut span = Span::new(self.trace, id);
        span.name = Some(Arc::clone(&sort.name));
        span.timestamp = at;
        span.duration = (end - at).max(1);
        span.local_endpoint = here.live.endpoints.get(here.instance).cloned();
        span.tags = sort.tags.clone();
        if let Some(instance) = here.live.health.instances.get(here.instance) {
            let (pod, version) = (Arc::clone(&instance.pod), Arc::clone(&instance.version));
            span.tags.put(Arc::clone(&self.words.pod), pod);
            span.tags.put(Arc::clone(&self.words.version), version);
        }
        span
    }

    /// Brave tags the path as it was asked.
    fn path(&mut self, span: &mut Span, style: SpanStyle, paths: &[Arc<str>]) {
        let place = self.chance.place(paths.len());
        if let (SpanStyle::Brave, Some(path)) = (style, paths.get(place)) {
            span.tags
                .put(Arc::clone(&self.words.path), Arc::clone(path));
        }
    }
}
