//! What etcd is to an API server: the objects, each write a revision, and the changes of late, so that
//! watches can go on from where they were.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;

use super::kind::Kind;
use super::object::{Key, Object};

/// Changes that are kept; watches and pages of lists that are further behind are told that they expired.
pub const HISTORY: usize = 50_000;

/// What a write did.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version after it; of a deleted object the last one, with the revision of its deletion.
    pub object: Arc<Object>,
    /// The version before it.
    pub before: Option<Arc<Object>>,
    /// Whether the object is gone.
    pub deleted: bool,
}

impl Change {
    /// The revision that this change made.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.object.revision
    }
}

/// A revision is too old to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The oldest revision that one can go on from.
    pub oldest: u64,
}

/// Objects by something that they name, sorted; with the objects themselves, so that going through them
/// is no search.
type Index = HashMap<Arc<str>, BTreeMap<Key, Arc<Object>>>;

/// The objects of a kind in one namespace.
type ByName = BTreeMap<Arc<str>, Arc<Object>>;

/// The objects and their changes.
#[derive(Debug)]
pub struct Store {
    /// By kind and namespace, then by name.
    objects: BTreeMap<(Kind, Arc<str>), ByName>,
    /// By the uid of the controlling owner.
    owned: Index,
    /// By the node they are bound to.
    bound: Index,
    history: VecDeque<Change>,
    limit: usize,
    revision: u64,
    /// Changes up to this one are forgotten.
    compacted: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(HISTORY)
    }
}

