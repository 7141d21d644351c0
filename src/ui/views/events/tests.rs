//! The Events view in pictures.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::Model;
use crate::model::apply::Applied;
use crate::model::log::{Log, Severity};
use crate::model::observation::{
    Fact, Happening, Kind, Meta, NamespaceChoice, Observation, Scope, WorkloadFact,
};
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

const START: &str = "2025-07-29T13:58:00Z";

fn time(seconds: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    start + jiff::SignedDuration::from_secs(seconds)
}

/// Everything that a view is drawn from.
struct Bed {
    model: Model,
    log: Log,
    choice: NamespaceChoice,
    filter: Filter,
    only_broken: bool,
    theme: Theme,
    zone: TimeZone,
    now: Timestamp,
}

impl Bed {
    fn new() -> Self {
        Self {
            model: Model::new("prod-eu", Vec::new()),
            log: Log::new(1000, time(0)),
            choice: NamespaceChoice::one("shop"),
            filter: Filter::default(),
            only_broken: false,
            theme: Theme::new(false, false),
            zone: TimeZone::UTC,
            now: time(400),
        }
    }

    fn ctx(&self) -> Ctx<'_> {
        Ctx {
            model: &self.model,
            log: &self.log,
            choice: &self.choice,
            filter: &self.filter,
            only_broken: self.only_broken,
            now: self.now,
            zone: &self.zone,
            theme: &self.theme,
            stage: None,
        }
    }

    fn apply(&mut self, at: i64, batch: Vec<Observation>) {
        let applied: Applied = self.model.apply(batch, time(at));
        self.log.absorb(&applied, &self.model);
    }

    fn event(
        &mut self,
        at: i64,
        uid: &str,
        count: u32,
        object: (&str, &str, &str),
        text: (&str, &str),
    ) {
        let (namespace, kind, name) = object;
        let happening = Happening {
            uid: uid.into(),
            count,
            warning: matches!(
                text.0,
                "BackOff" | "FailedScheduling" | "Unhealthy" | "NodeNotReady"
            ),
            reason: text.0.into(),
            message: text.1.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
            object_uid: name.into(),
            at: time(at),
        };
        self.apply(at, vec![Observation::Happening(happening)]);
    }

    fn status(&mut self, part: &str, namespace: Option<&str>, state: SourceState) {
        let status = SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: part.into(),
                namespace: namespace.map(Into::into),
            },
            state: Some(state),
            at: time(0),
            address: None,
            interval_ms: None,
            skew_ms: None,
        };
        self.apply(0, vec![Observation::Status(status)]);
    }

    /// A Deployment as one list after another tells of it.
    fn list(&mut self, at: i64, epoch: u64, name: &str, replicas: u32, image: &str) {
        let scope = Scope {
            source: "kubernetes".into(),
            kind: Kind::Deployment,
            namespace: Some("shop".into()),
        };
        let fact = deployment(name, replicas, image, epoch);
        self.apply(
            at,
            vec![
                Observation::Begin {
                    scope: scope.clone(),
                    epoch,
                },
                Observation::Seen {
                    scope: scope.clone(),
                    fact: fact.into(),
                },
                Observation::End { scope, epoch },
            ],
        );
    }

    /// Four old lines, and what the first minutes bring.
    fn busy() -> Self {
        let mut bed = Self::new();
        let pod = ("shop", "Pod", "payment-5d8f7c9b6d-9kqxz");
        bed.list(0, 1, "payment", 3, "registry/payment:1.8.1");
        bed.event(
            -3_700,
            "e1",
            1,
            ("shop", "Pod", "cart-6c4d5f8b9-hhv7m"),
            (
                "Pulled",
                "Successfully pulled image \"registry/cart:2.0.0\" in 1.2s",
            ),
        );
        bed.event(
            -320,
            "e2",
            1,
            ("shop", "Deployment", "payment"),
            (
                "ScalingReplicaSet",
                "Scaled up replica set payment-5d8f7c9b6d to 3",
            ),
        );
        bed.event(-100, "e3", 11, pod, ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
        bed.list(40, 2, "payment", 3, "registry/payment:1.8.2");
        bed.event(
            65,
            "e4",
            2,
            ("", "Node", "node-3"),
            ("NodeNotReady", "Node node-3 status is now: NodeNotReady"),
        );
        let scale = deployment("payment", 4, "registry/payment:1.8.2", 9);
        let scope = Scope {
            source: "kubernetes".into(),
            kind: Kind::Deployment,
            namespace: Some("shop".into()),
        };
        bed.apply(
            110,
            vec![Observation::Seen {
                scope,
                fact: scale.into(),
            }],
        );
        bed.event(118, "e5", 1, ("shop", "Pod", "payment-5d8f7c9b6d-x2x2x"), ("FailedScheduling", "0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 3 node(s) didn't match Pod's node affinity/selector, 3 Insufficient memory. preemption: 0/7 nodes are available: 4 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."));
        bed.event(
            120,
            "e6",
            1,
            ("infra", "Deployment", "ingress"),
            ("ScalingReplicaSet", "Scaled up replica set ingress-1 to 2"),
        );
        bed.log.note(
            time(200),
            Severity::Info,
            None,
            "writing is unlocked for 15 min",
        );
        bed.event(311, "e3", 14, pod, ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
        bed
    }
}

fn deployment(name: &str, replicas: u32, image: &str, version: u64) -> Fact {
    Fact::Workload(Box::new(WorkloadFact {
        kind: Kind::Deployment,
        meta: Meta {
            namespace: "shop".into(),
            name: name.into(),
            uid: name.into(),
            version,
            ..Meta::default()
        },
        generation: Some(1),
        observed_generation: Some(1),
        desired: Some(replicas),
        current: 3,
        ready: 3,
        updated: Some(3),
        failed: 0,
        suspended: false,
        schedule: None,
        images: vec![image.into()],
        troubles: Vec::new(),
        complete: false,
        mentions: Vec::new(),
        parameters: std::sync::Arc::default(),
    }))
}

/// The title in the first line, the rows below, without the blanks at their ends.
fn picture(view: &mut EventsView, bed: &Bed, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let ctx = bed.ctx();
    let title = view.title(&ctx);
    view.draw(area, &mut buf, &ctx, true);
    let mut text = format!("[{title}]");
    for y in 0..height {
        let row: String = (0..width).map(|x| buf[(x, y)].symbol()).collect();
        text.push_str(&format!("\n|{}", row.trim_end()));
    }
    text
}

#[test]
fn wide() {
    assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 158, 16), @r#"
    [shop · following · 8 lines · 3 folded]
    | 12:56:20  i  k8s    cart-6c4d5f8b9-hhv7m      Pulled: Successfully pulled image "registry/cart:2.0.0" in 1.2s
    | 13:52:40  i  k8s    payment                   ScalingReplicaSet: Scaled up replica set payment-5d8f7c9b6d to 3
    |── above: before the start ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    | 13:58:40  ~  model  payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
    | 13:59:05  !  k8s    node-3                    NodeNotReady: Node node-3 status is now: NodeNotReady                                                        ×2
    | 13:59:50  i  model  payment                   scaled from 3 to 4
    | 13:59:58  !  k8s    payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: },…
    | 14:01:20  i  self   portolan                  writing is unlocked for 15 min
    |>14:03:11  !  k8s    payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)            ×14
    |
    |
    |
    |
    |
    |
    |
    "#);
}

