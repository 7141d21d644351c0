//! How old a connector is, in its line and in words: a new one stands out for a while, one that nobody uses fades.

use jiff::Timestamp;

use crate::model::query::network::Flow;
use crate::model::trend::Silence;
use crate::ui::Ctx;
use crate::ui::format;
use crate::ui::theme::Glyphs;

/// For how long a new connector stands out, in s: so long that somebody who looked away finds it.
const NEWS: i64 = 120;
/// Minutes of silence from which on a line is dotted.
const FADED: usize = 5;

/// What the age of a connector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// It came so many seconds ago.
    New(i64),
    /// It is used, or there is nothing to say.
    Used,
    /// Nobody uses it.
    Silent(Silence),
}

impl Age {
    /// The age of what flows.
    pub(super) fn of(flow: &Flow, now: Timestamp) -> Self {
        let arrived = flow.arrived.map(|at| now.as_second() - at.as_second());
        match (flow.silence, arrived) {
            (Some(silence), _) => Self::Silent(silence),
            (None, Some(seconds)) if seconds < NEWS => Self::New(seconds.max(0)),
            _ => Self::Used,
        }
    }

    /// Whether it is so new that it should be seen.
    pub(super) const fn is_new(self) -> bool {
        matches!(self, Self::New(_))
    }

    /// Whether it was silent for so long that its line fades.
    pub(super) const fn is_faded(self) -> bool {
        matches!(self, Self::Silent(silence) if silence.minutes >= FADED)
    }

    /// The head of an arrow.
    pub(super) const fn head(self, to_right: bool, glyphs: &Glyphs) -> &'static str {
        match (self, to_right, glyphs.ellipsis.is_ascii()) {
            (Self::New(_), _, true) => "*",
            (Self::New(_), true, false) => "»",
            (Self::New(_), false, false) => "«",
            (_, true, _) => glyphs.arrow,
            (_, false, true) => "<",
            (_, false, false) => "←",
        }
    }

    /// The flat and the steep part of a line: of one that faded its own, else those that are given.
    pub(super) const fn strokes(
        self,
        given: [&'static str; 2],
        glyphs: &Glyphs,
    ) -> [&'static str; 2] {
        match (self.is_faded(), glyphs.ellipsis.is_ascii()) {
            (false, _) => given,
            (true, true) => ["~", ":"],
            (true, false) => ["┈", "┊"],
        }
    }

    /// `new, first call 40s ago`, `silent for 12 min`; `None` where there is nothing to say.
    pub(super) fn words(self) -> Option<String> {
        match self {
            Self::New(seconds) => Some(format!("new, first call {} ago", format::seconds(seconds))),
            Self::Used => None,
            Self::Silent(silence) => {
                let least = if silence.or_longer { "at least " } else { "" };
                Some(format!("silent for {least}{} min", silence.minutes))
            }
        }
    }
}

/// What the signs of lines mean that are in sight, for a line of its own: `» new · ┈ silent for 5 min or longer`.
pub(super) fn legend(ages: impl Iterator<Item = Age>, is_declared: bool, ctx: &Ctx<'_>) -> String {
    let glyphs = &ctx.theme.glyphs;
    let (mut is_new, mut is_faded) = (None, None);
    for age in ages {
        if age.is_new() {
            is_new = Some(age);
        }
        if age.is_faded() {
            is_faded = Some(age);
        }
    }
    let mut parts = Vec::new();
    if let Some(age) = is_new {
        parts.push(format!("{} new", age.head(true, glyphs)));
    }
    if let Some(age) = is_faded {
        let [flat, _] = age.strokes(["", ""], glyphs);
        parts.push(format!("{flat}{flat} silent for {FADED} min or longer"));
    }
    if is_declared {
        let flat = if glyphs.ellipsis.is_ascii() {
            "."
        } else {
            glyphs.dashed
        };
        parts.push(format!("{flat}{flat} declared, not seen to be used"));
    }
    parts.join(&format!(" {} ", glyphs.dot))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_new_one_is_new_for_a_while_and_silence_is_told_first() {
        let mut flow = Flow {
            arrived: Some(at(100)),
            ..Flow::default()
        };
        assert_eq!(Age::of(&flow, at(140)), Age::New(40));
        assert_eq!(Age::of(&flow, at(100 + NEWS)), Age::Used);
        // The clock was set back: it did not come in the future.
        assert_eq!(Age::of(&flow, at(90)), Age::New(0));
        let silence = Silence {
            minutes: 1,
            or_longer: false,
        };
        flow.silence = Some(silence);
        assert_eq!(Age::of(&flow, at(140)), Age::Silent(silence));
        assert_eq!(Age::of(&Flow::default(), at(140)), Age::Used);
    }

    #[test]
    fn words_say_no_more_than_is_known() {
        let silent = |minutes, or_longer| {
            let silence = Silence { minutes, or_longer };
            Age::Silent(silence)
        };
        assert_eq!(silent(12, false).words().unwrap(), "silent for 12 min");
        assert_eq!(
            silent(3, true).words().unwrap(),
            "silent for at least 3 min"
        );
        assert_eq!(Age::New(40).words().unwrap(), "new, first call 40s ago");
        assert_eq!(Age::Used.words(), None);
        assert!(!silent(FADED - 1, true).is_faded() && silent(FADED, false).is_faded());
    }
}
