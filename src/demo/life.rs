//! What goes on in the demo: the system is put into the cluster, requests run through it, things go wrong.
//!
//! Pure, as the cluster is: [`Life::advance`] says what time it is. It moves in ticks that are counted from
//! the beginning, so that the sizes of the steps make no difference.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::cluster::Cluster;
use super::cluster::json;
use super::cluster::kind::Kind;
use super::cluster::refusal::Refusal;
use super::faults::{Active, Faults, Order};
use super::presence::Presence;
use super::system::{self, Component, Incident, System};
use super::tracing::store::Store;
use super::traffic::{Health, Instance, Traffic};

/// How often faults are looked at and requests handed over.
const TICK: SignedDuration = SignedDuration::from_millis(100);
/// How many ticks pass before it is told anew how busy everybody is.
const WEIGHED: u64 = 50;
/// How many faults may be at work when the scenario adds one: more is no scenario but a heap.
const AT_ONCE: usize = 2;
/// How long the scenario waits for one of them to be made good.
const LATER: SignedDuration = SignedDuration::from_secs(30);

/// How the demo is to be.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Chance: the same seed gives the same demo.
    pub seed: u64,
    /// About how many pods there are to be in all; the system's own number where nothing is said.
    pub pods: Option<usize>,
    /// Whether nothing goes wrong by itself.
    pub calm: bool,
}

/// A system that lives in a cluster.
#[derive(Debug)]
pub struct Life {
    system: Arc<System>,
    seed: u64,
    /// Nothing before requests come in.
    traffic: Option<Traffic>,
    presence: Presence,
    faults: Faults,
    scenario: Scenario,
    /// Since requests come in.
    ticks: u64,
}

/// What goes wrong by itself, over and over.
#[derive(Debug)]
struct Scenario {
    coming: VecDeque<(Timestamp, Incident)>,
    is_on: bool,
}

impl Life {
    /// Puts a system into an empty cluster.
    ///
    /// # Errors
    /// What the cluster's API says against one of its objects.
    pub fn new(system: System, choice: &Choice, cluster: &mut Cluster) -> Result<Self, Refusal> {
        for manifest in system::manifests(&system, choice.pods) {
            let kind = kind(&manifest)?;
            let namespace = json::text(&manifest, "/metadata/namespace").to_owned();
            cluster.create(kind, &namespace, manifest)?;
        }
        let system = Arc::new(system);
        Ok(Self {
            seed: choice.seed,
            traffic: None,
            presence: Presence::of_namespaces(system.namespaces.iter().cloned()),
            faults: Faults::default(),
            scenario: Scenario {
                coming: VecDeque::new(),
                is_on: !choice.calm,
            },
            ticks: 0,
            system,
        })
    }

    /// The system.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// What goes wrong on purpose now.
    #[must_use]
    pub fn faults(&self) -> &[Active] {
        self.faults.active()
    }

    /// Requests come in from now on; the scenario's times count from `opening`.
    pub fn open(&mut self, opening: Timestamp, cluster: &Cluster) {
        let system = Arc::clone(&self.system);
        self.traffic = Some(Traffic::new(system, self.seed, cluster.now()));
        self.scenario.fill(&self.system, opening);
    }

    /// Lets time pass in the cluster and in the system.
    pub fn advance(&mut self, to: Timestamp, cluster: &mut Cluster, traces: &mut Store) {
        if self.traffic.is_none() {
            cluster.advance(to);
            return;
        }
        let tick = |now: Timestamp| now.checked_add(TICK).ok().filter(|next| *next <= to);
        while let Some(next) = tick(cluster.now()) {
            cluster.advance(next);
            self.presence.follow(cluster.store());
            self.faults.check(&self.system, &self.presence, cluster);
            self.unfold(next, cluster);
            self.run_requests(next, traces);
            self.ticks += 1;
            if self.ticks.is_multiple_of(WEIGHED) {
                self.weigh(cluster);
            }
        }
    }

    /// Begins what is due in the scenario.
    fn unfold(&mut self, now: Timestamp, cluster: &mut Cluster) {
        let Some(incident) = self.scenario.due(now) else {
            return;
        };
        if self.faults.active().len() >= AT_ONCE {
            self.scenario.postpone();
            return;
        }
        // One that cannot be (its target was deleted, or has it already) is left out.
        let _ = self.faults.begin(
            incident.fault,
            &incident.target,
            &self.system,
            &self.presence,
            cluster,
        );
        self.scenario.coming.pop_front();
        if self.scenario.coming.is_empty() {
            self.scenario.fill(&self.system, now);
        }
    }

