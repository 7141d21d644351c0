//! Writing what is shown to a file.

use portolan::app::effect::Effect;
use portolan::app::msg::Msg;
use portolan::ui::screen::Mode;

use crate::harness::{Session, text_of};

fn session() -> Session {
    Session::of_shop(Mode::ReadOnly, 120, 40)
}

/// What a command wants written: the text, what it is said to be, and whether over a file that is there.
fn written(session: &mut Session, line: &str) -> (String, String, bool) {
    session.command(line);
    let effects = session.effects();
    let [
        Effect::Write {
            path,
            text,
            what,
            replace,
        },
    ] = effects.as_slice()
    else {
        panic!("{line}: {effects:?}");
    };
    let stem = path.file_stem().is_some_and(|stem| stem == "a");
    assert!(path.is_absolute() && stem, "{}", path.display());
    (text.clone(), what.clone(), *replace)
}

#[test]
fn the_screen_is_written_as_it_is_without_what_was_typed() {
    let mut session = session();
    let screen = text_of(&session.buffer());
    let (text, what, replace) = written(&mut session, "export a.txt");
    assert_eq!(what, "the screen");
    assert!(!replace);
    let trimmed = |text: &str| -> Vec<String> {
        text.trim_end()
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect()
    };
    assert_eq!(trimmed(&text), trimmed(&screen));
    let (svg, _, replace) = written(&mut session, "export! a.SVG");
    assert!(replace);
    assert!(svg.starts_with("<svg") && svg.contains("cart"), "{svg}");
}

#[test]
fn who_calls_whom_is_written_for_other_programs_as_far_as_the_filter_lets_it() {
    let mut session = session();
    let (dot, what, _) = written(&mut session, "export a.dot");
    assert!(
        dot.starts_with("digraph") && dot.contains("\"cart"),
        "{dot}"
    );
    assert!(what.contains("element"), "{what}");
    let (mermaid, ..) = written(&mut session, "export a.mmd");
    assert!(mermaid.starts_with("flowchart"), "{mermaid}");
    session.command("filter nobody-is-called-so");
    session.effects();
    let (dot, what, _) = written(&mut session, "export a.dot");
    assert!(
        !dot.contains("\"cart") && what.contains("not asked for"),
        "{dot} {what}"
    );
}

#[test]
fn what_came_of_it_is_said_and_a_form_that_there_is_not_names_those_that_there_are() {
    let mut session = session();
    for line in ["export a.png", "export a", "export .txt"] {
        session.command(line);
        assert_eq!(session.effects(), [], "{line}");
        session.shows("a file that ends in .txt or .svg");
    }
    session.send(Msg::Written(Ok("wrote /tmp/a.txt: the screen".to_owned())));
    session.shows("wrote /tmp/a.txt");
    session.send(Msg::Written(Err(
        "/tmp/a.txt was not written: no space".to_owned()
    )));
    session.shows("was not written: no space");
    session.press("x");
    assert_eq!(session.foot(), ":export");
}

/// Names of the small shop that call or are called.
const LINKED: [&str; 6] = [
    "front-door",
    "frontend",
    "checkout",
    "payment",
    "cart",
    "card-network",
];

#[test]
fn of_the_whole_picture_all_is_written_whatever_is_in_sight() {
    let mut pictures = Vec::new();
    for (width, height) in [(160, 45), (80, 24), (60, 16)] {
        let mut session = Session::of_shop(Mode::ReadOnly, width, height);
        session.command("whole payment");
        session.effects();
        let (text, what, _) = written(&mut session, "export a.txt");
        for name in LINKED {
            assert!(text.contains(name), "{name}: {text}");
        }
        assert!(
            text.starts_with("prod-eu : shop · 6 of 9 shown: 3 without links"),
            "{text}"
        );
        assert_eq!(what, "the whole picture, 6 of 9 elements, 3 without links");
        let (svg, _, _) = written(&mut session, "export a.svg");
        let read = roxmltree::Document::parse(&svg).unwrap();
        let words = read.descendants().find(|n| n.has_tag_name("desc"));
        let words = words.and_then(|n| n.text()).unwrap_or_default().to_owned();
        assert!(words.contains("payment calls card-network"), "{words}");
        pictures.push(text);
    }
    // The screen has no part in it.
    assert!(pictures.iter().all(|text| text.lines().count() > 3));
    let mut session = session();
    session.command("whole payment").press("?");
    session.effects();
    let (text, what, _) = written(&mut session, "export a.txt");
    assert_eq!(what, "the screen", "{text}");
}

