//! CronJobs: a Job at each time of a schedule, and the last few kept.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/>

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, json};
use super::job::outcome;
use super::schedule::Schedule;

const NAME: &str = "cronjob-controller";

impl Cluster {
    /// Makes the Job that is due, forgets old ones, and says when the last one was.
    pub(super) fn reconcile_cron_job(&mut self, key: &Key) {
        let Some(cron) = self.store.get(key).cloned() else {
            return;
        };
        let mut value = cron.value();
        if cron.deleting {
            return;
        }
        let about = About::object(&cron);
        let owned = self.store.owned_by(&cron.uid);
        let mut jobs: Vec<(Arc<Object>, Value)> = owned
            .filter(|one| one.key.kind == Kind::Job && !one.deleting)
            .map(|job| (Arc::clone(job), job.value()))
            .collect();
        jobs.sort_by_key(|(job, _)| (job.created, job.key.clone()));
        self.note_ended(&mut value, &about, &jobs);
        let mut active: Vec<Value> = jobs
            .iter()
            .filter(|(_, job)| outcome(job).is_none())
            .map(|(job, _)| reference(job))
            .collect();
        if json::at(&value, "/spec/suspend") != true {
            self.start_due(&cron, &mut value, &mut active);
        }
        for (outcome, limit) in [
            ("Complete", "successfulJobsHistoryLimit"),
            ("Failed", "failedJobsHistoryLimit"),
        ] {
            self.forget_jobs(&value, &about, &jobs, outcome, limit);
        }
        if active.is_empty() {
            json::take(&mut value, "/status/active");
        } else {
            json::set(&mut value, "/status/active", active);
        }
        self.write(key.clone(), value);
    }

    /// The Jobs that ended since they were last looked at.
    fn note_ended(&mut self, cron: &mut Value, about: &About, jobs: &[(Arc<Object>, Value)]) {
        for (job, value) in jobs {
            let Some(outcome) = outcome(value) else {
                continue;
            };
            let known = json::items(cron, "/status/active");
            let was_active = known
                .into_iter()
                .any(|one| json::text(one, "/uid") == &*job.uid);
            if was_active {
                let message = format!("Saw completed job: {}, condition: {outcome}", job.key.name);
                self.say(Voice::Controller(NAME), about, "SawCompletedJob", &message);
            }
            let ended = json::text(value, "/status/completionTime");
            if ended > json::text(cron, "/status/lastSuccessfulTime") {
                json::set(cron, "/status/lastSuccessfulTime", ended);
            }
        }
    }

    /// Makes the Job of the last time that has come, and asks to look again at the next.
    fn start_due(&mut self, cron: &Arc<Object>, value: &mut Value, active: &mut Vec<Value>) {
        let Some(schedule) = Schedule::read(json::text(value, "/spec/schedule")) else {
            return;
        };
        let since = json::time(value, "/status/lastScheduleTime").unwrap_or(cron.created);
        let mut due = None;
        let mut next = schedule.after(since);
        while let Some(time) = next.filter(|time| *time <= self.now) {
            due = Some(time);
            next = schedule.after(time);
        }
        if let Some(next) = next {
            let wait = next.duration_since(self.now).unsigned_abs();
            self.touch(cron.key.clone(), wait);
        }
        let Some(due) = due else { return };
        let about = About::object(cron);
        match json::text(value, "/spec/concurrencyPolicy") {
            "Forbid" if !active.is_empty() => {
                let message = "Not starting job because prior execution is running and concurrency policy \
                     is Forbid";
                self.say(Voice::Controller(NAME), &about, "JobAlreadyActive", message);
                return;
            }
            "Replace" => {
                for one in active.drain(..) {
                    let job = Key::new(Kind::Job, &cron.key.namespace, json::text(&one, "/name"));
                    if let Some(job) = self.store.get(&job).cloned() {
                        self.end(&job, None);
                        let message = format!("Deleted job {}", job.key.name);
                        self.say(
                            Voice::Controller(NAME),
                            &about,
                            "SuccessfulDelete",
                            &message,
                        );
                    }
                }
            }
            _ => {}
        }
        if let Some(job) = self.make_job(cron, value, due) {
            active.push(reference(&job));
            let message = format!("Created job {}", job.key.name);
            self.say(
                Voice::Controller(NAME),
                &about,
                "SuccessfulCreate",
                &message,
            );
        }
        json::set(value, "/status/lastScheduleTime", json::seconds(due));
    }

