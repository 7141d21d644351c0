//! Where what is declared and what is observed differ: links that nobody uses, and calls that nobody declares.
//!
//! Nothing is claimed where nothing can be known: without traces, of ends that no trace names, of ways in from
//! outside (which send no spans), of callers whose configuration is not all to be seen, where traces tell of
//! the same by another link (messages of a broker, hosts outside), and after a tracing server lost its store.

use std::borrow::Cow;

use crate::model::Model;
use crate::model::element::{Call, Declared, Element, Service};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::Kind;
use crate::model::parameter::Origin;
use crate::model::query::links::Side;
use crate::model::text::Text;
use crate::model::trend::Point;

/// How a link may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Declared, and never called within the long window.
    Unused,
    /// Called, and not declared.
    Undeclared,
    /// Called, and no NetworkPolicy allows it.
    Forbidden,
}

/// How many times more calls the last hour must have than the long window that contains it, to say that calls
/// were lost: windows overlap a little.
const MUCH: u64 = 2;

/// Why nobody knows whether a declared link is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unknowable<'a> {
    /// No long window was received.
    Uncounted,
    /// It is a way in, which sends no spans.
    FromOutside,
    /// It leads outside: traces tell of the host.
    Outside {
        /// The Service that is named.
        service: &'a Service,
        /// The host behind it.
        host: &'a Text,
    },
    /// Traces tell of the other way: a broker brings messages to who is configured with it.
    Backwards,
    /// Traces name neither end.
    Untraced,
    /// The tracing server lost calls that were counted before.
    Lost,
}

impl Model {
    /// Whether a declared link was called within the long window; `None` where that cannot be known.
    #[must_use]
    pub fn is_observed(&self, declared: &Declared) -> Option<bool> {
        self.usage_of(declared).ok()
    }