impl Store {
    /// An empty store that keeps so many changes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            owned: Index::new(),
            bound: Index::new(),
            history: VecDeque::new(),
            limit,
            // A watch from 0 means "from anywhere" to a server, so no object is made at 0.
            revision: 1,
            compacted: 1,
        }
    }

    /// The last write's revision.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// One object.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Arc<Object>> {
        let place = (key.kind, Arc::clone(&key.namespace));
        self.objects.get(&place)?.get(&key.name)
    }

    /// The objects of a kind, in one namespace or in all, sorted by namespace and name.
    pub fn list<'a>(
        &'a self,
        kind: Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        let first = (kind, Arc::from(namespace.unwrap_or_default()));
        let all = self.objects.range(first..);
        let within = all.take_while(move |((own, home), _)| {
            *own == kind && namespace.is_none_or(|namespace| **home == *namespace)
        });
        within.flat_map(|(_, objects)| objects.values())
    }

    /// The same as it was at a revision.
    ///
    /// # Errors
    /// [`Expired`] when too much has happened since.
    pub fn list_at(
        &self,
        kind: Kind,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Vec<Arc<Object>>, Expired> {
        let later: Vec<&Change> = self.since(revision)?.collect();
        let mut found: BTreeMap<&Key, &Arc<Object>> = self
            .list(kind, namespace)
            .map(|object| (&object.key, object))
            .collect();
        for change in later.into_iter().rev() {
            let key = &change.object.key;
            if key.kind != kind || namespace.is_some_and(|name| *key.namespace != *name) {
                continue;
            }
            match &change.before {
                Some(before) => found.insert(key, before),
                None => found.remove(key),
            };
        }
        Ok(found.into_values().cloned().collect())
    }

    /// The objects that an owner controls, sorted.
    pub fn owned_by<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Arc<Object>> {
        self.owned.get(uid).into_iter().flat_map(BTreeMap::values)
    }

    /// The pods that are bound to a node, sorted.
    pub fn on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Arc<Object>> {
        self.bound.get(node).into_iter().flat_map(BTreeMap::values)
    }

    /// How many pods are bound to a node.
    #[must_use]
    pub fn count_on(&self, node: &str) -> usize {
        self.bound.get(node).map_or(0, BTreeMap::len)
    }

    /// The changes after a revision, oldest first.
    ///
    /// # Errors
    /// [`Expired`] when some of them are forgotten.
    pub fn since(&self, revision: u64) -> Result<impl Iterator<Item = &Change>, Expired> {
        if revision < self.compacted {
            return Err(Expired {
                oldest: self.compacted,
            });
        }
        let seen = self.history.partition_point(|c| c.revision() <= revision);
        Ok(self.history.range(seen..))
    }

    /// Writes an object; one that is as it was before is not written again.
    pub fn put(&mut self, key: Key, value: Value) -> Arc<Object> {
        let object = Object::new(key, self.revision + 1, value);
        self.commit(object)
    }

    /// Writes the status of an object that has one.
    pub fn put_status(&mut self, key: &Key, status: &Value) -> Option<Arc<Object>> {
        let object = self.get(key)?.with_status(self.revision + 1, status)?;
        Some(self.commit(object))
    }

    fn commit(&mut self, object: Object) -> Arc<Object> {
        let before = self.get(&object.key).cloned();
        // The version is the store's; it makes no difference.
        if let Some(before) = before.as_ref().filter(|b| b.says_the_same_as(&object)) {
            return Arc::clone(before);
        }
        self.revision += 1;
        let object = Arc::new(object);
        if let Some(before) = &before {
            self.forget(before, Some(&object));
        }
        self.remember(&object);
        let place = (object.key.kind, Arc::clone(&object.key.namespace));
        let objects = self.objects.entry(place).or_default();
        objects.insert(Arc::clone(&object.key.name), Arc::clone(&object));
        self.changed(Change {
            object: Arc::clone(&object),
            before,
            deleted: false,
        });
        object
    }

    /// Takes an object away.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Object>> {
        let place = (key.kind, Arc::clone(&key.namespace));
        let before = self.objects.get_mut(&place)?.remove(&key.name)?;
        self.forget(&before, None);
        self.revision += 1;
        // A deletion is a version of its own, so that watches can go on after it.
        let object = Arc::new(Object::new(key.clone(), self.revision, before.value()));
        self.changed(Change {
            object: Arc::clone(&object),
            before: Some(before),
            deleted: true,
        });
        Some(object)
    }

    /// What the last write did, unless it is forgotten.
    #[must_use]
    pub fn latest(&self) -> Option<&Change> {
        self.history.back()
    }

    /// Forgets all changes up to a revision, as etcd does from time to time.
    pub fn compact(&mut self, revision: u64) {
        let seen = self.history.partition_point(|c| c.revision() <= revision);
        self.history.drain(..seen);
        self.compacted = self.compacted.max(revision.min(self.revision));
    }

    fn changed(&mut self, change: Change) {
        self.history.push_back(change);
        while self.history.len() > self.limit {
            if let Some(oldest) = self.history.pop_front() {
                self.compacted = oldest.revision();
            }
        }
    }

    fn remember(&mut self, object: &Arc<Object>) {
        let indices = [
            (&mut self.owned, &object.controller),
            (&mut self.bound, &object.node),
        ];
        for (index, at) in indices {
            if let Some(at) = at {
                let objects = index.entry(Arc::clone(at)).or_default();
                objects.insert(object.key.clone(), Arc::clone(object));
            }
        }
    }

    /// Takes an object out of the indices in which its next version, if there is one, does not take its
    /// place.
    fn forget(&mut self, object: &Object, next: Option<&Object>) {
        let indices = [
            (
                &mut self.owned,
                &object.controller,
                next.map(|next| &next.controller),
            ),
            (&mut self.bound, &object.node, next.map(|next| &next.node)),
        ];
        for (index, at, next) in indices {
            let Some(at) = at else { continue };
            if next.is_some_and(|next| next.as_ref() == Some(at)) {
                continue;
            }
            if let Some(objects) = index.get_mut(at) {
                objects.remove(&object.key);
                if objects.is_empty() {
                    index.remove(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str) -> Key {
        Key::new(Kind::Pod, "shop", name)
    }

    fn with(label: &str, node: Option<&str>) -> Value {
        json!({
            "metadata": {
                "uid": "u", "labels": {"app": label},
                "ownerReferences": [{"uid": "rs-1", "controller": true}]
            },
            "spec": {"nodeName": node}
        })
    }

    fn names(objects: impl IntoIterator<Item = Arc<Object>>) -> Vec<String> {
        let each = objects.into_iter();
        each.map(|o| format!("{}={}", o.key.name, o.labels["app"]))
            .collect()
    }

    #[test]
    fn every_write_is_a_revision_and_an_idle_one_is_none() {
        let mut store = Store::new(10);
        let first = store.put(pod("a"), with("x", None));
        let same = store.put(pod("a"), with("x", None));
        assert_eq!((first.revision, same.revision), (2, 2));
        let second = store.put(pod("a"), with("y", None));
        assert_eq!(second.revision, 3);
        let value = second.value();
        assert_eq!(value["metadata"]["resourceVersion"], "3");
        assert_eq!(
            (&value["kind"], &value["apiVersion"]),
            (&json!("Pod"), &json!("v1"))
        );
        let gone = store.remove(&pod("a")).expect("it was there");
        assert_eq!((gone.revision, store.revision()), (4, 4));
        assert!(store.remove(&pod("a")).is_none());
    }

    #[test]
    fn lists_keep_to_their_kind_and_namespace() {
        let mut store = Store::new(10);
        store.put(pod("b"), with("x", None));
        store.put(pod("a"), with("x", None));
        store.put(Key::new(Kind::Pod, "shop-2", "c"), with("x", None));
        store.put(Key::new(Kind::Ingress, "shop", "d"), with("x", None));
        store.put(Key::new(Kind::Job, "shop", "e"), with("x", None));
        let listed = |namespace| names(store.list(Kind::Pod, namespace).cloned());
        assert_eq!(listed(Some("shop")), ["a=x", "b=x"]);
        assert_eq!(listed(None), ["a=x", "b=x", "c=x"]);
        assert_eq!(listed(Some("sho")), Vec::<String>::new());
    }

    #[test]
    fn a_list_of_the_past_is_what_it_was_until_it_is_forgotten() {
        let mut store = Store::new(3);
        store.put(pod("a"), with("x", None));
        store.put(pod("b"), with("x", None));
        let then = store.revision();
        store.put(pod("a"), with("y", None));
        store.remove(&pod("b"));
        store.put(pod("c"), with("x", None));
        let past = store.list_at(Kind::Pod, Some("shop"), then);
        assert_eq!(
            past.map(names),
            Ok(vec!["a=x".to_owned(), "b=x".to_owned()])
        );
        store.put(pod("d"), with("x", None));
        let expired = store.list_at(Kind::Pod, None, then);
        assert_eq!(expired.map(names), Err(Expired { oldest: then + 1 }));
    }

    #[test]
    fn changes_are_told_from_a_revision_on() {
        let mut store = Store::new(10);
        store.put(pod("a"), with("x", None));
        let then = store.revision();
        store.put(pod("a"), with("y", None));
        store.remove(&pod("a"));
        let told: Vec<(u64, bool)> = store
            .since(then)
            .expect("it is known")
            .map(|c| (c.revision() - then, c.deleted))
            .collect();
        assert_eq!(told, [(1, false), (2, true)]);
        store.compact(store.revision());
        assert_eq!(store.since(then).err(), Some(Expired { oldest: then + 2 }));
        assert_eq!(store.since(then + 2).map(Iterator::count), Ok(0));
    }

    #[test]
    fn owners_and_nodes_know_what_is_theirs() {
        let mut store = Store::new(10);
        store.put(pod("a"), with("x", None));
        store.put(pod("b"), with("x", Some("n")));
        assert_eq!(names(store.owned_by("rs-1").cloned()), ["a=x", "b=x"]);
        store.put(pod("b"), with("y", Some("m")));
        assert_eq!((store.count_on("n"), store.count_on("m")), (0, 1));
        store.remove(&pod("b"));
        assert_eq!(names(store.owned_by("rs-1").cloned()), ["a=x"]);
        assert_eq!(store.count_on("m"), 0);
        assert_eq!(store.on_node("m").count(), 0);
    }
}
