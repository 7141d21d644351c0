//! Whether the first lists are complete: a pure question to the model's sources. The statuses say how each
//! list is, the model itself whether it was told to its end.

use std::collections::BTreeSet;

use crate::model::Model;
use crate::model::observation::{Kind, NamespaceChoice};
use crate::model::source::{SourceKey, SourceState};
use crate::model::text::Text;

/// The source that lists the cluster.
pub(super) const CLUSTER: &str = "kubernetes";

/// The part of it that asks what pods use.
const METRICS: &str = "metrics";

/// One list that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lack {
    /// `pods`, `pods in shop`.
    pub(super) what: String,
    /// What the source says about it.
    pub(super) why: Option<Text>,
}

/// How far the first lists have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FirstLists {
    /// Complete lists.
    pub(super) listed: usize,
    /// Under way, or not begun.
    pub(super) awaited: Vec<Lack>,
    /// May not be listed, or are not there to be listed.
    pub(super) forbidden: Vec<Lack>,
    /// Complete once, and not kept up to date now.
    pub(super) stale: Vec<Lack>,
    /// Failed; the source goes on trying.
    pub(super) failed: Vec<Lack>,
    /// What is waited for before the cluster can be asked at all.
    pub(super) waits: Option<Text>,
    /// The server has none of the kinds that are forbidden here.
    pub(super) absent: usize,
    /// Sources other than the cluster that have not answered yet.
    pub(super) silent: Vec<Text>,
}

impl FirstLists {
    /// Reads them from the model; `others` are the sources beside the cluster.
    pub(super) fn of(model: &Model, choice: &NamespaceChoice, others: &[Text]) -> Self {
        let mut lists = Self::default();
        for (kind, namespace) in expected(choice) {
            lists.add(model, kind, namespace);
        }
        let mut cluster = model
            .sources()
            .values()
            .filter(|s| &*s.key.source == CLUSTER);
        lists.waits = cluster.find_map(|s| s.waits_for()).cloned();
        for source in others {
            let mut states = model
                .sources()
                .values()
                .filter(|s| s.key.source == *source)
                .filter_map(|s| s.state.as_ref())
                .peekable();
            if states.peek().is_none() || states.any(SourceState::is_loading) {
                lists.silent.push(source.clone());
            }
        }
        // What pods use is no list, and nothing is incomplete without it.
        let mut cluster = model.sources().values();
        let measures = cluster.find(|s| &*s.key.source == CLUSTER && &*s.key.part == METRICS);
        let state = measures.and_then(|s| s.state.as_ref());
        if state.is_some_and(SourceState::is_loading) {
            lists.silent.push(METRICS.into());
        }
        lists
    }

    fn add(&mut self, model: &Model, kind: Kind, namespace: Option<Text>) {
        let what = match &namespace {
            Some(namespace) => format!("{} in {namespace}", kind.plural()),
            None => kind.plural().to_owned(),
        };
        // A watch that is open says nothing of a list that has not ended.
        let told = model.is_complete(kind, namespace.as_deref().unwrap_or(""));
        let key = SourceKey {
            source: CLUSTER.into(),
            part: kind.plural().into(),
            namespace,
        };
        let state = model.sources().get(&key).and_then(|s| s.state.as_ref());
        let lack = |why: Option<&Text>| Lack {
            what,
            why: why.cloned(),
        };
        match state {
            Some(SourceState::Forbidden { what } | SourceState::Absent { what }) => {
                self.absent += usize::from(matches!(state, Some(SourceState::Absent { .. })));
                self.forbidden.push(lack(Some(what)));
            }
            // The server does without it.
            Some(SourceState::Off { .. }) if kind.is_optional() => {}
            Some(SourceState::Live) if told => self.listed += 1,
            Some(SourceState::Stale { cause, .. }) if told => {
                self.listed += 1;
                self.stale.push(lack(Some(cause)));
            }
            Some(SourceState::Failed { cause } | SourceState::Stale { cause, .. }) => {
                self.failed.push(lack(Some(cause)));
            }
            _ => self.awaited.push(lack(None)),
        }
    }

