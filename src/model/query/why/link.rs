//! Why an expected link is missing: what configuration declares and nobody was seen to call.

use std::collections::BTreeSet;

use super::{Point, name};
use crate::model::Model;
use crate::model::element::{Call, Declared, Element};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::query::links::Side;

/// Most links that are explained; the rest is counted.
const LINKS: usize = 12;

impl Model {
    /// Declared links without a call, on both sides, and calls that have become silent.
    pub(super) fn why_links(&self, key: &TypeKey) -> Vec<Point> {
        if !self.has_telemetry() {
            return Vec::new();
        }
        if self.long_window_ms().is_none() {
            let text = "The tracing server has not counted calls yet: of links that are missing nothing can be said.";
            return vec![Point::new(text).todo("wait for it, or look at :sources")];
        }
        let own = ElementKey::Type(key.clone());
        let mut points = Vec::new();
        for side in [Side::Callees, Side::Callers] {
            for neighbour in self.neighbours(&own, side) {
                match (neighbour.declared, neighbour.call) {
                    // What comes in from outside sends no spans: that says nothing.
                    (Some(_), None) if matches!(neighbour.key, ElementKey::Ingress { .. }) => {}
                    // Nobody expects a permission to be used.
                    (Some(declared), None) if declared.is_only_allowed() => {}
                    (Some(declared), None) => points.push(self.never_called(declared)),
                    (_, Some(call)) => points.extend(self.quiet(call)),
                    (None, None) => {}
                }
            }
        }
        let more = points.len().saturating_sub(LINKS);
        points.truncate(LINKS);
        if more > 0 {
            points.push(Point::new(format!(
                "There are {more} more such links; the detail pane has them."
            )));
        }
        points
    }

    /// A call that the long window knows and the short one does not.
    fn quiet(&self, call: &Call) -> Option<Point> {
        let recent = call.recent.filter(|counts| counts.calls == 0)?;
        let long = self.long_window_ms()?;
        Some(Point::new(format!(
            "{} called {} within the last {}, but not within the last {}.",
            self.short(&call.caller),
            self.short(&call.callee),
            span(long),
            span(recent.window_ms)
        )))
    }

    fn never_called(&self, declared: &Declared) -> Point {
        let (caller, callee) = (self.short(&declared.caller), self.short(&declared.callee));
        let places: BTreeSet<&str> = declared.places.iter().map(|(place, _)| &**place).collect();
        let places: Vec<&str> = places.into_iter().collect();
        let window = self
            .long_window_ms()
            .map_or_else(|| "the window".to_owned(), span);
        let head = format!(
            "{caller} is declared to call {callee} ({}), and no call was traced within the last {window}:",
            places.join(", ")
        );
        let (from, to) = (
            self.has_name(&declared.caller),
            self.has_name(&declared.callee),
        );
        if matches!(self.get(&declared.callee), Some(Element::Service(_))) {
            return Point::new(format!("{head} no component type is behind that Service."))
                .todo("look at the Service's selector and at the pods that should be behind it");
        }
        match (self.sends(&declared.caller), from || to) {
            (false, false) => Point::new(format!("{head} traces name neither of them."))
                .todo("neither is traced, or under other names: look at the unresolved names in the tree, and at their tracing"),
            (false, true) => Point::new(format!("{head} {caller} sends no spans of its own."))
                .todo(format!("trace {caller}: until then its calls show only where the callee names its caller")),
            (true, _) => self.not_seen(declared, &head),
        }
    }

    /// The caller is traced, and this call is not among its spans.
    fn not_seen(&self, declared: &Declared, head: &str) -> Point {
        let nameless: Vec<String> = self
            .calls(&declared.caller, Side::Callees)
            .filter_map(|call| match self.get(&call.callee)? {
                Element::External(e) => Some(format!("{} ({})", e.name, name::word(&e.outside))),
                _ => None,
            })
            .collect();
        let callee = self.short(&declared.callee);
        if !nameless.is_empty() {
            let text = format!(
                "{head} but its spans name {}, which may be it.",
                nameless.join(", ")
            );
            let todo = format!(
                "if one of these is {callee}, say so in the configuration's [mapping]; `why` of the name tells more"
            );
            return Point::new(text).todo(todo);
        }
        if self.sends(&declared.callee) {
            let text = format!(
                "{head} both are traced, so it did not call, or its calls were not sampled, or their spans have \
                 no kind or lost their context on the way."
            );
            let todo = "make one such call and look for its trace; check the sampling rate, and that both sides propagate the same headers";
            return Point::new(text).todo(todo);
        }
        let text = format!(
            "{head} {callee} sends no spans, so the caller's would have to name it; they do not: it did not call, \
             or its calls were not sampled, or its client spans have no remote name."
        );
        let todo = format!(
            "trace {callee}, or let the client's spans carry peer.service or server.address"
        );
        Point::new(text).todo(todo)
    }

    /// Whether traces have any name for an element.
    fn has_name(&self, key: &ElementKey) -> bool {
        matches!(key, ElementKey::Type(key) if !self.known_as(key).is_empty())
    }

    /// Whether an element sends spans of its own.
    fn sends(&self, key: &ElementKey) -> bool {
        match key {
            ElementKey::Type(key) => {
                let mut known = self.known_as(key).iter();
                known.any(|known| self.telemetry.reports(&known.name))
            }
            _ => false,
        }
    }

    /// `namespace/name`, or the raw name.
    fn short(&self, key: &ElementKey) -> String {
        match (key.namespace(), self.get(key)) {
            (Some(namespace), Some(element)) => format!("{namespace}/{}", element.name()),
            (_, Some(element)) => element.name().to_string(),
            (_, None) => key.to_string(),
        }
    }
}

/// A length of time in words.
fn span(ms: u64) -> String {
    match ms / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    }
}
