//! Calls that are read from a server's traces, held against the links that it counts itself.
//!
//! A trace whose spans write its id in several ways (64 bits here, 128 there) is left out: a server counts it
//! as one, and gives it as several, of which some may be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use portolan::model::usage::Use;
use portolan::sources::zipkin::tally::Tallies;
use portolan::sources::zipkin::traces::decode;
use portolan::trace::calls::calls_of;
use portolan::trace::span::Span;
use serde_json::Value;

use super::soup::soup;
use super::{LENGTH, Scope, Target, link};

/// Calls and errors by caller and callee.
type Sums = BTreeMap<(String, String), (u64, u64)>;

/// As the server would tell them.
fn as_links(sums: Sums) -> Vec<Value> {
    let links = sums
        .into_iter()
        .map(|((caller, callee), (calls, errors))| link(caller, callee, calls, errors));
    let mut links: Vec<Value> = links.collect();
    links.sort_by_key(|link| (link["parent"].to_string(), link["child"].to_string()));
    links
}

/// Reports a soup; gives the traces of its window as the server does.
async fn traces(target: &Target, scope: &Scope, seed: u64) -> Vec<Vec<Span>> {
    let (mut spans, traces) = soup(scope, seed);
    let of = |span: &Value| span["traceId"].as_str().expect("an id").to_owned();
    let ids: BTreeSet<String> = spans.iter().map(of).collect();
    let is_one = |id: &&String| ids.iter().filter(|other| other.ends_with(*id)).count() == 1;
    let ones: BTreeSet<&String> = traces.iter().filter(is_one).collect();
    assert!(ones.len() > 80, "the soup is thin: {} traces", ones.len());
    spans.retain(|span| ones.contains(&of(span)));
    for part in spans.chunks(1 + spans.len() / 3) {
        target.report(&Scope::new(), part).await;
    }
    let path = format!("/api/v2/traces?{}&limit=1000", scope.window());
    decode(target.text(&path).await.as_bytes()).expect("traces")
}

pub async fn calls_of_the_traces_of_a_window_add_up_to_its_links(target: &Target) {
    for seed in 100..102 {
        let scope = Scope::new();
        let mut sums = Sums::new();
        for trace in traces(target, &scope, seed).await {
            let given: Vec<&Span> = trace.iter().collect();
            // What nobody names is no link.
            let calls = calls_of(&given).into_iter();
            for call in calls.filter(|call| !call.is_by_address) {
                if let Some(caller) = call.caller {
                    let ends = (caller.to_string(), call.callee.to_string());
                    let sum = sums.entry(ends).or_default();
                    sum.0 += 1;
                    sum.1 += u64::from(call.failed);
                }
            }
        }
        let links = target.links(&scope.window()).await;
        assert!(links.len() > 20, "the soup is thin: {links:?}");
        assert_eq!(as_links(sums), links, "seed {seed}");
    }
}

pub async fn tallies_of_the_traces_of_a_window_add_up_to_its_links(target: &Target) {
    let length = u64::try_from(LENGTH - 1).expect("positive");
    for seed in 200..201 {
        let scope = Scope::new();
        let mut tallies = Tallies::new(length);
        let traces = traces(target, &scope, seed).await;
        // Polls overlap.
        tallies.take(&traces);
        tallies.take(&traces);
        let ends = Timestamp::from_millisecond(scope.begin() + LENGTH - 1).expect("a time");
        let told = tallies.uses("zipkin".into(), ends, false);
        assert_eq!((told.traces, told.hidden), (traces.len() as u64, 0));
        let mut sums = Sums::new();
        let is_named = |used: &&Use| {
            let callee = &used.callee;
            callee.parse::<IpAddr>().is_err() && callee.parse::<SocketAddr>().is_err()
        };
        for used in told.uses.iter().filter(is_named) {
            if let Some(caller) = &used.caller {
                let ends = (caller.to_string(), used.callee.to_string());
                let sum = sums.entry(ends).or_default();
                sum.0 += used.tally.calls;
                sum.1 += used.tally.errors;
            }
        }
        let links = target.links(&scope.window()).await;
        assert_eq!(as_links(sums), links, "seed {seed}");
    }
}
