//! Deletions of pods: staged, previewed, confirmed, verified by the uid.

use portolan::app::effect::Effect;
use portolan::app::msg::Refusal;
use portolan::model::intent::{DeletePreview, Operation, Order, Preview};
use portolan::model::key::TypeKey;
use portolan::model::observation::{FactKey, Kind};
use portolan::ui::screen::Mode;

use crate::harness::Session;

const WRITE: Mode = Mode::Write { until: None };
const POD: &str = "cart-5d8f-0";

/// The cursor on the cart's first pod.
fn on_pod(mode: Mode) -> Session {
    let mut s = Session::of_shop(mode, 160, 45);
    s.command("tree cart").press("right down");
    s
}

/// What the server says before the cart's first pod is deleted.
pub fn preview(s: &Session) -> DeletePreview {
    DeletePreview {
        pod: POD.into(),
        uid: s.cluster.first_pod("shop", "cart"),
        grace_s: 30,
        controller: Some(("ReplicaSet".into(), "cart-5d8f".into())),
        terminating: false,
        finalizers: Vec::new(),
    }
}

/// Answers the preview that is asked for, with a change, and draws it.
fn foresee(s: &mut Session, change: impl FnOnce(&mut DeletePreview)) {
    let mut preview = preview(s);
    change(&mut preview);
    s.foresee(Preview::Delete(preview));
    s.draw();
}

fn sent() -> Session {
    let mut s = on_pod(WRITE);
    s.press("ctrl-d enter");
    foresee(&mut s, |_| {});
    s.press("enter");
    s
}

fn remove(s: &mut Session) {
    let key = FactKey {
        kind: Kind::Pod,
        namespace: "shop".into(),
        name: s.cluster.first_pod("shop", "cart"),
    };
    s.change(|c| c.remove(&key));
}

#[test]
fn a_pod_goes_from_the_stage_to_its_end() {
    let mut s = on_pod(WRITE);
    s.press("ctrl-d").shows("┌ delete cart-5d8f-0");
    s.shows("Pod shop/cart-5d8f-0 of Deployment cart")
        .shows("called by")
        .shows("A deletion cannot be undone");
    assert_eq!(s.effects(), [], "staging asks nobody");
    s.press("enter");
    let uid = s.cluster.first_pod("shop", "cart");
    let asked = [Effect::Preview {
        id: 1,
        target: TypeKey::new("shop", "Deployment", "cart"),
        operation: Operation::Delete {
            pod: POD.into(),
            uid,
        },
    }];
    assert_eq!(s.effects(), asked);
    s.press("esc ctrl-d enter");
    foresee(&mut s, |_| {});
    s.shows("it gets 30 s to end by itself")
        .shows("ReplicaSet cart-5d8f makes another one")
        .shows("enter deletes cart-5d8f-0");
    s.press("enter").hides("┌ delete");
    let preview = preview(&s);
    assert_eq!(s.answer_order(Ok(None)), Order::Delete { preview });
    s.shows("cart: deletion of cart-5d8f-0 accepted");
    s.press(": q enter")
        .shows("a write is still being verified");
    remove(&mut s);
    s.shows("cart: cart-5d8f-0 is deleted and gone");
    s.press("u").shows("a deletion cannot be undone");
}

#[test]
fn an_enter_pressed_before_the_preview_was_drawn_deletes_nothing() {
    let mut s = on_pod(WRITE);
    s.press("ctrl-d enter");
    let preview = preview(&s);
    s.foresee(Preview::Delete(preview));
    s.press_unseen("enter");
    assert_eq!(s.effects(), []);
}

#[test]
fn only_pods_are_deleted_and_it_is_said_where_they_are() {
    let mut s = Session::of_shop(WRITE, 160, 45);
    for at in ["g", "j", "G"] {
        s.press(at).press("ctrl-d");
        s.hides("┌ delete")
            .shows("only pods are deleted from here: its own are below it in the tree");
        s.tick(7);
    }
    s.command("tree cart").press("right down");
    s.command("delete frontend");
    s.hides("┌ delete")
        .shows("it deletes the pod that is selected");
    s.command("delete").shows("┌ delete cart-5d8f-0");
}

#[test]
fn what_comes_instead_is_said_before() {
    let with = |change: &dyn Fn(&mut DeletePreview)| {
        let mut s = on_pod(WRITE);
        s.press("ctrl-d enter");
        foresee(&mut s, change);
        s.screen()
    };
    let by = |kind: &str| Some((kind.into(), "db".into()));
    for (screen, said) in [
        (with(&|p| p.controller = None), "nothing makes another one"),
        (with(&|p| p.controller = by("Node")), "it is a static pod"),
        (
            with(&|p| p.controller = by("StatefulSet")),
            "makes it anew, under the same name",
        ),
        (
            with(&|p| p.terminating = true),
            "it is being deleted already",
        ),
        (
            with(&|p| p.finalizers = vec!["example.com/drain".into()]),
            "it stays until whoever set example.com/drain",
        ),
        (with(&|p| p.grace_s = 0), "it is ended at once"),
    ] {
        assert!(screen.contains(said), "nothing says {said:?}:\n{screen}");
    }
    let mut s = on_pod(WRITE);
    s.change(|c| {
        c.change_workload("shop", "cart", |w| w.ready = 1);
    });
    s.press("ctrl-d enter");
    foresee(&mut s, |_| {});
    s.shows("it is the only ready one: nobody answers its callers meanwhile");
    remove(&mut s);
    s.shows("it is gone by now: this will be refused");
}

#[test]
fn another_pod_of_the_name_is_refused() {
    let mut s = sent();
    s.answer_order(Err(Refusal::NotDone {
        why: "the selected Pod shop/cart-5d8f-0 does not exist (any more)".into(),
    }));
    s.shows("cart: not deleted: the selected Pod shop/cart-5d8f-0 does not exist");
}

#[test]
fn a_namespace_that_is_left_is_no_pod_that_is_gone() {
    let mut s = sent();
    s.answer_order(Ok(None));
    s.command("ns bank");
    s.follow_choice();
    s.finish_lists();
    s.hides("is deleted and gone");
    // Back again, and meanwhile it has gone.
    let uid = s.cluster.first_pod("shop", "cart");
    s.cluster.remove(&FactKey {
        kind: Kind::Pod,
        namespace: "shop".into(),
        name: uid,
    });
    s.command("ns shop");
    s.follow_choice();
    s.hides("is deleted and gone");
    s.finish_lists();
    s.shows("cart: cart-5d8f-0 is deleted and gone");
}

#[test]
fn a_pod_that_stays_is_told() {
    let mut s = sent();
    s.answer_order(Ok(None));
    s.tick(61);
    s.shows("cart: deletion of cart-5d8f-0 is stuck: the pod is still there");
}

#[test]
fn an_unknown_outcome_is_told_by_what_is_seen() {
    let mut s = sent();
    s.answer_order(Err(Refusal::Unknown { why: "cut".into() }));
    s.shows("deletion of cart-5d8f-0 was sent, and nobody knows yet whether it arrived: cut");
    remove(&mut s);
    s.shows("cart-5d8f-0 is deleted and gone");
}

#[test]
fn locked_says_how_to_unlock() {
    let mut s = on_pod(Mode::Locked);
    s.press("ctrl-d").hides("┌ delete");
    s.shows("writing is locked: :write unlocks it for 15 minutes");
    assert_eq!(s.effects(), []);
}
