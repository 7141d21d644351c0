//! Labels and annotations: small sorted lists that facts and elements share.

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::text::Text;

/// Labels or annotations, by key. Cheap to clone; a map of its own for each object would take most of the
/// memory of a large system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<[(Text, Text)]>);

impl Labels {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Text> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Keys and values in the order of the keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Text)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().map(|(key, _)| key)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of equal keys the last counts.
impl FromIterator<(Text, Text)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Text, Text)>>(pairs: I) -> Self {
        let mut pairs: Vec<(Text, Text)> = pairs.into_iter().collect();
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        if pairs.is_empty() {
            return Self::default();
        }
        Self(pairs.into())
    }
}

impl<const N: usize> From<[(Text, Text); N]> for Labels {
    fn from(pairs: [(Text, Text); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<Text, Text>::deserialize(deserializer)?;
        Ok(map.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter().map(|(k, v)| (Text::from(*k), Text::from(*v)));
        pairs.collect()
    }

    #[test]
    fn they_are_found_by_key_in_any_order_and_the_last_of_equal_keys_counts() {
        let found = labels(&[("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(found.get("b").map(|v| &**v), Some("3"));
        assert_eq!(found.get("c"), None);
        assert_eq!(found, labels(&[("a", "2"), ("b", "3")]));
        let keys: Vec<&str> = found.keys().map(|k| &**k).collect();
        assert_eq!(keys, ["a", "b"]);
    }

    #[test]
    fn they_are_a_map_in_json() {
        let text = serde_json::to_string(&labels(&[("b", "1"), ("a", "2")])).expect("text");
        assert_eq!(text, r#"{"a":"2","b":"1"}"#);
        let back: Labels = serde_json::from_str(&text).expect("labels");
        assert_eq!(back.len(), 2);
    }
}
