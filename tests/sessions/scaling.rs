//! Scaling: staged, previewed, confirmed, verified, taken back; and what keeps one from it.

use portolan::app::effect::Effect;
use portolan::app::msg::{Msg, Refusal};
use portolan::model::intent::{Autoscaler, Found};
use portolan::model::key::TypeKey;
use portolan::model::observation::OwnerRef;
use portolan::model::source::SourceState;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

const WRITE: Mode = Mode::Write { until: None };

/// The cursor on the cart, which has two of two.
fn on_cart(mode: Mode) -> Session {
    let mut s = Session::of_shop(mode, 160, 45);
    s.command("tree cart");
    s
}

fn cart() -> TypeKey {
    TypeKey::new("shop", "Deployment", "cart")
}

/// Stages one more, previews and confirms.
fn sent_up() -> Session {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    s.preview(2, Autoscaler::None);
    s.press("enter");
    s
}

#[test]
fn locked_says_how_to_unlock() {
    let mut s = on_cart(Mode::Locked);
    for key in ["s", "+", "u"] {
        s.press(key);
        s.hides("┌ scale");
    }
    s.press("+")
        .shows("writing is locked: :write unlocks it for 15 minutes");
    assert_eq!(s.effects(), []);
    s.command("write").press("+").shows("┌ scale cart");
}

#[test]
fn a_number_goes_from_the_stage_to_its_end_and_back() {
    let mut s = on_cart(WRITE);
    s.press("+");
    s.shows("now 2 → then 3")
        .shows("Nothing is")
        .shows("called by");
    assert!(s.line("▸ cart").contains("2→3"), "{}", s.screen());
    assert_eq!(s.effects(), [], "staging asks nobody");
    s.press("enter").shows("reading how it is now");
    s.preview(2, Autoscaler::None);
    s.shows("no autoscaler targets it")
        .shows("enter writes 3 to cart");
    s.press("enter").hides("┌ scale");
    let (wanted, version) = s.answer(Ok(Some(2)));
    assert_eq!((wanted, version.as_str()), (3, "41"));
    s.shows("scaling from 2 to 3 accepted, generation 2");
    s.change(|c| c.scale("shop", "cart", 3));
    s.hides("scaled to 3");
    s.tick(3);
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: scaled to 3, all ready (was 2)");
    assert!(s.line("▸ cart").contains("3/3"), "{}", s.screen());
    // Back the same way.
    s.press("u").shows("now 3 → then 2").press("enter");
    s.preview(3, Autoscaler::None);
    s.press("enter");
    assert_eq!(s.answer(Ok(Some(3))).0, 2);
    s.change(|c| c.scale("shop", "cart", 2));
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: scaled to 2, all ready (was 3)");
    // And it is in the log, as what the program itself did.
    s.press("v e")
        .shows("self")
        .shows("scaling from 2 to 3 accepted");
}

