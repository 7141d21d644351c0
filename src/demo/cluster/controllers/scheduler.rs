//! The scheduler: pods to nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::events::{About, Voice};
use super::super::object::{Key, Object};
use super::super::relations::Room;
use super::super::{Cluster, conditions, json, selector};

impl Cluster {
    /// Gives every pod that has no node one, if there is one that takes it.
    pub(in super::super) fn schedule(&mut self) {
        let waiting: Vec<Key> = self.relations.waiting().cloned().collect();
        for key in waiting {
            if let Some(pod) = self.store.get(&key).cloned() {
                self.place(&pod);
            }
        }
    }

    fn place(&mut self, pod: &Arc<Object>) {
        let mut value = pod.value();
        match self.best_node(pod, &value) {
            Ok(node) => {
                json::set(&mut value, "/spec/nodeName", &*node);
                let Some(status) = value.get_mut("status") else {
                    return;
                };
                conditions::set(status, "PodScheduled", true, "", "", self.now);
                self.write(pod.key.clone(), value);
                let message = format!(
                    "Successfully assigned {}/{} to {node}",
                    pod.key.namespace, pod.key.name
                );
                self.say(Voice::Scheduler, &About::object(pod), "Scheduled", &message);
            }
            Err(why) => {
                let Some(status) = value.get_mut("status") else {
                    return;
                };
                let before = conditions::get(status, "PodScheduled");
                if before.is_some_and(|one| json::text(one, "/message") == why) {
                    return;
                }
                let reason = "Unschedulable";
                conditions::set(status, "PodScheduled", false, reason, &why, self.now);
                self.write(pod.key.clone(), value);
                self.warn(
                    Voice::Scheduler,
                    &About::object(pod),
                    "FailedScheduling",
                    &why,
                );
            }
        }
    }

    /// The node with the most room among those that take the pod; else why none does.
    fn best_node(&self, pod: &Object, value: &Value) -> Result<Arc<str>, String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut best: Option<(u64, u64, &Arc<str>)> = None;
        let mut nodes = 0;
        for (name, room) in self.relations.rooms() {
            nodes += 1;
            if let Some(reason) = refuses(room, pod, value) {
                *reasons.entry(reason).or_default() += 1;
                continue;
            }
            // The emptiest by share of its processors, then by pods.
            let share = room.used_cpu_millis.saturating_mul(1000) / room.cpu_millis.max(1);
            let rank = (share, room.used_pods, name);
            if best.is_none_or(|best| rank < best) {
                best = Some(rank);
            }
        }
        best.map(|(_, _, name)| Arc::clone(name)).ok_or_else(|| {
            if nodes == 0 {
                return "no nodes available to schedule pods".to_owned();
            }
            let parts = reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
            let mut parts: Vec<String> = parts.collect();
            parts.sort();
            let preempt = if reasons.keys().all(|r| r.starts_with("Insufficient") || r.starts_with("Too many")) {
                "No preemption victims found for incoming pod"
            } else {
                "Preemption is not helpful for scheduling"
            };
            format!(
                "0/{nodes} nodes are available: {}. no new claims to deallocate, preemption: 0/{nodes} nodes \
                 are available: {nodes} {preempt}.",
                parts.join(", ")
            )
        })
    }
}

/// Why a node does not take a pod, if it does not.
fn refuses(room: &Room, pod: &Object, value: &Value) -> Option<String> {
    if room.cordoned && !tolerates(value, "node.kubernetes.io/unschedulable", "", "NoSchedule") {
        return Some("node(s) were unschedulable".to_owned());
    }
    let taint = room
        .taints
        .iter()
        .find(|(key, text, effect)| !tolerates(value, key, text, effect));
    if let Some((key, text, _)) = taint {
        return Some(format!(
            "node(s) had untolerated taint(s) {{{key}: {text}}}"
        ));
    }
    if !room.ready {
        return Some("node(s) were not ready".to_owned());
    }
    let wanted = selector::pairs(json::at(value, "/spec/nodeSelector"));
    if wanted
        .iter()
        .any(|(key, value)| room.labels.get(key) != Some(value))
    {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    if room.used_pods >= room.pods {
        return Some("Too many pods".to_owned());
    }
    let cpu = pod.pod.as_ref().map_or(0, |facts| facts.cpu_millis);
    if cpu > 0 && room.used_cpu_millis.saturating_add(cpu) > room.cpu_millis {
        return Some("Insufficient cpu".to_owned());
    }
    None
}

/// Whether a pod bears a taint.
fn tolerates(pod: &Value, key: &str, value: &str, effect: &str) -> bool {
    json::items(pod, "/spec/tolerations").any(|one| {
        let fits = |path, text: &str| {
            let own = json::text(one, path);
            own.is_empty() || own == text
        };
        let exists = json::text(one, "/operator") == "Exists";
        fits("/key", key)
            && fits("/effect", effect)
            && (exists || json::text(one, "/value") == value)
    })
}
