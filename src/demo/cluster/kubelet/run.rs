//! A pod's run on its node: its containers, and what is due.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::super::json;
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::behaviour::Behaviour;

/// Stands for the whole pod where a container's number stands.
pub(super) const WHOLE: usize = usize::MAX;

/// What a container does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits, for this reason, with more words to it.
    Waiting(&'static str, Option<String>),
    /// It runs since then.
    Running(Timestamp),
    /// It ended.
    Ended(End),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: i32,
    pub(super) reason: Arc<str>,
    pub(super) started: Timestamp,
    pub(super) finished: Timestamp,
    /// Which of the container's runs it was.
    pub(super) round: u32,
}

/// A container.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) name: Arc<str>,
    pub(super) image: Arc<str>,
    /// Whether it runs before the others.
    pub(super) init: bool,
    /// Whether its image is looked for each time.
    pub(super) pulls_always: bool,
    /// How long it takes to be ready, if it says so.
    pub(super) warm_up: Option<Duration>,
    pub(super) state: State,
    pub(super) last: Option<End>,
    pub(super) restarts: u32,
    pub(super) ready: bool,
    /// How often it failed in a row, or its image did.
    pub(super) failures: u32,
}

/// What is done next with a pod or one of its containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// The node takes the pod: its containers are being created.
    Admit,
    /// An init container starts.
    Prepare,
    /// An init container ends, well.
    Prepared,
    /// All containers start.
    Start,
    /// A container is ready.
    Ready,
    /// It is probed for an affliction.
    Probe,
    /// It ends because of what it suffers from, if it still does.
    Fail,
    /// Its work is done.
    Finish,
    /// It waits before it is started again.
    BackOff,
    /// It is told again that it waits.
    Nag,
    /// It starts again.
    Restart,
    /// Its image was looked for in vain; the next try waits.
    PullBackOff,
    /// Its image is looked for again.
    PullAgain,
    /// Nothing but that its status is written.
    Report,
    /// The pod has ended and goes.
    Gone,
}

/// A pod on its node.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) key: Key,
    pub(super) uid: Arc<str>,
    pub(super) node: Arc<str>,
    pub(super) containers: Vec<Container>,
    pub(super) behaviour: Behaviour,
    pub(super) restarts: Restarts,
    /// Whether a Job controls it, so that its work ends.
    pub(super) of_job: bool,
    pub(super) admitted: bool,
    pub(super) ending: bool,
    pub(super) since: Timestamp,
    pub(super) address: Option<Ipv4Addr>,
    due: Vec<(Timestamp, usize, Move)>,
}

/// Which containers are started again when they end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restarts {
    Always,
    OnFailure,
    Never,
}

impl Run {
    /// A pod that has come to a node.
    pub(super) fn of(pod: &Arc<Object>, node: Arc<str>) -> Self {
        let value = pod.value();
        let containers =
            |path, init| json::items(&value, path).map(move |spec| Container::of(spec, init));
        let owner = json::items(&value, "/metadata/ownerReferences")
            .find(|owner| json::at(owner, "/controller") == true);
        Self {
            key: pod.key.clone(),
            uid: Arc::clone(&pod.uid),
            node,
            containers: containers("/spec/initContainers", true)
                .chain(containers("/spec/containers", false))
                .collect(),
            behaviour: Behaviour::of(&value),
            restarts: match json::text(&value, "/spec/restartPolicy") {
                "Never" => Restarts::Never,
                "OnFailure" => Restarts::OnFailure,
                _ => Restarts::Always,
            },
            of_job: owner.is_some_and(|owner| json::text(owner, "/kind") == Kind::Job.names().kind),
            admitted: false,
            ending: false,
            since: pod.created,
            address: None,
            due: Vec::new(),
        }
    }

    /// Plans a move of a container, or of the whole pod.
    pub(super) fn plan(&mut self, at: Timestamp, of: usize, what: Move) {
        self.due.push((at, of, what));
    }

    /// Forgets the planned moves of a container but for those that fit.
    pub(super) fn drop_plans(&mut self, drop: impl Fn(usize, Move) -> bool) {
        self.due.retain(|(_, of, what)| !drop(*of, *what));
    }

    /// When the next move is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.iter().map(|(at, ..)| *at).min()
    }

    /// The first move that is due by then, in the order of time and then of planning.
    pub(super) fn take_due(&mut self, by: Timestamp) -> Option<(usize, Move)> {
        let times = self.due.iter().enumerate();
        let (place, _) = times
            .filter(|(_, (at, ..))| *at <= by)
            .min_by_key(|(place, (at, ..))| (*at, *place))?;
        let (_, of, what) = self.due.remove(place);
        Some((of, what))
    }

    /// The containers that run together, with their numbers.
    pub(super) fn mains(&self) -> impl Iterator<Item = (usize, &Container)> {
        self.containers
            .iter()
            .enumerate()
            .filter(|(_, one)| !one.init)
    }

    /// The number of the container that misbehaves: the one that is named, or the first.
    pub(super) fn culprit(&self) -> usize {
        let named = self.behaviour.container.as_deref();
        let named = named.and_then(|name| self.mains().find(|(_, one)| &*one.name == name));
        named
            .or_else(|| self.mains().next())
            .map_or(WHOLE, |(number, _)| number)
    }
}

impl Container {
    fn of(spec: &Value, init: bool) -> Self {
        let delay = json::number(spec, "/readinessProbe/initialDelaySeconds");
        Self {
            name: json::text(spec, "/name").into(),
            image: json::text(spec, "/image").into(),
            init,
            pulls_always: json::text(spec, "/imagePullPolicy") == "Always",
            warm_up: delay
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map(Duration::from_secs),
            state: State::Waiting("ContainerCreating", None),
            last: None,
            restarts: 0,
            ready: false,
            failures: 0,
        }
    }
}
