//! Intents and what is observed of their targets.

use super::super::{
    Autoscaler, DeletePreview, Found, RestartPreview, RollbackPreview, ScalePreview,
};
use super::super::{Difference, Revision, Strategy};
use super::*;
use crate::model::element::{ComponentState, Health, Scalability};
use crate::model::key::TypeKey;

const PATIENCE: u64 = 630_000;

fn cart() -> TypeKey {
    TypeKey::new("shop", "Deployment", "cart")
}

fn ty(desired: u32, generations: (i64, i64), ready: u32, components: u32) -> ComponentType {
    ComponentType {
        key: cart(),
        declared: true,
        state: ComponentState::Started,
        health: Health::Ok,
        reason: None,
        desired: Some(desired),
        ready,
        components,
        current: Some(components),
        updated: Some(desired),
        restarts: 0,
        revision: None,
        generation: Some(generations.0),
        observed_generation: Some(generations.1),
        created: None,
        images: vec!["cart:1".into()],
        labels: crate::model::observation::Labels::new(),
        schedule: None,
        scalability: Scalability::Scalable,
        autoscalers: Vec::new(),
        parameters: std::sync::Arc::default(),
        ratings: crate::model::rating::Ratings::default(),
        complaint: None,
    }
}

fn saw(ty: &ComponentType) -> Sight<'_> {
    Sight {
        component_type: Some(ty),
        gone: false,
        stale: false,
    }
}

/// An intent of which the order was sent.
fn sent(order: Order, stage: Stage) -> Intent {
    let operation = match &order {
        Order::Scale { wanted, preview } => Operation::Scale {
            before: preview.replicas_now,
            wanted: *wanted,
        },
        Order::Restart { .. } => Operation::Restart,
        Order::Rollback { .. } => Operation::Rollback { to: None },
        Order::Delete { preview } => Operation::Delete {
            pod: preview.pod.clone(),
            uid: preview.uid.clone(),
        },
    };
    Intent {
        order: Some(order),
        stage,
        ..Intent::new(1, cart(), operation)
    }
}

fn scaling(to: u32, stage: Stage) -> Intent {
    let preview = ScalePreview {
        replicas_now: 2,
        replicas_existing: 2,
        identity: Identity::default(),
        resource_version: "41".into(),
        generation: Some(6),
        autoscaler: Autoscaler::None,
    };
    sent(
        Order::Scale {
            wanted: to,
            preview,
        },
        stage,
    )
}

fn rollout() -> Rollout {
    Rollout {
        desired: 3,
        identity: Identity::default(),
        resource_version: "41".into(),
        generation: Some(6),
        strategy: Strategy::Rolling,
        kept: 0,
        deadline_s: Some(600),
    }
}

fn restarting(stage: Stage) -> Intent {
    let preview = RestartPreview {
        rollout: rollout(),
        images: vec!["cart:1".into()],
    };
    let at = jiff::Timestamp::UNIX_EPOCH;
    sent(Order::Restart { at, preview }, stage)
}

fn rolling_back(stage: Stage) -> Intent {
    let revision = |number: u64, image: &str| Revision {
        number,
        set: "cart-1".into(),
        uid: "u".into(),
        digest: number,
        images: vec![image.into()],
        created: None,
    };
    let preview = RollbackPreview {
        rollout: rollout(),
        from: revision(4, "cart:2"),
        to: revision(3, "cart:1"),
        difference: Difference::Images,
        kept: vec![3, 4],
    };
    let preview = Box::new(preview);
    sent(Order::Rollback { preview }, stage)
}

fn deleting(stage: Stage) -> Intent {
    let preview = DeletePreview {
        pod: "cart-1-x".into(),
        uid: "uid-x".into(),
        grace_s: 30,
        controller: None,
        terminating: false,
        finalizers: Vec::new(),
    };
    sent(Order::Delete { preview }, stage)
}

fn accepted(generation: Option<i64>) -> Stage {
    Stage::Accepted { generation }
}

fn unknown() -> Stage {
    Stage::OutcomeUnknown { why: "cut".into() }
}

fn superseded(by: &str) -> Stage {
    Stage::Superseded { by: by.into() }
}

