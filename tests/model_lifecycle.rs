//! What kubectl would print of a pod, and what the model makes of it and of its workload.

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::sync::Arc;

use jiff::Timestamp;
use portolan::model::Model;
use portolan::model::element::{Component, ComponentState, ComponentType, Health};
use portolan::model::lifecycle::{Judgement, MachineSays, judge};
use portolan::model::observation::{
    ContainerFact, ContainerState, Fact, Kind, OwnerRef, PodFact, Role, Termination, Trouble,
    WorkloadFact,
};
use rstest::rstest;
use world::{everywhere, now, seen, workload};

use ComponentState::{Deployed, Started, Undeployed, Unknown};
use Health::{Broken, Changing, Ok as Fine, Stopped};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn container(role: Role, state: ContainerState) -> ContainerFact {
    let running = matches!(state, ContainerState::Running { .. });
    ContainerFact {
        name: format!("{role:?}").to_lowercase().into(),
        image: "shop/app:1".into(),
        role,
        ready: running,
        started: running,
        restarts: 0,
        state,
        ..ContainerFact::default()
    }
}

fn running() -> ContainerState {
    ContainerState::Running {
        since: Some(at(100)),
    }
}

fn waiting(reason: &str) -> ContainerState {
    ContainerState::Waiting {
        reason: reason.into(),
        message: None,
    }
}

fn ended(reason: &str, exit_code: i32) -> ContainerState {
    ContainerState::Terminated(end(reason, exit_code))
}

fn end(reason: &str, exit_code: i32) -> Termination {
    Termination {
        reason: reason.into(),
        exit_code,
        ..Termination::default()
    }
}

fn pod(phase: &str, containers: Vec<ContainerFact>) -> PodFact {
    let mut pod = PodFact {
        phase: phase.into(),
        node: Some("n0".into()),
        containers: containers.into(),
        ..PodFact::default()
    };
    pod.meta.namespace = "shop".into();
    pod.meta.name = "cart-1".into();
    pod.meta.uid = "uid-1".into();
    pod
}

fn mains(phase: &str, states: Vec<ContainerState>) -> PodFact {
    let containers = states.into_iter().map(|s| container(Role::Main, s));
    pod(phase, containers.collect())
}

fn with(mut pod: PodFact, by: impl FnOnce(&mut PodFact)) -> PodFact {
    by(&mut pod);
    pod
}

/// Changes one container of a pod.
fn change(pod: &mut PodFact, at: usize, by: impl FnOnce(&mut ContainerFact)) {
    if let Some(container) = Arc::make_mut(&mut pod.containers).get_mut(at) {
        by(container);
    }
}

