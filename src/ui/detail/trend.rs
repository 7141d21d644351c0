//! The last hour of an element's inbound calls.

use super::Out;
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::ui::trend::{self, Figure};

impl Out<'_> {
    /// A line of bars for the rate, the errors and the latency, each where there is something to draw.
    pub(super) fn trend(&mut self, key: &ElementKey) {
        let Some(known) = self.ctx.model.trend(key) else {
            return;
        };
        let theme = self.ctx.theme;
        if let Some(bars) = trend::line(known, Figure::Rate, theme) {
            // Of all lines: they end with the same minute.
            let each = trend::minutes_each(known);
            self.field("rate", &format!("{bars}, {each} min a bar"));
        }
        if let Some(bars) = trend::line(known, Figure::Errors, theme) {
            let since = trend::since(known, self.ctx);
            let style = match &*since {
                "" => theme.text(),
                _ => theme.health(Health::Broken),
            };
            self.styled("errors", &format!("{bars}{since}"), style);
        }
        if let Some(bars) = trend::line(known, Figure::P95, theme) {
            self.field("p95", &bars);
        }
    }
}
