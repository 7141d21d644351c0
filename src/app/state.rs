//! What the app knows: the model and its log, where the person is, and what is under way.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::actions::{self, Entry, Run};
use super::host::Offer;
use super::msg::Moment;
use super::troubles::Troubles;
use crate::model::Model;
use crate::model::intent::{Intent, Stage};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::log::Log;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;
use crate::ui::action::{Action, Here};
use crate::ui::chord::Chord;
use crate::ui::filter::Filter;
use crate::ui::keymap::{BadBinding, Keymap};
use crate::ui::overlay::examples::Examples;
use crate::ui::overlay::help::Help;
use crate::ui::overlay::namespaces::NamespaceSwitcher;
use crate::ui::overlay::prompt::Prompt;
use crate::ui::overlay::trace::TracePage;
use crate::ui::overlay::why::WhyPage;
use crate::ui::screen::{Focus, Mode};
use crate::ui::theme::Theme;
use crate::ui::views;
use crate::ui::views::events::EventsView;
use crate::ui::{Ctx, View};

/// Entries that the log keeps.
pub const LOG_LIMIT: usize = 5_000;
/// How long a notice stays, in ms.
const NOTICE_MS: u64 = 6_000;
/// Most places that `[` can go back to.
const PAST_LIMIT: usize = 50;
/// Most of them that keep the pages that stood over them.
const PAGES_LIMIT: usize = 3;

/// How the app starts.
#[derive(Clone, Debug)]
pub struct Start {
    /// The Kubernetes context's name.
    pub context: String,
    /// The first choice of namespaces.
    pub choice: NamespaceChoice,
    /// Whether writing is possible.
    pub mode: Mode,
    /// Colours and glyphs.
    pub theme: Theme,
    /// The zone of the times shown.
    pub zone: TimeZone,
    /// The person's telemetry names.
    pub mapping: Vec<(Text, TypeKey)>,
    /// The person's keys, by action.
    pub keys: BTreeMap<String, String>,
    /// Commands that the host offers.
    pub offers: Vec<Offer>,
    /// When.
    pub now: Moment,
}

/// What stands over the view.
#[derive(Debug)]
pub enum Overlay {
    /// The help.
    Help(Help),
    /// A prompt.
    Prompt(Prompt),
    /// The namespace switcher.
    Namespaces(NamespaceSwitcher),
    /// The stage of a write, whose intent is [`App::stage`].
    Stage {
        /// Whether digits and signs change a number in it.
        counts: bool,
    },
    /// Who a name is, and why.
    Why(WhyPage),
    /// Which trace to look at.
    Examples(Examples),
    /// A trace.
    Trace(TracePage),
    /// The detail of an element at full size.
    Detail {
        /// Which.
        key: ElementKey,
        /// Lines scrolled.
        offset: u16,
    },
}

impl Overlay {
    /// Its name, as actions know it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Help(_) => "help",
            Self::Prompt(_) => "prompt",
            Self::Namespaces(_) => "namespaces",
            Self::Stage { counts: true } => "scale",
            Self::Stage { counts: false } => "stage",
            Self::Why(_) => "why",
            Self::Examples(_) => "examples",
            Self::Trace(page) => page.name(),
            Self::Detail { .. } => "detail",
        }
    }
}

/// A place that one can go back to.
#[derive(Debug)]
pub struct Visited {
    pub(super) view: usize,
    pub(super) key: Option<ElementKey>,
    /// What the view stood around, where that is not what is selected.
    pub(super) centre: Option<ElementKey>,
    /// The pages that were left with it.
    pub(super) pages: Vec<Overlay>,
    /// The filter that it was left with, and whether only what is broken was shown.
    pub(super) filter: (String, bool),
}

/// Which panes are there, and which one has the keys.
#[derive(Clone, Copy, Debug)]
pub struct Panes {
    pub(super) tail: bool,
    /// Whether the detail pane is there: beside views that leave room for it, and beside those that want it all.
    pub(super) detail: bool,
    pub(super) detail_of_wide: bool,
    /// Lines that the detail pane is scrolled by.
    pub(super) offset: u16,
    pub(super) focus: Focus,
}

impl Default for Panes {
    fn default() -> Self {
        Self {
            tail: true,
            detail: true,
            detail_of_wide: false,
            offset: 0,
            focus: Focus::View,
        }
    }
}

impl Panes {
    /// Whether the detail pane stands beside a view, by whether that wants the whole width.
    pub(super) const fn detail_beside(&mut self, is_wide: bool) -> &mut bool {
        if is_wide {
            &mut self.detail_of_wide
        } else {
            &mut self.detail
        }
    }
}

