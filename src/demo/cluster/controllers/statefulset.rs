//! `StatefulSet`s: pods with names that stay, one after the other.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json, naming};
use super::pods::{available_from, from_template, is_ready, min_ready};

const NAME: &str = "statefulset-controller";
/// Which version of the template a pod is of.
const REVISION: &str = "controller-revision-hash";

/// A StatefulSet as its controller reads it.
struct Wanted {
    object: Arc<Object>,
    value: Value,
    replicas: i64,
    /// One after the other, or all together.
    ordered: bool,
    /// The version of its template: the name that its `ControllerRevision` would have.
    revision: String,
}

impl Wanted {
    fn of(object: &Arc<Object>) -> Self {
        let value = object.value();
        let hash = naming::template_hash(json::at(&value, "/spec/template"), 0);
        Self {
            replicas: json::number(&value, "/spec/replicas").unwrap_or(1),
            ordered: json::text(&value, "/spec/podManagementPolicy") != "Parallel",
            revision: format!("{}-{hash}", object.key.name),
            object: Arc::clone(object),
            value,
        }
    }

    fn is_current(&self, pod: &Object) -> bool {
        pod.labels.get(REVISION) == Some(&self.revision)
    }
}

impl Cluster {
    /// Takes the next step towards what is wanted, and says how far it is.
    pub(super) fn reconcile_stateful_set(&mut self, key: &Key) {
        let Some(object) = self.store.get(key).cloned() else {
            return;
        };
        let wanted = Wanted::of(&object);
        let pods = self.numbered_pods(&object);
        if !object.deleting && self.fill_up(&wanted, &pods) && self.cut_down(&wanted, &pods) {
            self.replace_old(&wanted, &pods);
        }
        self.count_stateful_set(&wanted);
    }

    /// Its pods by their numbers.
    fn numbered_pods(&self, object: &Arc<Object>) -> BTreeMap<i64, Arc<Object>> {
        let pods = self.pods_of(object).into_iter();
        let number = |pod: &Object| pod.key.name.rsplit_once('-')?.1.parse().ok();
        pods.filter_map(|pod| Some((number(&pod)?, pod))).collect()
    }

    /// Makes what is missing. Whether nothing is and all are ready.
    fn fill_up(&mut self, wanted: &Wanted, pods: &BTreeMap<i64, Arc<Object>>) -> bool {
        let mut settled = true;
        for number in 0..wanted.replicas {
            match pods.get(&number) {
                None => {
                    self.make_numbered(wanted, number);
                    settled = false;
                }
                Some(pod) if pod.pod.as_ref().is_some_and(|facts| facts.phase.over()) => {
                    self.end(pod, None);
                    settled = false;
                }
                Some(pod) => settled = settled && is_ready(pod) && !pod.deleting,
            }
            if !settled && wanted.ordered {
                return false;
            }
        }
        settled || !wanted.ordered
    }

    /// Ends what is too much, the highest number first. Whether nothing is.
    fn cut_down(&mut self, wanted: &Wanted, pods: &BTreeMap<i64, Arc<Object>>) -> bool {
        let mut settled = true;
        for (_, pod) in pods.range(wanted.replicas..).rev() {
            settled = false;
            if !pod.deleting {
                self.end_numbered(wanted, pod);
            }
            if wanted.ordered {
                return false;
            }
        }
        settled
    }

    /// Ends the pods of an old template, the highest number first, each when those above it are ready.
    fn replace_old(&mut self, wanted: &Wanted, pods: &BTreeMap<i64, Arc<Object>>) {
        if json::text(&wanted.value, "/spec/updateStrategy/type") == "OnDelete" {
            return;
        }
        let partition = "/spec/updateStrategy/rollingUpdate/partition";
        let lowest = json::number(&wanted.value, partition).unwrap_or_default();
        for (_, pod) in pods.range(lowest..).rev() {
            if !wanted.is_current(pod) && !pod.deleting {
                self.end_numbered(wanted, pod);
                return;
            }
            if pod.deleting || !is_ready(pod) {
                return;
            }
        }
    }

    fn make_numbered(&mut self, wanted: &Wanted, number: i64) {
        let set = &wanted.object.key;
        let name = format!("{}-{number}", set.name);
        let mut pod = from_template(json::at(&wanted.value, "/spec/template"));
        json::set(&mut pod, "/metadata/name", name.as_str());
        json::set(&mut pod, "/metadata/generateName", format!("{}-", set.name));
        for (label, text) in [
            ("controller-revision-hash", wanted.revision.as_str()),
            ("statefulset.kubernetes.io~1pod-name", name.as_str()),
            ("apps.kubernetes.io~1pod-index", &number.to_string()),
        ] {
            json::set(&mut pod, &format!("/metadata/labels/{label}"), text);
        }
        json::set(&mut pod, "/spec/hostname", name.as_str());
        let service = json::text(&wanted.value, "/spec/serviceName");
        if !service.is_empty() {
            json::set(&mut pod, "/spec/subdomain", service);
        }
        if self
            .store
            .get(&Key::new(Kind::Pod, &set.namespace, &name))
            .is_some()
        {
            return;
        }
        self.make_owned(set, &wanted.object.uid, Kind::Pod, pod);
        let message = format!("Create Pod {name} in StatefulSet {} successful", set.name);
        let about = About::object(&wanted.object);
        self.say(
            Voice::Controller(NAME),
            &about,
            "SuccessfulCreate",
            &message,
        );
    }

    fn end_numbered(&mut self, wanted: &Wanted, pod: &Arc<Object>) {
        self.end(pod, None);
        let set = &wanted.object.key.name;
        let message = format!(
            "Delete Pod {} in StatefulSet {set} successful",
            pod.key.name
        );
        let about = About::object(&wanted.object);
        self.say(
            Voice::Controller(NAME),
            &about,
            "SuccessfulDelete",
            &message,
        );
    }

