//! From columns, rows and lanes to cells.

use std::collections::BTreeMap;

use super::bands::{Bands, FRAME};
use super::lanes::{Lanes, Way};
use super::nets::{Net, Nets, Side, Target};
use super::{Frame, Memory, Place, Scene, Sketch, put, signed, unsigned};
use crate::ui::graph::{Cells, Line, Point};

/// An edge, the corners of its line, and where its label begins.
type Route = (usize, Vec<(i32, i32)>, Option<(i32, i32)>);
/// Left edge, top, width and height.
type Rim = (i32, i32, i32, i32);

/// Lanes that a channel has beyond what it needs, so that a new line moves nothing: so many, and one more for every
/// so many of its lanes.
const SPARE: (i32, i32) = (2, 4);

/// Cells that a new channel has in reserve.
fn spare(channel: i32, lanes: &Lanes) -> i32 {
    SPARE.0 + signed(lanes.count(channel)) / SPARE.1
}

/// Where columns and channels lie, from left to right.
#[derive(Debug, Default)]
struct Spread {
    /// Left edge and width of boxes, by column.
    columns: BTreeMap<i32, (i32, i32)>,
    /// Cells between a box and the first lane, or the last one: a line's end, and a frame.
    margin: i32,
    label: i32,
    /// Cells from one lane to the next one, by channel.
    pitch: BTreeMap<i32, i32>,
}

impl Spread {
    fn new(sketch: &Sketch<'_>, nets: &Nets, lanes: &Lanes) -> Self {
        let framed = (0..sketch.len()).any(|n| sketch.node(n).group.is_some());
        let mut spread = Self {
            margin: if framed { 2 } else { 1 },
            label: signed(sketch.drawing.label),
            ..Self::default()
        };
        let mut widths: BTreeMap<i32, i32> = BTreeMap::new();
        let (first, last) = (nets.columns.keys().next(), nets.columns.keys().next_back());
        if let (Some(first), Some(last)) = (first, last) {
            widths.extend((*first..=*last).map(|column| (column, 1)));
        }
        for node in 0..sketch.len() {
            let width = widths.entry(nets.column(node)).or_insert(1);
            *width = (*width).max(signed(sketch.node(node).width));
        }
        let before = sketch.drawing.memory.map(|m| &m.columns);
        let known = |column: i32| before.and_then(|b| b.get(&column)).copied();
        // From the first column that was there to the right, then the new ones to the left of it.
        let anchor = widths.keys().copied().find(|c| known(*c).is_some());
        let mut x = anchor.and_then(known).map_or(0, |(x, _)| x);
        for (column, width) in widths.range(anchor.unwrap_or(i32::MIN)..) {
            let width = known(*column).map_or(*width, |(_, w)| w.max(*width));
            x = known(*column).map_or(x, |(before, _)| before.max(x));
            spread.columns.insert(*column, (x, width));
            x += width + spread.channel(*column, lanes);
            if known(column + 1).is_none() {
                x += spare(*column, lanes);
            }
        }
        if let Some(anchor) = anchor {
            let mut x = known(anchor).map_or(0, |(x, _)| x);
            for (column, width) in widths.range(..anchor).rev() {
                x -= width + spare(*column, lanes) + spread.channel(*column, lanes);
                spread.columns.insert(*column, (x, *width));
            }
        }
        spread.share(lanes);
        spread
    }

    /// The cells that a channel needs.
    fn channel(&self, column: i32, lanes: &Lanes) -> i32 {
        2 * self.margin + signed(lanes.count(column)) + self.label
    }

    /// Sets lanes apart from each other where there is room.
    fn share(&mut self, lanes: &Lanes) {
        for (column, (x, width)) in &self.columns {
            let count = signed(lanes.count(*column));
            let room = self
                .columns
                .get(&(column + 1))
                .map(|(next, _)| next - x - width);
            let inner = room.map_or(0, |room| room - 2 * self.margin - self.label);
            let pitch = if count > 0 && inner >= 2 * count {
                2
            } else {
                1
            };
            self.pitch.insert(*column, pitch);
        }
    }

    fn column(&self, column: i32) -> (i32, i32) {
        self.columns.get(&column).copied().unwrap_or((0, 1))
    }

