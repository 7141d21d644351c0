//! One version of one object, as it is stored and sent.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::kind::Kind;
use super::{json, quantity};

/// Which object. Sorted as lists are: by kind, namespace, name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty where the kind has none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Key {
    /// A key of a kind; `namespace` is empty where the kind has none.
    #[must_use]
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// Most objects are shorter, in bytes.
const USUAL_LENGTH: usize = 4096;

/// How far a pod is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Not all of its containers have started yet.
    Pending,
    /// They have.
    Running,
    /// All ended well, for good.
    Succeeded,
    /// All ended, one of them badly, for good.
    Failed,
}

impl Phase {
    /// Whether nothing will run in it again.
    #[must_use]
    pub const fn over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// As it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// What controllers read of a pod, so that thousands are counted without being parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodFacts {
    /// How far it is.
    pub phase: Phase,
    /// Since when it is ready, if it is.
    pub ready_since: Option<Timestamp>,
    /// Its address, once it has one.
    pub address: Option<Ipv4Addr>,
    /// What its containers ask for together, in thousandths of a processor.
    pub cpu_millis: u64,
    /// What its containers ask for together, in bytes.
    pub memory: u64,
    /// The ports of its containers that have names.
    pub ports: Box<[(Box<str>, u16)]>,
}

impl PodFacts {
    /// What a Service sees of a pod: where it is, whether it is ready, whether it leaves. Nothing of one
    /// that takes no calls at all.
    #[must_use]
    pub fn endpoint(&self, deleting: bool) -> Option<(Ipv4Addr, bool, bool)> {
        let address = self.address.filter(|_| !self.phase.over())?;
        Some((address, self.ready_since.is_some(), deleting))
    }

    fn of(pod: &Value) -> Self {
        let containers = || json::items(pod, "/spec/containers");
        let ready = json::items(pod, "/status/conditions")
            .find(|c| json::text(c, "/type") == "Ready" && json::text(c, "/status") == "True");
        let asked = |what: &str, parse: fn(&str) -> Option<u64>| -> u64 {
            let path = format!("/resources/requests/{what}");
            let amounts = containers().filter_map(|one| parse(json::at(one, &path).as_str()?));
            amounts.sum()
        };
        let ports = containers().flat_map(|container| json::items(container, "/ports"));
        Self {
            phase: match json::text(pod, "/status/phase") {
                "Running" => Phase::Running,
                "Succeeded" => Phase::Succeeded,
                "Failed" => Phase::Failed,
                _ => Phase::Pending,
            },
            ready_since: ready.and_then(|c| json::time(c, "/lastTransitionTime")),
            address: json::text(pod, "/status/podIP").parse().ok(),
            cpu_millis: asked("cpu", quantity::millis),
            memory: asked("memory", quantity::whole),
            ports: ports
                .filter_map(|port| {
                    let number = json::number(port, "/containerPort")?;
                    let name = json::at(port, "/name").as_str()?;
                    Some((name.into(), number.try_into().ok()?))
                })
                .collect(),
        }
    }
}

/// One version of an object; it never changes. Ten thousand pods are held as their text, which is a fifth
/// of the parsed form, and what is often asked for stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Which one.
    pub key: Key,
    /// Its identity; another object of the same name has another one.
    pub uid: Arc<str>,
    /// The store's revision that made this version: its `resourceVersion`.
    pub revision: u64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The uid of the owner that controls it.
    pub controller: Option<Arc<str>>,
    /// The node that a pod is bound to.
    pub node: Option<Arc<str>>,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it is on its way out.
    pub deleting: bool,
    /// What is asked of pods all the time.
    pub pod: Option<Box<PodFacts>>,
    /// The whole object as JSON.
    json: Arc<str>,
}

/// A value as text; unlike by `Display` with no formatter in between, and in one piece of memory.
fn text_of(value: &Value) -> Arc<str> {
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    // Writing to memory cannot fail, and what is written is UTF-8.
    let written = serde_json::to_writer(&mut bytes, value);
    debug_assert!(written.is_ok(), "a value can be written");
    String::from_utf8(bytes).unwrap_or_default().into()
}

impl Object {
    /// A version of an object, `resourceVersion`, `kind` and `apiVersion` set.
    pub(super) fn new(key: Key, revision: u64, mut value: Value) -> Self {
        json::set(
            &mut value,
            "/metadata/resourceVersion",
            revision.to_string(),
        );
        json::set(&mut value, "/kind", key.kind.names().kind);
        json::set(&mut value, "/apiVersion", key.kind.api_version());
        let labels = json::at(&value, "/metadata/labels").as_object();
        let labels = labels.into_iter().flatten();
        let controller = json::items(&value, "/metadata/ownerReferences")
            .find(|owner| json::at(owner, "/controller") == true)
            .map(|owner| json::text(owner, "/uid").into());
        Self {
            uid: json::text(&value, "/metadata/uid").into(),
            revision,
            labels: labels
                .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
                .collect(),
            controller,
            node: json::at(&value, "/spec/nodeName").as_str().map(Arc::from),
            created: json::time(&value, "/metadata/creationTimestamp").unwrap_or_default(),
            deleting: !json::at(&value, "/metadata/deletionTimestamp").is_null(),
            pod: (key.kind == Kind::Pod).then(|| Box::new(PodFacts::of(&value))),
            json: text_of(&value),
            key,
        }
    }

    /// The object as it is sent.
    #[must_use]
    pub fn json(&self) -> &Arc<str> {
        &self.json
    }

    /// Whether another version says the same but for its number.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        // Keys are written in their order, so the texts differ in that place alone.
        fn around(object: &Object) -> Option<(&str, &str)> {
            let version = format!("\"resourceVersion\":\"{}\"", object.revision);
            let at = object.json.find(&version)?;
            let (before, rest) = object.json.split_at_checked(at)?;
            Some((before, rest.get(version.len()..)?))
        }
        around(self) == around(other)
    }

    /// The object, to be looked into or changed.
    #[must_use]
    pub fn value(&self) -> Value {
        // What was written by `new` can be read.
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}
