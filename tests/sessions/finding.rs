//! The filter, only what is broken, namespaces, commands.

use portolan::app::effect::Effect;
use portolan::app::msg::Msg;
use portolan::model::observation::NamespaceChoice;
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::{self, Session};

fn shop() -> Session {
    Session::of_shop(Mode::Locked, 160, 45)
}

#[test]
fn the_filter_acts_while_it_is_typed_and_esc_takes_it_back() {
    let mut s = shop();
    s.press("/").type_text("car");
    s.shows("▸ cart").hides("▸ checkout");
    s.press("esc").shows("▸ checkout");
    s.press("/").type_text("state:broken").press("enter");
    s.shows("▸ payment").hides("▸ cart").shows("/state:broken");
    s.press("esc").shows("▸ cart").hides("/state:broken");
}

#[test]
fn a_filter_that_cannot_be_read_says_so_while_it_is_typed() {
    let mut s = shop();
    s.press("/").type_text("car");
    s.press("enter").press("/").type_text("(");
    let foot = s.foot();
    assert!(foot.contains("is no regular expression"), "{foot}");
    // What was readable last still holds.
    s.shows("▸ cart").hides("▸ checkout");
    s.press("enter").shows("▸ cart").hides("▸ checkout");
    s.command("filter err>x")
        .shows("err> needs a number, as in err>1");
    s.shows("▸ cart");
}

#[test]
fn a_filter_that_nothing_passes_says_how_to_clear_it() {
    let mut s = shop();
    s.press("/").type_text("nowhere").press("enter");
    s.shows("nothing passes the filter /nowhere: esc clears it");
    s.press("esc").shows("▸ cart");
}

#[test]
fn filters_are_completed_and_remembered() {
    let mut s = shop();
    s.press("/").type_text("state:b").press("tab");
    s.shows("/state:broken").press("enter").press("esc");
    s.press("/ up").shows("▸ payment").hides("▸ cart");
    s.press("esc").shows("▸ cart");
}

#[test]
fn only_what_is_broken_names_its_callers() {
    let mut s = shop();
    s.press("ctrl-z");
    s.shows("only broken").hides("▸ cart");
    let line = s.line("payment");
    assert!(line.contains("CrashLoopBackOff"), "{line}");
    s.resize(260, 45);
    let line = s.line("payment");
    assert!(line.contains("called by checkout"), "{line}");
    s.press("esc").shows("▸ cart").hides("only broken");
}

#[test]
fn namespaces_are_switched_and_what_was_known_is_kept_until_the_new_lists_end() {
    let mut s = shop();
    s.press("0");
    let all = [Effect::Namespaces(NamespaceChoice::All)];
    assert_eq!(s.follow_choice(), all);
    // What was listed of the shop is there at once.
    s.shows("all namespaces")
        .shows("▸ payment")
        .hides("nothing runs");
    s.finish_lists();
    s.shows("▸ payment").shows("ledger").shows("▾ bank");
    s.press("1");
    assert_eq!(
        s.follow_choice(),
        [Effect::Namespaces(NamespaceChoice::one("shop"))]
    );
    s.shows("▸ payment").hides("ledger").hides("▾ bank");
    s.finish_lists();
    s.shows("▸ payment").hides("ledger");
    // Nothing of all that was a deletion or news.
    s.hides("is gone").hides("new Deployment");
    s.press("5").shows("no namespace has this digit yet");
    assert_eq!(s.effects(), []);
}

#[test]
fn a_hundred_switches_leave_what_one_list_gives() {
    let mut s = shop();
    let before = s.screen();
    let keys = ["0", "1", "0", "1"];
    for key in keys.iter().cycle().take(100) {
        s.press(key);
        s.follow_choice();
    }
    s.finish_lists();
    s.press("v e v t");
    s.tick(7);
    let clockless = |screen: &str| {
        let body: Vec<_> = screen.lines().skip(1).take(12).map(str::to_owned).collect();
        body
    };
    assert_eq!(clockless(&s.screen()), clockless(&before));
}

#[test]
fn namespaces_are_chosen_by_typing_or_marking() {
    let mut s = shop();
    s.press("n").type_text("ban").press("enter");
    assert_eq!(
        s.follow_choice(),
        [Effect::Namespaces(NamespaceChoice::one("bank"))]
    );
    s.finish_lists();
    s.shows("prod-eu : bank").shows("ledger").hides("payment");
    s.command("ns shop,bank");
    let both = NamespaceChoice::Only(["bank".into(), "shop".into()].into());
    assert_eq!(s.follow_choice(), [Effect::Namespaces(both)]);
    s.command("ns all");
    assert_eq!(s.effects(), [Effect::Namespaces(NamespaceChoice::All)]);
}

#[test]
fn a_bad_namespace_says_what_names_are_made_of() {
    let mut s = shop();
    s.command("ns Shop!");
    s.shows("is no namespace: lower-case letters, digits and dashes");
    assert_eq!(s.effects(), []);
}

