//! The matrix: rows call columns, for the systems that no picture of boxes can hold.
//!
//! Whether one calls another is one cell, and a line of words for the pair under the cross-hair. Rows and columns
//! have one order ([`order`]): callees above their callers, so that what stands above the diagonal closes a cycle.

mod cell;
mod cross;
mod frame;
mod order;
mod paint;
mod say;
mod table;
#[cfg(test)]
mod tests;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::cross::Cross;
use self::frame::Frame;
use self::paint::Picture;
use self::table::Table;
use super::super::{Answer, Ctx, View};
use super::lines;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::query::network::Part;
use crate::model::source::SourceState;
use crate::model::text::Text;
use crate::ui::action::Verb;
use crate::ui::usage;

/// Everything that a table hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    context: Text,
    revision: u64,
    telemetry: u64,
    filter: String,
    only_broken: bool,
    choice: NamespaceChoice,
}

/// The Matrix view.
#[derive(Debug, Default)]
pub struct MatrixView {
    cross: Option<Cross>,
    /// The pair was chosen by a person: nothing else moves the cross-hair then.
    chosen: bool,
    /// The first row and column in sight.
    first: (usize, usize),
    frame: Frame,
    table: Option<(Stamp, Table)>,
}

impl MatrixView {
    /// Makes the table anew where something that it hangs on changed.
    fn refresh(&mut self, ctx: &Ctx<'_>) {
        let stamp = Stamp {
            context: ctx.model.context().clone(),
            revision: ctx.model.revision(),
            telemetry: ctx.model.telemetry_revision(),
            filter: ctx.filter.source().to_owned(),
            only_broken: ctx.only_broken,
            choice: ctx.choice.clone(),
        };
        if self.table.as_ref().is_some_and(|(old, _)| *old == stamp) {
            return;
        }
        let table = Table::new(ctx);
        self.settle(ctx, &table);
        self.table = Some((stamp, table));
    }

    /// Chooses a pair where a person has not; the foremost one as long as more is being learnt.
    fn settle(&mut self, ctx: &Ctx<'_>, table: &Table) {
        let mut states = ctx
            .model
            .sources()
            .values()
            .filter_map(|s| s.state.as_ref());
        let is_loading = states.any(SourceState::is_loading);
        let is_observed = |cross: &Cross| {
            let ends = cross.row(table).zip(cross.column(table));
            let flow = ends.and_then(|ends| table.flows.get(&ends));
            flow.is_some_and(|flow| flow.observed)
        };
        let is_good = self.cross.as_ref().is_some_and(is_observed);
        if !self.chosen && (is_loading || !is_good) {
            let best = table.foremost(None).unwrap_or_default();
            self.cross = Cross::at(table, best.0, best.1);
        }
        if let Some(cross) = &mut self.cross {
            cross.settle(table);
        }
    }

    fn made(&self) -> Option<&Table> {
        self.table.as_ref().map(|(_, table)| table)
    }

    fn go(&mut self, to: Option<Cross>) -> Answer {
        if let Some(to) = to {
            self.cross = Some(to);
            self.chosen = true;
        }
        Answer::Done
    }

    fn step(&mut self, rows: isize, columns: isize) -> Answer {
        let Some((table, cross)) = self.made().zip(self.cross.as_ref()) else {
            return Answer::Ignored;
        };
        let to = cross.step(table, rows, columns);
        self.go(to)
    }

    fn jump(&mut self, forward: bool) -> Answer {
        let Some((table, cross)) = self.made().zip(self.cross.as_ref()) else {
            return Answer::Ignored;
        };
        let Some(to) = cross.jump(table, forward) else {
            let word = if forward { "after" } else { "before" };
            return Answer::Say(format!("there is no call {word} this one"));
        };
        self.go(Some(to))
    }

