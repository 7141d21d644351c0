//! What must hold for every system.

use std::collections::{BTreeMap, BTreeSet};

use portolan::model::Model;
use portolan::model::comparch::element::Architectural;
use portolan::model::comparch::projection::STAND_IN;
use portolan::model::comparch::{Architecture, project, project_structure, validate};
use portolan::model::element::{ComponentState, Counts, Element};
use portolan::model::export::comparch::xmi;
use portolan::model::key::ElementKey;
use portolan::model::observation::{NamespaceChoice, Observation, Scope};
use portolan::model::parameter::{Origin, Parameter};
use portolan::model::usage::{Protocol, Sort, Tally, Thrown, Use};
use proptest::prelude::*;

use crate::file;
use crate::world::{KINDS, World, everywhere, interleave, small, told, watch, world};

/// Caller, callee, protocol, operation, calls, errors.
type Used = (u8, u8, u8, u8, u8, u8);

const RAW: [&str; 7] = [
    "app0",
    "App1",
    "app2.b",
    "b/app3",
    "bank",
    "app1.c",
    "a <b> & \"c\"\u{ffff}",
];

fn used() -> impl Strategy<Value = Vec<Used>> {
    let one = (0u8..9, 0u8..7, 0u8..6, 0u8..3, 1u8..20, 0u8..4);
    prop::collection::vec(one, 0..12)
}

fn sampled(used: &[Used]) -> Observation {
    let uses = used
        .iter()
        .map(|(from, to, protocol, operation, calls, errors)| {
            let protocol = match protocol {
                0 => Some(Protocol::Http),
                1 => Some(Protocol::Rpc),
                2 => Some(Protocol::Message),
                3 => Some(Protocol::Database),
                4 => Some(Protocol::Span),
                _ => None,
            };
            let mut tally = Tally {
                calls: u64::from(*calls),
                errors: u64::from(*errors),
                failed: (*errors > 0)
                    .then(|| crate::golden::example("00000000000000b2"))
                    .into_iter()
                    .collect(),
                ..Tally::default()
            };
            // Not every call says how long it took.
            for at in 0..u64::from(calls / 2) {
                tally.latency.add(at * 700 + u64::from(*to));
            }
            for at in 0..errors / 2 {
                tally.exceptions.push(Thrown {
                    kind: format!("Broken<{at}>").into(),
                    message: if at == 0 {
                        "".into()
                    } else {
                        "'no' & \"never\"".into()
                    },
                    times: u64::from(*errors),
                    trace: "00000000000000a1".into(),
                    trace_ms: 0,
                });
            }
            Use {
                caller: RAW.get(usize::from(*from)).map(|name| (*name).into()),
                callee: RAW[usize::from(*to)].into(),
                sort: Sort::Service,
                protocol,
                operation: match protocol {
                    Some(_) => format!("GET /{{{operation}}}?a=1&b=<2>").into(),
                    None => "".into(),
                },
                tally,
            }
        });
    Observation::Uses(Box::new(small::sampled(uses.collect())))
}

fn streams(world: &World, used: &[Used]) -> Vec<Vec<Observation>> {
    let histories = world.histories();
    let scopes: Vec<Scope> = KINDS.into_iter().map(everywhere).collect();
    let mut streams: Vec<_> = scopes.iter().map(|s| watch(&histories, s, 1)).collect();
    streams.extend(world.telemetry());
    streams.push(vec![sampled(used)]);
    for observation in streams.iter_mut().flatten() {
        configure(observation);
    }
    streams
}

/// Pods and templates get parameters, not all of them the same ones.
fn configure(observation: &mut Observation) {
    use portolan::model::observation::Fact;
    let Observation::Seen { fact, .. } = observation else {
        return;
    };
    let set = |name: &str, origin| Parameter {
        container: "main".into(),
        name: name.into(),
        origin,
    };
    let literal = set("A_B", Origin::Literal);
    let secret = Origin::Secret {
        name: "keys".into(),
        key: Some("a b".into()),
    };
    match std::sync::Arc::make_mut(fact) {
        Fact::Pod(pod) if pod.meta.version % 2 == 0 => {
            pod.parameters = vec![literal, set("A_B", secret)].into();
        }
        Fact::Workload(workload) => workload.parameters = vec![literal].into(),
        _ => {}
    }
}

