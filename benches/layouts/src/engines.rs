//! The layouts that are compared, each from the same chart to a picture. What a crate needs to be told first
//! (names, maps) is part of its time, as it would be in the program.

use ascii_dag::{CustomNode, Direction, Graph, LayoutConfig};
use dugong::graphlib::{Graph as Dagre, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, RankDir};
use portolan::ui::graph::Edge;
use portolan::ui::graph::layered::{Budget, Drawing, End, Memory, Node, Place, Scene, layout};
use rust_sugiyama::configure::Config;

use crate::chart::{Chart, HEIGHT, WIDTH};
use crate::picture::Picture;

/// Whose layout it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Ours,
    AsciiDag,
    /// With or without the exchanges of neighbours that its documentation warns of for large graphs.
    RustSugiyama {
        transpose: bool,
    },
    Dugong,
}

pub const ALL: [Engine; 5] = [
    Engine::Ours,
    Engine::AsciiDag,
    Engine::RustSugiyama { transpose: true },
    Engine::RustSugiyama { transpose: false },
    Engine::Dugong,
];

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::AsciiDag => "ascii-dag",
            Self::RustSugiyama { transpose: true } => "rust-sugiyama",
            Self::RustSugiyama { transpose: false } => "the same, no transpose",
            Self::Dugong => "dugong",
        }
    }

    /// From left to right, everything anew.
    pub fn draw(self, chart: &Chart) -> Picture {
        match self {
            Self::Ours => Ours::new(chart).picture(),
            Self::AsciiDag => ascii_dag(chart),
            Self::RustSugiyama { transpose } => rust_sugiyama(chart, transpose),
            Self::Dugong => dugong(chart),
        }
    }
}

/// What ours draws, and what it drew before.
pub struct Ours {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    memory: Option<Memory>,
}

impl Ours {
    pub fn new(chart: &Chart) -> Self {
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

    pub fn after(mut self, scene: &Scene) -> Self {
        let places: &[Place] = &scene.places;
        for (node, place) in self.nodes.iter_mut().zip(places) {
            node.before = Some(*place);
        }
        self.memory = Some(scene.memory.clone());
        self
    }

    pub fn scene(&self) -> Scene {
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

    pub fn picture(&self) -> Picture {
        of_scene(&self.scene())
    }
}

#[expect(clippy::cast_precision_loss, reason = "cells")]
pub fn of_scene(scene: &Scene) -> Picture {
    let corner = |cells: &portolan::ui::graph::Cells| (cells.x as f64, cells.y as f64);
    Picture {
        boxes: scene.boxes.iter().map(corner).collect(),
        width: scene.width as f64,
        height: scene.height as f64,
    }
}

/// Boxes and routes of lines in cells; nothing is painted.
#[expect(clippy::cast_precision_loss, reason = "cells")]
fn ascii_dag(chart: &Chart) -> Picture {
    let mut graph = Graph::new();
    for place in 0..chart.size {
        let node = CustomNode {
            label: "",
            width: WIDTH,
            height: HEIGHT,
            painter: None,
            payload: "",
        };
        graph.add_node(place, node);
    }
    for (from, to) in &chart.calls {
        graph.add_edge(*from, *to, None);
    }
    // Its usual settings but for the rows between boxes, of which it has three.
    let drawn = graph.compute_layout_with_config(&LayoutConfig {
        direction: Direction::LeftRight,
        node_spacing: 1,
        ..LayoutConfig::standard()
    });
    let mut boxes = vec![(0.0, 0.0); chart.size];
    for node in drawn.nodes() {
        if let Some(slot) = boxes.get_mut(node.id) {
            *slot = (node.x as f64, node.y as f64);
        }
    }
    Picture {
        boxes,
        width: drawn.width() as f64,
        height: drawn.height() as f64,
    }
}

/// It knows only from top to bottom, and no routes: boxes lie on their side and the picture is turned. It panics
/// where a node calls itself; no chart has that.
#[expect(clippy::cast_precision_loss, reason = "cells")]
fn rust_sugiyama(chart: &Chart, transpose: bool) -> Picture {
    let number = |place: usize| u32::try_from(place).expect("few");
    let size = (HEIGHT as f64, WIDTH as f64);
    let nodes: Vec<(u32, (f64, f64))> = (0..chart.size).map(|n| (number(n), size)).collect();
    let calls: Vec<(u32, u32)> = chart
        .calls
        .iter()
        .map(|(from, to)| (number(*from), number(*to)))
        .collect();
    let config = Config {
        vertex_spacing: 1.0,
        transpose,
        ..Config::default()
    };
    let mut boxes = vec![(0.0, 0.0); chart.size];
    // A layout for each connected part; charts are connected.
    for (part, ..) in rust_sugiyama::from_vertices_and_edges(&nodes, &calls, &config) {
        for (node, (across, down)) in part {
            boxes[node] = (down, across);
        }
    }
    bounded(boxes)
}

/// Boxes and routes of lines, in numbers that are no cells.
#[expect(clippy::cast_precision_loss, reason = "cells")]
fn dugong(chart: &Chart) -> Picture {
    let options = GraphOptions {
        directed: true,
        multigraph: false,
        compound: false,
    };
    let mut graph: Dagre<NodeLabel, EdgeLabel, GraphLabel> = Dagre::new(options);
    graph.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: 1.0,
        edgesep: 1.0,
        ranksep: 8.0,
        ..GraphLabel::default()
    });
    let names: Vec<String> = (0..chart.size).map(|n| format!("app-{n}")).collect();
    for name in &names {
        let label = NodeLabel {
            width: WIDTH as f64,
            height: HEIGHT as f64,
            ..NodeLabel::default()
        };
        graph.set_node(name.clone(), label);
    }
    for (from, to) in &chart.calls {
        let label = EdgeLabel {
            minlen: 1,
            weight: 1.0,
            ..EdgeLabel::default()
        };
        graph.set_edge_with_label(names[*from].clone(), names[*to].clone(), label);
    }
    dugong::layout(&mut graph).expect("a layout");
    let place = |name: &String| {
        let node = graph.node(name).expect("it was put in");
        let (x, y) = (node.x.unwrap_or(0.0), node.y.unwrap_or(0.0));
        (x - WIDTH as f64 / 2.0, y - HEIGHT as f64 / 2.0)
    };
    bounded(names.iter().map(place).collect())
}

/// With the size that the boxes take.
#[expect(clippy::cast_precision_loss, reason = "cells")]
fn bounded(boxes: Vec<(f64, f64)>) -> Picture {
    let span = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let least = boxes.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = boxes.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        most - least
    };
    let (width, height) = (span(&|(x, _)| *x), span(&|(_, y)| *y));
    Picture {
        boxes,
        width: width + WIDTH as f64,
        height: height + HEIGHT as f64,
    }
}
