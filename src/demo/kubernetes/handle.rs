//! The one cluster that requests, watches and the clock share.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::demo::cluster::Cluster;

/// A cluster that several tasks use; its clones are the same cluster.
#[derive(Clone, Debug)]
pub struct Shared {
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    cluster: Mutex<Cluster>,
    revision: watch::Sender<u64>,
    time: watch::Sender<Timestamp>,
}

impl Shared {
    /// Shares a cluster.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        Self {
            inside: Arc::new(Inside {
                revision: watch::Sender::new(cluster.store().revision()),
                time: watch::Sender::new(cluster.now()),
                cluster: Mutex::new(cluster),
            }),
        }
    }

    /// Does something with the cluster while nobody else does, and tells those who wait when something
    /// changed by it. To be brief: everybody else stands still.
    pub fn with<T>(&self, does: impl FnOnce(&mut Cluster) -> T) -> T {
        // A panic in a request leaves at worst a half done change in a simulation.
        let lock = self.inside.cluster.lock();
        let mut cluster = lock.unwrap_or_else(PoisonError::into_inner);
        let done = does(&mut cluster);
        let (revision, now) = (cluster.store().revision(), cluster.now());
        drop(cluster);
        raise(&self.inside.revision, revision);
        raise(&self.inside.time, now);
        done
    }

    /// The store's revision, as it moves.
    #[must_use]
    pub fn revisions(&self) -> watch::Receiver<u64> {
        self.inside.revision.subscribe()
    }

    /// The cluster's time, as it moves.
    #[must_use]
    pub fn times(&self) -> watch::Receiver<Timestamp> {
        self.inside.time.subscribe()
    }
}

/// Two may tell at the same time, the later one first.
fn raise<T: Ord>(told: &watch::Sender<T>, to: T) {
    told.send_if_modified(|at| {
        let later = to > *at;
        if later {
            *at = to;
        }
        later
    });
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::demo::kubernetes::testing::{service, shared, start};

    #[tokio::test]
    async fn those_who_wait_hear_of_changes_and_of_nothing_else() {
        let shared = shared();
        let (mut revisions, mut times) = (shared.revisions(), shared.times());
        shared.with(|cluster| cluster.now());
        assert!(!revisions.has_changed().expect("it is shared"));
        service(&shared, "a");
        assert!(revisions.has_changed().expect("it is shared"));
        assert!(!times.has_changed().expect("it is shared"));
        let later = start() + SignedDuration::from_secs(1);
        shared.with(|cluster| cluster.advance(later));
        assert_eq!(*times.borrow_and_update(), later);
        let revision = shared.with(|cluster| cluster.store().revision());
        assert_eq!(*revisions.borrow_and_update(), revision);
    }
}
