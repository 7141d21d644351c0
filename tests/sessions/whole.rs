//! The whole system as one picture: walking, groups, ways, what hangs on what, and what is left out.

use portolan::ui::screen::Mode;

use crate::harness::Session;

const SIZES: [(u16, u16); 3] = [(160, 45), (80, 24), (60, 16)];

#[test]
fn a_line_is_walked_from_box_to_box_and_told_in_words() {
    for (width, height) in SIZES {
        let mut s = Session::of_shop(Mode::Locked, width, height);
        s.command("whole checkout");
        s.shows("6 of 9 shown: 3 without links").shows("checkout");
        s.press("l j k");
        s.command("whole checkout").press("l");
        s.shows("checkout → ");
        s.press("h").shows("checkout");
        // Enter goes on to what is around one of them.
        s.press("enter").shows("Graph · checkout");
        s.press("[").shows("Whole");
    }
}

#[test]
fn what_is_left_out_is_counted_and_errors_stay() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole").shows("6 of 9 shown");
    s.command("hide checkout").shows("1 filtered out");
    s.command("hide").shows("6 of 9 shown");
    s.command("min-rate much");
    assert!(s.foot().contains("much is no rate"), "{}", s.foot());
    s.command("min-rate 1000").shows("from 1000/s");
    // Only what fails is left of the lines, and it stays.
    s.shows("below the least rate").shows("payment");
    s.command("min-rate").shows("6 of 9 shown");
}

#[test]
fn only_the_ways_between_two_are_shown() {
    for (width, height) in SIZES {
        let mut s = Session::of_shop(Mode::Locked, width, height);
        s.command("path frontend payment");
        s.shows("ways from frontend").shows("payment");
        assert!(!s.screen().contains("cart  "), "{}", s.screen());
        s.command("path payment frontend");
        s.shows("payment");
        s.command("path nobody frontend");
        assert!(
            s.foot().contains("nothing here is called nobody"),
            "{}",
            s.foot()
        );
        s.command("path").shows("6 of 9 shown");
    }
}

#[test]
fn groups_close_to_one_box_and_open_again() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole checkout").press("F F");
    s.shows("by namespace").shows(" shop ");
    s.press("f").shows("▸ shop").shows("inside, enter opens it");
    s.press("enter").shows("checkout");
    s.press("F").shows("6 of 9 shown");
    s.press("f");
    assert!(s.foot().contains("in no group"), "{}", s.foot());
}

#[test]
fn what_hangs_on_what_is_told_in_a_sentence() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole payment").press("b");
    s.shows("stopping payment touches").shows("%");
    s.press("b B").shows("reached");
    s.press("B C").shows("circle");
}

#[test]
fn more_is_said_of_each_box_step_by_step() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole payment").shows(" states ");
    s.press("z").shows(" rates ").shows("/s");
    s.press("z").shows(" components ").shows("payment-5d8f-0");
    s.press("z").shows(" names ");
}

#[test]
fn the_picture_follows_the_cluster() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("whole checkout").shows("checkout");
    s.change(|c| c.crash("shop", "payment"));
    s.press("k").shows("! payment");
    s.change(|c| c.undeploy("shop", "payment"));
    s.press("j").shows("checkout");
}
