//! What goes wrong, whom it hurts, and what cures it.

use rstest::rstest;

use super::*;

#[test]
fn without_an_instance_connections_are_refused() {
    let system = small("", HTTP, BACK);
    let spans = run(&system, 8, 60_000, but("back", ready("back", 0)));
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
    let spans = run(&system, 8, 60_000, but("back", ready("back", 0)));
    assert!(!of(&spans, "front", Kind::Server).any(failed));
    // Nobody is there at all.
    let spans = run(&system, 8, 60_000, |c| ready(&c.name, 0));
    assert_eq!(spans, []);
}

#[rstest]
#[case::otel("", "http.response.status_code")]
#[case::brave("spans = 'brave'", "http.status_code")]
fn faults_make_errors(#[case] style: &str, #[case] status: &str) {
    let system = small(style, HTTP, &format!("{style}\n{BACK}"));
    let mut faulty = ready("back", 1);
    faulty.error_share = 0.5;
    let spans = run(&system, 9, 60_000, but("back", faulty));
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
        let spans = run(&system, 10, 120_000, but("back", health));
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
        let spans = run(&system, 11, 120_000, but("back", ready("back", instances)));
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
    let spans = run(&system, 12, 60_000, but("back", slow));
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
        let state = but("workloademulator", ready("workloademulator", replicas));
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
fn what_is_outside_needs_no_instances() {
    let outside =
        "is = 'external'\nhost = 'api.back.example'\n[[component.operation]]\nname = 'POST /back'";
    let count = |system: &Arc<System>, state: &dyn Fn(&Component) -> Health| {
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
    let (all, errors) = count(&system, &healthy);
    assert!(all > 100 && errors == 0);
    let mut down = ready("back", 0);
    down.error_share = 1.0;
    let (all, errors) = count(&system, &but("back", down));
    assert_eq!(all, errors);
}
