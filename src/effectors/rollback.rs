//! Rollback: puts the template of an earlier revision of a Deployment back, as `kubectl rollout undo` does.
//!
//! A revision is a `ReplicaSet` that the Deployment owns; its template, without the label that tells
//! `ReplicaSets` apart, is the Deployment's of then.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use kube::api::{ApiResource, ListParams};
use kube::core::Selector;
use kube::{Api, Client};
use serde_json::{Value, json};

use super::failure::Attempt;
use super::rollout::{self, Templated};
use super::{EffectError, restart};
use crate::model::intent::{Accepted, Difference, Found, Operation, Revision, RollbackPreview};
use crate::model::key::TypeKey;
use crate::model::text;

/// Where the controller writes a revision's number.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label that tells the ReplicaSets of a Deployment apart.
const HASH: &str = "pod-template-hash";
/// What people write there about a rollout; the controller keeps it with the revision.
const CAUSE: &str = "kubernetes.io/change-cause";

/// What going back to a revision, or to the one before, would mean. Changes nothing.
///
/// # Errors
/// [`EffectError`] when the revisions cannot be read, or when there is none to go back to.
pub(super) async fn preview(
    client: &Client,
    target: &TypeKey,
    to: Option<u64>,
) -> Result<RollbackPreview, EffectError> {
    let api = rollout::api(client, target, &Operation::Rollback { to })?;
    let object = rollout::ready(&api, target).await?;
    let observed = object.status.as_ref().and_then(|s| s.observed_generation);
    if observed < object.metadata.generation {
        // The newest template has no number yet, so "the one before" would be one too far.
        return Err(EffectError::Refused {
            why: "its controller has not seen its last change yet; preview again in a moment"
                .into(),
        });
    }
    let sets = revisions(client, target, &object).await?;
    let invalid = |why: String| EffectError::Invalid { why: why.into() };
    let current = number(&object).unwrap_or(0);
    let from = sets.iter().find(|(number, _)| *number == current);
    let from = from.ok_or_else(|| {
        invalid(format!(
            "the ReplicaSet of its revision {current} is not there"
        ))
    })?;
    let kept: Vec<u64> = sets.iter().map(|(number, _)| *number).collect();
    let found = sets.iter().rev().find(|(number, _)| match to {
        Some(to) => *number == to,
        None => *number < current,
    });
    let to = match (found, to) {
        (Some((number, _)), _) if *number == current => {
            return Err(invalid(format!("revision {current} is what it has now")));
        }
        (Some(found), _) => found,
        (None, Some(to)) => {
            let kept = list(&kept);
            return Err(invalid(format!(
                "revision {to} is not kept any more: there are {kept}"
            )));
        }
        (None, None) => {
            return Err(invalid(format!(
                "there is no revision before {current}: nothing to go back to"
            )));
        }
    };
    let (old, new) = (template(&to.1), template(&from.1));
    if old == new {
        return Err(invalid(format!(
            "revision {} has the template that it has now",
            to.0
        )));
    }
    Ok(RollbackPreview {
        rollout: rollout::rollout(&object, target),
        difference: difference(&old, &new),
        from: revision(from.0, &from.1),
        to: revision(to.0, &to.1),
        kept,
    })
}

/// Puts the template back, once, provided that Deployment and revision are as they were previewed.
///
/// # Errors
/// [`EffectError`]; all variants but [`EffectError::Unknown`] mean that nothing was changed.
pub(super) async fn send(
    client: &Client,
    target: &TypeKey,
    preview: &RollbackPreview,
) -> Result<Accepted, EffectError> {
    let operation = Operation::Rollback { to: None };
    let api = rollout::api(client, target, &operation)?;
    let to = &preview.to;
    let key = TypeKey::new(&target.namespace, "ReplicaSet", &to.set);
    let attempt = Attempt {
        target: &key,
        verb: "read",
        rights: "get on replicasets",
        writes: false,
    };
    let set = attempt.done(sets(client, target).get(&to.set)).await?;
    let template = template(&set);
    if set.metadata.uid.as_deref() != Some(&*to.uid) || digest(&template) != to.digest {
        return Err(EffectError::Conflict {
            target: format!("revision {} of {}", to.number, target.name).into(),
        });
    }
    let mut whole = template;
    // The template is replaced, not merged with the one that is there.
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("$patch".to_owned(), json!("replace"));
    }
    let cause = set.metadata.annotations.as_ref().and_then(|a| a.get(CAUSE));
    rollout::change(
        &api,
        target,
        "roll back",
        &preview.rollout,
        json!({ CAUSE: cause }),
        whole,
    )
    .await
}

