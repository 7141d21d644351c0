//! What must hold for every system, every order and every interruption.

#[expect(dead_code, reason = "this file needs only a part of it")]
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use petgraph::Direction;
use portolan::model::change::{Cause, Change};
use portolan::model::element::{Component, Counts, Element, Health};
use portolan::model::graph::Relation;
use portolan::model::key::{ElementKey, TypeKey};
use portolan::model::observation::{Kind, NamespaceChoice, Observation, Scope};
use portolan::model::{Model, Totals};
use proptest::prelude::*;

use world::{
    KINDS, World, begin, canonical, end, everywhere, inside, interleave, list, mapping, now, seen,
    told, watch, world,
};

/// Watches of every kind everywhere, and a second one of some kinds in namespace `a`.
fn streams(world: &World, listed: &[usize], overlapping: bool) -> Vec<Vec<Observation>> {
    let histories = world.histories();
    let mut scopes: Vec<Scope> = KINDS.into_iter().map(everywhere).collect();
    if overlapping {
        for kind in [Kind::Pod, Kind::ReplicaSet, Kind::Service] {
            scopes.push(inside(kind, "a"));
        }
    }
    let mut streams: Vec<_> = scopes
        .iter()
        .zip(listed.iter().copied().cycle())
        .map(|(scope, listed)| watch(&histories, scope, listed))
        .collect();
    streams.extend(world.telemetry());
    streams
}

fn plainly(world: &World) -> Model {
    told(&streams(world, &[9], false).concat(), usize::MAX)
}

/// All lists of the end, of every kind.
fn lists(world: &World, epoch: u64) -> Vec<Observation> {
    let histories = world.histories();
    KINDS
        .into_iter()
        .flat_map(|kind| list(&histories, &everywhere(kind), epoch))
        .collect()
}

fn fold(
    map: &mut BTreeMap<ElementKey, Arc<Element>>,
    change: &Change,
) -> Result<(), TestCaseError> {
    let before = match &change.after {
        Some(after) => map.insert(change.key.clone(), after.clone()),
        None => map.remove(&change.key),
    };
    prop_assert_eq!(&before, &change.before, "{} is not continuous", &change.key);
    Ok(())
}

