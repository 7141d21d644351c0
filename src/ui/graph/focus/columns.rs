//! Columns: which of them fit, and how the cells from left to right are shared by boxes, lanes and labels.

use std::collections::BTreeMap;

use super::super::{Cells, Point};
use super::items::{Items, Side, Wire};
use super::lanes::Lanes;
use super::{Node, Room};

/// Narrowest box beside wanted and beside shortened labels.
const LEAST: [usize; 2] = [18, 11];
/// A box that is wider than this does not push lines out of the picture.
const LEAST_NAMED: usize = 16;
/// One cell beside each box, for the arrow's head and for the line to be seen to begin.
const ENDS: usize = 2;
/// A channel is not made wider than this many cells more than it needs.
const SLACK: usize = 8;

/// Which columns are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Fit {
    low: i16,
    high: i16,
    label: usize,
    least: usize,
    pub(super) short: bool,
    pub(super) left_out: (usize, usize),
    wanted: BTreeMap<i16, usize>,
}

impl Fit {
    pub(super) fn shows(&self, column: i16) -> bool {
        (self.low..=self.high).contains(&column)
    }

    fn least(&self, column: i16) -> usize {
        let wanted = self.wanted.get(&column).copied().unwrap_or(1);
        wanted.clamp(1, self.least)
    }

    /// The width with which most names can be read whole.
    fn named(&self, column: i16) -> usize {
        let wanted = self.wanted.get(&column).copied().unwrap_or(1);
        wanted.min(LEAST_NAMED).max(self.least(column))
    }

    /// The cells that the shown columns need at least, without lanes.
    fn needs(&self) -> usize {
        let shown = || (self.low..=self.high).filter(|c| self.wanted.contains_key(c));
        let boxes: usize = shown().map(|c| self.least(c)).sum();
        boxes + shown().count().saturating_sub(1) * (ENDS + self.label)
    }
}

/// As many columns as fit: the outermost go first, callers before callees.
pub(super) fn fit(nodes: &[Node], room: Room) -> Fit {
    let mut wanted: BTreeMap<i16, usize> = BTreeMap::new();
    for node in nodes {
        let width = wanted.entry(node.column).or_default();
        *width = (*width).max(node.width);
    }
    let low = wanted.keys().next().copied().unwrap_or(0).min(0);
    let high = wanted.keys().next_back().copied().unwrap_or(0).max(0);
    // A column without boxes still has to let lines pass.
    for column in low..=high {
        wanted.entry(column).or_insert(1);
    }
    let mut fit = Fit {
        low,
        high,
        wanted,
        ..Fit::default()
    };
    loop {
        for (short, (label, least)) in [false, true].iter().zip(room.labels.iter().zip(LEAST)) {
            fit.short = *short;
            fit.label = *label;
            fit.least = least;
            if fit.needs() <= room.width {
                return fit;
            }
        }
        if fit.low == 0 && fit.high == 0 {
            fit.least = room.width.max(1);
            return fit;
        }
        if -fit.low >= fit.high {
            fit.low += 1;
            fit.left_out.0 += 1;
        } else {
            fit.high -= 1;
            fit.left_out.1 += 1;
        }
    }
}

/// A channel: lanes beside the inner column, labels beside the outer one.
#[derive(Clone, Copy, Debug, Default)]
struct Channel {
    x: usize,
    width: usize,
    lanes: usize,
    pitch: usize,
    /// Cells of the label, 0 where none stands here.
    label: usize,
}

/// Where columns and channels lie.
#[derive(Debug, Default)]
pub(super) struct Spread {
    columns: BTreeMap<i16, (usize, usize)>,
    channels: BTreeMap<i16, Channel>,
}

/// Shares the width, or names an edge that has to go for it to be enough.
pub(super) fn spread(
    nodes: &[Node],
    items: &Items,
    lanes: &Lanes,
    room: Room,
    fit: &Fit,
) -> Result<Spread, usize> {
    let columns: Vec<i16> = items.columns.keys().copied().collect();
    let (Some(first), Some(last)) = (columns.first().copied(), columns.last().copied()) else {
        return Ok(Spread::default());
    };
    let mut channels: BTreeMap<i16, Channel> = BTreeMap::new();
    for channel in first.saturating_sub(1)..=last {
        let lanes = lanes.in_channel(channel);
        let between = channel >= first && channel < last;
        if between || lanes > 0 {
            let label = if between { fit.label } else { 0 };
            let ends = if between { ENDS } else { 1 };
            channels.insert(
                channel,
                Channel {
                    width: ends + lanes + label,
                    lanes,
                    pitch: 1,
                    label,
                    x: 0,
                },
            );
        }
    }
    let mut boxes: BTreeMap<i16, usize> = columns.iter().map(|c| (*c, fit.least(*c))).collect();
    let needed = boxes.values().sum::<usize>() + channels.values().map(|c| c.width).sum::<usize>();
    // Names are worth more than lines that can be listed.
    let named = columns.iter().map(|c| fit.named(*c) - fit.least(*c));
    if needed + named.sum::<usize>() > room.width
        && let Some(edge) = widest(items, lanes)
    {
        return Err(edge);
    }
    let mut left = room.width.saturating_sub(needed);
    widen_boxes(&mut boxes, nodes, &mut left);
    // Labels of loops at the rim, then lanes apart from each other, then air.
    for (_, channel) in channels.iter_mut().filter(|(_, c)| c.label == 0) {
        if left > fit.label {
            channel.label = fit.label;
            channel.width += fit.label + 1;
            left -= fit.label + 1;
        }
    }
    for channel in channels.values_mut() {
        if channel.lanes > 0 && left >= channel.lanes {
            channel.pitch = 2;
            channel.width += channel.lanes;
            left -= channel.lanes;
        }
    }
    let between = channels
        .keys()
        .filter(|c| **c >= first && **c < last)
        .count();
    if let Some(air) = left.checked_div(between).map(|each| each.min(SLACK)) {
        for (_, channel) in channels
            .iter_mut()
            .filter(|(c, _)| **c >= first && **c < last)
        {
            channel.width += air;
            channel.label += air;
            left -= air;
        }
    }
    Ok(lay_out(first, last, &boxes, channels, left / 2))
}

