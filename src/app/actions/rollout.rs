//! Rollouts of the selected component type: setting one going, and undoing the last.

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::intent::Operation;
use crate::model::key::ElementKey;
use crate::ui::action::Action;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        app(
            Action::new(
                "restart",
                &["r"],
                "restart",
                "stage a restart of all its pods, by a rollout",
            )
            .at(super::stage::PLACES),
            |app, argument| {
                if argument.is_empty() {
                    roll(app, Operation::Restart, "restarted");
                } else {
                    app.say("restart takes no name: it restarts what is selected");
                }
                Vec::new()
            },
        ),
        app(
            Action::new(
                "rollback",
                &[],
                "",
                "stage the revision before the last rollout; :rollback 3",
            )
            .takes("REVISION")
            .at(super::stage::PLACES),
            rollback,
        ),
    ]
}

fn rollback(app: &mut App, argument: &str) -> Vec<Effect> {
    let to = match argument {
        "" => None,
        text => match text.parse::<u64>() {
            Ok(number) if number > 0 => Some(number),
            _ => {
                app.say(format!("{text} is no revision: they count from 1"));
                return Vec::new();
            }
        },
    };
    roll(app, Operation::Rollback { to }, "rolled back");
    Vec::new()
}

/// Stages it for the selected type, or for the type of the selected pod.
fn roll(app: &mut App, operation: Operation, word: &str) {
    let Some(key) = app.target("") else {
        app.say_select("component type");
        return;
    };
    let is_one = matches!(key, ElementKey::Type(_) | ElementKey::Component { .. });
    let Some(target) = app.live.type_of(&key).filter(|_| is_one) else {
        app.say(format!("only component types can be {word}"));
        return;
    };
    if app.live.component_type(&target).is_none() {
        app.say("it is gone");
    } else if let Some(why) = operation.why_not(&target) {
        app.say(format!("{} cannot be {word}: {why}", target.name));
    } else if app.unlocked() {
        app.stage(target, operation);
    }
}
