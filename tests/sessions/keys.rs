//! The help keeps what it promises: every key leads to its action, every name is a command.

use std::collections::BTreeMap;

use portolan::app::actions::{self, Entry, Run};
use portolan::ui::action::{Action, Here, Place};
use portolan::ui::chord::Chord;
use portolan::ui::keymap::{Found, Keymap};
use portolan::ui::screen::Mode;
use portolan::ui::views;

use crate::harness::{self, Session};

fn table() -> (Vec<Entry>, Vec<Action>, Keymap) {
    let table = actions::table(&views::all(), &[], true);
    let actions: Vec<Action> = table.iter().map(|e| e.action.clone()).collect();
    let keymap = Keymap::new(&actions, &BTreeMap::new()).expect("no clashes");
    (table, actions, keymap)
}

/// Everywhere that an action may be used.
fn places(action: &Action) -> Vec<Here<'static>> {
    let here = |view| Here {
        view,
        overlay: None,
    };
    match action.place {
        Place::Everywhere => views::all().iter().map(|v| here(v.name())).collect(),
        Place::Views(names) => names.iter().map(|n| here(n)).collect(),
        Place::Overlay(name) => vec![Here {
            view: "tree",
            overlay: Some(name),
        }],
    }
}

#[test]
fn every_key_in_the_help_leads_to_its_action() {
    let (_, actions, keymap) = table();
    for (index, action) in actions.iter().enumerate() {
        for keys in keymap.keys(index) {
            let chords: Vec<Chord> = keys
                .split(' ')
                .map(|k| k.parse().unwrap_or_else(|e| panic!("{e}")))
                .collect();
            for here in places(action) {
                assert_eq!(
                    keymap.find(&chords, &here),
                    Found::Action(index),
                    "{keys} for {} in {here:?}",
                    action.name
                );
            }
        }
    }
}

#[test]
fn names_are_taken_once_and_everything_is_explained() {
    let (_, actions, _) = table();
    let mut names: Vec<&str> = actions.iter().map(|a| a.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    for action in &actions {
        assert!(!action.about.is_empty(), "{}", action.name);
    }
}

#[test]
fn no_view_is_named_that_there_is_not() {
    let (_, actions, _) = table();
    let there: Vec<&str> = views::all().iter().map(|v| v.name()).collect();
    for action in &actions {
        if let Place::Views(names) = action.place {
            assert!(
                names.iter().any(|n| there.contains(n)),
                "{} works in {names:?} only",
                action.name
            );
        }
    }
}

/// All pages of the help, as one text.
fn help(s: &mut Session) -> String {
    s.press("?");
    let mut pages = s.screen();
    for _ in 0..12 {
        s.press("pgdn");
        pages.push('\n');
        pages.push_str(&s.screen());
    }
    s.press("esc");
    pages
}

/// Whether a word of the help is a name or key, or a range that has it: `1..9`, `recent-1..9`.
fn covers(word: &str, wanted: &str) -> bool {
    let range = word.split_once("..").and_then(|(first, last)| {
        let (end, first) = (first.len().checked_sub(1)?, first);
        let one = wanted.strip_prefix(first.get(..end)?)?;
        Some(one.len() == 1 && first.get(end..)? <= one && one <= last)
    });
    range.unwrap_or(word == wanted)
}

#[test]
fn the_help_lists_every_action_and_says_where_one_is() {
    let (_, actions, keymap) = table();
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    for view in views::all() {
        s.command(view.name());
        let help = help(&mut s);
        assert!(
            help.contains(&format!("Here, in {}", view.name())),
            "{help}"
        );
        for (index, action) in actions.iter().enumerate() {
            let line = help.lines().find(|l| {
                l.split_whitespace()
                    .any(|w| covers(w, action.name) || w == format!("{}…", action.name))
                    && l.contains(action.about)
            });
            let line = line.unwrap_or_else(|| panic!("no {}:\n{help}", action.name));
            for key in keymap.keys(index) {
                let is_there =
                    line.contains(&key) || line.split_whitespace().any(|word| covers(word, &key));
                assert!(is_there, "{key} is not in {line}");
            }
        }
    }
}

#[test]
fn what_works_here_stands_first_in_the_help_and_in_the_footer() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.press("j");
    let foot = s.foot();
    assert!(
        foot.contains("s scale") && foot.contains("+ one more"),
        "{foot}"
    );
    s.press("?");
    let screen = s.screen();
    let here = screen.lines().skip_while(|l| !l.contains("Here, in tree"));
    let here: Vec<&str> = here.take_while(|l| !l.contains("Everywhere")).collect();
    assert!(here.iter().any(|l| l.contains("fold-all")), "{screen}");
    assert!(!here.iter().any(|l| l.contains("follow")), "{screen}");
    s.press("esc v e");
    let foot = s.foot();
    assert!(foot.contains("f follow"), "{foot}");
}

#[test]
fn the_footer_names_only_keys_that_do_what_it_says() {
    let (_, actions, keymap) = table();
    let mut s = Session::of_shop(Mode::Write { until: None }, 250, 45);
    for (keys, view, overlay) in [
        ("g", "tree", None),
        ("j enter", "tree", Some("detail")),
        ("v e", "events", None),
        ("?", "events", Some("help")),
        ("esc v t n", "tree", Some("namespaces")),
        ("esc j s", "tree", Some("scale")),
        ("esc r", "tree", Some("stage")),
        (
            "esc : t r a c e space 0 0 0 0 0 0 0 0 0 0 0 0 0 0 a 1 enter",
            "tree",
            Some("trace"),
        ),
    ] {
        s.press("esc").press(keys);
        s.tick(10);
        let foot = s.foot();
        let here = Here { view, overlay };
        assert!(!foot.is_empty());
        for part in foot.split("  ").filter(|p| !p.is_empty()) {
            let shown = actions.iter().enumerate().any(|(index, action)| {
                keymap.keys(index).iter().any(|k| {
                    let chords: Vec<Chord> = k.split(' ').filter_map(|c| c.parse().ok()).collect();
                    format!("{k} {}", action.label) == part.trim()
                        && keymap.find(&chords, &here) == Found::Action(index)
                })
            });
            assert!(shown, "{part:?} in {overlay:?} of {view}: {foot}");
        }
    }
}

#[test]
fn every_name_is_a_command_that_does_something_or_says_why_not() {
    let (table, ..) = table();
    for entry in &table {
        let name = entry.action.name;
        let mut start = harness::start(Mode::Locked);
        start.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
        let mut s = Session::of_shop_with(start, 160, 45);
        // Somewhere in the middle, with something to go back to, to close and to choose.
        s.press("v s v t").command("tree checkout").press("right");
        s.tick(10);
        let before = s.buffer();
        s.command(name);
        let said = s.buffer() != before || !s.effects().is_empty();
        let stays = matches!(name, "lock" | "tree");
        assert!(said || stays, ":{name} does nothing and says nothing");
        if matches!(entry.run, Run::Overlay(_)) {
            assert!(s.foot().contains(name), ":{name} says {:?}", s.foot());
        }
    }
}
