//! Components with their interfaces, and the connectors between them.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, Way};
use super::plan::{End, Instance, Need, Plan, What};
use super::properties::Properties;
use super::usage;
use crate::model::comparch::component::{Component, Parameter};
use crate::model::comparch::connector::Connector;
use crate::model::comparch::element::ArchitecturalElement;
use crate::model::comparch::interface::{Interface, ProvidedInterface, RequiredInterface};
use crate::model::comparch::uid::Uid;
use crate::model::element::ComponentState;
use crate::model::key::ElementKey;
use crate::model::parameter;
use crate::model::rating::Rating;
use crate::model::text::Text;

/// What is connected with what.
#[derive(Default)]
pub(super) struct Wires {
    /// The provided interface of each required one that is connected.
    targets: BTreeMap<Uid, Uid>,
    /// The connectors of each provided interface.
    connectors: BTreeMap<Uid, Vec<Uid>>,
}

/// Connects each component that is not UNDEPLOYED with the next one of those that can be its provider.
pub(super) fn wires(plan: &Plan<'_>) -> Wires {
    let mut wires = Wires::default();
    for (caller, needs) in &plan.needs {
        let Some(end) = plan.ends.get(caller) else {
            continue;
        };
        let is_there = |i: &&Instance<'_>| i.state() != ComponentState::Undeployed;
        for (callee, need) in needs {
            let Some(provider) = plan.ends.get(callee) else {
                continue;
            };
            let targets = provider.targets();
            let turns = targets.iter().filter_map(|at| provider.instances.get(*at));
            for (from, to) in end.instances.iter().filter(is_there).zip(turns.cycle()) {
                for way in &need.ways {
                    let required = names::required(&from.uid(caller), callee, *way);
                    let provided = names::provided(&to.uid(callee), *way);
                    let connectors = wires.connectors.entry(provided.clone()).or_default();
                    connectors.push(names::connector(&required));
                    wires.targets.insert(required, provided);
                }
            }
        }
    }
    wires
}

/// The components of one type.
pub(super) fn components(
    plan: &Plan<'_>,
    key: &ElementKey,
    end: &End<'_>,
    wires: &Wires,
) -> Vec<Component> {
    let criticality = match &end.what {
        What::Type(e) => e.ratings.criticality.as_ref().and_then(Rating::value),
        _ => None,
    };
    let carrier = end.carrier();
    let instances = end.instances.iter().enumerate();
    let made = instances.map(|(at, instance)| {
        let uid = instance.uid(key);
        let mut properties = Properties::of(&uid);
        let name = match instance {
            Instance::Pod(pod) => {
                properties.pod(pod);
                if plan.telemetry {
                    properties.measured(plan.model, &ElementKey::component(&pod.uid));
                }
                pod.name.clone()
            }
            Instance::StandIn(_) => {
                properties.stand_in(&end.what);
                end.name()
            }
        };
        Component {
            name: Some(name.clone()),
            state: instance.state(),
            of: names::component_type(key),
            parameters: parameters(end, instance, &uid),
            required_interfaces: plan
                .needs_of(key)
                .flat_map(|(callee, need)| required(&uid, &name, callee, need, wires))
                .collect(),
            provided_interfaces: end
                .offers
                .keys()
                .map(|way| provided(plan, key, end, &uid, *way, at == carrier, wires))
                .collect(),
            element: ArchitecturalElement {
                criticality: criticality.unwrap_or_default(),
                monitored_properties: properties.list,
                ..ArchitecturalElement::new(uid)
            },
        }
    });
    made.collect()
}

/// What sets the parameters of an instance: its own configuration, or its type's where there is no pod.
pub(super) fn settings<'a>(
    end: &End<'a>,
    instance: &Instance<'a>,
) -> BTreeSet<&'a parameter::Parameter> {
    match (instance, &end.what) {
        (Instance::Pod(pod), _) => pod.parameters.iter().collect(),
        (Instance::StandIn(_), What::Type(e)) => e.parameters.iter().collect(),
        _ => BTreeSet::new(),
    }
}

fn parameters(end: &End<'_>, instance: &Instance<'_>, component: &Uid) -> Vec<Parameter> {
    let made = settings(end, instance).into_iter().map(|set| Parameter {
        element: ArchitecturalElement::new(parameter(component, set)),
        value: placeholder(set),
        of: parameter_type(&component_type_of(end), set),
    });
    made.collect()
}

fn component_type_of(end: &End<'_>) -> Uid {
    match &end.what {
        What::Type(e) => names::component_type(&ElementKey::Type(e.key.clone())),
        // Nothing else has parameters.
        _ => Uid::default(),
    }
}

pub(super) fn parameter(component: &Uid, set: &parameter::Parameter) -> Uid {
    component.within("parameter", names::parameter(set))
}

pub(super) fn parameter_type(component_type: &Uid, set: &parameter::Parameter) -> Uid {
    component_type.within("parameterType", names::parameter(set))
}

/// What stands in the place of a value, which is never kept.
pub(super) fn placeholder(set: &parameter::Parameter) -> Text {
    format!("({})", set.origin).into()
}

fn required(
    component: &Uid,
    name: &Text,
    callee: &ElementKey,
    need: &Need<'_>,
    wires: &Wires,
) -> Vec<RequiredInterface> {
    let made = need.ways.iter().map(|way| {
        let uid = names::required(component, callee, *way);
        RequiredInterface {
            connector: wires.targets.get(&uid).map(|target| Connector {
                element: ArchitecturalElement::new(names::connector(&uid)),
                name: Some(format!("{name} to {callee}:{}", names::word(*way)).into()),
                target: target.clone(),
            }),
            interface: Interface {
                element: ArchitecturalElement::new(uid),
                of: names::interface_type(callee, *way),
            },
        }
    });
    made.collect()
}

fn provided(
    plan: &Plan<'_>,
    key: &ElementKey,
    end: &End<'_>,
    component: &Uid,
    way: Way,
    is_carrier: bool,
    wires: &Wires,
) -> ProvidedInterface {
    let uid = names::provided(component, way);
    let carried = end
        .offers
        .get(&way)
        .filter(|_| plan.telemetry && is_carrier);
    let carried = carried
        .map(|methods| usage::measured(key, way, methods))
        .unwrap_or_default();
    let mut properties = Properties::of(&uid);
    if !carried.stats.is_empty() {
        properties.scope();
    }
    ProvidedInterface {
        connectors: wires.connectors.get(&uid).cloned().unwrap_or_default(),
        exceptions: carried.exceptions,
        performance_stats: carried.stats,
        interface: Interface {
            element: ArchitecturalElement {
                monitored_properties: properties.list,
                ..ArchitecturalElement::new(uid)
            },
            of: names::interface_type(key, way),
        },
    }
}