#[test]
fn an_enter_pressed_before_the_preview_was_drawn_writes_nothing() {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    s.preview_unseen(2, Autoscaler::None);
    s.press_unseen("enter");
    s.press_unseen("enter");
    assert_eq!(s.effects(), []);
    s.draw();
    s.press_unseen("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Send { .. }]));
}

#[test]
fn a_preview_that_nobody_had_the_time_to_read_is_not_answered() {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    s.preview_unseen(2, Autoscaler::None);
    s.glimpse();
    s.shows("wait: writes 3").hides("enter writes");
    // A key held down, or the rest of what came at once.
    for _ in 0..3 {
        s.press_unseen("enter");
        s.glimpse();
    }
    assert_eq!(s.effects(), []);
    // A quiet moment before the preview came is none after it.
    s.press_unseen("+");
    s.press_unseen("enter");
    s.send(Msg::Quiet);
    s.preview_unseen(2, Autoscaler::None);
    s.send(Msg::Quiet);
    s.press_unseen("enter");
    assert_eq!(s.effects(), []);
    s.draw();
    s.shows("enter writes 4").press_unseen("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Send { .. }]));
}

#[test]
fn a_frame_that_was_drawn_before_the_preview_came_does_not_count() {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    s.screen();
    s.preview_unseen(2, Autoscaler::None);
    s.press_unseen("enter");
    assert_eq!(s.effects(), []);
}

#[test]
fn digits_and_signs_change_the_number_and_end_the_preview() {
    let mut s = on_cart(WRITE);
    s.press("s").shows("now 2 → then 2");
    s.press("1 2").shows("then 12");
    s.press("+").shows("then 13").press("- -").shows("then 11");
    s.press("4").shows("then 4");
    s.press("enter");
    s.preview(2, Autoscaler::None);
    s.press("+").shows("then 5").hides("enter writes");
    s.press("9 9 9 9 9 9 9").shows("then 10000");
    s.press("esc")
        .hides("┌ scale")
        .shows("dropped: nothing was written");
    assert_eq!(s.effects(), []);
}

#[test]
fn a_command_stages_a_number_and_refuses_what_is_none() {
    let mut s = on_cart(WRITE);
    s.command("scale 7").shows("now 2 → then 7").press("esc");
    for wrong in ["many", "-1", "10001", "3 4"] {
        s.command(&format!("scale {wrong}"));
        s.hides("┌ scale")
            .shows("is no number of replicas: 0 to 10000");
    }
}

#[test]
fn what_others_would_do_to_it_is_said_before() {
    let found = |min, max| Autoscaler::Found {
        name: "cart-load".into(),
        min,
        max,
        desired: 2,
    };
    let mut s = on_cart(WRITE);
    s.press("s 9 enter");
    s.preview(2, found(2, 5));
    s.shows("autoscaler cart-load keeps 2 to 5, wants 2 now: it will turn this back");
    s.press("esc s 3 enter");
    s.preview(2, found(2, 5));
    s.shows("it may turn this back");
    s.press("esc s 0 enter");
    s.preview(2, found(2, 5));
    s.shows("it stays off");
    s.shows("0 stops it: nobody will answer its callers");
    s.press("esc s 3 enter");
    s.preview(
        4,
        Autoscaler::Unknown {
            why: "HorizontalPodAutoscalers may not be listed".into(),
        },
    );
    s.shows("is not known:");
    s.shows("it was 2 when you staged it, and is 4 now");
}

#[test]
fn writing_what_is_there_already_writes_nothing() {
    let mut s = on_cart(WRITE);
    s.press("s enter");
    s.preview(2, Autoscaler::None);
    s.press("enter").shows("cart has 2 already");
    assert_eq!(s.effects(), []);
}

#[test]
fn a_preview_that_fails_says_why_and_can_be_asked_again() {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    let id = match s.effects().as_slice() {
        [Effect::Preview { id, target, .. }] if *target == cart() => *id,
        other => panic!("{other:?}"),
    };
    s.send(Msg::Previewed {
        id,
        result: Err(Refusal::NotDone {
            why: "you may not get deployments/scale in shop".into(),
        }),
    });
    s.shows("not done: you may not get deployments/scale in shop");
    s.press("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Preview { .. }]));
    // The answer of a stage that is closed answers nothing.
    s.press("esc").press("ctrl-c");
    s.send(Msg::Previewed {
        id: id + 7,
        result: Err(Refusal::NotDone { why: "late".into() }),
    });
    s.hides("late");
}

#[test]
fn a_conflict_is_not_done_and_says_so() {
    let mut s = sent_up();
    s.answer(Err(Refusal::NotDone {
        why: "somebody else changed it since the preview: preview again".into(),
    }));
    s.shows("cart: not scaled: somebody else changed it since the preview");
    s.press("ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit], "nothing is under way");
}

#[test]
fn an_unknown_outcome_is_told_by_what_is_seen() {
    let mut s = sent_up();
    s.answer(Err(Refusal::Unknown {
        why: "the connection was cut".into(),
    }));
    s.shows("nobody knows yet whether it arrived: the connection was cut");
    s.press(": q enter")
        .shows("a write is still being verified");
    s.change(|c| c.scale("shop", "cart", 3));
    s.shows("cart: scaling to 3 arrived");
    s.change(|c| c.settle("shop", "cart"));
    s.shows("cart: scaled to 3, all ready");
}

#[test]
fn a_write_says_how_long_its_answer_is_waited_for() {
    let mut s = sent_up();
    s.shows("cart: scaling to 3 is sent: an answer is waited for, up to 30 s");
    assert_eq!(s.app.unheard().len(), 1);
    s.tick(20);
    s.shows("an answer is waited for, up to 30 s");
    s.answer(Ok(Some(2)));
    assert_eq!(s.app.unheard(), Vec::<String>::new(), "the server has it");
}

#[test]
fn what_nobody_answered_for_is_looked_at_and_never_sent_again() {
    let mut s = sent_up();
    s.answer(Err(Refusal::Unknown { why: "cut".into() }));
    assert_eq!(
        s.app.unheard(),
        [
            "scaling to 3 of Deployment shop/cart was on its way, and its outcome is unknown: \
             kubectl get deployment cart -n shop -o yaml tells"
        ]
    );
    s.looked(Ok(Found::Unchanged));
    s.shows("cart: scaling to 3 has not arrived so far: it is as it was");
    let mut looks = 0;
    for _ in 0..70 {
        s.tick(1);
        for effect in s.effects() {
            let Effect::Look { id, .. } = effect else {
                panic!("nothing else is to be done: {effect:?}");
            };
            looks += 1;
            let result = Ok(Found::Unchanged);
            s.send(Msg::Looked { id, result });
        }
    }
    assert_eq!(looks, 12);
    s.press("v e");
    let screen = s.screen();
    let said = |text: &str| screen.lines().filter(|l| l.contains(text)).count();
    assert_eq!(said("has not arrived so far"), 1, "{screen}");
    assert_eq!(said("did not arrive within"), 1, "{screen}");
    assert_eq!(said("not scaled"), 0, "{screen}");
}

/// A look that could not be had says nothing of the write, and is had as soon as the server is back.
#[test]
fn what_could_not_be_looked_for_is_looked_for_when_the_server_is_back() {
    let mut s = sent_up();
    s.answer(Err(Refusal::Unknown { why: "cut".into() }));
    let stale = |state| {
        vec![cluster::part(
            "kubernetes",
            "pods",
            Some("shop".into()),
            Some(state),
        )]
    };
    s.observe(stale(SourceState::Stale {
        since: cluster::start(),
        cause: "connection reset".into(),
    }));
    s.looked(Err("cannot reach the server (connection refused)"));
    s.shows("cannot be looked for, which is tried again every 5 s: cannot reach the server");
    s.tick(61);
    s.looked(Err("cannot reach the server (connection refused)"));
    s.effects();
    s.observe(stale(SourceState::Live));
    s.tick(1);
    s.looked(Ok(Found::Unchanged));
    s.press("v e")
        .shows("did not arrive within 65 s: it is as it was");
}

#[test]
fn what_cannot_arrive_any_more_is_not_done() {
    let mut s = sent_up();
    s.answer(Err(Refusal::Unknown { why: "cut".into() }));
    s.looked(Ok(Found::Missed));
    s.shows("cart: not scaled: it did not arrive and cannot any more");
    s.press("ctrl-c");
    assert!(s.effects().contains(&Effect::Quit), "nothing is under way");
}

#[test]
fn what_nobody_will_ever_know_is_neither_done_nor_not() {
    let mut s = sent_up();
    s.answer(Err(Refusal::Unknown { why: "cut".into() }));
    s.looked(Ok(Found::Overtaken {
        by: "turned to 7".into(),
    }));
    s.shows("cart: scaling to 3 was sent, and nobody will know whether it arrived: turned to 7");
    s.change(|c| c.scale("shop", "cart", 3));
    s.hides("scaled to 3");
}

#[test]
fn a_number_that_somebody_else_turned_is_told() {
    let mut s = sent_up();
    s.answer(Ok(Some(2)));
    s.change(|c| c.scale("shop", "cart", 3));
    s.change(|c| c.scale("shop", "cart", 5));
    s.shows("scaled to 3, and turned to 5 by somebody else");
}

#[test]
fn a_number_that_was_reached_and_then_turned_back_is_told() {
    let mut s = sent_up();
    s.answer(Ok(Some(2)));
    s.change(|c| c.scale("shop", "cart", 3));
    s.change(|c| c.settle("shop", "cart"));
    s.shows("scaled to 3, all ready");
    s.change(|c| c.scale("shop", "cart", 2));
    s.shows("scaled to 3, and turned to 2 by somebody else");
}

#[test]
fn a_preview_that_is_outdated_says_so() {
    let mut s = on_cart(WRITE);
    s.press("+ enter");
    s.preview(2, Autoscaler::None);
    s.hides("this will be refused");
    s.change(|c| c.scale("shop", "cart", 7));
    s.shows("it was set to 7 since: this will be refused");
}

#[test]
fn quitting_while_a_write_is_verified_asks_once() {
    let mut s = sent_up();
    s.press("ctrl-c").shows("a write is still being verified");
    assert!(!s.effects().contains(&Effect::Quit));
    // Something else in between asks again.
    s.press("j ctrl-c");
    assert!(!s.effects().contains(&Effect::Quit));
    s.press("ctrl-c");
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn quitting_by_command_while_a_write_is_verified_asks_once() {
    let mut s = sent_up();
    s.command("q").shows("a write is still being verified");
    assert!(!s.effects().contains(&Effect::Quit));
    s.command("q");
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn the_answer_of_a_write_is_told_also_when_another_is_staged() {
    let mut s = sent_up();
    let id = match s.effects().as_slice() {
        [Effect::Send { id, .. }] => *id,
        other => panic!("{other:?}"),
    };
    s.command("tree checkout")
        .press("+")
        .shows("┌ scale checkout");
    s.send(Msg::Sent {
        id,
        result: Ok(Some(2)),
    });
    s.shows("┌ scale checkout")
        .shows("scaling from 2 to 3 accepted");
}

#[test]
fn kinds_that_have_no_number_say_why() {
    let mut s = Session::of_shop(WRITE, 160, 45);
    for (name, why) in [
        (
            "log-agent",
            "a DaemonSet runs one pod on each node that fits",
        ),
        ("report", "a CronJob makes Jobs by its schedule"),
    ] {
        s.command(&format!("tree {name}")).press("+");
        s.hides("┌ scale")
            .shows(&format!("{name} cannot be scaled: {why}"));
    }
    s.press("g +")
        .shows("only component types have a number of replicas");
    s.command("tree orders-db")
        .press("+")
        .shows("┌ scale orders-db");
    s.press("esc").command("tree cart").press("right right +");
    s.shows("┌ scale cart");
}

/// While lists are on their way, pods stand below whatever they name as their owner, which may be somebody
/// else's in turn.
#[test]
fn what_is_only_named_by_its_pods_has_no_number() {
    let mut s = Session::of_shop(WRITE, 160, 45);
    s.change(|cluster| {
        let stray = OwnerRef {
            kind: "ReplicaSet".into(),
            name: "stray-5d8f".into(),
            uid: "uid-of-nobody".into(),
        };
        cluster.pod("shop", "stray-5d8f-0", "stray", &stray);
    });
    s.command("tree stray-5d8f");
    for key in ["s", "+"] {
        s.press(key).hides("┌ scale").shows(
            "stray-5d8f cannot be scaled: it is known by its pods only, and may belong to another type",
        );
    }
}

#[test]
fn read_only_has_no_trace_of_writing() {
    let mut s = Session::of_shop(Mode::ReadOnly, 160, 60);
    s.press("j").shows("READ-ONLY");
    let foot = s.foot();
    assert!(!foot.contains("scale"), "{foot}");
    s.command("tree cart").press("s +").hides("┌ scale");
    s.press("r").hides("┌ restart");
    s.press("right down ctrl-d").hides("┌ delete");
    for name in ["scale", "restart", "rollback", "delete", "undo"] {
        s.command(name);
        s.shows(&format!("there is no command {name}"));
    }
    s.press(":").type_text("sc").hides("scale").press("esc");
    s.press("?")
        .hides("stage")
        .hides("scale")
        .hides("rollback")
        .press("pgdn")
        .hides("stage")
        .hides("rollback");
    s.press("esc").command("write");
    s.shows("started with --read-only: writing is not possible");
    s.shows("READ-ONLY").hides("WRITE ");
    assert_eq!(s.effects(), []);
}

#[test]
fn an_undo_begins_at_what_somebody_else_has_made_of_it() {
    let mut s = sent_up();
    s.answer(Ok(Some(2)));
    s.change(|c| c.scale("shop", "cart", 5));
    s.press("u").shows("now 5 → then 2").press("enter");
    s.preview(5, Autoscaler::None);
    s.hides("when you staged it");
}

#[test]
fn undo_without_a_write_says_so() {
    let mut s = on_cart(WRITE);
    s.press("u").shows("nothing was written in this session");
}

#[test]
fn a_stage_stays_on_its_type_when_rows_move() {
    let mut s = on_cart(WRITE);
    s.press("+");
    s.change(|c| c.crash("shop", "cart"));
    s.change(|c| c.remove_namespace("shop"));
    s.shows("┌ scale cart").press("enter");
    s.preview(2, Autoscaler::None);
    s.press("enter");
    assert!(matches!(s.effects().as_slice(), [Effect::Send { target, .. }] if *target == cart()));
}
