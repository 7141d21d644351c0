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
    /// Its kubelet does not answer or reports not ready.
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
    let status = status(pod);
    let (state, health, reason) = verdict(pod, machine, &status, ready, total);
    Judgement {
        state,
        health,
        reason,
        status: status.into(),
        ready,
        total,
        restarts: pod
            .containers
            .iter()
            .filter(|c| c.role != Role::Init)
            .map(|c| c.restarts)
            .sum(),
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
        Role::Sidecar => container.ready,
        Role::Init => false,
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// STATUS of `kubectl get pods`.
fn status(pod: &PodFact) -> String {
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
    if let Some(init) = init_status(pod) {
        word = init;
    } else {
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

/// `Init:…` while an init container has not done its part.
fn init_status(pod: &PodFact) -> Option<String> {
    let inits = || {
        pod.containers
            .iter()
            .filter(|c| matches!(c.role, Role::Init | Role::Sidecar))
    };
    let total = inits().count();
    for (index, container) in inits().enumerate() {
        return Some(match &container.state {
            ContainerState::Terminated(end) if end.exit_code == 0 => continue,
            _ if container.role == Role::Sidecar && container.started => continue,
            ContainerState::Terminated(end) => format!("Init:{}", end_word(end)),
            ContainerState::Waiting { reason, .. }
                if !reason.is_empty() && &**reason != "PodInitializing" =>
            {
                format!("Init:{reason}")
            }
            // An init container that nobody reported on, of a pod that is past its start, is done.
            ContainerState::Unreported if &*pod.phase != "Pending" => continue,
            _ => format!("Init:{index}/{total}"),
        });
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

/// Reasons of a Failed pod that the platform removed, rather than one that crashed.
const REMOVED: [&str; 6] = [
    "Evicted",
    "Preempting",
    "Preempted",
    "Shutdown",
    "NodeShutdown",
    "Terminated",
];

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
            let removed = REMOVED.contains(&status);
            let detail = exit_detail(pod).or_else(|| pod.message.clone());
            let reason = Reason {
                word: status.into(),
                detail,
            };
            let state = if removed { Undeployed } else { Unknown };
            return (state, Health::Broken, Some(reason));
        }
        _ => {}
    }
    if machine == MachineSays::Lost || &*pod.phase == "Unknown" || status == "Unknown" {
        let detail: Text = pod
            .node
            .as_ref()
            .map_or_else(|| "its node".to_owned(), |n| format!("node {n}"))
            .into();
        let reason = Reason::with("NodeLost", format!("{detail} does not answer"));
        return (Unknown, Health::Unknown, Some(reason));
    }
    if pod.meta.deleting.is_some() {
        let state = if all_ready { Started } else { Deployed };
        return (state, Health::Changing, Some(Reason::word("Terminating")));
    }
    if let Some((reason, message)) = &pod.unscheduled {
        return (
            Deployed,
            Health::Broken,
            Some(Reason::with(reason, message.clone())),
        );
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
        let detail = format!("{ready} of {total} containers ready");
        let health = if lost_readiness(pod) {
            Health::Broken
        } else {
            Health::Changing
        };
        return (Deployed, health, Some(Reason::with("NotReady", detail)));
    }
    let detail = match status {
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
    let mut restarted = None;
    for container in &pod.containers {
        match &container.state {
            ContainerState::Waiting { reason, .. } if &**reason == "CrashLoopBackOff" => {
                return Some(Reason {
                    word: reason.clone(),
                    detail: Some(with_container(pod, container, container.last.as_ref())),
                });
            }
            ContainerState::Terminated(end) if end.exit_code != 0 || end.signal != 0 => {
                restarted = Some(Reason {
                    word: end_word(end).into(),
                    detail: Some(with_container(pod, container, Some(end))),
                });
            }
            _ => {}
        }
    }
    restarted
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
                word: reason.clone(),
                detail: message
                    .clone()
                    .or_else(|| (!c.image.is_empty()).then(|| c.image.clone())),
            })
        }
        _ => None,
    })
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
        ContainerState::Terminated(end) if end.exit_code != 0 => {
            Some(format!("exit {}", end.exit_code).into())
        }
        _ => None,
    })
}

fn with_container(pod: &PodFact, container: &ContainerFact, end: Option<&Termination>) -> Text {
    let mut detail = match end {
        Some(end) if !end.reason.is_empty() && &*end.reason != "Error" => {
            format!("exit {} ({})", end.exit_code, end.reason)
        }
        Some(end) => format!("exit {}", end.exit_code),
        None => "exit code not reported".to_owned(),
    };
    if pod.containers.len() > 1 {
        detail.push_str(" in ");
        detail.push_str(&container.name);
    }
    detail.into()
}
