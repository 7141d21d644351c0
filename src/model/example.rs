//! Sampled calls that are worth a look: a few of the slowest, a few of the last that failed.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::trace::id::SpanId;

/// Most examples of one sort of one use.
pub const EXAMPLE_LIMIT: usize = 5;

/// One sampled call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// Its trace's id.
    pub trace: Text,
    /// The span that tells of it: the called side's where that was recorded.
    #[serde(default)]
    pub span: Option<SpanId>,
    /// When it began, in ms since the epoch by who reported it; 0 where nobody says.
    #[serde(default)]
    pub at_ms: i64,
    /// How long it took, in µs; `None` where nobody says.
    #[serde(default)]
    pub took_us: Option<u64>,
    /// What sort of exception was thrown, where that was recorded.
    #[serde(default)]
    pub thrown: Option<Text>,
}

/// Puts one among the slowest, those that took longest first, one of each trace.
pub fn keep_slow(kept: &mut Vec<Example>, new: &Example) {
    // Of those that took as long the first stays, in whatever order they come.
    keep(kept, new, |a, b| {
        b.took_us
            .cmp(&a.took_us)
            .then_with(|| (a.at_ms, &a.trace, a.span).cmp(&(b.at_ms, &b.trace, b.span)))
    });
}

/// Puts one among the last ones, the newest first, one of each trace.
pub fn keep_new(kept: &mut Vec<Example>, new: &Example) {
    keep(kept, new, |a, b| {
        b.at_ms
            .cmp(&a.at_ms)
            .then_with(|| (&a.trace, a.span).cmp(&(&b.trace, b.span)))
    });
}

fn keep(
    kept: &mut Vec<Example>,
    new: &Example,
    rank: impl Fn(&Example, &Example) -> std::cmp::Ordering,
) {
    let is_full = kept.len() >= EXAMPLE_LIMIT;
    if is_full && kept.last().is_some_and(|last| rank(last, new).is_le()) {
        return;
    }
    if let Some(same) = kept.iter().position(|known| known.trace == new.trace) {
        if kept.get(same).is_some_and(|known| rank(known, new).is_le()) {
            return;
        }
        kept.remove(same);
    }
    let at = kept.partition_point(|known| rank(known, new).is_lt());
    kept.insert(at, new.clone());
    kept.truncate(EXAMPLE_LIMIT);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example((trace, at_ms, us): (u8, i64, u64)) -> Example {
        Example {
            trace: format!("{trace:016x}").into(),
            span: Some(SpanId::new(us)),
            at_ms,
            took_us: Some(us),
            thrown: None,
        }
    }

    proptest! {
        /// As if all were sorted and the first of each trace taken; the order of coming makes no difference.
        #[test]
        fn the_best_of_each_trace_stay_in_whatever_order_they_come(
            calls in prop::collection::vec((0_u8..9, 0_i64..5, 0_u64..5), 0..40).prop_shuffle(),
        ) {
            let mut all: Vec<Example> = calls.into_iter().map(example).collect();
            let (mut slow, mut new) = (Vec::new(), Vec::new());
            for call in &all {
                keep_slow(&mut slow, call);
                keep_new(&mut new, call);
            }
            let first = |all: &[Example]| {
                let mut seen = std::collections::HashSet::new();
                let mut kept = all.to_vec();
                kept.retain(|e| seen.insert(e.trace.clone()));
                kept.truncate(EXAMPLE_LIMIT);
                kept
            };
            all.sort_by_key(|e| (std::cmp::Reverse(e.took_us), e.at_ms, e.trace.clone(), e.span));
            prop_assert_eq!(slow, first(&all));
            all.sort_by_key(|e| (std::cmp::Reverse(e.at_ms), e.trace.clone(), e.span));
            prop_assert_eq!(new, first(&all));
        }
    }
}
