use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ui::graph::Point;

/// How a line goes through a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Flat,
    Steep,
    Bent,
}

/// Every cell of a line.
fn cells(line: &Line) -> Vec<(Point, Way)> {
    let mut all: Vec<Point> = Vec::new();
    if let [only] = line.points.as_slice() {
        all.push(*only);
    }
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
                (true, _) => Way::Flat,
                (false, true) => Way::Steep,
                (false, false) => Way::Bent,
            };
            (all[i], way)
        })
        .collect()
}

fn inside(p: Point, b: Cells) -> bool {
    (b.x..b.x + b.width).contains(&p.x) && (b.y..b.y + b.height).contains(&p.y)
}

fn apart(a: Cells, b: Cells) -> bool {
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
}

/// Whether a cell lies directly left or right of a box.
fn beside(p: Point, b: Cells) -> bool {
    (b.y..b.y + b.height).contains(&p.y) && (p.x + 1 == b.x || p.x == b.x + b.width)
}

/// What holds for every scene.
fn check(nodes: &[Node], edges: &[Edge], scene: &Scene) -> Result<(), TestCaseError> {
    prop_assert_eq!(scene.boxes.len(), nodes.len());
    for (i, a) in scene.boxes.iter().enumerate() {
        prop_assert!(a.width >= nodes[i].width && a.height >= nodes[i].height);
        prop_assert!(a.x + a.width <= scene.width && a.y + a.height <= scene.height);
        for b in &scene.boxes[i + 1..] {
            prop_assert!(apart(*a, *b), "boxes overlap: {:?} {:?}", a, b);
        }
    }
    let exists = |e: &Edge| e.from < nodes.len() && e.to < nodes.len() && e.from != e.to;
    let drawn: Vec<usize> = scene.lines.iter().map(|l| l.edge).collect();
    let wanted: Vec<usize> = (0..edges.len()).filter(|e| exists(&edges[*e])).collect();
    prop_assert_eq!(drawn, wanted, "every edge is drawn once");
    let mut taken: BTreeMap<Point, Vec<(usize, Way)>> = BTreeMap::new();
    for line in &scene.lines {
        let edge = edges[line.edge];
        let (first, last) = (line.points[0], line.points[line.points.len() - 1]);
        prop_assert!(
            beside(first, scene.boxes[edge.from]),
            "begins at its source"
        );
        prop_assert!(beside(last, scene.boxes[edge.to]), "ends at its target");
        for (p, way) in cells(line) {
            prop_assert!(p.x < scene.width && p.y < scene.height);
            taken.entry(p).or_default().push((line.edge, way));
        }
    }
    for b in &scene.boxes {
        let mut rows = taken.range(
            Point { x: b.x, y: 0 }..Point {
                x: b.x + b.width,
                y: 0,
            },
        );
        prop_assert!(!rows.any(|(p, _)| inside(*p, *b)), "a line enters a box");
    }
    for (p, lines) in &taken {
        let sources: BTreeSet<usize> = lines.iter().map(|(e, _)| edges[*e].from).collect();
        if sources.len() == 1 {
            continue;
        }
        prop_assert_eq!(sources.len(), 2, "three callers meet at {:?}", p);
        // Of one caller all lines go the same way there, straight, and across those of the other.
        let ways = |source: usize| -> Vec<Way> {
            let own = lines.iter().filter(|(e, _)| edges[*e].from == source);
            own.map(|(_, way)| *way).collect()
        };
        let all: Vec<Vec<Way>> = sources.iter().map(|s| ways(*s)).collect();
        let only = |ways: &[Way], way: Way| ways.iter().all(|w| *w == way);
        let crosses = |a: &[Way], b: &[Way]| only(a, Way::Flat) && only(b, Way::Steep);
        prop_assert!(
            crosses(&all[0], &all[1]) || crosses(&all[1], &all[0]),
            "lines meet at {:?}: {:?}",
            p,
            all
        );
    }
    forks(edges, scene)?;
    labels(edges, scene, &taken)?;
    frames(nodes, scene, &taken)
}