    /// The first cell of a channel.
    fn start(&self, channel: i32) -> i32 {
        let (x, width) = self.column(channel);
        x + width
    }

    /// The last cell of a channel.
    fn end(&self, channel: i32) -> i32 {
        self.columns
            .get(&(channel + 1))
            .map_or(self.start(channel), |(x, _)| x - 1)
    }

    fn lane(&self, channel: i32, lane: usize) -> i32 {
        let pitch = self.pitch.get(&channel).copied().unwrap_or(1);
        self.start(channel) + self.margin + signed(lane) * pitch
    }
}

/// The scene.
pub(super) fn build(sketch: &Sketch<'_>, nets: &Nets, lanes: &Lanes, bands: &Bands) -> Scene {
    let spread = Spread::new(sketch, nets, lanes);
    let mut lines: Vec<Route> = Vec::new();
    for (index, net) in nets.all.iter().enumerate() {
        for target in &net.targets {
            let points = points(nets, index, net, target, lanes, &spread);
            let column = nets.column(target.node);
            let arrives = nets.arrives(net, target.node) == Side::Left;
            let label = (spread.label > 0 && arrives).then(|| {
                (
                    spread.end(column - 1) - spread.margin - spread.label + 1,
                    target.row,
                )
            });
            lines.push((target.edge, points, label));
        }
    }
    lines.sort_unstable_by_key(|(edge, ..)| *edge);
    let mut boxes: Vec<Rim> = Vec::with_capacity(sketch.len());
    for node in 0..sketch.len() {
        let item = nets.item(node);
        let (x, room) = spread.column(item.column);
        let width = signed(sketch.node(node).width).clamp(1, room.max(1));
        // Boxes of a column are equally wide, so that lines end where the eye expects them.
        boxes.push((x, item.y, width.max(room), item.height));
    }
    let frames = frames(sketch, nets, bands, &spread);
    finish(sketch, nets, bands, spread, &boxes, &lines, &frames)
}

/// A frame around the rows of each group and the columns of its nodes.
fn frames(sketch: &Sketch<'_>, nets: &Nets, bands: &Bands, spread: &Spread) -> Vec<(u32, Rim)> {
    let mut columns: BTreeMap<u32, (i32, i32)> = BTreeMap::new();
    for node in 0..sketch.len() {
        if let Some(group) = sketch.node(node).group {
            let column = nets.column(node);
            let (first, last) = columns.entry(group).or_insert((column, column));
            *first = (*first).min(column);
            *last = (*last).max(column);
        }
    }
    let frame = |(group, (first, last)): (u32, (i32, i32))| {
        let (top, bottom) = bands.rows.get(&Some(group)).copied()?;
        let (left, _) = spread.column(first);
        let (x, width) = spread.column(last);
        let (left, right) = (left - spread.margin, x + width + spread.margin);
        Some((
            group,
            (left, top - FRAME, right - left, bottom - top + 2 * FRAME),
        ))
    };
    columns.into_iter().filter_map(frame).collect()
}

/// The corners of an edge's line, from its caller on.
fn points(
    nets: &Nets,
    index: usize,
    net: &Net,
    target: &Target,
    lanes: &Lanes,
    spread: &Spread,
) -> Vec<(i32, i32)> {
    let (own, goal) = (nets.column(net.source), nets.column(target.node));
    let mut points = Vec::new();
    let mut row = net.row;
    match net.side {
        Side::Right => {
            points.push((spread.start(own), row));
            // To its own column it turns back in the channel beside it.
            for channel in own..goal.max(own + 1) {
                let next = if channel + 1 >= goal {
                    target.row
                } else {
                    nets.row(net, channel + 1)
                };
                let way = lanes.way(channel, index);
                if goal == own {
                    let lane = match way {
                        Way::Straight => spread.lane(channel, 0),
                        Way::Lane(lane) | Way::Split(lane, ..) => spread.lane(channel, lane),
                    };
                    points.extend([(lane, row), (lane, next), (spread.start(own), next)]);
                    return tidy(points);
                }
                step(&mut points, channel, (row, next), way, spread);
                row = next;
            }
            points.push((spread.end(goal - 1), row));
        }
        Side::Left => {
            points.push((spread.end(own - 1), row));
            for channel in (goal..own).rev() {
                let next = if channel == goal {
                    target.row
                } else {
                    nets.row(net, channel)
                };
                let way = match lanes.way(channel, index) {
                    Way::Split(first, row, second) => Way::Split(second, row, first),
                    way => way,
                };
                step(&mut points, channel, (row, next), way, spread);
                row = next;
            }
            points.push((spread.start(goal), row));
        }
    }
    tidy(points)
}