#[test]
fn all_namespaces() {
    let mut bed = Bed::busy();
    bed.choice = NamespaceChoice::All;
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 158, 30), @r#"
    [all namespaces · following · 9 lines · 3 folded]
    | 12:56:20  i  k8s    shop/cart-6c4d5f8b9-hhv7m      Pulled: Successfully pulled image "registry/cart:2.0.0" in 1.2s
    | 13:52:40  i  k8s    shop/payment                   ScalingReplicaSet: Scaled up replica set payment-5d8f7c9b6d to 3
    |── above: before the start ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    | 13:58:40  ~  model  shop/payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
    | 13:59:05  !  k8s    node-3                         NodeNotReady: Node node-3 status is now: NodeNotReady                                                   ×2
    | 13:59:50  i  model  shop/payment                   scaled from 3 to 4
    | 13:59:58  !  k8s    shop/payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachabl…
    | 14:00:00  i  k8s    infra/ingress                  ScalingReplicaSet: Scaled up replica set ingress-1 to 2
    | 14:01:20  i  self   portolan                       writing is unlocked for 15 min
    |>14:03:11  !  k8s    shop/payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)       ×14
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    |
    "#);
}

#[test]
fn narrow() {
    assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 80, 14), @r#"
    [shop · following · 8 lines · 3 folded]
    | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
    | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
    |── above: before the start ─────────────────────────────────────────────────────
    | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
    | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
    | 13:59:50 i model payment                  scaled from 3 to 4
    | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
    | 14:01:20 i self  portolan                 writing is unlocked for 15 min
    |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
    |
    |
    |
    |
    |
    "#);
    assert_snapshot!(picture(&mut EventsView::new(), &Bed::busy(), 60, 9), @"
    [shop · following · 8 lines · 3 folded]
    | 12:56:20 i k8s   cart-6c4d5f…-hhv7m Pulled: Successfully p…
    | 13:52:40 i k8s   payment            ScalingReplicaSet: Sca…
    |── above: before the start ─────────────────────────────────
    | 13:58:40 ~ model payment            (disconnected) image r…
    | 13:59:05 ! k8s   node-3             NodeNotReady: Node … ×2
    | 13:59:50 i model payment            scaled from 3 to 4
    | 13:59:58 ! k8s   payment-5d8…-x2x2x FailedScheduling: 0/7 …
    | 14:01:20 i self  portolan           writing is unlocked fo…
    |>14:03:11 ! k8s   payment-5d8…-9kqxz BackOff: Back-off … ×14
    ");
}

