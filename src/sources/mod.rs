//! Sources (sensors): each turns a part of the outside world into observations.
//!
//! A source is one supervised task with a visible status. It knows the model's vocabulary
//! ([`crate::model::observation`]) and its own protocol, and nothing of the screen or of the graph.
//! A new source is one file here and one line in [`registry`].

mod http;
pub mod kubernetes;
pub mod sensor;
pub mod zipkin;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::model::observation::{NamespaceChoice, Observation};

/// Most observations in one batch.
pub const BATCH_LIMIT: usize = 256;
/// Most batches waiting for the loop; a source that would exceed it waits.
pub const CHANNEL_LIMIT: usize = 4;

/// Where a source's observations go: a bounded channel, so a busy loop makes sources wait.
#[derive(Clone, Debug)]
pub struct Outlet {
    sender: mpsc::Sender<Vec<Observation>>,
}

/// The loop is gone, and with it the reason to go on.
#[derive(Debug, thiserror::Error)]
#[error("nobody listens any more")]
pub struct Closed;

impl Outlet {
    /// An outlet and the end that the loop reads.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Vec<Observation>>) {
        let (sender, receiver) = mpsc::channel(CHANNEL_LIMIT);
        (Self { sender }, receiver)
    }

    /// Sends one batch, of at most [`BATCH_LIMIT`] observations; an empty one is not sent.
    ///
    /// # Errors
    /// [`Closed`] when the loop has ended.
    pub async fn send(&self, batch: Vec<Observation>) -> Result<(), Closed> {
        if batch.is_empty() {
            return Ok(());
        }
        self.sender.send(batch).await.map_err(|_| Closed)
    }
}

/// What a running source obeys.
#[derive(Clone, Debug)]
pub struct Control {
    /// The chosen namespaces; a source follows every change at once.
    pub namespaces: watch::Receiver<NamespaceChoice>,
    /// Counted up when a person says "retry now": back-offs end early.
    pub retry: watch::Receiver<u64>,
    /// Ends the source.
    pub stop: CancellationToken,
}

/// A sensor.
pub trait Source: Send {
    /// Its name in scopes and statuses.
    fn name(&self) -> &'static str;

    /// Runs until [`Control::stop`] or until nobody listens; never returns on an error of the world,
    /// which becomes a status instead.
    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> BoxFuture<'static, ()>;
}

/// What the sources need to know to start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Kubernetes session to watch through.
    pub kubernetes: kubernetes::Settings,
    /// The tracing server, where one is configured.
    pub zipkin: Option<zipkin::Settings>,
    /// The endpoints that are read beside them.
    pub sensors: sensor::Settings,
}

/// All sources, one line each.
#[must_use]
pub fn registry(settings: Settings) -> Vec<Box<dyn Source>> {
    let mut sources: Vec<Box<dyn Source>> =
        vec![Box::new(kubernetes::Kubernetes::new(settings.kubernetes))];
    sources.push(Box::new(zipkin::Zipkin::new(settings.zipkin)));
    if !settings.sensors.is_empty() {
        sources.push(Box::new(sensor::Sensors::new(settings.sensors)));
    }
    sources
}
