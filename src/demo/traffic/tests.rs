//! What a run of the shipped system, and of small ones, leaves behind.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use jiff::SignedDuration;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::demo::system::Role;
use crate::demo::tracing::span::Kind;

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
fn healthy(system: &System) -> impl Fn(&str, &str) -> Health {
    let workload =
        |c: &crate::demo::system::Component| c.workload.as_ref().map_or(0, |w| w.replicas);
    let replicas: HashMap<Arc<str>, usize> = system
        .components
        .iter()
        .map(|c| (Arc::clone(&c.name), workload(c)))
        .collect();
    move |_, name| ready(name, replicas.get(name).copied().unwrap_or(0))
}

/// All as the file says, but for one.
fn but(system: &System, other: &'static str, health: Health) -> impl Fn(&str, &str) -> Health {
    let healthy = healthy(system);
    move |namespace, name| match name == other {
        true => health.clone(),
        false => healthy(namespace, name),
    }
}

fn run(
    system: &Arc<System>,
    seed: u64,
    millis: i64,
    state: impl Fn(&str, &str) -> Health,
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
    let once = run(&system, 1, 10_000, healthy(&system));
    assert!(once.len() > 500, "{}", once.len());
    assert_eq!(once, run(&system, 1, 10_000, healthy(&system)));
    assert_ne!(once, run(&system, 2, 10_000, healthy(&system)));
    let ends: Vec<i64> = once.iter().map(|s| s.timestamp + s.duration).collect();
    assert!(ends.is_sorted());
    assert!(ends.iter().all(|end| *end < after(10_000).as_microsecond()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn steps_do_not_matter(seed in any::<u64>(), steps in prop::collection::vec(1_i64..1_500, 1..40)) {
        let system = shipped();
        let state = healthy(&system);
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
    let spans = run(&system, 3, 120_000, healthy(&system));
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
            let above = match span.shared {
                true => trace.iter().find(|s| s.id == span.id && !s.shared),
                // A child of both sides of a call that share an id belongs to the server.
                false => trace
                    .iter()
                    .filter(|s| Some(s.id) == span.parent_id)
                    .max_by_key(|s| s.shared),
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

#[test]
fn every_declared_call_is_seen() {
    let system = shipped();
    let spans = run(&system, 4, 600_000, healthy(&system));
    let name = |s: &Option<&Arc<str>>| s.map(ToString::to_string).unwrap_or_default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut done: HashSet<(String, String)> = HashSet::new();
    for span in &spans {
        let local = name(&span.local_service());
        match span.kind {
            Some(Kind::Client | Kind::Producer) => {
                seen.insert((local, name(&span.remote_service())));
            }
            Some(Kind::Consumer) => {
                seen.insert((name(&span.remote_service()), local.clone()));
                done.insert((local, name(&span.name.as_ref())));
            }
            _ => {
                done.insert((local, name(&span.name.as_ref())));
            }
        }
    }
    let mut declared = HashSet::new();
    for component in &system.components {
        for operation in &component.operations {
            if matches!(component.role, Role::Service(_)) {
                let at = (component.name.to_string(), operation.name.to_string());
                assert!(done.contains(&at), "{at:?}");
            }
            let callees = operation.calls.iter().map(|call| call.to);
            for to in callees.chain(operation.consumers.iter().copied()) {
                let callee = system.components[to.component].name.to_string();
                declared.insert((component.name.to_string(), callee));
            }
        }
    }
    for request in &system.requests {
        if let Origin::Component(from) = request.from {
            let [from, to] =
                [from, request.to.component].map(|at| system.components[at].name.to_string());
            declared.insert((from, to));
        }
    }
    assert_eq!(seen, declared);
}

#[test]
fn rates_follow_the_file_over_a_day() {
    let system = shipped();
    let day = i64::try_from(system.rhythm.day.as_millis()).unwrap();
    let spans = run(&system, 5, day, healthy(&system));
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
    let spans = run(&system, 6, day, healthy(&system));
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
#[case::authenticate("authenticationservice", "POST /authenticationservice/authenticate", 3675, 48)]
#[case::user("queryservice", "GET /basicqueryservice/findUserByNickname", 3495, 48)]
#[case::item("queryservice", "GET /basicqueryservice/findItemById", 13, 9)]
#[case::find("queryservice", "GET /queryservice/findPersonalizedItems", 24480, 30)]
#[case::get("itemmanagementservice", "GET /browsecategories/personalized", 26910, 30)]
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
    let spans = run(&system, 7, 300_000, healthy(&system));
    let named = of(&spans, service, Kind::Server).filter(|s| s.name.as_deref() == Some(name));
    let all: Vec<i64> = named.map(|s| s.duration).collect();
    assert!(all.len() > 50, "{}", all.len());
    let ours = all.iter().sum::<i64>() / i64::try_from(all.len()).unwrap();
    let theirs = total * 1000 / count;
    assert!((theirs / 2..=theirs * 2).contains(&ours), "{ours} us for {theirs} us");
}

#[test]
fn without_an_instance_connections_are_refused() {
    let system = small("", HTTP, BACK);
    let spans = run(&system, 8, 60_000, but(&system, "back", ready("back", 0)));
    assert_eq!(of(&spans, "back", Kind::Server).count(), 0);
    let clients: Vec<&Span> = of(&spans, "front", Kind::Client).collect();
    assert!(clients.len() > 300);
    for client in &clients {
        assert_eq!(tag(client, "error"), Some("connection refused"));
        assert_eq!(tag(client, "http.response.status_code"), None);
        assert!(client.duration < 2_000);
        assert_eq!(client.remote_service().map(|name| &**name), Some("back"));
    }
    assert!(of(&spans, "front", Kind::Server).all(failed));
    // One that can do without goes on.
    let system = small("", &format!("{HTTP}, required = 0"), BACK);
    let spans = run(&system, 8, 60_000, but(&system, "back", ready("back", 0)));
    assert!(!of(&spans, "front", Kind::Server).any(failed));
    // Nobody is there at all.
    let spans = run(&system, 8, 60_000, |_, name| ready(name, 0));
    assert_eq!(spans, []);
}

#[rstest]
#[case::otel("", "http.response.status_code")]
#[case::brave("spans = 'brave'", "http.status_code")]
fn faults_make_errors(#[case] style: &str, #[case] status: &str) {
    let system = small(style, HTTP, &format!("{style}\n{BACK}"));
    let mut faulty = ready("back", 1);
    faulty.error_share = 0.5;
    let spans = run(&system, 9, 60_000, but(&system, "back", faulty));
    let servers: Vec<&Span> = of(&spans, "back", Kind::Server).collect();
    let errors = servers.iter().filter(|s| failed(s)).count();
    assert!((servers.len() * 2 / 5..servers.len() * 3 / 5).contains(&errors));
    for span in spans.iter().filter(|s| failed(s)) {
        assert_eq!(tag(span, status), Some("500"), "{span:?}");
    }
    let refused = of(&spans, "front", Kind::Server)
        .filter(|s| failed(s))
        .count();
    assert!(
        refused.abs_diff(errors) <= 1,
        "each error is the caller's, too"
    );
}

#[test]
fn a_fault_makes_slow_and_more_instances_cure_it() {
    let system = small("", HTTP, &format!("replicas = 1\ncapacity = 30\n{BACK}"));
    let with = |instances: usize, slow: f64| {
        let mut health = ready("back", instances);
        health.slow_factor = slow;
        let spans = run(&system, 10, 120_000, but(&system, "back", health));
        (
            median(of(&spans, "back", Kind::Server)),
            median(of(&spans, "front", Kind::Server)),
        )
    };
    let (usual, caller) = with(1, 1.0);
    assert!((20..50).contains(&usual), "{usual}");
    let (slow, waits) = with(1, 3.0);
    assert!(slow > 8 * usual, "{slow} after {usual}");
    assert!(waits > slow && waits > 5 * caller, "{waits} after {caller}");
    let (cured, _) = with(4, 3.0);
    assert!(cured * 4 < slow, "{cured} after {slow}");
    // What is overloaded without a fault is cured to what is usual.
    let system = small("", HTTP, &format!("capacity = 8\n{BACK}"));
    let with = |instances| {
        let spans = run(
            &system,
            11,
            120_000,
            but(&system, "back", ready("back", instances)),
        );
        median(of(&spans, "back", Kind::Server))
    };
    let (one, four) = (with(1), with(4));
    assert!(one > 200 && four < 40, "{one} and {four}");
}

#[test]
fn a_caller_waits_no_longer_than_it_says() {
    let system = small("", &format!("{HTTP}, timeout = '50ms'"), BACK);
    let mut slow = ready("back", 1);
    slow.slow_factor = 10.0;
    let spans = run(&system, 12, 60_000, but(&system, "back", slow));
    assert!(median(of(&spans, "back", Kind::Server)) > 100);
    for client in of(&spans, "front", Kind::Client) {
        assert_eq!(tag(client, "error"), Some("timeout"));
        assert_eq!(client.duration, 50_000);
    }
    assert!(
        !of(&spans, "back", Kind::Server).any(failed),
        "it knows nothing of it"
    );
}

#[test]
fn load_follows_who_makes_it() {
    let system = shipped();
    let with = |replicas: usize| {
        let state = but(
            &system,
            "workloademulator",
            ready("workloademulator", replicas),
        );
        of(
            &run(&system, 13, 120_000, state),
            "workloademulator",
            Kind::Client,
        )
        .count()
    };
    let (none, one, three) = (with(0), with(1), with(3));
    assert_eq!(none, 0);
    assert!(
        one > 100 && (one * 5 / 2..one * 7 / 2).contains(&three),
        "{one} and {three}"
    );
}

#[test]
fn opentelemetry_and_brave_have_their_habits() {
    let spans_of = |style: &str| {
        let system = small(style, HTTP, &format!("{style}\n{BACK}"));
        run(&system, 14, 10_000, healthy(&system))
    };
    let keys = |span: &Span| {
        span.tags
            .iter()
            .map(|(key, _)| key.to_string())
            .collect::<Vec<_>>()
    };
    let first = |spans: &[Span], service, kind| of(spans, service, kind).next().cloned().unwrap();

    let spans = spans_of("");
    let (front, client, back) = (
        first(&spans, "front", Kind::Server),
        first(&spans, "front", Kind::Client),
        first(&spans, "back", Kind::Server),
    );
    assert_eq!(front.name.as_deref(), Some("GET /front/{id}"));
    assert_eq!(tag(&front, "http.route"), Some("/front/{id}"));
    assert_eq!(client.name.as_deref(), Some("POST"));
    assert_eq!(tag(&client, "server.address"), Some("back"));
    assert_eq!(tag(&client, "server.port"), Some("81"));
    assert_eq!(tag(&back, "k8s.pod.name"), Some("back-1"));
    assert_eq!(tag(&back, "service.version"), Some("1"));
    assert_eq!(tag(&back, "http.response.status_code"), Some("200"));
    assert_eq!(front.trace_id.to_string().len(), 32);
    let local = front.local_endpoint.as_ref().unwrap();
    assert_eq!(local.ipv4().map(|ip| &**ip), Some("10.1.0.1"));
    assert!(spans.iter().all(|s| !s.shared));
    let ids: HashSet<_> = spans.iter().map(|s| s.id).collect();
    assert_eq!(ids.len(), spans.len());

    let spans = spans_of("spans = 'brave'");
    let (front, back) = (
        first(&spans, "front", Kind::Server),
        first(&spans, "back", Kind::Server),
    );
    let path = tag(&front, "http.path").unwrap();
    let number = path.strip_prefix("/front/").unwrap();
    assert!(number.parse::<u32>().is_ok(), "{path}");
    assert_eq!(
        keys(&back),
        [
            "http.method",
            "http.path",
            "k8s.pod.name",
            "service.version"
        ]
    );
    assert!(back.shared && !front.shared);
    assert_eq!(front.trace_id.to_string().len(), 16);
    let client = of(&spans, "front", Kind::Client)
        .find(|s| s.id == back.id)
        .unwrap();
    assert_eq!(
        (client.parent_id, client.trace_id),
        (back.parent_id, back.trace_id)
    );
    assert_eq!(
        back.remote_endpoint
            .as_ref()
            .unwrap()
            .ipv4()
            .map(|ip| &**ip),
        Some("10.1.0.1")
    );
}

#[test]
fn databases_brokers_and_remote_procedures_are_tagged() {
    let tags = |spans: &[Span], kind| -> BTreeSet<String> {
        let span = of(spans, "front", kind).next().unwrap();
        span.tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    };
    let all = |system: &Arc<System>| run(system, 15, 20_000, healthy(system));
    let holds = |tags: BTreeSet<String>, wanted: &[&str]| {
        for wanted in wanted {
            assert!(tags.contains(*wanted), "{wanted} in {tags:?}");
        }
    };
    let database =
        "is = 'database'\nsystem = 'derby'\n[[component.operation]]\nname = 'SELECT users'";
    let system = small("", "operation = 'SELECT users'", database);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Client),
        &[
            "db.system=derby",
            "db.operation=SELECT",
            "server.address=back",
        ],
    );
    assert!(
        spans
            .iter()
            .all(|s| s.local_service().is_some_and(|name| &**name == "front"))
    );

    let remote = "[[component.operation]]\nname = 'shop.Back/Ask'";
    let system = small("", "operation = 'shop.Back/Ask'", remote);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Client),
        &[
            "rpc.system=grpc",
            "rpc.service=shop.Back",
            "rpc.method=Ask",
            "rpc.grpc.status_code=0",
        ],
    );
    let refused = run(&system, 15, 20_000, but(&system, "back", ready("back", 0)));
    holds(
        tags(&refused, Kind::Client),
        &["rpc.grpc.status_code=14", "error=connection refused"],
    );

    let broker = "is = 'broker'\nsystem = 'kafka'\n[[component.operation]]\nname = 'sold'\n\
                  [[component]]\nname = 'mail'\nimage = 'mail:1'\n\
                  [[component.operation]]\nname = 'process sold'\nconsumes = 'back/sold'";
    let system = small("", "operation = 'sold'", broker);
    let spans = all(&system);
    holds(
        tags(&spans, Kind::Producer),
        &["messaging.system=kafka", "messaging.destination.name=sold"],
    );
    let consumer = of(&spans, "mail", Kind::Consumer).next().unwrap();
    assert_eq!(consumer.remote_service().map(|name| &**name), Some("back"));
    assert_eq!(consumer.name.as_deref(), Some("process sold"));
    // Without the broker the producer fails, and nobody consumes.
    let spans = run(&system, 15, 20_000, but(&system, "back", ready("back", 0)));
    assert!(of(&spans, "front", Kind::Producer).all(failed));
    assert_eq!(of(&spans, "mail", Kind::Consumer).count(), 0);
}

#[test]
fn what_is_outside_needs_no_instances() {
    let outside =
        "is = 'external'\nhost = 'api.back.example'\n[[component.operation]]\nname = 'POST /back'";
    let count = |system: &Arc<System>, state: &dyn Fn(&str, &str) -> Health| {
        let spans = run(system, 16, 20_000, state);
        let all = of(&spans, "front", Kind::Client).count();
        (
            all,
            of(&spans, "front", Kind::Client)
                .filter(|s| failed(s))
                .count(),
        )
    };
    let system = small("", HTTP, outside);
    let (all, errors) = count(&system, &healthy(&system));
    assert!(all > 100 && errors == 0);
    let mut down = ready("back", 0);
    down.error_share = 1.0;
    let (all, errors) = count(&system, &but(&system, "back", down));
    assert_eq!(all, errors);
}
