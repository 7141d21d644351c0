//! Horizontal autoscalers: as many pods as their use of processors asks for.
//! <https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/>

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::events::{About, Voice};
use super::super::kind::Kind;
use super::super::object::{Key, Object};
use super::super::{Cluster, conditions, json};
use super::pods::{is_active, is_ready};

const NAME: &str = "horizontal-pod-autoscaler";
/// How often it looks.
const PERIOD: Duration = Duration::from_secs(15);
/// So near to its target nothing is done.
const TOLERANCE: f64 = 0.1;
/// Fewer pods only when fewer were enough for so long.
const CALM: i64 = 300;

/// How many pods an autoscaler thought of late.
pub(in super::super) type Advice = VecDeque<(Timestamp, i64)>;

impl Cluster {
    /// Sets the number of an autoscaler's target by what its pods use.
    pub(super) fn reconcile_autoscaler(&mut self, key: &Key) {
        let Some(scaler) = self.store.get(key).cloned() else {
            return;
        };
        self.touch(key.clone(), PERIOD);
        let mut value = scaler.value();
        let Some(target) = target(&scaler, &value).filter(|key| self.store.get(key).is_some())
        else {
            self.tell_scaler(
                &mut value,
                "AbleToScale",
                false,
                "FailedGetScale",
                "the target was not found",
            );
            self.report(key.clone(), value);
            return;
        };
        let current = self.scale(&target).ok();
        let current = current
            .and_then(|scale| json::number(&scale, "/spec/replicas"))
            .unwrap_or_default();
        json::set(&mut value, "/status/currentReplicas", current);
        let pods = self.pods_below(&target);
        let measured = self.cpu_percent(pods.iter());
        let Some((percent, millis)) = measured.filter(|_| current > 0) else {
            let message = "the HPA was unable to compute the replica count: did not receive metrics for \
                 targeted pods (pods might be unready)";
            self.tell_scaler(
                &mut value,
                "ScalingActive",
                false,
                "FailedGetResourceMetric",
                message,
            );
            json::set(&mut value, "/status/desiredReplicas", current);
            self.report(key.clone(), value);
            return;
        };
        let ready = i64::try_from(pods.len()).unwrap_or(current);
        let goal = goal(&value);
        let wish = wish(ready, current, percent / goal);
        let wanted = self.calm_down(&scaler, &value, current, wish);
        let bound = |name: &str| json::number(&value, &format!("/spec/{name}"));
        let (least, most) = (
            bound("minReplicas").unwrap_or(1),
            bound("maxReplicas").unwrap_or(1),
        );
        let wanted = wanted.clamp(least, most.max(least));
        self.tell_measured(&mut value, percent, millis, wanted, wish);
        if wanted != current {
            json::set(&mut value, "/status/lastScaleTime", json::seconds(self.now));
            let scale = json!({"spec": {"replicas": wanted}});
            let direction = if wanted > current {
                "above target"
            } else {
                "below target"
            };
            if self.replace_scale(&target, &scale).is_ok() {
                let why = if wanted > current {
                    format!("cpu resource utilization (percentage of request) {direction}")
                } else {
                    "All metrics below target".to_owned()
                };
                let message = format!("New size: {wanted}; reason: {why}");
                let about = About::object(&scaler);
                self.say(
                    Voice::Controller(NAME),
                    &about,
                    "SuccessfulRescale",
                    &message,
                );
            }
        }
        self.report(key.clone(), value);
    }

    /// The pods of a workload that are ready.
    fn pods_below(&self, workload: &Key) -> Vec<Arc<Object>> {
        let Some(object) = self.store.get(workload) else {
            return Vec::new();
        };
        let mut pods = self.pods_of(object);
        let sets = self
            .store
            .owned_by(&object.uid)
            .filter(|one| one.key.kind == Kind::ReplicaSet);
        pods.extend(sets.flat_map(|set| self.pods_of(set)));
        pods.retain(|pod| is_active(pod) && is_ready(pod));
        pods
    }

    /// The most that was thought of during the time that must have been calm.
    fn calm_down(&mut self, scaler: &Object, value: &Value, current: i64, wish: i64) -> i64 {
        let path = "/spec/behavior/scaleDown/stabilizationWindowSeconds";
        let window = json::number(value, path).unwrap_or(CALM);
        let advice = self.advice.entry(Arc::clone(&scaler.uid)).or_default();
        if advice.is_empty() {
            advice.push_back((self.now, current));
        }
        advice.push_back((self.now, wish));
        while advice
            .front()
            .is_some_and(|(at, _)| self.now.as_second() - at.as_second() > window)
        {
            advice.pop_front();
        }
        let most = advice.iter().map(|(_, wish)| *wish).max().unwrap_or(wish);
        if wish >= current {
            wish
        } else {
            most.min(current)
        }
    }

