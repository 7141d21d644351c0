//! Uids: what references name. Made of facts, so the same facts have the same uid, in every run and on every
//! machine.
//!
//! The rule: a word for the class, then the facts that identify the element, joined by `__`. Of each fact,
//! ASCII letters, digits, `-` and `.` stay; every other character becomes `_`, its code point in hexadecimal,
//! and `_`. So a uid can be read back, no two lists of facts have the same one, and it is a name of XML: it
//! holds nothing that a list of references could be split at.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::key::ElementKey;
use crate::model::text::Text;

/// Identifies an element within one architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(Text);

impl Uid {
    /// The uid of an element of a class (a word of letters), identified by facts.
    #[must_use]
    pub fn new<'a>(class: &str, facts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut uid = class.to_owned();
        for fact in facts {
            uid.push_str("__");
            escape(fact, &mut uid);
        }
        Self(uid.into())
    }

    /// The uid of something that belongs to an element, and is told from others there by facts.
    #[must_use]
    pub fn within<'a>(&self, class: &str, facts: impl IntoIterator<Item = &'a str>) -> Self {
        let own = Self::new(class, []);
        let rest = Self::new(&self.0, facts);
        Self(format!("{own}__{rest}").into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The facts that identify an element of the model, behind a word for its sort. No list is the beginning of
/// another one.
#[must_use]
pub fn facts(key: &ElementKey) -> Vec<&str> {
    match key {
        ElementKey::Tenant { name } => vec!["tenant", name],
        ElementKey::Type(key) => vec!["workload", &key.namespace, &key.kind, &key.name],
        ElementKey::Component { uid } => vec!["pod", uid],
        ElementKey::Service { namespace, name } => vec!["service", namespace, name],
        ElementKey::Ingress {
            namespace,
            name,
            way,
        } => vec![way.kind().plural(), namespace, name],
        ElementKey::Node { name } => vec!["node", name],
        ElementKey::External { name } => vec!["external", name],
        ElementKey::Call { caller, callee } => {
            [vec!["call"], facts(caller), facts(callee)].concat()
        }
        ElementKey::Declared { caller, callee } => {
            [vec!["declared"], facts(caller), facts(callee)].concat()
        }
    }
}

fn escape(fact: &str, into: &mut String) {
    for c in fact.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') {
            into.push(c);
        } else {
            into.push_str(&format!("_{:x}_", u32::from(c)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_a_name_of_xml_and_can_be_read() {
        let uid = Uid::new("method", ["cart", "GET /a_b", "é"]);
        assert_eq!(uid.as_str(), "method__cart__GET_20__2f_a_5f_b___e9_");
        let part = uid.within("property", ["p"]);
        assert_eq!(part.as_str(), format!("property__{uid}__p"));
    }

    #[test]
    fn other_facts_have_other_uids() {
        let lists: [&[&str]; 8] = [
            &["a", "b"],
            &["a__b"],
            &["a_", "b"],
            &["a", "_b"],
            &["a", "", "b"],
            &["ab"],
            &["a_5f_b"],
            &["a/b"],
        ];
        let uids: std::collections::BTreeSet<Uid> = lists
            .iter()
            .map(|facts| Uid::new("x", facts.iter().copied()))
            .collect();
        assert_eq!(uids.len(), lists.len());
    }
}
