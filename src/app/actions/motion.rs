//! Moving: the same keys in every list, page and overlay.

use super::{Entry, overlay, verb};
use crate::ui::action::{Action, Place, Verb};

const LISTS: [(&str, &[&str], &str, Verb); 8] = [
    ("down", &["j", "down"], "to the next row", Verb::Down),
    ("up", &["k", "up"], "to the row before", Verb::Up),
    (
        "page-down",
        &["pgdn", "ctrl-f"],
        "a screen down",
        Verb::PageDown,
    ),
    ("page-up", &["pgup", "ctrl-b"], "a screen up", Verb::PageUp),
    ("top", &["g", "home"], "to the first row", Verb::Top),
    ("bottom", &["G", "end"], "to the last row", Verb::Bottom),
    (
        "left",
        &["left"],
        "fold, or to the parent; in the graph along an edge to a caller, in the matrix a cell",
        Verb::Left,
    ),
    (
        "right",
        &["right"],
        "unfold, or to the first child; in the graph along an edge to a callee, in the matrix a cell",
        Verb::Right,
    ),
];

/// Overlays that are walked, and the keys that move in them without being typed.
const PAGES: [(&str, [&str; 6]); 6] = [
    (
        "examples",
        [
            "examples-down",
            "examples-up",
            "examples-page-down",
            "examples-page-up",
            "examples-top",
            "examples-bottom",
        ],
    ),
    (
        "trace",
        [
            "trace-down",
            "trace-up",
            "trace-page-down",
            "trace-page-up",
            "trace-top",
            "trace-bottom",
        ],
    ),
    (
        "span",
        [
            "span-down",
            "span-up",
            "span-page-down",
            "span-page-up",
            "span-top",
            "span-bottom",
        ],
    ),
    (
        "why",
        [
            "why-down",
            "why-up",
            "why-page-down",
            "why-page-up",
            "why-top",
            "why-bottom",
        ],
    ),
    (
        "help",
        [
            "help-down",
            "help-up",
            "help-page-down",
            "help-page-up",
            "help-top",
            "help-bottom",
        ],
    ),
    (
        "detail",
        [
            "detail-down",
            "detail-up",
            "detail-page-down",
            "detail-page-up",
            "detail-top",
            "detail-bottom",
        ],
    ),
];

pub(super) fn entries() -> Vec<Entry> {
    let mut table: Vec<Entry> = LISTS
        .iter()
        .map(|(name, keys, about, what)| verb(Action::new(name, keys, "", about), *what))
        .collect();
    table.push(verb(
        Action::new("enter", &["enter"], "detail", "into what is selected"),
        Verb::Enter,
    ));
    for (place, names) in PAGES {
        let moves = LISTS.iter().zip(names);
        table.extend(moves.map(|((_, keys, about, what), name)| {
            overlay(
                Action::new(name, keys, "", about).at(Place::Overlay(place)),
                *what,
            )
        }));
    }
    table.extend(in_namespaces());
    table.extend(in_prompt());
    table.extend(in_views());
    table.extend(in_whole());
    table
}

