//! Pods, their containers, and what their specification mentions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::declared::{self, MENTION_LIMIT};
use crate::model::observation::{
    Amounts, ContainerFact, ContainerState, Fact, Mention, PodFact, Role, Termination,
};
use crate::model::text;

use super::super::lean::{
    Container, ContainerStatus, Pod, PodSpec, Quantities, Quantity, State, Terminated,
};
use super::{
    Observe, Observed, code, condition, count, meta, own_names, parameters, some_message,
    some_name, truth,
};

impl Observe for Pod {
    fn observe(&self) -> Option<Observed> {
        let status = self.status.as_ref();
        let conditions = status.and_then(|s| s.conditions.as_ref());
        let ready = condition(conditions, "Ready");
        let unscheduled = condition(conditions, "PodScheduled")
            .filter(|c| truth(c) == Some(false))
            .map(|c| {
                let reason = some_name(c.reason.as_ref()).unwrap_or_else(|| "Unschedulable".into());
                let message = some_message(c.message.as_ref()).unwrap_or_default();
                (reason, message)
            });
        let mut meta = meta(&self.metadata)?;
        if let Some(spec) = &self.spec {
            meta.own_names = own_names::of_pod(spec, &self.metadata);
        }
        let fact = PodFact {
            meta,
            node: some_name(self.spec.as_ref().and_then(|s| s.node_name.as_ref())),
            phase: some_name(status.and_then(|s| s.phase.as_ref())).unwrap_or_default(),
            reason: some_name(status.and_then(|s| s.reason.as_ref())),
            message: some_message(status.and_then(|s| s.message.as_ref())),
            ip: some_name(status.and_then(|s| s.pod_ip.as_ref())),
            ready: ready.and_then(truth),
            ready_since: ready.and_then(|c| c.last_transition_time.0),
            host_network: self.spec.as_ref().and_then(|s| s.host_network) == Some(true),
            unscheduled,
            containers: containers(self),
            mentions: self.spec.as_ref().map(mentions).unwrap_or_default(),
            parameters: self.spec.as_ref().map(parameters::of).unwrap_or_default(),
        };
        Some(Observed::Fact(Fact::Pod(Box::new(fact))))
    }
}

/// Init containers first, as the specification runs them; statuses are joined by name.
fn containers(pod: &Pod) -> Arc<[ContainerFact]> {
    let spec = pod.spec.as_ref();
    let status = pod.status.as_ref();
    let init = spec
        .and_then(|s| s.init_containers.as_deref())
        .unwrap_or_default();
    let main = spec
        .and_then(|s| s.containers.as_deref())
        .unwrap_or_default();
    let init_statuses = status.and_then(|s| s.init_container_statuses.as_deref());
    let main_statuses = status.and_then(|s| s.container_statuses.as_deref());
    let init = init.iter().map(|container| {
        let role = match container.restart_policy.as_deref() {
            Some("Always") => Role::Sidecar,
            _ => Role::Init,
        };
        joined(container, role, init_statuses.unwrap_or_default())
    });
    let main = main
        .iter()
        .map(|container| joined(container, Role::Main, main_statuses.unwrap_or_default()));
    init.chain(main).collect()
}

fn joined(container: &Container, role: Role, statuses: &[ContainerStatus]) -> ContainerFact {
    let status = statuses.iter().find(|s| s.name == container.name);
    ContainerFact {
        name: some_name(container.name.as_ref()).unwrap_or_default(),
        image: some_name(container.image.as_ref()).unwrap_or_default(),
        role,
        ready: status.and_then(|s| s.ready).unwrap_or(false),
        started: status.and_then(|s| s.started).unwrap_or(false),
        restarts: count(status.and_then(|s| s.restart_count)),
        state: status
            .and_then(|s| s.state.as_ref())
            .map(state)
            .unwrap_or_default(),
        last: status
            .and_then(|s| s.last_state.as_ref())
            .and_then(|s| s.terminated.as_ref())
            .map(termination),
        requests: amounts(
            container
                .resources
                .as_ref()
                .and_then(|r| r.requests.as_ref()),
        ),
        limits: amounts(container.resources.as_ref().and_then(|r| r.limits.as_ref())),
    }
}

/// What is said of the two that are read; 0 says as much as nothing does.
fn amounts(said: Option<&Quantities>) -> Amounts {
    let said = said.cloned().unwrap_or_default();
    Amounts {
        cpu_millis: said.cpu.and_then(Quantity::millis).filter(|n| *n > 0),
        memory: said.memory.and_then(Quantity::whole).filter(|n| *n > 0),
    }
}

