//! The ways to a trace and back: which call one comes for, which there are, and where `esc` leads.

use portolan::model::example::Example;
use portolan::model::observation::{ContainerState, Observation};
use portolan::trace::span::Span;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;
use crate::traces::{answer, asked, order, sampled};

const SIZES: [(u16, u16); 3] = [(160, 45), (80, 24), (60, 16)];

/// The line under the cursor of a page.
fn here(s: &mut Session) -> String {
    s.line("│>")
}

/// A sample of five minutes, with one use of which the examples are given.
fn with(slowest: &[Example], failed: &[Example], unanswered: u64) -> Observation {
    let mut said = cluster::used(
        &[
            ("checkout", "payment", "POST /charge", 62, 0, 22_000),
            ("frontend", "payment", "POST /charge", 3, 0, 9_000),
            ("checkout", "payment", "POST", 20, unanswered, 1_000),
            (
                "payment",
                "card-network",
                "POST",
                9,
                unanswered.min(9),
                1_000,
            ),
        ],
        true,
    );
    if let Observation::Uses(uses) = &mut said {
        uses.window_ms = 300_000;
        for used in &mut uses.uses {
            if &*used.operation == "POST" {
                used.tally.unanswered = used.tally.errors;
                used.tally.exceptions.clear();
            } else if used.caller.as_deref() == Some("checkout") {
                used.tally.slowest = slowest.to_vec();
                used.tally.failed = failed.to_vec();
            }
        }
    }
    said
}

#[test]
fn the_cursor_stands_on_the_call_that_one_comes_for() {
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.command("tree payment").press(". j enter j enter");
        answer(&mut s, Ok(order()));
        let line = here(&mut s);
        assert!(line.contains("payment"), "{line}");
        s.shows("the call took 200ms, the trace 240ms");
    }
    let mut s = sampled(160, 45);
    // Of two sides with one id the called one.
    s.command("tree cart").press(". j enter");
    answer(&mut s, Ok(order()));
    let line = here(&mut s);
    assert!(line.contains("cart get /cart/{id}"), "{line}");
    s.shows("the call took 3.40ms, the trace 240ms");
    // By its id only, one comes for the whole.
    s.press("esc").command("trace 00000000000000a1");
    answer(&mut s, Ok(order()));
    let line = here(&mut s);
    assert!(line.contains("checkout post /orders"), "{line}");
    s.shows("the trace took 240ms").hides("the call took");
    s.press("esc").command("tree frontend").press(". j enter");
    answer(&mut s, Ok(order()));
    s.shows("the call's span is not in it; the trace took 240ms");
}

#[test]
fn several_slow_and_several_failed_traces_are_there_to_choose() {
    let example = |at: u8, us: u64| Example {
        at_ms: cluster::start().as_millisecond() - 1_000 * i64::from(at),
        ..cluster::example(&format!("00000000000000c{at:x}"), "payment", us)
    };
    let slowest: Vec<Example> = (1..=5).map(|n| example(n, 90_000 / u64::from(n))).collect();
    let failed: Vec<Example> = (5..=9).map(|n| example(n, 2_000)).collect();
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.observe(vec![with(&slowest, &failed, 0)]);
        s.command("tree payment").press(". j j enter");
        s.shows("WHICH").shows("TOOK").shows("AGO").shows("CALLER");
        let screen = s.screen();
        let rows: Vec<&str> = screen
            .lines()
            .filter(|line| line.contains(" slow") || line.contains(" failed"))
            .collect();
        assert_eq!(rows.len(), 9, "{screen}");
        let first = rows.first().expect("a row");
        for word in ["> slow", "90ms", "1s", "checkout"] {
            assert!(first.contains(word), "{first}");
        }
        assert!(screen.contains("slow, failed"), "{screen}");
        let last = rows.last().expect("a row");
        for word in ["failed", "2.0ms", "9s", "checkout"] {
            assert!(last.contains(word), "{last}");
        }
        s.press("G enter");
        let id = asked(&mut s).expect("a trace is asked for");
        assert_eq!(id.to_string(), "00000000000000c9");
    }
}

