//! The answers against naive ones, and their sentences.

mod any;
mod bounds;
mod said;

use std::cell::Cell;

use jiff::Timestamp;

use crate::model::element::{Counts, Health};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::query::network::{Declaration, Flow, Link, Network, Node, Part, Role};

thread_local! {
    /// How many nodes and links of nodes were looked at.
    pub(super) static LOOKED: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn key(name: &str) -> ElementKey {
    ElementKey::Type(TypeKey::new("shop", "Deployment", name))
}

pub(super) fn node(name: &str) -> Node {
    Node {
        part: Part::Element(key(name)),
        role: Role::Inner,
        group: None,
        health: Health::Ok,
        members: vec![key(name)],
        own: None,
    }
}

pub(super) fn counts(calls: u64) -> Counts {
    Counts {
        calls,
        errors: 0,
        window_ms: 60_000,
        ends: Timestamp::UNIX_EPOCH,
    }
}

/// Calls of the short window.
pub(super) fn called(calls: u64) -> Flow {
    Flow {
        recent: Some(counts(calls)),
        long: Some(Counts {
            window_ms: 86_400_000,
            ..counts(calls + 1)
        }),
        observed: true,
        links: 1,
        ..Flow::default()
    }
}

pub(super) fn declared(declared: Declaration) -> Flow {
    Flow {
        declared,
        links: 1,
        ..Flow::default()
    }
}

/// A network of `count` nodes with names in their order.
pub(super) fn network(
    count: usize,
    links: impl IntoIterator<Item = (usize, usize, Flow)>,
) -> Network {
    let mut network = Network {
        nodes: (0..count).map(|at| node(&format!("n{at:04}"))).collect(),
        ..Network::default()
    };
    for (from, to, flow) in links {
        network.links.push(Link { from, to, flow });
    }
    network
}