    fn tell_measured(&self, value: &mut Value, percent: f64, millis: u64, wanted: i64, wish: i64) {
        let metrics = json!([{"type": "Resource", "resource": {"name": "cpu", "current": {
            "averageUtilization": rounded(percent), "averageValue": format!("{millis}m")
        }}}]);
        json::set(value, "/status/currentMetrics", metrics);
        json::set(value, "/status/desiredReplicas", wanted);
        let able = "the HPA controller was able to get the target's current scale";
        self.tell_scaler(value, "AbleToScale", true, "SucceededGetScale", able);
        let active = "the HPA was able to successfully calculate a replica count from cpu resource \
             utilization (percentage of request)";
        self.tell_scaler(value, "ScalingActive", true, "ValidMetricFound", active);
        let (limited, reason, message) = match wish.cmp(&wanted) {
            std::cmp::Ordering::Greater => {
                let message = "the desired replica count is more than the maximum replica count";
                (true, "TooManyReplicas", message)
            }
            std::cmp::Ordering::Less
                if wanted == json::number(value, "/spec/minReplicas").unwrap_or(1) =>
            {
                let message = "the desired replica count is less than the minimum replica count";
                (true, "TooFewReplicas", message)
            }
            _ => (
                false,
                "DesiredWithinRange",
                "the desired count is within the acceptable range",
            ),
        };
        self.tell_scaler(value, "ScalingLimited", limited, reason, message);
    }

    fn tell_scaler(&self, value: &mut Value, kind: &str, holds: bool, reason: &str, message: &str) {
        json::fill(value, "/status", json!({}));
        if let Some(status) = value.get_mut("status") {
            conditions::set(status, kind, holds, reason, message, self.now);
        }
    }
}

/// What an autoscaler scales.
fn target(scaler: &Object, value: &Value) -> Option<Key> {
    let kind = json::text(value, "/spec/scaleTargetRef/kind");
    let kind = Kind::ALL
        .into_iter()
        .find(|own| own.names().kind == kind && own.names().scales)?;
    let name = json::text(value, "/spec/scaleTargetRef/name");
    Some(Key::new(kind, &scaler.key.namespace, name))
}

/// The use of what is asked for that is aimed at, in percent.
fn goal(value: &Value) -> f64 {
    let path = "/resource/target/averageUtilization";
    let goal = json::items(value, "/spec/metrics").find_map(|metric| json::number(metric, path));
    let percent = goal.and_then(|goal| i32::try_from(goal).ok()).unwrap_or(80);
    f64::from(percent.max(1))
}

/// How many pods would meet the goal.
fn wish(ready: i64, current: i64, ratio: f64) -> i64 {
    if (ratio - 1.0).abs() <= TOLERANCE {
        return current;
    }
    let ready = f64::from(i32::try_from(ready).unwrap_or(i32::MAX));
    rounded((ready * ratio).ceil())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "percents and counts of pods are small"
)]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{SHOP, cluster, deployment, key};
    use super::*;

    #[test]
    fn the_number_follows_the_load_up_at_once_and_down_when_it_was_calm() {
        let mut cluster = cluster();
        cluster.make(Kind::Deployment, deployment("web", 2));
        let scaler = json!({"metadata": {"name": "web"}, "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2, "maxReplicas": 6
        }});
        cluster.make(Kind::HorizontalPodAutoscaler, scaler);
        let (web, scaler) = (
            key(Kind::Deployment, "web"),
            key(Kind::HorizontalPodAutoscaler, "web"),
        );
        let number = |c: &Cluster| c.number(&web, "/spec/replicas");
        cluster.pass(60);
        assert_eq!(number(&cluster), 2);
        cluster.set_load(SHOP, "web", 1.2);
        cluster.pass_until(40, "more", |c| number(c) > 2);
        cluster.pass(120);
        assert_eq!(number(&cluster), 6);
        let limited = cluster.value(&scaler);
        let limited = conditions::get(&limited["status"], "ScalingLimited").expect("it says so");
        assert_eq!(limited["reason"], "TooManyReplicas");
        cluster.set_load(SHOP, "web", 0.1);
        cluster.pass(240);
        assert_eq!(number(&cluster), 6, "it was not calm for long enough");
        cluster.pass(120);
        assert_eq!(number(&cluster), 2);
        let told = cluster.told("web");
        assert!(
            told.iter().any(|(reason, _, text)| {
                reason == "SuccessfulRescale"
                    && text == "New size: 2; reason: All metrics below target"
            }),
            "{told:#?}"
        );
    }
}
