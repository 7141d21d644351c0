//! Each fault is seen, and each is cured by the right action and by no other.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};

use super::super::cluster::Cluster;
use super::super::cluster::json as parts;
use super::super::cluster::kind::Kind;
use super::super::cluster::object::Key;
use super::super::cluster::verbs::{DeleteOptions, Patch};
use super::super::life::{Choice, Life};
use super::super::system::System;
use super::super::tracing::query::{Query, Window};
use super::super::tracing::store::Store;
use crate::trace::span;

/// The shipped system, under way.
struct World {
    life: Life,
    cluster: Cluster,
    traces: Store,
}

fn start() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

impl World {
    fn new(calm: bool, seed: u64) -> Self {
        let mut cluster = Cluster::new(seed, start());
        let mut traces = Store::new(100_000);
        let choice = Choice {
            seed,
            pods: None,
            calm,
        };
        let system = System::shipped().expect("it is well-formed");
        let mut life = Life::new(system, &choice, &mut cluster).expect("it fits");
        let open = start() + SignedDuration::from_mins(5);
        life.advance(open, &mut cluster, &mut traces);
        life.open(open, &cluster);
        Self {
            life,
            cluster,
            traces,
        }
    }

    fn calm() -> Self {
        Self::new(true, 1)
    }

    fn pass(&mut self, seconds: i64) {
        let to = self.cluster.now() + SignedDuration::from_secs(seconds);
        self.life.advance(to, &mut self.cluster, &mut self.traces);
    }

    fn order(&mut self, text: &str) -> String {
        self.life.order(text, &mut self.cluster).expect("it can be")
    }

    fn going_on(&mut self) -> String {
        self.order("")
    }

    fn deployment(name: &str) -> Key {
        Key::new(Kind::Deployment, "mrubis", name)
    }

    fn object(&self, name: &str) -> Value {
        let object = self.cluster.store().get(&Self::deployment(name));
        object.expect("it is there").value()
    }

    fn ready(&self, name: &str) -> (i64, i64) {
        let object = self.object(name);
        let ready = parts::number(&object, "/status/readyReplicas").unwrap_or(0);
        (ready, parts::number(&object, "/spec/replicas").unwrap_or(0))
    }

    fn patch(&mut self, name: &str, patch: Value) {
        let patched = self
            .cluster
            .patch(&Self::deployment(name), &Patch::Merge(patch));
        patched.expect("it is taken");
    }

    fn restart(&mut self, name: &str) {
        let now = self.cluster.now().to_string();
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
        self.patch(
            name,
            json!({"spec": {"template": {"metadata": {"annotations": annotations}}}}),
        );
    }

    fn scale(&mut self, name: &str, replicas: i64) {
        self.patch(name, json!({"spec": {"replicas": replicas}}));
    }

    /// The share of calls of the last 30 s between two that failed.
    fn failing(&mut self, caller: &str, callee: &str) -> f64 {
        let window = Window {
            end_ts: self.cluster.now().as_millisecond(),
            lookback: 30_000,
        };
        let links = self.traces.links(window);
        let link = links
            .iter()
            .find(|l| *l.parent == *caller && *l.child == *callee);
        link.map_or(0.0, |link| {
            let count = |n: u64| f64::from(u32::try_from(n).expect("few"));
            count(link.error_count) / count(link.call_count)
        })
    }

    /// The median duration of a service's server spans of the last 20 s, in µs.
    fn median(&self, service: &str) -> i64 {
        let query = Query {
            service: Some(service.into()),
            window: Window {
                end_ts: self.cluster.now().as_millisecond(),
                lookback: 20_000,
            },
            limit: 1_000,
            remote_service: None,
            span_name: None,
            terms: HashMap::new(),
            min_duration: None,
            max_duration: None,
        };
        let traces = self.traces.traces(&query);
        let served = traces.into_iter().flatten().filter(|span| {
            span.kind == Some(span::Kind::Server)
                && span.local_service().is_some_and(|name| **name == *service)
        });
        let mut durations: Vec<i64> = served.map(|span| span.duration).collect();
        durations.sort_unstable();
        durations.get(durations.len() / 2).copied().unwrap_or(0)
    }
}

#[test]
fn without_a_fault_all_is_well() {
    let mut world = World::calm();
    world.pass(60);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
    for object in world.cluster.store().list(Kind::Deployment, None) {
        let value = object.value();
        let ready = parts::number(&value, "/status/readyReplicas");
        assert_eq!(
            ready,
            parts::number(&value, "/spec/replicas"),
            "{}",
            object.key.name
        );
    }
    assert!(world.failing("region-filter", "sellerreputation-filter") < 0.1);
}

#[rstest]
#[case("crash")]
#[case("endpoints")]
fn pods_that_are_broken_hurt_their_callers_until_they_are_replaced(#[case] fault: &str) {
    let name = "sellerreputation-filter";
    let mut world = World::calm();
    world.pass(20);
    world.order(&format!("{fault} {name}"));
    world.pass(60);
    assert_eq!(world.ready(name).0, 0);
    assert!(world.failing("region-filter", name) > 0.5);
    // More of the same that was there before does not mend what is there.
    assert!(world.going_on().contains(name));
    world.restart(name);
    world.pass(60);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
    let (ready, wanted) = world.ready(name);
    assert_eq!(ready, wanted);
    assert!(world.failing("region-filter", name) < 0.1);
}