    /// The same, and why it cannot be known: the one rule of all that speak of it.
    pub(super) fn usage_of(&self, declared: &Declared) -> Result<bool, Unknowable<'_>> {
        if self.is_seen(declared) {
            return Ok(true);
        }
        if self.long_window_ms().is_none() {
            return Err(Unknowable::Uncounted);
        }
        if !matches!(declared.caller, ElementKey::Type(_)) {
            return Err(Unknowable::FromOutside);
        }
        if let Some(Element::Service(service)) = self.get(&declared.callee)
            && let Some(host) = &service.external_name
        {
            return Err(Unknowable::Outside { service, host });
        }
        let mut back = self.calls(&declared.callee, Side::Callees);
        if back.any(|call| call.callee == declared.caller && is_used(call)) {
            return Err(Unknowable::Backwards);
        }
        let is_traced = |key: &ElementKey| matches!(key, ElementKey::Type(key) if !self.known_as(key).is_empty());
        if !is_traced(&declared.caller) && !is_traced(&declared.callee) {
            return Err(Unknowable::Untraced);
        }
        if self.has_lost_calls {
            return Err(Unknowable::Lost);
        }
        Ok(false)
    }

    /// Whether any window, the sample or the last hour knows a call of a declared link.
    fn is_seen(&self, declared: &Declared) -> bool {
        let (caller, callee) = (&declared.caller, &declared.callee);
        let mut calls = self.calls(caller, Side::Callees);
        calls.any(|call| call.callee == *callee && is_used(call))
            || !self.interfaces().between(caller, callee).is_empty()
            || self
                .trend(&ElementKey::call(caller.clone(), callee.clone()))
                .is_some_and(|trend| trend.points().flatten().any(Point::has_calls))
    }

    /// Whether the long window counts far less than the last hour did, which it contains: the tracing server
    /// lost its store, and of the time before nobody knows.
    pub(in crate::model) fn counts_too_little(&self) -> bool {
        let long = self.graph.links().filter_map(|(_, e)| match &**e {
            Element::Call(call) => call.long,
            _ => None,
        });
        let long: u64 = long.map(|counts| counts.calls).sum();
        self.long_window_ms().is_some()
            && long.saturating_mul(MUCH) < self.trends.calls_of_last_hour()
    }

    /// Whether a call between two component types is declared; `None` where that cannot be known: what is outside
    /// has no configuration here, and Secrets are never read.
    #[must_use]
    pub fn is_declared(&self, call: &Call) -> Option<bool> {
        let (ElementKey::Type(caller), ElementKey::Type(callee)) = (&call.caller, &call.callee)
        else {
            return None;
        };
        if caller == callee {
            return None;
        }
        let mut declared = self.declared(&call.caller, Side::Callees);
        if declared.any(|declared| declared.callee == call.callee) {
            return Some(true);
        }
        let mut back = self.declared(&call.callee, Side::Callees);
        if back.any(|declared| declared.callee == call.caller) {
            // Who takes messages is configured with the broker, which calls it in traces.
            return None;
        }
        (self.knows_configuration(caller) && self.is_complete(Kind::Service, &callee.namespace))
            .then_some(false)
    }

    /// Whether all that a type's configuration names may be seen, but for Secrets.
    fn knows_configuration(&self, key: &TypeKey) -> bool {
        let Some(ty) = self.component_type(key) else {
            return false;
        };
        let mut origins = ty.parameters.iter().map(|p| &p.origin);
        let reads = origins.any(|origin| matches!(origin, Origin::ConfigMap { .. }));
        !reads || self.is_complete(Kind::ConfigMap, &key.namespace)
    }

    /// Whether a link of an element differs so, on either side.
    #[must_use]
    pub fn differs(&self, key: &ElementKey, how: Difference) -> bool {
        let sides = [Side::Callers, Side::Callees].into_iter();
        sides
            .flat_map(|side| self.differing(key, side, how))
            .next()
            .is_some()
    }

    /// The links of an element on one side that differ so, in no order.
    pub fn differing(
        &self,
        key: &ElementKey,
        side: Side,
        how: Difference,
    ) -> impl Iterator<Item = ElementKey> {
        let declared = self
            .declared(key, side)
            .filter(move |_| how == Difference::Unused)
            .filter(|declared| self.is_observed(declared) == Some(false));
        let calls = self.calls(key, side).filter(move |call| match how {
            Difference::Unused => false,
            Difference::Undeclared => is_used(call) && self.is_declared(call) == Some(false),
            Difference::Forbidden => !self.refusals(call).is_empty(),
        });
        let declared = declared.map(|d| ElementKey::declared(d.caller.clone(), d.callee.clone()));
        declared.chain(calls.map(|c| ElementKey::call(c.caller.clone(), c.callee.clone())))
    }

    /// Whether a Service without ready endpoints is this element, leads to it, or is what it is declared to call.
    #[must_use]
    pub fn meets_empty_service(&self, key: &ElementKey) -> bool {
        let is_empty = |key: &ElementKey| matches!(self.get(key), Some(Element::Service(service)) if self.has_none_ready(service));
        if is_empty(key) {
            return true;
        }
        let leads_here = match key {
            ElementKey::Type(key) => {
                let mut services = self.services_of(key).into_iter();
                services.any(|service| self.has_none_ready(service))
            }
            _ => false,
        };
        leads_here
            || self
                .declared(key, Side::Callees)
                .any(|d| is_empty(&d.callee))
    }

    /// Whether it is known that no endpoint of a Service is ready: none of those that its EndpointSlices list, or no
    /// EndpointSlice is there for it. What is outside has none here.
    #[must_use]
    pub fn has_none_ready(&self, service: &Service) -> bool {
        let has_none = match service.ready_endpoints {
            Some(ready) => ready == 0,
            None => self.is_complete(Kind::EndpointSlice, &service.namespace),
        };
        has_none && service.external_name.is_none()
    }
}

impl Declared {
    /// Who declares it, in words: `declared: CART_ADDR, allowed by NetworkPolicy cart`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut places: Vec<&str> = self.places.iter().map(|(place, _)| &**place).collect();
        places.dedup();
        let mut words: Vec<Cow<'_, str>> = Vec::new();
        if !places.is_empty() {
            words.push(format!("declared: {}", places.join(", ")).into());
        }
        if !self.allowed.is_empty() {
            words.push(self.permission().into());
        }
        words.join("; ")
    }

    /// `allowed by NetworkPolicy cart`.
    #[must_use]
    pub fn permission(&self) -> String {
        format!("allowed by NetworkPolicy {}", self.allowed.join(", "))
    }

    /// Whether it is a permission only: nothing says that it is used.
    #[must_use]
    pub fn is_only_allowed(&self) -> bool {
        self.places.is_empty()
    }
}

/// Whether a call happened within a window.
fn is_used(call: &Call) -> bool {
    let windows = [call.recent, call.long];
    windows.into_iter().flatten().any(|counts| counts.calls > 0)
}
