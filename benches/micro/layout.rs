//! Where boxes and lines go: the whole of a system, anew and with what was shown before, and one element with its
//! neighbours. `cargo bench --bench micro -- layout`.

use divan::Bencher;
use portolan::ui::graph::layered::strokes::strokes;
use portolan::ui::graph::layered::{
    Budget, Drawing, End, Memory, Node, Place, Scene, Task, layout,
};
use portolan::ui::graph::{Cells, Edge, focus};

use crate::chart::{Chart, HEIGHT, WIDTH};

const SIZES: [usize; 4] = [20, 80, 500, 2_000];

struct Picture {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    memory: Option<Memory>,
}

impl Picture {
    fn new(chart: &Chart) -> Self {
        let node = |place: usize| Node {
            rank: u32::try_from(place).expect("few"),
            width: WIDTH,
            height: HEIGHT,
            end: if place == 0 { End::First } else { End::Free },
            group: None,
            before: None,
        };
        let edge = |(from, to): &(usize, usize)| Edge {
            from: *from,
            to: *to,
        };
        Self {
            nodes: (0..chart.size).map(node).collect(),
            edges: chart.calls.iter().map(edge).collect(),
            memory: None,
        }
    }

    fn after(mut self, scene: Scene) -> Self {
        let places: Vec<Place> = scene.places;
        for (node, place) in self.nodes.iter_mut().zip(places) {
            node.before = Some(place);
        }
        self.memory = Some(scene.memory);
        self
    }

    fn scene(&self) -> Scene {
        let drawing = Drawing {
            nodes: &self.nodes,
            edges: &self.edges,
            label: 0,
            gap: 1,
            memory: self.memory.as_ref(),
        };
        let budget = Budget {
            steps: Budget::STEPS,
            is_cancelled: &|| false,
        };
        layout(&drawing, budget).expect("nobody cancels")
    }
}

#[divan::bench(args = SIZES, sample_count = 15, sample_size = 1)]
fn fresh(bencher: Bencher<'_, '_>, size: usize) {
    let picture = Picture::new(&Chart::new(size, 1));
    bencher.bench(|| picture.scene());
}

/// As the view has it done beside the loop: with labels, and once more without blank rows where it is too high.
#[divan::bench(args = SIZES, sample_count = 15, sample_size = 1)]
fn asked(bencher: Bencher<'_, '_>, size: usize) {
    let picture = Picture::new(&Chart::new(size, 1));
    let mut task = Task::new(1);
    task.nodes = picture.nodes;
    task.edges = picture.edges;
    task.label = 12;
    task.rows = 45;
    bencher.bench(|| task.run());
}

/// One service came, which another one calls.
#[divan::bench(args = SIZES, sample_count = 15, sample_size = 1)]
fn kept(bencher: Bencher<'_, '_>, size: usize) {
    let chart = Chart::new(size, 1);
    let before = Picture::new(&chart).scene();
    let picture = Picture::new(&chart.with_leaf(1, false)).after(before);
    bencher.bench(|| picture.scene());
}

/// The strokes of one screen in the middle of the picture, as each frame asks for them.
#[divan::bench(args = SIZES, sample_count = 15, sample_size = 1)]
fn in_sight(bencher: Bencher<'_, '_>, size: usize) {
    let picture = Picture::new(&Chart::new(size, 1));
    let scene = picture.scene();
    let window = Cells {
        x: scene.width / 3,
        y: scene.height / 3,
        width: 160,
        height: 45,
    };
    bencher.bench(|| strokes(&scene, &picture.edges, window, &|_| 0));
}

/// One in the middle, with so many callers and as many callees, in a window that can be scrolled; and each of
/// them calls the next one of its column.
#[divan::bench(args = [5, 20, 80], sample_count = 15, sample_size = 1)]
fn around_one(bencher: Bencher<'_, '_>, each: usize) {
    let node = |place: usize| focus::Node {
        column: match place {
            0 => 0,
            n if n <= each => -1,
            _ => 1,
        },
        width: WIDTH,
        before: None,
        rank: u32::try_from(place).expect("few"),
        last: false,
    };
    let nodes: Vec<focus::Node> = (0..=2 * each).map(node).collect();
    let mut edges = Vec::new();
    for place in 1..=each {
        edges.push(Edge { from: place, to: 0 });
        edges.push(Edge {
            from: 0,
            to: each + place,
        });
        if place % 4 == 1 && place < each {
            edges.push(Edge {
                from: place,
                to: place + 1,
            });
            edges.push(Edge {
                from: each + place,
                to: each + place + 1,
            });
        }
    }
    let room = focus::Room {
        width: 160,
        height: None,
        labels: [13, 10],
    };
    bencher.bench(|| focus::layout(&nodes, &edges, room));
}
