//! Lanes: on which vertical of its channel each net changes its row.
//!
//! A net runs from the left to its lane, along it, and on to the right. So on a row that one net leaves on the left
//! of a channel and another one reaches on its right, the first one's lane must lie left of the second one's. Where
//! nets wait for each other in a circle, one of them takes two lanes, with a row between them that nobody uses.

use std::collections::{BTreeMap, BTreeSet};

use super::bands::Bands;
use super::nets::{Nets, Piece};
use super::{Meter, put};

/// From how many nets in one channel on their order is no longer searched for.
const MANY: usize = 600;

/// Where a net changes its row within a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It stays on its row.
    Straight,
    /// On one lane.
    Lane(usize),
    /// On two lanes, with a row between them.
    Split(usize, i32, usize),
}

/// The lanes of all nets.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    ways: BTreeMap<(i32, usize), Way>,
    count: BTreeMap<i32, usize>,
}

impl Lanes {
    /// How a net goes through a channel.
    pub(super) fn way(&self, channel: i32, net: usize) -> Way {
        let way = self.ways.get(&(channel, net)).copied();
        way.unwrap_or(Way::Straight)
    }

    /// How many lanes a channel has.
    pub(super) fn count(&self, channel: i32) -> usize {
        self.count.get(&channel).copied().unwrap_or(0)
    }
}

/// A vertical to be placed: a net's, or one of the two halves of one.
#[derive(Clone, Debug)]
struct Vertical {
    net: usize,
    half: Half,
    left: Vec<i32>,
    right: Vec<i32>,
    top: i32,
    bottom: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Whole,
    First(i32),
    Second,
}

impl Vertical {
    fn new(net: usize, half: Half, mut left: Vec<i32>, mut right: Vec<i32>) -> Self {
        left.sort_unstable();
        right.sort_unstable();
        let rows = || left.iter().chain(&right).copied();
        let (top, bottom) = (rows().min().unwrap_or(0), rows().max().unwrap_or(0));
        Self {
            net,
            half,
            left,
            right,
            top,
            bottom,
        }
    }

    /// Whether its lane must lie left of another one's.
    fn is_before(&self, other: &Self) -> bool {
        meet(&self.left, &other.right)
    }

    /// How many lines cross if its lane lies left of another one's.
    fn crossings(&self, other: &Self) -> usize {
        let within = |rows: &[i32], of: &Self| {
            let above = rows.partition_point(|r| *r <= of.top);
            let upto = rows.partition_point(|r| *r < of.bottom);
            upto.saturating_sub(above)
        };
        within(&other.left, self) + within(&self.right, other)
    }
}

/// Whether two sorted lists have a row in common.
fn meet(a: &[i32], b: &[i32]) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.iter().any(|row| long.binary_search(row).is_ok())
}

/// Gives every net its lane in every channel.
pub(super) fn assign(nets: &mut Nets, bands: &Bands, meter: &mut Meter<'_>) -> Option<Lanes> {
    let mut lanes = Lanes::default();
    for (channel, pieces) in nets.pieces() {
        meter.go_on()?;
        let mut used: BTreeSet<i32> = BTreeSet::new();
        for piece in &pieces {
            used.extend(piece.left.iter().chain(&piece.right));
        }
        let verticals = pieces.into_iter().filter(|p| !is_straight(p));
        let verticals = verticals.map(|p| Vertical::new(p.net, Half::Whole, p.left, p.right));
        let ordered = order(verticals.collect(), &mut used, bands, meter);
        let mut ends: Vec<Vec<(i32, i32)>> = Vec::new();
        let mut places: Vec<(usize, Vertical)> = Vec::new();
        for vertical in ordered {
            let after = places
                .iter()
                .filter(|(_, v)| v.is_before(&vertical) || is_first_of(v, &vertical));
            let least = after.map(|(lane, _)| lane + 1).max().unwrap_or(0);
            meter.take(places.len());
            let is_free = |spans: &Vec<(i32, i32)>| {
                // One row apart, so that the end of one does not look like the beginning of the other.
                spans
                    .iter()
                    .all(|(top, bottom)| bottom + 1 < vertical.top || vertical.bottom + 1 < *top)
            };
            let lane = (least..ends.len()).find(|lane| ends.get(*lane).is_some_and(is_free));
            let lane = lane.unwrap_or_else(|| ends.len().max(least));
            ends.resize(ends.len().max(lane + 1), Vec::new());
            if let Some(spans) = ends.get_mut(lane) {
                spans.push((vertical.top, vertical.bottom));
            }
            let slot = lanes.ways.entry((channel, vertical.net));
            match vertical.half {
                Half::Whole => drop(slot.or_insert(Way::Lane(lane))),
                Half::First(row) => drop(slot.or_insert(Way::Split(lane, row, lane))),
                Half::Second => {
                    slot.and_modify(|way| {
                        if let Way::Split(_, _, second) = way {
                            *second = lane;
                        }
                    });
                }
            }
            places.push((lane, vertical));
        }
        lanes.count.insert(channel, ends.len());
    }
    Some(lanes)
}

