//! The whole system as one picture, in layers from left to right: who calls whom, in groups that open and close.
//!
//! The network is asked of the model whenever that changes; only where its structure changed is it laid out anew, by
//! a task that the loop has done elsewhere, and until that is done the old picture stays with the numbers of now.

mod lens;
mod paint;
mod picture;
mod sheet;
#[cfg(test)]
mod tests;
mod verbs;
mod words;

pub use self::sheet::{Order, sheet};
pub use self::verbs::least_rate;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::lens::{Lens, Sort};
use self::paint::{Look, paint};
use self::picture::{Picture, Ranks, Settings};
use super::super::{Answer, Ask, Ctx, View};
use super::age::{self, Age};
use super::graph;
use crate::model::element::Element;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::network::{Network, Part};
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::format;
use crate::ui::graph::layered::{Scene, Task};
use crate::ui::picture::sheet::Sheet;

/// Everything that a picture hangs on.
#[derive(Clone, Debug, PartialEq)]
struct Stamp {
    context: Text,
    revision: u64,
    telemetry: u64,
    filter: String,
    only_broken: bool,
    choice: NamespaceChoice,
    settings: Settings,
    ascii: bool,
}

/// A picture that is being laid out.
#[derive(Debug)]
struct Awaited {
    task: Arc<Task>,
    network: Network,
    is_asked: bool,
}

/// What a lens hangs on: the model's revisions, the cursor, and what is looked for.
type Seen = (u64, u64, Option<usize>, Sort);

/// The view of the whole.
#[derive(Debug, Default)]
pub(super) struct WholeView {
    settings: Settings,
    sort: Sort,
    ranks: Ranks,
    stamp: Option<Stamp>,
    /// What was said of the ways between two.
    said: Option<String>,
    picture: Option<Picture>,
    awaited: Option<Awaited>,
    tasks: u64,
    /// The next picture may move everything: another zoom or grouping was asked for, or a new order.
    is_new: bool,
    note: Option<String>,
    cursor: Option<Part>,
    /// Where the cursor came from along a line.
    came: Option<Part>,
    scroll: (usize, usize),
    /// Cells for the picture at the last drawing.
    size: (usize, usize),
    lens: Option<(Seen, Lens)>,
}

