//! What goes wrong on purpose, and what makes it good again.
//!
//! A fault acts on the cluster or on the traffic and is over when somebody has done the right thing: what
//! sits in pods goes with them (restart, delete, scale to zero and back), what is too slow needs more of
//! them, a bad image needs the one before. It says so when it is asked for by name, and never by itself.

mod command;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::cluster::json as parts;
use super::cluster::kind::Kind;
use super::cluster::object::Key;
use super::cluster::verbs::Patch;
use super::cluster::{Affliction, Cluster};
use super::presence::Presence;
use super::system::{Component, FaultKind, System, WorkloadKind};

pub use command::Order;

/// The share of requests that fail at an instance with [`FaultKind::Errors`].
const ERROR_SHARE: f64 = 0.4;
/// How many times as much work a request is with [`FaultKind::Slow`].
const SLOW_FACTOR: f64 = 4.0;
/// How long after its start a container lasts with [`FaultKind::Crash`].
const LASTS: Duration = Duration::from_secs(4);
/// How long a lost machine is away.
const AWAY: SignedDuration = SignedDuration::from_mins(4);
/// The tag of the image that nobody pushed.
const BAD_TAG: &str = "unpushed";

/// A fault at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// What goes wrong.
    pub kind: FaultKind,
    /// With which component, or for [`FaultKind::Node`] which machine.
    pub target: Arc<str>,
    /// Since when.
    pub since: Timestamp,
    until: Until,
}

/// What ends a fault.
#[derive(Clone, Debug, PartialEq)]
enum Until {
    /// None of these pods is there any more.
    Gone(BTreeSet<Arc<str>>),
    /// More pods than these are wanted, and ready.
    MoreThan(i64),
    /// The component's template has another image than this one; before it had the second.
    OtherImage { bad: String, good: String },
    /// This time.
    Time(Timestamp),
}

/// All faults at work.
#[derive(Debug, Default)]
pub struct Faults {
    active: Vec<Active>,
}

impl Faults {
    /// The faults at work, oldest first.
    #[must_use]
    pub fn active(&self) -> &[Active] {
        &self.active
    }

    /// What a component's requests suffer: the share that fails, and how many times as much work they are.
    #[must_use]
    pub fn suffered(&self, component: &Component, presence: &Presence) -> (f64, f64) {
        let (mut errors, mut slow) = (0.0, 1.0);
        for active in self.active.iter().filter(|a| a.target == component.name) {
            match (active.kind, &active.until) {
                (FaultKind::Errors, Until::Gone(uids)) => {
                    let (mut all, mut bad) = (0_u32, 0_u32);
                    for pod in presence.ready(&component.namespace, &component.name) {
                        all += 1;
                        bad += u32::from(uids.contains(&pod.uid));
                    }
                    errors = ERROR_SHARE * f64::from(bad) / f64::from(all.max(1));
                }
                (FaultKind::Slow, _) => slow = SLOW_FACTOR,
                _ => {}
            }
        }
        (errors, slow)
    }

    /// Begins a fault. Gives a sentence that says what it does and what ends it.
    ///
    /// # Errors
    /// One line: there is no such target, it has nothing that could go wrong so, or does already.
    pub fn begin(
        &mut self,
        kind: FaultKind,
        target: &str,
        system: &System,
        presence: &Presence,
        cluster: &mut Cluster,
    ) -> Result<String, String> {
        if self
            .active
            .iter()
            .any(|a| a.kind == kind && *a.target == *target)
        {
            return Err(format!("{target} has that already: :fault cure {target}"));
        }
        let until = if kind == FaultKind::Node {
            lose(target, cluster)?
        } else {
            spoil(kind, component(system, target)?, presence, cluster)?
        };
        self.active.push(Active {
            kind,
            target: target.into(),
            since: cluster.now(),
            until,
        });
        Ok(told(kind, target, system))
    }

