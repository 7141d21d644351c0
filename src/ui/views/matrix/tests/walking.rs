//! Walking, and what stays while the model moves.

use super::world::{World, key, shop};
use crate::model::key::ElementKey;
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;
use crate::ui::{Answer, View};

/// Who calls whom, as the cross-hair has it.
fn pair(w: &World) -> (String, String) {
    let cross = w.view.cross.as_ref().unwrap();
    let name = |part: &crate::model::query::network::Part| match part {
        crate::model::query::network::Part::Element(ElementKey::Type(key)) => key.name.to_string(),
        other => format!("{other:?}"),
    };
    (name(&cross.caller), name(&cross.callee))
}

fn of(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[test]
fn it_begins_where_most_fails_and_stays_where_a_person_went() {
    let mut w = shop();
    w.draw(80, 16);
    assert_eq!(pair(&w), of("checkout", "payment"));
    w.ask("frontend", "cart");
    w.calls(&[("mobile", "checkout", 700, 700)]);
    w.draw(80, 16);
    assert_eq!(pair(&w), of("frontend", "cart"));
}

#[test]
fn the_pair_stays_when_others_come_and_go() {
    let mut w = shop();
    w.ask("checkout", "fraud");
    for step in 0..6 {
        match step {
            0 => w.types(&["aaa"]),
            1 => w.calls(&[("aaa", "frontend", 5, 0), ("redis", "aaa", 5, 0)]),
            2 => w.gone("mailer"),
            3 => w.deploy("bank", "zzz", 1, &["redis"]),
            4 => w.calls(&[("zzz", "checkout", 5, 5)]),
            _ => w.gone("aaa"),
        }
        let text = w.text(80, 20);
        assert_eq!(pair(&w), of("checkout", "fraud"));
        assert!(text.contains("checkout calls fraud ·"), "{text}");
    }
    // What has gone is told, and comes back where it was.
    w.gone("fraud");
    w.calls(&[("checkout", "fraud", 0, 0)]);
    let text = w.text(80, 20);
    assert!(text.contains("checkout"), "{text}");
    w.types(&["fraud"]);
    w.calls(&[("checkout", "fraud", 60, 0)]);
    let text = w.text(80, 20);
    assert!(text.contains("checkout calls fraud ·"), "{text}");
}

#[test]
fn steps_go_cell_by_cell_and_end_at_the_edge() {
    let mut w = shop();
    w.draw(80, 16);
    let order = w.order();
    w.act(Verb::Top);
    for _ in 0..20 {
        w.act(Verb::Left);
    }
    assert_eq!(pair(&w), of(&order[0], &order[0]));
    w.act(Verb::Right);
    w.act(Verb::Down);
    w.act(Verb::Down);
    assert_eq!(pair(&w), of(&order[2], &order[1]));
    w.act(Verb::Bottom);
    for _ in 0..20 {
        w.act(Verb::Right);
    }
    let last = order.last().unwrap();
    assert_eq!(pair(&w), of(last, last));
    w.act(Verb::PageUp);
    assert_ne!(pair(&w).0, *last);
}

#[test]
fn the_next_call_is_the_next_cell_in_which_something_flows() {
    let mut w = shop();
    w.draw(80, 16);
    w.act(Verb::Top);
    for _ in 0..20 {
        w.act(Verb::Left);
    }
    let all = w.view.made().unwrap().flows.len();
    let mut seen = 0;
    while w.act(Verb::NextCall) == Answer::Done {
        seen += 1;
        let text = w.text(80, 16);
        assert!(!text.contains("does not call"), "{text}");
    }
    assert_eq!(seen, all, "every one is reached");
    assert!(matches!(w.act(Verb::NextCall), Answer::Say(_)));
    assert_eq!(w.act(Verb::PreviousCall), Answer::Done);
}

#[test]
fn an_element_has_the_row_and_a_pair_of_elements_the_cell() {
    let mut w = shop();
    w.with(|view, ctx| view.select(&key("payment"), ctx));
    assert_eq!(pair(&w), of("payment", "fraud"), "its foremost call");
    assert_eq!(w.view.selected(), Some(key("payment")));
    // Back at the same row, the column stays.
    w.act(Verb::Right);
    let before = pair(&w);
    w.with(|view, ctx| view.select(&key("payment"), ctx));
    assert_eq!(pair(&w), before);
    // A row that calls nobody.
    w.with(|view, ctx| view.select(&key("redis"), ctx));
    assert_eq!(pair(&w), of("redis", "redis"));
    let declared = ElementKey::declared(key("checkout"), key("mailer"));
    w.with(|view, ctx| view.select(&declared, ctx));
    assert_eq!(pair(&w), of("checkout", "mailer"));
}

#[test]
fn a_pair_out_of_the_table_is_answered_with_the_reason() {
    let mut w = shop();
    w.types(&["lonely"]);
    w.ask("checkout", "lonely");
    let text = w.text(94, 20);
    let said = "checkout does not call lonely, as far as traces and configuration tell";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("lonely has no links,"), "{text}");
    w.ask("checkout", "payment");
    w.filter = Filter::parse("redis").unwrap();
    let text = w.text(94, 20);
    assert!(text.contains("checkout calls payment ·"), "{text}");
    assert!(text.contains("the filter leaves checkout out"), "{text}");
    // A step begins where it stood, and names what is there.
    w.act(Verb::Up);
    let (caller, callee) = pair(&w);
    let order = w.order();
    assert!(order.contains(&caller) && order.contains(&callee));
}

