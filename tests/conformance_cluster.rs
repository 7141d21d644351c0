//! The suite of an API server against the simulated cluster.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

#[macro_use]
mod cluster_conformance;

use std::net::Ipv4Addr;
use std::time::Duration;

use cluster_conformance::{
    Target, access, declared, effects, life, lists, logs, patches, sees, tables, verbs, watches,
};
use jiff::Timestamp;
use portolan::demo::cluster::Cluster;
use portolan::demo::cluster::kind::Kind;
use portolan::demo::kubernetes::{Shared, router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::interval;

/// How often the cluster's clock moves.
const TICK: Duration = Duration::from_millis(5);
/// How much faster than the world's it goes, so that back-offs need no patience.
const FASTER: u32 = 20;

/// A cluster of three nodes on a port of its own, whose time flies.
async fn simulated() -> Target {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut cluster = Cluster::new(1, Timestamp::now());
    for number in 0..3 {
        let node = json!({"metadata": {"name": format!("node-{number}")}});
        cluster.create(Kind::Node, "", node).expect("a node");
    }
    let shared = Shared::new(cluster);
    let clock = shared.clone();
    tokio::spawn(async move {
        let mut ticks = interval(TICK);
        loop {
            ticks.tick().await;
            clock.with(|cluster| cluster.advance(cluster.now() + TICK * FASTER));
        }
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router(shared)).await });
    let url = format!("http://{address}").parse().expect("an address");
    Target::new(kube::Config::new(url), false)
}

macro_rules! against_the_simulation {
    ($($module:ident::$case:ident,)*) => {$(
        #[tokio::test]
        async fn $case() {
            $module::$case(&simulated().await).await;
        }
    )*};
}
for_each_case!(against_the_simulation);