#[test]
fn tail() {
    assert_snapshot!(picture(&mut EventsView::tail(), &Bed::busy(), 158, 6), @"
    [following · 3 folded]
    | 13:58:40  ~  model  payment                   (while disconnected) image registry/payment:1.8.2, was registry/payment:1.8.1
    | 13:59:05  !  k8s    node-3                    NodeNotReady: Node node-3 status is now: NodeNotReady                                                        ×2
    | 13:59:50  i  model  payment                   scaled from 3 to 4
    | 13:59:58  !  k8s    payment-5d8f7c9b6d-x2x2x  FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: },…
    | 14:01:20  i  self   portolan                  writing is unlocked for 15 min
    |>14:03:11  !  k8s    payment-5d8f7c9b6d-9kqxz  BackOff: Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)            ×14
    ");
    let mut bed = Bed::busy();
    bed.theme = Theme::new(false, true);
    assert_snapshot!(picture(&mut EventsView::tail(), &bed, 80, 4), @"
    [following - 3 folded]
    | 13:59:50 i model payment                  scaled from 3 to 4
    | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai~
    | 14:01:20 i self  portolan                 writing is unlocked for 15 min
    |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai~ x14
    ");
    let mut bed = Bed::new();
    bed.event(
        -320,
        "e2",
        1,
        ("shop", "Deployment", "payment"),
        (
            "ScalingReplicaSet",
            "Scaled up replica set payment-5d8f7c9b6d to 3",
        ),
    );
    assert_snapshot!(picture(&mut EventsView::tail(), &bed, 80, 4), @"
    [following]
    |>13:52:40 i k8s   payment          (before) ScalingReplicaSet: Scaled up replic…
    |
    |
    |
    ");
}

#[test]
fn only_old_lines() {
    let mut bed = Bed::new();
    bed.event(
        -86_400,
        "e1",
        1,
        ("shop", "Pod", "cart-1"),
        ("Killing", "Stopping container cart"),
    );
    bed.event(
        -320,
        "e2",
        3,
        ("shop", "Deployment", "payment"),
        (
            "ScalingReplicaSet",
            "Scaled up replica set payment-5d8f7c9b6d to 3",
        ),
    );
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 80, 7), @"
    [shop · following · 2 lines]
    |── Mon 2025-07-28 ──────────────────────────────────────────────────────────────
    | 13:58:00 i k8s   cart-1           Killing: Stopping container cart
    |── Tue 2025-07-29 ──────────────────────────────────────────────────────────────
    |>13:52:40 i k8s   payment          ScalingReplicaSet: Scaled up replica set … ×3
    |── above: before the start; what happens from now on appears below ─────────────
    |
    |
    ");
}

