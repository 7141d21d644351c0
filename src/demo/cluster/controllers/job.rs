//! Jobs: pods that are to end well, so many times.
//! <https://kubernetes.io/docs/concepts/workloads/controllers/job/>

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object, Phase};
use super::super::{Cluster, conditions, json};
use super::pods::{from_template, is_active, is_ready};

const NAME: &str = "job-controller";
/// The wait after a failed pod; it doubles with each.
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(360);

/// A Job's pods, counted.
struct Count {
    active: Vec<Arc<Object>>,
    succeeded: i64,
    failed: i64,
    /// When the last one failed.
    failed_at: Option<Timestamp>,
    /// How often containers of its pods were started again.
    restarts: i64,
    leaving: usize,
}

/// Whether a Job has ended, one way or the other.
pub(super) fn outcome(job: &Value) -> Option<&'static str> {
    let holds = |kind| {
        let condition = conditions::get(json::at(job, "/status"), kind);
        condition.is_some_and(|one| json::text(one, "/status") == "True")
    };
    ["Complete", "Failed"].into_iter().find(|kind| holds(kind))
}

impl Cluster {
    /// Makes pods until enough have ended well, or too many badly.
    pub(super) fn reconcile_job(&mut self, key: &Key) {
        let Some(job) = self.store.get(key).cloned() else {
            return;
        };
        let mut value = job.value();
        if job.deleting {
            return;
        }
        if outcome(&value).is_some() {
            self.expire_job(&job, &value);
            return;
        }
        let number = |path: &str| json::number(&value, path);
        let completions = number("/spec/completions");
        let parallel = number("/spec/parallelism").unwrap_or(1);
        let limit = number("/spec/backoffLimit").unwrap_or(6);
        let suspended = json::at(&value, "/spec/suspend") == true;
        let count = self.count_pods(&job);
        let about = About::object(&job);
        let late = self.is_late(&job, &value);
        let enough = completions.map_or(count.succeeded > 0 && count.active.is_empty(), |all| {
            count.succeeded >= all
        });
        if enough {
            let (reason, message) = (
                "CompletionsReached",
                "Reached expected number of succeeded pods",
            );
            self.finish(&mut value, true, reason, message);
            self.say(
                Voice::Controller(NAME),
                &about,
                "Completed",
                "Job completed",
            );
        } else if count.failed > limit || count.restarts > limit || late {
            let (reason, message) = if late {
                (
                    "DeadlineExceeded",
                    "Job was active longer than specified deadline",
                )
            } else {
                (
                    "BackoffLimitExceeded",
                    "Job has reached the specified backoff limit",
                )
            };
            self.finish(&mut value, false, reason, message);
            self.warn(Voice::Controller(NAME), &about, reason, message);
            for pod in &count.active {
                self.end_owned(NAME, &about, pod);
            }
        } else {
            let active = i64::try_from(count.active.len()).unwrap_or_default();
            let open = completions.map_or(parallel, |all| parallel.min(all - count.succeeded));
            let wanted = if suspended { 0 } else { open };
            if active > wanted {
                let surplus = usize::try_from(active - wanted).unwrap_or_default();
                for pod in count.active.iter().take(surplus) {
                    self.end_owned(NAME, &about, pod);
                }
            } else if active < wanted && !self.waits_after_failure(key, &count) {
                self.make_pods_of_job(&job, &value, wanted - active);
            }
        }
        self.tell_job(&job, value, suspended);
    }

    fn count_pods(&self, job: &Object) -> Count {
        let pods = self.pods_of(job);
        let of = |phase| {
            let in_phase = pods
                .iter()
                .filter(|pod| pod.pod.as_ref().is_some_and(|f| f.phase == phase));
            in_phase.collect::<Vec<_>>()
        };
        let failed = of(Phase::Failed);
        let ended = failed.iter().filter_map(|pod| {
            let value = pod.value();
            let statuses = json::items(&value, "/status/containerStatuses");
            statuses
                .filter_map(|one| json::time(one, "/state/terminated/finishedAt"))
                .max()
        });
        let restarts = pods.iter().filter(|pod| is_active(pod)).map(|pod| {
            let value = pod.value();
            let statuses = json::items(&value, "/status/containerStatuses");
            statuses
                .filter_map(|one| json::number(one, "/restartCount"))
                .sum::<i64>()
        });
        let length = |list: &[&Arc<Object>]| i64::try_from(list.len()).unwrap_or_default();
        Count {
            succeeded: length(&of(Phase::Succeeded)),
            failed: length(&failed),
            failed_at: ended.max(),
            restarts: restarts.sum(),
            leaving: pods.iter().filter(|pod| pod.deleting).count(),
            active: pods.iter().filter(|pod| is_active(pod)).cloned().collect(),
        }
    }

