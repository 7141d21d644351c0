//! "Does A call B", answered by somebody who has nothing but the picture and follows one line of three systems,
//! with and without rates. Whoever is reached by the lines from A is called by A, and nobody else.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use portolan::model::Model;
use portolan::model::observation::{Link, Links, NamespaceChoice, Observation, Span};
use portolan::model::query::network::Grouping;
use portolan::ui::picture::{self, Order, Subject};
use portolan::ui::theme::Theme;

type Pairs = BTreeSet<(String, String)>;

fn read(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(file)).unwrap()
}

/// The shop of the test bed: who calls whom there, through its broker where there is one.
fn shop() -> Pairs {
    let graph: serde_json::Value = serde_json::from_str(&read("testbed/graphs/shop.json")).unwrap();
    let mut pairs = Pairs::new();
    for edge in graph["edges"].as_array().unwrap() {
        let name = |field: &str| edge[field].as_str().map(str::to_owned);
        let (Some(caller), Some(callee)) = (name("caller"), name("callee")) else {
            continue;
        };
        if let Some(broker) = name("broker") {
            pairs.insert((caller, broker.clone()));
            pairs.insert((broker, callee));
        } else {
            pairs.insert((caller, callee));
        }
    }
    pairs
}

/// The demo's system.
fn demo() -> Pairs {
    let system: toml::Table = read("assets/demo/mrubis.toml").parse().unwrap();
    let mut pairs = Pairs::new();
    for component in system["component"].as_array().unwrap() {
        let caller = component["name"].as_str().unwrap();
        let operations = component.get("operation").and_then(|o| o.as_array());
        for operation in operations.into_iter().flatten() {
            let calls = operation.get("calls").and_then(|c| c.as_array());
            for call in calls.into_iter().flatten() {
                let callee = call["to"].as_str().unwrap();
                pairs.insert((caller.to_owned(), callee.to_owned()));
            }
        }
    }
    pairs
}

/// Two hundred services: some are called by many, most by few, some calls lead back.
fn large() -> Pairs {
    let mut chance = fastrand::Rng::with_seed(7);
    let name = |n: usize| format!("svc-{n:03}");
    let mut pairs = Pairs::new();
    for to in 1..200 {
        let from = chance.usize(0..to).min(chance.usize(0..to));
        pairs.insert((name(from), name(to)));
    }
    for _ in 0..150 {
        pairs.insert((name(chance.usize(0..200)), name(chance.usize(0..200))));
    }
    pairs
}

fn model_of(pairs: &Pairs, rates: bool) -> Model {
    let mut model = Model::new("prod", Vec::new());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let links = |span, window_ms| {
        let links = pairs.iter().map(|(caller, callee)| Link {
            caller: caller.as_str().into(),
            callee: callee.as_str().into(),
            calls: 120,
            errors: 0,
        });
        Observation::Links(Links {
            source: "zipkin".into(),
            span,
            window_ms,
            ends: now,
            links: links.collect(),
        })
    };
    let mut said = vec![links(Span::Long, 3_600_000)];
    if rates {
        said.push(links(Span::Recent, 60_000));
    }
    model.apply(said, now);
    model
}

/// Ways out of a cell: left, right, up, down.
type Ways = [bool; 4];
const STEPS: [(isize, isize); 4] = [(-1, 0), (1, 0), (0, -1), (0, 1)];
const LEFT: usize = 0;
const RIGHT: usize = 1;

/// A box as it is seen: its sides and its rows.
#[derive(Clone, Copy, Debug)]
struct Seen {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

struct Page {
    cells: Vec<Vec<char>>,
    boxes: BTreeMap<String, Seen>,
}

impl Page {
    fn new(text: &str, names: &BTreeSet<&String>) -> Self {
        let cells: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let mut page = Self {
            cells,
            boxes: BTreeMap::new(),
        };
        for name in names {
            let seen = page.find(name);
            page.boxes.insert((*name).clone(), seen);
        }
        page
    }

    fn at(&self, x: usize, y: usize) -> char {
        self.cells
            .get(y)
            .and_then(|row| row.get(x))
            .copied()
            .unwrap_or(' ')
    }

    /// The box with a name: a side, a sign, a blank, the name.
    fn find(&self, name: &str) -> Seen {
        let wanted: Vec<char> = name.chars().collect();
        let side = |x: usize, y: usize| matches!(self.at(x, y), '│' | '┤' | '├' | '|' | '+');
        for (y, row) in self.cells.iter().enumerate() {
            for left in 0..row.len() {
                let begin = left + 3;
                let end = begin + wanted.len();
                let is_name = row.get(begin..end) == Some(&wanted) && self.at(left + 2, y) == ' ';
                if !side(left, y)
                    || !is_name
                    || !matches!(self.at(end, y), ' ' | '│' | '├' | '|' | '+')
                {
                    continue;
                }
                let right = (end..row.len()).find(|x| side(*x, y)).unwrap();
                let rows = (y..).take_while(|y| side(left, *y) && side(right, *y));
                let bottom = rows.last().unwrap();
                return Seen {
                    left,
                    right,
                    top: y,
                    bottom,
                };
            }
        }
        panic!("no box has the name {name}");
    }

