//! How much is asked of a component, and how much longer everything takes for it.

use super::since;

/// Over how long the rate of requests is averaged, in seconds: long enough to be steady at a few requests a
/// second, short enough to see a fault and its cure.
const WINDOW: f64 = 10.0;
/// Most use that counts: beyond it a queue would grow without end.
const MOST_USE: f64 = 0.95;

/// The requests of the last seconds, each weighing less the older it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    weight: f64,
    /// When it was looked at last, in µs since the epoch.
    at: i64,
}

impl Load {
    /// Counts a request, and returns the rate of requests a second.
    pub(super) fn count(&mut self, at: i64) -> f64 {
        let age = since(self.at, at).as_secs_f64();
        self.weight = self.weight * (-age / WINDOW).exp() + 1.0;
        self.at = at;
        self.weight / WINDOW
    }

    /// The rate of requests a second at a time, when none came in since.
    pub(super) fn rate(&self, at: i64) -> f64 {
        let age = since(self.at, at).as_secs_f64();
        self.weight * (-age / WINDOW).exp() / WINDOW
    }
}

/// How many times as long a request takes when others wait, for a use between 0 and 1 of what can be done:
/// the mean time of a queue with one place of service (M/M/1), bounded.
pub(super) fn queueing(usage: f64) -> f64 {
    1.0 / (1.0 - usage.clamp(0.0, MOST_USE))
}
