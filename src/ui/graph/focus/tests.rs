use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{Cells, Edge, Line, Point};
use super::*;

/// Every cell of a line, with whether the line goes straight on horizontally or vertically there.
fn cells(line: &Line) -> Vec<(Point, Option<bool>)> {
    let mut all: Vec<Point> = Vec::new();
    for pair in line.points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        assert!(a.x == b.x || a.y == b.y, "a line is never oblique");
        let step = |from: usize, to: usize| -> Vec<usize> {
            if from <= to {
                (from..=to).collect()
            } else {
                (to..=from).rev().collect()
            }
        };
        for x in step(a.x, b.x) {
            for y in step(a.y, b.y) {
                if all.last() != Some(&Point { x, y }) {
                    all.push(Point { x, y });
                }
            }
        }
    }
    (0..all.len())
        .map(|i| {
            let near: Vec<Point> = [i.checked_sub(1), Some(i + 1)]
                .into_iter()
                .flatten()
                .filter_map(|j| all.get(j).copied())
                .collect();
            let flat = near.iter().all(|p| p.y == all[i].y);
            let steep = near.iter().all(|p| p.x == all[i].x);
            let way = match (flat, steep) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            };
            (all[i], way)
        })
        .collect()
}

fn inside(p: Point, b: Cells) -> bool {
    (b.x..b.x + b.width).contains(&p.x) && (b.y..b.y + b.height).contains(&p.y)
}

fn graph() -> impl Strategy<Value = (Vec<Node>, Vec<Edge>, Room)> {
    let nodes = prop::collection::vec((-3i16..=3, 1usize..40, prop::option::of(0u32..6)), 0..14);
    let edges = prop::collection::vec((0usize..15, 0usize..15), 0..40);
    let room = (1usize..170, prop::option::of(1usize..50));
    (nodes, edges, room).prop_map(|(nodes, edges, (width, height))| {
        let mut all = vec![node(0, 12, None, 0)];
        for (rank, (column, width, before)) in nodes.into_iter().enumerate() {
            if column != 0 {
                all.push(node(
                    column,
                    width,
                    before,
                    u32::try_from(rank).unwrap() + 1,
                ));
            }
        }
        let edges: BTreeSet<(usize, usize)> = edges
            .into_iter()
            .filter(|(a, b)| a != b && *a < all.len() && *b < all.len())
            .collect();
        let edges = edges
            .into_iter()
            .map(|(from, to)| Edge { from, to })
            .collect();
        let room = Room {
            width,
            height,
            labels: [13, 10],
        };
        (all, edges, room)
    })
}

fn node(column: i16, width: usize, before: Option<u32>, rank: u32) -> Node {
    Node {
        column,
        width,
        before,
        rank,
        last: false,
    }
}

