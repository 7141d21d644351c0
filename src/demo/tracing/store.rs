//! The spans that are held, and what is answered from them.
//!
//! The rules are those of Zipkin's own store in memory: traces are gathered by the lower half of their
//! ids, a span that comes twice is held once, and the oldest traces go, each whole, when there are too
//! many spans.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::query::{Query, Window};
use crate::trace::id::TraceId;
use crate::trace::linker::{Link, Sum, links_of};
use crate::trace::span::Span;

/// Most spans that Zipkin holds unless told otherwise.
pub const DEFAULT_LIMIT: usize = 500_000;

/// A bounded store of spans.
#[derive(Debug)]
pub struct Store {
    limit: usize,
    /// Spans in `slots`.
    held: usize,
    accepted: u64,
    slots: BTreeMap<Slot, Vec<Span>>,
    /// By the lower half of the id.
    traces: HashMap<u64, Trace>,
    services: BTreeMap<Arc<str>, Service>,
    /// Hashes of the spans that are held: most spans need no comparison to be known as new.
    seen: HashSet<u64>,
    hasher: RandomState,
    /// Questions so far, to mark the traces that a question has met.
    question: u64,
}

/// The spans of one trace that began in one millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    /// In ms since the epoch; 0 for spans without a time.
    at: i64,
    trace: u64,
}

#[derive(Debug, Default)]
struct Trace {
    /// The times of its slots, in the order in which they came.
    slots: Vec<i64>,
    /// The services that recorded spans of it.
    services: BTreeSet<Arc<str>>,
    /// Its links, until the next span comes.
    links: Option<Vec<Link>>,
    /// The last question that has met it.
    question: u64,
}

