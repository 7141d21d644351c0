//! What pods and nodes use, as a metrics server would have measured it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json, naming, quantity};

/// How often it is measured, in seconds.
/// <https://github.com/kubernetes-sigs/metrics-server>
const PERIOD: i64 = 15;
/// What a container that asks for nothing is thought to need.
const CPU_MILLIS: u64 = 100;
const MEMORY: u64 = 128 << 20;
/// What a node needs for itself.
const OWN_CPU_MILLIS: f64 = 120.0;
const OWN_MEMORY: f64 = 700.0 * 1024.0 * 1024.0;
/// How busy a component is of which nothing was said.
const USUAL_LOAD: f64 = 0.3;

/// Thousandths of a processor, and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usage {
    cpu_millis: f64,
    memory: f64,
}

impl Cluster {
    /// How busy the pods of a workload are from now on: 0 is idle, 1 uses all that they ask for.
    pub fn set_load(&mut self, namespace: &str, workload: &str, load: f64) {
        let name = (namespace.to_owned(), workload.to_owned());
        self.loads.insert(name, load.max(0.0));
    }

    /// What a pod's containers or a node use now, as an object of `metrics.k8s.io/v1beta1`; nothing while
    /// it was not measured yet.
    #[must_use]
    pub fn usage(&self, key: &Key) -> Option<Value> {
        let object = self.store.get(key)?;
        let at = self.measured_at()?;
        let mut metrics = json!({
            "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {"name": &*key.name, "creationTimestamp": json::seconds(self.now)},
            "timestamp": json::seconds(at), "window": format!("{PERIOD}s"),
        });
        if !object.labels.is_empty() {
            json::set(&mut metrics, "/metadata/labels", json!(object.labels));
        }
        match key.kind {
            Kind::Pod => {
                let containers = self.containers_use(object, at)?;
                json::set(&mut metrics, "/kind", "PodMetrics");
                json::set(&mut metrics, "/metadata/namespace", &*key.namespace);
                let each = containers.into_iter();
                let each = each.map(|(name, usage)| json!({"name": name, "usage": usage.told()}));
                json::set(&mut metrics, "/containers", each.collect::<Vec<Value>>());
            }
            Kind::Node => {
                if !self
                    .relations
                    .room(&key.name)
                    .is_some_and(|room| room.ready)
                {
                    return None;
                }
                json::set(&mut metrics, "/kind", "NodeMetrics");
                json::set(&mut metrics, "/usage", self.node_uses(&key.name, at).told());
            }
            _ => return None,
        }
        Some(metrics)
    }

    /// How much of what they ask for the processors of a workload's ready pods use on average, in percent.
    pub(in super::super) fn cpu_percent<'a>(
        &self,
        pods: impl Iterator<Item = &'a std::sync::Arc<Object>>,
    ) -> Option<(f64, u64)> {
        let at = self.measured_at()?;
        let (mut used, mut asked, mut count) = (0.0, 0.0, 0.0);
        for pod in pods {
            let Some(containers) = self.containers_use(pod, at) else {
                continue;
            };
            used += containers
                .iter()
                .map(|(_, usage)| usage.cpu_millis)
                .sum::<f64>();
            asked += to_float(pod.pod.as_ref().map_or(0, |facts| facts.cpu_millis));
            count += 1.0;
        }
        let average = to_whole(used / f64::max(count, 1.0));
        (asked > 0.0).then(|| (used / asked * 100.0, average))
    }

    /// The time of the last measurement.
    fn measured_at(&self) -> Option<Timestamp> {
        let second = self.now.as_second();
        Timestamp::from_second(second - second.rem_euclid(PERIOD)).ok()
    }

    /// What each running container of a pod used then.
    fn containers_use(&self, pod: &Object, at: Timestamp) -> Option<Vec<(String, Usage)>> {
        let running = self.kubelets.running(&pod.uid, at)?;
        let value = pod.value();
        let load = self.load_of(pod);
        let containers = json::items(&value, "/spec/containers").filter_map(|container| {
            let name = json::text(container, "/name");
            running.iter().any(|one| ***one == *name).then(|| {
                let asked = |path, parse: fn(&str) -> Option<u64>| {
                    json::at(container, path).as_str().and_then(parse)
                };
                let cpu = asked("/resources/requests/cpu", quantity::millis).unwrap_or(CPU_MILLIS);
                let memory = asked("/resources/requests/memory", quantity::whole).unwrap_or(MEMORY);
                let seed = format!("{}/{name}/{at}", pod.uid);
                (
                    name.to_owned(),
                    Usage::under(load, cpu, memory, naming::hash(seed.as_bytes())),
                )
            })
        });
        Some(containers.collect())
    }

    /// A node's pods and itself. Its pods are taken as one container each, so that thousands are not parsed.
    fn node_uses(&self, node: &str, at: Timestamp) -> Usage {
        let own = naming::hash(format!("{node}/{at}").as_bytes());
        let noise = noise(own);
        let mut sum = Usage {
            cpu_millis: OWN_CPU_MILLIS * noise,
            memory: OWN_MEMORY,
        };
        for pod in self.store.on_node(node) {
            let Some(facts) = &pod.pod else { continue };
            if self.kubelets.running(&pod.uid, at).is_none() {
                continue;
            }
            let asked = |amount, otherwise| if amount == 0 { otherwise } else { amount };
            let usage = Usage::under(
                self.load_of(pod),
                asked(facts.cpu_millis, CPU_MILLIS),
                asked(facts.memory, MEMORY),
                naming::hash(format!("{}/{at}", pod.uid).as_bytes()),
            );
            sum.cpu_millis += usage.cpu_millis;
            sum.memory += usage.memory;
        }
        sum
    }

    /// How busy a pod is: as its workload is.
    fn load_of(&self, pod: &Object) -> f64 {
        let owner = |uid: &Option<std::sync::Arc<str>>| {
            uid.as_ref()
                .and_then(|uid| self.relations.home(uid))
                .cloned()
        };
        let mut workload = owner(&pod.controller);
        if let Some(set) = workload.as_ref().and_then(|key| self.store.get(key))
            && let Some(above) = owner(&set.controller)
        {
            workload = Some(above);
        }
        let name = workload.map_or_else(|| pod.key.name.to_string(), |key| key.name.to_string());
        let load = self.loads.get(&(pod.key.namespace.to_string(), name));
        load.copied().unwrap_or(USUAL_LOAD)
    }
}

