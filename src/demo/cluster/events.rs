//! The cluster's own `Event` objects: who says what about which object, how often, and until when it is
//! remembered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::agenda::Step;
use super::kind::Kind;
use super::object::{Key, Object};
use super::{Cluster, json, naming};

/// How long an event is kept: the API server's `--event-ttl`.
/// <https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/>
const KEPT: Duration = Duration::from_secs(3600);
/// So many events that differ in their words only are kept apart, within [`SIMILAR_FOR`]; more are told
/// as one. <https://pkg.go.dev/k8s.io/client-go/tools/record#EventCorrelator>
const SIMILAR: u32 = 10;
const SIMILAR_FOR: Duration = Duration::from_secs(600);

/// What an event is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) key: Key,
    pub(super) uid: Arc<str>,
    pub(super) revision: u64,
    /// The container, of a pod.
    pub(super) container: Option<String>,
}

impl About {
    pub(super) fn object(object: &Object) -> Self {
        Self {
            key: object.key.clone(),
            uid: Arc::clone(&object.uid),
            revision: object.revision,
            container: None,
        }
    }
}

/// Who speaks: a controller, or the kubelet of a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Voice<'a> {
    Controller(&'static str),
    Kubelet(&'a str),
    Scheduler,
}

/// What events there were lately.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Where an event is and when it was last told, by the hash of what it says.
    told: HashMap<u64, (Key, Timestamp)>,
    /// How many there were that say nearly the same, since when, by its hash.
    similar: HashMap<u64, (u32, Timestamp)>,
    /// When to look whether an event is to be forgotten, by its hash and that of its like.
    fading: VecDeque<(Timestamp, u64, u64)>,
    /// Until when nothing is written down.
    silent: Option<Timestamp>,
}

impl Cluster {
    /// Nobody looks before this time, so what would be forgotten by then is not written down at all.
    pub fn unseen_before(&mut self, first_look: Timestamp) {
        self.journal.silent = first_look.checked_sub(KEPT).ok();
    }

    /// Something worth no worry is said about an object.
    pub(super) fn say(&mut self, by: Voice<'_>, about: &About, reason: &str, message: &str) {
        self.record(by, about, "Normal", reason, message);
    }

    /// Something worrying is said about an object.
    pub(super) fn warn(&mut self, by: Voice<'_>, about: &About, reason: &str, message: &str) {
        self.record(by, about, "Warning", reason, message);
    }

    fn record(&mut self, by: Voice<'_>, about: &About, class: &str, reason: &str, message: &str) {
        if self.journal.silent.is_some_and(|until| self.now < until) {
            return;
        }
        let namespace = if about.key.kind.names().namespaced {
            &*about.key.namespace
        } else {
            "default"
        };
        let home = Key::new(Kind::Namespace, "", namespace);
        if about.key.kind != Kind::Node && self.store.get(&home).is_none_or(|home| home.deleting) {
            return;
        }
        let container = about.container.as_deref().unwrap_or_default();
        let (component, _) = by.parts();
        let alike = [component, &about.uid, container, class, reason].join("\n");
        let alike = naming::hash(alike.as_bytes());
        let exact = naming::hash(format!("{alike}\n{message}").as_bytes());
        if self.again(exact, alike, None) {
            return;
        }
        let now = self.now;
        let (count, since) = self.journal.similar.entry(alike).or_insert((0, now));
        if now.duration_since(*since).unsigned_abs() > SIMILAR_FOR {
            (*count, *since) = (0, now);
        }
        *count += 1;
        let combined = format!("(combined from similar events): {message}");
        let (hash, message) = if *count > SIMILAR {
            (alike, combined.as_str())
        } else {
            (exact, message)
        };
        if self.again(hash, alike, Some(message)) {
            return;
        }
        let event = self.event(by, about, class, reason, message);
        let mut nanos = now.as_nanosecond();
        let key = loop {
            let name = format!("{}.{nanos:x}", about.key.name);
            let key = Key::new(Kind::Event, namespace, &name);
            if self.store.get(&key).is_none() {
                break key;
            }
            nanos += 1;
        };
        let event = self.named(event, &key);
        self.remember(key.clone(), hash, alike);
        self.write(key, event);
    }