    fn count_stateful_set(&mut self, wanted: &Wanted) {
        let key = &wanted.object.key;
        let Some(object) = self.store.get(key) else {
            return;
        };
        let value = object.value();
        let pods = self.numbered_pods(&wanted.object);
        let (min_ready, now) = (min_ready(&value), self.now);
        let count = |fits: &dyn Fn(&Object) -> bool| pods.values().filter(|pod| fits(pod)).count();
        let available = pods
            .values()
            .filter_map(|pod| available_from(pod, min_ready));
        let next = available.clone().filter(|at| *at > now).min();
        let available = available.filter(|at| *at <= now).count();
        let stays = |pod: &Object| !pod.deleting;
        let updated = count(&|pod| stays(pod) && wanted.is_current(pod));
        let ready = count(&is_ready);
        let before = json::text(&value, "/status/currentRevision");
        let all = usize::try_from(wanted.replicas).unwrap_or_default();
        let done = updated == all && ready == all && pods.len() == all;
        let current = if before.is_empty() || done {
            wanted.revision.clone()
        } else {
            before.to_owned()
        };
        let of_current = count(&|pod| stays(pod) && pod.labels.get(REVISION) == Some(&current));
        let mut status = json!({
            "observedGeneration": json::at(&value, "/metadata/generation"),
            "replicas": pods.len(), "availableReplicas": available, "collisionCount": 0,
            "currentRevision": current, "updateRevision": wanted.revision,
        });
        for (field, number) in [
            ("/readyReplicas", ready),
            ("/currentReplicas", of_current),
            ("/updatedReplicas", updated),
        ] {
            json::count(&mut status, field, number);
        }
        self.report(key, &status);
        if let Some(next) = next {
            self.touch_at(key.clone(), next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{cluster, key, template};
    use super::*;

    fn db(replicas: u64) -> Cluster {
        let mut cluster = cluster();
        let set = json!({
            "metadata": {"name": "db"},
            "spec": {"replicas": replicas, "serviceName": "db",
                     "selector": {"matchLabels": {"app": "db"}}, "template": template("db")}
        });
        cluster.make(Kind::StatefulSet, set);
        cluster
    }

    fn names(cluster: &Cluster) -> Vec<String> {
        cluster
            .pods("db")
            .iter()
            .map(|pod| pod.key.name.to_string())
            .collect()
    }

    #[test]
    fn pods_come_and_go_in_their_order() {
        let mut cluster = db(3);
        for seen in 1..=3 {
            cluster.pass_until(20, "one more", |c| c.pods("db").len() == seen);
            assert_eq!(
                cluster.ready("db"),
                seen - 1,
                "the next comes when the one before is ready"
            );
        }
        cluster.pass_until(20, "all ready", |c| c.ready("db") == 3);
        assert_eq!(names(&cluster), ["db-0", "db-1", "db-2"]);
        cluster.merge(
            &key(Kind::StatefulSet, "db"),
            json!({"spec": {"replicas": 1}}),
        );
        cluster.pass_until(20, "one fewer", |c| c.pods("db").len() == 2);
        assert_eq!(names(&cluster), ["db-0", "db-1"]);
        cluster.pass_until(20, "two fewer", |c| c.pods("db").len() == 1);
        assert_eq!(names(&cluster), ["db-0"]);
    }

    #[test]
    fn an_update_goes_from_the_highest_down() {
        let mut cluster = db(3);
        cluster.pass_until(60, "all ready", |c| c.ready("db") == 3);
        let set = key(Kind::StatefulSet, "db");
        cluster.pass(1);
        let before = cluster.value(&set);
        assert_eq!(
            before["status"]["currentRevision"],
            before["status"]["updateRevision"]
        );
        let at = json!({"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}});
        cluster.merge(&set, at);
        let is_new = |cluster: &Cluster| -> Vec<String> {
            let pods = cluster.pods("db").into_iter();
            let new = pods.filter(|pod| {
                let pod = pod.value();
                json::text(&pod, "/metadata/annotations/restarted") == "now"
            });
            new.map(|pod| pod.key.name.to_string()).collect()
        };
        for expected in [&["db-2"][..], &["db-1", "db-2"], &["db-0", "db-1", "db-2"]] {
            cluster.pass_until(30, "the next", |c| is_new(c).len() == expected.len());
            assert_eq!(is_new(&cluster), expected);
            assert!(cluster.ready("db") >= 2);
        }
        cluster.pass_until(20, "all ready", |c| c.ready("db") == 3);
        cluster.pass(1);
        let after = cluster.value(&set)["status"].clone();
        assert_ne!(
            after["currentRevision"],
            before["status"]["currentRevision"]
        );
        assert_eq!(after["currentRevision"], after["updateRevision"]);
        for count in [
            "replicas",
            "readyReplicas",
            "updatedReplicas",
            "currentReplicas",
            "availableReplicas",
        ] {
            assert_eq!(after[count], 3, "{count}");
        }
    }

    #[test]
    fn a_pod_that_is_deleted_comes_back_under_its_name() {
        let mut cluster = db(2);
        cluster.pass_until(60, "all ready", |c| c.ready("db") == 2);
        let before = cluster.pods("db")[0].clone();
        cluster
            .delete(
                &before.key,
                &crate::demo::cluster::verbs::DeleteOptions::default(),
            )
            .expect("there");
        cluster.pass_until(30, "back", |c| {
            c.ready("db") == 2 && c.pods("db").iter().all(|pod| pod.uid != before.uid)
        });
        assert_eq!(names(&cluster), ["db-0", "db-1"]);
    }
}
