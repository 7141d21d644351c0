//! Component states, readiness, and the reason shown.
//!
//! STATUS and READY are counted as `kubectl get pods` prints them, because people compare the two;
//! the life cycle is CompArch's, extended: Succeeded is undeployed, crashing or on a lost machine is
//! unknown, running but not ready is deployed.

use super::element::{ComponentState, Health, Reason};
use super::observation::{ContainerFact, ContainerState, PodFact, Role, Termination};
use super::text::Text;

/// What a machine says about the pods on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineSays {
    /// It answers, or nothing is known about it.
    Nothing,
    /// Its kubelet reports that it is not ready.
    NotReady,
    /// Its kubelet does not answer.
    Lost,
}

/// A pod's judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Life cycle.
    pub state: ComponentState,
    /// Sign.
    pub health: Health,
    /// Why.
    pub reason: Option<Reason>,
    /// kubectl's STATUS.
    pub status: Text,
    /// Ready containers.
    pub ready: u32,
    /// Containers that count.
    pub total: u32,
    /// Restarts of the containers that count now.
    pub restarts: u32,
}

/// Judges a pod.
#[must_use]
pub fn judge(pod: &PodFact, machine: MachineSays) -> Judgement {
    let (ready, total) = readiness(pod);
    let start = start(pod);
    let status = status(pod, start.as_ref());
    let (state, health, reason) = verdict(pod, machine, &status, ready, total);
    Judgement {
        state,
        health,
        reason,
        status: status.into(),
        ready,
        total,
        restarts: restarts(pod, start.as_ref()),
    }
}

/// RESTARTS of `kubectl get pods`: while the pod starts, of the init containers so far; then of the others.
fn restarts(pod: &PodFact, start: Option<&Start>) -> u32 {
    match start {
        Some(start) if !is_past_start(pod) => inits(pod)
            .take(start.index + 1)
            .map(|c| c.restarts)
            .fold(0, u32::saturating_add),
        _ => pod
            .containers
            .iter()
            .filter(|c| c.role != Role::Init)
            .map(|c| c.restarts)
            .fold(0, u32::saturating_add),
    }
}

/// READY of `kubectl get pods`: ready containers and containers that count, sidecars included.
fn readiness(pod: &PodFact) -> (u32, u32) {
    let counted = || pod.containers.iter().filter(|c| c.role != Role::Init);
    let ready = counted().filter(|c| is_ready(c)).count();
    (count(ready), count(counted().count()))
}

fn is_ready(container: &ContainerFact) -> bool {
    match container.role {
        Role::Main => container.ready && matches!(container.state, ContainerState::Running { .. }),
        Role::Sidecar => container.ready && container.started,
        Role::Init => false,
    }
}

/// A number of things that are in memory.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// STATUS of `kubectl get pods`.
fn status(pod: &PodFact, start: Option<&Start>) -> String {
    let mut word = pod
        .reason
        .as_deref()
        .filter(|r| !r.is_empty())
        .unwrap_or(&pod.phase)
        .to_owned();
    if let Some((reason, _)) = &pod.unscheduled
        && &**reason == "SchedulingGated"
    {
        reason.as_ref().clone_into(&mut word);
    }
    if let Some(start) = start {
        word.clone_from(&start.word);
    }
    if start.is_none() || is_past_start(pod) {
        word = main_status(pod, word);
    }
    if pod.meta.deleting.is_some() {
        return if pod.reason.as_deref() == Some("NodeLost") {
            "Unknown".to_owned()
        } else if matches!(&*pod.phase, "Succeeded" | "Failed") {
            word
        } else {
            "Terminating".to_owned()
        };
    }
    word
}

/// The init container or sidecar that the pod waits for.
struct Start {
    /// Its place among the init containers and sidecars.
    index: usize,
    /// `Init:…`.
    word: String,
}

fn inits(pod: &PodFact) -> impl Iterator<Item = &ContainerFact> {
    pod.containers.iter().filter(|c| c.role != Role::Main)
}

/// Whether the main containers have run: a sidecar that fails later does not hide what they say.
fn is_past_start(pod: &PodFact) -> bool {
    &*pod.phase != "Pending"
        && pod.containers.iter().any(|c| {
            c.role == Role::Main
                && (c.last.is_some()
                    || matches!(
                        c.state,
                        ContainerState::Running { .. } | ContainerState::Terminated(_)
                    ))
        })
}

