//! What every action does. A new one is one function in one of these files (or a file of its own) and
//! one line in that file's list; a new file is one line in [`table`].

mod delete;
mod export;
mod find;
mod motion;
mod overlays;
mod places;
mod rollout;
mod scale;
mod sensor;
mod session;
mod stage;
mod trace;
mod why;

pub(super) use self::session::FIRST_VIEW;
use super::effect::Effect;
use super::host::Offer;
use super::state::App;
use crate::ui::View;
use crate::ui::action::{Action, Verb};

/// What an app action does; the text is what a command gave it, empty for a key.
pub type Behaviour = fn(&mut App, &str) -> Vec<Effect>;

/// Who does an action.
#[derive(Clone, Copy)]
pub enum Run {
    /// The app itself.
    App(Behaviour),
    /// The pane with the focus.
    Verb(Verb),
    /// The overlay on top.
    Overlay(Verb),
    /// The view of this name, which is shown.
    Show(&'static str),
    /// The host that offered the command of this name.
    Host(&'static str),
}

/// One line of the table: an action, and who does it.
#[derive(Clone)]
pub struct Entry {
    /// The action.
    pub action: Action,
    /// Who does it.
    pub run: Run,
}

/// An action of the app.
fn app(action: Action, run: Behaviour) -> Entry {
    Entry {
        action,
        run: Run::App(run),
    }
}

/// An action of the pane with the focus.
fn verb(action: Action, verb: Verb) -> Entry {
    Entry {
        action,
        run: Run::Verb(verb),
    }
}

/// An action of an overlay.
fn overlay(action: Action, verb: Verb) -> Entry {
    Entry {
        action,
        run: Run::Overlay(verb),
    }
}

/// The action table, in the order of footer and help. Without the capability to write, the actions that
/// write are not in it.
#[must_use]
pub fn table(views: &[Box<dyn View>], offers: &[Offer], writable: bool) -> Vec<Entry> {
    let mut table = Vec::new();
    if writable {
        table.extend(scale::entries());
        table.extend(rollout::entries());
        table.extend(delete::entries());
        table.extend(stage::entries());
    }
    table.extend(find::entries());
    table.extend(trace::entries());
    table.extend(why::entries());
    table.extend(sensor::entries());
    table.extend(places::entries(views));
    table.extend(overlays::entries());
    table.extend(session::entries());
    table.extend(export::entries());
    table.extend(motion::entries());
    table.extend(offers.iter().map(|offer| Entry {
        action: offer.action(),
        run: Run::Host(offer.name),
    }));
    table
}
