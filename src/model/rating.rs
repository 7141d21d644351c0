//! Ratings: what people say of a component type's criticality and reliability, by annotations on its object.
//!
//! CompArch has both; no measurement gives them. So they are read where somebody wrote them down, and nowhere
//! else: a type without the annotation has none, and a value that cannot be read is told and not guessed.

use serde::{Deserialize, Serialize};

use super::observation::Labels;
use super::text::Text;

/// The annotation that says how much depends on a component type, from 0 to 1.
pub const CRITICALITY: &str = "portolan.dev/criticality";
/// The annotation that says how probably a component type works, from 0 to 1.
pub const RELIABILITY: &str = "portolan.dev/reliability";

/// What people say of a component type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ratings {
    /// How much depends on it; `None` where nobody says.
    pub criticality: Option<Rating>,
    /// How probably it works; `None` where nobody says.
    pub reliability: Option<Rating>,
}

/// What one annotation says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Rating {
    /// A number from 0 to 1, without a unit.
    Given {
        /// The number.
        value: f64,
    },
    /// No number from 0 to 1.
    Unreadable {
        /// What is there.
        text: Text,
    },
}

impl Rating {
    /// Reads an annotation's value.
    #[must_use]
    pub fn read(text: &Text) -> Self {
        match text.trim().parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&value) => Self::Given {
                // Of the two zeros, the one without a sign.
                value: value.abs(),
            },
            _ => Self::Unreadable { text: text.clone() },
        }
    }

    /// The number, where there is one.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        match self {
            Self::Given { value } => Some(*value),
            Self::Unreadable { .. } => None,
        }
    }
}

impl Ratings {
    /// Reads several objects' annotations; of each rating the first object that has it counts.
    pub(super) fn of(annotations: &[&Labels]) -> Self {
        let read = |key| annotations.iter().find_map(|a| a.get(key));
        Self {
            criticality: read(CRITICALITY).map(Rating::read),
            reliability: read(RELIABILITY).map(Rating::read),
        }
    }

    /// Each rating that is there, with its annotation.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Rating)> {
        let criticality = self.criticality.as_ref().map(|r| (CRITICALITY, r));
        let reliability = self.reliability.as_ref().map(|r| (RELIABILITY, r));
        criticality.into_iter().chain(reliability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_from_0_to_1_are_ratings() {
        for (text, value) in [
            ("0.8", Some(0.8)),
            (" 1 ", Some(1.0)),
            ("0", Some(0.0)),
            ("-0.0", Some(0.0)),
            ("1e-2", Some(0.01)),
            ("80 %", None),
            ("1.01", None),
            ("-0.1", None),
            ("NaN", None),
            ("inf", None),
            ("high", None),
            ("", None),
        ] {
            let rating = Rating::read(&text.into());
            assert_eq!(rating.value(), value, "{text}");
            assert_eq!(
                value.is_none(),
                matches!(rating, Rating::Unreadable { text: kept } if &*kept == text)
            );
        }
    }

    #[test]
    fn the_first_object_that_has_a_rating_counts() {
        let own: Labels = [(CRITICALITY.into(), "0.5".into())].into();
        let pod: Labels = [
            (CRITICALITY.into(), "0.9".into()),
            (RELIABILITY.into(), "0.99".into()),
        ]
        .into();
        let ratings = Ratings::of(&[&own, &pod]);
        let values: Vec<_> = ratings.all().map(|(_, r)| r.value()).collect();
        assert_eq!(values, [Some(0.5), Some(0.99)]);
    }
}
