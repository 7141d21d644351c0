//! What a person sees and presses: views, overlays, keys, and the screen that holds them.
//!
//! The ui draws from the model and answers actions; it fetches nothing and changes nothing but its own
//! cursors. What it wants done elsewhere it says in an [`Answer`].
//!
//! A new view is one file in [`views`] and one line in [`views::all`].

pub mod action;
pub mod chord;
pub mod detail;
pub mod filter;
pub mod format;
pub mod graph;
pub mod keymap;
pub mod overlay;
pub mod picture;
pub mod screen;
pub mod terminal;
pub mod theme;
pub mod trend;
pub mod usage;
pub mod views;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::log::Log;
use crate::model::observation::{Kind, NamespaceChoice};
use crate::model::query::network::Network;
use crate::model::source::SourceState;
use action::Verb;
use filter::Filter;
use graph::layered::{self, Task};
use overlay::examples::Example;
use picture::sheet::Sheet;
use theme::Theme;

/// What everything on screen is drawn from. Borrowed for one update or one frame.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// The model that is shown: live, or frozen by a pause.
    pub model: &'a Model,
    /// The log that is shown.
    pub log: &'a Log,
    /// The chosen namespaces.
    pub choice: &'a NamespaceChoice,
    /// What the filter lets through.
    pub filter: &'a Filter,
    /// Only what is broken, with its neighbours' names.
    pub only_broken: bool,
    /// Now, by our wall clock.
    pub now: Timestamp,
    /// The zone in which times are shown.
    pub zone: &'a TimeZone,
    /// Colours and glyphs.
    pub theme: &'a Theme,
    /// The replica stage that stands on a row: its component type and the number that it is at.
    pub stage: Option<(&'a ElementKey, u32)>,
}

impl Ctx<'_> {
    /// Whether a kind may not be listed in something that is chosen, or could not be: that there is none
    /// of it is then not known.
    #[must_use]
    pub fn lacks(&self, kind: Kind) -> bool {
        let mut sources = self.model.sources().values();
        sources.any(|status| {
            &*status.key.source == "kubernetes"
                && &*status.key.part == kind.plural()
                && matches!(
                    status.state,
                    Some(SourceState::Forbidden { .. } | SourceState::Failed { .. })
                )
        })
    }

    /// Whether the tracing server counts calls by the day only, so that rates are those of sampled traces.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        let mut sources = self.model.sources().values();
        sources.any(|status| {
            &*status.key.part == "dependencies"
                && matches!(status.state, Some(SourceState::Limited { .. }))
        })
    }

    /// Whether the first list of a kind is complete for everything that is chosen.
    #[must_use]
    pub fn has_listed(&self, kind: Kind) -> bool {
        match self.choice {
            NamespaceChoice::All => self.model.is_complete(kind, ""),
            NamespaceChoice::Only(names) => {
                names.iter().all(|name| self.model.is_complete(kind, name))
            }
        }
    }
}

/// What a view answers to a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The verb means nothing here.
    Ignored,
    /// Done, draw again.
    Done,
    /// Show an element in another view.
    Show {
        /// The view's name.
        view: &'static str,
        /// The element.
        key: ElementKey,
    },
    /// Open the detail pane of the selected element at full size.
    Detail,
    /// Look at one of these traces.
    Examples {
        /// Of what they are examples.
        of: String,
        /// Those that there are.
        examples: Vec<Example>,
    },
    /// Something to say in the notice line.
    Say(String),
}

/// What a command asks of a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Only links with so many calls per second, and those that fail; `None` for all.
    LeastRate(Option<f64>),
    /// Leave out what this expression lets through; nothing where it is empty.
    Hide(String),
    /// Only the ways from one to the other; `None` for everything.
    Path(Option<(ElementKey, ElementKey)>),
    /// What was at that time.
    At(Timestamp),
    /// Let stand out what this verb looks for.
    StandOut(Verb),
}

/// One way to look at the model. Views keep their cursor, and caches that hang on the model's revision.
pub trait View {
    /// Its name: in `:name`, in titles, in action places.
    fn name(&self) -> &'static str;

    /// The letter after `v` that opens it.
    fn letter(&self) -> char;

    /// One sentence for the help.
    fn about(&self) -> &'static str;

    /// Whether its command takes two names: who calls, and who is called.
    fn takes_pairs(&self) -> bool {
        false
    }

    /// What is shown, how much of it, by which rule: the pane's title after the name.
    fn title(&self, ctx: &Ctx<'_>) -> String;

    /// The element under the cursor.
    fn selected(&self) -> Option<ElementKey>;

    /// The element that brings back what is shown, when one comes back: the selected one, unless all hangs on
    /// another.
    fn anchor(&self) -> Option<ElementKey> {
        self.selected()
    }

    /// What the row under the cursor is called, where it is no element but belongs to one.
    fn part(&self) -> Option<String> {
        None
    }

    /// Puts the cursor on an element, or on the nearest thing that stands for it.
    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>);

    /// What it stands around, where that may be another element than the one under the cursor.
    fn centre(&self) -> Option<ElementKey> {
        None
    }

    /// Puts the cursor on an element that is in sight, and leaves all else as it is.
    fn point(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        self.select(key, ctx);
    }

    /// Whether its rows stand for elements, so that the detail pane has something to say.
    fn has_detail(&self) -> bool {
        true
    }

    /// Whether it wants the whole width, so that the detail pane stands beside it only when asked for.
    fn is_wide(&self) -> bool {
        false
    }

    /// Answers a verb.
    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer;

    /// Answers what a command asks of it.
    fn ask(&mut self, _ask: Ask, _ctx: &Ctx<'_>) -> Answer {
        Answer::Ignored
    }

    /// A layout that is to be done beside the loop, once; its answer comes by [`View::placed`].
    fn task(&mut self) -> Option<Arc<Task>> {
        None
    }

    /// A layout that was done, by the task's number; `None` where it was given up.
    fn placed(&mut self, _id: u64, _scene: Option<layered::Scene>, _ctx: &Ctx<'_>) {}

    /// The network that it shows, for other programs; `None` where it shows another thing.
    fn network(&self, _ctx: &Ctx<'_>) -> Option<Network> {
        None
    }

    /// All of its picture, where the screen may show a part of it only; `None` where it has none of its own. An
    /// error says in a sentence why there is none in cells.
    fn sheet(&self, _ctx: &Ctx<'_>) -> Option<Result<Sheet, String>> {
        None
    }

    /// Draws itself; `focused` says whether keys go here.
    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool);
}
