//! What a run leaves behind: always the same, and whole.

mod faults;
mod shipped;
mod spans;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::trace::span::Kind;

fn shipped() -> Arc<System> {
    Arc::new(System::shipped().unwrap_or_else(|error| panic!("{error}")))
}

/// A caller and what it calls, asked ten times a second.
fn small(caller: &str, call: &str, callee: &str) -> Arc<System> {
    let text = format!(
        "name = 'shop'\nnamespaces = ['shop']\n\
         [nodes]\nprefix = 'n'\ncount = 1\nzones = []\ncpu = '1'\nmemory = '1Gi'\n\
         [traffic]\nday = '1m'\nnight = 1\n\
         [[ingress]]\nname = 'in'\nhost = 'shop.example'\n\
         [[ingress.request]]\nto = 'front'\noperation = 'GET /front/{{id}}'\nrate = 10\n\
         [[component]]\nname = 'front'\nimage = 'front:1'\nport = 80\n{caller}\n\
         [[component.operation]]\nname = 'GET /front/{{id}}'\n\
         calls = [{{ to = 'back', {call} }}]\n\
         [[component]]\nname = 'back'\nimage = 'back:1'\nport = 81\n{callee}\n"
    );
    Arc::new(System::parse(Path::new("small.toml"), &text).unwrap_or_else(|e| panic!("{e}")))
}

const HTTP: &str = "operation = 'POST /back'";
const BACK: &str = "[[component.operation]]\nname = 'POST /back'\nmedian-ms = 20\nspread = 0.1";

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn after(millis: i64) -> Timestamp {
    start() + SignedDuration::from_millis(millis)
}

/// As many ready instances as `count` says, and nothing wrong.
fn ready(component: &str, count: usize) -> Health {
    let instance = |number: usize| Instance {
        pod: format!("{component}-{number}").into(),
        ip: format!("10.1.0.{number}").into(),
        version: "1".into(),
    };
    Health {
        instances: (1..=count).map(instance).collect(),
        error_share: 0.0,
        slow_factor: 1.0,
    }
}

/// All as the file says.
fn healthy(component: &Component) -> Health {
    let replicas = component.workload.as_ref().map_or(0, |w| w.replicas);
    ready(&component.name, replicas)
}

/// All as the file says, but for one.
fn but(other: &'static str, health: Health) -> impl Fn(&Component) -> Health {
    move |component| {
        if &*component.name == other {
            health.clone()
        } else {
            healthy(component)
        }
    }
}

fn run(
    system: &Arc<System>,
    seed: u64,
    millis: i64,
    state: impl Fn(&Component) -> Health,
) -> Vec<Span> {
    let mut traffic = Traffic::new(Arc::clone(system), seed, start());
    let mut spans = Vec::new();
    traffic.advance(after(millis), &state, &mut spans);
    spans
}

/// The spans of one service and kind.
fn of<'a>(spans: &'a [Span], service: &'a str, kind: Kind) -> impl Iterator<Item = &'a Span> {
    let local = move |s: &&Span| s.local_service().is_some_and(|name| &**name == service);
    spans
        .iter()
        .filter(local)
        .filter(move |s| s.kind == Some(kind))
}

fn tag<'a>(span: &'a Span, key: &str) -> Option<&'a str> {
    span.tags.get(key).map(|value| &**value)
}

fn failed(span: &Span) -> bool {
    tag(span, "error").is_some()
}

/// The middle duration in ms.
fn median<'a>(spans: impl Iterator<Item = &'a Span>) -> i64 {
    let mut all: Vec<i64> = spans.map(|s| s.duration).collect();
    assert!(all.len() > 50, "too few to say: {}", all.len());
    all.sort_unstable();
    all[all.len() / 2] / 1000
}

#[test]
fn a_seed_decides_everything() {
    let system = shipped();
    let once = run(&system, 1, 10_000, healthy);
    assert!(once.len() > 500, "{}", once.len());
    assert_eq!(once, run(&system, 1, 10_000, healthy));
    assert_ne!(once, run(&system, 2, 10_000, healthy));
    let ends: Vec<i64> = once.iter().map(|s| s.timestamp + s.duration).collect();
    assert!(ends.is_sorted());
    assert!(ends.iter().all(|end| *end < after(10_000).as_microsecond()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn steps_do_not_matter(seed in any::<u64>(), steps in prop::collection::vec(1_i64..1_500, 1..40)) {
        let system = shipped();
        let state = healthy;
        let mut traffic = Traffic::new(Arc::clone(&system), seed, start());
        let (mut spans, mut now) = (Vec::new(), 0);
        for step in steps {
            now += step;
            traffic.advance(after(now), &state, &mut spans);
        }
        prop_assert_eq!(spans, run(&system, seed, now, state));
    }
}

#[test]
fn traces_are_whole_and_parents_contain_their_children() {
    let system = shipped();
    let spans = run(&system, 3, 120_000, healthy);
    let mut traces: BTreeMap<u64, Vec<&Span>> = BTreeMap::new();
    for span in &spans {
        traces.entry(span.trace_id.low()).or_default().push(span);
    }
    // What began late may not have ended yet.
    let late = after(90_000).as_microsecond();
    traces.retain(|_, spans| spans.iter().all(|s| s.timestamp < late));
    assert!(traces.len() > 200, "{}", traces.len());
    let (mut shared, mut consumed) = (0, 0);
    for trace in traces.values() {
        let roots = trace.iter().filter(|s| s.parent_id.is_none() && !s.shared);
        assert_eq!(roots.count(), 1, "{trace:?}");
        for span in trace {
            let above = if span.shared {
                trace.iter().find(|s| s.id == span.id && !s.shared)
            } else {
                // A child of both sides of a call that share an id belongs to the server.
                trace
                    .iter()
                    .filter(|s| Some(s.id) == span.parent_id)
                    .max_by_key(|s| s.shared)
            };
            let Some(above) = above else {
                assert_eq!(span.parent_id, None, "{span:?}");
                continue;
            };
            let began = span.timestamp >= above.timestamp;
            let ended = span.timestamp + span.duration <= above.timestamp + above.duration;
            if span.kind == Some(Kind::Consumer) {
                assert_eq!(above.kind, Some(Kind::Producer));
                assert!(began && !ended);
                consumed += 1;
            } else {
                assert!(began, "{span:?} in {above:?}");
                assert!(
                    ended || tag(above, "error") == Some("timeout"),
                    "{span:?} in {above:?}"
                );
            }
            shared += usize::from(span.shared);
        }
    }
    assert!(shared > 100 && consumed > 20, "{shared} {consumed}");
}
