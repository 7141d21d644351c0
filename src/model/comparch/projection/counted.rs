//! What is counted or measured by sources, as properties: calls between component types, and metrics.

use super::plan::{Need, Plan};
use super::properties::{Kind, NONE, Properties};
use crate::model::Model;
use crate::model::element::Counts;
use crate::model::key::ElementKey;
use crate::model::property::{Unit, Value};

impl Properties {
    /// Who calls, of statistics and exceptions.
    pub(super) fn caller(&mut self, caller: Option<&ElementKey>) {
        match caller {
            Some(caller) => {
                let name = caller.to_string();
                let before = self.list.len();
                self.text("caller", &name, "who calls");
                self.relate(before, caller);
            }
            None => self.text("caller", "unknown", "nobody said who calls"),
        }
    }

    /// Why a component type needs another one, and how often it calls.
    pub(super) fn need(&mut self, plan: &Plan<'_>, callee: &ElementKey, need: &Need<'_>) {
        let before = self.list.len();
        let about = callee.to_string();
        let is_observed = need.call.is_some() || need.is_sampled;
        let evidence = match (is_observed, need.declared.is_some()) {
            (true, true) => "observed, declared",
            (false, true) => "declared",
            (_, false) => "observed",
        };
        let description = format!("how the need of {about} is known");
        self.about(
            "evidence",
            &about,
            Kind::String,
            NONE,
            evidence,
            &description,
        );
        if let Some(declared) = need.declared {
            let mut places: Vec<&str> = declared.places.iter().map(|(p, _)| &**p).collect();
            places.dedup();
            let description = format!("where {about} is named");
            let places = places.join(", ");
            self.about(
                "declaredIn",
                &about,
                Kind::String,
                NONE,
                places,
                &description,
            );
        }
        if let Some(call) = need.call.filter(|_| plan.telemetry) {
            self.counted(&about, "", call.recent);
            self.counted(&about, "Long", call.long);
        }
        self.relate(before, callee);
    }

    /// Counts of one window; the long window's names end in `Long`.
    fn counted(&mut self, callee: &str, suffix: &str, counts: Option<Counts>) {
        let Some(counts) = counts else { return };
        let (ms, ends) = (counts.window_ms, counts.ends);
        let of = |what: &str| format!("{what} {callee} in the {ms} ms that ended {ends}");
        for (name, count, what) in [
            (
                "invocationCount",
                counts.calls,
                "calls, errors included, to",
            ),
            ("errorCount", counts.errors, "failed calls to"),
        ] {
            let (name, count) = (format!("{name}{suffix}"), count.to_string());
            self.about(&name, callee, Kind::Integer, "calls", count, &of(what));
        }
        let name = format!("invocationRate{suffix}");
        let rate = format!("{:.3}", counts.rate());
        self.about(&name, callee, Kind::Number, "1/s", rate, &of("calls to"));
    }

    /// What sources measured on an element.
    pub(super) fn measured(&mut self, model: &Model, key: &ElementKey) {
        for property in model.properties(key) {
            let (kind, value) = match &property.value {
                Value::Number(number) => (Kind::Number, number.to_string()),
                Value::Flag(flag) => (Kind::Boolean, flag.to_string()),
                Value::Text(text) => (Kind::String, text.to_string()),
            };
            let unit = match &property.unit {
                Unit::None => NONE.to_owned(),
                unit => unit.to_string(),
            };
            let meaning = property.description.as_deref().unwrap_or("measured");
            let description = format!("{meaning}; by {} at {}", property.source, property.at);
            let (name, source) = (&property.name, &property.source);
            self.about(name, source, kind, &unit, value, &description);
        }
    }
}
