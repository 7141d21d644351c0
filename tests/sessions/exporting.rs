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
