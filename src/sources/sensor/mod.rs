//! Sensors: endpoints that a person configured, whose numbers are properties of an element.
//!
//! Each is read on its own interval, as a plain number or as a page of metrics, and has one line of its own.
//! What a metric means is not known here: unit and description are those of the configuration and of the page.
//! Whether the target is there is not known either: readings wait for it under its name.

mod client;
mod exposition;
mod failure;
mod poll;
mod reader;
mod unit;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use tokio::sync::watch;

use self::poll::Poll;
use super::{Control, Outlet, Source};
use crate::config::sensor::Sensor;
use crate::model::text::Text;

/// The source's name in statuses and readings.
pub const NAME: &str = "sensor";
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For how long at least what was read last is shown while nothing newer comes.
const KEPT: Duration = Duration::from_secs(60);

/// Which sensors there are, and how they read.
#[derive(Clone, Debug)]
pub struct Settings {
    sensors: Vec<Arc<Sensor>>,
    switches: Switches,
    /// How long an answer may take, from the first byte sent to the last one received.
    pub timeout: Duration,
    /// For how long what was read last is shown while nothing newer comes; but not less than for three intervals.
    pub kept: Duration,
}

impl Settings {
    /// Settings for these sensors, on or off as each says.
    #[must_use]
    pub fn new(sensors: Vec<Sensor>) -> Self {
        let off = sensors.iter().filter(|sensor| !sensor.on);
        let off = off.map(|sensor| sensor.name.clone()).collect();
        Self {
            switches: Switches(Arc::new(watch::Sender::new(off))),
            sensors: sensors.into_iter().map(Arc::new).collect(),
            timeout: TIMEOUT,
            kept: KEPT,
        }
    }

    /// Whether there is no sensor.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sensors.is_empty()
    }

    /// The switches of these sensors.
    #[must_use]
    pub fn switches(&self) -> Switches {
        self.switches.clone()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// Switches sensors on and off while they run. It holds the names of those that are off.
#[derive(Clone, Debug)]
pub struct Switches(Arc<watch::Sender<BTreeSet<Text>>>);

impl Switches {
    /// Switches a sensor on or off; nothing happens where it is so.
    pub fn turn(&self, name: &Text, on: bool) {
        self.0.send_if_modified(|off| {
            if on {
                off.remove(name)
            } else {
                off.insert(name.clone())
            }
        });
    }
}

/// All sensors as one source, with a line for each.
#[derive(Debug)]
pub struct Sensors {
    settings: Settings,
}

impl Sensors {
    /// The source of these sensors.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Source for Sensors {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Statuses and readings come under the name of the sensor as their part.
    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> BoxFuture<'static, ()> {
        async move {
            let stop = control.stop.clone();
            let settings = self.settings;
            let polls = settings.sensors.iter().map(|sensor| {
                Poll::new(Arc::clone(sensor), &settings, outlet.clone(), &control).run()
            });
            stop.run_until_cancelled(join_all(polls)).await;
        }
        .boxed()
    }
}
