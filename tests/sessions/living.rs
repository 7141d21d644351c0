//! The picture while it lives: new connectors, silent ones, what stands out, who is not in it.

use jiff::SignedDuration;
use portolan::model::observation::{Observation, Span};
use portolan::ui::screen::Mode;
use portolan::ui::theme::Theme;

use crate::cluster::{self, SHOP_LINKS};
use crate::harness::{self, Session};

type Links = [(&'static str, &'static str, u64, u64)];

/// The counts of the minute that ends so many minutes after the start; the long window knows `all`.
fn minute(after: i64, all: &Links, recent: &Links) -> Vec<Observation> {
    let only = |links: &Links, span: Span| {
        let mut said = cluster::traced(links);
        said.retain(|o| matches!(o, Observation::Links(links) if links.span == span));
        said
    };
    let mut said = only(all, Span::Long);
    for observation in only(recent, Span::Recent) {
        let Observation::Links(mut links) = observation else {
            continue;
        };
        links.ends += SignedDuration::from_mins(after);
        said.push(Observation::Links(links));
    }
    said
}

#[test]
fn a_new_connector_is_marked_for_a_while_in_every_picture() {
    for ascii in [false, true] {
        let mut start = harness::start(Mode::Locked);
        start.theme = Theme::new(true, ascii);
        let mut s = Session::of_shop_with(start, 160, 45);
        let head = if ascii { "*" } else { "»" };
        s.command("whole frontend").hides(head);
        let mut links = SHOP_LINKS.to_vec();
        links.push(("frontend", "payment", 60, 0));
        s.observe(minute(1, &links, &links));
        s.shows("new connector, first call");
        s.draw();
        // What the sign means stands below.
        s.shows(&format!("{head} new"));
        // In words, on the line itself.
        s.command("matrix frontend payment")
            .shows("new, first call");
        s.command("graph frontend").shows(head);
        s.command("calls frontend").shows("new, first call");
        s.tick(150);
        s.command("whole frontend").hides(head);
        s.command("matrix frontend payment")
            .hides("new, first call");
        s.command("graph frontend").hides(head);
    }
}

#[test]
fn a_line_that_nobody_uses_fades_with_time_and_says_for_how_long() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    let silent: Vec<_> = SHOP_LINKS
        .iter()
        .map(|&(caller, callee, calls, errors)| match callee {
            "cart" => (caller, callee, 0, 0),
            _ => (caller, callee, calls, errors),
        })
        .collect();
    s.command("whole checkout").hides("┈");
    for after in 1..=4 {
        s.observe(minute(after, &SHOP_LINKS, &silent));
    }
    s.hides("┈");
    s.command("matrix checkout cart").shows("silent for 4 min");
    s.observe(minute(5, &SHOP_LINKS, &silent));
    s.command("whole checkout")
        .shows("┈┈ silent for 5 min or longer");
    s.command("graph checkout").shows("┈");
    s.command("whole checkout").press("z").shows("0/s");
    // Used again, it is as all others.
    s.observe(minute(6, &SHOP_LINKS, &SHOP_LINKS));
    s.hides("┈");
}

#[test]
fn from_every_view_what_hangs_on_the_selected_one_is_one_key() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    for view in ["tree", "graph", "calls", "matrix"] {
        s.command(&format!("{view} payment")).press("b");
        s.shows("Whole").shows("stopping payment touches");
        // From elsewhere it leads there and stays on; there, the same key ends it.
        s.press("[");
        s.press("b").shows("stopping payment touches");
        s.press("b").hides("stopping payment touches");
    }
    s.command("tree payment").press("C").shows("circle");
}

#[test]
fn who_is_not_in_the_picture_is_said() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole nobody").shows("nothing here is called");
    s.command("tree orders-db").press("b");
    s.shows("orders-db sts is not in the picture: it has no links");
    s.press("U")
        .command("whole orders-db")
        .hides("is not in the picture");
}

#[test]
fn what_is_out_of_sight_is_counted_and_the_pane_comes_on_demand() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole checkout")
        .hides("Deployment shop/checkout");
    s.press("ctrl-g").shows("Deployment shop/checkout");
    s.press("ctrl-g").hides("Deployment shop/checkout");
    s.command("tree checkout").shows("Deployment shop/checkout");
    let mut s = Session::of_shop(Mode::Locked, 60, 16);
    s.command("whole checkout");
    s.draw();
    s.shows("out of sight");
}
