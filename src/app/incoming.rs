//! What the sources say, and what follows for the log and the intents.

use super::state::{App, Overlay};
use super::troubles::well;
use crate::model::change::Cause;
use crate::model::log::Severity;
use crate::model::observation::Observation;
use crate::model::text;

impl App {
    pub(super) fn observe(&mut self, batch: Vec<Observation>) {
        let reported = self.live.status_revision();
        let well = well(&batch);
        let applied = self.live.take_in(batch, self.now.wall);
        if self.live.status_revision() != reported {
            let news = self.troubles.follow(&self.live, &well, self.now.wall);
            if !news.is_empty() {
                // Who was away may be back.
                let now = self.now.ms;
                self.intents.iter_mut().for_each(|i| i.look_soon(now));
            }
            for (severity, text) in news {
                self.log.note(self.now.wall, severity, None, &text);
            }
        }
        self.log.absorb(&applied, &self.live);
        if self.frozen.is_some() && applied.changes.iter().any(|c| c.cause != Cause::Telemetry) {
            self.waiting += 1;
        }
        self.verify();
        if let Some(Overlay::Namespaces(switcher)) = self.overlays.last_mut() {
            switcher.refresh(&self.live);
        }
    }

    /// Whether something of what the sources said is still to be worked in: [`Msg::Proceed`](super::msg::Msg::Proceed)
    /// takes the next step.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.live.is_joining()
    }

    /// Takes a step of that; there is something new to see after the last one.
    pub(super) fn proceed(&mut self) {
        self.dirty |= !self.live.proceed();
    }

    /// Shows what the host answered to a command; what it did is part of what happened.
    pub(super) fn hosted(&mut self, result: Result<String, String>) {
        let (done, text) = match result {
            Ok(text) => (true, text),
            Err(why) => (false, why),
        };
        let text = text::message(&text).to_string();
        if done {
            self.log.note(self.now.wall, Severity::Notice, None, &text);
        }
        self.say(text);
    }
}
