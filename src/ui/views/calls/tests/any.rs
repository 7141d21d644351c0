//! Any small system: every link once, nothing twice, and no size or key that breaks it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::rows::{Mark, Tree};
use super::world::{World, key};
use crate::ui::View;
use crate::ui::action::Verb;

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn world(links: &[(usize, usize)]) -> World {
    let mut w = World::new();
    for name in NAMES {
        w.deployment(name, (1, 1), &[]);
    }
    let links: BTreeSet<_> = links.iter().collect();
    let links: Vec<_> = links
        .iter()
        .map(|(a, b)| (NAMES[*a], NAMES[*b], 60, 0))
        .collect();
    w.calls(&links);
    w.select("a");
    w
}

fn links() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..NAMES.len(), 0..NAMES.len()), 0..20)
}

fn verb() -> impl Strategy<Value = Verb> {
    prop::sample::select(vec![
        Verb::Up,
        Verb::Down,
        Verb::Left,
        Verb::Right,
        Verb::FoldAll,
        Verb::Flip,
        Verb::Bottom,
        Verb::PageUp,
        Verb::Operations,
    ])
}

proptest! {
    #[test]
    fn unfolded_it_has_every_link_that_the_root_leads_to_once(links in links(), flip in any::<bool>()) {
        let mut w = world(&links);
        if flip {
            w.act(Verb::Flip);
        }
        w.act(Verb::FoldAll);
        let tree: Tree = w.with(|view, _| view.tree.clone());
        let next = |at: usize| -> BTreeSet<usize> {
            let ends = |(a, b): &(usize, usize)| if flip { (*b, *a) } else { (*a, *b) };
            links.iter().map(ends).filter(|(from, _)| *from == at).map(|(_, to)| to).collect()
        };
        let mut reached = BTreeSet::from([0]);
        loop {
            let more: BTreeSet<usize> = reached.iter().flat_map(|at| next(*at)).collect();
            if more.is_subset(&reached) {
                break;
            }
            reached.extend(more);
        }
        let mut wanted: Vec<_> = reached
            .iter()
            .flat_map(|from| next(*from).into_iter().map(|to| (Some(key(NAMES[*from])), key(NAMES[to]))))
            .chain([(None, key("a"))])
            .collect();
        let mut rows: Vec<_> =
            tree.rows.iter().map(|r| (r.id.parent.clone(), r.id.key.clone())).collect();
        wanted.sort();
        rows.sort();
        prop_assert_eq!(rows, wanted);
        prop_assert_eq!((tree.reached, tree.shown), (reached.len() - 1, reached.len() - 1));
        // Only the first row of an element is unfolded, and the others say so.
        let mut seen = BTreeSet::new();
        for (at, row) in tree.rows.iter().enumerate() {
            let is_new = seen.insert(row.id.key.clone());
            prop_assert_eq!(is_new, row.mark == Mark::None);
            prop_assert!(!row.open || is_new);
            let mut depth = row.depth;
            let above = tree.rows.iter().take(at).rev().filter(|r| {
                let is_above = r.depth < depth;
                depth = depth.min(r.depth);
                is_above
            });
            let above: Vec<_> = above.map(|r| &r.id.key).collect();
            prop_assert_eq!(above.first().copied(), row.id.parent.as_ref());
            prop_assert_eq!(above.contains(&&row.id.key), row.mark == Mark::Circle);
        }
    }

    #[test]
    fn with_a_filter_it_has_every_link_to_what_passes_and_the_ways_there(links in links(), at in 1..NAMES.len()) {
        let mut w = world(&links);
        let wanted = NAMES[at];
        w.act(Verb::FoldAll);
        let all: Tree = w.with(|view, _| view.tree.clone());
        w.filter(&format!("^{wanted}$"));
        w.text(80, 20);
        let tree: Tree = w.with(|view, _| view.tree.clone());
        let to = |tree: &Tree| -> BTreeSet<_> {
            let rows = tree.rows.iter().filter(|r| r.id.key == key(wanted));
            rows.map(|r| r.id.parent.clone()).collect()
        };
        prop_assert_eq!(to(&tree), to(&all));
        prop_assert_eq!(tree.reached, all.reached);
        for (at, row) in tree.rows.iter().enumerate().skip(1) {
            let mut below = tree.rows.iter().skip(at + 1).take_while(|r| r.depth > row.depth);
            let leads = below.any(|r| r.id.key == key(wanted));
            prop_assert!(leads || row.id.key == key(wanted));
            prop_assert_eq!(row.children, leads);
        }
    }

    #[test]
    fn no_keys_and_no_size_break_it(
        links in links(), verbs in prop::collection::vec(verb(), 0..20), size in (0u16..100, 0u16..30)
    ) {
        let mut w = world(&links);
        for verb in verbs {
            w.act(verb);
            w.draw(size.0, size.1);
            let selected = w.selected();
            prop_assert!(selected.is_some_and(|key| w.model.get(&key).is_some()));
        }
    }

    #[test]
    fn the_same_whatever_came_first(links in links(), flip in any::<bool>()) {
        let mut backwards = links.clone();
        backwards.reverse();
        let picture = |links: &[(usize, usize)]| {
            let mut w = world(links);
            if flip {
                w.act(Verb::Flip);
            }
            w.act(Verb::FoldAll);
            w.text(80, 30)
        };
        prop_assert_eq!(picture(&links), picture(&backwards));
    }
}

/// The system of 2,000 types with 5,000 links: all unfolded, no row twice, and a frame draws what is seen.
#[test]
fn a_large_system_is_unfolded_within_its_links() {
    const COUNT: usize = 2_000;
    let names: Vec<String> = (0..COUNT).map(|n| format!("s{n:04}")).collect();
    let mut w = World::new();
    let links: Vec<(usize, usize)> = (0..5_000)
        .map(|n| (n % COUNT / 3, (n * 7 + n / COUNT) % COUNT))
        .collect();
    let unique: BTreeSet<_> = links.iter().collect();
    let calls: Vec<_> = unique
        .iter()
        .map(|(a, b)| (&*names[*a], &*names[*b], 60, 0))
        .collect();
    w.calls(&calls);
    // Nobody knows the names: they are outside, which is as good for a tree.
    let root = crate::model::key::ElementKey::External {
        name: "s0000".into(),
    };
    w.with(|view, ctx| view.select(&root, ctx));
    w.act(Verb::FoldAll);
    let rows = w.with(|view, _| view.tree.rows.len());
    assert!(rows > COUNT && rows <= unique.len() + 1, "{rows}");
    w.act(Verb::Bottom);
    assert!(w.text(80, 24).contains('>'));
    w.filter("^s1999$");
    w.text(80, 24);
    assert!(w.with(|view, _| view.tree.shown) > 0);
}
