//! The whole picture of any system: nothing of it is missing, and no size is too small or too large for it.

#![expect(
    clippy::expect_used,
    reason = "a test fails by a panic, in its helpers too"
)]

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::collections::BTreeSet;

use portolan::model::Model;
use portolan::model::export::graph;
use portolan::model::observation::{Link, Links, NamespaceChoice, Observation, Span};
use portolan::model::query::analysis::Names;
use portolan::model::query::network::{Grouping, Network, Wish};
use portolan::ui::picture::sheet::Sheet;
use portolan::ui::picture::svg::svg;
use portolan::ui::picture::{self, Order, Subject};
use portolan::ui::theme::Theme;
use proptest::prelude::*;
use world::{KINDS, World, everywhere, list, now, told, world};

fn model_of(world: &World) -> Model {
    let histories = world.histories();
    let lists = KINDS
        .into_iter()
        .flat_map(|kind| list(&histories, &everywhere(kind), 1));
    let said: Vec<Observation> = lists
        .chain(world.telemetry().into_iter().flatten())
        .collect();
    told(&said, usize::MAX)
}

/// Names outside of the cluster that call each other, as a tracing server may send them.
fn strangers(names: &[String], links: &[(prop::sample::Index, prop::sample::Index)]) -> Model {
    let link = |(from, to): &(prop::sample::Index, prop::sample::Index)| Link {
        caller: from.get(names).as_str().into(),
        callee: to.get(names).as_str().into(),
        calls: 60,
        errors: 30,
    };
    let links = Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now(),
        links: links.iter().map(link).collect(),
    };
    told(&[Observation::Links(links)], usize::MAX)
}

fn network(model: &Model, order: Order) -> Network {
    let (collapsed, unfolded) = (BTreeSet::new(), BTreeSet::new());
    model.network(&Wish {
        choice: &NamespaceChoice::All,
        passes: &|_| true,
        grouping: order.grouping,
        collapsed: &collapsed,
        least_rate: None,
        only_failing: false,
        unlinked: order.unlinked,
        fan_out: None,
        unfolded: &unfolded,
    })
}

fn sheet(model: &Model, order: Order, ascii: bool) -> Sheet {
    let subject = Subject {
        model,
        choice: &NamespaceChoice::All,
        now: now(),
    };
    picture::whole(subject, order, &Theme::new(false, ascii)).expect("it is small")
}

fn order() -> impl Strategy<Value = Order> {
    let grouping = prop_oneof![
        Just(Grouping::None),
        Just(Grouping::Application),
        Just(Grouping::Namespace)
    ];
    (grouping, any::<bool>()).prop_map(|(grouping, unlinked)| Order {
        grouping,
        unlinked,
        room: None,
    })
}

proptest! {
    /// Every name stands in the text; as large as it needs to be, nothing is out of sight; the same in so many cells,
    /// and in fewer what is out of sight is told.
    #[test]
    fn nothing_is_missing(world in world(), order in order(), ascii in any::<bool>()) {
        let model = model_of(&world);
        let network = network(&model, order);
        let whole = sheet(&model, order, ascii);
        prop_assert_eq!(&whole.network, &network);
        prop_assert_eq!(whole.out_of_sight(), None);
        let text = picture::text(&whole.buffer);
        for node in &network.nodes {
            let name = model.get(&node.members[0]).expect("it is there").name();
            prop_assert!(text.contains(&*name), "{} is not in\n{}", name, text);
        }
        let (columns, rows) = whole.needs;
        let size = |columns: usize, rows: usize| Order {
            room: Some((u16::try_from(columns).unwrap(), u16::try_from(rows).unwrap())),
            ..order
        };
        let same = sheet(&model, size(columns, rows), ascii);
        prop_assert_eq!(picture::text(&same.buffer), text);
        prop_assert!(sheet(&model, size(columns - 1, rows), ascii).out_of_sight().is_some());
    }

    /// Whatever the size: so many cells, every box in sight or counted.
    #[test]
    fn no_size_breaks_it(world in world(), order in order(), width in 0u16..120, height in 0u16..60) {
        let model = model_of(&world);
        let order = Order { room: Some((width, height)), ..order };
        let part = sheet(&model, order, false);
        prop_assert_eq!((part.buffer.area.width, part.buffer.area.height), (width, height));
        let text = picture::text(&part.buffer);
        let seen = part.network.nodes.iter().filter(|node| {
            text.contains(&*model.get(&node.members[0]).expect("it is there").name())
        });
        prop_assert!(seen.count() + part.cut >= part.network.nodes.len(), "{} cut:\n{}", part.cut, text);
        prop_assert!(part.cut == 0 || part.out_of_sight().is_some());
    }

    /// Long, wide and meaningful names are neither cut nor taken for anything else.
    #[test]
    fn names_of_strangers_are_written_in_full(
        names in prop::collection::vec("[a-z日é<>&\"'|;#%{}\\[\\]-]{1,200}", 1..6),
        links in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..8),
    ) {
        let model = strangers(&names, &links);
        let whole = sheet(&model, Order { unlinked: true, ..Order::default() }, false);
        let text = picture::text(&whole.buffer);
        let picture = svg(&whole.buffer, "title", &graph::words(&whole.network));
        let read = roxmltree::Document::parse(&picture);
        prop_assert!(read.is_ok(), "{:?}", read.err());
        let read = read.unwrap();
        let texts = read.descendants().filter(|n| n.has_tag_name("text"));
        let drawn: String = texts.filter_map(|n| n.text()).collect::<Vec<_>>().join("\n");
        let called = Names::of(&whole.network);
        for at in 0..whole.network.nodes.len() {
            let name = called.get(at);
            prop_assert!(text.contains(name), "{} is not in\n{}", name, text);
            prop_assert!(drawn.contains(name), "{} is not in\n{}", name, drawn);
        }
    }
}
