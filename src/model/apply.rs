//! `apply(observations) -> changes`: the only mutator of the model; idempotent, tolerant of order.
//!
//! Observations change facts; changed facts mark elements ([`super::mark`]); marked elements are made anew
//! from the facts ([`super::settle`]), and those that differ are changes. Nothing is carried from one
//! application to the next but facts and indexes, so any order that ends in the same facts ends in the
//! same model.

use std::sync::Arc;

use jiff::Timestamp;

use super::Model;
use super::change::{Cause, Change};
use super::element::Element;
use super::graph::Relation;
use super::key::ElementKey;
use super::mark::{Dirty, mark_one};
use super::observation::{Happening, Observation};

/// What a batch of observations did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Changes of elements, in the order in which they must be applied.
    pub changes: Vec<Change>,
    /// Things that happened, as they came.
    pub happenings: Vec<Happening>,
}

impl Model {
    /// Applies a batch. `now` is our wall clock, for the changes' time.
    pub fn apply(&mut self, batch: Vec<Observation>, now: Timestamp) -> Applied {
        let applied = self.take_in(batch, now);
        while self.proceed() {}
        applied
    }

    /// Applies a batch, but for what takes long and makes no changes: that is left to [`Self::proceed`], and
    /// until then stands as it was.
    pub fn take_in(&mut self, batch: Vec<Observation>, now: Timestamp) -> Applied {
        let mut applied = Applied::default();
        let mut dirty = Dirty::default();
        for observation in batch {
            self.observe(observation, &mut dirty, &mut applied.happenings);
        }
        let mut out = Recorder {
            now,
            changes: &mut applied.changes,
        };
        self.settle(dirty, &mut out);
        if !applied.changes.is_empty() {
            self.telemetry_revision += 1;
            if applied.changes.iter().any(|c| c.cause != Cause::Telemetry) {
                self.revision += 1;
            }
        }
        applied
    }

    pub(super) fn observe(
        &mut self,
        observation: Observation,
        dirty: &mut Dirty,
        happenings: &mut Vec<Happening>,
    ) {
        match observation {
            Observation::Begin { scope, epoch } => self.facts.begin(&scope, epoch),
            Observation::End { scope, epoch } => {
                for change in self.facts.end(&scope, epoch) {
                    self.note(&change, dirty);
                }
                self.mark_watched(&scope, dirty);
            }
            Observation::Seen { scope, fact } => {
                if let Some(change) = self.facts.seen(&scope, fact) {
                    self.note(&change, dirty);
                }
            }
            Observation::Gone { scope, key } => {
                if let Some(change) = self.facts.gone(&scope, &key) {
                    self.note(&change, dirty);
                }
            }
            Observation::Adopt { from, to } => self.facts.adopt(&from, &to),
            Observation::Leave { scope } => {
                for change in self.facts.leave(&scope) {
                    self.note(&change, dirty);
                }
                self.mark_watched(&scope, dirty);
            }
            Observation::Behind { scope, behind } => self.facts.behind(&scope, behind),
            Observation::Happening(happening) => happenings.push(happening),
            Observation::Links(links) => {
                let first = self.telemetry.count(links);
                let cause = if first {
                    Cause::Baseline
                } else {
                    Cause::Telemetry
                };
                mark_one(&mut dirty.join, cause);
            }
            Observation::Uncounted { source, span } => {
                if self.telemetry.forget(source, span) {
                    // Nothing happened in the system: somebody does not tell any more.
                    mark_one(&mut dirty.join, Cause::Scope);
                }
            }
            Observation::Uses(uses) => {
                self.telemetry.sample(*uses);
                mark_one(&mut dirty.join, Cause::Telemetry);
            }
            Observation::Unsampled { source } => {
                if self.telemetry.unsample(&source) {
                    mark_one(&mut dirty.join, Cause::Scope);
                }
            }
            Observation::Names { source, names } => {
                if self.telemetry.hear(source, names) {
                    mark_one(&mut dirty.join, Cause::Telemetry);
                }
            }
            Observation::Hints { source, hints } => {
                if self.telemetry.hint(source, hints) {
                    mark_one(&mut dirty.join, Cause::Telemetry);
                }
            }
            // Nothing of the structure hangs on them: they are looked up when somebody asks.
            Observation::Readings(readings) => Arc::make_mut(&mut self.readings).read(*readings),
            Observation::Unread { source, part } => {
                Arc::make_mut(&mut self.readings).forget(&source, &part);
            }
            Observation::Status(status) => {
                let key = status.key.clone();
                if status.state.is_some() {
                    self.sources.insert(key, status);
                } else {
                    self.sources.remove(&key);
                }
                self.status_revision += 1;
            }
        }
    }

    /// Puts or takes an element and writes down what changed; nothing if nothing did.
    pub(super) fn record(
        &mut self,
        key: &ElementKey,
        element: Option<Element>,
        cause: Cause,
        out: &mut Recorder<'_>,
    ) {
        let Some(element) = element else {
            for (key, before) in self.graph.take(key) {
                self.sums.replace(Some(&before), None);
                self.seq += 1;
                out.push(self.seq, key, Some(before), None, cause);
            }
            return;
        };
        if self.graph.get(key).is_some_and(|old| **old == element) {
            return;
        }
        let relation = match &element {
            Element::Call(_) => Some(Relation::Calls),
            Element::Declared(_) => Some(Relation::Declares),
            _ => None,
        };
        let after = Arc::new(element);
        let before = match relation {
            Some(relation) => match self.graph.put_link(key, relation, after.clone()) {
                Ok(before) => before,
                // An end is not there: the link appears when it does.
                Err(_) => return,
            },
            None => self.graph.put(key, after.clone()),
        };
        self.sums.replace(before.as_deref(), Some(&after));
        self.seq += 1;
        out.push(self.seq, key.clone(), before, Some(after), cause);
    }
}

/// Collects changes with their time.
pub(super) struct Recorder<'a> {
    now: Timestamp,
    changes: &'a mut Vec<Change>,
}

impl Recorder<'_> {
    /// Our wall clock.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn push(
        &mut self,
        seq: u64,
        key: ElementKey,
        before: Option<Arc<Element>>,
        after: Option<Arc<Element>>,
        cause: Cause,
    ) {
        self.changes.push(Change {
            seq,
            at: self.now,
            key,
            before,
            after,
            cause,
        });
    }
}
