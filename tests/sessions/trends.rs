//! The last hour in bars, and versions side by side.

use jiff::SignedDuration;
use portolan::model::observation::{Observation, Span};
use portolan::model::usage::{Instance, Latency, Served, Tally};
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

/// What the shop's calls to orders-db were in the minute that ends so many minutes after the start.
fn minute(after: i64, calls: u64, errors: u64) -> Vec<Observation> {
    let mut said = cluster::traced(&[("checkout", "orders-db", calls, errors)]);
    for observation in &mut said {
        if let Observation::Links(links) = observation
            && links.span == Span::Recent
        {
            links.ends += SignedDuration::from_mins(after);
        }
    }
    said
}

#[test]
fn an_hour_is_drawn_with_since_when_it_fails() {
    let mut s = Session::of_shop(Mode::Locked, 200, 60);
    for after in 1..=30 {
        let errors = if after > 20 { 30 } else { 0 };
        s.observe(minute(after, 60 + u64::try_from(after).unwrap(), errors));
    }
    s.command("tree orders-db").press("enter");
    // Two minutes a cell: the mean of rates, the worst of errors. The scale begins at zero, which has a bar of
    // its own.
    s.shows("rate       30 min ▆▆▆▇▇▇▇▇▇▇▇████ most 1.5/s, 2 min a bar");
    s.shows("errors     30 min ▁▁▁▁▁▁▁▁▁▁████▇ most 37.0 % since 13:24");
    s.press("esc").command("graph orders-db").press("h");
    s.shows("errors by 2 min ▁▁▁▁▁▁▁▁▁▁████▇ most 37.0 %");
    // It is over.
    s.observe(minute(31, 60, 0));
    s.command("tree orders-db").press("enter");
    s.shows("errors     31 min").hides("since");
}

#[test]
fn one_minute_is_no_trend() {
    let mut s = Session::of_shop(Mode::Locked, 200, 60);
    s.command("tree orders-db").press("enter");
    s.hides("min ▁").hides("min █");
}

/// Calls to cart as its instances served them: version, pod, calls, errors, each call's µs.
fn served(instances: &[(&str, &str, u64, u64, u64)]) -> Observation {
    let mut uses = match cluster::shop_uses(false) {
        Observation::Uses(uses) => uses,
        other => panic!("{other:?}"),
    };
    uses.served = instances
        .iter()
        .map(|(version, pod, calls, errors, us)| {
            let mut latency = Latency::default();
            (0..*calls).for_each(|_| latency.add(*us));
            Served {
                callee: "cart".into(),
                instance: Instance {
                    version: Some((*version).into()),
                    pod: Some((*pod).into()),
                    address: None,
                },
                tally: Tally {
                    calls: *calls,
                    errors: *errors,
                    latency,
                    ..Tally::default()
                },
            }
        })
        .collect();
    Observation::Uses(uses)
}

#[test]
fn versions_stand_side_by_side_while_both_live() {
    let mut s = Session::of_shop(Mode::Locked, 200, 60);
    s.command("tree cart").press("enter");
    s.hides("versions");
    s.observe(vec![served(&[
        ("1.8", "cart-gone", 60, 0, 4_000),
        ("1.9", "cart-new", 30, 15, 90_000),
    ])]);
    s.shows("versions   1.8");
    s.shows("no pod left, 1.0/s p50 4.0ms p95 4.0ms");
    s.shows("no pod left, 0.5/s 50.0 % errors p50 90ms p95 90ms");
}
