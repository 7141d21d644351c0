//! Short ways to ask of one pod.

mod failing;
mod living;

use std::time::Duration;

use serde_json::{Value, json};

use super::super::kind::Kind;
use super::super::object::{Key, Phase};
use super::super::testing::{cluster, deployment, key, seconds_between, template};
use super::super::verbs::DeleteOptions;
use super::super::{Affliction, Cluster, conditions, json};

/// A cluster with one pod, `web`, that is not controlled.
pub(super) fn lone(behaviour: &str, change: impl FnOnce(&mut Value)) -> (Cluster, Key) {
    let mut cluster = cluster();
    let mut pod = template("web");
    pod["metadata"]["name"] = json!("web");
    pod["metadata"]["labels"]["portolan.test/behaviour"] = json!(behaviour);
    change(&mut pod);
    cluster.make(Kind::Pod, pod);
    (cluster, key(Kind::Pod, "web"))
}

/// The state of the first container: its name, its reason.
pub(super) fn state(cluster: &Cluster, pod: &Key) -> (String, String) {
    let value = cluster.value(pod);
    let state = json::at(&value, "/status/containerStatuses/0/state")
        .as_object()
        .cloned();
    let (name, state) = state
        .and_then(|state| state.into_iter().next())
        .unwrap_or_default();
    (name, json::text(&state, "/reason").to_owned())
}

pub(super) fn is(cluster: &Cluster, pod: &Key, name: &str, reason: &str) -> bool {
    state(cluster, pod) == (name.to_owned(), reason.to_owned())
}

pub(super) fn phase(cluster: &Cluster, pod: &Key) -> Phase {
    cluster
        .store
        .get(pod)
        .and_then(|pod| pod.pod.clone())
        .expect("a pod")
        .phase
}

pub(super) fn ready(cluster: &Cluster, pod: &Key) -> (String, String) {
    let value = cluster.value(pod);
    let condition = conditions::get(&value["status"], "Ready").expect("it says so");
    (
        json::text(condition, "/status").to_owned(),
        json::text(condition, "/message").to_owned(),
    )
}

pub(super) fn count(cluster: &Cluster, reason: &str) -> i64 {
    let told = cluster.told("web").into_iter();
    told.filter(|(said, ..)| said == reason)
        .map(|(_, count, _)| count)
        .sum()
}