fn in_views() -> Vec<Entry> {
    let tree = Place::Views(&["tree"]);
    let calls = Place::Views(&["calls"]);
    let graph = Place::Views(&["graph"]);
    let walked = Place::Views(&["graph", "matrix", "whole"]);
    let matrix = Place::Views(&["matrix"]);
    let events = Place::Views(&["events"]);
    vec![
        verb(
            Action::new("fold-all", &["*"], "", "unfold all types, or fold them").at(tree),
            Verb::FoldAll,
        ),
        verb(
            Action::new(
                "sort",
                &["O"],
                "",
                "the next order: problems, name, rate, restarts, age",
            )
            .at(tree),
            Verb::Sort,
        ),
        verb(
            Action::new("wide", &["ctrl-w"], "", "kind and node as columns").at(tree),
            Verb::Wide,
        ),
        // In lists `h` and `l` are not free: k9s's logs are on `l`.
        verb(
            Action::new(
                "walk-left",
                &["h"],
                "",
                "along an edge to a caller; in the matrix a cell to the left",
            )
            .at(walked),
            Verb::Left,
        ),
        verb(
            Action::new(
                "walk-right",
                &["l"],
                "",
                "along an edge to a callee; in the matrix a cell to the right",
            )
            .at(walked),
            Verb::Right,
        ),
        verb(
            Action::new("wider", &[")"], "more hops", "one hop more to both sides").at(graph),
            Verb::Wider,
        ),
        verb(
            Action::new("narrower", &["("], "fewer hops", "one hop less").at(graph),
            Verb::Narrower,
        ),
        verb(
            Action::new(
                "next-call",
                &[")"],
                "next call",
                "to the next pair that calls, in the row or below",
            )
            .at(matrix),
            Verb::NextCall,
        ),
        verb(
            Action::new("previous-call", &["("], "", "to the pair before that calls").at(matrix),
            Verb::PreviousCall,
        ),
        verb(
            Action::new(
                "flip",
                &["f"],
                "flip",
                "the other way: whom it calls, or who calls it",
            )
            .at(calls),
            Verb::Flip,
        ),
        verb(
            Action::new(
                "unfold-all",
                &["*"],
                "",
                "unfold everything that leads on, or fold it",
            )
            .at(calls),
            Verb::FoldAll,
        ),
        verb(
            Action::new(
                "follow",
                &["f"],
                "follow",
                "follow the newest line, or stay",
            )
            .at(events),
            Verb::Follow,
        ),
        verb(
            Action::new(
                "fold-repeats",
                &["*"],
                "fold",
                "one line per element and minute (+3: three more), or every line",
            )
            .at(events),
            Verb::FoldRepeats,
        ),
    ]
}

fn in_whole() -> Vec<Entry> {
    let whole = Place::Views(&["whole"]);
    let list: [(&'static str, &[&str], &'static str, &'static str, Verb); 6] = [
        (
            "zoom",
            &["z"],
            "zoom",
            "names, states, rates, components",
            Verb::Zoom,
        ),
        (
            "regroup",
            &["F"],
            "groups",
            "no groups, by application, by namespace",
            Verb::Regroup,
        ),
        (
            "fold",
            &["f"],
            "fold",
            "close the group of the selected box, or open it",
            Verb::Fold,
        ),
        (
            "fold-groups",
            &["*"],
            "",
            "close all groups, or open them",
            Verb::FoldAll,
        ),
        (
            "unlinked",
            &["U"],
            "",
            "also what has no links, or not",
            Verb::Unlinked,
        ),
        (
            "relayout",
            &["R"],
            "",
            "place everything anew",
            Verb::Relayout,
        ),
    ];
    list.into_iter()
        .map(|(name, keys, label, about, what)| {
            verb(Action::new(name, keys, label, about).at(whole), what)
        })
        .collect()
}

fn in_namespaces() -> Vec<Entry> {
    let at = Place::Overlay("namespaces");
    let list: [(&'static str, &[&str], &'static str, &'static str, Verb); 6] = [
        (
            "namespace-pick",
            &["enter"],
            "choose",
            "choose what is marked, or under the cursor",
            Verb::Accept,
        ),
        (
            "namespace-mark",
            &["space"],
            "mark",
            "mark several",
            Verb::Mark,
        ),
        (
            "namespace-down",
            &["down", "ctrl-n"],
            "",
            "to the next row",
            Verb::Down,
        ),
        (
            "namespace-up",
            &["up", "ctrl-p"],
            "",
            "to the row before",
            Verb::Up,
        ),
        (
            "namespace-page-down",
            &["pgdn"],
            "",
            "a screen down",
            Verb::PageDown,
        ),
        (
            "namespace-page-up",
            &["pgup"],
            "",
            "a screen up",
            Verb::PageUp,
        ),
    ];
    list.into_iter()
        .map(|(name, keys, label, about, what)| {
            overlay(Action::new(name, keys, label, about).at(at), what)
        })
        .collect()
}

fn in_prompt() -> Vec<Entry> {
    let at = Place::Overlay("prompt");
    let list: [(&'static str, &[&str], &'static str, Verb); 4] = [
        ("prompt-accept", &["enter"], "do it", Verb::Accept),
        (
            "prompt-complete",
            &["tab"],
            "complete the word",
            Verb::Complete,
        ),
        (
            "prompt-before",
            &["up", "ctrl-p"],
            "the text before, in the history",
            Verb::Up,
        ),
        (
            "prompt-after",
            &["down", "ctrl-n"],
            "the text after, in the history",
            Verb::Down,
        ),
    ];
    list.into_iter()
        .map(|(name, keys, about, what)| overlay(Action::new(name, keys, "", about).at(at), what))
        .collect()
}
