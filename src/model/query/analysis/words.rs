//! Names and numbers as the sentences have them.

use std::collections::BTreeMap;

use super::ways::Evidence;
use crate::model::key::ElementKey;
use crate::model::query::network::{Network, Part};

/// Most names in one sentence; the rest is counted.
pub(super) const NAMES: usize = 6;

/// What the nodes of a network are called in sentences: as short as tells them apart.
#[derive(Clone, Debug)]
pub struct Names(Vec<String>);

impl Names {
    /// The names of all nodes.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let forms: Vec<[String; 3]> = network.nodes.iter().map(|n| forms(&n.part)).collect();
        let count = |form: fn(&[String; 3]) -> &String| {
            let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
            for name in forms.iter().map(form) {
                *counts.entry(name).or_default() += 1;
            }
            counts
        };
        let (short, middle) = (count(|[name, ..]| name), count(|[_, name, _]| name));
        let names = forms.iter().map(|[name, with_namespace, whole]| {
            let is_one = |of: &BTreeMap<&String, usize>, name| of.get(name) == Some(&1);
            if is_one(&short, name) {
                name.clone()
            } else if is_one(&middle, with_namespace) {
                with_namespace.clone()
            } else {
                whole.clone()
            }
        });
        Self(names.collect())
    }

    /// The name of a node.
    #[must_use]
    pub fn get(&self, at: usize) -> &str {
        self.0.get(at).map_or("?", String::as_str)
    }

    /// `a, b and c`, or `a, b, c, d, e, f and 3 more`.
    pub(super) fn list(&self, nodes: &[usize]) -> String {
        let names: Vec<&str> = nodes.iter().map(|at| self.get(*at)).collect();
        list(&names, names.len())
    }

    /// `a > b > c`.
    pub(super) fn way(&self, nodes: impl IntoIterator<Item = usize>) -> String {
        let names: Vec<&str> = nodes.into_iter().map(|at| self.get(at)).collect();
        names.join(" > ")
    }
}

/// A part's name: alone, with its namespace, and in full.
fn forms(part: &Part) -> [String; 3] {
    match part {
        Part::Element(key) => {
            let name = element(key);
            let with_namespace = match key.namespace() {
                Some(namespace) => format!("{namespace}/{name}"),
                None => name.clone(),
            };
            [name, with_namespace, key.to_string()]
        }
        Part::Group(group) => {
            let namespace = &group.namespace;
            let Some(application) = &group.application else {
                let name = format!("namespace {namespace}");
                return [name.clone(), name.clone(), name];
            };
            let whole = format!("application {namespace}/{application}");
            [format!("application {application}"), whole.clone(), whole]
        }
        Part::Rest(key) => {
            let rest = |name: String| format!("the rest that {name} calls");
            let [name, with_namespace, whole] = forms(&Part::Element((*key).clone()));
            [rest(name), rest(with_namespace), rest(whole)]
        }
    }
}

fn element(key: &ElementKey) -> String {
    match key {
        ElementKey::Type(key) => key.name.to_string(),
        ElementKey::Service { name, .. }
        | ElementKey::Ingress { name, .. }
        | ElementKey::External { name } => name.to_string(),
        key => key.to_string(),
    }
}

/// The first of `all` things, and how many more there are: `a, b and 3 more`.
pub(super) fn list(names: &[impl AsRef<str>], all: usize) -> String {
    let mut shown: Vec<String> = names
        .iter()
        .take(if all > NAMES { NAMES - 1 } else { NAMES })
        .map(|name| name.as_ref().to_owned())
        .collect();
    let more = all.saturating_sub(shown.len());
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// `1 link`, `3 links`.
pub(super) fn count(n: usize, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{s}")
}

/// A length of time: `60 s`, `30 min`, `24 h`.
pub(super) fn span(ms: u64) -> String {
    match ms / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    }
}

impl Network {
    /// `within 60 s`: the short window, as far as any link has one.
    pub(super) fn lately(&self) -> String {
        let counts = self.links.iter().filter_map(|l| l.flow.recent);
        match counts.map(|counts| counts.window_ms).max() {
            Some(ms) => format!("within {}", span(ms)),
            None => "lately".to_owned(),
        }
    }

    /// What the answers hang on: `calls within 24 h and configuration`.
    pub(super) fn knowledge(&self) -> String {
        let flows = || self.links.iter().map(|l| &l.flow);
        if !flows().any(|flow| flow.observed) {
            return "configuration alone tells (no calls were seen)".to_owned();
        }
        let longest = flows().flat_map(|f| [f.recent, f.long]).flatten();
        match longest.map(|counts| counts.window_ms).max() {
            Some(ms) => format!("calls within {} and configuration tell", span(ms)),
            None => "calls and configuration tell".to_owned(),
        }
    }

    /// What the network leaves out, for the end of a sentence; empty where that is nothing.
    pub(super) fn left_out(&self) -> String {
        let hidden = self.hidden;
        let links = hidden.slow + hidden.fine;
        let mut out = Vec::new();
        if hidden.filtered > 0 {
            out.push(count(hidden.filtered, "element"));
        }
        if links > 0 {
            out.push(count(links, "link"));
        }
        if out.is_empty() {
            return String::new();
        }
        format!("; not counted are {} that are hidden", out.join(" and "))
    }
}

impl Evidence {
    /// What to add to a link or way that is not surely used: ` (only declared)`.
    pub(super) fn doubt(self, network: &Network) -> String {
        match self {
            Self::Called => String::new(),
            Self::Seen => format!(" (not called {})", network.lately()),
            Self::Declared => " (only declared)".to_owned(),
        }
    }
}