impl WholeView {
    /// Asks the model again where something changed, and for a new layout where the structure did.
    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.renew(ctx, false);
    }

    /// The same; `anew` also lays out anew what is as it was.
    fn renew(&mut self, ctx: &Ctx<'_>, anew: bool) {
        let stamp = Stamp {
            context: ctx.model.context().clone(),
            revision: ctx.model.revision(),
            telemetry: ctx.model.telemetry_revision(),
            filter: ctx.filter.source().to_owned(),
            only_broken: ctx.only_broken,
            choice: ctx.choice.clone(),
            settings: self.settings.clone(),
            ascii: ctx.theme.glyphs.ellipsis.is_ascii(),
        };
        let is_same = self.stamp.as_ref() == Some(&stamp);
        if is_same && !anew {
            return;
        }
        self.stamp = Some(stamp);
        // Asking the model for a large network takes longer than a frame.
        let awaited = self.awaited.as_ref().map(|awaited| &awaited.network);
        let shown = || self.picture.as_ref().map(|picture| &picture.network);
        let network = if let Some(known) = awaited.or_else(shown).filter(|_| is_same) {
            known.clone()
        } else {
            let (network, said) = picture::network(ctx, &self.settings);
            self.said = said;
            network
        };
        let before = self.picture.as_ref().filter(|_| !self.is_new);
        self.tasks += 1;
        let id = (self.tasks, self.size.1.max(1));
        let task = picture::task(ctx, &network, &self.settings, &mut self.ranks, before, id);
        let same = |nodes: &[crate::ui::graph::layered::Node], edges: &[crate::ui::graph::Edge]| {
            let key =
                |n: &crate::ui::graph::layered::Node| (n.rank, n.width, n.height, n.end, n.group);
            edges == task.edges.as_slice() && nodes.iter().map(key).eq(task.nodes.iter().map(key))
        };
        if let Some(awaited) = &mut self.awaited {
            if same(&awaited.task.nodes, &awaited.task.edges) {
                awaited.network = network;
                return;
            }
            awaited.task.drop_it();
            self.awaited = None;
        }
        if let Some(picture) = &mut self.picture
            && !self.is_new
            && same(&picture.sizes, &picture.edges)
        {
            picture.network = network;
            return;
        }
        self.awaited = Some(Awaited {
            task: Arc::new(task),
            network,
            is_asked: false,
        });
    }

    /// Takes a finished layout in.
    fn take(&mut self, scene: Scene, awaited: Awaited, ctx: &Ctx<'_>) {
        let anchor = self.at().and_then(|at| {
            let picture = self.picture.as_ref()?;
            let cells = picture.scene.boxes.get(at)?;
            Some((
                cells.x.saturating_sub(self.scroll.0),
                cells.y.saturating_sub(self.scroll.1),
            ))
        });
        if self.picture.is_some() && !self.is_new && !scene.kept {
            self.note = Some("laid out anew: much is new or gone".to_owned());
        }
        self.is_new = false;
        let task = &awaited.task;
        self.picture = Some(Picture {
            labels: words::labels(ctx, &awaited.network),
            network: awaited.network,
            edges: task.edges.clone(),
            sizes: task.nodes.clone(),
            scene,
        });
        self.settle_cursor(ctx);
        // What is under the cursor stays where it is on screen.
        if let (Some((x, y)), Some(cells)) = (anchor, self.cells()) {
            self.scroll = (cells.x.saturating_sub(x), cells.y.saturating_sub(y));
        }
    }

    /// Puts the cursor on something that is there; says so where that is not what it was on.
    fn settle_cursor(&mut self, ctx: &Ctx<'_>) {
        let Some(picture) = &self.picture else {
            return;
        };
        let network = &picture.network;
        let there = self.cursor.as_ref().and_then(|part| match part {
            part if network.place(part).is_some() => Some(part.clone()),
            // What went into a group, or came out of one.
            Part::Element(key) => {
                let at = network.place_of(key)?;
                network.nodes.get(at).map(|n| n.part.clone())
            }
            Part::Group(group) => {
                let mut nodes = network.nodes.iter();
                nodes
                    .find(|n| n.group.as_ref() == Some(group))
                    .map(|n| n.part.clone())
            }
            Part::Rest(key) => network
                .place(&Part::Element(key.clone()))
                .map(|_| Part::Element(key.clone())),
        });
        if let (None, Some(missed)) = (&there, &self.cursor) {
            self.note = Some(words::missing(ctx, missed));
        }
        self.cursor = there.or_else(|| picture::first(network).cloned());
    }

    /// The node under the cursor.
    fn at(&self) -> Option<usize> {
        self.picture.as_ref()?.network.place(self.cursor.as_ref()?)
    }

    fn cells(&self) -> Option<crate::ui::graph::Cells> {
        let at = self.at()?;
        self.picture.as_ref()?.scene.boxes.get(at).copied()
    }

    /// The edge that was walked last, in either direction.
    fn walked(&self) -> Option<usize> {
        let picture = self.picture.as_ref()?;
        let (a, b) = (picture.network.place(self.came.as_ref()?)?, self.at()?);
        let mut links = picture.network.links.iter();
        links.position(|l| (l.from, l.to) == (a, b) || (l.from, l.to) == (b, a))
    }

    /// Scrolls so that the box under the cursor is in sight.
    fn follow(&mut self, width: usize, height: usize) {
        let Some(scene) = self
            .picture
            .as_ref()
            .map(|p| (p.scene.width, p.scene.height))
        else {
            return;
        };
        let along = |scroll: usize, from: usize, size: usize, room: usize, all: usize| {
            // A cell beside the box shows whether a line goes on.
            let least = (from + size + 1).min(all).saturating_sub(room);
            let scroll = scroll.max(least).min(from.saturating_sub(1));
            scroll.min(all.saturating_sub(room))
        };
        let Some(cells) = self.cells() else {
            return;
        };
        self.scroll = (
            along(self.scroll.0, cells.x, cells.width, width, scene.0),
            along(self.scroll.1, cells.y, cells.height, height, scene.1),
        );
    }

    fn look_through(&mut self, ctx: &Ctx<'_>) {
        let key = (
            ctx.model.revision(),
            ctx.model.telemetry_revision(),
            self.at(),
            self.sort,
        );
        let Some(picture) = &self.picture else {
            return;
        };
        if self.lens.as_ref().is_none_or(|(old, _)| *old != key) {
            let lens = Lens::new(self.sort, ctx.model, &picture.network, self.at());
            self.lens = Some((key, lens));
        }
    }

    /// The sentences below the picture, the most important one first.
    fn info(&self, ctx: &Ctx<'_>) -> Vec<String> {
        let mut said = Vec::new();
        said.extend(self.note.clone());
        if let Some((_, lens)) = &self.lens {
            said.extend(lens.said.iter().cloned());
        }
        said.extend(self.said.clone());
        let Some((picture, at)) = self.picture.as_ref().zip(self.at()) else {
            return said;
        };
        let network = &picture.network;
        if let Some(link) = self.walked().and_then(|edge| network.links.get(edge)) {
            said.push(words::link(ctx, network, link.from, link.to, &link.flow));
        }
        said.push(words::about(ctx, network, at));
        let ages = network.links.iter().map(|l| Age::of(&l.flow, ctx.now));
        let is_declared = network.links.iter().any(|l| !l.flow.observed);
        said.push(age::legend(ages, is_declared, ctx));
        said.retain(|line| !line.is_empty());
        said
    }
}