fn choices() -> [NamespaceChoice; 3] {
    [
        NamespaceChoice::All,
        NamespaceChoice::one("a"),
        NamespaceChoice::one("nowhere"),
    ]
}

/// Whether something has an end in the chosen namespaces.
fn touches(choice: &NamespaceChoice, ends: &[&ElementKey]) -> bool {
    let is_chosen = |key: &&&ElementKey| key.namespace().is_some_and(|n| choice.covers(n));
    *choice == NamespaceChoice::All || ends.iter().find(is_chosen).is_some()
}

/// A number that a property says.
fn number(element: &impl Architectural, name: &str) -> u64 {
    let properties = element.element().monitored_properties.iter();
    let found = properties.filter(|p| &*p.name == name);
    found
        .map(|p| p.value.parse::<u64>().expect("a whole number"))
        .sum()
}

fn components(
    architecture: &Architecture,
) -> impl Iterator<Item = &portolan::model::comparch::component::Component> {
    architecture.tenants.iter().flat_map(|t| &t.components)
}

/// Calls, errors, µs, exceptions, of a sample of traces.
fn by_sample(model: &Model, choice: &NamespaceChoice) -> [u64; 4] {
    let uses = model.interfaces().uses().filter(|used| {
        touches(
            choice,
            &[used.caller.as_ref().unwrap_or(&used.callee), &used.callee],
        )
    });
    uses.fold([0; 4], |sum, used| {
        let tally = &used.tally;
        let thrown = tally.exceptions.iter().map(|t| t.times).sum::<u64>();
        let all = [tally.calls, tally.errors, tally.latency.total_us, thrown];
        std::array::from_fn(|at| sum[at] + all[at])
    })
}

/// The same, of an architecture.
fn by_interface(architecture: &Architecture) -> [u64; 4] {
    let provided = || components(architecture).flat_map(|c| &c.provided_interfaces);
    let stats = || provided().flat_map(|p| &p.performance_stats);
    [
        stats().map(|s| s.invocation_count).sum(),
        stats().map(|s| number(s, "errorCount")).sum(),
        stats().map(|s| s.total_time).sum(),
        provided()
            .flat_map(|p| &p.exceptions)
            .map(|e| number(e, "occurrences"))
            .sum(),
    ]
}

