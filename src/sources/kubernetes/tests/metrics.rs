//! What pods use, against the small server.

use serde_json::{Value, json};

use crate::model::observation::{NamespaceChoice, Subject};
use crate::model::source::SourceState;

use super::replay::Replay;
use super::server::Server;
use super::{Running, only, shop};

fn used(namespace: &str, name: &str, cpu: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": namespace},
        "timestamp": "2026-11-23T10:00:00Z", "window": "15s",
        "containers": [{"name": "c", "usage": {"cpu": cpu, "memory": "64Mi"}}],
    })
}

fn metrics(server: &Server) {
    server.change(|world| {
        world.metrics = Some(vec![
            used("shop", "cart-1", "100m"),
            used("shop", "cart-2", "200m"),
            used("bank", "ledger-1", "300m"),
        ]);
    });
}

/// The pods of which anything is known.
fn pods(replay: &Replay) -> Vec<String> {
    let all = replay.readings.values().flatten();
    let mut pods: Vec<String> = all
        .filter_map(|reading| match &reading.subject {
            Subject::Pod { namespace, name } => Some(format!("{namespace}/{name}")),
            _ => None,
        })
        .collect();
    pods.dedup();
    pods
}

fn last(replay: &Replay) -> Option<(&'static str, String)> {
    let state = replay.metrics.last()?;
    let why = state.why().map(ToString::to_string);
    Some((state.word(), why.unwrap_or_default()))
}

impl Running {
    /// Waits until the line is in a state and says a text.
    async fn metrics(&mut self, word: &str, says: &str) {
        let what = format!("metrics {word} {says}");
        self.until(&what, |replay| {
            last(replay).is_some_and(|(own, why)| own == word && why.contains(says))
        })
        .await;
    }

    fn measured(&self) -> usize {
        self.server.world().measured.len()
    }
}

#[tokio::test]
async fn what_pods_use_follows_the_choice_of_namespaces() {
    let server = shop().await;
    metrics(&server);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    let both = ["shop/cart-1", "shop/cart-2"];
    running
        .until("the shop's", |replay| pods(replay) == both)
        .await;
    running.metrics("live", "").await;
    assert!(matches!(
        running.replay.metrics.first(),
        Some(SourceState::Loading { .. })
    ));
    running.namespaces.send_replace(NamespaceChoice::All);
    let all = ["shop/cart-1", "shop/cart-2", "bank/ledger-1"];
    running.until("all", |replay| pods(replay) == all).await;
    running.namespaces.send_replace(only(&["bank"]));
    running
        .until("the bank's", |replay| pods(replay) == ["bank/ledger-1"])
        .await;
    assert_eq!(running.replay.readings.len(), 1);
    // And again and again, without being told to.
    let asked = running.measured();
    running
        .server
        .change(|world| world.metrics = Some(vec![used("bank", "ledger-2", "1")]));
    running
        .until("the new one", |replay| pods(replay) == ["bank/ledger-2"])
        .await;
    assert!(running.measured() > asked);
}

#[tokio::test]
async fn a_cluster_without_a_metrics_server_is_off_until_a_person_asks_again() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running
        .metrics("off", "the cluster has no metrics server")
        .await;
    running.until_live().await;
    assert_eq!(running.measured(), 1, "it is not asked for all the time");
    metrics(&running.server);
    running.retry();
    running.metrics("live", "").await;
    // And it goes.
    running.server.change(|world| world.metrics = None);
    running.metrics("off", "no metrics server").await;
    assert!(running.replay.readings.is_empty());
    assert!(!running.replay.metrics.iter().any(SourceState::is_trouble));
}

#[tokio::test]
async fn one_that_is_not_ready_is_no_alarm_and_what_it_said_goes_in_time() {
    let server = shop().await;
    metrics(&server);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running.metrics("live", "").await;
    running
        .server
        .change(|world| world.refusals.extend([("metrics".to_owned(), 503)]));
    running.metrics("off", "not ready (503 metrics: 503)").await;
    // For a while it is shown with its age.
    assert!(!running.replay.readings.is_empty());
    running
        .until("no data", |replay| replay.readings.is_empty())
        .await;
    running.server.change(|world| world.refusals.clear());
    running.metrics("live", "").await;
    assert!(!running.replay.metrics.iter().any(SourceState::is_trouble));
}

#[tokio::test]
async fn who_may_not_see_it_is_told_only_where_there_is_something_to_see() {
    let server = shop().await;
    server.change(|world| world.refusals.extend([("metrics".to_owned(), 403)]));
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running.metrics("off", "no metrics server").await;
    metrics(&running.server);
    running.retry();
    let says = "may not list pods.metrics.k8s.io in namespace shop";
    running.metrics("forbidden", says).await;
    running.namespaces.send_replace(NamespaceChoice::All);
    running.metrics("forbidden", "-n NAME").await;
}

#[tokio::test]
async fn a_namespace_that_may_not_be_seen_does_not_hide_the_others() {
    let server = shop().await;
    metrics(&server);
    server.change(|world| world.refusals.extend([("metrics/bank".to_owned(), 403)]));
    let mut running = Running::start(server, only(&["bank", "shop"]));
    let says =
        "may not list pods.metrics.k8s.io in namespace bank, so what pods use there is no data";
    running.metrics("limited", says).await;
    let shops = ["shop/cart-1", "shop/cart-2"];
    assert_eq!(pods(&running.replay), shops);
    // They are asked again and again, and stay.
    let asked = running.measured();
    running.server.change(|world| {
        world.metrics = Some(vec![
            used("shop", "cart-3", "1"),
            used("bank", "ledger-1", "1"),
        ]);
    });
    let news = |replay: &Replay| pods(replay) == ["shop/cart-3"];
    running.until("the new one", news).await;
    assert!(running.measured() > asked);
    assert!(!running.replay.metrics.iter().any(SourceState::is_trouble));
    // Who may see it later is told without doing anything.
    running.server.change(|world| world.refusals.clear());
    running.metrics("live", "").await;
    assert_eq!(pods(&running.replay), ["bank/ledger-1", "shop/cart-3"]);
    // And what may not be seen any more is not shown any more.
    running
        .server
        .change(|world| world.refusals.extend([("metrics/shop".to_owned(), 403)]));
    running.metrics("limited", "in namespace shop,").await;
    assert_eq!(pods(&running.replay), ["bank/ledger-1"]);
    running
        .server
        .change(|world| world.refusals.extend([("metrics/bank".to_owned(), 403)]));
    let says = "in namespaces bank, shop, so what pods use is no data; ask for";
    running.metrics("forbidden", says).await;
    assert!(running.replay.readings.is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_is_not_hammered() {
    let server = shop().await;
    metrics(&server);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running.metrics("live", "").await;
    running.server.change(|world| world.down = true);
    running.server.cut();
    running.metrics("stale", "cannot reach").await;
    running
        .until("no data", |replay| replay.readings.is_empty())
        .await;
    running.server.change(|world| world.down = false);
    running.metrics("live", "").await;
}