    /// Ends what has been made good.
    pub fn check(&mut self, system: &System, presence: &Presence, cluster: &mut Cluster) {
        let now = cluster.now();
        let mut back = Vec::new();
        self.active.retain(|active| match &active.until {
            Until::Gone(uids) => pods(system, &active.target, presence).any(|p| uids.contains(p)),
            Until::MoreThan(count) => {
                let component = system.component(&active.target);
                let there = component.and_then(|c| wanted_and_ready(c, cluster));
                // Where it was deleted, nobody waits for it any more.
                there.is_some_and(|(wanted, ready)| wanted.min(ready) <= *count)
            }
            Until::OtherImage { bad, .. } => {
                let component = system.component(&active.target);
                component.and_then(|c| image(c, cluster)).as_ref() == Some(bad)
            }
            Until::Time(at) if *at <= now => {
                back.push(Arc::clone(&active.target));
                false
            }
            Until::Time(_) => true,
        });
        for node in back {
            cluster.return_node(&node);
        }
    }

    /// Takes faults back as if they had never been: of one target, or all. Gives how many.
    pub fn cure(
        &mut self,
        target: Option<&str>,
        system: &System,
        presence: &Presence,
        cluster: &mut Cluster,
    ) -> usize {
        let meant = |active: &Active| target.is_none_or(|target| *active.target == *target);
        let (cured, stay): (Vec<Active>, Vec<Active>) = self.active.drain(..).partition(meant);
        self.active = stay;
        for active in &cured {
            match &active.until {
                Until::Gone(uids) => {
                    for uid in pods(system, &active.target, presence) {
                        if uids.contains(uid) {
                            cluster.cure(uid);
                        }
                    }
                }
                Until::MoreThan(_) => {}
                Until::OtherImage { good, .. } => {
                    if let Some(component) = system.component(&active.target) {
                        // Whoever deleted it has ended the fault as well.
                        let _ = put_image(component, good, cluster);
                    }
                }
                Until::Time(_) => {
                    cluster.return_node(&active.target);
                }
            }
        }
        cured.len()
    }
}

/// What a fault does and what ends it.
fn told(kind: FaultKind, target: &str, system: &System) -> String {
    let workload = system.component(target).and_then(|c| c.workload.as_ref());
    // A StatefulSet waits for a broken pod before it replaces it, which is never: as in a real cluster.
    let cure = match workload.map(|workload| workload.kind) {
        Some(WorkloadKind::StatefulSet) => "delete them",
        _ => "restart it",
    };
    match kind {
        FaultKind::Crash => {
            format!("{target}: its containers crash until its pods are replaced ({cure})")
        }
        FaultKind::Slow => {
            format!("{target}: more work than its pods can do; more of them end it (scale it up)")
        }
        FaultKind::Errors => {
            format!("{target}: its pods answer with errors until they are replaced ({cure})")
        }
        FaultKind::Image => {
            format!("{target}: rolled out with an image that nobody pushed (undo the rollout)")
        }
        FaultKind::Endpoints => {
            format!("{target}: none of its pods passes its probe until replaced ({cure})")
        }
        FaultKind::Node => format!(
            "{target}: this machine is lost for {} minutes; its pods are replaced elsewhere",
            AWAY.as_mins()
        ),
    }
}

fn component<'a>(system: &'a System, name: &str) -> Result<&'a Component, String> {
    let found = system.component(name);
    found.ok_or_else(|| format!("the system has no component {name}: tab completes them"))
}

fn lose(node: &str, cluster: &mut Cluster) -> Result<Until, String> {
    if !cluster.lose_node(node) {
        let nodes = cluster.store().list(Kind::Node, None);
        let names: Vec<&str> = nodes.take(5).map(|object| &*object.key.name).collect();
        return Err(format!(
            "there is no machine {node}: {} …",
            names.join(", ")
        ));
    }
    let at = cluster.now().checked_add(AWAY);
    Ok(Until::Time(at.unwrap_or(Timestamp::MAX)))
}

