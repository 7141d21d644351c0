//! Each fault at each point of each write: what it is taken for, what the server has, and how often it was
//! asked.

use std::time::Duration;

use portolan::effectors::{self, EffectError};
use portolan::model::intent::{Autoscaler, Operation, Order, Preview, Stage};

use crate::proxy::http::Fault;
use crate::proxy::wire::{Wire, WireProxy};
use crate::real::session;
use crate::trial::{Trial, writes};

const OPERATIONS: [&str; 4] = ["scale", "restart", "rollback", "delete"];

/// How it is taken when it is answered, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    NotDone,
    Unknown,
}

fn taken(stage: &Stage) -> Taken {
    match stage {
        Stage::Failed { .. } => Taken::NotDone,
        Stage::OutcomeUnknown { .. } => Taken::Unknown,
        other => panic!("it was no fault: {other:?}"),
    }
}

/// One write with one fault; what it ends with has to agree with the server.
async fn at_the_write(operation: &str, fault: Fault, expected: Taken, is_sent: bool) {
    let mut trial = Trial::new().await;
    let what = format!("{operation} with {fault:?}");
    let operation = trial.operation(operation).await;
    let order = trial.order(&operation).await;
    trial.fail_write(fault);
    let mut intent = trial.send(operation, order.clone()).await;
    assert_eq!(taken(&intent.stage), expected, "{what}: {:?}", intent.stage);
    assert_eq!(trial.is_done(&order).await, is_sent, "{what}");
    if expected == Taken::Unknown {
        let told = trial.look(&mut intent, 0).await;
        if is_sent {
            trial.settle(&mut intent).await;
            assert_eq!(intent.stage, Stage::Converged, "{what}");
        } else {
            // Its status may move on, and then it cannot arrive any more; otherwise it still may.
            match &intent.stage {
                Stage::OutcomeUnknown { .. } => {
                    let told = told.expect("it is told");
                    assert!(told.starts_with("has not arrived so far"), "{what}: {told}");
                }
                Stage::Failed { why } => assert!(why.starts_with("it did not arrive"), "{why}"),
                other => panic!("{what}: {other:?}"),
            }
            assert!(!trial.is_done(&order).await, "{what}");
        }
    }
    assert_eq!(trial.writes(), 1, "{what}: {:?}", trial.proxy.seen());
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_write_that_is_cut_before_it_arrives_is_unknown_and_was_not_done() {
    for operation in OPERATIONS {
        at_the_write(operation, Fault::CutBefore, Taken::Unknown, false).await;
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_answer_that_is_lost_is_found_in_the_object() {
    for operation in OPERATIONS {
        at_the_write(operation, Fault::CutAfter, Taken::Unknown, true).await;
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn an_answer_that_is_cut_in_its_middle_is_found_in_the_object() {
    for operation in OPERATIONS {
        for bytes in [0, 20] {
            at_the_write(operation, Fault::CutWithin(bytes), Taken::Unknown, true).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn silence_ends_and_is_unknown_whether_it_was_done_or_not() {
    let before = at_the_write("scale", Fault::SilentBefore, Taken::Unknown, false);
    let after = at_the_write("scale", Fault::SilentAfter, Taken::Unknown, true);
    let restart = at_the_write("restart", Fault::SilentAfter, Taken::Unknown, true);
    let delete = at_the_write("delete", Fault::SilentAfter, Taken::Unknown, true);
    tokio::join!(before, after, restart, delete);
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_the_server_refuses_was_not_done_and_what_it_gives_up_is_unknown() {
    for (code, reason, expected) in [
        (401, "Unauthorized", Taken::NotDone),
        (403, "Forbidden", Taken::NotDone),
        (404, "NotFound", Taken::NotDone),
        (409, "Conflict", Taken::NotDone),
        (422, "Invalid", Taken::NotDone),
        (429, "TooManyRequests", Taken::NotDone),
        (500, "InternalError", Taken::Unknown),
        (503, "ServiceUnavailable", Taken::Unknown),
        (504, "Timeout", Taken::Unknown),
    ] {
        let refusal = Fault::status(code, reason, "said by the test");
        at_the_write("scale", refusal, expected, false).await;
    }
}

/// An answer that a server or something on the way gives up with, although it was done.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_gateway_that_gives_up_may_be_wrong() {
    let page = Fault::Answer {
        status: 502,
        headers: vec![("content-type", "text/html".to_owned())],
        body: "<html>Bad Gateway</html>".to_owned(),
    };
    for operation in OPERATIONS {
        at_the_write(operation, page.clone(), Taken::Unknown, false).await;
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_preview_that_is_cut_or_kept_waiting_writes_nothing_and_says_so() {
    let trial = Trial::new().await;
    let scale = trial.operation("scale").await;
    let is_scale = |r: &http::Request<()>| r.uri().path().ends_with("/scale");
    for (fault, says) in [
        (Fault::CutBefore, "the server cannot say"),
        (Fault::CutAfter, "the server cannot say"),
        (Fault::CutWithin(10), "the server cannot say"),
        (Fault::SilentBefore, "nothing within 15 s"),
        (Fault::status(429, "TooManyRequests", "x"), "is busy (429)"),
        (
            Fault::status(500, "InternalError", "x"),
            "the server answered 500",
        ),
    ] {
        trial.proxy.heal();
        trial.proxy.fail(1, fault.clone(), is_scale);
        let failed = effectors::preview(&trial.client, &trial.web, &scale).await;
        let line = failed.expect_err("it fails").to_string();
        assert!(line.contains(says), "{fault:?}: {line}");
        assert!(line.contains("nothing was"), "{fault:?}: {line}");
    }
    // What stands beside the number may be missing; that is said, and is not taken for "none".
    for fault in [
        Fault::CutBefore,
        Fault::status(500, "InternalError", "x"),
        Fault::status(403, "Forbidden", "x"),
    ] {
        trial.proxy.heal();
        trial.proxy.fail(1, fault, |r| {
            r.uri().path().ends_with("/horizontalpodautoscalers")
        });
        // The object itself, which tells its generation.
        trial.proxy.fail(1, Fault::CutBefore, |r| {
            r.uri().path().ends_with("/deployments/web")
        });
        let preview = effectors::preview(&trial.client, &trial.web, &scale).await;
        let Ok(Preview::Scale(preview)) = preview else {
            panic!("{preview:?}");
        };
        assert!(matches!(preview.autoscaler, Autoscaler::Unknown { .. }));
        assert_eq!((preview.replicas_now, preview.generation), (2, None));
    }
    assert_eq!(trial.writes(), 0);
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn without_its_generation_a_write_is_followed_all_the_same() {
    let mut trial = Trial::new().await;
    let scale = trial.operation("scale").await;
    // Neither before nor after: a person may have no right to read the object.
    trial
        .proxy
        .fail(9, Fault::status(403, "Forbidden", "x"), |r| {
            r.uri().path().ends_with("/deployments/web")
        });
    let order = trial.order(&scale).await;
    let mut intent = trial.send(scale, order).await;
    assert_eq!(intent.stage, Stage::Accepted { generation: None });
    trial.settle(&mut intent).await;
    assert_eq!(intent.stage, Stage::Converged);
    assert_eq!(trial.writes(), 1);
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_somebody_changed_in_between_is_not_overwritten() {
    for operation in ["scale", "restart", "rollback"] {
        let trial = Trial::new().await;
        let operation = trial.operation(operation).await;
        let order = trial.order(&operation).await;
        let other = ["scale", "deployment/web", "--replicas=4"];
        trial.ground.kubectl(&other).await;
        let sent = effectors::send(&trial.client, &trial.web, &order).await;
        assert!(
            matches!(sent, Err(EffectError::Conflict { .. })),
            "{sent:?}"
        );
        assert!(!trial.is_done(&order).await);
        assert_eq!(trial.writes(), 1, "it is for a person to repeat it");
        // A third one may have wanted the same; then there is nothing left to do.
        if matches!(operation, Operation::Scale { .. }) {
            let same = ["scale", "deployment/web", "--replicas=3"];
            trial.ground.kubectl(&same).await;
            let Order::Scale { preview, wanted } = trial.order(&operation).await else {
                panic!("of something else");
            };
            assert_eq!(preview.replicas_now, wanted);
        }
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_was_deleted_meanwhile_and_made_anew_is_not_touched() {
    for name in OPERATIONS {
        let trial = Trial::new().await;
        let operation = trial.operation(name).await;
        let order = trial.order(&operation).await;
        let deletion = ["delete", "deployment/web", "--cascade=foreground", "--wait"];
        trial.ground.kubectl(&deletion).await;
        let gone = effectors::send(&trial.client, &trial.web, &order).await;
        assert!(
            matches!(gone, Err(EffectError::NotFound { .. })),
            "{name}: {gone:?}"
        );
        trial.ground.deploy("web", 2).await;
        let other = effectors::send(&trial.client, &trial.web, &order).await;
        let is_refused = matches!(
            other,
            Err(EffectError::Conflict { .. } | EffectError::NotFound { .. })
        );
        assert!(is_refused, "{name}: {other:?}");
        if name != "delete" {
            assert!(!trial.is_done(&order).await || name == "rollback", "{name}");
        }
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_second_person_right_after_is_told_whether_the_answer_came_or_not() {
    for is_answered in [true, false] {
        let mut trial = Trial::new().await;
        let scale = trial.operation("scale").await;
        let order = trial.order(&scale).await;
        if !is_answered {
            trial.fail_write(Fault::CutAfter);
        }
        let mut intent = trial.send(scale, order).await;
        let other = ["scale", "deployment/web", "--replicas=5"];
        trial.ground.kubectl(&other).await;
        trial.look(&mut intent, 0).await;
        trial.settle(&mut intent).await;
        let by = "turned to 5".into();
        let expected = if is_answered {
            Stage::Superseded { by }
        } else {
            Stage::Overtaken { by }
        };
        assert_eq!(intent.stage, expected);
        assert_eq!(trial.writes(), 1);
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_write_that_somebody_else_was_faster_than_did_not_arrive() {
    for name in ["scale", "restart"] {
        let trial = Trial::new().await;
        let operation = trial.operation(name).await;
        let order = trial.order(&operation).await;
        trial.fail_write(Fault::CutBefore);
        let mut intent = trial.send(operation, order).await;
        assert_eq!(taken(&intent.stage), Taken::Unknown);
        // Of the same images, so that only the object itself can tell the two restarts apart.
        let other = ["set", "env", "deployment/web", "MODE=other"];
        trial.ground.kubectl(&other).await;
        trial.look(&mut intent, 0).await;
        let Stage::Failed { why } = &intent.stage else {
            panic!("{name}: {:?}", intent.stage);
        };
        assert!(
            why.starts_with("it did not arrive and cannot any more"),
            "{why}"
        );
        assert_eq!(trial.writes(), 1);
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_look_that_fails_leaves_it_unknown_and_is_repeated() {
    let mut trial = Trial::new().await;
    let scale = trial.operation("scale").await;
    let order = trial.order(&scale).await;
    trial.fail_write(Fault::CutAfter);
    // The server is away for a while: it is asked and does not answer.
    let reads = |r: &http::Request<()>| !writes(r);
    let mut intent = trial.send(scale, order).await;
    trial.proxy.fail(30, Fault::CutBefore, reads);
    let told = trial.look(&mut intent, 0).await.expect("it is told");
    assert!(told.starts_with("cannot be looked for"), "{told}");
    assert_eq!(taken(&intent.stage), Taken::Unknown);
    trial.proxy.heal();
    assert_eq!(trial.look(&mut intent, 5).await, None);
    trial.settle(&mut intent).await;
    assert_eq!(intent.stage, Stage::Converged);
    assert_eq!(trial.writes(), 1);
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_late_answer_is_an_answer() {
    let mut trial = Trial::new().await;
    let scale = trial.operation("scale").await;
    let order = trial.order(&scale).await;
    trial.fail_write(Fault::Late(Duration::from_secs(3)));
    let mut intent = trial.send(scale, order).await;
    assert!(matches!(
        intent.stage,
        Stage::Accepted {
            generation: Some(_)
        }
    ));
    trial.settle(&mut intent).await;
    assert_eq!(intent.stage, Stage::Converged);
    assert_eq!(trial.writes(), 1);
}

/// A write that hangs on the way is given up here, and arrives there when the way is free again.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_arrives_long_after_it_was_given_up_is_found_all_the_same() {
    let mut trial = Trial::new().await;
    let server = session().server().to_string();
    let address = server.trim_start_matches("https://").parse();
    let wire = WireProxy::start(address.expect("an address")).await;
    let through = format!("https://{}", wire.address);
    let through = trial.ground.through(&through).await;
    trial.client = through.client().await.expect("a client");
    let scale = trial.operation("scale").await;
    let order = trial.order(&scale).await;
    wire.set(Wire::Frozen);
    let mut intent = trial.send(scale, order.clone()).await;
    assert_eq!(taken(&intent.stage), Taken::Unknown, "{:?}", intent.stage);
    assert!(!trial.is_done(&order).await);
    wire.set(Wire::Whole);
    // It may be on its way still; nobody sends it again.
    let mut now = 0;
    while matches!(intent.stage, Stage::OutcomeUnknown { .. }) && now < 50 {
        let told = trial.look(&mut intent, now).await;
        if let Some(told) = told {
            assert!(told.contains("has not arrived so far"), "{told}");
        }
        now += 5;
    }
    if trial.is_done(&order).await {
        trial.look(&mut intent, now).await;
        trial.settle(&mut intent).await;
        assert_eq!(intent.stage, Stage::Converged);
    } else {
        assert_eq!(taken(&intent.stage), Taken::Unknown);
    }
}

/// The server is away for a moment (its connections are cut, and it is back): nothing has to be begun anew.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_that_was_away_between_preview_and_write_is_written_to_once() {
    let mut trial = Trial::new().await;
    let server = session().server().to_string();
    let address = server.trim_start_matches("https://").parse();
    let wire = WireProxy::start(address.expect("an address")).await;
    let through = format!("https://{}", wire.address);
    let through = trial.ground.through(&through).await;
    trial.client = through.client().await.expect("a client");
    let scale = trial.operation("scale").await;
    let order = trial.order(&scale).await;
    // Away: a connection is made and ends at once.
    wire.set(Wire::Cut);
    let intent = trial.send(scale.clone(), order.clone()).await;
    match &intent.stage {
        Stage::Failed { why } => assert!(why.contains("nothing was sent"), "{why}"),
        Stage::OutcomeUnknown { why } => assert!(why.contains("no answer came"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(!trial.is_done(&order).await);
    wire.set(Wire::Whole);
    let order = trial.order(&scale).await;
    let mut intent = trial.send(scale, order).await;
    trial.settle(&mut intent).await;
    assert_eq!(intent.stage, Stage::Converged);
}