#[test]
fn errors_go_with_the_pods_that_make_them() {
    let name = "reputationservice";
    let mut world = World::calm();
    world.order(&format!("errors {name}"));
    world.pass(30);
    let spoilt = world.failing("workloademulator", name);
    assert!(spoilt > 0.3, "{spoilt}");
    let pods: Vec<Key> = world
        .cluster
        .store()
        .list(Kind::Pod, Some("mrubis"))
        .filter(|pod| pod.labels.get("app").is_some_and(|app| app == name))
        .map(|pod| pod.key.clone())
        .collect();
    for pod in pods {
        let deleted = world.cluster.delete(&pod, &DeleteOptions::default());
        deleted.expect("it is there");
        world.pass(40);
    }
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
}

#[test]
fn what_is_too_slow_needs_more_pods() {
    let name = "inventoryservice";
    let mut world = World::calm();
    world.pass(60);
    let before = world.median(name);
    world.order(&format!("slow {name}"));
    world.pass(40);
    let during = world.median(name);
    assert!(during > 3 * before, "{before} µs, then {during} µs");
    // Its callers do not wait for ever: it is seen without any latency, too.
    let impatient = world.failing("bidandbuyservice", name);
    assert!(impatient > 0.1, "{impatient}");
    world.restart(name);
    world.pass(60);
    assert!(world.going_on().contains("slow"), "a restart is no cure");
    let (_, wanted) = world.ready(name);
    world.scale(name, wanted + 1);
    world.pass(60);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
    assert!(world.median(name) < 2 * before);
}

#[test]
fn a_bad_image_stalls_its_rollout_until_that_is_undone() {
    let name = "itemmanagementservice";
    let mut world = World::calm();
    let image = "/spec/template/spec/containers/0/image";
    let good = parts::text(&world.object(name), image).to_owned();
    world.order(&format!("image {name}"));
    world.pass(30);
    // The old pods go on working.
    let (ready, wanted) = world.ready(name);
    assert_eq!(ready, wanted);
    let stuck = world
        .cluster
        .store()
        .list(Kind::Pod, Some("mrubis"))
        .any(|pod| {
            let value = pod.value();
            let reason = parts::text(&value, "/status/containerStatuses/0/state/waiting/reason");
            matches!(reason, "ErrImagePull" | "ImagePullBackOff")
        });
    assert!(stuck);
    world.restart(name);
    world.pass(30);
    assert!(world.going_on().contains("image"), "a restart is no cure");
    let template = json!({"spec": {"containers": [{"name": name, "image": good}]}});
    let undone = world.cluster.patch(
        &World::deployment(name),
        &Patch::Strategic(json!({"spec": {"template": template}})),
    );
    undone.expect("it is taken");
    world.pass(30);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
}

#[test]
fn a_lost_machine_comes_back_by_itself_and_its_pods_are_replaced_meanwhile() {
    let mut world = World::calm();
    world.order("node k8s3");
    world.pass(120);
    let on_others = world
        .cluster
        .store()
        .list(Kind::Deployment, Some("mrubis"))
        .all(|object| {
            let value = object.value();
            let ready = parts::number(&value, "/status/readyReplicas");
            ready == parts::number(&value, "/spec/replicas")
        });
    assert!(on_others, "the others carry it all");
    world.pass(180);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
}

#[test]
fn faults_can_be_taken_back() {
    let mut world = World::calm();
    for order in [
        "crash queryservice",
        "slow inventoryservice",
        "image itemmanagementservice",
        "node k8s2",
    ] {
        world.order(order);
    }
    world.pass(20);
    assert_eq!(world.order("cure queryservice"), "one fault was taken back");
    assert_eq!(world.order("cure"), "3 faults were taken back");
    world.pass(400);
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
    for name in ["queryservice", "itemmanagementservice"] {
        let (ready, wanted) = world.ready(name);
        assert_eq!(ready, wanted, "{name}");
    }
    let error = world.life.order("cure", &mut world.cluster);
    assert_eq!(error, Err("nothing goes wrong on purpose now".to_owned()));
}

#[rstest]
#[case("crash nobody", "no component nobody")]
#[case("node k8s9", "there is no machine k8s9")]
#[case("image derbydb", "no Deployment")]
#[case("crash derbydb-backup", "now and then")]
fn what_cannot_go_wrong_is_said(#[case] order: &str, #[case] says: &str) {
    let mut world = World::calm();
    let error = world.life.order(order, &mut world.cluster);
    let error = error.expect_err("it cannot be");
    assert!(error.contains(says), "{error}");
    assert_eq!(world.going_on(), "nothing goes wrong on purpose now");
}

#[test]
fn the_scenario_unfolds_by_itself_and_waits_for_cures() {
    let mut world = World::new(false, 1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..120 {
        world.pass(5);
        for active in world.life.faults() {
            seen.insert(active.kind.word());
        }
        assert!(world.life.faults().len() <= 2);
    }
    assert_eq!(seen.len(), 2, "nobody cures the first ones: {seen:?}");
    for _ in 0..120 {
        world.pass(5);
        for active in world.life.faults() {
            seen.insert(active.kind.word());
        }
        let _ = world.life.order("cure", &mut world.cluster);
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}

#[test]
fn a_seed_is_enough_to_repeat_it_whatever_the_steps() {
    let history = |seed: u64, step: i64| {
        let mut world = World::new(false, seed);
        for _ in 0..(120 / step) {
            world.pass(step);
        }
        let objects: Vec<String> = Kind::ALL
            .into_iter()
            .flat_map(|kind| world.cluster.store().list(kind, None))
            .map(|object| object.json().to_string())
            .collect();
        let window = Window {
            end_ts: world.cluster.now().as_millisecond(),
            lookback: 120_000,
        };
        let links = format!("{:?}", world.traces.links(window));
        (objects, links)
    };
    let one = history(1, 1);
    assert!(one == history(1, 10));
    assert!(one != history(2, 1));
}
