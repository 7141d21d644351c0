//! Commands that the program's surroundings offer.

use portolan::app::effect::Effect;
use portolan::app::host::Offer;
use portolan::app::msg::Msg;
use portolan::app::state::Start;
use portolan::ui::screen::Mode;

use crate::harness::{Session, start};

fn session() -> Session {
    let offers = vec![Offer {
        name: "tease",
        takes: "WHOM",
        about: "tease somebody",
        words: vec!["cat softly".to_owned(), "cow".to_owned(), "dog".to_owned()],
    }];
    let start = Start {
        offers,
        ..start(Mode::ReadOnly)
    };
    Session::of_shop_with(start, 120, 40)
}

#[test]
fn an_offered_command_is_handed_over_and_its_answer_shown_and_kept() {
    let mut session = session();
    session.command("tease dog  twice ");
    let wanted = Effect::Host {
        name: "tease",
        argument: "dog  twice".to_owned(),
    };
    assert_eq!(session.effects(), [wanted]);
    session.send(Msg::Hosted(Ok("the dog \u{1b}[31mbarks".to_owned())));
    session.shows("the dog barks");
    session.tick(10);
    // The notice has passed, the log stays.
    assert!(session.line("the dog barks").contains("portolan"));
}

#[test]
fn what_the_host_would_not_do_is_said_and_did_not_happen() {
    let mut session = session();
    session.command("tease fish");
    session.send(Msg::Hosted(Err("there is no fish: cat, dog".to_owned())));
    session.shows("there is no fish: cat, dog");
    session.tick(10);
    session.hides("there is no fish");
}

#[test]
fn its_words_are_completed_and_the_help_tells_of_it() {
    let mut session = session();
    session.press(":").type_text("tease ca").press("tab");
    session.shows("tease cat softly").press("esc");
    session.resize(120, 120);
    session.press("?").shows("tease somebody");
}

#[test]
fn without_a_host_there_is_no_such_command() {
    let mut session = Session::of_shop(Mode::Write { until: None }, 120, 40);
    session.command("tease dog");
    session.shows("there is no command tease");
    assert_eq!(session.effects(), []);
}