    fn run_requests(&mut self, to: Timestamp, traces: &mut Store) {
        let (presence, faults) = (&self.presence, &self.faults);
        let health = |component: &Component| {
            let (error_share, slow_factor) = faults.suffered(component, presence);
            Health {
                instances: presence
                    .ready(&component.namespace, &component.name)
                    .map(|pod| Instance {
                        pod: Arc::clone(&pod.name),
                        ip: Arc::clone(&pod.ip),
                        version: Arc::clone(&pod.version),
                    })
                    .collect(),
                error_share,
                slow_factor,
            }
        };
        if let Some(traffic) = &mut self.traffic {
            let mut spans = Vec::new();
            traffic.advance(to, &health, &mut spans);
            traces.accept(spans);
        }
    }

    /// Tells the machines how busy the pods are.
    fn weigh(&self, cluster: &mut Cluster) {
        let Some(traffic) = &self.traffic else { return };
        let components = self.system.components.iter();
        for (component, rate) in components.zip(traffic.rates(cluster.now())) {
            let pods = self.presence.ready(&component.namespace, &component.name);
            let ready = u32::try_from(pods.count()).unwrap_or(u32::MAX);
            let (_, slow) = self.faults.suffered(component, &self.presence);
            let can = f64::from(ready.max(1)) * component.capacity;
            cluster.set_load(&component.namespace, &component.name, rate * slow / can);
        }
    }

    /// Does what a person orders. Gives a sentence that says what it did.
    ///
    /// # Errors
    /// One line that says why not, and what can be ordered.
    pub fn order(&mut self, text: &str, cluster: &mut Cluster) -> Result<String, String> {
        self.presence.follow(cluster.store());
        match Order::read(text)? {
            Order::Tell => Ok(self.told(cluster.now())),
            Order::Begin(kind, target) => {
                self.faults
                    .begin(kind, &target, &self.system, &self.presence, cluster)
            }
            Order::Cure(target) => {
                let target = target.as_deref();
                let count = self
                    .faults
                    .cure(target, &self.system, &self.presence, cluster);
                match (count, target) {
                    (0, None) => Err("nothing goes wrong on purpose now".to_owned()),
                    (0, Some(target)) => {
                        Err(format!("nothing goes wrong on purpose with {target}"))
                    }
                    (1, _) => Ok("one fault was taken back".to_owned()),
                    (count, _) => Ok(format!("{count} faults were taken back")),
                }
            }
            Order::Scenario(is_on) => {
                self.scenario.is_on = is_on;
                if is_on {
                    self.scenario.coming.clear();
                    self.scenario.fill(&self.system, cluster.now());
                    Ok("the scenario begins again".to_owned())
                } else {
                    Ok("nothing goes wrong by itself any more".to_owned())
                }
            }
        }
    }

    fn told(&self, now: Timestamp) -> String {
        let each: Vec<String> = self
            .faults
            .active()
            .iter()
            .map(|active| {
                let seconds = now.duration_since(active.since).as_secs();
                format!("{} {} for {seconds} s", active.kind.word(), active.target)
            })
            .collect();
        if each.is_empty() {
            "nothing goes wrong on purpose now".to_owned()
        } else {
            each.join(", ")
        }
    }
}

/// What kind of object a manifest says it is.
fn kind(manifest: &Value) -> Result<Kind, Refusal> {
    let (version, name) = (
        json::text(manifest, "/apiVersion"),
        json::text(manifest, "/kind"),
    );
    let found = Kind::ALL
        .into_iter()
        .find(|kind| kind.names().kind == name && kind.api_version() == version);
    found.ok_or_else(|| Refusal::bad_request(format!("there is no kind {version} {name} here")))
}

impl Scenario {
    fn fill(&mut self, system: &System, from: Timestamp) {
        let each = system.scenario.iter().filter_map(|incident| {
            let at = from.checked_add(incident.after).ok()?;
            Some((at, incident.clone()))
        });
        self.coming.extend(each);
    }

    fn due(&self, now: Timestamp) -> Option<Incident> {
        let (at, incident) = self.coming.front().filter(|_| self.is_on)?;
        (*at <= now).then(|| incident.clone())
    }

    fn postpone(&mut self) {
        for (at, _) in &mut self.coming {
            *at = at.checked_add(LATER).unwrap_or(*at);
        }
    }
}
