//! Who calls whom: every call is led to its operation, and none goes round for ever.

use std::collections::{BTreeMap, HashMap};

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use toml::Spanned;

use super::check;
use super::file::{self, File, Is};
use super::place::{Places, SystemError};
use super::{Address, Call, Origin, Protocol, Request, Role, System};

/// Most spans that one request may make: one that fans out further is a mistake.
pub const TRACE_LIMIT: u64 = 1_000;
/// How long a caller waits where the file does not say.
const USUAL_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Fills in the calls and the consumers of all operations.
pub(super) fn fill(
    places: Places<'_>,
    file: &File,
    system: &mut System,
) -> Result<(), SystemError> {
    let mut consumers: Vec<(Address, Address)> = Vec::new();
    let mut calls: Vec<(Address, Vec<Call>)> = Vec::new();
    for (component, raw) in file.component.iter().enumerate() {
        for (operation, raw) in raw.operation.iter().enumerate() {
            let caller = Address {
                component,
                operation,
            };
            let made: Result<Vec<Call>, _> = raw
                .calls
                .iter()
                .map(|raw| call(places, raw, system))
                .collect();
            calls.push((caller, made?));
            let protocol = system.operation(caller).map(|(_, o)| &o.protocol);
            if let Some(Protocol::Message { topic }) = protocol {
                consumers.push((*topic, caller));
            }
        }
    }
    for (caller, made) in calls {
        if let Some(operation) = operation_mut(system, caller) {
            operation.calls = made;
        }
    }
    for (topic, consumer) in consumers {
        if let Some(operation) = operation_mut(system, topic) {
            operation.consumers.push(consumer);
        }
    }
    bounded(places, file, system)
}

fn operation_mut(system: &mut System, at: Address) -> Option<&mut super::Operation> {
    let component = system.components.get_mut(at.component)?;
    component.operations.get_mut(at.operation)
}

fn call(places: Places<'_>, raw: &file::Call, system: &System) -> Result<Call, SystemError> {
    let share = |said: &Option<Spanned<f64>>, field: &str| match said {
        Some(said) => check::share(places, said, field),
        None => Ok(1.0),
    };
    let times = match &raw.times {
        Some(times) => check::count(places, times, "times", 1)?,
        None => 1,
    };
    Ok(Call {
        to: target(places, &raw.to, &raw.operation, system)?,
        times: u32::try_from(times).unwrap_or(u32::MAX),
        probability: share(&raw.probability, "probability")?,
        required: share(&raw.required, "required")?,
        timeout: match &raw.timeout {
            Some(timeout) => check::duration(places, timeout)?,
            None => USUAL_TIMEOUT,
        },
    })
}

/// A request that comes in.
pub(super) fn request(
    places: Places<'_>,
    raw: &file::Request,
    system: &System,
    from: Origin,
) -> Result<Request, SystemError> {
    let to = target(places, &raw.to, &raw.operation, system)?;
    let component = system.components.get(to.component);
    if !component.is_some_and(|c| matches!(c.role, Role::Service(_))) {
        let why = format!(
            "{} makes no spans; requests go to a service",
            raw.to.as_ref()
        );
        return Err(places.at(&raw.to, why));
    }
    if let Origin::Component(at) = from {
        let maker = system.components.get(at);
        if !maker.is_some_and(|c| matches!(c.role, Role::Service(_))) {
            return Err(places.at(&raw.to, "only a service makes load"));
        }
    }
    Ok(Request {
        from,
        to,
        rate: check::number(places, &raw.rate, "rate", 0.0..=1000.0)?,
    })
}

fn target(
    places: Places<'_>,
    to: &Spanned<String>,
    operation: &Spanned<String>,
    system: &System,
) -> Result<Address, SystemError> {
    let name = to.as_ref().as_str();
    let found = system.components.iter().position(|c| &*c.name == name);
    let Some(at) = found else {
        return Err(places.at(to, format!("no component {name}; name one of the file")));
    };
    let wanted = operation.as_ref().as_str();
    let operations = system.components.get(at).map_or(&[][..], |c| &c.operations);
    let askable = |o: &&super::Operation| !matches!(o.protocol, Protocol::Message { .. });
    let found = operations
        .iter()
        .position(|o| &*o.name == wanted && askable(&o));
    found
        .map(|operation| Address {
            component: at,
            operation,
        })
        .ok_or_else(|| {
            let names: Vec<&str> = operations
                .iter()
                .filter(askable)
                .map(|o| &*o.name)
                .collect();
            let why = if names.is_empty() {
                format!("{name} has no operation that can be called; give it one")
            } else {
                format!("{name} has no {wanted:?}; it has {}", names.join(", "))
            };
            places.at(operation, why)
        })
}

