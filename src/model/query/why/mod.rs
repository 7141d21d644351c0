//! Why a name is who it is, why something is not known, and why an expected link is missing: in sentences
//! for a person on call, each with what to do where something can be done.

mod link;
mod name;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::Model;
use crate::model::element::Element;
use crate::model::identity::{Known, Resolution, Rule, normal};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::NamespaceChoice;
use crate::model::query::links::Side;
use crate::model::source::SourceState;
use crate::model::text::{self, Text};

/// Most of the nearest names that are told where a name is not known.
const NEAREST: usize = 5;
/// How near a name must be, between 0 and 1.
const NEAR: f64 = 0.75;
/// Most elements of one name that are answered for.
const ELEMENTS: usize = 20;

/// The answer to "why?" about a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// What was asked for.
    pub asked: Text,
    /// One for each raw name and each element of that name; empty where there is none.
    pub answers: Vec<Reasons>,
    /// Names that are spelt nearly so, nearest first, where there is none.
    pub nearest: Vec<Text>,
}

/// What is known of one raw name or one element, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reasons {
    /// The name or the element in words.
    pub about: Text,
    /// What it turned out to be.
    pub verdict: Verdict,
    /// The component type that it is, where that is known.
    pub is: Option<Text>,
    /// The rule that decided.
    pub rule: Option<Rule>,
    /// How sure the rule is, between 0 and 1.
    pub confidence: Option<f32>,
    /// The types that it may be, where that is not known.
    pub candidates: Vec<Text>,
    /// The reasons, in the order of their weight.
    pub points: Vec<Point>,
}

/// What a name or an element turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// A raw name of one component type.
    Matched,
    /// A raw name that several component types have.
    Ambiguous,
    /// A raw name of something outside.
    External,
    /// A raw name that nobody has.
    Unresolved,
    /// An element of the cluster.
    Element,
}

/// One reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// How it is.
    pub text: String,
    /// What to do, where something can be done.
    pub todo: Option<String>,
    /// Lines for the configuration that belong to it.
    pub lines: Vec<String>,
}

impl Point {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    fn todo(mut self, todo: impl Into<String>) -> Self {
        self.todo = Some(todo.into());
        self
    }

    fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }
}

/// One line of an answer, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What the following is about.
    Title(String),
    /// How it is.
    Reason(String),
    /// What to do.
    Todo(String),
    /// Text for the configuration.
    Configuration(String),
    /// Between two answers.
    Blank,
}

impl Why {
    /// Whether anything has the name.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !self.answers.is_empty()
    }

    /// The answer line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (index, reasons) in self.answers.iter().enumerate() {
            if index > 0 {
                lines.push(Line::Blank);
            }
            lines.push(Line::Title(reasons.about.to_string()));
            for point in &reasons.points {
                lines.push(Line::Reason(point.text.clone()));
                lines.extend(point.todo.iter().cloned().map(Line::Todo));
                lines.extend(point.lines.iter().cloned().map(Line::Configuration));
            }
        }
        if self.answers.is_empty() {
            lines.push(Line::Title(self.unknown()));
        }
        lines
    }

    /// That nothing has the name, and which names are near.
    #[must_use]
    pub fn unknown(&self) -> String {
        let nothing = format!("nothing here is called {}", self.asked);
        if self.nearest.is_empty() {
            return format!(
                "{nothing}: look in other namespaces (-n, -A; :ns all), or for its name in the tree"
            );
        }
        let nearest: Vec<&str> = self.nearest.iter().map(|name| &**name).collect();
        format!("{nothing}; the nearest names are {}", nearest.join(", "))
    }

    /// The answer as a text of several lines, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.lines().into_iter().map(|line| match line {
            Line::Title(text) => format!("{text}\n"),
            Line::Reason(text) => format!("  {text}\n"),
            Line::Todo(text) => format!("    -> {text}\n"),
            Line::Configuration(text) => format!("       {text}\n"),
            Line::Blank => "\n".to_owned(),
        });
        lines.collect()
    }
}

impl Model {
    /// The raw names of a component type, with the rules that matched them.
    #[must_use]
    pub fn known_as(&self, key: &TypeKey) -> &[Known] {
        self.known.get(key).map_or(&[], Vec::as_slice)
    }

    /// What a raw name is.
    #[must_use]
    pub fn resolution(&self, raw: &str) -> Resolution {
        self.with_directory(|directory| directory.resolve(raw))
    }

