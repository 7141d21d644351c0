//! What each move does to a run, and what it leads to.

use std::sync::Arc;
use std::time::Duration;

use super::super::events::{About, Voice};
use super::super::object::Object;
use super::super::{Cluster, naming};
use super::affliction::Affliction;
use super::behaviour::Manner;
use super::run::{End, Move, Restarts, Run, State, WHOLE};

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
    pub(super) fn launch(&mut self, run: &mut Run, of: usize) {
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
        let image = Arc::clone(&one.image);
        if one.restarts == 0 {
            one.failures = 0;
        }
        let init = one.init;
        let machine = self.kubelets.machine(&run.node);
        let pulled = if machine.has(&image) {
            format!("Container image \"{image}\" already present on machine")
        } else {
            machine.got(&image);
            let took = self.now.duration_since(run.since).as_millis();
            // As large as some image: between 20 and 200 MB.
            let size = 20_000_000 + naming::hash(image.as_bytes()) % 180_000_000;
            format!(
                "Successfully pulled image \"{image}\" in {took}ms ({took}ms including waiting). Image size: \
                 {size} bytes."
            )
        };
        self.say_of(run, of, "Pulled", &pulled);
        self.say_of(run, of, "Created", "Container created");
        self.say_of(run, of, "Started", "Container started");
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

    pub(super) fn say_of(&mut self, run: &Run, of: usize, reason: &str, message: &str) {
        if let Some(about) = self.about(run, of) {
            self.say(Voice::Kubelet(&run.node), &about, reason, message);
        }
    }

    pub(super) fn warn_of(&mut self, run: &Run, of: usize, reason: &str, message: &str) {
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

pub(super) fn change(run: &mut Run, of: usize, change: impl FnOnce(&mut super::run::Container)) {
    if let Some(one) = run.containers.get_mut(of) {
        change(one);
    }
}
