//! The row of every item, anew: near the mean of what it is linked to, in the order of its column.

use std::collections::{BTreeMap, BTreeSet};

use super::bands::{Bands, FRAME};
use super::crossings;
use super::nets::{Nets, Who};
use super::{Meter, Sketch, signed};

/// Sweeps to and fro; the last ones look to both sides.
const SWEEPS: usize = 8;

/// Gives every item its top row, group by group.
pub(super) fn place(sketch: &Sketch<'_>, nets: &mut Nets, meter: &mut Meter<'_>) -> Option<Bands> {
    let (left, right) = neighbours(nets);
    let mut bands = Bands::default();
    let mut free = 0;
    for group in crossings::in_order(sketch) {
        meter.go_on()?;
        let columns = members(nets, group);
        let gap = signed(sketch.drawing.gap);
        let mut keys: Vec<i32> = columns.keys().copied().collect();
        for sweep in 0..SWEEPS {
            let to_right = sweep % 2 == 0;
            for column in &keys {
                let sides: &[&Vec<Vec<usize>>] = match (sweep >= SWEEPS - 2, to_right) {
                    (true, _) => &[&left, &right],
                    (false, true) => &[&left],
                    (false, false) => &[&right],
                };
                if let Some(items) = columns.get(column) {
                    align(nets, items, sides, gap);
                }
            }
            meter.take(nets.items.len());
            keys.reverse();
        }
        let border = if group.is_some() { FRAME } else { 0 };
        let top = free + border;
        let bottom = close_up(nets, &columns, top, gap);
        bands.rows.insert(group, (top, bottom));
        free = bottom + border;
    }
    Some(bands)
}

/// What each item is linked to, on the left and on the right.
pub(super) fn neighbours(nets: &Nets) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut left = vec![Vec::new(); nets.items.len()];
    let mut right = vec![Vec::new(); nets.items.len()];
    for (from, to) in nets.across().values().flatten() {
        if let (Some(right), Some(left)) = (right.get_mut(*from), left.get_mut(*to)) {
            right.push(*to);
            left.push(*from);
        }
    }
    (left, right)
}

fn members(nets: &Nets, group: Option<u32>) -> BTreeMap<i32, Vec<usize>> {
    let mut columns = BTreeMap::new();
    for (column, items) in &nets.columns {
        let items = items
            .iter()
            .copied()
            .filter(|i| nets.item(*i).group == group);
        let items: Vec<usize> = items.collect();
        if !items.is_empty() {
            columns.insert(*column, items);
        }
    }
    columns
}

/// Twice the middle of an item.
pub(super) fn middle(nets: &Nets, item: usize) -> i32 {
    let item = nets.item(item);
    2 * item.y + item.height - 1
}

/// The top that would bring an item's middle to the mean of what it is linked to.
pub(super) fn wanted<'a>(
    nets: &Nets,
    item: usize,
    others: impl Iterator<Item = &'a usize>,
) -> Option<i32> {
    let (mut sum, mut count) = (0_i64, 0_i64);
    for other in others {
        sum += i64::from(middle(nets, *other));
        count += 1;
    }
    let mean = i32::try_from(sum.checked_div(count)?).ok()?;
    Some((mean - nets.item(item).height + 1).div_euclid(2))
}

/// Moves the items of a column towards where they want to be; their order stays.
fn align(nets: &mut Nets, items: &[usize], sides: &[&Vec<Vec<usize>>], gap: i32) {
    let mut offset = 0;
    let mut offsets = Vec::with_capacity(items.len());
    // Neighbours that want the same place share it: the mean of all of them.
    let mut blocks: Vec<(i64, i64)> = Vec::with_capacity(items.len());
    let mut sizes: Vec<usize> = Vec::with_capacity(items.len());
    let mut above: Option<usize> = None;
    for item in items {
        if let Some(above) = above {
            offset += nets.item(above).height + between(nets, above, *item, gap);
        }
        above = Some(*item);
        offsets.push(offset);
        let others = sides.iter().filter_map(|s| s.get(*item)).flatten();
        let want = wanted(nets, *item, others).unwrap_or(nets.item(*item).y);
        let mut block = (i64::from(want - offset), 1);
        let mut size = 1;
        while let Some((sum, count)) = blocks.last().copied() {
            if sum * block.1 <= block.0 * count {
                break;
            }
            blocks.pop();
            block = (block.0 + sum, block.1 + count);
            size += sizes.pop().unwrap_or(0);
        }
        blocks.push(block);
        sizes.push(size);
    }
    let tops = blocks.iter().zip(&sizes).flat_map(|((sum, count), size)| {
        let top = i32::try_from(sum.div_euclid(*count)).unwrap_or(0);
        std::iter::repeat_n(top, *size)
    });
    for ((item, top), offset) in items.iter().zip(tops).zip(offsets) {
        if let Some(item) = nets.items.get_mut(*item) {
            item.y = top + offset;
        }
    }
}

/// Blank rows between two items of a column.
fn between(nets: &Nets, above: usize, below: usize, gap: i32) -> i32 {
    let is_box = |item: usize| nets.item(item).who == Who::Node;
    if is_box(above) && is_box(below) {
        gap
    } else {
        0
    }
}

/// Moves all items of a group so that they begin at a row, and takes out the rows that nobody uses; gives the row
/// after the last one.
fn close_up(nets: &mut Nets, columns: &BTreeMap<i32, Vec<usize>>, top: i32, gap: i32) -> i32 {
    let mut used: BTreeSet<i32> = BTreeSet::new();
    for item in columns.values().flatten() {
        let item = nets.item(*item);
        used.extend(item.y..item.y + item.height);
    }
    let mut rows: BTreeMap<i32, i32> = BTreeMap::new();
    let (mut next, mut last) = (top, None);
    for row in used {
        let blank = last.map_or(0, |last: i32| (row - last - 1).min(gap));
        rows.insert(row, next + blank);
        next += blank + 1;
        last = Some(row);
    }
    for item in columns.values().flatten() {
        if let Some(item) = nets.items.get_mut(*item) {
            item.y = rows.get(&item.y).copied().unwrap_or(top);
        }
    }
    next
}
