//! Rollbacks: to the revision before or a named one, verified, taken back.

use portolan::app::effect::Effect;
use portolan::app::msg::Refusal;
use portolan::model::intent::{
    Difference, Found, Operation, Order, Preview, Revision, RollbackPreview,
};
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;
use crate::restarts::rollout;

const WRITE: Mode = Mode::Write { until: None };
const GOOD: &str = "registry.example/cart:1.8.2";
const BAD: &str = "registry.example/cart:1.9.0";

fn revision(number: u64, image: &str) -> Revision {
    Revision {
        number,
        set: format!("cart-{number}").into(),
        uid: format!("uid-{number}").into(),
        digest: number,
        images: vec![image.into()],
        created: cluster::ago(300),
    }
}

/// From revision 4 back to revision 3, while the object has this generation.
pub fn preview(generation: i64) -> Box<RollbackPreview> {
    let mut rollout = rollout();
    rollout.generation = Some(generation);
    Box::new(RollbackPreview {
        rollout,
        from: revision(4, BAD),
        to: revision(3, GOOD),
        difference: Difference::Images,
        kept: vec![2, 3, 4],
    })
}

/// The cursor on the cart, whose last rollout brought a bad image.
fn on_bad_cart() -> Session {
    let mut s = Session::of_shop(WRITE, 160, 45);
    s.change(|c| c.roll_out("shop", "cart", BAD));
    s.change(|c| c.settle("shop", "cart"));
    s.command("tree cart");
    s
}

/// Stages its rollback, previews and confirms it.
fn sent() -> Session {
    let mut s = on_bad_cart();
    s.command("rollback").press("enter");
    s.foresee(Preview::Rollback(preview(2)));
    s.draw();
    s.press("enter");
    s
}

fn operations(s: &mut Session) -> Vec<Operation> {
    let effects = s.effects().into_iter();
    let asked = effects.filter_map(|e| match e {
        Effect::Preview { operation, .. } => Some(operation),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_rollback_goes_from_the_stage_to_its_end_and_back() {
    let mut s = on_bad_cart();
    s.command("rollback").shows("┌ roll back cart");
    s.shows("now its last revision → then the one before");
    assert_eq!(s.effects(), [], "staging asks nobody");
    s.press("enter");
    s.foresee(Preview::Rollback(preview(2)));
    s.draw();
    s.shows("now revision 4 → then revision 3")
        .shows("now  4  registry.example/cart:1.9.0  from 5m ago")
        .shows("then 3  registry.example/cart:1.8.2  from 5m ago")
        .shows("also kept: 2; :rollback and a number goes there")
        .shows("enter rolls cart back to revision 3")
        .shows("Afterwards u");
    s.press("enter").hides("┌ roll back");
    let order = s.answer_order(Ok(Some(3)));
    assert_eq!(
        order,
        Order::Rollback {
            preview: preview(2)
        }
    );
    s.shows("cart: rollback from revision 4 to 3 accepted, generation 3");
    s.change(|c| c.roll_out("shop", "cart", GOOD));
    s.change(|c| c.begin_rollout("shop", "cart", 1));
    s.hides("all ready with");
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: rolled back to revision 3, all ready with registry.example/cart:1.8.2 (was revision 4)");
    // The way back is a rollback of the rollback: to the revision of before, by its number.
    s.press("u").shows("then revision 4").press("enter");
    assert_eq!(operations(&mut s), [Operation::Rollback { to: Some(4) }]);
}

#[test]
fn a_revision_can_be_named() {
    let mut s = on_bad_cart();
    for wrong in ["0", "-1", "last", "3 4"] {
        s.command(&format!("rollback {wrong}"));
        s.hides("┌ roll back").shows("is no revision");
    }
    s.command("rollback 2")
        .shows("then revision 2")
        .press("enter");
    assert_eq!(operations(&mut s), [Operation::Rollback { to: Some(2) }]);
}

#[test]
fn what_would_change_nothing_is_said_before() {
    let mut s = on_bad_cart();
    for (difference, said) in [
        (Difference::Restart, "they differ by a restart only"),
        (Difference::Other, "the images are the same"),
    ] {
        s.command("rollback").press("enter");
        s.foresee(Preview::Rollback(Box::new(RollbackPreview {
            difference,
            ..*preview(2)
        })));
        s.shows(said).press("esc");
    }
}

#[test]
fn kinds_without_revisions_say_what_does_it() {
    let mut s = Session::of_shop(WRITE, 160, 45);
    s.command("tree orders-db").command("rollback");
    s.hides("┌ roll back")
        .shows("kubectl rollout undo statefulset/orders-db does it");
    s.command("tree report").command("rollback");
    s.shows("a CronJob keeps no revisions to go back to");
}

#[test]
fn an_image_that_somebody_brings_back_is_told() {
    let mut s = sent();
    s.answer_order(Ok(Some(3)));
    s.change(|c| c.roll_out("shop", "cart", GOOD));
    s.change(|c| c.settle("shop", "cart"));
    s.shows("rolled back to revision 3, all ready");
    s.change(|c| c.roll_out("shop", "cart", BAD));
    s.shows(
        "rolled back to revision 3, and turned to registry.example/cart:1.9.0 by somebody else",
    );
}

#[test]
fn a_conflict_comes_back_to_be_previewed_again() {
    let mut s = sent();
    s.answer_order(Err(Refusal::Changed {
        why: "revision 3 of cart was changed".into(),
    }));
    s.shows("cart: not rolled back: revision 3 of cart was changed");
    s.shows("┌ roll back cart").press("enter");
    assert_eq!(operations(&mut s), [Operation::Rollback { to: None }]);
}

#[test]
fn an_unknown_outcome_is_told_by_what_is_seen() {
    let mut s = sent();
    s.answer_order(Err(Refusal::Unknown { why: "cut".into() }));
    s.shows("rollback to revision 3 was sent, and nobody knows yet whether it arrived: cut");
    s.change(|c| c.roll_out("shop", "cart", GOOD));
    s.hides("revision 3 arrived");
    s.looked(Ok(Found::Arrived {
        generation: Some(2),
    }));
    s.press("v e").shows("rollback to revision 3 arrived");
    s.shows("rolled back to revision 3, all ready");
}
