//! From figures to single traces: operations in the tree, examples of them, and the waterfall.

use std::sync::Arc;

use portolan::app::effect::Effect;
use portolan::app::msg::Msg;
use portolan::model::text::Text;
use portolan::trace::endpoint::Endpoint;
use portolan::trace::id::{SpanId, TraceId};
use portolan::trace::span::{Annotation, Kind, Span};
use portolan::trace::waterfall::Waterfall;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::{self, Session};

/// When the made-up trace begins, in µs since the epoch.
const BEGAN: i64 = 1_795_000_000_250_000;

pub fn sampled(width: u16, height: u16) -> Session {
    let mut s = Session::of_shop(Mode::Locked, width, height);
    s.observe(vec![cluster::shop_uses(true)]);
    s
}

/// The trace that is asked for, if any.
pub fn asked(s: &mut Session) -> Option<TraceId> {
    s.effects().into_iter().find_map(|effect| match effect {
        Effect::Trace { id } => Some(id),
        _ => None,
    })
}

pub fn answer(s: &mut Session, result: Result<Vec<Span>, &str>) -> TraceId {
    let id = asked(s).expect("a trace is asked for");
    let result = match result {
        Ok(spans) => Ok(Box::new(Waterfall::of(&spans))),
        Err(why) => Err(Text::from(why)),
    };
    s.send(Msg::Traced { id, result });
    s.draw();
    id
}

pub fn span(
    (id, parent): (u64, u64),
    service: &str,
    (kind, name): (Option<Kind>, &str),
    (at, lasted): (i64, i64),
) -> Span {
    let mut span = Span::new(TraceId::new(0, 0xa1), SpanId::new(id));
    span.parent_id = (parent != 0).then(|| SpanId::new(parent));
    span.kind = kind;
    span.name = Some(name.into());
    span.local_endpoint = Some(Arc::new(Endpoint::named(service).at("10.0.0.7")));
    span.timestamp = if at < 0 { 0 } else { BEGAN + at };
    span.duration = lasted;
    span
}

/// An order whose payment fails, with everything that traces may lack.
pub fn order() -> Vec<Span> {
    let (client, server) = (Some(Kind::Client), Some(Kind::Server));
    let mut shared = span((5, 1), "cart", (server, "get /cart/{id}"), (19_000, 3_400));
    shared.shared = true;
    let mut pay = span(
        (7, 6),
        "payment",
        (server, "post /charge"),
        (31_000, 200_400),
    );
    for (key, value) in [
        ("error", "no answer in 2 s"),
        ("exception.type", "TimeoutException"),
        ("exception.message", "no answer in 2 s"),
        ("http.request.header.authorization", "Bearer abcdef"),
        ("http.route", "/charge"),
    ] {
        pay.tags.put(key, value);
    }
    pay.annotations.push(Annotation {
        timestamp: BEGAN + 90_000,
        value: "retry 1".into(),
    });
    let mut calls = span((6, 1), "checkout", (client, "post"), (32_500, 202_000));
    calls.tags.put("error", "500");
    let mut network = span(
        (8, 7),
        "payment",
        (client, "post /v1/pay"),
        (40_000, 180_000),
    );
    network.remote_endpoint = Some(Arc::new(Endpoint::named("card-network")));
    vec![
        span((1, 0), "checkout", (server, "post /orders"), (0, 240_000)),
        span((2, 1), "checkout", (None, "validate"), (900, 840)),
        span((5, 1), "checkout", (client, "get"), (18_000, 5_900)),
        shared,
        calls,
        pay,
        network,
        span(
            (9, 99),
            "mailer",
            (Some(Kind::Consumer), "send receipt"),
            (238_000, 2_000),
        ),
        span((10, 1), "checkout", (None, "audit"), (-1, 0)),
    ]
}

#[test]
fn operations_open_below_their_type_on_demand_and_close_again() {
    let mut s = sampled(160, 45);
    s.command("tree payment").hides("POST /charge · ");
    s.press(".");
    s.shows("operations and P95 over 60 s, types over 60 s");
    let line = s.line("  POST /charge");
    assert!(line.contains("12.9") && line.contains("22ms"), "{line}");
    assert!(line.contains("sampled 62 calls"), "{line}");
    let line = s.line("→ card-network");
    assert!(line.contains("sampled 60 calls"), "{line}");
    // The rows stay where they are while their figures change.
    s.press("j");
    s.observe(vec![cluster::used(
        &[
            ("checkout", "payment", "GET /a", 1, 0, 10),
            ("checkout", "payment", "POST /charge", 70, 0, 22_000),
        ],
        true,
    )]);
    let line = s.line("POST /charge");
    assert!(line.starts_with('│') && line.contains('>'), "{line}");
    assert!(line.contains("sampled 70 calls"), "{line}");
    s.press(".").hides("sampled 70 calls");
    // Folding the type closes them too.
    s.press(".").shows("sampled 70 calls");
    s.press("left").hides("sampled 70 calls");
}

