//! What goes wrong in a run: containers that end, images that cannot be had, probes that fail, and the
//! waits in between.

use std::sync::Arc;
use std::time::Duration;

use super::super::Cluster;
use super::affliction::Affliction;
use super::behaviour::Manner;
use super::life::change;
use super::run::{End, Move, Restarts, Run, State};

/// The wait before a container that failed twice, or an image that could not be had, is tried again; it
/// doubles each time. <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy>
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
/// Who runs so long has recovered.
const RECOVERED: Duration = Duration::from_secs(600);
/// The period of probes, and how often a back-off is told again.
const PERIOD: Duration = Duration::from_secs(10);

impl Cluster {
    /// A container ends; it is started again if the pod says so.
    pub(super) fn end_container(&mut self, run: &mut Run, of: usize, code: i32, reason: &str) {
        let now = self.now;
        let Some(one) = run.containers.get_mut(of) else {
            return;
        };
        let State::Running(started) = one.state else {
            return;
        };
        let round = one.restarts;
        one.state = State::Ended(End {
            code,
            reason: reason.into(),
            started,
            finished: now,
            round,
        });
        one.ready = false;
        if now.duration_since(started).unsigned_abs() >= RECOVERED {
            one.failures = 0;
        }
        one.failures += 1;
        let failures = one.failures;
        run.drop_plans(|number, _| number == of);
        let again = match run.restarts {
            Restarts::Always => true,
            Restarts::OnFailure => code != 0,
            Restarts::Never => false,
        };
        if !again {
            return;
        }
        // The first time it is started again at once.
        if failures == 1 {
            let wait = self.between(300, 900);
            run.plan(now + wait, of, Move::Restart);
        } else {
            run.plan(now + Duration::from_secs(1), of, Move::BackOff);
            run.plan(now + back_off(failures - 1), of, Move::Restart);
        }
    }

    pub(super) fn back_off(&mut self, run: &mut Run, of: usize) {
        let pod = named(run);
        change(run, of, |one| {
            let State::Ended(end) = &one.state else {
                return;
            };
            one.last = Some(end.clone());
            let wait = go_duration(back_off(one.failures.saturating_sub(1)));
            let message = format!(
                "back-off {wait} restarting failed container={} pod={pod}",
                one.name
            );
            one.state = State::Waiting("CrashLoopBackOff", Some(message));
        });
        self.nag(run, of);
    }

    pub(super) fn nag(&mut self, run: &mut Run, of: usize) {
        let Some(one) = run.containers.get(of) else {
            return;
        };
        let message = format!(
            "Back-off restarting failed container {} in pod {}",
            one.name,
            named(run)
        );
        self.warn_of(run, of, "BackOff", &message);
        run.plan(self.now + PERIOD, of, Move::Nag);
    }

    pub(super) fn restart(&mut self, run: &mut Run, of: usize) {
        run.drop_plans(|number, _| number == of);
        change(run, of, |one| {
            if let State::Ended(end) = &one.state {
                one.last = Some(end.clone());
            }
            one.restarts += 1;
        });
        self.launch(run, of);
    }

    pub(super) fn probe(&mut self, run: &mut Run, of: usize) {
        let Some(message) = self.suffers_unready(run, of) else {
            change(run, of, |one| {
                one.ready = matches!(one.state, State::Running(_));
            });
            return;
        };
        change(run, of, |one| one.ready = false);
        self.warn_of(
            run,
            of,
            "Unhealthy",
            &format!("Readiness probe failed: {message}"),
        );
        run.plan(self.now + PERIOD, of, Move::Probe);
    }

    pub(super) fn pull_failed(&mut self, run: &mut Run, of: usize) {
        let Some(one) = run.containers.get_mut(of) else {
            return;
        };
        let image = Arc::clone(&one.image);
        let why = format!(
            "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": \
             {image}: not found"
        );
        one.failures += 1;
        one.state = State::Waiting("ErrImagePull", Some(why.clone()));
        self.say_of(run, of, "Pulling", &format!("Pulling image \"{image}\""));
        self.warn_of(
            run,
            of,
            "Failed",
            &format!("Failed to pull image \"{image}\": {why}"),
        );
        self.warn_of(run, of, "Failed", "Error: ErrImagePull");
        let wait = self.between(1500, 3000);
        run.plan(self.now + wait, of, Move::PullBackOff);
    }

    pub(super) fn pull_back_off(&mut self, run: &mut Run, of: usize) {
        let Some(one) = run.containers.get_mut(of) else {
            return;
        };
        let State::Waiting(_, Some(why)) = &one.state else {
            return;
        };
        let message = format!("Back-off pulling image \"{}\"", one.image);
        one.state = State::Waiting(
            "ImagePullBackOff",
            Some(format!("{message}: ErrImagePull: {why}")),
        );
        let wait = back_off(one.failures);
        self.say_of(run, of, "BackOff", &message);
        self.warn_of(run, of, "Failed", "Error: ImagePullBackOff");
        run.plan(self.now + wait, of, Move::PullAgain);
    }

    /// Whether a container cannot start for want of its image.
    pub(super) fn lacks_image(&mut self, run: &Run, of: usize) -> bool {
        let Some(one) = run.containers.get(of) else {
            return false;
        };
        if run.behaviour.manner == Manner::ImagePull && of == run.culprit() {
            return true;
        }
        let there = !one.pulls_always && self.kubelets.machine(&run.node).has(&one.image);
        !there && self.kubelets.missing.contains(&*one.image)
    }

    /// What a container's readiness probe says, if it fails.
    pub(super) fn suffers_unready(&self, run: &Run, of: usize) -> Option<String> {
        if of != run.culprit() {
            return None;
        }
        if run.behaviour.manner == Manner::NotReady {
            return Some("HTTP probe failed with statuscode: 503".to_owned());
        }
        match self.kubelets.afflictions.get(&run.uid) {
            Some(Affliction::Unready { message }) => Some(message.clone()),
            _ => None,
        }
    }

    /// How a container fails, if it does.
    pub(super) fn failure(&self, run: &Run, of: usize) -> Option<(i32, String)> {
        if of != run.culprit() {
            return None;
        }
        if let Some(Affliction::Crash {
            exit_code, reason, ..
        }) = self.kubelets.afflictions.get(&run.uid)
        {
            return Some((*exit_code, reason.clone()));
        }
        match run.behaviour.manner {
            Manner::CrashLoop => Some((1, "Error".to_owned())),
            Manner::OutOfMemory => Some((137, "OOMKilled".to_owned())),
            _ => None,
        }
    }
}

/// A pod as a kubelet names it.
fn named(run: &Run) -> String {
    format!("{}_{}({})", run.key.name, run.key.namespace, run.uid)
}

/// The wait before the so many-th try.
fn back_off(tries: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
    FIRST_BACK_OFF.saturating_mul(doubled).min(LONGEST_BACK_OFF)
}

/// A length of time as Go writes it: `10s`, `1m20s`, `5m0s`.
fn go_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<String> = (1..=7).map(|tries| go_duration(back_off(tries))).collect();
        assert_eq!(
            waits,
            ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]
        );
        assert_eq!(back_off(1000), LONGEST_BACK_OFF);
    }
}
