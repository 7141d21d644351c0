use std::sync::Arc;

use serde_json::json;

use super::super::super::testing::{SHOP, cluster, deployment, key, template};
use super::super::super::verbs::DeleteOptions;
use super::*;

/// A cluster with six pods on three nodes, and the name of one of these.
fn busy() -> (Cluster, Arc<str>) {
    let mut cluster = cluster();
    cluster.make(Kind::Deployment, deployment("web", 6));
    cluster.pass_until(20, "ready", |c| c.ready("web") == 6);
    cluster.pass(5);
    let node = cluster.pods("web")[0].node.clone().expect("it has one");
    (cluster, node)
}

fn ready(cluster: &Cluster, node: &str) -> String {
    let value = cluster.value(&Key::new(Kind::Node, "", node));
    let condition = conditions::get(&value["status"], "Ready").expect("it says so");
    json::text(condition, "/status").to_owned()
}

fn on(cluster: &Cluster, node: &str) -> Vec<Arc<Object>> {
    cluster.store.on_node(node).cloned().collect()
}

#[test]
fn a_node_joins_with_all_that_clients_read() {
    let (cluster, _) = busy();
    let node = cluster.value(&Key::new(Kind::Node, "", "node-1"));
    assert_eq!(node["spec"]["podCIDR"], "10.244.1.0/24");
    assert_eq!(node["status"]["allocatable"]["pods"], "110");
    assert_eq!(
        node["metadata"]["labels"]["kubernetes.io/hostname"],
        "node-1"
    );
    assert_eq!(ready(&cluster, "node-1"), "True");
    for pod in on(&cluster, "node-1") {
        let value = pod.value();
        assert!(json::text(&value, "/status/podIP").starts_with("10.244.1."));
        assert_eq!(
            value["status"]["hostIP"],
            node["status"]["addresses"][0]["address"]
        );
    }
}

#[test]
fn pods_are_spread_evenly() {
    let (cluster, _) = busy();
    for node in ["node-0", "node-1", "node-2"] {
        assert_eq!(on(&cluster, node).len(), 2, "{node}");
    }
}

#[test]
fn a_lost_node_loses_its_pods_and_gets_rid_of_them_when_it_is_back() {
    let (mut cluster, node) = busy();
    let lost: Vec<Arc<str>> = on(&cluster, &node)
        .iter()
        .map(|pod| pod.uid.clone())
        .collect();
    assert!(cluster.lose_node(&node));
    cluster.pass(5);
    assert_eq!(
        ready(&cluster, &node),
        "True",
        "it takes a while until it is noticed"
    );
    cluster.pass(5);
    assert_eq!(ready(&cluster, &node), "Unknown");
    assert_eq!(cluster.ready("web"), 4);
    assert!(on(&cluster, &node).iter().all(|pod| !pod.deleting));
    cluster.pass(40);
    assert_eq!(cluster.ready("web"), 6, "replaced elsewhere");
    let stuck = on(&cluster, &node);
    assert!(
        stuck.len() == 2
            && stuck
                .iter()
                .all(|pod| pod.deleting && lost.contains(&pod.uid))
    );
    cluster.pass(600);
    assert_eq!(on(&cluster, &node).len(), 2, "nobody is there to end them");
    assert!(cluster.return_node(&node));
    cluster.pass(5);
    assert_eq!(ready(&cluster, &node), "True");
    assert_eq!(
        (on(&cluster, &node).len(), cluster.pods("web").len()),
        (0, 6)
    );
    let value = cluster.value(&Key::new(Kind::Node, "", &node));
    assert_eq!(value["spec"]["taints"], serde_json::Value::Null);
}

#[test]
fn a_node_that_is_back_soon_keeps_its_pods() {
    let (mut cluster, node) = busy();
    let before: Vec<Arc<str>> = cluster
        .pods("web")
        .iter()
        .map(|pod| pod.uid.clone())
        .collect();
    cluster.lose_node(&node);
    cluster.pass(20);
    assert_eq!(cluster.ready("web"), 4);
    cluster.return_node(&node);
    cluster.pass(60);
    let after: Vec<Arc<str>> = cluster
        .pods("web")
        .iter()
        .map(|pod| pod.uid.clone())
        .collect();
    assert_eq!((before, cluster.ready("web")), (after, 6));
    assert!(!cluster.return_node(&node), "it was not lost any more");
    assert!(!cluster.lose_node("nowhere"));
}

