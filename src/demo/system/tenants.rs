//! How a system is repeated until it has a wanted number of pods: tenants and machines.

use std::sync::Arc;

use super::{Component, Resources, System, WorkloadKind};

/// Pods that a machine takes: the kubelet's default.
pub(super) const PODS_PER_NODE: usize = 110;
/// Pods planned on a machine: the rest is room for rollouts, which start new pods before old ones end.
const PLANNED_PER_NODE: usize = 100;
/// Machines that a repeated system has at least.
const FEWEST_NODES: usize = 3;

/// A copy of the components in the system's own namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    /// Its namespace.
    pub(super) namespace: Arc<str>,
    /// The replicas of all components, by their places; only those of its namespace count.
    pub(super) replicas: Vec<usize>,
}

/// What there will be of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// How many machines.
    pub(super) nodes: usize,
    /// The tenants; the first is the system as the file says.
    pub(super) tenants: Vec<Tenant>,
}

/// The plan for about `pods` pods; none means as the file says. Fewer than the file says are not made.
pub(super) fn plan(system: &System, pods: Option<usize>) -> Plan {
    let said: Vec<usize> = system.components.iter().map(replicas).collect();
    let first = Tenant {
        namespace: system.home().into(),
        replicas: said.clone(),
    };
    let mut plan = Plan {
        nodes: system.nodes.count,
        tenants: vec![first],
    };
    let Some(pods) = pods else {
        return plan;
    };
    plan.nodes = plan
        .nodes
        .max(FEWEST_NODES)
        .max(pods.div_ceil(PLANNED_PER_NODE));
    let own: Vec<usize> = system
        .components
        .iter()
        .map(|c| {
            if *c.namespace == *system.home() {
                replicas(c)
            } else {
                0
            }
        })
        .collect();
    let each: usize = own.iter().sum();
    let all: usize = said.iter().sum::<usize>() + daemons(system) * plan.nodes;
    let missing = pods.saturating_sub(all);
    // As many tenants as each is times larger than the first: neither thousands of namespaces nor
    // thousands of replicas.
    let more = (missing / each.max(1)).isqrt();
    let more = if each > 0 && missing > 0 {
        more.max(1)
    } else {
        0
    };
    for number in 0..more {
        // Shares that add up to what is missing, whatever the rounding.
        let until = |n: usize| missing * n / more;
        let share = until(number + 1) - until(number);
        plan.tenants.push(Tenant {
            namespace: format!("{}-{}", system.home(), number + 2).into(),
            replicas: shares(&own, share),
        });
    }
    plan.nodes = plan.nodes.max(nodes_for(system, &plan));
    plan
}

/// `total` in the proportion of `weights`.
fn shares(weights: &[usize], total: usize) -> Vec<usize> {
    let sum: usize = weights.iter().sum();
    let mut before = 0;
    let share = |weight: &usize| {
        let from = total * before / sum.max(1);
        before += weight;
        total * before / sum.max(1) - from
    };
    weights.iter().map(share).collect()
}

/// The pods that a workload keeps by a number; those of a `DaemonSet` go by the machines.
fn replicas(component: &Component) -> usize {
    let workload = component.workload.as_ref();
    workload.map_or(0, |w| match w.kind {
        WorkloadKind::Deployment | WorkloadKind::StatefulSet => w.replicas,
        WorkloadKind::DaemonSet | WorkloadKind::CronJob => 0,
    })
}

/// The pods that each machine has from a `DaemonSet`; one in the system's own namespace counts once.
fn daemons(system: &System) -> usize {
    let is_daemon = |c: &&Component| {
        let workload = c.workload.as_ref();
        workload.is_some_and(|w| w.kind == WorkloadKind::DaemonSet)
    };
    system.components.iter().filter(is_daemon).count()
}

/// The machines that what the pods ask for needs, with a tenth of them to spare.
fn nodes_for(system: &System, plan: &Plan) -> usize {
    let mut asked = Resources::default();
    for (place, component) in system.components.iter().enumerate() {
        let Some(workload) = &component.workload else {
            continue;
        };
        let at_home = *component.namespace == *system.home();
        let tenants = plan
            .tenants
            .iter()
            .take(if at_home { usize::MAX } else { 1 });
        let pods: usize = tenants.filter_map(|t| t.replicas.get(place)).sum();
        let pods = u64::try_from(pods).unwrap_or(u64::MAX);
        asked.cpu_millis += pods.saturating_mul(workload.requests.cpu_millis);
        asked.memory_mib += pods.saturating_mul(workload.requests.memory_mib);
    }
    let has = system.nodes.each;
    let need = |asked: u64, has: u64| (asked * 10).div_ceil((has * 9).max(1));
    let need = need(asked.cpu_millis, has.cpu_millis).max(need(asked.memory_mib, has.memory_mib));
    usize::try_from(need).unwrap_or(usize::MAX)
}
