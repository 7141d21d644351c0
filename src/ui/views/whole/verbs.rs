//! What the verbs do: steps along lines, groups, zoom, and what stands out.

use super::lens::Sort;
use super::picture::Picture;
use super::{WholeView, words};
use crate::model::element::Element;
use crate::model::key::ElementKey;
use crate::model::query::network::{Group, Grouping, Part};
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::{Answer, Ask, Ctx, format, usage};

/// Boxes that a page is.
const PAGE: isize = 10;
/// Links whose traces are gathered at once.
const LINKS: usize = 24;

impl WholeView {
    pub(super) fn verb(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        match verb {
            Verb::Up => self.step(-1),
            Verb::Down => self.step(1),
            Verb::PageUp => self.step(-PAGE),
            Verb::PageDown => self.step(PAGE),
            Verb::Top => self.step(isize::MIN + 1),
            Verb::Bottom => self.step(isize::MAX),
            Verb::Left => self.along(false),
            Verb::Right => self.along(true),
            Verb::Enter => self.enter(ctx),
            Verb::Zoom => {
                self.settings.zoom = self.settings.zoom.next();
                self.anew(ctx)
            }
            Verb::Regroup => self.regroup(ctx),
            Verb::Fold => self.fold(ctx),
            Verb::FoldAll => self.fold_all(ctx),
            Verb::Impact | Verb::Points | Verb::Cycles => {
                let sort = Sort::of(verb);
                self.sort = if self.sort == sort { Sort::None } else { sort };
                Answer::Done
            }
            Verb::Unlinked => {
                self.settings.unlinked = !self.settings.unlinked;
                self.refresh(ctx);
                Answer::Done
            }
            Verb::Relayout => self.anew(ctx),
            Verb::Operations => self.operations(ctx),
            _ => Answer::Ignored,
        }
    }

    pub(super) fn asked(&mut self, ask: Ask, ctx: &Ctx<'_>) -> Answer {
        match ask {
            Ask::LeastRate(least) => self.settings.least_rate = least,
            Ask::Hide(text) => match Filter::parse(&text) {
                Ok(_) => self.settings.hide = text,
                Err(error) => return Answer::Say(error.to_string()),
            },
            Ask::Path(ends) => {
                if let Some((from, _)) = &ends {
                    self.cursor = Some(Part::Element(from.clone()));
                }
                self.settings.path = ends;
                return self.anew(ctx);
            }
            Ask::StandOut(verb) => self.sort = Sort::of(verb),
            Ask::At(_) => return Answer::Ignored,
        }
        self.refresh(ctx);
        Answer::Done
    }

    /// Everything may move.
    fn anew(&mut self, ctx: &Ctx<'_>) -> Answer {
        self.is_new = true;
        self.renew(ctx, true);
        Answer::Done
    }

    /// Up and down among the boxes of a column.
    fn step(&mut self, by: isize) -> Answer {
        let Some((picture, at)) = self.picture.as_ref().zip(self.at()) else {
            return Answer::Ignored;
        };
        let x = picture.scene.boxes.get(at).map_or(0, |b| b.x);
        let boxes = picture.scene.boxes.iter().enumerate();
        let mut column: Vec<(usize, usize)> = boxes
            .filter(|(_, b)| b.x == x)
            .map(|(n, b)| (b.y, n))
            .collect();
        column.sort_unstable();
        let here = column.iter().position(|(_, n)| *n == at).unwrap_or(0);
        let next = here
            .saturating_add_signed(by)
            .min(column.len().saturating_sub(1));
        let next = column.get(next).map(|(_, n)| *n);
        self.put(next, false)
    }

    /// Along a line to the left or to the right: to the nearest box in height.
    fn along(&mut self, to_right: bool) -> Answer {
        let Some((picture, at)) = self.picture.as_ref().zip(self.at()) else {
            return Answer::Ignored;
        };
        let Some(own) = picture.scene.boxes.get(at) else {
            return Answer::Ignored;
        };
        let others = picture.network.links.iter().filter_map(|link| match at {
            at if link.from == at => Some(link.to),
            at if link.to == at => Some(link.from),
            _ => None,
        });
        let ahead = others.filter_map(|other| {
            let cells = picture.scene.boxes.get(other)?;
            let is_ahead = if to_right {
                cells.x > own.x
            } else {
                cells.x < own.x
            };
            let away = (cells.y.abs_diff(own.y), cells.x.abs_diff(own.x), cells.y);
            is_ahead.then_some((away, other))
        });
        if let Some((_, next)) = ahead.min() {
            return self.put(Some(next), true);
        }
        let side = if to_right { "right" } else { "left" };
        Answer::Say(format!("no line leads to the {side} from here"))
    }

    fn put(&mut self, at: Option<usize>, walked: bool) -> Answer {
        let part = at.and_then(|at| self.part(at));
        if part.is_some() && part != self.cursor {
            let before = std::mem::replace(&mut self.cursor, part);
            self.came = before.filter(|_| walked);
        }
        Answer::Done
    }