/// The topic that `broker/topic` names.
pub(super) fn topic(
    places: Places<'_>,
    raw: &Spanned<String>,
    file: &File,
) -> Result<Address, SystemError> {
    let said = raw.as_ref().as_str();
    let unknown = || {
        let why =
            format!("no topic {said:?}; write \"broker/topic\" with an operation of a broker");
        places.at(raw, why)
    };
    let (broker, topic) = said.split_once('/').ok_or_else(unknown)?;
    let mut components = file.component.iter().enumerate();
    let (at, found) = components
        .find(|(_, c)| c.name.as_ref() == broker && c.is == Is::Broker)
        .ok_or_else(unknown)?;
    let operation = found
        .operation
        .iter()
        .position(|o| o.name.as_ref() == topic);
    Ok(Address {
        component: at,
        operation: operation.ok_or_else(unknown)?,
    })
}

/// Refuses operations that call themselves for ever, and those whose traces are too large.
fn bounded(places: Places<'_>, file: &File, system: &System) -> Result<(), SystemError> {
    let mut graph: DiGraph<Address, u64> = DiGraph::new();
    // In order, so that the same file gets the same message.
    let mut nodes: BTreeMap<Address, NodeIndex> = BTreeMap::new();
    for at in addresses(system) {
        nodes.insert(at, graph.add_node(at));
    }
    for (&at, &node) in &nodes {
        let Some((_, operation)) = system.operation(at) else {
            continue;
        };
        let called = operation.calls.iter().map(|c| (c.to, u64::from(c.times)));
        let consumed = operation.consumers.iter().map(|to| (*to, 1));
        for (to, times) in called.chain(consumed) {
            if let Some(&to) = nodes.get(&to) {
                graph.add_edge(node, to, times);
            }
        }
    }
    let place = |at: Address| {
        let component = file.component.get(at.component);
        component.and_then(|c| Some((c, c.operation.get(at.operation)?)))
    };
    let refused = |at: Address, what: &str| match place(at) {
        Some((component, operation)) => {
            let (component, name) = (component.name.as_ref(), operation.name.as_ref());
            places.at(&operation.name, format!("{component} {name} {what}"))
        }
        None => places.whole(format!("an operation {what}")),
    };
    let order = toposort(&graph, None).map_err(|cycle| {
        let at = graph.node_weight(cycle.node_id()).copied();
        let what = "calls itself for ever, through what it calls; break the circle with an operation of its own";
        at.map_or_else(|| places.whole(what), |at| refused(at, what))
    })?;
    // Callees come before callers, so each operation's spans are the sum of what is known.
    let mut spans: HashMap<NodeIndex, u64> = HashMap::new();
    for node in order.into_iter().rev() {
        let mut edges = graph.neighbors(node).detach();
        let mut sum = 2_u64;
        while let Some((edge, to)) = edges.next(&graph) {
            let times = graph.edge_weight(edge).copied().unwrap_or(1);
            let below = spans.get(&to).copied().unwrap_or(0);
            sum = sum.saturating_add(times.saturating_mul(below));
        }
        if sum > TRACE_LIMIT {
            let at = graph.node_weight(node).copied();
            let what = format!(
                "makes {sum} spans or more in one trace; at most {TRACE_LIMIT} are taken, so call less often"
            );
            return Err(at.map_or_else(|| places.whole(what.clone()), |at| refused(at, &what)));
        }
        spans.insert(node, sum);
    }
    Ok(())
}

/// The places of all operations.
fn addresses(system: &System) -> impl Iterator<Item = Address> + '_ {
    let components = system.components.iter().enumerate();
    components.flat_map(|(component, c)| {
        (0..c.operations.len()).map(move |operation| Address {
            component,
            operation,
        })
    })
}