    /// Whether the next pod waits because the last one failed.
    fn waits_after_failure(&mut self, key: &Key, count: &Count) -> bool {
        let Some(failed_at) = count.failed_at else {
            return false;
        };
        let doubled = u32::try_from(count.failed - 1).unwrap_or_default();
        let wait = FIRST_BACK_OFF.saturating_mul(2_u32.saturating_pow(doubled));
        let next = failed_at + wait.min(LONGEST_BACK_OFF);
        if next > self.now {
            self.touch_at(key.clone(), next);
        }
        next > self.now
    }

    fn make_pods_of_job(&mut self, job: &Arc<Object>, value: &Value, count: i64) {
        let mut pod = from_template(json::at(value, "/spec/template"));
        json::set(
            &mut pod,
            "/metadata/generateName",
            format!("{}-", job.key.name),
        );
        let about = About::object(job);
        for _ in 0..count {
            let made = self.make_owned(&job.key, &job.uid, Kind::Pod, pod.clone());
            let message = format!("Created pod: {}", made.key.name);
            self.say(
                Voice::Controller(NAME),
                &about,
                "SuccessfulCreate",
                &message,
            );
        }
    }

    /// Whether a Job took longer than it may; if not, it is looked at again when it would.
    fn is_late(&mut self, job: &Object, value: &Value) -> bool {
        let limit = json::number(value, "/spec/activeDeadlineSeconds");
        let limit = limit.and_then(|seconds| u64::try_from(seconds).ok());
        let start = json::time(value, "/status/startTime");
        let (Some(limit), Some(start)) = (limit, start) else {
            return false;
        };
        let end = start + Duration::from_secs(limit);
        if end > self.now {
            self.touch_at(job.key.clone(), end);
        }
        end <= self.now
    }

    fn finish(&self, job: &mut Value, well: bool, reason: &str, message: &str) {
        let now = json::seconds(self.now);
        json::fill(job, "/status", json!({}));
        let Some(status) = job.get_mut("status") else {
            return;
        };
        let kinds = if well {
            ["SuccessCriteriaMet", "Complete"]
        } else {
            ["FailureTarget", "Failed"]
        };
        for kind in kinds {
            conditions::set(status, kind, true, reason, message, self.now);
            let Some(mut condition) = conditions::get(status, kind).cloned() else {
                continue;
            };
            json::set(&mut condition, "/lastProbeTime", now.as_str());
            conditions::put(status, condition);
        }
        if well {
            json::set(status, "/completionTime", now);
        }
    }

    fn tell_job(&mut self, job: &Arc<Object>, mut value: Value, suspended: bool) {
        let count = self.count_pods(job);
        if !suspended {
            json::fill(&mut value, "/status/startTime", json::seconds(self.now));
        }
        let Some(status) = value.get_mut("status") else {
            return;
        };
        let ready = count.active.iter().filter(|pod| is_ready(pod)).count();
        json::set(status, "/ready", ready);
        json::set(status, "/terminating", count.leaving);
        json::set(status, "/uncountedTerminatedPods", json!({}));
        let active = i64::try_from(count.active.len()).unwrap_or_default();
        for (field, number) in [
            ("/active", active),
            ("/succeeded", count.succeeded),
            ("/failed", count.failed),
        ] {
            json::count(status, field, number);
        }
        self.write(job.key.clone(), value);
    }

