use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::world::{World, shop};
use crate::ui::View;
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

const VERBS: [Verb; 13] = [
    Verb::Up,
    Verb::Down,
    Verb::Left,
    Verb::Right,
    Verb::Top,
    Verb::Bottom,
    Verb::PageUp,
    Verb::PageDown,
    Verb::NextCall,
    Verb::PreviousCall,
    Verb::Enter,
    Verb::Operations,
    Verb::Sort,
];

/// Names of every width: plain, wide, long, with marks that have no width of their own.
const NAMES: [&str; 8] = [
    "a",
    "checkout-service-with-a-very-long-name-that-fits-nowhere",
    "日本語サービス",
    "e\u{301}te\u{301}",
    "cart",
    "x日",
    "payment",
    "🦀crab",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_at_any_size(
        links in prop::collection::vec((0usize..8, 0usize..8, 0u64..90_000, 0u64..90_000), 0..24),
        sizes in prop::collection::vec((1u16..180, 1u16..50), 1..6),
        verbs in prop::collection::vec(0usize..VERBS.len(), 0..24),
        ascii in any::<bool>(),
        only_broken in any::<bool>(),
        filter in prop::sample::select(vec!["", "cart", "!a", "state:broken"]),
        gone in prop::option::of(0usize..8),
    ) {
        let mut w = World::new();
        for (at, name) in NAMES.iter().enumerate().filter(|(at, _)| at % 4 != 3) {
            let namespace = if at == 5 { "other" } else { "shop" };
            w.deploy(namespace, name, u32::from(at != 4), &["cart"]);
        }
        let calls: Vec<(&str, &str, u64, u64)> =
            links.iter().map(|(a, b, c, e)| (NAMES[*a], NAMES[*b], *c, *e)).collect();
        if !calls.is_empty() {
            w.calls(&calls);
        }
        w.theme = Theme::new(true, ascii);
        w.only_broken = only_broken;
        w.filter = Filter::parse(filter).unwrap();
        let mut verbs = verbs.into_iter();
        for (width, height) in sizes {
            w.draw(width, height);
            for verb in verbs.by_ref().take(5) {
                w.act(VERBS[verb]);
            }
            let once = w.draw(width, height);
            prop_assert_eq!(&once, &w.draw(width, height), "drawn twice, the same");
        }
        if let Some(gone) = gone {
            w.gone(NAMES[gone]);
            w.draw(80, 14);
        }
    }
}

#[test]
fn every_small_size_is_drawn_within_its_area() {
    let mut w = shop();
    for width in 1..64 {
        for height in 1..20 {
            let around = Rect::new(0, 0, width + 4, height + 4);
            let area = Rect::new(2, 2, width, height);
            let mut buf = Buffer::filled(around, ratatui::buffer::Cell::new("~"));
            w.with(|view, ctx| view.draw(area, &mut buf, ctx, true));
            for x in 0..around.width {
                for y in 0..around.height {
                    let inside = area.contains((x, y).into());
                    assert!(
                        inside || buf[(x, y)].symbol() == "~",
                        "{width}x{height} at {x},{y}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_area_outside_of_the_buffer_is_no_harm() {
    let mut w = shop();
    let mut buf = Buffer::empty(Rect::new(0, 0, 10, 5));
    w.with(|view, ctx| view.draw(Rect::new(0, 0, 99, 50), &mut buf, ctx, true));
    w.ask("nobody", "else");
    w.draw(0, 0);
    let mut empty = World::new();
    for verb in VERBS {
        empty.act(verb);
    }
    empty.draw(80, 16);
}
