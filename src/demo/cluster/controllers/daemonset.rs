//! DaemonSets: one pod on each node.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json, naming, selector};
use super::pods::{available_from, from_template, is_active, is_ready, min_ready, share};

const NAME: &str = "daemonset-controller";
/// Which version of the template a pod is of.
const REVISION: &str = "controller-revision-hash";

impl Cluster {
    /// Makes and ends pods until each node that is meant has one, and says how many have.
    pub(super) fn reconcile_daemon_set(&mut self, key: &Key) {
        let Some(set) = self.store.get(key).cloned() else {
            return;
        };
        let value = set.value();
        let revision = naming::template_hash(json::at(&value, "/spec/template"), 0);
        let mut by_node: BTreeMap<Arc<str>, Vec<Arc<Object>>> = BTreeMap::new();
        for pod in self.pods_of(&set) {
            if let Some(node) = pod.node.clone() {
                by_node.entry(node).or_default().push(pod);
            }
        }
        let nodes = self.nodes_of(&value);
        if !set.deleting {
            for node in &nodes {
                if !by_node.contains_key(node) {
                    self.make_daemon(&set, &value, node, &revision);
                }
            }
            let about = About::object(&set);
            for (node, pods) in &by_node {
                for pod in pods {
                    let over = pod.pod.as_ref().is_some_and(|facts| facts.phase.over());
                    if !pod.deleting && (over || !nodes.contains(node)) {
                        self.end_owned(NAME, &about, pod);
                    }
                }
            }
            self.replace_daemons(&set, &value, &nodes, &by_node, &revision);
        }
        self.count_daemon_set(key, nodes.len(), &revision);
    }

    /// The nodes that are meant.
    fn nodes_of(&self, set: &Value) -> Vec<Arc<str>> {
        let wanted = selector::pairs(json::at(set, "/spec/template/spec/nodeSelector"));
        let fits = self.relations.rooms().filter(|(_, room)| {
            wanted
                .iter()
                .all(|(key, value)| room.labels.get(key) == Some(value))
        });
        fits.map(|(name, _)| Arc::clone(name)).collect()
    }

    fn make_daemon(&mut self, set: &Arc<Object>, value: &Value, node: &Arc<str>, revision: &str) {
        let mut pod = from_template(json::at(value, "/spec/template"));
        json::set(
            &mut pod,
            "/metadata/generateName",
            format!("{}-", set.key.name),
        );
        json::set(&mut pod, &format!("/metadata/labels/{REVISION}"), revision);
        json::set(&mut pod, "/spec/nodeName", &**node);
        let made = self.make_owned(&set.key, &set.uid, Kind::Pod, pod);
        let about = About::object(set);
        let message = format!("Created pod: {}", made.key.name);
        self.say(
            Voice::Controller(NAME),
            &about,
            "SuccessfulCreate",
            &message,
        );
    }

