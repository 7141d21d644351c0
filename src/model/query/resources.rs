//! What components use of their machines, next to what is set aside for them and the most they may use.

use jiff::Timestamp;

use crate::model::Model;
use crate::model::element::{Component, ComponentState, Health};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::{Amounts, ContainerFact, Role};
use crate::model::property::{Property, Value};

/// The name of the property that tells the processor's use, in cores.
pub const CPU: &str = "cpu";
/// The name of the property that tells the memory that cannot be given back, in bytes.
pub const MEMORY: &str = "memory";
/// The name that properties from `metrics.k8s.io` have as their source.
pub const METRICS: &str = "metrics.k8s.io";

/// One resource of a component, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Use {
    /// What is used: cores or bytes; `None` where nobody measured it.
    pub used: Option<f64>,
    /// The least and the most that one component uses, of several.
    pub range: Option<(f64, f64)>,
    /// What is set aside; `None` where nothing is.
    pub requested: Option<f64>,
    /// The most that may be used; `None` where some container may use as much as there is.
    pub limit: Option<f64>,
}

/// What a component, or all measured ones of a type together, use.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    /// Cores, on average over the window.
    pub cpu: Use,
    /// Bytes.
    pub memory: Use,
    /// How many components were measured; requests and limits are theirs.
    pub measured: usize,
    /// How many there are that could be: those that have not ended.
    pub all: usize,
    /// When the oldest of it was measured, by the server's clock.
    pub at: Option<Timestamp>,
    /// Over how long the processor's use is an average, in ms; the longest.
    pub window_ms: Option<u64>,
}

impl Model {
    /// Whether the use of resources is measured at all, as far as is known.
    #[must_use]
    pub fn measures_resources(&self) -> bool {
        self.is_measured_by(METRICS)
    }

    /// What a component uses.
    #[must_use]
    pub fn resources_of(&self, component: &Component) -> Resources {
        let key = ElementKey::component(&component.uid);
        let read = self.properties(&key);
        let (requests, limits) = totals(&component.containers);
        of(read, requests, limits)
    }

    /// What one container of a component uses; `None` where it is the only one.
    #[must_use]
    pub fn container_resources(
        &self,
        component: &Component,
        container: &ContainerFact,
    ) -> Option<Resources> {
        let key = ElementKey::component(&component.uid);
        let read = self.container_properties(&key, &container.name);
        (!read.is_empty()).then(|| of(read, container.requests, container.limits))
    }

    /// What the components of a type use together. Those that nobody measured count in no sum.
    #[must_use]
    pub fn resources_of_type(&self, key: &TypeKey) -> Resources {
        let mut sum = Resources::default();
        for component in self.components_of(key) {
            if component.health == Health::Stopped || component.state == ComponentState::Undeployed
            {
                continue;
            }
            sum.all += 1;
            let one = self.resources_of(component);
            if one.measured == 0 {
                continue;
            }
            let first = sum.measured == 0;
            sum.measured += 1;
            sum.cpu.add(one.cpu, first);
            sum.memory.add(one.memory, first);
            sum.at = [sum.at, one.at].into_iter().flatten().min();
            sum.window_ms = sum.window_ms.max(one.window_ms);
        }
        sum
    }
}

impl Use {
    fn add(&mut self, one: Self, first: bool) {
        if first {
            *self = Self {
                range: one.used.map(|used| (used, used)),
                ..one
            };
            return;
        }
        let both = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b);
        self.used = both(self.used, one.used);
        self.range = self
            .range
            .zip(one.used)
            .map(|((least, most), used)| (least.min(used), most.max(used)));
        self.limit = both(self.limit, one.limit);
        // Where one has none, the others' still are set aside.
        self.requested = match (self.requested, one.requested) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
    }
}

fn of(read: &[Property], requests: Amounts, limits: Amounts) -> Resources {
    let find = |name: &str| {
        let mut own = read.iter().filter(|p| *p.source == *METRICS);
        own.find(|p| *p.name == *name)
    };
    let (cpu, memory) = (find(CPU), find(MEMORY));
    let number = |property: Option<&Property>| match property?.value {
        Value::Number(number) => Some(number),
        _ => None,
    };
    let cores = |millis: Option<u64>| millis.map(|millis| float(millis) / 1000.0);
    Resources {
        cpu: Use {
            used: number(cpu),
            range: None,
            requested: cores(requests.cpu_millis),
            limit: cores(limits.cpu_millis),
        },
        memory: Use {
            used: number(memory),
            range: None,
            requested: requests.memory.map(float),
            limit: limits.memory.map(float),
        },
        measured: usize::from(cpu.or(memory).is_some()),
        all: 1,
        at: [cpu, memory].into_iter().flatten().map(|p| p.at).min(),
        window_ms: cpu.and_then(|p| p.window_ms),
    }
}

/// What is set aside for a pod, and the most that it may use, as the scheduler counts what runs together:
/// sidecars count, init containers that have ended do not.
#[must_use]
pub fn totals(containers: &[ContainerFact]) -> (Amounts, Amounts) {
    let run = || containers.iter().filter(|c| c.role != Role::Init);
    let some = |pick: fn(&Amounts) -> Option<u64>| {
        let asked = run().filter_map(|c| pick(&c.requests));
        asked.reduce(u64::saturating_add)
    };
    // One without a limit may use whatever there is.
    let all = |pick: fn(&Amounts) -> Option<u64>| {
        let sum = run().map(|c| pick(&c.limits)).sum::<Option<u64>>();
        sum.filter(|sum| *sum > 0)
    };
    let requests = Amounts {
        cpu_millis: some(|a| a.cpu_millis),
        memory: some(|a| a.memory),
    };
    let limits = Amounts {
        cpu_millis: all(|a| a.cpu_millis),
        memory: all(|a| a.memory),
    };
    (requests, limits)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bytes of machines fit into what a float holds exactly"
)]
const fn float(whole: u64) -> f64 {
    whole as f64
}
