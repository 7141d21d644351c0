//! A pod's status as its kubelet writes it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::object::Phase;
use super::super::{Cluster, conditions, json, naming};
use super::run::{Container, End, Restarts, Run, State};

impl Cluster {
    /// Writes how a run stands into its pod.
    pub(super) fn tell(&mut self, run: &Run) {
        let Some(pod) = self.store.get(&run.key) else {
            return;
        };
        let mut pod = pod.value();
        let host = self.kubelets.host(&run.node).to_string();
        let generation = json::at(&pod, "/metadata/generation").clone();
        let Some(status) = pod.get_mut("status") else {
            return;
        };
        let phase = phase(run);
        json::set(status, "/phase", phase.text());
        json::set(status, "/observedGeneration", generation);
        json::set(status, "/startTime", json::seconds(run.since));
        json::set(status, "/hostIP", host.as_str());
        json::set(status, "/hostIPs", json!([{"ip": host}]));
        if let Some(address) = run.address {
            let address = address.to_string();
            json::set(status, "/podIP", address.as_str());
            json::set(status, "/podIPs", json!([{"ip": address}]));
        }
        self.tell_conditions(run, phase, status);
        let (inits, mains): (Vec<&Container>, Vec<&Container>) =
            run.containers.iter().partition(|one| one.init);
        let told = |list: Vec<&Container>| -> Vec<Value> {
            list.into_iter().map(|one| container(run, one)).collect()
        };
        if !inits.is_empty() {
            json::set(status, "/initContainerStatuses", told(inits));
        }
        json::set(status, "/containerStatuses", told(mains));
        self.write(run.key.clone(), pod);
    }

    fn tell_conditions(&self, run: &Run, phase: Phase, status: &mut Value) {
        let inits_done = run
            .containers
            .iter()
            .filter(|one| one.init)
            .all(|one| one.ready);
        let unready: Vec<&str> = run
            .mains()
            .filter(|(_, one)| !one.ready)
            .map(|(_, one)| &*one.name)
            .collect();
        let uninit: Vec<&str> = run
            .containers
            .iter()
            .filter(|one| one.init && !one.ready)
            .map(|one| &*one.name)
            .collect();
        let over = match phase {
            Phase::Succeeded => Some("PodCompleted"),
            Phase::Failed => Some("PodFailed"),
            _ => None,
        };
        let unready_text = format!("containers with unready status: [{}]", unready.join(" "));
        let ready = match over {
            Some(reason) => (false, reason, ""),
            None if unready.is_empty() => (true, "", ""),
            None => (false, "ContainersNotReady", unready_text.as_str()),
        };
        let uninit_text = format!("containers with incomplete status: [{}]", uninit.join(" "));
        let initialized = if inits_done {
            let reason = if phase == Phase::Succeeded {
                "PodCompleted"
            } else {
                ""
            };
            (true, reason, "")
        } else {
            (false, "ContainersNotInitialized", uninit_text.as_str())
        };
        let sandbox = (run.address.is_some() && over.is_none(), "", "");
        for (kind, (holds, reason, message)) in [
            ("PodReadyToStartContainers", sandbox),
            ("Initialized", initialized),
            ("Ready", ready),
            ("ContainersReady", ready),
            ("PodScheduled", (true, "", "")),
        ] {
            conditions::set(status, kind, holds, reason, message, self.now);
        }
    }
}

/// How far a run is.
fn phase(run: &Run) -> Phase {
    let mains = || run.mains().map(|(_, one)| one);
    let never_ran = |one: &Container| matches!(one.state, State::Waiting(..)) && one.last.is_none();
    if mains().any(never_ran) {
        return Phase::Pending;
    }
    let for_good = |one: &Container| match &one.state {
        State::Ended(end) => match run.restarts {
            Restarts::Always => false,
            Restarts::OnFailure => end.code == 0,
            Restarts::Never => true,
        },
        _ => false,
    };
    if !mains().all(for_good) {
        return Phase::Running;
    }
    let badly = mains().any(|one| matches!(&one.state, State::Ended(end) if end.code != 0));
    if badly {
        Phase::Failed
    } else {
        Phase::Succeeded
    }
}

/// One of `containerStatuses`.
fn container(run: &Run, one: &Container) -> Value {
    let running = matches!(one.state, State::Running(_));
    // A container that waits for its first run has no image yet, and no identity.
    let ran = !matches!(one.state, State::Waiting(..)) || one.last.is_some();
    let round = match (&one.state, &one.last) {
        (State::Ended(end), _) => end.round,
        (State::Waiting(..), Some(last)) => last.round,
        _ => one.restarts,
    };
    let mut status = json!({
        "name": &*one.name, "image": &*one.image, "imageID": "", "ready": one.ready,
        "restartCount": one.restarts, "started": running,
        "state": state(run, one), "lastState": {},
    });
    if ran {
        json::set(&mut status, "/imageID", image_id(&one.image));
        json::set(&mut status, "/containerID", container_id(run, one, round));
    }
    if let Some(last) = &one.last {
        json::set(&mut status, "/lastState/terminated", ended(run, one, last));
    }
    status
}

fn state(run: &Run, one: &Container) -> Value {
    match &one.state {
        State::Running(since) => json!({"running": {"startedAt": json::seconds(*since)}}),
        State::Ended(end) => json!({"terminated": ended(run, one, end)}),
        State::Waiting(reason, message) => {
            let mut waiting = Map::new();
            waiting.insert("reason".to_owned(), json!(reason));
            if let Some(message) = message {
                waiting.insert("message".to_owned(), json!(message));
            }
            json!({"waiting": waiting})
        }
    }
}

fn ended(run: &Run, one: &Container, end: &End) -> Value {
    let time = |time: Timestamp| json::seconds(time);
    json!({
        "containerID": container_id(run, one, end.round), "exitCode": end.code,
        "reason": &*end.reason, "startedAt": time(end.started), "finishedAt": time(end.finished),
    })
}

fn container_id(run: &Run, one: &Container, round: u32) -> String {
    let digest = naming::digest(&[&run.uid, &one.name, &round.to_string()]);
    format!("containerd://{digest}")
}

/// An image by its digest, without its tag.
fn image_id(image: &str) -> String {
    let name = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    };
    format!("{name}@sha256:{}", naming::digest(&[image]))
}
