//! The view while keys, sizes and the system itself go any way they like.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::Model;
use crate::model::log::Log;
use crate::model::observation::{Link, Links, Observation, Span};
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

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

const VERBS: [Verb; 18] = [
    Verb::Up,
    Verb::Down,
    Verb::Left,
    Verb::Right,
    Verb::Top,
    Verb::Bottom,
    Verb::PageUp,
    Verb::PageDown,
    Verb::Enter,
    Verb::Zoom,
    Verb::Regroup,
    Verb::Fold,
    Verb::FoldAll,
    Verb::Impact,
    Verb::Points,
    Verb::Cycles,
    Verb::Unlinked,
    Verb::Relayout,
];

/// A view of who calls whom, on a screen.
struct World {
    model: Model,
    view: WholeView,
    theme: Theme,
    only_broken: bool,
}

impl World {
    fn new(ascii: bool) -> Self {
        Self {
            model: Model::new("test", Vec::new()),
            view: WholeView::default(),
            theme: Theme::new(true, ascii),
            only_broken: false,
        }
    }

    /// What both windows say from now on: caller, callee, calls, errors.
    fn calls(&mut self, links: &[(&str, &str, u64, u64)]) {
        let links = links.iter().map(|(caller, callee, calls, errors)| Link {
            caller: (*caller).into(),
            callee: (*callee).into(),
            calls: *calls,
            errors: (*errors).min(*calls),
        });
        let links: Vec<Link> = links.collect();
        let said = |span, window_ms| {
            Observation::Links(Links {
                source: "zipkin".into(),
                span,
                window_ms,
                ends: Timestamp::UNIX_EPOCH,
                links: links.clone(),
            })
        };
        let said = vec![said(Span::Long, 3_600_000), said(Span::Recent, 60_000)];
        self.model.apply(said, Timestamp::UNIX_EPOCH);
    }

    fn with<T>(&mut self, call: impl FnOnce(&mut WholeView, &Ctx<'_>) -> T) -> T {
        let (filter, log) = (Filter::default(), Log::new(10, Timestamp::UNIX_EPOCH));
        let ctx = Ctx {
            model: &self.model,
            log: &log,
            choice: &NamespaceChoice::All,
            filter: &filter,
            only_broken: self.only_broken,
            now: Timestamp::UNIX_EPOCH,
            zone: &TimeZone::UTC,
            theme: &self.theme,
            stage: None,
        };
        call(&mut self.view, &ctx)
    }

    fn act(&mut self, verb: Verb) -> Answer {
        self.with(|view, ctx| view.act(verb, ctx))
    }

    /// The screen once everything that it asks for is laid out.
    fn draw(&mut self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        self.with(|view, ctx| {
            let mut buf = Buffer::empty(area);
            view.draw(area, &mut buf, ctx, true);
            while let Some(task) = view.task() {
                view.placed(task.id, task.run(), ctx);
                buf = Buffer::empty(area);
                view.draw(area, &mut buf, ctx, true);
            }
            buf
        })
    }
}

fn links() -> impl Strategy<Value = Vec<(usize, usize, u64, u64)>> {
    prop::collection::vec((0usize..8, 0usize..8, 0u64..90_000, 0u64..90_000), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_at_any_size(
        systems in prop::collection::vec(links(), 1..4),
        sizes in prop::collection::vec((1u16..180, 1u16..50), 1..5),
        verbs in prop::collection::vec(0usize..VERBS.len(), 0..30),
        ascii in any::<bool>(),
        only_broken in any::<bool>(),
    ) {
        let mut w = World::new(ascii);
        w.only_broken = only_broken;
        let mut verbs = verbs.into_iter();
        for system in systems {
            let named = system.iter().map(|(a, b, c, e)| (NAMES[*a], NAMES[*b], *c, *e));
            w.calls(&named.collect::<Vec<_>>());
            for (width, height) in &sizes {
                w.draw(*width, *height);
                for verb in verbs.by_ref().take(4) {
                    w.act(VERBS[verb]);
                }
                let once = w.draw(*width, *height);
                prop_assert_eq!(&once, &w.draw(*width, *height), "drawn twice, the same");
                if let Some(at) = w.view.cells() {
                    // The box under the cursor is in sight, if only its corner.
                    let (x, y) = w.view.scroll;
                    prop_assert!(at.x >= x && at.y >= y || at.width >= w.view.size.0 || at.height >= w.view.size.1);
                }
            }
        }
    }
}

#[test]
fn every_small_size_is_drawn_within_its_area() {
    let mut w = World::new(false);
    w.calls(&[
        ("web", "cart", 60, 0),
        ("cart", "db", 60, 30),
        ("web", "web", 1, 0),
    ]);
    w.draw(80, 16);
    for width in 1..64 {
        for height in 1..20 {
            let around = Rect::new(0, 0, width + 4, height + 4);
            let area = Rect::new(2, 2, width, height);
            let mut buf = Buffer::filled(around, ratatui::buffer::Cell::new("~"));
            w.with(|view, ctx| view.draw(area, &mut buf, ctx, true));
            for (x, y) in (0..around.width).flat_map(|x| (0..around.height).map(move |y| (x, y))) {
                let inside = area.contains((x, y).into());
                assert!(
                    inside || buf[(x, y)].symbol() == "~",
                    "{width}x{height} at {x},{y}"
                );
            }
        }
    }
}

#[test]
fn an_empty_system_and_an_area_outside_of_the_buffer_are_no_harm() {
    let mut w = World::new(false);
    for verb in VERBS {
        w.act(verb);
    }
    w.draw(80, 16);
    w.calls(&[("web", "cart", 60, 0)]);
    w.draw(0, 0);
    let mut buf = Buffer::empty(Rect::new(0, 0, 10, 5));
    w.with(|view, ctx| view.draw(Rect::new(0, 0, 99, 50), &mut buf, ctx, true));
}

#[test]
fn laying_out_anew_asks_the_model_nothing_and_moves_no_number() {
    let mut w = World::new(false);
    w.calls(&[("web", "cart", 60, 0), ("cart", "db", 60, 30)]);
    let before = w.draw(120, 20);
    let network = w.view.picture.as_ref().map(|p| p.network.clone());
    w.act(Verb::Relayout);
    let task = w
        .view
        .awaited
        .as_ref()
        .map(|awaited| awaited.network.clone());
    assert_eq!(task, network);
    assert_eq!(w.draw(120, 20), before);
}
