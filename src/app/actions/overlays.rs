//! What stands out on demand, from wherever somebody is: whom it touches when something stops, what everything
//! hangs on, who calls in circles. It is shown in the picture of the whole.

use super::{Entry, app, places};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::ui::Ask;
use crate::ui::action::{Action, Place, Verb};

/// The view that shows it.
const VIEW: &str = "whole";
/// Where the keys work: wherever an element is selected that may call or be called.
const PLACES: Place = Place::Views(&["tree", "graph", "whole", "matrix", "calls"]);

pub(super) fn entries() -> Vec<Entry> {
    vec![
        app(
            Action::new(
                "blast-radius",
                &["b"],
                "",
                "whom it touches when the selected one stops, with the share of their calls; again ends it",
            )
            .at(PLACES),
            |app, _| stand_out(app, Verb::Impact),
        ),
        app(
            Action::new(
                "single-points",
                &["B"],
                "",
                "what others are not reached without: single points of failure; again ends it",
            )
            .at(PLACES),
            |app, _| stand_out(app, Verb::Points),
        ),
        app(
            Action::new("circles", &["C"], "", "who calls in circles; again ends it").at(PLACES),
            |app, _| stand_out(app, Verb::Cycles),
        ),
    ]
}

/// In the picture itself the key turns it on and off; from elsewhere it leads there, and it is on.
fn stand_out(app: &mut App, what: Verb) -> Vec<Effect> {
    if app.view_named(VIEW) != Some(app.view) {
        return places::ask(app, Ask::StandOut(what));
    }
    app.with_view(app.view, |view, ctx| view.act(what, ctx));
    Vec::new()
}