fn touches(line: &Line, scene: &Scene, edge: Edge) {
    let beside = |p: Point, b: Cells| {
        (b.y..b.y + b.height).contains(&p.y) && (p.x + 1 == b.x || p.x == b.x + b.width)
    };
    let (first, last) = (line.points[0], line.points[line.points.len() - 1]);
    assert!(
        beside(first, scene.cells(edge.from).unwrap()),
        "begins at its source"
    );
    assert!(
        beside(last, scene.cells(edge.to).unwrap()),
        "ends at its target"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_scene_keeps_the_rules((nodes, edges, room) in graph()) {
        let scene = layout(&nodes, &edges, room);
        let boxes: Vec<Cells> = scene.boxes.iter().flatten().copied().collect();
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let apart = a.x + a.width <= b.x || b.x + b.width <= a.x
                    || a.y + a.height <= b.y || b.y + b.height <= a.y;
                prop_assert!(apart, "boxes overlap");
            }
            prop_assert!(a.y + a.height <= scene.height);
            prop_assert!(a.x + a.width <= room.width, "a box is out of sight");
        }
        let drawn: BTreeSet<usize> = scene.lines.iter().map(|l| l.edge).collect();
        for (index, edge) in edges.iter().enumerate() {
            let visible = scene.cells(edge.from).is_some() && scene.cells(edge.to).is_some();
            let shown = usize::from(drawn.contains(&index))
                + usize::from(scene.listed.contains(&index));
            prop_assert_eq!(shown, usize::from(visible), "drawn or listed, once");
        }
        let mut taken: BTreeMap<Point, Vec<Option<bool>>> = BTreeMap::new();
        let mut labels: Vec<(usize, Cells)> = Vec::new();
        for line in &scene.lines {
            touches(line, &scene, edges[line.edge]);
            for (p, way) in cells(line) {
                prop_assert!(!boxes.iter().any(|b| inside(p, *b)), "a line enters a box");
                prop_assert!(p.x < room.width && p.y < scene.height, "a line is out of sight");
                taken.entry(p).or_default().push(way);
            }
            labels.extend(line.label.map(|l| (line.edge, l)));
        }
        for (p, ways) in &taken {
            let crossing = ways.len() == 2 && ways.contains(&Some(true)) && ways.contains(&Some(false));
            prop_assert!(ways.len() == 1 || crossing, "lines meet at {p:?}: {ways:?}");
        }
        for (edge, label) in &labels {
            let covers = |b: &Cells| (label.x..label.x + label.width).any(|x| inside(Point { x, y: label.y }, *b));
            prop_assert!(!boxes.iter().any(covers), "a label in a box");
            for line in scene.lines.iter().filter(|l| l.edge != *edge) {
                prop_assert!(!cells(line).iter().any(|(p, _)| inside(*p, *label)), "a line runs through a label");
            }
            prop_assert!(!labels.iter().any(|(e, l)| e != edge && l.y == label.y
                && l.x < label.x + label.width && label.x < l.x + l.width), "labels overlap");
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (nodes, edges, room) in graph(),
        turn in 0usize..20,
        flip in any::<bool>(),
    ) {
        let mut places: Vec<usize> = (0..nodes.len()).collect();
        places.rotate_left(turn % nodes.len());
        if flip {
            places.reverse();
        }
        let mut order: Vec<usize> = (0..edges.len()).collect();
        if !order.is_empty() {
            order.rotate_left(turn % edges.len());
        }
        let moved: Vec<Node> = places.iter().map(|p| nodes[*p]).collect();
        let at = |n: usize| places.iter().position(|p| *p == n).unwrap();
        let turned: Vec<Edge> = order
            .iter()
            .map(|e| Edge { from: at(edges[*e].from), to: at(edges[*e].to) })
            .collect();
        let (one, two) = (layout(&nodes, &edges, room), layout(&moved, &turned, room));
        for n in 0..nodes.len() {
            prop_assert_eq!(one.cells(n), two.cells(at(n)));
        }
        for (index, e) in order.iter().enumerate() {
            let points = |s: &Scene, e: usize| s.line(e).map(|l| (l.points.clone(), l.label));
            prop_assert_eq!(points(&one, *e), points(&two, index));
        }
        prop_assert_eq!(layout(&nodes, &edges, room), one);
    }
}

#[test]
fn a_new_leaf_moves_nobody() {
    let room = Room {
        width: 158,
        height: Some(28),
        labels: [13, 10],
    };
    let mut nodes = vec![node(0, 20, None, 0)];
    nodes.extend((0..5).map(|i| node(-1, 18, Some(i), i)));
    nodes.extend((0..6).map(|i| node(1, 18, Some(i), i)));
    let mut edges: Vec<Edge> = (1..6).map(|from| Edge { from, to: 0 }).collect();
    edges.extend((6..12).map(|to| Edge { from: 0, to }));
    let before = layout(&nodes, &edges, room);
    nodes.push(node(1, 18, None, 0));
    edges.push(Edge { from: 0, to: 12 });
    let after = layout(&nodes, &edges, room);
    for n in 1..12 {
        assert_eq!(before.cells(n), after.cells(n));
    }
}

#[test]
fn lines_of_the_middle_are_straight() {
    let room = Room {
        width: 80,
        height: Some(10),
        labels: [13, 10],
    };
    let mut nodes = vec![node(0, 20, None, 0)];
    nodes.extend((0..4).map(|i| node(-1, 18, None, i)));
    let edges: Vec<Edge> = (1..5).map(|from| Edge { from, to: 0 }).collect();
    let scene = layout(&nodes, &edges, room);
    assert!(scene.lines.iter().all(|l| l.points.len() == 2));
    assert_eq!(scene.lines.len(), 4);
}
