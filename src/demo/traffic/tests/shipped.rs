//! Whether the shipped system's traffic is what its file says, and what the original's was.

use std::collections::{BTreeMap, HashSet};

use rstest::rstest;

use super::*;
use crate::demo::system::Role;
use crate::demo::tracing::query::Window;
use crate::demo::tracing::store::Store;

/// Who calls whom, by the file; a broker stands between those who send and those who take.
fn edges(system: &System) -> HashSet<(String, String)> {
    let name = |at: usize| system.components[at].name.to_string();
    let mut edges = HashSet::new();
    for (from, component) in system.components.iter().enumerate() {
        for operation in &component.operations {
            let callees = operation.calls.iter().map(|call| call.to);
            for to in callees.chain(operation.consumers.iter().copied()) {
                edges.insert((name(from), name(to.component)));
            }
        }
    }
    for request in &system.requests {
        if let Origin::Component(from) = request.from {
            edges.insert((name(from), name(request.to.component)));
        }
    }
    edges
}

#[test]
fn the_tracing_server_sees_the_edges_of_the_file() {
    let system = shipped();
    let mut store = Store::default();
    store.accept(run(&system, 17, 60_000, healthy));
    let window = Window {
        end_ts: after(60_000).as_millisecond(),
        lookback: 60_000,
    };
    let links = store.links(window);
    let seen: HashSet<(String, String)> = links
        .iter()
        .map(|link| (link.parent.to_string(), link.child.to_string()))
        .collect();
    assert_eq!(seen, edges(&system));
    assert!(
        links
            .iter()
            .all(|link| link.error_count * 5 < link.call_count),
        "{links:?}"
    );
}

#[test]
fn every_declared_call_is_seen() {
    let system = shipped();
    let spans = run(&system, 4, 600_000, healthy);
    let name = |s: Option<&Arc<str>>| s.map(ToString::to_string).unwrap_or_default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut done: HashSet<(String, String)> = HashSet::new();
    for span in &spans {
        let local = name(span.local_service());
        match span.kind {
            Some(Kind::Client | Kind::Producer) => {
                seen.insert((local, name(span.remote_service())));
            }
            Some(Kind::Consumer) => {
                seen.insert((name(span.remote_service()), local.clone()));
                done.insert((local, name(span.name.as_ref())));
            }
            _ => {
                done.insert((local, name(span.name.as_ref())));
            }
        }
    }
    for component in &system.components {
        for operation in &component.operations {
            if matches!(component.role, Role::Service(_)) {
                let at = (component.name.to_string(), operation.name.to_string());
                assert!(done.contains(&at), "{at:?}");
            }
        }
    }
    assert_eq!(seen, edges(&system));
}

#[test]
fn rates_follow_the_file_over_a_day() {
    let system = shipped();
    let day = i64::try_from(system.rhythm.day.as_millis()).unwrap();
    let spans = run(&system, 5, day, healthy);
    // The mean of the day's curve.
    let mean = f64::midpoint(1.0, system.rhythm.night);
    let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
    for request in &system.requests {
        let (component, operation) = system.operation(request.to).unwrap();
        let key = match request.from {
            Origin::Ingress(_) => format!("{} {}", component.name, operation.name.to_lowercase()),
            Origin::Component(_) => format!("workloademulator {}", component.name),
        };
        *wanted.entry(key).or_default() += request.rate * mean * system.rhythm.day.as_secs_f64();
    }
    let mut seen: BTreeMap<String, f64> = BTreeMap::new();
    for span in spans.iter().filter(|s| s.parent_id.is_none() && !s.shared) {
        let local = span.local_service().unwrap();
        let key = match span.kind {
            Some(Kind::Server) => format!("{local} {}", span.name.as_ref().unwrap().to_lowercase()),
            _ => format!("{local} {}", span.remote_service().unwrap()),
        };
        *seen.entry(key).or_default() += 1.0;
    }
    assert!(seen.keys().eq(wanted.keys()), "{:?}", seen.keys());
    for (key, wanted) in wanted {
        // Four standard deviations of a Poisson count.
        let near = (seen[&key] - wanted).abs() < 4.0 * wanted.sqrt();
        assert!(near, "{key}: {} for {wanted}", seen[&key]);
    }
}

#[test]
fn the_shipped_system_makes_as_many_spans_as_are_readable() {
    let system = shipped();
    let day = i64::try_from(system.rhythm.day.as_millis()).unwrap();
    let spans = run(&system, 6, day, healthy);
    let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
    for span in &spans {
        *minutes
            .entry((span.timestamp - start().as_microsecond()) / 60_000_000)
            .or_default() += 1;
    }
    let peak = minutes.values().max().unwrap() / 60;
    let night = minutes.values().min().unwrap() / 60;
    assert!(
        (150..=300).contains(&peak),
        "{peak} spans a second at the peak"
    );
    assert!(
        night > 30 && night * 2 < peak,
        "{night} spans a second at night"
    );
    // Each edge has a call in a minute of the day, mostly many.
    let noon = start().as_microsecond() + 120_000_000;
    let mut edges: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for span in spans
        .iter()
        .filter(|s| (noon..noon + 60_000_000).contains(&s.timestamp))
    {
        if let (Some(from), Some(to), Some(Kind::Client)) =
            (span.local_service(), span.remote_service(), span.kind)
        {
            *edges.entry((from, to)).or_default() += 1;
        }
    }
    assert!(edges.values().all(|calls| *calls >= 10), "{edges:?}");
    let errors = spans.iter().filter(|s| failed(s)).count();
    assert!(
        errors > 0 && errors * 50 < spans.len(),
        "{errors} of {}",
        spans.len()
    );
}

/// Timings of the original system: all calls in ms, and how many. Ours are near them: from half to twice.
#[rstest]
#[case::authenticate(
    "authenticationservice",
    "POST /authenticationservice/authenticate",
    3675,
    48
)]
#[case::user("queryservice", "GET /basicqueryservice/findUserByNickname", 3495, 48)]
#[case::item("queryservice", "GET /basicqueryservice/findItemById", 13, 9)]
#[case::find("queryservice", "GET /queryservice/findPersonalizedItems", 24480, 30)]
#[case::get(
    "itemmanagementservice",
    "GET /browsecategories/personalized",
    26910,
    30
)]
#[case::register("itemmanagementservice", "POST /itemregistration", 2425, 3)]
#[case::bid("bidandbuyservice", "POST /bid", 2138, 3)]
#[case::first_filter("lastsecondsales-filter", "POST /filter", 560, 1)]
#[case::second_filter("pastsales-filter", "POST /filter", 503, 1)]
#[case::middle_filter("sellerreputation-filter", "POST /filter", 269, 1)]
#[case::last_filter("futuresales-filter", "POST /filter", 30, 1)]
fn timings_are_those_of_the_original(
    #[case] service: &str,
    #[case] name: &str,
    #[case] total: i64,
    #[case] count: i64,
) {
    let system = shipped();
    let spans = run(&system, 7, 300_000, healthy);
    let named = of(&spans, service, Kind::Server).filter(|s| s.name.as_deref() == Some(name));
    let all: Vec<i64> = named.map(|s| s.duration).collect();
    assert!(all.len() > 50, "{}", all.len());
    let ours = all.iter().sum::<i64>() / i64::try_from(all.len()).unwrap();
    let theirs = total * 1000 / count;
    assert!(
        (theirs / 2..=theirs * 2).contains(&ours),
        "{ours} us for {theirs} us"
    );
}
