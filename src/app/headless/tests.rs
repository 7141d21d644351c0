//! Sources that are scripts: each step a pause in ms and a batch.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::*;
use crate::model::export::{Options, tree};
use crate::model::observation::{Fact, Happening, Kind, NamespaceFact, Scope};
use crate::model::source::{SourceKey, SourceState, SourceStatus};

fn kinds() -> impl Iterator<Item = Kind> {
    Kind::watched()
}

struct Script {
    name: &'static str,
    steps: Vec<(u64, Vec<Observation>)>,
    ends: bool,
}

impl Source for Script {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> BoxFuture<'static, ()> {
        async move {
            for (pause, batch) in self.steps {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if outlet.send(batch).await.is_err() {
                    return;
                }
            }
            if !self.ends {
                control.stop.cancelled().await;
            }
        }
        .boxed()
    }
}

fn script(name: &'static str, steps: Vec<(u64, Vec<Observation>)>) -> Box<dyn Source> {
    Box::new(Script {
        name,
        steps,
        ends: false,
    })
}

fn status(source: &str, part: &str, namespace: Option<&str>, state: SourceState) -> Observation {
    Observation::Status(SourceStatus {
        key: SourceKey {
            source: source.into(),
            part: part.into(),
            namespace: namespace.map(Into::into),
        },
        state: Some(state),
        at: Timestamp::UNIX_EPOCH,
        address: None,
        interval_ms: None,
        skew_ms: None,
    })
}

fn of(kind: Kind, state: SourceState) -> Observation {
    status(CLUSTER, kind.plural(), None, state)
}

/// A whole list of a kind; of namespaces, `shop`.
fn listed(kind: Kind) -> Vec<Observation> {
    let scope = Scope {
        source: CLUSTER.into(),
        kind,
        namespace: None,
    };
    let mut steps = vec![Observation::Begin {
        scope: scope.clone(),
        epoch: 1,
    }];
    if kind == Kind::Namespace {
        let mut fact = NamespaceFact::default();
        fact.meta.name = "shop".into();
        steps.push(Observation::Seen {
            scope: scope.clone(),
            fact: Arc::new(Fact::Namespace(fact)),
        });
    }
    steps.push(Observation::End { scope, epoch: 1 });
    steps.push(of(kind, SourceState::Live));
    steps
}

fn cluster(kinds: impl IntoIterator<Item = Kind>) -> Vec<Observation> {
    kinds.into_iter().flat_map(listed).collect()
}

fn failed(cause: &str) -> SourceState {
    SourceState::Failed {
        cause: cause.into(),
    }
}

fn forbidden() -> SourceState {
    SourceState::Forbidden {
        what: "may not list; ask for get, list, watch".into(),
    }
}

fn request() -> Request {
    Request {
        context: "test".into(),
        mapping: Vec::new(),
        namespaces: NamespaceChoice::All,
        timeout: Duration::from_secs(30),
    }
}

/// Exit code, stdout, stderr, and how long it took in ms.
async fn printed(request: Request, sources: Vec<Box<dyn Source>>) -> (u8, String, String, u128) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let options = Options {
        namespaces: request.namespaces.clone(),
        telemetry: false,
    };
    let code = model(
        &request,
        sources,
        |model| Ok(tree::text(model, &options)),
        Streams {
            out: &mut out,
            err: &mut err,
        },
    )
    .await
    .unwrap();
    let took = begun.elapsed().as_millis();
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
        took,
    )
}

