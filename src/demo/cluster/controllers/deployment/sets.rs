//! The ReplicaSets of a Deployment: which one has its template, and which ones had.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::super::kind::Kind;
use super::super::super::object::{Key, Object};
use super::super::super::{Cluster, json, naming};
use super::{REVISION, Wanted};

/// The number that the Deployment had when it last set a ReplicaSet's.
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// That number with its surge.
const MOST: &str = "deployment.kubernetes.io/max-replicas";
/// The revisions that a ReplicaSet was before.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// Tells the pods of a Deployment's ReplicaSets apart.
const HASH: &str = "pod-template-hash";
/// What is said of one Deployment only.
const NOT_COPIED: [&str; 5] = [
    REVISION,
    DESIRED,
    MOST,
    HISTORY,
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// A ReplicaSet.
pub(super) struct Set {
    pub(super) object: Arc<Object>,
    pub(super) value: Value,
}

/// Those of a Deployment.
pub(super) struct Sets {
    /// The one with the wanted template.
    pub(super) current: Option<Set>,
    /// The others, oldest first.
    pub(super) old: Vec<Set>,
}

impl Sets {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(&self.current)
    }
}

impl Set {
    fn of(object: &Arc<Object>) -> Self {
        Self {
            object: Arc::clone(object),
            value: object.value(),
        }
    }

    /// How many pods it is to have.
    pub(super) fn wanted(&self) -> i64 {
        json::number(&self.value, "/spec/replicas").unwrap_or_default()
    }

    /// How many it has.
    pub(super) fn there(&self) -> i64 {
        json::number(&self.value, "/status/replicas").unwrap_or_default()
    }

    /// How many of them are ready.
    pub(super) fn ready(&self) -> i64 {
        json::number(&self.value, "/status/readyReplicas").unwrap_or_default()
    }

    /// How many of them are available.
    pub(super) fn available(&self) -> i64 {
        json::number(&self.value, "/status/availableReplicas").unwrap_or_default()
    }

    /// How many pods it has that are on their way out.
    pub(super) fn leaving(&self) -> i64 {
        json::number(&self.value, "/status/terminatingReplicas").unwrap_or_default()
    }

    /// Which version of the template it is.
    pub(super) fn revision(&self) -> i64 {
        annotation(&self.value, REVISION)
            .parse()
            .unwrap_or_default()
    }

    /// Whether the Deployment's number was another one when this one's was set.
    pub(super) fn was_scaled(&self, replicas: i64) -> bool {
        let before = annotation(&self.value, DESIRED).parse();
        self.wanted() > 0 && before.is_ok_and(|before: i64| before != replicas)
    }

    /// The most pods that the Deployment allowed when this one's number was set.
    pub(super) fn most(&self) -> Option<i64> {
        annotation(&self.value, MOST).parse().ok()
    }

    /// Writes a number into it.
    pub(super) fn note_size(&mut self, wanted: &Wanted, to: i64) {
        if self.wanted() != to {
            let generation = json::number(&self.value, "/metadata/generation").unwrap_or_default();
            json::set(&mut self.value, "/metadata/generation", generation + 1);
        }
        json::set(&mut self.value, "/spec/replicas", to);
        annotate(&mut self.value, DESIRED, &wanted.replicas.to_string());
        annotate(
            &mut self.value,
            MOST,
            &(wanted.replicas + wanted.surge).to_string(),
        );
    }

    /// Its template without what it got from the Deployment's controller.
    fn template(&self) -> Value {
        let mut template = json::at(&self.value, "/spec/template").clone();
        json::take(&mut template, &format!("/metadata/labels/{HASH}"));
        template
    }
}

impl Cluster {
    /// The ReplicaSets that a Deployment controls.
    pub(super) fn sets_of(&self, wanted: &Wanted) -> Sets {
        let owned = self.store.owned_by(&wanted.object.uid);
        let mut old: Vec<Set> = owned
            .filter(|one| one.key.kind == Kind::ReplicaSet && !one.deleting)
            .map(Set::of)
            .collect();
        old.sort_by_key(|set| (set.object.created, set.object.key.clone()));
        let template = json::at(&wanted.value, "/spec/template");
        let place = old.iter().position(|set| set.template() == *template);
        let current = place.map(|place| old.remove(place));
        Sets { current, old }
    }

