//! The sums over the calls of a window.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{EXCEPTION_LIMIT, INSTANCE_LIMIT, Kept, Key, OPERATION_LIMIT, OTHERS, Row, USE_LIMIT};
use crate::model::example::{self, EXAMPLE_LIMIT, Example};
use crate::model::text::Text;
use crate::model::usage::{Instance, Protocol, Served, Sort, Tally, Thrown, Use};

/// The uses in order of names, or the busiest ones.
pub(super) struct Sum {
    pub(super) uses: Vec<Use>,
    /// What instances served, in order, or the busiest ones.
    pub(super) served: Vec<Served>,
    /// Whether there were more than are told.
    pub(super) is_cut: bool,
}

/// One use in the making.
#[derive(Default)]
struct Making<'a> {
    sort: Sort,
    tally: Tally,
    thrown: HashMap<&'a Text, Thrown>,
}

/// By what calls are added up: all of a key but the sort.
type Place<'a> = (&'a Text, Option<(Protocol, &'a Text)>, Option<&'a Text>);

/// The sums over traces, given from the oldest to the newest.
pub(super) fn of(traces: &[&Kept]) -> Sum {
    let rows = || traces.iter().flat_map(|kept| &kept.calls);
    let beyond = beyond(rows());
    let others = Text::from(OTHERS);
    let mut places: HashMap<&Key, usize> = HashMap::new();
    let mut joined: BTreeMap<Place<'_>, usize> = BTreeMap::new();
    let mut making: Vec<Making<'_>> = Vec::new();
    for kept in traces {
        for row in &kept.calls {
            let at = *places.entry(&row.key).or_insert_with(|| {
                let of = row.key.operation.as_ref();
                let operation = of.map(|(protocol, name)| {
                    let is_beyond = beyond.contains(&(&row.key.callee, *protocol, name));
                    if is_beyond {
                        (Protocol::Span, &others)
                    } else {
                        (*protocol, name)
                    }
                });
                let place = (&row.key.callee, operation, row.key.caller.as_ref());
                *joined.entry(place).or_insert_with(|| {
                    making.push(Making::default());
                    making.len() - 1
                })
            });
            if let Some(making) = making.get_mut(at) {
                making.add(row, (&kept.id, kept.newest()));
            }
        }
    }
    let mut made: Vec<Option<Making<'_>>> = making.into_iter().map(Some).collect();
    let mut uses: Vec<Use> = joined
        .into_iter()
        .filter_map(|(place, at)| Some(made.get_mut(at)?.take()?.finish(place)))
        .collect();
    let is_cut = uses.len() > USE_LIMIT;
    if is_cut {
        // Stable, so that of those that are as busy the same ones stay.
        uses.sort_by_key(|used| Reverse(used.tally.calls));
        uses.truncate(USE_LIMIT);
    }
    let (served, is_short) = served(traces);
    Sum {
        uses,
        served,
        is_cut: is_cut || is_short,
    }
}

/// What instances served, and whether some are left out.
fn served(traces: &[&Kept]) -> (Vec<Served>, bool) {
    let mut making: BTreeMap<(&Text, &Instance), Making<'_>> = BTreeMap::new();
    for kept in traces {
        for row in &kept.calls {
            if let Some(instance) = &row.instance {
                let making = making.entry((&row.key.callee, instance)).or_default();
                making.add(row, (&kept.id, kept.newest()));
            }
        }
    }
    let mut served: Vec<Served> = making
        .into_iter()
        .map(|((callee, instance), making)| Served {
            callee: callee.clone(),
            instance: instance.clone(),
            tally: making.tally(),
        })
        .collect();
    let is_short = served.len() > INSTANCE_LIMIT;
    if is_short {
        served.sort_by_key(|served| Reverse(served.tally.calls));
        served.truncate(INSTANCE_LIMIT);
    }
    (served, is_short)
}

/// The operations that are beyond the limit of their callee.
fn beyond<'a>(rows: impl Iterator<Item = &'a Row>) -> HashSet<(&'a Text, Protocol, &'a Text)> {
    let mut calls: HashMap<&Key, u64> = HashMap::new();
    for row in rows {
        *calls.entry(&row.key).or_default() += 1;
    }
    let mut callees: HashMap<&Text, BTreeMap<(Protocol, &Text), u64>> = HashMap::new();
    for (key, calls) in calls {
        if let Some((protocol, name)) = &key.operation {
            let operations = callees.entry(&key.callee).or_default();
            *operations.entry((*protocol, name)).or_default() += calls;
        }
    }
    let mut beyond = HashSet::new();
    for (callee, operations) in callees {
        let mut operations: Vec<_> = operations.into_iter().collect();
        operations.sort_by_key(|(_, calls)| Reverse(*calls));
        let rest = operations.into_iter().skip(OPERATION_LIMIT);
        beyond.extend(rest.map(|((protocol, name), _)| (callee, protocol, name)));
    }
    beyond
}

impl<'a> Making<'a> {
    /// Adds a call of a trace that is newer than those before.
    fn add(&mut self, row: &'a Row, (trace, newest): (&Text, i64)) {
        let tally = &mut self.tally;
        self.sort = self.sort.max(row.key.sort);
        tally.calls += 1;
        tally.errors += u64::from(row.failed);
        tally.unflagged += u64::from(row.is_5xx && !row.failed);
        tally.unanswered += u64::from(row.is_unanswered);
        let example = || Example {
            trace: trace.clone(),
            span: row.span,
            at_ms: match row.began {
                0 => newest,
                began => began / 1_000,
            },
            took_us: row.duration,
            thrown: row.thrown.as_deref().map(|(kind, _)| kind.clone()),
        };
        if let Some(us) = row.duration {
            tally.latency.add(us);
            // The usual call is none of the slowest, and costs nothing here.
            let least = tally.slowest.get(EXAMPLE_LIMIT - 1);
            if least.is_none_or(|least| least.took_us <= Some(us)) {
                example::keep_slow(&mut tally.slowest, &example());
            }
        }
        if row.failed || row.is_5xx {
            example::keep_new(&mut tally.failed, &example());
        }
        if let Some((kind, message)) = row.thrown.as_deref() {
            let thrown = self.thrown.entry(kind).or_insert_with(|| Thrown {
                kind: kind.clone(),
                message: message.clone(),
                times: 0,
                trace: trace.clone(),
                trace_ms: newest,
            });
            thrown.times += 1;
            thrown.message.clone_from(message);
            thrown.trace.clone_from(trace);
            thrown.trace_ms = newest;
        }
    }

    fn tally(self) -> Tally {
        let mut tally = self.tally;
        tally.exceptions = self.thrown.into_values().collect();
        let rank = |a: &Thrown, b: &Thrown| b.times.cmp(&a.times).then_with(|| a.kind.cmp(&b.kind));
        tally.exceptions.sort_by(rank);
        tally.exceptions.truncate(EXCEPTION_LIMIT);
        tally
    }

    fn finish(self, (callee, operation, caller): Place<'_>) -> Use {
        let sort = self.sort;
        let (protocol, operation) = operation.unzip();
        Use {
            caller: caller.cloned(),
            callee: callee.clone(),
            sort,
            protocol,
            operation: operation.cloned().unwrap_or_else(|| Text::from("")),
            tally: self.tally(),
        }
    }
}
