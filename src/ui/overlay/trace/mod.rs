//! One trace as a waterfall: its spans below what caused them, on one axis of time.

mod bar;
mod paint;
mod particulars;
mod rows;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::rows::Row;
use crate::model::Model;
use crate::model::identity::Resolution;
use crate::model::key::TypeKey;
use crate::model::text::Text;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::Kind;
use crate::trace::waterfall::{Bar, Waterfall};
use crate::ui::Ctx;
use crate::ui::action::Verb;
use crate::ui::theme::Theme;

/// An open page.
#[derive(Debug)]
pub struct TracePage {
    id: TraceId,
    /// Of what it is an example; empty where it was asked for by its id.
    of: String,
    /// The span that one comes for; none where the trace was asked for by its id.
    wanted: Option<SpanId>,
    state: State,
    /// The span under the cursor.
    at: usize,
    /// The first line in sight.
    top: usize,
    /// Lines in sight, when it was drawn last.
    height: usize,
    /// Lines that the page of the span under the cursor is scrolled by, where that is open.
    opened: Option<u16>,
    /// Who the services are, and the revisions of the model that say so.
    known: Option<((u64, u64), HashMap<Text, TypeKey>)>,
}

/// What has come of it.
#[derive(Debug)]
enum State {
    Asking,
    Failed(Text),
    Shown(Box<Waterfall>, Vec<Row>),
}

impl TracePage {
    /// A page for a trace that is asked for now, of what it is an example, and by which span.
    #[must_use]
    pub const fn new(id: TraceId, of: String, wanted: Option<SpanId>) -> Self {
        Self {
            id,
            of,
            wanted,
            state: State::Asking,
            at: 0,
            top: 0,
            height: 0,
            opened: None,
            known: None,
        }
    }

    /// The trace's id.
    #[must_use]
    pub const fn id(&self) -> TraceId {
        self.id
    }

    /// Its name, as actions know it: the waterfall, the page of one span, or that there is none (yet).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match (&self.state, self.opened) {
            (State::Asking, _) => "trace that is awaited",
            (State::Failed(_), _) => "trace that is not there",
            (State::Shown(..), Some(_)) => "span",
            (State::Shown(..), None) => "trace",
        }
    }

    /// Takes the answer in.
    pub fn answered(&mut self, result: Result<Box<Waterfall>, Text>, theme: &Theme) {
        self.state = match result {
            Ok(waterfall) => {
                let rows = rows::rows(&waterfall, theme);
                self.at = self.sought(&waterfall).unwrap_or(0);
                State::Shown(waterfall, rows)
            }
            Err(why) => State::Failed(why),
        };
    }

    /// Closes the page of a span; says whether there was one.
    pub fn leave(&mut self) -> bool {
        self.opened.take().is_some()
    }

    /// The service of the span under the cursor, by its raw name.
    #[must_use]
    pub fn service(&self) -> Option<&Text> {
        self.bar()?.service.as_ref()
    }

    /// When the span under the cursor began; `None` where it does not say when.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        let State::Shown(waterfall, _) = &self.state else {
            return None;
        };
        let offset = i64::try_from(self.bar()?.offset?).ok()?;
        Timestamp::from_microsecond(waterfall.began.checked_add(offset)?).ok()
    }

    /// Answers a verb; says whether the trace is to be asked for again.
    pub fn act(&mut self, verb: Verb) -> bool {
        if let Some(offset) = &mut self.opened {
            let by = match verb {
                Verb::Up => -1,
                Verb::Down => 1,
                Verb::PageUp => -10,
                Verb::PageDown => 10,
                Verb::Top => i16::MIN,
                Verb::Bottom => i16::MAX,
                _ => 0,
            };
            *offset = offset.saturating_add_signed(by);
            return false;
        }
        let State::Shown(waterfall, _) = &self.state else {
            let again = verb == Verb::Accept && matches!(self.state, State::Failed(_));
            if again {
                self.state = State::Asking;
            }
            return again;
        };
        let last = waterfall.bars.len().saturating_sub(1);
        let page = self.height.max(2) - 1;
        self.at = match verb {
            Verb::Up => self.at.saturating_sub(1),
            Verb::Down => self.at + 1,
            Verb::PageUp => self.at.saturating_sub(page),
            Verb::PageDown => self.at + page,
            Verb::Top => 0,
            Verb::Bottom => last,
            _ => self.at,
        }
        .min(last);
        if verb == Verb::Accept && !waterfall.bars.is_empty() {
            self.opened = Some(0);
        }
        false
    }

    /// Draws the page over the whole body.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let revisions = (ctx.model.revision(), ctx.model.telemetry_revision());
        if self.known.as_ref().is_none_or(|(of, _)| *of != revisions)
            && let State::Shown(waterfall, _) = &self.state
        {
            self.known = Some((revisions, known(ctx.model, waterfall)));
        }
        if let Some(offset) = self.opened {
            self.opened = Some(self.draw_span(offset, area, buf, ctx));
        } else {
            self.draw_trace(area, buf, ctx);
        }
    }

    /// The place of the span that one comes for. Of two sides with one id, the called one.
    fn sought(&self, waterfall: &Waterfall) -> Option<usize> {
        let wanted = self.wanted?;
        let bars = waterfall.bars.iter().enumerate();
        let all = || bars.clone().filter(|(_, bar)| bar.id == wanted);
        let called = |bar: &Bar| matches!(bar.kind, Some(Kind::Server | Kind::Consumer));
        let found = all().find(|(_, bar)| called(bar)).or_else(|| all().next());
        found.map(|(at, _)| at)
    }

    fn bar(&self) -> Option<&Bar> {
        match &self.state {
            State::Shown(waterfall, _) => waterfall.bars.get(self.at),
            _ => None,
        }
    }

    /// The component type that recorded a span, where it is known.
    fn type_of(&self, bar: &Bar) -> Option<&TypeKey> {
        let (_, known) = self.known.as_ref()?;
        known.get(bar.service.as_ref()?)
    }
}

/// Who the services of a trace are, by their raw names.
fn known(model: &Model, waterfall: &Waterfall) -> HashMap<Text, TypeKey> {
    let names: BTreeSet<&Text> = waterfall
        .bars
        .iter()
        .filter_map(|bar| bar.service.as_ref())
        .collect();
    let found = model.resolutions(names.into_iter()).into_iter();
    found
        .filter_map(|(name, resolution)| match resolution {
            Resolution::Matched { to, .. } => Some((name.clone(), to)),
            _ => None,
        })
        .collect()
}
