//! The Kubernetes source at work on a cluster, and the model that its observations make.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "several suites share it, and each uses its part"
)]
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use portolan::model::Model;
use portolan::model::intent::{Intent, Stage};
use portolan::model::log::Log;
use portolan::model::observation::{Fact, Happening, Kind, NamespaceChoice, Observation, Scope};
use portolan::model::source::SourceState;
use portolan::model::text::Text;
use portolan::sources::kubernetes::{Kubernetes, Session, Settings};
use portolan::sources::{Control, Outlet, Source};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Far longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Entries of the log that are kept.
const LOG: usize = 10_000;

/// The lines of a source that watches everything or one namespace, of kinds that each server has: the session's own,
/// and one for each kind.
pub const LINES: usize = 1 + Kind::CLUSTER_WIDE.len() + Kind::NAMESPACED.len();

/// The source at work and what it said.
pub struct Watching {
    receiver: mpsc::Receiver<Vec<Observation>>,
    pub namespaces: watch::Sender<NamespaceChoice>,
    pub retry: watch::Sender<u64>,
    stop: CancellationToken,
    pub facts: BTreeMap<(Scope, String), Arc<Fact>>,
    /// What the lists that are under way have seen.
    listed: BTreeMap<Scope, BTreeSet<String>>,
    pub happenings: Vec<Happening>,
    pub lines: BTreeMap<(Text, Option<Text>), SourceState>,
    /// How the question is what pods use, which is beside the lists.
    pub metrics: Option<SourceState>,
    /// The parts' states in the order in which they were said.
    pub said: Vec<(Text, SourceState)>,
    pub skew_ms: Option<i64>,
    pub gone: usize,
    pub model: Model,
    /// What the event log tells of it.
    pub log: Log,
}

impl Watching {
    /// Starts the source in these namespaces.
    pub fn start(session: &Session, choice: NamespaceChoice) -> Self {
        let (outlet, receiver) = Outlet::new();
        let namespaces = watch::Sender::new(choice);
        let retry = watch::Sender::new(0);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: namespaces.subscribe(),
            retry: retry.subscribe(),
            stop: stop.clone(),
        };
        let settings = Settings {
            session: session.clone(),
        };
        let source: Box<dyn Source> = Box::new(Kubernetes::new(settings));
        tokio::spawn(source.run(outlet, control));
        Self {
            receiver,
            namespaces,
            retry,
            stop,
            facts: BTreeMap::new(),
            listed: BTreeMap::new(),
            happenings: Vec::new(),
            metrics: None,
            lines: BTreeMap::new(),
            said: Vec::new(),
            skew_ms: None,
            gone: 0,
            model: Model::new(session.context(), Vec::new()),
            log: Log::new(LOG, jiff::Timestamp::now()),
        }
    }

    /// Waits until what has been observed is as asked.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let reading = async {
            while !holds(self) {
                for observation in self.receiver.recv().await.expect("the source goes on") {
                    self.take(observation);
                }
            }
        };
        let came = timeout(PATIENCE, reading).await.is_ok();
        assert!(came, "never came: {what}; lines: {:#?}", self.lines);
    }

    /// Takes in what has come, and what comes within a moment.
    pub async fn look(&mut self, moment: Duration) {
        let end = tokio::time::Instant::now() + moment;
        while let Ok(batch) = tokio::time::timeout_at(end, self.receiver.recv()).await {
            for observation in batch.expect("the source goes on") {
                self.take(observation);
            }
        }
    }

    /// Waits until what is observed says that this was done; nothing else tells.
    pub async fn until_done(&mut self, sent: &Intent) {
        let what = format!("{:?} is done", sent.operation);
        let converges = |w: &Self| {
            let mut intent = sent.clone();
            let moved = intent.verify(w.model.sight(&intent), 0);
            moved && intent.stage == Stage::Converged
        };
        self.until(&what, converges).await;
    }

    fn take(&mut self, observation: Observation) {
        let now = jiff::Timestamp::now();
        let applied = self.model.apply(vec![observation.clone()], now);
        self.log.absorb(&applied, &self.model);
        match observation {
            Observation::Begin { scope, .. } => {
                self.listed.insert(scope, BTreeSet::new());
            }
            Observation::End { scope, .. } => {
                let seen = self.listed.remove(&scope).unwrap_or_default();
                self.facts
                    .retain(|(own, name), _| *own != scope || seen.contains(name));
            }
            Observation::Seen { scope, fact } => {
                if let Some(seen) = self.listed.get_mut(&scope) {
                    seen.insert(fact.key().name.to_string());
                }
                let key = (scope, fact.key().name.to_string());
                self.facts.insert(key, fact);
            }
            Observation::Gone { scope, key } => {
                self.gone += 1;
                self.facts.remove(&(scope, key.name.to_string()));
            }
            Observation::Leave { scope } => self.facts.retain(|(own, _), _| *own != scope),
            Observation::Happening(happening) => self.happenings.push(happening),
            Observation::Status(status) => {
                self.skew_ms = status.skew_ms.or(self.skew_ms);
                if &*status.key.part == "metrics" {
                    // No cluster needs it, and most have none.
                    self.metrics = status.state;
                    return;
                }
                let part = status.key.part.clone();
                self.said
                    .extend(status.state.clone().map(|state| (part, state)));
                // The server may well do without these.
                let is = |kind: &Kind| kind.plural() == &*status.key.part;
                if Kind::OPTIONAL.iter().any(is) {
                    return;
                }
                let key = (status.key.part, status.key.namespace);
                match status.state {
                    Some(state) => self.lines.insert(key, state),
                    None => self.lines.remove(&key),
                };
            }
            _ => {}
        }
    }

    /// Whether every line of the source says that what is shown is current.
    pub fn all_live(&self) -> bool {
        self.lines.len() >= LINES && self.lines.values().all(|state| *state == SourceState::Live)
    }

    /// How a part is, in whatever namespace.
    pub fn line(&self, part: &str) -> Option<&SourceState> {
        let line = self.lines.iter().find(|((own, _), _)| &**own == part);
        line.map(|(_, state)| state)
    }

    /// Whether every line says that what is shown is old.
    pub fn all_stale(&self) -> bool {
        let mut all = self.lines.values();
        all.all(|state| matches!(state, SourceState::Stale { .. }))
    }

    pub fn names(&self, kind: Kind) -> BTreeSet<String> {
        let all = self
            .facts
            .iter()
            .filter(|((scope, _), _)| scope.kind == kind);
        all.map(|(_, fact)| fact.meta().name.to_string()).collect()
    }

    pub fn ready_pods(&self) -> usize {
        let is_ready =
            |fact: &&Arc<Fact>| matches!(&***fact, Fact::Pod(pod) if pod.ready == Some(true));
        self.facts.values().filter(is_ready).count()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