/// The stage that is open.
#[derive(Clone, Debug)]
pub struct Staged {
    pub(super) intent: Intent,
    /// Whether the number is being typed, so that a digit is appended.
    pub(super) typing: bool,
    /// Whether the preview was on screen: a key pressed before does not answer it.
    pub(super) seen: bool,
    /// Whether nothing was typed since for as long as reading takes: a key that repeats, or one of many
    /// that came at once, was not meant for it.
    pub(super) ripe: bool,
}

/// The whole state.
pub struct App {
    pub(super) live: Model,
    pub(super) log: Log,
    /// What is wrong with the sources, as it was told.
    pub(super) troubles: Troubles,
    pub(super) frozen: Option<Box<(Model, Log)>>,
    /// Batches with changes since the pause.
    pub(super) waiting: u64,
    pub(super) choice: NamespaceChoice,
    pub(super) recent: Vec<Text>,
    pub(super) filter: Filter,
    pub(super) only_broken: bool,
    pub(super) mode: Mode,
    pub(super) theme: Theme,
    /// The zone of the times shown, and the one to change to.
    pub(super) zones: (TimeZone, TimeZone),
    pub(super) now: Moment,
    pub(super) views: Vec<Box<dyn View>>,
    pub(super) view: usize,
    pub(super) tail: EventsView,
    pub(super) panes: Panes,
    pub(super) past: Vec<Visited>,
    pub(super) future: Vec<Visited>,
    pub(super) overlays: Vec<Overlay>,
    pub(super) table: Vec<Entry>,
    pub(super) actions: Vec<Action>,
    pub(super) offers: Vec<Offer>,
    pub(super) keymap: Keymap,
    pub(super) pressed: Vec<Chord>,
    pub(super) notice: Option<(String, u64)>,
    pub(super) commands: Vec<String>,
    pub(super) filters: Vec<String>,
    /// The filter to go back to when its prompt is left.
    pub(super) filter_before: String,
    pub(super) stage: Option<Staged>,
    pub(super) intents: Vec<Intent>,
    pub(super) next_intent: u64,
    pub(super) asked_to_quit: bool,
    pub(super) dirty: bool,
    /// Where the last frame was drawn.
    pub(super) area: Rect,
}

impl App {
    /// An app that has seen nothing yet.
    ///
    /// # Errors
    /// [`BadBinding`] where the person's keys cannot be used.
    pub fn new(start: Start) -> Result<Self, BadBinding> {
        let views = views::all();
        let table = actions::table(&views, &start.offers, start.mode != Mode::ReadOnly);
        let actions: Vec<Action> = table.iter().map(|e| e.action.clone()).collect();
        let keymap = Keymap::new(&actions, &start.keys)?;
        let recent = match &start.choice {
            NamespaceChoice::All => Vec::new(),
            NamespaceChoice::Only(names) => names.iter().cloned().collect(),
        };
        Ok(Self {
            live: Model::new(&start.context, start.mapping),
            log: Log::new(LOG_LIMIT, start.now.wall),
            troubles: Troubles::default(),
            frozen: None,
            waiting: 0,
            choice: start.choice,
            recent,
            filter: Filter::default(),
            only_broken: false,
            mode: start.mode,
            theme: start.theme,
            zones: (start.zone, TimeZone::UTC),
            now: start.now,
            views,
            view: 0,
            tail: EventsView::tail(),
            panes: Panes::default(),
            past: Vec::new(),
            future: Vec::new(),
            overlays: Vec::new(),
            table,
            actions,
            offers: start.offers,
            keymap,
            pressed: Vec::new(),
            notice: None,
            commands: Vec::new(),
            filters: Vec::new(),
            filter_before: String::new(),
            stage: None,
            intents: Vec::new(),
            next_intent: 0,
            asked_to_quit: false,
            dirty: true,
            area: Rect::default(),
        })
    }

    /// Whether something visible changed since the last frame.
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Whether a preview is on screen that no key answers yet: [`Msg::Quiet`](super::msg::Msg::Quiet) tells
    /// when one does.
    #[must_use]
    pub fn is_to_be_read(&self) -> bool {
        self.stage.as_ref().is_some_and(|s| s.seen && !s.ripe)
    }

    /// The model that is shown.
    #[must_use]
    pub fn shown(&self) -> &Model {
        self.frozen.as_ref().map_or(&self.live, |f| &f.0)
    }