/// Lines of one caller have their beginning in common and, once apart, never meet again.
fn forks(edges: &[Edge], scene: &Scene) -> Result<(), TestCaseError> {
    let mut all: BTreeMap<(usize, Point), Vec<Vec<Point>>> = BTreeMap::new();
    for line in &scene.lines {
        let way: Vec<Point> = cells(line).into_iter().map(|(p, _)| p).collect();
        all.entry((edges[line.edge].from, way[0]))
            .or_default()
            .push(way);
    }
    for ways in all.values() {
        for (i, a) in ways.iter().enumerate() {
            for b in &ways[i + 1..] {
                let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
                let rest: BTreeSet<&Point> = a[common..].iter().collect();
                prop_assert!(
                    common > 0 && !b[common..].iter().any(|p| rest.contains(p)),
                    "forks meet again"
                );
            }
        }
    }
    Ok(())
}

fn labels(
    edges: &[Edge],
    scene: &Scene,
    taken: &BTreeMap<Point, Vec<(usize, Way)>>,
) -> Result<(), TestCaseError> {
    let mut all: Vec<Cells> = Vec::new();
    for line in &scene.lines {
        let Some(label) = line.label else { continue };
        prop_assert!(
            scene.boxes.iter().all(|b| apart(*b, label)),
            "a label in a box"
        );
        for x in label.x..label.x + label.width {
            for (other, _) in taken.get(&Point { x, y: label.y }).into_iter().flatten() {
                prop_assert_eq!(
                    edges[*other],
                    edges[line.edge],
                    "a foreign line runs through a label"
                );
            }
        }
        prop_assert!(all.iter().all(|l| apart(*l, label)), "labels overlap");
        all.push(label);
    }
    Ok(())
}

