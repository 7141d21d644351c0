//! What a sample of traces counts, over a window: calls by caller, callee and operation.
//!
//! Polls overlap, so traces are told by their ids: each counts once, and one that has grown since replaces
//! itself. What is kept is bounded: the oldest traces go first, and then the sums say that they are a part.

mod sum;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::text::{self, Text};
use crate::model::usage::{Instance, Protocol, Sort, Uses};
use crate::trace::call::{self, Call};
use crate::trace::calls::calls_of;
use crate::trace::id::SpanId;
use crate::trace::operation::UNNAMED;
use crate::trace::span::Span;

/// Most calls that are kept; some 75 bytes each, and what they say once.
pub const CALL_LIMIT: usize = 150_000;
/// Most operations of one callee, the busiest; the rest are one.
pub const OPERATION_LIMIT: usize = 200;
/// Most uses in one sum, the busiest.
pub const USE_LIMIT: usize = 20_000;
/// Most sorts of exceptions of one use, the most frequent.
pub const EXCEPTION_LIMIT: usize = 5;
/// Most instances of all services together, the busiest.
pub const INSTANCE_LIMIT: usize = 5_000;
/// The name of the operations beyond the limit.
pub const OTHERS: &str = "(other operations)";

/// Traces of the last while, as calls.
#[derive(Debug)]
pub struct Tallies {
    window_ms: u64,
    limit: usize,
    traces: HashMap<u64, Kept>,
    /// By the newest span's time, then by id.
    order: BTreeSet<(i64, u64)>,
    /// Calls in `traces`.
    held: usize,
    /// The newest time of a trace that went for want of room, in ms since the epoch.
    dropped: Option<i64>,
    /// What calls have in common, held once.
    uses: HashSet<Arc<Key>>,
    thrown: HashSet<Arc<(Text, Text)>>,
    instances: HashSet<Arc<Instance>>,
}

/// One trace.
#[derive(Debug)]
struct Kept {
    id: Text,
    spans: usize,
    /// When its spans began, in ms since the epoch: in order, each once.
    times: Box<[i64]>,
    calls: Box<[Row]>,
    hidden: u64,
}

/// One call.
#[derive(Debug)]
struct Row {
    key: Arc<Key>,
    thrown: Option<Arc<(Text, Text)>>,
    instance: Option<Arc<Instance>>,
    span: Option<SpanId>,
    /// When it began, in µs since the epoch; 0 where nobody says.
    began: i64,
    duration: Option<u64>,
    failed: bool,
    is_unanswered: bool,
    is_5xx: bool,
}

/// Who used what of whom. The sort is no part of what a sum is by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    callee: Text,
    operation: Option<(Protocol, Text)>,
    caller: Option<Text>,
    sort: Sort,
}

impl Tallies {
    /// Nothing yet, for windows of this length in ms.
    #[must_use]
    pub fn new(window_ms: u64) -> Self {
        Self {
            window_ms,
            limit: CALL_LIMIT,
            traces: HashMap::new(),
            order: BTreeSet::new(),
            held: 0,
            dropped: None,
            uses: HashSet::new(),
            thrown: HashSet::new(),
            instances: HashSet::new(),
        }
    }

    /// Takes traces in, each the spans that share the lower half of an id, as [`super::traces::decode`]
    /// gives them. One that is known and has no more spans than before is not looked at.
    pub fn take(&mut self, traces: &[Vec<Span>]) {
        for spans in traces {
            let Some(id) = spans.first().map(|span| span.trace_id) else {
                continue;
            };
            let known = self.traces.get(&id.low());
            if known.is_some_and(|known| known.spans >= spans.len()) {
                continue;
            }
            self.forget(id.low());
            let kept = self.keep(Text::from(id.to_string()), spans);
            self.held += kept.calls.len();
            self.order.insert((kept.newest(), id.low()));
            self.traces.insert(id.low(), kept);
            self.make_room();
        }
    }

    /// What was counted in the window that ends at `ends`, by the server's clock: calls of all traces of
    /// which a span began in it, as the server counts its links. (Asked for traces of a window, a server
    /// gives those whose first span began in it: ask for somewhat more than the window.) `is_part` says that the server had more traces in it than were taken.
    /// Traces that are older go, so later windows must not end before this one.
    #[must_use]
    pub fn uses(&mut self, source: Text, ends: Timestamp, is_part: bool) -> Uses {
        let end = ends.as_millisecond();
        let length = i64::try_from(self.window_ms).unwrap_or(i64::MAX);
        let begin = end.saturating_sub(length);
        self.forget_before(begin);
        let within = |kept: &&Kept| {
            let first = kept.times.partition_point(|time| *time < begin);
            kept.times.get(first).is_some_and(|time| *time <= end)
        };
        let all = self.order.iter().filter_map(|(_, id)| self.traces.get(id));
        let kept: Vec<&Kept> = all.filter(within).collect();
        let sum = sum::of(&kept);
        Uses {
            source,
            window_ms: self.window_ms,
            ends,
            traces: kept.len() as u64,
            is_sample: is_part || sum.is_cut || self.dropped.is_some_and(|at| at >= begin),
            hidden: kept.iter().map(|kept| kept.hidden).sum(),
            uses: sum.uses,
            served: sum.served,
        }
    }

