//! Versions of a component type that are live side by side, each with its components and its calls.
//!
//! Components belong to one version when one template made them: a Deployment's ReplicaSet, or the revision
//! that a StatefulSet or DaemonSet writes on its pods. Calls belong to the version of the component that
//! served them, by the pod's name or address in the called side's span; of a pod that is gone, by the name of
//! the ReplicaSet that its own begins with; else by `service.version`, where one version only has it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::model::Model;
use crate::model::element::{Component, ComponentState};
use crate::model::interfaces::InstanceUse;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::Role;
use crate::model::text::Text;
use crate::model::usage::{Instance, Tally};

/// What a StatefulSet or a DaemonSet writes on its pods.
const REVISION: &str = "controller-revision-hash";
/// What people write on pods to say their version.
const VERSION: &str = "app.kubernetes.io/version";

/// One version of a component type.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// What people call it: `service.version` of its spans, else its pods' label `app.kubernetes.io/version`,
    /// else the tag of its first image; empty where nobody says.
    pub name: Text,
    /// The tag of its components' first image that is not of an init container; empty where it has none, or none
    /// of them is left.
    pub tag: Text,
    /// The ReplicaSet or the revision that made its components; `None` where only spans tell of it: none of its
    /// components is left.
    pub made_by: Option<Text>,
    /// Components that are there and have not ended.
    pub components: u32,
    /// How many of them are ready.
    pub ready: u32,
    /// When the first of them was made.
    pub since: Option<Timestamp>,
    /// What it served of the sampled calls; `None` where none is known to be its.
    pub tally: Option<Tally>,
}

/// One in the making.
#[derive(Default)]
struct Making<'a> {
    components: Vec<&'a Component>,
    said: Option<&'a Text>,
    tally: Option<Tally>,
}

impl Model {
    /// The versions of a type of which components are live, or calls were sampled: the oldest first. There is
    /// more than one during a rollout, and for the length of the sample after it.
    #[must_use]
    pub fn versions(&self, of: &TypeKey) -> Vec<Version> {
        let components = self.components_of(of).into_iter();
        let live = components.filter(|c| c.state != ComponentState::Undeployed);
        let mut made: BTreeMap<Text, Making<'_>> = BTreeMap::new();
        let mut names: HashMap<&Text, Text> = HashMap::new();
        let mut addresses: HashMap<&Text, Text> = HashMap::new();
        for component in live {
            let by = made_by(component);
            names.insert(&component.name, by.clone());
            addresses.extend(component.ip.as_ref().map(|ip| (ip, by.clone())));
            made.entry(by).or_default().components.push(component);
        }
        let mut gone: BTreeMap<&Text, Tally> = BTreeMap::new();
        let mut rest = Vec::new();
        for served in self.interfaces().served(&ElementKey::Type(of.clone())) {
            let Instance {
                pod,
                address,
                version,
            } = &served.instance;
            let by = match (pod, address) {
                (Some(pod), _) => names.get(pod),
                (None, Some(address)) => addresses.get(address),
                (None, None) => None,
            };
            let Some(making) = by.and_then(|by| made.get_mut(by)) else {
                rest.push(served);
                continue;
            };
            making.said = version.as_ref().or(making.said);
            making.tally.get_or_insert_default().merge(&served.tally);
        }
        // What live components say of their version is known by now.
        for served in rest {
            if let Some(making) = home(&made, served).and_then(|by| made.get_mut(&by)) {
                making.tally.get_or_insert_default().merge(&served.tally);
            } else if let Some(said) = &served.instance.version {
                gone.entry(said).or_default().merge(&served.tally);
            }
        }
        let gone = gone.into_iter().map(|(name, tally)| Version {
            name: name.clone(),
            tag: Text::default(),
            made_by: None,
            components: 0,
            ready: 0,
            since: None,
            tally: Some(tally),
        });
        let mut versions: Vec<Version> = made.into_iter().map(|(by, m)| m.finish(by)).collect();
        versions.sort_by(|a, b| (a.since, &a.made_by).cmp(&(b.since, &b.made_by)));
        gone.chain(versions).collect()
    }
}

