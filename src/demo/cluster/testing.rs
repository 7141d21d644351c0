//! A small cluster for tests, and short ways to ask of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kind::Kind;
use super::object::{Key, Object, Phase};
use super::verbs::Patch;
use super::{Cluster, json};

/// The namespace of the tests.
pub(super) const SHOP: &str = "shop";

/// A cluster with three nodes and the namespace [`SHOP`], a few seconds old.
pub(super) fn cluster() -> Cluster {
    cluster_of(1, 3)
}

/// A cluster of a seed with so many nodes.
pub(super) fn cluster_of(seed: u64, nodes: usize) -> Cluster {
    let start = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut cluster = Cluster::new(seed, start);
    for number in 0..nodes {
        let node = json!({"metadata": {"name": format!("node-{number}")}});
        cluster.create(Kind::Node, "", node).expect("a node");
    }
    let namespace = json!({"metadata": {"name": SHOP}});
    cluster
        .create(Kind::Namespace, "", namespace)
        .expect("a namespace");
    cluster.pass(5);
    cluster
}

/// A key in [`SHOP`].
pub(super) fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, SHOP, name)
}

/// A Deployment of so many pods.
pub(super) fn deployment(name: &str, replicas: u64) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": template(name)
        }
    })
}

/// A template of pods with the label `app`.
pub(super) fn template(name: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{
            "name": name, "image": format!("registry.test/{name}:1"),
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}
        }]}
    })
}

/// A Service in front of the pods with a label.
pub(super) fn service(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]
    }})
}

impl Cluster {
    /// Lets seconds pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.advance(self.now + Duration::from_secs(seconds));
    }

    /// Lets time pass until something holds, looking ten times a second; fails after so many seconds.
    pub(super) fn pass_until(&mut self, seconds: u64, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(seconds);
        while !holds(self) {
            assert!(self.now < end, "not after {seconds} s: {what}");
            self.advance(self.now + Duration::from_millis(100));
        }
    }

    /// Makes an object in [`SHOP`].
    pub(super) fn make(&mut self, kind: Kind, object: Value) -> Arc<Object> {
        self.create(kind, SHOP, object).expect("it is valid")
    }

    /// Patches an object by a merge.
    pub(super) fn merge(&mut self, key: &Key, change: Value) {
        self.patch(key, &Patch::Merge(change))
            .expect("it can be patched");
    }

    /// An object.
    pub(super) fn value(&self, key: &Key) -> Value {
        self.store
            .get(key)
            .unwrap_or_else(|| panic!("no {key:?}"))
            .value()
    }

    /// A number of an object; 0 where there is none.
    pub(super) fn number(&self, key: &Key, path: &str) -> i64 {
        json::number(&self.value(key), path).unwrap_or_default()
    }

    /// The pods in [`SHOP`] that have a label `app`.
    pub(super) fn pods(&self, app: &str) -> Vec<Arc<Object>> {
        let pods = self.store.list(Kind::Pod, Some(SHOP));
        let of_app = |pod: &&Arc<Object>| pod.labels.get("app").is_some_and(|label| label == app);
        pods.filter(of_app).cloned().collect()
    }

    /// Those of them that are ready and stay.
    pub(super) fn ready(&self, app: &str) -> usize {
        let pods = self.pods(app);
        pods.iter()
            .filter(|pod| !pod.deleting && is_ready(pod))
            .count()
    }

    /// The events about objects of this name in [`SHOP`]: reasons, counts and messages.
    pub(super) fn told(&self, name: &str) -> Vec<(String, i64, String)> {
        let events = self
            .store
            .list(Kind::Event, Some(SHOP))
            .map(|event| event.value());
        let mut events: Vec<Value> = events
            .filter(|e| json::text(e, "/involvedObject/name") == name)
            .collect();
        events.sort_by_key(|e| json::text(e, "/metadata/name").to_owned());
        let told = events.iter().map(|event| {
            let text = |path| json::text(event, path).to_owned();
            let count = json::number(event, "/count").unwrap_or(1);
            (text("/reason"), count, text("/message"))
        });
        told.collect()
    }

    /// All that is there, as text.
    pub(super) fn dump(&self) -> String {
        let all = Kind::ALL
            .into_iter()
            .flat_map(|kind| self.store.list(kind, None));
        all.fold(String::new(), |dump, object| dump + object.json() + "\n")
    }
}

/// Whether a pod runs and is ready.
pub(super) fn is_ready(pod: &Object) -> bool {
    let facts = pod.pod.as_ref().expect("a pod");
    facts.phase == Phase::Running && facts.ready_since.is_some()
}

/// How long ago in seconds something was.
pub(super) fn seconds_between(earlier: &Value, later: &Value) -> i64 {
    let time =
        |value: &Value| -> Timestamp { value.as_str().expect("a time").parse().expect("a time") };
    time(later).as_second() - time(earlier).as_second()
}