/// Through one channel.
fn step(
    points: &mut Vec<(i32, i32)>,
    channel: i32,
    (row, next): (i32, i32),
    way: Way,
    spread: &Spread,
) {
    match way {
        Way::Straight => {}
        Way::Lane(lane) => {
            let x = spread.lane(channel, lane);
            points.extend([(x, row), (x, next)]);
        }
        Way::Split(first, between, second) => {
            let (a, b) = (spread.lane(channel, first), spread.lane(channel, second));
            points.extend([(a, row), (a, between), (b, between), (b, next)]);
        }
    }
}

/// Takes out what is no corner.
fn tidy(points: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut corners: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for point in points {
        if corners.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = corners.as_slice()
            && ((a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1))
        {
            corners.pop();
        }
        corners.push(point);
    }
    corners
}

/// Moves everything so that nothing is negative, and puts it into the order of the input.
fn finish(
    sketch: &Sketch<'_>,
    nets: &Nets,
    bands: &Bands,
    spread: Spread,
    boxes: &[Rim],
    lines: &[Route],
    frames: &[(u32, Rim)],
) -> Scene {
    let corners = || {
        let rims = boxes.iter().chain(frames.iter().map(|(_, cells)| cells));
        let rims = rims.flat_map(|(x, y, w, h)| [(*x, *y), (x + w, y + h)]);
        // A line takes one cell beyond its corner.
        let bends = lines.iter().flat_map(|(_, points, _)| points);
        rims.chain(bends.flat_map(|(x, y)| [(*x, *y), (x + 1, y + 1)]))
    };
    let left = corners().map(|(x, _)| x).min().unwrap_or(0);
    let top = corners().map(|(_, y)| y).min().unwrap_or(0);
    let right = corners().map(|(x, _)| x).max().unwrap_or(0);
    let bottom = corners().map(|(_, y)| y).max().unwrap_or(0);
    let cells = |(x, y, width, height): (i32, i32, i32, i32)| Cells {
        x: unsigned(x - left),
        y: unsigned(y - top),
        width: unsigned(width),
        height: unsigned(height),
    };
    let mut scene = Scene {
        boxes: vec![Cells::default(); boxes.len()],
        places: vec![Place::default(); boxes.len()],
        width: unsigned(right - left),
        height: unsigned(bottom - top),
        shift: (-left, -top),
        ..Scene::default()
    };
    for (at, node) in sketch.nodes.iter().enumerate() {
        if let Some(own) = boxes.get(at) {
            put(&mut scene.boxes, *node, cells(*own));
        }
        let item = nets.item(at);
        let place = Place {
            column: item.column,
            y: item.y,
        };
        put(&mut scene.places, *node, place);
    }
    let point = |(x, y): &(i32, i32)| Point {
        x: unsigned(x - left),
        y: unsigned(y - top),
    };
    scene.lines = lines
        .iter()
        .map(|(edge, points, label)| Line {
            edge: *edge,
            points: points.iter().map(point).collect(),
            label: label.map(|(x, y)| cells((x, y, spread.label, 1))),
        })
        .collect();
    scene.frames = frames
        .iter()
        .map(|(group, own)| Frame {
            group: *group,
            cells: cells(*own),
        })
        .collect();
    let mut passes = BTreeMap::new();
    for net in &nets.all {
        let rank = sketch.node(net.source).rank;
        let rows = net
            .passes
            .iter()
            .map(|(column, item)| (*column, nets.item(*item).y));
        passes.extend(rows.map(|(column, y)| ((rank, column), y)));
    }
    scene.memory = Memory {
        columns: spread.columns,
        bands: bands.rows.clone(),
        passes,
    };
    scene
}