/// STATUS, READY and RESTARTS as kubectl prints them, then our state, health, word and detail.
#[rstest]
#[case::running(mains("Running", vec![running()]), "Running 1/1 0", Started, Fine, "", "")]
#[case::unready_from_the_start(
    with(mains("Running", vec![running()]), |p| { p.ready = Some(false); change(p, 0, |c| c.ready = false); p.ready_since = Some(at(100)); }),
    "Running 0/1 0", Deployed, Changing, "NotReady", "0 of 1 containers ready"
)]
#[case::lost_its_readiness(
    with(mains("Running", vec![running()]), |p| { p.ready = Some(false); change(p, 0, |c| c.ready = false); p.ready_since = Some(at(500)); }),
    "Running 0/1 0", Deployed, Broken, "NotReady", "0 of 1 containers ready"
)]
#[case::running_again_after_a_crash(
    with(mains("Running", vec![running()]), |p| {
        p.ready = Some(false);
        change(p, 0, |c| c.ready = false);
        change(p, 0, |c| c.restarts = 4);
        change(p, 0, |c| c.last = Some(end("OOMKilled", 137)));
    }),
    "Running 0/1 4", Deployed, Broken, "NotReady", "0 of 1 containers ready, last exit 137 (OOMKilled)"
)]
#[case::readiness_gate(
    with(mains("Running", vec![running()]), |p| p.ready = Some(false)),
    "Running 1/1 0", Deployed, Changing, "NotReady", "1 of 1 containers ready, waits for a readiness gate"
)]
#[case::crash_loop(
    with(mains("Running", vec![waiting("CrashLoopBackOff")]), |p| {
        p.ready = Some(false);
        change(p, 0, |c| c.restarts = 7);
        change(p, 0, |c| c.last = Some(end("Error", 1)));
    }),
    "CrashLoopBackOff 0/1 7", Unknown, Broken, "CrashLoopBackOff", "exit 1"
)]
#[case::crash_loop_by_memory_beside_another(
    with(mains("Running", vec![running(), waiting("CrashLoopBackOff")]), |p| {
        p.ready = Some(false);
        change(p, 1, |c| c.name = "worker".into());
        change(p, 1, |c| c.last = Some(end("OOMKilled", 137)));
    }),
    "CrashLoopBackOff 1/2 0", Unknown, Broken, "CrashLoopBackOff", "exit 137 (OOMKilled) in worker"
)]
#[case::oom_killed(
    with(mains("Running", vec![ended("OOMKilled", 137)]), |p| p.ready = Some(false)),
    "OOMKilled 0/1 0", Unknown, Broken, "OOMKilled", "exit 137 (OOMKilled)"
)]
#[case::ended_by_a_signal(
    with(mains("Running", vec![ContainerState::Terminated(Termination { signal: 9, exit_code: 137, ..Termination::default() })]), |p| p.ready = Some(false)),
    "Signal:9 0/1 0", Unknown, Broken, "Signal:9", "exit 137"
)]
#[case::image_pull_back_off(
    with(mains("Pending", vec![waiting("ImagePullBackOff")]), |p| p.ready = Some(false)),
    "ImagePullBackOff 0/1 0", Deployed, Broken, "ImagePullBackOff", "shop/app:1"
)]
#[case::err_image_pull(
    with(mains("Pending", vec![ContainerState::Waiting { reason: "ErrImagePull".into(), message: Some("not found".into()) }]), |p| p.ready = Some(false)),
    "ErrImagePull 0/1 0", Deployed, Broken, "ErrImagePull", "not found"
)]
#[case::creating(mains("Pending", vec![waiting("ContainerCreating")]), "ContainerCreating 0/1 0", Deployed, Changing, "ContainerCreating", "")]
#[case::waits_for_a_node(
    with(mains("Pending", vec![ContainerState::Unreported]), |p| p.node = None),
    "Pending 0/1 0", Deployed, Changing, "Pending", "waits for a node"
)]
#[case::unschedulable(
    with(mains("Pending", vec![ContainerState::Unreported]), |p| {
        p.node = None;
        p.unscheduled = Some(("Unschedulable".into(), "0/3 nodes are available".into()));
    }),
    "Pending 0/1 0", Deployed, Broken, "Unschedulable", "0/3 nodes are available"
)]
#[case::gated(
    with(mains("Pending", vec![ContainerState::Unreported]), |p| {
        p.node = None;
        p.unscheduled = Some(("SchedulingGated".into(), "".into()));
    }),
    "SchedulingGated 0/1 0", Deployed, Changing, "SchedulingGated", ""
)]
#[case::terminating(
    with(mains("Running", vec![running()]), |p| p.meta.deleting = Some(at(1))),
    "Terminating 1/1 0", Started, Changing, "Terminating", ""
)]
#[case::evicted(
    with(mains("Failed", vec![]), |p| { p.reason = Some("Evicted".into()); p.message = Some("low on memory".into()); }),
    "Evicted 0/0 0", Undeployed, Broken, "Evicted", "low on memory"
)]
#[case::evicted_with_what_is_left_of_its_containers(
    with(mains("Failed", vec![ended("ContainerStatusUnknown", 137)]), |p| p.reason = Some("Evicted".into())),
    "ContainerStatusUnknown 0/1 0", Undeployed, Broken, "Evicted", "exit 137 (ContainerStatusUnknown)"
)]
#[case::refused_by_its_node(
    with(mains("Failed", vec![]), |p| p.reason = Some("OutOfcpu".into())),
    "OutOfcpu 0/0 0", Undeployed, Broken, "OutOfcpu", ""
)]
#[case::failed(mains("Failed", vec![ended("Error", 3)]), "Error 0/1 0", Unknown, Broken, "Error", "exit 3")]
#[case::completed(mains("Succeeded", vec![ended("Completed", 0)]), "Completed 0/1 0", Undeployed, Stopped, "Completed", "")]
#[case::deleted_after_its_end(
    with(mains("Succeeded", vec![ended("Completed", 0)]), |p| p.meta.deleting = Some(at(1))),
    "Completed 0/1 0", Undeployed, Stopped, "Completed", ""
)]
#[case::one_completed_beside_a_running_one(
    with(mains("Running", vec![ended("Completed", 0), running()]), |p| { p.ready = Some(false); p.ready_since = Some(at(900)); change(p, 0, |c| c.name = "load".into()); }),
    "NotReady 1/2 0", Deployed, Changing, "NotReady", "1 of 2 containers ready, load has completed"
)]
#[case::init_under_way(
    pod("Pending", vec![container(Role::Init, running()), container(Role::Main, waiting("PodInitializing"))]),
    "Init:0/1 0/1 0", Deployed, Changing, "Init:0/1", ""
)]
#[case::second_init(
    pod("Pending", vec![
        container(Role::Init, ended("Completed", 0)),
        container(Role::Init, waiting("PodInitializing")),
        container(Role::Main, waiting("PodInitializing")),
    ]),
    "Init:1/2 0/1 0", Deployed, Changing, "Init:1/2", ""
)]
#[case::init_crashes(
    with(pod("Pending", vec![container(Role::Init, waiting("CrashLoopBackOff")), container(Role::Main, waiting("PodInitializing"))]), |p| {
        change(p, 0, |c| c.restarts = 5);
        change(p, 0, |c| c.last = Some(end("Error", 2)));
    }),
    "Init:CrashLoopBackOff 0/1 5", Unknown, Broken, "Init:CrashLoopBackOff", "exit 2 in init"
)]
#[case::init_failed(
    pod("Pending", vec![container(Role::Init, ended("Error", 2)), container(Role::Main, waiting("PodInitializing"))]),
    "Init:Error 0/1 0", Unknown, Broken, "Init:Error", "exit 2 in init"
)]
#[case::init_image(
    pod("Pending", vec![container(Role::Init, waiting("ErrImagePull")), container(Role::Main, waiting("PodInitializing"))]),
    "Init:ErrImagePull 0/1 0", Deployed, Broken, "Init:ErrImagePull", "shop/app:1"
)]
#[case::init_not_reported_on(
    with(pod("Pending", vec![container(Role::Init, ContainerState::Unreported), container(Role::Main, ContainerState::Unreported)]), |p| p.node = None),
    "Pending 0/1 0", Deployed, Changing, "Pending", "waits for a node"
)]
#[case::sidecar_counts(
    pod("Running", vec![container(Role::Sidecar, running()), container(Role::Main, running())]),
    "Running 2/2 0", Started, Fine, "", ""
)]
#[case::sidecar_starts(
    with(pod("Pending", vec![container(Role::Sidecar, running()), container(Role::Main, waiting("PodInitializing"))]), |p| {
        change(p, 0, |c| c.started = false);
        change(p, 0, |c| c.ready = false);
        p.ready = Some(false);
    }),
    "Init:0/1 0/2 0", Deployed, Changing, "Init:0/1", ""
)]
#[case::sidecar_crashes_later(
    with(pod("Running", vec![container(Role::Sidecar, waiting("CrashLoopBackOff")), container(Role::Main, running())]), |p| {
        p.ready = Some(false);
        change(p, 0, |c| c.restarts = 2);
    }),
    "Init:CrashLoopBackOff 1/2 2", Unknown, Broken, "CrashLoopBackOff", "exit code not reported in sidecar"
)]
#[case::unknown_phase(
    with(mains("Unknown", vec![running()]), |p| p.ready = Some(false)),
    "Unknown 1/1 0", Unknown, Health::Unknown, "NodeLost", "node n0 does not answer"
)]
#[case::lost_while_it_is_deleted(
    with(mains("Running", vec![running()]), |p| { p.reason = Some("NodeLost".into()); p.meta.deleting = Some(at(1)); }),
    "Unknown 1/1 0", Unknown, Health::Unknown, "NodeLost", "node n0 does not answer"
)]
fn a_pod_is_what_kubectl_says(
    #[case] pod: PodFact,
    #[case] printed: &str,
    #[case] state: ComponentState,
    #[case] health: Health,
    #[case] word: &str,
    #[case] detail: &str,
) {
    let judged = judge(&pod, MachineSays::Nothing);
    assert_eq!(
        format!(
            "{} {}/{} {}",
            judged.status, judged.ready, judged.total, judged.restarts
        ),
        printed
    );
    assert_eq!(reasons(&judged), (state, health, word, detail));
}

