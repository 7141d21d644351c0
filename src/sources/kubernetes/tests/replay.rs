//! The plainest reading of what a source says: who claims which fact, and which lines are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::model::observation::{FactKey, Happening, Kind, Observation, Reading, Scope};
use crate::model::source::{SourceState, SourceStatus};
use crate::model::text::Text;
use crate::sources::BATCH_LIMIT;

/// What one scope says.
#[derive(Debug, Default)]
struct Claims {
    own: BTreeMap<FactKey, String>,
    /// Taken over, until the first list has ended.
    adopted: BTreeMap<FactKey, String>,
    list: Option<(u64, BTreeSet<FactKey>)>,
}

/// Everything said so far.
#[derive(Debug, Default)]
pub(super) struct Replay {
    claims: BTreeMap<Scope, Claims>,
    left: BTreeSet<Scope>,
    pub(super) lines: BTreeMap<(String, String), SourceStatus>,
    pub(super) happenings: Vec<Happening>,
    /// Every state that a line had, in order.
    pub(super) history: Vec<(String, SourceState)>,
    pub(super) ends: u64,
    /// Every state of the metrics' line, in order.
    pub(super) metrics: Vec<SourceState>,
    /// What was measured and not taken back, by part.
    pub(super) readings: BTreeMap<Text, Vec<Reading>>,
}

impl Replay {
    /// Reads until a condition holds; it must within ten seconds.
    pub(super) async fn until(
        &mut self,
        receiver: &mut mpsc::Receiver<Vec<Observation>>,
        what: &str,
        holds: impl Fn(&Self) -> bool,
    ) {
        let reading = async {
            while !holds(self) {
                let batch = receiver.recv().await.expect("the source goes on");
                self.take(batch);
            }
        };
        let came = timeout(Duration::from_secs(10), reading).await.is_ok();
        let pods = self.names(Kind::Pod);
        assert!(
            came,
            "never came: {what}; lines: {:#?}; pods: {pods:?}",
            self.states()
        );
    }

    pub(super) fn take(&mut self, batch: Vec<Observation>) {
        assert!(!batch.is_empty() && batch.len() <= BATCH_LIMIT);
        for observation in batch {
            self.apply(observation);
        }
    }

    fn apply(&mut self, observation: Observation) {
        match observation {
            Observation::Hints { .. } => panic!("the cluster says nothing of spans"),
            Observation::Begin { scope, epoch } => {
                self.left.remove(&scope);
                self.claims.entry(scope).or_default().list = Some((epoch, BTreeSet::new()));
            }
            Observation::Seen { scope, fact } => {
                let claims = self.claims(&scope);
                let key = fact.key();
                claims.own.insert(key.clone(), fact.meta().name.to_string());
                if let Some((_, seen)) = &mut claims.list {
                    seen.insert(key);
                }
            }
            Observation::Gone { scope, key } => {
                let claims = self.claims(&scope);
                claims.own.remove(&key);
                claims.adopted.remove(&key);
            }
            Observation::End { scope, epoch } => {
                self.ends += 1;
                let claims = self.claims(&scope);
                let (begun, seen) = claims.list.take().expect("a list begins before it ends");
                assert_eq!(begun, epoch, "epochs end as they began");
                claims.own.retain(|key, _| seen.contains(key));
                claims.adopted.clear();
            }
            Observation::Adopt { from, to } => {
                self.left.remove(&to);
                let claims = self.claims.get(&from);
                let taken: Vec<(FactKey, String)> = claims
                    .into_iter()
                    .flat_map(|claims| claims.own.iter().chain(&claims.adopted))
                    .filter(|(key, _)| {
                        to.namespace
                            .as_ref()
                            .is_none_or(|own| *own == key.namespace)
                    })
                    .map(|(key, name)| (key.clone(), name.clone()))
                    .collect();
                self.claims.entry(to).or_default().adopted.extend(taken);
            }
            Observation::Leave { scope } => {
                self.claims.remove(&scope);
                self.left.insert(scope);
            }
            Observation::Behind { .. } => {}
            Observation::Happening(happening) => self.happenings.push(happening),
            Observation::Status(status) => self.status(status),
            Observation::Readings(readings) => {
                self.readings
                    .insert(readings.part.clone(), readings.readings);
            }
            Observation::Unread { part, .. } => {
                self.readings.remove(&part);
            }
            Observation::Links(_)
            | Observation::Uncounted { .. }
            | Observation::Uses(_)
            | Observation::Unsampled { .. }
            | Observation::Names { .. } => {
                panic!("not from Kubernetes")
            }
        }
    }

    fn claims(&mut self, scope: &Scope) -> &mut Claims {
        assert!(
            !self.left.contains(scope),
            "something came after the leave of {scope:?}"
        );
        self.claims.entry(scope.clone()).or_default()
    }

    fn status(&mut self, status: SourceStatus) {
        let part = status.key.part.to_string();
        if part == "metrics" {
            // No cluster needs it, and most tests have none.
            self.metrics.extend(status.state);
            return;
        }
        let key = (
            part.clone(),
            status.key.namespace.as_deref().unwrap_or("*").to_owned(),
        );
        if let Some(state) = &status.state {
            self.history.push((part, state.clone()));
            self.lines.insert(key, status);
        } else {
            self.lines.remove(&key);
        }
    }

    /// What is known of a kind, as `namespace/name`.
    pub(super) fn names(&self, kind: Kind) -> Vec<String> {
        let claims = self.claims.values();
        let facts = claims.flat_map(|claims| claims.own.iter().chain(&claims.adopted));
        let facts = facts.filter(|(key, _)| key.kind == kind);
        let names: BTreeSet<String> = facts
            .map(|(key, name)| format!("{}/{name}", key.namespace))
            .collect();
        names.into_iter().collect()
    }

    pub(super) fn line(&self, part: &str) -> Option<&SourceState> {
        let line = self.lines.iter().find(|((own, _), _)| own == part)?;
        line.1.state.as_ref()
    }

    pub(super) fn word(&self, part: &str) -> &'static str {
        self.line(part).map_or("none", SourceState::word)
    }

    pub(super) fn all_live(&self, lines: usize) -> bool {
        self.lines.len() == lines
            && self
                .lines
                .values()
                .all(|l| l.state == Some(SourceState::Live))
    }

    /// The words that a line had, in order, without repetitions.
    pub(super) fn words(&self, part: &str) -> Vec<&'static str> {
        let own = self.history.iter().filter(|(own, _)| own == part);
        let mut words: Vec<&str> = own.map(|(_, state)| state.word()).collect();
        words.dedup();
        words
    }

    fn states(&self) -> Vec<(String, &Option<SourceState>)> {
        let lines = self.lines.iter();
        lines
            .map(|((part, namespace), l)| (format!("{part}/{namespace}"), &l.state))
            .collect()
    }
}
