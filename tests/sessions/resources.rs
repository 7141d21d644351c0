//! What components use, against what they request and may use.

use std::sync::Arc;

use portolan::model::observation::{Amounts, Observation, Reading, Readings, Subject};
use portolan::model::property::{Property, Unit, Value};
use portolan::model::query::resources::{CPU, MEMORY, METRICS};
use portolan::ui::screen::Mode;

use crate::cluster::{self, Cluster};
use crate::harness::Session;

const MIB: f64 = 1024.0 * 1024.0;

/// What two of payment's three pods use.
pub fn measured() -> Observation {
    let pods = [
        ("payment-5d8f-0", 0.12, 180.0),
        ("payment-5d8f-1", 0.09, 240.0),
    ];
    let readings = pods.into_iter().flat_map(|(name, cores, mib)| {
        let both = [
            (CPU, cores, Unit::Cores, Some(15_000)),
            (MEMORY, mib * MIB, Unit::Bytes, None),
        ];
        both.map(|(what, number, unit, window_ms)| Reading {
            subject: Subject::Pod {
                namespace: "shop".into(),
                name: name.into(),
            },
            property: Property {
                name: what.into(),
                description: None,
                value: Value::Number(number),
                unit,
                at: cluster::ago(12).expect("a time"),
                window_ms,
                source: METRICS.into(),
            },
        })
    });
    Observation::Readings(Box::new(Readings {
        source: METRICS.into(),
        part: "shop".into(),
        readings: readings.collect(),
    }))
}

/// Gives payment's containers requests and limits.
pub fn reserve(cluster: &mut Cluster) {
    cluster.change_pods("shop", "payment", |pod| {
        for container in Arc::make_mut(&mut pod.containers) {
            container.requests = Amounts {
                cpu_millis: Some(500),
                memory: Some(128 << 20),
            };
            container.limits = Amounts {
                cpu_millis: Some(1000),
                memory: Some(256 << 20),
            };
        }
    });
}

#[test]
fn without_a_metrics_server_there_is_no_word_of_it() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.command("tree payment").press("enter");
    s.hides("memory").hides("cpu");
}

#[test]
fn what_was_not_measured_is_no_data_where_others_were() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.observe(vec![measured()]);
    s.change(reserve);
    s.command("tree payment").press("enter");
    s.shows("cpu        0.21 cores (0.09 to 0.12 each) of 1 requested, 2 limit (10 %)");
    s.shows(
        "memory     420 MiB (180 MiB to 240 MiB each) of 256 MiB requested, 512 MiB limit (82 %)",
    );
    s.shows("measured   12s ago, cpu over 15 s, 2 of 3 pods together");
    s.press("esc").command("tree cart").press("enter");
    s.shows("no data: the metrics server has not measured it");
    // Taken back, and no word of it is left.
    s.observe(vec![Observation::Unread {
        source: METRICS.into(),
        part: "shop".into(),
    }]);
    s.hides("cpu");
}