#[test]
fn what_the_whole_picture_leaves_out_is_left_out_for_other_programs_too() {
    let mut session = session();
    let mut dot = |commands: &[&str], keys: &str| {
        for command in commands {
            session.command(command);
        }
        session.press(keys);
        session.effects();
        let (dot, what, _) = written(&mut session, "export a.dot");
        (dot, what)
    };
    let (all, what) = dot(&["whole checkout"], "");
    assert_eq!(what, "6 of 9 elements, 3 without links");
    for name in LINKED {
        assert!(all.contains(&format!("{name}\\n")), "{name}: {all}");
    }
    let (hidden, what) = dot(&["hide checkout"], "");
    assert!(!hidden.contains("checkout"), "{hidden}");
    assert_eq!(what, "5 of 9 elements, 1 not asked for, 3 without links");
    let (fast, what) = dot(&["hide", "min-rate 12.5"], "");
    assert!(fast.contains("links below the least rate"), "{fast}");
    assert!(what.contains("links below the least rate"), "{what}");
    let (way, what) = dot(&["min-rate", "path frontend payment"], "");
    assert!(
        way.contains("checkout") && !way.contains("card-network"),
        "{way}"
    );
    assert!(
        what.starts_with("3 of 9 elements, 3 not asked for"),
        "{what}"
    );
    let (groups, what) = dot(&["path"], "F F");
    assert!(
        groups.contains("subgraph") && groups.contains("\"shop\""),
        "{groups}"
    );
    assert!(!what.contains("drawn as"), "{what}");
    let (closed, what) = dot(&[], "*");
    assert!(
        closed.contains("5 elements") && !closed.contains("\"checkout"),
        "{closed}"
    );
    assert!(what.ends_with("5 of them drawn as one"), "{what}");
    let (failing, what) = dot(&[], "* F ctrl-z");
    assert!(
        failing.contains("! payment") && !failing.contains("cart\\n"),
        "{failing}"
    );
    assert!(what.contains("links that do not fail"), "{what}");
}

#[test]
fn of_a_focus_what_has_no_room_is_written_too() {
    let mut session = Session::of_shop(Mode::ReadOnly, 60, 16);
    let callers: Vec<String> = (0..20).map(|n| format!("caller-{n}")).collect();
    session.change(|cluster| {
        for caller in &callers {
            cluster.deploy_calling("shop", caller, 1, &["payment"]);
        }
    });
    session.command("graph payment").shows("folded");
    session.effects();
    let (dot, what, _) = written(&mut session, "export a.dot");
    for caller in &callers {
        assert!(dot.contains(&format!("\"{caller}\\n")), "{caller}: {dot}");
    }
    assert_eq!(what, "23 of 29 elements, 6 not asked for");
}

#[test]
fn of_a_focus_its_neighbourhood_is_written() {
    for (width, height) in [(160, 45), (60, 16)] {
        let mut session = Session::of_shop(Mode::ReadOnly, width, height);
        session.command("graph payment");
        session.effects();
        let (dot, what, _) = written(&mut session, "export a.dot");
        for (name, is_near) in [
            ("payment", true),
            ("checkout", true),
            ("card-network", true),
            ("frontend", false),
            ("cart", false),
        ] {
            assert_eq!(
                dot.contains(&format!("{name}\\n")),
                is_near,
                "{name}: {dot}"
            );
        }
        assert_eq!(what, "3 of 9 elements, 6 not asked for");
        session.press(")");
        session.effects();
        let (wider, ..) = written(&mut session, "export a.mmd");
        assert!(wider.contains("frontend"), "{wider}");
        // The tree shows no network of its own: all that passes.
        session.command("tree");
        session.effects();
        let (all, ..) = written(&mut session, "export a.dot");
        assert!(all.contains("frontend"), "{all}");
    }
}