/// The sums, by looking at everything.
fn counted(model: &Model, choice: &NamespaceChoice) -> Totals {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let types: Vec<_> = model
        .types()
        .filter(|ty| choice.covers(&ty.key.namespace))
        .collect();
    let pods: Vec<_> = model
        .components()
        .filter(|pod| choice.covers(&pod.namespace) && pod.health != Health::Stopped)
        .collect();
    let are_failing = |key: &TypeKey| {
        let key = ElementKey::Type(key.clone());
        let graph = model.graph();
        let calls = graph.links_of(&key, Relation::Calls, Direction::Incoming);
        let counts = calls.filter_map(|element| match &**element {
            Element::Call(call) => call.recent,
            _ => None,
        });
        counts.reduce(Counts::plus).is_some_and(Counts::are_failing)
    };
    let is_ready = |pod: &&&Component| {
        pod.health != Health::Unknown && pod.total > 0 && pod.ready == pod.total
    };
    let missed = model.services().filter(|service| {
        let key = ElementKey::service(&service.namespace, &service.name);
        let graph = model.graph();
        let mut declared = graph.links_of(&key, Relation::Declares, Direction::Incoming);
        let mut calls = graph.links_of(&key, Relation::Calls, Direction::Incoming);
        let is_called = declared.next().is_some()
            || calls.any(|element| match &**element {
                Element::Call(call) => call.recent.is_some_and(|counts| counts.calls > 0),
                _ => false,
            });
        choice.covers(&service.namespace) && service.is_empty() && is_called
    });
    Totals {
        types: number(types.len()),
        bad: number(types.iter().filter(|ty| ty.health.is_bad()).count()),
        failing: number(
            types
                .iter()
                .filter(|ty| !ty.health.is_bad() && are_failing(&ty.key))
                .count(),
        ),
        missed: number(missed.count()),
        pods: number(pods.len()),
        ready: number(pods.iter().filter(is_ready).count()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_watches_ends_in_the_same_model(
        world in world(),
        listed in prop::collection::vec(0usize..5, 1..8),
        overlapping in any::<bool>(),
        picks in prop::collection::vec(any::<u16>(), 1..200),
        size in 1usize..20,
    ) {
        let merged = interleave(streams(&world, &listed, overlapping), &picks);
        prop_assert_eq!(canonical(&told(&merged, size)), canonical(&plainly(&world)));
    }

    #[test]
    fn a_list_again_changes_nothing(world in world(), cut in 0usize..30, epochs in prop::collection::vec(1u64..4, 1..5)) {
        let mut model = plainly(&world);
        let before = canonical(&model);
        let histories = world.histories();
        for kind in KINDS {
            let scope = everywhere(kind);
            for epoch in &epochs {
                // Interrupted anywhere, and begun again; epochs of a restarted source may repeat.
                let mut whole = list(&histories, &scope, *epoch);
                whole.truncate(cut.max(1).min(whole.len().saturating_sub(1)));
                let applied = model.apply(whole, now());
                prop_assert_eq!(applied.changes, vec![]);
            }
            let applied = model.apply(list(&histories, &scope, 7), now());
            prop_assert_eq!(applied.changes, vec![]);
            // A narrower watch beside it, and its end.
            let narrow = inside(kind, "a");
            let mut beside = list(&histories, &narrow, 1);
            beside.push(Observation::Leave { scope: narrow });
            let applied = model.apply(beside, now());
            prop_assert_eq!(applied.changes, vec![]);
        }
        prop_assert_eq!(canonical(&model), before);
    }

    #[test]
    fn what_an_interrupted_list_saw_does_not_outlive_the_next(world in world(), epoch in 0u64..3) {
        // Everything is seen in a list that breaks off; then it is gone, and a list of nothing ends.
        let histories = world.histories();
        let mut model = Model::new("test", mapping());
        for kind in KINDS {
            let scope = everywhere(kind);
            let mut whole = list(&histories, &scope, epoch);
            whole.pop();
            model.apply(whole, now());
            model.apply(vec![begin(&scope, epoch), end(&scope, epoch)], now());
        }
        prop_assert_eq!(canonical(&model), Vec::<String>::new());
    }

    #[test]
    fn deleting_everything_and_adding_it_again_gives_the_same(world in world(), size in 1usize..9) {
        let mut model = plainly(&world);
        let before = canonical(&model);
        let histories = world.histories();
        let mut gone = Vec::new();
        let mut back = Vec::new();
        for (key, history) in &histories {
            let Some(Some(fact)) = history.last() else { continue };
            let scope = everywhere(key.kind);
            gone.push(Observation::Gone { scope: scope.clone(), key: key.clone() });
            back.push(seen(&scope, fact));
        }
        for batch in gone.chunks(size) {
            model.apply(batch.to_vec(), now());
        }
        let inside = model.graph().elements().any(|(key, _)| {
            !matches!(key, ElementKey::External { .. } | ElementKey::Call { .. })
        });
        prop_assert!(!inside, "{:#?}", canonical(&model));
        for batch in back.chunks(size) {
            model.apply(batch.to_vec(), now());
        }
        prop_assert_eq!(canonical(&model), before);
    }

    #[test]
    fn narrowing_and_widening_leaves_no_ghosts_and_loses_nothing(
        world in world(),
        gone_meanwhile in any::<bool>(),
        rounds in 1u64..4,
    ) {
        let mut model = plainly(&world);
        let wide = canonical(&model);
        let histories = world.histories();
        let mut causes = Vec::new();
        for round in 0..rounds {
            for kind in KINDS.into_iter().filter(|k| !matches!(k, Kind::Namespace | Kind::Node)) {
                let (all, one) = (everywhere(kind), inside(kind, "a"));
                let mut steps = vec![Observation::Adopt { from: all.clone(), to: one.clone() }];
                steps.extend(list(&histories, &one, round));
                steps.push(Observation::Leave { scope: all });
                causes.extend(model.apply(steps, now()).changes.into_iter().map(|c| c.cause));
            }
            let mut narrow = Model::new("test", mapping());
            for kind in KINDS {
                let cluster = matches!(kind, Kind::Namespace | Kind::Node);
                let scope = if cluster { everywhere(kind) } else { inside(kind, "a") };
                narrow.apply(list(&histories, &scope, 1), now());
            }
            narrow.apply(world.telemetry().concat(), now());
            prop_assert_eq!(canonical(&model), canonical(&narrow));
            for kind in KINDS.into_iter().filter(|k| !matches!(k, Kind::Namespace | Kind::Node)) {
                let (all, one) = (everywhere(kind), inside(kind, "a"));
                let mut steps = vec![Observation::Adopt { from: one.clone(), to: all.clone() }];
                steps.extend(list(&histories, &all, round));
                steps.push(Observation::Leave { scope: one });
                causes.extend(model.apply(steps, now()).changes.into_iter().map(|c| c.cause));
            }
            prop_assert_eq!(canonical(&model), wide.clone());
        }
        prop_assert!(causes.iter().all(|c| matches!(c, Cause::Baseline | Cause::Scope)), "{causes:?}");
        if gone_meanwhile {
            // Adopted, then gone before the new list: no ghosts.
            for kind in KINDS {
                let (all, one) = (everywhere(kind), inside(kind, "a"));
                let steps = vec![
                    Observation::Adopt { from: all.clone(), to: one.clone() },
                    begin(&one, 0),
                    end(&one, 0),
                    Observation::Leave { scope: all },
                ];
                model.apply(steps, now());
            }
            let left = model.graph().elements().any(|(key, _)| key.namespace().is_some());
            prop_assert!(!left, "{:#?}", canonical(&model));
        }
    }

    #[test]
    fn nothing_grows(world in world(), rounds in 1u64..5) {
        let mut model = plainly(&world);
        let size = model.footprint();
        for round in 0..rounds {
            model.apply(lists(&world, round), now());
            for stream in streams(&world, &[0, 1, 2], false) {
                model.apply(stream, now());
            }
            model.apply(lists(&world, round), now());
        }
        prop_assert_eq!(model.footprint(), size);
        for kind in KINDS {
            model.apply(vec![Observation::Leave { scope: everywhere(kind) }], now());
            // What comes late from a scope that was left opens nothing.
            model.apply(vec![end(&everywhere(kind), 1)], now());
        }
        let mut empty = Model::new("test", mapping());
        empty.apply(world.telemetry().concat(), now());
        prop_assert_eq!(model.footprint(), empty.footprint());
        prop_assert_eq!(canonical(&model), canonical(&empty));
    }

    #[test]
    fn changes_carry_everything(
        world in world(),
        picks in prop::collection::vec(any::<u16>(), 1..200),
        size in 1usize..20,
    ) {
        let mut model = Model::new("test", mapping());
        let mut changes: Vec<Change> = Vec::new();
        for batch in interleave(streams(&world, &[0, 1, 2], false), &picks).chunks(size) {
            changes.extend(model.apply(batch.to_vec(), now()).changes);
        }
        let mut map = BTreeMap::new();
        for (index, change) in changes.iter().enumerate() {
            prop_assert_eq!(change.seq, index as u64 + 1);
            prop_assert!(change.before != change.after, "{:?} changes nothing", change.key);
            fold(&mut map, change)?;
        }
        let elements: BTreeMap<_, _> = model
            .graph()
            .elements()
            .map(|(key, element)| (key.clone(), element.clone()))
            .collect();
        prop_assert_eq!(&map, &elements);
        for (key, element) in &elements {
            prop_assert_eq!(key, &element.key());
        }
        for change in &changes {
            let text = serde_json::to_string(change).unwrap();
            let back: Change = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, change);
        }
        for change in changes.iter().rev() {
            fold(&mut map, &change.inverse())?;
        }
        prop_assert_eq!(map.len(), 0);
    }

    #[test]
    fn sums_are_what_counting_gives(
        world in world(),
        picks in prop::collection::vec(any::<u16>(), 1..200),
        size in 1usize..20,
    ) {
        let mut model = Model::new("test", mapping());
        for batch in interleave(streams(&world, &[0, 1, 2], true), &picks).chunks(size) {
            model.apply(batch.to_vec(), now());
            for choice in [NamespaceChoice::All, NamespaceChoice::one("a"), NamespaceChoice::one("z")] {
                prop_assert_eq!(model.totals(&choice), counted(&model, &choice));
            }
        }
    }

    #[test]
    fn calls_are_never_lost(world in world(), picks in prop::collection::vec(any::<u16>(), 1..100)) {
        let model = told(&interleave(streams(&world, &[0, 2], true), &picks), 3);
        let counted: u64 = world.links.iter().map(|l| u64::from(l.2)).sum();
        let shown: u64 = model
            .graph()
            .elements()
            .filter_map(|(_, e)| match &**e {
                Element::Call(call) => call.long.map(|c| c.calls),
                _ => None,
            })
            .sum();
        prop_assert_eq!(shown, counted);
    }
}