/// Boxes grow evenly towards what they want.
fn widen_boxes(boxes: &mut BTreeMap<i16, usize>, nodes: &[Node], left: &mut usize) {
    let wanted = |column: i16| {
        let widths = nodes.iter().filter(|n| n.column == column).map(|n| n.width);
        widths.max().unwrap_or(0)
    };
    let wanted: BTreeMap<i16, usize> = boxes.keys().map(|c| (*c, wanted(*c))).collect();
    loop {
        let mut grew = false;
        for (column, width) in boxes.iter_mut() {
            if *left > 0 && wanted.get(column).is_some_and(|w| *width < *w) {
                *width += 1;
                *left -= 1;
                grew = true;
            }
        }
        if !grew {
            return;
        }
    }
}

fn lay_out(
    first: i16,
    last: i16,
    boxes: &BTreeMap<i16, usize>,
    mut channels: BTreeMap<i16, Channel>,
    start: usize,
) -> Spread {
    let mut spread = Spread::default();
    let mut x = start;
    for column in first.saturating_sub(1)..=last {
        if let Some(width) = boxes.get(&column) {
            spread.columns.insert(column, (x, *width));
            x += width;
        }
        if let Some(channel) = channels.get_mut(&column) {
            channel.x = x;
            x += channel.width;
        }
    }
    spread.channels = channels;
    spread
}

/// An edge in the last lane of the channel that has the most of them.
fn widest(items: &Items, lanes: &Lanes) -> Option<usize> {
    let bent = items.wires.iter().enumerate();
    let bent = bent.filter_map(|(index, wire)| Some((lanes.of(index)?, wire)));
    bent.max_by_key(|(lane, wire)| {
        (
            lanes.in_channel(wire.channel),
            *lane,
            wire.channel,
            items.key(wire.edge).copied(),
        )
    })
    .map(|(_, wire)| wire.edge)
}

impl Spread {
    /// Left edge and width of a column's boxes.
    pub(super) fn column(&self, column: i16) -> (usize, usize) {
        self.columns.get(&column).copied().unwrap_or((0, 1))
    }

    /// The corners of a wire, from its first end to its second.
    pub(super) fn points(&self, wire: &Wire, lane: Option<usize>) -> Vec<Point> {
        let channel = self
            .channels
            .get(&wire.channel)
            .copied()
            .unwrap_or_default();
        let edge = |side: Side| match side {
            // A wire at the right side of an item begins at the left of the channel.
            Side::Right => channel.x,
            Side::Left => (channel.x + channel.width).saturating_sub(1),
        };
        let (a, b) = (edge(wire.a.side), edge(wire.b.side));
        let point = |x, y| Point { x, y };
        match lane {
            None => vec![point(a, wire.a.row), point(b, wire.b.row)],
            Some(lane) => {
                let x = channel.lane(lane, wire.channel);
                vec![
                    point(a, wire.a.row),
                    point(x, wire.a.row),
                    point(x, wire.b.row),
                    point(b, wire.b.row),
                ]
            }
        }
    }

    /// Whether a channel has columns on one side only.
    pub(super) fn is_rim(&self, channel: i16) -> bool {
        !(self.columns.contains_key(&channel) && self.columns.contains_key(&(channel + 1)))
    }

    /// The cells for a label on a row of a channel.
    pub(super) fn label(&self, channel: i16, y: usize) -> Option<Cells> {
        let cells = self.channels.get(&channel).filter(|c| c.label > 0)?;
        let x = if channel >= 0 {
            (cells.x + cells.width).checked_sub(1 + cells.label)?
        } else {
            cells.x + 1
        };
        Some(Cells {
            x,
            y,
            width: cells.label,
            height: 1,
        })
    }
}

impl Channel {
    /// The column of cells of a lane: beside the inner column, after the cell of the line's end.
    fn lane(&self, lane: usize, channel: i16) -> usize {
        let last = self.lanes.saturating_sub(1 + lane);
        if channel >= 0 {
            self.x + 1 + lane * self.pitch
        } else {
            (self.x + self.width).saturating_sub(2 + last * self.pitch)
        }
    }
}
