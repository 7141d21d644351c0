//! The order of each column, so that few lines cross: every column is sorted by the mean place of what its items
//! are linked to, to and fro, and the best order that was met is kept.

use std::collections::BTreeMap;

use super::nets::{Nets, Who};
use super::{Meter, Sketch};

/// Sweeps to and fro. More of them rarely find anything better.
const SWEEPS: usize = 12;
/// A mean place is a fraction of so many parts.
const PARTS: usize = 1024;

/// In which band an item stands: its group's, else its connected part's.
type Band = (usize, u32);

/// Sorts the items of every column from the top.
pub(super) fn sort(sketch: &Sketch<'_>, nets: &mut Nets, meter: &mut Meter<'_>) -> Option<()> {
    let bands = bands(sketch, nets);
    let across = nets.across();
    let mut order = first(sketch, nets, &bands);
    let links = Links::new(nets.items.len(), &across);
    let mut best = order.clone();
    let mut least = count(&order, &across, nets.items.len(), meter);
    for sweep in 0..SWEEPS {
        if least == 0 || meter.is_used_up() {
            break;
        }
        meter.go_on()?;
        let mut keys: Vec<i32> = order.keys().copied().collect();
        let to_right = sweep % 2 == 0;
        if !to_right {
            keys.reverse();
        }
        for column in keys {
            settle(&mut order, column, to_right, &links, &bands);
        }
        meter.take(links.len());
        let crossings = count(&order, &across, nets.items.len(), meter);
        if crossings < least {
            least = crossings;
            best.clone_from(&order);
        }
    }
    exchange(&mut best, &links, &bands, meter)?;
    nets.columns = best;
    Some(())
}

/// What each item is linked to on the left and on the right.
struct Links {
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
}

impl Links {
    fn new(items: usize, across: &BTreeMap<i32, Vec<(usize, usize)>>) -> Self {
        let mut links = Self {
            left: vec![Vec::new(); items],
            right: vec![Vec::new(); items],
        };
        for (from, to) in across.values().flatten() {
            if let (Some(right), Some(left)) = (links.right.get_mut(*from), links.left.get_mut(*to))
            {
                right.push(*to);
                left.push(*from);
            }
        }
        links
    }

    fn len(&self) -> usize {
        self.left.iter().map(Vec::len).sum()
    }

    fn of(&self, item: usize, left: bool) -> &[usize] {
        let links = if left { &self.left } else { &self.right };
        links.get(item).map_or(&[], Vec::as_slice)
    }
}

/// The band of every item. Groups that were shown stand as they did; connected parts by their size.
fn bands(sketch: &Sketch<'_>, nets: &Nets) -> Vec<Band> {
    let mut part: Vec<usize> = (0..sketch.len()).collect();
    for (from, to, _) in &sketch.edges {
        let (a, b) = (root(&mut part, *from), root(&mut part, *to));
        super::put(&mut part, a.max(b), a.min(b));
    }
    let roots: Vec<usize> = (0..sketch.len()).map(|n| root(&mut part, n)).collect();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for root in &roots {
        *sizes.entry(*root).or_default() += 1;
    }
    // Those without any link share the last band.
    let mut parts: Vec<usize> = sizes
        .iter()
        .filter(|(_, s)| **s > 1)
        .map(|(r, _)| *r)
        .collect();
    parts.sort_by_key(|root| (usize::MAX - sizes.get(root).copied().unwrap_or(0), *root));
    let groups = in_order(sketch);
    let of_node = |node: usize| -> Band {
        let group = sketch.node(node).group;
        let band = groups
            .iter()
            .position(|g| *g == group)
            .unwrap_or(groups.len());
        if group.is_some() {
            return (band, 0);
        }
        let root = super::at(&roots, node);
        let part = parts.iter().position(|p| *p == root).unwrap_or(parts.len());
        (band, u32::try_from(part).unwrap_or(u32::MAX))
    };
    let own: Vec<Band> = (0..sketch.len()).map(of_node).collect();
    let band = |item: &super::nets::Item, index: usize| match item.who {
        Who::Node => super::at(&own, index),
        Who::Pass { net } => nets
            .all
            .get(net)
            .map_or((0, 0), |n| super::at(&own, n.source)),
    };
    nets.items
        .iter()
        .enumerate()
        .map(|(i, item)| band(item, i))
        .collect()
}

/// The least node of a connected part.
fn root(part: &mut [usize], mut node: usize) -> usize {
    while super::at(part, node) != node {
        let up = super::at(part, super::at(part, node));
        super::put(part, node, up);
        node = up;
    }
    node
}

/// Groups from the top: as they stood, then by rank; what has none comes last.
pub(super) fn in_order(sketch: &Sketch<'_>) -> Vec<Option<u32>> {
    let mut groups: Vec<Option<u32>> = (0..sketch.len()).map(|n| sketch.node(n).group).collect();
    groups.sort_unstable();
    groups.dedup();
    let top = |group: &Option<u32>| {
        let memory = sketch.drawing.memory?;
        memory.bands.get(group).map(|(top, _)| *top)
    };
    groups.sort_by_key(|group| (group.is_none(), top(group).unwrap_or(i32::MAX), *group));
    groups
}