#[test]
fn an_accepted_number_converges_when_all_is_as_wanted() {
    let mut intent = scaling(5, accepted(Some(7)));
    for older in [
        ty(2, (6, 6), 2, 2),
        ty(5, (7, 6), 2, 2),
        ty(5, (7, 7), 2, 5),
        ty(5, (7, 7), 5, 6),
    ] {
        assert!(!intent.verify(saw(&older), 0));
        assert_eq!(intent.stage, accepted(Some(7)));
    }
    assert!(intent.verify(saw(&ty(5, (7, 7), 5, 5)), 0));
    assert!(intent.is_over());
}

#[test]
fn another_number_after_the_change_supersedes_it() {
    for (generation, seen, is_superseded) in [
        (Some(7), ty(3, (8, 7), 2, 2), true),
        (Some(7), ty(2, (8, 8), 2, 2), true),
        (Some(7), ty(2, (6, 6), 2, 2), false),
        (None, ty(3, (8, 8), 2, 2), true),
        (None, ty(2, (6, 6), 2, 2), false),
    ] {
        let mut intent = scaling(5, accepted(generation));
        assert_eq!(intent.verify(saw(&seen), 0), is_superseded, "{seen:?}");
    }
    let mut done = scaling(5, Stage::Converged);
    assert!(!done.verify(saw(&ty(5, (9, 9), 1, 5)), 0));
    assert!(done.verify(saw(&ty(9, (8, 8), 9, 9)), 0));
    assert_eq!(done.stage, superseded("turned to 9"));
}

#[test]
fn without_a_generation_the_first_sight_of_the_number_gives_it() {
    let mut intent = scaling(5, accepted(None));
    assert!(intent.verify(saw(&ty(5, (7, 6), 2, 2)), 0));
    assert_eq!(intent.stage, accepted(Some(7)));
    assert!(intent.verify(saw(&ty(2, (8, 8), 2, 2)), 0));
    assert_eq!(intent.stage, superseded("turned to 2"));
}

#[test]
fn an_unknown_outcome_is_resolved_by_what_is_seen() {
    let mut intent = scaling(5, unknown());
    assert!(!intent.verify(saw(&ty(2, (6, 6), 2, 2)), 0));
    assert!(intent.verify(saw(&ty(5, (7, 6), 2, 2)), 0));
    assert_eq!(intent.stage, accepted(Some(7)));
    for mut intent in [restarting(unknown()), rolling_back(unknown())] {
        assert!(!intent.verify(saw(&ty(3, (6, 6), 3, 3)), 0));
        // Another number alone makes another generation too.
        assert!(!intent.verify(saw(&ty(4, (7, 7), 3, 3)), 0));
        // And so does another variable: only the object tells whether it was us.
        let later = ty(3, (7, 6), 3, 3);
        assert!(!intent.verify(saw(&later), 0));
        let generation = Some(7);
        intent.looked(Ok(Found::Arrived { generation }), saw(&later), 0);
        assert_eq!(intent.stage, accepted(Some(7)));
    }
    let gone = Sight {
        component_type: None,
        gone: true,
        stale: false,
    };
    let mut intent = deleting(unknown());
    assert!(intent.verify(gone, 0));
    assert_eq!(intent.stage, Stage::Converged);
}

#[test]
fn what_nobody_answered_for_is_looked_at_until_it_is_known() {
    let second = |s: u64| s * 1_000;
    let before = ty(2, (6, 6), 2, 2);
    let mut intent = scaling(5, Stage::Sending);
    assert!(!intent.looks(0), "an answer may come");
    intent.answered(unknown(), saw(&before), 0);
    assert!(intent.looks(0));
    assert!(!intent.looks(second(60)), "one at a time");
    let remark = intent.looked(Err("cut".into()), saw(&before), second(1));
    assert!(remark.is_some_and(|r| r.ends_with("every 5 s: cut")));
    assert!(!intent.looks(second(5)));
    assert!(intent.looks(second(6)));
    let so_far = intent.looked(Ok(Found::Unchanged), saw(&before), second(6));
    assert!(so_far.is_some_and(|r| r.starts_with("has not arrived so far")));
    assert!(intent.looks(second(11)));
    let again = intent.looked(Err("cut".into()), saw(&before), second(11));
    assert_eq!(again, None, "what is known is worth more");
    assert!(intent.looks(second(61)));
    let late = intent.looked(Ok(Found::Unchanged), saw(&before), second(61));
    assert!(late.is_some_and(|r| r.starts_with("did not arrive within 61 s")));
    assert!(!intent.looks(second(90)));
    assert!(intent.looks(second(91)), "it may still");
    let generation = Some(7);
    intent.looked(Ok(Found::Arrived { generation }), saw(&before), second(91));
    assert_eq!(intent.stage, accepted(generation));
    assert!(!intent.looks(second(200)));
    assert!(!intent.verify(saw(&before), second(92)));
    assert!(intent.verify(saw(&ty(5, (7, 7), 5, 5)), second(93)));
    assert_eq!(intent.stage, Stage::Converged);
}

