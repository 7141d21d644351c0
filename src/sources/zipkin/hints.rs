//! What spans say of services beside their names: tags about where they run, addresses, what a peer is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::observation::{HINTS_PER_NAME, Hint, Kind, Says};
use crate::model::text::{self, Text};
use crate::trace::endpoint::Endpoint;
use crate::trace::span::{Kind as Side, Span, Tags};

/// Tags that name the workload, the outermost first: a CronJob's Job is its too.
const WORKLOADS: [(&str, Kind); 6] = [
    ("k8s.cronjob.name", Kind::CronJob),
    ("k8s.deployment.name", Kind::Deployment),
    ("k8s.statefulset.name", Kind::StatefulSet),
    ("k8s.daemonset.name", Kind::DaemonSet),
    ("k8s.job.name", Kind::Job),
    ("k8s.replicaset.name", Kind::ReplicaSet),
];

/// What the spans say, each once for a name with the newest time at which it was said, sorted; of each
/// name the newest [`HINTS_PER_NAME`].
#[must_use]
pub fn hints_of(spans: &[&Span]) -> Vec<Hint> {
    let mut heard = Heard::default();
    for span in spans {
        heard.hear(span);
    }
    heard.hints()
}

/// By name and by what is said: when it was said last, in µs.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeMap<Text, BTreeMap<Says, i64>>);

impl Heard {
    /// Forgets what was not said again since (µs since the epoch), and of each name all but the newest
    /// [`HINTS_PER_NAME`].
    pub(super) fn forget(&mut self, before: i64) {
        for said in self.0.values_mut() {
            said.retain(|_, at| *at >= before);
            if said.len() > HINTS_PER_NAME {
                let mut times: Vec<i64> = said.values().copied().collect();
                times.sort_unstable_by(|a, b| b.cmp(a));
                let oldest = times.get(HINTS_PER_NAME - 1).copied().unwrap_or(before);
                said.retain(|_, at| *at >= oldest);
            }
        }
        self.0.retain(|_, said| !said.is_empty());
    }

    pub(super) fn hear(&mut self, span: &Span) {
        let at = span.timestamp;
        if let Some(local) = span.local_service() {
            let name = text::name(local);
            for says in resource(&span.tags) {
                self.say(&name, says, at);
            }
            for ip in span.local_endpoint.iter().filter_map(address) {
                self.say(&name, Says::Address { ip }, at);
            }
        }
        // The remote side of a called side is its caller, as a proxy may show it.
        let is_caller = matches!(
            span.kind,
            Some(Side::Client | Side::Producer | Side::Consumer)
        );
        let named = span.remote_service().filter(|_| is_caller).cloned();
        let nameless = span.called_address();
        if let (Some(address), Some(local)) = (&nameless, span.local_service()) {
            let caller = text::name(local);
            self.say(&text::name(address), Says::CalledBy { caller }, at);
        }
        if let Some(remote) = named.or(nameless) {
            let name = text::name(&remote);
            for ip in span.remote_endpoint.iter().filter_map(address) {
                self.say(&name, Says::Peer { ip }, at);
            }
            if let Some(says) = system(&span.tags) {
                self.say(&name, says, at);
            }
        }
    }

    fn say(&mut self, name: &Text, says: Says, at: i64) {
        let said = self.0.entry(name.clone()).or_default();
        let newest = said.entry(says).or_default();
        *newest = at.max(*newest);
    }

    /// What is known by now, in the form in which the model takes it.
    pub(super) fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        for (name, said) in &self.0 {
            let mut newest: Vec<(Says, i64)> =
                said.iter().map(|(says, at)| (says.clone(), *at)).collect();
            newest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            newest.truncate(HINTS_PER_NAME);
            newest.sort();
            hints.extend(newest.into_iter().map(|(says, at)| {
                Hint {
                    name: name.clone(),
                    says,
                    at: (at > 0)
                        .then(|| Timestamp::from_microsecond(at).ok())
                        .flatten(),
                }
            }));
        }
        hints
    }
}

/// Where the service runs, by the resource that exporters write among the tags.
fn resource(tags: &Tags) -> BTreeSet<Says> {
    let tag = |key: &str| tags.get(key).and_then(some_name);
    let namespace = tag("k8s.namespace.name");
    let mut said = BTreeSet::new();
    said.extend(namespace.clone().map(|name| Says::Namespace { name }));
    if let Some(namespace) = &namespace {
        let workloads = WORKLOADS
            .iter()
            .filter_map(|(key, kind)| Some((tag(key)?, *kind)));
        // One says it: a Deployment's ReplicaSet is the Deployment.
        said.extend(workloads.take(1).map(|(name, kind)| Says::Workload {
            namespace: namespace.clone(),
            kind,
            name,
        }));
    }
    // Inside of a pod the host is called like the pod.
    let pod = tag("k8s.pod.name").or_else(|| tag("host.name"));
    said.extend(pod.map(|name| Says::Pod {
        namespace: namespace.clone(),
        name,
    }));
    said.extend(tag("k8s.pod.uid").map(|uid| Says::PodUid { uid }));
    said.extend(tag("service.namespace").map(|name| Says::Group { name }));
    said.extend(tag("service.instance.id").and_then(|id| instance(&id)));
    said
}

/// `namespace.pod.container`, as OpenTelemetry makes it in Kubernetes; other instances are only numbers.
fn instance(id: &str) -> Option<Says> {
    let (namespace, rest) = id.split_once('.')?;
    let (pod, container) = rest.rsplit_once('.')?;
    let is_one = text::is_label(namespace) && text::is_label(container) && !pod.is_empty();
    is_one.then(|| Says::Pod {
        namespace: Some(namespace.into()),
        name: pod.into(),
    })
}