impl Usage {
    /// What is used under a load of what is asked for.
    fn under(load: f64, cpu_millis: u64, memory: u64, seed: u64) -> Self {
        let noise = noise(seed);
        Self {
            cpu_millis: to_float(cpu_millis) * (0.04 + 0.96 * load) * noise,
            // Memory follows the load little, and ends below what is asked for.
            memory: to_float(memory) * (0.55 + 0.3 * load.min(1.0)) * f64::midpoint(noise, 1.0),
        }
    }

    fn told(self) -> Value {
        let (cpu, memory) = (
            to_whole(self.cpu_millis * 1e6),
            to_whole(self.memory / 1024.0),
        );
        json!({"cpu": format!("{cpu}n"), "memory": format!("{memory}Ki")})
    }
}

/// Around 1, by chance.
fn noise(seed: u64) -> f64 {
    0.85 + 0.3 * fastrand::Rng::with_seed(seed).f64()
}

#[expect(clippy::cast_precision_loss, reason = "amounts far below 2^52")]
fn to_float(amount: u64) -> f64 {
    amount as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts are neither negative nor beyond a machine's"
)]
fn to_whole(amount: f64) -> u64 {
    amount.round() as u64
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SHOP, cluster, deployment};
    use super::*;

    fn millis(metrics: &Value, path: &str) -> f64 {
        let text = json::text(metrics, path).trim_end_matches('n');
        text.parse::<f64>().expect("a number") / 1e6
    }

    #[test]
    fn usage_follows_the_load_and_nodes_sum_it_up() {
        let mut cluster = cluster();
        cluster.make(Kind::Deployment, deployment("web", 3));
        cluster.pass_until(20, "ready", |c| c.ready("web") == 3);
        let pod = cluster.pods("web")[0].key.clone();
        cluster.pass(40);
        let cpu = "/containers/0/usage/cpu";
        let mut seen = Vec::new();
        for load in [0.0, 0.5, 1.5] {
            cluster.set_load(SHOP, "web", load);
            seen.push(millis(&cluster.usage(&pod).expect("it is measured"), cpu));
        }
        assert!(
            seen[0] < 5.0 && (15.0..35.0).contains(&seen[1]) && seen[2] > 55.0,
            "{seen:?}"
        );
        let node = Key::new(Kind::Node, "", "node-0");
        let metrics = cluster.usage(&node).expect("it is measured");
        assert_eq!(metrics["kind"], "NodeMetrics");
        assert!(
            millis(&metrics, "/usage/cpu") > OWN_CPU_MILLIS * 0.85 + 50.0,
            "{metrics}"
        );
    }

    #[test]
    fn what_has_just_started_was_not_measured_yet() {
        let mut cluster = cluster();
        cluster.make(Kind::Deployment, deployment("web", 1));
        cluster.pass(1);
        let pod = cluster.pods("web")[0].key.clone();
        assert_eq!(cluster.usage(&pod), None);
        cluster.pass(60);
        assert!(cluster.usage(&pod).is_some());
        assert_eq!(cluster.usage(&Key::new(Kind::Service, SHOP, "web")), None);
    }
}
