//! Scaling: another number of components of the selected type.

use super::{Entry, app, overlay};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::element::Scalability;
use crate::model::intent::Operation;
use crate::model::key::ElementKey;
use crate::ui::action::{Action, Place, Verb};
use crate::ui::overlay::stage::LIMIT;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        app(
            Action::new(
                "scale",
                &["s"],
                "scale",
                "stage another number of replicas; :scale 3",
            )
            .takes("NUMBER")
            .at(super::stage::PLACES),
            |app, argument| scale(app, argument, 0),
        ),
        app(
            Action::new(
                "scale-up",
                &["+", "="],
                "one more",
                "stage one replica more",
            )
            .at(super::stage::PLACES),
            |app, argument| scale(app, argument, 1),
        ),
    ]
}

/// What only the stage of a number understands.
pub(super) fn numbers() -> Vec<Entry> {
    let stage = Place::Overlay("scale");
    vec![
        overlay(
            Action::new("scale-more", &["+", "=", "k", "up"], "more", "one more").at(stage),
            Verb::More,
        ),
        overlay(
            Action::new("scale-fewer", &["-", "j", "down"], "fewer", "one less").at(stage),
            Verb::Fewer,
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
        app.say_select("component type");
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
    // Pods may come before what owns them: who that is, and how many it wants, is not known then.
    let Some(before) = seen.desired.filter(|_| seen.declared) else {
        let why = "it is known by its pods only, and may belong to another type";
        app.say(format!("{} cannot be scaled: {why}", target.name));
        return Vec::new();
    };
    if app.unlocked() {
        let wanted = number.unwrap_or_else(|| (before + more).min(LIMIT));
        app.stage(target, Operation::Scale { before, wanted });
    }
    Vec::new()
}