impl View for WholeView {
    fn name(&self) -> &'static str {
        "whole"
    }

    fn letter(&self) -> char {
        'w'
    }

    fn about(&self) -> &'static str {
        "the whole system as one picture, in layers: groups, ways between two, what hangs on what"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        let dot = format!(" {} ", ctx.theme.glyphs.dot);
        let mut parts = Vec::new();
        if let Some((from, to)) = &self.settings.path {
            let (from, to) = (graph::words::name(ctx, from), graph::words::name(ctx, to));
            parts.push(format!("ways from {from} to {to}"));
        } else if let Some(picture) = &self.picture {
            parts.push(words::hidden(&picture.network.hidden));
        }
        if let Some(picture) = &self.picture {
            parts.extend(words::beyond(ctx, picture, self.scroll, self.size));
        }
        if self.awaited.is_some() && self.picture.is_some() {
            parts.push("being laid out".to_owned());
        }
        parts.extend(words::grouping(self.settings.grouping).map(str::to_owned));
        parts.push(self.settings.zoom.word().to_owned());
        if let Some(least) = self.settings.least_rate {
            parts.push(format!("from {}/s", format::per_second(least)));
        }
        match ctx.model.recent_window_ms() {
            Some(ms) => parts.push(format::window(ms)),
            None if ctx.model.has_telemetry() => parts.push("no rates yet".to_owned()),
            None => parts.push("declared links only".to_owned()),
        }
        parts.join(&dot)
    }

    fn selected(&self) -> Option<ElementKey> {
        match self.cursor.as_ref()? {
            Part::Element(key) => Some(key.clone()),
            Part::Group(_) | Part::Rest(_) => None,
        }
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        let key = match ctx.model.get(key) {
            Some(Element::Component(_) | Element::Service(_)) => match ctx.model.type_of(key) {
                Some(of) => ElementKey::Type(of),
                None => key.clone(),
            },
            Some(Element::Call(call)) => call.caller.clone(),
            Some(Element::Declared(declared)) => declared.caller.clone(),
            Some(Element::Tenant(_) | Element::Node(_)) | None => return,
            Some(_) => key.clone(),
        };
        self.cursor = Some(Part::Element(key));
        self.came = None;
        self.note = None;
        self.settle_cursor(ctx);
    }

    fn is_wide(&self) -> bool {
        true
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.refresh(ctx);
        self.note = None;
        self.verb(verb, ctx)
    }

    fn ask(&mut self, ask: Ask, ctx: &Ctx<'_>) -> Answer {
        self.asked(ask, ctx)
    }

    fn task(&mut self) -> Option<Arc<Task>> {
        let awaited = self.awaited.as_mut().filter(|a| !a.is_asked)?;
        awaited.is_asked = true;
        Some(Arc::clone(&awaited.task))
    }

    fn placed(&mut self, id: u64, scene: Option<Scene>, ctx: &Ctx<'_>) {
        let Some(awaited) = self.awaited.take_if(|a| a.task.id == id) else {
            return;
        };
        if let Some(scene) = scene {
            self.take(scene, awaited, ctx);
        } else {
            // Nobody cancels what is waited for; but if it broke, the next change asks again.
            self.stamp = None;
        }
    }

    fn network(&self, ctx: &Ctx<'_>) -> Option<Network> {
        Some(picture::network(ctx, &self.settings).0)
    }

    fn sheet(&self, ctx: &Ctx<'_>) -> Option<Result<Sheet, String>> {
        self.all(ctx, None)
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let below = match area.height {
            0..4 => 0,
            4..12 => 1,
            12..24 => 2,
            _ => 4,
        };
        let height = area.height - below;
        self.size = (usize::from(area.width), usize::from(height));
        self.refresh(ctx);
        let (chart, info) = (
            Rect { height, ..area },
            Rect {
                y: area.y + height,
                height: below,
                ..area
            },
        );
        self.follow(usize::from(area.width), usize::from(height));
        self.look_through(ctx);
        let Some(picture) = &self.picture else {
            let said = match &self.awaited {
                Some(awaited) if !awaited.network.nodes.is_empty() => {
                    let count = awaited.network.nodes.len();
                    vec![format!(
                        "laying out {count} boxes {}",
                        ctx.theme.glyphs.ellipsis
                    )]
                }
                _ => graph::empty(ctx),
            };
            graph::put_text(buf, area, &said, ctx.theme.text(), ctx);
            return;
        };
        if picture.network.nodes.is_empty() {
            let mut said = self.info(ctx);
            if said.is_empty() {
                said = match picture.network.hidden.elements {
                    0 => graph::empty(ctx),
                    _ => vec![
                        format!(
                            "nothing to show: {}",
                            words::hidden(&picture.network.hidden)
                        ),
                        "esc takes the filter away; :hide without anything shows what is hidden"
                            .to_owned(),
                    ],
                };
            }
            graph::put_text(buf, area, &said, ctx.theme.text(), ctx);
            return;
        }
        let lens = self
            .lens
            .as_ref()
            .map(|(_, lens)| lens.clone())
            .unwrap_or_default();
        let look = Look {
            picture,
            ranks: &self.ranks,
            zoom: self.settings.zoom,
            scroll: self.scroll,
            cursor: self.at().map(|at| (at, focused)),
            walked: self.walked(),
            lens: &lens,
        };
        paint(buf, chart, &look, ctx);
        graph::put_text(buf, info, &self.info(ctx), ctx.theme.text(), ctx);
    }
}