/// What the pod's start waits for, while an init container has not done its part.
fn start(pod: &PodFact) -> Option<Start> {
    let total = inits(pod).count();
    for (index, container) in inits(pod).enumerate() {
        let word = match &container.state {
            // Nobody has reported on it: the pod is not scheduled, or long past its start.
            ContainerState::Unreported => continue,
            ContainerState::Terminated(end) if end.exit_code == 0 => continue,
            _ if container.role == Role::Sidecar && container.started => continue,
            ContainerState::Terminated(end) => format!("Init:{}", end_word(end)),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && &**reason != "PodInitializing" =>
            {
                format!("Init:{reason}")
            }
            _ => format!("Init:{index}/{total}"),
        };
        return Some(Start { index, word });
    }
    None
}

fn main_status(pod: &PodFact, mut word: String) -> String {
    let mut running = false;
    // The first container's reason wins, so they are read backwards.
    for container in pod.containers.iter().rev().filter(|c| c.role == Role::Main) {
        match &container.state {
            ContainerState::Waiting { reason, .. } if !reason.is_empty() => {
                reason.as_ref().clone_into(&mut word);
            }
            ContainerState::Terminated(end) => word = end_word(end),
            ContainerState::Running { .. } if container.ready => running = true,
            _ => {}
        }
    }
    if word == "Completed" && running {
        return if pod.ready == Some(true) {
            "Running".to_owned()
        } else {
            "NotReady".to_owned()
        };
    }
    word
}

fn end_word(end: &Termination) -> String {
    if !end.reason.is_empty() {
        end.reason.to_string()
    } else if end.signal != 0 {
        format!("Signal:{}", end.signal)
    } else {
        format!("ExitCode:{}", end.exit_code)
    }
}

fn verdict(
    pod: &PodFact,
    machine: MachineSays,
    status: &str,
    ready: u32,
    total: u32,
) -> (ComponentState, Health, Option<Reason>) {
    use ComponentState::{Deployed, Started, Undeployed, Unknown};
    let all_ready = pod.ready.unwrap_or(total > 0 && ready == total);
    match &*pod.phase {
        "Succeeded" => {
            return (Undeployed, Health::Stopped, Some(Reason::word("Completed")));
        }
        "Failed" => {
            // The platform gives a reason where it ended the pod; one that failed by itself has none.
            let removed = pod.reason.as_ref().filter(|r| !r.is_empty());
            let said = pod.message.clone().filter(|m| !m.is_empty());
            let detail = match removed {
                Some(_) => said.or_else(|| exit_detail(pod)),
                None => exit_detail(pod).or(said),
            };
            let reason = Reason {
                word: removed.cloned().unwrap_or_else(|| status.into()),
                detail,
            };
            let state = if removed.is_some() {
                Undeployed
            } else {
                Unknown
            };
            return (state, Health::Broken, Some(reason));
        }
        _ => {}
    }
    let lost = machine == MachineSays::Lost || &*pod.phase == "Unknown" || status == "Unknown";
    if lost || machine == MachineSays::NotReady {
        let node = pod
            .node
            .as_ref()
            .map_or_else(|| "its node".to_owned(), |n| format!("node {n}"));
        let says = if lost {
            "does not answer"
        } else {
            "is not ready"
        };
        let word = if lost { "NodeLost" } else { "NodeNotReady" };
        let reason = Reason::with(word, format!("{node} {says}"));
        return (Unknown, Health::Unknown, Some(reason));
    }
    if pod.meta.deleting.is_some() {
        let state = if all_ready { Started } else { Deployed };
        return (state, Health::Changing, Some(Reason::word("Terminating")));
    }
    if let Some((reason, message)) = &pod.unscheduled {
        // A gate is set on purpose, and whoever set it opens it.
        let health = if &**reason == "SchedulingGated" {
            Health::Changing
        } else {
            Health::Broken
        };
        let reason = Reason {
            word: reason.clone(),
            detail: (!message.is_empty()).then(|| message.clone()),
        };
        return (Deployed, health, Some(reason));
    }
    if let Some(reason) = crash(pod) {
        return (Unknown, Health::Broken, Some(reason));
    }
    if let Some(reason) = stuck(pod) {
        return (Deployed, Health::Broken, Some(reason));
    }
    if all_ready {
        return (Started, Health::Ok, None);
    }
    if &*pod.phase == "Running" && !status.starts_with("Init:") {
        let (health, detail) = not_ready(pod, ready, total);
        return (Deployed, health, Some(Reason::with("NotReady", detail)));
    }
    let detail = match status {
        "Pending" if pod.node.is_none() => Some("waits for a node".into()),
        "Pending" => Some("waits for its node".into()),
        _ => None,
    };
    let reason = Reason {
        word: status.into(),
        detail,
    };
    (Deployed, Health::Changing, Some(reason))
}