    /// Puts the cross-hair on a pair of elements, whether there is something between them or not.
    fn pair(&mut self, ctx: &Ctx<'_>, caller: &ElementKey, callee: &ElementKey) {
        let Some(table) = self.made() else {
            return;
        };
        let stands = |key: &ElementKey| {
            let key = table::standing_for(ctx, key)?;
            Some(table.part_of(&key))
        };
        let Some((caller, callee)) = stands(caller).zip(stands(callee)) else {
            return;
        };
        let at = self.cross.as_ref().map_or((0, 0), |cross| cross.at);
        let mut cross = Cross { caller, callee, at };
        cross.settle(table);
        self.go(Some(cross));
    }

    /// Puts the cross-hair in the row of an element; the column stays where that is one that it calls.
    fn row_of(&mut self, ctx: &Ctx<'_>, key: &ElementKey) {
        let (Some(table), Some(key)) = (self.made(), table::standing_for(ctx, key)) else {
            return;
        };
        let part = table.part_of(&key);
        if self.cross.as_ref().is_some_and(|c| c.caller == part) {
            self.chosen = true;
            return;
        }
        let row = table.place(&part);
        let column = self.cross.as_ref().and_then(|c| c.column(table));
        let kept = row.zip(column).filter(|at| table.flows.contains_key(at));
        let best = kept.or_else(|| row.and_then(|row| table.foremost(Some(row))));
        let to = match (best, row) {
            (Some((row, column)), _) => Cross::at(table, row, column),
            (None, Some(row)) => Cross::at(table, row, row),
            (None, None) => {
                let at = self.cross.as_ref().map_or((0, 0), |cross| cross.at);
                let callee = part.clone();
                Some(Cross {
                    caller: part,
                    callee,
                    at,
                })
            }
        };
        self.go(to);
    }

    /// The caller's surroundings, as a picture.
    fn enter(&self, ctx: &Ctx<'_>) -> Answer {
        let Some((table, cross)) = self.made().zip(self.cross.as_ref()) else {
            return Answer::Ignored;
        };
        match &cross.caller {
            Part::Element(key) | Part::Rest(key) if words::is_there(ctx, key) => Answer::Show {
                view: "graph",
                key: key.clone(),
            },
            Part::Element(_) | Part::Rest(_) => {
                Answer::Say(format!("{} is gone", words::ends(ctx, table, cross)))
            }
            Part::Group(_) => Answer::Say("a group is no single element to look at".to_owned()),
        }
    }

    /// The traces of what is called from the row's to the column's element.
    fn operations(&self, ctx: &Ctx<'_>) -> Answer {
        let Some((table, cross)) = self.made().zip(self.cross.as_ref()) else {
            return Answer::Ignored;
        };
        let (Part::Element(from), Part::Element(to)) = (&cross.caller, &cross.callee) else {
            return Answer::Say("a group has no traces of its own".to_owned());
        };
        Answer::Examples {
            of: words::ends(ctx, table, cross),
            examples: usage::examples_between(ctx, from, to, ""),
        }
    }

    /// Shares the area, and scrolls so that the cross-hair is in sight.
    fn follow(&mut self, ctx: &Ctx<'_>, size: (usize, usize)) {
        let Some((_, table)) = &self.table else {
            return;
        };
        let notice = say::notice(ctx, size.0).is_some();
        self.frame = Frame::new(table, size, notice, say::hides(&table.hidden));
        let (row, column) = self
            .cross
            .as_ref()
            .map_or((None, None), |c| (c.row(table), c.column(table)));
        self.first = (
            Frame::scrolled(self.first.0, row, self.frame.rows, table.len()),
            Frame::scrolled(self.first.1, column, self.frame.columns, table.len()),
        );
    }
}