/// Whether the template is the one that was to be put back.
///
/// # Errors
/// [`EffectError`] when it cannot be read; [`EffectError::NotFound`] when it is gone.
pub(super) async fn look(
    client: &Client,
    target: &TypeKey,
    preview: &RollbackPreview,
) -> Result<Found, EffectError> {
    let operation = Operation::Rollback { to: None };
    let api = rollout::api(client, target, &operation)?;
    let is_back = |template: &Value| digest(template) == preview.to.digest;
    rollout::look(&api, target, &preview.rollout, is_back).await
}

fn sets(client: &Client, target: &TypeKey) -> Api<Templated> {
    let resource = ApiResource::erase::<ReplicaSet>(&());
    Api::namespaced_with(client.clone(), &target.namespace, &resource)
}

/// The revisions of a Deployment, oldest first.
async fn revisions(
    client: &Client,
    target: &TypeKey,
    deployment: &Templated,
) -> Result<Vec<(u64, Templated)>, EffectError> {
    let attempt = Attempt {
        target,
        verb: "list the revisions of",
        rights: "list on replicasets",
        writes: false,
    };
    // Its selector finds its own and perhaps others; the owner's uid tells them apart.
    let selector = Selector::try_from(deployment.spec.selector.clone()).unwrap_or_default();
    let params = ListParams::default().labels_from(&selector);
    let found = attempt.done(sets(client, target).list(&params)).await?;
    let is_own = |set: &Templated| {
        let owners = set.metadata.owner_references.iter().flatten();
        let mut controllers = owners.filter(|o| o.controller == Some(true));
        controllers.any(|o| Some(&o.uid) == deployment.metadata.uid.as_ref())
    };
    let own = found.items.into_iter().filter(is_own);
    let mut revisions: Vec<(u64, Templated)> =
        own.filter_map(|set| Some((number(&set)?, set))).collect();
    revisions.sort_by_key(|(number, _)| *number);
    Ok(revisions)
}

fn number(object: &Templated) -> Option<u64> {
    let annotations = object.metadata.annotations.as_ref()?;
    annotations.get(REVISION)?.parse().ok()
}

/// The template of a revision as its Deployment had it.
fn template(set: &Templated) -> Value {
    let mut template = set.spec.template.clone();
    if let Some(Value::Object(labels)) = template.pointer_mut("/metadata/labels") {
        labels.remove(HASH);
    }
    template
}

fn digest(template: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    template.to_string().hash(&mut hasher);
    hasher.finish()
}

fn revision(number: u64, set: &Templated) -> Revision {
    let template = template(set);
    let metadata = &set.metadata;
    let created = metadata.creation_timestamp.as_ref();
    Revision {
        number,
        set: text::name(metadata.name.as_deref().unwrap_or_default()),
        uid: text::name(metadata.uid.as_deref().unwrap_or_default()),
        digest: digest(&template),
        images: rollout::images(&template),
        created: created.map(|at| -> Timestamp { at.0 }),
    }
}

fn difference(old: &Value, new: &Value) -> Difference {
    let unmarked = |template: &Value| {
        let mut template = template.clone();
        if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
            if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
                annotations.remove(restart::MARK);
            }
            // None and no more are the same.
            metadata.retain(|_, v| !v.is_null() && v.as_object().is_none_or(|o| !o.is_empty()));
        }
        template
    };
    if rollout::images(old) != rollout::images(new) {
        Difference::Images
    } else if unmarked(old) == unmarked(new) {
        Difference::Restart
    } else {
        Difference::Other
    }
}