/// What is known of a service as long as one of its traces is held.
#[derive(Debug, Default)]
struct Service {
    traces: usize,
    operations: BTreeSet<Arc<str>>,
    remotes: BTreeSet<Arc<str>>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl Store {
    /// An empty store that holds at most `limit` spans, and at least one.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            held: 0,
            accepted: 0,
            slots: BTreeMap::new(),
            traces: HashMap::new(),
            services: BTreeMap::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            question: 0,
        }
    }

    /// Takes spans in, each in its normal form. Before that the oldest traces go, as many as it takes to
    /// have room for all of them as if none was known.
    pub fn accept(&mut self, spans: Vec<Span>) {
        self.accepted = self.accepted.saturating_add(spans.len() as u64);
        let mut spans = spans.into_iter();
        while spans.len() > 0 {
            let batch = spans.len().min(self.limit);
            while self.held + batch > self.limit && self.forget_oldest() {}
            for span in spans.by_ref().take(batch) {
                self.insert(span.normalised());
            }
        }
    }

    /// Spans that were taken in so far, also those that came twice or are gone.
    #[must_use]
    pub const fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Spans that are held.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.held
    }

    /// Whether no span is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.held == 0
    }

    fn insert(&mut self, span: Span) {
        let slot = Slot {
            at: span.timestamp / 1_000,
            trace: span.trace_id.low(),
        };
        let trace = self.traces.entry(slot.trace).or_default();
        let spans = self.slots.entry(slot).or_default();
        if spans.is_empty() {
            trace.slots.push(slot.at);
        }
        let fresh = self.seen.insert(self.hasher.hash_one(&span));
        if !fresh && spans.contains(&span) {
            return;
        }
        trace.links = None;
        if let Some(name) = span.local_service() {
            let service = self.services.entry(Arc::clone(name)).or_default();
            if trace.services.insert(Arc::clone(name)) {
                service.traces += 1;
            }
            service.operations.extend(span.name.clone());
            service.remotes.extend(span.remote_service().cloned());
        }
        self.held += 1;
        spans.push(span);
    }

    /// Drops the trace that has the oldest span; says whether there was one.
    fn forget_oldest(&mut self) -> bool {
        let Some((&Slot { trace: id, .. }, _)) = self.slots.first_key_value() else {
            return false;
        };
        let trace = self.traces.remove(&id).unwrap_or_default();
        for at in trace.slots {
            for span in self
                .slots
                .remove(&Slot { at, trace: id })
                .into_iter()
                .flatten()
            {
                self.seen.remove(&self.hasher.hash_one(&span));
                self.held -= 1;
            }
        }
        for name in trace.services {
            if let Some(service) = self.services.get_mut(&name) {
                service.traces -= 1;
                if service.traces == 0 {
                    self.services.remove(&name);
                }
            }
        }
        true
    }

    /// The services that recorded spans, by name.
    pub fn services(&self) -> impl Iterator<Item = &Arc<str>> {
        self.services.keys()
    }

    /// The names of the spans that a service recorded, by name. In whatever case the service is written.
    pub fn span_names(&self, service: &str) -> impl Iterator<Item = &Arc<str>> {
        let service = self.services.get(service.to_lowercase().as_str());
        service.into_iter().flat_map(|service| &service.operations)
    }

    /// The services that spans of this service name as their other side, by name.
    pub fn remote_services(&self, service: &str) -> impl Iterator<Item = &Arc<str>> {
        let service = self.services.get(service.to_lowercase().as_str());
        service.into_iter().flat_map(|service| &service.remotes)
    }

    /// The traces that fit, those with the newest spans first. Traces whose ids differ in the upper halves
    /// only come together, even where that is more than the limit.
    #[must_use]
    pub fn traces(&self, query: &Query) -> Vec<Vec<&Span>> {
        let mut found = Vec::new();
        let mut met = HashSet::new();
        for slot in self.window(query.window) {
            if found.len() >= query.limit {
                break;
            }
            if !met.insert(slot.trace) {
                continue;
            }
            let spans = spans_of(&self.slots, self.traces.get(&slot.trace), slot.trace);
            if query.fits(&spans) {
                found.extend(by_id(spans).into_iter().filter(|trace| query.fits(trace)));
            }
        }
        found
    }

    /// The spans of a trace, in the order in which they came; those of one millisecond together.
    #[must_use]
    pub fn trace(&self, id: TraceId) -> Vec<&Span> {
        let mut spans = spans_of(&self.slots, self.traces.get(&id.low()), id.low());
        spans.retain(|span| span.trace_id == id);
        spans
    }

    /// The traces with these ids that are held, in the order of the ids.
    #[must_use]
    pub fn trace_many(&self, ids: &[TraceId]) -> Vec<Vec<&Span>> {
        let mut met = HashSet::new();
        let lows = ids.iter().map(|id| id.low()).filter(|low| met.insert(*low));
        let traces = lows.flat_map(|low| by_id(spans_of(&self.slots, self.traces.get(&low), low)));
        traces
            .filter(|trace| {
                trace
                    .first()
                    .is_some_and(|span| ids.contains(&span.trace_id))
            })
            .collect()
    }

    /// The links of all traces with a span that began in the window. Hops of such a trace count wherever in
    /// time they were.
    pub fn links(&mut self, window: Window) -> Vec<Link> {
        self.question += 1;
        let mut ids = Vec::new();
        for (slot, _) in self.slots.range(slots_in(window)).rev() {
            let Some(trace) = self.traces.get_mut(&slot.trace) else {
                continue;
            };
            if trace.question != self.question {
                trace.question = self.question;
                if trace.links.is_none() {
                    let spans = spans_of(&self.slots, Some(trace), slot.trace);
                    trace.links = Some(links_of(&spans));
                }
                ids.push(slot.trace);
            }
        }
        let traces = ids.iter().filter_map(|id| self.traces.get(id));
        let mut sum = Sum::default();
        for link in traces.flat_map(|trace| trace.links.iter().flatten()) {
            sum.add(link.clone());
        }
        sum.links()
    }

    /// The slots of a window, the newest first, and in one millisecond those of the greatest id.
    fn window(&self, window: Window) -> impl Iterator<Item = Slot> {
        let slots = self.slots.range(slots_in(window)).rev();
        slots.map(|(slot, _)| *slot)
    }
}

/// The slots of a window. One that goes back to the epoch takes in the spans without a time, as Zipkin's does.
fn slots_in(window: Window) -> RangeInclusive<Slot> {
    let slot = |at, trace| Slot { at, trace };
    // A range that ends before it begins would be a fault of the map's.
    let begin = window
        .end_ts
        .saturating_sub(window.lookback)
        .min(window.end_ts);
    slot(begin, u64::MIN)..=slot(window.end_ts, u64::MAX)
}

fn spans_of<'a>(
    slots: &'a BTreeMap<Slot, Vec<Span>>,
    trace: Option<&Trace>,
    id: u64,
) -> Vec<&'a Span> {
    let times = trace.into_iter().flat_map(|trace| &trace.slots);
    let slots = times.filter_map(|&at| slots.get(&Slot { at, trace: id }));
    slots.flatten().collect()
}