fn state(state: &State) -> ContainerState {
    if let Some(end) = &state.terminated {
        ContainerState::Terminated(termination(end))
    } else if let Some(running) = &state.running {
        ContainerState::Running {
            since: running.started_at.0,
        }
    } else if let Some(waiting) = &state.waiting {
        ContainerState::Waiting {
            reason: some_name(waiting.reason.as_ref()).unwrap_or_default(),
            message: some_message(waiting.message.as_ref()),
        }
    } else {
        ContainerState::Unreported
    }
}

fn termination(end: &Terminated) -> Termination {
    Termination {
        reason: some_name(end.reason.as_ref()).unwrap_or_default(),
        exit_code: code(end.exit_code),
        signal: code(end.signal),
        finished: end.finished_at.0,
    }
}

/// The images of a template, in order, init containers first.
pub(super) fn images(spec: &PodSpec) -> Vec<text::Text> {
    all(spec)
        .filter_map(|c| some_name(c.image.as_ref()))
        .collect()
}

/// The hosts that environment, commands and arguments name, sorted. The values, which may be
/// secrets, stay here.
pub(super) fn mentions(spec: &PodSpec) -> Vec<Mention> {
    let mut found = BTreeSet::new();
    for container in all(spec) {
        let mut variables: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        for variable in container.env.iter().flatten() {
            if let (Some(name), Some(value)) = (&variable.name, &variable.value) {
                let value = expanded(value, &variables);
                found.extend(declared::mentions(name, &value));
                variables.insert(name, value);
            }
        }
        for words in [&container.command, &container.args].into_iter().flatten() {
            let words: Vec<Cow<'_, str>> = words
                .iter()
                .map(|w| expanded(w.as_deref().unwrap_or(""), &variables))
                .collect();
            let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
            arguments(&words, &mut found);
        }
    }
    found.into_iter().take(MENTION_LIMIT).collect()
}

/// Longest value that variables are put into; longer ones are read as they stand.
const LONGEST_EXPANDED: usize = 4096;