/// What the callee is, as its caller says.
fn system(tags: &Tags) -> Option<Says> {
    let tag = |key: &str| tags.get(key).and_then(some_name);
    let database = tag("db.system.name").or_else(|| tag("db.system"));
    let database = database.map(|system| Says::Database { system });
    database.or_else(|| tag("messaging.system").map(|system| Says::Broker { system }))
}

fn some_name(value: &Arc<str>) -> Option<Text> {
    Some(text::name(value)).filter(|name| !name.is_empty())
}

/// An endpoint's address, unless it is one's own machine.
fn address(endpoint: &Arc<Endpoint>) -> Option<Text> {
    let ip: IpAddr = endpoint.ipv4().or_else(|| endpoint.ipv6())?.parse().ok()?;
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::id::{SpanId, TraceId};

    fn span(kind: Side, tags: &[(&str, &str)]) -> Span {
        let mut span = Span::new(TraceId::new(0, 1), SpanId::new(1));
        span.kind = Some(kind);
        span.timestamp = 1_000_000;
        span.local_endpoint = Some(Arc::new(Endpoint::named("Cart").at("10.0.0.1")));
        span.remote_endpoint = Some(Arc::new(Endpoint::named("db").at("10.96.0.7")));
        span.tags = tags.iter().copied().collect();
        span
    }

    fn says(span: &Span) -> Vec<(String, Says)> {
        let hints = hints_of(&[span]).into_iter();
        hints
            .map(|hint| (hint.name.to_string(), hint.says))
            .collect()
    }

    #[test]
    fn the_resource_and_the_address_speak_of_the_service_itself() {
        let found = says(&span(
            Side::Server,
            &[
                ("k8s.namespace.name", "shop"),
                ("k8s.deployment.name", "cart"),
                ("k8s.replicaset.name", "cart-1"),
                ("k8s.pod.name", "cart-1-x"),
                ("k8s.pod.uid", "u"),
                ("host.name", "cart-1-x"),
                ("service.namespace", "store"),
                ("service.instance.id", "shop.cart-1-x.main"),
                ("db.system", "redis"),
            ],
        ));
        let own = |says| ("cart".to_owned(), says);
        assert_eq!(
            found,
            [
                own(Says::Pod {
                    namespace: Some("shop".into()),
                    name: "cart-1-x".into()
                }),
                own(Says::PodUid { uid: "u".into() }),
                own(Says::Workload {
                    namespace: "shop".into(),
                    kind: Kind::Deployment,
                    name: "cart".into()
                }),
                own(Says::Namespace {
                    name: "shop".into()
                }),
                own(Says::Group {
                    name: "store".into()
                }),
                own(Says::Address {
                    ip: "10.0.0.1".into()
                }),
            ]
        );
    }

    #[test]
    fn a_caller_says_where_its_callee_is_and_what() {
        let found = says(&span(
            Side::Client,
            &[("db.system", "redis"), ("host.name", "")],
        ));
        assert_eq!(
            found,
            [
                (
                    "cart".to_owned(),
                    Says::Address {
                        ip: "10.0.0.1".into()
                    }
                ),
                (
                    "db".to_owned(),
                    Says::Peer {
                        ip: "10.96.0.7".into()
                    }
                ),
                (
                    "db".to_owned(),
                    Says::Database {
                        system: "redis".into()
                    }
                ),
            ]
        );
        let mut nameless = span(Side::Client, &[]);
        let at = Endpoint::default().at("10.96.0.7").on_port(5432);
        nameless.remote_endpoint = Some(Arc::new(at));
        let name = "10.96.0.7:5432".to_owned();
        let ip = "10.96.0.7".into();
        let caller = "cart".into();
        assert_eq!(
            says(&nameless)[..2],
            [
                (name.clone(), Says::Peer { ip }),
                (name, Says::CalledBy { caller })
            ]
        );
        let mut local = span(Side::Client, &[]);
        local.local_endpoint = Some(Arc::new(Endpoint::named("cart").at("127.0.0.1")));
        local.remote_endpoint = Some(Arc::new(Endpoint::named("db").at("::1")));
        assert!(says(&local).is_empty());
    }

    #[test]
    fn each_is_said_once_with_its_newest_time_and_the_newest_are_kept() {
        let mut spans: Vec<Span> = (0..40_u32)
            .map(|at| {
                let mut span = span(Side::Server, &[]);
                span.timestamp = i64::from(at + 1) * 1_000_000;
                let ip = format!("10.0.0.{at}");
                span.local_endpoint = Some(Arc::new(Endpoint::named("cart").at(&ip)));
                span
            })
            .collect();
        let mut again = span(Side::Server, &[]);
        again.timestamp = 90_000_000;
        spans.push(again);
        let all: Vec<&Span> = spans.iter().collect();
        let hints = hints_of(&all);
        assert_eq!(hints.len(), HINTS_PER_NAME);
        let newest = hints.iter().max_by_key(|hint| hint.at).unwrap();
        assert_eq!(
            newest.says,
            Says::Address {
                ip: "10.0.0.1".into()
            }
        );
        assert_eq!(newest.at.unwrap().as_second(), 90);
        assert!(hints.iter().all(|hint| hint.at.unwrap().as_second() > 25));
        let backwards: Vec<&Span> = spans.iter().rev().collect();
        assert_eq!(hints_of(&backwards), hints);
    }
}
