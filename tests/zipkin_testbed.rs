//! The tracing source against the real server of the test bed: what it counts must be what was sent, also when
//! the way to it was cut or frozen meanwhile.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

#[path = "proxy/mod.rs"]
mod proxy;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use portolan::model::observation::{NamespaceChoice, Observation, Span};
use portolan::model::source::SourceState;
use portolan::sources::zipkin::{Settings, Zipkin};
use portolan::sources::{Control, Outlet, Source};
use proxy::wire::{Wire, WireProxy};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The source holds back three seconds for late spans, and the server may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls and errors by caller and callee.
type Counted = BTreeMap<(String, String), (u64, u64)>;

fn server() -> String {
    std::env::var("ZIPKIN_URL").expect("ZIPKIN_URL: eval \"$(testbed/up)\"")
}

/// Calls of all tests of this process so far.
static CALLS: AtomicI64 = AtomicI64::new(1);

/// Names that no other run has, and the spans under them.
struct Story {
    run: String,
    spans: Vec<Value>,
    /// The newest span's time by our clock, in µs.
    now: i64,
}

impl Story {
    fn new(test: &str) -> Self {
        let now = Timestamp::now().as_microsecond();
        Self {
            run: format!("t{now:x}-{test}"),
            spans: Vec::new(),
            now,
        }
    }

    fn name(&self, service: &str) -> String {
        format!("{service}-{}", self.run)
    }

    /// A trace of one call: the client's span and, where the callee reports too, the server's.
    fn call(&mut self, from: &str, to: &str, reports: bool, failed: bool) {
        self.call_at(self.now, from, to, reports, failed);
    }

    fn call_at(&mut self, at: i64, from: &str, to: &str, reports: bool, failed: bool) {
        // Two tests may begin in the same microsecond, and the server takes equal ids for one trace.
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        let trace = format!("{:016x}", self.now.wrapping_mul(1_000).wrapping_add(number));
        let (client, server) = (
            format!("{:016x}", number * 2),
            format!("{:016x}", number * 2 + 1),
        );
        let tags = if failed {
            json!({"error": "boom"})
        } else {
            json!({})
        };
        self.spans.push(json!({
            "traceId": trace, "id": client, "kind": "CLIENT", "name": "get",
            "timestamp": at, "duration": 2_000, "tags": tags,
            "localEndpoint": {"serviceName": self.name(from)},
            "remoteEndpoint": {"serviceName": self.name(to)},
        }));
        if reports {
            self.spans.push(json!({
                "traceId": trace, "id": server, "parentId": client, "kind": "SERVER", "name": "get /",
                "timestamp": at + 500, "duration": 1_000, "tags": tags,
                "localEndpoint": {"serviceName": self.name(to)},
            }));
        }
    }

    async fn post(&self) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let answer = client
            .post(format!("{}/api/v2/spans", server()))
            .json(&self.spans)
            .send()
            .await
            .expect("the server answers");
        assert_eq!(answer.status(), 202);
    }

    fn expected(&self, links: &[(&str, &str, u64, u64)]) -> Counted {
        links
            .iter()
            .map(|&(from, to, calls, errors)| ((self.name(from), self.name(to)), (calls, errors)))
            .collect()
    }
}

/// A source at work, of which only what belongs to one story is looked at.
struct Running {
    heard: mpsc::Receiver<Vec<Observation>>,
    control: (
        watch::Sender<NamespaceChoice>,
        watch::Sender<u64>,
        CancellationToken,
    ),
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(url: &str) -> Self {
        Self::patient(url, Duration::from_secs(10))
    }

