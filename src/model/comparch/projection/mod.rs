//! From Portolan's model to CompArch's: pure, and the same for the same model.
//!
//! Calls and operations are seen between component types, never between pods. CompArch wants interfaces and
//! connectors of each component. The rule that makes them:
//!
//! - **Tenants** are namespaces; one more, `(outside)`, holds what is outside of the cluster.
//! - **Component types** are workloads; names outside of the cluster; Services with no workload behind them
//!   that somebody calls or names. With chosen namespaces, also what is called from there or calls there.
//! - **Components** are pods. A type without one has a stand-in, which says so (`standIn`): UNDEPLOYED where
//!   it is known that none is there, UNKNOWN where that is not known or cannot be.
//! - **Interface types**: one for each component type and protocol that it was called by; `unspecified` where
//!   a call was counted or declared and no trace told how, and for types that nobody was seen to call.
//! - **Method specifications** are the operations that traces showed.
//! - **Provided interfaces**: each component has one of each interface type of its component type.
//! - **Required interfaces**: each component has one of each interface type that its component type was
//!   seen, or is declared, to need.
//! - **Connectors** are assumed: each component that is not UNDEPLOYED is connected, in the order of names,
//!   to the next of the STARTED components of the type that it needs, in turn; where none is STARTED, of
//!   those that are not UNDEPLOYED; where none is left, it is not connected. No number hangs on a connector.
//! - **Statistics and exceptions** are those of the whole component type. CompArch has no place for them but
//!   a provided interface, so all of them are on the first STARTED component's (else the first's), once, and
//!   the interface says so (`scope`). There is one [`PerformanceStats`] for each method and calling type.
//!   So sums over the architecture are the model's sums, whatever the number of components.
//! - **Counts of calls** between types, from the tracing server and not from a sample of traces, are
//!   properties of the calling component type that name the called one.
//!
//! [`PerformanceStats`]: super::performance_stats::PerformanceStats

mod components;
mod counted;
mod known;
mod names;
mod plan;
mod properties;
mod types;
mod usage;

use std::collections::BTreeMap;

use self::plan::Plan;
use self::properties::Properties;
use super::architecture::Architecture;
use super::element::ArchitecturalElement;
use super::tenant::Tenant;
use super::uid::Uid;
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;

pub use self::properties::{SCOPE, STAND_IN};

/// The tenant of what is outside of the cluster. No namespace can have this name.
pub const OUTSIDE: &str = "(outside)";

/// The whole projection of the chosen namespaces: structure, statistics and what changes by the second.
#[must_use]
pub fn project(model: &Model, choice: &NamespaceChoice) -> Architecture {
    architecture(&Plan::new(model, choice, true))
}

/// The projection without statistics, exceptions and measured values, which change by the second.
#[must_use]
pub fn project_structure(model: &Model, choice: &NamespaceChoice) -> Architecture {
    architecture(&Plan::new(model, choice, false))
}

fn architecture(plan: &Plan<'_>) -> Architecture {
    let context = plan.model.context();
    let uid = Uid::new("architecture", [&**context]);
    let mut properties = Properties::of(&uid);
    properties.model(plan);
    let mut tenants = tenants(plan);
    let wires = components::wires(plan);
    for (key, end) in &plan.ends {
        let tenant = end.tenant();
        let into = tenants.entry(tenant.clone());
        let into = into.or_insert_with(|| empty_tenant(&tenant));
        into.components
            .extend(components::components(plan, key, end, &wires));
    }
    for tenant in tenants.values_mut() {
        let by_name = |c: &super::component::Component| (c.name.clone(), c.element.uid.clone());
        tenant.components.sort_by_key(by_name);
    }
    Architecture {
        element: ArchitecturalElement {
            monitored_properties: properties.list,
            ..ArchitecturalElement::new(uid)
        },
        name: Some(context.clone()),
        component_types: types::component_types(plan),
        interface_types: types::interface_types(plan),
        tenants: tenants.into_values().collect(),
        annotations: None,
    }
}

/// The chosen namespaces; those of other components, and the outside, come with their components.
fn tenants(plan: &Plan<'_>) -> BTreeMap<Text, Tenant> {
    let chosen = plan.model.tenants().filter(|t| plan.choice.covers(&t.name));
    let tenants = chosen.map(|tenant| {
        let mut projected = empty_tenant(&tenant.name);
        let mut properties = Properties::of(&projected.element.uid);
        properties.tenant(tenant);
        if plan.telemetry {
            properties.measured(plan.model, &ElementKey::tenant(&tenant.name));
        }
        projected.element.monitored_properties = properties.list;
        (tenant.name.clone(), projected)
    });
    tenants.collect()
}

fn empty_tenant(name: &Text) -> Tenant {
    Tenant {
        element: ArchitecturalElement::new(Uid::new("tenant", [&**name])),
        name: name.clone(),
        components: Vec::new(),
    }
}
