//! The Sources view in pictures.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::Model;
use crate::model::log::Log;
use crate::model::observation::{NamespaceChoice, Observation};
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

fn time(seconds: i64) -> Timestamp {
    let start: Timestamp = "2025-07-29T13:58:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_secs(seconds)
}

fn kubernetes(part: &str, namespace: Option<&str>, state: SourceState) -> SourceStatus {
    SourceStatus {
        key: SourceKey {
            source: "kubernetes".into(),
            part: part.into(),
            namespace: namespace.map(Into::into),
        },
        state: Some(state),
        at: time(1),
        address: Some("https://10.96.0.1:6443".into()),
        interval_ms: None,
        skew_ms: Some(300),
    }
}

fn zipkin(part: &str, state: SourceState) -> SourceStatus {
    let every = if part == "services" { 60_000 } else { 15_000 };
    SourceStatus {
        key: SourceKey {
            source: "zipkin".into(),
            part: part.into(),
            namespace: None,
        },
        state: Some(state),
        at: time(308),
        address: Some("http://zipkin.tracing:9411".into()),
        interval_ms: Some(every),
        skew_ms: None,
    }
}

const KINDS: [&str; 10] = [
    "session",
    "nodes",
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "replicasets",
    "services",
    "endpointslices",
    "ingresses",
];

fn model(statuses: Vec<SourceStatus>) -> Model {
    let mut model = Model::new("prod-eu", Vec::new());
    let batch = statuses.into_iter().map(Observation::Status).collect();
    model.apply(batch, time(312));
    model
}

fn troubled() -> Model {
    let mut statuses: Vec<SourceStatus> = KINDS
        .iter()
        .map(|kind| kubernetes(kind, (*kind == "pods").then_some("shop"), SourceState::Live))
        .collect();
    statuses.push(kubernetes("events", Some("shop"), SourceState::Forbidden {
        what: "the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clusterrole view; asked again every 5 min".into(),
    }));
    statuses.push(kubernetes(
        "jobs",
        Some("shop"),
        SourceState::Stale {
            since: time(-360),
            cause: "connection reset by peer; trying again in 5 s".into(),
        },
    ));
    statuses.push(kubernetes(
        "cronjobs",
        Some("shop"),
        SourceState::Loading { seen: 3200 },
    ));
    let mut slow = zipkin("dependencies", SourceState::Live);
    slow.skew_ms = Some(3_240);
    statuses.push(slow);
    statuses.push(zipkin(
        "services",
        SourceState::Failed {
            cause: "HTTP 404: is this the address of a Zipkin server? It ends before /api".into(),
        },
    ));
    statuses.push(SourceStatus {
        key: SourceKey {
            source: "metrics".into(),
            part: "pods".into(),
            namespace: None,
        },
        state: Some(SourceState::Off {
            hint: "switch it on with metrics = true in the configuration".into(),
        }),
        at: time(0),
        address: None,
        interval_ms: None,
        skew_ms: None,
    });
    model(statuses)
}

