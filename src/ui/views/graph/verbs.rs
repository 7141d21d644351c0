//! What the verbs do: steps from box to box, a new focus, more or fewer hops, folds.

use super::chart::Spot;
use super::walk::{self, Row};
use super::{GraphView, MOST_HOPS, words};
use crate::ui::{Answer, Ctx, usage};

impl GraphView {
    /// Puts the cursor on a box; `keep` keeps the height for the next step sideways.
    pub(super) fn put(&mut self, at: Option<usize>) -> Answer {
        let Some((plan, at)) = self.planned().zip(at) else {
            return Answer::Done;
        };
        let stop = plan.chart.stops.get(at);
        let cells = plan.scene.cells(at);
        let (spot, column) = stop.map_or((None, 0), |s| (Some(s.spot.clone()), s.column));
        if let Some(cells) = cells.filter(|_| column != 0) {
            self.row = Row(cells.y);
        }
        self.cursor = spot;
        Answer::Done
    }

    pub(super) fn step(&mut self, by: isize) -> Answer {
        let Some((plan, at)) = self.planned().zip(self.at()) else {
            return Answer::Ignored;
        };
        let column = walk::column(plan, at);
        let here = column.iter().position(|i| *i == at).unwrap_or(0);
        let last = column.len().saturating_sub(1);
        let next = here.saturating_add_signed(by).min(last);
        let next = column.get(next).copied();
        self.put(next)
    }

    pub(super) fn along(&mut self, way: i16) -> Answer {
        let Some((plan, at)) = self.planned().zip(self.at()) else {
            return Answer::Ignored;
        };
        let next = walk::along(plan, at, way, self.row);
        self.put(next)
    }

    pub(super) fn enter(&mut self, ctx: &Ctx<'_>) -> Answer {
        if self.focus.is_some() && self.present(ctx).is_none() {
            self.focus = None;
            self.chosen = false;
            self.refresh(ctx);
            return Answer::Done;
        }
        let spot = self.at().and_then(|at| {
            let stop = self.planned()?.chart.stops.get(at)?;
            Some(stop.spot.clone())
        });
        match spot {
            Some(Spot::Fold(column)) => {
                let first = self.planned().and_then(|plan| {
                    let fold = plan.chart.position(&Spot::Fold(column))?;
                    plan.chart.stops.get(fold)?.hidden.first().cloned()
                });
                self.unfolded.insert(column);
                self.refresh(ctx);
                self.cursor = first.map(Spot::Element);
                Answer::Done
            }
            Some(Spot::Element(key)) if self.focus.as_ref() != Some(&key) => {
                let old = self.focus.clone();
                self.focus_on(key);
                // The old focus stays selected where it is in sight, so that bearings are kept.
                self.refresh(ctx);
                let old = old.map(Spot::Element);
                let seen = old
                    .as_ref()
                    .and_then(|spot| self.planned()?.chart.position(spot));
                if seen.is_some() {
                    self.put(seen);
                }
                Answer::Done
            }
            Some(Spot::Element(_)) => Answer::Detail,
            None => Answer::Ignored,
        }
    }

    pub(super) fn hop(&mut self, by: i16, ctx: &Ctx<'_>) -> Answer {
        let hops = (self.hops + by).clamp(1, MOST_HOPS);
        if hops == self.hops {
            let s = if hops == 1 { "" } else { "s" };
            return Answer::Say(format!("{hops} hop{s} each way is the limit"));
        }
        self.hops = hops;
        self.refresh(ctx);
        Answer::Done
    }

    /// The traces of what is called along the links of the selected box: those with the focus, where it is
    /// another box; all to it and by it, where it is the focus itself.
    pub(super) fn operations(&self, ctx: &Ctx<'_>) -> Answer {
        let Some((plan, at)) = self.planned().zip(self.at()) else {
            return Answer::Ignored;
        };
        let key = |stop: usize| match plan.chart.stops.get(stop).map(|s| &s.spot) {
            Some(Spot::Element(key)) => Some(key),
            _ => None,
        };
        let Some(here) = key(at) else {
            return Answer::Say("enter shows what is folded here".to_owned());
        };
        let mut pairs: Vec<_> = plan
            .chart
            .links_of(at)
            .filter_map(|(link, other)| Some((key(link.from)?, key(link.to)?, other)))
            .collect();
        let near = |other: usize| {
            let stop = plan.chart.stops.get(other);
            stop.map_or(u16::MAX, |s| s.column.unsigned_abs())
        };
        // As the sentence has it: the link that leads to the focus.
        let nearest = pairs.iter().map(|(.., other)| near(*other)).min();
        pairs.retain(|(.., other)| Some(near(*other)) == nearest || near(at) == 0);
        let mut examples = Vec::new();
        for (from, to, _) in &pairs {
            let arrow = ctx.theme.glyphs.arrow;
            let ends = format!(
                "{} {arrow} {} ",
                words::name(ctx, from),
                words::name(ctx, to)
            );
            // One link has its name above.
            let ends = if pairs.len() == 1 { "" } else { &ends };
            examples.extend(usage::examples_between(ctx, from, to, ends));
        }
        let of = match pairs.as_slice() {
            [(from, to, _)] => {
                let arrow = ctx.theme.glyphs.arrow;
                format!(
                    "{} {arrow} {}",
                    words::name(ctx, from),
                    words::name(ctx, to)
                )
            }
            _ => format!("calls of {}", words::name(ctx, here)),
        };
        Answer::Examples { of, examples }
    }

    pub(super) fn fold_all(&mut self, ctx: &Ctx<'_>) -> Answer {
        if self.unfolded.is_empty() {
            self.unfolded = (-MOST_HOPS..=MOST_HOPS).filter(|c| *c != 0).collect();
        } else {
            self.unfolded.clear();
        }
        self.refresh(ctx);
        Answer::Done
    }
}
