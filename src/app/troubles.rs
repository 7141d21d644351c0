//! What is wrong with the sources, and when that is news: once when it begins, once when it is over, however
//! many parts of a source fail together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::Model;
use crate::model::log::Severity;
use crate::model::observation::Observation;
use crate::model::source::SourceState;
use crate::model::text::Text;

/// What kind of trouble. A kind that may not be seen must not hide that the server is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    /// It does not work: stale, failed.
    Broken,
    /// It may not be had: forbidden, absent.
    Refused,
}

/// What is wrong, and since when where something was well before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trouble {
    what: String,
    since: Option<Timestamp>,
}

/// The sources that are in trouble, each with the first of what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Troubles {
    all: BTreeMap<(Text, Sort), Trouble>,
}

impl Troubles {
    /// Reads them from the model.
    pub(super) fn of(model: &Model) -> Self {
        let mut all = BTreeMap::new();
        for status in model.sources().values() {
            if let Some((state, cause)) = status.trouble() {
                let sort = match state {
                    SourceState::Forbidden { .. } | SourceState::Absent { .. } => Sort::Refused,
                    _ => Sort::Broken,
                };
                let what = match (&*status.key.part, sort) {
                    // It stands for the whole.
                    ("session", Sort::Broken) => cause.to_string(),
                    (part, _) => format!("{part} {}: {cause}", state.word()),
                };
                let since = match state {
                    SourceState::Stale { since, .. } => Some(*since),
                    _ => None,
                };
                let first = all
                    .entry((status.key.source.clone(), sort))
                    .or_insert(Trouble { what, since });
                first.since = [first.since, since].into_iter().flatten().min();
            }
        }
        Self { all }
    }

    /// Those that are no failure of the source.
    pub(super) fn refusals(&self) -> Self {
        let refused = self
            .all
            .iter()
            .filter(|((_, sort), _)| *sort == Sort::Refused);
        Self {
            all: refused
                .map(|(key, what)| (key.clone(), what.clone()))
                .collect(),
        }
    }

    /// Takes over what is wrong now, and tells what of that is news.
    pub(super) fn follow(
        &mut self,
        model: &Model,
        well: &BTreeSet<Text>,
        now: Timestamp,
    ) -> Vec<(Severity, String)> {
        let before = std::mem::replace(self, Self::of(model));
        self.news(&before, well, now)
    }

    /// What began and what is over since `before`. A part that is not watched any more was not healed by
    /// that, so some part must have said that it is `well`.
    fn news(
        &self,
        before: &Self,
        well: &BTreeSet<Text>,
        now: Timestamp,
    ) -> Vec<(Severity, String)> {
        let began = self
            .all
            .iter()
            .filter(|(key, _)| !before.all.contains_key(*key));
        let began = began.map(|((source, _), trouble)| {
            (Severity::Warning, format!("{source}: {}", trouble.what))
        });
        let healed = before
            .all
            .iter()
            .filter(|(key, _)| !self.all.contains_key(*key) && well.contains(&key.0));
        let healed = healed.map(|((source, sort), trouble)| {
            let refused = self.all.contains_key(&(source.clone(), Sort::Refused));
            let what = match sort {
                Sort::Refused => "nothing is refused any more",
                Sort::Broken if refused => "all that may be seen answers again",
                Sort::Broken => "all of it answers again",
            };
            let after = trouble
                .since
                .map_or_else(String::new, |since| after(since, now));
            (Severity::Info, format!("{source}: {what}{after}"))
        });
        began.chain(healed).collect()
    }
}

fn after(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    match seconds {
        0..=119 => format!(", after {seconds} s"),
        _ => format!(", after {} min", seconds / 60),
    }
}

/// The sources of which a part says that it is well.
pub(super) fn well(batch: &[Observation]) -> BTreeSet<Text> {
    batch
        .iter()
        .filter_map(|said| match said {
            Observation::Status(status)
                if matches!(
                    status.state,
                    Some(SourceState::Live | SourceState::Limited { .. })
                ) =>
            {
                Some(status.key.source.clone())
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{SourceKey, SourceStatus};

    fn told(model: &mut Model, part: &str, state: SourceState) -> Vec<String> {
        let before = Troubles::of(model);
        let batch = vec![Observation::Status(SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: part.into(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::UNIX_EPOCH,
            address: None,
            interval_ms: None,
            skew_ms: None,
        })];
        let well = well(&batch);
        model.apply(batch, Timestamp::UNIX_EPOCH);
        let news = Troubles::of(model).news(
            &before,
            &well,
            "1970-01-01T00:00:40Z".parse().expect("a time"),
        );
        news.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_kind_that_is_forbidden_does_not_hide_that_the_server_is_lost() {
        let mut model = Model::new("test", Vec::new());
        let mut say = |part: &str, state| told(&mut model, part, state);
        let forbidden = SourceState::Forbidden { what: "ask".into() };
        let stale = || SourceState::Stale {
            since: Timestamp::UNIX_EPOCH,
            cause: "cut".into(),
        };
        assert_eq!(
            say("nodes", forbidden),
            ["kubernetes: nodes forbidden: ask"]
        );
        assert_eq!(say("pods", stale()), ["kubernetes: pods stale: cut"]);
        assert!(say("jobs", stale()).is_empty());
        assert!(say("pods", SourceState::Live).is_empty());
        assert_eq!(
            say("jobs", SourceState::Live),
            ["kubernetes: all that may be seen answers again, after 40 s"]
        );
        assert_eq!(
            say("nodes", SourceState::Live),
            ["kubernetes: nothing is refused any more"]
        );
    }
}