#[test]
fn what_nobody_answers_is_told_beside_what_looks_well() {
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.observe(vec![with(&[], &[], 20)]);
        s.command("tree payment").press(".");
        let line = s.line("POST (unanswered)");
        assert!(line.contains("100"), "{line}");
        let line = s.line(" POST /charge");
        assert!(line.contains("20 more unanswered"), "{line}");
        // Who is no component here never records anything.
        let line = s.line("→ card");
        assert!(!line.contains("unanswered"), "{line}");
    }
    let mut s = sampled(200, 60);
    s.observe(vec![with(&[], &[], 20)]);
    s.command("tree payment").press("enter");
    s.shows("POST (unanswered)");
    s.shows("failed at the callers, no span here");
    s.shows("20 more unanswered");
}

#[test]
fn operations_can_be_told_apart_and_their_callers_are_seen() {
    let names = ["items", "itemsByUser", "users"]
        .map(|end| format!("GET /averylongqueryservicename/api/v1/{end}"));
    let uses: Vec<_> = names
        .iter()
        .map(|name| ("checkout", "payment", name.as_str(), 5, 0, 1_000))
        .collect();
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.observe(vec![cluster::used(&uses, true)]);
        s.command("tree payment").press(".");
        for end in ["v1/items ", "ByUser ", "v1/users "] {
            let line = s.line(end);
            assert!(line.contains("GET /a"), "{line}");
            assert!(width < 80 || line.contains("by checkout"), "{line}");
        }
    }
}

#[test]
fn the_windows_of_types_and_operations_are_told_at_every_size() {
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.observe(vec![with(&[], &[], 0)]);
        s.command("tree payment");
        s.hides("operations and P95");
        s.press(".");
        s.shows("operations and P95 over 5 min, types over 60 s");
    }
}

#[test]
fn back_from_another_view_the_graph_stands_where_it_stood() {
    let mut s = sampled(160, 45);
    s.command("graph checkout").press("l");
    let before = s.screen();
    s.press("v t").shows("Tree ·");
    s.press("esc");
    assert_eq!(s.screen(), before);
    s.press("v t").press("[");
    assert_eq!(s.screen(), before);
}

#[test]
fn from_a_span_to_its_type_and_back_to_the_span() {
    for filter in ["", "payment", "frontend"] {
        let mut s = sampled(160, 45);
        s.command("tree checkout");
        if !filter.is_empty() {
            s.command(&format!("filter {filter}"));
        }
        s.command("trace 00000000000000a1");
        answer(&mut s, Ok(order()));
        s.press("j j j j j").shows("9 spans");
        let before = s.screen();
        s.press("t").hides("9 spans");
        s.shows("Deployment shop/payment");
        s.press("esc");
        assert_eq!(s.screen(), before, "with the filter {filter:?}");
        assert_eq!(asked(&mut s), None);
        s.press("esc").hides("9 spans").shows("Tree ·");
    }
    // A filter that was set since is the first that goes.
    let mut s = sampled(160, 45);
    s.command("trace 00000000000000a1");
    answer(&mut s, Ok(order()));
    s.press("t").command("filter cart");
    s.press("esc").hides("9 spans");
    s.press("esc").shows("9 spans");
}

/// The same trace, its first span so many seconds after the session began.
fn order_after(seconds: i64) -> Vec<Span> {
    let mut spans = order();
    let first = spans.iter().map(|s| s.timestamp).filter(|t| *t > 0).min();
    let shift = cluster::start().as_microsecond() + seconds * 1_000_000 - first.unwrap_or(0);
    for span in spans.iter_mut().filter(|span| span.timestamp > 0) {
        span.timestamp += shift;
        for annotation in &mut span.annotations {
            annotation.timestamp += shift;
        }
    }
    spans
}

#[test]
fn from_a_span_to_what_the_log_told_at_its_time_and_back() {
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.tick(10);
        s.change(|c| c.service("shop", "early", 80));
        s.tick(60);
        s.change(|c| c.service("shop", "late", 80));
        s.command("trace 00000000000000a1");
        answer(&mut s, Ok(order_after(30)));
        // The last line has what was said of the log for a while.
        let body = |screen: String| screen.rsplit_once('\n').map(|(body, _)| body.to_owned());
        let before = body(s.screen());
        s.press("e").shows("Events ·").shows("paused");
        s.shows("early").shows("the log at 13:03:42: ");
        s.press("esc");
        assert_eq!(body(s.screen()), before);
        // Of a time that the log does not reach, that is said.
        s.press("esc").command("trace 00000000000000a1");
        answer(&mut s, Ok(order_after(-86_400 * 30)));
        s.press("e").shows("the log has nothing from");
    }
}