fn picture(
    view: &mut SourcesView,
    model: &Model,
    width: u16,
    height: u16,
    keys: &[Verb],
) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let log = Log::new(10, time(0));
    let ctx = Ctx {
        model,
        log: &log,
        choice: &NamespaceChoice::one("shop"),
        filter: &Filter::default(),
        only_broken: false,
        now: time(312),
        zone: &TimeZone::UTC,
        theme: &Theme::new(false, false),
        stage: None,
    };
    for key in keys {
        view.act(*key, &ctx);
    }
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
fn trouble_stands_first() {
    assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 158, 26, &[]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            LAST  EVERY  WHY
    | ! kubernetes  https://10.96.0.1:6443  1 forbidden, 1 stale, 1 loading, 10 of 13 live
    |>!   events          shop       forbidden           -  watch  the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clust…
    | ?   jobs            shop       stale               -  watch  since 13:52:00 (11m): connection reset by peer; trying again in 5 s
    | ~   cronjobs        shop       loading 3,200 …     -  watch
    |     daemonsets      all        live                -  watch
    |     deployments     all        live                -  watch
    |     endpointslices  all        live                -  watch
    |     ingresses       all        live                -  watch
    |     nodes           all        live                -  watch
    |     pods            shop       live                -  watch
    |     replicasets     all        live                -  watch
    |     services        all        live                -  watch
    |     session         all        live                -  watch
    |     statefulsets    all        live                -  watch
    | ! zipkin  http://zipkin.tracing:9411  1 failed, 1 of 2 live, clock 3.2 s ahead of ours
    | !   services        all        failed              -    60s  HTTP 404: is this the address of a Zipkin server? It ends before /api
    |     dependencies    all        live               4s    15s
    | x metrics  off
    | x   pods            all        off                 -      -  switch it on with metrics = true in the configuration
    |
    |
    |
    |── kubernetes events in shop · https://10.96.0.1:6443 · reported 13:58:01 ────────────────────────────────────────────────────────────────────────────────────
    | forbidden: the user dev may not list or watch events in shop: bind a role with these verbs, e.g. the clusterrole view; asked again every 5 min; ctrl-r asks
    | now
    ");
    assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 80, 14, &[]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            LAST  WHY
    | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
    |>!   events          shop       forbidden           -  the user dev may not lis…
    | ?   jobs            shop       stale               -  since 13:52:00 (11m): co…
    | ~   cronjobs        shop       loading 3,200 …     -
    |     daemonsets      all        live                -
    |     deployments     all        live                -
    |     endpointslices  all        live                -
    |     ingresses       all        live                -
    |     nodes           all        live                -
    |── kubernetes events in shop · https://10.96.0.1:6443 · reported 13:58:01 ──────
    | forbidden: the user dev may not list or watch events in shop: bind a role with
    | these verbs, e.g. the clusterrole view; asked again every 5 min; ctrl-r asks
    | now
    ");
    assert_snapshot!(picture(&mut SourcesView::default(), &troubled(), 60, 9, &[]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            WHY
    | ! kubernetes  1 forbidden, 1 stale, 1 loading, 10 of 13 li…
    |>!   events          shop       forbidden        the user d…
    | ?   jobs            shop       stale            since 13:5…
    | ~   cronjobs        shop       loading 3,200 …
    |── kubernetes events in shop · https://10.96.0.1:6443 · rep…
    | forbidden: the user dev may not list or watch events in
    | shop: bind a role with these verbs, e.g. the clusterrole
    | view; asked again every 5 min; ctrl-r asks now
    ");
}

#[test]
fn every_row_can_be_read_whole() {
    let mut view = SourcesView::default();
    assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Down]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            LAST  WHY
    | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
    | !   events          shop       forbidden           -  the user dev may not lis…
    |>?   jobs            shop       stale               -  since 13:52:00 (11m): co…
    | ~   cronjobs        shop       loading 3,200 …     -
    |     daemonsets      all        live                -
    |     deployments     all        live                -
    |     endpointslices  all        live                -
    |     ingresses       all        live                -
    |── kubernetes jobs in shop · https://10.96.0.1:6443 · reported 13:58:01 ────────
    | stale: since 13:52:00 (11m): connection reset by peer; trying again in 5 s;
    | ctrl-r asks now
    ");
    assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Down, Verb::Down]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            LAST  WHY
    | ! kubernetes  https://10.96.0.…  1 forbidden, 1 stale, 1 loading, 10 of 13 live
    | !   events          shop       forbidden           -  the user dev may not lis…
    | ?   jobs            shop       stale               -  since 13:52:00 (11m): co…
    | ~   cronjobs        shop       loading 3,200 …     -
    |>    daemonsets      all        live                -
    |     deployments     all        live                -
    |     endpointslices  all        live                -
    |     ingresses       all        live                -
    |     nodes           all        live                -
    |── kubernetes daemonsets · https://10.96.0.1:6443 · reported 13:58:01 ──────────
    | live: what is shown is current
    ");
    assert_snapshot!(picture(&mut view, &troubled(), 80, 12, &[Verb::Bottom]), @"
    [kubernetes events in shop forbidden, jobs in shop stale, zipkin services failed]
    |     PART            NAMESPACE  STATE            LAST  WHY
    |     replicasets     all        live                -
    |     services        all        live                -
    |     session         all        live                -
    |     statefulsets    all        live                -
    | ! zipkin  http://zipkin.trac…  1 failed, 1 of 2 live, clock 3.2 s ahead of ours
    | !   services        all        failed              -  HTTP 404: is this the ad…
    |     dependencies    all        live               4s
    | x metrics  off
    |>x   pods            all        off                 -  switch it on with metric…
    |── metrics pods · reported 13:58:00 ────────────────────────────────────────────
    | off: switch it on with metrics = true in the configuration
    ");
}

#[test]
fn all_is_well() {
    let statuses = KINDS.map(|kind| kubernetes(kind, None, SourceState::Live));
    assert_snapshot!(picture(&mut SourcesView::default(), &model(statuses.into()), 80, 14, &[]), @"
    [all 10 live]
    |     PART            STATE  LAST  WHY
    |>  kubernetes  https://10.96.0.1:6443  all 10 live
    |     daemonsets      live      -
    |     deployments     live      -
    |     endpointslices  live      -
    |     ingresses       live      -
    |     nodes           live      -
    |     pods            live      -
    |     replicasets     live      -
    |     services        live      -
    |     session         live      -
    |     statefulsets    live      -
    |── kubernetes · https://10.96.0.1:6443 ─────────────────────────────────────────
    | all 10 live
    ");
}

#[test]
fn nothing_yet() {
    assert_snapshot!(picture(&mut SourcesView::default(), &model(Vec::new()), 60, 3, &[]), @"
    [nothing has reported yet]
    | no source has reported yet: the first connection is being
    | made
    |
    ");
    let one = kubernetes("session", None, SourceState::Loading { seen: 0 });
    assert_snapshot!(picture(&mut SourcesView::default(), &model(vec![one]), 60, 4, &[]), @"
    [1 of 1 loading]
    |     PART     STATE      WHY
    |>~ kubernetes  https://10.96.0.1:6443  loading
    | ~   session  loading …
    |
    ");
}

#[test]
fn the_cursor_follows_its_row_and_starts_at_trouble() {
    let mut view = SourcesView::default();
    picture(&mut view, &troubled(), 80, 14, &[Verb::Down]);
    let key = view.cursor.clone();
    assert!(
        matches!(&key, Some(RowKey::Part(k)) if &*k.part == "jobs"),
        "{key:?}"
    );
    let mut later = troubled();
    later.apply(
        vec![Observation::Status(kubernetes(
            "nodes",
            None,
            SourceState::Failed { cause: "no".into() },
        ))],
        time(313),
    );
    picture(&mut view, &later, 80, 14, &[]);
    assert_eq!(view.cursor, key);
    assert_eq!(view.selected(), None);
}

#[test]
fn a_clock_is_named_when_it_is_off() {
    let mut status = zipkin("services", SourceState::Live);
    for (ms, said) in [
        (None, None),
        (Some(2_000), None),
        (Some(-2_100), Some("clock 2.1 s behind ours")),
        (Some(3_600_000), Some("clock 60m ahead of ours")),
        (Some(i64::MIN), Some("clock 292471208y behind ours")),
    ] {
        status.skew_ms = ms;
        assert_eq!(skew(&status).as_deref(), said);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_size_panics(width in 1u16..170, height in 1u16..40, downs in 0usize..30, full: bool) {
        let model = if full { troubled() } else { model(Vec::new()) };
        let keys = vec![Verb::Down; downs];
        picture(&mut SourcesView::default(), &model, width, height, &keys);
    }
}

#[test]
fn one_cause_of_many_is_said_once() {
    let cause = SourceState::Stale {
        since: time(300),
        cause: "connection refused; trying again in 5 s".into(),
    };
    let parts = ["jobs", "nodes", "pods"];
    let model = model(
        parts
            .map(|part| kubernetes(part, None, cause.clone()))
            .to_vec(),
    );
    let drawn = picture(&mut SourcesView::default(), &model, 100, 7, &[]);
    assert_eq!(drawn.matches("connection refused").count(), 1, "{drawn}");
    assert_eq!(drawn.matches("as above").count(), 2, "{drawn}");
}