fn frames(
    nodes: &[Node],
    scene: &Scene,
    taken: &BTreeMap<Point, Vec<(usize, Way)>>,
) -> Result<(), TestCaseError> {
    for frame in &scene.frames {
        let rim = frame.cells;
        let (right, bottom) = (rim.x + rim.width - 1, rim.y + rim.height - 1);
        for (node, own) in scene.boxes.iter().enumerate() {
            let corner = Point { x: own.x, y: own.y };
            let within = inside(corner, rim)
                && own.x > rim.x
                && own.y > rim.y
                && own.x + own.width <= right
                && own.y + own.height <= bottom;
            if nodes[node].group == Some(frame.group) {
                prop_assert!(within, "a node outside of its frame");
            } else {
                prop_assert!(apart(*own, rim), "a foreign node within a frame");
            }
        }
        for (p, lines) in taken {
            let along = |way: &Way| match way {
                Way::Flat => p.y == rim.y || p.y == bottom,
                Way::Steep => p.x == rim.x || p.x == right,
                Way::Bent => p.x == rim.x || p.x == right || p.y == rim.y || p.y == bottom,
            };
            let runs = inside(*p, rim) && lines.iter().any(|(_, way)| along(way));
            prop_assert!(!runs, "a line runs along a frame at {:?}", p);
        }
        for other in scene.frames.iter().filter(|o| o.group != frame.group) {
            prop_assert!(apart(rim, other.cells), "frames overlap");
        }
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Random {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    label: usize,
    gap: usize,
}

impl Random {
    fn drawing<'a>(&'a self, memory: Option<&'a Memory>) -> Drawing<'a> {
        Drawing {
            nodes: &self.nodes,
            edges: &self.edges,
            label: self.label,
            gap: self.gap,
            memory,
        }
    }
}

fn end(index: u8) -> End {
    [End::Free, End::First, End::Free, End::Last, End::Free][usize::from(index) % 5]
}

fn graph(most: usize, links: usize) -> impl Strategy<Value = Random> {
    let nodes = prop::collection::vec((1_usize..30, 1_usize..4, any::<u8>(), 0_u32..4), 0..most);
    let edges = prop::collection::vec((0..most + 1, 0..most + 1), 0..links);
    (nodes, edges, any::<bool>(), 0_usize..14, 0_usize..3).prop_map(
        |(nodes, edges, grouped, label, gap)| {
            let nodes = (0..)
                .zip(nodes)
                .map(|(rank, (width, height, kind, group))| Node {
                    rank,
                    width,
                    height,
                    end: end(kind),
                    group: (grouped && group > 0).then_some(group),
                    before: None,
                });
            let edges = edges.into_iter().map(|(from, to)| Edge { from, to });
            Random {
                nodes: nodes.collect(),
                edges: edges.collect(),
                label,
                gap,
            }
        },
    )
}

fn plain(drawing: &Drawing<'_>) -> Scene {
    layout(drawing, Budget::plenty()).expect("nobody cancels")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_scene_keeps_the_rules(random in graph(24, 60)) {
        let scene = plain(&random.drawing(None));
        check(&random.nodes, &random.edges, &scene)?;
        prop_assert_eq!(&plain(&random.drawing(None)), &scene, "the same again");
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(random in graph(16, 40), turn in 0_usize..16, flip in any::<bool>()) {
        let one = plain(&random.drawing(None));
        let mut places: Vec<usize> = (0..random.nodes.len()).collect();
        let mut order: Vec<usize> = (0..random.edges.len()).collect();
        if !places.is_empty() {
            places.rotate_left(turn % random.nodes.len());
        }
        if !order.is_empty() {
            order.rotate_left(turn % random.edges.len());
        }
        if flip {
            places.reverse();
            order.reverse();
        }
        let at = |n: usize| places.iter().position(|p| *p == n).unwrap_or(n);
        let moved = Random {
            nodes: places.iter().map(|p| random.nodes[*p]).collect(),
            edges: order.iter().map(|e| random.edges[*e]).map(|e| Edge { from: at(e.from), to: at(e.to) }).collect(),
            ..random.clone()
        };
        let two = plain(&moved.drawing(None));
        for n in 0..random.nodes.len() {
            prop_assert_eq!(one.boxes[n], two.boxes[at(n)]);
        }
        // Which of two equal edges takes which of their two lines is not told.
        let lines = |scene: &Scene, edges: &[Edge], at: &dyn Fn(usize) -> usize| -> Vec<(usize, usize, Vec<Point>)> {
            let mut all: Vec<_> = scene.lines.iter()
                .map(|l| (at(edges[l.edge].from), at(edges[l.edge].to), l.points.clone()))
                .collect();
            all.sort();
            all
        };
        prop_assert_eq!(lines(&one, &random.edges, &at), lines(&two, &moved.edges, &|n| n));
    }

    #[test]
    fn what_follows_a_scene_keeps_the_rules_too(
        first in graph(20, 40),
        then in graph(26, 50),
        gone in prop::collection::vec(0_usize..20, 0..3),
    ) {
        let scene = plain(&first.drawing(None));
        let mut next = Random { label: first.label, gap: first.gap, ..then };
        for (index, node) in next.nodes.iter_mut().enumerate() {
            if let Some(old) = first.nodes.get(index).filter(|_| !gone.contains(&index)) {
                *node = Node { before: Some(scene.places[index]), ..*old };
            }
        }
        let after = plain(&next.drawing(Some(&scene.memory)));
        check(&next.nodes, &next.edges, &after)?;
    }

    #[test]
    fn the_same_again_moves_nothing(random in graph(20, 40)) {
        let scene = plain(&random.drawing(None));
        let mut next = random.clone();
        for (node, place) in next.nodes.iter_mut().zip(&scene.places) {
            node.before = Some(*place);
        }
        let after = plain(&next.drawing(Some(&scene.memory)));
        prop_assert_eq!(&after.places, &scene.places);
        for (a, b) in after.boxes.iter().zip(&scene.boxes) {
            let cell = |s: &Scene, c: &Cells| (signed(c.x) - s.shift.0, signed(c.y) - s.shift.1);
            prop_assert_eq!(cell(&after, a), cell(&scene, b));
        }
    }
}

#[test]
fn a_scene_that_nobody_waits_for_is_given_up() {
    let nodes = [Node {
        width: 4,
        height: 1,
        ..Node::default()
    }];
    let drawing = Drawing {
        nodes: &nodes,
        edges: &[],
        label: 0,
        gap: 1,
        memory: None,
    };
    let budget = Budget {
        steps: 1,
        is_cancelled: &|| true,
    };
    assert_eq!(layout(&drawing, budget), None);
}

/// A system as they are: some are called by many, most by few, some calls lead back.
fn system(size: u32, seed: u64) -> Random {
    let mut chance = fastrand::Rng::with_seed(seed);
    let nodes = (0..size).map(|rank| Node {
        rank,
        width: 20,
        height: 1,
        end: if rank == 0 { End::First } else { End::Free },
        ..Node::default()
    });
    let mut edges = BTreeSet::new();
    for to in 1..size {
        // Who came first has more callees, as gateways have.
        let from = chance.u32(0..to).min(chance.u32(0..to));
        edges.insert((from, to));
    }
    for _ in 0..size * 3 / 4 {
        let (a, b) = (
            chance.u32(0..size),
            chance.u32(0..size).max(chance.u32(0..size)),
        );
        let back = chance.u32(0..100) < 3;
        edges.insert(if back {
            (a.max(b), a.min(b))
        } else {
            (a.min(b), a.max(b))
        });
    }
    let place = |n: u32| usize::try_from(n).unwrap();
    Random {
        nodes: nodes.collect(),
        edges: edges
            .into_iter()
            .map(|(a, b)| Edge {
                from: place(a),
                to: place(b),
            })
            .collect(),
        label: 0,
        gap: 1,
    }
}

/// The share of nodes, in percent, that keep their cell when one leaf comes.
fn kept_percent(size: u32, seed: u64, leaf_calls: bool) -> usize {
    let mut random = system(size, seed);
    let before = plain(&random.drawing(None));
    for (node, place) in random.nodes.iter_mut().zip(&before.places) {
        node.before = Some(*place);
    }
    let mut chance = fastrand::Rng::with_seed(seed + 1);
    let other = chance.usize(0..random.nodes.len());
    let leaf = random.nodes.len();
    random.nodes.push(Node {
        rank: size,
        width: 20,
        height: 1,
        ..Node::default()
    });
    random.edges.push(if leaf_calls {
        Edge {
            from: leaf,
            to: other,
        }
    } else {
        Edge {
            from: other,
            to: leaf,
        }
    });
    let after = plain(&random.drawing(Some(&before.memory)));
    check(&random.nodes, &random.edges, &after).unwrap();
    let cell = |s: &Scene, n: usize| {
        let b = s.boxes[n];
        (signed(b.x) - s.shift.0, signed(b.y) - s.shift.1)
    };
    let kept = (0..leaf).filter(|n| cell(&before, *n) == cell(&after, *n));
    kept.count() * 100 / leaf
}

#[test]
fn a_new_leaf_moves_nobody() {
    for size in [20, 50, 100, 200] {
        for leaf_calls in [false, true] {
            let trials: Vec<usize> = (0..10)
                .map(|seed| kept_percent(size, seed, leaf_calls))
                .collect();
            let mean = trials.iter().sum::<usize>() / trials.len();
            assert!(
                mean >= 95,
                "{size} nodes: {mean} % keep their cell: {trials:?}"
            );
        }
    }
}

#[test]
fn two_thousand_nodes_are_placed_within_the_budget() {
    let random = system(2000, 1);
    let scene = plain(&random.drawing(None));
    check(&random.nodes, &random.edges, &scene).unwrap();
    assert!(scene.steps < Budget::STEPS, "{} steps", scene.steps);
}

#[test]
fn only_lines_in_sight_are_weighed() {
    let random = system(200, 1);
    let scene = plain(&random.drawing(None));
    let window = Cells {
        x: scene.width / 3,
        y: scene.height / 3,
        width: 40,
        height: 12,
    };
    let in_sight = |line: &&Line| cells(line).iter().any(|(p, _)| inside(*p, window));
    let seen: BTreeSet<usize> = scene
        .lines
        .iter()
        .filter(in_sight)
        .map(|l| l.edge)
        .collect();
    assert!(!seen.is_empty() && seen.len() < scene.lines.len());
    let weighed = std::cell::RefCell::new(Vec::new());
    let strokes = strokes::strokes(&scene, &random.edges, window, &|edge| {
        weighed.borrow_mut().push(edge);
        0
    });
    assert_eq!(weighed.into_inner(), Vec::from_iter(seen));
    let drawn = scene.lines.iter().flat_map(cells).map(|(p, _)| p);
    let wanted: BTreeSet<Point> = drawn.filter(|p| inside(*p, window)).collect();
    assert_eq!(strokes.into_keys().collect::<BTreeSet<_>>(), wanted);
}
