//! Who calls whom: observed calls and declared links of an element, and its traffic.

use petgraph::Direction;

use crate::model::Model;
use crate::model::element::{Call, Counts, Declared, Element, Service};
use crate::model::graph::Relation;
use crate::model::key::ElementKey;

/// Which way to look along links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who calls (or names) the element.
    Callers,
    /// Whom the element calls (or names).
    Callees,
}

impl Side {
    const fn direction(self) -> Direction {
        match self {
            Self::Callers => Direction::Incoming,
            Self::Callees => Direction::Outgoing,
        }
    }
}

/// One neighbour along links, observed, declared or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour<'a> {
    /// Who is at the other end.
    pub key: &'a ElementKey,
    /// Observed calls.
    pub call: Option<&'a Call>,
    /// What configuration says.
    pub declared: Option<&'a Declared>,
}

impl Neighbour<'_> {
    /// Calls of the short window, for sorting; 0 where there is none.
    #[must_use]
    pub fn recent_calls(&self) -> u64 {
        self.call
            .and_then(|c| c.recent)
            .map_or(0, |counts| counts.calls)
    }
}

impl Model {
    /// The neighbours on one side: busiest first, then by key, declared ones last.
    #[must_use]
    pub fn neighbours(&self, key: &ElementKey, side: Side) -> Vec<Neighbour<'_>> {
        let mut found: Vec<Neighbour<'_>> = Vec::new();
        for call in self.calls(key, side) {
            found.push(Neighbour {
                key: match side {
                    Side::Callers => &call.caller,
                    Side::Callees => &call.callee,
                },
                call: Some(call),
                declared: None,
            });
        }
        for declared in self.declared(key, side) {
            let other = match side {
                Side::Callers => &declared.caller,
                Side::Callees => &declared.callee,
            };
            match found.iter_mut().find(|n| n.key == other) {
                Some(neighbour) => neighbour.declared = Some(declared),
                None => found.push(Neighbour {
                    key: other,
                    call: None,
                    declared: Some(declared),
                }),
            }
        }
        found.sort_by(|a, b| {
            b.call
                .is_some()
                .cmp(&a.call.is_some())
                .then_with(|| b.recent_calls().cmp(&a.recent_calls()))
                .then_with(|| a.key.cmp(b.key))
        });
        found
    }

    /// Observed calls of an element on one side.
    pub fn calls<'a>(&'a self, key: &ElementKey, side: Side) -> impl Iterator<Item = &'a Call> {
        self.graph
            .links_of(key, Relation::Calls, side.direction())
            .filter_map(|element| match &**element {
                Element::Call(call) => Some(&**call),
                _ => None,
            })
    }

    /// Declared links of an element on one side.
    pub fn declared<'a>(
        &'a self,
        key: &ElementKey,
        side: Side,
    ) -> impl Iterator<Item = &'a Declared> {
        self.graph
            .links_of(key, Relation::Declares, side.direction())
            .filter_map(|element| match &**element {
                Element::Declared(declared) => Some(&**declared),
                _ => None,
            })
    }

    /// Calls on one side over the short window, together; `None` is "no data", which is not zero.
    ///
    /// An element that telemetry has never named has no data, whatever else is traced.
    #[must_use]
    pub fn traffic(&self, key: &ElementKey, side: Side) -> Option<Counts> {
        self.calls(key, side)
            .filter_map(|call| call.recent)
            .reduce(Counts::plus)
    }

    /// Whether a Service has nobody behind it, and somebody calls it or is declared to.
    #[must_use]
    pub fn is_missed(&self, service: &Service) -> bool {
        let key = || ElementKey::service(&service.namespace, &service.name);
        service.is_empty() && self.is_called(&key())
    }

    /// Whether anybody calls an element within the short window, or is declared to.
    pub(in crate::model) fn is_called(&self, key: &ElementKey) -> bool {
        let calls = |call: &Call| call.recent.is_some_and(|counts| counts.calls > 0);
        let mut declared = self.declared(key, Side::Callers);
        declared.any(|declared| !declared.is_only_allowed())
            || self.calls(key, Side::Callers).any(calls)
    }

    /// Whether any call at all was traced within the short window.
    pub(in crate::model) fn is_any_called(&self) -> bool {
        self.graph.links().any(|(_, element)| match &**element {
            Element::Call(call) => call.recent.is_some_and(|counts| counts.calls > 0),
            _ => false,
        })
    }

    /// The length of the short window in ms, once one was received.
    #[must_use]
    pub fn recent_window_ms(&self) -> Option<u64> {
        self.telemetry.recent().map(|links| links.window_ms)
    }

    /// The length of the long window in ms, once one was received.
    #[must_use]
    pub fn long_window_ms(&self) -> Option<u64> {
        self.telemetry.long_ms()
    }

    /// Whether any tracing source has counted anything yet.
    #[must_use]
    pub fn has_telemetry(&self) -> bool {
        !self.telemetry.is_empty()
    }
}
