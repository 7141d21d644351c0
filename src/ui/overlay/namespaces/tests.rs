//! The namespace switcher in pictures.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::log::Log;
use crate::model::observation::{
    ContainerFact, ContainerState, Fact, Kind, Meta, NamespaceFact, Observation, OwnerRef, PodFact,
    Scope, WorkloadFact,
};
use crate::model::source::{SourceKey, SourceStatus};
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

fn meta(namespace: &str, name: &str) -> Meta {
    Meta {
        namespace: namespace.into(),
        name: name.into(),
        uid: format!("{namespace}/{name}").into(),
        version: 1,
        ..Meta::default()
    }
}

/// A list of everything of a kind, in all namespaces or one.
fn list(kind: Kind, namespace: Option<&str>, facts: Vec<Fact>) -> Vec<Observation> {
    let scope = Scope {
        source: "kubernetes".into(),
        kind,
        namespace: namespace.map(Into::into),
    };
    let mut batch = vec![Observation::Begin {
        scope: scope.clone(),
        epoch: 1,
    }];
    for fact in facts {
        batch.push(Observation::Seen {
            scope: scope.clone(),
            fact: fact.into(),
        });
    }
    batch.push(Observation::End { scope, epoch: 1 });
    batch
}

fn namespace(name: &str, terminating: bool) -> Fact {
    Fact::Namespace(NamespaceFact {
        meta: meta("", name),
        terminating,
    })
}

fn deployment(namespace: &str, name: &str, trouble: bool) -> Fact {
    let trouble = crate::model::observation::Trouble {
        reason: if trouble {
            "ProgressDeadlineExceeded".into()
        } else {
            "".into()
        },
        message: "no progress".into(),
    };
    Fact::Workload(Box::new(WorkloadFact {
        kind: Kind::Deployment,
        meta: meta(namespace, name),
        generation: Some(1),
        observed_generation: Some(1),
        desired: Some(1),
        current: 1,
        ready: 1,
        updated: Some(1),
        failed: 0,
        suspended: false,
        schedule: None,
        images: vec!["registry/x:1".into()],
        troubles: if trouble.reason.is_empty() {
            Vec::new()
        } else {
            vec![trouble]
        },
        complete: false,
        mentions: Vec::new(),
        parameters: std::sync::Arc::default(),
    }))
}

fn pod(namespace: &str, name: &str, of: &str, ready: bool) -> Fact {
    let mut meta = meta(namespace, name);
    meta.owner = Some(OwnerRef {
        kind: "Deployment".into(),
        name: of.into(),
        uid: format!("{namespace}/{of}").into(),
    });
    Fact::Pod(Box::new(PodFact {
        meta,
        phase: "Running".into(),
        ready: Some(ready),
        containers: vec![ContainerFact {
            name: "main".into(),
            ready,
            started: true,
            state: ContainerState::Running { since: None },
            ..ContainerFact::default()
        }]
        .into(),
        ..PodFact::default()
    }))
}

/// Seven namespaces; only two of them are watched.
fn model() -> Model {
    let mut model = Model::new("prod-eu", Vec::new());
    let names = [
        "default",
        "infra",
        "kube-system",
        "shop",
        "shop-canary",
        "shop-test",
    ];
    let mut facts: Vec<Fact> = names.iter().map(|name| namespace(name, false)).collect();
    facts.push(namespace("old", true));
    let mut batch = list(Kind::Namespace, None, facts);
    batch.extend(list(
        Kind::Deployment,
        Some("shop"),
        vec![
            deployment("shop", "cart", false),
            deployment("shop", "payment", true),
        ],
    ));
    batch.extend(list(Kind::Deployment, Some("infra"), Vec::new()));
    batch.extend(list(Kind::Pod, Some("infra"), Vec::new()));
    batch.extend(list(
        Kind::Pod,
        Some("shop"),
        vec![
            pod("shop", "cart-1", "cart", true),
            pod("shop", "payment-1", "payment", true),
            pod("shop", "payment-2", "payment", false),
        ],
    ));
    model.apply(batch, Timestamp::UNIX_EPOCH);
    model
}