fn reasons(judged: &Judgement) -> (ComponentState, Health, &str, &str) {
    let reason = judged.reason.as_ref();
    (
        judged.state,
        judged.health,
        reason.map_or("", |r| &r.word),
        reason.and_then(|r| r.detail.as_deref()).unwrap_or_default(),
    )
}

#[rstest]
#[case(MachineSays::Lost, "NodeLost", "node n0 does not answer")]
#[case(MachineSays::NotReady, "NodeNotReady", "node n0 is not ready")]
fn a_pod_on_a_lost_machine_is_unknown(
    #[case] says: MachineSays,
    #[case] word: &str,
    #[case] detail: &str,
) {
    let judged = judge(&mains("Running", vec![running()]), says);
    assert_eq!(reasons(&judged), (Unknown, Health::Unknown, word, detail));
    let done = judge(&mains("Succeeded", vec![ended("Completed", 0)]), says);
    assert_eq!(done.health, Stopped, "what has finished needs no machine");
}

/// A model of one workload and the pods that it owns.
fn modelled(workload: Option<WorkloadFact>, owner: (&str, &str), pods: Vec<PodFact>) -> Model {
    let mut model = Model::new("test", Vec::new());
    let mut batch = Vec::new();
    if let Some(workload) = workload {
        let scope = everywhere(workload.kind);
        batch.push(seen(&scope, &Arc::new(Fact::Workload(Box::new(workload)))));
    }
    for (index, mut pod) in pods.into_iter().enumerate() {
        pod.meta.name = format!("pod-{index}").into();
        pod.meta.uid = format!("pod-{index}").into();
        pod.meta.created = Some(at(i64::try_from(index).unwrap_or_default()));
        pod.meta.owner = Some(OwnerRef {
            kind: owner.0.into(),
            name: owner.1.into(),
            uid: "w".into(),
        });
        let fact = Arc::new(Fact::Pod(Box::new(pod)));
        batch.push(seen(&everywhere(Kind::Pod), &fact));
    }
    model.apply(batch, now());
    model
}

