//! Pausing, the clock, the log as it grows, and ending.

use portolan::app::effect::Effect;
use portolan::app::msg::Msg;
use portolan::model::source::SourceState;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

fn shop() -> Session {
    Session::of_shop(Mode::Locked, 160, 45)
}

#[test]
fn a_pause_freezes_the_screen_while_the_model_goes_on() {
    let mut s = shop();
    s.press("P").shows("PAUSED, 0 changes wait");
    s.change(|c| c.crash("shop", "cart"));
    s.change(|c| c.service("shop", "loose-end", 81));
    s.shows("PAUSED, 2 changes wait");
    assert!(s.line("▸ cart").contains("2/2"), "{}", s.screen());
    s.hides("loose-end").shows("1 type bad");
    // Telemetry's counts are no changes that wait.
    s.observe(cluster::shop_calls());
    s.shows("PAUSED, 2 changes wait");
    s.press("P")
        .hides("PAUSED")
        .shows("loose-end")
        .shows("2 types bad");
    assert!(s.line("▸ cart").contains("1/2"), "{}", s.screen());
}

#[test]
fn the_clock_goes_on_and_shows_its_zone() {
    let mut s = shop();
    s.shows("13:03:12 +00:00");
    s.tick(48);
    s.shows("13:04:00 +00:00");
    let mut start = crate::harness::start(Mode::Locked);
    start.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
    let mut s = Session::with(start, 160, 45);
    s.shows("14:03:12 +01:00");
    s.press("Z").shows("13:03:12 +00:00");
}

#[test]
fn the_log_follows_and_each_line_leads_to_its_element() {
    let mut s = shop();
    s.observe(vec![
        cluster::happening("Pod", "cart-5d8f-0", "Killing", "Stopping container", 600),
        cluster::happening(
            "Pod",
            "payment-5d8f-0",
            "BackOff",
            "Back-off restarting",
            -1,
        ),
    ]);
    s.tick(2);
    s.change(|c| c.crash("shop", "cart"));
    s.press("v e");
    s.shows("Back-off restarting").shows("Stopping container");
    s.shows("BackOff").shows("CrashLoopBackOff");
    // From the last line to the element that it is about.
    s.press("G enter");
    s.press("esc");
    s.press("/").type_text("killing").press("enter");
    s.shows("Stopping container").hides("Back-off restarting");
}

#[test]
fn notices_go_after_some_seconds() {
    let mut s = shop();
    s.press("5").shows("no namespace has this digit yet");
    s.tick(7);
    s.hides("no namespace has this digit yet");
}

#[test]
fn ctrl_c_closes_what_is_open_and_then_quits() {
    let mut s = shop();
    s.press("? ctrl-c").hides("Help");
    s.press(": a ctrl-c").hides(":a");
    s.press("n ctrl-c").hides("┌ Namespaces");
    assert_eq!(s.effects(), []);
    s.press("ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn the_system_may_end_it_whatever_is_open() {
    let mut s = shop();
    s.press("?");
    s.send(Msg::Terminate);
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn retrying_and_copying_are_done_outside() {
    let mut s = shop();
    s.press("ctrl-r j c");
    assert_eq!(
        s.effects(),
        [Effect::Retry, Effect::Copy("payment".to_owned())]
    );
    s.shows("copied payment");
}

#[test]
fn an_unlock_ends_by_itself() {
    let mut s = shop();
    s.command("write")
        .shows("WRITE")
        .shows("writing unlocked for 15 minutes");
    s.tick(14 * 60);
    s.shows("WRITE");
    s.tick(61);
    s.shows("LOCKED").shows("locked again");
    s.command("write").shows("WRITE");
    s.command("lock").shows("LOCKED");
}

#[test]
fn sequences_show_what_may_follow_and_are_given_up_by_other_keys() {
    let mut s = shop();
    s.press("v");
    let foot = s.foot();
    assert!(
        foot.contains("e events") && foot.contains("s sources"),
        "{foot}"
    );
    s.press("q").shows("┌ Tree");
    s.press("e").shows("┌ Tree");
    assert_eq!(s.effects(), []);
}

#[test]
fn a_source_in_trouble_is_told_once_and_its_recovery_too() {
    let mut s = shop();
    let stale = || SourceState::Stale {
        since: cluster::start(),
        cause: "connection refused".into(),
    };
    let said = |part: &str, state| cluster::part("kubernetes", part, Some("shop".into()), state);
    s.observe(vec![said("pods", Some(stale()))]);
    s.observe(vec![said("services", Some(stale()))]);
    s.press("v e");
    s.shows("kubernetes: pods stale: connection refused")
        .hides("services stale: connection");
    s.observe(vec![said("pods", Some(SourceState::Live))]);
    s.hides("answers again");
    s.observe(vec![said("services", Some(SourceState::Live))]);
    s.shows("kubernetes: all of it answers again");
}

#[test]
fn one_crash_of_one_pod_is_one_line_of_the_model() {
    let mut s = shop();
    s.change(|c| c.deploy("shop", "lonely", 1));
    s.change(|c| c.crash("shop", "lonely"));
    s.press("v e");
    let told = |s: &mut Session| {
        let lines = s.screen();
        lines
            .lines()
            .filter(|l| l.contains("CrashLoopBackOff:"))
            .count()
    };
    assert_eq!(told(&mut s), 1, "{}", s.screen());
}

#[test]
fn a_line_about_a_node_leads_to_its_page() {
    let mut s = shop();
    s.observe(vec![cluster::happening(
        "Node",
        "node-1",
        "NodeNotReady",
        "Node node-1 status is now: NodeNotReady",
        1,
    )]);
    s.press("v e G enter").shows("Node node-1").shows("zone");
    s.press("esc").shows("Tree");
}

#[test]
fn a_source_in_trouble_that_is_left_is_not_said_to_answer_again() {
    let mut s = shop();
    let said = |state| cluster::part("kubernetes", "pods", Some("shop".into()), state);
    s.observe(vec![said(Some(SourceState::Failed {
        cause: "connection refused".into(),
    }))]);
    // The namespace is not watched any more: its line goes, and nothing was healed.
    s.observe(vec![said(None)]);
    s.press("v e").hides("answers again");
}

/// What everybody lacks at once says more of who traces than of who calls.
#[test]
fn when_all_connectors_go_silent_that_is_one_line_and_no_verdict() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("events");
    s.observe(vec![cluster::untraced()]);
    s.shows("no call was traced for 60 s, on none of 5 connectors: nobody calls, or nobody traces");
    s.hides("silent for");
    s.observe(vec![cluster::untraced()]);
    s.observe(cluster::shop_calls());
    s.shows("calls are traced again");
    let screen = s.screen();
    assert_eq!(screen.matches("no call was traced").count(), 1, "{screen}");
}