/// The version that made an instance whose component is gone; `None` where nobody can tell, or none of it is
/// left.
fn home(made: &BTreeMap<Text, Making<'_>>, served: &InstanceUse) -> Option<Text> {
    let pod = served.instance.pod.as_ref();
    // Pods have the name of their ReplicaSet in their own.
    let is_named_so = |by: &Text| {
        let rest = pod.and_then(|pod| pod.strip_prefix(&**by)?.strip_prefix('-'));
        !by.is_empty() && rest.is_some_and(|own| !own.contains('-'))
    };
    if let Some(by) = made.keys().find(|by| is_named_so(by)) {
        return Some(by.clone());
    }
    let said = served.instance.version.as_ref()?;
    let mut found = made
        .iter()
        .filter(|(_, making)| making.name().as_ref() == Some(said));
    let (by, _) = found.next()?;
    // Where two have it, nobody knows which.
    found.next().is_none().then(|| by.clone())
}

impl Making<'_> {
    fn name(&self) -> Option<Text> {
        let labelled = || {
            self.components
                .iter()
                .find_map(|c| c.labels.get(VERSION).cloned())
        };
        let tagged = || self.tag();
        self.said.cloned().or_else(labelled).or_else(tagged)
    }

    fn tag(&self) -> Option<Text> {
        let mut containers = self.components.iter().flat_map(|c| c.containers.iter());
        let first = containers.find(|container| container.role == Role::Main)?;
        tag(&first.image).map(Text::from)
    }

    fn finish(self, made_by: Text) -> Version {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let is_ready = |c: &&&Component| c.state == ComponentState::Started;
        Version {
            name: self.name().unwrap_or_default(),
            tag: self.tag().unwrap_or_default(),
            components: count(self.components.len()),
            ready: count(self.components.iter().filter(is_ready).count()),
            since: self.components.iter().filter_map(|c| c.created).min(),
            made_by: Some(made_by),
            tally: self.tally,
        }
    }
}

/// What made a component: its ReplicaSet, its revision, or nothing that tells versions apart. Each run of a Job
/// is made by a Job of its own, which is no version.
fn made_by(component: &Component) -> Text {
    if matches!(&*component.of.kind, "Job" | "CronJob") {
        return Text::default();
    }
    let owner = component
        .owner
        .as_ref()
        .filter(|owner| **owner != component.of.name);
    let revision = || component.labels.get(REVISION);
    owner.or_else(revision).cloned().unwrap_or_default()
}