#[test]
fn what_cannot_arrive_any_more_is_not_done_and_what_cannot_be_told_is_neither() {
    let before = ty(2, (6, 6), 2, 2);
    let looked = |found: Found| {
        let mut intent = scaling(5, unknown());
        assert_eq!(intent.looked(Ok(found), saw(&before), 0), None);
        assert!(intent.is_over());
        intent.stage
    };
    assert!(matches!(looked(Found::Missed), Stage::Failed { .. }));
    let by = "turned to 7";
    let overtaken = Stage::Overtaken { by: by.into() };
    assert_eq!(looked(Found::Overtaken { by: by.into() }), overtaken);
    // A look that comes late changes nothing.
    let mut intent = scaling(5, accepted(Some(7)));
    intent.looked(Ok(Found::Missed), saw(&before), 0);
    assert_eq!(intent.stage, accepted(Some(7)));
}

#[test]
fn another_object_of_the_name_is_not_the_one_that_was_changed() {
    let at = |second| jiff::Timestamp::from_second(second).ok();
    for (order, made, superseded) in [
        (scaling as fn(u32, Stage) -> Intent, 0, false),
        (scaling, 1, true),
    ] {
        let mut intent = order(5, accepted(Some(7)));
        if let Some(Order::Scale { preview, .. }) = &mut intent.order {
            preview.identity.created = at(0);
        }
        let mut other = ty(5, (1, 1), 5, 5);
        other.created = at(made);
        assert_eq!(intent.verify(saw(&other), 0), superseded);
    }
}

#[test]
fn what_is_old_does_not_stand_still() {
    let old = ty(5, (7, 7), 2, 5);
    let mut sight = saw(&old);
    sight.stale = true;
    let mut intent = scaling(5, Stage::Sending);
    intent.answered(accepted(Some(7)), sight, 0);
    assert!(!intent.verify(sight, PATIENCE));
    sight.stale = false;
    assert!(!intent.verify(sight, 2 * PATIENCE - 1));
    assert!(intent.verify(sight, 2 * PATIENCE));
}

#[test]
fn nothing_wanted_converges_when_nothing_is_left() {
    let mut intent = scaling(0, accepted(Some(7)));
    assert!(!intent.verify(saw(&ty(0, (7, 7), 0, 1)), 0));
    assert!(intent.verify(saw(&ty(0, (7, 7), 0, 0)), 0));
}

#[test]
fn other_types_and_stages_change_nothing() {
    let done = ty(5, (7, 7), 5, 5);
    let mut staged = scaling(5, Stage::Staged);
    assert!(!staged.verify(saw(&done), 0));
    let mut other = scaling(5, accepted(Some(7)));
    other.target = TypeKey::new("shop", "Deployment", "other");
    assert!(!other.verify(saw(&done), 0));
}

#[test]
fn a_rollout_is_done_when_none_of_the_old_ones_is_left() {
    let seen = |generations, updated, ready, current| ComponentType {
        updated: Some(updated),
        current: Some(current),
        ..ty(3, generations, ready, 3)
    };
    for order in [restarting, rolling_back] {
        let mut intent = order(accepted(Some(7)));
        for (what, early) in [
            ("the change was not seen yet", seen((6, 6), 3, 3, 3)),
            ("its controller has not looked", seen((7, 6), 3, 3, 3)),
            ("one is still old", seen((7, 7), 2, 3, 3)),
            ("an old one is left beside three new", seen((7, 7), 3, 3, 4)),
            ("one is not ready", seen((7, 7), 3, 2, 3)),
        ] {
            assert!(!intent.verify(saw(&early), 0), "{what}");
        }
        assert!(intent.verify(saw(&seen((7, 7), 3, 3, 3)), 0));
        assert_eq!(intent.stage, Stage::Converged);
    }
}

