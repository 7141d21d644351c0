//! Why a raw name is who it is.

use std::collections::BTreeSet;

use super::{Point, Reasons, Verdict};
use crate::model::Model;
use crate::model::element::Outside;
use crate::model::identity::{Directory, Known, Likeness, Resolution, Rule, Told, is_default};
use crate::model::key::TypeKey;
use crate::model::observation::{Kind, NamespaceChoice, Own};
use crate::model::text::Text;

/// What to write down before lines of the configuration.
const MAPPING: &str = "say which it is in the configuration's [mapping]:";

impl Model {
    pub(super) fn why_name(&self, name: &Text, choice: &NamespaceChoice) -> Reasons {
        self.with_directory(|directory| {
            let resolution = directory.resolve(name);
            let nobody = Told::default();
            let told = directory.told(name).unwrap_or(&nobody);
            let mut points = match &resolution {
                Resolution::Matched { to, rule, settled } if self.is_there(to) => {
                    let known = Known {
                        name: name.clone(),
                        rule: *rule,
                        settled: *settled,
                    };
                    self.matched(directory, name, to, &known)
                }
                Resolution::Matched { to, .. } => vec![
                    Point::new(format!("Your mapping says that it is {to}, which is not there."))
                        .todo("correct the line in the configuration's [mapping], or look at its namespace too"),
                ],
                Resolution::Ambiguous {
                    candidates,
                    rule,
                    are_all,
                } => ambiguous(name, candidates, *rule, *are_all, told),
                Resolution::External { evidence } => vec![
                    Point::new(format!("It is outside of the cluster: {evidence}.")),
                ],
                Resolution::Unresolved => self.unresolved(name, told, choice),
            };
            points.push(self.who_says_it(name));
            points.extend(self.why_no_traces());
            reasons(name, &resolution, self.is_matched(&resolution), points)
        })
    }

    fn is_there(&self, key: &TypeKey) -> bool {
        self.index.members.contains_key(key)
    }

    fn is_matched(&self, resolution: &Resolution) -> bool {
        matches!(resolution, Resolution::Matched { to, .. } if self.is_there(to))
    }

    fn who_says_it(&self, name: &Text) -> Point {
        if self.telemetry.reports(name) {
            return Point::new("It sends spans of its own under this name.");
        }
        if self.telemetry.raw().contains(name) {
            Point::new("Only the spans of others name it: nothing reports under this name itself.")
        } else {
            Point::new("It was named in traces, and is not named any more.")
        }
    }

    fn matched(
        &self,
        directory: &Directory<'_>,
        name: &Text,
        to: &TypeKey,
        known: &Known,
    ) -> Vec<Point> {
        let (rule, confidence) = (known.rule, known.rule.confidence());
        let text = format!("It is {to}, by {} ({confidence}).", rule.words());
        let mut points = vec![Point::new(text)];
        points.extend(self.evidence(directory, name, to, known));
        points
    }

    /// What speaks for a match.
    pub(super) fn evidence(
        &self,
        directory: &Directory<'_>,
        name: &Text,
        to: &TypeKey,
        known: &Known,
    ) -> Vec<Point> {
        let mut points: Vec<Point> = self
            .proof(directory, name, to, known.rule)
            .into_iter()
            .map(Point::new)
            .collect();
        let by_name = directory.candidates(name);
        if let Some(settler) = known.settled {
            let rivals = by_name.get(&known.rule).into_iter().flatten();
            let rivals: Vec<String> = rivals
                .filter(|k| *k != to)
                .map(ToString::to_string)
                .collect();
            if !rivals.is_empty() {
                points.push(Point::new(format!(
                    "{} has that name too; it was told apart by {}.",
                    rivals.join(" and "),
                    settler.words()
                )));
            }
        }
        let first = by_name.values().next().filter(|keys| !keys.contains(to));
        if let (Rule::SpanTags | Rule::SpanAddress, Some(others)) = (known.rule, first) {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            points.push(Point::new(format!(
                "By its name alone it would be {}; what its spans say counts more.",
                others.join(" or ")
            )));
        }
        if known.rule.is_weak() {
            let text = "That is likely, not sure.";
            let todo = format!("look whether it is right; if not, {MAPPING}");
            points.push(Point::new(text).todo(todo).lines([line(name, to)]));
        }
        points
    }