/// Spans with one lower half of a trace's id, apart by their whole ids.
fn by_id(spans: Vec<&Span>) -> Vec<Vec<&Span>> {
    let mut traces: Vec<Vec<&Span>> = Vec::new();
    let mut places = HashMap::new();
    for span in spans {
        let place = *places.entry(span.trace_id).or_insert(traces.len());
        match traces.get_mut(place) {
            Some(trace) => trace.push(span),
            None => traces.push(vec![span]),
        }
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::endpoint::Endpoint;
    use crate::trace::id::SpanId;
    use crate::trace::span::Kind;

    /// A span of a trace that begins at that many ms.
    fn span(trace: u64, id: u64, kind: Kind, service: &str, at: i64) -> Span {
        let mut span = Span::new(TraceId::new(0, trace), SpanId::new(id));
        span.parent_id = (id > 1).then(|| SpanId::new(id - 1));
        span.kind = Some(kind);
        span.timestamp = at * 1_000;
        span.name = Some("Get".into());
        span.local_endpoint = Some(Arc::new(Endpoint::named(service)));
        span
    }

    fn client(trace: u64, service: &str, remote: &str, at: i64) -> Span {
        let mut span = span(trace, 1, Kind::Client, service, at);
        span.remote_endpoint = Some(Arc::new(Endpoint::named(remote)));
        span
    }

    fn links(store: &mut Store, end_ts: i64) -> Vec<String> {
        let window = Window {
            end_ts,
            lookback: 50,
        };
        let links = store.links(window).into_iter();
        let links = links.map(|l| format!("{} {} {}", l.parent, l.child, l.call_count));
        links.collect()
    }

    fn services(store: &Store) -> Vec<&str> {
        store.services().map(|name| &**name).collect()
    }

    #[test]
    fn a_link_is_renamed_when_the_called_side_reports() {
        let mut store = Store::default();
        store.accept(vec![
            client(1, "web", "lb", 100),
            client(2, "web", "lb", 100),
        ]);
        assert_eq!(links(&mut store, 100), ["web lb 2"]);
        store.accept(vec![span(1, 2, Kind::Server, "App", 101)]);
        assert_eq!(links(&mut store, 100), ["web lb 1", "web app 1"]);
        assert_eq!(links(&mut store, 151), ["web app 1"]);
        assert_eq!(links(&mut store, 99), [""; 0]);
    }

    #[test]
    fn what_comes_twice_is_held_once_and_counted_twice() {
        let mut store = Store::default();
        let spans = vec![client(1, "web", "lb", 100), client(1, "web", "lb", 100)];
        store.accept(spans.clone());
        store.accept(spans);
        assert_eq!((store.len(), store.accepted()), (1, 4));
        assert_eq!(links(&mut store, 100), ["web lb 1"]);
    }

    #[test]
    fn the_oldest_traces_go_and_their_names_with_them() {
        let mut store = Store::new(3);
        store.accept(vec![
            client(1, "old", "db", 100),
            // This one goes with the trace's oldest span, though it is the newest of all.
            span(1, 2, Kind::Server, "late", 900),
            client(2, "web", "db", 200),
        ]);
        assert_eq!(services(&store), ["late", "old", "web"]);
        store.accept(vec![client(3, "web", "mq", 300)]);
        assert_eq!(store.len(), 2);
        assert_eq!(services(&store), ["web"]);
        assert_eq!(store.span_names("old").count(), 0);
        // Names last as long as the service, not as long as the spans that told them.
        store.accept(vec![
            client(4, "web", "mq", 400),
            client(5, "web", "mq", 500),
        ]);
        let remotes: Vec<&str> = store.remote_services("WEB").map(|name| &**name).collect();
        assert_eq!(remotes, ["db", "mq"]);
        assert_eq!(store.trace(TraceId::new(0, 2)), Vec::<&Span>::new());
    }

    #[test]
    fn more_spans_than_it_may_hold_at_once_do_not_make_it_hold_more() {
        let mut store = Store::new(3);
        let spans = (1..=100).map(|trace| client(trace, "web", "db", 100));
        store.accept(spans.collect());
        assert_eq!((store.len(), store.accepted()), (3, 100));
        assert!(!store.is_empty());
    }
}
