//! Nodes: what their kubelets say of them.

use serde_json::{Value, json};

use super::super::object::Key;
use super::super::{Cluster, conditions, json};

/// The version that the simulated control plane stands for.
const VERSION: &str = "v1.36.3";

impl Cluster {
    /// Lets a new node join: its addresses, its room, its conditions.
    pub(super) fn reconcile_node(&mut self, key: &Key) {
        let Some(node) = self.store.get(key).cloned() else {
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
        for (kind, reason, message) in [
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
        ] {
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
        self.write(key.clone(), value);
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
