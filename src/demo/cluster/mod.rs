//! The simulated cluster: what an API server keeps, and the controllers, scheduler and kubelets that make
//! it live. Pure: it has no clock, [`Cluster::advance`] tells it what time it is.
//!
//! Requests come in as the API's verbs ([`Cluster::create`] and its neighbours) and are answered at once;
//! what follows from them happens as time advances.

pub mod json;
pub mod kind;
pub mod object;
pub mod refusal;
pub mod store;
pub mod verbs;

use jiff::Timestamp;

use store::Store;

/// A cluster.
#[derive(Debug)]
pub struct Cluster {
    store: Store,
    now: Timestamp,
    random: fastrand::Rng,
}

impl Cluster {
    /// An empty cluster in which it is `now`; the same seed and the same requests at the same times make
    /// the same history.
    #[must_use]
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            store: Store::default(),
            now,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// What is there, and what has changed.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What time it is in there.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass, with everything that falls due on the way, in its order. A time that has been is
    /// no time to go to: nothing happens.
    pub fn advance(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
    }
}