/// The order to begin with: as it was, then by what calls, depth first, then by rank.
fn first(sketch: &Sketch<'_>, nets: &Nets, bands: &[Band]) -> BTreeMap<i32, Vec<usize>> {
    let mut met = vec![usize::MAX; nets.items.len()];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nets.items.len()];
    for (from, to) in nets.across().values().flatten() {
        if let Some(next) = next.get_mut(*from) {
            next.push(*to);
        }
    }
    let mut roots: Vec<usize> = (0..nets.items.len()).collect();
    roots.sort_by_key(|i| (nets.column(*i), *i));
    let mut count = 0;
    for root in roots {
        let mut stack = vec![root];
        while let Some(item) = stack.pop() {
            if super::at(&met, item) != usize::MAX {
                continue;
            }
            super::put(&mut met, item, count);
            count += 1;
            stack.extend(next.get(item).into_iter().flatten().rev());
        }
    }
    let before = |item: usize| {
        let is_node = item < sketch.len();
        is_node
            .then(|| sketch.before(item))
            .flatten()
            .map_or(i32::MAX, |p| p.y)
    };
    let mut order = nets.columns.clone();
    for items in order.values_mut() {
        items.sort_by_key(|i| (super::at(bands, *i), before(*i), super::at(&met, *i), *i));
    }
    order
}

/// Sorts one column by what its items are linked to in the column where the sweep came from.
fn settle(
    order: &mut BTreeMap<i32, Vec<usize>>,
    column: i32,
    to_right: bool,
    links: &Links,
    bands: &[Band],
) {
    let beside = if to_right { column - 1 } else { column + 1 };
    let mut place: BTreeMap<usize, usize> = BTreeMap::new();
    if let Some(items) = order.get(&beside) {
        place.extend(items.iter().enumerate().map(|(at, item)| (*item, at)));
    }
    let Some(items) = order.get_mut(&column) else {
        return;
    };
    let width = place.len().max(1);
    let length = items.len().max(1);
    let mut keyed: Vec<(Band, usize, usize, usize)> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let others = links.of(*item, to_right).iter();
        let places: Vec<usize> = others.filter_map(|o| place.get(o).copied()).collect();
        // What is linked to nothing there stays about where it is.
        let mean = match places.len() {
            0 => at * width * PARTS / length,
            n => places.iter().sum::<usize>() * PARTS / n,
        };
        keyed.push((super::at(bands, *item), mean, at, *item));
    }
    keyed.sort_unstable();
    *items = keyed.into_iter().map(|(.., item)| item).collect();
}

/// How many pairs of links cross.
fn count(
    order: &BTreeMap<i32, Vec<usize>>,
    across: &BTreeMap<i32, Vec<(usize, usize)>>,
    items: usize,
    meter: &mut Meter<'_>,
) -> usize {
    let mut place = vec![0; items];
    for column in order.values() {
        for (at, item) in column.iter().enumerate() {
            super::put(&mut place, *item, at);
        }
    }
    let mut crossings = 0;
    for (channel, pairs) in across {
        let mut ends: Vec<(usize, usize)> = pairs
            .iter()
            .map(|(a, b)| (super::at(&place, *a), super::at(&place, *b)))
            .collect();
        ends.sort_unstable();
        meter.take(ends.len() * 8);
        let size = order.get(&(channel + 1)).map_or(0, Vec::len);
        let mut sums = Sums(vec![0; size + 1]);
        for (done, (_, to)) in ends.iter().enumerate() {
            crossings += done - sums.up_to(*to);
            sums.add(*to);
        }
    }
    crossings
}

/// Counts of places, summed up to any of them (a Fenwick tree).
struct Sums(Vec<usize>);

impl Sums {
    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while let Some(slot) = self.0.get_mut(at) {
            *slot += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn up_to(&self, place: usize) -> usize {
        let (mut at, mut sum) = (place + 1, 0);
        while at > 0 {
            sum += super::at(&self.0, at);
            at &= at - 1;
        }
        sum
    }
}

/// Exchanges neighbours in a column while that removes crossings and steps are left.
fn exchange(
    order: &mut BTreeMap<i32, Vec<usize>>,
    links: &Links,
    bands: &[Band],
    meter: &mut Meter<'_>,
) -> Option<()> {
    let keys: Vec<i32> = order.keys().copied().collect();
    let mut place = vec![0; bands.len()];
    for column in order.values() {
        for (at, item) in column.iter().enumerate() {
            super::put(&mut place, *item, at);
        }
    }
    let mut improved = true;
    while improved && !meter.is_used_up() {
        meter.go_on()?;
        improved = false;
        for column in &keys {
            let Some(items) = order.get_mut(column) else {
                continue;
            };
            for at in 1..items.len() {
                let (Some(a), Some(b)) = (items.get(at - 1).copied(), items.get(at).copied())
                else {
                    continue;
                };
                if super::at(bands, a) != super::at(bands, b) {
                    continue;
                }
                let (mut now, mut then) = (0, 0);
                for left in [true, false] {
                    let (la, lb) = (links.of(a, left), links.of(b, left));
                    meter.take(la.len() * lb.len() + 1);
                    for (x, y) in la.iter().flat_map(|x| lb.iter().map(move |y| (x, y))) {
                        let (x, y) = (super::at(&place, *x), super::at(&place, *y));
                        now += usize::from(x > y);
                        then += usize::from(y > x);
                    }
                }
                if then < now {
                    items.swap(at - 1, at);
                    super::put(&mut place, a, at);
                    super::put(&mut place, b, at - 1);
                    improved = true;
                }
            }
        }
    }
    Some(())
}
