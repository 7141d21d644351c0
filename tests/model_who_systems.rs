//! Who is who in systems that others have published: `model_who/systems.txt` names their workloads, what
//! their traces call them, and who that is.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::collections::BTreeSet;

use portolan::model::Model;
use portolan::model::identity::{Resolution, Rule};
use portolan::model::key::TypeKey;
use portolan::model::observation::{
    Fact, Hint, Kind, Link, Links, Observation, Own, OwnName, OwnerRef, PodFact, Says, ServiceFact,
    Span,
};
use portolan::model::text::Text;
use world::small::{list, meta};
use world::{now, workload};

const SYSTEMS: &str = include_str!("model_who/systems.txt");
const KINDS: [Kind; 2] = [Kind::Deployment, Kind::StatefulSet];

struct Workload {
    kind: Kind,
    name: &'static str,
    /// Labels, and what the head of the file says.
    says: Vec<(&'static str, &'static str)>,
    ip: String,
}

enum Leads {
    To(&'static str),
    Outside(&'static str),
}

struct Case {
    name: &'static str,
    says: Vec<(&'static str, &'static str)>,
    who: BTreeSet<&'static str>,
}

struct System {
    namespace: &'static str,
    workloads: Vec<Workload>,
    services: Vec<(&'static str, Leads)>,
    cases: Vec<Case>,
}

fn pairs(words: &[&'static str]) -> Vec<(&'static str, &'static str)> {
    let pairs = words.iter().map(|word| word.split_once('='));
    pairs.map(|pair| pair.expect("key=value")).collect()
}

/// What is before the arrow: a name, which may have blanks, and what spans say.
fn case(before: &'static str, after: &'static str) -> Case {
    let cut = before.split_once('=').map_or(before.len(), |(head, _)| {
        head.rfind(' ').expect("a name before what is said")
    });
    let (name, says) = before.split_at(cut);
    let says: Vec<&str> = says.split_whitespace().collect();
    let who = after.split(" + ").filter(|who| *who != "nobody");
    Case {
        name,
        says: pairs(&says),
        who: who.collect(),
    }
}

fn systems() -> Vec<System> {
    let mut systems: Vec<System> = Vec::new();
    let lines = SYSTEMS.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["system", namespace] = words.as_slice() {
            systems.push(System {
                namespace,
                workloads: Vec::new(),
                services: Vec::new(),
                cases: Vec::new(),
            });
            continue;
        }
        let number = systems.len();
        let system = systems.last_mut().expect("a system comes first");
        if let Some((before, after)) = line.split_once(" -> ") {
            system.cases.push(case(before, after));
            continue;
        }
        match words.as_slice() {
            ["Service", name, "outside", host] => {
                system.services.push((name, Leads::Outside(host)));
            }
            ["Service", name, to] => system.services.push((name, Leads::To(to))),
            [kind, name, says @ ..] => {
                let kind = KINDS.into_iter().find(|k| k.name() == *kind);
                let ip = format!("10.1.{number}.{}", system.workloads.len() + 1);
                system.workloads.push(Workload {
                    kind: kind.unwrap_or_else(|| panic!("what is {line}?")),
                    name,
                    says: pairs(says),
                    ip,
                });
            }
            _ => panic!("what is {line}?"),
        }
    }
    systems
}

impl Workload {
    fn fact(&self, namespace: &str) -> Fact {
        let mut meta = meta(namespace, self.name);
        let mut labels: Vec<(Text, Text)> = Vec::new();
        for (key, value) in &self.says {
            let own = |what, place: &str| OwnName {
                what,
                name: (*value).into(),
                place: place.into(),
            };
            match *key {
                "own" => meta.own_names.push(own(Own::Service, "OTEL_SERVICE_NAME")),
                "told" => meta
                    .own_names
                    .push(own(Own::Application, "SPRING_APPLICATION_NAME")),
                "dapr" => {
                    meta.annotations = [("dapr.io/app-id".into(), (*value).into())].into();
                }
                label => labels.push((label.into(), (*value).into())),
            }
        }
        meta.labels = labels.into_iter().collect();
        Fact::Workload(Box::new(workload(self.kind, meta)))
    }

    fn pod_name(&self) -> String {
        match self.kind {
            Kind::StatefulSet => format!("{}-0", self.name),
            _ => format!("{}-5d9f7c8b6-xk2vw", self.name),
        }
    }

    fn pod(&self, namespace: &str) -> Fact {
        let mut pod = PodFact {
            meta: meta(namespace, &self.pod_name()),
            ip: Some(self.ip.as_str().into()),
            phase: "Running".into(),
            ..PodFact::default()
        };
        pod.meta.labels = [("of".into(), self.name.into())].into();
        pod.meta.created = Some(now());
        pod.meta.owner = Some(OwnerRef {
            kind: self.kind.name().into(),
            name: self.name.into(),
            uid: format!("{namespace}-{}", self.name).into(),
        });
        Fact::Pod(Box::new(pod))
    }
}

impl System {
    fn service(&self, at: usize) -> Fact {
        let (name, leads) = &self.services[at];
        let mut service = ServiceFact {
            meta: meta(self.namespace, name),
            ..ServiceFact::default()
        };
        match leads {
            Leads::Outside(host) => service.external_name = Some((*host).into()),
            Leads::To(to) => {
                service.selector = [("of".into(), (*to).into())].into();
                service.cluster_ip = Some(self.cluster_ip(name).into());
            }
        }
        Fact::Service(service)
    }

    fn cluster_ip(&self, service: &str) -> String {
        let at = self.services.iter().position(|(name, _)| *name == service);
        let number = at.expect("a Service of the system") + 1;
        let system = self.namespace.bytes().map(u64::from).sum::<u64>() % 250;
        format!("10.96.{system}.{number}")
    }

    fn workload(&self, name: &str) -> &Workload {
        let found = self.workloads.iter().find(|w| w.name == name);
        found.unwrap_or_else(|| panic!("{name} is none of {}", self.namespace))
    }

    fn key(&self, name: &str) -> TypeKey {
        TypeKey::new(self.namespace, self.workload(name).kind.name(), name)
    }

    fn who(&self, case: &Case) -> BTreeSet<TypeKey> {
        case.who.iter().map(|name| self.key(name)).collect()
    }

    fn hints(&self, case: &Case) -> Vec<Says> {
        let said = case.says.iter().map(|(key, of)| match *key {
            "ip" => Says::Address {
                ip: self.workload(of).ip.as_str().into(),
            },
            "pod" => Says::Pod {
                namespace: Some(self.namespace.into()),
                name: self.workload(of).pod_name().into(),
            },
            "at" => Says::Peer {
                ip: self.cluster_ip(of).into(),
            },
            other => panic!("what do spans say with {other}?"),
        });
        said.collect()
    }
}

/// A cluster with these systems, each in a namespace of its own.
fn cluster(systems: &[&System]) -> Model {
    let mut model = Model::new("test", Vec::new());
    let each = |of: &dyn Fn(&System) -> Vec<Fact>| -> Vec<Fact> {
        systems.iter().flat_map(|system| of(system)).collect()
    };
    for kind in KINDS {
        let facts = each(&|system| {
            let of = system.workloads.iter().filter(|w| w.kind == kind);
            of.map(|w| w.fact(system.namespace)).collect()
        });
        list(&mut model, kind, facts);
    }
    let pods = each(&|system| {
        let pods = system.workloads.iter().map(|w| w.pod(system.namespace));
        pods.collect()
    });
    list(&mut model, Kind::Pod, pods);
    let services = each(&|system| {
        let all = 0..system.services.len();
        all.map(|at| system.service(at)).collect()
    });
    list(&mut model, Kind::Service, services);
    model
}

fn told(model: &mut Model, name: &str, says: &[Says]) -> Resolution {
    let link = Link {
        caller: name.into(),
        callee: name.into(),
        calls: 1,
        errors: 0,
    };
    let links = Observation::Links(Links {
        source: "zipkin".into(),
        span: Span::Long,
        window_ms: 60_000,
        ends: now(),
        links: vec![link],
    });
    let hints = says.iter().map(|says| Hint {
        name: name.into(),
        says: says.clone(),
        at: Some(now()),
    });
    let hints = Observation::Hints {
        source: "zipkin".into(),
        hints: hints.collect(),
    };
    model.apply(vec![links, hints], now());
    model.resolution(name)
}

/// What an answer is worth, next to who it should be.
#[derive(Debug, PartialEq, Eq)]
enum Worth {
    Right,
    /// Nobody was joined, or those that it may be are shown as such.
    Open,
    /// Somebody else, with the warning that only a likeness speaks for it.
    WarnedWrong,
    SilentlyWrong,
}

fn worth(found: &Resolution, who: &BTreeSet<TypeKey>) -> Worth {
    match found {
        Resolution::Matched { to, rule, .. } => {
            if who.len() == 1 && who.contains(to) {
                Worth::Right
            } else if rule.is_weak() {
                Worth::WarnedWrong
            } else {
                Worth::SilentlyWrong
            }
        }
        Resolution::Ambiguous { candidates, .. } => {
            let candidates: BTreeSet<TypeKey> = candidates.iter().cloned().collect();
            if who.len() > 1 && candidates == *who {
                Worth::Right
            } else {
                Worth::Open
            }
        }
        Resolution::External { .. } | Resolution::Unresolved if who.is_empty() => Worth::Right,
        Resolution::External { .. } => Worth::SilentlyWrong,
        Resolution::Unresolved => Worth::Open,
    }
}

#[derive(Default)]
struct Tally {
    right: usize,
    all: usize,
    silently: Vec<String>,
    others: Vec<String>,
}

impl Tally {
    fn add(&mut self, system: &System, name: &str, found: &Resolution, who: &BTreeSet<TypeKey>) {
        self.all += 1;
        let line = || format!("{} in {}: {found:?}", name, system.namespace);
        match worth(found, who) {
            Worth::Right => self.right += 1,
            Worth::SilentlyWrong => self.silently.push(line()),
            Worth::Open | Worth::WarnedWrong => self.others.push(line()),
        }
    }

    fn is_good(&self) {
        assert!(self.silently.is_empty(), "{}", self.silently.join("\n"));
        assert!(
            self.right * 100 >= self.all * 99,
            "{} of {} are right\n{}",
            self.right,
            self.all,
            self.others.join("\n")
        );
    }
}

#[test]
fn each_system_alone_is_joined_rightly() {
    let mut tally = Tally::default();
    for system in &systems() {
        for case in &system.cases {
            let mut model = cluster(&[system]);
            let found = told(&mut model, case.name, &system.hints(case));
            tally.add(system, case.name, &found, &system.who(case));
        }
    }
    assert!(tally.all >= 200, "{} names", tally.all);
    tally.is_good();
}

#[test]
fn side_by_side_they_are_told_apart_by_the_namespace_in_their_spans() {
    let systems = systems();
    let all: Vec<&System> = systems.iter().collect();
    let mut tally = Tally::default();
    for system in &systems {
        for case in &system.cases {
            let mut model = cluster(&all);
            let mut says = system.hints(case);
            says.push(Says::Namespace {
                name: system.namespace.into(),
            });
            let found = told(&mut model, case.name, &says);
            tally.add(system, case.name, &found, &system.who(case));
        }
    }
    tally.is_good();
}

/// A name alone may be of any of them: then it must not be given to one without a word. Who is only nearly
/// called so gives way to who is called so.
#[test]
fn side_by_side_without_a_namespace_nobody_is_taken_for_another() {
    let systems = systems();
    let all: Vec<&System> = systems.iter().collect();
    let mut tally = Tally::default();
    for system in &systems {
        // Who is nobody in one system may well be somebody in the next.
        let of_somebody = system.cases.iter().filter(|case| !case.who.is_empty());
        for case in of_somebody {
            let says = system.hints(case);
            if is_likeness(&told(&mut cluster(&[system]), case.name, &says)) {
                continue;
            }
            let found = told(&mut cluster(&all), case.name, &says);
            tally.add(system, case.name, &found, &system.who(case));
        }
    }
    assert!(tally.all >= 100, "{} names", tally.all);
    assert!(tally.silently.is_empty(), "{}", tally.silently.join("\n"));
}

fn is_likeness(found: &Resolution) -> bool {
    let rule = match found {
        Resolution::Matched { rule, .. } | Resolution::Ambiguous { rule, .. } => *rule,
        Resolution::External { .. } | Resolution::Unresolved => return false,
    };
    rule == Rule::SimilarName
}

/// Each workload by all the ways in which its name is usually written.
#[test]
fn every_usual_way_to_write_a_name_leads_to_its_workload() {
    let mut tally = Tally::default();
    for system in &systems() {
        for workload in &system.workloads {
            let who = BTreeSet::from([system.key(workload.name)]);
            for name in ways(workload, system.namespace) {
                let mut model = cluster(&[system]);
                let found = told(&mut model, &name, &[]);
                tally.add(system, &name, &found, &who);
            }
        }
    }
    assert!(tally.all >= 1_000, "{} names", tally.all);
    tally.is_good();
}

fn ways(workload: &Workload, namespace: &str) -> Vec<String> {
    let name = workload.name;
    let camel: String = name.split('-').map(capital).collect();
    let snake = name.replace('-', "_");
    let pod_before = match workload.kind {
        Kind::StatefulSet => format!("{name}-7"),
        _ => format!("{name}-7c6b5d4f89-2zqtm"),
    };
    vec![
        name.to_owned(),
        name.to_uppercase(),
        camel,
        snake.to_uppercase(),
        name.replace('-', " "),
        snake,
        format!("{name}:8080"),
        format!("http://{name}:8080/health"),
        format!("{name}.{namespace}"),
        format!("{name}.{namespace}.svc"),
        format!("{name}.{namespace}.svc.cluster.local"),
        format!("{name}.{namespace}.svc.cluster.local.:9090"),
        format!("{namespace}/{name}"),
        format!("{namespace}-{name}"),
        format!("{name}-{namespace}"),
        workload.pod_name(),
        pod_before,
    ]
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