    /// A Job that has ended goes after the time that it says.
    fn expire_job(&mut self, job: &Arc<Object>, value: &Value) {
        let after = json::number(value, "/spec/ttlSecondsAfterFinished");
        let after = after.and_then(|seconds| u64::try_from(seconds).ok());
        let ended = conditions::get(
            json::at(value, "/status"),
            outcome(value).unwrap_or_default(),
        );
        let ended = ended.and_then(|one| json::time(one, "/lastTransitionTime"));
        let (Some(after), Some(ended)) = (after, ended) else {
            return;
        };
        let end = ended + Duration::from_secs(after);
        if end <= self.now {
            self.end(job, None);
        } else {
            self.touch_at(job.key.clone(), end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SHOP, cluster, key};
    use super::*;

    fn job(behaviour: &str, policy: &str, more: &Value) -> Value {
        let mut spec = more.clone();
        json::set(
            &mut spec,
            "/template",
            json!({
                "metadata": {"labels": {"app": "once", "portolan.test/behaviour": behaviour}},
                "spec": {"restartPolicy": policy, "containers": [{"name": "once", "image": "once:1"}]}
            }),
        );
        json!({"metadata": {"name": "once"}, "spec": spec})
    }

    fn until_over(cluster: &mut Cluster, seconds: u64) -> Value {
        let once = key(Kind::Job, "once");
        cluster.pass_until(seconds, "over", |c| outcome(&c.value(&once)).is_some());
        cluster.pass(5);
        cluster.value(&once)
    }

    #[test]
    fn it_runs_as_often_as_wanted_and_as_many_at_once() {
        let mut cluster = cluster();
        let once = key(Kind::Job, "once");
        cluster.make(
            Kind::Job,
            job("", "Never", &json!({"completions": 5, "parallelism": 2})),
        );
        let end = cluster.now() + Duration::from_secs(60);
        while outcome(&cluster.value(&once)).is_none() {
            assert!(cluster.now() < end, "{}", cluster.value(&once));
            cluster.advance(cluster.now() + Duration::from_millis(100));
            let active = cluster
                .pods("once")
                .iter()
                .filter(|pod| is_active(pod))
                .count();
            assert!(active <= 2);
        }
        let mut status = cluster.value(&once)["status"].clone();
        assert_eq!(cluster.pods("once").len(), 5);
        json::take(&mut status, "/startTime");
        json::take(&mut status, "/completionTime");
        json::take(&mut status, "/conditions");
        // As a real control plane 1.36.3 wrote it.
        let expected =
            json!({"ready": 0, "succeeded": 5, "terminating": 0, "uncountedTerminatedPods": {}});
        assert_eq!(status, expected);
    }

    #[test]
    fn it_fails_after_too_many_failures() {
        let mut cluster = cluster();
        cluster.make(
            Kind::Job,
            job("crashloop", "Never", &json!({"backoffLimit": 2})),
        );
        let value = until_over(&mut cluster, 120);
        assert_eq!(outcome(&value), Some("Failed"));
        assert_eq!(value["status"]["failed"], 3);
        let failed = conditions::get(&value["status"], "Failed").expect("it says why");
        assert_eq!(failed["reason"], "BackoffLimitExceeded");
        assert!(
            cluster
                .told("once")
                .iter()
                .any(|(reason, ..)| reason == "BackoffLimitExceeded")
        );
    }

    #[test]
    fn restarts_of_its_containers_count_as_failures() {
        let mut cluster = cluster();
        cluster.make(
            Kind::Job,
            job("crashloop", "OnFailure", &json!({"backoffLimit": 1})),
        );
        let value = until_over(&mut cluster, 120);
        assert_eq!(outcome(&value), Some("Failed"));
        assert_eq!(cluster.pods("once").len(), 0);
    }

    #[test]
    fn it_has_its_deadline_and_its_end() {
        let mut cluster = cluster();
        let mut long = job(
            "",
            "Never",
            &json!({"activeDeadlineSeconds": 20, "ttlSecondsAfterFinished": 30}),
        );
        long["spec"]["template"]["metadata"]["annotations"] =
            json!({"portolan.test/duration": "10m"});
        cluster.make(Kind::Job, long);
        let value = until_over(&mut cluster, 30);
        let failed = conditions::get(&value["status"], "Failed").expect("it says why");
        assert_eq!(failed["reason"], "DeadlineExceeded");
        cluster.pass(40);
        assert!(cluster.store.get(&key(Kind::Job, "once")).is_none());
        assert_eq!(cluster.store.list(Kind::Pod, Some(SHOP)).count(), 0);
    }
}
