//! All names and all evidence, ready to be asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::evidence::{Cluster, Told};
use super::names::Names;
use super::resolution::Resolution;
use super::rule::{Rule, Settler};
use super::spelling::{self, Qualified, normal};
use crate::model::element::Service;
use crate::model::key::TypeKey;
use crate::model::observation::{Hint, Kind, Own};
use crate::model::text::Text;

/// All names, ready to be asked.
#[derive(Default)]
pub struct Directory<'a> {
    mapping: HashMap<String, TypeKey>,
    by_name: HashMap<String, BTreeMap<Rule, BTreeSet<TypeKey>>>,
    similar: HashMap<String, BTreeSet<TypeKey>>,
    /// The same of what they are in their system.
    roles: HashMap<String, BTreeSet<TypeKey>>,
    /// `service.namespace` of types that are annotated with one.
    groups: HashMap<TypeKey, BTreeSet<String>>,
    /// The `ExternalName` Services by their own names and by the hosts behind them.
    outside: HashMap<String, BTreeSet<WayOut>>,
    told: HashMap<String, Told>,
    cluster: Option<Cluster<'a>>,
}

/// A Service that stands for a host outside of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct WayOut {
    namespace: Text,
    name: Text,
    host: Text,
}

impl WayOut {
    fn words(&self) -> String {
        let Self {
            namespace,
            name,
            host,
        } = self;
        format!("Service {namespace}/{name} is an ExternalName of {host}")
    }
}

/// Which types may be meant at all.
type Fits<'f> = &'f dyn Fn(&TypeKey) -> bool;

