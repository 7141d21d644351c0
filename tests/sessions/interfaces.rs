//! Interfaces and their usage: what is provided and required, operation by operation.

use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

fn sampled(is_sample: bool) -> Session {
    let mut s = Session::of_shop(Mode::Locked, 200, 60);
    s.observe(vec![cluster::shop_uses(is_sample)]);
    s
}

#[test]
fn what_is_provided_and_required_stands_beside_its_users() {
    let mut s = sampled(false);
    s.command("tree payment").press("enter");
    s.shows("operations POST /charge 1.0/s 12.9 % errors p50 22ms p95 22ms");
    s.shows("by checkout 1.0/s");
    s.shows("TimeoutException ×8: no answer in 2 s");
    s.shows("requires   card-network (unresolved): POST /v1/pay 1.0/s 11.7 % errors p50 19ms");
    s.shows("sampled    all 200 traces of the last 60 s; 41 checks and scrapes hidden");
    s.press("esc").command("tree cart").press("enter");
    // Both callers' calls together, busiest first.
    s.shows("operations GET /cart/{id} 1.9/s p50 4.0ms p95 5.0ms");
    s.shows("by frontend 1.1/s, checkout 0.8/s");
    s.shows("DELETE /cart/{id} 0.2/s").hides("requires");
    s.press("esc").command("tree frontend").press("enter");
    s.shows("by nobody named 2.0/s");
}

#[test]
fn a_part_of_all_traces_gives_no_rates() {
    let mut s = sampled(true);
    s.command("tree payment").press("enter");
    s.shows("operations POST /charge 62 calls 12.9 % errors");
    s.shows("200 traces of the last 60 s; there were more, so these are no rates");
    s.hides("1.0/s");
}

#[test]
fn latencies_have_a_column_once_they_are_known() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.hides("P95");
    s.observe(vec![cluster::shop_uses(true)]);
    s.shows("P95");
    let line = s.line("▸ payment");
    assert!(line.contains("12.2   22ms"), "{line}");
    let line = s.line("orders-db");
    assert!(line.contains("-     -      -    0"), "{line}");
    s.resize(80, 24);
    s.shows("P95").shows("WHY");
}

#[test]
fn an_edge_says_what_is_called_on_it() {
    let mut s = sampled(true);
    s.command("graph checkout").press("l");
    s.shows("POST /charge 62 calls 12.9 % errors");
}

#[test]
fn what_people_rated_a_workload_is_told_and_a_slip_too() {
    let mut s = sampled(false);
    s.command("tree cart").press("enter").hides("rated");
    s.change(|cluster| {
        cluster.change_workload("shop", "cart", |cart| {
            cart.meta.annotations = [
                ("portolan.dev/criticality".into(), "0.8".into()),
                ("portolan.dev/reliability".into(), "five nines".into()),
            ]
            .into();
        });
    });
    s.shows("rated      portolan.dev/criticality 0.8");
    s.shows("portolan.dev/reliability is no number from 0 to 1: five nines");
}
