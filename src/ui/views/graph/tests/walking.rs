use super::world::{World, key, shop};
use crate::model::key::{ElementKey, TypeKey};
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::{Answer, View};

fn name(world: &World) -> String {
    let selected = world.selected().unwrap_or_default();
    selected.rsplit('/').next().unwrap_or_default().to_owned()
}

fn walk(world: &mut World, verbs: &[Verb]) -> Vec<String> {
    let step = |verb: &Verb| {
        world.act(*verb);
        name(world)
    };
    verbs.iter().map(step).collect()
}

#[test]
fn keys_follow_edges_and_keep_the_height_across_the_middle() {
    use Verb::{Bottom, Down, Left, Right, Top, Up};
    let mut w = shop();
    w.text(158, 30);
    let path = walk(&mut w, &[Left, Left, Right, Right, Down, Left, Right]);
    let expected = [
        "frontend", "frontend", "checkout", "cart", "payment", "checkout", "payment",
    ];
    assert_eq!(path, expected);
    let path = walk(&mut w, &[Bottom, Up, Top, Up]);
    assert_eq!(path, ["mailer", "fraud", "cart", "cart"]);
}

#[test]
fn enter_makes_the_selected_one_the_focus_and_keeps_the_old_one_selected() {
    let mut w = shop();
    w.text(80, 14);
    w.act(Verb::Right);
    assert_eq!(w.act(Verb::Enter), Answer::Done);
    assert!(w.with(|v, ctx| v.title(ctx)).starts_with("cart"));
    assert_eq!(name(&w), "checkout", "bearings are kept");
    assert_eq!(w.act(Verb::Enter), Answer::Done);
    assert_eq!(name(&w), "cart");
    w.act(Verb::Left);
    assert_eq!(name(&w), "checkout");
    assert_eq!(w.act(Verb::Enter), Answer::Detail, "into the focus itself");
}

#[test]
fn a_pod_and_a_service_stand_for_their_type() {
    let mut w = shop();
    let service = ElementKey::Service {
        namespace: "shop".into(),
        name: "cart".into(),
    };
    w.select(&service);
    assert_eq!(w.selected(), Some(key("cart").to_string()));
    let pod = ElementKey::Component {
        uid: "uid-shop-payment-1".into(),
    };
    w.select(&pod);
    assert_eq!(w.selected(), Some(key("payment").to_string()));
    w.select(&ElementKey::Node { name: "n1".into() });
    assert_eq!(
        w.selected(),
        Some(key("payment").to_string()),
        "machines call nobody"
    );
}

#[test]
fn without_a_choice_the_first_unhealthy_one_stands_in_the_middle() {
    let mut w = shop();
    w.view = super::super::GraphView::default();
    w.text(80, 14);
    assert_eq!(name(&w), "checkout", "the busiest");
    w.workload(
        crate::model::observation::Kind::Deployment,
        "shop",
        "mailer",
        (0, 1),
        &[],
    );
    w.view = super::super::GraphView::default();
    w.text(80, 14);
    assert_eq!(name(&w), "mailer");
}

#[test]
fn rows_keep_their_places_while_numbers_change() {
    let mut w = shop();
    let before = w.text(80, 14);
    let rows = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(2).take(5);
        lines
            .map(|l| l.chars().skip(62).take(9).collect())
            .collect()
    };
    w.calls(&[("checkout", "mailer", 6000, 0), ("checkout", "cart", 1, 0)]);
    let after = w.text(80, 14);
    assert_ne!(before, after);
    assert_eq!(rows(&before), rows(&after));
    w.types(&["aaa"]);
    w.calls(&[("checkout", "aaa", 9000, 0)]);
    assert_eq!(rows(&w.text(80, 14)), rows(&after), "a new one goes below");
}

#[test]
fn the_focus_survives_updates_and_its_end_is_told() {
    let mut w = shop();
    w.text(80, 14);
    w.gone("checkout");
    assert!(w.text(80, 14).contains("checkout is gone"));
    assert_eq!(w.selected(), None);
    w.workload(
        crate::model::observation::Kind::Deployment,
        "shop",
        "checkout",
        (3, 3),
        &[],
    );
    w.text(80, 14);
    assert_eq!(name(&w), "checkout", "it is back");
    w.gone("checkout");
    w.text(80, 14);
    w.act(Verb::Enter);
    w.text(80, 14);
    assert_ne!(name(&w), "checkout");
    assert!(w.selected().is_some(), "enter finds another one");
}

