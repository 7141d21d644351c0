//! Whether what is seen is what there is, and what was told meanwhile.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portolan::app::headless::{self, Request, Streams};
use portolan::model::log::{Entry, Past};
use portolan::model::observation::{Fact, Kind, NamespaceChoice};
use portolan::sources::Source;
use portolan::sources::kubernetes::{Kubernetes, Session, Settings};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::real::truth::{Truth, said, truth};
use crate::watching::Watching;

/// How soon after a fault is over all must be as it is.
const HEALED: Duration = Duration::from_secs(10);
/// How long what has come is read between two looks at the server.
const LOOK: Duration = Duration::from_millis(200);

/// What is seen, in the words of the truth: facts of all kinds.
fn seen(watching: &Watching) -> Truth {
    let line = |fact: &Fact| {
        let state = match fact {
            Fact::Pod(pod) if pod.ready == Some(true) => "ready".to_owned(),
            Fact::Workload(workload)
                if matches!(
                    workload.kind,
                    Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet
                ) =>
            {
                format!("{}/{}", workload.ready, workload.desired.unwrap_or(0))
            }
            _ => String::new(),
        };
        let meta = fact.meta();
        said(
            fact.key().kind,
            &meta.namespace,
            &meta.name,
            &meta.uid,
            &state,
        )
    };
    watching.facts.values().map(|fact| line(fact)).collect()
}

/// The pods and Services that the model shows, and those that it should.
fn modelled(watching: &Watching, truth: &Truth) -> (BTreeSet<String>, BTreeSet<String>) {
    let name =
        |kind: Kind, namespace: &str, name: &str| format!("{} {namespace}/{name}", kind.plural());
    let pods = watching.model.components();
    let pods = pods.map(|pod| name(Kind::Pod, &pod.namespace, &pod.name));
    let services = watching.model.services();
    let services = services.map(|service| name(Kind::Service, &service.namespace, &service.name));
    let shown = pods.chain(services).collect();
    let there = truth.iter().filter_map(|line| {
        let mut words = line.split(' ');
        let (kind, place) = (words.next()?, words.next()?);
        let is_shown = kind == Kind::Pod.plural() || kind == Kind::Service.plural();
        is_shown.then(|| format!("{kind} {place}"))
    });
    (shown, there.collect())
}

/// Waits until everything is as kubectl says, and everything says that it is live: no ghosts, nothing lost.
pub async fn agrees_soon(
    watching: &mut Watching,
    kubeconfig: Option<&Path>,
    namespace: Option<&str>,
) {
    let begun = Instant::now();
    loop {
        watching.look(LOOK).await;
        let asked = begun.elapsed();
        let there = truth(kubeconfig, namespace).await;
        watching.look(LOOK).await;
        // Namespaces and machines are seen whole; so they are asked for whole.
        let seen = seen(watching);
        let (shown, should) = modelled(watching, &there);
        if seen == there && shown == should && watching.all_live() {
            eprintln!("as it is within {:.1} s", asked.as_secs_f32());
            return;
        }
        let ghosts: Vec<&String> = seen.difference(&there).collect();
        let lost: Vec<&String> = there.difference(&seen).collect();
        assert!(
            asked < HEALED,
            "not as it is: ghosts {ghosts:#?}, lost {lost:#?}, shown {shown:#?}, lines {:#?}",
            watching.lines
        );
    }
}

/// What `portolan events` tells meanwhile.
pub struct Narrator {
    told: Told,
    _task: AbortOnDropHandle<()>,
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>, Arc<Notify>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("whole").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.1.notify_one();
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a renderer may fail")]
fn line(entry: &Entry) -> Result<String, serde_json::Error> {
    let past = match entry.past {
        Some(Past::WhileDisconnected) => "past",
        Some(Past::BeforeStart) => "before",
        None => "now",
    };
    let origin = entry.origin.word();
    Ok(format!("{origin} {past} {}: {}", entry.name, entry.text))
}

impl Narrator {
    /// Starts it; returns when its first lists are complete.
    pub async fn start(session: &Session, namespaces: NamespaceChoice) -> Self {
        let told = Told::default();
        let request = Request {
            context: session.context().clone(),
            mapping: Vec::new(),
            namespaces,
            timeout: Duration::from_secs(60),
        };
        let settings = Settings {
            session: session.clone(),
        };
        let (mut out, mut err) = (told.clone(), std::io::sink());
        let task = tokio::spawn(async move {
            let sources: Vec<Box<dyn Source>> = vec![Box::new(Kubernetes::new(settings))];
            let to = Streams {
                out: &mut out,
                err: &mut err,
            };
            let ended = headless::events(&request, sources, line, None, to).await;
            ended.expect("a buffer takes everything");
        });
        let task = AbortOnDropHandle::new(task);
        told.1.notified().await;
        Self { told, _task: task }
    }

    /// Waits until a line has this.
    pub async fn until(&self, part: &str) {
        let waiting = async {
            while !self.told("").iter().any(|line| line.contains(part)) {
                self.told.1.notified().await;
            }
        };
        let came = tokio::time::timeout(HEALED, waiting).await;
        assert!(came.is_ok(), "never told: {part}: {:#?}", self.told(""));
    }

    /// `self now portolan: kubernetes: …`, `model past cart: …`: the lines of an origin and a time.
    pub fn told(&self, start: &str) -> Vec<String> {
        let told = self.told.0.lock().expect("whole").clone();
        let told = String::from_utf8(told).expect("text");
        let lines = told.lines().filter_map(|line| line.strip_prefix(start));
        lines.map(str::to_owned).collect()
    }
}
