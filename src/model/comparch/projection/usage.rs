//! What a sample of traces measured of the methods of an interface type.

use std::collections::BTreeMap;

use super::names::{self, Way};
use super::properties::{Kind, Properties};
use crate::model::comparch::element::ArchitecturalElement;
use crate::model::comparch::exception::Exception;
use crate::model::comparch::performance_stats::PerformanceStats;
use crate::model::comparch::uid::Uid;
use crate::model::interfaces::OperationUse;
use crate::model::key::ElementKey;
use crate::model::text::Text;

/// What one interface carries.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) stats: Vec<PerformanceStats>,
    pub(super) exceptions: Vec<Exception>,
}

/// All usage of an interface type.
pub(super) fn measured(
    callee: &ElementKey,
    way: Way,
    methods: &BTreeMap<&Text, Vec<&OperationUse>>,
) -> Measured {
    let mut all = Measured::default();
    for (operation, uses) in methods {
        let method = names::method(callee, way, operation);
        for used in uses {
            all.stats.push(stats(&method, used));
            all.exceptions.extend(exceptions(&method, used));
        }
    }
    all
}

/// The uids of what was measured of one method: statistics, exceptions.
pub(super) fn uids(method: &Uid, uses: &[&OperationUse]) -> (Vec<Uid>, Vec<Uid>) {
    let stats = uses.iter().map(|used| stats_uid(method, used));
    let thrown = uses.iter().flat_map(|used| {
        let sorts = used.tally.exceptions.iter();
        sorts.map(|thrown| exception_uid(method, used, &thrown.kind))
    });
    (stats.collect(), thrown.collect())
}

fn stats_uid(method: &Uid, used: &OperationUse) -> Uid {
    method.within("stats", names::caller(used.caller.as_ref()))
}

fn exception_uid(method: &Uid, used: &OperationUse, kind: &str) -> Uid {
    let caller = names::caller(used.caller.as_ref());
    method.within("exception", [caller, vec![kind]].concat())
}

/// What CompArch's numbers can hold.
fn long(number: u64) -> u64 {
    number.min(i64::MAX.unsigned_abs())
}

fn stats(method: &Uid, used: &OperationUse) -> PerformanceStats {
    let tally = &used.tally;
    let latency = &tally.latency;
    let uid = stats_uid(method, used);
    let mut properties = Properties::of(&uid);
    properties.caller(used.caller.as_ref());
    let errors = "calls with a span that has the tag error";
    properties.count("errorCount", tally.errors, "calls", errors);
    let unflagged = "calls answered with an HTTP status of 500 or more, not among the errors";
    properties.count("unflaggedErrorCount", tally.unflagged, "calls", unflagged);
    let timed = "calls that said how long they took: totalTime is theirs";
    properties.count("timedCount", latency.count(), "calls", timed);
    for (name, part, description) in [
        (
            "medianTime",
            0.5,
            "half of the calls took no longer, within 1 %",
        ),
        (
            "p95Time",
            0.95,
            "95 % of the calls took no longer, within 1 %",
        ),
    ] {
        if let Some(us) = latency.at(part) {
            properties.count(name, us, "µs", description);
        }
    }
    for (name, call, description) in [
        (
            "slowestTrace",
            tally.slowest.first(),
            "a trace in which a call took longest",
        ),
        (
            "failedTrace",
            tally.failed.first(),
            "a trace in which a call failed",
        ),
    ] {
        if let Some(call) = call {
            properties.add(name, Kind::String, "none", &call.trace, description);
        }
    }
    PerformanceStats {
        min_time: latency.min_us().map(long),
        max_time: latency.max_us().map(long),
        total_time: long(latency.total_us),
        invocation_count: long(tally.calls),
        method: method.clone(),
        element: ArchitecturalElement {
            monitored_properties: properties.list,
            ..ArchitecturalElement::new(uid)
        },
    }
}

fn exceptions(method: &Uid, used: &OperationUse) -> Vec<Exception> {
    let made = used.tally.exceptions.iter().map(|thrown| {
        let uid = exception_uid(method, used, &thrown.kind);
        let mut properties = Properties::of(&uid);
        properties.caller(used.caller.as_ref());
        let times = "how often it was thrown";
        properties.count("occurrences", thrown.times, "exceptions", times);
        Exception {
            kind: thrown.kind.clone(),
            message: Some(thrown.message.clone()).filter(|m| !m.is_empty()),
            stack_trace: Some(&thrown.trace)
                .filter(|trace| !trace.is_empty())
                .map(|trace| format!("trace {trace}").into()),
            method: Some(method.clone()),
            element: ArchitecturalElement {
                monitored_properties: properties.list,
                ..ArchitecturalElement::new(uid)
            },
        }
    });
    made.collect()
}
