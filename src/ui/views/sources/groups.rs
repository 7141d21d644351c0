//! The parts of each source, trouble first, and what they come to together.

use crate::model::Model;
use crate::model::element::Health;
use crate::model::source::{SourceState, SourceStatus};
use crate::model::text::Text;
use crate::ui::format;

/// A clock that differs by less is as good as ours.
const SKEW_LIMIT_MS: i64 = 2_000;

/// The parts of one source, trouble first.
pub(super) struct Group<'a> {
    pub(super) name: &'a Text,
    pub(super) parts: Vec<&'a SourceStatus>,
}

/// All sources, those in trouble first.
pub(super) fn groups(model: &Model) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for status in model.sources().values() {
        match groups.last_mut().filter(|g| *g.name == status.key.source) {
            Some(group) => group.parts.push(status),
            None => groups.push(Group {
                name: &status.key.source,
                parts: vec![status],
            }),
        }
    }
    for group in &mut groups {
        // The order within one rank stays that of the keys.
        group.parts.sort_by_key(|s| rank(s));
    }
    groups.sort_by_key(|g| !g.parts.iter().any(|s| is_trouble(s)));
    groups
}

/// Where a state stands: trouble first.
fn rank(status: &SourceStatus) -> u8 {
    match status.state {
        Some(SourceState::Failed { .. }) => 0,
        Some(SourceState::Forbidden { .. } | SourceState::Absent { .. }) => 1,
        Some(SourceState::Stale { .. }) => 2,
        Some(SourceState::Waiting { .. }) => 3,
        Some(SourceState::Loading { .. }) => 4,
        Some(SourceState::Limited { .. }) => 5,
        Some(SourceState::Live) => 6,
        Some(SourceState::Off { .. }) | None => 7,
    }
}

pub(super) fn is_trouble(status: &SourceStatus) -> bool {
    status.trouble().is_some()
}

pub(super) fn health(status: &SourceStatus) -> Health {
    match status.state {
        Some(
            SourceState::Failed { .. } | SourceState::Forbidden { .. } | SourceState::Absent { .. },
        ) => Health::Broken,
        Some(SourceState::Stale { .. }) => Health::Unknown,
        Some(
            SourceState::Loading { .. } | SourceState::Waiting { .. } | SourceState::Limited { .. },
        ) => Health::Changing,
        Some(SourceState::Live) => Health::Ok,
        Some(SourceState::Off { .. }) | None => Health::Stopped,
    }
}

impl Group<'_> {
    pub(super) fn health(&self) -> Health {
        let worst = self.parts.first();
        worst.map_or(Health::Ok, |s| health(s))
    }

    /// Where it asks, as most of its parts say.
    pub(super) fn address(&self) -> Option<&Text> {
        self.parts.iter().find_map(|s| s.address.as_ref())
    }

    /// `1 forbidden, 12 of 13 live`, and what its clock says.
    pub(super) fn summary(&self) -> String {
        let all = self.parts.len();
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for status in &self.parts {
            let word = status.state.as_ref().map_or("off", SourceState::word);
            match counts.last_mut().filter(|(last, _)| *last == word) {
                Some((_, n)) => *n += 1,
                None => counts.push((word, 1)),
            }
        }
        let said: Vec<String> = counts
            .iter()
            .map(|(word, n)| match (*word, *n) {
                (word, 1) if all == 1 => word.to_owned(),
                (word, n) if n == all => format!("all {n} {word}"),
                ("live", n) => format!("{n} of {all} live"),
                (word, n) => format!("{n} {word}"),
            })
            .collect();
        let mut said = said.join(", ");
        if let Some(skew) = self.parts.iter().find_map(|s| skew(s)) {
            said.push_str(", ");
            said.push_str(&skew);
        }
        said
    }
}

/// What is to be said of a server's clock.
pub(super) fn skew(status: &SourceStatus) -> Option<String> {
    let ms = status
        .skew_ms
        .filter(|ms| ms.unsigned_abs() > SKEW_LIMIT_MS.unsigned_abs())?;
    let way = if ms > 0 { "ahead of" } else { "behind" };
    let tenths = ms.unsigned_abs() / 100;
    let much = if tenths < 1200 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format::seconds(i64::try_from(tenths / 10).unwrap_or(i64::MAX))
    };
    Some(format!("clock {much} {way} ours"))
}
