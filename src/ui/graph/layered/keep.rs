//! Rows where most of the picture was there before: old boxes stay, new ones and passing lines take free rows.

use std::collections::BTreeMap;

use super::bands::{Bands, FRAME};
use super::nets::{Nets, Side, Who};
use super::rows::{neighbours, wanted};
use super::{Meter, Sketch, signed};

/// Gives every item its top row, moving as few old boxes as possible.
pub(super) fn place(sketch: &Sketch<'_>, nets: &mut Nets, meter: &mut Meter<'_>) -> Option<Bands> {
    let mut room = Room::new(sketch);
    for node in 0..sketch.len() {
        if let (Some(place), Some(item)) = (sketch.before(node), nets.items.get_mut(node)) {
            item.y = place.y;
        }
    }
    stay(sketch, nets, &mut room);
    meter.go_on()?;
    let (left, right) = neighbours(nets);
    let gap = signed(sketch.drawing.gap);
    for node in (0..sketch.len()).filter(|n| sketch.before(*n).is_none()) {
        // New ones come to those that have a place.
        let settled = |other: &&usize| room.is_placed(**other);
        let others = [&left, &right].into_iter().filter_map(|s| s.get(node));
        let want = wanted(nets, node, others.flatten().filter(settled));
        room.put(nets, node, want, gap, meter);
    }
    // First those that passed before, on the rows that they had.
    for again in [true, false] {
        for net in 0..nets.all.len() {
            meter.go_on()?;
            pass(sketch, nets, net, &mut room, again, meter);
        }
    }
    Some(room.bands)
}

/// Old boxes take the rows that they had; one that became taller pushes those below it.
fn stay(sketch: &Sketch<'_>, nets: &mut Nets, room: &mut Room) {
    let mut columns: BTreeMap<(i32, Option<u32>), Vec<usize>> = BTreeMap::new();
    for node in (0..sketch.len()).filter(|n| sketch.before(*n).is_some()) {
        let item = nets.item(node);
        columns
            .entry((item.column, item.group))
            .or_default()
            .push(node);
    }
    for ((_, group), mut nodes) in columns {
        nodes.sort_by_key(|n| (nets.item(*n).y, *n));
        // One that became taller rather grows into what is free above it than that it moves those below.
        let heights: Vec<i32> = nodes.iter().map(|n| nets.item(*n).height).collect();
        let (top, _) = room.band(group);
        let mut free = top;
        for (node, height) in nodes.iter().zip(heights) {
            let y = nets.item(*node).y.max(free);
            free = y + height;
            room.take(nets, *node, y);
        }
    }
}

/// Gives the passes of a net rows that are free, between where it comes from and where it goes; either those that it
/// had before, or the others.
fn pass(
    sketch: &Sketch<'_>,
    nets: &mut Nets,
    net: usize,
    room: &mut Room,
    again: bool,
    meter: &mut Meter<'_>,
) {
    let Some((source, side, passes, targets)) = nets.all.get(net).map(|n| {
        let targets: Vec<usize> = n.targets.iter().map(|t| t.node).collect();
        let mut passes: Vec<(i32, usize)> = n.passes.iter().map(|(c, i)| (*c, *i)).collect();
        if n.side == Side::Left {
            passes.reverse();
        }
        (n.source, n.side, passes, targets)
    }) else {
        return;
    };
    let mut row = nets.item(source).y;
    let rank = sketch.node(source).rank;
    for (column, item) in passes {
        let memory = sketch.drawing.memory;
        let had = memory.and_then(|m| m.passes.get(&(rank, column)).copied());
        if had.is_some() != again {
            continue;
        }
        if had.is_some() {
            room.put(nets, item, had, 0, meter);
            continue;
        }
        // As far as some targets lie in the next column, the line bends there anyway.
        let beyond = targets.iter().filter(|t| match side {
            Side::Right => nets.column(**t) > column,
            Side::Left => nets.column(**t) < column,
        });
        let ends: Vec<usize> = beyond.copied().collect();
        let goal = wanted(nets, item, ends.iter()).unwrap_or(row);
        let want = if ends.len() == 1 { goal } else { row };
        room.put(nets, item, Some(want), 0, meter);
        row = nets.item(item).y;
    }
}

/// The rows that are taken, by column.
struct Room {
    /// Rows after the last one, by first row.
    taken: BTreeMap<i32, BTreeMap<i32, i32>>,
    placed: std::collections::BTreeSet<usize>,
    bands: Bands,
}

