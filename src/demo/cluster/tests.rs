//! The cluster as a whole: the same history from the same seed, and everything as it was wanted in the end.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::kind::Kind;
use super::object::Object;
use super::testing::{SHOP, cluster, cluster_of, deployment, is_ready, key, service};
use super::verbs::{DeleteOptions, Patch};
use super::{Affliction, Cluster, json};

/// What people do to a Deployment.
#[derive(Clone, Debug)]
enum Deed {
    Scale(usize, u8),
    Image(usize, u8),
    Restart(usize),
    DeletePod(usize, usize),
    Delete(usize),
    Create(usize, u8),
    LoseNode(usize),
    ReturnNode(usize),
    Crash(usize, usize),
    Wait(u16),
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..3_usize, 0..8_u8).prop_map(|(which, n)| Deed::Scale(which, n)),
        (0..3_usize, 0..4_u8).prop_map(|(which, n)| Deed::Image(which, n)),
        (0..3_usize).prop_map(Deed::Restart),
        (0..3_usize, 0..8_usize).prop_map(|(which, n)| Deed::DeletePod(which, n)),
        (0..3_usize).prop_map(Deed::Delete),
        (0..3_usize, 0..6_u8).prop_map(|(which, n)| Deed::Create(which, n)),
        (0..3_usize).prop_map(Deed::LoseNode),
        (0..3_usize).prop_map(Deed::ReturnNode),
        (0..3_usize, 0..8_usize).prop_map(|(which, n)| Deed::Crash(which, n)),
        (0..20_000_u16).prop_map(Deed::Wait),
    ]
}

/// Does it; what is refused is refused. Time passes in steps of so many milliseconds.
fn act(cluster: &mut Cluster, deed: &Deed, step: u64) {
    let web = |which: usize| key(Kind::Deployment, NAMES[which]);
    match deed {
        Deed::Scale(which, number) => {
            let scale = Patch::Merge(json!({"spec": {"replicas": number}}));
            let _ = cluster.patch_scale(&web(*which), &scale);
        }
        Deed::Image(which, version) => {
            let name = NAMES[*which];
            let change = json!({"spec": {"template": {"spec": {"containers": [
                {"name": name, "image": format!("registry.test/{name}:{version}")}
            ]}}}});
            let _ = cluster.patch(&web(*which), &Patch::Strategic(change));
        }
        Deed::Restart(which) => {
            let at = cluster.now().to_string();
            let change =
                json!({"spec": {"template": {"metadata": {"annotations": {"restarted": at}}}}});
            let _ = cluster.patch(&web(*which), &Patch::Strategic(change));
        }
        Deed::DeletePod(which, number) => {
            if let Some(pod) = cluster.pods(NAMES[*which]).get(*number) {
                let _ = cluster.delete(&pod.key, &DeleteOptions::default());
            }
        }
        Deed::Delete(which) => {
            let _ = cluster.delete(&web(*which), &DeleteOptions::default());
        }
        Deed::Create(which, number) => {
            let name = NAMES[*which];
            let _ = cluster.create(Kind::Deployment, SHOP, deployment(name, (*number).into()));
        }
        Deed::LoseNode(which) => {
            cluster.lose_node(&format!("node-{which}"));
        }
        Deed::ReturnNode(which) => {
            cluster.return_node(&format!("node-{which}"));
        }
        Deed::Crash(which, number) => {
            if let Some(pod) = cluster.pods(NAMES[*which]).get(*number) {
                let (exit_code, reason) = (1, "Error".to_owned());
                let after = Duration::from_secs(2);
                cluster.afflict(
                    &pod.uid,
                    Affliction::Crash {
                        exit_code,
                        reason,
                        after,
                    },
                );
            }
        }
        Deed::Wait(millis) => wait(cluster, (*millis).into(), step),
    }
}

fn wait(cluster: &mut Cluster, millis: u64, step: u64) {
    let end = cluster.now() + Duration::from_millis(millis);
    while cluster.now() < end {
        let next = cluster.now() + Duration::from_millis(step);
        cluster.advance(next.min(end));
    }
}