#[test]
fn nothing_is_scheduled_to_a_node_that_is_lost_or_cordoned() {
    let (mut cluster, node) = busy();
    cluster.lose_node(&node);
    cluster.pass(10);
    let cordoned = if &*node == "node-0" {
        "node-1"
    } else {
        "node-0"
    };
    let cordon = json!({"spec": {"unschedulable": true}});
    cluster.merge(&Key::new(Kind::Node, "", cordoned), cordon);
    cluster.make(Kind::Deployment, deployment("more", 4));
    cluster.pass(20);
    let nodes: Vec<Arc<str>> = cluster
        .pods("more")
        .iter()
        .filter_map(|pod| pod.node.clone())
        .collect();
    assert_eq!(nodes.len(), 4);
    assert!(
        nodes
            .iter()
            .all(|name| **name != *node && **name != *cordoned),
        "{nodes:?}"
    );
}

#[test]
fn pods_of_a_deleted_node_go() {
    let (mut cluster, node) = busy();
    let key = Key::new(Kind::Node, "", &node);
    cluster
        .delete(&key, &DeleteOptions::default())
        .expect("it is there");
    cluster.pass(30);
    assert_eq!((on(&cluster, &node).len(), cluster.ready("web")), (0, 6));
}

#[test]
fn a_pod_that_fits_nowhere_waits_and_says_why_once() {
    let (mut cluster, _) = busy();
    let mut big = template("big");
    big["metadata"]["name"] = json!("big");
    big["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("20");
    cluster.make(Kind::Pod, big);
    cluster.pass(5);
    let pod = key(Kind::Pod, "big");
    let condition = conditions::get(&cluster.value(&pod)["status"], "PodScheduled").cloned();
    let condition = condition.expect("it says so");
    assert_eq!(
        (&condition["status"], &condition["reason"]),
        (&json!("False"), &json!("Unschedulable"))
    );
    let message = "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 \
         nodes are available: 3 No preemption victims found for incoming pod.";
    assert_eq!(
        cluster.told("big"),
        [("FailedScheduling".to_owned(), 1, message.to_owned())]
    );
    let room = json!({"metadata": {"name": "node-big"}, "status": {
        "capacity": {"cpu": "64", "memory": "256Gi", "pods": "110"}
    }});
    cluster.create(Kind::Node, "", room).expect("a node");
    cluster.pass(5);
    let node = cluster.store.get(&pod).and_then(|pod| pod.node.clone());
    assert_eq!(node.as_deref(), Some("node-big"));
}

#[test]
fn a_node_takes_as_many_pods_as_it_says() {
    let mut cluster = cluster();
    for node in ["node-0", "node-1", "node-2"] {
        let key = Key::new(Kind::Node, "", node);
        cluster
            .delete(&key, &DeleteOptions::default())
            .expect("it is there");
    }
    let small =
        json!({"metadata": {"name": "small"}, "status": {"capacity": {"cpu": "8", "pods": "3"}}});
    cluster.create(Kind::Node, "", small).expect("a node");
    cluster.make(Kind::Deployment, deployment("web", 5));
    cluster.pass(20);
    assert_eq!((cluster.ready("web"), on(&cluster, "small").len()), (3, 3));
    let web = key(Kind::Deployment, "web");
    assert_eq!(cluster.number(&web, "/status/unavailableReplicas"), 2);
    let reason = "0/1 nodes are available: 1 Too many pods.";
    let waiting = cluster
        .pods("web")
        .into_iter()
        .filter(|pod| pod.node.is_none());
    for pod in waiting {
        assert!(cluster.told(&pod.key.name)[0].2.starts_with(reason));
    }
    assert_eq!(cluster.store.list(Kind::Pod, Some(SHOP)).count(), 5);
}