/// Calls and errors that the tracing server counted: short window, long window.
fn by_link(model: &Model, choice: &NamespaceChoice) -> [u64; 4] {
    let calls = model
        .graph()
        .links()
        .filter_map(|(_, element)| match &**element {
            Element::Call(call) if touches(choice, &[&call.caller, &call.callee]) => Some(call),
            _ => None,
        });
    let of = |counts: Option<Counts>| counts.map_or((0, 0), |c| (c.calls, c.errors));
    calls.fold([0; 4], |sum, call| {
        let ((a, b), (c, d)) = (of(call.recent), of(call.long));
        [sum[0] + a, sum[1] + b, sum[2] + c, sum[3] + d]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_projection_is_a_comparch_model(
        world in world(),
        used in used(),
        picks in prop::collection::vec(any::<u16>(), 1..50),
    ) {
        let model = told(&interleave(streams(&world, &used), &picks), 5);
        for choice in choices() {
            for architecture in [project(&model, &choice), project_structure(&model, &choice)] {
                prop_assert_eq!(validate(&architecture), Vec::new());
                let (entries, wrong) = file::read(&xmi(&architecture));
                prop_assert_eq!(wrong, Vec::<String>::new());
                let mut objects = 0;
                architecture.object().walk(&mut |_, _| objects += 1);
                prop_assert_eq!(entries.len(), objects);
                let json = serde_json::to_string(&architecture).unwrap();
                let back: Architecture = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(&back, &architecture);
            }
        }
    }

    #[test]
    fn what_is_counted_adds_up(world in world(), used in used()) {
        let model = told(&streams(&world, &used).concat(), usize::MAX);
        for choice in choices() {
            let architecture = project(&model, &choice);
            prop_assert_eq!(by_interface(&architecture), by_sample(&model, &choice));
            let types = || architecture.component_types.iter();
            let names = ["invocationCount", "errorCount", "invocationCountLong", "errorCountLong"];
            let counted = names.map(|name| types().map(|t| number(t, name)).sum::<u64>());
            prop_assert_eq!(counted, by_link(&model, &choice));
        }
    }

    #[test]
    fn components_are_pods_and_the_rest_says_so(world in world(), used in used()) {
        let model = told(&streams(&world, &used).concat(), usize::MAX);
        let architecture = project(&model, &NamespaceChoice::All);
        let mut pods: BTreeMap<&str, ComponentState> = BTreeMap::new();
        for component in components(&architecture) {
            match component.property(STAND_IN) {
                Some(_) => prop_assert_ne!(component.state, ComponentState::Started),
                None => {
                    pods.insert(component.name.as_deref().unwrap_or_default(), component.state);
                }
            }
        }
        let seen: BTreeMap<&str, ComponentState> =
            model.components().map(|c| (&*c.name, c.state)).collect();
        prop_assert_eq!(pods, seen);
        let types: BTreeSet<_> = architecture.component_types.iter().map(|t| t.uid().clone()).collect();
        prop_assert!(types.len() >= model.types().count());
    }

    #[test]
    fn connectors_go_from_what_is_there_to_what_is_started_where_anything_is(
        world in world(),
        used in used(),
    ) {
        let model = told(&streams(&world, &used).concat(), usize::MAX);
        let architecture = project(&model, &NamespaceChoice::All);
        let mut owner = BTreeMap::new();
        let mut providers: BTreeMap<_, Vec<ComponentState>> = BTreeMap::new();
        for component in components(&architecture) {
            for provided in &component.provided_interfaces {
                owner.insert(provided.uid(), component);
                let states = providers.entry(&provided.interface.of).or_default();
                states.push(component.state);
            }
        }
        let best = |states: &[ComponentState]| {
            let order = [ComponentState::Started, ComponentState::Undeployed];
            let is_started = states.contains(&order[0]);
            let is_there = states.iter().any(|s| *s != order[1]);
            (is_started, is_there)
        };
        for component in components(&architecture) {
            for required in &component.required_interfaces {
                let (is_started, is_there) = best(&providers[&required.interface.of]);
                let is_connected = is_there && component.state != ComponentState::Undeployed;
                prop_assert_eq!(required.connector.is_some(), is_connected);
                if let Some(connector) = &required.connector {
                    let target = owner[&connector.target].state;
                    prop_assert_eq!(target == ComponentState::Started, is_started);
                    prop_assert_ne!(target, ComponentState::Undeployed);
                }
            }
        }
        // In turn: of those that are as good, none has two more than another of one type of callers.
        for component in &architecture.component_types {
            let of = |c: &&portolan::model::comparch::component::Component| c.of == *component.uid();
            let mut counts: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
            for caller in components(&architecture).filter(of) {
                for required in &caller.required_interfaces {
                    if let Some(connector) = &required.connector {
                        let by = counts.entry(&required.interface.of).or_default();
                        *by.entry(&connector.target).or_default() += 1;
                    }
                }
            }
            for by in counts.values() {
                let (least, most) = (by.values().min(), by.values().max());
                prop_assert!(most <= least.map(|least| least + 1).as_ref());
            }
        }
    }

    #[test]
    fn the_same_facts_are_the_same_file(
        world in world(),
        used in used(),
        picks in prop::collection::vec(any::<u16>(), 1..50),
    ) {
        let one = told(&streams(&world, &used).concat(), usize::MAX);
        let other = told(&interleave(streams(&world, &used), &picks), 3);
        for choice in choices() {
            let (one, other) = (xmi(&project(&one, &choice)), xmi(&project(&other, &choice)));
            let differ = one.lines().zip(other.lines()).find(|(a, b)| a != b);
            prop_assert!(one == other, "{differ:#?}");
        }
    }
}