fn made(kind: Kind, change: impl FnOnce(&mut WorkloadFact)) -> WorkloadFact {
    let mut fact = workload(kind, portolan::model::observation::Meta::default());
    fact.meta.namespace = "shop".into();
    fact.meta.name = "cart".into();
    fact.meta.uid = "w".into();
    fact.ready = 2;
    fact.updated = Some(2);
    change(&mut fact);
    fact
}

fn good() -> PodFact {
    mains("Running", vec![running()])
}

fn crashing() -> PodFact {
    with(mains("Running", vec![waiting("CrashLoopBackOff")]), |p| {
        p.ready = Some(false);
        change(p, 0, |c| c.last = Some(end("Error", 1)));
    })
}

fn starting() -> PodFact {
    mains("Pending", vec![waiting("ContainerCreating")])
}

fn failed() -> PodFact {
    mains("Failed", vec![ended("Error", 3)])
}

fn evicted() -> PodFact {
    with(mains("Failed", vec![]), |p| {
        p.reason = Some("Evicted".into());
    })
}

fn done() -> PodFact {
    mains("Succeeded", vec![ended("Completed", 0)])
}

fn trouble(reason: &str) -> Vec<Trouble> {
    vec![Trouble {
        reason: reason.into(),
        message: "the controller says so".into(),
    }]
}

