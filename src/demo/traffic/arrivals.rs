//! When requests of one sort come in: independently of each other, more by day than at night.

use std::f64::consts::TAU;
use std::time::Duration;

use super::chance::Chance;
use crate::demo::system::Rhythm;

/// Where in the day the demo begins: in the morning, so that traffic is there and grows.
const MORNING: f64 = 0.3;

/// The share of the peak that there is so long after the start.
pub(super) fn share(rhythm: Rhythm, elapsed: Duration) -> f64 {
    let day = elapsed.as_secs_f64() / rhythm.day.as_secs_f64();
    let light = 0.5 - 0.5 * (TAU * (day + MORNING)).cos();
    rhythm.night + (1.0 - rhythm.night) * light
}

/// A Poisson process whose rate follows the day: candidates come at the peak's rate, and each is kept with
/// the hour's share. So the next one never depends on the steps in which time advances.
#[derive(Debug)]
pub(super) struct Arrivals {
    rate: f64,
    chance: Chance,
    /// When the next candidate comes, in µs since the epoch.
    pub(super) next: i64,
}

impl Arrivals {
    pub(super) fn new(rate: f64, mut chance: Chance, start: i64) -> Self {
        let next = next(rate, &mut chance, start);
        Self { rate, chance, next }
    }

    /// Takes the next candidate: the seed of its request, if it is kept.
    pub(super) fn take(&mut self, share: impl Fn(i64) -> f64) -> Option<u64> {
        let (share, seed) = (share(self.next), self.chance.number());
        let kept = self.chance.happens(share);
        self.next = next(self.rate, &mut self.chance, self.next);
        kept.then_some(seed)
    }
}

fn next(rate: f64, chance: &mut Chance, from: i64) -> i64 {
    if rate > 0.0 {
        // At least 1 µs, so that time goes on.
        from.saturating_add(chance.gap(rate).max(1))
    } else {
        i64::MAX
    }
}