fn spoil(
    kind: FaultKind,
    component: &Component,
    presence: &Presence,
    cluster: &mut Cluster,
) -> Result<Until, String> {
    let name = &component.name;
    let Some(workload) = &component.workload else {
        return Err(format!("{name} is outside of the cluster: choose another"));
    };
    if workload.kind == WorkloadKind::CronJob {
        return Err(format!("{name} runs only now and then: choose another"));
    }
    if kind == FaultKind::Image {
        let good = image(component, cluster);
        let good = good.ok_or_else(|| format!("{name} is no Deployment: choose another"))?;
        let repository = good
            .rsplit_once(':')
            .map_or(&*good, |(repository, _)| repository);
        let bad = format!("{repository}:{BAD_TAG}");
        cluster.image_missing(&bad);
        put_image(component, &bad, cluster)?;
        return Ok(Until::OtherImage { bad, good });
    }
    if kind == FaultKind::Slow {
        let there = wanted_and_ready(component, cluster);
        let (wanted, _) = there.ok_or_else(|| format!("{name} has no replicas: choose another"))?;
        return Ok(Until::MoreThan(wanted));
    }
    let pods = presence.of(&component.namespace, name);
    let mut uids: BTreeSet<Arc<str>> = pods.map(|pod| Arc::clone(&pod.uid)).collect();
    // A pod that has not come to a machine yet has nothing that could break.
    uids.retain(|uid| match kind {
        FaultKind::Crash => cluster.afflict(
            uid,
            Affliction::Crash {
                exit_code: 1,
                reason: "Error".into(),
                after: LASTS,
            },
        ),
        FaultKind::Endpoints => cluster.afflict(
            uid,
            Affliction::Unready {
                message: "HTTP probe failed with statuscode: 503".into(),
            },
        ),
        _ => true,
    });
    if uids.is_empty() {
        return Err(format!("{name} has no pods now: choose another"));
    }
    Ok(Until::Gone(uids))
}

/// The uids of a component's pods.
fn pods<'a>(
    system: &System,
    component: &str,
    presence: &'a Presence,
) -> impl Iterator<Item = &'a Arc<str>> {
    let component = system.component(component);
    let pods = component.map(|c| presence.of(&c.namespace, &c.name));
    pods.into_iter().flatten().map(|pod| &pod.uid)
}

/// How many replicas a workload is to have, and how many are ready.
fn wanted_and_ready(component: &Component, cluster: &Cluster) -> Option<(i64, i64)> {
    let kind = match component.workload.as_ref()?.kind {
        WorkloadKind::Deployment => Kind::Deployment,
        WorkloadKind::StatefulSet => Kind::StatefulSet,
        WorkloadKind::DaemonSet | WorkloadKind::CronJob => return None,
    };
    let key = Key::new(kind, &component.namespace, &component.name);
    let object = cluster.store().get(&key)?.value();
    let ready = parts::number(&object, "/status/readyReplicas");
    Some((
        parts::number(&object, "/spec/replicas")?,
        ready.unwrap_or(0),
    ))
}

fn deployment(component: &Component) -> Key {
    Key::new(Kind::Deployment, &component.namespace, &component.name)
}

/// The image that a Deployment is to have.
fn image(component: &Component, cluster: &Cluster) -> Option<String> {
    let object = cluster.store().get(&deployment(component))?.value();
    let image = parts::text(&object, "/spec/template/spec/containers/0/image");
    (!image.is_empty()).then(|| image.to_owned())
}

/// Rolls a Deployment out with another image.
fn put_image(component: &Component, image: &str, cluster: &mut Cluster) -> Result<(), String> {
    let key = deployment(component);
    let object = cluster.store().get(&key).map(|object| object.value());
    let object = object.ok_or_else(|| format!("{} is not there", component.name))?;
    let container = parts::text(&object, "/spec/template/spec/containers/0/name");
    let containers = json!([{"name": container, "image": image}]);
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    let patched = cluster.patch(&key, &Patch::Strategic(patch));
    patched.map(|_| ()).map_err(|refusal| refusal.message)
}
