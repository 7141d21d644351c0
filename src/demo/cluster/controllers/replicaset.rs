//! ReplicaSets: so many pods of a template.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json, selector};
use super::pods::{available_from, from_template, is_active, is_ready, min_ready, sort_by_loss};

const NAME: &str = "replicaset-controller";

impl Cluster {
    /// Makes and ends pods until there are as many as wanted, and says how many there are.
    pub(super) fn reconcile_replica_set(&mut self, key: &Key) {
        let Some(set) = self.store.get(key).cloned() else {
            return;
        };
        let value = set.value();
        if !set.deleting {
            let wanted = json::number(&value, "/spec/replicas").unwrap_or(1);
            let wanted = usize::try_from(wanted).unwrap_or_default();
            self.claim(&set, Kind::Pod, json::at(&value, "/spec/selector"));
            let mut pods = self.pods_of(&set);
            pods.retain(|pod| is_active(pod));
            let about = About::object(&set);
            if pods.len() > wanted {
                sort_by_loss(&mut pods);
                for pod in pods.iter().take(pods.len() - wanted) {
                    self.end_owned(NAME, &about, pod);
                }
            } else if pods.len() < wanted {
                let mut pod = from_template(json::at(&value, "/spec/template"));
                json::set(&mut pod, "/metadata/generateName", format!("{}-", key.name));
                for _ in pods.len()..wanted {
                    let made = self.make_owned(key, &set.uid, Kind::Pod, pod.clone());
                    let message = format!("Created pod: {}", made.key.name);
                    self.say(
                        Voice::Controller(NAME),
                        &about,
                        "SuccessfulCreate",
                        &message,
                    );
                }
            }
        }
        let (status, next) = self.count_replica_set(&set, &value);
        if status != *json::at(&value, "/status") {
            self.report(key, &status);
        }
        if let Some(next) = next {
            self.touch_at(key.clone(), next);
        }
    }

    /// The status of a ReplicaSet, and when it changes by itself.
    fn count_replica_set(&self, set: &Object, value: &Value) -> (Value, Option<Timestamp>) {
        let (min_ready, now) = (min_ready(value), self.now);
        let pods = self.pods_of(set);
        let active = || pods.iter().filter(|pod| is_active(pod));
        let labels = selector::pairs(json::at(value, "/spec/template/metadata/labels"));
        let labeled = |pod: &&Arc<Object>| labels.iter().all(|(k, v)| pod.labels.get(k) == Some(v));
        let available = active().filter_map(|pod| available_from(pod, min_ready));
        let next = available.clone().filter(|at| *at > now).min();
        let mut status = json!({"replicas": active().count()});
        for (field, count) in [
            ("/fullyLabeledReplicas", active().filter(labeled).count()),
            (
                "/readyReplicas",
                active().filter(|pod| is_ready(pod)).count(),
            ),
            (
                "/availableReplicas",
                available.filter(|at| *at <= now).count(),
            ),
        ] {
            json::count(&mut status, field, count);
        }
        let leaving = pods.iter().filter(|pod| pod.deleting).count();
        json::set(&mut status, "/terminatingReplicas", leaving);
        let generation = json::at(value, "/metadata/generation").clone();
        json::set(&mut status, "/observedGeneration", generation);
        (status, next)
    }
}
