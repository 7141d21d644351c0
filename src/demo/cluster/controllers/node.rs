//! Nodes: what their kubelets say of them, and what becomes of their pods when these say nothing more.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::agenda::Step;
use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, conditions, json};

/// The version that the simulated control plane stands for.
const VERSION: &str = "v1.36.3";

const NAME: &str = "node-controller";
/// How long a node may say nothing. A real cluster waits 50 s, longer than anybody looks on.
/// <https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/>
const SILENCE: Duration = Duration::from_secs(8);
/// How long pods stay bound to a node that says nothing: 300 s by the default tolerations of a real
/// cluster; a tenth of it, so that the replacements are seen within a minute of the loss.
const PATIENCE: Duration = Duration::from_secs(30);
/// The taint of a node that says nothing.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

impl Cluster {
    /// From now on nothing is heard of a node. Whether there is one.
    pub fn lose_node(&mut self, name: &str) -> bool {
        let key = Key::new(Kind::Node, "", name);
        if self.store.get(&key).is_none() {
            return false;
        }
        let machine = self.kubelets.machine(&key.name);
        if !machine.is_lost() {
            let loss = machine.lose();
            self.agenda
                .add(self.now + SILENCE, Step::Silence(key.name, loss));
        }
        true
    }

    /// A node that was lost is heard of again. Whether it was.
    pub fn return_node(&mut self, name: &str) -> bool {
        let key = Key::new(Kind::Node, "", name);
        let machine = self.kubelets.machine(&key.name);
        if !machine.is_lost() {
            return false;
        }
        machine.find();
        let Some(node) = self.store.get(&key).cloned() else {
            return false;
        };
        let mut value = node.value();
        set_taints(&mut value, false);
        if let Some(status) = value.get_mut("status") {
            self.say_well(status);
        }
        let before = self.store.revision();
        self.write(key, value);
        if self.store.revision() > before {
            let message = format!("Node {name} status is now: NodeReady");
            self.say(
                Voice::Kubelet(name),
                &About::object(&node),
                "NodeReady",
                &message,
            );
        }
        let pods: Vec<Arc<Object>> = self.store.on_node(name).cloned().collect();
        self.resume(&pods);
        true
    }

    /// Nothing was heard of a node for long: it and its pods are not counted on any more.
    pub(in super::super) fn fall_silent(&mut self, name: &Arc<str>, loss: u64) {
        if !self.kubelets.machine(name).is_lost_since(loss) {
            return;
        }
        let key = Key::new(Kind::Node, "", name);
        let Some(node) = self.store.get(&key).cloned() else {
            return;
        };
        let mut value = node.value();
        set_taints(&mut value, true);
        let now = json::seconds(self.now);
        for condition in json::items_mut(&mut value, "/status/conditions") {
            json::set(condition, "/status", "Unknown");
            json::set(condition, "/reason", "NodeStatusUnknown");
            json::set(
                condition,
                "/message",
                "Kubelet stopped posting node status.",
            );
            json::set(condition, "/lastTransitionTime", now.as_str());
        }
        self.write(key, value);
        let message = format!("Node {name} status is now: NodeNotReady");
        self.say(
            Voice::Controller(NAME),
            &About::object(&node),
            "NodeNotReady",
            &message,
        );
        let pods: Vec<Arc<Object>> = self.store.on_node(name).cloned().collect();
        for pod in pods {
            let mut value = pod.value();
            let Some(status) = value.get_mut("status") else {
                continue;
            };
            let ready = conditions::get(status, "Ready").cloned();
            let Some(mut ready) = ready.filter(|one| json::text(one, "/status") == "True") else {
                continue;
            };
            json::set(&mut ready, "/status", "False");
            json::set(&mut ready, "/lastTransitionTime", now.as_str());
            conditions::put(status, ready);
            self.write(pod.key.clone(), value);
            let about = About::object(&pod);
            self.warn(
                Voice::Controller(NAME),
                &about,
                "NodeNotReady",
                "Node is not ready",
            );
        }
        self.agenda
            .add(self.now + PATIENCE, Step::Evict(Arc::clone(name), loss));
    }

    /// The pods of a node that is still lost are given up: they are to go, and go when it is back. Where
    /// the node itself is gone they go at once.
    pub(in super::super) fn evict(&mut self, name: &Arc<str>, loss: u64) {
        if !self.kubelets.machine(name).is_lost_since(loss) {
            return;
        }
        let there = self.store.get(&Key::new(Kind::Node, "", name)).is_some();
        let pods: Vec<Arc<Object>> = self.store.on_node(name).cloned().collect();
        for pod in pods {
            if !there {
                self.end(&pod, Some(0));
            } else if !pod.deleting && !stays(&pod.value()) {
                let about = About::object(&pod);
                let message = format!(
                    "Marking for deletion Pod {}/{}",
                    pod.key.namespace, pod.key.name
                );
                let by = Voice::Controller("taint-eviction-controller");
                self.say(by, &about, "TaintManagerEviction", &message);
                self.end(&pod, None);
            }
        }
    }

