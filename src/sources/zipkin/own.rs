//! Links by our own count, from the traces that were sampled: for servers that do not count them at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::observation::Link;
use crate::model::text::{self, Text};
use crate::trace::linker::{self, links_of};
use crate::trace::span::Span;

/// Most traces that are kept; the oldest go first.
const TRACE_LIMIT: usize = 20_000;

/// The links of the traces of the last while.
#[derive(Debug, Default)]
pub(super) struct OwnLinks {
    traces: HashMap<u64, Linked>,
    /// By the newest span's time, then by id.
    order: BTreeSet<(i64, u64)>,
}

/// The links of one trace.
#[derive(Debug)]
struct Linked {
    spans: usize,
    /// When its spans began, in ms since the epoch: in order, each once.
    times: Box<[i64]>,
    links: Vec<linker::Link>,
}

impl OwnLinks {
    /// Takes traces in, each with all its spans; says how many were not known.
    pub(super) fn take(&mut self, traces: &[Vec<Span>]) -> usize {
        let mut new = 0;
        for spans in traces {
            let Some(id) = spans.first().map(|span| span.trace_id.low()) else {
                continue;
            };
            match self.traces.get(&id) {
                Some(known) if known.spans >= spans.len() => continue,
                Some(_) => self.forget(id),
                None => new += 1,
            }
            let given: Vec<&Span> = spans.iter().collect();
            let mut times: Vec<i64> = spans.iter().map(|span| span.timestamp / 1_000).collect();
            times.sort_unstable();
            times.dedup();
            let linked = Linked {
                spans: spans.len(),
                times: times.into_boxed_slice(),
                links: links_of(&given),
            };
            self.order.insert((linked.newest(), id));
            self.traces.insert(id, linked);
            while self.order.len() > TRACE_LIMIT
                && let Some((_, oldest)) = self.order.first().copied()
            {
                self.forget(oldest);
            }
        }
        new
    }

    /// What was called in a window (ms since the epoch), counted as the server counts: all links of every
    /// trace of which a span began in it.
    pub(super) fn within(&self, begin: i64, end: i64) -> Vec<Link> {
        let mut sums: BTreeMap<(Text, Text), (u64, u64)> = BTreeMap::new();
        let is_within = |linked: &&Linked| {
            let first = linked.times.partition_point(|time| *time < begin);
            linked.times.get(first).is_some_and(|time| *time <= end)
        };
        for link in self
            .traces
            .values()
            .filter(is_within)
            .flat_map(|t| &t.links)
        {
            let ends = (text::name(&link.parent), text::name(&link.child));
            if ends.0.trim().is_empty() || ends.1.trim().is_empty() {
                continue;
            }
            let (calls, errors) = sums.entry(ends).or_default();
            *calls += link.call_count;
            *errors += link.error_count;
        }
        let links = sums.into_iter();
        links
            .map(|((caller, callee), (calls, errors))| Link {
                caller,
                callee,
                calls,
                errors,
            })
            .collect()
    }

    /// Forgets the traces that ended before a time, in ms since the epoch.
    pub(super) fn forget_before(&mut self, begin: i64) {
        while let Some((newest, id)) = self.order.first().copied()
            && newest < begin
        {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u64) {
        if let Some(linked) = self.traces.remove(&id) {
            self.order.remove(&(linked.newest(), id));
        }
    }
}

impl Linked {
    fn newest(&self) -> i64 {
        self.times.last().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::endpoint::Endpoint;
    use crate::trace::id::{SpanId, TraceId};
    use crate::trace::span::Kind;

    fn call(trace: u64, at_ms: i64, failed: bool) -> Vec<Span> {
        let mut span = Span::new(TraceId::new(0, trace), SpanId::new(trace));
        span.kind = Some(Kind::Client);
        span.timestamp = at_ms * 1_000;
        span.local_endpoint = Some(Arc::new(Endpoint::named("a")));
        span.remote_endpoint = Some(Arc::new(Endpoint::named("b")));
        if failed {
            span.tags.put("error", "");
        }
        vec![span]
    }

    #[test]
    fn a_window_counts_each_of_its_traces_once() {
        let mut own = OwnLinks::default();
        let traces = [call(1, 10, true), call(2, 20, false), call(3, 30, false)];
        assert_eq!(own.take(&traces), 3);
        assert_eq!(own.take(&traces), 0);
        let counted = |own: &OwnLinks, begin, end| {
            let links = own.within(begin, end);
            links.first().map(|link| (link.calls, link.errors))
        };
        assert_eq!(counted(&own, 10, 30), Some((3, 1)));
        assert_eq!(counted(&own, 11, 30), Some((2, 0)));
        assert_eq!(counted(&own, 31, 90), None);
        // One that has grown takes its own place.
        let grown = [call(2, 20, true), call(2, 40, true)].concat();
        assert_eq!(own.take(&[grown]), 0);
        own.forget_before(20);
        assert_eq!(counted(&own, 0, 90), Some((2, 1)));
    }
}
