//! Scaling: stage a number on the row, preview it, confirm it, take it back.

use super::{Entry, app, overlay, session};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay, Staged};
use crate::model::element::Scalability;
use crate::model::intent::{Intent, Stage};
use crate::model::key::{ElementKey, TypeKey};
use crate::ui::action::{Action, Place, Verb};
use crate::ui::overlay::scale::LIMIT;
use crate::ui::screen::Mode;

/// Where elements that can be scaled are selected.
const PLACES: Place = Place::Views(&["tree", "graph", "events"]);

pub(super) fn entries() -> Vec<Entry> {
    let stage = Place::Overlay("scale");
    vec![
        app(
            Action::new(
                "scale",
                &["s"],
                "scale",
                "stage another number of replicas; :scale 3",
            )
            .takes("NUMBER")
            .at(PLACES),
            |app, argument| scale(app, argument, 0),
        ),
        app(
            Action::new(
                "scale-up",
                &["+", "="],
                "one more",
                "stage one replica more",
            )
            .at(PLACES),
            |app, argument| scale(app, argument, 1),
        ),
        app(
            Action::new(
                "undo",
                &["u"],
                "",
                "stage the number that was before the last write",
            ),
            |app, _| undo(app),
        ),
        overlay(
            Action::new(
                "scale-accept",
                &["enter"],
                "preview, then write",
                "preview; then write what was previewed",
            )
            .at(stage),
            Verb::Accept,
        ),
        overlay(
            Action::new("scale-more", &["+", "=", "k", "up"], "more", "one more").at(stage),
            Verb::More,
        ),
        overlay(
            Action::new("scale-fewer", &["-", "j", "down"], "fewer", "one less").at(stage),
            Verb::Fewer,
        ),
        app(
            Action::new("scale-drop", &["esc", "q", "ctrl-c"], "close", "close it").at(stage),
            |app, _| session::close(app),
        ),
    ]
}

fn scale(app: &mut App, argument: &str, more: u32) -> Vec<Effect> {
    let number = match argument.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(number) if number <= LIMIT => Some(number),
            _ => {
                app.say(format!("{text} is no number of replicas: 0 to {LIMIT}"));
                return Vec::new();
            }
        },
    };
    let Some(key) = app.target("") else {
        app.say("select a component type first");
        return Vec::new();
    };
    let is_pod = matches!(key, ElementKey::Component { .. });
    if is_pod && number.is_none() && more == 0 {
        // In k9s this key opens a shell on a pod: it must not do something else here.
        app.say("a shell in a pod: kubectl exec -it; + scales what the pod belongs to");
        return Vec::new();
    }
    let target = match app.live.type_of(&key) {
        Some(target) if matches!(key, ElementKey::Type(_)) || is_pod => target,
        _ => {
            app.say("only component types have a number of replicas");
            return Vec::new();
        }
    };
    let Some(seen) = app.live.component_type(&target) else {
        app.say("it is gone");
        return Vec::new();
    };
    if let Scalability::Fixed { why } = &seen.scalability {
        let why = format!("{} cannot be scaled: {why}", target.name);
        app.say(why);
        return Vec::new();
    }
    let before = seen.desired.unwrap_or(0);
    if !unlocked(app) {
        return Vec::new();
    }
    let wanted = number.unwrap_or_else(|| (before + more).min(LIMIT));
    stage(app, target, before, wanted);
    Vec::new()
}

fn unlocked(app: &mut App) -> bool {
    if matches!(app.mode, Mode::Write { .. }) {
        return true;
    }
    app.say("writing is locked: :write unlocks it for 15 minutes");
    false
}

fn stage(app: &mut App, target: TypeKey, before: u32, wanted: u32) {
    app.next_intent += 1;
    app.stage = Some(Staged {
        intent: Intent::new(app.next_intent, target, before, wanted),
        typing: false,
        seen: false,
    });
    app.overlays.push(Overlay::Scale);
}

/// Stages the way back of the last write, which is a write like any other: previewed and confirmed.
fn undo(app: &mut App) -> Vec<Effect> {
    let last = app
        .intents
        .iter()
        .rev()
        .find(|i| !matches!(i.stage, Stage::Failed { .. } | Stage::Sending))
        .cloned();
    let Some(last) = last else {
        app.say("nothing was written in this session");
        return Vec::new();
    };
    if unlocked(app) {
        stage(app, last.target, last.wanted, last.before);
    }
    Vec::new()
}
