//! Keys in the call tree.

use super::world::{World, key, shop};
use crate::ui::Answer;
use crate::ui::View;
use crate::ui::action::Verb;

/// Puts the cursor on the first row of an element.
fn go(w: &mut World, name: &str) {
    w.act(Verb::Top);
    while w.selected() != Some(key(name)) {
        let before = w.selected();
        w.act(Verb::Down);
        assert_ne!(
            w.selected(),
            before,
            "no row of {name}:\n{}",
            w.text(80, 30)
        );
    }
}

fn names(w: &mut World) -> Vec<String> {
    let rows = w.text(120, 60);
    let rows = rows.lines().skip(2);
    let name = |line: &str| {
        line.get(3..)
            .unwrap_or_default()
            .trim_start_matches([' ', '▾', '▸'])
            .to_owned()
    };
    rows.map(|line| name(line).split(' ').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn unfolding_is_one_level_at_a_time() {
    let mut w = shop();
    assert_eq!(names(&mut w), ["frontend", "cart", "checkout"]);
    go(&mut w, "checkout");
    w.act(Verb::Right);
    assert_eq!(
        names(&mut w),
        [
            "frontend", "cart", "checkout", "cart", "mailer", "payment", "ledger"
        ]
    );
    // On what is unfolded, to the first row below; from there back up, and folded again.
    w.act(Verb::Right);
    assert_eq!(w.selected(), Some(key("cart")));
    w.act(Verb::Left);
    assert_eq!(w.selected(), Some(key("checkout")));
    w.act(Verb::Left);
    assert_eq!(names(&mut w), ["frontend", "cart", "checkout"]);
    w.act(Verb::Left);
    assert_eq!(w.selected(), Some(key("frontend")));
}

#[test]
fn what_was_seen_above_leads_there() {
    let mut w = shop();
    w.act(Verb::FoldAll);
    go(&mut w, "fraud");
    // Below it: payment, which is above it.
    w.act(Verb::Right);
    assert_eq!(w.selected(), Some(key("payment")));
    let said = w.act(Verb::Right);
    assert_eq!(said, Answer::Say("payment stands here already".to_owned()));
    w.act(Verb::Up);
    w.act(Verb::Down);
    assert_eq!(w.act(Verb::Right), Answer::Done);
    assert_eq!(w.selected(), Some(key("fraud")));
}

#[test]
fn all_is_unfolded_once_and_folded_again() {
    let mut w = shop();
    w.act(Verb::FoldAll);
    let all = names(&mut w);
    // One row for each link that the root leads to, and the root: cart, redis, mailer, payment, bank, fraud and
    // ledger come once, cart and payment again.
    assert_eq!(all.len(), 12, "{all:?}");
    w.act(Verb::FoldAll);
    assert_eq!(names(&mut w), ["frontend", "cart", "checkout"]);
}

#[test]
fn the_other_way_starts_at_the_same_root() {
    let mut w = shop();
    go(&mut w, "cart");
    let said = w.act(Verb::Flip);
    assert_eq!(said, Answer::Say("who calls frontend".to_owned()));
    assert_eq!(w.selected(), Some(key("frontend")));
    w.act(Verb::Flip);
    assert_eq!(names(&mut w), ["frontend", "cart", "checkout"]);
}

#[test]
fn enter_goes_to_the_graph_and_the_way_back_finds_everything_as_it_was() {
    let mut w = shop();
    go(&mut w, "checkout");
    w.act(Verb::Right);
    go(&mut w, "payment");
    let shown = Answer::Show {
        view: "graph",
        key: key("payment"),
    };
    assert_eq!(w.act(Verb::Enter), shown);
    let before = names(&mut w);
    let anchor = w.view.anchor().expect("a root");
    w.with(|view, ctx| view.select(&anchor, ctx));
    assert_eq!(w.selected(), Some(key("payment")));
    assert_eq!(names(&mut w), before);
}

#[test]
fn the_cursor_stays_on_its_link_while_others_come_and_go() {
    let mut w = shop();
    go(&mut w, "checkout");
    w.deployment("alpha", (1, 1), &[]);
    w.calls(&[
        ("frontend", "alpha", 7, 0),
        ("frontend", "checkout", 744, 2),
    ]);
    assert_eq!(names(&mut w), ["frontend", "alpha", "checkout"]);
    assert_eq!(w.selected(), Some(key("checkout")));
    w.filter("alpha");
    w.text(80, 10);
    assert_eq!(w.selected(), Some(key("alpha")));
}

#[test]
fn figures_move_no_rows() {
    let mut w = shop();
    let before = names(&mut w);
    w.calls(&[
        ("frontend", "checkout", 9_000, 8_000),
        ("frontend", "cart", 1, 0),
    ]);
    assert_eq!(names(&mut w), before);
}

#[test]
fn the_first_root_is_where_calls_begin() {
    let mut w = shop();
    w.view = super::super::CallsView::default();
    w.text(80, 10);
    assert_eq!(w.selected(), Some(key("frontend")));
}

#[test]
fn a_row_has_the_traces_of_its_link() {
    let mut w = shop();
    let said = w.act(Verb::Operations);
    assert!(matches!(said, Answer::Say(_)), "{said:?}");
    go(&mut w, "checkout");
    let Answer::Examples { of, examples } = w.act(Verb::Operations) else {
        panic!("no examples")
    };
    assert_eq!((of.as_str(), examples.len()), ("frontend → checkout", 0));
}