#[test]
fn operations_pass_the_filter_with_their_type_and_only_broken_ones_stay() {
    let mut s = sampled(220, 45);
    s.command("tree checkout").press(".");
    s.shows("DELETE /cart/{id}").shows("POST /charge");
    s.press("ctrl-z");
    s.command("tree payment").press(".");
    s.shows("sampled 62 calls").hides("DELETE /cart/{id}");
    s.press("ctrl-z").command("filter cart");
    s.hides("sampled 62 calls");
    s.command("tree cart").press(".");
    s.shows("2 callers · by frontend 65 calls, checkout 50 calls");
}

#[test]
fn where_nothing_was_sampled_it_is_said() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("tree payment").press(".");
    s.shows("the operations of payment are no data: no traces were sampled");
    s.observe(vec![cluster::used(&[], true)]);
    s.press(".");
    s.shows("no call to payment or by it is in the traces");
}

#[test]
fn an_operation_is_nothing_that_can_be_changed() {
    let mut start = harness::start(Mode::Write { until: None });
    start.zone = jiff::tz::TimeZone::UTC;
    let mut s = Session::of_shop_with(start, 160, 45);
    s.observe(vec![cluster::shop_uses(true)]);
    s.command("tree payment").press(". j");
    for key in ["+", "s", "r"] {
        s.press(key);
        s.shows("POST /charge is an operation: select a component type first");
        assert!(s.effects().is_empty());
    }
    s.press("ctrl-d");
    s.shows("POST /charge is an operation: select a pod first");
    s.press("c");
    assert_eq!(s.effects(), [Effect::Copy("POST /charge".to_owned())]);
}

#[test]
fn from_an_operation_by_keys_to_the_waterfall_of_what_failed_last() {
    let mut s = sampled(160, 45);
    s.command("tree payment").press(". j enter");
    s.shows("Traces of payment: POST /charge");
    let line = s.line("> slow ");
    assert!(line.contains("22ms") && line.contains("30s"), "{line}");
    assert!(line.contains("checkout"), "{line}");
    let line = s.line("  failed ");
    assert!(
        line.contains("TimeoutException: no answer in 2 s"),
        "{line}"
    );
    s.press("j enter").shows("asking the tracing server for it");
    let id = answer(&mut s, Ok(order()));
    assert_eq!(id.to_string(), "00000000000000a1");
    s.shows("payment: POST /charge: failed, by checkout, TimeoutException");
    s.shows("the call took 200ms, the trace 240ms");
    let line = s.line("│>");
    assert!(line.contains("payment post /charge"), "{line}");
    s.shows("9 spans").shows("4 services").shows("! 2 errors");
    s.shows("TimeoutException: no answer in 2 s");
    s.shows("begins 1.50ms before its parent, by the clocks of both");
    s.shows("its parent 0000000000000063 was not received");
    s.shows("does not say when");
    // One span after the other, whatever notes it has.
    s.press("G").shows("> ");
    s.press("g j j j j j enter");
    s.shows("Span").shows("TimeoutException: no answer in 2 s");
    s.shows("(not shown: it looks like a secret)");
    s.hides("abcdef").shows("retry 1").shows("/charge");
    s.press("esc").shows("9 spans").press("c");
    assert_eq!(s.effects(), [Effect::Copy(id.to_string())]);
    s.press("t").hides("9 spans");
    let line = s.line(">!");
    assert!(line.contains("payment"), "{line}");
}

#[test]
fn an_operation_with_one_trace_opens_it_at_once_and_esc_leads_back() {
    let mut s = sampled(160, 45);
    s.command("tree cart").press(". j enter");
    s.hides("Traces of").shows("asking the tracing server");
    answer(&mut s, Ok(order()));
    s.press("q").hides("9 spans").shows("sampled 12 calls");
}

#[test]
fn a_trace_that_is_gone_says_so_and_is_asked_for_again() {
    let mut s = sampled(80, 24);
    s.command("trace 4BF92F3577B34DA6");
    let id = answer(&mut s, Err("the tracing server does not hold it any more"));
    assert_eq!(id.to_string(), "4bf92f3577b34da6");
    s.shows("does not hold it any more; enter asks again");
    s.press("enter").shows("asking the tracing server");
    // Closed before the answer: nothing of it comes up later.
    s.press("esc");
    answer(&mut s, Ok(order()));
    s.hides("9 spans");
}

#[test]
fn bad_ids_are_said_so_and_nobody_is_asked() {
    let mut s = sampled(80, 24);
    for id in [
        "12",
        "4bf92f3577b34dag",
        "0000000000000000",
        "4bf92f3577b34da6f",
    ] {
        s.command(&format!("trace {id}"));
        s.shows(&format!("{id} is no id of a trace: 16 or 32 hexadecimal"));
        assert_eq!(asked(&mut s), None);
    }
    s.command("trace");
    s.shows("give the id of a trace");
}

#[test]
fn a_trace_is_read_while_paused() {
    let mut s = sampled(160, 45);
    s.press("P").command("trace 00000000000000a1");
    answer(&mut s, Ok(order()));
    s.shows("9 spans").shows("TimeoutException");
}

