//! Calls and their sums, for any traces: they add up to the links, do not depend on the order of spans nor on
//! spans that come twice, and every figure is what a second, naive reckoning finds.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

mod naive;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use portolan::model::example::{EXAMPLE_LIMIT, Example};
use portolan::model::usage::{Tally, Use, Uses};
use portolan::sources::zipkin::tally::{
    CALL_LIMIT, EXCEPTION_LIMIT, OPERATION_LIMIT, OTHERS, Tallies,
};
use portolan::sources::zipkin::traces::decode;
use portolan::trace::call::Call;
use portolan::trace::calls::calls_of;
use portolan::trace::endpoint::Endpoint;
use portolan::trace::id::{SpanId, TraceId};
use portolan::trace::linker::{Sum, links_of};
use portolan::trace::span::{Kind, Span};
use proptest::prelude::*;

use naive::Told;
use plan::{BEGIN_MS, traces};

const WINDOW_MS: u64 = 60_000;

fn given(spans: &[Span]) -> Vec<&Span> {
    spans.iter().collect()
}

fn end() -> Timestamp {
    let window = i64::try_from(WINDOW_MS).expect("small");
    Timestamp::from_millisecond(BEGIN_MS + window).expect("a time")
}

fn uses(traces: &[Vec<Span>]) -> Uses {
    let mut tallies = Tallies::new(WINDOW_MS);
    tallies.take(traces);
    tallies.uses("zipkin".into(), end(), false)
}

/// What calls tell that has an order of its own.
fn told(calls: &[Call]) -> Vec<Told> {
    let mut told: Vec<Told> = calls.iter().map(Told::of).collect();
    told.sort();
    told
}

/// Links by their ends.
fn by_ends(links: Vec<portolan::trace::linker::Link>) -> BTreeMap<(String, String), (u64, u64)> {
    let entry = |link: portolan::trace::linker::Link| {
        let ends = (link.parent.to_string(), link.child.to_string());
        (ends, (link.call_count, link.error_count))
    };
    links.into_iter().map(entry).collect()
}

