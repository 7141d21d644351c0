//! A source at work on a server of the test's own, and what it says.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "several suites share it, and each uses its part"
)]

use std::time::Duration;

use portolan::model::observation::{NamespaceChoice, Observation};
use portolan::model::source::SourceStatus;
use portolan::sources::{Control, Outlet, Source};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Far longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A source at work.
pub struct Running {
    pub heard: mpsc::Receiver<Vec<Observation>>,
    pub waiting: Vec<Observation>,
    pub retry: watch::Sender<u64>,
    _namespaces: watch::Sender<NamespaceChoice>,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
}

impl Running {
    /// Starts it, with all namespaces chosen.
    pub fn of(source: impl Source + 'static) -> Self {
        // A second test of this process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (outlet, heard) = Outlet::new();
        let (retry, retried) = watch::channel(0);
        let (namespaces, chosen) = watch::channel(NamespaceChoice::All);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: chosen,
            retry: retried,
            stop: stop.clone(),
        };
        let task = tokio::spawn(Box::new(source).run(outlet, control));
        Self {
            heard,
            waiting: Vec::new(),
            retry,
            _namespaces: namespaces,
            stop,
            task,
        }
    }

    /// Ends back-offs.
    pub fn retry(&self) {
        self.retry.send_modify(|n| *n += 1);
    }

    /// The next observation of which `pick` makes something; others are passed over.
    pub async fn next<T>(&mut self, what: &str, pick: impl Fn(&Observation) -> Option<T>) -> T {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                while !self.waiting.is_empty() {
                    if let Some(found) = pick(&self.waiting.remove(0)) {
                        return found;
                    }
                }
                self.waiting = self.heard.recv().await.expect("the source ended");
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("the source never said {what}"))
    }

    /// The next status of a part in a state of which the word is given.
    pub async fn status(&mut self, part: &str, word: &str) -> SourceStatus {
        self.next(&format!("{part} {word}"), |said| match said {
            Observation::Status(status)
                if &*status.key.part == part
                    && status.state.as_ref().is_some_and(|s| s.word() == word) =>
            {
                Some(status.clone())
            }
            _ => None,
        })
        .await
    }

    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the source does not stop")
            .expect("the source panicked");
    }
}
