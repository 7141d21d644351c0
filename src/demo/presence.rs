//! Who is there to answer: the pods of each component, kept up to date from what changes in the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cluster::json;
use super::cluster::kind::Kind;
use super::cluster::object::Object;
use super::cluster::store::Store;

/// A pod, as far as traffic is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: Arc<str>,
    /// Its identity.
    pub uid: Arc<str>,
    /// Its address; empty before it has one.
    pub ip: Arc<str>,
    /// The tag of its first container's image.
    pub version: Arc<str>,
    /// Whether it gets requests.
    pub is_ready: bool,
}

/// The pods of some namespaces, by the component that they are of (their label `app`).
#[derive(Debug, Default)]
pub struct Presence {
    namespaces: BTreeSet<Arc<str>>,
    /// The store's revision up to which this is known.
    seen: u64,
    pods: BTreeMap<Place, BTreeMap<Arc<str>, Pod>>,
}

/// A namespace, and a component in it.
type Place = (Arc<str>, Arc<str>);

impl Presence {
    /// Of these namespaces; nothing is known before the first [`Presence::follow`].
    pub fn of_namespaces(namespaces: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            namespaces: namespaces.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Takes in what has changed.
    pub fn follow(&mut self, store: &Store) {
        if self.seen == store.revision() {
            return;
        }
        let changes: Option<Vec<_>> = store
            .since(self.seen)
            .ok()
            .map(|changes| changes.cloned().collect());
        if let Some(changes) = changes {
            for change in changes {
                self.take(&change.object, change.deleted);
            }
        } else {
            // Too far behind: from the beginning.
            self.pods.clear();
            for object in store.list(Kind::Pod, None) {
                self.take(object, false);
            }
        }
        self.seen = store.revision();
    }

    fn take(&mut self, object: &Object, is_gone: bool) {
        let key = &object.key;
        if key.kind != Kind::Pod || !self.namespaces.contains(&key.namespace) {
            return;
        }
        let Some(app) = object.labels.get("app") else {
            return;
        };
        let place = (Arc::clone(&key.namespace), Arc::from(app.as_str()));
        let pods = self.pods.entry(place).or_default();
        if is_gone {
            pods.remove(&key.name);
            return;
        }
        let value = object.value();
        let is_ready = json::items(&value, "/status/conditions").any(|condition| {
            json::text(condition, "/type") == "Ready" && json::text(condition, "/status") == "True"
        });
        let image = json::text(&value, "/spec/containers/0/image");
        let pod = Pod {
            name: Arc::clone(&key.name),
            uid: Arc::clone(&object.uid),
            ip: json::text(&value, "/status/podIP").into(),
            version: image.rsplit_once(':').map_or("", |(_, tag)| tag).into(),
            is_ready: is_ready && json::at(&value, "/metadata/deletionTimestamp").is_null(),
        };
        pods.insert(Arc::clone(&key.name), pod);
    }

    /// The pods of a component, by name.
    pub fn of<'a>(
        &'a self,
        namespace: &Arc<str>,
        component: &Arc<str>,
    ) -> impl Iterator<Item = &'a Pod> {
        let place = (Arc::clone(namespace), Arc::clone(component));
        self.pods.get(&place).into_iter().flat_map(BTreeMap::values)
    }

    /// Those of them that get requests.
    pub fn ready<'a>(
        &'a self,
        namespace: &Arc<str>,
        component: &Arc<str>,
    ) -> impl Iterator<Item = &'a Pod> {
        self.of(namespace, component).filter(|pod| pod.is_ready)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::cluster::object::Key;
    use super::*;

    fn pod(app: &str, ready: &str) -> Value {
        json!({
            "metadata": {"uid": "u", "labels": {"app": app}},
            "spec": {"containers": [{"image": "registry:5000/cart:1.2"}]},
            "status": {"podIP": "10.244.0.7", "conditions": [{"type": "Ready", "status": ready}]}
        })
    }

    fn ready(presence: &Presence) -> Vec<(String, bool)> {
        presence
            .of(&"shop".into(), &"cart".into())
            .map(|pod| (pod.name.to_string(), pod.is_ready))
            .collect()
    }

    #[test]
    fn it_follows_what_changes_and_starts_anew_where_it_lost_the_thread() {
        let mut store = Store::new(2);
        let mut presence = Presence::of_namespaces(["shop".into()]);
        let key = |name| Key::new(Kind::Pod, "shop", name);
        for name in ["a", "b", "c"] {
            store.put(key(name), pod("cart", "True"));
        }
        store.put(Key::new(Kind::Pod, "bank", "d"), pod("cart", "True"));
        presence.follow(&store);
        assert_eq!(ready(&presence).len(), 3, "though the first is forgotten");
        store.put(key("a"), pod("cart", "False"));
        store.remove(&key("b"));
        presence.follow(&store);
        assert_eq!(
            ready(&presence),
            [("a".to_owned(), false), ("c".to_owned(), true)]
        );
        let namespace = "shop".into();
        let first = presence.of(&namespace, &"cart".into()).next();
        let first = first.expect("it is there");
        assert_eq!((&*first.version, &*first.ip), ("1.2", "10.244.0.7"));
    }

    #[test]
    fn a_pod_that_is_on_its_way_out_gets_no_requests() {
        let mut store = Store::new(2);
        let mut presence = Presence::of_namespaces(["shop".into()]);
        let mut leaving = pod("cart", "True");
        json::set(
            &mut leaving,
            "/metadata/deletionTimestamp",
            "2026-01-01T00:00:00Z",
        );
        store.put(Key::new(Kind::Pod, "shop", "a"), leaving);
        presence.follow(&store);
        assert_eq!(ready(&presence), [("a".to_owned(), false)]);
    }
}