#[test]
fn paused_shows_the_whole_text_and_counts_what_is_new() {
    let mut bed = Bed::busy();
    let mut view = EventsView::new();
    picture(&mut view, &bed, 80, 14);
    assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
    assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
    let before = picture(&mut view, &bed, 80, 14);
    assert_snapshot!(before, @r#"
    [shop · paused · 8 lines · 3 folded]
    | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
    | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
    |── above: before the start ─────────────────────────────────────────────────────
    | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
    | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
    | 13:59:50 i model payment                  scaled from 3 to 4
    |>13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
    | 14:01:20 i self  portolan                 writing is unlocked for 15 min
    | 14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
    |
    |── k8s · shop/payment-5d8f7c9b6d-x2x2x ─────────────────────────────────────────
    | FailedScheduling: 0/7 nodes are available: 1 node(s) had untolerated taint
    | {node.kubernetes.io/unreachable: }, 3 node(s) didn't match Pod's node
    | affinity/selector, 3 Insufficient memory. preemption: 0/7 nodes are available…
    "#);
    bed.event(350, "e3", 15, ("shop", "Pod", "payment-5d8f7c9b6d-9kqxz"), ("BackOff", "Back-off restarting failed container payment in pod payment-5d8f7c9b6d-9kqxz_shop(4b1c)"));
    bed.event(
        351,
        "e5",
        2,
        ("shop", "Pod", "payment-5d8f7c9b6d-x2x2x"),
        (
            "FailedScheduling",
            "0/7 nodes are available: 7 Insufficient memory.",
        ),
    );
    let after = picture(&mut view, &bed, 80, 14);
    assert!(
        after.starts_with("[shop · paused, 2 new below · "),
        "{after}"
    );
    // Nothing moved, though both lines are other ones in the log now.
    let rows = |text: &str| text.lines().skip(1).take(9).collect::<Vec<_>>().join("\n");
    assert_eq!(rows(&before), rows(&after));
    view.act(Verb::Bottom, &bed.ctx());
    assert!(view.is_following());
    assert_snapshot!(picture(&mut view, &bed, 80, 14), @r#"
    [shop · following · 8 lines · 5 folded]
    | 12:56:20 i k8s   cart-6c4d5f8b9-hhv7m     Pulled: Successfully pulled image "r…
    | 13:52:40 i k8s   payment                  ScalingReplicaSet: Scaled up replica…
    |── above: before the start ─────────────────────────────────────────────────────
    | 13:58:40 ~ model payment                  (disconnected) image registry/paymen…
    | 13:59:05 ! k8s   node-3                   NodeNotReady: Node node-3 status … ×2
    | 13:59:50 i model payment                  scaled from 3 to 4
    | 14:01:20 i self  portolan                 writing is unlocked for 15 min
    | 14:03:50 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×15
    |>14:03:51 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are a… ×2
    |
    |
    |
    |
    |
    "#);
}

#[test]
fn moves_end_where_lines_end() {
    let bed = Bed::busy();
    let mut view = EventsView::new();
    picture(&mut view, &bed, 60, 5);
    let at = |view: &EventsView| view.cursor.as_ref().map(|c| c.at);
    view.act(Verb::Top, &bed.ctx());
    assert_eq!(at(&view), Some(time(-3_700)));
    view.act(Verb::Up, &bed.ctx());
    assert_eq!(at(&view), Some(time(-3_700)));
    view.act(Verb::PageDown, &bed.ctx());
    view.act(Verb::PageUp, &bed.ctx());
    assert_eq!(at(&view), Some(time(-3_700)));
    // The last line, and on to what comes.
    for _ in 0..9 {
        assert!(!view.is_following());
        view.act(Verb::Down, &bed.ctx());
        picture(&mut view, &bed, 60, 5);
        if at(&view) == Some(time(311)) {
            break;
        }
    }
    assert!(!view.is_following());
    view.act(Verb::Down, &bed.ctx());
    assert!(view.is_following());
    view.act(Verb::Follow, &bed.ctx());
    assert!(!view.is_following());
}

#[test]
fn merged_lines() {
    let mut bed = Bed::new();
    for (at, uid, reason) in [
        (1, "a", "Scheduled"),
        (2, "b", "Pulling"),
        (4, "c", "Created"),
        (5, "d", "Started"),
        (9, "e", "Unhealthy"),
    ] {
        bed.event(
            at,
            uid,
            1,
            ("shop", "Pod", "cart-1"),
            (reason, "said the kubelet"),
        );
    }
    bed.event(
        61,
        "f",
        3,
        ("shop", "Pod", "cart-1"),
        ("Unhealthy", "Readiness probe failed"),
    );
    let mut view = EventsView::new();
    view.act(Verb::FoldRepeats, &bed.ctx());
    assert_snapshot!(picture(&mut view, &bed, 80, 5), @"
    [shop · following · 6 lines · one line per element and minute]
    | 13:58:05 i k8s   cart-1           Started: said the kubelet                  +3
    | 13:58:09 ! k8s   cart-1           Unhealthy: said the kubelet
    |>13:59:01 ! k8s   cart-1           Unhealthy: Readiness probe failed          ×3
    |
    |
    ");
}

#[test]
fn filtered() {
    let mut bed = Bed::busy();
    bed.filter = Filter::parse("payment !Scaling").unwrap();
    bed.only_broken = true;
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 80, 8), @"
    [shop · following · 2 of 8 lines · warnings only · filter payment !Scaling · 3 folded]
    | 13:59:58 ! k8s   payment-5d8f7c9b6d-x2x2x FailedScheduling: 0/7 nodes are avai…
    |>14:03:11 ! k8s   payment-5d8f7c9b6d-9kqxz BackOff: Back-off restarting fai… ×14
    |
    |
    |
    |
    |
    |
    ");
    bed.filter = Filter::parse("nothing-like-that").unwrap();
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 4), @"
    [shop · following · 0 of 8 lines · warnings only · filter nothing-like-that · 3 folded]
    | no line passes the filter nothing-like-that; esc clears it
    | only warnings are asked for
    |
    |
    ");
    bed.filter = Filter::default();
    bed.choice = NamespaceChoice::one("other");
    bed.log = Log::new(10, time(0));
    bed.event(1, "x", 1, ("shop", "Pod", "cart-1"), ("Pulled", "pulled"));
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 4), @"
    [other · following · warnings only]
    | nothing has happened in other yet; 1 line of other
    | namespaces are not shown
    |
    |
    ");
}