    /// Every list of the cluster is there or may not be had.
    pub(super) fn is_complete(&self) -> bool {
        self.awaited.is_empty() && self.failed.is_empty()
    }

    /// Nothing is there, and nothing is under way.
    pub(super) fn is_hopeless(&self) -> bool {
        self.listed == 0 && self.awaited.is_empty()
    }

    /// Why nothing could be listed, in one line.
    pub(super) fn why_hopeless(&self) -> String {
        if self.failed.is_empty() && self.absent > 0 && self.absent == self.forbidden.len() {
            return "nothing could be listed: it has none of the kinds that Kubernetes has (404); is it a \
                    Kubernetes server? check server in the kubeconfig"
                .to_owned();
        }
        // What is refused everywhere says least about what is lacking; pods are what all else hangs on.
        let of_pods = self
            .forbidden
            .iter()
            .find(|lack| lack.what.starts_with("pods"));
        let forbidden = of_pods.or_else(|| self.forbidden.first());
        let first = self.failed.first().or(forbidden);
        let why = first.and_then(|lack| lack.why.as_deref());
        let why = why.unwrap_or("the sources do not say why; see the log");
        if self.failed.is_empty() {
            let all = self.forbidden.len();
            format!(
                "nothing may be listed ({all} kinds): {why}, or choose other namespaces with -n"
            )
        } else {
            format!("nothing could be listed: {why}")
        }
    }

    /// What is still lacking, in one line.
    pub(super) fn why_late(&self) -> String {
        if let Some(what) = &self.waits {
            return what.to_string();
        }
        let all = || self.failed.iter().chain(&self.awaited);
        let why = all().next().and_then(|first| first.why.as_ref());
        // One cause of several is said once.
        let common = why.filter(|_| all().count() > 1 && all().all(|l| l.why.as_ref() == why));
        let lacks: Vec<String> = all()
            .map(
                |lack| match lack.why.as_ref().filter(|_| common.is_none()) {
                    Some(why) => format!("{} ({why})", lack.what),
                    None => lack.what.clone(),
                },
            )
            .collect();
        let shown = lacks.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let shown = match lacks.len() {
            0..=3 => shown,
            n => format!("{shown} and {} more", n - 3),
        };
        match common {
            Some(why) => format!("{shown} ({why})"),
            None => shown,
        }
    }
}

fn expected(choice: &NamespaceChoice) -> Vec<(Kind, Option<Text>)> {
    let namespaces: Vec<Option<Text>> = match choice {
        NamespaceChoice::All => vec![None],
        NamespaceChoice::Only(names) => names.iter().cloned().map(Some).collect(),
    };
    let inside = Kind::NAMESPACED
        .into_iter()
        .chain(Kind::OPTIONAL)
        .flat_map(|kind| namespaces.iter().cloned().map(move |n| (kind, n)));
    Kind::CLUSTER_WIDE
        .into_iter()
        .map(|kind| (kind, None))
        .chain(inside)
        .collect()
}

/// What other sources than the cluster are in trouble with: the source, its part, and why.
pub(super) fn troubles(model: &Model) -> Vec<String> {
    model
        .sources()
        .values()
        .filter(|s| &*s.key.source != CLUSTER)
        .filter_map(|s| {
            let (_, why) = s.trouble()?;
            Some(format!("{} {} left out: {why}", s.key.source, s.key.part))
        })
        .collect()
}

/// Chosen namespaces that do not exist, where namespaces may be listed.
pub(super) fn missing(model: &Model, choice: &NamespaceChoice) -> Vec<Text> {
    let NamespaceChoice::Only(names) = choice else {
        return Vec::new();
    };
    if !model.is_complete(Kind::Namespace, "") {
        return Vec::new();
    }
    let there: BTreeSet<&Text> = model.tenants().map(|t| &t.name).collect();
    names
        .iter()
        .filter(|name| !there.contains(name))
        .cloned()
        .collect()
}