#[test]
fn hops_have_limits_and_show_more_columns() {
    let mut w = shop();
    w.text(158, 30);
    assert!(matches!(w.act(Verb::Narrower), Answer::Say(_)));
    assert!(!w.text(158, 30).contains("redis"));
    assert_eq!(w.act(Verb::Wider), Answer::Done);
    assert!(w.text(158, 30).contains("redis"));
    assert_eq!(w.act(Verb::Wider), Answer::Done);
    assert!(matches!(w.act(Verb::Wider), Answer::Say(_)));
}

#[test]
fn a_fold_opens_and_closes_and_nothing_is_lost() {
    let mut w = shop();
    for i in 0..30u64 {
        let name = format!("worker-{i:02}");
        w.types(&[&name]);
        w.calls(&[("checkout", &name, 10, if i == 7 { 5 } else { 0 })]);
    }
    let text = w.text(80, 14);
    assert!(text.contains("worker-07"), "errors stay visible");
    assert!(text.contains("callees 35"));
    w.act(Verb::Right);
    w.act(Verb::Bottom);
    assert_eq!(w.selected(), None, "a fold is no element");
    w.act(Verb::Enter);
    let mut seen = std::collections::BTreeSet::new();
    w.act(Verb::Top);
    for _ in 0..40 {
        w.text(80, 14);
        seen.insert(name(&w));
        w.act(Verb::Down);
    }
    assert_eq!(seen.len(), 35);
    w.act(Verb::FoldAll);
    assert!(w.text(80, 14).contains("more"));
}

#[test]
fn names_that_do_not_pass_are_dimmed_and_leaves_are_counted() {
    let mut w = shop();
    w.filter = Filter::parse("cart").unwrap();
    let text = w.text(158, 30);
    // `mobile`, `admin`, `shipping` and `mailer` are linked to the focus alone.
    assert!(text.contains("4 filtered out"));
    assert!(!text.contains("mobile"));
    assert!(text.contains("payment"), "it is on the way to fraud");
}

#[test]
fn other_namespaces_are_named() {
    let mut w = shop();
    w.workload(
        crate::model::observation::Kind::Deployment,
        "infra",
        "kafka",
        (1, 1),
        &[],
    );
    w.calls(&[("cart", "kafka", 60, 0)]);
    w.select(&ElementKey::Type(TypeKey::new(
        "infra",
        "Deployment",
        "kafka",
    )));
    assert!(w.text(80, 14).contains("infra/kafka"));
}

#[test]
fn names_without_a_type_say_why() {
    let mut w = shop();
    w.workload(
        crate::model::observation::Kind::Deployment,
        "a",
        "ledger",
        (1, 1),
        &[],
    );
    w.workload(
        crate::model::observation::Kind::Deployment,
        "b",
        "ledger",
        (1, 1),
        &[],
    );
    w.calls(&[("mailer", "mystery", 70, 0), ("mailer", "ledger", 50, 0)]);
    for (name, why) in [
        ("mystery", "no component type in shop has this name"),
        (
            "ledger",
            "may be a/Deployment/ledger or b/Deployment/ledger",
        ),
    ] {
        w.select(&ElementKey::External { name: name.into() });
        assert!(w.text(158, 30).contains(why), "{name}");
    }
}

#[test]
fn only_broken_leaves_names_and_dims_what_is_fine() {
    use ratatui::style::Modifier;
    let mut w = shop();
    w.workload(
        crate::model::observation::Kind::Deployment,
        "shop",
        "payment",
        (0, 1),
        &[],
    );
    w.only_broken = true;
    let text = w.text(80, 14);
    let buf = w.draw(80, 14);
    let dim = |name: &str| {
        let y = text
            .lines()
            .position(|l| l.contains(&format!(" {name} ")))
            .unwrap()
            - 1;
        let cell = &buf[(67, u16::try_from(y).unwrap())];
        cell.modifier.contains(Modifier::DIM)
    };
    assert!(dim("shipping"));
    assert!(!dim("payment"));
}