#[test]
fn the_footer_of_a_trace_that_is_not_there_offers_what_can_be_done() {
    let mut s = sampled(160, 45);
    s.command("trace 4bf92f3577b34da6");
    let foot = s.foot();
    assert!(!foot.contains("span") && !foot.contains("again"), "{foot}");
    answer(&mut s, Err("the tracing server does not hold it any more"));
    let foot = s.foot();
    assert!(foot.contains("enter ask again"), "{foot}");
    for word in ["span", "to the type", "copy id"] {
        assert!(!foot.contains(word), "{foot}");
    }
    s.press("c t");
    assert!(s.effects().is_empty());
    s.press("enter");
    answer(&mut s, Ok(order()));
    let foot = s.foot();
    assert!(
        foot.contains("enter span") && foot.contains("t to the type"),
        "{foot}"
    );
}

#[test]
fn the_address_of_a_trace_is_as_good_as_its_id() {
    let mut s = sampled(80, 24);
    for address in [
        "http://host:9411/zipkin/traces/4BF92F3577B34DA6",
        "https://host/zipkin/traces/4bf92f3577b34da6?serviceName=a#b",
        "http://host:9411/api/v2/trace/4bf92f3577b34da6/",
        "/zipkin/traces/4bf92f3577b34da6",
    ] {
        s.command(&format!("trace {address}"));
        let id = asked(&mut s).unwrap_or_else(|| panic!("{address}"));
        assert_eq!(id.to_string(), "4bf92f3577b34da6");
        s.press("esc");
    }
    s.command("trace http://host:9411/zipkin/dependency");
    assert_eq!(asked(&mut s), None);
    s.shows("is no id of a trace");
}

#[test]
fn keys_that_do_the_same_are_one_line_of_the_help() {
    for (width, height) in SIZES {
        let mut s = Session::of_shop(Mode::Locked, width, height);
        s.press("?");
        let mut seen = Vec::new();
        for _ in 0..20 {
            let screen = s.screen();
            seen.extend(screen.lines().map(str::to_owned));
            s.press("pgdn");
        }
        seen.sort();
        seen.dedup();
        let about = |line: &&String| line.contains("a namespace that was chosen lately");
        let lines: Vec<&String> = seen.iter().filter(about).collect();
        let [line] = lines.as_slice() else {
            panic!("one line: {lines:?}");
        };
        assert!(line.contains("1..9"), "{line}");
    }
}

#[test]
fn a_bare_pod_is_as_old_as_it_is() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.change(|c| {
        let meta = c.meta("shop", "nobody", 0);
        let owner = cluster::owner("Pod", &meta);
        c.pod("shop", "probe", "probe", &owner);
        c.change_pod("shop", "probe", |pod| pod.meta.owner = None);
    });
    s.command("tree probe");
    let line = s.line("probe (");
    assert!(line.contains(" 120m "), "{line}");
    s.press("enter").shows("age        120m");
}

#[test]
fn an_image_is_named_once() {
    let mut s = Session::of_shop(Mode::Locked, 200, 60);
    s.change(|c| {
        let image = "registry.example/cart:bad";
        c.change_pods("shop", "cart", |pod| {
            pod.ready = Some(false);
            for container in std::sync::Arc::make_mut(&mut pod.containers) {
                container.image = image.into();
                container.ready = false;
                container.state = ContainerState::Waiting {
                    reason: "ImagePullBackOff".into(),
                    message: Some(format!("Back-off pulling image \"{image}\"").into()),
                };
            }
        });
        c.change_workload("shop", "cart", |w| {
            w.ready = 0;
            w.images = vec![image.into()];
        });
    });
    s.command("tree cart");
    let pane = s.line("why ");
    assert!(
        pane.contains("ImagePullBackOff") && pane.contains("\":bad\""),
        "{pane}"
    );
    s.shows("image      registry.example/cart:bad");
}