/// A value with the variables that were set before it in the place of `$(NAME)`, as the kubelet does it.
/// `$$` and names of others stay as they are: no host is called so.
pub(super) fn expanded<'a>(
    value: &'a str,
    variables: &BTreeMap<&str, Cow<'_, str>>,
) -> Cow<'a, str> {
    if !value.contains("$(") || value.len() > LONGEST_EXPANDED {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("$(") {
        text.push_str(before);
        let known = after
            .split_once(')')
            .and_then(|(name, after)| Some((variables.get(name)?, after)));
        rest = match known {
            Some((put, after)) if text.len() + put.len() <= LONGEST_EXPANDED => {
                text.push_str(put);
                after
            }
            _ => {
                text.push_str("$(");
                after
            }
        };
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// `--flag=value` and `--flag value` are read under the flag's name, other words as `argument`.
fn arguments(words: &[&str], found: &mut BTreeSet<Mention>) {
    let mut flag: Option<&str> = None;
    for word in words {
        let is_flag = word.starts_with('-');
        match word.split_once('=') {
            Some((name, value)) if is_flag => found.extend(declared::mentions(name, value)),
            _ if is_flag => {}
            _ => found.extend(declared::mentions(flag.unwrap_or("argument"), word)),
        }
        flag = (is_flag && !word.contains('=')).then_some(word);
    }
}

/// All containers, init containers first.
pub(super) fn all(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    let init = spec.init_containers.iter().flatten();
    init.chain(spec.containers.iter().flatten())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::fact;
    use super::*;
    use crate::model::declared::digest;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "fixtures are written where they are used"
    )]
    fn pod(spec: Value, status: Value) -> PodFact {
        let object = json!({"metadata": {"name": "p", "uid": "u"}, "spec": spec, "status": status});
        match fact::<Pod>(object) {
            Fact::Pod(pod) => *pod,
            other => panic!("no pod: {other:?}"),
        }
    }

    #[test]
    fn a_running_pod_with_a_sidecar_and_an_init_container() {
        let pod = pod(
            json!({
                "nodeName": "n1",
                "initContainers": [
                    {"name": "setup", "image": "setup:1"},
                    {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}
                ],
                "containers": [{"name": "main", "image": "main:1"}, {"name": "late"}]
            }),
            json!({
                "phase": "Running", "podIP": "10.0.0.1",
                "conditions": [
                    {"type": "PodScheduled", "status": "True"},
                    {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}
                ],
                "initContainerStatuses": [
                    {"name": "proxy", "ready": true, "started": true, "state": {"running": {"startedAt": null}}},
                    {"name": "setup", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}
                ],
                "containerStatuses": [{
                    "name": "main", "restartCount": 3, "ready": false,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                    "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-01-01T00:00:01Z"}}
                }]
            }),
        );
        assert_eq!(pod.node.as_deref(), Some("n1"));
        assert_eq!(pod.ready, Some(false));
        assert!(pod.ready_since.is_some() && pod.unscheduled.is_none());
        let roles: Vec<(&str, Role)> = pod.containers.iter().map(|c| (&*c.name, c.role)).collect();
        let expected = [
            ("setup", Role::Init),
            ("proxy", Role::Sidecar),
            ("main", Role::Main),
            ("late", Role::Main),
        ];
        assert_eq!(roles, expected);
        assert!(
            matches!(&pod.containers[0].state, ContainerState::Terminated(end) if &*end.reason == "Completed")
        );
        assert!(matches!(
            pod.containers[1].state,
            ContainerState::Running { since: None }
        ));
        assert_eq!(pod.containers[2].restarts, 3);
        assert_eq!(
            pod.containers[2].last.as_ref().map(|end| end.exit_code),
            Some(137)
        );
        assert_eq!(pod.containers[3].state, ContainerState::Unreported);
    }

    #[test]
    fn variables_in_values_and_arguments_are_put_in() {
        let pod = pod(
            json!({"containers": [{
                "name": "c",
                "env": [
                    {"name": "EARLY", "value": "http://$(COLLECTOR):1"},
                    {"name": "COLLECTOR", "value": "otel-collector"},
                    {"name": "ENDPOINT", "value": "http://$(COLLECTOR):4317"},
                    {"name": "OPEN", "value": "$(COLLECTOR"},
                    {"name": "OTHER_HOST", "value": "$(UNKNOWN).shop"}
                ],
                "args": ["--zipkin=$(COLLECTOR):9411"]
            }]}),
            Value::Null,
        );
        let found: Vec<(&str, u64)> = pod.mentions.iter().map(|m| (&*m.place, m.host)).collect();
        let collector = digest("otel-collector");
        assert!(found.contains(&("ENDPOINT", collector)), "{found:?}");
        assert!(found.contains(&("--zipkin", collector)), "{found:?}");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_pod_without_anything_and_one_with_nulls() {
        for (spec, status) in [
            (Value::Null, Value::Null),
            (
                json!({"containers": null, "initContainers": null, "nodeName": null}),
                json!({"conditions": null, "containerStatuses": null, "phase": null}),
            ),
            (
                json!({"containers": [{}]}),
                json!({"containerStatuses": [{"state": {}}]}),
            ),
        ] {
            let pod = pod(spec, status);
            assert_eq!(&*pod.phase, "");
            assert!(pod.ready.is_none() && pod.node.is_none());
        }
    }

    #[test]
    fn an_unscheduled_pod_says_why() {
        let conditions = json!([{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/3 nodes\nare \u{1b}[1mavailable"}]);
        let pod = pod(
            json!({}),
            json!({"phase": "Pending", "conditions": conditions}),
        );
        let (reason, message) = pod.unscheduled.expect("it is unscheduled");
        assert_eq!(
            (&*reason, &*message),
            ("Unschedulable", "0/3 nodes are available")
        );
    }

    #[test]
    fn mentions_are_found_everywhere_and_values_leave_no_trace() {
        let pod = pod(
            json!({
                "initContainers": [{"name": "i", "command": ["wait", "queue:5672"]}],
                "containers": [{
                    "name": "c",
                    "env": [
                        {"name": "CART_ADDR", "value": "cart:7070"},
                        {"name": "CART_ADDR", "value": "cart:7070"},
                        {"name": "PASSWORD", "value": "hunter2"},
                        {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "s"}}},
                        {"name": null, "value": null}
                    ],
                    "args": ["--catalog-host=catalog", "--user-url", "http://users/", "--verbose", null]
                }]
            }),
            json!({}),
        );
        for (host, place) in [
            ("cart", "CART_ADDR"),
            ("queue", "argument"),
            ("catalog", "--catalog-host"),
            ("users", "--user-url"),
        ] {
            let named = pod.mentions.iter().filter(|m| m.host == digest(host));
            assert_eq!(
                named.map(|m| &*m.place).collect::<Vec<_>>(),
                [place],
                "{host}"
            );
        }
        assert!(!format!("{pod:?}").contains("hunter2"));
    }

    #[test]
    fn mentions_are_bounded() {
        let env: Vec<Value> = (0..2 * MENTION_LIMIT)
            .map(|i| json!({"name": format!("H{i}_HOST"), "value": format!("h{i}")}))
            .collect();
        let pod = pod(
            json!({"containers": [{"name": "c", "env": env}]}),
            json!({}),
        );
        assert_eq!(pod.mentions.len(), MENTION_LIMIT);
    }
}
