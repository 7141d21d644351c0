//! Workloads: what they want and what they have, each by its own way of counting.

use crate::model::observation::{Fact, Kind, Trouble, WorkloadFact};

use super::super::lean::{
    Condition, CronJob, DaemonSet, Deployment, Job, Lean, Metadata, ReplicaSet, StatefulSet,
    Template,
};
use super::pod::{images, mentions};
use super::{
    Observe, Observed, condition, count, meta, own_names, parameters, some_message, some_name,
    truth,
};

/// The part that is the same for all; the counts follow.
fn workload(kind: Kind, metadata: &Metadata, template: Option<&Template>) -> Option<WorkloadFact> {
    let spec = template.and_then(|template| template.spec.as_ref());
    let mut meta = meta(metadata)?;
    if let (Some(template), Some(spec)) = (template, spec) {
        meta.own_names = own_names::of_template(spec, template.metadata.as_ref(), metadata);
    }
    Some(WorkloadFact {
        kind,
        meta,
        generation: metadata.generation,
        observed_generation: None,
        desired: None,
        current: 0,
        ready: 0,
        updated: None,
        failed: 0,
        suspended: false,
        schedule: None,
        images: spec.map(images).unwrap_or_default(),
        troubles: Vec::new(),
        complete: false,
        mentions: spec.map(mentions).unwrap_or_default(),
        parameters: spec.map(parameters::of).unwrap_or_default(),
    })
}

fn said(fact: WorkloadFact) -> Observed {
    Observed::Fact(Fact::Workload(Box::new(fact)))
}

/// A condition that tells of trouble when it has this value.
fn trouble(conditions: Option<&Vec<Condition>>, kind: &str, when: bool) -> Option<Trouble> {
    let condition = condition(conditions, kind).filter(|c| truth(c) == Some(when))?;
    Some(Trouble {
        reason: some_name(condition.reason.as_ref()).unwrap_or_else(|| kind.into()),
        message: some_message(condition.message.as_ref()).unwrap_or_default(),
    })
}

/// The three kinds with replicas are read alike.
macro_rules! replicas {
    ($($name:ident),*) => {
        $(impl Observe for $name {
            fn observe(&self) -> Option<Observed> {
                let spec = self.spec.as_ref();
                let status = self.status.as_ref();
                let template = spec.and_then(|s| s.template.as_ref());
                let conditions = status.and_then(|s| s.conditions.as_ref());
                let progress = trouble(conditions, "Progressing", false);
                let failure = trouble(conditions, "ReplicaFailure", true);
                Some(said(WorkloadFact {
                    observed_generation: status.and_then(|s| s.observed_generation),
                    // The API defines 1 for a missing number.
                    desired: Some(spec.and_then(|s| s.replicas).map_or(1, |n| count(Some(n)))),
                    current: count(status.and_then(|s| s.replicas)),
                    ready: count(status.and_then(|s| s.ready_replicas)),
                    // The server leaves out zeros, so a status without it means none; a
                    // ReplicaSet has one template only and never says.
                    updated: (Self::KIND != Kind::ReplicaSet)
                        .then(|| count(status.and_then(|s| s.updated_replicas))),
                    suspended: spec.and_then(|s| s.paused).unwrap_or(false),
                    troubles: progress.into_iter().chain(failure).collect(),
                    ..workload(Self::KIND, &self.metadata, template)?
                }))
            }
        })*
    };
}

replicas!(Deployment, StatefulSet, ReplicaSet);

impl Observe for DaemonSet {
    fn observe(&self) -> Option<Observed> {
        let status = self.status.as_ref();
        let template = self.spec.as_ref().and_then(|s| s.template.as_ref());
        Some(said(WorkloadFact {
            observed_generation: status.and_then(|s| s.observed_generation),
            desired: Some(count(status.and_then(|s| s.desired_number_scheduled))),
            current: count(status.and_then(|s| s.current_number_scheduled)),
            ready: count(status.and_then(|s| s.number_ready)),
            updated: Some(count(status.and_then(|s| s.updated_number_scheduled))),
            ..workload(Self::KIND, &self.metadata, template)?
        }))
    }
}

impl Observe for Job {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref();
        let status = self.status.as_ref();
        let conditions = status.and_then(|s| s.conditions.as_ref());
        let wanted = spec.and_then(|s| s.completions.or(s.parallelism));
        let template = spec.and_then(|s| s.template.as_ref());
        Some(said(WorkloadFact {
            desired: Some(wanted.map_or(1, |n| count(Some(n)))),
            current: count(status.and_then(|s| s.active)),
            ready: count(status.and_then(|s| s.succeeded)),
            failed: count(status.and_then(|s| s.failed)),
            suspended: spec.and_then(|s| s.suspend).unwrap_or(false),
            troubles: trouble(conditions, "Failed", true).into_iter().collect(),
            complete: condition(conditions, "Complete").and_then(truth) == Some(true),
            ..workload(Self::KIND, &self.metadata, template)?
        }))
    }
}

