//! What became of a write that nobody answered for: told by the object itself, which is looked at again and
//! again until it can tell.
//!
//! Every write but a deletion insists on the version that was previewed. So an object that has moved on without
//! it will never take it, and one that has not may still: then it stays unknown.

use serde::{Deserialize, Serialize};

use super::preview::Identity;
use super::verify::Sight;
use super::{Intent, Stage};
use crate::model::text::{self, Text};

/// Seconds between two looks while it is likely to be told soon, and afterwards.
const PAUSES_S: (u64, u64) = (5, 30);
/// Seconds after which the server has given up whatever reached it.
const SERVER_S: u64 = 60;

/// What a look at the object found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Found {
    /// It has what was wanted.
    Arrived {
        /// The generation that this made, where it is known.
        generation: Option<i64>,
    },
    /// It is as it was previewed.
    Unchanged,
    /// It was changed by somebody else and not by us, and what we sent cannot arrive any more.
    Missed,
    /// It was changed by somebody else, before or after ours: that cannot be told.
    Overtaken {
        /// What, to be read before "by somebody else".
        by: Text,
    },
}

/// What identifies one state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which object.
    pub identity: Identity,
    /// `metadata.resourceVersion`.
    pub version: Text,
    /// `metadata.generation`, where it is known.
    pub generation: Option<i64>,
}

impl Found {
    /// Compares an object as it was previewed with how it is now: whether it `has_ours`, and what it has
    /// instead.
    #[must_use]
    pub fn compare(previewed: &Seen, now: &Seen, has_ours: bool, instead: &str) -> Self {
        let uids = (&previewed.identity.uid, &now.identity.uid);
        if !uids.0.is_empty() && !uids.1.is_empty() && uids.0 != uids.1 {
            let by = "deleted and made anew".into();
            return Self::Overtaken { by };
        }
        if previewed.version == now.version {
            return Self::Unchanged;
        }
        // Each of our writes makes one generation, and what insists on a version is the first after it.
        let ours = previewed.generation.map(|before| before + 1);
        if has_ours {
            let generation = ours.or(now.generation);
            return Self::Arrived { generation };
        }
        match (ours, now.generation) {
            // None at all, or one that is not ours: in both cases we came too late.
            (Some(ours), Some(now)) if now <= ours => Self::Missed,
            _ => Self::Overtaken {
                by: text::message(instead),
            },
        }
    }
}

/// How far the looking has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Looking {
    /// In ms since the start: since when the outcome is unknown, and when the next look is due.
    since: u64,
    due: u64,
    /// Whether an answer is awaited.
    asked: bool,
    /// What was told already.
    told: Told,
}

/// Each is told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Told {
    #[default]
    Nothing,
    NotLooked,
    NotSoFar,
    NotWithinTime,
}

impl Looking {
    pub(super) fn begin(now: u64) -> Self {
        Self {
            since: now,
            due: now,
            ..Self::default()
        }
    }
}

impl Intent {
    /// Whether the object is to be looked at now (ms since the start), because nothing else tells; then it is
    /// taken as asked for.
    pub fn looks(&mut self, now: u64) -> bool {
        let is_due = matches!(self.stage, Stage::OutcomeUnknown { .. })
            && !self.looking.asked
            && now >= self.looking.due;
        self.looking.asked |= is_due;
        is_due
    }

    /// The server answers again: whatever nobody answered for is looked at now (ms since the start).
    pub fn look_soon(&mut self, now: u64) {
        self.looking.due = self.looking.due.min(now);
    }

    /// Takes what a look found, or why it found nothing, at `now` (ms since the start). Gives what is to be
    /// told where the outcome stays unknown; whether the stage is another one now, the stage says.
    pub fn looked(
        &mut self,
        result: Result<Found, Text>,
        sight: Sight<'_>,
        now: u64,
    ) -> Option<String> {
        self.looking.asked = false;
        if !matches!(self.stage, Stage::OutcomeUnknown { .. }) {
            return None;
        }
        let waited = now.saturating_sub(self.looking.since) / 1000;
        let is_late = waited >= SERVER_S;
        let pause = if is_late { PAUSES_S.1 } else { PAUSES_S.0 };
        self.looking.due = now + pause * 1000;
        match result {
            Ok(Found::Arrived { generation }) => {
                self.answered(Stage::Accepted { generation }, sight, now);
                None
            }
            Ok(Found::Missed) => {
                // By somebody else, or by its controller.
                let why = "it did not arrive and cannot any more, as the object has changed without it; look again and repeat";
                self.stage = Stage::Failed { why: why.into() };
                None
            }
            Ok(Found::Overtaken { by }) => {
                self.stage = Stage::Overtaken { by };
                None
            }
            Ok(Found::Unchanged) if is_late => self.tell(Told::NotWithinTime, || {
                format!("did not arrive within {waited} s: it is as it was, and is looked at every {pause} s; repeat it if it is still wanted")
            }),
            Ok(Found::Unchanged) => self.tell(Told::NotSoFar, || {
                "has not arrived so far: it is as it was, and is looked at again".to_owned()
            }),
            Err(why) => self.tell(Told::NotLooked, || {
                format!("cannot be looked for, which is tried again every {pause} s: {why}")
            }),
        }
    }

    fn tell(&mut self, what: Told, text: impl FnOnce() -> String) -> Option<String> {
        (self.looking.told < what).then(|| {
            self.looking.told = what;
            text()
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn seen(uid: &str, version: &str, generation: Option<i64>) -> Seen {
        Seen {
            identity: Identity {
                uid: uid.into(),
                created: None,
            },
            version: version.into(),
            generation,
        }
    }

    fn overtaken(by: &str) -> Found {
        Found::Overtaken { by: by.into() }
    }

    #[rstest]
    #[case::nothing_has_happened(("a", "41", Some(6)), false, Found::Unchanged)]
    #[case::ours(("a", "42", Some(7)), true, Found::Arrived { generation: Some(7) })]
    #[case::ours_and_another_change(("a", "50", Some(9)), true, Found::Arrived { generation: Some(7) })]
    #[case::only_its_status_has_moved(("a", "42", Some(6)), false, Found::Missed)]
    #[case::one_change_that_is_not_ours(("a", "42", Some(7)), false, Found::Missed)]
    #[case::two_changes(("a", "43", Some(8)), false, overtaken("turned to 9"))]
    #[case::not_said(("a", "43", None), false, overtaken("turned to 9"))]
    #[case::another_object(("b", "90", Some(1)), true, overtaken("deleted and made anew"))]
    fn an_object_tells_what_became_of_a_write(
        #[case] now: (&str, &str, Option<i64>),
        #[case] has_ours: bool,
        #[case] found: Found,
    ) {
        let previewed = seen("a", "41", Some(6));
        let now = seen(now.0, now.1, now.2);
        assert_eq!(
            Found::compare(&previewed, &now, has_ours, "turned to 9"),
            found
        );
    }

    #[test]
    fn without_a_generation_only_what_we_wanted_is_known() {
        let (before, now) = (seen("", "41", None), seen("", "42", Some(3)));
        let generation = Some(3);
        assert_eq!(
            Found::compare(&before, &now, true, "x"),
            Found::Arrived { generation }
        );
        assert_eq!(Found::compare(&before, &now, false, "x"), overtaken("x"));
    }
}