    /// Traces that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.traces.len()
    }

    /// Whether no trace is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    fn keep(&mut self, id: Text, spans: &[Span]) -> Kept {
        let given: Vec<&Span> = spans.iter().collect();
        let mut times: Vec<i64> = spans.iter().map(|span| span.timestamp / 1_000).collect();
        times.sort_unstable();
        times.dedup();
        let (mut calls, mut hidden) = (Vec::new(), 0);
        for call in calls_of(&given) {
            if call.noise.is_some() {
                hidden += 1;
            } else {
                calls.extend(self.row(&call));
            }
        }
        Kept {
            id,
            spans: spans.len(),
            times: times.into_boxed_slice(),
            calls: calls.into_boxed_slice(),
            hidden,
        }
    }

    /// A call as it is kept; `None` where the callee's name has nothing to show.
    fn row(&mut self, call: &Call) -> Option<Row> {
        let operation = call.operation.as_ref().map(|operation| {
            let name = shown(&operation.name).unwrap_or_else(|| Text::from(UNNAMED));
            (operation.protocol, name)
        });
        let key = Key {
            callee: shown(&call.callee)?,
            operation,
            caller: call.caller.as_deref().and_then(shown),
            sort: call.sort,
        };
        let thrown = call.exception.as_ref().map(|thrown| {
            let kind = shown(&thrown.kind).unwrap_or_else(|| Text::from(UNNAMED));
            once(&mut self.thrown, (kind, text::name(&thrown.message)))
        });
        let instance = call.instance.as_ref().and_then(instance);
        Some(Row {
            key: once(&mut self.uses, key),
            thrown,
            instance: instance.map(|instance| once(&mut self.instances, instance)),
            span: call.span,
            began: call.timestamp,
            duration: call.duration,
            is_unanswered: call.is_unanswered,
            failed: call.failed,
            is_5xx: call.is_5xx,
        })
    }

    fn make_room(&mut self) {
        while self.held > self.limit
            && let Some((newest, id)) = self.order.first().copied()
        {
            self.dropped = self.dropped.max(Some(newest));
            self.forget(id);
            self.forget_words();
        }
    }

    fn forget_before(&mut self, begin: i64) {
        while let Some((newest, id)) = self.order.first().copied()
            && newest < begin
        {
            self.forget(id);
        }
        self.forget_words();
    }

    fn forget(&mut self, id: u64) {
        if let Some(kept) = self.traces.remove(&id) {
            self.held -= kept.calls.len();
            self.order.remove(&(kept.newest(), id));
        }
    }

    /// Drops what no call says any more, once that may be half of it.
    fn forget_words(&mut self) {
        if self.uses.len() > self.held.max(1_000) {
            self.uses.retain(|key| Arc::strong_count(key) > 1);
        }
        if self.thrown.len() > self.held.max(1_000) {
            self.thrown.retain(|thrown| Arc::strong_count(thrown) > 1);
        }
        if self.instances.len() > self.held.max(1_000) {
            self.instances
                .retain(|instance| Arc::strong_count(instance) > 1);
        }
    }
}

impl Kept {
    fn newest(&self) -> i64 {
        self.times.last().copied().unwrap_or_default()
    }
}

/// The one of a set that is the same.
fn once<T: Eq + std::hash::Hash>(set: &mut HashSet<Arc<T>>, new: T) -> Arc<T> {
    if let Some(known) = set.get(&new) {
        return Arc::clone(known);
    }
    let new = Arc::new(new);
    set.insert(Arc::clone(&new));
    new
}

/// An instance as it is kept; `None` where nothing of it is left to tell it by.
fn instance(said: &call::Instance) -> Option<Instance> {
    let part = |raw: &Option<Arc<str>>| raw.as_deref().and_then(shown);
    let instance = Instance {
        version: part(&said.version),
        pod: part(&said.pod),
        address: part(&said.address),
    };
    (instance != Instance::default()).then_some(instance)
}

/// A name made harmless; `None` where nothing of it is left to show.
fn shown(raw: &str) -> Option<Text> {
    let name = text::name(raw);
    (!name.trim().is_empty()).then_some(name)
}
