//! The cells of a pod: above all the one word that says how it is.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::cluster::json::{at, items, number, text};

use super::age;

pub(super) fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let state = State::of(pod);
    let restarts = match state.last_restart {
        Some(at) if state.restarts > 0 => {
            let ago = age::short(age::seconds(at, now));
            format!("{} ({ago} ago)", state.restarts)
        }
        _ => state.restarts.to_string(),
    };
    let or_none = |path| match text(pod, path) {
        "" => "<none>".to_owned(),
        text => text.to_owned(),
    };
    vec![
        json!(text(pod, "/metadata/name")),
        json!(format!("{}/{}", state.ready, state.total)),
        json!(state.reason),
        json!(restarts),
        json!(age::since(pod, "/metadata/creationTimestamp", now)),
        json!(or_none("/status/podIPs/0/ip")),
        json!(or_none("/spec/nodeName")),
        json!(or_none("/status/nominatedNodeName")),
        json!(gates(pod)),
    ]
}

/// How many of a pod's readiness gates are open.
fn gates(pod: &Value) -> String {
    let all = items(pod, "/spec/readinessGates").count();
    if all == 0 {
        return "<none>".to_owned();
    }
    let open = items(pod, "/spec/readinessGates")
        .filter(|gate| is_true(pod, text(gate, "/conditionType")))
        .count();
    format!("{open}/{all}")
}

fn is_true(pod: &Value, condition: &str) -> bool {
    items(pod, "/status/conditions")
        .any(|own| text(own, "/type") == condition && text(own, "/status") == "True")
}

/// What a pod's containers come to.
struct State {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl State {
    fn of(pod: &Value) -> Self {
        let phase = text(pod, "/status/phase");
        let said = text(pod, "/status/reason");
        let mut state = Self {
            reason: if said.is_empty() { phase } else { said }.to_owned(),
            ready: 0,
            total: items(pod, "/spec/containers").count(),
            restarts: 0,
            last_restart: None,
        };
        let starts = state.initial(pod);
        if !starts || is_true(pod, "Initialized") {
            state.containers(pod);
        }
        if !at(pod, "/metadata/deletionTimestamp").is_null() {
            if said == "NodeLost" {
                "Unknown".clone_into(&mut state.reason);
            } else if !matches!(phase, "Succeeded" | "Failed") {
                "Terminating".clone_into(&mut state.reason);
            }
        }
        state
    }

    fn restarted(&mut self, status: &Value) {
        self.restarts += number(status, "/restartCount").unwrap_or_default();
        let ended = age::time(status, "/lastState/terminated/finishedAt");
        self.last_restart = self.last_restart.max(ended);
    }

    /// The containers that run before the others; whether they still do.
    fn initial(&mut self, pod: &Value) -> bool {
        let count = items(pod, "/spec/initContainers").count();
        for (index, status) in items(pod, "/status/initContainerStatuses").enumerate() {
            self.restarted(status);
            let code = number(status, "/state/terminated/exitCode");
            let waiting = text(status, "/state/waiting/reason");
            self.reason = match code {
                Some(0) => continue,
                Some(_) => format!("Init:{}", terminated(status)),
                None if !matches!(waiting, "" | "PodInitializing") => format!("Init:{waiting}"),
                None => format!("Init:{index}/{count}"),
            };
            return true;
        }
        false
    }

    fn containers(&mut self, pod: &Value) {
        // What was before them counts only while it lasts.
        (self.restarts, self.last_restart) = (0, None);
        let (mut has_running, mut error) = (false, None);
        let statuses: Vec<&Value> = items(pod, "/status/containerStatuses").collect();
        // The first one has the last word.
        for status in statuses.into_iter().rev() {
            self.restarted(status);
            let waiting = text(status, "/state/waiting/reason");
            let is_ready = at(status, "/ready") == true;
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if !at(status, "/state/terminated").is_null() {
                self.reason = terminated(status);
                if number(status, "/state/terminated/exitCode").unwrap_or_default() != 0 {
                    error = Some(self.reason.clone());
                }
            } else if is_ready && !at(status, "/state/running").is_null() {
                has_running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" {
            if has_running && is_true(pod, "Ready") {
                "Running".clone_into(&mut self.reason);
            } else if let Some(error) = error {
                self.reason = error;
            } else if has_running {
                "NotReady".clone_into(&mut self.reason);
            }
        }
    }
}

/// Why a container has ended.
fn terminated(status: &Value) -> String {
    let ended = at(status, "/state/terminated");
    let signal = number(ended, "/signal").unwrap_or_default();
    match (text(ended, "/reason"), signal) {
        ("", 0) => format!(
            "ExitCode:{}",
            number(ended, "/exitCode").unwrap_or_default()
        ),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T10:05:00Z".parse().expect("a time")
    }

    fn pod(status: &Value) -> Value {
        json!({
            "metadata": {"name": "a", "creationTimestamp": "2026-11-23T10:00:00Z"},
            "spec": {"containers": [{"name": "x"}, {"name": "y"}]},
            "status": status,
        })
    }

    fn said(pod: &Value) -> (String, String, String) {
        let cells = cells(pod, now());
        let text = |index: usize| cells[index].as_str().expect("text").to_owned();
        (text(1), text(2), text(3))
    }

    fn running() -> Value {
        json!({"ready": true, "restartCount": 0, "state": {"running": {}}})
    }

    #[test]
    fn the_first_containers_trouble_is_the_pods() {
        let crashed = json!({
            "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": "2026-11-23T10:04:30Z"}}
        });
        let ended = |code: i64, reason: &str| json!({"state": {"terminated": {"exitCode": code, "reason": reason}}});
        for (containers, expected) in [
            (json!([running(), running()]), ("2/2", "Running", "0")),
            (
                json!([crashed, running()]),
                ("1/2", "CrashLoopBackOff", "3 (30s ago)"),
            ),
            (
                json!([ended(0, "Completed"), running()]),
                ("1/2", "NotReady", "0"),
            ),
            (
                json!([ended(0, "Completed"), ended(1, "Error")]),
                ("0/2", "Error", "0"),
            ),
            (
                json!([ended(137, ""), running()]),
                ("1/2", "ExitCode:137", "0"),
            ),
        ] {
            let pod = pod(&json!({"phase": "Running", "containerStatuses": containers}));
            let (ready, reason, restarts) = said(&pod);
            assert_eq!((&*ready, &*reason, &*restarts), expected);
        }
    }

    #[test]
    fn what_comes_first_and_what_comes_last_is_said_too() {
        let starting =
            json!({"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]});
        let mut initial = pod(&starting);
        initial["spec"]["initContainers"] = json!([{"name": "i"}]);
        assert_eq!(said(&initial).1, "Init:0/1");
        let mut leaving = pod(&json!({"phase": "Running", "containerStatuses": [running()]}));
        leaving["metadata"]["deletionTimestamp"] = json!("2026-11-23T10:04:00Z");
        assert_eq!(said(&leaving).1, "Terminating");
        leaving["status"]["reason"] = json!("NodeLost");
        assert_eq!(said(&leaving).1, "Unknown");
        assert_eq!(said(&pod(&json!({"phase": "Pending"}))).1, "Pending");
    }

    #[test]
    fn where_it_runs_is_said_with_wide() {
        let mut pod = pod(&json!({"podIPs": [{"ip": "10.0.0.1"}]}));
        pod["spec"]["nodeName"] = json!("n1");
        let cells = cells(&pod, now());
        assert_eq!(cells[4..], ["5m", "10.0.0.1", "n1", "<none>", "<none>"]);
    }
}
