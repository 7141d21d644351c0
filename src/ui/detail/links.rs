//! Who calls whom, and who declares to.

use super::{Out, name};
use crate::model::element::Declared;
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::{Neighbour, Side};
use crate::ui::format;

/// Most neighbours listed on one side, before the rest is counted.
const NEIGHBOURS: usize = 12;

impl Out<'_> {
    pub(super) fn neighbours(&mut self, key: &ElementKey) {
        for (side, name) in [(Side::Callers, "callers"), (Side::Callees, "calls")] {
            let found = self.ctx.model.neighbours(key, side);
            if found.is_empty() {
                let text = if self.ctx.lacks(Kind::Service) {
                    "no data: Services are not listed (:sources)"
                } else if self.ctx.model.has_telemetry() {
                    "none seen, none declared"
                } else {
                    "none declared; no trace source (:sources)"
                };
                self.styled(name, text, self.ctx.theme.dim());
            }
            for (index, neighbour) in found.iter().take(NEIGHBOURS).enumerate() {
                let text = self.neighbour(key, neighbour);
                self.field(if index == 0 { name } else { "" }, &text);
            }
            if found.len() > NEIGHBOURS {
                self.field("", &format!("+{} more", found.len() - NEIGHBOURS));
            }
        }
    }

    fn neighbour(&self, key: &ElementKey, neighbour: &Neighbour<'_>) -> String {
        let mut text = if neighbour.key == key {
            "itself".to_owned()
        } else {
            name(neighbour.key, self.ctx)
        };
        if let Some(call) = neighbour.call {
            text.push_str(&format!(" {}/s", format::rate(call.recent)));
            if call.recent.is_some_and(|c| c.errors > 0) {
                text.push_str(&format!(" {} % errors", format::errors(call.recent)));
            }
        }
        if neighbour
            .call
            .is_some_and(|call| !self.ctx.model.refusals(call).is_empty())
        {
            text.push_str(" (no policy allows)");
        }
        match (neighbour.declared, neighbour.call) {
            (Some(declared), None) => {
                text.push_str(&format!(" {}{}", declared.words(), self.unused(declared)));
            }
            (Some(declared), Some(_)) if declared.is_only_allowed() => {
                text.push_str(&format!(" ({})", declared.permission()));
            }
            (Some(_), Some(_)) => text.push_str(" (declared too)"),
            (None, Some(call)) if self.ctx.model.is_declared(call) == Some(false) => {
                text.push_str(" (called, not declared)");
            }
            _ => {}
        }
        text
    }

    /// `, never called (24 h)`, where traces would show it.
    fn unused(&self, declared: &Declared) -> String {
        let model = self.ctx.model;
        match (model.is_observed(declared), model.long_window_ms()) {
            (Some(false), Some(ms)) => format!(", never called ({})", format::window(ms)),
            _ => String::new(),
        }
    }
}