impl Room {
    fn new(sketch: &Sketch<'_>) -> Self {
        let mut bands = Bands::default();
        if let Some(memory) = sketch.drawing.memory {
            bands.rows.clone_from(&memory.bands);
        }
        let groups: std::collections::BTreeSet<Option<u32>> =
            (0..sketch.len()).map(|n| sketch.node(n).group).collect();
        bands.rows.retain(|group, _| groups.contains(group));
        let mut room = Self {
            taken: BTreeMap::new(),
            placed: std::collections::BTreeSet::new(),
            bands,
        };
        for group in groups {
            if !room.bands.rows.contains_key(&group) {
                let frame = |group: &Option<u32>| if group.is_some() { FRAME } else { 0 };
                let bottoms = room
                    .bands
                    .rows
                    .iter()
                    .map(|(g, (_, bottom))| bottom + frame(g));
                let top = bottoms.max().unwrap_or(0) + frame(&group);
                room.bands.rows.insert(group, (top, top));
            }
        }
        room
    }

    fn band(&self, group: Option<u32>) -> (i32, i32) {
        self.bands.rows.get(&group).copied().unwrap_or((0, 0))
    }

    fn is_placed(&self, item: usize) -> bool {
        self.placed.contains(&item)
    }

    /// Puts an item on rows; its group grows with it.
    fn take(&mut self, nets: &mut Nets, item: usize, y: i32) {
        let Some(own) = nets.items.get_mut(item) else {
            return;
        };
        own.y = y;
        let own = *own;
        self.taken
            .entry(own.column)
            .or_default()
            .insert(y, y + own.height);
        self.placed.insert(item);
        let (_, bottom) = self.band(own.group);
        if y + own.height > bottom {
            self.widen(nets, own.group, y + own.height - bottom);
        }
    }

    /// Gives a group more rows at its end; everything below moves down.
    fn widen(&mut self, nets: &mut Nets, group: Option<u32>, more: i32) {
        let (_, from) = self.band(group);
        let below = |other: Option<u32>, bands: &Bands| {
            other != group && bands.rows.get(&other).is_some_and(|(top, _)| *top >= from)
        };
        let moved: Vec<Option<u32>> = self
            .bands
            .rows
            .keys()
            .copied()
            .filter(|g| below(*g, &self.bands))
            .collect();
        if !moved.is_empty() {
            for item in &mut nets.items {
                if moved.contains(&item.group) {
                    item.y += more;
                }
            }
            let placed: Vec<usize> = self.placed.iter().copied().collect();
            self.taken.clear();
            for item in placed {
                let item = nets.item(item);
                self.taken
                    .entry(item.column)
                    .or_default()
                    .insert(item.y, item.y + item.height);
            }
        }
        for (other, (top, bottom)) in &mut self.bands.rows {
            if moved.contains(other) {
                *top += more;
                *bottom += more;
            } else if *other == group {
                *bottom += more;
            }
        }
    }

    /// Puts an item on free rows of its group, as near as possible to where it wants to be.
    fn put(
        &mut self,
        nets: &mut Nets,
        item: usize,
        want: Option<i32>,
        gap: i32,
        meter: &mut Meter<'_>,
    ) {
        let own = nets.item(item);
        let (top, bottom) = self.band(own.group);
        // Without a wish, at the end.
        let want = want.unwrap_or(bottom).max(top);
        let is_box = own.who == Who::Node;
        let gaps: &[i32] = if is_box && gap > 0 { &[1, 0] } else { &[0] };
        for gap in gaps {
            let mut way = 0;
            loop {
                let near = [want - way, want + way];
                meter.take(1);
                let fits = |y: &i32| {
                    *y >= top
                        && y + own.height <= bottom
                        && self.is_free(own.column, y - gap, y + own.height + gap)
                };
                if let Some(y) = near.into_iter().find(fits) {
                    self.take(nets, item, y);
                    return;
                }
                way += 1;
                if want - way < top && want + way > bottom {
                    break;
                }
            }
        }
        // No room: below all that is in the column, within the group.
        let mut y = want.max(top);
        while !self.is_free(own.column, y, y + own.height) || y < bottom {
            y += 1;
            meter.take(1);
        }
        self.take(nets, item, y);
    }

    fn is_free(&self, column: i32, from: i32, to: i32) -> bool {
        let Some(taken) = self.taken.get(&column) else {
            return true;
        };
        // Those that begin before the end, the last one first: none overlaps another one.
        taken
            .range(..to)
            .next_back()
            .is_none_or(|(_, end)| *end <= from)
    }
}
