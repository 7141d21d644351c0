//! The action: the unit of interaction. Keys, commands, help, footer and the generated key reference
//! all come from one table of these; components answer [`Verb`]s and never see key codes.

/// Where an action works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Wherever no overlay is open.
    Everywhere,
    /// In these views, by name.
    Views(&'static [&'static str]),
    /// While this overlay is open, by name.
    Overlay(&'static str),
}

impl Place {
    /// Whether an action of this place works where the person is.
    #[must_use]
    pub fn holds(self, here: &Here<'_>) -> bool {
        match (self, here.overlay) {
            (Self::Overlay(name), Some(open)) => name == open,
            (Self::Overlay(_), None) => false,
            // The detail page shows what is selected: what can be done with it in the view goes on.
            (_, Some(open)) if open != "detail" => false,
            (Self::Everywhere, _) => true,
            (Self::Views(names), _) => names.contains(&here.view),
        }
    }
}

/// Where the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here<'a> {
    /// The name of the view that has the focus.
    pub view: &'a str,
    /// The name of the overlay on top.
    pub overlay: Option<&'a str>,
}

/// What views and overlays understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// Fold, or to the parent; in a graph along the edges to the left.
    Left,
    /// Unfold, or to the first child; in a graph along the edges to the right.
    Right,
    /// Into what is selected.
    Enter,
    /// Unfold everything, or fold everything.
    FoldAll,
    /// Show what is asked of it, and what it asks of others.
    Operations,
    /// Follow the end, or stay.
    Follow,
    /// Show repeats as one line, or each.
    FoldRepeats,
    /// To the next cell in which something flows.
    NextCall,
    /// To the one before.
    PreviousCall,
    /// One hop more.
    Wider,
    /// One hop less.
    Narrower,
    /// Look the other way along calls.
    Flip,
    /// Say more, or less, of each box.
    Zoom,
    /// Gather by something else.
    Regroup,
    /// Close the group under the cursor, or open it.
    Fold,
    /// Whom it touches when the selected one stops.
    Impact,
    /// What everything hangs on.
    Points,
    /// Who calls in circles.
    Cycles,
    /// Also what has no links.
    Unlinked,
    /// Place everything anew.
    Relayout,
    /// The next order of rows.
    Sort,
    /// More columns, or fewer.
    Wide,
    /// Confirm what an overlay holds.
    Accept,
    /// Complete a word.
    Complete,
    /// Mark what is selected in a list.
    Mark,
    /// One more.
    More,
    /// One less.
    Fewer,
}

/// One action. Its behaviour is registered beside it, by the app.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its name: for rebinding, and `:name` as a command.
    pub name: &'static str,
    /// Chords that start it, as [`super::chord::Chord`] reads them; sequences have blanks between.
    pub keys: Vec<String>,
    /// Two or three words for the footer; empty keeps it out of there.
    pub label: &'static str,
    /// One sentence for the help.
    pub about: &'static str,
    /// What the command takes, e.g. `NAME`; empty for nothing.
    pub takes: &'static str,
    /// Where it works.
    pub place: Place,
}

impl Action {
    /// An action that works everywhere.
    #[must_use]
    pub fn new(
        name: &'static str,
        keys: &[&str],
        label: &'static str,
        about: &'static str,
    ) -> Self {
        Self {
            name,
            keys: keys.iter().map(|&k| k.to_owned()).collect(),
            label,
            about,
            takes: "",
            place: Place::Everywhere,
        }
    }

    /// The same, in one place only.
    #[must_use]
    pub const fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same, taking something as a command.
    #[must_use]
    pub const fn takes(mut self, what: &'static str) -> Self {
        self.takes = what;
        self
    }
}