fn list(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::tests::{failure, server};
    use super::*;

    fn cart() -> TypeKey {
        TypeKey::new("shop", "Deployment", "cart")
    }

    fn deployment(revision: u64, generations: (i64, i64)) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "cart", "namespace": "shop", "uid": "uid-cart",
                "resourceVersion": "41", "generation": generations.0,
                "annotations": {(REVISION): revision.to_string(), (CAUSE): "a bad idea"}
            },
            "spec": {
                "replicas": 3, "selector": {"matchLabels": {"app": "cart"}},
                "template": {"metadata": {"labels": {"app": "cart"}}}
            },
            "status": {"observedGeneration": generations.1}
        })
    }

    /// A revision, with what makes its container different.
    fn set(revision: u64, container: &Value, owner: &str) -> Value {
        let mut container = container.clone();
        container["name"] = json!("main");
        json!({
            "metadata": {
                "name": format!("cart-{revision}"), "namespace": "shop", "uid": format!("uid-{revision}"),
                "annotations": {(REVISION): revision.to_string(), (CAUSE): format!("cause {revision}")},
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": owner, "controller": true
                }]
            },
            "spec": {
                "replicas": 0, "selector": {"matchLabels": {"app": "cart"}},
                "template": {
                    "metadata": {"labels": {"app": "cart", (HASH): format!("h{revision}")}},
                    "spec": {"containers": [container], "fieldOfTomorrow": true}
                }
            }
        })
    }

    fn image(tag: u64) -> Value {
        json!({"image": format!("cart:{tag}")})
    }

    /// Revisions 1, 2 and 4, of which 4 is current, and one of a namesake that is gone.
    fn sets() -> Vec<Value> {
        vec![
            set(4, &image(4), "uid-cart"),
            set(1, &image(1), "uid-cart"),
            set(3, &image(3), "uid-of-another"),
            set(2, &image(2), "uid-cart"),
        ]
    }

    type Sent = Arc<Mutex<Vec<Value>>>;

    /// A server with one Deployment and these ReplicaSets.
    fn cluster(deployment: Value, sets: Vec<Value>) -> (Client, Sent) {
        server(move |method, path| {
            let (_, name) = path.rsplit_once('/').unwrap_or_default();
            match (method, name) {
                ("GET" | "PATCH", "cart") => (200, deployment.clone()),
                ("GET", "replicasets") => (
                    200,
                    json!({"apiVersion": "apps/v1", "kind": "ReplicaSetList", "metadata": {}, "items": sets}),
                ),
                ("GET", name) => match sets.iter().find(|s| s["metadata"]["name"] == name) {
                    Some(set) => (200, set.clone()),
                    None => failure(404, path),
                },
                _ => failure(405, path),
            }
        })
    }

    #[tokio::test]
    async fn the_revision_before_is_found_among_its_own() {
        let (client, sent) = cluster(deployment(4, (9, 9)), sets());
        let preview = preview(&client, &cart(), None).await.expect("a preview");
        assert_eq!((preview.from.number, preview.to.number), (4, 2));
        assert_eq!(preview.from.images, ["cart:4".into()]);
        assert_eq!(preview.to.images, ["cart:2".into()]);
        assert_eq!(&*preview.to.set, "cart-2");
        assert_eq!(preview.kept, [1, 2, 4], "not that of another owner");
        assert_eq!(preview.difference, Difference::Images);
        assert_eq!(&*preview.rollout.resource_version, "41");
        assert!(sent.lock().expect("whole").is_empty(), "nothing is written");
    }

    #[tokio::test]
    async fn a_named_revision_is_found_or_it_is_said_which_there_are() {
        let (client, _) = cluster(deployment(4, (9, 9)), sets());
        let named = preview(&client, &cart(), Some(1)).await.expect("a preview");
        assert_eq!(named.to.number, 1);
        for (to, why) in [
            (3, "revision 3 is not kept any more: there are 1, 2, 4"),
            (4, "revision 4 is what it has now"),
        ] {
            let error = preview(&client, &cart(), Some(to)).await;
            let error = error.expect_err("it is refused").to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }

    #[tokio::test]
    async fn where_there_is_nothing_to_go_back_to_it_is_said() {
        for (deployment, sets, why) in [
            (
                deployment(4, (9, 9)),
                vec![set(4, &image(4), "uid-cart")],
                "there is no revision before 4",
            ),
            // It was rolled out a moment ago: the newest revision has no number yet.
            (
                deployment(4, (10, 9)),
                sets(),
                "its controller has not seen its last change yet",
            ),
            (
                deployment(5, (9, 9)),
                sets(),
                "the ReplicaSet of its revision 5 is not there",
            ),
            (
                deployment(4, (9, 9)),
                vec![set(2, &image(4), "uid-cart"), set(4, &image(4), "uid-cart")],
                "revision 2 has the template that it has now",
            ),
        ] {
            let (client, _) = cluster(deployment, sets);
            let error = preview(&client, &cart(), None).await;
            let error = error.expect_err("it is refused").to_string();
            assert!(error.starts_with(why), "{error}");
        }
        let daemon = TypeKey::new("shop", "DaemonSet", "cart");
        let (client, _) = cluster(deployment(4, (9, 9)), sets());
        let refused = preview(&client, &daemon, None).await;
        assert!(matches!(refused, Err(EffectError::Invalid { .. })));
    }

    #[tokio::test]
    async fn what_differs_is_told() {
        let mut restarted = set(4, &image(1), "uid-cart");
        restarted["spec"]["template"]["metadata"]["annotations"] =
            json!({(restart::MARK): "2026-03-01T13:03:12Z"});
        let other = set(
            4,
            &json!({"image": "cart:1", "env": [{"name": "A", "value": "b"}]}),
            "uid-cart",
        );
        for (current, difference) in [
            (restarted, Difference::Restart),
            (other, Difference::Other),
            (set(4, &image(4), "uid-cart"), Difference::Images),
        ] {
            let sets = vec![set(1, &image(1), "uid-cart"), current];
            let (client, _) = cluster(deployment(4, (9, 9)), sets);
            let preview = preview(&client, &cart(), None).await.expect("a preview");
            assert_eq!(preview.difference, difference);
        }
    }

    #[tokio::test]
    async fn the_whole_template_is_put_back_once_with_the_previewed_version() {
        let (client, sent) = cluster(deployment(4, (9, 9)), sets());
        let preview = preview(&client, &cart(), None).await.expect("a preview");
        let accepted = send(&client, &cart(), &preview).await;
        let generation = Some(9);
        assert_eq!(accepted, Ok(Accepted { generation }));
        let expected = json!({
            "metadata": {"resourceVersion": "41", "annotations": {(CAUSE): "cause 2"}},
            "spec": {"template": {
                "$patch": "replace",
                "metadata": {"labels": {"app": "cart"}},
                "spec": {"containers": [{"name": "main", "image": "cart:2"}], "fieldOfTomorrow": true}
            }}
        });
        assert_eq!(*sent.lock().expect("whole"), [expected]);
    }

    #[tokio::test]
    async fn a_revision_that_is_another_one_by_now_is_not_put_back() {
        let (client, _) = cluster(deployment(4, (9, 9)), sets());
        let preview = preview(&client, &cart(), None).await.expect("a preview");
        let mut remade = set(2, &image(2), "uid-cart");
        remade["metadata"]["uid"] = json!("uid-new");
        for changed in [set(2, &image(9), "uid-cart"), remade] {
            let (client, sent) = cluster(deployment(4, (9, 9)), vec![changed]);
            let error = send(&client, &cart(), &preview).await;
            assert_eq!(
                error.expect_err("it is refused").to_string(),
                "revision 2 of cart has changed since the preview; look again and repeat"
            );
            assert!(sent.lock().expect("whole").is_empty());
        }
        let (client, _) = cluster(deployment(4, (9, 9)), Vec::new());
        let gone = send(&client, &cart(), &preview).await;
        assert!(matches!(gone, Err(EffectError::NotFound { .. })));
    }
}