#[test]
fn commands_are_found_by_their_beginning_completed_and_explained() {
    let mut s = shop();
    s.command("sour").shows("┌ Sources");
    s.command("tree checkout").shows("┌ Tree");
    assert!(s.line("▸ checkout").contains("│>"), "{}", s.screen());
    s.command("tree nobody")
        .shows("nothing here is called nobody");
    s.command("frobnicate")
        .shows("there is no command frobnicate: ? shows them all");
    s.command("s").shows("s may be scale, scale-up, ");
    s.command("follow").shows("follow works in events only");
    s.press(":").type_text("sou").press("tab");
    s.shows(":sources").press("enter").shows("┌ Sources");
    s.press(":").type_text("tree che").press("tab");
    s.shows(":tree checkout").press("esc");
    s.press(": up").shows(":sources").press("esc");
    s.command("q");
    assert_eq!(s.effects(), [Effect::Quit]);
}

#[test]
fn an_empty_prompt_closes_by_backspace_and_does_nothing() {
    let mut s = shop();
    let before = s.screen();
    s.press(": backspace");
    assert_eq!(s.screen(), before);
    s.press(": enter");
    assert_eq!(s.screen(), before);
    assert_eq!(s.effects(), []);
}

#[test]
fn pasted_text_is_typed_into_a_prompt_and_dropped_elsewhere() {
    let mut s = shop();
    s.send(Msg::Paste(":q\r:q\r".to_owned()));
    s.shows("pasted text was dropped");
    assert_eq!(s.effects(), []);
    s.press("/");
    s.send(Msg::Paste("car\u{1b}[31m\r".to_owned()));
    // No line end of a paste accepts anything, and of a sequence nothing is left.
    s.shows("/car").hides("31m");
    assert_eq!(s.effects(), []);
    s.press("esc n");
    s.send(Msg::Paste(" bank\n".to_owned()));
    assert_eq!(s.effects(), []);
    s.press("enter");
    assert_eq!(
        s.effects(),
        [Effect::Namespaces(NamespaceChoice::one("bank"))]
    );
}

#[test]
fn keys_of_ones_own_take_the_places_of_those_in_the_table() {
    let mut start = harness::start(Mode::Locked);
    start.keys = [("sources".to_owned(), "ctrl-o".to_owned())].into();
    let mut s = Session::with(start, 160, 45);
    s.cluster = cluster::shop();
    s.list();
    s.press("v s").hides("┌ Sources");
    s.press("ctrl-o").shows("┌ Sources");
    s.press("?").shows("ctrl-o");
}

#[test]
fn what_is_declared_and_never_called_is_a_row_of_its_own() {
    // Of calls that the last hour knows nobody says that they were never made.
    let mut s = Session::with(harness::start(Mode::Locked), 120, 40);
    s.cluster = cluster::shop();
    s.list();
    s.observe(cluster::traced(&[
        ("frontend", "checkout", 744, 1),
        ("checkout", "cart", 7, 0),
    ]));
    s.press("/").type_text("links:unused").press("enter");
    s.shows("→ payment").shows("→ cart");
    let row = s.line("→ payment");
    assert!(row.contains("never called (60 min), declared: "), "{row}");
    // Once, below who declares it.
    s.hides("checkout →").hides("frontend →");
    s.press("esc");
    s.press("/")
        .type_text("^payment links:unused")
        .press("enter");
    s.shows("checkout →").hides("→ payment");
}

#[test]
fn an_empty_answer_says_of_how_many_links_nobody_knows() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.press("/").type_text("links:unused").press("enter");
    let said = s.shows("nothing passes").line("nothing passes");
    assert!(said.contains("esc clears it; of "), "{said}");
    s.press("esc").press("/").type_text("links:undeclared");
    s.press("enter").shows("nothing passes").hides("; of ");
}

#[test]
fn a_service_that_nothing_is_ready_behind_is_a_row_of_its_own() {
    let mut s = Session::of_shop(Mode::Locked, 120, 40);
    s.change(|c| {
        c.change_pods("shop", "cart", |pod| pod.ready = Some(false));
        c.endpoints("shop", "cart");
        c.service("shop", "loose-end", 81);
    });
    s.press("/").type_text("service:empty").press("enter");
    let row = s.line("service cart");
    assert!(row.contains("0 of 2 endpoints ready"), "{row}");
    let row = s.line("service loose-end");
    assert!(row.contains("no pod is behind it"), "{row}");
    s.hides("service payment");
}

#[test]
fn an_autoscaler_whose_target_is_not_there_has_a_row() {
    use portolan::model::observation::{AutoscalerFact, Fact, Kind, Observation, Scope};
    let mut s = Session::of_shop(Mode::Locked, 120, 40);
    for (name, target) in [("good", "cart"), ("lost", "gone")] {
        let scaler = AutoscalerFact {
            meta: s.cluster.meta("shop", name, 60),
            kind: "Deployment".into(),
            target: target.into(),
            min: 1,
            max: 3,
        };
        s.observe(vec![Observation::Seen {
            scope: Scope {
                source: "kubernetes".into(),
                kind: Kind::HorizontalPodAutoscaler,
                namespace: None,
            },
            fact: std::sync::Arc::new(Fact::Autoscaler(scaler)),
        }]);
    }
    let row = s.line("autoscaler lost");
    assert!(
        row.contains("its target Deployment gone is not there"),
        "{row}"
    );
    s.hides("autoscaler good");
    s.press("ctrl-z").shows("autoscaler lost");
}
