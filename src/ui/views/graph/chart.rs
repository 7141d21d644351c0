//! What the picture shows: the elements around the focus, by column, and all links among them.

use std::collections::{BTreeMap, BTreeSet};

use super::around::{Around, Candidate, candidates};
use crate::model::element::{Call, Counts, Declared, Element};
use crate::model::key::ElementKey;
use crate::model::query::links::{Neighbour, Side};
use crate::ui::Ctx;
use crate::ui::views::age::Age;

/// What a box stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// An element.
    Element(ElementKey),
    /// Those of a column that there is no room for.
    Fold(i16),
}

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    pub(super) spot: Spot,
    pub(super) column: i16,
    /// The order of those that are new in a column: busiest first.
    pub(super) rank: u32,
    /// Calls to itself.
    pub(super) own: Option<Call>,
    /// Linked in both directions with another box.
    pub(super) two_way: bool,
    /// What a fold hides.
    pub(super) hidden: Vec<ElementKey>,
    /// How many of those are broken, or fail.
    pub(super) hidden_bad: usize,
}

/// A link, observed or declared or both; of a fold, all of its links together.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) call: Option<Call>,
    pub(super) declared: Option<Declared>,
    /// Whether it stands for all links of a fold.
    pub(super) is_sum: bool,
}

impl Link {
    /// Whether nobody was seen to use it.
    pub(super) fn only_declared(&self) -> bool {
        self.call.is_none()
    }

    /// How old it is; of a fold nothing is said.
    pub(super) fn age(&self, ctx: &Ctx<'_>) -> Age {
        let flow = self.call.as_ref().filter(|_| !self.is_sum);
        let flow = flow.and_then(|call| ctx.model.flow(&call.caller, &call.callee));
        flow.map_or(Age::Used, |flow| Age::of(&flow, ctx.now))
    }

    /// What is said of it where nobody was seen to use it: a permission is no dependency.
    pub(super) fn unused_word(&self) -> &'static str {
        match &self.declared {
            Some(declared) if declared.is_only_allowed() => "allowed",
            _ => "declared",
        }
    }

    pub(super) fn recent(&self) -> Option<Counts> {
        self.call.as_ref().and_then(|c| c.recent)
    }

    /// Whether enough of the calls fail for somebody to look.
    pub(super) fn fails(&self) -> bool {
        fails(self.recent())
    }

    fn add(&mut self, other: &Neighbour<'_>) {
        match (&mut self.call, other.call) {
            (Some(sum), Some(call)) => {
                sum.recent = plus(sum.recent, call.recent);
                sum.long = plus(sum.long, call.long);
            }
            (none @ None, Some(call)) => *none = Some(call.clone()),
            _ => {}
        }
        // One dependency among permissions makes it one.
        if self.declared.as_ref().is_none_or(Declared::is_only_allowed)
            && let Some(declared) = other.declared
        {
            self.declared = Some(declared.clone());
        }
    }
}

fn plus(a: Option<Counts>, b: Option<Counts>) -> Option<Counts> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.plus(b)),
        (a, b) => a.or(b),
    }
}

pub(super) fn fails(counts: Option<Counts>) -> bool {
    counts.is_some_and(Counts::are_failing)
}

/// What is asked for.
pub(super) struct Wish<'a> {
    pub(super) focus: &'a ElementKey,
    pub(super) hops: i16,
    /// Rows of boxes that a column may take, its fold included.
    pub(super) caps: &'a BTreeMap<i16, usize>,
    /// The cap of columns that have none of their own.
    pub(super) cap: usize,
    /// What was shown last time, and so is rather kept than folded.
    pub(super) shown: &'a BTreeSet<ElementKey>,
}

/// The boxes and links of a picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Chart {
    pub(super) stops: Vec<Stop>,
    pub(super) links: Vec<Link>,
    /// Leaves that the filter took away.
    pub(super) filtered: usize,
}

impl Chart {
    pub(super) fn position(&self, spot: &Spot) -> Option<usize> {
        self.stops.iter().position(|s| s.spot == *spot)
    }

    pub(super) fn in_column(&self, column: i16) -> impl Iterator<Item = &Stop> {
        self.stops.iter().filter(move |s| s.column == column)
    }