fn say(model: &mut Model, state: SourceState) {
    let status = SourceStatus {
        key: SourceKey {
            source: "kubernetes".into(),
            part: "namespaces".into(),
            namespace: None,
        },
        state: Some(state),
        at: Timestamp::UNIX_EPOCH,
        address: None,
        interval_ms: None,
        skew_ms: None,
    };
    model.apply(vec![Observation::Status(status)], Timestamp::UNIX_EPOCH);
}

fn open(model: &Model) -> NamespaceSwitcher {
    let recent = ["shop".into(), "infra".into()];
    NamespaceSwitcher::new(model, &NamespaceChoice::one("shop"), &recent)
}

fn typed(switcher: &mut NamespaceSwitcher, text: &str) {
    text.chars().for_each(|c| switcher.input(c));
}

fn picture(
    switcher: &mut NamespaceSwitcher,
    model: &Model,
    width: u16,
    height: u16,
    ascii: bool,
) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::filled(area, ratatui::buffer::Cell::new("."));
    let log = Log::new(10, Timestamp::UNIX_EPOCH);
    let ctx = Ctx {
        model,
        log: &log,
        choice: &NamespaceChoice::one("shop"),
        filter: &Filter::default(),
        only_broken: false,
        now: Timestamp::UNIX_EPOCH,
        zone: &TimeZone::UTC,
        theme: &Theme::new(false, ascii),
        stage: None,
    };
    switcher.draw(area, &mut buf, &ctx);
    let rows = (0..height).map(|y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>());
    rows.map(|row| row.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn opened() {
    let model = model();
    assert_snapshot!(picture(&mut open(&model), &model, 90, 16, false), @"
    ..........................................................................................
    ..........................................................................................
    .......┌ Namespaces · 7 ──────────────────────────────────────────────────────────┐.......
    .......│ find                                                                     │.......
    .......│   NAMESPACE       TYPES    READY   BAD                                   │.......
    .......│   all namespaces                                                         │.......
    .......│>* shop                2      2/3     1  recent                           │.......
    .......│   infra               0      0/0     0  recent                           │.......
    .......│   default             -        -     -                                   │.......
    .......│   kube-system         -        -     -                                   │.......
    .......│   old                 -        -     -  is being deleted                 │.......
    .......│   shop-canary         -        -     -                                   │.......
    .......│   shop-test           -        -     -                                   │.......
    .......└──────────────────────────────────────────────────────────────────────────┘.......
    ..........................................................................................
    ..........................................................................................
    ");
    assert_snapshot!(picture(&mut open(&model), &model, 60, 16, true), @"
    ............................................................
    ............................................................
    + Namespaces - 7 ------------------------------------------+
    | find                                                     |
    |   NAMESPACE       TYPES    READY   BAD                   |
    |   all namespaces                                         |
    |>* shop                2      2/3     1  recent           |
    |   infra               0      0/0     0  recent           |
    |   default             -        -     -                   |
    |   kube-system         -        -     -                   |
    |   old                 -        -     -  is being deleted |
    |   shop-canary         -        -     -                   |
    |   shop-test           -        -     -                   |
    +----------------------------------------------------------+
    ............................................................
    ............................................................
    ");
    assert_snapshot!(picture(&mut open(&model), &model, 60, 7, false), @"
    ┌ Namespaces · 7 ──────────────────────────────────────────┐
    │ find                                                     │
    │   NAMESPACE       TYPES    READY   BAD                   │
    │   all namespaces                                         │
    │>* shop                2      2/3     1  recent           │
    │   infra               0      0/0     0  recent           │
    └──────────────────────────────────────────────────────────┘
    ");
}

#[test]
fn marked_and_typed() {
    let model = model();
    let mut switcher = open(&model);
    typed(&mut switcher, "can");
    assert_eq!(switcher.act(Verb::Mark), SwitcherAnswer::Stay);
    assert_eq!(switcher.typed(), "");
    typed(&mut switcher, "sh");
    assert_eq!(switcher.act(Verb::Mark), SwitcherAnswer::Stay);
    typed(&mut switcher, "shop2");
    assert_snapshot!(picture(&mut switcher, &model, 80, 8, false), @"
    ................................................................................
    ..┌ Namespaces · 2 marked: shop,shop-canary ─────────────────────────────────┐..
    ..│ find shop2                                                               │..
    ..│   NAMESPACE       TYPES    READY   BAD                                   │..
    ..│>  shop2           (typed; not listed)                                    │..
    ..│                                                                          │..
    ..└──────────────────────────────────────────────────────────────────────────┘..
    ................................................................................
    ");
    switcher.act(Verb::Mark);
    assert_snapshot!(picture(&mut switcher, &model, 80, 16, false), @"
    ................................................................................
    ..┌ Namespaces · 3 marked: shop,shop-canary,shop2 ───────────────────────────┐..
    ..│ find                                                                     │..
    ..│   NAMESPACE       TYPES    READY   BAD                                   │..
    ..│   all namespaces                                                         │..
    ..│ x shop                2      2/3     1  recent                           │..
    ..│   infra               0      0/0     0  recent                           │..
    ..│   default             -        -     -                                   │..
    ..│   kube-system         -        -     -                                   │..
    ..│   old                 -        -     -  is being deleted                 │..
    ..│ x shop-canary         -        -     -                                   │..
    ..│   shop-test           -        -     -                                   │..
    ..│>x shop2           (not listed)                                           │..
    ..└──────────────────────────────────────────────────────────────────────────┘..
    ................................................................................
    ................................................................................
    ");
    let names = ["shop", "shop-canary", "shop2"].map(Into::into).into();
    assert_eq!(
        switcher.act(Verb::Accept),
        SwitcherAnswer::Pick(NamespaceChoice::Only(names))
    );
}

#[test]
fn listing_is_forbidden() {
    let mut model = Model::new("prod-eu", Vec::new());
    let what = "the user dev may not list namespaces: bind a clusterrole with get, list and watch on namespaces";
    say(&mut model, SourceState::Forbidden { what: what.into() });
    let mut switcher = open(&model);
    assert_snapshot!(picture(&mut switcher, &model, 60, 16, false), @"
    ............................................................
    ............................................................
    ............................................................
    ┌ Namespaces ──────────────────────────────────────────────┐
    │ find                                                     │
    │   NAMESPACE       TYPES    READY   BAD                   │
    │   all namespaces                                         │
    │>* shop            (not listed)                           │
    │   infra           (not listed)                           │
    │ a name can be typed: listing namespaces is forbidden.    │
    │ the user dev may not list namespaces: bind a clusterrole │
    │ with get, list and watch on namespaces                   │
    └──────────────────────────────────────────────────────────┘
    ............................................................
    ............................................................
    ............................................................
    ");
    typed(&mut switcher, "shop2");
    assert_snapshot!(picture(&mut switcher, &model, 60, 16, false), @"
    ............................................................
    ............................................................
    ............................................................
    ┌ Namespaces ──────────────────────────────────────────────┐
    │ find shop2                                               │
    │   NAMESPACE       TYPES    READY   BAD                   │
    │>  shop2           (typed; not listed)                    │
    │                                                          │
    │                                                          │
    │ a name can be typed: listing namespaces is forbidden.    │
    │ the user dev may not list namespaces: bind a clusterrole │
    │ with get, list and watch on namespaces                   │
    └──────────────────────────────────────────────────────────┘
    ............................................................
    ............................................................
    ............................................................
    ");
    assert_eq!(
        switcher.act(Verb::Accept),
        SwitcherAnswer::Pick(NamespaceChoice::one("shop2"))
    );
    typed(&mut switcher, "_");
    assert_snapshot!(picture(&mut switcher, &model, 60, 12, false), @"
    ............................................................
    ┌ Namespaces ──────────────────────────────────────────────┐
    │ find shop2_                                              │
    │   NAMESPACE       TYPES    READY   BAD                   │
    │ no namespace is like shop2_, and none can be named so:   │
    │ use a-z, 0-9 and -                                       │
    │                                                          │
    │ a name can be typed: listing namespaces is forbidden.    │
    │ the user dev may not list namespaces: bind a clusterrole │
    │ with get, list and watch on namespaces                   │
    └──────────────────────────────────────────────────────────┘
    ............................................................
    ");
    assert_eq!(switcher.act(Verb::Accept), SwitcherAnswer::Stay);
    switcher.erase();
    assert_eq!(switcher.typed(), "shop2");
}

#[test]
fn names_may_still_come() {
    let mut model = Model::new("prod-eu", Vec::new());
    say(&mut model, SourceState::Loading { seen: 1200 });
    let mut switcher = NamespaceSwitcher::new(&model, &NamespaceChoice::All, &[]);
    assert_snapshot!(picture(&mut switcher, &model, 60, 8, false), @"
    ┌ Namespaces ──────────────────────────────────────────────┐
    │ find                                                     │
    │   NAMESPACE       TYPES    READY   BAD                   │
    │>* all namespaces                                         │
    │                                                          │
    │ namespaces: loading 1,200 …                              │
    └──────────────────────────────────────────────────────────┘
    ............................................................
    ");
}

#[test]
fn the_best_fit_is_first() {
    let model = model();
    let mut switcher = open(&model);
    let names = |s: &NamespaceSwitcher| -> Vec<String> {
        let name = |r: &Row| match r {
            Row::All => "*".to_owned(),
            Row::Named(n) => n.to_string(),
            Row::Typed(n) => format!("+{n}"),
        };
        s.rows.iter().map(name).collect()
    };
    assert_eq!(
        names(&switcher),
        [
            "*",
            "shop",
            "infra",
            "default",
            "kube-system",
            "old",
            "shop-canary",
            "shop-test"
        ]
    );
    typed(&mut switcher, "st");
    assert_eq!(names(&switcher), ["kube-system", "shop-test", "+st"]);
    switcher.erase();
    switcher.erase();
    typed(&mut switcher, "al");
    assert_eq!(names(&switcher), ["*", "default", "+al"]);
}

#[test]
fn what_is_chosen_already_changes_nothing() {
    let model = model();
    let mut switcher = open(&model);
    assert_eq!(switcher.act(Verb::Accept), SwitcherAnswer::Close);
    switcher.act(Verb::Top);
    assert_eq!(
        switcher.act(Verb::Accept),
        SwitcherAnswer::Pick(NamespaceChoice::All)
    );
}

#[test]
fn the_cursor_stays_on_its_row_while_names_come() {
    let mut model = Model::new("prod-eu", Vec::new());
    let mut switcher = NamespaceSwitcher::new(&model, &NamespaceChoice::one("shop"), &[]);
    assert_eq!(switcher.at, 1);
    let facts = vec![namespace("apple", false), namespace("shop", false)];
    model.apply(list(Kind::Namespace, None, facts), Timestamp::UNIX_EPOCH);
    switcher.refresh(&model);
    assert_eq!(switcher.at, 2);
}

#[test]
fn labels() {
    for good in ["a", "shop-2", "0"] {
        assert!(crate::model::text::is_label(good), "{good}");
    }
    for bad in ["", "-a", "a-", "a_b", "A", "a.b", &"a".repeat(64)] {
        assert!(!crate::model::text::is_label(bad), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_size_and_no_typing_panics(
        width in 1u16..170, height in 1u16..40, text in "[a-zé_ -]{0,70}",
        verbs in proptest::collection::vec(0usize..8, 0..12), full: bool,
    ) {
        let model = if full { model() } else { Model::new("x", Vec::new()) };
        let all = [
            Verb::Up, Verb::Down, Verb::PageUp, Verb::PageDown,
            Verb::Mark, Verb::Bottom, Verb::Complete, Verb::Accept,
        ];
        let mut switcher = open(&model);
        picture(&mut switcher, &model, width, height, false);
        typed(&mut switcher, &text);
        for verb in verbs {
            switcher.act(all[verb]);
            picture(&mut switcher, &model, width, height, true);
            switcher.erase();
        }
    }
}
