//! Component types with their parameter types, and interface types with their methods.

use std::collections::{BTreeMap, BTreeSet};

use super::components::{parameter, parameter_type, placeholder, settings};
use super::names::{self, Way};
use super::plan::{End, Plan, What};
use super::properties::Properties;
use super::usage;
use crate::model::comparch::component_type::{ComponentType, ParameterType};
use crate::model::comparch::element::ArchitecturalElement;
use crate::model::comparch::interface_type::{InterfaceType, MethodSpecification};
use crate::model::comparch::uid::Uid;
use crate::model::interfaces::OperationUse;
use crate::model::key::ElementKey;
use crate::model::parameter::{Origin, Parameter};
use crate::model::text::Text;

pub(super) fn component_types(plan: &Plan<'_>) -> Vec<ComponentType> {
    let made = plan.ends.iter().map(|(key, end)| {
        let uid = names::component_type(key);
        let mut properties = Properties::of(&uid);
        properties.component_type(plan, key, &end.what);
        for (callee, need) in plan.needs_of(key) {
            properties.need(plan, callee, need);
        }
        let ratings = match &end.what {
            What::Type(e) => e.ratings.clone(),
            _ => crate::model::rating::Ratings::default(),
        };
        let criticality = ratings.criticality.and_then(|r| r.value());
        let required = plan.needs_of(key).flat_map(|(callee, need)| {
            let ways = need.ways.iter();
            ways.map(|way| names::interface_type(callee, *way))
        });
        ComponentType {
            name: end.name(),
            reliability: ratings.reliability.and_then(|r| r.value()),
            required_interface_types: required.collect(),
            provided_interface_types: end
                .offers
                .keys()
                .map(|way| names::interface_type(key, *way))
                .collect(),
            parameter_types: parameter_types(key, end, &uid),
            instances: end.instances.iter().map(|i| i.uid(key)).collect(),
            element: ArchitecturalElement {
                criticality: criticality.unwrap_or_default(),
                monitored_properties: properties.list,
                ..ArchitecturalElement::new(uid)
            },
        }
    });
    made.collect()
}

/// What the template and any of the instances are configured with: an old instance may have what the newest
/// template has not.
fn parameter_types(key: &ElementKey, end: &End<'_>, of: &Uid) -> Vec<ParameterType> {
    let mut all: BTreeMap<&Parameter, Vec<Uid>> = BTreeMap::new();
    if let What::Type(e) = &end.what {
        all.extend(e.parameters.iter().map(|set| (set, Vec::new())));
    }
    for instance in &end.instances {
        let component = instance.uid(key);
        for set in settings(end, instance) {
            let instances = all.entry(set).or_default();
            instances.push(parameter(&component, set));
        }
    }
    let made = all.into_iter().map(|(set, instances)| ParameterType {
        element: ArchitecturalElement::new(parameter_type(of, set)),
        name: format!("{}/{}", set.container, set.name).into(),
        kind: match set.origin {
            Origin::Literal => "literal",
            Origin::ConfigMap { .. } => "ConfigMap",
            Origin::Secret { .. } => "Secret",
            Origin::Field { .. } => "field",
        }
        .into(),
        default_value: placeholder(set),
        instances,
    });
    made.collect()
}

pub(super) fn interface_types(plan: &Plan<'_>) -> Vec<InterfaceType> {
    // Who requires what.
    let mut requiring: BTreeMap<(&ElementKey, Way), BTreeSet<&ElementKey>> = BTreeMap::new();
    for (caller, needs) in &plan.needs {
        for (callee, need) in needs {
            for way in &need.ways {
                requiring.entry((callee, *way)).or_default().insert(caller);
            }
        }
    }
    let mut types = Vec::new();
    for (key, end) in &plan.ends {
        for (way, methods) in &end.offers {
            let callers = requiring.remove(&(key, *way)).unwrap_or_default();
            types.push(interface_type(plan, (key, end), *way, methods, &callers));
        }
    }
    types
}

fn interface_type(
    plan: &Plan<'_>,
    (key, end): (&ElementKey, &End<'_>),
    way: Way,
    methods: &BTreeMap<&Text, Vec<&OperationUse>>,
    callers: &BTreeSet<&ElementKey>,
) -> InterfaceType {
    let required = callers.iter().flat_map(|caller| {
        let instances = plan.ends.get(*caller).map(|end| &end.instances);
        let instances = instances.into_iter().flatten();
        instances.map(|instance| names::required(&instance.uid(caller), key, way))
    });
    let provided = end.instances.iter();
    let provided = provided.map(|instance| names::provided(&instance.uid(key), way));
    InterfaceType {
        element: ArchitecturalElement::new(names::interface_type(key, way)),
        fq_name: format!("{key}:{}", names::word(way)).into(),
        requiring_component_types: callers.iter().map(|c| names::component_type(c)).collect(),
        providing_component_types: vec![names::component_type(key)],
        method_specifications: methods
            .iter()
            .map(|(operation, uses)| method(plan, key, way, operation, uses))
            .collect(),
        instances: required.chain(provided).collect(),
    }
}

fn method(
    plan: &Plan<'_>,
    key: &ElementKey,
    way: Way,
    operation: &Text,
    uses: &[&OperationUse],
) -> MethodSpecification {
    let uid = names::method(key, way, operation);
    let (performance_stats, exceptions) = if plan.telemetry {
        usage::uids(&uid, uses)
    } else {
        (Vec::new(), Vec::new())
    };
    MethodSpecification {
        element: ArchitecturalElement::new(uid),
        signature: match &**operation {
            "" => "(not recorded)".into(),
            name => format!("{} {name}", names::word(way)).into(),
        },
        exceptions,
        performance_stats,
    }
}
