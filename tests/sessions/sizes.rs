//! What every view looks like at the sizes that must work, and that no size and no keys break anything.

use portolan::app::msg::Msg;
use portolan::model::intent::{Autoscaler, Preview};
use portolan::ui::screen::{Mode, SMALLEST};
use portolan::ui::views;
use proptest::prelude::*;

use crate::cluster;
use crate::harness::Session;
use crate::resources;
use crate::rollbacks;

const SIZES: [(u16, u16); 3] = [(160, 45), (80, 24), (60, 16)];

/// A shop in which things happened.
fn eventful(width: u16, height: u16) -> Session {
    let mut s = Session::of_shop(Mode::Write { until: None }, width, height);
    s.observe(vec![
        cluster::happening(
            "Pod",
            "payment-5d8f-0",
            "BackOff",
            "Back-off restarting failed container main in pod payment-5d8f-0",
            95,
        ),
        cluster::happening(
            "Deployment",
            "cart",
            "ScalingReplicaSet",
            "Scaled up replica set cart-5d8f from 1 to 2",
            4_000,
        ),
    ]);
    s.tick(21);
    s.change(|c| c.crash("shop", "checkout"));
    s.tick(12);
    s.change(|c| c.service("shop", "loose-end", 81));
    s
}

fn snapshot(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut s = eventful(width, height);
        s.press(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), s.screen());
    }
}

#[test]
fn the_tree() {
    snapshot("tree", "v t j right");
}

#[test]
fn the_whole() {
    snapshot("whole", "v w");
}

#[test]
fn what_components_use() {
    for (name, target) in [("type", "payment"), ("pod", "payment-5d8f-0")] {
        for (width, height) in SIZES {
            let mut s = Session::of_shop(Mode::Locked, width, height);
            s.observe(vec![resources::measured()]);
            s.change(resources::reserve);
            s.command(&format!("tree {target}")).press("enter");
            insta::assert_snapshot!(format!("use_{name}_{width}x{height}"), s.screen());
        }
    }
}

#[test]
fn the_graph() {
    if views::all().iter().any(|v| v.name() == "graph") {
        snapshot("graph", "j j v g");
    }
}

#[test]
fn the_matrix() {
    snapshot("matrix", "j j v m");
}

#[test]
fn the_events() {
    snapshot("events", "v e");
}

#[test]
fn the_sources() {
    snapshot("sources", "v s");
}

#[test]
fn the_help() {
    snapshot("help", "?");
}

#[test]
fn the_detail() {
    snapshot("detail", "j enter");
}

#[test]
fn the_namespaces() {
    snapshot("namespaces", "n");
}

#[test]
fn the_command_prompt() {
    snapshot("command", ": s");
}

#[test]
fn the_stage() {
    for (width, height) in SIZES {
        let mut s = eventful(width, height);
        s.command("tree cart").press("+");
        s.tick(8);
        insta::assert_snapshot!(format!("staged_{width}x{height}"), s.screen());
        s.press("enter");
        s.preview(
            2,
            Autoscaler::Found {
                name: "cart-load".into(),
                min: 2,
                max: 5,
                desired: 2,
            },
        );
        insta::assert_snapshot!(format!("previewed_{width}x{height}"), s.screen());
    }
}

#[test]
fn the_first_paint() {
    for (width, height) in SIZES {
        let mut s = Session::new(width, height);
        insta::assert_snapshot!(format!("first_{width}x{height}"), s.screen());
    }
}

#[test]
fn smaller_screens_say_so() {
    let (width, height) = SMALLEST;
    let mut s = eventful(width - 1, height);
    s.shows("59x16 is too small: portolan needs 60x16");
    s.resize(width, height);
    s.shows("payment");
    s.resize(20, 5);
    s.shows("too small");
    s.resize(width, height);
    s.shows("payment");
}

#[test]
fn no_view_leaves_the_screen_or_a_line_of_another_size() {
    for (width, height) in SIZES {
        for view in views::all() {
            let mut s = eventful(width, height);
            s.command(view.name());
            let screen = s.screen();
            assert_eq!(
                screen.lines().count(),
                usize::from(height),
                "{}",
                view.name()
            );
        }
    }
}

