//! The filter: what `/` lets through. Every part must fit; a part after `!` must not.
//!
//! `text` is a regular expression over the name, kind, state, reason and image; `-l key=value` labels;
//! `-f text` letters in order; `state:broken`, `kind:job`, `node:n1`, `err>1`, `rate>10`, `calls:NAME`,
//! `callers:NAME`, `links:unused`, `links:undeclared`, `links:forbidden`, `service:empty` are terms.

use regex::{Regex, RegexBuilder};

use crate::model::Model;
use crate::model::element::{Component, ComponentType, Counts, Element};
use crate::model::key::ElementKey;
use crate::model::observation::Labels;
use crate::model::query::difference::Difference;
use crate::model::query::links::Side;

/// Words that the prompt completes.
pub const WORDS: [&str; 18] = [
    "state:broken",
    "state:changing",
    "state:unknown",
    "state:stopped",
    "state:ok",
    "kind:",
    "node:",
    "err>",
    "rate>",
    "restarts>",
    "calls:",
    "callers:",
    "links:unused",
    "links:undeclared",
    "links:forbidden",
    "service:empty",
    "-l ",
    "-f ",
];

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// Not a regular expression.
    #[error("{0} is no regular expression")]
    Regex(String),
    /// Not a number after `>` or `<`.
    #[error("{0} needs a number, as in err>1")]
    Number(String),
    /// A label without its value.
    #[error("-l needs key=value or key")]
    Label,
    /// No such term.
    #[error(
        "there is no term {0}: use state: kind: node: calls: callers: links: service: err> rate> restarts>"
    )]
    Term(String),
    /// No such state.
    #[error("there is no state {0}: use ok changing broken unknown stopped")]
    State(String),
    /// No such difference of links.
    #[error(
        "of links: unused (declared, never called), undeclared (called) or forbidden (by policies), not {0:?}"
    )]
    Links(String),
    /// No such thing to ask of Services.
    #[error("of service: empty (no ready endpoints), not {0:?}")]
    Service(String),
}

#[derive(Clone, Debug)]
enum Test {
    Text(Regex),
    Fuzzy(String),
    Label(String, Option<String>),
    State(String),
    Kind(String),
    Node(String),
    Calls(Side, String),
    Links(Difference),
    EmptyService,
    Number(Field, bool, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Errors,
    Rate,
    Restarts,
}

#[derive(Clone, Debug)]
struct Part {
    inverse: bool,
    test: Test,
}

/// What is let through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    source: String,
    parts: Vec<Part>,
}

