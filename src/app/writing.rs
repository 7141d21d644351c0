//! The way of a write: staged, previewed, confirmed, sent once, and verified by what is observed.

use std::collections::HashSet;
use std::mem::discriminant;

use super::effect::Effect;
use super::msg::Refusal;
use super::outcome;
use super::state::{App, Overlay, Staged};
use crate::model::intent::{Found, Intent, Operation, Order, Preview, Stage};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::log::Severity;
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::chord::Chord;
use crate::ui::overlay::stage;
use crate::ui::screen::Mode;

/// Intents that are remembered, for undo.
const INTENT_LIMIT: usize = 50;

impl App {
    /// Whether writing is unlocked; says how to do it where it is not.
    pub(super) fn unlocked(&mut self) -> bool {
        if matches!(self.mode, Mode::Write { .. }) {
            return true;
        }
        self.say("writing is locked: :write unlocks it for 15 minutes");
        false
    }

    /// Opens the stage of an operation. Nothing is asked and nothing is written by that.
    pub(super) fn stage(&mut self, target: TypeKey, mut operation: Operation) {
        // What is taken back may have been changed by somebody else since: the stage begins at what is now.
        if let Operation::Scale { before, .. } = &mut operation {
            let seen = self.live.component_type(&target);
            *before = seen.and_then(|seen| seen.desired).unwrap_or(*before);
        }
        self.next_intent += 1;
        self.open_stage(Intent::new(self.next_intent, target, operation));
    }

    fn open_stage(&mut self, intent: Intent) {
        let counts = matches!(intent.operation, Operation::Scale { .. });
        self.stage = Some(Staged {
            intent,
            typing: false,
            seen: false,
            ripe: false,
        });
        self.overlays.push(Overlay::Stage { counts });
    }

    /// Takes a digit into the staged number.
    pub(super) fn typed_digit(&mut self, chord: Chord) -> bool {
        let erases = chord.to_string() == "backspace";
        let digit = chord.typed().and_then(|c| c.to_digit(10));
        let Some(staged) = self.stage.as_mut().filter(|_| erases || digit.is_some()) else {
            return false;
        };
        let typing = staged.typing;
        staged.change_number(true, |wanted| match digit {
            Some(digit) => stage::with_digit(wanted, digit, typing),
            None => wanted / 10,
        });
        true
    }

