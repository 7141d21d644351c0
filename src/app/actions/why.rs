//! Asking why: who a name is, why something is not known, why an expected link is missing.

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay};
use crate::ui::action::Action;
use crate::ui::overlay::why::{Asked, WhyPage};

pub(super) fn entries() -> Vec<Entry> {
    let about = "why it is who it is, or is not known, or is not called; :why NAME";
    vec![app(Action::new("why", &[], "", about).takes("NAME"), why)]
}

fn why(app: &mut App, name: &str) -> Vec<Effect> {
    let asked = if name.is_empty() {
        let Some(key) = app.selected() else {
            app.say("select something first, or give a name: :why NAME");
            return Vec::new();
        };
        Asked::Element(key)
    } else {
        Asked::Name(name.to_owned())
    };
    let answer = asked.answer(app.shown(), &app.choice);
    if answer.is_known() {
        app.overlays.push(Overlay::Why(WhyPage::new(asked)));
    } else {
        app.say(answer.unknown());
    }
    Vec::new()
}
