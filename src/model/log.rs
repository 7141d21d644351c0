//! One live log: Kubernetes Events, changes of the model, changes in the traces, and what Portolan did.
//!
//! Bounded, folded, in the order of time. It is made of [`Change`]s and happenings alone, so a journal
//! can be read back into the same log. What only telemetry's counts or our own coming and going
//! changed is not news, and is not told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Model;
use super::apply::Applied;
use super::change::{Cause, Change};
use super::index::put;
use super::key::ElementKey;
use super::observation::Happening;
use super::source::SourceState;
use super::tell;
use super::text::{self, Text};

/// How much an entry matters: the log's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Under way.
    Notice,
    /// Somebody should look.
    Warning,
}

impl Severity {
    /// The sign, which needs no colour.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Info => 'i',
            Self::Notice => '~',
            Self::Warning => '!',
        }
    }
}

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// An Event of the cluster.
    Kubernetes,
    /// A change of the model.
    Model,
    /// A change in the traces.
    Trace,
    /// Portolan itself.
    Portolan,
}

impl Origin {
    /// The word of the log's source column.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kubernetes => "k8s",
            Self::Model => "model",
            Self::Trace => "trace",
            Self::Portolan => "self",
        }
    }
}

/// Why an entry is not from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Past {
    /// It happened before Portolan came.
    BeforeStart,
    /// It happened at some time while a watch was down.
    WhileDisconnected,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counted up; a folded entry gets a new one when it happens again.
    pub id: u64,
    /// When it happened last.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// Who tells.
    pub origin: Origin,
    /// The element it is about, where there is one to jump to.
    pub subject: Option<ElementKey>,
    /// The subject's namespace.
    pub namespace: Option<Text>,
    /// The subject's name.
    pub name: Text,
    /// What happened.
    pub text: Text,
    /// How often.
    pub count: u32,
    /// Why it is not from now.
    pub past: Option<Past>,
}

/// How far back an equal entry is looked for before a repeat becomes a line of its own.
const FOLD_REACH: usize = 200;

/// Where an entry stands.
type Place = (Timestamp, u64);

/// Differences that a returned connection brings and that are told one by one; more are counted.
const CAUGHT_UP: u32 = 20;
/// After so long without one, the next is of another outage.
const OUTAGES_APART: SignedDuration = SignedDuration::from_secs(30);

/// What a returned connection brought so far.
#[derive(Clone, Copy, Debug, Default)]
struct CatchUp {
    last: Option<Timestamp>,
    told: u32,
    more: u32,
    /// The entry that counts the rest.
    counted: Option<Place>,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// By time and, of one time, by number.
    entries: BTreeMap<Place, Entry>,
    /// Where the entries about an element stand.
    about: HashMap<ElementKey, BTreeSet<Place>>,
    limit: usize,
    dropped: u64,
    folded: u64,
    next: u64,
    started: Timestamp,
    /// The entry of each Kubernetes Event, by uid, and the count that was told.
    events: HashMap<Text, (Place, u32)>,
    /// Events about what is not known while first lists are on their way: they wait for it.
    early: Vec<Happening>,
    catch_up: CatchUp,
    /// All connectors are silent, and that was told.
    is_mute: bool,
}

/// The element that an Event is about.
fn object(happening: &Happening, model: &Model) -> Option<ElementKey> {
    model.find_object(
        &happening.kind,
        &happening.namespace,
        &happening.name,
        &happening.object_uid,
    )
}

/// Whether lists of what Events may be about are on their way.
fn is_loading(model: &Model) -> bool {
    let mut sources = model.sources().values();
    sources.any(|s| {
        &*s.key.source == "kubernetes"
            && &*s.key.part != "events"
            && s.state.as_ref().is_some_and(SourceState::is_loading)
    })
}