    /// What a verb does in the stage.
    pub(super) fn stage_verb(&mut self, verb: Verb) -> Vec<Effect> {
        let Some(staged) = self.stage.as_mut() else {
            self.overlays.pop();
            return Vec::new();
        };
        let intent = &mut staged.intent;
        match (verb, &intent.stage) {
            (Verb::More, _) => {
                staged.change_number(false, |wanted| (wanted + 1).min(stage::LIMIT));
            }
            (Verb::Fewer, _) => staged.change_number(false, |wanted| wanted.saturating_sub(1)),
            (Verb::Accept, Stage::Staged | Stage::Failed { .. }) => {
                intent.stage = Stage::Previewing;
                return vec![Effect::Preview {
                    id: intent.id,
                    target: intent.target.clone(),
                    operation: intent.operation.clone(),
                }];
            }
            (Verb::Accept, Stage::Previewed { preview }) if staged.ripe => {
                let preview = preview.clone();
                // The time may have run out while it was looked at.
                if self.unlocked() {
                    return self.confirm(&preview);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn confirm(&mut self, preview: &Preview) -> Vec<Effect> {
        let Some(staged) = self.stage.take() else {
            return Vec::new();
        };
        self.overlays.pop();
        let mut intent = staged.intent;
        let Some(order) = intent.operation.confirmed(preview, self.now.wall) else {
            return Vec::new();
        };
        if let Order::Scale { wanted, preview } = &order
            && preview.replicas_now == *wanted
        {
            self.say(format!("{} has {wanted} already", intent.target.name));
            return Vec::new();
        }
        intent.order = Some(order.clone());
        intent.stage = Stage::Sending;
        let doing = outcome::line(&intent);
        self.say(format!("{}: {doing}", intent.target.name));
        let send = Effect::Send {
            id: intent.id,
            target: intent.target.clone(),
            order,
        };
        self.intents.push(intent);
        if self.intents.len() > INTENT_LIMIT {
            self.intents.remove(0);
        }
        vec![send]
    }

    /// A preview came.
    pub(super) fn previewed(&mut self, id: u64, result: Result<Preview, Refusal>) {
        let Some(staged) = self.stage.as_mut().filter(|s| s.intent.id == id) else {
            return;
        };
        (staged.seen, staged.ripe) = (false, false);
        staged.intent.stage = match result {
            Ok(preview) => Stage::Previewed { preview },
            Err(Refusal::NotDone { why } | Refusal::Changed { why } | Refusal::Unknown { why }) => {
                Stage::Failed { why }
            }
        };
    }

    /// A write was answered.
    pub(super) fn sent(&mut self, id: u64, result: Result<Option<i64>, Refusal>) {
        let Some(at) = self.intents.iter().position(|i| i.id == id) else {
            return;
        };
        let (stage, severity) = match result {
            Ok(generation) => (Stage::Accepted { generation }, Severity::Notice),
            Err(Refusal::Unknown { why }) => (Stage::OutcomeUnknown { why }, Severity::Warning),
            Err(Refusal::NotDone { why }) => return self.refused(at, why, false),
            Err(Refusal::Changed { why }) => return self.refused(at, why, true),
        };
        let Some(intent) = self.intents.get_mut(at) else {
            return;
        };
        let sight = self.live.sight(intent);
        intent.answered(stage, sight, self.now.ms);
        let intent = intent.clone();
        self.note(&intent, severity);
        self.verify();
    }

    /// What is awaited is said, and what nobody answered for is looked at, now and then.
    pub(super) fn looks(&mut self) -> Vec<Effect> {
        let now = self.now.ms;
        let sending = self.intents.iter().find(|i| i.stage == Stage::Sending);
        // As long as nothing is known, nothing else is said of it.
        if let Some(sending) = sending.filter(|_| self.notice.is_none()) {
            let line = outcome::line(sending);
            self.say(format!("{}: {line}", sending.target.name));
        }
        let due = self.intents.iter_mut().filter_map(|intent| {
            let order = intent.order.clone().filter(|_| intent.looks(now))?;
            Some(Effect::Look {
                id: intent.id,
                target: intent.target.clone(),
                order,
            })
        });
        due.collect()
    }

    /// What nobody answered for was looked at.
    pub(super) fn looked(&mut self, id: u64, result: Result<Found, Text>) {
        let Some(intent) = self.intents.iter_mut().find(|i| i.id == id) else {
            return;
        };
        let before = intent.stage.clone();
        let sight = self.live.sight(intent);
        let remark = intent.looked(result, sight, self.now.ms);
        let intent = intent.clone();
        if let Some(remark) = remark {
            let text = outcome::remark(&intent, &remark);
            self.write_down(&intent, Severity::Warning, &text);
        } else if let Stage::Accepted { .. } = intent.stage
            && before != intent.stage
        {
            self.write_down(&intent, Severity::Info, &outcome::arrived(&intent));
        } else if before != intent.stage {
            self.note(&intent, Severity::Warning);
        }
        self.verify();
    }

    /// What is on its way, and nobody will be there to hear of: to be said when the program ends.
    #[must_use]
    pub fn unheard(&self) -> Vec<String> {
        let unheard = self
            .intents
            .iter()
            .filter(|intent| matches!(intent.stage, Stage::Sending | Stage::OutcomeUnknown { .. }));
        unheard.map(outcome::unheard).collect()
    }

    /// A write was not done. Where that is because the object changed, it is staged anew to be previewed
    /// again, unless the person does something else by now.
    fn refused(&mut self, at: usize, why: Text, changed: bool) {
        let mut intent = self.intents.remove(at);
        intent.stage = Stage::Failed { why };
        self.note(&intent, Severity::Warning);
        let is_free = matches!(self.overlays.last(), None | Some(Overlay::Detail { .. }));
        if changed && is_free {
            intent.order = None;
            self.open_stage(intent);
        }
    }

    /// Compares what was sent with what the model sees now. What was reached is still compared, while it
    /// is our last word of that sort about its type: somebody may turn it back.
    pub(super) fn verify(&mut self) {
        let mut news = Vec::new();
        let mut latest = HashSet::new();
        for intent in self.intents.iter_mut().rev() {
            let sort = discriminant(&intent.operation);
            let is_latest = latest.insert((intent.target.clone(), sort));
            if intent.stage == Stage::Converged && !is_latest {
                continue;
            }
            let sight = self.live.sight(intent);
            if intent.verify(sight, self.now.ms) {
                news.push(intent.clone());
            }
        }
        for intent in news {
            let severity = match &intent.stage {
                Stage::Superseded { .. } | Stage::Stalled { .. } | Stage::Overtaken { .. } => {
                    Severity::Warning
                }
                _ => Severity::Info,
            };
            if let Stage::Accepted { .. } = intent.stage {
                self.write_down(&intent, severity, &outcome::arrived(&intent));
            } else {
                self.note(&intent, severity);
            }
        }
    }

    /// Writes how far an intent has come into the log, and says it.
    fn note(&mut self, intent: &Intent, severity: Severity) {
        self.write_down(intent, severity, &outcome::line(intent));
    }

    fn write_down(&mut self, intent: &Intent, severity: Severity, text: &str) {
        let key = ElementKey::Type(intent.target.clone());
        let subject = Some((key, intent.target.name.clone()));
        self.log.note(self.now.wall, severity, subject, text);
        self.say(format!("{}: {text}", intent.target.name));
    }
}

impl Staged {
    /// Changes the staged number, which ends its preview; not while an answer is awaited.
    fn change_number(&mut self, typing: bool, change: impl FnOnce(u32) -> u32) {
        let intent = &mut self.intent;
        if matches!(intent.stage, Stage::Sending | Stage::Previewing) {
            return;
        }
        if let Operation::Scale { wanted, .. } = &mut intent.operation {
            *wanted = change(*wanted);
            intent.stage = Stage::Staged;
            (self.seen, self.ripe) = (false, false);
            self.typing = typing;
        }
    }
}
