//! What each move does to a run, and what it leads to.

use std::sync::Arc;
use std::time::Duration;

use super::super::Cluster;
use super::super::events::{About, Voice};
use super::super::object::Object;
use super::affliction::Affliction;
use super::behaviour::Manner;
use super::run::{End, Move, Restarts, Run, State, WHOLE};

/// The wait before a container that failed twice, or an image that could not be had, is tried again; it
/// doubles each time. <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy>
const FIRST_BACK_OFF: Duration = Duration::from_secs(10);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
/// Who runs so long has recovered.
const RECOVERED: Duration = Duration::from_secs(600);
/// The period of probes, and how often a back-off is told again.
const PERIOD: Duration = Duration::from_secs(10);

impl Cluster {
    /// Makes a move.
    pub(super) fn make_move(&mut self, run: &mut Run, of: usize, what: Move) {
        match what {
            Move::Admit => self.admit(run),
            Move::Prepare | Move::PullAgain => self.launch(run, of),
            Move::Prepared => self.prepared(run, of),
            Move::Start => self.start(run),
            Move::Ready => {
                if self.suffers_unready(run, of).is_none() {
                    change(run, of, |one| one.ready = true);
                }
            }
            Move::Probe => self.probe(run, of),
            Move::Fail => {
                if let Some((code, reason)) = self.failure(run, of) {
                    self.end_container(run, of, code, &reason);
                }
            }
            Move::Finish => self.end_container(run, of, 0, "Completed"),
            Move::BackOff => self.back_off(run, of),
            Move::Nag => self.nag(run, of),
            Move::Restart => self.restart(run, of),
            Move::PullBackOff => self.pull_back_off(run, of),
            Move::Report | Move::Gone => {}
        }
    }

    /// A pod is on its way out: its containers are told to stop.
    pub(super) fn begin_to_end(&mut self, uid: &Arc<str>, pod: &Arc<Object>) {
        let wait = self.between(600, 1900);
        let Some(mut run) = self.kubelets.runs.remove(uid) else {
            return;
        };
        if !run.ending {
            run.ending = true;
            run.drop_plans(|_, _| true);
            run.plan(self.now + wait, WHOLE, Move::Gone);
            let lost = self.kubelets.machine(&run.node).is_lost();
            let running = run
                .containers
                .iter()
                .filter(|one| matches!(one.state, State::Running(_)));
            for one in running.filter(|_| !lost) {
                let mut about = About::object(pod);
                about.container = Some(one.name.to_string());
                let message = format!("Stopping container {}", one.name);
                self.say(Voice::Kubelet(&run.node), &about, "Killing", &message);
            }
        }
        self.kubelets.runs.insert(Arc::clone(uid), run);
    }

    fn admit(&mut self, run: &mut Run) {
        run.admitted = true;
        run.since = self.now;
        let mut wait = self.between(100, 300);
        for number in 0..run.containers.len() {
            let Some(one) = run.containers.get(number) else {
                continue;
            };
            let (image, always, init) = (Arc::clone(&one.image), one.pulls_always, one.init);
            let has = self.kubelets.machine(&run.node).has(&image);
            if !init && (always || !has) && !self.lacks_image(run, number) {
                let message = format!("Pulling image \"{image}\"");
                self.say_of(run, number, "Pulling", &message);
                let pull = if has {
                    self.between(150, 400)
                } else {
                    self.between(600, 2200)
                };
                wait = wait.max(pull);
            }
        }
        if run.behaviour.manner == Manner::Slow {
            wait = run.behaviour.duration.unwrap_or(Duration::from_secs(20));
        }
        let first = run.containers.iter().position(|one| one.init);
        let (of, what) = first.map_or((WHOLE, Move::Start), |first| (first, Move::Prepare));
        run.plan(self.now + wait, of, what);
    }

    fn start(&mut self, run: &mut Run) {
        let mains: Vec<usize> = run.mains().map(|(number, _)| number).collect();
        for number in mains {
            self.launch(run, number);
        }
    }

    /// Starts a container, if its image is there.
    fn launch(&mut self, run: &mut Run, of: usize) {
        if run.address.is_none() {
            run.address = Some(self.kubelets.lease(&run.node));
        }
        if self.lacks_image(run, of) {
            self.pull_failed(run, of);
            return;
        }
        let Some(one) = run.containers.get_mut(of) else {
            return;
        };
        one.state = State::Running(self.now);
        let (name, image) = (Arc::clone(&one.name), Arc::clone(&one.image));
        if one.restarts == 0 {
            one.failures = 0;
        }
        let init = one.init;
        let machine = self.kubelets.machine(&run.node);
        let pulled = if machine.has(&image) {
            format!("Container image \"{image}\" already present on machine")
        } else {
            machine.got(&image);
            format!("Successfully pulled image \"{image}\"")
        };
        self.say_of(run, of, "Pulled", &pulled);
        self.say_of(run, of, "Created", &format!("Created container: {name}"));
        self.say_of(run, of, "Started", &format!("Started container {name}"));
        if init {
            let wait = self.between(400, 1500);
            run.plan(self.now + wait, of, Move::Prepared);
        } else {
            self.started(run, of);
        }
    }