    fn make_job(
        &mut self,
        cron: &Arc<Object>,
        value: &Value,
        due: Timestamp,
    ) -> Option<Arc<Object>> {
        let name = format!("{}-{}", cron.key.name, due.as_second() / 60);
        let key = Key::new(Kind::Job, &cron.key.namespace, &name);
        if self.store.get(&key).is_some() {
            return None;
        }
        let template = json::at(value, "/spec/jobTemplate");
        let mut job = json!({"metadata": {"name": name}, "spec": json::at(template, "/spec")});
        for part in ["/metadata/labels", "/metadata/annotations"] {
            let given = json::at(template, part);
            if !given.is_null() {
                json::set(&mut job, part, given.clone());
            }
        }
        let at = "/metadata/annotations/batch.kubernetes.io~1cronjob-scheduled-timestamp";
        json::set(&mut job, at, json::seconds(due));
        Some(self.make_owned(&cron.key, &cron.uid, Kind::Job, job))
    }

    fn forget_jobs(
        &mut self,
        cron: &Value,
        about: &About,
        jobs: &[(Arc<Object>, Value)],
        ended: &str,
        limit: &str,
    ) {
        let limit = json::number(cron, &format!("/spec/{limit}")).unwrap_or_default();
        let limit = usize::try_from(limit).unwrap_or_default();
        let ended: Vec<&Arc<Object>> = jobs
            .iter()
            .filter(|(_, job)| outcome(job) == Some(ended))
            .map(|(job, _)| job)
            .collect();
        for job in ended.iter().take(ended.len().saturating_sub(limit)) {
            self.end(job, None);
            let message = format!("Deleted job {}", job.key.name);
            self.say(Voice::Controller(NAME), about, "SuccessfulDelete", &message);
        }
    }
}

fn reference(job: &Object) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "name": &*job.key.name,
        "namespace": &*job.key.namespace, "uid": &*job.uid,
        "resourceVersion": job.revision.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SHOP, cluster, key};
    use super::*;

    fn tick(policy: &str, duration: &str) -> Cluster {
        let mut cluster = cluster();
        let cron = json!({
            "metadata": {"name": "tick"},
            "spec": {"schedule": "*/1 * * * *", "concurrencyPolicy": policy, "jobTemplate": {"spec": {"template": {
                "metadata": {"annotations": {"portolan.test/duration": duration}},
                "spec": {"restartPolicy": "OnFailure", "containers": [{"name": "tick", "image": "tick:1"}]}
            }}}}
        });
        cluster.make(Kind::CronJob, cron);
        cluster
    }

    fn jobs(cluster: &Cluster) -> Vec<String> {
        let jobs = cluster.store.list(Kind::Job, Some(SHOP));
        jobs.map(|job| job.key.name.to_string()).collect()
    }

    #[test]
    fn a_job_a_minute_and_three_are_kept() {
        let mut cluster = tick("Allow", "3s");
        let start = cluster.now().as_second() / 60;
        cluster.pass(57);
        assert_eq!(jobs(&cluster), [format!("tick-{}", start + 1)]);
        cluster.pass(240);
        let expected: Vec<String> = (3..=5).map(|n| format!("tick-{}", start + n)).collect();
        // The last one was deleted when the one after it had ended.
        cluster.pass(40);
        assert_eq!(jobs(&cluster), expected);
        let value = cluster.value(&key(Kind::CronJob, "tick"));
        assert_eq!(value["status"]["lastScheduleTime"], "2026-01-01T00:05:00Z");
        assert!(json::text(&value, "/status/lastSuccessfulTime") > "2026-01-01T00:05:02Z");
        assert_eq!(json::items(&value, "/status/active").count(), 0);
    }

    #[test]
    fn what_still_runs_keeps_the_next_one_off_or_gives_way() {
        let mut cluster = tick("Forbid", "150s");
        cluster.pass(60 + 90);
        assert_eq!(jobs(&cluster).len(), 1);
        let mut cluster = tick("Replace", "150s");
        let start = cluster.now().as_second() / 60;
        cluster.pass(60 + 90);
        assert_eq!(jobs(&cluster), [format!("tick-{}", start + 2)]);
        cluster.merge(
            &key(Kind::CronJob, "tick"),
            json!({"spec": {"suspend": true}}),
        );
        cluster.pass(120);
        assert_eq!(jobs(&cluster), [format!("tick-{}", start + 2)]);
    }
}