/// What a person may do, in any order.
#[test]
fn the_stages_of_rollouts() {
    for (width, height) in SIZES {
        let mut s = eventful(width, height);
        s.command("tree cart").press("r");
        s.tick(8);
        insta::assert_snapshot!(format!("restart_{width}x{height}"), s.screen());
        s.press("esc").command("rollback").press("enter");
        s.tick(8);
        s.foresee(Preview::Rollback(rollbacks::preview(1)));
        s.draw();
        insta::assert_snapshot!(format!("rollback_{width}x{height}"), s.screen());
    }
}

#[derive(Clone, Debug)]
enum Deed {
    Key(&'static str),
    Text(String),
    Paste(String),
    Resize(u16, u16),
    Tick,
    Crash,
    Remove,
    List,
    Preview,
    Accept,
    Quiet,
}

const KEYS: [&str; 64] = [
    "j",
    "k",
    "up",
    "down",
    "left",
    "right",
    "h",
    "l",
    "g",
    "G",
    "home",
    "end",
    "pgup",
    "pgdn",
    "enter",
    "esc",
    "tab",
    "space",
    "backspace",
    "del",
    "v",
    "t",
    "e",
    "s",
    "n",
    "/",
    ":",
    "?",
    "+",
    "-",
    "=",
    "r",
    "u",
    "o",
    "*",
    "f",
    "F",
    "[",
    "]",
    "<",
    ">",
    "P",
    "Z",
    "c",
    "0",
    "1",
    "2",
    "9",
    "(",
    ")",
    "O",
    "ctrl-g",
    "ctrl-e",
    "ctrl-z",
    "ctrl-w",
    "ctrl-d",
    "d",
    "ctrl-r",
    "ctrl-c",
    "q",
    "ctrl-f",
    "ctrl-b",
    "ctrl-n",
    "ctrl-p",
];

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        20 => prop::sample::select(&KEYS[..]).prop_map(Deed::Key),
        1 => "[a-z:>! ()*\u{0301}漢]{1,6}".prop_map(Deed::Text),
        1 => ".{0,12}".prop_map(Deed::Paste),
        2 => (1u16..=200, 1u16..=60).prop_map(|(w, h)| Deed::Resize(w, h)),
        1 => Just(Deed::Tick),
        1 => Just(Deed::Crash),
        1 => Just(Deed::Remove),
        1 => Just(Deed::List),
        1 => Just(Deed::Preview),
        1 => Just(Deed::Accept),
        2 => Just(Deed::Quiet),
    ]
}

fn do_it(s: &mut Session, deed: &Deed) {
    match deed {
        Deed::Key(key) => s.press_unseen(key),
        Deed::Text(text) => {
            for c in text.chars().filter(|c| *c != ' ') {
                s.press_unseen(&c.to_string());
            }
        }
        Deed::Paste(text) => s.send(Msg::Paste(text.clone())),
        Deed::Resize(width, height) => s.resize(*width, *height),
        Deed::Tick => s.tick(1),
        Deed::Crash => s.change(|c| c.crash("shop", "cart")),
        Deed::Remove => s.change(|c| c.remove_namespace("shop")),
        Deed::List => {
            s.follow_choice();
            s.finish_lists();
        }
        Deed::Preview => s.preview_if_asked(),
        Deed::Accept => s.answer_if_asked(),
        Deed::Quiet => s.draw(),
    }
    s.glimpse();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_it(
        width in 1u16..=200,
        height in 1u16..=60,
        deeds in prop::collection::vec(deed(), 0..60),
    ) {
        let mut s = eventful(width, height);
        for deed in &deeds {
            do_it(&mut s, deed);
        }
    }
}

#[test]
fn every_size_is_drawn() {
    let mut s = eventful(60, 16);
    let overlays = [
        "v t",
        "v e",
        "v s",
        "v g",
        "v m",
        "?",
        "esc n",
        "esc j j s",
        "esc :",
        "esc enter",
    ];
    for keys in overlays {
        s.press(keys);
        for width in (1..=200).step_by(7) {
            for height in (1..=60).step_by(4) {
                s.resize(width, height);
                s.screen();
            }
        }
    }
}
