//! The demo while it runs: two servers on loopback, and a clock.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use super::faults::Order;
use super::kubernetes::{self, Shared};
use super::life::{Choice, Life};
use super::system::System;
use super::tracing;
use super::tracing::store::Store;

/// The context's name in the kubeconfig.
pub const CONTEXT: &str = "demo";
/// How long the system has been running when the demo begins: long enough that nothing looks new, short
/// enough that what a `CronJob` and an autoscaler did meanwhile is simulated in no time.
const AGE: SignedDuration = SignedDuration::from_hours(3);
/// For how long requests have come in by then: a little more than the minute over which rates are told.
const BUSY: SignedDuration = SignedDuration::from_secs(75);
/// How often the clock moves the simulation.
const STEP: Duration = Duration::from_millis(100);
/// Spans that are kept: about ten minutes of the shipped system.
const SPANS: usize = 100_000;

/// A demo that runs; dropping it ends it.
pub struct Demo {
    stage: Arc<Stage>,
    kubernetes: SocketAddr,
    zipkin: SocketAddr,
    stop: CancellationToken,
}

/// What the servers and the clock share.
struct Stage {
    cluster: Shared,
    traces: Arc<Mutex<Store>>,
    life: Mutex<Life>,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No port of this machine could be had.
    #[error("no port of 127.0.0.1 can be had ({0}); something on this machine forbids it")]
    Port(#[from] io::Error),
    /// The cluster's API does not take an object of the system.
    #[error("the system does not fit into a cluster: {0}; correct its file")]
    Misfit(#[from] super::cluster::refusal::Refusal),
}

impl Demo {
    /// Builds the system and serves it, on free ports of 127.0.0.1, until it is dropped. Its clock stands
    /// until [`Demo::run`].
    ///
    /// # Errors
    /// [`DemoError`], one line that says what to do.
    pub async fn start(system: System, choice: &Choice, now: Timestamp) -> Result<Self, DemoError> {
        let ports = (loopback().await?, loopback().await?);
        let (kubernetes, zipkin) = (ports.0.local_addr()?, ports.1.local_addr()?);
        let stage = Arc::new(Stage::build(system, choice, now)?);
        let stop = CancellationToken::new();
        let orders = Router::new().route(
            "/demo/fault",
            get({
                let stage = Arc::clone(&stage);
                move || async move { answer(stage.order("")) }
            })
            .post({
                let stage = Arc::clone(&stage);
                move |text: String| async move { answer(stage.order(&text)) }
            }),
        );
        let clock = {
            let cluster = stage.cluster.clone();
            Arc::new(move || cluster.with(|cluster| cluster.now()))
        };
        let api = kubernetes::router(stage.cluster.clone()).merge(orders);
        let traces = tracing::http::router(Arc::clone(&stage.traces), clock);
        for (listener, router) in [(ports.0, api), (ports.1, traces)] {
            let stopped = stop.clone().cancelled_owned();
            tokio::spawn(async move {
                tokio::select! {
                    // Open watches do not hold the end.
                    () = stopped => {}
                    // Accepting again after an error is what it does by itself; it does not end.
                    _ = axum::serve(listener, router) => {}
                }
            });
        }
        Ok(Self {
            stage,
            kubernetes,
            zipkin,
            stop,
        })
    }

    /// Lets time pass in the demo, so many times as fast as it passes outside, until the demo is dropped.
    pub fn run(&self, speed: u32) {
        let (stage, stop) = (Arc::clone(&self.stage), self.stop.clone());
        let (from, began) = (self.now(), Instant::now());
        tokio::spawn(async move {
            let mut steps = interval(STEP);
            steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = steps.tick() => {}
                }
                let passed = began.elapsed().saturating_mul(speed);
                let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
                if let Ok(now) = from.checked_add(passed) {
                    stage.advance(now);
                }
            }
        });
    }

    /// Lets so much time pass at once.
    pub fn advance(&self, by: SignedDuration) {
        if let Ok(to) = self.now().checked_add(by) {
            self.stage.advance(to);
        }
    }

    /// What time it is in the demo.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.stage.cluster.with(|cluster| cluster.now())
    }

    /// A kubeconfig whose one context leads here.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        let namespace = self.stage.life().system().home().to_owned();
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {CONTEXT}\nclusters:\n- name: {CONTEXT}\n  \
             cluster:\n    server: http://{}\nusers:\n- name: {CONTEXT}\n  user: {{}}\ncontexts:\n\
             - name: {CONTEXT}\n  context:\n    cluster: {CONTEXT}\n    user: {CONTEXT}\n    \
             namespace: {namespace}\n",
            self.kubernetes
        )
    }

    /// Where the cluster's API is.
    #[must_use]
    pub fn kubernetes_url(&self) -> String {
        format!("http://{}", self.kubernetes)
    }

    /// Where the tracing server is.
    #[must_use]
    pub fn zipkin_url(&self) -> String {
        format!("http://{}", self.zipkin)
    }

    /// Does what a person orders to go wrong, or to be made good ([`Order`]).
    ///
    /// # Errors
    /// One line that says why not, and what can be ordered.
    pub fn order(&self, text: &str) -> Result<String, String> {
        self.stage.order(text)
    }

    /// Everything that can be ordered.
    #[must_use]
    pub fn orders(&self) -> Vec<String> {
        Order::all(self.stage.life().system())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo")
            .field("kubernetes", &self.kubernetes)
            .field("zipkin", &self.zipkin)
            .finish_non_exhaustive()
    }
}

impl Stage {
    /// Everything as it is when the demo begins: the system has been up for hours, and busy for a minute.
    fn build(system: System, choice: &Choice, now: Timestamp) -> Result<Self, DemoError> {
        let ago = |by: SignedDuration| now.checked_sub(by).unwrap_or(now);
        let mut cluster = Cluster::new(choice.seed, ago(AGE));
        cluster.unseen_before(now);
        let mut traces = Store::new(SPANS);
        let mut life = Life::new(system, choice, &mut cluster)?;
        life.advance(ago(BUSY), &mut cluster, &mut traces);
        life.open(now, &cluster);
        life.advance(now, &mut cluster, &mut traces);
        Ok(Self {
            cluster: Shared::new(cluster),
            traces: Arc::new(Mutex::new(traces)),
            life: Mutex::new(life),
        })
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The order of the locks is life, cluster, traces, here and in `order`; others take one alone.
    fn advance(&self, to: Timestamp) {
        let mut life = self.life();
        self.cluster.with(|cluster| {
            let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
            life.advance(to, cluster, &mut traces);
        });
    }

    fn order(&self, text: &str) -> Result<String, String> {
        let mut life = self.life();
        self.cluster.with(|cluster| life.order(text, cluster))
    }
}

async fn loopback() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

fn answer(result: Result<String, String>) -> (StatusCode, String) {
    match result {
        Ok(text) => (StatusCode::OK, text + "\n"),
        Err(why) => (StatusCode::BAD_REQUEST, why + "\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_passes_as_fast_as_is_wanted() {
        let system = System::shipped().unwrap();
        let choice = Choice::default();
        let demo = Demo::start(system, &choice, Timestamp::now())
            .await
            .unwrap();
        let began = demo.now();
        demo.run(10);
        tokio::time::sleep(Duration::from_secs(6)).await;
        let passed = demo.now().duration_since(began);
        // A step may be on its way.
        let missing = SignedDuration::from_mins(1) - passed;
        assert!(
            (SignedDuration::ZERO..=SignedDuration::from_secs(1)).contains(&missing),
            "{passed:?}"
        );
    }
}