#[rstest]
#[case::fine(made(Kind::Deployment, |_| {}), vec![good(), good()], "2/2 STARTED ok")]
#[case::old_pods_left(
    made(Kind::Deployment, |w| { w.current = 3; w.updated = Some(1); }), vec![good(), good(), starting()],
    "2/2 STARTED changing rollout: 1 of 2"
)]
#[case::paused_in_a_rollout(
    made(Kind::Deployment, |w| { w.current = 3; w.updated = Some(1); w.suspended = true; }), vec![good(), good()],
    "2/2 STARTED changing rollout: 1 of 2, paused"
)]
#[case::paused(made(Kind::Deployment, |w| w.suspended = true), vec![good(), good()], "2/2 STARTED ok paused")]
#[case::scaling_up(
    made(Kind::Deployment, |w| w.desired = Some(3)), vec![good(), good(), starting()],
    "2/3 STARTED changing starting: 2 of 3 ready"
)]
#[case::scaling_down(
    made(Kind::Deployment, |w| w.desired = Some(1)), vec![good(), good()],
    "2/1 STARTED changing stopping: 1 to go"
)]
#[case::scaled_to_zero(
    made(Kind::Deployment, |w| { w.desired = Some(0); w.ready = 0; w.current = 0; w.updated = None; }), vec![],
    "0/0 UNDEPLOYED stopped scaled to 0"
)]
#[case::scaled_to_zero_with_leftovers(
    made(Kind::Deployment, |w| { w.desired = Some(0); w.ready = 0; w.current = 0; w.updated = None; }), vec![evicted()],
    "0/0 UNDEPLOYED stopped scaled to 0"
)]
#[case::going_to_zero(
    made(Kind::Deployment, |w| { w.desired = Some(0); w.ready = 1; }), vec![good()],
    "1/0 STARTED changing scaling to 0"
)]
#[case::one_crashes(
    made(Kind::Deployment, |w| w.ready = 1), vec![good(), crashing()],
    "1/2 STARTED broken CrashLoopBackOff: exit 1"
)]
#[case::all_crash(
    made(Kind::Deployment, |w| w.ready = 0), vec![crashing(), crashing()],
    "0/2 UNKNOWN broken CrashLoopBackOff: exit 1"
)]
#[case::evicted_and_replaced(made(Kind::Deployment, |_| {}), vec![evicted(), good(), good()], "2/2 STARTED ok")]
#[case::deadline(
    made(Kind::Deployment, |w| { w.ready = 0; w.troubles = trouble("ProgressDeadlineExceeded"); }), vec![starting()],
    "0/2 DEPLOYED broken ProgressDeadlineExceeded: the controller says so"
)]
#[case::deadline_with_a_better_reason(
    made(Kind::Deployment, |w| { w.ready = 1; w.troubles = trouble("ProgressDeadlineExceeded"); }), vec![good(), crashing()],
    "1/2 STARTED broken CrashLoopBackOff: exit 1"
)]
#[case::no_pods_can_be_made(
    made(Kind::StatefulSet, |w| { w.ready = 0; w.troubles = trouble("FailedCreate"); }), vec![],
    "0/2 DEPLOYED broken FailedCreate: the controller says so"
)]
#[case::deleted(made(Kind::StatefulSet, |w| w.meta.deleting = Some(at(1))), vec![good(), good()], "2/2 STARTED changing Terminating")]
#[case::daemon_without_nodes(
    made(Kind::DaemonSet, |w| { w.desired = Some(0); w.ready = 0; w.current = 0; w.updated = Some(0); }), vec![],
    "0/0 UNDEPLOYED stopped no node wants it"
)]
#[case::job_running(
    made(Kind::Job, |w| { w.desired = Some(3); w.ready = 1; }), vec![done(), good()],
    "1/3 STARTED changing running: 1 of 3 done"
)]
#[case::job_tries_again(
    made(Kind::Job, |w| { w.desired = Some(1); w.ready = 0; w.failed = 1; }), vec![failed(), good()],
    "0/1 STARTED changing running: 0 of 1 done, 1 failed"
)]
#[case::job_fails_now(
    made(Kind::Job, |w| { w.desired = Some(1); w.ready = 0; w.failed = 1; }), vec![failed()],
    "0/1 UNKNOWN broken Error: exit 3"
)]
#[case::job_complete(
    made(Kind::Job, |w| { w.desired = Some(1); w.ready = 1; w.complete = true; }), vec![failed(), done()],
    "1/1 UNDEPLOYED stopped Completed"
)]
#[case::job_failed(
    made(Kind::Job, |w| { w.desired = Some(1); w.ready = 0; w.troubles = trouble("BackoffLimitExceeded"); }), vec![],
    "0/1 UNDEPLOYED broken BackoffLimitExceeded: the controller says so"
)]
#[case::job_suspended(
    made(Kind::Job, |w| { w.desired = Some(1); w.ready = 0; w.suspended = true; }), vec![],
    "0/1 UNDEPLOYED stopped suspended"
)]
#[case::cron_idle(made(Kind::CronJob, |w| w.ready = 0), vec![], "0/- UNDEPLOYED ok")]
#[case::cron_suspended(made(Kind::CronJob, |w| w.suspended = true), vec![done()], "0/- UNDEPLOYED stopped suspended")]
#[case::cron_recovered(made(Kind::CronJob, |_| {}), vec![failed(), done()], "0/- UNDEPLOYED ok")]
#[case::cron_failed_last(made(Kind::CronJob, |_| {}), vec![done(), failed()], "0/- UNKNOWN broken Error: exit 3")]
fn a_workload_is_what_it_and_its_pods_say(
    #[case] fact: WorkloadFact,
    #[case] pods: Vec<PodFact>,
    #[case] verdict: &str,
) {
    let owner = (fact.kind.name(), "cart");
    let model = modelled(Some(fact.clone()), owner, pods);
    let types: Vec<&ComponentType> = model.types().collect();
    assert_eq!(types.len(), 1);
    assert_eq!(shown(types[0]), verdict);
}

