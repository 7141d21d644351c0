//! What falls due when: the only way in which things happen by themselves.
//!
//! It only orders; what a step does is known to those that take them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::object::Key;

/// A look that is asked for within this is one of those that are at hand, unlike a deadline far away.
const SOON: Duration = Duration::from_secs(1);

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A controller looks at an object and does what is missing.
    Reconcile(Key),
    /// Whatever an owner that is gone controlled goes too.
    Collect(Arc<str>),
    /// The scheduler looks at all pods that have no node.
    Schedule,
    /// The kubelet of a pod, named by its uid, has something to do.
    Pod(Arc<str>),
    /// A node that is lost for the so many-th time has not been heard of for long.
    Silence(Arc<str>, u64),
    /// A node that is lost for the so many-th time loses its pods.
    Evict(Arc<str>, u64),
    /// Events of long ago are forgotten.
    Forget,
    /// Changes of a while ago are forgotten.
    Compact,
}

/// A step with its time; equal times go by the order in which they were asked for.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    at: Timestamp,
    order: u64,
    step: Step,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The queue of what is due.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    queue: BinaryHeap<Reverse<Entry>>,
    order: u64,
    /// The next look at each object that has one, and whether it was asked for soon; other entries for it
    /// are stale.
    looks: HashMap<Key, (Timestamp, bool)>,
    /// How many of them were asked for soon.
    soon: usize,
    /// The next round of the scheduler.
    round: Option<Timestamp>,
}

impl Agenda {
    /// Asks for a look at an object, so long after now; the earliest one counts.
    pub(super) fn look(&mut self, now: Timestamp, after: Duration, key: Key) {
        let (at, soon) = (now + after, after <= SOON);
        match self.looks.get(&key) {
            Some((before, _)) if *before <= at => return,
            Some((_, true)) => self.soon -= 1,
            _ => {}
        }
        self.soon += usize::from(soon);
        self.looks.insert(key.clone(), (at, soon));
        self.push(at, Step::Reconcile(key));
    }

    /// Asks for another step.
    pub(super) fn add(&mut self, at: Timestamp, step: Step) {
        if step == Step::Schedule {
            if self.round.is_some_and(|before| before <= at) {
                return;
            }
            self.round = Some(at);
        }
        self.push(at, step);
    }

    fn push(&mut self, at: Timestamp, step: Step) {
        self.order += 1;
        let order = self.order;
        self.queue.push(Reverse(Entry { at, order, step }));
    }

    /// How many objects are to be looked at soon.
    pub(super) const fn busy(&self) -> usize {
        self.soon
    }

    /// The next step that is due by then, with its time.
    pub(super) fn next_by(&mut self, by: Timestamp) -> Option<(Timestamp, Step)> {
        while self
            .queue
            .peek()
            .is_some_and(|Reverse(first)| first.at <= by)
        {
            let Reverse(Entry { at, step, .. }) = self.queue.pop()?;
            let stale = match &step {
                Step::Reconcile(key) => match self.looks.get(key).copied() {
                    Some((next, soon)) if next == at => {
                        self.looks.remove(key);
                        self.soon -= usize::from(soon);
                        false
                    }
                    _ => true,
                },
                Step::Schedule => {
                    let stale = self.round != Some(at);
                    if !stale {
                        self.round = None;
                    }
                    stale
                }
                _ => false,
            };
            if !stale {
                return Some((at, step));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::kind::Kind;
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn pod(uid: &str) -> Step {
        Step::Pod(uid.into())
    }

    #[test]
    fn steps_come_by_time_and_then_in_the_order_they_were_asked_for() {
        let mut agenda = Agenda::default();
        for (at, uid) in [(3, "d"), (1, "a"), (2, "b"), (2, "c")] {
            agenda.add(after(at), pod(uid));
        }
        let taken: Vec<_> = std::iter::from_fn(|| agenda.next_by(after(2))).collect();
        let expected = [(1, "a"), (2, "b"), (2, "c")].map(|(at, uid)| (after(at), pod(uid)));
        assert_eq!(taken, expected);
        assert_eq!(agenda.next_by(after(3)), Some((after(3), pod("d"))));
        assert_eq!(agenda.next_by(after(9)), None);
    }

    #[test]
    fn an_object_is_looked_at_once_and_at_the_earliest_time() {
        let mut agenda = Agenda::default();
        let job = Key::new(Kind::Job, "n", "j");
        let look = Step::Reconcile(job.clone());
        for at in [5, 3, 4] {
            agenda.look(after(0), Duration::from_secs(at), job.clone());
        }
        agenda.add(after(7), Step::Schedule);
        agenda.add(after(6), Step::Schedule);
        let taken: Vec<_> = std::iter::from_fn(|| agenda.next_by(after(9))).collect();
        let expected = [(after(3), look.clone()), (after(6), Step::Schedule)];
        assert_eq!(taken, expected);
        agenda.look(after(0), Duration::from_secs(8), job);
        assert_eq!(agenda.next_by(after(9)), Some((after(8), look)));
    }

    #[test]
    fn only_looks_at_hand_keep_it_busy() {
        let mut agenda = Agenda::default();
        let job = |name| Key::new(Kind::Job, "n", name);
        agenda.look(after(0), Duration::from_secs(600), job("a"));
        assert_eq!(agenda.busy(), 0);
        for name in ["a", "b"] {
            for millis in [200, 100] {
                agenda.look(after(0), Duration::from_millis(millis), job(name));
            }
        }
        assert_eq!(agenda.busy(), 2);
        while agenda.next_by(after(1)).is_some() {}
        assert_eq!(agenda.busy(), 0);
    }
}