    /// Where the person is, for the keymap.
    pub(super) fn here(&self) -> Here<'_> {
        let view = match self.panes.focus {
            Focus::Tail => "events",
            Focus::View | Focus::Detail => self.views.get(self.view).map_or("", |v| v.name()),
        };
        Here {
            view,
            overlay: self.overlays.last().map(Overlay::name),
        }
    }

    /// Whether the detail pane stands beside the view.
    pub(super) fn detail_pane(&mut self) -> &mut bool {
        let is_wide = self.views.get(self.view).is_some_and(|v| v.is_wide());
        self.panes.detail_beside(is_wide)
    }

    /// What a person says, in the last line for some seconds.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.notice = Some((text.into(), self.now.ms + NOTICE_MS));
    }

    /// The element under the cursor.
    pub(super) fn selected(&self) -> Option<ElementKey> {
        if let Some(Overlay::Detail { key, .. }) = self.overlays.last() {
            return Some(key.clone());
        }
        match self.panes.focus {
            Focus::Tail => self.tail.selected(),
            _ => self.views.get(self.view).and_then(|v| v.selected()),
        }
    }

    /// Calls a view with everything that it draws from.
    pub(super) fn with_view<T>(
        &mut self,
        index: usize,
        call: impl FnOnce(&mut dyn View, &Ctx<'_>) -> T,
    ) -> Option<T> {
        let mut views = std::mem::take(&mut self.views);
        let result = views
            .get_mut(index)
            .map(|view| call(view.as_mut(), &self.ctx()));
        self.views = views;
        result
    }

    /// What everything is drawn from.
    pub(super) fn ctx(&self) -> Ctx<'_> {
        let (model, log) = match &self.frozen {
            Some(frozen) => (&frozen.0, &frozen.1),
            None => (&self.live, &self.log),
        };
        Ctx {
            model,
            log,
            choice: &self.choice,
            filter: &self.filter,
            only_broken: self.only_broken,
            now: self.now.wall,
            zone: &self.zones.0,
            theme: &self.theme,
            stage: None,
        }
    }

    /// Goes to a view, remembering where one was.
    pub(super) fn go(&mut self, view: usize, key: Option<&ElementKey>) {
        let from = self.visited();
        if view != self.view || key.is_some() {
            self.past.push(from);
            self.future.clear();
            if self.past.len() > PAST_LIMIT {
                self.past.remove(0);
            }
        }
        self.arrive(view, key);
    }

    /// Goes to a view from a page that stands over this one: the way back leads to the page.
    pub(super) fn go_from_page(&mut self, view: usize, key: Option<&ElementKey>) {
        let pages = std::mem::take(&mut self.overlays);
        self.go(view, key);
        if let Some(from) = self.past.last_mut() {
            from.pages = pages;
        }
        // A page holds a whole trace: those long left are let go.
        let left = self.past.iter_mut().rev().filter(|v| !v.pages.is_empty());
        left.skip(PAGES_LIMIT).for_each(|v| v.pages.clear());
    }

    /// Whether one came here from a page, and has set no filter since.
    pub(super) fn is_from_page(&self) -> bool {
        let filter = (self.filter.source(), self.only_broken);
        self.past.last().is_some_and(|from| {
            !from.pages.is_empty() && (from.filter.0.as_str(), from.filter.1) == filter
        })
    }

    pub(super) fn visited(&self) -> Visited {
        let view = self.views.get(self.view);
        Visited {
            view: self.view,
            key: view.and_then(|v| v.anchor()),
            centre: view.and_then(|v| v.centre()),
            pages: Vec::new(),
            filter: (self.filter.source().to_owned(), self.only_broken),
        }
    }

    /// Comes back to where one was.
    pub(super) fn come_back(&mut self, to: Visited) {
        self.arrive(to.view, to.centre.as_ref().or(to.key.as_ref()));
        if let (Some(_), Some(key)) = (&to.centre, &to.key) {
            self.with_view(to.view, |v, ctx| v.point(key, ctx));
        }
        self.overlays.extend(to.pages);
    }

    pub(super) fn arrive(&mut self, view: usize, key: Option<&ElementKey>) {
        self.view = view.min(self.views.len().saturating_sub(1));
        self.overlays
            .retain(|o| !matches!(o, Overlay::Detail { .. }));
        self.panes.focus = Focus::View;
        self.panes.offset = 0;
        if let Some(key) = key {
            self.with_view(view, |v, ctx| v.select(key, ctx));
        }
    }

    /// The place of a view in the list, by its name.
    pub(super) fn view_named(&self, name: &str) -> Option<usize> {
        self.views.iter().position(|v| v.name() == name)
    }

    /// What an action does.
    pub(super) fn run_of(&self, action: usize) -> Option<Run> {
        self.table.get(action).map(|e| e.run)
    }

    /// Whether a write is on its way to its end.
    pub(super) fn is_writing(&self) -> bool {
        let staged = self
            .stage
            .as_ref()
            .is_some_and(|s| matches!(s.intent.stage, Stage::Sending));
        staged || self.intents.iter().any(|i| i.stage.is_under_way())
    }
}