    /// Where a line may go on from a cell that it enters in a direction; nothing where it ends.
    fn on(&self, x: usize, y: usize, way: usize) -> Vec<usize> {
        let open = |left, right, up, down| -> Ways { [left, right, up, down] };
        let straight = vec![way];
        let ways = match self.at(x, y) {
            '┌' => open(false, true, false, true),
            '┐' => open(true, false, false, true),
            '└' => open(false, true, true, false),
            '┘' => open(true, false, true, false),
            '├' => open(false, true, true, true),
            '┤' => open(true, false, true, true),
            '┬' => open(true, true, false, true),
            '┴' => open(true, true, true, false),
            '┼' => open(true, true, true, true),
            // A straight stroke, also of another line that crosses, or a label on the line.
            _ => return straight,
        };
        let back = way ^ 1;
        assert!(
            ways[back],
            "a line runs into the side of {} at {x},{y}",
            self.at(x, y)
        );
        (0..4).filter(|to| *to != back && ways[*to]).collect()
    }

    /// The names that the lines from a box lead to.
    fn callees(&self, name: &str) -> BTreeSet<String> {
        let from = self.boxes[name];
        let mut found = BTreeSet::new();
        for y in from.top..=from.bottom {
            for (x, tee, way) in [(from.right, '├', RIGHT), (from.left, '┤', LEFT)] {
                if self.at(x, y) == tee {
                    self.follow((x, y, way), &mut found);
                }
            }
        }
        found
    }

    fn follow(&self, start: (usize, usize, usize), found: &mut BTreeSet<String>) {
        let mut open = vec![start];
        let mut seen = BTreeSet::new();
        while let Some((x, y, way)) = open.pop() {
            let (dx, dy) = STEPS[way];
            let (x, y) = (
                x.checked_add_signed(dx).unwrap(),
                y.checked_add_signed(dy).unwrap(),
            );
            if !seen.insert((x, y, way)) {
                continue;
            }
            let head = match way {
                LEFT => self.at(x, y) == '←',
                RIGHT => self.at(x, y) == '→',
                _ => false,
            };
            if head {
                let side = x.checked_add_signed(dx).unwrap();
                let is_it = |seen: &Seen| {
                    (seen.top..=seen.bottom).contains(&y)
                        && side == if way == RIGHT { seen.left } else { seen.right }
                };
                let target = self.boxes.iter().find(|(_, seen)| is_it(seen));
                found.insert(
                    target
                        .unwrap_or_else(|| panic!("a head beside no box at {x},{y}"))
                        .0
                        .clone(),
                );
                continue;
            }
            assert!(
                self.cells.get(y).is_some_and(|row| x < row.len()),
                "a line leaves the picture at {x},{y}"
            );
            open.extend(self.on(x, y, way).into_iter().map(|way| (x, y, way)));
        }
    }
}

fn reads(pairs: &Pairs, least: usize) {
    for rates in [false, true] {
        reads_with(pairs, least, rates);
    }
}

fn reads_with(pairs: &Pairs, least: usize, rates: bool) {
    let model = model_of(pairs, rates);
    let subject = Subject {
        model: &model,
        choice: &NamespaceChoice::All,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let order = Order {
        grouping: Grouping::None,
        unlinked: false,
        room: None,
    };
    let sheet = picture::whole(subject, order, &Theme::new(false, false)).unwrap();
    let text = picture::text(&sheet.buffer);
    let names: BTreeSet<&String> = pairs.iter().flat_map(|(a, b)| [a, b]).collect();
    assert!(names.len() >= least, "{} boxes", names.len());
    let page = Page::new(&text, &names);
    for name in names {
        // A call to oneself is a sign in the box.
        let said: BTreeSet<String> = page.callees(name);
        let called = pairs.iter().filter(|(a, b)| a == name && b != name);
        let called: BTreeSet<String> = called.map(|(_, b)| b.clone()).collect();
        assert_eq!(said, called, "{name} in\n{text}");
        let calls_itself = pairs.contains(&(name.clone(), name.clone()));
        assert_eq!(
            text.contains(&format!("{name} ↻")),
            calls_itself,
            "{name} in\n{text}"
        );
    }
}

#[test]
fn a_shop_is_read_off_its_lines() {
    reads(&shop(), 12);
}

#[test]
fn the_demo_is_read_off_its_lines() {
    reads(&demo(), 18);
}

#[test]
fn two_hundred_services_are_read_off_their_lines() {
    reads(&large(), 200);
}