    /// Makes sure that there is a ReplicaSet of the wanted template and that it has the highest revision.
    pub(super) fn current_set(&mut self, wanted: &mut Wanted, sets: &mut Sets) {
        let highest = sets.old.iter().map(Set::revision).max().unwrap_or_default() + 1;
        if let Some(set) = &mut sets.current {
            let before = json::at(&set.value, "/metadata/annotations").clone();
            copy_annotations(&wanted.value, &mut set.value);
            let revision = set.revision();
            if revision < highest {
                let history = annotation(&set.value, HISTORY).to_owned();
                if revision > 0 {
                    let before = revision.to_string();
                    let history = [history, before]
                        .into_iter()
                        .filter(|part| !part.is_empty());
                    let history = history.collect::<Vec<String>>().join(",");
                    annotate(&mut set.value, HISTORY, &history);
                }
                annotate(&mut set.value, REVISION, &highest.to_string());
            }
            if *json::at(&set.value, "/metadata/annotations") != before {
                set.object = self.write(set.object.key.clone(), set.value.clone());
            }
        } else {
            sets.current = Some(self.make_set(wanted, sets, highest));
        }
        let revision = sets.current.as_ref().map(Set::revision).unwrap_or_default();
        let revision = revision.to_string();
        if annotation(&wanted.value, REVISION) != revision {
            annotate(&mut wanted.value, REVISION, &revision);
            self.note(wanted.key().clone(), wanted.value.clone());
        }
    }

    fn make_set(&mut self, wanted: &Wanted, sets: &Sets, revision: i64) -> Set {
        let template = json::at(&wanted.value, "/spec/template");
        let (name, hash) = self.free_name(wanted.key(), template);
        let mut template = template.clone();
        json::set(
            &mut template,
            &format!("/metadata/labels/{HASH}"),
            hash.as_str(),
        );
        let mut selector = json::at(&wanted.value, "/spec/selector").clone();
        json::set(
            &mut selector,
            &format!("/matchLabels/{HASH}"),
            hash.as_str(),
        );
        let labels = json::at(&template, "/metadata/labels").clone();
        let there: i64 = sets.all().map(Set::wanted).sum();
        let room = (wanted.replicas + wanted.surge - there).max(0);
        // What is recreated starts when nothing is left.
        let first = match (wanted.recreate, there) {
            (true, 0) => wanted.replicas,
            (true, _) => 0,
            (false, _) => room.min(wanted.replicas),
        };
        let mut value = json!({
            "metadata": {"name": name, "labels": labels},
            "spec": {"replicas": 0, "selector": selector, "template": template}
        });
        let min_ready = json::at(&wanted.value, "/spec/minReadySeconds");
        if !min_ready.is_null() {
            json::set(&mut value, "/spec/minReadySeconds", min_ready.clone());
        }
        copy_annotations(&wanted.value, &mut value);
        annotate(&mut value, REVISION, &revision.to_string());
        let mut set = Set {
            object: Arc::clone(&wanted.object),
            value,
        };
        set.note_size(wanted, first);
        set.object = self.make_owned(
            wanted.key(),
            &wanted.object.uid,
            Kind::ReplicaSet,
            set.value,
        );
        set.value = set.object.value();
        self.say_scaled(wanted, &set, 0, first);
        set
    }

    /// A name that no other ReplicaSet has.
    fn free_name(&self, deployment: &Key, template: &Value) -> (String, String) {
        let mut round = 0;
        loop {
            let hash = naming::template_hash(template, round);
            let name = format!("{}-{hash}", deployment.name);
            let key = Key::new(Kind::ReplicaSet, &deployment.namespace, &name);
            if self.store.get(&key).is_none() {
                return (name, hash);
            }
            round += 1;
        }
    }
}

fn path(annotation: &str) -> String {
    format!(
        "/metadata/annotations/{}",
        annotation.replace('~', "~0").replace('/', "~1")
    )
}

fn annotation<'a>(value: &'a Value, name: &str) -> &'a str {
    json::text(value, &path(name))
}

fn annotate(value: &mut Value, name: &str, to: &str) {
    json::set(value, &path(name), to);
}

/// A ReplicaSet carries its Deployment's annotations, for example why it was changed.
fn copy_annotations(from: &Value, to: &mut Value) {
    let given = json::at(from, "/metadata/annotations").as_object();
    for (name, text) in given.into_iter().flatten() {
        if !NOT_COPIED.contains(&name.as_str()) {
            json::set(to, &path(name), text.clone());
        }
    }
}