impl Filter {
    /// Reads a filter. Empty text lets everything through.
    ///
    /// # Errors
    /// [`BadFilter`] says which part cannot be read and what it may be.
    pub fn parse(source: &str) -> Result<Self, BadFilter> {
        let mut parts = Vec::new();
        let mut words = source.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let (inverse, word) = match word.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, word),
            };
            let test = match word {
                "" => continue,
                "-l" => label(words.next().ok_or(BadFilter::Label)?)?,
                "-f" => match words.next() {
                    Some(text) => Test::Fuzzy(text.to_lowercase()),
                    None => continue,
                },
                word => term(word)?,
            };
            parts.push(Part { inverse, test });
        }
        Ok(Self {
            source: source.trim().to_owned(),
            parts,
        })
    }

    /// The text that it was read from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The differences of links that are asked for.
    pub fn links(&self) -> impl Iterator<Item = Difference> {
        self.parts.iter().filter_map(|part| match part.test {
            Test::Links(how) if !part.inverse => Some(how),
            _ => None,
        })
    }

    /// Whether Services without a ready endpoint are asked for.
    #[must_use]
    pub fn asks_for_empty_services(&self) -> bool {
        let is_so = |part: &Part| matches!(part.test, Test::EmptyService) && !part.inverse;
        self.parts.iter().any(is_so)
    }

    /// Whether a component type passes.
    #[must_use]
    pub fn passes_type(&self, model: &Model, element: &ComponentType) -> bool {
        self.parts
            .iter()
            .all(|part| part.inverse != test_type(&part.test, model, element))
    }

    /// Whether a component passes by itself.
    #[must_use]
    pub fn passes_component(&self, model: &Model, element: &Component) -> bool {
        self.parts
            .iter()
            .all(|part| part.inverse != test_component(&part.test, model, element))
    }

    /// Whether an element that is no type and no component passes: a Service, a way in, a name outside.
    #[must_use]
    pub fn passes_other(&self, model: &Model, key: &ElementKey, name: &str) -> bool {
        self.passes_text(name)
            && self.parts.iter().all(|part| match &part.test {
                Test::Links(how) => part.inverse != model.differs(key, *how),
                Test::EmptyService => part.inverse != model.meets_empty_service(key),
                _ => true,
            })
    }

    /// Whether any element is what is asked for: what has no state, kind or label is not asked for by these.
    #[must_use]
    pub fn picks(&self, model: &Model, key: &ElementKey) -> bool {
        match model.get(key) {
            Some(Element::Type(element)) => self.passes_type(model, element),
            Some(element) => {
                let can_tell = |part: &Part| match part.test {
                    Test::Text(_) | Test::Fuzzy(_) | Test::Links(_) | Test::EmptyService => true,
                    _ => part.inverse,
                };
                self.parts.iter().all(can_tell) && self.passes_other(model, key, &element.name())
            }
            None => self.is_empty(),
        }
    }

    /// Only the parts that hide: neighbours of what passes are told of, but not those that are not wanted.
    #[must_use]
    pub fn hiding(&self) -> Self {
        let parts = self.parts.iter().filter(|part| part.inverse);
        Self {
            source: String::new(),
            parts: parts.cloned().collect(),
        }
    }

    /// Whether a line of text (an entry of the log, a Service) passes by its text alone.
    #[must_use]
    pub fn passes_text(&self, text: &str) -> bool {
        self.parts.iter().all(|part| match &part.test {
            Test::Text(regex) => part.inverse != regex.is_match(text),
            Test::Fuzzy(letters) => part.inverse != fuzzy(letters, text),
            // Terms ask for fields that a line does not have.
            _ => true,
        })
    }
}

fn label(text: &str) -> Result<Test, BadFilter> {
    match text.split_once('=') {
        Some(("", _)) => Err(BadFilter::Label),
        Some((key, value)) => Ok(Test::Label(key.to_owned(), Some(value.to_owned()))),
        None => Ok(Test::Label(text.to_owned(), None)),
    }
}

fn term(word: &str) -> Result<Test, BadFilter> {
    if let Some((name, value)) = word.split_once(':')
        && name.chars().all(|c| c.is_ascii_lowercase())
    {
        let value = value.to_lowercase();
        return match name {
            "state"
                if ["ok", "changing", "broken", "unknown", "stopped"]
                    .iter()
                    .any(|s| s.starts_with(value.as_str())) =>
            {
                Ok(Test::State(value))
            }
            "state" => Err(BadFilter::State(value)),
            "kind" => Ok(Test::Kind(value)),
            "node" => Ok(Test::Node(value)),
            "calls" => Ok(Test::Calls(Side::Callees, value)),
            "callers" => Ok(Test::Calls(Side::Callers, value)),
            "links" if begins("unused", &value) => Ok(Test::Links(Difference::Unused)),
            "links" if begins("undeclared", &value) => Ok(Test::Links(Difference::Undeclared)),
            "links" if begins("forbidden", &value) => Ok(Test::Links(Difference::Forbidden)),
            "links" => Err(BadFilter::Links(value)),
            "service" if begins("empty", &value) => Ok(Test::EmptyService),
            "service" => Err(BadFilter::Service(value)),
            _ => Err(BadFilter::Term(format!("{name}:"))),
        };
    }
    for (prefix, field) in [
        ("err", Field::Errors),
        ("rate", Field::Rate),
        ("restarts", Field::Restarts),
    ] {
        for (sign, above) in [('>', true), ('<', false)] {
            if let Some(number) = word.strip_prefix(prefix).and_then(|r| r.strip_prefix(sign)) {
                let number: f64 = number
                    .trim_end_matches('%')
                    .parse()
                    .map_err(|_| BadFilter::Number(format!("{prefix}{sign}")))?;
                return Ok(Test::Number(field, above, number));
            }
        }
    }
    RegexBuilder::new(word)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .map(Test::Text)
        .map_err(|_| BadFilter::Regex(word.to_owned()))
}