fn shown(e: &ComponentType) -> String {
    let desired = e.desired.map_or("-".to_owned(), |d| d.to_string());
    let mut line = format!(
        "{}/{desired} {} {}",
        e.ready,
        e.state.word(),
        e.health.word()
    );
    if let Some(reason) = &e.reason {
        line.push_str(&format!(" {}", reason.word));
        if let Some(detail) = &reason.detail {
            line.push_str(&format!(": {detail}"));
        }
    }
    line
}

#[test]
fn an_owner_of_a_foreign_kind_speaks_through_what_it_owns() {
    let set = made(Kind::StatefulSet, |w| {
        w.meta.owner = Some(OwnerRef {
            kind: "Kafka.kafka.strimzi.io".into(),
            name: "events".into(),
            uid: "k".into(),
        });
    });
    let model = modelled(Some(set), ("StatefulSet", "cart"), vec![good(), starting()]);
    let types: Vec<String> = model
        .types()
        .map(|e| format!("{} declared={} {}", e.key, e.declared, shown(e)))
        .collect();
    assert_eq!(
        types,
        [
            "shop/Kafka.kafka.strimzi.io/events declared=false 1/2 STARTED changing starting: 1 of 2 ready"
        ]
    );
}

#[test]
fn pods_that_nobody_owns_are_their_own_types() {
    let mut pod = evicted();
    pod.meta.created = Some(at(1));
    let fact = Arc::new(Fact::Pod(Box::new(pod)));
    let mut model = Model::new("test", Vec::new());
    model.apply(vec![seen(&everywhere(Kind::Pod), &fact)], now());
    let types: Vec<String> = model
        .types()
        .map(|e| format!("{} {}", e.key, shown(e)))
        .collect();
    assert_eq!(types, ["shop/Pod/cart-1 0/- UNDEPLOYED broken Evicted"]);
    let pods: Vec<&Component> = model.components().collect();
    assert_eq!(pods.len(), 1);
}