fn is_straight(piece: &Piece) -> bool {
    let mut rows = piece.left.iter().chain(&piece.right);
    let first = rows.next();
    rows.all(|row| Some(row) == first)
}

/// Whether both are halves of one net, in this order.
fn is_first_of(first: &Vertical, second: &Vertical) -> bool {
    first.net == second.net && matches!(first.half, Half::First(_)) && second.half == Half::Second
}

/// Sorts verticals from the left so that all rules hold and few lines cross.
fn order(
    mut verticals: Vec<Vertical>,
    used: &mut BTreeSet<i32>,
    bands: &Bands,
    meter: &mut Meter<'_>,
) -> Vec<Vertical> {
    let mut ordered = Vec::with_capacity(verticals.len());
    while !verticals.is_empty() {
        // Rising ones from the top, falling ones from the bottom: then they do not cross each other.
        verticals.sort_by_key(|v| {
            let from = v.left.iter().copied().min().unwrap_or(v.top);
            let to = v.right.iter().copied().min().unwrap_or(v.top);
            let falls = to >= from;
            let from = i64::from(from);
            (
                falls,
                if falls { -from } else { from },
                v.net,
                v.half == Half::Second,
            )
        });
        let mut queue = Queue::new(&verticals, meter);
        while let Some(next) = queue.pop(&verticals, meter) {
            ordered.push(next);
        }
        verticals = queue.left(verticals);
        if !verticals.is_empty() {
            split(&mut verticals, used, bands);
        }
    }
    ordered
}

/// Verticals that wait for others, or for their turn.
struct Queue {
    /// How many each waits for.
    waits: Vec<usize>,
    /// Those that wait for each.
    waiting: Vec<Vec<usize>>,
    /// How many more lines cross if each comes before all others than if it comes after them.
    costs: Vec<isize>,
    open: BTreeSet<usize>,
    free: BTreeSet<usize>,
    searches: bool,
}

impl Queue {
    fn new(verticals: &[Vertical], meter: &mut Meter<'_>) -> Self {
        let count = verticals.len();
        let mut queue = Self {
            waits: vec![0; count],
            waiting: vec![Vec::new(); count],
            costs: vec![0; count],
            open: (0..count).collect(),
            free: BTreeSet::new(),
            searches: count <= MANY && !meter.is_used_up(),
        };
        let mut leaving: BTreeMap<i32, usize> = BTreeMap::new();
        for (at, vertical) in verticals.iter().enumerate() {
            leaving.extend(vertical.left.iter().map(|row| (*row, at)));
        }
        for (at, vertical) in verticals.iter().enumerate() {
            let own = |other: &usize| verticals.get(*other).is_some_and(|o| o.net == vertical.net);
            let rows = vertical.right.iter().filter_map(|row| leaving.get(row));
            let mut before: BTreeSet<usize> = rows.copied().filter(|other| !own(other)).collect();
            let halves = verticals.iter().position(|o| is_first_of(o, vertical));
            before.extend(halves);
            put(&mut queue.waits, at, before.len());
            for other in before {
                if let Some(waiting) = queue.waiting.get_mut(other) {
                    waiting.push(at);
                }
            }
        }
        if queue.searches {
            meter.take(count * count);
            for (a, own) in verticals.iter().enumerate() {
                for (b, other) in verticals.iter().enumerate().skip(a + 1) {
                    let more = gain(own, other);
                    let (one, two) = (super::at(&queue.costs, a), super::at(&queue.costs, b));
                    put(&mut queue.costs, a, one + more);
                    put(&mut queue.costs, b, two - more);
                }
            }
        }
        queue.free = (0..count)
            .filter(|at| super::at(&queue.waits, *at) == 0)
            .collect();
        queue
    }