#[test]
fn a_cell_leads_to_the_picture_of_its_caller_and_to_its_traces() {
    let mut w = shop();
    w.ask("checkout", "payment");
    let graph = Answer::Show {
        view: "graph",
        key: key("checkout"),
    };
    assert_eq!(w.act(Verb::Enter), graph);
    let Answer::Examples { of, examples } = w.act(Verb::Operations) else {
        panic!("no examples")
    };
    assert_eq!((of.as_str(), examples.len()), ("checkout → payment", 0));
    w.gone("checkout");
    w.calls(&[]);
    w.ask("checkout", "payment");
    assert!(matches!(
        w.act(Verb::Enter),
        Answer::Say(_) | Answer::Show { .. }
    ));
}

#[test]
fn what_fails_has_a_sign_where_there_is_no_colour() {
    let mut w = shop();
    w.theme = Theme::new(false, false);
    w.ask("redis", "redis");
    for (width, sign) in [(94, "▇!"), (50, "▇!"), (34, "!")] {
        let text = w.text(width, 16);
        let row = text.lines().find(|l| l.contains("checkout")).unwrap();
        assert!(row.contains(sign), "{width}: {text}");
    }
}

#[test]
fn two_of_one_name_are_told_apart() {
    let mut w = shop();
    w.deploy("bank", "cart", 1, &["mailer"]);
    w.deploy("bank", "mailer", 1, &[]);
    let mut order = w.order();
    // Traces do not say which one they mean; that is a third.
    for name in [
        "bank/mailer",
        "shop/mailer",
        "shop/cart",
        "bank/cart",
        "cart amb",
    ] {
        assert!(order.contains(&name.to_owned()), "{name}: {order:?}");
    }
    let all = order.len();
    order.sort();
    order.dedup();
    assert_eq!(order.len(), all);
    let pair = [("bank", "cart"), ("bank", "mailer")].map(|(namespace, name)| {
        ElementKey::Type(crate::model::key::TypeKey::new(
            namespace,
            "Deployment",
            name,
        ))
    });
    let [from, to] = pair;
    w.with(|view, ctx| view.select(&ElementKey::call(from, to), ctx));
    let text = w.text(94, 31);
    assert!(
        text.contains("bank/cart is configured to call bank/mailer"),
        "{text}"
    );
}

#[test]
fn what_cycles_stands_above_the_diagonal_and_nothing_else() {
    let mut w = shop();
    w.draw(80, 16);
    let table = w.view.made().unwrap();
    let above: Vec<(String, String)> = table
        .flows
        .keys()
        .filter(|(row, column)| row < column)
        .map(|(row, column)| {
            (
                table.lines[*row].name.clone(),
                table.lines[*column].name.clone(),
            )
        })
        .collect();
    assert_eq!(table.cycles, 1);
    assert_eq!(above.len(), 1, "{above:?}");
    let (from, to) = above[0].clone();
    w.ask(&from, &to);
    let text = w.text(94, 31);
    assert!(text.contains("1 cycle above the diagonal"), "{text}");
    assert!(text.contains("it closes the cycle"), "{text}");
}

#[test]
fn permissions_and_declarations_against_what_is_observed_make_no_cycle() {
    let mut w = World::new();
    w.types(&["broker"]);
    w.deploy("shop", "worker", 1, &["broker"]);
    w.calls(&[("broker", "worker", 60, 0)]);
    w.ask("worker", "broker");
    let text = w.text(94, 31);
    assert!(text.contains("no cycles"), "{text}");
    assert!(text.contains("above the diagonal, but no cycle"), "{text}");
    assert!(text.contains("back: broker calls worker"), "{text}");
    assert!(!text.contains("closes"), "{text}");
}
