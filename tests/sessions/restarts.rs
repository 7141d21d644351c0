//! Restarts: staged, previewed, confirmed, verified; and what keeps one from it.

use portolan::app::effect::Effect;
use portolan::app::msg::{Msg, Refusal};
use portolan::model::intent::{
    Found, Identity, Operation, Order, Preview, RestartPreview, Rollout, Strategy,
};
use portolan::model::key::TypeKey;
use portolan::model::observation::Trouble;
use portolan::ui::screen::Mode;

use crate::harness::Session;

const WRITE: Mode = Mode::Write { until: None };
const IMAGE: &str = "registry.example/cart:1.8.2";

/// What the cart's restart would set going, as the server says.
pub fn rollout() -> Rollout {
    Rollout {
        desired: 2,
        identity: Identity::default(),
        resource_version: "41".into(),
        generation: Some(1),
        strategy: Strategy::Rolling,
        kept: 0,
        deadline_s: Some(600),
    }
}

/// What the server says before a restart.
pub fn preview(rollout: Rollout) -> Preview {
    Preview::Restart(RestartPreview {
        rollout,
        images: vec![IMAGE.into()],
    })
}

fn on_cart(mode: Mode) -> Session {
    let mut s = Session::of_shop(mode, 160, 45);
    s.command("tree cart");
    s
}

/// Stages the cart's restart, previews and confirms it.
fn sent() -> Session {
    let mut s = on_cart(WRITE);
    s.press("r enter");
    s.foresee(preview(rollout()));
    s.draw();
    s.press("enter");
    s
}

#[test]
fn a_restart_goes_from_the_stage_to_its_end() {
    let mut s = on_cart(WRITE);
    s.press("r").shows("┌ restart cart").shows("called by");
    s.shows("A restart cannot be undone")
        .shows("Nothing is written yet");
    assert_eq!(s.effects(), [], "staging asks nobody");
    s.press("enter").shows("reading how it is now");
    s.foresee(preview(rollout()));
    s.draw();
    s.shows("the template stays: registry.example/cart:1.8.2")
        .shows("its 2 pods are replaced a few at a time")
        .shows("A restart cannot be undone")
        .shows("enter restarts cart");
    s.press("enter").hides("┌ restart");
    let order = s.answer_order(Ok(Some(2)));
    let Order::Restart { at, preview } = order else {
        panic!("{order:?}");
    };
    assert_eq!(at, crate::cluster::start());
    assert_eq!(&*preview.rollout.resource_version, "41");
    s.shows("cart: restart accepted, generation 2");
    s.change(|c| c.roll_out("shop", "cart", IMAGE));
    s.change(|c| c.begin_rollout("shop", "cart", 1));
    s.hides("restarted, all ready");
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: restarted, all ready");
    s.press("u").shows("cart: a restart cannot be undone");
    assert_eq!(s.effects(), []);
    s.press("v e").shows("restart accepted, generation 2");
}

#[test]
fn on_a_pod_it_is_of_what_the_pod_belongs_to() {
    let mut s = on_cart(WRITE);
    s.press("right down r").shows("┌ restart cart");
    s.press("enter");
    let cart = TypeKey::new("shop", "Deployment", "cart");
    let wanted = [Effect::Preview {
        id: 1,
        target: cart,
        operation: Operation::Restart,
    }];
    assert_eq!(s.effects(), wanted);
}

