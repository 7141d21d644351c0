//! Label selectors as policies have them: labels that must be there, and expressions over them.

use serde::{Deserialize, Serialize};

use super::labels::Labels;
use super::text::Text;

/// Which objects are meant, by their labels. All of it must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// Labels with their values.
    pub labels: Labels,
    /// Expressions over labels.
    pub expressions: Vec<Expression>,
}

/// One expression over a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expression {
    /// The label's key.
    pub key: Text,
    /// What is asked of its value.
    pub operator: Operator,
    /// The values that it is compared with.
    pub values: Vec<Text>,
}

/// What an expression asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operator {
    /// The value is one of these.
    In,
    /// It is none of these, or there is none.
    NotIn,
    /// There is one.
    Exists,
    /// There is none.
    DoesNotExist,
    /// One that we do not know: it fits nothing.
    Other,
}

impl Selector {
    /// Whether it says nothing, and so means everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether labels fit.
    #[must_use]
    pub fn fits(&self, labels: &Labels) -> bool {
        let has = |key: &Text, value: &Text| labels.get(key) == Some(value);
        self.labels.iter().all(|(key, value)| has(key, value))
            && self.expressions.iter().all(|e| e.fits(labels.get(&e.key)))
    }
}

impl Expression {
    pub(super) fn fits(&self, value: Option<&Text>) -> bool {
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator_asks_for_its_own() {
        let labels: Labels = [("app".into(), "cart".into())].into();
        for (key, operator, values, fits) in [
            ("app", Operator::In, &["cart", "x"][..], true),
            ("app", Operator::In, &["x"], false),
            ("none", Operator::In, &["cart"], false),
            ("app", Operator::NotIn, &["cart"], false),
            ("none", Operator::NotIn, &["cart"], true),
            ("app", Operator::Exists, &[], true),
            ("none", Operator::Exists, &[], false),
            ("app", Operator::DoesNotExist, &[], false),
            ("none", Operator::DoesNotExist, &[], true),
            ("app", Operator::Other, &["cart"], false),
        ] {
            let selector = Selector {
                labels: Labels::default(),
                expressions: vec![Expression {
                    key: key.into(),
                    operator,
                    values: values.iter().map(|&v| v.into()).collect(),
                }],
            };
            assert_eq!(
                selector.fits(&labels),
                fits,
                "{key} {operator:?} {values:?}"
            );
        }
        assert!(Selector::default().is_empty() && Selector::default().fits(&labels));
    }
}