    fn part(&self, at: usize) -> Option<Part> {
        let picture = self.picture.as_ref()?;
        picture.network.nodes.get(at).map(|n| n.part.clone())
    }

    fn enter(&mut self, ctx: &Ctx<'_>) -> Answer {
        match self.cursor.clone() {
            Some(Part::Element(key)) => Answer::Show { view: "graph", key },
            Some(Part::Group(group)) => {
                self.settings.collapsed.remove(&group);
                self.refresh(ctx);
                Answer::Done
            }
            Some(Part::Rest(caller)) => {
                self.settings.unfolded.insert(caller);
                self.refresh(ctx);
                Answer::Done
            }
            None => Answer::Ignored,
        }
    }

    fn regroup(&mut self, ctx: &Ctx<'_>) -> Answer {
        self.settings.grouping = match self.settings.grouping {
            Grouping::None => Grouping::Application,
            Grouping::Application => Grouping::Namespace,
            Grouping::Namespace => Grouping::None,
        };
        self.settings.collapsed.clear();
        self.anew(ctx);
        Answer::Say(match words::grouping(self.settings.grouping) {
            Some(by) => format!("grouped {by}: f closes and opens a group, * all of them"),
            None => "not grouped".to_owned(),
        })
    }

    /// The group of the box under the cursor.
    fn group(&self) -> Option<Group> {
        let at = self.at()?;
        self.picture.as_ref()?.network.nodes.get(at)?.group.clone()
    }

    fn fold(&mut self, ctx: &Ctx<'_>) -> Answer {
        let Some(group) = self.group() else {
            return Answer::Say(
                "this box is in no group: F gathers by application or namespace".to_owned(),
            );
        };
        if !self.settings.collapsed.remove(&group) {
            self.settings.collapsed.insert(group.clone());
            self.cursor = Some(Part::Group(group));
        }
        self.refresh(ctx);
        Answer::Done
    }

    fn fold_all(&mut self, ctx: &Ctx<'_>) -> Answer {
        if self.settings.grouping == Grouping::None {
            return Answer::Say(
                "there are no groups: F gathers by application or namespace".to_owned(),
            );
        }
        if self.settings.collapsed.is_empty() {
            let nodes = self.picture.iter().flat_map(|p| &p.network.nodes);
            let groups: Vec<Group> = nodes.filter_map(|n| n.group.clone()).collect();
            self.settings.collapsed.extend(groups);
        } else {
            self.settings.collapsed.clear();
        }
        self.anew(ctx)
    }

    /// The traces of the line that was walked last; without one, of all lines of the box.
    fn operations(&self, ctx: &Ctx<'_>) -> Answer {
        let Some((picture, at)) = self.picture.as_ref().zip(self.at()) else {
            return Answer::Ignored;
        };
        let walked = self.walked();
        let links = picture.network.links.iter().enumerate();
        let links = links.filter(|(edge, link)| match walked {
            Some(walked) => *edge == walked,
            None => link.from == at || link.to == at,
        });
        let mut pairs: Vec<(&ElementKey, &ElementKey)> = Vec::new();
        for (_, link) in links {
            pairs.extend(elements(picture, link.from, link.to));
        }
        pairs.truncate(LINKS);
        let name = |key: &ElementKey| {
            ctx.model
                .get(key)
                .map_or_else(|| key.to_string(), |e: &Element| e.name().to_string())
        };
        let arrow = ctx.theme.glyphs.arrow;
        let title = |(from, to): &(&ElementKey, &ElementKey)| {
            format!("{} {arrow} {}", name(from), name(to))
        };
        let of = match pairs.as_slice() {
            [pair] => title(pair),
            _ => format!(
                "calls of {}",
                self.part(at)
                    .map_or_else(String::new, |p| words::name(ctx, &p))
            ),
        };
        let mut examples = Vec::new();
        for pair in &pairs {
            let ends = if pairs.len() == 1 {
                String::new()
            } else {
                format!("{} ", title(pair))
            };
            examples.extend(usage::examples_between(ctx, pair.0, pair.1, &ends));
        }
        Answer::Examples { of, examples }
    }
}

/// Pairs of elements behind a link.
fn elements(picture: &Picture, from: usize, to: usize) -> Vec<(&ElementKey, &ElementKey)> {
    let members = |at: usize| {
        picture
            .network
            .nodes
            .get(at)
            .map_or(&[][..], |n| &n.members)
    };
    let pairs = members(from)
        .iter()
        .flat_map(|a| members(to).iter().map(move |b| (a, b)));
    pairs.take(LINKS * LINKS).collect()
}

/// The rate of `:min-rate`: calls per second, or nothing.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn least_rate(text: &str) -> Result<Option<f64>, String> {
    let text = text.trim().trim_end_matches("/s");
    if text.is_empty() || text == "0" {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 0.0 => Ok(Some(rate)),
        _ => Err(format!(
            "{} is no rate: calls per second, such as 0.5, or nothing for all",
            format::fit(text, text.chars().count().min(20), "…")
        )),
    }
}