#[test]
fn empty_views_say_why() {
    let mut bed = Bed::new();
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 3), @"
    [shop · following]
    | no events yet: what happens from now on appears here
    |
    |
    ");
    bed.status("events", Some("shop"), SourceState::Loading { seen: 3200 });
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 3), @"
    [shop · following]
    | Kubernetes events in shop: loading 3,200 …
    |
    |
    ");
    let what = "the user dev may not list events here; ask for the verbs list and watch";
    bed.status(
        "events",
        Some("shop"),
        SourceState::Forbidden { what: what.into() },
    );
    assert_snapshot!(picture(&mut EventsView::new(), &bed, 60, 5), @"
    [shop · following · k8s events forbidden]
    | no events yet: what happens from now on appears here
    | Kubernetes events in shop forbidden: the user dev may not
    | list events here; ask for the verbs list and watch
    |
    |
    ");
}

#[test]
fn enter_goes_to_the_element() {
    let mut bed = Bed::busy();
    let mut view = EventsView::new();
    assert_eq!(
        view.act(Verb::Enter, &bed.ctx()),
        Answer::Say("this line is about nothing that is in the model any more".to_owned())
    );
    let key = ElementKey::Type(crate::model::key::TypeKey::new(
        "shop",
        "Deployment",
        "payment",
    ));
    view.select(&key, &bed.ctx());
    assert_eq!(view.selected().as_ref(), Some(&key));
    assert!(!view.is_following());
    assert_eq!(
        view.act(Verb::Enter, &bed.ctx()),
        Answer::Show { view: "tree", key }
    );
    bed.log = Log::new(10, time(0));
    let mut view = EventsView::new();
    assert_eq!(view.act(Verb::Enter, &bed.ctx()), Answer::Ignored);
    assert_eq!(view.act(Verb::Up, &bed.ctx()), Answer::Done);
}

#[test]
fn a_followed_view_is_the_log() {
    let mut bed = Bed::busy();
    bed.log = Log::new(12, time(0));
    bed.filter = Filter::parse("!silent").unwrap();
    let mut view = EventsView::new();
    for i in 0..40_u32 {
        // Repeats, lines that do not pass, late ones, and those that the limit costs.
        let uid = format!("e{}", i % 7);
        let reason = ["BackOff", "silent", "Pulled"][i as usize % 3];
        let late = i64::from(i % 5) * 3;
        bed.event(
            100 + i64::from(i) - late,
            &uid,
            i,
            ("shop", "Pod", "p"),
            (reason, &i.to_string()),
        );
        view.sync(&bed.ctx());
        let wanted: Vec<Entry> = bed
            .log
            .entries()
            .filter(|e| passes(e, &bed.ctx()))
            .cloned()
            .collect();
        assert_eq!(view.entries, wanted);
    }
    assert!(bed.log.dropped() > 0 || bed.log.folded() > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_size_and_no_order_of_keys_panics(
        sizes in proptest::collection::vec((1u16..170, 1u16..40), 1..4),
        verbs in proptest::collection::vec(0usize..10, 0..30),
        tail: bool, ascii: bool, full: bool,
    ) {
        let mut bed = if full { Bed::busy() } else { Bed::new() };
        bed.theme = Theme::new(true, ascii);
        let mut view = if tail { EventsView::tail() } else { EventsView::new() };
        let all = [
            Verb::Up, Verb::Down, Verb::PageUp, Verb::PageDown, Verb::Top, Verb::Bottom,
            Verb::Follow, Verb::FoldRepeats, Verb::Enter, Verb::Up,
        ];
        for (width, height) in sizes {
            picture(&mut view, &bed, width, height);
            for verb in &verbs {
                view.act(all[*verb], &bed.ctx());
                bed.event(400, "e3", u32::try_from(*verb).unwrap() + 20, ("shop", "Pod", "p"), ("BackOff", "again"));
            }
            picture(&mut view, &bed, width, height);
        }
    }
}
