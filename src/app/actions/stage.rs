//! What all writes share: where they are staged, how a stage is answered, and the way back.

use super::{Entry, app, overlay, scale, session};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::intent::Stage;
use crate::ui::action::{Action, Place, Verb};

/// Where elements that can be changed are selected.
pub(super) const PLACES: Place = Place::Views(&["tree", "graph", "calls", "events"]);

pub(super) fn entries() -> Vec<Entry> {
    let mut table = vec![app(
        Action::new("undo", &["u"], "", "stage the way back of the last write"),
        |app, _| undo(app),
    )];
    // A stage with a number understands more keys, so it is a place of its own.
    let accepts = [("scale", "scale-accept"), ("stage", "stage-accept")];
    table.extend(accepts.into_iter().map(|(place, name)| {
        let about = "preview; then write what was previewed";
        let action = Action::new(name, &["enter"], "preview, then write", about);
        overlay(action.at(Place::Overlay(place)), Verb::Accept)
    }));
    table.extend(scale::numbers());
    let drops = [("scale", "scale-drop"), ("stage", "stage-drop")];
    table.extend(drops.into_iter().map(|(place, name)| {
        let action = Action::new(name, &["esc", "q", "ctrl-c"], "close", "close it");
        app(action.at(Place::Overlay(place)), |app, _| {
            session::close(app)
        })
    }));
    table
}

/// Stages the way back of the last write, which is a write like any other: previewed and confirmed.
fn undo(app: &mut App) -> Vec<Effect> {
    let sent = app.intents.iter().rev();
    let mut done = sent.filter(|i| !matches!(i.stage, Stage::Failed { .. } | Stage::Sending));
    let last = done.find_map(|i| Some((i.target.clone(), i.order.as_ref()?.undone())));
    match last {
        None => app.say("nothing was written in this session"),
        Some((target, Err(why))) => app.say(format!("{}: {why}", target.name)),
        Some((target, Ok(operation))) => {
            if app.unlocked() {
                app.stage(target, operation);
            }
        }
    }
    Vec::new()
}