    /// Counts an event that was told before, with other words if given. Whether there was one.
    fn again(&mut self, hash: u64, alike: u64, message: Option<&str>) -> bool {
        let Some((key, _)) = self.journal.told.get(&hash).cloned() else {
            return false;
        };
        let Some(before) = self.store.get(&key) else {
            return false;
        };
        let mut event = before.value();
        let count = json::number(&event, "/count").unwrap_or(1);
        json::set(&mut event, "/count", count + 1);
        json::set(&mut event, "/lastTimestamp", json::seconds(self.now));
        if let Some(message) = message {
            json::set(&mut event, "/message", message);
        }
        self.remember(key.clone(), hash, alike);
        self.write(key, event);
        true
    }

    fn event(
        &self,
        by: Voice<'_>,
        about: &About,
        class: &str,
        reason: &str,
        message: &str,
    ) -> Value {
        let mut involved = json!({
            "kind": about.key.kind.names().kind, "apiVersion": about.key.kind.api_version(),
            "name": &*about.key.name, "uid": &*about.uid,
            "resourceVersion": about.revision.to_string(),
        });
        if !about.key.namespace.is_empty() {
            json::set(&mut involved, "/namespace", &*about.key.namespace);
        }
        if let Some(container) = &about.container {
            let path = format!("spec.containers{{{container}}}");
            json::set(&mut involved, "/fieldPath", path);
        }
        let (component, host) = by.parts();
        let now = json::seconds(self.now);
        match by {
            Voice::Scheduler => json!({
                "involvedObject": involved, "type": class, "reason": reason, "message": message,
                "reportingComponent": component, "reportingInstance": host,
                "action": if class == "Normal" { "Binding" } else { "Scheduling" },
                "eventTime": json::micros(self.now), "firstTimestamp": null,
                "lastTimestamp": null, "source": {},
            }),
            Voice::Controller(_) | Voice::Kubelet(_) => {
                let mut source = json!({"component": component});
                if matches!(by, Voice::Kubelet(_)) {
                    json::set(&mut source, "/host", host);
                }
                json!({
                    "involvedObject": involved, "type": class, "reason": reason,
                    "message": message, "reportingComponent": component,
                    "reportingInstance": host, "count": 1, "eventTime": null,
                    "firstTimestamp": now, "lastTimestamp": now, "source": source,
                })
            }
        }
    }

    /// An event with its metadata. It needs no other rules of an API server, and there are many.
    fn named(&mut self, mut event: Value, key: &Key) -> Value {
        let metadata = json!({
            "name": &*key.name, "namespace": &*key.namespace,
            "uid": naming::uid(&mut self.random), "creationTimestamp": json::seconds(self.now),
        });
        json::set(&mut event, "/metadata", metadata);
        event
    }

    fn remember(&mut self, key: Key, hash: u64, alike: u64) {
        self.journal.told.insert(hash, (key, self.now));
        let until = self.now + KEPT;
        if self.journal.fading.is_empty() {
            self.agenda.add(until, Step::Forget);
        }
        self.journal.fading.push_back((until, hash, alike));
    }

    /// Takes away the events that nobody has repeated for long.
    pub(super) fn forget_events(&mut self) {
        while let Some((at, hash, alike)) = self.journal.fading.front().copied() {
            if at > self.now {
                self.agenda.add(at, Step::Forget);
                return;
            }
            self.journal.fading.pop_front();
            let ended = |since: Timestamp, after: Duration| since + after <= at;
            let told = self.journal.told.get(&hash);
            if told.is_some_and(|(_, last)| ended(*last, KEPT))
                && let Some((key, _)) = self.journal.told.remove(&hash)
            {
                self.erase(&key);
            }
            let similar = self.journal.similar.get(&alike);
            if similar.is_some_and(|(_, since)| ended(*since, SIMILAR_FOR)) {
                self.journal.similar.remove(&alike);
            }
        }
    }
}

impl<'a> Voice<'a> {
    /// Component and instance.
    fn parts(self) -> (&'a str, &'a str) {
        match self {
            Self::Controller(name) => (name, ""),
            Self::Kubelet(node) => ("kubelet", node),
            Self::Scheduler => ("default-scheduler", "default-scheduler-demo"),
        }
    }
}