    /// With another limit for one answer.
    fn patient(url: &str, timeout: Duration) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut settings = Settings::new(url).expect("a URL");
        settings.interval = Duration::from_secs(1);
        settings.long_interval = Duration::from_secs(2);
        settings.timeout = timeout;
        let (outlet, heard) = Outlet::new();
        let (namespaces, chosen) = watch::channel(NamespaceChoice::All);
        let (retry, retried) = watch::channel(0);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: chosen,
            retry: retried,
            stop: stop.clone(),
        };
        let task = tokio::spawn(Box::new(Zipkin::new(Some(settings))).run(outlet, control));
        Self {
            heard,
            control: (namespaces, retry, stop),
            task,
        }
    }

    /// Waits until `done` says so of the recent links, the long ones and the names of the story.
    async fn until(&mut self, story: &Story, done: impl Fn(&Counted, &Counted, &[String]) -> bool) {
        let (mut recent, mut long, mut names) = (Counted::new(), Counted::new(), Vec::new());
        let mut last = None;
        let waited = tokio::time::timeout(PATIENCE, async {
            while !done(&recent, &long, &names) {
                for said in self.heard.recv().await.expect("the source ended") {
                    match said {
                        Observation::Links(links) => {
                            let counted = links
                                .links
                                .iter()
                                .filter(|l| {
                                    l.caller.ends_with(&story.run) || l.callee.ends_with(&story.run)
                                })
                                .map(|l| {
                                    (
                                        (l.caller.to_string(), l.callee.to_string()),
                                        (l.calls, l.errors),
                                    )
                                })
                                .collect();
                            match links.span {
                                Span::Recent => recent = counted,
                                Span::Long => long = counted,
                            }
                        }
                        Observation::Names { names: all, .. } => {
                            names = all
                                .iter()
                                .filter(|name| name.ends_with(&story.run))
                                .map(ToString::to_string)
                                .collect();
                        }
                        // A busy server may time out now and then; what counts is the end.
                        Observation::Status(status) => last = Some(status),
                        _ => {}
                    }
                }
            }
        });
        assert!(
            waited.await.is_ok(),
            "never as expected: recent {recent:#?}, long {long:#?}, names {names:?}, {last:?}"
        );
    }

    /// Waits until a part is in trouble; gives what is said of it.
    async fn trouble(&mut self) -> String {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                for said in self.heard.recv().await.expect("the source ended") {
                    match said {
                        Observation::Status(status) => {
                            if let Some(SourceState::Stale { cause, .. }) = status.state {
                                return cause.to_string();
                            }
                        }
                        Observation::Uncounted { .. } => panic!("not so soon"),
                        _ => {}
                    }
                }
            }
        });
        waited.await.expect("it is told")
    }

    async fn stop(self) {
        self.control.2.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("stops")
            .expect("no panic");
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn links_are_counted_as_they_were_sent_in_both_windows() {
    let mut story = Story::new("counts");
    for _ in 0..3 {
        story.call("web", "cart", true, false);
    }
    story.call("web", "cart", true, true);
    // A database does not report; only its client names it.
    story.call("cart", "db", false, false);
    story.call("cart", "db", false, true);
    story.call("cart", "cart", true, false);
    story.post().await;
    let expected = story.expected(&[
        ("web", "cart", 4, 1),
        ("cart", "db", 2, 1),
        ("cart", "cart", 1, 0),
    ]);
    let reporting = [story.name("cart"), story.name("web")];

    let mut running = Running::start(&server());
    running
        .until(&story, |recent, long, names| {
            *recent == expected && *long == expected && names == reporting
        })
        .await;
    running.stop().await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_was_called_long_ago_is_in_the_long_window_only() {
    let mut story = Story::new("windows");
    let hour_ago = story.now - 3_600_000_000;
    story.call_at(hour_ago, "web", "old", true, false);
    story.call("web", "new", true, false);
    story.post().await;
    let recently = story.expected(&[("web", "new", 1, 0)]);
    let ever = story.expected(&[("web", "new", 1, 0), ("web", "old", 1, 0)]);

    let mut running = Running::start(&server());
    running
        .until(&story, |recent, long, _| {
            *recent == recently && *long == ever
        })
        .await;
    running.stop().await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn more_calls_are_added_while_it_runs() {
    let mut story = Story::new("more");
    story.call("web", "cart", true, false);
    story.post().await;
    // The address of the user interface, as a browser shows it, leads to the same API.
    let mut running = Running::start(&format!("{}/zipkin/", server()));
    let once = story.expected(&[("web", "cart", 1, 0)]);
    running
        .until(&story, |recent, long, _| *recent == once && *long == once)
        .await;

    story.call("web", "cart", true, true);
    // Sending the first call's spans again changes nothing: the server knows them.
    story.post().await;
    let twice = story.expected(&[("web", "cart", 2, 1)]);
    running
        .until(&story, |recent, long, _| *recent == twice && *long == twice)
        .await;
    running.stop().await;
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_was_called_while_the_way_was_cut_or_frozen_is_counted_afterwards() {
    let address = server().trim_start_matches("http://").parse();
    let wire = WireProxy::start(address.expect("an address")).await;
    for (how, says) in [
        (Wire::Cut, "the connection broke"),
        (Wire::Frozen, "no answer within 2 s"),
    ] {
        let mut story = Story::new(&format!("{how:?}").to_lowercase());
        story.call("web", "cart", true, false);
        story.post().await;
        let through = format!("http://{}", wire.address);
        let mut running = Running::patient(&through, Duration::from_secs(2));
        let once = story.expected(&[("web", "cart", 1, 0)]);
        running
            .until(&story, |recent, long, _| *recent == once && *long == once)
            .await;
        wire.set(how);
        let line = running.trouble().await;
        assert!(line.contains(says), "{line}");
        story.call("web", "cart", true, true);
        story.post().await;
        wire.set(Wire::Whole);
        let twice = story.expected(&[("web", "cart", 2, 1)]);
        running
            .until(&story, |recent, long, _| *recent == twice && *long == twice)
            .await;
        running.stop().await;
    }
}