    /// Ends the pods of an old template, a few at a time.
    fn replace_daemons(
        &mut self,
        set: &Arc<Object>,
        value: &Value,
        nodes: &[Arc<str>],
        by_node: &BTreeMap<Arc<str>, Vec<Arc<Object>>>,
        revision: &str,
    ) {
        if json::text(value, "/spec/updateStrategy/type") == "OnDelete" {
            return;
        }
        let limit = json::at(value, "/spec/updateStrategy/rollingUpdate/maxUnavailable");
        let limit = share(limit, nodes.len().try_into().unwrap_or_default(), true).max(1);
        let limit = usize::try_from(limit).unwrap_or(1);
        let pods = || by_node.values().flatten();
        let old = |pod: &&Arc<Object>| pod.labels.get(REVISION).is_none_or(|own| own != revision);
        // Those that are not ready are no loss.
        let idle = pods()
            .filter(old)
            .filter(|pod| is_active(pod) && !is_ready(pod));
        let idle: Vec<Arc<Object>> = idle.cloned().collect();
        let serves = |node: &&Arc<str>| {
            let pods = by_node.get(*node).into_iter().flatten();
            pods.into_iter().any(|pod| !pod.deleting && is_ready(pod))
        };
        let missing = nodes.len() - nodes.iter().filter(serves).count();
        let about = About::object(set);
        for pod in &idle {
            self.end_owned(NAME, &about, pod);
        }
        let rest = pods()
            .filter(old)
            .filter(|pod| is_active(pod) && is_ready(pod));
        for pod in rest
            .take(limit.saturating_sub(missing))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.end_owned(NAME, &about, &pod);
        }
    }

    fn count_daemon_set(&mut self, key: &Key, desired: usize, revision: &str) {
        let Some(set) = self.store.get(key).cloned() else {
            return;
        };
        let value = set.value();
        let (min_ready, now) = (min_ready(&value), self.now);
        let mut pods = self.pods_of(&set);
        pods.retain(|pod| is_active(pod));
        let available = pods.iter().filter_map(|pod| available_from(pod, min_ready));
        let next = available.clone().filter(|at| *at > now).min();
        let available = available.filter(|at| *at <= now).count();
        let updated = pods
            .iter()
            .filter(|pod| pod.labels.get(REVISION).is_some_and(|own| own == revision));
        let mut status = json!({
            "currentNumberScheduled": pods.len(), "desiredNumberScheduled": desired,
            "numberMisscheduled": 0, "numberReady": pods.iter().filter(|pod| is_ready(pod)).count(),
            "observedGeneration": json::at(&value, "/metadata/generation"),
        });
        for (field, number) in [
            ("/numberAvailable", available),
            ("/numberUnavailable", desired.saturating_sub(available)),
            ("/updatedNumberScheduled", updated.count()),
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

    fn agents() -> Cluster {
        let mut cluster = cluster();
        let set = json!({
            "metadata": {"name": "agent"},
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template("agent")}
        });
        cluster.make(Kind::DaemonSet, set);
        cluster.pass_until(20, "ready", |c| c.ready("agent") == 3);
        cluster.pass(1);
        cluster
    }

    #[test]
    fn each_node_has_one() {
        let mut cluster = agents();
        let nodes = |cluster: &Cluster| -> Vec<String> {
            let pods = cluster.pods("agent").into_iter();
            let mut nodes: Vec<String> = pods
                .filter_map(|pod| Some(pod.node.as_ref()?.to_string()))
                .collect();
            nodes.sort();
            nodes
        };
        assert_eq!(nodes(&cluster), ["node-0", "node-1", "node-2"]);
        // As a real control plane 1.36.3 wrote it.
        let expected = json!({
            "currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberAvailable": 3,
            "numberMisscheduled": 0, "numberReady": 3, "observedGeneration": 1,
            "updatedNumberScheduled": 3
        });
        assert_eq!(
            cluster.value(&key(Kind::DaemonSet, "agent"))["status"],
            expected
        );
        let node = json!({"metadata": {"name": "node-3"}});
        cluster.create(Kind::Node, "", node).expect("a node");
        cluster.pass_until(20, "the new node has one", |c| c.ready("agent") == 4);
        assert_eq!(nodes(&cluster), ["node-0", "node-1", "node-2", "node-3"]);
    }

    #[test]
    fn an_update_takes_one_at_a_time() {
        let mut cluster = agents();
        let set = key(Kind::DaemonSet, "agent");
        let at = json!({"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}});
        cluster.merge(&set, at);
        let end = cluster.now() + std::time::Duration::from_secs(90);
        while cluster.number(&set, "/status/observedGeneration") < 2
            || cluster.number(&set, "/status/updatedNumberScheduled") < 3
            || cluster.ready("agent") < 3
        {
            assert!(cluster.now() < end, "{}", cluster.value(&set));
            cluster.advance(cluster.now() + std::time::Duration::from_millis(100));
            assert!(cluster.ready("agent") >= 2);
        }
    }
}
