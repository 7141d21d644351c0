//! What belongs together, kept up with every write, so that no controller searches among thousands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::Value;

use super::kind::Kind;
use super::object::{Key, Object};
use super::store::Change;
use super::{json, quantity, selector};

/// How many pods a node takes that does not say so.
/// <https://kubernetes.io/docs/setup/best-practices/cluster-large/>
const PODS_OF_A_NODE: u64 = 110;

/// A node as the scheduler sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// Whether it is ready.
    pub(super) ready: bool,
    /// Whether it is cordoned.
    pub(super) cordoned: bool,
    /// The taints that keep pods away: keys, values, effects.
    pub(super) taints: Vec<(String, String, String)>,
    /// Its labels.
    pub(super) labels: BTreeMap<String, String>,
    /// How many pods it takes.
    pub(super) pods: u64,
    /// What its processors can do, in thousandths.
    pub(super) cpu_millis: u64,
    /// How many pods it has that are not over.
    pub(super) used_pods: u64,
    /// What these ask for.
    pub(super) used_cpu_millis: u64,
    /// Whether it is still there: loads are counted before a node is known, too.
    pub(super) known: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// Where the objects are that can control others, by their uid.
    homes: HashMap<Arc<str>, Key>,
    /// Services by namespace and the first pair of their selector.
    selecting: HashMap<(Arc<str>, String, String), BTreeSet<Key>>,
    /// The selectors of Services.
    selectors: HashMap<Key, BTreeMap<String, String>>,
    /// The pods that each Service selects.
    selected: HashMap<Key, BTreeSet<Key>>,
    /// The addresses of Services.
    addresses: BTreeSet<Ipv4Addr>,
    /// The nodes.
    rooms: BTreeMap<Arc<str>, Room>,
    /// The pods and ReplicaSets that nothing controls.
    loose: BTreeSet<Key>,
    /// The pods without a node, in the order of their creation.
    waiting: BTreeSet<(i64, Key)>,
}

impl Relations {
    /// The object of a uid, if it can control others.
    pub(super) fn home(&self, uid: &str) -> Option<&Key> {
        self.homes.get(uid)
    }

    /// Whether no Service has this address.
    pub(super) fn is_free(&self, address: Ipv4Addr) -> bool {
        !self.addresses.contains(&address)
    }

