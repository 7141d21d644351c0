//! The call tree: from an element to whom it calls and who calls it, and from there to everything else.

use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

const SIZES: [(u16, u16); 3] = [(160, 45), (80, 24), (60, 16)];

fn sampled(width: u16, height: u16) -> Session {
    let mut s = Session::of_shop(Mode::Locked, width, height);
    s.observe(vec![cluster::shop_uses(true)]);
    s
}

#[test]
fn at_every_size() {
    for (width, height) in SIZES {
        let mut s = sampled(width, height);
        s.command("calls frontend").press("* j j");
        insta::assert_snapshot!(format!("calls_{width}x{height}"), s.screen());
    }
}

#[test]
fn from_a_call_to_everything_else_and_back() {
    let mut s = sampled(160, 45);
    s.command("tree checkout").press("v c");
    s.shows("checkout and whom it calls").shows("2 of 3 others");
    // The callees that were folded are asked for one by one.
    s.press("j j right");
    s.shows("card-network").shows("3 others");
    s.shows("Deployment shop/payment");
    // Into the graph, and back to the same row.
    s.press("enter").shows("Graph").shows("payment");
    s.press("[");
    s.shows("checkout and whom it calls").shows("card-network");
    let line = s.line(">!");
    assert!(line.contains("payment"), "{line}");
    // The element of the row is what commands are about.
    s.command("why").shows("payment");
    s.press("esc");
    s.press("<").shows("payment is called by checkout");
    s.press("[").shows("checkout and whom it calls");
    // The other way, of another root.
    s.press("v c").shows("payment and whom it calls");
    s.press("f")
        .shows("payment and who calls it")
        .shows("who calls payment");
    s.press("right j right").shows("frontend");
    // A way in is a caller, and is only declared.
    s.press("*");
    let line = s.line("front-door");
    assert!(line.contains("only declared"), "{line}");
}

#[test]
fn what_is_filtered_is_counted() {
    let mut s = sampled(160, 45);
    s.command("calls frontend")
        .press("/")
        .type_text("cart")
        .press("enter");
    s.shows("2 of 4 others");
    assert!(s.screen().contains("cart") && !s.screen().contains("card-network"));
    s.press("esc").shows("2 of 4 others");
    s.press("ctrl-z").shows("payment").shows("calls fail");
    s.press("ctrl-z");
    s.press("/").type_text("xyz").press("enter");
    s.shows("none of the 4 that it leads to passes the filter /xyz: esc clears it");
}

#[test]
fn the_traces_of_a_call_are_one_key_away() {
    let mut s = sampled(160, 45);
    s.command("calls checkout").press("j j .");
    s.shows("checkout → payment");
}
