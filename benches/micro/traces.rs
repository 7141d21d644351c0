//! A sample of traces, from the bytes of an answer to the sums: 500 services, 250,000 spans.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use portolan::model::observation::Observation;
use portolan::sources::zipkin::tally::Tallies;
use portolan::sources::zipkin::traces::decode;
use portolan::trace::calls::calls_of;
use portolan::trace::endpoint::Endpoint;
use portolan::trace::id::{SpanId, TraceId};
use portolan::trace::span::{Kind, Span};

use crate::system::{System, now};

const SERVICES: u64 = 500;
/// Calls in one trace; each is two spans.
const CALLS: u64 = 25;
const TRACES: u64 = 5_000;
const BEGIN_MS: i64 = 1_700_000_000_000;

fn side(service: u64) -> Arc<Endpoint> {
    let name = format!("app-{}", service % SERVICES);
    Arc::new(Endpoint::named(name))
}

/// A trace in which each service calls the next two, by ids and operations that repeat.
fn trace(number: u64) -> Vec<Span> {
    let begin = BEGIN_MS * 1_000 + i64::try_from(number).expect("small") * 1_000;
    let span = |id: u64, parent: u64, kind: Kind, service: u64| {
        let mut span = Span::new(TraceId::new(7, number + 1), SpanId::new(id));
        span.parent_id = (parent > 0).then(|| SpanId::new(parent));
        span.kind = Some(kind);
        span.timestamp = begin + i64::try_from(id).expect("small");
        span.duration = i64::try_from(1_000 + (number * id) % 90_000).expect("small");
        span.local_endpoint = Some(side(service));
        span.tags.put("http.method", "GET");
        span
    };
    (1..=CALLS)
        .flat_map(|call| {
            let (caller, callee) = (number + call / 2, number + call);
            let mut client = span(2 * call, 2 * (call / 2) + 1, Kind::Client, caller);
            client.name = Some("get".into());
            let mut server = span(2 * call + 1, 2 * call, Kind::Server, callee);
            server.name = Some("get".into());
            let path = format!("/things-{}/{}", callee % 9, number);
            server.tags.put("http.path", path);
            if number % 50 == call {
                server.tags.put("error", "IllegalStateException: no thing");
            }
            [client, server]
        })
        .collect()
}

fn traces() -> Vec<Vec<Span>> {
    (0..TRACES).map(trace).collect()
}

fn items() -> ItemsCount {
    ItemsCount::new(TRACES * CALLS * 2)
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn decoded(bencher: Bencher<'_, '_>) {
    let body = serde_json::to_vec(&traces()).expect("JSON");
    bencher
        .counter(items())
        .bench(|| decode(&body).expect("traces"));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn calls(bencher: Bencher<'_, '_>) {
    let traces = traces();
    bencher.counter(items()).bench(|| {
        let calls = traces.iter().map(|trace| {
            let given: Vec<&Span> = trace.iter().collect();
            calls_of(&given).len()
        });
        calls.sum::<usize>()
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn sums(bencher: Bencher<'_, '_>) {
    let traces = traces();
    let ends = Timestamp::from_millisecond(BEGIN_MS + 600_000).expect("a time");
    bencher.counter(items()).bench(|| {
        let mut tallies = Tallies::new(600_000);
        tallies.take(&traces);
        tallies.uses("zipkin".into(), ends, false)
    });
}

/// What the loop does with an answer: the sums are joined to a model of as many component types.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn joined(bencher: Bencher<'_, '_>) {
    let traces = traces();
    let ends = Timestamp::from_millisecond(BEGIN_MS + 600_000).expect("a time");
    let mut tallies = Tallies::new(600_000);
    tallies.take(&traces);
    let uses = tallies.uses("zipkin".into(), ends, false);
    let pods = usize::try_from(SERVICES).expect("small") * 10;
    let model = System { pods }.model();
    bencher
        .with_inputs(|| {
            let said = vec![Observation::Uses(Box::new(uses.clone()))];
            (model.clone(), said)
        })
        .bench_values(|(mut model, said)| {
            model.apply(said, now());
            // Taking it apart is not what is measured.
            model
        });
}
