//! The directory of names: made for each join, of what is known then.

use std::collections::HashSet;

use crate::model::Model;
use crate::model::change::Cause;
use crate::model::element::Component;
use crate::model::identity::{self, Cluster, Directory, Places};
use crate::model::key::TypeKey;
use crate::model::mark::{Dirty, mark_one};
use crate::model::observation::{FactKey, Kind, Scope};
use crate::model::text::Text;

impl Model {
    /// What telemetry asks of pods.
    pub(in crate::model) fn wants(&self) -> HashSet<Text> {
        let names = self.telemetry.raw().into_iter();
        let names = names.chain(self.telemetry.remembered());
        identity::wants(names, self.telemetry.hints())
    }

    /// Asks the directory of all names and of what spans say beside them.
    pub(in crate::model) fn with_directory<T>(&self, ask: impl FnOnce(&Directory<'_>) -> T) -> T {
        let owner = |kind: Kind, namespace: &Text, name: &Text| {
            let key = FactKey {
                kind,
                namespace: namespace.clone(),
                name: name.clone(),
            };
            let own = || TypeKey::new(namespace, kind.name(), name);
            let found = self.index.top.get(&key).cloned().unwrap_or_else(own);
            self.index.members.contains_key(&found).then_some(found)
        };
        let is_watched = |namespace: &Text| self.facts.is_complete(Kind::Pod, namespace);
        let cluster = Cluster {
            places: Places::new(self.components(), self.services(), &self.wanted),
            owner: &owner,
            is_watched: &is_watched,
        };
        let types = self.index.names.iter();
        let directory = Directory::new(&self.mapping, types, self.services());
        ask(&directory.with(cluster, self.telemetry.hints()))
    }

    /// Which namespaces are looked at may have changed, and spans may speak of others.
    pub(in crate::model) fn mark_watched(&self, scope: &Scope, dirty: &mut Dirty) {
        if scope.kind == Kind::Pod && self.telemetry.hints().next().is_some() {
            mark_one(&mut dirty.join, Cause::Scope);
        }
    }

    /// A pod that telemetry asks for came, went or changed what tells who it is.
    pub(in crate::model) fn mark_known(
        &self,
        before: Option<&Component>,
        after: Option<&Component>,
        cause: Cause,
        dirty: &mut Dirty,
    ) {
        fn tells(
            c: &Component,
        ) -> (
            &Text,
            &TypeKey,
            Option<&Text>,
            Option<jiff::Timestamp>,
            bool,
        ) {
            let is_over = c.state == crate::model::element::ComponentState::Undeployed;
            (&c.name, &c.of, c.ip.as_ref(), c.created, is_over)
        }
        if before.map(tells) == after.map(tells) {
            return;
        }
        let pods = [before, after];
        let mut pods = pods.into_iter().flatten();
        if pods.any(|pod| identity::is_wanted(pod, &self.wanted)) {
            mark_one(&mut dirty.join, cause);
        }
    }
}
