//! The traffic of the demo's system: requests that come in by chance, and the spans that they leave.
//!
//! Pure: times and the state of the cluster enter as values, chance comes from a seed. The same seed gives
//! the same spans, in whatever steps the time advances.

mod arrivals;
mod chance;
mod failure;
mod load;
#[cfg(test)]
mod tests;
mod trace;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::system::{Component, Origin, Request, System};
use crate::trace::endpoint::Endpoint;
use crate::trace::span::Span;
use arrivals::Arrivals;
use chance::Chance;
use load::Load;
use trace::Walk;
use words::Words;

/// How a component is, as the cluster has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// The pods that get requests: the ready ones. What is outside of the cluster has none and needs none.
    pub instances: Vec<Instance>,
    /// The share of requests that a fault makes fail, besides the usual errors; between 0 and 1.
    pub error_share: f64,
    /// How many times as long everything takes; 1 is as usual. It takes capacity, too.
    pub slow_factor: f64,
}

/// A pod that gets requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub pod: Arc<str>,
    /// Its address.
    pub ip: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
}

/// A component during one step.
struct Live {
    health: Health,
    /// The instances as their spans name them.
    endpoints: Vec<Arc<Endpoint>>,
}

/// Makes the spans of a system.
#[derive(Debug)]
pub struct Traffic {
    system: Arc<System>,
    words: Words,
    /// In µs since the epoch.
    start: i64,
    arrivals: Vec<Arrivals>,
    loads: Vec<Load>,
    /// Spans that have not ended yet, by their end and their number.
    running: BTreeMap<(i64, u64), Span>,
    made: u64,
}

impl Traffic {
    /// Traffic from `start` on, which is before noon of the system's day.
    #[must_use]
    pub fn new(system: Arc<System>, seed: u64, start: Timestamp) -> Self {
        let mut chance = Chance::new(seed);
        let arrivals = system
            .requests
            .iter()
            .map(|request| Arrivals::new(request.rate, chance.fork(), start.as_microsecond()))
            .collect();
        Self {
            words: Words::new(&system),
            loads: system.components.iter().map(|_| Load::default()).collect(),
            system,
            start: start.as_microsecond(),
            arrivals,
            running: BTreeMap::new(),
            made: 0,
        }
    }

    /// Lets the requests before `to` come in, and adds the spans that end before it to `spans`, by their end.
    ///
    /// `state` is asked once for each component: what it says holds for all requests of this step.
    pub fn advance(
        &mut self,
        to: Timestamp,
        state: &impl Fn(&Component) -> Health,
        spans: &mut Vec<Span>,
    ) {
        let to = to.as_microsecond();
        let components = self.system.components.iter();
        let lives: Vec<Live> = components
            .map(|component| {
                let health = state(component);
                let at = |i: &Instance| {
                    let endpoint = Endpoint::named(Arc::clone(&component.name)).at(&i.ip);
                    Arc::new(endpoint.on_port(component.port.unwrap_or(0)))
                };
                let endpoints = health.instances.iter().map(at).collect();
                Live { health, endpoints }
            })
            .collect();
        while let Some((at, place, seed)) = self.next_arrival(to) {
            self.come_in(at, place, seed, &lives);
        }
        let later = self.running.split_off(&(to, 0));
        let ended = std::mem::replace(&mut self.running, later);
        spans.extend(ended.into_values());
    }

    /// How many requests a second each component gets at a time, over the last ten seconds; in the order
    /// of [`System::components`].
    pub fn rates(&self, now: Timestamp) -> impl Iterator<Item = f64> {
        self.loads
            .iter()
            .map(move |load| load.rate(now.as_microsecond()))
    }

    /// The next request before `to`: when, which, and the seed of its chances.
    fn next_arrival(&mut self, to: i64) -> Option<(i64, usize, u64)> {
        let (rhythm, start) = (self.system.rhythm, self.start);
        loop {
            let arrivals = self.arrivals.iter_mut().enumerate();
            let (place, next) = arrivals.min_by_key(|(_, arrivals)| arrivals.next)?;
            let at = next.next;
            if at >= to {
                return None;
            }
            let seed = next.take(|at| arrivals::share(rhythm, since(start, at)));
            if let Some(seed) = seed {
                return Some((at, place, seed));
            }
        }
    }

    fn come_in(&mut self, at: i64, place: usize, seed: u64, lives: &[Live]) {
        let system = Arc::clone(&self.system);
        let Some(request) = system.requests.get(place) else {
            return;
        };
        let mut chance = Chance::new(seed);
        for _ in 0..copies(&system, request, lives, &mut chance) {
            let mut spans = Vec::new();
            let mut walk = Walk::new(
                &system,
                &self.words,
                lives,
                &mut self.loads,
                chance.fork(),
                &mut spans,
            );
            walk.request(at, request);
            for span in spans {
                self.made += 1;
                let end = span.timestamp.saturating_add(span.duration);
                self.running.insert((end, self.made), span);
            }
        }
    }
}

/// How many requests one arrival stands for: a component that makes load makes as much more as it has more
/// replicas than the file says.
fn copies(system: &System, request: &Request, lives: &[Live], chance: &mut Chance) -> u32 {
    /// One that is scaled far up shall not stop the demo.
    const MOST: f64 = 50.0;
    let Origin::Component(from) = request.from else {
        return 1;
    };
    let said = system
        .components
        .get(from)
        .and_then(|c| c.workload.as_ref());
    let said = said.map_or(1, |w| w.replicas.max(1));
    let ready = lives.get(from).map_or(0, |live| live.endpoints.len());
    let mut rest = (number(ready) / number(said)).min(MOST);
    let mut copies = 0;
    while rest >= 1.0 {
        copies += 1;
        rest -= 1.0;
    }
    copies + u32::from(chance.happens(rest))
}

/// A count as a number to calculate with.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The time from one moment in µs to a later one.
fn since(from: i64, to: i64) -> Duration {
    Duration::from_micros(u64::try_from(to.saturating_sub(from)).unwrap_or(0))
}