    fn proof(
        &self,
        directory: &Directory<'_>,
        name: &Text,
        to: &TypeKey,
        rule: Rule,
    ) -> Option<String> {
        let told = directory.told(name);
        let at = |addresses: &std::collections::BTreeMap<Text, BTreeSet<TypeKey>>| {
            let its = addresses.iter().filter(|(_, types)| types.contains(to));
            let its: Vec<&str> = its.map(|(ip, _)| &**ip).collect();
            its.join(", ")
        };
        let names = self.index.names.get(to);
        match rule {
            Rule::Mapping => Some("The configuration's [mapping] says so.".to_owned()),
            Rule::SpanTags => Some(
                "The tags k8s.… or host.name of its spans name the workload or one of its pods."
                    .to_owned(),
            ),
            Rule::SpanAddress => {
                let ips = told.map(|told| at(&told.own))?;
                Some(format!("Its spans come from {ips}, where a pod of it is."))
            }
            Rule::PeerAddress => {
                let ips = told
                    .map(|told| at(&told.peers))
                    .filter(|ips| !ips.is_empty());
                let ips = ips.unwrap_or_else(|| name.to_string());
                Some(format!(
                    "It is called at {ips}, which leads to it, unless a proxy is between."
                ))
            }
            Rule::OwnName | Rule::Environment => {
                let what = if rule == Rule::OwnName {
                    Own::Service
                } else {
                    Own::Application
                };
                let own = names?.own.iter().filter(|own| own.what == what);
                let places: BTreeSet<&str> = own.map(|own| &*own.place).collect();
                let places: Vec<&str> = places.into_iter().collect();
                Some(format!(
                    "{} of its containers says so.",
                    places.join(" and ")
                ))
            }
            Rule::OtelName => Some(format!(
                "The first of its annotation resource.opentelemetry.io/service.name, its labels \
                 app.kubernetes.io/instance and app.kubernetes.io/name and its own name is {}.",
                names?.otel
            )),
            Rule::OtherName => {
                let others: Vec<&str> = names?.others.iter().map(|name| &**name).collect();
                Some(format!(
                    "Besides {} it is called {}.",
                    names?.otel,
                    others.join(", ")
                ))
            }
            Rule::ServiceName => {
                let all = self.services_of(to).into_iter();
                let named: Vec<String> =
                    all.map(|s| format!("{}/{}", s.namespace, s.name)).collect();
                Some(format!("Services that lead to it: {}.", named.join(", ")))
            }
            Rule::PodName => None,
            Rule::SimilarName => Some(match names.map(|names| Likeness::of(name, names)) {
                Some(Likeness::Spelling) | None => {
                    format!("Its name is {}, which is spelt nearly so.", to.name)
                }
                Some(Likeness::Pod) => format!(
                    "Pods of {} are called so, and none of that name is there.",
                    to.name
                ),
                Some(Likeness::Role(role)) => format!(
                    "Its label app.kubernetes.io/component is {role}; that may be its name, or only its part."
                ),
            }),
        }
    }

    fn unresolved(&self, name: &Text, told: &Told, choice: &NamespaceChoice) -> Vec<Point> {
        let mut points = Vec::new();
        if !told.elsewhere.is_empty() {
            let namespaces: Vec<&str> = told.elsewhere.iter().map(|n| &**n).collect();
            let namespaces = namespaces.join(",");
            let text = format!(
                "Its spans say that it runs in {namespaces}, which is not among the namespaces that are looked at."
            );
            let todo =
                format!("look there too: :ns {namespaces} on screen, -n {namespaces} in a shell");
            points.push(Point::new(text).todo(todo));
            return points;
        }
        if is_default(name) {
            let text = "That is what a tracing library says where nobody named the service, and neither a tag nor \
                        an address of its spans leads to a pod.";
            let todo = "set OTEL_SERVICE_NAME in its containers, or let its spans carry k8s.namespace.name and \
                        k8s.pod.name";
            return vec![Point::new(text).todo(todo)];
        }
        let lists = [
            Kind::Deployment,
            Kind::StatefulSet,
            Kind::DaemonSet,
            Kind::Pod,
            Kind::Service,
        ];
        let lacking: Vec<&str> = lists
            .into_iter()
            .filter(|kind| !self.is_listed(*kind, choice))
            .map(Kind::plural)
            .collect();
        if !lacking.is_empty() {
            let text = format!(
                "The lists of {} are not complete: it may be among them.",
                lacking.join(", ")
            );
            points.push(Point::new(text).todo("see :sources for why"));
        }
        let own = format!("{} = \"namespace/Kind/name\"", quoted(name));
        let (text, todo) = match choice {
            NamespaceChoice::All => (
                "No component type of the cluster has this name, by any rule: it is outside of it, or is called otherwise there."
                    .to_owned(),
                format!("if it is one of the cluster's, {MAPPING}"),
            ),
            NamespaceChoice::Only(_) => (
                format!("No component type in {choice} has this name, by any rule: it is in another namespace, or outside of the cluster."),
                format!("look everywhere (:ns all on screen, -A in a shell); if it is called otherwise here, {MAPPING}"),
            ),
        };
        points.push(Point::new(text).todo(todo).lines([own]));
        let near = self.nearest_types(name);
        if !near.is_empty() {
            points.push(Point::new(format!(
                "The nearest names here are {}.",
                near.join(", ")
            )));
        }
        points
    }