#[test]
fn from_an_edge_of_the_graph_to_its_traces() {
    let mut s = sampled(160, 45);
    s.command("graph checkout").press("l");
    s.shows("POST /charge 62 calls 12.9 % errors").press(".");
    s.shows("Traces of checkout → payment");
    s.press("j enter");
    answer(&mut s, Ok(order()));
    s.shows("9 spans").press("esc esc");
    // Of the focus itself, all its links.
    s.press("h .").shows("Traces of calls of checkout");
    let line = s.line("frontend → checkout POST /orders");
    assert!(line.contains("  slow "), "{line}");
}

#[test]
fn the_waterfall_at_three_sizes() {
    for (width, height) in [(160, 45), (80, 24), (60, 16)] {
        let mut s = sampled(width, height);
        s.command("trace 00000000000000a1");
        answer(&mut s, Ok(order()));
        insta::assert_snapshot!(format!("waterfall_{width}x{height}"), s.screen());
        s.press("j j j j j enter");
        insta::assert_snapshot!(format!("span_{width}x{height}"), s.screen());
        s.press("esc");
        // Any size on the way, and back.
        s.resize(20, 5);
        s.resize(300, 80);
        s.resize(width, height);
        s.shows("payment");
        let mut s = sampled(width, height);
        s.command("tree payment").press(". j");
        insta::assert_snapshot!(format!("operations_{width}x{height}"), s.screen());
        s.press("enter");
        insta::assert_snapshot!(format!("examples_{width}x{height}"), s.screen());
    }
}

#[test]
fn deep_trees_and_terminals_without_unicode_keep_their_shape() {
    let mut start = harness::start(Mode::Locked);
    start.theme = portolan::ui::theme::Theme::new(false, true);
    let mut s = Session::of_shop_with(start, 100, 60);
    s.command("trace 00000000000000a1");
    let deep = (1..=40).map(|id| {
        let at = i64::try_from(id).unwrap_or(0) * 10;
        span((id, id - 1), "cart", (None, "step"), (at, 1_000 - 2 * at))
    });
    answer(&mut s, Ok(deep.collect()));
    s.shows("~39 cart step").hides("?");
    let line = s.line("~39 cart step");
    assert!(line.contains("us") && line.contains("-="), "{line}");
}

#[test]
fn rates_of_a_server_that_counts_days_are_said_to_be_sampled() {
    let mut s = sampled(200, 45);
    let limited = portolan::model::source::SourceState::Limited {
        what: "its links are daily aggregates".into(),
    };
    let mut said = cluster::part("zipkin", "dependencies", None, Some(limited));
    if let portolan::model::observation::Observation::Status(status) = &mut said {
        status.interval_ms = Some(5_000);
    }
    s.observe(vec![said]);
    s.shows("sampled rates over 60 s")
        .shows("zipkin limited 0s ago");
    s.command("graph checkout").press("l");
    s.shows("sampled rates over 60 s");
    s.command("sources");
    let line = s.line("dependencies");
    assert!(line.contains("limited"), "{line}");
    assert!(line.contains("its links are daily aggregates"), "{line}");
    s.shows("1 limited");
}

#[test]
fn the_command_line_opens_over_pages_and_nothing_typed_acts_on_them() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.observe(vec![cluster::shop_uses(true)]);
    s.command("write").command("tree cart").press(". j enter");
    answer(&mut s, Ok(order()));
    // The waterfall, and what is given up.
    s.press(":").type_text("trcx").shows("9 spans").press("esc");
    s.shows("9 spans").command("tree payment").hides("9 spans");
    // The page of a span.
    let mut s = sampled(160, 45);
    s.command("tree cart").press(". j enter");
    answer(&mut s, Ok(order()));
    s.press("enter").shows("Tags").command("tree payment");
    s.hides("Tags").hides("9 spans").hides("Restart");
    let line = s.line(">!");
    assert!(line.contains("payment"), "{line}");
    for page in ["?", ": w h y space c a r t enter"] {
        s.press(page).command("sources").shows("dependencies");
        s.command("tree payment");
    }
}

#[test]
fn what_writes_does_nothing_over_a_page() {
    let mut s = sampled(160, 45);
    s.command("write")
        .command("tree payment")
        .press(". j enter");
    s.shows("Traces of");
    let before = s.screen();
    s.press("r s + ctrl-d");
    assert_eq!(s.screen(), before);
    s.command("restart")
        .shows("restart works in tree, graph, calls, events only");
    s.shows("Traces of").press("enter");
    answer(&mut s, Ok(order()));
    for open in ["", "enter"] {
        s.press(open);
        let name = if open.is_empty() { "9 spans" } else { "Tags" };
        s.press("r s + ctrl-d").shows(name);
        s.command("restart").shows("restart works in").shows(name);
    }
    assert_eq!(s.effects(), []);
}

#[test]
fn that_there_is_no_way_back_is_said_until_the_next_key() {
    let mut s = sampled(160, 45);
    s.press("esc").shows("this is the first view");
    s.press("?").hides("this is the first view");
}