/// Whether a word is meant: its beginning is enough once it can be no other.
fn begins(word: &str, value: &str) -> bool {
    value.len() > "un".len() && word.starts_with(value)
}

fn test_type(test: &Test, model: &Model, element: &ComponentType) -> bool {
    let key = ElementKey::Type(element.key.clone());
    match test {
        Test::Text(regex) => {
            regex.is_match(&element.key.name)
                || regex.is_match(element.key.short_kind())
                || element.images.iter().any(|i| regex.is_match(i))
                || reason_fits(regex, element.reason.as_ref())
        }
        Test::Fuzzy(letters) => fuzzy(letters, &element.key.name),
        Test::Label(name, value) => has_label(&element.labels, name, value.as_deref()),
        Test::State(state) => element.health.word().starts_with(state.as_str()),
        Test::Kind(kind) => element.key.kind.to_lowercase().starts_with(kind.as_str()),
        Test::Node(node) => model
            .components_of(&element.key)
            .iter()
            .any(|c| c.node.as_ref().is_some_and(|n| n.contains(node.as_str()))),
        Test::Calls(side, name) => model
            .neighbours(&key, *side)
            .iter()
            .filter_map(|n| model.get(n.key))
            .any(|e| e.name().to_lowercase().contains(name.as_str())),
        Test::Links(how) => model.differs(&key, *how),
        Test::EmptyService => model.meets_empty_service(&key),
        Test::Number(field, above, limit) => {
            let traffic = model.traffic(&key, Side::Callers);
            let value = match field {
                Field::Errors => traffic.and_then(|c| c.error_percent()),
                Field::Rate => traffic.map(|c| Counts::rate(&c)),
                Field::Restarts => Some(f64::from(element.restarts)),
            };
            // No data is neither above nor below.
            value.is_some_and(|v| if *above { v > *limit } else { v < *limit })
        }
    }
}

fn test_component(test: &Test, model: &Model, element: &Component) -> bool {
    match test {
        Test::Text(regex) => {
            regex.is_match(&element.name)
                || regex.is_match(&element.status)
                || reason_fits(regex, element.reason.as_ref())
                || element.ip.as_ref().is_some_and(|ip| regex.is_match(ip))
        }
        Test::Fuzzy(letters) => fuzzy(letters, &element.name),
        Test::Label(name, value) => has_label(&element.labels, name, value.as_deref()),
        Test::State(state) => element.health.word().starts_with(state.as_str()),
        Test::Node(node) => element
            .node
            .as_ref()
            .is_some_and(|n| n.contains(node.as_str())),
        Test::Number(Field::Restarts, above, limit) => {
            let restarts = f64::from(element.restarts);
            if *above {
                restarts > *limit
            } else {
                restarts < *limit
            }
        }
        Test::Kind(_)
        | Test::Calls(..)
        | Test::Links(_)
        | Test::EmptyService
        | Test::Number(..) => model
            .component_type(&element.of)
            .is_some_and(|of| test_type(test, model, of)),
    }
}

fn reason_fits(regex: &Regex, reason: Option<&crate::model::element::Reason>) -> bool {
    reason.is_some_and(|r| {
        regex.is_match(&r.word) || r.detail.as_ref().is_some_and(|d| regex.is_match(d))
    })
}

fn has_label(labels: &Labels, name: &str, value: Option<&str>) -> bool {
    labels
        .get(name)
        .is_some_and(|v| value.is_none_or(|value| &**v == value))
}

/// Whether the letters occur in the text in their order.
fn fuzzy(letters: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let mut rest = text.chars();
    letters.chars().all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, error) in [
            ("a(", BadFilter::Regex("a(".into())),
            ("err>x", BadFilter::Number("err>".into())),
            ("-l", BadFilter::Label),
            ("stat:broken", BadFilter::Term("stat:".into())),
            ("state:wrong", BadFilter::State("wrong".into())),
            ("links:un", BadFilter::Links("un".into())),
            ("service:full", BadFilter::Service("full".into())),
        ] {
            assert_eq!(Filter::parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn every_part_must_fit() {
        let filter = Filter::parse("pay !test").unwrap();
        assert!(filter.passes_text("payment"));
        assert!(!filter.passes_text("payment-test"));
        assert!(!filter.passes_text("cart"));
        assert!(Filter::parse("-f pmt").unwrap().passes_text("payment"));
    }
}