    /// The next one that waits for nobody: the one that crosses least by coming now.
    fn pop(&mut self, verticals: &[Vertical], meter: &mut Meter<'_>) -> Option<Vertical> {
        let cost = |at: &usize| super::at(&self.costs, *at);
        let next = if self.searches {
            self.free.iter().copied().min_by_key(|at| (cost(at), *at))
        } else {
            self.free.first().copied()
        };
        let next = next?;
        self.free.remove(&next);
        self.open.remove(&next);
        meter.take(self.open.len());
        let own = verticals.get(next)?;
        if self.searches {
            for other in &self.open {
                if let Some(vertical) = verticals.get(*other) {
                    let rest = super::at(&self.costs, *other) + gain(own, vertical);
                    put(&mut self.costs, *other, rest);
                }
            }
        }
        for other in self.waiting.get(next).into_iter().flatten() {
            let waits = super::at(&self.waits, *other).saturating_sub(1);
            put(&mut self.waits, *other, waits);
            if waits == 0 {
                self.free.insert(*other);
            }
        }
        Some(own.clone())
    }

    /// Those that still wait.
    fn left(&self, verticals: Vec<Vertical>) -> Vec<Vertical> {
        let all = verticals.into_iter().enumerate();
        all.filter(|(at, _)| self.open.contains(at))
            .map(|(_, v)| v)
            .collect()
    }
}

/// How many more lines cross if one lies left of another one than if it lies right of it.
fn gain(own: &Vertical, other: &Vertical) -> isize {
    if own.bottom < other.top || other.bottom < own.top {
        return 0;
    }
    own.crossings(other).cast_signed() - other.crossings(own).cast_signed()
}

/// Each waits for another one: one that is whole takes two lanes.
fn split(verticals: &mut Vec<Vertical>, used: &mut BTreeSet<i32>, bands: &Bands) {
    let whole = verticals
        .iter()
        .enumerate()
        .filter(|(_, v)| v.half == Half::Whole);
    // The shortest one that both waits and is waited for; there is one, for halves never do both.
    let stuck = whole.filter(|(_, v)| {
        let mut others = verticals.iter().filter(|o| o.net != v.net);
        others.clone().any(|o| o.is_before(v)) && others.any(|o| v.is_before(o))
    });
    let Some((at, _)) = stuck.min_by_key(|(_, v)| (v.bottom - v.top, v.net)) else {
        // Cannot be; but then nothing is to wait for ever.
        for vertical in verticals.iter_mut() {
            vertical.right.clear();
        }
        return;
    };
    let whole = verticals.remove(at);
    let middle = whole.top.midpoint(whole.bottom);
    let row = (0..).flat_map(|way| [middle - way, middle + way]);
    let mut free = row.filter(|row| *row >= 0 && !used.contains(row) && !bands.is_frame(*row));
    let row = free.next().unwrap_or(0);
    drop(free);
    used.insert(row);
    verticals.push(Vertical::new(
        whole.net,
        Half::First(row),
        whole.left,
        vec![row],
    ));
    verticals.push(Vertical::new(
        whole.net,
        Half::Second,
        vec![row],
        whole.right,
    ));
}
