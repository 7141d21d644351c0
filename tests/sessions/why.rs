//! `:why`: who a name is, why something is not known, why a link is missing.

use portolan::ui::screen::Mode;

use crate::cluster::{self, shop_calls, traced};
use crate::harness::{Session, start};

fn shop() -> Session {
    let mut session = Session::of_shop(Mode::Locked, 120, 40);
    session.observe(shop_calls());
    session
}

#[test]
fn the_selected_element_says_by_which_name_it_is_known_and_what_is_missing() {
    let mut s = shop();
    s.command("tree frontend").command("why");
    s.shows("Why").shows("Deployment shop/frontend");
    s.shows("Traces call it frontend, known by its OpenTelemetry name (0.9)");
    s.press("esc").hides("Traces call it frontend");
    // What is declared and was called is not missing, also when the windows do not know it any more.
    s.observe(traced(&[("frontend", "cart", 7_800, 0)]));
    s.command("why frontend");
    s.shows("shop/frontend is declared to call shop/checkout (CHECKOUT_ADDR), and it does");
    s.hides("do: ");
    // Without its call it is, and says what to do.
    let mut s = Session::with(start(Mode::Locked), 120, 40);
    s.cluster = cluster::shop();
    s.list();
    s.observe(traced(&[("frontend", "cart", 780, 0)]));
    s.command("why frontend");
    s.shows("shop/frontend is declared to call shop/checkout");
    s.shows("do: ");
}

#[test]
fn a_name_that_nobody_has_says_where_to_look_and_what_to_write_down() {
    let mut s = shop();
    s.command("why card-network");
    s.shows("card-network, a name in traces");
    s.shows("No component type in shop has this name");
    s.shows("\"card-network\" = \"namespace/Kind/name\"");
    s.shows("Only the spans of others name it");
    // It is kept up to date while it is open: what was said not long ago is known, and that nobody says it any more.
    s.observe(traced(&[("frontend", "cart", 780, 0)]));
    s.shows("It was named in traces, and is not named any more");
    s.hides("Only the spans of others name it");
    // What nobody has said for long is forgotten.
    s.sleep(1);
    s.observe(traced(&[("frontend", "cart", 781, 0)]));
    s.shows("nothing here is called card-network");
    s.press("q").hides("nothing here is called");
}

#[test]
fn a_slip_is_answered_with_the_nearest_names_and_names_are_completed() {
    let mut s = shop();
    s.command("why chekout");
    let foot = s.foot();
    assert!(foot.contains("nothing here is called chekout"), "{foot}");
    assert!(foot.contains("the nearest names are checkout"), "{foot}");
    s.press(":")
        .type_text("why card")
        .press("tab")
        .press("enter");
    s.shows("card-network, a name in traces");
}

#[test]
fn a_long_page_scrolls_and_the_detail_pane_says_how_it_is_known() {
    let mut s = shop();
    s.resize(60, 8);
    s.command("tree frontend")
        .command("why")
        .shows("j k scroll");
    s.shows("Deployment shop/frontend");
    s.press("G").hides("Deployment shop/frontend");
    s.press("g").shows("Deployment shop/frontend").press("esc");
    s.resize(160, 45);
    s.command("tree cart");
    s.shows("known as")
        .shows("cart, by its OpenTelemetry name (0.9)");
}