#[test]
fn another_number_does_not_supersede_a_rollout_and_another_image_does() {
    let mut more = ty(5, (8, 8), 4, 5);
    let mut intent = restarting(accepted(Some(7)));
    assert!(!intent.verify(saw(&more), 0));
    more.images = vec!["cart:9".into()];
    assert!(intent.verify(saw(&more), 0));
    assert_eq!(intent.stage, superseded("turned to cart:9"));
    // Before the change is seen, the images are those of before.
    let mut before = ty(3, (6, 6), 3, 3);
    before.images = vec!["cart:2".into()];
    let mut intent = rolling_back(accepted(Some(7)));
    assert!(!intent.verify(saw(&before), 0));
    let mut done = rolling_back(Stage::Converged);
    assert!(done.verify(saw(&before), 0), "turned back afterwards");
    assert_eq!(done.stage, superseded("turned to cart:2"));
}

#[test]
fn what_a_partition_keeps_is_not_waited_for() {
    let mut intent = restarting(accepted(Some(7)));
    if let Some(Order::Restart { preview, .. }) = &mut intent.order {
        preview.rollout.kept = 2;
    }
    let mut seen = ty(3, (7, 7), 3, 3);
    seen.updated = Some(0);
    assert!(!intent.verify(saw(&seen), 0));
    seen.updated = Some(1);
    assert!(intent.verify(saw(&seen), 0));
}

#[test]
fn what_the_controller_complains_of_is_told_and_not_final() {
    let late = Reason::with("ProgressDeadlineExceeded", "cart-2 has timed out");
    let mut seen = ty(3, (7, 7), 2, 4);
    seen.updated = Some(1);
    seen.complaint = Some(late);
    let mut intent = restarting(Stage::Sending);
    // What was wrong before is no news, and may stand there for a while after.
    intent.answered(accepted(Some(7)), saw(&seen), 0);
    assert!(!intent.verify(saw(&seen), 1));
    seen.complaint = None;
    assert!(!intent.verify(saw(&seen), 2));
    seen.complaint = Some(Reason::with("ProgressDeadlineExceeded", "cart-3"));
    assert!(intent.verify(saw(&seen), 3));
    let Stage::Stalled { why, .. } = &intent.stage else {
        panic!("{:?}", intent.stage);
    };
    assert_eq!(
        &**why,
        "1 of 3 updated, 2 ready; ProgressDeadlineExceeded: cart-3"
    );
    assert!(!intent.stage.is_under_way());
    assert!(!intent.verify(saw(&seen), PATIENCE), "told once");
    assert!(intent.verify(saw(&ty(3, (7, 7), 3, 3)), PATIENCE));
    assert_eq!(intent.stage, Stage::Converged);
}

#[test]
fn what_does_not_move_is_told_after_a_while() {
    let mut seen = ty(3, (7, 7), 2, 3);
    seen.updated = Some(1);
    let mut intent = restarting(Stage::Sending);
    intent.answered(accepted(Some(7)), saw(&seen), 1_000);
    assert!(!intent.verify(saw(&seen), 2_000));
    seen.updated = Some(2);
    let moved = 500_000;
    assert!(!intent.verify(saw(&seen), moved));
    assert!(!intent.verify(saw(&seen), moved + PATIENCE - 1));
    assert!(intent.verify(saw(&seen), moved + PATIENCE));
    let Stage::Stalled { why, .. } = &intent.stage else {
        panic!("{:?}", intent.stage);
    };
    assert_eq!(
        &**why,
        "2 of 3 updated, 2 ready; nothing has moved for 630 s"
    );
    let unseen = Sight {
        component_type: None,
        gone: false,
        stale: false,
    };
    let mut intent = deleting(Stage::Sending);
    intent.answered(accepted(None), unseen, 0);
    assert!(!intent.verify(unseen, 59_999));
    assert!(intent.verify(unseen, 60_000));
}

#[test]
fn what_is_deleted_is_gone_or_was_deleted_by_somebody_else() {
    let gone = Sight {
        component_type: None,
        gone: true,
        stale: false,
    };
    let mut deletion = deleting(accepted(None));
    assert!(!deletion.verify(saw(&ty(3, (7, 7), 3, 4)), 0));
    assert!(deletion.verify(gone, 0));
    assert_eq!(deletion.stage, Stage::Converged);
    for mut intent in [scaling(5, accepted(Some(7))), restarting(accepted(Some(7)))] {
        assert!(intent.verify(gone, 0));
        assert_eq!(intent.stage, superseded("deleted"));
    }
}