impl<'a> Directory<'a> {
    /// Gathers the names of all types and Services; `mapping` is the person's own.
    pub fn new<'n>(
        mapping: &[(Text, TypeKey)],
        types: impl Iterator<Item = (&'n TypeKey, &'n Names)>,
        services: impl Iterator<Item = &'n Service>,
    ) -> Self {
        let mut directory = Self::default();
        for (name, key) in mapping {
            directory.mapping.insert(normal(name), key.clone());
        }
        for (key, names) in types {
            directory.add_type(key, names);
        }
        for service in services {
            for key in &service.leads_to {
                directory.add(&service.name, Rule::ServiceName, key);
            }
            if let Some(host) = &service.external_name {
                let way = WayOut {
                    namespace: service.namespace.clone(),
                    name: service.name.clone(),
                    host: host.clone(),
                };
                for name in [&service.name, host] {
                    let ways = directory.outside.entry(normal(name)).or_default();
                    ways.insert(way.clone());
                }
            }
        }
        directory
    }

    /// The same, with what spans say and who is where.
    #[must_use]
    pub fn with<'h>(mut self, cluster: Cluster<'a>, hints: impl Iterator<Item = &'h Hint>) -> Self {
        self.told = cluster.told(hints);
        self.cluster = Some(cluster);
        self
    }

    fn add_type(&mut self, key: &TypeKey, names: &Names) {
        self.add(&names.otel, Rule::OtelName, key);
        for name in &names.others {
            self.add(name, Rule::OtherName, key);
        }
        for own in &names.own {
            match own.what {
                Own::Service => self.add(&own.name, Rule::OwnName, key),
                Own::Application => self.add(&own.name, Rule::Environment, key),
                Own::Namespace => {}
            }
        }
        for name in std::iter::once(&names.otel).chain(&names.others) {
            if let Some(stem) = spelling::stem(&normal(name)) {
                self.similar.entry(stem).or_default().insert(key.clone());
            }
        }
        if let Some(stem) = names.role.as_ref().and_then(|r| spelling::stem(&normal(r))) {
            let roles = self.roles.entry(stem).or_default();
            roles.insert(key.clone());
        }
        let groups: BTreeSet<String> = names.groups().map(|group| normal(group)).collect();
        if !groups.is_empty() {
            self.groups.insert(key.clone(), groups);
        }
    }

    fn add(&mut self, name: &str, rule: Rule, key: &TypeKey) {
        self.by_name
            .entry(normal(name))
            .or_default()
            .entry(rule)
            .or_default()
            .insert(key.clone());
    }

    /// What spans say of a name beside it.
    #[must_use]
    pub fn told(&self, raw: &str) -> Option<&Told> {
        self.told.get(&normal(raw))
    }

    /// The Services that stand for a name outside of the cluster, by namespace and name.
    pub fn ways_out(&self, raw: &str) -> impl Iterator<Item = (&Text, &Text)> {
        let ways = self.outside.get(&normal(raw)).into_iter().flatten();
        ways.map(|way| (&way.namespace, &way.name))
    }

    /// The candidates of every rule about names, whatever else is known.
    #[must_use]
    pub fn candidates(&self, raw: &str) -> BTreeMap<Rule, BTreeSet<TypeKey>> {
        self.by_name.get(&normal(raw)).cloned().unwrap_or_default()
    }

    /// What a raw name is.
    #[must_use]
    pub fn resolve(&self, raw: &str) -> Resolution {
        let name = normal(raw);
        if let Some(to) = self.mapping.get(&name) {
            return Resolution::matched(to.clone(), Rule::Mapping);
        }
        let nothing = Told::default();
        let told = self.told.get(&name).unwrap_or(&nothing);
        let is_elsewhere = |n: &Text| told.elsewhere.contains(n);
        if told.tags.is_empty()
            && !told.namespaces.is_empty()
            && told.namespaces.iter().all(is_elsewhere)
        {
            // It runs where nobody looks: whoever has the name here is another one.
            return Resolution::Unresolved;
        }
        let found = Self::by_tags(told)
            .or_else(|| self.by_own_address(&name, told))
            .or_else(|| self.by_names(&name, told))
            .or_else(|| self.by_evidence_of_outside(&name))
            .or_else(|| self.by_peer(raw, told))
            .or_else(|| self.by_similar_names(&name, told))
            .or_else(|| Self::by_systems(told));
        match found {
            // Part of what is counted under the name is of somebody who is not looked at.
            Some(Resolution::Matched { to, rule, .. }) if !told.elsewhere.is_empty() => {
                Resolution::Ambiguous {
                    candidates: vec![to],
                    rule,
                    are_all: true,
                }
            }
            Some(found) => found,
            None => Resolution::Unresolved,
        }
    }

    fn by_tags(told: &Told) -> Option<Resolution> {
        Resolution::of(&told.tags, Rule::SpanTags, true)
    }

    /// An address that one type has says for sure; one that several share (those of a machine's network)
    /// leaves it to the names.
    fn by_own_address(&self, name: &str, told: &Told) -> Option<Resolution> {
        let within = |key: &TypeKey| is_within(key, told);
        let all = told.own.values().map(|types| {
            let types = types.iter().filter(|key| within(key));
            types.cloned().collect::<BTreeSet<_>>()
        });
        let (sure, shared): (Vec<_>, Vec<_>) =
            all.filter(|t| !t.is_empty()).partition(|t| t.len() == 1);
        let mut sure: BTreeSet<TypeKey> = sure.into_iter().flatten().collect();
        if !sure.is_empty() {
            let apart = shared.into_iter().filter(|types| types.is_disjoint(&sure));
            let others: Vec<BTreeSet<TypeKey>> = apart.collect();
            sure.extend(others.into_iter().flatten());
            return Resolution::of(&sure, Rule::SpanAddress, true);
        }
        let shared: BTreeSet<TypeKey> = shared.into_iter().flatten().collect();
        if shared.is_empty() {
            return None;
        }
        let fits = |key: &TypeKey| shared.contains(key);
        match self.pick(name, told, &fits) {
            Some(Resolution::Matched { to, rule, .. }) => Some(Resolution::Matched {
                to,
                rule,
                settled: Some(Settler::OwnAddress),
            }),
            Some(found) => Some(found),
            None => Resolution::of(&shared, Rule::SpanAddress, false),
        }
    }

    /// By its name, and by its name with its namespace.
    fn by_names(&self, name: &str, told: &Told) -> Option<Resolution> {
        if spelling::is_default(name) {
            return None;
        }
        let qualified = || {
            let plain = spelling::qualified(name).into_iter().filter(|q| q.is_plain);
            plain.into_iter().find_map(|q| self.in_namespace(&q, told))
        };
        self.pick(name, told, &|_| true).or_else(qualified)
    }

    fn in_namespace(&self, q: &Qualified<'_>, told: &Told) -> Option<Resolution> {
        let fits = |key: &TypeKey| self.is_of(key, q.namespace);
        let plain = self.pick(q.name, told, &fits);
        plain.or_else(|| self.alike(q.name, told, &fits).filter(|_| q.is_plain))
    }

    /// Whether a type is in a namespace or a group of this name.
    fn is_of(&self, key: &TypeKey, group: &str) -> bool {
        let groups = self.groups.get(key);
        normal(&key.namespace) == group || groups.is_some_and(|groups| groups.contains(group))
    }

    /// The strongest rule that has candidates decides, but not over who has the name by a weaker one in
    /// another namespace: that is another system, which names things in its own way. Several candidates are
    /// told apart by what spans say, or they are ambiguous.
    fn pick(&self, name: &str, told: &Told, fits: Fits<'_>) -> Option<Resolution> {
        let fits = |key: &TypeKey| fits(key) && is_within(key, told);
        let by_name = self.by_name.get(name).into_iter().flatten();
        let mut decides: Option<Rule> = None;
        let (mut among, mut all) = (BTreeSet::new(), BTreeSet::new());
        for (rule, keys) in by_name {
            let is_apart = |key: &TypeKey| {
                let mut others = among.iter();
                !others.any(|other: &TypeKey| other.namespace == key.namespace)
            };
            let more = keys.iter().filter(|key| fits(key) && is_apart(key));
            let more: Vec<TypeKey> = more.cloned().collect();
            all.extend(keys.iter().filter(|key| !is_within(key, told)).cloned());
            if !more.is_empty() {
                decides = decides.or(Some(*rule));
                among.extend(more);
            }
        }
        if let Some(rule) = decides {
            all.extend(among.iter().cloned());
            return self.told_apart(rule, &all, among, told);
        }
        let pods = self.cluster.as_ref()?.places.pods(name, None);
        let pods: BTreeSet<TypeKey> = pods.into_iter().filter(|key| fits(key)).collect();
        Resolution::of(&pods, Rule::PodName, false)
    }

    /// `among` are those of `all` candidates that what is known for sure leaves.
    fn told_apart(
        &self,
        rule: Rule,
        all: &BTreeSet<TypeKey>,
        among: BTreeSet<TypeKey>,
        told: &Told,
    ) -> Option<Resolution> {
        if among.len() == 1 {
            let by_tags = !told.namespaces.is_empty() && all.len() > 1;
            let settled = by_tags.then_some(Settler::Namespace);
            return Some(Resolution::Matched {
                to: among.into_iter().next()?,
                rule,
                settled,
            });
        }
        let groups: Vec<String> = told.groups.iter().map(|group| normal(group)).collect();
        let peers: BTreeSet<&TypeKey> = told.peers.values().flatten().collect();
        let narrower = |fits: Fits<'_>| -> BTreeSet<TypeKey> {
            among.iter().filter(|key| fits(key)).cloned().collect()
        };
        let by_group = narrower(&|key| groups.iter().any(|group| self.is_of(key, group)));
        let by_peer = narrower(&|key| peers.contains(key));
        for (left, settler) in [(by_group, Settler::Group), (by_peer, Settler::PeerAddress)] {
            match left.len() {
                0 => {}
                1 => {
                    return Some(Resolution::Matched {
                        to: left.into_iter().next()?,
                        rule,
                        settled: Some(settler),
                    });
                }
                // Each of several groups, or of several addresses, stands for one that spans speak of.
                _ => {
                    let are_all = settler == Settler::PeerAddress || groups.len() > 1;
                    return Resolution::of(&left, rule, are_all);
                }
            }
        }
        Resolution::of(&among, rule, told.namespaces.len() > 1)
    }

    fn by_evidence_of_outside(&self, name: &str) -> Option<Resolution> {
        let ways = self.outside.get(name)?.iter();
        let ways: Vec<String> = ways.map(WayOut::words).collect();
        Some(Resolution::External {
            evidence: ways.join(", and ").into(),
        })
    }

    /// By the address that others call it at, or that its name is.
    fn by_peer(&self, raw: &str, told: &Told) -> Option<Resolution> {
        let within = |key: &&TypeKey| is_within(key, told);
        let mut types: BTreeSet<TypeKey> = told
            .peers
            .values()
            .flatten()
            .filter(within)
            .cloned()
            .collect();
        if let (Some(ip), Some(cluster)) = (spelling::address(raw), &self.cluster) {
            types.extend(cluster.places.at(ip, None));
        }
        Resolution::of(&types, Rule::PeerAddress, false)
    }

    fn by_similar_names(&self, name: &str, told: &Told) -> Option<Resolution> {
        if spelling::is_default(name) {
            return None;
        }
        let qualified = || {
            let dashed = spelling::qualified(name).into_iter();
            let dashed = dashed.filter(|q| !q.is_plain);
            let found = dashed.filter_map(|q| self.in_namespace(&q, told));
            let keys: BTreeSet<TypeKey> = found.flat_map(Resolution::into_candidates).collect();
            Resolution::of(&keys, Rule::SimilarName, false)
        };
        qualified().or_else(|| self.alike(name, told, &|_| true))
    }

    /// Whose name is spelt alike; or else whose pod it may be; or else whose part in its system it is.
    fn alike(&self, name: &str, told: &Told, fits: Fits<'_>) -> Option<Resolution> {
        let among = |known: &HashMap<String, BTreeSet<TypeKey>>, name: &str, fits: Fits<'_>| {
            let keys = known.get(&spelling::stem(name)?)?;
            let fits = |key: &&TypeKey| fits(key) && is_within(key, told);
            let keys: BTreeSet<TypeKey> = keys.iter().filter(fits).cloned().collect();
            Resolution::of(&keys, Rule::SimilarName, false)
        };
        let is_numbered = |key: &TypeKey| &*key.kind == Kind::StatefulSet.name() && fits(key);
        among(&self.similar, name, fits)
            .or_else(|| among(&self.similar, spelling::numbered(name)?, &is_numbered))
            .or_else(|| {
                let owners = spelling::owners(name);
                owners
                    .into_iter()
                    .find_map(|owner| among(&self.similar, owner, fits))
            })
            .or_else(|| among(&self.roles, name, fits))
    }

    /// Nobody here has the name, and its callers say that it is a database or a broker.
    fn by_systems(told: &Told) -> Option<Resolution> {
        let system = told.systems.first()?;
        let evidence =
            format!("its callers say that it is {system}, and nothing here has its name");
        Some(Resolution::External {
            evidence: evidence.into(),
        })
    }
}

/// Whether a type is where tags of spans say that the service is, as far as they say.
fn is_within(key: &TypeKey, told: &Told) -> bool {
    told.namespaces.is_empty() || told.namespaces.contains(&key.namespace)
}