fn with_services() -> Cluster {
    let mut cluster = cluster();
    for name in NAMES {
        cluster.make(Kind::Service, service(name));
    }
    cluster
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_asked_for_it_is_there_in_the_end(deeds in prop::collection::vec(deed(), 1..20)) {
        let mut cluster = with_services();
        for deed in &deeds {
            act(&mut cluster, deed, 1000);
        }
        // What was broken is mended; the longest back-off passes.
        for node in 0..3 {
            cluster.return_node(&format!("node-{node}"));
        }
        let pods = cluster.store.list(Kind::Pod, None).map(|pod| pod.uid.clone());
        for uid in pods.collect::<Vec<_>>() {
            cluster.cure(&uid);
        }
        wait(&mut cluster, 1_200_000, 60_000);
        for name in NAMES {
            let web = key(Kind::Deployment, name);
            let Some(object) = cluster.store.get(&web).map(|object| object.value()) else {
                prop_assert_eq!(cluster.pods(name).len(), 0);
                continue;
            };
            let number = |path: &str| {
                let number = json::number(&object, path).unwrap_or_default();
                usize::try_from(number).expect("no count is negative")
            };
            let wanted = number("/spec/replicas");
            prop_assert_eq!(cluster.pods(name).len(), wanted);
            prop_assert_eq!(cluster.ready(name), wanted);
            for count in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
                prop_assert_eq!(number(&format!("/status/{count}")), wanted, "{}", count);
            }
            prop_assert_eq!(endpoints(&cluster, name).len(), wanted);
        }
        // Nothing is on its way any more, and nothing counts twice on its node.
        let before = cluster.dump();
        wait(&mut cluster, 60_000, 60_000);
        prop_assert_eq!(before, cluster.dump());
        for (node, room) in cluster.relations.rooms() {
            prop_assert_eq!(room.used_pods, cluster.store.count_on(node) as u64);
        }
    }

    #[test]
    fn the_size_of_the_steps_makes_no_difference(deeds in prop::collection::vec(deed(), 1..12)) {
        let (mut fine, mut coarse) = (with_services(), with_services());
        for deed in &deeds {
            act(&mut fine, deed, 100);
            act(&mut coarse, deed, 20_000);
        }
        wait(&mut fine, 10_000, 100);
        wait(&mut coarse, 10_000, 10_000);
        prop_assert_eq!(fine.dump(), coarse.dump());
    }
}

/// The addresses that a Service leads to.
fn endpoints(cluster: &Cluster, service: &str) -> Vec<String> {
    let slices = cluster.store.list(Kind::EndpointSlice, Some(SHOP));
    let of_service = |slice: &&std::sync::Arc<Object>| {
        slice
            .labels
            .get("kubernetes.io/service-name")
            .is_some_and(|label| label == service)
    };
    let slices = slices.filter(of_service).map(|slice| slice.value());
    let ready = slices.flat_map(|slice| {
        let ready: Vec<String> = json::items(&slice, "/endpoints")
            .filter(|one| json::at(one, "/conditions/ready") == true)
            .map(|one| json::text(one, "/addresses/0").to_owned())
            .collect();
        ready
    });
    ready.collect()
}

#[test]
fn another_seed_is_another_history() {
    let history = |seed| {
        let mut cluster = cluster_of(seed, 3);
        cluster.make(Kind::Deployment, deployment("a", 3));
        cluster.pass(10);
        cluster.dump()
    };
    assert_eq!(history(1), history(1));
    assert_ne!(history(1), history(2));
}