impl Observe for CronJob {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref();
        let job = spec.and_then(|s| s.job_template.as_ref());
        let template = job
            .and_then(|job| job.spec.as_ref())
            .and_then(|s| s.template.as_ref());
        let active = self.status.as_ref().and_then(|s| s.active.as_ref());
        Some(said(WorkloadFact {
            current: u32::try_from(active.map_or(0, Vec::len)).unwrap_or(u32::MAX),
            suspended: spec.and_then(|s| s.suspend).unwrap_or(false),
            schedule: some_name(spec.and_then(|s| s.schedule.as_ref())),
            ..workload(Self::KIND, &self.metadata, template)?
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::fact;
    use super::*;
    use crate::model::declared::digest;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "fixtures are written where they are used"
    )]
    fn workload<K: Observe>(spec: Value, status: Value) -> WorkloadFact {
        let metadata = json!({"name": "w", "namespace": "shop", "uid": "u", "generation": 7});
        match fact::<K>(json!({"metadata": metadata, "spec": spec, "status": status})) {
            Fact::Workload(workload) => *workload,
            other => panic!("no workload: {other:?}"),
        }
    }

    fn counts(w: &WorkloadFact) -> (Option<u32>, u32, u32, Option<u32>) {
        (w.desired, w.current, w.ready, w.updated)
    }

    #[test]
    fn each_kind_counts_in_its_own_way() {
        let status = json!({"observedGeneration": 7, "replicas": 3, "readyReplicas": 2, "updatedReplicas": 1});
        let w = workload::<Deployment>(json!({"replicas": 4}), status.clone());
        assert_eq!(counts(&w), (Some(4), 3, 2, Some(1)));
        assert_eq!((w.generation, w.observed_generation), (Some(7), Some(7)));
        let w = workload::<StatefulSet>(json!({"replicas": 0}), status.clone());
        assert_eq!(counts(&w), (Some(0), 3, 2, Some(1)));
        let w = workload::<ReplicaSet>(json!({}), json!({"replicas": 1}));
        assert_eq!(counts(&w), (Some(1), 1, 0, None));
        let w = workload::<DaemonSet>(
            json!({}),
            json!({"desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3, "updatedNumberScheduled": 2}),
        );
        assert_eq!(counts(&w), (Some(5), 4, 3, Some(2)));
        let w = workload::<Job>(
            json!({"completions": 6, "parallelism": 2}),
            json!({"active": 2, "succeeded": 3, "failed": 1}),
        );
        assert_eq!(counts(&w), (Some(6), 2, 3, None));
        assert_eq!(w.failed, 1);
        let w = workload::<Job>(json!({"parallelism": 2}), Value::Null);
        assert_eq!(w.desired, Some(2));
        let w = workload::<CronJob>(
            json!({"schedule": "*/5 * * * *", "suspend": true}),
            json!({"active": [{"name": "a"}, {"name": "b"}]}),
        );
        assert_eq!(counts(&w), (None, 2, 0, None));
        assert!(w.suspended);
        assert_eq!(w.schedule.as_deref(), Some("*/5 * * * *"));
    }

    #[test]
    fn nothing_and_nulls_are_the_defaults_of_the_api() {
        for (spec, status) in [
            (Value::Null, Value::Null),
            (
                json!({"replicas": null, "template": null}),
                json!({"replicas": null, "conditions": null}),
            ),
        ] {
            let w = workload::<Deployment>(spec.clone(), status.clone());
            assert_eq!(counts(&w), (Some(1), 0, 0, Some(0)));
            assert_eq!(
                counts(&workload::<Job>(Value::Null, Value::Null)).0,
                Some(1)
            );
            assert_eq!(counts(&workload::<CronJob>(spec, status)).0, None);
        }
    }

    #[test]
    fn conditions_of_trouble_are_told_and_others_are_not() {
        let of = |conditions: Value| -> Vec<String> {
            workload::<Deployment>(json!({}), json!({"conditions": conditions}))
                .troubles
                .iter()
                .map(|t| t.reason.to_string())
                .collect()
        };
        assert_eq!(
            of(json!([
                {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"},
                {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"},
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"}
            ])),
            ["ProgressDeadlineExceeded", "FailedCreate"]
        );
        assert!(of(json!([{"type": "Progressing", "status": "Unknown"}])).is_empty());
        let job = |kind: &str| {
            let conditions =
                json!([{"type": kind, "status": "True", "reason": "BackoffLimitExceeded"}]);
            workload::<Job>(json!({}), json!({"conditions": conditions}))
        };
        assert!(job("Complete").complete && job("Complete").troubles.is_empty());
        assert!(!job("Failed").complete && job("Failed").troubles.len() == 1);
    }

    #[test]
    fn the_template_gives_images_and_mentions() {
        let template = json!({"spec": {
            "initContainers": [{"name": "i", "image": "init:1"}],
            "containers": [{"name": "c", "image": "main:2", "env": [{"name": "DB_HOST", "value": "db"}]}]
        }});
        let found = [
            workload::<Deployment>(json!({"template": template}), Value::Null),
            workload::<CronJob>(
                json!({"jobTemplate": {"spec": {"template": template}}}),
                Value::Null,
            ),
        ];
        for w in found {
            assert_eq!(w.images, ["init:1".into(), "main:2".into()]);
            assert_eq!(w.mentions.first().map(|m| m.host), Some(digest("db")));
        }
    }
}
