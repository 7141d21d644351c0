//! What the sources say, and what follows for the log and the intents.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{App, Overlay};
use crate::model::Model;
use crate::model::change::Cause;
use crate::model::log::Severity;
use crate::model::observation::Observation;
use crate::model::source::SourceState;
use crate::model::text::{self, Text};

impl App {
    pub(super) fn observe(&mut self, batch: Vec<Observation>) {
        let reported = self.live.status_revision();
        let before = troubles(&self.live);
        let well = well(&batch);
        let applied = self.live.apply(batch, self.now.wall);
        if self.live.status_revision() != reported {
            self.note_sources(&before, &well);
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

    /// Tells once when a source gets into trouble, and once when all of it is well again; a part that is
    /// not watched any more was not healed by that.
    fn note_sources(&mut self, before: &BTreeMap<Text, String>, well: &BTreeSet<Text>) {
        let after = troubles(&self.live);
        let began = after
            .iter()
            .filter(|(source, _)| !before.contains_key(*source));
        for (source, what) in began {
            self.log.note(
                self.now.wall,
                Severity::Warning,
                None,
                &format!("{source}: {what}"),
            );
        }
        let healed = |source: &&Text| !after.contains_key(*source) && well.contains(*source);
        for source in before.keys().filter(healed) {
            let text = format!("{source}: all of it answers again");
            self.log.note(self.now.wall, Severity::Info, None, &text);
        }
    }
}

/// The sources that are in trouble, each with the first of what is wrong.
fn troubles(model: &Model) -> BTreeMap<Text, String> {
    let mut troubles = BTreeMap::new();
    for status in model.sources().values() {
        if let Some((state, cause)) = status.trouble() {
            troubles
                .entry(status.key.source.clone())
                .or_insert_with(|| format!("{} {}: {cause}", status.key.part, state.word()));
        }
    }
    troubles
}

/// The sources of which a part says that it is well.
fn well(batch: &[Observation]) -> BTreeSet<Text> {
    batch
        .iter()
        .filter_map(|said| match said {
            Observation::Status(status) if status.state == Some(SourceState::Live) => {
                Some(status.key.source.clone())
            }
            _ => None,
        })
        .collect()
}