    /// Links of a box, with the box at the other end.
    pub(super) fn links_of(&self, stop: usize) -> impl Iterator<Item = (&Link, usize)> {
        self.links.iter().filter_map(move |link| {
            if link.from == stop {
                Some((link, link.to))
            } else if link.to == stop {
                Some((link, link.from))
            } else {
                None
            }
        })
    }
}

/// Whether an element's name passes the filter.
pub(in crate::ui::views) fn passes(ctx: &Ctx<'_>, key: &ElementKey) -> bool {
    match ctx.model.get(key) {
        Some(Element::Type(e)) => ctx.filter.passes_type(ctx.model, e),
        Some(e) => ctx.filter.passes_other(ctx.model, key, &e.name()),
        None => true,
    }
}

/// Gathers boxes and links.
pub(super) fn gather(ctx: &Ctx<'_>, around: &mut Around<'_>, wish: &Wish<'_>) -> Chart {
    let mut chart = Chart::default();
    let mut placed: BTreeMap<ElementKey, i16> = BTreeMap::from([(wish.focus.clone(), 0)]);
    let mut settled: BTreeSet<ElementKey> = placed.keys().cloned().collect();
    let mut folds: BTreeMap<i16, (Vec<ElementKey>, usize)> = BTreeMap::new();
    let mut ranks: BTreeMap<ElementKey, u32> = BTreeMap::new();
    for hop in 1..=wish.hops {
        let found = candidates(around, &placed, &settled, hop);
        let last = hop == wish.hops;
        let mut columns: BTreeMap<i16, Vec<(ElementKey, Candidate)>> = BTreeMap::new();
        for (key, candidate) in &found {
            let mut leaf = || {
                around.degree(key, |k| {
                    !last || placed.contains_key(k) || found.contains_key(k)
                }) <= 1
            };
            if !ctx.filter.is_empty() && !passes(ctx, key) && leaf() {
                chart.filtered += 1;
                settled.insert(key.clone());
                continue;
            }
            let column = hop * candidate.side();
            let members = columns.entry(column).or_default();
            members.push((key.clone(), *candidate));
        }
        for (column, mut members) in columns {
            let cap = wish.caps.get(&column).copied().unwrap_or(wish.cap).max(1);
            members.sort_by_cached_key(|(key, c)| {
                let bad = is_bad(ctx, key) || c.fails;
                let shown = wish.shown.contains(key);
                (
                    !bad,
                    !shown,
                    u64::MAX - c.total(),
                    name(ctx, key),
                    key.clone(),
                )
            });
            settled.extend(members.iter().map(|(key, _)| key.clone()));
            if members.len() > cap {
                let hidden = members.split_off(cap - 1);
                let bad = hidden.iter().filter(|(k, c)| is_bad(ctx, k) || c.fails);
                let bad = bad.count();
                let keys = hidden.into_iter().map(|(key, _)| key).collect();
                folds.insert(column, (keys, bad));
            }
            members
                .sort_by_cached_key(|(key, c)| (u64::MAX - c.total(), name(ctx, key), key.clone()));
            for (rank, (key, _)) in (0..).zip(members) {
                ranks.insert(key.clone(), rank);
                placed.insert(key, column);
            }
        }
    }
    for (key, column) in &placed {
        chart.stops.push(Stop {
            spot: Spot::Element(key.clone()),
            column: *column,
            rank: ranks.get(key).copied().unwrap_or(0),
            own: None,
            two_way: false,
            hidden: Vec::new(),
            hidden_bad: 0,
        });
    }
    join(&mut chart, around);
    for (column, (hidden, bad)) in folds {
        fold(&mut chart, around, &placed, column, hidden, bad);
    }
    mark_two_way(&mut chart);
    chart
}

fn name(ctx: &Ctx<'_>, key: &ElementKey) -> crate::model::text::Text {
    match ctx.model.get(key) {
        Some(element) => element.name(),
        None => key.to_string().into(),
    }
}

pub(super) fn is_bad(ctx: &Ctx<'_>, key: &ElementKey) -> bool {
    ctx.model.get(key).is_some_and(|e| e.health().is_bad())
}

