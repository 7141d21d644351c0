//! Why an expected link is missing: what configuration declares and nobody was seen to call.

use std::collections::BTreeSet;

use super::{Point, name};
use crate::model::Model;
use crate::model::element::{Call, Declared, Element, Service};
use crate::model::identity::normal;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::query::difference::Unknowable;
use crate::model::query::links::Side;
use crate::model::text::Text;

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
        if self.has_lost_calls {
            let text = "The tracing server has lost calls: it counts fewer in its long window than were seen within the \
                        last hour. Of links that are missing nothing can be said yet.";
            points.push(
                Point::new(text)
                    .todo("look whether the tracing server was started anew or keeps too few spans; after an hour this is over"),
            );
        }
        for side in [Side::Callees, Side::Callers] {
            for neighbour in self.neighbours(&own, side) {
                match (neighbour.declared, neighbour.call) {
                    // Nobody expects a permission to be used.
                    (Some(declared), None) if declared.is_only_allowed() => {}
                    (Some(declared), None) => points.extend(self.without_call(declared)),
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

    /// A declared link that no window knows a call of: that nobody calls, or why that cannot be known.
    fn without_call(&self, declared: &Declared) -> Option<Point> {
        let (caller, callee) = (self.short(&declared.caller), self.short(&declared.callee));
        let places: BTreeSet<&str> = declared.places.iter().map(|(place, _)| &**place).collect();
        let places: Vec<&str> = places.into_iter().collect();
        let head = format!(
            "{caller} is declared to call {callee} ({})",
            places.join(", ")
        );
        match self.usage_of(declared) {
            Ok(false) => Some(self.never_called(declared, &head)),
            // What was lost is told once, for all links; what comes in from outside sends no spans.
            Err(Unknowable::Uncounted | Unknowable::Lost | Unknowable::FromOutside) => None,
            Ok(true) => Some(Point::new(format!(
                "{head}, and it does: sampled traces or the last hour have such calls, though the counts of \
                 both windows do not."
            ))),
            Err(Unknowable::Outside { service, host }) => {
                Some(self.leads_outside(declared, &head, service, host))
            }
            Err(Unknowable::Backwards) => Some(Point::new(format!(
                "{head}, and traces tell of the other way: {callee} calls {caller}, as a broker does that brings \
                 messages."
            ))),
            Err(Unknowable::Untraced) => Some(
                Point::new(format!("{head}, and traces name neither of them: nobody knows whether it does."))
                    .todo("neither is traced, or under other names: look at the unresolved names in the tree, and at their tracing"),
            ),
        }
    }

    /// A link to a Service that stands for a host: traces may name it by either name, or by any other.
    fn leads_outside(
        &self,
        declared: &Declared,
        head: &str,
        service: &Service,
        host: &Text,
    ) -> Point {
        let head = format!("{head}, which leads outside, to {host}");
        let own = [normal(&service.name), normal(host)];
        let called = self.calls(&declared.caller, Side::Callees);
        let called = called.filter_map(|call| match self.get(&call.callee)? {
            Element::External(e) if own.contains(&normal(&e.name)) => Some(&*e.name),
            _ => None,
        });
        let called: Vec<&str> = called.collect();
        if called.is_empty() {
            return Point::new(format!(
                "{head}; traces name no call of it as {} or {host}, and may name it otherwise.",
                service.name
            ))
            .todo(format!(
                "look at the names outside that {} calls",
                self.short(&declared.caller)
            ));
        }
        Point::new(format!(
            "{head}; calls to it are traced as {}.",
            called.join(", ")
        ))
    }

    /// Nobody calls, as far as can be known, and why that may be.
    fn never_called(&self, declared: &Declared, head: &str) -> Point {
        let (caller, callee) = (self.short(&declared.caller), self.short(&declared.callee));
        let window = self
            .long_window_ms()
            .map_or_else(|| "the window".to_owned(), span);
        let head = format!("{head}, and no call was traced within the last {window}:");
        if let Some(Element::Service(service)) = self.get(&declared.callee) {
            let todo = if service.selector.is_empty() {
                "it has no selector: look at the EndpointSlices that should lead somewhere"
            } else {
                "look at the Service's selector and at the pods that should be behind it"
            };
            return Point::new(format!("{head} no component type is behind that Service."))
                .todo(todo);
        }
        if self.sends(&declared.caller) {
            return self.not_seen(declared, &callee, &head);
        }
        Point::new(format!("{head} {caller} sends no spans of its own.")).todo(format!(
            "trace {caller}: until then its calls show only where the callee names its caller"
        ))
    }

    /// The caller is traced, and this call is not among its spans.
    fn not_seen(&self, declared: &Declared, callee: &str, head: &str) -> Point {
        let nameless: Vec<String> = self
            .calls(&declared.caller, Side::Callees)
            .filter_map(|call| match self.get(&call.callee)? {
                Element::External(e) => Some(format!("{} ({})", e.name, name::word(&e.outside))),
                _ => None,
            })
            .collect();
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