#[tokio::test(start_paused = true)]
async fn prints_when_the_last_list_is_complete_and_not_before() {
    let rest = kinds().filter(|k| *k != Kind::Pod);
    let source = script(
        CLUSTER,
        vec![
            (10, cluster(rest)),
            // An open watch is no complete list.
            (10, vec![of(Kind::Pod, SourceState::Live)]),
            (500, listed(Kind::Pod)),
        ],
    );
    let (code, out, err, took) = printed(request(), vec![source]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("shop"), "{out}");
    assert!((520..600).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_kind_is_told_and_is_no_failure() {
    let rest = kinds().filter(|k| *k != Kind::Node);
    let mut steps = cluster(rest);
    steps.push(of(Kind::Node, forbidden()));
    let (code, out, err, _) = printed(request(), vec![script(CLUSTER, vec![(1, steps)])]).await;
    assert_eq!(code, 0);
    assert_eq!(
        err,
        "portolan: nodes left out: may not list; ask for get, list, watch\n"
    );
    assert!(out.contains("shop"), "{out}");
}

#[tokio::test(start_paused = true)]
async fn nothing_listed_is_a_failure_at_once_in_one_line() {
    let all = |state: SourceState| {
        kinds()
            .map(|kind| of(kind, state.clone()))
            .collect::<Vec<_>>()
    };
    for (state, says) in [
        (
            failed("cannot reach https://x: refused"),
            "cannot reach https://x",
        ),
        (forbidden(), "-n"),
    ] {
        let source = script(CLUSTER, vec![(100, all(state))]);
        let (code, out, err, took) = printed(request(), vec![source]).await;
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.contains(says) && err.lines().count() == 1, "{err}");
        assert!(took < 200, "{took}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_a_while_is_waited_for() {
    let rest = kinds().filter(|k| *k != Kind::Pod);
    let mut first = cluster(rest);
    first.push(of(Kind::Pod, failed("the server is busy (429)")));
    let steps = vec![(1, first.clone()), (5_000, listed(Kind::Pod))];
    let (code, _, err, took) = printed(request(), vec![script(CLUSTER, steps)]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(took >= 5_000, "{took}");

    let late = printed(request(), vec![script(CLUSTER, vec![(1, first)])]).await;
    let (code, out, err, took) = late;
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "portolan: time ran out after 30 s, still waiting for pods (the server is busy (429)); give more with --timeout\n"
    );
    assert_eq!(took, 30_000);
}

#[tokio::test(start_paused = true)]
async fn one_cause_of_many_is_said_once() {
    // One is there, so the others are waited for.
    let mut steps = cluster([Kind::Node]);
    let rest = kinds().filter(|kind| *kind != Kind::Node);
    steps.extend(rest.map(|kind| of(kind, failed("it did not answer for 5 s"))));
    let (_, _, err, _) = printed(request(), vec![script(CLUSTER, vec![(1, steps)])]).await;
    assert_eq!(err.matches("did not answer").count(), 1, "{err}");
    assert!(
        err.contains(" more (it did not answer for 5 s); give"),
        "{err}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_lists_is_what_is_waited_for() {
    let waiting = SourceState::Waiting {
        what: "the credential plugin x".into(),
    };
    let mut steps: Vec<Observation> = kinds()
        .map(|kind| of(kind, SourceState::Loading { seen: 0 }))
        .collect();
    steps.push(status(CLUSTER, "session", None, waiting));
    let (code, _, err, _) = printed(request(), vec![script(CLUSTER, vec![(1, steps)])]).await;
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "portolan: time ran out after 30 s, still waiting for the credential plugin x; give more with --timeout\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_none_of_the_kinds_is_doubted() {
    let absent = SourceState::Absent {
        what: "the server does not have it (404)".into(),
    };
    let steps = kinds().map(|kind| of(kind, absent.clone())).collect();
    let (code, _, err, _) = printed(request(), vec![script(CLUSTER, vec![(1, steps)])]).await;
    assert_eq!(code, 1);
    assert!(
        err.contains("is it a Kubernetes server? check server"),
        "{err}"
    );
    assert!(!err.contains("-n"), "{err}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_tracing_server_holds_nothing_up_for_long() {
    let loading = status(
        "zipkin",
        "dependencies",
        None,
        SourceState::Loading { seen: 0 },
    );
    let sources = vec![
        script(CLUSTER, vec![(10, cluster(kinds()))]),
        script("zipkin", vec![(0, vec![loading])]),
    ];
    let (code, _, err, took) = printed(request(), sources).await;
    assert_eq!(code, 0);
    assert_eq!(
        err,
        "portolan: zipkin has not answered yet and is left out\n"
    );
    assert!((3_010..3_100).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_tracing_server_in_trouble_is_told_and_not_waited_for() {
    let sources = vec![
        script(CLUSTER, vec![(10, cluster(kinds()))]),
        script(
            "zipkin",
            vec![(
                20,
                vec![
                    status("zipkin", "dependencies", None, failed("cannot reach it")),
                    status("zipkin", "services", None, SourceState::Live),
                ],
            )],
        ),
    ];
    let (code, out, err, took) = printed(request(), sources).await;
    assert_eq!(code, 0);
    assert_eq!(
        err,
        "portolan: zipkin dependencies left out: cannot reach it\n"
    );
    assert!(out.contains("shop") && took < 100, "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_does_not_exist_is_told() {
    let request = Request {
        namespaces: NamespaceChoice::one("shpo"),
        ..request()
    };
    let mut steps = cluster([Kind::Namespace, Kind::Node]);
    for kind in kinds().skip(2) {
        for mut step in listed(kind) {
            match &mut step {
                Observation::Begin { scope, .. } | Observation::End { scope, .. } => {
                    scope.namespace = Some("shpo".into());
                }
                Observation::Status(status) => status.key.namespace = Some("shpo".into()),
                _ => {}
            }
            steps.push(step);
        }
    }
    let (code, _, err, _) = printed(request, vec![script(CLUSTER, vec![(1, steps)])]).await;
    assert_eq!(code, 0);
    assert_eq!(
        err,
        "portolan: there is no namespace shpo in context test\n"
    );
}

#[tokio::test(start_paused = true)]
async fn sources_that_end_are_a_failure() {
    let source = Box::new(Script {
        name: CLUSTER,
        steps: Vec::new(),
        ends: true,
    });
    let (code, out, err, _) = printed(request(), vec![source]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("see the log"), "{err}");
}

fn happening(uid: &str, second: i64) -> Observation {
    Observation::Happening(Happening {
        uid: uid.into(),
        count: 1,
        warning: true,
        reason: "BackOff".into(),
        message: uid.into(),
        kind: "Pod".into(),
        namespace: "shop".into(),
        name: "cart-1".into(),
        object_uid: "u".into(),
        at: Timestamp::from_second(second).unwrap(),
    })
}

#[tokio::test(start_paused = true)]
async fn events_come_in_the_order_of_time_and_are_followed() {
    let mut first = vec![happening("second", 20), happening("first", 10)];
    first.extend(cluster(kinds()));
    let source = script(
        CLUSTER,
        vec![(1, first), (1_000, vec![happening("third", 30)])],
    );
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = events(
        &request(),
        vec![source],
        |entry| Ok(line(entry, &jiff::tz::TimeZone::UTC)),
        Some(Duration::from_secs(2)),
        Streams {
            out: &mut out,
            err: &mut err,
        },
    )
    .await
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "1970-01-01 00:00:10+00:00  !  k8s    shop/cart-1  BackOff: first  (before the start)\n\
         1970-01-01 00:00:20+00:00  !  k8s    shop/cart-1  BackOff: second  (before the start)\n\
         1970-01-01 00:00:30+00:00  !  k8s    shop/cart-1  BackOff: third  (before the start)\n"
    );
    assert!(err.is_empty());
}

/// The same of a picture.
async fn pictured(
    request: Request,
    sources: Vec<Box<dyn Source>>,
    render: impl FnOnce(&Model) -> Result<Drawn, String> + Send,
) -> (u8, String, String, u128) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let code = graph(&request, sources, render, to).await.unwrap();
    let took = begun.elapsed().as_millis();
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
        took,
    )
}

#[tokio::test(start_paused = true)]
async fn a_picture_waits_for_the_traces_and_says_why_there_is_none() {
    let links = Observation::Links(crate::model::observation::Links {
        source: "zipkin".into(),
        span: crate::model::observation::Span::Recent,
        window_ms: 60_000,
        ends: Timestamp::UNIX_EPOCH,
        links: vec![crate::model::observation::Link {
            caller: "web".into(),
            callee: "cart".into(),
            calls: 1,
            errors: 0,
        }],
    });
    let live = status("zipkin", "dependencies", None, SourceState::Live);
    let loading = status(
        "zipkin",
        "dependencies",
        None,
        SourceState::Loading { seen: 0 },
    );
    // Later than others are waited for.
    let sources = || {
        let late = vec![
            (0, vec![loading.clone()]),
            (9_000, vec![links.clone(), live.clone()]),
        ];
        vec![
            script(CLUSTER, vec![(10, cluster(kinds()))]),
            script("zipkin", late),
        ]
    };
    let drawn = |model: &Model| {
        Ok(Drawn {
            text: format!("{} links\n", model.graph().links().count()),
            notes: vec!["a note".to_owned()],
        })
    };
    let (code, out, err, took) = pictured(request(), sources(), drawn).await;
    assert_eq!((code, out.as_str()), (0, "1 links\n"));
    assert_eq!(err, "portolan: a note\n");
    assert!(took >= 9_000, "{took}");
    let none = |_: &Model| Err("nobody is called so".to_owned());
    let (code, out, err, _) = pictured(request(), sources(), none).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, "portolan: nobody is called so\n");
}