/// All links among the boxes.
fn join(chart: &mut Chart, around: &mut Around<'_>) {
    let keys: BTreeMap<ElementKey, usize> = chart
        .stops
        .iter()
        .enumerate()
        .filter_map(|(index, stop)| match &stop.spot {
            Spot::Element(key) => Some((key.clone(), index)),
            Spot::Fold(_) => None,
        })
        .collect();
    for (key, from) in &keys {
        for neighbour in around.of(key, Side::Callees) {
            let Some(to) = keys.get(neighbour.key) else {
                continue;
            };
            if from == to {
                if let Some(stop) = chart.stops.get_mut(*from) {
                    stop.own = neighbour.call.cloned();
                }
                continue;
            }
            chart.links.push(Link {
                from: *from,
                to: *to,
                call: neighbour.call.cloned(),
                declared: neighbour.declared.cloned(),
                is_sum: false,
            });
        }
    }
}

/// Puts a box for those of a column that have none, and sums their links inwards.
fn fold(
    chart: &mut Chart,
    around: &mut Around<'_>,
    placed: &BTreeMap<ElementKey, i16>,
    column: i16,
    hidden: Vec<ElementKey>,
    bad: usize,
) {
    let at = chart.stops.len();
    let inner = column - column.signum();
    let mut sums: BTreeMap<(usize, usize), Link> = BTreeMap::new();
    for key in &hidden {
        for side in [Side::Callers, Side::Callees] {
            for neighbour in around.of(key, side) {
                if placed.get(neighbour.key) != Some(&inner) {
                    continue;
                }
                let other = Spot::Element(neighbour.key.clone());
                let Some(other) = chart.position(&other) else {
                    continue;
                };
                let (from, to) = match side {
                    Side::Callers => (other, at),
                    Side::Callees => (at, other),
                };
                sums.entry((from, to))
                    .and_modify(|link| link.add(neighbour))
                    .or_insert_with(|| Link {
                        from,
                        to,
                        call: neighbour.call.cloned(),
                        declared: neighbour.declared.cloned(),
                        is_sum: true,
                    });
            }
        }
    }
    chart.stops.push(Stop {
        spot: Spot::Fold(column),
        column,
        rank: u32::MAX,
        own: None,
        two_way: false,
        hidden,
        hidden_bad: bad,
    });
    chart.links.extend(sums.into_values());
}

/// Marks the outer one of two boxes that are linked in both directions, or both in one column.
fn mark_two_way(chart: &mut Chart) {
    let pairs: BTreeSet<(usize, usize)> = chart.links.iter().map(|l| (l.from, l.to)).collect();
    let far = |stop: usize| {
        let stop = chart.stops.get(stop);
        stop.map_or(0, |s| s.column.unsigned_abs())
    };
    let marked: Vec<usize> = pairs
        .iter()
        .filter(|(a, b)| pairs.contains(&(*b, *a)) && far(*a) >= far(*b))
        .map(|(a, _)| *a)
        .collect();
    for index in marked {
        if let Some(stop) = chart.stops.get_mut(index) {
            stop.two_way = matches!(stop.spot, Spot::Element(_));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::views::graph::words;

    #[test]
    fn a_permission_is_not_called_declared() {
        let key = |name: &str| ElementKey::External { name: name.into() };
        let declared = |places: &[&str], allowed: &[&str]| Declared {
            caller: key("a"),
            callee: key("b"),
            places: places.iter().map(|&p| (p.into(), "b".into())).collect(),
            allowed: allowed.iter().map(|&name| name.into()).collect(),
        };
        let link = |declared| Link {
            from: 0,
            to: 1,
            call: None,
            declared: Some(declared),
            is_sum: false,
        };
        let permission = declared(&[], &["p"]);
        let both = declared(&["B_URL"], &["p"]);
        assert_eq!(words::label(&link(permission.clone()), false), "allowed");
        assert_eq!(words::label(&link(both.clone()), false), "declared");
        let mut fold = link(permission);
        let other = key("c");
        fold.add(&Neighbour {
            key: &other,
            call: None,
            declared: Some(&both),
        });
        assert_eq!(words::label(&fold, false), "declared");
    }
}