/// The links that calls of which both sides have a name add up to.
fn summed<'a>(calls: impl IntoIterator<Item = &'a Call>) -> BTreeMap<(String, String), (u64, u64)> {
    let mut sums: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for call in calls.into_iter().filter(|call| !call.is_by_address) {
        if let Some(caller) = &call.caller {
            let sum = sums
                .entry((caller.to_string(), call.callee.to_string()))
                .or_default();
            sum.0 += 1;
            sum.1 += u64::from(call.failed);
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_add_up_to_the_links(traces in traces()) {
        let mut links = Sum::default();
        let mut calls = Vec::new();
        for trace in &traces {
            for link in links_of(&given(trace)) {
                links.add(link);
            }
            calls.extend(calls_of(&given(trace)));
        }
        prop_assert_eq!(summed(&calls), by_ends(links.links()));
    }

    #[test]
    fn spans_that_come_twice_or_in_another_order_change_nothing(traces in traces(), seed in any::<u64>()) {
        for trace in &traces {
            let calls = calls_of(&given(trace));
            let mut twice = trace.clone();
            twice.extend(trace.iter().rev().cloned());
            plan::shuffle(&mut twice, seed);
            prop_assert_eq!(calls_of(&given(&twice)), calls);
        }
    }

    #[test]
    fn every_call_is_what_a_naive_reckoning_finds(traces in traces()) {
        for trace in &traces {
            let mut expected = naive::calls(trace);
            expected.sort();
            prop_assert_eq!(told(&calls_of(&given(trace))), expected);
        }
    }

    #[test]
    fn every_sum_is_what_a_naive_reckoning_finds(traces in traces()) {
        let uses = uses(&traces);
        let all: Vec<Told> = traces.iter().flat_map(|trace| naive::calls(trace)).collect();
        let hidden = all.iter().filter(|call| call.is_noise).count();
        let counts = (uses.traces, uses.hidden, uses.is_sample);
        prop_assert_eq!(counts, (traces.len() as u64, hidden as u64, false));
        let mut sums: BTreeMap<_, Vec<&Told>> = BTreeMap::new();
        for call in all.iter().filter(|call| !call.is_noise) {
            sums.entry(call.place()).or_default().push(call);
        }
        let places: Vec<_> = uses.uses.iter().map(Told::place_of).collect();
        let mut sorted = places.clone();
        sorted.sort();
        prop_assert_eq!(sorted, sums.keys().cloned().collect::<Vec<_>>());
        for (place, used) in places.iter().zip(&uses.uses) {
            check(used, &sums[place])?;
        }
    }

    #[test]
    fn polls_that_overlap_count_each_trace_once(traces in traces(), cut in any::<prop::sample::Index>()) {
        let all = uses(&traces);
        let mut tallies = Tallies::new(WINDOW_MS);
        // First a part of each trace, then all of a part of them, then all, twice.
        let parts: Vec<Vec<Span>> = traces.iter().map(|t| t[..=cut.index(t.len())].to_vec()).collect();
        tallies.take(&parts);
        tallies.take(&traces[cut.index(traces.len())..]);
        tallies.take(&traces);
        tallies.take(&parts);
        prop_assert_eq!(tallies.uses("zipkin".into(), end(), false), all);
    }

    #[test]
    fn what_a_server_writes_is_read_as_it_was(traces in traces()) {
        let body = serde_json::to_vec(&traces).expect("JSON");
        prop_assert_eq!(decode(&body).expect("traces"), traces);
    }
}

/// Holds one use against the calls that it is the sum of.
fn check(used: &Use, calls: &[&Told]) -> Result<(), TestCaseError> {
    let Tally {
        calls: count,
        errors,
        unflagged,
        unanswered,
        latency,
        exceptions,
        slowest,
        failed,
    } = &used.tally;
    let number = |of: &dyn Fn(&Told) -> bool| calls.iter().filter(|call| of(call)).count() as u64;
    let expected = (
        calls.len() as u64,
        number(&|call| call.failed),
        number(&|call| call.is_5xx && !call.failed),
        number(&|call| call.is_unanswered),
    );
    prop_assert_eq!((*count, *errors, *unflagged, *unanswered), expected);
    let mut lasted: Vec<u64> = calls.iter().filter_map(|call| call.duration).collect();
    lasted.sort_unstable();
    prop_assert_eq!(latency.count(), lasted.len() as u64);
    prop_assert_eq!(latency.total_us, lasted.iter().sum::<u64>());
    prop_assert_eq!(latency.min_us(), lasted.first().copied());
    prop_assert_eq!(latency.max_us(), lasted.last().copied());
    // Of each trace one.
    let mut longest: BTreeMap<TraceId, u64> = BTreeMap::new();
    for call in calls {
        if let Some(us) = call.duration {
            let known = longest.entry(call.trace).or_default();
            *known = us.max(*known);
        }
    }
    let mut longest: Vec<u64> = longest.into_values().collect();
    longest.sort_unstable_by(|a, b| b.cmp(a));
    longest.truncate(EXAMPLE_LIMIT);
    let shown: Vec<u64> = slowest.iter().filter_map(|call| call.took_us).collect();
    prop_assert_eq!(shown, longest);
    let went_wrong = calls.iter().filter(|call| call.failed || call.is_5xx);
    let went_wrong: BTreeSet<TraceId> = went_wrong.map(|call| call.trace).collect();
    prop_assert_eq!(failed.len(), went_wrong.len().min(EXAMPLE_LIMIT));
    for part in [50, 95] {
        if let Some(found) = latency.at(f64::from(part) / 100.0) {
            // Any definition of a percentile lies between these two.
            let last = lasted.len() - 1;
            let exact = last * usize::try_from(part).expect("small");
            let (low, high) = (lasted[exact / 100], lasted[(exact.div_ceil(100)).min(last)]);
            let is_near = found * 100 >= low * 98 && found * 100 <= high * 102 + 100;
            prop_assert!(is_near, "p{part} is {found}, not from {low} to {high}");
        }
    }
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for thrown in calls.iter().filter_map(|call| call.thrown.as_deref()) {
        *kinds.entry(thrown).or_default() += 1;
    }
    let mut kinds: Vec<(u64, &str)> = kinds.into_iter().map(|(kind, n)| (n, kind)).collect();
    kinds.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    kinds.truncate(EXCEPTION_LIMIT);
    let found: Vec<(u64, &str)> = exceptions.iter().map(|t| (t.times, &*t.kind)).collect();
    prop_assert_eq!(found, kinds);
    Ok(())
}

/// A trace of one call, `ms` after the begin of the window.
fn call(trace: u64, ms: i64, operation: &str, us: i64) -> Vec<Span> {
    let mut span = Span::new(TraceId::new(0, trace), SpanId::new(1));
    span.kind = Some(Kind::Server);
    span.name = Some(operation.into());
    span.timestamp = (BEGIN_MS + ms) * 1_000;
    span.duration = us;
    span.local_endpoint = Some(std::sync::Arc::new(Endpoint::named("app")));
    span.remote_endpoint = Some(std::sync::Arc::new(Endpoint::named("web")));
    vec![span.normalised()]
}

#[test]
fn what_instances_served_is_told_apart() {
    let serve = |trace: u64, version: Option<&'static str>, ip: &str, us: i64| {
        let mut spans = call(trace, 1, "x", us);
        spans[0].local_endpoint = Some(std::sync::Arc::new(Endpoint::named("app").at(ip)));
        if let Some(version) = version {
            spans[0].tags.put("service.version", version);
        }
        spans
    };
    let sums = uses(&[
        serve(1, Some("1"), "10.0.0.1", 10),
        serve(2, Some("1"), "10.0.0.1", 30),
        serve(3, Some("2"), "10.0.0.2", 50),
        serve(4, None, "10.0.0.2", 70),
        serve(5, None, "", 90),
    ]);
    let told: Vec<_> = sums
        .served
        .iter()
        .map(|served| {
            let (version, address) = (&served.instance.version, &served.instance.address);
            let tally = &served.tally;
            (
                version.as_deref(),
                address.as_deref(),
                tally.calls,
                tally.latency.total_us,
            )
        })
        .collect();
    let expected = [
        (None, Some("10.0.0.2"), 1, 70),
        (Some("1"), Some("10.0.0.1"), 2, 40),
        (Some("2"), Some("10.0.0.2"), 1, 50),
    ];
    assert_eq!(told, expected);
    assert_eq!(sums.uses[0].tally.calls, 5);
}

#[test]
fn a_percentile_of_many_calls_is_within_two_percent() {
    // Of three shapes: even, long-tailed, and all the same.
    let shapes: [fn(u64) -> u64; 3] = [|n| n * 10, |n| (n * n * n) / 1_000 + 1, |_| 777];
    for shape in shapes {
        let lasted: Vec<u64> = (1..=5_000).map(shape).collect();
        let traces: Vec<Vec<Span>> = (1..)
            .zip(&lasted)
            .map(|(id, us)| call(id, 1, "x", i64::try_from(*us).expect("small")))
            .collect();
        let sums = uses(&traces);
        let latency = &sums.uses[0].tally.latency;
        for (part, exact) in [(0.5, lasted[2_499]), (0.95, lasted[4_749])] {
            let found = latency.at(part).expect("calls");
            let off = found.abs_diff(exact);
            assert!(off * 50 <= exact + 50, "{part}: {found}, not {exact}");
        }
    }
}

#[test]
fn a_trace_counts_while_one_of_its_spans_is_in_the_window() {
    let window = i64::try_from(WINDOW_MS).expect("small");
    let mut tallies = Tallies::new(WINDOW_MS);
    let mut straddling = call(2, -5, "x", 1);
    straddling.push(call(2, window + 5, "y", 1).remove(0));
    tallies.take(&[
        call(1, -1, "before", 1),
        straddling,
        call(3, 0, "first", 1),
        call(4, window, "last", 1),
        call(5, window + 1, "after", 1),
    ]);
    let names = |uses: &Uses| -> Vec<String> {
        let names = uses.uses.iter().map(|used| used.operation.to_string());
        names.collect()
    };
    let first = tallies.uses("zipkin".into(), end(), false);
    assert_eq!(
        (names(&first), first.traces),
        (vec!["first".into(), "last".into()], 2)
    );
    assert_eq!(tallies.len(), 4, "what is older than the window is gone");
    let later = Timestamp::from_millisecond(BEGIN_MS + 2 * window).expect("a time");
    let later = tallies.uses("zipkin".into(), later, true);
    assert_eq!((later.traces, later.is_sample), (3, true));
}

#[test]
fn beyond_the_limit_the_busiest_operations_stay() {
    let limit = OPERATION_LIMIT as u64;
    let of = |n: u64| (0..=u64::from(n < limit)).map(move |again| (n, again));
    let traces: Vec<Vec<Span>> = (0..limit + 7)
        .flat_map(of)
        .map(|(n, again)| call(1 + 2 * n + again, 1, &format!("op-{n:04}"), 5))
        .collect();
    let sums = uses(&traces);
    assert_eq!(sums.uses.len() as u64, limit + 1);
    let others: Vec<u64> = sums
        .uses
        .iter()
        .filter(|used| &*used.operation == OTHERS)
        .map(|used| used.tally.calls)
        .collect();
    assert_eq!(others, [7]);
    let calls: u64 = sums.uses.iter().map(|used| used.tally.calls).sum();
    assert_eq!(calls, traces.len() as u64, "none is lost");
}

#[test]
fn what_is_kept_is_bounded_and_says_so() {
    // Large traces, so that few make many calls.
    let large = |id: u64| {
        let mut spans = Vec::new();
        for n in 0..(CALL_LIMIT as u64 / 4) {
            let mut span = call(id, i64::try_from(id).expect("small"), "x", 1).remove(0);
            span.id = SpanId::new(n + 1);
            spans.push(span);
        }
        spans
    };
    let mut tallies = Tallies::new(WINDOW_MS);
    for id in 1..=4 {
        tallies.take(&[large(id)]);
    }
    assert!(!tallies.uses("zipkin".into(), end(), false).is_sample);
    tallies.take(&[large(5)]);
    let sums = tallies.uses("zipkin".into(), end(), false);
    assert_eq!((sums.traces, sums.is_sample), (4, true));
    let calls: u64 = sums.uses.iter().map(|used| used.tally.calls).sum();
    assert_eq!(calls, CALL_LIMIT as u64);
}

#[test]
fn examples_are_the_slowest_and_the_newest_failed() {
    let failed = |id, ms, us| {
        let mut spans = call(id, ms, "x", us);
        spans[0].tags.put("error", format!("Kind: said at {ms}"));
        spans
    };
    let traces = [
        failed(1, 30, 5),
        call(2, 20, "x", 9),
        failed(3, 10, 5),
        call(4, 40, "x", 1),
    ];
    let sums = uses(&traces);
    let tally = &sums.uses[0].tally;
    let ids = |calls: &[Example]| -> Vec<String> {
        let last = |call: &Example| call.trace.trim_start_matches('0').to_owned();
        calls.iter().map(last).collect()
    };
    assert_eq!(ids(&tally.slowest), ["2", "3", "1", "4"]);
    assert_eq!(ids(&tally.failed), ["1", "3"]);
    let slowest = tally.slowest.first().expect("the slowest");
    assert_eq!(slowest.took_us, Some(9));
    assert_eq!(slowest.at_ms, BEGIN_MS + 20);
    assert_eq!(slowest.span, Some(SpanId::new(1)));
    let [thrown] = tally.exceptions.as_slice() else {
        panic!("one kind: {:?}", tally.exceptions);
    };
    let told = (
        &*thrown.kind,
        &*thrown.message,
        thrown.times,
        &*thrown.trace,
    );
    assert_eq!(told, ("Kind", "said at 30", 2, "0000000000000001"));
}

#[test]
fn names_are_made_harmless() {
    let mut spans = call(1, 1, "\u{1b}]0;t\u{7}", 5);
    spans[0].local_endpoint = Some(std::sync::Arc::new(Endpoint::named("\u{1b}[2Japp")));
    spans[0].remote_endpoint = Some(std::sync::Arc::new(Endpoint::named("\u{202e}")));
    spans[0].tags.put("error", "\u{1b}[1mred: \u{1b}[31mtext");
    let sums = uses(&[spans]);
    let used = &sums.uses[0];
    assert_eq!((used.caller.as_deref(), &*used.callee), (None, "app"));
    assert_eq!(&*used.operation, "(unnamed)");
    assert!(
        used.tally
            .exceptions
            .iter()
            .all(|t| !t.message.contains('\u{1b}'))
    );
    // A callee of which nothing is left has no place to stand.
    let mut spans = call(1, 1, "x", 5);
    spans[0].local_endpoint = Some(std::sync::Arc::new(Endpoint::named("\u{1b}[2J")));
    assert_eq!(uses(&[spans]).uses, []);
}