/// The tag of an image: `1.8.2` of `registry:5000/team/cart:1.8.2@sha256:…`.
fn tag(image: &str) -> Option<&str> {
    let named = image.split('@').next()?;
    let last = named.rsplit('/').next()?;
    last.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Arc;

    use crate::model::observation::{
        Fact, Kind, Meta, Observation, OwnerRef, PodFact, Scope, WorkloadFact,
    };
    use crate::model::usage::{Instance, Served, Uses};

    fn meta(name: &str, owner: Option<(&str, &str)>) -> Meta {
        Meta {
            namespace: "shop".into(),
            name: name.into(),
            uid: name.into(),
            owner: owner.map(|(kind, name)| OwnerRef {
                kind: kind.into(),
                name: name.into(),
                uid: name.into(),
            }),
            ..Meta::default()
        }
    }

    fn seen(kind: Kind, fact: Fact) -> Observation {
        Observation::Seen {
            scope: Scope {
                source: "kubernetes".into(),
                kind,
                namespace: None,
            },
            fact: Arc::new(fact),
        }
    }

    fn workload(kind: Kind, name: &str, owner: Option<(&str, &str)>) -> Observation {
        let fact = WorkloadFact {
            kind,
            meta: meta(name, owner),
            generation: None,
            observed_generation: None,
            desired: Some(2),
            current: 2,
            ready: 2,
            updated: None,
            failed: 0,
            suspended: false,
            schedule: None,
            images: Vec::new(),
            troubles: Vec::new(),
            complete: false,
            mentions: Vec::new(),
            parameters: Arc::default(),
        };
        seen(kind, Fact::Workload(Box::new(fact)))
    }

    /// A pod of a ReplicaSet, of this second of the epoch.
    fn pod(name: &str, set: &str, ip: &str, second: i64) -> Observation {
        let mut fact = PodFact {
            meta: meta(name, Some(("ReplicaSet", set))),
            phase: "Running".into(),
            ready: Some(true),
            ip: Some(ip.into()),
            ..PodFact::default()
        };
        fact.meta.created = Timestamp::from_second(second).ok();
        seen(Kind::Pod, Fact::Pod(Box::new(fact)))
    }

    fn served(
        version: Option<&str>,
        pod: Option<&str>,
        address: Option<&str>,
        calls: u64,
    ) -> Served {
        let tally = Tally {
            calls,
            ..Tally::default()
        };
        Served {
            callee: "cart".into(),
            instance: Instance {
                version: version.map(Text::from),
                pod: pod.map(Text::from),
                address: address.map(Text::from),
            },
            tally,
        }
    }

    fn versions(
        rest: Vec<Observation>,
        served: Vec<Served>,
    ) -> Vec<(Text, Option<Text>, u32, Option<u64>)> {
        let mut model = Model::new("test", Vec::new());
        let mut batch = vec![
            workload(Kind::Deployment, "cart", None),
            workload(Kind::ReplicaSet, "cart-a", Some(("Deployment", "cart"))),
            workload(Kind::ReplicaSet, "cart-b", Some(("Deployment", "cart"))),
            Observation::Names {
                source: "zipkin".into(),
                names: vec!["cart".into()],
            },
            Observation::Uses(Box::new(Uses {
                source: "zipkin".into(),
                window_ms: 60_000,
                ends: Timestamp::UNIX_EPOCH,
                traces: 1,
                is_sample: false,
                hidden: 0,
                uses: Vec::new(),
                served,
            })),
        ];
        batch.extend(rest);
        model.apply(batch, Timestamp::UNIX_EPOCH);
        let of = TypeKey::new("shop", "Deployment", "cart");
        let told = |v: Version| (v.name, v.made_by, v.components, v.tally.map(|t| t.calls));
        model.versions(&of).into_iter().map(told).collect()
    }

    #[test]
    fn calls_belong_to_the_version_that_served_them() {
        let pods = vec![
            pod("cart-b-1", "cart-b", "10.0.0.3", 30),
            pod("cart-a-1", "cart-a", "10.0.0.1", 10),
            pod("cart-a-2", "cart-a", "10.0.0.2", 20),
        ];
        let calls = vec![
            served(Some("1"), Some("cart-a-1"), None, 3),
            served(None, None, Some("10.0.0.2"), 4),
            served(Some("2"), None, Some("10.0.0.3"), 5),
            // Pods that are gone: by the ReplicaSet, or by the version, where a live one has it.
            served(Some("1"), Some("cart-b-7"), None, 1),
            served(Some("2"), Some("cart-b-9"), Some("10.0.0.9"), 6),
            served(Some("2"), None, Some("10.0.0.8"), 9),
            served(Some("0"), Some("cart-z-9"), None, 7),
            served(None, None, Some("10.9.9.9"), 8),
        ];
        let row = |name: &str, by: Option<&str>, pods, calls| {
            (Text::from(name), by.map(Text::from), pods, Some(calls))
        };
        assert_eq!(
            versions(pods, calls),
            [
                row("0", None, 0, 7),
                row("1", Some("cart-a"), 2, 7),
                row("2", Some("cart-b"), 1, 21),
            ]
        );
    }

    #[test]
    fn without_calls_there_is_no_tally_and_not_zero() {
        let found = versions(vec![pod("cart-a-1", "cart-a", "10.0.0.1", 1)], Vec::new());
        assert_eq!(found, [(Text::default(), Some("cart-a".into()), 1, None)]);
    }

    #[test]
    fn the_tag_of_an_image() {
        for (image, expected) in [
            ("cart:1.8.2", Some("1.8.2")),
            ("registry:5000/team/cart:1.8.2@sha256:ab", Some("1.8.2")),
            ("registry:5000/team/cart", None),
            ("cart@sha256:ab", None),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