    /// What several raw names are: looked up together, as the directory is made anew each time.
    #[must_use]
    pub fn resolutions<'n>(
        &self,
        raw: impl Iterator<Item = &'n Text>,
    ) -> BTreeMap<&'n Text, Resolution> {
        self.with_directory(|directory| raw.map(|name| (name, directory.resolve(name))).collect())
    }

    /// Why the raw names and the elements of a name are what they are. An element may be named as
    /// `name`, `namespace/name` or `namespace/Kind/name`.
    #[must_use]
    pub fn why(&self, asked: &str, choice: &NamespaceChoice) -> Why {
        let name = normal(asked);
        let raw = self.telemetry.raw().into_iter();
        let raw = raw.chain(self.telemetry.remembered());
        let raw: Vec<&Text> = raw.filter(|raw| normal(raw) == name).collect();
        let mut answers: Vec<Reasons> = raw.iter().map(|raw| self.why_name(raw, choice)).collect();
        let elements = self.called(asked.trim());
        answers.extend(
            elements
                .iter()
                .take(ELEMENTS)
                .map(|key| self.why_element(key)),
        );
        let nearest = if answers.is_empty() {
            self.nearest(&name)
        } else {
            Vec::new()
        };
        Why {
            asked: text::name(asked),
            answers,
            nearest,
        }
    }

    /// The same for one element; for an external it is its raw name that is answered for.
    #[must_use]
    pub fn why_of(&self, key: &ElementKey, choice: &NamespaceChoice) -> Why {
        let asked = match self.get(key) {
            Some(element) => element.name(),
            None => key.to_string().into(),
        };
        let answers = match key {
            ElementKey::External { name } => vec![self.why_name(name, choice)],
            _ if self.get(key).is_some() => vec![self.why_element(key)],
            _ => Vec::new(),
        };
        Why {
            asked,
            answers,
            nearest: Vec::new(),
        }
    }

    /// That nothing has a name, and which names are near.
    pub(super) fn nothing_called(&self, asked: &str) -> String {
        let why = Why {
            asked: text::name(asked),
            answers: Vec::new(),
            nearest: self.nearest(&normal(asked)),
        };
        why.unknown()
    }

    /// The types, Services and pods that a person may mean.
    pub(super) fn called(&self, asked: &str) -> Vec<ElementKey> {
        let is_so = |namespace: &str, kind: &str, name: &str| {
            let mut parts = asked.rsplit('/');
            parts.next().is_some_and(|n| n.eq_ignore_ascii_case(name))
                && match (parts.next(), parts.next()) {
                    (None, _) => true,
                    (Some(n), None) => n == namespace,
                    (Some(k), Some(n)) => k.eq_ignore_ascii_case(kind) && n == namespace,
                }
        };
        let types = self.types().map(|ty| &ty.key);
        let types = types.filter(|key| is_so(&key.namespace, &key.kind, &key.name));
        let found: BTreeSet<ElementKey> = types.cloned().map(ElementKey::Type).collect();
        if !found.is_empty() {
            return found.into_iter().collect();
        }
        let services = self.services();
        let services = services.filter(|s| is_so(&s.namespace, "Service", &s.name));
        let services = services.map(|s| ElementKey::service(&s.namespace, &s.name));
        let pods = self.components();
        let pods = pods.filter(|pod| is_so(&pod.namespace, "Pod", &pod.name));
        let pods = pods.map(|pod| ElementKey::component(&pod.uid));
        services.chain(pods).collect()
    }

    fn why_element(&self, key: &ElementKey) -> Reasons {
        let mut points = Vec::new();
        let about = match self.get(key) {
            Some(Element::Component(pod)) => {
                points.push(Point::new(format!("It is a pod of {}.", pod.of)));
                format!("Pod {}/{}", pod.namespace, pod.name)
            }
            Some(Element::Service(service)) => {
                let types: Vec<String> = service.leads_to.iter().map(ToString::to_string).collect();
                points.push(Point::new(
                    match (&service.external_name, types.is_empty()) {
                        (Some(host), _) => format!("It stands for {host}, outside of the cluster."),
                        (None, true) => "No component type is behind it.".to_owned(),
                        (None, false) => format!("It leads to {}.", types.join(" and ")),
                    },
                ));
                points.extend(self.traced_as(key));
                format!("Service {}/{}", service.namespace, service.name)
            }
            Some(Element::Type(ty)) => {
                format!("{} {}/{}", ty.key.kind, ty.key.namespace, ty.key.name)
            }
            Some(element) => element.name().to_string(),
            None => key.to_string(),
        };
        let of = self.type_of(key);
        if let Some(of) = &of {
            points.extend(self.why_known(of));
            points.extend(self.why_links(of));
        } else if points.is_empty() {
            points.push(Point::new(
                "It has no part in traces: neither is it called nor does it call.",
            ));
        }
        Reasons {
            about: about.into(),
            verdict: Verdict::Element,
            is: of.map(|of| of.to_string().into()),
            rule: None,
            confidence: None,
            candidates: Vec::new(),
            points,
        }
    }

    /// By which raw names a Service is called that stands for a host outside.
    fn traced_as(&self, key: &ElementKey) -> Option<Point> {
        let calls = self.calls(key, Side::Callers);
        let names: BTreeSet<&Text> = calls
            .flat_map(|call| call.names.iter().map(|(_, callee)| callee))
            .collect();
        let names: Vec<&str> = names.into_iter().map(|name| &**name).collect();
        (!names.is_empty()).then(|| Point::new(format!("Traces call it {}.", names.join(" and "))))
    }

    /// By which raw names a type is known, or why by none.
    fn why_known(&self, key: &TypeKey) -> Vec<Point> {
        let known = self.known_as(key);
        let mut points: Vec<Point> = self.with_directory(|directory| {
            let each = known.iter().flat_map(|known| {
                let text = format!(
                    "Traces call it {}, known by {} ({}).",
                    known.name,
                    known.rule.words(),
                    known.rule.confidence()
                );
                let evidence = self.evidence(directory, &known.name, key, known);
                std::iter::once(Point::new(text)).chain(evidence)
            });
            each.collect()
        });
        if let Some(trouble) = self.why_no_traces() {
            points.push(trouble);
        } else if known.is_empty() {
            let text = "No name in traces is known to be it: it neither sends spans nor do its callers name it.";
            let todo =
                "if it is traced under another name, say so in the configuration's [mapping]:";
            let line = format!("\"its name in traces\" = \"{key}\"");
            points.push(Point::new(text).todo(todo).lines([line]));
        }
        points
    }

    /// What is wrong with the sources of traces.
    fn why_no_traces(&self) -> Option<Point> {
        let traces = self
            .sources
            .values()
            .filter(|s| !matches!(&*s.key.source, "kubernetes" | "sensor"));
        let states: Vec<&SourceState> = traces.filter_map(|s| s.state.as_ref()).collect();
        if states.is_empty() && !self.has_telemetry() {
            let todo = "start with --zipkin http://host:9411, or set zipkin in the configuration";
            return Some(Point::new("No tracing server is asked.").todo(todo));
        }
        states.into_iter().find_map(|state| match state {
            SourceState::Loading { .. } | SourceState::Waiting { .. } if !self.has_telemetry() => {
                Some(
                    Point::new("The tracing server has not answered yet.")
                        .todo("wait for it, or look at :sources"),
                )
            }
            SourceState::Off { hint } => {
                Some(Point::new("No tracing server is asked.").todo(hint.to_string()))
            }
            SourceState::Stale { since, cause } => Some(
                Point::new(format!(
                    "What is known of calls is old, of before {}: {cause}.",
                    since.strftime("%Y-%m-%d %H:%M:%S UTC")
                ))
                .todo("see :sources for what the tracing server says"),
            ),
            SourceState::Failed { cause } => Some(
                Point::new(format!("The tracing server never answered: {cause}."))
                    .todo("see :sources, and check the address given with --zipkin"),
            ),
            SourceState::Forbidden { what } | SourceState::Absent { what } => Some(Point::new(
                format!("The tracing server does not tell: {what}."),
            )),
            SourceState::Limited { what } => Some(Point::new(format!(
                "The tracing server tells less: {what}."
            ))),
            SourceState::Live | SourceState::Loading { .. } | SourceState::Waiting { .. } => None,
        })
    }

    /// The raw names of traces and the names of component types, each once, sorted.
    pub fn names_and_types(&self) -> impl Iterator<Item = Text> {
        let raw = self.telemetry.raw().into_iter().cloned();
        let types = self.types().map(|ty| ty.key.name.clone());
        let all: BTreeSet<Text> = raw.chain(types).collect();
        all.into_iter()
    }

    /// The names that are spelt nearly so.
    fn nearest(&self, name: &str) -> Vec<Text> {
        let services = self.services().map(|service| service.name.clone());
        let all: BTreeSet<Text> = self.names_and_types().chain(services).collect();
        let mut near: Vec<(f64, Text)> = all
            .into_iter()
            .map(|other| (strsim::jaro_winkler(name, &normal(&other)), other))
            .filter(|(likeness, _)| *likeness >= NEAR)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        near.into_iter()
            .take(NEAREST)
            .map(|(_, name)| name)
            .collect()
    }
}
