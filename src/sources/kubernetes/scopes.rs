//! Which watches a choice of namespaces needs, and how to get from one choice to another. Pure.

use std::collections::BTreeSet;

use crate::model::observation::{Kind, NamespaceChoice, Scope};
use crate::model::text::Text;

/// The scopes of a choice, in the order in which their lists should come.
pub(super) fn of(choice: &NamespaceChoice) -> BTreeSet<Scope> {
    let namespaces: Vec<Option<Text>> = match choice {
        NamespaceChoice::All => vec![None],
        NamespaceChoice::Only(names) => names.iter().cloned().map(Some).collect(),
    };
    let kinds = Kind::NAMESPACED.into_iter().chain(Kind::OPTIONAL);
    let chosen = kinds.flat_map(|kind| {
        let each = namespaces.iter().cloned();
        each.map(move |namespace| scope(kind, namespace))
    });
    Kind::CLUSTER_WIDE
        .into_iter()
        .map(|kind| scope(kind, None))
        .chain(chosen)
        .collect()
}

fn scope(kind: Kind, namespace: Option<Text>) -> Scope {
    Scope {
        source: super::NAME.into(),
        kind,
        namespace,
    }
}

/// The way from one set of scopes to another, in the order in which it is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Switch {
    /// Watches that end.
    pub(super) stop: Vec<Scope>,
    /// Who takes over whose objects: (old, new).
    pub(super) adopt: Vec<(Scope, Scope)>,
    /// Watches that begin.
    pub(super) start: Vec<Scope>,
}

/// Scopes in both sets are not touched.
pub(super) fn switch(old: &BTreeSet<Scope>, new: &BTreeSet<Scope>) -> Switch {
    let stop: Vec<Scope> = old.difference(new).cloned().collect();
    let start: Vec<Scope> = new.difference(old).cloned().collect();
    let adopt = start
        .iter()
        .flat_map(|to| {
            let related = stop.iter().filter(|from| overlap(from, to));
            related.map(|from| (from.clone(), to.clone()))
        })
        .collect();
    Switch { stop, adopt, start }
}

/// Whether one covers the other.
fn overlap(one: &Scope, other: &Scope) -> bool {
    one.kind == other.kind && (one.namespace.is_none() || other.namespace.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> NamespaceChoice {
        NamespaceChoice::Only(names.iter().map(|name| Text::from(*name)).collect())
    }

    fn pods(scopes: &[Scope]) -> Vec<String> {
        let pods = scopes.iter().filter(|scope| scope.kind == Kind::Pod);
        pods.map(|s| s.namespace.as_deref().unwrap_or("*").to_owned())
            .collect()
    }

    fn way(
        old: &NamespaceChoice,
        new: &NamespaceChoice,
    ) -> (Vec<String>, Vec<String>, Vec<String>) {
        let switch = switch(&of(old), &of(new));
        let adopted = switch
            .adopt
            .iter()
            .filter(|(from, _)| from.kind == Kind::Pod);
        let adopted = adopted
            .map(|(from, to)| {
                [from, to]
                    .map(|s| s.namespace.as_deref().unwrap_or("*"))
                    .join(">")
            })
            .collect();
        (pods(&switch.stop), adopted, pods(&switch.start))
    }

    #[test]
    fn every_kind_is_watched_once_for_each_namespace() {
        let inside = Kind::NAMESPACED.len() + Kind::OPTIONAL.len();
        assert_eq!(of(&NamespaceChoice::All).len(), 2 + inside);
        assert_eq!(of(&only(&["a", "b"])).len(), 2 + 2 * inside);
    }

    #[test]
    fn wider_and_narrower_watches_adopt_and_others_do_not() {
        let all = NamespaceChoice::All;
        let strings = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
        for (old, new, stop, adopt, start) in [
            (&only(&["a"]), &all, &["a"][..], &["a>*"][..], &["*"][..]),
            (
                &all,
                &only(&["a", "b"]),
                &["*"],
                &["*>a", "*>b"],
                &["a", "b"],
            ),
            (&only(&["a"]), &only(&["b"]), &["a"], &[], &["b"]),
            (&only(&["a"]), &only(&["a", "b"]), &[], &[], &["b"]),
            (&all, &all, &[], &[], &[]),
        ] {
            assert_eq!(
                way(old, new),
                (strings(stop), strings(adopt), strings(start))
            );
        }
    }

    #[test]
    fn cluster_wide_kinds_are_never_touched() {
        let switch = switch(&of(&only(&["a"])), &of(&NamespaceChoice::All));
        let all = switch.stop.iter().chain(&switch.start);
        assert!(
            all.into_iter()
                .all(|scope| !Kind::CLUSTER_WIDE.contains(&scope.kind))
        );
    }
}