/// A container that ends again and again, or ended badly and was not restarted.
fn crash(pod: &PodFact) -> Option<Reason> {
    let mut ended = None;
    for container in pod.containers.iter() {
        match &container.state {
            ContainerState::Waiting { reason, .. } if &**reason == "CrashLoopBackOff" => {
                return Some(Reason {
                    word: in_role(container, reason),
                    detail: Some(with_container(pod, container, container.last.as_ref())),
                });
            }
            ContainerState::Terminated(end) if end.exit_code != 0 || end.signal != 0 => {
                ended = Some(Reason {
                    word: in_role(container, &end_word(end)),
                    detail: Some(with_container(pod, container, Some(end))),
                });
            }
            _ => {}
        }
    }
    ended
}

/// kubectl's word for what a container says: init containers say it with a prefix.
fn in_role(container: &ContainerFact, word: &str) -> Text {
    match container.role {
        Role::Init => format!("Init:{word}").into(),
        Role::Main | Role::Sidecar => word.into(),
    }
}

/// A container that waits for something that does not come by itself.
fn stuck(pod: &PodFact) -> Option<Reason> {
    pod.containers.iter().find_map(|c| match &c.state {
        ContainerState::Waiting { reason, message }
            if !matches!(
                &**reason,
                "" | "ContainerCreating" | "PodInitializing" | "CrashLoopBackOff"
            ) =>
        {
            Some(Reason {
                word: in_role(c, reason),
                detail: message
                    .clone()
                    .or_else(|| (!c.image.is_empty()).then(|| c.image.clone())),
            })
        }
        _ => None,
    })
}

/// Of a running pod that is not ready: whether that is on its way, and how it is said.
fn not_ready(pod: &PodFact, ready: u32, total: u32) -> (Health, String) {
    let mut detail = format!("{ready} of {total} containers ready");
    let done: Vec<&str> = pod
        .containers
        .iter()
        .filter(|c| c.role == Role::Main && matches!(c.state, ContainerState::Terminated(_)))
        .map(|c| &*c.name)
        .collect();
    if ready == total {
        detail.push_str(", waits for a readiness gate");
    } else if u32::try_from(done.len()).is_ok_and(|done| ready + done == total) {
        // Nothing that still runs lacks readiness.
        detail.push_str(&format!(", {} has completed", done.join(", ")));
        return (Health::Changing, detail);
    }
    let last = pod.containers.iter().find_map(|c| c.last.as_ref());
    if let Some(last) = last.filter(|last| last.exit_code != 0) {
        detail.push_str(&format!(", last {}", exit(last)));
    }
    let health = if lost_readiness(pod) {
        Health::Broken
    } else {
        Health::Changing
    };
    (health, detail)
}

/// Readiness came after the start of the containers and went away again, or they were restarted.
fn lost_readiness(pod: &PodFact) -> bool {
    if pod.containers.iter().any(|c| c.restarts > 0) {
        return true;
    }
    let started = pod.containers.iter().filter_map(|c| match &c.state {
        ContainerState::Running { since } => *since,
        _ => None,
    });
    match (pod.ready_since, started.max()) {
        // Kubernetes' times have whole seconds, so one second proves nothing.
        (Some(changed), Some(started)) => changed.as_second() > started.as_second() + 1,
        _ => false,
    }
}

fn exit_detail(pod: &PodFact) -> Option<Text> {
    pod.containers.iter().find_map(|c| match &c.state {
        ContainerState::Terminated(end) if end.exit_code != 0 => Some(exit(end).into()),
        _ => None,
    })
}

/// `exit 137 (OOMKilled)`; the everyday `Error` adds nothing.
fn exit(end: &Termination) -> String {
    if end.reason.is_empty() || &*end.reason == "Error" {
        format!("exit {}", end.exit_code)
    } else {
        format!("exit {} ({})", end.exit_code, end.reason)
    }
}

fn with_container(pod: &PodFact, container: &ContainerFact, end: Option<&Termination>) -> Text {
    let mut detail = end.map_or_else(|| "exit code not reported".to_owned(), exit);
    if pod.containers.len() > 1 {
        detail.push_str(" in ");
        detail.push_str(&container.name);
    }
    detail.into()
}