#[test]
fn a_pod_is_seen_on_its_way_and_is_lean() {
    let mut cluster = with_services();
    let from = cluster.store.revision();
    cluster.make(Kind::Deployment, deployment("a", 1));
    cluster.pass(10);
    let changes = cluster.store.since(from).expect("it is known");
    let seen: Vec<(bool, String, bool)> = changes
        .filter(|change| change.object.key.kind == Kind::Pod)
        .map(|change| {
            let value = change.object.value();
            let state = json::at(&value, "/status/containerStatuses/0/state")
                .as_object()
                .cloned();
            let state = state
                .and_then(|state| state.keys().next().cloned())
                .unwrap_or_default();
            (
                change.object.node.is_some(),
                state,
                is_ready(&change.object),
            )
        })
        .collect();
    let expected = [
        (false, "", false),
        (true, "", false),
        (true, "waiting", false),
        (true, "running", false),
        (true, "running", true),
    ];
    assert_eq!(
        seen,
        expected.map(|(bound, state, ready)| (bound, state.to_owned(), ready))
    );
    let pod = &cluster.pods("a")[0];
    assert!(
        pod.json().len() < 3000,
        "{} bytes: {}",
        pod.json().len(),
        pod.json()
    );
}

#[test]
fn endpoints_follow_readiness() {
    let mut cluster = with_services();
    cluster.make(Kind::Deployment, deployment("a", 3));
    cluster.pass_until(20, "endpoints", |c| endpoints(c, "a").len() == 3);
    let pod = cluster.pods("a")[0].clone();
    let slices = || cluster.store.list(Kind::EndpointSlice, Some(SHOP));
    let value = slices().next().expect("a slice").value();
    assert_eq!(
        value["ports"],
        json!([{"name": "http", "port": 8080, "protocol": "TCP"}])
    );
    assert_eq!(value["endpoints"][0]["targetRef"]["kind"], "Pod");
    cluster
        .delete(&pod.key, &DeleteOptions::default())
        .expect("it is there");
    cluster.pass_until(1, "one fewer", |c| endpoints(c, "a").len() == 2);
    cluster.pass_until(20, "replaced", |c| endpoints(c, "a").len() == 3);
    assert!(cluster.store.get(&pod.key).is_none());
}

#[test]
#[expect(clippy::print_stdout, reason = "it measures")]
#[ignore = "a measurement: run it in release mode with --nocapture"]
fn ten_thousand_pods_are_started_in_time() {
    let begin = std::time::Instant::now();
    let mut cluster = cluster_of(1, 100);
    for number in 0..500 {
        let name = format!("web-{number:03}");
        cluster.make(Kind::Deployment, deployment(&name, 20));
        cluster.make(Kind::Service, service(&name));
    }
    wait(&mut cluster, 30_000, 100);
    let pods = cluster.store.list(Kind::Pod, None);
    let ready = pods.filter(|pod| is_ready(pod)).count();
    let started = begin.elapsed();
    let bytes: usize = cluster
        .store
        .list(Kind::Pod, None)
        .map(|pod| pod.json().len())
        .sum();
    let idle = std::time::Instant::now();
    for _ in 0..1000 {
        cluster.advance(cluster.now() + Duration::from_millis(100));
    }
    let idle = idle.elapsed() / 1000;
    let revision = cluster.store.revision();
    println!(
        "measured: {ready} pods ready after {started:.2?}, {} bytes each, {revision} writes; \
         100 ms of nothing take {idle:.2?}",
        bytes / 10_000
    );
    assert_eq!(ready, 10_000);
}

#[test]
fn what_changed_long_ago_is_forgotten() {
    let begin = jiff::Timestamp::UNIX_EPOCH;
    let mut cluster = Cluster::new(1, begin);
    let after = |seconds: u64| begin + Duration::from_secs(seconds);
    let began = cluster.store().revision();
    let object = |name: &str| json!({"metadata": {"name": name}});
    cluster
        .create(Kind::Namespace, "", object("first"))
        .unwrap();
    // Not at once: who watches may be a little behind.
    cluster.advance(after(599));
    assert!(cluster.store().since(began).is_ok());
    cluster.advance(after(601));
    assert!(cluster.store().since(began).is_err());
    assert!(cluster.store().since(cluster.store().revision()).is_ok());
}