    fn is_listed(&self, kind: Kind, choice: &NamespaceChoice) -> bool {
        match choice {
            NamespaceChoice::All => self.is_complete(kind, ""),
            NamespaceChoice::Only(names) => names.iter().all(|n| self.is_complete(kind, n)),
        }
    }

    fn nearest_types(&self, name: &Text) -> Vec<String> {
        let names: BTreeSet<&Text> = self.types().map(|ty| &ty.key.name).collect();
        let near = self.nearest(&crate::model::identity::normal(name));
        let near = near.iter().filter(|near| names.contains(near));
        near.map(ToString::to_string).collect()
    }
}

fn ambiguous(
    name: &Text,
    candidates: &[TypeKey],
    rule: Rule,
    are_all: bool,
    told: &Told,
) -> Vec<Point> {
    let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
    let lines = || candidates.iter().map(|to| line(name, to));
    if !are_all {
        let text = format!(
            "It may be {}: each has the name by {}, and nothing that its spans say tells them apart.",
            names.join(" or "),
            rule.words()
        );
        let todo = "give each a name of its own (OTEL_SERVICE_NAME), let their spans carry k8s.namespace.name or \
                    service.namespace, or write one of these lines under [mapping] in the configuration:";
        return vec![Point::new(text).todo(todo).lines(lines())];
    }
    let elsewhere: Vec<String> = told
        .elsewhere
        .iter()
        .map(|namespace| format!("one in {namespace}, which is not looked at"))
        .collect();
    let all: Vec<String> = names.into_iter().chain(elsewhere).collect();
    let text = format!(
        "It is several: {}. Their spans say so, but the tracing server counts the calls of all of them under \
         one name, and what it has counted cannot be split.",
        all.join(" and ")
    );
    let todo = "give each a service.name of its own (OTEL_SERVICE_NAME); if all calls are to be shown at one of \
                them, write its line under [mapping] in the configuration:";
    vec![Point::new(text).todo(todo).lines(lines())]
}

/// A line of the configuration's mapping.
fn line(name: &str, to: &TypeKey) -> String {
    format!("{} = \"{to}\"", quoted(name))
}

/// A text as a key of TOML.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn reasons(name: &Text, resolution: &Resolution, is_there: bool, points: Vec<Point>) -> Reasons {
    let mut reasons = Reasons {
        about: format!("{name}, a name in traces").into(),
        verdict: Verdict::Unresolved,
        is: None,
        rule: None,
        confidence: None,
        candidates: Vec::new(),
        points,
    };
    match resolution {
        Resolution::Matched { to, rule, .. } if is_there => {
            reasons.verdict = Verdict::Matched;
            reasons.is = Some(to.to_string().into());
            reasons.rule = Some(*rule);
            reasons.confidence = Some(rule.confidence());
        }
        Resolution::Ambiguous {
            candidates, rule, ..
        } => {
            reasons.verdict = Verdict::Ambiguous;
            reasons.rule = Some(*rule);
            reasons.candidates = candidates
                .iter()
                .map(|key| key.to_string().into())
                .collect();
        }
        Resolution::External { .. } => reasons.verdict = Verdict::External,
        Resolution::Matched { .. } | Resolution::Unresolved => {}
    }
    reasons
}

/// In words for lists: what an external is.
#[must_use]
pub(super) fn word(outside: &Outside) -> &'static str {
    match outside {
        Outside::External { .. } => "outside",
        Outside::Unresolved => "nobody known",
        Outside::Ambiguous { .. } => "one of several",
    }
}