#[test]
fn an_enter_pressed_before_the_preview_was_drawn_writes_nothing() {
    let mut s = on_cart(WRITE);
    s.press("r enter");
    s.foresee(preview(rollout()));
    s.press_unseen("enter");
    s.press_unseen("enter");
    assert_eq!(s.effects(), []);
    s.draw();
    s.press_unseen("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Send { .. }]));
}

#[test]
fn digits_and_signs_mean_nothing_here_and_reach_nothing_below() {
    let mut s = on_cart(WRITE);
    let before = s.press("r").screen();
    for key in [
        "+",
        "-",
        "1",
        "0",
        "j",
        "r",
        "s",
        "u",
        "ctrl-d",
        "backspace",
    ] {
        s.press(key);
        assert_eq!(s.screen(), before, "{key}");
    }
    assert_eq!(s.effects(), []);
    s.press("esc").shows("dropped: nothing was written");
}

#[test]
fn how_pods_are_replaced_is_said_before() {
    let with = |change: &dyn Fn(&mut Rollout)| {
        let mut rollout = rollout();
        change(&mut rollout);
        let mut s = on_cart(WRITE);
        s.press("r enter");
        s.foresee(preview(rollout));
        s.screen()
    };
    for (screen, said) in [
        (
            with(&|r| r.strategy = Strategy::Recreate),
            "nobody answers its callers",
        ),
        (
            with(&|r| r.strategy = Strategy::OnDelete),
            "its strategy is OnDelete",
        ),
        (
            with(&|r| r.strategy = Strategy::OneByOne),
            "one after another",
        ),
        (
            with(&|r| (r.strategy, r.desired) = (Strategy::OneByOne, 1)),
            "its one pod stops before the new one starts",
        ),
        (with(&|r| r.kept = 1), "its partition keeps 1 of them"),
        (with(&|r| r.desired = 0), "it wants no pods"),
    ] {
        assert!(screen.contains(said), "nothing says {said:?}:\n{screen}");
    }
}

#[test]
fn kinds_without_a_rollout_say_why() {
    let mut s = Session::of_shop(WRITE, 160, 45);
    s.command("tree report").press("r");
    s.hides("┌ restart")
        .shows("report cannot be restarted: a CronJob runs to completion");
    s.press("g r")
        .shows("only component types can be restarted");
    for name in ["log-agent", "orders-db"] {
        s.command(&format!("tree {name}")).press("r");
        s.shows(&format!("┌ restart {name}")).press("esc");
    }
    s.command("tree cart").command("restart payment");
    s.hides("┌ restart").shows("it restarts what is selected");
    s.command("restart").shows("┌ restart cart");
}

#[test]
fn a_preview_that_fails_says_why_and_can_be_asked_again() {
    let mut s = on_cart(WRITE);
    s.press("r enter");
    s.refuse_preview("cart is paused, and would not roll out");
    s.shows("not done: cart is paused").press("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Preview { .. }]));
}

#[test]
fn a_conflict_comes_back_to_be_previewed_again() {
    let mut s = sent();
    s.answer_order(Err(Refusal::Changed {
        why: "Deployment shop/cart was changed by somebody else since the preview".into(),
    }));
    s.shows("cart: not restarted: Deployment shop/cart was changed by somebody else");
    s.shows("┌ restart cart").shows("enter previews again");
    s.press("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Preview { .. }]));
    s.press("esc ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit], "nothing is under way");
}

#[test]
fn a_conflict_does_not_disturb_what_the_person_does_by_then() {
    let mut s = sent();
    let id = match s.effects().as_slice() {
        [Effect::Send { id, .. }] => *id,
        other => panic!("{other:?}"),
    };
    s.press(": t r");
    s.send(Msg::Sent {
        id,
        result: Err(Refusal::Changed { why: "late".into() }),
    });
    s.hides("┌ restart").press("e e");
    assert!(s.foot().contains("tree"), "{}", s.foot());
}

#[test]
fn a_refusal_is_told_and_nothing_is_under_way() {
    let mut s = sent();
    s.answer_order(Err(Refusal::NotDone {
        why: "not allowed to restart Deployment shop/cart".into(),
    }));
    s.shows("cart: not restarted: not allowed to restart")
        .hides("┌ restart");
    s.press("ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn another_image_in_between_supersedes_it_and_another_number_does_not() {
    let mut s = sent();
    s.answer_order(Ok(Some(2)));
    s.change(|c| c.roll_out("shop", "cart", IMAGE));
    s.change(|c| c.scale("shop", "cart", 3));
    s.hides("by somebody else");
    s.change(|c| c.roll_out("shop", "cart", "registry.example/cart:2"));
    s.shows("restarted, and turned to registry.example/cart:2 by somebody else");
}

#[test]
fn an_unknown_outcome_is_told_by_what_is_seen() {
    let mut s = sent();
    s.answer_order(Err(Refusal::Unknown {
        why: "the connection was cut".into(),
    }));
    s.shows("restart was sent, and nobody knows yet whether it arrived: the connection was cut");
    s.looked(Err("the server is not there"));
    s.shows(
        "cart: restart cannot be looked for, which is tried again every 5 s: the server is not",
    );
    // Somebody may have changed something else in the template.
    s.change(|c| c.roll_out("shop", "cart", IMAGE));
    s.hides("restart arrived");
    s.tick(4);
    s.looked(Ok(Found::Arrived {
        generation: Some(2),
    }));
    s.shows("cart: restart arrived");
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: restarted, all ready");
}

#[test]
fn a_rollout_that_its_controller_gives_up_is_told_and_still_watched() {
    let mut s = sent();
    s.answer_order(Ok(Some(2)));
    s.change(|c| c.roll_out("shop", "cart", IMAGE));
    s.change(|c| c.begin_rollout("shop", "cart", 1));
    s.change(|c| {
        c.change_workload("shop", "cart", |w| {
            w.troubles.push(Trouble {
                reason: "ProgressDeadlineExceeded".into(),
                message: "cart-6c has timed out progressing".into(),
            });
        });
    });
    s.shows("cart: restart is stuck: 1 of 2 updated, 2 ready");
    s.press("v e").shows("cart-6c has timed out progressing");
    s.press("ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit], "it does not keep one here");
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: restarted, all ready");
}

#[test]
fn a_rollout_in_which_nothing_moves_is_told() {
    let mut s = sent();
    s.answer_order(Ok(Some(2)));
    s.change(|c| c.roll_out("shop", "cart", IMAGE));
    s.change(|c| c.begin_rollout("shop", "cart", 1));
    s.tick(629);
    s.hides("is stuck");
    s.tick(2);
    s.shows("cart: restart is stuck: 1 of 2 updated, 2 ready");
}

#[test]
fn what_is_deleted_meanwhile_is_told() {
    let mut s = sent();
    s.answer_order(Ok(Some(2)));
    s.change(|c| c.remove_namespace("shop"));
    s.shows("cart: restarted, and deleted by somebody else");
}

#[test]
fn a_preview_that_is_outdated_says_so() {
    let mut s = on_cart(WRITE);
    s.press("r enter");
    s.foresee(preview(rollout()));
    s.hides("this will be refused");
    s.change(|c| c.scale("shop", "cart", 7));
    s.shows("it was changed since: this will be refused");
}

#[test]
fn locked_says_how_to_unlock_and_a_lock_holds_in_the_stage_too() {
    let mut s = on_cart(Mode::Locked);
    s.press("r").hides("┌ restart");
    s.shows("writing is locked: :write unlocks it for 15 minutes");
    s.command("write").press("r enter");
    s.foresee(preview(rollout()));
    s.draw();
    s.tick(15 * 60);
    s.draw();
    s.press("enter").shows("writing is locked");
    assert_eq!(s.effects(), []);
}