    /// The nodes by name.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (&Arc<str>, &Room)> {
        self.rooms.iter().filter(|(_, room)| room.known)
    }

    /// One node.
    pub(super) fn room(&self, node: &str) -> Option<&Room> {
        self.rooms.get(node).filter(|room| room.known)
    }

    /// The pods that a Service selects.
    pub(super) fn selected_by(&self, service: &Key) -> impl Iterator<Item = &Key> {
        self.selected.get(service).into_iter().flatten()
    }

    /// The objects of a kind in a namespace that nothing controls.
    pub(super) fn loose(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = &Key> {
        let first = Key::new(kind, namespace, "");
        let home = Arc::clone(&first.namespace);
        let after = self.loose.range(first..);
        after.take_while(move |key| key.kind == kind && key.namespace == home)
    }

    /// The Services that select an object with these labels.
    fn selecting(&self, namespace: &Arc<str>, labels: &BTreeMap<String, String>) -> Vec<Key> {
        let candidates = labels.iter().filter_map(|(key, value)| {
            let pair = (Arc::clone(namespace), key.clone(), value.clone());
            self.selecting.get(&pair)
        });
        let fits = |service: &&Key| {
            let selector = self.selectors.get(*service);
            selector.is_some_and(|pairs| pairs.iter().all(|(k, v)| labels.get(k) == Some(v)))
        };
        candidates.flatten().filter(fits).cloned().collect()
    }

    /// The pods that have no node, oldest first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Key> {
        self.waiting.iter().map(|(_, key)| key)
    }

    /// Takes note of a write; gives the Services whose pods it changed.
    pub(super) fn note(&mut self, change: &Change) -> Vec<Key> {
        let (object, gone) = (&change.object, change.deleted);
        let before = change.before.as_ref();
        if may_control(object.key.kind) {
            if gone {
                self.homes.remove(&object.uid);
            } else if before.is_none() {
                self.homes
                    .insert(Arc::clone(&object.uid), object.key.clone());
            }
        }
        if matches!(object.key.kind, Kind::Pod | Kind::ReplicaSet) {
            if !gone && object.controller.is_none() {
                self.loose.insert(object.key.clone());
            } else {
                self.loose.remove(&object.key);
            }
        }
        match object.key.kind {
            Kind::Pod => self.note_pod(object, before, gone),
            Kind::Node => {
                self.note_node(object, gone);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Takes note of a Service; `pods` are those of its namespace.
    pub(super) fn note_service<'a>(
        &mut self,
        change: &Change,
        pods: impl Iterator<Item = &'a Arc<Object>>,
    ) {
        let key = &change.object.key;
        let first = |selector: &BTreeMap<String, String>| {
            let (label, value) = selector.first_key_value()?;
            Some((Arc::clone(&key.namespace), label.clone(), value.clone()))
        };
        let spec = |object: &Object| {
            let value = object.value();
            let address = json::text(&value, "/spec/clusterIP")
                .parse::<Ipv4Addr>()
                .ok();
            (selector::pairs(json::at(&value, "/spec/selector")), address)
        };
        if let Some((old, address)) = change.before.as_deref().map(spec) {
            if let Some(address) = address {
                self.addresses.remove(&address);
            }
            if let Some(first) = first(&old)
                && let Some(services) = self.selecting.get_mut(&first)
            {
                services.remove(key);
                if services.is_empty() {
                    self.selecting.remove(&first);
                }
            }
        }
        let (new, address) = spec(&change.object);
        if change.deleted {
            self.selectors.remove(key);
            self.selected.remove(key);
            return;
        }
        self.addresses.extend(address);
        if self.selectors.get(key) != Some(&new) {
            let fits = |pod: &&Arc<Object>| {
                !new.is_empty() && new.iter().all(|(k, v)| pod.labels.get(k) == Some(v))
            };
            let pods = pods.filter(fits).map(|pod| pod.key.clone()).collect();
            self.selected.insert(key.clone(), pods);
        }
        if let Some(first) = first(&new) {
            self.selecting.entry(first).or_default().insert(key.clone());
        }
        self.selectors.insert(key.clone(), new);
    }

    fn note_pod(
        &mut self,
        pod: &Arc<Object>,
        before: Option<&Arc<Object>>,
        gone: bool,
    ) -> Vec<Key> {
        let key = &pod.key;
        if let Some(before) = before {
            self.count(before, false);
        }
        if !gone {
            self.count(pod, true);
        }
        let place = |pod: &Object| (pod.created.as_second(), pod.key.clone());
        let unbound = |pod: &Object| pod.node.is_none() && !pod.deleting;
        if before.is_some_and(|before| unbound(before)) {
            self.waiting.remove(&place(pod));
        }
        if unbound(pod) && !gone {
            self.waiting.insert(place(pod));
        }
        let same_labels = before.is_some_and(|before| before.labels == pod.labels);
        let seen = |pod: &Object| {
            pod.pod
                .as_ref()
                .and_then(|facts| facts.endpoint(pod.deleting))
        };
        let endpoint = seen(pod).filter(|_| !gone);
        let changed = before.and_then(|before| seen(before)) != endpoint;
        if !gone && same_labels && !changed {
            return Vec::new();
        }
        let mut touched = Vec::new();
        if let Some(before) = before.filter(|_| !same_labels) {
            for service in self.selecting(&key.namespace, &before.labels) {
                if let Some(pods) = self.selected.get_mut(&service) {
                    pods.remove(key);
                }
                touched.push(service);
            }
        }
        for service in self.selecting(&key.namespace, &pod.labels) {
            if gone && let Some(pods) = self.selected.get_mut(&service) {
                pods.remove(key);
            } else if !same_labels {
                let pods = self.selected.entry(service.clone()).or_default();
                pods.insert(key.clone());
            }
            touched.push(service);
        }
        // A pod without an address is no endpoint yet.
        if changed || !same_labels && endpoint.is_some() {
            touched
        } else {
            Vec::new()
        }
    }

    /// Counts a pod's load on its node, or takes it off.
    fn count(&mut self, pod: &Object, on: bool) {
        let (Some(node), Some(facts)) = (&pod.node, &pod.pod) else {
            return;
        };
        if facts.phase.over() {
            return;
        }
        let room = self.rooms.entry(Arc::clone(node)).or_default();
        if on {
            room.used_pods += 1;
            room.used_cpu_millis += facts.cpu_millis;
        } else {
            room.used_pods = room.used_pods.saturating_sub(1);
            room.used_cpu_millis = room.used_cpu_millis.saturating_sub(facts.cpu_millis);
        }
    }

    fn note_node(&mut self, node: &Arc<Object>, gone: bool) {
        let value = node.value();
        let room = self.rooms.entry(Arc::clone(&node.key.name)).or_default();
        room.known = !gone;
        room.ready = json::items(&value, "/status/conditions")
            .any(|c| json::text(c, "/type") == "Ready" && json::text(c, "/status") == "True");
        room.cordoned = json::at(&value, "/spec/unschedulable") == true;
        let part = |taint: &Value, path| json::text(taint, path).to_owned();
        room.taints = json::items(&value, "/spec/taints")
            .filter(|taint| json::text(taint, "/effect") != "PreferNoSchedule")
            .map(|t| (part(t, "/key"), part(t, "/value"), part(t, "/effect")))
            .collect();
        room.labels.clone_from(&node.labels);
        let amount = |path| json::at(&value, path).as_str();
        room.pods = amount("/status/allocatable/pods")
            .and_then(quantity::whole)
            .unwrap_or(PODS_OF_A_NODE);
        room.cpu_millis = amount("/status/allocatable/cpu")
            .and_then(quantity::millis)
            .unwrap_or(u64::MAX);
    }
}

/// The kinds whose objects control others.
const fn may_control(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::CronJob
            | Kind::Job
            | Kind::Service
    )
}