    /// A node is there that was not, whatever became of another one of its name.
    pub(in super::super) fn meet_node(&mut self, name: &Arc<str>) {
        self.kubelets.machine(name).find();
    }

    /// A node was deleted: nobody is there to end its pods.
    pub(in super::super) fn forget_node(&mut self, name: &Arc<str>) {
        let loss = self.kubelets.machine(name).lose();
        self.agenda
            .add(self.now + SILENCE, Step::Evict(Arc::clone(name), loss));
    }

    /// All is well with a node.
    fn say_well(&self, status: &mut Value) {
        for (kind, reason, message) in WELL {
            conditions::set(status, kind, kind == "Ready", reason, message, self.now);
            let Some(mut condition) = conditions::get(status, kind).cloned() else {
                continue;
            };
            json::set(
                &mut condition,
                "/lastHeartbeatTime",
                json::seconds(self.now),
            );
            conditions::put(status, condition);
        }
    }

    /// Lets a new node join: its addresses, its room, its conditions.
    pub(super) fn reconcile_node(&mut self, key: &Key) {
        let Some(node) = self.store.get(key).cloned() else {
            self.forget_node(&key.name);
            return;
        };
        let mut value = node.value();
        if conditions::get(json::at(&value, "/status"), "Ready").is_some() {
            // It says so itself; its kubelet must know its addresses all the same.
            self.kubelets.machine(&node.key.name);
            return;
        }
        let range = self.kubelets.range(&node.key.name);
        json::fill(&mut value, "/spec/podCIDR", range.as_str());
        json::fill(&mut value, "/spec/podCIDRs", json!([range]));
        let host = self.kubelets.host(&node.key.name).to_string();
        for (label, text) in [
            ("kubernetes.io~1arch", "amd64"),
            ("kubernetes.io~1hostname", &*key.name),
            ("kubernetes.io~1os", "linux"),
        ] {
            json::fill(&mut value, &format!("/metadata/labels/{label}"), text);
        }
        json::fill(&mut value, "/status", json!({}));
        let Some(status) = value.get_mut("status") else {
            return;
        };
        join(status, &key.name, &host);
        self.say_well(status);
        self.write(key.clone(), value);
    }
}

/// What a kubelet says of a node that is well.
const WELL: [(&str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    (
        "DiskPressure",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
    ),
    (
        "PIDPressure",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    ("Ready", "KubeletReady", "kubelet is posting ready status"),
];

/// Whether a pod stays on its node whatever happens: those of a DaemonSet do.
fn stays(pod: &Value) -> bool {
    json::items(pod, "/metadata/ownerReferences")
        .any(|owner| json::text(owner, "/kind") == Kind::DaemonSet.names().kind)
}

/// Puts the taints of a node that says nothing, or takes them off.
fn set_taints(node: &mut Value, unreachable: bool) {
    let own = json::items(node, "/spec/taints");
    let mut taints: Vec<Value> = own
        .filter(|taint| json::text(taint, "/key") != UNREACHABLE)
        .cloned()
        .collect();
    if unreachable {
        for effect in ["NoSchedule", "NoExecute"] {
            taints.push(json!({"key": UNREACHABLE, "effect": effect}));
        }
    }
    if taints.is_empty() {
        json::take(node, "/spec/taints");
    } else {
        json::set(node, "/spec/taints", taints);
    }
}

fn join(status: &mut Value, name: &str, host: &str) {
    let room = json!({
        "cpu": "8", "ephemeral-storage": "100Gi", "memory": "32Gi", "pods": "110"
    });
    json::fill(status, "/capacity", room);
    let capacity = json::at(status, "/capacity").clone();
    json::fill(status, "/allocatable", capacity);
    let addresses = json!([
        {"type": "InternalIP", "address": host}, {"type": "Hostname", "address": name}
    ]);
    json::fill(status, "/addresses", addresses);
    json::fill(status, "/daemonEndpoints/kubeletEndpoint/Port", 10250);
    let info = json!({
        "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.1.0",
        "kernelVersion": "6.12.0", "kubeProxyVersion": "", "kubeletVersion": VERSION,
        "machineID": name, "operatingSystem": "linux", "osImage": "Simulated Linux",
        "systemUUID": name,
    });
    json::fill(status, "/nodeInfo", info);
}

#[cfg(test)]
mod tests;
