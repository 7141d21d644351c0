//! The facts as the sources told them, and who vouches for each.
//!
//! Scoped resync lives here and only here: a fact lives while any live scope claims it. This module
//! knows nothing of elements; it answers which facts changed, and with what right that may be announced.

use std::collections::HashMap;
use std::sync::Arc;

use super::change::Cause;
use super::observation::{Fact, FactKey, Kind, Scope};

/// One fact that changed.
pub(super) struct FactChange {
    pub(super) before: Option<Arc<Fact>>,
    pub(super) after: Option<Arc<Fact>>,
    pub(super) cause: Cause,
}

/// All facts, with their claims.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    held: HashMap<FactKey, Held>,
    scopes: HashMap<Scope, ScopeState>,
    next_id: u32,
    next_list: u64,
}

#[derive(Clone, Debug)]
struct Held {
    fact: Arc<Fact>,
    /// The scope whose word the fact is.
    from: u32,
    claims: Vec<Claim>,
}

/// Identifies one attempt to list a scope: ours, because a source that starts again counts its epochs
/// from the beginning, and what a broken list saw must not pass for seen by the next.
/// `NO_LIST` is the one of facts that were adopted, or told without any list.
type ListId = u64;
const NO_LIST: ListId = 0;

#[derive(Clone, Copy, Debug)]
struct Claim {
    scope: u32,
    list: ListId,
}

#[derive(Clone, Copy, Debug)]
struct ScopeState {
    id: u32,
    /// The list that is under way, with the source's epoch.
    pending: Option<(u64, ListId)>,
    /// The last complete list.
    current: ListId,
    /// Whether any list was ever complete.
    complete: bool,
    /// What comes happened while nobody watched.
    behind: bool,
}

impl ScopeState {
    /// With what right a change in this scope may be announced.
    const fn cause(&self) -> Cause {
        match (self.complete, self.pending) {
            (false, _) => Cause::Baseline,
            (true, None) if !self.behind => Cause::Live,
            (true, _) => Cause::WhileDisconnected,
        }
    }
}

impl Facts {
    pub(super) fn get(&self, key: &FactKey) -> Option<&Arc<Fact>> {
        self.held.get(key).map(|h| &h.fact)
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        let held: usize = self.held.values().map(|h| 1 + h.claims.len()).sum();
        held + self.scopes.len()
    }

    /// Whether a list of the kind has been complete in some scope that covers the namespace.
    pub(super) fn is_complete(&self, kind: Kind, namespace: &str) -> bool {
        self.scopes.iter().any(|(scope, state)| {
            state.complete
                && scope.kind == kind
                && scope.namespace.as_deref().is_none_or(|n| n == namespace)
        })
    }

    pub(super) fn begin(&mut self, scope: &Scope, epoch: u64) {
        self.next_list += 1;
        let list = self.next_list;
        self.state(scope).pending = Some((epoch, list));
    }

    pub(super) fn behind(&mut self, scope: &Scope, behind: bool) {
        self.state(scope).behind = behind;
    }

    /// Sweeps what the scope did not see in this epoch. An end without its begin changes nothing.
    pub(super) fn end(&mut self, scope: &Scope, epoch: u64) -> Vec<FactChange> {
        let Some(state) = self.scopes.get_mut(scope) else {
            return Vec::new();
        };
        let Some((_, list)) = state.pending.filter(|(pending, _)| *pending == epoch) else {
            return Vec::new();
        };
        let cause = state.cause();
        state.pending = None;
        state.current = list;
        state.complete = true;
        let id = state.id;
        self.unclaim(cause, |claim| claim.scope == id && claim.list != list)
    }

    pub(super) fn seen(&mut self, scope: &Scope, fact: Arc<Fact>) -> Option<FactChange> {
        let state = *self.state(scope);
        let claim = Claim {
            scope: state.id,
            list: state.pending.map_or(state.current, |(_, list)| list),
        };
        let cause = state.cause();
        let Some(held) = self.held.get_mut(&fact.key()) else {
            self.held.insert(
                fact.key(),
                Held {
                    fact: fact.clone(),
                    from: state.id,
                    claims: vec![claim],
                },
            );
            return Some(FactChange {
                before: None,
                after: Some(fact),
                cause,
            });
        };
        match held.claims.iter_mut().find(|c| c.scope == state.id) {
            Some(own) => own.list = claim.list,
            None => held.claims.push(claim),
        }
        // Two watches of one object are not ordered between each other, but the server's versions are;
        // within one watch the last word holds, even when a restored server counts lower.
        let newer = fact.meta().version >= held.fact.meta().version;
        if held.from != state.id && !newer {
            return None;
        }
        held.from = state.id;
        if held.fact == fact {
            return None;
        }
        let before = std::mem::replace(&mut held.fact, fact.clone());
        Some(FactChange {
            before: Some(before),
            after: Some(fact),
            cause,
        })
    }

    pub(super) fn gone(&mut self, scope: &Scope, key: &FactKey) -> Option<FactChange> {
        let state = *self.scopes.get(scope)?;
        let held = self.held.get_mut(key)?;
        held.claims.retain(|c| c.scope != state.id);
        if !held.claims.is_empty() {
            return None;
        }
        let held = self.held.remove(key)?;
        Some(FactChange {
            before: Some(held.fact),
            after: None,
            cause: state.cause(),
        })
    }

    pub(super) fn adopt(&mut self, from: &Scope, to: &Scope) {
        if from.kind != to.kind || from == to {
            return;
        }
        let Some(old) = self.scopes.get(from).map(|s| s.id) else {
            return;
        };
        let state = *self.state(to);
        if state.complete {
            // It knows by itself what is there; a claim on what it never saw would outlive a deletion.
            return;
        }
        let new = state.id;
        for (key, held) in &mut self.held {
            let covered = to.namespace.as_ref().is_none_or(|n| *n == key.namespace);
            let claimed = |id| held.claims.iter().any(|c| c.scope == id);
            if key.kind == to.kind && covered && claimed(old) && !claimed(new) {
                held.claims.push(Claim {
                    scope: new,
                    list: NO_LIST,
                });
            }
        }
    }

    pub(super) fn leave(&mut self, scope: &Scope) -> Vec<FactChange> {
        let Some(state) = self.scopes.remove(scope) else {
            return Vec::new();
        };
        self.unclaim(Cause::Scope, |claim| claim.scope == state.id)
    }

    fn state(&mut self, scope: &Scope) -> &mut ScopeState {
        let next = &mut self.next_id;
        self.scopes.entry(scope.clone()).or_insert_with(|| {
            *next += 1;
            ScopeState {
                id: *next,
                pending: None,
                current: NO_LIST,
                complete: false,
                behind: false,
            }
        })
    }

    /// Drops the claims that match, and the facts that nobody claims any more, in the order of their keys.
    fn unclaim(&mut self, cause: Cause, dropped: impl Fn(&Claim) -> bool) -> Vec<FactChange> {
        let mut gone: Vec<FactKey> = Vec::new();
        for (key, held) in &mut self.held {
            held.claims.retain(|c| !dropped(c));
            if held.claims.is_empty() {
                gone.push(key.clone());
            }
        }
        gone.sort();
        gone.iter()
            .filter_map(|key| self.held.remove(key))
            .map(|held| FactChange {
                before: Some(held.fact),
                after: None,
                cause,
            })
            .collect()
    }
}