impl View for MatrixView {
    fn name(&self) -> &'static str {
        "matrix"
    }

    fn letter(&self) -> char {
        'm'
    }

    fn about(&self) -> &'static str {
        "rows call columns, a cell for each pair, cycles above the diagonal; :matrix A B says whether A calls B"
    }

    fn takes_pairs(&self) -> bool {
        true
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        self.made()
            .map_or_else(String::new, |table| say::title(ctx, table))
    }

    fn selected(&self) -> Option<ElementKey> {
        match &self.cross.as_ref()?.caller {
            Part::Element(key) => Some(key.clone()),
            Part::Group(_) | Part::Rest(_) => None,
        }
    }

    fn select(&mut self, key: &ElementKey, ctx: &Ctx<'_>) {
        self.refresh(ctx);
        match key.ends() {
            Some((caller, callee)) => self.pair(ctx, caller, callee),
            None => self.row_of(ctx, key),
        }
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Answer {
        self.refresh(ctx);
        let page = isize::try_from(self.frame.rows.max(2) - 1).unwrap_or(1);
        match verb {
            Verb::Up => self.step(-1, 0),
            Verb::Down => self.step(1, 0),
            Verb::Left => self.step(0, -1),
            Verb::Right => self.step(0, 1),
            Verb::PageUp => self.step(-page, 0),
            Verb::PageDown => self.step(page, 0),
            Verb::Top => self.step(isize::MIN + 1, 0),
            Verb::Bottom => self.step(isize::MAX, 0),
            Verb::NextCall => self.jump(true),
            Verb::PreviousCall => self.jump(false),
            Verb::Enter => self.enter(ctx),
            Verb::Operations => self.operations(ctx),
            _ => Answer::Ignored,
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>, focused: bool) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        self.refresh(ctx);
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        self.follow(ctx, (width, height));
        let Some((_, table)) = &self.table else {
            return;
        };
        let about = self
            .cross
            .as_ref()
            .filter(|_| !table.is_empty() || self.chosen)
            .map(|cross| words::about(ctx, table, cross))
            .unwrap_or_default();
        if table.is_empty() {
            let mut said = say::empty(ctx, table);
            said.extend(about);
            text(buf, area, (0, height), &said, ctx);
            return;
        }
        if self.frame.notice > 0 {
            let said = say::notice(ctx, width).unwrap_or_default();
            paint::put(buf, area, (0, 0), said, ctx.theme.warning());
        }
        let cross = self
            .cross
            .as_ref()
            .map_or((None, None), |c| (c.row(table), c.column(table)));
        let picture = Picture {
            table,
            frame: self.frame,
            first: self.first,
            cross,
            focused,
        };
        picture.paint(area, buf, ctx);
        let mut y = self.frame.top() + self.frame.rows;
        if self.frame.seen > 0 {
            let said = say::seen(ctx, table, &self.frame, self.first);
            let said = crate::ui::format::fit(&said, width, ctx.theme.glyphs.ellipsis);
            paint::put(buf, area, (0, y), &said, ctx.theme.accent());
            y += 1;
        }
        text(buf, area, (y, self.frame.about), &about, ctx);
        if self.frame.legend > 0 {
            let said = say::legend(ctx, table);
            let said = crate::ui::format::fit(&said, width, ctx.theme.glyphs.ellipsis);
            paint::put(buf, area, (0, height - 1), &said, ctx.theme.dim());
        }
    }
}

/// Sentences in so many rows: the first one whole as far as can be, of each other one the beginning.
fn text(buf: &mut Buffer, area: Rect, (y, rows): (usize, usize), said: &[String], ctx: &Ctx<'_>) {
    let ellipsis = ctx.theme.glyphs.ellipsis;
    let width = usize::from(area.width);
    let mut left = rows;
    let mut at = y;
    for (index, sentence) in said.iter().enumerate() {
        // The answer may take the rows of what is said after it.
        let others = if index == 0 {
            0
        } else {
            said.len() - index - 1
        };
        let most = left.saturating_sub(others).max(usize::from(left > 0));
        for line in lines::wrap(sentence, width, most, ellipsis) {
            paint::put(buf, area, (0, at), &line, ctx.theme.text());
            at += 1;
            left = left.saturating_sub(1);
        }
    }
}
