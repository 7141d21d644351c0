//! "Does A call B" in a session: one command, one line of words, one cell; and the ways from there.

use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

#[test]
fn one_command_answers_whether_one_calls_another() {
    for (width, height) in [(160, 45), (80, 24), (60, 16)] {
        let mut s = Session::of_shop(Mode::Locked, width, height);
        s.command("matrix checkout payment");
        s.shows("Matrix · rows call columns · no cycles");
        s.shows("checkout calls payment · 12.3/s · 12.2 % errors");
        s.command("matrix payment frontend");
        s.shows("payment does not call frontend, as far as");
        // What is outside has a name too, and who is not there has not.
        s.command("matrix payment card-network");
        s.shows("payment calls card-network (unresolved) ·");
        s.command("matrix payment nobody");
        assert!(
            s.foot().contains("nothing here is called nobody"),
            "{}",
            s.foot()
        );
        s.shows("payment calls card-network");
        // Back to where one was: the row is the same, so the pair is.
        s.command("matrix cart").shows("cart");
    }
}

#[test]
fn the_pane_tells_of_the_caller_and_the_ways_lead_on() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.observe(vec![cluster::shop_uses(true)]);
    s.command("tree checkout").press("v m");
    s.shows("Deployment shop/checkout")
        .shows("checkout calls payment");
    s.shows("operations: POST /charge 62 calls 12.9 % errors");
    s.press(".")
        .shows("checkout → payment")
        .shows("POST /charge");
    s.press("esc enter").shows("Graph · checkout");
    s.press("[").shows("Matrix").shows("checkout calls payment");
    s.press(">").shows("Graph · checkout");
    s.press("v m").shows("Matrix");
    // h j k l go from cell to cell, and the next call is one key.
    let before = s.line("checkout calls payment");
    s.press("l h").shows(before.trim());
    s.press("k l j h").shows("checkout calls payment");
    s.press("( )").shows("checkout calls payment");
}

#[test]
fn a_pair_stays_while_the_cluster_moves_and_the_filter_narrows() {
    let mut s = Session::of_shop(Mode::Locked, 80, 24);
    s.command("matrix checkout cart");
    s.change(|c| c.crash("shop", "payment"));
    s.change(|c| c.undeploy("shop", "frontend"));
    s.shows("checkout calls cart ·");
    s.command("filter payment")
        .shows("filtered out")
        .shows("checkout calls cart ·");
    s.press("esc ctrl-z").shows("left out that do not fail");
}

#[test]
fn the_second_name_is_completed_after_the_first() {
    let mut s = Session::of_shop(Mode::Locked, 80, 24);
    s.press(":").type_text("matrix checkout pay").press("tab");
    s.shows("matrix checkout payment");
    s.press("enter").shows("checkout calls payment");
}
