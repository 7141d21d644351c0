//! The calls of a trace with what was asked, how long it took and how it ended.
//!
//! They stand on the same walk as the links of [`super::linker`]: the calls whose caller has a name add up to
//! these, to the last one.

use std::sync::Arc;

use super::call::{Call, Instance, Noise, Sort};
use super::hop::{Hop, hops};
use super::noise::{self, Proxies};
use super::operation::{Operation, Protocol};
use super::piece::Piece;
use super::record::Record;
use super::span::{Kind, Span};
use super::tree::Tree;
use super::{exception, key};

/// Names that instrumentation gives to peers that do not report, alone or with a dash and a name of their
/// own (`mysql-orders`).
const DATABASES: [&str; 11] = [
    "mysql",
    "postgresql",
    "postgres",
    "mariadb",
    "oracle",
    "redis",
    "memcached",
    "mongodb",
    "cassandra",
    "elasticsearch",
    "sqlserver",
];

/// The calls in one trace, given all its spans, those nearer to the root first. Calls whose caller nobody
/// names are among them.
#[must_use]
pub fn calls_of(spans: &[&Span]) -> Vec<Call> {
    let pieces = Piece::merged(spans);
    let tree = Tree::of(&pieces);
    let proxies = Proxies::of(&tree);
    let calls = hops(&tree).into_iter();
    calls
        .filter_map(|hop| told(&hop, &tree, &proxies))
        .collect()
}

fn told<'a>(hop: &Hop<'a>, tree: &Tree<'a>, proxies: &Proxies) -> Option<Call> {
    let record = record(hop, tree, proxies)?;
    let operation = (!hop.is_invented).then(|| key::operation(&record));
    let sort = sort(hop, &record, operation.as_ref());
    let proxy = proxies.hides(hop, tree).then_some(Noise::Proxy);
    Some(Call {
        trace: tree.piece(hop.at)?.trace(),
        caller: hop.caller.cloned(),
        callee: hop.callee.clone(),
        is_by_address: hop.is_address,
        sort,
        timestamp: record.timestamp(),
        duration: record.duration(),
        span: record.span(),
        failed: hop.failed,
        // Databases record no spans: of them nobody expects to be told.
        is_unanswered: hop.failed
            && hop.role == Kind::Client
            && sort == Sort::Service
            && !record.is_answered(),
        is_5xx: record.is_5xx(),
        exception: exception::of(&record),
        instance: instance(&record),
        noise: noise::by_word(&record).or(proxy),
        operation,
    })
}

/// The sides of a call; none where it is invented.
fn record<'a>(hop: &Hop<'a>, tree: &Tree<'a>, proxies: &Proxies) -> Option<Record<'a>> {
    let piece = tree.piece(hop.at)?;
    if hop.is_invented {
        return Some(Record::default());
    }
    Some(match hop.role {
        Kind::Client | Kind::Producer => Record {
            calling: Some(piece),
            ..Record::default()
        },
        Kind::Consumer => Record {
            called: Some(piece),
            ..Record::default()
        },
        Kind::Server => {
            let behind = proxies.server_behind(hop.at).and_then(|at| tree.piece(at));
            let above = hop.above.and_then(|above| tree.piece(above));
            let calls =
                |side: &&Piece<'_>| matches!(side.kind, Some(Kind::Client | Kind::Producer));
            Record {
                called: behind.or(Some(piece)),
                calling: above.filter(calls),
                proxy: behind.map(|_| piece),
            }
        }
    })
}

/// Who served a call, where that says which one it is.
fn instance(record: &Record<'_>) -> Option<Instance> {
    let called = record.called?;
    let local = called.local.as_deref();
    let instance = Instance {
        version: called.tag("service.version").map(Arc::from),
        pod: called.tag("k8s.pod.name").map(Arc::from),
        address: local.and_then(|local| local.ipv4().or(local.ipv6()).cloned()),
    };
    (instance != Instance::default()).then_some(instance)
}

/// What the callee is. What reports itself is a service, unless a side says that it is a database.
fn sort(hop: &Hop<'_>, record: &Record<'_>, operation: Option<&Operation>) -> Sort {
    if hop.role == Kind::Producer {
        return Sort::Broker;
    }
    if record.sides().any(key::asks_database) && hop.role != Kind::Consumer {
        return Sort::Database;
    }
    let Some(calling) = record.calling.filter(|_| record.called.is_none()) else {
        return Sort::Service;
    };
    if calling.tag("messaging.system").is_some() {
        return Sort::Broker;
    }
    let is_known = DATABASES.iter().any(|known| {
        let rest = hop.callee.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    // Whoever speaks HTTP to it says more than its name does.
    let says_nothing =
        |operation: &Operation| matches!(operation.protocol, Protocol::Span | Protocol::Database);
    if operation.is_some_and(|operation| operation.protocol == Protocol::Database)
        || is_known && operation.is_some_and(says_nothing)
    {
        Sort::Database
    } else {
        Sort::Service
    }
}

#[cfg(test)]
mod tests;
