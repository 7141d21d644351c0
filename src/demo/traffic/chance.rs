//! Chance from a seed, and the distributions that traffic needs.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;

/// A source of chance of its own: what another one is asked does not change it.
#[derive(Clone, Debug)]
pub(super) struct Chance(Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// A source that goes its own way from here.
    pub(super) fn fork(&mut self) -> Self {
        Self::new(self.number())
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// An id, which is never 0.
    pub(super) fn id(&mut self) -> u64 {
        self.0.u64(1..)
    }

    /// A place in something of this length; 0 for an empty one.
    pub(super) fn place(&mut self, length: usize) -> usize {
        self.0.usize(..length.max(1))
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        // Asked always, so that what follows does not depend on the probability.
        self.0.f64() < probability
    }

    /// Between two times, in µs.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    /// The time until the next of events that come independently, `rate` a second.
    pub(super) fn gap(&mut self, rate: f64) -> i64 {
        let seconds = -(1.0 - self.0.f64()).ln() / rate;
        micros(seconds)
    }

    /// A time whose logarithm is normal around the median's, in seconds. Three standard deviations bound it.
    pub(super) fn time(&mut self, median: Duration, spread: f64) -> f64 {
        // Box and Muller's transform.
        let (first, second) = (1.0 - self.0.f64(), self.0.f64());
        let normal = (-2.0 * first.ln()).sqrt() * (TAU * second).cos();
        median.as_secs_f64() * (spread * normal.clamp(-3.0, 3.0)).exp()
    }
}

/// Seconds in whole µs, at most a year: enough for never.
pub(super) fn micros(seconds: f64) -> i64 {
    const YEAR: f64 = 365.0 * 86_400.0;
    let bounded = Duration::try_from_secs_f64(seconds.min(YEAR)).unwrap_or_default();
    i64::try_from(bounded.as_micros()).unwrap_or(i64::MAX)
}
