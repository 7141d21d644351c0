//! What spans say of a name, held against what is in the cluster: pods, workloads, addresses.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::spelling;
use crate::model::element::{Component, ComponentState, Service};
use crate::model::key::TypeKey;
use crate::model::observation::{Hint, Kind, Says};
use crate::model::text::Text;

/// By how much the clocks of a pod's reporter and of the API server may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// Who is where in the cluster, as far as somebody asks.
#[derive(Debug, Default)]
pub struct Places<'a> {
    by_ip: HashMap<IpAddr, Vec<&'a Component>>,
    by_name: HashMap<&'a str, Vec<&'a Component>>,
    by_uid: HashMap<&'a str, &'a Component>,
    clusters: HashMap<IpAddr, Vec<&'a Service>>,
}

impl<'a> Places<'a> {
    /// The components that have an address, a name or a uid that is `wanted`, and all Services.
    pub fn new(
        components: impl Iterator<Item = &'a Component>,
        services: impl Iterator<Item = &'a Service>,
        wanted: &HashSet<Text>,
    ) -> Self {
        let mut places = Self::default();
        for component in components.filter(|c| is_wanted(c, wanted)) {
            // One that has ended keeps an address that may be another's by now.
            let ip = component.ip.as_deref().and_then(spelling::address);
            if let Some(ip) = ip.filter(|_| component.state != ComponentState::Undeployed) {
                places.by_ip.entry(ip).or_default().push(component);
            }
            let named = places.by_name.entry(&component.name).or_default();
            named.push(component);
            places.by_uid.insert(&component.uid, component);
        }
        for service in services {
            let ip = service.cluster_ip.as_deref().and_then(spelling::address);
            if let Some(ip) = ip {
                places.clusters.entry(ip).or_default().push(service);
            }
        }
        places
    }

    /// The types that an address leads to; of pods only such as were there at that time.
    pub(super) fn at(&self, ip: IpAddr, when: Option<Timestamp>) -> BTreeSet<TypeKey> {
        let pods = self.by_ip.get(&ip).into_iter().flatten();
        let was_there = |pod: &&&Component| match (pod.created, when) {
            (Some(created), Some(when)) => created
                .checked_sub(SKEW)
                .is_ok_and(|created| created <= when),
            _ => true,
        };
        let services = self.clusters.get(&ip).into_iter().flatten();
        pods.filter(was_there)
            .map(|pod| pod.of.clone())
            .chain(services.flat_map(|service| service.leads_to.iter().cloned()))
            .collect()
    }

    /// The types of the pods of a name.
    pub(super) fn pods(&self, name: &str, namespace: Option<&str>) -> BTreeSet<TypeKey> {
        let pods = self.by_name.get(name).into_iter().flatten();
        pods.filter(|pod| namespace.is_none_or(|n| *pod.namespace == *n))
            .map(|pod| pod.of.clone())
            .collect()
    }
}

/// Whether anybody asks for a component.
pub(in crate::model) fn is_wanted(component: &Component, wanted: &HashSet<Text>) -> bool {
    let ip = component.ip.as_ref().is_some_and(|ip| wanted.contains(ip));
    ip || wanted.contains(&component.name) || wanted.contains(&component.uid)
}

/// What a raw name or a hint asks [`Places`] for.
pub(in crate::model) fn wants<'a>(
    names: impl Iterator<Item = &'a Text>,
    hints: impl Iterator<Item = &'a Hint>,
) -> HashSet<Text> {
    let mut wanted: HashSet<Text> = HashSet::new();
    for name in names {
        if let Some(ip) = spelling::address(name) {
            wanted.insert(ip.to_string().into());
            continue;
        }
        // A pod's name may have its Service or its namespace beside it.
        let normal = spelling::normal(name);
        wanted.extend(normal.split(['.', '/']).map(Text::from));
    }
    for hint in hints {
        match &hint.says {
            Says::Pod { name, .. } => wanted.insert(name.clone()),
            Says::PodUid { uid } => wanted.insert(uid.clone()),
            Says::Address { ip } | Says::Peer { ip } => match spelling::address(ip) {
                Some(ip) => wanted.insert(ip.to_string().into()),
                None => false,
            },
            _ => false,
        };
    }
    wanted
}

/// What spans say of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The types that tags name.
    pub tags: BTreeSet<TypeKey>,
    /// Namespaces that tags name and that nobody looks at.
    pub elsewhere: BTreeSet<Text>,
    /// Namespaces that tags name.
    pub namespaces: BTreeSet<Text>,
    /// OpenTelemetry's `service.namespace`.
    pub groups: BTreeSet<Text>,
    /// The addresses of its own spans, with the types that have them.
    pub own: BTreeMap<Text, BTreeSet<TypeKey>>,
    /// The addresses that others call it at, with the types behind them.
    pub peers: BTreeMap<Text, BTreeSet<TypeKey>>,
    /// Databases and brokers that its callers say it is.
    pub systems: BTreeSet<Text>,
}

/// What is known of the cluster beside pods.
pub struct Cluster<'a> {
    /// Who is where.
    pub places: Places<'a>,
    /// The topmost owner of a workload of this kind, namespace and name, where it is there.
    pub owner: &'a dyn Fn(Kind, &Text, &Text) -> Option<TypeKey>,
    /// Whether the pods of a namespace are looked at.
    pub is_watched: &'a dyn Fn(&Text) -> bool,
}

impl Cluster<'_> {
    /// Everything that the hints say, by name as it compares.
    pub(super) fn told<'h>(&self, hints: impl Iterator<Item = &'h Hint>) -> HashMap<String, Told> {
        let mut all: HashMap<String, Told> = HashMap::new();
        for hint in hints {
            let told = all.entry(spelling::normal(&hint.name)).or_default();
            self.hear(hint, told);
        }
        all
    }

    fn hear(&self, hint: &Hint, told: &mut Told) {
        let at = |ip: &str| spelling::address(ip).map(|ip| self.places.at(ip, hint.at));
        match &hint.says {
            Says::Pod { namespace, name } => {
                told.tags
                    .extend(self.places.pods(name, namespace.as_deref()));
                self.within(namespace.as_ref(), told);
            }
            Says::PodUid { uid } => {
                let pod = self.places.by_uid.get(&**uid);
                told.tags.extend(pod.map(|pod| pod.of.clone()));
            }
            Says::Workload {
                namespace,
                kind,
                name,
            } => {
                told.tags.extend((self.owner)(*kind, namespace, name));
                self.within(Some(namespace), told);
            }
            Says::Namespace { name } => self.within(Some(name), told),
            Says::Group { name } => {
                told.groups.insert(name.clone());
            }
            Says::Address { ip } => {
                if let Some(types) = at(ip).filter(|types| !types.is_empty()) {
                    told.own.entry(ip.clone()).or_default().extend(types);
                }
            }
            Says::Peer { ip } => {
                if let Some(types) = at(ip).filter(|types| !types.is_empty()) {
                    told.peers.entry(ip.clone()).or_default().extend(types);
                }
            }
            // Who calls says nothing about who it is.
            Says::CalledBy { .. } => {}
            Says::Database { system } => {
                told.systems.insert(format!("the database {system}").into());
            }
            Says::Broker { system } => {
                told.systems.insert(format!("the broker {system}").into());
            }
        }
    }

    fn within(&self, namespace: Option<&Text>, told: &mut Told) {
        if let Some(namespace) = namespace {
            told.namespaces.insert(namespace.clone());
            if !(self.is_watched)(namespace) {
                told.elsewhere.insert(namespace.clone());
            }
        }
    }
}