impl Log {
    /// An empty log that keeps at most `limit` entries; what happened before `started` is marked.
    #[must_use]
    pub fn new(limit: usize, started: Timestamp) -> Self {
        Self {
            entries: BTreeMap::new(),
            about: HashMap::new(),
            limit: limit.max(1),
            dropped: 0,
            folded: 0,
            next: 0,
            started,
            events: HashMap::new(),
            early: Vec::new(),
            catch_up: CatchUp::default(),
            is_mute: false,
        }
    }

    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.values()
    }

    /// The last entries about these elements, at most so many of each, oldest first.
    #[must_use]
    pub fn about<'a>(
        &self,
        subjects: impl Iterator<Item = &'a ElementKey>,
        limit: usize,
    ) -> Vec<&Entry> {
        let places = subjects.filter_map(|subject| self.about.get(subject));
        let last = places.flat_map(|places| places.iter().rev().take(limit));
        let mut last: Vec<&Place> = last.collect();
        last.sort_unstable();
        let first = last.len().saturating_sub(limit);
        let last = last.into_iter().skip(first);
        last.filter_map(|place| self.entries.get(place)).collect()
    }

    /// How many entries the limit has cost so far.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many repeats were folded into one line so far.
    #[must_use]
    pub const fn folded(&self) -> u64 {
        self.folded
    }

    /// Moves with every entry and every repeat.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.next
    }

    /// Takes in what an application of observations did; returns the new and repeated entries.
    pub fn absorb(&mut self, applied: &Applied, model: &Model) -> Vec<Entry> {
        let mut told = Vec::new();
        let uncounted = self.catch_up.more;
        let changes = applied.changes.iter();
        let mut changes: Vec<&Change> = changes
            .filter(|change| !matches!(change.cause, Cause::Baseline | Cause::Scope))
            .collect();
        // Of many differences only the first are told one by one: not each pod of a type before the type.
        changes.sort_by_key(|change| {
            change.cause == Cause::WhileDisconnected
                && matches!(change.key, ElementKey::Component { .. })
        });
        told.extend(self.hear(&changes, model));
        if self.is_mute {
            changes.retain(|change| !tell::is_silence(change));
        }
        changes.retain(|change| !tell::is_relapse(change, model));
        for change in changes {
            let past =
                (change.cause == Cause::WhileDisconnected).then_some(Past::WhileDisconnected);
            for news in tell::tell(change) {
                if past.is_some() && !self.catches_up(change.at) {
                    continue;
                }
                let element = change.after.as_ref().or(change.before.as_ref());
                let namespace = match &news.subject {
                    Some(subject) => subject.namespace().cloned(),
                    None => element.and_then(|e| e.namespace().cloned()),
                };
                let entry = Entry {
                    id: 0,
                    at: change.at,
                    severity: news.severity,
                    origin: news.origin,
                    subject: Some(news.subject.unwrap_or_else(|| change.key.clone())),
                    namespace,
                    name: news.name,
                    text: text::message(&news.text),
                    count: 1,
                    past,
                };
                told.push(self.add(entry));
            }
        }
        if self.catch_up.more > uncounted {
            told.push(self.count_the_rest());
        }
        let loading = is_loading(model);
        if !loading && !self.early.is_empty() {
            let mut early = std::mem::take(&mut self.early);
            early.sort_by_key(|happening| happening.at);
            told.extend(early.iter().filter_map(|early| self.happen(early, model)));
        }
        for happening in &applied.happenings {
            if loading && object(happening, model).is_none() {
                self.wait(happening);
            } else {
                told.extend(self.happen(happening, model));
            }
        }
        told
    }

    /// That all connectors went silent at once is one piece of news and no verdict: whoever traces may have
    /// stopped. Likewise that they are heard again.
    fn hear(&mut self, changes: &[&Change], model: &Model) -> Option<Entry> {
        let silenced = changes.iter().filter(|change| tell::is_silence(change));
        let silenced = silenced.count();
        let is_mute = (silenced > 1 || self.is_mute) && !model.is_any_called();
        if is_mute == self.is_mute {
            return None;
        }
        self.is_mute = is_mute;
        let at = changes.first()?.at;
        let window_ms = model.recent_window_ms().unwrap_or_default();
        Some(if is_mute {
            let text = format!(
                "no call was traced for {} s, on none of {silenced} connectors: nobody calls, or nobody traces",
                window_ms / 1000
            );
            self.note(at, Severity::Warning, None, &text)
        } else {
            self.note(at, Severity::Notice, None, "calls are traced again")
        })
    }

    /// Whether one more difference of an outage is told by itself.
    fn catches_up(&mut self, at: Timestamp) -> bool {
        let so_far = &mut self.catch_up;
        if so_far
            .last
            .is_none_or(|last| at.duration_since(last) > OUTAGES_APART)
        {
            *so_far = CatchUp::default();
        }
        so_far.last = Some(at);
        let is_told = so_far.told < CAUGHT_UP;
        so_far.told += u32::from(is_told);
        so_far.more += u32::from(!is_told);
        is_told
    }

    /// One entry for all that an outage has hidden and that is not told by itself.
    fn count_the_rest(&mut self) -> Entry {
        let CatchUp {
            last,
            more,
            counted,
            ..
        } = self.catch_up;
        if let Some(place) = counted {
            self.remove(place);
        }
        let entry = self.insert(Entry {
            id: 0,
            at: last.unwrap_or(self.started),
            severity: Severity::Notice,
            origin: Origin::Model,
            subject: None,
            namespace: None,
            name: "portolan".into(),
            text: text::message(&format!("{more} more changes, too many to tell one by one")),
            count: 1,
            past: Some(Past::WhileDisconnected),
        });
        self.catch_up.counted = Some((entry.at, entry.id));
        entry
    }

    /// Puts an Event off until all lists are there; the newest are kept, as the log itself would keep them.
    fn wait(&mut self, happening: &Happening) {
        self.early.push(happening.clone());
        if self.early.len() > self.limit * 2 {
            self.early.sort_by_key(|early| std::cmp::Reverse(early.at));
            self.dropped += (self.early.len() - self.limit) as u64;
            self.early.truncate(self.limit);
        }
    }

    /// What Portolan itself did or noticed.
    pub fn note(
        &mut self,
        at: Timestamp,
        severity: Severity,
        subject: Option<(ElementKey, Text)>,
        text: &str,
    ) -> Entry {
        let (subject, name) = subject.map_or((None, "portolan".into()), |(k, n)| (Some(k), n));
        self.add(Entry {
            id: 0,
            at,
            severity,
            origin: Origin::Portolan,
            namespace: subject.as_ref().and_then(|k| k.namespace().cloned()),
            subject,
            name,
            text: text::message(text),
            count: 1,
            past: None,
        })
    }

    fn happen(&mut self, happening: &Happening, model: &Model) -> Option<Entry> {
        let mut count = happening.count.max(1);
        if let Some((place, told)) = self.events.get(&happening.uid).copied() {
            // A list that is repeated tells every Event again.
            if count <= told {
                return None;
            }
            if self.remove(place).is_some() {
                self.folded += u64::from(count - told);
            }
        }
        count = count.max(1);
        let subject = object(happening, model);
        let entry = Entry {
            id: 0,
            at: happening.at,
            severity: if happening.warning {
                Severity::Warning
            } else {
                Severity::Info
            },
            origin: Origin::Kubernetes,
            subject,
            namespace: (!happening.namespace.is_empty()).then(|| happening.namespace.clone()),
            name: happening.name.clone(),
            text: text::message(&format!("{}: {}", happening.reason, happening.message)),
            count,
            past: (happening.at < self.started).then_some(Past::BeforeStart),
        };
        let entry = self.insert(entry);
        self.events
            .insert(happening.uid.clone(), ((entry.at, entry.id), entry.count));
        self.forget_events();
        Some(entry)
    }

    /// Adds an entry, or counts up an equal one that is near.
    fn add(&mut self, mut entry: Entry) -> Entry {
        let mut near = self.entries.iter().rev().take(FOLD_REACH);
        let equal = near.find(|(_, e)| {
            e.origin == entry.origin && e.subject == entry.subject && e.text == entry.text
        });
        let equal = equal.map(|(place, _)| *place);
        if let Some(old) = equal.and_then(|place| self.remove(place)) {
            entry.count = old.count.saturating_add(1);
            self.folded += 1;
        }
        self.insert(entry)
    }

    fn insert(&mut self, mut entry: Entry) -> Entry {
        self.next += 1;
        entry.id = self.next;
        let place = (entry.at, entry.id);
        if let Some(subject) = &entry.subject {
            put(&mut self.about, subject.clone(), &place, true);
        }
        self.entries.insert(place, entry.clone());
        if self.entries.len() > self.limit
            && let Some(oldest) = self.entries.keys().next().copied()
        {
            self.remove(oldest);
            self.dropped += 1;
        }
        entry
    }

    fn remove(&mut self, place: Place) -> Option<Entry> {
        let entry = self.entries.remove(&place)?;
        if let Some(subject) = &entry.subject {
            put(&mut self.about, subject.clone(), &place, false);
        }
        Some(entry)
    }

    /// Keeps the memory of Events bounded like the log itself.
    fn forget_events(&mut self) {
        if self.events.len() > self.limit * 2 {
            let entries = &self.entries;
            self.events
                .retain(|_, (place, _)| entries.contains_key(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::observation::{Fact, Kind, Meta, Observation, Scope, WorkloadFact};
    use crate::model::source::{SourceKey, SourceStatus};

    fn status(state: SourceState) -> Observation {
        Observation::Status(SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: "deployments".into(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::UNIX_EPOCH,
            address: None,
            interval_ms: None,
            skew_ms: None,
        })
    }

    fn cart() -> Observation {
        let fact = WorkloadFact {
            kind: Kind::Deployment,
            meta: Meta {
                namespace: "shop".into(),
                name: "cart".into(),
                uid: "1".into(),
                ..Meta::default()
            },
            generation: None,
            observed_generation: None,
            desired: Some(0),
            current: 0,
            ready: 0,
            updated: None,
            failed: 0,
            suspended: false,
            schedule: None,
            images: Vec::new(),
            troubles: Vec::new(),
            complete: false,
            mentions: Vec::new(),
            parameters: std::sync::Arc::default(),
        };
        Observation::Seen {
            scope: scope(),
            fact: Arc::new(Fact::Workload(Box::new(fact))),
        }
    }

    fn scope() -> Scope {
        Scope {
            source: "kubernetes".into(),
            kind: Kind::Deployment,
            namespace: None,
        }
    }

    /// A list of so many Deployments, each of which wants `desired` pods.
    fn list(epoch: u64, number: usize, desired: u32) -> Vec<Observation> {
        let scope = scope();
        let begin = Observation::Begin {
            scope: scope.clone(),
            epoch,
        };
        let seen = (0..number).map(|at| {
            let mut fact = cart();
            if let Observation::Seen { fact, .. } = &mut fact
                && let Fact::Workload(workload) = Arc::make_mut(fact)
            {
                workload.meta.name = format!("cart-{at}").into();
                workload.meta.uid = format!("{at}").into();
                workload.desired = Some(desired);
            }
            fact
        });
        let end = Observation::End { scope, epoch };
        std::iter::once(begin).chain(seen).chain([end]).collect()
    }

    #[test]
    fn what_an_outage_has_hidden_is_no_flood() {
        let at = Timestamp::UNIX_EPOCH;
        let mut model = Model::new("test", Vec::new());
        let mut log = Log::new(1000, at);
        let mut printed = 0;
        let mut lists = |epoch, desired, at| {
            for batch in list(epoch, 100, desired).chunks(30) {
                let applied = model.apply(batch.to_vec(), at);
                printed += log.absorb(&applied, &model).len();
            }
            log.entries()
                .map(|e| (e.past.is_some(), e.text.to_string()))
                .collect::<Vec<_>>()
        };
        assert!(lists(1, 0, at).is_empty());
        let told = lists(2, 1, at);
        assert_eq!(told.len(), 21, "{told:?}");
        assert!(told.iter().all(|(past, _)| *past));
        let rest = told.iter().filter(|(_, text)| text.contains("80 more"));
        assert_eq!(rest.count(), 1, "{told:?}");
        // Another outage is told anew.
        let later = at + SignedDuration::from_mins(5);
        assert_eq!(lists(3, 2, later).len(), 42);
        assert!(printed < 60, "{printed} lines");
    }

    #[test]
    fn an_event_that_comes_before_its_object_leads_to_it_all_the_same() {
        let at = Timestamp::UNIX_EPOCH;
        let happened = |name: &str| {
            Observation::Happening(Happening {
                uid: name.into(),
                count: 1,
                warning: false,
                reason: "ScalingReplicaSet".into(),
                message: "Scaled up".into(),
                kind: "Deployment".into(),
                namespace: "shop".into(),
                name: name.into(),
                object_uid: name.into(),
                at,
            })
        };
        let mut model = Model::new("test", Vec::new());
        let mut log = Log::new(100, at);
        let mut absorb = |batch| {
            let applied = model.apply(batch, at);
            let told = log.absorb(&applied, &model);
            told.into_iter()
                .filter(|e| e.origin == Origin::Kubernetes)
                .map(|e| (e.name.to_string(), e.subject.is_some()))
                .collect::<Vec<_>>()
        };
        let early = vec![
            status(SourceState::Loading { seen: 0 }),
            happened("cart"),
            happened("gone"),
        ];
        assert!(absorb(early).is_empty());
        assert!(absorb(vec![status(SourceState::Loading { seen: 1 })]).is_empty());
        assert!(absorb(vec![cart()]).is_empty());
        let live = vec![status(SourceState::Live)];
        let both = [("cart".to_owned(), true), ("gone".to_owned(), false)];
        assert_eq!(absorb(live), both);
        assert!(absorb(Vec::new()).is_empty());
    }
}
