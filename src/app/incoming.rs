//! What comes from outside: observations, previews, answers to writes; and what follows for intents and log.

use std::collections::{BTreeMap, BTreeSet};

use super::msg::Refusal;
use super::state::{App, Overlay};
use crate::model::Model;
use crate::model::change::Cause;
use crate::model::intent::{Intent, ScalePreview, Stage};
use crate::model::key::ElementKey;
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

    /// Compares what was sent with what the model sees now. A number that was reached is still compared,
    /// while it is our last word about its type: somebody may turn it back.
    pub(super) fn verify(&mut self) {
        let mut news = Vec::new();
        let mut latest = BTreeSet::new();
        for intent in self.intents.iter_mut().rev() {
            let is_latest = latest.insert(intent.target.clone());
            let Some(seen) = self.live.component_type(&intent.target) else {
                continue;
            };
            let turned = seen.desired.filter(|by| *by != intent.wanted);
            if let (Stage::Converged, Some(by), true) = (&intent.stage, turned, is_latest) {
                intent.stage = Stage::Superseded { by };
                news.push(intent.clone());
            } else if intent.stage.is_under_way() && intent.verify(seen) {
                news.push(intent.clone());
            }
        }
        for intent in news {
            let (severity, text) = match &intent.stage {
                Stage::Converged => (
                    Severity::Info,
                    format!(
                        "scaled to {}, all ready (was {})",
                        intent.wanted, intent.before
                    ),
                ),
                Stage::Superseded { by } => (
                    Severity::Warning,
                    format!(
                        "scaled to {}, and turned to {by} by somebody else",
                        intent.wanted
                    ),
                ),
                _ => (
                    Severity::Info,
                    format!("scaling to {} arrived", intent.wanted),
                ),
            };
            self.note(&intent, severity, &text);
        }
    }

    /// Writes a line about an intent into the log and says it.
    pub(super) fn note(&mut self, intent: &Intent, severity: Severity, text: &str) {
        let key = ElementKey::Type(intent.target.clone());
        let subject = Some((key, intent.target.name.clone()));
        self.log.note(self.now.wall, severity, subject, text);
        self.say(format!("{}: {text}", intent.target.name));
    }

    pub(super) fn previewed(&mut self, id: u64, result: Result<ScalePreview, Refusal>) {
        let Some(staged) = self.stage.as_mut().filter(|s| s.intent.id == id) else {
            return;
        };
        staged.seen = false;
        staged.intent.stage = match result {
            Ok(preview) => Stage::Previewed { preview },
            Err(Refusal::NotDone { why } | Refusal::Unknown { why }) => Stage::Failed { why },
        };
    }

    pub(super) fn sent(&mut self, id: u64, result: Result<Option<i64>, Refusal>) {
        match result {
            Ok(generation) => {
                let Some(intent) = self.intents.iter_mut().find(|i| i.id == id) else {
                    return;
                };
                intent.stage = Stage::Accepted { generation };
                let intent = intent.clone();
                let to = intent.wanted;
                let text = match generation {
                    Some(g) => format!(
                        "scaling from {} to {to} accepted, generation {g}",
                        intent.before
                    ),
                    None => format!("scaling from {} to {to} accepted", intent.before),
                };
                self.note(&intent, Severity::Notice, &text);
                self.verify();
            }
            Err(Refusal::NotDone { why }) => {
                let Some(at) = self.intents.iter().position(|i| i.id == id) else {
                    return;
                };
                let mut intent = self.intents.remove(at);
                let text = format!("not scaled: {why}");
                intent.stage = Stage::Failed { why };
                self.note(&intent, Severity::Warning, &text);
            }
            Err(Refusal::Unknown { why }) => {
                let Some(intent) = self.intents.iter_mut().find(|i| i.id == id) else {
                    return;
                };
                let text = format!("scaling was sent, and nobody knows whether it arrived: {why}");
                intent.stage = Stage::OutcomeUnknown { why };
                let intent = intent.clone();
                self.note(&intent, Severity::Warning, &text);
            }
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