    /// Plans what becomes of a container that has just started.
    fn started(&mut self, run: &mut Run, of: usize) {
        let warm_up = run.containers.get(of).and_then(|one| one.warm_up);
        let again = run.containers.get(of).is_some_and(|one| one.restarts > 0);
        let usual = if again {
            self.between(500, 1200)
        } else {
            self.between(1000, 2000)
        };
        let ready = self.now + warm_up.unwrap_or(usual);
        let probed = self.suffers_unready(run, of).is_some();
        run.plan(ready, of, if probed { Move::Probe } else { Move::Ready });
        let manner = run.behaviour.manner;
        let culprit = of == run.culprit();
        let mut fails = None;
        let mut works = true;
        if culprit && matches!(manner, Manner::CrashLoop | Manner::OutOfMemory) {
            fails = Some(self.between(1500, 3000));
            works = false;
        }
        if let (true, Some(Affliction::Crash { after, .. })) =
            (culprit, self.kubelets.afflictions.get(&run.uid))
        {
            fails = Some(*after);
        }
        if let Some(after) = fails {
            run.plan(self.now + after, of, Move::Fail);
        }
        let completes = manner == Manner::Completed && run.restarts != Restarts::Always;
        if works && (run.of_job || completes) {
            let usual = self.between(2000, 4000);
            let after = run.behaviour.duration.unwrap_or(usual);
            run.plan(self.now + after, of, Move::Finish);
        }
    }

    fn prepared(&mut self, run: &mut Run, of: usize) {
        let now = self.now;
        change(run, of, |one| {
            if let State::Running(started) = one.state {
                let reason = "Completed".into();
                let round = one.restarts;
                one.state = State::Ended(End {
                    code: 0,
                    reason,
                    started,
                    finished: now,
                    round,
                });
                one.ready = true;
            }
        });
        let next = of + 1;
        let again = run.containers.get(next).is_some_and(|one| one.init);
        let (of, what) = if again {
            (next, Move::Prepare)
        } else {
            (WHOLE, Move::Start)
        };
        let wait = self.between(100, 400);
        run.plan(self.now + wait, of, what);
    }

    /// A container ends; it is started again if the pod says so.
    fn end_container(&mut self, run: &mut Run, of: usize, code: i32, reason: &str) {
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

    fn back_off(&mut self, run: &mut Run, of: usize) {
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

    fn nag(&mut self, run: &mut Run, of: usize) {
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

    fn restart(&mut self, run: &mut Run, of: usize) {
        run.drop_plans(|number, _| number == of);
        change(run, of, |one| {
            if let State::Ended(end) = &one.state {
                one.last = Some(end.clone());
            }
            one.restarts += 1;
        });
        self.launch(run, of);
    }

    fn probe(&mut self, run: &mut Run, of: usize) {
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

    fn pull_failed(&mut self, run: &mut Run, of: usize) {
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

    fn pull_back_off(&mut self, run: &mut Run, of: usize) {
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
    fn lacks_image(&mut self, run: &Run, of: usize) -> bool {
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
    fn suffers_unready(&self, run: &Run, of: usize) -> Option<String> {
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
    fn failure(&self, run: &Run, of: usize) -> Option<(i32, String)> {
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

    fn say_of(&mut self, run: &Run, of: usize, reason: &str, message: &str) {
        if let Some(about) = self.about(run, of) {
            self.say(Voice::Kubelet(&run.node), &about, reason, message);
        }
    }

    fn warn_of(&mut self, run: &Run, of: usize, reason: &str, message: &str) {
        if let Some(about) = self.about(run, of) {
            self.warn(Voice::Kubelet(&run.node), &about, reason, message);
        }
    }

    fn about(&self, run: &Run, of: usize) -> Option<About> {
        let mut about = About::object(self.store.get(&run.key)?);
        about.container = run.containers.get(of).map(|one| one.name.to_string());
        Some(about)
    }
}

fn change(run: &mut Run, of: usize, change: impl FnOnce(&mut super::run::Container)) {
    if let Some(one) = run.containers.get_mut(of) {
        change(one);
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
