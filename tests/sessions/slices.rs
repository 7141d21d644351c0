//! What a large sample of traces leaves to do is done in steps, and keys are answered between them.

use portolan::app::msg::Msg;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

/// Operations of one type: more than any step may take.
const OPERATIONS: usize = 5_000;
/// Most entries of one step.
const STEP: usize = 256;

#[test]
fn a_large_sample_is_joined_in_steps_and_what_was_there_stays_until_all_are_done() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.observe(vec![cluster::shop_uses(true)]);
    s.command("tree payment").press(".");
    s.shows("sampled 62 calls");
    let names: Vec<String> = (0..OPERATIONS).map(|n| format!("GET /{n}")).collect();
    let mut uses: Vec<_> = names
        .iter()
        .map(|name| ("checkout", "cart", name.as_str(), 1, 0, 4_000))
        .collect();
    uses.push(("checkout", "payment", "POST /charge", 63, 8, 22_000));
    s.send(Msg::Observations(vec![cluster::used(&uses, true)]));
    let mut steps = 0;
    while s.app.is_behind() {
        if steps % 7 == 0 {
            // Keys are answered, with what was there.
            s.press(".").hides("sampled 6");
            s.press(".").shows("sampled 62 calls");
        }
        s.glimpse();
        s.send(Msg::Proceed);
        let is_done = !s.app.is_behind();
        assert_eq!(s.app.is_dirty(), is_done, "a frame only for what is new");
        steps += 1;
    }
    s.shows("sampled 63 calls");
    assert!(steps >= OPERATIONS / STEP, "only {steps} steps");
    // The same links again are no reason to begin anew.
    s.send(Msg::Observations(cluster::shop_calls()));
    assert!(!s.app.is_behind());
}

#[test]
fn a_newer_sample_takes_the_place_of_one_that_is_not_joined_yet() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("tree payment").press(".");
    let of = |calls| {
        cluster::used(
            &[("checkout", "payment", "POST /charge", calls, 0, 1)],
            true,
        )
    };
    s.send(Msg::Observations(vec![of(1)]));
    assert!(s.app.is_behind());
    s.send(Msg::Observations(vec![of(2)]));
    while s.app.is_behind() {
        s.send(Msg::Proceed);
    }
    s.press(".");
    s.shows("sampled 2 calls").hides("sampled 1 calls");
}
