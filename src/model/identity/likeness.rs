//! In what a name is like the one that it was joined with by likeness only.

use super::names::Names;
use super::spelling::{normal, numbered, owners, stem};
use crate::model::text::Text;

/// What speaks for a match by a similar name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness<'a> {
    /// It is spelt alike.
    Spelling,
    /// Pods of it are called so.
    Pod,
    /// That is what it is in its system, by this label.
    Role(&'a Text),
}

impl<'a> Likeness<'a> {
    /// Of a raw name and a component type that goes by these names.
    #[must_use]
    pub fn of(raw: &str, names: &'a Names) -> Self {
        let name = normal(raw);
        let own: Vec<String> = std::iter::once(&names.otel)
            .chain(&names.others)
            .filter_map(|own| stem(&normal(own)))
            .collect();
        let is_own = |name: &str| stem(name).is_some_and(|stem| own.contains(&stem));
        if is_own(&name) {
            return Self::Spelling;
        }
        if numbered(&name).into_iter().chain(owners(&name)).any(is_own) {
            return Self::Pod;
        }
        match &names.role {
            Some(role) if stem(&normal(role)) == stem(&name) => Self::Role(role),
            _ => Self::Spelling,
        }
    }
}
