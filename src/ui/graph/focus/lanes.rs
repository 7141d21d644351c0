//! Lanes: on which vertical line of its channel each wire changes its row.
//!
//! A wire runs from its left end to its lane, along the lane, and on to its right end. So on a row that
//! one wire leaves to the left of the channel and another one reaches on the right, the first one's lane
//! must lie left of the second one's; and no two share a lane where their rows overlap.

use std::collections::{BTreeMap, BTreeSet};

use super::items::{Items, Side, Wire};

/// The lanes of all wires.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lane: BTreeMap<usize, usize>,
    count: BTreeMap<i16, usize>,
}

impl Lanes {
    /// The lane of a wire, counted from the left of its channel; `None` for straight ones.
    pub(super) fn of(&self, wire: usize) -> Option<usize> {
        self.lane.get(&wire).copied()
    }

    /// How many lanes a channel has.
    pub(super) fn in_channel(&self, channel: i16) -> usize {
        self.count.get(&channel).copied().unwrap_or(0)
    }
}

/// What decides among wires that may take the next lane; differs for every wire of a channel.
type Turn = (u8, bool, usize, usize, usize);

struct Bent {
    wire: usize,
    turn: Turn,
    left: Vec<usize>,
    right: Vec<usize>,
    top: usize,
    bottom: usize,
}

impl Bent {
    fn new(index: usize, wire: &Wire) -> Self {
        let (a, b) = (wire.a.row, wire.b.row);
        let (top, bottom) = (a.min(b), a.max(b));
        let on = |side: Side| {
            [wire.a, wire.b]
                .into_iter()
                .filter(|end| end.side == side)
                .map(|end| end.row)
                .collect()
        };
        let span = bottom - top;
        let turn = match (wire.a.side, wire.b.side) {
            // Loops nest: the shortest next to its boxes.
            (Side::Left, Side::Left) => (2, false, usize::MAX - span, top, bottom),
            (Side::Right, Side::Right) => (0, false, span, top, bottom),
            // Rising lines from the top, falling ones from the bottom: then they do not cross each other.
            _ if b < a => (1, false, a, top, bottom),
            _ => (1, true, usize::MAX - a, top, bottom),
        };
        Self {
            wire: index,
            turn,
            left: on(Side::Right),
            right: on(Side::Left),
            top,
            bottom,
        }
    }

    fn before(&self, other: &Self) -> bool {
        self.left.iter().any(|row| other.right.contains(row))
    }
}

/// Gives every wire that is not straight its lane, or names an edge that has to go for it to be possible.
pub(super) fn assign(items: &Items) -> Result<Lanes, usize> {
    let mut lanes = Lanes::default();
    let channels: BTreeSet<i16> = items.wires.iter().map(|w| w.channel).collect();
    for channel in channels {
        let mut bent: Vec<Bent> = items
            .wires
            .iter()
            .enumerate()
            .filter(|(_, w)| w.channel == channel && !w.is_straight())
            .map(|(index, wire)| Bent::new(index, wire))
            .collect();
        bent.sort_by_key(|b| b.turn);
        let mut done: Vec<(usize, Bent)> = Vec::new();
        while !bent.is_empty() {
            let free = (0..bent.len()).find(|at| {
                bent.get(*at)
                    .is_some_and(|b| !bent.iter().any(|o| o.wire != b.wire && o.before(b)))
            });
            let Some(free) = free else {
                // Each waits for another one: the last goes.
                let last = bent.last().and_then(|b| items.wires.get(b.wire));
                return Err(last.map_or(usize::MAX, |w| w.edge));
            };
            let next = bent.remove(free);
            let least = done
                .iter()
                .filter(|(_, b)| b.before(&next))
                .map(|(lane, _)| lane + 1)
                .max()
                .unwrap_or(0);
            // One lane more than all that are done is always free.
            let lane = (least..=least + done.len())
                .find(|lane| {
                    !done
                        .iter()
                        .any(|(l, b)| l == lane && b.top <= next.bottom && next.top <= b.bottom)
                })
                .unwrap_or(least);
            lanes.lane.insert(next.wire, lane);
            let count = lanes.count.entry(channel).or_default();
            *count = (*count).max(lane + 1);
            done.push((lane, next));
        }
    }
    Ok(lanes)
}
